-- Version 8: what the office replied to a citizen inside a case, on its way over the account that
-- they wrote by. Neither words nor recipient are here: they stand sealed in the history of the case
-- and in case_contact, and are opened for the send alone. States are those of delivery.
CREATE TABLE case_answer (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	cs INTEGER NOT NULL REFERENCES office_case (id),
	event INTEGER NOT NULL UNIQUE REFERENCES case_event (id),
	account INTEGER NOT NULL REFERENCES account (id),
	state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 7),
	attempt INTEGER NOT NULL,
	fence INTEGER NOT NULL,
	made INTEGER NOT NULL,
	tried INTEGER NOT NULL,
	changed INTEGER NOT NULL,
	wait_until INTEGER NOT NULL,
	not_after INTEGER NOT NULL,
	key TEXT NOT NULL UNIQUE CHECK (key <> ''),
	receipt TEXT,
	error TEXT,
	lookups INTEGER NOT NULL,
	reported INTEGER NOT NULL CHECK (reported BETWEEN 0 AND 2),
	reported_at INTEGER NOT NULL,
	who INTEGER REFERENCES person (id)
) STRICT;
CREATE INDEX case_answer_cs ON case_answer (cs);
CREATE INDEX case_answer_open ON case_answer (id) WHERE state IN (0, 1, 3, 5);
CREATE INDEX case_answer_receipt ON case_answer (account, receipt) WHERE receipt IS NOT NULL;

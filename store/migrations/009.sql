-- Version 9: what citizens sent beside their words, fetched from the platform that they wrote by. key:
-- a keyed hash of the message. remote: the platform's name of it, sealed, as long as it is to be
-- fetched. name: what its sender called it, sealed. bytes: sealed. state: 0 planned, 1 got, 2 failed,
-- 3 gone (the platform keeps it no more), 4 erased with the contact of its case.
CREATE TABLE case_media (
	id INTEGER PRIMARY KEY,
	cs INTEGER NOT NULL REFERENCES office_case (id),
	account INTEGER NOT NULL REFERENCES account (id),
	key BLOB NOT NULL CHECK (length(key) = 16),
	remote BLOB,
	name BLOB,
	type TEXT,
	bytes BLOB,
	n INTEGER NOT NULL,
	state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 4),
	attempt INTEGER NOT NULL,
	wait_until INTEGER NOT NULL,
	not_after INTEGER NOT NULL,
	error TEXT,
	made INTEGER NOT NULL,
	at INTEGER NOT NULL,
	UNIQUE (account, key)
) STRICT;
CREATE INDEX case_media_cs ON case_media (cs);
CREATE INDEX case_media_open ON case_media (wait_until) WHERE state = 0;
CREATE INDEX case_media_at ON case_media (at) WHERE state = 1;

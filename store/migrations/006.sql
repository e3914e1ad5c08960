-- Version 6: what platforms push to us. Bytes are sealed and erased after seven days; identities are
-- keyed hashes, so that nothing here names anybody.

CREATE TABLE callback (
	id INTEGER PRIMARY KEY,
	source INTEGER NOT NULL REFERENCES source (id),
	at INTEGER NOT NULL,
	stamp BLOB CHECK (length(stamp) = 16),
	body BLOB NOT NULL CHECK (length(body) = 16),
	raw BLOB,
	unread INTEGER NOT NULL CHECK (unread IN (0, 1))
) STRICT;
CREATE INDEX callback_at ON callback (at);
CREATE UNIQUE INDEX callback_stamp ON callback (source, stamp) WHERE stamp IS NOT NULL;
CREATE INDEX callback_unread ON callback (source, id) WHERE unread = 1;

-- Each thing that a platform said, once: a message, an edit, an event, a report. gone: it was
-- deleted, perhaps before it came.
CREATE TABLE push (
	source INTEGER NOT NULL,
	key BLOB NOT NULL CHECK (length(key) = 16),
	at INTEGER NOT NULL,
	changed INTEGER NOT NULL,
	gone INTEGER NOT NULL CHECK (gone IN (0, 1)),
	item INTEGER,
	cs INTEGER,
	PRIMARY KEY (source, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX push_at ON push (at);

-- How somebody who wrote to us is answered: a keyed hash to know them again while the case can be
-- re-opened, and the sealed handle.
CREATE TABLE case_contact (
	cs INTEGER PRIMARY KEY REFERENCES office_case (id),
	account INTEGER NOT NULL,
	contact BLOB NOT NULL CHECK (length(contact) = 16),
	handle BLOB,
	last INTEGER NOT NULL
) STRICT;
CREATE INDEX case_contact_who ON case_contact (account, contact);

-- The balance sheet: what a source gave on one day of the office, by what became of it.
CREATE TABLE source_day (
	source INTEGER NOT NULL,
	day INTEGER NOT NULL,
	what TEXT NOT NULL,
	why TEXT NOT NULL,
	n INTEGER NOT NULL,
	PRIMARY KEY (source, day, what, why)
) STRICT, WITHOUT ROWID;

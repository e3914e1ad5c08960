-- Version 5: searches that the office keeps, and the keys under which a feed reader may ask for
-- one. A person has one key a search; it ends when they are locked.

CREATE TABLE saved (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	name TEXT NOT NULL UNIQUE CHECK (name <> ''),
	query TEXT NOT NULL,
	filters TEXT NOT NULL,
	made INTEGER NOT NULL
) STRICT;

CREATE TABLE feed_key (
	sha256 BLOB PRIMARY KEY CHECK (length(sha256) = 32),
	saved INTEGER NOT NULL REFERENCES saved (id),
	person INTEGER NOT NULL REFERENCES person (id),
	made INTEGER NOT NULL,
	told INTEGER NOT NULL,
	UNIQUE (saved, person)
) STRICT, WITHOUT ROWID;
CREATE INDEX feed_key_person ON feed_key (person);

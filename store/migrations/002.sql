-- Version 2: what a new item costs. The heads were one row and three index rows an item, the key
-- a row at random among all keys. See store/name.c; hy_names_migrate() fills the keys.

DROP TRIGGER item_once;
DROP TRIGGER item_no_update;
UPDATE item SET flags = flags | 32 WHERE link IS NULL;
CREATE TRIGGER item_no_update BEFORE UPDATE ON item
BEGIN SELECT RAISE(ABORT, 'items are never changed: write a revision'); END;

DROP INDEX item_taken;
CREATE INDEX item_when ON item (taken, posted, id);
-- Items known by their words alone: the candidates of the near-copy rung.
CREATE INDEX item_unnamed ON item (source, posted) WHERE (flags & 32) <> 0;

-- Items with more than one revision.
CREATE TABLE item_latest (
	id INTEGER PRIMARY KEY,
	latest INTEGER NOT NULL
) STRICT;
INSERT INTO item_latest (id, latest) SELECT id, latest FROM item_head WHERE revision > 1;

-- One row: items that stand, and names ever written (store/name.c follows them).
CREATE TABLE item_tally (
	one INTEGER PRIMARY KEY CHECK (one = 1),
	items INTEGER NOT NULL,
	natives INTEGER NOT NULL,
	links INTEGER NOT NULL
) STRICT;
INSERT INTO item_tally SELECT 1, count(*), 0, 0 FROM item_head;

-- Names: block of arrival and hash in one number.
ALTER TABLE item_key RENAME TO item_key_1;
CREATE TABLE item_key (
	key INTEGER PRIMARY KEY,
	item INTEGER NOT NULL
) STRICT;
CREATE TABLE item_link (
	key INTEGER PRIMARY KEY,
	item INTEGER NOT NULL
) STRICT;

-- The record, version 1. References are NULL where unset; times are UTC milliseconds; enums are
-- the numbers of store/records.h. What a rule forbids is forbidden here, not in a page.

CREATE TABLE meta (
	key TEXT PRIMARY KEY,
	value TEXT,
	sealed BLOB
) STRICT, WITHOUT ROWID;

CREATE TABLE cursor (
	name TEXT PRIMARY KEY,
	seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE lease (
	name TEXT PRIMARY KEY,
	owner TEXT NOT NULL,
	fence INTEGER NOT NULL,
	until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A row stands here only inside the transaction of a purge: it opens the triggers below.
CREATE TABLE purge_guard (
	id INTEGER PRIMARY KEY CHECK (id = 1)
) STRICT;

-- Audit: ids and hashes only, so that erasure keeps the chain.
CREATE TABLE audit (
	id INTEGER PRIMARY KEY,
	at INTEGER NOT NULL,
	actor INTEGER NOT NULL,
	actor_login TEXT NOT NULL,
	action TEXT NOT NULL,
	object TEXT NOT NULL,
	detail TEXT NOT NULL,
	hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'audit rows are never changed'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'audit rows are never deleted'); END;
-- The head, beside the chain: a chain cut short at its end is seen.
CREATE TABLE audit_head (
	one INTEGER PRIMARY KEY CHECK (one = 1),
	id INTEGER NOT NULL,
	hash BLOB NOT NULL
) STRICT;

-- The office.
CREATE TABLE unit (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	name TEXT NOT NULL UNIQUE CHECK (name <> ''),
	kind TEXT NOT NULL,
	place TEXT NOT NULL,
	parent INTEGER REFERENCES unit (id),
	active INTEGER NOT NULL CHECK (active IN (0, 1))
) STRICT;

CREATE TABLE person (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	login TEXT NOT NULL UNIQUE CHECK (login <> ''),
	name TEXT NOT NULL,
	unix_name TEXT UNIQUE,
	unit INTEGER REFERENCES unit (id),
	duties INTEGER NOT NULL CHECK (duties BETWEEN 0 AND 127),
	password_hash TEXT,
	active INTEGER NOT NULL CHECK (active IN (0, 1))
) STRICT;
CREATE TRIGGER person_no_delete BEFORE DELETE ON person
BEGIN SELECT RAISE(ABORT, 'people are made inactive, never deleted: the audit names them'); END;

CREATE TABLE token (
	sha256 BLOB PRIMARY KEY CHECK (length(sha256) = 32),
	person INTEGER NOT NULL REFERENCES person (id),
	purpose TEXT NOT NULL,
	until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX token_person ON token (person, purpose);

CREATE TABLE session (
	sha256 BLOB PRIMARY KEY CHECK (length(sha256) = 32),
	person INTEGER NOT NULL REFERENCES person (id),
	made INTEGER NOT NULL,
	seen INTEGER NOT NULL,
	until INTEGER NOT NULL,
	csrf TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_person ON session (person);

CREATE TABLE account (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	name TEXT NOT NULL UNIQUE CHECK (name <> ''),
	platform TEXT NOT NULL,
	url TEXT,
	login TEXT,
	reach TEXT,
	unit INTEGER REFERENCES unit (id),
	state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 3),
	state_why TEXT,
	secret BLOB,
	last_post INTEGER NOT NULL
) STRICT;

-- What comes in.
CREATE TABLE source (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	name TEXT NOT NULL CHECK (name <> ''),
	kind TEXT NOT NULL,
	url TEXT NOT NULL,
	reach TEXT,
	place TEXT NOT NULL,
	options TEXT NOT NULL,
	own INTEGER NOT NULL CHECK (own IN (0, 1)),
	official INTEGER NOT NULL CHECK (official IN (0, 1)),
	state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 3),
	cursor TEXT,
	last_try INTEGER NOT NULL,
	last_ok INTEGER NOT NULL,
	last_new INTEGER NOT NULL,
	next_at INTEGER NOT NULL,
	failures INTEGER NOT NULL,
	last_error TEXT,
	last_status INTEGER NOT NULL,
	got_new INTEGER NOT NULL,
	got_repeat INTEGER NOT NULL,
	got_edit INTEGER NOT NULL,
	got_refused INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX source_name ON source (name) WHERE state <> 3;
CREATE INDEX source_due ON source (next_at) WHERE state = 0;

-- The log of items: append-only by seq. item_head is what moves: one small row an item, in order
-- of arrival, so that only item_key is hit at random.
CREATE TABLE item (
	seq INTEGER PRIMARY KEY,
	id INTEGER NOT NULL,
	revision INTEGER NOT NULL,
	source INTEGER NOT NULL REFERENCES source (id),
	kind INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 3),
	native BLOB NOT NULL CHECK (length(native) = 16),
	content BLOB NOT NULL CHECK (length(content) = 16),
	link BLOB CHECK (length(link) = 16),
	posted INTEGER NOT NULL,
	taken INTEGER NOT NULL,
	title TEXT NOT NULL,
	text TEXT NOT NULL,
	lang TEXT NOT NULL,
	place TEXT NOT NULL,
	flags INTEGER NOT NULL,
	voice BLOB CHECK (length(voice) = 16),
	url_sealed BLOB,
	url_public TEXT
) STRICT;
CREATE INDEX item_taken ON item (taken);
CREATE INDEX item_id ON item (id) WHERE revision > 1;
CREATE TRIGGER item_no_update BEFORE UPDATE ON item
BEGIN SELECT RAISE(ABORT, 'items are never changed: write a revision'); END;
CREATE TRIGGER item_no_delete BEFORE DELETE ON item
WHEN NOT EXISTS (SELECT 1 FROM purge_guard)
BEGIN SELECT RAISE(ABORT, 'items leave by the purge alone'); END;

CREATE TABLE item_head (
	id INTEGER PRIMARY KEY,
	latest INTEGER NOT NULL,
	revision INTEGER NOT NULL,
	source INTEGER NOT NULL,
	posted INTEGER NOT NULL,
	content BLOB NOT NULL,
	link BLOB
) STRICT;
CREATE INDEX item_head_recent ON item_head (source, posted);
CREATE INDEX item_head_posted ON item_head (posted);
CREATE INDEX item_head_link ON item_head (link, source) WHERE link IS NOT NULL;

CREATE TABLE item_key (
	source INTEGER NOT NULL,
	native BLOB NOT NULL,
	item INTEGER NOT NULL,
	PRIMARY KEY (source, native)
) STRICT, WITHOUT ROWID;
-- Further names of an item (aliases): the purge follows them back.
CREATE TABLE item_alias (
	item INTEGER NOT NULL,
	source INTEGER NOT NULL,
	native BLOB NOT NULL,
	PRIMARY KEY (item, source, native)
) STRICT, WITHOUT ROWID;

-- Warnings.
CREATE TABLE watch (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	name TEXT NOT NULL UNIQUE CHECK (name <> ''),
	query TEXT NOT NULL,
	level TEXT NOT NULL CHECK (level IN ('high', 'medium', 'low')),
	version INTEGER NOT NULL,
	enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
	made_by INTEGER REFERENCES person (id),
	made INTEGER NOT NULL
) STRICT;

CREATE TABLE alert (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	kind TEXT NOT NULL,
	watch INTEGER,
	watch_version INTEGER NOT NULL,
	level TEXT NOT NULL,
	title TEXT NOT NULL,
	why TEXT NOT NULL,
	key TEXT NOT NULL,
	state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 2),
	disposition TEXT,
	items INTEGER NOT NULL,
	first INTEGER NOT NULL,
	last INTEGER NOT NULL,
	acked_by INTEGER REFERENCES person (id),
	acked INTEGER NOT NULL,
	closed INTEGER NOT NULL,
	cs INTEGER,
	claim INTEGER,
	CHECK ((state = 2) = (disposition IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX alert_open ON alert (key) WHERE state <> 2;

CREATE TABLE alert_item (
	alert INTEGER NOT NULL REFERENCES alert (id),
	seq INTEGER NOT NULL,
	PRIMARY KEY (alert, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX alert_item_seq ON alert_item (seq);

-- Claims.
CREATE TABLE claim (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	text TEXT NOT NULL CHECK (text <> ''),
	state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 3),
	verdict INTEGER NOT NULL CHECK (verdict BETWEEN 0 AND 6),
	finding TEXT,
	judged_by INTEGER REFERENCES person (id),
	signed_by INTEGER REFERENCES person (id),
	opened INTEGER NOT NULL,
	judged INTEGER NOT NULL,
	signed_at INTEGER NOT NULL,
	opened_by INTEGER REFERENCES person (id),
	alert INTEGER,
	CHECK (signed_by IS NULL OR (judged_by IS NOT NULL AND signed_by <> judged_by))
) STRICT;

CREATE TABLE sighting (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	claim INTEGER NOT NULL REFERENCES claim (id),
	item INTEGER,
	source INTEGER,
	channel TEXT NOT NULL,
	place TEXT NOT NULL,
	seen INTEGER NOT NULL,
	note TEXT
) STRICT;
CREATE UNIQUE INDEX sighting_once ON sighting (claim, item) WHERE item IS NOT NULL;
CREATE INDEX sighting_claim ON sighting (claim);
CREATE INDEX sighting_item ON sighting (item) WHERE item IS NOT NULL;

CREATE TABLE evidence (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	claim INTEGER NOT NULL REFERENCES claim (id),
	title TEXT NOT NULL,
	url TEXT,
	media TEXT,
	sha256 BLOB NOT NULL CHECK (length(sha256) = 32),
	captured INTEGER NOT NULL,
	added_by INTEGER REFERENCES person (id)
) STRICT;
CREATE INDEX evidence_claim ON evidence (claim);
CREATE TRIGGER evidence_no_update BEFORE UPDATE ON evidence
BEGIN SELECT RAISE(ABORT, 'evidence is never changed'); END;

-- Publishing. A statement is its current revision; revisions and their targets are written once.
CREATE TABLE statement (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	kind INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 4),
	state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 4),
	claim INTEGER REFERENCES claim (id),
	cs INTEGER,
	corrects INTEGER REFERENCES statement (id),
	revision INTEGER NOT NULL,
	submitted INTEGER NOT NULL,
	decided INTEGER NOT NULL,
	decided_by INTEGER REFERENCES person (id),
	approver INTEGER REFERENCES person (id),
	digest BLOB,
	signature BLOB,
	reject_why TEXT,
	marker TEXT NOT NULL UNIQUE CHECK (length(marker) >= 8),
	CHECK (state <> 2 OR (approver IS NOT NULL AND decided > 0
		AND digest IS NOT NULL AND length(digest) = 32
		AND signature IS NOT NULL AND length(signature) = 64
		AND signature <> zeroblob(64))),
	CHECK (kind <> 4 OR corrects IS NOT NULL)
) STRICT;
CREATE INDEX statement_state ON statement (state);

CREATE TABLE statement_revision (
	statement INTEGER NOT NULL REFERENCES statement (id),
	revision INTEGER NOT NULL,
	title TEXT NOT NULL,
	text TEXT NOT NULL,
	not_before INTEGER NOT NULL,
	not_after INTEGER NOT NULL,
	digest BLOB NOT NULL CHECK (length(digest) = 32),
	author INTEGER NOT NULL REFERENCES person (id),
	made INTEGER NOT NULL,
	PRIMARY KEY (statement, revision)
) STRICT, WITHOUT ROWID;

CREATE TABLE statement_target (
	statement INTEGER NOT NULL,
	revision INTEGER NOT NULL,
	account INTEGER NOT NULL REFERENCES account (id),
	PRIMARY KEY (statement, revision, account)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER statement_revision_no_update BEFORE UPDATE ON statement_revision
BEGIN SELECT RAISE(ABORT, 'revisions are never changed: write another'); END;
CREATE TRIGGER statement_revision_no_delete BEFORE DELETE ON statement_revision
BEGIN SELECT RAISE(ABORT, 'revisions are never deleted'); END;
CREATE TRIGGER statement_revision_after BEFORE INSERT ON statement_revision
WHEN (SELECT state FROM statement WHERE id = NEW.statement) IN (2, 4)
BEGIN SELECT RAISE(ABORT, 'an approved or cancelled statement takes no revision'); END;
CREATE TRIGGER statement_target_no_update BEFORE UPDATE ON statement_target
BEGIN SELECT RAISE(ABORT, 'targets are never changed: write another revision'); END;
CREATE TRIGGER statement_target_no_delete BEFORE DELETE ON statement_target
BEGIN SELECT RAISE(ABORT, 'targets are never deleted'); END;
CREATE TRIGGER statement_target_after BEFORE INSERT ON statement_target
WHEN (SELECT state FROM statement WHERE id = NEW.statement) <> 0
BEGIN SELECT RAISE(ABORT, 'targets are written with their revision'); END;

CREATE TRIGGER statement_insert BEFORE INSERT ON statement WHEN NEW.state <> 0
BEGIN SELECT RAISE(ABORT, 'a statement begins as a draft'); END;
CREATE TRIGGER statement_no_delete BEFORE DELETE ON statement
BEGIN SELECT RAISE(ABORT, 'statements are never deleted'); END;
CREATE TRIGGER statement_approve BEFORE UPDATE ON statement
WHEN NEW.state = 2 AND OLD.state <> 2
BEGIN
	SELECT RAISE(ABORT, 'only what was submitted is approved') WHERE OLD.state <> 1;
	SELECT RAISE(ABORT, 'one may not approve a text of which one wrote a revision')
	WHERE EXISTS (SELECT 1 FROM statement_revision
		WHERE statement = NEW.id AND author = NEW.approver);
	SELECT RAISE(ABORT, 'an inactive person approves nothing')
	WHERE NOT EXISTS (SELECT 1 FROM person WHERE id = NEW.approver AND active = 1);
	SELECT RAISE(ABORT, 'the digest approved is not that of the current revision')
	WHERE NOT EXISTS (SELECT 1 FROM statement_revision
		WHERE statement = NEW.id AND revision = NEW.revision AND digest = NEW.digest);
	SELECT RAISE(ABORT, 'a correction needs evidence on its claim')
	WHERE NEW.kind = 2 AND NOT EXISTS (SELECT 1 FROM evidence WHERE claim = NEW.claim);
END;
CREATE TRIGGER statement_approved BEFORE UPDATE ON statement WHEN OLD.state = 2
BEGIN
	SELECT RAISE(ABORT, 'an approval is never changed: write an erratum')
	WHERE NEW.approver IS NOT OLD.approver OR NEW.digest IS NOT OLD.digest
		OR NEW.signature IS NOT OLD.signature OR NEW.revision <> OLD.revision
		OR NEW.kind <> OLD.kind OR NEW.claim IS NOT OLD.claim
		OR NEW.marker <> OLD.marker OR NEW.state NOT IN (2, 4);
	SELECT RAISE(ABORT, 'part of it was sent: write an erratum')
	WHERE NEW.state = 4 AND EXISTS (SELECT 1 FROM delivery
		WHERE statement = NEW.id AND state IN (1, 2, 5));
END;
CREATE TRIGGER statement_cancelled BEFORE UPDATE ON statement
WHEN OLD.state = 4 AND NEW.state <> 4
BEGIN SELECT RAISE(ABORT, 'what was cancelled stays so'); END;
CREATE TRIGGER evidence_no_delete BEFORE DELETE ON evidence
WHEN EXISTS (SELECT 1 FROM statement WHERE claim = OLD.claim AND state = 2)
BEGIN SELECT RAISE(ABORT, 'a published statement stands on this evidence'); END;

CREATE TABLE delivery (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	statement INTEGER NOT NULL,
	revision INTEGER NOT NULL,
	account INTEGER NOT NULL,
	state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 7),
	attempt INTEGER NOT NULL,
	fence INTEGER NOT NULL,
	not_before INTEGER NOT NULL,
	not_after INTEGER NOT NULL,
	wait_until INTEGER NOT NULL,
	changed INTEGER NOT NULL,
	key TEXT NOT NULL UNIQUE,
	receipt TEXT,
	receipt_url TEXT,
	error TEXT,
	lookups INTEGER NOT NULL,
	UNIQUE (statement, revision, account),
	FOREIGN KEY (statement, revision, account)
		REFERENCES statement_target (statement, revision, account)
) STRICT;
CREATE INDEX delivery_due ON delivery (state, not_before, wait_until) WHERE state IN (0, 3, 5);
CREATE INDEX delivery_account ON delivery (account, state);
CREATE TRIGGER delivery_insert BEFORE INSERT ON delivery
WHEN NOT EXISTS (SELECT 1 FROM statement
	WHERE id = NEW.statement AND revision = NEW.revision AND state = 2)
BEGIN SELECT RAISE(ABORT, 'only an approved revision is delivered'); END;
CREATE TRIGGER delivery_update BEFORE UPDATE ON delivery
WHEN NEW.statement <> OLD.statement OR NEW.revision <> OLD.revision
	OR NEW.account <> OLD.account OR NEW.key <> OLD.key OR NEW.fence < OLD.fence
	OR (NEW.state = 1 AND NOT EXISTS (SELECT 1 FROM statement
		WHERE id = NEW.statement AND state = 2))
BEGIN SELECT RAISE(ABORT, 'a delivery keeps its statement, account, key and fence'); END;
CREATE TRIGGER delivery_no_delete BEFORE DELETE ON delivery
BEGIN SELECT RAISE(ABORT, 'deliveries are never deleted'); END;

-- Cases.
CREATE TABLE case_counter (
	civil_date INTEGER PRIMARY KEY,
	last INTEGER NOT NULL
) STRICT;

CREATE TABLE office_case (
	id INTEGER PRIMARY KEY,
	number TEXT NOT NULL UNIQUE,
	code BLOB NOT NULL,
	type INTEGER NOT NULL CHECK (type BETWEEN 0 AND 4),
	state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 4),
	title TEXT NOT NULL,
	text BLOB,
	channel TEXT NOT NULL,
	item INTEGER,
	alert INTEGER,
	claim INTEGER,
	unit INTEGER REFERENCES unit (id),
	opened INTEGER NOT NULL,
	first_reply INTEGER NOT NULL,
	resolved INTEGER NOT NULL,
	closed INTEGER NOT NULL,
	due_reply INTEGER NOT NULL,
	due_resolve INTEGER NOT NULL,
	promise_reply TEXT,
	promise_resolve TEXT,
	calendar TEXT,
	round INTEGER NOT NULL,
	reply_met INTEGER NOT NULL,
	resolve_met INTEGER NOT NULL
) STRICT;
CREATE INDEX office_case_open ON office_case (id) WHERE state <> 4;
CREATE INDEX office_case_opened ON office_case (opened);

CREATE TABLE case_event (
	id INTEGER PRIMARY KEY,
	cs INTEGER NOT NULL REFERENCES office_case (id),
	at INTEGER NOT NULL,
	kind TEXT NOT NULL,
	holder TEXT,
	unit INTEGER REFERENCES unit (id),
	text BLOB,
	actor INTEGER REFERENCES person (id),
	statement INTEGER REFERENCES statement (id)
) STRICT;
CREATE INDEX case_event_cs ON case_event (cs);
CREATE TRIGGER case_event_no_update BEFORE UPDATE ON case_event
BEGIN SELECT RAISE(ABORT, 'the history of a case is never changed'); END;
CREATE TRIGGER case_event_no_delete BEFORE DELETE ON case_event
WHEN NOT EXISTS (SELECT 1 FROM purge_guard)
BEGIN SELECT RAISE(ABORT, 'the history of a case leaves by the purge alone'); END;

CREATE TABLE calendar_day (
	calendar TEXT NOT NULL,
	date TEXT NOT NULL CHECK (length(date) = 10),
	work INTEGER NOT NULL CHECK (work IN (0, 1)),
	name TEXT,
	why TEXT,
	who INTEGER REFERENCES person (id),
	PRIMARY KEY (calendar, date)
) STRICT, WITHOUT ROWID;

-- INSERT OR REPLACE deletes without a DELETE trigger: what stands may not be written again.
CREATE TRIGGER audit_once BEFORE INSERT ON audit
WHEN EXISTS (SELECT 1 FROM audit WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'audit rows are never replaced'); END;
CREATE TRIGGER item_once BEFORE INSERT ON item
WHEN EXISTS (SELECT 1 FROM item WHERE seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'items are never replaced'); END;
CREATE TRIGGER evidence_once BEFORE INSERT ON evidence
WHEN EXISTS (SELECT 1 FROM evidence WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'evidence is never replaced'); END;
CREATE TRIGGER statement_once BEFORE INSERT ON statement
WHEN EXISTS (SELECT 1 FROM statement WHERE id = NEW.id OR marker = NEW.marker)
BEGIN SELECT RAISE(ABORT, 'statements are never replaced'); END;
CREATE TRIGGER statement_revision_once BEFORE INSERT ON statement_revision
WHEN EXISTS (SELECT 1 FROM statement_revision
	WHERE statement = NEW.statement AND revision = NEW.revision)
BEGIN SELECT RAISE(ABORT, 'revisions are never replaced'); END;
CREATE TRIGGER delivery_once BEFORE INSERT ON delivery
WHEN EXISTS (SELECT 1 FROM delivery WHERE id = NEW.id OR key = NEW.key
	OR (statement = NEW.statement AND revision = NEW.revision AND account = NEW.account))
BEGIN SELECT RAISE(ABORT, 'deliveries are never replaced'); END;
CREATE TRIGGER case_event_once BEFORE INSERT ON case_event
WHEN EXISTS (SELECT 1 FROM case_event WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'the history of a case is never replaced'); END;

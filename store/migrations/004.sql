-- Rules: of which kind each is, from which place of the log to which each version of it runs, and
-- the runs of rules over the archive.
ALTER TABLE watch ADD COLUMN kind TEXT NOT NULL DEFAULT 'query' CHECK (kind IN ('query', 'regex'));

-- One stretch of the log, (begin_seq, until_seq], over which one version of a rule runs; until_seq
-- NULL: it runs on. Every item of it meets that version exactly once. "change" counts the changes of
-- all rules (the cursor "rules"). A rule that is removed leaves its stretches behind.
CREATE TABLE watch_span (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	watch INTEGER NOT NULL,
	version INTEGER NOT NULL,
	name TEXT NOT NULL,
	kind TEXT NOT NULL CHECK (kind IN ('query', 'regex')),
	query TEXT NOT NULL,
	level TEXT NOT NULL CHECK (level IN ('high', 'medium', 'low')),
	begin_seq INTEGER NOT NULL,
	until_seq INTEGER,
	begin_change INTEGER NOT NULL,
	until_change INTEGER,
	made INTEGER NOT NULL,
	CHECK ((until_seq IS NULL) = (until_change IS NULL)),
	CHECK (until_seq IS NULL OR until_seq >= begin_seq)
) STRICT;
CREATE INDEX watch_span_watch ON watch_span (watch);
CREATE UNIQUE INDEX watch_span_open ON watch_span (watch) WHERE until_seq IS NULL;

-- What ran until now went on from the place where the detect role stood.
INSERT INTO watch_span (watch, version, name, kind, query, level, begin_seq, begin_change, made)
	SELECT id, version, name, kind, query, level,
		coalesce((SELECT seq FROM cursor WHERE name = 'detect'), 0), 0, made
	FROM watch WHERE enabled = 1 ORDER BY id;

CREATE TABLE watch_run (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	watch INTEGER,
	change INTEGER NOT NULL,
	from_seq INTEGER NOT NULL,
	at_seq INTEGER NOT NULL,
	upto_seq INTEGER NOT NULL,
	seen INTEGER NOT NULL,
	matches INTEGER NOT NULL,
	opened INTEGER NOT NULL,
	state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 2),
	made_by INTEGER REFERENCES person (id),
	made INTEGER NOT NULL,
	finished INTEGER NOT NULL,
	CHECK (at_seq BETWEEN from_seq AND upto_seq)
) STRICT;
CREATE INDEX watch_run_open ON watch_run (id) WHERE state = 0;
CREATE INDEX alert_watch ON alert (watch) WHERE watch IS NOT NULL;

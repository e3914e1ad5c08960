-- Version 7: what came is counted at the door, beside what became of it; and the tokens of accounts.

INSERT INTO source_day (source, day, what, why, n)
	SELECT source, day, 'received', '', sum(n) FROM source_day GROUP BY source, day;

-- How an account speaks to its platform now. token: had from the platform by the account's secret
-- (sealed); NULL where the secret itself is the token. until 0: the platform names no end.
CREATE TABLE account_grant (
	account INTEGER PRIMARY KEY REFERENCES account (id),
	token BLOB,
	client TEXT,
	client_secret BLOB,
	got INTEGER NOT NULL,
	until INTEGER NOT NULL,
	next_at INTEGER NOT NULL,
	tested INTEGER NOT NULL,
	good INTEGER NOT NULL,
	failures INTEGER NOT NULL,
	error TEXT,
	warned INTEGER NOT NULL,
	fence INTEGER NOT NULL
) STRICT;
CREATE INDEX account_grant_next ON account_grant (next_at);

/* The peers of the store: PostgreSQL in a cluster of its own, SQLite with a plain table. */
#include "config.h"

#include "bench/peers.h"

#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void die(const char *who, const char *why)
{
	fprintf(stderr, "bench: %s: %s\n", who, why);
	exit(1);
}

/* ---- PostgreSQL ---- */

#ifdef HAVE_LIBPQ
#include <libpq-fe.h>

struct bench_pg {
	char *dir, *bin;
	pid_t server, backend;
	PGconn *conn;
};

static int end(struct bench_pg *p)
{
	int how;
	PQfinish(p->conn);
	if (p->server > 0 && kill(p->server, SIGINT) == 0)
		(void)waitpid(p->server, &how, 0);
	return 0;
}

/* Runs a program of PostgreSQL, which refuses to be root. */
static pid_t start(const struct bench_pg *p, char *const argv[])
{
	pid_t pid = fork();
	if (pid != 0)
		return pid;
	int null = open("/dev/null", O_RDWR);
	const struct passwd *nobody = getpwnam("nobody");
	if (geteuid() == 0 &&
	    (!nobody || setgroups(0, NULL) || setgid(nobody->pw_gid) || setuid(nobody->pw_uid)))
		_exit(126);
	if (chdir("/") || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0)
		_exit(126);
	(void)execv(argv[0], argv);
	(void)p;
	_exit(127);
}

static bool find_bin(struct bench_pg *p)
{
	glob_t g;
	bool found = glob("/usr/lib/postgresql/*/bin/initdb", 0, NULL, &g) == 0;
	if (found) {
		char *path = hy_strdup(p, g.gl_pathv[g.gl_pathc - 1]);
		*strrchr(path, '/') = '\0';
		p->bin = path;
	}
	globfree(&g);
	return found;
}

static void nap(void)
{
	const struct timespec t = {0, 20000000};
	(void)nanosleep(&t, NULL);
}

static void run(struct bench_pg *p, const char *sql)
{
	PGresult *r = PQexec(p->conn, sql);
	if (PQresultStatus(r) != PGRES_COMMAND_OK && PQresultStatus(r) != PGRES_TUPLES_OK)
		die("postgresql", PQerrorMessage(p->conn));
	PQclear(r);
}

bool bench_pg_open(struct bench_pg **out, const void *ctx, const char *dir)
{
	struct bench_pg *p = hy_new(ctx, struct bench_pg);
	const struct passwd *nobody = getpwnam("nobody");
	int how = 1;
	if (!find_bin(p))
		return false;
	p->dir = hy_strdup(p, dir);
	if (geteuid() == 0 && (!nobody || chown(dir, nobody->pw_uid, nobody->pw_gid)))
		return false;
	char *data = hy_strf(p, "%s/data", dir), *initdb = hy_strf(p, "%s/initdb", p->bin);
	char *const init[] = {initdb, "-A",	    "trust", "-U", "bench", "-E",
			      "UTF8", "--locale=C", "-D",    data, NULL};
	pid_t pid = start(p, init);
	if (waitpid(pid, &how, 0) != pid || how != 0)
		return false;
	char *server = hy_strf(p, "%s/postgres", p->bin);
	char *const serve[] = {server,
			       "-D",
			       data,
			       "-k",
			       p->dir,
			       "-c",
			       "listen_addresses=",
			       "-c",
			       "max_wal_size=4GB",
			       NULL};
	p->server = start(p, serve);
	talloc_set_destructor(p, end);
	char *where = hy_strf(p, "host=%s user=bench dbname=postgres", dir);
	for (int i = 0; i < 1500 && PQping(where) != PQPING_OK; i++)
		nap();
	p->conn = PQconnectdb(where);
	if (PQstatus(p->conn) != CONNECTION_OK)
		die("postgresql", PQerrorMessage(p->conn));
	p->backend = PQbackendPID(p->conn);
	run(p, "CREATE TABLE post (source bigint, native bytea, text text, posted bigint,"
	       " UNIQUE (source, native))");
	run(p, "CREATE UNLOGGED TABLE staged (source bigint, native bytea, text text,"
	       " posted bigint)");
	*out = p;
	return true;
}

static void copy_row(struct hy_buf *b, const struct bench_row *r)
{
	static const char hex[] = "0123456789abcdef";
	hy_buf_fmt(b, "%" PRId64 "\t\\\\x", r->source);
	for (int i = 0; i < 16; i++) {
		hy_buf_chr(b, hex[r->native[i] >> 4]);
		hy_buf_chr(b, hex[r->native[i] & 15]);
	}
	hy_buf_chr(b, '\t');
	for (const char *s = r->text; *s; s++) {
		if (*s == '\\')
			hy_buf_str(b, "\\\\");
		else
			hy_buf_chr(b, *s == '\t' || *s == '\n' || *s == '\r' ? ' ' : *s);
	}
	hy_buf_fmt(b, "\t%" PRId64 "\n", r->posted);
}

void bench_pg_upsert(struct bench_pg *p, const struct bench_row *rows, size_t n)
{
	struct hy_buf b;
	hy_buf_init(&b, NULL, 64u << 20);
	run(p, "BEGIN");
	run(p, "TRUNCATE staged");
	PGresult *r = PQexec(p->conn, "COPY staged FROM STDIN");
	if (PQresultStatus(r) != PGRES_COPY_IN)
		die("postgresql", PQerrorMessage(p->conn));
	PQclear(r);
	for (size_t i = 0; i < n; i++)
		copy_row(&b, &rows[i]);
	if (PQputCopyData(p->conn, b.data, (int)b.len) != 1 || PQputCopyEnd(p->conn, NULL) != 1)
		die("postgresql", PQerrorMessage(p->conn));
	while ((r = PQgetResult(p->conn)) != NULL) {
		if (PQresultStatus(r) != PGRES_COMMAND_OK)
			die("postgresql", PQerrorMessage(p->conn));
		PQclear(r);
	}
	run(p, "INSERT INTO post SELECT * FROM staged ON CONFLICT DO NOTHING");
	run(p, "COMMIT");
	talloc_free(b.data);
}

double bench_pg_cpu(const struct bench_pg *p)
{
	char path[64], line[1024] = "";
	unsigned long user = 0, sys = 0;
	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)p->backend);
	FILE *f = fopen(path, "r");
	if (f && fgets(line, sizeof(line), f)) {
		const char *at = strrchr(line, ')');
		if (at)
			(void)sscanf(at + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
				     &user, &sys);
	}
	if (f)
		(void)fclose(f);
	return (double)(user + sys) / (double)sysconf(_SC_CLK_TCK);
}

int64_t bench_pg_count(struct bench_pg *p)
{
	PGresult *r = PQexec(p->conn, "SELECT count(*) FROM post");
	int64_t n =
		PQresultStatus(r) == PGRES_TUPLES_OK ? strtoll(PQgetvalue(r, 0, 0), NULL, 10) : -1;
	PQclear(r);
	return n;
}

#else

bool bench_pg_open(struct bench_pg **out, const void *ctx, const char *dir)
{
	(void)out, (void)ctx, (void)dir;
	return false;
}
void bench_pg_upsert(struct bench_pg *p, const struct bench_row *rows, size_t n)
{
	(void)p, (void)rows, (void)n;
}
double bench_pg_cpu(const struct bench_pg *p)
{
	(void)p;
	return 0;
}
int64_t bench_pg_count(struct bench_pg *p)
{
	(void)p;
	return 0;
}

#endif

/* ---- SQLite ---- */

struct bench_lite {
	sqlite3 *db;
	sqlite3_stmt *insert;
};

static int close_lite(struct bench_lite *l)
{
	(void)sqlite3_finalize(l->insert);
	(void)sqlite3_close(l->db);
	return 0;
}

static void lite(struct bench_lite *l, const char *sql)
{
	if (sqlite3_exec(l->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		die("sqlite", sqlite3_errmsg(l->db));
}

bool bench_lite_open(struct bench_lite **out, const void *ctx, const char *dir)
{
	struct bench_lite *l = hy_new(ctx, struct bench_lite);
	if (sqlite3_open(hy_strf(l, "%s/plain.db", dir), &l->db) != SQLITE_OK)
		die("sqlite", sqlite3_errmsg(l->db));
	lite(l, "PRAGMA journal_mode = WAL");
	lite(l, "PRAGMA synchronous = FULL; PRAGMA cache_size = -65536;"
		"CREATE TABLE post (source INTEGER, native BLOB, text TEXT, posted INTEGER,"
		" UNIQUE (source, native))");
	if (sqlite3_prepare_v2(l->db, "INSERT OR IGNORE INTO post VALUES (?, ?, ?, ?)", -1,
			       &l->insert, NULL) != SQLITE_OK)
		die("sqlite", sqlite3_errmsg(l->db));
	talloc_set_destructor(l, close_lite);
	*out = l;
	return true;
}

void bench_lite_insert(struct bench_lite *l, const struct bench_row *rows, size_t n)
{
	lite(l, "BEGIN");
	for (size_t i = 0; i < n; i++) {
		(void)sqlite3_bind_int64(l->insert, 1, rows[i].source);
		(void)sqlite3_bind_blob(l->insert, 2, rows[i].native, 16, SQLITE_STATIC);
		(void)sqlite3_bind_text(l->insert, 3, rows[i].text, -1, SQLITE_STATIC);
		(void)sqlite3_bind_int64(l->insert, 4, rows[i].posted);
		if (sqlite3_step(l->insert) != SQLITE_DONE)
			die("sqlite", sqlite3_errmsg(l->db));
		(void)sqlite3_reset(l->insert);
	}
	lite(l, "COMMIT");
}

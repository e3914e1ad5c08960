/*
 * The manifest: which databases make up the index, and for those no longer written the size and
 * hash of each file. It is replaced by one rename, so a new day, a merge and a rebuild each happen
 * at one instant.
 */
#include "config.h"

#include "index/layout.h"
#include "index/writer.h"

#include "base/base.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_BYTES (4u << 20)
#define MAX_DBS 4096
#define MAX_FILES 16

char *hy_index_path(const void *ctx, const char *dir, const char *name)
{
	return name != NULL ? hy_strf(ctx, "%s/index/%s", dir, name)
			    : hy_strf(ctx, "%s/index", dir);
}

/* ---- reading and writing ---- */

static bool read_db(struct hy_manifest *m, const char *line)
{
	char state[8];
	if (m->n >= MAX_DBS)
		return false;
	m->dbs = hy_grow(m, m->dbs, struct hy_mdb, m->n + 1);
	struct hy_mdb *db = &m->dbs[m->n];
	*db = (struct hy_mdb){0};
	if (sscanf(line, "db %31s %7s %" SCNd64 " %" SCNd64 " %" SCNd64 " %d", db->name, state,
		   &db->first, &db->last, &db->docs, &db->part) != 6 ||
	    strchr(db->name, '/') != NULL || db->name[0] == '.' || db->part < HY_PART_WHOLE ||
	    db->part > 1)
		return false;
	db->closed = strcmp(state, "closed") == 0;
	m->n++;
	return true;
}

static bool read_file_sum(struct hy_manifest *m, const char *line)
{
	struct hy_mdb *db = m->n > 0 ? &m->dbs[m->n - 1] : NULL;
	struct hy_file_sum f = {0};
	if (db == NULL || db->n_files >= MAX_FILES ||
	    sscanf(line, "file %63s %" SCNd64 " %" SCNx64, f.name, &f.size, &f.sum) != 3 ||
	    strchr(f.name, '/') != NULL)
		return false;
	db->files = hy_grow(m, db->files, struct hy_file_sum, db->n_files + 1);
	db->files[db->n_files++] = f;
	return true;
}

static bool parse(struct hy_manifest *m, char *text, size_t n)
{
	uint64_t sum = 0;
	char *end = n > 4 ? strstr(text, "\nend ") : NULL;
	if (end == NULL || sscanf(end, "\nend %" SCNx64, &sum) != 1 ||
	    sum != hy_xxh64(text, (size_t)(end + 1 - text)) || strlen(end) != 22)
		return false;
	*end = '\0';
	char *save = NULL;
	bool first = true, good = true;
	for (char *l = strtok_r(text, "\n", &save); l != NULL && good;
	     l = strtok_r(NULL, "\n", &save)) {
		if (first)
			good = sscanf(l, "huying-index 2 generation %d serial %d base %" SCNd64,
				      &m->generation, &m->serial, &m->base) == 3;
		else if (strncmp(l, "db ", 3) == 0)
			good = read_db(m, l);
		else
			good = read_file_sum(m, l);
		first = false;
	}
	for (size_t i = 0; i < m->n && good; i += hy_manifest_group(m, i))
		good = m->dbs[i].part == HY_PART_WHOLE || hy_manifest_group(m, i) == 2;
	return good && !first;
}

size_t hy_manifest_group(const struct hy_manifest *m, size_t i)
{
	return m->dbs[i].part == 0 && i + 1 < m->n && m->dbs[i + 1].part == 1 ? 2 : 1;
}

/* True when DIR/index holds something besides locks. */
static bool holds_databases(const char *path)
{
	bool found = false;
	DIR *d = opendir(path);
	if (d == NULL)
		return false;
	for (struct dirent *e = readdir(d); e != NULL && !found; e = readdir(d))
		found = e->d_name[0] >= '0' && e->d_name[0] <= '9';
	closedir(d);
	return found;
}

enum hy_status hy_manifest_read(struct hy_manifest **out, const void *ctx, const char *dir,
				struct hy_err *err)
{
	struct hy_manifest *m = hy_new(ctx, struct hy_manifest);
	char *path = hy_index_path(m, dir, "manifest"), *text = NULL;
	size_t n = 0;
	enum hy_status st = hy_file_read(m, path, MAX_BYTES, &text, &n, err);
	if (st == HY_ENOTFOUND) {
		char *top = hy_index_path(m, dir, NULL);
		if (holds_databases(top))
			st = hy_err_set(err, HY_ECORRUPT, _("%s: the manifest is missing; %s"), top,
					HY_INDEX_CURE);
		else
			st = hy_err_set(err, HY_ENOTFOUND, _("%s: there is no index yet; %s"), top,
					HY_INDEX_CURE);
	} else if (st == HY_OK && strncmp(text, "huying-index 1 ", 15) == 0) {
		st = hy_err_set(err, HY_ECORRUPT,
				_("%s: the index was made by another version; %s"), path,
				HY_INDEX_CURE);
	} else if (st == HY_EINPUT || (st == HY_OK && !parse(m, text, n))) {
		st = hy_err_set(err, HY_ECORRUPT, _("%s: damaged; %s"), path, HY_INDEX_CURE);
	}
	if (st != HY_OK) {
		talloc_free(m);
		return st;
	}
	*out = m;
	return HY_OK;
}

enum hy_status hy_manifest_write(const struct hy_manifest *m, const char *dir, struct hy_err *err)
{
	struct hy_buf b;
	void *ctx = talloc_new(NULL);
	hy_buf_init(&b, ctx, MAX_BYTES);
	hy_buf_fmt(&b, "huying-index 2 generation %d serial %d base %" PRId64 "\n", m->generation,
		   m->serial, m->base);
	for (size_t i = 0; i < m->n; i++) {
		const struct hy_mdb *db = &m->dbs[i];
		hy_buf_fmt(&b, "db %s %s %" PRId64 " %" PRId64 " %" PRId64 " %d\n", db->name,
			   db->closed ? "closed" : "open", db->first, db->last, db->docs, db->part);
		for (size_t j = 0; j < db->n_files; j++)
			hy_buf_fmt(&b, "file %s %" PRId64 " %016" PRIx64 "\n", db->files[j].name,
				   db->files[j].size, db->files[j].sum);
	}
	hy_buf_fmt(&b, "end %016" PRIx64 "\n", hy_xxh64(b.data, b.len));
	enum hy_status st = HY_OK;
	if (b.over)
		st = hy_err_set(err, HY_ESYSTEM, _("the index has too many databases"));
	else
		st = hy_file_write(hy_index_path(ctx, dir, "manifest"), b.data, b.len, 0600, err);
	talloc_free(ctx);
	return st;
}

void hy_manifest_name(struct hy_manifest *m, struct hy_mdb *db, int64_t first, int64_t last,
		      int part)
{
	static const char *const letter[] = {"", "a", "b"};
	int y, mo, d;
	hy_civil_from_days(first, &y, &mo, &d);
	*db = (struct hy_mdb){.first = first, .last = last, .part = part};
	if (part != 1) /* halves share a number */
		m->serial++;
	(void)snprintf(db->name, sizeof(db->name), "%04d%02d%02d.g%d.%d%s", y % 10000, mo % 100,
		       d % 100, m->generation, m->serial, letter[part + 1]);
}

struct hy_mdb *hy_manifest_add(struct hy_manifest *m, int64_t first, int64_t last, int part)
{
	m->dbs = hy_grow(m, m->dbs, struct hy_mdb, m->n + 1);
	struct hy_mdb *db = &m->dbs[m->n++];
	hy_manifest_name(m, db, first, last, part);
	return db;
}

/* ---- files ---- */

static enum hy_status sum_file(const char *path, int64_t *size, uint64_t *sum, struct hy_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return hy_err_set(err, errno == ENOENT ? HY_ENOTFOUND : HY_ESYSTEM, "%s: %s", path,
				  hy_strerror(errno));
	enum { CHUNK = 1 << 18 };
	char *buf = hy_new_array(NULL, char, CHUNK + 8); /* the hash so far, then a chunk */
	uint64_t hash = 0;
	ssize_t n;
	*size = 0;
	while ((n = read(fd, buf + 8, CHUNK)) > 0 || (n < 0 && errno == EINTR)) {
		if (n > 0) {
			memcpy(buf, &hash, 8);
			hash = hy_xxh64(buf, (size_t)n + 8);
			*size += n;
		}
	}
	enum hy_status st = HY_OK;
	if (n < 0)
		st = hy_err_set(err, HY_ESYSTEM, "%s: %s", path, hy_strerror(errno));
	*sum = hash;
	talloc_free(buf);
	close(fd);
	return st;
}

enum hy_status hy_manifest_seal(struct hy_manifest *m, struct hy_mdb *db, const char *dir,
				struct hy_err *err)
{
	void *ctx = talloc_new(NULL);
	char *path = hy_index_path(ctx, dir, db->name);
	enum hy_status st = HY_OK;
	DIR *d = opendir(path);
	if (d == NULL) {
		st = hy_err_set(err, HY_ESYSTEM, "%s: %s", path, hy_strerror(errno));
		goto out;
	}
	db->n_files = 0;
	for (struct dirent *e = readdir(d); e != NULL && st == HY_OK; e = readdir(d)) {
		struct hy_file_sum f = {0};
		if (e->d_name[0] == '.' || strcmp(e->d_name, "flintlock") == 0 ||
		    strlen(e->d_name) >= sizeof(f.name) || db->n_files == MAX_FILES)
			continue;
		memcpy(f.name, e->d_name, strlen(e->d_name) + 1);
		st = sum_file(hy_strf(ctx, "%s/%s", path, f.name), &f.size, &f.sum, err);
		db->files = hy_grow(m, db->files, struct hy_file_sum, db->n_files + 1);
		db->files[db->n_files++] = f;
	}
	db->closed = true;
	closedir(d);
out:
	talloc_free(ctx);
	return st;
}

enum hy_status hy_manifest_compare(const struct hy_mdb *db, const char *dir, struct hy_buf *report,
				   struct hy_err *err)
{
	void *ctx = talloc_new(NULL);
	enum hy_status st = HY_OK;
	for (size_t i = 0; i < db->n_files && st == HY_OK; i++) {
		const struct hy_file_sum *f = &db->files[i];
		char *path = hy_strf(ctx, "%s/index/%s/%s", dir, db->name, f->name);
		int64_t size = 0;
		uint64_t sum = 0;
		st = sum_file(path, &size, &sum, err);
		if (st == HY_ENOTFOUND) {
			hy_buf_fmt(report, _("%s/%s: missing\n"), db->name, f->name);
			st = HY_OK;
		} else if (st == HY_OK && size != f->size) {
			hy_buf_fmt(report, _("%s/%s: %" PRId64 " bytes, should be %" PRId64 "\n"),
				   db->name, f->name, size, f->size);
		} else if (st == HY_OK && sum != f->sum) {
			hy_buf_fmt(report, _("%s/%s: its content was changed\n"), db->name,
				   f->name);
		}
	}
	talloc_free(ctx);
	return st;
}

int64_t hy_index_bytes(const char *dir, const char *name)
{
	int64_t bytes = 0;
	struct stat sb;
	char *path = hy_index_path(NULL, dir, name);
	DIR *d = opendir(path);
	for (struct dirent *e = d ? readdir(d) : NULL; e != NULL; e = readdir(d))
		if (fstatat(dirfd(d), e->d_name, &sb, 0) == 0 && S_ISREG(sb.st_mode))
			bytes += (int64_t)sb.st_size;
	if (d != NULL)
		closedir(d);
	talloc_free(path);
	return bytes;
}

/* ---- what is left over ---- */

static void remove_folder(const char *path)
{
	DIR *d = opendir(path);
	if (d == NULL)
		return;
	for (struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			(void)unlinkat(dirfd(d), e->d_name, 0); /* what stays is found next time */
	}
	closedir(d);
	(void)rmdir(path);
}

void hy_manifest_remove(const char *dir, const char *name)
{
	char *path = hy_index_path(NULL, dir, name);
	remove_folder(path);
	talloc_free(path);
}

static int generation_of(const char *name)
{
	const char *dot = strstr(name, ".g");
	int g = 1;
	if (dot != NULL && sscanf(dot, ".g%d", &g) != 1)
		g = 0;
	return g;
}

int hy_manifest_top_generation(const char *dir)
{
	int top = 0;
	char *path = hy_index_path(NULL, dir, NULL);
	DIR *d = opendir(path);
	for (struct dirent *e = d ? readdir(d) : NULL; e != NULL; e = readdir(d)) {
		if (e->d_name[0] >= '0' && e->d_name[0] <= '9' && generation_of(e->d_name) > top)
			top = generation_of(e->d_name);
	}
	if (d != NULL)
		closedir(d);
	struct hy_manifest *m = NULL;
	if (hy_manifest_read(&m, path, dir, NULL) == HY_OK && m->generation > top)
		top = m->generation;
	talloc_free(path);
	return top;
}

enum hy_status hy_manifest_sweep(const struct hy_manifest *m, const char *dir, bool keep_rebuild,
				 const char *keep, struct hy_err *err)
{
	char *top = hy_index_path(NULL, dir, NULL);
	DIR *d = opendir(top);
	if (d == NULL) {
		enum hy_status st = hy_err_set(err, HY_ESYSTEM, "%s: %s", top, hy_strerror(errno));
		talloc_free(top);
		return st;
	}
	for (struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
		bool named = e->d_name[0] < '0' || e->d_name[0] > '9'; /* a lock, the manifest */
		for (size_t i = 0; i < m->n && !named; i++)
			named = strcmp(m->dbs[i].name, e->d_name) == 0;
		if (named || (keep_rebuild && generation_of(e->d_name) > m->generation) ||
		    (keep != NULL && strncmp(e->d_name, keep, strlen(keep)) == 0))
			continue;
		char *path = hy_strf(top, "%s/%s", top, e->d_name);
		remove_folder(path);
	}
	closedir(d);
	talloc_free(top);
	return HY_OK;
}

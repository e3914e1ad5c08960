/*
 * One backup file: magic, salt, stream header, then sealed chunks (secretstream) of up to 64 KiB.
 * Inside runs a sequence of entries: u16 length of the name, u64 length of the bytes, name, bytes;
 * big-endian. The stream's key comes from the recovery phrase, so the master key may travel in it.
 * A cut or altered file fails, since the last chunk is marked.
 */
#include "desk/answering.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC "huying backup 1\n"
#define CHUNK 65536

/* ---- writing ---- */

struct out {
	int fd;
	struct hy_stream *stream;
	uint8_t plain[CHUNK];
	size_t n;
	bool failed;
};

static void put_raw(struct out *o, const void *bytes, size_t n)
{
	const char *at = bytes;

	while (n && !o->failed) {
		ssize_t put = write(o->fd, at, n);
		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0) {
			o->failed = true;
			return;
		}
		at += put;
		n -= (size_t)put;
	}
}

/* Each sealed chunk is preceded by its length, so that a reader knows where the last one ends. */
static void flush_chunk(struct out *o, bool final)
{
	uint8_t sealed[CHUNK + HY_STREAM_OVERHEAD], length[4];
	size_t n = o->n + HY_STREAM_OVERHEAD;

	hy_stream_seal(o->stream, o->plain, o->n, final, sealed);
	length[0] = (uint8_t)(n >> 24);
	length[1] = (uint8_t)(n >> 16);
	length[2] = (uint8_t)(n >> 8);
	length[3] = (uint8_t)n;
	put_raw(o, length, 4);
	put_raw(o, sealed, n);
	o->n = 0;
}

static void put(struct out *o, const void *bytes, size_t n)
{
	const uint8_t *at = bytes;

	while (n) {
		size_t part = CHUNK - o->n < n ? CHUNK - o->n : n;
		memcpy(o->plain + o->n, at, part);
		o->n += part;
		at += part;
		n -= part;
		if (o->n == CHUNK)
			flush_chunk(o, false);
	}
}

static void put_number(struct out *o, uint64_t v, int bytes)
{
	uint8_t b[8];

	for (int i = 0; i < bytes; i++)
		b[i] = (uint8_t)(v >> (8 * (bytes - 1 - i)));
	put(o, b, (size_t)bytes);
}

static enum hy_status put_file(struct out *o, const char *path, const char *name,
			       struct hy_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	uint8_t bytes[CHUNK];
	uint64_t left = 0;

	if (fd < 0 || fstat(fd, &st)) {
		if (fd >= 0)
			close(fd);
		return hy_err_set(err, HY_ESYSTEM, _("%s cannot be read: %s"), path,
				  hy_strerror(errno));
	}
	left = (uint64_t)st.st_size;
	put_number(o, strlen(name), 2);
	put_number(o, left, 8);
	put(o, name, strlen(name));
	while (left) {
		ssize_t got = read(fd, bytes, left < CHUNK ? left : CHUNK);
		if (got <= 0)
			break;
		put(o, bytes, (size_t)got);
		left -= (uint64_t)got;
	}
	close(fd);
	return left ? hy_err_set(err, HY_ESYSTEM, _("%s changed while it was read"), path) : HY_OK;
}

static enum hy_status put_media(struct hy_desk *desk, const void *ctx, struct out *o,
				struct hy_err *err)
{
	char *dir = desk_file(desk, ctx, "media");
	DIR *d = opendir(dir);
	enum hy_status status = HY_OK;

	if (!d)
		return HY_OK;
	for (struct dirent *e; !status && (e = readdir(d));)
		if (e->d_name[0] != '.')
			status = put_file(o, hy_strf(ctx, "%s/%s", dir, e->d_name),
					  hy_strf(ctx, "media/%s", e->d_name), err);
	closedir(d);
	return status;
}

static enum hy_status backup_key(struct hy_desk *desk, uint8_t salt[16], uint8_t key[HY_KEY_LEN],
				 struct hy_err *err)
{
	uint8_t *bytes = NULL;
	size_t n = 0;
	enum hy_status status = hy_meta_get_sealed(desk->st, desk, "backup.key", &bytes, &n, err);

	if (!status && n != 16 + HY_KEY_LEN)
		status = hy_err_set(err, HY_ECORRUPT, _("the record holds no backup key"));
	if (!status) {
		memcpy(salt, bytes, 16);
		memcpy(key, bytes + 16, HY_KEY_LEN);
	}
	talloc_free(bytes);
	return status;
}

static enum hy_status write_all(struct hy_desk *desk, const void *ctx, struct out *o,
				const char *copy, struct hy_err *err)
{
	enum hy_status status = put_file(o, copy, "huying.db", err);

	if (!status)
		status = put_file(o, desk_file(desk, ctx, "huying.conf"), "huying.conf", err);
	if (!status)
		status = put_file(o, desk_file(desk, ctx, "keys/master.key"), "keys/master.key",
				  err);
	if (!status)
		status = put_media(desk, ctx, o, err);
	if (status)
		return status;
	flush_chunk(o, true);
	if (o->failed || fsync(o->fd))
		return hy_err_set(err, HY_ENOSPACE, _("the backup cannot be written: %s"),
				  hy_strerror(errno));
	return HY_OK;
}

enum hy_status hy_desk_backup(struct hy_desk *desk, const char *path, struct hy_err *err)
{
	void *ctx = talloc_new(desk);
	struct out *o = hy_new(ctx, struct out);
	uint8_t salt[16], key[HY_KEY_LEN], header[24];
	char *part = hy_strf(ctx, "%s.part", path), *copy = hy_strf(ctx, "%s.record", path);
	enum hy_status status = backup_key(desk, salt, key, err);

	o->fd = -1;
	if (!status && !access(path, F_OK))
		status = hy_err_set(err, HY_EEXISTS, _("%s is there already: give another name"),
				    path);
	if (!status)
		status = hy_store_backup(desk->st, copy, err);
	if (!status) {
		o->fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		if (o->fd < 0)
			status = hy_err_set(err, HY_ENOSPACE, _("%s cannot be made: %s"), part,
					    hy_strerror(errno));
	}
	if (!status) {
		o->stream = hy_stream_seal_new(ctx, key, header);
		put_raw(o, MAGIC, sizeof(MAGIC) - 1);
		put_raw(o, salt, sizeof(salt));
		put_raw(o, header, sizeof(header));
		status = write_all(desk, ctx, o, copy, err);
	}
	if (o->fd >= 0)
		close(o->fd);
	if (!status && rename(part, path))
		status = hy_err_set(err, HY_ESYSTEM, "%s: %s", path, hy_strerror(errno));
	if (status)
		unlink(part);
	unlink(copy);
	explicit_bzero(key, sizeof(key));
	explicit_bzero(o->plain, sizeof(o->plain));
	talloc_free(ctx);
	return status;
}

/* ---- reading ---- */

struct in {
	int fd;
	struct hy_stream *stream;
	uint8_t plain[CHUNK];
	size_t n, at;
	bool final;
};

static bool get_raw(int fd, void *bytes, size_t n)
{
	char *at = bytes;

	while (n) {
		ssize_t got = read(fd, at, n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		at += got;
		n -= (size_t)got;
	}
	return true;
}

static enum hy_status next_chunk(struct in *i, struct hy_err *err)
{
	uint8_t length[4], sealed[CHUNK + HY_STREAM_OVERHEAD];
	size_t n = 0;

	if (i->final)
		return hy_err_set(err, HY_ECORRUPT, _("the backup ends too early"));
	if (!get_raw(i->fd, length, 4))
		return hy_err_set(err, HY_ECORRUPT, _("the backup is cut short"));
	n = (size_t)length[0] << 24 | (size_t)length[1] << 16 | (size_t)length[2] << 8 | length[3];
	if (n < HY_STREAM_OVERHEAD || n > sizeof(sealed) || !get_raw(i->fd, sealed, n))
		return hy_err_set(err, HY_ECORRUPT, _("the backup is cut short or altered"));
	if (hy_stream_open(i->stream, sealed, n, i->plain, &i->final, NULL))
		return hy_err_set(err, HY_EAUTH,
				  _("the recovery phrase is wrong, or the backup was altered"));
	i->n = n - HY_STREAM_OVERHEAD;
	i->at = 0;
	return HY_OK;
}

static enum hy_status get(struct in *i, void *bytes, size_t n, struct hy_err *err)
{
	uint8_t *at = bytes;
	enum hy_status status = HY_OK;

	while (n && !status) {
		size_t part = i->n - i->at < n ? i->n - i->at : n;
		memcpy(at, i->plain + i->at, part);
		i->at += part;
		at += part;
		n -= part;
		if (n)
			status = next_chunk(i, err);
	}
	return status;
}

static bool at_end(struct in *i)
{
	return i->final && i->at == i->n;
}

static uint64_t number(const uint8_t *b, int bytes)
{
	uint64_t v = 0;

	for (int i = 0; i < bytes; i++)
		v = v << 8 | b[i];
	return v;
}

/* Only names that a backup of ours can hold: nothing leaves the folder. */
static bool fine_name(const char *name)
{
	if (!strcmp(name, "huying.db") || !strcmp(name, "huying.conf") ||
	    !strcmp(name, "keys/master.key"))
		return true;
	return !strncmp(name, "media/", 6) && strlen(name) == 6 + 64 &&
	       strspn(name + 6, "0123456789abcdef") == 64;
}

static enum hy_status get_entry(struct in *i, const void *ctx,
				const char *dir /* NULL: only count */, char **report,
				struct hy_err *err)
{
	uint8_t head[10], bytes[CHUNK];
	char name[256] = "";
	uint64_t left = 0;
	int fd = -1;
	enum hy_status status = get(i, head, sizeof(head), err);
	size_t n = status ? 0 : (size_t)number(head, 2);

	if (status)
		return status;
	left = number(head + 2, 8);
	if (n >= sizeof(name))
		return hy_err_set(err, HY_ECORRUPT, _("the backup holds a name that is too long"));
	status = get(i, name, n, err);
	if (!status && !fine_name(name))
		status = hy_err_set(err, HY_ECORRUPT,
				    _("the backup holds a file that is none of ours"));
	if (!status && dir) {
		fd = open(hy_strf(ctx, "%s/%s", dir, name), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
			  0600);
		if (fd < 0)
			status = hy_err_set(err, HY_ESYSTEM, "%s/%s: %s", dir, name,
					    hy_strerror(errno));
	}
	*report = hy_strf(ctx, "%s%s %" PRIu64 "\n", *report, name, left);
	while (!status && left) {
		size_t part = left < CHUNK ? (size_t)left : CHUNK;
		status = get(i, bytes, part, err);
		if (!status && fd >= 0 && write(fd, bytes, part) != (ssize_t)part)
			status = hy_err_set(err, HY_ENOSPACE, "%s/%s: %s", dir, name,
					    hy_strerror(errno));
		left -= part;
	}
	if (fd >= 0 && (fsync(fd) | close(fd)) && !status)
		status = hy_err_set(err, HY_ENOSPACE, "%s/%s: %s", dir, name, hy_strerror(errno));
	return status;
}

static enum hy_status read_backup(const void *ctx, const char *path, const char *dir,
				  const struct hy_secret *phrase, char **report, struct hy_err *err)
{
	struct in *i = hy_new(ctx, struct in);
	char magic[sizeof(MAGIC) - 1];
	uint8_t salt[16], header[24], key[HY_KEY_LEN];
	enum hy_status status = HY_OK;

	*report = hy_strdup(ctx, "");
	i->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (i->fd < 0)
		return hy_err_set(err, HY_ENOTFOUND, "%s: %s", path, hy_strerror(errno));
	if (!get_raw(i->fd, magic, sizeof(magic)) || memcmp(magic, MAGIC, sizeof(magic)) ||
	    !get_raw(i->fd, salt, sizeof(salt)) || !get_raw(i->fd, header, sizeof(header)))
		status = hy_err_set(err, HY_ECORRUPT, _("%s is no backup of huying"), path);
	if (!status)
		status = hy_key_from_phrase(hy_secret_text(phrase, NULL), salt, key, err);
	if (!status) {
		i->stream = hy_stream_open_new(ctx, key, header, err);
		status = i->stream ? next_chunk(i, err) : HY_ECORRUPT;
	}
	while (!status && !at_end(i))
		status = i->at == i->n ? next_chunk(i, err) : get_entry(i, ctx, dir, report, err);
	close(i->fd);
	explicit_bzero(key, sizeof(key));
	explicit_bzero(i->plain, sizeof(i->plain));
	return status;
}

enum hy_status hy_desk_backup_verify(const void *ctx, const char *path,
				     const struct hy_secret *phrase, char **report,
				     struct hy_err *err)
{
	return read_backup(ctx, path, NULL, phrase, report, err);
}

enum hy_status hy_desk_restore(const char *path, const char *dir, const struct hy_secret *phrase,
			       struct hy_err *err)
{
	static const char *const inside[] = {"keys", "run", "media", "site"};
	void *ctx = talloc_new(NULL);
	char *report = NULL;
	struct hy_desk *desk = NULL;
	enum hy_status status = HY_OK;

	if (!access(hy_strf(ctx, "%s/huying.db", dir), F_OK))
		status = hy_err_set(err, HY_EEXISTS,
				    _("%s holds a record already: restore into an empty folder"),
				    dir);
	if (!status)
		status = read_backup(ctx, path, NULL, phrase, &report,
				     err); /* whole, before anything is written */
	if (!status && mkdir(dir, 0711) && errno != EEXIST)
		status = hy_err_set(err, HY_ENOSPACE, "%s: %s", dir, hy_strerror(errno));
	for (size_t i = 0; i < HY_LEN(inside) && !status; i++)
		if (mkdir(hy_strf(ctx, "%s/%s", dir, inside[i]), 0700) && errno != EEXIST)
			status = hy_err_set(err, HY_ENOSPACE, "%s/%s: %s", dir, inside[i],
					    hy_strerror(errno));
	if (!status)
		status = read_backup(ctx, path, dir, phrase, &report, err);
	if (!status)
		status = hy_desk_open(&desk, ctx, dir, HY_DESK_MIGRATE, err);
	/* the platforms may know more than this record: nothing is sent until a person has looked
	 * (R17) */
	if (!status)
		status = hy_meta_set(desk->st, "publish.frozen", "restored", err);
	if (!status)
		status = desk_answers_restored(desk, err);
	talloc_free(ctx);
	return status;
}

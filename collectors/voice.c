/*
 * Voices: an author is a keyed hash that is worth nothing once its week's key is gone. The key file
 * is the only copy; beside it an empty .made file tells a lost key from one not needed before.
 */
#include "collectors/collect.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define VOICE_PREFIX "voice-"
#define MADE_SUFFIX ".made"

static bool week_ok(const char *week)
{
	return strlen(week) == 7 && strspn(week, "0123456789") == 4 && week[4] == 'W' &&
	       strspn(week + 5, "0123456789") == 2;
}

static bool write_all(int fd, const void *bytes, size_t n)
{
	const char *p = bytes;

	while (n) {
		ssize_t k = write(fd, p, n);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return false;
		p += k;
		n -= (size_t)k;
	}
	return true;
}

/* A new file at dir_fd/name, on disk when this returns. HY_EEXISTS when it is there. */
static enum hy_status make_file(int dir_fd, const char *name, const void *bytes, size_t n,
				struct hy_err *err)
{
	int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool good;

	if (fd < 0 && errno == EEXIST)
		return hy_err_set(err, HY_EEXISTS, "%s is there already", name);
	if (fd < 0)
		return hy_err_set(err, errno == ENOSPC || errno == EROFS ? HY_ENOSPACE : HY_ESYSTEM,
				  "cannot make %s: %s", name, hy_strerror(errno));
	good = write_all(fd, bytes, n) && fsync(fd) == 0;
	if (close(fd) != 0 || !good || fsync(dir_fd) != 0) {
		int e = errno;

		(void)unlinkat(dir_fd, name, 0); /* half a key is none */
		return hy_err_set(err, e == ENOSPC ? HY_ENOSPACE : HY_ESYSTEM,
				  "cannot write %s: %s", name, hy_strerror(e));
	}
	return HY_OK;
}

static enum hy_status read_key(int dir_fd, const char *name, uint8_t key[HY_KEY_LEN],
			       struct hy_err *err)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	uint8_t buf[HY_KEY_LEN + 1];
	struct stat sb;
	ssize_t n;

	if (fd < 0)
		return hy_err_set(err, errno == ENOENT ? HY_ENOTFOUND : HY_ESYSTEM,
				  "cannot read %s: %s", name, hy_strerror(errno));
	n = read(fd, buf, sizeof(buf));
	if (n != HY_KEY_LEN || fstat(fd, &sb) != 0 || !S_ISREG(sb.st_mode)) {
		close(fd);
		return hy_err_set(err, HY_ECORRUPT,
				  "%s is not a key of %d bytes: remove it and a new period starts",
				  name, HY_KEY_LEN);
	}
	if (sb.st_mode & 077)
		(void)fchmod(fd,
			     0600); /* ours to mend; where it fails the folder still guards it */
	close(fd);
	memcpy(key, buf, HY_KEY_LEN);
	explicit_bzero(buf, sizeof(buf));
	return HY_OK;
}

enum hy_status hy_voice_key(const char *keys_dir, const char *week, hy_time ends, hy_time now,
			    uint8_t key[HY_KEY_LEN], enum hy_voice_key_state *state,
			    struct hy_err *err)
{
	char name[32], made[48];
	enum hy_status st;
	int dir_fd;

	if (!week_ok(week))
		return hy_err_set(err, HY_EINPUT, "%s is no ISO week such as 2026W47", week);
	if (now >= ends)
		return hy_err_set(err, HY_ECONFLICT, "week %s is over: its key is not made again",
				  week);
	(void)snprintf(name, sizeof(name), VOICE_PREFIX "%s", week);
	(void)snprintf(made, sizeof(made), "%s" MADE_SUFFIX, name);
	dir_fd = open(keys_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd < 0)
		return hy_err_set(err, HY_ESYSTEM, "cannot open %s: %s", keys_dir, hy_strerror(errno));
	st = read_key(dir_fd, name, key, err);
	*state = HY_VOICE_KEY_FOUND;
	if (st == HY_ENOTFOUND) {
		*state = faccessat(dir_fd, made, F_OK, 0) == 0 ? HY_VOICE_KEY_LOST
							       : HY_VOICE_KEY_MADE;
		hy_random_bytes(key, HY_KEY_LEN);
		st = make_file(dir_fd, name, key, HY_KEY_LEN, err);
		if (st == HY_EEXISTS) { /* another process was first: its key it is */
			st = read_key(dir_fd, name, key, err);
			*state = HY_VOICE_KEY_FOUND;
		} else if (st == HY_OK && *state == HY_VOICE_KEY_MADE) {
			st = make_file(dir_fd, made, "", 0, err);
			if (st == HY_EEXISTS)
				st = HY_OK;
		}
	}
	close(dir_fd);
	return st;
}

/* Random bytes over the key, to disk, then the name goes. */
static bool destroy(int dir_fd, const char *name)
{
	int fd = openat(dir_fd, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	uint8_t noise[HY_KEY_LEN];
	bool good = true;

	if (fd >= 0) {
		hy_random_bytes(noise, sizeof(noise));
		good = write_all(fd, noise, sizeof(noise)) && fsync(fd) == 0;
		close(fd);
	}
	return unlinkat(dir_fd, name, 0) == 0 && good;
}

enum hy_status hy_voice_keys_sweep(const char *keys_dir, const char *current_week, int *n,
				   struct hy_err *err)
{
	DIR *dir = opendir(keys_dir);
	struct dirent *de;
	char keep[32];
	bool failed = false;
	int gone = 0;

	if (!dir)
		return hy_err_set(err, HY_ESYSTEM, "cannot open %s: %s", keys_dir, hy_strerror(errno));
	(void)snprintf(keep, sizeof(keep), VOICE_PREFIX "%s", current_week);
	while ((de = readdir(dir))) {
		bool marker = strlen(de->d_name) > 5 &&
			      strcmp(de->d_name + strlen(de->d_name) - 5, MADE_SUFFIX) == 0;

		if (strncmp(de->d_name, VOICE_PREFIX, strlen(VOICE_PREFIX)) != 0 ||
		    strncmp(de->d_name, keep, strlen(keep)) == 0)
			continue;
		if (marker)
			failed = unlinkat(dirfd(dir), de->d_name, 0) != 0 || failed;
		else if (destroy(dirfd(dir), de->d_name))
			gone++;
		else
			failed = true;
	}
	if (gone && fsync(dirfd(dir)) != 0)
		failed = true;
	closedir(dir);
	if (n)
		*n = gone;
	if (failed)
		return hy_err_set(err, HY_ESYSTEM,
				  "a voice key in %s could not be destroyed: remove voice-* of "
				  "past weeks by hand",
				  keys_dir);
	return HY_OK;
}

void hy_voice_of(const uint8_t key[HY_KEY_LEN], const char *platform, const char *id,
		 uint8_t out[HY_VOICE_LEN])
{
	uint8_t mac[64];
	char *text;

	memset(out, 0, HY_VOICE_LEN);
	if (!id || !*id)
		return;
	text = hy_strf(NULL, "%s|%s", platform, id);
	if (hy_hmac("sha256", key, HY_KEY_LEN, text, strlen(text), mac) == HY_SHA256_LEN)
		memcpy(out, mac, HY_VOICE_LEN);
	explicit_bzero(text, strlen(text));
	talloc_free(text);
}

enum hy_status hy_item_seal_url(const void *ctx, const uint8_t master[HY_KEY_LEN],
				const uint8_t native[HY_HASH_LEN], const char *url,
				const void **out, size_t *n_out, struct hy_err *err)
{
	char *hex, *aad;
	uint8_t *sealed;
	enum hy_status st;

	*out = NULL;
	*n_out = 0;
	if (!url || !*url)
		return HY_OK;
	hex = hy_hex(ctx, native, HY_HASH_LEN);
	aad = hy_strf(hex, "item|%s|url", hex);
	st = hy_seal(ctx, master, aad, url, strlen(url), &sealed, n_out, err);
	talloc_free(hex);
	if (st == HY_OK)
		*out = sealed;
	return st;
}

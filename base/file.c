/*
 * Whole files. Writing is: a new file beside, fsync, rename, fsync of the folder; a reader or a
 * power cut sees the old bytes or the new, never a mixture.
 */
#include "config.h"
#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_STEP 65536

static enum hy_status file_error(struct hy_err *err, const char *path, const char *what, int code)
{
	enum hy_status status = HY_ESYSTEM;

	if (code == ENOENT || code == ENOTDIR)
		status = HY_ENOTFOUND;
	else if (code == ENOSPC || code == EDQUOT || code == EROFS)
		status = HY_ENOSPACE;
	else if (code == EISDIR)
		status = HY_EINPUT;
	return hy_err_set(err, status, "%s: %s: %s", path, what, hy_strerror(code));
}

/* Reads fd to its end into a buffer with a ceiling of max_bytes; one byte more tells "too large".
 */
static enum hy_status read_all(const void *ctx, int fd, const char *path, size_t max_bytes,
			       char **out, size_t *n_out, struct hy_err *err)
{
	struct stat st;
	size_t cap = READ_STEP, len = 0;
	char *data;

	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0) {
		if ((uint64_t)st.st_size > max_bytes)
			return hy_err_set(err, HY_EINPUT, "%s: larger than %zu bytes", path,
					  max_bytes);
		cap = (size_t)st.st_size + 2;
	}
	data = hy_new_array(ctx, char, cap);
	for (;;) {
		ssize_t got = read(fd, data + len, cap - len - 1);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			int code = errno;

			talloc_free(data);
			return file_error(err, path, _("cannot read"), code);
		}
		if (got == 0)
			break;
		len += (size_t)got;
		if (len > max_bytes) {
			talloc_free(data);
			return hy_err_set(err, HY_EINPUT, "%s: larger than %zu bytes", path,
					  max_bytes);
		}
		if (cap - len < 2) {
			cap *= 2;
			data = hy_grow(ctx, data, char, cap);
		}
	}
	data[len] = '\0';
	*out = data;
	if (n_out)
		*n_out = len;
	return HY_OK;
}

enum hy_status hy_file_read(const void *ctx, const char *path, size_t max_bytes, char **out,
			    size_t *n_out, struct hy_err *err)
{
	enum hy_status status;
	int fd;

	if (strcmp(path, "-") == 0)
		return read_all(ctx, STDIN_FILENO, "stdin", max_bytes, out, n_out, err);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return file_error(err, path, _("cannot open"), errno);
	status = read_all(ctx, fd, path, max_bytes, out, n_out, err);
	(void)close(fd); /* read only: nothing can be lost */
	return status;
}

/* Opens a new file "PATH.new-HEX" beside path; its name goes to *name_out. -1 with errno set. */
static int open_beside(const void *ctx, const char *path, unsigned mode, char **name_out)
{
	for (int tries = 0; tries < 100; tries++) {
		uint64_t salt;
		int fd;

		if (getrandom(&salt, sizeof(salt), 0) != (ssize_t)sizeof(salt))
			return -1;
		*name_out = hy_strf(ctx, "%s.new-%016" PRIx64, path, salt);
		fd = open(*name_out, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
		if (fd >= 0 || errno != EEXIST)
			return fd;
	}
	errno = EEXIST;
	return -1;
}

static int write_all(int fd, const char *bytes, size_t n)
{
	while (n > 0) {
		ssize_t put = write(fd, bytes, n);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -1;
		bytes += put;
		n -= (size_t)put;
	}
	return 0;
}

/* Makes the rename last. A file system that cannot sync folders says EINVAL: nothing to be done. */
static int sync_folder_of(const void *ctx, const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash ? hy_strndup(ctx, path, slash == path ? 1 : (size_t)(slash - path))
			     : hy_strdup(ctx, ".");
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc, code;

	if (fd < 0)
		return -1;
	rc = fsync(fd);
	code = errno;
	(void)close(fd); /* the fsync before it told all there is to tell */
	errno = code;
	return rc < 0 && code != EINVAL ? -1 : 0;
}

enum hy_status hy_file_write(const char *path, const void *bytes, size_t n, unsigned mode,
			     struct hy_err *err)
{
	void *work = talloc_new(NULL);
	enum hy_status status = HY_OK;
	char *beside = NULL;
	int fd, code;

	if (!work)
		hy_mem_die();
	fd = open_beside(work, path, mode, &beside);
	if (fd < 0) {
		status = file_error(err, path, _("cannot create a file beside it"), errno);
		goto out;
	}
	code = write_all(fd, bytes, n) < 0 || fsync(fd) < 0 ? errno : 0;
	if (close(fd) < 0 && code == 0)
		code = errno;
	if (code == 0 && rename(beside, path) < 0)
		code = errno;
	if (code != 0) {
		(void)unlink(beside); /* a leftover is harmless */
		status = file_error(err, path, _("cannot write"), code);
		goto out;
	}
	if (sync_folder_of(work, path) < 0)
		status = file_error(err, path, _("written, but its folder cannot be synced"), errno);
out:
	talloc_free(work);
	return status;
}

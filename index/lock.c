/* One writer an index: flock on a file that also says who. The kernel drops the lock with the
 * process, so a file left behind locks nothing. */
#include "config.h"

#include "index/layout.h"

#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

struct hy_index_lock {
	int fd;
};

static int unlock(struct hy_index_lock *l)
{
	return close(l->fd);
}

enum hy_status hy_index_lock_take(struct hy_index_lock **out, const void *ctx, const char *dir,
				  const char *name, struct hy_err *err)
{
	enum hy_status st = HY_OK;
	char *path = hy_strf(NULL, "%s/index/%s.lock", dir, name), who[32] = "?";
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0) {
		bool full = errno == ENOSPC || errno == EROFS || errno == EDQUOT;
		st = hy_err_set(err, full ? HY_ENOSPACE : HY_ESYSTEM, "%s: %s", path,
				hy_strerror(errno));
		goto out;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		ssize_t n = pread(fd, who, sizeof(who) - 1, 0);
		who[n > 0 ? n : 0] = '\0';
		st = hy_err_set(err, HY_EBUSY,
				_("%s: process %s is writing the index; stop it (huying serve) or "
				  "let it do the work"),
				path, who);
		close(fd);
		goto out;
	}
	/* Only for the message above: that it may fail is no matter */
	int n = snprintf(who, sizeof(who), "%ld", (long)getpid());
	if (ftruncate(fd, 0) != 0 || pwrite(fd, who, (size_t)n, 0) != n)
		who[0] = '\0';
	struct hy_index_lock *l = hy_new(ctx, struct hy_index_lock);
	l->fd = fd;
	talloc_set_destructor(l, unlock);
	*out = l;
out:
	talloc_free(path);
	return st;
}

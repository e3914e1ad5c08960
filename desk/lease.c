/*
 * A role's lease, and the lock file beside it. The lease alone would make a restart after a kill
 * wait until it runs out; the lock is let go by the system when its process ends, so whoever gets
 * it knows that the holder on this machine is dead.
 */
#include "desk/internal.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static struct desk_lock *lock_of(struct hy_desk *desk, const char *name)
{
	for (size_t i = 0; i < HY_LEN(desk->locks); i++)
		if (desk->locks[i].name && !strcmp(desk->locks[i].name, name))
			return &desk->locks[i];
	for (size_t i = 0; i < HY_LEN(desk->locks); i++)
		if (!desk->locks[i].name) {
			desk->locks[i] = (struct desk_lock){.name = name, .fd = -1};
			return &desk->locks[i];
		}
	HY_BUG("more leases than roles");
}

/* True when the lock was got just now: nobody alive on this machine holds the lease. */
static bool lock_now(struct hy_desk *desk, const char *name)
{
	struct desk_lock *lock = lock_of(desk, name);
	char *path = NULL;

	if (lock->fd >= 0)
		return false;
	path = hy_strf(NULL, "%s/run/%s.lock", desk->dir, name);
	lock->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	talloc_free(path);
	if (lock->fd >= 0 && flock(lock->fd, LOCK_EX | LOCK_NB)) {
		close(lock->fd);
		lock->fd = -1;
	}
	return lock->fd >= 0;
}

enum hy_status desk_lease_take(struct hy_desk *desk, const char *name, hy_dur ttl,
			       struct hy_lease *out, struct hy_err *err)
{
	enum hy_status status = HY_OK;

	if (lock_now(desk, name))
		status = hy_lease_break(desk->st, name, err);
	if (!status)
		status = hy_lease_take(desk->st, name, desk->owner, ttl, out, err);
	if (status == HY_EBUSY)
		desk_unlock(desk, name);
	return status;
}

void desk_unlock(struct hy_desk *desk, const char *name)
{
	struct desk_lock *lock = lock_of(desk, name);

	if (lock->fd >= 0)
		close(lock->fd);
	lock->name = NULL;
	lock->fd = -1;
}

void desk_lease_release(struct hy_desk *desk, const char *name)
{
	(void)hy_lease_release(desk->st, name, desk->owner, NULL); /* else it runs out by itself */
	desk_unlock(desk, name);
}

bool hy_desk_role_held(const char *dir, const char *role)
{
	char *path = hy_strf(NULL, "%s/run/%s.lock", dir, role);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool held = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0;

	if (fd >= 0)
		close(fd);
	talloc_free(path);
	return held;
}

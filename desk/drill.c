/*
 * Drill folders and the live desk, kept apart. A folder is one or the other from its setup on, said in
 * the record and by a file beside it; a process says which it means (--drill); where the two differ
 * nothing is opened. In a drill no account, source or connection leads off this machine, so that there
 * is no live token to be loaded.
 */
#include "desk/internal.h"

#include "net/net.h"

#include <stdatomic.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define MARKER "DRILL"

static atomic_bool wanted;

void hy_desk_drill_want(void)
{
	atomic_store(&wanted, true);
	hy_net_loopback_only();
}

bool hy_desk_drill_wanted(void)
{
	return atomic_load(&wanted);
}

bool hy_desk_is_drill(struct hy_desk *desk)
{
	return desk->drill;
}

static enum hy_status refuse(const char *dir, bool drill, struct hy_err *err)
{
	if (drill)
		return hy_err_set(err, HY_EREFUSED,
				  _("%s is a drill folder, not the live desk: say --drill to work "
				    "in the drill"),
				  dir);
	return hy_err_set(err, HY_EREFUSED,
			  _("%s is the LIVE desk, not a drill: without --drill everything here "
			    "is real"),
			  dir);
}

enum hy_status hy_desk_drill_gate(const char *dir, struct hy_err *err)
{
	void *work = talloc_new(NULL);
	bool drill = !access(hy_strf(work, "%s/" MARKER, dir), F_OK);
	bool there = !access(hy_strf(work, "%s/huying.db", dir), F_OK);

	talloc_free(work);
	return there && drill != hy_desk_drill_wanted() ? refuse(dir, drill, err) : HY_OK;
}

/* Only what is reached on this very machine may stand in a drill. */
static bool on_loopback(const char *reach)
{
	return reach && (!strncmp(reach, "127.0.0.1:", 10) || !strncmp(reach, "[::1]:", 6));
}

enum hy_status desk_drill_reach(struct hy_desk *desk, const char *what, const char *url,
				const char *reach, struct hy_err *err)
{
	if (!desk->drill || !url || !*url || on_loopback(reach))
		return HY_OK;
	return hy_err_set(err, HY_EREFUSED,
			  _("%s: a drill reaches the practice platforms only: give --reach "
			    "127.0.0.1:PORT of huying drill"),
			  what);
}

enum hy_status desk_drill_secret(struct hy_desk *desk, const char *what, const char *reach,
				 struct hy_err *err)
{
	if (!desk->drill || on_loopback(reach))
		return HY_OK;
	return hy_err_set(err, HY_EREFUSED,
			  _("%s: a drill takes no secret of a live account: give --reach "
			    "127.0.0.1:PORT of huying drill"),
			  what);
}

static enum hy_status no_live_token(struct hy_desk *desk, struct hy_err *err)
{
	void *work = talloc_new(desk);
	struct hy_account *list = NULL;
	size_t n = 0;
	enum hy_status status = hy_account_list(desk->st, work, &list, &n, err);

	for (size_t i = 0; i < n && !status; i++)
		if (list[i].has_secret && !on_loopback(list[i].reach))
			status = hy_err_set(err, HY_EREFUSED,
					    _("%s holds the token of the live account \"%s\": a "
					      "drill is set up anew, never from a copy of the desk"),
					    desk->dir, list[i].name);
	talloc_free(work);
	return status;
}

enum hy_status desk_drill_open(struct hy_desk *desk, struct hy_err *err)
{
	char *mode = NULL, *path = desk_file(desk, desk, MARKER);
	bool marked = !access(path, F_OK);
	enum hy_status status = hy_meta_get(desk->st, desk, "mode", &mode, err);

	if (status)
		return status;
	desk->drill = mode && !strcmp(mode, "drill");
	if (desk->drill != marked)
		return hy_err_set(err, HY_EREFUSED,
				  desk->drill ? _("%s: the record is that of a drill, but the file "
						  "DRILL beside it is missing: nothing is opened")
					      : _("%s: the file DRILL is there, but the record is "
						  "that of the live desk: nothing is opened"),
				  desk->dir);
	if (desk->drill != hy_desk_drill_wanted())
		return refuse(desk->dir, desk->drill, err);
	return desk->drill ? no_live_token(desk, err) : HY_OK;
}

enum hy_status desk_drill_file(const char *dir, struct hy_err *err)
{
	static const char text[] = "演练 DRILL\n"
				   "This folder is a drill of huying. It is never the live desk.\n";
	char *path = hy_strf(NULL, "%s/" MARKER, dir);
	enum hy_status status = hy_file_write(path, text, sizeof(text) - 1, 0644, err);

	talloc_free(path);
	return status;
}

/* "演练 3" and "drill 3", or "发布 3" and "publish 3". */
static bool says(const void *ctx, const char *said, const char *zh, const char *en, int64_t id)
{
	return said && (!strcmp(said, hy_strf(ctx, "%s %" PRId64, zh, id)) ||
			!strcasecmp(said, hy_strf(ctx, "%s %" PRId64, en, id)));
}

enum hy_status desk_drill_confirm(struct hy_desk *desk, const void *ctx, const char *said,
				  int64_t id, struct hy_err *err)
{
	if (desk->drill && !says(ctx, said, "演练", "drill", id))
		return hy_err_set(err, HY_EREFUSED,
				  _("this is a DRILL: confirm by typing \"演练 %" PRId64
				    "\" (--confirm)"),
				  id);
	if (!desk->drill && said && !says(ctx, said, "发布", "publish", id))
		return hy_err_set(err, HY_EREFUSED,
				  _("this is the LIVE desk: confirm by typing \"发布 %" PRId64
				    "\" (--confirm)"),
				  id);
	return HY_OK;
}

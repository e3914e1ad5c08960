/*
 * Setting up an office: one folder, made without asking. Running it again on an office changes
 * nothing. The demonstration office is an invented county, 临江县.
 */
#include "desk/internal.h"

#include "publisher/publisher.h"

#include <errno.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum hy_status make_dir(const char *path, mode_t mode, struct hy_err *err)
{
	if (!mkdir(path, mode) || errno == EEXIST)
		return HY_OK;
	return hy_err_set(err,
			  errno == ENOSPC || errno == EROFS || errno == EACCES ? HY_ENOSPACE
									       : HY_ESYSTEM,
			  _("%s cannot be made: %s"), path, hy_strerror(errno));
}

/* The folder and all above it that are missing. */
static enum hy_status make_folders(const void *ctx, const char *dir, struct hy_err *err)
{
	static const char *const inside[] = {"keys", "run", "media", "site"};
	enum hy_status status = HY_OK;

	for (const char *at = dir + 1; !status && (at = strchr(at, '/')); at++) {
		char *part = hy_strndup(ctx, dir, (size_t)(at - dir));
		struct stat st;
		if (stat(part, &st))
			status = make_dir(part, 0755, err);
	}
	if (!status)
		status = make_dir(dir, 0711, err);
	for (size_t i = 0; i < HY_LEN(inside) && !status; i++)
		status = make_dir(hy_strf(ctx, "%s/%s", dir, inside[i]),
				  strcmp(inside[i], "run") ? 0700 : 0711, err);
	return status;
}

/* A conf string: quotes and backslashes escaped, controls dropped. */
static char *quoted(const void *ctx, const char *s)
{
	struct hy_buf b;

	hy_buf_init(&b, ctx, 4096);
	hy_buf_chr(&b, '"');
	for (; *s; s++) {
		if ((unsigned char)*s < 0x20)
			continue;
		if (*s == '"' || *s == '\\')
			hy_buf_chr(&b, '\\');
		if (*s == '$') /* libconfuse expands ${...} */
			hy_buf_chr(&b, '\\');
		hy_buf_chr(&b, *s);
	}
	hy_buf_chr(&b, '"');
	return hy_buf_take(&b, NULL);
}

static enum hy_status write_conf(const void *ctx, const char *dir, const struct hy_setup *s,
				 struct hy_err *err)
{
	char *path = hy_strf(ctx, "%s/huying.conf", dir);
	struct hy_buf b;

	if (!access(path, F_OK))
		return HY_OK; /* the office's own hand */
	hy_buf_init(&b, ctx, 65536);
	hy_buf_fmt(&b, "# huying.conf(5); check with: huying config check\n");
	hy_buf_fmt(&b,
		   "office {\n\tname = %s\n\tlanguage = %s\n\ttimezone = "
		   "\"Asia/Shanghai\"\n\tplace = %s\n",
		   quoted(ctx, s->office), quoted(ctx, s->language ? s->language : "zh"),
		   quoted(ctx, s->place ? s->place : ""));
	hy_buf_str(&b, "\tcalendar = \"cn\"\n\thours = \"08:30-12:00,14:00-18:00\"\n}\n");
	hy_buf_fmt(&b, "web {\n\tlisten = %s\n}\n",
		   quoted(ctx, s->listen ? s->listen : "127.0.0.1:8620"));
	if (s->demo)
		hy_buf_str(&b, "collect {\n\tinterval = \"5s\"\n}\n");
	hy_buf_str(&b, "# each meter is a budget in one kind of time; the first that runs out "
		       "makes it due\n");
	hy_buf_str(&b, "promise \"reply\" {\n\twithin = {\"1h work\", \"8h rest\"}\n}\n");
	hy_buf_str(&b, "promise \"resolve\" {\n\twithin = {\"7 workdays\"}\n}\n");
	return hy_file_write(path, b.data, b.len, 0600, err);
}

static enum hy_status write_key(const void *ctx, const char *dir, uint8_t key[HY_KEY_LEN],
				struct hy_err *err)
{
	char *path = hy_strf(ctx, "%s/keys/master.key", dir);
	char *bytes = NULL;
	size_t n = 0;
	enum hy_status status = HY_OK;

	if (access(path, F_OK)) {
		hy_random_bytes(key, HY_KEY_LEN);
		return hy_file_write(path, key, HY_KEY_LEN, 0600, err);
	}
	status = hy_file_read(ctx, path, 4096, &bytes, &n, err); /* a setup that was cut short */
	if (!status && n != HY_KEY_LEN)
		status = hy_err_set(err, HY_ECORRUPT, _("%s is not a key of %d bytes"), path,
				    HY_KEY_LEN);
	if (!status)
		memcpy(key, bytes, HY_KEY_LEN);
	return status;
}

/* Eight groups of four from an alphabet without look-alikes: 160 bits. */
static char *make_phrase(const void *ctx)
{
	static const char alphabet[33] = "abcdefghjkmnpqrstuvwxyz23456789A";
	uint8_t bytes[32];
	char text[40];
	size_t at = 0;

	hy_random_bytes(bytes, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++) {
		if (i && i % 4 == 0)
			text[at++] = '-';
		text[at++] = alphabet[bytes[i] & 31];
	}
	explicit_bzero(bytes, sizeof(bytes));
	return hy_strndup(ctx, text, at);
}

static enum hy_status keep_backup_key(struct hy_store *st, const char *phrase, struct hy_err *err)
{
	uint8_t sealed[16 + HY_KEY_LEN];
	enum hy_status status = HY_OK;

	hy_random_bytes(sealed, 16);
	status = hy_key_from_phrase(phrase, sealed, sealed + 16, err);
	if (!status)
		status = hy_meta_set_sealed(st, "backup.key", sealed, sizeof(sealed), err);
	explicit_bzero(sealed, sizeof(sealed));
	return status;
}

static enum hy_status first_admin(struct hy_desk *desk, const void *ctx, char **link,
				  struct hy_err *err)
{
	char buffer[4096];
	struct passwd entry, *found = NULL;
	struct hy_person_id id = {0};
	struct hy_person p = {.login = "admin",
			      .name = "管理员",
			      .duties = HY_DUTY_ADMIN | HY_DUTY_VIEWER,
			      .active = true};
	enum hy_status status = HY_OK;

	if (getuid() && !getpwuid_r(getuid(), &entry, buffer, sizeof(buffer), &found) && found)
		p.unix_name = found->pw_name;
	status = hy_person_add(desk->st, &p, &id, err);
	return status ? status
		      : desk_make_token(desk, ctx, id, "login-link",
					hy_desk_now(desk) + 10 * HY_MINUTE, link, err);
}

/* ---- the demonstration office ---- */

static enum hy_status demo_units(struct hy_store *st, struct hy_unit_id ids[4], struct hy_err *err)
{
	static const struct hy_unit units[] = {
		{.name = "水务局", .kind = "department", .place = "临江", .active = true},
		{.name = "交通局", .kind = "department", .place = "临江", .active = true},
		{.name = "教育局", .kind = "department", .place = "临江", .active = true},
		{.name = "城东街道", .kind = "township", .place = "城东", .active = true},
	};
	enum hy_status status = HY_OK;

	for (size_t i = 0; i < HY_LEN(units) && !status; i++)
		status = hy_unit_add(st, &units[i], &ids[i], err);
	return status;
}

static enum hy_status demo_people(struct hy_store *st, const struct hy_unit_id ids[4],
				  struct hy_err *err)
{
	const struct hy_person people[] = {
		{.login = "bianji",
		 .name = "编辑甲",
		 .duties = HY_DUTY_VIEWER | HY_DUTY_CLERK | HY_DUTY_EDITOR,
		 .active = true},
		{.login = "shenhe",
		 .name = "审核乙",
		 .duties = HY_DUTY_VIEWER | HY_DUTY_EDITOR | HY_DUTY_APPROVER,
		 .active = true},
		{.login = "qianfa",
		 .name = "签发丙",
		 .duties = HY_DUTY_VIEWER | HY_DUTY_APPROVER | HY_DUTY_SUPERVISOR,
		 .active = true},
		{.login = "shuiwu",
		 .name = "承办丁",
		 .duties = HY_DUTY_VIEWER | HY_DUTY_HANDLER,
		 .unit = ids[0],
		 .active = true},
		{.login = "jiaotong",
		 .name = "承办戊",
		 .duties = HY_DUTY_VIEWER | HY_DUTY_HANDLER,
		 .unit = ids[1],
		 .active = true},
	};
	struct hy_person_id id;
	enum hy_status status = HY_OK;

	for (size_t i = 0; i < HY_LEN(people) && !status; i++)
		status = hy_person_add(st, &people[i], &id, err);
	return status;
}

static enum hy_status demo(struct hy_desk *desk, struct hy_err *err)
{
	static const struct hy_watch rules[] = {
		{.name = "供水",
		 .query = "(自来水 OR 停水) AND (发黄 OR 异味 OR 有毒)",
		 .level = "high",
		 .enabled = true},
		{.name = "公交",
		 .query = "公交 AND (改线 OR 停运)",
		 .level = "medium",
		 .enabled = true},
	};
	struct hy_unit_id units[4];
	struct hy_watch_id id;
	enum hy_status status = demo_units(desk->st, units, err);

	if (!status)
		status = demo_people(desk->st, units, err);
	for (size_t i = 0; i < HY_LEN(rules) && !status; i++)
		status = hy_watch_add(desk->st, &rules[i], &id, err);
	return status ? status : hy_meta_set(desk->st, "demo", "1", err);
}

/* ---- all of it ---- */

/* Everything that makes it an office, in one transaction: a setup cut short can be run again. */
static enum hy_status fill(struct hy_desk *desk, const void *ctx, const struct hy_setup *s,
			   char **phrase, char **link, struct hy_err *err)
{
	const struct hy_account site = {.name = "site", .platform = "site"};
	struct hy_account_id account = {0};
	uint8_t pub[HY_ED25519_LEN], instance[16];
	enum hy_status status = hy_store_begin(desk->st, err);

	if (status)
		return status;
	hy_random_bytes(instance, sizeof(instance));
	*phrase = make_phrase(ctx);
	status = hy_meta_set(desk->st, "office.name", s->office, err);
	if (!status)
		status = hy_meta_set(desk->st, "office.language", s->language ? s->language : "zh",
				     err);
	if (!status)
		status = hy_meta_set(desk->st, "instance", hy_hex(ctx, instance, sizeof(instance)),
				     err);
	if (!status)
		status = keep_backup_key(desk->st, *phrase, err);
	if (!status)
		status = hy_office_key(desk->st, pub, err);
	if (!status)
		status = hy_account_add(desk->st, &site, NULL, &account, err);
	if (!status)
		status = first_admin(desk, ctx, link, err);
	if (!status && s->demo)
		status = demo(desk, err);
	if (!status)
		status = desk_audit(desk, (struct hy_person_id){0}, "office.setup", err, NULL,
				    "office");
	return desk_end(desk, status, err);
}

static enum hy_status is_office(const void *ctx, const char *dir, struct hy_err *err)
{
	struct hy_desk *desk = NULL;
	char *name = NULL;
	enum hy_status status = hy_desk_open(&desk, ctx, dir, HY_DESK_READ_ONLY, NULL);

	if (!status && !hy_meta_get(desk->st, ctx, "office.name", &name, NULL) && name)
		status = hy_err_set(err, HY_EEXISTS,
				    _("%s is the office %s already: nothing was changed"), dir,
				    name);
	else
		status = HY_OK;
	talloc_free(desk);
	return status;
}

enum hy_status hy_desk_setup(const void *ctx, const struct hy_setup *s, char **phrase, char **link,
			     struct hy_err *err)
{
	void *work = talloc_new(NULL);
	char *dir = hy_desk_dir(work, s->dir);
	uint8_t key[HY_KEY_LEN];
	struct hy_desk *desk = NULL;
	struct hy_store *st = NULL;
	struct hy_setup named;
	enum hy_status status = HY_OK;

	if (!s->office || !*s->office)
		status = hy_err_set(
			err, HY_EINPUT,
			_("--office NAME is missing: the name under which the office signs"));
	if (!status && strlen(s->office) > 200)
		status = hy_err_set(err, HY_EINPUT, "%s",
				    _("--office: the name is longer than 200 bytes"));
	/* In the name, so that whatever leaves the record says so, too. */
	named = *s;
	if (!status && s->drill)
		named.office = hy_strf(work, "【演练】%s", s->office);
	s = &named;
	if (!status)
		status = is_office(work, dir, err);
	if (!status && s->drill != hy_desk_drill_wanted())
		status = hy_err_set(err, HY_EINPUT, "%s", _("a drill is set up with --drill"));
	if (!status)
		status = make_folders(work, dir, err);
	if (!status)
		status = write_key(work, dir, key, err);
	if (!status)
		status = write_conf(work, dir, s, err);
	if (!status)
		status = hy_store_open(&st, work, dir, HY_STORE_CREATE | HY_STORE_MIGRATE, key,
				       hy_clock_from_env(work), err);
	/* A drill before anything else is in it; the file last, so that a setup cut short between
	 * the two opens as neither. */
	if (!status && s->drill)
		status = hy_meta_set(st, "mode", "drill", err);
	talloc_free(st);
	if (!status && s->drill)
		status = desk_drill_file(dir, err);
	if (!status)
		status = hy_desk_open(&desk, work, dir, 0, err);
	if (!status)
		status = fill(desk, ctx, s, phrase, link, err);
	explicit_bzero(key, sizeof(key));
	talloc_free(work);
	return status;
}

/* What stands behind the web in earnest: the desk, and the record for sessions. */
#include "web/internal.h"

#include <string.h>

struct real {
	struct hy_desk *desk;
	struct hy_store *st;
};

static enum hy_status real_open(void **out, const void *ctx, const void *user, struct hy_err *err)
{
	const struct hy_web_conf *conf = user;
	struct real *r = hy_new(ctx, struct real);
	enum hy_status status = hy_desk_open(&r->desk, r, conf->dir, 0, err);

	if (status) {
		talloc_free(r);
		return status;
	}
	r->st = hy_desk_store(r->desk);
	*out = r;
	return HY_OK;
}

static enum hy_status real_act(void *desk, const void *ctx, struct hy_person_id actor,
			       const char *action, const struct hy_json *params, char **result_json,
			       struct hy_err *err)
{
	struct real *r = desk;

	return hy_desk_act(r->desk, ctx, actor, action, params, result_json, err);
}

static enum hy_status person(struct real *r, const void *ctx, struct hy_person_id id,
			     struct hy_person **out, struct hy_err *err)
{
	struct hy_person *p = NULL;
	enum hy_status status = hy_person_get(r->st, ctx, id, &p, err);

	if (status)
		return status;
	if (!p->active)
		return hy_err_set(err, HY_EAUTH, "%s is locked", p->login);
	*out = p;
	return HY_OK;
}

static enum hy_status real_login(void *desk, const void *ctx, const char *login,
				 const char *password, struct hy_person **out, struct hy_err *err)
{
	struct real *r = desk;
	struct hy_person_id id = {0};
	enum hy_status status = hy_desk_login(r->desk, login, password, &id, err);

	return status ? status : person(r, ctx, id, out, err);
}

static enum hy_status real_login_link(void *desk, const void *ctx, const char *key,
				      struct hy_person **out, struct hy_err *err)
{
	struct real *r = desk;
	struct hy_person_id id = {0};
	enum hy_status status = hy_desk_login_link(r->desk, key, &id, err);

	return status ? status : person(r, ctx, id, out, err);
}

static enum hy_status real_token(void *desk, const void *ctx, const char *token,
				 struct hy_person **out, struct hy_err *err)
{
	struct real *r = desk;
	struct hy_person_id id = {0};
	enum hy_status status = hy_desk_token(r->desk, token, &id, err);

	return status ? status : person(r, ctx, id, out, err);
}

static enum hy_status real_feed_key(void *desk, const void *ctx, int64_t saved, const char *key,
				    struct hy_person **out, struct hy_err *err)
{
	struct real *r = desk;
	struct hy_person_id id = {0};
	enum hy_status status = hy_desk_feed_key(r->desk, saved, key, &id, err);

	return status ? status : person(r, ctx, id, out, err);
}

static enum hy_status real_session_add(void *desk, const uint8_t sha256[HY_SHA256_LEN],
				       const struct hy_session *s, struct hy_err *err)
{
	return hy_session_add(((struct real *)desk)->st, sha256, s, err);
}

static enum hy_status real_session_get(void *desk, const void *ctx,
				       const uint8_t sha256[HY_SHA256_LEN], struct hy_session *out,
				       struct hy_person **who, struct hy_err *err)
{
	struct real *r = desk;
	enum hy_status status = hy_session_get(r->st, sha256, out, err);

	return status ? status : person(r, ctx, out->person, who, err);
}

static enum hy_status real_session_touch(void *desk, const uint8_t sha256[HY_SHA256_LEN],
					 hy_time seen, struct hy_err *err)
{
	return hy_session_touch(((struct real *)desk)->st, sha256, seen, err);
}

static enum hy_status real_session_remove(void *desk, const uint8_t sha256[HY_SHA256_LEN],
					  struct hy_err *err)
{
	return hy_session_remove(((struct real *)desk)->st, sha256, err);
}

static char *real_when(void *desk, const void *ctx, hy_time t)
{
	return hy_desk_when(((struct real *)desk)->desk, ctx, t);
}

static enum hy_status real_version(void *desk, int64_t *out, struct hy_err *err)
{
	return hy_store_version(((struct real *)desk)->st, out, err);
}

const struct hy_web_desk hy_web_desk_real = {
	.open = real_open,
	.act = real_act,
	.login = real_login,
	.login_link = real_login_link,
	.token = real_token,
	.feed_key = real_feed_key,
	.session_add = real_session_add,
	.session_get = real_session_get,
	.session_touch = real_session_touch,
	.session_remove = real_session_remove,
	.when = real_when,
	.version = real_version,
};

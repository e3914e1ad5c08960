/* Secrets that wait to be tried: one sealed object an account in the record's own keys and values. */
#include "desk/fresh.h"

#include <string.h>

static char *key_of(const void *ctx, struct hy_account_id id)
{
	return hy_strf(ctx, "account.%" PRId64 ".fresh", id.v);
}

bool desk_fresh_waits(const struct desk_fresh *f)
{
	return f->secret || f->code;
}

enum hy_status desk_fresh_get(struct hy_desk *desk, const void *ctx, struct hy_account_id id,
			      struct desk_fresh **out, struct hy_err *err)
{
	struct desk_fresh *f = hy_new(ctx, struct desk_fresh);
	uint8_t *bytes = NULL;
	size_t n = 0;
	struct hy_json *node = NULL;
	enum hy_status status = hy_meta_get_sealed(desk->st, f, key_of(f, id), &bytes, &n, err);

	if (!status && !bytes)
		status = hy_err_set(err, HY_ENOTFOUND, "%s", _("no new secret waits"));
	if (!status)
		status = hy_json_parse(f, (const char *)bytes, n, 0, &node, err);
	if (status) {
		talloc_free(f);
		return status;
	}
	f->secret = hy_json_str(node, "secret");
	f->code = hy_json_str(node, "code");
	f->redirect = hy_json_str(node, "redirect");
	f->app = hy_json_str(node, "app");
	f->error = hy_json_str(node, "error");
	f->asked = hy_json_int(node, "asked", 0);
	f->tried = hy_json_int(node, "tried", 0);
	f->next_at = hy_json_int(node, "next_at", 0);
	f->failures = (int)hy_json_int(node, "failures", 0);
	f->sent = hy_json_bool(node, "sent", false);
	*out = f;
	return HY_OK;
}

enum hy_status desk_fresh_put(struct hy_desk *desk, struct hy_account_id id,
			      const struct desk_fresh *f, struct hy_err *err)
{
	struct hy_json_writer *w = hy_json_writer_new(NULL, false);
	const char *text;
	size_t n = 0;
	enum hy_status status;

	hy_jw_object(w);
	hy_jw_kstr(w, "secret", f->secret);
	hy_jw_kstr(w, "code", f->code);
	hy_jw_kstr(w, "redirect", f->redirect);
	hy_jw_kstr(w, "app", f->app);
	hy_jw_kstr(w, "error", f->error);
	hy_jw_kint(w, "asked", f->asked);
	hy_jw_kint(w, "tried", f->tried);
	hy_jw_kint(w, "next_at", f->next_at);
	hy_jw_kint(w, "failures", f->failures);
	hy_jw_kbool(w, "sent", f->sent);
	hy_jw_end_object(w);
	text = hy_jw_text(w, &n);
	status = hy_meta_set_sealed(desk->st, key_of(w, id), text, n, err);
	talloc_free(w);
	return status;
}

enum hy_status desk_fresh_drop(struct hy_desk *desk, struct hy_account_id id, struct hy_err *err)
{
	char *key = key_of(NULL, id);
	enum hy_status status = hy_meta_set(desk->st, key, "", err);

	talloc_free(key);
	return status;
}

void desk_put_fresh(struct hy_desk *desk, struct hy_json_writer *w, struct hy_account_id id)
{
	void *ctx = talloc_new(NULL);
	struct desk_fresh *f = NULL;

	if (!desk_fresh_get(desk, ctx, id, &f, NULL)) {
		hy_jw_kstr(w, "new_secret", desk_fresh_waits(f) ? "waiting" : "refused");
		hy_jw_kstr(w, "new_secret_error", f->error);
		hy_jw_kint(w, "new_secret_tried_ms", f->tried);
	}
	talloc_free(ctx);
}

char *desk_fresh_text(struct hy_desk *desk, const void *ctx, struct hy_account_id id)
{
	struct desk_fresh *f = NULL;
	char *text;

	if (desk_fresh_get(desk, ctx, id, &f, NULL))
		return NULL;
	if (!desk_fresh_waits(f))
		text = hy_strf(ctx, _("the new secret was not taken, this one stays: %s"),
			       f->error ? f->error : "");
	else if (f->error)
		text = hy_strf(ctx, _("a new secret waits to be tried; last: %s"), f->error);
	else
		text = hy_strdup(ctx, _("a new secret waits to be tried"));
	talloc_free(f);
	return text;
}

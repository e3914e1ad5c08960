/*
 * account authorise: for platforms whose token only a person at a browser can give (Weibo). First the
 * address to open; then the code that the browser came back with, which the role tokens exchanges.
 */
#include "desk/fresh.h"
#include "platforms/platforms.h"

#include <string.h>

#define STATE_BYTES 16
#define REDIRECT_MAX 500
#define CODE_MIN 4
#define CODE_MAX 512

/* What was begun: the code comes to the same address, and with the same state. */
static char *begun_key(const void *ctx, struct hy_account_id id)
{
	return hy_strf(ctx, "account.%" PRId64 ".authorise", id.v);
}

/* The application by which it is authorised; HY_EREFUSED with the cure. */
static enum hy_status client_known(struct hy_desk *desk, const void *ctx, const struct hy_account *a,
				   const char **client, struct hy_err *err)
{
	struct hy_grant none = {0}, *grant = NULL;
	struct hy_secret *secret = NULL;
	enum hy_status status = hy_grant_client_secret(desk->st, ctx, a->id, &secret, err);

	if (status)
		return status;
	if (hy_grant_get(desk->st, ctx, a->id, &grant, NULL))
		grant = &none;
	*client = desk_client_of(desk, ctx, a, grant);
	if (!*client || !secret)
		return hy_err_set(err, HY_EREFUSED,
				  _("account %s: the application's key and secret are not known: "
				    "huying account rotate %s --app KEY --client-secret-file FILE"),
				  a->name, a->name);
	return HY_OK;
}

static bool plain(const char *s, size_t least, size_t most)
{
	size_t n = strlen(s);

	for (size_t i = 0; i < n; i++)
		if (s[i] <= ' ' || s[i] > '~')
			return false;
	return n >= least && n <= most;
}

/* ---- the address to open ---- */

static enum hy_status begin(struct hy_desk *desk, struct hy_person_id actor,
			    const struct hy_account *a, const char *client, const char *redirect,
			    struct hy_json_writer *w, struct hy_err *err)
{
	struct hy_json_writer *note = hy_json_writer_new(w, false);
	uint8_t random[STATE_BYTES];
	char *state;
	const char *text;
	size_t n = 0;
	enum hy_status status;

	if (!plain(redirect, 1, REDIRECT_MAX) ||
	    (strncmp(redirect, "https://", 8) && strncmp(redirect, "http://", 7)))
		return hy_err_set(err, HY_EINPUT,
				  _("redirect: the address as the application's settings on the "
				    "platform name it, http or https"));
	hy_random_bytes(random, sizeof(random));
	state = hy_hex(w, random, sizeof(random));
	hy_jw_object(note);
	hy_jw_kstr(note, "redirect", redirect);
	hy_jw_kstr(note, "state", state);
	hy_jw_end_object(note);
	text = hy_jw_text(note, &n);
	status = hy_store_begin(desk->st, err);
	if (status)
		return status;
	status = hy_meta_set_sealed(desk->st, begun_key(note, a->id), text, n, err);
	status = desk_done(desk, status, actor, "account.authorise", err, "account %" PRId64, a->id.v);
	if (status)
		return status;
	const struct hy_platform_peer peer = {.url = a->url, .login = client};
	hy_jw_kint(w, "id", a->id.v);
	hy_jw_kstr(w, "name", a->name);
	hy_jw_kstr(w, "url", hy_weibo_authorise_url(w, &peer, redirect, NULL, state));
	hy_jw_kstr(w, "state", state);
	return HY_OK;
}

/* ---- the code ---- */

/* The value of one parameter of an address, "" when it has none. child of ctx. */
static char *of_query(const void *ctx, const char *url, const char *name)
{
	size_t n = strlen(name);

	for (const char *at = strpbrk(url, "?&"); at; at = strpbrk(at + 1, "&#"))
		if (!strncmp(at + 1, name, n) && at[1 + n] == '=')
			return hy_strndup(ctx, at + 2 + n, strcspn(at + 2 + n, "&#"));
	return hy_strdup(ctx, "");
}

static enum hy_status read_code(const void *ctx, const char *said, const struct hy_json *begun,
				const char **code, struct hy_err *err)
{
	const char *state = hy_json_str(begun, "state");

	*code = said;
	if (!strncmp(said, "http://", 7) || !strncmp(said, "https://", 8)) {
		*code = of_query(ctx, said, "code");
		if (!state || strcmp(of_query(ctx, said, "state"), state) != 0)
			return hy_err_set(err, HY_EREFUSED, "%s",
					  _("this address answers another authorisation (its state "
					    "differs): begin again with --redirect"));
	}
	if (!plain(*code, CODE_MIN, CODE_MAX))
		return hy_err_set(err, HY_EINPUT, "%s",
				  _("there is no code in it: the address that the browser came to, or "
				    "the part after code="));
	return HY_OK;
}

static enum hy_status end(struct hy_desk *desk, struct hy_person_id actor,
			  const struct hy_account *a, const char *said, struct hy_json_writer *w,
			  struct hy_err *err)
{
	struct desk_fresh f = {.asked = hy_desk_now(desk)};
	struct hy_json *begun = NULL;
	uint8_t *bytes = NULL;
	size_t n = 0;
	enum hy_status status =
		hy_meta_get_sealed(desk->st, w, begun_key(w, a->id), &bytes, &n, err);

	if (!status && !bytes)
		status = hy_err_set(err, HY_EINPUT,
				    _("account %s: begin with huying account authorise %s --redirect "
				      "URL"),
				    a->name, a->name);
	if (!status)
		status = hy_json_parse(w, (const char *)bytes, n, 0, &begun, err);
	if (!status)
		status = read_code(w, said, begun, &f.code, err);
	if (!status)
		status = hy_store_begin(desk->st, err);
	if (status)
		return status;
	f.redirect = hy_json_str(begun, "redirect");
	status = desk_fresh_put(desk, a->id, &f, err);
	if (!status)
		status = hy_meta_set(desk->st, begun_key(w, a->id), "", err);
	status = desk_done(desk, status, actor, "account.authorise", err, "account %" PRId64, a->id.v);
	if (!status)
		desk_put_asked(desk, w, a->id, f.asked);
	return status;
}

enum hy_status act_account_authorise(struct hy_desk *desk, struct hy_person_id actor,
				     const struct hy_json *params, struct hy_json_writer *w,
				     struct hy_err *err)
{
	const char *redirect = param_str(params, "redirect"), *code = param_str(params, "code"),
		   *client = NULL;
	struct hy_account *a = NULL;
	enum hy_status status = hy_account_find(desk->st, w, param_text(params, "id"), &a, err);

	if (!status && code && !desk->local)
		status = hy_err_set(err, HY_EREFUSED,
				    _("reach and secrets are given on the command line only"));
	if (!status && !redirect == !code)
		status = hy_err_set(err, HY_EINPUT, "%s",
				    _("first --redirect URL, which tells the address to open; then "
				      "--code-file FILE, or - for stdin"));
	if (!status && strcmp(a->platform, "weibo") != 0)
		status = hy_err_set(err, HY_EINPUT,
				    _("%s: accounts of %s are not authorised in a browser: %s"), a->name,
				    a->platform, desk_account_cure(w, a));
	if (!status && a->state == HY_ACCOUNT_REVOKED)
		status = hy_err_set(err, HY_EREFUSED,
				    _("account %s was ended for good: add another"), a->name);
	if (!status)
		status = desk_drill_secret(desk, a->name, a->reach, err);
	if (!status)
		status = client_known(desk, w, a, &client, err);
	if (status)
		return status;
	return code ? end(desk, actor, a, code, w, err) : begin(desk, actor, a, client, redirect, w, err);
}

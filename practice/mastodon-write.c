/*
 * Mastodon, writing: statuses under an Idempotency-Key that holds for one hour, edits, scheduled
 * ones, media; and the registration of apps.
 */
#include "config.h"
#include "practice/mastodon.h"

#include <stdlib.h>
#include <string.h>

#define KEY_KEPT HY_HOUR
#define SCHEDULE_LEAST (5 * HY_MINUTE)

/* ---- statuses ---- */

static struct note *by_key(struct ask *ask, const struct member *me, const char *key)
{
	struct hy_practice *site = ask->site;

	for (size_t i = 0; key && i < site->n_notes; i++) {
		struct note *n = site->notes[i];

		if (n->platform == HY_PRACTICE_MASTODON && n->by == me && n->key &&
		    !strcmp(n->key, key) && site_now(site) - n->made < KEY_KEPT)
			return n;
	}
	return NULL;
}

static size_t characters(const char *text)
{
	size_t n = 0;

	while (*text) {
		size_t url = strcspn(text, " \n\t<>\""), k;

		if ((!strncmp(text, "http://", 7) || !strncmp(text, "https://", 8)) && url > 8) {
			n += URL_CHARS;
			text += url;
			continue;
		}
		(void)hy_utf8_decode(text, text + strlen(text), &k);
		text += k;
		n++;
	}
	return n;
}

/* The ids of media_ids[] that are ready, parted by blanks; NULL when one is not. */
static char *media_of(struct ask *ask)
{
	char *all = hy_strdup(ask, "");

	(void)ask_field(ask, "media_ids[]"); /* reads the body */
	for (size_t i = 0; i < ask->n_fields; i++) {
		struct note *n;

		if (strcmp(ask->fields[i].name, "media_ids[]") != 0)
			continue;
		n = note_find(ask->site, HY_PRACTICE_MASTODON,
			      strtoll(ask->fields[i].value, NULL, 10));
		if (!n || n->kind != NOTE_FILE || n->shown > site_now(ask->site))
			return NULL;
		all = hy_strf(ask, "%s%s%s", all, *all ? " " : "", ask->fields[i].value);
	}
	return all;
}

static bool text_fits(struct ask *ask, const char *text, const char *media)
{
	if (!media) {
		mastodon_error(ask, 422,
			       "Cannot attach files that have not finished processing. Try again "
			       "in a moment!");
		return false;
	}
	if (!*media && (!text || !text[strspn(text, " \t\r\n")])) {
		mastodon_error(ask, 422, "Validation failed: Text can't be blank");
		return false;
	}
	if (text && characters(text) > STATUS_MAX) {
		mastodon_error(ask, 422, "Validation failed: Text character limit of 500 exceeded");
		return false;
	}
	return true;
}

/* False when scheduled_at is there and not acceptable; 0 when it is absent. */
static bool schedule_of(struct ask *ask, hy_time *out)
{
	const char *at = ask_field(ask, "scheduled_at");

	*out = 0;
	if (!at || !*at)
		return true;
	if (!hy_time_parse_iso(at, 0, out, NULL) && *out >= site_now(ask->site) + SCHEDULE_LEAST)
		return true;
	mastodon_error(ask, 422,
		       "Validation failed: Scheduled at The scheduled date must be in the future");
	return false;
}

static void put_scheduled(struct ask *ask, struct hy_json_writer *w, const struct note *n)
{
	hy_jw_object(w);
	masto_kid(ask, w, "id", n->id + 1);
	masto_ktime(w, "scheduled_at", n->shown);
	hy_jw_key(w, "params");
	hy_jw_object(w);
	hy_jw_kstr(w, "text", n->text);
	hy_jw_kstr(w, "visibility", n->title);
	hy_jw_kstr(w, "scheduled_at", NULL);
	hy_jw_kstr(w, "idempotency", n->key);
	hy_jw_end_object(w);
	hy_jw_key(w, "media_attachments");
	hy_jw_array(w);
	hy_jw_end_array(w);
	hy_jw_end_object(w);
}

static void answer_made(struct ask *ask, const struct note *n)
{
	struct hy_json_writer *w;

	if (strcmp(n->type, "scheduled") != 0 || n->shown <= site_now(ask->site)) {
		masto_answer_status(ask, n);
		return;
	}
	w = hy_json_writer_new(ask, false);
	put_scheduled(ask, w, n);
	answer_json(ask, 200, w);
}

void masto_post(struct ask *ask, struct token *t)
{
	const char *text = ask_field(ask, "status"), *key = ask->head(ask, "Idempotency-Key");
	const char *seen = ask_field(ask, "visibility");
	int64_t reply = ask_int(ask, "in_reply_to_id", 0);
	struct note *n = by_key(ask, t->of, key), *parent = NULL;
	char *media = media_of(ask);
	hy_time at;

	if (n) {
		answer_made(ask, n);
		return;
	}
	if (!text_fits(ask, text, media) || !schedule_of(ask, &at) ||
	    (reply && !(parent = masto_note(ask, t, reply))))
		return;
	n = note_add(ask->site, HY_PRACTICE_MASTODON, NOTE_POST, t->of, text ? text : "");
	if (!n) {
		mastodon_error(ask, 503, "The site is full");
		return;
	}
	n->by_api = true;
	n->parent = parent;
	n->key = hy_strdup(n, key);
	n->title = hy_strdup(n, seen && *seen ? seen : "public");
	n->extra = hy_strdup(n, media);
	if (at) {
		n->type = "scheduled";
		n->shown = at;
	} else if (ask->fault.kind == HY_FAULT_LATE) {
		n->shown = n->made + ask->fault.secs * HY_SECOND;
	}
	answer_made(ask, n);
}

static struct note *own_note(struct ask *ask, struct token *t, int64_t id)
{
	struct note *n = masto_note(ask, t, id);

	if (!n || n->by == t->of)
		return n;
	mastodon_error(ask, 404, "Record not found");
	return NULL;
}

void masto_edit(struct ask *ask, struct token *t, int64_t id)
{
	const char *text = ask_field(ask, "status");
	struct note *n = own_note(ask, t, id);

	if (!n || !text_fits(ask, text, n->extra))
		return;
	n->text = hy_strdup(n, text ? text : "");
	n->edited = site_now(ask->site);
	masto_answer_status(ask, n);
}

void masto_delete(struct ask *ask, struct token *t, int64_t id)
{
	struct note *n = own_note(ask, t, id);

	if (!n)
		return;
	if (!quota_take(ask->site, "mastodon/deletes", t->of->login, 30, 30 * HY_MINUTE)) {
		mastodon_error(ask, 429, "Too many requests");
		return;
	}
	masto_answer_status(ask, n);
	n->deleted = true;
}

/* ---- scheduled ---- */

static struct note *scheduled_find(struct ask *ask, const struct token *t, int64_t id)
{
	struct note *n = note_find(ask->site, HY_PRACTICE_MASTODON, id - 1);

	return n && n->by == t->of && !n->deleted && !strcmp(n->type, "scheduled") &&
			       n->shown > site_now(ask->site)
		       ? n
		       : NULL;
}

static void answer_scheduled_list(struct ask *ask, const struct token *t)
{
	struct hy_json_writer *w = hy_json_writer_new(ask, false);

	hy_jw_array(w);
	for (size_t i = ask->site->n_notes; i-- > 0;) {
		struct note *n = scheduled_find(ask, t, ask->site->notes[i]->id + 1);

		if (n == ask->site->notes[i])
			put_scheduled(ask, w, n);
	}
	hy_jw_end_array(w);
	answer_json(ask, 200, w);
}

void masto_scheduled(struct ask *ask, struct token *t, int64_t id)
{
	struct note *n = id ? scheduled_find(ask, t, id) : NULL;
	hy_time at = 0;

	if (!id) {
		answer_scheduled_list(ask, t);
		return;
	}
	if (!n) {
		mastodon_error(ask, 404, "Record not found");
		return;
	}
	if (ask->method == M_DELETE) {
		n->deleted = true;
		answer_text(ask, 200, "{}");
		ask->type = "application/json; charset=UTF-8";
		return;
	}
	if (ask->method == M_PUT) {
		if (!schedule_of(ask, &at))
			return;
		n->shown = at ? at : n->shown;
	}
	answer_made(ask, n);
}

/* ---- media ---- */

void masto_upload(struct ask *ask, struct token *t)
{
	const struct field *file = ask_file(ask, "file");
	const char *text = ask_field(ask, "description");
	struct hy_json_writer *w = hy_json_writer_new(ask, false);
	struct note *n;

	if (!quota_take(ask->site, "mastodon/media", t->of->login, 30, 30 * HY_MINUTE)) {
		mastodon_error(ask, 429, "Too many requests");
		return;
	}
	if (!file || !file->n || file->n > MEDIA_MAX) {
		mastodon_error(ask, 422,
			       file && file->n ? "Validation failed: File is too big"
					       : "Validation failed: File can't be blank");
		return;
	}
	n = note_add(ask->site, HY_PRACTICE_MASTODON, NOTE_FILE, t->of, text ? text : "");
	if (!n) {
		mastodon_error(ask, 503, "The site is full");
		return;
	}
	n->extra = hy_strf(n, "%zu bytes", file->n);
	if (ask->fault.kind == HY_FAULT_LATE)
		n->shown = n->made + ask->fault.secs * HY_SECOND;
	masto_media(ask, w, n);
	answer_json(ask, n->shown <= site_now(ask->site) ? 200 : 202, w);
}

/* ---- apps and OAuth ---- */

void masto_apps(struct ask *ask)
{
	const char *name = ask_field(ask, "client_name"), *to = ask_field(ask, "redirect_uris");
	const char *site = ask_field(ask, "website"), *scopes = ask_field(ask, "scopes");
	struct hy_json_writer *w;

	to = to ? to : ask_field(ask, "redirect_uris[]");
	if (!name || !*name || !to || !*to) {
		mastodon_error(ask, 422,
			       name && *name
				       ? "Validation failed: Redirect URI must be an absolute URI."
				       : "Validation failed: Application Name can't be blank");
		return;
	}
	w = hy_json_writer_new(ask, false);
	hy_jw_object(w);
	hy_jw_kstr(w, "id", "1");
	hy_jw_kstr(w, "name", name);
	hy_jw_kstr(w, "website", site);
	hy_jw_key(w, "scopes");
	hy_jw_array(w);
	hy_jw_str(w, scopes ? scopes : "read");
	hy_jw_end_array(w);
	hy_jw_kstr(w, "redirect_uri", to);
	hy_jw_kstr(w, "client_id", "practice-app");
	hy_jw_kstr(w, "client_secret", "practice-secret");
	hy_jw_kint(w, "client_secret_expires_at", 0);
	hy_jw_kstr(w, "vapid_key", "");
	hy_jw_end_object(w);
	answer_json(ask, 200, w);
}

static bool app_fits(struct ask *ask)
{
	const char *id = ask_field(ask, "client_id"), *secret = ask_field(ask, "client_secret");

	if (id && secret && !strcmp(id, "practice-app") && !strcmp(secret, "practice-secret"))
		return true;
	mastodon_error(ask, 401, "invalid_client");
	return false;
}

/* Consent is given at once; the account is the one that `login` names, else the first. */
static void authorize(struct ask *ask)
{
	const char *to = ask_field(ask, "redirect_uri"), *state = ask_field(ask, "state");
	const char *login = ask_field(ask, "login"), *id = ask_field(ask, "client_id");
	struct member *m = member_find(ask->site, HY_PRACTICE_MASTODON, login ? login : "linjiang");
	char *code;

	if (!to || !id || !m || strcmp(id, "practice-app") || strpbrk(to, "\r\n")) {
		mastodon_error(ask, 400, "invalid_request");
		return;
	}
	code = hy_strf(ask, "c%016" PRIx64, hy_rand_next(&ask->site->rand));
	(void)token_add(ask->site, m, hy_strf(ask, "code\n%s\n%s", code, to),
			site_now(ask->site) + 10 * HY_MINUTE);
	if (!strncmp(to, "urn:", 4)) {
		answer_text(ask, 200, hy_strf(ask, "%s\n", code));
		return;
	}
	ask->status = 302;
	ask->location = hy_strf(ask, "%s%scode=%s%s%s", to, strchr(to, '?') ? "&" : "?", code,
				state ? "&state=" : "", state ? state : "");
}

static void give_token(struct ask *ask)
{
	const char *grant = ask_field(ask, "grant_type"), *code = ask_field(ask, "code");
	const char *to = ask_field(ask, "redirect_uri"), *scope = ask_field(ask, "scope");
	struct hy_json_writer *w = hy_json_writer_new(ask, false);
	struct token *c, *t;

	if (!app_fits(ask))
		return;
	c = token_find(ask->site, HY_PRACTICE_MASTODON,
		       hy_strf(ask, "code\n%s\n%s", code ? code : "", to ? to : ""));
	if (!grant || strcmp(grant, "authorization_code") || !c || token_ended(ask->site, c)) {
		mastodon_error(ask, 400, grant ? "invalid_grant" : "invalid_request");
		return;
	}
	c->revoked = true;
	t = token_add(ask->site, c->of,
		      hy_strf(ask, "m%016" PRIx64, hy_rand_next(&ask->site->rand)), 0);
	hy_jw_object(w);
	hy_jw_kstr(w, "access_token", t->text);
	hy_jw_kstr(w, "token_type", "Bearer");
	hy_jw_kstr(w, "scope", scope ? scope : "read");
	hy_jw_kint(w, "created_at", t->made / HY_SECOND);
	hy_jw_end_object(w);
	answer_json(ask, 200, w);
}

void masto_oauth(struct ask *ask, const char *what)
{
	struct token *t;

	if (!strcmp(what, "authorize")) {
		authorize(ask);
	} else if (!strcmp(what, "token") && ask->method == M_POST) {
		give_token(ask);
	} else if (!strcmp(what, "revoke") && ask->method == M_POST) {
		t = token_find(ask->site, HY_PRACTICE_MASTODON, ask_field(ask, "token"));
		if (!app_fits(ask))
			return;
		if (t)
			t->revoked = true;
		answer_text(ask, 200, "{}");
		ask->type = "application/json; charset=UTF-8";
	} else {
		mastodon_error(ask, 404, "Not Found");
	}
}

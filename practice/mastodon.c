/*
 * Mastodon's client API as apis describe it: ids are text, paging by max_id, since_id and min_id with
 * a Link header, content is HTML. Reading is here.
 */
#include "config.h"
#include "practice/mastodon.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CALLS 300 /* in five minutes */

/* ---- refusals ---- */

void mastodon_error(struct ask *ask, int http, const char *text)
{
	struct hy_json_writer *w = hy_json_writer_new(ask, false);

	hy_jw_object(w);
	hy_jw_kstr(w, "error", text);
	hy_jw_end_object(w);
	answer_json(ask, http, w);
	ask->site->refused[HY_PRACTICE_MASTODON]++;
}

void mastodon_refuse(struct ask *ask, int http, int code)
{
	static const struct {
		int http;
		const char *text;
	} words[] = {
		{401, "The access token is invalid"},
		{403, "This action is not allowed"},
		{404, "Record not found"},
		{410, "Gone"},
		{422, "Validation failed: Text is not acceptable"},
		{429, "Too many requests"},
		{500, "Something went wrong on our end"},
		{503, "There was a temporary problem serving your request, please try again"},
	};
	const char *text = "practice: error by script";

	http = code ? code : http;
	for (size_t i = 0; i < HY_LEN(words); i++)
		if (words[i].http == http)
			text = words[i].text;
	mastodon_error(ask, http >= 400 && http <= 599 ? http : 500, text);
}

/* ---- what is shown ---- */

void masto_ktime(struct hy_json_writer *w, const char *name, hy_time t)
{
	char iso[HY_TIME_ISO_MAX], text[40];

	if (!t) {
		hy_jw_key(w, name);
		hy_jw_null(w);
		return;
	}
	hy_time_iso(t, iso);
	snprintf(text, sizeof(text), "%.19s.%03dZ", iso, (int)(t % 1000));
	hy_jw_kstr(w, name, text);
}

void masto_kid(struct ask *ask, struct hy_json_writer *w, const char *name, int64_t id)
{
	hy_jw_key(w, name);
	if (id)
		hy_jw_str(w, hy_strf(ask, "%" PRId64, id));
	else
		hy_jw_null(w);
}

static void empty_array(struct hy_json_writer *w, const char *name)
{
	hy_jw_key(w, name);
	hy_jw_array(w);
	hy_jw_end_array(w);
}

static char *url_of(struct ask *ask, const struct member *m, int64_t id)
{
	return id ? hy_strf(ask, "%s/@%s/%" PRId64, ask->site->base, m->login, id)
		  : hy_strf(ask, "%s/@%s", ask->site->base, m->login);
}

void masto_account(struct ask *ask, struct hy_json_writer *w, const struct member *m)
{
	hy_jw_object(w);
	masto_kid(ask, w, "id", m->id);
	hy_jw_kstr(w, "username", m->login);
	hy_jw_kstr(w, "acct", m->login);
	hy_jw_kstr(w, "display_name", m->name);
	hy_jw_kbool(w, "locked", false);
	hy_jw_kbool(w, "bot", false);
	masto_ktime(w, "created_at", ask->site->start - ask->site->start % HY_DAY);
	hy_jw_kstr(w, "note", "<p>样例 practice</p>");
	hy_jw_kstr(w, "url", url_of(ask, m, 0));
	hy_jw_kstr(w, "uri", url_of(ask, m, 0));
	hy_jw_kstr(w, "avatar", "");
	hy_jw_kint(w, "followers_count", 0);
	hy_jw_kint(w, "following_count", 0);
	hy_jw_kint(w, "statuses_count", 0);
	empty_array(w, "emojis");
	empty_array(w, "fields");
	hy_jw_end_object(w);
}

static void put_link(struct hy_buf *b, const char *url, size_t n)
{
	size_t head = !strncmp(url, "https://", 8) ? 8 : 7;
	size_t cut = n - head > 30 ? head + 30 : n;

	hy_buf_str(b, "<a href=\"");
	for (size_t i = 0; i < n; i++)
		hy_buf_fmt(b, url[i] == '&' ? "&amp;" : "%c", url[i]);
	hy_buf_fmt(b,
		   "\" target=\"_blank\" rel=\"nofollow noopener\"><span "
		   "class=\"invisible\">%.*s</span><span class=\"%s\">%.*s</span>"
		   "<span class=\"invisible\">%.*s</span></a>",
		   (int)head, url, cut < n ? "ellipsis" : "", (int)(cut - head), url + head,
		   (int)(n - cut), url + cut);
}

/* The text as Mastodon shows it: paragraphs, line breaks, links in three spans. */
static char *html_of(struct ask *ask, const char *text)
{
	struct hy_buf b;

	hy_buf_init(&b, ask, BODY_MAX);
	hy_buf_str(&b, "<p>");
	while (*text) {
		size_t n = strcspn(text, " \n<>\"");
		char one[2] = {*text, '\0'};

		if ((!strncmp(text, "http://", 7) || !strncmp(text, "https://", 8)) && n > 8) {
			put_link(&b, text, n);
			text += n;
		} else if (!strncmp(text, "\n\n", 2)) {
			hy_buf_str(&b, "</p><p>");
			text += 2;
		} else if (*text == '\n') {
			hy_buf_str(&b, "<br />");
			text++;
		} else {
			put_escaped(&b, one);
			text++;
		}
	}
	hy_buf_str(&b, "</p>");
	return hy_buf_take(&b, NULL);
}

static void put_mentions(struct ask *ask, struct hy_json_writer *w, const struct note *n)
{
	struct hy_practice *site = ask->site;

	hy_jw_key(w, "mentions");
	hy_jw_array(w);
	for (size_t i = 0; i < site->n_members; i++) {
		const struct member *m = site->members[i];

		if (m->platform != HY_PRACTICE_MASTODON || !note_mentions(n, m))
			continue;
		hy_jw_object(w);
		masto_kid(ask, w, "id", m->id);
		hy_jw_kstr(w, "username", m->login);
		hy_jw_kstr(w, "acct", m->login);
		hy_jw_kstr(w, "url", url_of(ask, m, 0));
		hy_jw_end_object(w);
	}
	hy_jw_end_array(w);
}

/* Bytes of the tag that s begins with, "#" included; 0 for none. */
static size_t tag_length(const char *s)
{
	size_t n = 1;

	if (*s != '#')
		return 0;
	while (s[n] && ((unsigned char)s[n] >= 0x80 || strchr("_", s[n]) ||
			(s[n] >= '0' && s[n] <= '9') || ((s[n] | 32) >= 'a' && (s[n] | 32) <= 'z')))
		n++;
	return n > 1 ? n : 0;
}

static void put_tags(struct ask *ask, struct hy_json_writer *w, const struct note *n)
{
	hy_jw_key(w, "tags");
	hy_jw_array(w);
	for (const char *s = n->text; (s = strchr(s, '#')); s++) {
		size_t k = tag_length(s);
		char *name;

		if (!k)
			continue;
		name = hy_strndup(ask, s + 1, k - 1);
		hy_jw_object(w);
		hy_jw_kstr(w, "name", name);
		hy_jw_kstr(w, "url", hy_strf(ask, "%s/tags/%s", ask->site->base, name));
		hy_jw_end_object(w);
	}
	hy_jw_end_array(w);
}

void masto_media(struct ask *ask, struct hy_json_writer *w, const struct note *n)
{
	bool ready = n->shown <= site_now(ask->site);

	hy_jw_object(w);
	masto_kid(ask, w, "id", n->id);
	hy_jw_kstr(w, "type", ready ? "image" : "unknown");
	hy_jw_kstr(w, "url", ready ? hy_strf(ask, "%s/media/%" PRId64, ask->site->base, n->id) : NULL);
	hy_jw_kstr(w, "preview_url", NULL);
	hy_jw_kstr(w, "remote_url", NULL);
	hy_jw_key(w, "meta");
	hy_jw_object(w);
	hy_jw_end_object(w);
	hy_jw_kstr(w, "description", *n->text ? n->text : NULL);
	hy_jw_kstr(w, "blurhash", NULL);
	hy_jw_end_object(w);
}

/* The media ids of a status stand in `extra`, parted by blanks. */
static void put_attachments(struct ask *ask, struct hy_json_writer *w, const struct note *n)
{
	const char *s = n->extra;

	hy_jw_key(w, "media_attachments");
	hy_jw_array(w);
	while (*s) {
		char *end;
		struct note *m = note_find(ask->site, HY_PRACTICE_MASTODON, strtoll(s, &end, 10));

		if (m && m->kind == NOTE_FILE)
			masto_media(ask, w, m);
		s = end + strspn(end, " ");
	}
	hy_jw_end_array(w);
}

void masto_status(struct ask *ask, struct hy_json_writer *w, const struct note *n)
{
	static const char *const nulls[] = {"reblog", "poll", "card", "text"};
	int64_t replies = 0;

	for (size_t i = 0; i < ask->site->n_notes; i++)
		replies += ask->site->notes[i]->parent == n && note_shown(ask->site, ask->site->notes[i]);
	hy_jw_object(w);
	masto_kid(ask, w, "id", n->id);
	hy_jw_kstr(w, "uri", url_of(ask, n->by, n->id));
	hy_jw_kstr(w, "url", url_of(ask, n->by, n->id));
	masto_ktime(w, "created_at", n->shown > n->made && *n->type == 's' ? n->shown : n->made);
	masto_ktime(w, "edited_at", n->edited);
	hy_jw_key(w, "account");
	masto_account(ask, w, n->by);
	hy_jw_kstr(w, "content", html_of(ask, n->text));
	hy_jw_kstr(w, "visibility", *n->title ? n->title : "public");
	hy_jw_kbool(w, "sensitive", false);
	hy_jw_kstr(w, "spoiler_text", "");
	hy_jw_kstr(w, "language", "zh");
	put_attachments(ask, w, n);
	put_mentions(ask, w, n);
	put_tags(ask, w, n);
	empty_array(w, "emojis");
	hy_jw_kint(w, "reblogs_count", 0);
	hy_jw_kint(w, "favourites_count", 0);
	hy_jw_kint(w, "replies_count", replies);
	masto_kid(ask, w, "in_reply_to_id", n->parent ? n->parent->id : 0);
	masto_kid(ask, w, "in_reply_to_account_id", n->parent ? n->parent->by->id : 0);
	for (size_t i = 0; i < HY_LEN(nulls); i++)
		hy_jw_kstr(w, nulls[i], NULL);
	hy_jw_end_object(w);
}

void masto_answer_status(struct ask *ask, const struct note *n)
{
	struct hy_json_writer *w = hy_json_writer_new(ask, false);

	masto_status(ask, w, n);
	answer_json(ask, 200, w);
}

static bool may_see(const struct ask *ask, const struct token *t, const struct note *n)
{
	if (n->platform != HY_PRACTICE_MASTODON || n->kind != NOTE_POST ||
	    !note_shown(ask->site, n))
		return false;
	return !*n->title || !strcmp(n->title, "public") || !strcmp(n->title, "unlisted") ||
	       (t && (n->by == t->of || note_mentions(n, t->of)));
}

struct note *masto_note(struct ask *ask, const struct token *t, int64_t id)
{
	struct note *n = note_find(ask->site, HY_PRACTICE_MASTODON, id);

	if (n && may_see(ask, t, n))
		return n;
	mastodon_error(ask, 404, "Record not found");
	return NULL;
}

/* ---- lists ---- */

enum list { LIST_PUBLIC, LIST_HOME, LIST_TAG, LIST_OF, LIST_NOTIFICATIONS };

struct listing {
	enum list list;
	const char *tag;
	const struct member *of;
};

static bool has_tag(const struct note *n, const char *tag)
{
	for (const char *s = n->text; (s = strchr(s, '#')); s++) {
		size_t k = tag_length(s);

		if (k && strlen(tag) == k - 1 && !strncasecmp(s + 1, tag, k - 1))
			return true;
	}
	return false;
}

static bool in_listing(struct ask *ask, const struct token *t, const struct listing *l,
		       const struct note *n)
{
	if (!may_see(ask, t, n))
		return false;
	switch (l->list) {
	case LIST_PUBLIC:
		return !*n->title || !strcmp(n->title, "public");
	case LIST_HOME:
		return n->by->ours;
	case LIST_TAG:
		return has_tag(n, l->tag);
	case LIST_OF:
		return n->by == l->of && !(ask_bool(ask, "exclude_replies") && n->parent);
	case LIST_NOTIFICATIONS:
		return note_mentions(n, t->of);
	}
	return false;
}

/* A notification's id is not that of its status. */
static int64_t listed_id(const struct listing *l, const struct note *n)
{
	return l->list == LIST_NOTIFICATIONS ? n->id + 1 : n->id;
}

static void put_listed(struct ask *ask, struct hy_json_writer *w, const struct listing *l,
		       const struct note *n)
{
	if (l->list != LIST_NOTIFICATIONS) {
		masto_status(ask, w, n);
		return;
	}
	hy_jw_object(w);
	masto_kid(ask, w, "id", n->id + 1);
	hy_jw_kstr(w, "type", "mention");
	hy_jw_kstr(w, "group_key", hy_strf(ask, "ungrouped-%" PRId64, n->id + 1));
	masto_ktime(w, "created_at", n->made);
	hy_jw_key(w, "account");
	masto_account(ask, w, n->by);
	hy_jw_key(w, "status");
	masto_status(ask, w, n);
	hy_jw_end_object(w);
}

/* Which of the n notes found (oldest first) are the page: [*from, *to). */
static void cut_page(struct ask *ask, size_t n, size_t limit, size_t *from, size_t *to)
{
	bool forward = ask_field(ask, "min_id");

	*from = forward || n <= limit ? 0 : n - limit;
	*to = forward && n > limit ? limit : n;
}

static void put_links(struct ask *ask, int64_t newest, int64_t oldest)
{
	answer_head(ask, "Link",
		    hy_strf(ask,
			    "<%s%s?max_id=%" PRId64 ">; rel=\"next\", <%s%s?min_id=%" PRId64
			    ">; rel=\"prev\"",
			    ask->site->base, ask->path, oldest, ask->site->base, ask->path, newest));
}

static bool wants_mentions(struct ask *ask)
{
	const char *types = ask_field(ask, "types[]"), *not = ask_field(ask, "exclude_types[]");

	return (!types || !strcmp(types, "mention")) && (!not || strcmp(not, "mention") != 0);
}

static void answer_list(struct ask *ask, const struct token *t, const struct listing *l)
{
	struct hy_practice *site = ask->site;
	bool note = l->list == LIST_NOTIFICATIONS;
	int64_t limit = ask_int(ask, "limit", note ? 40 : 20), most = note ? 80 : 40;
	int64_t max = ask_int(ask, "max_id", INT64_MAX), since = ask_int(ask, "since_id", 0);
	int64_t min = ask_int(ask, "min_id", 0);
	const struct note **found = hy_new_array(ask, const struct note *, site->n_notes + 1);
	struct hy_json_writer *w = hy_json_writer_new(ask, false);
	size_t n = 0, from, to;

	limit = limit < 1 ? 1 : limit > most ? most : limit;
	for (size_t i = 0; i < site->n_notes; i++) {
		int64_t id = listed_id(l, site->notes[i]);

		if (id < max && id > since && id > min && in_listing(ask, t, l, site->notes[i]) &&
		    (!note || wants_mentions(ask)))
			found[n++] = site->notes[i];
	}
	if (ask->fault.kind == HY_FAULT_EMPTY)
		n = 0;
	cut_page(ask, n, (size_t)limit, &from, &to);
	hy_jw_array(w);
	for (size_t i = to; i-- > from;)
		put_listed(ask, w, l, found[i]);
	hy_jw_end_array(w);
	if (to > from)
		put_links(ask, listed_id(l, found[to - 1]), listed_id(l, found[from]));
	answer_json(ask, 200, w);
}

/* ---- single things ---- */

static void answer_context(struct ask *ask, const struct token *t, int64_t id)
{
	struct note *n = masto_note(ask, t, id);
	struct hy_json_writer *w = hy_json_writer_new(ask, false);

	if (!n)
		return;
	hy_jw_object(w);
	hy_jw_key(w, "ancestors");
	hy_jw_array(w);
	if (n->parent && may_see(ask, t, n->parent))
		masto_status(ask, w, n->parent);
	hy_jw_end_array(w);
	hy_jw_key(w, "descendants");
	hy_jw_array(w);
	for (size_t i = 0; i < ask->site->n_notes; i++)
		if (ask->site->notes[i]->parent == n && may_see(ask, t, ask->site->notes[i]))
			masto_status(ask, w, ask->site->notes[i]);
	hy_jw_end_array(w);
	hy_jw_end_object(w);
	answer_json(ask, 200, w);
}

static void put_limits(struct ask *ask, struct hy_json_writer *w)
{
	hy_jw_key(w, "configuration");
	hy_jw_object(w);
	hy_jw_key(w, "urls");
	hy_jw_object(w);
	hy_jw_kstr(w, "streaming", ask->site->base);
	hy_jw_end_object(w);
	hy_jw_key(w, "statuses");
	hy_jw_object(w);
	hy_jw_kint(w, "max_characters", STATUS_MAX);
	hy_jw_kint(w, "max_media_attachments", 4);
	hy_jw_kint(w, "characters_reserved_per_url", URL_CHARS);
	hy_jw_end_object(w);
	hy_jw_key(w, "media_attachments");
	hy_jw_object(w);
	hy_jw_key(w, "supported_mime_types");
	hy_jw_array(w);
	hy_jw_str(w, "image/jpeg");
	hy_jw_str(w, "image/png");
	hy_jw_str(w, "image/gif");
	hy_jw_end_array(w);
	hy_jw_kint(w, "image_size_limit", (int64_t)MEDIA_MAX);
	hy_jw_kint(w, "description_limit", 1500);
	hy_jw_end_object(w);
	hy_jw_end_object(w);
}

static void answer_instance(struct ask *ask, bool v1)
{
	struct hy_json_writer *w = hy_json_writer_new(ask, false);

	hy_jw_object(w);
	hy_jw_kstr(w, v1 ? "uri" : "domain", "127.0.0.1");
	hy_jw_kstr(w, "title", "临江样例 practice");
	hy_jw_kstr(w, "version", "4.3.0");
	hy_jw_kstr(w, "description", "样例 practice");
	put_limits(ask, w);
	hy_jw_key(w, "registrations");
	if (v1) {
		hy_jw_bool(w, false);
	} else {
		hy_jw_object(w);
		hy_jw_kbool(w, "enabled", false);
		hy_jw_end_object(w);
	}
	empty_array(w, "rules");
	empty_array(w, "languages");
	hy_jw_end_object(w);
	answer_json(ask, 200, w);
}

static void answer_search(struct ask *ask, const struct token *t)
{
	const char *q = ask_field(ask, "q");
	struct hy_json_writer *w = hy_json_writer_new(ask, false);

	hy_jw_object(w);
	empty_array(w, "accounts");
	empty_array(w, "hashtags");
	hy_jw_key(w, "statuses");
	hy_jw_array(w);
	for (size_t i = ask->site->n_notes; q && *q && i-- > 0;)
		if (may_see(ask, t, ask->site->notes[i]) && strstr(ask->site->notes[i]->text, q))
			masto_status(ask, w, ask->site->notes[i]);
	hy_jw_end_array(w);
	hy_jw_end_object(w);
	answer_json(ask, 200, w);
}

static void answer_account(struct ask *ask, const struct member *m)
{
	struct hy_json_writer *w = hy_json_writer_new(ask, false);

	if (!m) {
		mastodon_error(ask, 404, "Record not found");
		return;
	}
	masto_account(ask, w, m);
	answer_json(ask, 200, w);
}

static void answer_unread(struct ask *ask, const struct token *t)
{
	struct hy_json_writer *w = hy_json_writer_new(ask, false);
	int64_t n = 0;

	for (size_t i = 0; i < ask->site->n_notes; i++)
		n += may_see(ask, t, ask->site->notes[i]) &&
		     note_mentions(ask->site->notes[i], t->of);
	hy_jw_object(w);
	hy_jw_kint(w, "count", n);
	hy_jw_end_object(w);
	answer_json(ask, 200, w);
}

static void answer_media(struct ask *ask, int64_t id)
{
	struct note *n = note_find(ask->site, HY_PRACTICE_MASTODON, id);
	struct hy_json_writer *w = hy_json_writer_new(ask, false);
	const char *text = ask_field(ask, "description");

	if (!n || n->kind != NOTE_FILE) {
		mastodon_error(ask, 404, "Record not found");
		return;
	}
	if (ask->method == M_PUT && text)
		n->text = hy_strdup(n, text);
	masto_media(ask, w, n);
	answer_json(ask, n->shown <= site_now(ask->site) ? 200 : 206, w);
}

/* ---- doors ---- */

static bool counted(struct ask *ask, const struct token *t)
{
	const char *key = t ? t->of->login : "127.0.0.1";
	bool fits = quota_take(ask->site, "mastodon/five-minutes", key, CALLS, 5 * HY_MINUTE);
	const struct quota *q =
		quota_look(ask->site, "mastodon/five-minutes", key, CALLS, 5 * HY_MINUTE);
	char iso[HY_TIME_ISO_MAX];

	hy_time_iso(quota_reset(q), iso);
	answer_head(ask, "X-RateLimit-Limit", hy_strf(ask, "%d", q->limit));
	answer_head(ask, "X-RateLimit-Remaining", hy_strf(ask, "%d", quota_left(q)));
	answer_head(ask, "X-RateLimit-Reset", hy_strf(ask, "%.19s.000000Z", iso));
	if (!fits)
		mastodon_error(ask, 429, "Too many requests");
	return fits;
}

/* The number that stands in the path after `head`, with *tail behind it; 0 when it does not fit. */
static int64_t id_after(const char *path, const char *head, const char **tail)
{
	size_t n = strlen(head);
	char *end;
	long long id;

	if (strncmp(path, head, n) != 0 || path[n] < '0' || path[n] > '9')
		return 0;
	id = strtoll(path + n, &end, 10);
	*tail = end;
	return *end && *end != '/' ? 0 : id;
}

static void route_status(struct ask *ask, struct token *t, int64_t id, const char *tail)
{
	struct note *n;

	if (!strcmp(tail, "/context")) {
		answer_context(ask, t, id);
	} else if (*tail && strcmp(tail, "/source") != 0) {
		mastodon_error(ask, 404, "Record not found");
	} else if (ask->method == M_PUT) {
		masto_edit(ask, t, id);
	} else if (ask->method == M_DELETE) {
		masto_delete(ask, t, id);
	} else if ((n = masto_note(ask, t, id))) {
		masto_answer_status(ask, n);
	}
}

static void route_account(struct ask *ask, struct token *t, int64_t id, const char *tail)
{
	struct listing of = {LIST_OF, NULL, member_by_id(ask->site, HY_PRACTICE_MASTODON, id)};

	if (!of.of || (*tail && strcmp(tail, "/statuses") != 0))
		mastodon_error(ask, 404, "Record not found");
	else if (*tail)
		answer_list(ask, t, &of);
	else
		answer_account(ask, of.of);
}

/* What needs no token. False when the path is none of these. */
static bool route_open(struct ask *ask, struct token *t)
{
	struct listing all = {LIST_PUBLIC, NULL, NULL}, tag = {LIST_TAG, NULL, NULL};
	const char *p = ask->path, *tail = "";
	int64_t id;

	if (!strcmp(p, "/api/v1/apps") && ask->method == M_POST)
		masto_apps(ask);
	else if (!strcmp(p, "/api/v1/instance") || !strcmp(p, "/api/v1/instance/"))
		answer_instance(ask, true);
	else if (!strcmp(p, "/api/v2/instance"))
		answer_instance(ask, false);
	else if (!strcmp(p, "/api/v1/timelines/public"))
		answer_list(ask, t, &all);
	else if (!strncmp(p, "/api/v1/timelines/tag/", 22) && p[22])
		tag.tag = p + 22, answer_list(ask, t, &tag);
	else if (ask->method == M_GET && (id = id_after(p, "/api/v1/statuses/", &tail)))
		route_status(ask, t, id, tail);
	else if (ask->method == M_GET && (id = id_after(p, "/api/v1/accounts/", &tail)))
		route_account(ask, t, id, tail);
	else if (!strcmp(p, "/api/v1/accounts/lookup"))
		answer_account(ask, member_find(ask->site, HY_PRACTICE_MASTODON,
						ask_field(ask, "acct")));
	else if (!strcmp(p, "/api/v1/streaming/health"))
		answer_text(ask, 200, "OK");
	else
		return false;
	return true;
}

static void route_own(struct ask *ask, struct token *t)
{
	struct listing home = {LIST_HOME, NULL, NULL}, notes = {LIST_NOTIFICATIONS, NULL, NULL};
	const char *p = ask->path, *tail = "";
	int64_t id;

	if (!strcmp(p, "/api/v1/statuses") && ask->method == M_POST)
		masto_post(ask, t);
	else if ((id = id_after(p, "/api/v1/statuses/", &tail)))
		route_status(ask, t, id, tail);
	else if (!strcmp(p, "/api/v1/accounts/verify_credentials") ||
		 !strcmp(p, "/oauth/userinfo"))
		answer_account(ask, t->of);
	else if (!strcmp(p, "/api/v1/timelines/home"))
		answer_list(ask, t, &home);
	else if (!strcmp(p, "/api/v1/notifications"))
		answer_list(ask, t, &notes);
	else if (!strcmp(p, "/api/v1/notifications/unread_count"))
		answer_unread(ask, t);
	else if (!strcmp(p, "/api/v2/search"))
		answer_search(ask, t);
	else if (!strcmp(p, "/api/v2/media") && ask->method == M_POST)
		masto_upload(ask, t);
	else if ((id = id_after(p, "/api/v1/media/", &tail)) && !*tail)
		answer_media(ask, id);
	else if (!strcmp(p, "/api/v1/scheduled_statuses"))
		masto_scheduled(ask, t, 0);
	else if ((id = id_after(p, "/api/v1/scheduled_statuses/", &tail)) && !*tail)
		masto_scheduled(ask, t, id);
	else
		mastodon_error(ask, 404, "Not Found");
}

void answer_mastodon(struct ask *ask)
{
	const char *head = ask->authorization, *text = NULL;
	struct token *t;

	if (head && !strncasecmp(head, "Bearer ", 7))
		text = head + 7 + strspn(head + 7, " ");
	t = token_find(ask->site, HY_PRACTICE_MASTODON, text);
	if (text && (!t || token_ended(ask->site, t))) {
		mastodon_error(ask, 401,
			       t && t->revoked ? "The access token was revoked"
					       : "The access token is invalid");
		return;
	}
	if (!counted(ask, t))
		return;
	if (!strncmp(ask->path, "/oauth/", 7) && strcmp(ask->path, "/oauth/userinfo") != 0) {
		masto_oauth(ask, ask->path + 7);
		return;
	}
	if (route_open(ask, t))
		return;
	if (!t)
		mastodon_error(ask, 401, "This method requires an authenticated user");
	else
		route_own(ask, t);
}

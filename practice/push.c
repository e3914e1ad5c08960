/*
 * Callbacks: what a platform pushes to the office's own receiver. Five seconds for an answer, three
 * tries in all, the same bytes each time; a script can lose, double or shuffle them.
 */
#include "config.h"
#include "practice/push.h"

#include "net/net.h"
#include "practice/wire.h"

#include <stdlib.h>
#include <string.h>

#define ANSWER_TIME (5 * HY_SECOND)
#define TRIES 3
#define HELD_MS 2000 /* the shuffled are let go after so long without another one */
#define PUSHES_MAX 20000
#define PORTS_AT_ONCE 16

/* ---- sending ---- */

static void send_push(struct push *p);

static void on_answer(void *user, struct hy_net_response *r)
{
	struct push *p = user;
	struct hook *h = p->site->hooks[p->platform];

	p->http = r->http;
	p->answer = hy_strndup(p, r->body ? r->body : "", r->n_body);
	p->why = r->status ? hy_strdup(p, r->err.text) : "";
	if (r->status == HY_OK && r->http == 200) {
		p->state = PUSH_DONE;
		if (h && h->answered)
			h->answered(p);
	} else if (p->tries < TRIES) {
		send_push(p);
	} else {
		p->state = PUSH_FAILED; /* the person reads "service unavailable" */
	}
}

static void send_push(struct push *p)
{
	const struct hy_net_header head = {"Content-Type", p->type};
	struct hy_net_request q = {.method = "POST",
				   .url = p->url,
				   .reach = p->reach,
				   .body = p->body,
				   .n_body = p->n_body,
				   .headers = &head,
				   .n_headers = 1,
				   .timeout = ANSWER_TIME};

	p->tries++;
	p->state = PUSH_SENT;
	hy_net_fetch(p->site->net, &q, on_answer, p);
}

static void release(void *user)
{
	struct hy_practice *site = user;
	struct push **held = hy_new_array(NULL, struct push *, site->n_pushes + 1);
	size_t n = 0;

	for (size_t i = 0; i < site->n_pushes; i++)
		if (site->pushes[i]->state == PUSH_HELD)
			held[n++] = site->pushes[i];
	/* Never in the order in which they came: turned round, then shuffled. */
	for (size_t i = 0; i < n / 2; i++) {
		struct push *other = held[i];

		held[i] = held[n - 1 - i];
		held[n - 1 - i] = other;
	}
	for (size_t i = n; i > 3; i--) {
		size_t k = hy_rand_below(&site->rand, i - 2);
		struct push *other = held[i - 1];

		held[i - 1] = held[k];
		held[k] = other;
	}
	for (size_t i = 0; i < n; i++)
		send_push(held[i]);
	talloc_free(held);
}

static bool net_ready(struct hy_practice *site)
{
	struct hy_net_options o = {.per_host = PORTS_AT_ONCE, .clock = site->clock};

	if (!site->net && hy_net_new(&site->net, site, site->loop, &o, NULL))
		site->net = NULL;
	return site->net;
}

static struct push *push_one(struct hy_practice *site, enum hy_practice_platform platform,
			     const struct pushed *what)
{
	struct push *p = hy_new(site, struct push);

	p->site = site;
	p->platform = platform;
	p->note = what->note;
	p->url = hy_strdup(p, what->url);
	p->reach = hy_strdup(p, site->hooks[platform]->reach);
	p->type = hy_strdup(p, what->type);
	p->body = hy_memdup(p, what->body, what->n_body);
	p->n_body = what->n_body;
	p->answer = p->why = "";
	p->made = site_now(site);
	site->pushes = hy_grow(site, site->pushes, struct push *, site->n_pushes + 1);
	site->pushes[site->n_pushes++] = p;
	return p;
}

void push_add(struct hy_practice *site, enum hy_practice_platform platform,
	      const struct pushed *what)
{
	enum hy_practice_fault fault = fault_take_push(site, platform);
	struct push *p;

	if (!site->hooks[platform] || site->n_pushes + 2 > PUSHES_MAX || !net_ready(site))
		return;
	p = push_one(site, platform, what);
	if (fault == HY_FAULT_LOST) {
		p->state = PUSH_LOST;
	} else if (fault == HY_FAULT_SHUFFLE) {
		p->state = PUSH_HELD;
		if (!site->push_timer)
			site->push_timer = hy_loop_timer(site->loop, release, site);
		hy_timer_arm(site->push_timer, HELD_MS);
	} else {
		send_push(p);
		if (fault == HY_FAULT_DOUBLE)
			send_push(push_one(site, platform, what));
	}
}

/* ---- signing ---- */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

char *sign_sorted(const void *ctx, const char *const *parts, size_t n)
{
	const char **sorted = hy_memdup(ctx, parts, n * sizeof(*parts));
	uint8_t hash[HY_SHA1_LEN];
	struct hy_buf b;

	qsort(sorted, n, sizeof(*sorted), by_text);
	hy_buf_init(&b, ctx, BODY_MAX);
	for (size_t i = 0; i < n; i++)
		hy_buf_str(&b, sorted[i]);
	hy_sha1(b.data, b.len, hash);
	return hy_hex(ctx, hash, sizeof(hash));
}

char *push_query(struct hy_practice *site, const void *ctx, const char *secret,
		 const char **timestamp, const char **nonce)
{
	const char *parts[3] = {secret};

	parts[1] = *timestamp = hy_strf(ctx, "%" PRId64, site_now(site) / HY_SECOND);
	parts[2] = *nonce = hy_strf(ctx, "%" PRIu64, hy_rand_below(&site->rand, 1000000000));
	return hy_strf(ctx, "signature=%s&timestamp=%s&nonce=%s", sign_sorted(ctx, parts, 3),
		       *timestamp, *nonce);
}

char *push_url(const void *ctx, const struct hook *h, const char *query)
{
	return hy_strf(ctx, "%s%s%s", h->url, strchr(h->url, '?') ? "&" : "?", query);
}

/* ---- Weibo's fan service ---- */

/* "Mon Jul 16 18:09:20 +0800 2012" */
static char *weibo_when(const void *ctx, hy_time t)
{
	char http[32], iso[HY_TIME_ISO_OFFSET_MAX];

	hy_time_http(t + 8 * HY_HOUR, http);
	hy_time_iso_offset(t, 480, iso);
	return hy_strf(ctx, "%.3s %.3s %.2s %.8s +0800 %.4s", http, http + 8, http + 5, iso + 11,
		       iso);
}

static void push_weibo(struct hy_practice *site, struct note *n)
{
	struct hook *h = site->hooks[HY_PRACTICE_WEIBO];
	struct pushed what = {.note = n, .type = "application/json"};
	struct hy_json_writer *w = hy_json_writer_new(NULL, false);
	const char *timestamp, *nonce;

	hy_jw_object(w);
	hy_jw_kstr(w, "type", *n->type ? n->type : "text");
	hy_jw_kint(w, "receiver_id", n->to->id);
	hy_jw_kint(w, "sender_id", n->by->id);
	hy_jw_kstr(w, "created_at", weibo_when(w, n->made));
	hy_jw_kstr(w, "text", n->text);
	hy_jw_key(w, "data");
	hy_jw_object(w);
	if (!strcmp(n->type, "event"))
		hy_jw_kstr(w, "subtype", n->extra);
	hy_jw_end_object(w);
	hy_jw_end_object(w);
	what.body = hy_jw_text(w, &what.n_body);
	what.url = push_url(w, h, push_query(site, w, h->secret, &timestamp, &nonce));
	push_add(site, HY_PRACTICE_WEIBO, &what);
	talloc_free(w);
}

/* ---- where to ---- */

void note_said(struct hy_practice *site, struct note *n)
{
	if (n->kind != NOTE_MESSAGE)
		return;
	n->by->spoke = n->made;
	if (!n->to) /* to the first of the office's accounts there */
		for (size_t i = site->n_members; i-- > 0;)
			if (site->members[i]->platform == n->platform && site->members[i]->ours)
				n->to = site->members[i];
	if (n->platform == HY_PRACTICE_WEIBO && site->hooks[n->platform] && n->to)
		push_weibo(site, n);
	else if (n->platform == HY_PRACTICE_WECHAT)
		wechat_push_message(site, n);
	else if (n->platform == HY_PRACTICE_SMS)
		smpp_message(site, n);
	else if (n->platform == HY_PRACTICE_MAIL)
		mail_said(n);
}

/* Asks the receiver to prove that it knows the secret, as the platforms do when the address is set. */
static void on_proof(void *user, struct hy_net_response *r)
{
	struct hook *h = user;

	h->proved = r->status == HY_OK && r->http == 200 && h->echo && !strcmp(r->body, h->echo);
}

static void ask_proof(struct hy_practice *site, struct hook *h)
{
	const char *timestamp, *nonce;
	char *query = push_query(site, h, h->secret, &timestamp, &nonce);
	struct hy_net_request q = {.reach = h->reach, .timeout = ANSWER_TIME};

	h->echo = hy_strf(h, "%" PRIu64, hy_rand_next(&site->rand));
	q.url = push_url(h, h, hy_strf(h, "%s&echostr=%s", query, h->echo));
	if (net_ready(site))
		hy_net_fetch(site->net, &q, on_proof, h);
}

void do_hook(struct ask *ask)
{
	const char *name = ask_field(ask, "platform"), *url = ask_field(ask, "url");
	const char *secret = ask_field(ask, "secret"), *mode = ask_field(ask, "mode");
	enum hy_practice_platform p;
	struct hook *h;
	const char *host;

	if (!name || !platform_parse(name, &p) || !url || strncmp(url, "http://127.0.0.1:", 17)) {
		answer_text(ask, 400, "hook needs platform and url=http://127.0.0.1:PORT/...\n");
		return;
	}
	h = hy_new(ask->site, struct hook);
	host = url + 7;
	h->url = hy_strdup(h, url);
	h->reach = hy_strndup(h, host, strcspn(host, "/?"));
	h->mode = hy_strdup(h, mode ? mode : "plain");
	h->secret = hy_strdup(h, secret			   ? secret
				 : p == HY_PRACTICE_WECHAT ? "practicetoken"
							   : "practice-secret");
	/* Pushes under way keep what they were sent with; the old hook is kept for them. */
	ask->site->hooks[p] = h;
	ask_proof(ask->site, h);
	answer_text(ask, 200, "ok\n");
}

/* ---- what became of them ---- */

void put_pushes(struct hy_practice *site, struct hy_json_writer *w, enum hy_practice_platform p)
{
	static const char *const states[] = {"held", "sent", "done", "failed", "lost"};
	struct hook *h = site->hooks[p];

	hy_jw_key(w, "hook");
	hy_jw_object(w);
	if (h) {
		hy_jw_kstr(w, "url", h->url);
		hy_jw_kbool(w, "proved", h->proved);
	}
	hy_jw_end_object(w);
	hy_jw_key(w, "pushes");
	hy_jw_array(w);
	for (size_t i = 0; i < site->n_pushes; i++) {
		const struct push *one = site->pushes[i];

		if (one->platform != p)
			continue;
		hy_jw_object(w);
		hy_jw_kstr(w, "note", hy_strf(w, "%" PRId64, one->note ? one->note->id : 0));
		hy_jw_kstr(w, "state", states[one->state]);
		hy_jw_kint(w, "tries", one->tries);
		hy_jw_kint(w, "http", one->http);
		hy_jw_kstr(w, "answer", one->answer);
		hy_jw_kstr(w, "why", one->why);
		hy_jw_end_object(w);
	}
	hy_jw_end_array(w);
}

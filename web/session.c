/*
 * Who is there. The cookie is 256 random bits and the record holds only its SHA-256; a log-in
 * always makes a new one (no fixation); whoever posts with a cookie must also know the session's
 * token.
 */
#include "web/internal.h"
#include "web/pages.h"

#include <string.h>

#define TOKEN_BYTES 32
#define TOUCH_EVERY HY_MINUTE
#define SLOW_AFTER 3
#define SLOW_MOST (60 * HY_SECOND)
#define SLOW_FORGET (15 * HY_MINUTE)

static const char *cookie_name(const struct hy_web *w)
{
	return w->https ? WEB_COOKIE_HTTPS : WEB_COOKIE_HTTP;
}

static void set_cookie(struct web_call *c, const char *value, bool gone)
{
	web_answer_header(&c->req->answer, "Set-Cookie",
			  hy_strf(c->req, "%s=%s; Path=/; %sHttpOnly; SameSite=Strict%s",
				  cookie_name(c->web), value, c->web->https ? "Secure; " : "",
				  gone ? "; Max-Age=0" : ""));
}

static enum hy_status find_by_cookie(struct web_call *c, const char *cookie)
{
	struct hy_person *who = NULL;
	struct hy_err err = {0};
	hy_time now = hy_now(c->web->conf.clock);
	uint8_t *id = c->req->session;

	hy_sha256(cookie, strlen(cookie), id);
	switch (c->vt->session_get(c->desk, c->req, id, &c->session, &who, &err)) {
	case HY_OK:
		break;
	case HY_EAUTH:
	case HY_ENOTFOUND:
		return HY_OK;
	default:
		c->err = err;
		return err.status;
	}
	if (now >= c->session.until || now - c->session.seen > WEB_SESSION_IDLE || !who->active) {
		(void)c->vt->session_remove(c->desk, id, NULL); /* it is over in any case */
		memset(&c->session, 0, sizeof(c->session));
		return HY_OK;
	}
	/* A failure to note the visit only ends the session earlier. */
	if (now - c->session.seen > TOUCH_EVERY)
		(void)c->vt->session_touch(c->desk, id, now, NULL);
	c->who = who;
	return HY_OK;
}

enum hy_status web_session_find(struct web_call *c)
{
	char *cookie;

	if (c->req->bearer) {
		enum hy_status status =
			c->vt->token(c->desk, c->req, c->req->bearer, &c->who, &c->err);
		c->by_token = !status;
		return status == HY_EAUTH ? HY_OK : status;
	}
	cookie = web_cookie(c->req, c->req->cookie, cookie_name(c->web));
	if (!cookie || strlen(cookie) > 128)
		return HY_OK;
	return find_by_cookie(c, cookie);
}

enum hy_status web_session_start(struct web_call *c, const struct hy_person *p)
{
	uint8_t bytes[TOKEN_BYTES], id[HY_SHA256_LEN];
	hy_time now = hy_now(c->web->conf.clock);
	struct hy_session s = {.person = p->id, .made = now, .seen = now};
	char *cookie, *csrf;
	enum hy_status status;

	s.until = now + WEB_SESSION_LIFE;
	hy_random_bytes(bytes, sizeof(bytes));
	cookie = hy_base64(c->req, bytes, sizeof(bytes), true);
	hy_random_bytes(bytes, sizeof(bytes));
	csrf = hy_base64(c->req, bytes, sizeof(bytes), true);
	memcpy(s.csrf, csrf,
	       strlen(csrf) + 1 > sizeof(s.csrf) ? sizeof(s.csrf) - 1 : strlen(csrf) + 1);
	hy_sha256(cookie, strlen(cookie), id);
	web_session_end(c);
	status = c->vt->session_add(c->desk, id, &s, &c->err);
	if (!status)
		set_cookie(c, cookie, false);
	return status;
}

void web_session_end(struct web_call *c)
{
	if (!c->session.csrf[0])
		return;
	(void)c->vt->session_remove(c->desk, c->req->session, NULL); /* gone or gone already */
	c->req->answer.ends_session = true;
	memset(&c->session, 0, sizeof(c->session));
}

static bool from_ours(const struct web_req *req)
{
	if (req->origin && !web_origin_ours(req, req->origin))
		return false;
	return !req->fetch_site || !strcmp(req->fetch_site, "same-origin") ||
	       !strcmp(req->fetch_site, "none");
}

bool web_csrf_ok(struct web_call *c)
{
	const char *sent = web_field(&c->form, "csrf");
	size_t n = strlen(c->session.csrf);

	if (c->by_token)
		return true;
	if (!from_ours(c->req))
		return false;
	if (!c->req->route->duties && !n) /* log-in, look-up: no session that could be ridden */
		return true;
	if (!c->req->route->duties && c->req->route->kind == WEB_PAGE)
		return true;
	if (!sent)
		sent = c->req->csrf;
	return sent && n && strlen(sent) == n && hy_equal_ct(sent, c->session.csrf, n);
}

/* ---- brute force ---- */

static struct web_slow *slow_slot(struct hy_web *w, uint64_t key, int64_t now)
{
	struct web_slow *oldest = &w->slow[key % WEB_SLOTS];

	for (size_t i = 0; i < 8; i++) {
		struct web_slow *s = &w->slow[(key + i) % WEB_SLOTS];

		if (s->key == key) {
			if (now - s->last > SLOW_FORGET)
				s->failures = 0;
			return s;
		}
		if (s->last < oldest->last)
			oldest = s;
	}
	return oldest;
}

int64_t web_slow_wait(struct hy_web *w, uint64_t key, int64_t now)
{
	return web_slow_wait_after(w, key, SLOW_AFTER, now);
}

int64_t web_slow_wait_after(struct hy_web *w, uint64_t key, int tries, int64_t now)
{
	int64_t wait = 0;

	pthread_mutex_lock(&w->slow_lock);
	struct web_slow *s = slow_slot(w, key, now);
	if (s->key == key && s->failures >= tries) {
		int64_t pause = HY_SECOND << (s->failures - tries > 6 ? 6 : s->failures - tries);
		if (pause > SLOW_MOST)
			pause = SLOW_MOST;
		wait = s->last + pause - now;
	}
	pthread_mutex_unlock(&w->slow_lock);
	return wait > 0 ? wait : 0;
}

void web_slow_failed(struct hy_web *w, uint64_t key, int64_t now)
{
	pthread_mutex_lock(&w->slow_lock);
	struct web_slow *s = slow_slot(w, key, now);
	if (s->key != key)
		*s = (struct web_slow){.key = key};
	s->failures++;
	s->last = now;
	pthread_mutex_unlock(&w->slow_lock);
}

void web_slow_passed(struct hy_web *w, uint64_t key)
{
	pthread_mutex_lock(&w->slow_lock);
	struct web_slow *s = slow_slot(w, key, 0);
	if (s->key == key)
		*s = (struct web_slow){0};
	pthread_mutex_unlock(&w->slow_lock);
}

int64_t web_minute_wait(struct hy_web *w, uint64_t key, int most, int64_t now)
{
	int64_t wait = 0;

	pthread_mutex_lock(&w->slow_lock);
	struct web_slow *s = slow_slot(w, key, now);
	if (s->key == key && s->failures >= most)
		wait = s->last + HY_MINUTE - now;
	pthread_mutex_unlock(&w->slow_lock);
	return wait > 0 ? wait : 0;
}

/* last is here when the minute began. */
void web_minute_failed(struct hy_web *w, uint64_t key, int64_t now)
{
	pthread_mutex_lock(&w->slow_lock);
	struct web_slow *s = slow_slot(w, key, now);
	if (s->key != key || now - s->last >= HY_MINUTE)
		*s = (struct web_slow){.key = key, .last = now};
	s->failures++;
	pthread_mutex_unlock(&w->slow_lock);
}

/*
 * A code has eight digits. Ten typing errors a minute from one address are forgiven (behind a proxy
 * everybody has its address, so there it is sixty); and one case, from wherever, takes ten, then
 * slows down to one a minute: a hundred million codes would last 190 years.
 */
#define LOOKUP_TRIES 10
#define LOOKUP_TRIES_PROXY 60

static uint64_t lookup_number_key(const char *number)
{
	return hy_xxh64(number, strlen(number)) ^ 1;
}

static uint64_t lookup_address_key(const struct web_call *c)
{
	return hy_xxh64(c->req->remote, strlen(c->req->remote)) ^ 2;
}

int64_t web_lookup_wait(struct web_call *c, const char *number)
{
	int64_t now = hy_monotonic();
	int64_t a = web_slow_wait_after(c->web, lookup_number_key(number), LOOKUP_TRIES, now);
	int64_t b = web_minute_wait(c->web, lookup_address_key(c),
				    c->web->https ? LOOKUP_TRIES_PROXY : LOOKUP_TRIES, now);

	return a > b ? a : b;
}

void web_lookup_failed(struct web_call *c, const char *number)
{
	int64_t now = hy_monotonic();

	web_slow_failed(c->web, lookup_number_key(number), now);
	web_minute_failed(c->web, lookup_address_key(c), now);
}

/* ---- pages ---- */

/* Only a path of ours: never //host, never \. */
static const char *safe_next(const char *next)
{
	if (!next || next[0] != '/' || next[1] == '/' || strpbrk(next, "\\\r\n"))
		return "/";
	return next;
}

static void login_form(struct web_call *c, const char *login, const char *why)
{
	const char *next = web_field(c->form.n ? &c->form : &c->query, "next");

	page_open(c, _("Log in"), NULL);
	h(c, "<section class=\"card login\">");
	if (why)
		hf(c, "<p class=\"note bad\" role=\"alert\"><b>%s</b> %s</p>", "✗", why);
	hf(c,
	   "<form method=\"post\" action=\"/login\"><input type=\"hidden\" name=\"next\" "
	   "value=\"%s\">",
	   safe_next(next));
	hf(c,
	   "<label>%s<input name=\"login\" autocomplete=\"username\" required autofocus "
	   "value=\"%s\"></label>",
	   _("Login"), login ? login : "");
	hf(c,
	   "<label>%s<input name=\"password\" type=\"password\" "
	   "autocomplete=\"current-password\" required></label>",
	   _("Password"));
	hf(c, "<button class=\"main\">%s</button></form>", _("Log in"));
	hf(c, "<p class=\"hint\">%s <a href=\"/lookup\">%s</a> · <a href=\"/public/\">%s</a></p>",
	   _("No account here?"), _("Look up a case"), _("Public statements"));
	cli_twin(c, "huying user link LOGIN");
	h(c, "</section>");
	page_close(c);
}

void web_login_page(struct web_call *c)
{
	if (c->who)
		web_redirect(c, "/");
	else
		login_form(c, NULL, NULL);
}

static void too_often(struct web_call *c, const char *login, int64_t wait)
{
	c->req->answer.status = 429;
	web_answer_header(&c->req->answer, "Retry-After",
			  hy_strf(c->req, "%" PRId64, (wait + 999) / 1000));
	login_form(c, login,
		   hy_strf(c->req, _("Too many wrong passwords. Try again in %d s."),
			   (int)((wait + 999) / 1000)));
}

void web_login_do(struct web_call *c)
{
	const char *login = web_field(&c->form, "login");
	const char *password = web_field(&c->form, "password");
	struct hy_person *p = NULL;
	uint64_t key;
	int64_t wait;
	enum hy_status status;

	if (!login || !password || !*login || strlen(login) > 100 || strlen(password) > 1024) {
		c->req->answer.status = 400;
		login_form(c, login, _("Give login and password."));
		return;
	}
	key = hy_xxh64(login, strlen(login));
	wait = web_slow_wait(c->web, key, hy_monotonic());
	if (wait) {
		too_often(c, login, wait);
		return;
	}
	/* One at a time: each takes 256 MiB, and guessing is no faster for more connections. */
	pthread_mutex_lock(&c->web->hash_lock);
	status = c->vt->login(c->desk, c->req, login, password, &p, &c->err);
	pthread_mutex_unlock(&c->web->hash_lock);
	if (status == HY_EAUTH) {
		web_slow_failed(c->web, key, hy_monotonic());
		hy_log(HY_LOG_NOTICE, "web", "log-in refused", "LOGIN", login, "ADDRESS",
		       c->req->remote, NULL);
		c->req->answer.status = 401;
		login_form(c, login, _("Login or password is wrong."));
		return;
	}
	if (!status) {
		web_slow_passed(c->web, key);
		status = web_session_start(c, p);
	}
	if (status)
		web_fail(c);
	else
		web_redirect(c, safe_next(web_field(&c->form, "next")));
}

/* The link shows a button: a mail scanner that fetches it does not use it up. */
void web_hello_page(struct web_call *c)
{
	const char *key = web_field(&c->query, "k");

	page_open(c, _("Welcome"), NULL);
	hf(c,
	   "<section class=\"card login\"><p>%s</p><form method=\"post\" action=\"/hello\">"
	   "<input type=\"hidden\" name=\"k\" value=\"%s\"><button class=\"main\" autofocus>%s"
	   "</button></form></section>",
	   _("This link logs you in once."), key ? key : "", _("Log in"));
	page_close(c);
}

void web_hello_do(struct web_call *c)
{
	const char *key = web_field(&c->form, "k");
	struct hy_person *p = NULL;
	enum hy_status status;

	status = c->vt->login_link(c->desk, c->req, key ? key : "", &p, &c->err);
	if (status == HY_EAUTH || status == HY_ENOTFOUND) {
		c->req->answer.status = 401;
		login_form(c, NULL, _("This link has been used or is too old. Ask for a new one."));
		return;
	}
	if (!status)
		status = web_session_start(c, p);
	if (status)
		web_fail(c);
	else
		web_redirect(c, "/");
}

void web_logout_do(struct web_call *c)
{
	web_session_end(c);
	set_cookie(c, "", true);
	web_redirect(c, "/login");
}

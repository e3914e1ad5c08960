/*
 * /api/v1: an action of the desk by its name. GET asks by the query, POST acts by a JSON object;
 * what comes back is the desk's own JSON. And what machines ask of us: health, metrics, live
 * change.
 */
#include "web/pages.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- parameters ---- */

static bool to_int(const char *s, int64_t *out)
{
	char *end = NULL;

	errno = 0;
	*out = strtoll(s, &end, 10);
	return !errno && end != s && !*end && strchr("-0123456789", *s);
}

static void write_list(struct hy_json_writer *w, const char *value)
{
	hy_jw_array(w);
	while (*value) {
		size_t n = strcspn(value, ",");
		if (n)
			hy_jw_strn(w, value, n);
		value += n + (value[n] == ',');
	}
	hy_jw_end_array(w);
}

bool web_param_write(struct hy_json_writer *w, const struct hy_param *p, const char *value)
{
	int64_t v = 0;

	hy_jw_key(w, p->name);
	switch (p->type) {
	case HY_PARAM_INT:
		if (!to_int(value, &v))
			return false;
		hy_jw_int(w, v);
		return true;
	case HY_PARAM_BOOL:
		v = !strcmp(value, "true") || !strcmp(value, "1") || !strcmp(value, "on");
		hy_jw_bool(w, v);
		return v || !*value || !strcmp(value, "false") || !strcmp(value, "0");
	case HY_PARAM_LIST:
		write_list(w, value);
		return true;
	case HY_PARAM_STR:
	case HY_PARAM_TIME:
		break;
	}
	hy_jw_str(w, value);
	return true;
}

static const struct hy_param *find_param(const struct hy_action *a, const char *name)
{
	for (const struct hy_param *p = a->params; p->name; p++)
		if (!strcmp(p->name, name))
			return p;
	return NULL;
}

/* What only the command line may set: a peer address, a secret, a user of the machine. */
static bool only_cli(const struct hy_action *a, const char *name)
{
	return !strcmp(name, "reach") || !strcmp(name, "secret") || !strcmp(name, "aes") ||
	       !strcmp(name, "client_secret") || !strcmp(name, "unix") ||
	       (!strcmp(name, "code") && !strcmp(a->name, "account.authorise"));
}

static bool bad(struct web_call *c, const char *fmt, const char *name)
{
	web_problem(c, 400, "input",
		    hy_strf(c->req, "%s: %s \"%s\"", c->req->route->action, fmt, name));
	return false;
}

static bool params_of_query(struct web_call *c, const struct hy_action *a, struct hy_json_writer *w)
{
	for (size_t i = 0; i < c->query.n; i++) {
		const struct web_field *f = &c->query.at[i];
		const struct hy_param *p = find_param(a, f->name);

		if (!p || only_cli(a, f->name))
			return bad(c, "takes no parameter", f->name);
		for (size_t k = 0; k < i; k++)
			if (!strcmp(c->query.at[k].name, f->name))
				return bad(c, "twice the parameter", f->name);
		if (!web_param_write(w, p, f->value))
			return bad(c, "a wrong value for", f->name);
	}
	return true;
}

static bool params_of_body(struct web_call *c, const struct hy_action *a, struct hy_json_writer *w)
{
	struct hy_json *body = NULL;

	if (c->query.n)
		return bad(c, "takes no parameter in the address:", c->query.at[0].name);
	if (!c->req->body.len)
		return true;
	if (hy_json_parse(c->req, c->req->body.data, c->req->body.len, HY_JSON_UNIQUE, &body,
			  &c->err)) {
		web_problem(c, 400, "input", c->err.text);
		return false;
	}
	if (body->type != HY_JSON_OBJECT) {
		web_problem(c, 400, "input", "the body is one JSON object");
		return false;
	}
	for (size_t i = 0; i < body->n; i++) {
		if (!find_param(a, body->key[i]) || only_cli(a, body->key[i]))
			return bad(c, "takes no parameter", body->key[i]);
		hy_jw_key(w, body->key[i]);
		hy_jw_node(w, body->at[i]);
	}
	return true;
}

static void answer_json(struct web_call *c, const char *text)
{
	struct web_answer *a = &c->req->answer;

	a->type = "application/json";
	a->body = text;
	a->n = strlen(text);
}

static char *result_text(struct web_call *c)
{
	struct hy_json_writer *w = hy_json_writer_new(c->req, false);

	hy_jw_node(w, c->result);
	return hy_strf(c->req, "%s\n", hy_jw_text(w, NULL));
}

/* The number of a citizen's look-up, NULL for any other action. */
static const char *looked_up(const struct web_call *c)
{
	return strcmp(c->req->route->action, "case.lookup") ? NULL : web_field(&c->query, "number");
}

void web_api_run(struct web_call *c)
{
	const struct hy_action *a = hy_desk_action(c->req->route->action);
	struct hy_json_writer *w = web_params(c);
	const char *number = looked_up(c);
	int64_t wait = 0;

	if (!(a->writes ? params_of_body(c, a, w) : params_of_query(c, a, w)))
		return;
	if (number)
		wait = web_lookup_wait(c, number);
	if (wait) {
		web_answer_header(&c->req->answer, "Retry-After",
				  hy_strf(c->req, "%" PRId64, (wait + 999) / 1000));
		web_problem(c, 429, "wait", "too many wrong codes; try again later");
		return;
	}
	if (web_act(c, a->name, w)) {
		if (number && c->err.status == HY_ENOTFOUND)
			web_lookup_failed(c, number);
		web_fail(c);
	} else {
		answer_json(c, result_text(c));
	}
}

void web_openapi_run(struct web_call *c)
{
	struct web_answer *a = &c->req->answer;

	for (const struct web_static *s = web_statics; s->name; s++) {
		if (strcmp(s->name, "openapi.yaml"))
			continue;
		a->type = s->type;
		a->body = (const char *)s->bytes;
		a->n = s->n;
	}
}

/* ---- live ---- */

static void put_alert(struct hy_json_writer *w, const struct hy_json *a)
{
	hy_jw_object(w);
	hy_jw_kint(w, "id", num(a, "id"));
	hy_jw_kstr(w, "level", str(a, "level"));
	hy_jw_kstr(w, "title", str(a, "title"));
	hy_jw_kstr(w, "when", str(a, "when"));
	hy_jw_end_object(w);
}

/* The five that matter most: by level, then newest first. */
static void put_alerts(struct web_call *c, struct hy_json_writer *w)
{
	static const char *const levels[] = {"high", "medium", "low"};
	struct hy_json_writer *p = web_params(c);
	const struct hy_json *items;
	int shown = 0;

	hy_jw_kint(p, "limit", 50);
	items = web_act(c, "alert.list", p) ? NULL : items_of(c->result);
	hy_jw_key(w, "alerts");
	hy_jw_array(w);
	for (size_t k = 0; k < HY_LEN(levels); k++)
		for (size_t i = 0; items && i < items->n && shown < 5; i++)
			if (!strcmp(str(items->at[i], "state"), "firing") &&
			    !strcmp(str(items->at[i], "level"), levels[k])) {
				put_alert(w, items->at[i]);
				shown++;
			}
	hy_jw_end_array(w);
}

char *web_snapshot(struct web_call *c, const void *ctx)
{
	struct hy_json_writer *w = hy_json_writer_new(c->req, false);

	hy_jw_object(w);
	if (!web_act(c, "status", NULL)) {
		const struct hy_json *counts = hy_json_get(c->result, "counts");

		hy_jw_kint(w, "now_ts", num(c->result, "now_ts"));
		if (counts) {
			hy_jw_key(w, "counts");
			hy_jw_node(w, counts);
		}
	}
	put_alerts(c, w);
	hy_jw_end_object(w);
	return hy_strdup(ctx, hy_jw_text(w, NULL));
}

void web_events_run(struct web_call *c)
{
	struct web_answer *a = &c->req->answer;

	a->type = "text/event-stream";
	a->body = web_snapshot(c, c->req);
	a->n = strlen(a->body);
	a->stream = true;
}

/* ---- health and metrics ---- */

static void plain(struct web_call *c, int status, const char *text)
{
	struct web_answer *a = &c->req->answer;

	a->status = status;
	a->type = "text/plain; charset=utf-8";
	a->body = text;
	a->n = strlen(text);
}

void web_healthz_run(struct web_call *c)
{
	plain(c, 200, "ok\n");
}

void web_readyz_run(struct web_call *c)
{
	int64_t version = 0;

	if (c->vt->version(c->desk, &version, &c->err))
		plain(c, 503, hy_strf(c->req, "record: %s\n", c->err.text));
	else
		plain(c, 200, "ready\n");
}

static void gauge(struct hy_buf *b, const char *type, const char *name, const char *help)
{
	hy_buf_fmt(b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void one(struct hy_buf *b, const char *type, const char *name, const char *help, int64_t v)
{
	gauge(b, type, name, help);
	hy_buf_fmt(b, "%s %" PRId64 "\n", name, v);
}

static void put_counts(struct hy_buf *b, const struct hy_json *status)
{
	const struct hy_json *n = hy_json_get(status, "counts");

	one(b, "gauge", "huying_items", "Items in the record, latest revisions.", num(n, "items"));
	one(b, "gauge", "huying_sources", "Sources not removed.", num(n, "sources"));
	one(b, "gauge", "huying_sources_failing", "Sources whose last try failed.",
	    num(n, "sources_failing"));
	one(b, "gauge", "huying_alerts_firing", "Alerts nobody has taken.",
	    num(n, "alerts_firing"));
	one(b, "gauge", "huying_cases_open", "Cases not closed.", num(n, "cases_open"));
	one(b, "gauge", "huying_cases_overdue", "Open cases past a promise.",
	    num(n, "cases_overdue"));
	one(b, "gauge", "huying_claims_open", "Claims not closed.", num(n, "claims_open"));
	one(b, "gauge", "huying_statements_waiting", "Statements waiting for an approver.",
	    num(n, "statements_waiting"));
	one(b, "gauge", "huying_publish_queue_depth", "Deliveries not settled.",
	    num(n, "deliveries_open"));
	one(b, "gauge", "huying_deliveries_unknown", "Deliveries in doubt.",
	    num(n, "deliveries_unknown"));
	one(b, "gauge", "huying_answers_unsettled",
	    "Answers to citizens in doubt or not sent: a person's.", num(n, "answers_unsettled"));
	gauge(b, "counter", "huying_publish_attempts_total", "Deliveries by how they ended.");
	hy_buf_fmt(b,
		   "huying_publish_attempts_total{result=\"sent\"} %" PRId64
		   "\nhuying_publish_attempts_total{result=\"failed\"} %" PRId64 "\n",
		   num(n, "deliveries_sent"), num(n, "deliveries_failed"));
	one(b, "gauge", "huying_log_seq", "Last revision in the log.", num(status, "last_seq"));
	one(b, "gauge", "huying_index_seq", "Last revision indexed.", num(status, "index_seq"));
	one(b, "gauge", "huying_detect_seq", "Last revision looked at by the rules.",
	    num(status, "detect_seq"));
	gauge(b, "gauge", "huying_lag_seconds",
	      "For how long the first revision that a follower has not seen has waited.");
	hy_buf_fmt(b,
		   "huying_lag_seconds{follower=\"index\"} %" PRId64 ".%03d\n"
		   "huying_lag_seconds{follower=\"detect\"} %" PRId64 ".%03d\n",
		   num(status, "index_lag_ms") / 1000, (int)(num(status, "index_lag_ms") % 1000),
		   num(status, "detect_lag_ms") / 1000, (int)(num(status, "detect_lag_ms") % 1000));
}

static void put_sources(struct hy_buf *b, const struct hy_json *list, int64_t now)
{
	static const char *const results[] = {"new", "edit", "repeat", "refused"};

	gauge(b, "gauge", "huying_collector_lag_seconds", "Since the last good look, by source.");
	for (size_t i = 0; list && i < list->n; i++)
		if (num(list->at[i], "last_ok_ts"))
			hy_buf_fmt(b, "huying_collector_lag_seconds{source=\"%s\"} %" PRId64 "\n",
				   str(list->at[i], "id"), now - num(list->at[i], "last_ok_ts"));
	gauge(b, "counter", "huying_collector_items_total", "Items received, by source and fate.");
	for (size_t i = 0; list && i < list->n; i++)
		for (size_t k = 0; k < HY_LEN(results); k++)
			hy_buf_fmt(b,
				   "huying_collector_items_total{source=\"%s\",result=\"%s\"} "
				   "%" PRId64 "\n",
				   str(list->at[i], "id"), results[k],
				   num(list->at[i], results[k]));
}

/* Of accounts whose token somebody has tried. */
static void put_accounts(struct hy_buf *b, const struct hy_json *list)
{
	gauge(b, "gauge", "huying_account_up",
	      "Whether an account is in use and its token was good when last tried.");
	for (size_t i = 0; list && i < list->n; i++)
		if (num(list->at[i], "tested_ts"))
			hy_buf_fmt(b, "huying_account_up{account=\"%s\"} %d\n",
				   str(list->at[i], "id"),
				   !strcmp(str(list->at[i], "state"), "active") &&
					   !*str(list->at[i], "token_error"));
	gauge(b, "gauge", "huying_account_token_days_left",
	      "Days until the token of an account ends that only a person can renew.");
	for (size_t i = 0; list && i < list->n; i++)
		if (hy_json_get(list->at[i], "days_left"))
			hy_buf_fmt(b, "huying_account_token_days_left{account=\"%s\"} %" PRId64 "\n",
				   str(list->at[i], "id"), num(list->at[i], "days_left"));
}

/* For the machine's own scraper: a request by the public name finds nothing. */
void web_metrics_run(struct web_call *c)
{
	struct hy_web *w = c->web;
	struct hy_buf b;

	if (w->host && !strcmp(c->req->host, w->host)) {
		plain(c, 404, "not here\n");
		return;
	}
	hy_buf_init(&b, c->req, WEB_PAGE_MAX);
	gauge(&b, "gauge", "huying_build_info", "The version that runs.");
	hy_buf_fmt(&b, "huying_build_info{version=\"%s\"} 1\n", w->conf.version);
	if (!web_act(c, "status", NULL)) {
		int64_t now = num(c->result, "now_ts");

		put_counts(&b, c->result);
		if (!web_act(c, "source.list", NULL))
			put_sources(&b, items_of(c->result), now);
		if (!web_act(c, "account.list", NULL))
			put_accounts(&b, items_of(c->result));
	}
	gauge(&b, "counter", "huying_http_requests_total", "Answers by class of status.");
	for (int i = 1; i < 6; i++)
		hy_buf_fmt(&b, "huying_http_requests_total{code=\"%dxx\"} %" PRIu64 "\n", i,
			   atomic_load(&w->served[i]));
	gauge(&b, "counter", "huying_http_cut_total", "Connections cut off at the deadline.");
	hy_buf_fmt(&b, "huying_http_cut_total %" PRIu64 "\n", atomic_load(&w->cut));
	plain(c, 200, b.data);
	c->req->answer.type = "text/plain; version=0.0.4; charset=utf-8";
}

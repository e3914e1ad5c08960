/*
 * The route table: every address that exists, with the duties that open it. API routes are made
 * from the desk's own table of actions, so that neither can have what the other has not; a route
 * that is not in here cannot be reached.
 */
#include "web/internal.h"
#include "web/pages.h"

#include <string.h>

#define V HY_DUTY_VIEWER
#define H HY_DUTY_HANDLER
#define C HY_DUTY_CLERK
#define E HY_DUTY_EDITOR
#define P HY_DUTY_APPROVER
#define S HY_DUTY_SUPERVISOR
#define A HY_DUTY_ADMIN
#define ANY (V | H | C | E | P | S | A)

#define PAGE(path, who, params, fn)                                                                \
	{                                                                                          \
		"GET", path, WEB_PAGE, who, NULL, params, fn                                       \
	}
#define ACT(path, who, action, params, fn)                                                         \
	{                                                                                          \
		"POST", path, WEB_PAGE, who, action, params, fn                                    \
	}

/* Duties of an ACT are those of its action: web_routes_init() puts them in where 0 stands here. */
const struct hy_web_route web_page_routes[] = {
	/* everybody */
	PAGE("/login", 0, "next", web_login_page),
	{"POST", "/login", WEB_PAGE, 0, NULL, "login password next", web_login_do},
	PAGE("/hello", 0, "k", web_hello_page),
	{"POST", "/hello", WEB_PAGE, 0, NULL, "k", web_hello_do},
	PAGE("/lookup", 0, "", page_lookup),
	{"POST", "/lookup", WEB_PAGE, 0, NULL, "number code", page_lookup_do},
	{"GET", "/public", WEB_PLAIN, 0, NULL, "", page_public},
	{"GET", "/public/", WEB_PLAIN, 0, NULL, "", page_public},
	{"GET", "/public/{*}", WEB_PLAIN, 0, NULL, "", page_public},
	{"GET", "/static/{x}", WEB_FILE, 0, NULL, "", NULL},
	{"GET", "/favicon.ico", WEB_FILE, 0, NULL, "", NULL},
	{"GET", "/robots.txt", WEB_FILE, 0, NULL, "", NULL},
	{"GET", "/healthz", WEB_PLAIN, 0, NULL, "", web_healthz_run},
	{"GET", "/readyz", WEB_PLAIN, 0, NULL, "", web_readyz_run},
	{"GET", "/metrics", WEB_PLAIN, 0, NULL, "", web_metrics_run},
	{"GET", "/api/v1/openapi.yaml", WEB_PLAIN, 0, NULL, "", web_openapi_run},
	/* the desk */
	{"POST", "/logout", WEB_PAGE, ANY, NULL, "", web_logout_do},
	PAGE("/", ANY, "", page_overview),
	PAGE("/search", ANY, "q cursor since until source unit place kind order all", page_search),
	ACT("/search/export", 0, "search.export",
	    "query since until source unit place kind order all format", page_export),
	PAGE("/saved", ANY, "", page_saved_list),
	ACT("/saved", 0, "saved.add", "name query since until source unit place kind order all",
	    page_act_list),
	PAGE("/saved/{id}", ANY, "", page_saved),
	ACT("/saved/{id}/feed", 0, "saved.feed", "", page_saved_feed),
	ACT("/saved/{id}/unfeed", 0, "saved.unfeed", "", page_act_list),
	ACT("/saved/{id}/remove", 0, "saved.remove", "", page_act_list),
	{"GET", "/saved/{id}/atom", WEB_PLAIN, 0, NULL, "key", web_saved_atom},
	PAGE("/items/{id}", ANY, "", page_item),
	ACT("/items/{id}/open-url", 0, "item.open-url", "why", page_item_url),
	PAGE("/rules", ANY, "words before", page_rules),
	ACT("/rules", 0, "rule.add", "name query kind level", page_act_new),
	PAGE("/rules/{id}", ANY, "on", page_rule),
	ACT("/rules/{id}/edit", 0, "rule.edit", "name query level", page_act),
	ACT("/rules/{id}/enable", 0, "rule.enable", "", page_act),
	ACT("/rules/{id}/disable", 0, "rule.disable", "", page_act),
	ACT("/rules/{id}/rerun", 0, "rule.rerun", "", page_act),
	ACT("/rules/{id}/remove", 0, "rule.remove", "", page_act_list),
	PAGE("/runs", ANY, "before", page_runs),
	ACT("/runs", 0, "rule.rerun", "", page_act_list),
	ACT("/runs/{id}/stop", 0, "rule.stop", "run", page_act_list),
	PAGE("/alerts", ANY, "closed before", page_alerts),
	PAGE("/alerts/{id}", ANY, "", page_alert),
	ACT("/alerts/{id}/ack", 0, "alert.ack", "", page_act),
	ACT("/alerts/{id}/close", 0, "alert.close", "disposition", page_act),
	PAGE("/claims", ANY, "before", page_claims),
	ACT("/claims", 0, "claim.open", "text alert item", page_act_new),
	PAGE("/claims/{id}", ANY, "", page_claim),
	ACT("/claims/{id}/sight", 0, "claim.sight", "item channel place note", page_act),
	ACT("/claims/{id}/evidence", 0, "claim.evidence", "title url", page_act),
	ACT("/claims/{id}/judge", 0, "claim.judge", "verdict finding", page_act),
	ACT("/claims/{id}/sign", 0, "claim.sign", "", page_act),
	PAGE("/evidence/{id}", C | E | P | S, "", page_evidence),
	PAGE("/cases", ANY, "closed unit overdue reference before", page_cases),
	ACT("/cases", 0, "case.open",
	    "title text type channel unit alert item claim reference contact at",
	    page_act_new),
	PAGE("/imports", C | E, "", page_imports),
	ACT("/imports/preview", 0, "import.preview",
	    "file source kind channel charset sheet header map save", page_import_preview),
	ACT("/imports/run", 0, "import.run",
	    "file source kind channel charset sheet header map save", page_import_run),
	PAGE("/cases/{id}", H | C | E | P | S, "why", page_case),
	PAGE("/cases/{id}/media/{attachment}", H | C | E | P | S, "why", page_case_media),
	ACT("/cases/{id}/assign", 0, "case.assign", "unit", page_act),
	ACT("/cases/{id}/return", 0, "case.return", "why", page_act),
	ACT("/cases/{id}/reply", 0, "case.reply", "text record_only", page_act),
	ACT("/cases/{id}/settle", 0, "case.settle", "answer as receipt", page_act),
	ACT("/cases/{id}/note", 0, "case.note", "text", page_act),
	ACT("/cases/{id}/wait", 0, "case.wait", "text", page_act),
	ACT("/cases/{id}/resume", 0, "case.resume", "", page_act),
	ACT("/cases/{id}/close", 0, "case.close", "text", page_act),
	ACT("/cases/{id}/reopen", 0, "case.reopen", "why", page_act),
	PAGE("/statements", ANY, "state before", page_statements),
	PAGE("/statements/new", C | E, "claim case kind", page_statement_new),
	ACT("/statements", 0, "post.draft", "kind title text to claim case not_before",
	    page_act_new),
	PAGE("/statements/{id}", ANY, "", page_statement),
	ACT("/statements/{id}/edit", 0, "post.edit", "revision title text to not_before", page_act),
	ACT("/statements/{id}/submit", 0, "post.submit", "revision allow", page_act),
	ACT("/statements/{id}/approve", 0, "post.approve", "revision digest confirm", page_act),
	ACT("/statements/{id}/reject", 0, "post.reject", "revision why", page_act),
	ACT("/statements/{id}/cancel", 0, "post.cancel", "", page_act),
	ACT("/statements/{id}/resolve", 0, "post.resolve", "delivery as receipt", page_act),
	ACT("/statements/{id}/retry", 0, "post.retry", "delivery", page_act),
	PAGE("/sources", ANY, "", page_sources),
	PAGE("/balance", ANY, "day until", page_balance),
	PAGE("/balance.csv", ANY, "day until", page_balance_csv),
	ACT("/sources", 0, "source.add", "kind name url place own official interval zone",
	    page_act_list),
	ACT("/sources/{id}/pause", 0, "source.pause", "", page_act_list),
	ACT("/sources/{id}/resume", 0, "source.resume", "", page_act_list),
	ACT("/sources/{id}/due", 0, "source.due", "", page_act_list),
	PAGE("/report", ANY, "month", page_report),
	PAGE("/report.csv", ANY, "month", page_report_csv),
	PAGE("/audit", A | S, "before", page_audit),
	{"GET", "/api/v1/events", WEB_STREAM, ANY, NULL, "", web_events_run},
	{NULL, NULL, 0, 0, NULL, NULL, NULL},
};

#define ROUTES_MAX 256
static struct hy_web_route table[ROUTES_MAX];
static char api_paths[ROUTES_MAX][64];
static size_t n_routes;

static void add_api(const struct hy_action *a)
{
	struct hy_web_route *r = &table[n_routes];
	char *path = api_paths[n_routes];
	size_t n = strlen("/api/v1/");

	if (n_routes + 1 >= ROUTES_MAX || strlen(a->name) + n >= sizeof(api_paths[0]))
		HY_BUG("route table is full at %s", a->name);
	memcpy(path, "/api/v1/", n);
	for (const char *p = a->name; *p; p++)
		path[n++] = *p == '.' ? '/' : *p;
	path[n] = 0;
	*r = (struct hy_web_route){
		a->writes ? "POST" : "GET", path, WEB_API, a->duties, a->name, NULL, web_api_run};
	if (!strcmp(a->name, "case.lookup"))
		r->duties = 0; /* the citizen's: number and code are the key */
	n_routes++;
}

bool web_route_uploads(const struct hy_web_route *r)
{
	return r->action && !strncmp(r->action, "import.", 7);
}

bool web_route_dear(const struct hy_web_route *r)
{
	static const char *const actions[] = {"search",	   "search.export", "saved.run",
					      "saved.add", "saved.atom",    "item.similar",
					      "rule.test", "report.sla",
					      "import.preview", "import.run"};
	static const char *const pages[] = {"/search", "/items/{id}", "/report", "/report.csv",
					    "/saved/{id}/atom"};

	for (size_t i = 0; i < HY_LEN(actions) && r->action; i++)
		if (!strcmp(r->action, actions[i]))
			return true;
	for (size_t i = 0; i < HY_LEN(pages); i++)
		if (!strcmp(r->path, pages[i]))
			return true;
	return false;
}

void web_routes_init(void)
{
	if (n_routes)
		return;
	for (const struct hy_web_route *r = web_page_routes; r->path; r++) {
		struct hy_web_route *to = &table[n_routes++];

		*to = *r;
		if (!r->action)
			continue;
		const struct hy_action *a = hy_desk_action(r->action);
		if (!a)
			HY_BUG("route %s: no action %s", r->path, r->action);
		to->duties = a->duties;
	}
	for (const struct hy_action *a = hy_desk_actions; a->name; a++)
		add_api(a);
}

const struct hy_web_route *web_route_nth(size_t n)
{
	return n < n_routes ? &table[n] : NULL;
}

bool hy_web_route_at(size_t n, struct hy_web_route_info *out)
{
	web_routes_init();
	if (n >= n_routes)
		return false;
	*out = (struct hy_web_route_info){.method = table[n].method,
					  .path = table[n].path,
					  .action = table[n].action,
					  .duties = table[n].duties,
					  .api = table[n].kind == WEB_API};
	return true;
}

/* Segment by segment; a matched {x} is a non-empty segment. */
static bool matches(const char *pattern, const char *path, const char **from, size_t *len)
{
	int n = 0;

	while (*pattern && *path) {
		if (*pattern != '{') {
			if (*pattern++ != *path++)
				return false;
			continue;
		}
		bool rest = pattern[1] == '*';
		size_t k = rest ? strlen(path) : strcspn(path, "/");

		if (!k || n == WEB_ARGS_MAX)
			return false;
		from[n] = path;
		len[n++] = k;
		path += k;
		pattern += strcspn(pattern, "}") + 1;
	}
	return !*pattern && !*path;
}

const struct hy_web_route *web_route_find(const void *ctx, const char *method, const char *path,
					  const char **args, int *status, const char **allow)
{
	*status = 404;
	for (size_t i = 0; i < n_routes; i++) {
		const char *from[WEB_ARGS_MAX] = {NULL};
		size_t len[WEB_ARGS_MAX] = {0};

		if (!matches(table[i].path, path, from, len))
			continue;
		if (strcmp(table[i].method, method)) {
			*status = 405;
			*allow = !strcmp(table[i].method, "GET") ? "GET, HEAD" : table[i].method;
			continue;
		}
		for (int k = 0; k < WEB_ARGS_MAX && from[k]; k++) {
			args[k] = web_unescape(ctx, from[k], len[k], false);
			if (!args[k]) {
				*status = 400;
				return NULL;
			}
		}
		*status = 200;
		*allow = NULL;
		return &table[i];
	}
	return NULL;
}

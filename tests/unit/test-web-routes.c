/* The route table against openapi.yaml and the desk's actions, both ways. */
#include "tests/unit/web-stub.h"

#include "desk/desk.h"
#include "web/internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *yaml;

static int setup(void **state)
{
	const char *top = getenv("top_srcdir");
	struct hy_err err = {0};
	size_t n = 0;

	*state = hy_new(NULL, char);
	web_routes_init();
	return hy_file_read(*state, hy_strf(*state, "%s/web/openapi.yaml", top ? top : "."),
			    4u << 20, &yaml, &n, &err);
}

static int teardown(void **state)
{
	talloc_free(*state);
	return 0;
}

/* {anything} is {}: the names of path parameters do not matter. */
static char *normal(const void *ctx, const char *path)
{
	struct hy_buf b;

	hy_buf_init(&b, ctx, 200);
	for (; *path; path++) {
		if (*path == '{') {
			hy_buf_str(&b, "{}");
			path += strcspn(path, "}");
		} else {
			hy_buf_chr(&b, *path);
		}
	}
	return hy_buf_take(&b, NULL);
}

/* The lines of one operation in the description, or NULL. */
static char *operation(const void *ctx, const char *method, const char *path)
{
	char *wanted = normal(ctx, path);
	const char *line = strstr(yaml, "\npaths:\n") + 8;
	bool inside = false;

	while (*line) {
		size_t n = strcspn(line, "\n");
		if (!strncmp(line, "  /", 3)) {
			char *p = normal(ctx, hy_strndup(ctx, line + 2, n - 3));
			inside = !strcmp(p, wanted);
		} else if (inside && !strncmp(line, "    ", 4) && line[4] != ' ' &&
			   !strncmp(line + 4, method, strlen(method)) &&
			   line[4 + strlen(method)] == ':') {
			const char *end = line + n + 1;
			while (!strncmp(end, "      ", 6))
				end += strcspn(end, "\n") + 1;
			return hy_strndup(ctx, line, (size_t)(end - line));
		}
		line += n + (line[n] == '\n');
	}
	return NULL;
}

static const char *lower(const char *method)
{
	return !strcmp(method, "GET") ? "get" : !strcmp(method, "POST") ? "post" : "?";
}

static void each_route_is_described(void **state)
{
	struct hy_web_route_info r;

	for (size_t i = 0; hy_web_route_at(i, &r); i++) {
		char *op = operation(*state, lower(r.method), r.path);
		char *duties, *action;

		if (!op)
			fail_msg("openapi.yaml lacks %s %s", r.method, r.path);
		duties = strstr(op, "x-duties: [");
		if (!!duties != !!r.duties)
			fail_msg("%s %s: duties differ", r.method, r.path);
		if (duties) {
			struct hy_buf b;
			unsigned bits = 0;

			hy_buf_init(&b, *state, 200);
			for (duties += 11; *duties != ']'; duties++)
				if (*duties != ' ')
					hy_buf_chr(&b, *duties);
			assert_int_equal(hy_duties_parse(b.data, &bits, NULL), HY_OK);
			if (bits != r.duties)
				fail_msg("%s %s: duties differ", r.method, r.path);
		}
		action = strstr(op, "x-action: ");
		if (!!action != !!r.action ||
		    (action && (strncmp(action + 10, r.action, strlen(r.action)) ||
				action[10 + strlen(r.action)] != '\n')))
			fail_msg("%s %s: action differs", r.method, r.path);
	}
}

static void nothing_else_is_described(void **state)
{
	const char *line = strstr(yaml, "\npaths:\n") + 8;
	char *path = NULL;
	size_t found = 0, routes = 0;
	struct hy_web_route_info r;

	while (*line) {
		size_t n = strcspn(line, "\n");
		if (!strncmp(line, "  /", 3)) {
			path = normal(*state, hy_strndup(*state, line + 2, n - 3));
		} else if (path && !strncmp(line, "    ", 4) && line[4] != ' ') {
			bool there = false;
			found++;
			for (size_t i = 0; !there && hy_web_route_at(i, &r); i++)
				there = !strcmp(normal(*state, r.path), path) &&
					!strncmp(line + 4, lower(r.method), strlen(r.method));
			if (!there)
				fail_msg("no route for %.*s of %s", (int)n, line, path);
		}
		line += n + (line[n] == '\n');
	}
	while (hy_web_route_at(routes, &r))
		routes++;
	assert_int_equal(found, routes);
}

static void parameters_are_described(void **state)
{
	static const char *const cli_only[] = {"reach", "secret", "aes", "unix", "client_secret"};
	struct hy_web_route_info r;

	for (size_t i = 0; hy_web_route_at(i, &r); i++) {
		const struct hy_action *a = r.api ? hy_desk_action(r.action) : NULL;
		char *op = a ? operation(*state, lower(r.method), r.path) : NULL;

		for (const struct hy_param *p = a ? a->params : NULL; p && p->name; p++) {
			bool hidden = false;
			char *name = hy_strf(*state,
					     a->writes ? "                %s: {"
						       : "{ name: %s, in: query",
					     p->name);

			for (size_t k = 0; k < HY_LEN(cli_only); k++)
				hidden |= !strcmp(cli_only[k], p->name);
			hidden |= !strcmp(p->name, "code") && !strcmp(a->name, "account.authorise");
			if (!strstr(op, name) != hidden)
				fail_msg("%s %s: parameter %s", r.method, r.path, p->name);
		}
	}
}

static void each_action_has_a_route(void **state)
{
	(void)state;
	for (const struct hy_action *a = hy_desk_actions; a->name; a++) {
		struct hy_web_route_info r;
		int n = 0;

		for (size_t i = 0; hy_web_route_at(i, &r); i++) {
			if (!r.action || strcmp(r.action, a->name))
				continue;
			n += r.api;
			assert_int_equal(r.duties, strcmp(a->name, "case.lookup") ? a->duties : 0);
			assert_string_equal(r.method, a->writes ? "POST" : "GET");
		}
		assert_int_equal(n, 1);
	}
}

static void no_door_stands_open(void **state)
{
	static const char *const open[] = {
		"/login",
		"/hello",
		"/lookup",
		"/public",
		"/public/",
		"/public/{*}",
		"/static/{x}",
		"/favicon.ico",
		"/robots.txt",
		"/healthz",
		"/readyz",
		"/metrics",
		"/api/v1/openapi.yaml",
		"/api/v1/case/lookup",
		"/saved/{id}/atom", /* its key opens it */
	};
	struct hy_web_route_info r;

	(void)state;
	for (size_t i = 0; hy_web_route_at(i, &r); i++) {
		bool listed = false;
		for (size_t k = 0; k < HY_LEN(open); k++)
			listed |= !strcmp(open[k], r.path);
		if (listed != !r.duties)
			fail_msg("%s %s", r.method, r.path);
	}
}

/* G3: nothing asks for who wrote. */
static void no_parameter_names_an_author(void **state)
{
	static const char *const banned[] = {"author", "user", "from", "by", "voice"};

	(void)state;
	for (const struct hy_web_route *r = web_page_routes; r->path; r++)
		for (size_t i = 0; i < HY_LEN(banned); i++) {
			const char *at = r->params;
			size_t n = strlen(banned[i]);
			while ((at = strstr(at, banned[i]))) {
				bool whole = (at == r->params || at[-1] == ' ') &&
					     (!at[n] || at[n] == ' ');
				assert_false(whole);
				at += n;
			}
		}
}

static void routes_are_found(void **state)
{
	static const struct {
		const char *method, *path;
		int status;
		const char *arg;
	} cases[] = {
		{"GET", "/", 200, NULL},
		{"GET", "/cases/7", 200, "7"},
		{"GET", "/cases/20261121-0042", 200, "20261121-0042"},
		{"GET", "/cases/", 404, NULL},
		{"GET", "/cases/7/", 404, NULL},
		{"GET", "/cases/%00", 400, NULL},
		{"GET", "/cases/%ff", 400, NULL},
		{"POST", "/cases/7/close", 200, "7"},
		{"GET", "/cases/7/close", 405, NULL},
		{"POST", "/alerts", 405, NULL},
		{"GET", "/public/a/b.html", 200, "a/b.html"},
		{"GET", "/api/v1/case/list", 200, NULL},
		{"POST", "/api/v1/case/list", 405, NULL},
		{"GET", "/api/v1/case.list", 404, NULL},
		{"GET", "/nothing", 404, NULL},
	};

	for (size_t i = 0; i < HY_LEN(cases); i++) {
		const char *args[WEB_ARGS_MAX] = {NULL}, *allow = NULL;
		int status = 0;

		web_route_find(*state, cases[i].method, cases[i].path, args, &status, &allow);
		if (status != cases[i].status)
			fail_msg("%s %s: %d", cases[i].method, cases[i].path, status);
		if (cases[i].arg)
			assert_string_equal(args[0], cases[i].arg);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_route_is_described),
		cmocka_unit_test(nothing_else_is_described),
		cmocka_unit_test(parameters_are_described),
		cmocka_unit_test(each_action_has_a_route),
		cmocka_unit_test(no_door_stands_open),
		cmocka_unit_test(no_parameter_names_an_author),
		cmocka_unit_test(routes_are_found),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

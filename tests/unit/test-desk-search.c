/* Searching at the desk: pages, folding, exports. A text that tries to break a table comes back out
 * of it whole, and what may not leave is in none. */
#include "desk/desk.h"
#include "render/render.h"

#include "tests/unit/naughty.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct office {
	char dir[64];
	char *phrase, *link;
	struct hy_desk *desk;
	struct hy_source_id source, own;
	int64_t n;
};

static struct hy_source_id add_source(struct office *o, const char *name, bool own)
{
	struct hy_source s = {.name = name,
			      .kind = "feed",
			      .url = "https://forum.example/rss",
			      .place = "城东",
			      .options = "{}",
			      .own = own};
	struct hy_source_id id = {0};
	struct hy_err err = {0};

	if (hy_source_add(hy_desk_store(o->desk), &s, &id, &err))
		fail_msg("%s", err.text);
	return id;
}

static int make_office(void **state)
{
	struct office *o = hy_new(NULL, struct office);
	const struct hy_setup s = {.office = "临江县", .dir = o->dir, .demo = true};
	struct hy_err err = {0};

	snprintf(o->dir, sizeof(o->dir), "/tmp/hy-desk.XXXXXX");
	assert_non_null(mkdtemp(o->dir));
	assert_int_equal(hy_crypt_init(&err), HY_OK);
	if (hy_desk_setup(o, &s, &o->phrase, &o->link, &err) ||
	    hy_desk_open(&o->desk, o, o->dir, 0, &err))
		fail_msg("%s", err.text);
	o->source = add_source(o, "=cmd|' /C calc'!A0 论坛", false);
	o->own = add_source(o, "县政府网", true);
	*state = o;
	return 0;
}

static int drop_office(void **state)
{
	struct office *o = *state;
	char *cmd = hy_strf(NULL, "rm -rf %s", o->dir);

	talloc_free(o);
	assert_int_equal(system(cmd), 0);
	talloc_free(cmd);
	return 0;
}

static void add_item(struct office *o, struct hy_source_id source, const char *title,
		     const char *text, const char *place)
{
	struct hy_err err = {0};
	enum hy_put what;
	struct hy_item it = {.source = source,
			     .kind = HY_ITEM_POST,
			     .title = title,
			     .text = text,
			     .place = place,
			     .lang = "",
			     .posted = hy_desk_now(o->desk) - (40 - o->n % 40) * HY_HOUR,
			     .taken = hy_desk_now(o->desk)};

	o->n++;
	memcpy(it.native, &o->n, sizeof(o->n));
	memcpy(it.content, &o->n, sizeof(o->n));
	if (source.v == o->own.v) {
		it.flags = HY_ITEM_OWN;
		it.url_public = "https://gov.example/1";
	} else {
		it.url_sealed = (const uint8_t *)"sealed-bytes";
		it.url_sealed_n = 12;
	}
	if (hy_item_put(hy_desk_store(o->desk), &it, &what, &err))
		fail_msg("%s", err.text);
}

static void index_all(struct office *o)
{
	struct hy_err err = {0};
	if (hy_desk_run_once(o->desk, "index", &err))
		fail_msg("%s", err.text);
}

static struct hy_json *json(const void *ctx, const char *text)
{
	struct hy_json *node = NULL;

	assert_int_equal(hy_json_parse(ctx, text, strlen(text), 0, &node, NULL), HY_OK);
	return node;
}

static struct hy_json *act(struct office *o, const char *login, const char *action,
			   const char *params)
{
	struct hy_err err = {0};
	struct hy_person *p = NULL;
	char *result = NULL;

	assert_int_equal(hy_person_find(hy_desk_store(o->desk), o, login, &p, NULL), HY_OK);
	if (hy_desk_act(o->desk, o, p->id, action, json(o, params), &result, &err))
		fail_msg("%s %s: %s", action, params, err.text);
	return json(o, result);
}

static enum hy_status fails(struct office *o, const char *login, const char *action,
			    const char *params)
{
	struct hy_person *p = NULL;
	char *result = NULL;

	assert_int_equal(hy_person_find(hy_desk_store(o->desk), o, login, &p, NULL), HY_OK);
	return hy_desk_act(o->desk, o, p->id, action, json(o, params), &result, NULL);
}

/* ---- CSV, read back by the rules of RFC 4180 ---- */

static const char *cell(const void *ctx, const char *s, char **out)
{
	struct hy_buf b;

	hy_buf_init(&b, ctx, 1u << 20);
	hy_buf_str(&b, "");
	if (*s == '"') {
		for (s++; *s; s++) {
			if (*s == '"' && s[1] != '"')
				break;
			s += *s == '"';
			hy_buf_chr(&b, *s);
		}
		assert_int_equal(*s, '"');
		s++;
	} else {
		for (; *s && *s != ',' && *s != '\r'; s++) {
			assert_true(*s != '"' && *s != '\n');
			hy_buf_chr(&b, *s);
		}
	}
	*out = hy_strdup(ctx, b.len ? b.data : "");
	return s;
}

#define COLUMNS 13
static size_t rows_of(const void *ctx, const char *csv, char *(*out)[COLUMNS], size_t most)
{
	size_t n = 0;

	assert_memory_equal(csv, "\xEF\xBB\xBF", 3);
	for (csv += 3; *csv; n++) {
		assert_true(n < most);
		for (int i = 0; i < COLUMNS; i++) {
			csv = cell(ctx, csv, &out[n][i]);
			assert_true(i < COLUMNS - 1 ? *csv++ == ','
						    : csv[0] == '\r' && csv[1] == '\n');
		}
		csv += 2;
	}
	return n;
}

/* The leading apostrophe is the documented prefix of what a spreadsheet would compute. */
static const char *bare(const char *cell)
{
	return *cell == '\'' ? cell + 1 : cell;
}

static bool computes(const char *s)
{
	static const char *const signs[] = {"=",  "+",	"-",  "@",  "\t", "\r",
					    "\n", "＝", "＋", "－", "＠"};

	s += strspn(s, " ");
	for (size_t i = 0; i < HY_LEN(signs); i++)
		if (!strncmp(s, signs[i], strlen(signs[i])))
			return true;
	return false;
}

static int64_t audit_rows(struct office *o, const char *action)
{
	struct hy_json *list = act(o, "admin", "audit.list", "{\"limit\":1000}");
	const struct hy_json *items = hy_json_get(list, "items");
	int64_t n = 0;

	for (size_t i = 0; i < items->n; i++)
		n += !strcmp(hy_json_str(items->at[i], "action"), action);
	return n;
}

static void test_export(void **state)
{
	struct office *o = *state;
	static const char *const more[] = {"=1+1",
					   "+1",
					   "-1",
					   "@x",
					   "\t=1",
					   "\r=1",
					   "＝1",
					   "＋1",
					   "－1",
					   "＠1",
					   "a\"b\"",
					   "a,b",
					   "a\r\nb",
					   ("\xE2\x80\xAE"
					    "abc"),
					   "\x1b]52;c;x\x07"};
	size_t n = HY_LEN(naughty) + HY_LEN(more);
	char *(*rows)[COLUMNS] = talloc_array_size(o, sizeof(*rows), (unsigned)n + 10);

	for (size_t i = 0; i < n; i++) {
		const char *s = i < HY_LEN(naughty) ? naughty[i] : more[i - HY_LEN(naughty)];
		add_item(o, o->source, s, s, s);
	}
	add_item(o, o->own, "本办", "通报", "");
	index_all(o);
	struct hy_json *r = act(o, "bianji", "search.export",
				"{\"query\":\"kind:post\",\"all\":true,\"format\":\"csv\"}");
	assert_int_equal(hy_json_int(r, "count", 0), n + 1);
	assert_false(hy_json_bool(r, "more", true));
	const char *csv = hy_json_str(r, "text");
	assert_int_equal(rows_of(o, csv, rows, n + 10), n + 2);
	assert_null(strstr(csv, "sealed"));
	assert_null(strstr(csv, "forum.example"));
	assert_string_equal(rows[1][12], "https://gov.example/1");
	for (size_t i = 0; i < n; i++) {
		const char *s = i < HY_LEN(naughty) ? naughty[i] : more[i - HY_LEN(naughty)];
		char **row = rows[n + 1 - i]; /* newest first, below the heads and our own */
		assert_string_equal(bare(row[3]), "=cmd|' /C calc'!A0 论坛");
		for (int k = 4; k < 12; k++)
			if (k == 4 || k == 10 || k == 11)
				assert_true(!strcmp(row[k], s) ||
					    (row[k][0] == '\'' && !strcmp(row[k] + 1, s)));
		for (int k = 0; k < COLUMNS; k++)
			assert_false(computes(row[k]));
		assert_string_equal(row[12], "");
	}
	/* the same, a JSON object a line */
	r = act(o, "bianji", "search.export",
		"{\"query\":\"kind:post\",\"all\":true,\"format\":\"jsonl\"}");
	const char *line = hy_json_str(r, "text");
	for (size_t i = n + 1; i-- > 0; line = strchr(line, '\n') + 1) {
		struct hy_json *it = json(o, hy_strndup(o, line, strcspn(line, "\n")));
		const char *s = i < HY_LEN(naughty) ? naughty[i]
				: i < n		    ? more[i - HY_LEN(naughty)]
						    : "通报";
		assert_string_equal(hy_json_str(it, "text"), s);
		assert_null(hy_json_get(it, "voice"));
		assert_int_equal(hy_json_str(it, "url") != NULL && *hy_json_str(it, "url"), i == n);
	}
	assert_string_equal(line, "");
	/* who may not, and what is none */
	assert_int_equal(fails(o, "shuiwu", "search.export", "{\"query\":\"kind:post\"}"),
			 HY_EAUTH);
	assert_int_equal(
		fails(o, "bianji", "search.export", "{\"query\":\"kind:post\",\"format\":\"xml\"}"),
		HY_EINPUT);
	assert_int_equal(fails(o, "bianji", "search.export", "{\"query\":\"(\"}"), HY_EINPUT);
	/* each left its row, the refused ones none */
	assert_int_equal(audit_rows(o, "search.export"), 2);
	r = act(o, "bianji", "search.export", "{\"query\":\"kind:post\",\"all\":true,\"limit\":7}");
	assert_int_equal(hy_json_int(r, "count", 0), 7);
	assert_true(hy_json_bool(r, "more", false));
	assert_int_equal(audit_rows(o, "search.export"), 3);
}

/* ---- pages, rows, filters ---- */

static void test_search(void **state)
{
	struct office *o = *state;
	static const char base[] =
		"城东自来水又发黄了大家不要直接饮用请各位邻居互相转告明天上午恢复供水";

	for (int i = 0; i < 30; i++)
		add_item(o, o->source, "", hy_strf(o, "%s%s", base, i % 2 ? "转" : "。"), "城东");
	add_item(o, o->own, "供水通知", "水质达标", "城东");
	add_item(o, o->source, "", "别的事情水", "城西");
	index_all(o);
	struct hy_json *r = act(o, "bianji", "search", "{\"query\":\"水\",\"facets\":true}");
	assert_int_equal(hy_json_int(r, "total", 0), 32);
	assert_int_equal(hy_json_int(r, "rows", 0), 3);
	assert_int_equal(hy_json_get(r, "items")->n, 3);
	assert_int_equal(hy_json_int(hy_json_get(r, "items")->at[2], "copies", 0), 29);
	assert_true(hy_json_get(r, "days")->n >= 2);
	assert_null(hy_json_str(r, "next"));
	r = act(o, "bianji", "search", "{\"query\":\"水\",\"all\":true,\"limit\":10}");
	assert_int_equal(hy_json_get(r, "items")->n, 10);
	int64_t seen = 0;
	for (int page = 0; hy_json_str(r, "next"); page++) {
		assert_true(page < 4);
		seen += (int64_t)hy_json_get(r, "items")->n;
		assert_int_equal(hy_json_int(r, "total", 0), 32);
		add_item(o, o->source, "", "水又来了", "城西");
		index_all(o);
		r = act(o, "bianji", "search",
			hy_strf(o, "{\"query\":\"水\",\"all\":true,\"limit\":10,\"cursor\":\"%s\"}",
				hy_json_str(r, "next")));
	}
	assert_int_equal(seen + (int64_t)hy_json_get(r, "items")->n, 32);
	/* by relevance the short notice about water is before the long text */
	r = act(o, "bianji", "search", "{\"query\":\"供水\",\"order\":\"relevance\"}");
	assert_string_equal(hy_json_str(hy_json_get(r, "items")->at[0], "title"), "供水通知");
	r = act(o, "bianji", "search", "{\"query\":\"水\",\"kind\":\"article\"}");
	assert_int_equal(hy_json_int(r, "total", -1), 0);
	r = act(o, "bianji", "search", "{\"query\":\"水\",\"kind\":\"post\",\"place\":\"城东\"}");
	assert_int_equal(hy_json_int(r, "total", -1), 31);
	assert_int_equal(fails(o, "bianji", "search", "{\"query\":\"水\",\"order\":\"likes\"}"),
			 HY_EINPUT);
	assert_int_equal(fails(o, "bianji", "search", "{\"query\":\"水\",\"cursor\":\"12\"}"),
			 HY_EINPUT);
	assert_int_equal(fails(o, "bianji", "search", "{\"query\":\"水\",\"kind\":\"user\"}"),
			 HY_EINPUT);
}

/* ---- saved searches and their feeds ---- */

static void test_saved(void **state)
{
	struct office *o = *state;
	struct hy_json *r;

	add_item(o, o->source, "<b>水</b>", "城东自来水发黄 & 有异味", "城东");
	add_item(o, o->own, "供水通知", "水质达标", "城东");
	add_item(o, o->source, "", "别的事", "城西");
	index_all(o);
	r = act(o, "bianji", "saved.add",
		"{\"name\":\"供水\",\"query\":\"水\",\"place\":\"城东\",\"since\":\"30d\",\"all\":"
		"true}");
	assert_int_equal(hy_json_int(r, "id", 0), 1);
	assert_int_equal(fails(o, "bianji", "saved.add", "{\"name\":\"供水\",\"query\":\"电\"}"),
			 HY_EEXISTS);
	assert_int_equal(fails(o, "bianji", "saved.add", "{\"name\":\"坏\",\"query\":\"(水\"}"),
			 HY_EINPUT);
	assert_int_equal(fails(o, "bianji", "saved.add",
			       "{\"name\":\"坏\",\"query\":\"水\",\"order\":\"likes\"}"),
			 HY_EINPUT);
	assert_int_equal(fails(o, "shuiwu", "saved.add", "{\"name\":\"b\",\"query\":\"水\"}"),
			 HY_EAUTH);
	/* the office's: another person runs it, by name or number */
	r = act(o, "shuiwu", "saved.run", "{\"id\":\"供水\"}");
	assert_int_equal(hy_json_int(r, "total", 0), 2);
	assert_string_equal(hy_json_str(r, "name"), "供水");
	r = act(o, "shuiwu", "saved.run", "{\"id\":1,\"limit\":1}");
	assert_int_equal(hy_json_get(r, "items")->n, 1);
	assert_non_null(hy_json_str(r, "next"));
	r = act(o, "shuiwu", "saved.run",
		hy_strf(o, "{\"id\":1,\"limit\":1,\"cursor\":\"%s\"}", hy_json_str(r, "next")));
	assert_int_equal(hy_json_get(r, "items")->n, 1);
	r = act(o, "shuiwu", "saved.show", "{\"id\":1}");
	assert_string_equal(hy_json_str(r, "place"), "城东");
	assert_string_equal(hy_json_str(r, "since"), "30d");
	assert_int_equal(hy_json_get(act(o, "shuiwu", "saved.list", "{}"), "items")->n, 1);
	assert_int_equal(fails(o, "bianji", "saved.run", "{\"id\":9}"), HY_ENOTFOUND);
}

static struct hy_person_id holder(struct office *o, int64_t saved, const char *key,
				  enum hy_status *status)
{
	struct hy_person_id id = {0};

	*status = hy_desk_feed_key(o->desk, saved, key, &id, NULL);
	return id;
}

static void test_feed(void **state)
{
	struct office *o = *state;
	enum hy_status status;

	add_item(o, o->source, "<b>水</b>", "城东自来水发黄 & 有异味", "城东");
	add_item(o, o->own, "供水通知", "水质达标", "城东");
	index_all(o);
	(void)act(o, "bianji", "saved.add", "{\"name\":\"供水\",\"query\":\"水\"}");
	(void)act(o, "bianji", "saved.add", "{\"name\":\"电\",\"query\":\"电\"}");
	assert_int_equal(fails(o, "shuiwu", "saved.feed", "{\"id\":1}"), HY_EAUTH);
	const char *first = hy_json_str(act(o, "bianji", "saved.feed", "{\"id\":1}"), "key");
	const char *key = hy_json_str(act(o, "bianji", "saved.feed", "{\"id\":1}"), "key");
	assert_true(strlen(key) >= 43 && strcmp(first, key));
	/* a new key ends the older one; a key opens its own feed alone, and is no token */
	(void)holder(o, 1, first, &status);
	assert_int_equal(status, HY_EAUTH);
	(void)holder(o, 2, key, &status);
	assert_int_equal(status, HY_EAUTH);
	struct hy_person_id nobody = {0}, who = holder(o, 1, key, &status);
	assert_int_equal(status, HY_OK);
	assert_int_equal(hy_desk_token(o->desk, key, &nobody, NULL), HY_EAUTH);
	struct hy_person *p = NULL;
	assert_int_equal(hy_person_find(hy_desk_store(o->desk), o, "bianji", &p, NULL), HY_OK);
	assert_int_equal(who.v, p->id.v);
	/* the feed: our page, the source's name, neither address nor markup of others */
	struct hy_json *r =
		act(o, "bianji", "saved.atom", "{\"id\":1,\"address\":\"https://desk.example\"}");
	const char *atom = hy_json_str(r, "text");
	assert_non_null(strstr(atom, "<link rel=\"alternate\" type=\"text/html\" "
				     "href=\"https://desk.example/items/1\"/>"));
	assert_non_null(strstr(atom, "<name>=cmd|&#39; /C calc&#39;!A0 论坛</name>")
				?: strstr(atom, "<name>=cmd|' /C calc'!A0 论坛</name>"));
	assert_non_null(strstr(atom, "&lt;b&gt;水&lt;/b&gt;"));
	/* what things are called does not hang on where the desk is reached */
	assert_non_null(strstr(atom, "<id>urn:huying:"));
	assert_non_null(strstr(atom, ":desk:saved:1</id>"));
	assert_non_null(strstr(atom, ":desk:item:1</id>"));
	assert_null(strstr(atom, "<id>http"));
	assert_null(strstr(atom, "forum.example"));
	assert_null(strstr(atom, "sealed"));
	assert_null(strstr(atom, "gov.example/1"));
	/* read twice on one day: one row; no key of one's own: no feed */
	assert_int_equal(audit_rows(o, "saved.atom"), 1);
	(void)act(o, "bianji", "saved.atom", "{\"id\":1,\"address\":\"https://desk.example\"}");
	assert_int_equal(audit_rows(o, "saved.atom"), 1);
	assert_int_equal(
		fails(o, "qianfa", "saved.atom", "{\"id\":1,\"address\":\"https://d.example\"}"),
		HY_EAUTH);
	assert_int_equal(hy_json_int(act(o, "bianji", "saved.show", "{\"id\":1}"), "keys", 0), 1);
	/* it ends with its person */
	(void)act(o, "admin", "user.lock", "{\"login\":\"bianji\"}");
	(void)holder(o, 1, key, &status);
	assert_int_equal(status, HY_EAUTH);
	/* and with the search */
	key = hy_json_str(act(o, "qianfa", "saved.feed", "{\"id\":1}"), "key");
	(void)holder(o, 1, key, &status);
	assert_int_equal(status, HY_OK);
	(void)act(o, "qianfa", "saved.unfeed", "{\"id\":1}");
	(void)holder(o, 1, key, &status);
	assert_int_equal(status, HY_EAUTH);
	key = hy_json_str(act(o, "qianfa", "saved.feed", "{\"id\":1}"), "key");
	(void)act(o, "qianfa", "saved.remove", "{\"id\":1}");
	(void)holder(o, 1, key, &status);
	assert_int_equal(status, HY_EAUTH);
	assert_int_equal(audit_rows(o, "saved.feed"), 4);
	assert_int_equal(audit_rows(o, "saved.remove"), 1);
}

static void test_similar(void **state)
{
	struct office *o = *state;
	static const char base[] =
		"城东自来水又发黄了大家不要直接饮用请各位邻居互相转告明天上午恢复供水";

	add_item(o, o->source, "", base, "");
	add_item(o, o->source, "", hy_strf(o, "%s！！", base), "");
	add_item(o, o->source, "", "城东自来水又发黄了，水厂说管道冲洗明天恢复", "");
	add_item(o, o->source, "", "路灯坏了", "");
	index_all(o);
	struct hy_json *r = act(o, "shuiwu", "item.similar", "{\"id\":1}");
	const struct hy_json *items = hy_json_get(r, "items");
	assert_int_equal(items->n, 2);
	assert_int_equal(hy_json_int(items->at[0], "id", 0), 2);
	assert_true(hy_json_bool(items->at[0], "copy", false));
	assert_int_equal(hy_json_int(items->at[0], "likeness", 0), 100);
	assert_int_equal(hy_json_int(items->at[1], "id", 0), 3);
	assert_false(hy_json_bool(items->at[1], "copy", true));
	assert_int_equal(hy_json_int(r, "copies", 0), 1);
	assert_int_equal(fails(o, "shuiwu", "item.similar", "{\"id\":99}"), HY_ENOTFOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_export, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_search, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_saved, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_feed, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_similar, make_office, drop_office),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

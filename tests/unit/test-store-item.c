/* Sources, the log of items, and forgetting. */
#ifndef _GNU_SOURCE
#endif
#include "tests/unit/test-store.h"

static struct hy_item make_item(struct hy_source_id src, int n, const char *text)
{
	struct hy_item it = {.source = src,
			     .kind = HY_ITEM_POST,
			     .posted = NOW - HY_HOUR + n * HY_MINUTE,
			     .taken = NOW + n,
			     .title = "",
			     .text = text,
			     .lang = "zh",
			     .place = "",
			     .flags = HY_ITEM_OFFICIAL};

	it.native[0] = (uint8_t)n;
	it.native[15] = 1;
	hy_xxh128(text, strlen(text), it.content);
	return it;
}

static void sources(void **state)
{
	struct fix *f = *state;
	struct hy_source *s = NULL, *list = NULL;
	hy_time next = 0;
	size_t n = 0;

	OK(hy_source_next(f->st, 0, &next, &f->err));
	assert_true(next == HY_TIME_NEVER);
	struct hy_source_id a = add_source(f, "甲"), b = add_source(f, "乙");
	struct hy_source again = {.name = "甲", .kind = "feed", .url = "x"};
	FAILS(hy_source_add(f->st, &again, NULL, &f->err), HY_EEXISTS);
	OK(hy_source_make_due(f->st, b, NOW - 5, &f->err));
	OK(hy_source_due(f->st, f, NOW, 10, &list, &n, &f->err));
	assert_int_equal(n, 2);
	assert_int_equal(list[0].id.v, b.v);
	OK(hy_source_find(f->st, f, "甲", &s, &f->err));
	assert_int_equal(s->id.v, a.v);
	assert_string_equal(s->options, "{}");
	s->cursor = "{\"etag\":\"x\"}";
	s->last_try = s->last_ok = NOW;
	s->next_at = NOW + HY_HOUR;
	s->last_status = 200;
	OK(hy_source_tried(f->st, s, &f->err));
	OK(hy_source_received(f->st, a, &(struct hy_received){.fresh = 3, .edit = 1}, &f->err));
	OK(hy_source_received(f->st, a, &(struct hy_received){.fresh = 3, .repeat = 4}, &f->err));
	OK(hy_source_get(f->st, f, a, &s, &f->err));
	assert_int_equal(s->got_new, 6);
	assert_int_equal(s->got_edit, 1);
	assert_int_equal(s->got_repeat, 4);
	assert_int_equal(s->got_refused, 0);
	assert_string_equal(s->cursor, "{\"etag\":\"x\"}");
	OK(hy_source_next(f->st, 0, &next, &f->err));
	assert_int_equal(next, NOW - 5);
	OK(hy_source_next(f->st, NOW, &next, &f->err));
	assert_int_equal(next, NOW + HY_HOUR);
	OK(hy_source_set_url(f->st, b, "http://b.example/", &f->err));
	OK(hy_source_set_state(f->st, b, HY_SOURCE_REMOVED, &f->err));
	OK(hy_source_list(f->st, f, false, &list, &n, &f->err));
	assert_int_equal(n, 1);
	OK(hy_source_list(f->st, f, true, &list, &n, &f->err));
	assert_int_equal(n, 2);
	assert_string_equal(list[1].url, "http://b.example/");
	add_source(f, "乙");
	FAILS(hy_source_set_state(f->st, b, HY_SOURCE_ACTIVE, &f->err), HY_EEXISTS);
	FAILS(hy_source_set_url(f->st, (struct hy_source_id){99}, "x", &f->err), HY_ENOTFOUND);
	FAILS(hy_source_find(f->st, f, "99", &s, &f->err), HY_ENOTFOUND);
	struct hy_source pushed = {
		.name = "callback:x", .kind = "callback", .url = "", .next_at = HY_TIME_NEVER};
	struct hy_source_id c = {0};
	OK(hy_source_add(f->st, &pushed, &c, &f->err));
	OK(hy_source_make_due(f->st, (struct hy_source_id){0}, NOW + 7, &f->err));
	OK(hy_source_get(f->st, f, a, &s, &f->err));
	assert_int_equal(s->next_at, NOW + 7);
	OK(hy_source_get(f->st, f, c, &s, &f->err));
	assert_true(s->next_at == HY_TIME_NEVER);
}

static void put_repeat_edit(void **state)
{
	struct fix *f = *state;
	struct hy_source_id src = add_source(f, "a");
	struct hy_item it = make_item(src, 1, "路灯坏了"), *got = NULL;
	enum hy_put what;
	size_t n = 0;
	int64_t last = 0, live = 0;

	it.voice[3] = 7;
	it.url_public = "http://a.example/1";
	OK(hy_item_put(f->st, &it, &what, &f->err));
	assert_int_equal(what, HY_PUT_NEW);
	assert_int_equal(it.seq, 1);
	assert_int_equal(it.id.v, 1);
	OK(hy_item_put(f->st, &it, &what, &f->err));
	assert_int_equal(what, HY_PUT_REPEAT);
	assert_int_equal(it.seq, 1);
	struct hy_item edit = make_item(src, 1, "路灯修好了");
	OK(hy_item_put(f->st, &edit, &what, &f->err));
	assert_int_equal(what, HY_PUT_EDIT);
	assert_int_equal(edit.seq, 2);
	assert_int_equal(edit.id.v, 1);
	assert_int_equal(edit.revision, 2);

	OK(hy_item_seq(f->st, f, 1, &got, &f->err));
	assert_int_equal(got->superseded_by, 2);
	assert_string_equal(got->text, "路灯坏了");
	assert_string_equal(got->url_public, "http://a.example/1");
	assert_memory_equal(got->voice, it.voice, HY_HASH_LEN);
	OK(hy_item_get(f->st, f, it.id, &got, &f->err));
	assert_int_equal(got->seq, 2);
	assert_int_equal(got->superseded_by, 0);
	OK(hy_item_revisions(f->st, f, it.id, &got, &n, &f->err));
	assert_int_equal(n, 2);
	OK(hy_item_log(f->st, f, 1, 10, &got, &n, &f->err));
	assert_int_equal(n, 1);
	OK(hy_item_last_seq(f->st, &last, &live, &f->err));
	assert_int_equal(last, 2);
	assert_int_equal(live, 1);
	FAILS(hy_item_seq(f->st, f, 3, &got, &f->err), HY_ENOTFOUND);
	FAILS(hy_item_get(f->st, f, (struct hy_item_id){2}, &got, &f->err), HY_ENOTFOUND);
	assert_int_equal(raw_sql(f, "UPDATE item SET text = 'x'"), SQLITE_CONSTRAINT);
	assert_int_equal(raw_sql(f, "DELETE FROM item"), SQLITE_CONSTRAINT);
}

static void identity_ladder(void **state)
{
	struct fix *f = *state;
	struct hy_source_id src = add_source(f, "a"), other = add_source(f, "b");
	struct hy_item it = make_item(src, 1, "一"), two = make_item(src, 2, "二"), *got = NULL;
	uint8_t link[HY_HASH_LEN] = {9}, native[HY_HASH_LEN] = {77};
	enum hy_put what;
	size_t n = 0;

	struct hy_item named = make_item(src, 9, "有名");

	it.flags |= HY_ITEM_UNNAMED;
	two.flags |= HY_ITEM_UNNAMED;
	memcpy(it.link, link, sizeof link);
	OK(hy_item_put(f->st, &it, &what, &f->err));
	OK(hy_item_put(f->st, &named, &what, &f->err)); /* no candidate of the near-copy rung */
	OK(hy_item_put(f->st, &two, &what, &f->err));
	OK(hy_item_find_link(f->st, f, src, link, &got, &f->err));
	assert_int_equal(got->id.v, it.id.v);
	FAILS(hy_item_find_link(f->st, f, other, link, &got, &f->err), HY_ENOTFOUND);
	OK(hy_item_recent(f->st, f, src, it.posted, two.posted + 1, 10, &got, &n, &f->err));
	assert_int_equal(n, 2);
	assert_int_equal(got[0].id.v, two.id.v);
	OK(hy_item_recent(f->st, f, src, it.posted, two.posted, 10, &got, &n, &f->err));
	assert_int_equal(n, 1);

	OK(hy_item_alias(f->st, it.id, src, native, &f->err));
	OK(hy_item_alias(f->st, it.id, src, native, &f->err));
	FAILS(hy_item_alias(f->st, two.id, src, native, &f->err), HY_EEXISTS);
	FAILS(hy_item_alias(f->st, (struct hy_item_id){99}, src, native, &f->err), HY_ENOTFOUND);
	struct hy_item renamed = make_item(src, 3, "一改");
	memcpy(renamed.native, native, sizeof native);
	OK(hy_item_put(f->st, &renamed, &what, &f->err));
	assert_int_equal(what, HY_PUT_EDIT);
	assert_int_equal(renamed.id.v, it.id.v);
}

static void sealed_url(void **state)
{
	struct fix *f = *state;
	struct hy_person_id who = add_person(f, "li");
	struct hy_item it = make_item(add_source(f, "a"), 1, "一");
	uint8_t *sealed = NULL;
	enum hy_put what;
	char *url = NULL;
	struct hy_audit_row *rows = NULL;
	size_t n = 0;

	char *aad = hy_strf(f, "item|%s|url", hy_hex(f, it.native, HY_HASH_LEN));
	OK(hy_seal(f, test_master, aad, "http://x.example/u/1", 20, &sealed, &it.url_sealed_n,
		   &f->err));
	it.url_sealed = sealed;
	OK(hy_item_put(f->st, &it, &what, &f->err));
	OK(hy_item_open_url(f->st, f, who, it.id, &url, &f->err));
	assert_string_equal(url, "http://x.example/u/1");
	OK(hy_audit_list(f->st, f, 0, 10, &rows, &n, &f->err));
	assert_int_equal(n, 1);
	assert_string_equal(rows[0].action, "item.open-url");
	assert_string_equal(rows[0].actor_login, "li");
	assert_false(raw_grep(f, "x.example/u"));
}

/* Rows and cursor move in one transaction, or neither. */
static void batch_is_one(void **state)
{
	struct fix *f = *state;
	struct hy_source_id src = add_source(f, "a");
	struct hy_item it = make_item(src, 1, "一"),
		       bad = make_item((struct hy_source_id){99}, 2, "x");
	enum hy_put what;
	int64_t last = -1;

	OK(hy_store_begin(f->st, &f->err));
	OK(hy_item_put(f->st, &it, &what, &f->err));
	FAILS(hy_item_put(f->st, &bad, &what, &f->err), HY_ENOTFOUND);
	hy_store_rollback(f->st);
	OK(hy_item_last_seq(f->st, &last, NULL, &f->err));
	assert_int_equal(last, 0);
	OK(hy_item_put(f->st, &it, &what, &f->err));
	assert_int_equal(it.seq, 1);
}

static void histogram(void **state)
{
	struct fix *f = *state;
	struct hy_source_id src = add_source(f, "a");
	enum hy_put what;
	int64_t *slots = NULL;
	size_t n = 0;

	for (int i = 0; i < 10; i++) {
		char text[16];

		(void)snprintf(text, sizeof text, "t%d", i);
		struct hy_item it = make_item(src, i, text);
		OK(hy_item_put(f->st, &it, &what, &f->err));
	}
	OK(hy_item_histogram(f->st, f, NOW - HY_HOUR, NOW, 4 * HY_MINUTE, &slots, &n, &f->err));
	assert_int_equal(n, 15);
	assert_int_equal(slots[0], 4);
	assert_int_equal(slots[1], 4);
	assert_int_equal(slots[2], 2);
	assert_int_equal(slots[3], 0);
	FAILS(hy_item_histogram(f->st, f, 0, NOW, 1, &slots, &n, &f->err), HY_EINPUT);
}

static void purge_forgets(void **state)
{
	struct fix *f = *state;
	struct hy_source_id src = add_source(f, "a");
	uint8_t native[HY_HASH_LEN] = {55};
	enum hy_put what;
	int64_t gone = -1;
	struct hy_item old = make_item(src, 1, "MARKER-OLD-7f3a"), seen = make_item(src, 2, "seen"),
		       message = make_item(src, 3, "message"), young = make_item(src, 4, "young");
	struct hy_claim_id claim = {0};
	struct hy_claim c = {.text = "一句话"};
	struct hy_item *got = NULL;

	old.taken = seen.taken = message.taken = NOW - 40 * HY_DAY;
	message.kind = HY_ITEM_MESSAGE;
	OK(hy_item_put(f->st, &old, &what, &f->err));
	OK(hy_item_put(f->st, &seen, &what, &f->err));
	OK(hy_item_put(f->st, &message, &what, &f->err));
	OK(hy_item_put(f->st, &young, &what, &f->err));
	OK(hy_item_alias(f->st, old.id, src, native, &f->err));
	OK(hy_claim_add(f->st, &c, &claim, &f->err));
	OK(hy_sighting_add(f->st, &(struct hy_sighting){.claim = claim, .item = seen.id}, &f->err));
	assert_true(raw_grep(f, "MARKER-OLD-7f3a"));

	OK(hy_item_purge(f->st, NOW - 30 * HY_DAY, &gone, &f->err));
	assert_int_equal(gone, 1);
	assert_false(raw_grep(f, "MARKER-OLD-7f3a"));
	FAILS(hy_item_get(f->st, f, old.id, &got, &f->err), HY_ENOTFOUND);
	OK(hy_item_get(f->st, f, seen.id, &got, &f->err));
	OK(hy_item_get(f->st, f, message.id, &got, &f->err));
	assert_int_equal(raw_int(f, "SELECT count(*) FROM item_key"), 3);
	assert_int_equal(raw_int(f, "SELECT count(*) FROM item_alias"), 0);
	OK(hy_item_purge(f->st, NOW - 30 * HY_DAY, &gone, &f->err));
	assert_int_equal(gone, 0);
	/* The door is shut again. */
	assert_int_equal(raw_sql(f, "DELETE FROM item"), SQLITE_CONSTRAINT);
}

/* A place in the log is never given twice, though the last one was purged. */
static void purge_keeps_seq_rising(void **state)
{
	struct fix *f = *state;
	struct hy_item it = make_item(add_source(f, "a"), 1, "x");
	enum hy_put what;
	int64_t gone = 0;

	OK(hy_item_put(f->st, &it, &what, &f->err));
	OK(hy_item_purge(f->st, NOW + HY_DAY, &gone, &f->err));
	assert_int_equal(gone, 1);
	OK(hy_item_put(f->st, &it, &what, &f->err));
	assert_int_equal(what, HY_PUT_NEW);
	assert_int_equal(it.seq, 2);
	OK(hy_item_purge(f->st, NOW + HY_DAY, &gone, &f->err));
	OK(hy_item_purge(f->st, NOW + HY_DAY, &gone, &f->err));
	OK(hy_item_put(f->st, &it, &what, &f->err));
	assert_int_equal(it.seq, 3);
}

static void purge_of_old_revisions(void **state)
{
	struct fix *f = *state;
	struct hy_source_id src = add_source(f, "a");
	struct hy_item it = make_item(src, 1, "MARKER-FIRST-91c"), two = make_item(src, 1, "two"),
		       *got = NULL;
	enum hy_put what;
	int64_t gone = 0;
	size_t n = 0;

	it.taken = NOW - 40 * HY_DAY;
	OK(hy_item_put(f->st, &it, &what, &f->err));
	OK(hy_item_put(f->st, &two, &what, &f->err));
	OK(hy_item_purge(f->st, NOW - 30 * HY_DAY, &gone, &f->err));
	assert_int_equal(gone, 1);
	assert_false(raw_grep(f, "MARKER-FIRST-91c"));
	OK(hy_item_revisions(f->st, f, it.id, &got, &n, &f->err));
	assert_int_equal(n, 1);
	OK(hy_item_put(f->st, &two, &what, &f->err));
	assert_int_equal(what, HY_PUT_REPEAT);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, fix_setup, fix_teardown)
	const struct CMUnitTest tests[] = {
		T(sources),	  T(put_repeat_edit),	     T(identity_ladder),
		T(sealed_url),	  T(batch_is_one),	     T(histogram),
		T(purge_forgets), T(purge_keeps_seq_rising), T(purge_of_old_revisions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What the tests of the index share: a folder of their own, items of random text. */
#ifndef HY_TEST_INDEX_FIXTURE_H
#define HY_TEST_INDEX_FIXTURE_H

#include "index/index.h"

#include "base/base.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DAY0 ((hy_time)1795190400000) /* 2026-11-20T16:00:00Z: midnight of the 21st, +08:00 */
#define ZONE 480

static inline void remove_tree(const char *path)
{
	DIR *d = opendir(path);
	if (d == NULL) {
		(void)unlink(path);
		return;
	}
	for (struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		char *sub = hy_strf(NULL, "%s/%s", path, e->d_name);
		remove_tree(sub);
		talloc_free(sub);
	}
	closedir(d);
	(void)rmdir(path);
}

static inline char *temp_dir(const void *ctx)
{
	const char *tmp = getenv("TMPDIR");
	char *path = hy_strf(ctx, "%s/huying-index-XXXXXX", tmp != NULL ? tmp : "/tmp");
	if (mkdtemp(path) == NULL)
		abort();
	return path;
}

/* Few characters, so that they meet often; each kind that the fold treats in its own way. */
static inline const char *some_char(struct hy_rand *r)
{
	static const char *const chars[] = {
		"路", "灯", "燈", "维", "修", "水", "停", "坏", "路", "灯",
		"维", "a",  "b",  "A",	"c",  "1",  "２", "Ｂ", " ",  " ",
		"　", "\n", "，", "。", "!",  "“",  "😀",  "カ", "é",  "e\u0301",
		"Ⅲ",  "ß",  "㏩", "𠮷", "-",  "(",  "\"", "\\", "한", "۱",
	};
	return chars[hy_rand_below(r, HY_LEN(chars))];
}

static inline char *some_text(const void *ctx, struct hy_rand *r, size_t max)
{
	struct hy_buf b;
	hy_buf_init(&b, ctx, 1 << 16);
	for (size_t n = hy_rand_below(r, max + 1); n > 0; n--)
		hy_buf_str(&b, some_char(r));
	return hy_buf_take(&b, NULL);
}

static inline struct hy_item some_item(const void *ctx, struct hy_rand *r, int64_t seq)
{
	static const char *const places[] = {"", "城关镇", "城北鎮", "東河乡", "Xi'an"};
	struct hy_item it = {.seq = seq, .id = {seq}, .revision = 1};
	it.source.v = 1 + (int64_t)hy_rand_below(r, 4);
	it.kind = (enum hy_item_kind)hy_rand_below(r, 4);
	it.title = some_text(ctx, r, 6);
	it.text = some_text(ctx, r, 24);
	it.place = places[hy_rand_below(r, HY_LEN(places))];
	it.flags = (unsigned)hy_rand_below(r, 4);
	it.taken = DAY0 + seq * 20 * HY_MINUTE;
	it.posted = it.taken - (hy_dur)hy_rand_below(r, 40) * HY_HOUR;
	return it;
}

/* [a, b) in code points of a folded string, as a quoted phrase; NULL when only blanks are in it. */
static inline char *some_phrase(const void *ctx, struct hy_rand *r, const char *folded)
{
	size_t n = hy_utf8_count(folded, strlen(folded));
	if (n == 0)
		return NULL;
	size_t a = hy_rand_below(r, n), len = 1 + hy_rand_below(r, 6);
	const char *p = folded, *end = folded + strlen(folded), *stop;
	size_t k;
	for (; a > 0; a--, p += k)
		(void)hy_utf8_decode(p, end, &k);
	for (stop = p; stop < end && len > 0; len--, stop += k)
		(void)hy_utf8_decode(stop, end, &k);
	char *piece = hy_strndup(ctx, p, (size_t)(stop - p));
	if (piece[strspn(piece, " ")] == '\0')
		return NULL;
	return hy_query_quote(ctx, piece);
}

static inline char *folded(const void *ctx, const char *s)
{
	struct hy_folded f = {0};
	if (hy_fold(ctx, s, strlen(s), 0, &f, NULL) != HY_OK)
		abort();
	return f.s;
}

static inline const char *some_leaf(const void *ctx, struct hy_rand *r, const struct hy_item *items,
				    size_t n)
{
	static const char *const leaves[] = {
		"source:#1",
		"source:#3",
		"kind:post",
		"类型:评论",
		"官方:是",
		"own:no",
		"place:城",
		"地区:東河乡",
		"place:an",
		"time:2026-11-21",
		"since:2026-11-22",
		"until:2026-11-21",
		"time:2026-11-22T06:00..2026-11-22T18:00",
		"time:2020..2021",
	};
	const struct hy_item *it = &items[hy_rand_below(r, n)];
	const char *field = "", *phrase = NULL;
	uint64_t what = hy_rand_below(r, 10);
	if (what == 0)
		return leaves[hy_rand_below(r, HY_LEN(leaves))];
	if (what == 1)
		field = "title:";
	if (what == 2)
		field = "正文：";
	while (phrase == NULL) {
		it = &items[hy_rand_below(r, n)];
		const char *from = what == 3 ? some_text(ctx, r, 3)
					     : (hy_rand_below(r, 2) ? it->title : it->text);
		phrase = some_phrase(ctx, r, folded(ctx, from));
	}
	return hy_strf(ctx, "%s%s", field, phrase);
}

static inline const char *some_query(const void *ctx, struct hy_rand *r,
				     const struct hy_item *items, size_t n, int depth)
{
	uint64_t what = depth <= 0 ? 9 : hy_rand_below(r, 10);
	if (what > 5)
		return some_leaf(ctx, r, items, n);
	const char *a = some_query(ctx, r, items, n, depth - 1);
	if (what == 5)
		return hy_strf(ctx, "NOT (%s)", a);
	const char *b = some_query(ctx, r, items, n, depth - 1);
	return hy_strf(ctx, what < 2 ? "(%s %s)" : "(%s OR %s)", a, b);
}

#endif

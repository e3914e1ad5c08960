/* Clocks, medians, texts and lines for the benchmarks. */
#include "bench/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double seconds(clockid_t id)
{
	struct timespec t;

	(void)clock_gettime(id, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

double bench_cpu(void)
{
	return seconds(CLOCK_PROCESS_CPUTIME_ID);
}

double bench_wall(void)
{
	return seconds(CLOCK_MONOTONIC);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double bench_part(double *v, size_t n, double q)
{
	qsort(v, n, sizeof(*v), by_value);
	return v[(size_t)((double)(n - 1) * q)];
}

double bench_median(double *v, size_t n)
{
	return bench_part(v, n, 0.5);
}

void bench_ok(enum hy_status status, const struct hy_err *err)
{
	if (status == HY_OK)
		return;
	fprintf(stderr, "bench: %s\n", err->text);
	exit(1);
}

bool bench_quick(void)
{
	const char *quick = getenv("QUICK");

	return quick && *quick && strcmp(quick, "0") != 0;
}

int bench_rounds(void)
{
	const char *rounds = getenv("ROUNDS");
	int n = rounds ? (int)strtol(rounds, NULL, 10) : bench_quick() ? 3 : 7;

	return n < 3 ? 3 : n > BENCH_ROUNDS_MAX ? BENCH_ROUNDS_MAX : n;
}

/* ---- texts ---- */

/* Words of an invented county; frequent ones first, drawn by a skewed die as in real texts. */
static const char *const words[] = {
	"自来水", "路灯",   "公交",   "医院", "学校",  "停水", "发黄", "异味",	 "修好",   "堵车",
	"噪音",	  "垃圾",   "积水",   "河道", "桥面",  "施工", "补贴", "办证",	 "排队",   "投诉",
	"回复",	  "谢谢",   "今天",   "昨晚", "刚才",  "听说", "真的", "假的",	 "有没有", "谁知",
	"怎么",	  "为什么", "城东",   "城西", "南门",  "北街", "临江", "水务局", "交通局", "教育局",
	"县政府", "电话",   "没人接", "，",   "。",    "？",   "！",   "的",	 "了",	   "在",
	"是",	  "我",	    "你",     "他们", "hello", "ok",   "2026", "APP",
};

static size_t skewed(struct hy_rand *r, size_t n)
{
	double u = hy_rand_unit(r);

	return (size_t)(u * u * (double)n);
}

static char *invent(const void *ctx, struct hy_rand *r)
{
	size_t chars = 60 + hy_rand_below(r, 81), have = 0;
	struct hy_buf b;

	hy_buf_init(&b, ctx, 4096);
	while (have < chars) {
		/* Every third piece is a rare pair of Han characters: names, places. */
		if (hy_rand_below(r, 3) == 0) {
			for (int i = 0; i < 2; i++) {
				char out[4];
				uint32_t cp = 0x4E00 + (uint32_t)skewed(r, 6000);

				hy_buf_add(&b, out, hy_utf8_encode(cp, out));
			}
			have += 2;
		} else {
			const char *w = words[skewed(r, HY_LEN(words))];

			hy_buf_str(&b, w);
			have += hy_utf8_count(w, strlen(w));
		}
	}
	return hy_buf_take(&b, NULL);
}

struct bench_texts bench_texts(const void *ctx, const char *file, size_t n)
{
	struct bench_texts t = {.at = hy_new_array(ctx, char *, n), .real = file != NULL};
	static char line[1 << 16];
	struct hy_rand r;
	FILE *f = !file ? NULL : strcmp(file, "-") == 0 ? stdin : fopen(file, "r");

	if (file && !f) {
		perror(file);
		exit(1);
	}
	hy_rand_init(&r, 20261122);
	while (!file && t.n < n) {
		t.at[t.n] = invent(t.at, &r);
		t.bytes += strlen(t.at[t.n++]);
	}
	while (file && t.n < n && fgets(line, sizeof(line), f)) {
		const char *text;

		line[strcspn(line, "\n")] = '\0';
		text = strrchr(line, '\t');
		text = text ? text + 1 : line;
		if (!*text || !hy_utf8_valid(text, strlen(text)))
			continue;
		t.at[t.n] = hy_strdup(t.at, text);
		t.bytes += strlen(t.at[t.n++]);
	}
	if (!t.n) {
		fprintf(stderr, "bench: no texts in %s\n", file);
		exit(1);
	}
	return t;
}

/* ---- one line ---- */

static void number(const char *name, double v)
{
	if (v > 0)
		printf(",\"%s\":%.*f", name, v < 10 ? 4 : v < 1000 ? 2 : 0, v);
	else
		printf(",\"%s\":null", name);
}

static void text(const char *name, const char *s)
{
	if (s)
		printf(",\"%s\":\"%s\"", name, s);
	else
		printf(",\"%s\":null", name);
}

void bench_say(const struct bench_line *l)
{
	printf("{\"bench\":\"%s\"", l->bench);
	printf(",\"value\":%.*f", l->value < 10 ? 4 : l->value < 1000 ? 2 : 0, l->value);
	text("unit", l->unit);
	text("peer", l->peer);
	number("peer_value", l->peer_value);
	number("ratio", l->ratio);
	text("goal", l->goal);
	printf(",\"met\":%s,\"n\":%zu", l->met < 0 ? "null" : l->met ? "true" : "false", l->n);
	text("note", l->note);
	printf("}\n");
	(void)fflush(stdout);
}

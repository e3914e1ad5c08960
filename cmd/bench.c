/*
 * `huying bench pipeline`: an office of its own in a temporary folder, its roles index and detect,
 * rules, the dashboard with a reader of the event stream, and a stream of invented or given posts
 * through the real code. Prints one JSON object; fails when an item is lost, doubled or out of
 * place.
 */
#include "cmd/cmd.h"

#include "index/index.h"
#include "web/web.h"

#include <arpa/inet.h>
#include <ftw.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "config.h"

#define TEXTS_MAX 1000000
#define INVENTED 20000
#define LINE_MAX_BYTES (1 << 16)

struct bench {
	struct hy_cmd *cmd;
	char *dir;
	char **texts;
	size_t n_texts;
	bool real;
	int64_t rules, matched;
	struct hy_pipeline plan;
	struct hy_pipeline_figures out;
	/* the service beside */
	struct hy_loop *loop;
	struct hy_service *service;
	struct hy_web *web;
	struct hy_bell *moved, *ended;
	/* threads */
	pthread_t feeder, reader;
	enum hy_status status;
	struct hy_err err;
	char *token;
	int readers, port;
	atomic_bool stopping;
	int64_t events, last_seq;
	bool backwards; /* an event told of an earlier state than the one before */
};

/* ---- texts ---- */

static char *invent(const void *ctx, struct hy_rand *r)
{
	static const char *const words[] = {
		"自来水", "路灯", "公交", "医院", "学校", "停水", "发黄", "异味", "修好",
		"堵车",	  "噪音", "垃圾", "积水", "河道", "施工", "补贴", "排队", "今天",
		"昨晚",	  "听说", "真的", "怎么", "城东", "城西", "南门", "，",	  "。",
		"？",	  "的",	  "了",	  "在",	  "是",	  "ok",	  "2026"};
	size_t chars = 60 + hy_rand_below(r, 81), have = 0;
	struct hy_buf b;

	hy_buf_init(&b, ctx, 4096);
	while (have < chars) {
		const char *w = words[(size_t)(hy_rand_unit(r) * hy_rand_unit(r) * HY_LEN(words))];
		char out[4];

		if (hy_rand_below(r, 3)) {
			hy_buf_str(&b, w);
			have += hy_utf8_count(w, strlen(w));
			continue;
		}
		for (int i = 0; i < 2; i++) { /* every third piece is a rare pair */
			double u = hy_rand_unit(r);

			hy_buf_add(&b, out, hy_utf8_encode(0x4E00 + (uint32_t)(u * u * 6000), out));
		}
		have += 2;
	}
	return hy_buf_take(&b, NULL);
}

/* The last column of each line that is valid UTF-8. */
static void read_lines(struct bench *b, FILE *f)
{
	static char line[LINE_MAX_BYTES];

	while (b->n_texts < TEXTS_MAX && fgets(line, sizeof(line), f)) {
		char *text = strrchr(line, '\t');

		text = text ? text + 1 : line;
		text[strcspn(text, "\n")] = '\0';
		if (*text && hy_utf8_valid(text, strlen(text)))
			b->texts[b->n_texts++] = hy_strdup(b->texts, text);
	}
}

static enum hy_status read_texts(struct bench *b, const char *input, struct hy_err *err)
{
	struct hy_rand r;
	FILE *f = NULL;

	b->texts = hy_new_array(b->cmd->ctx, char *, TEXTS_MAX);
	hy_rand_init(&r, 20261129);
	while (!input && b->n_texts < INVENTED)
		b->texts[b->n_texts++] = invent(b->texts, &r);
	if (!input)
		return HY_OK;
	b->real = true;
	f = strcmp(input, "-") ? fopen(input, "r") : stdin;
	if (!f)
		return hy_err_set(err, HY_EINPUT, _("%s cannot be read"), input);
	read_lines(b, f);
	if (f != stdin)
		(void)fclose(f); /* only read */
	return b->n_texts ? HY_OK : hy_err_set(err, HY_EINPUT, _("%s holds no text"), input);
}

static const char *text_at(void *user, int64_t n)
{
	struct bench *b = user;

	return b->texts[(size_t)n % b->n_texts];
}

/* ---- rules ---- */

/* `chars` characters of a text drawn by chance, without blanks; NULL when it has none such. */
static char *piece(struct bench *b, const void *ctx, struct hy_rand *r, size_t chars)
{
	for (int tries = 0; tries < 100; tries++) {
		const char *s = b->texts[hy_rand_below(r, b->n_texts)], *end = s + strlen(s),
			   *at = s;
		size_t n = hy_utf8_count(s, strlen(s)), len = 0;

		if (n < chars)
			continue;
		for (size_t skip = hy_rand_below(r, n - chars + 1); skip; skip--, at += len)
			(void)hy_utf8_decode(at, end, &len);
		const char *from = at;
		for (size_t k = chars; k; k--, at += len)
			(void)hy_utf8_decode(at, end, &len);
		char *out = hy_strndup(ctx, from, (size_t)(at - from));
		if (!strpbrk(out, " \t\"\\") &&
		    !hy_query_parse(&(struct hy_query *){NULL}, ctx, hy_query_quote(ctx, out), NULL,
				    NULL))
			return hy_query_quote(ctx, out);
	}
	return NULL;
}

/* Half are pairs of words, a quarter phrases, a quarter phrases with an exception. */
static char *make_rule(struct bench *b, const void *ctx, struct hy_rand *r, int i)
{
	size_t more = b->real ? 0 : 3; /* invented texts are made of few words */
	char *one = piece(b, ctx, r, (i % 2 ? 4 : 3) + more), *other = piece(b, ctx, r, 2 + more);

	if (!one || !other)
		return NULL;
	if (i % 2 == 0)
		return hy_strf(ctx, "%s %s", one, other);
	return i % 4 == 1 ? one : hy_strf(ctx, "%s -%s", one, other);
}

static enum hy_status act(struct hy_desk *desk, const void *ctx, struct hy_person_id actor,
			  const char *action, const struct hy_json *params, struct hy_json **out,
			  struct hy_err *err)
{
	char *text = NULL;
	enum hy_status status = hy_desk_act(desk, ctx, actor, action, params, &text, err);

	return status || !out ? status : hy_json_parse(ctx, text, strlen(text), 0, out, err);
}

/* An editor who owns the rules and reads the events. */
static enum hy_status add_editor(struct bench *b, struct hy_desk *desk, struct hy_person_id *out,
				 struct hy_err *err)
{
	struct hy_person *p = NULL;
	struct hy_json *node = NULL;
	enum hy_status status = hy_person_find(hy_desk_store(desk), desk, "admin", &p, err);

	if (!status)
		status = act(desk, desk, p->id, "user.add",
			     cmd_object(desk, "login", "bench", "name", "bench", "duties",
					"editor,viewer,clerk", NULL),
			     &node, err);
	if (status)
		return status;
	b->token = hy_strdup(b->cmd->ctx, hy_json_str(node, "token"));
	status = hy_person_find(hy_desk_store(desk), desk, "bench", &p, err);
	if (!status)
		*out = p->id;
	return status;
}

static enum hy_status make_office(struct bench *b, struct hy_err *err)
{
	const struct hy_setup setup = {.office = "bench", .dir = b->dir};
	struct hy_desk *desk = NULL;
	struct hy_person_id editor = {0};
	char *phrase = NULL, *link = NULL;
	struct hy_rand r;
	enum hy_status status = hy_desk_setup(b->cmd->ctx, &setup, &phrase, &link, err);

	if (!status)
		status = hy_desk_open(&desk, b->cmd->ctx, b->dir, 0, err);
	if (!status)
		status = add_editor(b, desk, &editor, err);
	hy_rand_init(&r, 7);
	for (int i = 0; i < b->rules && !status; i++) {
		void *work = talloc_new(desk);
		char name[24], *query = make_rule(b, work, &r, i);

		snprintf(name, sizeof(name), "rule %d", i);
		if (query)
			status = act(desk, work, editor, "rule.add",
				     cmd_object(work, "name", name, "query", query, NULL), NULL,
				     err);
		talloc_free(work);
	}
	talloc_free(desk);
	return status;
}

/* ---- the reader of the events ---- */

/* Each state tells the last place of the log: it never runs back. */
static void read_state(struct bench *b, const char *line)
{
	const char *at = strstr(line, "\"last_seq\":");
	int64_t seq = at ? strtoll(at + 11, NULL, 10) : b->last_seq;

	if (seq < b->last_seq)
		b->backwards = true;
	b->last_seq = seq;
	b->events++;
}

static void read_events(struct bench *b, FILE *in)
{
	static char line[LINE_MAX_BYTES];

	while (!atomic_load(&b->stopping) && fgets(line, sizeof(line), in))
		if (!strncmp(line, "data: ", 6))
			read_state(b, line);
}

static FILE *ask_for_events(struct bench *b)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)b->port)};
	const struct timeval patience = {.tv_sec = 1};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	FILE *f = NULL;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd >= 0 && (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) ||
			connect(fd, (struct sockaddr *)&to, sizeof(to)))) {
		(void)close(fd); /* nothing was sent */
		fd = -1;
	}
	f = fd >= 0 ? fdopen(fd, "r+") : NULL;
	if (!f)
		return NULL;
	fprintf(f,
		"GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAuthorization: Bearer %s\r\n"
		"Accept: text/event-stream\r\n\r\n",
		b->port, b->token);
	(void)fflush(f); /* a failure shows as a stream without events */
	return f;
}

/* A stream ends after some minutes, or when there was nothing for a second: asked for again. */
static void *reader_main(void *user)
{
	struct bench *b = user;

	while (!atomic_load(&b->stopping)) {
		FILE *f = ask_for_events(b);

		if (!f) {
			(void)usleep(100000);
			continue;
		}
		read_events(b, f);
		(void)fclose(f); /* only read */
	}
	return NULL;
}

/* ---- running ---- */

static void *feeder_main(void *user)
{
	struct bench *b = user;

	b->status = hy_desk_pipeline(b->service, b->dir, &b->plan, &b->out, &b->err);
	hy_bell_ring(b->ended);
	return NULL;
}

static void on_ended(void *user)
{
	hy_loop_stop(((struct bench *)user)->loop);
}

static void on_moved(void *user)
{
	struct bench *b = user;

	hy_web_moved(b->web);
}

static enum hy_status start(struct bench *b, struct hy_err *err)
{
	const struct hy_web_conf web = {.dir = b->dir,
					.listen = "127.0.0.1:0",
					.version = PACKAGE_VERSION,
					.desk = &hy_web_desk_real};
	enum hy_status status = hy_loop_new(&b->loop, b->cmd->ctx, err);

	if (!status)
		status = hy_service_start(&b->service, b->cmd->ctx, b->dir, "index,detect", b->loop,
					  err);
	if (!status && b->readers)
		status = hy_web_new(&b->web, b->cmd->ctx, b->loop, &web, err);
	if (status)
		return status;
	b->moved = hy_bell_new(b->cmd->ctx);
	b->ended = hy_bell_new(b->cmd->ctx);
	hy_bell_hear(b->ended, b->loop, on_ended, b);
	if (b->web) {
		hy_bell_hear(b->moved, b->loop, on_moved, b);
		hy_service_subscribe(b->service, b->moved);
		b->port = hy_web_port(b->web);
	}
	return HY_OK;
}

static enum hy_status run(struct bench *b, struct hy_err *err)
{
	enum hy_status status = start(b, err);
	bool reads = false;

	if (!status && pthread_create(&b->feeder, NULL, feeder_main, b))
		status = hy_err_set(err, HY_ESYSTEM, "%s", _("no thread"));
	if (!status) {
		reads = b->web && !pthread_create(&b->reader, NULL, reader_main, b);
		status = hy_loop_run(b->loop, err);
		(void)pthread_join(b->feeder, NULL);
		atomic_store(&b->stopping, true);
	}
	hy_web_free(b->web); /* the reader's stream ends with it */
	if (reads)
		(void)pthread_join(b->reader, NULL);
	hy_service_stop(b->service);
	if (!status && b->status) {
		status = b->status;
		*err = b->err;
	}
	return status;
}

/* What rang: counted in the record, as a person would see it. */
static void count_alerts(struct bench *b)
{
	struct hy_desk *desk = NULL;
	struct hy_alert *list = NULL;
	size_t n = 0;

	if (hy_desk_open(&desk, b->cmd->ctx, b->dir, HY_DESK_READ_ONLY, NULL))
		return;
	if (!hy_alert_list(hy_desk_store(desk), desk, true, 0, 100000, &list, &n, NULL))
		for (size_t i = 0; i < n; i++)
			b->matched += list[i].items;
	talloc_free(desk);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

/* ---- what it gave ---- */

static double per(int64_t n, int64_t ms)
{
	return ms > 0 ? (double)n * 1000 / (double)ms : 0;
}

static double per_item(int64_t ms, int64_t items)
{
	return items ? (double)ms * 1e6 / (double)items : 0;
}

static void put_real(struct hy_json_writer *w, const char *name, double v)
{
	hy_jw_kint(w, name, (int64_t)(v + 0.5));
}

static void print(struct bench *b)
{
	const struct hy_pipeline_figures *o = &b->out;
	struct hy_json_writer *w = hy_json_writer_new(b->cmd->ctx, false);
	struct rusage use;

	(void)getrusage(RUSAGE_SELF, &use);
	hy_jw_object(w);
	hy_jw_kstr(w, "texts", b->real ? "given" : "invented");
	hy_jw_kint(w, "items", o->items);
	hy_jw_kint(w, "ms", o->wall_ms);
	put_real(w, "items_per_s", per(o->items, o->wall_ms));
	put_real(w, "items_per_cpu_s", per(o->items, o->cpu_ms));
	put_real(w, "cpu_ns_per_item", per_item(o->cpu_ms, o->items));
	put_real(w, "parse_ns", per_item(o->parsing_ms, o->items));
	put_real(w, "take_ns", per_item(o->taking_ms, o->items));
	put_real(w, "store_ns", per_item(o->storing_ms, o->items));
	hy_jw_kint(w, "lag_p50_ms", o->lag_p50_ms);
	hy_jw_kint(w, "lag_p99_ms", o->lag_p99_ms);
	hy_jw_kint(w, "lag_max_ms", o->lag_max_ms);
	hy_jw_kint(w, "burst", b->plan.burst);
	hy_jw_kint(w, "burst_ms", o->burst_ms);
	hy_jw_kint(w, "burst_lag_max_ms", o->burst_lag_ms);
	hy_jw_kint(w, "all", o->all);
	hy_jw_kbool(w, "in_order", o->in_order);
	hy_jw_kint(w, "lost", o->lost);
	hy_jw_kint(w, "doubled", o->doubled);
	hy_jw_kint(w, "rules", b->rules);
	hy_jw_kint(w, "matches", b->matched);
	hy_jw_kint(w, "events", b->events);
	hy_jw_kbool(w, "events_in_order", !b->backwards);
	hy_jw_kint(w, "batches_folded", o->batches_read);
	hy_jw_kint(w, "batches_shared", o->batches_shared);
	hy_jw_kint(w, "rss_mib", use.ru_maxrss / 1024);
	hy_jw_kint(w, "texts_mib", (int64_t)(talloc_total_size(b->texts) >> 20));
	hy_jw_end_object(w);
	cmd_json(hy_jw_text(w, NULL));
}

static enum hy_status number(struct hy_cmd *cmd, const char *name, int64_t fallback, int64_t *out,
			     struct hy_err *err)
{
	struct hy_err bad = {0};
	const char *text = cmd_option(cmd, name, &bad);
	char *end = NULL;

	*out = fallback;
	if (bad.text[0])
		return hy_err_set(err, HY_EINPUT, "%s", bad.text);
	if (!text)
		return HY_OK;
	*out = strtoll(text, &end, 10);
	if (!*text || *end || *out < 0 || *out > 1000000000)
		return hy_err_set(err, HY_EINPUT, _("--%s is a number, not \"%s\""), name, text);
	return HY_OK;
}

static enum hy_status options(struct bench *b, const char **input, struct hy_err *err)
{
	struct hy_cmd *cmd = b->cmd;
	int64_t sources = 0, readers = 0;
	bool most = cmd_flag(cmd, "max");
	enum hy_status status = HY_OK;

	*input = cmd_option(cmd, "input", err);
	status = number(cmd, "rate", 5000, &b->plan.rate, err);
	if (!status)
		status = number(cmd, "seconds", 60, &b->plan.seconds, err);
	if (!status)
		status = number(cmd, "items", 0, &b->plan.most, err);
	if (!status)
		status = number(cmd, "burst", 0, &b->plan.burst, err);
	if (!status)
		status = number(cmd, "rules", 1000, &b->rules, err);
	if (!status)
		status = number(cmd, "sources", 100, &sources, err);
	if (!status)
		status = number(cmd, "readers", 1, &readers, err);
	if (!status)
		status = cmd_rest(cmd, 0, 0, err);
	if (!status && (sources < 1 || sources > 10000))
		status = hy_err_set(err, HY_EINPUT, _("--%s is a number, not \"%s\""), "sources",
				    "");
	if (most)
		b->plan.rate = 0;
	b->plan.sources = (int)sources;
	b->readers = readers > 0;
	return status;
}

int cmd_bench_pipeline(struct hy_cmd *cmd)
{
	struct bench b = {.cmd = cmd};
	struct hy_err err = {0};
	const char *input = NULL, *tmp = getenv("TMPDIR");
	enum hy_status status = options(&b, &input, &err);

	if (status)
		return cmd_usage(cmd, &err);
	b.plan.text = text_at;
	b.plan.user = &b;
	b.dir = hy_strf(cmd->ctx, "%s/huying-pipeline-XXXXXX", tmp ? tmp : "/tmp");
	status = read_texts(&b, input, &err);
	if (!status && !mkdtemp(b.dir))
		status = hy_err_set(&err, HY_ESYSTEM, _("%s cannot be made"), b.dir);
	if (status)
		return cmd_fail(&err);
	hy_log_init_auto(NULL, HY_LOG_WARNING);
	status = make_office(&b, &err);
	if (!status)
		status = run(&b, &err);
	if (!status) {
		count_alerts(&b);
		print(&b);
	}
	(void)nftw(b.dir, remove_one, 16, FTW_DEPTH | FTW_PHYS); /* a rest of it harms nobody */
	if (!status && (b.out.lost || b.out.doubled || !b.out.in_order || b.backwards))
		status = hy_err_set(&err, HY_ECORRUPT, "%s",
				    _("items were lost, doubled or out of place"));
	return status ? cmd_fail(&err) : 0;
}

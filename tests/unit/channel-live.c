#include "tests/unit/channel-live.h"

static void moved(void *user, const struct hy_delivery *d, enum hy_delivery_state from, bool paged,
		  const char *why)
{
	struct world *w = user;

	(void)from;
	w->paged += paged;
	if (paged)
		(void)snprintf(w->why, sizeof(w->why), "%s", why);
	assert_non_null(hy_strf(d, "%s", why));
}

struct world *world_begin_at(enum hy_practice_platform platform, const char *name,
			     const char *login, const char *const *secrets)
{
	struct fix *f = NULL;
	struct world *w = talloc_zero(NULL, struct world);
	uint8_t pub[HY_ED25519_LEN];

	assert_int_equal(fix_setup((void **)&f), 0);
	live_begin(NULL);
	hy_clock_set(f->clock, LIVE_START);
	w->f = f;
	w->platform = platform;
	w->name = name;
	w->li = add_person(f, "li");
	w->wang = add_person(f, "wang");
	OK(hy_office_key(f->st, pub, &f->err));
	OK(hy_meta_set(f->st, "office.name", "临江县", &f->err));
	OK(hy_meta_set(f->st, "office.language", "zh", &f->err));
	OK(hy_meta_set(f->st, "site.base", BASE, &f->err));
	OK(hy_meta_set(f->st, HY_META_ADDRESS, "203.0.113.7", &f->err));
	OK(hy_account_add(f->st, &(struct hy_account){.name = "site", .platform = "site"}, NULL,
			  &w->site, &f->err));
	char *reach = hy_strf(w, "127.0.0.1:%d", hy_practice_port(live.site));
	for (int i = 0; secrets[i] != NULL; i++)
		OK(hy_account_add(f->st,
				  &(struct hy_account){.name = hy_strf(w, "%s%d", name, i),
						       .platform = name,
						       .url = hy_strf(w, "http://%s/", reach),
						       .login = login,
						       .reach = reach},
				  hy_secret_new(w, secrets[i], strlen(secrets[i])), &w->a[i],
				  &f->err));
	const struct hy_net_options net = {.clock = f->clock, .per_host = 8};
	const struct hy_outbox_options o = {.dir = f->dir,
					    .clock = f->clock,
					    .seed = 7,
					    .gap = -1,
					    .lookups = 5,
					    .net = &net,
					    .moved = moved,
					    .user = w};
	OK(hy_outbox_new(&w->ob, w, live.loop, f->st, &o, &f->err));
	w->lease = (struct hy_lease){.name = "publish", .fence = 1, .until = HY_TIME_NEVER};
	return w;
}

void world_end(struct world *w)
{
	struct fix *f = w->f;

	talloc_free(w->ob);
	(void)live_teardown(NULL);
	assert_int_equal(fix_teardown((void **)&f), 0);
	talloc_free(w);
}

struct hy_statement_id draft(struct world *w, const struct hy_statement *s)
{
	struct fix *f = w->f;
	struct hy_statement full = *s;
	struct hy_statement_id id = {0};

	full.author = w->li;
	OK(hy_publish_draft(f->st, &full, &id, &f->err));
	return id;
}

void approve(struct world *w, struct hy_statement_id id)
{
	struct fix *f = w->f;
	struct hy_statement *got = NULL;

	OK(hy_publish_submit(f->st, id, 1, w->li, NULL, 0, &f->err));
	OK(hy_statement_get(f->st, w, id, &got, &f->err));
	OK(hy_publish_approve(f->st, id, 1, got->digest, w->wang, NULL, 0, &f->err));
}

struct hy_statement_id notice(struct world *w, const char *title, const char *text, size_t n)
{
	struct hy_account_id to[4] = {w->site, w->a[0], w->a[1], w->a[2]};
	struct hy_statement_id id = draft(w, &(struct hy_statement){.kind = HY_STATEMENT_NOTICE,
								    .title = title,
								    .text = text,
								    .targets = to,
								    .n_targets = n + 1});

	approve(w, id);
	return id;
}

const char *blocked(struct world *w, struct hy_statement_id id, const char **why)
{
	struct fix *f = w->f;
	struct hy_draft_finding *list = NULL;
	struct hy_statement *s = NULL;
	size_t n = 0;

	OK(hy_statement_get(f->st, w, id, &s, &f->err));
	OK(hy_draft_check(f->st, w, s, &list, &n, &f->err));
	for (size_t i = 0; i < n; i++)
		if (list[i].blocking) {
			if (why != NULL)
				*why = list[i].text;
			return list[i].code;
		}
	return NULL;
}

struct hy_form form_of(struct world *w, struct hy_statement_id id, int i)
{
	struct fix *f = w->f;
	struct hy_statement *s = NULL;
	struct hy_account *a = NULL;
	struct hy_form form = {0};

	OK(hy_statement_get(f->st, w, id, &s, &f->err));
	OK(hy_account_get(f->st, w, w->a[i], &a, &f->err));
	OK(hy_publish_form(f->st, w, s, a, &form, &f->err));
	return form;
}

void run(struct world *w)
{
	struct fix *f = w->f;

	OK(hy_outbox_run(w->ob, &w->lease, &f->err));
	assert_int_equal(hy_outbox_busy(w->ob), 0);
}

void later(struct world *w, hy_dur d)
{
	hy_clock_set(w->f->clock, hy_now(w->f->clock) + d);
	hy_clock_set(live.clk, hy_now(live.clk) + d);
}

struct hy_delivery *delivery_of(struct world *w, struct hy_statement_id id, int i)
{
	struct fix *f = w->f;
	struct hy_delivery *list = NULL;
	size_t n = 0;

	OK(hy_delivery_list(f->st, w, id, &list, &n, &f->err));
	for (size_t k = 0; k < n; k++)
		if (list[k].account.v == w->a[i].v)
			return &list[k];
	fail_msg("no delivery to account %d", i);
	return NULL;
}

void until_state(struct world *w, struct hy_statement_id id, int i, enum hy_delivery_state state,
		 hy_dur d, int n)
{
	const struct hy_delivery *now;

	run(w);
	for (; (now = delivery_of(w, id, i))->state != state; n--) {
		if (n == 0)
			fail_msg("%s, not %s: %s", hy_delivery_state_name(now->state),
				 hy_delivery_state_name(state), now->error);
		later(w, d);
		run(w);
	}
}

void fault_rule(struct world *w, struct hy_practice_fault_rule rule)
{
	rule.platform = w->platform;
	hy_practice_fault_add(live.site, &rule);
}

void fault(struct world *w, enum hy_practice_fault kind, const char *op, int times)
{
	fault_rule(w, (struct hy_practice_fault_rule){.kind = kind, .op = op, .times = times});
}

size_t notes(struct world *w, const struct hy_json **out, size_t k)
{
	const struct hy_json *all = hy_json_get(live_state(w->name), "notes");
	size_t n = 0;

	for (size_t i = 0; all != NULL && i < all->n; i++) {
		if (!hy_json_bool(all->at[i], "by_api", false) ||
		    hy_json_bool(all->at[i], "deleted", false))
			continue;
		if (out != NULL && n == k)
			*out = all->at[i];
		n++;
	}
	return n;
}

void same_bytes(struct world *w, struct hy_statement_id id, int i, size_t k)
{
	const struct hy_json *note = NULL;
	const struct hy_delivery *d = delivery_of(w, id, i);

	assert_true(notes(w, &note, k) > k);
	assert_string_equal(hy_json_str(note, "text"), form_of(w, id, i).text);
	assert_int_equal(d->state, HY_DELIVERY_SENT);
	assert_string_equal(d->receipt, hy_json_str(note, "id"));
	assert_non_null(d->receipt_url);
}

char *repeated(struct world *w, const char *piece, int n)
{
	char *out = hy_strdup(w, "");

	while (n-- > 0)
		out = hy_strf(w, "%s%s", out, piece);
	return out;
}

struct hy_statement_id erratum(struct world *w, struct hy_statement_id of)
{
	struct hy_account_id to[] = {w->site, w->a[0]};
	struct hy_statement_id id = draft(w, &(struct hy_statement){.kind = HY_STATEMENT_ERRATUM,
								    .title = "停水时间有误",
								    .text = "应为后天。",
								    .targets = to,
								    .n_targets = 2,
								    .corrects = of});

	approve(w, id);
	return id;
}

int every_code(struct world *w, const char *op, const char *of)
{
	struct fix *f = w->f;
	size_t n = 0;
	const struct hy_platform_error *all = hy_platform_errors(&n);
	int seen = 0;

	for (size_t i = 0; i < n; i++) {
		enum hy_delivery_state want = HY_DELIVERY_FAILED;
		const struct hy_delivery *d;

		if (strcmp(all[i].platform, w->name) != 0)
			continue;
		struct hy_statement_id id = notice(w, hy_strf(w, "通告 %zu", i), "停水", 2);

		fault_rule(w, (struct hy_practice_fault_rule){
				      .kind = HY_FAULT_ERROR,
				      .op = op,
				      .of = of,
				      .code = (int)strtol(all[i].code, NULL, 10)});
		run(w);
		if (all[i].write == HY_EAUTH || all[i].write == HY_EWAIT || all[i].write == HY_ETEMP)
			want = HY_DELIVERY_WAIT;
		else if (all[i].write == HY_EUNSURE)
			want = HY_DELIVERY_UNKNOWN;
		d = delivery_of(w, id, 0);
		if (d->state != want)
			fail_msg("%s: %s: %s", all[i].code, hy_delivery_state_name(d->state),
				 d->error);
		if (delivery_of(w, id, 1)->state != HY_DELIVERY_SENT)
			fail_msg("%s: the other account: %s", all[i].code,
				 delivery_of(w, id, 1)->error);
		OK(hy_account_set_state(f->st, w->a[0], HY_ACCOUNT_ACTIVE, NULL, &f->err));
		later(w, 3 * HY_MINUTE);
		seen++;
	}
	return seen;
}

/* ---- cases ---- */

struct hy_case_id a_case(struct world *w, struct hy_account_id account, const char *handle,
			 hy_time last)
{
	struct fix *f = w->f;
	uint8_t contact[HY_HASH_LEN] = {1};
	struct hy_case_id id = {0};

	OK(hy_case_add(f->st,
		       &(struct hy_case){.title = "来信",
					 .text = "水黄了",
					 .channel = "wechat",
					 .opened = hy_now(f->clock),
					 .calendar = "cn@1"},
		       20261122, w->li, &id, &f->err));
	OK(hy_contact_add(f->st, id, account, contact, handle, last, &f->err));
	return id;
}

struct hy_answer_id reply(struct world *w, struct hy_case_id cs, struct hy_account_id to,
			  const char *text)
{
	struct fix *f = w->f;
	struct hy_answer_id id = {0};
	struct hy_case *c = NULL;

	OK(hy_case_get(f->st, w, cs, &c, &f->err));
	OK(hy_case_move(f->st, c, c->state,
			&(struct hy_case_event){.kind = "replied", .text = text, .actor = w->li},
			&f->err));
	OK(hy_answer_add(f->st,
			 &(struct hy_answer){.cs = cs,
					     .account = to,
					     .not_after = hy_now(f->clock) + HY_ANSWER_LATE,
					     .who = w->li},
			 &id, &f->err));
	return id;
}

/*
 * Faults by script: a list of rules, each good for some requests. The first that fits is taken; what
 * it does is up to route.c (the line), the platform (its words) and push.c.
 */
#include "config.h"
#include "practice/internal.h"

#include <string.h>
#include <strings.h>

static const struct {
	const char *name;
	enum hy_practice_fault fault;
} names[] = {
	{"none", HY_FAULT_NONE},       {"drop", HY_FAULT_DROP},	    {"429", HY_FAULT_BUSY},
	{"500", HY_FAULT_BROKEN},      {"401", HY_FAULT_DENY},	    {"503", HY_FAULT_AWAY},
	{"down", HY_FAULT_DOWN},       {"hang", HY_FAULT_HANG},	    {"drip", HY_FAULT_DRIP},
	{"garbage", HY_FAULT_GARBAGE}, {"big", HY_FAULT_BIG},	    {"error", HY_FAULT_ERROR},
	{"empty", HY_FAULT_EMPTY},     {"late", HY_FAULT_LATE},	    {"lost", HY_FAULT_LOST},
	{"double", HY_FAULT_DOUBLE},   {"shuffle", HY_FAULT_SHUFFLE},
};

bool hy_practice_fault_parse(const char *name, enum hy_practice_fault *out)
{
	for (size_t i = 0; i < HY_LEN(names); i++) {
		if (!strcmp(names[i].name, name)) {
			*out = names[i].fault;
			return true;
		}
	}
	return false;
}

static bool of_pushes(enum hy_practice_fault kind)
{
	return kind >= HY_FAULT_LOST;
}

static void clear(struct hy_practice *site, enum hy_practice_platform p)
{
	for (size_t i = 0; i < site->n_faults; i++)
		if (site->faults[i]->rule.platform == p)
			site->faults[i]->left = 0;
}

void hy_practice_fault_add(struct hy_practice *site, const struct hy_practice_fault_rule *rule)
{
	struct fault *f;

	if (rule->kind == HY_FAULT_NONE) {
		clear(site, rule->platform);
		return;
	}
	f = hy_new(site, struct fault);
	f->rule = *rule;
	f->rule.op = rule->op && *rule->op ? hy_strdup(f, rule->op) : NULL;
	f->rule.of = rule->of && *rule->of ? hy_strdup(f, rule->of) : NULL;
	f->rule.after = hy_strdup(f, rule->after ? rule->after : "1");
	if (!rule->reads && !rule->writes)
		f->rule.writes = true;
	f->left = rule->times ? rule->times : 1;
	site->faults = hy_grow(site, site->faults, struct fault *, site->n_faults + 1);
	site->faults[site->n_faults++] = f;
}

void hy_practice_fault(struct hy_practice *site, enum hy_practice_fault fault, int times,
		       int retry_after)
{
	struct hy_practice_fault_rule rule = {.kind = fault, .times = times};

	clear(site, HY_PRACTICE_SITE);
	if (fault == HY_FAULT_NONE || times <= 0)
		return;
	rule.after = hy_strf(site, "%d", retry_after > 0 ? retry_after : 1);
	hy_practice_fault_add(site, &rule);
}

/* The account named, by what the request brings: a bearer or OAuth token, or the Basic login. */
static bool is_of(struct ask *ask, enum hy_practice_platform p, const char *of)
{
	const char *head = ask->authorization, *text = ask_field(ask, "access_token");
	struct token *t;

	if (!of)
		return true;
	if (!text && head && strchr(head, ' '))
		text = strchr(head, ' ') + 1;
	if (text && head && !strncasecmp(head, "Basic ", 6)) {
		void *pair = NULL;
		size_t n = 0;

		if (hy_unbase64(ask, text + strspn(text, " "), false, &pair, &n, NULL))
			return false;
		text = hy_strndup(ask, pair, strcspn(hy_strndup(ask, pair, n), ":"));
	}
	t = token_find(ask->site, p, text);
	return text && (!strcmp(text, of) ||
			(t && (!strcmp(t->of->login, of) || !strcmp(t->of->name, of))));
}

void fault_take(struct ask *ask, enum hy_practice_platform p, bool writes)
{
	struct hy_practice *site = ask->site;
	const char *rest = ask->arg(ask, "rest_route"); /* WordPress's other way to name a path */
	const char *place = rest ? rest : ask->path;

	for (size_t i = 0; i < site->n_faults; i++) {
		struct fault *f = site->faults[i];

		if (!f->left || f->rule.platform != p || of_pushes(f->rule.kind) ||
		    !(writes ? f->rule.writes : f->rule.reads) ||
		    (f->rule.op && !strstr(place, f->rule.op)) || !is_of(ask, p, f->rule.of))
			continue;
		if (f->left > 0)
			f->left--;
		ask->fault = f->rule;
		return;
	}
}

enum hy_practice_fault fault_take_push(struct hy_practice *site, enum hy_practice_platform p)
{
	for (size_t i = 0; i < site->n_faults; i++) {
		struct fault *f = site->faults[i];

		if (!f->left || f->rule.platform != p || !of_pushes(f->rule.kind))
			continue;
		if (f->left > 0)
			f->left--;
		return f->rule.kind;
	}
	return HY_FAULT_NONE;
}

struct hy_practice_fault_rule fault_take_wire(struct hy_practice *site,
					      enum hy_practice_platform p, const char *op)
{
	for (size_t i = 0; i < site->n_faults; i++) {
		struct fault *f = site->faults[i];

		if (!f->left || f->rule.platform != p || of_pushes(f->rule.kind) ||
		    (f->rule.op && strcmp(f->rule.op, op)))
			continue;
		if (f->left > 0)
			f->left--;
		return f->rule;
	}
	return (struct hy_practice_fault_rule){.kind = HY_FAULT_NONE};
}

/* A tree written back as a query: for `--explain`, for rules that say why they rang, and for the
 * tests that hold the parser to its own words. */
#include "index/tree.h"

#include "base/base.h"

#include <string.h>

static void quote_into(struct hy_buf *b, const char *s)
{
	hy_buf_chr(b, '"');
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			hy_buf_chr(b, '\\');
		/* a full-width quotation mark would close the phrase */
		if (strncmp(s, "\xef\xbc\x82", 3) == 0) {
			hy_buf_str(b, "\\\"");
			s += 2;
			continue;
		}
		hy_buf_chr(b, *s);
	}
	hy_buf_chr(b, '"');
}

char *hy_query_quote(const void *ctx, const char *text)
{
	struct hy_buf b;
	hy_buf_init(&b, ctx, 2 * strlen(text) + 16);
	quote_into(&b, text);
	return hy_buf_take(&b, NULL);
}

static void explain_time(struct hy_buf *b, const struct hy_node *t)
{
	char at[HY_TIME_ISO_MAX];
	hy_buf_str(b, "time:");
	if (t->from != INT64_MIN)
		hy_buf_str(b, hy_time_iso(t->from, at));
	hy_buf_str(b, "..");
	if (t->until != HY_TIME_NEVER)
		hy_buf_str(b, hy_time_iso(t->until, at));
}

static void explain_leaf(struct hy_buf *b, const struct hy_node *t)
{
	switch (t->op) {
	case HY_OP_NEAR:
		explain_leaf(b, t->l);
		hy_buf_fmt(b, " NEAR/%" PRId64 " ", t->v);
		explain_leaf(b, t->r);
		break;
	case HY_OP_UNIT:
		hy_buf_fmt(b, "unit:#%" PRId64, t->v);
		break;
	case HY_OP_TERM:
		if (t->field != HY_FIELD_ANY)
			hy_buf_str(b, t->field == HY_FIELD_TITLE ? "title:" : "text:");
		quote_into(b, t->s);
		break;
	case HY_OP_PLACE:
		hy_buf_str(b, "place:");
		quote_into(b, t->s);
		break;
	case HY_OP_SOURCE:
		hy_buf_fmt(b, "source:#%" PRId64, t->v);
		break;
	case HY_OP_KIND:
		hy_buf_fmt(b, "kind:%s", hy_kind_words[t->v]);
		break;
	case HY_OP_FLAG:
		hy_buf_fmt(b, "%s:%s", t->v == HY_ITEM_OWN ? "own" : "official",
			   t->yes ? "yes" : "no");
		break;
	case HY_OP_TIME:
		explain_time(b, t);
		break;
	case HY_OP_REGEX:
		hy_buf_fmt(b, "/%s/", t->s);
		break;
	default:
		break;
	}
}

/* A chain of one operator leans left and is shown flat: above is the operator around. */
static void explain(struct hy_buf *b, const struct hy_node *t, enum hy_op above)
{
	switch (t->op) {
	case HY_OP_AND:
	case HY_OP_OR:
		if (t->op != above)
			hy_buf_chr(b, '(');
		explain(b, t->l, t->op);
		hy_buf_str(b, t->op == HY_OP_AND ? " AND " : " OR ");
		explain(b, t->r, HY_OP_ALL);
		if (t->op != above)
			hy_buf_chr(b, ')');
		break;
	case HY_OP_NOT:
		hy_buf_str(b, "NOT ");
		explain(b, t->l, HY_OP_ALL);
		break;
	default:
		explain_leaf(b, t);
	}
}

char *hy_query_explain(const void *ctx, const struct hy_query *q)
{
	struct hy_buf b;
	hy_buf_init(&b, ctx, 64u << 10);
	explain(&b, q->root, HY_OP_ALL);
	return hy_buf_take(&b, NULL);
}

/* Names of the enums of records.h: one table each, both ways. People may type the Chinese word that
 * they are shown; what is stored and what machines read is the ASCII name. */
#include "store/records.h"

#include <string.h>

#define TABLE(t) (t), HY_LEN(t)

/* Marked for translation: people are shown _(name), machines the name. */
static const char *const item_kinds[] = {N_("article"), N_("post"), N_("comment"), N_("message")};
static const char *const source_states[] = {N_("active"), N_("paused"), N_("stopped"),
					    N_("removed")};
static const char *const account_states[] = {N_("active"), N_("frozen"), N_("needs-reauth"),
					     N_("revoked")};
static const char *const alert_states[] = {N_("firing"), N_("acked"), N_("closed")};
static const char *const claim_states[] = {N_("open"), N_("checking"), N_("judged"), N_("closed")};
static const char *const verdicts[] = {N_("none"),	   N_("true"),	  N_("partly"),
				       N_("false"),	   N_("context"), N_("unverified"),
				       N_("not-checkable")};
static const char *const statement_kinds[] = {N_("notice"), N_("progress"), N_("correction"),
					      N_("reply"), N_("erratum")};
static const char *const statement_states[] = {N_("draft"), N_("submitted"), N_("approved"),
					       N_("rejected"), N_("cancelled")};
static const char *const delivery_states[] = {N_("planned"), N_("sending"),  N_("sent"),
					      N_("wait"),    N_("failed"),   N_("unknown"),
					      N_("missed"),  N_("cancelled")};
static const char *const case_states[] = {N_("new"), N_("assigned"), N_("answered"), N_("waiting"),
					  N_("closed")};
static const char *const case_types[] = {N_("consult"), N_("request"), N_("complaint"),
					 N_("suggest"), N_("report")};
static const char *const answer_reports[] = {"", N_("delivered"), N_("undelivered")};
/* In the order of the bits. */
static const char *const duties[] = {N_("viewer"),   N_("handler"),    N_("clerk"), N_("editor"),
				     N_("approver"), N_("supervisor"), N_("admin")};

static const char *name_of(const char *const *names, size_t n, unsigned v)
{
	return v < n ? names[v] : "?";
}

/* HY_EINPUT with the names there are, each with its Chinese word. */
static enum hy_status none_of(const char *const *names, size_t n, const char *s, size_t s_n,
			      struct hy_err *err)
{
	struct hy_buf b;
	void *work = talloc_new(NULL);

	hy_buf_init(&b, work, HY_ERR_TEXT_MAX);
	for (size_t i = 0; i < n; i++) {
		const char *word = hy_tr(HY_LANG_ZH, names[i]);
		bool same = !strcmp(word, names[i]); /* no catalogue is installed */
		(void)hy_buf_fmt(&b, "%s%s%s%s%s", i > 0 ? ", " : "", names[i], same ? "" : " (",
				 same ? "" : word, same ? "" : ")"); /* fits */
	}
	enum hy_status status =
		hy_err_set(err, HY_EINPUT, _("\"%.*s\" is none of: %s"),
			   (int)(s_n > 64 ? hy_utf8_cut(s, 64) : s_n), s, b.data ? b.data : "");
	talloc_free(work);
	return status;
}

static bool is_name(const char *name, const char *s, size_t s_n)
{
	const char *word = hy_tr(HY_LANG_ZH, name);

	return (strlen(name) == s_n && memcmp(name, s, s_n) == 0) ||
	       (strlen(word) == s_n && memcmp(word, s, s_n) == 0);
}

static enum hy_status parse(const char *const *names, size_t n, const char *s, size_t *out,
			    struct hy_err *err)
{
	for (size_t i = 0; s && i < n; i++) {
		if (is_name(names[i], s, strlen(s))) {
			*out = i;
			return HY_OK;
		}
	}
	return none_of(names, n, s ? s : "", s ? strlen(s) : 0, err);
}

#define NAME(fn, type, table)                                                                      \
	const char *fn(type v)                                                                     \
	{                                                                                          \
		return name_of(TABLE(table), (unsigned)v);                                         \
	}
#define PARSE(fn, type, table)                                                                     \
	enum hy_status fn(const char *s, type *out, struct hy_err *err)                            \
	{                                                                                          \
		size_t at = 0;                                                                     \
		enum hy_status status = parse(TABLE(table), s, &at, err);                          \
                                                                                                   \
		if (status == HY_OK)                                                               \
			*out = (type)at;                                                           \
		return status;                                                                     \
	}

NAME(hy_item_kind_name, enum hy_item_kind, item_kinds)
NAME(hy_source_state_name, enum hy_source_state, source_states)
NAME(hy_account_state_name, enum hy_account_state, account_states)
NAME(hy_alert_state_name, enum hy_alert_state, alert_states)
NAME(hy_claim_state_name, enum hy_claim_state, claim_states)
NAME(hy_verdict_name, enum hy_verdict, verdicts)
NAME(hy_statement_kind_name, enum hy_statement_kind, statement_kinds)
NAME(hy_statement_state_name, enum hy_statement_state, statement_states)
NAME(hy_delivery_state_name, enum hy_delivery_state, delivery_states)
NAME(hy_case_state_name, enum hy_case_state, case_states)
NAME(hy_answer_report_name, enum hy_answer_report, answer_reports)
NAME(hy_case_type_name, enum hy_case_type, case_types)

PARSE(hy_verdict_parse, enum hy_verdict, verdicts)
PARSE(hy_statement_kind_parse, enum hy_statement_kind, statement_kinds)
PARSE(hy_case_type_parse, enum hy_case_type, case_types)
PARSE(hy_case_state_parse, enum hy_case_state, case_states)
PARSE(hy_statement_state_parse, enum hy_statement_state, statement_states)

/* The bit of one word of n bytes, 0 = none. */
static unsigned duty_of(const char *s, size_t n)
{
	for (size_t i = 0; i < HY_LEN(duties); i++)
		if (is_name(duties[i], s, n))
			return 1u << i;
	return 0;
}

/* Bytes of the separator here, 0 = none: a comma, or what a Chinese keyboard types for it. */
static size_t separator(const char *s)
{
	static const char *const marks[] = {",", "，", "、"};

	for (size_t i = 0; i < HY_LEN(marks); i++)
		if (strncmp(s, marks[i], strlen(marks[i])) == 0)
			return strlen(marks[i]);
	return 0;
}

enum hy_status hy_duties_parse(const char *s, unsigned *out, struct hy_err *err)
{
	unsigned bits = 0;

	while (*s) {
		size_t n = 0;
		while (s[n] && !separator(s + n))
			n++;
		unsigned bit = duty_of(s, n);

		if (!bit)
			return none_of(TABLE(duties), s, n, err);
		bits |= bit;
		s += n;
		s += separator(s);
	}
	if (!bits)
		return hy_err_set(err, HY_EINPUT, _("name at least one duty"));
	*out = bits;
	return HY_OK;
}

char *hy_duties_text(const void *ctx, unsigned bits)
{
	struct hy_buf b;

	hy_buf_init(&b, ctx, 256);
	for (size_t i = 0; i < HY_LEN(duties); i++)
		if (bits & (1u << i))
			(void)hy_buf_fmt(&b, "%s%s", b.len ? "," : "", duties[i]); /* fits */
	return hy_buf_take(&b, NULL);
}

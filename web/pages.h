/* What pages are made of: an escaping writer, a frame, and the parts that many pages share. */
#ifndef HY_WEB_PAGES_H
#define HY_WEB_PAGES_H

#include "web/internal.h"

/* In web/ words are in the language of the call, not of the process. */
#undef _
#define _(msgid) hy_tr(c->lang, (msgid))

/* Markup of ours, as it stands. Never text of people. */
void h(struct web_call *c, const char *markup);
/* Markup with %s, %d, %ld (PRId64), %zu, %%: each %s is escaped for text and for a quoted
 * attribute. */
void hf(struct web_call *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Text of people, escaped; lines become <br>. */
void h_lines(struct web_call *c, const char *text);

/* Frame: title is the visible h1; here is the address of the section in the menu, or NULL. */
void page_open(struct web_call *c, const char *title, const char *here);
void page_close(struct web_call *c);
/* "the same on the command line" */
void cli_twin(struct web_call *c, const char *command);
/* Nothing there: what it is, and the one verb that fills it. */
void empty_state(struct web_call *c, const char *what, const char *verb, const char *command);
/* <form method=post> with the session's token; closed by form_close(button's words). */
void form_open(struct web_call *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The same with enctype=multipart/form-data: it may carry a file. */
void form_open_file(struct web_call *c, const char *action);
void form_close(struct web_call *c, const char *words, const char *class);
/* <details> around a form that one opens; the caller writes </details>. It stands open when its
 * form comes back with an error. */
void more_open(struct web_call *c, const char *summary);
/* refill.c: gives the form that begins at form_at of the page what was typed, if it is the one that
 * failed; the line above the page; and what was typed when the page has no such form any more. */
void refill_form(struct web_call *c, size_t form_at);
void refill_note(struct web_call *c);
void refill_rest(struct web_call *c);
/* A badge: shape and word, never colour alone. kind: "bad", "warn", "good", "calm". */
void badge(struct web_call *c, const char *kind, const char *words);
/* Badges and words of states. */
void level_badge(struct web_call *c, const char *level);
void state_badge(struct web_call *c, const char *state);
const char *word(struct web_call *c, const char *name); /* Chinese or English of a stable name */
/* Time left as words: "2 h 5 min", "overdue 12 min". */
char *left_words(struct web_call *c, int64_t seconds);
char *when_ts(struct web_call *c, const struct hy_json *o, const char *name);
/* A link only when the address is http(s). */
void link_out(struct web_call *c, const char *url, const char *words);
/* "next" of a list as a link "older". */
void older(struct web_call *c, const char *path, const struct hy_json *result);
/* The query's "before" as a parameter of a list; nonsense is written as null. */
void put_before(struct web_call *c, struct hy_json_writer *p);
/* Bars as SVG: counts of slots, with a table for who does not see it. */
/* Where a slot [start, end) in Unix seconds leads; child of the request. */
typedef char *(*slot_link)(struct web_call *c, int64_t start, int64_t end);
void bar_chart(struct web_call *c, const struct hy_json *slots, const char *title,
	       slot_link link /* NULL: nowhere */);
/* The saved searches as links; nothing when there is none. */
void saved_links(struct web_call *c);
/* Evidence with its hashes. */
void evidence_list(struct web_call *c, const struct hy_json *list);
/* An item as search and alerts show it; marks are byte ranges in its snippet. */
void item_row(struct web_call *c, const struct hy_json *item);
/* The title of a case, linked; a dash when it is not for whoever looks. */
void case_link(struct web_call *c, const struct hy_json *cs);
/* Forms that open a claim or a case from an alert or an item ("" = none). */
void open_forms(struct web_call *c, const char *alert, const char *item, const char *title);
/* <option>s of units. */
void unit_options(struct web_call *c, const char *chosen);
/* Whether who is logged in has the duty for this action of the desk. */
bool may_act(const struct web_call *c, const char *action);
/* <dt>name<dd>value, when there is a value. */
void fact(struct web_call *c, const char *name, const char *value);
/* 'it''s' as a shell takes it. */
char *shell_quoted(struct web_call *c, const char *s);
int64_t num(const struct hy_json *o, const char *name);
const char *str(const struct hy_json *o, const char *name); /* "" when absent; numbers as written */
const struct hy_json *items_of(const struct hy_json *o);

void page_overview(struct web_call *c);
void page_search(struct web_call *c);
void page_saved_list(struct web_call *c);
void page_saved(struct web_call *c);
void page_saved_feed(struct web_call *c);
void web_saved_atom(struct web_call *c);
void page_export(struct web_call *c);
void page_item(struct web_call *c);
void page_item_url(struct web_call *c);
void page_rules(struct web_call *c);
void page_rule(struct web_call *c);
void page_runs(struct web_call *c);
void page_alerts(struct web_call *c);
void page_alert(struct web_call *c);
void page_claims(struct web_call *c);
void page_claim(struct web_call *c);
void page_evidence(struct web_call *c);
void page_cases(struct web_call *c);
void page_case(struct web_call *c);
void page_case_media(struct web_call *c);
void page_statements(struct web_call *c);
void page_statement(struct web_call *c);
void page_statement_new(struct web_call *c);
void page_sources(struct web_call *c);
void page_imports(struct web_call *c);
void page_import_preview(struct web_call *c);
void page_import_run(struct web_call *c);
void page_balance(struct web_call *c);
void page_balance_csv(struct web_call *c);
void page_report(struct web_call *c);
void page_report_csv(struct web_call *c);
void page_audit(struct web_call *c);
void page_lookup(struct web_call *c);
void page_lookup_do(struct web_call *c);
void page_public(struct web_call *c);
void page_public_empty(struct web_call *c);
/* A form's action: then back to its thing, to the new thing, or to the list. */
void page_act(struct web_call *c);
void page_act_new(struct web_call *c);
void page_act_list(struct web_call *c);

#endif

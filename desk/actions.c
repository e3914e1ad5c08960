/*
 * The table of actions and the one door to them: parameters are checked against the action's list
 * (an unknown name is refused, so nobody can ask by author), then the duty, then the action runs.
 */
#include "desk/internal.h"

#include <string.h>

#define V HY_DUTY_VIEWER
#define H HY_DUTY_HANDLER
#define C HY_DUTY_CLERK
#define E HY_DUTY_EDITOR
#define P HY_DUTY_APPROVER
#define S HY_DUTY_SUPERVISOR
#define A HY_DUTY_ADMIN
#define ANY (V | H | C | E | P | S | A)
#define DESK (C | E | P | S)

#define STR(n, req, help)                                                                          \
	{                                                                                          \
		n, HY_PARAM_STR, req, help                                                         \
	}
#define INT(n, req, help)                                                                          \
	{                                                                                          \
		n, HY_PARAM_INT, req, help                                                         \
	}
#define BOOL(n, help)                                                                              \
	{                                                                                          \
		n, HY_PARAM_BOOL, false, help                                                      \
	}
#define LIST(n, req, help)                                                                         \
	{                                                                                          \
		n, HY_PARAM_LIST, req, help                                                        \
	}
#define TIME(n, help)                                                                              \
	{                                                                                          \
		n, HY_PARAM_TIME, false, help                                                      \
	}
#define END                                                                                        \
	{                                                                                          \
		NULL, 0, false, NULL                                                               \
	}
#define PARAMS(...)                                                                                \
	(const struct hy_param[])                                                                  \
	{                                                                                          \
		__VA_ARGS__, END                                                                   \
	}
#define NONE                                                                                       \
	(const struct hy_param[])                                                                  \
	{                                                                                          \
		END                                                                                \
	}
#define PAGE                                                                                       \
	INT("before", false, N_("id to start below: the page's \"next\"")),                        \
		INT("limit", false, N_("how many at most"))
#define ID STR("id", true, N_("number or name"))
#define IMPORT                                                                                     \
	STR("file", true, N_("the bytes of the file in base64")),                                  \
		LIST("map", false, N_("FIELD=COLUMN, for what is not understood by itself")),      \
		INT("sheet", false, N_("of an XLSX, from 1; 0: the first to be seen")),            \
		INT("header", false, N_("the line of the headings; 0: it is found")),              \
		STR("charset", false, N_("of a CSV that is not UTF-8, UTF-16 or GB18030")),        \
		STR("kind", false, N_("cases (messages to the office) or posts (public)")),        \
		STR("channel", false, N_("how they came: hotline, board, mailbox ...")),           \
		BOOL("refused", N_("the refused rows as CSV, too"))
#define READ(n, who, params, help, fn)                                                             \
	{                                                                                          \
		n, who, false, false, params, help, fn                                             \
	}
#define OPEN(n, who, params, help, fn)                                                             \
	{                                                                                          \
		n, who, false, true, params, help, fn                                              \
	}
#define WRITE(n, who, params, help, fn)                                                            \
	{                                                                                          \
		n, who, true, false, params, help, fn                                              \
	}

#define FILTERS                                                                                    \
	TIME("since", N_("posted at or after")), TIME("until", N_("posted up to the end of this day or time")),               \
		STR("source", false, N_("a source")),                                              \
		STR("unit", false, N_("a unit, with those below it")),                             \
		STR("place", false, N_("a place")),                                                \
		STR("kind", false, N_("article, post, comment or message")),                       \
		STR("order", false, N_("newest (arrival) first, or relevance")),                           \
		BOOL("all", N_("near-copies each by itself, not folded into one row"))
#define SEARCH                                                                                     \
	STR("query", false, N_("the query, see huying-query(7); everything when absent")),         \
		INT("limit", false, N_("how many at most")),                                       \
		STR("cursor", false, N_("the page's \"next\"")), FILTERS,                          \
		BOOL("facets", N_("count by source, place, kind and time"))
#define POST                                                                                       \
	STR("title", false, N_("title")), LIST("to", true, N_("names of official accounts")),      \
		TIME("not_before", N_("send at this time")),                                       \
		TIME("not_after", N_("never send after this time"))

const struct hy_action hy_desk_actions[] = {
	OPEN("status", ANY, NONE, N_("the office at a glance"), act_status),
	OPEN("search", ANY, PARAMS(SEARCH), N_("find items by what they say"), act_search),
	WRITE("search.export", DESK,
	      PARAMS(STR("query", false,
			 N_("the query, see huying-query(7); everything when absent")),
		     FILTERS, INT("limit", false, N_("how many at most")),
		     STR("format", false, N_("csv or jsonl"))),
	      N_("what was found as a table; leaves a trace"), act_search_export),
	OPEN("volume", ANY,
	     PARAMS(TIME("since", N_("from")), TIME("until", N_("to")),
		    STR("slot", false, N_("width of a slot: 1h"))),
	     N_("items over time"), act_volume),
	OPEN("item.show", ANY, PARAMS(ID), N_("one item and its revisions"), act_item_show),
	OPEN("item.similar", ANY, PARAMS(ID, INT("limit", false, N_("how many at most"))),
	     N_("copies of an item and items like it"), act_item_similar),
	WRITE("saved.add", DESK,
	      PARAMS(STR("name", true, N_("its name")),
		     STR("query", false,
			 N_("the query, see huying-query(7); everything when absent")),
		     FILTERS),
	      N_("keep a search under a name, for the whole office"), act_saved_add),
	OPEN("saved.list", ANY, NONE, N_("the saved searches"), act_saved_list),
	OPEN("saved.show", ANY, PARAMS(ID), N_("one saved search"), act_saved_show),
	OPEN("saved.run", ANY,
	     PARAMS(ID, INT("limit", false, N_("how many at most")),
		    STR("cursor", false, N_("the page's \"next\"")),
		    BOOL("facets", N_("count by source, place, kind and time"))),
	     N_("what a saved search finds now"), act_saved_run),
	WRITE("saved.remove", DESK, PARAMS(ID), N_("remove a saved search and end its feed"),
	      act_saved_remove),
	WRITE("saved.feed", DESK, PARAMS(ID),
	      N_("a key of your own for its Atom feed; an older one of yours ends"),
	      act_saved_feed),
	WRITE("saved.unfeed", DESK, PARAMS(ID), N_("end all keys of its feed"), act_saved_unfeed),
	WRITE("saved.atom", ANY,
	      PARAMS(ID, STR("address", true, N_("where this desk is reached: https://HOST"))),
	      N_("the feed itself, for who has a key of it"), act_saved_atom),
	WRITE("item.open-url", C | E, PARAMS(ID, STR("why", true, N_("why it must be opened"))),
	      N_("open the sealed address of a public post; leaves a trace"), act_item_open_url),

	WRITE("source.add", A | E,
	      PARAMS(STR("kind", true,
			 N_("collector: feed, mastodon, weibo, discuz, nodebb, discourse, mail")),
		     STR("name", true, N_("its name here")), STR("url", true, N_("address")),
		     STR("reach", false, N_("exact peer ADDRESS:PORT; command line only")),
		     STR("place", false, N_("place")), STR("unit", false, N_("whose it is")),
		     BOOL("own", N_("it carries our own posts")),
		     BOOL("official", N_("it belongs to a government body")),
		     BOOL("allow_http", N_("plain http, for a site that has no https")),
		     STR("interval", false, N_("time between two looks: 15m")),
		     STR("zone", false, N_("zone of dates without one")),
		     STR("charset", false, N_("charset, where the source lies")),
		     STR("account", false, N_("account whose secret it is read with")),
		     STR("what", false,
			 N_("which list: mentions, tag, own, comments, comment-mentions, "
			    "own-comments; forums: rss, posts")),
		     STR("tag", false, N_("Mastodon: the tag, without #")),
		     STR("board", false, N_("forums: the board's number")),
		     STR("number", false, N_("Mastodon: the account's number, for own")),
		     STR("mailbox", false, N_("mail: the mailbox; INBOX when absent")),
		     BOOL("remove", N_("mail: remove from the server what was taken in")),
		     INT("budget", false, N_("calls a day of the account")),
		     STR("backfill", false, N_("how far back the first look goes: 7d"))),
	      N_("add a source"), act_source_add),
	OPEN("source.list", ANY, NONE, N_("all sources with their health"), act_source_list),
	OPEN("source.show", ANY, PARAMS(ID), N_("one source"), act_source_show),
	OPEN("source.balance", ANY,
	     PARAMS(STR("id", false, N_("a source; all when absent")),
		    TIME("day", N_("the first day; today when absent")),
		    TIME("until", N_("the last day; the first when absent")),
		    STR("format", false, N_("csv: the sheet as a table"))),
	     N_("what came and what became of it, by source and day"), act_source_balance),
	WRITE("source.set", A | E,
	      PARAMS(ID, STR("unit", false, N_("whose it is; -: nobody's")),
		     STR("url", false, N_("another address: it is read anew")),
		     STR("reach", false, N_("exact peer ADDRESS:PORT; command line only")),
		     STR("place", false, N_("place")),
		     BOOL("allow_http", N_("plain http, for a site that has no https")),
		     STR("interval", false, N_("time between two looks: 15m")),
		     STR("zone", false, N_("zone of dates without one")),
		     STR("charset", false, N_("charset, where the source lies")),
		     STR("account", false, N_("account whose secret it is read with")),
		     STR("what", false, N_("which list; it is read anew")),
		     STR("tag", false, N_("Mastodon: the tag, without #")),
		     STR("board", false, N_("forums: the board's number")),
		     STR("number", false, N_("Mastodon: the account's number, for own")),
		     STR("mailbox", false, N_("mail: the mailbox; INBOX when absent")),
		     BOOL("remove", N_("mail: remove from the server what was taken in")),
		     BOOL("keep", N_("mail: remove nothing from the server any more")),
		     INT("budget", false, N_("calls a day of the account")),
		     STR("backfill", false, N_("how far back the first look goes: 7d"))),
	      N_("change a source; -: without"), act_source_set),
	WRITE("source.pause", A | E, PARAMS(ID), N_("stop looking for a while"), act_source_pause),
	WRITE("source.resume", A | E, PARAMS(ID), N_("look again"), act_source_resume),
	WRITE("source.remove", A, PARAMS(ID),
	      N_("remove a source; its items stay until their time is up"), act_source_remove),
	{"source.due", ANY, true, true,
	 PARAMS(STR("id", false, N_("number or name; all when absent"))), N_("look now"),
	 act_source_due},

	{"index.rebuild", A, true, true, NONE, N_("make the index anew from the record"),
	 act_index_rebuild},
	{"index.compact", A, true, true, NONE,
	 N_("pack past days, join months, erase what is hidden"), act_index_compact},

	WRITE("rule.add", E | C,
	      PARAMS(STR("name", true, N_("its name")),
		     STR("query", true, N_("the query that runs on each new item")),
		     STR("kind", false, N_("query or regex: a regular expression")),
		     STR("level", false, N_("high, medium or low"))),
	      N_("save a query as a rule that rings"), act_rule_add),
	OPEN("rule.list", ANY, PARAMS(STR("words", false, N_("words in the name or query")), PAGE),
	     N_("all rules, newest first"), act_rule_list),
	OPEN("rule.show", ANY, PARAMS(ID), N_("one rule, its versions, and what it found"),
	     act_rule_show),
	WRITE("rule.edit", E | C,
	      PARAMS(ID, STR("query", false, N_("another query: a new version")),
		     STR("name", false, N_("another name")),
		     STR("level", false, N_("high, medium or low"))),
	      N_("change a rule; another query begins with the next item"), act_rule_edit),
	WRITE("rule.enable", E | C, PARAMS(ID), N_("let a rule run from now on"), act_rule_enable),
	WRITE("rule.disable", E | C, PARAMS(ID), N_("let a rule rest"), act_rule_disable),
	WRITE("rule.remove", E, PARAMS(ID), N_("remove a rule"), act_rule_remove),
	OPEN("rule.explain", ANY,
	     PARAMS(STR("id", false, N_("a rule")), STR("query", false, N_("or a query")),
		    STR("kind", false, N_("query or regex: a regular expression"))),
	     N_("how a rule is understood"), act_rule_explain),
	OPEN("rule.test", ANY,
	     PARAMS(STR("id", false, N_("a rule")), STR("query", false, N_("or a query")),
		    STR("kind", false, N_("query or regex: a regular expression")),
		    TIME("on", N_("how far to look back: 30d")),
		    INT("limit", false, N_("how many examples"))),
	     N_("what a rule would have found in the archive, and how often in vain"),
	     act_rule_test),
	WRITE("rule.rerun", E | C, PARAMS(STR("id", false, N_("a rule; all when absent"))),
	      N_("run rules over the whole archive"), act_rule_rerun),
	OPEN("rule.runs", ANY, PARAMS(PAGE), N_("runs over the archive and how far they are"),
	     act_rule_runs),
	WRITE("rule.stop", E | C, PARAMS(INT("run", true, N_("number of the run"))),
	      N_("stop a run over the archive"), act_rule_stop),
	WRITE("rule.import", E,
	      PARAMS(STR("text", true, N_("rules as rule.export gives them, one JSON object a line")),
		     BOOL("dry_run", N_("say what would be done, and do nothing"))),
	      N_("add and change many rules, all or none"), act_rule_import),
	OPEN("rule.export", ANY, NONE, N_("all rules, for rule.import"), act_rule_export),

	OPEN("alert.list", ANY, PARAMS(BOOL("closed", N_("closed ones too")), PAGE),
	     N_("alerts, newest first"), act_alert_list),
	OPEN("alert.show", ANY, PARAMS(ID), N_("one alert, why it rang, what matched"),
	     act_alert_show),
	WRITE("alert.ack", DESK, PARAMS(ID), N_("take it in hand"), act_alert_ack),
	WRITE("alert.close", DESK,
	      PARAMS(ID, STR("disposition", true, N_("case, claim, noise, known or done"))),
	      N_("end it with a named disposition"), act_alert_close),

	WRITE("claim.open", C | E,
	      PARAMS(STR("text", true, N_("the assertion in one sentence")),
		     STR("alert", false, N_("an alert")), STR("item", false, N_("an item"))),
	      N_("open a claim"), act_claim_open),
	OPEN("claim.list", ANY, PARAMS(PAGE), N_("claims, newest first"), act_claim_list),
	OPEN("claim.show", ANY, PARAMS(ID), N_("one claim"), act_claim_show),
	WRITE("claim.sight", C | E,
	      PARAMS(ID, STR("item", false, N_("an item")), STR("channel", false, N_("channel")),
		     STR("place", false, N_("place")), STR("note", false, N_("note"))),
	      N_("add a sighting"), act_claim_sight),
	WRITE("claim.evidence", C | E,
	      PARAMS(ID, STR("title", true, N_("what it is")), STR("url", false, N_("address")),
		     STR("file", false, N_("the file itself, base64"))),
	      N_("add evidence; a copy is kept with its SHA-256"), act_claim_evidence),
	WRITE("claim.judge", E | P,
	      PARAMS(ID,
		     STR("verdict", true,
			 N_("true, partly, false, context, unverified, not-checkable")),
		     STR("finding", true, N_("one sentence: what was found"))),
	      N_("write the verdict; a second person signs it"), act_claim_judge),
	WRITE("claim.sign", E | P, PARAMS(ID), N_("sign the verdict of another"), act_claim_sign),
	READ("evidence.get", DESK, PARAMS(ID), N_("one piece of evidence, the file itself"),
	     act_evidence_get),

	READ("import.list", C | E, NONE, N_("files that were taken in, and how far they came"),
	     act_import_list),
	WRITE("import.preview", C | E, PARAMS(STR("source", false, N_("the source it is to be")), IMPORT),
	      N_("what a sheet (CSV, XLSX) would become; nothing is stored"), act_import_preview),
	WRITE("import.run", C | E,
	      PARAMS(STR("source", true, N_("the source it is; made when there is none")), IMPORT,
		     BOOL("save", N_("the source remembers the columns")),
		     BOOL("again", N_("though another source took in the same file"))),
	      N_("take in the rows of a sheet (CSV, XLSX)"), act_import_run),

	WRITE("case.open", C | E,
	      PARAMS(STR("title", true, N_("title")),
		     STR("text", false, N_("what the citizen wrote")),
		     STR("type", false, N_("consult, request, complaint, suggest, report")),
		     STR("channel", false, N_("how it came")),
		     STR("unit", false, N_("who is to answer")),
		     STR("alert", false, N_("an alert")), STR("item", false, N_("an item")),
		     STR("claim", false, N_("a claim")),
		     TIME("at", N_("when the message arrived")),
		     STR("reference", false, N_("its original number, where it came from")),
		     STR("contact", false, N_("how the writer is answered: phone or mail; sealed"))),
	      N_("open a case"), act_case_open),
	READ("case.list", ANY,
	     PARAMS(BOOL("closed", N_("closed ones too")), STR("unit", false, N_("a unit")),
		    BOOL("overdue", N_("only overdue ones")),
		    STR("reference", false, N_("only those with this original number")), PAGE),
	     N_("cases"), act_case_list),
	WRITE("case.show", H | C | E | P | S,
	      PARAMS(ID, STR("why", false, N_("why you open a case that is not yours to handle"))),
	      N_("one case, its events and custody; leaves a trace"), act_case_show),
	WRITE("case.media", H | C | E | P | S,
	      PARAMS(ID, STR("attachment", true, N_("which one of the case")),
		     STR("why", false, N_("why you open a case that is not yours to handle"))),
	      N_("what a citizen sent beside their words; leaves a trace"), act_case_media),
	OPEN("case.why-due", ANY, PARAMS(ID), N_("why it is due then"), act_case_why_due),
	WRITE("case.assign", C | E | S, PARAMS(ID, STR("unit", true, N_("a unit"))),
	      N_("hand it to a unit"), act_case_assign),
	WRITE("case.return", H | C, PARAMS(ID, STR("why", true, N_("the reason"))),
	      N_("give it back to the desk"), act_case_return),
	WRITE("case.reply", H | C | E,
	      PARAMS(ID, STR("text", true, N_("the answer")),
		     BOOL("record_only", N_("record it only: they are answered by another way"))),
	      N_("answer the citizen: it is sent over the account that they wrote by, where that "
		 "can be, and seen by the look-up number"),
	      act_case_reply),
	WRITE("case.settle", H | C | E,
	      PARAMS(ID,
		     STR("as", true,
			 N_("sent or absent: what you saw on the platform; retry: send it now; "
			    "cancel: never")),
		     INT("answer", false, N_("which answer, where several wait")),
		     STR("receipt", false, N_("the platform's id"))),
	      N_("settle an answer that is in doubt or did not go out"), act_case_settle),
	WRITE("case.note", H | C | E | S, PARAMS(ID, STR("text", true, N_("the note"))),
	      N_("note for colleagues"), act_case_note),
	WRITE("case.wait", H | C, PARAMS(ID, STR("text", true, N_("what we wait for"))),
	      N_("wait for the citizen"), act_case_wait),
	WRITE("case.resume", H | C, PARAMS(ID), N_("the citizen came back"), act_case_resume),
	WRITE("case.close", C | E | S,
	      PARAMS(ID, STR("text", false, N_("closing word; needed when nobody answered"))),
	      N_("close"), act_case_close),
	WRITE("case.reopen", C | E | S, PARAMS(ID, STR("why", true, N_("the reason"))),
	      N_("open a new round"), act_case_reopen),
	OPEN("case.lookup", ANY,
	     PARAMS(STR("number", true, N_("case number")), STR("code", true, N_("look-up code"))),
	     N_("a citizen looks up a case"), act_case_lookup),
	WRITE("sla.recompute", A | S, NONE,
	      N_("due times of open cases after a change of the calendar"), act_sla_recompute),
	READ("report.sla", ANY,
	     PARAMS(STR("month", false, N_("2026-11")), TIME("since", N_("from")),
		    TIME("until", N_("to")),
		    TIME("as_of", N_("as of this time: later events are not looked at")),
		    STR("format", false, N_("text, csv or json")),
		    STR("lang", false, N_("zh or en"))),
	     N_("which unit kept the promise"), act_report_sla),

	WRITE("post.draft", E | C,
	      PARAMS(STR("kind", true, N_("notice, progress, correction, reply, erratum")),
		     STR("text", true, N_("Markdown")), POST, STR("claim", false, N_("a claim")),
		     STR("case", false, N_("a case")),
		     STR("corrects", false, N_("the statement an erratum puts right"))),
	      N_("draft a statement"), act_post_draft),
	WRITE("post.edit", E | C,
	      PARAMS(ID, INT("revision", true, N_("the revision you saw")),
		     STR("title", false, N_("title")), STR("text", false, N_("Markdown")),
		     LIST("to", false, N_("names of official accounts")),
		     TIME("not_before", N_("send at this time")),
		     TIME("not_after", N_("never send after this time"))),
	      N_("write a new revision; an approval is void"), act_post_edit),
	WRITE("post.submit", E | C,
	      PARAMS(ID, INT("revision", false, N_("the revision")),
		     LIST("allow", false, N_("codes of checks that you confirm"))),
	      N_("hand to the approver"), act_post_submit),
	WRITE("post.correct", E | C,
	      PARAMS(STR("claim", true, N_("a claim")), STR("text", true, N_("Markdown")), POST,
		     LIST("allow", false, N_("codes of checks that you confirm"))),
	      N_("draft and submit a correction"), act_post_correct),
	WRITE("post.approve", P,
	      PARAMS(ID, INT("revision", false, N_("the revision")),
		     STR("digest", false, N_("SHA-256 of what you saw")),
		     STR("confirm", false,
			 N_("\"发布 ID\", in a drill \"演练 ID\": typed, and never the same"))),
	      N_("approve exactly these bytes, accounts and time; this sends"), act_post_approve),
	WRITE("post.reject", P,
	      PARAMS(ID, INT("revision", false, N_("the revision")),
		     STR("why", true, N_("the reason"))),
	      N_("give it back"), act_post_reject),
	WRITE("post.cancel", P | E, PARAMS(ID), N_("cancel before anything was sent"),
	      act_post_cancel),
	OPEN("post.list", ANY,
	     PARAMS(STR("state", false, N_("draft, submitted, approved ...")), PAGE),
	     N_("statements, newest first"), act_post_list),
	OPEN("post.show", ANY, PARAMS(ID), N_("one statement"), act_post_show),
	OPEN("post.status", ANY, PARAMS(STR("id", false, N_("a statement"))),
	     N_("deliveries and receipts"), act_post_status),
	WRITE("post.resolve", P | E,
	      PARAMS(INT("delivery", true, N_("a delivery in doubt")),
		     STR("as", true, N_("sent or absent: what you saw on the platform")),
		     STR("receipt", false, N_("the platform's id"))),
	      N_("settle a delivery in doubt after looking"), act_post_resolve),
	WRITE("post.retry", P | E, PARAMS(INT("delivery", true, N_("a missed or failed delivery"))),
	      N_("plan it again"), act_post_retry),

	WRITE("account.add", A,
	      PARAMS(STR("name", true, N_("what --to takes")),
		     STR("platform", true,
			 N_("site, wordpress, mastodon, weibo, wechat, aliyun, tencent, smpp, webhook, discourse or mail")),
		     STR("url", false, N_("address")), STR("login", false, N_("user name there")),
		     STR("unit", false, N_("whose it is")),
		     STR("secret", false, N_("secret; command line only, by file or stdin")),
		     STR("reach", false, N_("exact peer; command line only"))),
	      N_("register an official account"), act_account_add),
	WRITE("account.callback", A,
	      PARAMS(ID,
		     STR("secret", false,
			 N_("what the platform signs with; command line only, by file or stdin")),
		     STR("aes", false,
			 N_("WeChat's EncodingAESKey; command line only, by file or stdin")),
		     STR("app", false, N_("WeChat's AppID")),
		     BOOL("sealed_only", N_("take encrypted messages only")),
		     STR("window", false,
			 N_("how far a signed time may be from ours: 5m; 0 = any")),
		     BOOL("new_path", N_("another address; the old one ends"))),
	      N_("where its platform sends messages, and by which keys they are known"),
	      act_account_callback),
	WRITE("account.replay", A, PARAMS(ID),
	      N_("read again what was not understood when it came"), act_account_replay),
	WRITE("account.sweep", A, PARAMS(ID), N_("ask it now for what was missed"),
	      act_account_sweep),
	OPEN("account.list", ANY, NONE, N_("the register of accounts"), act_account_list),
	WRITE("publish.unfreeze", A | P | S, NONE,
	      N_("let statements out again after a restore or a jump of the clock"),
	      act_publish_unfreeze),
	WRITE("account.rotate", A,
	      PARAMS(ID,
		     STR("secret", false,
			 N_("the new token or secret; command line only, by file or stdin")),
		     STR("app", false,
			 N_("the application it was given to: WeChat's AppID, a client id")),
		     STR("client_secret", false,
			 N_("that application's secret; command line only, by file or stdin")),
		     BOOL("untried", N_("replace the one in use at once, before anybody tried it"))),
	      N_("give it another secret"), act_account_rotate),
	WRITE("account.authorise", A,
	      PARAMS(ID,
		     STR("redirect", false,
			 N_("the address at which the application has itself called back")),
		     STR("code", false,
			 N_("the code, or the address that the browser came to with it; command line "
			    "only, by file or stdin"))),
	      N_("have a person let the application use it, in the browser"), act_account_authorise),
	WRITE("account.test", A | S | E | P, PARAMS(ID), N_("try its secret by a real call"),
	      act_account_test),
	WRITE("account.revoke", A, PARAMS(ID), N_("end it for good, here and at the platform"),
	      act_account_revoke),
	WRITE("account.freeze", A | S | P, PARAMS(ID), N_("send nothing over it"),
	      act_account_freeze),
	WRITE("account.unfreeze", A, PARAMS(ID), N_("use it again"), act_account_unfreeze),
	WRITE("unit.add", A,
	      PARAMS(STR("name", true, N_("name")),
		     STR("kind", false, N_("department, township, village, office")),
		     STR("place", false, N_("place")),
		     STR("parent", false, N_("the unit above it"))),
	      N_("add a unit"), act_unit_add),
	OPEN("unit.list", ANY, NONE, N_("all units"), act_unit_list),
	WRITE("user.add", A,
	      PARAMS(STR("login", true, N_("login")), STR("name", true, N_("name")),
		     STR("duties", true,
			 N_("viewer,handler,clerk,editor,approver,supervisor,admin")),
		     STR("unit", false, N_("unit")), STR("unix", false, N_("user of this machine")),
		     STR("password", false, N_("password; by file or stdin"))),
	      N_("add a person of the office"), act_user_add),
	READ("user.list", A | S, NONE, N_("people of the office and their duties"), act_user_list),
	WRITE("user.token", A, PARAMS(STR("login", true, N_("login"))),
	      N_("a new token for the command line; the old ones end"), act_user_token),
	WRITE("user.passwd", A,
	      PARAMS(STR("login", true, N_("login")), STR("password", true, N_("password"))),
	      N_("set a password; sessions end"), act_user_passwd),
	WRITE("user.link", A, PARAMS(STR("login", true, N_("login"))),
	      N_("a one-time log-in link for 10 minutes"), act_user_link),
	WRITE("user.lock", A, PARAMS(STR("login", true, N_("login"))),
	      N_("end all access of a person"), act_user_lock),
	WRITE("calendar.set", A | S,
	      PARAMS(STR("date", true, N_("2026-11-21")), STR("kind", true, N_("off or work")),
		     STR("name", true, N_("name of the day")),
		     STR("why", true, N_("the notice or reason"))),
	      N_("set one day of the office's calendar"), act_calendar_set),
	READ("audit.list", A | S, PARAMS(PAGE), N_("who did what"), act_audit_list),
	OPEN("audit.verify", ANY, NONE, N_("walk the chain of the audit"), act_audit_verify),
	{NULL, 0, false, false, NULL, NULL, NULL},
};

const struct hy_action *hy_desk_action(const char *name)
{
	for (const struct hy_action *a = hy_desk_actions; a->name; a++)
		if (!strcmp(a->name, name))
			return a;
	return NULL;
}

static bool type_fits(enum hy_param_type type, const struct hy_json *v)
{
	switch (type) {
	case HY_PARAM_STR:
		return v->type == HY_JSON_STRING || v->type == HY_JSON_INT;
	case HY_PARAM_INT:
		return v->type == HY_JSON_INT;
	case HY_PARAM_BOOL:
		return v->type == HY_JSON_BOOL;
	case HY_PARAM_TIME:
		return v->type == HY_JSON_INT || v->type == HY_JSON_STRING;
	case HY_PARAM_LIST:
		break;
	}
	if (v->type != HY_JSON_ARRAY)
		return false;
	for (size_t i = 0; i < v->n; i++)
		if (v->at[i]->type != HY_JSON_STRING)
			return false;
	return true;
}

static const char *type_word(enum hy_param_type type)
{
	static const char *const words[] = {
		[HY_PARAM_STR] = N_("text"),	       [HY_PARAM_INT] = N_("a number"),
		[HY_PARAM_BOOL] = N_("true or false"), [HY_PARAM_LIST] = N_("a list of texts"),
		[HY_PARAM_TIME] = N_("a time"),
	};
	return _(words[type]);
}

static enum hy_status check_params(const struct hy_action *a, const struct hy_json *params,
				   struct hy_err *err)
{
	if (params && params->type != HY_JSON_OBJECT)
		return hy_err_set(err, HY_EINPUT, _("%s: parameters are one JSON object"), a->name);
	for (size_t i = 0; params && i < params->n; i++) {
		const struct hy_param *p = a->params;
		while (p->name && strcmp(p->name, params->key[i]))
			p++;
		if (!p->name)
			return hy_err_set(err, HY_EINPUT, _("%s takes no parameter \"%s\""),
					  a->name, params->key[i]);
		if (params->at[i]->type != HY_JSON_NULL && !type_fits(p->type, params->at[i]))
			return hy_err_set(err, HY_EINPUT, _("%s: \"%s\" must be %s"), a->name,
					  p->name, type_word(p->type));
	}
	for (const struct hy_param *p = a->params; p->name; p++) {
		const struct hy_json *v = hy_json_get(params, p->name);
		if (p->required &&
		    (!v || v->type == HY_JSON_NULL || (v->type == HY_JSON_STRING && !v->n)))
			return hy_err_set(err, HY_EINPUT, _("%s needs \"%s\": %s"), a->name,
					  p->name, _(p->help));
	}
	return HY_OK;
}

static enum hy_status check_duty(struct hy_desk *desk, const struct hy_action *a,
				 struct hy_person_id actor, struct hy_err *err)
{
	struct hy_person *person = NULL;
	enum hy_status status = HY_OK;

	if (!actor.v) {
		if (a->anonymous)
			return HY_OK;
		return hy_err_set(err, HY_EAUTH,
				  _("%s needs a person: give --as NAME with that person's token"),
				  a->name);
	}
	status = hy_person_get(desk->st, desk, actor, &person, err);
	if (status)
		return status;
	if (!person->active)
		status = hy_err_set(err, HY_EAUTH, _("%s is locked"), person->login);
	else if (!(person->duties & a->duties))
		status = hy_err_set(err, HY_EAUTH, _("%s may not %s: the duty for it is %s"),
				    person->login, a->name, hy_duties_text(person, a->duties));
	talloc_free(person);
	return status;
}

enum hy_status hy_desk_act(struct hy_desk *desk, const void *ctx, struct hy_person_id actor,
			   const char *name, const struct hy_json *params, char **result_json,
			   struct hy_err *err)
{
	const struct hy_action *a = hy_desk_action(name);
	struct hy_json_writer *w = NULL;
	enum hy_status status = HY_OK;
	size_t n = 0;

	if (!a)
		return hy_err_set(err, HY_ENOTFOUND, _("no action %s"), name);
	if ((desk->flags & HY_DESK_READ_ONLY) && a->writes)
		return hy_err_set(err, HY_EREFUSED,
				  _("%s writes, and the record is open for reading only"), name);
	status = check_duty(desk, a, actor, err);
	if (!status)
		status = check_params(a, params, err);
	if (status)
		return status;
	w = hy_json_writer_new(NULL, false);
	hy_jw_object(w);
	status = a->run(desk, actor, params, w, err);
	if (!status) {
		hy_jw_end_object(w);
		const char *text = hy_jw_text(w, &n);
		*result_json = hy_strndup(ctx, text, n);
	}
	talloc_free(w);
	return status;
}

#!/bin/sh
# Rules from the command line: both kinds, versions, tried on the archive, run over it, carried out and in.
. "${top_srcdir:-.}/tests/cli/lib.sh"
office
person bianji 编辑乙 editor,clerk
cat >"$tmp/serve.py" <<'PY'
import http.server, sys
items = "".join("<item><title>%s</title><guid>g%d</guid><link>http://127.0.0.1/%d</link><pubDate>Sat, 21 Nov 2026 02:%02d:00 GMT</pubDate></item>"
                % ("城东停水至少%d小时" % i if i % 3 == 0 else "路灯坏了%d处" % i, i, i, i) for i in range(12))
BODY = ("<?xml version='1.0' encoding='utf-8'?><rss version='2.0'><channel><title>x</title>%s</channel></rss>" % items).encode()
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "application/rss+xml")
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)
    def log_message(self, *a):
        pass
s = http.server.HTTPServer(("127.0.0.1", 0), H)
print(s.server_address[1], flush=True)
s.serve_forever()
PY
mkfifo "$tmp/port"
python3 "$tmp/serve.py" >"$tmp/port" &
pids=$!
read -r port <"$tmp/port"
admin source add --kind feed --name 论坛 --reach "127.0.0.1:$port" "http://127.0.0.1:$port/feed" --interval 1m
run collect run
is $rc 0 "twelve items are there before any rule"

# ---- both kinds, and what is refused ----
as bianji rule add --name 停水 '停水' --level high --json
is "$(get id)" 1 "a rule by query"
as bianji rule add --name 时长 --kind regex '停水.{0,3}[3-9]小時' --json
is "$(get id)" 2 "a rule by expression"
for wrong in '停水(' 'a*' '(a{0,40}){0,40}b'; do
	as bianji rule add --name 坏 --kind regex "$wrong"
	is $rc 2 "an expression that is none, matches nothing, or is too large: $wrong"
	one_line "$wrong"
done
as bianji rule add --name 坏 --kind prolog 停水
is $rc 2 "a kind that there is not"
as bianji rule add --name 停水 别的
is $rc 8 "a name is taken once"
run rule explain 时长
says '/停水.{0,3}\[3-9\]小時/' "an expression is explained"
says '“停水”' "with what must stand in an item"
run rule explain --kind regex '[0-9]{11}'
says 'tried on every item' "and one without such a word is named"
run rule explain '自来水 发黄 OR 停水' --json
is "$(get understood)" '(("自来水" AND "发黄") OR "停水")' "a query is explained with its bindings"

# ---- tried on the archive ----
run rule test 停水 --on 3650d --json
is "$(get total) of $(get seen)" "4 of 12" "rule test counts over the archive"
is "$(get alert_days) $(get alerts_a_week)" "1 7" "its rates are of the time since the archive began, not of the time asked for"
is "$(get items.0.title)" "城东停水至少9小时" "with the newest as examples"
is "$(get false_a_week)" null "no false alarms are told before anybody judged"
run rule test 时长 --on 3650d
says '^3 of 12 items' "an expression, too"
says 'Nobody has judged' "and says what it cannot tell"
run rule test '路灯' --on 2099-01-01 --json
is "$(get seen)" 0 "within the time asked for"
run rule test
is $rc 2 "nothing to test"
run alert list --json
is "$(get items)" '[]' "a rule made today does not look back, and a test rings nothing"

# ---- the whole archive ----
as bianji rule rerun 停水 --json
is "$(get state) $(get percent) $(get seen) $(get matches) $(get opened)" "done 100 12 4 1" "a run over the archive"
as bianji rule rerun --json
is "$(get seen) $(get matches) $(get opened)" "12 7 1" "all rules: what rang before rings no second time"
run rule runs
says 'done' "runs are listed"
as bianji rule stop 1
is $rc 8 "a run that has ended is not stopped"
run alert list --json
is "$(get items.1.items) $(get items.0.items)" "4 3" "one alert a rule"
as bianji alert ack 1
as bianji alert close 1 noise
run rule test 停水 --on 3650d --json
is "$(get noise) $(get useful)" "4 0" "what people called noise is counted"
run rule show 停水 --json
is "$(get alerts) $(get open) $(get matches) $(get noise)" "1 0 4 4" "and shown with the rule"

# ---- versions ----
as bianji rule edit 停水 '停水 或 断水' --level low
as bianji rule disable 停水
as bianji rule rerun 停水
is $rc 8 "a rule that is off runs over nothing"
as bianji rule enable 停水
as bianji rule edit 停水 --name 供水
run rule show 供水 --json
is "$(get version) $(get level) $(get enabled)" "2 low true" "another query is another version, another name is not"
is "$(get versions.0.until_seq) $(get versions.1.begin_seq) $(get versions.2.until_seq)" "12 12 0" "each with its place in the log"

# ---- out and in ----
run rule export
cp "$tmp/out" "$tmp/rules.jsonl"
is "$(wc -l <"$tmp/rules.jsonl")" 2 "export: a rule a line"
json "each is JSON"
as bianji rule import "$tmp/rules.jsonl" --json
is "$(get added) $(get changed) $(get same)" "0 0 2" "import of the same changes nothing"
sed 's/low/high/; s/时长/时长二/' "$tmp/rules.jsonl" >"$tmp/new.jsonl"
as bianji rule import "$tmp/new.jsonl" --dry-run --json
is "$(get added) $(get changed) $(get same)" "1 1 0" "a dry run counts"
run rule list --json
is "$(get items.0.name)" 时长 "and does nothing"
echo '{"name":"坏","kind":"regex","query":"("}' >>"$tmp/new.jsonl"
as bianji rule import "$tmp/new.jsonl"
is $rc 2 "one bad line"
says 'line 3' "is named"
run rule list --json
is "$(get items.0.name)" 时长 "and nothing of the file is taken"
printf '{"name":"甲","query":"水"}\n{"name":"乙","qeury":"水"}\n' >"$tmp/slip.jsonl"
as bianji rule import "$tmp/slip.jsonl"
is $rc 2 "a member that there is not is refused"
says 'line 2: .*"qeury"' "with its line"
printf '{"name":"甲","query":"水"}\n\n{"name":"甲","query":"电"}\n' >"$tmp/twice.jsonl"
as bianji rule import "$tmp/twice.jsonl"
is $rc 2 "a name in two lines is refused"
says 'line 3: "甲".*line 1' "with both lines"
run rule list --json
is "$(get items.0.name)" 时长 "and nothing of these files is taken"
as bianji rule import /nonexist
says '^huying: /nonexist: cannot open: No such file or directory$' "a file that is not there, all in English"
LANGUAGE=zh_CN as bianji rule import /nonexist
says '无法打开.*没有那个文件或目录' "and all in Chinese"
as bianji rule remove 时长
run rule list --json
is "$(get items.1)" "" "removed"
run rule show 时长
is $rc 3 "and gone"
for i in 1 2 3; do as bianji rule add --name "多$i" 多; done
run rule list --limit 2 --json
next=$(get next)
is "$(get items.0.name)" 多3 "a page, newest first"
run rule list --limit 2 --before "$next" --json
is "$(get items.0.name)" 多1 "and the next"
run rule list --words 多 --json
is "$(get items.2.name)" 多1 "found by words"
finish

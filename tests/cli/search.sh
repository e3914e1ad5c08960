#!/bin/sh
# What people see of a search: order, rows of copies, pages, exports, saved searches; over a feed of our own on loopback.
. "${top_srcdir:-.}/tests/cli/lib.sh"
cat >"$tmp/feed.py" <<'PY'
import http.server
from xml.sax.saxutils import escape
base = "城东自来水又发黄了大家不要直接饮用请各位邻居互相转告明天上午恢复供水"
texts = [base + "。", base + "！！", base + " 转", "供水", '=1+1, "水"', "\t@水 \x7f\u202e水", "别的事情"]
items = "".join("<item><guid isPermaLink='false'>g%d</guid><description>%s</description><pubDate>Mon, 02 Nov 2026 0%d:00:00 +0800</pubDate></item>"
                % (i, escape(t), i + 1) for i, t in enumerate(texts))
rss = ("<?xml version='1.0'?><rss version='2.0'><channel><title>t</title><link>http://x.example/</link><description>d</description>" + items + "</channel></rss>").encode()
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "application/rss+xml; charset=utf-8")
        self.send_header("Content-Length", str(len(rss)))
        self.end_headers()
        self.wfile.write(rss)
    def log_message(self, *a):
        pass
s = http.server.HTTPServer(("127.0.0.1", 0), H)
print(s.server_port, flush=True)
s.serve_forever()
PY
mkfifo "$tmp/port"
python3 "$tmp/feed.py" >"$tmp/port" &
pids=$!
read -r port <"$tmp/port"
office
person bianji 编辑甲 viewer,editor
person kan 看客乙 viewer
admin source add --kind feed --name 论坛 --allow-http --reach "127.0.0.1:$port" "http://127.0.0.1:$port/feed"
run collect run
run search 水 --json
is "$(get total) $(get rows)" "6 4" "copies are folded into a row"
is "$(get items.3.copies)" 2 "which says how many there are"
run search 水 --all --json
is "$(get rows)" 6 "--all shows each by itself"
run search 水 --limit 2 --json
first="$(get items.0.id) $(get items.1.id)" next=$(get next)
run search 水 --limit 2 --cursor "$next" --json
is "$first $(get items.0.id) $(get items.1.id) $(get next)" "6 5 4 3 null" "two pages hold every row once"
code 2 "a cursor of another search is refused" search 供水 --limit 2 --cursor "$next"
one_line "a cursor of another search"
run search 供水 --order relevance --json
is "$(get items.0.id)" 4 "by relevance the text that says nothing else is first"
code 2 "an order that is none is refused" search 水 --order likes
code 0 "near-copies are told in words" search 供水
says '+2 near-copies' "with their number"
code 0 "facets" search 水 --facets
says '^source  论坛 6' "count by source"
says '█  2026-11-02 01:00 to 2026-11-02 06:00, at most 1$' "its bars have a first and a last hour and a scale"

# ---- options ----
run search 水 --until 2026-11-02 --json
is "$(get total)" 6 "a date alone in --until is that whole day"
run search 水 --until 2026年11月2日 --since 11月2日 --json
is "$(get total)" 6 "in the way a clerk writes it"
run search 水 --until 2026-11-01 --json
is "$(get total)" 0 "and no day more"
run search 水 --until 2026-11-02T02:30 --json
is "$(get total)" 2 "a time in --until is that moment"
for option in '--kind foo' '--since soon' '--until 0h' '--limit 1001' '--limit 0' '--place='; do
	code 2 "refused: $option" search 水 $option
	one_line "$option"
	says "^huying: -*$(printf %s "$option" | tr -d - | sed 's/[ =].*//')" "names the option: $option"
done
code 2 "bytes that are no text" search "$(printf '\377')"
says '^huying: query is not UTF-8' "are of the query, no option"
code 2 "an option of an export alone" search 水 --json -o "$tmp/a.json"
one_line "an option of an export alone"
code 0 "while a word left out still is one" search 水 -供水
code 2 "a source that there is not, by number" search 'source:#99'
says 'no source is called "#99"' "is refused as by name"
python3 -c 'import pty, sys; pty.spawn(sys.argv[1:])' "$huying" search '供水 or 电' >"$tmp/out" 2>"$tmp/err" </dev/null
says 'OR; "or" was looked for' "an operator in small letters is hinted at"
# A cell is cut on a terminal alone, and what names a command nowhere.
long=$(printf '很长的标题%.0s' 1 2 3 4 5 6 7 8)
as bianji case open "$long" --json
as bianji case open "$long：huying case settle 20261121-0001 retry --answer 12" --json
as bianji case list
says "$long *" "in a pipe nothing is cut"
says 'retry --answer 12' "nor a command"
python3 -c 'import pty, sys; pty.spawn(sys.argv[1:])' "$huying" case list --as bianji --token-file "$tmp/bianji" >"$tmp/out" 2>"$tmp/err" </dev/null
says '很长.*… ' "on a terminal a long cell is"
says 'retry --answer 12' "a command is not"
run search '供水'
says '^found: [0-9]*, rows: 2' "how many, without a plural"

# ---- exports ----
as bianji search 水 --all --csv -o "$tmp/found.csv"
python3 - "$tmp/found.csv" <<'PY' >"$tmp/out"
import csv, sys
rows = list(csv.reader(open(sys.argv[1], encoding="utf-8-sig", newline="")))
text = rows[0].index("Text")
print(len(rows) - 1, [r[text] for r in rows if "1+1" in r[text]], any(c[:1] in "=+-@\t\r" for r in rows for c in r if c))
PY
is "$(cat "$tmp/out")" "6 ['\\'=1+1, \"水\"'] False" "a second reader finds every row, and nothing to compute"
as bianji search 水 --jsonl
json "a JSON object a line"
is "$(grep -c . "$tmp/out")" 4 "one for each row"
as kan search 水 --csv
is "$rc" 7 "who only views exports nothing"
code 2 "two formats at once are refused" search 水 --csv --jsonl --as bianji --token-file "$tmp/bianji"
admin audit list --json
is "$(grep -o '"action":"search.export"' "$tmp/out" | wc -l)" 2 "each export left its row"

# ---- saved searches, similar items ----
as bianji saved add 供水 '水' --order relevance --all --json
is "$(get id)" 1 "a search is saved"
as bianji saved add 供水 '电'
is "$rc" 8 "a name is given once"
as bianji saved add "$(printf '供\n水')" '电'
is "$rc" 2 "a name is one line"
code 0 "anybody runs it" saved run 供水 --json
is "$(get name) $(get total) $(get rows)" "供水 6 6" "with its filters"
as bianji saved feed 供水 --json
is "$(get path | cut -d= -f1)" "/saved/1/atom?key" "its feed has an address"
code 0 "it is listed" saved list --json
is "$(get items.0.keys)" 1 "with its keys"
as bianji saved unfeed 供水
as bianji saved remove 1
is "$rc" 0 "it is removed"
code 3 "and gone" saved run 供水
code 0 "items like one" item similar 1 --json
is "$(get copies) $(get items.0.likeness)" "2 100" "its copies first"
finish

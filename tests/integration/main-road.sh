#!/usr/bin/env bash
# The whole road on real peers: WordPress is source and publishing target, DokuWiki a second source; by the command line alone, with the
# ids asserted at each step; a stranger's reader (python3-feedparser) reads the published correction back.
source "$(dirname "$0")/lib.sh"
need jq curl python3 php
python3 -c 'import feedparser' 2>/dev/null || need python3-feedparser

start_wordpress
start_dokuwiki
setup_office 临江县
hyas admin account add --name wordpress --platform wordpress --url "http://127.0.0.1:$WP_PORT" --login huying --secret-file "$T/wp.password" \
  --reach "127.0.0.1:$WP_PORT" --json >"$T/out" 2>"$T/err" || die "account: $(cat "$T/err")"
is "$(jq .id "$T/out")" 2 "the WordPress account is the second of the register"
serve

# ---- sources ----
out=$(hyas admin source add --kind feed --name 县政府网 --official --reach "127.0.0.1:$WP_PORT" "http://127.0.0.1:$WP_PORT/?feed=rss2" --json)
is "$(field "$out" .id)" 1 "source 1 is the WordPress site"
out=$(hyas admin source add --kind feed --name 临江论坛 --place 城东 --reach "127.0.0.1:$DW_PORT" "http://127.0.0.1:$DW_PORT/feed.php?type=atom1&linkto=current&purge=1" --json)
is "$(field "$out" .id)" 2 "source 2 is the DokuWiki"
out=$("$HUYING" source test --reach "127.0.0.1:$WP_PORT" "http://127.0.0.1:$WP_PORT/?feed=rss2" --json)
is "$(field "$out" .version)" rss20 "source test reads the real feed"
is "$(field "$out" .feed.title)" 临江县政府网 "and its title"

# ---- a rule, then what it waits for ----
out=$(hyas editor rule add --name 供水 --level high '自来水 AND (发黄 OR 有毒)' --json)
is "$(field "$out" .id)" 1 "rule 1"
hy collect run --json >"$T/out" || die "collect: $(cat "$T/out")"
is "$(jq -r '.items[0].last_error' "$T/out")" null "the first look at WordPress"
# DokuWiki tells change by whole seconds
second=$(date +%s); until_ok 5 eval '[ "$(date +%s)" -gt $((second + 1)) ]'
before=$(jq '.items[0].new' "$T/out")
post=$(wp_post 今日供水 城东管网冲洗，自来水短时发黄属正常。)
dw_page 'water' '听说城东自来水有毒，是真的吗？联系 13912345678 或 @张三丰'
hy collect run --json >"$T/out" || die "collect"
is "$(jq '.items[0].new' "$T/out")" $((before + 1)) "one new item from WordPress (post $post)"
is "$(jq '.items[1].new' "$T/out")" 1 "one new item from DokuWiki"
hy collect run --json >"$T/out"
is "$(jq '.items[0].new + .items[1].new' "$T/out")" $((before + 2)) "a third look takes nothing twice"

# ---- searching ----
out=$(hy search 自来水有毒 --json --limit 5)
is "$(field "$out" .total)" 1 "the string is found"
item=$(field "$out" '.items[0].id')
is "$(field "$out" '.items[0].source')" 临江论坛 "from the forum"
has "$(field "$out" '.items[0].text')" '[号码]' "the telephone number is masked"
is "$(field "$out" '.items[0].url')" null "no address of a private person's post"
is "$(field "$(hy search 13912345678 --json)" .total)" 0 "and not to be found"
is "$(field "$(hy search 张三丰 --json)" .total)" 0 "nor is the handle"
out=$(hy search '標題:供水 信源:县政府网' --json)
is "$(field "$(hy search '标题:供水 信源:县政府网' --json)" .total)" 1 "a field query in Chinese"
has "$(field "$(hy search '标题:供水 信源:县政府网' --json)" '.items[0].url')" "http://127.0.0.1:$WP_PORT/" "an official source's address is shown"
out=$(hy search '自来水' --facets --json)
is "$(field "$out" '.facets.source | length')" 2 "facets by source"

# ---- the alert ----
out=$(hy alert list --json)
is "$(field "$out" '.items | length')" 1 "one alert rang"
is "$(field "$out" '.items[0].id')" 1 "it is number 1"
is "$(field "$out" '.items[0].items')" 2 "for two items"
has "$(field "$out" '.items[0].why')" 自来水 "it tells why"
is "$(field "$(hyas clerk alert ack 1 --json)" .state)" acked "a clerk takes it in hand"

# ---- claim and case ----
claim=$(field "$(hyas editor claim open 城东自来水有毒 --alert 1 --json)" .id)
is "$claim" 1 "claim 1 from the alert"
is "$(field "$(hy claim show 1 --json)" .sightings)" 2 "with both sightings"
out=$(hyas clerk case open 城东自来水发黄 --alert 1 --item "$item" --unit 水务局 --type complaint --json)
is "$(field "$out" .id)" 1 "case 1 from the alert"
number=$(field "$out" .number)
has "$number" -0001 "its public number"
is "$(field "$out" .state)" assigned "handed to the unit"
[ "$(field "$out" .due_reply_ts)" -gt "$(field "$out" .opened_ts)" ]; ok $? "a promise was made"
has "$(hy case why-due "$number")" work "why it is due then"
is "$(field "$(hyas handler case reply 1 --text 已派人取样 --json)" .reply_met)" true "the unit answers in time"
is "$(field "$(hyas clerk case close 1 --json)" .state)" closed "and it is closed"
hyas approver case show 1 >/dev/null 2>"$T/err"; is $? 4 "who does not handle it must say why"
hyas approver case show 1 --why 抽查 --json >/dev/null; is $? 0 "and then may"

# ---- verdict by two ----
hyas editor post correct --claim 1 --to wordpress,site --text '不实' --json >/dev/null 2>"$T/err"
is $? 4 "no correction without a signed verdict"
printf '水质检测报告：合格\n' >"$T/report.txt"
out=$(hyas editor claim evidence 1 --title 检测报告 --file "$T/report.txt" --json)
is "$(field "$out" .sha256)" "$(sha256sum <"$T/report.txt" | cut -d' ' -f1)" "evidence is kept under its SHA-256"
hyas editor claim judge 1 false --finding 水质达标，发黄因管道冲洗 --json >/dev/null || die judge
hyas editor claim sign 1 >/dev/null 2>&1; is $? 4 "nobody signs their own verdict"
is "$(field "$(hyas approver claim sign 1 --json)" .signed)" true "a second person signs"

# ---- the correction ----
printf '# 城东自来水水质达标\n\n经检测，城东自来水各项指标合格。发黄是管道冲洗所致，今晚恢复。\n' >"$T/correction.md"
out=$(hyas editor post correct --claim 1 --to wordpress,site --file "$T/correction.md" --json)
statement=$(field "$out" .id) digest=$(field "$out" .digest)
is "$(field "$out" .state)" submitted "one command to a submitted correction"
hyas editor post approve "$statement" >/dev/null 2>&1; is $? 7 "the author has not the duty"
hyas approver post approve "$statement" --digest "$(printf '0%.0s' {1..64})" >/dev/null 2>&1; is $? 8 "other bytes than those seen are refused"
out=$(hyas approver post approve "$statement" --digest "$digest" --json 2>"$T/err"); code=$?
is $code 0 "the approver's approval has it out ($(tr '\n' ' ' <"$T/err"))"
is "$(field "$out" '[.deliveries[].state] | unique | join(",")')" sent "both deliveries are sent"
receipt=$(field "$out" '.deliveries[] | select(.account=="wordpress") | .receipt')
is "$(wp_php "echo get_post_status($receipt);")" publish "WordPress holds the post of the receipt"
is "$(wp_php "\$q=new WP_Query(['post_status'=>'any','post_type'=>'post','s'=>'水质达标']); echo \$q->found_posts;")" 1 "once"
hyas approver post approve "$statement" >/dev/null 2>&1; is $? 8 "a replay of the approval changes nothing"
is "$(field "$(hy post status "$statement" --json)" '.deliveries | length')" 2 "post status lists both"

# ---- read back by strangers ----
read_feed() {
  python3 - "$1" <<'PY'
import sys, feedparser
f = feedparser.parse(open(sys.argv[1], "rb").read())
print(f.bozo and 1 or 0, len(f.entries), "|".join(e.title for e in f.entries))
PY
}
curl -fsS -o "$T/wp.rss" "http://127.0.0.1:$WP_PORT/?feed=rss2"
has "$(read_feed "$T/wp.rss")" 城东自来水水质达标 "a stranger reads it in WordPress's feed"
curl -fsS -o "$T/own.atom" "http://127.0.0.1:$PORT/public/feed.atom"
is "$(read_feed "$T/own.atom")" "0 1 城东自来水水质达标" "and in our own Atom"
curl -fsS -o "$T/own.json" "http://127.0.0.1:$PORT/public/feed.json"
is "$(jq -r '.items[0].title' "$T/own.json")" 城东自来水水质达标 "and in our JSON Feed"
page=$(curl -fsS "http://127.0.0.1:$PORT/public/statements/$statement.html")
has "$page" '"@type":"ClaimReview"' "the page carries ClaimReview"
has "$page" "$digest" "and the digest that was signed"
cp "$D/site/statements/$statement.html" "$T/page.html"
python3 - "$T/page.html" "$D/site/key.json" "$digest" <<'PY'
import sys, re, json, subprocess, base64
html = open(sys.argv[1], encoding="utf-8").read(); key = json.load(open(sys.argv[2])); digest = sys.argv[3]
sigs = [base64.b64decode(s) for s in re.findall(r"[A-Za-z0-9+/]{86}==", html)]
pub = next(v for v in key.values() if isinstance(v, str) and re.fullmatch(r"[0-9a-f]{64}", v))
pem = b"-----BEGIN PUBLIC KEY-----\n" + base64.b64encode(bytes.fromhex("302a300506032b6570032100" + pub)) + b"\n-----END PUBLIC KEY-----\n"
d = sys.argv[1] + ".d"
open(d + ".pem", "wb").write(pem); open(d + ".msg", "wb").write(bytes.fromhex(digest))
good = 0
for sig in sigs:
    open(d + ".sig", "wb").write(sig)
    good += subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", d + ".pem", "-rawin", "-in", d + ".msg", "-sigfile", d + ".sig"], capture_output=True).returncode == 0
sys.exit(0 if good == 1 else 1)
PY
ok $? "openssl verifies the office's signature over the digest"

# ---- the report, the audit, a clean stop ----
out=$(hyas approver report sla --format json)
has "$out" 水务局 "the report names the unit"
hyas approver report sla --format csv >"$T/sla.csv"; ok $? "the report as CSV"
has "$(cat "$T/sla.csv")" 水务局 "names the unit, too"
has "$(hyas approver report sla)" 水务局 "and as text"
is "$(field "$(hy audit verify --json)" .whole)" true "the audit chain is whole"
is "$(field "$(hy status --json)" .counts.deliveries_sent)" 2 "status counts both deliveries"
stop_serve; is $? 0 "serve stops cleanly"

# ---- and without the daemon the same commands work ----
is "$(field "$(hy search 水质达标 --json)" .total)" 0 "our own correction was not collected yet"
hy collect run >/dev/null 2>"$T/err"; is $? 0 "collect run without a daemon ($(tr '\n' ' ' <"$T/err"))"
is "$(field "$(hy search 水质达标 --json)" .total)" 1 "now it is"

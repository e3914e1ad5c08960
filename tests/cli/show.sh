#!/bin/sh
# What an officer judges by stands on the terminal: targets, times, evidence, signature, sightings, what matched, moved due times.
. "${top_srcdir:-.}/tests/cli/lib.sh"
office
admin unit add 水务局
person bianji 编辑乙 编辑、承办，clerk
is $rc 0 "duties by their Chinese words, with the commas of a Chinese keyboard"
person qianfa 签发丙 approver
run user list --json --as admin --token-file "$tmp/admin"
grep -q 'handler,clerk,editor' "$tmp/out"
ok $? "and kept by their ASCII names"
admin user add --login x --name 甲 --duties 厨师
is $rc 2 "a duty that is none"
says 'editor (编辑)' "the error lists both names"

# ---- claims and evidence ----
as bianji claim open 自来水有毒 --json
claim=$(get id)
as bianji claim sight "$claim" --channel 微信群 --place 城东
printf 'pH 7.2\n\000\377bytes' >"$tmp/report.bin"
sha=$(sha256sum "$tmp/report.bin" | cut -d' ' -f1)
as bianji claim evidence "$claim" --title 检测报告 --file "$tmp/report.bin" --json
kept=$(get id)
as bianji claim evidence "$claim" --title 通报 --url https://www.example.gov.cn/t/1 --json
address=$(get id)
as bianji claim judge "$claim" 不实 --finding 水质达标
is $rc 0 "a verdict by its Chinese word"
as bianji claim judge "$claim" 假的 --finding 无
says 'false (不实)' "an unknown verdict is met with both names"
as bianji claim show "$claim"
says '微信群' "claim show lists the sightings"
says 城东 "with their place"
says 检测报告 "and the evidence"
says "$sha" "with its SHA-256 in full"
says 'https://www.example.gov.cn/t/1' "and its address"
as bianji evidence get "$kept" -o "$tmp/copy"
is $rc 0 "evidence get into a file"
cmp -s "$tmp/report.bin" "$tmp/copy"
ok $? "gives the bytes"
says "$sha" "and says their hash"
"$huying" evidence get "$kept" --as bianji --token-file "$tmp/bianji" >"$tmp/copy2" 2>"$tmp/err"
cmp -s "$tmp/report.bin" "$tmp/copy2"
ok $? "evidence get into a pipe is the file itself"
as bianji evidence get "$address"
says 'https://www.example.gov.cn/t/1' "an address alone is printed"
as bianji evidence get 99
is $rc 3 "evidence that is not there"
one_line "evidence that is not there"
printf x >>"$tmp/office/media/$sha"
as bianji evidence get "$kept" -o "$tmp/copy3"
[ $rc -ne 0 ] && [ ! -e "$tmp/copy3" ]
ok $? "a kept copy that was changed is not given out"

# ---- statements ----
mkdir "$tmp/www"
admin account add --name 网站 --platform site --url "$tmp/www" --json
account=$(get id)
admin account add --name 网站二 --platform site --url "$tmp/www"
echo '自来水水质达标。' >"$tmp/text"
printf 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' >"$tmp/hook"
admin account add --name 钩子 --platform webhook --secret-file "$tmp/hook"
as bianji post draft --kind 辟谣 --claim "$claim" --title 关于自来水 --to 网站,钩子 --file "$tmp/text"
[ $rc -eq 2 ] && grep -q '钩子: there is no channel "webhook"' "$tmp/err"
ok $? "an account that only receives is refused in the draft"
as bianji post draft --kind 辟谣 --claim "$claim" --title 关于自来水 --to 网站，网站二 --not-before 2026-12-01T08:00:00+08:00 \
	--not-after 2026-12-02T08:00:00+08:00 --file "$tmp/text" --json
[ $rc -eq 0 ]
ok $? "--to with a full-width comma, and a kind by its Chinese word"
post=$(get id)
as qianfa post show "$post"
says '网站二.*site' "post show names the accounts and their platforms"
says '2026-12-01 08:00' "not before"
says '2026-12-02 08:00' "not after"
says "$sha" "the evidence"
says '^Signature: none' "and that nothing is signed"
says 'not signed yet' "nor the verdict"
admin account freeze "$account" --json
is "$(get state)" frozen "account freeze by number"
admin account unfreeze "$account" --json
is "$(get state)" active "account unfreeze by number"
admin account unfreeze 网站 --json
is "$(get state)" active "and by name"
admin account freeze 99
is $rc 3 "an account that is not there"

# ---- cases ----
as bianji case open 城东自来水发黄 --type 投诉 --unit 水务局
is $rc 0 "a type of case by its Chinese word"
[ "$(grep -c '^No\.\|^Number' "$tmp/out")" -eq 1 ]
ok $? "case open shows one number"
LANGUAGE=zh_CN as bianji case open 城西路灯不亮 --unit 水务局
is "$(grep -c '^编号' "$tmp/out")" 1 "in Chinese, too"
admin report recompute
says 'no due time moved' "report recompute says when nothing moved"
for day in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14; do
	admin calendar set "$(date -d "+$day days" +%F)" off --name 停 --why 试
done
admin report recompute
says '20[0-9-]* .*→ 20' "and shows from when to when each case moved"
admin report sla --month "$(date +%Y-%m)"
LANGUAGE=zh_CN admin report sla --month "$(date +%Y-%m)"
says '件数' "the report counts 件数"
! grep -q '诉求列表' "$tmp/out"
ok $? "and is headed by no list"

# ---- lists, rules, search ----
for few in 0 -1 -5; do
	code 2 "--limit=$few" case list "--limit=$few" --as bianji --token-file "$tmp/bianji"
	one_line "--limit=$few"
done
as bianji rule add --name 供水 '自来水 发黄' --json
rule=$(get id)
as bianji rule test 供水
says '自来水 发黄' "rule test by name tests the rule's query"
as bianji rule test "$rule" --json
is "$(get query)" '自来水 发黄' "and by number"
as bianji rule test '路灯 不亮' --json
is "$(get query)" '路灯 不亮' "other words are a query"
run search '自来水 AND'
is $rc 2 "a query that ends in AND"
! grep -qi 'parenthesis' "$tmp/err"
ok $? "is not told of a parenthesis"
run search '自来水)'
says parenthesis "one that has one is"

# ---- collect run ----
code 0 "collect run without sources" collect run
admin source add --kind feed --name 甲 http://a.example.gov.cn/feed --reach 127.0.0.1:1
code 6 "collect run: all failed" collect run
says '^huying: source 甲: .*127.0.0.1' "says which and why" <"$tmp/err"
! grep -q 'no answer' "$tmp/out" "$tmp/err"
ok $? "and more than that there was no answer"
admin source add --kind feed --name 乙 --allow-http http://127.0.0.1/feed
run collect run
grep -q '^huying: source 乙: .*refused' "$tmp/err"
ok $? "an address that the guard refused is said to be"
cat >"$tmp/serve.py" <<'PY'
import http.server, sys
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = '<rss version="2.0"><channel><title>丙</title><item><title>自来水发黄</title><guid>1</guid><description>城东今早自来水发黄，有异味。</description></item></channel></rss>'.encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/rss+xml; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *a): pass
s = http.server.HTTPServer(("127.0.0.1", 0), H)
print(s.server_port, flush=True)
s.serve_forever()
PY
mkfifo "$tmp/port"
python3 "$tmp/serve.py" >"$tmp/port" &
pids="$pids $!"
read -r port <"$tmp/port"
admin source add --kind feed --name 丙 http://c.example.gov.cn/feed --reach "127.0.0.1:$port"
code 5 "collect run: some failed" collect run
! grep -q '^huying: source 丙' "$tmp/err"
ok $? "the one that answered is not named"
run alert list --json
alert=$(get items.0.id)
run alert show "$alert"
says '^#[0-9]* .*丙 .*自来水发黄' "alert show lists what matched: when, source, title"
says '^    城东今早' "and its text"
code 0 "collect run SOURCE: it answered" collect run 丙
finish

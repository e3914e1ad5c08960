#!/usr/bin/env bash
# G1 to G4 of the promises: the whole road twice, the second time with every author renamed: each answer is the same, byte for byte;
# nothing planted stands in any file of the folder; no route and no command asks by author; an opened address leaves one trace.
source "$(dirname "$0")/lib.sh"
need jq curl python3 sqlite3
POSTS=${HY_POSTS:-900}
FPORT=$(free_port)
export HUYING_CLOCK=$T/clock HUYING_SEED=7
SATURDAY=1795230000000 # 2026-11-21 11:00 in China, ISO week 47
mkdir -p "$T/www"
(cd "$T/www" && exec python3 -m http.server --bind 127.0.0.1 "$FPORT") >/dev/null 2>&1 &
pids+=($!)
lines() { # COMMAND...: its "ok|bad<TAB>name<TAB>what" lines become tests
  local verdict name detail n=0
  while IFS=$'\t' read -r verdict name detail; do
    n=$((n + 1)); [ "$verdict" = ok ]; ok $? "$name"; [ "$verdict" = ok ] || echo "# $detail"
  done < <("$@")
  [ $n -gt 0 ] || ok 1 "$2 says nothing"
}
py() { python3 "$here/privacy.py" "$@"; }
db() { sqlite3 -readonly "file:$D/huying.db?mode=ro" "$1"; }
ready() { [ "$(hy status --json | jq '.counts.items == '"$POSTS"' and .last_seq == .index_seq and .last_seq == .detect_seq')" = true ]; }

# road NAMES: the whole road under these names; every answer goes to $T/NAMES
road() {
  local out=$T/$1 a
  mkdir -p "$out"
  printf %s "$SATURDAY" >"$T/clock"
  py make "$T/www" "$POSTS" "$1" "$FPORT"
  setup_office 临江县
  hyas admin user add --login boss --name boss --duties viewer,handler,clerk,editor,approver,supervisor,admin --json | jq -r .token >"$T/boss.token"
  hyas editor rule add --name 供水 --level high '自来水 AND (发黄 OR 有毒)' >/dev/null && hyas editor rule add --name 路灯 '路灯 -修好' >/dev/null || die rule
  for a in a.rss b.atom c.json; do
    hyas admin source add --kind feed --name "$a" --place 城东 --interval 1h --reach "127.0.0.1:$FPORT" "http://127.0.0.1:$FPORT/$a" >/dev/null || die "source add"
  done
  serve
  until_ok 60 ready || die "not ready: $(hy status --json)"
  hyas editor claim open 自来水有毒 --alert 1 >/dev/null || die claim
  hyas clerk case open 城东路灯 --item 1 --unit 交通局 --type complaint >/dev/null || die case
  hyas handler case reply 1 --text 已报修 >/dev/null 2>&1
  printf '检测合格\n' >"$T/report.txt"
  hyas editor claim evidence 1 --title 检测报告 --file "$T/report.txt" >/dev/null && hyas editor claim judge 1 false --finding 合格 >/dev/null &&
    hyas approver claim sign 1 >/dev/null || die verdict
  printf '# 水质合格\n\n经检测合格。\n' >"$T/c.md"
  hyas editor post correct --claim 1 --to site --file "$T/c.md" >/dev/null && hyas approver post approve 1 >/dev/null || die post
  for a in 自来水 '自来水 -发黄' '路灯 OR 公交' '"自来水有毒"' '信源:b.atom 路灯' @ '' 时间:2026-11-20 '身份证 号码'; do
    hy search "$a" --json --facets --limit 100 >"$out/search.$((++n_q))" 2>&1; hy search "$a" --limit 20 >"$out/search.text$n_q" 2>&1
  done
  for a in 1 2 3 7 50 $((POSTS - 1)); do hyas clerk item show "$a" --json >"$out/item.show.$a"; done
  hy alert list --json >"$out/alert.list.1"; hy alert list >"$out/alert.list.text"
  for a in 1 2; do hy alert show $a --json >"$out/alert.show.$a"; hy alert show $a >"$out/alert.show.text$a"; done
  hy rule list --json >"$out/rule.list.1"; hy rule test 自来水 --json >"$out/rule.test.1"
  hy claim show 1 --json >"$out/claim.show.1"; hy source list --json >"$out/source.list.1"
  hyas handler case show 1 --json >"$out/case.show.1"; hy post status 1 --json >"$out/post.status.1"; hy post show 1 --json >"$out/post.show.1"
  for a in text csv json; do hyas approver report sla --format $a >"$out/report.sla.$a"; done
  hy report sla --json >"$out/report.sla.1"
  hy status --json >"$out/status.1"; hy status >"$out/status.text"
  sed -i -E 's/"ms":[0-9]+/"ms":0/; s/"(until_ts|fence)":[0-9]+/"\1":0/g; s/"code":"[0-9]{8}"/"code":""/; s/[0-9]+ ms/ms/; s/"(marker|signature|digest)":"[^"]*"/"\1":""/g' "$out"/*
  crawled=$(py crawl "$top" "$PORT" "$T/boss.token" "$out/web")
  find "$out/web" -type f -exec sed -i -E 's/"(marker|signature|digest)":"[^"]*"/"\1":""/g; s/[0-9a-f]{64}/HASH/g; s/[A-Za-z0-9+\/]{86}==/SIG/g' {} +
}

# ---- G1 ----
n_q=0
road b
stop_serve
mv "$D" "$T/office-b"
n_q=0
road a
is "$(ls "$T/a" | tr '\n' ' ')" "$(ls "$T/b" | tr '\n' ' ')" "both roads gave the same kinds of answers"
[ "$crawled" -gt 40 ]; ok $? "$crawled GET routes answered"
[ "$(jq .total "$T/a/search.1")" -gt 100 ]; ok $? "and found something: $(jq .total "$T/a/search.1") items on the first question"
diff -r "$T/a" "$T/b" >"$T/diff"; ok $? "every author renamed, every answer is the same ($(find "$T/a" -type f | wc -l) answers)"
head -5 "$T/diff" | cut -c1-300 | sed 's/^/# /'

# ---- G2: nothing planted, anywhere ----
hy backup create "$T/office.backup" >/dev/null 2>"$T/err"; ok $? "a backup"
read -r words files size found < <(py grep "$T/planted.txt" "$D" "$T/serve.log" "$T/office.backup")
is "$found" - "none of $words planted handles, names, numbers, mails and addresses in $files files ($size bytes), nor a bare hash of one"
read -r _ _ _ found < <(py grep "$T/planted.txt" "$T/www")
[ "$found" != - ]; ok $? "while they do stand in the feeds"
read -r columns strange like < <(py schema "$D/huying.db" "$top/testdata/schema-columns.txt")
is "$strange" - "every one of $columns columns is on the list of the schema"
# case_contact.handle: where to answer who wrote to us, sealed to the case (test-desk-receive looks for it in the raw bytes)
is "$like" "case_contact.handle statement_revision.author" "only the office's own writing has an author, and a case a sealed way to answer"

# ---- G2: the voice lives a week ----
is "$(db "select group_concat(n) from (select count(distinct voice) n from item group by source)")" 60,60,60 "within a week each of 60 authors has one voice in each source"
KEYFILE=$D/keys/voice-2026W47
test -s "$KEYFILE"; ok $? "the week's key lies in a file of its own"
is "$(stat -c %a "$KEYFILE")" 600 "readable by the office alone"
cp "$KEYFILE" "$T/oldkey"
printf %s $((SATURDAY + 7 * 86400000)) >"$T/clock"
py week2 "$T/www" "$POSTS" a "$FPORT"
gone() { [ ! -e "$KEYFILE" ]; }
until_ok 30 gone; ok $? "when the week ends its key is gone"
hy collect run >/dev/null 2>&1
later() { [ "$(db "select count(*) from item where text like '下一周%'")" = 2 ]; }
until_ok 30 later; ok $? "posts of the week after are taken"
test -s "$D/keys/voice-2026W48"; ok $? "under a new key"
is "$(db "select count(*) from item i where text like '下一周%' and voice in (select voice from item where text not like '下一周%')")" 0 "no voice of the new week is one of the old"
python3 - "$T/oldkey" "$D" <<'PY'
import os, sys
key = open(sys.argv[1], "rb").read()
hit = [os.path.join(b, f) for b, _, fs in os.walk(sys.argv[2]) for f in fs if os.path.isfile(os.path.join(b, f)) and (key in (d := open(os.path.join(b, f), "rb").read()) or key.hex().encode() in d)]
sys.exit(len(key) != 32 or bool(hit))
PY
ok $? "the old key stands in no file: old voices cannot be computed again"

# ---- G3 ----
lines py ask-author "$top" "$PORT" "$T/boss.token"
lines py ask-author-cli "$HUYING" "$D"
read -r pairs unknown < <(py keys "$top/testdata/json-keys.txt" $(find "$T/a" -type f))
is "$unknown" - "every one of $pairs members of JSON answers is on the list"
is "$(grep -vc '^#' "$top/testdata/json-keys.txt" | tr -d ' ')" "$(grep -v '^#' "$top/testdata/json-keys.txt" | sort -u | wc -l)" "the list names each once"
is "$(grep -E '^[a-z.-]+ (author|handle|nick|user|uid|screen_name|voice|poster|creator)' "$top/testdata/json-keys.txt" | tr '\n' ' ')" "post.list author post.list author_id post.show author post.show author_id " "and no author but that of the office's own statements"

# ---- G4 ----
for w in zqx_01lume zqx01@mail.example "$(sed -n 1p "$T/planted.txt")" "$(grep -m1 ^1 "$T/planted.txt")"; do
  is "$(hy search "\"$w\"" --json | jq .total)" 0 "a planted string is not found"
done
opened() { hyas admin audit list --limit 200 --json | jq '[.items[] | select(.action == "item.open-url")] | length'; }
before=$(opened)
hyas approver item open-url 1 --why 核查 >/dev/null 2>&1; is $? 7 "an address is opened by clerks and editors alone"
is "$(opened)" "$before" "a refusal opens nothing"
out=$(hyas clerk item open-url 1 --why 核查 --json)
has "$(field "$out" .url)" "https://social.example/@" "the clerk sees the sealed address"
is "$(opened)" $((before + 1)) "and that leaves one row in the audit"
hyas clerk item open-url 1 --why 再核查 >/dev/null; is "$(opened)" $((before + 2)) "each time"
hyas clerk item open-url 1 >/dev/null 2>&1; is $? 2 "not without saying why"
is "$(field "$(hy audit verify --json)" .whole)" true "the audit chain is whole"
stop_serve; is $? 0 "serve stops cleanly"
read -r words files size found < <(py grep "$T/planted.txt" "$D" "$T/serve.log")
is "$found" - "and after all of it, still nothing planted in $files files"

#!/usr/bin/env bash
# Handles, numbers, telephones and tokens planted in every channel at once: after the run no file of the folder, no log and no backup
# holds one of them, raw, percent-encoded, in base64, in GB18030 or as a bare hash. Looked at while it runs, after kill -9, and at the end.
source "$(dirname "$0")/lib.sh"
need python3 jq curl
py() { python3 "$here/planted.py" "$@"; }
py words "$T/plan.json"
token() { jq -r ".tokens.$1" "$T/plan.json"; }
setup_office 临江县
start_practice
port=$(free_port)
printf 'receive { listen = "127.0.0.1:%s"\n  acknowledge = "收到，编号{number}，查询码{code}。" }\n' "$port" >>"$D/huying.conf"
pdo() { local what=$1; shift; local args=(); for a in "$@"; do args+=(--data-urlencode "$a"); done; curl -fsS -o "$T/out" -H 'X-Practice: 1' "${args[@]}" "http://$PRACTICE/practice/$what" || die "practice $what: $*"; }
says() { py say "$T/plan.json" "$1"; }

# ---- every channel, its secret planted, too ----
for who in weibo mastodon; do pdo token platform=$who token="$(token $who)" account="$([ $who = weibo ] && echo 临江发布 || echo linjiang)"; done
for who in weibo mastodon wechat fans hook; do token $who >"$T/$who.secret"; done
acc() { hyas admin account add "$@" >/dev/null 2>"$T/err" || die "account add $*: $(cat "$T/err")"; }
acc --name weibo --platform weibo --url http://api.weibo.com --reach "$PRACTICE" --secret-file "$T/weibo.secret"
acc --name mastodon --platform mastodon --url http://m.example --reach "$PRACTICE" --secret-file "$T/mastodon.secret"
printf practice >"$T/mail.secret" # the practice host knows one password
acc --name mail --platform mail --url imap://mail.example --login desk@linjiang.example --reach "$PRACTICE_IMAP" --secret-file "$T/mail.secret"
acc --name hook --platform webhook
acc --name wechat --platform wechat
acc --name fans --platform weibo --url https://api.weibo.com
acc --name smpp --platform smpp --url smpp://smsc.example --login practice --reach "$PRACTICE_SMPP" --secret-file "$T/mail.secret"
acc --name aliyun --platform aliyun
acc --name tencent --platform tencent
echo '{}' >"$T/keys.json"
for who in hook wechat fans aliyun tencent; do
  args=()
  [ ! -s "$T/$who.secret" ] || args=(--secret-file "$T/$who.secret")
  path=$(hyas admin account callback $who "${args[@]}" --json 2>"$T/err" | jq -r .url) || die "callback $who: $(cat "$T/err")"
  jq --arg w "$who" --arg u "http://127.0.0.1:$port$path" '.[$w] = $u' "$T/keys.json" >"$T/keys.new" && mv "$T/keys.new" "$T/keys.json"
done
src() { hyas admin source add "$@" >/dev/null 2>"$T/err" || die "source add $*: $(cat "$T/err")"; }
src --kind weibo --name 提到 --what mentions --account weibo http://api.weibo.com
src --kind mastodon --name 象 --what mentions --account mastodon http://m.example
src --kind discuz --name 论坛 --reach "$PRACTICE" http://forum.example/
src --kind mail --name 信箱 --account mail --reach "$PRACTICE_IMAP" imap://mail.example

# ---- what people write ----
IFS=$'\t' read -r name text < <(says weibo); pdo say platform=weibo name="$name" text="@临江发布 $text"
IFS=$'\t' read -r name text < <(says mastodon); pdo say platform=mastodon name="$name" text="@linjiang $text"
IFS=$'\t' read -r name text < <(says discuz); pdo say platform=discuz kind=post name="$name" title="停水 $text" text="$text"
IFS=$'\t' read -r name text < <(says mail); pdo say platform=mail kind=message name="$name" title="来信 $text" text="$text"
IFS=$'\t' read -r name text < <(says smpp); pdo say platform=sms kind=message to=practice name="$name" text="$text"
# the forum's cache answers the second look
curl -fsS "http://$PRACTICE/forum.php?mod=rss" >/dev/null
serve
while IFS=$'\t' read -r verdict name what; do
  [ "$verdict" = ok ]; ok $? "$name"; [ "$verdict" = ok ] || echo "# $what"
done < <(py push "$T/plan.json" "$T/keys.json")
# seven letters are cases; public are one push, and the posts of Weibo, Mastodon and the forum
taken() { [ "$(hy status --json | jq '.counts.cases_open')" = 7 ] && [ "$(hyas editor search 水黄第0回 --json | jq .total)" = 4 ] && [ "$(hy status --json | jq '.last_seq == .index_seq and .last_seq == .detect_seq')" = true ]; }
until_ok 60 taken; ok $? "every channel brought its own: $(hy status --json | jq -c '[.counts.items, .counts.cases_open]'), $(hyas editor search 水黄第0回 --json | jq .total) public"
for n in 1 2 3 4 5 6 7; do hyas clerk case show $n --why 核查 --json >"$T/case.$n"; done
grep -qF "$(jq -r .wechat.phone "$T/plan.json")" "$T"/case.*; ok $? "who handles a case reads what the citizen wrote"
IFS=$'\t' read -r name text < <(says mail)
is "$(jq -c 'select(.channel == "mail") | .text' "$T"/case.*)" "$(jq -nc --arg t "来信 $text"$'\n'"$text" '$t')" "a mail's case holds its words, once, and nothing else of the message"
number=$(jq -r .number "$T/case.1")
hyas clerk case assign 1 --unit 水务局 >/dev/null 2>&1
hyas clerk search "$(jq -r .discuz.name "$T/plan.json")" --json >/dev/null; hyas clerk search "$(jq -r .weibo.phone "$T/plan.json")" >/dev/null

# ---- nowhere ----
py show "$T/plan.json" "$T/every-form"
read -r words forms _ _ found < <(py grep "$T/plan.json" "$T/every-form")
has "$found" "$words: " "a file with all $forms forms of $words words is seen to hold every word"
nowhere() {
  local words forms files size found
  read -r words forms files size found < <(py grep "$T/plan.json" "$D" "$T/serve.log" "${@:2}")
  is "$found" - "$1: none of $words words in $forms forms in $files files, $size bytes"
}
ls "$D"/huying.db-wal >/dev/null; ok $? "the write-ahead log is among them"
nowhere "while it runs"
kill -9 "$SERVE"; wait "$SERVE" 2>/dev/null; rm -f "$D/run/web.port"
nowhere "killed"
serve
timeout 60 "$HUYING" --dir "$D" --as admin --token-file "$T/admin.token" collect run >/dev/null 2>"$T/err"
ok $? "a look at all sources does not wait for those that push"
hy backup create "$T/office.backup" >/dev/null 2>"$T/err"; ok $? "a backup"
hyas admin source balance --json >"$T/sheet"; is "$? $(jq -r '[.items[] | select(.new > 0) | .kind] | unique | join(" ")' "$T/sheet")" "0 callback discuz mail mastodon weibo" "every door is in the balance sheet, and it balances"
stop_serve; ok $? "serve ends well"
nowhere "at the end, with a backup" "$T/office.backup"

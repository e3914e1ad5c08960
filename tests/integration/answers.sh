#!/usr/bin/env bash
# A citizen writes on WeChat and on Weibo; what the office replies in the case reaches them there, once: also when the answer's
# answer is lost, when the daemon is killed meanwhile, and when the account's token is dead. On the disk stands neither whom nor what.
source "$(dirname "$0")/lib.sh"
need jq curl
setup_office 临江县
start_practice
port=$(free_port)
cat >>"$D/huying.conf" <<CONF
receive { listen = "127.0.0.1:$port"
  public_url = "http://127.0.0.1:$port" }
CONF
enc() { printf '%s' "$1" | jq -sRr @uri; }
words='经检测城东供水合格，黄水由冲洗管网引起'
printf 'practice-wechat-secret\n' >"$T/wechat.secret"
printf 'practicetoken\n' >"$T/wechat.token"
printf 'practice-weibo-1\n' >"$T/weibo.secret"
printf 'practice-secret\n' >"$T/weibo.app"
hyas admin account add --name 微信 --platform wechat --login wx0123456789abcdef --url http://wx.example --reach "$PRACTICE" --secret-file "$T/wechat.secret" >/dev/null || die wechat
hyas admin account add --name 微博 --platform weibo --login practice-app --url http://wb.example --reach "$PRACTICE" --secret-file "$T/weibo.secret" >/dev/null || die weibo
wechat=$(hyas admin account callback 微信 --secret-file "$T/wechat.token" --json | jq -r .url)
weibo=$(hyas admin account callback 微博 --secret-file "$T/weibo.app" --json | jq -r .url)
serve
until_ok 30 test -s "$D/run/receive.port"
practice "hook?platform=wechat&url=$(enc "$wechat")" >/dev/null
practice "hook?platform=weibo&url=$(enc "$weibo")" >/dev/null

# say PLATFORM NAME TEXT, and wait for its case; number_of it
cases() { hyas clerk case list --json | jq ".items | length"; }
more_cases() { [ "$(cases)" -gt "$1" ]; }
say() {
  local before
  before=$(cases)
  practice "say?platform=$1&kind=message&name=$(enc "$2")&text=$(enc "$3")" >/dev/null
  until_ok 30 more_cases "$before" || die "no case came of it: $(tail -3 "$T/serve.log")"
  number=$(hyas clerk case list --json | jq -r '.items | max_by(.id) | .number')
}
# got PLATFORM NAME: how many of our answers stand in that person's chat
got() { practice_state "$1" "[.notes[] | select(.by_api and .to == \"$2\")] | length"; }
answer() { hyas clerk case show "$number" --json | jq -r ".answers[-1].$1"; }
state_is() { [ "$(answer state)" = "$1" ]; }

# ---- once, over the account that they wrote by ----
say wechat 街坊甲 家里水发黄
hyas clerk case show "$number" >"$T/show"
has "$(cat "$T/show")" 微信 "the case says over which account answers go"
hyas clerk case reply "$number" --text "$words" --json >"$T/reply"
is "$(field "$(cat "$T/reply")" '[.answer, .account, .answer_whole] | join(" ")')" "planned 微信 true" "the reply says what becomes of it"
until_ok 30 state_is sent; ok $? "it is sent"
is "$(got wechat 街坊甲)" 1 "and stands in the citizen's chat, once"
is "$(practice_state wechat '[.notes[] | select(.by_api)][0].text')" "$words" "to the byte"
has "$(hyas clerk case show "$number")" 微信 "case show lists it"
say weibo 街坊乙 路灯不亮
hyas clerk case reply "$number" --text "$words" >"$T/reply"
has "$(cat "$T/reply")" 微博 "the table names the account"
until_ok 30 state_is sent; ok $? "over Weibo, too"
is "$(got weibo 街坊乙)/$(got wechat 街坊乙)" 1/0 "and over no other account"
hyas clerk case reply "$number" --text 另行电话答复 --record-only >"$T/reply"
is "$(hyas clerk case show "$number" --json | jq '.answers | length')/$(got weibo 街坊乙)" 1/1 "what is only recorded goes nowhere"

# ---- taken, and the answer is lost; the daemon is killed while it sends ----
say wechat 街坊丙 井盖坏了
practice 'fault?platform=wechat&kind=drop&op=custom/send' >/dev/null
hyas clerk case reply "$number" --text "$words" >/dev/null
until_ok 30 state_is unknown; ok $? "an answer in doubt"
is "$(got wechat 街坊丙)" 1 "which had arrived"
alert=$(hyas clerk alert list --json | jq -r '.items[] | select(.kind == "answer") | .title + " " + .why')
has "$alert" "$number" "a person is called, by the case's number"
has "$alert" "huying case settle $number" "with the cure"
has "$("$HUYING" --dir "$D" doctor)" "1 to citizens in doubt" "doctor says so"
has "$(curl -fsS "http://127.0.0.1:$PORT/metrics")" "huying_answers_unsettled 1" "and the metrics"
hyas clerk case settle "$number" absent --answer 99 >/dev/null 2>&1; is $? 3 "an answer that is not there"
hyas clerk case settle "$number" sent >/dev/null; is $? 0 "settled by who looked"
is "$(answer state)/$(hyas clerk alert list --json | jq '[.items[] | select(.kind == "answer")] | length')" sent/0 "and the call is over"
practice 'fault?platform=wechat&kind=hang&secs=60&op=custom/send' >/dev/null
hyas clerk case reply "$number" --text "$words" >/dev/null 2>"$T/err"; is $? 8 "the same words again are no second answer"
hyas clerk case reply "$number" --text "明日修好，$words" >/dev/null
until_ok 30 state_is sending
kill -9 "$SERVE"; wait "$SERVE" 2>/dev/null
rm -f "$D/run/web.port"
serve
until_ok 30 state_is unknown; ok $? "killed while it was sent: in doubt"
practice 'fault?platform=wechat&kind=none' >/dev/null
is "$(got wechat 街坊丙)" 1 "and not sent again by itself"
hyas clerk case settle "$number" absent >/dev/null
until_ok 30 state_is sent; ok $? "a person saw that it was not there: it goes"
is "$(got wechat 街坊丙)" 2 "once"

# ---- a dead token: it waits, and goes when there is another ----
say weibo 街坊丁 公交改线
practice 'token?platform=weibo&token=practice-weibo-1&revoked=1' >/dev/null
hyas clerk case reply "$number" --text "$words" >/dev/null
until_ok 30 state_is wait; ok $? "an answer over a dead token waits"
practice 'token?platform=weibo&account=linjiang&token=practice-weibo-second' >/dev/null
printf 'practice-weibo-second\n' | hyas admin account rotate 微博 --secret-file - >/dev/null 2>&1
until_ok 30 state_is sent; ok $? "and goes when there is another"
is "$(got weibo 街坊丁)" 1 "once"

# ---- the page ----
U=http://127.0.0.1:$PORT
page() { curl -sS -b "$T/jar" -c "$T/jar" "$@"; }
csrf() { grep -o 'name="csrf" value="[^"]*"' "$1" | head -n 1 | cut -d'"' -f4; }
key=$(hyas admin user link clerk --json | jq -r .key)
page -o "$T/hello" "$U/hello?k=$key"
page -o /dev/null -H "Origin: $U" --data-urlencode "k=$key" --data-urlencode "csrf=$(csrf "$T/hello")" "$U/hello"
say wechat 街坊戊 公厕没水
id=$(hyas clerk case show "$number" --json | jq -r .id)
page -o "$T/page" "$U/cases/$id?lang=zh"
has "$(cat "$T/page")" '将经 微信 发出' "the page says where a reply goes"
has "$(cat "$T/page")" 'name="record_only"' "and can only record it"
post() { page -o /dev/null -w '%{http_code}' -H "Origin: $U" --data-urlencode "csrf=$(csrf "$T/page")" "$@"; }
practice 'fault?platform=wechat&kind=drop&op=custom/send' >/dev/null
is "$(post --data-urlencode "text=$words" "$U/cases/$id/reply")" 303 "a reply by the form"
until_ok 30 state_is unknown; ok $? "in doubt"
page -o "$T/page" "$U/cases/$id?lang=zh"
has "$(cat "$T/page")" '存疑' "the page says so"
is "$(post --data-urlencode "answer=$(answer id)" --data-urlencode as=sent "$U/cases/$id/settle")" 303 "settled by the form"
is "$(answer state)/$(got wechat 街坊戊)" sent/1 "and sent once"

# ---- neither whom nor what ----
stop_serve
planted() { grep -rlaF "$1" "$D" "$T/serve.log" 2>/dev/null | wc -l | tr -d ' '; }
for name in 街坊甲 街坊丙; do
  openid=$(practice_state wechat ".accounts[] | select(.name == \"$name\") | .login")
  [ -n "$openid" ] && is "$(planted "$openid")" 0 "the platform's name of $name stands on no disk and in no log"
done
is "$(planted "$words")" 0 "nor do the words that were sent"
is "$(planted 微信 | sed 's/[1-9].*/some/')" some "(the same search finds the account's name)"

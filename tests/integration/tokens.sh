#!/usr/bin/env bash
# Tokens of accounts against the practice platforms, with two daemons that would both own them: renewed once, warned of, refused,
# given anew, ended; and no secret in any log, file or command line.
source "$(dirname "$0")/lib.sh"
need jq curl
setup_office 临江县
start_practice
export HUYING_CLOCK=$T/clock
now=$(date +%s)
echo "${now}000" >"$HUYING_CLOCK"
# Both clocks go on by so many seconds; without SECONDS for the practice's own, its real one has moved already.
go() { now=$((now + $1)); echo "${now}000" >"$HUYING_CLOCK"; practice "clock?add=$1" >/dev/null; }
wechat_tokens() { practice_state wechat '[.tokens[] | select(.token | startswith("stable_"))] | length'; }
account() { hyas admin account list --json | jq -r ".items[] | select(.name == \"$1\") | .$2"; }
alerts() { hyas admin alert list --closed --json | jq "[.items[] | select(.kind == \"account\")] | length"; }

# ---- secrets come by file or stdin ----
hyas admin account add --name 微信 --platform wechat --secret practice-wechat-secret >"$T/out" 2>&1
is $? 2 "a secret on the command line is refused"
is "$(grep -c practice-wechat-secret "$T/out")" 0 "and not repeated"
printf 'practice-wechat-secret\n' >"$T/wechat.secret"
hyas admin account add --name 微信 --platform wechat --login wx0123456789abcdef --url http://wx.example --reach "$PRACTICE" --secret-file "$T/wechat.secret" >/dev/null
printf 'practice-weibo-1\n' | hyas admin account add --name 微博 --platform weibo --url http://wb.example --reach "$PRACTICE" --secret-file - >/dev/null
printf 'practice-mastodon-1\n' | hyas admin account add --name 象 --platform mastodon --url http://m.example --reach "$PRACTICE" --secret-file - >/dev/null
practice 'token?platform=weibo&token=practice-weibo-1&ends=2592000' >/dev/null

# ---- health by a real call, with no daemon ----
has "$(hyas admin account test 微博)" "29 days left" "account test says how long it holds"
is "$(account 微博 days_left)" 29 "and account list does"
has "$(hyas admin account test 象)" "without an end" "a token that does not end"
hyas admin account test site >/dev/null 2>"$T/err"
is $? 2 "what cannot be tried is said: $(head -c 100 "$T/err")"
is "$(wechat_tokens)" 1 "the role had all that was due"

# ---- two daemons, one owner ----
serve
first=$SERVE
rm "$D/run/ctl.sock" # as from another machine, which does not see it
"$HUYING" serve --dir "$D" --roles tokens 2>>"$T/second.log" & second=$!
pids+=("$second")
until_ok 30 test -S "$D/run/ctl.sock"
hyas admin account test 微博 >/dev/null; is $? 0 "account test through the daemon"
is "$(wechat_tokens)" 1 "nobody asked again"
go 7020
given() { [ "$(wechat_tokens)" = "$1" ]; }
until_ok 30 given 2
is "$(wechat_tokens)" 2 "three minutes before its end it is renewed, once"
has "$(curl -fsS "http://127.0.0.1:$PORT/metrics")" "huying_account_token_days_left" "days left in the metrics"
has "$(curl -fsS "http://127.0.0.1:$PORT/metrics")" "huying_account_up" "and whether it is good"
kill -9 "$first"; wait "$first" 2>/dev/null
rm -f "$D/run/web.port"
go 7020
until_ok 60 given 3
is "$(wechat_tokens)" 3 "its owner is killed: the other one renews"

# ---- a refused token stops its account only ----
is "$(alerts)" 0 "no alert until now"
practice 'token?platform=weibo&token=practice-weibo-1&revoked=1' >/dev/null
hyas admin account test 微博 >/dev/null 2>"$T/err"; is $? 7 "a dead token: $(head -c 120 "$T/err")"
is "$(account 微博 state)/$(account 象 state)/$(account 微信 state)" needs-reauth/active/active "its account stops, the others go on"
is "$(account 微博 days_left)" null "no day is left of what is refused"
is "$(alerts)" 1 "one alert"
has "$(hyas admin alert list --json | jq -r '.items[0].why')" "huying account authorise 微博" "which names the cure"
has "$("$HUYING" --dir "$D" doctor)" "huying account authorise 微博" "so does doctor"
printf 'short\n' | hyas admin account rotate 微博 --secret-file - >/dev/null 2>&1; is $? 2 "nothing absurd replaces it"
for who in 微信 象; do
  printf 'practice-of-nobody-99999\n' | hyas admin account rotate $who --secret-file - >"$T/out" 2>&1; is $? 7 "nor what the platform refuses: $(head -c 160 "$T/out")"
  is "$(hyas admin account list --json | jq -r --arg n $who '.items[] | select(.name == $n) | [.state, .token_error // ""] | join(" ")')" "active " "$who: the good one stays"
  hyas admin account test $who >/dev/null 2>&1; is $? 0 "$who: and works"
done
# ---- where it cannot be tried now, it waits, and the one in use stays ----
practice 'token?platform=mastodon&account=linjiang&token=practice-mastodon-2' >/dev/null
practice 'fault?platform=mastodon&kind=down&on=all&times=-1' >/dev/null
printf 'practice-mastodon-2\n' | hyas admin account rotate 象 --secret-file - >/dev/null 2>"$T/err"; is $? 6 "not reached: $(head -c 160 "$T/err")"
is "$(account 象 new_secret)" waiting "the new one waits"
has "$("$HUYING" --dir "$D" doctor)" "象: a new secret waits to be tried" "doctor says so"
practice 'fault?platform=mastodon&kind=none' >/dev/null
hyas admin account test 象 >/dev/null; is $? 0 "the one in use is good"
taken() { [ "$(account 象 new_secret)" = null ]; }
until_ok 60 taken; ok $? "the new one is taken by itself"
printf 'practice-mastodon-1\n' | hyas admin account rotate 象 --secret-file - --no-wait >"$T/out"; is $? 0 "--no-wait"
has "$(cat "$T/out")" "waits to be tried" "says that nothing is replaced yet"
until_ok 60 taken; ok $? "tried all the same"
printf 'practice-of-nobody-99999\n' | hyas admin account rotate 象 --secret-file - --no-wait >/dev/null; is $? 0 "--no-wait with a bad one"
was_refused() { [ "$(account 象 new_secret)" = refused ]; }
until_ok 60 was_refused; ok $? "is told in account list"
is "$(account 象 state)" active "and replaces nothing"
printf 'practice-secret\n' >"$T/masto.app"
hyas admin account rotate 象 --app practice-app --client-secret-file "$T/masto.app" >"$T/out" 2>&1; is $? 0 "what else is rotated does not wait for a secret refused before: $(head -c 120 "$T/out")"
printf 'practice-mastodon-1\n' | hyas admin account rotate 象 --secret-file - >/dev/null; is $? 0 "the good one again"

practice 'token?platform=weibo&account=linjiang&token=practice-weibo-second' >/dev/null
printf 'practice-weibo-second\n' | hyas admin account rotate 微博 --secret-file - >"$T/out" 2>&1
is $? 0 "account rotate: $(head -c 100 "$T/out")"
none_open() { [ "$(hyas admin alert list --json | jq '[.items[] | select(.kind == "account")] | length')" = 0 ]; }
until_ok 30 none_open; ok $? "the alert closes with a good rotate"
is "$(account 微博 state)" active "it is used again"

# ---- Weibo: authorised in the browser ----
hyas admin account authorise 微博 --redirect https://a.example/cb >/dev/null 2>"$T/err"; is $? 4 "the application must be known: $(head -c 160 "$T/err")"
printf 'practice-secret\n' >"$T/weibo.app"
hyas admin account rotate 微博 --app practice-app --client-secret-file "$T/weibo.app" >/dev/null; is $? 0 "its key and secret"
url=$(hyas admin account authorise 微博 --redirect https://a.example/cb --json | jq -r .url)
has "$url" "http://wb.example/oauth2/authorize?client_id=practice-app&redirect_uri=https%3A%2F%2Fa.example%2Fcb" "the address to open"
curl -sS -o /dev/null -w '%{redirect_url}\n' --connect-to "wb.example:80:$PRACTICE" "$url" >"$T/came"
has "$(cat "$T/came")" "https://a.example/cb?code=" "where the browser comes to"
hyas admin account authorise 微博 --code abcdefgh >/dev/null 2>"$T/err"; is $? 2 "no code on the command line"
has "$(cat "$T/err")" "--code-file FILE" "the refusal names the option"
hyas admin account authorise 微博 --code-file "$T/came" >"$T/out" 2>&1; is $? 0 "the code is exchanged: $(head -c 120 "$T/out")"
is "$(account 微博 state)/$(account 微博 days_left)" active/30 "its token and its end"
hyas admin account authorise 微博 --code-file "$T/came" >/dev/null 2>&1; is $? 2 "a code is good once"
printf 'practice-weibo-second\n' | hyas admin account rotate 微博 --secret-file - >/dev/null; is $? 0 "a token by hand all the same"
hyas editor account rotate 微博 --secret-file "$T/wechat.secret" >/dev/null 2>&1; is $? 7 "by an administrator only"

# ---- R14: a token ends in mid fan-out: the others are sent, and after a new one only what was missing ----
practice 'token?platform=mastodon&account=jiaotong&token=practice-mastodon-traffic' >/dev/null
printf 'practice-mastodon-traffic\n' | hyas admin account add --name 象交通 --platform mastodon --url http://m.example --reach "$PRACTICE" --secret-file - >/dev/null
practice 'token?platform=mastodon&token=practice-mastodon-traffic&revoked=1' >/dev/null
kill "$second"; wait "$second" 2>/dev/null
serve
post=$(hyas editor post draft --kind notice --title 供水恢复 --text 城东供水已经恢复 --to site,象,象交通 --json | jq -r .id)
hyas editor post submit "$post" >/dev/null && hyas approver post approve "$post" --no-wait >/dev/null || die "approve"
state() { hyas editor post status "$post" --json | jq -r ".deliveries[] | select(.account == \"$1\") | .state"; }
waits() { [ "$(state 象)/$(state site)/$(account 象交通 state)" = sent/sent/needs-reauth ]; }
until_ok 60 waits
is "$(state 象)/$(state site)/$(state 象交通)" sent/sent/wait "two are sent, the third waits"
is "$(account 象交通 state)/$(account 象 state)" needs-reauth/active "for its account alone"
practice 'token?platform=mastodon&account=jiaotong&token=practice-mastodon-again' >/dev/null
printf 'practice-mastodon-again\n' | hyas admin account rotate 象交通 --secret-file - >/dev/null
resumed() { [ "$(state 象交通)" = sent ]; }
until_ok 60 resumed
is "$(state 象交通)" sent "with a new token it goes on by itself"
is "$(practice_state mastodon '[.notes[] | select(.text | contains("城东供水已经恢复"))] | length')" 2 "each account has it once"

# ---- ended for good ----
hyas admin account revoke 微博 --yes >/dev/null; is $? 0 "account revoke"
gone=$(hyas admin account list --json | jq -r '.items[] | select(.state == "revoked") | .name')
has "$gone" "微博 (ended 20" "it is called by its end"
ended() { [ "$(account "$gone" has_secret)" = false ]; }
until_ok 30 ended
is "$(account "$gone" state)/$(account "$gone" has_secret)" revoked/false "nothing of it is left here"
is "$(practice_state weibo '.tokens[] | select(.token == "practice-weibo-second") | .ended')" true "nor at the platform"
hyas admin account unfreeze "$gone" >/dev/null 2>&1; is $? 4 "and it does not come back"

# ---- no secret anywhere ----
stop_serve
token=$(practice_state wechat '.tokens[-1].token')
has "$token" stable_ "the token itself is known to the test"
grep -raF -e practice-wechat-secret -e practice-weibo-1 -e practice-weibo-second -e practice-secret -e practice-mastodon-1 -e practice-mastodon-2 -e practice-mastodon-traffic -e practice-mastodon-again -e "${token:7}" "$D" "$T/serve.log" "$T/second.log" >"$T/leaks" 2>/dev/null
is "$(wc -l <"$T/leaks")" 0 "no token and no secret in the folder or the logs"

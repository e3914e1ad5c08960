#!/usr/bin/env bash
# A signed statement goes out over the office's own page, Weibo, WeChat and Mastodon; what stands there is what was approved, byte for byte.
# Then an answer is lost on each, then the sender is killed: never two, never none that nobody waits for.
source "$(dirname "$0")/lib.sh"
need jq curl

start_practice
setup_office 临江县
sed -i 's|^web {|web {\n\tpublic_url = "http://www.linjiang.example"|' "$D/huying.conf"
printf 'publish {\n\taddress = "203.0.113.7"\n\tgap = 0s\n}\n' >>"$D/huying.conf"
base=http://$PRACTICE/
printf practice-weibo-1 >"$T/weibo" && printf practice-wechat-secret >"$T/wechat" && printf practice-mastodon-1 >"$T/mastodon"
add() { hyas admin account add --url "$base" --reach "$PRACTICE" "$@" --json >"$T/out" 2>"$T/err"; }
add --name 微博 --platform weibo --login practice-app --secret-file "$T/weibo"; is $? 0 "a Weibo account ($(tr '\n' ' ' <"$T/err"))"
add --name 公众号 --platform wechat --login wx0123456789abcdef --secret-file "$T/wechat"; is $? 0 "a WeChat account ($(tr '\n' ' ' <"$T/err"))"
add --name 长毛象 --platform mastodon; is $? 2 "Mastodon needs a secret"
add --name 长毛象 --platform mastodon --secret-file "$T/mastodon"; is $? 0 "a Mastodon account ($(tr '\n' ' ' <"$T/err"))"
practice 'set?name=short-links&value=0' >/dev/null || die "practice"
serve

post() { # TITLE TEXT: an approved statement for all four; its id in $s
  out=$(printf '%s' "$2" | hyas editor post draft --kind notice --to site,微博,公众号,长毛象 --title "$1" --file - --json) || die "draft"
  s=$(field "$out" .id)
  hyas editor post submit "$s" --json >/dev/null 2>"$T/err" || die "submit: $(cat "$T/err")"
}
approve() { hyas approver post approve "$s" --no-wait --json >/dev/null 2>"$T/err" || die "approve: $(cat "$T/err")"; }
states() { hy post status "$s" --json | jq -r '[.deliveries[] | .account + "=" + .state] | join(" ")'; }
all_sent() { [ "$(hy post status "$s" --json | jq '[.deliveries[] | select(.state == "sent")] | length')" = 4 ]; }
form() { hy post show "$s" --json | jq -r ".forms[] | select(.account == \"$1\") | $2"; }
# standing PLATFORM TEXT: how often it is there
standing() { practice_state "$1" '[.notes[] | select(.by_api and (.deleted | not)) | .text, (.title // "")] + [(.jobs // [])[] | .articles[].title] | map(select(contains("'"$2"'"))) | length'; }

# ---- what is refused before anybody approves ----
out=$(printf '%s' "$(printf '水%.0s' {1..200})" | hyas editor post draft --kind notice --to site,微博 --title 太长 --file - --json)
is "$(field "$out" '[.checks[] | select(.blocking) | .code] | join(" ")')" account-form "what Weibo would cut is a finding of the draft"
hyas editor post submit "$(field "$out" .id)" >/dev/null 2>"$T/err"; is $? 4 "and cannot be submitted"
has "$(cat "$T/err")" 微博 "the account is named"

# ---- byte for byte ----
post 城东今晚停水 '城东**今晚十点**至明晨六点停水检修。

- 设三个临时供水点
- 检修结束即恢复'
is "$(hy post show "$s" --json | jq -r '[.forms[].account] | sort | join(" ")')" "公众号 微博 长毛象" "the approver sees three forms"
weibo=$(form 微博 .text) mastodon=$(form 长毛象 .text) title=$(form 公众号 .title) html=$(form 公众号 .html)
has "$weibo" "【城东今晚停水】" "Weibo's with the title in its brackets"
has "$weibo" "http://www.linjiang.example/public/statements/$s.html" "and the address of our page"
is "$(form 公众号 .way)" page "WeChat's stands on the page"
approve
until_ok 60 all_sent; ok $? "all four are sent ($(states))"
is "$(practice_state weibo '[.notes[] | select(.by_api) | .text] | .[0]')" "$weibo" "Weibo: byte for byte"
is "$(practice_state mastodon '[.notes[] | select(.by_api) | .text] | .[0]')" "$mastodon" "Mastodon: byte for byte"
is "$(practice_state wechat '.jobs[0].articles[0].title')" "$title" "WeChat: the title"
is "$(practice_state wechat '.jobs[0].articles[0].content')" "$html" "WeChat: the article, byte for byte"
out=$(hy post status "$s" --json)
is "$(field "$out" '.deliveries[] | select(.account == "微博") | .receipt')" "$(practice_state weibo '[.notes[] | select(.by_api) | .id] | .[0]')" "Weibo's own id is the receipt"
is "$(field "$out" '.deliveries[] | select(.account == "长毛象") | .receipt')" "$(practice_state mastodon '[.notes[] | select(.by_api) | .id] | .[0]')" "Mastodon's, too"
url=$(field "$out" '.deliveries[] | select(.account == "公众号") | .url')
has "$(curl -fsS "$url")" "城东今晚停水" "the article is read at its address"
has "$(curl -fsS "http://127.0.0.1:$PORT/public/statements/$s.html")" "临时供水点" "and our page, where the links lead"

# ---- answers that are lost ----
practice 'fault?platform=weibo&kind=drop&op=statuses/share' >/dev/null
practice 'fault?platform=mastodon&kind=500&op=v1/statuses' >/dev/null
practice 'fault?platform=wechat&kind=garbage&op=freepublish/submit' >/dev/null
post 第二次通告 '停水时间不变。'
approve
until_ok 90 all_sent; ok $? "every lost answer is settled by a look ($(states))"
for p in weibo mastodon wechat; do is "$(standing $p 第二次通告)" 1 "$p: once"; done

# ---- the sender is killed in the middle ----
practice 'fault?platform=weibo&kind=hang&secs=120&op=statuses/share' >/dev/null
practice 'fault?platform=mastodon&kind=hang&secs=120&op=v1/statuses' >/dev/null
practice 'fault?platform=wechat&kind=hang&secs=120&op=draft/add' >/dev/null
calls() { curl -fsS "http://$PRACTICE/practice/state" | jq '[.platforms.weibo, .platforms.mastodon, .platforms.wechat] | map(.calls)'; }
before=$(calls)
met() { [ "$(jq -n --argjson a "$before" --argjson b "$(calls)" '[range(3)] | all($b[.] > $a[.])')" = true ]; }
post 第三次通告 '停水提前结束。'
approve
sending() { [ "$(hy status --json | jq .counts.deliveries_sending)" = 3 ]; }
until_ok 60 sending && until_ok 60 met; ok $? "three are being sent, and the platforms have them"
kill -9 "$SERVE"; wait "$SERVE" 2>/dev/null; rm -f "$D/run/web.port"
serve
later() { hy post status "$s" --json | jq -e '[.deliveries[] | select(.state == "sending" or .state == "planned")] | length == 0'; }
until_ok 60 later; ok $? "after the restart nothing is left in between ($(states))"
settled() { hy post status "$s" --json | jq -e '.deliveries[] | select(.account == "长毛象") | .state == "sent"'; }
until_ok 90 settled; ok $? "Mastodon's key settles it"
is "$(standing mastodon 第三次通告)" 1 "once"
is "$(standing weibo 第三次通告)" 0 "Weibo never took it, and it is not sent again by itself"
is "$(hy post status "$s" --json | jq -r '.deliveries[] | select(.account == "微博") | .state')" unknown "a look says no more than that: it stays in doubt"
is "$(hy audit verify --json | jq -r .whole)" true "the audit chain is whole"
is "$(grep -rcE 'practice-weibo-1|practice-wechat-secret|practice-mastodon-1' "$T/serve.log")" 0 "no secret is in the log"
stop_serve; is $? 0 "serve stops cleanly"

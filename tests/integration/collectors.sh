#!/usr/bin/env bash
# Every kind of source against a platform that we did not write for it: the practice Weibo and Mastodon, and forums with the
# quirks of the real ones. What was said arrives once, whole, without its author; what is refused is said.
source "$(dirname "$0")/lib.sh"
need python3 jq curl
setup_office 临江县政府办
start_practice
python3 "$here/platforms.py" >"$T/sites.out" 2>"$T/sites.log" &
pids+=($!)
until_ok 30 grep -q '^listening ' "$T/sites.out" || die "the forums did not start: $(tail -3 "$T/sites.log")"
SITES=$(sed -n 's/^listening //p' "$T/sites.out")
pdo() { local what=$1; shift; local args=(); for a in "$@"; do args+=(--data-urlencode "$a"); done; curl -fsS -H 'X-Practice: 1' "${args[@]}" "http://$PRACTICE/practice/$what"; }
say() { pdo say "$@" | jq -r .id; }
sayto() { curl -fsSG "http://$SITES/_add" --data-urlencode "forum=$1" --data-urlencode "thread=$2" --data-urlencode "text=$3" >/dev/null || die "say to $1"; }
found() { hyas editor search "$1" --json | jq -r '.items | length'; }
kind() { hyas editor search "$1" --json | jq -r '.items[0].kind'; }

# ---- accounts and sources ----
printf 'practice-weibo-1\n' >"$T/weibo.secret"; printf 'practice-mastodon-1\n' >"$T/mastodon.secret"
hyas admin account add --name 微博 --platform weibo --url http://api.weibo.com --reach "$PRACTICE" --secret-file "$T/weibo.secret" >/dev/null; ok $? "an account of Weibo to read with"
hyas admin account add --name 长毛象 --platform mastodon --url http://m.example --reach "$PRACTICE" --secret-file "$T/mastodon.secret" >/dev/null; ok $? "an account of Mastodon to read with"
add() { hyas admin source add "$@" >/dev/null 2>"$T/err"; ok $? "source add ${*:2:3} $(head -1 "$T/err")"; }
add --kind weibo --name 微博提到我 --what mentions --account 微博 http://api.weibo.com
add --kind weibo --name 微博评论 --what comments --account 微博 http://api.weibo.com
add --kind mastodon --name 象提到 --what mentions --account 长毛象 http://m.example
add --kind mastodon --name 象话题 --what tag --tag 临江供水 --account 长毛象 --backfill 7d http://m.example
add --kind discuz --name 论坛 --board 2 --what posts --backfill 1d --reach "$SITES" http://forum.example
add --kind discuz --name 论坛订阅 --reach "$SITES" http://forum.example/
add --kind nodebb --name 新论坛 --board 4 --what posts --backfill 1d --reach "$SITES" http://nb.example
add --kind discourse --name 话语 --what posts --backfill 1d --reach "$SITES" http://dc.example
bad() { local name=$1; shift; hyas admin source add "$@" >/dev/null 2>"$T/err"; is $? 2 "$name: $(head -c 150 "$T/err")"; }
bad "a kind that is not there" --kind tieba --name x https://t.example
bad "an option of another kind" --kind feed --name x --tag a https://t.example
bad "an account of another platform" --kind weibo --name x --what mentions --account 长毛象 https://t.example
bad "no account where one is needed" --kind weibo --name x --what mentions https://t.example
bad "an unknown list" --kind mastodon --name x --what home --account 长毛象 https://t.example

# ---- what is said arrives ----
posts=()
post=$(say platform=weibo name=zhangsan-handle text="@临江发布 城东停水了 电话 13812345678")
for i in $(seq 1 60); do posts+=("$(say platform=weibo name=zhangsan-handle text="@临江发布 水黄第${i}号")"); done
for i in $(seq 1 55); do say platform=mastodon name=lisi-handle text="水压低第${i}回 #临江供水" >/dev/null; done
say platform=mastodon name=lisi-handle text="@linjiang 请问何时来水" >/dev/null
for i in 1 2 3 4 5 6 7 8; do sayto discuz 12 "楼上第${i}层说停水"; sayto nodebb 5 "节点第${i}帖"; sayto discourse 44 "话语第${i}条"; done
sayto discuz 13 '水费"贵"㐀'
hyas admin collect run >/dev/null 2>"$T/run.err"; ok $? "collect run: $(head -c 300 "$T/run.err")"
# a walk of several pages needs several turns: a few more looks
for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do hyas admin collect run >/dev/null 2>&1; done
is "$(found '"城东停水了"')" 1 "a mention of Weibo"
is "$(hyas editor search '"水黄第"' --all --limit 200 --json 2>/dev/null | jq '.items | length')" 60 "and all the sixty others"
is "$(hyas editor search '"水压低第"' --all --limit 200 --json | jq '.items | length')" 55 "55 of a tag, over pages"
is "$(found '"请问何时来水"')" 1 "a mention of Mastodon"
is "$(hyas editor search '"楼上第" source:论坛' --all --json | jq '.items | length')" 8 "eight floors of a Discuz thread, three pages"
is "$(found '"水费" source:论坛订阅')" 1 "a thread by its RSS in GB18030"
is "$(hyas editor search '"节点第"' --all --json | jq '.items | length')" 8 "a NodeBB thread"
is "$(hyas editor search '"话语第"' --all --json | jq '.items | length')" 8 "Discourse's posts, over pages"
is "$(kind '"楼上第3层说停水" source:论坛')" comment "a floor is a comment"
before=$(hyas editor search 水 --all --limit 500 --json | jq '.items | length')
hyas admin collect run >/dev/null 2>&1
is "$(hyas editor search 水 --all --limit 500 --json | jq '.items | length')" "$before" "a second look takes nothing twice"

# ---- and once more later: only what is new ----
say platform=weibo kind=comment about="${posts[0]}" name=wangwu-handle text="评论说水好了" >/dev/null
sayto discuz 12 "楼上第9层说来水"
sayto discourse 44 "话语第9条"
for _ in 1 2 3; do hyas admin collect run >/dev/null 2>&1; done
is "$(found '"楼上第9层说来水"')" 1 "a new floor is found on the page where it stands"
is "$(found '"话语第9条"')" 1 "a new post of Discourse"

# ---- the budget ----
show=$(hyas admin source show 微博提到我 --json)
is "$(field "$show" .calls_per_day)" 100 "Weibo's hundred calls a day"
[ "$(field "$show" .calls_used)" -gt 1 ]; ok $? "what was used is counted: $(field "$show" .calls_used)"
has "$(field "$show" .budget)" "100 calls a day" "and said in words: $(field "$show" .budget)"
is "$(field "$(hyas admin source show 象话题 --json)" .calls_per_day)" null "where there is no budget none is shown"

# ---- the balance sheet: every kind of source is in it, and every row balances ----
hyas admin source balance --json >"$T/sheet"; is $? 0 "received = new + repeat + refused, for each source"
is "$(jq -r '[.items[] | select(.received > 0) | .kind] | unique | join(" ")' "$T/sheet")" "discourse discuz mastodon nodebb weibo" "all kinds of sources count"
of() { jq -r "[.items[] | select(.source == \"$1\") | .$2] | add" "$T/sheet"; }
is "$(of 微博提到我 new)" 61 "sixty-one mentions"
is "$(of 象话题 new)" 55 "fifty-five of a tag"
is "$(of 微博提到我 received)" "$(($(of 微博提到我 new) + $(of 微博提到我 repeat) + $(of 微博提到我 refused)))" "and what was seen again is a repeat"

# ---- a token that ends stops its account, and nobody else ----
pdo token platform=weibo token=practice-weibo-1 revoked=1 >/dev/null
say platform=mastodon name=lisi-handle text="后来的水 #临江供水" >/dev/null
hyas admin collect run >/dev/null 2>&1
is "$(hyas admin account list --json | jq -r '.items[] | select(.name == "微博") | .state')" needs-reauth "the account waits for a person"
is "$(hyas admin source list --json | jq -r '.items[] | select(.name == "微博提到我") | .state')" active "its source does not stop"
has "$(hyas editor alert list --json)" "the platform refuses its secret" "a person is called"
is "$(found '"后来的水"')" 1 "the others go on"

# ---- nobody's name is kept ----
is "$(curl -fsS "http://$SITES/_log" | jq '[.[] | select(.headers.Cookie)] | length')" 0 "no cookie is sent"
grep -raE 'zhangsan-handle|lisi-handle|wangwu-handle|13812345678|practice-(weibo|mastodon)-1|s3cret-auth|31415926' "$D" >"$T/leaks" 2>/dev/null
is "$(wc -l <"$T/leaks")" 0 "no author, phone or token on the disk"

#!/usr/bin/env bash
# Drills (T-WF-2): the stories play against the real program, and a drill can be taken for nothing else.
source "$(dirname "$0")/lib.sh"
need jq curl
export TMPDIR=$T

# ---- stories ----
is "$("$HUYING" drill list --json | jq -r '.items | length')" 5 "five stories ship"
while read -r story n; do
  "$HUYING" drill run "$story" --json >"$T/$story.json" 2>"$T/$story.err"
  is "$? $(jq -c '[.milestones[] | select(.met | not) | {text, found}]' "$T/$story.json")" "0 []" "$story: every milestone is met"
  is "$(jq -r .met "$T/$story.json")" "$n" "$story: there are $n of them"
  has "$(head -1 "$T/$story.err")" DRILL "$story: the first line on stderr says that it is a drill"
done <<'STORIES'
quiet-day 10
tap-water-rumour 9
platform-outage 6
token-expiry 11
national-day 7
STORIES
# What citizens say reaches the desk, whichever way: posts and mentions are found, messages and mails are cases.
cat >"$T/citizens.story" <<'STORY'
start: 2026-11-18T08:30:00+08:00
1m weibo mention 新馆的自习室真不错 | 书虫小陈
1m expect found 1 自习室 within 5m
2m mastodon mention 冬天的江面很安静
2m expect found 1 江面很安静 within 5m
3m discuz post 老码头路灯 | 样例：路灯不亮。 | 夜跑的人
3m expect found 1 老码头路灯 within 5m
4m wechat message 请问新馆需要预约吗
4m expect cases 1 within 5m
5m mail message 供暖 | 样例：几号供暖？ | citizen@example.org
5m expect cases 2 within 5m
6m weibo message 几点开门 | 求证小林
6m expect cases 3 within 5m
6m sms message 样例：人民路与解放路路口的信号灯从昨天晚上开始一直不亮，早高峰的时候车辆和行人混在一起非常危险，请尽快派人来修，另外路口东侧的井盖也松动了，车一过就响。 | 13800000001
7m expect cases 4 within 5m
# the desk comes back at another port, two hours later, and is told what came after
7m desk stop
7m clock +2h
7m desk start
8m wechat message 路灯坏了 | 夜跑的人
8m expect cases 5 within 5m
9m sms message 样例：修好了，谢谢 | 13800000002
9m expect cases 6 within 5m
STORY
"$HUYING" drill run "$T/citizens.story" --json >"$T/citizens.json" 2>"$T/citizens.err"
is "$? $(jq -c '[.milestones[] | select(.met | not) | {text, found}]' "$T/citizens.json")" "0 []" "what citizens say in a drill reaches the desk"
is "$(find "$T" -maxdepth 1 -name 'huying-drill-*' | wc -l)" 0 "the folders are taken away"
printf '1m forum 甲 | 样例：自来水发黄。\n1m weibo mention 乙\n1m fault weibo 503 on=reads times=1\n1m expect alert 供水 within 5m\n2m expect items 99 within 1m\n2m do bianji claim show 7\n' >"$T/missed.story"
LANGUAGE=zh_CN "$HUYING" drill run "$T/missed.story" >"$T/missed.out" 2>&1
is $? 9 "a missed milestone is exit 9"
has "$(cat "$T/missed.out")" "items 99" "and is named"
has "$(cat "$T/missed.out")" "微博: 乙" "what is said on a platform, in the reader's language"
is "$(grep -c '○ weibo\|⚡ weibo' "$T/missed.out")/$(grep -c '⚡ 微博' "$T/missed.out")" 0/1 "and what goes wrong there"
printf '1m forum 甲\n' >"$T/bad.story"
has "$("$HUYING" drill run "$T/bad.story" 2>&1)" "line 1" "a wrong line is named"
"$HUYING" drill run no-such-story >/dev/null 2>&1
is $? 3 "no such story"
"$HUYING" drill run "$T/missed.story" --keep "$T/kept" >/dev/null 2>&1
ok "$([ -f "$T/kept/office/huying.db" ]; echo $?)" "--keep leaves the folder"

# ---- a drill is never the live desk, nor the other way round ----
DRILL=$T/kept/office
setup_office 真县
LIVE=$D
code() { "$@" >"$T/out" 2>"$T/err"; echo $?; }
is "$(code "$HUYING" status --dir "$DRILL")" 4 "a drill does not open without --drill"
has "$(cat "$T/err")" "--drill" "and says how"
is "$(code "$HUYING" --drill status --dir "$LIVE")" 4 "the live desk does not open with it"
has "$(cat "$T/err")" LIVE "and says what it is"
is "$(HUYING_DRILL=1 code "$HUYING" status --dir "$LIVE")" 4 "nor by the environment"
is "$(code "$HUYING" --drill status --dir "$DRILL")" 0 "the drill opens as a drill"
is "$(code "$HUYING" serve --dir "$DRILL")" 4 "the daemon does not start on a drill"
is "$(code "$HUYING" --drill serve --dir "$LIVE")" 4 "nor a drill's daemon on the live desk"
is "$(grep -c 'DRILL 演练' "$T/err")/$(wc -l <"$T/err")" 0/1 "which is not called a drill before it refuses"
is "$(code "$HUYING" backup create "$T/b" --dir "$DRILL")" 4 "nor any other command"
rm "$DRILL/DRILL"
is "$(code "$HUYING" status --dir "$DRILL") $(code "$HUYING" --drill status --dir "$DRILL")" "4 4" "without its file a drill opens for neither"
touch "$DRILL/DRILL" "$LIVE/DRILL"
is "$(code "$HUYING" status --dir "$LIVE") $(code "$HUYING" --drill status --dir "$LIVE")" "4 4" "with the file the live desk opens for neither"
rm "$LIVE/DRILL"
is "$(code "$HUYING" status --dir "$LIVE")" 0 "as before"

# ---- no live token, no way out ----
dr() { "$HUYING" --drill --dir "$DRILL" --as admin --token-file "$T/kept/admin.token" "$@"; }
printf pw >"$T/pw"
is "$(code dr account add --name real --platform wordpress --url https://www.example.gov.cn --login a --secret-file "$T/pw")" 4 "no live account can be added"
is "$(code dr account add --name live --platform weibo --login k --secret-file "$T/pw")" 4 "nor one without an address: that is the platform itself"
is "$(code dr account add --name gateway --platform aliyun --login k --secret-file "$T/pw")" 4 "nor a gateway"
is "$(code dr account add --name empty --platform aliyun --login k)" 0 "without a secret nothing can be done with it"
printf 'a-secret-of-some-length' >"$T/pw2"
is "$(code dr account rotate empty --untried --secret-file "$T/pw2")" 4 "and it is given none"
is "$(code dr status)" 0 "the drill opens after all that"
is "$(code dr source add --kind feed --name real https://www.example.gov.cn/feed)" 4 "nor a live source"
sqlite3 "$DRILL/huying.db" "update account set reach = null where platform = 'wordpress'" 2>/dev/null
is "$(code dr status)" 4 "a record with a live token does not open as a drill"
has "$(cat "$T/err")" token "and says why"
sqlite3 "$DRILL/huying.db" "update account set reach = '127.0.0.1:9' where platform = 'wordpress'"

# ---- every screen says so ----
rm -f "$DRILL/run/web.port"
"$HUYING" --drill serve --dir "$DRILL" 2>"$T/serve-drill.log" &
pids+=($!)
until_ok 60 test -s "$DRILL/run/web.port" || die "the drill's daemon: $(tail -2 "$T/serve-drill.log")"
until_ok 60 curl -fsS "http://127.0.0.1:$(cat "$DRILL/run/web.port")/readyz" || die "the drill's daemon: $(tail -2 "$T/serve-drill.log")"
web=http://127.0.0.1:$(cat "$DRILL/run/web.port")
D=$LIVE serve
key=$(dr user link admin --json 2>/dev/null | jq -r .key)
curl -sS -c "$T/jar" -o /dev/null -H "Origin: $web" --data-urlencode "k=$key" "$web/hello"
has "$(curl -sS -b "$T/jar" "$web/")" /logout "logged in to the drill"
jar=(-b "$T/jar" -c "$T/jar")
# Every page that a GET without parameters gives, logged in and not; error pages, too.
pages=0 bare=0
for p in / /login /alerts /cases /claims /statements /search /rules /sources /accounts /people /reports /audit /public/ /lookup /nothing /alerts/999 /hello; do
  for how in in out; do
    [ $how = in ] && with=("${jar[@]}") || with=()
    curl -sS "${with[@]}" -D "$T/head" -o "$T/body" "$web$p"
    grep -qi '^content-type: text/html' "$T/head" && [ -s "$T/body" ] || continue
    pages=$((pages + 1))
    grep -q 'class="drill"' "$T/body" && grep -q '<title>【演练 DRILL】' "$T/body" && grep -qi '^x-huying-drill: 1' "$T/head" || { bare=$((bare + 1)); echo "# without a banner: $how $p"; }
  done
done
ok "$([ $pages -ge 16 ] && [ $bare = 0 ]; echo $?)" "the banner is on each of $pages pages"
has "$(curl -sS -D - -o /dev/null "$web/api/v1/status")" "X-Huying-Drill: 1" "the API says so in a header"
is "$(dr status --json 2>/dev/null | jq -r .office)" "【演练】临江县" "the office's name says so"
live=http://127.0.0.1:$PORT
is "$(curl -sS -D - "$live/login" "$live/nothing" "$live/public/" | grep -ciE 'drill|演练')" 0 "the live desk has none of it"

# ---- the words before publishing ----
export HUYING_DRILL=1
p() { local who=$1; shift; "$HUYING" --dir "$DRILL" --as "$who" --token-file "$T/kept/$who.token" "$@"; }
c=$(p bianji claim open 样例说法 --json 2>/dev/null | jq -r .id)
echo 样例 | p bianji claim evidence "$c" --title 记录 --file - >/dev/null 2>&1
p bianji claim judge "$c" false --finding 不实 >/dev/null 2>&1
p shenhe claim sign "$c" >/dev/null 2>&1
s=$(echo 样例辟谣 | p shenhe post correct --claim "$c" --to site --title 样例 --file - --json 2>/dev/null | jq -r .id)
is "$(code p qianfa post approve "$s" --no-wait)" 4 "in a drill nothing is approved without the words"
is "$(code p qianfa post approve "$s" --no-wait --confirm "发布 $s")" 4 "those of the live desk do not do"
is "$(code p qianfa post approve "$s" --no-wait --confirm "演练 $((s + 1))")" 4 "nor those of another statement"
is "$(code p qianfa post approve "$s" --no-wait --confirm "演练 $s")" 0 "those of the drill do"
unset HUYING_DRILL
D=$LIVE
c=$(hyas editor claim open 说法 --json | jq -r .id)
echo 记录 | hyas editor claim evidence "$c" --title 记录 --file - >/dev/null
hyas editor claim judge "$c" false --finding 不实 >/dev/null
hyas checker claim sign "$c" >/dev/null
s=$(echo 通报 | hyas editor post correct --claim "$c" --to site --title 通报 --file - --json | jq -r .id)
is "$(code hyas approver post approve "$s" --no-wait --confirm "演练 $s")" 4 "a hand trained in drills does not publish for real"
is "$(code hyas approver post approve "$s" --no-wait --confirm "发布 $s")" 0 "the live words do"

#!/bin/bash
# huying index: alone and through the daemon; damage found and healed while the office works; one line with the cure where it cannot.
. "$(dirname "$0")/lib.sh"

export HUYING_DIR=$tmp/office
code 0 "set up" setup --office 临江县 --listen 127.0.0.1:0 --admin-token-file "$tmp/token"
admin=(--as admin --token-file "$tmp/token")

# ---- alone ----
code 0 "an index from nothing" index rebuild --json
is "$(get generation)" 1 "it is the first"
code 0 "again" index rebuild --json
is "$(get generation)" 2 "and the second"
is "$(cat "$tmp/err" | wc -l)" 1 "one line in a log, no bar"
code 0 "compact" index compact --json
is "$(get live)" 0 "nothing in it"
code 0 "check" index check --json
is "$(get sound)" true "sound"
code 2 "no other words" index compact now
code 2 "no other options" index rebuild --fast

# ---- another process has it ----
exec 9>>"$HUYING_DIR/index/write.lock"
flock -n 9
run index rebuild
[ $rc -ne 0 ] && [ "$(wc -l <"$tmp/err")" -eq 1 ] && grep -q 'stop it\|let it do the work' "$tmp/err"
ok $? "a lock held elsewhere: one line with the cure"
exec 9>&-
echo "another life" >"$HUYING_DIR/index/write.lock"
code 0 "a lock file left behind locks nothing" index rebuild

# ---- through the daemon ----
start_serve() {
	"$huying" serve --roles "$1" >"$tmp/serve" 2>&1 &
	serve=$!
	pids="$pids $serve"
	for _ in $(seq 1000); do grep -q ready "$tmp/serve" && break; sleep 0.02; done
}
start_serve collect,index
run index stats --json
before=$(get generation)
code 0 "rebuilt by the daemon" index rebuild --json
is "$(get generation)" $((before + 1)) "a new generation"
code 0 "compacted by the daemon" index compact --json
is "$(get job)" "" "nothing under way afterwards"
code 0 "checked beside it" index check --deep --json
is "$(get sound)" true "sound"
kill $serve
wait $serve
is $? 0 "the daemon ends cleanly"
start_serve collect
run index rebuild
[ $rc -ne 0 ] && [ "$(wc -l <"$tmp/err")" -eq 1 ] && grep -q 'no role index' "$tmp/err"
ok $? "a daemon without the role says so in one line"
kill $serve
wait $serve

# ---- damage that a search meets ----
run user add --login bianji --name 编辑 --duties viewer,clerk,editor "${admin[@]}" --json
get token >"$tmp/bianji.token"
printf '编号,标题,内容\nA-1,停水,城东停水两天\nA-2,路灯,河沿路的路灯不亮\n' >"$tmp/board.csv"
start_serve collect,index
code 0 "two posts of a board" import run "$tmp/board.csv" --kind posts --as-source 留言板 --as bianji --token-file "$tmp/bianji.token"
found() { run search "$1" --json; [ "$(get total)" = "$2" ]; }
for _ in $(seq 1000); do found 停水 1 && break; sleep 0.02; done
found 停水 1
ok $? "found"
run index stats --json
before=$(get generation)
for table in "$HUYING_DIR"/index/*/postlist.glass; do : >"$table"; done
run search 停水
[ $rc -eq 75 ] && [ "$(wc -l <"$tmp/err")" -eq 1 ] && grep -q 'being made anew' "$tmp/err"
ok $? "tables cut to nothing: the search says that it is being made anew"
for _ in $(seq 1500); do found 停水 1 && break; sleep 0.02; done
found 停水 1
ok $? "and finds again, without a hand"
run index stats --json
[ "$(get generation)" -gt "$before" ]
ok $? "in a new generation"
code 0 "checked" index check --deep
kill $serve
wait $serve
for table in "$HUYING_DIR"/index/*/postlist.glass; do : >"$table"; done
run search 停水
[ $rc -ne 0 ] && [ $rc -ne 75 ] && grep -q 'huying index rebuild' "$tmp/err"
ok $? "without a daemon: the cure"
code 0 "which cures" index rebuild

# ---- whoever waits for the daemon is told when it is gone ----
cat >"$tmp/mute.py" <<'PY'
import socket, sys
s = socket.socket()
s.bind(("127.0.0.1", 0))
s.listen()
print(s.getsockname()[1], flush=True)
held = []
while True:
    held.append(s.accept())
PY
python3 "$tmp/mute.py" >"$tmp/mute" &
pids="$pids $!"
for _ in $(seq 1000); do [ -s "$tmp/mute" ] && break; sleep 0.02; done
start_serve collect,index
code 0 "a source that never answers" source add --kind feed --name 哑 --reach "127.0.0.1:$(cat "$tmp/mute")" --allow-http http://mute.example/feed "${admin[@]}"
due() { sqlite3 -readonly "$HUYING_DIR/huying.db" "SELECT next_at FROM source WHERE name = '哑'"; }
before=$(due)
"$huying" collect run "${admin[@]}" >"$tmp/waits" 2>&1 &
waits=$!
for _ in $(seq 1500); do [ "$(due)" != "$before" ] && break; sleep 0.02; done
kill -9 $serve
wait $waits
is $? 75 "a look that waits for a daemon that is killed ends"
is "$(grep -c 'the daemon has ended' "$tmp/waits")" 1 "and says so"
wait $serve

# ---- of another version ----
sed -i '1s/^huying-index 2/huying-index 1/' "$HUYING_DIR/index/manifest"
run search 水
[ $rc -ne 0 ] && grep -q 'huying index rebuild' "$tmp/err"
ok $? "an older index: the cure is named"
start_serve collect,index
for _ in $(seq 1000); do "$huying" index stats >/dev/null 2>&1 && break; sleep 0.02; done
code 0 "the daemon made it anew at start" index stats
is "$(grep -c 'another version' "$tmp/serve")" 1 "and said so in one line"
kill $serve
wait $serve
finish

#!/usr/bin/env bash
# T-NET-1, T-NET-2, T-XML-1, T-JSON-1 for every kind of source: each attack on each kind, all at once. Nobody is led inside, no body
# passes its cap, the daemon and its memory stand, and what sound sources say meanwhile arrives.
source "$(dirname "$0")/lib.sh"
need python3 jq curl
setup_office 临江县
printf 'collect {\n  in_flight = 2\n}\n' >>"$D/huying.conf" # two bodies in hand: the memory that counts is theirs
python3 "$here/hostile.py" >"$T/hostile.out" 2>"$T/hostile.log" &
pids+=($!)
until_ok 60 grep -q '^control ' "$T/hostile.out" || die "the sites did not start: $(tail -3 "$T/hostile.log")"
control=$(sed -n 's/^control //p' "$T/hostile.out")
site() { curl -fsS "http://$control/" | jq "$1"; }
printf 'tok-5t9q2vexlume-weibo\n' >"$T/secret"
n=0
while read -r _ kind attack port _; do
  n=$((n + 1))
  args=(--name "$kind-$attack" --reach "127.0.0.1:$port" --backfill 30d)
  case $kind in
  feed | jsonfeed) args=(--kind feed --name "$kind-$attack" --reach "127.0.0.1:$port" "http://s$n.example/feed") ;;
  mastodon) args+=(--kind mastodon --what tag --tag 临江 "http://s$n.example") ;;
  weibo) # the secret goes along: an account of its own for each
    hyas admin account add --name "acc-$attack" --platform weibo --url "http://s$n.example" --reach "127.0.0.1:$port" --secret-file "$T/secret" >/dev/null 2>"$T/err" || die "account: $(cat "$T/err")"
    args=(--kind weibo --name "$kind-$attack" --what mentions --account "acc-$attack" "http://s$n.example") ;;
  mail)
    hyas admin account add --name "box-$attack" --platform mail --url imap://mail.example --login desk --reach "127.0.0.1:$port" --secret-file "$T/secret" >/dev/null 2>"$T/err" || die "account: $(cat "$T/err")"
    args=(--kind mail --name "$kind-$attack" --account "box-$attack" --reach "127.0.0.1:$port" imap://mail.example) ;;
  discuz) args+=(--kind discuz --what posts --board 2 "http://s$n.example") ;;
  rss) args=(--kind discuz --name "$kind-$attack" --reach "127.0.0.1:$port" "http://s$n.example/") ;;
  nodebb) args+=(--kind nodebb --what posts --board 4 "http://s$n.example") ;;
  discourse) args+=(--kind discourse --what posts "http://s$n.example") ;;
  esac
  hyas admin source add "${args[@]}" >/dev/null 2>"$T/err" || die "source add ${args[*]}: $(cat "$T/err")"
done < <(grep '^source ' "$T/hostile.out")
serve
before=$(awk '/VmHWM/ {print $2}' "/proc/$SERVE/status")
all_tried() { [ "$(hyas admin source list --json | jq '[.items[] | select(.last_try_ms > 0 or .name == "mail-never")] | length')" = "$n" ]; }
until_ok 300 all_tried; ok $? "all $n sources were looked at: $(curl -fsS "http://$control/")"
quiet() { [ "$(hy status --json | jq '.last_seq == .index_seq and .last_seq == .detect_seq')" = true ]; }
until_ok 60 quiet
kill -0 "$SERVE"; ok $? "the daemon stands"
is "$(site .canary)" 0 "nobody was led inside, by redirect, next page, entity or DTD"
after=$(awk '/VmHWM/ {print $2}' "/proc/$SERVE/status")
[ $((after - before)) -lt 32768 ]; ok $? "its memory grew by $(((after - before) / 1024)) MiB at most: under 32"
[ "$(site .sent)" -lt $((n * 20 << 20)) ]; ok $? "$(site '.sent / 1048576 | floor') MiB were sent in all: endless bodies were cut off"
list=$(hyas admin source list --json)
for kind in feed jsonfeed mastodon weibo discuz rss nodebb discourse; do
  arrived() { [ "$(hyas editor search "信源:$kind-sound" --all --json 2>/dev/null | jq '.items | length')" = 1 ]; }
  until_ok 60 arrived; ok $? "what a sound $kind says is there"
done
letters() { hyas clerk case list --limit 500 --json | jq '.items | length'; }
is "$(hyas admin source list --json | jq '.items[] | select(.name == "mail-sound") | .new')" 1 "a sound letter is a case"
is "$(hyas admin source list --json | jq -r '[.items[] | select((.last_error // "") | test("child died")) | .name] | join(" ")')" "" "no body ends the one that reads it: it would stand before all that come after"
is "$(hyas admin source balance mail-deadly --json | jq -c '.total | [.received, .new, .refused, .reasons]')" '[2,1,1,[{"why":"unparsed","count":1}]]' "but for one letter: the one beside it is a case"
[ "$(letters)" -ge 1 ] && [ "$(letters)" -le 13 ]; ok $? "of 19 mailboxes $(letters) letters were taken, each once"
never=$(grep ' never$' "$T/hostile.out" | grep -v ' sound ' | awk '{print $2 "-" $3}' | jq -R . | jq -s .)
[ "$(jq length <<<"$never")" -gt 60 ]; ok $? "$(jq length <<<"$never") attacks are no answer at all"
is "$(jq -r --argjson never "$never" '[.items[] | select((.name as $n | $never | index($n)) and .new > 0) | .name] | join(" ")' <<<"$list")" "" "nothing was taken from what is no answer"
is "$(jq -r --argjson never "$never" '[.items[] | select((.name as $n | $never | index($n)) and (.last_error // "") == "") | .name] | join(" ")' <<<"$list")" "" "and each of them says why"
is "$(hyas editor search 'root:x:0' --json | jq .total)" 0 "no file of the machine came in"
grep -raqF tok-5t9q2vexlume "$D" "$T/serve.log"; is $? 1 "the secret stands nowhere"
has "$(hy status --json)" '"items":' "and the record answers"
stop_serve; ok $? "serve ends well"

#!/usr/bin/env bash
# R21: a tenth of the sources hang, drip or accept and say nothing, for ever; all others are looked at in every round of theirs, while
# those are still held open. Counted, not timed.   HUYING_CROWD="SOURCES HANGING IN_FLIGHT" for other sizes
source "$(dirname "$0")/lib.sh"
need python3 jq curl
read -r n others at_once <<<"${HUYING_CROWD:-60 6 4}"
ulimit -n "$(ulimit -Hn)"
setup_office 临江县
# a request is given up after a minute: the rounds must come to their end before, or this fails; the clock moves by hand
printf 'collect {\n  timeout = "60s"\n  in_flight = %s\n}\n' "$at_once" >>"$D/huying.conf"
now=$(date +%s000)
echo "$now" >"$T/clock"
export HUYING_CLOCK=$T/clock
python3 "$here/crowd.py" "$n" "$others" >"$T/crowd.out" 2>"$T/crowd.log" &
pids+=($!)
until_ok 60 grep -q '^control ' "$T/crowd.out" || die "the crowd did not start: $(tail -3 "$T/crowd.log")"
control=$(sed -n 's/^control //p' "$T/crowd.out")
i=0
while read -r _ kind port; do
  i=$((i + 1))
  hyas admin source add --kind feed --name "$kind$i" --interval 1m --reach "127.0.0.1:$port" "http://site$i.example/feed" >/dev/null || die "source $i"
done < <(grep '^site ' "$T/crowd.out")
is "$i" "$n" "$n sources, $others of them hang or drip, $at_once at once"
serve
crowd() { curl -fsS "http://$control/" | jq -e "$1"; }
for round in 1 2; do
  until_ok 45 crowd ".least >= $round and .others == $others" >/dev/null
  ok $? "round $round: every sound source was looked at: $(curl -fsS "http://$control/")"
  crowd '.drips_held == .drips and .drips_asked == .drips' >/dev/null
  ok $? "while $(crowd .drips) that drip hold their first request open, with $at_once places"
  now=$((now + 90000))
  echo "$now" >"$T/clock"
done
until_ok 45 crowd '.least >= 3' >/dev/null
ok $? "and once more"
stored() { [ "$(hy status --json | jq .counts.items)" -ge $(((n - others) * 3)) ]; }
until_ok 120 stored; ok $? "and what the sound ones said is in the record"
stop_serve; ok $? "serve ends while they hang"

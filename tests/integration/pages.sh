#!/usr/bin/env bash
# Next pages after a gap: read to the bound, five deep, from the source's own origin; a page on another address is never asked
# for, neither there nor at the named peer.
source "$(dirname "$0")/lib.sh"
need jq python3
setup_office 临江县
export HUYING_CLOCK=$T/clock
now=1795000000
echo "${now}000" >"$HUYING_CLOCK"
python3 "$here/pages.py" "$T" & pids+=($!)
until_ok 20 test -s "$T/ports"
read -r feed canary <"$T/ports"
for name in own other; do
  "$HUYING" --dir "$D" --as admin --token-file "$T/admin.token" source add --kind feed --name $name --interval 60s \
    --reach "127.0.0.1:$feed" "http://127.0.0.1:$feed/$name" --json >/dev/null || die "source $name"
done
for look in 1 2 3; do
  "$HUYING" --dir "$D" collect run >"$T/out" 2>"$T/err"; is $? 0 "look $look ends well"
  now=$((now + 7200))
  echo "${now}000" >"$HUYING_CLOCK"
done
is "$(grep -c '^/own ' "$T/asked")" 3 "three looks at the feed"
is "$(grep -c '^/own?page=' "$T/asked")" 10 "after each of two gaps five further pages, and no more"
is "$(grep -c '^/next' "$T/asked")" 0 "the peer is not asked for another address's page"
is "$(wc -l <"$T/canary")" 0 "nor is the other address ($canary)"

# the cursor after a gap is that of the feed itself: the next look overlaps with it
touch "$T/still"
for look in 4 5; do
  "$HUYING" --dir "$D" collect run >"$T/out" 2>"$T/err"; is $? 0 "look $look ends well"
  now=$((now + 7200))
  echo "${now}000" >"$HUYING_CLOCK"
  grep -c '^/own?page=' "$T/asked" >"$T/pages.$look"
done
is "$(cat "$T/pages.5")" "$(cat "$T/pages.4")" "what overlaps asks for no further page"

#!/usr/bin/env bash
# Next pages after a gap: read to the bound, five deep, from the source's own origin; a page on another address is never asked
# for, neither there nor at the named peer.
source "$(dirname "$0")/lib.sh"
need jq python3 curl
setup_office 临江县
export HUYING_CLOCK=$T/clock
now=1795000000
echo "${now}000" >"$HUYING_CLOCK"
python3 "$here/pages.py" "$T" & pids+=($!)
until_ok 20 test -s "$T/ports"
read -r feed canary <"$T/ports"
for name in own other mend; do
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

# the balance sheet of these days: gaps that stayed open, gaps that further pages closed, and every row balances
hyas admin source balance --day 2026-11-18 --until 2026-11-20 --json >"$T/sheet"; is $? 0 "the sheet balances"
sum() { jq "[.items[] | select(.source == \"$1\") | .$2] | add" "$T/sheet"; }
is "$(sum own gaps)/$(sum own gaps_read)" 3/0 "three gaps of which no page led back to the last look"
is "$(sum mend gaps)/$(sum mend gaps_read)" 0/4 "four gaps that were read to their end"
is "$(sum own received)" 100 "all that the feed held in five looks and fifteen further pages"
is "$(sum own new)/$(sum own repeat)/$(sum own refused)" 95/5/0 "new, and the one look that was the same as before"
is "$(sum mend received)/$(sum mend new)/$(sum mend repeat)" 45/25/20 "what the closing pages held was known"

# ---- the same as a page, for who is logged in ----
serve
key=$(hyas admin user link admin --json | jq -r .key)
curl -s -D "$T/head" -o /dev/null -X POST -d "k=$key" "http://127.0.0.1:$PORT/hello"
cookie=$(sed -n 's/^[Ss]et-[Cc]ookie: \([^;]*\).*/\1/p' "$T/head" | tr -d '\r')
page() { curl -s -H "Cookie: $cookie" -H 'Accept-Language: en' "http://127.0.0.1:$PORT/$1"; }
page "balance?day=2026-11-18&until=2026-11-20" >"$T/page"
rows=$(jq '.items | length' "$T/sheet")
is "$(grep -o '<tr data-row>' "$T/page" | wc -l)" "$rows" "the page has every row"
is "$(grep -o 'badge bad' "$T/page" | wc -l)/$(grep -o 'badge good' "$T/page" | wc -l)" "0/$((rows + 2))" "and says of each, and of all, that it balances"
has "$(page sources)" 'href="/balance"' "it is linked from the sources"
page "balance.csv?day=2026-11-18&until=2026-11-20" >"$T/csv"
is "$(wc -l <"$T/csv")" "$((rows + 2))" "the table has a heading, every row and the sums"
is "$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$PORT/balance")" 303 "nobody else sees it"
stop_serve

#!/usr/bin/env bash
# Real texts, served as six feeds of three kinds (two in GB18030) by nginx: all collected once, none twice, over three looks with
# edits, duplicates, 304s, and an outage of six seconds in the middle from which the daemon recovers by itself; then every planted
# string is found, as often as a second reader of the record counts it. The clock is a file, moved on between looks.
source "$(dirname "$0")/lib.sh"
need jq curl python3 nginx zstd sqlite3
if [ -z "${SHARED_DATA:-}" ] || [ ! -r "$SHARED_DATA/stream_200k.tsv.zst" ]; then
  [ "${CI:-}" = true ] && { echo "not ok 1 - SHARED_DATA is not set"; echo "1..1"; trap - EXIT; rm -rf "$T"; exit 1; }
  skip_all "SHARED_DATA is not set"
fi
ROWS=${HY_ROWS:-3000}
NPORT=$(free_port)
mkdir -p "$T/www" "$T/ng"

# ---- nginx of our own ----
cat >"$T/ng/nginx.conf" <<CONF
daemon off; worker_processes 1; pid $T/ng/pid; error_log $T/ng/error.log;
$([ "$(id -u)" = 0 ] && echo 'user root;')
events { worker_connections 64; }
http {
  log_format look '\$status \$uri'; access_log $T/ng/access.log look;
  client_body_temp_path $T/ng/body; proxy_temp_path $T/ng/proxy; fastcgi_temp_path $T/ng/fcgi; uwsgi_temp_path $T/ng/uwsgi; scgi_temp_path $T/ng/scgi;
  types { application/rss+xml rss; application/atom+xml atom; application/feed+json json; }
  gzip on; gzip_types application/rss+xml; etag on;
  server { listen 127.0.0.1:$NPORT; root $T/www; }
}
CONF
start_nginx() {
  nginx -c "$T/ng/nginx.conf" -p "$T/ng" -e "$T/ng/error.log" 2>>"$T/ng/err" &
  NGINX=$!
  pids+=("$NGINX")
  until_ok 20 curl -fsS -o /dev/null "http://127.0.0.1:$NPORT/a.rss" || die "nginx: $(cat "$T/ng/err")"
}
stop_nginx() { kill "$NGINX"; wait "$NGINX" 2>/dev/null; }
make_feeds() { zstd -dc "$SHARED_DATA/stream_200k.tsv.zst" 2>/dev/null | python3 "$here/real-texts.py" make "$T/www" "$ROWS" "$NPORT" "$1"; }

# ---- a clock that runs at its usual pace from wherever it is put ----
export HUYING_CLOCK=$T/clock
NOW=1795300000000 # 2026-11-22
move_clock() { # SECONDS
  NOW=$((NOW + $1 * 1000)); printf '%s x1 @%s' "$NOW" "$(date +%s%3N)" >"$T/clock.new"; mv "$T/clock.new" "$T/clock"
}
move_clock 0

db() { sqlite3 -readonly "file:$D/huying.db?mode=ro" "$1"; }
sum() { hy source list --json | jq "[.items[].$1] | add"; }
looked() { [ "$(wc -l <"$T/ng/access.log")" -ge $((SEEN + 6)) ] && [ "$(db "select count(*) from source where last_ok >= $NOW")" = 6 ]; }
indexed() { [ "$(hy status --json | jq '.last_seq > 0 and .last_seq == .index_seq')" = true ]; }
logged() { tail -n +$((SEEN + 1)) "$T/ng/access.log" | grep -c "^$1"; }
mark() { SEEN=$(wc -l <"$T/ng/access.log"); }

# ---- the first look ----
read -r total1 _ doubles1 < <(make_feeds 1)
start_nginx
setup_office 临江县
mark
for f in a.rss b.rss c.atom d.atom e.json f.json; do
  hyas admin source add --kind feed --name "$f" --interval 1m --reach "127.0.0.1:$NPORT" "http://127.0.0.1:$NPORT/$f" >/dev/null || die "source add"
done
serve
until_ok 60 looked; ok $? "the daemon looks at all six by itself"
is "$(sum new)" "$total1" "every entry of the first look is taken ($doubles1 stood twice in their feed)"
is "$(db 'select count(*) from item')" "$total1" "once"
is "$(db "select count(*) from (select link from item where title like '共享%' group by link having count(distinct source) = 2)")" 10 "a page that two feeds name is known by one link"

# ---- the second: edits, new entries, two feeds unchanged ----
read -r total2 edits2 _ < <(make_feeds 2)
mark; move_clock 180
until_ok 60 looked; ok $? "the second look"
is "$(logged 304) $(logged 200)" "2 4" "the two unchanged feeds answer 304"
is "$(sum new)" "$total2" "new entries are taken, old ones are not"
is "$(sum edit)" "$edits2" "every edit is a revision"
is "$(db 'select count(*) from item where revision = 2')" "$edits2" "in the record, too"

# ---- the outage: six seconds, and the third version appears meanwhile ----
mark
down=$(date +%s%3N)
stop_nginx
move_clock 180
failing() { [ "$(db 'select count(*) from source where failures > 0')" = 6 ]; }
until_ok 30 failing; ok $? "all six fail during the outage"
read -r total3 edits3 _ < <(make_feeds 3)
is "$(db 'select count(*) from item')" $((total2 + edits2)) "a failed look takes and removes nothing"
six_over() { [ $(($(date +%s%3N) - down)) -ge 6000 ]; }
until_ok 30 six_over; ok $? "the outage lasts six seconds"
start_nginx
mark
caught_up() { [ "$(sum new)" = "$total3" ] && [ "$(sum edit)" = $((edits2 + edits3)) ]; }
for _ in 1 2 3 4 5 6 7 8; do move_clock 60; until_ok 5 caught_up && break; done
caught_up; ok $? "the daemon catches up by itself: $total3 items, $edits3 edits more"
is "$(db 'select count(*) from source where failures > 0')" 0 "no source is failing"
is "$(db 'select items from item_tally')" "$total3" "none lost, none twice"
is "$(db 'select count(*) from item')" $((total3 + edits2 + edits3)) "the log holds items and revisions, no more"
is "$(db 'select count(*) from (select id, revision from item group by 1, 2 having count(*) > 1)')" 0 "no revision twice"

# ---- a quiet look ----
mark; move_clock 400
until_ok 60 looked; ok $? "a look at unchanged feeds"
is "$(logged 304) $(logged 200)" "6 0" "is six times 304"
is "$(sum new) $(sum edit)" "$total3 $((edits2 + edits3))" "and takes nothing"

# ---- what is stored is what was served ----
read -r good bad double stray _ < <(python3 "$here/real-texts.py" check "$T/www" "$D/huying.db")
is "$good $bad $double $stray" "$total3 0 0 0" "every text stands in the record but for masks, whatever its feed and charset"

# ---- and is found ----
until_ok 60 indexed; ok $? "the index has caught up with the record"
python3 "$here/real-texts.py" terms "$T/www" "$D/huying.db" 300 >"$T/terms"
is "$(wc -l <"$T/terms")" 300 "300 strings are drawn"
read -r asked wrong inexact hits < <(python3 "$here/real-texts.py" ask "$PORT" "$T/clerk.token" <"$T/terms")
is "$asked $wrong $inexact" "300 0 0" "every one is found, exactly as often as counted ($hits hits)"
same=0
while IFS=$'\t' read -r term count; do
  [ "$(hy search "\"$term\"" --json --limit 1 </dev/null | jq .total)" = "$count" ] && same=$((same + 1))
done < <(head -20 "$T/terms")
is "$same" 20 "the command line says the same"
is "$(hy search '"更正二"' --json --limit 1 | jq .total)" "$(db "select count(*) from item i where not exists (select 1 from item_latest h where h.id = i.id and h.latest <> i.seq) and text like '%更正二%'")" "an edit is found in its last form"
is "$(hy search '"两处同载之文"' --json --limit 1 | jq .total)" 20 "what two feeds carry is found in both"
stop_serve; is $? 0 "serve stops cleanly"

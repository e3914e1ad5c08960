#!/usr/bin/env bash
# The web from outside: every route for every kind of person as the table says (T-AUTHZ-1), sessions, CSRF, headers, framing
# (T-HTTP-1), problem+json, pages that hold still, metrics, and live change.
source "$(dirname "$0")/lib.sh"
need jq curl python3 openssl
setup_office 临江县
# one person for each duty alone, and one with all; those of setup_office are not used
mv "$T/admin.token" "$T/first.token"
first() { "$HUYING" --dir "$D" --as admin --token-file "$T/first.token" "$@"; }
for d in viewer handler clerk editor approver supervisor admin; do
  first user add --login "only-$d" --name "$d" --duties "$d" $([ $d = handler ] && echo --unit 水务局) --json | jq -r .token >"$T/$d.token" || die "user $d"
done
first user add --login boss --name boss --duties viewer,handler,clerk,editor,approver,supervisor,admin --json >/dev/null || die boss
KEY=$(first user link boss --json | jq -r '.key')
serve

ask() { # WHAT [ARGUMENTS]: the lines of api.py become tests
  local verdict name detail lines=0
  while IFS=$'\t' read -r verdict name detail; do
    lines=$((lines + 1))
    [ "$verdict" = ok ]; ok $? "$name"
    [ "$verdict" = ok ] || echo "# $detail"
  done < <(python3 "$here/api.py" "$1" "$top" "$PORT" "$T" "${@:2}" || printf 'bad\tapi.py %s ends badly\t\n' "$1")
  [ $lines -gt 0 ] || ok 1 "api.py $1 says nothing"
}
ask matrix
ask web "$KEY"
if command -v promtool >/dev/null; then promtool check metrics <"$T/metrics" >"$T/promtool" 2>&1; ok $? "promtool agrees ($(head -1 "$T/promtool"))"; fi
ask smuggle
ask live

# ---- pages that hold still while items arrive ----
FPORT=$(free_port)
mkdir -p "$T/feeds"
feed() { # FILE FROM TO
  { echo '<rss version="2.0"><channel><title>t</title>'
    for ((i = $2; i <= $3; i++)); do echo "<item><guid>g$i</guid><title>第$i条</title><description>分页之文，其一为$i。</description></item>"; done
    echo '</channel></rss>'; } >"$T/feeds/$1"
}
feed p.rss 1 60
(cd "$T/feeds" && exec python3 -m http.server --bind 127.0.0.1 "$FPORT") >/dev/null 2>&1 &
pids+=($!)
until_ok 20 curl -fsS -o /dev/null "http://127.0.0.1:$FPORT/p.rss" || die "feed server"
editor() { "$HUYING" --dir "$D" --as only-editor --token-file "$T/editor.token" "$@"; }
editor rule add --name 分页一 分页 >/dev/null && editor rule add --name 分页二 其一 >/dev/null || die rule
first source add --kind feed --name p --reach "127.0.0.1:$FPORT" "http://127.0.0.1:$FPORT/p.rss" >/dev/null || die source
hy collect run >/dev/null || die collect
found() { [ "$(hy search 分页 --json --limit 1 | jq .total)" = "$1" ]; }
rang() { [ "$(hy alert list --json | jq '.items | length')" -ge 2 ]; }
until_ok 30 found 60; ok $? "60 items are searchable"
until_ok 30 rang; ok $? "two rules rang"
feed q.rss 101 120
ask paging "'$HUYING' --dir '$D' --as admin --token-file '$T/first.token' source add --kind feed --name q --reach 127.0.0.1:$FPORT http://127.0.0.1:$FPORT/q.rss && '$HUYING' --dir '$D' collect run"

stop_serve; is $? 0 "serve stops cleanly"

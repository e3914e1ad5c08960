#!/usr/bin/env bash
# The desk's line to a message centre that others wrote (npm smpp): each message is a case once, a long one whole, and what comes again after
# the desk was killed is known. The real daemon, bound as receiver; a wrong password stops the account and calls a person.
source "$(dirname "$0")/lib.sh"
need node jq curl
vendor=${HY_VENDOR:-$top/build/vendor}/node_modules
[ -d "$vendor/smpp" ] || { [ "${CI:-}" = true ] && die "npm smpp is missing: ./check vendor"; skip_all "npm smpp is missing: ./check vendor"; }
NODE_PATH=$vendor node "$top/tests/peers/smsc.cjs" >"$T/smsc.out" 2>"$T/smsc.err" &
pids+=($!)
until_ok 30 grep -q '^listening ' "$T/smsc.out" || die "the centre: $(tail -3 "$T/smsc.err")"
at=127.0.0.1:$(sed -n 's/^listening //p' "$T/smsc.out")
said() { sed -n '/^{/p' "$T/smsc.out" | jq -c "$1"; }
setup_office 临江县
printf wrong >"$T/wrong.pw"; printf passwd >"$T/right.pw"; printf ninechars >"$T/long.pw"
hyas admin account add --name 短信 --platform smpp --url smpp://smsc.example --login office --secret-file "$T/right.pw" >/dev/null 2>"$T/err"
is $? 2 "plain text over the net is refused"
has "$(cat "$T/err")" "smpps://" "and the cure named"
hyas admin account add --name 短信 --platform smpp --url smpp://smsc.example --reach "$at" --login office --secret-file "$T/long.pw" >/dev/null 2>"$T/err"
is $? 2 "a password that SMPP cannot carry: $(cat "$T/err")"
hyas admin account add --name 短信 --platform smpp --url smpp://smsc.example --reach "$at" --login office --secret-file "$T/wrong.pw" >/dev/null || die "account add"
account() { hyas admin account list --json | jq -r '.items[] | select(.platform == "smpp") | '"$1"; }
serve
stopped() { [ "$(account .state)" = needs-reauth ]; }
until_ok 60 stopped; ok $? "a wrong password stops the account"
is "$(hyas editor alert list --json | jq '[.items[] | select(.kind == "account")] | length')" 1 "and a person is called"
hyas admin account rotate 短信 --secret-file "$T/right.pw" >/dev/null 2>"$T/err" || die "rotate: $(cat "$T/err")"
texts() { for n in $(hyas clerk case list --json | jq '.items[].id'); do hyas clerk case show "$n" --why 核查 --json | jq -r '.text, (.events[].text // empty)'; done; }
came() { [ "$(hyas clerk case list --json | jq '.items | length')" = "$1" ]; }
until_ok 60 came 3; ok $? "three citizens, three cases"
is "$(account .line)" bound "the account says that it is connected"
texts >"$T/texts"
ok "$(grep -qxF '水还能喝吗 💧' "$T/texts"; echo $?)" "UCS-2, a sign beyond its plane"
ok "$(grep -qxF 'price 5€ [a] {b} ~^|\ Ünïcode ÄÖÑÜ' "$T/texts"; echo $?)" "what npm smpp chose for it"
ok "$(grep -qxF "$(printf '三单元停水两天了，%.0s' $(seq 15))" "$T/texts"; echo $?)" "a long one in parts is whole"
all_told() { [ "$(said 'select(.what == "first") | .status' | sort | uniq -c | awk '{print $1, $2}')" = "5 0" ]; }
until_ok 30 all_told; ok $? "each of the five PDUs was taken: $(said 'select(.what)' | tr '\n' ' ')"
kill -9 "$SERVE"; wait "$SERVE" 2>/dev/null; rm -f "$D/run/web.port"
serve
again() { [ -n "$(said 'select(.what == "again")')" ]; }
until_ok 60 again; is "$(said 'select(.what == "again") | .status' | head -1)" 0 "what comes again after a kill is taken"
is "$(texts | grep -cxF '水还能喝吗 💧')" 1 "and changes nothing"
is "$(hyas admin source balance --json | jq -c '.items[] | select(.source == "callback:短信") | [.received, .new, .repeat, .refused]')" "[4,3,1,0]" "the balance sheet: received, new, repeats"
kill "${pids[0]}"
down() { [ "$(account .line)" = down ]; }
until_ok 60 down; ok $? "a centre that is gone: $(account .token)"
stop_serve; ok $? "serve ends well"

#!/usr/bin/env bash
# SMPP: our session against a message centre of npm smpp, whatever alphabet; and Debian's kannel, a gateway that others run, against the
# practice message centre: so what that plays is true. Debian has no smppbox, kannel's own server side; what kannel-extras has, drive_smpp, is no
# message centre but a rig for bearerbox: it takes one connection, wants to be a smsbox of that bearerbox too and ends without it, reads our
# bind_transceiver to its last field (so it said) and never answers it ("Unhandled SMPP PDU"). Our session cannot be tried on either.
source "$(dirname "$0")/../integration/lib.sh"
PATH=$PATH:/usr/sbin
need node curl jq python3
talk=${HUYING%/*}/smpp-talk
[ -x "$talk" ] || die "no $talk: make -C build check TESTS="
vendor=${HY_VENDOR:-$top/build/vendor}/node_modules
[ -d "$vendor/smpp" ] || { [ "${CI:-}" = true ] && die "npm smpp is missing: ./check vendor"; skip_all "npm smpp is missing: ./check vendor"; }

# ---- ours, to npm smpp ----
NODE_PATH=$vendor node "$(dirname "$0")/smsc.cjs" >"$T/smsc.out" 2>"$T/smsc.err" &
pids+=($!)
until_ok 30 grep -q '^listening ' "$T/smsc.out" || die "the centre: $(tail -3 "$T/smsc.err")"
at=127.0.0.1:$(sed -n 's/^listening //p' "$T/smsc.out")
timeout 60 "$talk" "$at" office wrong 0 0 </dev/null >"$T/out" 2>&1
is $? 1 "a wrong password: the session rests: $(head -1 "$T/out" | cut -c1-120)"
long=$(printf '停水通知第%02d条，' $(seq 1 20))
latin=$(printf 'notice %03d; ' $(seq 1 30))
cat >"$T/texts" <<TEXTS
13800000001	停水通知：今晚十点 💧
13800000002	water off at 10 pm: 5€ [a] {b} ~^|\\ ÄÖÑÜ
13800000003	$long
13800000004	$latin
TEXTS
n_long=$(((${#long} + 66) / 67)) n_latin=$(((${#latin} + 152) / 153))
timeout 120 "$talk" "$at" office passwd $((2 + n_long + n_latin)) 5 <"$T/texts" >"$T/out" 2>"$T/err"
is $? 0 "four texts, their receipts and five deliveries: $(cat "$T/err")"
got() { sed -n '/^{/p' "$T/smsc.out" | jq -r --arg to "$1" 'select(.to == $to) | '"$2"; }
is "$(got 13800000001 .text)" "停水通知：今晚十点 💧" "UCS-2, a sign beyond its plane"
is "$(got 13800000001 .coding)" 8 "and says so"
is "$(got 13800000002 .text)" 'water off at 10 pm: 5€ [a] {b} ~^|\ ÄÖÑÜ' "the default alphabet with its second table"
is "$(got 13800000003 .text)" "$long" "a long text in Chinese, $n_long parts"
is "$(got 13800000003 .parts)" "$n_long" "as many as counted"
is "$(got 13800000004 .text)" "$latin" "a long text in Latin, $n_latin parts"
is "$(grep -c ^sent "$T/out")" $((2 + n_long + n_latin)) "an id for each part"
is "$(grep -c "^receipt.*	2$" "$T/out")" $((2 + n_long + n_latin)) "a receipt for each: delivered"
is "$(grep ^message "$T/out" | grep 13800000009 | cut -f4)" "水还能喝吗 💧" "a citizen's message in UCS-2"
is "$(grep ^message "$T/out" | grep 13800000008 | cut -f4)" 'price 5€ [a] {b} ~^|\ Ünïcode ÄÖÑÜ' "one in what npm smpp chose for it"
is "$(grep ^message "$T/out" | grep 13800000007 | sort -t/ -k1 | cut -f4 | tr -d '\n')" "$(printf '三单元停水两天了，%.0s' $(seq 15))" "a long one in parts"

# ---- kannel, to the practice message centre ----
command -v bearerbox >/dev/null && command -v smsbox >/dev/null || { [ "${CI:-}" = true ] && die "kannel is missing: scripts/install-packages peers"; echo "# kannel is missing: scripts/install-packages peers"; exit 0; }
start_practice
admin=$(free_port) box=$(free_port) send=$(free_port) back=$(free_port)
cat >"$T/kannel.conf" <<CONF
group = core
admin-port = $admin
admin-password = pw
smsbox-port = $box
smsbox-interface = 127.0.0.1
admin-interface = 127.0.0.1
log-file = "$T/bearerbox.log"
log-level = 0
dlr-storage = internal
store-type = file
store-location = "$T/kannel.store"

group = smsc
smsc = smpp
smsc-id = practice
host = ${PRACTICE_SMPP%:*}
port = ${PRACTICE_SMPP#*:}
transceiver-mode = true
smsc-username = practice
smsc-password = practice
system-type = ""
msg-id-type = 0x01
reconnect-delay = 1

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = $send
sendsms-interface = 127.0.0.1
log-file = "$T/smsbox.log"
log-level = 0
global-sender = 10690000
mo-recode = true

group = sendsms-user
username = office
password = pw
max-messages = 10
concatenation = true

group = sms-service
keyword = default
catch-all = true
max-messages = 0
get-url = "http://127.0.0.1:$back/mo?from=%p&text=%a&coding=%c&charset=%C"
CONF
python3 - "$back" "$T/back" <<'PY' &
import http.server, sys, urllib.parse
out = open(sys.argv[2], "a", buffering=1)
class H(http.server.BaseHTTPRequestHandler):
    def log_message(self, *a): pass
    def do_GET(self):
        u = urllib.parse.urlsplit(self.path)
        out.write(u.path[1:] + "\t" + "\t".join(v[0] for v in urllib.parse.parse_qs(u.query, keep_blank_values=True).values()) + "\n")
        self.send_response(200); self.send_header("Content-Length", "0"); self.end_headers()
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), H).serve_forever()
PY
pids+=($!)
bearerbox -v 4 "$T/kannel.conf" >"$T/bearerbox.out" 2>&1 &
pids+=($!)
status() { curl -fsS "http://127.0.0.1:$admin/status.txt?password=pw"; }
online() { status | grep -q 'SMPP.*(online'; }
until_ok 30 online; ok $? "kannel binds to the practice centre: $(status 2>/dev/null | grep -a SMPP | head -1 | tr -s ' ')"
smsbox -v 4 "$T/kannel.conf" >"$T/smsbox.out" 2>&1 &
pids+=($!)
until_ok 30 eval 'status | grep -q "smsbox"' || die "smsbox: $(tail -3 "$T/smsbox.out")"
sms() { curl -fsSG "http://127.0.0.1:$send/cgi-bin/sendsms" --data-urlencode username=office --data-urlencode password=pw --data-urlencode "to=$1" --data-urlencode "text=$2" \
  --data-urlencode coding="$3" --data-urlencode charset=UTF-8 --data-urlencode dlr-mask=31 --data-urlencode "dlr-url=http://127.0.0.1:$back/dlr?to=%p&kind=%d"; }
until_ok 30 eval 'sms 13800000000 probe 0 >/dev/null'
has "$(sms 13800000001 '停水通知：今晚十点' 2)" Accepted "kannel takes a text in Chinese"
has "$(sms 13800000002 'water off at 10 pm [a] 5€' 0)" Accepted "and one in Latin"
has "$(sms 13800000003 "$long" 2)" Accepted "and a long one"
there() { practice_state sms '[.notes[] | select(.by_api) | .text] | join("\n")'; }
until_ok 30 eval 'there | grep -qF "water off at 10 pm [a] 5€"'; ok $? "the practice centre has the one in Latin as it was written"
there | grep -qxF '停水通知：今晚十点'; ok $? "and the one in Chinese"
is "$(practice_state sms '[.notes[] | select(.by_api and .to == "13800000003") | .text] | join("")' | tr -d '\n')" "$long" "the long one, part after part"
until_ok 30 eval '[ "$(grep -c "^dlr.1380000000[123].1$" "$T/back")" -ge 3 ]'; ok $? "kannel matches the receipts with what it sent: $(grep -c ^dlr "$T/back") told"
curl -fsS -o /dev/null -H 'X-Practice: 1' --data-urlencode platform=sms --data-urlencode kind=message --data-urlencode name=13800000009 --data-urlencode text='水还能喝吗' "http://$PRACTICE/practice/say"
until_ok 30 eval 'grep -q "^mo.*13800000009" "$T/back"'; ok $? "a citizen's message comes through: $(grep ^mo "$T/back")"
has "$(grep ^mo "$T/back")" 水还能喝吗 "as it was written"

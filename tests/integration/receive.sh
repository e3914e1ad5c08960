#!/usr/bin/env bash
# Callbacks under load: lost, doubled, shuffled, and the daemon killed -9 meanwhile. HUYING_RECEIVE="N KILLS RATE" for other sizes.
source "$(dirname "$0")/lib.sh"
need python3 jq curl
setup_office 临江县
port=$(free_port)
read -r n kills rate <<<"${HUYING_RECEIVE:-3000 3 1000}"
cat >>"$D/huying.conf" <<CONF
receive { listen = "127.0.0.1:$port"
  sweep = "24h" }
CONF
hook=whsec_$(head -c 32 /dev/urandom | base64)
wechat=wx-token-$(head -c 12 /dev/urandom | base64 | tr '+/' 'ab')
list_port=$(free_port)
hyas admin account add --name hook --platform webhook --url "http://127.0.0.1:$list_port/events" --reach "127.0.0.1:$list_port" >/dev/null || die "account hook"
hyas admin account add --name wechat --platform wechat >/dev/null || die "account wechat"
printf '%s\n' "$hook" >"$T/hook.secret"
printf '%s\n' "$wechat" >"$T/wechat.secret"
hook_path=$(hyas admin account callback hook --secret-file "$T/hook.secret" --json | jq -r .url)
wechat_path=$(hyas admin account callback wechat --secret-file - --json <"$T/wechat.secret" | jq -r .url)
has "$hook_path" /callback/ "an account tells where it is to be written to"
hyas admin account callback hook --secret "$hook" >"$T/out" 2>&1
is $? 2 "a secret on the command line is refused"
jq -n --arg h "http://127.0.0.1:$port$hook_path" --arg hs "$hook" --arg w "http://127.0.0.1:$port$wechat_path" --arg ws "$wechat" --argjson lp "$list_port" \
  '{hook:{url:$h,secret:$hs,list_port:$lp},wechat:{url:$w,secret:$ws}}' >"$T/keys.json"
python3 "$here/receive.py" "$HUYING" "$D" "$T" "$n" "$kills" "$rate" >"$T/receive.tap" 2>&1
code=$?
while read -r line; do
  case $line in
  "ok - "*) ok 0 "${line#ok - }" ;;
  "not ok - "*) ok 1 "${line#not ok - }" ;;
  *) echo "# ${line#\# }" ;;
  esac
done <"$T/receive.tap"
is "$code" 0 "the whole run"

# The door's own manners, without a body being read: framing that two could read in two ways, and methods.
rm -f "$D/run/web.port" "$D/run/receive.port"
serve
until_ok 30 test -s "$D/run/receive.port"
ask() { # the first line of the answer to these bytes
  local line=
  exec 9<>"/dev/tcp/127.0.0.1/$port" && printf '%b' "$1" >&9 && IFS= read -r -t 20 line <&9
  exec 9>&-
  echo "$line"
}
has "$(ask 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n')" " 400 " "two framings: refused"
has "$(ask 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n')" " 400 " "two lengths: refused"
has "$(ask 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 999999\r\n\r\n')" " 413 " "a body too long: refused before it is sent"
has "$(ask 'DELETE / HTTP/1.1\r\nHost: a\r\n\r\n')" " 405 " "another method: refused"
is "$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$port/")" 404 "nothing at the root"
is "$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$port${hook_path%?????}00000" -d '{}')" 404 "nothing at a path of another secret"
is "$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$port$hook_path" -d '{}')" 403 "not signed: refused"
has "$(ask "POST $hook_path HTTP/1.1\r\nHost: a\r\nContent-Length: 999999\r\n\r\n")" " 413 " "more than is read: refused"
large() { hyas admin source balance --day today --json | jq -e '[.items[].reasons[] | select(.why == "large") | .count] == [1]' >/dev/null; }
until_ok 30 large
ok $? "and counted"
stop_serve

#!/usr/bin/env bash
# A citizen sends a picture on WeChat: it is pushed by its id alone, fetched while the platform keeps it, also when the daemon is
# killed while it fetches, and kept sealed; who handles the case sees and saves it.
source "$(dirname "$0")/lib.sh"
need jq curl
setup_office 临江县
start_practice
port=$(free_port)
cat >>"$D/huying.conf" <<CONF
receive { listen = "127.0.0.1:$port"
  public_url = "http://127.0.0.1:$port" }
CONF
enc() { printf '%s' "$1" | jq -sRr @uri; }
printf '\x89PNG\r\n\x1a\npractice' >"$T/picture"
printf 'practice-wechat-secret\n' >"$T/wechat.secret"
printf 'practicetoken\n' >"$T/wechat.token"
hyas admin account add --name 微信 --platform wechat --login wx0123456789abcdef --url http://wx.example --reach "$PRACTICE" --secret-file "$T/wechat.secret" >/dev/null || die wechat
wechat=$(hyas admin account callback 微信 --secret-file "$T/wechat.token" --json | jq -r .url)
serve
until_ok 30 test -s "$D/run/receive.port"
practice "hook?platform=wechat&url=$(enc "$wechat")" >/dev/null

cases() { hyas clerk case list --json | jq ".items | length"; }
more_cases() { [ "$(cases)" -gt "$1" ]; }
say() {
  local before
  before=$(cases)
  practice "say?platform=wechat&kind=message&type=image&name=$(enc "$1")&text=x" >/dev/null
  until_ok 30 more_cases "$before" || die "no case came of it: $(tail -3 "$T/serve.log")"
  number=$(hyas clerk case list --json | jq -r '.items | max_by(.id) | .number')
}
medium() { hyas clerk case show "$number" --json | jq -r ".media[0].$1"; }
state_is() { [ "$(medium state)" = "$1" ]; }

# ---- it comes ----
say 街坊甲
until_ok 30 state_is collected; ok $? "the picture is collected"
is "$(medium type) $(medium bytes)" "image/png $(stat -c %s "$T/picture")" "with kind and size"
id=$(medium id)
hyas clerk case show "$number" >"$T/show"
has "$(cat "$T/show")" "$id.png" "case show lists it"
hyas clerk case media "$number" "$id" -o "$T/got" >/dev/null; is $? 0 "it is saved"
cmp -s "$T/picture" "$T/got"; ok $? "to the byte"
hyas clerk case media "$number" "$id" >"$T/got2"; cmp -s "$T/picture" "$T/got2"; ok $? "or goes into a pipe"
hyas clerk case media "$number" 99 -o "$T/none" >/dev/null 2>&1; is $?/$(test -e "$T/none"; echo $?) 3/1 "one that is not there"
is "$(grep -c -a "practice-media" "$D/huying.db" "$D/huying.db-wal" | grep -vc ':0$')" 0 "the platform's name of it is not on the disk"
is "$(LC_ALL=C grep -c -a -P 'PNG\r\n\x1a' "$D/huying.db" "$D/huying.db-wal" | grep -vc ':0$')" 0 "nor a byte of it in clear"

# ---- killed while it is fetched ----
practice 'fault?platform=wechat&kind=hang&secs=60&on=reads&op=media/get' >/dev/null
say 街坊乙
state_is expected; ok $? "it is on its way"
kill -9 "$SERVE"; wait "$SERVE" 2>/dev/null
rm -f "$D/run/web.port"
practice 'fault?platform=wechat&kind=none' >/dev/null
serve
until_ok 30 state_is collected; ok $? "killed meanwhile: it is fetched anew"
is "$(hyas clerk case show "$number" --json | jq '.media | length')" 1 "and kept once"

# ---- the page ----
U=http://127.0.0.1:$PORT
page() { curl -sS -b "$T/jar" -c "$T/jar" "$@"; }
csrf() { grep -o 'name="csrf" value="[^"]*"' "$1" | head -n 1 | cut -d'"' -f4; }
key=$(hyas admin user link clerk --json | jq -r .key)
page -o "$T/hello" "$U/hello?k=$key"
page -o /dev/null -H "Origin: $U" --data-urlencode "k=$key" --data-urlencode "csrf=$(csrf "$T/hello")" "$U/hello"
case=$(hyas clerk case show "$number" --json | jq -r .id)
id=$(medium id)
page -o "$T/page" "$U/cases/$case?lang=zh"
has "$(cat "$T/page")" "/cases/$case/media/$id" "the page leads to it"
page -D "$T/head" -o "$T/got3" "$U/cases/$case/media/$id"; cmp -s "$T/picture" "$T/got3"; ok $? "and the browser saves the same bytes"
has "$(cat "$T/head")" "sandbox" "and runs nothing of it"
is "$(curl -sS -o /dev/null -w '%{http_code}' "$U/cases/$case/media/$id")" 303 "nobody else does"

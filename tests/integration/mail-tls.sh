#!/usr/bin/env bash
# A mailbox behind TLS, from the start and by STARTTLS, with a certificate of the office's own authority: it is read once net.ca_file names
# that authority, and not before; a wrong name, an expired and a self-signed certificate are refused, each with its reason.
source "$(dirname "$0")/lib.sh"
need python3 jq openssl
setup_office 临江县
make_certificates
mkfifo "$T/ask"
python3 "$here/mail-tls.py" imaps "$T/good.pem" imap "$T/good.pem" imaps "$T/expired.pem" imaps "$T/another.pem" imaps "$T/own.pem" imap "$T/own.pem" \
  <"$T/ask" >"$T/ports" 2>"$T/mail.log" &
pids+=($!)
exec 9>"$T/ask"
ports() { [ "$(wc -l <"$T/ports")" -ge 6 ]; }
until_ok 30 ports || die "the mailboxes did not start: $(tail -3 "$T/mail.log")"
printf 'secret-of-the-test\n' >"$T/pw"
n=0
for name in tls starttls expired another own starttls-own; do
  n=$((n + 1))
  url=imaps://mail.example
  [ "${name#starttls}" = "$name" ] || url=imap://mail.example
  peer=127.0.0.1:$(sed -n "${n}p" "$T/ports")
  hyas admin account add --name "box-$name" --platform mail --url $url --login desk --reach "$peer" --secret-file "$T/pw" >/dev/null 2>"$T/err" || die "account: $(cat "$T/err")"
  hyas admin source add --kind mail --name "$name" --account "box-$name" --reach "$peer" $url >/dev/null || die "source"
done
look() { hyas admin collect run >"$T/look" 2>&1; }
said() { hyas admin source list --json | jq -r --arg n "$1" '.items[] | select(.name == $n) | .last_error // ""'; }
cases() { hy status --json | jq .counts.cases_open; }
look
is "$(cases)" 0 "the office's own authority is unknown: nothing is read"
has "$(said tls)" "not trusted" "and it says so"
has "$(said tls)" "net.ca_file" "and where to name it"
printf 'net {\n  ca_file = "ca.pem"\n}\n' >>"$D/huying.conf"
hyas admin collect run >"$T/look" 2>&1; is $? 3 "a file that is not there is no silence"
has "$(cat "$T/look")" "ca_file" "it is named"
printf 'nothing\n' >"$D/ca.pem"; look; has "$(cat "$T/look")" "no certificate" "nor is one without a certificate"
cp "$T/ca.pem" "$D/ca.pem"
look
is "$(cases)" 2 "with it two letters are cases: TLS from the start, and STARTTLS"
has "$(said expired)" "expired" "an expired certificate is refused"
has "$(said another)" "no alternative certificate subject name matches" "and that of another name"
[[ $(said expired)$(said another) != *ca_file* ]]; ok $? "whom no further authority would help"
has "$(said own)" "self-signed" "and a self-signed one"
has "$(said starttls-own)" "self-signed" "by STARTTLS, too: there is no way back to plain"
echo >&9
until_ok 10 grep -q plain "$T/ports"
is "$(tail -1 "$T/ports")" "plain 0" "no password was sent in clear"

#!/usr/bin/env bash
# IMAP against Debian's dovecot: what people write arrives once, as cases, in the charsets that mail has; nothing is marked; what was taken
# in is removed only where that was asked for; a password that no longer holds calls a person. All of it by STARTTLS, with a certificate of
# the office's own authority, and one mailbox by TLS from the start.
source "$(dirname "$0")/../integration/lib.sh"
PATH=$PATH:/usr/sbin
need dovecot curl jq python3
setup_office 临江县
make_certificates
port=$(free_port) tls_port=$(free_port)
mkdir -p "$T/dv/"{run,state,mail,home}
me=$(id -un) group=$(id -gn) login=$(id -un) reader=$(id -un)
if [ "$(id -u)" = 0 ]; then # dovecot lets root neither log in nor read mail
  me=dovecot group=dovecot login=dovenull reader=nobody
  chmod 711 "$T" "$T/dv"
  chown -R nobody "$T/dv/mail" "$T/dv/home"
fi
cat >"$T/dv/dovecot.conf" <<CONF
base_dir = $T/dv/run
state_dir = $T/dv/state
log_path = $T/dv/log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <$T/good.crt
ssl_key = <$T/good.key
disable_plaintext_auth = no
default_internal_user = $me
default_internal_group = $group
default_login_user = $login
first_valid_uid = 0
first_valid_gid = 0
mail_location = maildir:$T/dv/mail/%u
service imap-login {
  chroot =
  inet_listener imap {
    port = $port
  }
  inet_listener imaps {
    port = $tls_port
    ssl = yes
  }
}
service anvil {
  chroot =
}
passdb {
  driver = static
  args = password=secret-of-the-test
}
userdb {
  driver = static
  args = uid=$(id -u $reader) gid=$(id -g $reader) home=$T/dv/home
}
CONF
dovecot -F -c "$T/dv/dovecot.conf" >"$T/dv/out" 2>&1 &
pids+=($!)
imap() { local box=$1; shift; curl -sS "imap://127.0.0.1:$port/$box" -u desk:secret-of-the-test "$@"; }
until_ok 30 imap "" || die "dovecot: $(tail -3 "$T/dv/log" "$T/dv/out" 2>/dev/null)"

# letter N SUBJECT-BYTES-IN CHARSET ENCODING: what a mail program of that charset sends
letter() {
  python3 - "$@" <<'PY'
import email.charset, email.header, email.message, email.mime.multipart, email.mime.text, email.utils, sys
n, charset, how, subject, text = sys.argv[1:6]
codec = {"gb2312": "gb18030", "gbk": "gb18030"}.get(charset, charset)
def part(kind, words):
    m = email.message.Message()
    body = words.encode(codec)
    m["Content-Type"] = f'text/{kind}; charset="{charset}"'
    if how == "base64":
        import base64
        m["Content-Transfer-Encoding"] = "base64"
        m.set_payload(base64.encodebytes(body).decode())
    else:
        import quopri
        m["Content-Transfer-Encoding"] = "quoted-printable"
        m.set_payload(quopri.encodestring(body).decode())
    return m
if how == "alternative":
    m = email.mime.multipart.MIMEMultipart("alternative")
    m.attach(part("plain", text)); m.attach(part("html", f"<p>{text}</p><script>x</script>"))
else:
    m = part("plain", text)
import base64
m["Subject"] = f"=?{charset}?B?{base64.b64encode(subject.encode(codec)).decode()}?="
m["From"] = f"=?utf-8?B?{base64.b64encode('街坊甲'.encode()).decode()}?= <writer{n}@mail.example>"
m["To"] = "desk@linjiang.example"
m["Date"] = email.utils.formatdate()
m["Message-ID"] = f"<{n}.test@mail.example>"
if len(sys.argv) > 6:
    m["Auto-Submitted"] = sys.argv[6]
sys.stdout.write(m.as_string().replace("\n", "\r\n"))
PY
}
send() { local box=$1; shift; letter "$@" >"$T/letter" && imap "$box" -T "$T/letter" >/dev/null || die "append to $box"; }
send INBOX 1 gb2312 base64 三单元停水 '三单元停水两天了，何时来水？龘㐀'
send INBOX 2 utf-8 alternative 路灯不亮 '县医院门口路灯不亮 💧'
send INBOX 3 big5 quoted-printable 公車誤點 '三路公車又誤點'
send INBOX 4 utf-8 base64 自动回复 '我在休假' auto-replied
imap INBOX -X 'STORE 1:4 -FLAGS (\Seen)' >/dev/null # curl appends what is read already

printf 'secret-of-the-test\n' >"$T/pw"
hyas admin account add --name 信箱 --platform mail --url imap://mail.example --login desk --reach "127.0.0.1:$port" --secret-file "$T/pw" >/dev/null || die account
hyas admin source add --kind mail --name 信 --account 信箱 --reach "127.0.0.1:$port" imap://mail.example >/dev/null || die source
look() { hyas admin collect run >"$T/look" 2>&1; }
cases() { hy status --json | jq .counts.cases_open; }
look; has "$(cat "$T/look")" "not trusted" "dovecot's certificate is of an unknown authority: nothing is read"
is "$(cases)" 0 "nor sent"
cp "$T/ca.pem" "$D/ca.pem"
printf 'net {\n  ca_file = "ca.pem"\n}\n' >>"$D/huying.conf"
look; is "$?" 0 "a look: $(head -2 "$T/look" | tr '\n' ' ')"
is "$(cases)" 3 "three letters are cases, the automatic one is not"
for n in 1 2 3; do hyas clerk case show $n --why 核查 --json >"$T/case.$n"; done
cat "$T"/case.? >"$T/cases"
for words in '三单元停水两天了，何时来水？龘㐀' '县医院门口路灯不亮 💧' '三路公車又誤點'; do grep -qF "$words" "$T/cases"; ok $? "read as written: $words"; done
grep -q script "$T/cases"; is $? 1 "the plain part is taken, not the HTML"
look; is "$(cases)" 3 "a second look takes nothing twice"
is "$(imap INBOX -X 'SEARCH UNSEEN' | tr -d '\r' | awk '{print NF - 2}')" 4 "nothing is marked as read"
is "$(imap "" -X 'STATUS INBOX (MESSAGES)' | tr -dc 0-9)" 4 "and nothing removed"
for n in $(seq 5 124); do letter "$n" utf-8 base64 "第$n封" "第$n封：停水" >"$T/dv/letter.$n"; done
# all in one connection: 120 APPENDs
args=(); for n in $(seq 5 124); do args+=(-T "$T/dv/letter.$n" "imap://127.0.0.1:$port/INBOX"); done
curl -sS -u desk:secret-of-the-test "${args[@]}" >/dev/null || die "120 letters"
for _ in 1 2 3 4; do look; done
is "$(cases)" 123 "120 more, fifty a look, each once"

hyas admin source balance --json >"$T/sheet"; is $? 0 "the balance sheet of the mailbox balances"
is "$(jq -c '.total | [.received, .new, .repeat, .refused, .reasons]' "$T/sheet")" '[124,123,0,1,[{"why":"automatic","count":1}]]' "with every letter, and the automatic one refused"

grep -q 'imap-login: .*TLS' "$T/dv/log"; ok $? "dovecot itself says that the sessions were TLS"

# ---- a letter that ends the process which reads it, between two others; over TLS from the start ----
imap "" -X 'CREATE hard' >/dev/null
send hard 400 utf-8 base64 前 '前一封'
python3 -c 'import sys; sys.stdout.write("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" + "a:\r\n" * 1000000)' >"$T/letter"
imap hard -T "$T/letter" >/dev/null || die "append to hard"
send hard 401 utf-8 base64 后 '后一封'
hyas admin source add --kind mail --name 难 --account 信箱 --mailbox hard --reach "127.0.0.1:$tls_port" imaps://mail.example >/dev/null || die source
look; is "$(cases)" 125 "the two others are cases"
is "$(hyas admin source balance 难 --json | jq -c '.total | [.received, .new, .refused, .reasons]')" '[3,2,1,[{"why":"unparsed","count":1}]]' "and this one is counted"
look; is "$(cases)" 125 "nothing of it comes again"
is "$(hyas admin account replay 信箱 --json | jq -c '[.read, .left]')" '[0,1]' "it is kept for a later version"

# ---- the mailbox is made anew: other numbers, the same letters ----
imap "" -X 'CREATE again' >/dev/null
send again 200 utf-8 base64 再来 '同一封信'
hyas admin source add --kind mail --name 再 --account 信箱 --mailbox again --reach "127.0.0.1:$port" imap://mail.example >/dev/null || die source
look; is "$(cases)" 126 "another mailbox"
imap "" -X 'DELETE again' >/dev/null; imap "" -X 'CREATE again' >/dev/null
send again 200 utf-8 base64 再来 '同一封信'
look; is "$(cases)" 126 "made anew with another UIDVALIDITY: the same letter is known"
send again 201 utf-8 base64 又来 '另一封信'
look; is "$(cases)" 127 "and a new one is not"

# ---- a mailbox with a Chinese name, emptied as it is read ----
imap "" -X 'CREATE "&f6RPF2dlT+E-"' >/dev/null; is $? 0 "dovecot makes 群众来信"
send '%26f6RPF2dlT%2BE-' 300 utf-8 base64 群众 '群众来信一封'
hyas admin source add --kind mail --name 群众 --account 信箱 --mailbox 群众来信 --remove --reach "127.0.0.1:$port" imap://mail.example >/dev/null || die source
left() { imap "" -X 'STATUS "&f6RPF2dlT+E-" (MESSAGES)' | sed 's/.*(//' | tr -dc 0-9; }
look; is "$(cases)" 128 "it is read"
is "$(left)" 1 "what was taken in stays for one look more"
look; is "$(left)" 0 "and is removed then"
is "$(imap "" -X 'STATUS INBOX (MESSAGES)' | sed 's/.*(//' | tr -dc 0-9)" 124 "elsewhere nothing is"

# ---- the server goes and comes; the password ends ----
printf 'wrong\n' >"$T/wrong"
hyas admin account add --name 旧密码 --platform mail --url imap://mail.example --login desk --reach "127.0.0.1:$port" --secret-file "$T/wrong" >/dev/null || die account
hyas admin source add --kind mail --name 旧 --account 旧密码 --reach "127.0.0.1:$port" imap://mail.example >/dev/null || die source
look
is "$(hyas admin account list --json | jq -r '.items[] | select(.name == "旧密码") | .state')" needs-reauth "a refused password: the account waits for a person"
is "$(hyas admin account list --json | jq -r '.items[] | select(.name == "信箱") | .state')" active "the other one goes on"
grep -raqF -e writer7@mail.example -e secret-of-the-test "$D"; is $? 1 "no address of a writer and no password on the disk"

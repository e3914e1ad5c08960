#!/bin/sh
# An account is ended by whom knows what that ends; what read with it rests and says why; its name is free for another.
. "${top_srcdir:-.}/tests/cli/lib.sh"
echo 1795226400000 >"$tmp/clock" # 2026-11-21
export HUYING_CLOCK="$tmp/clock"
office
printf 'long-enough-secret\n' >"$tmp/secret"
add() { admin account add --name "$1" --platform mastodon --url https://m.example.org --secret-file "$tmp/secret" --json; }
# What somebody types at a terminal: typed TEXT COMMAND...
typed() {
	line=$1
	shift
	LINE=$line python3 -c 'import os, pty, sys
def read(fd):
    data = os.read(fd, 1024)
    if b"Type" in data: os.write(fd, os.environ["LINE"].encode() + b"\n")
    return data
sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:], read)))' "$huying" "$@" --as admin --token-file "$tmp/admin" >"$tmp/out" 2>"$tmp/err"
	rc=$?
}
state_of() { admin account list --json; python3 -c 'import json, sys
print(" ".join(a["state"] for a in json.load(open(sys.argv[1]))["items"] if a["name"] == sys.argv[2]))' "$tmp/out" "$1"; }

add 象
is $rc 0 "an account"
admin account list --json
is "$(python3 -c 'import json, sys
print([a["token"] for a in json.load(open(sys.argv[1]))["items"] if a["name"] == "象"][0])' "$tmp/out")" "not tried yet" "a secret that nobody has tried says so"
admin source add --kind mastodon --name 象上 --what mentions --account 象 https://m.example.org
is $rc 0 "a source that reads with it"
admin source add --kind feed --name 县网 https://www.example.org/feed
admin account revoke 象
is $rc 2 "where nobody can be asked, revoke demands --yes"
one_line "revoke without --yes"
says "cannot be undone: say --yes" "and says so"
is "$(state_of 象)" active "nothing was done"
typed 别的 account revoke 象
is $rc 4 "at a terminal another name ends nothing"
says "the token lives on at the platform: first huying account rotate 象" "said before: what it will not end"
is "$(state_of 象)" active "nothing was done"
typed 象 account revoke 象
is $rc 0 "at a terminal its name is typed"
says "paused, as it read with this account: source 象上" "the sources that it stops are named"
is "$(state_of "象 (ended 2026-11-21)")" revoked "it is called by its end from now on"
admin source list
says "象上  *mastodon  paused .*its account 象 was ended" "source list says why its source rests"
says "县网  *feed  *active" "the others go on"
admin source resume 象上
is $rc 4 "it is not resumed without an account"
one_line "a source without an account"
add 象
is $rc 0 "another account takes the name"
admin source resume 象上 --json
is "$(get state)" active "and the source goes on with it"
admin account revoke 象 --yes --json
is $rc 0 "--yes needs no terminal"
is "$(get sources)" '["象上"]' "the answer for machines names the sources, too"
is "$(get state)" revoked "and the state"
add 象
is $rc 0 "and another, the same day"
admin account unfreeze "象 (ended 2026-11-21)"
is $rc 4 "what was ended does not come back"
admin account add --name 工单 --platform webhook
printf 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n' >"$tmp/hook"
admin account callback 工单 --secret-file "$tmp/hook"
is $rc 0 "account callback where receive.listen is empty"
says "nothing listens there yet" "says that nothing listens"
finish

#!/bin/sh
# No record, a folder that cannot be written, a full disk, a newer record, setup twice: one clear line and the right code each.
. "${top_srcdir:-.}/tests/cli/lib.sh"

# ---- no record ----
export HUYING_DIR="$tmp/none"
for command in status doctor "search 水" "source list" "case list" "alert list" "post list" "collect run" "index stats" \
	"audit verify" "backup create $tmp/b" "serve" "item show 1" "case why-due 1" "report sla --month 2026-11"; do
	# shellcheck disable=SC2086
	code 3 "no record: $command" $command
	one_line "no record: $command"
	says "huying setup" "no record: $command names the cure"
done
[ ! -e "$tmp/none" ]
ok $? "and nothing was made"

# ---- setup ----
code 2 "setup without a name" setup
says -- "--office" "setup without a name says what is missing"
code 2 "setup in an unknown language" setup --office 甲 --language fr
office
[ "$(stat -c %a "$HUYING_DIR/keys/master.key")" = 600 ] && [ "$(stat -c %a "$HUYING_DIR/huying.db")" = 600 ] &&
	[ "$(stat -c %a "$HUYING_DIR/huying.conf")" = 600 ] && [ "$(stat -c %a "$tmp/admin")" = 600 ]
ok $? "what setup wrote is for its owner alone"
is "$(stat -c %s "$HUYING_DIR/keys/master.key")" 32 "the master key has 32 bytes"
grep -q -e '-.*-.*-' "$tmp/phrase"
ok $? "the recovery phrase is shown"
sum=$(sha256sum "$HUYING_DIR/huying.db" "$HUYING_DIR/keys/master.key" "$HUYING_DIR/huying.conf")
code 8 "setup twice" setup --office 乙县
one_line "setup twice"
is "$(sha256sum "$HUYING_DIR/huying.db" "$HUYING_DIR/keys/master.key" "$HUYING_DIR/huying.conf")" "$sum" "setup twice changes nothing"
code 0 "status of a new office" status
says "临江县" "it bears its name"
code 0 "doctor of a new office" doctor
code 0 "--dir stands for the folder" status --dir "$tmp/office"
HUYING_DIR=$tmp/none
code 0 "--dir wins over HUYING_DIR" status --dir "$tmp/office"
code 0 "--dir may stand before the command" --dir "$tmp/office" status
export HUYING_DIR="$tmp/office"

# ---- audit ----
code 0 "audit verify" audit verify --json
is "$(get whole)" true "the chain of a new office is whole"
if command -v sqlite3 >/dev/null; then
	person lin 林 viewer
	cp -r "$tmp/office" "$tmp/bad"
	sqlite3 "$tmp/bad/huying.db" "DROP TRIGGER audit_no_update; UPDATE audit SET action = 'user.lock' WHERE id = 2" || ok 1 "the audit row is changed"
	run audit verify --json --dir "$tmp/bad"
	[ "$(get whole)" = false ] || [ $rc -ne 0 ]
	ok $? "a changed row of the audit is found"

	# ---- a newer record ----
	cp -r "$tmp/office" "$tmp/newer"
	sqlite3 "$tmp/newer/huying.db" 'PRAGMA user_version=999' >/dev/null
	before=$(sha256sum "$tmp/newer/huying.db")
	for command in status serve "case list" "source list" "user list"; do
		# shellcheck disable=SC2086
		run $command --dir "$tmp/newer"
		[ $rc -ne 0 ] && [ $rc -lt 100 ]
		ok $? "a newer record is refused: $command"
		one_line "a newer record: $command"
		says 999 "a newer record: $command names the version"
	done
	is "$(sha256sum "$tmp/newer/huying.db")" "$before" "a newer record is left as it was"
else
	skip "sqlite3 is not installed" "a changed row of the audit is found"
fi

# ---- a damaged record ----
cp -r "$tmp/office" "$tmp/damaged"
printf 'this is no database, and was none' >"$tmp/damaged/huying.db"
run status --dir "$tmp/damaged"
[ $rc -ne 0 ] && [ $rc -lt 100 ]
ok $? "a damaged record is refused"
one_line "a damaged record"

# ---- a full disk: no file may grow ----
cp -r "$tmp/office" "$tmp/full"
# The answer goes to small files of its own: they stay under the limit.
(ulimit -f 8; trap '' XFSZ; exec "$huying" user add --login a --name 甲 --duties viewer --as admin --token-file "$tmp/admin" \
	--dir "$tmp/full") >"$tmp/out" 2>"$tmp/err" </dev/null
rc=$?
is $rc 75 "a full disk: exit 75"
one_line "a full disk"
run user list --as admin --token-file "$tmp/admin" --dir "$tmp/full" --json
[ $rc -eq 0 ] && ! grep -q 甲 "$tmp/out"
ok $? "a full disk: the person was not half added, and the record is sound"
run audit verify --json --dir "$tmp/full"
is "$(get whole)" true "a full disk: the chain is whole"
(ulimit -f 8; trap '' XFSZ; exec "$huying" setup --office 甲 --dir "$tmp/fullnew") >"$tmp/out" 2>"$tmp/err" </dev/null
rc=$?
is $rc 75 "setup on a full disk: exit 75"
one_line "setup on a full disk"

# ---- standard output cannot be written ----
if [ -c /dev/full ]; then
	"$huying" help >/dev/full 2>"$tmp/err"
	rc=$?
	: >"$tmp/out"
	is $rc 75 "the answer cannot be written: exit 75"
	one_line "the answer cannot be written"
fi

# ---- a folder that cannot be written ----
cp -r "$tmp/office" "$tmp/ro"
mkdir "$tmp/parent"
if [ "$(id -u)" -eq 0 ]; then
	if ! command -v setpriv >/dev/null; then
		skip "setpriv is not installed" "a folder that cannot be written"
		finish
	fi
	chmod 755 "$tmp" "$tmp/parent"
	chown -R 65534:65534 "$tmp/ro" "$tmp/admin"
	low="setpriv --reuid=65534 --regid=65534 --clear-groups"
	cp "$huying" "$tmp/program" && chmod 755 "$tmp/program"
else
	low=
	cp "$huying" "$tmp/program"
fi
chmod 400 "$tmp/ro/huying.db" "$tmp/ro/huying.conf"
chmod 500 "$tmp/ro" "$tmp/ro/run" "$tmp/ro/media" "$tmp/ro/site" "$tmp/parent"
low_run() {
	# shellcheck disable=SC2086
	env HOME=/nonexistent $low "$tmp/program" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	rc=$?
}
low_run user add --login a --name 甲 --duties viewer --as admin --token-file "$tmp/admin" --dir "$tmp/ro"
is $rc 75 "writing into a folder that cannot be written: exit 75"
one_line "writing into a folder that cannot be written"
low_run setup --office 甲 --dir "$tmp/parent/office"
[ $rc -ne 0 ] && [ $rc -lt 100 ]
ok $? "setup where nothing may be made fails"
one_line "setup where nothing may be made"
chmod 700 "$tmp/ro" "$tmp/ro/run" "$tmp/ro/media" "$tmp/ro/site" "$tmp/parent"
# ---- a list is as long as was asked for, or says how long it may be ----
person zong 总管甲 clerk,editor,supervisor,admin
while read -r most list; do
	for many in 0 -1 $((most + 1)); do
		# shellcheck disable=SC2086
		as zong $list --limit $many
		[ $rc -eq 2 ] && grep -q "^huying: limit: from 1 to $most, not $many\$" "$tmp/err"
		ok $? "$list --limit $many names the range"
	done
	# shellcheck disable=SC2086
	as zong $list --limit "$most"
	is $rc 0 "$list --limit $most"
done <<'LISTS'
500 alert list
500 claim list
500 case list
500 post list
1000 audit list
1000 rule list
200 rule runs
100 rule test 水
1000 search 水
LISTS
finish

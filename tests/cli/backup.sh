#!/bin/sh
# One file takes the office to another machine; the wrong phrase, a cut file and a folder in use are refused.
. "${top_srcdir:-.}/tests/cli/lib.sh"
office
person jia 甲 clerk,editor
as jia case open 城东自来水发黄 --text 电话里说水黄 --json
number=$(get number)
code 0 "backup create" backup create "$tmp/b"
code 8 "a file that is there is not written over" backup create "$tmp/b"
is "$(stat -c %a "$tmp/b")" 600 "the backup is for its owner alone"
! grep -aq '电话里说水黄\|临江县\|城东' "$tmp/b"
ok $? "nothing of the office can be read in it without the phrase"
code 0 "backup verify" backup verify --phrase-file "$tmp/phrase" "$tmp/b"
[ -s "$tmp/out" ]
ok $? "and says what is in it"
echo aaaa-bbbb-cccc-dddd-eeee-ffff-gggg-hhhh >"$tmp/wrong"
code 7 "the wrong phrase" backup verify --phrase-file "$tmp/wrong" "$tmp/b"
one_line "the wrong phrase"
code 2 "no phrase" backup verify "$tmp/b"
head -c "$(($(stat -c %s "$tmp/b") - 7))" "$tmp/b" >"$tmp/cut"
run backup verify --phrase-file "$tmp/phrase" "$tmp/cut"
[ $rc -ne 0 ] && [ $rc -lt 100 ]
ok $? "a cut backup is refused"
one_line "a cut backup"
head -c 100 "$tmp/b" >"$tmp/cut"
run backup verify --phrase-file "$tmp/phrase" "$tmp/cut"
[ $rc -ne 0 ] && [ $rc -lt 100 ]
ok $? "the head of a backup is refused"
cp "$tmp/b" "$tmp/flip"
size=$(stat -c %s "$tmp/b")
printf '\001' | dd of="$tmp/flip" bs=1 seek=$((size / 2)) conv=notrunc 2>/dev/null
if cmp -s "$tmp/b" "$tmp/flip"; then printf '\002' | dd of="$tmp/flip" bs=1 seek=$((size / 2)) conv=notrunc 2>/dev/null; fi
run backup verify --phrase-file "$tmp/phrase" "$tmp/flip"
[ $rc -ne 0 ] && [ $rc -lt 100 ]
ok $? "a backup with one byte changed is refused"
run backup restore --phrase-file "$tmp/phrase" --dir "$tmp/cutdir" "$tmp/cut"
[ $rc -ne 0 ] && [ ! -e "$tmp/cutdir/huying.db" ]
ok $? "restoring a cut backup leaves no half office"

code 0 "backup restore" backup restore --phrase-file "$tmp/phrase" --dir "$tmp/new" "$tmp/b"
code 0 "the restored office answers" status --dir "$tmp/new" --json
is "$(get office)" 临江县 "it bears its name"
code 0 "its case is there" case show "$number" --as jia --token-file "$tmp/jia" --dir "$tmp/new" --json
is "$(get text)" 电话里说水黄 "with what was sealed in it"
run audit verify --json --dir "$tmp/new"
is "$(get whole)" true "the chain of the audit is whole"
run backup restore --phrase-file "$tmp/phrase" --dir "$tmp/new" "$tmp/b"
[ $rc -ne 0 ]
ok $? "restoring over an office is refused"
one_line "restoring over an office"
# What was about to be sent waits until somebody has looked.
code 9 "doctor of a restored office" doctor --dir "$tmp/new"
says "unfreeze\|frozen" "says that publishing is frozen"
code 7 "doctor --unfreeze by nobody" doctor --unfreeze --dir "$tmp/new"
code 0 "doctor --unfreeze" doctor --unfreeze --dir "$tmp/new" --as admin --token-file "$tmp/admin"
run doctor --dir "$tmp/new"
! grep -q 'frozen' "$tmp/out"
ok $? "and then it is not"
[ -z "$(find "$tmp/new/keys" -name 'voice-*')" ]
ok $? "no voice key travels in a backup"
code 3 "backup verify of no file" backup verify --phrase-file "$tmp/phrase" "$tmp/nosuch"
one_line "backup verify of no file"
finish

#!/bin/sh
# Who may do what on the command line: a person by token, with the duty, and never one's own approval.
. "${top_srcdir:-.}/tests/cli/lib.sh"
office
code 7 "nobody adds a person" user add --login x --name 甲 --duties viewer
one_line "nobody adds a person"
code 7 "--as without a token" user list --as admin
one_line "--as without a token"
echo not-the-token >"$tmp/wrong"
code 7 "--as with a wrong token" user list --as admin --token-file "$tmp/wrong"
code 7 "--as nobody we know" user list --as nobody --token-file "$tmp/admin"
code 2 "a token file that is not there" user list --as admin --token-file "$tmp/nosuch"
person bianji 编辑甲 editor
person qianfa 签发丙 approver
person both 全能丁 editor,approver
person kan 看客戊 viewer
person shouli 受理己 clerk
person chengban 承办庚 handler
code 7 "another's token" user list --as admin --token-file "$tmp/bianji"
"$huying" status --as kan --token-file - <"$tmp/kan" >"$tmp/out" 2>"$tmp/err"
ok $? "a token by stdin"
code 2 "a token on the command line" status --as kan --token "$(cat "$tmp/kan")"

# ---- duties ----
as kan case open 甲
is $rc 7 "a viewer opens no case"
one_line "a viewer opens no case"
as kan unit add 水务局
is $rc 7 "a viewer adds no unit"
as chengban post draft --kind notice --title 甲 --text 乙 --to site
is $rc 7 "a handler drafts no statement"
as shouli case open 城东路灯不亮 --json
is $rc 0 "a clerk opens a case"
as bianji user add --login y --name 乙 --duties admin
is $rc 7 "an editor makes no administrator"

# ---- two people ----
as bianji post draft --kind notice --title 停水通知 --text 今晚停水 --to site --json
is $rc 0 "an editor drafts"
id=$(get id)
as bianji post approve "$id" --no-wait
is $rc 7 "an editor does not approve"
as qianfa post approve "$id" --no-wait
[ $rc -eq 4 ] || [ $rc -eq 8 ]
ok $? "what was not submitted is not approved"
as bianji post submit "$id"
is $rc 0 "an editor submits"
as both post draft --kind notice --title 通告 --text 明日供水 --to site --json
own=$(get id)
as both post submit "$own"
as both post approve "$own" --no-wait
is $rc 4 "nobody approves one's own, whatever the duties"
one_line "nobody approves one's own"
as both post approve "$id" --no-wait
is $rc 0 "another's is approved"
as both post edit "$own" --revision 1 --text 后日供水
is $rc 0 "an edit makes a new revision"
as qianfa post approve "$own" --no-wait
[ $rc -eq 4 ] || [ $rc -eq 8 ]
ok $? "an edited statement waits to be submitted again"

# ---- locked, and a new token ----
admin user token kan --json
get token >"$tmp/kan.new"
as kan status
is $rc 7 "the old token ends with a new one"
cp "$tmp/kan.new" "$tmp/kan"
as kan alert list
is $rc 0 "the new one stands"
admin user lock kan
as kan alert list
is $rc 7 "a locked person is nobody"

# ---- secrets never stand on the command line ----
admin user passwd bianji --password secret
is $rc 2 "no password by argument"
says "password-file" "the cure is named"
! grep -arq "$(cat "$tmp/qianfa")" "$HUYING_DIR"
ok $? "no token stands in the folder"
run audit verify --json
is "$(get whole)" true "every act is in the audit, and its chain is whole"
finish

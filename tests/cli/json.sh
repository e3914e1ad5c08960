#!/bin/sh
# --json on every reading command is one JSON value, for an office with something in it; so is nothing else on stdout.
. "${top_srcdir:-.}/tests/cli/lib.sh"
office
person bianji 编辑甲 editor,clerk
person both 督查乙 supervisor,admin
person qianfa 签发丙 approver
admin unit add 水务局
as bianji case open 城东自来水发黄 --unit 水务局 --text 水是黄的 --json
json "case open --json"
number=$(get number)
admin source add --kind feed --name 县政府网 https://www.example.gov.cn/feed
as bianji rule add --name 供水 '自来水 发黄'
as bianji claim open 自来水有毒 --json
claim=$(get id)
as bianji claim sight "$claim" --channel 口头 --json
json "claim sight --json"
printf '检测报告' >"$tmp/report"
as bianji claim evidence "$claim" --title 检测报告 --file "$tmp/report" --json
json "claim evidence --json"
as bianji claim judge "$claim" false --finding 水质达标 --json
json "claim judge --json"
as qianfa claim sign "$claim" --json
json "claim sign --json"
printf '# 更正\n\n水质达标。\n' >"$tmp/c.md"
as bianji post correct --claim "$claim" --to site --file "$tmp/c.md" --json
json "post correct --json"
is $rc 0 "a correction is handed to the next person"
post=$(get id)
as qianfa post approve "$post" --no-wait --json
json "post approve --json"
run index rebuild
for command in "status" "doctor" "config path" "config show" "source list" "source show 1" "source balance" "source balance --day 6d --until today" "collect status" "rule list" "rule test 水" "alert list" \
	"claim list" "claim show $claim" "case list" "case show $number --why 督办" "case why-due $number" "post list" "post show $post" \
	"post status $post" "account list" "unit list" "user list" "report sla --month 2026-11" "calendar show 2026-02" \
	"calendar explain 2026-02-14" "audit list" "audit verify" "index stats" "index check" "search 水" "version"; do
	# shellcheck disable=SC2086
	as both $command --json
	[ $rc -eq 0 ] && [ -s "$tmp/out" ]
	ok $? "$command --json"
	json "$command --json is JSON"
done

# ---- the report: three forms of the same figures, the same bytes twice ----
# "As of" is in the report: the clock stands still meanwhile.
date -d '2026-12-03 09:00 +0800' +%s000 >"$tmp/clock"
export HUYING_CLOCK="$tmp/clock"
for format in text csv json; do
	as both report sla --month 2026-11 --format $format
	is $rc 0 "report sla as $format"
	cp "$tmp/out" "$tmp/first"
	as both report sla --month 2026-11 --format $format
	cmp -s "$tmp/out" "$tmp/first"
	ok $? "twice the same bytes: $format"
done
unset HUYING_CLOCK
as both report sla --month 2026-13
is $rc 2 "a month that is none"
as both report sla --month 2026-11 --format xml
is $rc 2 "a format that is none"
as both report sla --month 2020-01 --format text
is $rc 0 "a month without cases"
as both report sla --month 2026-11 --format csv -o "$tmp/r.csv"
is $rc 0 "report into a file"
[ -s "$tmp/r.csv" ]
ok $? "has its bytes there"
as both case why-due "$number"
is $rc 0 "why it is due then"
[ "$(wc -l <"$tmp/out")" -ge 3 ]
ok $? "is told range by range"
finish

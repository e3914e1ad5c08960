#!/bin/sh
# Every example of docs/query.md is run: queries in code, commands and the errors shown below them. Sources and units are named as there.
. "${top_srcdir:-.}/tests/cli/lib.sh"
office
admin unit add 水务局
admin unit add 城东水厂 --parent 水务局
admin source add --kind feed --name 县政府网 --unit 水务局 https://www.example.gov.cn/feed
admin source add --kind feed --name 12 https://www.example.gov.cn/other
code 0 "unit list" unit list --json
is "$(get items.1.parent)" 水务局 "a unit says which stands above it"
code 0 "source show" source show 县政府网 --json
is "$(get unit)" 水务局 "a source says whose it is"
admin source set 12 --unit 城东水厂
is $rc 0 "a source is given to a unit"
code 0 "source show, by name of digits" source show 12 --json
is "$(get unit)" 城东水厂 "and shown there"
admin source set 12 --unit -
code 0 "source show, nobody's" source show 12 --json
is "$(get unit)" null "and taken from it"
admin source set 12 --unit 无此
one_line "a unit that is not there"

# The queries: all that stands in code in the tables but the names of fields and single words.
python3 - "$top_srcdir/docs/query.md" >"$tmp/queries" <<'PY'
import re, sys
text = open(sys.argv[1], encoding="utf-8").read()
for line in re.sub(r"^## Rules that are.*?^## ", "", text, flags=re.S | re.M).splitlines():
    if line.startswith("|") or line.startswith("Names of fields"):
        for span in re.findall(r"`([^`]+)`", line):
            if not re.fullmatch(r"[^ ]+:|#", span):
                print(span)
PY
total=$(wc -l <"$tmp/queries")
[ "$total" -gt 50 ]
ok $? "the page has many examples ($total)"
wrong=0
while IFS= read -r query; do
	run search "$query"
	[ $rc -le 1 ] || { wrong=$((wrong + 1)); echo "# $query: exit $rc: $(cat "$tmp/err")"; }
done <"$tmp/queries"
is $wrong 0 "every query of the tables is understood"

# The commands, and what is shown below them.
python3 - "$top_srcdir/docs/query.md" "$huying" "$tmp/dir" >"$tmp/shown" 2>"$tmp/err" <<'PY'
import re, subprocess, sys
text = open(sys.argv[1], encoding="utf-8").read()
run = 0
for block in re.findall(r"^```(?:console)?\n(.*?)^```", text, re.S | re.M):
    for cmd, shown in re.findall(r"^(?:\$ )?huying (.*)\n((?:huying: .*\n)?)", block, re.M):
        p = subprocess.run(["sh", "-c", sys.argv[2] + " " + cmd], capture_output=True, text=True)
        run += 1
        if shown:
            assert (p.returncode, p.stdout, p.stderr) == (2, "", shown), (cmd, p)
        else:
            assert p.returncode == 0, (cmd, p)
print(run)
PY
ok $? "every command of the page does what it shows"
[ "$(cat "$tmp/shown" 2>/dev/null || echo 0)" -ge 9 ]
ok $? "and there are as many as the page shows"

# The search's own conditions are the same predicate, and do not move the place of a fault.
code 2 "a fault beside conditions" search '自来水 (发黄' --unit 水务局 --source 县政府网
says 'at character 5' "is named at its own place"
code 0 "search without a query" search
run search ' ' --since 2d --unit 水务局
[ $rc -le 1 ]
ok $? "an empty query with conditions finds what they hold for"
code 2 "a query too long" search "$(printf '路灯%.0s' $(seq 400))"
one_line "a query too long"
says 'at character 6[0-9]*: longer than 2048 bytes' "with its place"
finish

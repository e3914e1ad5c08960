#!/bin/sh
# Lines that are not crossed, as a person at the command line meets them: no command takes an author (G3), and
# nothing that a stranger wrote reaches the terminal as anything but text.
. "${top_srcdir:-.}/tests/cli/lib.sh"
office

# ---- no author, anywhere ----
run help
grep '^  ' "$tmp/out" | sed 's/^  \(.\{22\}\).*/\1/; s/ *$//' >"$tmp/commands"
while read -r name; do
	case $name in help | version | completion | setup | serve) continue ;; esac
	# What the command cannot do without is given, so that only the author can be what it refuses.
	case $name in
	"calendar due") needed="--within 1h_any" ;;
	"backup verify" | "backup restore") needed="--phrase-file $tmp/phrase" ;;
	"import run") needed="--as-source 12345" ;;
	*) needed= ;;
	esac
	refused=0
	for option in author from by user; do
		# shellcheck disable=SC2086
		run $name $needed --$option zhang --as admin --token-file "$tmp/admin"
		if [ $rc -eq 2 ] && grep -q "^huying: .*\(--$option\|1h_any\)" "$tmp/err"; then refused=$((refused + 1)); else echo "# --$option: exit $rc"; fi
	done
	is $refused 4 "$name takes no author under any name"
	# shellcheck disable=SC2086
	run $name -h
	! grep -qiE -e '--(author|from|by|user|handle|voice)\b' "$tmp/out"
	ok $? "$name offers none"
done <"$tmp/commands"
run index rebuild
for field in author from by user 作者 用户 发帖人; do
	run search "$field:zhang" --json
	[ $rc -eq 2 ] || [ "$(get total)" = 0 ]
	ok $? "search knows no field $field"
done

# ---- escapes ----
esc=$(printf '\033]8;;http://evil.example\007click\033[2J\033[31m\302\233\342\200\256end')
admin unit add "水务$esc"
admin case open "标题$esc" --text "正文$esc" --json
number=$(get number)
admin source add --kind feed --name "源$esc" https://www.example.gov.cn/feed
person yi "乙$esc" clerk,editor
as yi rule add --name "规$esc" '自来水 发黄'
as yi post draft --kind notice --title "题$esc" --text "文$esc" --to site
raw() { # FILE: holds a control character, C1 or a bidi control raw
	python3 -c 'import re, sys
t = open(sys.argv[1], encoding="utf-8", errors="surrogateescape").read()
sys.exit(0 if re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\udc80-\udcff]", t) else 1)' "$1"
}
printf '\033' >"$tmp/x"
raw "$tmp/x"
ok $? "the look for raw controls can see one"
for command in "case list" "case show $number" "unit list" "source list" "user list" "rule list" "post list" "post show 1" "audit list" \
	"status" "search 标题" "case why-due $number" "report sla --month 2026-11"; do
	for form in "" --json; do
		# shellcheck disable=SC2086
		admin $command $form
		! raw "$tmp/out" && ! raw "$tmp/err"
		ok $? "no raw control: $command $form"
	done
done
# What a person typed wrong comes back in the error: as text, too.
run "so$esc" list
! raw "$tmp/err"
ok $? "no raw control: an unknown command"
run source test "$tmp/$esc"
! raw "$tmp/err"
ok $? "no raw control: a file's name"
printf '<rss version="2.0"><channel><title>a&#27;b\302\233c</title><item><title>t\342\200\256&#x9b;</title></item></channel></rss>' >"$tmp/f.xml"
run source test "$tmp/f.xml"
! raw "$tmp/out" && ! raw "$tmp/err"
ok $? "no raw control: a feed's title"
finish

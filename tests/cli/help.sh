#!/bin/sh
# Every command of the table says what it does, refuses what it does not know, and its example is one that it would take.
. "${top_srcdir:-.}/tests/cli/lib.sh"

run help
grep '^  ' "$tmp/out" | sed 's/^  \(.\{22\}\).*/\1/; s/ *$//' >"$tmp/commands"
is "$([ "$(wc -l <"$tmp/commands")" -gt 80 ] && echo many)" many "help lists the commands"

help_of() {
	# shellcheck disable=SC2086
	run $1 -h
	[ $rc -eq 0 ] && [ ! -s "$tmp/err" ] && grep -q "^Usage: huying $1" "$tmp/out" && grep -A1 '^Example' "$tmp/out" | grep -q '  .*huying '
}
while read -r name; do
	help_of "$name"
	ok $? "$name -h"
	sed -n '/^Example/{n;s/^  //p}' "$tmp/out" >>"$tmp/examples"
done <"$tmp/commands"

# An option that nobody knows is refused before anything is looked up or done: there is no office here.
while read -r name; do
	case $name in help | version | completion) continue ;; esac
	# shellcheck disable=SC2086
	run $name --no-such-option-here x
	[ $rc -eq 2 ] && [ "$(grep -c '^huying: ' "$tmp/err")" -eq 1 ] && [ ! -s "$tmp/out" ]
	ok $? "$name refuses an unknown option"
done <"$tmp/commands"

code 2 "an option misspelt" alert list --limt 3
says "did you mean --limit" "is met with a suggestion"
code 2 "an own option misspelt" serve --rols index
says "did you mean --roles" "is met with a suggestion"
code 2 "a command misspelt" sorce list
says 'did you mean "source list"' "is met with a suggestion"
code 2 "a noun alone" rule
one_line "a noun alone"
says 'rule needs a verb: add, list' "names its verbs"
code 2 "a verb that the noun has not" index foo
says 'index has no verb "foo": ' "names its verbs"
code 0 "help of a noun" rule --help
says 'huying rule add' "shows all its verbs"
code 2 "a noun without a verb" source
one_line "a noun without a verb"
code 3 "help on nothing" help nosuchthing
code 0 "exit codes are listed" help exit-codes
for c in 0 1 2 3 4 5 6 7 8 9 75; do
	grep -q "^ *$c  " "$tmp/out"
	ok $? "exit code $c is named"
done
code 2 "no command at all" 
code 0 "--version" --version
says "^huying [0-9]" "names the version"
code 0 "version as JSON" version --json
json "version --json"
for shell in bash zsh fish; do
	code 0 "completion $shell" completion $shell
	[ -s "$tmp/out" ]
	ok $? "completion $shell is not empty"
done
"$huying" completion bash | bash -n
ok $? "bash reads its completion"

# The examples: without an office each parses and then finds none (3), or works without one.
while read -r line; do
	(
		cd "$tmp" || exit
		printf '这是一个例子。\n' >notice.md
		cp notice.md answer.md && cp notice.md 更正.md && cp notice.md report.pdf && echo secret >pw && echo secret >token && echo secret >aeskey && echo token >t && echo phrase >phrase
		printf '<rss version="2.0"><channel><title>t</title></channel></rss>' >feed.xml
		printf '<opml version="2.0"><body/></opml>' >feeds.opml
		PATH=$top_builddir:$PATH
		export PATH
		export HUYING_DIR="$tmp/none"
		case $line in "huying setup"* | "huying serve"* | "huying bench"*) exit 0 ;; esac
		echo secret | timeout 20 sh -c "$line" >"$tmp/out" 2>"$tmp/err"
	)
	rc=$?
	[ $rc -ne 2 ] && [ $rc -lt 100 ]
	ok $? "example: $line"
done <"$tmp/examples"
# Every option of a drill has a line that explains it.
"$huying" help drill run >"$tmp/drill"
sed -n '1s/.*huying drill run//p' "$tmp/drill" | tr '[] ' '\n' | grep '^--\|^STORY' >"$tmp/options"
is "$(sort "$tmp/options" | tr '\n' ' ')" "--keep --speed --step STORY " "what drill run takes"
while read -r option; do
	grep -q "^  $option .*[a-z]" "$tmp/drill"; ok $? "help drill run explains $option"
done <"$tmp/options"
"$huying" help account rotate >"$tmp/rotate"
grep -q -- "--client-secret-file FILE|-" "$tmp/rotate"; ok $? "a secret is shown as it is given: by file"
"$huying" account rotate a --client-secret b 2>&1 | grep -q -- "--client-secret-file FILE"; ok $? "and the refusal names that option"
finish

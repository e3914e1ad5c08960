#!/bin/sh
# The manual says what the program does: its lists agree with the binary, it is sound, and its examples and the README's are run.
. "${top_srcdir:-.}/tests/cli/lib.sh"
pages="huying.1 huying.conf.5 huying-query.7 huying-serve.8 zh_CN/huying.1 zh_CN/huying.conf.5 zh_CN/huying-query.7"

if command -v scdoc >/dev/null; then
	for page in $pages; do
		mkdir -p "$tmp/man/zh_CN"
		scdoc <"$top_srcdir/man/$page.scd" >"$tmp/man/$page" 2>"$tmp/err"
		ok $? "scdoc reads $page"
		if command -v mandoc >/dev/null; then
			: >"$tmp/out"
			mandoc -Tlint -W error "$tmp/man/$page" >"$tmp/err" 2>&1
			ok $? "mandoc finds no error in $page"
		else
			skip "mandoc is not installed" "mandoc finds no error in $page"
		fi
	done
else
	skip "scdoc is not installed" "scdoc reads the manual"
fi
: >"$tmp/err"

# The written lists are those of this binary, in both languages (its Chinese lies beside it as locale/).
python3 "$top_srcdir/scripts/update-man" "$huying" --check >"$tmp/out" 2>"$tmp/err"
ok $? "commands, exit codes and settings in the manual are those of the program (else: scripts/update-man build/huying)"

# Each setting in force is in huying.conf(5), in both languages, and the manual names no other.
office
run config show
sed 's/ *=.*//; s/.*\.//' "$tmp/out" | sort -u >"$tmp/keys"
for page in huying.conf.5 zh_CN/huying.conf.5; do
	# A peer and the templates of a gateway have a section only where one is named.
	sed -n '/; begin settings/,/; end settings/p' "$top_srcdir/man/$page.scd" | awk '/^## /{skip = /^## (reach|sms) /} !skip' |
		sed -n 's/^\*\([^*]*\)\* (.*/\1/p' | tr -d '\\' | sort -u >"$tmp/said"
	is "$(cat "$tmp/said")" "$(cat "$tmp/keys")" "the keys of $page"
done

# ---- examples ----
mkdir "$tmp/here" "$tmp/bin"
ln -s "$huying" "$tmp/bin/huying"
PATH=$tmp/bin:$PATH
person qianfa 签发丙 approver
person bianji 编辑甲 editor,clerk,admin
admin unit add 水务局
admin account add --name wordpress --platform wordpress --url https://www.example.gov.cn --login huying --secret-file "$tmp/phrase"
as bianji source add --kind feed --name 甲网 https://www.example.gov.cn/a
as bianji source add --kind feed --name 乙网 https://www.example.gov.cn/b
as bianji claim open 自来水有毒
printf '报告' >"$tmp/here/report.pdf"
as bianji claim evidence 1 --title 检测报告 --file "$tmp/here/report.pdf"
as bianji claim judge 1 false --finding 水质达标
as qianfa claim sign 1
run index rebuild
cd "$tmp/here" || exit 1
printf '# 更正\n\n水质达标，请放心使用。\n' >更正.md
cp "$tmp/qianfa" t
export HUYING_TOKEN_FILE="$tmp/bianji"
example() { # LINE OF NAME: runs it as the editor; it must be understood and end well
	line=$1
	case $line in
	*"huying serve"* | *"huying bench"*) return ;;
	*"huying setup"*) line="$line --dir $tmp/again$n" ;;
	*"source add"*) line="$line --reach 127.0.0.1:1" ;;
	esac
	case $line in
	*--token-file* | *"huying setup"*) ;;
	*"source add"* | *"rule add"* | *"case open"* | *"post correct"* | *"report sla"*) line="$line --as bianji --token-file $tmp/bianji" ;;
	esac
	timeout 60 sh -c "$line" >"$tmp/out" 2>"$tmp/err" </dev/null
	rc=$?
	case $line in
	# The peer is not there: the approval stands, the delivery waits or is sent to our own page alone. Approved once (8), it stays so.
	*"post approve"*) [ $rc -eq 0 ] || [ $rc -eq 8 ] || [ $rc -eq 5 ] || [ $rc -eq 6 ] || [ $rc -eq 75 ] ;;
	# The page was read before: names are taken once.
	*"source add"* | *"rule add"*) [ $rc -eq 0 ] || [ $rc -eq 8 ] ;;
	*) [ $rc -eq 0 ] ;;
	esac
	ok $? "$2: $1"
	[ $rc -eq 0 ] || echo "# exit $rc"
}
for page in $pages; do
	sed -n '/^```/,/^```/p' "$top_srcdir/man/$page.scd" | grep '^huying \|^echo ' >"$tmp/lines"
	while IFS= read -r line <&3; do example "$line" "$page"; done 3<"$tmp/lines"
done
# In README and docs a console block holds commands after "$ " and, where something follows, exactly what they print.
for page in README.md README.zh-CN.md docs/formats.md docs/query.md; do
	python3 - "$top_srcdir/$page" >"$tmp/blocks" <<'PY'
import json, re, sys
for block in re.findall(r"^```console\n(.*?)^```", open(sys.argv[1], encoding="utf-8").read(), re.S | re.M):
    command, said = None, []
    for line in block.splitlines() + ["$ "]:
        if line.startswith("$ "):
            if command:
                print(command + "\t" + "\\n".join(said))
            command, said = line[2:], []
        else:
            said.append(line)
PY
	while IFS="$(printf '\t')" read -r line said <&3; do
		example "$line" "$page"
		[ -z "$said" ] || is "$(cat "$tmp/out")" "$(printf '%b' "$said")" "$page: prints what it says: $line"
	done 3<"$tmp/blocks"
done
finish

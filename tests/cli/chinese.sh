#!/bin/sh
# The Chinese is whole: no message without its words, none in doubt, and what people read first is Chinese from end to end.
. "${top_srcdir:-.}/tests/cli/lib.sh"
po=$top_srcdir/po/zh_CN.po

# ---- the catalogue ----
if command -v msgfmt >/dev/null && command -v msgattrib >/dev/null; then
	msgfmt --check -o "$tmp/zh.mo" "$po" 2>"$tmp/err"
	ok $? "the formats of the catalogue are those of the messages"
	is "$(msgattrib --untranslated "$po" | grep -c '^msgid')" 0 "no message of the catalogue is untranslated"
	is "$(msgattrib --only-fuzzy "$po" | grep -c '^msgid')" 0 "none is in doubt"
else
	skip "gettext is not installed" "the catalogue"
fi
# A fresh collection finds nothing that the catalogue lacks. The sources are only read: the copy below is written.
if command -v xgettext >/dev/null && command -v msgmerge >/dev/null; then
	(cd "$top_srcdir" && find base calendar net store render platforms collectors index alerts cases publisher desk web practice cmd -name '*.[ch]' |
		LC_ALL=C sort | xgettext --from-code=UTF-8 --language=C --keyword=_ --keyword=N_ --keyword=hy_tr:2 --sort-output \
		--output="$tmp/new.pot" --files-from=-) >"$tmp/out" 2>"$tmp/err"
	[ -s "$tmp/new.pot" ] && ! grep -q warning "$tmp/err"
	ok $? "xgettext reads the sources without a warning"
	: >"$tmp/out" >"$tmp/err"
	msgmerge --quiet --no-fuzzy-matching --output-file="$tmp/new.po" "$po" "$tmp/new.pot" 2>"$tmp/err"
	msgattrib --no-obsolete --untranslated --no-wrap "$tmp/new.po" | grep '^msgid' | grep -v '^msgid ""$' >"$tmp/out"
	is "$(grep -c . "$tmp/out")" 0 "every message of the sources has its Chinese (else: scripts/update-po)"
	sed 's/^/# missing: /' "$tmp/out"
else
	skip "xgettext is not installed" "every message of the sources has its Chinese"
fi
: >"$tmp/out"
: >"$tmp/err"

# ---- what people see ----
office
run index rebuild
zh() { LANGUAGE=zh_CN run "$@"; }
han() { # FILE NAME
	grep -qP '\p{Han}' "$1"
	ok $? "$2"
}
zh help
has_help=$rc
is "$has_help" 0 "help in Chinese"
han "$tmp/out" "is Chinese"
zh status
says '^未结诉求 ' "status is Chinese"
zh doctor
says '^[✓▲✗] 数据库 ' "doctor is Chinese"
zh search 自来水
says '^找到 0 条' "search is Chinese"
zh search '(自来水'
is "$rc" 2 "a query that cannot be read"
says '^huying: 检索式' "is told so in Chinese"
zh sorce list
says '^huying: 没有命令' "an unknown command is met in Chinese"
zh case list --limt 3
says '是不是 --limit' "so is a misspelt option"
zh calendar show 2026-02
says '调休上班' "kinds of days are Chinese"
zh user list --as admin --token-file "$tmp/admin"
says '管理' "duties are Chinese"
zh report sla --month 2026-11 --as admin --token-file "$tmp/admin"
says '办理榜' "the report is Chinese"
# Codes of states and kinds are words in every table.
adm() { zh "$@" --as admin --token-file "$tmp/admin"; }
adm account list
says '^1 *site *本单位网站 .*正常' "account list: platform and state"
printf 'long-enough-secret\n' >"$tmp/secret"
adm account add --name 象 --platform mastodon --url https://m.example.org --secret-file "$tmp/secret"
adm source add --kind mastodon --name 象上 --what mentions --account 象 https://m.example.org
adm source add --kind feed --name 县网 https://www.example.org/feed
adm source pause 县网
says '状态 *已暂停' "a state by itself"
adm source list
says '^1 *象上 *长毛象 *正常' "source list: kind and state"
says '^2 *县网 *订阅源 *已暂停' "and of a feed"
adm source show 象上
says '^类型 *长毛象' "source show"
person shouli 受理甲 clerk,editor
as_zh() { zh "$@" --as shouli --token-file "$tmp/shouli"; }
as_zh case open 城东路灯不亮 --channel hotline --type complaint
as_zh case list
says '路灯' "a case"
! grep -qw 'new' "$tmp/out"
ok $? "case list: its state"
as_zh case show 1
says '^来源渠道 *热线\|^渠道 *热线\|热线' "case show: how it came"
! grep -qwE 'hotline|complaint|new|opened|desk' "$tmp/out"
ok $? "case show: no code"
printf '标题,内容,受理时间\n路灯不亮,城东路灯不亮,2026-11-20 08:00\n,,\n' >"$tmp/sheet.csv"
as_zh import preview "$tmp/sheet.csv"
! grep -qwE 'new|repeat|refused' "$tmp/out"
ok $? "import preview: what would become of a row"
as_zh post draft --kind notice --to site,象 --title 停水通知 --text 今晚停水
as_zh post show 1
says '本单位网站' "post show: the platforms it goes to"
! grep -qwE 'mastodon|active|draft|notice' "$tmp/out"
ok $? "post show: no code"
as_zh saved add 供水 自来水 --order newest
as_zh saved show 供水
says '最新优先' "saved show: the order"
# The answers for machines do not change with the language.
adm source list --json
is "$(get items.0.kind)/$(get items.0.state)" mastodon/active "codes stay codes in JSON"
zh status --json
cp "$tmp/out" "$tmp/zh.json"
run status --json
is "$(python3 -c 'import json, sys; print(sorted(json.load(open(sys.argv[1]))))' "$tmp/zh.json")" \
	"$(python3 -c 'import json, sys; print(sorted(json.load(open(sys.argv[1]))))' "$tmp/out")" "JSON keeps its names"
run status
says '^Cases open ' "LANGUAGE=en is English"
run help
! grep -qP '\p{Han}' "$tmp/out"
ok $? "its help holds no Chinese"
run search '(自来水'
says '^huying: query, at character' "nor do its errors"

# Each row of help begins in one column, whatever stands there.
zh help
is "$(grep '^  ' "$tmp/out" | cut -c1-25 | grep -cvP '^  [a-z_-]+( [a-z-]+)? +$')" 0 "the rows of help stand in line"
zh doctor
python3 - "$tmp/out" <<'PY'
import sys, unicodedata
def width(s): return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in s)
starts = set()
for line in open(sys.argv[1], encoding="utf-8"):
    mark, name, rest = line.rstrip("\n").split(None, 2)
    starts.add(width(line[:line.index(rest, 2 + len(name))]))
sys.exit(len(starts) != 1)
PY
ok $? "the rows of doctor stand in line"

# ---- no English word is left in the help of any command ----
# What may stand there: the names of commands, options and parameters, the program's own, formats, shells, and values to be typed.
zh help
sed -n 's/^  \([a-z_-]*\) .*/\1/p' "$tmp/out" | sort -u >"$tmp/nouns"
cp "$tmp/out" "$tmp/help"
while read -r noun; do
	zh help "$noun"
	cat "$tmp/out"
done <"$tmp/nouns" >>"$tmp/help"
cat >"$tmp/left.py" <<'PY'
import re, sys
allowed = set("""huying API OPML SHA SHA-256 ISO Markdown JSON CSV XLSX UTF-8 UTF-16 GB18030 base64 bash zsh fish shell http https User-Agent feed cn zh en wordpress site weibo wechat aliyun tencent smpp webhook AppID EncodingAESKey number code
huying.conf huying-query exit-codes next text csv json m h d mastodon discourse""".split())
for line in open(sys.argv[1], encoding="utf-8"):
    if line.startswith("用法：") or re.match(r"  (huying|echo) ", line) or line.startswith("  --dir"):
        continue
    said = re.sub(r"^  ((--)?[a-z0-9_-]+(-file)?( [a-z-]+(?=  ))?( [A-Z][A-Z|=,.-]*)?|[A-Z]+(?=  ))", "", line)
    said = re.sub(r"[a-z][a-z-]*（", "（", said)  # a value to be typed, then what it means
    said = re.sub(r"--[a-z-]+|huying help", "", said)
    for word in re.findall(r"[A-Za-z][A-Za-z0-9.-]*[A-Za-z0-9]", said):
        if word not in allowed:
            print(word, "in:", line.rstrip())
PY
python3 "$tmp/left.py" "$tmp/help" >"$tmp/out"
is "$(grep -c . "$tmp/out")" 0 "no English word is left in the Chinese help"
sed 's/^/# left: /' "$tmp/out"
# The check itself must be able to fail.
echo '  case open              open a case' >"$tmp/bad"
[ -n "$(python3 "$tmp/left.py" "$tmp/bad")" ]
ok $? "and one would be seen"
# A wrong line of a story is told in Chinese, with its number and what to write.
printf '1 期望 预警 供水 10m\n' >"$tmp/bad.story"
LC_ALL=C.UTF-8 LANGUAGE=zh_CN LANG=zh_CN.UTF-8 HUYING_LANG=zh "$huying" drill run "$tmp/bad.story" >"$tmp/out" 2>&1
is $? 2 "a wrong story is refused"
grep -q '故事第 1 行：时限写在末尾' "$tmp/out"
ok $? "in Chinese: $(head -1 "$tmp/out")"
finish

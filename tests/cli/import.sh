#!/bin/sh
# Sheets by the command line: every example of docs/importing.md prints what the page shows; then what goes wrong, each in one line.
. "${top_srcdir:-.}/tests/cli/lib.sh"
command -v jq >/dev/null || skip_all "jq is missing"
office
admin unit add 水务局
person bianji 编辑甲 viewer,clerk,editor
person chayue 查阅 viewer
echo 1796004000000 >"$tmp/clock" # 2026-11-30 10:00 in Shanghai
export HUYING_CLOCK=$tmp/clock
mkdir "$tmp/here"
python3 - "$top_srcdir/docs/importing.md" "$tmp/here" "$huying --as bianji --token-file $tmp/bianji" ${UPDATE_DOCS:+--update} >"$tmp/out" 2>"$tmp/err" <<'PY'
import re, subprocess, sys
path, here, huying = sys.argv[1:4]
text = open(path, encoding="utf-8").read()
for name, body in re.findall(r"^```csv (\S+)\n(.*?)^```", text, re.S | re.M):
    open(f"{here}/{name}", "w", encoding="utf-8").write(body)
run = wrong = 0


def block(m):
    global run, wrong
    out = []
    for command in [line[2:] for line in m.group(1).splitlines() if line.startswith("$ ")]:
        p = subprocess.run(["sh", "-c", re.sub(r"^huying", lambda _: huying, command)], cwd=here, capture_output=True, text=True)
        run += 1
        said = (p.stdout + p.stderr).replace("\ufeff", "")
        out += ["$ " + command] + [line.rstrip() for line in said.splitlines()]
        if p.returncode:
            wrong += 1
            print(command, p.returncode, said)
    got = "\n".join(out) + "\n"
    if got != m.group(1):
        wrong += 1
        print("shown:", m.group(1), "printed:", got, sep="\n")
    return "```console\n" + got + "```"


new = re.sub(r"^```console\n(.*?)^```", block, text, flags=re.S | re.M)
if "--update" in sys.argv:
    open(path, "w", encoding="utf-8").write(new)
    wrong = 0
print(run)
sys.exit(wrong != 0)
PY
ok $? "every example of docs/importing.md prints what the page shows"
[ "$(tail -n 1 "$tmp/out")" -ge 9 ]
ok $? "and there are as many as the page shows"

here_was=$PWD
cd "$tmp/here" || exit 1
as bianji import preview 工单.csv --json
json "the answer as JSON"
is "$(get new)/$(get repeat)/$(get refused)/$(get skipped)" 2/0/2/1 "without a source all is new"
is "$(get columns.1.field)" reference "a column by its heading"
as bianji import preview 工单.csv --as-source 12345热线 --json
is "$(get new)/$(get repeat)" 0/2 "with its source it is known"
python3 -c '
rows = open("工单.csv", encoding="utf-8").read().splitlines()
open("b.csv", "wb").write(("\r\n".join([rows[1]] + rows[5:1:-1]) + "\r\n").encode("gb18030"))'
as bianji import run b.csv --as-source 12345热线 --json
is "$(get new)/$(get repeat)/$(get refused)" 0/2/2 "the same rows in another order and charset change nothing"
printf 'text=事由\n# a comment\nreference=留言ID\n' >map
as bianji import preview 留言.csv --map map --json
is "$(get columns.2.field)/$(get columns.3.field)" text/null "a mapping from a file goes before the guesses"
as bianji import preview 留言.csv --as-source 县长信箱 --json
is "$(get columns.2.field)" title "and what the source remembers is used"
as bianji import run 留言.csv --as-source 论坛 --kind posts --channel board --json
is "$(get new)/$(get kind)" 1/posts "public posts become items"
admin index rebuild
code 0 "and are found" search 西街 --json
src=$(cd "$here_was" && cd "$top_srcdir" && pwd)
as bianji import preview "$src/testdata/fuzz/xlsx/openpyxl.xlsx" --json
is "$(get new)/$(get refused)/$(get sheet)/$(get format)" 3/1/2/xlsx "an .xlsx, in the child that is shut in"
python3 - <<'PY'
import zipfile
def book(path, *sheets):
    z = zipfile.ZipFile(path, "w")
    ns = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
    rels = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'
    z.writestr("_rels/.rels", f'<Relationships {rels}><Relationship Id="a" Type="{kind}officeDocument" Target="xl/workbook.xml"/></Relationships>')
    z.writestr("xl/workbook.xml", f"<workbook {ns}><sheets>" + "".join(f'<sheet name="{n}" sheetId="{i}" r:id="r{i}"/>' for i, (n, _) in enumerate(sheets, 1)) + "</sheets></workbook>")
    z.writestr("xl/_rels/workbook.xml.rels", f"<Relationships {rels}>" + "".join(f'<Relationship Id="r{i}" Type="{kind}worksheet" Target="s{i}.xml"/>' for i in range(1, len(sheets) + 1)) + "</Relationships>")
    for i, (_, rows) in enumerate(sheets, 1):
        z.writestr(f"xl/s{i}.xml", f"<worksheet {ns}><sheetData>" + "".join(f"<row>{''.join(row)}</row>" for row in rows) + "</sheetData></worksheet>")
    z.close()
def t(s): return f'<c t="inlineStr"><is><t>{s}</t></is></c>'
def f(s, v="<v></v>", kind=""): return f"<c{kind}><f>{s}</f>{v}</c>"
head = [t("编号"), t("标题"), t("内容"), t("来信时间"), t("合算")]
book("公式.xlsx", ("工单", [head, [t("A"), t("甲"), f("1+1"), t("2026-11-29"), t("")], [t("B"), t("甲"), t("水黄"), f("NOW()", ""), t("")],
     [t("C"), t("乙"), t("灯灭"), t("2026-11-29"), f("1+1")], [t("D"), t("丙"), f('""', "<v></v>", ' t="str"'), t("2026-11-29"), t("")],
     [t("E"), t("丁"), f('"路"', "<v>路坏</v>", ' t="str"'), t("2026-11-29"), t("")]]))
book("封面.xlsx", ("说明", [[t("说明")], [t("本表由热线系统导出")]]), ("工单", [head, [t("A"), t("甲"), t("水黄"), t("2026-11-29")]]))
PY
as bianji import preview 公式.xlsx --refused 公式.csv --json
is "$(get new)/$(get refused)/$(get refusals.0.line)/$(get refusals.1.line)" 3/2/2/3 "a formula without its value refuses its row, where it counts"
get refusals.0.why | grep -q formula && [ "$(tr -dc '\032' <公式.csv | wc -c)" = 0 ]
ok $? "and says so"
as bianji import preview 封面.xlsx
grep -q 'sheet 1, there are others (--sheet N): 2 工单' "$tmp/err"
ok $? "a cover sheet: the other sheets are named"
one_line "a cover sheet"
as bianji import preview 封面.xlsx --sheet 2 --json
is "$(get new)/$(get sheet)" 1/2 "and one of them is read"
as bianji import run 工单.csv
is $rc 2 "without a source"
one_line "without a source"
grep -q -- '--as-source NAME is missing' "$tmp/err"
ok $? "and the option's own name is said"
for words in '--as-source 甲' '--sheet 2 --as-source 甲' '--as-source'; do
	# shellcheck disable=SC2086
	as bianji import run $words
	is $rc 2 "import run $words"
	grep -qE 'FILE is missing|--as-source needs a value' "$tmp/err"
	ok $? "import run $words: what is missing is said"
done
for verb in run preview; do
	"$huying" help import $verb >"$tmp/help"
	grep -q -- '--as-source NAME' "$tmp/help" && ! grep -qE -- '--(source|file) |base64' "$tmp/help"
	ok $? "help import $verb lists the options that there are"
done
as bianji import run nosuch.csv --as-source a
one_line "a file that is not there"
as bianji import preview 留言.csv --map 'text=没有的列'
one_line "a column that is not there"
says 'there are: 留言ID, 姓名' "naming those that are"
printf '内容\n"没有结尾\n' >open.csv
as bianji import preview open.csv
one_line "a quote that is not closed"
says 'line 2' "with its line"
printf '\320\317\021\340\241\261\032\341' >old.xls
as bianji import preview old.xls
one_line "an old .xls"
as bianji import preview 工单.csv --sheet x
one_line "a sheet that is no number"
as bianji import preview 工单.csv --author x
one_line "an option that is not there"
as chayue import preview 工单.csv
is $rc 7 "a viewer may not"
one_line "a viewer may not"
export LANGUAGE=zh_CN
as bianji import preview open.csv
LANGUAGE=en
says '第 2 行：引号没有配对' "the child speaks Chinese, too"
finish

#!/usr/bin/env python3
"""Round trips of tables: what python's csv and openpyxl wrote is read back, and files that mean harm are refused.
usage: tables.py TABLE-DUMP FOLDER"""
import csv, datetime, io, json, os, random, re, subprocess, sys, zipfile

dump, folder = sys.argv[1:3]
n = bad = 0


def ok(good, name):
    global n, bad
    n += 1
    bad += not good
    print(f"{'ok' if good else 'not ok'} {n} - {name}")


def read(name, *more):
    r = subprocess.run([dump, os.path.join(folder, name), *more], capture_output=True)
    if r.returncode not in (0, 1):
        print("#", r.returncode, r.stderr.decode()[:2000])
        return {"error": "crash"}
    return json.loads(r.stdout)


def write(name, data):
    with open(os.path.join(folder, name), "wb") as f:
        f.write(data)


def unmarked(cell):
    """Without the ' before digits that stay text, and before what could be a formula: '\t=1' too, since blanks do not hide one."""
    rest = cell[1:]
    if cell[:1] == "'" and (re.fullmatch(r"[0-9().\-/:][0-9 ().\-/:]*", rest) or re.match(r"[ \u3000\u00a0]*[=+\-@＝＋－＠−\x01-\x1f]", rest)):
        return rest.strip(" \t\r\n\u3000\u00a0")
    return cell


def kept(rows):
    """What the reader promises of rows: blanks at the ends gone, one kind of line end, no empty rows, no empty end."""
    out = []
    for row in rows:
        cells = [unmarked(c.strip(" \t\r\n\u3000\u00a0")).replace("\r\n", "\n").replace("\r", "\n") for c in row]
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            out.append(cells)
    return out


# ---- CSV: a thousand tables of what hurts, by python's writer in each of its ways ----
rand = random.Random(20261103)
pieces = ["水", "发黄", ",", ";", "\t", '"', "\n", "\r\n", " ", "00123", "12345678901234567890", "=1+1", "a", "é", "𠮷", "'", "|", "#"]
wrong = 0
for i in range(300):
    width = rand.randint(2, 6)
    rows = [["编号", "标题", "内容", "时间", "电话", "单位"][:width]]
    rows += [["".join(rand.choice(pieces) for _ in range(rand.randint(0, 5))) for _ in range(width)] for _ in range(rand.randint(1, 6))]
    rows = [[c if k else (c.strip() or "x") for k, c in enumerate(r)] for r in rows]
    sep = rand.choice(",;\t")
    text = io.StringIO()
    csv.writer(text, delimiter=sep, lineterminator=rand.choice(["\r\n", "\n"]), quoting=rand.choice([csv.QUOTE_ALL, csv.QUOTE_MINIMAL])).writerows(rows)
    enc = rand.choice(["utf-8", "utf-8-sig", "utf-16", "gb18030"])
    write("r.csv", text.getvalue().encode(enc))
    got = read("r.csv")
    if got.get("separator") != sep or [r[1:] for r in got["rows"]] != kept(rows):
        wrong += 1
        if wrong < 4:
            print("#", enc, repr(sep), rows, got)
ok(wrong == 0, "300 CSV files of python's writer read as they were written, whatever the separator, quotes and charset")

# ---- XLSX, by openpyxl ----
try:
    import openpyxl
except ImportError:
    if os.environ.get("CI"):
        ok(False, "openpyxl is there")
    print(f"1..{n}")
    sys.exit(bad != 0)

book = openpyxl.Workbook()
hidden = book.active
hidden.title = "字典"
hidden.sheet_state = "hidden"
hidden.append(["不", "看"])
sheet = book.create_sheet("工单")
sheet.append(["2026年11月12345热线工单"])
sheet.merge_cells("A1:G1")
sheet.append(["工单编号", "诉求内容", "受理时间", "联系电话", "件数", "成立", "承办单位"])
sheet.append(["GD202611030001", "城东\n水 发黄", datetime.datetime(2026, 11, 3, 8, 5), 13800138000, 2.5, True, "水务局"])
sheet.append([12345678901234567, "=不是公式", datetime.date(2026, 11, 4), "010-88886666", 1e10, False, None])
sheet["B4"].data_type = "s"
sheet.append([])
sheet.append(["GD3", "时刻", datetime.time(8, 5), None, 7, None, "x"])
sheet.append(["GD4", "三日", 46329, None, None, None, "y"])
sheet.cell(row=7, column=3).number_format = 'yyyy"年"m"月"d"日"'
book.create_sheet("第三").append(["甲", "乙"])
book.save(os.path.join(folder, "a.xlsx"))
got = read("a.xlsx")
want = [
    [1, "2026年11月12345热线工单"],
    [2, "工单编号", "诉求内容", "受理时间", "联系电话", "件数", "成立", "承办单位"],
    [3, "GD202611030001", "城东\n水 发黄", "2026-11-03 08:05:00", "13800138000", "2.5", "TRUE", "水务局"],
    [4, "12345678901234570", "=不是公式", "2026-11-04", "010-88886666", "10000000000", "FALSE"],
    [6, "GD3", "时刻", "08:05:00", "", "7", "", "x"],
    [7, "GD4", "三日", "2026-11-03", "", "", "", "y"],
]
ok(got.get("rows") == want, "an .xlsx of openpyxl reads cell by cell: texts, numbers, dates, truth, merged and empty cells")
if got.get("rows") != want:
    print("#", json.dumps(got, ensure_ascii=False))
ok(got.get("sheet") == 2, "the hidden sheet is not chosen")
ok(got.get("header") == 1 and got["map"]["reference"] == 0 and got["map"]["time"] == 2 and got["channel"] == "hotline", "its headings are understood below the headline")
ok(read("a.xlsx", "1").get("rows") == [[1, "不", "看"]], "but may be named")
ok("not there" in read("a.xlsx", "4").get("error", ""), "a sheet that is not there is an error")
book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
book.save(os.path.join(folder, "b.xlsx"))
ok(read("b.xlsx").get("rows", [[]] * 3)[2][3] == "2026-11-03 08:05:00", "dates counted from 1904 are the same dates")
book = openpyxl.Workbook(write_only=True)
ws = book.create_sheet("大")
ws.append(["编号", "内容"])
for i in range(9999):
    ws.append([f"N{i}", f"第{i}行 " + "水" * 20])
book.save(os.path.join(folder, "c.xlsx"))
got = read("c.xlsx")
ok(len(got.get("rows", [])) == 10000 and got["rows"][9999][1:] == ["N9998", "第9998行 " + "水" * 20], "ten thousand rows")


# ---- files that mean harm ----
def harm(name, parts, **more):
    """a.xlsx with parts replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(os.path.join(folder, "a.xlsx")) as src, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for item in src.namelist():
            if item not in parts:
                z.writestr(item, src.read(item))
        for item, data in parts.items():
            if data is not None:
                z.writestr(item, data)
    write(name, out.getvalue())
    return read(name).get("error", json.dumps(read(name), ensure_ascii=False))


SHEET = "xl/worksheets/sheet2.xml"
with zipfile.ZipFile(os.path.join(folder, "a.xlsx")) as z:
    rels = z.read("xl/_rels/workbook.xml.rels").decode()
HEAD = '<?xml version="1.0"?>'
NS = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
END = "</sheetData></worksheet>"
LONG = '<x a="' + "y" * 1000000 + '"/>'
canary = os.path.join(folder, "canary")
write("canary", b"CANARY")
xxe = HEAD + f'<!DOCTYPE x [<!ENTITY e SYSTEM "file://{canary}">]>' + NS + '<row r="1"><c r="A1" t="str"><v>&e;</v></c></row>' + END
got = harm("h1.xlsx", {SHEET: xxe})
ok("document type" in got and "CANARY" not in got, "an external entity is refused")
ok("document type" in harm("h2.xlsx", {SHEET: b"\xff\xfe" + xxe.encode("utf-16le")}), "also one hidden in UTF-16")
lol = HEAD + "<!DOCTYPE x [" + '<!ENTITY a0 "ha">' + "".join(f'<!ENTITY a{i} "&a{i-1};&a{i-1};">' for i in range(1, 40)) + "]>" + NS + '<row r="1"><c r="A1" t="str"><v>&a39;</v></c></row>' + END
ok("document type" in harm("h3.xlsx", {SHEET: lol}), "a billion laughs are refused")
ok("MiB when unpacked" in harm("h4.xlsx", {SHEET: NS + " " * (40 << 20)}), "a bomb of 40 MiB in one part is refused")
ok("MiB when unpacked" in harm("h5.xlsx", {SHEET: NS + LONG * 20 + END, "xl/styles.xml": "<styleSheet>" + LONG * 20 + "</styleSheet>"}), "and one in two parts")
ok("outside of the file" in harm("h6.xlsx", {"xl/_rels/workbook.xml.rels": rels.replace("/xl/worksheets/sheet2.xml", "../../../../etc/passwd")}), "a sheet outside of the file is refused")
ok("missing" in harm("h7.xlsx", {SHEET: None}), "a sheet that is missing is an error")
ok("no cell" in harm("h8.xlsx", {SHEET: HEAD + NS + '<row r="1"><c r="ZZZZZ1"><v>1</v></c></row>' + END}), "a cell beyond all columns is refused")
ok("row is said" in harm("h9.xlsx", {SHEET: HEAD + NS + '<row r="99999999"><c r="A1"><v>1</v></c></row>' + END}), "a row beyond all rows is refused")
ok("row is said" in harm("h10.xlsx", {SHEET: HEAD + NS + '<row r="5"/><row r="2"/>' + END}), "so are rows that run backwards")
ok('"1"' in harm("h11.xlsx", {SHEET: HEAD + NS.replace("<sheetData>", '<dimension ref="A1:XFD1048576"/><sheetData>') + '<row r="1"><c r="A1"><v>1</v></c></row>' + END}), "a huge dimension costs nothing")
ok("text is missing" in harm("h12.xlsx", {SHEET: HEAD + NS + '<row r="1"><c r="A1" t="s"><v>99999</v></c></row>' + END}), "a shared text that is not there is an error")
ok("damaged" in harm("h13.xlsx", {SHEET: HEAD + NS + '<row r="1"><c r="A1"><v>1</v></c>'}), "a sheet that is cut is an error, not half a sheet")
shared = rels.replace("</Relationships>", '<Relationship Type="x/sharedStrings" Target="sharedStrings.xml" Id="rS"/></Relationships>')
SST = '<sst xmlns="x"><si><t>编号</t></si><si><r><t>分</t></r><r><t xml:space="preserve"> 段_x000D_&#10;二</t></r><rPh><t>ふん</t></rPh></si><si/></sst>'
got = harm("s.xlsx", {"xl/_rels/workbook.xml.rels": shared, "xl/sharedStrings.xml": SST, SHEET: HEAD + NS + '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="C1" t="s"><v>1</v></c></row><row><c t="s"><v>2</v></c><c t="e"><v>#N/A</v></c></row>' + END})
ok('[[1, "编号", "", "分 段\\n二"], [2, "", "#N/A"]]' in got, "shared texts in runs, without phonetic hints")
ok("no workbook" in harm("h14.xlsx", {"xl/workbook.xml": None}), "a zip that is no workbook is an error")
whole = open(os.path.join(folder, "a.xlsx"), "rb").read()
cut = 0
for at in range(4, len(whole), max(1, len(whole) // 60)):
    write("cut.xlsx", whole[:at])
    cut += "error" in read("cut.xlsx")
ok(cut >= 58, f"a file cut anywhere is an error ({cut})")
print(f"1..{n}")
sys.exit(bad != 0)

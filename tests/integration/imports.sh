#!/usr/bin/env bash
# Imports through the dashboard and the API as people do it: upload, columns, look, take in, again; without a token, too large, too
# many; a case typed in at the counter.
source "$(dirname "$0")/lib.sh"
need jq curl python3
setup_office 临江县
serve
U=http://127.0.0.1:$PORT
key=$(hyas admin user link editor --json | jq -r .key)
page() { curl -sS -b "$T/jar" -c "$T/jar" "$@"; }
page -o "$T/hello" "$U/hello?k=$key"
csrf() { grep -o 'name="csrf" value="[^"]*"' "$1" | head -n 1 | cut -d'"' -f4; }
page -o /dev/null -H "Origin: $U" --data-urlencode "k=$key" --data-urlencode "csrf=$(csrf "$T/hello")" "$U/hello"
day=$(TZ=Asia/Shanghai date -d yesterday +%Y/%-m/%-d)
printf '工单编号,诉求内容,受理时间,联系电话,承办单位\r\nGD1,"城东水黄，<b>急</b>",%s 8:05,13987654321,水务局\r\nGD2,路灯不亮,%s,,\r\nGD3,,%s,,\r\n合计,3,,,\r\n' "$day" "$day" "$day" >"$T/a.csv"
iconv -f utf-8 -t gb18030 "$T/a.csv" >"$T/gb.csv"

page -o "$T/imports" "$U/imports?lang=en"
has "$(cat "$T/imports")" 'enctype="multipart/form-data"' "the page has a form for a file"
TOKEN=$(csrf "$T/imports")
post() { page -o "$T/out" -w '%{http_code}' -H "Origin: $U" "$@"; }
is "$(post -F csrf="$TOKEN" -F source=12345热线 -F kind= -F channel= -F "file=@$T/gb.csv" "$U/imports/preview")" 200 "a look at a GB18030 file"
has "$(cat "$T/out")" '<dt>New</dt><dd>2</dd>' "two rows would be new"
has "$(cat "$T/out")" '<dt>Refused</dt><dd>1</dd>' "one would be refused"
has "$(cat "$T/out")" 'there is no text in the row' "and why"
has "$(cat "$T/out")" '城东水黄，&lt;b&gt;急&lt;/b&gt;' "what the file says is escaped"
has "$(cat "$T/out")" '<option value="phone=#4" selected>' "the columns are understood"
is "$(grep -c 13987654321 "$T/out")" 0 "a phone number is not shown"
is "$(hyas editor case list --json | jq '.items | length')" 0 "nothing is stored by a look"

# the second form carries the file on
file=$(grep -o 'name="file" value="[^"]*"' "$T/out" | cut -d'"' -f4)
[ -n "$file" ]; ok $? "the form carries the file"
maps=(); while read -r m; do maps+=(-F "map=$m"); done < <(grep -o '<option value="[a-z]*=#[0-9]*" selected>' "$T/out" | cut -d'"' -f2)
second() { post -F csrf="$TOKEN" -F source=12345热线 -F kind=cases -F channel=hotline -F header=1 -F save=true "${maps[@]}" -F "file=$file" "$U/imports/run"; }
is "$(second)" 200 "taken in"
has "$(cat "$T/out")" '<dt>New</dt><dd>2</dd>' "two new"
is "$(hyas editor case list --json | jq '.items | length')" 2 "two cases"
is "$(second)" 200 "the same again"
has "$(cat "$T/out")" '<dt>Known already</dt><dd>2</dd>' "changes nothing"
is "$(hyas editor case list --json | jq '.items | length')" 2 "still two cases"
id=$(hyas editor case list --reference GD1 --json | jq -r '.items[0].id')
page -o "$T/case" "$U/cases/$id?lang=en"
has "$(cat "$T/case")" '<dt>Original number</dt><dd>GD1</dd>' "the case shows its original number"
has "$(cat "$T/case")" '<dt>Reply to</dt><dd>13987654321</dd>' "and how to answer"

page -o "$T/found" "$U/cases?lang=en&reference=GD2"
is "$(grep -c 'data-row' "$T/found")" 1 "the page finds a case by its original number"

# doors that stay shut
is "$(post -F csrf=wrong -F source=x -F "file=@$T/a.csv" "$U/imports/preview")" 403 "without the form's token nothing is done"
is "$(curl -sS -o /dev/null -w '%{http_code}' -F "file=@$T/a.csv" "$U/imports/preview")" 303 "who is not logged in is sent to log in"
is "$(post --data-urlencode csrf="$TOKEN" --data-urlencode source=x "$U/imports/preview")" 415 "a form without a file's coding is refused"
is "$(post -F csrf="$TOKEN" -F source=x -F nosuch=1 -F "file=@$T/a.csv" "$U/imports/preview")" 400 "a field that is not there is refused"
is "$(post -F csrf="$TOKEN" -F source=x "$U/imports/preview")" 400 "a form without a file says so"
has "$(cat "$T/out")" 'choose a file' "in one line"
python3 -c 'print("编号,内容"); [print("N%d,%s" % (i, "水" * 500)) for i in range(3200)]' >"$T/large.csv"
is "$(post -F csrf="$TOKEN" -F source=x -F "file=@$T/large.csv" "$U/imports/preview")" 400 "more than 4 MiB is not for the dashboard"
has "$(cat "$T/out")" 'at most 4 MiB' "and says what to do"
head -c 7000000 /dev/zero >"$T/huge"
is "$(post -F csrf="$TOKEN" -F source=x -F "file=@$T/huge" "$U/imports/preview")" 413 "what is far too long is not read"
printf -- '--b\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n%s\r\n--b' "$TOKEN" >"$T/cut"
is "$(post -H 'Content-Type: multipart/form-data; boundary=b' --data-binary "@$T/cut" "$U/imports/preview")" 400 "a form that is cut is refused"

# at the counter
page -o "$T/cases" "$U/cases?lang=en"
has "$(cat "$T/cases")" 'name="reference"' "the form of a case asks for the original number"
typed() { post --data-urlencode csrf="$TOKEN" --data-urlencode title=窗口来访 --data-urlencode channel=counter --data-urlencode reference=C-7 --data-urlencode contact=13700001111 --data-urlencode "at=$(TZ=Asia/Shanghai date -d '1 hour ago' +%Y-%m-%dT%H:%M)" "$U/cases"; }
is "$(typed)" 303 "a case typed in"
is "$(typed)" 409 "the same number twice is refused"
has "$(cat "$T/out")" 'C-7 came already: it is case' "naming the case"
is "$(hyas editor case list --reference C-7 --json | jq -r '.items[0].channel')" counter "it is found by its number"

# the API
token=$(cat "$T/clerk.token")
api() { curl -sS -H "Authorization: Bearer $token" -H 'Content-Type: application/json' --data @- "$U/api/v1/import/$1"; }
is "$(jq -n --rawfile f <(base64 -w0 "$T/a.csv") '{source:"12345热线",file:$f}' | api preview | jq -c '[.new,.repeat,.refused]')" '[0,2,1]' "the API knows them, too"
is "$(jq -n --rawfile f <(base64 -w0 "$T/a.csv") '{source:"另一处",file:$f,author:"x"}' | api run | jq -r .status)" 400 "and takes no other parameter"
hyas editor source balance --json | jq -e .balanced >/dev/null; ok $? "what was received balances"
# ---- a workbook whose rows have a state: what was settled is a closed case that promises nothing ----
python3 - "$T/state.xlsx" <<'PY'; ok $? "openpyxl writes a workbook"
import datetime, openpyxl, sys
day = datetime.datetime.now() - datetime.timedelta(days=20)
book = openpyxl.Workbook()
rows = [("工单编号", "诉求内容", "受理时间", "办理状态", "办结时间"), ("X1", "水黄", day, "已办结", day + datetime.timedelta(days=2)), ("X2", "灯暗", day, "办理中", None),
        ("X3", "路堵", day.date(), "Resolved", None), ("X4", "声吵", day, "去向不明", None)]
for row in rows:
    book.active.append(row)
book.save(sys.argv[1])
PY
is "$(post -F csrf="$TOKEN" -F source=台账 -F kind= -F channel= -F "file=@$T/state.xlsx" "$U/imports/preview")" 200 "a look at it"
has "$(cat "$T/out")" '<dt>Closed already: no promise starts</dt><dd>2</dd>' "two are closed"
has "$(cat "$T/out")" '<dt>State not understood: taken in as open</dt><dd>1</dd>' "one state is not understood"
has "$(cat "$T/out")" '<dd>去向不明</dd>' "and named"
has "$(hyas editor import preview "$T/state.xlsx")" '1 have a state that is not understood and count as open: 去向不明' "on the command line, too"
hyas editor import run "$T/state.xlsx" --as-source 台账 >/dev/null; is $? 0 "taken in"
is "$(hyas editor case list --reference X1 --closed --json | jq -r '.items[0] | [.state, .due_reply_ts, .overdue] | @csv')" '"closed",0,false' "the settled one is closed, without a promise"
is "$(hyas editor case list --reference X2 --json | jq -r '.items[0].state')" new "the other one is open"
has "$(hyas editor case show "$(hyas editor case list --reference X1 --closed --json | jq -r '.items[0].number')" --why 核查)" '已办结' "its history says how it was settled"
is "$(hyas editor import list --json | jq -r '.items[] | select(.source == "台账") | .state')" complete "and the file came to its end"
stop_serve; is $? 0 "serve stops cleanly"

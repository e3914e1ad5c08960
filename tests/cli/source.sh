#!/bin/sh
# `source test` reads what a site sent and stores nothing; sources are added, listed, paused, removed, imported and exported.
. "${top_srcdir:-.}/tests/cli/lib.sh"
feeds=$top_srcdir/testdata/feeds
export HUYING_DIR="$tmp/none"
test_feed() { # FILE [options]: source test, as JSON
	file=$1
	shift
	run source test "$feeds/$file" --json "$@"
}
code 0 "source test for people" source test "$feeds/rss-channel-basics.xml"
[ -s "$tmp/out" ]
ok $? "says what is in it"
# Every feed of the test data is answered: by JSON with the members that are promised, or by one line. None ends badly.
cat >"$tmp/shape.py" <<'PY'
import glob, json, os, sys

def shaped(d):
    assert isinstance(d["well_formed"], bool) and isinstance(d["version"], str) and "encoding" in d
    assert isinstance(d["feed"], dict) and isinstance(d["entries"], list)
    for key in ("title", "link", "id", "subtitle", "updated_ts"):
        assert key in d["feed"], key
    for e in d["entries"]:
        for key in ("id", "title", "link", "summary", "content", "published_ts", "updated_ts"):
            assert key in e, key
        for key in ("published_ts", "updated_ts"):
            assert e[key] is None or isinstance(e[key], int), key
        assert "author" not in e

good = 0
for err in glob.glob(sys.argv[1] + "/*.err"):
    try:
        if os.path.exists(err[:-4] + ".json"):
            with open(err[:-4] + ".json", encoding="utf-8") as f:
                shaped(json.load(f))
        else:
            assert sum(l.startswith(b"huying: ") for l in open(err, "rb")) == 1, "no one line"
        good += 1
    except (AssertionError, KeyError, ValueError) as e:
        print("# %s: %r" % (err, e), file=sys.stderr)
print(good)
PY
total=0 worst=0
mkdir "$tmp/said"
for file in "$feeds"/*; do
	case $file in *.tsv | *.py) continue ;; esac
	total=$((total + 1))
	name=$(basename "$file")
	"$huying" source test "$file" --json --base-url http://www.example.org/feed >"$tmp/said/$name.json" 2>"$tmp/said/$name.err"
	rc=$?
	[ $rc -le 2 ] || { worst=$rc; echo "# $name: exit $rc"; }
	[ $rc -eq 0 ] || rm "$tmp/said/$name.json"
done
shaped=$(python3 "$tmp/shape.py" "$tmp/said")
is $worst 0 "no feed of the test data ends badly"
is $shaped $total "each is answered in the form that docs/formats.md gives, or by one line"
[ "$total" -gt 200 ]
ok $? "and there are many"

test_feed atom-author.xml
! grep -qi 'author' "$tmp/out"
ok $? "authors are not printed"
test_feed charset-http-gb18030.xml --content-type 'application/xml; charset=gb18030'
is "$(get encoding)" gb18030 "--content-type says what HTTP would have said"
test_feed atom-base-fetch.xml --base-url http://base.example.org/x/y
get entries.0.link | grep -q '^http://base.example.org'
ok $? "--base-url makes addresses whole"
test_feed ill-cut.xml
is "$(get well_formed)" false "a cut feed is not well-formed"
test_feed ill-entity-bomb.xml
[ $rc -le 2 ] && [ "$(wc -c <"$tmp/out")" -lt 1000000 ]
ok $? "an entity bomb stays small"
"$huying" source test --json - <"$feeds/json-11.json" >"$tmp/out" 2>"$tmp/err"
rc=$?
is $rc 0 "a feed by stdin"
is "$(get version)" json11 "JSON Feed 1.1"
code 3 "a file that is not there" source test "$tmp/nosuch.xml"
one_line "a file that is not there"
: >"$tmp/empty.xml"
run source test "$tmp/empty.xml"
[ $rc -ne 0 ] && [ $rc -lt 10 ]
ok $? "an empty file is no feed"
head -c 9000000 /dev/zero | tr '\0' ' ' >"$tmp/big.xml"
code 2 "more than 8 MiB" source test "$tmp/big.xml"
one_line "more than 8 MiB"
code 75 "nobody answers there" source test http://feed.example.gov.cn/x --reach 127.0.0.1:1
code 4 "an address inside the house is not asked" source test http://127.0.0.1:1/x

# ---- the list of sources ----
office
admin source add --kind feed --name 县政府网 http://www.example.gov.cn/feed --reach 127.0.0.1:1 --json
is $rc 0 "source add"
id=$(get id)
admin source add --kind feed --name 县政府网 https://www.example.gov.cn/other
is $rc 8 "a name is taken once"
admin source add --kind feed --name 己 http://www.example.gov.cn/other
is $rc 2 "plain http is refused unless somebody says so"
admin source add --kind feed --name 己 --allow-http http://www.example.gov.cn/other --json
is $rc 0 "plain http, said"
huying_id=$(get id)
admin source remove "$huying_id"
admin source add --kind nosuch --name 乙 https://www.example.gov.cn/other
is $rc 2 "a kind that is not there"
admin source add --kind feed --name 丙 ftp://www.example.gov.cn/other
is $rc 2 "an address that is not http"
admin source add --kind feed --name 丁 --reach nonsense http://www.example.gov.cn/other
is $rc 2 "a peer that is none"
code 0 "source list" source list --json
is "$(get items.0.name)" 县政府网 "names it"
code 0 "source show by name" source show 县政府网 --json
is "$(get reach)" 127.0.0.1:1 "its peer is shown"
code 3 "source show of nothing" source show 99
code 0 "the balance sheet of an office to which nothing came" source balance
says "0 received = 0 new + 0 repeats + 0 refused" "says that it balances"
code 0 "as a table" source balance --csv --day 2026-11-01 --until 2026-11-30
says "All,,0,0,0,0,0,0,0,0,0,0,0," "has a row of sums"
code 2 "a range that ends before it begins" source balance --day 2026-11-02 --until 2026-11-01
code 3 "the sheet of a source that is not there" source balance nosuch
run doctor
says "127.0.0.1:1" "doctor prints peers named exactly"
admin source pause "$id" --json
is "$(get state)" paused "source pause"
admin source resume "$id" --json
is "$(get state)" active "source resume"

# ---- OPML ----
cat >"$tmp/feeds.opml" <<'XML'
<?xml version="1.0"?><opml version="2.0"><head><title>t</title></head><body>
<outline text="甲镇"><outline type="rss" text="甲镇政府" xmlUrl="https://a.example.gov.cn/feed"/></outline>
<outline type="rss" text="乙镇政府" xmlUrl="https://b.example.gov.cn/feed"/>
<outline type="rss" text="坏" xmlUrl="javascript:alert(1)"/></body></opml>
XML
admin source import "$tmp/feeds.opml" --json
is "$(get added)" 2 "source import adds the feeds"
is "$(get skipped)" 1 "and leaves out what is no address"
admin source import "$tmp/feeds.opml" --json
is "$(get there)" 2 "twice adds nothing"
code 0 "source export" source export
cp "$tmp/out" "$tmp/export.opml"
grep -q 'https://a.example.gov.cn/feed' "$tmp/export.opml" && python3 -c 'import sys, xml.dom.minidom as m; m.parse(sys.argv[1])' "$tmp/export.opml"
ok $? "is OPML with the addresses"
! grep -q '127.0.0.1' "$tmp/export.opml"
ok $? "peers named exactly do not travel"
admin source remove "$id"
is $rc 0 "source remove"
code 0 "source list after removal" source list --json
! grep -q '县政府网' "$tmp/out" || [ "$(get items.0.state)" = removed ]
ok $? "it is gone"
finish

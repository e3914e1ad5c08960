#!/bin/sh
# The promise clock as anybody may ask it: design's golden lines, lunch, holidays, make-up days; no office is needed.
. "${top_srcdir:-.}/tests/cli/lib.sh"
export HUYING_DIR="$tmp/none"
due() { # AT OPTIONS...: what falls due, by JSON
	at=$1
	shift
	echo "$at" | "$huying" calendar due --calendar cn "$@" --json - >"$tmp/out" 2>"$tmp/err"
	get due
}
reply() { # AT HOURS
	due "$1" --within '1h work' --within '8h rest' --hours "$2"
}
is "$(reply 2026-11-20T17:40:00+08:00 08:00-18:00)" 2026-11-21T02:00:00+08:00 "17:40 is due at 02:00"
is "$(reply 2026-11-20T07:50:00+08:00 08:00-18:00)" 2026-11-20T09:00:00+08:00 "07:50 is due at 09:00"
is "$(reply 2026-11-20T11:30:00+08:00 08:30-12:00,14:00-18:00)" 2026-11-20T14:30:00+08:00 "11:30 is due after lunch"
is "$(reply 2026-11-20T12:30:00+08:00 08:30-12:00,14:00-18:00)" 2026-11-20T15:00:00+08:00 "a message in the lunch hour"
is "$(reply 2026-11-20T09:00:00+08:00 08:00-18:00)" 2026-11-20T10:00:00+08:00 "in the morning, an hour"
is "$(reply 2026-11-21T10:00:00+08:00 08:00-18:00)" 2026-11-21T18:00:00+08:00 "on a Saturday, eight hours"
is "$(reply 2026-02-14T10:00:00+08:00 08:00-18:00)" 2026-02-14T11:00:00+08:00 "a Saturday made a working day"
is "$(reply 2026-10-01T10:00:00+08:00 08:00-18:00)" 2026-10-01T18:00:00+08:00 "a national holiday"
is "$(due 2026-02-13T10:00:00+08:00 --within '7 workdays' --hours 08:30-12:00,14:00-18:00 | cut -c1-10)" 2026-03-02 \
	"seven working days over Spring Festival"
is "$(due 2026-11-20T23:00:00+08:00 --within '5h any' --hours 08:30-12:00)" 2026-11-21T04:00:00+08:00 "five hours of any kind"
is "$(reply 2026-11-20T09:40:00Z 08:00-18:00)" 2026-11-21T02:00:00+08:00 "a time given in UTC"
is "$(due 2026-11-20T17:40:00 --within '1h work' --within '8h rest' --hours 08:00-18:00)" 2026-11-21T02:00:00+08:00 \
	"a time without a zone is office time"

# The line as the issue gives it, several times at once; one answer a line, in order.
printf '2026-11-20T17:40:00+08:00\n2026-11-20T07:50:00+08:00\n\n2026-11-20T09:00:00+08:00\n' |
	"$huying" calendar due --calendar cn --within '1h work' --within '8h rest' --hours 08:30-12:00,14:00-18:00 --json - >"$tmp/out"
ok $? "several times by stdin"
is "$(wc -l <"$tmp/out")" 3 "one answer for each"
json "each answer is JSON"
is "$(head -1 "$tmp/out" | tr -d ' ')" '{"at":"2026-11-20T17:40:00+08:00","due":"2026-11-21T02:00:00+08:00"}' "the answer's form"
echo 2026-11-20T17:40:00+08:00 >"$tmp/times"
code 0 "times from a file" calendar due --within '1h work' --hours 08:00-18:00 "$tmp/times"
is "$(cat "$tmp/out")" "2026-11-23T08:40:00+08:00" "over the weekend"
code 0 "the clock explains itself" calendar due --within '1h work' --within '8h rest' --hours 08:00-18:00 --explain "$tmp/times"
[ "$(wc -l <"$tmp/out")" -gt 3 ]
ok $? "range by range"
code 0 "and in JSON" calendar due --within '8h rest' --hours 08:00-18:00 --explain --json "$tmp/times"
json "explain --json"

# Monotonic: a later message is never promised an earlier answer (every 7 minutes over a weekend and a holiday).
python3 - >"$tmp/many" <<'PY'
import datetime
t = datetime.datetime(2026, 9, 30, 6, 0)
for i in range(1200):
    print((t + datetime.timedelta(minutes=7 * i)).strftime("%Y-%m-%dT%H:%M:00+08:00"))
PY
run calendar due --within '1h work' --within '8h rest' --hours 08:30-12:00,14:00-18:00 "$tmp/many"
is "$(wc -l <"$tmp/out")" 1200 "1,200 times in a row"
LC_ALL=C sort -c "$tmp/out"
ok $? "none is due before an earlier one"

# ---- what is not understood ----
echo tomorrow >"$tmp/times"
code 2 "a time that is none" calendar due --within '1h work' "$tmp/times"
one_line "a time that is none"
says "line 1" "its line is named"
code 2 "no budget" calendar due "$tmp/times"
code 2 "a budget that is none" calendar due --within '1 fortnight' "$tmp/times"
code 2 "hours that are none" calendar due --within '1h work' --hours 18:00-08:00 "$tmp/times"
code 2 "a calendar that is not there" calendar due --calendar xx --within '1h work' "$tmp/times"
code 3 "a file that is not there" calendar due --within '1h work' "$tmp/nosuch"

# ---- days ----
code 0 "calendar show" calendar show 2026
says 2026-10-01 "National Day is in it"
code 0 "calendar show as JSON" calendar show 2026-02 --json
json "calendar show --json"
code 0 "calendar explain" calendar explain 2026-02-14 --json
is "$(get work)" true "14 February 2026 is a working day"
code 2 "a day that is none" calendar explain 2026-02-30
office
person yi 乙 admin
as yi calendar set 2026-11-21 work --name 防汛值守 --why 县防指〔2026〕3号
is $rc 0 "the office sets a day of its own"
code 0 "and is told of it" calendar explain 2026-11-21 --json
is "$(get work)" true "that Saturday is worked"
finish

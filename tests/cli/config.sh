#!/bin/sh
# A wrong huying.conf: named by file and line with the cure by `config check`, one line by every other command.
. "${top_srcdir:-.}/tests/cli/lib.sh"
office
conf=$HUYING_DIR/huying.conf
cp "$conf" "$tmp/good"

code 0 "the configuration of setup is fine" config check
code 0 "config path" config path
says "$tmp/office/huying.db" "config path names the record"
code 0 "config path as JSON" config path --json
json "config path --json"
code 0 "config show" config show
says '^office.name = "临江县"  # line' "config show gives a value with its line"
says '^collect.interval = .*# default' "and says what is a default"

# wrong LINE PATTERN NAME: the file at hand is refused at that line, with these words
wrong() {
	code 9 "config check: $3" config check
	grep -q "^$conf:$1: " "$tmp/out"
	ok $? "$3: file and line"
	says "$2" "$3: the cure"
	code 2 "status with $3" status
	one_line "status with $3"
	code 2 "serve with $3" serve
	one_line "serve with $3"
	cp "$tmp/good" "$conf"
}
printf 'web {\n\tlisten = “127.0.0.1:8620”\n}\n' >"$conf"
wrong 2 '"' "full-width quotes"
printf 'web {\n\tlisten ＝ "127.0.0.1:8620"\n}\n' >"$conf"
wrong 2 '=' "a full-width equals sign"
printf 'collect {\n\tintervall = "10m"\n}\n' >"$conf"
wrong 2 'interval' "an unknown option"
printf '# one\n\ncolect {\n\tinterval = "10m"\n}\n' >"$conf"
wrong 3 'collect' "an unknown section"
printf '\ncollect {\n\tinterval = "10m"\n' >"$conf"
wrong 2 '}' "an unclosed brace"
printf 'collect {\n\tin_flight = 9999\n}\n' >"$conf"
wrong 2 '256' "a number out of its range"
for section in collect publish; do # no request is given longer than this, so nobody may believe it
	printf '%s {\n\ttimeout = "61s"\n}\n' $section >"$conf"
	wrong 2 '60s' "$section.timeout past what a request is given"
done
printf 'office {\n\tlanguage = "fr"\n}\n' >"$conf"
wrong 2 'zh' "a language that is not there"
printf 'office {\n\ttimezone = "Asia/Nowhere"\n}\n' >"$conf"
wrong 2 'Nowhere' "a zone that is not there"
printf 'promise "reply" {\n\twithin = {"1 fortnight"}\n}\n' >"$conf"
wrong 2 'fortnight' "a budget that is none"
printf '\377\376\n' >"$conf"
code 9 "config check: bytes that are no text" config check
cp "$tmp/good" "$conf"

# Every fault at once, each with its line.
printf 'collect {\n\tintervall = "10m"\n}\nweb {\n\tlisten = “x”\n}\n' >"$conf"
code 9 "two faults" config check
is "$(grep -c "^$conf:" "$tmp/out")" 2 "both are named"
cp "$tmp/good" "$conf"
code 0 "an office again" status

# Another file may be checked before it is put in place, and needs no office.
printf 'collect {\n\tinterval = "10m"\n}\n' >"$tmp/new.conf"
code 0 "config check FILE" config check "$tmp/new.conf" --dir "$tmp/none"
code 3 "config check of a file that is not there" config check "$tmp/nosuch.conf"
one_line "config check of a file that is not there"
finish

# What the cli tests share: a folder of their own, TAP, and short names for what they ask of the program.
# A test sources this file, calls ok, is, code ... and ends with finish. Nothing is read or written outside $tmp.
: "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${top_builddir:=$top_srcdir/build}"
huying=$top_builddir/huying
tmp=$(mktemp -d)
trap 'stop_all; rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
unset HUYING_DIR HUYING_TOKEN_FILE CREDENTIALS_DIRECTORY XDG_CONFIG_HOME XDG_RUNTIME_DIR
export HOME=$tmp/home XDG_STATE_HOME=$tmp/state LC_ALL=C.UTF-8 LANGUAGE=en TZ=Asia/Shanghai HUYING_TEST_FAST_HASH=1
mkdir -p "$HOME"
n=0 bad=0 pids=

# ---- TAP ----

ok() { # STATUS NAME: a test that passed when STATUS is 0
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n - $2"
	else
		bad=$((bad + 1))
		echo "not ok $n - $2"
		[ ! -s "$tmp/out" ] || sed 's/^/# out: /' "$tmp/out" | head -20
		[ ! -s "$tmp/err" ] || sed 's/^/# err: /' "$tmp/err" | head -20
	fi
}
is() { # GOT WANTED NAME
	[ "$1" = "$2" ]
	ok $? "$3"
	[ "$1" = "$2" ] || { echo "# got:    $1"; echo "# wanted: $2"; }
}
skip() { # WHY NAME
	n=$((n + 1))
	echo "ok $n - $2 # SKIP $1"
}
skip_all() {
	echo "1..0 # SKIP $1"
	exit 0
}
finish() {
	echo "1..$n"
	[ $bad -eq 0 ]
	exit
}

# ---- running the program ----

# Runs it; its words are in $tmp/out and $tmp/err, its exit code in $rc.
run() {
	"$huying" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	rc=$?
}
code() { # WANTED NAME COMMAND...: the exit code, and no trace of a crash
	wanted=$1 name=$2
	shift 2
	run "$@"
	[ $rc -eq "$wanted" ] && ! grep -q 'Sanitizer\|runtime error' "$tmp/err"
	ok $? "$name"
	[ $rc -eq "$wanted" ] || echo "# exit code $rc, wanted $wanted: huying $*"
}
# An error is one line on stderr that begins with the program's name, and nothing is on stdout.
one_line() { # NAME
	[ ! -s "$tmp/out" ] && [ "$(grep -c '^huying: ' "$tmp/err")" -eq 1 ] &&
		[ "$(grep -vc '^huying: \|^example: ' "$tmp/err")" -eq 0 ]
	ok $? "$1: one clear line"
}
says() { # PATTERN NAME: on stdout or stderr
	cat "$tmp/out" "$tmp/err" | grep -q -e "$1"
	ok $? "$2"
}
json() { # NAME: stdout is JSON
	python3 -c 'import json, sys
for line in (l for l in open(sys.argv[1]) if l.strip()): json.loads(line)' "$tmp/out" 2>"$tmp/json.err"
	ok $? "$1"
}
# One member of the answer: get id; get items.0.title
get() {
	python3 -c 'import json, sys
v = json.loads(open(sys.argv[1]).read())
for k in sys.argv[2].split("."): v = v[int(k)] if isinstance(v, list) else v.get(k) if v is not None else None
print(json.dumps(v, ensure_ascii=False) if isinstance(v, (list, dict, bool)) or v is None else v)' "$tmp/out" "$1" 2>/dev/null
}

# ---- an office ----

# Sets up $tmp/office; its recovery phrase is in $tmp/phrase, the administrator's token in $tmp/admin.
office() { # [setup options]
	export HUYING_DIR=$tmp/office
	run setup --office 临江县 --listen 127.0.0.1:0 --admin-token-file "$tmp/admin" --json "$@"
	[ $rc -eq 0 ] || { sed 's/^/# /' "$tmp/err"; echo "Bail out! setup failed"; exit 1; }
	get phrase >"$tmp/phrase"
	echo "$tmp/office"
}
admin() { run "$@" --as admin --token-file "$tmp/admin"; }
# Adds a person: person LOGIN NAME DUTIES; the token is in $tmp/LOGIN.
person() {
	admin user add --login "$1" --name "$2" --duties "$3" --json
	get token >"$tmp/$1"
}
as() { # LOGIN COMMAND...
	who=$1
	shift
	run "$@" --as "$who" --token-file "$tmp/$who"
}
stop_all() {
	for pid in $pids; do kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null; done
	pids=
}

#!/bin/bash
# R03, R04, R26: a full disk, a disk that fails to sync, two daemons and two publishers on one folder. The plain binary, under strace.
here=$(cd "$(dirname "$0")" && pwd)
HUYING=${HUYING:-${top_builddir:-$here/../../build}/huying}
for tool in strace /usr/bin/python3; do
	command -v $tool >/dev/null && continue
	[ "${CI:-}" = true ] && { echo "not ok 1 - $tool is missing"; echo "1..1"; exit 1; }
	echo "1..0 # skipped: $tool is missing"
	exit 0
done
exec /usr/bin/python3 "$here/../kill/faults.py" "$HUYING"

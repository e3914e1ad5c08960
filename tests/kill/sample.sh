#!/bin/bash
# R01, R02, R11, R12: a seeded sample of kills of every flow, for ./check; soak.sh does them all. The plain binary: sanitizers fail
# under strace.   env: KILL_SEED, KILLS (default 250), KILL_JOBS
here=$(cd "$(dirname "$0")" && pwd)
HUYING=${HUYING:-${top_builddir:-$here/../../build}/huying}
for tool in strace /usr/bin/python3; do
	command -v $tool >/dev/null && continue
	[ "${CI:-}" = true ] && { echo "not ok 1 - $tool is missing"; echo "1..1"; exit 1; }
	echo "1..0 # skipped: $tool is missing"
	exit 0
done
exec /usr/bin/python3 "$here/kill.py" --huying "$HUYING" --kills "${KILLS:-250}" --daemon 15 --seed "${KILL_SEED:-20261121}" \
	--jobs "${KILL_JOBS:-$(nproc)}"

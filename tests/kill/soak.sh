#!/bin/bash
# Every kill point of every flow once, then points and second kills at random, up to KILLS (10000); the last line but one gives the
# totals. For `make check-soak`, hours; its figures belong in docs/proof.md.   env: KILL_SEED, KILLS, KILL_MINUTES, KILL_JOBS
here=$(cd "$(dirname "$0")" && pwd)
HUYING=${HUYING:-${top_builddir:-$here/../../build}/huying}
exec /usr/bin/python3 "$here/kill.py" --huying "$HUYING" --every --kills "${KILLS:-10000}" --daemon $((${KILLS:-10000} / 25)) \
	--seed "${KILL_SEED:-20261121}" --minutes "${KILL_MINUTES:-100000}" --jobs "${KILL_JOBS:-$(nproc)}"

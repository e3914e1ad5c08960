#!/bin/bash
# A minute of 1,000 callbacks a second, 5 % lost, 10 % doubled, all shuffled, the daemon killed three times: tests/integration/receive.sh
# at its full size, for `make check-soak`. Its last "#" line is the figure for docs/proof.md.   env: HUYING_RECEIVE="N KILLS RATE"
here=$(cd "$(dirname "$0")" && pwd)
export HUYING=${HUYING:-${top_builddir:-$here/../../build}/huying} HUYING_RECEIVE=${HUYING_RECEIVE:-60000 3 1000}
exec bash "$here/../integration/receive.sh"

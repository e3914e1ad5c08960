#!/usr/bin/env bash
# The demonstration plays to its end, and a second time with the same figures.
source "$(dirname "$0")/lib.sh"
need jq curl
(cd "$top" && HUYING=$HUYING ./run --once) >"$T/one.txt" 2>&1
is $? 0 "./run --once exits 0 ($(tail -n 1 "$T/one.txt"))"
is "$(grep -cE '^ *[0-9]+  ' "$T/one.txt")" 15 "and tells its 15 steps"
(cd "$top" && LANGUAGE=zh_CN HUYING=$HUYING ./run --once) >"$T/two.txt" 2>&1
is $? 0 "and in Chinese"
has "$(cat "$T/two.txt")" 临江县 "of 临江县"

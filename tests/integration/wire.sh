#!/usr/bin/env bash
# Strangers on our wire, in bytes: what npm packages seal we open, and what we seal they open.
source "$(dirname "$0")/lib.sh"
need node
[ -x "${HUYING%/*}/callback-peer" ] || die "no ${HUYING%/*}/callback-peer: make -C build check TESTS="
top_builddir=${HUYING%/*} node "$here/wire-peers.mjs" >"$T/wire.tap" 2>"$T/wire.err"
code=$?
sed 's/^/# /' "$T/wire.tap"
if grep -q '^1\.\.0 # skipped' "$T/wire.tap"; then skip_all "npm packages are missing"; fi
is "$code" 0 "npm wechat-crypto and @wecom/crypto agree with us both ways"
is "$(grep -c '^ok' "$T/wire.tap")" 8 "all of their checks were made"

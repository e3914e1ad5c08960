#!/usr/bin/env bash
# Tables of other writers: python's csv and openpyxl; and .xlsx files that mean harm (T-XML-1).
source "$(dirname "$0")/lib.sh"
need python3
dump=${HUYING%/*}/table-dump
[ -x "$dump" ] || die "no $dump: make -C build check TESTS="
while IFS= read -r line; do
  case $line in
    "ok "*) ok 0 "${line#ok * - }" ;;
    "not ok "*) ok 1 "${line#not ok * - }" ;;
    1..*) last=yes ;;
    *) echo "# $line" ;;
  esac
done < <(python3 "$here/tables.py" "$dump" "$T")
[ "${last:-}" = yes ]; ok $? "all files were tried"

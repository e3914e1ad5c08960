#!/bin/bash
# Tables of other writers: python's csv and openpyxl; and .xlsx files that mean harm.
. "$(dirname "$0")/lib.sh"
python3 "$top/tests/integration/tables.py" "$build/table-dump" "$T"

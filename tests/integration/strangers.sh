#!/usr/bin/env bash
# The practice platforms are true enough for clients that others wrote: what they accept, ours may be tried against.
source "$(dirname "$0")/lib.sh"
need python3 jq curl
python3 -c 'import mastodon' 2>/dev/null || { [ "${CI:-}" = true ] && { echo "not ok 1 - python3-mastodon is missing"; echo 1..1; trap - EXIT; exit 1; }; skip_all "python3-mastodon is missing"; }
start_practice
# Python counts and plans its own lines; here they are taken over.
while IFS= read -r line; do
  case $line in
  "ok "*) ok 0 "${line#ok * - }" ;;
  "not ok "*) ok 1 "${line#not ok * - }" ;;
  1..*) planned=${line#1..} ;;
  *) echo "# $line" ;;
  esac
done < <(python3 "$here/strangers.py" "http://$PRACTICE" 2>&1)
is "$test_n" "${planned:-none}" "python3-mastodon came to its end"

#!/usr/bin/env bash
# The practice platforms are true enough for clients that others wrote: what they accept, ours may be tried against.
source "$(dirname "$0")/lib.sh"
need python3 jq curl
python3 -c 'import mastodon' 2>/dev/null || { [ "${CI:-}" = true ] && { echo "not ok 1 - python3-mastodon is missing"; echo 1..1; trap - EXIT; exit 1; }; skip_all "python3-mastodon is missing"; }
# A clock that stands until a test moves it: what is refused "within 30 s" is refused on the slowest machine.
date +%s000 >"$T/clock"
export HUYING_CLOCK=$T/clock
start_practice
unset HUYING_CLOCK
# Python counts and plans its own lines; here they are taken over.
while IFS= read -r line; do
  case $line in
  "ok "*) ok 0 "${line#ok * - }" ;;
  "not ok "*) ok 1 "${line#not ok * - }" ;;
  1..*) planned=${line#1..} ;;
  *) echo "# $line" ;;
  esac
done < <(python3 "$here/strangers.py" "http://$PRACTICE" "$PRACTICE_SMTP" "$PRACTICE_IMAP" 2>&1)
is "$test_n" "${planned:-none}" "the clients in Python came to their end"

# ---- curl fetches a mail ----
practice "say?platform=mail&kind=message&title=curl&text=by-curl" >/dev/null
uid=$(curl -fsS "imap://$PRACTICE_IMAP/INBOX" -u desk@linjiang.example:practice -X 'UID SEARCH UNSEEN' | tr -d '\r' | awk '{print $NF}')
has "$(curl -fsS "imap://$PRACTICE_IMAP/INBOX;UID=$uid" -u desk@linjiang.example:practice)" by-curl "curl reads a mail by its UID"
printf 'Subject: x\r\n\r\nbody\r\n' | curl -fsS "smtp://$PRACTICE_SMTP" --mail-from desk@linjiang.example --mail-rcpt f@example.org -T -
is $? 0 "curl brings one"

# ---- npm smpp binds, submits, gets receipts and messages; npm wechat-crypto reads our callbacks ----
if [ -d "${HY_VENDOR:-$top/build/vendor}/node_modules/smpp" ]; then
  while IFS= read -r line; do
    case $line in
    "ok "*) ok 0 "${line#ok * - }" ;;
    "not ok "*) ok 1 "${line#not ok * - }" ;;
    *) echo "# $line" ;;
    esac
  done < <(NODE_PATH=${HY_VENDOR:-$top/build/vendor}/node_modules node "$here/strangers.cjs" "http://$PRACTICE" "$PRACTICE_SMPP" 2>&1)
elif [ "${CI:-}" = true ]; then
  ok 1 "npm smpp is missing: ./check vendor"
fi

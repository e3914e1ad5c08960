#!/bin/sh
# The road under load: `huying bench pipeline` counts what it fed and finds it again; collecting by hand beside a daemon that
# does not collect; how late the followers are, wherever it is said.
. "${top_srcdir:-.}/tests/cli/lib.sh"
export TMPDIR=$tmp

code 2 "bench pipeline: a rate that is none" bench pipeline --rate many
one_line "bench pipeline: a rate that is none"
code 2 "bench pipeline: no sources" bench pipeline --sources 0
code 2 "bench pipeline: no input" bench pipeline --input "$tmp/none"
printf '0\t0\t一号路灯坏了\n1\t0\t二号路灯坏了，城东\n2\t0\t听说自来水发黄\n' >"$tmp/posts.tsv"
code 0 "bench pipeline: invented texts" bench pipeline --seconds 1 --rate 400 --burst 600 --rules 20
json "bench pipeline: prints JSON"
is "$(get in_order) $(get lost) $(get doubled) $(get events_in_order)" "true 0 0 true" "nothing lost, doubled or out of place"
[ "$(get all)" -ge 900 ] && [ "$(get items)" -ge 300 ] && [ "$(get events)" -ge 1 ]
ok $? "the stream, the burst and the events are counted"
code 0 "bench pipeline: given texts, as fast as it goes" bench pipeline --max --items 300 --seconds 60 --rules 5 --readers 0 --input "$tmp/posts.tsv"
is "$(get texts) $(get all) $(get lost) $(get doubled)" "given 300 0 0" "all of them, once"
is "$(find "$tmp" -name 'huying-pipeline-*' | wc -l)" 0 "nothing is left behind"

# ---- by hand, beside a daemon without the role collect ----
office
cat >"$tmp/feed.py" <<'PY'
import http.server
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = '<rss version="2.0"><channel><title>t</title><item><title>路灯</title><guid>1</guid></item></channel></rss>'.encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/rss+xml; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *a): pass
s = http.server.HTTPServer(("127.0.0.1", 0), H)
print(s.server_port, flush=True)
s.serve_forever()
PY
mkfifo "$tmp/port" "$tmp/log"
python3 "$tmp/feed.py" >"$tmp/port" &
pids="$pids $!"
read -r port <"$tmp/port"
admin source add --kind feed --name 甲 http://a.example.gov.cn/feed --reach "127.0.0.1:$port"
"$huying" serve --roles index,detect,web 2>"$tmp/log" &
pids="$! $pids"
exec 3<"$tmp/log"
while read -r line <&3; do case $line in *ready*) break ;; esac; done
cat <&3 >"$tmp/serve.log" &
timeout 80 "$huying" collect run >"$tmp/out" 2>"$tmp/err"
ok $? "collect run beside a daemon that does not collect"
run status --json
is "$(get counts.items)" 1 "the item is in the record"
case $(get index_lag_ms)$(get detect_lag_ms) in *[!0-9]* | "") false ;; esac
ok $? "status says how late the followers are"
is "$(python3 -c 'import sys, urllib.request
t = urllib.request.urlopen("http://127.0.0.1:%s/metrics" % open(sys.argv[1]).read().strip(), timeout=60).read().decode()
print(t.count("huying_lag_seconds{follower="))' "$HUYING_DIR/run/web.port")" 2 "and so do the metrics"
finish

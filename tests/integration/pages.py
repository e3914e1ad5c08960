"""A feed of which nothing overlaps with the last look, so that its next pages are read; and a canary on another port.
usage: pages.py FOLDER    writes FOLDER/ports ("FEED CANARY"), FOLDER/asked and FOLDER/canary, a line for each request."""
import http.server
import itertools
import json
import os
import sys
import threading

folder = sys.argv[1]
count = itertools.count(1)
mends = itertools.count(1)


class Log(http.server.BaseHTTPRequestHandler):
    name = ""

    def note(self):
        with open(os.path.join(folder, self.name), "a") as f:
            f.write(f"{self.path} {self.headers['Host']}\n")

    def log_message(self, *args):
        pass


class Canary(Log):
    name = "canary"

    def do_GET(self):
        self.note()
        self.send_error(404)


class Feed(Log):
    name = "asked"

    def do_GET(self):
        self.note()
        n = next(count)
        own = self.path.startswith("/own")
        port = feed.server_port if own else canary.server_port
        page = f"http://127.0.0.1:{port}{'/own' if own else '/next'}?page={n}"
        if self.path.startswith("/mend"):
            return self.mend(self.path.partition("page=")[2])
        still = self.path == "/own" and os.path.exists(os.path.join(folder, "still"))
        items = [{"id": f"still-{i}", "title": f"still {i}", "content_text": "the same as before"} for i in range(5)] if still else [{"id": f"{n}-{i}", "title": os.urandom(12).hex(), "content_text": os.urandom(60).hex()} for i in range(5)]
        self.give(page, items)

    def mend(self, page):
        """Nothing of a look overlaps with the last one, but its next page does."""
        k = int(page) if page else next(mends)
        self.give(f"http://127.0.0.1:{feed.server_port}/mend?page={k - 1}", [{"id": f"m{k}-{i}", "title": f"mend {k} {i}", "content_text": f"part {k} {i}"} for i in range(5)])

    def give(self, page, items):
        body = json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "t", "next_url": page, "items": items}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/feed+json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


canary = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Canary)
feed = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Feed)
for name in ("asked", "canary"):
    open(os.path.join(folder, name), "w").close()
threading.Thread(target=canary.serve_forever, daemon=True).start()
with open(os.path.join(folder, "ports.new"), "w") as f:
    f.write(f"{feed.server_port} {canary.server_port}\n")
os.rename(os.path.join(folder, "ports.new"), os.path.join(folder, "ports"))
feed.serve_forever()

# What the killed program talks to, on loopback: two feeds with edits and duplicates, and a site that speaks as much of WordPress's
# REST and of Mastodon's interface (with its Idempotency-Key) as we use. It counts what it accepted, so that a doubled post is seen here and not in our own record.
import json
import socket
import threading
from urllib.parse import parse_qs, urlsplit


def rss(stage):
    texts = {n: "城东自来水第%d天的消息，管网冲洗。" % n for n in range(1, 7)}
    if stage:
        texts[2] = "更正：城东自来水第2天的消息，已经恢复。"
        texts.update({n: "城西自来水第%d天的消息，水压正常。" % n for n in range(7, 13)})
    items = [(n, t) for n, t in sorted(texts.items(), reverse=True)]
    if stage:
        items.insert(3, (3, texts[3]))
    body = "".join(
        "<item><guid isPermaLink='false'>g-%d</guid><title>消息%d</title><description>%s</description>"
        "<pubDate>Fri, 20 Nov 2026 %02d:00:00 GMT</pubDate></item>" % (n, n, t, n) for n, t in items)
    return "<?xml version='1.0' encoding='UTF-8'?><rss version='2.0'><channel><title>县网</title>%s</channel></rss>" % body


def atom(stage):
    count = 5 if stage else 2
    body = "".join(
        "<entry><id>urn:x:%d</id><title>论坛%d</title><updated>2026-11-20T%02d:30:00Z</updated>"
        "<content type='text'>有人问自来水的事，第%d帖。</content></entry>" % (n, n, n, n) for n in range(count, 0, -1))
    return ("<?xml version='1.0' encoding='UTF-8'?><feed xmlns='http://www.w3.org/2005/Atom'><id>urn:f</id><title>论坛</title>"
            "<updated>2026-11-20T12:00:00Z</updated>%s</feed>" % body)


def live(count):
    """One item more at each look; each third was edited when the next came."""
    body = "".join(
        "<item><guid isPermaLink='false'>l-%d</guid><title>快讯%d</title><description>城东自来水快讯第%d条%s</description>"
        "<pubDate>Fri, 20 Nov 2026 08:00:00 GMT</pubDate></item>" % (n, n, n, "（更正）" if n % 3 == 0 and n < count else "")
        for n in range(count, 0, -1))
    return "<?xml version='1.0' encoding='UTF-8'?><rss version='2.0'><channel><title>快讯</title>%s</channel></rss>" % body


class Peers:
    """Ways of answering a create: normal; drop (taken, then cut); e500; big (10 MB); text (200, no JSON).
    Ways of a look-up: normal; broken (500); late (nothing in the first answers)."""

    def __init__(self):
        self.lock = threading.Lock()
        self.idle = threading.Condition(self.lock)
        self.busy = 0
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(64)
        self.port = self.listener.getsockname()[1]
        self.reset()
        threading.Thread(target=self.accept, daemon=True).start()

    def reset(self, create="normal", lookup="normal", stage=0):
        with self.lock:
            self.create, self.lookup, self.stage = create, lookup, stage
            self.posts, self.messages, self.lookups, self.offered, self.growing = [], [], 0, 0, True

    def settle(self):
        """Returns when everything that reached us is dealt with: what waits before us in the queue, then what is in hand."""
        with socket.create_connection(("127.0.0.1", self.port)) as s:
            s.sendall(b"GET /ping HTTP/1.1\r\n\r\n")
            while s.recv(4096):
                pass
        with self.idle:
            self.idle.wait_for(lambda: self.busy == 0, 30)

    def accept(self):
        while True:
            try:
                conn, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                self.busy += 1
            threading.Thread(target=self.serve, args=(conn,), daemon=True).start()

    def serve(self, conn):
        try:
            conn.settimeout(30)
            data = b""
            while b"\r\n\r\n" not in data:
                more = conn.recv(65536)
                if not more:
                    return
                data += more
            head, body = data.split(b"\r\n\r\n", 1)
            need = 0
            for line in head.split(b"\r\n")[1:]:
                name, _, value = line.partition(b":")
                if name.strip().lower() == b"content-length":
                    need = int(value)
            if b"100-continue" in head.lower():
                conn.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            while len(body) < need:
                more = conn.recv(65536)
                if not more:
                    return
                body += more
            method, target = head.split(b" ", 2)[:2]
            answer = self.answer(method.decode(), target.decode(), head, body)
            if answer:
                conn.sendall(answer)
        except (OSError, ValueError):
            pass  # whoever asked was killed
        finally:
            conn.close()
            with self.idle:
                self.busy -= 1
                self.idle.notify_all()

    @staticmethod
    def http(code, body, kind="application/json", extra=""):
        if not isinstance(body, bytes):
            body = body.encode()
        return ("HTTP/1.1 %d X\r\nContent-Type: %s\r\nContent-Length: %d\r\nConnection: close\r\n%s\r\n"
                % (code, kind, len(body), extra)).encode() + body

    def answer(self, method, target, head, body):
        url = urlsplit(target)
        query = parse_qs(url.query)
        route = query.get("rest_route", [""])[0]
        if url.path in ("/rss", "/atom"):
            return self.feed(url.path, head)
        if url.path == "/live":
            with self.lock:
                self.offered += self.growing and self.offered < 200
                return self.http(200, live(self.offered), "application/xml; charset=utf-8")
        if url.path == "/2/messages/reply.json":
            with self.lock:
                self.messages.append(json.loads(parse_qs(body.decode())["data"][0])["text"])
                return self.given('{"result":true}')
        if url.path.startswith("/api/v1/"):
            with self.lock:
                return self.mastodon(method, url.path, head, body)
        if not route:
            return self.http(200, "{}")
        with self.lock:
            return self.rest(method, route, query, body)

    def feed(self, path, head):
        text = (rss if path == "/rss" else atom)(self.stage)
        tag = '"s%d"' % self.stage
        if tag.encode() in head:
            return self.http(304, b"")
        return self.http(200, text, "application/xml; charset=utf-8", "ETag: %s\r\n" % tag)

    def rest(self, method, route, query, body):
        if method == "POST" and route == "/wp/v2/posts":
            return self.take(json.loads(body))
        if route == "/wp/v2/users/me":
            return self.http(200, '{"id":1,"name":"huying"}')
        if route == "/wp/v2/posts":
            return self.find(query)
        number = int(route.rsplit("/", 1)[1])
        found = [p for p in self.posts if p["id"] == number]
        return self.http(200, json.dumps(found[0])) if found else self.http(404, '{"code":"rest_post_invalid_id"}')

    def take(self, post):
        taken = {"id": 100 + len(self.posts), "slug": post["slug"], "status": "publish", "link": "http://127.0.0.1/p",
                 "date_gmt": "2026-11-21T00:00:00", "title": {"raw": post["title"]}, "content": {"raw": post["content"]}}
        self.posts.append(taken)
        text = json.dumps(taken)
        return self.given(text, 201)

    def given(self, text, code=200):
        if self.create == "drop":
            return None
        if self.create == "e500":
            return self.http(500, '{"code":"internal","message":"gone"}')
        if self.create == "big":
            return self.http(code, " " * 10_000_000 + text)
        if self.create == "text":
            return self.http(200, "<html>fine</html>", "text/html")
        return self.http(code, text)

    def mastodon(self, method, path, head, body):
        if path.endswith("/verify_credentials"):
            return self.http(200, '{"id":"1","acct":"office","url":"http://127.0.0.1/@office"}')
        if method == "GET":
            self.lookups += 1
            if self.lookup == "broken":
                return self.http(500, "{}")
            hidden = self.lookup == "late" and self.lookups <= 2
            return self.http(200, json.dumps([] if hidden else self.posts[::-1]))
        key = next((line.split(b":", 1)[1].strip() for line in head.split(b"\r\n") if line.lower().startswith(b"idempotency-key:")), b"")
        for post in self.posts:
            if post["key"] == key.decode():
                return self.http(200, json.dumps(post))
        text = json.loads(body)["status"]
        # without a time of its own: this clock is not the killed program's
        taken = {"id": str(100 + len(self.posts)), "key": key.decode(), "url": "http://127.0.0.1/p", "visibility": "public",
                 "account": {"acct": "office"},
                 "content": "<p>%s</p>" % text.replace("&", "&amp;").replace("<", "&lt;").replace("\n", "<br>")}
        self.posts.append(taken)
        return self.given(json.dumps(taken))

    def find(self, query):
        self.lookups += 1
        if self.lookup == "broken":
            return self.http(500, '{"code":"internal"}')
        if self.lookup == "late" and self.lookups <= 2:
            return self.http(200, "[]")
        slugs = query.get("slug", [""])[0].split(",")
        mark = query.get("search", [None])[0]
        found = [p for p in self.posts if p["slug"] in slugs or (mark and mark in p["content"]["raw"])]
        return self.http(200, json.dumps(found))

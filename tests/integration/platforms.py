"""The sites that the practice site does not play: a Discuz, a NodeBB and a Discourse forum of the invented county, with the
quirks of the real ones. Prints "listening 127.0.0.1:PORT"; GET /_add?forum=F&thread=T&text=X adds a post; /_log tells what was asked."""
import http.server, json, sys, time, urllib.parse

posts = {"discuz": [], "nodebb": [], "discourse": []}  # (thread, number in thread, id, text, when)
log = []
base = 9007199254740993  # past 2^53


def add(forum, thread, text):
    mine = [p for p in posts[forum] if p[0] == thread]
    posts[forum].append((thread, len(mine), base + 2 * len(posts[forum]), text, int(time.time()) - 60))


def threads(forum):
    out = {}
    for t, n, i, text, at in posts[forum]:
        out[t] = (n + 1, at)
    return sorted(out.items(), key=lambda kv: -kv[1][1])


def discuz_rss():
    items = "".join(
        f"<item><title>{text}</title><link>http://forum.example/thread-{t}-1-1.html</link><description><![CDATA[{text} &amp;quot;]]></description>"
        f"<author>\u90bb\u5c45</author><pubDate>Sat, 21 Nov 2026 06:05:00 +0000</pubDate></item>"
        for t, n, i, text, at in reversed(posts["discuz"]) if n == 0)
    return f'<?xml version="1.0" encoding="gbk"?><rss version="2.0"><channel><title>\u8bba\u575b</title>{items}</channel></rss>'.encode("gb18030")


def discuz_list():
    rows = [{"tid": str(t), "subject": "x", "replies": str(n - 1), "dblastpost": str(at), "author": "zhangsan-handle"} for t, (n, at) in threads("discuz")]
    return {"Version": "4", "Charset": "GBK", "Variables": {"auth": "s3cret-auth", "forum_threadlist": rows}}


def discuz_thread(t, page):
    all_ = [p for p in posts["discuz"] if p[0] == t]
    if not all_:
        return {"Variables": {}, "Message": {"messageval": "thread_nonexistence", "messagestr": "x"}}
    ppp = 3
    page = min(page, (len(all_) + ppp - 1) // ppp)  # it answers too large numbers with the last page
    rows = [{"pid": str(i), "first": "1" if n == 0 else "0", "author": "zhangsan-handle", "authorid": "31415926", "message": text, "dbdateline": str(at)}
            for _, n, i, text, at in all_[(page - 1) * ppp:page * ppp]]
    return {"Variables": {"thread": {"tid": str(t), "subject": all_[0][3], "replies": str(len(all_) - 1)}, "ppp": str(ppp), "postlist": rows}}


def nodebb_list():
    return {"topics": [{"tid": t, "postcount": n, "lastposttime": at * 1000, "deleted": 0} for t, (n, at) in threads("nodebb")]}


def nodebb_topic(t):
    rows = [{"pid": i, "uid": 31415926, "index": n, "content": f"<p>{text}</p>", "timestamp": at * 1000, "user": {"username": "zhangsan-handle"}}
            for tt, n, i, text, at in posts["nodebb"] if tt == t]
    return {"tid": t, "titleRaw": rows[0]["content"], "posts": rows, "pagination": {"currentPage": 1, "pageCount": 1}}


def discourse(before):
    rows = [{"id": i, "username": "zhangsan-handle", "cooked": f"<p>{text}</p>", "topic_id": t, "topic_title": "x", "post_number": n + 1, "category_id": 3,
             "created_at": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(at))} for t, n, i, text, at in reversed(posts["discourse"]) if i < before]
    return {"latest_posts": rows[:5]}


class H(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *a):
        pass

    def give(self, body, kind="application/json", status=200):
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        u = urllib.parse.urlparse(self.path)
        q = {k: v[0] for k, v in urllib.parse.parse_qs(u.query).items()}
        if u.path == "/_add":
            add(q["forum"], int(q["thread"]), q["text"])
            return self.give(b"ok", "text/plain")
        if u.path == "/_log":
            return self.give(log)
        log.append({"path": self.path, "headers": dict(self.headers)})
        if u.path == "/forum.php":
            return self.give(discuz_rss(), "application/xml")
        if u.path == "/api/mobile/index.php":
            return self.give(discuz_list() if q["module"] == "forumdisplay" else discuz_thread(int(q["tid"]), int(q["page"])))
        if u.path.startswith("/api/category/"):
            return self.give(nodebb_list())
        if u.path.startswith("/api/topic/"):
            return self.give(nodebb_topic(int(u.path.split("/")[3])))
        if u.path == "/posts.json":
            return self.give(discourse(int(q.get("before", 2 ** 62))))
        self.give({"errors": ["no"], "error_type": "not_found"}, status=404)


s = http.server.ThreadingHTTPServer(("127.0.0.1", 0), H)
print("listening 127.0.0.1:%d" % s.server_address[1], flush=True)
s.serve_forever()

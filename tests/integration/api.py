"""The questions of api.sh that need many requests or raw sockets. Prints "ok<TAB>name" or "bad<TAB>name<TAB>what".

  api.py matrix|web|smuggle|live|paging TOP PORT TOKENS-FOLDER [LINK-KEY]
"""
import http.client, json, os, re, socket, sys, time

sys.path.insert(0, os.path.dirname(__file__))
import routes

what, top, port, tokens = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
extra = sys.argv[5:]
HOST = f"127.0.0.1:{port}"
CSP = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
       "base-uri 'none'; frame-ancestors 'none'; trusted-types default; require-trusted-types-for 'script'")


def say(good, name, detail=""):
    print(("ok" if good else "bad") + "\t" + name + "\t" + str(detail).replace("\n", " ")[:300])


def token(who):
    return open(f"{tokens}/{who}.token").read().strip()


conn = None


def ask(method, path, who=None, body=None, headers=None):
    """One request over a kept connection; (status, headers, text)."""
    global conn
    h = dict(headers or {})
    if who:
        h["Authorization"] = "Bearer " + token(who)
    if body is not None and "Content-Type" not in h:
        h["Content-Type"] = "application/json" if path.startswith("/api/") else "application/x-www-form-urlencoded"
    for again in (0, 1):
        try:
            conn = conn or http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            conn.request(method, path, body, h)
            r = conn.getresponse()
            text = r.read().decode("utf-8", "replace")
            return r.status, r, text
        except (http.client.HTTPException, ConnectionError):
            conn = None
            if again:
                raise


def matrix():
    table = routes.read(f"{top}/web/openapi.yaml")
    say(len(table) > 100, "the table is read", len(table))
    people = [None] + [p for p in routes.ALL]
    wrong, cells = [], 0
    for r in table:
        if r.path == "/api/v1/events":
            continue  # a stream: live() asks
        for who in people:
            status, head, text = ask(r.method, r.at("999999"), who, "{}" if r.api() and r.method == "POST" else "" if r.method == "POST" else None,
                                     {"Content-Type": "multipart/form-data; boundary=b"} if r.path.startswith("/imports/") else None)
            cells += 1
            if r.open or (who and who in r.duties):
                fine = status not in (401, 403) and status < 500 and "/login?" not in (head.getheader("Location") or "")
                if r.path == "/api/v1/index/compact" and status == 503:
                    fine = "rebuild" in text  # the row before asked for one: this one is told to wait for it
                if r.open and r.path == "/hello" and r.method == "POST":
                    fine = status == 401  # no key, no entry
                if r.open and r.path == "/login" and r.method == "POST":
                    fine = status in (400, 401)
            elif who is None:
                fine = status == 401 if r.api() else status == 303 and head.getheader("Location", "").startswith("/login")
            else:
                fine = status == 403
            if not fine:
                wrong.append(f"{who} {r}: {status}")
    say(not wrong, f"{len(table)} routes for {len(people)} kinds of persons answer as the table says ({cells} cells)", wrong[:8])
    by = {(r.method, r.action): r for r in table if r.api() and r.action}
    differ = [str(r) for r in table if r.action and not r.api() and (r.method, r.action) in by and by[r.method, r.action].duties != r.duties]
    say(not differ, "a page asks for the same duties as the API for the same action", differ)
    # what must hold whatever the table says
    fixed = {"post.approve": ["approver"], "post.reject": ["approver"], "user.add": ["admin"], "user.token": ["admin"], "account.add": ["admin"],
             "item.open-url": ["clerk", "editor"], "source.remove": ["admin"], "claim.sign": ["editor", "approver"]}
    got = {a: next((r.duties for r in table if r.api() and r.action == a), None) for a in fixed}
    say(got == fixed, "who may approve, sign, open an address and manage people is as designed", {a: d for a, d in got.items() if d != fixed[a]})
    others = [str(r) for r in table if r.open and r.api() and r.path != "/api/v1/openapi.yaml" and r.action != "case.lookup"]
    say(not others, "without logging in the API gives only its own description and a citizen's look-up", others)


def web():
    key = extra[0]
    s, h, t = ask("GET", f"/hello?k={key}")
    say(s == 200 and "Set-Cookie" not in h.headers, "looking at a one-time link does not use it up", s)
    s, h, t = ask("POST", "/hello", body=f"k={key}")
    cookie = h.getheader("Set-Cookie") or ""
    say(s == 303 and h.getheader("Location") == "/", "the link logs in", (s, cookie))
    flags = {p.strip().lower() for p in cookie.split(";")[1:]}
    say({"httponly", "samesite=strict", "path=/"} <= flags and not any(f.startswith(("domain", "max-age", "expires")) for f in flags),
        "the cookie is HttpOnly, SameSite=Strict, for this host and this session", cookie)
    jar = {"Cookie": cookie.split(";")[0]}
    say(len(cookie.split(";")[0].split("=", 1)[1]) >= 43, "and holds 256 bits")
    s, h, t = ask("POST", "/hello", body=f"k={key}")
    say(s == 401 and "Set-Cookie" not in h.headers, "a second use is refused", s)
    s, h, page = ask("GET", "/", headers=jar)
    say(s == 200, "the session opens the overview", s)
    want = {"Content-Security-Policy": CSP, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cache-Control": "no-store",
            "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin"}
    bad = {k: h.getheader(k) for k, v in want.items() if h.getheader(k) != v}
    say(not bad, "every header of trust.md stands, to the letter", bad)
    say(not re.search(r"<script(?![^>]*\bsrc=)[^>]*>|\son\w+=|\sstyle=|https?://(?!127\.0\.0\.1|www\.w3\.org)", page), "no inline script or style and no foreign address in the page")
    csrf = re.search(r'name="csrf" value="([^"]+)"', page)
    say(bool(csrf), "a form carries the session's token")
    csrf = csrf.group(1) if csrf else ""
    # CSRF, on a form and on the API
    rule = "name=t1&query=%E8%B7%AF%E7%81%AF"
    s, h, t = ask("POST", "/rules", body=rule, headers=jar)
    say(s == 403, "a form without the token: 403", s)
    s, h, t = ask("POST", "/rules", body=rule + "&csrf=" + "A" * len(csrf), headers=jar)
    say(s == 403, "with a wrong one: 403", s)
    s, h, t = ask("POST", "/rules", body=rule + "&csrf=" + csrf, headers={**jar, "Origin": "http://evil.example"})
    say(s == 403, "with a foreign Origin: 403", s)
    s, h, t = ask("POST", "/rules", body=rule + "&csrf=" + csrf, headers={**jar, "Sec-Fetch-Site": "cross-site"})
    say(s == 403, "sent across sites: 403", s)
    s, h, t = ask("POST", "/rules", body=rule + "&csrf=" + csrf, headers={**jar, "Origin": "null"})
    say(s == 403, "with Origin null: 403", s)
    js = json.dumps({"name": "t2", "query": "路灯"})
    s, h, t = ask("POST", "/api/v1/rule/add", body=js, headers=jar)
    say(s == 403 and json.loads(t)["code"] == "csrf", "the API by cookie without the token: 403", (s, t))
    s, h, t = ask("GET", "/api/v1/rule/list", headers=jar)
    say(json.loads(t)["items"] == [], "nothing of it was done", t)
    s, h, t = ask("POST", "/rules", body=rule + "&csrf=" + csrf, headers={**jar, "Origin": f"http://{HOST}"})
    say(s == 303, "with the token and our own Origin it is done", s)
    s, h, t = ask("POST", "/api/v1/rule/add", body=js, headers={**jar, "X-CSRF-Token": csrf})
    say(s == 200, "and by the API with X-CSRF-Token", (s, t))
    # problem+json
    kinds = [("GET", "/api/v1/item/show?id=999999", None, 404), ("GET", "/api/v1/item/show", None, 400), ("POST", "/api/v1/rule/add", "{", 400),
             ("POST", "/api/v1/rule/add", '{"name":"a","name":"b","query":"x"}', 400), ("POST", "/api/v1/rule/add", "[]", 400),
             ("GET", "/api/v1/search?query=%28", None, 400), ("GET", "/api/v1/nothing", None, 404), ("POST", "/api/v1/search", "{}", 405)]
    wrong = []
    for m, p, b, code in kinds:
        s, h, t = ask(m, p, "editor", b)
        try:
            body = json.loads(t)
            good = s == code == body["status"] and body["code"] and body["detail"] and h.getheader("Content-Type") == "application/problem+json"
        except (ValueError, KeyError, TypeError):
            good = False
        if not good:
            wrong.append((m, p, s, h.getheader("Content-Type"), t[:80]))
    say(not wrong, "errors are problem+json with status, code and detail", wrong)
    s, h, t = ask("POST", "/api/v1/rule/add", "editor", "name=x", {"Content-Type": "application/x-www-form-urlencoded"})
    say(s == 415, "the API takes JSON alone", s)
    s, h, t = ask("POST", "/rules", body=js, headers={**jar, "Content-Type": "application/json", "X-CSRF-Token": csrf})
    say(s == 415, "a page takes a form alone", s)
    # health and metrics
    s, h, t = ask("GET", "/healthz")
    say((s, t) == (200, "ok\n"), "healthz", t)
    s, h, t = ask("GET", "/readyz")
    say((s, t) == (200, "ready\n"), "readyz", t)
    s, h, t = ask("GET", "/metrics")
    open(f"{tokens}/metrics", "w").write(t)
    line = re.compile(r'[a-z_][a-z0-9_]*(\{[a-z_]+="(?:[^"\\\n]|\\["\\n])*"(,[a-z_]+="(?:[^"\\\n]|\\["\\n])*")*\})? -?[0-9]+(\.[0-9]+)?$')
    types, bad = {}, []
    for l in t.split("\n")[:-1]:
        if m := re.match(r"# (HELP|TYPE) ([a-z_0-9]+) (.+)$", l):
            if m.group(1) == "TYPE":
                bad += [l] if m.group(2) in types or m.group(3) not in ("gauge", "counter") else []
                types[m.group(2)] = m.group(3)
        elif not line.match(l) or re.split(r"[{ ]", l)[0] not in types or (types[re.split(r"[{ ]", l)[0]] == "counter") != re.split(r"[{ ]", l)[0].endswith("_total"):
            bad.append(l)
    say(s == 200 and not bad and t.endswith("\n") and len(types) > 10, "metrics are Prometheus text, each with its type, counters named _total", bad)
    say(h.getheader("Content-Type", "").startswith("text/plain; version=0.0.4"), "with its media type")
    # other hosts, the end of the session
    s, h, t = ask("GET", "/", headers={**jar, "Host": "evil.example"})
    say(s == 421, "another Host (rebinding): 421", s)
    s, h, t = ask("POST", "/logout", body="", headers=jar)
    say(s == 403, "logging out needs the token, too", s)
    s, h, t = ask("POST", "/logout", body="csrf=" + csrf, headers=jar)
    say(s == 303 and "max-age=0" in (h.getheader("Set-Cookie") or "").lower(), "logging out removes the cookie", (s, h.getheader("Set-Cookie")))
    s, h, t = ask("GET", "/", headers=jar)
    say(s == 303 and "/login" in h.getheader("Location", ""), "the old cookie opens nothing", s)
    s, h, t = ask("GET", "/api/v1/status", headers=jar)
    say(s == 401, "nor the API", s)


def raw(data):
    with socket.create_connection(("127.0.0.1", port), timeout=15) as c:
        c.sendall(data)
        got = b""
        try:
            while chunk := c.recv(65536):
                got += chunk
                if b"\r\n\r\n" in got:
                    break
        except socket.timeout:
            pass
        return got


def smuggle():
    post = b"POST /login HTTP/1.1\r\nHost: " + HOST.encode() + b"\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    get = b"GET /healthz HTTP/1.1\r\n"
    host = b"Host: " + HOST.encode() + b"\r\n"
    cases = {
        "Content-Length and Transfer-Encoding": post + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Content-Length twice, different": post + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\na=b&c=",
        "Content-Length twice, the same": post + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\na=b&c",
        "Transfer-Encoding twice": post + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
        "Content-Length with a sign": post + b"Content-Length: +5\r\n\r\na=b&c",
        "Content-Length not a number": post + b"Content-Length: 5x\r\n\r\na=b&c",
        "no Host": get + b"\r\n",
        "two Hosts": get + host + host + b"\r\n",
        "a bare line feed": b"GET /healthz HTTP/1.1\n" + host + b"X: y\n\r\n",
        "an unknown method": b"BREW /healthz HTTP/1.1\r\n" + host + b"\r\n",
        "TRACE": b"TRACE / HTTP/1.1\r\n" + host + b"\r\n",
        "a header of 64 KiB": get + host + b"X: " + b"a" * 65536 + b"\r\n\r\n",
        "an address of 64 KiB": b"GET /" + b"a" * 65536 + b" HTTP/1.1\r\n" + host + b"\r\n",
        "a body past its bound": post + b"Content-Length: 99999999\r\n\r\n",
        "an encoded slash and dots": b"GET /public/%2e%2e/%2e%2e/huying.conf HTTP/1.1\r\n" + host + b"\r\n",
    }
    for name, data in cases.items():
        try:
            got = raw(data)
        except ConnectionError:
            got = b""
        status = int(got[9:12]) if got.startswith(b"HTTP/1.") else 0
        say(400 <= status < 500 or not got, f"refused: {name}", got[:80])
    s, h, t = ask("GET", "/healthz")
    say(s == 200, "and it still answers", s)


def events(c):
    """Server-sent events from a socket."""
    buf = b""
    while True:
        chunk = c.recv(65536)
        if not chunk:
            return
        buf += chunk
        while b"\n\n" in buf:
            one, buf = buf.split(b"\n\n", 1)
            lines = [l for l in one.split(b"\n") if not re.fullmatch(rb"[0-9a-f]+\r?", l)]
            ev = [l[7:].decode() for l in lines if l.startswith(b"event: ")]
            data = [l[6:].decode() for l in lines if l.startswith(b"data: ")]
            if ev:
                yield ev[0], data[0] if data else ""


def live():
    s, h, t = ask("GET", "/api/v1/events")
    say(s == 401, "no stream without logging in", s)
    c = socket.create_connection(("127.0.0.1", port), timeout=60)
    c.sendall(f"GET /api/v1/events HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer {token('viewer')}\r\n\r\n".encode())
    stream = events(c)
    kind, data = next(stream)
    first = json.loads(data)
    say(kind == "state" and "counts" in first and "alerts" in first, "the first event is the whole state", (kind, data[:100]))
    before = first["counts"]["cases_open"]
    s, h, t = ask("POST", "/api/v1/case/open", "editor", json.dumps({"title": "路灯不亮", "type": "request", "unit": "交通局"}))
    say(s == 200, "a case is opened", t)
    got = None
    for kind, data in stream:
        got = json.loads(data)["counts"]["cases_open"] if kind == "state" else None
        if got == before + 1:
            break
    say(got == before + 1, "and the stream says so", got)
    c.close()


def paging():
    """Pages of search hold still while items arrive: extra[0] makes more."""
    import subprocess
    s, h, t = ask("GET", "/api/v1/search?query=%E5%88%86%E9%A1%B5&all=true&limit=1000", "viewer")
    all_ids = [i["id"] for i in json.loads(t)["items"]]
    seen, cursor, pages = [], "", 0
    while True:
        s, h, t = ask("GET", "/api/v1/search?query=%E5%88%86%E9%A1%B5&all=true&limit=7" + (f"&cursor={cursor}" if cursor else ""), "viewer")
        page = json.loads(t)
        seen += [i["id"] for i in page["items"]]
        pages += 1
        cursor = page.get("next")
        if not cursor or pages > 100:
            break
        if pages == 2:
            subprocess.run(["bash", "-c", extra[0]], check=True, stdout=subprocess.DEVNULL)
            total = 0
            while total <= len(all_ids):
                total = json.loads(ask("GET", "/api/v1/search?query=%E5%88%86%E9%A1%B5&all=true&limit=1", "viewer")[2])["total"]
    say(pages > 5 and seen == all_ids, f"{pages} pages give the {len(all_ids)} items of the start, each once, while others arrive", (len(seen), len(set(seen))))
    s, h, t = ask("GET", "/api/v1/search?query=%E5%88%86%E9%A1%B5&all=true&limit=1", "viewer")
    say(json.loads(t)["total"] == len(all_ids) + 20, "and a new question finds those, too", json.loads(t)["total"])
    for limit in ("0", "1001", "-1", "x"):
        s, h, t = ask("GET", f"/api/v1/search?query=a&limit={limit}", "viewer")
        say(s in (200, 400) and s < 500 and (limit != "x" or s == 400), f"limit={limit} is answered", (s, t[:100]))
    s, h, t = ask("GET", "/api/v1/search?query=a&cursor=%27or1", "viewer")
    say(s == 400, "a cursor that is none: 400", (s, t))
    ids = []
    before = ""
    for _ in range(50):
        s, h, t = ask("GET", "/api/v1/alert/list?limit=1" + before, "viewer")
        page = json.loads(t)
        ids += [i["id"] for i in page["items"]]
        if not page["next"]:
            break
        before = f"&before={page['next']}"
    say(ids == sorted(set(ids), reverse=True) and len(ids) >= 2, "lists go back by their next, newest first, each once", ids)


{"matrix": matrix, "web": web, "smuggle": smuggle, "live": live, "paging": paging}[what]()

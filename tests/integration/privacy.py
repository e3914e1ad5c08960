"""The corpus and the questions of privacy.sh. All names, numbers and texts are invented.

  make DIR N NAMES(a|b) PORT   three feeds by 60 authors under the one or the other set of names; planted.txt
  week2 DIR NAMES PORT         one more post by each of two authors, for the week after
  crawl TOP PORT TOKEN OUT     every GET route, answered; one file each, volatile members blanked
  ask-author TOP PORT TOKEN    every route with every name an author could be asked by; "ok|bad<TAB>name<TAB>what"
  ask-author-cli HUYING DIR    the same of every command
  keys LIST FILE...            members of JSON answers that LIST does not name ("action member" a line)
  grep PLANTED FOLDER...       files in which a planted string stands, whatever its case or encoding
  schema DB LIST               columns against the list; author-like names among them
"""
import hashlib, html, http.client, json, os, random, re, sqlite3, subprocess, sys
from urllib.parse import quote

sys.path.insert(0, os.path.dirname(__file__))
BASE = 1795190400  # 2026-11-20 16:00 UTC, a Saturday morning in China: ISO week 47
AUTHORS = 60
HAN = "林溪岚禾舟野眠鹿汀樾砚渚霁葵荞蓼苇鸢鹭鲤"


def author(names, i):
    """Shown name, handle, numeric id, mail. The two sets differ in script and length, and in order."""
    if names == "a":
        return f"{HAN[i % 20]}{HAN[(i * 7 + 3) % 20]}间小{HAN[(i * 3 + 1) % 20]}{i:02d}", f"zqx_{i:02d}lume", str(6000000000 + i * 7919), f"zqx{i:02d}@mail.example"
    j = (i * 23 + 11) % AUTHORS
    return f"Wobbly{j:03d}Tern", f"vk{j}", str(1200000000 + j * 104729), f"v{j}.long-name@post.example.org"


def phone(i):
    return f"1{[39, 58, 86, 77][i % 4]}{(20305070 + i * 104729) % 100000000:08d}"


def id_card(i):
    """An identity number with a right check digit."""
    body = f"3301061990{i % 12 + 1:02d}{i % 28 + 1:02d}{i % 1000:03d}"
    s = sum(int(d) * (1 << (17 - k)) % 11 for k, d in enumerate(body))
    return body + "10X98765432"[s % 11]


TEXTS = ["城东自来水发黄，烧开后有异味，谁知道怎么回事？", "县医院门口路灯坏了三天，晚上看不清路。", "听说自来水有毒，楼里都在传，{at}你那边呢？", "公交三路又晚点，站牌{at}也没人管。",
         "自来水发黄，打过{phone}没人接，{at}帮转。", "身份证{id}办理要几天？邮箱{mail}", "主页{profile}有照片，路灯不亮。", "转发 {at}：自来水今天正常了//{at2}：真的吗", "路灯修好了，感谢。", "垃圾站气味大，{link}"]


def posts(n, names):
    rnd = random.Random(7)
    for k in range(int(n)):
        i, m, m2 = rnd.randrange(AUTHORS), rnd.randrange(AUTHORS), rnd.randrange(AUTHORS)
        a, b, c = author(names, i), author(names, m), author(names, m2)
        fields = {"at": "@" + b[rnd.randrange(2)] + " ", "at2": "@" + c[1], "phone": phone(m), "id": id_card(m), "mail": b[3],
                  "profile": rnd.choice([f"https://weibo.com/u/{b[2]}", f"https://weibo.com/n/{b[0]}", f"https://m.weibo.cn/profile/{b[2]}", f"https://social.example/@{b[1]}"]),
                  "link": f'https://weibo.com/{b[2]}/K{m:04d}abc'}
        text = TEXTS[rnd.randrange(len(TEXTS))].format(**fields) + f"（第{k}帖）"
        yield k, a, text, BASE - 60 * (k // 3)  # three of a time: their order must not hang on names


def stamp(t):
    from datetime import datetime, timezone
    return datetime.fromtimestamp(t, timezone.utc)


def write(folder, n, names, port, extra=()):
    x = html.escape
    parts = {0: [], 1: [], 2: []}
    for k, a, text, when in list(posts(n, names)) + list(extra):
        name, handle, uid, mail = a
        link = f"https://social.example/@{handle}/{100000 + k}"
        guid = f"tag:social.example,2026:users/{handle}/statuses/{k}"
        kind = k % 3
        if kind == 0:
            markup = text.replace("@" + handle, f"<a href='https://social.example/@{handle}'>@{handle}</a>")
            parts[0].append(f"<item><guid isPermaLink='false'>{x(guid)}</guid><link>{x(link)}</link><pubDate>{stamp(when):%a, %d %b %Y %H:%M:%S} GMT</pubDate>"
                            f"<dc:creator>{x(name)}</dc:creator><author>{mail} ({x(name)})</author><itunes:author>{x(name)}</itunes:author>"
                            f"<source url='https://social.example/@{handle}.rss'>{x(name)}</source><media:credit>{x(name)}</media:credit>"
                            f"<description>{x(markup)}</description></item>")
        elif kind == 1:
            person = f"<name>{x(name)}</name><uri>https://social.example/@{handle}</uri><email>{mail}</email>"
            parts[1].append(f"<entry><id>{x(guid)}</id><title/><link href='{x(link)}'/><updated>{stamp(when):%Y-%m-%dT%H:%M:%SZ}</updated><author>{person}</author>"
                            f"<contributor>{person}</contributor><content type='text'>{x(text)}</content></entry>")
        else:
            parts[2].append({"id": guid, "url": link, "content_text": text, "date_published": f"{stamp(when):%Y-%m-%dT%H:%M:%SZ}",
                             "authors": [{"name": name, "url": f"https://social.example/@{handle}", "avatar": f"https://social.example/avatars/{uid}.png"}], "author": {"name": name}})
    os.makedirs(folder, exist_ok=True)
    open(f"{folder}/a.rss", "w").write("<rss version='2.0' xmlns:dc='http://purl.org/dc/elements/1.1/' xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd' "
        f"xmlns:media='http://search.yahoo.com/mrss/'><channel><title>甲</title><managingEditor>{author(names, 1)[3]} ({author(names, 1)[0]})</managingEditor>" + "\n".join(parts[0]) + "</channel></rss>")
    open(f"{folder}/b.atom", "w").write(f"<feed xmlns='http://www.w3.org/2005/Atom'><title>乙</title><id>urn:b</id><author><name>{author(names, 2)[0]}</name></author>" + "\n".join(parts[1]) + "</feed>")
    json.dump({"version": "https://jsonfeed.org/version/1.1", "title": "丙", "authors": [{"name": author(names, 3)[0]}], "items": parts[2]}, open(f"{folder}/c.json", "w"), ensure_ascii=False)


def make(folder, n, names, port):
    write(folder, n, names, port)
    with open(os.path.join(folder, "..", "planted.txt"), "w") as f:
        for i in range(AUTHORS):
            name, handle, uid, mail = author(names, i)
            for s in (name, handle, uid, mail, phone(i), id_card(i), f"social.example/@{handle}", f"weibo.com/u/{uid}"):
                if len(s) > 4:
                    f.write(s + "\n")


def week2(folder, n, names, port):
    week = 7 * 86400
    write(folder, n, names, port, [(900000, author(names, 5), "下一周，同一人又发一帖。", BASE + week), (900003, author(names, 6), "下一周，另一人发帖。", BASE + week + 1)])


# ---- the crawl ----
VOLATILE = [(r'"ms":\d+', '"ms":0'), (r'"code":"[0-9]{8}"', '"code":""'), (r'"(until_ts|fence)":\d+', r'"\1":0'), (r"\b[0-9]{8}(?=</)", "CODE"), (r'"modified":"[^"]*"', '"modified":""'), (r"\b[0-9]+ (ms|毫秒)", r"0 \1"),
            (r'huying_http_requests_total\S* \d+', "")]


def still(text):
    for pattern, to in VOLATILE:
        text = re.sub(pattern, to, text)
    return text


class Web:
    def __init__(self, port, token):
        self.conn = http.client.HTTPConnection("127.0.0.1", int(port), timeout=60)
        self.bearer = {"Authorization": "Bearer " + open(token).read().strip()}

    def ask(self, method, path, body=None, kind=None):
        self.conn.request(method, path, body, {**self.bearer, **({"Content-Type": kind} if kind else {})})
        r = self.conn.getresponse()
        return r.status, r.read().decode("utf-8", "replace")


FILL = {"query": "自来水", "id": "1", "number": "20261121-0001", "code": "00000000", "since": "2026-11-01", "limit": "50", "slot": "1h", "month": "2026-11"}


def crawl(top, port, token, out):
    import routes
    web = Web(port, token)
    os.makedirs(out, exist_ok=True)
    n = 0
    for r in routes.read(f"{top}/web/openapi.yaml"):
        if r.method != "GET" or r.path in ("/api/v1/events", "/metrics", "/public/{path}", "/static/{name}", "/hello"):
            continue
        path = r.at("1")
        if r.api():
            tries = ["&".join(f"{p}={quote(FILL.get(p, '1'))}" for p in r.required)]
            tries.append("&".join(f"{p}={quote(FILL[p])}" for p in r.params if p in FILL))
            if "facets" in r.params:
                tries.append("query=" + quote("路灯 OR 公交") + "&facets=true&limit=200")
        else:
            tries = ["", "lang=en"] + ([f"q={quote('自来水')}"] if r.path == "/search" else [])
        for t, q in enumerate(dict.fromkeys(tries)):
            status, text = web.ask("GET", path + ("?" + q if q else ""))
            name = (r.action or path.strip("/").replace("/", "_") or "overview") + ("" if r.api() else ".page")
            open(f"{out}/{name}.{t}", "w").write(f"{status}\n" + still(text))
            n += status == 200
    print(n)


# ---- no asking by author ----
NAMES = ["author", "authors", "author_id", "user", "user_id", "uid", "username", "handle", "nick", "screen_name", "from", "by", "sort", "group_by", "voice", "poster", "creator"]


def ask_author(top, port, token):
    import routes
    web = Web(port, token)
    through, asked = [], 0
    for r in routes.read(f"{top}/web/openapi.yaml"):
        if r.path in ("/public/{path}", "/static/{name}", "/public", "/public/", "/favicon.ico", "/robots.txt", "/healthz", "/readyz", "/metrics", "/api/v1/openapi.yaml", "/api/v1/events"):
            continue  # files and the like: they take nothing and look at nothing
        if r.path == "/logout":
            continue
        for name in NAMES:
            if name in r.params:
                through.append(f"{r} has {name}")
                continue
            value = "author" if name in ("sort", "group_by") else "zqx_01lume"
            if r.method == "GET":
                q = "&".join(f"{p}={quote(FILL.get(p, '1'))}" for p in r.required) + f"&{name}={value}"
                got = [web.ask("GET", r.at("1") + "?" + q.lstrip("&"))]
            elif r.api():
                body = {p: FILL.get(p, "1") for p in r.required}
                got = [web.ask("POST", r.path, json.dumps({**body, name: value}), "application/json"), web.ask("POST", f"{r.path}?{name}={value}", json.dumps(body), "application/json")]
            elif r.path.startswith("/imports/"):  # a form with a file
                part = f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n--b--\r\n'
                got = [web.ask("POST", r.at("1"), part, "multipart/form-data; boundary=b")]
            else:
                got = [web.ask("POST", r.at("1"), f"{name}={value}", "application/x-www-form-urlencoded")]
            for status, text in got:
                asked += 1
                if status != 400 or name not in text:
                    through.append(f"{r} {name}: {status}")
    print(("bad" if through else "ok") + f"\tno route takes an author: {asked} requests, each refused by the name\t" + "; ".join(through[:10]))


def ask_author_cli(huying, folder):
    env = dict(os.environ, HUYING_DIR=folder, LANGUAGE="en")
    listing = subprocess.run([huying, "help"], capture_output=True, text=True, env=env).stdout
    commands = [m.group(1).split() for m in re.finditer(r"^  ([a-z]+(?: [a-z-]+)?)  +\S", listing, re.M)]
    need = {"calendar due": ["--within", "1h work"], "import run": ["--as-source", "12345"]}
    through, asked = [], 0
    for c in commands:
        if c[0] in ("help", "version", "completion"):
            continue
        for name in ("author", "user", "handle", "from", "sort"):
            p = subprocess.run([huying, *c, *need.get(" ".join(c), []), f"--{name}", "author"], capture_output=True, text=True, env=env, timeout=60, stdin=subprocess.DEVNULL)
            asked += 1
            if p.returncode != 2 or (name not in p.stderr and c[:1] != ["backup"]):  # a backup asks for its phrase first
                through.append(f"{' '.join(c)} --{name}: {p.returncode} {p.stderr.strip()[:60]!r}")
    good = len(commands) > 60 and not through
    print(("ok" if good else "bad") + f"\tno command takes an author: {asked} tries of {len(commands)} commands\t" + "; ".join(through[:10]))


# ---- members of answers ----
def members(v, into):
    if isinstance(v, dict):
        for k, x in v.items():
            into.add(k)
            members(x, into)
    elif isinstance(v, list):
        for x in v:
            members(x, into)


def once(pairs):
    """A member that stands twice is read differently by different readers: it is told as a name that no list allows."""
    names = [k for k, _ in pairs]
    return dict(pairs) | {"TWICE:" + k: 1 for k in names if names.count(k) > 1}


def keys(allowed, *files):
    known = {tuple(l.split()) for l in open(allowed) if l.strip() and not l.startswith("#")}
    seen = set()
    for f in files:
        text = open(f).read()
        if os.path.basename(f).split(".")[-2:-1] == ["page"]:
            continue
        try:
            v = json.loads(text[text.index("{"):], object_pairs_hook=once)
        except ValueError:
            continue
        action = "problem" if not text.startswith(("200", "{")) else re.sub(r"\.\d+$", "", os.path.basename(f))
        got = set()
        members(v, got)
        seen |= {(action, k) for k in got}
    if os.environ.get("WRITE_KEYS"):
        print("\n".join(" ".join(p) for p in sorted(seen)), file=sys.stderr)
    print(len(seen), " ".join(f"{a}:{k}" for a, k in sorted(seen - known)) or "-")


def grep(planted, *folders):
    words = [w for w in open(planted).read().split("\n") if w]
    forms = {}
    for w in words:
        for form in {w, w.lower(), w.upper()}:
            for enc in ("utf-8", "gb18030", "utf-16-le"):
                forms[form.encode(enc)] = w
        forms[hashlib.sha256(w.encode()).digest()] = "sha256 of " + w
        forms[hashlib.sha256(w.encode()).hexdigest().encode()] = "sha256 of " + w
        forms[hashlib.md5(w.encode()).digest()] = "md5 of " + w
    pattern = re.compile(b"|".join(re.escape(f) for f in sorted(forms, key=len, reverse=True)))
    files = size = 0
    found = []
    for folder in folders:
        for base, _, names in os.walk(folder) if os.path.isdir(folder) else [(os.path.dirname(folder), [], [os.path.basename(folder)])]:
            for name in names:
                path = os.path.join(base, name)
                if not os.path.isfile(path):
                    continue
                data = open(path, "rb").read()
                files += 1
                size += len(data)
                if m := pattern.search(data):
                    found.append(f"{os.path.relpath(path, folder)}: {forms[m.group(0)]}")
    print(len(words), files, size, "; ".join(found[:5]) or "-")


def schema(db, allowed):
    con = sqlite3.connect(f"file:{db}?mode=ro", uri=True)
    got = {f"{t}.{c[1]}" for (t,) in con.execute("select name from sqlite_master where type in ('table', 'view')") for c in con.execute(f"pragma table_info({t})")}
    known = {l.split()[0] for l in open(allowed) if l.strip() and not l.startswith("#")}
    if os.environ.get("WRITE_KEYS"):
        print("\n".join(sorted(got)), file=sys.stderr)
    like = {c for c in got if re.search(r"author|handle|nick|user|screen|avatar|profile|follower|uid|sender|poster|creator", c)}
    print(len(got), " ".join(sorted(got - known)) or "-", " ".join(sorted(like)) or "-")


if __name__ == "__main__":
    {"make": make, "week2": week2, "crawl": crawl, "ask-author": ask_author, "ask-author-cli": ask_author_cli, "keys": keys, "grep": grep, "schema": schema}[sys.argv[1]](*sys.argv[2:])

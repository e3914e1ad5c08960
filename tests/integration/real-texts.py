"""Feeds made of real texts, and the oracle that counts what a search must find. Nothing of the texts is kept or printed.

  make DIR ROWS PORT PHASE   texts on stdin (stream_200k.tsv); writes the six feeds of that phase and planted.json
  check DIR DB               every planted text stands in the record once, but for masks
  terms DIR DB N             N lines "query<TAB>count" drawn from the stored texts; counted here, not by the program
  ask PORT TOKEN-FILE        those lines on stdin, asked of the API; prints asked, wrong, inexact and all hits
"""
import ctypes, html, json, os, random, re, sqlite3, sys, tempfile, unicodedata
from email.utils import formatdate

FEEDS = ["a.rss", "b.rss", "c.atom", "d.atom", "e.json", "f.json"]
GB = {"b.rss", "d.atom"}
BASE = 1795190400  # 2026-11-21, invented like all dates here
BAD = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
MASK = re.compile(r"\[号码\]|\[链接\]|\[邮箱\]|@")


def rows(n):
    for k, line in zip(range(n), sys.stdin.buffer):
        text = line.decode("utf-8", "replace").rstrip("\n").split("\t")[-1]
        yield k, BAD.sub(" ", text).strip() or "（空）"


def texts_of(phase, text, k):
    """An edit of phase 2 touches every 10th of the first part of the feeds that change then; phase 3 every 15th of all."""
    if phase >= 2 and k % 10 == 0 and FEEDS[k % 6] not in QUIET:
        text += "（更正一）"
    if phase >= 3 and k % 15 == 0:
        text += "（更正二）"
    return text


QUIET = {"c.atom", "f.json"}  # unchanged in phase 2: the server says 304


def visible(phase, feed, k, n):
    """Two thirds at first, then five sixths, then all; a quiet feed has nothing new in phase 2."""
    part = {1: 4, 2: 4 if feed in QUIET else 5, 3: 6}[phase]
    return k < n * part // 6


def make(folder, n, port, phase):
    n, phase = int(n), int(phase)
    feeds = {f: [] for f in FEEDS}
    for k, text in rows(n):
        feed = FEEDS[k % 6]
        if visible(phase, feed, k, n):
            feeds[feed].append((f"urn:test:{k}", f"http://127.0.0.1:{port}/p/{k}", f"第{k}则", texts_of(phase, text, k), BASE + 60 * k))
    # the same page named by two feeds: two sources saw it, one link
    for i in range(10):
        for f in ("a.rss", "e.json"):
            feeds[f].append((f"urn:shared:{f}:{i}", f"http://127.0.0.1:{port}/shared/{i}", f"共享{i}", f"两处同载之文第{i}篇", BASE - 60 * (i + 1)))
    planted = {}
    for f, entries in feeds.items():
        for e in entries:
            planted[f + " " + e[0]] = [e[2], e[3]]
        twice = entries + entries[::50]  # the same guid twice in a feed
        write(os.path.join(folder, f), WRITERS[f.split(".")[1]](f, twice), f in GB, phase, f)
    json.dump(planted, open(os.path.join(folder, "..", f"planted{phase}.json"), "w"))
    edits = sum(1 for k in range(n) if visible(phase, FEEDS[k % 6], k, n) and visible(max(1, phase - 1), FEEDS[k % 6], k, n)
                and texts_of(phase, "", k) != texts_of(phase - 1, "", k))
    doubles = sum((len(e) + 49) // 50 for e in feeds.values())
    print(len(planted), edits, doubles)


def write(path, text, gb, phase, feed):
    data = text.encode("gb18030" if gb else "utf-8")
    if os.path.exists(path) and open(path, "rb").read() == data:
        return  # mtime stays, so the validators do
    with open(path + ".new", "wb") as out:
        out.write(data)
    os.utime(path + ".new", (BASE + phase * 1000, BASE + phase * 1000))
    os.rename(path + ".new", path)


def rss(f, entries):
    enc = "gb18030" if f in GB else "utf-8"
    x = html.escape
    items = "".join(f"<item><guid isPermaLink='false'>{g}</guid><link>{l}</link><title>{x(t)}</title>"
                    f"<pubDate>{formatdate(d, usegmt=True)}</pubDate><description>{x(x(b, False), False)}</description></item>\n" for g, l, t, b, d in entries)
    return f"<?xml version='1.0' encoding='{enc}'?><rss version='2.0'><channel><title>{f}</title><link>http://127.0.0.1/</link><description/>{items}</channel></rss>"


def atom(f, entries):
    from datetime import datetime, timezone
    enc = "gb18030" if f in GB else "utf-8"
    x = html.escape
    when = lambda d: datetime.fromtimestamp(d, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    items = "".join(f"<entry><id>{g}</id><link href='{l}'/><title>{x(t)}</title><updated>{when(d)}</updated><published>{when(d)}</published>"
                    f"<content type='text'>{x(b, False)}</content></entry>\n" for g, l, t, b, d in entries)
    return f"<?xml version='1.0' encoding='{enc}'?><feed xmlns='http://www.w3.org/2005/Atom'><title>{f}</title><id>urn:feed:{f}</id><updated>2026-11-21T00:00:00Z</updated>{items}</feed>"


def jsonfeed(f, entries):
    from datetime import datetime, timezone
    when = lambda d: datetime.fromtimestamp(d, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": f,
                       "items": [{"id": g, "url": l, "title": t, "content_text": b, "date_published": when(d)} for g, l, t, b, d in entries]}, ensure_ascii=False)


WRITERS = {"rss": rss, "atom": atom, "json": jsonfeed}


def latest(db):
    con = sqlite3.connect(f"file:{db}?mode=ro", uri=True)
    return con.execute("select s.name, i.title, i.text from item i left join item_latest h on h.id = i.id join source s on s.id = i.source where coalesce(h.latest, i.seq) = i.seq").fetchall()


def squeeze(s):
    return re.sub(r"[\s\u200b\ufeff]+", "", s)


def same(stored, planted):
    """Equal, or every piece between two masks stands in the planted text, in order, and no further apart than a mask may eat."""
    stored, planted = squeeze(stored), squeeze(planted)
    if stored == planted:
        return 1
    pieces, at = MASK.split(stored), 0
    if len(pieces) == 1 or not planted.startswith(pieces[0]) or not planted.endswith(pieces[-1]):
        return 0
    for p in pieces:
        found = planted.find(p, at)
        if found < 0:
            return 0
        at = found + len(p)
    return 2


def check(folder, db):
    planted = json.load(open(os.path.join(folder, "..", "planted3.json")))
    want = {(k.split(" ")[0], v[0]): v[1] for k, v in planted.items()}
    got, bad, masked, double = {}, 0, 0, 0
    for source, title, text in latest(db):
        double += (source, title) in got
        got[(source, title)] = text
    for key, text in want.items():
        verdict = same(got.get(key, ""), text)
        bad += verdict == 0
        masked += verdict == 2
        if verdict == 0 and os.environ.get("SHOW"):
            print(key, repr(got.get(key)), repr(text), file=sys.stderr)
    print(f"{len(want) - bad} {bad} {double} {len(set(got) - set(want))} # {masked} with masks")


class T2S(object):
    """OpenCC's own library over its table of characters alone: a second opinion on the fold."""
    def __init__(self):
        self.lib = ctypes.CDLL("libopencc.so.1.1")
        self.lib.opencc_open.restype = ctypes.c_void_p
        self.lib.opencc_convert_utf8.restype = ctypes.c_void_p
        self.lib.opencc_convert_utf8.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t]
        conf = {"name": "chars", "segmentation": {"type": "mmseg", "dict": {"type": "ocd2", "file": "/usr/share/opencc/TSCharacters.ocd2"}},
                "conversion_chain": [{"dict": {"type": "ocd2", "file": "/usr/share/opencc/TSCharacters.ocd2"}}]}
        with tempfile.NamedTemporaryFile("w", suffix=".json") as f:
            json.dump(conf, f)
            f.flush()
            self.h = self.lib.opencc_open(f.name.encode())
        assert self.h and self.h != ctypes.c_void_p(-1).value

    def __call__(self, s):
        b = s.encode()
        p = self.lib.opencc_convert_utf8(self.h, b, len(b))
        return ctypes.string_at(p).decode()


def terms(folder, db, n):
    t2s = T2S()
    fold = lambda s: squeeze(t2s(re.sub("[\u00ad\u034f\u200b-\u200f\u2060-\u2064\ufe00-\ufe0f\ufeff]", "", unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", s).casefold()))))
    titles, texts = [], []
    for _, title, text in latest(db):
        titles.append(fold(title))
        texts.append(fold(text))
    # for Latin the blanks stay, so whole words are drawn and counted on a text with blanks
    rnd, seen = random.Random(20261122), set()
    han = re.compile("[\u4e00-\u9fff]{2,}")
    while len(seen) < int(n):
        runs = han.findall(rnd.choice(texts))
        if not runs:
            continue
        run = rnd.choice(runs)
        size = min(len(run), rnd.randint(2, 6))
        at = rnd.randint(0, len(run) - size)
        seen.add(run[at:at + size])
    for term in sorted(seen):
        print(f"{term}\t{sum(term in a or term in b for a, b in zip(titles, texts))}")


def ask(port, token):
    import http.client
    import urllib.parse
    conn = http.client.HTTPConnection("127.0.0.1", int(port), timeout=60)
    asked = wrong = inexact = hits = 0
    for line in sys.stdin:
        term, count = line.rstrip("\n").split("\t")
        conn.request("GET", "/api/v1/search?limit=1&query=" + urllib.parse.quote(f'"{term}"'), headers={"Authorization": "Bearer " + open(token).read().strip()})
        found = json.loads(conn.getresponse().read())
        asked += 1
        hits += int(count)
        wrong += found.get("total") != int(count)
        inexact += found.get("exact") is not True
    print(asked, wrong, inexact, hits)


if __name__ == "__main__":
    {"ask": ask, "make": make, "check": check, "terms": terms}[sys.argv[1]](*sys.argv[2:])

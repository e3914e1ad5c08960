"""Sites that mean harm to who reads them: each kind of source with each attack, a port of its own. Prints "source KIND ATTACK PORT" for
each, "canary PORT" for an address within that nobody may be led to, and at last "control 127.0.0.1:PORT". GET there: {"canary": connections
that came, "asked": sources that were asked, "sent": bytes that were sent}."""
import asyncio, gzip, itertools, json, sys, zlib

JSON, XML = "application/json", "application/rss+xml"
KINDS = ("feed", "jsonfeed", "mastodon", "weibo", "discuz", "rss", "nodebb", "discourse")
asked, canary, sent = set(), [0], [0]
canary_port = 0


# ---- what a sound one of each kind would say ----
def sound(kind, path, text="x"):
    at = "2026-11-21T06:05:00.000Z"
    if kind in ("feed", "rss"):
        return f"<?xml version='1.0'?><rss version='2.0'><channel><title>t</title><item><title>{text}</title><link>http://forum.example/thread-1-1-1.html</link></item></channel></rss>"
    if kind == "jsonfeed":
        return {"version": "https://jsonfeed.org/version/1.1", "title": "t", "items": [{"id": "1", "content_text": text, "date_published": at}]}
    if kind == "mastodon":
        return [{"id": "1", "created_at": at, "visibility": "public", "content": f"<p>{text}</p>", "url": "https://m.example/1", "uri": "https://m.example/1", "account": {"id": "1", "acct": "a"}}]
    if kind == "weibo":
        return {"statuses": [{"created_at": "Sat Nov 21 14:05:00 +0800 2026", "id": 5000000000000001, "idstr": "5000000000000001", "mid": "5000000000000001", "text": text, "user": {"id": 1, "idstr": "1"}}],
                "next_cursor": 0, "total_number": 1}
    if kind == "discuz":
        if "module=forumdisplay" in path:
            return {"Version": "4", "Charset": "UTF-8", "Variables": {"forum_threadlist": [{"tid": "1", "replies": "0", "dblastpost": "1795200000"}]}}
        return {"Variables": {"thread": {"tid": "1", "subject": text, "replies": "0"}, "ppp": "10", "postlist": [{"pid": "1", "first": "1", "message": text, "dbdateline": "1795200000"}]}}
    if kind == "nodebb":
        if "/category/" in path:
            return {"topics": [{"tid": 1, "postcount": 1, "lastposttime": 1795200000000, "deleted": 0}]}
        return {"tid": 1, "titleRaw": text, "posts": [{"pid": 1, "index": 0, "content": text, "timestamp": 1795200000000}], "pagination": {"currentPage": 1, "pageCount": 1}}
    return {"latest_posts": [{"id": 1, "cooked": text, "topic_id": 1, "topic_title": text, "post_number": 1, "category_id": 3, "created_at": at}]}


def page(kind, path, text="x"):
    doc = sound(kind, path, text)
    return (doc if isinstance(doc, str) else json.dumps(doc)).encode(), XML if isinstance(doc, str) else JSON


def map_leaves(v, f):
    if isinstance(v, dict):
        return {k: map_leaves(x, f) for k, x in v.items()}
    if isinstance(v, list):
        return [map_leaves(x, f) for x in v]
    return f(v)


# ---- attacks: (kind, path) -> (status, headers, body or an endless one) ----
def plain(body, ctype=JSON, status=200, *more):
    return status, [("Content-Type", ctype), ("Content-Length", str(len(body))), *more], body


def redirect(to):
    return lambda kind, path: plain(b"", "text/plain", 302, ("Location", to.replace("CANARY", str(canary_port))))


def typed(f):
    def attack(kind, path):
        doc = sound(kind, path)
        return plain(json.dumps(f(doc)).encode()) if not isinstance(doc, str) else plain(doc.replace("<title>x", "<title><title/>").encode(), XML)
    return attack


def endless(kind, path):
    body, ctype = page(kind, path)
    piece = b" " * 65536
    return 200, [("Content-Type", ctype), ("Transfer-Encoding", "chunked")], itertools.repeat(b"10000\r\n" + piece + b"\r\n")


def bomb(kind, path):
    c = zlib.compressobj(9, zlib.DEFLATED, 31)
    body = c.compress(b"[" + b" " * (100 << 20)) + c.flush()
    return plain(body, JSON, 200, ("Content-Encoding", "gzip"))


def bomb2(kind, path):  # within every cap as it comes, sound at its end
    body, ctype = page(kind, path)
    return plain(gzip.compress(body[:-1] + b" " * (64 << 20) + body[-1:]), ctype, 200, ("Content-Encoding", "gzip"))


def lies(kind, path):
    body, ctype = page(kind, path)
    return 200, [("Content-Type", ctype), ("Content-Length", str(10 << 30))], body


def deep(kind, path):
    return plain(b"<a>" * 300000, XML) if kind in ("feed", "rss") else plain(b"[" * 1000000)


def deepest(kind, path):
    return plain(b"<rss><channel><item><description>" + b"<![CDATA[" + b"<div>" * 200000 + b"]]></description></item></channel></rss>", XML) \
        if kind in ("feed", "rss") else plain(b'{"a":' * 400000 + b"1" + b"}" * 400000)


def laughs(kind, path):
    lol = "".join(f'<!ENTITY l{i} "{("&l%d;" % (i - 1)) * 10 if i else "ha" * 10}">' for i in range(12))
    return plain(f"<?xml version='1.0'?><!DOCTYPE r [{lol}]><rss version='2.0'><channel><title>&l11;</title><item><title>&l11;</title></item></channel></rss>".encode(), XML)


def outside(kind, path):
    return plain(f"<?xml version='1.0'?><!DOCTYPE r SYSTEM 'http://127.0.0.1:{canary_port}/dtd' [<!ENTITY a SYSTEM 'file:///etc/passwd'><!ENTITY b SYSTEM 'http://127.0.0.1:{canary_port}/b'>]>"
                 f"<rss version='2.0' xmlns:xi='http://www.w3.org/2001/XInclude'><channel><title>&a;</title><item><title>&a;&b;</title><description><xi:include href='http://127.0.0.1:{canary_port}/x'/></description></item></channel></rss>".encode(), XML)


def inside(kind, path):
    """Sound, but the next page is said to lie within."""
    there = f"http://127.0.0.1:{canary_port}/next"
    if kind in ("feed", "rss"):
        return plain(f"<?xml version='1.0'?><rss version='2.0' xmlns:atom='http://www.w3.org/2005/Atom'><channel><title>t</title><atom:link rel='next' href='{there}'/><atom:link rel='self' href='{there}'/>"
                     f"<atom:link rel='hub' href='{there}'/></channel></rss>".encode(), XML, 200, ("Link", f"<{there}>; rel=next"))
    return plain(b"[]" if kind == "mastodon" else json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "t", "items": [], "next_url": there, "hubs": [{"type": "x", "url": there}],
                 "statuses": [], "next": there, "topics": [], "latest_posts": [], "pagination": {"next": {"url": there}}, "Variables": {"forum_threadlist": []}}).encode(),
                 JSON, 200, ("Link", f"<{there}>; rel=\"next\""), ("Location", there), ("Refresh", f"0; url={there}"), ("Content-Location", there))


def many(kind, path):
    doc = sound(kind, path)
    if isinstance(doc, str):
        return plain(b"<rss version='2.0'><channel><title>t</title>" + b"<item/>" * 1000000 + b"</channel></rss>", XML)
    return plain((json.dumps(doc)[:-1] + "," + ",".join(["[]" if isinstance(doc, list) else '"a":[]'] * 500000) + json.dumps(doc)[-1]).encode())


ATTACKS = {
    "to-loopback": redirect("http://127.0.0.1:CANARY/"), "to-decimal": redirect("http://2130706433:CANARY/"), "to-mapped": redirect("http://[::ffff:127.0.0.1]:CANARY/"),
    "to-metadata": redirect("http://169.254.169.254/latest/meta-data/"), "to-file": redirect("file:///etc/passwd"), "to-gopher": redirect("gopher://127.0.0.1:CANARY/_x"),
    "to-itself": redirect("/again"), "inside": inside,
    "endless": endless, "bomb": bomb, "bomb-within": bomb2, "lies": lies, "headers": lambda k, p: plain(b"[]", JSON, 200, *[(f"X-{i}", "y" * 4000) for i in range(500)]),
    "deep": deep, "deepest": deepest, "laughs": laughs, "outside": outside, "many": many,
    "huge-text": lambda k, p: plain(*page(k, p, "长" * (2 << 20))), "no-utf8": lambda k, p: plain(page(k, p, "Q")[0].replace(b"Q", b"\xff\xfe\xc0\x80\xed\xa0\x80"), page(k, p)[1]),
    "nul": lambda k, p: plain(page(k, p, "Q")[0].replace(b"Q", b"a\0b" if k in ("feed", "rss") else b"a\\u0000b"), page(k, p)[1]),
    "empty": lambda k, p: plain(b""), "html": lambda k, p: plain(b"<!doctype html><html><body>login</body></html>", "text/html"),
    "numbers": typed(lambda d: map_leaves(d, lambda v: 1e308)), "nulls": typed(lambda d: map_leaves(d, lambda v: None)), "lists": typed(lambda d: map_leaves(d, lambda v: [v, [v]])),
    "objects": typed(lambda d: {"0": d, "items": {"a": 1}, "statuses": {"a": 1}, "topics": "x", "posts": 7, "latest_posts": None, "Variables": [1]}), "strings": typed(lambda d: map_leaves(d, lambda v: "-99999999999999999999e9")),
    "true": typed(lambda d: True),
}
XML_ONLY = {"laughs", "outside"}
# attacks on the wire, which four kinds stand for: with and without a secret, XML and JSON
WIRE = {a for a in ATTACKS if a.startswith("to-")} | {"endless", "bomb", "bomb-within", "lies", "headers"}
WIRE_KINDS = {"feed", "mastodon", "weibo", "discourse"}
# those that a reader may well take something from: the rest is sound
MAY_TAKE = {"huge-text", "no-utf8", "nul", "many", "bomb-within", "lies", "numbers", "nulls", "lists", "strings", "objects", "true", "inside", "deepest", "laughs", "outside"}


def serve(kind, attack):
    async def on_connection(reader, writer):
        try:
            while True:
                line = await reader.readuntil(b"\r\n")
                while (await reader.readuntil(b"\r\n")) != b"\r\n":
                    pass
                asked.add((kind, attack))
                status, headers, body = (ATTACKS[attack](kind, line.decode().split(" ")[1]) if attack != "sound" else plain(*page(kind, line.decode().split(" ")[1], f"好的{kind}")))
                writer.write((f"HTTP/1.1 {status} X\r\n" + "".join(f"{k}: {v}\r\n" for k, v in headers) + "\r\n").encode())
                for piece in body if not isinstance(body, bytes) else [body]:
                    writer.write(piece)
                    sent[0] += len(piece)
                    await writer.drain()
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        writer.close()
    return on_connection


# ---- mailboxes ----
MAIL = b"From: a@b.example\r\nSubject: x\r\nMessage-ID: <1@b.example>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
SOUND = MAIL + "好的mail".encode() + b"\r\n"
LETTERS = {
    "sound": SOUND, "deep": b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (i, i) for i in range(20000)),
    "parts": b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 200000, "head": b"Subject: " + b"y" * (4 << 20) + b"\r\n\r\n",
    "heads": b"".join(b"X-%d: z\r\n" % i for i in range(200000)) + b"\r\nx", "huge": MAIL + b"a" * (12 << 20), "nul": MAIL + b"\0" * 100000,
    "headers": b"a:\r\n" * 1000000,
    # more than the reader's memory, in a way that it does not count: it dies, and the letter beside it must not
    "deadly": b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" + b"a:\r\n" * 1000000,
    "message": b"".join(b"Content-Type: message/rfc822\r\n\r\n" for _ in range(20000)), "base64": MAIL.replace(b"text/plain", b"text/plain\r\nContent-Transfer-Encoding: base64") + b"=" * 1000000,
}
MAILS = [*LETTERS, "greeting", "lines", "literal", "uids", "uidmax", "never", "nonsense", "expunge"]


def mailbox(attack):
    async def on_connection(reader, writer):
        async def say(b):
            sent[0] += len(b)
            writer.write(b)
            await writer.drain()
        try:
            if attack == "greeting":
                while True:
                    await say(b"* " + b"a" * 65536)
            await say(b"* OK IMAP4rev1\r\n")
            asked.add(("mail", attack))
            while True:
                tag, verb, *rest = (await reader.readuntil(b"\r\n")).split()
                what = b" ".join([verb, *rest]).upper()
                if verb.upper() == b"CAPABILITY":
                    await say(b"* CAPABILITY IMAP4rev1\r\n")
                elif what.startswith((b"EXAMINE", b"SELECT")):
                    if attack == "never":
                        await reader.read()
                    while attack == "lines":
                        await say(b"* OK " + b"b" * 65000 + b"\r\n")
                    await say(b"* 1 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 9] x\r\n")
                elif b"SEARCH" in what:
                    uids = {"uids": b" ".join(b"%d" % i for i in range(1, 2000000)), "uidmax": b"4294967295 0 99999999999999999999 -5 1", "nonsense": b"* FETCH ((((" * 1000,
                            "deadly": b"1 2"}
                    await say(b"* SEARCH " + uids.get(attack, b"1") + b"\r\n" + (b"* 1 EXPUNGE\r\n" * 1000 if attack == "expunge" else b""))
                elif b"FETCH" in what:
                    uid = int(rest[1])
                    letter = LETTERS.get(attack, SOUND) if uid == 1 else SOUND.replace(b"<1@", b"<2@")
                    if attack == "literal":
                        await say(b"* 1 FETCH (UID 1 BODY[] {99999999999999}\r\n")
                        while True:
                            await say(b"c" * 65536)
                    if attack in ("sound", *LETTERS):
                        await say(b"* %d FETCH (UID %d RFC822.SIZE %d BODY[] {%d}\r\n" % (uid, uid, len(letter), len(letter)) + letter + b")\r\n")
                await say(tag + b" OK done\r\n")
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            pass
        writer.close()
    return on_connection


async def on_canary(reader, writer):
    canary[0] += 1
    writer.close()


async def control(reader, writer):
    await reader.readuntil(b"\r\n\r\n")
    body = json.dumps({"canary": canary[0], "asked": len(asked), "sent": sent[0]}).encode()
    writer.write(b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    await writer.drain()
    writer.close()


async def main():
    global canary_port
    for host in ("127.0.0.1", "::1"):
        try:
            s = await asyncio.start_server(on_canary, host, canary_port)
            canary_port = s.sockets[0].getsockname()[1]
        except OSError:
            pass
    for kind in KINDS:
        for attack in ["sound", *ATTACKS]:
            if attack in XML_ONLY and kind not in ("feed", "rss") or attack in WIRE and kind not in WIRE_KINDS:
                continue
            s = await asyncio.start_server(serve(kind, attack), "127.0.0.1", 0)
            print("source", kind, attack, s.sockets[0].getsockname()[1], "may" if attack in MAY_TAKE else "never")
    for attack in MAILS:
        s = await asyncio.start_server(mailbox(attack), "127.0.0.1", 0)
        print("source", "mail", attack, s.sockets[0].getsockname()[1], "may")
    s = await asyncio.start_server(control, "127.0.0.1", 0)
    print("canary", canary_port)
    print("control 127.0.0.1:%d" % s.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


asyncio.run(main())

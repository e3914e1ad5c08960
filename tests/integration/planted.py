"""Handles, numbers and tokens planted by planted.sh, and the search for them in raw bytes. All are invented.

  words OUT            writes OUT: the plan, channel by channel
  push PLAN KEYS       callbacks of every kind with what is planted for them; "ok|bad<TAB>name<TAB>what"
  say PLAN CHANNEL     the texts and names for a channel of the practice site: NAME<TAB>TEXT a line
  grep PLAN PATH...    "WORDS FORMS FILES BYTES FOUND": every word in every form; FOUND is - or the first places
  show PLAN OUT        writes every form of every word into OUT: what grep must find
"""
import base64, hashlib, hmac, json, os, random, sys, time, urllib.error, urllib.parse, urllib.request

HAN = "岚禾舟眠鹿汀樾砚渚霁葵荞蓼苇鸢鹭鲤翊珩澍"
CHANNELS = ("webhook", "public", "wechat", "fans", "aliyun", "tencent", "smpp", "mail", "weibo", "mastodon", "discuz")


def words(out):
    """For each channel a name in Han, a handle, a number of an account and a telephone: 44; and twelve tokens."""
    rnd = random.Random(20261130)
    plan = {}
    for k, c in enumerate(CHANNELS):
        plan[c] = {
            "name": "".join(rnd.choice(HAN) for _ in range(4)) + "坊" + HAN[k],
            "handle": f"qz{rnd.randrange(10**6):06d}vexlume",
            "uid": str(7100000000 + rnd.randrange(10**8)),
            "phone": f"1{rnd.choice('3578')}{rnd.randrange(10**9):09d}",
        }
    plan["tokens"] = {t: f"{t}-{rnd.getrandbits(80):020x}zq" for t in ("weibo", "mastodon", "fans", "wechat", "forged", "wrongpath", "malformed", "query", "header", "cookie", "agent")}
    plan["tokens"]["hook"] = "whsec_" + base64.b64encode(rnd.randbytes(32)).decode()
    json.dump(plan, open(out, "w"), ensure_ascii=False)


def text(p, k=0):
    """What a person might write: a mention, a profile, a telephone and a mail in it."""
    return f"水黄第{k}回 @{p['name']} 联系 {p['phone']} 或 {p['handle']}@mail.example 主页 https://weibo.com/u/{p['uid']}"


def say(plan, channel):
    p = plan[channel]
    name = {"mail": p["handle"] + "@mail.example", "smpp": "86" + p["phone"]}.get(channel, p["name"])
    print(name, text(p), sep="\t")


# ---- callbacks ----
def post(url, body, headers=(), want=200, name=""):
    rq = urllib.request.Request(url, data=body, headers={"User-Agent": "x", **dict(headers)})
    try:
        status = urllib.request.urlopen(rq, timeout=30).status
    except urllib.error.HTTPError as e:
        status = e.code
    print("ok" if status == want else "bad", name, f"{status}, not {want}", sep="\t")


def hook_headers(secret, ident, body, at):
    mac = hmac.new(base64.b64decode(secret[6:]), f"{ident}.{at}.".encode() + body, hashlib.sha256).digest()
    return {"webhook-id": ident, "webhook-timestamp": at, "webhook-signature": "v1," + base64.b64encode(mac).decode(), "Content-Type": "application/json"}


def sorted_query(secret, at, nonce):
    return "?" + urllib.parse.urlencode({"signature": hashlib.sha1("".join(sorted([secret, at, nonce])).encode()).hexdigest(), "timestamp": at, "nonce": nonce})


def push(plan, keys):
    keys, t = json.load(open(keys)), plan["tokens"]
    at = str(int(time.time()))
    iso = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    for channel, public in (("webhook", False), ("public", True)):
        p = plan[channel]
        body = json.dumps({"type": "message.created", "timestamp": iso, "data": {"id": f"{channel}-{p['uid']}", "sender": p["handle"], "title": "来信", "text": text(p), "public": public,
                           "url": f"https://s.example/@{p['handle']}/1", "author": {"name": p["name"], "id": p["uid"]}}}, ensure_ascii=channel == "public").encode()
        post(keys["hook"], body, hook_headers(t["hook"], f"m-{channel}", body, at), name=f"{channel}: taken")
    p = plan["wechat"]
    body = (f"<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[{p['handle']}]]></FromUserName><CreateTime>{at}</CreateTime>"
            f"<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{text(p)} {p['uid']}]]></Content><MsgId>9007199254740993</MsgId></xml>").encode()
    post(keys["wechat"] + sorted_query(t["wechat"], at, "n1"), body, name="wechat: taken")
    p = plan["fans"]
    body = json.dumps({"type": "text", "receiver_id": 1902538057, "sender_id": int(p["uid"]), "created_at": time.strftime("%a %b %d %H:%M:%S +0800 %Y", time.gmtime(time.time() + 8 * 3600)),
                       "text": text(p), "data": {"nick": p["name"], "handle": p["handle"]}}).encode()
    post(keys["fans"] + sorted_query(t["fans"], at, "n2"), body, name="fans: taken")
    p = plan["aliyun"]
    body = json.dumps([{"phone_number": p["phone"], "content": text(p), "send_time": time.strftime("%Y-%m-%d %H:%M:%S"), "dest_code": "1", "sequence_id": int(p["uid"])}]).encode()
    post(keys["aliyun"], body, {"Content-Type": "application/json"}, name="aliyun: taken")
    p = plan["tencent"]
    body = json.dumps({"extend": "1", "mobile": p["phone"], "nationcode": "86", "sign": p["name"], "text": text(p), "time": int(at)}).encode()
    post(keys["tencent"], body, {"Content-Type": "application/json"}, name="tencent: taken")
    # what is refused leaves as little behind
    p = plan["webhook"]
    body = json.dumps({"sender": p["handle"], "text": text(p), "token": t["forged"]}).encode()
    forged = hook_headers(t["hook"], "m-forged", b"other", at)
    post(keys["hook"], body, {**forged, "webhook-signature": "v1," + t["forged"], "Cookie": "session=" + t["cookie"], "User-Agent": t["agent"], "webhook-x": t["header"]}, 403, "forged: refused")
    post(keys["hook"][:-8] + t["wrongpath"][-8:], body, forged, 404, "another path: refused")
    post(keys["hook"] + "?x=" + t["query"] + "&x=" + p["handle"], body, forged, 403, "a token in the query: refused")
    bad = b'{"type": "message.created", "token": "' + t["malformed"].encode() + b'", "text": "' + p["handle"].encode()
    post(keys["hook"], bad, hook_headers(t["hook"], "m-bad", bad, at), 400, "malformed: refused")
    bad = f"<xml><FromUserName>{plan['wechat']['handle']}</FromUserName><Content>{t['malformed']}</Content><Nonsense".encode()
    post(keys["wechat"] + sorted_query(t["wechat"], at, "n3"), bad, name="unread: kept, sealed")


# ---- the search ----
def base64s(b):
    """The letters of base64 that stand for these bytes alone, at each of the three places they can begin."""
    out = set()
    for k in range(3):
        enc = base64.b64encode(b"\0" * k + b)
        lead = (8 * k + 5) // 6
        whole = (8 * (k + len(b))) // 6
        piece = enc[lead:whole]
        out |= {piece, piece.replace(b"+", b"-").replace(b"/", b"_")}
    return out


def forms(word):
    out = set()
    for w in {word, word.lower(), word.upper()}:
        raw = {w.encode(e) for e in ("utf-8", "gb18030", "utf-16-le", "utf-16-be")}
        for b in {w.encode(), w.encode("gb18030")}:
            quoted = "".join(f"%{x:02X}" for x in b)
            raw |= {quoted.encode(), quoted.lower().encode(), urllib.parse.quote(b, safe="").encode(), urllib.parse.quote(b, safe="").lower().encode(), b.hex().encode(), b.hex().upper().encode()}
            raw |= base64s(b)
        raw |= {json.dumps(w)[1:-1].encode(), json.dumps(w)[1:-1].upper().replace("\\U", "\\u").encode()}
        raw |= {"".join(f"&#{ord(c)};" for c in w).encode(), "".join(f"&#x{ord(c):x};" for c in w).encode(), "".join(f"&#x{ord(c):X};" for c in w).encode()}
        out |= raw
    for h in (hashlib.sha256, hashlib.sha1, hashlib.md5):
        d = h(word.encode())
        out |= {d.digest(), d.hexdigest().encode()}
    return {f for f in out if len(f) >= 6}


def all_words(plan):
    return [w for c in plan.values() for w in c.values()] + [w[6:] for w in plan["tokens"].values() if w.startswith("whsec_")]


def grep(plan, *paths):
    table = {f: w for w in all_words(plan) for f in forms(w)}
    files = size = 0
    found = []
    for path in paths:
        names = [path] if os.path.isfile(path) else [os.path.join(b, f) for b, _, fs in os.walk(path) for f in fs]
        for name in names:
            if not os.path.isfile(name):
                continue
            data = open(name, "rb").read()
            files += 1
            size += len(data)
            found += [f"{os.path.relpath(name, os.path.dirname(paths[0]))}: {w} as {f[:40]!r}" for f, w in table.items() if f in data]
    words_found = sorted({f.split(": ")[1].split(" as ")[0] for f in found})
    print(len(set(all_words(plan))), len(table), files, size, f"{len(words_found)}: " + "; ".join(found[:6]) if found else "-")


def show(plan, out):
    with open(out, "wb") as f:
        for w in all_words(plan):
            for form in forms(w):
                f.write(form + b"\n")


if __name__ == "__main__":
    if sys.argv[1] == "words":
        words(sys.argv[2])
    else:
        {"push": push, "say": say, "grep": grep, "show": show}[sys.argv[1]](json.load(open(sys.argv[2])), *sys.argv[3:])

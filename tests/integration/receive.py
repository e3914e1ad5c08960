# A platform and a system of one's own that push to `huying serve` while it is killed: events lost, doubled and shuffled; then the
# sweep; then the record is counted. Prints TAP lines without numbers ("ok - ..."), and a line of figures.
# usage: receive.py HUYING DIR WORK N KILLS RATE    (WORK has keys.json: hook and wechat {url, secret})
import asyncio, base64, hashlib, hmac, json, os, random, signal, sqlite3, subprocess, sys, time, urllib.parse

huying, folder, work = sys.argv[1:4]
N, KILLS, RATE = map(int, sys.argv[4:7])
keys = json.load(open(f"{work}/keys.json"))
rng = random.Random(20261129)
START = time.time()
PLANTED = []
bad = 0


def ok(good, name, detail=""):
    global bad
    bad += not good
    print(("ok - " if good else "not ok - ") + name + (f" # {detail}" if detail and not good else ""), flush=True)


# ---- events ----
def plant(text):
    if len(PLANTED) < 150:
        PLANTED.append(text)
    return text


def hook_event(i):
    return {"type": "message.created", "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(START)),
            "data": {"id": f"ev-{i}", "sender": plant(f"handle{i:06d}qz"), "text": f"第{i}件：停水，回电 " + plant(f"139{i:08d}")}}


def wechat_body(i):
    return (f"<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[{plant(f'oOPENID{i:06d}qz')}]]></FromUserName>"
            f"<CreateTime>{int(START)}</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[第{i}件：路灯不亮]]></Content>"
            f"<MsgId>{9007199254740993 + i}</MsgId></xml>").encode()


events = [("wechat", i) if i % 10 == 0 else ("hook", i) for i in range(N)]
hooks = {i: hook_event(i) for kind, i in events if kind == "hook"}


def request(kind, i, attempt):
    url = urllib.parse.urlsplit(keys[kind]["url"])
    secret = keys[kind]["secret"]
    now = str(int(time.time()))
    extra, query = "", ""
    if kind == "hook":
        body = json.dumps(hooks[i], ensure_ascii=False).encode()
        ident = f"msg_{i}"
        mac = hmac.new(base64.b64decode(secret[6:]), f"{ident}.{now}.".encode() + body, hashlib.sha256).digest()
        extra = f"webhook-id: {ident}\r\nwebhook-timestamp: {now}\r\nwebhook-signature: v1,{base64.b64encode(mac).decode()}\r\nContent-Type: application/json\r\n"
    else:
        body = wechat_body(i)
        nonce = f"n{i}x{attempt}"
        signature = hashlib.sha1("".join(sorted([secret, now, nonce])).encode()).hexdigest()
        query = f"?signature={signature}&timestamp={now}&nonce={nonce}"
    head = f"POST {url.path}{query} HTTP/1.1\r\nHost: {url.netloc}\r\n{extra}Content-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


# ---- the daemon ----
daemon = None


async def serve():
    global daemon
    try:
        os.unlink(f"{folder}/run/receive.port")
    except FileNotFoundError:
        pass
    daemon = subprocess.Popen([huying, "serve", "--dir", folder, "--listen", "127.0.0.1:0"], stderr=open(f"{work}/serve.log", "a"))
    for _ in range(3000):
        if os.path.exists(f"{folder}/run/receive.port"):
            return int(open(f"{folder}/run/receive.port").read())
        if daemon.poll() is not None:
            sys.exit("Bail out! serve ended: " + open(f"{work}/serve.log").read()[-500:])
        await asyncio.sleep(0.02)
    sys.exit("Bail out! serve does not listen")


acked, sent, latencies, refused = set(), 0, [], 0
late = []  # (when it was due, how much later it was sent)
port_now = 0
up = asyncio.Event()
restarts = []


async def deliver(queue):
    """One connection of the platform: sends what is next; what got no OK is sent again, up to ten times."""
    global sent, refused
    reader = writer = None
    while True:
        due, kind, i, attempt = await queue.get()
        try:
            if due > time.monotonic():
                await asyncio.sleep(due - time.monotonic())
            await up.wait()
            began = time.monotonic()
            if attempt == 1:
                late.append((due, began - due))
            if writer is None:
                reader, writer = await asyncio.open_connection("127.0.0.1", port_now)
            writer.write(request(kind, i, attempt))
            sent += 1
            await writer.drain()
            status = await reader.readline()
            length = 0
            while (line := await reader.readline()) not in (b"\r\n", b""):
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            if line == b"":
                raise ConnectionError
            await reader.readexactly(length)
            if b" 200 " in status:
                latencies.append(time.monotonic() - began)
                acked.add((kind, i))
            else:
                refused += 1
                raise ConnectionError(status)
        except (OSError, asyncio.IncompleteReadError, ConnectionError):
            if writer:
                writer.close()
            reader = writer = None
            if attempt < 10:
                queue.put_nowait((time.monotonic() + 0.3, kind, i, attempt + 1))
        queue.task_done()


async def killer():
    """kill -9 each time another share of the events was acknowledged."""
    global port_now
    for k in range(KILLS):
        while len(acked) < (k + 1) * N // (KILLS + 1):
            await asyncio.sleep(0.002)
        up.clear()
        daemon.send_signal(signal.SIGKILL)
        daemon.wait()
        began = time.monotonic()
        port_now = await serve()
        restarts.append(time.monotonic() - began)
        up.set()


# ---- the list that the sweep asks for ----
async def listing(reader, writer):
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(head.split(" ")[1]).query)
        start = int(query.get("after", ["0"])[0])
        ids = sorted(hooks)[start:start + 500]
        body = json.dumps({"events": [hooks[i] for i in ids], "next": str(start + 500) if start + 500 < len(hooks) else ""}).encode()
        signed = "webhook-signature: v1," in head.lower()
        writer.write((f"HTTP/1.1 {'200 OK' if signed else '401 No'}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body)
        await writer.drain()
    except (OSError, asyncio.IncompleteReadError):
        pass
    writer.close()


def counts():
    db = sqlite3.connect(f"file:{folder}/huying.db?mode=ro", uri=True, timeout=30)
    rows = {(w, y): n for w, y, n in db.execute("SELECT what, why, sum(n) FROM source_day WHERE what IN ('new', 'repeat', 'refused') GROUP BY what, why")}
    one = lambda sql: db.execute(sql).fetchone()[0]
    result = (rows, one("SELECT count(*) FROM office_case"), one("SELECT count(DISTINCT contact) FROM case_contact"),
              one("SELECT count(*) FROM item"), one("SELECT count(*) FROM callback WHERE unread = 1"))
    db.close()
    return result


def case_list():
    """Every open case as a person sees them, page by page."""
    cases, before = [], []
    while True:
        out = subprocess.run([huying, "--dir", folder, "case", "list", "--limit", "500", "--json", "--as", "clerk", "--token-file", f"{work}/clerk.token", *before],
                             check=True, stdout=subprocess.PIPE).stdout
        page = json.loads(out)
        cases += page["items"]
        if not page["next"]:
            return cases
        before = ["--before", str(page["next"])]


async def main():
    global port_now
    port_now = await serve()
    up.set()
    lost = set(rng.sample([i for kind, i in events if kind == "hook"], N * 5 // 100))
    plan = [(kind, i) for kind, i in events if i not in lost]
    plan += rng.sample(plan, N * 10 // 100)
    rng.shuffle(plan)
    queue = asyncio.PriorityQueue()  # what is sent again keeps its place
    start = time.monotonic()
    for n, (kind, i) in enumerate(plan):
        queue.put_nowait((start + n / RATE, kind, i, 1))
    workers = [asyncio.create_task(deliver(queue)) for _ in range(32)]
    kills = asyncio.create_task(killer())
    await queue.join()
    took = time.monotonic() - start
    await kills
    for w in workers:
        w.cancel()
    rows, cases, contacts, items, unread = counts()
    came = sum(rows.values())
    ok(refused == 0 and unread == 0, "nothing true was refused", f"{refused} {unread} {rows}")
    ok(len(acked) == N - len(lost), "all that was sent was acknowledged in the end", f"{len(acked)} of {N - len(lost)}")
    ok(cases == len(acked) and contacts == cases and rows[("new", "")] == cases, "each once before the sweep: acknowledged is there, nothing twice", f"{cases} {contacts} {rows}")
    # what was sent and answered was counted; what a kill cut off was counted or sent again
    answered = len(latencies)
    ok(answered <= came <= sent and (KILLS or came == sent), "every answered callback is in the balance sheet", f"{answered} <= {came} <= {sent}")
    server = await asyncio.start_server(listing, "127.0.0.1", keys["hook"]["list_port"])
    subprocess.run([huying, "--dir", folder, "account", "sweep", "hook", "--as", "admin", "--token-file", f"{work}/admin.token"], check=True, stdout=subprocess.DEVNULL)
    for _ in range(6000):
        if counts()[0].get(("new", "sweep"), 0) >= len(lost) and sum(counts()[0].values()) >= came + len(hooks):
            break
        await asyncio.sleep(0.05)
    server.close()
    rows, cases, contacts, items, unread = counts()
    ok(cases == N and contacts == N and items == N, "none missing after the sweep, no case twice", f"{cases} {contacts} {items}")
    ok(rows.get(("new", "sweep")) == len(lost), "the sweep found exactly what was lost", f"{rows} {len(lost)}")
    ok(rows[("new", "")] + rows[("new", "sweep")] == N and sum(rows.values()) == came + len(hooks), "the balance sheet is exact: received = new + repeat + refused", f"{rows} {came}")
    listed = case_list()
    ok(len(listed) == N == len({c["number"] for c in listed}), "the list of cases shows each once, under a number of its own", f"{len(listed)}")
    # the sheet as people read it: what was counted at the door against what became of it
    day = time.strftime("%Y-%m-%d", time.gmtime(START - 86400))
    out = subprocess.run([huying, "--dir", folder, "source", "balance", "--day", day, "--until", "today", "--json", "--as", "admin", "--token-file", f"{work}/admin.token"],
                         stdout=subprocess.PIPE)
    sheet = json.loads(out.stdout or "{}")
    total = sheet.get("total", {})
    ok(out.returncode == 0 and sheet.get("balanced") is True and all(r["balanced"] and r["received"] == r["new"] + r["repeat"] + r["refused"] for r in sheet["items"]),
       "every row of the sheet balances", f"{out.returncode} {sheet}")
    ok((total.get("received"), total.get("new"), total.get("sweep"), total.get("repeat"), total.get("refused"))
       == (came + len(hooks), N, len(lost), came + len(hooks) - N, 0), "the sheet has exactly these numbers", f"{total} {came} {len(hooks)} {N}")
    daemon.terminate()
    _, status, usage = os.wait4(daemon.pid, 0)
    daemon.returncode = os.waitstatus_to_exitcode(status)
    ok(daemon.returncode == 0, "the daemon ends well", str(daemon.returncode))
    hits = [p for p in PLANTED + [keys["hook"]["secret"][6:], keys["wechat"]["secret"]]
            if subprocess.run(["grep", "-raqF", "-e", p, folder, f"{work}/serve.log"]).returncode == 0]
    ok(len(PLANTED) == 150 and not hits, "none of 150 planted handles and numbers, and no secret, stands in any file", str(hits[:3]))
    latencies.sort()
    q = lambda p: 1000 * latencies[min(len(latencies) - 1, int(len(latencies) * p))]
    behind = [0.0] * 10  # most, in each tenth of the plan
    for due, by in late:
        tenth = min(9, int((due - start) * RATE / len(plan) * 10))
        behind[tenth] = max(behind[tenth], by)
    print("# behind the plan, s, at most, by tenths of the run: " + ", ".join(f"{b:.1f}" for b in behind))
    print(f"# {N} events, {len(lost)} lost, {KILLS} kills, {len(plan)} deliveries planned for {len(plan) / RATE:.1f} s, done in {took:.1f} s ({len(plan) / took:.0f} a second, {sent} sent): p50 {q(.5):.1f} ms, p99 {q(.99):.1f} ms, most {q(1):.1f} ms; "
          f"listening again after {', '.join(f'{r:.1f}' for r in restarts) or '-'} s; "
          f"the last daemon took {usage.ru_utime + usage.ru_stime:.1f} s of CPU", flush=True)
    sys.exit(1 if bad else 0)


asyncio.run(main())

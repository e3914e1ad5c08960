"""A crowd of sites for hanging.sh: each on a port of its own, most sound, some that hold every request open for ever.
Prints "control 127.0.0.1:PORT" and, for each site, "site good|hang|silent|drip PORT". GET on control: how often the sound ones were
asked (least and most), how many of the others were asked, and of those that drip how often and how many hold their connection now.

usage: crowd.py N OTHERS"""
import asyncio, json, resource, sys

n, others = int(sys.argv[1]), int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
asked = {}
held = 0
DRIP = "<rss version='2.0'><channel><title>x</title><!--".encode()


async def head(reader):
    return await reader.readuntil(b"\r\n\r\n")


async def good(i, reader, writer):
    """One more item at each look: what is stored tells how often it was looked at."""
    while True:
        await head(reader)
        asked[i] += 1
        items = "".join(f"<item><guid>{i}-{k}</guid><title>第{i}站第{k}条</title></item>" for k in range(asked[i]))
        body = f"<rss version='2.0'><channel><title>{i}</title>{items}</channel></rss>".encode()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()


async def hang(i, reader, writer):
    await head(reader)
    asked[i] += 1
    await reader.read()


async def silent(i, reader, writer):
    asked[i] += 1  # accepted, and never read from
    while not writer.is_closing() and not reader.at_eof():
        await asyncio.sleep(1)


async def drip(i, reader, writer):
    """Fast enough for every limit on slowness, and without end."""
    await head(reader)
    asked[i] += 1
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n" % len(DRIP) + DRIP + b"\r\n")
    while True:
        writer.write(b"fa0\r\n" + b"." * 0xfa0 + b"\r\n")
        await writer.drain()
        await asyncio.sleep(1)


kinds = {"good": good, "hang": hang, "silent": silent, "drip": drip}
bad = ["drip", "hang", "drip", "drip", "silent", "drip"]
of = ["good"] * n
for k in range(others):  # among the others, from the first on
    of[k * n // others] = bad[k % 6]


def serve(i):
    async def on_connection(reader, writer):
        global held
        held += of[i] == "drip"
        try:
            await kinds[of[i]](i, reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        held -= of[i] == "drip"
        writer.close()
    return on_connection


async def control(reader, writer):
    await head(reader)
    sound = [asked[i] for i in range(n) if of[i] == "good"]
    body = json.dumps({"least": min(sound), "most": max(sound), "others": sum(asked[i] > 0 for i in range(n) if of[i] != "good"),
                       "drips": of.count("drip"), "drips_asked": sum(asked[i] for i in range(n) if of[i] == "drip"), "drips_held": held}).encode()
    writer.write(b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    await writer.drain()
    writer.close()


async def main():
    for i in range(n):
        asked[i] = 0
        server = await asyncio.start_server(serve(i), "127.0.0.1", 0)
        print("site", of[i], server.sockets[0].getsockname()[1])
    server = await asyncio.start_server(control, "127.0.0.1", 0)
    print("control 127.0.0.1:%d" % server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


asyncio.run(main())

"""Mailboxes behind TLS, one letter each. Arguments: "HOW PEM" pairs; HOW is imaps, or imap that offers STARTTLS. Prints a port for each, and
at last "plain" with the count of passwords that came in clear, each time one line is read from stdin."""
import asyncio, ssl, sys

LETTER = "From: 街坊 <a@b.example>\r\nSubject: x\r\nMessage-ID: <%d@b.example>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n三单元停水\r\n"
clear = [0]


def mailbox(n, context, starttls):
    async def session(reader, writer):
        secure = not starttls
        try:
            writer.write(b"* OK IMAP4rev1\r\n")
            while True:
                tag, *words = (await reader.readuntil(b"\r\n")).split()
                verb = b" ".join(words).upper()
                say = b""
                if verb == b"CAPABILITY":
                    say = b"* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR" + (b"" if secure else b" STARTTLS") + b"\r\n"
                elif verb == b"STARTTLS":
                    writer.write(tag + b" OK go\r\n")
                    await writer.drain()
                    loop, transport = asyncio.get_running_loop(), writer.transport
                    protocol = transport.get_protocol()
                    writer._transport = await loop.start_tls(transport, protocol, context, server_side=True)
                    reader._transport, protocol._transport, secure = writer._transport, writer._transport, True
                    continue
                elif verb.startswith((b"LOGIN", b"AUTHENTICATE")):
                    clear[0] += not secure
                elif verb.startswith(b"EXAMINE"):
                    say = b"* 1 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n"
                elif b"SEARCH" in verb:
                    say = b"* SEARCH 1\r\n"
                elif b"FETCH" in verb:
                    letter = (LETTER % n).encode()
                    say = b"* 1 FETCH (UID 1 RFC822.SIZE %d BODY[] {%d}\r\n" % (len(letter), len(letter)) + letter + b")\r\n"
                writer.write(say + tag + b" OK done\r\n")
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError, ssl.SSLError, ValueError):
            pass
        writer.close()
    return session


async def main():
    for n, (how, pem) in enumerate(zip(sys.argv[1::2], sys.argv[2::2])):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        s = await asyncio.start_server(mailbox(n, context, how == "imap"), "127.0.0.1", 0, ssl=context if how == "imaps" else None)
        print(s.sockets[0].getsockname()[1])
    sys.stdout.flush()
    while await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline):
        print("plain", clear[0], flush=True)


asyncio.run(main())

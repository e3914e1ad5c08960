# A message centre for the daemon that is killed at any moment: it brings one SMS after the other, each of a citizen of its own, holds what was
# not acknowledged, and brings that again over the next line. Each third is long and comes in two parts.
import socket
import struct
import threading
import time

DELIVER, DELIVER_ANSWER, BIND_RECEIVER, ENQUIRE, UNBIND, ANSWER = 5, 0x80000005, 1, 0x15, 6, 0x80000000
WINDOW = 8


class Centre:
    def __init__(self):
        self.lock = threading.Lock()
        self.growing, self.offered, self.taken = True, 0, 0
        self.waiting = []  # bodies that are not acknowledged
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(8)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                line, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(line,), daemon=True).start()

    @staticmethod
    def body(n, text, header=b""):
        data = header + text.encode("utf-16-be")
        return (b"\0\1\1" + b"861390000%04d\0" % n + b"\0\1" + b"10690000\0" + (b"\x40" if header else b"\0") + b"\0" * 6 + b"\x08\0" +
                bytes([len(data)]) + data)

    def offer(self):
        """One citizen more."""
        n = self.offered
        self.offered += 1
        if n % 3:
            self.waiting.append(self.body(n, "第%d条短信：楼上漏水" % n))
            return
        for part in (1, 2):
            self.waiting.append(self.body(n, "第%d条短信的第%d段，" % (n, part) + "水" * 40, bytes((5, 0, 3, n % 256, 2, part))))

    def serve(self, line):
        out, seq, buf = {}, 0, b""  # out: what this line has brought, by its number
        line.settimeout(0.01)
        bound, next_at = False, 0
        try:
            while True:
                with self.lock:
                    if bound and self.growing and len(self.waiting) < WINDOW and time.monotonic() >= next_at:
                        self.offer()
                        next_at = time.monotonic() + 0.01
                    for body in self.waiting if bound else []:
                        if body not in out.values() and len(out) < WINDOW:
                            seq += 1
                            out[seq] = body
                            line.sendall(struct.pack(">IIII", 16 + len(body), DELIVER, 0, seq) + body)
                try:
                    more = line.recv(4096)
                except socket.timeout:
                    continue
                if not more:
                    return
                buf += more
                while len(buf) >= 4 and len(buf) >= struct.unpack(">I", buf[:4])[0]:
                    size, what, status, number = struct.unpack(">IIII", buf[:16])
                    buf = buf[size:]
                    if what == DELIVER_ANSWER:
                        self.answered(out.pop(number, None), status)
                    elif what in (BIND_RECEIVER, ENQUIRE, UNBIND):
                        bound = bound or what == BIND_RECEIVER
                        name = b"centre\0" if what == BIND_RECEIVER else b""
                        line.sendall(struct.pack(">IIII", 16 + len(name), what | ANSWER, 0, number) + name)
        except OSError:
            return  # whoever was there is killed
        finally:
            line.close()

    def answered(self, body, status):
        with self.lock:
            if body in self.waiting and status == 0:
                self.waiting.remove(body)
                self.taken += 1

    def empty(self):
        with self.lock:
            return not self.waiting

    def calm(self, seconds):
        """Nothing new; True when all that was offered is acknowledged."""
        self.growing = False
        end = time.monotonic() + seconds
        while not self.empty() and time.monotonic() < end:
            time.sleep(0.02)
        return self.empty()

# The flow "reply": a citizen wrote by a private message of Weibo, the office replies in the case; killed anywhere, while it replies and while the
# answer is sent. A reply that was acknowledged is in the record and on its way; nothing reaches the citizen twice; what is in doubt is a person's.
import hashlib
import json
import os
import subprocess
import time
import urllib.request

from judge import want

PLANNED, SENDING, WAIT, SENT, UNKNOWN, NEVER = 0, 1, 3, 2, 5, 1 << 60
WORDS = "已派人抢修，两小时内恢复。"
GUARD = 60


class Reply:
    create = "normal"

    def __init__(self, name, create):
        self.name, self.create = name, create

    def letter(self, b):
        """One private message, as Weibo pushes it; the case stands when it is answered."""
        with open(os.path.join(b.dir, "huying.conf"), "a", encoding="utf-8") as f:
            f.write('receive { listen = "127.0.0.1:0" }\n')
        with open(os.path.join(b.room, "serve"), "a", encoding="utf-8") as log:
            with subprocess.Popen(b.argv("serve", "--roles", "receive"), env=b.env, stdout=log, stderr=log) as daemon:
                port, end = os.path.join(b.dir, "run", "receive.port"), time.monotonic() + GUARD
                while not (os.path.exists(port) and open(port, encoding="ascii").read().endswith("\n")):
                    want(time.monotonic() < end and daemon.poll() is None, "stuck", "serve does not listen")
                    time.sleep(0.02)
                stamp, nonce = str(b.now // 1000), "n1"
                signature = hashlib.sha1("".join(sorted(["app-secret", stamp, nonce])).encode()).hexdigest()
                body = json.dumps({"type": "text", "receiver_id": 1, "sender_id": 7100000001, "created_at": "Sat Nov 21 08:00:00 +0800 2026",
                                   "text": "河西路没水", "data": {}}).encode()
                url = "http://127.0.0.1:%s%s?signature=%s&timestamp=%s&nonce=%s" % (open(port, encoding="ascii").read().strip(), self.path, signature, stamp, nonce)
                with urllib.request.urlopen(urllib.request.Request(url, data=body), timeout=GUARD) as r:
                    want(r.status == 200, "stuck", "the callback: %d" % r.status)
                daemon.terminate()
                daemon.wait(GUARD)

    def prepare(self, b):
        if not os.path.exists(os.path.join(b.room, "reply0")):
            b.office("reply0")
            for name, text in (("token", "practice-weibo-token"), ("app", "app-secret")):
                with open(os.path.join(b.room, name), "w", encoding="ascii") as f:
                    f.write(text)
            reach = "127.0.0.1:%d" % b.peers.port
            b.run("account", "add", "--name", "微博", "--platform", "weibo", "--url", "http://" + reach, "--login", "app", "--secret-file",
                  os.path.join(b.room, "token"), "--reach", reach, who="admin")
            made = b.json("account", "callback", "微博", "--secret-file", os.path.join(b.room, "app"), who="admin")
            self.path = made["url"][made["url"].index("/callback/"):]
            self.letter(b)
            b.run("index", "rebuild")
            want(b.one("SELECT count(*) FROM case_contact") == 1, "stuck", "no case came of the letter")
        b.copy("reply0")
        b.peers.reset(self.create)
        b.at(3_600_000)

    def argv(self, b):
        return b.argv("case", "reply", "1", "--text", WORDS, "--json", who="editor")

    def recovery(self, b):
        """The daemon's publish role; the second kill of R02 goes there."""
        b.peers.settle()
        b.at(3_900_000)
        b.run("status")
        return b.argv("serve", "--roles", "publish")

    @staticmethod
    def settled(b):
        rows = [(s, w) for s, w in b.rows("SELECT state, wait_until FROM case_answer") if s in (PLANNED, SENDING, WAIT, UNKNOWN)]
        return all(s == UNKNOWN and w >= NEVER for s, w in rows)

    def settle(self, b):
        with open(os.path.join(b.room, "serve"), "a", encoding="utf-8") as log:
            with subprocess.Popen(b.argv("serve", "--roles", "publish"), env=b.env, stdout=log, stderr=log) as daemon:
                end = time.monotonic() + GUARD
                try:
                    while not self.settled(b):
                        want(time.monotonic() < end, "stuck", "answers %s" % b.rows("SELECT id, state, wait_until, error FROM case_answer"))
                        want(daemon.poll() is None, "stuck", "serve ended with %s" % daemon.returncode)
                        time.sleep(0.02)
                finally:
                    daemon.terminate()
                    try:
                        daemon.wait(20)
                    except subprocess.TimeoutExpired:
                        daemon.kill()

    def judge(self, b, code):
        self.settle(b)
        b.peers.settle()
        got = b.peers.messages
        states = [s for s, in b.rows("SELECT state FROM case_answer")]
        replied = b.one("SELECT count(*) FROM case_event WHERE kind = 'replied'")
        audits = b.one("SELECT count(*) FROM audit WHERE action = 'case.reply'")
        want(len(got) <= 1, "doubled", "%d messages reached the citizen" % len(got))
        want(replied == len(states) == audits <= 1, "damaged", "%d replies, %d answers, %d audit rows" % (replied, len(states), audits))
        if code == 0:
            want(replied == 1, "lost", "the reply was acknowledged")
        for state in states:
            want(state in (SENT, UNKNOWN), "stuck", "an answer in state %d" % state)
            want(state != SENT or got == [WORDS], "lost", "said to be sent; the citizen has %s" % got)
        if not states:
            want(not got, "doubled", "sent without a reply")
        b.sound()


FLOWS = (Reply("reply", "normal"), Reply("reply-drop", "drop"))

# Flows of the index, killed anywhere: days packed, months joined, hidden text erased, days dropped, a new index made and swapped. After
# the restart and the same work again, searches answer as after a clean run, and nothing is left over. (Index commits are killed in the
# flow "collect".)
import os
import sqlite3
import subprocess
import time

from judge import want

DAY = 86_400_000
GUARD = 120


class Index:
    """An office with some days of items; one command that works on its index."""

    threads = True  # the work is done beside the main thread
    feed, days, when = "live", (0, 1, 2), 3
    command = ("index", "compact")
    conf = ""

    def __init__(self, name, template):
        self.name, self.template = "index-" + name, "ix-" + template

    def prepare(self, b):
        if not os.path.exists(os.path.join(b.room, self.template)):
            b.office(self.template)
            b.peers.reset()
            reach = "127.0.0.1:%d" % b.peers.port
            b.run("source", "add", "--kind", "feed", "--name", "快讯", "--reach", reach, "http://%s/%s" % (reach, self.feed), who="admin")
            if self.conf:
                with open(os.path.join(b.dir, "huying.conf"), "a", encoding="utf-8") as f:
                    f.write(self.conf)
            for n, day in enumerate(self.days):
                if self.feed == "rss":
                    b.peers.reset(stage=n)
                self.look(b, day * DAY)
            self.ready(b)
        b.copy(self.template)
        self.before(b)
        b.at(self.when * DAY)

    @staticmethod
    def look(b, ms):
        for minutes in range(0, 8, 2):
            b.at(ms + minutes * 60_000)
            b.run("collect", "run")

    def ready(self, b):
        """Once, at the end of making the template."""

    def before(self, b):
        """Before each kill."""

    def argv(self, b):
        return b.argv(*self.command, "--json")

    def recovery(self, b):
        b.at(self.when * DAY + 300_000)  # the dead one's leases have run out
        return self.argv(b)

    @staticmethod
    def raw(b, marker):
        """Files of the index that hold these bytes."""
        found = []
        for top, _, names in os.walk(os.path.join(b.dir, "index")):
            for name in names:
                with open(os.path.join(top, name), "rb") as f:
                    if marker.encode() in f.read():
                        found.append(name)
        return found

    def state(self, b):
        found = b.json("search", "自来水", "--limit", "100")
        stats = b.json("index", "stats")
        return {"shown": [(i["seq"], i["title"], i["text"]) for i in found["items"]], "total": found["total"],
                "live": stats["live"], "databases": stats["databases"]}

    def whole(self, b):
        stats = b.json("index", "stats")
        want(stats["index_seq"] == stats["last_seq"] and stats["live"] == stats["items"], "lost", "the index lags: %s" % stats)

    def judge(self, b, code):
        del code
        index = b.json("index", "check", "--deep")
        want(index["sound"], "damaged", "index: %s" % index)
        self.whole(b)
        state = self.state(b)
        with open(os.path.join(b.dir, "index/manifest"), encoding="ascii") as f:
            named = sorted(line.split()[1] for line in f if line.startswith("db "))
        there = sorted(n for n in os.listdir(os.path.join(b.dir, "index")) if n[0].isdigit())
        want(named == there, "damaged", "folders %s, named %s" % (there, named))
        if self.name not in b.reference:
            want(state["total"] >= 3, "stuck", "the clean run finds %s" % state)
            b.reference[self.name] = state
        for part, value in b.reference[self.name].items():
            want(state[part] == value, "lost", "%s differs from the clean run: %s" % (part, str(state[part])[:600]))


class Join(Index):
    """Days that are packed already, in a month that is over."""

    conf, days, when = "keep {\n\titems = \"200d\"\n}\n", (0, 1, 2), 30

    def ready(self, b):
        b.at(4 * DAY)
        b.run("index", "compact")


class Erase(Index):
    """A text is corrected: the old one leaves the disk, from the day that is packed meanwhile and from what is being written."""

    feed, days, when = "rss", (0,), 1
    command = ("collect", "run")
    old = "第2天的消息,管网冲洗"

    def before(self, b):
        b.peers.reset(stage=1)
        want(self.raw(b, self.old), "stuck", "the old text was never there")

    def state(self, b):
        return dict(super().state(b), databases=0)  # a run that was killed may have closed one more

    def judge(self, b, code):
        super().judge(b, code)
        want(not self.raw(b, self.old), "damaged", "the old text is still in %s" % self.raw(b, self.old))


class Drop(Index):
    """Days past their time, all but one claim's evidence; and a day that stays."""

    days, when = (0, 1, 39), 40

    def ready(self, b):
        b.run("claim", "open", "城东自来水有毒", "--item", "1", who="editor")
        b.at(self.when * DAY)
        with subprocess.Popen(b.argv("serve", "--roles", "clock"), env=b.env, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as daemon:
            end = time.monotonic() + GUARD
            while b.one("SELECT min(seq) FROM item WHERE seq > 1") < 5:
                want(time.monotonic() < end and daemon.poll() is None, "stuck", "the record is not purged")
                time.sleep(0.02)
            daemon.terminate()
            daemon.wait(GUARD)
        want(b.one("SELECT count(*) FROM item WHERE seq = 1") == 1, "lost", "the evidence is gone from the record")

    def judge(self, b, code):
        super().judge(b, code)
        seqs = [s for s, _, _ in self.state(b)["shown"]]
        want(1 in seqs and all(s == 1 or s > 4 for s in seqs), "lost", "found are %s" % seqs)


class Rebuild(Index):
    command = ("index", "rebuild")


class Swap(Index):
    """As the daemon does it for huying index rebuild: a new index filled beside the live one, put in its place."""

    command = ("collect", "run")
    ticket = 7

    def before(self, b):
        db = sqlite3.connect(os.path.join(b.dir, "huying.db"))
        with db:
            db.execute("INSERT INTO meta (key, value) VALUES ('index.wanted', 'rebuild %d')"
                       " ON CONFLICT (key) DO UPDATE SET value = excluded.value" % self.ticket)
        db.close()
        b.peers.growing = False
        b.generation = b.json("index", "stats")["generation"]

    def judge(self, b, code):
        b.run("index", "compact")  # the run that was killed may have left what upkeep packs later: it comes to the same
        done = b.one("SELECT value FROM meta WHERE key = 'index.done'")
        want(done.split()[:2] == [str(self.ticket), "0"], "stuck", "what was asked for ended with %s" % done)
        want(b.json("index", "stats")["generation"] > b.generation, "stuck", "the generation is the old one")
        super().judge(b, code)


FLOWS = (Index("pack", "pack"), Join("months", "months"), Erase("erase", "erase"), Drop("drop", "drop"), Rebuild("rebuild", "pack"),
         Swap("swap", "pack"))


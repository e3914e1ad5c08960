#!/usr/bin/python3
# R01, R02, R11, R12: flows of the real binary, killed with SIGKILL as it enters the Nth write, sync, rename or send, then started anew and
# judged. strace counts the calls, the peers count the posts; nothing here believes what the binary says of itself alone.
# usage: kill.py --huying FILE [--flows A,B] [--kills N | --every] [--seed S] [--jobs J] [--tap]
import argparse
import collections
import json
import multiprocessing
import os
import queue
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import importing  # noqa: E402
import indexing  # noqa: E402
import replying  # noqa: E402
from judge import Broken, want  # noqa: E402
from centre import Centre  # noqa: E402
from peers import Peers  # noqa: E402

SYSCALLS = ["pwrite64", "write", "fdatasync", "fsync", "rename", "sendto", "sendmsg", "connect", "ftruncate", "unlink", "recvfrom"]
LEAST_POINTS = 10
T0 = 1795226400000  # 2026-11-21 10:00 in the office
GUARD = 120  # hang guard, seconds
SENT, UNKNOWN = 2, 5
NEVER = 1 << 60

Point = collections.namedtuple("Point", "flow syscall n follow second")


class Bench:
    """A worker's own office templates, peers and folders."""

    def __init__(self, huying, room):
        self.huying = huying
        self.room = tempfile.mkdtemp(prefix="hy-kill.", dir=room)
        self.peers = Peers()
        self.clock = os.path.join(self.room, "clock")
        self.env = dict(os.environ, HUYING_CLOCK=self.clock, HUYING_TEST_FAST_HASH="1", LC_ALL="C.UTF-8", LANGUAGE="en")
        self.env.pop("HUYING_DIR", None)
        self.env.pop("HUYING_TOKEN_FILE", None)
        self.dir = self.people = None
        self.log = os.path.join(self.room, "strace")
        self.reference = {}

    def close(self):
        shutil.rmtree(self.room, ignore_errors=True)

    def at(self, ms):
        """The office's clock stands there."""
        self.now = T0 + ms
        with open(self.clock + ".new", "w", encoding="ascii") as f:
            f.write("%d" % self.now)
        os.rename(self.clock + ".new", self.clock)

    def token(self, who):
        return os.path.join(self.room, "%s.%s.token" % (self.people, who))

    def argv(self, *args, who=None):
        argv = [self.huying, "--dir", self.dir]
        if who:
            argv += ["--as", who, "--token-file", self.token(who)]
        return argv + list(args)

    def run(self, *args, who=None, ok=(0,)):
        done = subprocess.run(self.argv(*args, who=who), env=self.env, capture_output=True, text=True, timeout=GUARD, check=False)
        if ok is not None and done.returncode not in ok:
            raise Broken("stuck", "%s: exit %d: %s" % (" ".join(args), done.returncode, done.stderr.strip()[-300:]))
        return done

    def json(self, *args, who=None, ok=(0,)):
        return json.loads(self.run(*args, "--json", who=who, ok=ok).stdout)

    def rows(self, sql, *args):
        # after the binary itself has opened the record again: its own recovery is what is tried
        db = sqlite3.connect("file:%s/huying.db?mode=ro" % self.dir, uri=True, timeout=10)
        try:
            return db.execute(sql, args).fetchall()
        finally:
            db.close()

    def one(self, sql, *args):
        return self.rows(sql, *args)[0][0]

    def office(self, name):
        """A new office with people and both peers; later ones are copies."""
        self.dir, self.people = os.path.join(self.room, name), name
        self.at(0)
        self.run("setup", "--office", "临江县", "--listen", "127.0.0.1:0", "--admin-token-file", self.token("admin"))
        for login, duties in (("editor", "viewer,clerk,editor"), ("approver", "viewer,approver,supervisor")):
            made = self.json("user", "add", "--login", login, "--name", login, "--duties", duties, who="admin")
            with open(self.token(login), "w", encoding="ascii") as f:
                f.write(made["token"])

    def copy(self, template):
        self.dir, self.people = os.path.join(self.room, "case"), template
        shutil.rmtree(self.dir, ignore_errors=True)
        shutil.copytree(os.path.join(self.room, template), self.dir)

    # ---- under strace ----

    def traced(self, argv, options):
        if os.path.exists(self.log):
            os.unlink(self.log)
        return subprocess.Popen(["strace", "-o", self.log, *options, *argv], env=self.env, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, start_new_session=True)

    def finish(self, process):
        try:
            out, err = process.communicate(timeout=GUARD)
        except subprocess.TimeoutExpired as e:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            raise Broken("stuck", "the flow did not end within %d s" % GUARD) from e
        return process.returncode, out, err

    def count(self, argv):
        """How often each call is made by one process of the flow, at most."""
        self.finish(self.traced(argv, ["-f", "-e", "trace=" + ",".join(SYSCALLS)]))
        count = collections.Counter()
        with open(self.log, encoding="utf-8", errors="replace") as f:
            for line in f:
                m = re.match(r"(\d+) +(\w+)\(", line)
                if m:
                    count[m.group(1), m.group(2)] += 1
        most = collections.Counter()
        for (_, name), n in count.items():
            most[name] = max(most[name], n)
        return most

    def kill_at(self, argv, syscall, n, follow):
        """Runs argv; (was something killed, exit code of the flow, stderr)."""
        options = ["-e", "trace=" + syscall, "-e", "inject=%s:signal=SIGKILL:when=%d" % (syscall, n)]
        code, _, err = self.finish(self.traced(argv, (["-f"] if follow else []) + options))
        return self.was_killed(), code, err

    def was_killed(self):
        if not os.path.exists(self.log):
            return False  # ended before strace began
        with open(self.log, encoding="utf-8", errors="replace") as f:
            return "+++ killed by SIGKILL" in f.read()

    # ---- what always holds ----

    def sound(self):
        found = self.json("doctor", "--deep", ok=(0, 9))["findings"]
        bad = [f for f in found if f["level"] >= 2 and f["check"] != "disk"]
        want(not bad, "damaged", "doctor: %s" % bad)
        chain = self.json("audit", "verify")
        want(chain["whole"], "damaged", "audit: %s" % chain)


class Collect:
    """Two feeds with edits, a repeat and new items, over what an earlier run has already acknowledged."""

    name = "collect"

    def prepare(self, b):
        if not os.path.exists(os.path.join(b.room, "collect0")):
            b.office("collect0")
            b.peers.reset()
            reach = "127.0.0.1:%d" % b.peers.port
            for name, path in (("县网", "rss"), ("论坛", "atom")):
                b.run("source", "add", "--kind", "feed", "--name", name, "--reach", reach, "http://%s/%s" % (reach, path), who="admin")
            b.run("rule", "add", "--name", "供水", "--level", "high", "自来水", who="editor")
            b.run("collect", "run")
            b.acknowledged = b.rows("SELECT native, revision, text FROM item")
        b.copy("collect0")
        b.peers.reset(stage=1)
        b.at(3_600_000)

    def argv(self, b):
        return b.argv("collect", "run", "--json")

    def recovery(self, b):
        b.at(3_900_000)  # the dead one's leases have run out
        return b.argv("collect", "run", "--json")

    def state(self, b):
        items = b.rows("SELECT native, revision, source, title, text, kind, posted, flags FROM item ORDER BY native, revision")
        alerts = b.rows("SELECT key, state, items FROM alert ORDER BY id")
        rang = b.rows("SELECT i.native, i.revision FROM alert_item a JOIN item i USING (seq) ORDER BY 1, 2")
        keys = b.rows("SELECT i.source, i.native FROM item_key k JOIN item i ON i.seq = k.item ORDER BY 1, 2")
        found = b.json("search", "自来水", "--limit", "100")
        shown = sorted((i["title"], i["text"], i["revision"]) for i in found["items"])
        return {"items": items, "alerts": alerts, "rang": rang, "keys": keys, "total": found["total"], "shown": shown}

    def judge(self, b, code):
        del code
        b.run("collect", "run")  # once more: nothing may come twice
        b.sound()
        index = b.json("index", "check", "--deep")
        want(index["sound"], "damaged", "index: %s" % index)
        stats = b.json("index", "stats")
        want(stats["index_seq"] == stats["last_seq"] and stats["live"] == stats["items"], "lost", "the index lags: %s" % stats)
        state = self.state(b)
        twice = [k for k, n in collections.Counter((i[0], i[1]) for i in state["items"]).items() if n > 1]
        want(not twice, "doubled", "items twice: %s" % twice)
        missing = set(b.acknowledged) - {(i[0], i[1], i[4]) for i in state["items"]}
        want(not missing, "lost", "acknowledged items are gone: %s" % missing)
        if "collect" not in b.reference:
            want(len(state["items"]) == 18 and state["total"] == 17, "stuck", "the clean run gave %d items" % len(state["items"]))
            b.reference["collect"] = state
        for part, value in b.reference["collect"].items():
            got = state[part]
            more = isinstance(got, list) and len(got) > len(value)
            want(got == value, "doubled" if more else "lost", "%s differs from the clean run: %s" % (part, str(got)[:600]))


class Posting:
    """What approve and publish share: a submitted correction for the site and for WordPress (or another platform)."""

    create, lookup, platform, room = "normal", "normal", "wordpress", "post0"

    def prepare(self, b):
        if not os.path.exists(os.path.join(b.room, self.room)):
            b.office(self.room)
            with open(os.path.join(b.room, "pw"), "w", encoding="ascii") as f:
                f.write("pw pw pw\n")
            reach = "127.0.0.1:%d" % b.peers.port
            b.run("account", "add", "--name", "wp", "--platform", self.platform, "--url", "http://" + reach, "--login", "huying",
                  "--secret-file", os.path.join(b.room, "pw"), "--reach", reach, who="admin")
            b.run("claim", "open", "城东自来水有毒", who="editor")
            b.run("claim", "evidence", "1", "--title", "检测报告", "--url", "http://127.0.0.1/r", who="editor")
            b.run("claim", "judge", "1", "false", "--finding", "水质达标", who="editor")
            b.run("claim", "sign", "1", who="approver")
            b.run("post", "correct", "--claim", "1", "--to", "wp,site", "--title", "水质达标", "--text", "各项指标合格。", who="editor")
        b.copy(self.room)
        with open(os.path.join(b.dir, "huying.conf"), "a", encoding="utf-8") as f:
            f.write("publish {\n\tlookups = %d\n}\n" % (2 if self.lookup == "late" else 1))
        b.peers.reset(self.create, self.lookup)
        b.at(3_600_000)

    def approval(self, b):
        """Approved with its audit row and one delivery an account, or not at all."""
        state = b.one("SELECT state FROM statement WHERE id = 1")
        audits = b.one("SELECT count(*) FROM audit WHERE action = 'post.approve'")
        accounts = [a for a, in b.rows("SELECT account FROM delivery ORDER BY account")]
        want(len(set(accounts)) == len(accounts), "doubled", "deliveries to %s" % accounts)
        want(audits <= 1, "doubled", "%d audit rows" % audits)
        if state == 2:
            want(accounts == [1, 2] and audits == 1, "lost", "approved, deliveries %s, audit rows %d" % (accounts, audits))
        else:
            want(state == 1 and not accounts and not audits, "damaged", "state %d, deliveries %s, audit %d" % (state, accounts, audits))
        return state == 2


class Approve(Posting):
    name = "approve"

    def argv(self, b):
        return b.argv("post", "approve", "1", "--no-wait", "--json", who="approver")

    def recovery(self, b):
        b.at(3_900_000)
        return b.argv("status", "--json")

    def judge(self, b, code):
        b.sound()
        approved = self.approval(b)
        want(approved or code != 0, "lost", "exit 0, yet not approved")
        again = b.run("post", "approve", "1", "--no-wait", "--json", who="approver", ok=None)
        want(again.returncode == (8 if approved else 0), "stuck", "approved again: exit %d: %s" % (again.returncode, again.stderr))
        want(self.approval(b), "lost", "not approved after all")
        want(not b.peers.posts, "doubled", "posted without being asked to")


class Publish(Posting):
    def __init__(self, name, create, lookup):
        self.name, self.create, self.lookup = name, create, lookup

    def argv(self, b):
        return b.argv("post", "approve", "1", "--json", who="approver")

    def recovery(self, b):
        """The daemon's publish role; the second kill of R02 goes there."""
        b.peers.settle()
        b.at(3_900_000)
        b.run("status")
        if b.one("SELECT state FROM statement WHERE id = 1") != 2:
            b.run("post", "approve", "1", "--no-wait", who="approver")
        return b.argv("serve", "--roles", "publish")

    @staticmethod
    def settled(b):
        """Nothing is left to do without a person. Sets the clock to what is waited for."""
        rows = [(s, w) for s, w in b.rows("SELECT state, wait_until FROM delivery") if s in (0, 1, 3, UNKNOWN)]
        waits = [w for s, w in rows if s in (3, UNKNOWN) and w < NEVER]
        if waits and min(waits) > b.now and not any(s in (0, 1) for s, _ in rows):
            b.at(min(waits) - T0)
        return all(s == UNKNOWN and w >= NEVER for s, w in rows)

    def settle(self, b):
        """Runs the daemon until nothing is left to do without a person."""
        with open(os.path.join(b.room, "serve"), "w", encoding="utf-8") as log:
            with subprocess.Popen(b.argv("serve", "--roles", "publish"), env=b.env, stdout=log, stderr=log) as daemon:
                end = time.monotonic() + GUARD
                try:
                    while not self.settled(b):
                        want(time.monotonic() < end, "stuck", "deliveries %s" % b.rows("SELECT id, state, wait_until, error FROM delivery"))
                        want(daemon.poll() is None, "stuck", "serve ended with %s" % daemon.returncode)
                        time.sleep(0.02)
                finally:
                    daemon.terminate()
                    try:
                        daemon.wait(20)
                    except subprocess.TimeoutExpired:
                        daemon.kill()

    def judge(self, b, code):
        if code == 0:
            want(all(s == SENT for s, in b.rows("SELECT state FROM delivery")), "lost", "exit 0, yet not everything is sent")
        self.settle(b)
        b.peers.settle()
        self.outcome(b)
        unknown = b.rows("SELECT id FROM delivery WHERE state = ?", UNKNOWN)
        if unknown and self.lookup == "normal":
            # nobody found it: a person looks, too, and says so
            want(not b.peers.posts, "lost", "a post that is there was not found")
            b.run("post", "resolve", str(unknown[0][0]), "absent", who="approver")
            b.peers.reset("normal", "normal")
            self.settle(b)
            self.outcome(b)
            want(len(b.peers.posts) == 1, "lost", "%d posts after a person's word" % len(b.peers.posts))
        b.sound()
        self.site(b)

    def outcome(self, b):
        want(self.approval(b), "lost", "not approved")
        posts = b.peers.posts
        want(len(posts) <= 1, "doubled", "%d posts" % len(posts))
        for number, account, state, receipt in b.rows("SELECT id, account, state, receipt FROM delivery"):
            if account == 1:
                want(state == SENT, "lost", "the site's delivery is in state %d" % state)
            elif state == SENT:
                want([str(p["id"]) for p in posts] == [receipt], "lost", "receipt %s, posts %s" % (receipt, posts))
            else:
                want(state == UNKNOWN, "stuck", "delivery in state %d" % state)
                paged = b.one("SELECT count(*) FROM alert WHERE key = 'delivery:' || ?", number)
                want(paged == 1, "lost", "in doubt, and %d pages to a person" % paged)

    @staticmethod
    def site(b):
        with open(os.path.join(b.dir, "site/feed.json"), encoding="utf-8") as f:
            feed = json.load(f)
        want(len(feed["items"]) == 1, "doubled", "%d items in our feed" % len(feed["items"]))
        for name in ("feed.atom", "index.html", "statements/1.html", "key.json"):
            path = os.path.join(b.dir, "site", name)
            want(os.path.exists(path) and os.path.getsize(path) > 50, "lost", "site/%s is not whole" % name)
        pages = [n for n in os.listdir(os.path.join(b.dir, "site/statements")) if n.endswith(".html")]
        want(pages == ["1.html"], "doubled", "pages %s" % pages)


class Toot(Publish):
    """The same to a Mastodon server: in doubt it is looked for by its text, then asked for under its key."""

    platform, room = "mastodon", "toot0"


class Rules:
    """What RuleEdit and Rerun share: items that one version of a rule has seen, and more that come later."""

    old, new = "自来水", "消息"

    def prepare(self, b):
        if not os.path.exists(os.path.join(b.room, "rules0")):
            b.office("rules0")
            b.peers.reset()
            reach = "127.0.0.1:%d" % b.peers.port
            for name, path in (("县网", "rss"), ("论坛", "atom")):
                b.run("source", "add", "--kind", "feed", "--name", name, "--reach", reach, "http://%s/%s" % (reach, path), who="admin")
            b.run("rule", "add", "--name", "甲", self.old, who="editor")
            b.run("collect", "run")
        b.copy("rules0")
        b.peers.reset(stage=1)
        b.at(3_600_000)

    def recovery(self, b):
        b.at(3_900_000)
        return b.argv("collect", "run", "--json")

    @staticmethod
    def rang(b, version):
        """The revisions that a version rang for; each once."""
        rows = [s for s, in b.rows("SELECT x.seq FROM alert_item x JOIN alert a ON a.id = x.alert WHERE a.watch_version = ? ORDER BY 1", version)]
        want(len(rows) == len(set(rows)), "doubled", "version %d rang twice for an item: %s" % (version, rows))
        return rows

    @staticmethod
    def holding(b, word, begin, until):
        """By the texts alone: the revisions of (begin, until] that hold the word and were the latest when they came by."""
        return [s for s, t in b.rows("SELECT seq, title || '\n' || text FROM item WHERE seq > ? AND seq <= ? AND flags & 1 = 0"
                                     " ORDER BY seq", begin, until) if word in t]


class RuleEdit(Rules):
    """A new version begins at the place of the log that stands in its own transaction, or not at all."""

    name = "rule-edit"

    def argv(self, b):
        return b.argv("rule", "edit", "甲", self.new, "--json", who="editor")

    def judge(self, b, code):
        version = b.one("SELECT version FROM watch")
        spans = b.rows("SELECT version, begin_seq, until_seq FROM watch_span ORDER BY id")
        audits = b.one("SELECT count(*) FROM audit WHERE action = 'rule.edit'")
        want(version == 2 or code != 0, "lost", "exit 0, yet not edited")
        want([s[0] for s in spans] == list(range(1, version + 1)) and audits == version - 1, "damaged",
             "version %d, stretches %s, %d audit rows" % (version, spans, audits))
        end = b.one("SELECT max(seq) FROM item")
        place = spans[1][1] if version == 2 else end
        want(spans[0][2] == (place if version == 2 else None) and spans[-1][2] is None, "damaged", "stretches %s" % spans)
        for v, word, begin, until in ((1, self.old, 0, place), (2, self.new, place, end)):
            got, due = self.rang(b, v), self.holding(b, word, begin, until)
            want(set(got) <= set(due), "doubled", "version %d rang for %s of %s" % (v, got, due))
            missing = [s for s in set(due) - set(got) if not b.one("SELECT count(*) FROM item a JOIN item b ON b.id = a.id AND b.seq > a.seq"
                                                                    " WHERE a.seq = ?", s)]
            want(not missing, "lost", "version %d did not ring for %s" % (v, missing))
        b.sound()


class Rerun(Rules):
    """A run over the archive goes on where it stood: every item once."""

    name = "rule-rerun"

    def prepare(self, b):
        super().prepare(b)
        b.run("rule", "add", "--name", "乙", self.new, who="editor")
        b.peers.reset()  # nothing new comes: no revision is superseded meanwhile

    def argv(self, b):
        return b.argv("rule", "rerun", "乙", "--json", who="editor")

    def judge(self, b, code):
        runs = b.rows("SELECT state, from_seq, at_seq, upto_seq, seen, matches FROM watch_run")
        want(len(runs) <= 1, "doubled", "runs %s" % runs)
        want(runs or code != 0, "lost", "exit 0, yet no run")
        due = []
        if runs:
            state, begin, at, upto, seen, matches = runs[0]
            due = self.holding(b, self.new, begin, upto)
            want(state == 1 and at == upto, "stuck", "run %s" % (runs[0],))
            want(seen == b.one("SELECT count(*) FROM item WHERE seq <= ?", upto), "doubled", "looked at %d items" % seen)
            want(due and matches == len(due), "lost", "%d matches of %s" % (matches, due))
        end = b.one("SELECT max(seq) FROM item")
        begin = b.one("SELECT begin_seq FROM watch_span s JOIN watch w ON w.id = s.watch WHERE w.name = '乙'")
        rows = [s for s, in b.rows("SELECT x.seq FROM alert_item x JOIN alert a ON a.id = x.alert JOIN watch w ON w.id = a.watch"
                                   " WHERE w.name = '乙' ORDER BY 1")]
        due += self.holding(b, self.new, begin, end)
        want(rows == due, "doubled" if len(rows) > len(due) else "lost", "rang for %s, due %s" % (rows, due))
        b.sound()


FLOWS = {f.name: f for f in (
    Collect(), Approve(), RuleEdit(), Rerun(),
    Publish("publish", "normal", "normal"), Publish("publish-drop", "drop", "normal"), Publish("publish-500", "e500", "normal"),
    Publish("publish-big", "big", "normal"), Publish("publish-text", "text", "normal"), Publish("publish-blind", "drop", "broken"),
    Publish("publish-late", "drop", "late"), Toot("toot", "normal", "normal"), Toot("toot-drop", "drop", "normal"),
    Toot("toot-late", "drop", "late"), *indexing.FLOWS, *importing.FLOWS, *replying.FLOWS)}


def threads(flow):
    """Is its work done beside the main thread?"""
    return getattr(FLOWS[flow], "threads", False)


# ---- one kill ----

def kill_daemon(b, flow, argv, syscall, n):
    """R02: the recovering daemon is killed, too; at its Nth call, or once it has nothing left to do."""
    options = ["-f", "-e", "trace=" + syscall, "-e", "inject=%s:signal=SIGKILL:when=%d" % (syscall, n)]
    process = b.traced(argv, options)
    end = time.monotonic() + GUARD
    while process.poll() is None and not flow.settled(b):
        if time.monotonic() > end:
            os.killpg(process.pid, signal.SIGKILL)
            raise Broken("stuck", "the recovering daemon does not settle")
        time.sleep(0.02)
    if process.poll() is None:
        # strace holds the daemon as its child; its group is ours alone
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    return b.was_killed()


def one_case(b, point):
    """(kills done, the Broken or None)."""
    flow, kills = FLOWS[point.flow], 0
    try:
        flow.prepare(b)
        killed, code, _ = b.kill_at(flow.argv(b), point.syscall, point.n, point.follow)
        kills += killed
        again = flow.recovery(b)
        if point.second:
            if again[-1] == "publish":
                kills += kill_daemon(b, flow, again, *point.second)
            else:
                killed, _, _ = b.kill_at(again, *point.second, threads(point.flow))
                kills += killed
            again = flow.recovery(b)
        if again[-1] != "publish":
            done = subprocess.run(again, env=b.env, capture_output=True, text=True, timeout=GUARD, check=False)
            want(done.returncode == 0, "stuck", "recovery: exit %d: %s" % (done.returncode, done.stderr[-300:]))
        flow.judge(b, code)
    except Broken as broken:
        return kills, broken
    except (subprocess.TimeoutExpired, sqlite3.Error, OSError, ValueError, KeyError) as e:
        return kills, Broken("stuck", "%s: %s" % (type(e).__name__, e))
    return kills, None


def survey(b, flow):
    """The flow unkilled: sets the reference, counts the points."""
    flow.prepare(b)
    code, out, err = b.finish(b.traced(flow.argv(b), ["-e", "trace=none"]))
    bare = flow.create == "normal" if isinstance(flow, Posting) else True
    want((code == 0) == bare, "stuck", "%s: unkilled: exit %d: %s%s" % (flow.name, code, out, err))
    again = flow.recovery(b)
    if again[-1] != "publish":
        subprocess.run(again, env=b.env, capture_output=True, timeout=GUARD, check=True)
    flow.judge(b, code)
    flow.prepare(b)
    return b.count(flow.argv(b))


def work(huying, room, points, results):
    b = Bench(huying, room)
    try:
        while True:
            point = points.get()
            if point is None:
                return
            kills, broken = one_case(b, point)
            kept = None
            if broken and b.dir and os.path.isdir(b.dir):
                kept = tempfile.mkdtemp(prefix="kept.", dir=room)
                shutil.copytree(b.dir, os.path.join(kept, "office"))
                if os.path.exists(b.log):
                    shutil.copy(b.log, kept)
            results.put((point, kills, (broken.kind, str(broken), kept) if broken else None))
    finally:
        b.close()


# ---- the daemon, killed at any moment ----

def start_daemon(b, *args):
    with open(os.path.join(b.room, "serve"), "a", encoding="utf-8") as log:
        return subprocess.Popen(b.argv("serve", *args), env=b.env, stdout=log, stderr=log)


def daemon_round(b, rand, n, said):
    """Serves, asks for a look and a claim meanwhile, and kills daemon and looker at a moment that the seed chose."""
    daemon = start_daemon(b)
    end = time.monotonic() + rand.uniform(0.02, 1.2)
    looker = subprocess.Popen(b.argv("collect", "run"), env=b.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    asked = subprocess.Popen(b.argv("claim", "open", "说法%d号" % n, "--json", who="editor"), env=b.env, stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL)
    while time.monotonic() < end and daemon.poll() is None:
        time.sleep(0.01)
    died = daemon.poll()
    for process in (daemon, looker):
        process.kill()
        process.wait()
    asked.communicate(timeout=GUARD)
    want(died is None, "stuck", "serve ended by itself with %s" % died)
    said[n] = asked.returncode


def daemon_judged(b, said, centre):
    """Calm: the daemon takes what feed and message centre still hold; then each item, each SMS and each acknowledged claim is there once."""
    b.peers.growing = centre.growing = False
    daemon = start_daemon(b)
    end = time.monotonic() + GUARD
    try:
        while True:
            b.run("collect", "run", ok=None)
            got = b.one("SELECT count(*) FROM item WHERE revision = 1 AND title <> ''")
            stats = b.run("index", "stats", "--json", ok=None)
            stats = json.loads(stats.stdout) if stats.returncode == 0 else {"index_seq": -1, "last_seq": 0}
            if got >= b.peers.offered and stats["index_seq"] == stats["last_seq"]:
                break
            want(time.monotonic() < end, "lost", "%d of %d items; index %s" % (got, b.peers.offered, stats))
            time.sleep(0.1)
        want(centre.calm(GUARD), "stuck", "%d of %d SMS are not acknowledged" % (len(centre.waiting), centre.offered))
    finally:
        daemon.terminate()
        want(daemon.wait(30) == 0, "stuck", "serve does not stop cleanly")
    cases = b.one("SELECT count(*) FROM office_case WHERE channel = 'smpp'")
    want(cases >= centre.offered, "lost", "%d cases of %d SMS" % (cases, centre.offered))
    want(cases == centre.offered, "doubled", "%d cases of %d SMS" % (cases, centre.offered))
    added = b.one("SELECT count(*) FROM case_event WHERE kind = 'note'")
    want(not added, "doubled", "%d SMS were added to a case" % added)
    parts = b.one("SELECT count(*) FROM callback WHERE unread = 1")
    want(not parts, "lost", "%d parts still wait" % parts)
    keys = [k for k, in b.rows("SELECT title FROM item WHERE revision = 1 AND title <> ''")]
    want(len(keys) == len(set(keys)) == b.peers.offered, "doubled", "%d items, %d titles, %d offered" % (
        len(keys), len(set(keys)), b.peers.offered))
    for n, code in said.items():
        times = b.one("SELECT count(*) FROM claim WHERE text = ?", "说法%d号" % n)
        want(times <= 1, "doubled", "claim %d is there %d times" % (n, times))
        want(times == 1 or code != 0, "lost", "claim %d was acknowledged" % n)
    b.sound()
    index = b.json("index", "check", "--deep")
    want(index["sound"], "damaged", "index: %s" % index)


def daemon_rounds(huying, room, rounds, seed, report):
    b, rand, said, centre = Bench(huying, room), random.Random(seed), {}, Centre()
    broken = None
    try:
        b.office("daemon0")
        del b.env["HUYING_CLOCK"]
        b.peers.reset()
        reach = "127.0.0.1:%d" % b.peers.port
        b.run("source", "add", "--kind", "feed", "--name", "快讯", "--reach", reach, "http://%s/live" % reach, who="admin")
        b.run("rule", "add", "--name", "供水", "--level", "high", "自来水", who="editor")
        with open(os.path.join(b.room, "sms"), "w", encoding="ascii") as f:
            f.write("practice")
        b.run("account", "add", "--name", "短信", "--platform", "smpp", "--url", "smpp://smsc.example", "--login", "centre", "--secret-file",
              os.path.join(b.room, "sms"), "--reach", "127.0.0.1:%d" % centre.port, who="admin")
        for n in range(rounds):
            daemon_round(b, rand, n, said)
        daemon_judged(b, said, centre)
    except Broken as e:
        broken = (e.kind, str(e), b.dir)
    report.take(Point("daemon", "moment", len(said), True, None), len(said), broken)
    acknowledged = sum(code == 0 for code in said.values())
    report.ok(not broken, "daemon: %d kills at any moment, %d items, %d SMS and %d acknowledged claims, each once" % (
        len(said), b.peers.offered, centre.offered, acknowledged))
    if not broken:
        b.close()


# ---- which points ----

def all_points(counts):
    for flow, most in counts.items():
        for syscall, n in most.items():
            for i in range(1, n + 1):
                yield Point(flow, syscall, i, threads(flow), None)
                if flow == "collect":
                    yield Point(flow, syscall, i, True, None)


def random_points(counts, seed):
    rand = random.Random(seed)
    weight = [(f, s, n) for f, most in counts.items() for s, n in most.items()]
    recovering = {"collect": counts.get("collect"), "approve": {"pwrite64": 4}}
    while True:
        flow, syscall, n = rand.choices(weight, [w[2] for w in weight])[0]
        second = None
        if rand.random() < 0.3:
            most = recovering.get(flow) or (counts[flow] if threads(flow) else None) or {"pwrite64": 30, "write": 12, "fdatasync": 6, "fsync": 5, "rename": 5, "sendto": 2, "recvfrom": 2, "connect": 2}
            call = rand.choices(list(most), list(most.values()))[0]
            second = (call, rand.randint(1, most[call]))
        yield Point(flow, syscall, rand.randint(1, n), threads(flow) or (flow == "collect" and rand.random() < 0.3),
                    second)


def sample(counts, kills, seed):
    """Every flow gets its share, spread over its calls; the rest at random."""
    rand = random.Random(seed)
    chosen = []
    for flow in counts:
        points = [p for p in all_points({flow: counts[flow]})]
        rand.shuffle(points)
        by_call = collections.OrderedDict()
        for p in points:
            by_call.setdefault(p.syscall, []).append(p)
        mine = [ps.pop() for ps in by_call.values()]
        rest = [p for ps in by_call.values() for p in ps]
        rand.shuffle(rest)
        chosen += (mine + rest)[:max(12, kills * 2 // (3 * len(counts)))]
    more = random_points(counts, seed)
    while len(chosen) < kills:
        chosen.append(next(more))
    return chosen[:kills]


class Report:
    def __init__(self, tap):
        self.tap, self.n, self.bad = tap, 0, 0
        self.totals = collections.Counter()
        self.flows = collections.defaultdict(collections.Counter)
        self.began = time.monotonic()

    def ok(self, good, text):
        self.n += 1
        self.bad += not good
        print("%sok %d - %s" % ("" if good else "not ", self.n, text), flush=True)

    def take(self, point, kills, broken):
        self.totals["cases"] += 1
        self.totals["kills"] += kills
        self.totals["missed"] += kills == 0
        self.flows[point.flow]["kills"] += kills
        if broken:
            kind, text, kept = broken
            self.totals[kind] += 1
            self.flows[point.flow]["bad"] += 1
            print("# %s: %s at %s %d%s%s: %s (kept: %s)" % (
                kind, point.flow, point.syscall, point.n, ", children too" if point.follow else "",
                ", then %s %d" % point.second if point.second else "", text.replace("\n", " "), kept), flush=True)

    def line(self):
        t = self.totals
        return "kills=%d lost=%d doubled=%d damaged=%d stuck=%d cases=%d missed=%d seconds=%d" % (
            t["kills"], t["lost"], t["doubled"], t["damaged"], t["stuck"], t["cases"], t["missed"],
            time.monotonic() - self.began)


def feed(points, kills, report, huying, room, jobs, until):
    """Hands the points to the workers, until they end, enough kills were done, or the time is up."""
    todo, results = multiprocessing.Queue(), multiprocessing.Queue()
    workers = [multiprocessing.Process(target=work, args=(huying, room, todo, results)) for _ in range(jobs)]
    for w in workers:
        w.start()
    points, flying, said = iter(points), 0, 0
    more = True
    while more or flying:
        while more and flying < 2 * jobs:
            point = next(points, None)
            more = point is not None and (kills is None or report.totals["kills"] < kills) and time.monotonic() < until
            if more:
                todo.put(point)
                flying += 1
        if not flying:
            break
        try:
            report.take(*results.get(timeout=10 * GUARD))
        except queue.Empty:
            report.ok(False, "the workers went silent")
            break
        flying -= 1
        if report.totals["kills"] // 250 > said:
            said = report.totals["kills"] // 250
            print("# %s" % report.line(), flush=True)
    for _ in workers:
        todo.put(None)
    for w in workers:
        w.join(30)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--huying", required=True)
    p.add_argument("--flows", default=",".join(FLOWS))
    p.add_argument("--kills", type=int, default=250)
    p.add_argument("--every", action="store_true", help="each point of each flow once, then at random up to --kills")
    p.add_argument("--seed", type=int, default=20261121)
    p.add_argument("--jobs", type=int, default=2)
    p.add_argument("--daemon", type=int, default=12, help="kills of the serving daemon")
    p.add_argument("--minutes", type=float, default=1e6, help="begin no kill after so long")
    p.add_argument("--room", default="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
    o = p.parse_args()
    room = tempfile.mkdtemp(prefix="hy-kills.", dir=o.room)
    until, huying = time.monotonic() + o.minutes * 60, os.path.abspath(o.huying)
    report, counts = Report(True), {}
    b = Bench(huying, room)
    for name in o.flows.split(","):
        try:
            counts[name] = survey(b, FLOWS[name])
            total = sum(counts[name].values())
            report.ok(total > LEAST_POINTS, "%s has %d kill points (%s)" % (
                name, total, " ".join("%s %d" % kv for kv in sorted(counts[name].items()))))
        except Broken as e:
            report.ok(False, "%s unkilled: %s" % (name, e))
    b.close()
    if counts:
        if o.every:
            feed(all_points(counts), None, report, huying, room, o.jobs, until)
            print("# every point once: %s" % report.line(), flush=True)
            feed(random_points(counts, o.seed), o.kills, report, huying, room, o.jobs, until)
        else:
            feed(sample(counts, o.kills, o.seed), None, report, huying, room, o.jobs, until)
    if o.daemon:
        daemon_rounds(huying, room, o.daemon, o.seed, report)
    for name in counts:
        report.ok(not report.flows[name]["bad"], "%s: %d kills, nothing lost, nothing doubled" % (name, report.flows[name]["kills"]))
    least = 10 * len(counts) if not o.every else o.kills
    report.ok(report.totals["kills"] >= min(least, o.kills), "%d kills were done" % report.totals["kills"])
    print("# seed %d: %s" % (o.seed, report.line()))
    print("1..%d" % report.n)
    if not report.bad:
        shutil.rmtree(room, ignore_errors=True)
    else:
        print("# kept: %s" % room)
    return 1 if report.bad else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/python3
# R03, R04, R26: a full disk, a disk that fails to sync, two daemons on one folder, two publishers. Run by tests/integration/faults.sh.
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import kill  # noqa: E402
from kill import Broken, SENT, want  # noqa: E402

AGAIN = 75


class Tap:
    n = bad = 0

    def case(self, name, run, *args):
        self.n += 1
        try:
            note = run(*args) or ""
            print("ok %d - %s%s" % (self.n, name, note), flush=True)
        except (Broken, subprocess.TimeoutExpired, sqlite3.Error, OSError, ValueError, KeyError, IndexError) as e:
            self.bad += 1
            print("not ok %d - %s\n# %s: %s" % (self.n, name, type(e).__name__, str(e).replace("\n", "\n# ")), flush=True)


def until(condition, what):
    end = time.monotonic() + kill.GUARD
    while not condition():
        want(time.monotonic() < end, "stuck", what)
        time.sleep(0.02)


def one_line(err, what):
    lines = err.strip().splitlines()
    want(len(lines) == 1 and lines[0].startswith("huying: "), "stuck", "%s: not one clear line: %s" % (what, err))


def injected(b, argv, syscall, error, when, paths=()):
    """Runs argv while this call fails; (exit code, stderr, how often it failed)."""
    options = ["-f", "-e", "trace=" + syscall, "-e", "inject=%s:error=%s:when=%s" % (syscall, error, when)]
    for path in paths:
        options += ["-P", path]
    code, _, err = b.finish(b.traced(argv, options))
    want(code >= 0, "stuck", "it crashed with %d" % code)
    with open(b.log, encoding="utf-8", errors="replace") as f:
        return code, err, sum("(INJECTED)" in line for line in f)


# ---- R03: no space ----

def full_record(b, file, when):
    """Collecting while writes to one file of the record find no space."""
    flow = kill.FLOWS["collect"]
    flow.prepare(b)
    code, err, hits = injected(b, flow.argv(b), "pwrite64", "ENOSPC", when, [os.path.join(b.dir, file)])
    want(hits > 0, "stuck", "nothing was injected")
    want(code in (0, AGAIN), "stuck", "exit %d: %s" % (code, err))
    if code:
        want("huying: " in err, "stuck", "no line: %s" % err)
    b.run("collect", "run")  # space is back
    flow.judge(b, code)
    return " (%d times, exit %d)" % (hits, code)


def full_index(b, when):
    """Collecting while the index finds no space: the record stands, the index follows when it can."""
    flow = kill.FLOWS["collect"]
    flow.prepare(b)
    paths = [os.path.join(at, name) for at, _, names in os.walk(os.path.join(b.dir, "index")) for name in names]
    want(paths, "stuck", "there is no index")
    code, err, hits = injected(b, flow.argv(b), "pwrite64", "ENOSPC", when, paths)
    want(hits > 0, "stuck", "nothing was injected")
    want(code == AGAIN or (hits == 1 and code == 0), "stuck", "exit %d: %s" % (code, err))
    b.run("collect", "run")
    flow.judge(b, code)
    return " (%d times, exit %d)" % (hits, code)


def full_site(b, when):
    """Publishing while the site's files cannot be written: waits or is in doubt, never called sent; whole when space is back."""
    flow = kill.FLOWS["publish"]
    flow.prepare(b)
    code, err, hits = injected(b, flow.argv(b), "fsync", "ENOSPC", when)
    want(hits > 0, "stuck", "nothing was injected")
    site = b.one("SELECT state FROM delivery WHERE account = 1")
    want(site != SENT, "lost", "called sent without its pages (exit %d: %s)" % (code, err))
    want(code in (5, 6, AGAIN), "stuck", "exit %d: %s" % (code, err))
    b.at(7_000_000)
    flow.judge(b, code)
    return " (%d times, exit %d)" % (hits, code)


def full_folder(b):
    """A real small file system, filled to its last byte."""
    flow = kill.FLOWS["collect"]
    flow.prepare(b)
    small = os.path.join(b.room, "small")
    os.mkdir(small)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", small], check=True)
    try:
        shutil.copytree(b.dir, os.path.join(small, "office"))
        b.dir = os.path.join(small, "office")
        stuffing = os.path.join(small, "stuffing")
        with open(stuffing, "wb", buffering=0) as f:
            try:
                while True:
                    f.write(b"x" * 4096)
            except OSError:
                pass
        done = b.run("collect", "run", ok=None)
        want(done.returncode == AGAIN, "stuck", "exit %d: %s" % (done.returncode, done.stderr))
        one_line(done.stderr, "full disk")
        done = b.run("claim", "open", "说法", who="editor", ok=None)
        want(done.returncode == AGAIN, "stuck", "exit %d: %s" % (done.returncode, done.stderr))
        os.unlink(stuffing)
        b.run("collect", "run")
        want(b.one("SELECT count(*) FROM claim") == 0, "damaged", "a refused claim is there")
        flow.judge(b, 0)
    finally:
        subprocess.run(["umount", "-l", small], check=True)


# ---- R04: fdatasync fails ----

def unsynced(b, when):
    """Approving on a disk that does not sync: no success is claimed, and the record is one or the other."""
    flow = kill.FLOWS["approve"]
    flow.prepare(b)
    # of the write-ahead log alone: SQLite itself goes on when the folder cannot be synced
    code, err, hits = injected(b, flow.argv(b), "fdatasync", "EIO", when, [os.path.join(b.dir, "huying.db-wal")])
    want(hits > 0, "stuck", "nothing was injected")
    want(code != 0, "lost", "exit 0 though a sync failed")
    want("huying: " in err, "stuck", "no line: %s" % err)
    flow.judge(b, code)
    return " (%d times, exit %d)" % (hits, code)


def unsynced_daemon(b):
    """The daemon on such a disk acknowledges nothing, does not go on as if all were well, and all is sound after a restart."""
    flow = kill.FLOWS["approve"]
    flow.prepare(b)
    daemon = b.traced(b.argv("serve", "--roles", "publish"), ["-f", "-e", "trace=fdatasync", "-e", "inject=fdatasync:error=EIO:when=1+"])
    try:
        until(lambda: os.path.exists(os.path.join(b.dir, "run/ctl.sock")) or daemon.poll() is not None, "no socket")
        codes = [b.run("claim", "open", "说法%d" % n, who="editor", ok=None).returncode for n in range(4) if daemon.poll() is None]
        want(0 not in codes, "lost", "acknowledged without a sync: %s" % codes)
    finally:
        if daemon.poll() is None:
            os.killpg(daemon.pid, signal.SIGKILL)
        daemon.communicate()
    b.run("claim", "open", "好了", who="editor")
    want(b.one("SELECT count(*) FROM (SELECT text FROM claim GROUP BY text HAVING count(*) > 1)") == 0, "doubled", "claims twice")
    b.sound()
    return " (exit %s)" % codes


# ---- R26: two of them ----

def two_daemons(b):
    kill.FLOWS["approve"].prepare(b)
    first = kill.start_daemon(b)
    try:
        until(lambda: os.path.exists(os.path.join(b.dir, "run/web.port")), "no port")
        second = b.run("serve", "--listen", "127.0.0.1:0", ok=None)
        want(second.returncode == 8, "stuck", "exit %d: %s" % (second.returncode, second.stderr))
        lines = [x for x in second.stderr.splitlines() if x.startswith("huying: ")]
        want(len(lines) == 1, "stuck", second.stderr)
        b.run("claim", "open", "说法", who="editor")
        want(first.poll() is None, "stuck", "the first has ended")
    finally:
        first.terminate()
        want(first.wait(30) == 0, "stuck", "the first does not stop cleanly")
    return " (%s)" % lines[0]


class Hold:
    """The site stops before or after it has taken the post, until it is let go."""

    def __init__(self, peers, before):
        self.peers, self.before = peers, before
        self.reached, self.go = threading.Event(), threading.Event()
        self.answer = peers.answer
        peers.answer = self.held

    def held(self, method, target, head, body):
        if method != "POST" or self.reached.is_set():
            return self.answer(method, target, head, body)
        if self.before:
            self.reached.set()
            self.go.wait(kill.GUARD)
            return self.answer(method, target, head, body)
        text = self.answer(method, target, head, body)
        self.reached.set()
        self.go.wait(kill.GUARD)
        return text

    def end(self):
        self.go.set()
        self.peers.answer = self.answer


def publishers(b, before):
    """The first publisher stands still in the middle of a send; a second one takes the lease; the first wakes up."""
    flow = kill.FLOWS["publish"]
    flow.prepare(b)
    hold = Hold(b.peers, before)
    b.run("post", "approve", "1", "--no-wait", who="approver")
    first, second = kill.start_daemon(b, "--roles", "publish"), None
    try:
        want(hold.reached.wait(kill.GUARD), "stuck", "the site was never asked")
        first.send_signal(signal.SIGSTOP)
        fence = b.one("SELECT fence FROM lease WHERE name = 'publish'")
        b.at(3_700_000)  # its lease runs out; as on another machine its socket and its lock are not seen
        for name in ("run/ctl.sock", "run/publish.lock"):
            if os.path.exists(os.path.join(b.dir, name)):
                os.unlink(os.path.join(b.dir, name))
        second = kill.start_daemon(b, "--roles", "publish")
        until(lambda: b.one("SELECT fence FROM lease WHERE name = 'publish'") > fence, "the lease was not taken over")
        until(lambda: b.one("SELECT state FROM delivery WHERE account = 2") != 1 and
              (before or b.one("SELECT state FROM delivery WHERE account = 2") == SENT), "the second did not look it up")
        first.send_signal(signal.SIGCONT)
        hold.end()
        b.peers.settle()
        until(lambda: flow.settled(b), "not settled: %s" % b.rows("SELECT state, wait_until, error FROM delivery"))
        want(len(b.peers.posts) == 1, "doubled", "%d posts" % len(b.peers.posts))
        got = b.rows("SELECT state, receipt, fence FROM delivery WHERE account = 2")[0]
        if before and got[0] == kill.UNKNOWN:
            # the second looked before the first woke up: it found nothing, and a person was called
            want(b.one("SELECT count(*) FROM alert WHERE kind = 'delivery'") > 0, "lost", "in doubt, and nobody was called")
        else:
            want(got[0] == SENT and got[1] == str(b.peers.posts[0]["id"]), "lost", "delivery %s" % (got,))
        want(got[2] > fence, "damaged", "the late one wrote over its successor: fence %d, its own was %d" % (got[2], fence))
        note = " (fences %d, %d)" % (fence, got[2])
    finally:
        hold.end()
        for daemon in (first, second):
            if daemon and daemon.poll() is None:
                daemon.send_signal(signal.SIGCONT)
                daemon.terminate()
                try:
                    daemon.wait(30)
                except subprocess.TimeoutExpired:
                    daemon.kill()
                    daemon.wait()
    b.sound()
    return note


def main():
    room = tempfile.mkdtemp(prefix="hy-faults.", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
    b, tap = kill.Bench(os.path.abspath(sys.argv[1]), room), Tap()
    # the reference of the collect flow, unharmed
    flow = kill.FLOWS["collect"]
    flow.prepare(b)
    b.run("collect", "run")
    tap.case("collect and publish without a fault", flow.judge, b, 0)
    for file in ("huying.db-wal", "huying.db"):
        for when in ("1", "1+") + (("5", "9+", "30+") if file.endswith("wal") else ()):
            tap.case("no space for %s at write %s: exit 75 or whole, and whole again" % (file, when), full_record, b, file, when)
    for when in ("1", "1+", "2+"):
        tap.case("no space for the index at write %s" % when, full_index, b, when)
    for when in ("1", "1+"):
        tap.case("no space for the public site at sync %s" % when, full_site, b, when)
    if os.geteuid() == 0 and subprocess.run(["unshare", "-m", "true"], check=False, capture_output=True).returncode == 0:
        tap.case("a full file system: one line, exit 75, and whole again", full_folder, b)
    for when in ("1", "2", "1+", "2+"):
        tap.case("fdatasync fails at %s: no success is claimed" % when, unsynced, b, when)
    tap.case("fdatasync always fails under the daemon: nothing is acknowledged", unsynced_daemon, b)
    tap.case("a second daemon on the folder refuses with one line", two_daemons, b)
    tap.case("a publisher stopped after the site took the post: one post", publishers, b, False)
    tap.case("a publisher stopped before the site took the post: one post", publishers, b, True)
    b.close()
    print("1..%d" % tap.n)
    if not tap.bad:
        shutil.rmtree(room, ignore_errors=True)
    return 1 if tap.bad else 0


if __name__ == "__main__":
    sys.exit(main())

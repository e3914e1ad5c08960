#!/usr/bin/env python3
"""A second opinion on due times: walks the time minute by minute, asking for each minute what the clock on the office's wall
shows. Knows nothing of tables, prefix sums or intervals. No table of ours is read but calendar/cn.csv.

  due_oracle.py golden CN.CSV              writes testdata/calendar/due-golden.csv to stdout
  due_oracle.py zone ZONE YEAR N SEED      writes N random cases in a zone with daylight time: "arrival due promise"
  due_oracle.py offsets ZONE N SEED        writes N random instants 2000-2059 with their offset: "instant seconds"
"""
import bisect, csv, datetime, random, sys
from zoneinfo import ZoneInfo

DAY = datetime.timedelta(1)


class Office:
    """hours: 7 strings, Monday first; special: {date: hours}"""

    def __init__(self, zone, hours, special=None):
        self.zone = ZoneInfo(zone)
        self.hours = [self.ranges(h) for h in hours]
        self.special = {d: self.ranges(h) for d, h in (special or {}).items()}
        self.known = {}
        self.never_rests = not special and all(h == [(0, 1440)] for h in self.hours)

    @staticmethod
    def ranges(text):
        def minute(s):
            h, m = s.split(":")
            return int(h) * 60 + int(m)
        return [tuple(minute(x) for x in r.split("-")) for r in text.split(",") if r]

    def wall(self, t):
        return datetime.datetime.fromtimestamp(t, self.zone)

    def works(self, t):
        m = t // 60
        if m not in self.known:
            self.known[m] = self.works_at(self.wall(m * 60))
        return self.known[m]

    def works_at(self, w):
        now = w.hour * 60 + w.minute
        for a, b in self.special.get(w.date(), self.hours[w.weekday()]) if self.special else self.hours[w.weekday()]:
            if a <= now < b:
                return True
        return False

    def closing(self, date):
        """End of the last working minute of a civil date, None when it has none."""
        t = int(datetime.datetime(date.year, date.month, date.day, tzinfo=datetime.timezone.utc).timestamp()) - 36 * 3600
        last = None
        for m in range(t // 60, t // 60 + 84 * 60):
            if self.works(m * 60) and self.wall(m * 60).date() == date:
                last = m * 60 + 60
        return last


def paused_until(t, pauses):
    for a, b in pauses:
        if a <= t < b:
            return b
    return None


def meter_due(office, kind, budget, arrival, pauses):
    if kind == "workdays":
        day = office.wall(arrival).date()
        while True:
            day += DAY
            end = office.closing(day)
            if end is None or any(a < end <= b for a, b in pauses):
                continue
            budget -= 1
            if budget == 0:
                return end
    if kind == "rest" and office.never_rests:
        return float("inf")
    t, left = arrival, budget
    while left:
        skip = paused_until(t, pauses)
        if skip is not None:
            t = skip
            continue
        step = 60 - t % 60
        for a, _ in pauses:
            if t < a:
                step = min(step, a - t)
        if kind == "any" or office.works(t) == (kind == "work"):
            step = min(step, left)
            left -= step
        t += step
    return t


def due(office, meters, arrival, pauses=()):
    return min(meter_due(office, k, b, arrival, pauses) for k, b in meters)


def meter_text(kind, budget):
    if kind == "workdays":
        return f"{budget} workdays"
    h, m, s = budget // 3600, budget // 60 % 60, budget % 60
    return (f"{h}h" if h else "") + (f"{m}m" if m else "") + (f"{s}s" if s else "") + " " + kind


def text(meters):
    return " + ".join(meter_text(k, b) for k, b in meters)


def notices(path, hours):
    special = {}
    with open(path, encoding="utf-8") as f:
        for row in csv.reader(line for line in f if not line.startswith("#")):
            if row and row[0] != "date":
                special[datetime.date.fromisoformat(row[0])] = hours if row[1] == "work" else ""
    return special


def golden(cn):
    """Offices: name, hours; the C test knows the same names."""
    usual, long, always = "08:30-12:00,14:00-18:00", "08:00-18:00", "00:00-24:00"
    flood = notices(cn, usual)
    flood[datetime.date(2026, 7, 18)] = always   # a Saturday of flood duty, round the clock
    flood[datetime.date(2026, 7, 20)] = "08:30-12:00"  # a half day
    flood[datetime.date(2026, 7, 21)] = ""       # closed
    week = lambda h: [h] * 5 + ["", ""]
    offices = {
        "usual": Office("Asia/Shanghai", week(usual), notices(cn, usual)),
        "long": Office("Asia/Shanghai", week(long), notices(cn, long)),
        "always": Office("Asia/Shanghai", [always] * 7, {}),
        "flood": Office("Asia/Shanghai", week(usual), flood),
    }
    promises = [
        [("work", 3600), ("rest", 28800)], [("workdays", 3)], [("any", 18000)], [("work", 14400)], [("rest", 28800)],
        [("workdays", 1)], [("workdays", 5), ("any", 864000)], [("work", 1)], [("rest", 1)], [("work", 86399)],
        [("work", 3600), ("rest", 28800), ("any", 7200)], [("workdays", 15)],
    ]
    edges = ["2026-11-20 17:40:00", "2026-11-20 07:50:00", "2026-11-20 12:30:00", "2026-09-30 23:59:00", "2026-09-30 23:59:59",
             "2026-10-01 00:00:00", "2026-10-10 09:00:00", "2026-02-13 17:59:59", "2026-02-14 08:30:00", "2026-02-28 12:00:00",
             "2026-12-31 18:00:00", "2027-01-01 10:00:00", "2026-07-17 23:59:59", "2026-07-18 03:00:00", "2026-07-20 11:00:00",
             "2026-07-21 12:00:00", "2020-01-23 17:00:00", "2005-12-30 17:59:00", "2013-04-06 09:00:00", "2024-02-29 12:00:00"]
    rnd = random.Random(20261121)
    zone = ZoneInfo("Asia/Shanghai")
    rows = []
    for e in edges:
        t = int(datetime.datetime.fromisoformat(e).replace(tzinfo=zone).timestamp())
        for name in offices:
            for p in promises[:6]:
                if name == "always" and len(p) == 1 and p[0][0] == "rest":
                    continue
                rows.append((name, p, t, ()))
    while len(rows) < 1020:
        name, p = rnd.choice(list(offices)), rnd.choice(promises)
        if name == "always" and p in ([("rest", 28800)], [("rest", 1)]):
            continue
        since = datetime.datetime(2026, 7, 10) if name == "flood" else datetime.datetime(2005, 6, 1)
        days = 14 if name == "flood" else 7900
        t = int(since.replace(tzinfo=zone).timestamp()) + rnd.randrange(days * 86400)
        if rnd.random() < 0.3:
            t -= t % 1800
        pauses = []
        if rnd.random() < 0.3:
            a = t + rnd.randrange(-3600, 4 * 86400)
            pauses = [(a, a + rnd.randrange(1, 6 * 86400))]
        rows.append((name, p, t, tuple(pauses)))
    print("# Made by tests/unit/due_oracle.py golden; not by the code under test. Instants are Unix seconds.")
    print("office,promise,arrival,pause_since,pause_until,due,arrival_text,due_text")
    for name, p, t, pauses in rows:
        d = due(offices[name], p, t, pauses)
        a, b = pauses[0] if pauses else (0, 0)
        shown = lambda x: offices[name].wall(x).strftime("%Y-%m-%d %a %H:%M:%S")
        print(f"{name},{text(p)},{t},{a},{b},{d},{shown(t)},{shown(d)}")


def zone(name, year, n, seed):
    """The same question for many cases: the minutes of two years are asked once each, then summed up."""
    hours = ["01:00-03:30,09:00-17:00"] * 5 + ["", "00:30-04:00"]
    office = Office(name, hours)
    t0 = int(datetime.datetime(year, 1, 1, tzinfo=datetime.timezone.utc).timestamp())
    minutes = 400 * 1440
    work, rest, closing = [0], [0], {}
    for m in range(minutes):
        t = t0 + m * 60
        w = office.wall(t)
        on = office.works_at(w)
        work.append(work[-1] + 60 * on)
        rest.append(rest[-1] + 60 * (not on))
        if on:
            closing[w.date()] = t + 60
    days = sorted(closing)

    def count(table, t):
        m = (t - t0) // 60
        return table[m] + (t - t0) % 60 * ((table[m + 1] - table[m]) // 60)

    def first(table, amount):
        m = bisect.bisect_left(table, amount) - 1
        return t0 + m * 60 + amount - table[m]

    rnd = random.Random(seed)
    edges = [t0 + m * 60 for m in range(30, minutes - 30 * 1440, 30)
             if office.wall(t0 + m * 60).utcoffset() != office.wall(t0 + m * 60 - 60).utcoffset()]
    for _ in range(n):
        if edges and rnd.random() < 0.7:
            t = max(t0, rnd.choice(edges) + rnd.randrange(-2 * 86400, 86400))
        else:
            t = t0 + rnd.randrange(360 * 86400)
        meters, found = [], []
        for kind in rnd.choice([["work"], ["rest"], ["any"], ["workdays"], ["work", "rest"], ["work", "rest", "workdays"]]):
            if kind == "workdays":
                b = rnd.randrange(1, 6)
                found.append(closing[days[bisect.bisect_right(days, office.wall(t).date()) + b - 1]])
            else:
                b = rnd.randrange(1, 30 * 3600)
                if kind == "any":
                    found.append(t + b)
                else:
                    table = work if kind == "work" else rest
                    found.append(first(table, count(table, t) + b))
            meters.append((kind, b))
        print(t, min(found), text(meters))


def offsets(name, n, seed):
    rnd, z = random.Random(seed), ZoneInfo(name)
    for _ in range(n):
        t = rnd.randrange(946684800, 2840054400)
        print(t, int(datetime.datetime.fromtimestamp(t, z).utcoffset().total_seconds()))


if __name__ == "__main__":
    what, *arg = sys.argv[1:]
    if what == "golden":
        golden(arg[0])
    elif what == "zone":
        zone(arg[0], int(arg[1]), int(arg[2]), int(arg[3]))
    else:
        offsets(arg[0], int(arg[1]), int(arg[2]))

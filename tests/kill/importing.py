# The flow "import": a sheet of forty rows, killed anywhere; the same file again completes it, and nothing is there twice.
import os

from judge import want

ROWS = 40


class Import:
    """All rows of a file are taken in one transaction: none or all, and the same file again changes nothing that stands."""

    name = "import"

    def prepare(self, b):
        sheet = os.path.join(b.room, "sheet.csv")
        if not os.path.exists(os.path.join(b.room, "import0")):
            b.office("import0")
            b.run("unit", "add", "水务局", who="admin")
            b.run("index", "rebuild")
            with open(sheet, "w", encoding="utf-8") as f:
                f.write("工单编号,诉求内容,联系电话,受理时间,承办单位\n")
                for i in range(ROWS):
                    f.write("GD%d,第%d件,1380013%04d,2026/11/20 8:%02d,%s\n" % (i, i, i, i, "水务局" if i % 2 else ""))
        b.copy("import0")
        b.at(60_000)

    def argv(self, b):
        return b.argv("import", "run", os.path.join(b.room, "sheet.csv"), "--as-source", "12345热线", "--json", who="editor")

    def recovery(self, b):
        b.at(400_000)  # the dead one's leases have run out
        return self.argv(b)

    def judge(self, b, code):
        before = b.one("SELECT count(*) FROM office_case")
        want(before == ROWS, "lost" if before < ROWS else "doubled", "%d cases of %d rows" % (before, ROWS))
        again = b.json(*self.argv(b)[7:-1], who="editor")
        want((again["new"], again["repeat"]) == (0, ROWS), "doubled", "again: %s" % again)
        for what, sql in (("numbers", "SELECT count(*) FROM case_event WHERE kind = 'origin'"), ("contacts", "SELECT count(*) FROM case_contact"),
                          ("identities", "SELECT count(*) FROM push"), ("items", "SELECT count(*) FROM item")):
            n = b.one(sql)
            want(n == ROWS, "lost" if n < ROWS else "doubled", "%d %s" % (n, what))
        audits = b.one("SELECT count(*) FROM audit WHERE action = 'import.run'")
        received = b.one("SELECT sum(n) FROM source_day WHERE what = 'received'")
        fresh = b.one("SELECT sum(n) FROM source_day WHERE what = 'new'")
        want(received == audits * ROWS and fresh == ROWS, "damaged", "%d received, %d new, %d imports" % (received, fresh, audits))
        want(audits >= (3 if code == 0 else 2), "lost", "%d audit rows after exit %d" % (audits, code))
        b.sound()


FLOWS = (Import(),)

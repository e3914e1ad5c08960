# The flow "import": a sheet of two batches, killed anywhere; the same file again completes it, and nothing is there twice.
import os

from judge import want

ROWS = 520  # two batches


class Import:
    """Rows are taken in by batches, each in one transaction: none of it or all, and the same file completes the rest."""

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
                    f.write("GD%d,第%d件,1380013%04d,2026/11/20 8:%02d,%s\n" % (i, i, i, i % 60, "水务局" if i % 2 else ""))
        b.copy("import0")
        b.at(60_000)

    def argv(self, b):
        return b.argv("import", "run", os.path.join(b.room, "sheet.csv"), "--as-source", "12345热线", "--json", who="editor")

    def recovery(self, b):
        b.at(400_000)  # the dead one's leases have run out
        done, cases = sum(f["done"] for f in b.json("import", "list", who="editor")["items"]), b.one("SELECT count(*) FROM office_case")
        want(done == cases, "lost" if done < cases else "damaged", "import list says %d rows, there are %d cases" % (done, cases))
        return self.argv(b)

    def judge(self, b, code):
        before = b.one("SELECT count(*) FROM office_case")
        want(before == ROWS, "lost" if before < ROWS else "doubled", "%d cases of %d rows" % (before, ROWS))
        again = b.json(*self.argv(b)[7:-1], who="editor")
        want((again["new"], again["repeat"]) == (0, ROWS), "doubled", "again: %s" % again)
        for what, sql in (("numbers", "SELECT count(*) FROM case_event WHERE kind = 'origin'"), ("contacts", "SELECT count(*) FROM case_contact"),
                          ("identities", "SELECT count(*) FROM push WHERE cs IS NOT NULL"), ("items", "SELECT count(*) FROM item")):
            n = b.one(sql)
            want(n == ROWS, "lost" if n < ROWS else "doubled", "%d %s" % (n, what))
        files = b.json("import", "list", who="editor")["items"]
        want([(f["state"], f["done"]) for f in files] == [("complete", ROWS)], "lost", "import list: %s" % files)
        marks = b.one("SELECT count(*) FROM push WHERE cs IS NULL")
        want(marks == 1, "lost" if marks < 1 else "doubled", "%d marks of the file" % marks)
        audits = b.one("SELECT count(*) FROM audit WHERE action = 'import.run'")
        received, fresh, repeat = (b.one("SELECT sum(n) FROM source_day WHERE what = ?", what) for what in ("received", "new", "repeat"))
        want(fresh == ROWS and received == fresh + repeat, "damaged", "%s received, %s new, %s repeats" % (received, fresh, repeat))
        want(audits >= (6 if code == 0 else 4), "lost", "%d audit rows after exit %d" % (audits, code))
        b.sound()


FLOWS = (Import(),)

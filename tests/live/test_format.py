"""docs/formats/archive.md against what is written: its tables name every table and column of the
catalog, every pax record and every fact, and nothing that is not there."""

import json
import pathlib
import re
import sqlite3
import subprocess
import sys
import tarfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from fakeserver import Fake  # noqa: E402
from test_cli import OK, Case, crlf, mail  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PAGE = (ROOT / "docs" / "formats" / "archive.md").read_text(encoding="utf-8")
FACTS_C = (ROOT / "lib" / "archive" / "facts.c").read_text(encoding="utf-8")
ARCHIVE_C = (ROOT / "lib" / "archive" / "archive.c").read_text(encoding="utf-8")


def rows(heading):
    """{first cell's names: rest of the row} of the table whose head begins so."""
    part = PAGE[PAGE.index(heading):].split("\n\n")[0].splitlines()[2:]
    found = {}
    for line in part:
        cells = line.strip("|").split("|", 1)
        for name in re.findall(r"`([^`]+)`", cells[0]):
            found[name] = cells[1]
    return found


def names(text):
    """What stands in backticks."""
    return set(re.findall(r"`([a-z0-9_.-]+)`", text))


class Format(Case):
    """An archive with a bit of everything."""

    def test_catalog(self):
        self.init()
        told = rows("| table | columns |")
        with sqlite3.connect(self.ar / "catalog.db") as db:
            tables = [r[0] for r in db.execute("SELECT name FROM sqlite_schema WHERE type='table'")]
            self.assertEqual(set(told), set(tables))
            for table in tables:
                columns = {r[1] for r in db.execute("PRAGMA table_info(%s)" % table)} - {"id"}
                text = told[table].replace("one row: ", "")
                missing = {c for c in columns if not re.search(r"\b%s\b" % c, text)}
                self.assertEqual(missing, set(), table)
            version = db.execute("PRAGMA user_version").fetchone()[0]
            self.assertIn("`user_version` %d." % version, PAGE.replace("\n", " "))

    def test_records(self):
        """Every record the program can write is in the table, and the other way round."""
        told = set(rows("| key | value |\n|---|---|\n| `number`"))
        written = set(re.findall(r'(?:tarball_number|tarball_record|record_text)\(\S+, "([a-z-]+)"',
                                 ARCHIVE_C))
        self.assertEqual(told - {"leaf"}, written)

    def test_facts(self):
        told = rows("| fact | further keys | meaning |")
        written = set(re.findall(r'line\(f, "(\w+)"\)', FACTS_C)) | \
            set(re.findall(r'= "(restored|destroyed|erased)"', FACTS_C))
        self.assertEqual(set(told), written)

    def test_what_is_there(self):
        """The members of a segment, with nothing but tar, zstd and JSON."""
        self.init()
        boxes = {"INBOX": {n: crlf(mail(n)) for n in (1, 2, 3)}, "Sent": {1: crlf(mail(1))}}
        with Fake(boxes) as server:
            (self.top / "secret").write_text("pw\n")
            (self.top / "secret").chmod(0o600)
            (self.ar / "sheaf.conf").write_text(
                "[account fake]\nhost = 127.0.0.1\nport = %d\ntls = none\nuser = ann\n"
                "password_file = %s\n" % (server.port, self.top / "secret"))
            self.sheaf("harvest")
            boxes["INBOX"].pop(2)
            self.sheaf("harvest")
        self.sheaf("dispose", "--reason", "r", "--yes", "number", want=OK)
        self.sheaf("dispose", "--undo", "1")
        known = rows("| fact | further keys | meaning |")
        keys = set(rows("| key | value |\n|---|---|\n| `number`"))
        seen, last = set(), 0
        with subprocess.Popen(["zstd", "-dcq", str(self.ar / "segments" / "000001.tar.zst")],
                              stdout=subprocess.PIPE) as zstd, \
                tarfile.open(fileobj=zstd.stdout, mode="r|") as tar:
            for member in tar:
                if member.name.endswith(".eml"):
                    ours = {k.removeprefix("SCHILY.xattr.user.sheaf.").removesuffix(".hex")
                            for k in member.pax_headers}
                    self.assertEqual(ours - keys, set(), member.name)
                    continue
                self.assertRegex(member.name, r"^facts/\d{12}\.ndjson$")
                for line in tar.extractfile(member).read().decode().splitlines():
                    fact = json.loads(line)
                    further = {k.removesuffix(".hex") for k in fact} - {"fact", "change", "at"}
                    self.assertIn(fact["fact"], known)
                    self.assertEqual(further - names(known[fact["fact"]]), set(), line)
                    seen.add(fact["fact"])
                    last = fact
        self.assertEqual(last["fact"], "commit")
        self.assertLessEqual({"run", "epoch", "epoch_seen", "copy", "vanished", "disposed",
                              "restored", "commit"}, seen)


if __name__ == "__main__":
    unittest.main()

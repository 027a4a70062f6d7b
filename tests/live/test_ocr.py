"""Words in pictures and scans: off unless it is switched on, each format, what is in the way, and
an index that follows the switch."""

import json
import os
import pathlib
import sqlite3
import time

import documents
import pictures
from test_attachments import letter
from test_cli import DENIED, NOTHING, OK, USAGE, Case

MIB = 1 << 20
BY = "by optical character recognition"
LONG = int(os.environ.get("SHEAF_LONG", "0") or 0)


class Extract(Case):
    """sheaf extract --ocr."""

    def read(self, table, *more, **env):
        """What it says of (name, bytes) pairs, by name."""
        paths = [self.put("pictures/" + name, data) for name, data in table]
        done = self.run_raw("extract", "--json", *more, *paths, env=dict(self.env, **env))
        self.assertIn(done.returncode, (OK, NOTHING), done.stderr)
        lines = [json.loads(line) for line in done.stdout.decode().splitlines()]
        self.assertEqual([one["file"] for one in lines], [str(p) for p in paths])
        return {pathlib.Path(one["file"]).name: one for one in lines}

    def test_each_kind(self):
        table = pictures.all_kinds("The zebra was approved")
        more = [("two.tif", pictures.drawn("tiffgray", "A heron flies", "An okapi walks")),
                ("scan.pdf", pictures.scan("A heron flies", "An okapi walks"))]
        got = self.read([(n, d) for n, d, _ in table] + more, "--ocr", "eng")
        for name, _, kind in table:
            with self.subTest(name):
                self.assertEqual(got[name]["type"], kind)
                self.assertEqual((got[name]["outcome"], got[name]["text"], got[name]["why"]),
                                 ("searched", "The zebra was approved\n", BY))
        for name, _ in more:
            self.assertEqual((got[name]["outcome"], got[name]["text"], got[name]["why"]),
                             ("searched", "A heron flies\nAn okapi walks\n", BY))

    def test_off(self):
        table = pictures.all_kinds("The zebra was approved")
        got = self.read([(n, d) for n, d, _ in table] + [("scan.pdf", pictures.scan("Heron"))])
        for name, _, kind in table:
            self.assertEqual((got[name]["outcome"], got[name]["why"], got[name]["text"]),
                             ("unknown type", "nothing here reads " + kind, ""))
        self.assertEqual((got["scan.pdf"]["outcome"], got["scan.pdf"]["why"]), ("empty", ""))

    def test_among_others(self):
        """What is no picture is read as ever, and once; of the rest the words are behind it."""
        width, rows = pictures.rows_of(pictures.drawn("pgmraw", "A painted walrus"))
        png, blank = pictures.png(width, rows), pictures.png(200, [b"\xff" * 200] * 200)
        packed = documents.zipped([("one.png", png), ("note.txt", b"plain note\n"),
                                   ("two.gif", pictures.gif(width, rows))])
        odd = documents.zipped([("one.png", png), ("noise.bin", b"\0\1\2\3\4\xff")])
        second = pictures.frame(width, [b"\0" * width] * len(rows))
        got = self.read([
            ("mixed.pdf", pictures.mixed(width, rows)), ("both.zip", packed),
            ("odd.zip", odd), ("moving.gif", pictures.gif(width, rows, more=second)),
            ("note.txt", b"plain note\n"), ("blank.png", blank),
            ("dot.png", pictures.png(1, [b"\0"])),
            ("logo.png", pictures.png(40, [b"\0" * 40] * 40)),
            ("empty.pdf", documents.pdf_by_hand(b"0 0 100 100 re f")),
            ("cut.png", png[:len(png) // 2])], "--ocr", "eng+deu")
        self.assertEqual(got["mixed.pdf"]["text"], "typed\nA painted walrus\n")
        self.assertEqual(got["mixed.pdf"]["why"], "in part " + BY)
        self.assertEqual(got["both.zip"]["text"].split("\n"), [
            "one.png", "note.txt", "plain note", "two.gif", "A painted walrus",
            "A painted walrus", ""])
        self.assertEqual(got["odd.zip"]["outcome"], "unknown type")
        self.assertEqual(got["odd.zip"]["why"], "nothing here reads application/octet-stream; in "
                                                "part " + BY)
        self.assertIn("painted", got["odd.zip"]["text"])
        self.assertEqual(got["moving.gif"]["text"], "A painted walrus\n")
        self.assertEqual((got["note.txt"]["text"], got["note.txt"]["why"]), ("plain note\n", ""))
        for name in ("blank.png", "dot.png", "logo.png", "empty.pdf"):
            self.assertEqual((got[name]["outcome"], got[name]["why"], got[name]["text"]),
                             ("empty", "", ""), name)
        self.assertEqual(got["cut.png"]["outcome"], "failed")

    def test_what_is_missing(self):
        path = self.put("x.txt", b"text\n")
        self.put("none/libtesseract.so.5", b"")
        for languages, more, want in (
                ("eng+tlh_x", {}, "no language 'tlh_x' here (Debian: tesseract-ocr-tlh-x)"),
                ("eng", {"TESSDATA_PREFIX": str(self.top)}, "no language 'eng' here"),
                ("eng", {"LD_LIBRARY_PATH": str(self.top / "none")},
                 "tesseract is not installed (Debian: tesseract-ocr)")):
            done = self.run_raw("extract", "--ocr", languages, path, env=dict(self.env, **more))
            self.assertEqual((done.returncode, done.stdout), (DENIED, b""))
            self.assertIn(want, done.stderr.decode())
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        for languages in ("eng+", "+eng", "../eng", "e" * 64):
            self.assertEqual(self.run_raw("extract", "--ocr", languages, path).returncode, USAGE)

    def test_hostile(self):
        table = pictures.bombs() + pictures.damaged(2000 if LONG else 40)
        good = ("good.pgm", pictures.drawn("pgmraw", "Still there"))
        begun = time.monotonic()
        got = self.read(table + [good], "--ocr", "eng")
        print("%d hostile pictures in %.1f s, largest child %d MiB" % (
            len(table), time.monotonic() - begun,
            max(one["memory"] for one in got.values()) // MIB))
        for name, one in got.items():
            with self.subTest(name):
                self.assertLessEqual(one["memory"], 256 * MIB)
                self.assertNotIn("fault", one["why"])
        for name in ("huge.png", "huge.gif", "huge.bmp", "huge.webp", "huge.pgm", "long.png"):
            self.assertEqual(got[name]["outcome"], "too big", name)
        for name in ("most.bmp", "most.pgm", "loop.tif"):
            self.assertEqual(got[name]["outcome"], "failed", name)
        for name in ("frames.gif", "real.png", "wall.pdf"):
            self.assertEqual(got[name]["outcome"], "empty", name)
        # With sanitizers it meets the limit on memory while it is drawn.
        self.assertIn(got["large.pdf"]["outcome"], ("too big", "truncated"))
        self.assertEqual(got["large.pdf"]["text"], "typed\n")
        self.assertEqual(got["good.pgm"]["text"], "Still there\n")


class Index(Case):
    """An archive of three mails: a picture, a scan, a document."""

    def setUp(self):
        super().setUp()
        self.init()
        width, rows = pictures.rows_of(pictures.drawn("pgmraw", "A painted walrus"))
        self.png = pictures.png(width, rows)
        for n, attached in enumerate((
                ("walrus.png", ("image", "png"), self.png),
                ("fax.pdf", ("application", "pdf"), pictures.scan("The faxed heron")),
                ("note.bin", ("application", "octet-stream"), b"A typed okapi\n"))):
            self.put("in/%d.eml" % n, letter(n, "see attached\n", attached))

    def switch(self, languages):
        """Sets or removes `ocr`."""
        self.put("archive/sheaf.conf", b"[index]\nocr = %s\n" % languages if languages else b"")

    def subjects(self, *query):
        """What is found, the same with the index and without."""
        out = [[m["subject"] for m in self.js("search", "--json", *more, "--", *query)["messages"]]
               if self.ids(*more, "--", *query) else [] for more in ((), ("--no-index",))]
        self.assertEqual(out[0], out[1])
        return sorted(out[0])

    def kept(self):
        """(languages, outcome) of what parts.db holds."""
        path = next((self.ar / "index").glob("g*/parts.db"))
        with sqlite3.connect(path) as db:
            return sorted(db.execute("SELECT ocr, outcome FROM part"))

    def test_switch(self):
        self.sheaf("import", self.top / "in")
        self.assertEqual(self.subjects("walrus", "-filename:walrus"), [])
        self.assertEqual(self.subjects("okapi"), ["letter 2"])
        before = self.kept()
        self.assertEqual([k[0] for k in before], ["", "", "*"])
        # A new mail is read as the index at hand was made; it says what makes another.
        self.switch(b"eng")
        self.put("more/9.eml", letter(9, "more\n", ("p.png", ("image", "png"), self.png + b"9")))
        done = self.sheaf("import", self.top / "more", "-v")
        self.assertIn(b"sheaf.conf now says ocr = eng: sheaf reindex follows it", done.stderr)
        self.assertEqual(self.subjects("painted"), [])
        # Pictures are read again, and nothing else.
        path = next((self.ar / "index").glob("g*/parts.db"))
        with sqlite3.connect(path) as db:
            db.execute("UPDATE part SET why = 'kept' WHERE ocr = '*'")
        self.sheaf("reindex")
        self.assertIn("\nocr eng\n", (self.ar / "index" / "CURRENT").read_text())
        self.assertEqual(self.subjects("painted"), ["letter 0", "letter 9"])
        self.assertEqual(self.subjects("attachment:heron"), ["letter 1"])
        self.assertEqual(self.subjects("okapi"), ["letter 2"])
        self.assertEqual([k[0] for k in self.kept()], ["*", "eng", "eng", "eng"])
        with sqlite3.connect(next((self.ar / "index").glob("g*/parts.db"))) as db:
            self.assertEqual(list(db.execute("SELECT why FROM part WHERE ocr = '*'")), [("kept",)])
        one = self.js("search", "--json", "heron")["messages"][0]
        self.assertEqual(one["where"], [{"in": "attachment", "part": "2", "filename": "fax.pdf"}])
        self.sheaf("check-index")
        # What is known needs no tesseract.
        none = self.put("none/libtesseract.so.5", b"").parent
        without = dict(self.env, LD_LIBRARY_PATH=str(none))
        done = self.run_raw("-C", self.ar, "search", "--no-index", "painted", env=without)
        self.assertEqual(done.returncode, OK, done.stderr)
        # And back.
        self.switch(b"")
        self.sheaf("reindex")
        self.assertNotIn("ocr", (self.ar / "index" / "CURRENT").read_text())
        self.assertEqual(self.subjects("painted"), [])
        self.assertEqual(self.subjects("okapi"), ["letter 2"])

    def test_nothing_is_silent(self):
        """Each command that would read pictures says at its start what is missing."""
        self.put("none/libtesseract.so.5", b"")
        without = dict(self.env, LD_LIBRARY_PATH=str(self.top / "none"))
        self.switch(b"eng")
        for command in (("import", self.top / "in"), ("index",), ("reindex",),
                        ("serve", "--listen", "127.0.0.1:0")):
            done = self.sheaf(*command, want=DENIED, env=without)
            self.assertIn(b"ocr = eng: tesseract is not installed (Debian: tesseract-ocr)",
                          done.stderr)
        self.assertEqual(self.js("status", "--json")["messages"], 0)
        self.switch(b"e n g")
        self.assertIn(b"sheaf.conf:2: ocr: takes languages",
                      self.sheaf("index", want=DENIED).stderr)
        # An index that was made with it, where it is gone: the part says so.
        self.switch(b"eng")
        self.sheaf("import", self.top / "in")
        self.switch(b"")
        for n, kind, data in ((8, "pdf", documents.pdf()), (9, "png", self.png + b"9")):
            self.put("more/%d.eml" % n, letter(n, "more\n", ("p." + kind, ("x", kind), data)))
        self.sheaf("import", self.top / "more", env=without)
        self.assertEqual(self.subjects("Annual report"), ["letter 8"])
        done = self.out("not-searchable", "--attachments", "failed")
        self.assertIn("p.png", done)
        self.assertIn("tesseract is not installed", done)

"""sheaf extract: every format, hostile documents, and what becomes of a caller."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time
import unittest

import documents

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SHEAF = os.environ.get("SHEAF", str(ROOT / "build" / "sheaf"))
MIB = 1 << 20
OUTCOMES = {"searched", "empty", "encrypted", "truncated", "too big", "failed", "unknown type"}


class Case(unittest.TestCase):
    """Files in a temporary folder."""

    def setUp(self):
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="sheaf-extract-"))
        self.addCleanup(shutil.rmtree, self.top, ignore_errors=True)

    def put(self, name, data):
        """Write a file; its path."""
        path = self.top / name
        path.write_bytes(data)
        return path

    def extract(self, *paths):
        """What sheaf extract --json says of each, by name."""
        done = subprocess.run([SHEAF, "extract", "--json"] + [str(p) for p in paths], timeout=500,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        self.assertIn(done.returncode, (0, 1), done.stderr.decode())
        lines = [json.loads(line) for line in done.stdout.decode().splitlines()]
        self.assertEqual([line["file"] for line in lines], [str(p) for p in paths])
        return {os.path.basename(line["file"]): line for line in lines}


class Formats(Case):
    """Documents of each format."""

    def test_each(self):
        table = documents.good()
        got = self.extract(*[self.put(name, data) for name, data, _, _, _ in table])
        for name, _, kind, outcome, words in table:
            with self.subTest(name):
                self.assertEqual((got[name]["type"], got[name]["outcome"]), (kind, outcome),
                                 got[name]["why"])
                for word in words:
                    self.assertIn(word, got[name]["text"])
                if outcome in ("empty", "encrypted"):
                    self.assertEqual(got[name]["text"].strip(), "")
                if outcome in ("searched", "empty"):
                    self.assertEqual(got[name]["why"], "")
                else:
                    self.assertNotEqual(got[name]["why"], "")

    def test_name_does_not_matter(self):
        got = self.extract(self.put("report.txt", documents.docx()),
                           self.put("report.docx", b"only text\n"))
        self.assertIn("Contract", got["report.txt"]["text"])
        self.assertEqual(got["report.docx"]["type"], "text/plain")

    def test_libreoffice(self):
        """What LibreOffice writes, where it is installed."""
        if not shutil.which("soffice"):
            self.skipTest("LibreOffice is not here, and make deps-live does not bring it: only"
                          " the documents it wrote before were tried")
        page = self.put("w.html", b"<meta charset=utf-8><h1>Heading</h1><p>w\xc3\xb6rds here</p>"
                        b"<table><tr><td>one</td><td>two</td></tr></table>")
        table = self.put("c.csv", b"Heading,12.5\nw\xc3\xb6rds here,2024-03-05\n")
        slide = self.put("s.fodp", documents.SLIDE.encode())
        made = []
        for source, reader, kinds in (
                (page, "HTML (StarWriter)", "docx:Office Open XML Text|odt:writer8|"
                 "doc:MS Word 97|rtf:Rich Text Format|pdf:writer_pdf_Export"),
                (table, "CSV:44,34,76", "xlsx:Calc MS Excel 2007 XML|ods:calc8|xls:MS Excel 97"),
                (slide, "", "pptx:Impress MS PowerPoint 2007 XML|odp:impress8|"
                 "ppt:MS PowerPoint 97")):
            for kind in kinds.split("|"):
                subprocess.run(["soffice", "-env:UserInstallation=file://%s/profile" % self.top,
                                "--headless", "--infilter=" + reader, "--convert-to", kind,
                                "--outdir", str(self.top), str(source)], check=True, timeout=120,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                made.append(source.with_suffix("." + kind.split(":")[0]))
        for name, one in self.extract(*made).items():
            with self.subTest(name):
                self.assertEqual(one["outcome"], "searched", one["why"])
                self.assertIn("Heading", one["text"])
                self.assertIn("w\u00f6rds here", one["text"])

    def test_what_is_locked_hides_nothing_else(self):
        locked = [(n, d) for n, d, _, outcome, _ in documents.good() if outcome == "encrypted"]
        signed = [(n, d) for n, d, _, _, _ in documents.good() if n == "packed.gpg"]
        self.assertGreaterEqual(len(locked), 6)
        got = self.extract(*[self.put(one[0] + ".zip", documents.zipped(
            [one, ("a.docx", documents.docx())] + signed)) for one in locked])
        for name, one in got.items():
            with self.subTest(name):
                self.assertEqual(one["outcome"], "encrypted")
                self.assertIn("Contract with", one["text"])
                self.assertIn("signed w\u00f6rds", one["text"])

    def test_plain_output(self):
        path = self.put("a.txt", b"one\ntwo")
        done = subprocess.run([SHEAF, "extract", str(path)], stdout=subprocess.PIPE, check=True)
        self.assertEqual(done.stdout, b"one\ntwo\n")
        path = self.put("b.bin", bytes(range(256)) * 20)
        done = subprocess.run([SHEAF, "extract", str(path)], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"unknown type", done.stderr)


class Hostile(Case):
    """Three hundred documents made to harm."""

    def test_hostile(self):
        table = documents.hostile(300)
        begun = time.monotonic()
        good = self.put("good.docx", documents.docx())
        got = self.extract(*[self.put(name, data) for name, data in table], good)
        print("%d hostile documents in %.1f s, largest child %d MiB" % (
            len(table), time.monotonic() - begun,
            max(one["memory"] for one in got.values()) // MIB))
        self.assertGreaterEqual(len(got), 301)
        for name, one in got.items():
            with self.subTest(name):
                self.assertIn(one["outcome"], OUTCOMES)
                self.assertLessEqual(one["memory"], 256 * MIB)
                self.assertLessEqual(len(one["text"].encode()), 16 * MIB)
                self.assertNotIn("root:x:0", one["text"])
                # A sanitizer found a fault in a reader of ours.
                self.assertNotIn("fault", one["why"])
        # The last one is read as if nothing had been.
        self.assertIn("Contract", got["good.docx"]["text"])
        self.assertEqual(got["stars.txt"]["why"],
                         "only the first %d bytes of its text" % (16 * MIB))
        for name in ("flood.gz", "flood.zip", "tower.zip", "wide.zip", "laughs.docx",
                     "laughs.odt", "flood.pgp", "external.docx", "flood.docx", "stars.txt",
                     "deep.rtf"):
            with self.subTest(name):
                self.assertIn(one_of(got, name), ("too big", "failed", "truncated"))
        for name in ("blank.docx", "nested.pgp", "tower.zip", "nest.docx"):
            with self.subTest(name):
                self.assertEqual(one_of(got, name), "too big", got[name]["why"])


def one_of(got, name):
    """The outcome of one."""
    return got[name]["outcome"]


if __name__ == "__main__":
    unittest.main()

"""sheaf check-index: a sound index is found sound, and whatever is wrong with one is told."""

import json
import pathlib
import shutil
import tempfile
import unittest

from sheafserver import sheaf

COUNT = 60


def mail(n, word):
    """A message; several lines of its header recur."""
    return (b"From: ann%d@example.org\r\nSubject: number %d\r\nX-Mailer: hand 1.0\r\n"
            b"X-Number: %d %s\r\nDate: Sat, 21 Nov 2026 10:%02d:00 +0000\r\n"
            b"Received: from mail.example.org by other.example.org id %d\r\n\r\n"
            b"Hello %d, %s.\r\n" % (n, n, n * n, word, n % 60, n * 77, n, word))


class CheckIndex(unittest.TestCase):
    """Two archives of as many messages."""

    @classmethod
    def setUpClass(cls):
        cls.top = pathlib.Path(tempfile.mkdtemp(prefix="sheaf-checkindex-"))
        cls.addClassCleanup(shutil.rmtree, cls.top, ignore_errors=True)
        for word in (b"apple", b"pear"):
            folder = cls.top / word.decode() / "mail"
            folder.mkdir(parents=True)
            for n in range(COUNT):
                (folder / ("%02d.eml" % n)).write_bytes(mail(n, word))
            cls.run_good(folder.parent / "ar", "init")
            cls.run_good(folder.parent / "ar", "import", folder)

    @staticmethod
    def run_good(archive, *argv):
        """Runs it, and it ends well."""
        done = sheaf(archive, *argv)
        if done.returncode:
            raise AssertionError("%s: %s" % (argv, done.stdout + done.stderr))
        return done.stdout

    def setUp(self):
        self.ar = pathlib.Path(tempfile.mkdtemp(dir=self.top)) / "ar"
        shutil.copytree(self.top / "apple" / "ar", self.ar)
        self.files = sorted(f for f in (self.ar / "index").rglob("*")
                            if f.is_file() and not f.name.endswith("lock") and f.name != "stamp")

    def check(self):
        """(exit status, what is told)."""
        done = sheaf(self.ar, "check-index", "--json", "--sample", "1000", "--seed", "7")
        return done.returncode, json.loads(done.stdout or done.stderr)

    def answers(self):
        """What some searches find, or that they fail."""
        out = []
        for query in ('TEXT "apple"', 'HEADER X-Mailer "hand"', 'HEADER X-Number "81 a"',
                      'TEXT "77"', 'BODY "Hello 5"'):
            done = sheaf(self.ar, "search", "--dialect", "imap", "--format", "ids",
                         "--limit", "100", query)
            out.append((done.returncode, done.stdout))
        return out

    def test_sound(self):
        """All messages of a sound index."""
        status, told = self.check()
        self.assertEqual((status, told["sound"], told["findings"]), (0, True, []))
        self.assertEqual((told["messages"], told["archived"], told["sampled"]), (COUNT,) * 3)
        self.assertGreater(told["terms"], COUNT * 15)
        self.assertTrue(self.run_good(self.ar, "check-index").endswith(b"\nsound\n"))

    def test_flipped(self):
        """A flipped byte anywhere is found, or changes no answer."""
        before = self.answers()
        self.assertGreaterEqual(len(self.files), 7)
        # The table of threads is no part of it; damaged it is made anew (test_threads).
        for path in (p for p in self.files if not p.name.startswith("threads.db")):
            data = path.read_bytes()
            for at in {0, len(data) // 3, len(data) // 2, len(data) - 1}:
                path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1:])
                status, told = self.check()
                if status == 0:
                    self.assertLess(told["messages"], COUNT, (path.name, at))
                else:
                    self.assertEqual(status, 74, (path.name, at, told))
            path.write_bytes(data)
        self.assertEqual((self.check()[0], self.answers()), (0, before))

    def test_search_of_damaged(self):
        """A search of a damaged segment says so, whatever Xapian would read out of it."""
        before = self.answers()
        for path in self.files:
            if path.name in ("CURRENT", "sums") or path.name.startswith("threads.db"):
                continue
            data = path.read_bytes()
            for bad in (data[:-1], b"", data[:len(data) // 2] + bytes(len(data) - len(data) // 2),
                        bytes([data[0] ^ 255]) + data[1:]):
                path.write_bytes(bad)
                done = sheaf(self.ar, "search", "apple")
                self.assertEqual(done.returncode, 74, path.name)
                self.assertRegex(done.stderr, rb"sheaf reindex.*/%s' is damaged"
                                 % path.name.encode())
            path.unlink()
            self.assertEqual(sheaf(self.ar, "search", "apple").returncode, 74, path.name)
            path.write_bytes(data)
            self.assertEqual(self.answers(), before, path.name)

    def test_stamp(self):
        """Without a stamp the files are read, and there is one again; a copy is no damage."""
        before = self.answers()
        stamps = sorted((self.ar / "index").rglob("stamp"))
        self.assertGreaterEqual(len(stamps), 1)
        for bad in (None, b"", b"x" * 100000, b"1 2 3 lexicon\n"):
            for path in stamps:
                path.unlink()
                if bad is not None:
                    path.write_bytes(bad)
            self.assertEqual(self.answers(), before)
            for path in stamps:
                self.assertEqual(path.read_text().splitlines()[0].split()[1],
                                 str((path.parent / "lexicon").stat().st_size))
        shutil.copytree(self.ar, self.ar.parent / "copy")
        self.ar = self.ar.parent / "copy"
        self.assertEqual(self.answers(), before)

    def test_merge_of_damaged(self):
        """A damaged segment is not joined into one that looks sound."""
        def add(n):
            new = self.ar.parent / ("more-%d.eml" % n)
            new.write_bytes(mail(n, b"plum"))
            return sheaf(self.ar, "-v", "import", new)

        for n in range(7):
            self.assertEqual(add(n).returncode, 0)
        listed = (self.ar / "index" / "CURRENT").read_text().split("\n")
        one = self.ar / "index" / listed[1].split()[1] / listed[-2] / "filter"
        data = one.read_bytes()
        one.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
        done = add(7)
        self.assertEqual(done.returncode, 0)
        self.assertIn(b"cannot merge index segments", done.stderr)
        self.assertIn(b"filter' is damaged", done.stderr)
        self.assertEqual(self.check()[0], 74)
        one.write_bytes(data)
        self.assertEqual(add(8).returncode, 0)
        status, told = self.check()
        self.assertEqual((status, told["messages"]), (0, COUNT + 9))
        self.assertLess(told["segments"], 9)

    def test_other_mail(self):
        """An index that is whole, of other mail: sums and counts are right, terms are not."""
        shutil.rmtree(self.ar / "index")
        shutil.copytree(self.top / "pear" / "ar" / "index", self.ar / "index")
        status, told = self.check()
        self.assertEqual((status, told["sound"]), (74, False))
        text = " ".join(told["findings"])
        self.assertIn("its record differs", text)
        self.assertIn("its header lines differ", text)
        self.assertRegex(text, r"[1-9] terms or lines are missing, [1-9] terms too many")
        self.assertNotIn("apple", text)
        self.assertNotIn("PEAR", text)
        self.run_good(self.ar, "reindex")
        self.assertEqual(self.check()[0], 0)

    def test_behind(self):
        """What is not indexed yet is no fault, and is told."""
        new = self.top / "new.eml"
        new.write_bytes(mail(1, b"plum"))
        self.run_good(self.ar, "import", "--no-index", new)
        status, told = self.check()
        self.assertEqual((status, told["archived"] - told["messages"]), (0, 1))
        self.assertIn(b"1 are not indexed yet", self.run_good(self.ar, "check-index"))
        self.run_good(self.ar, "index")
        self.assertEqual(self.check()[1]["messages"], COUNT + 1)

    def test_options(self):
        """What cannot be meant."""
        self.assertEqual(sheaf(self.ar, "check-index", "x").returncode, 64)
        self.assertEqual(sheaf(self.ar, "check-index", "--sample", "9000000").returncode, 64)


if __name__ == "__main__":
    unittest.main()

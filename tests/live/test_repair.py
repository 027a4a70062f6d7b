"""sheaf repair: what is mended, what is only listed, and that nothing is lost on the way."""

import json
import pathlib
import shutil
import tempfile
import unittest

from sheafserver import ROOT, sheaf


def mail(n):
    """A message."""
    return b"From: ann@example.org\r\nSubject: number %d\r\n\r\nHello %d.\r\n" % (n, n * n)


def flip(path, at=None):
    """Another bit in the middle of a file."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2 if at is None else at] ^= 1
    path.write_bytes(bytes(data))


class Repair(unittest.TestCase):
    """An archive of two sealed segments and an open one, and a backup of it."""

    @classmethod
    def setUpClass(cls):
        cls.top = pathlib.Path(tempfile.mkdtemp(prefix="sheaf-repair-"))
        cls.addClassCleanup(shutil.rmtree, cls.top, ignore_errors=True)
        cls.base, cls.copy = cls.top / "base", cls.top / "copy"
        cls.good(cls.base, "init")
        for part, numbers in enumerate((range(1, 8), range(8, 13), range(13, 15))):
            folder = cls.top / ("part%d" % part)
            folder.mkdir()
            for n in numbers:
                (folder / ("%02d.eml" % n)).write_bytes(mail(n))
            cls.good(cls.base, "import", "--no-index", folder)
            if part < 2:
                cls.good(cls.base, "seal")
        cls.good(cls.base, "backup", cls.copy)

    @staticmethod
    def good(archive, *argv):
        """Runs it, and it ends well."""
        done = sheaf(archive, *argv)
        if done.returncode:
            raise AssertionError("%s: %s" % (argv, done.stdout + done.stderr))
        return done.stdout.decode()

    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(dir=self.top))
        self.ar = self.dir / "archive"
        shutil.copytree(self.base, self.ar)
        self.segments = self.ar / "segments"
        self.addCleanup(self.never_deleted)
        self.damaged = []

    def damage(self, name, how=flip):
        """Damages a file; its bytes must be somewhere for ever after."""
        path = self.ar / name
        how(path)
        if path.exists():
            self.damaged.append(path.read_bytes())

    def never_deleted(self):
        """Every damaged file is still there, under its name or in lost+found."""
        have = [p.read_bytes() for p in self.ar.rglob("*") if p.is_file()]
        for data in self.damaged:
            self.assertTrue(data in have, "something was deleted")

    def files(self):
        """All of the archive's files but those of SQLite at work."""
        return {str(p.relative_to(self.ar)): p.read_bytes() for p in self.ar.rglob("*")
                if p.is_file() and not p.name.endswith(("-shm", "-wal")) and p.name != "lock"}

    def plan(self, *argv):
        """The plan, as an object; nothing is changed by making it."""
        before = self.files()
        done = sheaf(self.ar, "repair", "--json", *argv)
        self.assertIn(done.returncode, (0, 74), done.stderr)
        told = json.loads(done.stdout)
        self.assertEqual(done.returncode == 0, told["whole"])
        self.assertTrue(self.files() == before, "something was changed")
        return told

    def mend(self, *argv, steps=1):
        """Plans, does it, and the archive is whole."""
        told = self.plan(*argv)
        self.assertEqual(len(told["steps"]), steps, told)
        self.assertEqual(told["found"], 0, told)
        self.good(self.ar, "repair", *argv, "--plan", told["plan"])
        self.good(self.ar, "verify", "--deep")
        self.assertTrue(self.plan(*argv)["whole"])
        return told["steps"]

    def test_whole(self):
        """Nothing is wrong, nothing is done."""
        self.assertIn("nothing to repair", self.good(self.ar, "repair"))
        self.assertFalse((self.ar / "lost+found").exists())
        done = sheaf(self.ar, "repair", "--plan", "0" * 64)
        self.assertEqual(done.returncode, 65)

    def test_segment(self):
        """A flipped bit, a missing file, one cut short: from the backup, to the byte."""
        def cut(path):
            path.write_bytes(path.read_bytes()[:-9])
        for name in ("000001.tar.zst", "000002.tar.zst"):
            for how in (flip, cut, pathlib.Path.unlink):
                with self.subTest(name=name, how=how):
                    self.damage("segments/" + name, how)
                    told = self.plan()
                    self.assertEqual((told["steps"], told["plan"]), ([], None))
                    self.assertGreater(told["found"], 0)
                    self.mend("--from", self.copy)
                    self.assertEqual((self.segments / name).read_bytes(),
                                     (self.base / "segments" / name).read_bytes())

    def test_documented(self):
        """The two lines of docs/repair.md, as they stand there."""
        lines = [line[4:] for line in (ROOT / "docs" / "repair.md").read_text().splitlines()
                 if line.startswith("    ")]
        self.assertEqual(len(lines), 2)
        self.damage("segments/000001.tar.zst")
        hash_of = ""
        for line in lines:
            argv = line.replace("~/mail-backup", str(self.copy)).split()[1:]
            argv = [hash_of if word == "HASH" else word for word in argv]
            done = sheaf(self.ar, *argv)
            hash_of = done.stdout.decode().split()[-1]
        self.assertEqual(done.returncode, 0, done.stderr)
        self.good(self.ar, "verify", "--deep")
        self.assertEqual([p.name for p in (self.ar / "lost+found").iterdir()],
                         ["000001.tar.zst.1"])
        self.good(self.ar, "backup", self.dir / "fresh")
        self.assertFalse((self.dir / "fresh" / "lost+found").exists())

    def test_bad_copy(self):
        """A copy that is damaged itself is not taken."""
        other = self.dir / "other"
        shutil.copytree(self.copy, other)
        flip(other / "segments" / "000001.tar.zst")
        self.damage("segments/000001.tar.zst")
        told = self.plan("--from", other)
        self.assertEqual(told["steps"], [])
        self.assertGreater(told["found"], 0)
        self.assertEqual(self.plan("--from", self.dir / "none")["steps"], [])

    def test_seal(self):
        """From the catalog, to the byte; no copy is needed."""
        for how in (flip, pathlib.Path.unlink):
            self.damage("segments/000002.seal", how)
            self.assertIn("as the catalog has it", self.mend()[0])
            self.assertEqual((self.segments / "000002.seal").read_bytes(),
                             (self.base / "segments" / "000002.seal").read_bytes())

    def test_seal_lost_in_both(self):
        """Seal and catalog are lost: from the copy first, then the catalog from the segments."""
        self.damage("segments/000001.seal")
        self.damage("catalog.db", pathlib.Path.unlink)
        told = self.plan("--from", self.copy)
        self.assertEqual(len(told["steps"]), 1, told)
        self.assertIn("as the other copy has it", told["steps"][0])
        self.good(self.ar, "repair", "--from", self.copy, "--plan", told["plan"])
        self.mend()

    def test_seal_of_another_course(self):
        """A seal by the same key that does not fit here is not taken."""
        other = self.dir / "other"
        self.good(other, "init")
        shutil.copytree(self.ar / "keys", other / "keys")
        self.good(other, "import", "--no-index", self.top / "part1")
        self.good(other, "seal")
        self.damage("segments/000001.seal", pathlib.Path.unlink)
        self.damage("catalog.db", pathlib.Path.unlink)
        self.assertEqual(self.plan("--from", other)["steps"], [])

    def test_key(self):
        """From the private key, or from the copy."""
        for name in ("seal.pub",), ("seal.pub", "seal.key"):
            for path in name:
                (self.ar / "keys" / path).unlink()
            self.assertIn("seal.pub", self.mend("--from", self.copy)[0])
            self.assertEqual((self.ar / "keys" / "seal.pub").read_bytes(),
                             (self.base / "keys" / "seal.pub").read_bytes())
        (self.ar / "keys" / "seal.pub").unlink()
        told = self.plan()
        self.assertEqual((told["steps"], told["found"] > 0), ([], True))

    def test_catalog(self):
        """Lost, or damaged: made anew; the old one stays."""
        self.damage("catalog.db", pathlib.Path.unlink)
        self.mend()
        self.damage("catalog.db", lambda path: path.write_bytes(b"x" * 5000))
        self.mend()
        self.assertTrue(any(p.read_bytes() == b"x" * 5000
                            for p in self.ar.glob("catalog.db.old-*")))

    def test_everything(self):
        """All at once, in as many plans as it takes."""
        self.damage("segments/000001.tar.zst", pathlib.Path.unlink)
        self.damage("segments/000002.tar.zst")
        self.damage("segments/000001.seal")
        self.damage("keys/seal.pub", pathlib.Path.unlink)
        self.damage("catalog.db", pathlib.Path.unlink)
        for _ in range(4):
            told = self.plan("--from", self.copy)
            if told["whole"]:
                break
            self.assertTrue(told["steps"], told)
            self.good(self.ar, "repair", "--from", self.copy, "--plan", told["plan"])
        self.assertTrue(told["whole"], told)

    def test_lost_for_ever(self):
        """The open segment has no seal: what is lost is listed, with what to do."""
        self.damage("segments/000003.tar.zst", lambda path: flip(path, 120))
        for argv in ((), ("--from", self.copy)):
            told = self.plan(*argv)
            self.assertEqual(told["steps"], [])
            self.assertEqual({f.get("segment") for f in told["findings"]} - {None}, {3})
        done = sheaf(self.ar, "repair")
        self.assertIn(b"CANNOT BE MENDED without --from", done.stdout)
        self.assertIn(b"rebuild-catalog --force", done.stdout)

    def test_another_plan(self):
        """A plan for an archive that has changed since is refused, and nothing is done."""
        self.damage("segments/000001.tar.zst")
        told = self.plan("--from", self.copy)
        self.damage("segments/000001.tar.zst", lambda path: flip(path, 200))
        self.damaged.pop(0)
        before = self.files()
        for plan in (told["plan"], "", told["plan"][:-1]):
            done = sheaf(self.ar, "repair", "--from", self.copy, "--plan", plan)
            self.assertEqual(done.returncode, 65, done.stdout)
        self.assertTrue(self.files() == before, "something was changed")
        flip(self.segments / "000001.tar.zst", 200)
        self.damaged.append((self.segments / "000001.tar.zst").read_bytes())
        self.good(self.ar, "import", "--no-index", self.top / "part0")
        done = sheaf(self.ar, "repair", "--from", self.copy, "--plan", told["plan"])
        self.assertEqual(done.returncode, 65, "the archive went on")
        self.damaged.pop(0)
        self.damaged.append((self.segments / "000001.tar.zst").read_bytes())
        self.mend("--from", self.copy)

    def test_destroyed_stays_destroyed(self):
        """A backup from before a destruction is no source for the segment it was done in."""
        self.good(self.ar, "dispose", "--reason", "r", "--yes", "--dialect", "imap",
                  'SUBJECT "number 3"')
        self.good(self.ar, "destroy", "--yes", "--who", "x")
        newer = self.dir / "newer"
        self.good(self.ar, "backup", newer)
        self.damage("segments/000001.tar.zst", pathlib.Path.unlink)
        self.assertEqual(self.plan("--from", self.copy)["steps"], [])
        self.mend("--from", newer)


if __name__ == "__main__":
    unittest.main()

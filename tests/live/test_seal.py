"""Seals and proofs: what sheaf writes, the independent verify.py checks; forgeries fail."""

import base64
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "crash"))
import fault  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SHEAF = os.environ.get("SHEAF", str(ROOT / "build" / "sheaf"))
VERIFY = str(ROOT / "docs" / "formats" / "verify.py")


def mail(n):
    """A message."""
    return b"From: ann@example.org\r\nSubject: number %d\r\n\r\nHello %d.\r\n" % (n, n * n)


class Seal(unittest.TestCase):
    """One archive with two sealed segments and an open one, made once."""

    @classmethod
    def setUpClass(cls):
        cls.top = pathlib.Path(tempfile.mkdtemp(prefix="sheaf-seal-"))
        cls.addClassCleanup(shutil.rmtree, cls.top, ignore_errors=True)
        cls.base = cls.top / "base"
        cls.run_good(cls.base, "init")
        for part, numbers in enumerate((range(1, 8), range(8, 13), range(13, 15))):
            folder = cls.top / ("part%d" % part)
            folder.mkdir()
            for n in numbers:
                (folder / ("%02d.eml" % n)).write_bytes(mail(n))
            cls.run_good(cls.base, "import", "--no-index", str(folder))
            if part < 2:
                cls.run_good(cls.base, "seal")
        cls.kept = cls.top / "kept.seal"
        shutil.copy(cls.base / "segments" / "000001.seal", cls.kept)
        cls.key = cls.top / "seal.pub"
        shutil.copy(cls.base / "keys" / "seal.pub", cls.key)

    @staticmethod
    def run_any(archive, *argv):
        """The program, whatever it ends with."""
        return subprocess.run([SHEAF, "-C", str(archive), *argv], capture_output=True,
                              timeout=120, check=False, stdin=subprocess.DEVNULL)

    @classmethod
    def run_good(cls, archive, *argv):
        """Its output, when it ends well."""
        done = cls.run_any(archive, *argv)
        if done.returncode:
            raise AssertionError("%s: %s" % (argv, done.stderr.decode(errors="replace")))
        return done.stdout.decode()

    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(dir=self.top))
        self.ar = self.dir / "archive"
        shutil.copytree(self.base, self.ar)

    def verify(self, *argv, key=None):
        """verify.py: (exit status, output)."""
        done = subprocess.run([sys.executable, VERIFY, str(key or self.key), *map(str, argv)],
                              capture_output=True, timeout=120, check=False)
        text = (done.stdout + done.stderr).decode()
        self.assertNotIn("Traceback", text)
        self.assertRegex(text, r"\A(OK|BAD): ")
        self.assertEqual(done.returncode, 0 if text.startswith("OK") else 1)
        return done.returncode, text

    def good(self, *argv, **more):
        """verify.py is content."""
        code, text = self.verify(*argv, **more)
        self.assertEqual(code, 0, text)
        return text

    def bad(self, *argv, **more):
        """verify.py is not."""
        code, text = self.verify(*argv, **more)
        self.assertEqual(code, 1, text)
        return text

    def put(self, name, data):
        """A file beside the archive."""
        path = self.dir / name
        path.write_text(data if isinstance(data, str) else json.dumps(data))
        return path

    def prove(self, n):
        """A proof of message n, as an object."""
        return json.loads(self.run_good(self.ar, "prove", hashlib.sha256(mail(n)).hexdigest()))

    def test_every_message_is_proved(self):
        """Each sealed one, against the one seal; the others not yet."""
        for n in range(1, 13):
            path = self.put("proof", self.prove(n))
            (self.dir / "mail").write_bytes(mail(n))
            self.assertIn("number %d of 12" % n, self.good("message", path, self.dir / "mail"))
        (self.dir / "mail").write_bytes(mail(1))
        self.bad("message", path, self.dir / "mail")
        done = self.run_any(self.ar, "prove", hashlib.sha256(mail(13)).hexdigest())
        self.assertEqual(done.returncode, 65)
        self.assertIn(b"sheaf seal", done.stderr)
        self.run_good(self.ar, "seal")
        self.good("message", self.put("proof", self.prove(13)))

    def test_forged_proofs(self):
        """Anything changed in a proof is seen."""
        proof = self.prove(5)
        other = self.prove(6)
        changes = [("message", other["message"]), ("salt", other["salt"]), ("salt", ""),
                   ("facts", other["facts"]), ("index", 5), ("index", -1), ("index", 12),
                   ("index", "4"), ("size", 11), ("size", 13), ("path", proof["path"][:-1]),
                   ("path", proof["path"] + proof["path"][-1:]), ("path", []), ("path", None),
                   ("path", proof["path"][::-1]), ("proof", "consistency 1"),
                   ("checkpoint", self.kept.read_text()), ("checkpoint", ""),
                   ("checkpoint", proof["checkpoint"].replace("\n12\n", "\n13\n"))]
        for place in range(len(proof["path"])):
            path = list(proof["path"])
            path[place] = path[place][:-1] + ("1" if path[place][-1] == "0" else "0")
            changes.append(("path", path))
        self.good("message", self.put("proof", proof))
        for name, value in changes:
            with self.subTest(name=name, value=value):
                self.bad("message", self.put("proof", dict(proof, **{name: value})))

    def test_another_key(self):
        """An archive made and signed by somebody else does not pass for ours."""
        other = self.dir / "other"
        self.run_good(other, "init")
        self.run_good(other, "import", "--no-index", str(self.top / "part0"))
        self.run_good(other, "seal")
        self.good("archive", other, key=other / "keys" / "seal.pub")
        self.bad("archive", other)
        ident = hashlib.sha256(mail(1)).hexdigest()
        path = self.put("proof", self.run_good(other, "prove", ident))
        self.good("message", path, key=other / "keys" / "seal.pub")
        self.bad("message", path)
        done = self.run_any(other, "prove", "--since", str(self.kept))
        self.assertEqual(done.returncode, 65)

    def test_growth(self):
        """From each seal to the newest."""
        self.run_good(self.ar, "seal")
        for number, text in ((1, "7 messages begins the one of 14"),
                             (2, "12 messages begins the one of 14"),
                             (3, "14 messages then, 14 now")):
            old = self.ar / "segments" / ("%06d.seal" % number)
            proof = json.loads(self.run_good(self.ar, "prove", "--since", str(old)))
            path = self.put("proof", proof)
            self.assertIn(text, self.good("grown", path, old))
            if number == 2:
                self.bad("grown", path, self.kept)
            for change in ({"path": proof["path"][1:] if proof["path"] else ["00" * 32]},
                           {"old": proof["checkpoint"], "checkpoint": proof["old"]}
                           if number < 3 else {"path": None},
                           {"path": proof["path"][::-1] + proof["path"][:1] or ["00"]}):
                self.bad("grown", self.put("proof", dict(proof, **change)))

    def test_archive(self):
        """Whole, and against a seal kept elsewhere."""
        self.assertIn("14 messages, 12 of them sealed", self.good("archive", self.ar, self.kept))
        self.run_good(self.ar, "seal")
        self.assertIn("14 messages, 14 of them sealed", self.good("archive", self.ar, self.kept))
        self.assertIn("nothing new", self.run_good(self.ar, "seal"))
        for path in self.ar.glob("segments/*.tar.zst"):
            listed = subprocess.run(["tar", "--zstd", "-tf", str(path)], capture_output=True,
                                    check=True)
            self.assertEqual(listed.stderr, b"")

    def test_verify(self):
        """The program's own verification, with the seals."""
        for argv in (["verify", "--json"], ["verify", "--deep", "--json"]):
            told = json.loads(self.run_good(self.ar, *argv))
            self.assertEqual((told["whole"], told["segments"], told["sealed_segments"],
                              told["proved_messages"]), (True, 3, 2, 12))
        self.assertIn("2 segments sealed", self.run_good(self.ar, "verify"))
        seal = self.ar / "segments" / "000002.seal"
        text = seal.read_bytes()
        for wrong in (None, b"", text.replace(b"messages 5", b"messages 6"),
                      (self.ar / "segments" / "000001.seal").read_bytes(), text * 2):
            seal.unlink()
            if wrong is not None:
                seal.write_bytes(wrong)
            for argv in (["verify"], ["verify", "--deep"]):
                done = self.run_any(self.ar, *argv)
                self.assertEqual(done.returncode, 74, wrong)
                self.assertIn(b"segment 000002", done.stdout)
            seal.write_bytes(text)
        (self.ar / "keys" / "seal.pub").unlink()
        self.assertIn(b"seal.pub", self.run_any(self.ar, "verify").stdout)

    def test_rebuilt_catalog(self):
        """It has the same tables, the seals among them, and the log goes on."""
        for _ in range(2):
            was = fault.catalog(self.ar / "catalog.db")
            for path in self.ar.glob("catalog.db*"):
                path.unlink()
            self.run_good(self.ar, "rebuild-catalog")
            self.assertEqual(fault.catalog(self.ar / "catalog.db"), was)
            self.run_good(self.ar, "verify", "--deep")
            self.run_good(self.ar, "seal")
        self.run_good(self.ar, "import", "--no-index", str(self.put("15.eml", mail(15).decode())))
        self.run_good(self.ar, "seal")
        self.good("archive", self.ar, self.kept)

    def test_rebuilt_without_a_seal(self):
        """What is missing is told, and what is there comes back."""
        for name in ("000001.seal", "000002.seal"):
            path = self.ar / "segments" / name
            path.rename(self.dir / "away")
            for catalog in self.ar.glob("catalog.db*"):
                catalog.unlink()
            done = self.run_any(self.ar, "rebuild-catalog")
            self.assertEqual(done.returncode, 74)
            self.assertIn(b"seal is missing", done.stdout)
            self.assertEqual(self.run_any(self.ar, "verify").returncode, 74)
            (self.dir / "away").rename(path)
            self.run_good(self.ar, "rebuild-catalog", "--force")
            self.run_good(self.ar, "verify", "--deep")

    def test_backup(self):
        """Seals and keys go with it; the copy is proved by itself, and brought up."""
        copy = self.dir / "copy"
        for _ in range(2):
            self.run_good(self.ar, "backup", str(copy))
            self.run_good(copy, "verify", "--deep")
            self.good("archive", copy, self.kept)
            self.run_good(self.ar, "seal")
        self.assertEqual((copy / "segments" / "000003.seal").read_bytes(),
                         (self.ar / "segments" / "000003.seal").read_bytes())

    def test_flipped_bytes(self):
        """In the sealed segments and their seals, everywhere."""
        for name in ("000001.tar.zst", "000002.seal", "000002.tar.zst"):
            path = self.ar / "segments" / name
            data = path.read_bytes()
            for at in range(3, len(data), len(data) // 6):
                path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1:])
                self.bad("archive", self.ar)
            path.write_bytes(data)
        self.good("archive", self.ar)

    def test_missing_files(self):
        """A seal, a segment; and the newest segment, which only a kept seal tells of."""
        for name in ("000001.seal", "000001.tar.zst", "000002.tar.zst"):
            path = self.ar / "segments" / name
            path.rename(self.dir / "away")
            self.bad("archive", self.ar)
            (self.dir / "away").rename(path)
        newest = self.dir / "newest"
        shutil.copy(self.ar / "segments" / "000002.seal", newest)
        for number in (2, 3):
            for path in self.ar.glob("segments/%06d.*" % number):
                path.unlink()
        self.good("archive", self.ar)  # the documented limit
        self.assertIn("cut off", self.bad("archive", self.ar, newest))

    def test_resealed_with_the_key(self):
        """Who has the key can write another history; a kept seal shows it."""
        done = self.dir / "again"
        self.run_good(done, "init")
        shutil.copytree(self.ar / "keys", done / "keys")
        self.run_good(done, "import", "--no-index", str(self.top / "part1"))
        self.run_good(done, "seal")
        self.good("archive", done)
        self.bad("archive", done, self.kept)
        self.assertEqual(self.run_any(done, "prove", "--since", str(self.kept)).returncode, 74)

    def test_json(self):
        """For programs; nothing of the key is shown."""
        told = json.loads(self.run_good(self.ar, "seal", "--json"))
        self.assertTrue(told["made"])
        self.assertEqual(told["checkpoint"], pathlib.Path(told["seal"]).read_text())
        secret = (self.ar / "keys" / "seal.key")
        self.assertEqual(secret.stat().st_mode & 0o777, 0o600)
        self.assertFalse(json.loads(self.run_good(self.ar, "seal", "--json"))["made"])
        facts = base64.b64decode(self.prove(3)["facts"]).decode()
        self.assertRegex(facts, re.compile(r"^\d+ SCHILY\.xattr\.user\.sheaf\.number=3$", re.M))
        self.assertNotIn("salt", facts)

    def test_empty(self):
        """Nothing to seal, nothing to prove by."""
        other = self.dir / "other"
        self.run_good(other, "init")
        self.assertIn("nothing to seal", self.run_good(other, "seal"))
        self.assertEqual(self.run_any(other, "prove", "--since", str(self.kept)).returncode, 65)
        self.assertEqual(self.run_any(other, "prove", "0123456789").returncode, 65)
        self.assertEqual(self.run_any(other, "prove").returncode, 64)
        self.assertEqual(self.run_any(other, "seal", "x").returncode, 64)


if __name__ == "__main__":
    unittest.main()

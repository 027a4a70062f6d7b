"""sheaf repair with faults at each durable step: a new plan goes on, and nothing is lost."""

import json
import pathlib
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import fault  # noqa: E402
import generate  # noqa: E402
import servers  # noqa: E402


class Mend(unittest.TestCase):
    """An archive with a damaged segment and a damaged seal, and a good copy of it."""

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="sheaf-mend-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.base, cls.copy = cls.folder / "base", cls.folder / "copy"
        fault.good(cls.base, "init")
        for start in (0, 10, 20):
            part = cls.folder / ("part-%d" % start)
            servers.write_maildir(part, [m[:3] for m in generate.messages(30)[start:start + 10]])
            fault.good(cls.base, "import", "--no-index", str(part))
            if start < 20:
                fault.good(cls.base, "seal")
        fault.good(cls.base, "backup", str(cls.copy))
        cls.want = cls.segments(cls.base)
        for name in ("000001.tar.zst", "000002.seal"):
            path = cls.base / "segments" / name
            data = bytearray(path.read_bytes())
            data[len(data) // 2] ^= 1
            path.write_bytes(data)
        cls.damaged = [data for name, data in cls.segments(cls.base).items()
                       if data != cls.want[name]]
        assert len(cls.damaged) == 2

    @staticmethod
    def segments(archive):
        """Name -> bytes."""
        return {p.name: p.read_bytes() for p in (archive / "segments").iterdir()
                if not p.name.endswith(".tmp")}

    def plan(self, archive):
        """The arguments that do the plan; None: it is whole."""
        told = json.loads(fault.good(archive, "repair", "--json", "--from", str(self.copy),
                                     okay=(0, 74)))
        return ("repair", "--from", str(self.copy), "--plan", told["plan"]) if told["plan"] \
            else None

    def attempt(self, on, at, act, cut=False):
        """One run with a fault; then what must hold. Did the fault strike?"""
        archive = pathlib.Path(tempfile.mkdtemp(dir=self.folder)) / "archive"
        what = "%s at %s %d" % (act, on, at)
        shutil.copytree(self.base, archive)
        argv = self.plan(archive)
        before = fault.lengths(archive)
        done = fault.faulty(archive, argv, on, at, act)
        if cut and done.code:
            self.lost += fault.lose(archive, before, done.synced)
        self.nothing_lost(archive, what)
        argv = self.plan(archive)
        if argv:
            fault.good(archive, *argv)
        fault.good(archive, "verify", "--deep")
        self.assertTrue(self.segments(archive) == self.want, what)
        self.nothing_lost(archive, what)
        shutil.rmtree(archive.parent)
        return done.code != 0

    def nothing_lost(self, archive, what):
        """The damaged bytes are somewhere; each name has a file, the bad one or the good one."""
        have = [p.read_bytes() for p in archive.rglob("*") if p.is_file()]
        for data in self.damaged:
            self.assertTrue(data in have, what)
        for name, data in self.segments(archive).items():
            self.assertTrue(data == self.want[name] or data in self.damaged, what)
        self.assertEqual(set(self.segments(archive)), set(self.want), what)

    def everywhere(self, on, act, least, **more):
        """At step 1, 2, 3 … until a run has no such step."""
        self.lost = 0
        at = 1
        while self.attempt(on, at, act, **more):
            at += 1
        self.assertGreater(at, least, "it has fewer steps than it must have")

    def test_stopped_before_each_sync_and_name(self):
        self.everywhere("sn", "stop", 10)

    def test_stopped_within_each_write(self):
        self.everywhere("w", "torn", 2)

    def test_power_cut_at_each_step(self):
        self.everywhere("wsn", "stop", 10, cut=True)
        self.assertGreater(self.lost, 0, "no power cut lost anything: it tested nothing")

    def test_first_failures(self):
        """A full disk from each write on."""
        for at in range(1, 5):
            self.assertTrue(self.attempt("wn", at, "full"))


if __name__ == "__main__":
    unittest.main()

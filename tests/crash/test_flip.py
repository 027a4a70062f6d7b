"""One bit of one random byte is flipped, in a segment, a seal or the catalog of a small archive:
`verify --deep` says so, nothing crashes, and no message comes out with other bytes. 1,000 bytes
with SHEAF_LONG, 100 otherwise.

What is not asked: that a flip is found that means nothing (docs/formats/archive.md, "Verifying and
rebuilding"): the catalog has the same schema and the same rows as before, as Python's SQLite reads
it; the segment gives the same bytes, as the zstd program decompresses it.
"""

import hashlib
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import fault  # noqa: E402
import generate  # noqa: E402
import servers  # noqa: E402

FLIPS = 1000 if fault.LONG else 100
STATUSES = (0, 1, 65, 74, 75)
CATALOG = "catalog.db"
SEALED, OPEN = SEGMENTS = ("segments/000001.tar.zst", "segments/000002.tar.zst")


def unpacked(path):
    """A segment's content, or None where it is damaged."""
    done = subprocess.run(["zstd", "-dcq", str(path)], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, check=False)
    return done.stdout if done.returncode == 0 else None


class Flip(unittest.TestCase):
    """A small archive with several commits, outcomes of imports, duplicates and flags."""

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="sheaf-flip-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.base = cls.folder / "base"
        mails = [m[:3] for m in generate.messages(24)]
        fault.good(cls.base, "init")
        for start in (0, 8, 16):
            part = cls.folder / ("part-%d" % start)
            servers.write_maildir(part, mails[start:start + 8] + mails[:2])
            fault.good(cls.base, "import", "--no-index", str(part))
            if start == 8:
                fault.good(cls.base, "seal")
        cls.ids = fault.members(cls.base)
        fault.good(cls.base, "verify", "--deep")
        cls.content = {name: unpacked(cls.base / name) for name in SEGMENTS}
        cls.want = fault.catalog(cls.base / "catalog.db")
        if not all(cls.content.values()) or len(cls.want["messages"]) != len(cls.ids):
            raise AssertionError("the archive is not what the test wants")

    def shows(self, archive, what):
        """Each message: the right bytes, or an error."""
        for name in self.ids:
            done = subprocess.run([str(fault.SHEAF), "-C", str(archive), "show", "--raw", name],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, timeout=60)
            self.assertIn(done.returncode, STATUSES, "%s: %r" % (what, done.stderr))
            if done.returncode == 0:
                self.assertEqual(hashlib.sha256(done.stdout).hexdigest(), name, what)

    def flip(self, name, seed):
        """One flip; True when it was found."""
        rnd = random.Random("%s/%d" % (name, seed))
        archive = pathlib.Path(tempfile.mkdtemp(prefix="a-", dir=self.folder)) / "archive"
        shutil.copytree(self.base, archive)
        path = archive / name
        data = bytearray(path.read_bytes())
        at, bit = rnd.randrange(len(data)), 1 << rnd.randrange(8)
        data[at] ^= bit
        path.write_bytes(data)
        what = "%s, byte %d, bit %#x" % (name, at, bit)
        done = fault.sheaf(archive, "verify", "--deep")
        self.assertIn(done.code, (0, 74), "%s: %s" % (what, done.text))
        if done.code == 0:
            same = unpacked(path) == self.content[name] if name == OPEN else \
                name == CATALOG and fault.catalog(path) == self.want
            self.assertTrue(same, what + " was not found")
        elif name != CATALOG:
            self.assertIn("segment " + name[9:15], done.text, what)
        quick = fault.sheaf(archive, "verify")
        self.assertIn(quick.code, (0, 74), "%s: %s" % (what, quick.text))
        self.shows(archive, what)
        shutil.rmtree(archive.parent)
        return done.code == 74

    def flips(self, name, count):
        """How many of the flips were found."""
        return sum(fault.together(lambda seed: self.flip(name, seed), range(count)))

    def test_sealed_segment(self):
        """Every one."""
        self.assertEqual(self.flips(SEALED, FLIPS // 4), FLIPS // 4)

    def test_open_segment(self):
        """Every one that changes what is in it; few can do without."""
        self.assertGreater(self.flips(OPEN, FLIPS // 4), FLIPS // 4 * 0.9)

    def test_seal(self):
        """Every one."""
        self.assertEqual(self.flips("segments/000001.seal", FLIPS // 4), FLIPS // 4)

    def test_catalog(self):
        """Every one that changes what the catalog says."""
        self.assertGreater(self.flips(CATALOG, FLIPS // 4), 0)


if __name__ == "__main__":
    unittest.main()

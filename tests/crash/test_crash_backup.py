"""sheaf backup, stopped at each durable step or failing there: what is in the directory is the
older backup or the new one, and the next run makes the new one."""

import json
import pathlib
import shutil
import signal
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import fault  # noqa: E402
import generate  # noqa: E402
import servers  # noqa: E402
from test_crash import GRACEFUL, spread  # noqa: E402

MOST = 10 ** 9 if fault.LONG else 12


class Backup(unittest.TestCase):
    """An archive; a backup of its beginning; and the whole of it."""

    old = True

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="sheaf-crash-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.archive, cls.base = cls.folder / "archive", cls.folder / "base"
        mails = [m[:3] for m in generate.messages(50)]
        fault.good(cls.archive, "init")
        servers.write_maildir(cls.folder / "a", mails[:30])
        fault.good(cls.archive, "import", "--no-index", str(cls.folder / "a"))
        if cls.old:
            fault.good(cls.archive, "backup", str(cls.base))
        else:
            cls.base.mkdir()
        cls.before = cls.ids(cls.archive) if cls.old else None
        servers.write_maildir(cls.folder / "b", mails[30:])
        fault.good(cls.archive, "import", "--no-index", str(cls.folder / "b"))
        (cls.archive / "keys").mkdir()
        (cls.archive / "keys" / "one").write_text("key")
        cls.after = cls.ids(cls.archive)

    @classmethod
    def ids(cls, archive):
        """Every message, its bytes checked."""
        out = pathlib.Path(tempfile.mkdtemp(dir=cls.folder)) / "out"
        fault.good(archive, "export", "--format", "eml", "--to", str(out), "--dialect", "imap",
                   "ALL")
        lines = (out / "manifest.ndjson").read_text().splitlines()
        shutil.rmtree(out.parent)
        return [json.loads(line)["id"] for line in lines[1:]]

    def fresh(self):
        """A copy of the older backup."""
        target = pathlib.Path(tempfile.mkdtemp(dir=self.folder)) / "to"
        shutil.copytree(self.base, target)
        return target

    def run_faulty(self, target, on, step=0, act="stop"):
        """A backup into target with a fault there."""
        return fault.faulty(self.archive, ("backup", str(target)), on, step, act,
                            env={"FAULT_UNDER": str(target)})

    def check(self, target, what):
        """Old or new; then run again: new, and fit for writing."""
        if (target / "catalog.db").exists():
            self.assertIn(self.ids(target), (self.before, self.after), what)
        else:
            self.assertIsNone(self.before, what + ": the older backup is gone")
        again = fault.sheaf(self.archive, "backup", str(target))
        self.assertEqual(again.code, 0, "%s: %s" % (what, again.text))
        self.assertEqual(self.ids(target), self.after, what)
        self.assertEqual((target / "keys" / "one").read_text(), "key")
        self.assertEqual([p.name for p in target.rglob("*.tmp*")], [], what)
        fault.good(target, "import", "--no-index", str(self.folder / "a"))
        shutil.rmtree(target.parent)

    def everywhere(self, on, act, codes):
        """The fault at each step, or a spread of them."""
        target = self.fresh()
        done = self.run_faulty(target, on)
        self.assertEqual(done.code, 0, done.text)
        self.assertGreater(done.count, 3)
        self.check(target, "undisturbed")

        def job(step):
            target = self.fresh()
            base = fault.lengths(target)
            got = self.run_faulty(target, on, step, act)
            what = "%s at %s %d of %d" % (act, on, step, done.count)
            self.assertIn(got.code, codes, "%s: %s" % (what, got.text))
            if act == "stop":
                fault.lose(target, base, got.synced)
            self.check(target, what)

        fault.together(job, spread(done.count, MOST))

    def test_stopped_before_each_step(self):
        """The plug is pulled, and what was not synced is lost."""
        self.everywhere("wsn", "stop", (-signal.SIGKILL,))

    def test_stopped_within_each_write(self):
        """Half of a write is done."""
        self.everywhere("w", "torn", (-signal.SIGKILL,))

    def test_each_step_fails(self):
        """It ends with 74 and a word, unless it can do without."""
        self.everywhere("wsn", "EIO", GRACEFUL)

    def test_disk_full(self):
        """From each step on."""
        self.everywhere("wn", "full", GRACEFUL)


class First(Backup):
    """The same for the first backup."""

    old = False


if __name__ == "__main__":
    unittest.main()

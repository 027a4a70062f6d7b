"""Stopped after durable step n = 1, 2, 3 …, killed at random moments, out of disk: then run again,
and the end must equal the undisturbed one. Every n with SHEAF_LONG, a spread of them otherwise.
"""

import os
import pathlib
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import fault  # noqa: E402
import generate  # noqa: E402
import servers  # noqa: E402

MOST = 10 ** 9 if fault.LONG else 16   # steps tried of one kind of fault
MOMENTS = 100 if fault.LONG else 20
MESSAGES = 60

# What sheaf may end with when a step fails: damage, later, or well where it can do without.
GRACEFUL = (0, 69, 74, 75)


def spread(count, most=MOST):
    """At most `most` of 1 … count, the first and the last among them."""
    if count <= most:
        return list(range(1, count + 1))
    return sorted({1 + round(i * (count - 1) / (most - 1)) for i in range(most)})


class Crash(unittest.TestCase):
    """What the tests share: a base archive, a command, and the state it ends in."""

    argv = ()
    most = MOST      # steps tried of one kind of fault
    unnoticed = 0.75  # so many may end well: threads and merges that fail are put off

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="sheaf-crash-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.mails = cls.folder / "mails"
        servers.write_maildir(cls.mails, [m[:3] for m in generate.messages(MESSAGES)])
        cls.base = cls.folder / "base"
        fault.good(cls.base, "init")
        cls.prepare()
        began = time.monotonic()
        whole = cls.copy()
        fault.good(whole, *cls.argv)
        cls.seconds = time.monotonic() - began
        cls.want = fault.state(whole)
        shutil.rmtree(whole)
        if len(cls.want["imap", "ALL", "index"]) < cls.least():
            raise AssertionError("the undisturbed run is not whole")

    @classmethod
    def least(cls):
        """So many messages are found in the end, at least."""
        return MESSAGES

    @classmethod
    def prepare(cls):
        """Fill the base archive."""

    @classmethod
    def copy(cls):
        """A fresh copy of the base archive."""
        target = pathlib.Path(tempfile.mkdtemp(prefix="a-", dir=cls.folder)) / "archive"
        shutil.copytree(cls.base, target)
        return target

    def count(self, on):
        """How many steps of these kinds an undisturbed run takes."""
        archive = self.copy()
        done = fault.faulty(archive, self.argv, on)
        self.assertEqual(done.code, 0, done.text)
        self.assertGreater(done.count, 0)
        shutil.rmtree(archive.parent)
        return done.count

    def resume(self, archive, what):
        """Readers must work at once; the next run must end in the state we want."""
        done = fault.sheaf(archive, "search", "--dialect", "imap", "--format", "ids", "ALL")
        self.assertIn(done.code, (0, 1), "%s: a reader after the fault: %s" % (what, done.text))
        try:
            for argv in self.again():
                fault.good(archive, *argv)
            got = fault.state(archive)
        except AssertionError as error:
            self.fail("%s: %s" % (what, error))
        for key, want in self.want.items():
            self.assertEqual(got[key], want, "%s: %s differs" % (what, key))
        self.end(archive, what)
        shutil.rmtree(archive.parent)

    def end(self, archive, what):
        """What else must be true in the end."""

    def again(self):
        """The commands that go on after a fault."""
        return (self.argv,)

    def stopped(self, done, step):
        """Did it stop there? Commits depend on the clock: a run may have fewer steps than the one
        that was counted, and then ends well."""
        if done.code != 0:
            self.assertEqual(done.code, -signal.SIGKILL, "step %d: %s" % (step, done.text))
        return done.code != 0

    def stops(self, on, act):
        """Pull the plug at each step."""
        reached = []

        def job(step):
            archive = self.copy()
            done = fault.faulty(archive, self.argv, on, step, act)
            reached.append(self.stopped(done, step))
            self.resume(archive, "%s at %s %d" % (act, on, step))

        fault.together(job, spread(self.count(on), self.most))
        self.assertGreater(reached.count(True), len(reached) / 2, "most steps were not reached")

    def power_cuts(self, on):
        """Pull the plug at each step, and lose what was not synced by then."""
        lost = []

        def job(step):
            archive = self.copy()
            before = fault.lengths(archive)
            done = fault.faulty(archive, self.argv, on, step, "stop")
            if self.stopped(done, step):
                lost.append(fault.lose(archive, before, done.synced))
            self.resume(archive, "power cut at %s %d" % (on, step))

        fault.together(job, spread(self.count(on), self.most))
        self.assertGreater(sum(lost), 0, "no power cut lost anything: it tested nothing")

    def failures(self, on, act):
        """Let each step fail. What can do without (SQLite's tidying up at the end) may end well.
        What is only there to be quick, parts.db, always does, and counts for nothing."""
        codes = []

        def job(step):
            archive = self.copy()
            done = fault.faulty(archive, self.argv, on, step, act)
            what = "%s at %s %d" % (act, on, step)
            self.assertIn(done.code, GRACEFUL, "%s: %s" % (what, done.text))
            if done.code:
                self.assertIn("sheaf", done.text, what + ": fails without a word")
            if act != "full" and "/parts.db" in done.place:
                self.assertEqual(done.code, 0, what + ": " + done.text)
            else:
                codes.append(done.code)
            self.resume(archive, what)

        fault.together(job, spread(self.count(on), self.most))
        self.assertLess(codes.count(0), len(codes) * self.unnoticed, "most failures went unnoticed")

    def kills(self, seed):
        """kill -9 at random moments, of all processes or of the parent alone."""
        def job(number):
            rnd = random.Random("%s/%d" % (seed, number))
            for _ in range(10):
                archive = self.copy()
                moment, began = rnd.uniform(0.0, self.seconds), time.monotonic()
                code = fault.killed(archive, self.argv, moment, number % 2)
                if code == -signal.SIGKILL:
                    self.resume(archive, "killed after %.3f s" % moment)
                    return
                # It was done before that: an undisturbed run is shorter than we thought.
                self.assertEqual(code, 0)
                type(self).seconds = min(self.seconds, time.monotonic() - began)
                shutil.rmtree(archive.parent)
            self.fail("none of 10 moments was early enough")

        fault.together(job, range(MOMENTS))


class Steps:
    """The faults every command goes through."""

    def test_stopped_before_each_sync_and_name(self):
        self.stops("sn", "stop")

    def test_stopped_within_each_write(self):
        self.stops("w", "torn")

    def test_power_cut(self):
        self.power_cuts("wsn")

    def test_each_write_fails(self):
        self.failures("w", "EIO")

    def test_each_sync_fails(self):
        self.failures("s", "EIO")

    def test_each_name_fails(self):
        self.failures("n", "EIO")

    def test_disk_full_from_each_write_on(self):
        self.failures("wn", "full")

    def test_killed_at_random_moments(self):
        self.kills(type(self).__name__)


class Import(Steps, Crash):
    """sheaf import, the index brought up to date with it."""

    @classmethod
    def prepare(cls):
        cls.argv = ("import", str(cls.mails))


def segments(archive):
    """(the segments that CURRENT lists, those on the disk with whatever else is there)."""
    lines = (archive / "index" / "CURRENT").read_text().split("\n")[1:-1]
    name = lines[0].split()[1]
    index = archive / "index"
    found = {str(p.relative_to(index)) for p in index.glob("g*/*")
             if not p.name.startswith(("dictionary", "threads.db", "parts.db"))}
    found |= {p.name for p in index.glob("g*")}
    return {name, *(name + "/" + line for line in lines[1:])}, found


class Clean:
    """What the dead left behind is gone after the next run."""

    def end(self, archive, what):
        listed, found = segments(archive)
        self.assertEqual(found, listed, what)
        done = fault.sheaf(archive, "check-index", "--sample", "10")
        self.assertEqual(done.code, 0, "%s: %s" % (what, done.text))


class Index(Clean, Steps, Crash):
    """sheaf index, with segments there already, so that it merges those of the tail."""

    argv = ("index",)

    @classmethod
    def prepare(cls):
        mails = [m[:3] for m in generate.messages(53)]
        for at in range(8):
            part = cls.folder / ("part-%d" % at)
            servers.write_maildir(part, mails[:18] if at == 0 else mails[13 + 5 * at:18 + 5 * at])
            fault.good(cls.base, "import", str(part))
        fault.good(cls.base, "import", "--no-index", str(cls.mails))

    def test_it_merges(self):
        archive = self.copy()
        self.assertEqual(len(segments(archive)[0]), 1 + 8)
        fault.good(archive, *self.argv)
        self.assertEqual(len(segments(archive)[0]), 1 + 2)
        shutil.rmtree(archive.parent)


class Merge(Clean, Crash):
    """sheaf index where the body is due to be merged, in a process of its own."""

    argv = ("index", "--workers", "1")
    most = MOST if fault.LONG else 6
    unnoticed = 0.9
    each, count_of = 512, 8 * 512

    @classmethod
    def prepare(cls):
        for at in range(8):
            part = cls.folder / ("part-%d" % at)
            numbers = range(at * cls.each, (at + 1) * cls.each)
            servers.write_maildir(part, [
                (b"Subject: number %d\r\nX-N: %d\r\n\r\npenguin %d\r\n" % (n, n * n, n), "", None)
                for n in numbers])
            fault.good(cls.base, "import", "--no-index", str(part))
            if at < 7:
                fault.good(cls.base, *cls.argv)

    @classmethod
    def least(cls):
        return cls.count_of

    def end(self, archive, what):
        super().end(archive, what)
        self.assertEqual(len(segments(archive)[0]), 1 + 1, what)

    def test_stopped_before_each_sync_and_name(self):
        self.assertEqual(len(segments(self.base)[0]), 1 + 7)
        self.stops("sn", "stop")

    def test_each_name_fails(self):
        self.failures("n", "EIO")


class Seal(Steps, Crash):
    """sheaf seal, behind another seal: the seal in the end is the same to the byte, because the key
    and the salts are there before."""

    argv = ("seal",)
    unnoticed = 0.75  # SQLite tidies up, too

    @classmethod
    def prepare(cls):
        for start in (0, 20):
            part = cls.folder / ("part-%d" % start)
            servers.write_maildir(part, [m[:3] for m in generate.messages(40)[start:start + 20]])
            fault.good(cls.base, "import", "--no-index", str(part))
            fault.good(cls.base, "seal")
        fault.good(cls.base, "import", str(cls.mails))

    def resume(self, archive, what):
        """The independent checker must find nothing wrong with the end."""
        try:
            fault.good(archive, *self.argv)
            done = subprocess.run(
                [sys.executable, str(fault.ROOT / "docs" / "formats" / "verify.py"),
                 str(self.base / "keys" / "seal.pub"), "archive", str(archive)],
                capture_output=True, check=False, timeout=60)
        except AssertionError as error:
            self.fail("%s: %s" % (what, error))
        self.assertEqual(done.returncode, 0, "%s: %s" % (what, done.stderr.decode()))
        super().resume(archive, what)


class Dispose(Steps, Crash):
    """sheaf dispose: the mask is there or not; when it is, the next run finds nothing to mask."""

    argv = ("dispose", "--reason", "r", "--yes", "--dialect", "imap", "SMALLER 700")

    @classmethod
    def prepare(cls):
        fault.good(cls.base, "import", str(cls.mails))

    @classmethod
    def least(cls):
        return 1

    def resume(self, archive, what):
        fault.good(archive, *self.argv, okay=(0, 1))
        shown = fault.good(archive, "search", "--dialect", "imap", "--format", "ids", "--limit",
                           "100000", "ALL").split()
        self.assertEqual(sorted(shown), self.want["imap", "ALL", "index"], what)
        fault.good(archive, "verify", "--deep")
        shutil.rmtree(archive.parent)


class Destroy(Steps, Crash):
    """sheaf destroy, begun again after every fault: the same messages are left as undisturbed, the
    segments tell the same catalog, and nothing of the others is in them."""

    argv = ("destroy", "--yes", "--who", "x")

    @classmethod
    def prepare(cls):
        for start in (0, 20):
            part = cls.folder / ("part-%d" % start)
            servers.write_maildir(part, [m[:3] for m in generate.messages(40)[start:start + 20]])
            fault.good(cls.base, "import", "--no-index", str(part))
            fault.good(cls.base, "seal")
        fault.good(cls.base, "import", str(cls.mails))
        cls.whole = set(fault.members(cls.base))
        fault.good(cls.base, "dispose", "--reason", "r", "--yes", "--dialect", "imap",
                   "SMALLER 700")

    @classmethod
    def least(cls):
        return 1

    def resume(self, archive, what):
        try:
            shown = fault.good(archive, "search", "--no-index", "--dialect", "imap", "--format",
                               "ids", "--limit", "100000", "ALL").split()
            self.assertEqual(sorted(shown), self.want["imap", "ALL", "index"], what)
            fault.good(archive, *self.argv, okay=(0, 1))
            fault.good(archive, "verify", "--deep")
            done = subprocess.run(
                [sys.executable, str(fault.ROOT / "docs" / "formats" / "verify.py"),
                 str(self.base / "keys" / "seal.pub"), "archive", str(archive)],
                capture_output=True, check=False, timeout=60)
            self.assertEqual(done.returncode, 0, "%s: %s" % (what, done.stderr.decode()))
            got = fault.state(archive)
        except AssertionError as error:
            self.fail("%s: %s" % (what, error))
        for key in self.want:
            if key not in ("seals",):
                self.assertEqual(got[key], self.want[key], "%s: %s differs" % (what, key))
        self.assertEqual([p.name for p in (archive / "segments").glob("*.new")], [], what)
        shutil.rmtree(archive.parent)


class Reindex(Clean, Steps, Crash):
    """sheaf reindex: the old index answers until the new one is whole."""

    argv = ("reindex",)

    @classmethod
    def prepare(cls):
        fault.good(cls.base, "import", str(cls.mails))


class Rebuild(Crash):
    """sheaf rebuild-catalog where the catalog is lost: at each step there is none, or the whole."""

    argv = ("rebuild-catalog",)

    @classmethod
    def prepare(cls):
        part = cls.folder / "part"
        servers.write_maildir(part, [m[:3] for m in generate.messages(20)])
        fault.good(cls.base, "import", str(part))
        fault.good(cls.base, "import", str(cls.mails))
        cls.tables = fault.catalog(cls.base / "catalog.db")
        cls.lose(cls.base)

    @staticmethod
    def lose(archive):
        """The catalog, and no trace of it."""
        for path in archive.glob("catalog.db*"):
            path.unlink()

    def resume(self, archive, what):
        path = archive / "catalog.db"
        done = fault.sheaf(archive, "verify", "--deep")
        self.assertEqual(done.code, 0 if path.exists() else 74, "%s: %s" % (what, done.text))
        if path.exists():
            self.lose(archive)
        fault.good(archive, *self.argv)
        self.assertEqual(fault.catalog(path), self.tables, what)
        self.assertEqual(list(archive.glob("*.new*")), [], what)
        fault.good(archive, "verify", "--deep")
        shutil.rmtree(archive.parent)

    def test_stopped_before_each_sync_and_name(self):
        self.stops("sn", "stop")

    def test_stopped_within_each_write(self):
        self.stops("w", "torn")

    def test_each_name_fails(self):
        self.failures("n", "EIO")

    def test_disk_full_from_each_write_on(self):
        self.failures("wn", "full")


class RebuildAgain(Rebuild):
    """The same where there is a catalog, which is always there: the old one or the new one."""

    argv = ("rebuild-catalog", "--force")

    @staticmethod
    def lose(archive):
        """Nothing is lost."""

    def resume(self, archive, what):
        self.assertTrue((archive / "catalog.db").exists(), what)
        super().resume(archive, what)


@unittest.skipUnless(servers.Dovecot.installed(), "Dovecot is not installed: make deps")
class Harvest(Steps, Crash):
    """sheaf harvest from a Dovecot, the index brought up to date with it."""

    argv = ("harvest",)

    @classmethod
    def prepare(cls):
        server = servers.Dovecot()
        cls.addClassCleanup(server.close)
        server.start()
        mails = [m[:3] for m in generate.messages(MESSAGES)]
        server.append_all("alice", "INBOX", mails[:40])
        server.append_all("alice", "Archive", mails[30:])
        (cls.base / "sheaf.conf").write_text(server.account("alice"))


class Limits(unittest.TestCase):
    """A real full disk: a small file system where we may mount one, else a limit on files."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sheaf-full-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.mails = self.folder / "mails"
        rnd = random.Random(1)
        noise = [b"Subject: noise %d\r\n\r\n" % n + rnd.randbytes(3000).hex().encode() + b"\r\n"
                 for n in range(800)]
        servers.write_maildir(self.mails, [(data, "", None) for data in noise])

    def end(self, archive):
        """With room again the import goes on where it stopped."""
        fault.good(archive, "import", str(self.mails))
        self.assertEqual(len(fault.state(archive)["bytes"]), 800)

    @staticmethod
    def limited(archive, most, *argv):
        """Run sheaf where no file may grow beyond `most` bytes."""
        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

        return fault.sheaf(archive, *argv, preexec_fn=limit, restore_signals=False)

    def test_file_size_limit(self):
        archive = self.folder / "archive"
        fault.good(archive, "init")
        done = self.limited(archive, 1 << 20, "import", str(self.mails))
        self.assertEqual(done.code, 74, done.text)
        self.assertIn("sheaf", done.text)
        self.end(archive)

    def test_file_size_limit_of_the_index(self):
        archive = self.folder / "archive"
        fault.good(archive, "init")
        fault.good(archive, "import", "--no-index", str(self.mails))
        done = self.limited(archive, 1 << 17, "index")
        self.assertEqual(done.code, 74, done.text)
        self.assertIn("sheaf", done.text)
        fault.good(archive, "index")
        self.end(archive)

    def test_small_file_system(self):
        place = self.folder / "small"
        place.mkdir()
        mounted = not os.getuid() and not subprocess.call(
            ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)],
            stderr=subprocess.DEVNULL)
        if not mounted:
            print("(no small file system may be mounted here: the file size limit stands for it)")
            return
        self.addCleanup(subprocess.call, ["umount", str(place)])
        archive = place / "archive"
        fault.good(archive, "init")
        done = fault.sheaf(archive, "import", str(self.mails))
        self.assertEqual(done.code, 74, done.text)
        self.assertIn("sheaf", done.text)
        found = fault.sheaf(archive, "search", "--dialect", "imap", "--format", "ids", "ALL")
        self.assertIn(found.code, (0, 1), found.text)
        subprocess.run(["mount", "-o", "remount,size=64m", str(place)], check=True)
        self.end(archive)


if __name__ == "__main__":
    unittest.main()

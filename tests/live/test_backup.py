"""sheaf backup: what is copied, beside a writer at work, what is refused, and restoring."""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import threading
import unittest

from test_cli import INPUT, LATER, OK, SHEAF, USAGE, Case, mail

import generate

ALL = ("--dialect", "imap", "ALL")


class Backup(Case):
    """An archive with some mail, and a place for its backup."""

    def setUp(self):
        super().setUp()
        self.init()
        self.to = self.top / "copy"
        self.add("first", 0, 40)

    def add(self, name, start, end, archive=None):
        """Imports generated messages."""
        for number, message in enumerate(generate.messages(end)[start:end], start):
            self.put("%s/%d.eml" % (name, number), message[0])
        done = self.run_raw("-C", archive or self.ar, "import", "--no-index", self.top / name)
        self.assertEqual(done.returncode, OK, done.stderr)

    def backup(self, *more, want=OK, to=None):
        """Makes one; its result."""
        done = self.sheaf("backup", "--json", to or self.to, *more, want=want)
        return json.loads(done.stdout) if want == OK else done.stderr.decode()

    def listed(self, archive):
        """Every message of an archive, read and checked: ids in order of numbers."""
        out = self.top / "listed"
        shutil.rmtree(out, ignore_errors=True)
        done = self.run_raw("-C", archive, "export", "--format", "eml", "--to", out, *ALL)
        self.assertEqual(done.returncode, OK, done.stderr)
        sums = subprocess.run(["sha256sum", "-c", "--quiet", "--strict", "SHA256SUMS"], cwd=out,
                              stdout=subprocess.PIPE, check=False)
        self.assertEqual((sums.returncode, sums.stdout), (0, b""))
        lines = (out / "manifest.ndjson").read_text().splitlines()[1:]
        messages = [json.loads(line) for line in lines]
        self.assertEqual([m["number"] for m in messages], list(range(1, len(messages) + 1)))
        return [m["id"] for m in messages]

    def files(self, folder):
        """Name -> bytes of all files."""
        return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*")
                if p.is_file() and not p.name.endswith(("-shm", "-wal"))}


class Copies(Backup):
    """What is copied."""

    def test_whole_then_new(self):
        """The copy is an archive; again: only what is new."""
        self.sheaf("index")
        first = self.backup()
        self.assertEqual((first["segments_copied"], first["segments_kept"]), (1, 0))
        self.assertEqual(self.listed(self.to), self.listed(self.ar))
        self.assertFalse((self.to / "index").exists())
        segment = self.to / "segments" / "000001.tar.zst"
        before = segment.stat()
        again = self.backup()
        self.assertEqual((again["segments_copied"], again["segments_kept"]), (0, 1))
        self.assertEqual(segment.stat().st_ino, before.st_ino)
        self.add("second", 40, 50)
        third = self.backup()
        self.assertEqual((third["segments_copied"], third["messages"]), (1, 50))
        self.assertEqual(self.listed(self.to), self.listed(self.ar))
        self.assertEqual([p for p in self.to.rglob("*.tmp*")], [])

    def test_copies_facts_too(self):
        """Flags, mailboxes and dates are those of the archive."""
        self.backup()
        one, two = (self.run_raw("-C", a, "search", "--no-index", "--format", "ndjson", *ALL)
                    for a in (self.ar, self.to))
        self.assertEqual(one.stdout, two.stdout)
        self.assertEqual(one.stdout.count(b"\n"), 40)

    def test_other_files(self):
        """Configuration and keys go with it; what is derived or at work does not."""
        (self.ar / "sheaf.conf").write_text("# mine\n")
        for name in ("keys/private", "keys/deep/er", "public.pem"):
            (self.ar / name).parent.mkdir(parents=True, exist_ok=True)
            (self.ar / name).write_text(name)
        os.chmod(self.ar / "keys/private", 0o400)
        (self.ar / "left.tmp").write_text("no")
        (self.ar / "audit").mkdir()
        for name in ("000001.log", "head", "lock"):
            (self.ar / "audit" / name).write_text(name + "\n")
        (self.ar / "link").symlink_to("/etc/hostname")
        self.backup()
        self.assertEqual(set(self.files(self.to)),
                         {"sheaf.conf", "keys/private", "keys/deep/er", "public.pem", "backup",
                          "audit/000001.log", "audit/head", "lock", "catalog.db",
                          "segments/000001.tar.zst"})
        self.assertEqual((self.to / "keys/private").stat().st_mode & 0o777, 0o400)
        (self.ar / "sheaf.conf").write_text("# now\n")
        (self.ar / "public.pem").unlink()
        self.backup()
        self.assertEqual((self.to / "sheaf.conf").read_text(), "# now\n")
        self.assertTrue((self.to / "public.pem").exists())

    def test_restore(self):
        """Copied back it is the archive again: verified, written to, backed up."""
        self.backup()
        want = self.listed(self.ar)
        shutil.rmtree(self.ar)
        shutil.copytree(self.to, self.ar)
        self.assertEqual(self.listed(self.ar), want)
        self.sheaf("reindex")
        self.add("second", 40, 50)
        self.assertEqual(len(self.listed(self.ar)), 50)
        self.backup()
        self.assertEqual(self.listed(self.to), self.listed(self.ar))

    def test_read_only_archive(self):
        """An empty archive, and one that was moved, can be backed up."""
        empty = self.top / "empty"
        self.run_raw("-C", empty, "init")
        done = self.run_raw("-C", empty, "backup", self.top / "e")
        self.assertEqual(done.returncode, OK, done.stderr)
        self.backup()
        self.ar.rename(self.top / "moved")
        done = self.run_raw("-C", self.top / "moved", "backup", self.to)
        self.assertEqual(done.returncode, OK, done.stderr)


class Refused(Backup):
    """What must not be overwritten."""

    def unchanged(self, folder, *argv, want=INPUT):
        """Runs a backup that is refused and changes nothing there."""
        before = self.files(folder)
        done = self.run_raw("-C", *argv)
        self.assertEqual(done.returncode, want, done.stderr)
        after = self.files(folder)
        before.pop("lock", None)
        after.pop("lock", None)
        self.assertEqual(after, before)
        return done.stderr.decode()

    def test_usage(self):
        """Wrong calls end with 64."""
        self.sheaf("backup", want=USAGE)
        self.sheaf("backup", "a", "b", want=USAGE)

    def test_another_archive(self):
        """Neither its backup nor itself is overwritten."""
        other = self.top / "other"
        self.run_raw("-C", other, "init")
        self.add("others", 100, 120, other)
        self.backup()
        self.assertIn("another archive", self.unchanged(self.to, other, "backup", self.to))
        self.add("more", 120, 190, other)
        self.unchanged(self.to, other, "backup", self.to)
        self.assertIn("not a backup", self.unchanged(other, self.ar, "backup", other))
        fresh = self.top / "new"
        self.run_raw("-C", fresh, "init")
        self.unchanged(fresh, self.ar, "backup", fresh)

    def test_another_course(self):
        """An archive that was set back and went on otherwise is another one."""
        old = self.top / "old"
        shutil.copytree(self.ar, old)
        self.add("second", 40, 50)
        self.backup()
        self.unchanged(self.to, old, "backup", self.to)
        self.add("third", 50, 90, old)
        self.unchanged(self.to, old, "backup", self.to)

    def test_itself(self):
        """Not into the archive."""
        self.backup(to=self.ar, want=INPUT)
        self.backup(to=self.ar / "copy", want=INPUT)

    def test_locked(self):
        """Somebody writes there."""
        self.backup()
        with open(self.to / "lock", "r+b") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.unchanged(self.to, self.ar, "backup", self.to, want=LATER)

    def test_damaged_copy(self):
        """A segment that is not the archive's any more is not passed over."""
        self.backup()
        segment = self.to / "segments" / "000001.tar.zst"
        data = bytearray(segment.read_bytes())
        data[100] ^= 1
        segment.write_bytes(data)
        self.unchanged(self.to, self.ar, "backup", self.to)

    def test_stopped(self):
        """Asked to stop, it says so, and the next run goes on."""
        child = subprocess.Popen([SHEAF, "-C", self.ar, "backup", self.to], env=self.env,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        child.send_signal(signal.SIGTERM)
        self.assertIn(child.wait(60), (OK, LATER, -signal.SIGTERM))
        self.backup()
        self.assertEqual(self.listed(self.to), self.listed(self.ar))


class Load(Backup):
    """Beside a writer."""

    def test_while_importing(self):
        """Each backup is whole, and the beginning of what the archive becomes."""
        boxes = []
        for box in range(12):
            boxes.append(self.put("box%d.mbox" % box, b"".join(
                b"From a Thu Jan  1 00:00:00 2015\n" + mail(n) + b"\n"
                for n in range(1000 * box, 1000 * box + 400))))
        failed = []

        def work():
            for box in boxes:
                done = self.run_raw("-C", self.ar, "import", "--no-index", box)
                if done.returncode != OK:
                    failed.append(done.stderr)

        writer = threading.Thread(target=work)
        seen = []
        writer.start()
        try:
            while writer.is_alive() or len(seen) < 3:
                result = self.backup()
                seen.append(self.listed(self.to))
                self.assertEqual(len(seen[-1]), result["messages"])
        finally:
            writer.join()
        self.assertEqual(failed, [])
        self.backup()
        final = self.listed(self.ar)
        self.assertEqual(len(final), 40 + 12 * 400)
        self.assertEqual(self.listed(self.to), final)
        for part in seen:
            self.assertEqual(part, final[:len(part)])
        self.assertGreater(len({len(part) for part in seen}), 2, "the writer was not at work")


if __name__ == "__main__":
    unittest.main()

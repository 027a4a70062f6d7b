"""What the tests of the harvester share: an archive, its configuration, a look into it."""

import hashlib
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import tempfile
import unittest

import wirelint

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SHEAF = os.environ.get("SHEAF", str(ROOT / "build" / "sheaf"))
OK, NET, LATER, DENIED = 0, 69, 75, 77
FAILED, REFUSED, GONE = 0, 1, 2


def sha(data):
    """As the catalog keeps it."""
    return hashlib.sha256(data).hexdigest()


def mail(number, body="hello", size=0):
    """A small message with CRLF."""
    text = "From: ann@example.org\r\nSubject: number %d\r\n\r\n%s\r\n" % (number, body)
    return text.encode() + b"x" * size


class Case(unittest.TestCase):
    """An archive in a temporary folder."""

    def setUp(self):
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="sheaf-harvest-"))
        self.addCleanup(shutil.rmtree, self.top, ignore_errors=True)
        self.ar = self.top / "archive"
        self.transcripts = {self.top / "all.trace"}
        self.addCleanup(self.lint_transcripts)
        self.call("init", want=OK)

    def lint_transcripts(self):
        """Nothing that any harvest of the test said could change a server."""
        for path in self.transcripts:
            if path.exists():
                wirelint.check_transcript(path.read_text(encoding="ascii", errors="replace"))

    def configure(self, *accounts):
        """Write sheaf.conf."""
        (self.ar / "sheaf.conf").write_text("\n".join(accounts))

    def argv(self, *argv):
        """The arguments of a process; a harvest writes a transcript, which is looked through in
        the end."""
        argv = list(argv)
        if "--trace" in argv:
            self.transcripts.add(pathlib.Path(argv[argv.index("--trace") + 1]))
        elif "harvest" in argv:
            argv[argv.index("harvest") + 1:0] = ["--trace", str(self.top / "all.trace")]
        return [SHEAF, "-C", str(self.ar)] + argv

    def call(self, *argv, want=OK, seconds=120):
        """Run sheaf; the exit status is checked, unless it is None."""
        done = subprocess.run(self.argv(*argv), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=seconds,
                              check=False)
        self.stderr = done.stderr.decode("utf-8", "replace")
        for bad in ("AddressSanitizer", "runtime error", "LeakSanitizer"):
            self.assertNotIn(bad, self.stderr)
        if want is not None:
            self.assertEqual(done.returncode, want, self.stderr + done.stdout[-2000:].decode(
                "utf-8", "replace"))
        return done

    def harvest(self, *names, want=OK, **more):
        """Harvest; the first account's numbers."""
        done = self.call("--json", "harvest", "--no-index", *names, want=want, **more)
        self.accounts = json.loads(done.stdout)["accounts"] if done.stdout else []
        return self.accounts[0] if self.accounts else None

    def rows(self, sql, *args):
        """Ask the catalog."""
        catalog = sqlite3.connect("file:%s?mode=ro" % (self.ar / "catalog.db"), uri=True)
        catalog.text_factory = lambda b: b.decode("utf-8", "surrogateescape")
        try:
            return catalog.execute(sql, args).fetchall()
        finally:
            catalog.close()

    def copies(self, mailbox="INBOX", uidvalidity=None):
        """{uid: hash} of what a mailbox holds and has not vanished."""
        sql = ("SELECT uid, lower(hex(hash)) FROM copies JOIN epochs USING (epoch) JOIN messages"
               " ON message = number WHERE mailbox = ? AND vanished = 0")
        if uidvalidity is not None:
            sql += " AND uidvalidity = %d" % uidvalidity
        return dict(self.rows(sql, mailbox))

    def outcomes(self):
        """{uid: (outcome, reason)}."""
        return {u: (o, r) for u, o, r in self.rows("SELECT uid, outcome, reason FROM outcomes")}

    def check_bytes(self):
        """Every segment unpacks with tar, and every message is what its name says."""
        found = set()
        for segment in sorted((self.ar / "segments").glob("*.tar.zst")):
            out = self.top / "unpacked"
            out.mkdir()
            subprocess.run("zstd -dcq %s | tar -xf - -C %s" % (segment, out), shell=True,
                           check=True)
            for path in out.rglob("*.eml"):
                self.assertEqual(sha(path.read_bytes()), path.stem)
                found.add(path.stem)
            shutil.rmtree(out)
        return found

    def lint(self, commands):
        """Nothing was sent that could change the server, and no '*' in a UID set."""
        self.assertTrue(commands)
        wirelint.check(commands)

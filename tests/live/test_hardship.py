"""A disk that is full, an archive that is read-only or busy: clear answers, none that is wrong or
tells a path, and all is well again when it is over."""

import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import tempfile
import unittest

from peoplehelp import FORM, PASSWORD, bearer, token, user
from sheafserver import Server, sheaf
from test_operate import until

LONG = bool(os.environ.get("SHEAF_LONG"))


class Hardship(unittest.TestCase):
    """An archive of 20 messages with an owner, on a small disk of its own."""

    def setUp(self):
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="sheaf-hardship-"))
        self.addCleanup(shutil.rmtree, self.top, ignore_errors=True)
        self.disk = self.top / "disk"
        self.disk.mkdir()
        self.mounted = not os.getuid() and not subprocess.call(
            ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", self.disk],
            stderr=subprocess.DEVNULL)
        if self.mounted:
            self.addCleanup(subprocess.call, ["umount", "-l", self.disk])
        self.archive = self.disk / "archive"
        self.assertEqual(sheaf(self.archive, "init").returncode, 0)
        mails = self.top / "mails"
        mails.mkdir()
        for i in range(20):
            (mails / ("%d.eml" % i)).write_text(
                "From: ann@example.org\nSubject: wombat %d\n\nquokka\n" % i)
        self.assertEqual(sheaf(self.archive, "import", mails).returncode, 0)
        (self.archive / "sheaf.conf").write_text("[audit]\nrequired = no\n")
        user(self.archive, "add", "boss", "--role", "owner")
        self.boss = bearer(token(self.archive, "boss"))

    def no_disk(self):
        """Must it be left out? Where nothing may be mounted."""
        if not self.mounted:
            print("(no small disk may be mounted here: nothing is tried on one)")
        return not self.mounted

    def changes(self, server):
        """{what: answer} of requests that change something."""
        more = dict(self.boss, **{"Content-Type": "application/json"})
        name = "search %d" % int.from_bytes(os.urandom(4), "big")
        return {
            "tag": server.ask("/api/v1/tags/x", "POST", more, json.dumps({"q": "quokka"})),
            "save": server.ask("/api/v1/saved-searches", "POST", more,
                               json.dumps({"name": name, "q": "quokka"})),
            "export": server.ask("/api/v1/export", "POST", more,
                                 json.dumps({"q": "quokka", "format": "mbox"})),
            "login": server.ask("/login", "POST", {"Content-Type": FORM},
                                "name=boss&password=" + PASSWORD.replace(" ", "+"))}

    def reads(self, server):
        """What only asks is answered, and rightly."""
        got = server.ask("/api/v1/search?q=quokka", headers=self.boss)
        self.assertEqual((got.status, got.json()["total"]), (200, 20))
        for target in ("/api/v1/status", "/api/v1/tags", "/?q=wombat", "/metrics"):
            self.assertEqual(server.ask(target, headers=self.boss).status, 200, target)

    def refused(self, server, why, *, only=None):
        """Every change is, for that reason."""
        for what, got in self.changes(server).items():
            if only and what not in only:
                continue
            self.assertEqual((what, got.status), (what, 503), got.body)
            self.assertIn(why, got.body.decode(), what)
            self.assertNotIn(str(self.top), got.body.decode())
            self.assertGreater(int(got.headers["Retry-After"]), 0)

    def made(self, server):
        """Every change is."""
        self.assertEqual({k: v.status for k, v in self.changes(server).items()},
                         {"tag": 200, "save": 201, "export": 202, "login": 303})

    def test_full(self):
        if self.no_disk():
            return
        with Server(self.archive) as server:
            self.reads(server)
            with open(self.disk / "fill", "wb", 0) as f:
                try:
                    while f.write(b"x" * 4096):
                        pass
                except OSError:
                    pass
            # Once the last room in files that are there is used up.
            until(lambda: all(a.status == 503 for a in self.changes(server).values()))
            self.refused(server, "the disk of the archive is full")
            self.reads(server)
            (self.disk / "fill").unlink()
            self.made(server)
            self.reads(server)
        for verb in (("verify", "--deep"), ("audit", "verify")):
            self.assertEqual(sheaf(self.archive, *verb).returncode, 0, verb)

    def test_read_only(self):
        if self.no_disk():
            return
        subprocess.run(["mount", "-o", "remount,ro", self.disk], check=True)
        with Server(self.archive) as server:
            self.reads(server)
            self.assertEqual(server.ask("/readyz").status, 200)
            self.refused(server, "the archive cannot be written to")
            self.reads(server)
            subprocess.run(["mount", "-o", "remount,rw", self.disk], check=True)
            # Each thread's handle is a reader's until it fails once more.
            until(lambda: all(a.status < 400 for a in self.changes(server).values()))
            self.reads(server)

    def test_required(self):
        """Where an audit log must be, there is no service without."""
        if self.no_disk():
            return
        (self.archive / "sheaf.conf").write_text("[audit]\nrequired = yes\n")
        subprocess.run(["mount", "-o", "remount,ro", self.disk], check=True)
        done = sheaf(self.archive, "serve", "--listen", "127.0.0.1:0")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(b"audit", done.stderr)

    def test_busy(self):
        """Somebody writes to catalog or people.db, and does not come to an end. A change waits five
        seconds for them, so people.db is left out of short runs."""
        with Server(self.archive) as server:
            for name in ("catalog.db", "people.db")[:2 if LONG else 1]:
                other = sqlite3.connect(self.archive / name, isolation_level=None)
                other.execute("BEGIN EXCLUSIVE")
                self.reads(server)
                if name == "people.db":
                    self.refused(server, "somebody else is at work in the archive")
                other.close()
            self.made(server)


if __name__ == "__main__":
    unittest.main()

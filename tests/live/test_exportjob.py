"""Exports that the server makes: what is in them, progress, cancelling, fetching in pieces,
processes and servers that die, a disk that is full, files whose time is over."""

import concurrent.futures
import contextlib
import hashlib
import io
import json
import mailbox
import os
import signal
import sqlite3
import subprocess
import tarfile
import time
import unittest

from sheafserver import Server
from test_cli import DENIED, Case, crlf, mail

JSON = {"Content-Type": "application/json"}
BASE = "/api/v1/export"
MANY = 12000
ODD = (b"From: odd@example.org\r\nSubject: odd\r\n\r\nbare\rcr, >From here\r\nFrom there\r\n"
       b" and no end")


def sha(data):
    """Hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def until(condition, seconds=60):
    """Waits until it holds; what it said."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        got = condition()
        if got:
            return got
        time.sleep(0.01)
    raise AssertionError("never came: %s" % condition)


class Jobs(Case):
    """Helpers."""

    MAILS = [mail(n, b"From the start %d\n>From and so on\n" % n) for n in range(1, 10)]

    def setUp(self):
        super().setUp()
        self.init()
        for n, data in enumerate(self.MAILS):
            self.put("in/%d.eml" % n, data)
        self.put("in/odd.eml", ODD)
        self.sheaf("import", "--account", "one", self.top / "in")
        self.stored = {sha(crlf(m)): crlf(m) for m in self.MAILS}
        self.stored[sha(ODD)] = ODD

    def ask(self, server, want=202, **members):
        """Asks for one; its address."""
        done = server.ask(BASE, "POST", JSON, json.dumps(members))
        self.assertEqual(done.status, want, done.body)
        return done.headers["Location"] if want == 202 else done.json()

    def state(self, server, url):
        """Of a job."""
        return server.ask(url).json()

    def ended(self, server, url):
        """The job, when it has ended."""
        return until(lambda: next((j for j in [self.state(server, url)]
                                   if j["state"] not in ("waiting", "running")), None))

    def fetch(self, server, url):
        """The file of a job that must be done."""
        job = self.ended(server, url)
        self.assertEqual((job["state"], job["reason"]), ("done", None))
        got = server.ask(job["file"])
        self.assertEqual((got.status, len(got.body), sha(got.body)),
                         (200, job["size"], job["sha256"]))
        lines = server.ask(job["manifest"]).body.splitlines()
        return got.body, [json.loads(x) for x in lines], job

    def folders(self):
        """Files below the exports."""
        return sorted(str(p.relative_to(self.ar / "exports"))
                      for p in (self.ar / "exports").rglob("*") if p.name != "lock")


class Made(Jobs):
    """What is in a file."""

    def test_eml(self):
        """A compressed tar of .eml with sums and manifest."""
        with Server(self.ar) as server:
            data, manifest, job = self.fetch(server, self.ask(server, q="", format="eml.tar.zst"))
            self.assertEqual((job["messages"], job["total"], job["inexact"]), (10, 10, 0))
            plain = subprocess.run(["zstd", "-dc"], input=data, stdout=subprocess.PIPE,
                                   check=True).stdout
            with tarfile.open(fileobj=io.BytesIO(plain)) as tar:
                files = {m.name: tar.extractfile(m).read() for m in tar if m.isfile()}
            inner = files.pop("manifest.ndjson").splitlines()
            self.assertEqual([json.loads(x) for x in inner], manifest)
            sums = dict(reversed(x.decode().split("  ", 1))
                        for x in files.pop("SHA256SUMS").splitlines())
            self.assertEqual(sums, {name: sha(files[name]) for name in files})
            self.assertEqual({sha(x): x for x in files.values()}, self.stored)
            self.assertEqual((manifest[0]["messages"], manifest[0]["query"]["dialect"]),
                             (10, "box"))
            self.assertEqual(manifest[0]["asked_at"], job["asked_at"])

    def test_maildir(self):
        """A tar that is a Maildir when it is unpacked."""
        with Server(self.ar) as server:
            data, _, _ = self.fetch(server, self.ask(server, q="ALL", dialect="imap",
                                                     format="maildir.tar"))
        out = self.top / "out"
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            self.assertEqual(len(tar.getnames()), len(set(tar.getnames())))
            tar.extractall(out, filter="data")
        box = mailbox.Maildir(out / "one", create=False)
        keys = [k for f in [box] + [box.get_folder(n) for n in box.list_folders()]
                for k in ((f, key) for key in f.keys())]
        self.assertEqual({sha(f.get_bytes(k)) for f, k in keys}, set(self.stored))

    def test_mbox(self):
        """One file; what no mbox carries exactly is there and is told of."""
        with Server(self.ar) as server:
            data, manifest, job = self.fetch(server, self.ask(server, q="", format="mbox"))
        self.assertEqual(job["inexact"], 1)
        self.assertEqual(manifest[0]["inexact"], 1)
        records = {}
        for line in manifest[1:]:
            at = line["copies"][0]["offset"]
            self.assertTrue(data[at:].startswith(b"From MAILER-DAEMON "))
            records[line["id"]] = at
        ends = sorted(records.values())[1:] + [len(data)]
        for (ident, at), end in zip(sorted(records.items(), key=lambda r: r[1]), ends):
            body = data[at:end].split(b"\n", 1)[1]
            self.assertTrue(body.endswith(b"\n\n"))
            lines = [x[1:] if x.lstrip(b">").startswith(b"From ") and x[:1] == b">" else x
                     for x in body[:-1].split(b"\n")]
            back = b"\r\n".join(lines)
            if ident == sha(ODD):
                self.assertEqual(back, ODD + b"\r\n")
            else:
                self.assertEqual(sha(back), ident)
        out = self.top / "all.mbox"
        self.sheaf("export", "--format", "mbox", "--to", out, "--dialect", "imap", "ALL")
        self.assertEqual(out.read_bytes(), data)
        self.assertTrue((self.top / "all.mbox.manifest.ndjson").exists())

    def test_nothing_found(self):
        """An empty result is a result; what is not indexed yet is not left out."""
        self.put("late/1.eml", mail(77, b"platypus\n"))
        with Server(self.ar) as server:
            _, manifest, job = self.fetch(server, self.ask(server, q="nosuchword",
                                                           format="eml.tar.zst"))
            self.assertEqual((job["messages"], len(manifest)), (0, 1))
            self.sheaf("import", "--no-index", self.top / "late")
            _, manifest, job = self.fetch(server, self.ask(server, q="platypus", format="mbox"))
            self.assertEqual(job["messages"], 1)

    def test_pieces(self):
        """Ranges, tags, names."""
        with Server(self.ar) as server:
            data, _, job = self.fetch(server, self.ask(server, q="", format="maildir.tar"))
            whole = server.ask(job["file"])
            etag = whole.headers["ETag"]
            self.assertEqual(whole.headers["Content-Type"], "application/x-tar")
            self.assertIn("sheaf-%d.maildir.tar" % job["id"],
                          whole.headers["Content-Disposition"])
            got = b""
            while len(got) < len(data):
                part = server.ask(job["file"], headers={
                    "Range": "bytes=%d-%d" % (len(got), len(got) + 2999), "If-Range": etag})
                self.assertEqual(part.status, 206)
                got += part.body
            self.assertEqual(got, data)
            self.assertEqual(server.ask(job["file"], headers={"Range": "bytes=1-",
                                                              "If-Range": '"x"'}).status, 200)
            self.assertEqual(server.ask(job["file"],
                                        headers={"If-None-Match": etag}).status, 304)
            self.assertEqual(server.ask(job["file"], headers={
                "Range": "bytes=%d-" % len(data)}).status, 416)


class Course(Jobs):
    """What becomes of a job."""

    def many(self):
        """An archive whose export takes a while."""
        box = b"".join(b"From a@example.org Thu Mar  5 23:30:00 2020\nFrom: a@example.org\n"
                       b"Subject: s%d\n\nx%d\n%s\n\n" % (n, n, os.urandom(600).hex().encode())
                       for n in range(MANY))
        self.put("all.mbox", box)
        self.sheaf("import", self.top / "all.mbox")

    def process(self, job):
        """The process at work at it."""
        lock = self.ar / "exports" / str(job) / "lock"
        return int(until(lambda: lock.exists() and lock.read_text().strip()))

    def test_refused(self):
        """Bad requests, unknown jobs, too many."""
        (self.ar / "sheaf.conf").write_text("[exports]\nwaiting = 2\n")
        with Server(self.ar) as server:
            for body in ({}, {"q": "x"}, {"q": "x", "format": "zip"}, {"q": 5, "format": "mbox"},
                         {"q": "FROM", "dialect": "imap", "format": "mbox"},
                         {"q": "x", "format": "mbox", "to": "/etc/passwd"}):
                self.ask(server, want=400, **body)
            for path in ("/1", "/x", "/-1", "/1/file", "/../1", "/99999999999999999999"):
                self.assertIn(server.ask(BASE + path).status, (400, 404))
            self.assertFalse((self.ar / "exports").exists())
            codes = [server.ask(BASE, "POST", JSON, json.dumps(
                {"q": "", "format": "mbox"})).status for _ in range(8)]
            self.assertLessEqual(set(codes), {202, 503})
            self.assertEqual(codes[0], 202)
        (self.ar / "sheaf.conf").write_text("[exports]\ndays = 0\n")
        done = self.sheaf("serve", want=DENIED)
        self.assertIn(b"sheaf.conf:2", done.stderr)

    def test_cancelled(self):
        """While it waits, while it runs, and when it is done: nothing is left behind."""
        self.many()
        with Server(self.ar) as server:
            first = self.ask(server, q="", format="eml.tar.zst")
            second = self.ask(server, q="", format="eml.tar.zst")
            until(lambda: self.state(server, first)["messages"])
            running = self.state(server, first)
            self.assertEqual((running["state"], running["total"]), ("running", MANY + 10))
            self.assertNotIn("file", running)
            for url in (second, first):
                self.assertEqual(server.ask(url, "DELETE").status, 204)
                self.assertEqual(self.state(server, url)["state"], "cancelled")
            until(lambda: self.folders() == [])
            third = self.ask(server, q="odd", format="mbox")
            self.assertEqual(self.ended(server, third)["state"], "done")
            self.assertEqual(server.ask(third, "DELETE").status, 204)
            self.assertEqual(self.state(server, third)["state"], "expired")
            self.assertEqual(server.ask(third + "/file").status, 404)
            self.assertEqual(self.folders(), [])

    def test_killed(self):
        """kill -9 of its process: it begins anew, three times; then it says so."""
        self.many()
        with Server(self.ar) as server:
            url = self.ask(server, q="", format="eml.tar.zst")
            job = self.state(server, url)["id"]
            until(lambda: self.state(server, url)["messages"])
            os.kill(self.process(job), signal.SIGKILL)
            until(lambda: self.state(server, url)["tries"] == 2)
            data, manifest, done = self.fetch(server, url)
            self.assertEqual((done["messages"], len(manifest)), (MANY + 10, MANY + 11))
            url = self.ask(server, q="", format="eml.tar.zst")
            job = self.state(server, url)["id"]
            for attempt in (1, 2, 3):
                until(lambda: self.state(server, url)["tries"] == attempt and
                      self.state(server, url)["messages"])
                os.kill(self.process(job), signal.SIGKILL)
            failed = self.ended(server, url)
            self.assertEqual(failed["state"], "failed")
            self.assertIn("died", failed["reason"])

    def test_restarted(self):
        """A server that stops, or is killed, in the middle: the next one makes the file."""
        self.many()
        for with_signal in (signal.SIGTERM, signal.SIGKILL):
            server = Server(self.ar)
            server.__enter__()
            url = self.ask(server, q="", format="mbox")
            until(lambda: self.state(server, url)["messages"])
            child = self.process(self.state(server, url)["id"])
            server.child.send_signal(with_signal)
            server.child.communicate(timeout=30)
            until(lambda: not os.path.exists("/proc/%d" % child))
            db = sqlite3.connect(self.ar / "people.db")
            state = db.execute("SELECT state FROM jobs ORDER BY job DESC").fetchone()[0]
            db.close()
            self.assertIn(state, ("waiting", "running"))
            with Server(self.ar) as server:
                _, manifest, job = self.fetch(server, url)
                self.assertEqual((job["messages"], len(manifest)), (MANY + 10, MANY + 11))

    def test_disk_full(self):
        """It fails with the reason, and leaves nothing."""
        (self.ar / "sheaf.conf").write_text("[exports]\nleast_free_gb = 1000000\n")
        with Server(self.ar) as server:
            job = self.ended(server, self.ask(server, q="", format="mbox"))
            self.assertEqual((job["state"], job["reason"]),
                             ("failed", "the disk for exports is full"))
            self.assertEqual(self.folders(), [])
            self.assertEqual(server.ask(BASE + "/1/file").status, 404)

    def test_no_place(self):
        """The folder for exports cannot be made: no paths are told."""
        (self.ar / "exports").write_text("in the way")
        with Server(self.ar) as server:
            job = self.ended(server, self.ask(server, q="", format="mbox"))
            self.assertEqual(job["state"], "failed")
            self.assertNotIn(str(self.ar), job["reason"])

    def set_jobs(self, values):
        """Writes into the table of jobs, behind the server's back."""
        with contextlib.closing(sqlite3.connect(self.ar / "people.db")) as db, db:
            db.execute("UPDATE jobs SET " + values)

    def test_expired(self):
        """Its time is over: the file goes, the row stays for a while."""
        with Server(self.ar) as server:
            url = self.ask(server, q="", format="mbox")
            self.fetch(server, url)
        self.set_jobs("expires = 1")
        with Server(self.ar) as server:
            until(lambda: self.state(server, url)["state"] == "expired")
            until(lambda: self.folders() == [])
            self.assertEqual(server.ask(url + "/file").status, 404)

    def test_at_once(self):
        """Many clients; each job is made once and whole."""
        with Server(self.ar) as server, concurrent.futures.ThreadPoolExecutor(8) as pool:
            urls = [f.result() for f in [pool.submit(self.ask, server, q="", format="mbox")
                                         for _ in range(8)]]
            self.assertEqual(len(set(urls)), 8)
            sums = {self.fetch(server, u)[2]["sha256"] for u in urls}
            self.assertEqual(len(sums), 1)
            self.assertEqual({self.state(server, u)["tries"] for u in urls}, {1})
            self.assertEqual(server.ask(BASE).json()["total"], 8)

    def test_rights(self):
        """A file is not given to who may no longer read all that is in it. (Who may read where is
        tested with the people.)"""
        with Server(self.ar) as server:
            url = self.ask(server, q="", format="mbox")
            self.fetch(server, url)
            self.set_jobs("owner = 'somebody', accounts = 'one' || char(10)")
            self.assertEqual(server.ask(url + "/file").status, 200)  # the owner of all

    def test_backup(self):
        """Files of exports are in no backup."""
        with Server(self.ar) as server:
            self.fetch(server, self.ask(server, q="", format="mbox"))
        self.sheaf("backup", self.top / "copy")
        self.assertFalse((self.top / "copy" / "exports").exists())
        self.sheaf("verify", "--deep")


if __name__ == "__main__":
    unittest.main()

"""Disposal: what is masked is shown by no door and comes back; what is destroyed is nowhere in the
archive any more, and everything else holds."""

import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "crash"))
import fault  # noqa: E402
from fakeserver import Fake  # noqa: E402
from sheafserver import Server  # noqa: E402
from test_cli import BROKEN, INPUT, LATER, NOTHING, OK, USAGE, Case, crlf, mail  # noqa: E402

VERIFY = pathlib.Path(__file__).resolve().parent.parent.parent / "docs" / "formats" / "verify.py"
SECRET = b"quetzalcoatlus"
SECRET_FOLDER = "zygomorphic-name"


def sha(data):
    """Its id."""
    return hashlib.sha256(crlf(data)).hexdigest()


class Disposal(Case):
    """Ten messages, two of which are to go; one of these stands in two mailboxes."""

    def setUp(self):
        super().setUp()
        self.init()
        self.mails = {n: mail(n, b"body %d\n" % n * 3) for n in range(1, 9)}
        self.gone = {n: mail(n, b"%s %d\n" % (SECRET, n) * 5) for n in (21, 22)}
        for n, data in self.mails.items():
            self.put("in/%d.eml" % n, data)
        for n, data in self.gone.items():
            self.put("in/%s-%d.eml" % (SECRET_FOLDER, n), data)
        self.sheaf("import", "--account", "one", self.top / "in")
        self.put("more/%s.eml" % SECRET_FOLDER, self.gone[21])
        self.put("more/30.eml", mail(30))
        self.sheaf("import", "--account", "two", self.top / "more")
        self.kept = {sha(m) for m in self.mails.values()} | {sha(mail(30))}
        self.lost = {sha(m) for m in self.gone.values()}

    def dispose(self, *query, want=OK):
        """Masks, and says which disposal it is."""
        done = self.sheaf("dispose", "--reason", "a request", "--who", "carol", "--yes", "--json",
                          *(query or (SECRET.decode(),)), want=want)
        return json.loads(done.stdout) if want == OK else None

    def verified(self):
        """The program and the independent one agree that all is well."""
        self.sheaf("verify")
        self.sheaf("verify", "--deep")
        if (self.ar / "keys").exists():
            done = subprocess.run([sys.executable, str(VERIFY), str(self.ar / "keys" / "seal.pub"),
                                   "archive", str(self.ar)], capture_output=True, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)

    def rebuilt(self):
        """The segments alone tell the same."""
        was = fault.catalog(self.ar / "catalog.db")
        for path in self.ar.glob("catalog.db*"):
            path.unlink()
        self.sheaf("rebuild-catalog")
        self.assertEqual(fault.catalog(self.ar / "catalog.db"), was)

    def hidden(self):
        """No door shows the two."""
        for more in ((), ("--no-index",)):
            for query in ((SECRET.decode(),), ("--dialect", "imap", "ALL"),
                          ("--dialect", "imap", "NOT SUBJECT 21"), ("--", "-zzz")):
                self.assertEqual(self.ids(*more, *query) & self.lost, set())
            self.assertEqual(self.ids(*more, "--dialect", "imap", "ALL"), self.kept)
            self.assertEqual(self.out("search", *more, "--count", "--dialect", "imap", "ALL"),
                             "9\n")
        for name in self.lost:
            for argv in (["show", name], ["show", "--raw", name], ["prove", name]):
                self.sheaf(*argv, want=INPUT)
        shutil.rmtree(self.top / "out", ignore_errors=True)
        self.sheaf("export", "--to", self.top / "out", "--format", "eml", "--dialect", "imap",
                   "ALL")
        self.assertEqual(len(list((self.top / "out").rglob("*.eml"))), 9)

    # ---- masking ----

    def test_dry_run(self):
        self.assertIn("2 messages", self.out("dispose", SECRET.decode()))
        told = self.js("dispose", "--json", SECRET.decode())
        self.assertEqual((told["done"], told["messages"], told["disposal"]), (False, 2, None))
        self.assertEqual(self.all_ids(), self.kept | self.lost)
        self.sheaf("dispose", "--list", want=NOTHING)

    def test_wrong_calls(self):
        word = SECRET.decode()
        for argv in (["dispose"], ["dispose", "--yes", word], ["dispose", "--list", word],
                     ["dispose", "--yes", "--reason", "", word], ["destroy", word],
                     ["dispose", "--undo", "1", "--list"]):
            self.sheaf(*argv, want=USAGE)
        for argv in (["dispose", "--undo", "7"], ["destroy", "--disposal", "7"],
                     ["dispose", "--dialect", "imap", "FROM"],
                     ["dispose", "--reason", "x" * 5000, "--yes", word]):
            self.sheaf(*argv, want=INPUT)
        self.sheaf("dispose", "nothinglikethis", want=NOTHING)
        self.sheaf("destroy", want=NOTHING)
        self.sheaf("destroy", "--yes", want=NOTHING)
        self.assertEqual(self.all_ids(), self.kept | self.lost)

    def test_masked_and_taken_back(self):
        told = self.dispose()
        self.assertEqual((told["done"], told["messages"], told["disposal"]), (True, 2, 1))
        self.hidden()
        self.verified()
        self.rebuilt()
        self.hidden()
        self.dispose(want=NOTHING)
        row = self.js("dispose", "--list", "--json")["disposals"][0]
        self.assertEqual((row["state"], row["who"], row["reason"], row["query"], row["messages"]),
                         ("masked", "carol", "a request", SECRET.decode(), 2))
        status = self.js("status", "--json")
        self.assertEqual((status["disposed"], status["destroyed"]), (2, 0))
        self.sheaf("dispose", "--undo", "1")
        self.sheaf("dispose", "--undo", "1", want=INPUT)
        self.assertEqual(self.all_ids(), self.kept | self.lost)
        self.assertEqual(self.ids(SECRET.decode()), self.lost)
        self.sheaf("destroy", "--disposal", "1", want=INPUT)
        self.assertEqual(self.dispose()["disposal"], 2)
        self.rebuilt()
        self.verified()

    def test_same_bytes_again(self):
        """The copy joins the message and stays masked with it."""
        self.dispose()
        self.put("again/x.eml", self.gone[22])
        self.sheaf("import", "--account", "three", self.top / "again")
        self.assertEqual(self.all_ids(), self.kept)
        self.sheaf("reindex")
        self.hidden()
        self.sheaf("dispose", "--undo", "1")
        self.assertEqual(self.ids("account:three"), {sha(self.gone[22])})

    def test_http(self):
        self.dispose()
        with Server(self.ar) as server:
            for name in self.lost:
                for path in ("/api/v1/messages/%s", "/api/v1/messages/%s/raw", "/m/%s"):
                    answer = server.ask(path % name)
                    self.assertIn(answer.status, (404, 410), path)
                    self.assertNotIn(SECRET, answer.body)
                answer = server.ask("/api/v1/messages/%s/raw" % name)
                self.assertEqual((answer.status, answer.json()["title"]), (410, "disposed of"))
            answer = server.ask("/api/v1/search?q=%s" % SECRET.decode())
            self.assertEqual(answer.json()["messages"], [])
            # a server that runs takes up what changes
            self.sheaf("dispose", "--undo", "1")
            answer = server.ask("/api/v1/search?q=%s" % SECRET.decode())
            self.assertEqual(len(answer.json()["messages"]), 2)
            self.dispose()
            self.sheaf("destroy", "--yes")
            for name in self.kept:
                self.assertEqual(server.ask("/api/v1/messages/%s/raw" % name).status, 200)
            for name in self.lost:
                self.assertEqual(server.ask("/api/v1/messages/%s/raw" % name).status, 404)

    # ---- destruction ----

    def everything(self):
        """(name, bytes) of all files, the segments decompressed."""
        for path in sorted(p for p in self.ar.rglob("*") if p.is_file()):
            data = path.read_bytes()
            if path.name.endswith(".zst"):
                data += subprocess.run(["zstd", "-dcq", str(path)], check=True,
                                       capture_output=True).stdout
            yield path, data

    def destroy(self):
        """All that is masked; no trace of it may be left."""
        salts = []
        self.sheaf("seal")
        for path in self.ar.glob("segments/*.zst"):
            with subprocess.Popen(["zstd", "-dcq", str(path)], stdout=subprocess.PIPE) as zstd, \
                    tarfile.open(fileobj=zstd.stdout, mode="r|") as tar:
                salts += [m.pax_headers["SCHILY.xattr.user.sheaf.salt"].encode() for m in tar
                          if m.name[:-4] in self.lost]
        self.assertEqual(len(salts), 2)
        told = self.js("destroy", "--yes", "--who", "dora", "--json")
        self.assertEqual((told["done"], told["messages"]), (True, 2))
        traces = [SECRET, SECRET_FOLDER.encode()] + salts + \
            [s.encode() for s in self.lost] + [bytes.fromhex(s) for s in self.lost]
        for path, data in self.everything():
            if path.name.startswith("catalog.db") or path.suffix == ".zst":
                data = data.replace(b'"query":"' + SECRET, b"").replace(
                    b"a request" + SECRET, b"")  # who disposes with a query keeps the query
            for trace in traces:
                self.assertNotIn(trace.lower(), data.lower(), "%s in %s" % (trace, path))

    def test_destroyed(self):
        self.sheaf("seal")
        old = self.top / "old.seal"
        shutil.copy(self.ar / "segments" / "000001.seal", old)
        self.dispose("--dialect", "imap", "OR SUBJECT \"number 21\" SUBJECT \"number 22\"")
        self.destroy()
        self.hidden_for_good()
        grown = self.top / "grown"
        grown.write_text(self.out("prove", "--since", old))
        for kind, path in (("grown", grown), ("archive", self.ar)):
            done = subprocess.run([sys.executable, str(VERIFY), str(self.ar / "keys" / "seal.pub"),
                                   kind, str(path), str(old)], capture_output=True, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
        proof = self.top / "proof"
        proof.write_text(self.out("prove", sha(self.mails[3])))
        done = subprocess.run([sys.executable, str(VERIFY), str(self.ar / "keys" / "seal.pub"),
                               "message", str(proof)], capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        row = self.js("dispose", "--list", "--json")["disposals"][0]
        self.assertEqual((row["state"], row["ended_by"]), ("destroyed", "dora"))
        self.sheaf("dispose", "--undo", "1", want=INPUT)

    def hidden_for_good(self):
        """And everything else is as it was, with the catalog of today and one rebuilt."""
        for _ in range(2):
            self.assertEqual(self.all_ids(), self.kept)
            self.assertEqual(self.ids("--no-index", "--dialect", "imap", "ALL"), self.kept)
            for data in self.mails.values():
                self.assertEqual(self.sheaf("show", "--raw", sha(data)).stdout, crlf(data))
            self.verified()
            self.rebuilt()
        entries = [json.loads(line) for line in self.out("ledger", "--json").splitlines()]
        self.assertEqual([e["id"] for e in entries].count(None), 3)
        self.assertEqual(self.js("status", "--json")["destroyed"], 2)
        listed = subprocess.run(["tar", "--zstd", "-tf",
                                 str(self.ar / "segments" / "000001.tar.zst")],
                                capture_output=True, check=True)
        self.assertEqual((listed.stderr, listed.stdout.count(b"destroyed/")), (b"", 2))

    def test_destroyed_in_two_steps(self):
        """A segment is rewritten twice; the bytes come again later and are a new message."""
        self.dispose("--dialect", "imap", 'SUBJECT "number 21"')
        self.sheaf("destroy", "--yes")
        first = (self.ar / "segments" / "000001.rewrite").read_text()
        self.assertIn("\ndestroyed 1\n", first)
        self.dispose("--dialect", "imap", 'SUBJECT "number 22"')
        self.sheaf("destroy", "--yes")
        second = (self.ar / "segments" / "000001.rewrite").read_text()
        self.assertIn("\ndestroyed 2\n", second)
        self.hidden_for_good()
        self.put("again/x.eml", self.gone[22])
        self.sheaf("import", "--account", "three", self.top / "again")
        self.assertEqual(self.all_ids(), self.kept | {sha(self.gone[22])})
        self.verified()
        self.rebuilt()

    def test_server_has_it_still(self):
        """A harvest does not fetch again what was destroyed."""
        boxes = {"INBOX": {n: crlf(m) for n, m in (self.mails | self.gone).items()}}
        with Fake(boxes) as server:
            (self.top / "secret").write_text("pw\n")
            (self.top / "secret").chmod(0o600)
            (self.ar / "sheaf.conf").write_text(
                "[account fake]\nhost = 127.0.0.1\nport = %d\nuser = ann\npassword_file = %s\n"
                "tls = none\n" % (server.port, self.top / "secret"))
            self.sheaf("harvest")
            self.dispose()
            self.sheaf("destroy", "--yes")
            self.sheaf("harvest")
            self.assertEqual(self.all_ids(), self.kept)
            self.sheaf("verify", "--against-server", "fake")
        self.verified()
        self.rebuilt()

    def test_backup(self):
        """The copy is brought up: nothing of it stays there."""
        copy = self.top / "copy"
        self.sheaf("seal")
        self.sheaf("backup", copy)
        self.dispose("--dialect", "imap", 'SUBJECT "number 2"')
        self.sheaf("destroy", "--yes")
        self.sheaf("backup", copy)
        self.sheaf("backup", copy)
        self.ar = copy
        for path, data in self.everything():
            self.assertNotIn(SECRET, data, path)
        self.verified()

    def test_damage_stops_it(self):
        """Before anything is changed."""
        self.dispose()
        self.sheaf("seal")
        path = self.ar / "segments" / "000001.tar.zst"
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 8
        path.write_bytes(data)
        done = self.sheaf("destroy", "--yes", want=BROKEN)
        self.assertIn(b"nothing was destroyed", done.stderr)
        data[len(data) // 2] ^= 8
        path.write_bytes(data)
        self.verified()
        self.sheaf("dispose", "--undo", "1")
        self.assertEqual(self.all_ids(), self.kept | self.lost)

    def test_forged_note(self):
        """Only the archive's key can say that a segment was rewritten."""
        self.dispose()
        self.sheaf("destroy", "--yes")
        note = self.ar / "segments" / "000001.rewrite"
        text = note.read_text()
        for wrong in (None, "", text.replace("destroyed 2", "destroyed 3"), text + text):
            note.unlink()
            if wrong is not None:
                note.write_text(wrong)
            self.assertIn(b"segment 000001",
                          self.sheaf("verify", "--deep", want=BROKEN).stdout)
            done = subprocess.run([sys.executable, str(VERIFY), str(self.ar / "keys" / "seal.pub"),
                                   "archive", str(self.ar)], capture_output=True, check=False)
            self.assertEqual(done.returncode, 1)
            note.write_text(text)
        self.verified()

    def test_second_writer(self):
        """Who holds the lock is told."""
        holder = subprocess.Popen(["flock", str(self.ar / "lock"), "cat"], stdin=subprocess.PIPE)
        self.addCleanup(holder.wait)
        self.addCleanup(holder.stdin.close)
        while self.run_raw("-C", self.ar, "seal").returncode != LATER:
            self.assertIsNone(holder.poll())
        self.sheaf("dispose", "--reason", "x", "--yes", "body", want=LATER)
        self.sheaf("destroy", "--yes", want=LATER)


if __name__ == "__main__":
    os.umask(0o077)
    unittest.main()

"""Where the index, or even the catalog, cannot be read, the status says so, which command mends it,
and all the rest: on the command line, over HTTP, on the page."""

import json
import pathlib
import shutil
import tempfile
import unittest

from peoplehelp import bearer, token, user
from sheafserver import Server, sheaf, take

MAIL = b"From: ann@example.org\r\nSubject: wombat %d\r\n\r\nquokka\r\n"
MENDS = "sheaf check-index says what is damaged, sheaf reindex makes another index"


class Broken(unittest.TestCase):
    """An archive of two accounts, which knows how a harvest fared."""

    def setUp(self):
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="sheaf-broken-"))
        self.addCleanup(shutil.rmtree, self.top, ignore_errors=True)
        self.archive = self.top / "archive"
        self.assertEqual(sheaf(self.archive, "init").returncode, 0)
        for n, account in enumerate(("sales", "legal")):
            take(self.archive, account, [(MAIL % n, "", None)])
        (self.archive / "accounts.json").write_text(json.dumps({"accounts": [
            {"account": "sales", "state": "off", "last_success": 1600000000}]}))
        self.current = self.archive / "index" / "CURRENT"
        self.records = next((self.archive / "index").glob("g*/*/records"))

    def status(self, code, *args):
        """(what it says, what it complains of)."""
        done = sheaf(self.archive, "status", *args)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stdout.decode(), done.stderr.decode()

    def damaged(self):
        """Each file in turn, damaged in the loop's body."""
        for path in (self.current, self.records):
            kept = path.read_bytes()
            path.write_bytes(b"damage\n")
            yield path
            if path.exists():
                path.write_bytes(kept)

    def test_command_line(self):
        whole = json.loads(self.status(0, "--json")[0])
        self.assertIsNone(whole["index_error"])
        unknown = {"indexed_to", "index_behind", "not_fully_searchable", "attachments",
                   "same_message_ids", "same_message_id_messages"}
        for path in self.damaged():
            text, error = self.status(74)
            self.assertIn(str(path), error)
            self.assertIn("messages  2,", text)
            self.assertIn("indexed   THE INDEX CANNOT BE READ", text)
            self.assertIn("sheaf reindex makes another index", text)
            self.assertIn("sales/INBOX", text)
            self.assertIn("\naccounts\n", text)
            text, error = self.status(74, "--json")
            self.assertEqual(json.loads(error)["error"]["exit"], 74)
            got = json.loads(text)
            self.assertEqual(set(got), set(whole))
            self.assertIn(str(path), got["index_error"])
            self.assertEqual({k for k in got if got[k] is None and whole[k] is not None}, unknown)
            for name in set(whole) - unknown - {"index_error", "accounts"}:
                self.assertEqual(got[name], whole[name], name)
        self.assertEqual(self.status(0)[1], "")

    def test_named_commands_mend(self):
        self.current.write_bytes(b"damage\n")
        self.assertEqual(sheaf(self.archive, "check-index").returncode, 74)
        self.assertEqual(sheaf(self.archive, "reindex").returncode, 0)
        self.assertIn("indexed   2 of 2", self.status(0)[0])
        (self.archive / "catalog.db").write_bytes(b"damage\n")
        text, error = self.status(74)
        self.assertIn("CANNOT BE READ (sheaf verify says what is damaged, sheaf repair", text)
        self.assertIn("\naccounts\n", text)
        self.assertIn("catalog.db", error)
        got = json.loads(self.status(74, "--json")[0])
        self.assertEqual([a["account"] for a in got["accounts"]], ["sales"])
        self.assertIn("catalog.db", got["archive_error"])
        self.assertEqual(sheaf(self.archive, "verify").returncode, 74)
        plan = json.loads(sheaf(self.archive, "repair", "--json").stdout)["plan"]
        done = sheaf(self.archive, "repair", "--plan", plan)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("messages  2,", self.status(0)[0])

    def test_served(self):
        """While the server runs: the status is there, readiness is not, no answer is wrong."""
        user(self.archive, "add", "ann", "--role", "reader", "--account", "sales")
        user(self.archive, "add", "boss", "--role", "owner")
        ann, boss = (bearer(token(self.archive, n)) for n in ("ann", "boss"))
        with Server(self.archive) as server:
            sound = server.ask("/api/v1/status", headers=boss).json()
            self.assertIsNone(sound["index_error"])
            for path in self.damaged():
                if path == self.records:
                    # Open files stay as they were; a new generation is looked at anew.
                    path.unlink()
                    self.assertEqual(sheaf(self.archive, "reindex").returncode, 0)
                    newest = max((self.archive / "index").glob("g*/*/records"),
                                 key=lambda p: p.stat().st_mtime)
                    newest.write_bytes(b"damage\n")
                got = server.ask("/api/v1/status", headers=boss)
                self.assertEqual((got.status, got.json()["messages"]), (200, 2))
                self.assertEqual(got.json()["index_error"], "the index cannot be read: " + MENDS)
                self.assertIsNone(got.json()["indexed_to"])
                self.assertEqual(got.json()["exports"]["failures"], 0)
                got = server.ask("/api/v1/status", headers=ann).json()
                self.assertEqual(([m["account"] for m in got["mailboxes"]], got["indexed_to"]),
                                 (["sales"], None))
                self.assertEqual(got["index_error"], "the index cannot be read: " + MENDS)
                self.assertNotIn("messages", got)
                got = server.ask("/readyz")
                self.assertEqual((got.status, got.json()["reasons"]),
                                 (503, ["the index cannot be read: " + MENDS]))
                self.assertEqual(set(got.json()), {"status", "reasons"})
                for who, other in ((ann, False), (boss, True)):
                    page = server.ask("/accounts", headers=who)
                    self.assertEqual(page.status, 200)
                    self.assertIn(b"sheaf reindex makes another index", page.body)
                    self.assertIn(b"sales", page.body)
                    self.assertEqual(b"legal" in page.body, other)
                    self.assertEqual(server.ask("/api/v1/search?q=quokka", headers=who).status,
                                     500)
                if path == self.records:
                    self.assertEqual(sheaf(self.archive, "reindex").returncode, 0)
            self.assertEqual(server.ask("/readyz").status, 200)
            now = server.ask("/api/v1/status", headers=boss).json()
            self.assertEqual((now["indexed_to"], now["index_error"]), (2, None))
            found = server.ask("/api/v1/search?q=quokka", headers=boss).json()
            self.assertEqual(found["total"], 2)


if __name__ == "__main__":
    unittest.main()

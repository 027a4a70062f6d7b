"""How the service fares, for administrators, who read no mail and learn no name of a mailbox."""

import json
import pathlib
import shutil
import tempfile
import unittest

from peoplehelp import bearer, token, user
from sheafserver import Server, sheaf, take

SECRET = "acquisitions"


class Service(unittest.TestCase):
    """An account that is harvested in a mailbox with a telling name, and one that fails."""

    def test_administrator(self):
        top = pathlib.Path(tempfile.mkdtemp(prefix="sheaf-service-"))
        self.addCleanup(shutil.rmtree, top, ignore_errors=True)
        archive = top / "archive"
        self.assertEqual(sheaf(archive, "init").returncode, 0)
        take(archive, "sales", [(b"Subject: wombat\r\n\r\nquokka\r\n", "", None)],
             "--mailbox", SECRET)
        for name in ("administrator", "investigator"):
            user(archive, "add", name, "--role", name,
                 *(["--account", "*"] if name == "investigator" else []))
        boss, other = (bearer(token(archive, n)) for n in ("administrator", "investigator"))
        with Server(archive) as server:
            (archive / "accounts.json").write_text(json.dumps({
                "watcher": server.child.pid, "accounts": [
                    {"account": "legal", "state": "failing", "failures": 3,
                     "error": "login refused"},
                    {"account": "sales", "state": "working", "last_success": 1600000000,
                     "fetched": 7, "left": 5, "mailbox": SECRET}]}))
            got = server.ask("/api/v1/service", headers=boss)
            self.assertNotIn(SECRET, got.body.decode())
            self.assertNotIn("wombat", got.body.decode())
            told = got.json()
            self.assertEqual((told["messages"], told["index_behind"], told["reasons"]),
                             (1, 0, []))
            self.assertTrue(told["ready"])
            self.assertEqual([(a["account"], a["state"], a["failures"], a["left"])
                              for a in told["accounts"]],
                             [("legal", "failing", 3, 0), ("sales", "working", 0, 5)])
            self.assertIsNone(told["harvest"])
            page = server.ask("/service", headers=boss).body.decode()
            for text in ("All is well.", "login refused", "sales", "href=\"/service\""):
                self.assertIn(text, page)
            self.assertNotIn(SECRET, page)
            self.assertEqual(server.ask("/api/v1/status", headers=boss).status, 403)
            for target in ("/service", "/api/v1/service"):
                self.assertEqual(server.ask(target, headers=other).status, 403)
                self.assertIn(server.ask(target).status, (303, 401))
            self.assertIn(SECRET, server.ask("/accounts", headers=other).body.decode())
            (archive / "index" / "CURRENT").write_bytes(b"damage\n")
            told = server.ask("/api/v1/service", headers=boss).json()
            self.assertFalse(told["ready"])
            self.assertEqual(told["reasons"], [told["index_error"]])
            self.assertIn("sheaf reindex", told["index_error"])
            page = server.ask("/service", headers=boss).body.decode()
            self.assertIn("sheaf reindex", page)
            self.assertNotIn("All is well.", page)


if __name__ == "__main__":
    unittest.main()

"""What the server says its mailboxes are for: kept, told by JMAP, and rebuilt from the segments."""

import sqlite3
import subprocess
import unittest

from fakeserver import Fake
from harvesting import Case
from sheafserver import Server
from test_jmap import Jmap

MAIL = b"From: a@x.org\r\nSubject: x\r\n\r\nText\r\n"


class SpecialUse(Case):
    """One account of a scripted server."""

    def setUp(self):
        super().setUp()
        self.server = Fake({n: {1: MAIL} for n in ("INBOX", "Sent", "Out", "Spam", "B\xfcro")})
        self.server.__enter__()
        self.addCleanup(self.server.__exit__)
        self.server.caps = "IMAP4rev1 SPECIAL-USE"
        (self.top / "secret").write_text("pw\n")
        (self.top / "secret").chmod(0o600)
        self.configure("\n".join(["[account fake]", "host = 127.0.0.1",
                                  "port = %d" % self.server.port, "tls = none", "user = ann",
                                  "password_file = %s" % (self.top / "secret"),
                                  "timeout = 2"]) + "\n")

    def roles(self):
        """Mailboxes that have one."""
        with Server(self.ar) as server:
            boxes = Jmap(server).one("Mailbox/get")["list"]
        return {b["name"]: b["role"] for b in boxes if b["role"]}

    def tables(self):
        """Is there a table?"""
        return self.rows("SELECT count(*) FROM sqlite_schema WHERE name = 'uses'")[0][0]

    def told(self):
        """How many such facts there are."""
        path = self.ar / "segments" / "000001.tar.zst"
        return subprocess.run(["zstd", "-dcq", str(path)], stdout=subprocess.PIPE,
                              check=True).stdout.count(b'"fact":"uses"')

    def check(self, uses):
        """The catalog has these, and the segments tell them too."""
        self.assertEqual(self.rows("SELECT account, uses FROM uses"), [("fake", uses)])
        self.call("verify", "--deep")
        self.call("rebuild-catalog", "--force")
        self.assertEqual(self.rows("SELECT account, uses FROM uses"), [("fake", uses)])
        self.call("verify", "--deep")

    def test_uses(self):
        """None, some, others, none again."""
        self.harvest()
        self.assertEqual(self.tables(), 0)
        self.assertEqual(self.roles(), {"INBOX": "inbox", "Sent": "sent", "Spam": "junk"})
        self.server.special = {"Out": "\\HasNoChildren \\Sent \\SENT", "Spam": "\\Trash \\Frob",
                               "Sent": "\\Sent"}
        self.call("harvest", "--no-index", "--dry-run")
        self.assertEqual(self.tables(), 0)
        self.harvest()
        self.check("\\Sent Out\n\\Sent Sent\n\\Trash Spam\n")
        self.assertEqual(self.roles(), {"INBOX": "inbox", "Out": "sent", "Spam": "trash"})
        self.harvest()
        self.assertEqual(self.told(), 1)
        self.server.special = {"B\xfcro": "\\Archive"}
        self.harvest()
        self.assertEqual(self.told(), 2)
        got = self.rows("SELECT uses FROM uses")[0][0]
        self.assertEqual(got, b"\\Archive B\xfcro\n")
        self.check(got)
        self.server.special = {}
        self.harvest()
        self.check("")
        self.assertEqual(self.roles(), {"INBOX": "inbox", "Sent": "sent", "Spam": "junk"})

    def test_damage(self):
        """A catalog that says something else is found out."""
        for sql in ("CREATE TABLE uses(account, uses)", "UPDATE uses SET uses = 'x'",
                    "DELETE FROM uses", "DROP TABLE uses"):
            if sql[0] != "C" and not self.tables():
                self.server.special = {"Out": "\\Sent"}
            self.harvest()
            if sql[0] == "C":
                self.call("verify", "--deep")
            with sqlite3.connect(self.ar / "catalog.db") as catalog:
                catalog.execute(sql)
            catalog.close()
            done = self.call("verify", "--deep", want=None)
            self.assertNotEqual(done.returncode, 0, sql)
            self.assertIn(b"uses", done.stdout + self.stderr.encode())
            self.call("rebuild-catalog", "--force")
            self.call("verify", "--deep")


if __name__ == "__main__":
    unittest.main()

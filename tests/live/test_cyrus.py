"""The harvester against Cyrus IMAP: LIST-STATUS, QRESYNC, OBJECTID, "/" in names."""

import datetime
import unittest

from harvesting import mail
from otherservers import Cyrus
from realserver import Shared, Transcript
from test_epochs import letter

WHEN = datetime.datetime(2025, 3, 6, 7, 30, tzinfo=datetime.timezone.utc)


@unittest.skipUnless(Cyrus.installed(), "no Cyrus: make deps-live prepares it")
class OnCyrus(Shared, Transcript):
    """What must hold with any server."""

    kind = Cyrus
    poll = 5  # two of them for SCRAM
    refused = "100%25"

    def test_tls(self):
        self.user = "other"
        self.put("Tls", [(mail(1), "", None)])
        for tls in ("implicit", "starttls"):
            self.configure(self.server.account("other", tls=tls, mailboxes="Tls", compress="yes"))
            self.traced()
            self.assertIn("COMPRESS DEFLATE", self.trace.read_text())
            self.clean()
        self.same("Tls")

    def test_nul(self):
        """A mail with NUL: APPEND takes it in a literal8, and it comes in one."""
        self.begin("other", mailboxes="Nul")
        data = b"From: n@example.org\r\nSubject: nul\r\n\r\nab\0cd\xff\xfe\r\n"
        with self.server.imap(self.user) as box:
            box.create("Nul")
            box.send(b"x1 APPEND Nul ~{%d+}\r\n%s\r\n" % (len(data), data))
            while not box.readline().startswith(b"x1 OK"):
                pass
        self.assertEqual(self.traced()["fetched"], 1)
        self.same("Nul")
        self.assertEqual(len(self.check_bytes()), 1)


    def known_again(self, total, epochs):
        """Under another UIDVALIDITY: less than 5 % is fetched, nothing stored."""
        got = self.traced()
        self.clean()
        self.assertLess(got["bytes"], total * 0.05, got)
        self.assertEqual((got["stored"], got["fetched"] + got["linked"]), (0, 400))
        self.same("Again")
        self.assertEqual(len(self.rows("SELECT epoch FROM epochs")), epochs)
        self.assertEqual(self.traced()["fetched"], 0)

    def uidvalidity(self):
        """Of the mailbox, as the server says; it is a time."""
        with self.server.imap("other") as box:
            return box.status("Again", "(UIDVALIDITY)")[1][0]

    def test_same_mail_again(self):
        """Acceptance test 4: the index is lost, which brings back what was expunged; the mailbox is
        deleted, made again, and filled with the same mails."""
        self.begin("other", mailboxes="Again")
        self.fill("Again", [(letter(n), "\\Seen" if n % 2 else "", WHEN) for n in range(400)])
        total = self.traced()["bytes"]
        with self.server.imap("other") as box:
            box.select("Again")
            box.uid("STORE", "3:5", "+FLAGS", "(\\Deleted)")
            box.expunge()
        self.assertEqual(self.traced()["vanished"], 3)
        before = self.uidvalidity()
        while self.uidvalidity() == before:
            self.server.lose_index("other", "Again")
        self.known_again(total, 2)
        self.recreate("Again")
        self.fill("Again", [(letter(n), "\\Flagged", WHEN) for n in range(400)])
        self.known_again(total, 3)
        self.holds()


if __name__ == "__main__":
    unittest.main()

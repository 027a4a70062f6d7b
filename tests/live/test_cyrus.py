"""The harvester against Cyrus IMAP: LIST-STATUS, QRESYNC, OBJECTID, "/" in names."""

import unittest

from harvesting import mail
from otherservers import Cyrus
from realserver import Shared, Transcript


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


if __name__ == "__main__":
    unittest.main()

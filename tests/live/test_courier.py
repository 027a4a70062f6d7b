"""The harvester against Courier IMAP: plain IMAP4rev1, all mailboxes below INBOX., "." in names."""

import unittest

from harvesting import mail
from otherservers import Courier
from realserver import Shared, Transcript


@unittest.skipUnless(Courier.installed(), "no Courier: make deps-live prepares it, as root")
class OnCourier(Shared, Transcript):
    """What must hold with any server."""

    kind = Courier
    prefix, separator = "INBOX.", "."
    poll, per_box = 4, 3  # EXAMINE, a name in a literal, UIDs and flags
    refused = "\U0001f4e7"
    keeps_uidvalidity = False

    def test_lost_uidlist(self):
        """Its list of UIDs is lost: other UIDs, another UIDVALIDITY, the same mail."""
        self.begin("other", mailboxes="INBOX.Lost")
        self.fill("Lost", [(mail(n), "", None) for n in range(100)])
        self.traced()
        first = self.rows("SELECT max(uidvalidity) FROM epochs")[0][0]
        now = first
        while now == first:  # its UIDVALIDITY is a time
            path = self.server.maildir("other", "INBOX.Lost") / "courierimapuiddb"
            path.unlink(missing_ok=True)
            with self.server.imap("other") as box:
                box.select("INBOX.Lost")
                now = int(box.response("UIDVALIDITY")[1][0])
        got = self.traced()
        self.assertGreaterEqual(got["linked"], 90)
        self.same("Lost")
        self.holds()


if __name__ == "__main__":
    unittest.main()

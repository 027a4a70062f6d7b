"""Keys about what a server said: harvested from a server, then searched."""

import json
import unittest

from fakeserver import Fake
from harvesting import Case, mail

GONE = 4
FACTS = {
    1: b'SAVEDATE "06-Mar-2025 00:30:00 +0100" EMAILID (M1) THREADID (T1)',
    2: b'SAVEDATE "05-Mar-2025 23:30:00 -0800" EMAILID (M2) THREADID (T1)',
    3: b"SAVEDATE NIL EMAILID (M3) THREADID NIL",
    GONE: b'SAVEDATE "01-Jan-2024 00:00:00 +0000" EMAILID (M4) THREADID (T2)',
}
GMAIL = {
    1: b'X-GM-MSGID 1278455344230334865 X-GM-THRID 1266894439832287888 '
       b'X-GM-LABELS (\\Inbox "a b" M&APw-ll)',
    2: b"X-GM-MSGID 7 X-GM-THRID 1266894439832287888 X-GM-LABELS (Work)",
    3: b"X-GM-MSGID 8 X-GM-THRID 9 X-GM-LABELS ()",
}


class Facts(Case):
    """All mail arrived on 6-Mar-2025 at 07:30 +0100."""

    def serve(self, caps, box, facts):
        """Harvest and index what a server with these capabilities has."""
        self.server = Fake({box: {uid: mail(uid) for uid in facts}})
        self.server.__enter__()
        self.addCleanup(self.server.__exit__)
        self.server.caps += caps
        self.server.extra = facts
        (self.top / "secret").write_text("pw\n")
        (self.top / "secret").chmod(0o600)
        self.configure("[account fake]", "host = 127.0.0.1", "port = %d" % self.server.port,
                       "tls = none", "user = ann", "password_file = %s" % (self.top / "secret"))
        self.harvest()
        self.call("index")

    def uids(self, query, *more):
        """The UIDs of what is found, by both ways."""
        ways = []
        for way in ((), ("--no-index",)):
            done = self.call("search", "--dialect", "imap", "--json", *more, *way, "--", query,
                             want=None)
            self.assertIn(done.returncode, (0, 1), self.stderr)
            ways.append(sorted(c["uid"] for m in json.loads(done.stdout)["messages"]
                               for c in m["copies"]))
        self.assertEqual(ways[0], ways[1], query)
        return ways[0]

    def table(self, rows):
        """Each query finds those UIDs."""
        for query, want in rows:
            self.assertEqual(self.uids(query), want, query)

    def test_objectid_and_savedate(self):
        self.serve(" OBJECTID SAVEDATE", "INBOX", FACTS)
        self.table([
            ("EMAILID M1", [1]), ("EMAILID m1", []), ("THREADID T1", [1, 2]),
            ("NOT THREADID T1", [3, 4]), ("SAVEDATESUPPORTED", [1, 2, 4]),
            # As the server wrote it: half past midnight, and half past eleven.
            ("SAVEDON 6-Mar-2025", [1, 3]), ("SAVEDON 5-Mar-2025", [2]),
            ("SAVEDBEFORE 5-Mar-2025", [4]), ("SAVEDSINCE 6-Mar-2025", [1, 3]),
            ("ON 6-Mar-2025", [1, 2, 3, 4]), ("OR EMAILID M2 EMAILID M3", [2, 3])])
        found = self.call("search", "--dialect", "imap", "--json", "EMAILID M2").stdout
        copy = json.loads(found)["messages"][0]["copies"][0]
        self.assertEqual([copy[k] for k in ("savedate", "emailid", "threadid")],
                         ["2025-03-05T23:30:00-08:00", "M2", "T1"])

    def test_present(self):
        """What is expunged is found, unless only what is present is asked for."""
        self.serve(" OBJECTID", "INBOX", FACTS)
        del self.server.boxes["INBOX"][GONE]
        self.harvest()
        self.assertEqual(self.uids("ALL"), [1, 2, 3, 4])
        self.assertEqual(self.uids("ALL", "--present"), [1, 2, 3])
        self.assertEqual(self.uids("THREADID T2", "--present"), [])
        for way in ((), ("--no-index",)):
            done = self.call("search", "--dialect", "imap", "--present", *way,
                             "RETURN (MAX COUNT) SEEN")
            self.assertEqual(done.stdout.decode(), '* ESEARCH (MAILBOX "fake/INBOX" UIDVALIDITY 7)'
                             ' UID MAX 3 COUNT 3\n')
            done = self.call("search", "--dialect", "imap", "--present", "--count", *way, "ALL")
            self.assertEqual(done.stdout, b"3\n")

    def test_gmail(self):
        self.serve(" X-GM-EXT-1", "INBOX", GMAIL)
        self.table([
            ("X-GM-MSGID 1278455344230334865", [1]), ("X-GM-MSGID 7", [2]),
            ("X-GM-THRID 1266894439832287888", [1, 2]), ("X-GM-LABELS \\Inbox", [1]),
            ('X-GM-LABELS "A B"', [1]), ("X-GM-LABELS Müll", [1]), ("X-GM-LABELS M&APw-ll", [1]),
            ("X-GM-LABELS Work", [2]), ("NOT X-GM-LABELS Work", [1, 3])])


if __name__ == "__main__":
    unittest.main()

"""Acceptance test 14: 2 GiB in one message, and a million UIDs in one answer; no process of the
harvest ever has 64 MiB resident. The plain build is measured: AddressSanitizer needs more."""

import os
import sqlite3
import unittest

from fakeserver import Fake, Hangup
from harvesting import NET, REFUSED, SHEAF, Case, mail, sha
from peaks import Peaks

LONG = bool(os.environ.get("SHEAF_LONG"))
PLAIN = os.environ.get("SHEAF_PLAIN", SHEAF)
MIB = 1 << 20
TWO_GIB = 2048 * MIB
MOST, GROWTH = 64, 16
MILLION = 1000000
KNOWN = MILLION if LONG else MILLION // 10  # a million rows take their time to change
LINE = b"a line of sixty-four octets, so that a megabyte is made of them\r\n"[-64:]


class Memory(Case):
    """One account at the scripted server."""

    def setUp(self):
        super().setUp()
        self.server = Fake({"INBOX": {n: mail(n) for n in range(1, 4)}})
        self.server.__enter__()
        self.addCleanup(self.server.__exit__)
        (self.top / "secret").write_text("pw\n")
        (self.top / "secret").chmod(0o600)
        self.account()

    def account(self, *more):
        """(Over)write the configuration."""
        self.configure("\n".join(["[account fake]", "host = 127.0.0.1",
                                  "port = %d" % self.server.port, "tls = none", "user = ann",
                                  "password_file = %s" % (self.top / "secret"), "timeout = 30",
                                  *more]) + "\n")

    def measure(self, *options, want=0):
        """One harvest; the peaks of its processes."""
        # Without a transcript: it would be long, and the scripted server lints commands, too.
        argv = [PLAIN, "-C", str(self.ar), "--json", "harvest", "--no-index", *options]
        seen = Peaks(argv)
        self.assertEqual(seen.code, want, seen.out)
        self.assertGreaterEqual(len(seen.peaks), 2)  # the archive's writer, and the account's
        self.assertEqual(self.server.errors, [])
        self.assertLess(seen.most, MOST)
        return seen

    def usual(self):
        """What a harvest needs that has nothing to do. It is so short that we may not see it."""
        for _ in range(100):
            seen = Peaks([PLAIN, "-C", str(self.ar), "harvest", "--dry-run"])
            if len(seen.peaks) >= 2:
                return seen.most
        raise AssertionError("never seen")

    def large(self, announced, sent):
        """UID 2 is a message of so many octets, of which so many come; then it hangs up."""
        def tell(conn, uid, _data):
            conn.send(b"* 2 FETCH (UID %d FLAGS () BODY[] {%d}\r\n" % (uid, announced))
            for _ in range(sent // MIB):
                conn.send(LINE * (MIB // 64))
            if sent < announced:
                raise Hangup
            conn.send(b")\r\n")
        self.server.answer["message", 2] = tell

    def test_above_the_limit(self):
        """Announced, and sent: it is refused, and the others arrive."""
        before = self.usual()
        self.large(TWO_GIB, TWO_GIB if LONG else 256 * MIB)
        seen = self.measure()
        self.assertLess(seen.most, before + GROWTH)
        self.assertEqual(set(self.copies()), {1, 3})
        self.assertEqual(self.outcomes()[2][0], REFUSED)

    def test_broken_off(self):
        """Under the limit: 2 GiB announced, a part of it sent, again and again."""
        self.account("max_message = 3G")
        before = self.usual()
        self.large(TWO_GIB, 64 * MIB)
        seen = self.measure(want=NET)
        self.assertLess(seen.most, before + GROWTH)
        self.assertEqual(set(self.copies()), {1, 3})

    def test_stored(self):
        """Under the limit, and sent to the end: it is stored (2 GiB in the long run)."""
        size = TWO_GIB if LONG else 160 * MIB
        self.account("max_message = 3G")
        before = self.usual()
        self.large(size, size)
        seen = self.measure()
        self.assertLess(seen.most, before + GROWTH)
        self.assertEqual(set(self.copies()), {1, 2, 3})
        self.assertEqual(self.rows("SELECT max(size) FROM messages"), [(size,)])
        self.call("verify", "--deep", seconds=900)

    # ---- a million UIDs, every second number, so that nothing is short ----

    count = KNOWN

    def uids(self):
        """All of them."""
        return range(2, 2 * self.count + 2, 2)

    def examine(self, exists, modseq=0):
        """What EXAMINE says."""
        def tell(conn):
            conn.send(b"* %d EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT %d] x\r\n"
                      % (exists, 2 * self.count + 2))
            if modseq:
                conn.send(b"* OK [HIGHESTMODSEQ %d] x\r\n" % modseq)
            conn.ok()
        self.server.answer["examine", "INBOX"] = tell

    def listing(self, flags=b"\\Seen"):
        """What UID FETCH 1:4294967295 (UID FLAGS) says."""
        def tell(conn, _uids):
            uids = self.uids()
            for start in range(0, self.count, 20000):
                conn.send(b"".join(b"* %d FETCH (UID %d FLAGS (%s) RFC822.SIZE 9)\r\n"
                                   % (u // 2, u, flags) for u in uids[start:start + 20000]))
            conn.ok()
        self.server.answer["enumerate"] = tell

    def know_a_million(self):
        """The archive has them already: all copies of one message, put there past sheaf."""
        self.server.boxes["INBOX"] = {2: mail(1)}
        self.harvest()
        self.assertEqual(self.copies(), {2: sha(mail(1))})
        catalog = sqlite3.connect(self.ar / "catalog.db")
        names = [row[1] for row in catalog.execute("PRAGMA table_info(copies)")]
        chosen = ", ".join("n.uid" if name == "uid" else name for name in names)
        catalog.execute("CREATE TEMP TABLE n(uid INTEGER)")
        catalog.executemany("INSERT INTO n VALUES(?)", ((u,) for u in self.uids()[1:]))
        catalog.execute("INSERT INTO copies SELECT %s FROM copies, n" % chosen)
        catalog.execute("UPDATE epochs SET uidnext = %d, messages = %d"
                        % (2 * self.count + 2, self.count))
        catalog.commit()
        catalog.close()

    def present(self):
        """How many the archive counts as there."""
        return self.rows("SELECT count(*) FROM copies WHERE vanished = 0")[0][0]

    def test_million_new(self):
        """A mailbox of a million that nobody has seen."""
        self.count = MILLION
        self.examine(MILLION)
        self.listing()
        out = self.measure("--dry-run").out
        self.assertIn(b'"would_fetch":1000000,"would_fetch_bytes":9000000', out)

    def test_million_known(self):
        """All are known: listed again with other flags; by ESEARCH; by VANISHED."""
        self.server.caps = "IMAP4rev1 ENABLE CONDSTORE ESEARCH"
        self.server.modseq = 50
        self.know_a_million()
        self.examine(KNOWN - 1, 60)
        self.server.answer["changes"] = lambda c, since: c.ok()
        there = [u for u in self.uids() if u != 20]

        def search(conn, rest):
            low, high = (int(n) for n in rest.rsplit(" ", 1)[1].split(":"))
            found = b",".join(b"%d" % u for u in there if low <= u <= high)
            conn.send(b'* ESEARCH (TAG "%s") UID ALL %s\r\n' % (conn.tag.encode(), found)
                      if found else b'* ESEARCH (TAG "%s") UID\r\n' % conn.tag.encode())
            conn.ok()
        self.server.answer["search"] = search
        self.server.boxes["INBOX"] = {}
        self.measure()
        self.assertEqual(self.present(), KNOWN - 1)
        self.server.caps += " QRESYNC"
        self.examine(KNOWN // 2, 70)
        gone = there[KNOWN // 2:]

        def vanished(conn, _since):
            for start in range(0, len(gone), 80000):
                conn.send(b"* VANISHED (EARLIER) %s\r\n"
                          % b",".join(b"%d" % u for u in gone[start:start + 80000]))
            conn.ok()
        self.server.answer["changes"] = vanished
        self.measure()
        self.assertEqual(self.present(), KNOWN // 2)

    def test_million_flags(self):
        """All are known and listed again, each with other flags."""
        self.know_a_million()
        self.examine(KNOWN)
        self.listing(b"\\Flagged")
        self.measure()
        self.assertEqual(self.present(), KNOWN)
        self.assertEqual(self.rows("SELECT count(*) FROM copies WHERE flags = 4"), [(KNOWN,)])


if __name__ == "__main__":
    unittest.main()

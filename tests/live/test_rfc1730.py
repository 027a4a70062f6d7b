"""Acceptance test 13: a server of 1994. Cyrus stands behind a proxy that says IMAP4 and nothing
more, and answers BAD to everything that RFC 1730 does not know."""

import re
import unittest

from harvesting import Case, mail, sha
from otherservers import Cyrus
from proxy import Proxy
from rawimap import Raw

KNOWN = set("CAPABILITY NOOP LOGOUT AUTHENTICATE LOGIN SELECT EXAMINE LIST LSUB CHECK UID".split())
NEWER = re.compile(r"BODY\.PEEK|BODYSTRUCTURE\[|CHANGEDSINCE|MODSEQ|RETURN|EMAILID|SAVEDATE|ESEARCH"
                   r"|QRESYNC|CONDSTORE|BINARY|~\{|\+\}$|HEADER\.FIELDS")


class Old:
    """The hooks: what the server may say, and what the client may."""

    def __init__(self, proxy):
        self.refused = []
        proxy.down, proxy.up = self.down, self.up

    @staticmethod
    def down(conn, data):
        """Until a mailbox is open only lines come, and the capabilities among them are changed."""
        if getattr(conn, "open", False):
            return data
        conn.said += data
        lines, end, conn.said = conn.said.rpartition(b"\r\n")
        lines = re.sub(rb"\[CAPABILITY [^\]]*\] ?", b"", lines)
        return re.sub(rb"(?m)^\* CAPABILITY [^\r]*", b"* CAPABILITY IMAP4 AUTH=PLAIN", lines) + end

    def up(self, conn, line):
        """A command. None: the server may have it."""
        words = line.upper().split(" ")
        if not re.fullmatch(r"A\d+", words[0]) or len(words) < 2:
            return None
        if words[1] not in KNOWN or NEWER.search(line.upper()):
            self.refused.append(line)
            return b"%s BAD what\r\n" % words[0].lower().encode()
        conn.open = getattr(conn, "open", False) or words[1] == "EXAMINE"
        return None


@unittest.skipUnless(Cyrus.installed(), "no Cyrus: make deps-live prepares it")
class Imap4(Case):
    """One Cyrus."""

    def there(self, mailbox="INBOX"):
        """{uid: hash} on the server."""
        with Raw(self.server.port, "ann", "ann-pw") as raw:
            return {u: sha(d) for u, (d, _) in raw.messages(mailbox).items()}

    def test_life(self):
        """First visit, nothing new, new and vanished mail, flags, another UIDVALIDITY."""
        with Cyrus(users=("ann",)) as self.server, Proxy(self.server.port) as proxy:
            old = Old(proxy)
            self.configure(self.server.account("ann", tls="none", port=proxy.port))
            for name in ("INBOX", "Box"):
                self.server.append_all("ann", name, [
                    (mail(n, "x" * n * 100), "\\Seen work" if n % 2 else "", None)
                    for n in range(40)])
            got = self.harvest()
            self.assertEqual((got["fetched"], got["failed"], got["mailboxes_failed"]), (80, 0, 0))
            self.assertTrue([c for c in proxy.commands if "RFC822.PEEK" in c])
            for name in ("INBOX", "Box"):
                self.assertEqual(self.copies(name), self.there(name))
            self.assertEqual(self.rows("SELECT DISTINCT flags, keywords FROM copies ORDER BY 1"),
                             [(0, ""), (1, "work")])
            got = self.harvest()
            self.assertEqual((got["fetched"], got["flags"], got["vanished"]), (0, 0, 0))
            with self.server.imap("ann") as box:
                box.select("INBOX")
                box.uid("STORE", "2:3,40", "+FLAGS", "(\\Deleted)")
                box.expunge()
                box.uid("STORE", "7", "+FLAGS", "(\\Flagged)")
                box.append("INBOX", "", None, mail(77))
            got = self.harvest()
            self.assertEqual((got["fetched"], got["flags"], got["vanished"]), (1, 1, 3))
            self.assertEqual(self.copies(), self.there())
            with self.server.imap("ann") as box:
                box.delete("Box")
                while box.create("Box")[0] == "OK" and self.same_uidvalidity(box):
                    box.delete("Box")
            self.server.append_all("ann", "Box", [(mail(n), "", None) for n in range(5)])
            self.assertEqual(self.harvest()["fetched"], 5)
            newest = self.rows("SELECT max(uidvalidity) FROM epochs WHERE mailbox = 'Box'")[0][0]
            self.assertEqual(self.copies("Box", newest), self.there("Box"))
            self.assertEqual(old.refused, [])
            self.call("verify", "--against-server", "ann")
            self.assertEqual(old.refused, [])

    def same_uidvalidity(self, box):
        """Is it still the one that the archive knows? Cyrus takes it from the clock."""
        now = int(re.search(rb"UIDVALIDITY (\d+)", box.status("Box", "(UIDVALIDITY)")[1][0])[1])
        return (now,) in self.rows("SELECT uidvalidity FROM epochs")


if __name__ == "__main__":
    unittest.main()

"""Connections that break anywhere, mail that changes while it is read, answers without end."""

import os
import random
import threading
import time
import unittest

from fakeserver import DEFAULT, Fake, Hangup
from harvesting import Case, mail, sha
from servers import Dovecot

LONG = bool(os.environ.get("SHEAF_LONG"))


class Scripted(Case):
    """One account at a scripted server."""

    def setUp(self):
        super().setUp()
        self.server = Fake({"INBOX": {n: mail(n, "line)\r\na1 OK\r\n") for n in range(1, 4)}})
        self.server.__enter__()
        self.addCleanup(self.server.__exit__)
        (self.top / "secret").write_text("pw\n")
        (self.top / "secret").chmod(0o600)
        self.account()

    def account(self, *more):
        """(Over)write the configuration."""
        self.configure("\n".join(["[account fake]", "host = 127.0.0.1",
                                  "port = %d" % self.server.port, "tls = none", "user = ann",
                                  "password_file = %s" % (self.top / "secret"), "timeout = 5",
                                  *more]) + "\n")

    def test_cut_anywhere(self):
        """Acceptance test 3: in a tag, a size, a literal, before the parenthesis: nothing is
        taken for delivered that was not, and nothing is lost or stored twice."""
        box = self.server.boxes["INBOX"]
        places = None
        at = 0
        while places is None or at < len(places):
            first = []

            def cut(conn, uids):
                nonlocal places
                if first:
                    return DEFAULT
                first.append(1)
                data = b"".join(conn.response(u, box[u]) for u in uids)
                data += b"%s OK done\r\n" % conn.tag.encode()
                if places is None:
                    places = cut_places(data, LONG)
                conn.send(data[:places[at]])
                raise Hangup
            self.server.answer["fetch"] = cut
            self.server.uidvalidity += 1
            for uid in box:
                box[uid] = mail(1000 * at + uid, "line)\r\na1 OK\r\n")
            before = self.rows("SELECT count(*) FROM messages")[0][0]
            got = self.harvest()
            self.assertEqual((got["failed"], got["vanished"]), (0, 0), places[at])
            self.assertEqual(self.copies("INBOX", self.server.uidvalidity),
                             {u: sha(m) for u, m in box.items()})
            self.assertEqual(self.rows("SELECT count(*) FROM messages")[0][0], before + 3)
            at += 1
        self.assertGreater(at, 15)
        self.assertEqual(self.server.errors, [])
        self.call("verify", "--deep")


def cut_places(data, all_of_them):
    """Where a stream of answers may break: around everything that has a meaning."""
    if all_of_them:
        return list(range(1, len(data)))
    places = {1, 3, len(data) - 1, len(data) - 3}
    for word in (b"FETCH", b"UID", b"{", b"}", b"\r\n", b")\r\n", b"OK", b"BODY[]"):
        at = data.find(word)
        places |= {at, at + 1, at + len(word)}
    return sorted(p for p in places if 0 < p < len(data))


@unittest.skipUnless(Dovecot.installed(), "no dovecot")
class Mutation(Case):
    """Acceptance test 5: mail comes, goes and changes while it is harvested."""

    def mutate(self, server, stop, errors):
        """Another client, until told to stop."""
        luck = random.Random(3)
        try:
            with server.imap("ann") as box:
                box.select("INBOX")
                number = 1000
                while not stop.is_set():
                    number += 1
                    what = luck.random()
                    uid = str(luck.randrange(1, number - 990))
                    if what < 0.5:
                        box.append("INBOX", "", None, mail(number, "x" * luck.randrange(3000)))
                    elif what < 0.8:
                        flag = luck.choice(("\\Seen", "\\Flagged", "work"))
                        box.uid("STORE", uid, luck.choice(("+FLAGS", "-FLAGS")), "(%s)" % flag)
                    else:
                        box.uid("STORE", uid, "+FLAGS", "(\\Deleted)")
                        box.expunge()
        except Exception as bad:
            errors.append(bad)

    def test_mutation(self):
        bits = {"\\Seen": 1, "\\Answered": 2, "\\Flagged": 4, "\\Deleted": 8, "\\Draft": 16}
        with Dovecot(users=("ann",)) as server:
            server.append_all("ann", "INBOX", [(mail(n), "", None) for n in range(300)])
            self.configure(server.account("ann", tls="none"))
            stop, errors = threading.Event(), []
            other = threading.Thread(target=self.mutate, args=(server, stop, errors))
            other.start()
            end = time.monotonic() + (60 if LONG else 5)
            runs = 0
            while time.monotonic() < end:
                self.harvest(want=None)  # one that goes at the wrong moment counts as failed
                self.assertIsNone(self.accounts[0]["error"])
                runs += 1
            stop.set()
            other.join()
            self.assertEqual(errors, [])
            self.assertGreater(runs, 5)
            self.harvest()
            want = {}
            with server.imap("ann") as box:
                box.select("INBOX", readonly=True)
                _, data = box.uid("FETCH", "1:4294967295", "(UID FLAGS BODY.PEEK[])")
                for item in data:
                    if isinstance(item, tuple):
                        uid = int(item[0].split(b"UID ")[1].split()[0])
                        flags = item[0].split(b"FLAGS (")[1].split(b")")[0].decode().split()
                        want[uid] = (sha(item[1]), sum(bits.get(f, 0) for f in flags),
                                     " ".join(sorted(f for f in flags if f[0] != "\\")))
            found = {u: (h, f, k) for u, h, f, k in self.rows(
                "SELECT uid, lower(hex(hash)), flags, keywords FROM copies JOIN messages"
                " ON message = number WHERE vanished = 0")}
            self.assertEqual(found, want)
            gone = self.rows("SELECT count(*) FROM copies WHERE vanished <> 0")[0][0]
            self.assertGreater(gone, 0)
            self.call("verify", "--against-server", "ann")
            self.call("verify", "--deep")


if __name__ == "__main__":
    unittest.main()

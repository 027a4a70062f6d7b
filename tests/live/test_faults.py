"""Connections that break anywhere in an answer of the scripted server."""

import os
import unittest

from fakeserver import DEFAULT, Fake, Hangup
from harvesting import Case, mail, sha

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


if __name__ == "__main__":
    unittest.main()

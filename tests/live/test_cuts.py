"""Acceptance test 3: the connection to a real server breaks at every kind of byte, in every way it
can, in clear and in TLS. Nothing is taken for delivered that was not, nothing is noted as done, and
the next visit completes it."""

import itertools
import os
import re
import unittest

from harvesting import NET, Case, sha
from proxy import Cut, Proxy
from servers import Dovecot

LONG = bool(os.environ.get("SHEAF_LONG"))
COUNT = 20
CUT = 7  # the message in which it breaks

# Where it breaks: a name, and how many octets after the literal of that message ends, or begins.
ENDS = {"last octet of the literal": -1, "before )": 0, "after )": 1, "in CRLF after )": 2,
        "between responses": 3, "in *": 4, "in the number": 5, "in FETCH": 8}
BEGINS = {"in {n}": -4, "after {n}": -2, "in CRLF after {n}": -1, "before the literal": 0,
          "first octet of the literal": 1, "in the literal": 3000}
TAGGED = {"in the tag": 1, "after the tag": -1, "in OK": 2, "in the text": 6}
PLACES = [("end", n, at) for n, at in ENDS.items()] + \
         [("begin", n, at) for n, at in BEGINS.items()] + \
         [("tagged", n, at) for n, at in TAGGED.items()]
WAYS = [(False, "fin"), (False, "rst"), (True, "fin"), (True, "rst"), (True, "notify")]
LITERAL = re.compile(rb"BODY\[\] \{(\d+)\}\r\n")


def letter(number):
    """A mail in which nothing looks like IMAP."""
    return b"Subject: %d\r\n\r\n" % number + b"%04d\r\n" % number * 1000


class Breaker:
    """Looks at what the server says until the place comes, and cuts there; then refuses."""

    def __init__(self, proxy, kind, at, how):
        self.proxy, self.kind, self.at, self.how = proxy, kind, at, how
        self.stream, self.sent, self.whole, self.done = b"", 0, 0, False

    def place(self):
        """Where to cut, if that can be told by now."""
        begin = 0
        self.whole = 0
        for number in itertools.count():
            found = LITERAL.search(self.stream, begin)
            if not found:
                break
            end = found.end() + int(found[1])
            if number == CUT and self.kind != "tagged":
                self.whole += self.kind == "end" and self.at >= 3
                return (found.end() if self.kind == "begin" else end) + self.at
            self.whole += len(self.stream) >= end + 3
            begin = end
        tagged = re.compile(rb"\r\n(a\d+) OK").search(self.stream, begin)
        if self.kind != "tagged" or self.whole < COUNT or not tagged:
            return None
        start, end = tagged.span(1)
        return {1: start + 1, -1: end, 2: end + 2, 6: end + 6}[self.at]

    def down(self, conn, data):
        """The hook of the proxy."""
        if conn.number or not [c for c in self.proxy.commands if "BODY" in c]:
            return data
        self.stream += data
        place = self.place()
        if place is not None and place <= len(self.stream):
            self.done = self.proxy.refuse = True
            raise Cut(self.how, self.stream[self.sent:place])
        # The last octets wait: what comes next may say that the cut is before them.
        keep = max(self.sent, len(self.stream) - 16)
        out, self.sent = self.stream[self.sent:keep], keep
        return out


@unittest.skipUnless(Dovecot.installed(), "no dovecot")
class Cuts(Case):
    """One Dovecot; an archive for each cut."""

    @classmethod
    def setUpClass(cls):
        cls.server = Dovecot(users=("ann",))
        cls.server.__enter__()
        cls.server.append_all("ann", "INBOX", [(letter(n), "", None) for n in range(COUNT)])

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()

    def cut(self, place, way):
        """One cut, what it leaves, and the visit after it."""
        kind, name, at = place
        tls, how = way
        what = "%s, %s%s" % (name, how, " in TLS" if tls else "")
        keys = self.server.root / "tls"
        want = {n + 1: sha(letter(n)) for n in range(COUNT)}
        with Proxy(self.server.port, (keys / "server.pem", keys / "server.key") if tls else None) \
                as proxy:
            self.configure(self.server.account("ann", tls="implicit" if tls else "none",
                                               port=proxy.port, auth="plain"))
            breaker = Breaker(proxy, kind, at, how)
            proxy.down = breaker.down
            got = self.harvest(want=NET)
            self.assertTrue(breaker.done, what)
            self.assertTrue(got["error"], what)
            found = self.copies()
            self.assertEqual(found, {u: want[u] for u in found}, what)
            self.assertLessEqual(len(found), breaker.whole, what)
            self.assertIn(self.rows("SELECT max(uidnext, highestmodseq, messages, listed)"
                                    " FROM epochs"), ([], [(0,)]), what)
            self.assertEqual(self.outcomes(), {}, what)
            proxy.down, proxy.refuse = None, False
            before = len(proxy.commands)
            got = self.harvest()
            self.assertEqual((got["failed"], got["vanished"]), (0, 0), what)
            self.assertEqual(got["fetched"], COUNT - len(found), what)
            self.assertEqual(self.copies(), want, what)
            self.assertTrue(proxy.commands[before:])
        self.fresh()

    def fresh(self):
        """Another archive."""
        self.count += 1
        self.ar = self.top / ("archive-%d" % self.count)
        self.call("init")

    def test_cuts(self):
        """In a tag, in a size, in a literal, before ), between responses …"""
        self.count = 0
        for number, place in enumerate(PLACES):
            ways = WAYS if LONG else [WAYS[number % len(WAYS)]]
            for way in ways:
                self.cut(place, way)
        self.assertGreaterEqual(self.count, len(PLACES))


if __name__ == "__main__":
    unittest.main()

"""Acceptance test 1: two hundred crafted messages, put on Dovecot, Cyrus and Courier, come into the
archive octet for octet as the server gives them, and as they were put where the server keeps them.
Nothing changes on the server."""

import hashlib
import os
import re
import unittest

import crafted
from harvesting import Case, sha
from otherservers import Courier, Cyrus
from rawimap import Raw
from servers import Dovecot

LONG = bool(os.environ.get("SHEAF_LONG"))
FLAGS = ("", "\\Seen", "\\Flagged \\Answered", "Work", "\\Deleted", "\\Draft")


class Bytes:
    """The test: to be mixed with Case."""

    large = 50 if LONG else 2  # megabytes of the largest
    refuses = frozenset()      # the names of the messages that it does not take

    @staticmethod
    def kept(data):
        """A message as the server keeps it."""
        raise NotImplementedError

    def put(self, raw):
        """Put them there; [(name, octets)] of those it took."""
        taken = []
        mails = crafted.messages(large=self.large * crafted.MEGABYTE)
        for number, (name, data) in enumerate(mails):
            said = raw.append("INBOX", data, FLAGS[number % len(FLAGS)])
            if said is not True and b"\0" in data:
                said = raw.append("INBOX", data, literal8=True)
            self.assertEqual(said is not True, name in self.refuses, "%s: %s" % (name, said))
            if said is True:
                taken.append((name, data))
        return taken

    def stored(self):
        """{uid: octets} out of the archive, by tar and zstd and the catalog."""
        self.assertEqual(self.check_bytes(), set(self.copies().values()))
        return self.copies()

    def test_bytes(self):
        with self.kind(users=("ann",)) as server:
            with Raw(server.port, "ann", "ann-pw") as raw:
                put = self.put(raw)
            with Raw(server.port, "ann", "ann-pw") as raw:
                there = raw.messages("INBOX")
            self.assertEqual(len(there), len(put))
            self.assertGreater(len(put), 150)
            for (name, data), (uid, (given, _)) in zip(put, sorted(there.items())):
                if given != self.kept(data):
                    self.fail("%s (UID %d): %d octets were put, %d are given, %r" % (
                        name, uid, len(data), len(given), given[:100]))
            self.configure(server.account("ann", tls="none"))
            got = self.harvest()
            self.assertEqual((got["fetched"], got["failed"], got["refused"]), (len(put), 0, 0))
            self.assertEqual(self.stored(), {u: sha(d) for u, (d, _) in there.items()})
            with Raw(server.port, "ann", "ann-pw") as raw:
                after = raw.messages("INBOX")
            self.assertEqual({u: f for u, (_, f) in after.items()},
                             {u: f for u, (_, f) in there.items()})
            self.assertEqual({u: hashlib.sha256(d).digest() for u, (d, _) in after.items()},
                             {u: hashlib.sha256(d).digest() for u, (d, _) in there.items()})
            self.call("verify", "--against-server", "ann")
            self.call("verify", "--deep")


@unittest.skipUnless(Dovecot.installed(), "no dovecot")
class OnDovecot(Bytes, Case):
    """Dovecot keeps NUL as 0x80, makes CRLF of LF, and has line ends of one CR."""

    kind = Dovecot
    large = 50

    @staticmethod
    def kept(data):
        data = data.replace(b"\0", b"\x80")
        return re.sub(rb"\r\Z", b"", re.sub(rb"\r*\n", b"\r\n", data))


@unittest.skipUnless(Cyrus.installed(), "no Cyrus: make deps-live prepares it")
class OnCyrus(Bytes, Case):
    """Cyrus takes neither bare LF nor what has no header. NUL must come in a literal8. What has
    8 bit in the header gets an X for each octet."""

    kind = Cyrus
    refuses = frozenset(("one octet", "no body, no end of the header line", "spaces only",
                         "a header that is none", "NUL in the header", "bare LF", "LF CR"))

    @staticmethod
    def kept(data):
        head, end, body = data.partition(b"\r\n\r\n")
        if data.startswith(b"\r\n"):
            return data
        return re.sub(rb"[\x80-\xff]", b"X", head) + end + body


@unittest.skipUnless(Courier.installed(), "no Courier: make deps-live prepares it, as root")
class OnCourier(Bytes, Case):
    """Courier drops bare CR, makes CRLF of LF, and ends the last line."""

    kind = Courier

    @staticmethod
    def kept(data):
        end = b"" if data.endswith(b"\n") else b"\r\n"
        return data.replace(b"\r", b"").replace(b"\n", b"\r\n") + end


if __name__ == "__main__":
    unittest.main()

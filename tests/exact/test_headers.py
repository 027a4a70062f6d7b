"""Every odd header line against every odd question: what the index keeps of them tells the truth.

HEADER and TEXT are decided by the mapped lines of the file `headers` where these tell what their
fields are, else by the message. One archive has a message for each name, separator and value, and
for a quarter of them one with the line in the header of an inner part; the matcher on the messages
themselves says what is right.
"""

import unittest

from archive_driver import Driver
from asker import quoted

NAMES = [b"X-A", b"x-a ", b"X-A\t", b"X-A\r", b"X\0A", b"X\xc2\xa0", "Ｘ-A".encode(), b"\xe9",
         b"", b"Subject", "Ｓubject".encode(), "\u2116".encode(), b"From x"]
SEPARATORS = [b":", b": ", b":\t", b""]
VALUES = [b"b", b"", b" b", b"b\r", b"\rb", b"a: b", b"b\0", b"\xcc\x81b", b"\xe9b",
          b"\xc2\xa0b", b"\t", b"a\r\n b", b"a\r\r\n b", b"a\n\tb", b"a\r\n \r\n b",
          "\ufdfa\u01f0b".encode(), b"=?utf-8?q?_b?=", b"=?utf-8?q?b=0D?=", b"=?utf-8?q?a=0Ab?=",
          b"a=?utf-8?q?=0D=0A?=b", b"=?utf-8?q?=3A_b?=", b"=?utf-8?q?=CC=81?=",
          b"=?utf-8?q?=C2=A0b?=", b"=?utf-8?q?=00b?=", b"=?iso-2022-jp?b?GyRCIUEbKEI=?=",
          b"=?utf-16le?b?YQAKAA==?=", b"=?x?q?=E9b?="]
ASKED = ["X-A", "X-A ", "X-A\r", "X-A\r\n", "X-A:", "X\0A", "X", "X\u00a0", "X ", "Ｘ-a", "é",
         "\ufffd", "no", "\u2116", "subject", "Ｓubject", "From", "From x", ":"]
NEEDLES = ["", "b", "B\r", "\rb", "\r", "\n", "\r\n", "b\r\n", "a: b", ": b", ":b", ":", "\0",
           "b\0", " b", "  b", "\u00a0b", "\u0301", "\u0301b", "éb", "\tb", "a b", "ab", "a\nb",
           "\ufdfa", "ǰ", "x-a: b", "x-a:\rb", "X-A", "no", "subject: b", "SUBJECT", "\u2116",
           "\ufffd"]


def messages():
    """One for each line that can be made; some lines recur, and have terms."""
    for value in VALUES:
        for n in range(7):
            yield b"X-A: %s\r\n\r\n%d\r\n" % (value, n)
    for name in NAMES:
        for i, separator in enumerate(SEPARATORS):
            for k, value in enumerate(VALUES):
                line = name + separator + value + b"\r\n"
                yield b"Date: x\r\n" + line + b"\r\nnothing\r\n"
                if k % 4 == i:
                    yield (b"Content-Type: multipart/mixed; boundary=q\r\n\r\n--q\r\n" + line +
                           b"\r\nnothing\r\n--q--\r\n")


class Headers(unittest.TestCase):
    """The whole table."""

    def test_table(self):
        """Every question, of all messages."""
        with Driver() as d:
            for raw in messages():
                d.add(raw)
            d.index()
            for needle in NEEDLES:
                keys = [b"HEADER " + quoted(name) for name in ASKED]
                for key in keys + [b"TEXT"]:
                    query = key + b" " + quoted(needle)
                    self.assertIsInstance(d.check(query, sort="number"), tuple, query)


if __name__ == "__main__":
    unittest.main()

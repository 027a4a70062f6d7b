"""What the property test found once, made small: it must not come back.

A row is what it is about, the events that make the archive, and the question (history.py).
"""

import unittest

from archive_driver import Driver
from history import Question, differs, replay

NULS = b"a\0" * 100
RECURRING = [("add", b"X-A: b\r\r\nX-N: %d\r\n" % n, {}) for n in range(9)]
FOUND = [
    ("a field name with NULs, which take two bytes in a term: nothing could be indexed", [
        ("add", NULS + b": x", {}),
        ("add", NULS[:150] + b": y", {}),
        ("add", b"Subject: y", {}),
        ("index", 0),
    ], Question(("OR", ("STR", "HEADER", "a\0" * 100, ""), ("STR", "TEXT", "y")))),
    ("a field with nothing before its colon", [
        ("add", b": =??B?YnVk?=", {}),
        ("index", 0),
    ], Question(("STR", "TEXT", " bud"))),
    ("a blank before the colon", [
        ("add", b"X-Foo : bar", {}),
        ("index", 0),
    ], Question(("STR", "TEXT", "foo : bar"))),
    ("a field name of 8-bit octets", [
        ("add", b"X-\xdcber: bar", {}),
        ("index", 0),
    ], Question(("STR", "TEXT", "x-über"))),
    ("a name that folds to one of the five fields, asked for as it is", [
        ("add", "Ｓubject:r".encode(), {}),
        ("index", 0),
    ], Question(("STR", "HEADER", "Ｓubject", "r"))),
    ("a name that folds to one of the five fields, of a field in ASCII", [
        ("add", b"Subject:r", {}),
        ("index", 0),
    ], Question(("STR", "HEADER", "Ｓubject", "r"))),
    ("the name of one of the five fields, asked of a field that folds to it", [
        ("add", "Ｓubject:r".encode(), {}),
        ("index", 0),
    ], Question(("STR", "HEADER", "subject", "r"))),
    ("a CR that ends a line, and with the line end is none", [
        ("add", b"\r", {}),
        ("index", 0),
    ], Question(("STR", "TEXT", "\r"))),
    ("the same in a line that recurs", RECURRING + [("index", 0)],
     Question(("STR", "TEXT", "b\r"))),
    ("the same, of the field's value", RECURRING + [("index", 0)],
     Question(("STR", "HEADER", "X-A", "b\r"))),
]


class Found(unittest.TestCase):
    """Each row."""

    def test_rows(self):
        """Index on = index off."""
        for name, events, question in FOUND:
            with self.subTest(name):
                self.assertIsNone(differs(events, question))
                with Driver() as driver:
                    replay(driver, events)


if __name__ == "__main__":
    unittest.main()

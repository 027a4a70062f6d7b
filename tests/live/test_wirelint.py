"""The lint itself: it must find what it is for."""

import unittest

import wirelint

GOOD = """a1 CAPABILITY
a2 AUTHENTICATE PLAIN
a3 EXAMINE "Delete store"
a4 UID FETCH 1:4294967295 (UID FLAGS) (CHANGEDSINCE 5 VANISHED)
a5 UID FETCH 1:3,7 (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])
a6 UID FETCH 9 (UID RFC822.PEEK)
a7 UID FETCH 9 (UID FLAGS BODY.PEEK[HEADER.FIELDS (DATE FROM)])
a8 UID SEARCH RETURN (ALL) UID 1:4294967295
a9 LIST "" "*" RETURN (STATUS (MESSAGES))"""

BAD = """a1 SELECT INBOX
a1 CLOSE
a1 STORE 1 +FLAGS (\\Seen)
a1 UID STORE 1 +FLAGS (\\Seen)
a1 uid move 1 Trash
a1 UID EXPUNGE 1
a1 EXPUNGE
a1 APPEND INBOX {4}
a1 CREATE x
a1 SUBSCRIBE x
a1 FETCH 1 (FLAGS)
a1 UID FETCH 1:* (FLAGS)
a1 UID FETCH * (FLAGS)
a1 UID FETCH 1 (BODY[])
a1 UID FETCH 1 BODY[TEXT]
a1 UID FETCH 1 (UID body[header])
a1 UID FETCH 1 (RFC822)
a1 UID FETCH 1 (RFC822.TEXT)
a1 UID FETCH 1 (BINARY[1])
a1 UID FETCH 1 (ENVELOPE)
a1 UID FETCH 1 (BODY)
a1 UID FETCH 1 FULL
a1 UID SEARCH UID 5:*
x1 NOOP"""


class Lint(unittest.TestCase):
    """Lines, one by one."""

    def test_good(self):
        wirelint.check(GOOD.split("\n"))

    def test_bad(self):
        for line in BAD.split("\n") + ["a1 UID FETCH " + ",".join("1" * 900) + " (FLAGS)"]:
            self.assertIsNotNone(wirelint.wrong(line), line)

    def test_transcript(self):
        wirelint.check_transcript("7 C: a1 NOOP\n7 S: a1 OK STORE\n7 C: (cut)\n7 C: a name\n")
        self.assertEqual(wirelint.commands("7 C: a1 NOOP\n7 S: a1 OK\n7 C: b&-\n"), ["a1 NOOP"])
        for line in ("7 C: a2 STORE 1 FLAGS ()", "8 C: DELE 1"):
            with self.assertRaises(AssertionError):
                wirelint.check_transcript("7 C: a1 NOOP\n%s\n" % line)


if __name__ == "__main__":
    unittest.main()

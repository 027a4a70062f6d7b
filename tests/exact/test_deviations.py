"""Where Dovecot's answer is not ours: each row of the table in docs/search.md ("Dovecot").

A row's test makes mails that show it, and asks for what both find: ours must be what the page says,
Dovecot's what the row says. When Dovecot changes, the row goes.
"""

import datetime
import pathlib
import re
import tempfile
import unittest

import oracle
import servers
from archive_driver import ROOT, Driver
from asker import quoted
from test_oracle import harvested

TEXT = b"Content-Type: text/plain; charset=%s\r\n\r\n%s\r\n"
MAILS = {
    "nodate": b"Subject: a\r\n\r\nx\r\n",
    "baddate": b"Date: soon\r\n\r\nx\r\n",
    "y1950": b"Date: Sun, 05 Mar 1950 12:00:00 +0000\r\n\r\nx\r\n",
    "fraction": b"Date: Tue, 17 Jul 2012 22:23:35.882 0000\r\n\r\nx\r\n",
    "y2107": b"Date: Sat, 05 Mar 2107 12:00:00 +0000\r\n\r\nx\r\n",
    "quoted": b"From: \"Lee, Ann\" <ann@x.example>\r\n\r\nx\r\n",
    "escaped": b"To: \"Bo \\\"B\\\" Ray\" <bo@x.example>\r\n\r\nx\r\n",
    "malformed": b"Cc: whoever <nobody>\r\n\r\nx\r\n",
    "latin": b"Subject: caf\xe9s\r\n\r\nna\xefve\r\n",
    "unknown": TEXT % (b"x-nope", b"r\xf4le"),
    "badtype": b"Content-Type: garbage\r\n\r\nhiddenone\r\n",
    "badparameter": b"Content-Type: multipart/mixed;; boundary=B\r\n\r\n--B\r\n\r\n"
                    b"hiddenthree\r\n--B--\r\n",
    "extended": b"Content-Type: multipart/mixed; boundary*=us-ascii''B\r\n\r\n--B\r\n\r\n"
                b"hiddenfour\r\n--B--\r\n",
    "badencoding": b"Content-Transfer-Encoding: x-own\r\n\r\nhiddentwo\r\n",
    "lines": TEXT % (b"utf-8", b"firstline\r\nsecondline"),
    "lacking": b"Subject: =?x-nope?Q?LackIng?=\r\n\r\nx\r\n",
    "suffixed": b"Subject: =?iso-8859-1*fr?Q?=E9l=E8ve?=\r\n\r\nx\r\n",
    "split": b"Subject: =?utf-8?Q?sm=C3?= =?utf-8?Q?=B8r?=\r\n\r\nx\r\n",
    "twice": TEXT % (b"utf-8", "\u1e69igma \u01d8".encode()),
    "astral": TEXT % (b"utf-8", "\U0001d15e \U00010400".encode()),
}
NAMES = list(MAILS)


@unittest.skipUnless(servers.Dovecot.installed(), "no Dovecot on this machine")
class TestDeviations(unittest.TestCase):
    """One mailbox for all rows."""

    @classmethod
    def setUpClass(cls):
        tmp = cls.enterClassContext(tempfile.TemporaryDirectory(prefix="sheaf-deviations-"))
        server = cls.enterClassContext(servers.Dovecot())
        noon = datetime.datetime(2020, 3, 5, 12, tzinfo=datetime.timezone.utc)
        server.fill("alice", "INBOX", [(raw, "", noon) for raw in MAILS.values()])
        cls.driver = cls.enterClassContext(Driver(harvested(server, tmp)))
        cls.oracle = oracle.Oracle(cls.enterClassContext(server.imap("alice")))
        cls.looked = {name: oracle.Looked(raw) for name, raw in MAILS.items()}

    def both(self, key, needle, ours, theirs, row):
        """We find `ours`, Dovecot finds `theirs`, and the rules of the oracle name the row."""
        query = key.encode() + b" " + (quoted(needle, True) if needle is not None else b"")
        query = query.strip()
        got = {}
        for how in ("index", "scan"):
            hits = self.driver.ask(query, how=how, account="alice", mailbox="INBOX")
            got[how] = {NAMES[u - 1] for _, uids in hits for u in uids}
            self.assertEqual(got[how], set(ours.split()), (query, how))
        dovecot = {NAMES[u - 1] for u in self.oracle.uids(query)}
        self.assertEqual(dovecot, set(theirs.split()), (query, "Dovecot"))
        for name in dovecot ^ got["scan"]:
            self.assertEqual(oracle.allowed(key.split()[0], needle or "", self.looked[name],
                                            name in got["scan"]), row, (query, name))

    def test_sent_no_usable_date_or_out_of_range(self):
        """Dovecot takes 1-Jan-1970 where no Date is usable, and wraps modulo 2^32 seconds."""
        others = " ".join(n for n in NAMES if n not in ("y1950", "y2107"))
        self.both("SENTON 1-Jan-1970", None, "", others, oracle.NO_DATE)
        self.both("SENTON 5-Mar-1950", None, "y1950", "", oracle.NO_DATE)
        self.both("SENTON 17-Jul-2012", None, "fraction", "", oracle.NO_DATE)
        self.both("SENTON 5-Mar-2107", None, "y2107", "", oracle.NO_DATE)
        self.both("SENTON 10-Apr-2086", None, "", "y1950", oracle.NO_DATE)
        self.both("SENTBEFORE 1-Jan-1990", None, "y1950", others + " y2107", oracle.NO_DATE)

    def test_addresses_quote_escape_malformed(self):
        """One form only; placeholders for what is missing."""
        self.both("FROM", "Lee, Ann", "quoted", "quoted", None)
        self.both("FROM", 'Lee, Ann" <ann', "quoted", "quoted", None)
        self.both("FROM", "Lee, Ann <ann", "quoted", "", oracle.QUOTES)
        self.both("TO", 'Bo "B" Ray', "escaped", "", oracle.QUOTES)
        self.both("TO", 'Bo \\"B\\" Ray', "escaped", "escaped", None)
        self.both("CC", "MISSING_DOMAIN", "", "malformed", oracle.QUOTES)
        self.both("CC", "whoever <nobody>", "malformed", "", oracle.QUOTES)

    def test_text_8bit_octets_without_charset(self):
        """U+FFFD where we read windows-1252."""
        self.both("SUBJECT", "cafés", "latin", "", oracle.EIGHT_BIT)
        self.both("SUBJECT", "caf", "latin", "latin", None)
        self.both("BODY", "naïve", "latin", "", oracle.EIGHT_BIT)
        self.both("BODY", "nai", "latin", "", oracle.EIGHT_BIT)
        self.both("BODY", "rôle", "unknown", "", oracle.EIGHT_BIT)

    def test_body_text_content_type_or_encoding(self):
        """Dovecot does not search such a body."""
        for key in ("BODY", "TEXT"):
            self.both(key, "hiddenone", "badtype", "", oracle.BAD_PART)
            self.both(key, "hiddentwo", "badencoding", "", oracle.BAD_PART)
            self.both(key, "hiddenthree", "badparameter", "", oracle.BAD_PART)
            self.both(key, "hiddenfour", "extended", "", oracle.BAD_PART)

    def test_any_needle_with_cr_lf_nul(self):
        """Dovecot compares octets."""
        self.both("BODY", "firstline\r\nsecond", "lines", "lines", None)
        self.both("BODY", "firstline\nsecond", "lines", "", oracle.CONTROL)

    def test_any_encoded_words(self):
        """Case is not folded where iconv lacks the charset; a suffix, a split character."""
        self.both("SUBJECT", "lacking", "lacking", "", oracle.BAD_WORD)
        self.both("SUBJECT", "élève", "suffixed", "", oracle.BAD_WORD)
        self.both("SUBJECT", "smør", "split", "", oracle.BAD_WORD)

    def test_any_decomposition_again_or_beyond_ffff(self):
        """Dovecot decomposes once, and into one character beyond U+FFFF."""
        self.both("BODY", "s\u0323\u0307igma", "twice", "", oracle.DEEP_FOLD)
        self.both("BODY", "u\u0308\u0301", "twice", "", oracle.DEEP_FOLD)
        self.both("BODY", "\U0001d157\U0001d165", "astral", "", oracle.DEEP_FOLD)
        self.both("BODY", "\U00010428", "astral", "astral", None)

    def test_every_row_has_a_test(self):
        """The table in docs/search.md and the tests above."""
        page = (pathlib.Path(ROOT) / "docs" / "search.md").read_text()
        table = page.split("## Dovecot\n", 1)[1]
        rows = re.findall(r"(?m)^\| (?!key|---)(.*?) \|", table)
        tests = [n for n in dir(self) if n.startswith("test_") and n != self._testMethodName]
        self.assertEqual(len(rows), len(tests), (rows, tests))


if __name__ == "__main__":
    unittest.main()

"""The battery of searches that four servers were tried with, against Dovecot: 28 small mails,
each with one thing of its own, and 119 queries.

Dovecot answers live; where docs/search.md decides otherwise, EXPECTED says what we find and which
row of its table allows it.
"""

import base64
import datetime
import re
import tempfile
import unittest

import oracle
import servers
from archive_driver import Bad, Driver
from test_oracle import harvested

DATE = "Date: Wed, 05 Mar 2025 12:00:00 +0000\r\n"
MIME = "MIME-Version: 1.0\r\nContent-Type: %s\r\n"
NOON = datetime.datetime(2025, 3, 5, 12, tzinfo=datetime.timezone.utc)
EVENING = datetime.datetime(2025, 3, 5, 23, 30,
                            tzinfo=datetime.timezone(datetime.timedelta(hours=-8)))


def b64(raw, charset="utf-8"):
    """Text as base64."""
    return base64.encodebytes(raw.encode(charset)).decode().replace("\n", "\r\n")


MIXED = ("preambleword\r\n--B\r\nContent-Type: text/plain\r\nX-Part-Hdr: partheaderword\r\n\r\n"
         "mpfirst\r\n--B\r\nContent-Type: application/octet-stream; name=\"invoicefile.bin\"\r\n"
         "Content-Disposition: attachment; filename=\"invoicefile.bin\"\r\n"
         "Content-Transfer-Encoding: base64\r\n\r\n" + b64("hiddenattachword in binary")
         + "--B--\r\nepilogueword\r\n")
NESTED = ("--C\r\nContent-Type: text/plain\r\n\r\ncover\r\n--C\r\nContent-Type: message/rfc822\r\n"
          "\r\nFrom: inner@inner.example\r\nSubject: innersubjectword\r\nX-Inner: innerhdr\r\n\r\n"
          "innerbodyword\r\n--C--\r\n")
HTML = ('<html><body><a href="http://hrefattr.example/">link</a> bo<b>ld</b>word &eacute;t&eacute;'
        " <script>scriptword</script><style>styleword</style></body></html>\r\n")
QP = "Content-Transfer-Encoding: quoted-printable\r\n"
B64 = "Content-Transfer-Encoding: base64\r\n"
# name: (fields, body); From and To are added where they are missing.
MAILS = {
    "ascii": ("Subject: Hello World\r\n" + DATE, "The quick Brown fox\r\n"),
    "b64subj": ("Subject: =?UTF-8?B?%s?=\r\n" % b64("Über Größe").strip() + DATE, None),
    "b64body": ("Subject: b64b\r\n" + MIME % "text/plain; charset=utf-8" + B64 + DATE,
                b64("contains secretword and straße\r\n")),
    "qpsoft": ("Subject: qps\r\n" + MIME % "text/plain; charset=iso-8859-1" + QP + DATE,
               "this is a split=\r\nword and caf=E9\r\n"),
    "html": ("Subject: ht\r\n" + MIME % "text/html; charset=utf-8" + DATE, HTML),
    "mixed": ("Subject: mpx\r\n" + MIME % "multipart/mixed; boundary=B" + DATE, MIXED),
    "rfc822": ("Subject: outersubj\r\n" + MIME % "multipart/mixed; boundary=C" + DATE, NESTED),
    "folded": ("Subject: folded\r\n subjectline\r\n" + DATE, None),
    "xempty": ("Subject: xe\r\nX-Foo:\r\n" + DATE, None),
    "xfoo": ("Subject: xf\r\nX-Foo: barvalue\r\n" + DATE, None),
    "nodate": ("Subject: nodate\r\n", None),
    "baddate": ("Subject: baddate\r\nDate: not a date at all\r\n", None),
    "tzdate": ("Subject: tzd\r\nDate: Wed, 05 Mar 2025 23:30:00 -0800\r\n", "tz\r\n"),
    "tzint": ("Subject: tzi\r\n" + DATE, "tz\r\n"),
    "bcc": ("Subject: bcc\r\nBcc: secretbcc@example.org\r\nCc: thecc@example.org\r\n" + DATE, None),
    "group": ("Subject: grp\r\nCc: mygroupname: g1@grp.example, g2@grp.example;\r\n" + DATE, None),
    "encfrom": ("From: =?iso-8859-1?Q?M=FCller?= <mu@example.org>\r\nTo: x@y.z\r\nSubject: ef\r\n"
                + DATE, None),
    "rawlatin1": (b"Subject: caf\xe9raw\r\n" + DATE.encode(), b"raw \xe9t\xe9 body\r\n"),
    "rawutf8": ("Subject: caféutf\r\n" + DATE, "raw été body8\r\n"),
    "linebreak": ("Subject: lb\r\n" + DATE, "alphaword\r\nbetaword next  double\r\n"),
    "twosubj": ("Subject: firstsubj\r\nSubject: secondsubj\r\n" + DATE, None),
    "upper": ("Subject: =?UTF-8?Q?=C3=84=C3=96=C3=9CTEST?=\r\n" + DATE, None),
    "nfd": ("Subject: =?UTF-8?Q?e=CC=81te=CC=81nfd?=\r\n" + DATE, None),
    "flagged": ("Subject: fl\r\n" + DATE, None),
    "comment": ('From: "Display Nameword" (commentword) <disp@example.org>\r\nTo: x@y.z\r\n'
                "Subject: cm\r\n" + DATE, None),
    "gb2312": ("Subject: gb\r\n" + MIME % "text/plain; charset=gb2312" + B64 + DATE,
               b64("中文邮件测试", "gb2312")),
    "ew-split": ("Subject: =?UTF-8?Q?spli?=\r\n =?UTF-8?Q?tew?= tail\r\n" + DATE, None),
    "size500": ("Subject: sz\r\n" + DATE, "x" * 60 + "\r\n"),
}
NAMES = list(MAILS)
# One query a line; what stands in « » is sent as a literal; %d is the size of the last mail.
QUERIES = r'''
ALL
SUBJECT "hello"
SUBJECT "LLO WOR"
SUBJECT ""
TEXT ""
BODY ""
FROM ""
BCC ""
HEADER X-Foo ""
HEADER X-Foo "barv"
HEADER x-foo "BARVALUE"
HEADER Subject "hello"
HEADER Date "-0800"
HEADER Received ""
CHARSET UTF-8 SUBJECT «über»
CHARSET UTF-8 SUBJECT «ÜBER»
SUBJECT "uber"
CHARSET UTF-8 SUBJECT «grösse»
CHARSET UTF-8 SUBJECT «GRÖSSE»
CHARSET UTF-8 SUBJECT «äöütest»
CHARSET UTF-8 SUBJECT «étén»
SUBJECT "=?UTF-8"
HEADER Subject "=?UTF-8"
SUBJECT "splitew"
SUBJECT "folded subjectline"
SUBJECT "foldedsubjectline"
SUBJECT "secondsubj"
SUBJECT "innersubjectword"
TEXT "innersubjectword"
BODY "innersubjectword"
BODY "innerbodyword"
TEXT "hello"
BODY "hello"
TEXT "barvalue"
TEXT "X-Foo"
BODY "brown FOX"
BODY "secretword"
BODY "splitword"
CHARSET UTF-8 BODY «café»
BODY STRASSE
CHARSET UTF-8 BODY «straße»
CHARSET UTF-8 BODY «邮件»
BODY "boldword"
BODY "<b>"
BODY "hrefattr"
BODY "scriptword"
BODY "eacute"
CHARSET UTF-8 BODY «été»
BODY "hiddenattachword"
TEXT "hiddenattachword"
BODY "invoicefile"
TEXT "invoicefile"
BODY "partheaderword"
TEXT "partheaderword"
BODY "preambleword"
BODY "epilogueword"
BODY "alphaword betaword"
BODY "next double"
CHARSET UTF-8 FROM «müller»
FROM "nameword"
FROM "commentword"
FROM "<disp@"
FROM "nameword\" <disp"
CC "mygroupname"
CC "g2@grp"
BCC "secretbcc"
TO "thecc"
CHARSET UTF-8 SUBJECT «caféraw»
CHARSET UTF-8 SUBJECT «caféutf»
ON 5-Mar-2025 SUBJECT "tzi"
ON 6-Mar-2025 SUBJECT "tzi"
SENTON 5-Mar-2025 SUBJECT "tzd"
SENTON 6-Mar-2025 SUBJECT "tzd"
SENTBEFORE 1-Jan-1990
SENTSINCE 1-Jan-1970 SUBJECT "nodate"
SENTSINCE 1-Jan-1970 SUBJECT "baddate"
SENTON 5-Mar-2025 SUBJECT "nodate"
NOT SENTSINCE 1-Jan-1970
BEFORE 5-Mar-2025
SINCE 10-Mar-2025
SINCE "10-Mar-2025"
ON 05-MAR-2025 SUBJECT "hello"
FLAGGED
KEYWORD nosuch
UNKEYWORD nosuch
NEW
OLD
RECENT
OR SUBJECT "ht" SUBJECT "mpx"
NOT (SUBJECT "a" BODY "plain")
UID 5:3
UID *
UID 999:*
UID 4294967295:*
1:3,5
500
UID 0
LARGER %d
SMALLER %d
CHARSET X-NOPE SUBJECT "hello"
CHARSET US-ASCII SUBJECT "hello"
CHARSET ISO-8859-1 SUBJECT «‹fc›ber»
SUBJECT «über»
SUBJECT "über"
YOUNGER 3600
OLDER 3600
MODSEQ 1
RETURN (MIN MAX COUNT) ALL
RETURN () ALL
RETURN (PARTIAL 1:3) ALL
FUZZY SUBJECT "hello"
SAVEDSINCE 1-Jan-2020
SAVEDATESUPPORTED
EMAILID Mx
FILTER x
X-GM-RAW "hello"
MIMEPART
FOO
INTHREAD REFS SUBJECT "hello"
'''.strip().split("\n")
ALL = " ".join(NAMES)
# Where we find something else, and why that is right.
EXPECTED = {
    "CHARSET UTF-8 SUBJECT «caféraw»": ("rawlatin1", oracle.EIGHT_BIT),
    "CHARSET UTF-8 BODY «été»": ("rawlatin1 rawutf8", oracle.EIGHT_BIT),
    "SENTBEFORE 1-Jan-1990": ("", oracle.NO_DATE),
    'SENTSINCE 1-Jan-1970 SUBJECT "nodate"': ("", oracle.NO_DATE),
    'SENTSINCE 1-Jan-1970 SUBJECT "baddate"': ("", oracle.NO_DATE),
    "NOT SENTSINCE 1-Jan-1970": ("nodate baddate", oracle.NO_DATE),
}
# These depend on the session or on when the mails were stored, or Dovecot lacks them.
OURS = {"RECENT": ALL, "OLD": "", "EMAILID Mx": "", 'X-GM-RAW "hello"': "ascii",
        "NEW": " ".join(n for n in NAMES if n != "flagged")}
# The first visit of a mailbox does not ask for modification sequences: then nothing has one.
HARVESTED = {"MODSEQ 1"}
# Dovecot's own, no key of docs/search.md.
ABSENT = {'INTHREAD REFS SUBJECT "hello"'}
# Answered with other things than UIDs.
RESULTS = {"RETURN (MIN MAX COUNT) ALL", "RETURN () ALL", "RETURN (PARTIAL 1:3) ALL"}


def mail(name):
    """One of the mails."""
    fields, body = MAILS[name]
    fields, body = [x if isinstance(x, bytes) else (x or "plain\r\n").encode()
                    for x in (fields, body)]
    base = b"" if fields.startswith(b"From:") else \
        b"From: base%d@example.org\r\nTo: rcpt@example.org\r\n" % (NAMES.index(name) + 1)
    return base + fields + b"\r\n" + body


def wire(line, size):
    """A line of QUERIES as it is sent."""
    def literal(found):
        raw = found[1].encode()
        raw = re.sub(rb"\xe2\x80\xb9(\w\w)\xe2\x80\xba", lambda m: bytes.fromhex(m[1].decode()),
                     raw)
        return b"{%d}\r\n" % len(raw) + raw

    parts = re.split("«(.*?)»", line.replace("%d", str(size)))
    return b"".join(literal((None, p)) if i % 2 else p.encode() for i, p in enumerate(parts))


@unittest.skipUnless(servers.Dovecot.installed(), "no Dovecot on this machine")
class TestBattery(unittest.TestCase):
    """One mailbox for all queries."""

    @classmethod
    def setUpClass(cls):
        tmp = cls.enterClassContext(tempfile.TemporaryDirectory(prefix="sheaf-battery-"))
        server = cls.enterClassContext(servers.Dovecot())
        dates = {"tzdate": NOON + datetime.timedelta(days=5), "tzint": EVENING}
        server.append_all("alice", "INBOX", [
            (mail(n), "\\Flagged \\Seen" if n == "flagged" else "", dates.get(n, NOON))
            for n in NAMES])
        cls.driver = cls.enterClassContext(Driver(harvested(server, tmp)))
        cls.oracle = oracle.Oracle(cls.enterClassContext(server.imap("alice")))

    def ours(self, query):
        """Names of the mails we find, or None where we refuse."""
        found = []
        for how in ("index", "scan"):
            try:
                hits = self.driver.ask(query, how=how, account="alice", mailbox="INBOX",
                                       sort="number")
                found.append({NAMES[u - 1] for _, uids in hits for u in uids})
            except Bad as bad:
                self.assertGreater(bad.args[0], 0, query)
                self.later = "not supported" in bad.args[1]
                found.append(None)
        self.assertEqual(*found, query)
        return found[0]

    def one(self, line):
        """What is wrong with our answer, or None."""
        query = wire(line, len(mail("size500")))
        self.later = False
        ours = self.ours(query)
        if self.later or (ours is None and line in ABSENT):
            return None
        done, uids = self.oracle.answer(b"UID SEARCH " + query)
        theirs = {NAMES[u - 1] for u in uids or ()} if done.startswith(b"OK") else None
        if line in HARVESTED and not ours:
            return None
        if line in OURS:
            want = set(OURS[line].split())
        elif line in EXPECTED:
            want = set(EXPECTED[line][0].split())
            if want == theirs:
                return "%s: Dovecot does not deviate any more" % line
        elif line in RESULTS:
            want = set(NAMES)
        else:
            want = theirs
        return None if ours == want else "%s: we find %r, right is %r" % (line, ours, want)

    def test_queries(self):
        """All of them."""
        self.assertEqual((len(NAMES), len(QUERIES)), (28, 119))
        wrong = [w for w in map(self.one, QUERIES) if w]
        self.assertEqual(wrong, [], "\n".join(wrong))


if __name__ == "__main__":
    unittest.main()

"""The IMAP dialect against Dovecot: a harvested mailbox, every key, one key at a time.

Dovecot 2.3's own booleans are wrong, so the test computes NOT, OR and AND itself and compares
whole trees with sheaf's answers, with and without the index. Where Dovecot deviates from
docs/search.md the rules below say so by name; anything else that differs fails.
SHEAF_SEED runs another set of queries.
"""

import os
import pathlib
import random
import re
import subprocess
import tempfile
import unittest

import generate
import servers
from archive_driver import ROOT, Driver

SHEAF = os.environ.get("SHEAF", str(ROOT / "build" / "sheaf"))
LONG = bool(os.environ.get("SHEAF_LONG"))
MESSAGES = 1200 if LONG else 360
LEAVES = 3000 if LONG else 520
TREES = 2000 if LONG else 250
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
FLAGS = ["SEEN", "ANSWERED", "FLAGGED", "DELETED", "DRAFT"]
SENT = ("SENTBEFORE", "SENTON", "SENTSINCE")
ADDRESS = ("FROM", "TO", "CC", "BCC")
FIELDS = ["Subject", "From", "To", "Cc", "Date", "Message-ID", "Received", "X-Mailer", "X-Empty",
          "X-Blank", "X-Space", "References", "List-Id", "Content-Type", "x-twice", "X-Long",
          "Comments", "X-Language", "MIME-Version", "X-Nope"]

# Kinds of generated messages that a rule is about.
UNDATED = {"date_odd", "date_odd_again", "date_missing", "headers_none"}
MALFORMED = {"addresses_malformed"}
QUOTES = {"addresses_quoted", "addresses_comments", "addresses_encoded", "addresses_group"}
RAW_8BIT = {"charset_unknown", "charset_missing_8bit", "charset_wrong", "raw_latin1_header",
            "raw_koi8_header"}
ENCODING = {"encoding_unknown"}
BAD_WORDS = {"words_split_character", "words_bad", "words_inside"}


def allowed(key, needle, kind, ours_only):
    """The named deviation of Dovecot that may explain a difference, or None."""
    if key in SENT and kind in UNDATED:
        return "no usable Date, or one outside 1970 to 2106"
    if key in ADDRESS and kind in MALFORMED:
        return "malformed address"
    if key in ADDRESS and (set('"\\\'') & set(needle) or kind in QUOTES):
        return "needle at a quote or escape"
    # Dovecot writes "Ann Lee" <ann@…>; we try the name without quotes, too.
    if key in ADDRESS and ours_only and re.search(r"^ | $|\S <|[,:;] \S", needle):
        return "needle at a quote or escape"
    # What we read as windows-1252 is a letter that may decompose into one of ASCII.
    if kind in RAW_8BIT and (ours_only or not needle.isascii()):
        return "8-bit octets without a usable charset"
    if key in ("BODY", "TEXT") and kind in ENCODING:
        return "unknown transfer encoding"
    if set("\r\n\0") & set(needle):
        return "needle with CR, LF or NUL"
    if kind in BAD_WORDS:
        return "encoded word that Dovecot decodes otherwise"
    if ours_only and kind == "body_unicode" and set(needle.lower()) <= set("dz\u017e\u030c"):
        return "a decomposition that decomposes again"
    if any(ord(c) > 0xFFFF for c in needle):
        return "beyond U+FFFF"
    return None


class Oracle:
    """One SELECTed mailbox; keys asked with non-synchronising literals."""

    def __init__(self, box):
        self.box = box
        self.tag = 0
        box.select("INBOX", readonly=True)

    def uids(self, query):
        """UID SEARCH of one key, in UTF-8."""
        self.tag += 1
        tag = b"Q%d" % self.tag
        line = b"%s UID SEARCH CHARSET UTF-8 %s\r\n" % (tag, query.replace(b"}\r\n", b"+}\r\n"))
        self.box.send(line)
        found = None
        while True:
            got = self.box.readline()
            if got.startswith(b"* SEARCH"):
                found = {int(x) for x in got.split()[2:]}
            elif got.startswith(tag):
                if not got.startswith(tag + b" OK"):
                    raise AssertionError("%r: %r" % (query, got))
                return found


class Asker:
    """Makes keys out of what stands in the messages."""

    def __init__(self, rng, mails):
        self.r = rng
        self.mails = mails
        self.texts = [t for lines in generate.TEXTS.values() for t in lines.split("\n")]
        self.texts += generate.SUBJECTS + [x for p in generate.PEOPLE for x in p if x]
        self.texts += ["%s <%s>" % p for p in generate.PEOPLE]

    def source(self):
        """A line of text that stands in some message, decoded or as it is on the wire."""
        r = self.r
        if r.random() < .5:
            return r.choice(self.texts)
        lines = r.choice(self.mails).data.split(b"\r\n")
        line = r.choice(lines).decode("ascii", "ignore")
        return re.sub("[^ -~\t]", "", line) or "the"

    def needle(self):
        r = self.r
        s = self.source()
        x = r.random()
        if x < .3:
            s = r.choice(s.split() or ["a"])
        elif x < .8:
            a = r.randrange(len(s))
            s = s[a:a + r.choice([1, 2, 3, 4, 5, 8, 13, 30])]
        if r.random() < .15:
            s = s.upper() if r.random() < .5 else s.lower()
        if r.random() < .03:
            s = s + r.choice(["\r\n", "x", "☃", "\r\n "])
        return s if r.random() < .97 else ""

    def day(self):
        r = self.r
        return "%d-%s-%d" % (r.randint(1, 28), r.choice(MONTHS), r.randint(1969, 2027))

    @staticmethod
    def quoted(s):
        raw = s.encode()
        return b"{%d}\r\n" % len(raw) + raw

    def leaf(self):
        """(key, needle, query)"""
        r = self.r
        key = r.choice(["TEXT", "BODY", "SUBJECT", "FROM", "TO"] * 3 + ["CC", "BCC"]
                       + ["HEADER"] * 3 + list(SENT)
                       + ["BEFORE", "ON", "SINCE", "LARGER", "SMALLER", "FLAG", "KEYWORD", "UID",
                          "SEQ", "ALL"])
        if key in SENT or key in ("BEFORE", "ON", "SINCE"):
            day = self.mail_day() if r.random() < .5 else self.day()
            return key, "", ("%s %s" % (key, day)).encode()
        if key in ("LARGER", "SMALLER"):
            size = len(r.choice(self.mails).data) + r.choice([-1, 0, 0, 1, 7])
            return key, "", ("%s %d" % (key, size)).encode()
        if key == "FLAG":
            return key, "", (r.choice(["", "UN"]) + r.choice(FLAGS)).encode()
        if key == "KEYWORD":
            return key, "", ("%sKEYWORD %s" % (r.choice(["", "UN"]), r.choice(
                ["Work", "$Forwarded", "work", "none"]))).encode()
        if key in ("UID", "SEQ"):
            # Dovecot's "366:*" finds nothing of 360 messages, against RFC 9051 ("*" is in it).
            n = len(self.mails) - (9 if key == "SEQ" else 0)
            ends = [r.choice([str(r.randint(1, n + 9)), "*"]) for _ in range(3)]
            text = "%s:%s,%s" % tuple(ends) if r.random() < .7 else ends[0]
            return key, "", (("UID " if key == "UID" else "") + text).encode()
        if key == "ALL":
            return key, "", b"ALL"
        needle = self.needle()
        if key == "HEADER":
            return key, needle, b"HEADER " + r.choice(FIELDS).encode() + b" " + self.quoted(needle)
        return key, needle, key.encode() + b" " + self.quoted(needle)

    def mail_day(self):
        d = self.r.choice(self.mails).date
        return "%d-%s-%d" % (d.day, MONTHS[d.month - 1], d.year)

    def tree(self, leaves, depth):
        """(query, function from the leaves' sets to a set)"""
        r = self.r
        x = r.random()
        if depth == 0 or x < .3:
            i = r.randrange(len(leaves))
            return leaves[i][2], lambda sets, everything: sets[i]
        if x < .5:
            q, f = self.tree(leaves, depth - 1)
            return b"NOT " + q, lambda sets, everything: everything - f(sets, everything)
        (qa, fa), (qb, fb) = self.tree(leaves, depth - 1), self.tree(leaves, depth - 1)
        if x < .75:
            return b"OR %s %s" % (qa, qb), lambda sets, e: fa(sets, e) | fb(sets, e)
        return b"(%s %s)" % (qa, qb), lambda sets, e: fa(sets, e) & fb(sets, e)


@unittest.skipUnless(servers.Dovecot.installed(), "no Dovecot on this machine")
class TestOracle(unittest.TestCase):
    """One mailbox for all tests."""

    @classmethod
    def setUpClass(cls):
        cls.tmp = tempfile.TemporaryDirectory(prefix="sheaf-oracle-")
        cls.addClassCleanup(cls.tmp.cleanup)
        cls.server = servers.Dovecot()
        cls.enterClassContext(cls.server)
        cls.mails = generate.messages(MESSAGES)
        cls.server.append_all("alice", "INBOX", [(m.data, m.flags, m.date) for m in cls.mails])
        cls.kinds = dict(enumerate((m.kind for m in cls.mails), 1))
        cls.archive = str(pathlib.Path(cls.tmp.name) / "archive")
        for args in (["init", cls.archive], ["-C", cls.archive, "harvest"],
                     ["-C", cls.archive, "index"]):
            if args[-1] == "harvest":
                with open(cls.archive + "/sheaf.conf", "a", encoding="utf-8") as f:
                    f.write(cls.server.account("alice"))
            done = subprocess.run([SHEAF] + args, capture_output=True, check=False, timeout=300)
            if done.returncode:
                raise AssertionError("%s: %d %s" % (args, done.returncode, done.stderr.decode()))
        cls.driver = cls.enterClassContext(Driver(cls.archive))
        cls.oracle = Oracle(cls.enterClassContext(cls.server.imap("alice")))
        cls.all = cls.oracle.uids(b"ALL")
        cls.asker = Asker(random.Random(int(os.environ.get("SHEAF_SEED", "1"))), cls.mails)

    def ours(self, query, how):
        """The UIDs sheaf finds."""
        return {uid for _, uids in self.driver.ask(query, how=how, account="alice",
                                                   mailbox="INBOX", sort="number") for uid in uids}

    def test_harvested(self):
        self.assertEqual(len(self.all), MESSAGES)
        self.assertEqual(self.ours(b"ALL", "scan"), self.all)

    def leaf(self, key, needle, query):
        """What is right: Dovecot's answer, but ours where a named deviation explains it."""
        theirs, ours = self.oracle.uids(query), self.ours(query, "scan")
        for uid in theirs ^ ours:
            why = allowed(key, needle, self.kinds[uid], uid in ours)
            if why is None:
                self.bad.append("%r: %s only finds UID %d, a %s" % (
                    query, "Dovecot" if uid in theirs else "sheaf", uid, self.kinds[uid]))
            self.seen[why] = self.seen.get(why, 0) + 1
        if self.ours(query, "index") != ours:
            self.bad.append("%r: the index changes the answer" % query)
        return ours

    def test_keys_and_trees(self):
        self.bad, self.seen = [], {}
        leaves = [self.asker.leaf() for _ in range(LEAVES)]
        sets = [self.leaf(*leaf) for leaf in leaves]
        some = sum(0 < len(s) < MESSAGES for s in sets)
        for _ in range(TREES):
            query, compute = self.asker.tree(leaves, 4)
            want = compute(sets, self.all)
            for how in ("index", "scan"):
                got = self.ours(query, how)
                if got != want:
                    self.bad.append("%r (%s): differ %r" % (query, how, sorted(got ^ want)[:9]))
        if self.bad:
            self.fail("%d differences, these among them:\n%s" % (
                len(self.bad), "\n".join(self.bad[:40])))
        self.assertGreater(some, LEAVES // 3)
        print("%d keys, %d trees; deviations of Dovecot: %s" % (LEAVES, TREES, self.seen))


if __name__ == "__main__":
    unittest.main()

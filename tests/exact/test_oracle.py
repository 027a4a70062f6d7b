"""The IMAP dialect against Dovecot: a harvested mailbox of real mails, one key at a time.

Queries are made of the words, fragments, dates, sizes, flags and fields of the mails. Dovecot 2.3's
own booleans are wrong, so it is asked for single keys; the test computes NOT, OR and AND itself and
compares whole trees with sheaf's answers, with and without the index. Where Dovecot deviates from
docs/search.md, a row of the table there says so (oracle.py); anything else that differs fails.
$SHEAF_CORPORA names a folder of real mails. SHEAF_SEED runs another set, SHEAF_QUERIES so many.
"""

import collections
import os
import pathlib
import random
import re
import subprocess
import tempfile
import time
import unittest

import oracle
import realmails
import servers
from archive_driver import ROOT, Driver
from asker import quoted

SHEAF = os.environ.get("SHEAF", str(ROOT / "build" / "sheaf"))
LONG = bool(os.environ.get("SHEAF_LONG"))
QUERIES = int(os.environ.get("SHEAF_QUERIES", "4000" if LONG else "600"))
SECONDS = 80  # a slow machine asks fewer, and says so
REAL, MADE = (2000, 1200) if LONG else (700, 360)
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
FLAGS = ["SEEN", "ANSWERED", "FLAGGED", "DELETED", "DRAFT"]
STRINGS = ["TEXT", "BODY", "SUBJECT", "FROM", "TO"] * 3 + ["CC", "BCC"] + ["HEADER"] * 4
OTHERS = list(oracle.SENT) + ["BEFORE", "ON", "SINCE", "LARGER", "SMALLER", "FLAG", "KEYWORD",
                              "UID", "SEQ", "ALL"]
FIELDS = ["Subject", "From", "To", "Cc", "Date", "Message-ID", "Received", "X-Mailer", "X-Empty",
          "References", "List-Id", "Content-Type", "In-Reply-To", "MIME-Version", "X-Nope"]

# A key: its name, the needle, the field it looks at, and how it is asked.
Key = collections.namedtuple("Key", "name needle field query")


class Asker:
    """Makes keys out of what stands in the mails."""

    def __init__(self, rng, mails):
        self.r = rng
        self.mails = mails

    def needle(self):
        """A word or a fragment of some line of some mail."""
        r = self.r
        s = r.choice(r.choice(self.mails).texts())
        x = r.random()
        if x < .3:
            s = r.choice(s.split() or ["a"])
        elif x < .9:
            a = r.randrange(len(s))
            s = s[a:a + r.choice([1, 2, 3, 4, 5, 8, 13, 30])]
        if r.random() < .15:
            s = s.upper() if r.random() < .5 else s.lower()
        if r.random() < .03:
            s = s + r.choice(["\r\n", "x", "☃", "\r\n "])
        return s[:300].replace("\0", "") if r.random() < .97 else ""

    def field(self):
        """The name of some field of some mail."""
        r = self.r
        names = re.findall(rb"(?m)^([\w-]+):", r.choice(self.mails).data[:5000])
        return r.choice(names).decode() if names and r.random() < .5 else r.choice(FIELDS)

    def day(self):
        """A day near the arrival or the Date field of some mail, or any."""
        r = self.r
        mail = r.choice(self.mails)
        sent = re.search(rb"(?m)^Date:.*?\b(\d\d?) (%s) ((?:19|20)\d\d)\b"
                         % "|".join(MONTHS).encode(), mail.data)
        if sent and 1 <= int(sent[1]) <= 28 and r.random() < .5:
            return "%d-%s-%s" % (int(sent[1]), sent[2].decode(), sent[3].decode())
        if r.random() < .7:
            return "%d-%s-%d" % (mail.date.day, MONTHS[mail.date.month - 1], mail.date.year)
        return "%d-%s-%d" % (r.randint(1, 28), r.choice(MONTHS), r.randint(1969, 2027))

    def set_of(self, name):
        """A set of UIDs or numbers."""
        # Dovecot's "366:*" finds nothing of 360 messages, against RFC 9051 ("*" is in it).
        most = len(self.mails) + (0 if name == "SEQ" else 9)
        ends = [self.r.choice([str(self.r.randint(1, most)), "*"]) for _ in range(3)]
        return "%s:%s,%s" % tuple(ends) if self.r.random() < .7 else ends[0]

    def plain(self, name):
        """A key without a string, as it is asked."""
        r = self.r
        if name in oracle.SENT or name in ("BEFORE", "ON", "SINCE"):
            return "%s %s" % (name, self.day())
        if name in ("LARGER", "SMALLER"):
            raw = r.choice(self.mails).data
            size = len(raw) + raw.count(b"\n") - raw.count(b"\r\n")
            return "%s %d" % (name, max(0, size + r.choice([-1, 0, 0, 1, 7])))
        if name == "FLAG":
            return r.choice(["", "UN"]) + r.choice(FLAGS)
        if name == "KEYWORD":
            return "%sKEYWORD %s" % (r.choice(["", "UN"]), r.choice(
                ["Work", "$Forwarded", "work", "none"]))
        if name in ("UID", "SEQ"):
            return ("UID " if name == "UID" else "") + self.set_of(name)
        return name

    def key(self):
        """A random one."""
        name = self.r.choice(STRINGS + OTHERS)
        if name not in STRINGS:
            return Key(name, "", "", self.plain(name).encode())
        needle = self.needle()
        field = self.field() if name == "HEADER" else ""
        words = [name.encode()] + ([field.encode()] if field else [])
        return Key(name, needle, field, b" ".join(words + [quoted(needle, True)]))

    def tree(self, depth=4):
        """A tree of keys: a Key, ("NOT", t), ("OR", t, t), ("AND", t, t)."""
        r = self.r
        x = r.random()
        if depth == 0 or x < .35:
            return self.key()
        if x < .5:
            return "NOT", self.tree(depth - 1)
        return r.choice(["OR", "AND"]), self.tree(depth - 1), self.tree(depth - 1)


def keys_of(tree):
    """The keys in a tree."""
    if isinstance(tree, Key):
        return [tree]
    return [k for kid in tree[1:] for k in keys_of(kid)]


def render(tree):
    """The tree as it is asked."""
    if isinstance(tree, Key):
        return tree.query
    kids = [render(t) for t in tree[1:]]
    return b"(%s %s)" % tuple(kids) if tree[0] == "AND" else b" ".join([tree[0].encode()] + kids)


def computed(tree, sets, everything):
    """What the tree selects when its keys select these sets."""
    if isinstance(tree, Key):
        return sets[tree.query]
    kids = [computed(t, sets, everything) for t in tree[1:]]
    if tree[0] == "NOT":
        return everything - kids[0]
    return kids[0] | kids[1] if tree[0] == "OR" else kids[0] & kids[1]


@unittest.skipUnless(servers.Dovecot.installed(), "no Dovecot on this machine")
class TestOracle(unittest.TestCase):
    """One mailbox for all tests."""

    @classmethod
    def setUpClass(cls):
        cls.tmp = tempfile.TemporaryDirectory(prefix="sheaf-oracle-")
        cls.addClassCleanup(cls.tmp.cleanup)
        cls.seed = int(os.environ.get("SHEAF_SEED", "1"))
        cls.rng = random.Random(cls.seed)
        cls.mails, cls.what = realmails.mails(cls.rng, REAL, MADE)
        print("NOTE: seed %d, %s" % (cls.seed, cls.what), flush=True)
        cls.server = servers.Dovecot()
        cls.enterClassContext(cls.server)
        cls.server.fill("alice", "INBOX", [(m.data, m.flags, m.date) for m in cls.mails])
        cls.mark_keywords()
        cls.archive = harvested(cls.server, cls.tmp.name)
        cls.driver = cls.enterClassContext(Driver(cls.archive))
        cls.oracle = oracle.Oracle(cls.enterClassContext(cls.server.imap("alice")))
        cls.all = cls.oracle.uids(b"ALL")
        cls.looked = [None] + [oracle.Looked(m.data, m.texts) for m in cls.mails]

    @classmethod
    def mark_keywords(cls):
        """Some mails get keywords, as a client would give them."""
        with cls.server.imap("alice") as box:
            box.select("INBOX")
            for keyword in ("Work", "$Forwarded"):
                some = cls.rng.sample(range(1, len(cls.mails) + 1), len(cls.mails) // 5)
                box.uid("STORE", ",".join(map(str, sorted(some))), "+FLAGS.SILENT", keyword)

    def ours(self, query, how):
        """The UIDs sheaf finds."""
        return {uid for _, uids in self.driver.ask(query, how=how, account="alice",
                                                   mailbox="INBOX", sort="number") for uid in uids}

    def test_harvested(self):
        """All of them are there, under their numbers."""
        self.assertEqual(self.all, set(range(1, len(self.mails) + 1)))
        self.assertEqual(self.ours(b"ALL", "scan"), self.all)

    def right(self, key):
        """What the key selects: Dovecot's answer, but ours where the table explains it."""
        theirs, ours = self.oracle.uids(key.query), self.ours(key.query, "index")
        wrong = []
        for uid in sorted(theirs ^ ours):
            row = oracle.allowed(key.name, key.needle, self.looked[uid], uid in ours, key.field)
            self.seen[row] += 1
            if row is None:
                wrong.append("%s %d (%s)" % ("Dovecot" if uid in theirs else "sheaf", uid,
                                             self.mails[uid - 1].kind))
        if wrong:
            self.bad.append("%r: %d UIDs only one finds: %s" % (
                key.query, len(wrong), ", ".join(wrong[:5])))
        return ours

    def test_queries(self):
        """Random trees of random keys."""
        self.bad, self.seen = [], collections.Counter()
        asker, sets, some, asked = Asker(self.rng, self.mails), {}, 0, 0
        end = time.monotonic() + (SECONDS if not LONG else 3000)
        for number in range(QUERIES):
            if time.monotonic() > end and asked >= QUERIES // 4:
                break
            asked += 1
            tree = asker.tree()
            for key in keys_of(tree):
                if key.query not in sets:
                    sets[key.query] = self.right(key)
            want = computed(tree, sets, self.all)
            some += 0 < len(want) < len(self.all)
            for how in ("index", "scan") if number % 10 == 0 else ("index",):
                got = self.ours(render(tree), how)
                if got != want:
                    self.bad.append("%r (%s): differ %r" % (render(tree), how,
                                                            sorted(got ^ want)[:9]))
        print("NOTE: %d queries, %d keys; differences that the table names: %s" % (
            asked, len(sets), dict(self.seen)), flush=True)
        if self.bad:
            self.fail("seed %d: %d differences, these among them:\n%s" % (
                self.seed, len(self.bad), "\n".join(self.bad[:60])))
        self.assertGreater(some, asked // 3)


def harvested(server, folder):
    """An archive with alice's mail in it, indexed."""
    archive = str(pathlib.Path(folder) / "archive")
    for args in (["init", archive], ["-C", archive, "harvest"], ["-C", archive, "index"]):
        if args[-1] == "harvest":
            with open(archive + "/sheaf.conf", "a", encoding="utf-8") as f:
                f.write(server.account("alice"))
        done = subprocess.run([SHEAF] + args, capture_output=True, check=False, timeout=600)
        if done.returncode:
            raise AssertionError("%s: %d %s" % (args, done.returncode, done.stderr.decode()))
    return archive


if __name__ == "__main__":
    unittest.main()

"""Keys that judge what a server said of a copy: dates, ids, labels, numbers, mailboxes.

Three ways must agree: the index, the matcher on every message, and this file, which computes the
answer from the facts by the words of docs/search.md. The facts are put into the catalog as a
harvest would have left them. A failure prints seed and query; SHEAF_SEED runs one seed.
"""

import os
import pathlib
import random
import sqlite3
import time
import unittest

from archive_driver import SEEN, Driver

SEEDS = 12 if os.environ.get("SHEAF_LONG") else 3
MESSAGES, QUERIES = 120, 150
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
BOXES = ["INBOX", "Sent", "Lists", "Lists/alsa", "Lists/alsa/old", "Lists.x", "Listsx", "inbox/a"]
LABELS = ["Work", "^Inbox", "a%20b", "M&APw-ll", "M%C3%BCll"]
FACTS = ("number account mailbox internaldate zone flags keywords modseq emailid threadid savedate "
         "savezone").split()


def date(day):
    """5-Mar-2020."""
    t = time.gmtime(day * 86400)
    return "%d-%s-%04d" % (t.tm_mday, MONTHS[t.tm_mon - 1], t.tm_year)


def below(name, base, deep):
    """RFC 7377: is it the mailbox, or below it?"""
    top, rest = name[:len(base)], name[len(base):]
    if top != base and not (top.upper() == base.upper() == "INBOX"):
        return False
    return not rest or rest[0] == "/" and (deep or "/" not in rest[1:])


def any_case(label):
    """The keyword of a label, whatever its letters."""
    return lambda c: ("label:" + label).lower() in c["keywords"].lower().split(" ")


class Asker:
    """Makes keys and, for each, the function that says yes or no to a copy."""

    def __init__(self, rng, rows):
        self.r, self.rows = rng, rows

    def compare(self, name, saved):
        c = self.r.choice(self.rows)
        day = self.day(c, saved) + self.r.choice([-1, 0, 0, 1])
        how = self.r.choice(["BEFORE", "ON", "SINCE"])
        judge = {"BEFORE": lambda x: self.day(x, saved) < day,
                 "ON": lambda x: self.day(x, saved) == day,
                 "SINCE": lambda x: self.day(x, saved) >= day}[how]
        return "%s%s %s" % (name, how, date(day)), judge

    @staticmethod
    def day(c, saved):
        """The calendar date as the server wrote it."""
        if saved and c["savedate"]:
            return (c["savedate"] + 60 * c["savezone"]) // 86400
        return (c["internaldate"] + 60 * c["zone"]) // 86400

    def key(self):
        """A query and its judge."""
        r = self.r
        c = r.choice(self.rows)
        kind = r.randrange(12)
        if kind < 3:
            return self.compare("SAVED", True)
        if kind == 3:
            return self.compare("", False)
        if kind == 4:
            return "SAVEDATESUPPORTED", lambda x: x["savedate"] != 0
        if kind == 5:
            m = max(0, c["modseq"] + r.choice([-1, 0, 1]))
            return (r.choice(["MODSEQ %d", 'MODSEQ "/flags/\\\\seen" all %d']) % m,
                    lambda x: x["modseq"] > 0 and x["modseq"] >= m)
        if kind in (6, 7):
            column = ("emailid", "threadid")[kind - 6]
            value = c[column] or "nope"
            if value.isdigit():
                return ("%s %s" % (("X-GM-MSGID", "X-GM-THRID")[kind - 6], value),
                        lambda x: x[column] == value)
            value = value if r.random() < .8 else value.lower()
            return "%s %s" % (column.upper(), value), lambda x: x[column] == value
        if kind == 8:
            return r.choice([
                ('X-GM-LABELS "\\\\inbox"', any_case("^Inbox")),
                ("X-GM-LABELS work", any_case("Work")), ('X-GM-LABELS "A b"', any_case("a%20b")),
                ("X-GM-LABELS Müll", lambda x: any_case("M&APw-ll")(x) or any_case("M%C3%BCll")(x)),
                ("X-GM-LABELS M&APw-ll", any_case("M&APw-ll")), ("X-GM-LABELS b", any_case("b"))])
        if kind == 9:
            return r.choice([("SEEN", lambda x: x["flags"] & SEEN != 0),
                             ("UNSEEN", lambda x: x["flags"] & SEEN == 0)])
        number = c["number"]
        if kind == 10:
            return ("FUZZY %s" % r.choice(["SUBJECT \"WORD%d numbers\"", "TEXT word%d",
                                           "(BODY numbering SUBJECT word%d)"]) % number,
                    lambda x: x["number"] == number)
        return 'X-GM-RAW "word%d OR word%d"' % (number, number + 1), lambda x: (
            x["number"] in (number, number + 1))

    def tree(self, depth):
        """A query of several keys and its judge. OR and AND are about one copy."""
        r = self.r
        x = r.random()
        if depth == 0 or x < .4:
            return self.key()
        one, judge = self.tree(depth - 1)
        if x < .55:
            return "NOT (%s)" % one, lambda c: not judge(c)
        other, second = self.tree(depth - 1)
        if x < .75:
            return "OR (%s) (%s)" % (one, other), lambda c: judge(c) or second(c)
        return "(%s %s)" % (one, other), lambda c: judge(c) and second(c)

    def where(self):
        """Nothing, or IN (…)."""
        r = self.r
        if r.random() < .6:
            return "", lambda c: True
        base = r.choice(["Lists", "Lists/alsa", "INBOX", "Sent"])
        return r.choice([
            ("IN (subtree %s) " % base, lambda c: below(c["mailbox"], base, True)),
            ("IN (subtree-one (Sent %s)) " % base,
             lambda c: below(c["mailbox"], base, False) or c["mailbox"] == "Sent"),
            ("IN (inboxes mailboxes \"Lists.x\") ", lambda c: c["mailbox"] in ("INBOX", "Lists.x")),
            ("IN (personal) ", lambda c: True)])


class Keys(unittest.TestCase):
    """One archive for each seed."""

    def fill(self, d, rng):
        """Messages in mailboxes, then the facts; the copies as dictionaries."""
        for i in range(1, MESSAGES + 1):
            raw = b"Subject: word%d number\r\n\r\nnumbers %d\r\n" % (i, i)
            for _ in range(rng.choice([1, 1, 1, 2])):
                d.add(raw, account=rng.choice("ab"), mailbox=rng.choice(BOXES),
                      date=rng.randint(86400, 4 * 10**6), zone=rng.choice([0, 60, -480, 840]),
                      flags=rng.choice([0, SEEN]))
        d.index()
        db = sqlite3.connect(pathlib.Path(d.dir) / "catalog.db")
        # Only an archive whose account has no '/' anywhere would take '.' for the delimiter.
        for epoch, uid in db.execute("SELECT epoch, uid FROM copies").fetchall():
            saved = rng.choice([0, rng.randint(1, 4 * 10**6)])
            facts = (saved, rng.choice([0, 60, -480, 840]) if saved else 0,
                     rng.choice([0, 1, 7, 9]),
                     rng.choice(["", "M1", "m1", "M_2-x", "1278455344230334865"]),
                     rng.choice(["", "T1", "T2", "7"]),
                     " ".join(sorted("label:" + x for x in rng.sample(LABELS, rng.randint(0, 3)))))
            db.execute("UPDATE copies SET savedate = ?, savezone = ?, modseq = ?, emailid = ?,"
                       " threadid = ?, keywords = ? WHERE epoch = ? AND uid = ?",
                       facts + (epoch, uid))
        db.commit()
        rows = [dict(zip(FACTS, row)) for row in db.execute(
            "SELECT message, account, mailbox, internaldate, zone, flags, keywords, modseq,"
            " emailid, threadid, savedate, savezone FROM copies JOIN epochs USING (epoch)")]
        db.close()
        return rows

    def test_keys(self):
        seeds = [int(os.environ["SHEAF_SEED"])] if "SHEAF_SEED" in os.environ else range(SEEDS)
        told = 0
        for seed in seeds:
            rng = random.Random("keys %d" % seed)
            with Driver() as d:
                asker = Asker(rng, self.fill(d, rng))
                for _ in range(QUERIES):
                    where, among = asker.where()
                    query, judge = asker.tree(2)
                    want = sorted({c["number"] for c in asker.rows if among(c) and judge(c)})
                    for how in ("index", "scan"):
                        got = sorted(n for n, _ in d.ask(where + query, how=how))
                        self.assertEqual(got, want, "seed %d, %s: %s%s" % (seed, how, where, query))
                    told += 0 < len(want) < MESSAGES
        self.assertGreater(told, QUERIES * len(list(seeds)) // 2)


if __name__ == "__main__":
    unittest.main()

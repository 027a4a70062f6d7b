"""Index on = index off: random messages, random query trees, both dialects, every order.

The matcher on every stored message (--no-index) defines the answer; the index may only be faster.
A pair is one query tree asked of one archive, which was made by random events: indexed in one piece
or in many, merged, made anew, with messages masked and a tail that is not indexed. The driver asks
with the index, without it, in two pages, and counts. A failure is made small and printed as a row
for test_found.py. SHEAF_SEED runs one seed, SHEAF_PAIRS that many pairs.
"""

import concurrent.futures
import os
import random
import threading
import time
import unittest

from archive_driver import Bad, Driver
from asker import Asker, render
from history import Question, Shrinker, as_test, differs, history, replay
from mailer import Mailer

LONG = bool(os.environ.get("SHEAF_LONG"))
PAIRS = int(os.environ.get("SHEAF_PAIRS", "1000000" if LONG else "20000"))
QUERIES = 250
# Keys of extensions: asked where this build knows them.
EXTENSIONS = {"FUZZY": 'FUZZY TEXT "x"', "X-GM-RAW": 'X-GM-RAW "x"', "EMAILID": "EMAILID x",
              "THREADID": "THREADID x", "X-GM-MSGID": "X-GM-MSGID 1", "X-GM-THRID": "X-GM-THRID 1",
              "X-GM-LABELS": "X-GM-LABELS x"}


class Tally:
    """Sums over all seeds."""

    def __init__(self):
        self.lock = threading.Lock()
        self.n = {"pairs": 0, "decisions": 0, "some": 0, "all": 0, "refused": 0, "archives": 0,
                  "segments": 0, "merged": 0, "masked": 0, "tail": 0}
        self.failures = []

    def add(self, **more):
        """Adds to the sums."""
        with self.lock:
            for name, n in more.items():
                self.n[name] += n


def extensions():
    """Those keys of EXTENSIONS that this build knows."""
    known = []
    with Driver() as d:
        d.add(b"Subject: x\r\n\r\nx\r\n")
        d.index()
        for name, query in EXTENSIONS.items():
            try:
                d.ask(query)
                known.append(name)
            except Bad:
                pass
    return known


class Property(unittest.TestCase):
    """One archive for each seed."""

    def question(self, mailer, asker):
        """A random one."""
        r = mailer.r
        common = {"sort": r.choice(["newest", "oldest", "number"]),
                  "page": r.choice([0, 0, 1, 3, 10])}
        if r.random() < .25:
            return Question(asker.box(), **common)
        return Question(asker.imap(), account=r.choice(["", "", "a", "b"]),
                        mailbox=r.choice(["", "", "INBOX", "*Old", "nope"]), **common)

    def run_seed(self, seed, tally):
        """One archive, QUERIES questions."""
        m = Mailer(random.Random(seed))
        asker = Asker(m, self.extra)
        events = history(m)
        try:
            with Driver() as d:
                most, merged = replay(d, events)
                tally.add(archives=1, segments=most > 1, merged=merged,
                          masked=any(e[0] == "dispose" for e in events),
                          tail=events[-1][0] == "commit")
                for _ in range(QUERIES):
                    q = self.question(m, asker)
                    if not self.one(d, q, tally):
                        tally.failures.append((seed, events, q))
                        return
        except (AssertionError, BrokenPipeError, Bad) as died:
            tally.failures.append((seed, events, died))

    def one(self, d, question, tally):
        """Asks it; False when the ways differ."""
        try:
            got = question.ask(d)
        except (ValueError, BrokenPipeError):
            return False
        if isinstance(got, str):
            return False
        hits, stored = got
        tally.add(pairs=1, decisions=stored, some=0 < hits < stored, all=hits == stored > 0,
                  refused=stored == 0)
        return True

    def explain(self, seed, events, question):
        """A failure made small, for people."""
        if not isinstance(question, Question):
            return "seed %s: %s" % (seed, question)
        why = differs(events, question)
        if why is None:
            return "seed %s: differs only the first time: %r" % (seed, question)
        small = Shrinker(lambda e, q: differs(e, q) is not None).run(events, question)
        return "seed %s, query %r\na row for test_found.py:\n%s" % (
            seed, render(small[1].tree), as_test(*small, differs(*small) or why))

    def test_pairs(self):
        """As many pairs as asked for."""
        self.extra = extensions()
        first = int(os.environ.get("SHEAF_SEED", time.time_ns() // 1000 if LONG else 1))
        one = "SHEAF_SEED" in os.environ and "SHEAF_PAIRS" not in os.environ
        seeds = range(first, first + (1 if one else -(-PAIRS // QUERIES)))
        print("NOTE: seeds %d to %d, %d pairs; keys of extensions: %s" % (
            seeds[0], seeds[-1], len(seeds) * QUERIES, " ".join(self.extra) or "none"), flush=True)
        tally = Tally()
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            def step(seed):
                if len(tally.failures) < 2:
                    self.run_seed(seed, tally)
            list(pool.map(step, seeds))
        if tally.failures:
            self.fail("\n".join(self.explain(*f) for f in tally.failures))
        print("NOTE: " + ", ".join("%s %d" % x for x in tally.n.items()), flush=True)
        # Queries that select everything or nothing prove little.
        self.assertGreater(tally.n["some"], tally.n["pairs"] // 5)
        self.assertGreater(tally.n["pairs"] // 10, tally.n["refused"])
        if not one:
            for what in ("segments", "merged", "masked", "tail"):
                self.assertGreater(tally.n[what], len(seeds) // 20, what)

    def test_shrinker(self):
        """A fault that needs one message, one key and three letters is found to be just that."""
        def fails(events, question):
            raws = [e[1] for e in events if e[0] == "add"]
            return any(b"\xffy" in raw for raw in raws) and b"qzq" in render(question.tree)

        m = Mailer(random.Random(7))
        asker = Asker(m)
        events = history(m)
        events.insert(1, ("add", m.message() + b"\xffy" + m.message(), {"flags": 3}))
        tree = ("AND", asker.imap(), ("NOT", ("STR", "BODY", asker.needle() + "qzq more")))
        small = Shrinker(fails).run(events, Question(tree, sort="oldest", page=3))
        self.assertEqual(small[0], [("add", b"\xffy", {})])
        self.assertEqual(repr(small[1]), "Question(('STR', 'BODY', 'qzq'), sort='number')")

    def same(self, d, query, **how):
        """Both ways give the same hits in the same order."""
        got = d.check(query, **how)
        self.assertIsInstance(got, tuple, (query, how, got))
        return d.ask(query, **how)

    def test_edges(self):
        """Days and sizes to the day and the octet."""
        days = range(1, 8)
        ask = {"BEFORE": lambda a, b: a < b, "ON": lambda a, b: a == b,
               "SINCE": lambda a, b: a >= b, "LARGER": lambda a, b: a > b,
               "SMALLER": lambda a, b: a < b}
        with Driver() as d:
            for n in days:
                d.add(b"Date: %d Mar 2020 23:%02d -0800\r\n\r\n" % (n, n) + b"x" * n,
                      date=1583020800 + n * 86400 - 1, zone=0)
            d.index()
            size = len(b"Date: 1 Mar 2020 23:01 -0800\r\n\r\n")
            for key, holds in ask.items():
                for n in range(0, 9):
                    what = n + size if key in ("LARGER", "SMALLER") else (
                        "%d-%s-2020" % ((n, "Mar") if n else (29, "Feb")))
                    for prefix in ("", "SENT", "SAVED") if isinstance(what, str) else ("",):
                        query = "%s%s %s" % (prefix, key, what)
                        got = self.same(d, query, sort="number")
                        self.assertEqual([x for x, _ in got], [m for m in days if holds(m, n)],
                                         query)

    def test_large(self):
        """Texts too large for a record, or to be mapped in one piece; very long words."""
        filler = ("pad \u00e9t\u00e9 \ufdfa word-%d\r\n" * 2000) % tuple(range(2000))
        body = filler.encode() * 120
        word = b"y" * 190 + "\u00fc".encode() + b"z" * 300
        with Driver() as d:
            d.add(b"Subject: huge\r\nX-Deep: treasure\r\n\r\n" + body + b"end NEEDLE end\r\n")
            d.add(b"Subject: mid\r\n\r\n" + body[:1500000] + b"\r\nlast NEEDLE\r\n")
            d.add(b"Subject: glued\r\n\r\n" + b"x" * 600000 + b"NEEDLE" + b"x" * 9 + b"\r\n")
            d.add(b"Subject: word " + word + b"\r\nX-W: " + word + b"\r\n\r\nword " + word)
            d.add(b"X-" + b"n" * 300 + b": long name\r\n\r\nsmall\r\n")
            d.index()
            inside = word[60:400]
            for query, want in [
                    (b"BODY needle", {1, 2, 3}), (b"TEXT \"end needle\"", {1}),
                    (b"NOT BODY needle", {4, 5}), (b"SUBJECT huge BODY needle", {1}),
                    (b"HEADER X-Deep treasure", {1}),
                    (b"BODY {14}\r\nword-1999\r\npad", {1, 2}), (b"LARGER 5000000", {1}),
                    (b"BODY " + inside, {4}), (b"SUBJECT " + inside, {4}),
                    (b"TEXT " + word + b"y", set()), (b"HEADER X-W " + inside, {4}),
                    (b"NOT TEXT " + inside, {1, 2, 3, 5}),
                    (b"HEADER X-" + b"n" * 300 + b" \"\"", {5}),
                    (b"HEADER X-" + b"n" * 198 + b" \"\"", set())]:
                got = self.same(d, query, sort="number")
                self.assertEqual({n for n, _ in got}, want, query)
            for query, want in [("needle", {1, 2}), (word.decode(), {4}), ('"end needle"', {1})]:
                got = self.same(d, query.encode(), dialect="box", sort="number")
                self.assertEqual({n for n, _ in got}, want, query)


if __name__ == "__main__":
    unittest.main()

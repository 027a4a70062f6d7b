"""index on = index off: random messages, random query trees, both dialects, every order.

The matcher on every stored message ("scan") defines the answer; the index may only be faster.
A failure prints the seed, the query and the messages that differ. SHEAF_SEED runs one seed.
"""

import base64
import os
import quopri
import random
import time
import unittest

from archive_driver import ANSWERED, DELETED, DRAFT, FLAGGED, SEEN, Bad, Driver

LONG = bool(os.environ.get("SHEAF_LONG"))
SEEDS = 40 if LONG else 8
MESSAGES, QUERIES = 70, 170

WORDS = """alpha beta gamma budget forecast 71450 x86_64 naïve Straße ÜBER über Größe émigré
    Ærø Łódź Привет мир отчёт Καλημέρα 会议 合同 مرحبا ﬁne ｆｕｌｌ Å ́acute ß ſharp İstanbul ǆ ﷺ
    e-mail foo.bar@example.org <b>bold</b> &amp; a_b C++ 3.14 from to subject cc bcc re fwd the a I
    don't "quoted" back\\slash tab semi;colon 😀 😀😀 zwj‍x soft­hyphen nbsp\u00a0here ｶﾞ ガ é
    content type text plain header received by with esmtp id received-spf""".split()
CHARSETS = ["utf-8", "iso-8859-1", "koi8-r", "windows-1251", "gb2312", "iso-2022-jp", "utf-16",
            "us-ascii", "x-unknown", "", "utf-7"]
FIELDS = ["Subject", "From", "To", "Cc", "Bcc", "X-Foo", "X-Empty", "Received", "List-Id",
          "subject", "FROM", "Message-ID", "References", "X-" + "L" * 210, "Reply-To",
          "Ｓubject", "X-Ünder"]
FLAGS = [SEEN, ANSWERED, FLAGGED, DELETED, DRAFT]
KEYS = {SEEN: "SEEN", ANSWERED: "ANSWERED", FLAGGED: "FLAGGED", DELETED: "DELETED", DRAFT: "DRAFT"}
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


class Mailer:
    """Makes messages and queries from one random generator."""

    def __init__(self, rng):
        self.r = rng
        self.days = []

    def word(self):
        r = self.r
        w = r.choice(WORDS)
        if r.random() < .05:
            w = w * r.randint(2, 60)
        if r.random() < .1:
            w = w.upper() if r.random() < .5 else w.lower()
        return w

    def text(self, most=12):
        r = self.r
        out = []
        for _ in range(r.randint(0, most)):
            out.append(self.word())
            out.append(r.choice([" ", " ", " ", "  ", "\r\n", ", ", "-", "", "\t", ".", "\r\n> "]))
        return "".join(out)

    def encoded(self, s):
        r = self.r
        cs = r.choice(["utf-8", "utf-8", "UTF-8", "iso-8859-1", "koi8-r", "x-unknown", "gb2312"])
        try:
            raw = s.encode(cs)
        except (LookupError, UnicodeError):
            raw = s.encode()
        if r.random() < .5:
            body = base64.b64encode(raw).decode()
            return "=?%s?B?%s?=" % (cs, body[:-1] if r.random() < .1 else body)
        return "=?%s?q?%s?=" % (cs, "".join("=%02X" % b if b > 126 or b < 48 or b in b"=?_"
                                            else chr(b) for b in raw))

    def value(self):
        r = self.r
        out = []
        for _ in range(r.randint(0, 5)):
            w = self.word()
            out.append(self.encoded(w) if r.random() < .3 else w)
            out.append(r.choice([" ", " ", "  ", "\r\n ", "\r\n\t", "", " =?utf-8?q?=0A?= "]))
        return "".join(out)

    def address(self):
        r = self.r
        name = r.choice(["", self.word(), '"%s"' % self.word().replace('"', ""),
                         self.encoded(self.word()), "Ann (c) Lee", "=?utf-8?q?J=C3=B6rg?= x"])
        addr = r.choice(["ann@example.org", "bob.lee@x.example", "<ann@example.org>", "<broken",
                         "@", "a b@c", "<@route:u@h>", "<lee@forecast.example>"])
        return r.choice(["%s %s" % (name, addr), addr, "%s: %s, %s;" % (name, addr, addr)])

    def field(self):
        r = self.r
        name = r.choice(FIELDS)
        if name.lower() in ("from", "to", "cc", "bcc") and r.random() < .8:
            value = ", ".join(self.address() for _ in range(r.randint(0, 3)))
        else:
            value = self.value()
        return "%s%s%s%s" % (name, r.choice([":", ":", ": ", ": ", " : ", ":\t"]), value,
                             "\r\n")

    def date(self):
        r = self.r
        day, month, year = r.randint(1, 31), r.choice(MONTHS), r.randint(1995, 2025)
        if 1 < day < 28:
            self.days += ["%d-%s-%d" % (d, month, year) for d in (day - 1, day, day + 1)]
        return "Date: " + r.choice([
            "Thu, %d %s %d %02d:%02d:00 %s" % (day, month, year, r.randint(0, 24),
                                               r.randint(0, 60),
                                               r.choice(["+0000", "-0800", "GMT", ""])),
            "5 Mar 20 1:2", "yesterday", "", "31 Feb 2020 10:00"]) + "\r\n"

    def leaf(self):
        r = self.r
        cs = r.choice(CHARSETS)
        cte = r.choice(["7bit", "8bit", "base64", "quoted-printable", "x-odd", ""])
        kind = r.choice(["text/plain", "text/plain", "text/html", "text/calendar",
                         "application/octet-stream", "message/delivery-status", "", "garbage"])
        text = self.text(40)
        if kind == "text/html":
            text = "<p class=%s>%s</p><script>%s</script>&uuml;%s" % (
                self.word(), text, self.word(), self.word())
        try:
            raw = text.encode(cs or "utf-8", "replace")
        except LookupError:
            raw = text.encode("utf-8" if r.random() < .5 else "iso-8859-1", "replace")
        if cte == "base64":
            raw = base64.encodebytes(raw).replace(b"\n", b"\r\n")
            raw += b"*junk" if r.random() < .1 else b""
        elif cte == "quoted-printable":
            raw = quopri.encodestring(raw).replace(b"\n", b"\r\n")
        head = ""
        if kind:
            head += "Content-Type: %s%s\r\n" % (kind, "; charset=" + cs if cs else "")
        if cte:
            head += "Content-Transfer-Encoding: %s\r\n" % cte
        if r.random() < .2:
            head += 'Content-Disposition: attachment; filename="%s.txt"\r\n' % self.word()
        return head, raw

    def entity(self, depth):
        r = self.r
        if depth > 0 and r.random() < .4:
            b = r.choice(["B", "B", "BB", "x y", "=_1"]) + str(depth)
            sub = r.choice(["mixed", "alternative", "digest"])
            head = 'Content-Type: multipart/%s; boundary="%s"\r\n' % (
                sub, b if r.random() < .95 else "other")
            raw = b"preamble " + self.word().encode() + b"\r\n"
            for _ in range(r.randint(0, 3)):
                h, t = self.entity(depth - 1)
                raw += b"--" + b.encode() + b"\r\n" + h.encode() + b"\r\n" + t + b"\r\n"
            if r.random() < .8:
                raw += b"--" + b.encode() + b"--\r\nepilogue\r\n"
            return head, raw
        if depth > 0 and r.random() < .2:
            return "Content-Type: message/rfc822\r\n", self.message(depth - 1)
        return self.leaf()

    def message(self, depth=3):
        r = self.r
        head, raw = self.entity(depth)
        fields = [self.field() for _ in range(r.randint(0, 9))]
        fields += [self.date()] if r.random() < .8 else []
        fields += [head] if head else []
        if r.random() < .05:
            fields.append("no colon %s\r\n" % self.word())
        r.shuffle(fields)
        out = "".join(fields).encode() + b"\r\n" + raw
        if r.random() < .05:
            out = b"\r\n" + out
        if r.random() < .1:
            at = r.randrange(len(out))
            out = out[:at] + bytes(r.choices(range(256), k=r.randint(1, 5))) + out[at:]
        return out

    # ---- queries ----

    def needle(self):
        r = self.r
        s = r.choice([self.word(), self.text(3), self.word() + " " + self.word(), self.value(),
                      r.choice(FIELDS)[:30] + ": " + self.word(), self.address()])
        if r.random() < .5 and s:
            a = r.randrange(len(s))
            s = s[a:a + r.randint(1, 9)]
        return s if r.random() < .97 else ""

    def quoted(self, s):
        raw = s.encode("utf-8", "replace")
        if b"\r" in raw or b"\n" in raw or b"\0" in raw or self.r.random() < .1:
            return b"{%d}\r\n" % len(raw) + raw
        return b'"' + raw.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'

    def arrival(self):
        """INTERNALDATE and zone; the days round it are asked for."""
        at, zone = self.r.randint(8 * 10**8, 17 * 10**8), self.r.choice([0, 60, -480])
        for near in (-1, 0, 1):
            t = time.gmtime(at + zone * 60 + near * 86400)
            self.days.append("%d-%s-%d" % (t.tm_mday, MONTHS[t.tm_mon - 1], t.tm_year))
        return {"date": at, "zone": zone}

    def day(self):
        r = self.r
        if r.random() < .7:
            return r.choice(self.days)
        return "%d-%s-%d" % (r.randint(1, 28), r.choice(MONTHS), r.randint(1994, 2026))

    def key(self):
        r = self.r
        k = r.choice(["TEXT"] * 4 + ["BODY"] * 4
                     + ["SUBJECT", "FROM", "TO", "CC", "BCC", "HEADER"] * 2
                     + ["SENT", "SENT", "DATE", "DATE", "SIZE", "FLAG", "KEYWORD", "ALL", "RECENT"])
        if k == "HEADER":
            name = r.choice(FIELDS + ["Date", "x-foo", "X-Nope", "Content-Type"])
            return b"HEADER " + self.quoted(name) + b" " + self.quoted(self.needle())
        if k == "SENT":
            return ("SENT%s %s" % (r.choice(["BEFORE", "ON", "SINCE"]), self.day())).encode()
        if k == "DATE":
            name = r.choice(["BEFORE", "ON", "SINCE", "SAVEDSINCE"])
            return ("%s %s" % (name, self.day())).encode()
        if k == "SIZE":
            return ("%s %d" % (r.choice(["LARGER", "SMALLER"]), r.randint(0, 4000))).encode()
        if k == "FLAG":
            return (r.choice(["", "UN"]) + KEYS[r.choice(FLAGS)]).encode()
        if k == "KEYWORD":
            word = r.choice(["$Junk", "$JUNK", "x"])
            return (r.choice(["KEYWORD ", "UNKEYWORD "]) + word).encode()
        if k in ("ALL", "RECENT"):
            return k.encode()
        return k.encode() + b" " + self.quoted(self.needle())

    def tree(self, depth):
        r = self.r
        x = r.random()
        if depth == 0 or x < .5:
            return self.key()
        if x < .65:
            return b"NOT " + self.tree(depth - 1)
        if x < .85:
            return b"OR " + self.tree(depth - 1) + b" " + self.tree(depth - 1)
        return b"(" + b" ".join(self.tree(depth - 1) for _ in range(r.randint(1, 3))) + b")"

    def box(self):
        r = self.r
        out = []
        for _ in range(r.randint(1, 4)):
            w = r.choice([self.word(), '"%s"' % self.text(3), self.needle()])
            f = r.choice(["", "", "", "from:", "to:", "subject:", "body:", "cc:", "zz:", "after:",
                          "is:", "larger:", "date:"])
            w = r.choice(["2010", "2003-04", "2020-03-05", w]) if f in ("after:", "date:") else w
            out.append(r.choice(["", "", "-", "("]) + f + w + r.choice(["", "", ")", " OR"]))
        return " ".join(out).encode("utf-8", "replace")


class Property(unittest.TestCase):
    """One archive for each seed."""

    def fill(self, d, m):
        r = m.r
        raws = []
        for part in range(2):
            for _ in range(MESSAGES // 2):
                raw = m.message() if not raws or r.random() < .95 else r.choice(raws)
                raws.append(raw)
                d.add(raw, account=r.choice("ab"), mailbox=r.choice(["INBOX", "Sent/Old"]),
                      flags=sum(f for f in FLAGS if r.random() < .3),
                      keywords=r.choice(["", "", "$Junk", "$Junk x"]), **m.arrival())
                if r.random() < .6:
                    d.commit()
            d.index()

    def same(self, d, query, **how):
        """Both ways give the same hits in the same order, and count as many."""
        ways = []
        for way in ("index", "scan"):
            try:
                ways.append(d.ask(query, how=way, **how))
            except Bad as bad:
                ways.append(bad.args)
        if ways[0] != ways[1]:
            a, b = ({n for n, _ in w} if isinstance(w, list) else w for w in ways)
            odd = sorted(a ^ b) if isinstance(a, set) and isinstance(b, set) else (a, b)
            self.fail("seed %s: %r %r\nindex %r\nscan  %r\ndiffer %r" % (
                self.seed, query, how, ways[0], ways[1], odd))
        if isinstance(ways[0], list):
            self.assertEqual(d.count(query, **how), len(ways[0]), (self.seed, query, how))
        return ways[0]

    def run_seed(self, seed):
        self.seed = seed
        m = Mailer(random.Random(seed))
        hits = 0
        with Driver() as d:
            self.fill(d, m)
            for i in range(QUERIES):
                sort = m.r.choice(["newest", "oldest", "number"])
                box = m.r.choice(["", "INBOX", "*Old", "nope"])
                account = m.r.choice(["", "a", "b"])
                if m.r.random() < .25:
                    got = self.same(d, m.box(), dialect="box", sort=sort)
                else:
                    got = self.same(d, m.tree(3), sort=sort, mailbox=box, account=account)
                self.assertIsInstance(got, list, "seed %d, query %d: %r" % (seed, i, got))
                hits += 0 < len(got) < MESSAGES // 2
        return hits

    def test_disposal(self):
        """With messages masked the answer is the one without them, by both ways."""
        self.seed = "disposal"
        m = Mailer(random.Random(self.seed))
        lost = 0
        with Driver() as d:
            self.fill(d, m)
            queries = [m.tree(3) for _ in range(QUERIES // 2)]
            before = [self.same(d, q, sort="number") for q in queries]
            masked = set(m.r.sample(range(1, d.count("ALL") + 1), MESSAGES // 4))
            for number in sorted(masked):
                d.dispose(number)
            for q, was in zip(queries, before):
                want = [hit for hit in was if hit[0] not in masked]
                self.assertEqual(self.same(d, q, sort="number"), want, (self.seed, q))
                lost += len(was) - len(want)
        self.assertGreater(lost, MESSAGES)

    def test_edges(self):
        """Days and sizes to the day and the octet."""
        self.seed = "edges"
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
        self.seed = "large"
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

    def test_seeds(self):
        seeds = [int(os.environ["SHEAF_SEED"])] if os.environ.get("SHEAF_SEED") else range(SEEDS)
        hits = sum(self.run_seed(seed) for seed in seeds)
        # Queries that select everything or nothing prove little.
        self.assertGreater(hits, len(list(seeds)) * QUERIES // 6)


if __name__ == "__main__":
    unittest.main()

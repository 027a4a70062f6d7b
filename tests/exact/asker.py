"""Random queries of both dialects as trees, so that a failing one can be made smaller.

A tree is ("NOT", t), ("OR", t, t), ("AND", t, …), ("STR", key, text, …) with strings as arguments,
or ("KEY", text) as it stands. A query of the search box is ("BOX", word, …).
"""

import unicodedata

from mailer import FIELDS, MONTHS, ODD_NAMES, PUNCTUATION

FLAGS = "SEEN ANSWERED FLAGGED DELETED DRAFT".split()
STRING_KEYS = ["TEXT"] * 4 + ["BODY"] * 4 + ["SUBJECT", "FROM", "TO", "CC", "BCC", "HEADER"] * 2
OTHER_KEYS = ["SENT", "SENT", "DATE", "DATE", "SIZE", "FLAG", "KEYWORD", "ALL", "RECENT", "AGE",
              "MODSEQ", "SET"]
BOX_FIELDS = ["", "", "", "from:", "to:", "subject:", "body:", "cc:", "bcc:", "zz:", "is:", "has:",
              "larger:", "smaller:", "after:", "before:", "date:", "older:", "newer:", "filename:",
              "attachment:", "header:X-Foo=", "list:", "account:", "mailbox:", "id:", "tag:",
              "link:", "label:", "size:"]


def quoted(text, literal=False):
    """An IMAP string."""
    raw = text.encode("utf-8", "replace")
    if literal or b"\r" in raw or b"\n" in raw or b"\0" in raw:
        return b"{%d}\r\n" % len(raw) + raw
    return b'"' + raw.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def render(tree):
    """The query as it is asked."""
    kind = tree[0]
    if kind == "BOX":
        return " ".join(tree[1:]).encode("utf-8", "replace")
    if kind == "KEY":
        return tree[1].encode()
    if kind == "STR":
        return b" ".join([tree[1].encode()] + [quoted(t) for t in tree[2:]])
    kids = [render(t) for t in tree[1:]]
    if kind == "AND":
        return b"(" + b" ".join(kids) + b")"
    return kind.encode() + b" " + b" ".join(kids)


def smaller(tree):
    """Trees that are a step simpler, the simplest first."""
    kind = tree[0]
    if kind == "BOX":
        for i in range(1, len(tree)):
            if len(tree) > 2:
                yield tree[:i] + tree[i + 1:]
        for i in range(1, len(tree)):
            for s in shorter(tree[i]):
                yield tree[:i] + (s,) + tree[i + 1:]
    elif kind == "STR":
        for i in range(2, len(tree)):
            for s in shorter(tree[i]):
                yield tree[:i] + (s,) + tree[i + 1:]
    elif kind != "KEY":
        yield from tree[1:]
        for i in range(1, len(tree)):
            if kind == "AND" and len(tree) > 2:
                yield tree[:i] + tree[i + 1:]
        for i in range(1, len(tree)):
            for t in smaller(tree[i]):
                yield tree[:i] + (t,) + tree[i + 1:]


def shorter(s):
    """Texts with a piece left out."""
    size = len(s) // 2
    while size > 0:
        for at in range(0, len(s), size):
            yield s[:at] + s[at + size:]
        size //= 2


class Asker:
    """Makes queries about the messages of a Mailer."""

    def __init__(self, mailer, extra=()):
        self.m = mailer
        self.r = mailer.r
        self.extra = list(extra)

    # ---- needles ----

    def piece(self):
        """A piece of what was said, long or short, at any place."""
        r = self.r
        s = r.choice(self.m.said)
        a = r.randrange(len(s))
        return s[a:a + r.choice([1, 1, 2, 3, 4, 5, 8, 13, 30, 100, 300])]

    def crossing(self):
        """Over the end of a field, of a part, of a line."""
        a, b = self.r.choice(self.m.said), self.r.choice(self.m.said)
        a, b = a[-self.r.randint(1, 9):], b[:self.r.randint(1, 9)]
        return a + self.r.choice(["\r\n", "\n", "\r\nTo: ", "\r\n\r\n", "\r\n--B3", " ", "",
                                  ", ", "\r\n ", "\0"]) + b

    def needle(self):
        r, m = self.r, self.m
        x = r.random()
        if x < .5:
            s = self.piece()
        elif x < .75:
            s = r.choice([m.word, lambda: m.text(3), lambda: m.word() + " " + m.word(), m.value,
                          lambda: r.choice(FIELDS)[:30] + ": " + m.word(), m.address])()
        elif x < .82:
            s = self.crossing()
        elif x < .88:
            s = "".join(r.choices(PUNCTUATION, k=r.randint(1, 3)))
        elif x < .90:
            s = r.choice("aeistnrox0.é猫я \t")
        elif x < .92:
            s = r.choice(["\r", "\0", "\u0301", "b\r", "b\0", "\rb", "a: b", ": ", ":", "b",
                          "X-A: b", "X-A", "no", "\u2116", "\u00a0", "X-A\r", "st", "date", "\n",
                          " : b", "\tA b", "\u2028", "\x85", "a\nX-A", "b\r\nX", "b\n\n"])
        elif x < .96:
            s = r.choice([" %s", "%s ", " %s ", "\t%s", "%s\u00a0"]) % self.piece()
        else:
            s = r.choice(["", m.word() * 30, "y" * r.choice([199, 200, 201, 245, 246, 260])])
        x = r.random()
        if x < .15:
            s = r.choice([s.upper, s.lower, s.swapcase, s.title])()
        elif x < .25:
            s = unicodedata.normalize(r.choice(["NFC", "NFD", "NFKC", "NFKD"]), s)
        elif x < .28 and s:
            a = r.randrange(len(s))
            s = s[:a] + r.choice("x\u0301é \r☃") + s[a:]
        return s[:4000]

    # ---- the IMAP dialect ----

    def day(self):
        r = self.r
        if r.random() < .7:
            return r.choice(self.m.days)
        return "%d-%s-%d" % (r.randint(1, 28), r.choice(MONTHS), r.randint(1994, 2026))

    def key(self, kind):
        r = self.r
        if kind == "SENT":
            return "SENT%s %s" % (r.choice(["BEFORE", "ON", "SINCE"]), self.day())
        if kind == "DATE":
            return "%s %s" % (r.choice(["BEFORE", "ON", "SINCE", "SAVEDSINCE", "SAVEDBEFORE",
                                        "SAVEDON"]), self.day())
        if kind == "SIZE":
            return "%s %d" % (r.choice(["LARGER", "SMALLER"]),
                              r.choice([0, 1, r.randint(0, 4000), r.randint(0, 400), 2**32]))
        if kind == "FLAG":
            return r.choice(["", "UN"]) + r.choice(FLAGS)
        if kind == "KEYWORD":
            return r.choice(["KEYWORD ", "UNKEYWORD "]) + r.choice(["$Junk", "$JUNK", "x", "$"])
        if kind == "AGE":
            return "%s %d" % (r.choice(["OLDER", "YOUNGER"]), r.randint(10**7, 10**9))
        if kind == "MODSEQ":
            return "MODSEQ %d" % r.choice([0, 1, 5])
        if kind == "SET":
            ends = [r.choice(["1", "2", "5", "9", "20", "*", "4294967295"]) for _ in range(3)]
            return r.choice(["UID ", ""]) + r.choice(["%s:%s,%s" % tuple(ends), ends[0]])
        return r.choice([kind, kind, "NEW", "OLD"]) if kind == "RECENT" else kind

    def imap_leaf(self):
        r = self.r
        kind = r.choice(STRING_KEYS + OTHER_KEYS)
        if self.extra and r.random() < .1:
            return self.extra_leaf()
        if kind == "HEADER":
            name = r.choice(FIELDS + ["Date", "x-foo", "X-Nope", "Content-Type"])
            if r.random() < .2:
                name = r.choice(ODD_NAMES + ["X-A\r\n", "X-A ", "X-A:", "X-A: b", "",
                                             "X-Foo: a"])
            return "STR", kind, name, self.needle()
        if kind in STRING_KEYS:
            return "STR", kind, self.needle()
        return "KEY", self.key(kind)

    def extra_leaf(self):
        """Keys of extensions, those of them that this build knows."""
        texts = [k for k in self.extra if k in ("FUZZY", "X-GM-RAW")]
        kind = self.r.choice(self.extra + 3 * texts)
        if kind == "X-GM-RAW":
            return "STR", kind, " ".join(self.box()[1:])
        if kind == "FUZZY":
            return "STR", "FUZZY " + self.r.choice(["TEXT", "BODY", "SUBJECT"]), self.needle()
        if kind in ("X-GM-MSGID", "X-GM-THRID"):
            return "KEY", "%s %d" % (kind, self.r.randint(1, 9))
        return "STR", kind, self.r.choice(["M1", "T1", "x", "\\Inbox", "$Junk"])

    def imap(self, depth=3):
        """A tree."""
        r = self.r
        x = r.random()
        if depth == 0 or x < .45:
            return self.imap_leaf()
        if x < .6:
            return "NOT", self.imap(depth - 1)
        if x < .8:
            return "OR", self.imap(depth - 1), self.imap(depth - 1)
        return ("AND",) + tuple(self.imap(depth - 1) for _ in range(r.randint(1, 3)))

    # ---- the search box ----

    def box_word(self):
        r, m = self.r, self.m
        w = r.choice([m.word, self.piece, self.needle, lambda: '"%s"' % m.text(3),
                      lambda: '"%s"' % self.piece()])()
        f = r.choice(BOX_FIELDS)
        if f in ("after:", "before:", "date:"):
            w = r.choice(["2010", "2003-04", "2020-03-05", "1999..2010", "2020-02..", w])
        elif f in ("older:", "newer:"):
            w = r.choice(["3w", "10y", "5d", w])
        elif f in ("is:", "has:"):
            w = r.choice(["unread", "flagged", "read", "attachment", "draft", "archive", "image",
                          w])
        elif f in ("larger:", "smaller:"):
            w = r.choice(["1k", "300", "0", "5M", w])
        elif f in ("account:", "mailbox:"):
            w = r.choice(["a", "b", "INBOX", "*Old", "?", w])
        elif f == "size:":
            w = r.choice([">300", "<1k", "100..500", w])
        elif f in ("", "from:", "subject:", "body:", "link:", "filename:") and r.random() < .3:
            w = w.strip('"')[:r.choice([1, 2, 3, 5])]
            w = r.choice(["%s*", "*%s*", "*%s", "%s*", "*%s*"]) % w
        elif f in ("", "subject:", "body:", "link:") and r.random() < .2:
            return self.box_near(f)
        elif not f and r.random() < .05:
            w = "imap:(%s)" % render(self.imap(1)).decode("utf-8", "replace")
        return f + w

    def box_near(self, field):
        """Two words of one text, or of two, near each other."""
        r, m = self.r, self.m
        words = [w for w in r.choice(m.said).split() if '"' not in w][:40] or ["a"]
        one, two = r.choice(words), r.choice(words + [m.word()])
        side = r.choice(["%s", "%s", "%s", '"%s"', "%s*"])
        return "%s(%s NEAR/%d %s)" % (field, r.choice([one, one, '"%s"' % one, one[:2] + "*"]),
                                      r.choice([1, 2, 3, 5, 20]), side % two)

    def box(self):
        """A query of the search box."""
        r = self.r
        out = []
        for _ in range(r.randint(1, 4)):
            out.append(r.choice(["", "", "-", "(", "NOT "]) + self.box_word()
                       + r.choice(["", "", ")", " OR", " AND", " NEAR/2"]))
        return ("BOX",) + tuple(out)

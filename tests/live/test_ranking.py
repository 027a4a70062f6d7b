"""Order by relevance: what stands before what, that nothing else changes, pages, rights, lang:."""

import pathlib
import tempfile
import unittest
import urllib.parse

from peoplehelp import bearer, token, user
from sheafserver import Server, sheaf

FILLER = "and then the rest of the day went by as days do\n"


def mail(name, subject, text, day=1, who="ann"):
    """A message that is found again by its Message-ID."""
    return ("Message-ID: <%s@x.org>\nFrom: %s@x.org\nTo: list@x.org\nSubject: %s\n"
            "Date: %d May 2020 10:00:00 +0000\n\n%s\n" % (name, who, subject, day, text)).encode()


class Base(unittest.TestCase):
    """Archives of mails that are made here."""

    def setUp(self):
        self.dir = tempfile.TemporaryDirectory(prefix="sheaf-ranking-")
        self.addCleanup(self.dir.cleanup)
        self.top = pathlib.Path(self.dir.name)
        self.boxes = 0

    def run_ok(self, archive, *args, want=0):
        """Run it; its output."""
        done = sheaf(archive, *args)
        self.assertEqual(done.returncode, want, done.stderr)
        return done.stdout.decode()

    def take(self, archive, mails, *args):
        """Import them in this order."""
        box = self.top / ("box%d" % self.boxes)
        self.boxes += 1
        box.mkdir()
        for i, data in enumerate(mails):
            (box / ("%05d.eml" % i)).write_bytes(data)
        self.run_ok(archive, "import", *args, box)

    def archive(self, name, mails, *args):
        """A new one."""
        path = self.top / name
        self.run_ok(path, "init")
        self.take(path, mails, *args)
        return path

    def ids(self, archive, query, sort="relevance", *args):
        """Ids in order."""
        return self.run_ok(archive, "search", "--format", "ids", "--sort", sort, *args, "--",
                           query).split()


class TestOrder(Base):
    """What stands before what."""

    def setUp(self):
        super().setUp()
        self.mails = {
            "titled": mail("titled", "The wombat plan", "We meet.\n" + FILLER * 5, 1),
            "often": mail("often", "News", "wombat wombat\n" + FILLER * 5, 2),
            "once": mail("once", "News", "a wombat came\n" + FILLER * 5, 3),
            "long": mail("long", "News", "a wombat came\n" + FILLER * 400, 4),
            "quoted": mail("quoted", "News", "On 3 May 2020, Ann wrote:\n> a wombat came\n"
                           + FILLER * 5, 5),
            "twin1": mail("twin1", "Twins", "one numbat here", 6),
            "twin2": mail("twin2", "Twins", "one numbat here", 8),
            "twin3": mail("twin3", "Twins", "one numbat here", 7),
            "rare": mail("rare", "Words", "a quokka and no more\n", 9),
            "plain1": mail("plain1", "Words", "a dingo and no more\n", 10),
            "plain2": mail("plain2", "Words", "a dingo and no more\n\n", 11),
        }
        self.place = self.archive("a", self.mails.values())
        by_id = {}
        for name in self.mails:
            found, = self.ids(self.place, "HEADER Message-ID %s@" % name, "-date", "--dialect",
                              "imap")
            by_id[found] = name
        self.by_id = by_id

    def names(self, query, *args):
        return [self.by_id[i] for i in self.ids(self.place, query, *args)]

    def test_order(self):
        """Subject, how often, how long, quoted; equal ones newest first; rare words first."""
        self.assertEqual(self.names("wombat"), ["titled", "often", "once", "quoted", "long"])
        self.assertEqual(self.names("numbat"), ["twin2", "twin3", "twin1"])
        self.assertEqual(self.names("dingo OR quokka")[0], "rare")
        self.assertEqual(self.names("wombat", "-date"),
                         ["quoted", "long", "once", "often", "titled"])

    def test_recent(self):
        """With age in it, the newer of two that fit alike stands first, and a better one still
        before one that is a few days newer."""
        self.assertEqual(self.names("numbat", "relevance,recent"), ["twin2", "twin3", "twin1"])
        self.assertEqual(self.names("wombat", "relevance,recent")[0], "titled")
        older = mail("older", "The dugong plan", "We meet.", 1).replace(b"2020", b"1999")
        newer = mail("newer", "News", "the dugong", 1)
        self.take(self.place, [older, newer])
        self.assertEqual(len(self.ids(self.place, "dugong")), 2)
        self.assertEqual(self.ids(self.place, "dugong")[::-1],
                         self.ids(self.place, "dugong", "relevance,recent"))

    def test_without_index(self):
        """The same order when every message is looked at, and when it is not indexed yet."""
        bare = self.top / "bare"
        self.run_ok(bare, "init")
        self.take(bare, self.mails.values(), "--no-index")
        for query in ("wombat", "numbat", "came -plan", "news -often", "dingo OR quokka",
                      "came subject:news"):
            for sort in ("relevance", "relevance,recent"):
                want = self.ids(self.place, query, sort)
                self.assertEqual(self.ids(self.place, query, sort, "--no-index"), want, query)
                self.assertEqual(set(self.ids(bare, query, sort)), set(want), query)
                self.assertEqual(set(self.ids(self.place, query, "-date")), set(want), query)

    def test_imap(self):
        """Strings of IMAP keys count by their words, and what has none comes newest first."""
        self.assertEqual(self.names("BODY wombat", "relevance", "--dialect", "imap"),
                         ["often", "once", "quoted", "long"])
        self.assertEqual(self.names("LARGER 1", "relevance", "--dialect", "imap"),
                         self.names("LARGER 1", "-date", "--dialect", "imap"))
        self.run_ok(self.place, "search", "--dialect", "imap", "--sort", "relevance",
                    "RETURN (COUNT) ALL", want=64)

    def test_cursor(self):
        """One of another order, or that is none, is refused."""
        for cursor in ("n1.1", "r1.2", "r1.2.2.3.4.5", "r1.1.0.1.1.1.1", "m1.1.0.1.1.1", "r",
                       "r1.1.0.1.1.99999999999999999999"):
            self.run_ok(self.place, "search", "--sort", "relevance", "--cursor", cursor, "wombat",
                        want=65)
        self.run_ok(self.place, "search", "--cursor", "r1.1.0.1.1.1", "wombat", want=65)


class TestPages(Base):
    """More hits than are read for their order."""

    MANY = 460

    def pages(self, server, sort, between=None):
        """All ids, a page at a time."""
        out, cursor = [], ""
        while cursor is not None:
            answer = server.search("wallaby", limit=30, sort=sort, cursor=cursor)
            out += [hit["id"] for hit in answer["messages"]]
            cursor = answer["next"]
            if between:
                between()
                between = None
        return out

    def test_pages(self):
        """Every hit once, in the order of one long answer, also while mail comes in."""
        words = ["kelp", "moss", "fern", "reed"]
        place = self.archive("p", [
            mail("m%d" % n, "About %s" % words[n % 4], "wallaby " * (1 + n % 5) + "\n"
                 + "%d %s\n" % (n, words[n % 3]) * (n % 7), 1 + n % 28)
            for n in range(self.MANY)])
        more = [mail("l%d" % n, "wallaby wallaby", "wallaby %d" % n) for n in range(60)]
        whole = {sort: self.ids(place, "wallaby", sort)
                 for sort in ("relevance", "relevance,recent", "-date")}
        for sort in ("relevance", "relevance,recent"):
            self.assertEqual(len(whole[sort]), self.MANY)
            self.assertEqual(set(whole[sort]), set(whole["-date"]))
            self.assertNotEqual(whole[sort], whole["-date"])
            self.assertEqual(self.ids(place, "wallaby", sort), whole[sort])
        with Server(place) as server:
            self.assertEqual(self.pages(server, "relevance,recent"), whole["relevance,recent"])
            self.assertEqual(self.pages(server, "relevance",
                                        lambda: self.take(place, more)), whole["relevance"])
            self.assertEqual(len(self.pages(server, "relevance")), self.MANY + len(more))


class TestRights(Base):
    """Of mail that somebody may not read nothing shows in the order, nor in a cursor."""

    def answers(self, name, others):
        """What bob is told, of his mail beside that of alice."""
        bobs = [mail("b%d" % n, ("possum", "emu", "News")[n % 3],
                     "possum emu\n" * (1 + n % 4) + ("emu\n", "possum\n")[n % 2] * (n % 5))
                for n in range(40)]
        place = self.archive(name, bobs, "--account", "bob")
        self.take(place, others, "--account", "alice")
        user(place, "add", "bob", "--role", "reader", "--account", "bob")
        head, out = bearer(token(place, "bob", "read")), []
        with Server(place) as server:
            for query in ("possum OR emu", "possum", "emu -subject:emu", "possum emu"):
                for sort in ("relevance", "relevance,recent"):
                    cursor = ""
                    while cursor is not None:
                        path = "/api/v1/search?" + urllib.parse.urlencode(
                            {"q": query, "sort": sort, "limit": 7, "cursor": cursor})
                        answer = server.ask(path, headers=head)
                        self.assertEqual(answer.status, 200, answer.body)
                        data = answer.json()
                        out.append(([hit["id"] for hit in data["messages"]], data["next"]))
                        cursor = data["next"]
        return out

    def test_rights(self):
        """The same ids and the same scores, whatever words another account is full of."""
        few = self.answers("few", [mail("a0", "News", "nothing")])
        possums = self.answers("possums", [mail("a%d" % n, "possum", "possum %d" % n)
                                           for n in range(70)])
        emus = self.answers("emus", [mail("a%d" % n, "emu", "emu %d" % n) for n in range(70)])
        self.assertGreater(sum(len(ids) for ids, _ in few), 100)
        self.assertEqual(few, possums)
        self.assertEqual(few, emus)


class TestAlike(Base):
    """What says nothing of its own in a thread."""

    def test_marks(self):
        """By HTTP and on the page; others' mail is nothing to compare with."""
        said = "We meet on Monday at ten in the hall.\n\nBring a pen.\n"
        quoted = "".join("> %s\n" % line for line in said.split("\n"))
        later = said.replace("pen", "pencil") + "".join("> line %d\n" % n for n in range(20))
        first, answer, again, last = (
            mail(name, subject, text, day).replace(b"\n\n", extra + b"\n\n", 1)
            for name, subject, text, day, extra in (
                ("one", "Plan", said, 1, b""),
                ("two", "Re: Plan", "Fine with me.\n\n" + quoted, 2, b"\nReferences: <one@x.org>"),
                ("three", "Re: Plan", said, 3, b"\nReferences: <one@x.org>"),
                ("four", "Re: Plan", later, 4, b"\nReferences: <one@x.org>")))
        place = self.archive("alike", [first, again, last], "--account", "bob")
        self.take(place, [answer], "--account", "alice")
        user(place, "add", "boss", "--role", "owner")
        user(place, "add", "bob", "--role", "reader", "--account", "bob")
        seen = {}
        with Server(place) as server:
            for who in ("boss", "bob"):
                head = bearer(token(place, who, "read"))
                path = "/api/v1/search?" + urllib.parse.urlencode({"q": "subject:plan"})
                one = server.ask(path, headers=head).json()["messages"][-1]["id"]
                lines = server.ask("/api/v1/messages/%s/thread" % one, headers=head).json()
                days = {m["id"]: int(m["date"][8:10]) for m in lines["messages"]}
                seen[who] = {days[m["id"]]: (days.get(m["same_as"]), days.get(m["contained_in"]))
                             for m in lines["messages"]}
                four, = [i for i, day in days.items() if day == 4]
                page = server.ask("/message/" + four, headers=head).body
                self.assertIn(b"same text as before", page)
                self.assertEqual(page.count(b"<details class=\"quoted\">"), 1)
                self.assertIn(b"<q>&gt; line 19</q>", page)
        self.assertEqual(seen["boss"], {1: (None, 2), 2: (None, None), 3: (1, None),
                                        4: (None, None)})
        self.assertEqual(seen["bob"], {1: (None, 3), 3: (1, None), 4: (None, None)})


class TestLanguage(Base):
    """lang: in the search box."""

    def test_language(self):
        place = self.archive("l", [
            mail("en1", "Things", "He reports that it rains.", 1),
            mail("en2", "Things", "One report was lost.", 2),
            mail("de1", "Dinge", "Das Haus ist alt.", 3),
            mail("de2", "Dinge", "Die alten H\u00e4user.", 4)])
        with Server(place) as server:
            for query, want in (
                    ("lang:en reporting", 2), ("lang:EN subject:thing", 2), ("reports", 1),
                    ('lang:en "reports"', 1), ('lang:en "reports that"', 1),
                    ('lang:en body:"report"', 1), ("lang:de hause", 2), ("hauser", 1),
                    ("(lang:de hause) OR lost", 3), ("lang:en -reporting", 2)):
                for sort in ("-date", "relevance"):
                    self.assertEqual(len(server.search(query, sort=sort)["messages"]), want,
                                     query)
                self.assertEqual(len(self.ids(place, query, "-date", "--no-index")), want, query)
            self.assertEqual(server.search("lang:en reports")["warnings"], [])
            self.assertTrue(server.search("lang:xx reports")["warnings"])
            self.assertTrue(server.search("lang:en lang:de reports")["warnings"])
        # As it was typed stands first.
        first = {q: self.ids(place, "lang:en " + q)[0] for q in ("report", "reports")}
        self.assertEqual(first["reports"], self.ids(place, "reports")[0])
        self.assertEqual(first["report"], self.ids(place, "report")[0])


if __name__ == "__main__":
    unittest.main()

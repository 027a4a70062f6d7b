"""Threads from mail to answer: order of arrival, hiding, command line, HTTP, box dialect."""

import json
import pathlib
import random
import tempfile
import unittest

from sheafserver import Server, sheaf


def mail(name, subject, answers=(), who="ann", day=3, replies_by="References"):
    """A message of that name that answers others."""
    refs = "%s: %s\n" % (replies_by, " ".join("<%s@x.org>" % r for r in answers)) \
        if answers else ""
    return ("Message-ID: <%s@x.org>\nFrom: %s@x.org\nTo: list@x.org\nSubject: %s\n"
            "Date: %d May 2020 10:00:00 +0000\n%s\nText of %s.\n"
            % (name, who, subject, day, refs, name)).encode()


MAILS = {
    "plan": mail("plan", "The plan"),
    "yes": mail("yes", "Re: The plan", ["plan"], "bob", 4),
    "but": mail("but", "Re: The plan", ["plan", "lost"], "carla", 5),
    "lost2": mail("lost2", "Re: The plan", ["lost"], "dan", 6, "In-Reply-To"),
    "late": mail("late", "Re: The plan", (), "bob", 7),
    "other": mail("other", "The plan", (), "eve", 28),
    "lunch": mail("lunch", "Lunch", ["lunch"], "eve", 8),
    "loop1": mail("loop1", "Round", ["loop2"], "eve", 9),
    "loop2": mail("loop2", "Round", ["loop1"], "eve", 10),
}
WANT = {frozenset(("plan", "yes", "but", "lost2", "late")), frozenset(("other",)),
        frozenset(("lunch",)), frozenset(("loop1", "loop2"))}


class Base(unittest.TestCase):
    """Archives made of the mails above."""

    def setUp(self):
        self.dir = tempfile.TemporaryDirectory()
        self.addCleanup(self.dir.cleanup)
        self.top = pathlib.Path(self.dir.name)

    def run_ok(self, archive, *args):
        """Run it; its output."""
        done = sheaf(archive, *args)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.decode()

    def archive(self, name, order, batches=1):
        """An archive into which the mails came in this order."""
        path = self.top / name
        self.run_ok(path, "init")
        for n in range(batches):
            box = self.top / ("%s-%d" % (name, n))
            box.mkdir()
            for i, one in enumerate(order[n::batches]):
                (box / ("%03d-%s.eml" % (i, one))).write_bytes(MAILS[one])
            self.run_ok(path, "import", box)
        return path

    def threads(self, path):
        """{thread id: names}, by the search."""
        out = {}
        hits = json.loads(self.run_ok(path, "search", "--json", "before:2021"))["messages"]
        with Server(path) as server:
            for hit in hits:
                whole = server.ask("/api/v1/messages/" + hit["id"]).json()
                name = whole["message_id"][1:].split("@")[0]
                out.setdefault(whole["threadid"], set()).add(name)
        return {k: frozenset(v) for k, v in out.items()}


class TestThreads(Base):
    """What belongs together."""

    def test_order(self):
        """The same threads and names whatever the order, the batches, or a rebuild."""
        first = self.threads(self.archive("a0", list(MAILS)))
        self.assertEqual(set(first.values()), WANT)
        for n in range(1, 4):
            order = list(MAILS)
            random.Random(n).shuffle(order)
            path = self.archive("a%d" % n, order, n)
            self.assertEqual(self.threads(path), first)
        self.run_ok(path, "reindex")
        self.assertEqual(self.threads(path), first)

    def test_lost_table(self):
        """A table that is damaged or gone is made anew from the archive."""
        path = self.archive("a", list(MAILS))
        first = self.threads(path)
        table = next((path / "index").glob("g*/threads.db"))
        for damage in (table.unlink, lambda: table.write_bytes(b"x" * 5000)):
            damage()
            self.run_ok(path, "index")
            self.assertEqual(self.threads(path), first)

    def test_reading(self):
        """Reading order and depth; by the command line, by HTTP and by thread:."""
        path = self.archive("a", list(MAILS))
        ids = {v: k for k, v in self.threads(path).items()}
        tid = ids[next(w for w in WANT if "plan" in w)]
        lines = self.run_ok(path, "show", "--thread", tid).splitlines()
        self.assertEqual(lines[0], "Thread %s, 5 messages" % tid)
        self.assertEqual([len(l) - len(l[32:].lstrip()) - 32 for l in lines[1:]],
                         [0, 2, 2, 2, 2])
        shown = json.loads(self.run_ok(path, "show", "--thread", "--json", tid[1:]))
        self.assertEqual([m["depth"] for m in shown["messages"]], [0, 1, 1, 1, 1])
        found = json.loads(self.run_ok(path, "search", "--json", "thread:" + tid))["messages"]
        self.assertEqual({m["id"] for m in found}, {m["id"] for m in shown["messages"]})
        without = self.run_ok(path, "search", "--no-index", "--format", "ids",
                              "thread:" + tid).split()
        self.assertEqual(set(without), {m["id"] for m in found})
        with Server(path) as server:
            member = shown["messages"][3]["id"]
            for target in ("/api/v1/messages/%s/thread" % member, "/api/v1/threads/" + tid):
                page = server.ask(target + "?limit=2").json()
                self.assertEqual((page["threadid"], page["total"], page["total_relation"],
                                  len(page["messages"])), (tid, 5, "exact", 2))
                rest = server.ask(target + "?cursor=" + page["next"]).json()
                self.assertEqual([m["id"] for m in page["messages"] + rest["messages"]],
                                 [m["id"] for m in shown["messages"]])
                self.assertIsNone(rest["next"])
            self.assertEqual(server.ask("/api/v1/threads/t0123456789abcdef").status, 404)
            self.assertEqual(server.ask("/api/v1/threads/" + tid + "?limit=0").status, 400)

    def test_hidden(self):
        """What was disposed of is in no thread, and names none."""
        path = self.archive("a", list(MAILS))
        ids = {v: k for k, v in self.threads(path).items()}
        tid = ids[next(w for w in WANT if "plan" in w)]
        self.run_ok(path, "dispose", "--reason", "test", "--yes", "from:ann")
        self.assertNotEqual(sheaf(path, "show", "--thread", tid).returncode, 0)
        left = self.threads(path)
        self.assertIn(frozenset(("yes", "but", "lost2", "late")), left.values())
        self.assertNotIn(tid, left)

    def test_rights(self):
        """A thread over two accounts: each reader sees a part, which has a name of its own."""
        path = self.top / "a"
        self.run_ok(path, "init")
        for account, names in (("one", ("plan", "but")), ("two", ("yes", "lost2", "late"))):
            box = self.top / account
            box.mkdir()
            for name in names:
                (box / (name + ".eml")).write_bytes(MAILS[name])
            self.run_ok(path, "import", "--account", account, box)
        whole = json.loads(self.run_ok(path, "search", "--json", "plan"))["messages"]
        ids = {m["copies"][0]["account"] + m["date"][8:10]: m["id"] for m in whole}
        self.assertEqual(len(ids), 5)
        tokens = {}
        for name, accounts in (("ann", "one"), ("bob", "two"), ("eve", "none"), ("all", "*")):
            self.run_ok(path, "user", "add", name, "--account", accounts, "--no-password")
            tokens[name] = self.run_ok(path, "token", "add", "--user", name).split()[-1]
        with Server(path) as server:
            def ask(name, target):
                return server.ask(target, headers=[("Authorization",
                                                    "Bearer " + tokens[name])])

            def thread(name, message):
                return ask(name, "/api/v1/messages/%s/thread" % message)
            for name, message, first, count in (("ann", ids["one05"], ids["one03"], 2),
                                                ("bob", ids["two06"], ids["two04"], 3),
                                                ("all", ids["two06"], ids["one03"], 5)):
                got = thread(name, message).json()
                self.assertEqual((got["threadid"], got["total"], len(got["messages"])),
                                 ("t" + first[:16], count, count))
                hit = ask(name, "/api/v1/messages/" + message).json()
                self.assertEqual(hit["threadid"], got["threadid"])
                same = ask(name, "/api/v1/search?q=thread:" + got["threadid"]).json()
                self.assertEqual(len(same["messages"]), count)
            for name, message in (("ann", ids["two04"]), ("bob", ids["one03"]),
                                  ("eve", ids["one03"])):
                self.assertEqual(thread(name, message).status, 404)
                self.assertEqual(ask(name, "/api/v1/threads/t" + message[:16]).status, 404)
                self.assertEqual(ask(name, "/api/v1/search?q=thread:" + message).json()
                                 ["messages"], [])
            session = ask("bob", "/.well-known/jmap").json()
            self.assertEqual([a["name"] for a in session["accounts"].values()], ["two"])
            self.assertEqual(ask("eve", "/.well-known/jmap").json()["accounts"], {})


if __name__ == "__main__":
    unittest.main()

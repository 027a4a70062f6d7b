"""Tags: put on and taken off by id and by query, found by both dialects with and without the index,
kept through rebuilds and backups, gone with what is destroyed."""

import concurrent.futures
import hashlib
import json
import os
import signal
import sqlite3
import subprocess
import time
import unittest
import urllib.parse

from peoplehelp import bearer, token, user
from sheafserver import Server
from test_cli import BROKEN, INPUT, NOTHING, OK, SHEAF, USAGE, Case, crlf, mail

ALL = ("--dialect", "imap", "ALL")
JSON = {"Content-Type": "application/json"}
LONG = 20000


def ident(data):
    """Its id."""
    return hashlib.sha256(crlf(data)).hexdigest()


class Tagged(Case):
    """Twelve messages in two accounts."""

    def setUp(self):
        super().setUp()
        self.init()
        self.mails = [mail(n, b"body %d %s\n" % (n, b"even" if n % 2 == 0 else b"odd"))
                      for n in range(12)]
        for n, data in enumerate(self.mails):
            self.put("%s/%d.eml" % ("one" if n < 8 else "two", n), data)
        self.sheaf("import", "--account", "one", self.top / "one")
        self.sheaf("import", "--account", "two", self.top / "two")

    def any_way(self, *argv):
        """Runs it, whether anything is found or not."""
        done = self.run_raw("-C", self.ar, *argv)
        self.assertIn(done.returncode, (OK, NOTHING), done.stderr)
        return done

    def tags(self):
        """Name -> how many messages."""
        done = self.any_way("tag", "list", "--json")
        return {t["name"]: t["messages"] for t in json.loads(done.stdout)["tags"]}

    def found(self, *query):
        """Ids, which must be the same without the index."""
        out = [self.any_way("search", "--format", "ids", *more, *query)
               for more in ((), ("--no-index",))]
        self.assertEqual(out[0].stdout, out[1].stdout)
        return set(out[0].stdout.decode().split())

    def ids(self, *numbers):
        """Of the messages with these numbers."""
        return {ident(self.mails[n]) for n in numbers}


class Command(Tagged):
    """sheaf tag."""

    def test_on_and_off(self):
        """By query; both dialects find it, in either case, and its absence."""
        self.sheaf("tag", "list", want=NOTHING)
        done = self.sheaf("tag", "+Case 17", "+b", "even")
        self.assertIn(b"+Case 17: 6 of 6 messages changed", done.stdout)
        self.assertEqual(self.tags(), {"b": 6, "Case 17": 6})
        even, odd = self.ids(0, 2, 4, 6, 8, 10), self.ids(1, 3, 5, 7, 9, 11)
        for query in (('tag:"case 17"',), ("tag:b",), ("--dialect", "imap", 'X-TAG "CASE 17"'),
                      ("--dialect", "imap", "X-TAG b X-TAG {7+}\r\ncase 17"),
                      ("tag:b OR tag:nosuch",)):
            self.assertEqual(self.found(*query), even, query)
        for query in (("odd -tag:b",), ("--dialect", "imap", "NOT X-TAG b"),
                      ("NOT (tag:b even)",)):
            self.assertEqual(self.found(*query), odd, query)
        self.assertEqual(self.found("tag:nosuch"), set())
        self.assertEqual(self.found("--account", "two", "tag:b"), self.ids(8, 10))
        self.sheaf("tag", "-b", "--account", "two", "--", "even")
        self.assertEqual(self.tags(), {"b": 4, "Case 17": 6})
        self.sheaf("tag", "-b", "+c", "--", "-odd")
        self.assertEqual(self.tags(), {"c": 6, "Case 17": 6})

    def test_refused(self):
        """Bad names and words change nothing."""
        self.sheaf("tag", want=USAGE)
        self.sheaf("tag", "+a", want=USAGE)
        self.sheaf("tag", "even", want=USAGE)
        for name in ("", " a", "a ", 'a"b', "a\nb", "x" * 101, ".", "..", "a\u200bb",
                     os.fsdecode(b"\xff")):
            done = self.sheaf("tag", "+good", "+" + name, "even", want=INPUT)
            self.assertIn(b"tag", done.stderr)
        self.assertEqual(self.tags(), {})
        self.sheaf("tag", "+" + "x" * 100, "even")
        self.sheaf("tag", "+a", "nothinglikeit", want=NOTHING)
        self.sheaf("search", "--dialect", "imap", 'X-TAG ""', want=INPUT)

    def test_new_mail(self):
        """What comes later has no tag, and what is not indexed yet is found by its tag."""
        self.sheaf("tag", "+all", *ALL)
        new = mail(50, b"later\n")
        self.put("more/50.eml", new)
        self.sheaf("import", "--no-index", self.top / "more")
        self.assertEqual(len(self.found("tag:all")), 12)
        self.sheaf("tag", "+new", "later")
        self.assertEqual(self.found("tag:new"), {ident(new)})
        self.sheaf("index")
        self.assertEqual(self.found("tag:new"), {ident(new)})
        status = json.loads(self.sheaf("status", "--json").stdout)
        self.assertEqual((status["tags"], status["tagged_messages"]), (2, 13))


class Kept(Tagged):
    """What tags outlive, and what they do not."""

    def test_rebuilt(self):
        """Catalog and index are made anew."""
        self.sheaf("tag", "+x", "even")
        os.remove(self.ar / "catalog.db")
        self.sheaf("rebuild-catalog")
        self.sheaf("reindex")
        self.assertEqual(len(self.found("tag:x")), 6)

    def test_other_numbers(self):
        """The hash tells which message it is, whatever number was noted."""
        self.sheaf("tag", "+x", "even")
        db = sqlite3.connect(self.ar / "people.db")
        with db:
            db.execute("UPDATE tag_messages SET number = 1 + number % 12")
        db.close()
        self.assertEqual(self.found("tag:x"), self.ids(0, 2, 4, 6, 8, 10))
        self.sheaf("tag", "+x", *ALL)
        self.assertEqual(len(self.found("tag:x")), 12)

    def test_backup(self):
        """A backup has them, also what is still in the log of a writer."""
        copy = self.top / "copy"
        self.sheaf("tag", "+x", "even")
        writer = sqlite3.connect(self.ar / "people.db")
        writer.execute("SELECT count(*) FROM tags").fetchone()
        self.sheaf("tag", "+y", "odd")
        self.sheaf("backup", copy)
        writer.close()
        self.assertFalse((copy / "people.db-wal").exists())
        self.assertEqual((copy / "people.db").stat().st_mode & 0o777, 0o600)
        done = self.run_raw("-C", copy, "search", "--no-index", "--count", "tag:y")
        self.assertEqual(done.stdout.strip(), b"6", done.stderr)
        self.sheaf("tag", "-y", "--", "odd")
        self.sheaf("backup", copy)
        done = self.run_raw("-C", copy, "tag", "list", "--json")
        self.assertEqual([t["name"] for t in json.loads(done.stdout)["tags"]], ["x"])

    def test_disposed(self):
        """Hidden messages do not count and come back with their tags; destroyed ones leave no
        trace of their hash in the file."""
        self.sheaf("tag", "+x", *ALL)
        self.sheaf("dispose", "--reason", "r", "--who", "w", "--yes", "even")
        self.assertEqual(self.tags(), {"x": 6})
        secret = bytes.fromhex(next(iter(self.ids(0))))
        self.assertIn(secret, (self.ar / "people.db").read_bytes())
        self.sheaf("destroy", "--yes")
        self.assertEqual(self.tags(), {"x": 6})
        for name in ("people.db", "people.db-wal"):
            if (self.ar / name).exists():
                data = (self.ar / name).read_bytes()
                self.assertEqual([i for i in self.ids(0, 2, 4, 6, 8, 10)
                                  if bytes.fromhex(i) in data], [])
        db = sqlite3.connect(self.ar / "people.db")
        self.assertEqual(db.execute("SELECT count(*) FROM tag_messages").fetchone(), (6,))
        db.close()

    def test_damaged(self):
        """verify says so."""
        self.sheaf("tag", "+x", *ALL)
        self.sheaf("verify")
        path = self.ar / "people.db"
        data = bytearray(path.read_bytes())
        data[4096:len(data) - 1000] = b"\xa5" * (len(data) - 5096)
        path.write_bytes(data)
        done = self.sheaf("verify", want=BROKEN)
        self.assertIn(b"what people made is damaged", done.stdout + done.stderr)
        found = json.loads(self.sheaf("search", "--json", "even").stdout)["messages"]
        self.assertEqual([m["tags"] for m in found], [None] * 6)
        self.sheaf("search", "tag:x", want=BROKEN)


class Service(Tagged):
    """By HTTP."""

    def change(self, server, method, tag, body=None):
        """One request."""
        return server.ask("/api/v1/tags/" + urllib.parse.quote(tag, safe=""), method,
                          JSON if body is not None else {},
                          json.dumps(body) if body is not None else None)

    def test_changes(self):
        """By ids, by query, and everything off; messages list their tags."""
        with Server(self.ar) as server:
            two = sorted(self.ids(1, 2))
            done = self.change(server, "POST", "Fall/ä 1", {"ids": two})
            self.assertEqual((done.status, done.json()),
                             (200, {"tag": "Fall/ä 1", "messages": 2, "changed": 2,
                                    "not_searched": 0}))
            done = self.change(server, "POST", "fall/ä 1", {"q": "even"}).json()
            self.assertEqual((done["messages"], done["changed"]), (6, 5))
            listed = server.ask("/api/v1/tags").json()
            told = server.ask("/api/v1/status").json()
            self.assertEqual(told["tags"], len(listed["tags"]))
            self.assertEqual([(t["name"], t["messages"]) for t in listed["tags"]],
                             [("Fall/ä 1", 7)])
            self.assertEqual((listed["total"], listed["total_relation"], listed["next"]),
                             (1, "exact", None))
            one = server.ask("/api/v1/messages/" + two[0]).json()
            self.assertEqual(one["tags"], ["Fall/ä 1"])
            hits = server.search("body")["messages"]
            self.assertEqual(sum(h["tags"] == ["Fall/ä 1"] for h in hits), 7)
            self.assertEqual(sum(h["tags"] == [] for h in hits), 5)
            stream = server.ask("/api/v1/search?format=ndjson&q=tag:%22Fall/%C3%A4%201%22")
            lines = [json.loads(x) for x in stream.body.splitlines()]
            self.assertEqual(sum("message" in x and x["message"]["tags"] == ["Fall/ä 1"]
                                 for x in lines), 7)
            done = self.change(server, "DELETE", "Fall/ä 1", {"ids": two}).json()
            self.assertEqual(done["changed"], 2)
            done = self.change(server, "DELETE", "Fall/ä 1").json()
            self.assertEqual(done["changed"], 5)
            self.assertEqual(server.ask("/api/v1/tags").json()["total"], 0)
            self.assertEqual(self.change(server, "GET", "Fall/ä 1").status, 404)

    def test_refused(self):
        """Nothing is changed by what is wrong."""
        good = sorted(self.ids(1, 2))
        with Server(self.ar) as server:
            for want, body in ((404, {"ids": good + ["0" * 64]}), (400, {"ids": "x"}),
                               (400, {"ids": [1]}), (400, {"q": "a", "ids": good}), (400, {}),
                               (400, {"q": "a", "limit": 5}), (400, []), (400, {"q": 5}),
                               (400, {"q": "FROM", "dialect": "imap"}),
                               (400, {"q": "a", "dialect": "x"})):
                self.assertEqual(self.change(server, "POST", "t", body).status, want, body)
            self.assertEqual(self.change(server, "POST", "t").status, 400)
            self.assertEqual(self.change(server, "POST", "t\u202e", {"ids": good}).status, 400)
            self.assertEqual(server.ask("/api/v1/tags/t", "POST", {"Content-Type": "text/plain"},
                                        json.dumps({"ids": good})).status, 400)
            cross = dict(JSON, Origin="http://evil.example")
            self.assertEqual(server.ask("/api/v1/tags/t", "POST", cross,
                                        json.dumps({"ids": good})).status, 403)
            self.assertEqual(server.ask("/api/v1/tags").json()["tags"], [])

    def test_counts_are_those_of_searches(self):
        """Of what one may read, without what is hidden or destroyed; few tags, and many that are
        read in one pass"""
        for name in ("ann", "zoe"):
            user(self.ar, "add", name, "--role", "reader", "--account",
                 "one" if name == "ann" else "*")
        heads = {name: bearer(token(self.ar, name, "read")) for name in ("ann", "zoe")}
        for n in range(12):
            self.sheaf("tag", "+t%d" % n, 'subject:"number %d"' % n)
            if n < 11:
                self.sheaf("tag", "+all", "+from %d" % (n % 3), 'subject:"number %d"' % n)
        for step in ("whole", "dispose", "destroy"):
            if step == "dispose":
                self.sheaf("dispose", "--reason", "r", "--who", "w", "--yes",
                           "subject:\"number 2\"")
            if step == "destroy":
                self.sheaf("destroy", "--yes")
            with Server(self.ar) as server:
                for name, most in (("ann", 8), ("zoe", 11)):
                    got = server.ask("/api/v1/tags", headers=heads[name]).json()["tags"]
                    counts = {t["name"]: t["messages"] for t in got}
                    self.assertEqual(counts["all"], most - (step != "whole"))
                    self.assertEqual("t9" in counts, name == "zoe")
                    told = server.ask("/api/v1/suggest?q=-tag:T&limit=50", headers=heads[name])
                    self.assertEqual({s["text"]: s["messages"]
                                      for s in told.json()["suggestions"]},
                                     {t: n for t, n in counts.items() if t[0] == "t" and n})
                    for tag, count in counts.items():
                        q = urllib.parse.quote('tag:"%s"' % tag)
                        found = server.ask("/api/v1/count?q=" + q, headers=heads[name]).json()
                        self.assertEqual(found["total"], count, (step, name, tag))
                        one = server.ask("/api/v1/tags/" + urllib.parse.quote(tag),
                                         headers=heads[name])
                        self.assertEqual(one.json()["messages"], count)

    def test_many(self):
        """More tags than a reader keeps lists of; they change while it has them."""
        names = ["t%04d" % n for n in range(1200)]
        self.sheaf("tag", *["+" + name for name in names[:600]], "even")
        self.sheaf("tag", *["+" + name for name in names[600:]], "odd")
        want = {name: 6 for name in names}
        with Server(self.ar) as server:
            for n in range(0, 1200, 240):
                got = server.ask("/api/v1/tags").json()
                self.assertEqual({t["name"]: t["messages"] for t in got["tags"]}, want)
                self.sheaf("tag", "-" + names[n], 'subject:"number %d"' % (n >= 600))
                want[names[n]] = 5
                self.assertEqual(server.search("tag:" + names[n])["total"], 5)

    def test_two_at_once(self):
        """Two clients that change the same messages: each change is whole."""
        with Server(self.ar) as server, concurrent.futures.ThreadPoolExecutor(4) as pool:
            jobs = [pool.submit(self.change, server, ("POST", "DELETE")[i % 2], "t",
                                {"q": "even" if i % 3 else "body"}) for i in range(40)]
            self.assertEqual({j.result().status for j in jobs}, {200})
            n = self.change(server, "GET", "t")
            self.assertIn(n.json()["messages"] if n.status == 200 else 0, (0, 6, 12))


class Killed(Case):
    """kill -9 in the middle of tagging many messages: all or none."""

    def test_all_or_none(self):
        """At many moments."""
        self.init()
        box = b"".join(b"From a@example.org Thu Mar  5 23:30:00 2020\nFrom: a@example.org\n"
                       b"Subject: s%d\n\nx%d\n\n" % (n, n) for n in range(LONG))
        self.put("all.mbox", box)
        self.sheaf("import", self.top / "all.mbox")
        start = time.monotonic()
        self.sheaf("tag", "+first", *ALL)
        whole = time.monotonic() - start
        self.sheaf("tag", "-first", "--", "s1")
        seen = set()
        for step in range(12):
            child = subprocess.Popen([SHEAF, "-C", str(self.ar), "tag", "+n%d" % step, *ALL],
                                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                child.wait(whole * (step + 1) / 11)
            except subprocess.TimeoutExpired:
                child.send_signal(signal.SIGKILL)
                child.wait()
            done = self.run_raw("-C", self.ar, "search", "--count", "tag:n%d" % step)
            seen.add(int(done.stdout))
        self.assertLessEqual(seen, {0, LONG})
        self.assertIn(0, seen)
        self.sheaf("verify")
        self.sheaf("tag", "+last", *ALL)
        self.assertEqual(self.sheaf("search", "--count", "tag:last").stdout.strip(),
                         b"%d" % LONG)


if __name__ == "__main__":
    unittest.main()

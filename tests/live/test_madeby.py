"""What people make, with users: nobody sees, counts, changes or fetches anything about mail that
they may not read."""

import hashlib
import json
import time
import unittest

from peoplehelp import bearer, token, user
from sheafserver import Server
from test_cli import Case, crlf, mail

JSON = {"Content-Type": "application/json"}


class People(Case):
    """Two accounts; ann reads the first, bob the second, olga owns everything."""

    def setUp(self):
        super().setUp()
        self.init()
        self.mails = {name: [mail(n + 10 * k, b"word of %s\n" % name.encode()) for n in range(4)]
                      for k, name in enumerate(("first", "second"))}
        for name, mails in self.mails.items():
            for n, data in enumerate(mails):
                self.put("%s/%d.eml" % (name, n), data)
            self.sheaf("import", "--account", name, self.top / name)
        user(self.ar, "add", "ann", "--role", "investigator", "--account", "first")
        user(self.ar, "add", "bob", "--role", "reader", "--account", "second")
        user(self.ar, "add", "olga", "--role", "owner")
        self.keys = {n: bearer(token(self.ar, n, s)) for n, s in
                     (("ann", "read,tag,export"), ("bob", "read,tag"),
                      ("olga", "read,tag,export,audit,admin"))}

    def ask(self, server, who, method, path, body=None):
        """A request by somebody."""
        return server.ask("/api/v1/" + path, method, dict(self.keys[who], **JSON),
                          None if body is None else json.dumps(body))

    def tags(self, server, who):
        """Name -> count, as somebody sees them."""
        got = self.ask(server, who, "GET", "tags").json()
        return {t["name"]: t["messages"] for t in got["tags"]}

    def id(self, account, n=0):
        """Of a message."""
        return hashlib.sha256(crlf(self.mails[account][n])).hexdigest()

    def test_tags(self):
        """Each changes what is theirs, and sees that alone."""
        with Server(self.ar) as server:
            done = self.ask(server, "ann", "POST", "tags/shared", {"q": "word"})
            self.assertEqual((done.json()["messages"], done.json()["changed"]), (4, 4))
            self.assertEqual((self.tags(server, "ann"), self.tags(server, "bob")),
                             ({"shared": 4}, {}))
            self.assertEqual(self.ask(server, "bob", "GET", "tags/shared").status, 404)
            done = self.ask(server, "bob", "POST", "tags/shared",
                            {"ids": [self.id("second"), self.id("first")]})
            self.assertEqual(done.status, 404)
            self.assertEqual(self.ask(server, "bob", "POST", "tags/shared",
                                      {"ids": [self.id("second")]}).status, 200)
            self.assertEqual((self.tags(server, "bob"), self.tags(server, "olga")),
                             ({"shared": 1}, {"shared": 5}))
            self.assertEqual(self.ask(server, "bob", "DELETE", "tags/shared").json()["changed"], 1)
            self.assertEqual(self.tags(server, "olga"), {"shared": 4})
            found = self.ask(server, "bob", "GET", "search?q=tag:shared").json()
            self.assertEqual((found["messages"], found["total"]), ([], 0))

    def test_saved(self):
        """Own and shared; a feed has the mail of who reads it."""
        with Server(self.ar) as server:
            made = [self.ask(server, "ann", "POST", "saved-searches",
                             {"name": str(s), "q": "word", "shared": s}).json()["id"]
                    for s in (False, True)]
            self.assertEqual(self.ask(server, "bob", "GET",
                                      "saved-searches/%d" % made[0]).status, 404)
            shared = "saved-searches/%d" % made[1]
            self.assertFalse(self.ask(server, "bob", "GET", shared).json()["own"])
            for method, body in (("PUT", {"name": "x"}), ("DELETE", None)):
                self.assertEqual(self.ask(server, "bob", method, shared, body).status, 404)
            for who, account in (("ann", "first"), ("bob", "second")):
                feed = json.loads(self.ask(server, who, "GET", shared + "/feed.json").body)
                self.assertEqual({i["url"].rsplit("/", 1)[1] for i in feed["items"]},
                                 {self.id(account, n) for n in range(4)})

    def ended(self, server, who, path):
        """A job, when it has ended."""
        for _ in range(3000):
            job = self.ask(server, who, "GET", path).json()
            if job["state"] not in ("waiting", "running"):
                return job
            time.sleep(0.01)
        raise AssertionError("it does not end")

    def test_exports(self):
        """With the rights of who asks, now and when it is fetched."""
        with Server(self.ar) as server:
            self.assertEqual(self.ask(server, "bob", "POST", "export",
                                      {"q": "", "format": "mbox"}).status, 403)
            asked = self.ask(server, "ann", "POST", "export", {"q": "", "format": "mbox"})
            path = "export/%d" % asked.json()["id"]
            job = self.ended(server, "ann", path)
            self.assertEqual((job["state"], job["messages"], job["owner"]), ("done", 4, "ann"))
            lines = self.ask(server, "ann", "GET", path + "/manifest").body.splitlines()
            self.assertEqual({json.loads(x)["id"] for x in lines[1:]},
                             {self.id("first", n) for n in range(4)})
            self.assertEqual(json.loads(lines[0])["who"], "ann")
            self.assertEqual(self.ask(server, "ann", "GET", path + "/file").status, 200)
            for other in ("", "/file", "/manifest"):
                self.assertEqual(self.ask(server, "olga", "GET", path + other).status, 404)
            self.assertEqual(self.ask(server, "olga", "DELETE", path).status, 404)
            self.sheaf("user", "set", "ann", "--role", "investigator", "--account", "second")
            self.assertEqual(self.ask(server, "ann", "GET", path + "/file").status, 403)
            self.sheaf("user", "set", "ann", "--role", "reader", "--account", "first")
            self.assertEqual(self.ask(server, "ann", "GET", path + "/file").status, 403)


if __name__ == "__main__":
    unittest.main()

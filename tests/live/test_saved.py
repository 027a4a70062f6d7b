"""Saved searches by HTTP, and their feeds."""

import concurrent.futures
import json
import re
import unittest
import xml.etree.ElementTree as ET

from sheafserver import Server
from test_cli import Case, mail

JSON = {"Content-Type": "application/json"}
BASE = "/api/v1/saved-searches"
ATOM = "{http://www.w3.org/2005/Atom}"


class Saved(Case):
    """Some mail and a server."""

    def setUp(self):
        super().setUp()
        self.init()
        for n in range(70):
            kind = b"wombat" if n % 2 == 0 else b"numbat"
            self.put("in/%03d.eml" % n,
                     b"From: \"A <b>&\" <a@example.org>\r\nSubject: s%d <&> %s\r\n"
                     b"Date: Thu, 5 Mar %d 23:30:00 +0000\r\n\r\nbody %s \x01\x02\r\n"
                     % (n, kind, 2020 - n % 10, kind))
        self.sheaf("import", self.top / "in")
        self.server = Server(self.ar)
        self.server.__enter__()
        self.addCleanup(self.server.__exit__, None, None, None)

    def send(self, method, path, body):
        """A request with a JSON body."""
        return self.server.ask(BASE + path, method, JSON, json.dumps(body))

    def save(self, **members):
        """A new one; its path."""
        done = self.send("POST", "", members)
        self.assertEqual(done.status, 201, done.body)
        self.assertEqual(done.headers["Location"], "%s/%d" % (BASE, done.json()["id"]))
        return "/%d" % done.json()["id"]


class Keeping(Saved):
    """Made, read, changed, removed."""

    def test_life(self):
        """Every member comes back as it was."""
        path = self.save(name="Fälle", q='from:ann -"b c"', shared=True, mailbox="IN*")
        self.save(name="a", q="FROM ann", dialect="imap")
        one = self.server.ask(BASE + path).json()
        self.assertEqual({k: one[k] for k in ("name", "q", "dialect", "account", "mailbox",
                                              "shared", "own", "grammar")},
                         {"name": "Fälle", "q": 'from:ann -"b c"', "dialect": "box",
                          "account": "", "mailbox": "IN*", "shared": True, "own": True,
                          "grammar": one["grammar_now"]})
        self.assertEqual(one["made_at"], one["changed_at"])
        listed = self.server.ask(BASE).json()
        self.assertEqual([s["name"] for s in listed["saved_searches"]], ["Fälle", "a"][::-1])
        self.assertEqual((listed["total"], listed["next"]), (2, None))
        done = self.send("PUT", path, {"q": "zz:b", "name": "b"})
        self.assertEqual((done.json()["q"], done.json()["mailbox"]), ("zz:b", "IN*"))
        self.assertEqual([w["column"] for w in done.json()["warnings"]], [1])
        self.assertEqual(self.server.ask(BASE + path, "DELETE").status, 204)
        for method in ("GET", "DELETE"):
            self.assertEqual(self.server.ask(BASE + path, method).status, 404)
        fresh = self.save(name="Fälle", q="x")
        self.assertNotEqual(fresh, path)

    def test_refused(self):
        """Nothing half right is kept."""
        self.save(name="taken", q="x")
        other = self.save(name="other", q="x")
        for body in ({}, {"name": "x"}, {"q": "x"}, {"name": "", "q": "x"}, [],
                     {"name": 5, "q": "x"},
                     {"name": "a\nb", "q": "x"}, {"name": "x" * 201, "q": "x"},
                     {"name": "y", "q": "FROM", "dialect": "imap"}, {"name": "taken", "q": "y"},
                     {"name": "y", "q": "x", "dialect": "z"}, {"name": "y", "q": "x", "id": 4},
                     {"name": "y", "q": "x", "shared": 1}, {"name": "y", "q": "x" * 70000}):
            self.assertEqual(self.send("POST", "", body).status, 400, body)
        self.assertEqual(self.send("PUT", other, {"name": "taken"}).status, 400)
        self.assertEqual(self.send("PUT", "/999", {"name": "new"}).status, 404)
        for path in ("/x", "/-1", "/18446744073709551615", "/0"):
            self.assertEqual(self.server.ask(BASE + path).status, 404)
        self.assertEqual(self.server.ask(BASE).json()["total"], 2)

    def test_two_at_once(self):
        """Of many that take one name at once, one gets it."""
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            jobs = [pool.submit(self.send, "POST", "", {"name": "n", "q": "%d" % i})
                    for i in range(16)]
            self.assertEqual(sorted(j.result().status for j in jobs), [201] + [400] * 15)


class Feeds(Saved):
    """What feed readers get."""

    def entries(self, path):
        """Ids and titles of the Atom feed, which must be as RFC 4287 has it."""
        answer = self.server.ask(BASE + path + "/feed.atom")
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual(answer.headers["Content-Type"], "application/atom+xml; charset=utf-8")
        root = ET.fromstring(answer.body)
        self.assertEqual(root.tag, ATOM + "feed")
        for place in [root] + root.findall(ATOM + "entry"):
            for name in ("id", "title", "updated"):
                self.assertEqual(len(place.findall(ATOM + name)), 1, name)
        for entry in root.findall(ATOM + "entry"):
            self.assertTrue(entry.find(ATOM + "author/" + ATOM + "name").text)
            self.assertRegex(entry.find(ATOM + "id").text, r"^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-"
                             r"8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$")
            link = entry.find(ATOM + "link").get("href")
            self.assertEqual(self.server.ask(link).status, 200)
        return [(e.find(ATOM + "id").text, e.find(ATOM + "title").text)
                for e in root.findall(ATOM + "entry")], answer

    def test_newest_by_arrival(self):
        """Not by date; new ones come first, the others keep their ids; the tag changes then."""
        path = self.save(name="<w>&", q="subject:wombat")
        first, answer = self.entries(path)
        self.assertEqual([t for _, t in first], ["s%d <&> wombat" % n for n in range(68, -1, -2)])
        tag = {"If-None-Match": answer.headers["ETag"]}
        self.assertEqual(self.server.ask(BASE + path + "/feed.atom", headers=tag).status, 304)
        for n in range(20):
            self.put("new/%02d.eml" % n, mail(100 + n).replace(b"Subject: ", b"Subject: wombat "))
        self.sheaf("import", "--no-index", self.top / "new")
        self.assertEqual(self.server.ask(BASE + path + "/feed.atom", headers=tag).status, 200)
        second, _ = self.entries(path)
        self.assertEqual(len(second), 50)
        self.assertEqual(second[20:], first[:30])
        self.sheaf("index")
        self.assertEqual(self.entries(path)[0], second)

    def test_json(self):
        """JSON Feed 1.1, the same entries."""
        path = self.save(name="n", q="SUBJECT numbat", dialect="imap")
        answer = self.server.ask(BASE + path + "/feed.json")
        self.assertEqual(answer.headers["Content-Type"], "application/feed+json")
        feed = json.loads(answer.body)
        self.assertEqual((feed["version"], feed["title"]),
                         ("https://jsonfeed.org/version/1.1", "n"))
        self.assertEqual([(i["id"], i["title"]) for i in feed["items"]], self.entries(path)[0])
        for item in feed["items"]:
            self.assertTrue(item["content_text"])
            self.assertTrue(re.match(r"http://127\.0\.0\.1:\d+/message/[0-9a-f]{64}$",
                                     item["url"]), item["url"])
        self.assertEqual(self.server.ask(BASE + path + "/feed.rss").status, 404)
        (self.ar / "sheaf.conf").write_text("[serve]\npublic_url = https://mail.example.org\n")
        with Server(self.ar) as server:
            feed = json.loads(server.ask(BASE + path + "/feed.json").body)
            home = "https://mail.example.org/"
            self.assertEqual(feed["feed_url"], home[:-1] + BASE + path + "/feed.json")
            self.assertTrue(feed["items"][0]["url"].startswith(home + "message/"))
            root = ET.fromstring(server.ask(BASE + path + "/feed.atom").body)
            self.assertEqual(root.find(ATOM + "id").text, home[:-1] + BASE + path)
            self.assertTrue(server.ask("/jmap/session").json()["apiUrl"].startswith(home))
        self.assertEqual(self.server.ask(BASE + "/77/feed.json").status, 404)


if __name__ == "__main__":
    unittest.main()

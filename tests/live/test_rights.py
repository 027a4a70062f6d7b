"""Who may ask what, where: every role, every address that is served, every account.

The routes come from `sheaf serve --routes`. One without a row in ROWS fails: say there what right
it needs and what its arguments are, and every cell of it is tried.
"""

import hashlib
import json
import pathlib
import re
import shutil
import tempfile
import time
import unittest

import servers
from peoplehelp import bearer, token, user
from sheafserver import Server, sheaf

# Arguments: "id" a message's id; else the word as it stands. {} of the path in order.
ROWS = {
    ("GET", "/"): ("read", []),
    ("GET", "/message/{}"): ("read", ["id"]),
    ("GET", "/message/{}/html"): ("read", ["id"]),
    ("GET", "/mid/{}"): ("read", ["nobody@x"]),
    ("GET", "/fields"): ("read", []),
    ("GET", "/help"): ("read", []),
    ("GET", "/accounts"): ("read", []),
    ("GET", "/not-searchable"): ("read", []),
    ("GET", "/pane"): ("read", []),
    ("GET", "/sheaf.js"): ("nothing", []),
    ("GET", "/.well-known/jmap"): ("read", []),
    ("GET", "/jmap/session"): ("read", []),
    ("POST", "/jmap/api"): ("read", []),
    ("GET", "/jmap/download/{}/{}"): ("read", ["a0", "b0"]),
    ("GET", "/problems/{}"): ("nothing", ["input"]),
    ("GET", "/style.css"): ("nothing", []),
    ("GET", "/icon.svg"): ("nothing", []),
    ("GET", "/healthz"): ("nothing", []),
    ("GET", "/readyz"): ("nothing", []),
    ("GET", "/metrics"): ("admin", []),
    ("GET", "/service"): ("admin", []),
    ("GET", "/api/v1/service"): ("admin", []),
    ("GET", "/users"): ("admin", []),
    ("POST", "/users"): ("admin", []),
    ("GET", "/users/{}"): ("admin", ["reader"]),
    ("POST", "/users/{}/{}"): ("admin", ["reader", "enable"]),
    ("GET", "/audit"): ("audit", []),
    ("GET", "/api/v1/audit"): ("audit", []),
    ("GET", "/login"): ("nothing", []),
    ("POST", "/login"): ("nothing", []),
    ("POST", "/logout"): ("nothing", []),
    ("GET", "/login/oidc"): ("nothing", []),
    ("GET", "/login/oidc/callback"): ("nothing", []),
    ("GET", "/sessions"): ("nothing", []),
    ("POST", "/sessions/{}/end"): ("nothing", ["1"]),
    ("GET", "/setup"): ("nothing", []),
    ("POST", "/setup"): ("nothing", []),
    ("GET", "/api/v1/search"): ("read", []),
    ("POST", "/api/v1/search"): ("read", []),
    ("GET", "/api/v1/count"): ("read", []),
    ("POST", "/api/v1/count"): ("read", []),
    ("GET", "/api/v1/explain"): ("read", []),
    ("POST", "/api/v1/explain"): ("read", []),
    ("GET", "/api/v1/facets"): ("read", []),
    ("POST", "/api/v1/facets"): ("read", []),
    ("GET", "/api/v1/suggest"): ("read", []),
    ("GET", "/api"): ("read", []),
    ("GET", "/api/v1/openapi.json"): ("read", []),
    ("GET", "/api/v1/accounts"): ("read", []),
    ("GET", "/api/v1/mailboxes"): ("read", []),
    ("GET", "/api/v1/status"): ("read", []),
    ("GET", "/api/v1/ledger"): ("read", []),
    ("GET", "/api/v1/not-searchable"): ("read", []),
    ("GET", "/api/v1/messages/{}/text"): ("read", ["id"]),
    ("GET", "/api/v1/messages/{}/headers"): ("read", ["id"]),
    ("GET", "/api/v1/messages/{}/parts"): ("read", ["id"]),
    ("GET", "/api/v1/messages/{}/copies"): ("read", ["id"]),
    ("GET", "/api/v1/messages/{}"): ("read", ["id"]),
    ("GET", "/api/v1/messages/{}/html"): ("read", ["id"]),
    ("GET", "/api/v1/messages/{}/raw"): ("read", ["id"]),
    ("GET", "/api/v1/messages/{}/thread"): ("read", ["id"]),
    ("GET", "/api/v1/threads/{}"): ("read", ["id"]),
    ("GET", "/api/v1/messages/{}/parts/{}"): ("read", ["id", "1"]),
    ("GET", "/api/v1/messages/{}/parts/{}/text"): ("read", ["id", "1"]),
    ("GET", "/api/v1/tags"): ("read", []),
    ("GET", "/api/v1/tags/{}"): ("read", ["t"]),
    ("POST", "/api/v1/tags/{}"): ("tag", ["t"]),
    ("DELETE", "/api/v1/tags/{}"): ("tag", ["t"]),
    ("GET", "/api/v1/saved-searches"): ("read", []),
    ("POST", "/api/v1/saved-searches"): ("tag", []),
    ("GET", "/api/v1/saved-searches/{}"): ("read", ["1"]),
    ("PUT", "/api/v1/saved-searches/{}"): ("tag", ["1"]),
    ("DELETE", "/api/v1/saved-searches/{}"): ("tag", ["1"]),
    ("GET", "/api/v1/saved-searches/{}/feed.atom"): ("read", ["1"]),
    ("GET", "/api/v1/saved-searches/{}/feed.json"): ("read", ["1"]),
    ("GET", "/api/v1/export"): ("export", []),
    ("POST", "/api/v1/export"): ("export", []),
    ("GET", "/api/v1/export/{}"): ("export", ["1"]),
    ("DELETE", "/api/v1/export/{}"): ("export", ["1"]),
    ("GET", "/api/v1/export/{}/file"): ("export", ["1"]),
    ("GET", "/api/v1/export/{}/manifest"): ("export", ["1"]),
    ("POST", "/tags"): ("tag", []),
    ("POST", "/tags/off"): ("tag", []),
    ("GET", "/exports"): ("export", []),
    ("POST", "/exports"): ("export", []),
    ("POST", "/exports/{}/end"): ("export", ["1"]),
    ("POST", "/saved"): ("tag", []),
    ("POST", "/saved/{}/remove"): ("tag", ["1"]),
}

# What each role may do, and where it reads.
ROLES = {
    "owner": ({"read", "tag", "export", "audit", "admin"}, {"alice", "bob"}),
    "administrator": ({"audit", "admin"}, set()),
    "investigator": ({"read", "tag", "export"}, {"alice", "bob"}),
    "detective": ({"read", "tag", "export"}, {"alice"}),
    "reader": ({"read", "tag"}, {"bob"}),
    "nobody": (set(), set()),
}
MADE_AS = {"owner": ["owner"], "administrator": ["administrator"],
           "investigator": ["investigator", "--account", "*"],
           "detective": ["investigator", "--account", "ali*"],
           "reader": ["reader", "--account", "bob"]}

HTML = (b"From: %s@example.org\nTo: x@example.org\nSubject: %s\nMessage-ID: <%s@x>\n"
        b"MIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\n\n<p>wombat %s</p>\n")
# Of each kind one message of alice, one of bob, and one that both have.
WORDS = {"alice": b"aardvark", "bob": b"bilby", "both": b"capybara"}


def mail(word):
    """A message."""
    return HTML % (word, word, word, word)


def ident(message):
    """Its id."""
    return hashlib.sha256(message.replace(b"\n", b"\r\n")).hexdigest()


class Rights(unittest.TestCase):
    """One archive, one server, a token for each role."""

    @classmethod
    def setUpClass(cls):
        top = pathlib.Path(tempfile.mkdtemp(prefix="sheaf-rights-"))
        cls.addClassCleanup(shutil.rmtree, top, True)
        cls.archive = top / "archive"
        assert sheaf(cls.archive, "init").returncode == 0
        cls.ids = {who: ident(mail(word)) for who, word in WORDS.items()}
        for who in ("alice", "bob"):
            servers.write_maildir(top / who, [(mail(WORDS[who]), "", None),
                                              (mail(WORDS["both"]), "\\Seen", None)])
            done = sheaf(cls.archive, "import", "--account", who, top / who)
            assert done.returncode == 0, done.stderr
        assert sheaf(cls.archive, "index").returncode == 0
        cls.headers = {"nobody": {}}
        for name, args in MADE_AS.items():
            user(cls.archive, "add", name, "--role", *args)
            cls.headers[name] = bearer(token(cls.archive, name))
        cls.server = Server(cls.archive)
        cls.enterClassContext(cls.server)

    def sees(self, role, who):
        """May the role read a message of these?"""
        rights, accounts = ROLES[role]
        has = {"alice", "bob"} if who == "both" else {who}
        return "read" in rights and bool(has & accounts)

    def ask(self, role, target, method="GET", body=None):
        """One request."""
        headers = dict(self.headers[role])
        if method != "GET":
            headers["Content-Type"] = "application/json"
        return self.server.ask(target, method, headers, body)

    def search(self, role, q, **more):
        """The JSON of a search."""
        args = "".join("&%s=%s" % x for x in more.items())
        answer = self.ask(role, "/api/v1/search?q=%s%s" % (q, args))
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json()

    def cell(self, role, row, who):
        """Role × address × account: the status must be what the table says."""
        (method, path), (need, args) = row
        for arg in args:
            path = path.replace("{}", self.ids.get(who, "0" * 64) if arg == "id" else arg, 1)
        answer = self.ask(role, path, method, "{}" if method != "GET" else None)
        where = "%s %s as %s, account %s: %d" % (method, path, role, who, answer.status)
        if need == "nothing":
            self.assertNotEqual(answer.status, 401, where)
        elif role == "nobody":
            page = not path.startswith(("/api/", "/jmap", "/.well-known/", "/metrics"))
            self.assertEqual(answer.status, 303 if page else 401, where)
            if page:
                self.assertTrue(answer.headers["Location"].startswith("/login"), where)
        elif path == "/" and role == "administrator":  # who reads no mail, but the log
            self.assertEqual((answer.status, answer.headers["Location"]), (303, "/audit"), where)
        elif need not in ROLES[role][0]:
            self.assertEqual(answer.status, 403, where)
        elif "id" in args:
            seen = who in self.ids and self.sees(role, who)
            self.assertEqual(answer.status, 200 if seen else 404, where)
        else:
            self.assertNotIn(answer.status, (401, 403), where)
        if need != "nothing" and answer.status != 200:
            for word in WORDS.values():
                self.assertNotIn(word, answer.body, where)

    def test_every_cell(self):
        """All of them."""
        said = json.loads(sheaf(self.archive, "serve", "--routes", "--json").stdout)["routes"]
        routes = {(r["method"], r["path"]): r["need"] for r in said}
        self.assertFalse(set(routes) - set(ROWS), "routes without a row here")
        self.assertFalse(set(ROWS) - set(routes), "rows without a route")
        cells = 0
        for row in ROWS.items():
            self.assertEqual(routes[row[0]], row[1][0], row)
            for role in ROLES:
                for who in ["alice", "bob", "both", "absent"] if "id" in row[1][1] else ["any"]:
                    self.cell(role, row, who)
                    cells += 1
        print("NOTE: %d cells" % cells)

    def test_searches(self):
        """Hits, counts and copies are those of the accounts one may read."""
        for role, (rights, accounts) in ROLES.items():
            if "read" not in rights:
                continue
            for q in ("wombat", "capybara", "aardvark", "bilby", "in:INBOX", "is:read", "",
                      "account:alice", "account:bob", "-account:alice", "larger:1"):
                got = self.search(role, q, total="exact")
                words = set()
                for m in got["messages"]:
                    names = {c["account"] for c in m["copies"]}
                    self.assertTrue(names and names <= accounts, (role, q, names))
                    words.add(m["subject"])
                self.assertEqual(got["total"], len(got["messages"]), (role, q))
                self.assertEqual(got["total_relation"], "exact")
                seen = {w.decode() for who, w in WORDS.items() if self.sees(role, who)}
                self.assertLessEqual(words, seen)
                if q == "wombat":
                    self.assertEqual(words, seen)

    def test_same_as_by_hand(self):
        """A question under rights has the answer of the same question restricted to them."""
        for q in ("wombat", "is:read", "account:b*", "-is:read", "capybara", "from:bilby"):
            for role, account in (("detective", "alice"), ("reader", "bob")):
                for page in ({}, {"limit": 1}, {"sort": "date"}):
                    own = self.search(role, q, total="exact", **page)
                    hand = self.search("owner", q, total="exact", account=account, **page)
                    for key in ("messages", "next", "total", "total_relation"):
                        self.assertEqual(own[key], hand[key], (role, q, key))

    def test_lists(self):
        """Lists, facets and suggestions tell of one's own accounts, and of nothing else."""
        for role, (rights, accounts) in ROLES.items():
            if "read" not in rights:
                continue
            seen = {w.decode() for who, w in WORDS.items() if self.sees(role, who)}
            others = {w.decode() for w in WORDS.values()} - seen
            get = lambda path, r=role: self.ask(r, "/api/v1" + path).json()
            self.assertEqual({a["account"] for a in get("/accounts")["accounts"]}, accounts)
            self.assertEqual({m["account"] for m in get("/mailboxes")["mailboxes"]}, accounts)
            self.assertEqual({m["account"] for m in get("/status")["mailboxes"]}, accounts)
            ledger = get("/ledger")
            self.assertEqual({e["account"] for e in ledger["entries"]}, accounts)
            self.assertEqual((len(ledger["entries"]), ledger["total"]), (2 * len(accounts),) * 2)
            lines = self.ask(role, "/api/v1/ledger?format=ndjson").body.splitlines()
            self.assertEqual([json.loads(line)["entry"] for line in lines[:-1]],
                             ledger["entries"])
            self.assertEqual(json.loads(lines[-1])["total"], ledger["total"])
            facets = get("/facets?q=")
            self.assertEqual(facets["total"], len(seen))
            self.assertEqual({a["value"] for a in facets["facets"]["accounts"]["values"]},
                             accounts)
            self.assertEqual({s["value"] for s in facets["facets"]["senders"]["values"]},
                             {w + "@example.org" for w in seen})
            for word in others:
                self.assertEqual(get("/suggest?q=from:" + word[:4])["suggestions"], [])
                self.assertEqual(get("/count?q=" + word)["total"], 0)
                self.assertNotIn("did_you_mean", get("/search?q=" + word[:-1] + "q"))
                self.assertEqual(get("/suggest?q=" + word[:4])["suggestions"], [])
            for word in seen:
                one = get("/suggest?q=" + word[:4])["suggestions"]
                self.assertEqual([(s["text"], s["messages"]) for s in one if "messages" in s],
                                 [(word + "@example.org", 1)])
                meant = get("/search?q=%s%%20or" % (word[:-1] + "q")).get("did_you_mean", [])
                self.assertEqual([m["instead"] for m in meant if m["column"] == 1], [word])
            texts = {s["text"] for s in get("/suggest?q=account:")["suggestions"]}
            self.assertEqual(texts, accounts)
            limited = accounts != {"alice", "bob"}
            outcomes = {e["outcome"] for e in ledger["entries"]}
            self.assertEqual(outcomes, {"stored"} if limited else {"stored", "duplicate"})
            for path in ("/explain?q=x", "/ledger?outcome=duplicate", "/facets?q=x&explain=1"):
                self.assertEqual(self.ask(role, "/api/v1" + path).status,
                                 403 if limited else 200, (role, path))

    def test_pages(self):
        """Pages tell nothing of others: no word of their mail, no account, no number."""
        for role, own, other in (("detective", "alice", "bob"), ("reader", "bob", "alice")):
            word, hidden = WORDS[own], WORDS[other]
            pages = ["/", "/?q=wombat", "/?q=&account=%s" % other, "/?q=" + hidden[:4].decode(),
                     "/?q=is:read&sort=date", "/accounts",
                     "/accounts?account=" + own, "/fields", "/message/" + self.ids["both"],
                     "/pane?q=wombat&open=" + self.ids["both"],
                     "/pane?q=wombat&open=" + self.ids[own],
                     "/api/v1/facets?q=", "/api/v1/suggest?q=mailbox:",
                     "/api/v1/messages/%s/thread" % self.ids["both"]]
            for path in pages:
                answer = self.ask(role, path)
                self.assertEqual(answer.status, 200, (role, path))
                # Whoever asked for it by name sees that name in the form.
                said = answer.body.replace(b'value="%s"' % other.encode(), b"")
                for secret in (hidden, other.encode()):
                    if secret.decode() not in path and secret[:4].decode() not in path:
                        self.assertNotIn(secret, said, (role, path))
                self.assertNotIn(hidden + b"@", said, (role, path))
            found = self.ask(role, "/?q=wombat").body
            self.assertIn(word, found)
            self.assertIn(own.encode(), found)
            both = self.ask("owner", "/?q=wombat").body
            self.assertIn(hidden, both)
            self.assertIn(other.encode(), both)
            for path in ("/mid/%s@x" % hidden.decode(), "/message/" + self.ids[other],
                         "/pane?q=wombat&open=" + self.ids[other],
                         "/accounts?account=" + other):
                answer = self.ask(role, path)
                self.assertIn(answer.status, (200, 404), (role, path))
                if not path.startswith("/accounts"):
                    self.assertIsNone(answer.headers["Location"], (role, path))
                    self.assertNotIn(hidden + b"@", answer.body, (role, path))
                else:
                    self.assertNotIn(b"INBOX", answer.body, (role, path))
            self.assertEqual(self.ask(role, "/mid/%s@x" % word.decode()).status, 302)

    def test_jmap(self):
        """The accounts of the session, and their mail, are one's own."""
        whole = self.ask("owner", "/jmap/session").json()["accounts"]
        names = {a["name"]: i for i, a in whole.items()}
        self.assertEqual(set(names), {"alice", "bob"})
        using = ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail"]
        for role, own, other in (("detective", "alice", "bob"), ("reader", "bob", "alice")):
            session = self.ask(role, "/jmap/session").json()
            self.assertEqual(set(session["accounts"]), {names[own]})
            calls = [["Email/query", {"accountId": names[own]}, "0"],
                     ["Email/get", {"accountId": names[own],
                                    "ids": ["m" + self.ids[other], "m" + self.ids[own]]}, "1"],
                     ["Email/query", {"accountId": names[other]}, "2"],
                     ["Mailbox/get", {"accountId": names[other], "ids": None}, "3"]]
            body = json.dumps({"using": using, "methodCalls": calls})
            got = [a[1] for a in self.ask(role, "/jmap/api", "POST", body)
                   .json()["methodResponses"]]
            self.assertEqual(set(got[0]["ids"]), {"m" + self.ids[own], "m" + self.ids["both"]})
            self.assertEqual(got[1]["notFound"], ["m" + self.ids[other]])
            self.assertEqual([a["type"] for a in got[2:]], ["accountNotFound"] * 2)
            for account, who, status in ((own, own, 200), (own, other, 404), (other, other, 404),
                                         (own, "both", 200), (other, "both", 404)):
                path = "/jmap/download/%s/b%s" % (names[account], self.ids[who])
                self.assertEqual(self.ask(role, path).status, status, (role, account, who))

    def states(self):
        """The state of bob's account, for who may read what of it."""
        using = ["urn:ietf:params:jmap:mail"]
        out = {}
        for role in ("owner", "investigator", "reader"):
            accounts = self.ask(role, "/jmap/session").json()["accounts"]
            bob = next(i for i, a in accounts.items() if a["name"] == "bob")
            body = json.dumps({"using": using, "methodCalls": [
                ["Email/get", {"accountId": bob, "ids": []}, "0"]]})
            answer = self.ask(role, "/jmap/api", "POST", body).json()
            out[role] = answer["methodResponses"][0][1]["state"]
        return out

    def test_jmap_state(self):
        """What is hidden of alice is no news for the reader, whose thread cannot have it."""
        before = self.states()
        done = sheaf(self.archive, "dispose", "--reason", "x", "--yes", "subject:aardvark")
        self.assertEqual(done.returncode, 0, done.stderr)
        number = re.search(rb"--undo (\d+)", done.stdout + done.stderr).group(1).decode()
        try:
            hidden = self.states()
        finally:
            done = sheaf(self.archive, "dispose", "--undo", number)
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(hidden["reader"], before["reader"])
        for role in ("owner", "investigator"):
            self.assertNotEqual(hidden[role], before[role], role)
        self.assertEqual(self.states(), before)

    def test_flags_of_others(self):
        """The copy of a shared message in an account one may not read tells nothing."""
        copies = self.ask("reader", "/api/v1/messages/" + self.ids["both"]).json()["copies"]
        self.assertEqual([c["account"] for c in copies], ["bob"])
        copies = self.ask("owner", "/api/v1/messages/" + self.ids["both"]).json()["copies"]
        self.assertEqual(sorted(c["account"] for c in copies), ["alice", "bob"])

    def test_numbers_of_the_whole(self):
        """What is said of the archive is said of one's own mail."""
        whole, own = self.search("owner", "wombat"), self.search("detective", "wombat")
        self.assertEqual((whole["stored_to"], whole["indexed_to"]), (3, 3))
        # alice's messages came first: bob's is number 3.
        self.assertEqual((own["stored_to"], own["indexed_to"], own["searched_to"]), (2, 2, 2))
        self.assertNotIn("stored_to", self.ask("detective", "/healthz").json())
        self.assertEqual(self.ask("detective", "/api/v1/search?q=x&explain=1").status, 403)
        guess = self.search("detective", "wombat", total="estimate", limit=1)
        self.assertEqual((guess["total"], guess["total_relation"]), (2, "exact"))

    def test_prefixes(self):
        """The beginning of an id is no way to find out what others have."""
        for n in (6, 12, 63):
            self.assertEqual(self.ask("reader", "/api/v1/messages/" +
                                      self.ids["bob"][:n]).status, 404)
            self.assertEqual(self.ask("owner", "/api/v1/messages/" +
                                      self.ids["bob"][:n]).status, 200)

    def test_timing(self):
        """Somebody else's message takes as long as none at all."""
        def took(ident_):
            best = 9.0
            for _ in range(40):
                start = time.perf_counter()
                self.assertEqual(self.ask("reader", "/api/v1/messages/" + ident_).status, 404)
                best = min(best, time.perf_counter() - start)
            return best
        theirs, none = took(self.ids["alice"]), took("0" * 64)
        # The fastest of many; a message that is read and parsed takes far longer.
        self.assertLess(theirs, 2 * none + .002)

    def test_disposed(self):
        """What was disposed of is gone for the owner, and never was for others."""
        done = sheaf(self.archive, "dispose", "aardvark", "--reason", "test", "--yes")
        self.assertEqual(done.returncode, 0, done.stderr)
        try:
            path = "/api/v1/messages/" + self.ids["alice"]
            self.assertEqual(self.ask("owner", path).status, 410)
            self.assertEqual(self.ask("detective", path).status, 404)
            self.assertEqual(self.ask("reader", path).status, 404)
        finally:
            self.assertEqual(sheaf(self.archive, "dispose", "--undo", "1").returncode, 0)


if __name__ == "__main__":
    unittest.main()

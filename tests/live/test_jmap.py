"""JMAP's read side: by hand, and with two clients of others (jmap-jam, jmap-client-ts)."""

import json
import os
import pathlib
import shutil
import subprocess
import unittest

import servers
from sheafserver import ROOT, Server
from test_threads import MAILS, Base

CLIENTS = ("jmap-jam@0.13.1", "jmap-client-ts@1.0.0")
USING = ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail"]
MIXED = b"""From: Ann <ann@x.org>
To: Bob <bob@x.org>, carla@x.org
Subject: Papers
Date: Tue, 5 May 2020 10:00:00 +0200
Message-ID: <papers@x.org>
List-Post: <mailto:list@x.org>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=out

--out
Content-Type: multipart/alternative; boundary=in

--in
Content-Type: text/plain; charset=utf-8

Gr\xc3\xbc\xc3\x9fe as text
--in
Content-Type: text/html

<p>as <b>HTML</b></p>
--in--
--out
Content-Type: application/x-evil; name="a b#c?.html"
Content-Disposition: attachment; filename="a b#c?.html"
Content-Transfer-Encoding: base64

PHNjcmlwdD4=
--out--
"""


class Jmap:
    """Calls on a server."""

    def __init__(self, server):
        self.server = server
        self.session = server.ask("/.well-known/jmap").json()
        self.account = self.session["primaryAccounts"][USING[1]]

    def post(self, body):
        """The answer to a body."""
        return self.server.ask("/jmap/api", "POST", [("Content-Type", "application/json")],
                               body)

    def calls(self, *calls):
        """Answers of several calls; accountId is added."""
        full = [[name, dict({"accountId": self.account}, **args), str(i)]
                for i, (name, args) in enumerate(calls)]
        answer = self.post(json.dumps({"using": USING, "methodCalls": full}).encode())
        assert answer.status == 200, answer.body
        return [(a[0], a[1]) for a in answer.json()["methodResponses"]]

    def one(self, name, **args):
        """The answer of one call, which must not be an error."""
        got, answer = self.calls((name, args))[0]
        assert got == name, (got, answer)
        return answer

    def error(self, name, **args):
        """The type of the error that a call has."""
        got, answer = self.calls((name, args))[0]
        assert got == "error", (got, answer)
        return answer["type"]

    def found(self, **filters):
        """Names of the messages that a filter finds."""
        ids = self.one("Email/query", filter=filters)["ids"]
        got = self.one("Email/get", ids=ids, properties=["messageId"])["list"]
        return {m["messageId"][0].split("@")[0] for m in got}


class TestJmap(Base):
    """One archive with two mailboxes."""

    def setUp(self):
        super().setUp()
        self.path = self.archive("a", list(MAILS))
        (self.top / "papers.eml").write_bytes(MIXED)
        self.run_ok(self.path, "import", "--mailbox", "Work/Papers", self.top / "papers.eml")

    def test_session(self):
        """Absolute addresses, whole capabilities."""
        with Server(self.path) as server:
            j = Jmap(server)
            for name in ("apiUrl", "downloadUrl", "uploadUrl", "eventSourceUrl"):
                self.assertTrue(j.session[name].startswith(server.url), j.session[name])
            for name in ("{accountId}", "{blobId}", "{type}", "{name}"):
                self.assertIn(name, j.session["downloadUrl"])
            account = j.session["accounts"][j.account]
            self.assertTrue(account["isReadOnly"])
            self.assertIn("maxSizeMailboxName", account["accountCapabilities"][USING[1]])

    def test_requests(self):
        """Errors of requests and of methods."""
        with Server(self.path) as server:
            j = Jmap(server)
            for body, kind in ((b"{", "notJSON"), (b"[]", "notRequest"),
                               (b'{"using":[],"methodCalls":[[1]]}', "notRequest"),
                               (b'{"using":["urn:x"],"methodCalls":[]}', "unknownCapability"),
                               (json.dumps({"using": USING, "methodCalls":
                                            [["Core/echo", {}, "a"]] * 33}).encode(), "limit")):
                answer = j.post(body)
                self.assertEqual((answer.status, answer.json()["type"]),
                                 (400, "urn:ietf:params:jmap:error:" + kind))
            self.assertEqual(j.one("Core/echo", x=[1, None])["x"], [1, None])
            for name, args, kind in (
                    ("Email/frob", {}, "unknownMethod"),
                    ("Email/set", {}, "accountReadOnly"),
                    ("Mailbox/set", {}, "accountReadOnly"),
                    ("Email/get", {"accountId": "a0"}, "accountNotFound"),
                    ("Email/get", {"ids": ["m"] * 501}, "requestTooLarge"),
                    ("Email/get", {"ids": 7}, "invalidArguments"),
                    ("Email/query", {"filter": {"frob": 1}}, "unsupportedFilter"),
                    ("Email/query", {"filter": {"subject": 1}}, "invalidArguments"),
                    ("Email/query", {"filter": {"operator": "XOR", "conditions": []}},
                     "invalidArguments"),
                    ("Email/query", {"sort": [{"property": "frob"}]}, "unsupportedSort"),
                    ("Email/query", {"anchor": "m0"}, "anchorNotFound"),
                    ("Email/queryChanges", {}, "cannotCalculateChanges"),
                    ("Email/changes", {"sinceState": "x"}, "cannotCalculateChanges"),
                    ("Email/get", {"#ids": {"resultOf": "9", "name": "x", "path": "/"}},
                     "invalidResultReference")):
                self.assertEqual(j.error(name, **args), kind, (name, args))

    def threads(self):
        """An archive in which some of each thread are read, answered or flagged."""
        path = self.top / "t"
        self.run_ok(path, "init")
        flags = {"plan": "\\Seen", "yes": "\\Seen \\Flagged", "but": "\\Seen",
                 "lost2": "\\Seen", "late": "\\Seen", "loop1": "\\Seen",
                 "lunch": "\\Flagged"}
        for box, names in (("INBOX", ("plan", "but", "late", "other", "loop1")),
                           ("Sent Items", ("yes", "lost2", "lunch")), ("Spam", ("loop2",)),
                           ("Work/Sent", ("plan",)), ("INBOX/Trash", ("other",)),
                           ("Entw\u00fcrfe", ("other",))):
            folder = self.top / box.replace("/", "-")
            servers.write_maildir(folder, [(MAILS[n], flags.get(n, ""), None) for n in names])
            self.run_ok(path, "import", "--mailbox", box, folder)
        return path

    def test_threads_keywords(self):
        """What keywords a thread has: some, all, none, below AND only."""
        plan = {"plan", "yes", "but", "lost2", "late"}
        loop, lunch, other = {"loop1", "loop2"}, {"lunch"}, {"other"}
        with Server(self.threads()) as server:
            j = Jmap(server)
            for name, keyword, want in (
                    ("some", "$flagged", plan | lunch), ("some", "$seen", plan | loop),
                    ("all", "$seen", plan), ("all", "$flagged", lunch),
                    ("none", "$flagged", loop | other), ("none", "$seen", lunch | other),
                    ("some", "nothing", set()), ("all", "nothing", set()),
                    ("none", "nothing", plan | loop | lunch | other)):
                self.assertEqual(j.found(**{name + "InThreadHaveKeyword": keyword}), want,
                                 (name, keyword))
            self.assertEqual(j.found(operator="AND", conditions=[
                {"someInThreadHaveKeyword": "$seen"},
                {"operator": "AND", "conditions": [{"noneInThreadHaveKeyword": "$flagged",
                                                    "notKeyword": "$seen"}]}]), {"loop2"})
            some, none = {"someInThreadHaveKeyword": "$seen"}, {"noneInThreadHaveKeyword": "$seen"}
            self.assertEqual(j.found(operator="NOT", conditions=[some]), lunch | other)
            self.assertEqual(j.found(operator="NOT", conditions=[none, {"subject": "plan"}]), loop)
            self.assertEqual(j.found(operator="OR", conditions=[
                {"allInThreadHaveKeyword": "$flagged"}, {"from": "dan"},
                {"operator": "NOT", "conditions": [{"operator": "OR", "conditions": [
                    some, {"hasKeyword": "$flagged"}]}]}]), {"lunch", "lost2"} | other)
            self.assertEqual(j.error("Email/query", filter={"allInThreadHaveKeyword": 7}),
                             "invalidArguments")
            ids = j.one("Email/query", filter={"someInThreadHaveKeyword": "$flagged"},
                        collapseThreads=True, calculateTotal=True)
            self.assertEqual((len(ids["ids"]), ids["total"]), (2, 2))

    def test_roles(self):
        """By the mailboxes' names, each once; threads are counted."""
        with Server(self.threads()) as server:
            j = Jmap(server)
            got = j.one("Mailbox/get")["list"]
            boxes = {b["name"]: b for b in got}
            self.assertEqual({n: b["role"] for n, b in boxes.items()}, {
                "INBOX": "inbox", "Sent Items": "sent", "Spam": "junk", "Work/Sent": None,
                "Trash": "trash", "Entw\u00fcrfe": "drafts"})
            self.assertEqual({n: (b["totalEmails"], b["totalThreads"], b["unreadThreads"])
                              for n, b in boxes.items()}, {
                "INBOX": (5, 3, 2), "Sent Items": (3, 2, 1), "Spam": (1, 1, 1),
                "Work/Sent": (1, 1, 0), "Trash": (1, 1, 1), "Entw\u00fcrfe": (1, 1, 1)})
            found = j.one("Mailbox/query", filter={"role": "junk"})["ids"]
            self.assertEqual(found, [boxes["Spam"]["id"]])
            self.assertEqual(len(j.one("Mailbox/query", filter={"hasAnyRole": True})["ids"]), 5)

    def test_filters(self):
        """Every condition, and the operators."""
        plan = {"plan", "yes", "but", "lost2", "late", "other"}
        everything = set(MAILS) | {"papers"}
        with Server(self.path) as server:
            j = Jmap(server)
            boxes = {b["name"]: b for b in j.one("Mailbox/get", ids=None)["list"]}
            papers = next(b["id"] for n, b in boxes.items() if "Papers" in n)
            for filters, want in (
                    ({"subject": "plan"}, plan), ({"from": "bob"}, {"yes", "late"}),
                    ({"to": "carla"}, {"papers"}), ({"cc": "x"}, set()), ({"bcc": "x"}, set()),
                    ({"body": "text of l"}, {"lost2", "late", "lunch", "loop1", "loop2"}),
                    ({"text": "gr\u00fc\u00dfe"}, {"papers"}),
                    ({"text": "qu\"o\\te\r\n"}, set()),
                    ({"header": ["List-Post"]}, {"papers"}),
                    ({"header": ["List-Post", "mailto"]}, {"papers"}),
                    ({"header": ["List-Post", "frob"]}, set()),
                    ({"inMailbox": papers}, {"papers"}),
                    ({"inMailboxOtherThan": [papers]}, set(MAILS)),
                    ({"hasAttachment": True}, {"papers"}),
                    ({"hasAttachment": False}, everything - {"papers"}),
                    ({"minSize": 600}, {"papers"}), ({"maxSize": 600}, set(MAILS)),
                    ({"hasKeyword": "$flagged"}, set()), ({"notKeyword": "$flagged"}, everything),
                    ({"hasKeyword": "frob"}, set()),
                    ({"after": "1990-01-01T00:00:00Z", "subject": "Lunch"}, {"lunch"}),
                    ({"before": "1960-01-01T00:00:00Z"}, set()),
                    ({"after": "2999-01-01T00:00:00Z"}, set()),
                    ({"before": "2999-01-01T00:00:00Z"}, everything),
                    ({"operator": "OR", "conditions": [{"from": "bob"}, {"from": "dan"},
                                                       {"subject": "Lunch"}]},
                     {"yes", "late", "lost2", "lunch"}),
                    ({"operator": "NOT", "conditions": [{"subject": "plan"}, {"from": "eve"}]},
                     {"papers"}),
                    ({"operator": "AND", "conditions": []}, everything),
                    ({"operator": "OR", "conditions": []}, set())):
                self.assertEqual(j.found(**filters), want, filters)

    def test_paging(self):
        """Order, position, anchor, limit, total, one of each thread."""
        by_date = [{"property": "sentAt", "isAscending": True}]
        with Server(self.path) as server:
            j = Jmap(server)
            whole = j.one("Email/query", sort=by_date, calculateTotal=True)
            self.assertEqual(whole["total"], len(MAILS) + 1)
            ids = whole["ids"]
            mails = j.one("Email/get", ids=ids, properties=["sentAt"])["list"]
            self.assertEqual([m["sentAt"] for m in mails], sorted(m["sentAt"] for m in mails))
            for args, want in (({"position": 2, "limit": 3}, ids[2:5]),
                               ({"position": -2}, ids[-2:]), ({"position": 99}, []),
                               ({"anchor": ids[4], "limit": 2}, ids[4:6]),
                               ({"anchor": ids[4], "anchorOffset": -1, "limit": 2}, ids[3:5]),
                               ({"limit": 0}, [])):
                self.assertEqual(j.one("Email/query", sort=by_date, **args)["ids"], want, args)
            one_each = j.one("Email/query", sort=by_date, collapseThreads=True)["ids"]
            self.assertEqual(len(one_each), 5)
            self.assertEqual(one_each[0], ids[0])
            down = j.one("Email/query", sort=[{"property": "size", "isAscending": False}])["ids"]
            sizes = [m["size"] for m in j.one("Email/get", ids=down, properties=["size"])["list"]]
            self.assertEqual(sizes, sorted(sizes, reverse=True))

    def test_email(self):
        """A message with alternatives and an attachment."""
        with Server(self.path) as server:
            j = Jmap(server)
            ids = j.one("Email/query", filter={"subject": "Papers"})["ids"]
            m = j.one("Email/get", ids=ids + ["m0"], fetchAllBodyValues=True)
            self.assertEqual(m["notFound"], ["m0"])
            m = m["list"][0]
            self.assertEqual(m["to"], [{"name": "Bob", "email": "bob@x.org"},
                                       {"name": None, "email": "carla@x.org"}])
            self.assertEqual(m["sentAt"], "2020-05-05T10:00:00+02:00")
            self.assertEqual([[p["type"] for p in m[k]] for k in
                              ("textBody", "htmlBody", "attachments")],
                             [["text/plain"], ["text/html"], ["application/x-evil"]])
            value = m["bodyValues"][m["textBody"][0]["partId"]]
            self.assertEqual(value["value"].strip(), "Gr\u00fc\u00dfe as text")
            self.assertTrue(m["hasAttachment"])
            self.assertIn("Gr\u00fc\u00dfe", m["preview"])
            part = m["attachments"][0]
            self.assertEqual(part["name"], "a b#c?.html")
            got = server.ask("/jmap/download/%s/%s?type=text/html&name=x" %
                             (j.account, part["blobId"]))
            self.assertEqual((got.status, got.body), (200, b"<script>"))
            self.assertEqual(got.headers["Content-Type"], "application/octet-stream")
            self.assertIn("attachment", got.headers["Content-Disposition"])
            whole = server.ask("/jmap/download/%s/%s" % (j.account, m["blobId"]))
            self.assertEqual(len(whole.body), m["size"])
            self.assertEqual(server.ask("/jmap/download/a0/" + m["blobId"]).status, 404)
            self.assertEqual(server.ask("/jmap/download/%s/%s-9" %
                                        (j.account, m["blobId"])).status, 404)
            forms = ["header:Subject:asRaw", "header:List-Post:asURLs", "header:To:asAddresses:all",
                     "header:X-None:asText", "bodyStructure"]
            h = j.one("Email/get", ids=ids, properties=forms)["list"][0]
            self.assertEqual(h["header:Subject:asRaw"], " Papers")
            self.assertEqual(h["header:List-Post:asURLs"], ["mailto:list@x.org"])
            self.assertEqual(len(h["header:To:asAddresses:all"]), 1)
            self.assertIsNone(h["header:X-None:asText"])
            self.assertEqual([p["type"] for p in h["bodyStructure"]["subParts"]],
                             ["multipart/alternative", "application/x-evil"])
            self.assertEqual(j.error("Email/get", ids=ids, properties=["frob"]),
                             "invalidArguments")

    def test_changes(self):
        """What came since a state; what cannot be told is said."""
        with Server(self.path) as server:
            j = Jmap(server)
            state = j.one("Email/get", ids=[])["state"]
            boxes = j.one("Mailbox/get", ids=None)["state"]
            self.assertEqual(j.one("Email/changes", sinceState=state)["created"], [])
            new = self.top / "new"
            new.mkdir()
            for n in range(3):
                text = MAILS["yes"].replace(b"<yes@", b"<new%d@" % n)
                (new / ("%d.eml" % n)).write_bytes(text.replace(b"Text of", b"New text"))
            self.run_ok(self.path, "import", "--mailbox", "Work/Papers", new)
            first = j.one("Email/changes", sinceState=state, maxChanges=2)
            self.assertEqual((len(first["created"]), first["hasMoreChanges"]), (2, True))
            rest = j.one("Email/changes", sinceState=first["newState"])
            self.assertEqual((len(rest["created"]), rest["hasMoreChanges"]), (1, False))
            self.assertEqual(j.one("Email/get", ids=[])["state"], rest["newState"])
            threads = j.one("Thread/changes", sinceState=state)
            self.assertEqual((len(threads["updated"]), threads["created"]), (1, []))
            changed = j.one("Mailbox/changes", sinceState=boxes)["updated"]
            has = [b["id"] for b in j.one("Mailbox/get")["list"]
                   if b["name"] in ("INBOX", "Work/Papers")] # the thread is in both
            self.assertEqual(sorted(changed), sorted(has))
            self.run_ok(self.path, "dispose", "--reason", "test", "--yes", "from:dan")
            self.assertEqual(j.error("Email/changes", sinceState=state),
                             "cannotCalculateChanges")

    def test_clients(self):
        """Clients that others wrote."""
        if not shutil.which("npm"):
            if os.environ.get("CI"):
                self.fail("npm is missing")
            self.skipTest("npm is missing: the clients are not tried")
        folder = pathlib.Path(os.environ.get("BUILD") or ROOT / "build") / "npm-jmap"
        if not (folder / "node_modules").is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "package.json").write_text("{}")
            subprocess.run(["npm", "install", "--silent", "--no-fund", "--no-audit",
                            "--ignore-scripts", *CLIENTS], cwd=folder, check=True, timeout=300)
        with Server(self.path) as server:
            script = pathlib.Path(__file__).with_name("jmapclients.mjs")
            done = subprocess.run(["node", str(script), str(folder.resolve()), server.url],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
                                  timeout=60)
            self.assertEqual(done.returncode, 0, done.stderr.decode())
            out = json.loads(done.stdout)
        self.assertEqual(len(out["boxes"]), 2)
        self.assertEqual(out["subjects"], ["The plan"] + ["Re: The plan"] * 4 + ["The plan"])
        self.assertEqual(out["threads"], [5, 1]) # each once
        self.assertEqual(out["marked"], "The <mark>plan</mark>")
        self.assertTrue(out["downloaded"].startswith("Message-ID: <plan@x.org>"))
        self.assertIn("accountReadOnly", out["set"])
        self.assertEqual((out["tsBoxes"], out["tsFound"], out["tsChanges"]), (2, 2, 0))
        self.assertEqual(out["tsSubjects"], ["Re: The plan"] * 2)


if __name__ == "__main__":
    unittest.main()

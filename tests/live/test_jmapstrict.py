"""What a strict client of JMAP relies on: RFC 8620 and 8621, argument by argument."""

import datetime
import json
import sqlite3
import unittest

import servers
from sheafserver import Server
from test_jmap import MIXED, USING, Jmap
from test_threads import MAILS, Base, mail

PARTS = """From: "Ann, A." <ann@x.org>
To: first@x.org, "The: Team" : Bob <bob@x.org>, carla@x.org;, Empty:;
 =?utf-8?q?M=C3=BCller?= <m@x.org>
Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=
Date: Tue, 5 May 2020 10:00:00 +0200
Message-ID: <parts@x.org>
List-Unsubscribe: <mailto:u@x.org>, <https://x.org/u>
X-Two: one
X-Two: two <2@x.org>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=0

"""
CRLF = b"\r\n"


def multipart(kind, *parts):
    """A multipart as (type, parts)."""
    return ("multipart/" + kind, parts)


def text_of(node, depth=1):
    """Its text, header and all."""
    kind, more = node
    if not isinstance(more, tuple):
        return "Content-Type: %s\n%s\nBody of %s\n" % (kind.split(" ")[0], more, kind)
    mark = "b%d" % depth
    return "Content-Type: %s; boundary=%s\n\n%s--%s--\n" % (kind, mark, "".join(
        "--%s\n%s" % (mark, text_of(p, depth + 1)) for p in more), mark)


PLAIN, HTML, PNG = ("text/plain", ""), ("text/html", ""), ("image/png", "")
FILE = ("text/plain", "Content-Disposition: attachment; filename=a.txt\n")
NAMED = ("text/plain", "Content-Disposition: inline; filename=a.txt\n")
INLINE = ("image/png", "Content-Disposition: inline\n")
ODD = ("application/pdf", "")
T, H, P = "text/plain", "text/html", "image/png"
# a structure; types in textBody, htmlBody, attachments; hasAttachment, which is has:attachment
BODIES = (
    (PLAIN, [T], [T], [], False),
    (HTML, [H], [H], [], False),
    (PNG, [P], [P], [], False),
    (ODD, [], [], ["application/pdf"], False),
    (multipart("mixed", PLAIN, HTML, PNG), [T, H, P], [T, H, P], [], False),
    (multipart("mixed", PLAIN, FILE, NAMED), [T], [T], [T, T], True),
    (multipart("mixed", NAMED, PLAIN), [T, T], [T, T], [], False),
    (multipart("alternative", PLAIN, HTML), [T], [H], [], False),
    (multipart("alternative", PLAIN, multipart("related", HTML, INLINE)), [T], [H], [P], False),
    (multipart("alternative", PLAIN, multipart("related", HTML, PNG)), [T], [H], [P], False),
    (multipart("related", HTML, PNG), [H], [H], [P], False),
    (multipart("alternative", HTML), [H], [H], [], False),
    (multipart("alternative", PLAIN, ODD), [T], [T], ["application/pdf"], False),
    (multipart("mixed", multipart("alternative", PLAIN, multipart("mixed", HTML, PNG, HTML)),
               PLAIN), [T, T], [H, P, H, T], [P], False),
    (multipart("mixed", PLAIN, multipart("mixed", PNG, PLAIN), ODD), [T, P, T], [T, P, T],
     ["application/pdf"], False),
)


class TestStrict(Base):
    """Archives made for the test."""

    def serve(self, mails, name="a"):
        """A server of an archive with these mails in INBOX, in this order."""
        path, folder = self.top / name, self.top / (name + "-box")
        self.run_ok(path, "init")
        day = datetime.datetime(2020, 6, 1, tzinfo=datetime.timezone.utc)
        servers.write_maildir(folder, [(m, "", day - datetime.timedelta(days=n))
                                       for n, m in enumerate(mails)])
        self.run_ok(path, "import", folder)
        self.path = path
        return Server(path)

    def test_get(self):
        """Ids each once; properties that are not there; those asked for alone."""
        with self.serve(list(MAILS.values())) as server:
            j = Jmap(server)
            ids = j.one("Email/query")["ids"]
            threads = [m["threadId"] for m in
                       j.one("Email/get", ids=ids, properties=["threadId"])["list"]]
            boxes = [b["id"] for b in j.one("Mailbox/get")["list"]]
            for name, some in (("Email", ids), ("Thread", threads), ("Mailbox", boxes)):
                got = j.one(name + "/get", ids=[some[0], "x", some[0], "x"], properties=[])
                self.assertEqual((got["list"], got["notFound"]), ([{"id": some[0]}], ["x"]), name)
                for args in ({"properties": ["frob"]}, {"properties": [1]},
                             {"properties": "id"}, {"ids": [1]}, {"ids": "x"}):
                    self.assertEqual(j.error(name + "/get", **dict({"ids": []}, **args)),
                                     "invalidArguments", (name, args))
            self.assertEqual(set(j.one("Mailbox/get", properties=["name", "role"])["list"][0]),
                             {"id", "name", "role"})
            self.assertEqual(j.error("Thread/get", ids=None), "requestTooLarge")

    def test_thread_order(self):
        """By receivedAt, the oldest first, whatever the Date says."""
        names = ["plan", "yes", "but", "lost2", "late"]
        with self.serve([MAILS[n] for n in names]) as server:
            j = Jmap(server)
            ids = j.one("Email/query")["ids"]
            mails = j.one("Email/get", ids=ids, properties=["threadId", "messageId",
                                                            "receivedAt"])["list"]
            thread = j.one("Thread/get", ids=[mails[0]["threadId"]])["list"][0]
            by_id = {m["id"]: m for m in mails}
            self.assertEqual([by_id[i]["messageId"] for i in thread["emailIds"]],
                             [[n + "@x.org"] for n in reversed(names)])

    def write(self, name, *mails, box="INBOX", flags=""):
        """Imports mails that came later, and has them indexed."""
        folder = self.top / name
        servers.write_maildir(folder, [(m, flags, None) for m in mails])
        self.run_ok(self.path, "import", "--mailbox", box, folder)

    def test_collapse(self):
        """Threads are joined by what came later, and called by a message behind those found."""
        with self.serve([mail("one", "Early one"), mail("two", "Early two")]) as server:
            self.write("large", *[mail("l%d" % n, "Large", ["l0"]) for n in range(4)])
            self.write("join", mail("join", "Large", ["l0", "one", "two"]))
            j = Jmap(server)
            early = {"subject": "early"}
            self.assertEqual(len(j.one("Email/query", filter=early)["ids"]), 2)
            got = j.one("Email/query", filter=early, collapseThreads=True, calculateTotal=True)
            self.assertEqual((len(got["ids"]), got["total"]), (1, 1))

    def test_changed_threads(self):
        """A mailbox in which nothing came, but whose threads are unread now."""
        with self.serve([mail("x", "Other")]) as server:
            self.write("read", MAILS["plan"], box="Read", flags="\\Seen")
            self.write("some", mail("y", "Another"), box="New", flags="\\Seen")
            j = Jmap(server)
            boxes = j.one("Mailbox/get")
            self.write("new", MAILS["yes"], box="New")
            after = j.one("Mailbox/get")["list"]
            want = {b["id"] for b in after if b["name"] in ("Read", "New")}
            was = {b["id"]: b for b in boxes["list"]}
            self.assertEqual({b["id"] for b in after if b != was[b["id"]]}, want)
            changed = j.one("Mailbox/changes", sinceState=boxes["state"])["updated"]
            self.assertEqual(set(changed), want)

    def change(self, sql):
        """As if a harvest had found it."""
        with sqlite3.connect(self.path / "catalog.db") as catalog:
            catalog.execute(sql)
        catalog.close()

    def test_states(self):
        """Every difference between two copies is another state."""
        with self.serve(list(MAILS.values())) as server:
            j = Jmap(server)
            seen = [j.one("Email/get", ids=[])["state"]]
            for sql in ("UPDATE copies SET flags = 4 WHERE uid = 1",
                        "UPDATE copies SET flags = 2 * (uid = 3) + (uid = 7)",
                        "UPDATE copies SET flags = 1 * (uid = 7)",
                        "UPDATE copies SET keywords = 'one' WHERE uid = 1",
                        "UPDATE copies SET keywords = 'two' WHERE uid = 1"):
                self.change(sql)
                seen.append(j.one("Email/get", ids=[])["state"])
                self.assertEqual(len(set(seen)), len(seen), sql)
                self.assertEqual(j.error("Email/changes", sinceState=seen[-2]),
                                 "cannotCalculateChanges")

    def test_flag_names(self):
        """Keywords that are called as flags are, are none, nor is that one is deleted."""
        with self.serve(list(MAILS.values())) as server:
            j = Jmap(server)
            self.change("UPDATE copies SET flags = 8, keywords = '$Seen other'")
            ids = j.one("Email/query")["ids"]
            got = j.one("Email/get", ids=ids, properties=["keywords"])["list"]
            self.assertEqual([m["keywords"] for m in got], [{"other": True}] * len(ids))
            for name, n in (("$seen", 0), ("$deleted", 0), ("other", len(ids))):
                self.assertEqual(len(j.one("Email/query", filter={"hasKeyword": name})["ids"]), n)
                self.assertEqual(len(j.one("Email/query", filter={"notKeyword": name})["ids"]),
                                 len(ids) - n)

    def test_bounds(self):
        """What would be much work for a small request."""
        with self.serve(list(MAILS.values())) as server:
            j = Jmap(server)
            ids = j.one("Email/query")["ids"]
            for name in ("properties", "bodyProperties"):
                self.assertEqual(j.error("Email/get", ids=ids, **{name: ["size"] * 201}),
                                 "requestTooLarge", name)
            one = {"name": "x"}
            for n, good in ((500, True), (501, False)):
                tree = {"operator": "OR", "conditions": [one] * n}
                got, answer = j.calls(("Mailbox/query", {"filter": tree}))[0]
                self.assertEqual((got, answer.get("type")), ("Mailbox/query", None) if good
                                 else ("error", "requestTooLarge"))

    def test_requests(self):
        """Capabilities that are not used, createdIds, bodies that are too large."""
        with self.serve([MIXED]) as server:
            j = Jmap(server)

            def ask(using, name, **more):
                body = dict({"using": using, "methodCalls": [
                    [name, {"accountId": j.account}, "0"]]}, **more)
                return j.post(json.dumps(body).encode()).json()
            self.assertEqual(ask(USING[:1], "Core/echo")["methodResponses"][0][0], "Core/echo")
            for using, name in ((USING[:1], "Mailbox/get"), (USING[1:], "Core/echo"),
                                ([], "Core/echo")):
                got = ask(using, name)["methodResponses"][0]
                self.assertEqual((got[0], got[1]["type"]), ("error", "unknownMethod"), using)
            self.assertNotIn("createdIds", ask(USING, "Core/echo"))
            self.assertEqual(ask(USING, "Core/echo", createdIds={"a": "b"})["createdIds"],
                             {"a": "b"})
            self.assertEqual(ask(USING, "Core/echo", createdIds=[])["type"],
                             "urn:ietf:params:jmap:error:notRequest")
            most = j.session["capabilities"][USING[0]]["maxSizeRequest"]
            got = j.post(b"[" + b" " * most + b"]")
            self.assertEqual((got.status, got.json()["type"], got.json()["limit"]), (
                400, "urn:ietf:params:jmap:error:limit", "maxSizeRequest"))
            for kind in ("text/plain", "application/json;jmapVersion=x"):
                got = server.ask("/jmap/api", "POST", [("Content-Type", kind)], json.dumps(
                    {"using": USING, "methodCalls": []}).encode())
                self.assertEqual(got.status, 200, kind)

    def test_query(self):
        """Limits, totals, anchors and orders."""
        with self.serve(list(MAILS.values())) as server:
            j = Jmap(server)
            whole = j.one("Email/query")
            self.assertEqual(whole["limit"], 5000)
            self.assertNotIn("total", whole)
            ids = whole["ids"]
            self.assertNotIn("limit", j.one("Email/query", limit=2))
            self.assertEqual(j.one("Email/query", limit=9000)["limit"], 5000)
            for args, want, position in (
                    ({"position": -3, "limit": 2}, ids[-3:-1], len(ids) - 3),
                    ({"position": -99, "limit": 1}, ids[:1], 0),
                    ({"anchor": ids[2], "anchorOffset": -9, "limit": 1}, ids[:1], 0),
                    ({"anchor": ids[2], "anchorOffset": 2, "position": 7}, ids[4:], 4),
                    ({"anchor": None, "position": 1, "limit": 1}, ids[1:2], 1)):
                got = j.one("Email/query", **args)
                self.assertEqual((got["ids"], got["position"]), (want, position), args)
            for args, kind in (
                    ({"limit": -1}, "invalidArguments"), ({"limit": "1"}, "invalidArguments"),
                    ({"position": 1.5}, "invalidArguments"), ({"anchor": 7}, "invalidArguments"),
                    ({"anchor": ""}, "anchorNotFound"), ({"anchor": "x"}, "anchorNotFound"),
                    ({"anchor": ids[0], "filter": {"subject": "nowhere"}}, "anchorNotFound"),
                    ({"calculateTotal": 1}, "invalidArguments"),
                    ({"collapseThreads": "x"}, "invalidArguments"),
                    ({"sort": {}}, "invalidArguments"), ({"sort": [1]}, "invalidArguments"),
                    ({"sort": [{"property": "size", "isAscending": 1}]}, "invalidArguments"),
                    ({"sort": [{"property": "size", "collation": "x"}]}, "unsupportedSort"),
                    ({"sort": [{"property": "hasKeyword"}]}, "invalidArguments"),
                    ({"filter": []}, "invalidArguments"),
                    ({"filter": {"operator": "OR", "conditions": [{"subject": "x"}] * 10001}},
                     "requestTooLarge")):
                self.assertEqual(j.error("Email/query", **args), kind, args)

    def test_mailboxes(self):
        """Mailbox/query and Mailbox/changes."""
        with self.serve([MIXED]) as server:
            for name in ("Work", "Work/B", "Work/a", "Zoo", "Sent"):
                self.run_ok(self.path, "import", "--mailbox", name, self.top / "a-box")
            j = Jmap(server)
            boxes = {b["id"]: b for b in j.one("Mailbox/get")["list"]}
            ids = {b["name"]: i for i, b in boxes.items()}

            def found(**args):
                return [boxes[i]["name"] for i in j.one("Mailbox/query", **args)["ids"]]
            names = [{"property": "name"}]
            down = [{"property": "name", "isAscending": False}]
            self.assertEqual(found(sort=names), ["B", "INBOX", "Sent", "Work", "Zoo", "a"])
            self.assertEqual(found(sort=[{"property": "sortOrder"}])[0], "INBOX")
            self.assertEqual(found(sort=down, sortAsTree=True),
                             ["Zoo", "Work", "a", "B", "Sent", "INBOX"])
            self.assertEqual(found(sort=names, filter={"name": "B"}), ["B", "INBOX"])
            self.assertEqual(found(sort=names, filter={"name": "b"}, filterAsTree=True), ["INBOX"])
            self.assertEqual(found(sort=names, sortAsTree=True, filter={
                "operator": "OR", "conditions": [{"parentId": ids["Work"]}, {"name": "zo"}]}),
                             ["B", "Zoo", "a"])
            self.assertEqual(found(sort=names, filter={
                "operator": "NOT", "conditions": [{"hasAnyRole": True}, {"parentId": None}]}),
                             ["B", "a"])
            self.assertEqual(found(sort=names, anchor=ids["Work"], anchorOffset=-1, limit=2),
                             ["Sent", "Work"])
            self.assertEqual(j.one("Mailbox/query", limit=1, calculateTotal=True)["total"], 6)
            self.assertNotIn("total", j.one("Mailbox/query"))
            for args, kind in (
                    ({"filter": {"frob": 1}}, "unsupportedFilter"),
                    ({"filter": {"name": 1}}, "invalidArguments"),
                    ({"filter": {"hasAnyRole": "x"}}, "invalidArguments"),
                    ({"filter": {"operator": "X", "conditions": []}}, "invalidArguments"),
                    ({"sort": [{"property": "size"}]}, "unsupportedSort"),
                    ({"sortAsTree": 1}, "invalidArguments"), ({"anchor": "x"}, "anchorNotFound")):
                self.assertEqual(j.error("Mailbox/query", **args), kind, args)
            state = j.one("Mailbox/get", ids=[])["state"]
            for args, kind in (
                    ({}, "invalidArguments"), ({"sinceState": 1}, "invalidArguments"),
                    ({"sinceState": state, "maxChanges": 0}, "invalidArguments"),
                    ({"sinceState": state + "x"}, "cannotCalculateChanges"),
                    ({"sinceState": state.rsplit("-", 1)[0]}, "cannotCalculateChanges")):
                self.assertEqual(j.error("Mailbox/changes", **args), kind, args)
            self.assertEqual(j.one("Mailbox/changes", sinceState=state)["updated"], [])
            for box in ("Work", "Zoo"):
                new = self.top / (box + ".eml")
                new.write_bytes(MAILS["plan"] + box.encode())
                self.run_ok(self.path, "import", "--mailbox", box, new)
            changed = j.one("Mailbox/changes", sinceState=state, maxChanges=2)["updated"]
            self.assertEqual(set(changed), {ids["Work"], ids["Zoo"]})
            self.assertEqual(j.error("Mailbox/changes", sinceState=state, maxChanges=1),
                             "cannotCalculateChanges")

    def test_bodies(self):
        """Which parts are read, which attached (RFC 8621, 4.1.4)."""
        head = "From: a@x.org\nSubject: %d\nMIME-Version: 1.0\n"
        mails = [(head % n + text_of(b[0])).encode() for n, b in enumerate(BODIES)]
        with self.serve(mails) as server:
            j = Jmap(server)
            lists = ["textBody", "htmlBody", "attachments"]
            ids = j.one("Email/query")["ids"]
            got_all = j.one("Email/get", ids=ids, bodyProperties=["type"], properties=lists + [
                "hasAttachment", "subject"])["list"]
            for m in got_all:
                want = BODIES[int(m["subject"])]
                got = [[p["type"] for p in m[k]] for k in lists]
                self.assertEqual(got + [m["hasAttachment"]], list(want[1:]), want[0])
            with_one = j.one("Email/query", filter={"hasAttachment": True})["ids"]
            self.assertEqual(sorted(with_one), sorted(m["id"] for m in got_all
                                                      if m["hasAttachment"]))

    def test_parse(self):
        """Messages that are parts of messages."""
        inner = text_of(multipart("mixed", PLAIN, ("message/rfc822", "\nSubject: deep\n\nDeep\n"),
                                  PNG))
        outer = "Subject: outer\nMIME-Version: 1.0\n" + text_of(multipart(
            "mixed", PLAIN, ("message/rfc822", "\nSubject: inner\nMIME-Version: 1.0\n" +
                             inner.replace("=b", "=x").replace("--b", "--x")),
            ("message/rfc822", "\nSubject: single\n\nAlone\n")))
        with self.serve([outer.encode()]) as server:
            j = Jmap(server)
            ids = j.one("Email/query")["ids"]
            top = j.one("Email/get", ids=ids, properties=["attachments", "blobId", "size"])
            blobs = [p["blobId"] for p in top["list"][0]["attachments"]]
            whole, text = top["list"][0]["blobId"], blobs[0][:-1] + "1"
            got = j.one("Email/parse", blobIds=blobs + [text, "x", "x", whole, whole + "-9"],
                        fetchTextBodyValues=True)
            self.assertEqual((got["notParsable"], got["notFound"]), ([text], ["x", whole + "-9"]))
            subjects = {b: m["subject"] for b, m in got["parsed"].items()}
            self.assertEqual(subjects, {blobs[0]: "inner", blobs[1]: "single", whole: "outer"})
            self.assertNotIn("id", got["parsed"][whole])
            deep = [p["blobId"] for p in got["parsed"][blobs[0]]["attachments"]
                    if p["type"] == "message/rfc822"]
            asked = ["id", "blobId", "size", "threadId", "mailboxIds", "keywords", "receivedAt",
                     "header:Subject:asText"]
            parsed = j.one("Email/parse", blobIds=deep, properties=asked)
            self.assertEqual((parsed["notParsable"], parsed["notFound"]), (None, None))
            one = parsed["parsed"][deep[0]]
            self.assertEqual([one[p] for p in asked if p != "size"],
                             [None, deep[0], None, None, None, None, "deep"])

            def load(blob):
                return server.ask("/jmap/download/%s/%s" % (j.account, blob)).body
            self.assertEqual(len(load(deep[0])), one["size"])
            for blob in blobs:
                m = got["parsed"][blob]
                for p in m["textBody"]:
                    if p["type"] == T:
                        self.assertEqual(load(p["blobId"]).decode().replace("\r", "").strip(),
                                         m["bodyValues"][p["partId"]]["value"].strip())
            alone = got["parsed"][blobs[1]]["textBody"][0]["blobId"]
            self.assertEqual(load(alone).split()[0], b"Alone")
            for args in ({}, {"blobIds": "x"}, {"blobIds": [1]},
                         {"blobIds": [], "properties": ["frob"]}):
                self.assertEqual(j.error("Email/parse", **args), "invalidArguments", args)
            self.assertEqual(j.error("Email/parse", blobIds=["x"] * 501), "requestTooLarge")

    def test_headers(self):
        """Fields in their forms, of messages and parts."""
        head = PARTS.replace("\n", "\r\n").encode()
        body = CRLF.join((b"--0", b"Content-Type: text/plain; charset=utf-8",
                          b"Content-Language: de, en", b"X-Part: yes", b"",
                          "\u00e4\u00f6\u00fc".encode(), b"second", b"--0",
                          b"Content-Type: text/html", b"", b"<p>one <b title='x'>two</b></p>",
                          b"--0--", b""))
        with self.serve([head + body]) as server:
            j = Jmap(server)
            ids = j.one("Email/query")["ids"]

            def get(name, **args):
                return j.one("Email/get", ids=ids, properties=[name], **args)["list"][0][name]
            ann, bob = {"name": "Ann, A.", "email": "ann@x.org"}, {"name": "Bob",
                                                                  "email": "bob@x.org"}
            for name, want in (
                    ("header:from:asAddresses", [ann]),
                    ("header:From:asGroupedAddresses", [{"name": None, "addresses": [ann]}]),
                    ("header:To:asGroupedAddresses", [
                        {"name": None, "addresses": [{"name": None, "email": "first@x.org"}]},
                        {"name": "The: Team", "addresses": [bob, {"name": None,
                                                                  "email": "carla@x.org"}]},
                        {"name": "Empty", "addresses": []},
                        {"name": None, "addresses": [{"name": "M\u00fcller",
                                                      "email": "m@x.org"}]}]),
                    ("header:Subject:asText", "Gr\u00fc\u00dfe"),
                    ("header:Subject", " =?utf-8?q?Gr=C3=BC=C3=9Fe?="),
                    ("header:X-Two:asText:all", ["one", "two <2@x.org>"]),
                    ("header:X-Two:all", [" one", " two <2@x.org>"]),
                    ("header:X-Two:asMessageIds", ["2@x.org"]),
                    ("header:X-Three:asURLs", None), ("header:X-Three:asURLs:all", []),
                    ("header:List-Unsubscribe:asURLs", ["mailto:u@x.org", "https://x.org/u"]),
                    ("header:Date:asDate", "2020-05-05T10:00:00+02:00")):
                self.assertEqual(get(name), want, name)
            for name in ("header:", "header::asText", "header:a b", "header:Subject:asFrob",
                         "header:Subject:asAddresses", "header:From:asText", "header:Date:asURLs",
                         "header:List-Unsubscribe:asText", "header:Received:asText",
                         "header:X-Two:all:asText", "header:X-Two:asText:all:all",
                         "header:X-Two:asText:asRaw", "Header:X-Two", "header:gr\u00fc\u00dfe"):
                self.assertEqual(j.error("Email/get", ids=[], properties=[name]),
                                 "invalidArguments", name)
                self.assertEqual(j.error("Email/get", ids=[], bodyProperties=[name]),
                                 "invalidArguments", name)
            part = get("textBody", bodyProperties=["header:X-Part:asText", "language", "size"])[0]
            self.assertEqual(part, {"header:X-Part:asText": "yes", "language": ["de", "en"],
                                    "size": 14})
            got = server.ask("/jmap/download/%s/%s?type=text/plain&name=%%c3%%a4%%22.txt" % (
                j.account, get("textBody")[0]["blobId"]))
            self.assertEqual(got.body, "\u00e4\u00f6\u00fc\r\nsecond".encode())
            self.assertEqual(got.headers["Content-Type"], "text/plain; charset=utf-8")
            self.assertEqual(got.headers["Content-Disposition"],
                             "attachment; filename*=UTF-8''%C3%A4%22.txt")
            whole = server.ask("/jmap/download/%s/%s?type=text/plain" % (j.account, get("blobId")))
            self.assertEqual(whole.headers["Content-Type"], "text/plain")
            self.assertEqual(set(get("bodyStructure")), {
                "partId", "blobId", "size", "name", "type", "charset", "disposition", "cid",
                "language", "location", "subParts"})
            self.assertEqual(get("bodyStructure")["partId"], None)
            for size, text, html in ((0, "\u00e4\u00f6\u00fc\nsecond",
                                      "<p>one <b title='x'>two</b></p>"),
                                     (3, "\u00e4", "<p>"), (14, "\u00e4\u00f6\u00fc\nsecond",
                                                            "<p>one ")):
                values = get("bodyValues", fetchAllBodyValues=True, maxBodyValueBytes=size)
                self.assertEqual([values["1"]["value"], values["2"]["value"]], [text, html])
                self.assertEqual([v["isTruncated"] for v in values.values()],
                                 [size == 3, size > 0])
            self.assertEqual(set(get("bodyValues", fetchTextBodyValues=True,
                                     bodyProperties=["type"])), {"1", "2"})
            for args in ({"maxBodyValueBytes": -1}, {"maxBodyValueBytes": "1"},
                         {"fetchTextBodyValues": 1}, {"fetchHTMLBodyValues": "x"},
                         {"fetchAllBodyValues": []}, {"bodyProperties": "x"},
                         {"bodyProperties": ["frob"]}, {"bodyProperties": [1]}):
                self.assertEqual(j.error("Email/get", ids=[], **args), "invalidArguments", args)


if __name__ == "__main__":
    unittest.main()

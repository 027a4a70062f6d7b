"""REST: queries as JSON, counts, the pieces of a message, lists."""

import base64
import datetime
import gzip
import hashlib
import json
import shutil
import unittest
import urllib.parse

from peoplehelp import bearer, token, user
from sheafserver import Server, fresh, sheaf, take

WHEN = datetime.datetime(2021, 3, 4, 5, 6, 7, tzinfo=datetime.timezone.utc)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4
TEXT = "Grüße\n".encode() * 9
EVIL_NAME = '..\\..//a"\r\nSet-Cookie: x=1;\t<b>.png'

PLAIN = b"""From: Ann Weaver <ann@example.org>
To: Bob <bob@example.net>
Subject: =?utf-8?q?budget=0D=0AX-Evil:_1?=
Date: Thu, 5 Mar 2020 23:30:00 -0800
Message-ID: <1@example.org>
X-Long: a
 b

The wombat budget was agreed.
"""

MIXED = b"""From: Carla <carla@example.com>
To: ann@example.org
Subject: pictures
Date: Fri, 6 Mar 2020 10:00:00 +0100
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=cut

--cut
Content-Type: text/plain; charset=utf-8

wombat pictures
--cut
Content-Type: image/png
Content-Disposition: attachment; filename*=UTF-8''%s
Content-Transfer-Encoding: base64

%s
--cut
Content-Type: image/png; name="false.png"
Content-Transfer-Encoding: base64

%s
--cut
Content-Type: text/html
Content-Disposition: attachment; filename="x.html"

<script>1</script>
--cut
Content-Type: image/svg+xml; name="x.svg"

<svg/>
--cut
Content-Type: text/plain; charset="utf-7; x=y"
Content-Disposition: attachment; filename="t.txt"
Content-Transfer-Encoding: base64

%s
--cut--
""" % (urllib.parse.quote(EVIL_NAME).encode(), base64.encodebytes(PNG),
       base64.encodebytes(b"<html>no picture</html>"), base64.encodebytes(TEXT))


def crlf(message):
    """As it is stored."""
    return message.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def ident(message):
    """Its id."""
    return hashlib.sha256(crlf(message)).hexdigest()


def many(number):
    """One of a series."""
    return ("From: P%d <p%d@%s.example>\nTo: list@example.org\nSubject: series %d\n"
            "Date: %d Jan 2019 00:00:00 +0000\n\nkookaburra %d\n" %
            (number % 3, number % 3, "ab"[number % 2], number, 1 + number % 28, number)).encode()


class Case(unittest.TestCase):
    """One archive and one server for the class."""

    @classmethod
    def setUpClass(cls):
        cls.archive = fresh(cls, "api")
        take(cls.archive, "ann", [(PLAIN, "\\Seen", WHEN), (MIXED, "\\Flagged", WHEN)])
        take(cls.archive, "bob", [(PLAIN, "", WHEN)] + [(many(n), "", WHEN) for n in range(40)])
        cls.server = Server(cls.archive)
        cls.enterClassContext(cls.server)

    def get(self, path, status=200, headers=(), **more):
        """The answer to a GET below /api/v1."""
        query = "?" + urllib.parse.urlencode(more) if more else ""
        answer = self.server.ask("/api/v1" + path + query, headers=headers)
        self.assertEqual(answer.status, status, answer.body)
        return answer

    def post(self, path, body, status=200, kind="application/json"):
        """The JSON that a POST below /api/v1 gets."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = self.server.ask("/api/v1" + path, "POST", {"Content-Type": kind}, data)
        self.assertEqual(answer.status, status, answer.body)
        return answer.json()


class Posted(Case):
    """POST /search, /count, /explain"""

    def found(self, q, **more):
        """The ids of the hits of a posted query."""
        return sorted(m["id"] for m in self.post("/search", dict(more, q=q))["messages"])

    def test_text_and_tree_find_the_same(self):
        self.assertEqual(self.found("wombat"), sorted([ident(PLAIN), ident(MIXED)]))
        for tree, box in (({"words": "wombat"}, "wombat"),
                          ({"and": [{"words": "wombat"}, {"not": {"from": "carla"}}]},
                           "wombat -from:carla"),
                          ({"or": [{"subject": "pictures"}, {"words": {
                              "in": "from", "text": "ann"}}]}, "subject:pictures OR from:ann"),
                          ({"box": "wombat is:flagged"}, "wombat is:flagged"),
                          ({"sentsince": "2020-03-06"}, "after:2020-03-06")):
            self.assertEqual(self.found(tree), self.found(box), tree)
            self.assertTrue(self.found(tree))
        self.assertEqual(self.found({"imap": 'HEADER X-Long "a b"'}), [ident(PLAIN)])
        self.assertEqual(self.found("FLAGGED", dialect="imap"), [ident(MIXED)])

    def test_parameters(self):
        got = self.post("/search", {"q": {"words": "kookaburra"}, "limit": 7, "total": "exact",
                                    "explain": True})
        self.assertEqual((len(got["messages"]), got["total"], got["total_relation"]),
                         (7, 40, "exact"))
        self.assertEqual(got["query"]["dialect"], "json")
        self.assertIn("explain", got)
        self.assertTrue(got["request_id"])
        rest = self.post("/search", {"q": {"words": "kookaburra"}, "cursor": got["next"]})
        self.assertEqual(len(rest["messages"]), 33)
        answer = self.server.ask("/api/v1/search", "POST", {
            "Content-Type": "application/json; charset=utf-8",
            "Accept": "application/x-ndjson"}, b'{"q":"kookaburra"}')
        self.assertEqual(answer.body.count(b'{"message":'), 40)

    def test_tree_in_the_address(self):
        got = self.get("/search", dialect="json", q='{"from":"carla"}').json()
        self.assertEqual([m["id"] for m in got["messages"]], [ident(MIXED)])
        body = self.get("/search", 400, dialect="json", q='{"and":[{"frm":"x"}]}').json()
        self.assertEqual(body["pointer"], "/and/0/frm")

    def test_mistakes(self):
        for q, pointer in (({"and": [{"frm": "x"}]}, "/q/and/0/frm"), ({}, "/q"),
                           ({"since": "yesterday"}, "/q/since")):
            self.assertEqual(self.post("/search", {"q": q}, 400)["pointer"], pointer)
        for body in (b"", b"[]", b"{", b'{"q":"a","q":"b"}', b'{"q":"a","nothing":1}',
                     b'{"q":["a"]}', b'{"q":"a","limit":1.5}', b'{"q":null}', b"{}",
                     b'{"q":{"all":true},"dialect":"box"}', b'{"q":"\\u0000"}', b"\xff" * 9,
                     b"[" * 100000):
            self.post("/search", body, 400)
        self.post("/search", {"q": "x"}, 400, "text/plain")
        self.post("/search?limit=3", {"q": "x"}, 400)
        self.assertEqual(self.server.ask("/api/v1/search", "POST", {
            "Content-Type": "application/json"}, b" " * (2 << 20)).status, 413)

    def test_count(self):
        for got in (self.get("/count", q="kookaburra").json(),
                    self.post("/count", {"q": {"words": "kookaburra"}})):
            self.assertEqual((got["total"], got["total_relation"]), (40, "exact"))
            self.assertNotIn("messages", got)
            self.assertNotIn("next", got)
        self.get("/count", 400, q="x", limit=3)
        self.get("/count", 400)

    def test_explain(self):
        got = self.get("/explain", q="kookaburra from:p1").json()
        self.assertEqual(len(got["explain"]["leaves"]), 2)
        self.assertLessEqual(got.get("total_least", got["total"]), got["total"])
        self.get("/explain", 400, q="FRM", dialect="imap")


class Pieces(Case):
    """/messages/{id}/…"""

    def test_text(self):
        answer = self.get("/messages/%s/text" % ident(PLAIN))
        self.assertEqual(answer.body, b"The wombat budget was agreed.\n")
        self.assertEqual(answer.headers["Content-Type"], "text/plain; charset=utf-8")

    def test_headers(self):
        got = self.get("/messages/%s/headers" % ident(PLAIN)).json()
        self.assertEqual([h["name"] for h in got["headers"]],
                         ["From", "To", "Subject", "Date", "Message-ID", "X-Long"])
        answer = self.get("/messages/%s/headers" % ident(PLAIN))
        self.assertNotIn("X-Evil", answer.headers)

    def test_copies(self):
        got = self.get("/messages/%s/copies" % ident(PLAIN)).json()
        self.assertEqual([c["account"] for c in got["copies"]], ["ann", "bob"])
        self.assertEqual((got["total"], got["total_relation"]), (2, "exact"))

    def test_parts(self):
        got = self.get("/messages/%s/parts" % ident(MIXED)).json()
        self.assertEqual([p["number"] for p in got["parts"]], ["", "1", "2", "3", "4", "5", "6"])
        kinds = {"1": "text/plain; charset=utf-8", "2": "image/png",
                 "3": "application/octet-stream", "4": "application/octet-stream",
                 "5": "application/octet-stream", "6": "text/plain; charset=utf-8"}
        for number, kind in kinds.items():
            answer = self.get("/messages/%s/parts/%s" % (ident(MIXED), number))
            self.assertEqual(answer.headers["Content-Type"], kind, number)
            self.assertTrue(answer.headers["Content-Disposition"].startswith("attachment; "))
            self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")
            self.assertIn("sandbox", answer.headers["Content-Security-Policy"])
        self.assertEqual(self.get("/messages/%s/parts/2" % ident(MIXED)).body, PNG)
        self.get("/messages/%s/parts/9" % ident(MIXED), 404)
        self.get("/messages/%s/parts/2" % ident(MIXED), 400, inline="yes")
        self.get("/messages/%s/parts/2" % ident(MIXED), 400, download="1")

    def test_inline_is_for_true_pictures(self):
        for number in "123456":
            answer = self.get("/messages/%s/parts/%s" % (ident(MIXED), number), inline=1)
            self.assertEqual(answer.headers["Content-Disposition"].startswith("inline"),
                             number == "2")

    def test_names_of_files(self):
        answer = self.get("/messages/%s/parts/2" % ident(MIXED))
        self.assertNotIn("Set-Cookie", answer.headers)
        name = urllib.parse.unquote(answer.headers["Content-Disposition"].split("''")[1])
        self.assertEqual(name, '.._..__a"__Set-Cookie: x=1;_<b>.png')

    def test_ranges(self):
        target = "/messages/%s/parts/2" % ident(MIXED)
        size = len(PNG)
        for value, piece in (("bytes=0-9", PNG[:10]), ("bytes=100-", PNG[100:]),
                             ("bytes=-7", PNG[-7:]), ("bytes=1000-99999", PNG[1000:])):
            answer = self.get(target, 206, {"Range": value})
            self.assertEqual(answer.body, piece)
            first = size - 7 if value == "bytes=-7" else int(value[6:].split("-")[0])
            self.assertEqual(answer.headers["Content-Range"],
                             "bytes %d-%d/%d" % (first, first + len(piece) - 1, size))
        tag = self.get(target).headers["ETag"]
        self.get(target, 206, {"Range": "bytes=0-9", "If-Range": tag})
        self.assertEqual(self.get(target, 200, {"Range": "bytes=0-9", "If-Range": '"x"'}).body, PNG)
        answer = self.get(target, 416, {"Range": "bytes=%d-" % size})
        self.assertEqual(answer.headers["Content-Range"], "bytes */%d" % size)
        for ignored in ("bytes=0-1,4-5", "lines=1-2", "bytes=x", "bytes=9-1"):
            self.assertEqual(self.get(target, 200, {"Range": ignored}).body, PNG)
        raw = "/messages/%s/raw" % ident(MIXED)
        self.assertEqual(self.get(raw, 206, {"Range": "bytes=5-20"}).body, crlf(MIXED)[5:21])

    def test_tags_of_entities(self):
        seen = set()
        for piece in ("raw", "text", "headers", "parts", "parts/1", "parts/2"):
            target = "/messages/%s/%s" % (ident(MIXED), piece)
            tag = self.get(target).headers["ETag"]
            self.assertNotIn(tag, seen)
            seen.add(tag)
            self.assertEqual(self.get(target, 304, {"If-None-Match": tag}).body, b"")
            self.assertEqual(self.get(target, 304, {"If-None-Match": '"a", ' + tag}).body, b"")
            self.get(target, 200, {"If-None-Match": '"a"'})
        self.get("/messages/%s/text" % ("0" * 64), 404, {"If-None-Match": "*"})


class Facets(Case):
    """GET and POST /facets"""

    def facets(self, **more):
        """{kind: {value: count}} of a query; sizes by their lower end."""
        got = self.get("/facets", **more).json()
        self.assertEqual((got["relation"], got["total_relation"]), ("exact", "exact"))
        return {kind: {v.get("value", v.get("at_least")): v["count"] for v in f["values"]}
                for kind, f in got["facets"].items()}, got

    def test_counts(self):
        found, got = self.facets(q="kookaburra")
        self.assertEqual(got["total"], 40)
        self.assertEqual(found["senders"], {
            "p%d@%s.example" % (p, d): sum(1 for n in range(40)
                                           if n % 3 == p and "ab"[n % 2] == d)
            for p in range(3) for d in "ab"})
        self.assertEqual(found["domains"], {"a.example": 20, "b.example": 20})
        self.assertEqual(found["recipients"], {"list@example.org": 40})
        self.assertEqual((found["years"], found["months"]), ({"2019": 40}, {"2019-01": 40}))
        self.assertEqual((found["accounts"], found["mailboxes"]), ({"bob": 40}, {"INBOX": 40}))
        self.assertEqual((found["types"], found["sizes"]), ({}, {0: 40}))
        self.assertEqual(found["flags"], {"unseen": 40})

    def test_copies(self):
        found, _ = self.facets(q="wombat")
        self.assertEqual(found["accounts"], {"ann": 2, "bob": 1})
        self.assertEqual(found["flags"], {"\\Seen": 1, "\\Flagged": 1, "unseen": 2})
        self.assertEqual(found["months"], {"2020-03": 2})
        self.assertEqual(found["types"], {"image/png": 1, "text/html": 1, "image/svg+xml": 1,
                                          "text/plain": 1})
        self.assertEqual(found["attachments"], {"attachment": 1, "image": 1})
        self.assertEqual(self.facets(q="wombat", account="bob")[0]["accounts"], {"bob": 1})
        self.assertEqual(self.facets(q="is:seen")[0]["accounts"], {"ann": 1})
        self.assertEqual(self.facets(q="UNSEEN TEXT wombat", dialect="imap")[0]["accounts"],
                         {"ann": 1, "bob": 1})

    def test_sums_are_those_of_a_search(self):
        for q in ("", "wombat", "from:p1", "-kookaburra", "is:unread larger:1k"):
            found, got = self.facets(q=q)
            self.assertEqual(got["total"], self.get("/count", q=q).json()["total"], q)
            self.assertEqual(sum(found["years"].values()), got["total"])
            self.assertEqual(sum(found["sizes"].values()), got["total"])
            for value, count in found["attachments"].items():
                both = self.get("/count", q="(%s) has:%s" % (q, value)).json()
                self.assertEqual(both["total"], count, (q, value))
            for value, count in found["senders"].items():
                both = self.get("/count", q="(%s) from:%s" % (q, value)).json()
                self.assertGreaterEqual(both["total"], count, (q, value))

    def test_top(self):
        got = self.get("/facets", q="kookaburra", top=2).json()["facets"]["senders"]
        self.assertEqual((len(got["values"]), got["distinct"]), (2, 6))
        self.assertEqual(self.post("/facets", {"q": {"words": "kookaburra"}, "top": 1})["total"],
                         40)
        self.get("/facets", 400, q="x", top=0)
        self.get("/search", 400, q="x", top=3)
        self.get("/facets", 400, q="x", limit=3)

    def test_what_is_not_indexed_yet_counts(self):
        copy = self.top / "copy"
        shutil.copytree(self.archive, copy)
        other = MIXED.replace(b"Subject: pictures", b"Subject: others")
        take(copy, "late", [(many(77), "", WHEN), (other, "", WHEN)], "--no-index")
        with Server(copy) as server:
            got = server.ask("/api/v1/facets?q=kookaburra").json()
            self.assertEqual((got["total"], got["indexed_to"] + 2), (41, got["stored_to"]))
            self.assertIn({"value": "late", "count": 1}, got["facets"]["accounts"]["values"])
            got = server.ask("/api/v1/facets?q=wombat").json()["facets"]["attachments"]
            self.assertEqual(got["values"], [{"value": "attachment", "count": 2},
                                             {"value": "image", "count": 2}])

    def test_without_columns(self):
        """An index of which a file is missing is not searched."""
        copy = self.top / "old"
        shutil.copytree(self.archive, copy)
        for path in copy.glob("index/*/*/columns"):
            path.unlink()
        done = sheaf(copy, "search", "kookaburra")
        self.assertEqual((done.returncode, done.stdout), (74, b""))
        self.assertIn(b"sheaf reindex", done.stderr)


class Suggestions(Case):
    """GET /suggest"""

    def texts(self, q, **more):
        """What is suggested."""
        return [s["text"] for s in self.get("/suggest", q=q, **more).json()["suggestions"]]

    def test_fields_and_states(self):
        self.assertEqual(self.texts("fr"), ["from:"])
        self.assertEqual(self.texts("x -SUB"), ["subject:"])
        self.assertEqual(self.texts("is:un"), ["unread", "unseen", "unflagged", "unanswered"])
        self.assertEqual(self.texts(""), [])
        self.assertEqual(self.texts("-has:p"), ["pdf", "presentation"])

    def test_addresses(self):
        self.assertEqual(self.texts("from:CAR"), ["carla@example.com"])
        self.assertEqual(self.texts("to:example.o"), ["list@example.org", "ann@example.org"])
        self.assertEqual(self.texts("(-to:list"), ["list@example.org"])
        self.assertEqual([t for t in self.texts("subject:ann") if "@" in t], [])
        one = self.get("/suggest", q="list@").json()["suggestions"][0]
        self.assertEqual((one["kind"], one["messages"]), ("address", 40))

    def test_mailboxes_and_accounts(self):
        self.assertEqual(self.texts("mailbox:inb"), ["INBOX"])
        self.assertEqual(self.texts("account:"), ["ann", "bob"])

    def test_cursor(self):
        got = self.get("/suggest", q="grüße fro x", cursor_at=8).json()
        self.assertEqual((got["from"], got["to"]), (6, 9))
        self.assertEqual([s["text"] for s in got["suggestions"]], ["from:"])
        got = self.get("/suggest", q="-from:car", cursor_at=9).json()
        self.assertEqual((got["from"], got["to"]), (6, 9))
        self.get("/suggest", 400, q="x", cursor_at=-1)
        self.get("/suggest", 400)

    def test_what_was_disposed_of_is_not_suggested(self):
        copy = self.top / "disposed"
        shutil.copytree(self.archive, copy)
        done = sheaf(copy, "dispose", "--reason", "test", "--yes", "from:carla")
        self.assertEqual(done.returncode, 0, done.stderr)
        with Server(copy) as server:
            self.assertEqual(server.ask("/api/v1/suggest?q=from:carla").json()["suggestions"], [])
            self.assertNotIn(b"carla", server.ask("/api/v1/facets?q=").body)
            answer = server.ask("/api/v1/messages/%s/raw" % ident(MIXED))
            self.assertEqual(answer.status, 410)
        user(copy, "add", "zoe", "--role", "reader", "--account", "ann,bob")
        head = bearer(token(copy, "zoe", "read"))
        with Server(copy) as server:
            for piece, found in (("from:carla", []), ("from:car", []),
                                 ("to:list@", ["list@example.org"])):
                got = server.ask("/api/v1/suggest?q=" + piece, headers=head).json()
                self.assertEqual([s["text"] for s in got["suggestions"]], found, piece)


class Lists(Case):
    """Accounts, mailboxes, status, ledger"""

    def test_how_far_the_index_is_behind(self):
        """Every list says it, and every page that shows mail."""
        copy = self.top / "behind"
        shutil.copytree(self.archive, copy)
        take(copy, "late", [(many(77), "", WHEN)], "--no-index")
        with Server(copy) as server:
            one = "messages/" + ident(MIXED)
            for path in ("search?q=x", "count?q=x", "explain?q=x", "facets?q=x", "suggest?q=x",
                         one + "/copies", one + "/thread", "accounts", "mailboxes", "ledger",
                         "not-searchable", "tags", "saved-searches", "export"):
                got = server.ask("/api/v1/" + path).json()
                self.assertEqual((got["indexed_to"] + 1, got["warnings"]),
                                 (got["stored_to"], []), path)
                self.assertIn(got["total_relation"], ("exact", "at_least", "estimate"))
                self.assertTrue(got["request_id"])
            for path in ("", "?q=wombat", "accounts", "not-searchable", "message/" + ident(MIXED)):
                self.assertEqual(server.ask("/" + path).body.count(b"The index is behind: 1 "), 1,
                                 path)

    def test_problems_name_the_request(self):
        answer = self.get("/search", 400, {"X-Request-Id": "mine-7"}, q="FROM", dialect="imap")
        self.assertEqual(answer.json()["request_id"], "mine-7")

    def test_accounts_and_mailboxes(self):
        got = self.get("/accounts").json()
        self.assertEqual([(a["account"], a["mailboxes"], a["copies"], a["present"])
                          for a in got["accounts"]], [("ann", 1, 2, 2), ("bob", 1, 41, 41)])
        self.assertEqual((got["total"], got["total_relation"]), (2, "exact"))
        got = self.get("/mailboxes", account="b*").json()
        self.assertEqual([m["account"] for m in got["mailboxes"]], ["bob"])

    def test_status_is_that_of_the_command(self):
        said = json.loads(sheaf(self.archive, "status", "--json").stdout)
        got = self.get("/status").json()
        for name in ("schema_version", "archive"):
            said.pop(name)
        got.pop("request_id")
        self.assertIsNone(got.pop("harvest"))  # this server keeps none running
        service = said.pop("service")
        for what in ("exports", "keeper"):
            self.assertGreater(service[what].pop("process"), 1)  # nobody's business over HTTP
            self.assertEqual(got.pop(what), service[what])
        self.assertEqual(got, said)

    def test_ledger_as_lines(self):
        """All of it, in order; the last line says that it is whole."""
        want = []
        page = {"next": ""}
        while page["next"] is not None:
            page = self.get("/ledger", limit=7, **({"cursor": page["next"]} if want else {})).json()
            want += page["entries"]
        for answer in (self.get("/ledger", format="ndjson"),
                       self.get("/ledger", headers={"Accept": "application/x-ndjson"})):
            self.assertEqual(answer.headers["Content-Type"], "application/x-ndjson")
            lines = [json.loads(x) for x in answer.body.splitlines()]
            self.assertEqual([x["entry"] for x in lines[:-1]], want)
            self.assertEqual((lines[-1]["total"], lines[-1]["total_relation"]),
                             (len(want), "exact"))
        bob = self.get("/ledger", format="ndjson", account="bob").body.splitlines()
        self.assertEqual(len(bob), 42)
        self.get("/ledger", 400, format="ndjson", limit=7)
        for path, more in (("/search", {"q": "(", "dialect": "imap"}),
                           ("/search", {"q": "a", "limit": "x"}), ("/ledger", {"limit": 7})):
            got = self.get(path, 400, format="ndjson", headers={"X-Request-Id": "of-lines"},
                           **more)
            self.assertEqual((got.headers["X-Request-Id"], got.json()["request_id"]),
                             ("of-lines", "of-lines"))
        self.get("/ledger", 400, format="xml")

    def test_ledger(self):
        said = [json.loads(line) for line in
                sheaf(self.archive, "ledger", "--json").stdout.splitlines()]
        for limit in (1000, 7, 1):
            entries, cursor = [], {}
            while cursor is not None:
                got = self.get("/ledger", limit=limit, **cursor).json()
                self.assertEqual((got["total"], got["total_relation"]),
                                 (None, "none") if cursor else (43, "exact"))
                entries += got["entries"]
                cursor = {"cursor": got["next"]} if got["next"] else None
            self.assertEqual(entries, [{k: v for k, v in e.items() if k != "schema_version"}
                                       for e in said])
        for outcome, count in (("stored", 42), ("duplicate", 1), ("failed", 0), ("vanished", 0)):
            got = self.get("/ledger", outcome=outcome).json()
            self.assertEqual((len(got["entries"]), got["total"]), (count, count))
        for cursor in ("x", "1.2", "0.1.0", "1.2.x", "99999999999999999999.1.1"):
            self.get("/ledger", 400, cursor=cursor)
        self.get("/ledger", 400, outcome="lost")
        self.get("/ledger", 400, limit=1001)

    def test_not_searchable(self):
        got = self.get("/not-searchable").json()
        self.assertEqual(got["total"], self.get("/status").json()["not_fully_searchable"])


class Encodings(Case):
    """gzip and zstd"""

    def test_gzip(self):
        plain = self.get("/ledger")
        self.assertIsNone(plain.headers["Content-Encoding"])
        self.assertEqual(plain.headers["Vary"], "Accept-Encoding")
        answer = self.get("/ledger", headers={"Accept-Encoding": "br, gzip"})
        self.assertEqual(answer.headers["Content-Encoding"], "gzip")
        self.assertLess(len(answer.body), len(plain.body) // 3)
        self.assertEqual(json.loads(gzip.decompress(answer.body))["entries"],
                         plain.json()["entries"])
        answer = self.get("/ledger", headers={"Accept-Encoding": "gzip, zstd"})
        self.assertEqual(answer.headers["Content-Encoding"], "zstd")

    def test_not_for_others(self):
        for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Cookie": "a=b"}):
            answer = self.get("/ledger", headers=dict(headers, **{"Accept-Encoding": "gzip"}))
            self.assertIsNone(answer.headers["Content-Encoding"])
        small = self.get("/suggest", q="fr", headers={"Accept-Encoding": "gzip"})
        self.assertIsNone(small.headers["Content-Encoding"])


if __name__ == "__main__":
    unittest.main()

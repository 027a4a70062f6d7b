"""REST and pages of `sheaf serve`: shapes, errors, limits, tokens, hostile mail, a clean stop."""

import base64
import concurrent.futures
import datetime
import hashlib
import html.parser
import os
import pathlib
import re
import shutil
import signal
import socket
import tempfile
import threading
import time
import unittest

import servers
from sheafserver import Server, sheaf

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d")
HEX = re.compile(r"[0-9a-f]{64}")
TOKEN = "tok.0123456789abcdef"
WHEN = datetime.datetime(2021, 3, 4, 5, 6, 7, tzinfo=datetime.timezone.utc)

PLAIN = b"""From: Ann Weaver <ann.weaver@example.org>
To: Bob Fuller <bob@example.net>, carla@example.com
Cc: =?utf-8?q?D=C3=B6rte?= <doerte@post.example>
Subject: The quarterly budget
Date: Thu, 5 Mar 2020 23:30:00 -0800
Message-ID: <budget.1@example.org>

The budget was agreed on Tuesday & nobody objected.
> who objected?
"""

EVIL_SUBJECT = "<script>alert('s')</script>\"><img src=x onerror=alert(1)>"
HOSTILE = b"""From: "<b onclick=alert(2)>Mallory</b>" <"<i>m</i>"@evil.example>
To: "</title><script>alert(3)</script>" <bob@example.net>
Subject: %s
Date: Fri, 6 Mar 2020 10:00:00 +0100
X-Evil: </td><script>alert(4)</script>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=cut

--cut
Content-Type: text/html; charset=utf-8

<p>wallaby <script>alert(5)</script><img src="http://evil.example/t.gif"
onerror=alert(6)>&lt;script&gt;alert(7)&lt;/script&gt;</p>
--cut
Content-Type: text/html; name="a\\"><script>alert(8).html"
Content-Disposition: attachment; filename="a\\"><script>alert(8).html"
Content-Transfer-Encoding: base64

%s
--cut--
""" % (EVIL_SUBJECT.encode(), base64.b64encode(b"<script>top.alert(9)</script>"))

ODD = (b"From: Andr\xe9 <andre@example.org>\nSubject: caf\xe9 \xff\xfe quokka\x01\x1b[31m\n"
       b"X-\xe9: \xc3\x28\n\nno date here, an echidna instead\n")
FAR = (b"From: far@example.org\nSubject: far future\nDate: Fri, 31 Dec 29999 23:59:59 +0000\n"
       b"\nnumbat\n")
BIG = b"From: big@example.org\nSubject: a big one\n\n" + b"0123456789abcdef" * 63 * 9000 + b"\n"
SERIES = 60


def crlf(message):
    """As it is stored."""
    return message.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def ident(message):
    """Its id."""
    return hashlib.sha256(crlf(message)).hexdigest()


def series(number):
    """One of many alike."""
    return ("From: list@example.org\nSubject: series %d\nDate: %s\n\nkookaburra number %d\n" %
            (number, (WHEN + datetime.timedelta(hours=number // 2)).strftime(
                "%a, %d %b %Y %H:%M:%S +0000"), number)).encode()


class Tags(html.parser.HTMLParser):
    """Refuses every element and attribute that our pages do not use."""

    ELEMENTS = set("html head meta link title body a header form div input button details summary"
                   " label select option main p strong ul ol li span bdi time h1 h2 nav dl dt dd"
                   " code pre mark article section q small table thead tbody tr th td"
                   " script svg path i kbd rect".split())
    ATTRIBUTES = set("lang charset name content rel href class role action method type aria-label"
                     " placeholder autocomplete spellcheck autofocus value selected open id"
                     " datetime aria-current scope aria-sort tabindex viewbox width height"
                     " aria-hidden d fill stroke stroke-width src defer required maxlength"
                     " formaction aria-labelledby".split())

    def __init__(self, page):
        super().__init__()
        self.text, self.links, self.heads = "", [], []
        self.tag = None
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        assert tag in self.ELEMENTS, tag
        self.tag = tag
        assert tag != "script" or attrs == [("src", "/sheaf.js"), ("defer", None)], attrs
        for name, value in attrs:
            assert name in self.ATTRIBUTES, name
            if name == "href":
                assert value.startswith(("/", "#")) and not value.startswith("//"), value
                self.links.append(value)

    def handle_data(self, data):
        self.text += data


class Case(unittest.TestCase):
    """One archive and one server for the class."""

    @classmethod
    def setUpClass(cls):
        cls.top = pathlib.Path(tempfile.mkdtemp(prefix="sheaf-http-"))
        cls.addClassCleanup(shutil.rmtree, cls.top, True)
        cls.archive = cls.top / "archive"
        assert sheaf(cls.archive, "init").returncode == 0
        cls.take("alice", [(PLAIN, "\\Seen \\Flagged", WHEN), (HOSTILE, "", WHEN),
                           (ODD, "", WHEN), (FAR, "", WHEN), (BIG, "", WHEN)])
        cls.take("bob", [(PLAIN, "", WHEN)] +
                 [(series(n), "\\Seen", WHEN) for n in range(SERIES)])
        cls.server = Server(cls.archive)
        cls.enterClassContext(cls.server)

    @classmethod
    def take(cls, account, mails):
        """Import messages as a Maildir of the account."""
        folder = cls.top / ("maildir-%s-%d" % (account, len(mails)))
        servers.write_maildir(folder, mails)
        done = sheaf(cls.archive, "import", "--account", account, folder)
        assert done.returncode == 0, done.stderr

    def problem(self, answer, status, kind):
        """It is problem+json of that status and type; returns it."""
        self.assertEqual(answer.status, status, answer.body)
        self.assertEqual(answer.headers["Content-Type"], "application/problem+json")
        body = answer.json()
        self.assertEqual(body["status"], status)
        self.assertEqual(body["type"], "/problems/" + kind)
        self.assertTrue(body["title"] and body["detail"])
        return body


class Search(Case):
    """GET /api/v1/search"""

    def test_shape(self):
        got = self.server.search('FROM "ann.weaver" SUBJECT "budget"', dialect="imap")
        self.assertEqual(list(got), ["query", "messages", "next", "total", "total_relation",
                                     "stopped", "warnings", "not_fully_searchable",
                                     "indexed_to", "stored_to", "searched_to", "not_judged",
                                     "took_ms", "request_id"])
        self.assertEqual(got["query"]["dialect"], "imap")
        self.assertIn("ann.weaver", got["query"]["tree"])
        self.assertEqual((got["total"], got["total_relation"], got["next"]), (1, "exact", None))
        self.assertEqual(got["warnings"], [])
        self.assertEqual((got["indexed_to"], got["stored_to"]), (SERIES + 5, SERIES + 5))
        self.assertIsInstance(got["not_fully_searchable"], int)
        self.assertGreaterEqual(got["took_ms"], 0)
        one = got["messages"][0]
        copies, snippet = one.pop("copies"), one.pop("snippet")
        self.assertEqual(one, {
            "threadid": "t" + ident(PLAIN)[:16],
            "id": ident(PLAIN), "number": one["number"], "date": "2020-03-05T23:30:00-08:00",
            "from": [{"name": "Ann Weaver", "email": "ann.weaver@example.org"}],
            "to": [{"name": "Bob Fuller", "email": "bob@example.net"},
                   {"name": "", "email": "carla@example.com"}],
            "cc": [{"name": "Dörte", "email": "doerte@post.example"}],
            "subject": "The quarterly budget", "size": len(crlf(PLAIN)), "tags": [],
            "snippet_part": None, "snippet_hidden": False, "not_fully_searchable": False,
            "where": [{"in": "from"}, {"in": "subject"}]})
        self.assertIsInstance(snippet, str)
        self.assertEqual([c["account"] for c in copies], ["alice", "bob"])
        for copy in copies:
            self.assertEqual(list(copy), ["account", "mailbox", "uidvalidity", "uid",
                                          "internaldate", "flags", "vanished"])
            self.assertRegex(copy["internaldate"], "^%s$" % TIME.pattern)
            self.assertEqual((copy["mailbox"], copy["vanished"]), ("INBOX", None))
            self.assertEqual(datetime.datetime.fromisoformat(copy["internaldate"]), WHEN)
        self.assertEqual(copies[0]["flags"], ["\\Flagged", "\\Seen"])
        self.assertEqual(copies[1]["flags"], [])

    def test_box(self):
        got = self.server.search("echidna")
        self.assertEqual(got["query"]["dialect"], "box")
        self.assertEqual([m["id"] for m in got["messages"]], [ident(ODD)])
        self.assertIn("echidna", got["messages"][0]["snippet"])

    def test_odd_bytes_are_valid_utf8(self):
        one = self.server.search("echidna")["messages"][0]
        self.assertIn("quokka", one["subject"])
        self.assertIsNone(one["date"])

    def test_date_beyond_the_calendar(self):
        one = self.server.search("numbat")["messages"][0]
        self.assertTrue(one["date"] is None or TIME.fullmatch(one["date"]), one["date"])

    def test_nothing_found(self):
        got = self.server.search("platypus")
        self.assertEqual((got["messages"], got["total"], got["total_relation"], got["next"]),
                         ([], 0, "exact", None))

    def pages(self, limit, **more):
        """All ids, page by page."""
        ids, cursor = [], None
        while True:
            args = dict(more, limit=limit, **({"cursor": cursor} if cursor else {}))
            got = self.server.search("kookaburra", **args)
            self.assertLessEqual(len(got["messages"]), limit)
            ids += [m["id"] for m in got["messages"]]
            if got["total_relation"] == "exact":
                self.assertEqual(got["total"], SERIES)
            else:
                self.assertLessEqual(got["total"], SERIES)
                self.assertGreaterEqual(got["total"], len(ids))
            cursor = got["next"]
            if cursor is None:
                return ids
            self.assertEqual(len(got["messages"]), limit)

    def test_paging(self):
        newest = self.pages(500)
        self.assertEqual(sorted(newest), sorted(ident(series(n)) for n in range(SERIES)))
        self.assertEqual(newest[-1] in (ident(series(0)), ident(series(1))), True)
        for limit in (1, 7, SERIES - 1, SERIES):
            self.assertEqual(self.pages(limit), newest)
        self.assertEqual(self.pages(7, sort="-date"), newest)
        self.assertEqual(self.pages(7, total="exact"), newest)
        oldest = self.pages(500, sort="date")
        self.assertEqual(sorted(oldest), sorted(newest))
        self.assertIn(oldest[0], (ident(series(0)), ident(series(1))))
        self.assertEqual(self.pages(7, sort="date"), oldest)

    def test_total(self):
        got = self.server.search("kookaburra", limit=5)
        self.assertEqual(got["total_relation"], "at_least")
        self.assertGreater(got["total"], 5)
        got = self.server.search("kookaburra", limit=5, total="exact")
        self.assertEqual((got["total"], got["total_relation"]), (SERIES, "exact"))

    def test_account_and_mailbox(self):
        def accounts(**more):
            got = self.server.search('SUBJECT "quarterly"', dialect="imap", **more)
            return [c["account"] for m in got["messages"] for c in m["copies"]]
        self.assertEqual(accounts(), ["alice", "bob"])
        self.assertEqual(accounts(account="bob"), ["bob"])
        self.assertEqual(accounts(account="alice", mailbox="INBOX"), ["alice"])
        self.assertEqual(accounts(mailbox="Trash"), [])

    def test_bad_query_has_a_column(self):
        body = self.problem(self.server.ask("/api/v1/search?dialect=imap&q=FRM%20x"), 400, "input")
        self.assertEqual((body["title"], body["column"]), ("bad query", 1))
        body = self.problem(self.server.ask("/api/v1/search?dialect=imap&q=SEEN%20FRM%20x"), 400,
                            "input")
        self.assertEqual(body["column"], 6)

    def test_bad_parameters(self):
        for query in ("", "q=x&limit=0", "q=x&limit=501", "q=x&limit=-1", "q=x&limit=ten",
                      "q=x&dialect=sql", "q=x&sort=size", "q=x&total=maybe", "q=x&cursor=x",
                      "q=x&cursor=1.", "q=x&cursor=1.zzz", "q=x&acount=a", "q=x&q=y", "q=%",
                      "q=%zz", "q=%4", "%00=1&q=x", "q=x&" + "&".join("p%d" % n for n in
                                                                     range(100))):
            body = self.problem(self.server.ask("/api/v1/search?" + query), 400, "input")
            self.assertNotIn("\n", body["detail"])

    def test_any_bytes_are_answered(self):
        for raw in (b"\x00", b"\xff\xfe", b"(((", b'"', b"\\", b"{5}", b"a" * 9000, b"-", b"*",
                    "ß﷽".encode(), b"from:", b"((" * 3000, b"OR " * 300):
            quoted = "".join("%%%02X" % b for b in raw) if len(raw) < 100 else raw.decode().replace(
                " ", "+")
            for dialect in ("box", "imap"):
                answer = self.server.ask("/api/v1/search?dialect=%s&q=%s" % (dialect, quoted))
                self.assertIn(answer.status, (200, 400), (raw[:20], answer.body))
                answer.json()


class Messages(Case):
    """GET /api/v1/messages/{id} and what is below it"""

    def test_shape(self):
        got = self.server.ask("/api/v1/messages/" + ident(PLAIN)).json()
        self.assertEqual(got["id"], ident(PLAIN))
        self.assertEqual(got["message_id"], "<budget.1@example.org>")
        self.assertEqual([h["name"] for h in got["headers"]],
                         ["From", "To", "Cc", "Subject", "Date", "Message-ID"])
        self.assertEqual(got["headers"][3]["value"].strip(), "The quarterly budget")
        self.assertIn("nobody objected", got["text"])
        self.assertEqual(len(got["copies"]), 2)
        self.assertEqual(got["parts"][0]["type"], "text/plain")
        self.assertEqual((got["marks"], got["cut"]), ([], False))

    def test_long_text_is_cut_and_says_so(self):
        got = self.server.ask("/api/v1/messages/" + ident(BIG)).json()
        self.assertEqual((len(got["text"]), got["text_cut"], got["cut"]), (8 << 20, True, False))
        self.assertFalse(self.server.ask("/api/v1/messages/" + ident(PLAIN)).json()["text_cut"])
        page = self.server.ask("/message/" + ident(BIG)).body
        self.assertLess(len(page), 2 << 20)
        self.assertIn(b"The text goes on", page)

    def test_prefix(self):
        self.assertEqual(self.server.ask("/api/v1/messages/" + ident(PLAIN)[:12]).json()["id"],
                         ident(PLAIN))
        self.assertEqual(self.server.ask("/api/v1/messages/" + ident(PLAIN).upper()).status, 200)

    def test_hostile_is_only_data(self):
        got = self.server.ask("/api/v1/messages/" + ident(HOSTILE)).json()
        self.assertEqual(got["subject"], EVIL_SUBJECT)
        files = [p for p in got["parts"] if p["attachment"]]
        self.assertEqual([p["filename"] for p in files], ['a"><script>alert(8).html'])

    def test_raw(self):
        for message in (PLAIN, HOSTILE, ODD, FAR, BIG, series(7)):
            answer = self.server.ask("/api/v1/messages/%s/raw" % ident(message))
            self.assertEqual(answer.status, 200)
            self.assertEqual(answer.body, crlf(message))
            self.assertEqual(answer.headers["Content-Type"], "message/rfc822")
            self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")
            self.assertEqual(answer.headers["Content-Disposition"],
                             'attachment; filename="%s.eml"' % ident(message)[:12])

    def test_etag(self):
        target = "/api/v1/messages/%s/raw" % ident(PLAIN)
        tag = self.server.ask(target).headers["ETag"]
        answer = self.server.ask(target, headers={"If-None-Match": tag})
        self.assertEqual((answer.status, answer.body), (304, b""))
        self.assertEqual(self.server.ask(target, headers={"If-None-Match": '"x"'}).status, 200)

    def test_part(self):
        got = self.server.ask("/api/v1/messages/" + ident(HOSTILE)).json()
        number = [p["number"] for p in got["parts"] if p["attachment"]][0]
        answer = self.server.ask("/api/v1/messages/%s/parts/%s" % (ident(HOSTILE), number))
        self.assertEqual(answer.body, b"<script>top.alert(9)</script>")
        self.assertEqual(answer.headers["Content-Type"], "application/octet-stream")
        self.assertRegex(answer.headers["Content-Disposition"],
                         r"^attachment; filename\*=UTF-8''[A-Za-z0-9%._~-]+$")
        self.assertIn("sandbox", answer.headers["Content-Security-Policy"])
        self.problem(self.server.ask("/api/v1/messages/%s/parts/9" % ident(HOSTILE)), 404,
                     "not-found")

    def test_html(self):
        answer = self.server.ask("/api/v1/messages/%s/html" % ident(HOSTILE))
        self.assertEqual(answer.status, 200)
        policy = answer.headers["Content-Security-Policy"]
        for word in ("sandbox", "default-src 'none'", "form-action 'none'"):
            self.assertIn(word, policy)
        for word in ("allow-scripts", "allow-same-origin"):
            self.assertNotIn(word, policy)
        self.assertNotIn(b"<script", answer.body)
        self.problem(self.server.ask("/api/v1/messages/%s/html" % ident(PLAIN)), 404, "not-found")

    def test_not_there(self):
        for tail in ("0" * 64, "f" * 12, "zzzzzz", "%2e%2e%2f", "x" * 300, ident(PLAIN) + "0"):
            for target in ("/api/v1/messages/" + tail, "/api/v1/messages/%s/raw" % tail):
                answer = self.server.ask(target)
                self.assertIn(answer.status, (400, 404), target)
                answer.json()


class Pages(Case):
    """What a browser gets"""

    def page(self, target, status=200):
        """The parsed page; anything foreign in its markup fails."""
        answer = self.server.ask(target)
        self.assertEqual(answer.status, status, answer.body[:500])
        self.assertEqual(answer.headers["Content-Type"], "text/html; charset=utf-8")
        csp = answer.headers["Content-Security-Policy"]
        for piece in ("default-src 'none'", "style-src 'self'", "form-action 'self'",
                      "frame-ancestors 'none'", "base-uri 'none'"):
            self.assertIn(piece, csp)
        self.assertNotIn("unsafe", csp)
        self.assertIn("script-src 'self'", csp)
        return Tags(answer.body.decode("utf-8"))

    def test_home(self):
        page = self.page("/")
        self.assertIn("%d messages" % (SERIES + 5), page.text)
        for blank in ("/?q=", "/?q=+&dialect=imap", "/?"):
            self.assertIn("messages", self.page(blank).text)

    def test_results(self):
        page = self.page("/?q=budget")
        self.assertIn("The quarterly budget", page.text)
        self.assertIn("Ann Weaver", page.text)
        self.assertIn("5 Mar 2020, 23:30", page.text)
        self.assertIn("alice / INBOX", page.text)
        self.assertIn("/?q=budget&open=" + ident(PLAIN), page.links)

    def test_following_the_pages(self):
        target, seen = "/?q=kookaburra", []
        while target:
            page = self.page(target)
            seen += [link[-64:] for link in page.links if "open=" in link]
            onward = [link for link in page.links if "cursor=" in link and "open=" not in link]
            target = onward[0] if onward else None
        self.assertEqual(sorted(seen), sorted(ident(series(n)) for n in range(SERIES)))

    def test_count_them_all(self):
        page = self.page("/?q=kookaburra")
        self.assertIn("1–50 of more than 50 messages", page.text)
        target = [link for link in page.links if "total=exact" in link][0]
        self.assertIn("of %d messages" % SERIES, self.page(target).text)

    def test_message(self):
        page = self.page("/message/%s?q=budget" % ident(PLAIN))
        for text in ("The quarterly budget", "nobody objected", "doerte@post.example",
                     "5 Mar 2020, 23:30 (-08:00)", "budget.1@example.org", "INBOX", "\\Flagged"):
            self.assertIn(text, page.text)
        self.assertIn("/api/v1/messages/%s/raw" % ident(PLAIN), page.links)
        self.assertIn("/?q=budget", page.links)

    def test_hostile_mail_stays_text(self):
        page = self.page("/message/" + ident(HOSTILE))
        self.assertIn(EVIL_SUBJECT, page.text)
        self.assertIn('a"><script>alert(8).html', page.text)
        self.assertIn("wallaby", page.text)
        self.assertNotIn("alert(5)", page.text)
        page = self.page("/?q=wallaby")
        self.assertIn(EVIL_SUBJECT, page.text)
        self.page("/message/" + ident(ODD))
        self.page("/?q=echidna")

    def test_hostile_query(self):
        for dialect in ("box", "imap"):
            for q in ("%3Cscript%3Ealert(1)%3C/script%3E", "%22%3E%3Cscript%3E", "%FF%00%1B",
                      "'onmouseover='alert(1)", "%E2%80%AE"):
                target = "/?q=%s&dialect=%s&account=%s" % (q, dialect, q)
                self.assertIn(self.server.ask(target).status, (200, 400))
                self.page(target, self.server.ask(target).status)

    def test_bad_query_is_shown_where_it_is_bad(self):
        page = self.page("/?dialect=imap&q=SEEN+FRM+x", 400)
        self.assertIn("FRM", page.text)
        self.assertIn("Search", page.text)

    def test_errors_are_pages(self):
        self.page("/message/" + "0" * 64, 404)
        self.page("/nothing", 404)
        self.page("/problems/nothing", 404)
        self.assertIn("token", self.page("/problems/token").text)

    def test_style(self):
        answer = self.server.ask("/style.css")
        self.assertEqual(answer.headers["Content-Type"], "text/css; charset=utf-8")
        css = answer.body.decode()
        self.assertIn("prefers-color-scheme:dark", css)
        script = self.server.ask("/sheaf.js")
        self.assertEqual(script.headers["Content-Type"], "text/javascript; charset=utf-8")
        self.assertNotIn(b"://", script.body)
        self.assertEqual(css.count("{"), css.count("}"))
        self.assertNotIn("url(", css)
        self.assertEqual(self.server.ask("/icon.svg").headers["Content-Type"], "image/svg+xml")


class Protocol(Case):
    """HTTP itself"""

    def targets(self):
        """One of each."""
        return ["/", "/?q=budget", "/message/" + ident(PLAIN), "/style.css", "/icon.svg",
                "/healthz", "/api/v1/search?q=budget", "/api/v1/messages/" + ident(PLAIN),
                "/api/v1/messages/%s/raw" % ident(PLAIN), "/api/v1/messages/%s/raw" % ident(BIG),
                "/api/v1/messages/%s/parts/1" % ident(HOSTILE), "/problems/input"]

    def talk(self, data, end=True):
        """Send bytes as they are; all that comes back."""
        got = b""
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=20) as link:
            try:
                link.sendall(data)
                if end:
                    link.shutdown(socket.SHUT_WR)
            except OSError as error:
                self.assertNotIsInstance(error, TimeoutError)  # else: it hung up, as it may
            try:
                while piece := link.recv(65536):
                    got += piece
            except ConnectionResetError:
                pass
        return got

    def status(self, data):
        """The status of the answer to raw bytes, 0: none."""
        got = self.talk(data)
        return int(got.split(b" ", 2)[1]) if got.startswith(b"HTTP/1.1 ") else 0

    def test_head(self):
        for target in self.targets():
            get, head = self.server.ask(target), self.server.ask(target, "HEAD")
            self.assertEqual((head.status, head.body), (200, b""), target)
            if "search" not in target and "?q=" not in target:  # those say how long they took
                self.assertEqual(head.headers["Content-Length"], str(len(get.body)), target)
            for name in ("Content-Type", "Content-Security-Policy", "Cache-Control"):
                self.assertEqual(head.headers[name], get.headers[name])

    def test_headers_everywhere(self):
        for target in self.targets() + ["/nothing", "/api/v1/nothing", "/api/v1/search?q=%"]:
            headers = self.server.ask(target).headers
            self.assertEqual(headers["X-Content-Type-Options"], "nosniff")
            page = "script-src 'self'" in headers["Content-Security-Policy"]
            self.assertEqual(headers["Referrer-Policy"],
                             "same-origin" if page else "no-referrer")
            self.assertEqual(headers["Cross-Origin-Resource-Policy"], "same-origin")
            self.assertIn("default-src 'none'", headers["Content-Security-Policy"])
            self.assertIsNone(headers["Access-Control-Allow-Origin"])

    def test_other_methods(self):
        for target in self.targets():
            for method in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "BREW"):
                answer = self.server.ask(target, method)
                if method == "POST" and target.startswith("/api/v1/search"):
                    self.assertEqual(answer.status, 400)
                    continue
                self.assertEqual(answer.status, 405, (method, target))
                self.assertIn("GET", answer.headers["Allow"])
        self.problem(self.server.ask("/healthz", "POST", body=b"q=x"), 405, "method")
        self.problem(self.server.ask("/api/v1/nothing", "POST", body=b"q=x"), 404, "not-found")

    def test_changes_from_elsewhere(self):
        host = "127.0.0.1:%d" % self.server.port
        for extra, kind in (({}, "method"), ({"Origin": "http://" + host}, "method"),
                            ({"Sec-Fetch-Site": "same-origin"}, "method"),
                            ({"Sec-Fetch-Site": "cross-site"}, "foreign"),
                            ({"Sec-Fetch-Site": "same-site"}, "foreign"),
                            ({"Origin": "null"}, "foreign"),
                            ({"Origin": "http://evil." + host}, "foreign"),
                            ({"Origin": "http://127.0.0.1:1"}, "foreign")):
            answer = self.server.ask("/healthz", "POST", body=b"q=x",
                                     headers=dict(extra, Host=host))
            self.problem(answer, 403 if kind == "foreign" else 405, kind)

    def test_health(self):
        self.assertEqual(self.server.ask("/healthz").json(),
                         {"status": "ok", "indexed_to": SERIES + 5, "stored_to": SERIES + 5})

    def test_too_long(self):
        self.problem(self.server.ask("/api/v1/search?q=" + "a" * 20000), 414, "too-long")
        self.assertEqual(self.server.ask("/" + "a" * 100000).status, 414)
        self.assertEqual(self.server.ask("/healthz", headers={"X-A": "a" * 100000}).status, 431)
        many = {"X-%d" % n: "a" * 50 for n in range(1500)}
        self.assertEqual(self.server.ask("/healthz", headers=many).status, 431)
        self.assertEqual(self.server.ask("/healthz").status, 200)

    def test_too_large(self):
        answer = self.server.ask("/healthz", body=b"x" * 1100000)
        self.problem(answer, 413, "too-large")
        self.assertEqual(self.server.ask("/healthz", body=b"x" * 1000).status, 200)
        self.assertEqual(self.status(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
                                     b"Content-Length: 99999999999999999999\r\n\r\n") in
                         (0, 400, 413), True)

    def test_paths(self):
        for path in ("/message/../../etc/passwd", "/..", "/message/%2e%2e/x", "/message/.",
                     "/%00", "/message/a%00b", "/message/%", "/message/%f", "/message/%zz",
                     "/" + "a/" * 100, "/api/v1/messages/../search?q=x"):
            answer = self.server.ask(path)
            self.assertEqual(answer.status, 400, path)
            self.assertEqual(answer.headers["Content-Type"].startswith("text/html"),
                             not path.startswith("/api/"), path)
        for path in ("//", "//etc/passwd", "/api/v1", "/api/v1/", "/message/", "/message",
                     "/style.css/", "/STYLE.CSS", "/api/v1/messages//raw", "/.git/config",
                     "/message/..%2f..%2fetc%2fpasswd"):
            self.assertEqual(self.server.ask(path).status, 404, path)

    def test_raw_requests(self):
        host = b"Host: localhost\r\n"
        self.assertEqual(self.status(b"GET /healthz HTTP/1.1\r\n" + host + b"\r\n"), 200)
        self.assertEqual(self.status(b"GET http://localhost/healthz HTTP/1.1\r\n" + host +
                                     b"\r\n"), 200)
        self.assertEqual(self.status(b"GET /healthz HTTP/1.1\r\n\r\n"), 400)
        self.assertEqual(self.status(b"GET /healthz HTTP/1.1\r\n" + host * 2 + b"\r\n"), 403)
        self.assertEqual(self.status(b"GET * HTTP/1.1\r\n" + host + b"\r\n"), 400)
        self.assertEqual(self.status(b"GET healthz HTTP/1.1\r\n" + host + b"\r\n"), 400)
        for junk in (b"\r\n\r\n", b"\x00" * 100, b"\x16\x03\x01\x02\x00", b"GET\r\n\r\n",
                     b"GET / HTTP/9.9\r\n\r\n", b"G" * 200000, b"GET / HTTP/1.1\r\n: x\r\n\r\n",
                     b"GET / HTTP/1.1\r\n" + host + b"Content-Length: -1\r\n\r\n",
                     b"GET / HTTP/1.1\r\n" + host + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
                     b"GET / HTTP/1.1\r\n" + host + b"X: \x00\r\n\r\n", bytes(range(256))):
            self.talk(junk)
        self.assertEqual(self.server.ask("/healthz").status, 200)

    def test_pipelined_and_kept_alive(self):
        one = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
        last = one.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
        self.assertEqual(self.talk(one * 9 + last, end=False).count(b"HTTP/1.1 200 OK"), 10)

    def test_foreign_host(self):
        for host in ("evil.example", "evil.example:%d" % self.server.port, "localhost.evil.example",
                     "127.0.0.1.evil.example", "0.0.0.0", "192.0.2.1", "[::2]"):
            answer = self.server.ask("/api/v1/search?q=x", headers={"Host": host})
            self.problem(answer, 403, "denied")
        for host in ("localhost", "LOCALHOST:1", "127.0.0.1", "127.0.0.2:99", "[::1]:8425"):
            self.assertEqual(self.server.ask("/healthz", headers={"Host": host}).status, 200)

    def test_many_at_once(self):
        targets = (self.targets() * 20)[:200]
        with concurrent.futures.ThreadPoolExecutor(200) as pool:
            statuses = list(pool.map(lambda t: self.server.ask(t).status, targets))
        self.assertEqual(statuses, [200] * 200)

    def test_silent_connections_do_not_block(self):
        links = [socket.create_connection(("127.0.0.1", self.server.port)) for _ in range(100)]
        try:
            for link in links[::2]:
                link.sendall(b"GET /healthz HTTP/1.1\r\nHost: loc")
            self.assertEqual(self.server.ask("/healthz").status, 200)
        finally:
            for link in links:
                link.close()

    def test_gone_before_the_answer(self):
        for _ in range(20):
            with socket.create_connection(("127.0.0.1", self.server.port)) as link:
                link.sendall(b"GET /api/v1/messages/%s/raw HTTP/1.1\r\nHost: localhost\r\n\r\n" %
                             ident(BIG).encode())
        self.assertEqual(self.server.ask("/healthz").status, 200)


class Life(Case):
    """Starting, new mail while serving, stopping"""

    def test_new_mail_is_found_at_once(self):
        new = b"From: new@example.org\nSubject: bandicoot\n\nbilby\n"
        before = self.server.ask("/healthz").json()["stored_to"]
        self.assertEqual(self.server.search("bilby")["total"], 0)
        self.take("carla", [(new, "", WHEN)])
        got = self.server.search("bilby")
        self.assertEqual([m["id"] for m in got["messages"]], [ident(new)])
        self.assertEqual((got["indexed_to"], got["stored_to"]), (before + 1, before + 1))

    def test_not_yet_indexed_is_said(self):
        new = b"From: new@example.org\nSubject: late\n\ncassowary\n"
        folder = self.top / "late"
        servers.write_maildir(folder, [(new, "", WHEN)])
        self.assertEqual(sheaf(self.archive, "import", "--no-index", folder).returncode, 0)
        got = self.server.search("budget")
        self.assertEqual(got["stored_to"] - got["indexed_to"], 1)
        self.assertIn(b"1 message is stored but not in it yet",
                      self.server.ask("/?q=budget").body)
        self.assertEqual(sheaf(self.archive, "index").returncode, 0)
        got = self.server.search("budget")
        self.assertEqual(got["stored_to"], got["indexed_to"])

    def test_stop(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            server = Server(self.archive)
            with server:
                links = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(9)]
                for link in links:
                    link.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    self.assertTrue(link.recv(9))
                status, seconds = server.stop(number)
                for link in links:
                    link.close()
            self.assertEqual(status, 0)
            self.assertLess(seconds, 1 if os.environ.get("SHEAF") == os.environ.get(
                "SHEAF_PLAIN") else 5)

    def test_stop_while_busy(self):
        server, stop, seen = Server(self.archive), threading.Event(), []

        def load():
            while not stop.is_set():
                try:
                    seen.append(server.ask("/api/v1/search?q=kookaburra&limit=500").status)
                except (OSError, ValueError, EOFError):
                    pass
                except Exception:  # pylint: disable=broad-except
                    pass           # http.client: the server left in the middle of an answer
        with server:
            workers = [threading.Thread(target=load) for _ in range(8)]
            for worker in workers:
                worker.start()
            deadline = time.monotonic() + 30
            while not seen and time.monotonic() < deadline:
                time.sleep(0.05)
            status, seconds = server.stop()
            stop.set()
            for worker in workers:
                worker.join()
        self.assertEqual(status, 0)
        self.assertLess(seconds, 5)
        self.assertEqual(set(seen) - {503}, {200})

    def test_damaged_archive(self):
        copy = self.top / "damaged"
        shutil.copytree(self.archive, copy)
        segment = sorted((copy / "segments").glob("*.tar.zst"))[0]
        data = bytearray(segment.read_bytes())
        for at in range(len(data) // 3, len(data) * 2 // 3, 97):
            data[at] ^= 0x55
        segment.write_bytes(data)
        statuses = []
        with Server(copy) as server:
            for message in [PLAIN, HOSTILE, ODD, FAR, BIG] + [series(n) for n in range(SERIES)]:
                answer = server.ask("/api/v1/messages/%s/raw" % ident(message))
                statuses.append(answer.status)
                if answer.status == 200:
                    self.assertEqual(answer.body, crlf(message))
                else:
                    body = self.problem(answer, 500, "broken")
                    self.assertNotIn("segment", body["detail"])  # its log says that
                self.assertIn(server.ask("/message/" + ident(message)).status, (200, 500))
            self.assertIn(500, statuses)
            self.assertEqual(server.ask("/healthz").status, 200)

    def test_no_archive(self):
        for path, what in ((self.top / "missing", None), (self.top / "broken", b"x" * 9000)):
            if what:
                shutil.copytree(self.archive, path)
                for catalog in path.glob("catalog.db*"):
                    catalog.write_bytes(what)
            done = sheaf(path, "serve", "--listen", "127.0.0.1:0")
            self.assertIn(done.returncode, (65, 74), done.stderr)
            self.assertEqual(done.stdout, b"")
            self.assertTrue(done.stderr)

    def test_address_in_use(self):
        done = sheaf(self.archive, "serve", "--listen", "127.0.0.1:%d" % self.server.port)
        self.assertEqual(done.returncode, 75, done.stderr)

    def test_bad_address(self):
        for address in ("127.0.0.1", "example.org:80", "127.0.0.1:99999", "::1:80", ""):
            done = sheaf(self.archive, "serve", "--listen", address)
            self.assertEqual(done.returncode, 64, (address, done.stderr))


class Tokens(Case):
    """Who may ask"""

    def file(self, text, mode=0o600):
        """A token file."""
        path = self.top / "tokens"
        path.write_text(text)
        path.chmod(mode)
        return path

    def test_bad_files(self):
        for text, mode in ((TOKEN + "\n", 0o644), ("", 0o600), ("# none\n", 0o600),
                           ("short\n", 0o600), ("has blanks in the middle\n", 0o600)):
            done = sheaf(self.archive, "serve", "--token-file", self.file(text, mode))
            self.assertEqual(done.returncode, 77, done.stderr)
            self.assertNotIn(TOKEN.encode(), done.stderr)
        done = sheaf(self.archive, "serve", "--token-file", self.top / "missing")
        self.assertEqual(done.returncode, 77, done.stderr)

    def test_tokens(self):
        def basic(text):
            return "Basic " + base64.b64encode(text.encode()).decode()
        path = self.file("# operators\n%s\nanother-token-of-somebody\n" % TOKEN)
        with Server(self.archive, "--token-file", path) as server:
            for field, want in (("Bearer " + TOKEN, 200), ("bearer " + TOKEN, 200),
                                ("Bearer another-token-of-somebody", 200),
                                (basic("me:" + TOKEN), 200), (basic(":" + TOKEN), 200),
                                (None, 401), ("", 401), ("Bearer", 401), ("Bearer ", 401),
                                ("Bearer " + TOKEN[:-1], 401), ("Bearer " + TOKEN + "x", 401),
                                ("Bearer " + TOKEN.upper(), 401), (basic(TOKEN), 401),
                                (basic(TOKEN + ":"), 401), ("Token " + TOKEN, 401),
                                ("Bearer # operators", 401)):
                for target in ("/", "/api/v1/search?q=budget",
                               "/message/" + ident(PLAIN),
                               "/api/v1/messages/%s/raw" % ident(PLAIN)):
                    headers = {} if field is None else {"Authorization": field}
                    answer = server.ask(target, headers=headers)
                    self.assertEqual(answer.status, want, (field, target))
                    if want == 401:
                        self.assertIn("Bearer", answer.headers["WWW-Authenticate"])
                        self.assertNotIn(b"udget", answer.body)
            self.problem(server.ask("/api/v1/search?q=x"), 401, "token")
            self.assertEqual(server.ask("/nothing").status, 401)
            self.assertEqual(server.ask("/healthz").json(), {"status": "ok"})
            full = server.ask("/healthz", headers={"Authorization": "Bearer " + TOKEN}).json()
            self.assertIn("stored_to", full)
            name = {"Host": "mail.example.org", "Authorization": "Bearer " + TOKEN}
            self.assertEqual(server.ask("/", headers=name).status, 200)


if __name__ == "__main__":
    unittest.main()

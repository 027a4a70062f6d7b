"""What stands inside attachments: found by the search box and the JSON tree, with the index and
without, never by IMAP's keys; every part has an outcome, which is shown, counted and listed."""

import email.message
import email.policy
import hashlib
import io
import json
import random
import signal
import sqlite3
import subprocess
import time
import urllib.parse
import zipfile

from sheafserver import Server
from test_cli import NOTHING, OK, SHEAF, Case

WORD = ("application", "vnd.openxmlformats-officedocument.wordprocessingml.document")
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
TYPES = ('<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
         '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.'
         'relationships+xml"/><Override PartName="/word/document.xml" ContentType="application/'
         'vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>')
RELS = ('<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="r" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
        'relationships/officeDocument" Target="word/document.xml"/></Relationships>')
PNG = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de")


def docx(*paragraphs):
    """A Word document, as small as one can be."""
    out = io.BytesIO()
    text = "".join("<w:p><w:r><w:t>%s</w:t></w:r></w:p>" % p for p in paragraphs)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for name, data in (("[Content_Types].xml", TYPES), ("_rels/.rels", RELS),
                           ("word/document.xml", "<w:document %s><w:body>%s</w:body>"
                                                 "</w:document>" % (W, text))):
            z.writestr(zipfile.ZipInfo(name), data)
    return out.getvalue()


def letter(n, body, *files):
    """A message with (name, type, bytes) attached."""
    m = email.message.EmailMessage(policy=email.policy.SMTP)
    m["From"], m["To"] = "Ann <ann@example.org>", "bob@example.org"
    m["Subject"], m["Message-ID"] = "letter %d" % n, "<a%d@example.org>" % n
    m["Date"] = "Thu, 05 Mar 2020 10:%02d:00 +0000" % n
    m.set_content(body)
    for name, kind, data in files:
        m.add_attachment(data, maintype=kind[0], subtype=kind[1], filename=name)
    return bytes(m)


class Attachments(Case):
    """Seven messages, six with something attached."""

    def setUp(self):
        super().setUp()
        self.init()
        report = docx("The zebra crossed the naïve café &amp; &lt;b&gt;left",
                      "Second paragraph about herons")
        odd = ("application", "octet-stream")
        self.mails = [
            letter(0, "no zebra outside\n"),
            letter(1, "see attached\n", ("budget.docx", WORD, report)),
            letter(2, "again\n", ("budget.docx", WORD, report)),
            letter(3, "a picture\n", ("holiday.png", ("image", "png"), PNG)),
            letter(4, "torn\n", ("torn.docx", WORD, report[:200])),
            letter(5, "a list\n", ("list.csv", ("text", "csv"), b"okapi,1\nbongo,2\n")),
            letter(6, "no type\n", ("notes.bin", odd, b"plain notes of an axolotl\n")),
        ]
        for n, data in enumerate(self.mails):
            self.put("in/%d.eml" % n, data)

    def load(self):
        """Imports them all."""
        self.sheaf("import", "--account", "one", self.top / "in")

    def found(self, *query):
        """Their numbers, the same with the index and without."""
        names = [hashlib.sha256(m).hexdigest() for m in self.mails]
        out = [[names.index(i) for i in done.stdout.decode().split()] for done in (
            self.run_raw("-C", self.ar, "search", "--format", "ids", *more, "--", *query)
            for more in ((), ("--no-index",)))]
        self.assertEqual(out[0], out[1], query)
        return sorted(out[0])

    def imap(self, query):
        """The same in IMAP's language."""
        names = [hashlib.sha256(m).hexdigest() for m in self.mails]
        out = [sorted(names.index(i) for i in self.ids("--dialect", "imap", *more, query))
               for more in ((), ("--no-index",))]
        self.assertEqual(out[0], out[1], query)
        return out[0]

    def search(self, query, *more):
        """Its answer as JSON."""
        return self.js("search", "--json", *more, query)["messages"]

    def test_found(self):
        self.load()
        for query, want in (
                ("zebra", [0, 1, 2]), ("body:zebra", [0]), ("attachment:zebra", [1, 2]),
                ("herons", [1, 2]), ('"zebra crossed"', [1, 2]), ('"left second"', [1, 2]),
                ('"docx the"', []), ('"attached the"', []),
                ("cafe", [1, 2]), ("café", [1, 2]), ("naive", [1, 2]), ("okapi", [5]),
                ("attachment:okapi", [5]), ("body:okapi", [5]), ("axolotl", [6]),
                ("budget", [1, 2]), ("filename:budget", [1, 2]), ("filename:zebra", []),
                ("attachment:budget.docx", [1, 2]), ("filename:docx", [1, 2, 4]),
                ("subject:budget", []), ("-zebra", [3, 4, 5, 6]), ("-attachment:zebra zebra", [0]),
                ("has:attachment", [1, 2, 3, 4, 5, 6]), ("has:document", [1, 2, 4]),
                ("has:image", [3]), ("has:pdf", []), ("-has:attachment", [0]),
                ("has:spreadsheet", [5]), ("zebra has:document herons", [1, 2])):
            with self.subTest(query=query):
                self.assertEqual(self.found(query), want)

    def test_nothing_but_an_attachment(self):
        """A message that is one attachment is its part 1, and says its name."""
        m = email.message.EmailMessage(policy=email.policy.SMTP)
        m["Subject"], m["Message-ID"] = "whole", "<whole@example.org>"
        m.set_content(docx("Only a quagga here"), *WORD, filename="whole.docx",
                      disposition="attachment")
        self.put("in/whole.eml", bytes(m))
        self.load()
        one, = self.search("quagga")
        self.assertEqual(one["where"], [{"in": "attachment", "part": "1",
                                         "filename": "whole.docx"}])
        self.assertEqual(one["snippet_part"], "1")
        with Server(self.ar) as server:
            self.assertIn("found in <bdi>whole.docx</bdi>",
                          server.ask("/?q=quagga").body.decode())
            text = server.ask("/api/v1/messages/%s/parts/1/text" % one["id"])
            self.assertIn("quagga", text.body.decode())

    def test_imap_does_not_see_it(self):
        self.load()
        for query, want in (
                ("TEXT zebra", [0]), ("BODY zebra", [0]), ("FUZZY TEXT zebra", [0]),
                ("FUZZY BODY zebras", [0]), ("TEXT herons", []), ("BODY axolotl", []),
                ("TEXT budget.docx", [1, 2]), ("FUZZY TEXT budget", []), ("BODY okapi", [5]),
                ("NOT TEXT herons", list(range(7))), ("X-GM-RAW herons", [1, 2])):
            with self.subTest(query=query):
                self.assertEqual(self.imap(query), want)

    def test_where(self):
        self.load()
        for more in ((), ("--no-index",)):
            one = self.search("herons", *more)[0]
            self.assertEqual(one["where"], [{"in": "attachment", "part": "2",
                                             "filename": "budget.docx"}])
            self.assertEqual(one["snippet_part"], "2")
            self.assertIn("Second paragraph about herons", one["snippet"])
            self.assertFalse(one["not_fully_searchable"])
            self.assertIn("café & <b>left", self.search("crossed", *more)[0]["snippet"])
            own = self.search("letter subject:5 okapi", *more)[0]
            self.assertEqual([w["in"] for w in own["where"]], ["subject", "attachment"])
            self.assertEqual(self.search("torn.docx", *more)[0]["where"],
                             [{"in": "filename", "part": "2", "filename": "torn.docx"}])
        self.assertEqual(self.search("zebra -herons")[0]["where"], [{"in": "body"}])

    def test_outcomes(self):
        self.load()
        counts = self.js("status", "--json")["attachments"]
        self.assertEqual(counts, {"looked_into": True, "searched": 3, "empty": 0, "encrypted": 0,
                                  "truncated": 0, "too-big": 0, "failed": 1, "unknown-type": 1})
        self.assertIn("3 searched, 1 failed, 1 unknown-type", self.out("status"))
        torn = hashlib.sha256(self.mails[4]).hexdigest()
        listed = self.js("not-searchable", "--json")["messages"]
        self.assertEqual([m["id"] for m in listed], [torn])
        part = listed[0]["parts"][0]
        self.assertEqual((part["outcome"], part["filename"], part["number"]),
                         ("failed", "torn.docx", "2"))
        self.assertTrue(part["why"])
        self.assertRegex(self.out("not-searchable"), r"^%s  2 +failed +torn\.docx  ." % torn[:12])
        self.assertEqual(self.out("not-searchable", "subject:4"), self.out("not-searchable"))
        for more in (("--account", "one"), ("--mailbox", "one/*"), ("--no-index",)):
            self.assertEqual(self.out("not-searchable", *more), self.out("not-searchable"), more)
        self.sheaf("not-searchable", "--account", "two", want=NOTHING)
        self.sheaf("not-searchable", "subject:1", want=NOTHING)
        self.assertIn("holiday.png", self.out("not-searchable", "--attachments", "unknown-type"))
        self.sheaf("not-searchable", "--attachments", "too-big", want=NOTHING)
        self.assertTrue(self.search("torn")[0]["not_fully_searchable"])

    def remembered(self):
        """(outcome, bytes of text) of the documents in parts.db."""
        dirs = sorted((self.ar / "index").glob("g*"))
        with sqlite3.connect(dirs[-1] / "parts.db") as db:
            return sorted(db.execute("SELECT outcome, size FROM part"))

    def test_read_once(self):
        """Two mails with one document have it read once; a rebuild takes it over."""
        self.load()
        rows = self.remembered()
        self.assertEqual(len(rows), 4)
        base = self.ar / "index"
        with sqlite3.connect(base / "g1" / "parts.db") as db:  # as if a limit on time was hit
            db.execute("UPDATE part SET outcome = 6, size = 0, text = x'', why = 'time' "
                       "WHERE outcome = 1 AND size > 50")
        self.sheaf("reindex")
        self.assertEqual(self.found("herons"), [])
        self.assertEqual(self.js("status", "--json")["attachments"]["failed"], 3)
        self.sheaf("reindex", "--parts", "failed")
        self.assertEqual(self.found("herons"), [1, 2])
        self.assertEqual(self.remembered(), rows)
        self.sheaf("check-index", "--sample", "100")
        for path in base.glob("g*/parts.db*"):
            path.unlink()
        self.assertEqual(self.found("herons"), [1, 2])
        next(base.glob("g*")).joinpath("parts.db").write_bytes(b"no database at all")
        self.assertEqual(self.found("herons"), [1, 2])
        self.put("more/8.eml", letter(8, "x\n", ("z.docx", WORD, docx("a quagga"))))
        self.sheaf("import", "--account", "one", self.top / "more")
        self.assertEqual(len(self.ids("quagga")), 1)

    def test_switched_off(self):
        conf = self.ar / "sheaf.conf"
        was = conf.read_text()
        conf.write_text(was + "\n[index]\nattachments = no\n")
        self.load()
        self.assertEqual(self.found("herons"), [])
        self.assertEqual(self.found("has:document filename:torn"), [4])
        self.assertIn("not looked into", self.out("status"))
        self.assertFalse(self.js("status", "--json")["attachments"]["looked_into"])
        conf.write_text(was + "\n[index]\nattachments = perhaps\n")
        self.assertIn(b"takes yes or no", self.run_raw("-C", self.ar, "reindex").stderr)
        conf.write_text(was)
        self.sheaf("index")
        self.assertEqual(self.found("herons"), [])  # this generation was made without
        self.sheaf("reindex")
        self.assertEqual(self.found("herons"), [1, 2])

    def test_served(self):
        self.load()
        with Server(self.ar) as server:
            # Not indexed yet, so that the server itself has it read.
            self.put("more/9.eml", letter(9, "new\n", ("new.docx", WORD, docx("a lone quagga"))))
            self.sheaf("import", "--no-index", "--account", "one", self.top / "more")
            got = server.search("quagga", dialect="box")["messages"]
            self.assertEqual([w["in"] for m in got for w in m["where"]], ["attachment"])
            tree = urllib.parse.quote(json.dumps({"words": {"in": "attachment", "text": "herons"}}))
            answer = server.ask("/api/v1/search?dialect=json&q=" + tree).json()
            self.assertEqual(len(answer["messages"]), 2)
            name = hashlib.sha256(self.mails[1]).hexdigest()
            parts = server.ask("/api/v1/messages/%s/parts" % name).json()["parts"]
            self.assertEqual([p["outcome"] for p in parts], [None, None, "searched"])
            text = server.ask("/api/v1/messages/%s/parts/2/text" % name)
            self.assertEqual(text.headers["Sheaf-Outcome"], "searched")
            self.assertIn("<b>left", text.body.decode())
            self.assertEqual(server.ask("/api/v1/messages/%s/parts/1/text" % name).body.strip(),
                             b"see attached")
            self.assertEqual(server.ask("/api/v1/messages/%s/parts/7/text" % name).status, 404)
            page = server.ask("/message/" + name).body.decode()
            self.assertIn("text searched", page)
            self.assertIn("/parts/2/text", page)
            rows = server.ask("/?q=crossed").body.decode()
            self.assertIn("found in <bdi>budget.docx</bdi>", rows)
            self.assertIn("&lt;b&gt;left", rows)
            self.assertNotIn("<b>left", rows)
            listed = server.ask("/api/v1/not-searchable").json()["messages"]
            self.assertEqual([p["outcome"] for m in listed for p in m["parts"]], ["failed"])
            page = server.ask("/not-searchable").body.decode()
            self.assertIn("<bdi>torn.docx</bdi>: failed (", page)
            self.assertNotIn("holiday.png", page)
            page = server.ask("/not-searchable?attachments=unknown-type").body.decode()
            self.assertIn("<bdi>holiday.png</bdi>: unknown-type", page)
            self.assertNotIn("torn.docx", page)
            self.assertEqual(server.ask("/not-searchable?attachments=odd").status, 400)

    def test_killed(self):
        """An indexer that is killed while documents are read leaves an index that goes on."""
        r = random.Random(5)
        for n in range(10, 40):
            words = " ".join("w%d" % r.randrange(10**6) for _ in range(200))
            data = docx("marker", words)
            self.mails.append(letter(n, "x\n", ("d%d.docx" % n, WORD, data)))
            self.put("in/%d.eml" % n, self.mails[-1])
        self.sheaf("import", "--no-index", "--account", "one", self.top / "in")
        killed = 0
        for delay in (0, .02, .05):
            child = subprocess.Popen([SHEAF, "-C", str(self.ar), "index", "--workers", "2"],
                                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            while child.poll() is None and not list(self.ar.glob("index/g*/.tmp-*")):
                time.sleep(0.001)
            time.sleep(delay)  # somewhere within
            child.send_signal(signal.SIGKILL)
            self.assertIn(child.wait(), (OK, -signal.SIGKILL))
            killed += child.returncode == -signal.SIGKILL
        self.assertGreater(killed, 0)
        self.sheaf("index")
        self.sheaf("check-index", "--sample", "100")
        self.assertEqual(len(self.ids("attachment:marker")), 30)
        self.assertEqual(len(self.found("marker")), 30)

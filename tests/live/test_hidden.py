"""What HTML hides from its reader is searched all the same, and said to be hidden: in the text, in
hits and snippets, by the command line, over HTTP and on the pages."""

import email.message
import email.policy
import hashlib
import html
import re

from sheafserver import Server
from test_cli import Case

SALAD = """<html><head><title>Newsletter quagga</title>
<style>.pre { display: none } @media print { p { display: none } }</style></head>
<body bgcolor="#FFFFFF"><div class="pre">A preheader café &lt;b&gt; wombat&nbsp;&zwnj;&nbsp;</div>
<p>Dear Ann, the okapi is well &amp; the bongo, too.</p>
<p style="color:#fdfdfd">axolotl<br>and bongo</p>
<p>The re<b>port</b> follows.</p></body></html>"""
TEXT = ("[hidden: Newsletter quagga\nA preheader café <b> wombat]\xa0\u200c\xa0\n"
        "Dear Ann, the okapi is well & the bongo, too.\n[hidden: axolotl\nand bongo]\n"
        "The report follows.")
PIECES = ["Newsletter quagga\nA preheader café <b> wombat", "axolotl\nand bongo"]


def letter(subject, plain, markup, attached=None):
    """A message with text, HTML, or both, and HTML attached."""
    m = email.message.EmailMessage(policy=email.policy.SMTP)
    m["From"], m["Subject"] = "Ann <ann@example.org>", subject
    m["Message-ID"], m["Date"] = "<%s@example.org>" % subject, "Thu, 05 Mar 2020 10:00:00 +0000"
    if plain:
        m.set_content(plain)
        if markup:
            m.add_alternative(markup, subtype="html")
    else:
        m.set_content(markup, subtype="html")
    if attached:
        m.add_attachment(attached, subtype="html", filename="page.html")
    return bytes(m)


class Hidden(Case):
    """Three messages: one hides words, one says them as plain text too, one attaches them."""

    def setUp(self):
        super().setUp()
        self.init()
        mails = {"salad": letter("salad", None, SALAD),
                 "both": letter("both", "axolotl said plainly\n", SALAD),
                 "attached": letter("attached", "see there\n", None, SALAD)}
        self.ident = {name: hashlib.sha256(data).hexdigest() for name, data in mails.items()}
        for name, data in mails.items():
            self.put("in/%s.eml" % name, data)
        self.sheaf("import", "--account", "one", self.top / "in")

    def hit(self, query, name="salad", *more):
        """That message among what is found."""
        got = self.js("search", "--json", *more, query)["messages"]
        return [m for m in got if m["id"] == self.ident[name]][0]

    def test_hits(self):
        for more in ((), ("--no-index",)):
            for query, want, hidden, piece in (
                    ("wombat", [{"in": "body", "hidden": True}], True, "café <b> wombat"),
                    ("quagga", [{"in": "body", "hidden": True}], True, "Newsletter quagga"),
                    ("okapi", [{"in": "body"}], False, "Dear Ann, the okapi"),
                    ("bongo", [{"in": "body"}], False, "the bongo, too"),
                    ('"and bongo"', [{"in": "body", "hidden": True}], True, "and bongo"),
                    ("okapi wombat", [{"in": "body"}, {"in": "body", "hidden": True}], False,
                     "okapi"),
                    ("report", [{"in": "body"}], False, "The report follows")):
                with self.subTest(query=query, more=more):
                    one = self.hit(query, "salad", *more)
                    self.assertEqual(one["where"], want)
                    self.assertEqual(one["snippet_hidden"], hidden)
                    self.assertIn(piece, one["snippet"])
                    if not hidden:
                        self.assertNotIn("axolotl", one["snippet"])
            one = self.hit("axolotl", "both", *more)
            self.assertEqual((one["where"], one["snippet_hidden"]), ([{"in": "body"}], False))
            self.assertEqual(self.hit("wombat", "both", *more)["where"],
                             [{"in": "body", "hidden": True}])
            one = self.hit("wombat", "attached", *more)
            self.assertEqual(one["where"], [{"in": "attachment", "part": "2", "hidden": True,
                                             "filename": "page.html"}])
            self.assertTrue(one["snippet_hidden"])
            # IMAP's keys look at the source, whatever it hides.
            self.assertEqual(self.hit("BODY wombat", "salad", "--dialect", "imap", *more)["where"],
                             [{"in": "body"}])

    def test_show(self):
        name = self.ident["salad"]
        self.assertEqual(self.sheaf("show", name, "--text").stdout.decode(), TEXT + "\n")
        self.assertIn(TEXT, self.sheaf("show", name).stdout.decode())
        one = self.js("show", name, "--json")
        self.assertEqual([one["text"][h["start"]:h["start"] + h["length"]] for h in one["hidden"]],
                         PIECES)
        self.assertFalse(one["hidden_cut"])
        self.assertEqual(self.js("show", self.ident["both"], "--json")["hidden"], [])

    def test_server(self):
        name = self.ident["salad"]
        with Server(self.ar) as server:
            self.assertEqual(server.ask("/api/v1/messages/%s/text" % name).body.decode(), TEXT)
            one = server.ask("/api/v1/messages/" + name).json()
            self.assertEqual([one["text"][h["start"]:h["start"] + h["length"]]
                              for h in one["hidden"]], PIECES)
            page = server.ask("/message/" + name).body.decode()
            marked = re.findall('<span class="veiled">(.*?)</span>', page)
            self.assertEqual([html.unescape(m) for m in marked],
                             ["<small>hidden:</small> Newsletter quagga",
                              "A preheader café <b> wombat",
                              "<small>hidden:</small> axolotl", "and bongo"])
            text = re.search('<section class="text".*?>(.*?)</section>', page, re.S).group(1)
            self.assertEqual(html.unescape(re.sub("<small>.*?</small> |</?span.*?>", "", text)),
                             one["text"] + "\n")
            self.assertIn("are hidden from whoever reads it", page)
            shown = server.ask("/message/%s/html" % name).body.decode()
            self.assertIn("2 pieces of text are hidden by the sender", shown)
            self.assertIn("<p>axolotl\nand bongo</p></details>", shown)
            plain = server.ask("/message/" + self.ident["both"]).body.decode()
            self.assertNotIn("veiled", plain)
            found = server.ask("/?q=wombat").body.decode()
            self.assertIn("Text (hidden text)", found)
            self.assertIn("page.html (hidden text)", found)
            self.assertIn('<p class="snippet"><small>hidden:</small>', found)
            self.assertNotIn("hidden:", server.ask("/?q=okapi").body.decode().split("<table")[1])

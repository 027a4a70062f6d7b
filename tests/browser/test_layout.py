"""The pages as people use them: folders, list, message beside it; by mouse, by keyboard, without
JavaScript, on a phone; judged by axe-core. SHEAF_SHOTS=DIR keeps the screenshots.
"""

import json
import os
import pathlib
import unittest

from chrome import AXE, CHROMIUM, Chrome, Looking
from sheafserver import Server, fresh, take
from test_pages import PNG

EVIL = "</script><script>document.title='owned'</script>\"><img src=x onerror=alert(1)>"

ODD = ("From: \"%s\" <mallory@evil.example>\nTo: \"%s\" <bob@example.net>\nSubject: wallaby %s\n"
       "Date: Fri, 6 Mar 2020 10:00:00 +0100\nMessage-ID: <odd'\"<b>@evil.example>\n"
       "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=B\n\n--B\n\nwallaby <b>%s</b>\n"
       "--B\nContent-Type: text/html; name=\"%s.html\"\nContent-Disposition: attachment\n\n"
       "<script>document.title='owned'</script>\n--B\nContent-Type: image/png\n"
       "Content-Disposition: attachment; filename=true.png\nContent-Transfer-Encoding: base64\n\n"
       + PNG.decode() + "\n--B\nContent-Type: image/png\n"
       "Content-Disposition: attachment; filename=false.png\n\n<svg onload=alert(1)>\n--B--\n")
ODD = ODD % ((EVIL.replace('"', "'"),) * 2 + (EVIL,) * 2 + (EVIL.replace('"', "'"),))

VEILED = (b"From: mallory@evil.example\nSubject: quoll\nDate: Fri, 6 Mar 2020 11:00:00 +0100\n"
          b"Message-ID: <veiled@evil.example>\nMIME-Version: 1.0\nContent-Type: text/html\n\n"
          b"<p style='display:none'>a numbat<br>nobody sees</p><p>A quoll.</p>\n")


def mail(n):
    """One of many."""
    name = ("Ann Weaver", "ann") if n % 2 else ("Zoe Young", "zoe")
    return ("From: %s <%s@example.org>\nTo: Bob Fuller <bob@example.net>\n"
            "Subject: %s kookaburra %d\nDate: %d Mar 2020 %02d:30:00 +0000\n"
            "Message-ID: <bird.%d@example.org>\n\nThe kookaburra number %d laughs.\n%s"
            % (*name, "Re:" if n % 3 else "A", n, n % 28 + 1, n % 24, n, n,
               "and on\n" * n)).encode()


@unittest.skipUnless(CHROMIUM, "chromium is not installed (make deps)")
class Layout(Looking):
    """People"""

    @classmethod
    def setUpClass(cls):
        archive = fresh(cls, "layout")
        cls.shots = pathlib.Path(os.environ.get("SHEAF_SHOTS") or cls.top)
        birds = [(mail(n), "\\Seen", None) for n in range(1, 71)]
        for account, box, mails in (("alice", "INBOX", birds), ("alice", "Lists/birds", birds[:3]),
                                    ("alice", "Lists/birds/old", birds[3:5]),
                                    ("mallory", EVIL[:40], [(ODD.encode(), "", None)]),
                                    ("mallory", "INBOX", [(VEILED, "", None)])):
            take(archive, account, mails, "--mailbox", box)
        cls.server = cls.enterClassContext(Server(archive))
        cls.chrome = cls.enterClassContext(Chrome(cls.top / "profile"))

    def setUp(self):
        self.chrome.scripts(True)
        self.chrome.scheme("light")
        self.chrome.size(1400, 900)

    def go(self, target):
        """Opens a page of the server, on which nothing hostile may have run."""
        self.chrome.goto(self.server.url + target.lstrip("/"))
        self.assertNotEqual(self.chrome.run("document.title"), "owned")

    def subjects(self):
        """The list's subjects."""
        return self.chrome.run("[...document.querySelectorAll('.list td.what a')]"
                               ".map(a => a.innerText)")

    def ident(self, q):
        """The first hit's id."""
        return self.server.search(q)["messages"][0]["id"]

    def test_folders(self):
        self.go("/")
        self.assertEqual(self.count(".list tbody tr"), 50)
        self.assertIn("of 72 messages", self.text(".count"))
        self.go("/?account=alice")
        self.assertIn("INBOX 70", self.text(".tree").replace("\n", " "))
        self.chrome.click(".tree a[href*='birds%2Fold']")
        self.chrome.until("document.querySelectorAll('.list tbody tr').length === 2")
        self.assertEqual(self.text("h1"), "alice / Lists/birds/old")
        self.shot("folder")

    def test_search_from_the_box(self):
        self.go("/")
        self.chrome.click("#q")
        self.chrome.type("wallaby")
        self.chrome.key("Enter")
        self.chrome.until("location.search.startsWith('?q=wallaby&dialect=box')"
                          " && document.readyState === 'complete'")
        self.assertEqual(self.count(".list tbody tr"), 1)
        self.assertEqual(self.chrome.run("document.querySelector('.snippet mark').innerText"),
                         "wallaby")

    def test_order(self):
        self.go("/?q=kookaburra&limit=200&sort=subject")
        subjects = self.subjects()
        self.assertEqual(len(subjects), 70)
        bare = [s.replace("Re: ", "").upper() for s in subjects]
        self.assertEqual(bare, sorted(bare))
        self.assertEqual(self.chrome.run("document.querySelector('th.what').ariaSort"),
                         "ascending")
        self.chrome.click("th.size a")
        self.chrome.until("document.querySelector('th.size').ariaSort === 'descending'")
        self.assertIn("kookaburra 70", self.subjects()[0])
        self.go("/?q=kookaburra&limit=25&sort=-from")
        seen = self.subjects()
        self.assertEqual(self.text("td.who"), "Zoe Young")
        for _ in range(2):
            self.go(self.chrome.run("document.querySelector('[rel=next]').getAttribute('href')"))
            seen += self.subjects()
        self.assertEqual(len(set(seen)), 70)
        self.assertEqual(self.count("[rel=next]"), 0)

    def test_beside(self):
        """Opening, going on and back, without a reload."""
        self.go("/?q=kookaburra")
        self.chrome.run("window.here = 1")
        self.chrome.click(".list tbody tr:nth-child(2) .what a")
        first = self.chrome.until("document.querySelector('#pane .subject')?.innerText")
        self.assertEqual(first, self.subjects()[1])
        self.assertIn("open=", self.chrome.run("location.search"))
        self.shot("beside")
        self.chrome.click(".list tbody tr:nth-child(3) .what a")
        self.chrome.until("document.querySelector('#pane .subject').innerText === %r"
                          % self.subjects()[2])
        self.chrome.run("history.back()")
        self.chrome.until("document.querySelector('#pane .subject').innerText === %r" % first)
        self.chrome.click("#pane .close")
        self.chrome.until("!document.querySelector('#pane')")
        self.assertEqual(self.chrome.run("window.here"), 1)
        self.assertEqual(self.chrome.run("location.search"), "?q=kookaburra")

    def test_keyboard(self):
        """Everything by keys alone."""
        self.go("/?q=kookaburra")
        self.chrome.key("j")
        self.chrome.key("j")
        self.chrome.key("k")
        self.chrome.key("j")
        self.assertEqual(self.chrome.run("document.querySelector('tr.at .what a').innerText"),
                         self.subjects()[1])
        self.chrome.key("x")
        self.chrome.until("document.querySelector('#selection')?.innerText.startsWith('1 ')")
        self.chrome.key("o")
        self.chrome.until("document.activeElement.matches('#pane .subject')")
        self.chrome.key("j")
        self.chrome.until("document.querySelector('#pane .subject')?.innerText === %r"
                          % self.subjects()[2])
        self.chrome.key("u")
        self.chrome.until("!document.querySelector('#pane')")
        self.chrome.key("?")
        self.chrome.until("document.querySelector('dialog').open")
        self.shot("keys")
        self.chrome.key("Escape")
        self.chrome.until("!document.querySelector('dialog').open")
        self.chrome.key("/")
        self.assertEqual(self.chrome.run("document.activeElement.id"), "q")
        self.go("/?q=kookaburra")
        self.assertEqual(self.count(".pick input:checked"), 1)  # it lasts
        self.chrome.run("sessionStorage.clear()")
        seen = []
        for _ in range(12):  # and by Tab, with the focus to be seen
            self.chrome.key("Tab")
            seen.append(self.chrome.run(
                "(e => [e.tagName, getComputedStyle(e).outlineStyle])(document.activeElement)"))
        self.assertEqual(seen[0][0], "A")
        self.assertNotIn("none", [outline for _, outline in seen])

    def test_without_javascript(self):
        self.chrome.scripts(False)
        self.go("/?q=kookaburra")
        self.chrome.click(".list tbody tr:nth-child(2) .what a")
        self.chrome.until("document.querySelector('#pane .subject')?.innerText")
        self.assertEqual(self.text("#pane .subject"), self.subjects()[1])
        self.assertEqual(self.count(".list tbody tr"), 50)
        self.chrome.click("#pane .close")
        self.chrome.until("!document.querySelector('#pane')"
                          " && document.querySelectorAll('.list tr').length > 50")
        self.chrome.click("[rel=next]")
        self.chrome.until("document.querySelectorAll('.list tbody tr').length === 20")
        self.go("/fields")
        self.chrome.click("[name=from]")
        self.chrome.type("ann lee")
        self.chrome.click("[name=without]")
        self.chrome.type("a b")
        self.chrome.run("document.querySelector('[name=has]').value = 'spreadsheet';"
                        "document.querySelector('[name=newer]').value = '1y'")
        self.assertIn("Lists/birds/old", self.chrome.run(
            "[...document.querySelector('.fields [name=mailbox]').list.options].map(o => o.value)"))
        self.chrome.click("form.fields button")
        self.chrome.until("document.querySelector('#q').value ==="
                          " '-a -b from:\"ann lee\" has:spreadsheet newer:1y'")

    def test_help_is_the_parsers(self):
        self.go("/help")
        fields = self.chrome.run("[...document.querySelectorAll('#fields dt')]"
                                 ".map(e => e.innerText)")
        for field in ("from:", "is:", "larger:", "mailbox:"):
            self.assertIn(field, fields)
        for field in fields:
            answer = self.server.search(field + '"2020-01-01"')
            unknown = [w for w in answer.get("warnings", []) if "unknown field" in w["text"]]
            self.assertEqual(unknown, [], field)
        self.assertIn("SENTSINCE", self.text("#keys-of-imap"))
        self.shot("help")

    def test_what_was_not_understood(self):
        self.go("/?q=kookaburra+form:ann")
        self.assertEqual(self.text(".note mark"), "form:ann")
        self.assertIn("unknown field 'form'", self.text(".note"))
        self.shot("warning")

    def test_timeline(self):
        """Bars are links; dragging takes the whole of the first and of the last."""
        for scripts in (False, True):
            self.chrome.scripts(scripts)
            self.go("/?q=kookaburra")
            self.chrome.click(".to-timeline")
            self.chrome.until("document.querySelectorAll('.timeline svg a').length === 28")
            self.assertIn("timeline=1", self.chrome.run("location.search"))
            self.chrome.click(".timeline svg a:nth-child(5)")
            self.chrome.until("document.querySelector('#q').value === 'kookaburra date:2020-03-05'"
                              " && document.querySelectorAll('.list tbody tr').length === 3")
        self.go("/?q=kookaburra&timeline=1&limit=100")
        self.shot("timeline")
        self.chrome.drag(".timeline svg a:nth-child(28)", ".timeline svg a:nth-child(26)")
        self.chrome.until("document.querySelector('#q').value ==="
                          " 'kookaburra date:2020-03-26..2020-03-28'"
                          " && document.querySelectorAll('.list tbody tr').length === 6")
        self.go("/?q=SUBJECT+kookaburra&dialect=imap&timeline=1")
        self.chrome.click(".timeline svg a:nth-child(5)")
        self.chrome.until("document.querySelectorAll('.list tbody tr').length === 3")
        self.assertIn("SENTBEFORE 6-Mar-2020",
                      self.chrome.run("document.querySelector('#q').value"))

    def test_facets(self):
        """OR within one, counts kept, all in the address."""
        self.chrome.scripts(False)
        self.go("/?q=kookaburra+OR+wallaby")
        self.chrome.click(".to-facets")
        self.chrome.until("document.querySelector('.facets')")
        facets = self.text(".facets").replace("\n", " ")
        for line in ("ann@example.org 35", "zoe@example.org 35", "2020 71", "example.org 70",
                     "Size below 10k 71"):
            self.assertIn(line, facets)
        self.chrome.click(".facets a[href*='size%3A0-10240']")
        self.chrome.until("document.querySelector('.picked')")
        self.go(self.chrome.run("location.pathname + location.search") + "&total=exact")
        self.assertIn("of 71 messages", self.text(".count"))
        self.go("/?q=kookaburra+OR+wallaby&facets=1")
        self.assertIn("Attachments any 1 images 1", facets)
        self.chrome.click(".facets a[href*='has%3Aimage']")
        self.chrome.until("document.querySelectorAll('.list tbody tr').length === 1")
        self.assertIn("Attachments: images ×", self.text(".picked"))
        self.assertIn("any 1", self.text(".facets").replace("\n", " "))
        self.go("/?q=kookaburra+OR+wallaby&pick=size%3A10240-102400%0Asize%3A1-x")
        self.assertEqual(self.count(".list tbody tr"), 0)
        self.go("/?q=kookaburra+OR+wallaby&facets=1")
        self.chrome.click(".facets a[href*='from%3Aann']")
        self.chrome.until("document.querySelector('.picked')")
        self.assertIn("35 messages", self.text(".count"))
        self.assertIn("zoe@example.org 35", self.text(".facets").replace("\n", " "))
        self.chrome.click(".facets a[href*='from%3Azoe']")
        self.chrome.until("document.querySelectorAll('.picked a').length === 2")
        self.go(self.chrome.run("location.pathname + location.search") + "&total=exact")
        self.assertIn("of 70 messages", self.text(".count"))
        self.shot("facets")
        self.chrome.click(".picked a")
        self.chrome.until("document.querySelectorAll('.picked a').length === 1")

    def test_found_words_stand_out(self):
        """In the message too; the link to the first does not load it anew"""
        self.go("/?q=laughs+subject:kookaburra&open=" + self.ident('"kookaburra number 65"'))
        self.assertEqual(self.texts(".text mark"), ["laughs"])
        self.chrome.run("document.querySelector('.text').dataset.same = '1'")
        self.chrome.click("a[href='#hit']")
        self.chrome.until("location.hash === '#hit'")
        self.assertEqual(self.chrome.run("document.querySelector('.text').dataset.same"), "1")
        self.shot("found-words")
        self.go("/?q=numbat&open=" + self.ident("numbat"))
        self.assertEqual(self.texts(".text .veiled mark"), ["numbat"])
        self.go("/?q=TEXT+laughs&dialect=imap&open=" + self.ident('"kookaburra number 64"'))
        self.assertEqual(self.texts(".text mark"), ["laughs"])

    def test_selecting_many(self):
        """All of the page, and a row of them with the shift key"""
        self.go("/?q=kookaburra&limit=25")
        self.chrome.click(".list thead .pick input")
        self.chrome.until("document.querySelector('#selection')?.innerText.startsWith('25 ')")
        self.chrome.click(".list tbody tr:nth-child(3) .pick input")
        self.chrome.until("document.querySelector('.list thead .pick input').indeterminate")
        self.chrome.click("[rel=next]")
        self.chrome.until("location.search.includes('cursor')"
                          " && document.readyState === 'complete'")
        self.assertEqual(self.count(".list tbody input:checked"), 0)
        self.chrome.click(".list tbody tr:nth-child(2) .pick input")
        self.chrome.run("document.querySelector('.list tbody tr:nth-child(6) .pick input')"
                        ".dispatchEvent(new MouseEvent('click', {bubbles: true, shiftKey: true}))")
        self.chrome.until("document.querySelector('#selection').innerText.startsWith('29 ')")
        self.chrome.click("#selection button")
        self.chrome.until("!document.querySelector('#selection')")

    def test_attached_pictures(self):
        """True ones are shown; what only says that it is one is not"""
        self.go("/message/" + self.ident("wallaby"))
        self.chrome.until("[...document.querySelectorAll('.picture')].every(e => e.complete)")
        self.assertEqual(self.chrome.run("[...document.querySelectorAll('.picture')]"
                                         ".map(e => e.naturalWidth)"), [40, 0])

    def test_completion(self):
        """At the cursor, behind '-' too; taken by keys."""
        self.go("/")
        self.chrome.click("#q")
        self.chrome.type("-fro")
        self.chrome.until("document.querySelector('#suggestions')?.innerText.includes('from:')")
        self.chrome.key("ArrowDown")
        self.chrome.until("document.querySelector('#suggestions [aria-selected=true]')")
        self.chrome.key("Enter")
        self.chrome.until("document.querySelector('#q').value === '-from:'")
        self.chrome.type("zo")
        self.chrome.until("document.querySelector('#suggestions')?.innerText.includes('zoe@')")
        self.shot("completion")
        self.chrome.key("ArrowDown")
        self.chrome.until("document.querySelector('#suggestions [aria-selected=true]')")
        self.chrome.key("Enter")
        self.chrome.until("document.querySelector('#q').value === '-from:zoe@example.org '")
        self.chrome.key("Escape")
        self.chrome.until("!document.querySelector('#suggestions')")

    def test_permalink(self):
        self.go("/mid/bird.7@example.org")
        self.assertIn("kookaburra 7", self.text("h1"))
        self.assertEqual(self.server.ask("/mid/nobody@example.org").status, 404)
        self.assertEqual(self.server.ask("/mid/%0D%0ASet-Cookie:x").status, 404)

    def test_accounts(self):
        self.go("/accounts")
        self.assertIn("alice", self.text("table"))
        self.chrome.click("td a[href*=alice]")
        self.chrome.until("document.querySelector('h1')?.innerText === 'alice'")
        self.assertIn("Lists/birds", self.text("table"))
        self.assertEqual(self.server.ask("/accounts?account=nobody").status, 404)

    def test_harvest(self):
        """How it fares: by itself with scripts, by a link that looks again without"""
        path = self.top / "archive" / "accounts.json"
        self.addCleanup(path.unlink, True)

        def tell(state, fetched, left, error=""):
            path.write_text(json.dumps({"watcher": os.getpid(), "accounts": [
                {"account": "alice", "state": state, "last_success": 1600000000, "next_try": 0,
                 "failures": 2, "error": error, "fetched": fetched, "left": left,
                 "mailbox": "Lists/<birds>"}]}))

        tell("working", 1234, 8766)
        self.go("/accounts")
        self.assertIn("8,766 still to come in Lists/<birds>", self.text("#harvest"))
        self.assertEqual(self.count("#harvest progress"), 1)
        self.assertFalse(self.chrome.run("document.querySelector('#again').checkVisibility()"))
        self.shot("harvest")
        tell("failing", 5000, 0, "the server says <no>")
        self.chrome.until("document.querySelector('#harvest').innerText.includes('says <no>')")
        self.assertEqual(self.count("#harvest progress"), 0)
        self.chrome.scripts(False)
        self.addCleanup(self.chrome.scripts, True)
        self.go("/accounts")
        self.assertIsNone(self.server.ask("/accounts").headers["Refresh"])
        self.assertEqual(self.server.ask("/accounts?again=1").headers["Refresh"], "5")
        self.assertTrue(self.chrome.run("document.querySelector('#again').checkVisibility()"))
        self.go("/not-searchable")
        self.assertIn("Not fully searchable", self.text("h1"))
        self.shot("not-searchable")

    def test_hostile_names(self):
        number = self.ident("wallaby")
        for target in ("/?q=wallaby", "/?q=wallaby&open=" + number, "/message/" + number,
                       "/?account=mallory", "/accounts?account=mallory", "/pane?open=" + number):
            self.go(target)
            self.assertLessEqual(self.count("script"), 1)
            self.assertEqual(self.count("img:not(.picture)"), 0)
            self.assertEqual(self.count("[onerror], [onload]"), 0)
            self.assertEqual([e for e in self.chrome.events
                              if e.get("method") == "Page.javascriptDialogOpening"], [])
        self.go("/?q=wallaby")
        self.chrome.click(".list td.what a")
        self.chrome.until("document.querySelector('#pane .subject')?.innerText")
        self.assertIn("<script>", self.text("#pane .subject"))
        self.assertEqual(self.count("#pane script, #pane img:not(.picture)"), 0)

    def test_phone(self):
        self.chrome.size(390, 800)
        for target in ("/", "/?q=kookaburra", "/fields", "/help", "/accounts", "/not-searchable",
                       "/?q=wallaby&open=" + self.ident("wallaby"),
                       "/message/" + self.ident("wallaby")):
            self.go(target)
            self.assertLessEqual(self.chrome.run("document.documentElement.scrollWidth"), 390,
                                 target)
        self.go("/?q=kookaburra")
        self.shot("phone")
        self.chrome.click(".list td.what a")
        self.chrome.until("document.querySelector('#pane .subject')?.innerText")
        self.shot("phone-open")
        self.assertFalse(self.chrome.run("document.querySelector('.list').checkVisibility()"))

    def test_first_paint_and_weight(self):
        """Below 300 ms, and 150 KB: the best of some tries, for the machine does other things"""
        times = []
        while len(times) < 12 and min(times, default=300) >= 300:
            self.go("/?q=kookaburra&open=" + self.ident("kookaburra"))
            times.append(self.chrome.until(
                "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"))
        print("NOTE: first paint %s ms, %d bytes"
              % (" ".join("%.0f" % t for t in times), self.chrome.bytes))
        self.assertLess(min(times), 300)
        self.assertLess(self.chrome.bytes, 150000)
        self.assertGreater(self.chrome.bytes, 5000)

    @unittest.skipUnless(AXE.exists(), "axe-core is not there (make deps-live)")
    def test_accessible(self):
        """axe-core finds nothing: WCAG 2.2 A and AA, light and dark, wide and narrow"""
        number = self.ident("wallaby")
        veiled = self.ident("quoll")
        targets = ["/?q=numbat", "/message/" + veiled, "/message/%s?view=html" % veiled,
                   "/", "/?q=kookaburra+form:ann&timeline=1&facets=1", "/?q=wallaby&open=" + number,
                   "/message/" + number, "/message/%s?view=html" % number, "/?account=alice",
                   "/?q=nothingatall", "/?dialect=imap&q=FRM", "/fields", "/help", "/accounts",
                   "/not-searchable", "/accounts?account=alice", "/nothing"]
        for scheme, width in (("light", 1400), ("dark", 1400), ("light", 390)):
            self.chrome.scheme(scheme)
            self.chrome.size(width, 900)
            for target in targets:
                self.go(target)
                self.axe("%s %s" % (scheme, target))
            if width > 400:
                self.go("/?q=wallaby&open=" + number)
                self.shot("result-" + scheme)
                self.go("/?q=numbat&open=" + veiled)
                self.assertEqual(self.text(".text"), "hidden: a numbat\nnobody sees\nA quoll.\n")
                self.assertIn("hidden:", self.text(".snippet"))
                self.shot("veiled-" + scheme)
        self.chrome.scheme("light")
        self.go("/")  # and it does find something
        self.chrome.run("document.querySelector('main').innerHTML += '<img src=/icon.svg>'; 0")
        self.chrome.run(AXE.read_text() + "; 0")
        self.assertTrue(self.chrome.run("axe.run().then(r => r.violations.length)"))


if __name__ == "__main__":
    unittest.main()

"""The pages as people work with them who log in: threads, tags, exports, saved searches, who may
what; by plain forms, without JavaScript. SHEAF_SHOTS=DIR keeps the screenshots.
"""

import os
import pathlib
import time
import unittest
import urllib.parse

from chrome import AXE, CHROMIUM, Chrome, Looking
from peoplehelp import PASSWORD, bearer, token, user
from sheafserver import Server, fresh, sheaf, take

ODD = "<b>\u00e4&'odd"


def mail(n):
    """One of a conversation: each answers the one before, the last ones stand alone."""
    answers = "In-Reply-To: <talk.%d@x>\nReferences: <talk.%d@x>\n" % (n - 1, n - 1)
    return ("From: %s <p%d@example.org>\nTo: all@example.org\nSubject: %sbettong\n"
            "Date: %d Mar 2021 10:00:00 +0000\nMessage-ID: <talk.%d@x>\n%s\nthe bettong digs %d\n"
            % ("Person %d" % n, n, "Re: " if 1 < n < 5 else "", n, n,
               answers if 1 < n < 5 else "", n)).encode()


@unittest.skipUnless(CHROMIUM, "chromium is not installed (make deps)")
class Working(Looking):
    """People who log in"""

    @classmethod
    def setUpClass(cls):
        archive = fresh(cls, "working")
        cls.shots = pathlib.Path(os.environ.get("SHEAF_SHOTS") or cls.top)
        take(archive, "alice", [(mail(n), "", None) for n in range(1, 7)])
        assert sheaf(archive, "index").returncode == 0
        for name, *role in (("ingrid", "investigator", "--account", "*"),
                            ("rita", "reader", "--account", "alice"),
                            ("adam", "administrator")):
            user(archive, "add", name, "--role", *role)
        cls.token = token(archive, "ingrid")
        cls.server = cls.enterClassContext(Server(archive))
        cls.chrome = cls.enterClassContext(Chrome(cls.top / "profile"))

    def setUp(self):
        self.chrome.scripts(False)
        self.chrome.scheme("light")
        self.chrome.size(1400, 900)
        self.chrome.call("Network.clearBrowserCookies")
        for kind, name in (("tags", "name"), ("saved-searches", "id")):
            path, headers = "/api/v1/" + kind, bearer(self.token)
            for one in self.server.ask(path, headers=headers).json()[kind.replace("-", "_")]:
                gone = self.server.ask("%s/%s" % (path, urllib.parse.quote(str(one[name]))),
                                       "DELETE", headers)
                self.assertIn(gone.status, (200, 204), gone.body)

    def go(self, target):
        """Opens a page."""
        self.chrome.goto(self.server.url + target.lstrip("/"))

    def click(self, selector):
        """Clicks, and waits until another page is there."""
        self.chrome.run("window.old = 1; 0")
        self.chrome.click(selector)
        self.there()

    def there(self):
        """Waits until the old page is gone and the next one is there."""
        end = time.monotonic() + 30
        while time.monotonic() < end:
            try:
                if self.chrome.run("!window.old && document.readyState === 'complete'"
                                   " && location.href !== 'about:blank'"):
                    return
            except RuntimeError as error:  # it is on its way
                if "navigated" not in str(error) and "ontext" not in str(error):
                    raise
        raise AssertionError("no other page came")

    def fill(self, selector, text):
        """Writes into a field."""
        self.chrome.run("document.querySelector(%r).value = %r; 0" % (selector, text))

    def login(self, name):
        """By the form."""
        self.go("/")
        self.fill("[name=name]", name)
        self.fill("[name=password]", PASSWORD)
        self.click("form.login button")
        assert self.count(".who"), self.text("body")

    def look(self, target, scheme, width):
        """axe-core finds nothing on this page, and it is not too wide."""
        self.assertLessEqual(self.chrome.run("document.documentElement.scrollWidth"),
                             width, target)
        self.axe("%s %s %s" % (scheme, width, target))

    def open(self, n):
        """The n-th message of the list, beside it."""
        self.go("/?q=bettong&sort=date")
        self.click(".list tbody tr:nth-child(%d) .what a" % n)

    def test_who(self):
        """Name, sessions, logout; who reads no mail comes to the log."""
        self.login("adam")
        self.assertEqual(self.chrome.run("location.pathname"), "/audit")
        self.assertEqual(self.texts(".places a"), ["Audit log", "Users", "Service"])
        self.assertEqual(self.count("#q"), 0)
        self.shot("administrator")
        self.click(".who a")
        self.assertIn("adam", self.text("main"))
        self.click(".who button")
        self.assertEqual(self.chrome.run("location.pathname"), "/login")
        self.login("rita")
        self.assertEqual(self.text(".who a"), "rita")
        self.assertEqual(self.texts(".places a"), ["Fields", "Accounts", "Help"])
        self.go("/?q=bettong")
        self.assertEqual(self.count("[formaction='/exports']"), 0)
        self.assertEqual(self.count("form.bulk"), 1)

    def test_thread(self):
        self.login("rita")
        self.open(2)
        self.assertEqual(self.count(".thread li"), 4)
        self.assertEqual(self.text(".thread li.d1 a[aria-current]"), "Person 2")
        self.click(".thread li.d3 a")
        self.assertEqual(self.text(".thread a[aria-current]"), "Person 4")
        self.assertEqual(self.count(".list tbody tr"), 6)
        self.shot("thread")
        self.click(".to-thread")
        self.assertEqual(self.count(".list tbody tr"), 4)
        self.open(6)
        self.assertEqual(self.count(".thread"), 0)

    def test_tags(self):
        """On a message, in the list, at the side; off again."""
        self.login("rita")
        self.open(1)
        self.fill("#pane [name=tag]", ODD)
        self.click("#pane .tags form > button")
        self.assertIn("open=", self.chrome.run("location.search"))
        self.assertEqual(self.texts("#pane .tag"), [ODD])
        self.assertEqual(self.texts(".list .tag"), [ODD])
        self.assertIn(ODD + " 1", self.text("[aria-labelledby=tags]").replace("\n", " "))
        self.click(".list .tag")
        self.assertEqual(self.count(".list tbody tr"), 1)
        self.shot("tags")
        self.click(".list td.what a")
        self.assertEqual(self.texts("#pane .tag"), [ODD], self.text("body"))
        self.click("#pane .tags li button")
        self.assertEqual(self.count(".tag"), 0)

    def test_many(self):
        """Some, and all of a list."""
        self.login("ingrid")
        self.go("/?q=bettong&sort=date")
        for n in (2, 3):
            self.chrome.click(".list tbody tr:nth-child(%d) input" % n)
        self.chrome.click(".bulk summary")
        self.fill(".bulk [name=tag]", "two")
        self.shot("many")
        self.click(".bulk div button")
        self.assertEqual(self.count(".list .tag"), 2)
        self.chrome.click(".bulk summary")
        self.fill(".bulk [name=tag]", "every")
        self.chrome.run("document.querySelector('.bulk [name=which]').value = 'all'; 0")
        self.click(".bulk div button")
        self.assertEqual(self.text(".note"), "Changed: 6 of 6 messages.")
        self.assertEqual(self.count(".list .tag"), 8)
        self.chrome.click(".bulk summary")
        self.chrome.click(".list tbody tr:nth-child(1) input")
        self.fill(".bulk [name=tag]", "two")
        self.chrome.click(".list tbody tr:nth-child(2) input")
        self.click(".bulk div button")
        self.assertIn("1 of 2 messages; the others", self.text(".note"))
        for tag in ("two", "every"):
            self.chrome.click(".bulk summary")
            self.fill(".bulk [name=tag]", tag)
            self.chrome.run("document.querySelector('.bulk [name=which]').value = 'all'; 0")
            self.click(".bulk [formaction='/tags/off']")
        self.assertEqual(self.count(".list .tag"), 0)
        self.chrome.click(".bulk summary")
        self.fill(".bulk [name=tag]", "none")
        self.click(".bulk div button")
        self.assertIn("no message is selected", self.text("main"))

    def test_selection_of_other_pages(self):
        """With JavaScript what was selected elsewhere is meant too."""
        self.chrome.scripts(True)
        self.login("ingrid")
        self.go("/?q=bettong+from:p1")
        self.chrome.click(".list tbody input")
        self.chrome.until("document.querySelector('#selection')")
        self.go("/?q=bettong+from:p2")
        self.chrome.click(".list tbody input")
        self.chrome.click(".bulk summary")
        self.fill(".bulk [name=tag]", "both")
        self.click(".bulk div button")
        self.go("/?q=tag:both")
        self.assertEqual(self.count(".list tbody tr"), 2)

    def test_export(self):
        """Of all, and of what was picked, which leaves no tag behind."""
        self.login("ingrid")
        self.go("/?q=bettong&sort=date")
        self.chrome.click(".bulk summary")
        self.chrome.run("document.querySelector('.bulk [name=which]').value = 'all'; 0")
        self.click(".bulk [formaction='/exports']")
        self.assertEqual(self.chrome.run("location.pathname"), "/exports")
        self.assertEqual(self.texts("tbody td:nth-child(2) a"), ["bettong"])
        self.go("/?q=bettong&sort=date")
        self.chrome.click(".list tbody tr:nth-child(2) input")
        self.chrome.click(".bulk summary")
        self.click(".bulk [formaction='/exports']")
        while set(self.texts("td.state")) != {"done"}:
            self.assertFalse({"failed", "cancelled"} & set(self.texts("td.state")))
            self.go("/exports")
        self.assertIn("1 message", self.text("tbody tr:nth-child(1)"))
        self.assertIn("6 messages", self.text("tbody tr:nth-child(2)"))
        self.assertEqual(self.text("tbody td:nth-child(2)"), "the messages selected")
        end = time.monotonic() + 20
        while self.server.ask("/api/v1/tags", headers=bearer(self.token)).json()["tags"]:
            self.assertLess(time.monotonic(), end)
        self.shot("exports")
        self.chrome.scripts(True)
        for n, messages in ((1, 1), (2, 6)):
            file = self.chrome.run("fetch(document.querySelector('tbody tr:nth-child(%d)"
                                   " a[href$=file]').href).then(r => r.text())" % n)
            self.assertEqual(file.count("the bettong digs"), messages)
        self.click("tbody tr:nth-child(1) button")
        self.assertNotIn("File", self.text("tbody tr:nth-child(1)"))

    def test_saved(self):
        """Kept with where it looks, run again, its feed, gone again."""
        self.login("ingrid")
        self.go("/?q=bettong+-from:p1&account=alice")
        self.chrome.click(".save summary")
        self.fill(".save [name=name]", ODD)
        self.click(".save button")
        self.assertEqual(self.text(".saved a"), ODD)
        self.go("/")
        self.shot("saved")
        self.click(".saved a")
        self.assertEqual(self.count(".list tbody tr"), 5)
        self.assertIn("account=alice", self.chrome.run("location.search"))
        self.chrome.scripts(True)
        feed = self.chrome.run("fetch(document.querySelector('.feed').href)"
                               ".then(r => r.text())")
        self.assertEqual(feed.count("<entry>"), 5)
        self.chrome.scripts(False)
        self.click(".saved form button")
        self.assertEqual(self.count(".saved"), 0)

    def test_users(self):
        """An administrator makes a user, gives a token, disables, and never sees mail"""
        self.login("adam")
        self.assertIn("Users", self.texts("nav.places a"))
        self.go("/users")
        self.fill("form.fields [name=name]", "ursula")
        self.fill("form.fields [name=accounts]", "alice")
        self.fill("form.fields [name=password]", PASSWORD)
        self.click("form.fields button")
        self.assertIn("ursula", self.texts("tbody a"))
        self.click("tbody tr:last-child a")
        self.assertEqual(self.text("h1"), "ursula")
        self.click("form[action$='/token'] button")
        self.assertRegex(self.text(".note code"), "^sheaf_[0-9a-f]{64}$")
        self.shot("user-token")
        self.click("form[action$='/totp'] button")
        self.assertEqual(self.count(".note li"), 10)
        self.shot("user-totp")
        self.click("form[action$='/totp-off'] button")
        self.click("form[action$='/disable'] button")
        self.assertIn("disabled", self.text("h1"))
        self.chrome.click("details summary")
        self.click("form[action$='/remove'] button")
        self.assertNotIn("ursula", self.texts("tbody a"))

    @unittest.skipUnless(AXE.exists(), "axe-core is not there (make deps-live)")
    def test_users_accessible(self):
        """axe-core finds nothing on the pages of administrators"""
        self.login("adam")
        self.chrome.scripts(True)
        for scheme, width in (("light", 1400), ("dark", 390)):
            self.chrome.scheme(scheme)
            self.chrome.size(width, 900)
            for target in ("/users", "/users/rita", "/users/adam"):
                self.go(target)
                self.look(target, scheme, width)
                self.shot("users-%s-%d" % (scheme, width) if target == "/users" else
                          "user-%s-%d" % (scheme, width))

    @unittest.skipUnless(AXE.exists(), "axe-core is not there (make deps-live)")
    def test_accessible(self):
        """axe-core finds nothing: light and dark, wide and narrow"""
        self.login("ingrid")
        self.open(2)
        self.fill("#pane [name=tag]", "read")
        self.click("#pane .tags form > button")
        here = self.chrome.run("location.pathname + location.search")
        self.chrome.click(".save summary")
        self.fill(".save [name=name]", "diggers")
        self.click(".save button")
        self.chrome.scripts(True)
        for scheme, width in (("light", 1400), ("dark", 1400), ("light", 390)):
            self.chrome.scheme(scheme)
            self.chrome.size(width, 900)
            for target in ("/", here, "/exports", "/sessions"):
                self.go(target)
                self.chrome.run("document.querySelectorAll('details').forEach(d => d.open = 1)")
                self.look(target, scheme, width)
            self.go(here)
            self.shot("working-%s-%d" % (scheme, width))


if __name__ == "__main__":
    unittest.main()

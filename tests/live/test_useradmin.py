"""Users by web pages: made, changed, disabled, their tokens, second factors and sessions; who may
do so, and what the audit log keeps of it."""

import json
import pathlib
import re
import shutil
import tempfile
import unittest

from peoplehelp import PASSWORD, Browser, bearer, user
from sheafserver import Server, sheaf


class Administration(unittest.TestCase):
    """An archive with one mail, an owner and an administrator."""

    def setUp(self):
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="sheaf-useradmin-"))
        self.addCleanup(shutil.rmtree, self.top, ignore_errors=True)
        self.archive = self.top / "archive"
        (self.top / "mails").mkdir()
        (self.top / "mails" / "1.eml").write_text("From: a@example.org\nSubject: wombat\n\nx\n")
        self.assertEqual(sheaf(self.archive, "init").returncode, 0)
        self.assertEqual(
            sheaf(self.archive, "import", "--account", "sales", self.top / "mails").returncode, 0)
        user(self.archive, "add", "olga", "--role", "owner")
        user(self.archive, "add", "adam", "--role", "administrator")
        server = Server(self.archive)
        self.server = server.__enter__()
        self.addCleanup(server.__exit__)

    def browser(self, name, password=PASSWORD):
        """Logged in."""
        browser = Browser(self.server)
        self.assertEqual(browser.login(name, password).status, 303)
        return browser

    def do(self, browser, path, status=303, **fields):
        """Posts a form; the answer's text."""
        answer = browser.post(path, dict(fields, csrf=browser.csrf()))
        self.assertEqual(answer.status, status, answer.body)
        return answer.body.decode()

    def users(self):
        """{name: what the command line says}."""
        done = sheaf(self.archive, "user", "list", "--json")
        return {u["name"]: u for u in json.loads(done.stdout)["users"]}

    def test_life_of_a_user(self):
        adam = self.browser("adam")
        self.assertIn(b'href="/users"', adam.get("/audit").body)
        self.do(adam, "/users", name="ann<b>", status=400, role="reader", accounts="x",
                password=PASSWORD)
        text = self.do(adam, "/users", 400, name="ann", role="reader", password=PASSWORD)
        self.assertIn("in which accounts may", text)
        self.do(adam, "/users", name="ann", role="reader", accounts=" sales , nope*",
                password=PASSWORD)
        ann = self.browser("ann")
        self.assertEqual(ann.get("/api/v1/search?q=wombat").json()["total"], 1)
        self.assertEqual(ann.get("/users").status, 403)
        page = adam.get("/users").body.decode()
        self.assertIn("<bdi>nope*, sales</bdi>", page)
        self.do(adam, "/users/ann/rights", role="reader", accounts="other")
        self.assertEqual(ann.get("/api/v1/search?q=wombat").json()["total"], 0)
        self.do(adam, "/users/ann/rights", 400, role="emperor", accounts="other")
        self.do(adam, "/users/ann/disable")
        self.assertTrue(self.users()["ann"]["disabled"])
        self.assertEqual(ann.get("/").status, 303)
        self.assertEqual(Browser(self.server).login("ann").status, 403)
        self.assertIn("disabled", adam.get("/users/ann").body.decode())
        self.do(adam, "/users/ann/enable")
        self.assertEqual(self.browser("ann").get("/").status, 200)
        self.do(adam, "/users/ann/password", 400, password="short")
        self.do(adam, "/users/ann/password", password="another long one")
        self.assertEqual(Browser(self.server).login("ann").status, 403)
        self.browser("ann", "another long one")
        self.do(adam, "/users/ann/remove")
        self.assertEqual(adam.get("/users/ann").status, 404)
        self.assertNotIn("ann", self.users())
        self.do(adam, "/users/ann/disable", 404)
        self.do(adam, "/users/adam/nothing", 404)

    def test_tokens_sessions_second_factor(self):
        adam = self.browser("adam")
        self.do(adam, "/users", name="ann", role="reader", accounts="sales", password=PASSWORD)
        self.do(adam, "/users/ann/token", 400, note="x", days="0", read="1")
        self.do(adam, "/users/ann/token", 400, note="x", days="9")
        text = self.do(adam, "/users/ann/token", 200, note="<b>backup", days="9", read="1")
        secret = re.search(r"sheaf_[0-9a-f]{64}", text)[0]
        self.assertIn("&lt;b&gt;backup", text)
        self.assertNotIn(secret, adam.get("/users/ann").body.decode())

        def asked():
            return self.server.ask("/api/v1/search?q=wombat", headers=bearer(secret))

        self.assertEqual(asked().json()["total"], 1)
        self.do(adam, "/users/ann/disable")
        self.assertEqual(asked().status, 401)
        self.do(adam, "/users/ann/enable")
        self.assertEqual(asked().status, 200)
        number = re.search(r'name="number" value="(\d+)"', text)[1]
        self.do(adam, "/users/adam/token-end", 404, number=number)
        self.do(adam, "/users/ann/token-end", number=number)
        self.assertEqual(asked().status, 401)
        ann = self.browser("ann")
        page = adam.get("/users/ann").body.decode()
        number = re.search(r'/session-end">.*?name="number" value="(\d+)"', page)[1]
        self.do(adam, "/users/ann/session-end", number=number)
        self.assertEqual(ann.get("/").status, 303)
        text = self.do(adam, "/users/ann/totp", 200)
        code = re.findall(r"<li><code>([^<]+)</code>", text)[0]
        self.assertIn("otpauth://totp/", text)
        self.assertNotIn("otpauth", adam.get("/users/ann").body.decode())
        self.assertEqual(Browser(self.server).login("ann").status, 403)
        self.assertEqual(Browser(self.server).login("ann", code=code).status, 303)
        self.do(adam, "/users/ann/totp-off")
        self.browser("ann")

    def test_what_administrators_may_not(self):
        """Nobody raises or locks out oneself; owners are the owners' business."""
        adam, olga = self.browser("adam"), self.browser("olga")
        for verb in ("rights", "disable", "remove", "enable"):
            self.do(adam, "/users/adam/" + verb, 400, role="reader", accounts="*")
            self.do(olga, "/users/olga/" + verb, 400, role="reader", accounts="*")
        for verb in ("rights", "disable", "remove", "password", "totp", "token"):
            self.do(adam, "/users/olga/" + verb, 400, role="reader", accounts="*",
                    password=PASSWORD, read="1", days="9")
        self.assertNotIn(b"<form class=\"fields\"", adam.get("/users/olga").body)
        self.do(adam, "/users", 400, name="eve", role="owner", password=PASSWORD)
        self.do(olga, "/users", name="eve", role="owner", password=PASSWORD)
        self.do(adam, "/users/eve/rights", 400, role="reader", accounts="*")
        self.assertEqual(self.users()["eve"]["role"], "owner")
        self.do(olga, "/users/adam/rights", role="investigator", accounts="*")
        self.assertEqual(adam.get("/users").status, 403)
        answer = olga.post("/users/eve/remove", {})
        self.assertEqual(answer.status, 403)
        answer = olga.post("/users/eve/remove", {"csrf": "0" * 64})
        self.assertEqual(answer.status, 403)
        self.assertIn("eve", self.users())

    def test_audited(self):
        """Who did what to whom, with roles and accounts, and no secret."""
        olga = self.browser("olga")
        self.do(olga, "/users", name="ann", role="reader", accounts="sales", password=PASSWORD)
        token = re.search(r"sheaf_[0-9a-f]{64}",
                          self.do(olga, "/users/ann/token", 200, read="1", days=""))[0]
        self.do(olga, "/users/ann/disable")
        log = "".join(p.read_text() for p in sorted((self.archive / "audit").glob("*.log")))
        entries = [json.loads(line) for line in log.splitlines()]
        asked = [e["request"] for e in entries if e["what"] == "changed"]
        self.assertEqual(asked, ["POST /users", "POST /users/ann/token",
                                 "POST /users/ann/disable"])
        told = [e["user"] for e in entries if "user" in e]
        self.assertEqual(told, [{"name": "ann", "role": "reader", "accounts": ["sales"]}])
        self.assertNotIn(token, log)
        self.assertNotIn(PASSWORD.replace(" ", "+"), log)
        self.assertEqual(sheaf(self.archive, "audit", "verify").returncode, 0)


class First(unittest.TestCase):
    """Nobody is there yet."""

    def test_first_user(self):
        top = pathlib.Path(tempfile.mkdtemp(prefix="sheaf-firstuser-"))
        self.addCleanup(shutil.rmtree, top, ignore_errors=True)
        self.assertEqual(sheaf(top / "archive", "init").returncode, 0)
        with Server(top / "archive") as server:
            browser = Browser(server)
            self.assertIn(b"no users yet", browser.get("/users").body)
            form = {"name": "ann", "role": "reader", "accounts": "*", "password": PASSWORD}
            self.assertEqual(browser.post("/users", form).status, 400)
            form["role"] = "owner"
            self.assertEqual(browser.post("/users", form).status, 303)
            self.assertEqual(browser.get("/users").status, 303)
            self.assertEqual(browser.login("ann").status, 303)
            self.assertEqual(browser.get("/users").status, 200)


if __name__ == "__main__":
    unittest.main()

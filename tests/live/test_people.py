"""Users, tokens, sessions: who gets in, as whom, and for how long."""

import contextlib
import hashlib
import hmac
import json
import pathlib
import re
import shutil
import sqlite3
import struct
import subprocess
import tempfile
import time
import unittest
import base64

import servers
from peoplehelp import PASSWORD, Browser, bearer, token, user
from sheafserver import SECONDS, SHEAF, Server, sheaf

MAIL = b"From: a@example.org\nTo: b@example.org\nSubject: %s\nMessage-ID: <%s@x>\n\nwombat %s\n"


def code_of(url, step):
    """What an authenticator shows (RFC 6238)."""
    secret = re.search(r"secret=([A-Z2-7]+)", url)[1]
    mac = hmac.new(base64.b32decode(secret), struct.pack(">Q", step), hashlib.sha1).digest()
    at = mac[-1] & 15
    return "%06d" % ((struct.unpack(">I", mac[at:at + 4])[0] & 0x7FFFFFFF) % 1000000)


class Case(unittest.TestCase):
    """An archive with two accounts for each test."""

    def setUp(self):
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="sheaf-people-"))
        self.addCleanup(shutil.rmtree, self.top, True)
        self.archive = self.top / "archive"
        assert sheaf(self.archive, "init").returncode == 0
        for name in (b"alice", b"bob"):
            folder = self.top / name.decode()
            servers.write_maildir(folder, [(MAIL % (name, name, name), "", None)])
            done = sheaf(self.archive, "import", "--account", name.decode(), folder)
            assert done.returncode == 0, done.stderr

    def status(self, server, target="/api/v1/search?q=wombat", **headers):
        """The status of an answer."""
        return server.ask(target, headers=headers).status


class Commands(Case):
    """sheaf user, sheaf token."""

    def test_users(self):
        """They come, change and go."""
        user(self.archive, "add", "ann", "--account", "al*,bob", "--role", "investigator")
        user(self.archive, "add", "root", "--role", "owner")
        listed = json.loads(sheaf(self.archive, "user", "list", "--json").stdout)["users"]
        self.assertEqual([(u["name"], u["role"], u["accounts"]) for u in listed],
                         [("ann", "investigator", ["al*", "bob"]), ("root", "owner", [])])
        user(self.archive, "set", "ann", "--account", "bob", "--role", "reader")
        listed = json.loads(sheaf(self.archive, "user", "list", "--json").stdout)["users"]
        self.assertEqual((listed[0]["role"], listed[0]["accounts"]), ("reader", ["bob"]))
        self.assertEqual(sheaf(self.archive, "user", "remove", "ann").returncode, 0)
        self.assertEqual(sheaf(self.archive, "user", "remove", "ann").returncode, 65)
        for bad in (["add", "x"], ["add", "x", "--role", "owner", "--account", "a"],
                    ["add", "a b", "--role", "owner"], ["add", "root", "--role", "owner"]):
            done = subprocess.run([SHEAF, "-C", str(self.archive), "user", *bad],
                                  input=PASSWORD.encode(), capture_output=True, timeout=SECONDS,
                                  check=False)
            self.assertEqual(done.returncode, 65, bad)

    def test_secrets_are_not_stored(self):
        """Neither a password nor a token stands in the file."""
        user(self.archive, "add", "ann", "--account", "alice")
        secret = token(self.archive, "ann")
        stored = b"".join(p.read_bytes() for p in self.archive.glob("people.db*"))
        self.assertIn(b"scrypt$15$8$3$", stored)
        self.assertNotIn(PASSWORD.encode(), stored)
        self.assertNotIn(secret.encode(), stored)
        self.assertNotIn(secret[6:].encode(), stored)
        self.assertEqual((self.archive / "people.db").stat().st_mode & 0o777, 0o600)


class Tokens(Case):
    """Programs."""

    def test_scopes_and_ends(self):
        """A token does what its scope says, and no more than its user may."""
        with Server(self.archive) as server:
            self.assertEqual(self.status(server), 200)
            user(self.archive, "add", "ann", "--account", "alice")
            self.assertEqual(self.status(server), 401)
            reads, tags = token(self.archive, "ann", "read"), token(self.archive, "ann", "tag")
            self.assertEqual(self.status(server, **bearer(reads)), 200)
            self.assertEqual(self.status(server, **bearer(tags)), 403)
            self.assertEqual(self.status(server, **bearer(reads + "x")), 401)
            basic = base64.b64encode(("any:" + reads).encode()).decode()
            self.assertEqual(self.status(server, Authorization="Basic " + basic), 200)
            self.assertEqual(sheaf(self.archive, "token", "remove", "1").returncode, 0)
            self.assertEqual(self.status(server, **bearer(reads)), 401)
            self.assertEqual(sheaf(self.archive, "user", "remove", "ann").returncode, 0)
            # Nobody is left: the owner of the process again.
            self.assertEqual(self.status(server), 200)

    def test_token_file_is_the_owner(self):
        """Beside users."""
        path = self.top / "tokens"
        path.write_text("0123456789abcdef0123\n")
        path.chmod(0o600)
        user(self.archive, "add", "ann", "--account", "alice")
        with Server(self.archive, "--token-file", path) as server:
            self.assertEqual(self.status(server), 401)
            owner = server.ask("/api/v1/search?q=wombat&total=exact",
                               headers=bearer("0123456789abcdef0123")).json()
            self.assertEqual(owner["total"], 2)
            mine = server.ask("/api/v1/search?q=wombat&total=exact",
                              headers=bearer(token(self.archive, "ann"))).json()
            self.assertEqual(mine["total"], 1)


class Sessions(Case):
    """Browsers."""

    def test_login(self):
        """In by the form, back to where one wanted to go, out again."""
        user(self.archive, "add", "ann", "--account", "alice")
        with Server(self.archive) as server:
            b = Browser(server)
            away = b.get("/?q=wombat")
            self.assertEqual((away.status, away.headers["Location"]),
                             (303, "/login?next=%2F%3Fq%3Dwombat"))
            page = b.get(away.headers["Location"])
            self.assertEqual(page.status, 200)
            self.assertIn(b'value="/?q=wombat"', page.body)
            self.assertEqual(page.body.count(b"<script"),
                             page.body.count(b'<script src="/sheaf.js" defer></script>'))
            self.assertEqual(b.login("ann", "not the password").status, 403)
            done = b.login("ann", goal="/?q=wombat")
            self.assertEqual((done.status, done.headers["Location"]), (303, "/?q=wombat"))
            said = done.headers["Set-Cookie"]
            for word in ("HttpOnly", "SameSite=Strict", "Path=/"):
                self.assertIn(word, said)
            self.assertNotIn("Secure", said)
            found = b.get("/?q=wombat").body
            self.assertIn(b"alice", found)
            self.assertNotIn(b">bob<", found)
            first = b.cookie
            b.login("ann")
            self.assertNotEqual(first, b.cookie)
            self.assertEqual(self.status(server, Cookie=first), 401)
            self.assertEqual(self.status(server, Cookie=b.cookie), 200)
            kept = b.cookie
            self.assertEqual(b.post("/logout", {"csrf": b.csrf()}).status, 303)
            self.assertEqual(self.status(server, Cookie=kept), 401)

    def test_places_to_go(self):
        """Only ours."""
        user(self.archive, "add", "ann", "--account", "alice")
        with Server(self.archive) as server:
            for goal in ("//evil.example/", "/\\evil.example", "https://evil.example", "", "x",
                         "/a\r\nSet-Cookie: x=1", "/a b"):
                done = Browser(server).login("ann", goal=goal)
                self.assertEqual((done.status, done.headers["Location"]), (303, "/"), goal)

    def test_forgery(self):
        """A form of a page elsewhere changes nothing."""
        user(self.archive, "add", "ann", "--account", "alice")
        with Server(self.archive) as server:
            b = Browser(server)
            b.login("ann")
            good = b.csrf()
            for fields, more in (({}, {}), ({"csrf": "0" * 64}, {}), ({"csrf": good[:-1]}, {}),
                                 ({"csrf": good}, {"Sec-Fetch-Site": "cross-site"}),
                                 ({"csrf": good}, {"Origin": "http://evil.example"}),
                                 ({"csrf": good}, {"Content-Type": "text/plain"})):
                self.assertEqual(b.post("/logout", fields, more).status, 403, (fields, more))
                self.assertEqual(self.status(server, Cookie=b.cookie), 200)
            self.assertEqual(b.post("/logout", {"csrf": good}).status, 303)

    def test_own_sessions(self):
        """Listed, ended, and nobody else's."""
        user(self.archive, "add", "ann", "--account", "alice")
        user(self.archive, "add", "bob", "--account", "bob")
        with Server(self.archive) as server:
            one, two, other = Browser(server), Browser(server), Browser(server)
            one.login("ann")
            two.login("ann")
            other.login("bob")
            with contextlib.closing(sqlite3.connect(self.archive / "people.db")) as db, db:
                db.execute("UPDATE cookies SET cookie = cookie + 12345")
            page = one.get("/sessions").body.decode()
            ids = re.findall(r'action="/sessions/(\d+)/end"', page)
            self.assertEqual(len(ids), 2)
            theirs = re.findall(r'action="/sessions/(\d+)/end"',
                                other.get("/sessions").body.decode())
            self.assertFalse(set(ids) & set(theirs))
            self.assertEqual(one.post("/sessions/%s/end" % theirs[0],
                                      {"csrf": one.csrf()}).status, 404)
            for number in ids:
                one.post("/sessions/%s/end" % number, {"csrf": one.csrf()})
                if self.status(server, Cookie=one.cookie) == 401:
                    break
            self.assertEqual(self.status(server, Cookie=other.cookie), 200)
            user(self.archive, "password", "bob", password="another long password")
            self.assertEqual(self.status(server, Cookie=other.cookie), 401)
            self.assertEqual(other.login("bob").status, 403)
            self.assertEqual(other.login("bob", "another long password").status, 303)

    def test_throttle(self):
        """Guessing becomes slow, for names that there are and for others alike."""
        user(self.archive, "add", "ann", "--account", "alice")
        with Server(self.archive) as server:
            for name in ("ann", "nobody"):
                b = Browser(server)
                seen = [b.login(name, "wrong %d" % n).status for n in range(7)]
                self.assertEqual(seen[:5], [403] * 5, name)
                self.assertIn(429, seen[5:], name)
                again = b.login(name)
                self.assertEqual(again.status, 429)
                self.assertGreaterEqual(int(again.headers["Retry-After"]), 1)

    def test_no_oracle(self):
        """A name that is not known costs what a known one does."""
        user(self.archive, "add", "ann", "--account", "alice")
        with Server(self.archive) as server:
            took = {}
            for name in ("ann", "nobody"):
                start = time.monotonic()
                answer = Browser(server).login(name, "wrong")
                took[name] = time.monotonic() - start
                self.assertEqual(answer.status, 403)
                took[name + " body"] = len(answer.body)
            self.assertEqual(took["ann body"], took["nobody body"])
            self.assertGreater(took["nobody"], took["ann"] / 3)

    def test_second_factor(self):
        """A code works once; recovery codes too."""
        user(self.archive, "add", "ann", "--account", "alice")
        made = json.loads(sheaf(self.archive, "user", "totp", "ann", "--json").stdout)
        with Server(self.archive) as server:
            b = Browser(server)
            self.assertEqual(b.login("ann").status, 403)
            code = code_of(made["url"], int(time.time()) // 30)
            self.assertEqual(b.login("ann", code=code).status, 303)
            self.assertEqual(b.login("ann", code=code).status, 403)
            spare = made["recovery_codes"][3]
            self.assertEqual(b.login("ann", code=spare).status, 303)
            self.assertEqual(b.login("ann", code=spare).status, 403)
            self.assertEqual(b.login("ann", "wrong", made["recovery_codes"][4]).status, 403)
            self.assertEqual(b.login("ann", code=made["recovery_codes"][4]).status, 303)
            self.assertEqual(sheaf(self.archive, "user", "totp", "ann", "--off").returncode, 0)
            self.assertEqual(b.login("ann").status, 303)


class FirstStart(Case):
    """Beyond loopback without anybody."""

    def test_link(self):
        """The link that is printed makes the first user, once."""
        child = subprocess.Popen([SHEAF, "-C", str(self.archive), "serve", "--listen",
                                  "0.0.0.0:0"], stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(child.wait)
        self.addCleanup(child.terminate)
        self.addCleanup(child.stdout.close)
        self.addCleanup(child.stderr.close)
        server = Server(self.archive)
        server.port = int(re.search(rb":(\d+)/", child.stdout.readline())[1])
        child.stderr.readline()
        link = re.search(r"/setup\?key=([0-9a-f]{64})$", child.stderr.readline().decode())
        b = Browser(server)
        self.assertEqual(self.status(server), 401)
        self.assertEqual(b.get("/").status, 401)
        self.assertEqual(b.get("/setup?key=" + "0" * 64).status, 404)
        page = b.get(link[0])
        self.assertEqual(page.status, 200)
        fields = {"key": link[1], "name": "root", "password": "short"}
        self.assertEqual(b.post("/setup", fields).status, 400)
        self.assertEqual(b.post("/setup", dict(fields, key="1" * 64)).status, 404)
        self.assertEqual(b.post("/setup", dict(fields, password=PASSWORD)).status, 303)
        self.assertIn(b"alice", b.get("/?q=wombat").body)
        self.assertEqual(b.get(link[0]).status, 404)
        self.assertEqual(b.post("/setup", dict(fields, password=PASSWORD)).status, 404)
        self.assertEqual(self.status(server), 401)


class Proxy(Case):
    """A name from before the door."""

    def serve(self, text):
        """With these lines in the configuration."""
        with open(self.archive / "sheaf.conf", "a", encoding="utf-8") as f:
            f.write("\n[serve]\n" + text)
        return Server(self.archive)

    def test_trusted(self):
        """It is believed from the addresses named, for users there are; forms need their own."""
        user(self.archive, "add", "ann", "--account", "alice", "--no-password")
        with self.serve("proxy_user_header = X-User\nproxy_from = 127.0.0.1\n"
                        "secure_cookies = yes\n") as server:
            self.assertEqual(self.status(server, **{"X-User": "ann"}), 200)
            self.assertEqual(self.status(server, **{"X-User": "nobody"}), 401)
            self.assertEqual(self.status(server), 401)
            b = Browser(server)
            self.assertEqual(b.login("ann", "").status, 403)
            self.assertEqual(b.post("/logout", {}, {"X-User": "ann"}).status, 403)
            page = b.get("/sessions", **{"X-User": "ann"}).body.decode()
            csrf = re.search(r'name="csrf" value="([0-9a-f]{64})"', page)[1]
            done = b.post("/logout", {"csrf": csrf}, {"X-User": "ann"})
            self.assertEqual(done.status, 303)
            self.assertIn("__Host-sheaf=", done.headers["Set-Cookie"])
            self.assertIn("Secure", done.headers["Set-Cookie"])

    def test_not_trusted(self):
        """From elsewhere it is a header like any other."""
        user(self.archive, "add", "ann", "--account", "alice")
        with self.serve("proxy_user_header = X-User\nproxy_from = 192.0.2.1\n") as server:
            self.assertEqual(self.status(server, **{"X-User": "ann"}), 401)

    def test_half(self):
        """A header from anywhere is refused at the start."""
        with open(self.archive / "sheaf.conf", "a", encoding="utf-8") as f:
            f.write("\n[serve]\nproxy_user_header = X-User\n")
        done = sheaf(self.archive, "serve", "--listen", "127.0.0.1:0")
        self.assertEqual(done.returncode, 77)
        self.assertIn(b"proxy_from", done.stderr)


if __name__ == "__main__":
    unittest.main()

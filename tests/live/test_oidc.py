"""Logging in at an OpenID Connect provider, and everything that must not pass for it."""

import json
import pathlib
import re
import shutil
import tempfile
import time
import unittest

import servers
from fakeoidc import Key, Provider, b64
from peoplehelp import Browser, user
from sheafserver import Server, sheaf

MAIL = b"From: a@example.org\nSubject: %s\nMessage-ID: <%s@x>\n\nwombat %s\n"



class Oidc(unittest.TestCase):
    """A provider, and a server that trusts it."""

    def setUp(self):
        top = pathlib.Path(tempfile.mkdtemp(prefix="sheaf-oidc-"))
        self.addCleanup(shutil.rmtree, top, True)
        self.archive = top / "archive"
        assert sheaf(self.archive, "init").returncode == 0
        for name in (b"alice", b"ann"):
            servers.write_maildir(top / name.decode(), [(MAIL % (name, name, name), "", None)])
            done = sheaf(self.archive, "import", "--account", name.decode(), top / name.decode())
            assert done.returncode == 0, done.stderr
        self.provider = self.enterContext(Provider())
        self.secret = top / "secret"
        self.secret.write_text(self.provider.secret + "\n")
        self.secret.chmod(0o600)

    def serve(self, groups="legal=investigator:* it=administrator staff=reader:{name}"):
        """With the provider in its configuration."""
        with open(self.archive / "sheaf.conf", "a", encoding="utf-8") as f:
            f.write("\n[serve]\npublic_url = http://mail.example/\noidc_issuer = %s\n"
                    "oidc_client_id = %s\noidc_client_secret_file = %s\n%s\n" % (
                        self.provider.issuer, self.provider.client, self.secret,
                        "oidc_groups = " + groups if groups else ""))
        return self.enterContext(Server(self.archive))

    def login(self, server, goal="/", change=None):
        """The whole way; (last answer, browser)."""
        b = Browser(server)
        away = b.get("/login/oidc?next=" + goal)
        self.assertEqual(away.status, 303, away.body)
        said = away.headers["Set-Cookie"]
        for word in ("HttpOnly", "SameSite=Lax", "Path=/login/oidc"):
            self.assertIn(word, said)
        code, state = self.provider.agree(away.headers["Location"])
        if change:
            code, state, b.cookie = change(code, state, b.cookie)
        answer = b.get("/login/oidc/callback?code=%s&state=%s" % (code, state),
                       **{"Sec-Fetch-Site": "cross-site"})
        for line in answer.headers.get_all("Set-Cookie") or []:
            if line.startswith("sheaf="):
                b.cookie = line.split(";")[0]
        return answer, b

    def users(self):
        """Name, role and accounts of all."""
        listed = json.loads(sheaf(self.archive, "user", "list", "--json").stdout)["users"]
        return [(u["name"], u["role"], u["accounts"]) for u in listed]

    def test_groups(self):
        """Groups make users, say where they read, and are asked at each login."""
        server = self.serve()
        self.assertEqual(server.ask("/api/v1/search?q=wombat").status, 401)
        self.assertIn(b"/login/oidc?next=", Browser(server).get("/login").body)
        answer, b = self.login(server, "/%3Fq%3Dwombat")
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual(answer.headers["Refresh"], "0; url=/?q=wombat")
        self.assertIn(b"alice", b.get("/?q=wombat").body)
        self.assertEqual(self.users(), [("ann", "investigator", ["*"])])
        self.provider.person["groups"] = ["staff", "others"]
        answer, b = self.login(server)
        self.assertEqual(self.users(), [("ann", "reader", ["ann"])])
        found = b.get("/api/v1/search?q=wombat").json()["messages"]
        self.assertEqual([m["copies"][0]["account"] for m in found], ["ann"])
        self.provider.person["groups"] = "it"
        answer, _ = self.login(server)
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual(self.users(), [("ann", "administrator", [])])
        self.provider.person["groups"] = ["others"]
        self.assertEqual(self.login(server)[0].status, 403)

    def test_names(self):
        """A name is nobody's passport."""
        user(self.archive, "add", "root", "--role", "owner")
        user(self.archive, "add", "eve", "--account", "alice", "--no-password")
        server = self.serve(groups=None)
        for name in ("root", "stranger", "a/b", "", 7):
            self.provider.person = {"sub": "9", "preferred_username": name}
            answer, _ = self.login(server)
            self.assertEqual(answer.status, 403, name)
        # One who was made for this is taken by the first, and by nobody after.
        self.provider.person = {"sub": "10", "preferred_username": "eve"}
        self.assertEqual(self.login(server)[0].status, 200)
        self.provider.person = {"sub": "11", "preferred_username": "eve"}
        self.assertEqual(self.login(server)[0].status, 403)
        self.provider.person = {"sub": "10", "preferred_username": "renamed"}
        answer, b = self.login(server)
        self.assertEqual(answer.status, 200)
        self.assertIn(b"<strong>eve</strong>", b.get("/sessions").body)

    def test_what_must_not_pass(self):
        """Each of these with all else right."""
        server = self.serve()
        now = int(time.time())
        other = Key(2)
        other.kid = "key-1"

        def unsigned(made):
            head = b64(json.dumps({"alg": "none"}).encode())
            return head + "." + made.split(".")[1] + "."

        def altered(made):
            head, body, sig = made.split(".")
            return head + "." + body + "." + ("A" if sig[0] != "A" else "B") + sig[1:]

        spoiled = [
            {"claims": {"iss": "http://127.0.0.1:1"}}, {"claims": {"aud": "another"}},
            {"claims": {"aud": ["another", self.provider.client]}},
            {"claims": {"azp": "another"}},
            {"claims": {"aud": []}}, {"claims": {"exp": now - 100}}, {"claims": {"exp": None}},
            {"claims": {"exp": str(now + 100)}}, {"claims": {"iat": now + 1000}},
            {"claims": {"nonce": "0" * 64}}, {"claims": {"nonce": None}},
            {"claims": {"sub": ""}}, {"claims": {"sub": None}},
            {"key": other}, {"head": {"alg": "HS256"}}, {"head": {"alg": "RS512"}},
            {"head": {"kid": "unknown"}}, {"head": {"crit": ["b64"]}},
            {"token": unsigned}, {"token": altered}, {"token": lambda t: t + ".x"},
            {"token": lambda t: t.rsplit(".", 1)[0]}, {"token": lambda t: ""},
            {"token": lambda t: 5},
        ]
        for spoil in spoiled:
            self.provider.spoil = spoil
            answer, b = self.login(server)
            self.assertEqual(answer.status, 403, spoil)
            self.assertEqual(b.get("/api/v1/search?q=wombat").status, 401, spoil)
        self.provider.spoil = {}
        self.assertEqual(self.users(), [])
        self.assertEqual(self.login(server)[0].status, 200)

    def test_state(self):
        """An answer counts only in the browser that asked, and once."""
        server = self.serve()
        cases = [lambda c, s, k: (c, "0" * 64, k), lambda c, s, k: (c, s, None),
                 lambda c, s, k: (c, "", k), lambda c, s, k: ("", s, k),
                 lambda c, s, k: (c, s, "sheaf-oidc=" + "0" * 64 + ".%2F"),
                 lambda c, s, k: (c, s, "sheaf-oidc=x")]
        for change in cases:
            self.assertEqual(self.login(server, change=change)[0].status, 403)
        wrong = self.login(server, change=lambda c, s, k: ("code-wrong", s, k))[0]
        self.assertEqual(wrong.status, 503)
        self.assertEqual(self.login(server, goal="//evil.example")[0].headers["Refresh"],
                         "0; url=/")

    def test_asked_once(self):
        """The provider is not asked again and again for what stays."""
        server = self.serve()
        self.assertEqual(self.login(server)[0].status, 200)
        self.assertEqual(self.login(server)[0].status, 200)
        self.assertEqual(self.provider.asked.count("/keys"), 1)
        self.assertEqual(self.provider.asked.count("/.well-known/openid-configuration"), 1)

    def test_provider_away(self):
        """Said, and logged in the server's own words."""
        server = self.serve()
        self.provider.server.shutdown()
        self.provider.server.server_close()
        answer = Browser(server).get("/login/oidc")
        self.assertEqual(answer.status, 503)
        self.provider.server = type("Gone", (), {"shutdown": lambda s: 0,
                                                 "server_close": lambda s: 0})()

    def test_configuration(self):
        """What is missing is said at the start."""
        for text in ("oidc_issuer = https://x.example", "oidc_issuer = http://x.example\n"
                     "oidc_client_id = x\npublic_url = https://y.example",
                     "oidc_issuer = https://x.example\noidc_client_id = x\n"
                     "public_url = https://y.example\noidc_groups = a=emperor",
                     "oidc_issuer = https://x.example\noidc_client_id = x\n"
                     "public_url = https://y.example\noidc_groups = a=reader"):
            (self.archive / "sheaf.conf").write_text("[serve]\n%s\n" % text)
            done = sheaf(self.archive, "serve", "--listen", "127.0.0.1:0")
            self.assertEqual(done.returncode, 77, (text, done.stderr))
            self.assertRegex(done.stderr.decode(), re.compile("oidc", re.I))


if __name__ == "__main__":
    unittest.main()

"""Acceptance test 12: tokens that live for five seconds, in a harvest that takes a minute (in the
short run three, and some seconds more). A proxy makes it slow, and ends every connection when the
token it logged in with is over, as servers do; Dovecot checks tokens itself."""

import base64
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time
import unittest

from faketokens import KEY, Tokens
from harvesting import DENIED, Case, mail, sha
from proxy import Cut, Proxy
from servers import Dovecot

LONG = bool(os.environ.get("SHEAF_LONG"))
LIFE, SECONDS = (5, 60) if LONG else (3, 7)
COUNT, SIZE = 300, 20000
EXTRA = """
auth_mechanisms = xoauth2 oauthbearer
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {top}/oauth2.conf
}}
"""


def token_of(line):
    """The token in an AUTHENTICATE command, and when it ends."""
    said = base64.b64decode(line.rsplit(" ", 1)[1])
    token = re.search(rb"Bearer ([^\x01]+)", said)[1].decode()
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    return token, claims["exp"]


@unittest.skipUnless(Dovecot.installed(), "no dovecot")
class Expiry(Case):
    """One Dovecot, one mailbox."""

    @classmethod
    def setUpClass(cls):
        cls.side = pathlib.Path(tempfile.mkdtemp(prefix="sheaf-oauth-"))
        keys = cls.side / "keys" / "default" / "HS256"
        keys.mkdir(parents=True)
        (keys / "default").write_bytes(base64.b64encode(KEY))
        (cls.side / "oauth2.conf").write_text(
            "introspection_mode = local\nlocal_validation_key_dict = fs:posix:prefix=%s/keys/\n"
            "username_attribute = sub\nusername_format = %%u\n" % cls.side)
        subprocess.run(["chmod", "-R", "a+rX", str(cls.side)], check=True)
        cls.server = Dovecot(users=("alice",), extra=EXTRA.format(top=cls.side))
        cls.server.__enter__()
        cls.mails = [mail(n, size=SIZE) for n in range(COUNT)]
        cls.server.fill("alice", "INBOX", ((m, "", None) for m in cls.mails))

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()
        shutil.rmtree(cls.side, ignore_errors=True)

    def setUp(self):
        super().setUp()
        self.used, self.cuts = [], 0
        self.proxy = Proxy(self.server.port)
        self.proxy.__enter__()
        self.addCleanup(self.proxy.__exit__)
        self.proxy.up, self.proxy.down = self.up, self.down
        self.proxy.rate = COUNT * SIZE // SECONDS

    def up(self, conn, line):
        """Note with which token it logs in."""
        if " AUTHENTICATE " in line:
            token, conn.expiry = token_of(line)
            self.used.append(token)
            self.assertGreater(conn.expiry, time.time(), "an old token was used")

    def down(self, conn, data):
        """End it when its token is over."""
        if time.time() > getattr(conn, "expiry", time.time() + 1):
            self.cuts += 1
            raise Cut("fin")
        return data

    def account(self, tokens):
        """An account that gets its tokens itself."""
        text = self.server.account("alice", tls="none", port=self.proxy.port)
        lines = [t for t in text.splitlines() if not t.startswith("password_file")]
        self.configure("\n".join(lines) + "\n" + tokens.lines())

    def login(self, tokens):
        """The device flow, against the local provider."""
        self.assertIn("ABCD-EFGH", self.call("login", "alice").stdout.decode())
        self.assertEqual([p for p, _, _ in tokens.posts][-2:], ["/device", "/token"])

    def all_there(self):
        """Everything is in the archive, once."""
        self.assertEqual(self.copies(), {n + 1: sha(m) for n, m in enumerate(self.mails)})
        self.assertEqual(self.rows("SELECT count(*) FROM messages"), [(COUNT,)])

    def test_expires(self):
        """It goes on with new tokens, and asks for no more of them than it needs."""
        with Tokens(life=LIFE) as tokens:
            self.account(tokens)
            self.login(tokens)
            began = time.monotonic()
            got = self.harvest(seconds=300)
            took = time.monotonic() - began
        self.assertGreater(took, SECONDS - 1)
        self.assertEqual((got["failed"], got["mailboxes_failed"]), (0, 0))
        self.assertGreaterEqual(self.cuts, SECONDS // LIFE - 1)
        self.assertEqual(got["fetched"], COUNT)
        self.all_there()
        self.assertEqual(len(self.used), len(set(self.used)))
        asked = len([p for p, _, _ in tokens.posts if p == "/token"])
        self.assertLessEqual(asked, len(self.used) + 2)
        self.assertGreaterEqual(len(set(self.used)), SECONDS // LIFE)

    def test_grant_is_over(self):
        """invalid_grant in the middle: it stops, keeps what it has, and asks once. After another
        login it completes."""
        with Tokens(life=LIFE) as tokens:
            self.account(tokens)
            self.login(tokens)
            tokens.answers["/token"] = [(400, {"error": "invalid_grant"})] * 9
            got = self.harvest(want=DENIED, seconds=300)
            self.assertIn("sheaf login alice", got["error"])
            self.assertEqual(len([p for p, _, _ in tokens.posts if p == "/token"]), 2)
            kept = self.copies()
            self.assertGreater(len(kept), 0)
            self.assertLess(len(kept), COUNT)
            tokens.answers["/token"] = []
            self.login(tokens)
            self.proxy.rate = 0
            self.assertEqual(self.harvest()["fetched"], COUNT - len(kept))
        self.all_there()


if __name__ == "__main__":
    unittest.main()

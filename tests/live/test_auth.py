"""Logging in, in every way, and all the ways in which it must not succeed or spill a secret."""

import base64
import hashlib
import json
import os
import pathlib
import re
import resource
import shutil
import ssl
import subprocess
import tempfile
import time
import unittest

from fakescram import Scram, TlsFake
from fakeserver import DEFAULT, Fake, Hangup
from faketokens import KEY, Tokens, jwt
from harvesting import DENIED, NET, ROOT, SHEAF, Case, mail
from servers import Authority, Dovecot

EXTRA = """
auth_mechanisms = plain login cram-md5 scram-sha-1 scram-sha-256 xoauth2 oauthbearer external
auth_master_user_separator = *
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {top}/masters
  master = yes
  result_success = continue
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {top}/oauth2.conf
}}
passdb {{
  driver = static
  mechanisms = external
  args = nopassword=y
}}
ssl_ca = <{top}/clients/ca.pem
ssl_verify_client_cert = yes
ssl_require_crl = no
auth_ssl_username_from_cert = yes
"""


ODD = 'p"\\\u00e4 \u65e5{5} '  # bob's password


def pin_of(certificate):
    """The pin of the key in a certificate file."""
    key = subprocess.run(["openssl", "x509", "-in", certificate, "-noout", "-pubkey"], check=True,
                         stdout=subprocess.PIPE).stdout
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "der"], input=key, check=True,
                         stdout=subprocess.PIPE).stdout
    return "sha256//" + base64.b64encode(hashlib.sha256(der).digest()).decode()


def without(text, key):
    """A section of sheaf.conf without a key."""
    return "\n".join(t for t in text.splitlines() if not t.startswith(key + " ")) + "\n"


class AuthCase(Case):
    """What the tests below share."""

    def state(self, account="alice"):
        """What the account's file says."""
        return json.loads((self.ar / "auth" / (account + ".json")).read_text())

    def set_state(self, account="alice", **members):
        """Write the account's file."""
        (self.ar / "auth").mkdir(exist_ok=True)
        path = self.ar / "auth" / (account + ".json")
        old = json.loads(path.read_text()) if path.exists() else {}
        path.write_text(json.dumps(dict(old, **members)))


@unittest.skipUnless(Dovecot.installed(), "no dovecot")
class RealServer(AuthCase):
    """One Dovecot that knows all mechanisms but -PLUS."""

    kind = Dovecot

    @classmethod
    def setUpClass(cls):
        cls.side = pathlib.Path(tempfile.mkdtemp(prefix="sheaf-auth-"))
        cls.side.chmod(0o755)
        cls.clients = Authority(cls.side / "clients")
        (cls.side / "masters").write_text("boss:{PLAIN}boss-pw\n")
        keys = cls.side / "keys" / "default" / "HS256"
        keys.mkdir(parents=True)
        (keys / "default").write_bytes(base64.b64encode(KEY))
        (cls.side / "oauth2.conf").write_text(
            "introspection_mode = local\nlocal_validation_key_dict = fs:posix:prefix=%s/keys/\n"
            "username_attribute = sub\nusername_format = %%u\n" % cls.side)
        subprocess.run(["chmod", "-R", "a+rX", str(cls.side)], check=True)
        cls.server = cls.kind(extra=EXTRA.format(top=cls.side))
        users = cls.server.root / "users"
        users.write_text(users.read_text().replace("bob:{PLAIN}bob-pw", "bob:{PLAIN}" + ODD))
        cls.server.__enter__()
        cls.server.append("alice", "INBOX", mail(1))

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()
        shutil.rmtree(cls.side, ignore_errors=True)

    def account(self, *lines, **more):
        """Configure alice; without a password file when the lines name another secret."""
        text = self.server.account("alice", **dict({"tls": "implicit"}, **more))
        if any(re.match("token_command|oauth |cert_file", line) for line in lines):
            text = without(text, "password_file")
        self.configure(text + "\n".join(lines) + "\n")

    def logged_in(self, method):
        """The harvest worked, and the server says by which mechanism."""
        before = len(self.server.log())
        self.assertEqual(self.harvest()["mailboxes_failed"], 0)
        log = self.server.log()[before:]
        self.assertEqual(re.findall(r"Login: user=<alice.*?>, method=([A-Z0-9-]+)", log), [method])
        self.assertEqual(len(self.copies()), 1)

    def test_mechanisms(self):
        for tls in ("implicit", "starttls", "none"):
            self.account(tls=tls)
            self.logged_in("SCRAM-SHA-256")
        for name in ("SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "LOGIN", "CRAM-MD5"):
            self.account("auth = " + name.lower())
            self.logged_in(name)
        self.account("auth = scram-sha-256-plus login plain")
        self.logged_in("LOGIN")
        self.account("auth = scram-sha-256-plus")
        self.assertIn("no way to log in", self.harvest(want=DENIED)["error"])

    def test_odd_passwords(self):
        """Other characters than ASCII, quotes, spaces, by each mechanism."""
        for name in ("scram-sha-256", "scram-sha-1", "plain", "login"):
            self.configure(self.server.account("bob") + "auth = %s\n" % name)
            (self.server.root / "bob.secret").write_text(ODD + "\n")
            self.harvest()

    def test_master_user(self):
        self.configure(self.server.account("alice").replace("user = alice", "user = alice*boss")
                       + "auth = plain\n")
        (self.server.root / "alice.secret").write_text("boss-pw\n")
        self.logged_in("PLAIN")

    def test_client_certificate(self):
        cert, key = self.clients.sign("alice", names=("DNS:alice",), usage="clientAuth")
        self.account("cert_file = %s" % cert, "key_file = %s" % key)
        self.logged_in("EXTERNAL")
        both = self.side / "both.pem"
        both.write_bytes(cert.read_bytes() + key.read_bytes())
        self.account("cert_file = %s" % both)
        self.logged_in("EXTERNAL")
        other, other_key = Authority(self.side / "other").sign("alice", names=("DNS:alice",),
                                                               usage="clientAuth")
        self.account("cert_file = %s" % other, "key_file = %s" % other_key)
        self.harvest(want=None)
        self.assertIsNotNone(self.accounts[0]["error"])
        self.account("cert_file = %s" % cert, "key_file = %s" % other_key)
        self.assertIn("key", self.harvest(want=DENIED)["error"])

    def test_token_command(self):
        for name in ("XOAUTH2", "OAUTHBEARER"):
            self.account("token_command = echo %s" % jwt("alice", 600), "auth = " + name.lower())
            self.logged_in(name)
        self.account("token_command = echo %s" % jwt("alice", 600))
        self.logged_in("OAUTHBEARER")
        for token in (jwt("alice", -5), jwt("bob", 600)):
            for name in ("xoauth2", "oauthbearer"):
                self.account("token_command = echo %s" % token, "auth = " + name)
                self.assertIn("login refused", self.harvest(want=DENIED)["error"])
                self.assertNotIn(token[:20], self.stderr)

    def test_refresh(self):
        with Tokens() as tokens:
            self.account(tokens.lines())
            self.assertIn("sheaf login alice", self.harvest(want=DENIED)["error"])
            self.set_state(refresh_token="refresh-0")
            self.logged_in("OAUTHBEARER")
            self.assertEqual(len(tokens.posts), 1)
            self.assertEqual(tokens.posts[0][1], {
                "grant_type": "refresh_token", "refresh_token": "refresh-0", "scope": "mail",
                "client_id": "me & you"})
            path = self.ar / "auth" / "alice.json"
            self.assertEqual(path.stat().st_mode & 0o777, 0o600)
            self.assertEqual(self.state()["refresh_token"], "refresh-1")
            left = self.state()["renew_at"] - time.time()
            self.assertTrue(0.75 * 3600 < left < 0.81 * 3600, left)
            self.logged_in("OAUTHBEARER")  # with the same token
            self.assertEqual(len(tokens.posts), 1)
            self.set_state(renew_at=int(time.time()) - 1)
            self.logged_in("OAUTHBEARER")
            self.assertEqual(tokens.posts[1][1]["refresh_token"], "refresh-1")
            self.set_state(access_token=jwt("alice", -60))  # only the server knows it is over
            self.logged_in("OAUTHBEARER")
            self.assertEqual(len(tokens.posts), 3)
            self.set_state(access_token=jwt("alice", -60))
            tokens.make = lambda: jwt("alice", -30)  # a new one is no better: once is enough
            self.assertIn("login refused", self.harvest(want=DENIED)["error"])
            self.assertEqual(len(tokens.posts), 4)

    def test_client_secret(self):
        secret = self.top / "client"
        secret.write_text("s3cret/+\n")
        secret.chmod(0o600)
        with Tokens() as tokens:
            self.account(tokens.lines() + "oauth_client_secret_file = %s" % secret)
            self.set_state(refresh_token="refresh-0")
            self.logged_in("OAUTHBEARER")
            self.assertEqual(tokens.posts[0][1]["client_secret"], "s3cret/+")

    def test_grant_is_over(self):
        with Tokens() as tokens:
            for answer, want, words in (
                    ((400, {"error": "invalid_grant", "error_description": "revoked"}), DENIED,
                     "invalid_grant': revoked"),
                    ((401, {"error": "invalid_client"}), DENIED, "invalid_client"),
                    ((503, b"busy"), NET, "status 503"), ((429, b""), None, "status 429"),
                    ((200, b"<html>"), NET, "not JSON"), ((200, {}), NET, "no token"),
                    ((200, {"access_token": "a\r\nb"}), NET, "unusable"),
                    ((200, b"{" + b" " * 200000), NET, "cannot ask"),
                    ((302, {}), NET, "status 302")):
                self.account(tokens.lines())
                self.set_state(refresh_token="refresh-0", access_token="")
                tokens.answers["/token"].append(answer)
                before = len(tokens.posts)
                self.assertIn(words, self.harvest(want=want)["error"])
                self.assertEqual(len(tokens.posts), before + 1)
                self.assertNotIn("refresh-0", self.stderr)
                self.assertEqual(self.state()["refresh_token"], "refresh-0")
        self.assertIn("cannot ask", self.harvest(want=NET)["error"])  # nobody is there

    def test_device_flow(self):
        with Tokens() as tokens:
            self.account(tokens.lines())
            tokens.answers["/token"] = [(400, {"error": "authorization_pending"}),
                                        (400, {"error": "slow_down"}), None]
            done = self.call("login", "alice")
            self.assertIn("https://example.org/device", done.stdout.decode())
            self.assertIn("ABCD-EFGH", done.stdout.decode())
            paths = [p for p, _, _ in tokens.posts]
            self.assertEqual(paths, ["/device"] + ["/token"] * 3)
            form = tokens.posts[1][1]
            self.assertEqual(form["grant_type"], "urn:ietf:params:oauth:grant-type:device_code")
            self.assertEqual((form["device_code"], form["client_id"]), ("device-code", "me & you"))
            times = [t for _, _, t in tokens.posts]
            for gap, least in zip((b - a for a, b in zip(times, times[1:])), (1, 1, 6)):
                self.assertGreaterEqual(gap, least - 0.05)
            self.logged_in("OAUTHBEARER")
            self.assertEqual(len(tokens.posts), 4)

    def test_device_flow_refused(self):
        with Tokens() as tokens:
            self.account(tokens.lines())
            for error in ("access_denied", "expired_token"):
                tokens.answers["/token"] = [(400, {"error": error})]
                self.call("login", "alice", want=DENIED)
                self.assertIn(error, self.stderr)
            tokens.answers["/device"] = [(400, {"error": "invalid_scope"})]
            self.call("login", "alice", want=DENIED)
            self.assertIn("invalid_scope", self.stderr)
            self.assertFalse((self.ar / "auth" / "alice.json").exists())
        self.account()
        self.call("login", "alice", want=DENIED)
        self.assertIn("no oauth line", self.stderr)
        self.call("login", "carol", want=64)

    def test_link(self):
        with Tokens() as tokens:
            self.account(without(tokens.lines(), "oauth_device_url")
                         + "oauth_auth_url = https://example.org/auth")
            for state, want in (("%s", 0), ("x%s", 65)):
                run = subprocess.Popen([SHEAF, "-C", str(self.ar), "login", "alice"],
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE)
                url = ""
                while "https://" not in url:
                    url = run.stdout.readline().decode()
                    self.assertTrue(url, "no address was printed")
                fields = dict(f.split("=", 1) for f in url.strip().split("?")[1].split("&"))
                answer = "http://127.0.0.1:49421/?state=%s&code=4%%2Fabc&scope=x\n" % (
                    state % fields["state"])
                _, stderr = run.communicate(answer.encode(), timeout=30)
                self.assertEqual(run.returncode, want, stderr)
            form = tokens.posts[0][1]
            self.assertEqual(len(tokens.posts), 1)
            self.assertEqual((form["code"], form["redirect_uri"]),
                             ("4/abc", "http://127.0.0.1:49421/"))
            proof = base64.urlsafe_b64encode(
                hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
            self.assertEqual(fields["code_challenge_method"], "S256")
            self.assertNotEqual(fields["code_challenge"], proof)  # of the second run
            self.logged_in("OAUTHBEARER")

    def test_pins(self):
        pin = pin_of(self.server.root / "tls" / "server.pem")
        other = pin_of(self.server.ca)
        for tls in ("implicit", "starttls"):
            self.account("pin = %s, %s" % (other, pin), tls=tls)
            self.logged_in("SCRAM-SHA-256")
            self.account("pin = " + other, tls=tls)
            before = len(self.server.log())
            self.assertIn("not pinned: " + pin, self.harvest(want=DENIED)["error"])
            self.assertNotIn("method=", self.server.log()[before:])
            self.account("pin = " + pin, tls=tls, ca_file="none")
            self.logged_in("SCRAM-SHA-256")
            self.account("pin = " + pin, tls=tls, ca_file="/etc/ssl/certs/ca-certificates.crt")
            self.harvest(want=DENIED)

    def test_expired_certificate(self):
        with self.kind(days=-1) as other:
            for tls in ("implicit", "starttls"):
                self.configure(other.account("alice", tls=tls))
                self.assertIn("expired", self.harvest(want=DENIED)["error"])
            self.assertNotIn("method=", other.log())

    def test_addresses(self):
        """A certificate may be for an address, too."""
        self.account(host="127.0.0.1")
        self.logged_in("SCRAM-SHA-256")

    def test_wrong_password_is_tried_once(self):
        self.account("timeout = 5")
        (self.server.root / "alice.secret").write_text("hunter2-hunter2\n")
        before = len(self.server.log())
        self.assertIn("login refused", self.harvest("-v", want=DENIED)["error"])
        log = self.server.log()[before:]
        self.assertEqual(re.findall(r"auth failed, (\d+) attempts", log), ["1"])
        self.assertNotIn("hunter2", self.stderr)


class FakeCase(AuthCase):
    """A fake server; its TLS certificate is signed by an authority of the test's own."""

    def setUp(self):
        super().setUp()
        self.boxes = {"INBOX": {1: mail(1)}}
        (self.top / "secret").write_text("pw-of-ann\n")
        (self.top / "secret").chmod(0o600)

    def start(self, tls=False, **more):
        """A server; returns it."""
        if tls:
            authority = Authority(self.top / "tls")
            server = TlsFake(self.boxes, authority.sign("server"), **more)
        else:
            server = Fake(self.boxes)
        server.__enter__()
        self.addCleanup(server.__exit__)
        return server

    def account(self, server, *lines, secret="password_file", tls="none"):
        """Configure the account at this server."""
        text = ["[account alice]", "host = 127.0.0.1", "port = %d" % server.port, "tls = " + tls,
                "user = ann", "timeout = 5"]
        if secret:
            text.append("%s = %s" % (secret, self.top / "secret"))
        if tls != "none":
            text.append("ca_file = %s" % (self.top / "tls" / "ca.pem"))
        self.configure("\n".join(text + list(lines)) + "\n")

    def offer(self, server, *words):
        """The capabilities."""
        line = b"* CAPABILITY IMAP4rev1 %s\r\n" % " ".join(words).encode()
        server.answer["capability"] = lambda c: (c.send(line), c.ok(), None)[-1]

    def refused(self, words, want=DENIED):
        """The harvest fails for this reason."""
        self.assertIn(words, self.harvest(want=want)["error"])
        self.assertNotIn("pw-of-ann", self.stderr)


class Plus(FakeCase):
    """SCRAM with channel binding."""

    def scram(self, server, *bindings, **more):
        """The server speaks SCRAM-SHA-256-PLUS with these bindings."""
        self.offer(server, "AUTH=SCRAM-SHA-256-PLUS", "AUTH=SCRAM-SHA-256", "AUTH=PLAIN")
        server.answer["login"] = Scram("pw-of-ann", bindings, **more)
        self.account(server, tls="implicit")
        return server.answer["login"]

    def test_tls12(self):
        scram = self.scram(self.start(True, most=ssl.TLSVersion.TLSv1_2), "tls-unique")
        self.harvest()
        self.assertEqual(scram.tried, [("SCRAM-SHA-256-PLUS", "p=tls-unique")])

    def test_only_unique(self):
        """Like Cyrus 3.6: tls-unique under TLS 1.3, and NO to everything else."""
        scram = self.scram(self.start(True), "tls-unique")
        self.harvest()
        self.assertEqual(scram.tried, [("SCRAM-SHA-256-PLUS", "p=tls-exporter"),
                                       ("SCRAM-SHA-256-PLUS", "p=tls-unique")])
        del scram.tried[:]
        self.harvest()  # it has learnt
        self.assertEqual(scram.tried, [("SCRAM-SHA-256-PLUS", "p=tls-unique")])
        self.assertEqual((self.state()["binding"], self.state()["scram"]), ("tls-unique", True))
        del scram.tried[:]
        scram.bindings = ()  # somebody in between would look like this
        self.refused("login refused")
        self.assertEqual(scram.tried, [("SCRAM-SHA-256-PLUS", "p=tls-unique")])

    def test_none_works(self):
        scram = self.scram(self.start(True))
        self.harvest()
        self.assertEqual(scram.tried, [("SCRAM-SHA-256-PLUS", "p=tls-exporter"),
                                       ("SCRAM-SHA-256-PLUS", "p=tls-unique"),
                                       ("SCRAM-SHA-256", "n")])

    def test_wrong_password(self):
        """However it is refused, the password itself is never sent."""
        scram = self.scram(self.start(True), "tls-unique")
        (self.top / "secret").write_text("other\n")
        self.refused("login refused")
        self.assertEqual([m for m, _ in scram.tried],
                         ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"])

    def test_only_plus_wanted(self):
        server = self.start(True)
        scram = self.scram(server)
        self.account(server, "auth = scram-sha-256-plus", tls="implicit")
        self.refused("login refused")
        self.assertEqual({m for m, _ in scram.tried}, {"SCRAM-SHA-256-PLUS"})


class Servers(FakeCase):
    """Servers that are not what they seem."""

    def test_impostor(self):
        """It takes any proof, because it does not know the password."""
        for more in ({"liar": True}, {"liar": True, "quiet": True}, {"quiet": True}):
            server = self.start()
            self.offer(server, "AUTH=SCRAM-SHA-1")
            server.answer["login"] = Scram("pw-of-ann", **more)
            self.account(server)
            self.refused("somebody may be in between")
            self.assertEqual(self.copies(), {})

    def test_rounds(self):
        for rounds in (1, 4095, 10000000):
            server = self.start()
            self.offer(server, "AUTH=SCRAM-SHA-256")
            server.answer["login"] = Scram("pw-of-ann", rounds=rounds)
            self.account(server)
            started = time.monotonic()
            self.refused("rounds")
            self.assertLess(time.monotonic() - started, 5)

    def test_step_down(self):
        """It offered SCRAM, and now wants the password itself, without TLS."""
        server = self.start()
        self.offer(server, "AUTH=SCRAM-SHA-256")
        server.answer["login"] = Scram("pw-of-ann")
        self.account(server)
        self.harvest()
        for words in (("AUTH=PLAIN",), ("AUTH=LOGIN",), ()):
            self.offer(server, *words)
            before = len(server.commands)
            self.refused("offered SCRAM before")
            self.assertFalse([c for c in server.commands[before:]
                              if re.search("AUTHENTICATE|LOGIN", c)])
        server.answer["login"] = lambda c, r: DEFAULT
        self.account(server, "auth = login")  # the configuration may say so
        self.harvest()
        server.commands.clear()
        self.account(server)
        with Fake(self.boxes) as other:  # another server never offered it
            self.account(other)
            self.harvest()

    def test_challenges(self):
        """Words that are no base64, no SCRAM, too many, or too long."""
        for challenge in (b"+ !!!\r\n", b"+ QQ\r\n", b"+ " + b"QUFB" * 20000 + b"\r\n", b"+\r\n",
                          b"+ eD15\r\n", b"+ QUFBQQ==\r\n" * 30):
            for mech in ("AUTH=SCRAM-SHA-1", "AUTH=LOGIN", "AUTH=PLAIN"):
                server = self.start()
                self.offer(server, mech, "SASL-IR")

                def login(conn, _rest, data=challenge):
                    tag = conn.tag
                    conn.send(data)
                    said = []
                    while "*" not in said and len(said) < 12:
                        said.append(conn.line())
                        if said[-1] != "*" and data != b"+ QUFBQQ==\r\n" * 30:
                            conn.send(data)
                    conn.send(b"%s BAD cancelled\r\n" % tag.encode())
                server.answer["login"] = login
                self.account(server)
                self.harvest(want=None, seconds=30)
                self.assertTrue(self.accounts[0]["error"], (challenge[:20], mech))

    def test_echo(self):
        """Servers quote the line they did not like; we do not."""
        def echo(conn, rest):
            words = rest.split(" ")
            if words[0].upper() == "AUTHENTICATE" and len(words) == 2:
                conn.send(b"+ \r\n")
                words.append(conn.line())
            conn.send(b"%s NO I do not like %s\r\n"
                      % (conn.tag.encode(), " ".join(words).encode("latin-1")))
        for words in ((), ("AUTH=PLAIN",), ("AUTH=PLAIN", "SASL-IR")):
            server = self.start()
            self.offer(server, *words)
            server.answer["login"] = echo
            self.account(server)
            self.refused("login refused")
            self.assertNotIn("cHctb2Ytf", self.stderr + self.accounts[0]["error"])
            self.assertNotIn(base64.b64encode(b"\0ann\0pw-of-ann").decode()[:16],
                             self.accounts[0]["error"])

    def test_no_core(self):
        """The process that holds the secret leaves no core dump; others here would."""
        soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
        if hard == 0:
            self.skipTest("no process here may leave a core dump")
        resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_CORE, (soft, hard))
        limits = []

        def look(_conn, _rest):
            for name in os.listdir("/proc"):
                try:
                    line = pathlib.Path("/proc", name, "cmdline").read_bytes()
                    if name.isdigit() and os.fsencode(self.ar) in line:
                        text = pathlib.Path("/proc", name, "limits").read_text()
                        limits.append(re.search(r"core file size +(\S+) +(\S+)", text).groups())
                except OSError:
                    pass
            return DEFAULT
        server = self.start()
        server.answer["login"] = look
        self.account(server)
        self.harvest()
        self.assertEqual(limits.count(("0", "0")), 1, limits)

    def test_secret_in_the_configuration(self):
        """A secret that was put into the wrong place is not shown to everybody."""
        server = self.start()
        for line in ("password = hunter2", "hunter2", "oauth_client_secret = hunter2"):
            self.account(server, line)
            self.call("harvest", want=DENIED)
            self.assertNotIn("hunter2", self.stderr)
            self.assertRegex(self.stderr, r"sheaf\.conf:\d+: ")


class Tokenised(FakeCase):
    """Tokens that end while they are used."""

    def serve(self, tokens):
        """A server that believes the newest token only."""
        server = self.start()
        self.offer(server, "AUTH=XOAUTH2", "SASL-IR")

        def login(conn, rest):
            words = rest.split(" ")
            if len(words) == 2:
                conn.send(b"+ \r\n")
                words.append(conn.line())
            said = base64.b64decode(words[2]).decode()
            if tokens.granted and said == "user=ann\1auth=Bearer %s\1\1" % tokens.granted[-1]:
                return DEFAULT
            conn.send(b"+ %s\r\n" % base64.b64encode(b'{"status":"401","schemes":"bearer"}'))
            self.assertEqual(conn.line(), "")
            return conn.send(b"%s NO [AUTHENTICATIONFAILED] no\r\n" % conn.tag.encode())
        server.answer["login"] = login
        self.account(server, tokens.lines(), secret=None)
        self.set_state(refresh_token="refresh-0")
        return server

    def test_ends_in_the_middle(self):
        """BYE AccessTokenExpired between two mailboxes: the rest arrives with a new token."""
        with Tokens() as tokens:
            self.boxes = {"INBOX": {1: mail(1)}, "Second": {1: mail(2), 2: mail(3)}}
            server = self.serve(tokens)

            def expire(conn):
                if len(server.connections) > 1:
                    return DEFAULT
                tokens.granted.append("not-yet-handed-out")
                conn.send(b"* BYE Session invalidated - AccessTokenExpired\r\n")
                raise Hangup
            server.answer["examine", "Second"] = expire
            got = self.harvest()
            self.assertEqual((got["fetched"], got["mailboxes_failed"]), (3, 0))
            self.assertEqual(len(tokens.posts), 2)
            self.assertEqual(len(server.connections), 2)
            self.assertEqual(server.errors, [])

    def test_grant_ends_in_the_middle(self):
        """Then the account stops, keeps what it has, and says what to do."""
        with Tokens() as tokens:
            self.boxes = {"INBOX": {1: mail(1)}, "Second": {1: mail(2)}}
            server = self.serve(tokens)

            def expire(conn):
                tokens.granted.append("other")
                tokens.answers["/token"] = [(400, {"error": "invalid_grant"})] * 9
                conn.send(b"* BYE Session invalidated - AccessTokenExpired\r\n")
                raise Hangup
            server.answer["examine", "Second"] = expire
            self.refused("sheaf login alice")
            self.assertEqual(len(self.copies()), 1)
            self.assertEqual(len(tokens.posts), 2)

    def test_long_token(self):
        """Too long for the command line: it goes behind a continuation."""
        with Tokens() as tokens:
            tokens.make = lambda: "x" * 12000
            self.serve(tokens)
            self.harvest()
            self.assertEqual(len(self.copies()), 1)


class Documentation(Case):
    """What docs/harvest.md tells people to write is understood."""

    def test_configurations(self):
        text = (ROOT / "docs" / "harvest.md").read_text(encoding="utf-8")
        blocks = re.findall(r"(?:^    .*\n)+", text, re.M)
        configurations = [re.sub("^    ", "", b, flags=re.M) for b in blocks if "[account" in b]
        self.assertGreater(len(configurations), 8)
        for block in configurations:
            self.configure(block)
            self.call("harvest", "nobody-of-that-name", want=64)
            self.assertIn("no account 'nobody-of-that-name'", self.stderr, block)


if __name__ == "__main__":
    unittest.main()

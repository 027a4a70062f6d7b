"""People for tests: users with passwords, tokens, and a browser that keeps its cookie."""

import re
import subprocess
import urllib.parse

from sheafserver import SECONDS, SHEAF, sheaf

PASSWORD = "a long enough password"
FORM = "application/x-www-form-urlencoded"


def user(archive, verb, name, *args, password=PASSWORD):
    """sheaf user VERB NAME …, with the password on standard input."""
    done = subprocess.run([SHEAF, "-C", str(archive), "user", verb, name, *args],
                          input=password.encode() + b"\n", stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode()


def token(archive, name, scope="read,tag,export,audit,admin", *args):
    """A new token of the user."""
    done = sheaf(archive, "token", "add", "--user", name, "--scope", scope, *args)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode().strip()


def bearer(secret):
    """The header that shows a token."""
    return {"Authorization": "Bearer " + secret}


class Browser:
    """Keeps the cookie, sends what browsers send, reads forms."""

    def __init__(self, server):
        self.server, self.cookie = server, None

    def headers(self, more=()):
        """Those of a browser on our own page."""
        out = {"Sec-Fetch-Site": "same-origin",
               "Origin": "http://127.0.0.1:%d" % self.server.port}
        if self.cookie:
            out["Cookie"] = self.cookie
        out.update(more)
        return out

    def keep(self, answer):
        """Takes a cookie up."""
        said = answer.headers["Set-Cookie"]
        if said:
            self.cookie = said.split(";")[0]
        return answer

    def get(self, target, **headers):
        """One page."""
        return self.keep(self.server.ask(target, headers=self.headers(headers)))

    def post(self, target, fields, headers=()):
        """Sends a form as it is."""
        more = dict({"Content-Type": FORM}, **dict(headers))
        return self.keep(self.server.ask(target, "POST", self.headers(more),
                                         urllib.parse.urlencode(fields)))

    def login(self, name, password=PASSWORD, code="", goal="/"):
        """Fills the form in."""
        return self.post("/login", {"name": name, "password": password, "code": code,
                                    "next": goal})

    def csrf(self):
        """What forms of this session must send."""
        page = self.get("/sessions").body.decode()
        return re.search(r'name="csrf" value="([0-9a-f]{64})"', page)[1]

"""A token server for OAuth on 127.0.0.1, which does as it is told.

    with Tokens() as tokens:
        tokens.answers["/token"].append((400, {"error": "invalid_grant"}))

Without such an answer /token grants `tokens.make()`, with a new refresh token each time (the
old one is then no good any more), and /device begins a device flow. `posts` keeps what was
asked: (path, fields, time).
"""

import base64
import hashlib
import hmac
import http.server
import json
import threading
import time
import urllib.parse

KEY = b"test-key-of-thirty-two-bytes-okay"


def url64(data):
    """Base64 for JWT."""
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def jwt(user, seconds):
    """A token that Dovecot can check by itself."""
    now = int(time.time())
    head = url64(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
    body = url64(json.dumps({"sub": user, "iat": now - 60, "nbf": now - 60, "exp": now + seconds,
                             "scope": "mail"}).encode())
    sign = url64(hmac.new(KEY, head + b"." + body, hashlib.sha256).digest())
    return (head + b"." + body + b"." + sign).decode()


class Tokens:
    """The server; see above."""

    def __init__(self, user="alice", life=3600):
        self.user, self.life = user, life
        self.answers = {"/token": [], "/device": []}
        self.posts, self.refresh, self.granted = [], "refresh-0", []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            """One request."""

            def do_POST(self):
                """A form."""
                size = int(self.headers["Content-Length"])
                form = dict(urllib.parse.parse_qsl(self.rfile.read(size).decode()))
                status, answer = outer.answer(self.path, form)
                data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_args):
                """Not on the terminal."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = "http://127.0.0.1:%d" % self.server.server_port
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def make(self):
        """A fresh access token."""
        return jwt(self.user, self.life)

    def answer(self, path, form):
        """(status, JSON or bytes)"""
        self.posts.append((path, form, time.monotonic()))
        if self.answers[path]:
            given = self.answers[path].pop(0)
            if given is not None:
                return given
        if path == "/device":
            return 200, {"device_code": "device-code", "user_code": "ABCD-EFGH", "interval": 1,
                         "verification_uri": "https://example.org/device", "expires_in": 60}
        if form.get("grant_type") == "refresh_token" and form.get("refresh_token") != self.refresh:
            return 400, {"error": "invalid_grant"}
        self.refresh = "refresh-%d" % (len(self.granted) + 1)
        self.granted.append(self.make())
        return 200, {"access_token": self.granted[-1], "expires_in": self.life,
                     "refresh_token": self.refresh, "token_type": "Bearer"}

    def lines(self):
        """For sheaf.conf."""
        return ("oauth = own\noauth_client_id = me & you\noauth_scope = mail\n"
                "oauth_token_url = %s/token\noauth_device_url = %s/device\n"
                % (self.url, self.url))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_exc):
        self.server.shutdown()
        self.server.server_close()

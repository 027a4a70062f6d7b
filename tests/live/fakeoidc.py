"""An OpenID Connect provider for tests: it says yes to everybody, checks what is sent to it, and
can be told to sign nonsense."""

import base64
import hashlib
import http.server
import json
import random
import threading
import time
import urllib.parse

PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")  # SHA-256 in PKCS #1


def b64(data):
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(n):
    """A number as JWK has it."""
    return b64(n.to_bytes((n.bit_length() + 7) // 8, "big"))


def prime(rand, bits):
    """One, with very high probability."""
    while True:
        n = rand.getrandbits(bits) | 3 << (bits - 2) | 1
        if all(n % p for p in (3, 5, 7, 11, 13, 17, 19, 23, 29)) and all(
                pow(a, n - 1, n) == 1 for a in (2, 3, 5, 7, 11)):
            return n


class Key:
    """An RSA key of 2,048 bits, always the same for a seed."""

    def __init__(self, seed):
        rand = random.Random(seed)
        self.kid, self.e = "key-%d" % seed, 65537
        p, q = prime(rand, 1024), prime(rand, 1024)
        self.n, self.d = p * q, pow(self.e, -1, (p - 1) * (q - 1))

    def jwk(self):
        """The public half."""
        return {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.kid,
                "n": number(self.n), "e": number(self.e)}

    def sign(self, text):
        """RSASSA-PKCS1-v1_5 with SHA-256."""
        tail = PREFIX + hashlib.sha256(text).digest()
        block = b"\x00\x01" + b"\xff" * (256 - 3 - len(tail)) + b"\x00" + tail
        return pow(int.from_bytes(block, "big"), self.d, self.n).to_bytes(256, "big")


def token(key, claims, head=()):
    """A signed token."""
    head = dict({"alg": "RS256", "typ": "JWT", "kid": key.kid}, **dict(head))
    text = b64(json.dumps(head).encode()) + "." + b64(json.dumps(claims).encode())
    return text + "." + b64(key.sign(text.encode()))


class Provider:
    """Serves on 127.0.0.1. `person` are the claims of whoever logs in next; `spoil` may change
    claims, head and the finished token."""

    def __init__(self):
        self.keys = [Key(1)]
        self.person = {"sub": "1", "preferred_username": "ann", "groups": ["legal"]}
        self.spoil = {}
        self.codes, self.asked = {}, []
        self.client, self.secret = "sheaf client", "s&cret"
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            """Discovery, keys, tokens."""

            def log_message(self, *_):
                pass

            def give(self, what, status=200):
                """JSON."""
                body = json.dumps(what).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self):
                outer.asked.append(self.path)
                if self.path == "/.well-known/openid-configuration":
                    self.give({"issuer": outer.issuer,
                               "authorization_endpoint": outer.issuer + "/auth",
                               "token_endpoint": outer.issuer + "/token",
                               "jwks_uri": outer.issuer + "/keys"})
                elif self.path == "/keys":
                    self.give({"keys": [k.jwk() for k in outer.keys]})
                else:
                    self.give({}, 404)

            def do_POST(self):
                outer.asked.append(self.path)
                size = int(self.headers["Content-Length"])
                form = dict(urllib.parse.parse_qsl(self.rfile.read(size).decode()))
                who = base64.b64decode(self.headers["Authorization"][6:]).decode()
                answer = outer.redeem(form, who)
                self.give(answer or {"error": "invalid_grant"}, 200 if answer else 400)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = "http://127.0.0.1:%d" % self.server.server_port
        self.thread = threading.Thread(target=self.server.serve_forever)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def agree(self, address):
        """What the browser does there: (code, state)."""
        q = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(address).query))
        assert address.startswith(self.issuer + "/auth?"), address
        assert q["response_type"] == "code" and q["code_challenge_method"] == "S256", q
        assert q["client_id"] == self.client and "openid" in q["scope"].split(), q
        code = "code-%d" % len(self.codes)
        self.codes[code] = q
        return code, q["state"]

    def redeem(self, form, who):
        """Tokens for a code, once, with its verifier."""
        q = self.codes.pop(form.get("code"), None)
        name, secret = (urllib.parse.unquote(x) for x in who.split(":"))
        if q is None or (name, secret) != (self.client, self.secret):
            return None
        challenge = b64(hashlib.sha256(form["code_verifier"].encode()).digest())
        if challenge != q["code_challenge"] or form["redirect_uri"] != q["redirect_uri"]:
            return None
        now = int(time.time())
        claims = dict({"iss": self.issuer, "aud": self.client, "exp": now + 300, "iat": now,
                       "nonce": q["nonce"]}, **self.person)
        claims.update(self.spoil.get("claims", {}))
        made = token(self.spoil.get("key", self.keys[-1]), claims, self.spoil.get("head", {}))
        return {"access_token": "x", "token_type": "Bearer",
                "id_token": self.spoil.get("token", lambda t: t)(made)}

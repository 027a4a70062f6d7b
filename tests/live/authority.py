"""A time authority on 127.0.0.1 for a test: openssl ts -reply behind Python's http.server."""

import http.server
import pathlib
import ssl
import subprocess
import threading

CONFIG = """
[tsa]
default_tsa = one
[one]
serial = serial
default_policy = 1.2.3.4
digests = sha256, sha512
accuracy = secs:1
signer_digest = sha256
ess_cert_id_chain = no
signer_cert = tsa.pem
signer_key = tsa.key
[ext]
extendedKeyUsage = critical,timeStamping
keyUsage = critical,digitalSignature
"""


def openssl(top, *argv, **more):
    """Run it; its output."""
    return subprocess.run(["openssl", *argv], cwd=top, check=True, capture_output=True,
                          timeout=60, **more).stdout


def pair(top, name, subject, *more):
    """A key and a certificate; signed by ca when the arguments say so."""
    openssl(top, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-keyout", name + ".key", "-out", name + ".pem", "-subj", subject,
            "-days", "30", *more)


class Authority:
    """From `with` to its end. `change` gets (request, reply) and returns what is sent: bytes, or
    (status, content type, bytes), or a function that is called with the handler."""

    def __init__(self, top, secure=False):
        self.top = pathlib.Path(top)
        self.change = lambda request, reply: reply
        self.asked = 0
        self.top.mkdir()
        (self.top / "cnf").write_text(CONFIG)
        (self.top / "serial").write_text("01\n")
        pair(self.top, "ca", "/CN=test root", "-addext", "basicConstraints=critical,CA:TRUE")
        pair(self.top, "other", "/CN=other root", "-addext", "basicConstraints=critical,CA:TRUE")
        self.signer("ext")
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        if secure:
            pair(self.top, "tls", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1")
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.top / "tls.pem", self.top / "tls.key")
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self.url = "http%s://127.0.0.1:%d/tsr" % ("s" if secure else "",
                                                  self.server.server_address[1])

    def signer(self, section, subject="/CN=test authority"):
        """The certificate that signs, by the root, with the extensions of that section."""
        openssl(self.top, "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                "-nodes", "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", subject)
        openssl(self.top, "x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                "-CAcreateserial", "-out", "tsa.pem", "-days", "30", "-extfile", "cnf",
                "-extensions", section)

    def reply(self, request):
        """What openssl answers."""
        (self.top / "query").write_bytes(request)
        openssl(self.top, "ts", "-reply", "-config", "cnf", "-section", "one", "-queryfile",
                "query", "-out", "reply")
        return (self.top / "reply").read_bytes()

    def handler(self):
        """The class http.server wants."""
        authority = self

        class Handler(http.server.BaseHTTPRequestHandler):
            """One POST."""

            def do_POST(self):
                """Named by the library."""
                authority.asked += 1
                request = self.rfile.read(int(self.headers["Content-Length"]))
                good = self.headers["Content-Type"] == "application/timestamp-query"
                out = authority.change(request, authority.reply(request)) if good else b""
                if callable(out):
                    out(self)
                    return
                if isinstance(out, bytes):
                    out = (200, "application/timestamp-reply", out)
                self.send_response(out[0])
                self.send_header("Content-Type", out[1])
                self.send_header("Content-Length", str(len(out[2])))
                if out[0] // 100 == 3:
                    self.send_header("Location", authority.url)
                self.end_headers()
                self.wfile.write(out[2])

            def log_message(self, *_):
                """Nothing."""

        return Handler

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

"""The server's side of SCRAM (RFC 5802), for the fake IMAP server: also the wrong one."""

import base64
import hashlib
import hmac
import os
import ssl
import threading

from fakeserver import Connection, Fake


def b64(data):
    """As text."""
    return base64.b64encode(data).decode()


class Scram:
    """Answers AUTHENTICATE: fake.answer["login"] = Scram("pw", ...).

    bindings: the names of channel bindings it takes with -PLUS. liar: it does not know the
    password, and says OK. quiet: it says OK without its signature. rounds: what it asks for.
    Attributes: `tried`, the mechanism and GS2 header of each attempt.
    """

    def __init__(self, password, bindings=(), liar=False, quiet=False, rounds=4096):
        self.password, self.bindings = password, bindings
        self.liar, self.quiet, self.rounds = liar, quiet, rounds
        self.tried = []

    def __call__(self, conn, rest):
        words = rest.split(" ")
        if words[0].upper() != "AUTHENTICATE":
            self.tried.append((words[0], ""))
            return conn.send(b"%s NO only SCRAM\r\n" % conn.tag.encode())
        mech = words[1].upper()
        if not mech.startswith("SCRAM-"):
            self.tried.append((mech, ""))
            return conn.send(b"%s NO only SCRAM\r\n" % conn.tag.encode())
        if len(words) == 2:
            conn.send(b"+ \r\n")
            words.append(conn.line())
        if self.exchange(conn, mech, base64.b64decode(words[2]).decode()):
            return conn.ok()
        return conn.send(b"%s NO [AUTHENTICATIONFAILED] no\r\n" % conn.tag.encode())

    def ask(self, conn, text):
        """A challenge, and what the client says to it; None when it cancels."""
        conn.send(b"+ %s\r\n" % b64(text.encode()).encode())
        line = conn.line()
        return None if line in (None, "*") else base64.b64decode(line).decode("latin-1")

    def exchange(self, conn, mech, first):
        """Is the client allowed in?"""
        name = "sha256" if "256" in mech else "sha1"
        flag, _, bare = first.split(",", 2)
        self.tried.append((mech, flag))
        nonce = bare.split("r=")[1] + b64(os.urandom(9))
        salt = os.urandom(16)
        server = "r=%s,s=%s,i=%d" % (nonce, b64(salt), self.rounds)
        final = self.ask(conn, server)
        if final is None:
            return False
        without, proof = final.rsplit(",p=", 1)
        if base64.b64decode(without.split(",")[0][2:]) != self.expected(conn, mech, flag):
            return False
        password = "other" if self.liar else self.password
        salted = hashlib.pbkdf2_hmac(name, password.encode(), salt, self.rounds)
        key = hmac.digest(salted, b"Client Key", name)
        auth = ",".join((bare, server, without)).encode()
        mine = hmac.digest(hashlib.new(name, key).digest(), auth, name)
        good = bytes(a ^ b for a, b in zip(key, mine)) == base64.b64decode(proof)
        if not good and not self.liar:
            return False
        if not self.quiet:
            signature = hmac.digest(hmac.digest(salted, b"Server Key", name), auth, name)
            if self.ask(conn, "v=" + b64(signature)) is None:
                return False
        return True

    def expected(self, conn, mech, flag):
        """The client's channel binding as it must be; None: it cannot be right."""
        if not mech.endswith("-PLUS"):
            return b"n,," if flag == "n" else None
        name = flag[2:]
        if name not in self.bindings:
            return None
        return b"p=%s,," % name.encode() + conn.sock.get_channel_binding(name)


class TlsFake(Fake):
    """A fake server with TLS from the first byte. `most`: the highest version it speaks."""

    def __init__(self, boxes, certificate, most=ssl.TLSVersion.TLSv1_3):
        super().__init__(boxes)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(*map(str, certificate))
        self.context.maximum_version = most

    def accept(self):
        """Take clients until closed."""
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.shake, args=(sock,), daemon=True).start()

    def shake(self, sock):
        """The handshake, then as without TLS."""
        try:
            conn = Connection(self, self.context.wrap_socket(sock, server_side=True))
        except OSError:
            sock.close()
            return
        self.connections.append(conn)
        self.serve(conn)

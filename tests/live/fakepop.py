"""A fake POP3 server that misbehaves as it is told.

It serves [(unique-id, bytes), …] correctly; a test changes single answers:

    with FakePop([("a", b"..."), ("b", b"...")]) as server:
        server.answer["retr", 2] = lambda c, n: c.send(b"-ERR no\\r\\n")

Keys of `answer`: "greeting", "capa", "stls", "login", "stat", "list", "uidl", ("retr", number),
("top", number) for a header, "quit". TOP of a whole message is "retr" too. A function gets the
connection first, then what is asked; when it returns DEFAULT the correct answer follows. Every
command is kept in `commands`. A command that could change the drop is an error.
"""

import contextlib
import socket
import threading
import time

from fakeserver import DEFAULT, Fake, Hangup

CAPA = "TOP UIDL PIPELINING USER RESP-CODES"


class Connection:
    """One client."""

    tag = ""

    def __init__(self, server, sock):
        self.server, self.sock = server, sock
        self.data = b""

    def send(self, data):
        """Send bytes as they are."""
        self.sock.sendall(data)

    def ok(self, text=b"done"):
        """A line."""
        self.send(b"+OK %s\r\n" % text)

    def many(self, lines):
        """+OK, the bytes of lines with dots put before them, and the end."""
        self.send(b"+OK\r\n" + stuffed(lines))

    def pieces(self, data, size=1, rest=0.002):
        """Bytes in packets of so many."""
        for at in range(0, len(data), size):
            self.send(data[at:at + size])
            time.sleep(rest)

    def hang(self):
        """Say nothing until the client leaves."""
        with contextlib.suppress(OSError):
            while self.sock.recv(4096):
                pass
        raise Hangup

    def line(self):
        """One command, or None at the end."""
        while b"\n" not in self.data:
            more = self.sock.recv(65536)
            if not more:
                return None
            self.data += more
        line, self.data = self.data.split(b"\n", 1)
        return line.rstrip(b"\r").decode("latin-1")

    def asked(self, key, *args):
        """Let the test answer. True: it did."""
        function = self.server.answer.get(key)
        return function is not None and function(self, *args) is not DEFAULT

    def run(self):
        """Serve until the client leaves."""
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if not self.asked("greeting"):
            self.ok(b"hello")
        while True:
            line = self.line()
            if line is None:
                return
            self.server.commands.append(line)
            verb, _, rest = line.partition(" ")
            verb = verb.lower()
            if verb == "top" and not rest.endswith(" 0"):
                verb = "retr"
            if verb in ("dele", "rset"):
                raise RuntimeError("the client said " + verb)
            key = (verb, int(rest.split()[0])) if verb in ("retr", "top") else verb
            if verb in ("pass", "auth"):
                key = "login"
            if not self.asked(key, *([key[1]] if verb in ("retr", "top") else [])):
                getattr(self, "do_" + verb, self.unknown)(rest)

    def unknown(self, _rest):
        """What this server does not know."""
        self.send(b"-ERR what\r\n")

    def do_capa(self, _rest):
        """CAPA"""
        self.many(b"".join(w.replace("_", " ").encode() + b"\r\n"
                           for w in self.server.caps.split()))

    def do_user(self, _rest):
        """USER"""
        self.ok()

    do_pass = do_user

    def do_stls(self, _rest):
        """STLS"""
        self.ok()
        self.hang()

    def do_quit(self, _rest):
        """QUIT"""
        self.ok()
        raise Hangup

    def do_stat(self, _rest):
        """STAT"""
        self.ok(b"%d %d" % (len(self.server.mails), sum(len(m) for _, m in self.server.mails)))

    def do_list(self, _rest):
        """LIST"""
        self.many(b"".join(b"%d %d\r\n" % (n, len(m))
                           for n, (_, m) in enumerate(self.server.mails, 1)))

    def do_uidl(self, _rest):
        """UIDL"""
        self.many(b"".join(b"%d %s\r\n" % (n, name.encode())
                           for n, (name, _) in enumerate(self.server.mails, 1)))

    def do_retr(self, rest):
        """RETR, and TOP of more lines than there are"""
        self.many(self.server.mails[int(rest.split()[0]) - 1][1])

    def do_top(self, rest):
        """TOP n 0"""
        data = self.server.mails[int(rest.split()[0]) - 1][1]
        self.many(data.split(b"\r\n\r\n")[0] + b"\r\n\r\n")


def stuffed(data):
    """As it goes over the wire, with the end."""
    if data.startswith(b"."):
        data = b"." + data
    return data.replace(b"\r\n.", b"\r\n..") + b".\r\n"


class FakePop(Fake):
    """The server; one thread per connection."""

    def __init__(self, mails):
        super().__init__({})
        self.mails, self.caps = list(mails), CAPA

    def accept(self):
        """Take clients until closed."""
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            conn = Connection(self, sock)
            self.connections.append(conn)
            threading.Thread(target=self.serve, args=(conn,), daemon=True).start()

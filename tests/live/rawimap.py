"""An IMAP client that knows next to nothing: it stores and reads messages, octet for octet, and
shares no code with anything. What it reads is what the server gives."""

import re
import socket


class Raw:
    """A connection that is logged in."""

    def __init__(self, port, user, password):
        self.sock = socket.create_connection(("127.0.0.1", port), 60)
        self.data, self.number = b"", 0
        self.line()
        self.done(self.say(b'LOGIN "%s" "%s"' % (user.encode(), password.encode())))

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        self.sock.close()

    def more(self):
        """Read something."""
        data = self.sock.recv(1 << 20)
        if not data:
            raise EOFError("the server hung up")
        return data

    def line(self):
        """A line, without its CRLF."""
        while b"\r\n" not in self.data:
            self.data += self.more()
        line, self.data = self.data.split(b"\r\n", 1)
        return line

    def octets(self, count):
        """So many octets."""
        have = [self.data[:count]]
        self.data = self.data[count:]
        count -= len(have[0])
        while count:
            data = self.more()
            have.append(data[:count])
            self.data = data[count:]
            count -= len(have[-1])
        return b"".join(have)

    def say(self, text):
        """Send a command; its tag."""
        self.number += 1
        tag = b"r%d" % self.number
        self.sock.sendall(tag + b" " + text + b"\r\n")
        return tag

    def wait(self, tag):
        """(status, untagged lines) of a command without literals in its answer."""
        lines = []
        while True:
            line = self.line()
            if line.startswith(tag + b" "):
                return line[len(tag) + 1:], lines
            lines.append(line)

    def done(self, tag):
        """It must be OK."""
        status, lines = self.wait(tag)
        if not status.startswith(b"OK"):
            raise RuntimeError(status.decode("latin-1"))
        return lines

    def append(self, mailbox, message, flags="", literal8=False):
        """APPEND. True, or what the server says against it."""
        tag = self.say(b"APPEND %s (%s) %s{%d}" % (mailbox.encode(), flags.encode(),
                                                   b"~" if literal8 else b"", len(message)))
        line = self.line()
        while not line.startswith((b"+", tag)):
            line = self.line()
        if line.startswith(b"+"):
            self.sock.sendall(message + b"\r\n")
            line = self.wait(tag)[0]
        return line.startswith(b"OK") or line.decode("latin-1")

    def response(self):
        """(text, octets) of one response; the octets of its literal, literal8, or empty string."""
        text, data = self.line(), None
        size = re.search(rb"~?\{(\d+)\}$", text)
        while size:
            data = self.octets(int(size[1]))
            rest = self.line()
            text, size = text + rest, re.search(rb"~?\{(\d+)\}$", rest)
        return text, b"" if data is None and b'BODY[] ""' in text else data

    def messages(self, mailbox):
        """{uid: (octets, set of flags)}, \\Recent left out."""
        found = {}
        self.done(self.say(b"EXAMINE " + mailbox.encode()))
        tag = self.say(b"UID FETCH 1:4294967295 (UID FLAGS BODY.PEEK[])")
        while True:
            text, data = self.response()
            if text.startswith(tag + b" OK"):
                return found
            uid, flags = re.search(rb"UID (\d+)", text), re.search(rb"FLAGS \(([^)]*)\)", text)
            if text.startswith(tag) or (b" FETCH " in text and data is None):
                raise RuntimeError(repr(text[:200]))
            if uid and flags:
                found[int(uid[1])] = (data, set(flags[1].decode().split()) - {"\\Recent"})

"""A fake IMAP server that misbehaves as it is told.

It serves mailboxes given as {name: {uid: bytes}} correctly; a test changes single answers:

    with Fake({"INBOX": {1: b"...", 2: b"..."}}) as server:
        server.answer["message", 2] = lambda c, u, m: c.send(b"* 2 FETCH (UID 2)\\r\\n")

Keys of `answer`: "greeting", "capability", "login", "starttls", "list", ("examine", mailbox),
"enumerate", ("message", uid), "fetch" (a whole UID FETCH of messages), "id"; and where header,
text or a part of a message is asked for, ("head", uid), ("text", uid), ("part", uid), which get the
bytes, and the place of a part; without them that goes to ("message", uid) too. A function gets the
connection first, then what is asked; what it returns counts: None it answered; DEFAULT the
correct answer follows; for "fetch", bytes are the tagged status line ("NO [UNAVAILABLE] x").
Every command is kept in `commands`.
"""

import contextlib
import re
import socket
import threading

import wirelint

DEFAULT = object()


class Hangup(Exception):
    """Raised by an answer: close the connection at once."""


class Connection:
    """One client."""

    def __init__(self, server, sock):
        self.server, self.sock = server, sock
        self.box, self.tag, self.data = None, "", b""
        self.enabled = []
        self.number = len(server.connections)
        self.item = b""  # BODY[HEADER], BODY[]<0>: the piece that is asked for

    def send(self, data):
        """Send bytes as they are."""
        self.sock.sendall(data)

    def ok(self, text=b"done"):
        """The tagged OK."""
        self.send(b"%s OK %s\r\n" % (self.tag.encode(), text))

    def hang(self):
        """Say nothing until the client leaves."""
        with contextlib.suppress(OSError):
            while self.sock.recv(4096):
                pass
        raise Hangup

    def message(self, uid, mail):
        """A correct FETCH response."""
        self.send(self.response(uid, mail))

    def response(self, uid, mail):
        """Its bytes."""
        seq = sorted(self.server.boxes[self.box]).index(uid) + 1
        extra = self.server.extra.get(uid)
        if "UIDONLY" in self.enabled:
            seq, verb = uid, b"UIDFETCH"
        else:
            verb = b"FETCH"
        return (b'* %d %s (UID %d FLAGS (\\Seen) INTERNALDATE "06-Mar-2025 07:30:00 +0100" '
                b'RFC822.SIZE %d%s %s {%d}\r\n%s)\r\n'
                % (seq, verb, uid, len(mail), b" " + extra if extra else b"",
                   self.item or self.server.body_item, len(mail), mail))

    def line(self):
        """One command line with its literals, or None at the end."""
        whole = b""
        while True:
            while b"\n" not in self.data:
                more = self.sock.recv(65536)
                if not more:
                    return None
                self.data += more
            line, self.data = self.data.split(b"\n", 1)
            whole += line.rstrip(b"\r")
            literal = re.search(rb"\{(\d+)(\+?)\}$", whole)
            if not literal:
                return whole.decode("latin-1")
            if not literal.group(2):
                self.send(b"+ go on\r\n")
            size = int(literal.group(1))
            while len(self.data) < size:
                more = self.sock.recv(65536)
                if not more:
                    return None
                self.data += more
            whole, self.data = whole[:literal.start()] + b'"' + self.data[:size] + b'"', \
                self.data[size:]

    def asked(self, key, *args):
        """Let the test answer. True: it did."""
        function = self.server.answer.get(key)
        return function is not None and function(self, *args) is not DEFAULT

    def run(self):
        """Serve until the client leaves."""
        if not self.asked("greeting"):
            self.send(b"* OK hello\r\n")
        while True:
            line = self.line()
            if line is None:
                return
            self.server.commands.append(line)
            self.tag, _, rest = line.partition(" ")
            verb = rest.upper().split(" ")
            name = "uid_" + verb[1].lower() if verb[0] == "UID" else verb[0].lower()
            getattr(self, "do_" + name, self.unknown)(rest)

    def unknown(self, _rest):
        """What this server does not know."""
        self.send(b"%s BAD what\r\n" % self.tag.encode())

    def do_idle(self, rest):
        """IDLE: refused, unless the test answers."""
        if not self.asked("idle"):
            self.unknown(rest)

    def do_capability(self, _rest):
        """CAPABILITY"""
        if not self.asked("capability"):
            self.send(b"* CAPABILITY %s\r\n" % self.server.caps.encode())
            self.ok()

    def do_id(self, _rest):
        """ID"""
        if self.asked("id"):
            return
        self.send(b"* ID NIL\r\n")
        self.ok()

    def do_enable(self, rest):
        """ENABLE: whatever is asked for and offered."""
        words = [w for w in rest.split()[1:] if w in self.server.caps.split()]
        self.send(b"* ENABLED %s\r\n" % " ".join(words).encode())
        self.enabled += words
        self.ok()

    def do_compress(self, _rest):
        """COMPRESS: only what a test says."""
        if not self.asked("compress"):
            self.unknown(_rest)

    def do_namespace(self, _rest):
        """NAMESPACE"""
        self.send(b"* NAMESPACE %s\r\n" % self.server.namespace)
        self.ok()

    def do_login(self, rest):
        """LOGIN"""
        if not self.asked("login", rest):
            self.ok()

    do_authenticate = do_login

    def do_starttls(self, _rest):
        """STARTTLS"""
        if not self.asked("starttls"):
            self.ok()
            self.hang()

    def do_logout(self, _rest):
        """LOGOUT"""
        self.send(b"* BYE\r\n")
        self.ok()
        raise Hangup

    def do_list(self, rest):
        """LIST"""
        if self.asked("list"):
            return
        for name in self.server.boxes:
            use = self.server.special.get(name, "")
            raw = name.encode("latin-1")
            self.send(b'* LIST (%s) "/" {%d}\r\n%s\r\n' % (use.encode(), len(name), raw))
            if "STATUS" in rest and not self.asked(("status", name)):
                box = self.server.boxes[name]
                self.send(b"* STATUS {%d}\r\n%s (MESSAGES %d UIDNEXT %d UIDVALIDITY %d"
                          b" HIGHESTMODSEQ %d)\r\n"
                          % (len(name), raw, len(box), self.server.uidnext(name),
                             self.server.uidvalidity, self.server.modseq or 0))
        self.ok()

    def do_examine(self, rest):
        """EXAMINE"""
        name = rest.split(" ", 1)[1]
        if name.startswith('"'):
            name = name[1:-1].replace('\\"', '"').replace("\\\\", "\\")
        self.box = name
        if self.asked(("examine", name)):
            return
        if name not in self.server.boxes:
            self.send(b"%s NO no such mailbox\r\n" % self.tag.encode())
            return
        box = self.server.boxes[name]
        self.send(b"* %d EXISTS\r\n* OK [UIDVALIDITY %d] x\r\n* OK [UIDNEXT %d] x\r\n"
                  % (len(box), self.server.uidvalidity, self.server.uidnext(name)))
        if self.server.modseq:
            self.send(b"* OK [HIGHESTMODSEQ %d] x\r\n" % self.server.modseq)
        if self.server.mailboxid:
            self.send(b"* OK [MAILBOXID (%s)] x\r\n" % self.server.mailboxid.encode())
        self.ok(b"[READ-ONLY] done")

    def do_uid_search(self, rest):
        """UID SEARCH RETURN (ALL) UID a:b, the one search that is used"""
        if self.asked("search", rest):
            return
        ranges = rest.split(" ")[-1]
        uids = [str(u) for u in sorted(self.server.boxes[self.box]) if inside(ranges, u)]
        self.send(b'* ESEARCH (TAG "%s") UID%s\r\n' % (
            self.tag.encode(), b" ALL " + ",".join(uids).encode() if uids else b""))
        self.ok()

    def do_uid_fetch(self, rest):
        """UID FETCH"""
        _, _, ranges, items = rest.split(" ", 3)
        box = self.server.boxes[self.box]
        uids = [u for u in sorted(box) if inside(ranges, u)]
        since = re.search(r"CHANGEDSINCE (\d+)( VANISHED)?", items)
        if since:
            self.changes(int(since.group(1)), since.group(2))
            return
        if "BODY" not in items and "RFC822.PEEK" not in items:
            self.enumerate(uids)
            return
        if "HEADER.FIELDS" in items:
            self.headers(uids)
            return
        function = self.server.answer.get("fetch")
        status = function(self, uids) if function else DEFAULT
        if status is None:
            return
        if status is DEFAULT:
            status = b"OK done"
            for uid in uids:
                if not self.piece(items, uid, box[uid]) and \
                        not self.asked(("message", uid), uid, box[uid]):
                    self.message(uid, box[uid])
        self.send(b"%s %s\r\n" % (self.tag.encode(), status))

    def piece(self, items, uid, mail):
        """A piece of a message, if one is asked for. True: it was sent."""
        part = re.search(r"BODY.PEEK\[\]<(\d+)\.(\d+)>", items)
        kind, args = None, ()
        if part:
            start, most = int(part.group(1)), int(part.group(2))
            kind, args = "part", (start,)
            self.item, data = b"BODY[]<%d>" % start, mail[start:start + most]
        elif "BODY.PEEK[HEADER]" in items or "BODY.PEEK[TEXT]" in items:
            kind = "head" if "HEADER" in items else "text"
            cut = mail.index(b"\r\n\r\n") + 4
            self.item = b"BODY[HEADER]" if kind == "head" else b"BODY[TEXT]"
            data = mail[:cut] if kind == "head" else mail[cut:]
        if kind is None or ((kind, uid) not in self.server.answer and
                            ("message", uid) in self.server.answer):
            self.item = b""
            return False
        try:
            if not self.asked((kind, uid), uid, data, *args):
                self.message(uid, data)
        finally:
            self.item = b""
        return True

    def changes(self, since, vanished):
        """What changed since that modseq, by server.touched and server.expunged."""
        if self.asked("changes", since):
            return
        if vanished:
            gone = [str(u) for u, m in self.server.expunged.items() if m > since]
            if gone:
                self.send(b"* VANISHED (EARLIER) %s\r\n" % ",".join(gone).encode())
        for number, uid in enumerate(sorted(self.server.boxes[self.box]), 1):
            modseq = self.server.touched.get(uid, 1)
            if modseq > since:
                self.send(b"* %d FETCH (UID %d FLAGS (\\Flagged) MODSEQ (%d))\r\n"
                          % (number, uid, modseq))
        self.ok()

    def headers(self, uids):
        """Dates, sizes and header fields."""
        for number, uid in enumerate(uids, 1):
            if self.asked(("header", uid), uid):
                continue
            data = self.server.boxes[self.box][uid]
            head = data.split(b"\r\n\r\n")[0] + b"\r\n\r\n"
            extra = b"".join(b" %s" % e for e in [self.server.extra.get(uid)] if e)
            self.send(b'* %d FETCH (UID %d FLAGS (\\Seen) INTERNALDATE "06-Mar-2025 07:30:00 +0100"'
                      b' RFC822.SIZE %d%s BODY[HEADER.FIELDS (DATE)] {%d}\r\n%s)\r\n'
                      % (number, uid, len(data), extra, len(head), head))
        self.ok()

    def enumerate(self, uids):
        """Which UIDs there are."""
        if self.asked("enumerate", uids):
            return
        for number, uid in enumerate(uids, 1):
            self.send(b"* %d FETCH (UID %d FLAGS (\\Seen))\r\n" % (number, uid))
        self.ok()


def inside(ranges, uid):
    """Is uid in "1:3,7"?"""
    for piece in ranges.split(","):
        low, _, high = piece.partition(":")
        if int(low) <= uid <= int(high or low):
            return True
    return False


class Fake:
    """The server; one thread per connection."""

    def __init__(self, boxes, uidvalidity=7):
        self.boxes, self.uidvalidity = boxes, uidvalidity
        self.answer, self.commands, self.connections, self.errors = {}, [], [], []
        self.caps, self.namespace, self.special = "IMAP4rev1", b'(("" "/")) NIL NIL', {}
        self.modseq, self.touched, self.expunged = None, {}, {}  # {uid: modseq}
        self.mailboxid, self.extra, self.next = "", {}, 0  # extra: FETCH items of a UID
        self.body_item = b"BODY[]"
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.accept, daemon=True)

    def uidnext(self, name):
        """The next UID of a mailbox."""
        return max(self.next, max(self.boxes[name], default=0) + 1)

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

    def serve(self, conn):
        """One client, whatever it does."""
        try:
            conn.run()
        except (Hangup, OSError):
            pass
        except Exception as bad:  # a mistake in a test must not look like a hang
            self.errors.append(bad)
        finally:
            conn.sock.close()

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_exc):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for conn in self.connections:
            with contextlib.suppress(OSError):
                conn.sock.shutdown(socket.SHUT_RDWR)
        wirelint.check_said(self.commands)

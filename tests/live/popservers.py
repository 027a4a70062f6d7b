"""The servers of servers.py and otherservers.py with POP3 beside IMAP, and a reader of drops.

    with PopDovecot(users=("alice",)) as server:
        server.fill("alice", "INBOX", [(b"Subject: hi\\n\\nhello\\n", "", None)])
        {name: bytes} = server.drop("alice")

`port` and `tls_port` stay those of IMAP, by which mail is put there; POP3 has pop_port, and
pops_port where there is TLS. account() speaks of POP3.
"""

import contextlib
import os
import pathlib
import socket

import otherservers
from servers import Dovecot, free_ports

POP3 = """
protocols = imap pop3
service pop3-login {{
  chroot =
  service_count = 0
  inet_listener pop3 {{
    address = 127.0.0.1
    port = {port}
  }}
  inet_listener pop3s {{
    address = 127.0.0.1
    port = {tls_port}
    ssl = yes
  }}
}}
{more}
"""


class Reader:
    """A POP3 client without limits and opinions: what the server sends is what it returns."""

    def __init__(self, port, user, password):
        self.sock = socket.create_connection(("127.0.0.1", port), 20)
        self.file = self.sock.makefile("rb")
        self.status(self.file.readline())
        if b"UTF8" in self.many("CAPA"):
            self.say("UTF8")
        self.say("USER " + user)
        self.say("PASS " + password)

    @staticmethod
    def status(line):
        """The rest of a +OK line."""
        if not line.startswith(b"+OK"):
            raise RuntimeError(line)
        return line[3:].strip()

    def say(self, command):
        """One command with one line to answer."""
        self.sock.sendall(command.encode() + b"\r\n")
        return self.status(self.file.readline())

    def many(self, command):
        """One command with many lines to answer: their bytes, dots taken away."""
        self.sock.sendall(command.encode() + b"\r\n")
        return self.lines()

    def lines(self):
        """The answer to such a command that was sent."""
        self.status(self.file.readline())
        out = []
        while True:
            line = self.file.readline()
            while line and not line.endswith(b"\r\n"):
                more = self.file.readline()
                if not more:
                    raise RuntimeError("hung up")
                line += more
            if line == b".\r\n" or not line:
                return b"".join(out)
            out.append(line[1:] if line.startswith(b".") else line)

    def close(self):
        """Say QUIT."""
        with contextlib.suppress(Exception):
            self.say("QUIT")
        self.file.close()
        self.sock.close()


class Pop:
    """What these servers have beside IMAP."""

    pop_port = pops_port = 0

    def account(self, user="alice", tls="implicit", **more):
        """The lines of sheaf.conf for this user, by POP3."""
        port = self.pops_port if tls == "implicit" else self.pop_port
        return super().account(user, tls, **dict({"protocol": "pop3", "port": port}, **more))

    def reader(self, user):
        """Log in to a drop."""
        return Reader(self.pop_port, user, user + "-pw")

    def drop(self, user):
        """[(name, bytes)] of all there is, in order."""
        reader = self.reader(user)
        try:
            names = [line.split(b" ", 1)[1].decode() for line in
                     reader.many("UIDL").splitlines()]
            out = []
            for start in range(0, len(names), 50):
                some = names[start:start + 50]
                reader.sock.sendall(b"".join(b"RETR %d\r\n" % n for n in
                                             range(start + 1, start + 1 + len(some))))
                out += [(name, reader.lines()) for name in some]
            return out
        finally:
            reader.close()

    def names(self, user):
        """What UIDL says."""
        reader = self.reader(user)
        try:
            return reader.many("UIDL").decode()
        finally:
            reader.close()


class PopDovecot(Pop, Dovecot):
    """Dovecot."""

    @staticmethod
    def installed():
        """Whether it and its POP3 server are on this machine."""
        return Dovecot.installed() and os.path.exists("/usr/lib/dovecot/pop3")

    def __init__(self, extra="", **more):
        self.pop_port, self.pops_port = free_ports(2)
        super().__init__(extra=POP3.format(port=self.pop_port, tls_port=self.pops_port,
                                           more=extra), **more)


class PopCyrus(Pop, otherservers.Cyrus):
    """Cyrus."""

    @staticmethod
    def installed():
        """Whether `make deps-live` has unpacked it, its POP3 server too."""
        return otherservers.Cyrus.installed() and \
            (otherservers.PREPARED / "cyrus" / "usr/lib/cyrus/bin/pop3d").exists()

    def __init__(self, **more):
        super().__init__(**more)
        self.pop_port, self.pops_port = free_ports(2)
        conf = self.root / "cyrus.conf"
        binary = pathlib.Path(self.master).parent
        lines = "".join('  %s cmd="%s/pop3d%s -C %s/imapd.conf" listen="127.0.0.1:%d"\n'
                        % (name, binary, flag, self.root, port) for name, flag, port in
                        (("pop3", "", self.pop_port), ("pop3s", " -s", self.pops_port)))
        conf.write_text(conf.read_text().replace("SERVICES {\n", "SERVICES {\n" + lines))
        self.give(self.root)


COURIER_POP = """
set -a
. /etc/courier/pop3d
daemons=/usr/lib/courier/courier
exec couriertcpd -address=127.0.0.1 -maxprocs=200 -maxperip=100 -nodnslookup -noidentlookup \\
	{port} $daemons/courierpop3login $daemons/courierpop3d Maildir
"""


class PopCourier(Pop, otherservers.Courier):
    """Courier, without TLS."""

    @staticmethod
    def installed():
        """Whether `make deps-live` has made its chroot, with POP3, and we may enter it."""
        return otherservers.Courier.installed() and \
            (otherservers.PREPARED / "courier" / "etc/courier/pop3d").exists()

    def __init__(self, **more):
        super().__init__(**more)
        self.pop = None
        (self.pop_port,) = free_ports(1)

    def start(self):
        """Start both and wait until they greet; returns self."""
        super().start()
        self.pop = self.daemon(COURIER_POP.format(port=self.pop_port))
        for _ in range(200):
            with contextlib.suppress(OSError):
                with socket.create_connection(("127.0.0.1", self.pop_port), 1) as sock:
                    if sock.recv(3) == b"+OK":
                        return self
            if self.pop.poll() is not None:
                break
            with contextlib.suppress(Exception):
                self.pop.wait(0.05)
        raise RuntimeError("Courier's POP3 server does not greet")

    def stop(self):
        """Stop them by process id."""
        if self.pop is not None:
            otherservers.ended(self.pop)
            self.pop = None
        super().stop()

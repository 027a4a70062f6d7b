"""Real servers for the live tests: each in a temporary folder, on free ports of 127.0.0.1.

    with Dovecot() as server:
        server.append("alice", "INBOX", b"Subject: hi\\r\\n\\r\\nhello\\r\\n", flags=r"\\Seen")
        with server.imap("alice") as box:
            box.select("INBOX", readonly=True)

Dovecot runs as the calling user, and as `nobody` when root calls: it gives no mail to root.
Nothing here needs root, installs anything, or leaves anything behind.
"""

import base64
import contextlib
import datetime
import grp
import imaplib
import os
import pathlib
import pwd
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time

USERS = ("alice", "bob", "many")
EMPTY_BOXES = ("Archive", "Drafts", "Junk", "Sent", "Trash")

CONF = """
base_dir = {root}/run
state_dir = {root}/state
instance_name = {instance}
log_path = {root}/dovecot.log
protocols = imap
listen = 127.0.0.1
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
default_process_limit = 64
first_valid_uid = 1
first_valid_gid = 1
auth_failure_delay = 0
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
service imap-urlauth-login {{
  chroot =
}}
service imap-login {{
  chroot =
  service_count = 0
  inet_listener imap {{
    address = 127.0.0.1
    port = {port}
  }}
  inet_listener imaps {{
    address = 127.0.0.1
    port = {tls_port}
    ssl = yes
  }}
}}
ssl = yes
ssl_min_protocol = TLSv1.2
ssl_cert = <{cert}
ssl_key = <{key}
disable_plaintext_auth = no
auth_mechanisms = plain login scram-sha-256
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {root}/users
}}
userdb {{
  driver = passwd-file
  args = username_format=%u {root}/users
}}
mail_location = {location}
mail_fsync = {fsync}
mail_max_userip_connections = 100
namespace inbox {{
  inbox = yes
  separator = /
{boxes}}}
{extra}
"""


def free_ports(count):
    """Ports of 127.0.0.1 that nobody listens on now."""
    socks = [socket.socket() for _ in range(count)]
    try:
        for sock in socks:
            sock.bind(("127.0.0.1", 0))
        return [sock.getsockname()[1] for sock in socks]
    finally:
        for sock in socks:
            sock.close()


def plain_user():
    """(user, group, uid, gid) a server should run as: the caller, or nobody for root."""
    entry = pwd.getpwuid(os.getuid()) if os.getuid() else pwd.getpwnam("nobody")
    return entry.pw_name, grp.getgrgid(entry.pw_gid).gr_name, entry.pw_uid, entry.pw_gid


def run(*argv, **kw):
    """A command that must succeed; its output, or an exception that shows it."""
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, **kw)
    if done.returncode:
        raise RuntimeError("%s: exit %d\n%s" % (argv[0], done.returncode,
                                                done.stdout.decode(errors="replace")))
    return done.stdout


class Authority:
    """A throw-away certificate authority: ca.pem, and certificates it signed."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.ca = self.folder / "ca.pem"
        self.ca_key = self.folder / "ca.key"
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-days", "30", "-subj", "/CN=sheaf test authority",
            "-keyout", self.ca_key, "-out", self.ca)

    def sign(self, stem, names=("DNS:localhost", "IP:127.0.0.1"), days=30, usage="serverAuth"):
        """(certificate, key) files for these names; days <= 0 makes an expired one."""
        cert, key = self.folder / (stem + ".pem"), self.folder / (stem + ".key")
        req, ext = self.folder / (stem + ".csr"), self.folder / (stem + ".ext")
        run("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-subj", "/CN=" + names[0].split(":", 1)[1], "-keyout", key, "-out", req)
        ext.write_text("subjectAltName=%s\nextendedKeyUsage=%s\n" % (",".join(names), usage))
        run("openssl", "x509", "-req", "-in", req, "-CA", self.ca, "-CAkey", self.ca_key,
            "-CAcreateserial", "-days", str(days), "-extfile", ext, "-out", cert)
        return cert, key


class Server:
    """What the servers have in common: `root` (a folder of their own), `port`, `tls_port` and `ca`
    where they have TLS, users with the password "<user>-pw"."""

    ca = None
    tls_port = 0
    process = None
    uid, gid = plain_user()[2:]

    def start(self):
        """Start it and wait until it greets; returns self."""
        raise NotImplementedError

    def stop(self):
        """Stop it by process id, and wait."""
        raise NotImplementedError

    def log(self):
        """What it logged so far."""
        return ""

    def await_greeting(self, *processes):
        """Wait until it greets; an exception if it does not, or ends."""
        end = time.monotonic() + 20
        while time.monotonic() < end:
            for process in processes:
                if process.poll() is not None:
                    raise RuntimeError("%s did not start: %s\n%s" % (
                        process.args[0], process.stderr.read().decode(errors="replace")
                        if process.stderr else "", self.log()))
            with contextlib.suppress(OSError):
                with socket.create_connection(("127.0.0.1", self.port), 1) as sock:
                    if sock.recv(4) == b"* OK":
                        return self
            time.sleep(0.02)
        self.stop()
        raise RuntimeError("the server does not greet\n" + self.log())

    def give(self, top):
        """Root prepares the files, the plain user must own them."""
        if os.getuid():
            return
        os.chown(top, self.uid, self.gid)
        for folder, folders, files in os.walk(top):
            for name in folders + files:
                os.lchown(os.path.join(folder, name), self.uid, self.gid)

    def as_user(self):
        """Arguments for subprocess that drop root."""
        kw = {"cwd": str(self.root),
              "env": {"PATH": os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/sbin",
                      "HOME": str(self.root)}}
        if not os.getuid():
            kw.update(user=self.uid, group=self.gid, extra_groups=[])
        return kw

    def close(self):
        """Stop it and remove its folder."""
        self.stop()
        shutil.rmtree(self.root, ignore_errors=True)

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(self, *exc):
        self.close()

    @contextlib.contextmanager
    def imap(self, user="alice", tls=False):
        """An imaplib connection that is logged in, closed at the end."""
        if tls:
            box = imaplib.IMAP4_SSL("localhost", self.tls_port,
                                    ssl_context=ssl.create_default_context(cafile=self.ca))
        else:
            box = imaplib.IMAP4("127.0.0.1", self.port)
        try:
            box.login(user, user + "-pw")
            yield box
        finally:
            with contextlib.suppress(Exception):
                box.logout()

    def append(self, user, mailbox, message, flags="", date=None):
        """Store one message with APPEND; makes the mailbox if need be."""
        self.append_all(user, mailbox, [(message, flags, date)])

    def append_all(self, user, mailbox, messages):
        """Store (bytes, flags, date) with APPEND. flags: "\\\\Seen Work"; date: aware datetime."""
        name = quoted(mailbox)
        with self.imap(user) as box:
            if mailbox.upper() != "INBOX":
                box.create(name)
            for message, flags, date in messages:
                when = imap_date(date) if date else None
                kind, data = box.append(name, "(%s)" % flags, when, message)
                if kind != "OK":
                    raise RuntimeError("APPEND: %r" % data)

    def account(self, user="alice", tls="implicit", **more):
        """The lines of sheaf.conf for this user; the password file stands in root."""
        secret = self.root / ("%s.secret" % user)
        secret.write_text(user + "-pw\n")
        secret.chmod(0o600)
        port = self.tls_port if tls == "implicit" else self.port
        keys = {"host": "localhost", "port": port, "tls": tls, "user": user,
                "password_file": secret}
        if tls != "none":
            keys["ca_file"] = self.ca
        keys.update(more)
        return "[account %s]\n%s\n" % (user, "".join("%s = %s\n" % kv for kv in keys.items()))


def ended(process):
    """Ask a process to end, and make it end; wait for it."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    if process.stderr:
        process.stderr.close()


class Dovecot(Server):
    """One Dovecot with the users of USERS, password "<user>-pw".

    mail: "maildir", "sdbox", "mdbox" or "mbox". names: the names in its certificate. fsync: as
    a real server ("optimized") or, to fill it faster, "never". extra: more configuration.
    Attributes: port (plain text and STARTTLS), tls_port (implicit TLS), ca (file), root (folder).
    """

    @staticmethod
    def installed():
        """Whether Dovecot's IMAP server is on this machine."""
        return bool(Dovecot.binary("dovecot") and Dovecot.binary("doveadm")
                    and os.path.exists("/usr/lib/dovecot/imap"))

    @staticmethod
    def binary(name):
        """Its path; /usr/sbin is not in everybody's PATH."""
        return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")

    def __init__(self, mail="maildir", names=("DNS:localhost", "IP:127.0.0.1"), users=USERS,
                 fsync="never", extra="", days=30):
        self.user, self.group, self.uid, self.gid = plain_user()
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="sheaf-dovecot-"))
        self.root.chmod(0o755)
        self.process = None
        self.users = tuple(users)
        self.mail = mail
        self.port, self.tls_port = free_ports(2)
        authority = Authority(self.root / "tls")
        self.authority = authority
        self.ca = str(authority.ca)
        cert, key = authority.sign("server", names, days)
        for name in ("run", "state", "home"):
            (self.root / name).mkdir()
        lines = ["%s:{PLAIN}%s-pw:%d:%d::%s/home/%s::\n" % (u, u, self.uid, self.gid, self.root, u)
                 for u in self.users]
        (self.root / "users").write_text("".join(lines))
        location = {"maildir": "maildir:~/Maildir", "sdbox": "sdbox:~/sdbox",
                    "mdbox": "mdbox:~/mdbox", "mbox": "mbox:~/mbox:INBOX=~/mbox/inbox"}[mail]
        boxes = "".join("  mailbox %s {\n    special_use = \\%s\n  }\n" % (b, b)
                        for b in EMPTY_BOXES)
        self.conf = self.root / "dovecot.conf"
        self.conf.write_text(CONF.format(
            root=self.root, instance=self.root.name, user=self.user, group=self.group,
            port=self.port, tls_port=self.tls_port, cert=cert, key=key, location=location,
            fsync=fsync, boxes=boxes, extra=extra))
        self.give(self.root)

    def start(self):
        """Start it and wait until it greets; returns self."""
        self.process = subprocess.Popen([self.binary("dovecot"), "-F", "-c", str(self.conf)],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, **self.as_user())
        return self.await_greeting(self.process)

    def stop(self):
        """Stop it and all its children by process id, and wait."""
        if self.process is None:
            return
        ended(self.process)
        self.process = None
        self._wait_children()

    def _wait_children(self):
        """Children leave a moment after the master; the folder must outlive them."""
        mark = os.fsencode(str(self.root))
        end = time.monotonic() + 5
        while time.monotonic() < end:
            busy = False
            for name in os.listdir("/proc"):
                if not name.isdigit():
                    continue
                with contextlib.suppress(OSError):
                    where = os.fsencode(os.readlink("/proc/%s/cwd" % name))
                    busy = busy or where.startswith(mark)
            if not busy:
                return
            time.sleep(0.05)

    def log(self):
        """What it logged so far."""
        path = self.root / "dovecot.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def fill(self, user, mailbox, messages):
        """Store (bytes, flags, date) as Maildir files: fast, for thousands. mail="maildir" only.

        Bytes as they are on disk: line ends LF or CRLF, Dovecot sends CRLF."""
        if self.mail != "maildir":
            raise ValueError("fill() knows Maildir only")
        top = self.root / "home" / user / "Maildir"
        if mailbox.upper() != "INBOX":
            top = top / ("." + mailbox.replace("/", "."))
        write_maildir(top, messages)
        home = self.root / "home" / user
        self.give(home)

    def doveadm(self, *argv):
        """Run doveadm against this server; its output."""
        return run(self.binary("doveadm"), "-c", str(self.conf), *argv,
                   **self.as_user()).decode(errors="replace")


def quoted(mailbox):
    """A mailbox name as IMAP sends it: modified UTF-7, quoted."""
    out, run_ = [], []

    def flush():
        if run_:
            data = base64.b64encode("".join(run_).encode("utf-16-be")).rstrip(b"=")
            out.append("&" + data.decode().replace("/", ",") + "-")
            run_.clear()

    for char in mailbox:
        if " " <= char <= "~":
            flush()
            out.append("&-" if char == "&" else char)
        else:
            run_.append(char)
    flush()
    return '"%s"' % "".join(out).replace("\\", "\\\\").replace('"', '\\"')


def imap_date(when):
    """An aware datetime in the form of INTERNALDATE, its own zone kept."""
    months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
    return '"%2d-%s-%04d %s %s"' % (when.day, months[when.month - 1], when.year,
                                   when.strftime("%H:%M:%S"), when.strftime("%z"))


MAILDIR_FLAGS = {"\\draft": "D", "\\flagged": "F", "\\answered": "R", "\\seen": "S",
                 "\\deleted": "T"}


def write_maildir(top, messages):
    """Write (bytes, flags, date) into the Maildir `top`, in order; keywords are left out."""
    top = pathlib.Path(top)
    for name in ("tmp", "new", "cur"):
        (top / name).mkdir(parents=True, exist_ok=True)
    start = sum(1 for _ in (top / "cur").iterdir())
    for number, (message, flags, date) in enumerate(messages, start + 1):
        letters = "".join(sorted(MAILDIR_FLAGS.get(f.lower(), "") for f in flags.split()))
        when = date or datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
        path = top / "cur" / ("%d.M%06dP1.test:2,%s" % (1600000000 + number, number, letters))
        path.write_bytes(message)
        os.utime(path, (when.timestamp(), when.timestamp()))


def main():
    """Start a Dovecot and say how to reach it, until Ctrl-C: for trying things by hand."""
    with Dovecot() as server:
        print("plain and STARTTLS: 127.0.0.1:%d\nTLS: localhost:%d  CA: %s\nusers: %s"
              % (server.port, server.tls_port, server.ca,
                 ", ".join("%s / %s-pw" % (u, u) for u in server.users)))
        with contextlib.suppress(KeyboardInterrupt):
            signal.pause()
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Cyrus and Courier for the live tests, with the face of servers.Dovecot.

`make deps-live` prepares them in build/servers: Cyrus is unpacked there and runs as the calling
user, or as nobody when root calls; Courier has a small Debian of its own there, into which only
root can chroot. Both listen on 127.0.0.1, in processes that end with the tests, with mail that is
gone afterwards.
"""

import contextlib
import fcntl
import imaplib
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

from servers import Authority, Server, ended, free_ports, imap_date, plain_user, quoted, run, \
    write_maildir

PREPARED = pathlib.Path(__file__).resolve().parent.parent.parent / "build" / "servers"

IMAPD_CONF = """
configdirectory: {root}/conf
partition-default: {root}/spool
defaultpartition: default
sievedir: {root}/sieve
cyrus_user: {user}
servername: localhost
admins: cyrus
allowplaintext: yes
altnamespace: yes
unixhierarchysep: yes
virtdomains: off
autocreate_quota: 0
autocreate_post: yes
conversations: yes
conversations_db: twoskip
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: {root}/sasldb2
sasl_mech_list: PLAIN LOGIN SCRAM-SHA-256
tls_server_cert: {cert}
tls_server_key: {key}
tls_session_timeout: 0
duplicatesuppression: 0
expunge_mode: delayed
search_engine: none
hashimapspool: false
fulldirhash: false
mboxname_lockpath: {root}/conf/lock
proc_path: {root}/conf/proc
idlesocket: {root}/conf/socket/idle
lmtpsocket: {root}/conf/socket/lmtp
master_bind_errors_fatal: yes
{extra}
"""

CYRUS_CONF = """
START {{
  recover cmd="{bin}/ctl_cyrusdb -C {root}/imapd.conf -r"
}}
SERVICES {{
  imap  cmd="{bin}/imapd -C {root}/imapd.conf" listen="127.0.0.1:{port}" prefork=1
  imaps cmd="{bin}/imapd -s -C {root}/imapd.conf" listen="127.0.0.1:{tls_port}" prefork=0
}}
EVENTS {{
}}
"""


class Cyrus(Server):
    """One Cyrus with these users, password "<user>-pw". extra: more lines of imapd.conf."""

    @staticmethod
    def installed():
        """Whether `make deps-live` has unpacked it, where a plain user can read it too."""
        program = PREPARED / "cyrus" / "usr/lib/cyrus/bin/imapd"
        return program.exists() and (bool(os.getuid()) or
                                     all(p.stat().st_mode & 1 for p in program.parents))

    def __init__(self, users=("alice", "bob"), extra=""):
        top = PREPARED / "cyrus"
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="sheaf-cyrus-"))
        self.root.chmod(0o755)
        self.users = tuple(users)
        self.port, self.tls_port = free_ports(2)
        authority = Authority(self.root / "tls")
        self.ca = str(authority.ca)
        cert, key = authority.sign("server")
        for name in ("conf", "conf/proc", "conf/socket", "conf/db", "conf/log", "conf/lock",
                     "conf/user", "conf/msg", "conf/quota", "spool", "sieve"):
            (self.root / name).mkdir()
        here = {"root": self.root, "bin": top / "usr/lib/cyrus/bin", "cert": cert, "key": key,
                "user": plain_user()[0], "port": self.port,
                "tls_port": self.tls_port, "extra": extra}
        (self.root / "imapd.conf").write_text(IMAPD_CONF.format(**here))
        (self.root / "cyrus.conf").write_text(CYRUS_CONF.format(**here))
        libs = [str(p) for p in sorted(top.glob("usr/lib/*-linux-gnu*"))]
        sasl = [p + "/sasl2" for p in libs + ["/usr/lib/" + pathlib.Path(p).name for p in libs]]
        self.env = {"PATH": "/usr/bin:/bin", "LD_LIBRARY_PATH": ":".join(libs),
                    "SASL_PATH": ":".join(sasl)}
        self.master = str(here["bin"] / "master")
        for user in self.users:
            run_with(user + "-pw\n", [str(top / "usr/sbin/saslpasswd2"), "-p", "-c", "-f",
                                      str(self.root / "sasldb2"), "-u", "localhost", user],
                     self.env)
        self.give(self.root)

    def start(self):
        """Start it and wait until it greets; returns self."""
        # Its master ends by a signal to its whole process group, so it gets one of its own, and
        # ends with us even so.
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", self.master, "-C", str(self.root / "imapd.conf"),
             "-M", str(self.root / "cyrus.conf"), "-p", str(self.root / "master.pid")],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            start_new_session=True, **dict(self.as_user(), env=self.env))
        return self.await_greeting(self.process)

    def fill(self, user, mailbox, messages):
        """Store (bytes, flags, date), twenty with one APPEND, as it syncs after each; where it
        refuses one of them, one by one, and those it refuses are left out."""
        name, parts = quoted(mailbox).encode(), []
        for message, flags, date in messages:
            when = imap_date(date) + " " if date else ""
            parts.append(b" (%s) %s{%d+}\r\n%s" % (flags.encode(), when.encode(), len(message),
                                                  message))
        with self.imap(user) as box:
            if mailbox != "INBOX":
                box.create(quoted(mailbox))
            for start in range(0, len(parts), 20):
                some = parts[start:start + 20]
                if not self.append_at_once(box, name, some):
                    for part in some:
                        self.append_at_once(box, name, [part])

    @staticmethod
    def append_at_once(box, name, parts):
        """One APPEND of several messages. Was it OK?"""
        box.send(b"x APPEND " + name + b"".join(parts) + b"\r\n")
        while True:
            line = box.readline()
            if not line:
                raise RuntimeError("Cyrus hung up")
            if line.startswith(b"x "):
                return line.startswith(b"x OK")

    def tool(self, name, *argv):
        """Run one of its tools; its output."""
        program = str(pathlib.Path(self.master).parent / name)
        return run(program, "-C", str(self.root / "imapd.conf"), *argv,
                   **dict(self.as_user(), env=self.env)).decode(errors="replace")

    def lose_index(self, user, mailbox):
        """Remove what it knows of a mailbox, and let it find the mails again: another
        UIDVALIDITY, no flags, and what was expunged is back."""
        place = pathlib.Path(self.tool("mbpath", "user/%s/%s" % (user, mailbox)).strip())
        for path in place.glob("cyrus.*"):
            path.unlink()
        self.tool("reconstruct", "user/%s/%s" % (user, mailbox))

    def stop(self):
        """Stop it and all its children by process id, and wait."""
        if self.process is None:
            return
        ours = below("cwd", self.root)
        ended(self.process)
        self.process = None
        end_all(ours | below("cwd", self.root))


COURIER_START = """
set -a
. /etc/courier/imapd-ssl
. /etc/courier/imapd
IMAP_EMPTYTRASH= IMAP_STARTTLS=NO IMAP_IDLE_TIMEOUT=5
exec couriertcpd -address=127.0.0.1 -maxprocs=200 -maxperip=100 -nodnslookup -noidentlookup \\
	{port} /usr/lib/courier/courier/imaplogin /usr/bin/imapd Maildir
"""

AUTH_START = """
set -a
. /etc/courier/authdaemonrc
exec /usr/lib/courier/courier-authlib/authdaemond
"""


class Courier(Server):
    """One Courier with these users, password "<user>-pw". There is one chroot: a second one waits
    until the first is closed."""

    @staticmethod
    def installed():
        """Whether `make deps-live` has made its chroot, and we may enter it."""
        return not os.getuid() and os.path.exists(PREPARED / "courier" / "usr/bin/imapd")

    def __init__(self, users=("alice", "bob")):
        self.chroot = PREPARED / "courier"
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="sheaf-courier-"))
        self.users = tuple(users)
        self.auth = None
        self.lock = open(PREPARED / "courier.lock", "w", encoding="ascii")
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        end_all(below("root", self.chroot))  # of a test that was killed
        self.clear()
        (self.port,) = free_ports(1)
        etc = self.chroot / "etc/courier"
        conf = (etc / "authdaemonrc").read_text().splitlines()
        (etc / "authdaemonrc").write_text("\n".join(
            'authmodulelist="authuserdb"' if line.startswith("authmodulelist=") else line
            for line in conf) + "\n")
        userdb = etc / "userdb"
        userdb.write_text("")
        userdb.chmod(0o600)
        for user in self.users:
            self.add(user)
        self.within("makeuserdb && mkdir -p /run/courier/authdaemon && makeimapaccess")

    def add(self, user):
        """A user with an empty mailbox."""
        home = "/home/vmail/" + user
        self.within('pw=$(printf "%s-pw\\n%s-pw\\n" {u} {u} | userdbpw -md5) && mkdir {h} &&'
                    ' maildirmake {h}/Maildir && chown -R vmail: {h} &&'
                    ' userdb {u} set uid=$(id -u vmail) gid=$(id -g vmail) home={h}'
                    ' mail={h}/Maildir systempw="$pw"'.format(u=user, h=home))

    def within(self, script):
        """Run a script in the chroot."""
        return run("chroot", self.chroot, "/bin/sh", "-euc", script,
                   env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})

    def daemon(self, script):
        """A process in the chroot that stays in the foreground."""
        return subprocess.Popen(
            ["chroot", str(self.chroot), "/bin/sh", "-c", script], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})

    def start(self):
        """Start it and wait until it greets; returns self."""
        self.auth = self.daemon(AUTH_START)
        self.process = self.daemon(COURIER_START.format(port=self.port))
        self.await_greeting(self.auth, self.process)
        end = time.monotonic() + 20
        for user in self.users:
            while not self.entered(user):
                if time.monotonic() > end:
                    raise RuntimeError("Courier does not let %s in" % user)
                time.sleep(0.1)
        return self

    def entered(self, user):
        """Whether the user was let into the mailbox; until then each EXAMINE finds another
        UIDVALIDITY. It greets before the process is there that knows the passwords."""
        with contextlib.suppress(imaplib.IMAP4.error):
            with self.imap(user) as box:
                return box.select()[0] == "OK"
        return False

    def stop(self):
        """Stop it and all its children by process id, and wait."""
        for process in (self.process, self.auth):
            if process is not None:
                ended(process)
        self.process = self.auth = None
        end_all(below("root", self.chroot))

    def clear(self):
        """No mail and no users are left in the chroot."""
        for path in (self.chroot / "home/vmail").iterdir():
            if path.is_dir():
                shutil.rmtree(path)
        for name in ("userdb", "userdb.dat", "userdbshadow.dat"):
            (self.chroot / "etc/courier" / name).unlink(missing_ok=True)

    def close(self):
        """Stop it, remove its mail and its folder."""
        self.stop()
        self.clear()
        self.lock.close()
        shutil.rmtree(self.root, ignore_errors=True)

    def maildir(self, user, mailbox="INBOX"):
        """Where it keeps a mailbox ("INBOX" or "INBOX.name")."""
        top = self.chroot / "home/vmail" / user / "Maildir"
        return top if mailbox == "INBOX" else top / mailbox[len("INBOX"):]

    def fill(self, user, mailbox, messages):
        """Store (bytes, flags, date) as Maildir files, with line ends LF: it adds the CR."""
        if mailbox != "INBOX":
            with self.imap(user) as box:
                box.create(quoted(mailbox))
        write_maildir(self.maildir(user, quoted(mailbox)[1:-1]), (
            (data.replace(b"\r\n", b"\n"), flags, date) for data, flags, date in messages))
        self.within("chown -R vmail: /home/vmail/" + user)
        with self.imap(user) as box:
            box.select(quoted(mailbox))  # as a reader does: it writes UIDs down only now


def run_with(text, argv, env):
    """A command that reads text and must succeed."""
    done = subprocess.run(argv, input=text.encode(), stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, env=env, check=False)
    if done.returncode:
        raise RuntimeError("%s: %s" % (argv[0], done.stdout.decode(errors="replace")))


def below(link, folder):
    """The processes whose /proc/PID/<link> is this folder or in it."""
    found, top = set(), str(folder)
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError):
                where = os.readlink("/proc/%s/%s" % (name, link))
                if where == top or where.startswith(top + "/"):
                    found.add(int(name))
    return found


def end_all(pids):
    """Ask these processes to end, and wait; after some seconds make them."""
    for kind, seconds in ((signal.SIGTERM, 5), (signal.SIGKILL, 5)):
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, kind)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            pids = {p for p in pids if os.path.exists("/proc/%d" % p)}
            if not pids:
                return
            time.sleep(0.02)

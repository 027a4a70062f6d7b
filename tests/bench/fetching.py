"""The harvester beside mbsync and beside a bare reader, on real servers on loopback.

The bare reader is the ceiling: it asks for the same items with four commands on the way, counts
the bytes that come, and looks at nothing and stores nothing. Everything else here is durable.
"""

import base64
import hashlib
import hmac
import multiprocessing
import os
import random
import re
import shutil
import signal
import socket
import ssl
import statistics
import subprocess
import sys
import time

import otherservers
import popservers
import servers
from fakeserver import Fake
from measure import Run, median, mib, rate, table, verdict

LETTERS, DROP, BOXES, ACCOUNTS, ARRIVALS = 20000, 5000, 100, 20, 10
DEPTH, CHUNK, POP_DEPTH = 4, 100, 64
GIB = 1 << 30
ASKED_RATE, ASKED_SHARE = 10000, 0.5
ASKED_BYTES, ASKED_BYTES_SHARE = 90e6, 0.6
ASKED_COURIER, ASKED_TRIPS, ASKED_IDLE, ASKED_PEAK, ASKED_SOON = 5000, 3, 0.1, 64 << 20, 2.0
ITEMS = b"(UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])"


def letter(number, words, rnd):
    """One message: a text of some KB, every tenth with an attachment. Line ends LF."""
    head = ["Received: from mx%d.example.org by mail.example.org with ESMTPS id %08x;"
            " Wed, 05 Mar 2025 12:%02d:%02d +0000" % (
                number % 7, number * 2654435761 % 2 ** 32, number // 60 % 60, number % 60),
            "From: User %d <u%d@example.org>" % (number % 500, number % 500),
            "To: rcpt@example.org", "Subject: " + " ".join(rnd.choices(words, k=6)),
            "Date: Wed, 05 Mar 2025 12:%02d:%02d +0000" % (number // 60 % 60, number % 60),
            "Message-ID: <%d.%d@example.org>" % (number, number * 7919), "MIME-Version: 1.0"]
    left, text = min(60000, max(300, rnd.lognormvariate(7.6, 0.9))), []
    while left > 0:
        text.append(" ".join(rnd.choices(words, k=10)))
        left -= len(text[-1]) + 1
    if number % 10:
        return "\n".join(head + ["Content-Type: text/plain; charset=utf-8", ""] + text + [""])
    data = base64.encodebytes(rnd.randbytes(rnd.randint(5000, 80000))).decode()
    return "\n".join(
        head + ['Content-Type: multipart/mixed; boundary="BB"', "", "--BB",
                "Content-Type: text/plain", ""] + text +
        ["--BB", "Content-Type: application/pdf; name=x.pdf",
         "Content-Transfer-Encoding: base64", "", data + "--BB--", ""])


def letters(count):
    """So many messages, always the same ones."""
    rnd = random.Random(7)
    words = ["".join(rnd.choices("abcdefghijklmnopqrstuvwxyz", k=rnd.randint(2, 10)))
             for _ in range(5000)]
    return [letter(number, words, rnd).encode() for number in range(count)]


class Reader:
    """The bare reader: seconds and bytes of everything in INBOX; it logs in as sheaf does."""

    def __init__(self, server, user, tls, fetch=True):
        began = time.monotonic()
        self.sock = socket.create_connection(
            ("localhost", server.tls_port if tls else server.port), 60)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            context = ssl.create_default_context(cafile=server.ca)
            self.sock = context.wrap_socket(self.sock, server_hostname="localhost")
        with self.sock:
            if b"AUTH=SCRAM-SHA-256" in self.sock.recv(4096):
                self.scram(user, user + "-pw")
            else:
                self.ask(b"LOGIN %s %s-pw" % (user.encode(), user.encode()))
            self.ask(b"EXAMINE INBOX")
            found = self.ask(b"UID SEARCH ALL")
            uids = re.search(rb"\* SEARCH([ \d]*)", found)[1].split()
            self.messages, self.bytes = len(uids), self.fetch(uids) if fetch else 0
        self.seconds = time.monotonic() - began

    def scram(self, user, password):
        """RFC 7677, with SASL-IR, and without a look at the server's signature."""
        first = "n=%s,r=%s" % (user, base64.b64encode(os.urandom(18)).decode())
        self.sock.sendall(b"_T AUTHENTICATE SCRAM-SHA-256 %s\r\n" % base64.b64encode(
            ("n,," + first).encode()))
        server = base64.b64decode(self.sock.recv(4096)[2:]).decode()
        said = dict(word.split("=", 1) for word in server.split(","))
        last = "c=biws,r=" + said["r"]
        salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(said["s"]),
                                     int(said["i"]))
        key = hmac.digest(salted, b"Client Key", "sha256")
        sign = hmac.digest(hashlib.sha256(key).digest(),
                           ",".join((first, server, last)).encode(), "sha256")
        proof = base64.b64encode(bytes(a ^ b for a, b in zip(key, sign))).decode()
        self.sock.sendall(base64.b64encode((last + ",p=" + proof).encode()) + b"\r\n")
        answer = self.sock.recv(4096)
        if answer.startswith(b"+"):
            self.sock.sendall(b"\r\n")
            answer = self.sock.recv(4096)
        if b"_T OK" not in answer:
            raise SystemExit(answer.decode(errors="replace"))

    def ask(self, command):
        """One command; its whole answer."""
        self.sock.sendall(b"_T %s\r\n" % command)
        data = b""
        while b"\r\n_T " not in b"\r\n" + data[-4096:] or not data.endswith(b"\r\n"):
            data += self.sock.recv(1 << 18)
        if b"_T OK" not in data:
            raise SystemExit(data.decode(errors="replace"))
        return data

    def fetch(self, uids):
        """All messages; how many bytes came."""
        runs = [uids[i:i + CHUNK] for i in range(0, len(uids), CHUNK)]
        total, sent, done, tail = 0, 0, 0, b""
        while done < len(runs):
            while sent < len(runs) and sent - done < DEPTH:
                self.sock.sendall(b"_T%d UID FETCH %s:%s %s\r\n" % (
                    sent, runs[sent][0], runs[sent][-1], ITEMS))
                sent += 1
            data = self.sock.recv(1 << 18)
            if not data:
                raise SystemExit("the server hung up on the bare reader")
            total += len(data)
            tail += data
            done += tail.count(b"\r\n_T")
            tail = tail[-3:]
        return total


def together(server, users, fetch=True):
    """Bare readers at once, a process each: seconds from a signal until the last is done."""
    context = multiprocessing.get_context("fork")
    gate = context.Barrier(len(users) + 1)

    def read(user):
        gate.wait(60)
        Reader(server, user, True, fetch)
        gate.wait(60)
    readers = [context.Process(target=read, args=(user,), daemon=True) for user in users]
    for reader in readers:
        reader.start()
    gate.wait(60)
    began = time.monotonic()
    gate.wait(60)
    seconds = time.monotonic() - began
    for reader in readers:
        reader.join()
    return seconds


class PopReader(popservers.Reader):
    """The bare reader of a drop: RETR, as far ahead as sheaf asks."""

    def __init__(self, server, user):
        began = time.monotonic()
        super().__init__(server.pop_port, user, user + "-pw")
        self.messages = int(self.say("STAT").split()[0])
        self.bytes = self.fetch()
        self.close()
        self.seconds = time.monotonic() - began

    def fetch(self):
        """All messages; how many bytes came."""
        total, sent, done, tail = 0, 0, 0, b""
        while done < self.messages:
            more = min(self.messages, done + POP_DEPTH)
            if sent < more:
                self.sock.sendall(b"".join(b"RETR %d\r\n" % n for n in range(sent + 1, more + 1)))
                sent = more
            data = self.sock.recv(1 << 18)
            if not data:
                raise SystemExit("the server hung up on the bare reader")
            total += len(data)
            data = tail + data
            done += data.count(b"\r\n.\r\n")
            tail = data[-4:]
        return total


class Fetching:
    """The servers one after another; the tables go to bench.say."""

    def __init__(self, bench):
        self.bench, self.rows, self.verdicts = bench, [], []
        self.mails = [(m, "\\Seen", None) for m in letters(LETTERS)]

    def note(self, what, measured, asked="", met=None):
        self.verdicts.append((what, measured, asked, "" if met is None else verdict(met)))
        print("  (%s: %s %s)" % self.verdicts[-1][:3], file=sys.stderr)

    def archive(self, name, *accounts):
        """An empty archive with these accounts; how to call sheaf on it."""
        place = self.bench.fresh(name) / "archive"
        Run([self.bench.sheaf, "-C", place, "init"])
        (place / "sheaf.conf").write_text("\n".join(accounts))
        return [self.bench.sheaf, "-C", place]

    # ---- throughput ---------------------------------------------------------

    def race(self, where, server, tls):
        """The first harvest of alice's INBOX, the bare reader and mbsync, in turn."""
        ours, bare, peer = [], [], []
        for _ in range(self.bench.args.runs):
            call = self.archive("harvest", server.account(
                "alice", tls="implicit" if tls else "none"))
            ours.append(Run(call + ["harvest", "--no-index"]))
            bare.append(Reader(server, "alice", tls))
            if tls and shutil.which("mbsync"):
                peer.append(Run(self.mbsync(server)))
        for name, runs in (("sheaf harvest", ours), ("bare reader", bare), ("mbsync", peer)):
            if runs:
                seconds = median(runs, "seconds")
                self.rows.append((where, name, "%.2f s" % seconds, "%.0f" % (
                    bare[0].messages / seconds), rate(bare[0].bytes, seconds), mib(median(
                        runs, "peak")) if name != "bare reader" else ""))
                print("  (%s %s: %.2f s)" % (where, name, seconds), file=sys.stderr)
        return median(ours, "seconds"), median(bare, "seconds"), bare[0]

    def mbsync(self, server):
        """Its command for a first harvest into an empty place, with its defaults."""
        place = self.bench.fresh("mbsync")
        (place / "mail").mkdir()
        (place / "conf").write_text(
            "IMAPAccount a\nHost localhost\nPort %d\nUser alice\nPass alice-pw\nSSLType IMAPS\n"
            "CertificateFile %s\n\nIMAPStore far\nAccount a\n\nMaildirStore near\nPath %s/mail/\n"
            "Inbox %s/mail/INBOX\n\nChannel c\nFar :far:\nNear :near:\nCreate Near\nSync Pull\n"
            "SyncState *\n" % (server.tls_port, server.ca, place, place))
        return ["mbsync", "-q", "-c", place / "conf", "c"]

    def judge(self, what, race, asked, share, per):
        """A rate against what is asked, or a share of the bare reader's, whichever is lower."""
        ours, bare, one = race
        count = one.bytes if per == "B" else one.messages
        goal = min(asked, share * count / bare)
        show = (lambda v: rate(v, 1)) if per == "B" else (lambda v: "%.0f msg/s" % v)
        self.note(what, show(count / ours), "≥ %s, or %.0f %% of the bare reader: %s" % (
            show(asked), 100 * share, show(goal)), count / ours >= goal)

    def dovecot(self):
        """Made-up letters and the corpus, with TLS and without; everything else on Dovecot."""
        with servers.Dovecot(users=("alice",)) as server:
            server.fill("alice", "INBOX", self.mails)
            self.warm(server)
            self.judge("Dovecot, made-up mail, TLS", self.race(
                "Dovecot, TLS, made up", server, True), ASKED_RATE, ASKED_SHARE, "msg")
            self.judge("Dovecot, made-up mail, no TLS", self.race(
                "Dovecot, made up", server, False), ASKED_RATE, ASKED_SHARE, "msg")
        with servers.Dovecot(users=("alice",)) as server:
            shutil.copytree(self.bench.corpus, server.root / "home" / "alice" / "Maildir")
            server.give(server.root / "home")
            self.warm(server)
            where = "Dovecot, TLS, " + self.bench.about.split()[-1]
            self.judge(where, self.race(where, server, True), ASKED_BYTES, ASKED_BYTES_SHARE, "B")

    def warm(self, server):
        """Let Dovecot read the sizes once, for everybody."""
        with server.imap("alice") as imap:
            imap.select("INBOX", readonly=True)
            imap.uid("FETCH", "1:4294967295", "(UID RFC822.SIZE)")

    def courier(self):
        """The same letters on Courier, which has no TLS here."""
        if not otherservers.Courier.installed():
            self.bench.say("(Courier is not prepared, see `make deps-live`: not measured)\n")
            return
        with otherservers.Courier(users=("alice",)) as server:
            server.fill("alice", "INBOX", self.mails)
            self.judge("Courier, made-up mail", self.race(
                "Courier, made up", server, False), ASKED_COURIER, ASKED_SHARE, "msg")

    # ---- nothing new, new mail, many accounts -------------------------------

    def idle(self):
        """A visit that finds nothing new in a hundred mailboxes."""
        with servers.Dovecot(users=("alice",)) as server:
            each = LETTERS // BOXES
            for box in range(BOXES):
                server.fill("alice", "box%d" % box, self.mails[box * each:(box + 1) * each])
            call = self.archive("quiet", server.account("alice"))
            Run(call + ["harvest", "--no-index"])
            trace = self.bench.folder / "trace"
            Run(call + ["harvest", "--no-index", "--trace", trace])
            trips = round_trips(trace.read_text(errors="replace"))
            visits = [Run(call + ["harvest", "--no-index"]) for _ in range(9)]
        seconds = median(visits, "seconds")
        self.note("nothing new, %d mailboxes, %d mails, the whole command" % (BOXES, LETTERS),
                  "%.0f ms" % (1000 * seconds), "≤ %.0f ms" % (1000 * ASKED_IDLE),
                  seconds <= ASKED_IDLE)
        self.note("… round trips, once logged in", str(trips), "≤ %d" % ASKED_TRIPS,
                  0 < trips <= ASKED_TRIPS)

    def many(self):
        """Twenty accounts at once, beside one that has all their mail."""
        users = ["user%d" % n for n in range(ACCOUNTS)]
        with servers.Dovecot(users=["alice"] + users) as server:
            server.fill("alice", "INBOX", self.mails)
            for at, user in enumerate(users):
                server.fill(user, "INBOX", self.mails[at::ACCOUNTS])
            one, all_, visits, reads = [], [], [], []
            for _ in range(self.bench.args.runs):
                one.append(Run(self.archive("one", server.account("alice")) +
                               ["harvest", "--no-index"]))
                call = self.archive("twenty", *(server.account(u) for u in users))
                all_.append(Run(call + ["harvest", "--no-index"]))
                visits.append(Run(call + ["harvest", "--no-index"]))
                reads.append((together(server, ["alice"]), together(server, users),
                              together(server, users, fetch=False)))
        ours, bare = median(all_, "seconds"), median(one, "seconds")
        self.note("%d accounts at once, %d mails in sum, TLS" % (ACCOUNTS, LETTERS),
                  "%.2f s" % ours, "≤ one account with all: %.2f s" % bare, ours <= bare)
        self.note("… a second visit: %d logins, nothing new" % ACCOUNTS,
                  "%.2f s" % median(visits, "seconds"))
        for what, seconds in zip((
                "… the bare reader, one account with all",
                "… bare readers, %d accounts at once" % ACCOUNTS,
                "… bare readers, %d logins, nothing fetched" % ACCOUNTS), zip(*reads)):
            self.note(what, "%.2f s" % statistics.median(seconds))

    def drops(self):
        """The made-up letters by POP3, beside bare readers."""
        for name, kind in (("Dovecot", popservers.PopDovecot), ("Courier", popservers.PopCourier)):
            if not kind.installed():
                self.bench.say("(%s has no POP3 here: not measured)\n" % name)
                continue
            with kind(users=("alice",)) as server:
                server.fill("alice", "INBOX", self.mails[:DROP])
                PopReader(server, "alice")  # it reads the sizes once, for everybody
                ours, bare = [], []
                for _ in range(self.bench.args.runs):
                    call = self.archive("drop", server.account("alice", tls="none"))
                    ours.append(Run(call + ["harvest", "--no-index"]))
                    bare.append(PopReader(server, "alice"))
            for who, runs in (("sheaf harvest", ours), ("bare reader", bare)):
                seconds = median(runs, "seconds")
                self.rows.append((name + ", POP3, made up", who, "%.2f s" % seconds, "%.0f" % (
                    DROP / seconds), rate(bare[0].bytes, seconds), mib(median(
                        runs, "peak")) if runs is ours else ""))
                print("  (%s, POP3, %s: %.2f s)" % (name, who, seconds), file=sys.stderr)

    def arrivals(self):
        """From APPEND until a search finds it, with --watch."""
        with servers.Dovecot(users=("alice",)) as server:
            server.fill("alice", "INBOX", self.mails[:1000])
            call = self.archive("watch", server.account("alice"))
            Run(call + ["harvest"])
            child = subprocess.Popen(call + ["harvest", "--watch"], stdin=subprocess.DEVNULL,
                                     stderr=subprocess.DEVNULL)
            try:
                found = [self.arrival(server, call, n) for n in range(ARRIVALS)]
            finally:
                child.send_signal(signal.SIGTERM)
                child.wait()
        took = statistics.median(found[1:])  # the first waits for the watcher to begin
        self.note("new mail searchable, --watch, median of %d" % (ARRIVALS - 1),
                  "%.2f s" % took, "≤ %.0f s" % ASKED_SOON, took <= ASKED_SOON)
        self.note("… slowest", "%.2f s" % max(found[1:]))

    def arrival(self, server, call, number):
        """One message; how long until it is found."""
        word = "arrival%dnow" % number
        server.append("alice", "INBOX", b"Subject: %s\r\n\r\nhello\r\n" % word.encode())
        began = time.monotonic()
        while time.monotonic() - began < 60:
            done = subprocess.run(call + ["search", "--format", "ids", word],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL, check=False)
            if done.stdout:
                return time.monotonic() - began
        raise SystemExit("new mail was not found within 60 s")

    # ---- memory -------------------------------------------------------------

    def memory(self):
        """A literal of 2 GiB, and a mailbox of a million UIDs."""
        with Fake({"INBOX": {1: b"Subject: x\r\n\r\nhello\r\n"}}) as server:
            server.answer["message", 1] = huge
            call = self.archive("huge", fake_account(self.bench.folder, server))
            run = Run(call + ["harvest", "--no-index"], okay=(0, 75))
        self.note("a literal of 2 GiB, sent", mib(run.peak), "≤ " + mib(ASKED_PEAK),
                  run.peak <= ASKED_PEAK)
        with Fake({"INBOX": {}}) as server:
            server.next = 1000001
            server.answer["examine", "INBOX"] = million_exist
            server.answer["enumerate"] = million_flags
            server.answer["search"] = million_uids
            server.answer["fetch"] = hang_up
            call = self.archive("million", fake_account(self.bench.folder, server))
            run = Run(call + ["harvest", "--no-index"], okay=(0, 69, 75))
        self.note("a million UIDs", mib(run.peak), "≤ " + mib(ASKED_PEAK),
                  run.peak <= ASKED_PEAK)


def fake_account(folder, server):
    """The lines of sheaf.conf for the fake server."""
    secret = folder / "ann.secret"
    secret.write_text("pw\n")
    secret.chmod(0o600)
    return ("[account ann]\nhost = 127.0.0.1\nport = %d\ntls = none\nuser = ann\n"
            "password_file = %s\n" % (server.port, secret))


def huge(conn, uid, _mail):
    """A FETCH answer with a literal of 2 GiB."""
    conn.send(b"* 1 FETCH (UID %d FLAGS () INTERNALDATE \"06-Mar-2025 07:30:00 +0100\""
              b" RFC822.SIZE %d BODY[] {%d}\r\n" % (uid, 2 * GIB, 2 * GIB))
    block = b"x" * 1022 + b"\r\n"
    for _ in range(2 * GIB >> 20):
        conn.send(block * 1024)
    conn.send(b")\r\n")


def million_exist(conn):
    """EXAMINE of a mailbox with a million messages."""
    conn.send(b"* 1000000 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 1000001] x\r\n")
    conn.ok(b"[READ-ONLY] done")


def million_flags(conn, _uids):
    """Each UID with its flags."""
    for start in range(1, 1000001, 1000):
        conn.send(b"".join(b"* %d FETCH (UID %d FLAGS (\\Seen))\r\n" % (u, u)
                           for u in range(start, start + 1000)))
    conn.ok()


def million_uids(conn, _rest):
    """ESEARCH with every other UID, so that no range is longer than one."""
    uids = b",".join(b"%d" % u for u in range(1, 1000001, 2))
    conn.send(b'* ESEARCH (TAG "%s") UID ALL %s\r\n' % (conn.tag.encode(), uids))
    conn.ok()


def hang_up(conn, _uids):
    """No message at all."""
    conn.sock.close()


def round_trips(trace):
    """How often sheaf, once logged in, spoke after it had listened, but for LOGOUT."""
    trips, before, inside = 0, "S", False
    for line in trace.splitlines():
        who, _, said = line.partition(" ")[2].partition(" ")
        if who[:1] in ("C", "S"):
            trips += inside and who[0] == "C" and before == "S" and "LOGOUT" not in said
            before, inside = who[0], inside or " OK (cut)" in said
    return trips if inside else -1


def measure(bench):
    """All of it."""
    part = Fetching(bench)
    bench.say("### Harvest, on loopback\n")
    part.dovecot()
    part.courier()
    part.drops()
    part.idle()
    part.many()
    part.arrivals()
    part.memory()
    bench.say(table(("mail and server", "", "time", "messages/s", "bytes", "largest process"),
                    part.rows))
    bench.say(table(("", "measured", "asked", ""), part.verdicts))

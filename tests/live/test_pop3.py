"""POP3 drops of real servers: acceptance test 15. What Dovecot, Cyrus and Courier must all pass.
The mail there is read by RETR, so that what came by TOP is compared with it."""

import os
import pathlib
import random
import re
import signal
import subprocess
import time
import unittest

import generate
from harvesting import DENIED, SHEAF, mail, sha
from popservers import PopCourier, PopCyrus, PopDovecot
from test_proto import Transcript

LONG = bool(os.environ.get("SHEAF_LONG"))
USERS = ("bytes", "life", "anew", "kill", "trust", "watch")
READS = set("CAPA STLS UTF8 AUTH USER PASS STAT LIST UIDL TOP RETR QUIT".split())
HEAD = b"From: ann@example.org\r\nSubject: crafted\r\nDate: Thu, 6 Mar 2025 07:30:00 +0100\r\n"
CRAFTED = [HEAD + b"X-Number: %d\r\n" % n + rest for n, rest in enumerate((
    b"\r\n.\r\n", b"\r\n..\r\n.\r\n...\r\n", b"\r\n.leading\r\n..two\r\n. \r\n",
    b"\r\na\r\n.\r\nb\r\n", b"\r\n" + b".\r\n" * 3000, b"\r\nbare \r CR \r\r and \r.\r\n",
    b"\r\n8 bit: \xe9\xff\x80\x9f\r\n", b"\r\n" + b"x" * 300000 + b"\r\n",
    b"\r\n" + b"." * 70000 + b"\r\n", b"", b"\r\n", b"\r\n\r\n\r\n",
    b"\r\n+OK 5 octets\r\n-ERR\r\n.\r\n+OK\r\n", b"\r\nNUL \0 and \0\0\r\n.\0\r\n",
    b"\r\n" + (b"y" * 70 + b"\r\n") * 60000))]


class PopTranscript(Transcript):
    """Harvests of a drop with a transcript."""

    def commands(self):
        """What the client said, without what is secret."""
        return [line for who, line in self.said if who == "C" and line != "(cut)"]

    def clean(self):
        """Nothing was sent but what reads: never DELE, and no RSET."""
        commands = self.commands()
        self.assertTrue(commands)
        for line in commands:
            self.assertIn(line.split(" ")[0], READS, line)
        self.assertFalse([line for _, line in self.said if "-pw" in line])

    def retrieved(self):
        """Bytes of mail that came, headers not counted."""
        out, queue = 0, []
        for who, line in self.said:
            if who == "C":
                queue.append(line)
            note = re.fullmatch(r"\((\d+) bytes of a message\)", line)
            if note:
                while queue and queue[0].split(" ")[0] not in ("RETR", "TOP"):
                    queue.pop(0)
                out += int(note.group(1)) * (not queue.pop(0).endswith(" 0"))
        return out

    def names(self):
        """{name: hash} of what is stored and has not vanished."""
        return dict(self.rows("SELECT emailid, lower(hex(hash)) FROM copies JOIN messages"
                              " ON message = number WHERE vanished = 0"))


class Shared(PopTranscript):
    """The tests. Each has a user of its own."""

    kind = None
    tls = True
    many, more = 400, 1000  # mails that the server can be filled with in seconds

    @classmethod
    def setUpClass(cls):
        cls.server = cls.kind(users=USERS)
        cls.server.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()

    def begin(self, user, **more):
        """The configuration of one user."""
        self.user = user
        self.configure(self.server.account(user, **dict({"tls": "none"}, **more)))

    def fill(self, messages):
        """Store messages."""
        self.server.fill(self.user, "INBOX", [(m, "", None) for m in messages])

    def same(self):
        """What is stored is what the server has, name by name."""
        drop = self.server.drop(self.user)
        self.assertEqual(self.names(), {name: sha(data) for name, data in drop})
        return drop

    def test_bytes(self):
        """Generated and crafted mails: stored as the server sends them; then nothing is new."""
        self.begin("bytes")
        mails = self.taken([m.data for m in generate.messages(150)] + CRAFTED)
        self.fill(mails)
        got = self.traced()
        self.clean()
        # LIST counts without the line's end that POP3 adds where there is none: that may be a lie.
        endless = sum(m[-1:] != b"\n" for m in mails)
        self.assertEqual(len([c for c in self.commands() if c[:4] == "RETR"]), endless)
        with self.server.imap("bytes") as box:
            box.select("INBOX", readonly=True)
            self.assertLessEqual(len(box.search(None, "SEEN")[1][0].split()), endless)
        drop = self.same()
        self.assertGreater(len(drop), 150)
        self.call("verify", "--against-server", "bytes")
        self.assertEqual((got["fetched"], got["failed"], got["mailboxes"]), (len(drop), 0, 1))
        self.assertEqual(self.check_bytes(), {sha(data) for _, data in drop})
        self.assertEqual(self.rows("SELECT DISTINCT mailbox, uidvalidity FROM epochs"),
                         [("INBOX", 4294967295)])
        self.assertEqual([u for u, in self.rows("SELECT uid FROM copies ORDER BY uid")],
                         list(range(1, len(drop) + 1)))
        for tls in ("implicit", "starttls", "none") if self.tls else ("none",):
            self.begin("bytes", tls=tls)
            got = self.traced()
            self.clean()
            self.assertEqual((got["fetched"], got["bytes"], got["vanished"]), (0, 0, 0))
            self.assertEqual(self.retrieved(), 0)
            self.assertEqual("STLS" in self.commands(), tls == "starttls")
        self.call("verify", "--deep")
        self.call("rebuild-catalog", "--force")
        self.assertEqual(self.traced()["fetched"], 0)
        self.same()

    def taken(self, mails):
        """Those that this server takes."""
        return mails

    def test_life(self):
        """A dry run; new mail; mail that is gone is recorded, and stays."""
        self.begin("life")
        self.fill([mail(n) for n in range(40)])
        got = self.traced("--dry-run")
        self.clean()
        self.assertEqual(got["would_fetch"], 40)
        self.assertGreater(got["would_fetch_bytes"], 40 * 50)
        self.assertEqual(self.rows("SELECT * FROM epochs"), [])
        self.assertEqual(self.traced()["fetched"], 40)
        with self.server.imap("life") as box:
            box.select("INBOX")
            box.store("5,10:12", "+FLAGS", "(\\Deleted)")
            box.expunge()
        self.server.append("life", "INBOX", mail(99))
        text = self.call("verify", "--against-server", "life", want=1).stdout.decode()
        self.assertRegex(text, r"DIFFERS  1 .*: UID 41\n")
        self.assertRegex(text, r"DIFFERS  4 .*: UID 5,10:12\n")
        self.assertEqual(self.traced("--dry-run")["would_fetch"], 1)
        got = self.traced()
        self.clean()
        self.assertEqual((got["fetched"], got["vanished"]), (1, 4))
        self.assertEqual(len(self.same()), 37)
        self.assertEqual(self.rows("SELECT count(*) FROM messages"), [(41,)])
        self.assertEqual(self.rows("SELECT uid FROM copies WHERE vanished <> 0"),
                         [(5,), (10,), (11,), (12,)])
        got = self.traced()
        self.assertEqual((got["fetched"], got["vanished"]), (0, 0))
        self.assertIn("life/INBOX", self.call("status").stdout.decode())
        ledger = self.call("ledger", "--account", "life").stdout.decode()
        self.assertEqual(ledger.count("vanished"), 4)

    def anew(self):
        """Let the server give all messages other names."""
        raise NotImplementedError

    def test_anew(self):
        """All names are new: the mail is known by its headers, and hardly any is fetched again."""
        self.begin("anew")
        many = self.many
        self.fill([with_trace(n) for n in range(many)])
        first = self.traced()
        before = self.names()
        self.anew()
        got = self.traced()
        self.clean()
        self.assertFalse(set(before) & set(self.names()))
        self.same()
        self.assertEqual((got["stored"], got["linked"], got["vanished"]), (0, many - 10, many))
        self.assertLess(self.retrieved(), first["bytes"] * 5 // 100)
        self.assertEqual(self.rows("SELECT count(*) FROM messages"), [(many,)])
        self.assertEqual(self.rows("SELECT basis, count(*) FROM copies WHERE vanished = 0"
                                   " GROUP BY basis"), [("", 10), ("headers", many - 10)])
        got = self.traced()
        self.assertEqual((got["fetched"], got["linked"], got["vanished"]), (0, 0, 0))
        self.call("verify", "--deep")

    def test_killed(self):
        """kill -9 at random moments; in the end all is there, once."""
        count = self.more
        self.begin("kill")
        self.fill([mail(n, "x" * (n % 3000)) for n in range(count)])
        luck = random.Random(7)
        cut = 0
        for turn in range(40 if LONG else 6):
            run = subprocess.Popen([SHEAF, "-C", str(self.ar), "harvest", "--no-index"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                run.wait(luck.uniform(0.02, 0.06 + 0.05 * turn))
            except subprocess.TimeoutExpired:
                run.send_signal(signal.SIGKILL)
                run.wait()
                cut += 1
        self.assertGreater(cut, 0)
        self.harvest()
        self.assertEqual(len(self.same()), count)
        self.assertEqual(self.rows("SELECT count(*) FROM messages"), [(count,)])
        self.assertEqual(self.rows("SELECT count(*), max(uid) FROM copies"), [(count, count)])
        self.assertEqual(len(self.check_bytes()), count)
        self.assertEqual(self.harvest()["fetched"], 0)
        self.call("verify", "--deep")

    def test_wrong_password(self):
        """Refused once, and said so, without the password."""
        self.begin("trust")
        (self.server.root / "trust.secret").write_text("not-it-at-all\n")
        self.traced(want=DENIED)
        self.assertIn("login refused", self.stderr)
        self.assertNotIn("not-it", self.stderr + self.trace.read_text())


def with_trace(number):
    """A mail that went through a server, of 5 kB."""
    return (b"Received: from a.example (a.example [192.0.2.1]) by b.example with ESMTP id %d\r\n"
            b"\tfor <bob@example.org>; Thu, 6 Mar 2025 07:%02d:%02d +0100 (CET)\r\n"
            b"Message-ID: <%d@a.example>\r\n"
            % (number, number // 60, number % 60, number)) + mail(number, "z" * 5000)


@unittest.skipUnless(PopDovecot.installed(), "no Dovecot with POP3")
class OnDovecot(Shared):
    """Dovecot."""

    kind = PopDovecot

    def anew(self):
        self.server.doveadm("mailbox", "update", "-u", self.user, "--uid-validity", "424242",
                            "INBOX")

    def test_date(self):
        """The time of arrival is that of the top Received, else of Date, else now."""
        self.begin("trust")
        self.fill([with_trace(1), HEAD + b"\r\nx\r\n", mail(3)])
        now = int(time.time())
        self.traced()
        dates = self.rows("SELECT internaldate, zone FROM copies ORDER BY uid")
        self.assertEqual(dates[:2], [(1741242601 - 30 * 60, 60), (1741242600, 60)])
        self.assertGreaterEqual(dates[2][0], now)

    def test_watch(self):
        """It is looked into every so often, and TERM ends it at once."""
        self.begin("watch", poll="1")
        self.fill([mail(1)])
        run = subprocess.Popen([SHEAF, "-C", str(self.ar), "harvest", "--watch", "--no-index"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            for number in (1, 2, 3):
                end = time.monotonic() + 20
                while len(self.names()) < number and time.monotonic() < end:
                    time.sleep(0.05)
                self.assertEqual(len(self.names()), number)
                self.server.append("watch", "INBOX", mail(number + 1))
            text = self.call("status").stdout.decode()
            self.assertRegex(text, r"watch (watching|working), last success")
            started = time.monotonic()
            run.send_signal(signal.SIGTERM)
            self.assertEqual(run.wait(20), 0)
            self.assertLess(time.monotonic() - started, 5)
        finally:
            run.kill()
            run.wait()

    def test_certificate(self):
        """One of another authority is refused, with TLS and with STLS."""
        other = pathlib.Path(self.server.root) / "tls" / "server.pem"
        for tls in ("implicit", "starttls"):
            self.begin("life", tls=tls, ca_file=other)
            self.harvest(want=DENIED)
            self.assertIn("certificate", self.stderr)

    def test_configuration(self):
        """protocol says imap or pop3, and a drop has no mailboxes."""
        for key, value in (("protocol", "pop2"), ("mailboxes", "INBOX")):
            self.begin("life", **{key: value})
            self.call("harvest", want=DENIED)
            self.assertIn(key, self.stderr)
        self.begin("life")


@unittest.skipUnless(PopCyrus.installed(), "no Cyrus with POP3: make deps-live prepares it")
class OnCyrus(Shared):
    """Cyrus: a UIDL is UIDVALIDITY and UID, or as its configuration says."""

    kind = PopCyrus
    many, more = 250, 300

    def taken(self, mails):
        return [m for m in mails if b"\0" not in m]

    def anew(self):
        self.server.stop()
        conf = self.server.root / "imapd.conf"
        conf.write_text(conf.read_text() + "uidl_format: dovecot\n")
        self.server.start()


@unittest.skipUnless(PopCourier.installed(), "no Courier with POP3: make deps-live prepares it, "
                                             "as root")
class OnCourier(Shared):
    """Courier."""

    kind = PopCourier
    tls = False

    def anew(self):
        path = self.server.maildir(self.user) / "courierpop3dsizelist"
        first = self.server.names(self.user)
        while self.server.names(self.user) == first:  # they are made of a time
            path.unlink(missing_ok=True)


del Shared

if __name__ == "__main__":
    unittest.main()

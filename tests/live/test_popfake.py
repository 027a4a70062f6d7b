"""A POP3 server that misbehaves. Those failures that are but a few lines stand in popfailures/, in
the words of test_failures.py, with keys as fakepop.py has them ("retr 2", "login")."""

import pathlib
import resource
import ssl
import subprocess
import time
import unittest

from fakepop import FakePop, stuffed
from fakeserver import DEFAULT, Hangup
from harvesting import DENIED, FAILED, GONE, LATER, NET, REFUSED, SHEAF, mail, sha
from servers import Authority
from test_failures import Script, answer
from test_pop3 import PopTranscript

FOLDER = pathlib.Path(__file__).resolve().parent / "popfailures"


class PopFake(PopTranscript):
    """One account at a fake server, which holds three messages."""

    def setUp(self):
        super().setUp()
        self.server = FakePop([("u%d" % n, mail(n)) for n in (1, 2, 3)])
        self.server.__enter__()
        self.addCleanup(self.server.__exit__)
        (self.top / "secret").write_text("pw\n")
        (self.top / "secret").chmod(0o600)
        self.account()

    def account(self, *more, tls="none", port=None):
        """(Over)write the configuration."""
        self.configure("\n".join([
            "[account fake]", "protocol = pop3", "host = 127.0.0.1",
            "port = %d" % (port or self.server.port), "tls = " + tls, "user = ann",
            "password_file = %s" % (self.top / "secret"), "timeout = 1", *more]) + "\n")

    def want(self, *numbers):
        """Exactly these messages are stored, byte for byte, under their names."""
        some = [self.server.mails[n - 1] for n in numbers]
        self.assertEqual(self.names(), {name: sha(data) for name, data in some})
        self.assertEqual(self.server.errors, [])

    def all(self):
        """Everything is stored."""
        self.want(*range(1, len(self.server.mails) + 1))

    def fetches(self, since=0):
        """The commands for whole messages."""
        return [c for c in self.server.commands[since:]
                if c.startswith("RETR ") or (c.startswith("TOP ") and not c.endswith(" 0"))]

    def heal(self):
        """The server is well again: everything arrives, nothing is stored twice."""
        self.server.answer.clear()
        self.server.caps = "TOP UIDL PIPELINING USER"
        self.harvest("--retry")
        self.all()
        whole = len({data for _, data in self.server.mails})
        self.assertEqual(self.rows("SELECT count(*) FROM messages"), [(whole,)])
        self.assertEqual(len(self.check_bytes()), whole)
        got = self.traced()
        self.assertEqual((got["fetched"], got["vanished"]), (0, 0))


class Scripted(PopFake):
    """All of popfailures/."""

    def play(self, path):
        """One file, with a new archive and server."""
        script = Script(path.read_text())
        if script.caps:
            self.server.caps = script.caps
        for key, once, lines in script.answers:
            self.server.answer[key] = answer(once, lines)
        self.traced(want=script.exit, seconds=60)
        told = self.stderr + " ".join(r for _, r in self.outcomes().values())
        for words in script.says:
            self.assertIn(words, told)
        if not path.stem.startswith("uidl-"):
            self.want(*((1, 2, 3) if script.stored is None else script.stored))
        if self.said:
            self.lint_pop()
        self.heal()

    def lint_pop(self):
        """As far as anything was said."""
        if self.commands():
            self.clean()

    def test_all_were_read(self):
        self.assertGreater(len(list(FOLDER.glob("*.txt"))), 30)


def add(path):
    """One test for each file."""
    def test(self):
        self.play(path)
    test.__doc__ = path.read_text().split("\n")[0].lstrip("# ")
    setattr(Scripted, "test_" + path.stem.replace("-", "_"), test)


for one in sorted(FOLDER.glob("*.txt")):
    add(one)


class Failures(PopFake):
    """Failures that take more than a few lines."""

    def test_good(self):
        got = self.traced()
        self.clean()
        self.all()
        self.assertEqual((got["fetched"], got["stored"], got["mailboxes"]), (3, 3, 1))
        self.assertEqual(self.commands()[-1], "QUIT")
        before = len(self.server.commands)
        self.assertEqual(self.traced()["fetched"], 0)
        self.assertFalse([c for c in self.server.commands[before:] if c[:4] in ("RETR", "TOP ")])

    def on_top(self, number, does):
        """What TOP of a whole message gives; RETR gives it as it is."""
        def answer(conn, _number):
            return does(conn) if conn.server.commands[-1].startswith("TOP") else DEFAULT
        self.server.answer["retr", number] = answer

    def test_top(self):
        """TOP marks nothing as read. What it does not bring as LIST says, RETR brings."""
        full = "TOP %d 2147483647"
        self.traced()
        self.clean()
        self.assertEqual(self.fetches(), [full % n for n in (1, 2, 3)])
        for does in (lambda c: c.send(b"-ERR that many lines\r\n"),
                     lambda c: c.many(self.server.mails[1][1] + b"X-Seen: no\r\n"),
                     lambda c: c.many(self.server.mails[1][1][:-2] + b"er\r\n"),
                     lambda c: c.many(b"")):
            self.server.mails = [(name + "a", data + b"\r\n") for name, data in
                                 self.server.mails]
            before = len(self.server.commands)
            self.on_top(2, does)
            self.assertEqual(self.harvest()["fetched"], 3)
            self.want(1, 2, 3)
            self.assertEqual(self.fetches(before), [full % n for n in (1, 2, 3)] + ["RETR 2"])

    def test_top_hangs_up(self):
        """A server that cannot bear it is asked by RETR in the end."""
        def leave(_conn):
            raise Hangup
        for number in (1, 2, 3):
            self.on_top(number, leave)
        self.assertEqual(self.harvest()["fetched"], 3)
        self.all()
        self.assertEqual(self.fetches()[-3:], ["RETR %d" % n for n in (1, 2, 3)])

    def test_top_never_fits(self):
        """After some messages of other sizes, TOP is no longer tried."""
        self.server.mails = [("u%d" % n, mail(n)) for n in range(1, 201)]
        self.server.answer["list"] = lambda c: c.many(b"".join(
            b"%d 7\r\n" % n for n in range(1, 201)))
        self.assertEqual(self.harvest()["fetched"], 200)
        self.all()
        asked = self.fetches()
        self.assertLess(len([c for c in asked if c[:3] == "TOP"]), 80)
        self.assertEqual(len([c for c in asked if c[:4] == "RETR"]), 200)

    def test_only_retr(self):
        """Where TOP is not announced, or the profile says so."""
        self.server.caps = "UIDL PIPELINING USER"
        self.harvest()
        self.server.caps = "TOP UIDL PIPELINING USER"
        self.account("profile = gmail")
        self.server.mails.append(("u4", mail(4)))
        self.harvest()
        self.all()
        self.assertEqual(self.fetches(), ["RETR %d" % n for n in (1, 2, 3, 4)])

    def test_failed_is_tried_later(self):
        """It keeps its UID over visits, is left alone until it is due, and then arrives."""
        self.server.answer["retr", 2] = lambda c, n: c.send(b"-ERR no\r\n")
        self.harvest(want=NET)
        self.assertEqual(self.outcomes(), {2: (FAILED, "UIDL u2: RETR refused: the server said "
                                                       "'no'")})
        before = len(self.server.commands)
        got = self.harvest()
        self.assertEqual((got["waiting"], got["failed"]), (1, 0))
        self.assertEqual(self.fetches(before), [])
        self.harvest("--retry", want=NET)
        self.assertEqual(self.rows("SELECT uid, tries FROM outcomes"), [(2, 2)])
        self.server.mails.insert(0, ("u0", mail(0)))  # other numbers, the same names
        self.server.answer.clear()
        self.server.answer["retr", 3] = lambda c, n: c.send(b"-ERR no\r\n")
        self.harvest("--retry", want=NET)
        self.assertEqual(self.rows("SELECT uid, tries FROM outcomes"), [(2, 3)])
        self.heal()
        self.assertEqual(self.rows("SELECT uid, emailid FROM copies ORDER BY uid"),
                         [(1, "u1"), (2, "u2"), (3, "u3"), (4, "u0")])

    def test_failed_then_gone(self):
        self.server.answer["retr", 2] = lambda c, n: c.send(b"-ERR no\r\n")
        self.harvest(want=NET)
        del self.server.mails[1]
        self.server.answer.clear()
        self.harvest()
        self.assertEqual(self.outcomes()[2][0], GONE)
        self.server.mails.append(("u4", mail(4)))
        self.harvest()
        self.assertEqual(self.rows("SELECT uid FROM copies ORDER BY uid"), [(1,), (3,), (4,)])

    def test_back_again(self):
        """One that vanished and is there again has its old UID."""
        self.harvest()
        gone = self.server.mails.pop(0)
        self.assertEqual(self.harvest()["vanished"], 1)
        self.server.mails.append(gone)
        self.assertEqual(self.harvest()["fetched"], 1)
        self.all()
        self.assertEqual(self.rows("SELECT count(*) FROM copies"), [(3,)])

    def test_half_list_loses_nothing(self):
        """A list that is shorter than the server counts is no proof that the rest vanished."""
        self.harvest()
        for key in ("list", "uidl"):
            self.server.answer[key] = lambda c: c.send(b"+OK\r\n1 u1\r\n.\r\n")
        got = self.harvest()
        self.assertEqual(got["vanished"], 0)
        self.all()

    def test_dot_at_every_packet_edge(self):
        """Whatever way the bytes are cut into packets."""
        data = mail(2, "a\r\n.\r\n..b\r\r\n.\rc\n.\r\nd\r\n.")
        self.server.mails[1] = ("u2", data)
        for size in (1, 2, 3):
            self.server.answer["retr", 2] = lambda c, n, s=size: c.pieces(
                b"+OK\r\n" + stuffed(data), s)
            self.harvest()
            self.all()
            self.server.mails[1] = ("w%d" % size, data)  # and once more, under another name
        self.assertEqual(self.rows("SELECT count(*) FROM messages"), [(3,)])

    def test_no_uidl(self):
        """Without UIDL the header tells: nothing is fetched twice, whatever the number."""
        self.server.caps = "TOP PIPELINING USER"
        self.server.answer["uidl"] = lambda c: c.send(b"-ERR what\r\n")
        self.assertEqual(self.traced()["fetched"], 3)
        self.clean()
        self.assertEqual(set(self.names().values()), {sha(m) for _, m in self.server.mails})
        self.server.mails.insert(0, ("new", mail(9)))
        del self.server.mails[2]
        got = self.traced()
        self.assertEqual((got["fetched"], got["vanished"]), (1, 1))
        self.assertEqual(set(self.names().values()), {sha(m) for _, m in self.server.mails})
        self.assertEqual(self.traced("--dry-run")["would_fetch"], 0)

    def test_no_uidl_same_headers(self):
        """Two mails with one header are two mails, and a third one is seen."""
        self.server.caps = "TOP PIPELINING USER"
        self.server.answer["uidl"] = lambda c: c.send(b"-ERR what\r\n")
        self.server.mails = [("", mail(1, body)) for body in ("a", "b")]
        self.harvest()
        self.assertEqual(set(self.names().values()), {sha(m) for _, m in self.server.mails})
        self.server.mails = [("", mail(1, body)) for body in ("b", "c")]
        self.harvest()
        self.assertEqual(set(self.names().values()), {sha(m) for _, m in self.server.mails})
        self.assertEqual(self.rows("SELECT count(*) FROM messages"), [(3,)])

    def test_neither_uidl_nor_top(self):
        self.server.caps = "USER"
        for key in ("uidl", ("top", 1), ("top", 2), ("top", 3)):
            self.server.answer[key] = lambda c, *a: c.send(b"-ERR what\r\n")
        got = self.harvest(want=NET)
        self.assertEqual((got["fetched"], got["mailboxes_failed"]), (0, 1))
        self.assertIn("neither", self.stderr)
        self.heal()

    def test_uidl_gone_later(self):
        """A server that had UIDL and has it no more: nobody says that all mail is new."""
        self.harvest()
        self.server.caps = "TOP USER"
        self.server.answer["uidl"] = lambda c: c.send(b"-ERR what\r\n")
        got = self.harvest(want=NET)
        self.assertEqual((got["fetched"], got["vanished"], got["mailboxes_failed"]), (0, 0, 1))
        self.heal()

    def test_double_names(self):
        """A name of two messages is none of either."""
        self.server.mails = [("u1", mail(1)), ("same", mail(2)), ("same", mail(3)),
                             ("u4", mail(4))]
        self.assertEqual(self.harvest()["fetched"], 4)
        self.assertEqual(set(self.names().values()), {sha(m) for _, m in self.server.mails})
        self.assertEqual(self.harvest()["fetched"], 0)
        self.assertIn("same unique-id", self.stderr)
        self.server.mails[1:1] = [("same", mail(5))]
        self.assertEqual(self.harvest()["fetched"], 1)
        self.assertEqual(set(self.names().values()), {sha(m) for _, m in self.server.mails})

    def test_odd_names(self):
        """Names that cannot be: with spaces, too long, not ASCII, none, of no message."""
        names = ["two words", "x" * 71, "caf\u00e9", "", "ok:: x".split()[0]]
        self.server.mails = [(name, mail(n)) for n, name in enumerate(names)]
        self.assertEqual(self.harvest()["fetched"], 5)
        self.assertEqual(set(self.names().values()), {sha(m) for _, m in self.server.mails})
        self.assertIn("ok::", self.names())
        self.assertEqual(self.harvest()["fetched"], 0)
        self.server.answer["uidl"] = lambda c: c.send(b"+OK\r\n9 ghost\r\n5 ok::\r\n.\r\n")
        got = self.harvest(want=None)
        self.assertEqual(got["vanished"], 0)
        self.assertEqual(set(self.names().values()), {sha(m) for _, m in self.server.mails})

    def test_too_large(self):
        """By the bytes that come, not by LIST; and refused once, not each time."""
        self.server.mails[1] = ("u2", mail(2, "x" * 300000))
        self.account("max_message = 100K")
        got = self.harvest()
        self.assertEqual((got["refused"], got["fetched"]), (1, 2))
        self.want(1, 3)
        self.assertEqual(self.outcomes()[2][0], REFUSED)
        self.assertIn("max_message", self.outcomes()[2][1])
        before = len(self.server.commands)
        self.harvest()
        self.assertEqual(self.fetches(before), [])

    def test_endless(self):
        """A message without end is given up, in bounded memory and disk."""
        def endless(conn, _n):
            conn.send(b"+OK\r\n")
            while True:
                conn.send((b"x" * 998 + b"\r\n") * 100)
        self.account("max_message = 2M")
        self.server.answer["retr", 2] = endless
        got = self.harvest()
        self.assertEqual((got["refused"], got["fetched"]), (1, 2))
        self.want(1, 3)

    def test_endless_lists(self):
        """A list without end, and a line without end."""
        def endless(line):
            def send(conn, *_args):
                conn.send(b"+OK\r\n")
                number = 0
                while True:
                    conn.send(b"".join(line(n) for n in range(number, number + 5000)))
                    number += 5000
            return send
        self.server.answer["list"] = endless(lambda n: b"%d 5\r\n" % (n + 1))
        self.harvest(want=NET)
        self.assertIn("more than", self.stderr)
        self.server.answer.clear()
        self.server.answer["stat"] = lambda c: c.send(b"+OK " + b"x" * 100000)
        self.harvest(want=NET)
        self.assertIn("too long", self.stderr)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        if "asan" not in SHEAF:
            self.assertLess(peak, 200 << 10)
        self.heal()

    def test_large(self):
        self.server.mails[1] = ("u2", mail(2, "\r\n.dot\r\n" * 700000))
        self.harvest()
        self.all()
        self.assertEqual(len(self.check_bytes()), 3)

    def test_one_message_a_connection(self):
        """A server that closes after each message still gives all of them."""
        def last(conn, number):
            conn.many(self.server.mails[number - 1][1])
            raise Hangup
        for number in (1, 2, 3):
            self.server.answer["retr", number] = last
        self.harvest()
        self.all()

    def test_window(self):
        """Not more than 64 commands, nor more than 4 MiB, are asked for ahead."""
        most = []

        def count(conn, number):
            verb = self.server.commands[-1].split(" ")[0]
            asked = [c for c in self.server.commands if c.startswith(verb + " ")]
            waiting = conn.data.count(verb.encode())
            most.append(len(asked) - number + 1 + waiting)
            conn.many(self.server.mails[number - 1][1])
        self.server.mails = [("u%d" % n, mail(n)) for n in range(1, 301)]
        for number in range(1, 301):
            self.server.answer["retr", number] = count
        self.harvest()
        self.all()
        self.assertLessEqual(max(most), 64)
        self.assertGreater(max(most), 32)
        self.server.mails = [("v%d" % n, mail(n, "again")) for n in range(1, 11)]
        self.server.answer["list"] = lambda c: c.many(b"".join(
            b"%d %d\r\n" % (n, 3 << 20) for n in range(1, 11)))
        most.clear()
        self.server.commands.clear()
        self.harvest()
        self.all()
        self.assertEqual(max(most), 1)

    def test_login_delay(self):
        """Watching, the seconds between two logins are the server's where ours are fewer."""
        times = []
        self.server.caps = "TOP UIDL USER LOGIN-DELAY_2"
        self.server.answer["login"] = lambda c: (times.append(time.monotonic()), c.ok())[1]
        self.account("poll = 1")
        run = subprocess.Popen([SHEAF, "-C", str(self.ar), "harvest", "--watch", "--no-index"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 20
        while len(times) < 3 and time.monotonic() < end:
            time.sleep(0.05)
        run.terminate()
        self.assertEqual(run.wait(20), 0)
        self.assertGreaterEqual(len(times), 3)
        for before, after in zip(times, times[1:]):
            self.assertGreater(after - before, 1.9)

    def test_long_delay(self):
        """A connection that breaks where logins are rare: later, not after an hour of waiting."""
        def close(_conn, _n):
            raise Hangup
        self.server.caps = "TOP UIDL USER LOGIN-DELAY_3600"
        self.server.answer["retr", 2] = close
        started = time.monotonic()
        self.harvest(want=LATER)
        self.assertLess(time.monotonic() - started, 30)
        self.assertIn("3600 s between", self.stderr)
        self.want(1)
        self.server.answer.clear()
        self.harvest()
        self.all()


class Stls(PopFake):
    """STLS has the rules of STARTTLS."""

    def setUp(self):
        super().setUp()
        authority = Authority(self.top / "tls")
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(*authority.sign("server"))
        self.account("ca_file = %s" % authority.ca, tls="starttls")

    def upgrade(self, conn, before=b"", after=b""):
        """+OK, TLS; bytes before and behind it in clear."""
        conn.send(before + b"+OK begin\r\n" + after)
        conn.sock = self.context.wrap_socket(conn.sock, server_side=True)
        conn.data = b""

    def test_good(self):
        self.server.answer["stls"] = self.upgrade
        self.traced()
        self.clean()
        self.all()
        self.assertEqual(self.server.commands[:2], ["STLS", "CAPA"])

    def test_refused(self):
        """No TLS, no login; what was announced before counts for nothing."""
        self.server.answer["stls"] = lambda c: c.send(b"-ERR no TLS today\r\n")
        self.harvest(want=DENIED)
        self.assertEqual(self.server.commands, ["STLS"])

    def test_injected(self):
        """Bytes that came in clear behind the +OK end it."""
        self.server.answer["stls"] = lambda c: self.upgrade(c, after=b"+OK injected\r\n")
        self.harvest(want=DENIED)
        self.assertIn("in between", self.stderr)
        self.assertEqual(self.server.commands, ["STLS"])

    def test_greeting_with_more(self):
        self.server.answer["greeting"] = lambda c: c.send(b"+OK hi\r\n+OK go on\r\n")
        self.server.answer["stls"] = self.upgrade
        self.harvest(want=DENIED)
        self.assertIn("in between", self.stderr)
        self.assertEqual(self.server.commands, [])

    def test_password_in_clear(self):
        """Beyond this machine no password goes without TLS."""
        self.configure("[account far]\nprotocol = pop3\nhost = 192.0.2.1\ntls = none\nuser = ann\n"
                       "password_file = %s\n" % (self.top / "secret"))
        self.harvest(want=DENIED)
        self.assertIn("in clear", self.stderr)


if __name__ == "__main__":
    unittest.main()

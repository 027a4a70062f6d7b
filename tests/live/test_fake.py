"""A server that misbehaves: every failure ends in an outcome or a clear error, and what is
stored already stays as it is."""

import time
import unittest

from fakeserver import DEFAULT, Fake, Hangup
from harvesting import DENIED, FAILED, GONE, NET, OK, REFUSED, Case, mail, sha


class FakeCase(Case):
    """One account at a fake server, which holds three messages."""

    def setUp(self):
        super().setUp()
        self.mails = {n: mail(n) for n in (1, 2, 3)}
        self.server = Fake({"INBOX": dict(self.mails)})
        self.server.__enter__()
        self.addCleanup(self.server.__exit__)
        (self.top / "secret").write_text("pw\n")
        (self.top / "secret").chmod(0o600)
        self.account()

    def account(self, *more, name="fake", tls="none", port=None):
        """(Over)write the configuration."""
        self.configure(self.lines(name, tls, port, more))

    def lines(self, name, tls="none", port=None, more=()):
        """One section of sheaf.conf."""
        return "\n".join(["[account %s]" % name, "host = 127.0.0.1",
                          "port = %d" % (port or self.server.port), "tls = " + tls, "user = ann",
                          "password_file = %s" % (self.top / "secret"), "timeout = 1",
                          *more]) + "\n"

    def want(self, *uids, mailbox="INBOX"):
        """Exactly these UIDs are stored, byte for byte."""
        box = self.server.boxes[mailbox]
        self.assertEqual(self.copies(mailbox), {u: sha(box[u]) for u in uids})
        self.assertEqual(self.server.errors, [])

    def on_message(self, uid, data):
        """Answer bytes instead of a message."""
        self.server.answer["message", uid] = lambda c, u, m: c.send(data)

    def heal(self):
        """The server is well again: everything arrives, nothing twice."""
        self.server.answer.clear()
        self.harvest("--retry")
        self.want(*self.server.boxes["INBOX"])
        self.assertEqual(self.rows("SELECT count(*) FROM messages")[0][0],
                         len(set(self.server.boxes["INBOX"].values())))
        self.assertEqual(len(self.check_bytes()), len(set(self.server.boxes["INBOX"].values())))


class Messages(FakeCase):
    """Failures of single messages."""

    def failed(self, uid, outcome=FAILED, words=""):
        """A harvest in which this UID gets an outcome and the others arrive."""
        got = self.harvest("--retry", want=OK if outcome != FAILED else NET)
        self.want(*[u for u in self.mails if u != uid])
        self.assertEqual(self.outcomes()[uid][0], outcome)
        self.assertIn(words, self.outcomes()[uid][1])
        self.assertEqual(got["failed"], 1 if outcome == FAILED else 0)
        return got

    def test_good(self):
        got = self.harvest()
        self.want(1, 2, 3)
        self.assertEqual((got["fetched"], got["stored"], got["mailboxes"]), (3, 3, 1))
        copy = self.rows("SELECT internaldate, zone, flags FROM copies")
        self.assertEqual(copy, [(1741242600, 60, 1)] * 3)
        self.lint(self.server.commands)
        before = len(self.server.commands)
        got = self.harvest()
        self.assertEqual(got["fetched"], 0)
        self.assertFalse([c for c in self.server.commands[before:] if "BODY" in c])

    def test_unavailable(self):
        def fetch(conn, uids):
            for uid in uids:
                if uid == 2:
                    return b"NO [UNAVAILABLE] UID FETCH Server error"
                conn.message(uid, self.mails[uid])
            return b"OK done"
        self.server.boxes["INBOX"].update({n: mail(n) for n in range(4, 40)})
        self.mails = dict(self.server.boxes["INBOX"])
        self.server.answer["fetch"] = fetch
        self.failed(2, words="UNAVAILABLE")
        self.heal()

    def test_no_with_all_data(self):
        def fetch(conn, uids):
            for uid in uids:
                conn.message(uid, self.mails[uid])
            return b"NO some of them are gone"
        self.server.answer["fetch"] = fetch
        self.harvest()
        self.want(1, 2, 3)

    def test_bad_for_everything(self):
        self.server.answer["fetch"] = lambda c, uids: b"BAD Command Error. 12"
        got = self.harvest(want=NET)
        self.assertEqual(got["failed"], 3)
        self.heal()

    def test_nothing_sent(self):
        self.server.answer["message", 2] = lambda c, u, m: None
        self.failed(2, GONE)
        asked = len([c for c in self.server.commands if "BODY" in c])
        self.assertEqual(asked, 2)
        del self.server.boxes["INBOX"][2]
        self.harvest()
        self.assertEqual(len([c for c in self.server.commands if "BODY" in c]), asked)

    def test_no_literal(self):
        self.on_message(2, b"* 2 FETCH (UID 2 FLAGS ())\r\n")
        self.failed(2, words="no message")
        self.heal()

    def test_nil(self):
        self.on_message(2, b"* 2 FETCH (UID 2 BODY[] NIL)\r\n")
        self.failed(2, words="no message")
        self.heal()

    def test_without_uid(self):
        self.on_message(2, b"* 2 FETCH (BODY[] {4}\r\nabcd)\r\n")
        self.failed(2, words="UID")
        self.heal()

    def test_wrong_uid(self):
        self.on_message(2, b"* 2 FETCH (UID 99 BODY[] {4}\r\nabcd)\r\n")
        self.failed(2, GONE)
        self.assertNotIn(99, self.copies())

    def test_duplicates(self):
        def twice(conn, uid, data):
            conn.send(b"* 2 FETCH (UID 2 FLAGS ())\r\n")
            conn.message(uid, data)
            conn.send(b"* 2 FETCH (UID 2 BODY[] {4}\r\nabcd)\r\n")
            conn.send(b"* 5 EXISTS\r\n* 1 RECENT\r\n* OK still here {9}\r\n\r\n")
        self.server.answer["message", 2] = twice
        self.harvest()
        self.want(1, 2, 3)

    def test_odd_forms(self):
        box = self.server.boxes["INBOX"]
        box.update({2: b'a "quoted" \\ one', 3: b"with a \0 NUL", 4: b"",
                    5: b"* 1 FETCH\r\na7 NO x\r\n"})
        self.on_message(2, b'* 2 FETCH (BODY[] "a \\"quoted\\" \\\\ one" X-NEW (1 (2)) UID 2)\r\n')
        self.on_message(3, b"* 3 FETCH (MODSEQ (-1) INTERNALDATE \" 6-Mar-2025 07:30:00 +0100\" "
                        b"BODY[] ~{12}\r\nwith a \0 NUL FLAGS (\\Flagged b a) UID 3)\r\n")
        self.on_message(4, b'* 4 FETCH (UID 4 BODY[] {0}\r\n RFC822.SIZE 9.37e+06)\r\n')
        self.harvest()
        self.want(1, 2, 3, 4, 5)
        self.assertEqual(self.rows("SELECT flags, keywords, internaldate FROM copies"
                                   " WHERE uid = 3"), [(4, "a b", 1741242600)])

    def test_literal_too_short(self):
        data = self.mails[2]
        self.on_message(2, self.wrong_size(data, 10))
        self.failed(2)
        self.heal()

    def test_literal_too_short_and_forged(self):
        """The rest of the mail reads like the end of the response, and like others."""
        data = b"0123456789 words )\r\na9 OK done\r\n* BYE\r\n"
        self.server.boxes["INBOX"][2] = data
        self.on_message(2, self.wrong_size(data, 10))
        self.failed(2)
        self.heal()

    def test_literal_too_long(self):
        self.on_message(2, self.wrong_size(self.mails[2], 100000))
        self.failed(2)
        self.heal()

    @staticmethod
    def wrong_size(data, size):
        """A response that announces another size."""
        return b"* 2 FETCH (UID 2 FLAGS () BODY[] {%d}\r\n%s)\r\n" % (size, data)

    def test_closed_in_literal(self):
        def cut(conn, uid, data):
            conn.send(conn.response(uid, data)[:-10])
            raise Hangup
        self.server.answer["message", 2] = cut
        self.failed(2, words="closed")
        self.heal()

    def test_closed_once(self):
        calls = []

        def cut(conn, uid, data):
            calls.append(uid)
            if len(calls) > 1:
                return DEFAULT
            conn.send(conn.response(uid, data)[:-10])
            raise Hangup
        self.server.answer["message", 2] = cut
        self.harvest()
        self.want(1, 2, 3)

    def test_hangs_in_literal(self):
        def hang(conn, uid, data):
            conn.send(conn.response(uid, data)[:-10])
            conn.hang()
        self.server.answer["message", 2] = hang
        self.failed(2, words="no answer")
        self.heal()

    def test_four_gigabytes(self):
        def announce(conn, _uid, _data):
            conn.send(b"* 2 FETCH (UID 2 BODY[] {4294967285}\r\nabc")
            conn.hang()
        self.server.answer["message", 2] = announce
        got = self.failed(2, REFUSED, "4294967285")
        self.assertEqual(got["refused"], 1)

    def test_impossible_sizes(self):
        for size in (b"18446744073709551616", b"9223372036854775808", b"99999999999999999999999"):
            self.on_message(2, b"* 2 FETCH (UID 2 BODY[] {%s}\r\nabc" % size)
            self.failed(2, words="size")
        self.heal()

    def test_too_large(self):
        self.server.boxes["INBOX"][2] = mail(2, size=300000)
        self.account("max_message = 100K")
        self.failed(2, REFUSED, "max_message")
        before = len([c for c in self.server.commands if "BODY" in c])
        self.harvest()
        self.assertEqual(len([c for c in self.server.commands if "BODY" in c]), before)

    def test_large(self):
        self.server.boxes["INBOX"][2] = mail(2, size=5000000)
        self.harvest()
        self.want(1, 2, 3)
        self.assertEqual(len(self.check_bytes()), 3)

    def test_garbage(self):
        for data in (b"\x00\x01\x02\r\n", b"garbage\r\n", b"* 2 FETCH (((((((\r\n", b"*\r\n",
                     b"* 2 FETCH (UID 2 BODY[] {5}\n12345)\r\n", b"z9 OK nobody asked\r\n",
                     b"* 2 FETCH " + b"(" * 100 + b")" * 100 + b"\r\n"):
            self.on_message(2, data)
            self.failed(2)
        self.heal()

    def test_endless_line(self):
        self.on_message(2, b"* 2 FETCH (X " + b"y" * 2000000)
        self.failed(2, words="line")

    def test_bye(self):
        def bye(conn, _uid, _data):
            conn.send(b"* BYE AccessTokenExpired\r\n")
            raise Hangup
        self.server.answer["message", 2] = bye
        self.failed(2, words="AccessTokenExpired")
        self.heal()

    def test_one_message_a_connection(self):
        """A server that closes after each message still gives all of them."""
        def last(conn, uid, data):
            conn.message(uid, data)
            raise Hangup
        for uid in self.mails:
            self.server.answer["message", uid] = last
        self.harvest()
        self.want(1, 2, 3)


class Mailboxes(FakeCase):
    """Failures of mailboxes: the others go on."""

    def test_control_characters(self):
        names = ["a\r\nb", "tab\tx", 'quote"d\\', "sp ace", "\u00e9", "(){%}"]
        for number, name in enumerate(names, 10):
            self.server.boxes[name] = {1: mail(number)}
        got = self.harvest()
        self.assertEqual((got["mailboxes"], got["mailboxes_failed"]), (7, 0))
        self.assertEqual(got["fetched"], 9)
        self.assertEqual(self.server.errors, [])

    def test_nul_in_name(self):
        self.server.boxes["n\0l"] = {1: mail(10)}
        got = self.harvest(want=NET)
        self.assertEqual((got["mailboxes"], got["mailboxes_failed"]), (2, 1))
        self.want(1, 2, 3)

    def test_ambiguous_names(self):
        self.server.boxes["Q&A"] = {1: mail(10)}
        self.server.boxes["Q&-A"] = {1: mail(11)}
        got = self.harvest(want=NET)
        self.assertEqual((got["mailboxes"], got["mailboxes_failed"]), (3, 2))
        self.want(1, 2, 3)

    def test_refused(self):
        self.server.boxes["A"] = {1: mail(10)}
        self.server.answer["examine", "A"] = \
            lambda c, *a: c.send(b"%s NO [NOPERM] not yours\r\n" % c.tag.encode())
        got = self.harvest(want=NET)
        self.assertEqual((got["mailboxes"], got["mailboxes_failed"]), (2, 1))
        self.assertIn("not yours", self.stderr)
        self.want(1, 2, 3)

    def test_breaks(self):
        def close(_conn):
            raise Hangup
        self.server.boxes["A"] = {1: mail(10)}
        for answer in (close, lambda c: c.hang(), lambda c: c.send(b"\0\0garbage\r\n")):
            self.server.answer["examine", "A"] = answer
            got = self.harvest(want=NET)
            self.assertEqual((got["mailboxes"], got["mailboxes_failed"]), (2, 1))
            self.want(1, 2, 3)

    def test_noselect(self):
        self.server.answer["list"] = lambda c: (
            c.send(b'* LIST (\\Noselect) "/" A\r\n* LIST (\\NonExistent) "/" B\r\n'
                   b'* LIST () NIL Inbox\r\n'), c.ok(), None)[-1]
        self.server.boxes["Inbox"] = self.server.boxes.pop("INBOX")
        got = self.harvest()
        self.assertEqual((got["mailboxes"], got["fetched"]), (1, 3))
        self.assertEqual(len(self.copies("INBOX")), 3)

    def test_no_uidvalidity(self):
        self.server.answer["examine", "INBOX"] = lambda c: (c.send(b"* 3 EXISTS\r\n"), c.ok())[0]
        self.assertEqual(self.harvest(want=NET)["mailboxes_failed"], 1)

    def test_half_enumeration_loses_nothing(self):
        """A list that is cut short is no proof that the rest vanished."""
        self.harvest()

        def half(conn, uids):
            if len(uids) < 3:
                return DEFAULT  # asked again, by number: there they are
            conn.send(b"* 1 FETCH (UID 1 FLAGS ())\r\n")
            conn.ok()
            return None
        self.server.answer["enumerate"] = half
        got = self.harvest()
        self.assertEqual(got["vanished"], 0)
        self.want(1, 2, 3)

    def test_empty_for_a_moment(self):
        """Everything vanishes, and is there again."""
        self.harvest()
        self.server.answer["examine", "INBOX"] = lambda c: (
            c.send(b"* 0 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n"), c.ok())[0]
        self.assertEqual(self.harvest()["vanished"], 3)
        self.assertEqual(self.copies(), {})
        self.server.answer.clear()
        got = self.harvest()
        self.assertEqual((got["fetched"], got["stored"]), (3, 0))
        self.want(1, 2, 3)
        self.assertEqual(self.rows("SELECT count(*) FROM copies"), [(3,)])
        self.assertEqual(self.harvest()["fetched"], 0)

    def test_enumeration_refused(self):
        self.harvest()
        self.server.answer["enumerate"] = lambda c, uids: c.send(b"%s NO busy\r\n" % c.tag.encode())
        got = self.harvest(want=NET)
        self.assertEqual((got["vanished"], got["mailboxes_failed"]), (0, 1))
        self.want(1, 2, 3)

    def test_odd_numbers(self):
        def odd(conn, uids):
            conn.send(b"* 1 FETCH (UID 0 FLAGS ())\r\n* 9.3e+06 FETCH (UID 9.3e+06)\r\n"
                      b"* 3 FETCH (FLAGS (\\Seen))\r\n")
            return DEFAULT
        self.server.answer["enumerate"] = odd
        self.harvest()
        self.want(1, 2, 3)

    def test_patterns(self):
        for number, name in enumerate(("Lists/a", "Lists/b", "Trash"), 10):
            self.server.boxes[name] = {1: mail(number)}
        self.account("mailboxes = inbox, Lists/*, -Lists/b")
        self.assertEqual(self.harvest()["mailboxes"], 2)
        self.account("mailboxes = -Trash, -Lists/*")
        self.assertEqual(self.harvest()["mailboxes"], 1)
        self.account("mailboxes = *")
        self.assertEqual(self.harvest()["mailboxes"], 4)


class Accounts(FakeCase):
    """Failures of whole accounts."""

    def refused(self, want, words):
        """Nothing is harvested, and the error says why."""
        got = self.harvest(want=want, seconds=60)
        self.assertIn(words, got["error"])
        self.assertEqual(self.copies(), {})

    def test_login_refused(self):
        self.server.answer["login"] = lambda c, r: c.send(b"%s NO wrong\r\n" % c.tag.encode())
        self.refused(DENIED, "login refused")
        self.assertEqual(len(self.server.connections), 1)
        self.assertNotIn("pw", self.stderr)

    def test_login_disabled(self):
        self.server.answer["capability"] = lambda c: (
            c.send(b"* CAPABILITY IMAP4rev1 LOGINDISABLED STARTTLS\r\n"), c.ok(), None)[-1]
        self.refused(DENIED, "starttls")
        self.assertFalse([c for c in self.server.commands if "ann" in c])

    def test_authenticate_plain(self):
        for sasl_ir in (b"", b" SASL-IR"):
            self.server.answer["capability"] = lambda c, w=sasl_ir: (
                c.send(b"* CAPABILITY IMAP4rev1 AUTH=PLAIN%s\r\n" % w), c.ok(), None)[-1]
            told = []

            def login(conn, rest):
                words = rest.split(" ")
                if len(words) == 2:
                    conn.send(b"+ \r\n")
                    words.append(conn.line())
                told.append(words[2])
                conn.ok()
            self.server.answer["login"] = login
            self.harvest()
            self.want(1, 2, 3)
            self.assertEqual(told, ["AGFubgBwdw=="])

    def test_odd_password(self):
        (self.top / "secret").write_bytes('p"\\\u00e4 w\n'.encode())
        self.harvest()
        self.assertEqual([c for c in self.server.commands if "LOGIN" in c][0].split(" ", 1)[1],
                         'LOGIN "ann" "p"\\\xc3\xa4 w"')

    def test_greetings(self):
        for data, words in ((b"* BYE go away\r\n", "go away"),
                            (b"220 smtp.example.org\r\n", "IMAP"), (b"* NO\r\n", "not welcome")):
            self.server.answer["greeting"] = lambda c, d=data: (c.send(d), c.hang())
            self.refused(NET if b"220" not in data else None, words)

    def test_silence(self):
        self.server.answer["greeting"] = lambda c: c.hang()
        started = time.monotonic()
        self.refused(NET, "no answer")
        self.assertLess(time.monotonic() - started, 20)

    def test_dripping(self):
        def drip(conn):
            while True:
                conn.send(b"* OK x\r\n")
                time.sleep(0.3)
        self.server.answer["login"] = lambda c, r: drip(c)
        started = time.monotonic()
        self.refused(NET, "too slow")
        self.assertLess(time.monotonic() - started, 30)

    def test_nobody_there(self):
        self.account(port=1)
        self.refused(NET, "connect")

    def test_preauth(self):
        self.server.answer["greeting"] = lambda c: c.send(b"* PREAUTH welcome\r\n")
        self.harvest()
        self.want(1, 2, 3)

    def test_starttls_preauth(self):
        self.account(tls="starttls")
        self.server.answer["greeting"] = lambda c: c.send(b"* PREAUTH welcome\r\n")
        self.refused(DENIED, "before TLS")
        self.assertEqual(self.server.commands, [])

    def test_starttls_injection(self):
        """Bytes behind the OK came in clear: somebody put them there."""
        self.account(tls="starttls")
        self.server.answer["starttls"] = lambda c: (
            c.send(b"%s OK go\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n" % c.tag.encode()), None)[-1]
        self.refused(DENIED, "in clear")
        self.assertEqual(len(self.server.commands), 1)

    def test_starttls_answered_early(self):
        self.account(tls="starttls")
        self.server.answer["greeting"] = lambda c: c.send(b"* OK hi\r\na1 OK begin TLS\r\n")
        self.refused(DENIED, "in clear")

    def test_starttls_refused(self):
        self.account(tls="starttls")
        self.server.answer["starttls"] = lambda c: c.send(b"%s NO no TLS\r\n" % c.tag.encode())
        self.refused(DENIED, "no TLS")
        self.assertFalse([c for c in self.server.commands if "LOGIN" in c])

    def test_others_go_on(self):
        """Accounts beside a broken one arrive, and the command fails."""
        with Fake({"INBOX": {1: mail(50)}}) as bad, Fake({"INBOX": {1: mail(60)}}) as good:
            bad.answer["message", 1] = lambda c, u, m: c.hang()
            self.configure(self.lines("a", port=bad.port), self.lines("b", port=good.port),
                           self.lines("c", port=1), self.lines("d"))
            self.harvest(want=NET)
            self.assertEqual([a["fetched"] for a in self.accounts], [0, 1, 0, 3])
            self.assertEqual([a["error"] is None for a in self.accounts],
                             [True, True, False, True])
        self.assertEqual(self.rows("SELECT count(*) FROM messages")[0][0], 4)

    def test_configuration(self):
        for line, words in (("port = 99999", "port"), ("tls = maybe", "tls"),
                            ("max_message = 5G", "max_message"), ("timeout = 0", "timeout"),
                            ("mailboxes = a,,b", "mailboxes"), ("plaintext = 1", "plaintext"),
                            ("password_command = true", "password_file"), ("color = red", "color")):
            text = self.lines("x").replace("timeout = 1\n", "") if "timeout" in line else \
                self.lines("x")
            for key in ("port", "tls"):
                if line.startswith(key):
                    text = "\n".join(t for t in text.splitlines() if not t.startswith(key)) + "\n"
            self.configure(text + line + "\n")
            self.call("harvest", want=DENIED)
            self.assertIn(words, self.stderr)
            self.assertRegex(self.stderr, r"sheaf\.conf:\d+: ")

    def test_passwords(self):
        text = self.lines("x").replace("password_file = %s" % (self.top / "secret"), "%s")
        self.configure(text % "password_command = echo pw")
        self.harvest()
        self.want(1, 2, 3)
        self.configure(text % "password_command = exit 1")
        self.assertIn("password", self.harvest(want=DENIED)["error"])
        self.configure(text % ("password_file = %s" % (self.top / "missing")))
        self.assertIn("missing", self.harvest(want=DENIED)["error"])
        (self.top / "secret").chmod(0o644)
        self.account()
        self.harvest()
        self.assertIn("others can read", self.stderr)


if __name__ == "__main__":
    unittest.main()

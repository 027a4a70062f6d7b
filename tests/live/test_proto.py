"""How much is said to a server: round trips, changes by CONDSTORE and QRESYNC, transcripts."""

import re
import sqlite3
import time
import unittest

from fakeserver import DEFAULT, Fake, Hangup
from harvesting import NET, Case, mail, sha
from servers import Dovecot

QRESYNC = "IMAP4rev1 ENABLE CONDSTORE QRESYNC LIST-EXTENDED LIST-STATUS"


ZLIB = "protocol imap {\n  mail_plugins = zlib imap_zlib\n}\n"


class Transcript(Case):
    """Harvests with a transcript."""

    def setUp(self):
        super().setUp()
        self.trace = self.top / "trace"

    def traced(self, *options, **more):
        """Harvest; the numbers, and (who, line) of the transcript."""
        self.trace.unlink(missing_ok=True)
        got = self.harvest("--trace", str(self.trace), *options, **more)
        self.said = [(line.split(" ")[1][0], line.split(" ", 2)[2])
                     for line in self.trace.read_text().splitlines()]
        return got

    def commands(self):
        """The commands of the client, without logins and the names it sent in literals."""
        return [line for who, line in self.said if who == "C" and re.match(r"a\d+ ", line)]

    def round_trips(self):
        """How often the client spoke after it had listened; LOGOUT waits for nothing."""
        trips, before = 0, "S"
        for who, line in self.said:
            trips += who == "C" and before == "S" and "LOGOUT" not in line
            before = who
        return trips

    def clean(self):
        """Acceptance tests 6 and 7: nothing in it could change the server, no '*'."""
        self.lint(self.commands())


@unittest.skipUnless(Dovecot.installed(), "no dovecot")
class Real(Transcript):
    """Against Dovecot."""

    @classmethod
    def setUpClass(cls):
        cls.server = Dovecot(users=("poll", "delta", "plain", "dry", "small"), extra=ZLIB)
        cls.server.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()

    def test_poll_of_100_mailboxes(self):
        """Acceptance test 9: nothing new in 100 mailboxes with 20,000 mails: 3 round trips."""
        self.server.fill("poll", "INBOX", ((mail(n), "", None) for n in range(20000)))
        with self.server.imap("poll") as box:
            for number in range(99):
                box.create("box%d" % number)
        self.configure(self.server.account("poll", tls="none", auth="plain"))
        self.assertEqual(self.traced()["fetched"], 20000)
        self.clean()
        best = 9.0
        for _ in range(3):
            started = time.monotonic()
            got = self.traced()
            best = min(best, time.monotonic() - started)
            self.assertEqual((got["fetched"], got["mailboxes"]), (0, 100))
            self.assertEqual(self.round_trips(), 3)
            self.assertFalse([c for c in self.commands() if "EXAMINE" in c])
        self.assertLess(best, 0.5)  # far under 100 ms where nothing else runs
        self.clean()

    def test_changes(self):
        """New mail, flags, expunged mail: what changed is asked for, and nothing else."""
        for number in range(50):
            self.server.append("delta", "INBOX", mail(number))
        self.configure(self.server.account("delta", tls="none", auth="plain"))
        self.traced()
        with self.server.imap("delta") as box:
            box.select("INBOX")
            box.uid("STORE", "7,9", "+FLAGS", "(\\Seen zeta)")
            box.uid("STORE", "3,4", "+FLAGS", "(\\Deleted)")
            box.expunge()
            box.append("INBOX", "", None, mail(77))
        got = self.traced()
        self.assertEqual((got["fetched"], got["flags"], got["vanished"]), (1, 2, 2))
        fetches = [c for c in self.commands() if "UID FETCH" in c]
        self.assertEqual(len(fetches), 3, fetches)  # changes, those that vanished, new mail
        self.assertRegex(fetches[0], r"CHANGEDSINCE \d+ VANISHED")
        self.assertEqual(len([s for s in self.said if "FETCH (" in s[1] and s[0] == "S"]), 4)
        self.assertEqual(set(self.copies()), set(range(1, 52)) - {3, 4})
        self.assertEqual(self.rows("SELECT flags, keywords FROM copies WHERE uid = 7"),
                         [(1, "zeta")])
        self.clean()
        self.assertEqual(self.traced()["fetched"], 0)
        self.assertEqual(self.round_trips(), 3)

    def test_compress(self):
        """COMPRESS=DEFLATE: the same bytes, and it costs no round trip."""
        mails = {n: mail(n, "words " * 50 * n, n * 1000) for n in range(1, 60)}
        for number in mails:
            self.server.append("small", "INBOX", mails[number])
        for tls in ("none", "implicit", "starttls"):
            self.configure(self.server.account("small", tls=tls, auth="plain",
                                                     compress="yes"))
            got = self.traced("--retry")
            self.assertIn("COMPRESS DEFLATE", self.trace.read_text())
            self.assertEqual(got["fetched"], 59 if tls == "none" else 0)
            if tls == "implicit":
                self.assertEqual(self.round_trips(), 3)
        self.assertEqual(self.copies(), {u: sha(m) for u, m in mails.items()})
        self.configure(self.server.account("small", tls="none"))
        self.traced()
        self.assertNotIn("COMPRESS DEFLATE", self.trace.read_text())  # not on this machine

    def test_secrets(self):
        """Neither the password nor mail stands in a transcript, in whatever way we log in."""
        self.server.append("plain", "INBOX", mail(1, "the body"))
        for tls, auth in (("none", "plain"), ("starttls", "login"), ("implicit", "scram-sha-256")):
            self.configure(self.server.account("plain", tls=tls, auth=auth))
            self.traced()
            text = self.trace.read_text()
            for secret in ("plain-pw", "AHBsYWluAHBsYWluLXB3", "cGxhaW4tcHc",
                           "the body", "number 1"):
                self.assertNotIn(secret, text)
            self.assertIn(auth.upper(), text)
            self.assertIn("(cut)", text)
            self.assertEqual(self.trace.stat().st_mode & 0o777, 0o600)

    def test_dry_run(self):
        """It says what would come, and leaves the archive as it was."""
        for number in range(4):
            self.server.append("dry", "INBOX", mail(number))
        self.server.append("dry", "Two", mail(9))
        self.configure(self.server.account("dry", tls="none"))
        before = (self.ar / "catalog.db").read_bytes()
        got = self.traced("--dry-run")
        self.assertEqual((got["would_fetch"], got["fetched"]), (5, 0))
        size = sum(len(mail(n)) for n in (0, 1, 2, 3, 9))
        self.assertEqual(got["would_fetch_bytes"], size)
        self.assertEqual((self.ar / "catalog.db").read_bytes(), before)
        self.assertFalse(list((self.ar / "segments").glob("*")))
        self.assertFalse([c for c in self.commands() if "BODY" in c])
        self.assertEqual(self.harvest()["fetched"], 5)
        self.server.append("dry", "INBOX", mail(10))
        self.assertEqual(self.traced("--dry-run")["would_fetch"], 1)
        self.assertEqual(self.traced("--dry-run")["would_fetch"], 1)


class Faked(Transcript):
    """Against a server that knows QRESYNC, or says so."""

    def setUp(self):
        super().setUp()
        self.server = Fake({"INBOX": {n: mail(n) for n in range(1, 11)}})
        self.server.caps, self.server.modseq = QRESYNC, 100
        self.server.__enter__()
        self.addCleanup(self.server.__exit__)
        (self.top / "secret").write_text("pw\n")
        (self.top / "secret").chmod(0o600)
        self.account()

    def account(self, *more):
        """(Over)write the configuration."""
        self.configure("\n".join(["[account fake]", "host = 127.0.0.1",
                                  "port = %d" % self.server.port, "tls = none", "user = ann",
                                  "password_file = %s" % (self.top / "secret"), "timeout = 2",
                                  *more]) + "\n")

    def box(self):
        """The mailbox on the server."""
        return self.server.boxes["INBOX"]

    def same(self):
        """What is stored and present is what the server has."""
        self.assertEqual(self.copies(), {u: sha(m) for u, m in self.box().items()})
        self.assertEqual(self.server.errors, [])

    def asked(self, pattern):
        """Commands since the last look."""
        found = [c for c in self.server.commands if re.search(pattern, c)]
        self.server.commands.clear()
        return found

    def begin(self):
        """A first harvest."""
        self.harvest()
        self.same()
        self.server.commands.clear()

    def test_nothing_new(self):
        self.begin()
        self.assertEqual(self.harvest()["mailboxes"], 1)
        self.assertEqual(self.asked("EXAMINE|FETCH"), [])

    def test_vanished_for_everything(self):
        """A server that says all is gone: they are asked for, and stay."""
        self.begin()
        self.server.modseq = 101
        self.server.expunged = {n: 101 for n in self.box()}
        got = self.harvest()
        self.assertEqual(got["vanished"], 0)
        self.same()

    def test_change_that_is_not_told(self):
        """CHANGEDSINCE tells nothing, but the numbers do not agree: all is listed."""
        self.begin()
        self.server.modseq = 101
        self.box()[11] = mail(11)
        del self.box()[2]
        del self.box()[3]
        self.harvest()
        self.same()
        self.assertTrue(self.asked(r"UID FETCH 1:4294967295 \(UID FLAGS\)$"))

    def test_daily_list_heals(self):
        """What no number tells is found when all is listed again."""
        self.begin()
        self.server.next = 12
        self.server.modseq = 101
        self.harvest()
        del self.box()[5]
        self.box()[11] = mail(11)
        self.assertEqual(self.harvest()["fetched"], 0)
        self.rewind_listed()
        got = self.harvest()
        self.assertEqual((got["fetched"], got["vanished"]), (1, 1))
        self.same()

    def rewind_listed(self):
        """A day passes: the catalog is told so."""
        catalog = sqlite3.connect(self.ar / "catalog.db")
        catalog.execute("UPDATE epochs SET listed = listed - 90000")
        catalog.commit()
        catalog.close()

    def test_numbers_that_go_back(self):
        """HIGHESTMODSEQ or UIDNEXT lower than before: all is listed."""
        self.begin()
        self.server.modseq = 50
        self.box()[11] = mail(11)
        self.harvest()
        self.same()
        self.assertTrue(self.asked(r"UID FETCH 1:4294967295 \(UID FLAGS\)$"))
        self.server.modseq, self.server.next = 60, 0
        del self.box()[11]
        self.harvest()
        self.same()
        self.assertTrue(self.asked(r"UID FETCH 1:4294967295 \(UID FLAGS\)$"))

    def test_no_modseq(self):
        """HIGHESTMODSEQ 0 is none."""
        self.server.modseq = 0
        self.begin()
        self.box()[11] = mail(11)
        self.harvest()
        self.same()

    def test_condstore_only(self):
        """Without QRESYNC nothing tells what vanished, but the count."""
        self.server.caps = QRESYNC.replace(" QRESYNC", "")
        self.begin()
        self.server.modseq = 101
        self.server.touched = {5: 101, 11: 101}
        self.box()[11] = mail(11)
        got = self.harvest()
        self.assertEqual((got["fetched"], got["flags"]), (1, 1))
        self.assertEqual(self.asked(r"\(UID FLAGS\)$"), [])
        self.same()
        del self.box()[6]
        self.assertEqual(self.harvest()["vanished"], 1)
        self.same()

    def test_esearch(self):
        """Without QRESYNC a list of UIDs tells what vanished; one that lies is not believed."""
        self.server.caps = QRESYNC.replace(" QRESYNC", " ESEARCH")
        self.begin()
        self.server.modseq = 101
        del self.box()[6]
        self.assertEqual(self.harvest()["vanished"], 1)
        self.same()
        self.assertEqual(self.asked(r"\(UID FLAGS\)$"), [])
        for lie in (b"1:4294967295", b"1,2,3", b"5:*", b"1:4,99:103", b"x"):
            self.server.modseq += 1
            del self.box()[min(self.box())]
            self.server.answer["search"] = lambda c, r, s=lie: (
                c.send(b'* ESEARCH (TAG "x") UID ALL %s\r\n' % s), c.ok())[0]
            self.harvest(want=None)
            self.server.answer.clear()
            self.server.modseq += 1
            self.harvest(want=None)
            self.same()
        for answer in (lambda c, r: c.send(b"%s BAD no\r\n" % c.tag.encode()),
                       lambda c, r: (c.send(b"* SEARCH 1 2\r\n"), c.ok())[0]):
            self.server.modseq += 1
            self.box().pop(max(self.box()))
            self.server.answer["search"] = answer
            self.harvest()
            self.same()

    def test_broken_off_between(self):
        """The connection breaks in the changes: HIGHESTMODSEQ does not move on."""
        self.begin()
        self.server.modseq, self.server.touched = 101, {5: 101, 11: 101}
        self.box()[11] = mail(11)

        def cut(conn, _since):
            conn.send(b"* 5 FETCH (UID 5 FLAGS (\\Flagged) MODSEQ (101))\r\n")
            raise Hangup
        self.server.answer["changes"] = cut
        self.harvest(want=NET)
        self.assertEqual(self.rows("SELECT highestmodseq FROM epochs"), [(100,)])
        self.server.answer.clear()
        self.assertEqual(self.harvest()["fetched"], 1)
        self.same()

    def test_failed_are_tried(self):
        """A message that failed is tried again, though the server says nothing changed."""
        self.server.answer["message", 4] = lambda c, u, m: c.send(b"* 4 FETCH (UID 4)\r\n")
        self.harvest(want=NET)
        self.assertEqual(self.harvest()["waiting"], 1)
        self.server.answer.clear()
        self.assertEqual(self.harvest("--retry")["fetched"], 1)
        self.same()

    def test_status_of_nobody(self):
        """STATUS "INBOX" () tells nothing: the mailbox is visited."""
        self.begin()
        self.server.answer["status", "INBOX"] = lambda c: c.send(b'* STATUS "INBOX" ()\r\n')
        self.harvest()
        self.assertEqual(len(self.asked("EXAMINE")), 1)

    def test_list_options_refused(self):
        """A server that offers LIST-STATUS and then says BAD."""
        self.server.answer["list"] = lambda c: (
            c.send(b"%s BAD no\r\n" % c.tag.encode()) if "RETURN" in self.server.commands[-1]
            else (c.send(b'* LIST () "/" INBOX\r\n'), c.ok()))
        self.harvest()
        self.same()

    def test_uidonly_and_messagelimit(self):
        """Acceptance test 8: Yahoo's way. No sequence numbers, four messages an answer."""
        self.server.caps = "IMAP4rev1 ENABLE UIDONLY MESSAGELIMIT=4"
        self.server.boxes["INBOX"] = {n * 10: mail(n) for n in range(1, 24)}

        def limited(conn, uids):
            for uid in uids[-4:]:
                conn.send(b"* %d UIDFETCH (FLAGS ())\r\n" % uid)
            if len(uids) > 4:
                conn.ok(b"[MESSAGELIMIT 4 %d] partial" % uids[-4])
            else:
                conn.ok()
        self.server.answer["enumerate"] = limited
        self.harvest()
        self.same()
        for line in self.asked("BODY"):
            self.assertLessEqual(line.split(" ")[3].count(","), 3)

    def test_compress_broken(self):
        """Garbage, or the end, where compressed data should come: an error, no hang."""
        self.server.caps += " COMPRESS=DEFLATE"
        self.account("compress = yes")
        for tail in (b"* OK not compressed\r\n", b"\x03\x00", b"\xff" * 100, b""):
            def answer(conn, data=tail):
                conn.ok()
                conn.send(data)
                raise Hangup
            self.server.answer["compress"] = answer
            got = self.harvest(want=None)
            self.assertTrue(got["error"])
            self.assertEqual(self.copies(), {})
        self.server.answer["compress"] = lambda c: c.send(b"%s NO no\r\n" % c.tag.encode())
        self.harvest()
        self.same()

    def test_rfc1730(self):
        """A server from 1994: RFC822.PEEK, no UIDNEXT, nothing newer."""
        self.server.caps, self.server.body_item = "IMAP4", b"RFC822"
        self.server.modseq = None
        self.server.answer["examine", "INBOX"] = lambda c: (
            c.send(b"* %d EXISTS\r\n* OK [UIDVALIDITY %d] x\r\n"
                   % (len(self.box()), self.server.uidvalidity)), c.ok())[0]
        self.begin()
        self.box()[11] = mail(11)
        del self.box()[2]
        self.assertEqual(self.harvest()["vanished"], 1)
        self.same()
        fetched = [c for c in self.server.commands if "FETCH" in c]
        self.assertFalse([c for c in fetched if "BODY" in c or "MODSEQ" in c], fetched)
        self.assertTrue(self.asked(r"RFC822\.PEEK"))
        self.server.uidvalidity = 8
        self.assertEqual(self.harvest()["fetched"], 10)
        self.server.caps = "IMAP2"
        self.assertIn("not an IMAP4", self.harvest(want=NET)["error"])

    def test_utf8_names(self):
        """With UTF8=ACCEPT or IMAP4rev2 names are UTF-8, and mean the same mailboxes."""
        name = "B\u00fccher & \u65e5"
        raw = "B&APw-cher &- &ZeU-"
        self.server.boxes[raw] = {1: mail(40)}
        self.begin()
        self.assertEqual(len(self.copies(name)), 1)
        del self.server.boxes[raw]
        self.server.boxes[name.encode().decode("latin-1")] = {1: mail(40), 2: mail(41)}
        for caps in (" UTF8=ACCEPT", " IMAP4rev2", " LITERAL- UTF8=ACCEPT", " LITERAL+ IMAP4rev2"):
            self.server.caps = QRESYNC + caps
            self.server.boxes[name.encode().decode("latin-1")][len(self.copies(name)) + 1] = \
                mail(50 + len(self.copies(name)))
            self.harvest()
            self.assertEqual(self.rows("SELECT count(*) FROM epochs WHERE mailbox = ?", name),
                             [(1,)])
            self.assertEqual(len(self.copies(name)),
                             len(self.server.boxes[name.encode().decode("latin-1")]))
        self.assertEqual(self.server.errors, [])

    def test_inprogress(self):
        """INPROGRESS is a sign of life, and nothing else (RFC 9585)."""
        def slow(conn, uids):
            conn.send(b'* OK [INPROGRESS ("a9" 454 1000)] working\r\n* OK [INPROGRESS] x\r\n')
            return DEFAULT
        self.server.answer["enumerate"] = self.server.answer["fetch"] = slow
        self.harvest()
        self.same()

    def test_savedate_and_emailid(self):
        """They are kept as facts, and come back when the catalog is rebuilt."""
        self.server.caps += " SAVEDATE OBJECTID"
        self.server.extra = {1: b'SAVEDATE "06-Mar-2025 08:00:00 +0100" EMAILID (M1-x) '
                             b'THREADID (T1)',
                             2: b"SAVEDATE NIL THREADID NIL"}
        self.server.mailboxid = "F7"
        want = [(1, 1741244400, 60, "M1-x", "T1"), (2, 0, 0, "", "")]
        self.harvest()
        for _ in range(2):
            self.assertEqual(self.rows("SELECT uid, savedate, savezone, emailid, threadid"
                                       " FROM copies WHERE uid < 3"), want)
            self.assertEqual(self.rows("SELECT mailboxid, messages, highestmodseq FROM epochs"),
                             [("F7", 10, 100)])
            for path in self.ar.glob("catalog.db*"):
                path.unlink()
            self.call("rebuild-catalog")

    def test_no_mail_without_id(self):
        """NetEase opens no mailbox to those who do not say ID after login."""
        self.server.caps += " ID"
        self.server.answer["examine", "INBOX"] = lambda c: (
            DEFAULT if any(" ID " in line for line in self.server.commands[2:]) else
            c.send(b"%s NO EXAMINE Unsafe Login. Please contact kefu@188.com\r\n" % c.tag.encode()))
        self.harvest()
        self.same()

    def test_namespace(self):
        """Mailboxes of others are left alone, unless they are asked for."""
        self.server.caps += " NAMESPACE"
        self.server.namespace = b'(("" "/")) (("~" "/")) (("shared/" "/")("" "/"))'
        for name in ("~bob/INBOX", "shared/x"):
            self.server.boxes[name] = {1: mail(50)}
        self.assertEqual(self.harvest()["mailboxes"], 1)
        self.account("mailboxes = INBOX, shared/*")
        self.assertEqual(self.harvest()["mailboxes"], 2)

    def test_gmail(self):
        """All mail, junk and trash; labels are keywords; the message id is kept."""
        self.server.caps += " X-GM-EXT-1 SPECIAL-USE"
        for name, use in (("[Gmail]/All", "\\All"), ("[Gmail]/Spam", "\\Junk"), ("Work", "")):
            self.server.boxes[name] = {1: mail(60)}
            self.server.special[name] = use
        self.server.extra = {1: b'X-GM-MSGID 1278455344230334865 X-GM-THRID 1266894439832287888 '
                             b'X-GM-LABELS '
                             b'(\\Inbox "a b" M&APw-ll {3}\r\n)(%)'}
        got = self.harvest()
        self.assertEqual((got["mailboxes"], got["fetched"]), (2, 2))
        self.assertEqual(set(self.rows("SELECT keywords, emailid, threadid FROM copies")), {
            ("label:%29%28%25 label:M&APw-ll label:^Inbox label:a%20b", "1278455344230334865",
             "1266894439832287888")})


if __name__ == "__main__":
    unittest.main()

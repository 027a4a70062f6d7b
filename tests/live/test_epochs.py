"""The same mail under other numbers: UIDVALIDITY that changes, lists that are lost, mailboxes that
are renamed. What is stored is not fetched again, and nothing is taken for stored that is not."""

import os
import random
import subprocess
import time
import unittest

from fakeserver import DEFAULT, Fake, Hangup
from harvesting import Case, sha
from servers import Dovecot
from sheafserver import Server

COUNT = 400
NAMES = ("forced", "killed", "lost", "renamed", "recreated", "edited")


def letter(number, size=20000):
    """A mail whose size and subject are its own."""
    text = "From: ann@example.org\r\nDate: Thu, 06 Mar 2025 07:30:00 +0000\r\nMessage-ID: <%d@x>" \
           "\r\nSubject: number\r\n %d\r\n\r\n" % (number, number)
    return text.encode() + random.Random(number).randbytes(size // 2).hex().encode() + b"\r\n"


@unittest.skipUnless(Dovecot.installed(), "no dovecot")
class Epochs(Case):
    """Acceptance test 4, against Dovecot; each test has an archive and a mailbox of its own."""

    @classmethod
    def setUpClass(cls):
        cls.server = Dovecot(users=("ann",))
        cls.server.__enter__()
        with cls.server.imap("ann") as box:
            for name in NAMES:
                box.create(name)
        for name in NAMES:
            cls.server.fill("ann", name, ((letter(n), "\\Seen" if n % 2 else "", None)
                                          for n in range(COUNT)))

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()

    def begin(self, name):
        """A first harvest of one mailbox."""
        self.configure(self.server.account("ann", tls="none", mailboxes=name + "*"))
        got = self.harvest()
        self.assertEqual(got["fetched"], COUNT)
        self.total = got["bytes"]

    def folder(self, name):
        """Where Dovecot has it."""
        return self.server.root / "home" / "ann" / "Maildir" / ("." + name)

    def same(self, name):
        """What is stored and present in the newest epoch is what the server has."""
        newest = self.rows("SELECT uidvalidity FROM epochs WHERE mailbox = ? ORDER BY epoch DESC"
                           " LIMIT 1", name)[0][0]
        there = {}
        with self.server.imap("ann") as box:
            box.select(name, readonly=True)
            _, data = box.uid("FETCH", "1:4294967295", "(UID BODY.PEEK[])")
            for item in data:
                if isinstance(item, tuple):
                    there[int(item[0].split(b"UID ")[1].split()[0])] = sha(item[1])
        self.assertEqual(self.copies(name, newest), there)

    def check(self, name, least, basis):
        """Hardly anything was fetched, everything is known, and the archive is sound."""
        got = self.harvest()
        self.assertLess(got["bytes"], self.total * 0.05)
        self.assertGreaterEqual(got["linked"], least)
        self.same(name)
        found = self.rows("SELECT DISTINCT basis FROM copies WHERE basis <> ''")
        self.assertEqual(found, [(basis,)])
        ledger = self.call("ledger", "--json").stdout.decode()
        self.assertEqual(ledger.count('"basis":"%s"' % basis), got["linked"])
        self.assertEqual(self.rows("SELECT count(*) FROM messages"), [(COUNT,)])
        self.assertEqual(self.rows("SELECT count(*) FROM copies c JOIN epochs USING (epoch) WHERE"
                                   " flags <> (SELECT flags FROM copies d WHERE"
                                   " d.message = c.message AND d.basis = '')"), [(0,)])
        self.call("verify", "--deep")
        again = self.harvest()
        self.assertEqual((again["fetched"], again["linked"], again["vanished"]), (0, 0, 0))
        return got

    def test_forced_uidvalidity(self):
        self.begin("forced")
        self.server.doveadm("mailbox", "update", "-u", "ann", "--uid-validity", "424242", "forced")
        self.check("forced", COUNT * 9 // 10, "headers")

    def test_killed_while_matching(self):
        """kill -9 at random moments of it: in the end all is known, each once."""
        self.begin("killed")
        self.server.doveadm("mailbox", "update", "-u", "ann", "--uid-validity", "434343", "killed")
        luck = random.Random(5)
        for turn in range(8):
            run = subprocess.Popen(self.argv("harvest", "--no-index"),
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                run.wait(luck.uniform(0.01, 0.02 + 0.01 * turn))
            except subprocess.TimeoutExpired:
                run.kill()
                run.wait()
        self.harvest()
        self.same("killed")
        self.assertEqual(self.rows("SELECT count(*) FROM messages"), [(COUNT,)])
        self.assertEqual(self.rows("SELECT count(*) FROM copies"), [(2 * COUNT,)])
        self.call("verify", "--deep")

    def test_lost_uidlist(self):
        self.begin("lost")
        time.sleep(1.1)  # Dovecot's UIDVALIDITY is a time
        for path in self.folder("lost").glob("dovecot*"):
            path.unlink()
        self.check("lost", COUNT * 9 // 10, "headers")

    def test_emptied(self):
        """Empty under new numbers, and again: to verify it is what it is to harvest."""
        self.server.append("ann", "hollow", letter(1))
        self.configure(self.server.account("ann", tls="none", mailboxes="hollow"))
        self.assertEqual(self.harvest()["fetched"], 1)
        with self.server.imap("ann") as box:
            box.select("hollow")
            box.store("1", "+FLAGS", "(\\Deleted)")
            box.expunge()
        for number in ("515151", "525252"):
            self.server.doveadm("mailbox", "update", "-u", "ann", "--uid-validity", number,
                                "hollow")
            self.harvest()
        self.assertEqual(self.rows("SELECT count(*) FROM epochs"), [(2,)])
        self.call("verify", "--against-server", "ann")

    def test_renamed(self):
        """Nothing is fetched, and the old name has nothing any more."""
        self.begin("renamed")
        self.server.doveadm("mailbox", "rename", "-u", "ann", "renamed", "renamed2")
        got = self.check("renamed2", COUNT, "renamed")
        self.assertEqual((got["fetched"], got["bytes"]), (0, 0))
        self.assertEqual(self.copies("renamed"), {})

    def test_recreated(self):
        """Another mailbox of the same name, with other mail."""
        self.begin("recreated")
        time.sleep(1.1)
        self.server.doveadm("mailbox", "delete", "-u", "ann", "recreated")
        with self.server.imap("ann") as box:
            box.create("recreated")
        self.server.fill("ann", "recreated", ((letter(n + 5000), "", None) for n in range(50)))
        got = self.harvest()
        self.assertEqual((got["fetched"], got["linked"]), (50, 0))
        self.same("recreated")

    def test_edited(self):
        """UIDVALIDITY changes, and some mail is other mail with the same header and size."""
        self.begin("edited")
        for path in self.folder("edited").glob("dovecot*"):
            path.unlink()
        time.sleep(1.1)
        for path in sorted((self.folder("edited") / "cur").iterdir()):
            data = path.read_bytes()
            path.write_bytes(data[:-4] + b"??\r\n")
            os.utime(path, (1577836800, 1577836800))
        got = self.harvest()
        self.assertEqual((got["linked"], got["stored"]), (0, COUNT))
        self.same("edited")


class Offered(Case):
    """What a server says of ids, told by the scripted one."""

    def setUp(self):
        super().setUp()
        self.server = Fake({"INBOX": {n: letter(n, 200) for n in range(1, 41)}})
        self.server.__enter__()
        self.addCleanup(self.server.__exit__)
        (self.top / "secret").write_text("pw\n")
        (self.top / "secret").chmod(0o600)
        self.configure("\n".join(["[account fake]", "host = 127.0.0.1",
                                  "port = %d" % self.server.port, "tls = none", "user = ann",
                                  "password_file = %s" % (self.top / "secret"),
                                  "timeout = 2"]) + "\n")

    def same(self, name="INBOX"):
        """What is stored and present is what the server has."""
        self.assertEqual(self.copies(name, self.server.uidvalidity),
                         {u: sha(m) for u, m in self.server.boxes[name].items()})
        self.assertEqual(self.server.errors, [])

    def renumber(self):
        """Another UIDVALIDITY, other UIDs."""
        box = self.server.boxes["INBOX"]
        self.server.uidvalidity += 1
        self.server.boxes["INBOX"] = {u + 100: m for u, m in box.items()}
        self.server.extra = {u + 100: e for u, e in self.server.extra.items()}

    def test_emailid(self):
        """EMAILID tells, whatever the header says."""
        self.server.caps = "IMAP4rev1 OBJECTID"
        self.server.extra = {n: b"EMAILID (M%d)" % n for n in range(1, 41)}
        self.harvest()
        box = self.server.boxes["INBOX"]
        for uid in box:
            self.server.answer["header", uid + 100] = lambda c, u: c.send(
                b'* 1 FETCH (UID %d FLAGS () INTERNALDATE "06-Mar-2025 07:30:00 +0100"'
                b' RFC822.SIZE 1 EMAILID (M%d))\r\n' % (u, u - 100))
        self.renumber()
        got = self.harvest()
        self.assertEqual((got["fetched"], got["linked"]), (10, 30))
        self.assertEqual(self.rows("SELECT count(*) FROM copies WHERE basis = 'emailid'"), [(30,)])
        self.same()
        with Server(self.ar) as server:
            account = server.ask("/api/v1/accounts").json()["accounts"][0]
            self.assertEqual((account["mailboxes"], account["copies"]), (1, 80))
            page = server.ask("/accounts?account=fake").body.decode()
            self.assertEqual(page.count("<bdi>INBOX</bdi>"), 1)
            self.assertIn('<td class="number">80</td>', page)

    def test_wrong_emailids(self):
        """Ids that moved on by one: the sample shows it, and everything is fetched."""
        self.server.caps = "IMAP4rev1 OBJECTID"
        self.server.extra = {n: b"EMAILID (M%d)" % n for n in range(1, 41)}
        self.harvest()
        self.server.extra = {n: b"EMAILID (M%d)" % (n % 40 + 1) for n in range(1, 41)}
        self.renumber()
        got = self.harvest()
        self.assertEqual((got["fetched"], got["linked"]), (40, 0))
        self.same()

    def test_ambiguous(self):
        """Two mails with one header, date and size: both are fetched."""
        box = self.server.boxes["INBOX"]
        box[1] = box[2][:-3] + b"1\r\n"
        self.harvest()
        self.renumber()
        self.server.commands.clear()
        got = self.harvest()
        self.assertEqual(got["fetched"] + got["linked"], 40)
        self.same()
        self.assertEqual(self.rows("SELECT count(*) FROM copies WHERE uid IN (101, 102) AND"
                                   " basis <> ''"), [(0,)])

    def test_no_header(self):
        """A server that gives no header: everything is fetched."""
        self.harvest()
        self.renumber()
        for uid in self.server.boxes["INBOX"]:
            self.server.answer["header", uid] = lambda c, u: c.send(
                b'* 1 FETCH (UID %d FLAGS () INTERNALDATE "06-Mar-2025 07:30:00 +0100")\r\n' % u)
        got = self.harvest()
        self.assertEqual((got["fetched"], got["linked"]), (40, 0))
        self.same()

    def test_broken_off_between(self):
        """The connection breaks in the sample: it goes on, and the end is right."""
        self.harvest()
        self.renumber()
        calls = []

        def cut(conn, uids):
            calls.append(uids)
            if len(calls) > 1:
                return DEFAULT
            conn.message(uids[0], self.server.boxes["INBOX"][uids[0]])
            raise Hangup
        self.server.answer["fetch"] = cut
        got = self.harvest()
        self.assertGreater(got["linked"], 0)
        self.same()

    def test_mailboxid(self):
        """MAILBOXID says that it is the same mailbox; another one says that it is not."""
        self.server.mailboxid = "F1"
        self.harvest()
        self.server.boxes["Box"] = self.server.boxes.pop("INBOX")
        got = self.harvest()
        self.assertEqual((got["fetched"], got["linked"]), (0, 40))
        self.same("Box")
        self.assertEqual(self.copies("INBOX"), {})
        self.server.mailboxid = "F2"
        self.server.boxes["Third"] = self.server.boxes.pop("Box")
        got = self.harvest()
        self.assertEqual((got["fetched"], got["linked"]), (40, 0))
        self.same("Third")

    def test_renamed_with_other_mail(self):
        """The same UIDVALIDITY, the old name gone, but other mail: it is fetched."""
        self.harvest()
        self.server.boxes["Box"] = {u: letter(u + 700, 200) for u in self.server.boxes["INBOX"]}
        del self.server.boxes["INBOX"]
        got = self.harvest()
        self.assertEqual((got["fetched"], got["linked"]), (40, 0))
        self.same("Box")


if __name__ == "__main__":
    unittest.main()

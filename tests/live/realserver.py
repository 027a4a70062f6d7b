"""What must hold with any real server; test_cyrus.py and test_courier.py run it with theirs."""

import os
import random
import signal
import subprocess
import time

import generate
from harvesting import mail, sha
from servers import quoted
from test_proto import Transcript

LONG = bool(os.environ.get("SHEAF_LONG"))
COUNT = 300  # every kind of generated mail, several times
NAMES = ["B\u00fccher", "\u65e5\u672c\u8a9e", "Q&A", "\U0001f4e7", "with space", "a'b", "100%25",
         "Deep/er/est", "Deep/er/\u00e9t\u00e9"]
USERS = ("bytes", "names", "life", "again", "renamed", "kill", "other")
BITS = {"\\Seen": 1, "\\Answered": 2, "\\Flagged": 4, "\\Deleted": 8, "\\Draft": 16}


class Shared:
    """The tests: to be mixed with Transcript. Each has a user of its own."""

    prefix, separator = "", "/"  # of the mailboxes beside INBOX
    poll = 3                     # round trips of a visit that finds nothing new
    per_box = 0                  # and more for each mailbox
    refused = ""                 # the name that this server does not take
    keeps_uidvalidity = True     # when a mailbox is renamed
    kind = None

    @classmethod
    def setUpClass(cls):
        cls.server = cls.kind(users=USERS)
        cls.server.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()

    def name(self, mailbox):
        """Its name on this server, of one with "/"."""
        if mailbox == "INBOX":
            return mailbox
        return self.prefix + mailbox.replace("/", self.separator)

    def begin(self, user, **more):
        """The configuration of one user."""
        self.user = user
        self.configure(self.server.account(user, tls="none", **more))

    def put(self, mailbox, messages):
        """Store (bytes, flags, date)."""
        self.server.append_all(self.user, self.name(mailbox), messages)

    def fill(self, mailbox, messages):
        """The same, faster, and without those that the server does not take."""
        self.server.fill(self.user, self.name(mailbox), messages)

    def on_server(self, mailbox="INBOX"):
        """{uid: (hash, flag bits, keywords)} as the server says."""
        found = {}
        with self.server.imap(self.user) as box:
            kind, _ = box.select(quoted(self.name(mailbox)), readonly=True)
            self.assertEqual(kind, "OK")
            _, data = box.uid("FETCH", "1:4294967295", "(UID FLAGS BODY.PEEK[])")
        for item in data:
            if isinstance(item, tuple):
                uid = int(item[0].split(b"UID ")[1].split()[0])
                flags = item[0].split(b"FLAGS (")[1].split(b")")[0].decode().split()
                found[uid] = (sha(item[1]), sum(BITS.get(f, 0) for f in flags),
                              " ".join(sorted(f for f in flags if f[0] != "\\")))
        return found

    def same(self, mailbox="INBOX"):
        """What is stored and present in the newest epoch is what the server has, with flags."""
        name = self.name(mailbox)
        newest = self.rows("SELECT epoch FROM epochs WHERE mailbox = ? ORDER BY epoch DESC"
                           " LIMIT 1", name)[0][0]
        found = {u: (h, f, k) for u, h, f, k in self.rows(
            "SELECT uid, lower(hex(hash)), flags, keywords FROM copies JOIN messages"
            " ON message = number WHERE epoch = ? AND vanished = 0", newest)}
        self.assertEqual(found, self.on_server(mailbox))

    def holds(self):
        """The archive is sound, and says that it has what the server has."""
        self.call("verify", "--against-server", self.user)
        self.call("verify", "--deep")

    def test_bytes(self):
        """A few hundred mails of every kind: stored byte for byte, and nothing changed there."""
        self.begin("bytes")
        mails = generate.messages(COUNT)
        self.fill("INBOX", [(m.data, m.flags, m.date) for m in mails])
        before = self.on_server()
        hashes = {v[0] for v in before.values()}
        kept = {sha(m.data): m for m in mails if sha(m.data) in hashes}
        self.assertGreater(len(kept), COUNT * 8 // 10)  # others it refused or altered
        got = self.traced()
        self.clean()
        self.assertEqual((got["fetched"], got["failed"]), (len(before), 0))
        self.assertEqual(self.on_server(), before)
        self.same()
        for digest, stamp in self.rows("SELECT lower(hex(hash)), internaldate FROM copies"
                                       " JOIN messages ON message = number"):
            if digest in kept:
                self.assertEqual(stamp, int(kept[digest].date.timestamp()))
        self.assertEqual(self.check_bytes(), hashes)
        self.holds()

    def test_names(self):
        """Mailboxes with odd names, some below others; a visit that finds nothing is short."""
        self.begin("names")
        names = [n for n in NAMES if n != self.refused]
        for number, name in enumerate(names):
            self.put(name, [(mail(number), "", None), (mail(number + 100), "\\Flagged", None)])
        got = self.traced()
        self.clean()
        self.assertEqual((got["fetched"], got["mailboxes_failed"]), (2 * len(names), 0))
        for name in names:
            self.same(name)
        got = self.traced()
        self.clean()
        self.assertEqual((got["fetched"], got["bytes"]), (0, 0))
        self.assertFalse([c for c in self.commands() if "BODY" in c])
        self.assertLessEqual(self.round_trips(), self.poll + self.per_box * got["mailboxes"])
        self.holds()

    def test_life(self):
        """New mail, flags, keywords, expunged mail."""
        self.begin("life")
        self.put("INBOX", [(mail(n), "\\Flagged work", None) for n in range(50)])
        self.assertEqual(self.traced()["fetched"], 50)
        self.same()
        self.put("INBOX", [(mail(99), "", None)])
        with self.server.imap(self.user) as box:
            box.select("INBOX")
            box.uid("STORE", "2", "+FLAGS", "(\\Seen zeta)")
            box.uid("STORE", "3", "-FLAGS", "(work)")
            box.uid("STORE", "7:9", "+FLAGS", "(\\Deleted)")
            box.expunge()
        got = self.traced()
        self.clean()
        self.assertEqual((got["fetched"], got["flags"], got["vanished"]), (1, 2, 3))
        self.same()
        self.assertEqual(self.rows("SELECT flags, keywords FROM copies WHERE uid = 2"),
                         [(5, "work zeta")])
        self.assertEqual(self.rows("SELECT count(*) FROM messages"), [(51,)])
        got = self.traced()
        self.assertEqual((got["fetched"], got["flags"], got["vanished"]), (0, 0, 0))
        self.holds()

    def recreate(self, mailbox):
        """Delete and make a mailbox until its UIDVALIDITY is another: some make it of the time."""
        name = quoted(self.name(mailbox))
        with self.server.imap(self.user) as box:
            before = box.status(name, "(UIDVALIDITY)")[1]
            end = time.monotonic() + 10
            while time.monotonic() < end:
                box.delete(name)  # refused while the server still winds up another session
                if box.create(name)[0] == "OK" and box.status(name, "(UIDVALIDITY)")[1] != before:
                    return
        self.fail("UIDVALIDITY stays")

    def test_recreated(self):
        """Another mailbox of the same name: first with the same mail, which is found by its
        header and not fetched again but for a sample, then with other mail."""
        self.begin("again")
        mails = [(m.data, "", m.date) for m in generate.messages(120, seed=3)]
        self.fill("Box", mails)
        total = self.traced()["bytes"]
        self.recreate("Box")
        self.fill("Box", mails)
        got = self.traced()
        self.clean()
        self.assertEqual((got["stored"], got["vanished"]), (0, 0))
        self.assertGreaterEqual(got["linked"], len(mails) // 2, got)
        self.assertLess(got["bytes"], total // 2)
        self.same("Box")
        self.recreate("Box")
        self.fill("Box", [(mail(n + 5000), "", None) for n in range(20)])
        got = self.traced()
        self.assertEqual((got["stored"], got["linked"]), (20, 0))
        self.same("Box")
        self.assertEqual(self.rows("SELECT count(*) FROM epochs WHERE mailbox = ?",
                                   self.name("Box")), [(3,)])
        self.holds()

    def test_renamed(self):
        """Nothing of it is fetched again if UIDVALIDITY says so, nothing is stored again, and the
        old name has nothing any more."""
        self.begin("renamed")
        self.fill("Old", [(mail(n), "\\Seen", None) for n in range(40)])
        self.assertEqual(self.traced()["fetched"], 40)
        with self.server.imap(self.user) as box:
            self.assertEqual(box.rename(quoted(self.name("Old")), quoted(self.name("New")))[0],
                             "OK")
        got = self.traced()
        self.clean()
        self.assertEqual(got["stored"], 0)
        if self.keeps_uidvalidity:
            self.assertEqual((got["fetched"], got["bytes"], got["linked"]), (0, 0, 40))
            self.assertEqual(self.copies(self.name("Old")), {})
        self.same("New")
        self.holds()

    def test_killed(self):
        """kill -9 at random moments; in the end all is there, once."""
        count = 1000
        self.begin("kill")
        self.fill("INBOX", [(mail(n, "x" * (n % 3000)), "", None) for n in range(count)])
        luck = random.Random(7)
        cut = 0
        for turn in range(40 if LONG else 6):
            run = subprocess.Popen(self.argv("harvest", "--no-index"),
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                run.wait(luck.uniform(0.02, 0.06 + 0.05 * turn))
            except subprocess.TimeoutExpired:
                run.send_signal(signal.SIGKILL)
                run.wait()
                cut += 1
        self.assertGreater(cut, 0)
        self.harvest()
        self.same()
        self.assertEqual(self.rows("SELECT count(*) FROM messages")[0][0], count)
        self.assertEqual(self.rows("SELECT count(*) FROM copies")[0][0], count)
        self.assertEqual(len(self.check_bytes()), count)
        self.assertEqual(self.harvest()["fetched"], 0)
        self.holds()

"""The harvester against Dovecot: nothing lost, nothing twice, nothing changed on the server."""

import os
import random
import signal
import subprocess
import time
import unittest

from harvesting import DENIED, NET, OK, Case, mail, sha
from servers import Dovecot, quoted

LONG = bool(os.environ.get("SHEAF_LONG"))


@unittest.skipUnless(Dovecot.installed(), "no dovecot")
class Harvest(Case):
    """One Dovecot for all tests; each uses mailboxes of its own."""

    @classmethod
    def setUpClass(cls):
        cls.server = Dovecot(users=("alice", "bob", "many", "kill", "boxes", "flags", "epoch"))
        cls.server.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()

    def account(self, user="alice", tls="none", **more):
        """Write the configuration for one user."""
        self.configure(self.server.account(user, tls=tls, **more))

    def on_server(self, user, mailbox="INBOX"):
        """{uid: hash}, {uid: flags} as the server says."""
        hashes, flags = {}, {}
        with self.server.imap(user) as box:
            box.select(quoted(mailbox), readonly=True)
            _, data = box.uid("FETCH", "1:4294967295", "(UID FLAGS BODY.PEEK[])")
            for item in data:
                if isinstance(item, tuple):
                    uid = int(item[0].split(b"UID ")[1].split()[0])
                    hashes[uid] = sha(item[1])
                    flags[uid] = item[0].split(b"FLAGS (")[1].split(b")")[0].decode()
        return hashes, flags

    def same(self, user, mailbox="INBOX"):
        """What is stored and present is what the server has."""
        self.assertEqual(self.copies(mailbox), self.on_server(user, mailbox)[0])

    def test_life(self):
        """First pull, nothing new, new mail, flags, expunge."""
        for number in range(5):
            self.server.append("flags", "INBOX", mail(number), flags="\\Flagged work")
        before = self.on_server("flags")
        self.account("flags")
        got = self.harvest()
        self.assertEqual((got["fetched"], got["stored"], got["failed"]), (5, 5, 0))
        self.same("flags")
        self.assertEqual(self.on_server("flags"), before)  # no \Seen, nothing
        self.assertEqual(set(self.rows("SELECT flags, keywords FROM copies")), {(4, "work")})
        got = self.harvest()
        self.assertEqual((got["fetched"], got["bytes"], got["flags"]), (0, 0, 0))
        self.server.append("flags", "INBOX", mail(9))
        with self.server.imap("flags") as box:
            box.select("INBOX")
            box.uid("STORE", "2", "+FLAGS", "(\\Seen zeta)")
            box.uid("STORE", "3", "-FLAGS", "(work)")
        got = self.harvest()
        self.assertEqual((got["fetched"], got["flags"], got["vanished"]), (1, 2, 0))
        self.assertEqual(self.rows("SELECT flags, keywords FROM copies WHERE uid IN (2, 3)"
                                   " ORDER BY uid"), [(5, "work zeta"), (4, "")])
        with self.server.imap("flags") as box:
            box.select("INBOX")
            box.uid("STORE", "1,6", "+FLAGS", "(\\Deleted)")
            box.expunge()
        got = self.harvest()
        self.assertEqual((got["fetched"], got["vanished"]), (0, 2))
        self.same("flags")
        self.assertEqual(self.rows("SELECT count(*) FROM messages"), [(6,)])
        self.assertEqual(self.harvest()["vanished"], 0)
        self.assertEqual(len(self.check_bytes()), 6)

    def test_new_uidvalidity(self):
        """The same mail under another UIDVALIDITY: a new epoch, no byte stored twice."""
        for number in range(3):
            self.server.append("epoch", "Box", mail(number))
        self.account("epoch")
        self.assertEqual(self.harvest()["stored"], 3)
        time.sleep(1.1)  # Dovecot's UIDVALIDITY is a time
        with self.server.imap("epoch") as box:
            box.delete("Box")
        for number in range(4):
            self.server.append("epoch", "Box", mail(number))
        got = self.harvest()
        self.assertEqual((got["fetched"], got["stored"], got["vanished"]), (4, 1, 0))
        self.assertEqual(self.rows("SELECT count(*) FROM epochs WHERE mailbox = 'Box'"), [(2,)])
        self.assertEqual(self.rows("SELECT count(*) FROM messages"), [(4,)])
        newest = self.rows("SELECT max(uidvalidity) FROM epochs WHERE mailbox = 'Box'")[0][0]
        self.assertEqual(self.copies("Box", newest), self.on_server("epoch", "Box")[0])

    def test_tls(self):
        self.server.append("bob", "INBOX", mail(1))
        for tls in ("implicit", "starttls"):
            self.account("bob", tls=tls)
            self.harvest()
        self.same("bob")

    def test_tls_refused(self):
        """A certificate that nobody vouches for, a wrong name, an expired one."""
        with Dovecot(names=("DNS:mail.example.org",)) as other:
            for tls in ("implicit", "starttls"):
                self.configure(other.account("alice", tls=tls))
                self.assertIn("mismatch", self.harvest(want=DENIED)["error"])
                self.configure(other.account("alice", tls=tls, ca_file=self.server.ca))
                self.assertIn("certificate", self.harvest(want=DENIED)["error"])
                self.configure(other.account("alice", tls=tls, ca_file="/nonexistent"))
                self.harvest(want=DENIED)
            self.assertNotIn("Login:", other.log())
        text = self.server.account("alice", tls="implicit")
        self.configure("\n".join(t for t in text.splitlines() if "ca_file" not in t) + "\n")
        self.assertIn("certificate", self.harvest(want=DENIED)["error"])

    def test_clear_text_stays_home(self):
        self.account("alice", host="192.0.2.1", timeout=1)
        self.assertIn("in clear", self.harvest(want=DENIED)["error"])
        self.account("alice", host="192.0.2.1", timeout=1, plaintext="yes")
        self.assertNotIn("in clear", self.harvest(want=NET)["error"])

    def test_wrong_password(self):
        self.account("alice")
        (self.server.root / "alice.secret").write_text("wrong\n")
        self.assertIn("login refused", self.harvest(want=DENIED)["error"])

    def test_many_mailboxes(self):
        names = ["B\u00fccher/\u65e5\u672c\u8a9e", "Q&A", "\U0001f4e7", "with space", "a'b", "100%"]
        names += ["box %d" % n for n in range(100)]
        for number, name in enumerate(names):
            self.server.append("boxes", name, mail(number))
        self.account("boxes")
        got = self.harvest()
        self.assertEqual((got["fetched"], got["mailboxes_failed"]), (len(names), 0))
        for name in names[:6]:
            self.same("boxes", name)
        self.assertEqual(self.harvest()["fetched"], 0)
        self.account("boxes", mailboxes="B\u00fccher/*, -*8*")
        self.assertEqual(self.harvest()["mailboxes"], 1)

    def test_identical_mail(self):
        """The same bytes in many places are stored once."""
        for name in ("INBOX", "A", "B"):
            self.server.append("alice", name, mail(77))
            self.server.append("alice", name, mail(77))
        self.account("alice")
        got = self.harvest()
        self.assertEqual((got["fetched"], got["stored"]), (6, 1))

    def test_killed(self):
        """kill -9 at random moments; in the end all is there, once."""
        count = 3000
        self.server.fill("kill", "INBOX", ((mail(n, "x" * (n % 3000)), "", None)
                                           for n in range(count)))
        self.on_server("kill")
        self.account("kill")
        luck = random.Random(7)
        cut = 0
        for turn in range(40 if LONG else 8):
            run = subprocess.Popen(self.argv("harvest", "--no-index"),
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                run.wait(luck.uniform(0.02, 0.06 + 0.07 * turn))  # the first ones early
            except subprocess.TimeoutExpired:
                run.send_signal(signal.SIGKILL)
                run.wait()
                cut += 1
        self.harvest()
        self.assertGreater(cut, 0)
        self.same("kill")
        self.assertEqual(self.rows("SELECT count(*) FROM messages")[0][0], count)
        self.assertEqual(self.rows("SELECT count(*) FROM copies")[0][0], count)
        self.assertEqual(len(self.check_bytes()), count)
        self.assertEqual(self.harvest()["fetched"], 0)

    def test_terminated(self):
        """SIGTERM ends it in order, and leaves no child behind."""
        self.server.fill("many", "INBOX", ((mail(n, "x" * 5000), "", None) for n in range(3000)))
        self.account("many")
        run = subprocess.Popen(self.argv("harvest", "--no-index"),
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.2)
        run.terminate()
        self.assertIn(run.wait(10), (OK, 75))
        self.harvest()
        self.same("many")


if __name__ == "__main__":
    unittest.main()

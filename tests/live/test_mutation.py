"""Acceptance test 5: several other clients append, expunge, move, flag, rename, create and delete
while it is harvested again and again. When they are quiet, one more visit, and the archive has the
mailboxes, mails and flags that the server has; and the ledger knows of every mail that was seen."""

import contextlib
import imaplib
import os
import random
import re
import threading
import time
import unittest

from harvesting import Case, mail, sha
from rawimap import Raw
from servers import Dovecot

LONG = bool(os.environ.get("SHEAF_LONG"))
SECONDS = 60 if LONG else 8
CLIENTS = 4
BITS = {"\\Seen": 1, "\\Answered": 2, "\\Flagged": 4, "\\Deleted": 8, "\\Draft": 16}
FLAGS = ("\\Seen", "\\Flagged", "\\Answered", "work", "$Later")


class Client:
    """One other client, which does what comes to its mind."""

    def __init__(self, server, number, stop):
        self.server, self.stop, self.number = server, stop, number
        self.luck = random.Random(number)
        self.sent, self.done, self.error = 0, {}, None
        self.thread = threading.Thread(target=self.run)

    def run(self):
        """Until it is told to stop."""
        try:
            while not self.stop.is_set():
                self.session()
        except Exception as bad:  # the test must hear of it
            self.error = bad

    def session(self):
        """One connection: Dovecot ends it when another client deleted the mailbox."""
        with contextlib.suppress(imaplib.IMAP4.abort):
            with self.server.imap("ann") as box:
                while not self.stop.is_set():
                    self.act(box)

    def act(self, box):
        """One thing. What another client was quicker with may be refused."""
        kinds = (self.append,) * 5 + (self.flag,) * 4 + (self.expunge, self.move) * 2 + \
            (self.rename, self.create, self.delete)
        what = self.luck.choice(kinds)
        try:
            what(box)
            self.done[what.__name__] = self.done.get(what.__name__, 0) + 1
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error:
            pass

    @staticmethod
    def names(box):
        """All mailboxes."""
        return [line.decode().rsplit(" ", 1)[1].strip('"') for line in box.list()[1] if line]

    def open(self, box):
        """Some mailbox; the UIDs in it."""
        name = self.luck.choice(["INBOX"] * 3 + self.names(box))
        if box.select(name)[0] != "OK":
            return name, []
        return name, box.uid("SEARCH", "ALL")[1][0].split()

    def append(self, box):
        """A mail that nobody else has; now and then one that is there already."""
        self.sent += self.luck.random() < 0.9
        number = self.number * 1000000 + self.sent
        box.append(self.luck.choice(["INBOX"] * 3 + self.names(box)), "", None,
                   mail(number, "x" * (number % 7000)))

    def flag(self, box):
        """A flag of some mails, set or cleared."""
        _, uids = self.open(box)
        if uids:
            some = b",".join(self.luck.sample(uids, min(len(uids), 5))).decode()
            box.uid("STORE", some, self.luck.choice(("+FLAGS", "-FLAGS", "FLAGS")),
                    "(%s)" % self.luck.choice(FLAGS))

    def expunge(self, box):
        """Some mails, the newest among them."""
        _, uids = self.open(box)
        if len(uids) > 5:
            some = b",".join(self.luck.sample(uids[:-1], 2) + uids[-1:]).decode()
            box.uid("STORE", some, "+FLAGS", "(\\Deleted)")
            box.expunge()

    def move(self, box):
        """Some mails to another mailbox."""
        _, uids = self.open(box)
        if uids:
            some = b",".join(self.luck.sample(uids, min(len(uids), 3))).decode()
            box.uid("MOVE", some, self.luck.choice(self.names(box)))

    def rename(self, box):
        """A mailbox; sometimes to a name that another one had."""
        others = [n for n in self.names(box) if n != "INBOX"]
        if others:
            box.rename(self.luck.choice(others), "box%d" % self.luck.randrange(12))

    def create(self, box):
        """A mailbox."""
        box.create("box%d" % self.luck.randrange(12))

    def delete(self, box):
        """A mailbox, and all that is in it."""
        others = [n for n in self.names(box) if n != "INBOX"]
        if len(others) > 6:
            box.delete(self.luck.choice(others))


@unittest.skipUnless(Dovecot.installed(), "no dovecot")
class Mutation(Case):
    """One Dovecot."""

    def on_server(self, server):
        """{(mailbox, UIDVALIDITY): {uid: (hash, flag bits, keywords)}}"""
        with server.imap("ann") as box:
            names = {name: int(re.search(rb"UIDVALIDITY (\d+)", box.status(
                name, "(UIDVALIDITY)")[1][0])[1]) for name in Client.names(box)}
        found = {}
        with Raw(server.port, "ann", "ann-pw") as raw:
            for name, validity in names.items():
                found[name, validity] = {
                    uid: (sha(data), sum(BITS.get(f, 0) for f in flags),
                          " ".join(sorted(f for f in flags if f[0] != "\\")))
                    for uid, (data, flags) in raw.messages('"%s"' % name).items()}
        return found

    def in_archive(self):
        """The same of all epochs: what has not vanished. A mailbox that was renamed away and back
        is not the newest one of its name."""
        found = {key: {} for key in self.rows("SELECT mailbox, uidvalidity FROM epochs")}
        for name, validity, uid, *mail_ in self.rows(
                "SELECT mailbox, uidvalidity, uid, lower(hex(hash)), flags, keywords FROM copies"
                " JOIN epochs USING (epoch) JOIN messages ON message = number"
                " WHERE vanished = 0"):
            found[name, validity][uid] = tuple(mail_)
        return found

    def test_mutation(self):
        with Dovecot(users=("ann",)) as server:
            server.append_all("ann", "INBOX", [(mail(n), "", None) for n in range(300)])
            for number in range(6):
                server.append_all("ann", "box%d" % number,
                                  [(mail(1000 * number + n), "", None) for n in range(20)])
            # Dovecot's processes may wait for each other's locks for a minute when mailboxes are
            # renamed at once. Who waits for them must go on by himself.
            self.configure(server.account("ann", tls="none", timeout=10))
            stop = threading.Event()
            clients = [Client(server, number + 1, stop) for number in range(CLIENTS)]
            for client in clients:
                client.thread.start()
            end, runs = time.monotonic() + SECONDS, 0
            try:
                while time.monotonic() < end:
                    # A mailbox that went in the middle counts as failed.
                    self.harvest(want=None, seconds=300)
                    self.assertIsNone(self.accounts[0]["error"])
                    runs += 1
            finally:
                stop.set()
                for client in clients:
                    client.thread.join()
            self.assertEqual([c.error for c in clients if c.error], [])
            for what in ("append", "flag", "expunge", "move", "rename", "create", "delete"):
                self.assertTrue([c for c in clients if c.done.get(what)], what)
            self.assertGreater(runs, 3)
            self.equal(server)
            for key in ("fetched", "flags", "vanished", "mailboxes_failed"):
                self.assertEqual(self.harvest()[key], 0, key)
            self.call("verify", "--against-server", "ann")
            self.call("verify", "--deep")

    def equal(self, server):
        """One more visit, and all are equal."""
        self.harvest("--retry")
        want, found = self.on_server(server), self.in_archive()
        for key, mails in want.items():
            if mails:
                self.assertEqual(found[key], mails, key)
        # Nothing waits for another try, but in mailboxes that were deleted before it could come.
        left = self.rows("SELECT mailbox, uidvalidity, uid, reason FROM outcomes"
                         " JOIN epochs USING (epoch) WHERE outcome = 0")
        self.assertEqual([row for row in left if row[:2] in want], [])
        self.assertGreater(self.rows("SELECT count(*) FROM copies WHERE vanished <> 0")[0][0], 0)


if __name__ == "__main__":
    unittest.main()

"""The ledger: every UID has one outcome, failed ones are tried again by schedule, and the server
can be held against it."""

import json
import sqlite3
import unittest

from fakeserver import DEFAULT, Fake
from harvesting import NET, OK, Case, mail, sha
from servers import Dovecot

DIFFERS, NOTHING, USAGE = 1, 1, 64
HOUR, DAY = 3600, 86400


class LedgerCase(Case):
    """Reading what the ledger says."""

    def ledger(self, *argv, want=OK):
        """The objects `sheaf ledger --json` prints."""
        lines = self.call("ledger", "--json", *argv, want=want).stdout.decode().splitlines()
        entries = [json.loads(line) for line in lines]
        for entry in entries:
            self.assertEqual(entry["schema_version"], 1)
        return entries

    def brief(self, *argv, want=OK):
        """[(mailbox, uid, outcome)]."""
        return [(e["mailbox"], e["uid"], e["outcome"]) for e in self.ledger(*argv, want=want)]

    def status(self):
        """What `sheaf status` says of each mailbox, and of all."""
        whole = json.loads(self.call("status", "--json").stdout)
        return {b["mailbox"]: b for b in whole["mailboxes"]}, whole

    def against(self, account="fake", want=OK):
        """(whether it holds, {mailbox: what was compared})."""
        done = self.call("verify", "--json", "--against-server", account, want=want)
        told = json.loads(done.stdout)
        self.assertEqual(told["holds"], want == OK)
        text = self.call("verify", "--against-server", account, want=want).stdout.decode()
        self.assertEqual("DIFFERS" in text, want != OK)
        return {b["mailbox"]: b for b in told["mailboxes"]}

    def pass_time(self, seconds):
        """As if the failed tries had been so much earlier."""
        catalog = sqlite3.connect(self.ar / "catalog.db")
        catalog.execute("UPDATE outcomes SET last_seen = last_seen - ?", (seconds,))
        catalog.commit()
        catalog.close()


class FakeLedger(LedgerCase):
    """With a server that does what the test says."""

    def setUp(self):
        super().setUp()
        self.boxes = {"INBOX": {n: mail(n) for n in (1, 2, 3)},
                      "Sent": {7: mail(1), 9: mail(9)}}
        self.server = Fake(self.boxes)
        self.server.__enter__()
        self.addCleanup(self.server.__exit__)
        (self.top / "secret").write_text("pw\n")
        (self.top / "secret").chmod(0o600)
        self.account()

    def account(self, *more, port=None):
        """Write the configuration."""
        self.configure("\n".join(
            ["[account fake]", "host = 127.0.0.1", "port = %d" % (port or self.server.port),
             "tls = none", "user = ann", "password_file = %s" % (self.top / "secret"),
             "timeout = 1", *more]) + "\n")

    def fail(self, *uids):
        """These UIDs are known to the server, which sends no message for them."""
        for uid in uids:
            self.server.answer["message", uid] = \
                lambda c, u, m: c.send(b"* 2 FETCH (UID %d BODY[] NIL)\r\n" % u)

    def fetched(self):
        """How many commands asked for messages so far."""
        return len([c for c in self.server.commands if "BODY" in c])

    def test_outcomes(self):
        """Stored, duplicate, refused, failed, gone; then vanished."""
        self.account("max_message = 100K")
        self.boxes["INBOX"].update({4: mail(4, size=200000), 5: mail(5), 6: mail(6)})
        self.fail(5)
        self.server.answer["message", 6] = lambda c, u, m: None
        self.harvest(want=NET)
        self.assertEqual(self.brief(), [
            ("INBOX", 1, "stored"), ("INBOX", 2, "stored"), ("INBOX", 3, "stored"),
            ("INBOX", 4, "refused"), ("INBOX", 5, "failed"), ("INBOX", 6, "gone"),
            ("Sent", 7, "duplicate"), ("Sent", 9, "stored")])
        all_of = {(e["mailbox"], e["uid"]): e for e in self.ledger()}
        self.assertEqual(all_of["INBOX", 1]["id"], sha(mail(1)))
        self.assertEqual(all_of["Sent", 7]["id"], sha(mail(1)))
        self.assertIn("max_message", all_of["INBOX", 4]["reason"])
        self.assertEqual(all_of["INBOX", 5]["tries"], 1)
        self.assertEqual({e["account"] for e in all_of.values()}, {"fake"})
        self.assertEqual({e["uidvalidity"] for e in all_of.values()}, {7})
        self.assertIsNone(all_of["INBOX", 1]["vanished"])
        del self.boxes["INBOX"][2], self.boxes["INBOX"][6]
        self.harvest()
        gone = self.ledger("--outcome", "vanished")
        self.assertEqual([(e["uid"], e["outcome"]) for e in gone], [(2, "stored")])
        self.assertRegex(gone[0]["vanished"], r"^20\d\d-\d\d-\d\dT")
        box, whole = self.status()
        inbox = box["INBOX"]
        self.assertEqual([inbox[k] for k in ("stored", "duplicates", "refused", "failed", "gone",
                                             "vanished")], [3, 0, 1, 1, 1, 1])
        self.assertEqual(inbox["next_try"], all_of["INBOX", 5]["next_try"])
        self.assertEqual((box["Sent"]["stored"], box["Sent"]["duplicates"]), (1, 1))
        self.assertIsNone(box["Sent"]["next_try"])
        self.assertEqual((whole["stored"], whole["duplicates"], whole["vanished"]), (4, 1, 1))
        text = self.call("status").stdout.decode()
        for words in ("1 duplicates", "1 vanished", "1 FAILED (next try 20", "1 REFUSED",
                      "1 gone"):
            self.assertIn(words, text)

    def test_filters(self):
        self.harvest()
        self.assertEqual(self.brief("--mailbox", "S*"),
                         [("Sent", 7, "duplicate"), ("Sent", 9, "stored")])
        self.assertEqual(self.brief("--outcome", "duplicate"), [("Sent", 7, "duplicate")])
        self.assertEqual(len(self.brief("--limit", "2")), 2)
        self.assertEqual(len(self.brief("--account", "f?ke", "--outcome", "stored")), 4)
        self.assertEqual(self.brief("--account", "other", want=NOTHING), [])
        self.assertEqual(self.brief("--outcome", "failed", want=NOTHING), [])
        self.call("ledger", "--outcome", "lost", want=USAGE)
        text = self.call("ledger").stdout.decode()
        self.assertIn("fake/INBOX (UIDVALIDITY 7)\n", text)
        self.assertIn("duplicate  of " + sha(mail(1))[:12], text)

    def test_schedule(self):
        """An hour, a day, a week, a week; --retry at once; success settles it."""
        self.fail(2)
        self.harvest(want=NET)
        for tries, wait in ((1, HOUR), (2, DAY), (3, 7 * DAY), (4, 7 * DAY)):
            asked = self.fetched()
            self.assertEqual(self.harvest()["waiting"], 1)
            self.assertIn("wait for their next try", self.stderr)
            self.pass_time(wait - 100)
            self.assertEqual(self.harvest()["waiting"], 1)
            self.assertEqual(self.fetched(), asked)
            self.assertEqual(self.ledger("--outcome", "failed")[0]["tries"], tries)
            self.pass_time(200)
            got = self.harvest(want=NET)
            self.assertEqual((got["waiting"], got["failed"]), (0, 1))
            self.assertGreater(self.fetched(), asked)
        self.harvest("--retry", want=NET)
        self.assertEqual(self.ledger("--outcome", "failed")[0]["tries"], 6)
        self.server.answer.clear()
        self.assertEqual(self.harvest("--retry")["fetched"], 1)
        self.assertEqual(self.brief("--outcome", "failed", want=NOTHING), [])
        self.assertEqual(self.copies()[2], sha(mail(2)))

    def test_clock_went_back(self):
        """A try that lies in the future does not keep a message out."""
        self.fail(2)
        self.harvest(want=NET)
        self.pass_time(-30 * DAY)
        self.server.answer.clear()
        self.assertEqual(self.harvest()["fetched"], 1)

    def test_vanished_before_fetch(self):
        """What failed and is no longer there will never come; it is not a vanished copy."""
        self.fail(2)
        self.harvest(want=NET)
        del self.boxes["INBOX"][2]
        got = self.harvest()
        self.assertEqual((got["vanished"], got["waiting"]), (0, 0))
        entry = self.ledger("--outcome", "gone")[0]
        self.assertEqual((entry["uid"], entry["reason"]),
                         (2, "vanished before it could be fetched"))

    def test_against(self):
        """Equal; then every kind of difference, by UID."""
        self.account("max_message = 100K")
        self.boxes["INBOX"].update({4: mail(4, size=200000), 5: mail(5)})
        self.fail(5)
        self.harvest(want=NET)
        before = self.rows("SELECT * FROM state")
        box = self.against()["INBOX"]
        self.assertEqual([box[k] for k in ("exists", "stored", "failed", "refused")],
                         [5, 3, 1, 1])
        self.boxes["INBOX"].update({n: mail(n) for n in (6, 7, 8, 20)})
        del self.boxes["INBOX"][2]
        self.boxes["New"] = {1: mail(30)}
        box = self.against(want=DIFFERS)
        self.assertEqual(box["INBOX"]["missing"], "6:8,20")
        self.assertEqual(box["INBOX"]["not_on_server"], "2")
        self.assertEqual(box["INBOX"]["exists"], 8)
        self.assertEqual((box["New"]["state"], box["New"]["missing"]), ("not_harvested", "1"))
        self.assertTrue(box["Sent"]["holds"])
        text = self.call("verify", "--against-server", "fake", want=DIFFERS).stdout.decode()
        self.assertIn("4 without an outcome: UID 6:8,20\n", text)
        self.assertIn("2 of 3 mailboxes differ\n", text)
        self.assertEqual(self.rows("SELECT * FROM state"), before)
        self.lint(self.server.commands)
        self.harvest()
        self.against()
        self.boxes["INBOX"][2] = mail(2)
        self.assertEqual(self.against(want=DIFFERS)["INBOX"]["recorded_as_vanished"], "2")
        self.harvest()
        self.against()
        del self.boxes["New"]
        box = self.against()  # a mailbox that was deleted takes nothing from what is stored
        self.assertEqual((box["New"]["state"], box["New"]["stored"]), ("only_archived", 1))
        self.server.uidvalidity = 8
        box = self.against(want=DIFFERS)["Sent"]
        self.assertEqual((box["state"], box["missing"]), ("other_uidvalidity", "7,9"))
        self.assertEqual((box["uidvalidity"], box["uidvalidity_archived"]), (8, 7))

    def test_against_gone(self):
        """The server lists a message that it does not send: nobody can say it is stored."""
        self.server.answer["message", 3] = lambda c, u, m: None
        self.harvest()
        self.assertEqual(self.against(want=DIFFERS)["INBOX"]["recorded_as_vanished"], "3")

    def test_against_a_lying_server(self):
        """A list that is cut short, a mailbox that is shut, a server that is not there."""
        self.harvest()

        def short(conn, uids):
            conn.send(b"* 1 FETCH (UID 1)\r\n")
            conn.ok()
        self.server.answer["enumerate"] = short
        box = self.against(want=DIFFERS)["INBOX"]
        self.assertEqual((box["exists"], box["listed"], box["not_on_server"]), (3, 1, "2:3"))
        self.server.answer.clear()
        self.server.answer["examine", "Sent"] = \
            lambda c, *a: c.send(b"%s NO [NOPERM] \x1b[1m not yours\r\n" % c.tag.encode())
        box = self.against(want=DIFFERS)["Sent"]
        self.assertEqual(box["state"], "shut")
        self.assertIn("not yours", box["error"])
        self.server.answer["examine", "Sent"] = lambda c: DEFAULT
        self.against()
        self.account(port=1)
        self.call("verify", "--against-server", "fake", want=NET)
        self.call("verify", "--against-server", "other", want=USAGE)

    def test_same_message_id(self):
        """One Message-ID, several messages: named as such, over all index segments."""
        def with_id(ident, body):
            return b"From: a@example.org\r\nMessage-ID: %s\r\n\r\n%s\r\n" % (ident, body)
        long_id = b"<" + b"x" * 300 + b"@example.org>"
        self.boxes["INBOX"] = {1: with_id(b"<a@example.org>", b"one"),
                               2: with_id(b"<b@example.org>", b"one"),
                               3: with_id(b"<c@example.org>", b"one"), 4: mail(4), 5: mail(5),
                               6: with_id(long_id.replace(b"example", b"another"), b"one")}
        self.call("harvest")
        self.assertEqual(self.status()[1]["same_message_ids"], 0)
        self.assertEqual(self.ledger("--same-message-id", want=NOTHING), [])
        self.boxes["INBOX"].update({
            7: with_id(b"<a@example.org>", b"two"), 8: with_id(b"<A@example.org>", b"one"),
            9: with_id(b"<c@example.org>", b"one"),  # the same bytes: one message
            10: with_id(b"<a@example.org>", b"three"),
            11: with_id(long_id, b"z" * 5000000)})
        self.call("harvest")
        whole = self.status()[1]
        self.assertEqual((whole["same_message_ids"], whole["same_message_id_messages"]), (1, 3))
        self.boxes["INBOX"][12] = with_id(long_id, b"two")
        self.call("harvest")
        groups = self.ledger("--same-message-id")
        self.assertEqual({g["message_id"]: [m["id"] for m in g["messages"]] for g in groups}, {
            "<a@example.org>": [sha(self.boxes["INBOX"][n]) for n in (1, 7, 10)],
            long_id.decode(): [sha(self.boxes["INBOX"][n]) for n in (11, 12)]})
        for group in groups:
            numbers = [m["number"] for m in group["messages"]]
            self.assertEqual(numbers, sorted(numbers))
        self.assertIn("2 Message-IDs stand in 5 messages", self.call("status").stdout.decode())
        self.assertEqual(len(self.ledger("--same-message-id", "--limit", "1")), 1)

    def test_old_index(self):
        """An index of the version before counts as none, and the next run builds it anew."""
        self.call("harvest")
        current = self.ar / "index" / "CURRENT"
        current.write_text(current.read_text().replace("sheaf-index 6", "sheaf-index 5"))
        self.assertEqual(self.status()[1]["indexed_to"], 0)
        self.call("search", "number")
        self.call("index")
        whole = self.status()[1]
        self.assertEqual((whole["indexed_to"], whole["index_behind"]), (4, 0))
        self.assertTrue(current.read_text().startswith("sheaf-index 6\n"))
        self.call("search", "number")
        current.write_text(current.read_text().replace("sheaf-index 6", "sheaf-index 7"))
        self.call("search", "number", want=74)
        self.assertIn("sheaf reindex", self.stderr)
        self.call("reindex")
        self.call("search", "number")


@unittest.skipUnless(Dovecot.installed(), "no dovecot")
class DovecotLedger(LedgerCase):
    """With a real server."""

    def test_life(self):
        """Equal after a harvest; new and expunged mail are the difference, until the next."""
        with Dovecot() as server:
            for number in range(5):
                server.append("alice", "INBOX", mail(number))
            server.append("alice", "Lists/a", mail(3))
            self.configure(server.account("alice", tls="none"))
            self.harvest()
            self.assertEqual(self.brief("--outcome", "duplicate"), [("Lists/a", 1, "duplicate")])
            self.against("alice")
            server.append("alice", "INBOX", mail(9))
            with server.imap("alice") as box:
                box.select("INBOX")
                box.uid("STORE", "2:3", "+FLAGS", "(\\Deleted)")
                box.expunge()
            box = self.against("alice", want=DIFFERS)["INBOX"]
            self.assertEqual((box["missing"], box["not_on_server"]), ("6", "2:3"))
            self.assertEqual((box["exists"], box["stored"]), (4, 3))
            self.harvest()
            self.against("alice")
            self.assertEqual([e["uid"] for e in self.ledger("--outcome", "vanished")], [2, 3])
            self.assertEqual(len(self.ledger()), 7)


if __name__ == "__main__":
    unittest.main()

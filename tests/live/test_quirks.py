"""Peculiarities of servers that need more than one visit: what is learnt is kept."""

import json
import unittest

from fakeserver import DEFAULT
from harvesting import FAILED, GONE, NET
from test_fake import FakeCase


class Doubts(FakeCase):
    """What was taken for settled too early."""

    def holds(self):
        """Does the archive hold what the server has?"""
        done = self.call("verify", "--json", "--against-server", "fake", want=None)
        return json.loads(done.stdout)["holds"]

    def test_empty_under_new_uidvalidity(self):
        """Courier: a mailbox nobody ever opened has another UIDVALIDITY at each EXAMINE."""
        self.server.boxes["INBOX"].clear()
        self.server.uidvalidity = 100

        def examine(_conn):
            self.server.uidvalidity += 1
            return DEFAULT
        self.server.answer["examine", "INBOX"] = examine
        for _ in range(3):
            self.harvest()
        self.assertEqual(self.rows("SELECT count(*) FROM epochs"), [(1,)])
        self.assertTrue(self.holds())
        self.server.boxes["INBOX"][1] = self.mails[1]
        self.assertFalse(self.holds())
        self.harvest()
        self.want(1)
        self.assertEqual(self.rows("SELECT count(*) FROM epochs"), [(2,)])
        self.server.boxes["INBOX"].clear()
        self.assertFalse(self.holds())  # now something is missing there

    def test_gone_and_back(self):
        """A UID that was not sent twice counts as gone; listed again, it is asked for again."""
        self.server.answer["message", 2] = lambda c, u, m: None
        self.harvest()
        self.assertEqual(self.outcomes()[2][0], GONE)
        self.harvest(want=NET)
        self.assertEqual(self.outcomes()[2][0], FAILED)
        self.assertIn("lists it", self.outcomes()[2][1])
        asked = len([c for c in self.server.commands if "BODY" in c])
        self.harvest()  # it has its time now
        self.assertEqual(len([c for c in self.server.commands if "BODY" in c]), asked)
        self.heal()

    def test_gone_and_there(self):
        """The same, and the server is well again at once."""
        self.server.answer["message", 2] = lambda c, u, m: None
        self.harvest()
        self.assertEqual(self.outcomes()[2][0], GONE)
        self.server.answer.clear()
        self.harvest()
        self.want(1, 2, 3)
        self.assertEqual(self.outcomes(), {})

    def test_gone_for_good(self):
        """One that is listed no more stays gone, and is not asked for."""
        self.server.answer["message", 2] = lambda c, u, m: None
        self.harvest()
        del self.server.boxes["INBOX"][2]
        asked = len(self.server.commands)
        self.harvest()
        self.assertEqual(self.outcomes()[2][0], GONE)
        self.assertFalse([c for c in self.server.commands[asked:] if "FETCH 2" in c])


class Secrets(FakeCase):
    """A server that repeats what it was told."""

    def test_echo(self):
        (self.top / "secret").write_text("hunter2hunter2\n")
        trace = self.top / "trace"
        for answer in (b"* NO [ALERT] no, hunter2hunter2\r\n%s OK in, hunter2hunter2\r\n",
                       b"* OK [ALERT] hunter2hunter2\r\n%s NO hunter2hunter2 is wrong\r\n",
                       b"%s BAD LOGIN ann hunter2hunter2\r\n",
                       b"* BYE [ALERT] hunter2hunter2\r\n"):
            def login(conn, _rest, answer=answer):
                conn.send(answer % conn.tag.encode() if b"%s" in answer else answer)
            self.server.answer["login"] = login
            done = self.call("-vv", "harvest", "--no-index", "--trace", str(trace), want=None)
            said = self.stderr + done.stdout.decode() + trace.read_text()
            said += self.call("status", want=None).stdout.decode()
            self.assertNotIn("hunter2", said)
            self.assertIn("(cut)", said)


if __name__ == "__main__":
    unittest.main()

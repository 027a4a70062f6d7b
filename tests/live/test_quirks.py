"""Peculiarities of servers that need more than one visit: what is learnt is kept."""

import contextlib
import json
import re
import select
import socket
import subprocess
import threading
import time
import unittest

from fakeserver import DEFAULT, Hangup
from harvesting import FAILED, GONE, LATER, NET, SHEAF, Case, mail, sha
from servers import Dovecot
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


class Gentle(FakeCase):
    """A day's budget, and servers that ask to be left alone."""

    def status(self):
        """What status tells of the account."""
        return json.loads(self.call("status", "--json").stdout)["accounts"][0]

    def asked(self):
        """How many messages were asked for."""
        return len([c for c in self.server.commands if "BODY" in c])

    def pass_hours(self, hours):
        """As if the harvests had been so much earlier."""
        path = self.ar / "budget" / "fake.json"
        state = json.loads(path.read_text())
        state["hours"] = [[h - hours, n] for h, n in state["hours"]]
        state["until"] -= hours * 3600
        path.write_text(json.dumps(state))

    def test_budget(self):
        """It is spent: nothing more is fetched, that day; nothing is wrong, nothing is lost."""
        box = {n: mail(n, size=20000) for n in range(1, 41)}
        self.server.boxes["INBOX"] = box
        self.account("budget = 200K")
        got = self.harvest()  # and that is no failure
        self.assertIn("budget", self.stderr)
        self.assertGreater(got["fetched"], 4)
        self.assertLess(got["fetched"], 15)
        self.assertGreater(got["rests_until"], time.time() + 20 * 3600)
        state = self.status()
        self.assertEqual((state["state"], state["failures"]), ("resting", 0))
        self.assertIn("budget", state["error"])
        self.assertTrue(state["next_try"])
        self.assertIn("next try", self.call("status").stdout.decode())
        connections = len(self.server.connections)
        got = self.harvest()
        self.assertEqual(len(self.server.connections), connections)
        self.assertEqual(self.status()["state"], "resting")
        asked = self.asked()
        self.harvest("--retry")  # it looks, but there is nothing left to spend
        self.assertEqual(self.asked(), asked)
        self.assertEqual(self.outcomes(), {})
        stored = len(self.copies())
        for _ in range(10):
            self.pass_hours(25)
            self.harvest()
            self.assertGreater(len(self.copies()), stored)
            stored = len(self.copies())
            if stored == 40:
                break
        self.want(*box)
        self.assertEqual(self.status()["state"], "off")

    def test_no_budget(self):
        """Gmail has one unless it is said; an unknown server has none."""
        self.harvest()
        self.assertFalse((self.ar / "budget").exists())
        self.server.boxes["INBOX"][4] = mail(4)
        self.account("profile = gmail")
        self.harvest()
        state = json.loads((self.ar / "budget" / "fake.json").read_text())
        self.assertGreater(sum(n for _, n in state["hours"]), 100)

    def test_backoff(self):
        """Microsoft 365 says how long: longer than we wait on the spot."""
        self.server.answer["fetch"] = lambda c, u: (
            b"BAD Request is throttled. Suggested Backoff Time: 89117 milliseconds")
        self.harvest(want=LATER)
        self.assertEqual(self.asked(), 1)  # asking again would make it worse
        self.assertEqual(self.outcomes(), {})
        state = self.status()
        self.assertEqual(state["failures"], 1)
        self.assertTrue(state["next_try"])
        until = json.loads((self.ar / "budget" / "fake.json").read_text())["until"]
        self.assertAlmostEqual(until, time.time() + 90, delta=20)
        connections = len(self.server.connections)
        self.server.answer.clear()
        self.harvest(want=LATER)
        self.assertEqual(len(self.server.connections), connections)
        self.pass_hours(1)
        self.harvest()
        self.want(1, 2, 3)

    def test_backoff_and_bye(self):
        """The same in a BYE, and in the answer to EXAMINE."""
        def fetch(conn, _uids):
            conn.send(b"* BYE Request is throttled. Suggested Backoff Time: 3000000 milliseconds"
                      b"\r\n")
            raise Hangup

        def examine(conn):
            conn.send(b"%s NO Request is throttled. Suggested Backoff Time: 3000000\r\n"
                      % conn.tag.encode())
        for key, function in (("fetch", fetch), (("examine", "INBOX"), examine)):
            self.server.answer = {key: function}
            self.harvest("--retry", want=LATER)
            self.assertEqual(self.outcomes(), {})
        self.heal()

    def test_watch(self):
        """A watcher keeps to it as well."""
        self.account("budget = 1K", "poll = 1")
        self.server.boxes["INBOX"] = {n: mail(n, size=900) for n in range(1, 6)}
        with subprocess.Popen([SHEAF, "-C", str(self.ar), "harvest", "--watch", "--no-index"],
                              stderr=subprocess.PIPE) as watcher:
            end = time.monotonic() + 20
            while time.monotonic() < end:
                accounts = json.loads(self.call("status", "--json").stdout)["accounts"]
                if accounts and accounts[0]["state"] == "resting":
                    break
            watcher.terminate()
            watcher.communicate()
        self.assertEqual(accounts[0]["state"], "resting")
        self.assertLess(len(self.copies()), 5)
        self.assertEqual(len(self.server.connections), 1)


LARGE = 3 << 20


def well(*_args):
    """The correct answer."""
    return DEFAULT


class Pieces(FakeCase):
    """Messages that do not come whole."""

    def setUp(self):
        super().setUp()
        self.large = mail(2, "".join("%09d\r\n" % n for n in range(LARGE // 11)))
        self.server.boxes["INBOX"][2] = self.large
        self.parts = []

    def breaks(self, at, times=1):
        """The connection breaks after so many bytes of message 2."""
        left = [times]

        def message(conn, uid, data):
            if not left[0]:
                return DEFAULT
            left[0] -= 1
            conn.send(conn.response(uid, data)[:at])
            raise Hangup
        self.server.answer["message", 2] = message
        self.server.answer["part", 2] = self.note

    def note(self, _conn, _uid, data, start):
        """A part, well done."""
        self.parts.append((start, len(data)))
        return DEFAULT

    def test_resume(self):
        """What came before the break is not fetched again."""
        self.breaks(2 << 20)
        got = self.harvest()
        self.want(1, 2, 3)
        self.assertEqual(got["bytes"], sum(map(len, self.server.boxes["INBOX"].values())))
        self.assertEqual(len(self.parts), 1)
        start, length = self.parts[0]
        self.assertGreater(start, (2 << 20) - 10000)
        self.assertEqual(start + length, len(self.large))
        self.assertEqual(self.rows("SELECT DISTINCT basis FROM copies"), [("",)])
        self.check_bytes()
        self.lint(self.server.commands)

    def test_breaks_again_and_again(self):
        """Also within the parts; more often than connections may break without any progress."""
        self.large = self.server.boxes["INBOX"][2] = mail(2, "y" * (20 << 20))
        self.breaks(2 << 20)
        broken = []

        def part(conn, uid, data, start):
            self.parts.append((start, len(data)))
            if len(self.parts) % 2:
                broken.append(1)
                conn.send(conn.response(uid, data)[:len(data) // 3])
                raise Hangup
            return DEFAULT
        self.server.answer["part", 2] = part
        self.harvest()
        self.want(1, 2, 3)
        self.assertGreater(len(broken), 3)
        self.assertTrue(all(length <= 4 << 20 for _, length in self.parts))

    def test_no_progress(self):
        """A server that breaks off at every part is not asked for ever."""
        self.breaks(2 << 20, times=99)

        def part(conn, uid, data, _start):
            self.parts.append(1)
            conn.send(conn.response(uid, data)[:1000])
            raise Hangup
        self.server.answer["part", 2] = part
        self.harvest(want=NET)
        self.assertLess(len(self.server.connections), 10)
        self.heal()

    def odd(self, function):
        """A part is answered in that way: then the message is fetched whole."""
        self.breaks(2 << 20)

        def part(conn, uid, data, start):
            self.parts.append(start)
            return function(conn, uid, data, start)
        self.server.answer["part", 2] = part
        self.harvest()
        self.want(1, 2, 3)
        self.assertEqual(len(self.parts), 1)
        self.assertEqual(self.outcomes(), {})

    def test_part_ignored(self):
        """QQ: the whole message, whatever was asked for."""
        def whole(conn, uid, _data, _start):
            conn.item = b""
            conn.message(uid, self.large)
        self.odd(whole)

    def test_part_of_another_place(self):
        def other(conn, uid, data, _start):
            conn.item = b"BODY[]<0>"
            conn.message(uid, data)
        self.odd(other)

    def test_part_too_long(self):
        self.odd(lambda c, uid, data, start: c.message(uid, data + b"x"))

    def test_part_too_short(self):
        self.odd(lambda c, uid, data, start: c.message(uid, data[:-1]))

    def test_part_of_other_bytes(self):
        self.odd(lambda c, uid, data, start: c.message(uid, b"z" * len(data)))

    def test_part_of_another_message(self):
        self.odd(lambda c, uid, data, start: c.message(1, data))

    def test_part_refused(self):
        self.odd(lambda c, *_: c.send(b"* BAD no parts here\r\n"))

    def end(self, nothing):
        """The server says that there is nothing there."""
        self.odd(lambda c, uid, _d, start: c.send(
            b"* 2 FETCH (UID 2 BODY[]<%d> %s)\r\n" % (start, nothing)))

    def test_end_as_empty_literal(self):
        self.end(b"{0}\r\n")

    def test_end_as_empty_string(self):
        self.end(b'""')

    def test_end_as_nil(self):
        self.end(b"NIL")

    def test_other_uidvalidity(self):
        """After the break the mailbox is another one: nothing is put together."""
        def message(conn, uid, data):
            self.server.answer.clear()
            self.server.answer["part", 2] = self.note
            self.server.uidvalidity += 1
            conn.send(conn.response(uid, data)[:2 << 20])
            raise Hangup
        self.server.answer["message", 2] = message
        self.harvest()
        self.assertEqual(self.parts, [])
        self.assertEqual(set(self.copies(uidvalidity=8)), {1, 2, 3})

    def test_profile(self):
        """Where parts cannot be trusted they are not asked for."""
        self.account("profile = tencent")
        self.breaks(2 << 20)
        self.harvest()
        self.want(1, 2, 3)
        self.assertEqual(self.parts, [])


class Cutter:
    """Stands before a server and breaks the connections that the list tells, after so many bytes
    from the server."""

    def __init__(self, port, cuts):
        self.port, self.cuts, self.made = port, list(cuts), 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        """Take clients until closed."""
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self.listener.accept()
                self.made += 1
                left = self.cuts.pop(0) if self.cuts else None
                threading.Thread(target=self.carry, args=(sock, left), daemon=True).start()

    def carry(self, sock, left):
        """One connection."""
        other = socket.create_connection(("127.0.0.1", self.port))
        with contextlib.suppress(OSError):
            while left is None or left > 0:
                ready, _, _ = select.select([sock, other], [], [])
                for end in ready:
                    data = end.recv(65536)
                    if end is other and left is not None:
                        data, left = data[:left], left - len(data)
                    if not data:
                        raise OSError
                    (sock if end is other else other).sendall(data)
        sock.close()
        other.close()


@unittest.skipUnless(Dovecot.installed(), "no dovecot")
class RealParts(Case):
    """A large message of a real server, over connections that break."""

    def test_dovecot(self):
        large = mail(7, "".join("%09d\r\n" % n for n in range(2 << 20)))
        with Dovecot(users=("ann",)) as server:
            server.append("ann", "INBOX", mail(1))
            server.append("ann", "INBOX", large)
            server.append("ann", "INBOX", mail(2))
            cutter = Cutter(server.port, [3 << 20, 5 << 20, 6 << 20])
            self.addCleanup(cutter.listener.close)
            self.configure(server.account("ann", tls="none").replace(
                "port = %d" % server.port, "port = %d" % cutter.listener.getsockname()[1]))
            trace = self.top / "trace"
            got = self.harvest("--trace", str(trace))
        self.assertEqual((got["fetched"], cutter.made), (3, 4))
        self.assertEqual(self.copies(), {1: sha(mail(1)), 2: sha(large), 3: sha(mail(2))})
        asked = re.findall(r"UID FETCH 2 .*BODY.PEEK\[\]<(\d+)\.(\d+)>", trace.read_text())
        self.assertGreater(len(asked), 4)
        self.assertGreater(int(asked[0][0]), 2 << 20)


class Halves(FakeCase):
    """A message of which BODY[] never comes."""

    def ghost(self, whole, head=well, text=well):
        """UID 2 is one."""
        self.server.answer["message", 2] = whole
        self.server.answer["head", 2], self.server.answer["text", 2] = head, text

    def whole(self):
        """It was put together, and that is recorded."""
        self.want(1, 2, 3)
        self.assertEqual(self.rows("SELECT uid, basis FROM copies ORDER BY uid"),
                         [(1, ""), (2, "header+text"), (3, "")])
        self.assertIn("header and text came apart", self.call("ledger").stdout.decode())
        self.call("verify", "--deep")
        self.call("rebuild-catalog", want=None)
        self.assertEqual(self.rows("SELECT basis FROM copies WHERE uid = 2"), [("header+text",)])

    def test_ghost(self):
        """Exchange: OK, and no message."""
        self.ghost(lambda c, u, m: c.send(b"* 2 FETCH (UID 2 FLAGS ())\r\n"))
        self.harvest()
        self.whole()
        self.lint(self.server.commands)

    def test_unavailable(self):
        """Yahoo: NO [UNAVAILABLE] for one of many."""
        def fetch(conn, uids):
            if 2 in uids and not conn.server.commands[-1].count("PEEK[]"):
                return DEFAULT
            for uid in uids:
                if uid == 2:
                    return b"NO [UNAVAILABLE] UID FETCH Server error while fetching messages"
                conn.message(uid, self.mails[uid])
            return b"OK done"
        self.ghost(well)
        self.server.answer["fetch"] = fetch
        self.harvest()
        self.whole()

    def test_already_there(self):
        """Its bytes are in the archive already: nothing is stored twice."""
        self.server.boxes["INBOX"][4] = self.mails[2]
        self.server.answer["message", 2] = lambda c, u, m: c.send(b"* 2 FETCH (UID 2)\r\n")
        self.server.answer["head", 2] = self.server.answer["text", 2] = well
        self.harvest()
        self.assertEqual(self.rows("SELECT count(*) FROM messages"), [(3,)])
        self.assertEqual(set(self.copies()), {1, 2, 3, 4})

    def test_large(self):
        """Halves that do not fit into memory."""
        self.server.boxes["INBOX"][2] = self.mails[2] = mail(2, "z" * (2 << 20))
        self.ghost(lambda c, u, m: c.send(b"* 2 FETCH (UID 2)\r\n"))
        self.harvest()
        self.whole()

    def test_not_even_halves(self):
        """No header, no text, a break, NIL: then it has failed, with the first reason."""
        def gone(*_args):
            raise Hangup
        for head, text in ((lambda c, *_: None, well), (well, lambda c, *_: None),
                           (well, lambda c, u, d: c.send(b"* 2 FETCH (UID 2 BODY[TEXT] NIL)\r\n")),
                           (lambda c, u, d: c.send(b"* 2 FETCH (UID 2 BODY[HEADER] {0}\r\n)\r\n"),
                            well),
                           (lambda c, u, d: c.message(3, d), well),
                           (well, gone), (gone, well)):
            self.ghost(lambda c, u, m: c.send(b"* 2 FETCH (UID 2 FLAGS ())\r\n"), head, text)
            self.harvest("--retry", want=NET)
            self.want(1, 3)
            self.assertEqual(self.outcomes()[2][0], FAILED)
            self.assertIn("no message", self.outcomes()[2][1])
        self.heal()


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

"""What TERM does wherever it comes: within five seconds the harvest has ended in order, what was
stored stays, no child lives on, and the next one completes it. And many accounts at once."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import time
import unittest

from harvesting import LATER, OK, Case, mail, sha
from peaks import family
from proxy import Hold, Proxy
from servers import Dovecot

LONG = bool(os.environ.get("SHEAF_LONG"))
SOON = 5.0
PATIENCE = 30.0
LARGE = 8 << 20
ACCOUNTS = 20


@contextlib.contextmanager
def deaf():
    """A port whose queue of connections is full: who connects gets no answer at all."""
    with socket.socket() as listener, contextlib.ExitStack() as others:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            other = others.enter_context(socket.socket())
            other.setblocking(False)
            other.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


@unittest.skipUnless(Dovecot.installed(), "no dovecot")
class Signals(Case):
    """One Dovecot; its INBOX has some small mails and a large one between them."""

    @classmethod
    def setUpClass(cls):
        cls.server = Dovecot(users=("ann", "many") + tuple("user%d" % n for n in range(ACCOUNTS)))
        cls.server.__enter__()
        cls.mails = [mail(1), mail(2), mail(3, size=LARGE), mail(4)]
        cls.server.append_all("ann", "INBOX", [(m, "", None) for m in cls.mails])

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()

    def account(self, port, **more):
        """Configure ann."""
        self.configure(self.server.account("ann", port=port, **dict({"tls": "none"}, **more)))

    def begin(self, *options):
        """Start a harvest."""
        log = open(self.top / "log", "wb")
        self.addCleanup(log.close)
        run = subprocess.Popen(self.argv("-v", "harvest", "--no-index", *options),
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log)
        self.addCleanup(run.wait)
        self.addCleanup(run.kill)
        return run

    def until(self, what):
        """Wait for a condition."""
        end = time.monotonic() + PATIENCE
        while not what():
            self.assertLess(time.monotonic(), end, (self.top / "log").read_text())
            time.sleep(0.01)

    def end(self, run, want=(LATER, OK), sig=signal.SIGTERM):
        """Send the signal: it must end in time, and all its children."""
        whole = family(run.pid)
        self.assertGreaterEqual(len(whole), 2)
        begun = time.monotonic()
        run.send_signal(sig)
        self.assertIn(run.wait(PATIENCE), want, (self.top / "log").read_text())
        self.assertLess(time.monotonic() - begun, SOON)
        for pid in whole[1:]:
            with self.assertRaises(ProcessLookupError):
                os.kill(pid, 0)

    def complete(self):
        """The next harvest has everything."""
        self.account(self.server.port)
        self.harvest()
        self.assertEqual(self.copies(), {n + 1: sha(m) for n, m in enumerate(self.mails)})
        self.call("verify", "--deep")

    def stalled(self, *options):
        """A harvest that hangs in the middle of the large message."""
        proxy = Proxy(self.server.port)
        proxy.__enter__()
        self.addCleanup(proxy.__exit__)
        held = []

        def stall(conn, data):
            conn.count = getattr(conn, "count", 0) + len(data)
            if conn.count > LARGE // 2:
                held.append(conn)
                raise Hold(data)
            return data
        proxy.down = stall
        self.account(proxy.port)
        run = self.begin(*options)
        self.until(lambda: held)
        return run

    def test_in_order(self):
        """Where mail flows, what was asked for still comes, and it takes its leave."""
        self.server.fill("many", "Many", ((mail(n), "", None) for n in range(4000)))
        with Proxy(self.server.port) as proxy:
            proxy.rate = 300000
            self.configure(self.server.account("many", tls="none", port=proxy.port,
                                               mailboxes="Many"))
            run = self.begin()
            self.until(lambda: [c for c in proxy.commands if "BODY" in c])
            self.end(run, want=(LATER,))
            self.assertTrue([c for c in proxy.commands if c.endswith(" LOGOUT")])
            asked = len([c for c in proxy.commands if "BODY" in c])
        self.assertIn(len(self.copies("Many")), range(1, 200 * asked + 1))
        self.assertLess(len(self.copies("Many")), 4000)
        self.configure(self.server.account("many", tls="none", mailboxes="Many"))
        self.harvest()
        self.assertEqual(len(self.copies("Many")), 4000)

    def test_in_a_literal(self):
        """Half of a large message is here, and nothing more comes."""
        self.end(self.stalled())
        self.complete()

    def test_in_a_literal_while_watching(self):
        """The same with --watch, which ends well."""
        self.end(self.stalled("--watch"), want=(OK,))
        self.complete()

    def test_in_a_slow_literal(self):
        """It does come, but slowly: 20 s for all of it, and it is not finished; 2 s, and it is."""
        for seconds in (20, 2) if LONG else (2,):
            with Proxy(self.server.port) as proxy:
                proxy.rate = LARGE // seconds
                self.account(proxy.port)
                run = self.begin()
                self.until(lambda p=proxy: [c for c in p.commands if "BODY" in c])
                self.end(run)
                self.assertEqual(bool([c for c in proxy.commands if c.endswith(" LOGOUT")]),
                                 seconds == 2)
            if seconds == 2:
                self.assertEqual(len(self.copies()), len(self.mails))
        self.complete()

    def test_while_connecting(self):
        """Nobody answers: not to the SYN, not with a greeting, not in the TLS handshake."""
        with deaf() as port, socket.create_server(("127.0.0.1", 0)) as silent:
            nobody, mute = (port, "none"), (silent.getsockname()[1], "none")
            no_tls = (mute[0], "implicit")
            cases = [(nobody, ()), (no_tls, ("--watch",)), (mute, ()), (nobody, ("--watch",)),
                     (no_tls, ()), (mute, ("--watch",))]
            for (where, tls), options in cases if LONG else cases[:2]:
                self.account(where, tls=tls)
                run = self.begin(*options)
                self.until(lambda r=run: len(family(r.pid)) > 1)
                self.end(run, sig=signal.SIGINT if options else signal.SIGTERM)
        self.complete()

    def test_reload_in_a_literal(self):
        """HUP in the middle of it: it starts over with the new configuration, and completes."""
        run = self.stalled("--watch")
        self.account(self.server.port)
        run.send_signal(signal.SIGHUP)
        self.until(lambda: len(self.copies()) == len(self.mails))
        self.end(run, want=(OK,))
        self.complete()

    def test_many_accounts(self):
        """Twenty accounts in one harvest: each has its own, and all of it."""
        users = ["user%d" % n for n in range(ACCOUNTS)]
        for number, user in enumerate(users):
            self.server.fill(user, "INBOX", ((mail(1000 * number + n, "x" * n * 10), "", None)
                                             for n in range(100)))
            self.server.append_all(user, "Shared", [(mail(n), "", None) for n in range(5)])
        self.configure(*(self.server.account(user, tls="none") for user in users))
        self.harvest()
        self.assertEqual({a["account"]: (a["fetched"], a["failed"], a["mailboxes_failed"])
                          for a in self.accounts}, {u: (105, 0, 0) for u in users})
        self.assertEqual(self.rows("SELECT count(*) FROM messages"), [(100 * ACCOUNTS + 5,)])
        for number, user in enumerate(users):
            found = self.rows("SELECT uid, lower(hex(hash)) FROM copies JOIN epochs USING (epoch)"
                              " JOIN messages ON message = number WHERE account = ?"
                              " AND mailbox = 'INBOX'", user)
            self.assertEqual(dict(found), {n + 1: sha(mail(1000 * number + n, "x" * n * 10))
                                           for n in range(100)})
        self.harvest()
        self.assertEqual({a["fetched"] for a in self.accounts}, {0})
        told = json.loads(self.call("--json", "status").stdout)
        self.assertEqual(len(told["accounts"]), ACCOUNTS)
        for user in users[:3]:
            self.call("verify", "--against-server", user)
        self.call("verify", "--deep")


if __name__ == "__main__":
    unittest.main()

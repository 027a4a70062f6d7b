"""sheaf harvest --watch against Dovecot: new mail at once, whatever else goes wrong."""

import contextlib
import fcntl
import json
import signal
import subprocess
import time
import unittest

from fakeserver import Fake, Hangup
from harvesting import OK, SHEAF, Case, mail
from servers import Dovecot

SOON = 2.0       # what is promised
PATIENCE = 30.0  # for what is not timed


def locked(file):
    """Have the lock, or not."""
    with contextlib.suppress(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


class Watching(Case):
    """A process that watches."""

    def setUp(self):
        super().setUp()
        self.process = None
        self.stderr_path = self.top / "stderr"
        self.addCleanup(self.end)

    def end(self):
        """Nothing stays behind."""
        if self.process and self.process.poll() is None:
            self.process.kill()
        if self.process:
            self.process.wait()

    def watch(self, *argv):
        """Begin to watch."""
        with open(self.stderr_path, "ab") as errors:
            self.process = subprocess.Popen(
                [SHEAF, "-C", str(self.ar), "-v", "harvest", "--watch"] + list(argv),
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors)

    def log(self):
        """What the watcher said."""
        return self.stderr_path.read_text(errors="replace")

    def until(self, what, seconds=PATIENCE):
        """Wait for a condition; how long that took."""
        begun = time.monotonic()
        while True:
            self.assertIsNone(self.process.poll(), self.log())
            if what():
                return time.monotonic() - begun
            self.assertLess(time.monotonic() - begun, seconds, self.log())
            time.sleep(0.01)

    def state(self, name="alice"):
        """What status says of an account."""
        told = json.loads(self.call("--json", "status").stdout)
        for account in told["accounts"]:
            if account["account"] == name:
                return dict(account, watching=told["watching"], behind=told["index_behind"])
        return {"state": None}

    def ready(self, name="alice"):
        """Wait until an account's mail is all here and new mail is waited for."""
        self.until(lambda: self.state(name)["state"] == "watching")

    def found(self, word, *where):
        """How many messages a search finds."""
        done = self.call("search", "--format", "ids", *where, word, want=None)
        return len(done.stdout.split())

    def stop(self, sig=signal.SIGTERM, seconds=5.0):
        """It must end in order, in time."""
        begun = time.monotonic()
        self.process.send_signal(sig)
        self.assertEqual(self.process.wait(seconds), OK, self.log())
        self.assertLess(time.monotonic() - begun, seconds)
        for bad in ("AddressSanitizer", "runtime error", "LeakSanitizer"):
            self.assertNotIn(bad, self.log())
        self.assertFalse(json.loads(self.call("--json", "status").stdout)["watching"])


@unittest.skipUnless(Dovecot.installed(), "no dovecot")
class Watch(Watching):
    """What is promised of it. A Dovecot of its own for each test: some stop it."""

    def setUp(self):
        super().setUp()
        self.server = Dovecot(users=("alice", "bob"))
        self.addCleanup(self.server.close)
        self.server.start()

    def test_latency(self):
        """New mail in INBOX is stored, and the index has it, within two seconds."""
        self.server.append("alice", "INBOX", mail(1))
        self.configure(self.server.account("alice", tls="none"))
        self.watch()
        self.ready()
        took = []
        for number in range(6):
            word = "zebra%dstripes" % number
            self.server.append("alice", "INBOX", mail(10 + number, word))
            begun = time.monotonic()
            self.until(lambda w=word: self.found(w) == 1)
            self.until(lambda: self.state()["behind"] == 0)
            took.append(time.monotonic() - begun)
        print("seconds from arrival to answer: %s" % " ".join("%.2f" % t for t in sorted(took)))
        self.assertLess(sorted(took)[len(took) // 2], SOON)
        self.stop()
        self.assertEqual(len(self.copies()), 7)
        self.assertEqual(self.state()["failures"], 0)

    def test_notify(self):
        """Dovecot knows NOTIFY: other mailboxes need not wait for their poll."""
        self.server.append("alice", "Lists/one", mail(1))
        self.configure(self.server.account("alice", tls="none"))
        self.watch()
        self.ready()
        for number in range(3):
            self.server.append("alice", "Lists/one", mail(2 + number))
            self.until(lambda n=number: len(self.copies("Lists/one")) == 2 + n)
        self.stop()

    def test_other_mailboxes(self):
        """Polling finds what came elsewhere, and what was made since; flags are seen too."""
        self.configure(self.server.account("alice", tls="implicit", poll=1))
        self.watch()
        self.ready()
        self.server.append("alice", "Later/New", mail(1, "elsewhere"))
        self.until(lambda: len(self.copies("Later/New")) == 1)
        self.server.append("alice", "INBOX", mail(2))
        self.until(lambda: len(self.copies()) == 1)
        with self.server.imap("alice") as box:
            box.select("INBOX")
            box.uid("STORE", "1", "+FLAGS", "(\\Flagged)")
        self.until(lambda: self.rows("SELECT count(*) FROM copies WHERE flags = 4") == [(1,)])
        self.stop(signal.SIGINT)

    def test_server_restarts(self):
        """It is there again as soon as the server is, and lost nothing."""
        self.configure(self.server.account("alice", tls="none"))
        self.watch()
        self.ready()
        self.server.stop()
        self.until(lambda: self.state()["failures"] >= 1)
        state = self.state()
        self.assertEqual(state["state"], "failing")
        self.assertTrue(state["error"] and state["next_try"] and state["last_success"], state)
        self.server.start()
        self.server.append("alice", "INBOX", mail(5))
        self.until(lambda: len(self.copies()) == 1)
        self.ready()
        self.assertEqual(self.state()["failures"], 0)
        self.stop()

    def test_one_broken(self):
        """An account that cannot log in does not stop the other one, and its state survives."""
        bad = self.server.account("bob", tls="none")
        (self.server.root / "bob.secret").write_text("wrong\n")
        self.configure(bad, self.server.account("alice", tls="none"))
        self.watch()
        self.ready("alice")
        self.until(lambda: self.state("bob")["state"] == "failing")
        self.assertIn("login refused", self.state("bob")["error"])
        self.server.append("alice", "INBOX", mail(5))
        self.until(lambda: len(self.copies()) == 1)
        self.stop()
        after = self.state("bob")
        self.assertEqual((after["state"], after["failures"]), ("off", 1))
        self.assertIn("login refused", after["error"])
        (self.server.root / "bob.secret").write_text("bob-pw\n")
        self.call("harvest", "--no-index", "bob")
        self.assertEqual(self.state("bob")["failures"], 0)

    def test_reload(self):
        """HUP: an account more; and a broken file changes nothing."""
        alice, bob = (self.server.account(u, tls="none") for u in ("alice", "bob"))
        self.configure(alice)
        self.watch()
        self.ready()
        self.configure(alice, "[account bob]\nwrong = 1\n")
        self.process.send_signal(signal.SIGHUP)
        self.until(lambda: "going on as before" in self.log())
        self.configure(alice, bob)
        self.process.send_signal(signal.SIGHUP)
        self.ready("bob")
        self.ready("alice")
        for user in ("alice", "bob"):
            self.server.append(user, "INBOX", mail(5, "for " + user))
        self.until(lambda: len(self.rows("SELECT 1 FROM copies")) == 2)
        self.configure(bob)
        self.process.send_signal(signal.SIGHUP)
        self.until(lambda: self.state("alice")["state"] == "off")
        self.ready("bob")
        self.stop()

    def test_child_killed(self):
        """A child that dies is started again."""
        self.configure(self.server.account("alice", tls="none"))
        self.watch()
        self.ready()
        kids = "/proc/%d/task/%d/children" % (self.process.pid, self.process.pid)

        def children():
            with open(kids) as lines:
                return lines.read().split()
        self.until(lambda: len(children()) == 1)
        subprocess.run(["kill", "-9", children()[0]], check=True)
        self.until(lambda: "ended early" in self.log())
        self.server.append("alice", "INBOX", mail(5))
        self.until(lambda: len(self.copies()) == 1)
        self.stop()

    def test_stopped_in_the_middle(self):
        """TERM while much is fetched: in time, in order, and the rest comes later."""
        count = 4000
        self.server.fill("alice", "INBOX", ((mail(n, "x" * 5000), "", None)
                                            for n in range(count)))
        self.configure(self.server.account("alice", tls="none"))
        trace = self.top / "trace"
        self.watch("--trace", str(trace))
        self.until(lambda: trace.exists() and "BODY.PEEK" in trace.read_text(errors="replace"))
        self.stop()
        self.assertIn("LOGOUT", trace.read_text(errors="replace"))
        with contextlib.suppress(KeyError):
            self.assertEqual(self.state()["failures"], 0)
        self.harvest()
        self.assertEqual(len(self.copies()), count)

    def test_usage(self):
        """What does not go together, and a second watcher."""
        self.call("harvest", "--watch", "--dry-run", want=64)
        self.configure(self.server.account("alice", tls="none", poll=0))
        self.call("harvest", "--watch", want=77)
        self.configure(self.server.account("alice", tls="none"))
        self.watch()
        self.ready()
        self.call("harvest", "--watch", want=75)
        self.stop()

    def test_other_writers(self):
        """They get their turn; meanwhile the watcher waits, and what came is here afterwards."""
        self.configure(self.server.account("alice", tls="none"))
        self.watch()
        self.ready()
        for number in range(5):
            (self.top / "one.eml").write_bytes(mail(1000 + number))
            self.call("import", "--account", "x", str(self.top / "one.eml"))
            self.call("seal")
        self.call("dispose", "--reason", "x", "--yes", "--account", "x", "hello")
        lock = self.enterContext(open(self.ar / "lock", "r+", encoding="ascii"))
        self.until(lambda: locked(lock))
        self.server.append("alice", "INBOX", mail(7, "wombat"))
        self.until(lambda: "waiting: " in self.log())
        self.assertEqual(self.found("wombat"), 0)
        fcntl.flock(lock, fcntl.LOCK_UN)
        self.until(lambda: self.found("wombat") == 1)
        self.stop()
        self.call("verify", "--deep")


class Odd(Watching):
    """Servers that do not do as IDLE is meant."""

    def setUp(self):
        super().setUp()
        self.box = {n: mail(n) for n in range(1, 4)}
        self.server = Fake({"INBOX": self.box})
        self.server.__enter__()
        self.addCleanup(self.server.__exit__, None, None, None)

    def begin(self, caps="", **more):
        """Watch, until the first mails are here."""
        self.server.caps += caps
        secret = self.top / "secret"
        secret.write_text("pw\n")
        secret.chmod(0o600)
        keys = {"host": "127.0.0.1", "port": self.server.port, "tls": "none", "user": "ann",
                "password_file": secret, "poll": 1, "timeout": 1, **more}
        self.configure("[account fake]\n" + "".join("%s = %s\n" % kv for kv in keys.items()))
        self.watch()
        self.until(lambda: len(self.copies()) == 3)

    def idles(self):
        """How often IDLE was said."""
        return len([c for c in self.server.commands if c.endswith(" IDLE")])

    def test_no_idle(self):
        """Without IDLE: polling."""
        self.begin()
        self.box[9] = mail(9)
        self.until(lambda: len(self.copies()) == 4)
        self.assertEqual(self.idles(), 0)
        self.stop()

    def test_refused(self):
        """It is offered, and refused: it is not asked for again, polling does."""
        self.begin(" IDLE")
        self.box[9] = mail(9)
        self.until(lambda: len(self.copies()) == 4)
        self.until(lambda: len([c for c in self.server.commands if "LIST" in c]) > 4)
        self.assertLessEqual(self.idles(), len(self.server.connections) + 3)
        self.stop()

    def test_noise(self):
        """"Still here" makes nobody busy; silence longer than the timeout is no failure."""
        def idle(conn):
            conn.send(b"+ idling\r\n")
            for _ in range(50):
                conn.send(b"* OK Still here\r\n")
            self.assertEqual(conn.line(), "DONE")
            conn.ok()
        self.server.answer["idle"] = idle
        self.begin(" IDLE", poll=3)
        self.until(lambda: self.idles() >= 2)
        self.assertLess(len([c for c in self.server.commands if "EXAMINE" in c]), 10)
        self.assertEqual(len(self.server.connections), 1)
        self.stop()

    def test_half_open(self):
        """A connection that died in silence: another one is made."""
        def idle(conn):
            conn.send(b"+ idling\r\n")
            conn.hang()
        self.server.answer["idle"] = idle
        self.begin(" IDLE")
        self.until(lambda: len(self.server.connections) >= 2)
        self.server.answer["idle"] = lambda c: (c.send(b"+ x\r\n"), c.line(), c.ok())
        self.box[9] = mail(9)
        self.until(lambda: len(self.copies()) == 4)
        self.stop()

    def test_bye(self):
        """The server ends the connection while it is waited."""
        def idle(conn):
            conn.send(b"+ idling\r\n* BYE Suggested Backoff Time: 1200 milliseconds\r\n")
            raise Hangup
        self.server.answer["idle"] = idle
        self.begin(" IDLE")
        self.until(lambda: "Backoff Time" in (self.state("fake").get("error") or ""))
        self.server.answer["idle"] = lambda c: (c.send(b"+ x\r\n"), c.line(), c.ok())
        self.until(lambda: self.state("fake")["failures"] == 0)
        self.stop()


if __name__ == "__main__":
    unittest.main()

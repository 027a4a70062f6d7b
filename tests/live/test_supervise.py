"""sheaf serve: what runs beside it is started again when it dies, a HUP brings other tokens and
another certificate, and a damaged index stops nobody who does without it."""

import json
import os
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import unittest

from peoplehelp import bearer
from sheafserver import SECONDS, Server, sheaf
from test_operate import until


def named(name, archive):
    """Process ids by name, of servers of that archive."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if ((path / "comm").read_text() == name + "\n"
                    and str(archive).encode() in (path / "cmdline").read_bytes().split(b"\0")):
                found.append(int(path.name))
        except OSError:
            pass
    return found


class Supervision(unittest.TestCase):
    """An archive of 5 messages."""

    def setUp(self):
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="sheaf-supervise-"))
        self.addCleanup(shutil.rmtree, self.top, ignore_errors=True)
        self.archive = self.top / "archive"
        mails = self.top / "mails"
        mails.mkdir()
        for i in range(5):
            (mails / ("%d.eml" % i)).write_text(
                "From: ann@example.org\nSubject: wombat %d\n\nquokka\n" % i)
        self.assertEqual(sheaf(self.archive, "init").returncode, 0)
        self.assertEqual(sheaf(self.archive, "import", mails).returncode, 0)

    def export(self, server):
        """Asks for one, waits for it; how many messages are in it."""
        done = server.ask("/api/v1/export", "POST", {"Content-Type": "application/json"},
                          json.dumps({"q": "wombat", "format": "mbox"}))
        self.assertEqual(done.status, 202, done.body)
        url = done.headers["Location"]
        job = until(lambda: next((j for j in [server.ask(url).json()]
                                  if j["state"] not in ("waiting", "running")), None))
        self.assertEqual(job["state"], "done", job)
        return server.ask(job["file"]).body.count(b"\nSubject: wombat")

    def kept(self, server, what="exports"):
        """What the server says of its exports, or of what keeps them."""
        return server.ask("/api/v1/status").json()[what]

    def one(self, name):
        """The only process of that name, once it is there."""
        return until(lambda: len(named(name, self.archive)) == 1
                     and named(name, self.archive))[0]

    def status(self):
        """What the command line says."""
        return json.loads(sheaf(self.archive, "status", "--json").stdout)["service"]

    def test_spooler_is_started_again(self):
        with Server(self.archive) as server:
            self.assertEqual(self.export(server), 5)
            self.assertEqual(self.status()["server"], server.child.pid)
            spooler = self.one("sheaf-exports")
            self.assertEqual(self.status()["exports"]["process"], spooler)
            self.assertGreaterEqual(os.getpriority(os.PRIO_PROCESS, spooler), 10)
            os.kill(spooler, signal.SIGKILL)
            state = until(lambda: self.kept(server)["starts"] == 2 and self.kept(server))
            self.assertEqual((state["failures"], state["last_status"]), (1, 256 + 9))
            until(lambda: self.status()["exports"]["starts"] == 2)
            self.assertEqual(self.export(server), 5)
            self.assertIn(b"sheaf_exports_starts_total 2\n", server.ask("/metrics").body)
            text = sheaf(self.archive, "status").stdout.decode()
            self.assertIn("exports running, ended 1 times (last status 265)", text)
            self.assertIn("keeper running\n", text)

    def test_keeper_is_replaced(self):
        """By its spare, and that by its own; what they keep dies and comes back with them."""
        with Server(self.archive) as server:
            until(lambda: self.kept(server)["running"])
            before = self.one("sheaf-keeper"), self.one("sheaf-exports")
            self.assertEqual(self.status()["keeper"]["process"], before[0])
            os.kill(before[0], signal.SIGKILL)
            until(lambda: self.kept(server)["starts"] == 2 and self.kept(server)["running"])
            self.assertNotIn(self.one("sheaf-keeper"), before)
            self.assertNotIn(self.one("sheaf-exports"), before)
            state = self.kept(server, "keeper")
            self.assertEqual((state["running"], state["starts"], state["failures"]), (True, 2, 1))
            self.assertEqual(server.ask("/readyz").status, 200)
            self.assertEqual(self.export(server), 5)
            # The first was a child of the server; the next is nobody's, and asked to end.
            for how in (signal.SIGTERM, signal.SIGKILL):
                spare, keeper = self.one("sheaf-spare"), self.one("sheaf-keeper")
                os.kill(keeper, how)
                until(lambda known=spare: named("sheaf-keeper", self.archive) == [known])
            got = server.ask("/readyz")
            self.assertEqual((got.status, len(got.json()["reasons"])), (503, 1), got.body)
            self.assertIn("ends again and again", got.json()["reasons"][0])
            self.assertIn(b"It is started again.", server.ask("/accounts").body)
            self.assertIn(b"sheaf_keeper_running 0\n", server.ask("/metrics").body)
            until(lambda: server.ask("/readyz").status == 200)
            self.assertIn(b"sheaf_keeper_running 1\n", server.ask("/metrics").body)
            self.assertRegex(sheaf(self.archive, "status").stdout.decode(),
                             r"keeper running, ended 3 times \(last status -1\)")
            until(lambda: self.kept(server)["running"])
            self.assertEqual(self.export(server), 5)
        self.assertIsNone(self.status())
        for name in ("sheaf-keeper", "sheaf-spare", "sheaf-exports"):
            self.assertEqual(named(name, self.archive), [])

    def test_keepers_end_with_the_server(self):
        """Also one that is no child of it, and without being asked."""
        with Server(self.archive) as server:
            self.one("sheaf-spare")
            os.kill(self.one("sheaf-keeper"), signal.SIGKILL)
            until(lambda: self.kept(server)["starts"] == 2 and self.kept(server)["running"])
            self.one("sheaf-spare")
            server.child.kill()
            server.child.communicate()
            until(lambda: not any(named(name, self.archive) for name in (
                "sheaf-keeper", "sheaf-spare", "sheaf-exports")))

    def test_nobody_left(self):
        """Keeper and spare killed at one moment: nobody starts them anew, and that is said."""
        with Server(self.archive) as server:
            until(lambda: self.kept(server)["running"])
            until(lambda: self.status()["exports"]["running"])
            keeper, spare = self.one("sheaf-keeper"), self.one("sheaf-spare")
            for pid, how in ((keeper, signal.SIGSTOP), (spare, signal.SIGKILL),
                             (keeper, signal.SIGKILL)):
                os.kill(pid, how)
            got = until(lambda: server.ask("/readyz").status == 503 and server.ask("/readyz"))
            self.assertEqual(len(got.json()["reasons"]), 1)
            self.assertIn("start the server anew", got.json()["reasons"][0])
            self.assertIn(b"start the server anew", server.ask("/accounts").body)
            self.assertFalse(self.kept(server)["running"])
            self.assertIn(b"sheaf_exports_running 0\n", server.ask("/metrics").body)
            text = sheaf(self.archive, "status").stdout.decode()
            self.assertIn("exports NOT RUNNING", text)
            self.assertIn("keeper NOT RUNNING", text)
            self.assertEqual(server.search("wombat")["total"], 5)
        self.assertIsNone(self.status())

    def test_tokens_reloaded(self):
        path = self.top / "tokens"
        old, new = "old-token-0123456789", "new-token-0123456789"
        path.write_text(old + "\n")
        path.chmod(0o600)

        def answer(secret):
            return server.ask("/api/v1/status", headers=bearer(secret)).status

        with Server(self.archive, "--token-file", path) as server:
            self.assertEqual((answer(old), answer(new)), (200, 401))
            path.write_text(new + "\n")
            server.child.send_signal(signal.SIGHUP)
            until(lambda: answer(new) == 200)
            self.assertEqual(answer(old), 401)
            path.write_text("short\n")
            server.child.send_signal(signal.SIGHUP)
            for _ in range(20):
                self.assertEqual((answer(old), answer(new), answer("short")), (401, 200, 401))

    def certificate(self, name):
        """Makes a pair; its certificate in DER."""
        key, cert = self.top / "key.pem", self.top / "cert.pem"
        done = subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes",
                               "-keyout", key, "-out", cert, "-days", "2", "-subj",
                               "/CN=" + name], check=False, capture_output=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return ssl.PEM_cert_to_DER_cert(cert.read_text())

    def link(self, port):
        """A connection by TLS."""
        trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
        plain = socket.create_connection(("127.0.0.1", port), timeout=SECONDS)
        return trust.wrap_socket(plain)

    def served(self, port):
        """The certificate that a new connection is shown."""
        with self.link(port) as link:
            return link.getpeercert(True)

    def test_certificate_reloaded(self):
        first = self.certificate("first")
        (self.archive / "sheaf.conf").write_text("[serve]\ncertificate = %s\nkey = %s\n" % (
            self.top / "cert.pem", self.top / "key.pem"))
        child = subprocess.Popen(Server(self.archive).argv, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE)
        try:
            port = int(child.stdout.readline().decode().rsplit(":", 1)[1].strip("/\n"))
            self.assertEqual(self.served(port), first)
            with self.link(port) as open_before:
                second = self.certificate("second")
                child.send_signal(signal.SIGHUP)
                until(lambda: self.served(port) == second)
                # What was open goes on as it was.
                open_before.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
                self.assertTrue(open_before.recv(4096).startswith(b"HTTP/1.1 200"))
            (self.top / "cert.pem").write_text("nonsense")
            child.send_signal(signal.SIGHUP)
            for _ in range(10):
                self.assertEqual(self.served(port), second)
        finally:
            child.terminate()
            said = child.communicate(timeout=20)[1].decode()
        self.assertEqual(child.returncode, 0, said)
        self.assertIn("the old certificate stays", said)

    def test_damaged_index(self):
        """Without the index everything is found; with a damaged one nothing is said."""
        with Server(self.archive) as server:
            whole = server.search("quokka")["total"]
        files = [p for p in (self.archive / "index").rglob("*") if p.is_file()]
        for path in [p for p in files if p.name != "CURRENT"]:
            path.write_bytes(b"damage")
        with Server(self.archive, "--no-index") as server:
            self.assertEqual(server.search("quokka")["total"], whole)
        for path in files:
            path.write_bytes(b"damage")
        with self.assertRaises(RuntimeError):
            with Server(self.archive):
                pass
        with Server(self.archive, "--no-index") as server:
            self.assertEqual(server.search("quokka")["total"], whole)
            self.assertEqual(server.search("subject:3")["total"], 1)
            self.assertEqual(server.ask("/?q=quokka").status, 200)
            self.assertEqual(self.export(server), 5)
            self.assertEqual(server.ask("/readyz").status, 200)
        done = sheaf(self.archive, "search", "--no-index", "--format", "ids", "quokka")
        self.assertEqual(len(done.stdout.split()), 5, done.stderr)


if __name__ == "__main__":
    unittest.main()

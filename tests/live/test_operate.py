"""sheaf serve as a service: health, metrics, access log, TLS, sockets handed over, its harvest."""

import http.client
import os
import pathlib
import re
import select
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
import unittest

import servers
from sheafserver import SHEAF, Answer, Server, sheaf


def until(condition, seconds=30):
    """What it gives, once that is true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        got = condition()
        if got:
            return got
        time.sleep(0.05)
    raise AssertionError("it did not come about")


class Operation(unittest.TestCase):
    """An archive of 12 messages."""

    def setUp(self):
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="sheaf-operate-"))
        self.addCleanup(shutil.rmtree, self.top, ignore_errors=True)
        self.archive = self.top / "archive"
        mails = self.top / "mails"
        mails.mkdir()
        for i in range(12):
            (mails / ("%02d.eml" % i)).write_text(
                "From: ann@example.org\nSubject: wombat %d\n\nquokka\n" % i)
        self.assertEqual(sheaf(self.archive, "init").returncode, 0)
        self.assertEqual(sheaf(self.archive, "import", mails).returncode, 0)

    def configure(self, text):
        """Another sheaf.conf."""
        (self.archive / "sheaf.conf").write_text(text)

    def test_ready(self):
        with Server(self.archive) as server:
            got = server.ask("/readyz")
            self.assertEqual((got.status, got.json()["reasons"]), (200, []))
            log = self.archive / "audit" / "000001.log"
            server.search("wombat")
            kept = log.read_bytes()
            log.write_bytes(b"no entry\n")
            self.assertEqual(server.ask("/api/v1/search?q=wombat").status, 503)
            got = server.ask("/readyz")
            self.assertEqual(got.status, 503)
            self.assertIn("audit log", got.json()["reasons"][0])
            log.write_bytes(kept)
            self.assertEqual(server.ask("/readyz").status, 200)
            catalog = self.archive / "catalog.db"
            self.assertEqual(server.ask("/healthz").status, 200)
            catalog.rename(self.top / "catalog.db")
            shutil.move(self.archive / "index" / "CURRENT", self.top / "CURRENT")
            (self.archive / "index" / "CURRENT").write_text("sheaf-index 99\n")
            got = server.ask("/readyz")
            self.assertEqual(got.status, 503)
            self.assertIn("cannot be read", got.json()["reasons"][0])
            shutil.move(self.top / "CURRENT", self.archive / "index" / "CURRENT")
            (self.top / "catalog.db").rename(catalog)
            self.assertEqual(server.ask("/readyz").status, 200)

    def metrics(self, server):
        """{name with labels: value}."""
        text = server.ask("/metrics").body.decode()
        for line in text.splitlines():
            self.assertRegex(line, r'^(# (HELP|TYPE) \w+ .+|\w+(\{(\w+="[^"]*",?)+\})? [-+.\w]+)$')
        return {k: float(v) for k, v in
                (line.rsplit(" ", 1) for line in text.splitlines() if line[0] != "#")}

    def test_metrics(self):
        with Server(self.archive) as server:
            for _ in range(3):
                server.search("quokka")
            server.ask("/nothing/here")
            got = self.metrics(server)
        self.assertEqual(
            got['sheaf_http_requests_total{method="GET",route="/api/v1/search",status="200"}'], 3)
        self.assertEqual(got['sheaf_http_requests_total{method="",route="",status="404"}'], 1)
        self.assertEqual(got["sheaf_http_request_seconds_count"], 4)
        self.assertEqual(got["sheaf_messages"], 12)
        self.assertEqual(got["sheaf_index_behind_messages"], 0)
        self.assertGreater(got["process_resident_memory_bytes"], 1 << 20)

    def test_access_log(self):
        """Says that somebody asked, and never what for; it may be moved away."""
        path = self.top / "logs" / "access"
        path.parent.mkdir()
        self.configure("[serve]\naccess_log = %s\n" % path)
        secret = "quokka"
        with Server(self.archive) as server:
            found = server.search(secret)["messages"][0]["id"]
            for target in ("/?q=" + secret, "/message/" + found, "/%s?x=%s" % (secret, secret)):
                server.ask(target, headers={"User-Agent": secret, "Referer": secret})
            server.ask("/healthz", method="POST" + secret.upper())
            first = until(lambda: path.read_text().count("\n") == 5 and path.read_text())
            path.rename(path.with_suffix(".1"))
            server.child.send_signal(signal.SIGHUP)
            until(path.exists)
            for given, kept in (("trace-1.a_B", True), ("x" * 65, False), ("a b", False)):
                answer = server.ask("/healthz", headers={"X-Request-Id": given})
                self.assertEqual(answer.headers["X-Request-Id"] == given, kept)
            self.assertIn(" trace-1.a_B\n", path.read_text())
            answer = server.ask("/healthz")
            self.assertIn(answer.headers["X-Request-Id"], path.read_text())
        self.assertNotIn(secret, first)
        self.assertNotIn(found, first)
        for line in first.splitlines():
            self.assertRegex(line, r"^\S+Z 127\.0\.0\.1 \S+ \S+ \S+ \d{3} >?\d+ \d+\.\dms \S+$")
        self.assertIn(" owner GET /message/{} 200 ", first)
        self.assertIn(" GET - 404 ", first)

    def test_tls(self):
        """With a certificate of our own; nothing older than TLS 1.2; no plain HTTP."""
        key, cert = self.top / "key.pem", self.top / "cert.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key,
                        "-out", cert, "-days", "2", "-subj", "/CN=localhost", "-addext",
                        "subjectAltName=DNS:localhost,IP:127.0.0.1"], check=True,
                       capture_output=True)
        self.configure("[serve]\ncertificate = %s\nkey = %s\n" % (cert, key))
        child = self.start()
        url = re.fullmatch(r"listening on https://127\.0\.0\.1:(\d+)/\n", self.line(child))
        port = int(url[1])
        trust = ssl.create_default_context(cafile=cert)
        link = http.client.HTTPSConnection("127.0.0.1", port, context=trust, timeout=30)
        link.request("GET", "/api/v1/search?q=wombat")
        self.assertEqual(Answer(link.getresponse()).json()["total"], 12)
        link.close()
        old = ssl.create_default_context(cafile=cert)
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
        old.set_ciphers("DEFAULT@SECLEVEL=0")
        with self.assertRaises(OSError):
            with socket.create_connection(("127.0.0.1", port), 30) as plain:
                old.wrap_socket(plain, server_hostname="localhost")
        plain = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        with self.assertRaises((OSError, http.client.HTTPException)):
            plain.request("GET", "/healthz")
            plain.getresponse()
        plain.close()
        self.end(child)
        cert.write_text("nonsense")
        done = sheaf(self.archive, "serve", "--listen", "127.0.0.1:0")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(b"certificate", done.stderr)

    def start(self, *args, **more):
        """sheaf serve, to be ended."""
        child = subprocess.Popen([SHEAF, "-C", str(self.archive), "serve", "--listen",
                                  "127.0.0.1:0", *args], stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, **more)
        self.addCleanup(self.end, child)
        return child

    def line(self, child):
        """Its first line."""
        ready = select.select([child.stdout], [], [], 30)[0]
        text = child.stdout.readline().decode() if ready else ""
        if not text:
            child.kill()
            self.fail(child.communicate()[1].decode())
        return text

    def end(self, child):
        """In order."""
        if child.returncode is None:
            child.terminate()
            _, said = child.communicate(timeout=20)
            self.assertEqual(child.returncode, 0, said.decode())

    def test_socket_handed_over(self):
        """As systemd does it: descriptor 3, LISTEN_FDS, and LISTEN_PID of whoever is started."""
        with socket.create_server(("127.0.0.1", 0)) as listening:
            port = listening.getsockname()[1]
            fd = listening.fileno()
            script = 'exec 3<&%d; LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"' % fd
            child = subprocess.Popen(["bash", "-c", script, "bash", SHEAF, "-C", str(self.archive),
                                      "serve"], pass_fds=[fd], stdout=subprocess.PIPE,
                                     stderr=subprocess.PIPE)
            self.addCleanup(self.end, child)
            # The request waits in the socket until there is a server.
            link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            link.request("GET", "/healthz")
            self.assertEqual(Answer(link.getresponse()).status, 200)
            link.close()
            self.assertIn(":%d/" % port, self.line(child))
            self.end(child)
        done = subprocess.run(["bash", "-c", 'exec 3</dev/null; LISTEN_PID=$$ LISTEN_FDS=1 exec'
                               ' "$@"', "bash", SHEAF, "-C", str(self.archive), "serve"],
                              capture_output=True, timeout=30, check=False)
        self.assertNotEqual(done.returncode, 0)

    def test_sandbox(self):
        """What /proc says of it, and that it can be turned off."""
        for conf, mode in (("", "2"), ("[serve]\nsandbox = no\n", "0")):
            self.configure(conf)
            with Server(self.archive) as server:
                status = pathlib.Path("/proc/%d/status" % server.child.pid).read_text()
                self.assertEqual(re.search(r"^Seccomp:\s+(\d)", status, re.M)[1], mode)
                self.assertEqual(server.search("wombat")["total"], 12)

    @unittest.skipUnless(os.getuid() == 0, "only root becomes somebody else")
    def test_user(self):
        self.top.chmod(0o755)
        subprocess.run(["chown", "-R", "nobody", self.archive], check=True)
        self.configure("[serve]\nuser = nobody\n")
        with Server(self.archive) as server:
            status = pathlib.Path("/proc/%d/status" % server.child.pid).read_text()
            self.assertNotIn("0", re.search(r"^Uid:\s+(.*)", status, re.M)[1].split())
            self.assertEqual(server.search("wombat")["total"], 12)


class Harvest(unittest.TestCase):
    """With a mail server."""

    def children(self, pid):
        """Process ids below pid, by /proc."""
        found = []
        for path in pathlib.Path("/proc/%d/task" % pid).glob("*/children"):
            for child in path.read_text().split():
                found += [int(child)] + self.children(int(child))
        return found

    def harvesters(self, server):
        """Those that run harvest --watch, parents first."""
        out = []
        for pid in self.children(server.child.pid):
            try:
                words = pathlib.Path("/proc/%d/cmdline" % pid).read_bytes().split(b"\0")
            except OSError:
                continue
            if b"--watch" in words:
                out.append(pid)
        return out

    def test_kept(self):
        top = pathlib.Path(tempfile.mkdtemp(prefix="sheaf-keeper-"))
        self.addCleanup(shutil.rmtree, top, ignore_errors=True)
        archive = top / "archive"
        sheaf(archive, "init")
        with servers.Dovecot() as mail:
            mail.append("alice", "INBOX", b"Subject: first\r\n\r\nquokka\r\n")
            (archive / "sheaf.conf").write_text(mail.account("alice"))
            with Server(archive) as server:
                until(lambda: server.search("quokka")["total"] == 1)
                one = until(lambda: self.harvesters(server))[0]
                os.kill(one, signal.SIGKILL)
                until(lambda: self.harvesters(server) and one not in self.harvesters(server))
                mail.append("alice", "INBOX", b"Subject: second\r\n\r\nquokka too\r\n")
                until(lambda: server.search("quokka")["total"] == 2)
                text = server.ask("/metrics").body.decode()
                self.assertIn("sheaf_harvest_running 1\n", text)
                self.assertIn("sheaf_harvest_starts_total 2\n", text)
                until(lambda: b'sheaf_account_state{account="alice",state="watching"} 1\n'
                      in server.ask("/metrics").body)
                told = server.ask("/api/v1/status").json()["accounts"][0]
                self.assertEqual((told["fetched"] > 0, told["left"]), (True, 0))
                self.assertIn(b"The harvest runs.", server.ask("/accounts").body)
                left = self.harvesters(server)
            for pid in left:
                self.assertFalse(pathlib.Path("/proc/%d" % pid).exists())
            with Server(archive, "--no-harvest") as server:
                self.assertEqual(self.harvesters(server), [])
            with Server(archive) as server:
                left = until(lambda: self.harvesters(server))
                server.child.kill()
                server.child.communicate()
                until(lambda: not any(pathlib.Path("/proc/%d" % pid).exists() for pid in left))


if __name__ == "__main__":
    unittest.main()

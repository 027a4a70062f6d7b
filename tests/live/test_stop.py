"""sheaf serve stops gracefully: what is being sent is sent to its end, nobody new is let in, idle
connections hold nothing up, and who is in a hurry says so twice."""

import hashlib
import pathlib
import shutil
import signal
import socket
import tempfile
import time
import unittest

from sheafserver import SECONDS, Server, sheaf
from test_operate import until

MAIL = b"From: ann@example.org\r\nSubject: long\r\n\r\n" + b"quokka wombat numbat\r\n" * 1000000
ASK = b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Stop(unittest.TestCase):
    """An archive with a message of 22 MB."""

    def setUp(self):
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="sheaf-stop-"))
        self.addCleanup(shutil.rmtree, self.top, ignore_errors=True)
        self.archive = self.top / "archive"
        self.assertEqual(sheaf(self.archive, "init").returncode, 0)
        (self.top / "mail.eml").write_bytes(MAIL)
        done = sheaf(self.archive, "import", "--no-index", self.top / "mail.eml")
        self.assertEqual(done.returncode, 0, done.stderr)

    def begin(self, server):
        """A download whose client has read only its beginning."""
        link = socket.create_connection(("127.0.0.1", server.port), timeout=SECONDS)
        target = "/api/v1/messages/%s/raw" % hashlib.sha256(MAIL).hexdigest()
        link.sendall(ASK % target.encode())
        got = link.recv(1000)
        self.assertTrue(got.startswith(b"HTTP/1.1 200"), got)
        return link, got

    def refused(self, server):
        """Is nobody let in any more?"""
        try:
            with socket.create_connection(("127.0.0.1", server.port), timeout=1) as link:
                link.sendall(ASK % b"/healthz")
                return not link.recv(10)
        except OSError:
            return True

    def test_download_goes_on(self):
        with Server(self.archive) as server:
            idle = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(5)]
            asked = idle[0]
            asked.sendall(ASK % b"/healthz")
            self.assertTrue(asked.recv(4096).startswith(b"HTTP/1.1 200"))
            link, got = self.begin(server)
            server.child.terminate()
            until(lambda: self.refused(server))
            # Who is connected is answered once more, and told that this was all.
            asked.sendall(ASK % b"/healthz")
            last = b""
            while more := asked.recv(4096):
                last += more
            self.assertTrue(last.startswith(b"HTTP/1.1 200"), last)
            self.assertIn(b"Connection: close", last)
            while more := link.recv(1 << 20):
                got += more
            self.assertEqual(got.partition(b"\r\n\r\n")[2], MAIL)
            start = time.monotonic()
            self.assertEqual(server.child.wait(20), 0)
            self.assertLess(time.monotonic() - start, 5)
            for one in (*idle, link):
                one.close()
            server.child.communicate()

    def test_hurry(self):
        with Server(self.archive) as server:
            link, _ = self.begin(server)
            server.child.send_signal(signal.SIGINT)
            until(lambda: self.refused(server))
            self.assertIsNone(server.child.poll())
            status, seconds = server.stop(signal.SIGINT)
            self.assertEqual(status, 0)
            self.assertLess(seconds, 5)
            link.close()


if __name__ == "__main__":
    unittest.main()

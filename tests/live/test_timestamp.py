"""Timestamps of seals by a real authority on this machine; answers that are wrong are refused."""

import json
import pathlib
import re
import shutil
import tempfile
import threading
import unittest

from authority import Authority, openssl
from sheafserver import ROOT, sheaf

FORMAT = (ROOT / "docs" / "formats" / "archive.md").read_text(encoding="utf-8")


def mail(n):
    """A message."""
    return b"From: ann@example.org\r\nSubject: number %d\r\n\r\nHello %d.\r\n" % (n, n * n)


class Timestamp(unittest.TestCase):
    """An archive with mail that is not sealed yet, and an authority."""

    @classmethod
    def setUpClass(cls):
        cls.top = pathlib.Path(tempfile.mkdtemp(prefix="sheaf-stamp-"))
        cls.addClassCleanup(shutil.rmtree, cls.top, ignore_errors=True)
        cls.tsa = Authority(cls.top / "tsa")
        cls.enterClassContext(cls.tsa)
        cls.ca = cls.top / "tsa" / "ca.pem"
        cls.base = cls.top / "base"
        cls.grow(cls.base, 1)

    @classmethod
    def grow(cls, archive, n):
        """One message more."""
        (cls.top / "one.eml").write_bytes(mail(n))
        for argv in (("init",), ("import", "--no-index", cls.top / "one.eml")):
            done = sheaf(archive, *argv)
            assert done.returncode == 0 or argv[0] == "init", done.stderr

    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(dir=self.top))
        self.ar = self.dir / "archive"
        shutil.copytree(self.base, self.ar)
        self.tsa.change = lambda request, reply: reply
        self.token = self.ar / "segments" / "000001.tsr"
        self.seal = self.ar / "segments" / "000001.seal"

    def run_it(self, want, *argv):
        """The program, which must end with that status; its output and errors."""
        done = sheaf(self.ar, *argv)
        self.assertEqual(done.returncode, want, done.stdout + done.stderr)
        return (done.stdout + done.stderr).decode()

    def stamp(self, want=0, *more):
        """sheaf seal --timestamp."""
        return self.run_it(want, "seal", "--timestamp", self.tsa.url, *more)

    def refused(self, want, text, change, *more):
        """The authority's answer is changed: the seal is made, no timestamp is kept, and what to
        do is said. After that a good answer is taken."""
        self.tsa.change = change
        said = self.stamp(want, *more)
        self.assertIn(text, said)
        self.assertIn("the seal stays, run this again", said)
        self.assertIn("sealed: ", said)
        self.assertEqual(sorted(p.name for p in self.seal.parent.iterdir()),
                         ["000001.seal", "000001.tar.zst"])
        self.run_it(0, "verify", "--deep")
        self.tsa.change = lambda request, reply: reply
        self.assertIn("nothing new", self.stamp(0, "--tsa-ca", self.ca))
        self.run_it(0, "verify", "--tsa-ca", self.ca)

    def test_good(self):
        """Taken, kept, verified by sheaf and by openssl, with and without roots."""
        said = self.stamp()
        self.assertIn("timestamp: 20", said)
        self.assertIn("/CN=test authority (not checked", said)
        before = self.token.read_bytes()
        said = self.run_it(0, "verify")
        self.assertIn("1 seals with a timestamp, the newest (000001.seal) of 20", said)
        self.assertIn("who made the timestamps is not known", said)
        said = self.run_it(0, "verify", "--tsa-ca", self.ca)
        self.assertNotIn("not known", said)
        said = self.run_it(74, "verify", "--tsa-ca", self.top / "tsa" / "other.pem")
        self.assertIn("not by whom the given roots vouch for", said)
        self.run_it(77, "verify", "--tsa-ca", self.dir / "nothing")
        line = re.search("^openssl (ts -verify .*)$", FORMAT, re.M)[1]
        shutil.copy(self.ca, self.ar / "tsa.pem")
        self.assertIn(b"Verification: OK", openssl(self.ar, *line.split()))
        asked = self.tsa.asked
        self.assertIn("it has a timestamp: 20", self.stamp(0, "--tsa-ca", self.ca))
        self.assertEqual((self.tsa.asked, self.token.read_bytes()), (asked, before))
        told = json.loads(self.run_it(0, "verify", "--json", "--tsa-ca", self.ca))
        self.assertEqual(told["timestamps"], 1)
        self.assertEqual(told["newest_timestamp"]["signer"], "/CN=test authority")
        self.assertTrue(told["newest_timestamp"]["anchored"])

    def test_next_seals(self):
        """Each seal has one of its own; a backup takes them along."""
        self.stamp()
        self.grow(self.ar, 2)
        told = json.loads(self.stamp(0, "--json"))
        self.assertEqual((told["made"], told["timestamp"]["made"]), (True, True))
        told = json.loads(self.stamp(0, "--json"))
        self.assertEqual((told["made"], told["timestamp"]["made"]), (False, False))
        self.assertIn("2 seals with a timestamp", self.run_it(0, "verify"))
        self.run_it(0, "backup", self.dir / "copy")
        for name in ("000001.tsr", "000002.tsr"):
            self.assertEqual((self.dir / "copy" / "segments" / name).read_bytes(),
                             (self.ar / "segments" / name).read_bytes())
        self.token.write_bytes((self.ar / "segments" / "000002.tsr").read_bytes())
        self.assertIn("a timestamp of something else", self.run_it(74, "verify"))

    def test_changed_bytes(self):
        """A flipped bit of the kept answer is found, or what is told stays the same: the issuer's
        name beside the signature is only there to look the certificate up. Never overwritten."""
        self.stamp()
        data, passed = self.token.read_bytes(), 0
        argv = ("verify", "--json", "--tsa-ca", self.ca)
        whole = json.loads(self.run_it(0, *argv))
        flips = range(0, len(data), 7)
        for at in flips:
            self.token.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1:])
            done = sheaf(self.ar, *argv)
            if done.returncode == 0:
                self.assertEqual(json.loads(done.stdout), whole, "byte %d" % at)
                passed += 1
            else:
                self.assertEqual(done.returncode, 74, "byte %d" % at)
        self.assertLess(passed, len(flips) // 10)
        self.token.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
        asked = self.tsa.asked
        self.assertIn("000001.tsr, which is there", self.stamp(65))
        self.assertEqual(self.tsa.asked, asked)

    def test_wrong_nonce(self):
        """An answer to somebody else's request for the same seal."""
        def change(request, _):
            digest = openssl(self.dir, "asn1parse", "-inform", "DER", input=request)
            imprint = digest.decode().split("[HEX DUMP]:")[1].split()[0].lower()
            other = openssl(self.dir, "ts", "-query", "-digest", imprint, "-sha256", "-cert")
            return self.tsa.reply(other)
        self.refused(65, "another nonce", change)

    def test_no_nonce(self):
        """An answer to a request that had none."""
        def change(request, _):
            dump = openssl(self.dir, "asn1parse", "-inform", "DER", input=request).decode()
            imprint = dump.split("[HEX DUMP]:")[1].split()[0].lower()
            return self.tsa.reply(openssl(self.dir, "ts", "-query", "-digest", imprint,
                                          "-sha256", "-cert", "-no_nonce"))
        self.refused(65, "another nonce", change)

    def test_wrong_imprint(self):
        """Of other bytes; of the same length in another hash."""
        def change(_, __):
            return self.tsa.reply(openssl(self.dir, "ts", "-query", "-digest", "ab" * 32,
                                          "-sha256", "-cert"))
        self.refused(65, "something else", change)

    def test_not_granted(self):
        """The authority says no: a hash it does not know."""
        def change(_, __):
            return self.tsa.reply(openssl(self.dir, "ts", "-query", "-digest", "ab" * 20,
                                          "-sha1", "-cert"))
        self.refused(65, "not granted (status 2", change)

    def test_no_certificate(self):
        """A token without its certificate cannot be checked in later years: refused."""
        def change(request, _):
            bare = request.replace(b"\x01\x01\xff", b"\x01\x01\x00")
            self.assertNotEqual(bare, request)
            return self.tsa.reply(bare)
        self.refused(65, "the signature is not sound", change)

    def test_garbage(self):
        """What is no answer at all."""
        for body in (b"", b"\x30", b"<html>no</html>", bytes(range(256))):
            shutil.rmtree(self.ar)
            shutil.copytree(self.base, self.ar)
            self.refused(65, "not an answer of a time authority", lambda _, __, b=body: b)

    def test_longer_and_shorter(self):
        """A good answer with a byte more or less."""
        self.refused(65, "not an answer", lambda _, reply: reply + b"\0")
        self.token.unlink()
        self.tsa.change = lambda _, reply: reply[:-1]
        self.stamp(65)

    def test_changed_token(self):
        """Bytes of the token are flipped on the way, the last of the signature among them."""
        for at in (-1, -40, 200, 400):
            def change(_, reply, at=at):
                data = bytearray(reply)
                data[at] ^= 1
                return bytes(data)
            self.tsa.change = change
            self.stamp(65)
            self.assertFalse(self.token.exists())

    def test_http(self):
        """Errors, redirects, another content type, too much."""
        kind = "application/timestamp-reply"
        for text, answer in (("HTTP status 500", (500, kind, b"")),
                             ("HTTP status 302", (302, kind, b"")),
                             ("content type", (200, "text/html", b"<p>")),
                             ("too large", (200, kind, bytes(1 << 20)))):
            shutil.rmtree(self.ar)
            shutil.copytree(self.base, self.ar)
            self.refused(69, text, lambda _, __, a=answer: a)

    def test_slow(self):
        """Nobody waits for ever, neither for the first byte nor for the last."""
        for first in (b"", b"HTTP/1.0 200 OK\r\n"):
            ended = threading.Event()

            def change(_, __, first=first, ended=ended):
                def hold(handler):
                    handler.wfile.write(first)
                    handler.wfile.flush()
                    handler.connection.recv(1)  # until the other side gives up
                    ended.set()
                return hold
            shutil.rmtree(self.ar)
            shutil.copytree(self.base, self.ar)
            self.refused(69, "Timeout", change, "--wait", "1")
            self.assertTrue(ended.wait(10))

    def test_unreachable(self):
        """Nobody there; no URL; another kind of URL. No URL is shown: it may hold a password."""
        for want, url in ((69, "http://ann:secret@127.0.0.1:1/"), (64, "file:///etc/hosts"),
                          (64, "ftp://secret@127.0.0.1/"), (64, "::")):
            said = self.run_it(want, "seal", "--timestamp", url)
            self.assertNotIn("secret", said)
            self.assertTrue(self.seal.exists())
        self.run_it(64, "seal", "--tsa-ca", self.ca)
        self.run_it(64, "seal", "--timestamp", self.tsa.url, "--wait", "0")

    def test_tls(self):
        """A server whose certificate nobody vouches for gets no answer read."""
        with Authority(self.dir / "secure", secure=True) as server:
            said = self.run_it(69, "seal", "--timestamp", server.url)
            self.assertIn("certificate", said)
            self.assertEqual(server.asked, 0)

    def test_other_roots(self):
        """Roots that do not vouch for the authority: its answer is not kept."""
        other = self.top / "tsa" / "other.pem"
        said = self.stamp(65, "--tsa-ca", other)
        self.assertIn("not by whom the given roots vouch for", said)
        self.assertFalse(self.token.exists())

    def test_nothing_sealed(self):
        """Nothing is asked for an archive without mail."""
        empty = self.dir / "empty"
        self.assertEqual(sheaf(empty, "init").returncode, 0)
        asked = self.tsa.asked
        done = sheaf(empty, "seal", "--timestamp", self.tsa.url)
        self.assertEqual((done.returncode, self.tsa.asked), (0, asked), done.stderr)
        self.assertIn(b"nothing to seal", done.stdout)


if __name__ == "__main__":
    unittest.main()

"""Many connections that do nothing or hardly anything: others are served all the same; thousands of
malformed requests: each gets an answer that says so, or none."""

import base64
import contextlib
import hashlib
import http.client
import os
import pathlib
import random
import re
import socket
import threading
import time
import unittest

from sheafserver import Server, fresh, take
from test_api import MIXED, PLAIN, WHEN, ident, many

LONG = os.environ.get("SHEAF_LONG", "") not in ("", "0")
IDLE, SLOW = (1000, 500) if LONG else (200, 100)
MALFORMED = 10000 if LONG else 1500
SEED = int(os.environ.get("SHEAF_SEED", "1"))
MEMORY = 256 << 20
HOST = b"Host: localhost\r\n"


class Case(unittest.TestCase):
    """One archive for the class."""

    @classmethod
    def setUpClass(cls):
        cls.archive = fresh(cls, "load")
        take(cls.archive, "ann", [(PLAIN, "\\Seen", WHEN), (MIXED, "", WHEN)] +
             [(many(n), "", WHEN) for n in range(50)])


def talk(port, data, seconds=20):
    """Send bytes, end our side; the whole answer. None: it was not ended in time."""
    got = b""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as link:
        try:
            link.sendall(data)
            link.shutdown(socket.SHUT_WR)
        except OSError as error:
            if isinstance(error, TimeoutError):
                return None
        try:
            while piece := link.recv(65536):
                got += piece
        except ConnectionResetError:
            pass
        except TimeoutError:
            return None
    return got


class Malformed(Case):
    """10,000 with --long, by a seeded generator"""

    PATHS = (b"/api/v1/search?q=budget", b"/api/v1/count?q=x", b"/api/v1/facets?q=a&top=3",
             b"/api/v1/suggest?q=from:a", b"/api/v1/ledger?limit=3", b"/api/v1/mailboxes",
             b"/api/v1/messages/" + ident(MIXED).encode() + b"/parts/2", b"/healthz", b"/",
             b"/api/v1/messages/" + ident(PLAIN).encode(), b"/api", b"/api/v1/openapi.json")
    HEADERS = (b"Range: bytes=0-5", b"If-None-Match: *", b"Accept-Encoding: gzip, zstd",
               b"Accept: application/x-ndjson", b"Content-Length: 5", b"Cookie: a=b",
               b"Content-Type: application/json", b"Transfer-Encoding: chunked",
               b"Authorization: Basic Og==", b"Expect: 100-continue", b"Connection: close")
    TREES = (b'{"q":{"and":[{"words":"a"},{"not":{"from":"b"}}]}}', b'{"q":"budget","limit":3}',
             b'{"q":{"box":"a OR b"},"total":"exact"}', b'{"q":{"header":{"name":"X"}}}')
    PIECES = (b"..", b"/", b"%2e%2e%2f", b"%00", b"\x00", b"\r\n", b"\n", b"\r", b"%", b"%zz",
              b"?", b"&", b"=", b"#", b"\xff", b"{", b"}", b"[", b'"', b"\\", b"'", b"<script>",
              b"-1", b"99999999999999999999", b" ", b"\t", b"A" * 3000, b"(" * 300, b"*", b":",
              "\u202e\u0000ß".encode(), b"%F0%9F%92%A9", b"0x10", b"null", b"\x1b[2J", b";")

    def body(self, rnd):
        """A JSON body, mostly damaged."""
        data = bytearray(rnd.choice(self.TREES))
        for _ in range(rnd.randrange(4)):
            self.damage(rnd, data)
        return bytes(data)

    def damage(self, rnd, data):
        """Change bytes in one place."""
        at, kind = rnd.randrange(len(data) + 1), rnd.randrange(4)
        if kind == 0:
            data[at:at] = rnd.choice(self.PIECES)
        elif kind == 1:
            del data[at:at + rnd.randrange(1, 9)]
        elif kind == 2 and data:
            data[at % len(data)] = rnd.randrange(256)
        else:
            data[at:at] = data[at:at + rnd.randrange(40)]

    def request(self, rnd):
        """One request."""
        method = rnd.choice((b"GET",) * 4 + (b"POST", b"POST", b"HEAD", b"PUT", b"get",
                                                b"\x16\x03"))
        target, body = bytearray(rnd.choice(self.PATHS)), b""
        for _ in range(rnd.randrange(3)):
            self.damage(rnd, target)
        lines = [HOST.strip()] + rnd.sample(self.HEADERS, rnd.randrange(4))
        if method == b"POST":
            body = self.body(rnd)
            lines += [b"Content-Type: application/json", b"Content-Length: %d" % len(body)]
        data = bytearray(method + b" " + target + b" HTTP/1.1\r\n" + b"\r\n".join(lines) +
                         b"\r\n\r\n" + body)
        if rnd.random() < 0.4:
            self.damage(rnd, data)
        return bytes(data)

    def check(self, number, data, got):
        """Is it an answer of ours, or none?"""
        self.assertIsNotNone(got, (SEED, number, data))
        for head in re.findall(rb"HTTP/1\.1 (\d+) [^\r\n]*\r\n((?:[^\r\n]+\r\n)*)", got):
            self.assertNotEqual(head[0], b"500", (SEED, number, data))
            for line in head[1].splitlines():
                self.assertRegex(line, rb"^[A-Za-z-]+: [\x20-\x7e]*$", (SEED, number, data))

    def test_malformed(self):
        with Server(self.archive) as server:
            jobs = list(range(MALFORMED))
            failures, lock = [], threading.Lock()

            def work():
                while True:
                    with lock:
                        if not jobs or failures:
                            return
                        number = jobs.pop()
                    data = self.request(random.Random(SEED * 1000003 + number))
                    try:
                        self.check(number, data, talk(server.port, data))
                    except (AssertionError, OSError) as error:
                        failures.append((number, data, error))
            workers = [threading.Thread(target=work) for _ in range(4)]
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join()
            self.assertEqual(failures, [])
            self.assertEqual(server.ask("/healthz").status, 200)
            self.assertEqual(server.search("wombat")["total"], 2)

    def test_oversized(self):
        with Server(self.archive) as server:
            for data, status in (
                    (b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", (414, 431)),
                    (b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 100000 + b"\r\n\r\n", (431,)),
                    (b"POST /api/v1/search HTTP/1.1\r\n" + HOST + b"Content-Type: application/json"
                     b"\r\nContent-Length: 3000000\r\n\r\n" + b" " * 3000000, (413,)),
                    (b"POST /api/v1/search HTTP/1.1\r\n" + HOST +
                     b"Content-Length: 18446744073709551615\r\n\r\n", (0, 400, 413)),
                    (b"GET /api/v1/search?q=" + b"(" * 9000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
                     (200, 400))):
                got = talk(server.port, data)
                found = int(got.split(b" ", 2)[1]) if got.startswith(b"HTTP/1.1 ") else 0
                self.assertIn(found, status, data[:60])
            deep = b'{"q":' + b'{"not":' * 50000 + b'{"all":true}' + b"}" * 50001
            self.assertEqual(server.ask("/api/v1/search", "POST", {
                "Content-Type": "application/json"}, deep).status, 400)


class Together(unittest.TestCase):
    """Clients that read messages of the same few frames (lib/archive/frames.h) at the same time"""

    @classmethod
    def setUpClass(cls):
        cls.archive = fresh(cls, "together")
        rnd = random.Random(SEED)
        cls.mails = [b"Subject: %d\r\n\r\n" % n + base64.encodebytes(rnd.randbytes(45000))
                     for n in range(60)]
        take(cls.archive, "ann", [(mail, "", WHEN) for mail in cls.mails])

    def test_each_gets_what_it_asked_for(self):
        wrong = []

        def work(number):
            rnd = random.Random(number)
            link = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
            for _ in range(100):
                asked = ident(rnd.choice(self.mails))
                link.request("GET", "/api/v1/messages/%s/raw" % asked)
                got = hashlib.sha256(link.getresponse().read()).hexdigest()
                if got != asked:
                    wrong.append((number, asked, got))
            link.close()
        with Server(self.archive) as server:
            clients = [threading.Thread(target=work, args=(n,)) for n in range(8)]
            for client in clients:
                client.start()
            for client in clients:
                client.join()
        self.assertEqual(wrong, [])


class Crowd(Case):
    """Idle connections, and slow ones"""

    def taken(self, first, second, count):
        """The seconds of requests to two servers in turn, so that what else the machine does slows
        down both."""
        taken = ([], [])
        for number in range(2 * count):
            began = time.monotonic()
            answer = (first, second)[number % 2].ask("/api/v1/messages/" + ident(PLAIN))
            self.assertEqual(answer.status, 200)
            taken[number % 2].append(time.monotonic() - began)
        return taken

    def medians(self, first, second, count):
        """Their medians."""
        return [sorted(t)[count // 2] for t in self.taken(first, second, count)]

    def resident(self, server):
        """Bytes in memory that are no mapped files."""
        text = pathlib.Path("/proc/%d/status" % server.child.pid).read_text()
        return int(re.search(r"RssAnon:\s+(\d+)", text)[1]) * 1024

    def test_others_are_served(self):
        plain = os.environ.get("SHEAF_PLAIN") in (None, os.environ.get("SHEAF"))
        with Server(self.archive) as server, Server(self.archive) as empty:
            self.medians(empty, server, 20)
            links = []
            try:
                for number in range(IDLE + SLOW):
                    link = socket.create_connection(("127.0.0.1", server.port), timeout=30)
                    links.append(link)
                    link.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n" +
                                 (b"\r\n" if number < IDLE else b"X-Slow: a"))
                    if number < IDLE:
                        self.assertTrue(link.recv(4096).startswith(b"HTTP/1.1 200"))
                alone, beside = self.medians(empty, server, 200)
                for link in links[IDLE:]:
                    link.sendall(b"b")
                self.assertLess(beside, 2 * alone + 0.002)
                for link in links[IDLE:]:
                    link.sendall(b"\r\n\r\n")
                    self.assertTrue(link.recv(4096).startswith(b"HTTP/1.1 200"))
                if plain:
                    self.assertLess(self.resident(server), MEMORY)
            finally:
                for link in links:
                    link.close()
            self.assertEqual(server.ask("/healthz").status, 200)

    if LONG:  # it compares times
        def test_the_slowest_of_a_hundred(self):
            """The 99th percentile, beside a server without any crowd."""
            with Server(self.archive) as server, Server(self.archive) as empty, \
                    contextlib.ExitStack() as links:
                for number in range(IDLE + SLOW):
                    link = links.enter_context(
                        socket.create_connection(("127.0.0.1", server.port), timeout=30))
                    link.sendall(b"GET /healthz HTTP/1.1\r\n" + HOST +
                                 (b"\r\n" if number < IDLE else b"X-Slow: a"))
                taken = self.taken(empty, server, 2000)
                alone, beside = [sorted(t)[int(len(t) * 0.99)] for t in taken]
                print("NOTE: 99th percentile %.1f ms, %.1f ms beside %d connections; %d MiB" % (
                    alone * 1000, beside * 1000, IDLE + SLOW, self.resident(server) >> 20))
                self.assertLess(beside, 2 * alone + 0.002)

    def test_late_requests_are_cut_off(self):
        """A byte now and then keeps no connection: neither the first request's nor a later one's,
        neither in the header nor in the body. Who asks in time stays."""
        (self.archive / "sheaf.conf").write_text("[serve]\nrequest_timeout = 2s\n")
        self.addCleanup((self.archive / "sheaf.conf").unlink)
        whole = b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n"
        late = (b"GET /hea", b"GET /healthz HTTP/1.1\r\nX: ", whole + whole[:-2] + b"Y: ",
                b"POST /api/v1/search HTTP/1.1\r\n" + HOST + b"Content-Length: 1000\r\n\r\n{")
        with Server(self.archive) as server, contextlib.ExitStack() as stack:
            links = []
            began = time.monotonic()
            for data in late:
                link = stack.enter_context(
                    socket.create_connection(("127.0.0.1", server.port), timeout=30))
                link.sendall(data)
                links.append(link)
            good = stack.enter_context(
                socket.create_connection(("127.0.0.1", server.port), timeout=30))
            ended = {}
            while len(ended) < len(links) and time.monotonic() < began + 20:
                good.sendall(whole)
                self.assertTrue(good.recv(65536).startswith(b"HTTP/1.1 200"))
                for number, link in enumerate(links):
                    if number not in ended and self.dribble(link):
                        ended[number] = time.monotonic() - began
                time.sleep(0.1)
            self.assertEqual(sorted(ended), list(range(len(links))))
            self.assertGreater(min(ended.values()), 1.5)
            self.assertLess(max(ended.values()), 10)

    def dribble(self, link):
        """One byte more. Is the connection over?"""
        try:
            link.sendall(b"a")
            link.setblocking(False)
            while link.recv(65536):
                pass
            return True
        except BlockingIOError:
            return False
        except OSError:
            return True
        finally:
            link.settimeout(30)


if __name__ == "__main__":
    unittest.main()

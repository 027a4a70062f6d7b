"""Long answers: stopping, totals, streams, paging while mail comes in, what is not indexed yet."""

import contextlib
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.parse

from sheafserver import SHEAF, Server, sheaf

COUNT = 1200
# No index narrows punctuation, and no message has it: all text is looked through so many times.
SIGNS = "~^%$#@!&*=+|;:<>?/"
NEEDLES = ['NOT BODY "%s%s"' % (a, b) for a in SIGNS for b in SIGNS]
SLOW = " ".join(NEEDLES + ['BODY "^~^"'])
LATER, NOTHING = 75, 1


def mail(number, words=""):
    """A message of some size; numbers are minutes."""
    return ("From: ann%d@example.org\nTo: bob@example.net\nSubject: number %d\nDate: Thu, %d Mar"
            " 2020 %02d:%02d:00 +0000\nX-Junk: %s\n\nwallaby %s\n%s\n" % (
                number % 7, number, 1 + number // 1440, number // 60 % 24, number % 60,
                "j%d " % number * 9, words, ("body of %d, " % number) * 2000)).encode()


def mbox(messages):
    """As one file."""
    return b"".join(b"From x Thu Mar  5 10:00:00 2020\n" + m + b"\n" for m in messages)


def cpu(pid):
    """Seconds of processor time that a process has used."""
    fields = pathlib.Path("/proc/%d/stat" % pid).read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wait(what, seconds=30):
    """Until it holds."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "in vain"
        time.sleep(0.02)


class Case(unittest.TestCase):
    """One archive for the class."""

    @classmethod
    def setUpClass(cls):
        cls.top = pathlib.Path(tempfile.mkdtemp(prefix="sheaf-paging-"))
        cls.addClassCleanup(shutil.rmtree, cls.top, True)
        cls.archive = cls.top / "archive"
        assert sheaf(cls.archive, "init").returncode == 0
        cls.stored = 0
        cls.take(COUNT)

    @classmethod
    def take(cls, count, *options, words=""):
        """Import that many more."""
        path = cls.top / "more.mbox"
        path.write_bytes(mbox(mail(n, words) for n in range(cls.stored, cls.stored + count)))
        done = sheaf(cls.archive, "import", *options, path)
        assert done.returncode == 0, done.stderr
        cls.stored += count

    def cli(self, *args, want=0):
        """sheaf search; (standard output, standard error)."""
        done = sheaf(self.archive, "search", *args)
        self.assertEqual(done.returncode, want, done.stderr)
        return done.stdout.decode(), done.stderr.decode()


class CommandLine(Case):
    """--timeout, Ctrl-C, --explain"""

    def test_time_is_up(self):
        start = time.monotonic()
        out, said = self.cli("--timeout", "300ms", "--dialect", "imap", SLOW, want=LATER)
        self.assertLess(time.monotonic() - start, 10)
        self.assertIn("time was up", said)
        got = json.loads(self.cli("--timeout", "300ms", "--dialect", "imap", "--json",
                                  "--limit", "0", SLOW, want=LATER)[0])
        self.assertEqual(got["stopped"]["reason"], "time")
        self.assertEqual(got["total_relation"], "at_least")
        self.assertLess(len(got["messages"]), self.stored)

    def test_going_on(self):
        """Pieces, each cut off by the clock, make up the whole answer."""
        seen, cursor, stops = [], [], 0
        query = " ".join(NEEDLES[:100])
        while True:
            done = sheaf(self.archive, "search", "--timeout", "400ms", "--dialect", "imap",
                         "--json", "--limit", "0", *cursor, query)
            self.assertIn(done.returncode, (0, LATER), done.stderr)
            got = json.loads(done.stdout)
            seen += [m["number"] for m in got["messages"]]
            if done.returncode == 0:
                break
            stops += 1
            cursor = ["--cursor", got["next"]] if got["next"] else []
            self.assertLess(stops, 200)
        self.assertEqual(seen, list(range(self.stored, 0, -1)))
        self.assertIsNone(got["next"])

    def test_count_in_time(self):
        out, said = self.cli("--count", "--timeout", "300ms", "--dialect", "imap", SLOW,
                             want=LATER)
        self.assertLess(int(out), self.stored)
        self.assertIn("time was up", said)
        self.assertEqual(self.cli("--count", "--timeout", "5m", "wallaby")[0],
                         "%d\n" % self.stored)

    def test_one_message_many_needles(self):
        """It is not only between messages that time can be up."""
        folder = self.top / "huge"
        big = b"Subject: huge\n\n" + (b"lorem ipsum %s dolor\n" % (b"x" * 50)) * 200000
        folder.mkdir()
        (folder / "1.eml").write_bytes(big)
        other = self.top / "other"
        for argv in (["init"], ["import", folder]):
            self.assertEqual(sheaf(other, *argv).returncode, 0)
        query = " ".join(NEEDLES * 9)
        for more in ([], ["--no-index"]):
            start = time.monotonic()
            done = sheaf(other, "search", "--timeout", "1s", "--dialect", "imap", *more, query)
            self.assertEqual(done.returncode, LATER, done.stderr)
            self.assertLess(time.monotonic() - start, 8)

    def test_interrupted(self):
        # Who was started by a shell's "&" ignores SIGINT, and so do his children.
        child = subprocess.Popen([SHEAF, "-C", self.archive, "search", "--dialect", "imap", SLOW],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                 preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
        wait(lambda: cpu(child.pid) > 0.1)
        before = cpu(child.pid)
        child.send_signal(signal.SIGINT)
        _, status, spent = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        # Of its own time: on a busy machine the clock tells something else.
        self.assertLess(spent.ru_utime + spent.ru_stime - before, 1)

    def test_bad_times(self):
        for text in ("", "x", "-1s", "1.5s"):
            self.cli("--timeout=" + text, "wallaby", want=64)

    def test_explain(self):
        said = self.cli("--explain", "--dialect", "imap", 'FROM "ann3" UNSEEN')[1]
        for word in ("tree:", "candidates", "judged:", "plan:", "snippets:"):
            self.assertIn(word, said)
        got = json.loads(self.cli("--explain", "--json", "--limit", "0", "--dialect", "imap",
                                  'FROM "ann3" BODY "body of"')[0])["explain"]
        self.assertEqual([x["leaf"] for x in got["leaves"]],
                         ['(from "ann3")', '(body "body of")'])
        self.assertEqual(got["candidates"], sum(1 for n in range(COUNT) if n % 7 == 3))
        self.assertEqual(set(got["ms"]), {"open", "plan", "without_index", "judge", "fetch",
                                          "snippets"})


class Tail(Case):
    """What came after the index is searched too."""

    def test_tail(self):
        self.assertEqual(self.cli("--count", "wombat", want=NOTHING)[0], "0\n")
        self.take(5, "--no-index", words="wombat")
        out, said = self.cli("--json", "wombat OR number")
        got = json.loads(out)
        self.assertEqual([m["number"] for m in got["messages"][:7]],
                         list(range(self.stored, self.stored - 7, -1)))
        self.assertNotIn("not indexed", said)
        self.assertEqual((got["indexed_to"], got["searched_to"], got["stored_to"]),
                         (self.stored - 5, self.stored, self.stored))
        self.assertEqual(self.cli("--count", "wombat")[0], "5\n")
        with Server(self.archive) as server:
            seen, cursor = [], None
            while cursor is not None or not seen:
                more = {"cursor": cursor} if cursor else {}
                page = server.search("wombat OR number", limit=500, **more)
                seen += [m["number"] for m in page["messages"]]
                cursor = page["next"]
            self.assertEqual(seen, list(range(self.stored, 0, -1)))
            self.assertEqual(server.search("wombat", total="estimate")["total"], 5)
            got = server.search("wallaby", total="estimate", limit=2)
            self.assertLessEqual(got["total_least"], self.stored)
            self.assertGreaterEqual(got["total_most"], self.stored)
            self.assertLessEqual(got["total_most"], self.stored + 5)


class Http(Case):
    """The same over HTTP."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = Server(cls.archive)
        cls.enterClassContext(cls.server)

    def target(self, q, **more):
        """Address of a search."""
        return "/api/v1/search?" + urllib.parse.urlencode(dict(more, q=q))

    def lines(self, q, **more):
        """A stream, read whole."""
        answer = self.server.ask(self.target(q, format="ndjson", **more))
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual(answer.headers["Content-Type"], "application/x-ndjson")
        return [json.loads(line) for line in answer.body.decode().splitlines()]

    def test_time_is_up(self):
        start = time.monotonic()
        got = self.server.search(SLOW, dialect="imap", timeout="300ms")
        self.assertLess(time.monotonic() - start, 10)
        self.assertEqual(got["stopped"]["reason"], "time")
        self.assertEqual(got["total_relation"], "at_least")
        page = self.server.ask("/?" + urllib.parse.urlencode(
            dict(q=SLOW, dialect="imap", timeout="300ms")))
        self.assertIn(b"Time was up", page.body)
        self.assertEqual(self.server.ask(self.target("x", timeout="11m")).status, 400)
        self.assertEqual(self.server.ask(self.target("x", timeout="soon")).status, 400)

    def test_client_hangs_up(self):
        pid = self.server.child.pid
        for more in ({}, {"format": "ndjson"}, {"total": "exact", "limit": 1}):
            link = socket.create_connection(("127.0.0.1", self.server.port))
            before = cpu(pid)
            link.sendall(("GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n" % self.target(
                SLOW, dialect="imap", **more)).encode())
            wait(lambda: cpu(pid) > before + 0.3)
            link.close()
            time.sleep(1)  # that long it may take; then it must be quiet
            before = cpu(pid)
            time.sleep(0.5)
            self.assertLess(cpu(pid) - before, 0.1, more)

    def test_server_stops(self):
        with Server(self.archive) as server:
            links = []
            for more in ({}, {"format": "ndjson"}):
                links.append(socket.create_connection(("127.0.0.1", server.port)))
                links[-1].sendall(("GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n" % self.target(
                    SLOW, dialect="imap", **more)).encode())
            wait(lambda: cpu(server.child.pid) > 0.3)
            status, seconds = server.stop()
            self.assertEqual(status, 0)
            self.assertLess(seconds, 5)
            for link in links:
                link.close()

    def test_totals(self):
        query = 'BODY "body of" FROM "ann3"'
        true = sum(1 for n in range(COUNT) if n % 7 == 3)
        seen, cursor = 0, {}
        while True:
            got = {t: self.server.search(query, dialect="imap", limit=50, total=t, **cursor)
                   for t in ("exact", "estimate", "none", "at_least")}
            seen += len(got["exact"]["messages"])
            ids = {t: [m["id"] for m in x["messages"]] for t, x in got.items()}
            self.assertTrue(all(i == ids["exact"] for i in ids.values()))
            self.assertEqual((got["exact"]["total"], got["exact"]["total_relation"]),
                             (true, "exact"))
            if got["estimate"]["total_relation"] != "exact":
                self.assertEqual(got["estimate"]["total_relation"], "estimate")
                self.assertLessEqual(got["estimate"]["total_least"], true)
                self.assertGreaterEqual(got["estimate"]["total_most"], true)
            if not got["exact"]["next"]:
                break
            self.assertEqual((got["none"]["total"], got["none"]["total_relation"]),
                             (None, "none"))
            self.assertEqual(got["at_least"]["total"], seen + 1)
            self.assertEqual(got["none"]["next"], got["exact"]["next"])
            cursor = {"cursor": got["exact"]["next"]}
        self.assertEqual(seen, true)

    def test_stream(self):
        got = self.lines("wallaby")
        self.assertIn("tree", got[0]["query"])
        numbers = [x["message"]["number"] for x in got if "message" in x]
        self.assertEqual(numbers, list(range(COUNT, 0, -1)))
        self.assertEqual((got[-1]["total"], got[-1]["total_relation"], got[-1]["next"]),
                         (COUNT, "exact", None))
        part = self.lines("wallaby", limit=700)
        rest = self.lines("wallaby", cursor=part[-1]["next"])
        self.assertEqual([x["message"]["number"] for x in part + rest if "message" in x], numbers)
        answer = self.server.ask(self.target("wallaby", limit=1),
                                 headers={"Accept": "application/x-ndjson"})
        self.assertEqual(answer.headers["Content-Type"], "application/x-ndjson")
        self.assertEqual(self.server.ask(self.target("wallaby", format="ndjson"), "HEAD").body,
                         b"")

    def test_counting_says_how_far(self):
        query = " ".join(NEEDLES[:100])
        got = self.lines(query, dialect="imap", limit=1, total="exact")
        self.assertEqual((got[-1]["total"], got[-1]["total_relation"]), (COUNT, "exact"))
        counted = [x["progress"]["counted"] for x in got if "counted" in x.get("progress", {})]
        self.assertTrue(counted)
        self.assertEqual(counted, sorted(counted))
        self.assertLess(counted[0], COUNT)

    def test_slow_reader(self):
        """What nobody reads is not made: the process does not grow."""
        link = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        with contextlib.closing(link):
            link.request("GET", self.target("wallaby", format="ndjson"))
            answer = link.getresponse()
            first = answer.readline()
            self.assertIn(b"query", first)
            self.assertEqual(self.server.search("wallaby", limit=1)["total"], 2)
            rest = answer.read().splitlines()
        self.assertEqual(json.loads(rest[-1])["total"], COUNT)

    def test_too_many_streams(self):
        links = [socket.create_connection(("127.0.0.1", self.server.port)) for _ in range(40)]
        for link in links:
            link.sendall(("GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n" %
                          self.target("wallaby", format="ndjson")).encode())
        heads = [link.recv(12) for link in links]
        self.assertTrue(set(heads) <= {b"HTTP/1.1 200", b"HTTP/1.1 503"}, heads)
        for link in links:
            link.close()
        wait(lambda: self.server.ask(self.target("wallaby", format="ndjson",
                                                 limit=1)).status == 200)

    def test_explain(self):
        got = self.server.search('FROM "ann3"', dialect="imap", explain=1)["explain"]
        self.assertEqual(got["tree"], '(from "ann3")')
        self.assertGreater(got["candidates"], 0)
        self.assertNotIn("explain", self.server.search("x"))


class WhileMailComes(Case):
    """Cursors stay good."""

    def test_paging(self):
        first = self.stored
        with Server(self.archive) as server:
            seen, cursor, pages = [], {}, 0
            while True:
                got = server.search("wallaby", limit=100, **cursor)
                seen += [m["number"] for m in got["messages"]]
                pages += 1
                if pages in (2, 4, 6):
                    self.take(40, "--no-index")
                if pages in (4, 8):
                    self.assertEqual(sheaf(self.archive, "index").returncode, 0)
                if pages == 9:
                    self.assertEqual(sheaf(self.archive, "reindex").returncode, 0)
                if not got["next"]:
                    break
                cursor = {"cursor": got["next"]}
            self.assertEqual(seen, list(range(first, 0, -1)))
            self.assertEqual(server.search("wallaby", total="exact")["total"], first + 120)


class Configured(Case):
    """sheaf.conf, [search]"""

    def test_times(self):
        conf = self.archive / "sheaf.conf"
        plain = conf.read_text()
        conf.write_text(plain + "\n[search]\ntimeout = 300ms\ntimeout_max = 2s\n")
        with Server(self.archive) as server:
            got = server.search(SLOW, dialect="imap")
            self.assertEqual(got["stopped"]["reason"], "time")
            ask = "/api/v1/search?q=x&timeout=%s"
            self.assertEqual(server.ask(ask % "2s").status, 200)
            self.assertEqual(server.ask(ask % "3s").status, 400)
        conf.write_text(plain + "\n[search]\ntimeout = soon\n")
        done = sheaf(self.archive, "serve", "--listen", "127.0.0.1:0")
        self.assertEqual(done.returncode, 77)
        self.assertIn(b"sheaf.conf:", done.stderr)
        conf.write_text(plain)


if __name__ == "__main__":
    unittest.main()

"""The index is built anew, merged, and killed at it, beside a service and a harvest that goes on.

Whatever happens to the index, every answer must be that of --no-index.
"""

import json
import pathlib
import signal
import subprocess
import unittest

from harvesting import mail
from servers import Dovecot
from sheafserver import Server
from test_watch import Watching

STORED = 4000    # so many that a reindex takes a while
MORE = 1100
QUERIES = ('TEXT "body 7"', 'SUBJECT "number 7"', 'NOT TEXT "zebra"', 'HEADER X-Trace "1x"',
           'BODY "zebra"', "SMALLER 200", 'OR FROM "ann7" TEXT "77"')


@unittest.skipUnless(Dovecot.installed(), "no dovecot")
class Beside(Watching):
    """serve, harvest --watch, and who changes the index."""

    def setUp(self):
        super().setUp()
        self.server = Dovecot(users=("alice",))
        self.addCleanup(self.server.close)
        self.server.start()
        self.arrived = 0
        folder = self.top / "old"
        folder.mkdir()
        with open(folder / "old.mbox", "wb") as out:
            for n in range(STORED):
                out.write(b"From a@example.org Thu Jan  1 00:00:00 2004\nFrom: ann%d@example.org\n"
                          b"Subject: number %d\nMessage-ID: <%d@x>\nX-Trace: t%dx\n"
                          b"Date: Sat, 21 Nov 2026 10:00:%02d +0000\n\nbody %d\n%s\n"
                          % (n % 9, n, n, n * n, n % 60, n, b"some words of no use\n" * 30))
        self.call("import", folder)
        self.configure(self.server.account("alice", tls="none"))

    def arrive(self):
        """One more message at the IMAP server."""
        self.server.append("alice", "INBOX", mail(self.arrived, "zebra%dstripes" % self.arrived))
        self.arrived += 1

    def right(self, http, query):
        """One answer over HTTP, compared with that of --no-index as far as it says it reached."""
        numbers, cursor, reach = [], None, None
        while reach is None or cursor:
            more = {"cursor": cursor} if cursor else {}
            page = http.search(query, dialect="imap", limit=500, **more)
            reach = reach or page["searched_to"]
            numbers += [m["number"] for m in page["messages"]]
            cursor = page["next"]
        done = self.call("search", "--no-index", "--dialect", "imap", "--format", "json",
                         "--limit", "1000000", query, want=None)
        want = {m["number"] for m in json.loads(done.stdout)["messages"]}
        self.assertEqual(len(numbers), len(set(numbers)), query)
        self.assertEqual({n for n in numbers if n <= reach}, {n for n in want if n <= reach}, query)

    def beside(self, *argv):
        """Runs a command; mail arrives and questions are asked all the while. Its exit status, and
        how often it was asked."""
        asked = 0
        child = subprocess.Popen(self.argv(*argv), stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        with Server(self.ar) as http:
            while child.poll() is None or asked < len(QUERIES):
                self.arrive()
                self.right(http, QUERIES[asked % len(QUERIES)])
                asked += 1
            said = child.communicate()[1].decode(errors="replace")
            self.assertEqual(child.returncode, 0, said)
            self.until(lambda: self.found("zebra%dstripes" % (self.arrived - 1)) == 1)
            for query in QUERIES:
                self.right(http, query)
        return asked

    def listed(self):
        """The generation's name and the segments."""
        lines = (pathlib.Path(self.ar) / "index" / "CURRENT").read_text().split("\n")
        return lines[1].split()[1], lines[2:-1]

    def clean(self):
        """Only what is published is there, and it is sound."""
        name, segments = self.listed()
        index = pathlib.Path(self.ar) / "index"
        self.assertEqual([p.name for p in index.glob("g*")], [name])
        self.assertEqual({p.name for p in (index / name).iterdir()
                          if not p.name.startswith(("threads.db", "dictionary"))},
                         set(segments))
        self.call("check-index", "--sample", "200")

    def test_reindex(self):
        """Twice; new mail goes on being stored and found."""
        self.watch()
        self.ready()
        for _ in range(2):
            old = self.listed()[0]
            self.beside("reindex")
            self.assertNotEqual(self.listed()[0], old)
        self.until(lambda: self.state()["behind"] == 0)
        self.stop()
        self.call("index")
        self.clean()
        self.assertEqual(self.state()["failures"], 0)

    def test_stopped(self):
        """TERM, INT and KILL end a reindex; the old generation goes on, nothing is left."""
        self.watch()
        self.ready()
        old = self.listed()[0]
        index = pathlib.Path(self.ar) / "index"
        for sig in (signal.SIGTERM, signal.SIGINT, signal.SIGKILL):
            child = subprocess.Popen(self.argv("reindex"), stdin=subprocess.DEVNULL,
                                     stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            self.until(lambda: len(list(index.glob("g*/.tmp-*"))) > 0
                       and len(list(index.glob("g*"))) > 1)
            child.send_signal(sig)
            child.communicate(timeout=20)
            self.assertEqual(child.returncode, -sig if sig == signal.SIGKILL else 75)
            self.assertEqual(self.listed()[0], old)
            self.arrive()
            self.until(lambda: self.found("zebra%dstripes" % (self.arrived - 1)) == 1)
            self.until(lambda: self.state()["behind"] == 0)
        self.stop()
        self.call("index")
        self.clean()

    def bring(self, start):
        """A file of mail, so much that two workers make two segments of the body of it."""
        path = self.top / ("more-%d.mbox" % start)
        with open(path, "wb") as out:
            for n in range(MORE):
                out.write(b"From a@example.org Thu Jan  1 00:00:00 2004\nSubject: s%d\n"
                          b"Message-ID: <%d.%d@x>\n\nbody %d\n\n" % (n, n, start, n))
        return path

    def test_merge_stopped(self):
        """TERM, INT and KILL end a merge; what was published stays, and nothing else."""
        self.stderr_path.touch()
        self.call("index", "--workers", "2")
        index = pathlib.Path(self.ar) / "index"
        for start in range(3):
            self.call("import", "--no-index", self.bring(start))
            if start < 2:
                self.call("index", "--workers", "2")
        for sig in (signal.SIGTERM, signal.SIGINT, signal.SIGKILL):
            self.process = subprocess.Popen(self.argv("index", "--workers", "2"),
                                            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
            self.until(lambda: list(index.glob("g*/.merge-*")))
            before = self.listed()
            self.process.send_signal(sig)
            self.process.communicate(timeout=20)
            self.assertEqual(self.process.returncode, -sig if sig == signal.SIGKILL else 0)
            self.assertEqual(self.listed(), before)
            self.assertEqual(len(before[1]), 8)
            if sig != signal.SIGKILL:
                self.clean()
        self.call("index")
        self.clean()
        self.assertEqual(len(self.listed()[1]), 1)

    def test_merge(self):
        """The body is merged while mail arrives and is indexed."""
        self.watch()
        self.ready()
        self.call("index", "--workers", "2")
        for start in range(6):
            self.call("import", "--no-index", self.bring(start))
            self.call("index", "--workers", "2")
        self.call("import", "--no-index", self.bring(6))
        before = set(self.listed()[1])
        self.beside("index", "--workers", "2")
        self.until(lambda: self.state()["behind"] == 0)
        sizes = [int(last) - int(first) + 1 for first, last in
                 (line.split("-") for line in self.listed()[1])]
        self.assertFalse(before <= set(self.listed()[1]))
        self.assertLess(sum(512 <= n < 4096 for n in sizes), 8, sizes)
        self.stop()
        self.call("index")
        self.clean()


if __name__ == "__main__":
    unittest.main()

"""The driver program (driver.c) from Python: an archive that is asked many questions.

    with Driver() as d:
        d.add(b"Subject: hi\\r\\n\\r\\nhello\\r\\n", uid mailbox flags …)
        d.index()
        d.ask("SUBJECT hi")  ->  [(number, [uid, …]), …]
"""

import os
import pathlib
import shutil
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SEEN, ANSWERED, FLAGGED, DELETED, DRAFT = 1, 2, 4, 8, 16


class Bad(Exception):
    """The driver refused: (column, text)."""


def program():
    """The path of the driver; built when $BUILD does not have it yet."""
    build = pathlib.Path(os.environ.get("BUILD", ROOT / "build"))
    if not (build / "tests" / "driver").exists():
        subprocess.run(["make", "-C", str(ROOT), "BUILD=" + str(build.resolve()), "exact"],
                       check=True, stdout=subprocess.DEVNULL)
    return build / "tests" / "driver"


class Driver:
    """One driver process, over its own temporary archive or one that is there."""

    def __init__(self, archive=None):
        self.tmp = None if archive else tempfile.mkdtemp(prefix="sheaf-exact-")
        self.dir = archive or os.path.join(self.tmp, "archive")
        self.proc = subprocess.Popen([str(program())], stdin=subprocess.PIPE,
                                     stdout=subprocess.PIPE)
        self.tell("open", self.dir)

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.proc.stdin.close()
        self.status = self.proc.wait(60)
        self.proc.stdout.close()
        if self.tmp:
            shutil.rmtree(self.tmp, ignore_errors=True)
        if args[0] is None and self.status != 0:
            raise AssertionError("the driver ended with status %d" % self.status)

    def tell(self, *words):
        """One command; what follows "ok"."""
        self.proc.stdin.write(" ".join(words).encode() + b"\n")
        self.proc.stdin.flush()
        line = self.proc.stdout.readline().decode("utf-8", "replace").rstrip("\n")
        if not line:
            raise AssertionError("the driver died (status %s)" % self.proc.wait(10))
        if line.startswith("bad "):
            column, text = line[4:].split(" ", 1)
            raise Bad(int(column), text)
        return line[3:]

    @staticmethod
    def text(s):
        """A word of the protocol."""
        raw = s if isinstance(s, bytes) else s.encode()
        return raw.hex() or "-"

    def add(self, raw, account="a", mailbox="INBOX", date=1583366400, zone=0, flags=0,
            keywords=""):
        """Stores a message; its number."""
        return int(self.tell("add", self.text(account), self.text(mailbox), str(date), str(zone),
                             str(flags), self.text(keywords), self.text(raw)))

    def commit(self):
        """Ends a frame of the archive: the filter tells frames apart, not messages."""
        self.tell("commit")

    def dispose(self, number):
        """Masks a message."""
        self.tell("dispose", str(number))

    def index(self, run=0):
        """Commits and indexes, at most `run` messages in a segment; (last number, segments)."""
        return tuple(int(n) for n in self.tell("index", str(run)).split())

    def reindex(self, run=0):
        """The same, everything anew."""
        return tuple(int(n) for n in self.tell("reindex", str(run)).split())

    def words(self, query, dialect, how, sort, account, mailbox, cursor):
        """The words behind ask, count and explain."""
        return (dialect, how, sort, self.text(account), self.text(mailbox), self.text(cursor),
                self.text(query))

    def ask(self, query, dialect="imap", how="index", sort="newest", account="", mailbox="",
            cursor=""):
        """All hits in order: [(number, [uid, …]), …]."""
        out = self.tell("ask", *self.words(query, dialect, how, sort, account, mailbox, cursor))
        if "broken:" in out:
            raise AssertionError(out)
        hits = []
        for word in out.split():
            number, uids = word.split(":")
            hits.append((int(number), [int(u) for u in uids.split(",") if u]))
        return hits

    def count(self, query, dialect="imap", how="index", sort="newest", account="", mailbox="",
              cursor=""):
        """The number of hits."""
        return int(self.tell("count", *self.words(query, dialect, how, sort, account, mailbox,
                                                  cursor)))

    def check(self, query, dialect="imap", page=0, sort="newest", account="", mailbox=""):
        """Asks with and without the index: (hits, stored), (0, 0) where both refuse alike, or
        what differs as a string."""
        self.proc.stdin.write(" ".join(("check",) + self.words(
            query, dialect, str(page), sort, account, mailbox, "")).encode() + b"\n")
        self.proc.stdin.flush()
        kind, rest = self.proc.stdout.readline().decode("utf-8", "replace").split(" ", 1)
        if kind == "same":
            return 0, 0
        if kind != "ok":
            return kind + " " + rest.rstrip("\n")
        hits, stored = rest.split()
        return int(hits), int(stored)

    def explain(self, query, dialect="imap", how="index"):
        """What the plan was."""
        words = self.words(query, dialect, how, "newest", "", "", "")
        return bytes.fromhex(self.tell("explain", *words)).decode()

"""What the parts of the benchmark share: running, timing, sizes, tables, what is asked."""

import contextlib
import http.client
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import urllib.parse

# A process's ru_maxrss counts what its parent had when it was started. So a small parent starts
# the command and measures it; that leaves a floor of about 10 MiB instead of ours.
START = """
import os, sys, time
began = time.monotonic()
pid = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(pid, 0)
os.write(int(sys.argv[1]), b"%f %d %d" % (time.monotonic() - began, status, usage.ru_maxrss))
"""


class Run:
    """One measured command: seconds, and the largest resident size of any of its processes."""

    def __init__(self, argv, okay=(0,), output=None, source=None):
        with tempfile.TemporaryFile() as text:
            near, far = os.pipe()
            with open(near, "rb") as told:
                self.child = subprocess.Popen(
                    [sys.executable, "-I", "-S", "-c", START, str(far), *(str(a) for a in argv)],
                    stdin=source or subprocess.DEVNULL, stdout=output or text, stderr=text,
                    pass_fds=(far,))
                os.close(far)
                if source == subprocess.PIPE:
                    self.feed(self.child.stdin)
                words = told.read().split()
            self.child.wait()
            text.seek(0)
            self.text = text.read().decode(errors="replace")
        self.seconds, status = float(words[0]), os.waitstatus_to_exitcode(int(words[1]))
        # The maximum over the process and all children it waited for.
        self.peak = int(words[2]) * 1024
        if status not in okay:
            raise SystemExit("%s: exit %d\n%s" % (argv[0], status, self.text[-2000:]))

    def feed(self, pipe):
        """Fills the standard input; for subclasses."""
        pipe.close()


def index_version():
    """A sentence: figures of another version tell nothing of this one."""
    header = pathlib.Path(__file__).resolve().parents[2] / "lib" / "index" / "current.h"
    return "Measured with index version %s." % re.search(
        r"#define CURRENT_VERSION (\d+)", header.read_text())[1]


def median(runs, what):
    """The median of an attribute."""
    return statistics.median(getattr(run, what) for run in runs)


def size(*paths):
    """Bytes of files below the paths, 0 for what is not there."""
    return sum(f.stat().st_size for path in paths for f in pathlib.Path(path).rglob("*")
               if f.is_file())


def mib(count):
    return "%.0f MiB" % (count / 1048576)


def rate(count, seconds):
    return "%.0f MB/s" % (count / seconds / 1e6)


def table(head, rows):
    """A Markdown table."""
    lines = ["| " + " | ".join(str(c) for c in head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(str(c) for c in row) + " |" for row in rows]) + "\n"


def verdict(met):
    """The last column beside what is asked."""
    return "met" if met else "**MISSED**"


@contextlib.contextmanager
def served(sheaf, place):
    """(connection, process) of a server on loopback, for as long as the block lasts."""
    child = subprocess.Popen([sheaf, "-C", place, "serve", "--listen", "127.0.0.1:0"],
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    try:
        line = child.stdout.readline().decode()
        connection = http.client.HTTPConnection(
            urllib.parse.urlsplit(line.split()[-1]).netloc, timeout=600)
        with contextlib.closing(connection):
            yield connection, child
    finally:
        child.terminate()
        child.wait()
        child.stdout.close()

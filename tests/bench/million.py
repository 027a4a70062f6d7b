"""A million messages: is the import as fast at the end as at the start? (Their index: grown.py.)

One mbox comes through standard input. It is the corpora in a shuffled order, ten times the same
hundred thousand messages, each time with another Message-ID and two more lines. So the first and
the last tenth are the same mail but for that. The clock is read where the mbox is written: the
pipe holds 64 KiB, so it tells when the import took a message in.
"""

import mmap
import os
import pathlib
import random
import re
import shutil
import subprocess
import time

import grown
from measure import Run, mib, rate, size, table, verdict

ROUNDS, EACH = 10, 100000
SKIPPED = EACH // 5          # of the first and of the last round: 2 % of all
BATCH = 200
ASKED = 0.90
FROM = re.compile(rb"^(>*From )", re.M)
SEPARATOR = re.compile(rb"^From [^\n]*\d\d:\d\d[^\n]*\n", re.M)


def messages(path):
    """The messages of a file of a corpus, LF, without the From line."""
    data = path.read_bytes().replace(b"\r\n", b"\n")
    if path.suffix != ".mbox":
        yield SEPARATOR.sub(b"", data, count=1) if data.startswith(b"From ") else data
        return
    marks = [m for m in SEPARATOR.finditer(data)
             if m.start() == 0 or data[m.start() - 2:m.start()] == b"\n\n"]
    for at, mark in enumerate(marks):
        yield data[mark.end():marks[at + 1].start() if at + 1 < len(marks) else len(data)]


def gather(sets, target):
    """Writes messages as they stand in an mbox; [(start, where a Message-ID begins, end)]."""
    files = sorted(f for path in sets for f in path.rglob("*") if f.is_file())
    random.Random(2).shuffle(files)
    places = []
    with open(target, "wb") as out:
        for data in (m for f in files for m in messages(f)):
            found = re.search(rb"^Message-ID:\s*<", data, re.M | re.I)
            if not found:
                continue
            start, head = out.tell(), FROM.sub(rb">\1", data[:found.end()])
            out.write(head + FROM.sub(rb">\1", data[found.end():].rstrip(b"\n")) + b"\n")
            places.append((start, start + len(head), out.tell()))
    random.Random(3).shuffle(places)
    return places[:EACH]


class Import(Run):
    """The import; what it took in when."""

    def __init__(self, argv, mail, places, rounds=ROUNDS):
        self.mail, self.places, self.marks, self.bytes = mail, places, [], 0
        self.spent, self.rounds = [], rounds
        super().__init__(argv, source=subprocess.PIPE)

    def feed(self, pipe):
        """Writes all rounds; marks hold (seconds, bytes) at each batch of messages."""
        try:
            for number in range(self.rounds):
                self.spent.append(spent(self.child.pid))
                for at in range(0, len(self.places), BATCH):
                    self.marks.append((time.monotonic(), self.bytes))
                    self.bytes += pipe.write(self.batch(number, at))
            self.marks.append((time.monotonic(), self.bytes))
            self.spent.append(spent(self.child.pid))
            pipe.close()
        except BrokenPipeError:
            pass  # the exit status tells

    def batch(self, number, at):
        pieces = []
        for start, middle, end in self.places[at:at + BATCH]:
            pieces += (b"From a@example.org Thu Jan  1 00:00:00 2004\nX-Round: %d\n" % number,
                       self.mail[start:middle], b"r%d." % number, self.mail[middle:end],
                       b"Round %d, %d.\n\n" % (number, start))
        return b"".join(pieces)

    def over(self, first, last):
        """(bytes, seconds) between two messages."""
        (began, low), (ended, high) = (self.marks[min(n // BATCH, len(self.marks) - 1)]
                                       for n in (first, last))
        return high - low, ended - began


def spent(pid):
    """Seconds of processor time of all processes below one, as far as they still run."""
    total = 0
    for child in pathlib.Path("/proc/%d/task/%d/children" % (pid, pid)).read_text().split():
        words = pathlib.Path("/proc/%s/stat" % child).read_text().rpartition(")")[2].split()
        total += (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK") + spent(int(child))
    return total


def measure(bench, sets):
    """Says the table."""
    home = bench.fresh("million")
    with open(home / "mail", "w+b") as file:
        places = gather(sets, home / "mail")
        need = sum(end - start for start, _, end in places) * ROUNDS
        if shutil.disk_usage(home).free < need:
            bench.say("(A million messages: not measured, no room for %s)\n" % mib(need))
            return
        mail = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
        for name in ("tenth", "a"):
            Run([bench.sheaf, "-C", home / name, "init"])
        Import([bench.sheaf, "-C", home / "tenth", "import", "--no-index", "-"], mail, places, 1)
        run = Import([bench.sheaf, "-C", home / "a", "import", "--no-index", "-"], mail, places)
        mail.close()
    each, skip = len(places), SKIPPED * len(places) // EACH
    rounds = [run.over(n * each + skip, (n + 1) * each) for n in range(ROUNDS)]
    ratio = rounds[-1][0] / rounds[-1][1] / (rounds[0][0] / rounds[0][1])
    bench.say("### %s messages, %s bytes through one import\n" % (
        format(each * ROUNDS, ","), format(run.bytes, ",")))
    bench.say(table(("tenth", *range(1, ROUNDS + 1)), [
        ("rate", *(rate(*r) for r in rounds)),
        ("processor time", *("%.1f s" % (b - a) for a, b in zip(run.spent, run.spent[1:])))]))
    bench.say(table(("", "measured", "asked", ""), [
        ("rate of the last tenth / of the first", "%.2f" % ratio, "≥ %.2f" % ASKED,
         verdict(ratio >= ASKED)),
        ("all of it", rate(run.bytes, run.seconds), "", ""),
        ("largest process", mib(run.peak), "≤ 128 MiB", verdict(run.peak <= 128 << 20)),
        ("segments / raw", "%.3f" % (size(home / "a" / "segments") / run.bytes), "", ""),
        ("catalog / raw", "%.3f" % (os.stat(home / "a" / "catalog.db").st_size / run.bytes), "",
         "")]))
    (home / "mail").unlink()
    grown.measure(bench, sets, home / "tenth", home / "a")
    shutil.rmtree(home)

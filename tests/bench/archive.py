"""The archive by itself, without an index: import, size, memory, reading, verifying, copying."""

import hashlib
import os
import pathlib
import random
import shutil
import sqlite3
import statistics
import sys
import time

from measure import Run, median, mib, rate, served, size, table, verdict

SETS = ("alsa-devel", "cypherpunks", "enron")
READS = 500
GIB = 1 << 30
ASKED_IMPORT, ASKED_OF_PEER, ASKED_SIZE, ASKED_PEAK = 150e6, 0.6, 0.30, 128 << 20
ASKED_READ, ASKED_DEEP = 0.002, 300e6


def find(corpora):
    """The corpora that are there."""
    return [pathlib.Path(corpora or "/nonexistent") / name for name in SETS
            if corpora and (pathlib.Path(corpora) / name).is_dir()]


def measure(bench, sets):
    """All of it; the tables go to bench.say."""
    part = Archive(bench, sets)
    bench.say("### The archive without an index\n")
    bench.say("Mail: %s; %s bytes in %s files. Asked: what issue and design ask of two cores.\n" % (
        ", ".join(s.name for s in sets), format(part.raw, ","), format(part.files, ",")))
    part.imports()
    part.reading()
    part.work()
    part.large()
    bench.say(table(("", "measured", "asked", ""), part.rows))


def query(place, sql):
    """Rows of the catalog of an archive nobody writes to."""
    db = sqlite3.connect("file:%s/catalog.db?mode=ro" % place, uri=True)
    try:
        return db.execute(sql).fetchall()
    finally:
        db.close()


class Archive:
    """The corpora, an archive of them, and the rows so far."""

    def __init__(self, bench, sets):
        self.bench, self.sets, self.rows = bench, sets, []
        self.home = bench.fresh("archive")
        self.place = self.home / "archive"
        self.bytes, self.files = {}, 0
        for path in sets:
            found = [f for f in path.rglob("*") if f.is_file()]
            self.files += len(found)
            self.bytes[path] = sum(len(f.read_bytes()) for f in found)  # warms the cache, too
        self.raw = sum(self.bytes.values())

    def sheaf(self, *words, **more):
        return Run([self.bench.sheaf, "-C", self.place, *words], **more)

    def row(self, what, measured, asked="", met=None):
        self.rows.append((what, measured, asked, "" if met is None else verdict(met)))
        print("  (%s: %s %s)" % self.rows[-1][:3], file=sys.stderr)

    def peak(self, what, run):
        self.row(what, mib(run.peak), "≤ " + mib(ASKED_PEAK), run.peak <= ASKED_PEAK)

    # ---- import -------------------------------------------------------------

    def imports(self):
        """Import of each corpus into one archive, and tar with zstd of it, in turn."""
        ours, peer = ({path: [] for path in self.sets} for _ in range(2))
        for _ in range(self.bench.args.runs):
            shutil.rmtree(self.place, ignore_errors=True)
            self.sheaf("init")
            for path in self.sets:
                ours[path].append(self.sheaf("import", "--no-index", "--account", path.name, path))
                peer[path].append(self.tar(path))
        rows = [self.beside(path.name, self.bytes[path], median(ours[path], "seconds"),
                            median(peer[path], "seconds")) for path in self.sets]
        seconds, theirs = (sum(median(runs[path], "seconds") for path in self.sets)
                           for runs in (ours, peer))
        rows.append(self.beside("all", self.raw, seconds, theirs))
        self.bench.say(table(("", "sheaf import --no-index", "tar and zstd -3 -T1, with fsync",
                              "/ peer"), rows))
        asked = min(ASKED_IMPORT, ASKED_OF_PEER * self.raw / theirs)
        self.row("import", rate(self.raw, seconds), "≥ " + rate(asked, 1),
                 self.raw / seconds >= asked)
        self.peak("import, largest process",
                  max((r for runs in ours.values() for r in runs), key=lambda r: r.peak))
        self.sizes()

    @staticmethod
    def beside(name, count, ours, theirs):
        return (name, rate(count, ours), rate(count, theirs), "%.2f" % (theirs / ours))

    def tar(self, path):
        """The peer: the same files, packed by ordinary tools, brought to the disk."""
        target = self.home / "peer.tar.zst"
        run = Run(["bash", "-c", 'set -o pipefail; tar -C "$1" -cf - . | zstd -q -3 -T1 -o "$2" '
                   '&& sync "$2"', "tar", path, target])
        target.unlink()
        return run

    def sizes(self):
        """Segments and catalog, to the bytes of the files and to those of distinct messages."""
        (count, once), = query(self.place, "SELECT count(*), sum(size) FROM messages")
        (copies,), = query(self.place, "SELECT count(*) FROM copies")
        segments = size(self.place / "segments")
        catalog = sum(f.stat().st_size for f in self.place.glob("catalog.db*"))
        self.row("messages, distinct ones", "%s, %s" % (format(copies, ","), format(count, ",")))
        self.row("segments / raw", "%.3f" % (segments / self.raw), "≤ %.2f" % ASKED_SIZE,
                 segments <= ASKED_SIZE * self.raw)
        self.row("segments / bytes of distinct messages", "%.3f" % (segments / once))
        self.row("catalog / raw", "%.3f" % (catalog / self.raw))

    # ---- reading ------------------------------------------------------------

    def reading(self):
        """One message by id, warm, by one process over one connection."""
        ids = [row[0].hex() for row in query(self.place, "SELECT hash FROM messages")]
        random.Random(1).shuffle(ids)
        with served(self.bench.sheaf, self.place) as (connection, _):
            for name in ids[-READS:]:
                get(connection, name)
            taken = [get(connection, name) for name in ids[:READS]]
            nothing = statistics.median(get(connection, None) for _ in range(READS))
        middle = statistics.median(taken)
        self.row("one message by id, over HTTP, median of %d" % len(taken), ms(middle),
                 "< " + ms(ASKED_READ), middle < ASKED_READ)
        self.row("the same, less an empty request", ms(middle - nothing))
        self.row("slowest of %d" % len(taken), ms(max(taken)))

    # ---- commands over all of it --------------------------------------------

    def work(self):
        """Verify, rebuild, export, backup."""
        deep = [self.sheaf("verify", "--deep") for _ in range(self.bench.args.runs)]
        # Of the bytes of distinct messages: only they are in the segments.
        (once,), = query(self.place, "SELECT sum(size) FROM messages")
        seconds = median(deep, "seconds")
        self.row("verify --deep", rate(once, seconds), "≥ " + rate(ASKED_DEEP, 1),
                 once / seconds >= ASKED_DEEP)
        self.peak("verify --deep, largest process", deep[0])
        self.row("verify", "%.2f s" % self.sheaf("verify").seconds)
        self.row("rebuild-catalog", "%.1f s" % self.sheaf("rebuild-catalog", "--force").seconds)
        for old in self.place.glob("catalog.db.old-*"):
            old.unlink()
        for kind in ("tar", "mboxrd"):
            target = self.home / "export"
            run = self.sheaf("export", "--format", kind, "--to", target, "--dialect", "imap", "ALL")
            written = target.stat().st_size if target.is_file() else size(target)
            self.row("export --format " + kind, rate(written, run.seconds))
            self.peak("export --format %s, largest process" % kind, run)
            target.unlink() if target.is_file() else shutil.rmtree(target)
        copied = size(self.place)
        run = self.sheaf("backup", self.home / "backup")
        self.row("backup, first", rate(copied, run.seconds))
        self.row("backup, again", "%.2f s" % self.sheaf("backup", self.home / "backup").seconds)
        shutil.rmtree(self.home / "backup")

    # ---- one message of 1 GiB -----------------------------------------------

    def large(self):
        """The memory that one message of 1 GiB takes. Destroys the archive of the corpora."""
        shutil.rmtree(self.place)
        self.sheaf("init")
        mail = self.home / "large.eml"
        write_large(mail)
        self.peak("import of a message of 1 GiB", self.sheaf("import", "--no-index", mail))
        (name, count), = query(self.place, "SELECT hex(hash), size FROM messages")
        mail.unlink()
        if count < GIB:
            raise SystemExit("the message of 1 GiB was not stored whole: %d bytes" % count)
        target = self.home / "large.out"
        with open(target, "wb") as output:
            run = self.sheaf("show", "--raw", name.lower(), output=output)
        with open(target, "rb") as shown:
            if hashlib.file_digest(shown, "sha256").hexdigest() != name.lower():
                raise SystemExit("the message of 1 GiB did not come back as it was")
        target.unlink()
        self.peak("show --raw of it", run)
        self.peak("export of it", self.sheaf("export", "--format", "tar", "--to", target,
                                             "--dialect", "imap", "ALL"))
        target.unlink()
        self.peak("verify --deep of it", self.sheaf("verify", "--deep"))
        shutil.rmtree(self.place)


def ms(seconds):
    return "%.2f ms" % (1000 * seconds)


def get(connection, name):
    """Seconds of one request for a message; None: for almost nothing."""
    began = time.monotonic()
    connection.request("GET", "/api/v1/messages/%s/raw" % name if name else "/icon.svg")
    reply = connection.getresponse()
    data = reply.read()
    seconds = time.monotonic() - began
    if reply.status != 200 or (name and hashlib.sha256(data).hexdigest() != name):
        raise SystemExit("message %s: status %d, or other bytes" % (name, reply.status))
    return seconds


def write_large(path):
    """A message over 1 GiB: half of it is random bytes, half of it text that repeats."""
    text = (b"All work and no play makes a long message, line by line by line.\r\n" * 16000)
    plain = bytes(b if b not in b"\0\r\n" else 65 for b in range(256))
    with open(path, "wb") as out:
        out.write(b"From: a@example.org\r\nSubject: large\r\nMessage-ID: <large@x>\r\n\r\n")
        while out.tell() < GIB:
            noise = os.urandom(1 << 20).translate(plain)
            out.write(b"".join(noise[i:i + 900] + b"\r\n" for i in range(0, len(noise), 900)))
            out.write(text)

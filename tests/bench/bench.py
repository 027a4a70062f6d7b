#!/usr/bin/env python3
"""How fast, how big: sheaf beside its peers, as Markdown tables. `make bench`.

archive.py and million.py hold what is measured of the archive without an index, grown.py that of a
million messages with one, measure.py what all share.

    --corpora DIR    real mail: a Maildir below it called --set (default $SHEAF_CORPORA)
    --runs N         of each, in turn (A B C A B C …); the tables show medians
    --only WHAT      archive, million, import, harvest, search, documents, serve, rank: any of them
    --million        import and index 1,000,000 messages, too; half an hour, and 5 GB of room
    --write          put the tables into docs/benchmarks.md; what was not measured now stays there

Without corpora it makes mails up, and says so. Peers that are not installed are left out.
"""

import argparse
import os
import pathlib
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "live"))

import archive   # noqa: E402
import extracting  # noqa: E402
import fetching  # noqa: E402
import generate  # noqa: E402
import million   # noqa: E402
import ranking   # noqa: E402
import searching  # noqa: E402
import serving  # noqa: E402
import servers   # noqa: E402

from measure import Run, index_version, median, mib, size, table  # noqa: E402

MADE_UP = 20000

# (what, dialect, query): words and pieces that any mail in English may hold.


class Bench:
    """The mails, the folder to work in, and the tables so far."""

    def __init__(self, args, folder):
        self.args, self.folder = args, folder
        self.sheaf = pathlib.Path(args.sheaf).resolve()
        self.out = []
        self.corpus, self.about = self.find()
        files = [f for f in self.corpus.rglob("*") if f.is_file()]
        self.count, self.raw = len(files), 0
        for path in files:  # also warms the page cache, for everybody
            self.raw += len(path.read_bytes())
        self.say("Mail: %s, %s messages, %s bytes.\n" % (
            self.about, format(self.count, ","), format(self.raw, ",")))

    def find(self):
        """The Maildir to measure with, and what it is."""
        where = self.args.corpora
        if where and (pathlib.Path(where) / self.args.set / "cur").is_dir():
            return pathlib.Path(where) / self.args.set, "the list " + self.args.set
        made = self.folder / "made-up"
        servers.write_maildir(made, [m[:3] for m in generate.messages(MADE_UP)])
        return made, "**made up** (no corpus %s in %s)" % (self.args.set, where or "$SHEAF_CORPORA")

    def say(self, text):
        print(text, flush=True)
        self.out.append(text)

    def fresh(self, name):
        """An empty folder."""
        path = self.folder / name
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir()
        return path

    # ---- import and index ---------------------------------------------------

    def one_sheaf(self):
        place = self.fresh("sheaf") / "archive"
        Run([self.sheaf, "-C", place, "init"])
        return Run([self.sheaf, "-C", place, "import", self.corpus])

    def one_notmuch(self):
        place = self.fresh("notmuch")
        conf = place / "config"
        conf.write_text("[database]\npath=%s\nmail_root=%s\n[user]\nname=x\n"
                        "primary_email=x@example.org\n[new]\ntags=\n[maildir]\n"
                        "synchronize_flags=false\n" % (place, self.corpus))
        return Run(["notmuch", "--config=%s" % conf, "new", "--quiet"])

    def one_mu(self):
        place = self.fresh("mu")
        Run(["mu", "init", "--quiet", "--muhome=%s" % place, "--maildir=%s" % self.corpus])
        return Run(["mu", "index", "--quiet", "--muhome=%s" % place])

    def imports(self):
        """Import and index, beside notmuch and mu."""
        kinds = [("sheaf import", self.one_sheaf)]
        kinds += [("notmuch new", self.one_notmuch)] if shutil.which("notmuch") else []
        kinds += [("mu index", self.one_mu)] if shutil.which("mu") else []
        runs = {name: [] for name, _ in kinds}
        for _ in range(self.args.runs):
            for name, one in kinds:
                runs[name].append(one())
                print("  (%s: %.1f s)" % (name, runs[name][-1].seconds), file=sys.stderr)
        ours = median(runs["sheaf import"], "seconds")
        place = self.folder / "sheaf" / "archive"
        sizes = {"sheaf import": size(place), "notmuch new": self.raw + size(
            self.folder / "notmuch"), "mu index": self.raw + size(self.folder / "mu")}
        rows = [(name, "%.1f s" % median(r, "seconds"), "%.1f" % (median(r, "seconds") / ours),
                 "%.0f" % (self.count / median(r, "seconds")), mib(median(r, "peak")),
                 "%.2f" % (sizes[name] / self.raw)) for name, r in runs.items()]
        self.say("### Import and index, until searchable\n")
        self.say(index_version() + "\n")
        self.say(table(("", "time", "× sheaf", "messages/s", "largest process",
                        "mail and index on disk / raw"), rows))
        parts = (("segments", place / "segments"), ("index", place / "index"))
        rows = [(name, format(size(path), ","), "%.3f" % (size(path) / self.raw))
                for name, path in parts]
        rest = size(place) - sum(size(path) for _, path in parts)
        rows += [("catalog and the rest", format(rest, ","), "%.3f" % (rest / self.raw)),
                 ("all", format(size(place), ","), "%.3f" % (size(place) / self.raw))]
        self.say(table(("part of the archive", "bytes", "/ raw"), rows))

    # ---- the archive by itself ----------------------------------------------

    def archives(self):
        """Speed, size and memory of the archive without an index, over all corpora."""
        archive.measure(self, archive.find(self.args.corpora) or [self.corpus])

    def millions(self):
        """Whether import slows down."""
        million.measure(self, archive.find(self.args.corpora) or [self.corpus])

    # ---- harvest ------------------------------------------------------------

    def harvests(self):
        """Harvest from real servers on loopback."""
        if servers.Dovecot.installed():
            fetching.measure(self)
        else:
            self.say("(Dovecot is not installed: no harvest)\n")

    # ---- search -------------------------------------------------------------

    def searches(self):
        """Searches over all corpora."""
        searching.measure(self, archive.find(self.args.corpora) or [self.corpus])

    def documents(self):
        """Text from documents."""
        extracting.measure(self)

    def ranks(self):
        """Known items by relevance, over all corpora, and beside the peers."""
        ranking.measure(self, archive.find(self.args.corpora) or [self.corpus])

    def serves(self):
        """The service under load, over all corpora."""
        if shutil.which("wrk"):
            serving.measure(self, archive.find(self.args.corpora) or [self.corpus])
        else:
            self.say("(wrk is not installed: no load)\n")


def machine():
    """One paragraph on the machine and the programs."""
    info = pathlib.Path("/proc/cpuinfo").read_text()
    model = re.search(r"^model name\s*:\s*(.*)$", info, re.M)
    memory = int(re.search(r"MemTotal:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text())[1])
    disk = subprocess.run(["stat", "-f", "-c", "%T", tempfile.gettempdir()],
                          stdout=subprocess.PIPE, check=True).stdout.decode().strip()
    out = ["%s, %d cores, %.0f GiB of memory, Linux %s, %s in the temporary folder." % (
        model[1] if model else platform.machine(), len(os.sched_getaffinity(0)),
        memory / 1048576, platform.release().split("-")[0], disk)]
    for argv in (["notmuch", "--version"], ["mu", "--version"], ["mbsync", "--version"],
                 [servers.Dovecot.binary("dovecot"), "--version"]):
        if argv[0] and shutil.which(argv[0]):
            text = subprocess.run(argv, stdout=subprocess.PIPE).stdout.decode()
            out.append("%s %s" % (os.path.basename(argv[0]), re.search(r"\d[\d.]+", text)[0]))
    return out[0] + " Peers: " + ", ".join(out[1:]) + "."


INTRO = """# Benchmarks

Made by `make bench` (`tests/bench/bench.py`); run it to have your own. `make bench SHORT=1` leaves
out the million messages, `make bench WRITE=1` writes this page, of which the sections may be
measured apart (`--only`). Wall clock, medians of %d runs in
turn, peers included; files in the page cache. "Largest process" is the largest resident size of any
one process (below 10 MiB nothing is told apart). Of the archive without an index, import and
`verify --deep` are medians, the rest ran once, and "raw" is the files as found. What is compared
does not do the same work: sheaf stores every byte again, compressed, and can search every header
field and part of a word; notmuch and mu leave the mail where it is and index words of the body and
some fields, with positions; mbsync stores plain files.

## Machine

%s

## Results

"""


def sections(text):
    """{second word of a heading: the section}, what stands before the first under ""."""
    parts = re.split(r"^(?=### )", text, flags=re.M)
    return {part.split()[1].rstrip(",") if part.startswith("### ") else "": part
            for part in parts}


def write(target, intro, out):
    """The page, with what was measured now; other sections stay as they are."""
    old = sections(target.read_text() if target.exists() else "")
    new = sections("\n".join(out) + "\n")
    old.update({**new, "": intro + new.get("", "")})
    target.write_text("".join(part.rstrip("\n") + "\n\n" for part in old.values())
                      .rstrip("\n") + "\n")


def main():
    """Measure and print."""
    opts = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    opts.add_argument("--sheaf", default=str(ROOT / "build" / "sheaf"))
    opts.add_argument("--corpora", default=os.environ.get("SHEAF_CORPORA"))
    opts.add_argument("--set", default="alsa-devel")
    opts.add_argument("--runs", type=int, default=3)
    opts.add_argument("--only", action="append", choices=(
        "archive", "million", "import", "harvest", "search", "documents",
        "serve", "rank"))
    opts.add_argument("--million", action="store_true")
    opts.add_argument("--write", action="store_true")
    args = opts.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    folder = pathlib.Path(tempfile.mkdtemp(prefix="sheaf-bench-"))
    try:
        print(machine() + "\n")
        bench = Bench(args, folder)
        for name, measure in (("archive", bench.archives), ("million", bench.millions),
                              ("import", bench.imports), ("search", bench.searches),
                              ("documents", bench.documents),
                              ("serve", bench.serves), ("rank", bench.ranks),
                              ("harvest", bench.harvests)):
            if name in args.only if args.only else name != "million" or args.million:
                measure()
        if args.write:
            target = ROOT / "docs" / "benchmarks.md"
            write(target, INTRO % (args.runs, machine()), bench.out)
            print("written: " + os.path.relpath(target, ROOT), file=sys.stderr)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

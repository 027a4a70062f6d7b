"""Searches: a battery of IMAP queries over HTTP, single hard ones, peers, sizes, memory."""

import contextlib
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import time
import urllib.parse

import battery
import servers
from measure import Run, index_version, median, mib, served, size, table, verdict

ASKED = (("first page of 50", "none", 0.003, 0.040), ("exact total", "exact", 0.010, 0.300))
REPEATS, ORACLE = 3, 20
SINGLES = ('TEXT "e"', 'NOT TEXT "e"', 'BODY " the "', 'HEADER X-Foo ""', None, "UNSEEN",
           "LARGER 100000")
PHRASE = 'BODY "the end of the day"'
ASKED_SINGLE, ASKED_PHRASE, ASKED_COLD, ASKED_TIMES = 0.050, 0.5, 0.150, 200
ASKED_MEMORY, ASKED_ONE, ASKED_ALL = 256 << 20, 0.33, 0.42
# (sheaf's search box, notmuch, mu)
WORDS = (("patch",) * 3, ("penguin",) * 3, ("from:david sound driver",) * 3,
         ('"sound card"', '"sound card"', '"sound card"'))


def ask(connection, query, total, dialect="imap", sort="-date"):
    """(seconds, the answer) of one search over HTTP."""
    asked = {"dialect": dialect, "q": query, "limit": 50, "sort": sort}
    if total == "exact":
        asked["total"] = total
    began = time.monotonic()
    connection.request("GET", "/api/v1/search?" + urllib.parse.urlencode(asked))
    reply = connection.getresponse()
    data = reply.read()
    seconds = time.monotonic() - began
    if reply.status != 200:
        raise SystemExit("%s: %d %s" % (query, reply.status, data.decode(errors="replace")))
    return seconds, json.loads(data)


def ms(seconds):
    return "%.1f ms" % (1000 * seconds)


def percentile(values, share):
    """The smallest value that so large a share does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def anonymous(pid):
    """Resident bytes that are not mapped files."""
    text = pathlib.Path("/proc/%d/status" % pid).read_text()
    return int(re.search(r"RssAnon:\s+(\d+)", text)[1]) * 1024


class Searching:
    """One archive of all corpora."""

    def __init__(self, bench, sets):
        self.bench, self.sets, self.rows, self.slow = bench, sets, [], []
        self.home = bench.fresh("searching")
        self.place = self.home / "archive"
        self.raw = sum(f.stat().st_size for s in sets for f in s.rglob("*") if f.is_file())
        self.queries = battery.queries(sets)

    def note(self, what, measured, asked="", met=None):
        self.rows.append((what, measured, asked, "" if met is None else verdict(met)))
        print("  (%s: %s %s)" % self.rows[-1][:3], file=sys.stderr)

    def limit(self, what, seconds, asked):
        self.note(what, ms(seconds), "≤ %.0f ms" % (1000 * asked), seconds <= asked)

    # ---- the index ----------------------------------------------------------

    def build(self):
        """Import, then index; what the index takes."""
        Run([self.bench.sheaf, "-C", self.place, "init"])
        for path in self.sets:
            Run([self.bench.sheaf, "-C", self.place, "import", "--no-index", "--account",
                 path.name, path])
        run = Run([self.bench.sheaf, "-C", self.place, "index"])
        self.note("indexing, all corpora", "%.1f s" % run.seconds)
        self.note("… largest process", mib(run.peak), "≤ " + mib(ASKED_MEMORY),
                  run.peak <= ASKED_MEMORY)

    def sizes(self, what, place, raw, asked, with_archive=None):
        """What is derived, of the raw bytes. Facets and threads came after the figure was asked."""
        index = place / "index"
        kinds = (("postings", "postlist.glass"), ("texts and records", "records"),
                 ("header lines", "headers"), ("dictionaries", "dictionary*"),
                 ("filters", "filter"), ("lexicon", "lexicon"), ("order", "order"))
        shares = [(kind, sum(f.stat().st_size for f in index.rglob(name)) / raw)
                  for kind, name in kinds]
        share, whole = sum(n for _, n in shares), size(index) / raw
        self.note("index / raw, " + what, "%.3f" % share, "≤ %.2f" % asked, share <= asked)
        self.note("… of it", ", ".join("%s %.3f" % pair for pair in shares))
        self.note("… besides: columns for facets, threads", "%.3f" % (whole - share))
        if with_archive:
            share = size(place) / raw
            self.note("archive and index / raw, " + what, "%.3f" % share,
                      "≤ %.2f" % with_archive, share <= with_archive)

    # ---- over HTTP ----------------------------------------------------------

    def audit(self, log):
        """Whether the server logs each search, which costs it an fsync."""
        conf = self.place / "sheaf.conf"
        text = conf.read_text().split("[audit]")[0]
        conf.write_text(text + "[audit]\nlog = %s\n" % ("yes" if log else "no"))

    def audited(self):
        """What the audit log adds."""
        self.audit(True)
        with served(self.bench.sheaf, self.place) as (connection, _):
            for query in self.queries:  # warm
                ask(connection, query, "none")
            self.note("first page, with the audit log: median", ms(statistics.median(
                ask(connection, query, "none")[0] for query in self.queries)))

    def battery(self):
        """All queries, each several times; the median of each counts."""
        peak = 0
        self.audit(False)
        with served(self.bench.sheaf, self.place) as (connection, child):
            for query in self.queries:  # warm
                ask(connection, query, "none")
            for what, total, middle, rare in ASKED:
                took = {}
                for query in self.queries:
                    times = [ask(connection, query, total)[0] for _ in range(REPEATS)]
                    took[query] = statistics.median(times)
                    peak = max(peak, anonymous(child.pid))
                values = list(took.values())
                self.limit("%d queries, %s: median" % (len(values), what),
                           statistics.median(values), middle)
                self.limit("… 99th percentile", percentile(values, 0.99), rare)
                self.limit("… slowest", max(values), rare)
                self.slow.append((what, sorted(took.items(), key=lambda x: -x[1])[:8]))
            self.singles(connection)
            peak = max(peak, anonymous(child.pid))
        self.note("the server's memory but for mapped files", mib(peak), "≤ " + mib(ASKED_MEMORY),
                  peak <= ASKED_MEMORY)

    def singles(self, connection):
        """The hard ones."""
        made = battery.Battery(self.sets, 7)
        words = ["BODY " + battery.quoted(made.word()) for _ in range(50)]
        many = "OR " * (len(words) - 1) + " ".join(words)
        for query in SINGLES:
            times = [ask(connection, query or many, "none")[0] for _ in range(REPEATS)]
            self.limit("`%s`, first page" % (query or "OR of 50 strings"),
                       statistics.median(times), ASKED_SINGLE)
        times = [ask(connection, PHRASE, "exact") for _ in range(REPEATS)]
        self.limit("`%s`, exact total" % PHRASE, statistics.median(t for t, _ in times),
                   ASKED_PHRASE)

    def cold(self):
        """The first query of a new process, with nothing in the page cache where we may."""
        command = [self.bench.sheaf, "-C", self.place, "search", "--dialect", "imap", "--limit",
                   "50", self.queries[0]]
        times = []
        for _ in range(self.bench.args.runs):
            dropped = drop_caches()
            times.append(Run(command, okay=(0, 1)).seconds)
        self.limit("a new process answers, " + ("nothing cached" if dropped else
                                                "files cached (only root can drop caches)"),
                   statistics.median(times), ASKED_COLD)
        self.limit("… files cached", median([Run(command, okay=(0, 1)) for _ in range(5)],
                                            "seconds"), ASKED_COLD)

    # ---- peers --------------------------------------------------------------

    def dovecot(self):
        """The same queries, asked of a Dovecot without an index that has the same mailbox."""
        if not servers.Dovecot.installed():
            return
        corpus = self.bench.corpus
        asked = battery.queries([corpus], 1)[:ORACLE]
        with servers.Dovecot(users=("alice",)) as server:
            shutil.copytree(corpus, server.root / "home" / "alice" / "Maildir")
            server.give(server.root / "home")
            place = self.home / "harvested"
            Run([self.bench.sheaf, "-C", place, "init"])
            (place / "sheaf.conf").write_text(server.account("alice"))
            Run([self.bench.sheaf, "-C", place, "harvest"])
            self.sizes(corpus.name, place, self.bench.raw, ASKED_ONE, 0.58)
            times, same, odd = [], 0, []
            with server.imap("alice") as imap, served(self.bench.sheaf, place) as (http_, _):
                imap.select("INBOX", readonly=True)
                for query in asked:
                    began = time.monotonic()
                    _, data = imap.uid("SEARCH", None, query)
                    theirs = time.monotonic() - began
                    ours = statistics.median(ask(http_, query, "exact")[0] for _ in range(REPEATS))
                    times.append((ours, theirs))
                    same += set(data[0].split()) == self.uids(place, query)
                    odd += [query] if set(data[0].split()) != self.uids(place, query) else []
        for query in odd:
            print("  (not the same: %s)" % query, file=sys.stderr)
        ratio = statistics.median(t / o for o, t in times)
        self.note("Dovecot without index, %d of the queries on %s: median" % (
            len(asked), corpus.name), ms(statistics.median(t for _, t in times)))
        self.note("… sheaf, exact total", ms(statistics.median(o for o, _ in times)))
        self.note("… times faster, median", "%.0f" % ratio, "≥ %d" % ASKED_TIMES,
                  ratio >= ASKED_TIMES)
        self.note("… answers that are the same, UID by UID", "%d of %d" % (same, len(asked)))

    def peers(self):
        """The command lines beside one another, the 50 newest, where the peers have indexes."""
        place, folder = self.home / "harvested", self.bench.folder
        kinds = [("sheaf search", 0, [self.bench.sheaf, "-C", place, "search"])]
        if (folder / "notmuch" / "config").exists():
            kinds.append(("notmuch search", 1, [
                "notmuch", "--config=%s" % (folder / "notmuch" / "config"), "search",
                "--output=messages", "--limit=50"]))
        if (folder / "mu").exists():
            kinds.append(("mu find", 2, [
                "mu", "find", "--muhome=%s" % (folder / "mu"), "--maxnum=50", "--sortfield=date",
                "--reverse"]))
        rows = [(words[0], *(ms(median([Run(argv + [words[at]], okay=(0, 1, 4))
                                        for _ in range(REPEATS)], "seconds"))
                             for _, at, argv in kinds)) for words in WORDS]
        self.bench.say(table(("the 50 newest, command line, " + self.bench.corpus.name,
                              *(k[0] for k in kinds)), rows))

    def uids(self, place, query):
        """The UIDs sheaf finds."""
        done = subprocess.run(
            [self.bench.sheaf, "-C", place, "search", "--dialect", "imap", "--mailbox",
             "alice/INBOX", "--format", "uids", query], stdout=subprocess.PIPE, check=False)
        return {line.split()[-1] for line in done.stdout.splitlines()}


def drop_caches():
    """Empties the page cache. False: we may not."""
    os.sync()
    with contextlib.suppress(OSError):
        pathlib.Path("/proc/sys/vm/drop_caches").write_text("3")
        return True
    return False


def measure(bench, sets):
    """All of it."""
    part = Searching(bench, sets)
    part.build()
    part.sizes("all", part.place, part.raw, ASKED_ALL)
    part.battery()
    part.audited()
    part.cold()
    part.dovecot()
    bench.say("### Searches\n")
    bench.say("Mail: %s; queries made from it, see `tests/bench/battery.py`. Over HTTP on"
              " loopback, warm, without the audit log but where it says so; of each query the"
              " median of %d. %s\n" % (
                  ", ".join(s.name for s in sets), REPEATS, index_version()))
    bench.say(table(("", "measured", "asked", ""), part.rows))
    if servers.Dovecot.installed():
        part.peers()
    for what, slow in part.slow:
        print("slowest, %s:" % what, file=sys.stderr)
        for query, seconds in slow:
            print("  %s  %s" % (ms(seconds), query), file=sys.stderr)
    shutil.rmtree(part.home)

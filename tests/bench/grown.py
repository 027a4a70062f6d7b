"""The index of a million messages beside that of a hundred thousand: building, asking, new mail."""

import statistics
import sys
import time

import battery
from measure import Run, mib, served, size, table, verdict
from searching import ask, ms

ASKED_RATE, ASKED_TIMES, ASKED_NEW, ASKED_PEAK = 0.85, 3, 1.0, 256 << 20
EACH, REPEATS, ARRIVALS = 3, 3, 9


def counts(place):
    """Messages that are indexed, segments."""
    lines = (place / "index" / "CURRENT").read_text().split("\n")[2:-1]
    return int(lines[-1].split("-")[1]), len(lines)


class Grown:
    """Two archives of the same mail, one ten times as large."""

    def __init__(self, bench, sets, small, large):
        self.bench, self.places, self.rows = bench, (small, large), []
        self.queries = battery.queries(sets, EACH)

    def row(self, what, values, asked="", met=None):
        self.rows.append((what, *values, asked, "" if met is None else verdict(met)))
        print("  (%s)" % ", ".join(map(str, self.rows[-1])), file=sys.stderr)

    def sheaf(self, place, *words, **more):
        return Run([self.bench.sheaf, "-C", place, *words], **more)

    def build(self):
        """Both indexes, all merging included."""
        runs = [self.sheaf(place, "index") for place in self.places]
        found = [counts(place) for place in self.places]
        rates = [count / run.seconds for (count, _), run in zip(found, runs)]
        self.row("messages", [format(count, ",") for count, _ in found])
        self.row("indexed, messages/s", ["%.0f" % r for r in rates], "≥ %.2f of it" % ASKED_RATE,
                 rates[1] >= ASKED_RATE * rates[0])
        peak = max(run.peak for run in runs)
        self.row("… largest process", [mib(run.peak) for run in runs], "≤ " + mib(ASKED_PEAK),
                 peak <= ASKED_PEAK)
        self.row("index segments", [n for _, n in found])
        self.row("index, bytes", [format(size(place / "index"), ",") for place in self.places])

    def ask_all(self):
        """The battery, first page and exact total: the median of each query's medians."""
        for what, total in (("first page of 50", "none"), ("exact total", "exact")):
            middles = []
            for place in self.places:
                with served(self.bench.sheaf, place) as (connection, _):
                    for query in self.queries:  # warm
                        ask(connection, query, total)
                    middles.append(statistics.median(statistics.median(
                        ask(connection, query, total)[0] for _ in range(REPEATS))
                        for query in self.queries))
            self.row("%d queries, %s: median" % (len(self.queries), what), map(ms, middles),
                     "≤ %d times" % ASKED_TIMES, middles[1] <= ASKED_TIMES * middles[0])

    def arrivals(self):
        """From the beginning of an import of one message until a search finds it, and until the
        index has it."""
        found, indexed = [], []
        for place in self.places:
            times = [self.arrive(place, number) for number in range(ARRIVALS)]
            found.append(statistics.median(t for t, _ in times))
            indexed.append(statistics.median(t for _, t in times))
        self.row("new mail is found, median of %d" % ARRIVALS, map(ms, found),
                 "≤ " + ms(ASKED_NEW), max(found) <= ASKED_NEW)
        self.row("… and indexed", map(ms, indexed), "≤ " + ms(ASKED_NEW),
                 max(indexed) <= ASKED_NEW)

    def arrive(self, place, number):
        mail = place.parent / "new.eml"
        word = "quokka%dstripes" % number
        mail.write_bytes(b"Subject: new\r\nMessage-ID: <%s@x>\r\n\r\n%s\r\n" % (
            word.encode(), word.encode()))
        with served(self.bench.sheaf, place) as (connection, _):
            ask(connection, "ALL", "none")
            began = time.monotonic()
            self.sheaf(place, "import", "--no-index", mail)
            while not ask(connection, 'TEXT "%s"' % word, "none")[1]["messages"]:
                pass
            found = time.monotonic() - began
            self.sheaf(place, "index")
            answer = ask(connection, 'TEXT "%s"' % word, "none")[1]
            if not answer["messages"] or answer["indexed_to"] < answer["stored_to"]:
                raise SystemExit("new mail is not indexed")
            return found, time.monotonic() - began


def measure(bench, sets, small, large):
    """Says the table."""
    part = Grown(bench, sets, small, large)
    part.build()
    part.ask_all()
    part.arrivals()
    bench.say(table(("", "a tenth", "all of it", "asked", ""), part.rows))

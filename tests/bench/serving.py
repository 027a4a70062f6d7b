#!/usr/bin/env python3
"""The service under load, with wrk (Debian): messages by id, a mixed battery of searches, and both
beside idle and slow connections.

    serving.py SHEAF ARCHIVE [SECONDS]      prints the section alone
"""

import contextlib
import json
import mmap
import os
import pathlib
import random
import re
import select
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

import million
from measure import Run, index_version, mib, rate as speed, served, table, verdict

CONNECTIONS, SECONDS = 16, 10
ASKED_MESSAGES, ASKED_SEARCHES, ASKED_99, ASKED_MEMORY = 2500, 800, 0.060, 256 << 20
IDLE, SLOW, WITHIN = 1000, 500, 2
NEW, ASKED_BESIDE = 40000, 0.150
# What people type; where the caller knows the mail, it has a battery of its own.
QUERIES = ("budget", "from:john", "subject:meeting", '"conference call"', "patch is:unread",
           "penguin OR walrus", "after:2001-05 before:2001-06", "larger:100k", "to:list agenda",
           "-unsubscribe contract", "from:smith subject:re", "sound card driver")
SCRIPT = """
local targets = {}
for line in io.lines(os.getenv("TARGETS")) do targets[#targets + 1] = line end
local at = 0
request = function() at = at % #targets + 1; return wrk.format("GET", targets[at]) end
done = function(summary, latency)
  local e = summary.errors
  io.write(string.format("SAID %d %d %d %d\\n", summary.requests, summary.duration,
           latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))
end
"""


def resident(pid):
    """Bytes in memory that are not mapped files."""
    text = pathlib.Path("/proc/%d/status" % pid).read_text()
    return int(re.search(r"RssAnon:\s+(\d+)", text)[1]) * 1024


def busy(pid):
    """Seconds of processor that a process took."""
    words = pathlib.Path("/proc/%d/stat" % pid).read_text().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def load(port, targets, seconds):
    """(requests a second, 99th percentile in seconds) of targets asked in turn."""
    with tempfile.TemporaryDirectory() as folder:
        script, names = pathlib.Path(folder) / "ask.lua", pathlib.Path(folder) / "targets"
        script.write_text(SCRIPT)
        names.write_text("".join(t + "\n" for t in targets))
        done = subprocess.run(
            ["wrk", "-t1", "-c%d" % CONNECTIONS, "-d%ds" % seconds, "--timeout", "30s", "--latency",
             "-s", str(script), "http://127.0.0.1:%d" % port],
            env=dict(os.environ, TARGETS=str(names)), stdout=subprocess.PIPE, check=True)
    requests, micro, worst, errors = map(int, re.search(rb"SAID (\d+) (\d+) (\d+) (\d+)",
                                                        done.stdout).groups())
    if errors:
        raise SystemExit("wrk: %d of %d requests failed" % (errors, requests))
    return requests / (micro / 1e6), worst / 1e6


def ids(connection, count=2000):
    """Ids of messages from all over the archive."""
    connection.request("GET", "/api/v1/mailboxes")
    boxes = json.loads(connection.getresponse().read())["mailboxes"]
    rnd, found = random.Random(7), []
    rnd.shuffle(boxes)
    for box in boxes:
        query = {"account": box["account"], "mailbox": box["mailbox"], "limit": 200}
        connection.request("GET", "/api/v1/ledger?" + urllib.parse.urlencode(query))
        entries = json.loads(connection.getresponse().read())["entries"]
        found += [e["id"] for e in entries if e.get("id")]
        if len(found) >= count:
            break
    rnd.shuffle(found)
    return found[:count]


def drawn(place, count=4000):
    """Ids of messages drawn evenly from the archive: hardly two of them stand near each other."""
    with contextlib.closing(sqlite3.connect("file:%s/catalog.db?mode=ro" % place,
                                            uri=True)) as catalog:
        found = [r[0].hex() for r in catalog.execute("SELECT hash FROM messages WHERE hash"
                                                     " IS NOT NULL ORDER BY number")]
    return random.Random(7).sample(found, min(count, len(found)))


class Crowd:
    """Connections that do nothing, and such that send a byte a second of a request."""

    def __init__(self, port, idle, slow):
        self.links, self.slow, self.over = [], [], threading.Event()
        for number in range(idle + slow):
            link = socket.create_connection(("127.0.0.1", port))
            self.links.append(link)
            if number >= idle:
                link.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
                self.slow.append(link)
                continue
            link.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            link.settimeout(30)
            if not link.recv(4096):
                raise SystemExit("a connection was not answered")
        self.thread = threading.Thread(target=self.drip)
        self.thread.start()

    def drip(self):
        """One byte on each slow connection, again and again."""
        while not self.over.wait(1):
            for link in self.slow:
                try:
                    link.send(b"x")
                except OSError:
                    pass

    def held(self):
        """How many the server has not closed."""
        poll = select.poll()
        for link in self.links:
            poll.register(link, select.POLLIN)
        return len(self.links) - len(poll.poll(0))

    def leave(self):
        """Close them all."""
        self.over.set()
        self.thread.join()
        for link in self.links:
            link.close()


def rows(sheaf, place, queries, seconds=SECONDS):
    """The lines of the table."""
    out = []

    def note(what, measured, asked="", met=None):
        out.append((what, measured, asked, "" if met is None else verdict(met)))
        print("  (%s: %s %s)" % out[-1][:3], file=sys.stderr)
    with served(sheaf, place) as (connection, child):
        port = connection.port
        messages = ["/api/v1/messages/" + i for i in ids(connection)]
        searches = ["/api/v1/search?" + urllib.parse.urlencode(q) for q in queries]
        load(port, searches, 1)
        before = busy(child.pid)
        rate, worst = load(port, messages, seconds)
        note("processor for a message", "%.2f ms" % (
            1e3 * (busy(child.pid) - before) / (rate * seconds)))
        note("messages by id, %d connections" % CONNECTIONS, "%.0f/s" % rate,
             "≥ %d/s" % ASKED_MESSAGES, rate >= ASKED_MESSAGES)
        note("… 99th percentile", "%.1f ms" % (1e3 * worst))
        alone = worst
        even = ["/api/v1/messages/" + i for i in drawn(place)]
        before = busy(child.pid)
        rate, worst = load(port, even, seconds)
        note("processor for a message drawn from all", "%.2f ms" % (
            1e3 * (busy(child.pid) - before) / (rate * seconds)))
        note("messages drawn from all", "%.0f/s" % rate)
        before = busy(child.pid)
        rate, worst = load(port, searches, seconds)
        note("processor for a search", "%.2f ms" % (
            1e3 * (busy(child.pid) - before) / (rate * seconds)))
        note("searches, first page, mixed", "%.0f/s" % rate, "≥ %d/s" % ASKED_SEARCHES,
             rate >= ASKED_SEARCHES)
        note("… 99th percentile", "%.1f ms" % (1e3 * worst), "≤ %.0f ms" % (1e3 * ASKED_99),
             worst <= ASKED_99)
        crowd = Crowd(port, IDLE, SLOW)
        try:
            _, worst = load(port, messages, seconds)
            held = crowd.held()
            note("messages beside %d idle and %d slow connections, 99th" % (IDLE, SLOW),
                 "%.1f ms" % (1e3 * worst), "≤ %.1f ms" % (1e3 * WITHIN * alone),
                 worst <= WITHIN * alone)
            note("… of these still held", str(held))
            memory = resident(child.pid)
            note("… memory", mib(memory), "≤ " + mib(ASKED_MEMORY), memory <= ASKED_MEMORY)
        finally:
            crowd.leave()
        connection.close()  # idle for too long
        connection.request("GET", "/healthz")
        if connection.getresponse().read()[:1] != b"{":
            raise SystemExit("the server does not answer any more")
    return out


def beside_import(bench, place, sets, queries):
    """Lines of the table: searches, one after the other, while mail is imported and indexed."""
    targets = ["/api/v1/search?" + urllib.parse.urlencode(q) for q in queries]
    times, done = [], []
    with open(bench.folder / "new.mbox", "w+b") as file, served(bench.sheaf, place) as (link, _):
        places = million.gather(sets, file.name)[:NEW]
        mail = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
        thread = threading.Thread(target=lambda: done.append(million.Import(
            [bench.sheaf, "-C", place, "import", "--account", "new", "-"], mail, places, 1)))
        thread.start()
        while thread.is_alive() or not times:
            began = time.monotonic()
            link.request("GET", targets[len(times) % len(targets)])
            answer = link.getresponse()
            if answer.status != 200 or not answer.read():
                raise SystemExit("a search beside an import: %d" % answer.status)
            times.append(time.monotonic() - began)
        thread.join()
        mail.close()
    os.unlink(file.name)
    worst = statistics.quantiles(times, n=100)[98]
    return [("an import of %s messages and their index beside searches" % format(NEW, ","),
             speed(done[0].bytes, done[0].seconds), "", ""),
            ("… the %s searches, one after the other: median" % format(len(times), ","),
             "%.1f ms" % (1e3 * statistics.median(times)), "", ""),
            ("… 99th percentile", "%.1f ms" % (1e3 * worst), "≤ %.0f ms" % (1e3 * ASKED_BESIDE),
             verdict(worst <= ASKED_BESIDE))]


def measure(bench, sets):
    """The section `serve`."""
    place = bench.fresh("serving") / "archive"
    Run([bench.sheaf, "-C", place, "init"])
    for path in sets:
        Run([bench.sheaf, "-C", place, "import", "--no-index", "--account", path.name, path])
    Run([bench.sheaf, "-C", place, "index"])
    bench.say("### Serving\n")
    bench.say("%s wrk on the same machine, %d connections, %d s each. The searches are of the"
              " search box.\n" % (index_version(), CONNECTIONS, SECONDS))
    queries = [{"q": q} for q in QUERIES]
    bench.say(table(("what", "measured", "asked", ""), rows(bench.sheaf, place, queries) +
                    beside_import(bench, place, sets, queries)))


def main():
    """Alone."""
    began = time.monotonic()
    seconds = int(sys.argv[3]) if len(sys.argv) > 3 else SECONDS
    print(table(("what", "measured", "asked", ""),
                rows(sys.argv[1], sys.argv[2], [{"q": q} for q in QUERIES], seconds)))
    print("%.0f s" % (time.monotonic() - began), file=sys.stderr)


if __name__ == "__main__":
    main()

"""Acceptance test 2: kill -9 of the harvester at random points of a mailbox. In the end everything
is there, each message once, and no kill made it fetch more again than what was not yet durable."""

import os
import random
import re
import signal
import subprocess
import sys
import time
import unittest

import fault  # noqa: F401  (finds tests/live)
from harvesting import Case, sha
from proxy import Proxy
from rawimap import Raw
from servers import Dovecot

LONG = bool(os.environ.get("SHEAF_LONG"))
COUNT, KILLS = (20000, 50) if LONG else (4000, 10)
RATE = 8 << 20  # bytes a second that the mail comes at, so that a kill is in the middle of it
# What comes in 200 ms is made durable at once (imap/harvest.c: COMMIT_MS); and what is in buffers.
BATCH = RATE * 3 // 10 + (2 << 20)


def letter(number, luck):
    """A mail of its own, of some kilobytes."""
    size = int(min(30000, luck.lognormvariate(7.6, 0.9)))
    return b"From: ann@example.org\r\nSubject: %d\r\nMessage-ID: <%d@x>\r\n\r\n%s\r\n" % (
        number, number, luck.randbytes(size // 2).hex().encode())


@unittest.skipUnless(Dovecot.installed(), "Dovecot is not installed: make deps")
class Killed(Case):
    """One mailbox, one archive."""

    def fetched(self):
        """How many bytes of messages came, by the transcript."""
        path = self.top / "all.trace"
        text = path.read_text(encoding="ascii", errors="replace") if path.exists() else ""
        sizes = re.findall(r"S: \((\d+) bytes of a message\)", text)
        return sum(int(s) for s in sizes)

    def stored(self):
        """(messages, bytes) that are durable."""
        if not (self.ar / "catalog.db").exists():
            return 0, 0
        return self.rows("SELECT count(*), coalesce(sum(size), 0) FROM messages")[0]

    def kill(self, messages):
        """Kill a run when so many messages have begun to arrive, or it ended before."""
        run = subprocess.Popen(self.argv("harvest", "--no-index"), stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, start_new_session=True)
        path, begun, at = self.top / "all.trace", 0, 0
        try:
            while run.poll() is None and begun < messages:
                time.sleep(0.001)
                if path.exists():
                    with open(path, "rb") as trace:
                        trace.seek(at)
                        new = trace.read()
                    begun += new.count(b" bytes of a message)")
                    at += len(new)
        finally:
            if self.luck.random() < 0.5:
                run.kill()  # the parent alone; the children must follow
                run.wait()
                fault.wait_group(run.pid)
            fault.end_group(run)
        return run.returncode == -signal.SIGKILL

    def test_killed(self):
        self.luck = random.Random(17)
        mails = [letter(n, self.luck) for n in range(COUNT)]
        with Dovecot(users=("ann",)) as server, Proxy(server.port) as proxy:
            proxy.rate = RATE
            server.fill("ann", "INBOX", ((m, "\\Seen", None) for m in mails))
            with Raw(server.port, "ann", "ann-pw") as raw:
                there = raw.messages("INBOX")
            self.assertEqual(len(there), COUNT)
            self.configure(server.account("ann", tls="none", port=proxy.port))
            kills, most, again = 0, 0, 0
            for point in sorted(self.luck.sample(range(COUNT), KILLS)):
                before, bytes_before = self.stored()
                (self.top / "all.trace").unlink(missing_ok=True)
                kills += self.kill(max(point - before, self.luck.randrange(3)))
                size = self.fetched()
                lost = size - (self.stored()[1] - bytes_before)
                self.assertGreaterEqual(lost, 0)
                self.assertLessEqual(lost, BATCH)
                most, again = max(most, lost), again + lost
                self.lint_transcripts()
            self.assertGreater(kills, KILLS * 3 // 4)
            self.harvest()
            self.assertEqual(self.copies(), {u: sha(data) for u, (data, _) in there.items()})
            self.assertEqual(self.stored()[0], COUNT)
            self.assertEqual(self.rows("SELECT count(*) FROM copies"), [(COUNT,)])
            self.assertEqual(self.entries(), COUNT)
            self.assertEqual(self.harvest()["fetched"], 0)
            self.call("verify", "--deep", seconds=600)
        total = sum(len(m) for m in mails)
        print("%d kills in %d messages of %d MB: %d MB fetched again, %.1f MB at most by one" % (
            kills, COUNT, total >> 20, again >> 20, most / (1 << 20)), file=sys.stderr)

    def entries(self):
        """How many messages stand in the segments."""
        text = subprocess.run("for s in %s/segments/*.tar.zst; do zstd -dcq $s | tar -tf -; done"
                              % self.ar, shell=True, check=True, stdout=subprocess.PIPE).stdout
        return text.count(b".eml\n")


if __name__ == "__main__":
    unittest.main()

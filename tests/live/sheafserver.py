"""A `sheaf serve` of its own for a test: archive in a temporary folder, free port, clean end."""

import http.client
import json
import os
import pathlib
import re
import select
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.parse

import servers

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SHEAF = os.environ.get("SHEAF") or str(ROOT / "build" / "sheaf")
SECONDS = 60


def sheaf(archive, *args, **kw):
    """Run the program on the archive; the finished process, its output as bytes."""
    return subprocess.run([SHEAF, "-C", str(archive), *map(str, args)], timeout=SECONDS,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=False, **kw)


def fresh(case, name):
    """An archive of its own for a test class, in case.top, which goes with the class."""
    case.top = pathlib.Path(tempfile.mkdtemp(prefix="sheaf-%s-" % name))
    case.addClassCleanup(shutil.rmtree, case.top, True)
    archive = case.top / "archive"
    assert sheaf(archive, "init").returncode == 0
    return archive


def take(archive, account, mails, *options):
    """Import (bytes, flags, date) as a Maildir of the account."""
    with tempfile.TemporaryDirectory(prefix="sheaf-take-") as folder:
        servers.write_maildir(folder, mails)
        done = sheaf(archive, "import", "--account", account, *options, folder)
    assert done.returncode == 0, done.stderr


class Answer:
    """A response, read whole."""

    def __init__(self, response):
        self.status, self.headers = response.status, response.headers
        self.body = response.read()

    def json(self):
        """The body as JSON, which must be declared as such."""
        kind = self.headers["Content-Type"]
        assert kind in ("application/json", "application/problem+json"), kind
        return json.loads(self.body.decode("utf-8"))


class Server:
    """sheaf serve, from `with` to its end."""

    def __init__(self, archive, *args):
        self.argv = [SHEAF, "-C", str(archive), "serve", "--listen", "127.0.0.1:0",
                     *map(str, args)]
        self.child = self.url = self.port = None

    def __enter__(self):
        self.child = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL,
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        ready = select.select([self.child.stdout], [], [], SECONDS)[0]
        line = self.child.stdout.readline().decode() if ready else "nothing"
        found = re.fullmatch(r"listening on (http://127\.0\.0\.1:(\d+)/)\n", line)
        if not found:
            self.child.kill()
            raise RuntimeError("%r: %s" % (line, self.child.communicate()[1].decode()))
        self.url, self.port = found[1], int(found[2])
        return self

    def __exit__(self, *_):
        if self.child.returncode is None:
            status, _ = self.stop()
            assert status == 0, status

    def stop(self, with_signal=signal.SIGTERM):
        """(exit status, seconds it took); what it said last is printed when it failed."""
        start = time.monotonic()
        self.child.send_signal(with_signal)
        try:
            _, said = self.child.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            self.child.kill()
            _, said = self.child.communicate()
        if self.child.returncode:
            print(said.decode(errors="replace"))
        return self.child.returncode, time.monotonic() - start

    def ask(self, target, method="GET", headers=(), body=None):
        """One request on a connection of its own. The target goes out as it is."""
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        try:
            link.request(method, target, body=body, headers=dict(headers))
            return Answer(link.getresponse())
        finally:
            link.close()

    def search(self, q, **more):
        """The JSON of a search that must succeed."""
        answer = self.ask("/api/v1/search?" + urllib.parse.urlencode(dict(more, q=q)))
        assert answer.status == 200, answer.body
        return answer.json()

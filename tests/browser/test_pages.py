"""The pages in headless Chromium: seen as a reader sees them, and nothing hostile runs.

Chromium is driven by its command line only (--dump-dom, --screenshot). SHEAF_SHOTS=DIR keeps the
screenshots.
"""

import os
import pathlib
import shutil
import struct
import subprocess
import tempfile
import unittest
import zlib

import servers
from sheafserver import Server, sheaf

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

BUDGET = b"""From: Ann Weaver <ann.weaver@example.org>
To: Bob Fuller <bob@example.net>
Subject: The quarterly budget
Date: Thu, 5 Mar 2020 23:30:00 -0800

The budget was agreed on Tuesday, and nobody objected.
> Who objected?
"""

# If any of it ran, the title would change; if anything were fetched, the page would say so.
HOSTILE = b"""From: "<img src=x onerror=document.title='owned'>" <mallory@evil.example>
Subject: wallaby <script>document.title='owned'</script>"><svg onload=document.title='owned'>
Date: Fri, 6 Mar 2020 10:00:00 +0100
MIME-Version: 1.0
Content-Type: text/html

<body onload="document.title='owned'"><p>kangaroo</p><script>document.title='owned'</script>
&lt;script&gt;document.title='owned'&lt;/script&gt;</body>
"""


def pixels(png):
    """The set of colours of an 8-bit RGB(A) PNG's unfiltered start bytes: is it more than blank?"""
    data, at = b"", 8
    while at < len(png):
        size, kind = struct.unpack(">I4s", png[at:at + 8])
        data += png[at + 8:at + 8 + size] if kind == b"IDAT" else b""
        at += 12 + size
    return set(zlib.decompress(data))


@unittest.skipUnless(CHROMIUM, "chromium is not installed (make deps)")
class Browser(unittest.TestCase):
    """A few pages"""

    @classmethod
    def setUpClass(cls):
        cls.top = pathlib.Path(tempfile.mkdtemp(prefix="sheaf-browser-"))
        cls.addClassCleanup(shutil.rmtree, cls.top, True)
        archive = cls.top / "archive"
        assert sheaf(archive, "init").returncode == 0
        servers.write_maildir(cls.top / "mail", [(BUDGET, "\\Seen", None), (HOSTILE, "", None)])
        done = sheaf(archive, "import", "--account", "alice", cls.top / "mail")
        assert done.returncode == 0, done.stderr
        cls.server = cls.enterClassContext(Server(archive))

    def chromium(self, target, *args):
        """Its standard output for a page of the server."""
        argv = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                "--no-first-run", "--disable-extensions", "--disable-background-networking",
                "--user-data-dir=%s" % (self.top / "profile"), *args,
                self.server.url + target.lstrip("/")]
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, timeout=60, check=True)
        return done.stdout.decode()

    def shot(self, target, name, size):
        """A screenshot, which is not one colour."""
        folder = pathlib.Path(os.environ.get("SHEAF_SHOTS") or self.top)
        path = folder / (name + ".png")
        self.chromium(target, "--screenshot=%s" % path, "--window-size=%s" % size)
        png = path.read_bytes()
        self.assertEqual(png[:8], b"\x89PNG\r\n\x1a\n")
        self.assertEqual("%d,%d" % struct.unpack(">II", png[16:24]), size)
        self.assertGreater(len(pixels(png)), 50)

    def test_results(self):
        dom = self.chromium("/?q=budget", "--dump-dom")
        self.assertIn("The quarterly budget", dom)
        self.assertIn("Ann Weaver", dom)
        self.shot("/?q=budget", "results", "500,700")

    def test_message(self):
        number = self.server.search("budget")["messages"][0]["id"]
        dom = self.chromium("/message/" + number, "--dump-dom")
        self.assertIn("nobody objected", dom)
        self.assertIn("<q>&gt; Who objected?</q>", dom)
        self.shot("/message/" + number, "message", "1100,700")

    def test_hostile(self):
        number = self.server.search("wallaby")["messages"][0]["id"]
        for target in ("/?q=wallaby", "/message/" + number,
                       "/?q=<script>document.title='owned'</script>".replace(" ", "+")):
            dom = self.chromium(target, "--dump-dom")
            title = dom[dom.index("<title>") + 7:dom.index("</title>")]
            self.assertNotEqual(title, "owned", target)
            for element in ("<script", "<img", "<svg", "onerror=\"", "onload=\""):
                self.assertNotIn(element, dom.lower())


if __name__ == "__main__":
    unittest.main()

"""The pages in headless Chromium: seen as a reader sees them, and nothing hostile runs.

Chromium is driven by its command line only (--dump-dom, --screenshot). SHEAF_SHOTS=DIR keeps the
screenshots.
"""

import base64
import html.parser
import http.server
import os
import pathlib
import shutil
import struct
import subprocess
import tempfile
import threading
import unittest
import zlib

import servers
from sheafserver import Server, sheaf

OURS = '<script src="/sheaf.js" defer=""></script>'
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


PNG = base64.b64encode(
    b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in ((b"IHDR", struct.pack(">IIBBBBB", 40, 40, 8, 2, 0, 0, 0)),
                           (b"IDAT", zlib.compress((b"\0" + b"\xE0\x10\x70" * 40) * 40)),
                           (b"IEND", b""))))

# Each tries to run something or to load something from CANARY.
ATTACKS = b"""<script>document.title='owned'</script><script src="CANARY/1"></script>
<img src="CANARY/2" onerror="document.title='owned'"><img srcset="CANARY/3 2x">
<body onload="document.title='owned'" background="CANARY/4">
<p style="background:url(CANARY/5)">a</p><p style="background:u\\72l(CANARY/6)">b</p>
<style>@import "CANARY/7"; @font-face{font-family:f;src:url(CANARY/8)} p{font-family:f}</style>
<link rel="stylesheet" href="CANARY/9"><link rel="prefetch" href="CANARY/10">
<meta http-equiv="refresh" content="0;url=CANARY/11"><base href="CANARY/12/"><img src="13">
<iframe src="CANARY/14"></iframe><iframe srcdoc="<script src=CANARY/15></script>"></iframe>
<object data="CANARY/16"></object><embed src="CANARY/17"><video src="CANARY/18" autoplay></video>
<audio src="CANARY/19" autoplay></audio><svg><image href="CANARY/20"/><use href="CANARY/21#x"/>
<script>document.title='owned'</script><animate onbegin="document.title='owned'" attributeName=x>
</svg><math><mtext><mglyph><style><!--</style><img title="--&gt;&lt;img src=CANARY/22&gt;">
<table background="CANARY/23"><tr><td background="CANARY/24">c</td></tr></table>
<form action="CANARY/25"><input autofocus onfocus="document.title='owned'" type=image src=CANARY/26>
</form><a href="javascript:document.title='owned'">d</a><a ping="CANARY/27" href="CANARY/28">e</a>
<noscript><p title="</noscript><img src=CANARY/29 onerror=document.title='owned'>">f</noscript>
<img src="data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>">
<details open ontoggle="document.title='owned'">g</details><marquee onstart="alert(1)">h</marquee>
<input type="image" src="CANARY/30"><isindex action="CANARY/31"><frameset><frame src="CANARY/32">
<p>wombat</p><img src="cid:logo%40x" alt="logo"><img src="cid:drawing" alt="drawing">
"""

ATTACKING = b"""From: mallory@evil.example
Subject: numbat
Date: Sat, 7 Mar 2020 10:00:00 +0100
MIME-Version: 1.0
Content-Type: multipart/related; boundary=B

--B
Content-Type: text/html

%s
--B
Content-Type: image/png
Content-ID: <logo@x>
Content-Transfer-Encoding: base64

%s
--B
Content-Type: image/png
Content-ID: <drawing>

<svg xmlns="http://www.w3.org/2000/svg" onload="document.title='owned'"/>
--B--
"""


class Canary(http.server.BaseHTTPRequestHandler):
    """Writes down what is asked for."""

    seen = []

    def do_GET(self):
        self.seen.append(self.path)
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        if self.path == "/control":
            self.wfile.write(b"<title>x</title><img src=/loaded>")

    def log_message(self, *_):
        pass


class Tags(html.parser.HTMLParser):
    """Which elements, attributes and links there are."""

    def __init__(self):
        super().__init__()
        self.names, self.attributes, self.links = set(), set(), []

    def handle_starttag(self, tag, attrs):
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value for name, value in attrs if name in ("href", "src")]


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
        cls.canary = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Canary)
        cls.addClassCleanup(cls.canary.server_close)
        cls.addClassCleanup(cls.canary.shutdown)
        threading.Thread(target=cls.canary.serve_forever, daemon=True).start()
        cls.elsewhere = "http://127.0.0.1:%d" % cls.canary.server_port
        attack = ATTACKING % (ATTACKS.replace(b"CANARY", cls.elsewhere.encode()), PNG)
        servers.write_maildir(cls.top / "mail", [(BUDGET, "\\Seen", None), (HOSTILE, "", None),
                                                 (attack, "", None)])
        done = sheaf(archive, "import", "--account", "alice", cls.top / "mail")
        assert done.returncode == 0, done.stderr
        cls.server = cls.enterClassContext(Server(archive))

    def chromium(self, target, *args):
        """Its standard output for a page of the server."""
        argv = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                "--no-first-run", "--disable-extensions", "--disable-background-networking",
                "--user-data-dir=%s" % (self.top / "profile"), *args,
                target if target.startswith("http") else self.server.url + target.lstrip("/")]
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
            dom = dom.replace(OURS, "")
            for element in ("<script", "<img", "onerror=\"", "onload=\""):
                self.assertNotIn(element, dom.lower())

    def test_html(self):
        """The sender's HTML: nothing runs, nothing is loaded, in the frame and by its address."""
        number = self.server.search("wombat")["messages"][0]["id"]
        self.chromium(self.elsewhere + "/control", "--dump-dom")
        self.assertIn("/loaded", Canary.seen)  # the canary sings when it should
        Canary.seen.clear()
        page = self.chromium("/message/%s?view=html" % number, "--dump-dom")
        self.assertIn('src="/message/%s/html"' % number, page)
        dom = self.chromium("/message/%s/html" % number, "--dump-dom")
        self.assertEqual(Canary.seen, [])
        for text in (page, dom):
            self.assertNotIn("<title>owned", text)
        body = dom[dom.index("<body"):]
        self.assertIn("wombat", body)
        self.assertIn("not loaded", body)
        self.assertIn('<img src="data:image/png;base64,' + PNG.decode()[:20], body)
        self.assertIn("[drawing]", body)
        tags = Tags()
        tags.feed(body)
        self.assertLessEqual(tags.names, {"body", "div", "p", "table", "tbody", "tr", "td", "a",
                                          "img", "span"})
        self.assertLessEqual(tags.attributes, {"class", "href", "title", "target", "rel", "src",
                                               "alt"})
        self.assertFalse([v for v in tags.links if not v.startswith(("http:", "data:image/png"))])
        self.shot("/message/%s?view=html" % number, "html", "900,900")


if __name__ == "__main__":
    unittest.main()

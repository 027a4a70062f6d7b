"""Headless Chromium, driven over its DevTools pipe: what a person at the keyboard could do."""

import base64
import json
import os
import pathlib
import select
import shutil
import subprocess
import time
import unittest

from sheafserver import ROOT

AXE = ROOT / "build" / "browser" / "axe.min.js"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
             "--disable-extensions", "--disable-background-networking", "--remote-debugging-pipe"]
SECONDS = 30
# name: (code, key code)
KEYS = {"Enter": 13, "Escape": 27, "Tab": 9, "ArrowDown": 40, "ArrowUp": 38}


class Chrome:
    """One browser with one page, from `with` to its end."""

    def __init__(self, profile):
        self.profile, self.child, self.serial, self.events = profile, None, 0, []
        self.rest, self.session, self.bytes = b"", None, 0

    def __enter__(self):
        in_read, self.to_child = os.pipe()
        self.from_child, out_write = os.pipe()
        shell = 'exec "$@" 3<&%d 4>&%d' % (in_read, out_write)
        self.child = subprocess.Popen(
            ["sh", "-c", shell, "sh", CHROMIUM, *ARGUMENTS, "--user-data-dir=%s" % self.profile],
            pass_fds=(in_read, out_write), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        os.close(in_read)
        os.close(out_write)
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target,
                                 flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime"):
            self.call(domain + ".enable")
        self.call("Page.setLifecycleEventsEnabled", enabled=True)
        self.call("Network.setCacheDisabled", cacheDisabled=True)
        return self

    def __exit__(self, *_):
        try:
            self.session = None
            self.call("Browser.close")
            self.child.wait(10)
        except (OSError, RuntimeError, subprocess.TimeoutExpired):
            self.child.kill()
            self.child.wait()
        os.close(self.to_child)
        os.close(self.from_child)

    def message(self, deadline):
        """The next thing the browser says."""
        while b"\0" not in self.rest:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.from_child], [], [], left)[0]:
                raise RuntimeError("the browser says nothing")
            piece = os.read(self.from_child, 1 << 16)
            if not piece:
                raise RuntimeError("the browser has ended")
            self.rest += piece
        text, self.rest = self.rest.split(b"\0", 1)
        return json.loads(text)

    def take(self, event):
        """Keeps what tests ask about."""
        if event.get("method") == "Network.loadingFinished":
            self.bytes += int(event["params"]["encodedDataLength"])
        self.events.append(event)

    def call(self, method, **params):
        """A command's result."""
        self.serial += 1
        command = {"id": self.serial, "method": method, "params": params}
        if self.session:
            command["sessionId"] = self.session
        os.write(self.to_child, json.dumps(command).encode() + b"\0")
        deadline = time.monotonic() + SECONDS
        while True:
            answer = self.message(deadline)
            if answer.get("id") == self.serial:
                if "error" in answer:
                    raise RuntimeError("%s: %s" % (method, answer["error"]))
                return answer["result"]
            self.take(answer)

    def goto(self, url):
        """Opens a page and waits until it is there."""
        self.events, self.bytes = [], 0
        got = self.call("Page.navigate", url=url)
        if got.get("errorText"):
            raise RuntimeError("%s: %s" % (url, got["errorText"]))
        deadline = time.monotonic() + SECONDS
        while not any(e.get("method") == "Page.lifecycleEvent" and e["params"]["name"] == "load"
                      and e["params"]["loaderId"] == got["loaderId"] for e in self.events):
            self.take(self.message(deadline))

    def run(self, expression):
        """The value of a JavaScript expression; promises are awaited."""
        got = self.call("Runtime.evaluate", expression=expression, returnByValue=True,
                        awaitPromise=True)
        if "exceptionDetails" in got:
            raise RuntimeError(str(got["exceptionDetails"])[:2000])
        return got["result"].get("value")

    def until(self, expression):
        """Asks again and again until it is true, and returns it."""
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            try:
                got = self.run(expression)
                if got or got == {}:  # {}: an element
                    return got
            except RuntimeError as error:  # the page is on its way to another
                if not any(w in str(error) for w in ("ontext", "null", "navigated")):
                    raise
            if b"\0" in self.rest or select.select([self.from_child], [], [], 0.02)[0]:
                self.take(self.message(deadline))
        raise AssertionError("never true: " + expression)

    def key(self, name):
        """Presses a key: a letter, or one of KEYS."""
        text = "\r" if name == "Enter" else name if len(name) == 1 else ""
        code = KEYS.get(name, ord(name.upper()[0]))
        params = {"key": name, "windowsVirtualKeyCode": code}
        self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **params)
        self.call("Input.dispatchKeyEvent", type="keyUp", **params)

    def type(self, text):
        """Types."""
        for letter in text:
            self.key(letter)

    def middle(self, selector):
        """Where an element of a page that is all there is, scrolled into view."""
        return self.until("(e => { e.scrollIntoView({block: 'center'}); const r ="
                          " e.getClientRects()[0]; return document.readyState === 'complete' &&"
                          " [r.x + r.width / 2, r.y + r.height / 2];"
                          " })(document.querySelector(%s))" % json.dumps(selector))

    def mouse(self, kind, place, button="left"):
        """pressed, moved or released"""
        self.call("Input.dispatchMouseEvent", type="mouse" + kind, x=place[0], y=place[1],
                  button=button, clickCount=1)

    def click(self, selector):
        """A real click in the middle of an element's first line."""
        place = self.middle(selector)
        self.mouse("Pressed", place)
        self.mouse("Released", place)

    def drag(self, start, end):
        """From one element to another."""
        self.mouse("Pressed", self.middle(start))
        self.mouse("Moved", self.middle(end))
        self.mouse("Released", self.middle(end))

    def size(self, width, height):
        """The window's size."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=False)

    def scheme(self, name):
        """light or dark"""
        self.call("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": name}])

    def scripts(self, on):
        """Whether pages may run JavaScript; run() works all the same."""
        self.call("Emulation.setScriptExecutionDisabled", value=not on)

    def shot(self, path):
        """Writes a screenshot."""
        data = self.call("Page.captureScreenshot", format="png")["data"]
        pathlib.Path(path).write_bytes(base64.b64decode(data))


class Looking(unittest.TestCase):
    """Tests that look at pages in self.chrome; screenshots go to self.shots."""

    def text(self, selector):
        """What stands in an element."""
        return self.chrome.run("document.querySelector(%s)?.innerText" % json.dumps(selector))

    def texts(self, selector):
        """What stands in all of them."""
        return self.chrome.run("[...document.querySelectorAll(%s)].map(e => e.innerText)"
                               % json.dumps(selector))

    def count(self, selector):
        """How many there are."""
        return self.chrome.run("document.querySelectorAll(%s).length" % json.dumps(selector))

    def shot(self, name):
        """For a person to look at."""
        self.chrome.shot(self.shots / (name + ".png"))

    def axe(self, what):
        """axe-core finds nothing on this page: WCAG 2.2 A and AA."""
        self.chrome.run(AXE.read_text() + "; 0")
        found = self.chrome.run(
            "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa',"
            " 'wcag22aa', 'best-practice']}).then(r => [r.passes.length].concat("
            "r.violations.map(v => v.id + ': ' + v.help + ' ' + v.nodes.map("
            "n => n.html + ' ' + n.failureSummary).slice(0, 3).join(' | '))))")
        self.assertGreater(found[0], 10, what)
        self.assertEqual(found[1:], [], what)

"""The key of the server's certificate is in the memory of the server, and of no process that it
starts: least of all in that of the readers of documents, also not of those that replace others."""

import io
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import unittest
import http.client
import ssl
import zipfile
from email.message import EmailMessage

from sheafserver import SECONDS, SHEAF, Answer, Server, sheaf
from test_operate import until

# A sanitizer's memory is endless.
PLAIN = os.environ.get("SHEAF_PLAIN", SHEAF)
OTHERS = ("sheaf-nursery", "sheaf-extract", "sheaf-unseal", "sheaf-keeper", "sheaf-spare",
          "sheaf-exports")


def letter(words):
    """A document of Writer with these words."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        z.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        z.writestr("content.xml", "<office:document-content><office:body><text:p>%s</text:p>"
                   "</office:body></office:document-content>" % words)
    return out.getvalue()


def memory(pid):
    """All that a process can read of its memory."""
    root = pathlib.Path("/proc/%d" % pid)
    out = []
    with open(root / "mem", "rb", 0) as mem:
        for line in (root / "maps").read_text().splitlines():
            # Not what is a file, nor the room for a document that is shared with a reader.
            found = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw.p .* 00:00 ", line)
            if found is None:
                continue
            start, end = int(found[1], 16), int(found[2], 16)
            while start < end:
                n = min(end - start, 1 << 20)
                try:
                    mem.seek(start)
                    out.append(mem.read(n))
                except OSError:
                    pass
                start += n
    return b"".join(out)


class Key(unittest.TestCase):
    """A server with TLS, and keys for S/MIME."""

    def setUp(self):
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="sheaf-tlskey-"))
        self.addCleanup(shutil.rmtree, self.top, ignore_errors=True)
        self.archive = self.top / "archive"
        self.assertEqual(sheaf(self.archive, "init").returncode, 0)

    def pair(self, name):
        """Makes a key and its certificate."""
        done = subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes",
                               "-keyout", self.top / (name + ".key"), "-out",
                               self.top / (name + ".pem"), "-days", "2", "-subj", "/CN=" + name],
                              check=False, capture_output=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return self.top / (name + ".key")

    def needles(self, path):
        """What the key looks like in memory: as text, as bytes, as numbers."""
        text = subprocess.run(["openssl", "rsa", "-in", path, "-noout", "-text"], check=True,
                              capture_output=True).stdout.decode()
        found = {"text": path.read_bytes().splitlines()[5]}
        for name in ("privateExponent", "prime1", "prime2"):
            digits = re.search(name + r":\s+((?:[0-9a-f]{2}[:\s]*)+)", text)[1]
            number = bytes.fromhex(re.sub(r"[:\s]", "", digits))
            found[name] = number[-100:-10]
            found[name + " reversed"] = number[-100:-10][::-1]
        return found

    def below(self, server):
        """{process: name} of those that belong to the server."""
        group = {}
        for path in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                name = (path / "comm").read_text().strip()
                if (name in OTHERS and str(self.archive).encode()
                        in (path / "cmdline").read_bytes().split(b"\0")):
                    group[int(path.name)] = name
            except OSError:
                pass
        self.assertNotIn(server.pid, group)
        return group

    def look(self, server, needles):
        """No process has any of it, but the server has. Their names."""
        here = memory(server.pid)
        self.assertTrue([k for k, v in needles.items() if v in here and k != "text"])
        names = set()
        for pid, name in self.below(server).items():
            try:
                there = memory(pid)
            except OSError:
                continue # it has just ended
            self.assertEqual([k for k, v in needles.items() if v in there], [], name)
            self.assertGreater(len(there), 1 << 20)
            names.add(name)
        return names

    def ask(self, port, target):
        """One request by TLS."""
        trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
        link = http.client.HTTPSConnection("127.0.0.1", port, context=trust, timeout=SECONDS)
        link.request("GET", target)
        answer = Answer(link.getresponse())
        link.close()
        return answer

    def fill(self, n):
        """Mail with documents that no index has read."""
        for i in range(n):
            mail = EmailMessage()
            mail["From"], mail["Subject"] = "ann@example.org", "letter %d" % i
            mail.set_content("see there")
            mail.add_attachment(letter("quokka%d" % i), maintype="application", subtype="zip",
                                filename="letter.odt")
            (self.top / "mails").mkdir(exist_ok=True)
            (self.top / "mails" / ("%d.eml" % i)).write_bytes(mail.as_bytes())
        done = sheaf(self.archive, "import", "--no-index", self.top / "mails")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_nobody_else_has_it(self):
        """At the start; after a HUP with a new one; in those that replace who was killed."""
        self.fill(2)
        key, sealed = self.pair("tls"), self.pair("mime")
        with open(self.top / "mime.pem", "ab") as f:
            f.write(sealed.read_bytes())
        (self.top / "mime.pem").chmod(0o600)
        (self.archive / "sheaf.conf").write_text(
            "[serve]\ncertificate = %s\nkey = %s\n[index]\nsmime_keys = %s\n" % (
                self.top / "tls.pem", key, self.top / "mime.pem"))
        server = subprocess.Popen([PLAIN] + Server(self.archive).argv[1:], stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE)
        try:
            port = int(server.stdout.readline().decode().rsplit(":", 1)[1].strip("/\n"))
            found = self.ask(port, "/api/v1/search?q=quokka0")
            self.assertEqual(found.json()["total"], 1, found.body)
            until(lambda: {"sheaf-spare", "sheaf-exports"} <= set(self.below(server).values()))
            self.assertEqual(self.look(server, self.needles(key)), set(OTHERS))
            # Those that die are replaced from where the key never was.
            key = self.pair("tls")
            server.send_signal(signal.SIGHUP)
            until(lambda: list(self.needles(key).values())[1] in memory(server.pid)
                  or list(self.needles(key).values())[2] in memory(server.pid))
            before = self.below(server)
            for pid, name in before.items():
                if name in ("sheaf-extract", "sheaf-unseal", "sheaf-keeper"):
                    try:
                        os.kill(pid, signal.SIGKILL)
                    except ProcessLookupError:
                        pass
            found = self.ask(port, "/api/v1/search?q=quokka1")
            self.assertEqual(found.json()["total"], 1, found.body)
            until(lambda: {"sheaf-keeper", "sheaf-spare", "sheaf-extract"}
                  <= set(self.below(server).values()))
            self.assertTrue(set(self.below(server)) - set(before))
            self.look(server, self.needles(key))
            self.assertEqual(self.ask(port, "/readyz").status, 200)
            # Who starts them is gone: nobody is replaced by a copy that has the key.
            for pid, name in self.below(server).items():
                if name in ("sheaf-nursery", "sheaf-extract"):
                    try:
                        os.kill(pid, signal.SIGKILL)
                    except ProcessLookupError:
                        pass
            self.assertEqual(until(lambda: self.ask(port, "/readyz").status == 503 and
                                   self.ask(port, "/readyz")).json()["reasons"],
                             ["what starts readers of documents was killed: start the server"
                              " anew"])
            self.assertEqual(self.ask(port, "/api/v1/search?q=quokka2").status, 500)
            self.assertNotIn("sheaf-extract", self.below(server).values())
        finally:
            server.terminate()
            said = server.communicate(timeout=20)[1].decode()
        self.assertEqual(server.returncode, 0, said)
        self.assertEqual(self.below(server), {})


if __name__ == "__main__":
    unittest.main()

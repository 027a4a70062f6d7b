"""What README.md tells people to type, typed."""

import os
import pathlib
import re
import shlex
import shutil
import subprocess
import tempfile
import unittest

import generate
import servers
from sheafserver import ROOT, SHEAF, Server

README = (ROOT / "README.md").read_text(encoding="utf-8")
DISPOSAL = (ROOT / "docs" / "disposal.md").read_text(encoding="utf-8")
PROOF = (ROOT / "docs" / "proof.md").read_text(encoding="utf-8")


def commands():
    """The lines of the code blocks that call sheaf, and the configuration among them."""
    lines = [line[4:] for line in README.splitlines() if line.startswith("    ")]
    return ([line for line in lines if line.startswith("sheaf ")],
            [line for line in lines if re.match(r"\[account|\w+ = ", line)])


class Readme(unittest.TestCase):
    """In a home of its own, with the mail that README speaks of."""

    def setUp(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="sheaf-readme-"))
        self.addCleanup(shutil.rmtree, self.home, ignore_errors=True)
        (self.home / "bin").mkdir()
        (self.home / "bin" / "sheaf").symlink_to(pathlib.Path(SHEAF).resolve())
        self.env = dict(os.environ, HOME=str(self.home),
                        SHEAF_ARCHIVE=str(self.home / "mail-archive"),
                        PATH="%s:%s" % (self.home / "bin", os.environ["PATH"]))
        servers.write_maildir(str(self.home / "Maildir"), [m[:3] for m in generate.messages(60)])
        one = next((self.home / "Maildir" / "cur").iterdir()).read_bytes()
        (self.home / "one-message.eml").write_bytes(one)
        (self.home / "old-mail.mbox").write_bytes(
            b"From ann@example.org Mon Jan  2 15:04:05 2006\n"
            b"From: Ann <ann@example.org>\nSubject: annual report\n"
            b"Date: Tue, 3 Mar 2020 10:00:00 +0000\n\nthe annual report\n\n")

    def shell(self, line, *okay):
        """Run one line; its output."""
        done = subprocess.run(["sh", "-c", line], cwd=self.home, env=self.env, timeout=120,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, check=False)
        self.assertIn(done.returncode, okay or (0,), "%s: %s" % (line, done.stderr.decode()))
        return done.stdout.decode()

    def test_commands(self):
        lines, _ = commands()
        self.assertGreaterEqual(len(lines), 7, "README.md has lost its examples")
        seen = set()
        for line in lines:
            words = shlex.split(line)
            seen.add(words[1])
            if words[1] == "show":
                known = self.shell("sheaf search --format ids --limit 1 report").split()[0]
                self.assertIn("annual report", self.shell("sheaf show %s --text" % known))
                self.shell(line, 65)  # the id it shows is nobody's
            elif words[1] == "search":
                found = self.shell(line, 0, 1)
                if "annual report" in line:
                    self.assertIn("annual report", found)
            elif words[1] == "export":
                self.shell(line)
                self.assertTrue((self.home / "ann-mail" / "SHA256SUMS").exists())
            elif words[1] != "serve":
                self.shell(line)
        self.assertEqual(seen, {"init", "import", "search", "show", "serve", "verify", "ledger",
                                "export", "backup", "seal"})

    def test_proof(self):
        """docs/proof.md, from the first line to the last."""
        self.shell("sheaf init ~/mail-archive && sheaf import --account old ~/Maildir")
        known = self.shell("sheaf search --format ids --limit 1 --dialect imap ALL").strip()
        said = [self.shell(line[4:].replace("3f9a0c12beef", known).replace(
                    "docs/formats", str(ROOT / "docs" / "formats")))
                for line in PROOF.splitlines() if line.startswith("    ")]
        self.assertEqual(len(said), 10)
        self.assertEqual([text.startswith("OK") for text in said].count(True), 3, said)

    def test_disposal(self):
        """docs/disposal.md, from the first line to the last but for the undone one."""
        self.shell("sheaf init ~/mail-archive")
        self.put_old_mail()
        lines = [line[4:] for line in DISPOSAL.splitlines() if line.startswith("    ")]
        self.assertEqual(len(lines), 5)
        said = [self.shell(line, 0, 1) for line in lines]
        self.assertIn("1 messages", said[0])
        self.assertIn("hidden from now on", said[1])
        self.assertIn("taken back", said[2])
        self.assertEqual(said[3:], ["", ""])
        self.shell(lines[1])
        self.assertIn("are destroyed", self.shell(lines[4]))

    def put_old_mail(self):
        """What the page disposes of."""
        (self.home / "ann.eml").write_bytes(b"From: ann@example.org\nDate: Tue, 3 Mar 2009 "
                                            b"10:00:00 +0000\nSubject: old\n\nold\n")
        self.shell("sheaf import ann.eml")

    def test_account(self):
        """The section for an account is understood as it stands; only the place is another."""
        _, section = commands()
        self.shell("sheaf init ~/mail-archive")
        conf = self.home / "mail-archive" / "sheaf.conf"
        secret = self.home / "secret"
        secret.write_text("alice-pw\n")
        secret.chmod(0o600)
        with servers.Dovecot() as server:
            text = "\n".join(section).replace("mail.example.org", "localhost")
            text = text.replace("/run/secrets/alice", str(secret))
            conf.write_text("%s\nport = %d\nca_file = %s\n" % (text, server.tls_port, server.ca))
            server.append("alice", "INBOX", b"Subject: hello\r\n\r\nover the wire\r\n")
            self.shell("sheaf harvest")
            self.assertIn("hello", self.shell("sheaf search wire"))

    def test_serve(self):
        """The address and the query of the curl line are answered."""
        url = re.search(r"curl 'http://127\.0\.0\.1:8425(/[^']*)'", README)[1]
        self.shell("sheaf init ~/mail-archive && sheaf import old-mail.mbox")
        with Server(self.home / "mail-archive") as server:
            answer = server.ask(url)
            self.assertEqual(answer.status, 200)
            self.assertEqual(answer.json()["messages"][0]["subject"], "annual report")


if __name__ == "__main__":
    unittest.main()

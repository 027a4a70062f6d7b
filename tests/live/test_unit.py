"""What an administrator starts with: the units for systemd are understood by it, and confine the
service as far as they say; every key of sheaf.conf is told."""

import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from sheafserver import ROOT, SHEAF


class Unit(unittest.TestCase):
    """As an administrator would try them, with the program where it is."""

    def analyze(self, *args):
        """What systemd-analyze says, without a word of complaint."""
        done = subprocess.run(["systemd-analyze", *map(str, args)], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False, timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout.decode())
        return done.stdout.decode()

    def test_units(self):
        top = pathlib.Path(tempfile.mkdtemp(prefix="sheaf-unit-"))
        self.addCleanup(shutil.rmtree, top, ignore_errors=True)
        for name in ("sheaf.service", "sheaf.socket"):
            text = (ROOT / "packaging" / name).read_text()
            (top / name).write_text(text.replace("/usr/bin/sheaf", SHEAF))
        if shutil.which("systemd-analyze") is None:
            self.skipTest("no systemd-analyze here (Debian: systemd)")
        self.assertEqual(self.analyze("verify", top / "sheaf.service", top / "sheaf.socket"), "")
        # In tenths: what is left are the network, and what the children need.
        self.analyze("security", "--offline=true", "--threshold=15", top / "sheaf.service")

    def test_every_key_is_told(self):
        """What sheaf.conf may have stands in docs/operate.md, and nothing else does."""
        source = (ROOT / "sheaf" / "cmd.c").read_text()
        source = source[source.index("int cmd_conf("):source.index("conf_rule")]
        known = set(re.findall(r'"(\w+)"', source))
        source = (ROOT / "sheaf" / "exportconf.c").read_text()
        known |= set(re.findall(r'"(\w+)"', source[:source.index("NULL}")]))
        text = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
        rows = re.findall(r"^\| (?:`\[\w+\]` )?\| ([`\w, ]+) \|", text, re.M)
        told = set(re.findall(r"`(\w+)`", " ".join(rows)))
        self.assertGreater(len(known), 20)
        self.assertEqual(told, known)


if __name__ == "__main__":
    unittest.main()

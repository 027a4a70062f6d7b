"""sheaf verify and sheaf rebuild-catalog from outside: statuses, JSON, places of damage, read-only
archives, a large message in bounded memory, and tables before and after."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "crash"))
import fault  # noqa: E402
import harvesting  # noqa: E402
import servers  # noqa: E402
from test_cli import BROKEN, INPUT, LATER, OK, USAGE, Case, mail  # noqa: E402

SEGMENT = "segments/000001.tar.zst"


class Verify(Case):
    """Archives made by imports."""

    def setUp(self):
        super().setUp()
        self.init()
        for n in range(1, 6):
            self.put("in/%d.eml" % n, mail(n, b"some words %d\n" % n * 20))
        self.sheaf("import", "--no-index", self.top / "in")
        self.put("more/6.eml", mail(6))
        self.put("more/1.eml", mail(1, b"some words 1\n" * 20))
        self.sheaf("import", "--no-index", self.top / "more")

    def flip(self, name, at):
        """One bit."""
        path = self.ar / name
        data = bytearray(path.read_bytes())
        data[at] ^= 4
        path.write_bytes(data)

    def tables(self):
        """What the catalog says."""
        return fault.catalog(self.ar / "catalog.db")

    def lose(self):
        """The catalog."""
        for path in self.ar.glob("catalog.db*"):
            path.unlink()

    def test_whole(self):
        for argv in (["verify"], ["verify", "--deep"]):
            self.assertIn("whole", self.out(*argv))
            got = self.js(*argv, "--json")
            self.assertEqual((got["schema_version"], got["whole"], got["found"], got["findings"]),
                             (1, True, 0, []))
            self.assertEqual((got["messages"], got["copies"], got["segments"]), (6, 7, 1))
            self.assertEqual(got["frames"], 2)
        self.sheaf("verify", "extra", want=USAGE)

    def test_empty(self):
        self.ar = self.top / "empty"
        self.init()
        self.assertIn("whole", self.out("verify", "--deep"))
        before = self.tables()
        self.lose()
        self.sheaf("rebuild-catalog")
        self.assertEqual(self.tables(), before)

    def test_nothing_there(self):
        self.ar = self.top / "nowhere"
        self.sheaf("verify", want=INPUT)
        self.sheaf("rebuild-catalog", want=INPUT)

    def test_damage_has_a_place(self):
        frames = self.js("verify", "--json")["frames"]
        size = (self.ar / SEGMENT).stat().st_size
        self.flip(SEGMENT, size - 40)
        done = self.sheaf("verify", "--deep", "--json", want=BROKEN)
        got = json.loads(done.stdout)
        first = got["findings"][0]
        self.assertFalse(got["whole"])
        self.assertEqual(first["segment"], 1)
        self.assertTrue(32 < first["byte"] < size)
        self.assertEqual(got["frames"], frames - 1)
        text = self.sheaf("verify", "--deep", want=BROKEN).stdout.decode()
        self.assertIn("DAMAGED", text)
        self.assertIn("segment 000001 byte %d" % first["byte"], text)
        ids = {m[:-4] for m in self.members_of_first_frame()}
        for name in ids:
            self.sheaf("show", "--raw", name)

    def members_of_first_frame(self):
        """Names of the messages that are intact."""
        done = subprocess.run("zstd -dcq < %s 2>/dev/null | tar -t 2>/dev/null" % SEGMENT,
                              shell=True, cwd=self.ar, stdout=subprocess.PIPE, check=False)
        found = [n for n in done.stdout.decode().split() if n.endswith(".eml")]
        self.assertEqual(len(found), 5)
        return found

    def test_catalog_that_is_none(self):
        (self.ar / "catalog.db").write_bytes(b"not a database, by no means" * 300)
        done = self.sheaf("verify", "--deep", "--json", want=BROKEN)
        got = json.loads(done.stdout)
        self.assertEqual((got["found"], got["messages"]), (1, 6))
        self.sheaf("rebuild-catalog", want=INPUT)
        self.sheaf("rebuild-catalog", "--force")
        self.sheaf("verify", "--deep")
        self.assertTrue((self.ar / "catalog.db.old-1").exists())

    def test_truncated_segment(self):
        path = self.ar / SEGMENT
        os.truncate(path, path.stat().st_size - 10)
        for argv in (["verify"], ["verify", "--deep"]):
            self.assertIn(b"should have", self.sheaf(*argv, want=BROKEN).stdout)

    def test_rebuild(self):
        before = self.tables()
        self.sheaf("rebuild-catalog", want=INPUT)
        self.lose()
        self.sheaf("search", "words", want=BROKEN)
        text = self.out("rebuild-catalog")
        self.assertIn("6 messages", text)
        self.assertIn("users, tags, audit", text)
        self.assertEqual(self.tables(), before)
        got = self.js("rebuild-catalog", "--force", "--json")
        self.assertEqual((got["messages"], got["commits"], got["old"], got["found"]),
                         (6, 2, "catalog.db.old-1", 0))
        self.assertIn("tags", got["not_brought_back"])
        self.assertEqual(self.tables(), before)
        self.sheaf("import", self.top / "in")
        self.assertEqual(self.out("search", "--count", "words"), "5\n")

    def test_torn_tail_is_left_alone(self):
        before = self.tables()
        path = self.ar / SEGMENT
        whole = path.read_bytes()
        path.write_bytes(whole + whole[32:300])
        self.assertIn("no fault", self.out("verify", "--deep"))
        self.lose()
        self.assertIn("268 bytes behind the last commit", self.out("rebuild-catalog"))
        self.assertEqual(self.tables(), before)
        self.assertEqual(path.read_bytes(), whole + whole[32:300])
        self.put("last/7.eml", mail(7))
        self.sheaf("import", "--no-index", self.top / "last")
        self.assertEqual(path.read_bytes()[:len(whole)], whole)
        self.sheaf("verify", "--deep")

    def test_damage_costs_what_it_touches(self):
        (self.ar / SEGMENT).write_bytes((self.ar / SEGMENT).read_bytes())
        self.flip(SEGMENT, 200)
        self.lose()
        done = self.sheaf("rebuild-catalog", want=BROKEN)
        self.assertIn(b"segment 000001 byte 32", done.stdout)
        self.assertEqual([row[0] for row in self.tables()["messages"]], [6])
        self.sheaf("verify", "--deep", want=BROKEN)
        again = self.out("import", "--no-index", self.top / "in")
        self.assertIn("5 new", again)

    def test_two_writers(self):
        import fcntl
        with open(self.ar / "lock", "r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.sheaf("rebuild-catalog", "--force", want=LATER)
            self.sheaf("verify", "--deep")

    def test_read_only(self):
        """Somebody who may only read; nothing is written."""
        before = {p: p.read_bytes() for p in self.ar.rglob("*") if p.is_file()}
        for path in [self.ar, *self.ar.rglob("*")]:
            path.chmod(0o555 if path.is_dir() else 0o444)
        self.top.chmod(0o755)

        def drop():
            if os.getuid() == 0:
                os.setuid(65534)

        for argv in (["verify"], ["verify", "--deep"]):
            self.sheaf(*argv, preexec_fn=drop)
        self.assertEqual(before, {p: p.read_bytes() for p in self.ar.rglob("*") if p.is_file()})
        for path in [self.ar, *self.ar.rglob("*")]:
            path.chmod(0o755)

    def test_large_message_in_little_memory(self):
        """It streams: 300 MB checked with less than 128 MiB resident."""
        plain = os.environ.get("SHEAF_PLAIN", fault.SHEAF)
        path = self.top / "large" / "1.eml"
        path.parent.mkdir()
        with open(path, "wb") as out:
            out.write(mail(9))
            line = b"a line of a very large message, the same again and again\n" * 1000
            for _ in range(300 * 1000 * 1000 // len(line)):
                out.write(line)
        self.sheaf("import", "--no-index", path)
        for argv in (["verify", "--deep"], ["rebuild-catalog", "--force"]):
            child = subprocess.Popen([str(plain), "-C", str(self.ar), *argv],
                                     stdout=subprocess.DEVNULL)
            used = os.wait4(child.pid, 0)
            child.returncode = 0
            self.assertEqual(used[1], OK)
            self.assertLess(used[2].ru_maxrss, 128 << 10)


@unittest.skipUnless(servers.Dovecot.installed(), "Dovecot is not installed: make deps")
class Harvested(Case):
    """An archive harvested from a server, with all that changes there."""

    def test_before_and_after(self):
        self.init()
        with servers.Dovecot() as server:
            (self.ar / "sheaf.conf").write_text(server.account("alice"))
            mails = [(harvesting.mail(n), "\\Seen" if n % 3 else "", None) for n in range(1, 31)]
            server.append_all("alice", "INBOX", mails)
            server.append_all("alice", "Other", mails[20:])
            self.sheaf("harvest", "--no-index")
            with server.imap("alice") as box:
                box.select("INBOX")
                box.store("1:4", "+FLAGS", "(\\Flagged work)")
                box.store("7:9", "+FLAGS", "(\\Deleted)")
                box.expunge()
                box.delete("Other")
            self.sheaf("harvest", "--no-index")
            server.append_all("alice", "Other", mails[:3])
            self.sheaf("harvest", "--no-index")
        self.sheaf("verify", "--deep")
        before = fault.catalog(self.ar / "catalog.db")
        self.assertTrue(any(row[11] for row in before["copies"]), "nothing has vanished")
        for path in self.ar.glob("catalog.db*"):
            path.unlink()
        self.sheaf("rebuild-catalog")
        self.assertEqual(fault.catalog(self.ar / "catalog.db"), before)
        shutil.rmtree(self.ar)


del Case  # not a test of its own here

if __name__ == "__main__":
    unittest.main()

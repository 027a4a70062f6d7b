"""sheaf export: round trips in every format, names, sums, manifests, and what goes wrong."""

import hashlib
import json
import mailbox
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import time

from test_cli import BROKEN, INPUT, LATER, NOTHING, OK, SHEAF, USAGE, Case

import generate

PLAIN = os.environ.get("SHEAF_PLAIN", SHEAF)
FORMATS = ("mboxrd", "maildir", "eml", "tar")
ALL = ("--dialect", "imap", "ALL")
# Names, folders of a Maildir++, flags.
BOXES = (("INBOX", "", "S"), ("Archive/2004", ".Archive.2004", "RS"),
         ("Entw\u00fcrfe", ".Entw&APw-rfe", "DF"))
HEAD = b"From: ann@example.org\r\nSubject: odd\r\n\r\n"
# Messages as a server may have them, which importers would change.
ODD = (b"", b"\r\n", b"\n", HEAD + b"no end", HEAD + b"bare\nlf\n", HEAD + b"mixed\r\nends\n",
       HEAD + b"nul \0 inside\r\n", HEAD + b"x" * 100000 + b"\r\n", HEAD + b"cr\r\r\nhere\r\n",
       HEAD + b"From me\r\n>From you\r\n\r\nFrom x Thu Jan  1 00:00:00 1970\r\n",
       b"From a Thu Jan  1 00:00:00 1970\r\n" + HEAD, HEAD + b"\r\n\r\n\r\n", HEAD + b"tail\r",
       HEAD + b">" * 950 + b"From x\r\n", b"\xff\xfe\x00\x01", HEAD + b">" * 800 + b"From x\r\n",
       HEAD + b"\r\n\nFrom x\r\n", HEAD + b"y" * (9 << 20) + b"\r\n",
       HEAD + b"Content-Length: 3\r\n\r\nabc\r\n")
# Of these, what no mbox can carry.
UNFIT = sum(1 for m in ODD if m and (not m.endswith(b"\r\n") or b"\r\r\n" in m
                                     or b"\n" in m.replace(b"\r\n", b"") or b">" * 901 in m))


class Source(Case):
    """An archive with three mailboxes of made-up mail, and one of odd messages."""

    count = 45

    def setUp(self):
        super().setUp()
        self.init()
        for number, message in enumerate(generate.messages(self.count)):
            _, folder, letters = BOXES[number % 3]
            for sub in ("cur", "new", "tmp"):
                (self.top / "src" / folder / sub).mkdir(parents=True, exist_ok=True)
            self.put("src/%s/cur/%d.x:2,%s" % (folder, number, letters), message[0])
        for data in ODD:
            self.put("odd/%s.eml" % hashlib.sha256(data).hexdigest(), data)
        self.sheaf("import", "--no-index", "--account", "ann", self.top / "src")
        self.sheaf("import", "--account", "odd", "--mailbox", "Odd", self.top / "odd")

    def export(self, kind, *query, want=OK, to=None):
        """Exports; the target."""
        target = self.top / (to or kind)
        self.last = self.sheaf("export", "--format", kind, "--to", target, *(query or ALL),
                               want=want)
        return target

    def copies(self, archive):
        """(id, account, mailbox, flags, date) of every copy."""
        done = self.run_raw("-C", archive, "search", "--format", "ndjson", *ALL)
        out = set()
        for line in done.stdout.splitlines():
            hit = json.loads(line)
            for copy in hit["copies"]:
                out.add((hit["id"], copy["account"], copy["mailbox"], tuple(copy["flags"]),
                         copy["internaldate"]))
        return out

    def again(self, target):
        """Imports an export, account by account, into a fresh archive."""
        fresh = self.top / "fresh"
        shutil.rmtree(fresh, ignore_errors=True)
        self.run_raw("-C", fresh, "init")
        for account in sorted(p for p in target.iterdir() if p.is_dir()):
            done = self.run_raw("-C", fresh, "import", "--account", account.name, account)
            self.assertEqual(done.returncode, OK, done.stderr)
        return fresh

    def manifest(self, target):
        """(header, messages)."""
        lines = (target / "manifest.ndjson").read_text().splitlines()
        return json.loads(lines[0]), [json.loads(line) for line in lines[1:]]

    def sums(self, target):
        """sha256sum agrees."""
        done = subprocess.run(["sha256sum", "-c", "--strict", "--quiet", "SHA256SUMS"], cwd=target,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        self.assertEqual((done.returncode, done.stdout), (0, b""))

    def nothing_left(self, target):
        """Neither the export nor its beginning is there."""
        self.assertEqual([p for p in target.parent.iterdir() if p.name.startswith(target.name)],
                         [])


class RoundTrip(Source):
    """Out and in again."""

    def check(self, target, exact):
        """The same messages come back; with all that a format can carry when `exact`."""
        self.sums(target)
        want = {(c if exact else c[0]) for c in self.copies(self.ar)}
        got = {(c if exact else c[0]) for c in self.copies(self.again(target))}
        self.assertEqual(len({c[0] for c in self.copies(self.ar)}), self.count + len(ODD))
        self.assertEqual(got, want)

    def test_maildir(self):
        """Bytes, mailboxes, flags and dates."""
        self.check(self.export("maildir"), True)

    def test_eml(self):
        """Bytes; the sum of a file is its id."""
        target = self.export("eml")
        self.check(target, False)
        head, messages = self.manifest(target)
        self.assertEqual(head["messages"], self.count + len(ODD))
        for m in messages:
            data = (target / m["path"]).read_bytes()
            self.assertEqual(hashlib.sha256(data).hexdigest(), m["id"])
            self.assertEqual(len(data), m["size"])
        boxes = {c[2] for c in self.copies(self.top / "fresh")}
        self.assertEqual(boxes, {b[0] for b in BOXES} | {"Odd"})

    def test_mboxrd(self):
        """Bytes; what an mbox cannot carry stands beside it, and that is said."""
        target = self.export("mboxrd")
        self.check(target, False)
        head, messages = self.manifest(target)
        generated = sum(1 for m in messages if "note" in m and m["copies"][0]["account"] == "ann")
        self.assertEqual(head["as_eml"], UNFIT + generated)
        self.assertIn(b"%d files are .eml beside" % head["as_eml"], self.last.stderr)
        self.assertLess(generated, self.count / 2)
        for m in messages:
            copy = m["copies"][0]
            if "note" in m:
                data = (target / copy["path"]).read_bytes()
                self.assertEqual(hashlib.sha256(data).hexdigest(), m["id"])
            else:
                with open(target / copy["path"], "rb") as box:
                    box.seek(copy["offset"])
                    self.assertEqual(box.read(5), b"From ")

    def test_mbox_for_others(self):
        """Python's reader finds the same messages."""
        target = self.export("mboxrd", "--account", "ann", *ALL)
        found = 0
        for path in target.rglob("*.mbox"):
            self.assertNotIn(b"\r\n", path.read_bytes().replace(b"\r\r", b""))
            box = mailbox.mbox(path)
            found += len(box)
            box.close()
        head, _ = self.manifest(target)
        self.assertEqual(found, head["messages"] - head["as_eml"])

    def test_tar(self):
        """Unpacked by tar it is what eml writes."""
        target = self.export("tar")
        plain = self.export("eml")
        out = self.top / "out"
        out.mkdir()
        subprocess.run(["tar", "xf", target, "-C", out], check=True)
        names = subprocess.run(["tar", "tf", target], stdout=subprocess.PIPE,
                               check=True).stdout.decode().split("\n")
        self.assertEqual(names[-3:], ["SHA256SUMS", "manifest.ndjson", ""])
        self.check(out, False)
        one = {p.relative_to(out): p.read_bytes() for p in out.rglob("*.eml")}
        two = {p.relative_to(plain): p.read_bytes() for p in plain.rglob("*.eml")}
        self.assertEqual(one, two)
        self.assertEqual(self.manifest(out)[1], self.manifest(plain)[1])

    def test_tar_to_standard_output(self):
        """The same bytes, and the words elsewhere."""
        target = self.export("tar")
        done = self.sheaf("export", "--format", "tar", "--to", "-", *ALL)
        self.assertEqual(done.stdout, target.read_bytes())
        self.assertIn(b"messages exported", done.stderr)

    def test_same_again(self):
        """Two exports are equal, byte for byte."""
        for kind in FORMATS:
            one, two = self.export(kind, to="one-" + kind), self.export(kind, to="two-" + kind)
            done = subprocess.run(["diff", "-r", one, two], stdout=subprocess.PIPE, check=False)
            self.assertEqual(done.stdout, b"")

    def test_mail_in_two_mailboxes(self):
        """Maildir and mbox have it in both, eml once; the manifest tells both."""
        self.put("more/cur/1.y:2,F", generate.messages(1)[0][0])
        (self.top / "more/new").mkdir()
        self.sheaf("import", "--account", "bob", self.top / "more")
        for kind, files in (("maildir", 2), ("mboxrd", 2), ("eml", 1)):
            query = self.manifest(self.export("eml", to="all-" + kind))[1][0]["id"]
            self.assertEqual(query, self.copies_of_first())
            target = self.export(kind, "--dialect", "imap", "ALL", to="two-" + kind)
            first = self.manifest(target)[1][0]
            self.assertEqual(len([c for c in first["copies"] if "path" in c]), files)
            self.assertEqual([c["account"] for c in first["copies"]], ["ann", "bob"])

    def copies_of_first(self):
        """The id of the message that stands in two accounts."""
        both = {}
        for copy in self.copies(self.ar):
            both.setdefault(copy[0], set()).add(copy[1])
        return [name for name, accounts in both.items() if len(accounts) == 2][0]


class Wrong(Source):
    """What is refused, stopped, or damaged."""

    count = 9

    def test_usage(self):
        """Wrong calls end with 64."""
        for argv in (["a"], ["--to", "x", "a"], ["--format", "eml", "a"],
                     ["--to", "-", "--format", "eml", "a"], ["--to", "x", "--format", "eml"],
                     ["--to", "-", "--format", "tar", "--json", "a"],
                     ["--to", "x", "--format", "pst", "a"]):
            self.sheaf("export", *argv, want=USAGE)
        self.assertFalse(pathlib.Path("x").exists())

    def test_nothing_found(self):
        """Exit status 1, and nothing is made."""
        for kind in FORMATS:
            self.nothing_left(self.export(kind, "xyzzyplugh", want=NOTHING))

    def test_target_not_free(self):
        """What is there stays; an empty folder is free."""
        for kind in FORMATS:
            self.put("there/file", b"mine")
            self.export(kind, to="there", want=INPUT)
            self.assertEqual([p.name for p in (self.top / "there").iterdir()], ["file"])
            self.assertFalse((self.top / "there.partial").exists())
            (self.top / "part.partial").mkdir()
            self.export(kind, to="part", want=INPUT)
            self.assertIn(b"did not end", self.last.stderr)
            (self.top / "part.partial").rmdir()
        self.put("file", b"x")
        self.export("tar", to="file", want=INPUT)
        (self.top / "empty").mkdir()
        self.sums(self.export("eml", to="empty"))
        self.sums(self.export("eml", to="new/deep/"))

    def test_query_error(self):
        """A wrong query is pointed at, and nothing is made."""
        self.nothing_left(self.export("eml", "--dialect", "imap", "FROM", want=INPUT))

    def test_json(self):
        """The result as JSON agrees with the manifest."""
        done = self.js("export", "--json", "--format", "eml", "--to", self.top / "j", *ALL)
        head, messages = self.manifest(self.top / "j")
        for key in ("messages", "files", "bytes", "as_eml", "failed"):
            self.assertEqual(done[key], head[key])
        self.assertEqual(len(messages), done["messages"])
        self.assertEqual(head["query"]["text"], "ALL")
        self.assertEqual(head["archive"]["stored_to"], self.count + len(ODD))

    def test_not_indexed(self):
        """What is not indexed yet is not left out."""
        shutil.rmtree(self.ar / "index")
        target = self.export("eml")
        self.assertEqual(self.manifest(target)[0]["messages"], self.count + len(ODD))
        self.assertIn(b"not indexed yet", self.last.stderr)

    def test_behind(self):
        """What came after the index is looked at, and only that."""
        late = self.top / "late.eml"
        late.write_bytes(b"Subject: late\r\n\r\nzanzibar\r\n")
        self.sheaf("import", "--no-index", late)
        for query, want in ((("zanzibar",), 1), ((), self.count + len(ODD) + 1)):
            target = self.export("eml", *query, to="out-%d" % want)
            self.assertEqual(self.manifest(target)[0]["messages"], want)
        said = self.sheaf("dispose", "zanzibar").stdout
        self.assertIn(b"1 messages", said)

    def test_names_that_lead_elsewhere(self):
        """Nothing is written outside of the target."""
        for number, name in enumerate(("..", "../../up", "/", "a\nb", "x/../../y", ".")):
            self.put("in/%d.eml" % number, b"Subject: n%d\n\nx\n" % number)
            self.sheaf("import", "--no-index", "--mailbox", name, self.top / ("in/%d.eml" % number))
        before = {p for p in self.top.iterdir()}
        for kind in FORMATS:
            target = self.export(kind, "--account", "import", *ALL, to="deep/" + kind)
            self.assertEqual({p for p in self.top.iterdir()} - before, {self.top / "deep"})
            self.assertEqual({p.name for p in (self.top / "deep").iterdir()},
                             set(FORMATS[:FORMATS.index(kind) + 1]))
            if kind != "tar":
                self.sums(target)

    def test_damage(self):
        """A damaged message is left out, named, and not passed over in silence."""
        segment = self.ar / "segments" / "000001.tar.zst"
        data = bytearray(segment.read_bytes())
        data[len(data) - 200] ^= 1
        data[100] ^= 1
        segment.write_bytes(data)
        for kind in FORMATS[:3]:
            target = self.export(kind, want=BROKEN)
            head, messages = self.manifest(target)
            bad = [m for m in messages if "error" in m]
            self.assertGreater(len(bad), 0)
            self.assertLess(len(bad), len(messages))
            self.assertEqual(head["failed"], len(bad))
            self.assertEqual(head["messages"] + len(bad), self.count + len(ODD))
            self.sums(target)

    def test_disk_full(self):
        """A full disk ends it with 74, and leaves nothing."""
        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))

        for kind in FORMATS:
            target = self.top / kind
            done = self.run_raw("-C", self.ar, "export", "--format", kind, "--to", target, *ALL,
                                preexec_fn=limit, restore_signals=False)
            self.assertEqual(done.returncode, BROKEN, done.stderr)
            self.assertIn(b"cannot write", done.stderr)
            self.nothing_left(target)

    def test_stopped(self):
        """Ctrl-C ends it with 75, and leaves nothing."""
        self.put("many.mbox", b"".join(b"From a Thu Jan  1 00:00:00 2015\nSubject: %d\n\nx\n\n" % n
                                       for n in range(8000)))
        self.sheaf("import", "--no-index", self.top / "many.mbox")
        for kind in FORMATS:
            target = self.top / kind
            child = subprocess.Popen([SHEAF, "-C", self.ar, "export", "--format", kind, "--to",
                                      target, *ALL], stdout=subprocess.DEVNULL,
                                     stderr=subprocess.DEVNULL, env=self.env)
            part = pathlib.Path("%s.partial" % target)
            end = time.monotonic() + 60
            while not part.exists() and time.monotonic() < end:
                time.sleep(0.001)
            child.send_signal(signal.SIGINT)
            self.assertEqual(child.wait(60), LATER)
            self.nothing_left(target)

    def test_memory(self):
        """A message larger than the memory allowed streams."""
        size = 200 << 20
        line = b"z" * 998 + b"\r\n"
        with open(self.top / "large.eml", "wb") as out:
            out.write(HEAD)
            for _ in range(size // len(line)):
                out.write(line)
        subprocess.run([PLAIN, "-C", self.ar, "import", "--no-index", "--account", "big",
                        self.top / "large.eml"], check=True, stdout=subprocess.DEVNULL)
        for kind in FORMATS:
            child = subprocess.Popen([PLAIN, "-C", self.ar, "export", "--no-index", "--format",
                                      kind, "--to", self.top / kind, "--account", "big", *ALL],
                                     stdout=subprocess.DEVNULL)
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            self.assertEqual(child.returncode, OK)
            self.assertLess(usage.ru_maxrss, 128 << 10, kind)
        shutil.rmtree(self.top / "eml")
        self.sums(self.top / "mboxrd")


if __name__ == "__main__":
    import unittest
    unittest.main()

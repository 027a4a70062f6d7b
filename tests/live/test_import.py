"""What sheaf import takes in: kinds of mbox, MH, trees, packed files, and what is broken."""

import gzip
import hashlib
import io
import json
import mailbox
import os
import signal
import sqlite3
import subprocess
import tarfile
import time
import unittest
import zipfile

from test_cli import INPUT, SEP, SHEAF, USAGE, Case, crlf, mail


def zstd(data, *argv):
    """Packed by the zstd program."""
    return subprocess.run(["zstd", "-qc", *argv], input=data, stdout=subprocess.PIPE,
                          check=True).stdout


def tar(files, mode="w", **more):
    """A tar of {name: bytes}; None is a directory."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode, **more) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.mtime = 1000000000
            if data is None:
                info.type = tarfile.DIRTYPE
            else:
                info.size = len(data)
            archive.addfile(info, io.BytesIO(data or b""))
    return out.getvalue()


def counted(n, body):
    """A record of an mboxcl."""
    head, text = mail(n, body, b"Content-Length: %d\n" % len(body)).split(b"\n\n", 1)
    return head + b"\n\n" + text


class Import(Case):
    """What the tests below need."""

    def take(self, *argv, want=0, **more):
        """Imports into account a; the numbers."""
        done = self.sheaf("import", "--no-index", "--account", "a", *argv, "--json", want=want,
                          **more)
        self.stderr = done.stderr.decode("utf-8", "replace")
        return json.loads(done.stdout)

    def stored(self):
        """{hash: bytes} of all that is there, as zstd and tar find it; a search finds the same,
        and show --raw says so of some."""
        if self.js("status", "--json")["index_behind"]:
            self.sheaf("index")
        found = {}
        for path in sorted((self.ar / "segments").glob("*.tar.zst")):
            with tarfile.open(fileobj=io.BytesIO(zstd(path.read_bytes(), "-d"))) as members:
                found.update((m.name[-68:-4], members.extractfile(m).read()) for m in members
                             if m.name.endswith(".eml"))
        self.assertEqual(set(found), self.all_ids())
        for name in sorted(found)[:5]:
            self.assertEqual(self.sheaf("show", name, "--raw").stdout, found[name])
        return found

    def assert_holds(self, *messages):
        """Exactly these, byte for byte."""
        want = {hashlib.sha256(m).hexdigest(): m for m in messages}
        self.assertEqual(self.stored(), want)

    def boxes(self):
        """{mailbox: copies}."""
        return {m["mailbox"]: m["copies"] for m in self.js("status", "--json")["mailboxes"]}

    def flags(self):
        """{subject: (mailbox, flags)}."""
        self.sheaf("index")
        return {h["subject"]: (c["mailbox"], sorted(c["flags"]))
                for h in self.js("search", "--json", "number")["messages"] for c in h["copies"]}

    def again(self, *argv, copies, **more):
        """The same once more brings nothing."""
        got = self.take(*argv, **more)
        self.assertEqual((got["copies"], got["stored"]), (0, 0))
        self.assertGreaterEqual(got["skipped"], copies)


class Kinds(Import):
    """mbox and its kinds."""

    BODY = b"a\n\n>From here\n>>From there\n\n" + SEP + b"b\n"

    def test_forced(self):
        """One file, read as each kind."""
        data = (SEP + counted(1, self.BODY) + b"\n" + SEP + mail(2))
        one = counted(1, self.BODY)
        first, second = one.split(b"\n" + SEP)
        want = {"mboxcl2": [one, mail(2)],
                "mboxcl": [one.replace(b"\n>From", b"\nFrom"), mail(2)],
                "mboxo": [first.replace(b"\n>From", b"\nFrom"), second, mail(2)],
                "mboxrd": [first.replace(b"\n>From", b"\nFrom").replace(b">>From", b">From"),
                           second, mail(2)],
                "auto": [one, mail(2)]}
        path = self.put("m.mbox", data)
        for kind, messages in want.items():
            with self.subTest(kind):
                self.ar = self.top / kind
                self.init()
                self.take("--mbox-format", kind, path)
                self.assert_holds(*[crlf(m) for m in messages])
                self.again("--mbox-format", kind, path, copies=len(messages))
        self.sheaf("import", "--mbox-format", "mmdf", path, want=USAGE)

    def test_found(self):
        """The hash of each record as it stood in the file is kept."""
        self.init()
        records = [SEP + counted(1, self.BODY), SEP + mail(2, b">From x\n")]
        self.take(self.put("m.mbox", b"\n".join(records)))
        catalog = sqlite3.connect("file:%s?mode=ro" % (self.ar / "catalog.db"), uri=True)
        found = {row[0] for row in catalog.execute("SELECT found FROM copies")}
        catalog.close()
        self.assertEqual(found, {hashlib.sha256(r).hexdigest() for r in records})

    def test_lying(self):
        """A Content-Length that is not true does not swallow or cut mail."""
        self.init()
        mails = [mail(1, b"x\n", b"Content-Length: 2\n"),
                 mail(2, b"y\n", b"Content-Length: 99999\n"),
                 mail(3, b"z z z\n", b"Content-Length: 2\n"),
                 mail(4, b"u\n", b"Content-Length: 18446744073709551616\n"), mail(5)]
        for ends in (b"\n", b"\r\n"):
            data = b"\n".join(SEP + m for m in mails).replace(b"\n", ends)
            self.take("--mbox-format", "mboxcl2", "--mailbox", repr(ends), self.put("m.mbox", data))
        self.assert_holds(*[crlf(m) for m in mails])

    def test_python_mbox(self):
        """An mbox as Python writes it, with its flags."""
        self.init()
        box = mailbox.mbox(str(self.top / "py.mbox"))
        for n, flags in ((1, "RO"), (2, "ROAF"), (3, "D"), (4, "")):
            m = mailbox.mboxMessage(mail(n, b"From me\n"))
            m.set_flags(flags)
            box.add(m)
        box.close()
        self.take(self.top / "py.mbox")
        self.assertEqual(self.flags(), {
            "number 1": ("INBOX", ["\\Seen"]),
            "number 2": ("INBOX", ["\\Answered", "\\Flagged", "\\Seen"]),
            "number 3": ("INBOX", ["\\Deleted"]), "number 4": ("INBOX", [])})
        for data in self.stored().values():
            self.assertIn(b"\r\n\r\nFrom me\r\n", data)


class Trees(Import):
    """Directories."""

    def test_mh(self):
        """MH as Python writes it."""
        self.init()
        top = mailbox.MH(str(self.top / "mh"))
        sub = top.add_folder("lists")
        for n in range(1, 5):
            top.add(mail(n))
        for n in (5, 6):
            sub.add(mail(n))
        top.set_sequences({"unseen": [2, 3], "replied": [1, 3], "flagged": [4]})
        sub.set_sequences({"unseen": [1]})
        self.put("mh/,7", mail(7))
        got = self.take(self.top / "mh")
        self.assertEqual((got["copies"], got["skipped"], got["failed"]), (6, 1, 0))
        self.assert_holds(*[crlf(mail(n)) for n in range(1, 7)])
        self.assertEqual(self.flags(), {
            "number 1": ("INBOX", ["\\Answered", "\\Seen"]), "number 2": ("INBOX", []),
            "number 3": ("INBOX", ["\\Answered"]), "number 4": ("INBOX", ["\\Flagged", "\\Seen"]),
            "number 5": ("lists", []), "number 6": ("lists", ["\\Seen"])})
        self.again(self.top / "mh", copies=6)

    def test_thunderbird(self):
        """mbox files beside folders named after them."""
        self.init()
        self.put("t/Inbox", SEP + mail(1, b"x\n", b"X-Mozilla-Status: 0001\n"))
        self.put("t/Inbox.msf", b"// <!-- <mdb:mork:z v=\"1.4\"/> -->\n< <(a=c)> // (f=iso-8859-1)")
        self.put("t/Inbox.sbd/Work", SEP + mail(2) + b"\n" + SEP + mail(3))
        self.put("t/Inbox.sbd/Work.sbd/Deep", SEP + mail(4))
        self.put("t/Empty", b"")
        self.take(self.top / "t")
        self.assertEqual(self.boxes(), {"Inbox": 1, "Inbox/Work": 2, "Inbox/Work/Deep": 1})
        self.assertEqual(self.flags()["number 1"], ("Inbox", ["\\Seen"]))

    def test_maildirs_in_folders(self):
        """Maildirs by their paths, packed files in them too, as Dovecot keeps them."""
        self.init()
        for name, data in {"m/desk/cur/1.a:2,S": mail(1), "m/desk/.Sub/new/2.a": mail(2),
                           "m/home/old/cur/3.a:2,": gzip.compress(mail(3)),
                           "m/home/old/cur/4.a:2,F": zstd(mail(4))}.items():
            path = self.put(name, data)
            for sub in ("cur", "new", "tmp"):
                (path.parent.parent / sub).mkdir(exist_ok=True)
        self.take(self.top / "m")
        self.assert_holds(*[crlf(mail(n)) for n in range(1, 5)])
        self.assertEqual(self.boxes(), {"desk": 1, "desk/Sub": 1, "home/old": 2})
        self.again(self.top / "m", copies=4)

    def test_odd_files(self):
        """FIFOs and sockets are passed over, links in circles and unreadable files are named."""
        self.init()
        self.put("d/a.eml", mail(1))
        os.mkfifo(self.top / "d/pipe")
        (self.top / "d/circle").symlink_to(self.top / "d/circle")
        (self.top / "d/up").symlink_to(self.top)
        got = self.take(self.top / "d", want=INPUT)
        self.assertEqual((got["copies"], got["skipped"], got["failed"]), (1, 1, 1))
        self.assertIn("circle", self.stderr)


class Packed(Import):
    """gzip, zstd, tar, zip."""

    def packings(self, data):
        """{name: bytes} of one file packed in each way."""
        half = len(data) // 2
        return {"x": data, "x.gz": gzip.compress(data), "x.zst": zstd(data),
                "two.gz": gzip.compress(data[:half]) + gzip.compress(data[half:]),
                "two.zst": zstd(data[:half]) + zstd(data[half:]),
                "x.gz.zst": zstd(gzip.compress(data)), "long.zst": zstd(data, "--long=27", "-1")}

    def test_every_packing(self):
        """mbox and messages, packed, from files and standard input, whatever their name."""
        box = b"\n".join(SEP + mail(n) for n in range(1, 6))
        for kind, data, want in (("mbox", box, range(1, 6)), ("mail", mail(1), (1,))):
            for name, packed in self.packings(data).items():
                with self.subTest(kind=kind, name=name):
                    self.ar = self.top / (kind + name)
                    self.init()
                    path = self.put("file-%s-%s" % (kind, name.replace(".", "-")), packed)
                    self.take(path)
                    self.take("-", "--mailbox", "in", data=packed)
                    self.assert_holds(*[crlf(mail(n)) for n in want])
                    self.assertEqual(self.boxes(), {"INBOX": len(want), "in": len(want)})
                    self.again(path, copies=len(want))
                    self.again("-", "--mailbox", "in", data=packed, copies=len(want))

    FILES = {"./top.eml": mail(1), "./a/": None, "./a/b/two.eml": mail(2),
             "./a/list.mbox": SEP + mail(3) + b"\n" + SEP + mail(4),
             "./caf\u00e9/five.eml": mail(5), "./M/cur/1.x:2,FS": SEP + mail(6),
             "./M/.Sent/new/2.x": mail(7), "./facts/000000000001.ndjson": b"{}\n",
             "./a/picture.png": b"\x89PNG\r\n", "./.hidden": mail(9),
             "../../etc/passwd.eml": mail(8), "./a/" + "n" * 150 + ".eml": mail(10),
             "./in/packed.mbox.gz": gzip.compress(SEP + mail(11)),
             "./in/inner.tgz": gzip.compress(tar({"x/12.eml": mail(12)}))}
    BOXES = {"INBOX": 1, "a/b": 1, "a/list": 2, "caf\u00e9": 1, "M": 1, "M/Sent": 1,
             "etc": 1, "a": 1, "in/packed": 1, "in/inner/x": 1}
    NUMBERS = [1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12]

    def archives(self):
        """{name: bytes} of one tree as tars and a zip."""
        out = {"pax": tar(self.FILES, format=tarfile.PAX_FORMAT),
               "gnu": tar(self.FILES, format=tarfile.GNU_FORMAT)}
        out["tgz"], out["tar.zst"] = gzip.compress(out["pax"]), zstd(out["gnu"])
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in self.FILES.items():
                archive.writestr(name, data or b"")
        out["zip"] = packed.getvalue()
        return out

    def test_archives(self):
        """Folders become mailboxes; each message knows its place."""
        for name, packed in self.archives().items():
            with self.subTest(name):
                self.ar = self.top / ("ar-" + name)
                self.init()
                path = self.put("any-" + name, packed)
                got = self.take(path)
                self.assertEqual((got["copies"], got["skipped"], got["failed"]), (11, 1, 0))
                self.assert_holds(*[crlf(mail(n)) for n in self.NUMBERS])
                self.assertEqual(self.boxes(), self.BOXES)
                self.assertEqual(self.flags()["number 6"], ("M", ["\\Flagged", "\\Seen"]))
                self.again(path, copies=11)
                self.take("-", "--mailbox", "Old", data=packed)
                self.assertEqual(self.boxes()["Old/a/b"], 1)

    def test_own_segments(self):
        """sheaf's own segments are tars of messages."""
        self.init()
        self.take(self.put("m.mbox", b"\n".join(SEP + mail(n) for n in range(1, 40))))
        segment = self.ar / "segments/000001.tar.zst"
        mine = self.stored()
        self.ar = self.top / "second"
        self.init()
        got = self.take(segment)
        self.assertEqual((got["stored"], got["failed"]), (39, 0))
        self.assertEqual(self.stored(), mine)

    def test_cut_off(self):
        """What came before the damage is kept, its place named; the whole file brings the rest."""
        files = {"m/%03d.eml" % n: mail(n, os.urandom(1500).hex().encode() + b"\n")
                 for n in range(1, 150)}
        want = [crlf(m) for m in files.values()]
        box = b"\n".join(SEP + m for m in files.values())
        for name, packed in {"tar": tar(files), "tgz": gzip.compress(tar(files)),
                             "tar.zst": zstd(tar(files)), "mbox.gz": gzip.compress(box),
                             "mbox.zst": zstd(box)}.items():
            with self.subTest(name):
                self.ar = self.top / ("ar-" + name)
                self.init()
                path = self.put("cut-" + name, packed[:len(packed) * 2 // 3 + 77])
                got = self.take(path, want=INPUT)
                self.assertEqual(got["failed"], 1, self.stderr)
                self.assertIn("near byte", self.stderr)
                if not name.endswith("zst"):  # a zstd block of 128 KiB is all or nothing
                    self.assertGreater(got["copies"], 5)
                self.assertLessEqual(set(self.stored().values()), set(want))
                path.write_bytes(packed)
                again = self.take(path)
                self.assertEqual((again["copies"], again["failed"]), (149 - got["copies"], 0))
                self.assert_holds(*want)

    def test_flipped(self):
        """A flipped byte in a gzip is found; nothing crashes."""
        self.init()
        packed = bytearray(gzip.compress(SEP + mail(1, os.urandom(3000).hex().encode())))
        for at in range(20, len(packed), 97):
            packed[at] ^= 0x41
            done = self.run_raw("-C", self.ar, "import", "--no-index",
                                self.put("f.gz", bytes(packed)))
            self.assertEqual(done.returncode, INPUT, done.stderr)
            packed[at] ^= 0x41

    def test_bombs(self):
        """What unpacks to far too much is refused, also inside of a tar, and packed many times."""
        self.init()
        zeros = b"\n" * (1 << 20)
        bomb = io.BytesIO()
        with gzip.open(bomb, "wb", 9) as out:
            for _ in range(200):
                out.write(zeros)
        bomb = bomb.getvalue()
        thin = zstd(b"From: x\n\n" + zeros * 200)
        nested = mail(3)
        for _ in range(30):
            nested = gzip.compress(nested)
        for data in (bomb, thin, tar({"a.eml": mail(1), "b.eml": bomb, "c.eml": mail(2)}), nested):
            got = self.take(self.put("bomb", data), want=INPUT)
            self.assertGreaterEqual(got["failed"], 1)
            self.assertRegex(self.stderr, "refused|times over|near byte")
        self.assert_holds(crlf(mail(1)), crlf(mail(2)))


class Large(Import):
    """Size, and being killed."""

    def test_memory(self):
        """A large message (64 MiB; 1 GiB in the long run) in 128 MiB, from a file and a pipe."""
        plain = os.environ.get("SHEAF_PLAIN") or SHEAF
        size = 64 if os.environ.get("SHEAF_LONG") is None else 1024
        path = self.top / "large.eml"
        line = os.urandom(35).hex().encode() + b"\n"
        with open(path, "wb") as out:
            out.write(mail(1))
            for _ in range(size):
                out.write(line * ((1 << 20) // len(line)))
        self.init()
        for argv in ([str(path)], ["-"]):
            with open(path, "rb") as data:
                child = subprocess.Popen([plain, "-C", str(self.ar), "import", "--no-index"] + argv,
                                         stdin=data, stdout=subprocess.DEVNULL)
                _, status, used = os.wait4(child.pid, 0)
                child.returncode = status
            self.assertEqual(status, 0)
            self.assertLess(used.ru_maxrss, 128 << 10)
        path.unlink()

    def test_killed(self):
        """kill -9 in the middle, then once more: as if nothing had happened."""
        files = {"M/cur/%05d.x:2,S" % n: mail(n, b"y" * 3000 + b"\n") for n in range(3000)}
        packed = {"tgz": gzip.compress(tar(files), 1),
                  "mbox.zst": zstd(b"\n".join(SEP + m for m in files.values()), "-1")}
        for name, data in packed.items():
            with self.subTest(name):
                path = self.put("k." + name, data)
                self.ar = self.top / ("calm-" + name)
                self.init()
                self.take(path)
                calm = self.js("status", "--json")
                self.ar = self.top / ("killed-" + name)
                self.init()
                for wait in (0.05, 0.1, 0.2):
                    child = subprocess.Popen([SHEAF, "-C", str(self.ar), "import", "--no-index",
                                              "--account", "a", str(path)], env=self.env,
                                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                    time.sleep(wait)
                    child.send_signal(signal.SIGKILL)
                    child.wait()
                self.take(path)
                got = self.js("status", "--json")
                for key in ("messages", "copies", "bytes"):
                    self.assertEqual(got[key], calm[key])
                self.assertEqual(self.boxes(), {"M": 3000} if name == "tgz" else {"INBOX": 3000})


if __name__ == "__main__":
    unittest.main()

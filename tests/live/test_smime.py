"""S/MIME with configured keys: what openssl encrypted is read, found and shown like any attachment;
what no key fits stays encrypted; and the keys are in one process only, which reads nothing else."""

import functools
import hashlib
import io
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
import zipfile

import pictures
from sheafserver import Server
from test_cli import DENIED, Case

PART = b"Content-Type: text/plain\n\nwords of a %s under seal\n"
HEAD = (b"From: ann@example.org\nTo: bob@example.org\nSubject: letter %d\n"
        b"Date: Thu, 5 Mar 2020 10:00:00 +0000\nMessage-ID: <s%d@example.org>\n")


class Keys:
    """Three keys with certificates, of which two stand in the folder `ring`."""

    def __init__(self):
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="sheaf-smime-"))
        self.ring = self.top / "ring"
        self.ring.mkdir()
        for name, *kind in (("rsa", "rsa:2048"), ("other", "rsa:2048"),
                            ("ec", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")):
            self.run("req", "-x509", "-nodes", "-subj", "/CN=" + name, "-days", "2", "-newkey",
                     *kind, "-keyout", self.key(name), "-out", self.cert(name))
        for name in ("rsa", "ec"):
            both = self.ring / (name + ".pem")
            both.write_bytes(self.key(name).read_bytes() + self.cert(name).read_bytes())
            both.chmod(0o600)

    def key(self, name):
        """Its file."""
        return self.top / (name + ".key")

    def cert(self, name):
        """Its file."""
        return self.top / (name + ".crt")

    @staticmethod
    def run(*argv, data=b""):
        """openssl."""
        return subprocess.run(["openssl", *map(str, argv)], input=data, check=True, timeout=60,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout

    def seal(self, data, *to, how="-aes256", form="DER"):
        """Encrypted."""
        return self.run("cms", "-encrypt", "-binary", how, "-outform", form,
                        *[self.cert(name) for name in to], data=data)

    def sign(self, data, form="DER", clear=False):
        """Signed by the other one."""
        return self.run("cms", "-sign", *[] if clear else ["-nodetach"], "-outform", form,
                        "-signer", self.cert("other"), "-inkey", self.key("other"), data=data)

    def prime(self):
        """A prime of the RSA key, as OpenSSL has it in memory on a little-endian machine."""
        text = self.run("rsa", "-in", self.key("rsa"), "-text", "-noout").decode()
        digits = text.split("prime1:")[1].split("prime2:")[0]
        return bytes.fromhex("".join(digits.split()).replace(":", ""))[-128:][::-1]

    def close(self):
        """Thrown away."""
        shutil.rmtree(self.top, ignore_errors=True)


@functools.lru_cache(maxsize=None)
def keys():
    """The same for all tests of this file."""
    made = Keys()
    unittest.addModuleCleanup(made.close)
    return made


def zipped(*members):
    """A zip of (name, bytes)."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        for name, data in members:
            z.writestr(zipfile.ZipInfo(name), data)
    return out.getvalue()


def children(pid):
    """All processes below one: (pid, name)."""
    below, out = {}, []
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            head, tail = path.read_text().rsplit(")", 1)
        except OSError:
            continue
        number, name = head.split(" (", 1)
        below.setdefault(int(tail.split()[1]), []).append((int(number), name))
    todo = [pid]
    while todo:
        found = below.get(todo.pop(), [])
        out += found
        todo += [number for number, _ in found]
    return out


def holds(pid, needle):
    """Does it stand in the memory of its own of a process? None: it may not be read."""
    try:
        with open("/proc/%d/mem" % pid, "rb") as mem:
            for line in pathlib.Path("/proc/%d/maps" % pid).read_text().splitlines():
                place, mode = line.split()[:2]
                low, high = (int(x, 16) for x in place.split("-"))
                if not mode.startswith("rw") or "[v" in line or high - low > 1 << 29:
                    continue
                mem.seek(low)
                try:
                    if needle in mem.read(high - low):
                        return True
                except OSError:  # given back meanwhile, or a guard
                    continue
        return False
    except PermissionError:
        return None


class Extract(Case):
    """sheaf extract --smime-keys."""

    def extract(self, *named, ring=None):
        """What it says of each, by name; ring "": without keys."""
        paths = [self.put(name, data) for name, data in named]
        ring = ("--smime-keys", keys().ring if ring is None else ring) if ring != "" else ()
        done = self.run_raw("extract", "--json", *ring, *paths)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        lines = [json.loads(line) for line in done.stdout.decode().splitlines()]
        return {os.path.basename(line["file"]): line for line in lines}

    def made(self):
        """(name, bytes, outcome, why, words)."""
        k = keys()
        rsa = k.seal(PART % b"crane", "rsa")
        signed = k.sign(PART % b"stork", "SMIME")
        clear = k.sign(PART % b"egret", "SMIME", clear=True)
        inner = k.seal(signed, "rsa", form="SMIME")
        foreign = k.seal(PART % b"heron", "other")
        no_key, damaged = "S/MIME, encrypted, and no key for it", "S/MIME: damaged"
        return [
            ("rsa.p7m", rsa, "searched", "", ["crane"]),
            ("ec.p7m", k.seal(PART % b"crane", "ec"), "searched", "", ["crane"]),
            ("gcm.p7m", k.seal(PART % b"crane", "ec", how="-aes-256-gcm"), "searched", "",
             ["crane"]),
            ("two.pem", k.seal(PART % b"crane", "other", "rsa", form="PEM"), "searched", "",
             ["crane"]),
            ("signed.p7m", k.seal(signed, "rsa"), "searched", "", ["stork"]),
            ("clear.p7m", k.seal(clear, "rsa"), "searched", "", ["egret"]),
            ("triple.p7m", k.sign(inner), "searched", "", ["stork"]),
            ("twice.p7m", k.seal(inner, "ec"), "searched", "", ["stork"]),
            ("whole.eml", HEAD % (1, 1) + inner, "searched", "", ["letter 1", "stork"]),
            ("pdf.p7m", k.seal(b"%PDF-1.4\nnone", "rsa"), "failed", None, []),
            ("other.p7m", foreign, "encrypted", no_key, []),
            ("zip.zip", zipped(("a.p7m", rsa), ("b.p7m", foreign), ("c.txt", b"plain rail\n")),
             "encrypted", no_key, ["crane", "rail"]),
            ("cut.p7m", rsa[:-40], "failed", damaged, []),
            ("changed.p7m", rsa[:-1] + bytes([rsa[-1] ^ 1]), "failed",
             "S/MIME, encrypted: damaged", []),
        ]

    def test_each(self):
        table = self.made()
        got = self.extract(*[row[:2] for row in table])
        for name, _, outcome, why, words in table:
            with self.subTest(name):
                self.assertEqual(got[name]["outcome"], outcome, got[name]["why"])
                if why is not None:
                    self.assertEqual(got[name]["why"], why)
                for word in words:
                    self.assertIn(word, got[name]["text"])
                self.assertNotIn("heron", got[name]["text"])
                if not words:
                    self.assertEqual(got[name]["text"].strip(), "")

    def test_without_keys(self):
        table = self.made()
        got = self.extract(*[row[:2] for row in table], ring="")
        for name, *_ in table:
            want = "failed" if name == "cut.p7m" else "encrypted"
            self.assertEqual(got[name]["outcome"], want, name)
            self.assertNotIn("under seal", got[name]["text"])

    def test_many(self):
        """A hundred of them in one document are opened, and 16 MiB of them."""
        k = keys()
        one = k.seal(PART % b"crane", "ec")
        large = k.seal(PART % b"stork" + b"eighty columns or so of a long text, again\n" * 400000,
                       "rsa")
        got = self.extract(("101.zip", zipped(*[("%d.p7m" % i, one) for i in range(101)])),
                           ("large.zip", zipped(("large.p7m", large), ("one.p7m", one))))
        self.assertEqual(got["101.zip"]["text"].count("crane"), 100)
        self.assertEqual(got["large.zip"]["text"].count("crane"), 1)
        for one in got.values():
            self.assertEqual(one["outcome"], "too big")
            self.assertEqual(one["why"], "S/MIME, encrypted: too much of it")
            self.assertLessEqual(one["memory"], 256 << 20)

    def test_pictures(self):
        """Pictures in what was encrypted are read like any."""
        sealed = keys().seal(pictures.drawn("pnggray", "flamingo"), "rsa")
        paths = [self.put("a.p7m", sealed), self.put("b.zip", zipped(("a.p7m", sealed)))]
        for more, words in (((), 0), (("--ocr", "eng"), 1)):
            done = self.run_raw("extract", "--smime-keys", keys().ring, *more, *paths)
            self.assertEqual(done.returncode, 0 if words else 1, done.stderr)
            self.assertEqual(done.stdout.decode().lower().count("flamingo"), 2 * words)

    def test_refused(self):
        k = keys()
        path = self.put("note.txt", b"note\n")
        for ring, why in ((k.top / "nothing", "No such file"), (path, "holds no key"),
                          (k.key("rsa"), "no certificate of this key")):
            done = self.run_raw("extract", "--smime-keys", ring, path)
            self.assertEqual((done.returncode, done.stdout), (DENIED, b""))
            self.assertIn("the keys for S/MIME: ", done.stderr.decode())
            self.assertIn(why, done.stderr.decode())


class Archive(Case):
    """Two encrypted mails, one of them for us, and one in clear."""

    def setUp(self):
        super().setUp()
        self.init()
        k = keys()
        self.mails = [
            HEAD % (0, 0) + k.seal(k.sign(PART % b"crane", "SMIME"), "rsa", form="SMIME"),
            HEAD % (1, 1) + k.seal(PART % b"stork", "other", form="SMIME"),
            HEAD % (2, 2) + b"\nin clear\n",
        ]
        for n, data in enumerate(self.mails):
            self.put("in/%d.eml" % n, data)

    def number(self, data):
        """Its id."""
        return hashlib.sha256(data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")).hexdigest()

    def found(self, *query):
        """The numbers of what is found, the same with the index and without."""
        names = {self.number(m): n for n, m in enumerate(self.mails)}
        out = [sorted(names[i] for i in self.ids(*more, "--", *query))
               for more in ((), ("--no-index",))]
        self.assertEqual(out[0], out[1], query)
        return out[0]

    def set_keys(self, path):
        """In sheaf.conf."""
        conf = self.ar / "sheaf.conf"
        text = conf.read_text().split("\n[index]\n")[0]
        conf.write_text("%s\n[index]\nsmime_keys = %s\n" % (text, path))

    def load(self, *more, **kw):
        """Imports them."""
        return self.sheaf("import", *more, "--account", "one", self.top / "in", **kw)

    def check(self):
        """One of the two is read."""
        for query, want in (("crane", [0]), ("attachment:crane", [0]), ('"crane under seal"', [0]),
                            ("stork", []), ("filename:p7m", [0, 1]), ("clear", [2])):
            self.assertEqual(self.found(query), want, query)
        self.assertEqual(self.ids("--dialect", "imap", "TEXT crane"), set())
        one = self.js("search", "--json", "crane")["messages"][0]
        self.assertEqual([w["in"] for w in one["where"]], ["attachment"])
        self.assertEqual(one["where"][0]["filename"], "smime.p7m")
        self.assertEqual((one["where"][0]["part"], one["snippet_part"]), ("1", "1"))
        self.assertIn("crane under seal", one["snippet"])
        listed = self.js("not-searchable", "--json")["messages"]
        self.assertEqual([m["id"] for m in listed], [self.number(self.mails[1])])
        self.assertEqual([(p["outcome"], p["why"]) for p in listed[0]["parts"]],
                         [("encrypted", "S/MIME, encrypted, and no key for it")])
        counts = self.js("status", "--json")["attachments"]
        self.assertEqual((counts["searched"], counts["encrypted"]), (1, 1))

    def test_key_later(self):
        """What was encrypted is read again when it is asked for, and by nothing less."""
        self.load()
        self.assertEqual(self.found("crane"), [])
        self.assertEqual(self.js("status", "--json")["attachments"]["encrypted"], 2)
        self.set_keys(keys().ring)
        self.sheaf("reindex")
        self.assertEqual(self.found("crane"), [])
        self.sheaf("reindex", "--parts", "failed")
        self.check()
        self.sheaf("check-index", "--sample", "100")
        # What was decrypted stays when the key goes.
        self.set_keys("")
        self.sheaf("reindex", "--parts", "failed")
        self.assertEqual(self.found("crane"), [0])
        shutil.rmtree(self.ar / "index")
        self.sheaf("reindex")
        self.assertEqual(self.found("crane"), [])

    def test_key_missing(self):
        """It is said at once, and the mail is safe."""
        self.set_keys(self.top / "nothing")
        done = self.load(want=DENIED)
        self.assertIn("the keys for S/MIME: cannot read", done.stderr.decode())
        for command in (("index",), ("search", "crane"), ("search", "--no-index", "crane")):
            self.sheaf(*command, want=DENIED)
        # What the documentation says to do with what a mail program exports.
        p12, pem = self.top / "ann.p12", self.top / "ann.pem"
        Keys.run("pkcs12", "-export", "-inkey", keys().key("rsa"), "-in", keys().cert("rsa"),
                 "-passout", "pass:x", "-out", p12)
        Keys.run("pkcs12", "-in", p12, "-nodes", "-passin", "pass:x", "-out", pem)
        pem.chmod(0o600)
        self.set_keys(pem)
        self.sheaf("index")
        self.check()
        self.assert_stored(*[m.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
                             for m in self.mails])

    def test_served(self):
        """The server opens what is not indexed yet; one process of its has the key."""
        k = keys()
        self.set_keys(k.ring)
        self.load("--no-index")
        with Server(self.ar) as server:
            for _ in range(2):
                got = server.search("crane", dialect="box")["messages"]
                self.assertEqual([m["id"] for m in got], [self.number(self.mails[0])])
                text = server.ask("/api/v1/messages/%s/parts/1/text" % got[0]["id"])
                self.assertEqual(text.headers["Sheaf-Outcome"], "searched")
                self.assertIn("crane under seal", text.body.decode())
                self.scan(server.child.pid, k.prime())
                # Behind its sandbox it has new ones when they are gone.
                for pid, name in children(server.child.pid):
                    if name in ("sheaf-unseal", "sheaf-extract"):
                        self.end(pid)

    def end(self, pid):
        """Kills one that may be gone already, and waits for it to be."""
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        path = pathlib.Path("/proc/%d/stat" % pid)
        for _ in range(1000):
            try:
                if path.read_text().rsplit(")", 1)[1].split()[0] == "Z":
                    return
            except OSError:
                return
            time.sleep(.01)  # until the kernel has ended it
        self.fail("%d goes on" % pid)

    def scan(self, server, prime):
        """Looks for the key in the memory of all processes."""
        seen = {}
        for pid, name in children(server) + [(server, "server")]:
            try:
                seen.setdefault(name, set()).add(holds(pid, prime))
            except (FileNotFoundError, ProcessLookupError):  # a child that waits is ended at times
                continue
        self.assertEqual(seen["server"], {False})
        self.assertEqual(seen["sheaf-extract"], {False})
        # Nobody else of its user may look into it.
        self.assertEqual(seen["sheaf-unseal"], {True} if os.geteuid() == 0 else {None})
        for name, all_of_it in seen.items():
            self.assertTrue(name == "sheaf-unseal" or True not in all_of_it, name)


if __name__ == "__main__":
    unittest.main()

"""The command line: help, exit statuses, imports and what comes back, damage, hostile mail."""

import fcntl
import hashlib
import io
import json
import os
import pathlib
import resource
import shutil
import signal
import stat
import subprocess
import tarfile
import tempfile
import unittest
import urllib.request

import wirelint

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SHEAF = os.environ.get("SHEAF", str(ROOT / "build" / "sheaf"))
COMMANDS = ("init harvest import index search show export serve status ledger verify backup "
            "reindex rebuild-catalog seal prove dispose destroy repair check-index extract "
            "not-searchable login tag audit certificate user token").split()
OK, NOTHING, USAGE, INPUT, NET, BROKEN, LATER, DENIED = 0, 1, 64, 65, 69, 74, 75, 77
SEP = b"From ann@example.org Mon Jan  2 15:04:05 2006\n"


def crlf(data):
    """Line ends as sheaf keeps them."""
    return data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def mail(n, body=b"hello there\n", extra=b""):
    """A plain message with LF line ends."""
    return (b"From: Ann <ann@example.org>\nTo: bob@example.org\nSubject: number %d\n"
            b"Date: Thu, 5 Mar 2020 23:30:00 -0800\nMessage-ID: <m%d@example.org>\n%s\n%s"
            % (n, n, extra, body))


class Case(unittest.TestCase):
    """An archive in a temporary folder."""

    def setUp(self):
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="sheaf-cli-"))
        self.addCleanup(shutil.rmtree, self.top, ignore_errors=True)
        self.ar = self.top / "archive"
        self.env = dict(os.environ, HOME=str(self.top), COLUMNS="100")
        self.env.pop("SHEAF_ARCHIVE", None)

    def run_raw(self, *argv, data=b"", **more):
        """The program as it is called."""
        more.setdefault("stdout", subprocess.PIPE)
        more.setdefault("stderr", subprocess.PIPE)
        more.setdefault("env", self.env)
        return subprocess.run([SHEAF] + [str(a) for a in argv], input=data, timeout=300,
                              check=False, **more)

    def sheaf(self, *argv, want=OK, **more):
        """On this test's archive; the exit status is checked, and what was said to servers."""
        told = self.top / "all.trace"
        more_args = ("--trace", told) if argv[0] == "harvest" else ()
        done = self.run_raw("-C", self.ar, *argv, *more_args, **more)
        if more_args and told.exists():
            wirelint.check_transcript(told.read_text())
        err = (done.stderr or b"").decode("utf-8", "replace")
        self.assertEqual(done.returncode, want, "%s: %s" % (argv, err))
        for bad in ("AddressSanitizer", "runtime error", "LeakSanitizer"):
            self.assertNotIn(bad, err)
        return done

    def out(self, *argv, **more):
        """Its standard output as text."""
        return self.sheaf(*argv, **more).stdout.decode()

    def js(self, *argv, **more):
        """Its standard output as JSON."""
        return json.loads(self.out(*argv, **more))

    def init(self):
        """Makes the archive."""
        self.sheaf("init")

    def put(self, name, data):
        """A file below the temporary folder."""
        path = self.top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    def ids(self, *argv):
        """IDs a search finds, as a set."""
        done = self.run_raw("-C", self.ar, "search", "--format", "ids", *argv)
        self.assertIn(done.returncode, (OK, NOTHING), done.stderr)
        return set(done.stdout.decode().split())

    def all_ids(self):
        """Every message."""
        return self.ids("--dialect", "imap", "ALL")

    def assert_stored(self, *messages):
        """Exactly these messages are there, byte for byte."""
        want = {hashlib.sha256(m).hexdigest(): m for m in messages}
        self.assertEqual(self.all_ids(), set(want))
        for name, data in want.items():
            self.assertEqual(self.sheaf("show", name, "--raw").stdout, data)


class Usage(Case):
    """Help and wrong usage."""

    def test_help_of_every_command(self):
        """--help and help COMMAND agree and show examples."""
        for name in COMMANDS:
            one = self.run_raw(name, "--help")
            two = self.run_raw("help", name)
            self.assertEqual((one.returncode, two.returncode), (0, 0), name)
            self.assertEqual(one.stdout, two.stdout)
            text = one.stdout.decode()
            self.assertTrue(text.startswith("usage: sheaf %s" % name))
            self.assertIn("\n  sheaf %s" % name, text)
            self.assertEqual(one.stderr, b"")

    def test_overview(self):
        """sheaf, --help and help list every command."""
        for argv in ([], ["--help"], ["help"], ["-h"]):
            done = self.run_raw(*argv)
            self.assertEqual(done.returncode, 0)
            for name in COMMANDS:
                self.assertIn("\n  %s" % name, done.stdout.decode())
        self.assertRegex(self.run_raw("--version").stdout.decode(), r"^sheaf \d+\.\d+")

    def test_wrong(self):
        """Every wrong call ends with 64, says why, and prints nothing else."""
        wrong = [["nonsense"], ["--nonsense"], ["help", "nonsense"], ["search"], ["show"],
                 ["show", "a", "b"], ["show", "a", "--raw", "--text"], ["import"],
                 ["import", "--account", "a/b", "x"], ["index", "x"], ["reindex", "x"],
                 ["ledger", "x"], ["ledger", "--same-message-id", "--outcome", "gone"],
                 ["verify", "x"], ["repair", "x"], ["verify", "--deep", "--against-server", "a"],
                 ["status", "x"], ["serve", "x"], ["extract"], ["search", "--format", "xml", "a"],
                 ["search", "--limit", "x", "a"], ["search", "--limit"],
                 ["search", "--format", "uids", "a"], ["search", "-x"], ["init", "a", "b"]]
        wrong += [[name, "--nonsense"] for name in COMMANDS]
        for argv in wrong:
            done = self.run_raw(*argv)
            self.assertEqual(done.returncode, USAGE, argv)
            self.assertEqual(done.stdout, b"", argv)
            self.assertTrue(done.stderr.startswith(b"sheaf: "), argv)

    def test_error_as_json(self):
        """With --json an error is JSON too."""
        done = self.run_raw("status", "--json", "x")
        error = json.loads(done.stderr)
        self.assertEqual(error["schema_version"], 1)
        self.assertEqual(error["error"]["kind"], "usage")
        self.assertEqual(error["error"]["exit"], done.returncode)

    def test_no_archive(self):
        """Every command but init says that there is no archive, and makes none."""
        for argv in (["index"], ["reindex"], ["status"], ["search", "a"], ["show", "abcdef"],
                     ["show", "abcdef", "--raw"], ["import", "/dev/null"], ["harvest"],
                     ["serve"], ["ledger"], ["verify", "--against-server", "a"]):
            done = self.sheaf(*argv, want=INPUT)
            self.assertIn(b"sheaf init", done.stderr, argv)
        self.assertFalse(self.ar.exists())

    def test_where(self):
        """-C, then $SHEAF_ARCHIVE, then the home directory."""
        self.assertEqual(self.run_raw("init").returncode, 0)
        self.assertTrue((self.top / ".local/share/sheaf/sheaf.conf").exists())
        env = dict(self.env, SHEAF_ARCHIVE=str(self.top / "other"))
        self.assertEqual(self.run_raw("init", env=env).returncode, 0)
        self.assertTrue((self.top / "other/catalog.db").exists())
        self.assertEqual(self.run_raw("init", self.top / "third", env=env).returncode, 0)
        self.assertTrue((self.top / "third/catalog.db").exists())
        self.assertEqual(self.run_raw("-C", self.ar, "status", env=env).returncode, INPUT)
        self.assertEqual(self.run_raw("status", env=env).returncode, 0)
        self.assertEqual(self.run_raw("status", "-C", self.top / "third").returncode, 0)

    def test_init_twice(self):
        """The second time changes nothing, and says so."""
        self.init()
        conf = self.ar / "sheaf.conf"
        self.assertEqual(stat.S_IMODE(conf.stat().st_mode), 0o600)
        conf.write_text("# mine\n")
        self.assertFalse(self.js("init", "--json")["made"])
        self.assertEqual(conf.read_text(), "# mine\n")


class Configuration(Case):
    """sheaf.conf and its errors."""

    def conf(self, text):
        """Writes it."""
        (self.ar / "sheaf.conf").write_text(text)

    def test_errors(self):
        """File and line, and the right status."""
        self.init()
        good = "[account alice]\nhost = 127.0.0.1\nuser = a\npassword_command = echo x\n"
        for text, line, want in [(good + "colour = red\n", 5, DENIED),
                                 (good + "port = many\n", 5, DENIED),
                                 (good + "port = 0\n", 5, DENIED),
                                 (good + "tls = maybe\n", 5, DENIED),
                                 ("[acount alice]\n", 1, DENIED),
                                 ("colour = red\n", 1, DENIED),
                                 (good + "nonsense\n", 5, DENIED)]:
            self.conf(text)
            done = self.sheaf("harvest", want=want)
            self.assertIn("sheaf.conf:%d: " % line, done.stderr.decode(), text)
        error = json.loads(self.sheaf("--json", "harvest", want=DENIED).stderr)["error"]
        self.assertEqual((error["kind"], error["exit"]), ("denied", DENIED))

    def test_no_such_account(self):
        """A name that is not there, or no account at all."""
        self.init()
        self.assertIn(b"no account", self.sheaf("harvest", want=USAGE).stderr)
        self.conf("[account alice]\nhost = 127.0.0.1\nuser = a\npassword_command = echo x\n")
        self.assertIn(b"'bob'", self.sheaf("harvest", "bob", want=USAGE).stderr)

    def test_unreachable(self):
        """A server that is not there: 69, and the account's name."""
        self.init()
        self.conf("[account alice]\nhost = 127.0.0.1\nport = 1\nuser = a\n"
                  "password_command = echo x\n")
        done = self.sheaf("harvest", want=NET)
        self.assertIn(b"alice", done.stderr)
        done = self.sheaf("harvest", "--json", want=NET)
        self.assertIsNotNone(json.loads(done.stdout)["accounts"][0]["error"])


class Import(Case):
    """mbox, Maildir, files, directories, standard input."""

    def test_mbox(self):
        """Separators, quoting, line ends, dates."""
        self.init()
        data = (SEP + mail(1) + b"\n" + SEP + mail(2, b">From here\n\nFrom there\n>>From x\n") +
                b"\n" + SEP + mail(3, b"") + b"\n")
        path = self.put("old.mbox", data)
        self.assertEqual(self.js("import", path, "--json")["stored"], 3)
        want = [mail(1), mail(2, b"From here\n\nFrom there\n>From x\n"), mail(3, b"")]
        self.assert_stored(*[crlf(m) for m in want])
        hits = self.js("search", "--json", "number")["messages"]
        self.assertEqual({c["internaldate"] for h in hits for c in h["copies"]},
                         {"2006-01-02T15:04:05+00:00"})
        self.assertEqual({(c["account"], c["mailbox"]) for h in hits for c in h["copies"]},
                         {("import", "INBOX")})
        # A grown file: only what is new. A changed one: what changed.
        path.write_bytes(data + SEP + mail(4))
        got = self.js("import", path, "--json")
        self.assertEqual((got["messages"], got["stored"], got["skipped"]), (4, 1, 3))
        path.write_bytes(data.replace(b"hello there", b"hullo there"))
        got = self.js("import", path, "--json")
        self.assertEqual((got["messages"], got["stored"], got["skipped"]), (3, 1, 2))

    def maildir(self):
        """A Maildir with flags and subfolders; returns what is in it."""
        files = {"Maildir/cur/1.a:2,S": mail(1), "Maildir/cur/2.a:2,FR": crlf(mail(2)),
                 "Maildir/new/3.a": SEP + mail(3), "Maildir/tmp/9.a": mail(9),
                 "Maildir/.Sent.2020/cur/4.a:2,PT": mail(4),
                 "Maildir/.Entw&APw-rfe/new/5.a": mail(5),
                 "Maildir/Lists/cur/6.a": mail(6), "Maildir/dovecot.index": b"x",
                 "Maildir/cur/.hidden": mail(8)}
        for name, data in files.items():
            self.put(name, data)
        for folder in ("Maildir", "Maildir/.Sent.2020", "Maildir/.Entw&APw-rfe",
                       "Maildir/Lists"):
            for sub in ("cur", "new", "tmp"):
                (self.top / folder / sub).mkdir(exist_ok=True)
        return [crlf(mail(n)) for n in range(1, 7)]

    def test_maildir(self):
        """Flags, subfolders, From lines; renamed files are known."""
        self.init()
        want = self.maildir()
        got = self.js("import", "--account", "a", self.top / "Maildir", "--json")
        self.assertEqual((got["stored"], got["failed"]), (6, 0))
        self.assert_stored(*want)
        seen = {}
        for h in self.js("search", "--json", "number")["messages"]:
            for c in h["copies"]:
                seen[h["subject"]] = (c["mailbox"], sorted(c["flags"]))
        self.assertEqual(seen, {"number 1": ("INBOX", ["\\Seen"]),
                                "number 2": ("INBOX", ["\\Answered", "\\Flagged"]),
                                "number 3": ("INBOX", []),
                                "number 4": ("Sent/2020", ["$Forwarded", "\\Deleted"]),
                                "number 5": ("Entw\u00fcrfe", []), "number 6": ("Lists", [])})
        cur = self.top / "Maildir/cur"
        (cur / "1.a:2,S").rename(cur / "1.a:2,ST")
        (self.top / "Maildir/new/3.a").rename(cur / "3.a:2,")
        got = self.js("import", "--account", "a", self.top / "Maildir", "--json")
        self.assertEqual((got["copies"], got["skipped"]), (0, 6))
        self.assert_stored(*want)

    def test_directory(self):
        """Folders become mailboxes; what is no mail is passed over; links too."""
        self.init()
        for name, data in {"d/one.eml": mail(1), "d/sub/two.eml": mail(2), "d/sub/empty.eml": b"",
                           "d/picture.png": b"\x89PNG\r\n", "d/notes": b"just a note\n",
                           "d/Sent.mbox": SEP + mail(3) + b"\n" + SEP + mail(4),
                           "d/.hidden/five.eml": mail(5)}.items():
            self.put(name, data)
        (self.top / "d/loop").symlink_to(self.top / "d")
        got = self.js("import", self.top / "d", "--json")
        self.assertEqual((got["stored"], got["skipped"], got["failed"]), (5, 2, 0))
        self.assert_stored(b"", *[crlf(mail(n)) for n in range(1, 5)])
        boxes = {m["mailbox"]: m["copies"] for m in self.js("status", "--json")["mailboxes"]}
        self.assertEqual(boxes, {"INBOX": 1, "sub": 2, "Sent": 2})
        got = self.js("import", self.top / "d", "--json")
        self.assertEqual((got["copies"], got["skipped"]), (0, 7))

    def test_stdin(self):
        """A message or an mbox by standard input."""
        self.init()
        self.sheaf("import", "-", data=mail(1))
        self.sheaf("import", "--mailbox", "lists", "-", data=SEP + mail(2) + b"\n" + SEP + mail(3))
        self.assert_stored(*[crlf(mail(n)) for n in (1, 2, 3)])
        got = self.js("import", "--mailbox", "lists", "-", "--json",
                      data=SEP + mail(2) + b"\n" + SEP + mail(3))
        self.assertEqual((got["copies"], got["skipped"]), (0, 2))

    def test_same_bytes_twice(self):
        """One message in two mailboxes: stored once, two copies."""
        self.init()
        path = self.put("a.eml", mail(1))
        self.sheaf("import", path)
        got = self.js("import", "--mailbox", "other", path, "--json")
        self.assertEqual((got["stored"], got["copies"]), (0, 1))
        status = self.js("status", "--json")
        self.assertEqual((status["messages"], status["copies"]), (1, 2))

    def test_unreadable(self):
        """Counted, named, and the rest goes on; the status says it."""
        self.init()
        good = self.put("good.eml", mail(1))
        done = self.sheaf("import", self.top / "missing", good, want=INPUT)
        self.assertIn(b"missing", done.stderr)
        self.assert_stored(crlf(mail(1)))
        self.maildir()
        (self.top / "Maildir/cur/0.bad").symlink_to(self.top / "nowhere")
        os.mkfifo(self.top / "Maildir/cur/7.fifo")
        done = self.sheaf("import", self.top / "Maildir", "--json", want=INPUT)
        got = json.loads(done.stdout)
        self.assertEqual((got["copies"], got["failed"]), (6, 1))
        self.assertIn(b"0.bad", done.stderr)
        self.assertEqual(len(self.all_ids()), 6)

    def test_stopped_and_run_again(self):
        """Killed somewhere: the next run brings the rest, nothing twice."""
        self.init()
        n = 3000
        data = b"".join(SEP + mail(i, b"x" * 2000 + b"\n") + b"\n" for i in range(n))
        path = self.put("big.mbox", data)
        for wait in (0.02, 0.05, 0.1, 0.2):
            child = subprocess.Popen([SHEAF, "-C", str(self.ar), "import", "--no-index",
                                      str(path)], env=self.env, stdout=subprocess.DEVNULL,
                                     stderr=subprocess.DEVNULL)
            try:
                child.wait(wait)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        self.sheaf("import", path)
        status = self.js("status", "--json")
        self.assertEqual((status["messages"], status["copies"]), (n, n))
        self.assertEqual(status["index_behind"], 0)


class Search(Case):
    """Formats, limits, errors."""

    def setUp(self):
        super().setUp()
        self.init()
        self.put("m.mbox", b"".join(SEP + mail(n, b"word%d common\n" % n) + b"\n"
                                    for n in range(1, 61)))
        self.sheaf("import", "--account", "a", self.top / "m.mbox")

    def test_formats(self):
        """Each shape is what it says."""
        one = self.out("search", "word7").splitlines()
        self.assertEqual(len(one), 1)
        self.assertLessEqual(len(one[0]), 100)
        for part in ("2020-03-05 23:30", "Ann", "number 7", "a/INBOX"):
            self.assertIn(part, one[0])
        ident = hashlib.sha256(crlf(mail(7, b"word7 common\n"))).hexdigest()
        self.assertIn(ident[:12], one[0])
        self.assertEqual(self.out("search", "--format", "ids", "word7").split(), [ident])
        obj = self.js("search", "--format", "json", "word7")
        self.assertEqual(obj["schema_version"], 1)
        self.assertEqual(obj["messages"][0]["id"], ident)
        self.assertEqual((obj["total"], obj["total_relation"], obj["next"]), (1, "exact", None))
        lines = self.out("search", "--format", "ndjson", "common").splitlines()
        self.assertEqual(len(lines), 60)
        self.assertTrue(all("copies" in json.loads(line) for line in lines))
        self.assertEqual(self.out("search", "--count", "common"), "60\n")

    def test_uids(self):
        """Ascending, one a line, of one mailbox."""
        argv = ["search", "--mailbox", "a/INBOX", "--format", "uids", "--dialect", "imap"]
        self.assertEqual(self.out(*argv, "ALL").split(), [str(n) for n in range(1, 61)])
        self.assertEqual(self.out(*argv, "UID", "3:5").split(), ["3", "4", "5"])
        self.assertEqual(self.out(*argv, "--no-index", "BODY word9").split(), ["9"])
        self.sheaf(*argv, "BODY nonsense", want=NOTHING)
        self.sheaf("search", "--mailbox", "a/none", "--format", "uids", "x", want=INPUT)

    def test_limit_and_cursor(self):
        """Pages join up without gaps or repetitions."""
        done = self.sheaf("search", "common")
        self.assertEqual(len(done.stdout.splitlines()), 50)
        self.assertIn(b"--cursor", done.stderr)
        self.assertEqual(len(self.out("search", "--limit", "0", "common").splitlines()), 60)
        seen, cursor = [], []
        while True:
            page = self.js("search", "--json", "--limit", "7", *cursor, "common")
            seen += [m["id"] for m in page["messages"]]
            if page["next"] is None:
                break
            cursor = ["--cursor", page["next"]]
        self.assertEqual((len(seen), len(set(seen))), (60, 60))
        old = self.out("search", "--format", "ids", "--sort", "date", "common").split()
        self.assertEqual(old, seen[::-1])

    def test_words_with_a_dash(self):
        """Behind the first word, -word belongs to the query."""
        self.assertEqual(self.out("search", "--count", "common", "-word7"), "59\n")
        self.assertEqual(self.out("search", "--count", "--", "-word7"), "59\n")

    def test_malformed(self):
        """65, and a mark under the column."""
        for query, column in [("FRM smith", 1), ("FROM smith BADKEY", 12), ("OR FROM x", None),
                              ("(FROM x", None), ("SINCE 99-Foo-2020", None),
                              ("UID 0", None)]:
            done = self.sheaf("search", "--dialect", "imap", query, want=INPUT)
            lines = done.stderr.decode().splitlines()
            self.assertEqual(lines[1], "  " + query, query)
            self.assertRegex(lines[2], r"^ +\^$", query)
            if column:
                self.assertEqual(lines[2].index("^"), column + 1, query)
            self.assertEqual(done.stdout, b"")
            error = self.sheaf("search", "--json", "--dialect", "imap", query, want=INPUT)
            self.assertGreater(json.loads(error.stderr)["error"]["column"], 0)

    def test_any_bytes(self):
        """Whatever is typed into the box ends in an answer or a clear error."""
        for query in ("", " ", "\"", "(", ")", "-", "from:", "a" * 70000, "\x01\x1b[31m", "OR",
                      "((((((", "after:x", "\u00e9\u0301", "from:\"", "NOT", "-\"\""):
            done = self.run_raw("-C", self.ar, "search", "--", query)
            self.assertIn(done.returncode, (OK, NOTHING, INPUT), query[:20])
            self.assertNotIn(b"\x1b", done.stderr)
        for raw in (b"\xff\xfe", b"caf\xe9"):
            done = subprocess.run([SHEAF.encode(), b"-C", str(self.ar).encode(), b"search", raw],
                                  env=self.env, capture_output=True, timeout=60, check=False)
            self.assertIn(done.returncode, (OK, NOTHING, INPUT))

    def test_explain(self):
        """Goes to standard error, results stay."""
        done = self.sheaf("search", "--explain", "--format", "ids", "word7")
        self.assertEqual(len(done.stdout.split()), 1)
        self.assertIn(b"word7", done.stderr)

    def test_output_lost(self):
        """A full disk or a closed pipe is a failure."""
        with open("/dev/full", "wb") as full:
            done = self.sheaf("search", "common", want=BROKEN, stdout=full)
            self.assertIn(b"output", done.stderr)
            self.sheaf("status", want=BROKEN, stdout=full)
            self.sheaf("show", self.all_ids().pop(), "--raw", want=BROKEN, stdout=full)
        read, write = os.pipe()
        os.close(read)
        for argv in (["search", "--format", "ndjson", "common"], ["status"],
                     ["show", self.all_ids().pop(), "--raw"]):
            self.sheaf(*argv, want=BROKEN, stdout=write)
        os.close(write)

    def test_head(self):
        """sheaf … | head -1 ends at once, and without noise."""
        done = subprocess.run(["bash", "-c", "set -o pipefail; \"$0\" -C \"$1\" search --format "
                               "ndjson common | head -1; echo ${PIPESTATUS[0]}", SHEAF,
                               str(self.ar)], env=self.env, capture_output=True, timeout=60,
                              check=False)
        lines = done.stdout.decode().splitlines()
        self.assertEqual(len(lines), 2)
        self.assertIn(int(lines[1]), (OK, BROKEN))
        self.assertEqual(done.stderr, b"")

    def test_serve(self):
        """Says where it listens, answers, and ends cleanly."""
        self.sheaf("serve", "--listen", "nonsense", want=USAGE)
        child = subprocess.Popen([SHEAF, "-C", str(self.ar), "serve", "--listen", "127.0.0.1:0"],
                                 env=self.env, stdout=subprocess.PIPE)
        try:
            line = child.stdout.readline().decode()
            self.assertRegex(line, r"^listening on http://127\.0\.0\.1:\d+/\n$")
            url = line.split()[-1] + "api/v1/search?q=word7"
            with urllib.request.urlopen(url, timeout=30) as got:
                web = json.load(got)
            child.terminate()
            self.assertEqual(child.wait(30), 0)
        finally:
            child.kill()
            child.wait()
            child.stdout.close()
        cli = self.js("search", "--json", "word7")
        self.assertEqual(cli["messages"], web["messages"])
        self.assertEqual(set(cli) - set(web), {"schema_version"})

    def test_show(self):
        """What of a message can be shown."""
        ident = self.ids("word7").pop()
        text = self.out("show", ident[:12])
        for part in ("number 7", "word7", "a/INBOX, UID 7", ident):
            self.assertIn(part, text)
        self.assertEqual(self.out("show", ident, "--text").strip(), "word7 common")
        self.assertNotIn("word7", self.out("show", ident, "--headers"))
        self.assertEqual(self.js("show", ident, "--json")["id"], ident)
        self.assertEqual(self.sheaf("show", ident, "--part", "1").stdout, b"word7 common\r\n")
        self.sheaf("show", ident, "--part", "4", want=INPUT)
        for bad in ("abc", "zzzzzz", "0" * 64, "0" * 200, ""):
            self.sheaf("show", bad, want=INPUT)
            self.sheaf("show", bad, "--raw", want=INPUT)

    def test_status(self):
        """The numbers add up."""
        got = self.js("status", "--json")
        self.assertEqual((got["messages"], got["copies"], got["indexed_to"], got["index_behind"]),
                         (60, 60, 60, 0))
        self.sheaf("import", "--no-index", "-", data=mail(99))
        self.assertEqual(self.js("status", "--json")["index_behind"], 1)
        self.assertIn("BEHIND", self.out("status"))
        done = self.sheaf("search", "--count", "number")
        self.assertEqual((done.stdout, done.stderr), (b"61\n", b""))
        self.assertEqual(len(self.ids("--no-index", "number")), 61)
        self.sheaf("index")
        self.assertEqual(self.js("status", "--json")["index_behind"], 0)
        self.sheaf("reindex")
        self.assertEqual(len(self.ids("number")), 61)


class Damage(Case):
    """Locks, broken files, read-only media."""

    def setUp(self):
        super().setUp()
        self.init()
        # Random bodies, so that the segment has several frames.
        self.put("m.mbox", b"".join(SEP + mail(n, os.urandom(60000).hex().encode() + b"\n") + b"\n"
                                    for n in range(60)))
        self.sheaf("import", self.top / "m.mbox")

    def test_second_writer(self):
        """75, and nothing is harmed; readers do not care."""
        with open(self.ar / "lock", "r+b") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            done = self.sheaf("import", "-", data=mail(99), want=LATER)
            self.assertIn(b"lock", done.stderr)
            self.assertEqual(len(self.ids("number")), 60)
        self.sheaf("import", "-", data=mail(99))
        self.assertEqual(len(self.ids("number")), 61)

    def test_disk_full(self):
        """No room, at many places: 74, nothing stored is harmed, and with room it goes on."""
        self.put("more.mbox", b"".join(SEP + mail(n, os.urandom(9000).hex().encode() + b"\n") +
                                       b"\n" for n in range(1000, 1100)))
        size = sum(p.stat().st_size for p in (self.ar / "segments").glob("*"))
        failed = 0
        for more in (1, 600, 5000, 70000, 500000, 900000):
            def little_room(limit=size + more):
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            done = self.run_raw("-C", self.ar, "import", self.top / "more.mbox",
                                preexec_fn=little_room, restore_signals=False)
            self.assertIn(done.returncode, (OK, BROKEN), done.stderr)
            failed += done.returncode == BROKEN
            self.assertEqual(len(self.ids("--no-index", "--dialect", "imap", "SMALLER 121000 "
                                          "LARGER 120000")), 60)
        self.assertGreater(failed, 3)
        self.sheaf("import", self.top / "more.mbox")
        status = self.js("status", "--json")
        self.assertEqual((status["messages"], status["copies"]), (160, 160))
        for ident in self.all_ids():
            raw = self.sheaf("show", ident, "--raw").stdout
            self.assertEqual(hashlib.sha256(raw).hexdigest(), ident)

    def test_bad_catalog(self):
        """74 and a clear text, for reading and writing."""
        whole = (self.ar / "catalog.db").read_bytes()
        for bad in (b"garbage" * 1000, whole[:100], whole[:5000],
                    whole[:4096] + b"\xff" * (len(whole) - 4096)):
            for name in ("catalog.db-wal", "catalog.db-shm"):
                (self.ar / name).unlink(missing_ok=True)
            (self.ar / "catalog.db").write_bytes(bad)
            for argv in (["search", "number"], ["status"], ["import", "-"]):
                done = self.sheaf(*argv, data=mail(99), want=BROKEN)
                self.assertTrue(done.stderr.startswith(b"sheaf: "), done.stderr)
                self.assertEqual(b"CANNOT BE READ" in done.stdout, argv == ["status"])
                self.assertEqual(done.stdout.count(b"\n"), 2 if argv == ["status"] else 0)
        for name in ("catalog.db-wal", "catalog.db-shm"):
            (self.ar / name).unlink(missing_ok=True)
        (self.ar / "catalog.db").write_bytes(whole)
        self.assertEqual(len(self.ids("number")), 60)

    def test_truncated_segment(self):
        """What is cut off is an error; the rest is still there."""
        ids = self.out("search", "--format", "ids", "--sort", "date", "number").split()
        segment = sorted((self.ar / "segments").glob("*.tar.zst"))[0]
        whole = segment.read_bytes()
        segment.write_bytes(whole[:len(whole) // 2])
        results = [self.run_raw("-C", self.ar, "show", i, "--raw") for i in ids]
        codes = {r.returncode for r in results}
        self.assertEqual(codes, {OK, BROKEN})
        for ident, got in zip(ids, results):
            if got.returncode == OK:
                self.assertEqual(hashlib.sha256(got.stdout).hexdigest(), ident)
            else:
                self.assertTrue(got.stderr.startswith(b"sheaf: "))
        middle = len(whole) // 4
        segment.write_bytes(whole[:middle] + bytes(64) + whole[middle + 64:])
        codes = [self.run_raw("-C", self.ar, "show", i, "--raw").returncode for i in ids]
        self.assertIn(BROKEN, codes)
        self.assertGreater(codes.count(OK), 30)

    def test_broken_index(self):
        """A damaged index is an error that says what to do, and reindex mends it."""
        for path in (self.ar / "index").rglob("*"):
            if path.is_file() and path.name not in ("lock",):
                path.write_bytes(b"garbage" * 20)
        done = self.run_raw("-C", self.ar, "search", "number")
        self.assertIn(done.returncode, (OK, BROKEN), done.stderr)
        self.sheaf("reindex")
        self.assertEqual(len(self.ids("number")), 60)

    @unittest.skipUnless(os.geteuid() == 0, "needs root to become somebody else")
    def test_read_only(self):
        """An archive that may only be read is searched, shown, verified and exported."""
        self.top.chmod(0o755)
        for path in [self.ar, *self.ar.rglob("*")]:
            path.chmod(0o555 if path.is_dir() else 0o444)
        temporary = self.top / "tmp"
        temporary.mkdir()
        os.chown(temporary, 65534, 65534)
        who = {"user": 65534, "group": 65534, "extra_groups": [],
               "env": dict(self.env, TMPDIR=str(temporary))}
        got = self.sheaf("search", "--format", "ids", "number", **who).stdout.split()
        self.assertEqual(len(got), 60)
        raw = self.sheaf("show", got[0].decode(), "--raw", **who).stdout
        self.assertEqual(hashlib.sha256(raw).hexdigest(), got[0].decode())
        self.sheaf("status", **who)
        self.sheaf("verify", "--deep", **who)
        told = self.sheaf("export", "--format", "tar", "--to", "-", "number", **who).stdout
        with tarfile.open(fileobj=io.BytesIO(told)) as tar:
            self.assertEqual(sum(name.endswith(".eml") for name in tar.getnames()), 60)
        done = self.run_raw("-C", self.ar, "import", "-", data=mail(99), **who)
        self.assertIn(done.returncode, (BROKEN, DENIED))


class Hostile(Case):
    """Mail that is large, deep or strange."""

    def round_trip(self, data, *words):
        """Imported, indexed, found with and without the index, and shown byte for byte."""
        self.init()
        path = self.put("x.eml", data)
        self.sheaf("import", path)
        self.assertEqual(self.js("status", "--json")["index_behind"], 0)
        ident = hashlib.sha256(data).hexdigest()
        for word in words:
            for extra in ([], ["--no-index"]):
                self.assertEqual(self.ids(*extra, "--dialect", "imap", "TEXT " + word), {ident})
        got = self.top / "got"
        with open(got, "wb") as out:
            self.sheaf("show", ident, "--raw", stdout=out)
        with open(got, "rb") as out:
            self.assertEqual(hashlib.file_digest(out, "sha256").hexdigest(), ident)
        self.sheaf("show", ident)
        self.sheaf("show", ident, "--json")
        return ident

    def test_empty(self):
        """0 bytes."""
        self.round_trip(b"")
        self.assertEqual(len(self.all_ids()), 1)

    def test_nul(self):
        """NUL bytes, and every other byte."""
        body = b"before\0after " + bytes(range(256)).replace(b"\n", b"") + b"\r\n"
        self.round_trip(crlf(mail(1)) + body, "before", "after")

    def test_large(self):
        """100 MB, most of it one attachment."""
        head = (b"From: a@b\r\nSubject: large\r\nMIME-Version: 1.0\r\n"
                b"Content-Type: multipart/mixed; boundary=q\r\n\r\n--q\r\n\r\nneedleword\r\n--q\r\n"
                b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n"
                b"\r\n")
        line = b"QUJD" * 19 + b"\r\n"
        self.round_trip(head + line * (100_000_000 // len(line)) + b"--q--\r\n", "needleword")

    def test_many_parts(self):
        """10,000 parts."""
        parts = b"".join(b"--q\r\nContent-Type: text/plain\r\n\r\nw%dx\r\n" % n
                         for n in range(10000))
        self.round_trip(b"Subject: many\r\nMIME-Version: 1.0\r\n"
                        b"Content-Type: multipart/mixed; boundary=q\r\n\r\n" + parts + b"--q--\r\n",
                        "w0x", "w9000x")

    def test_deep(self):
        """Nested 500 deep: what lies too deep is still stored, and the message is marked."""
        data = b"Subject: deep\r\nMIME-Version: 1.0\r\n"
        for n in range(500):
            data += b"Content-Type: multipart/mixed; boundary=q%d\r\n\r\n--q%d\r\n" % (n, n)
        data += b"Content-Type: text/plain\r\n\r\nbottom\r\n"
        for n in reversed(range(500)):
            data += b"--q%d--\r\n" % n
        self.round_trip(data, "deep")

    def test_terminal(self):
        """Nothing that a terminal obeys gets through the texts of a mail."""
        data = crlf(b"From: \x1b]0;x\x07 <a@b>\nSubject: \x1b[2J\xc2\x9b31m \xe2\x80\xaebad\n\n"
                    b"\x1b[31mred\x07\n")
        ident = self.round_trip(data)
        for argv in (["search", "--dialect", "imap", "ALL"], ["show", ident],
                     ["show", ident, "--text"], ["show", ident, "--headers"]):
            got = self.sheaf(*argv).stdout
            for bad in (b"\x1b", b"\x07", b"\xc2\x9b", b"\xe2\x80\xae"):
                self.assertNotIn(bad, got, argv)


if __name__ == "__main__":
    unittest.main()

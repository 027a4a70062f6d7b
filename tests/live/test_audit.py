"""The audit log and certificates of searches: what is in them, and what is noticed."""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse

from peoplehelp import PASSWORD, Browser, bearer, token, user
from sheafserver import ROOT, Server, sheaf

TOKEN = "tok.0123456789abcdef"


def checker():
    """The Python of docs/formats/audit.md."""
    text = (ROOT / "docs" / "formats" / "audit.md").read_text(encoding="utf-8")
    block = re.search(r"((?:    .*\n)*    import glob(?:.*\n    .*)+)\n", text)
    return "\n".join(line[4:] for line in block[1].splitlines())


class Base:
    """An archive of 30 messages."""

    def setUp(self):
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="sheaf-audit-"))
        self.addCleanup(shutil.rmtree, self.top, ignore_errors=True)
        self.archive = self.top / "archive"
        mails = self.top / "mails"
        mails.mkdir()
        for i in range(30):
            (mails / ("%02d.eml" % i)).write_text(
                "From: ann%d@example.org\nSubject: budget %d\n"
                "Date: Thu, 5 Mar 2020 10:%02d:00 +0000\n\nword%d\n" % (i % 3, i, i, i % 5))
        self.assertEqual(sheaf(self.archive, "init").returncode, 0)
        self.assertEqual(sheaf(self.archive, "import", mails).returncode, 0)

    def run_sheaf(self, *args, status=0):
        """What it printed."""
        done = sheaf(self.archive, *args)
        self.assertEqual(done.returncode, status, done.stderr.decode())
        return done.stdout.decode()

    def entries(self):
        """The log."""
        files = sorted((self.archive / "audit").glob("??????.log"))
        return [json.loads(line) for f in files for line in f.read_text().splitlines()]

    def configure(self, text):
        """Another sheaf.conf."""
        (self.archive / "sheaf.conf").write_text(text)

    def check_alone(self, status=0):
        """With the Python of the documentation."""
        done = subprocess.run([sys.executable, "-c", checker(), str(self.archive)], timeout=60,
                              capture_output=True, check=False)
        self.assertEqual(done.returncode != 0, status != 0, done.stderr.decode())
        return done.stdout.decode().split()


class Log(Base, unittest.TestCase):
    """The audit log."""

    def test_entries(self):
        ids = self.run_sheaf("search", "--format", "ids", "budget").encode()
        one = ids.split()[0].decode()
        with Server(self.archive) as server:
            server.search("budget", limit=10)
            lines = server.ask("/api/v1/search?q=budget&format=ndjson").body.splitlines()
            self.assertEqual(len(lines), 32)
            # The stream's second entry comes when its connection is done with it.
            end = time.monotonic() + 30
            while len(self.entries()) < 3 and time.monotonic() < end:
                time.sleep(0.01)
            for target in ("/?q=word3", "/", "/message/" + one, "/style.css", "/healthz",
                           "/api/v1/messages/%s/raw" % one, "/api/v1/messages/" + "0" * 64,
                           "/api/v1/search?q=from:a&nonsense=1"):
                server.ask(target)
        log = self.entries()
        self.assertEqual([(e["what"], e.get("status")) for e in log], [
            ("searched", 200), ("searched", 200), ("answered", None), ("searched", 200),
            ("searched", 200), ("opened", 200), ("downloaded", 200), ("opened", 404),
            ("searched", 400)])
        first, stream, end, page, front = log[:5]
        self.assertEqual((first["tree"], first["shown"]), ('(word "budget")', 10))
        self.assertEqual(first["digest"],
                         hashlib.sha256(b"\n".join(ids.split()[:10]) + b"\n").hexdigest())
        self.assertEqual((stream["streams"], end["of"]), (True, stream["n"]))
        self.assertEqual((end["count"], end["digest"]), (30, hashlib.sha256(ids).hexdigest()))
        self.assertEqual((page["count"], page["who"]["uid"]), (6, os.getuid()))
        self.assertEqual((front["tree"], front["shown"]), ("(all)", 30))  # the newest mail
        self.assertEqual(log[5]["id"], one)
        self.assertEqual(self.check_alone()[0], "9")
        self.assertEqual(len(self.run_sheaf("audit", "list", "--what", "opened").splitlines()), 2)
        self.assertEqual(self.run_sheaf("audit", "list", "--since", "2999", status=1), "")

    def test_words(self):
        """What each kind of request goes by."""
        one = self.run_sheaf("search", "--format", "ids", "word3").split()[0]
        json_type = {"Content-Type": "application/json"}
        using = ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail"]
        asked = []

        def ask(method, target, *wanted, **members):
            answer = server.ask(target, method, json_type if members else {},
                                json.dumps(members).encode() if members else None)
            asked.extend(wanted)
            return answer
        with Server(self.archive) as server:
            for name in ("count", "explain", "facets", "suggest"):
                ask("GET", "/api/v1/%s?q=budget" % name, "searched")
            ask("GET", "/api/v1/messages/%s/thread" % one, "opened")
            ask("GET", "/api/v1/threads/" + one, "opened")
            ask("GET", "/pane?q=word3&open=" + one, "opened")
            ask("POST", "/api/v1/tags/t", "tagged", "answered", q="word3")
            ask("GET", "/api/v1/tags/t", "searched")
            ask("DELETE", "/api/v1/tags/t", "untagged", "answered", ids=[one])
            saved = ask("POST", "/api/v1/saved-searches", "saved a search", "answered",
                        name="n", q="word3").headers["Location"]
            ask("GET", saved)
            ask("GET", saved + "/feed.atom", "searched")
            ask("PUT", saved, "changed a saved search", "answered", q="word4")
            ask("DELETE", saved, "removed a saved search", "answered")
            job = ask("POST", "/api/v1/export", "asked for an export", "answered",
                      q="word3", format="mbox").headers["Location"]
            end = time.monotonic() + 30
            while server.ask(job).json()["state"] != "done" and time.monotonic() < end:
                time.sleep(0.01)
            ask("GET", job + "/file", "fetched an export")
            ask("GET", job + "/manifest", "fetched an export")
            ask("DELETE", job, "cancelled an export", "answered")
            account = ask("GET", "/jmap/session").json()["primaryAccounts"][using[1]]
            calls = [["Email/query", {"accountId": account, "filter": {"text": "word3"}}, "0"]]
            found = ask("POST", "/jmap/api", "searched", using=using, methodCalls=calls)
            ids = found.json()["methodResponses"][0][1]["ids"]
            calls.append(["Email/get", {"accountId": account, "properties": ["subject"], "#ids": {
                "resultOf": "0", "name": "Email/query", "path": "/ids"}}, "1"])
            ask("POST", "/jmap/api", "opened", using=using,
                methodCalls=calls + [["No/such", {}, "2"]])
            ask("GET", "/jmap/download/%s/b%s" % (account, one), "downloaded")
            end = time.monotonic() + 30  # a file's entry may come as it is sent
            while len(self.entries()) < len(asked) and time.monotonic() < end:
                time.sleep(0.01)
        log = self.entries()
        self.assertEqual([e["what"] for e in log], asked)
        self.assertEqual((log[0]["count"], log[0]["tree"]), (30, '(word "budget")'))
        self.assertEqual({e["status"] for e in log if e["what"] == "answered"},
                         {200, 201, 202, 204})
        self.assertEqual((log[-1]["id"], len(ids)), (one, 6))
        digest = hashlib.sha256("".join(i[1:] + "\n" for i in ids).encode()).hexdigest()
        shown = {"shown": 6, "digest": digest}
        self.assertEqual(log[-2]["calls"], [
            dict(shown, method="Email/query"), dict(shown, method="Email/get"),
            {"method": "No/such", "error": "unknownMethod"}])

    def test_killed_while_asked(self):
        """What was answered is in the log, whenever the server is killed."""
        with Server(self.archive) as server:
            answered = 0

            def ask(number):
                try:
                    return server.search("word%d" % (number % 5))["total"] == 6
                except (OSError, AssertionError):
                    return False
            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                jobs = [pool.submit(ask, i) for i in range(80)]
                for done in concurrent.futures.as_completed(jobs):
                    answered += done.result()
                    if answered == 40:
                        server.child.kill()
            server.child.wait()
        self.assertGreaterEqual(answered, 40)
        self.assertGreaterEqual(len(self.entries()), answered)
        self.run_sheaf("audit", "verify")
        self.check_alone()

    def test_tokens_and_refusals(self):
        tokens = self.top / "tokens"
        tokens.write_text(TOKEN + "\n")
        tokens.chmod(0o600)
        with Server(self.archive, "--token-file", tokens) as server:
            self.assertEqual(server.ask("/api/v1/search?q=a").status, 401)
            for _ in range(20):
                bad = server.ask("/api/v1/search?q=a", headers={"Authorization": "Bearer no"})
                self.assertEqual(bad.status, 401)
            good = {"Authorization": "Bearer " + TOKEN}
            self.assertEqual(server.ask("/api/v1/search?q=a", headers=good).status, 200)
        log = self.entries()
        refused = [e for e in log if e["what"] == "refused"]
        self.assertIn(len(refused), (1, 2, 3))
        self.assertEqual(refused[0]["who"]["token"], hashlib.sha256(b"no").hexdigest()[:16])
        searched = [e for e in log if e["what"] == "searched"]
        self.assertEqual([e["who"]["token"] for e in searched],
                         [hashlib.sha256(TOKEN.encode()).hexdigest()[:16]])

    def test_logins(self):
        """Who came in, who did not, and what they then did."""
        user(self.archive, "add", "ann", "--role", "owner")
        with Server(self.archive) as server:
            browser = Browser(server)
            for password in ("wrong", PASSWORD):
                browser.get("/login")
                browser.post("/login", {"name": "ann", "password": password})
            self.assertEqual(browser.get("/?q=word3").status, 200)
        log = [(e["what"], e["status"], e.get("login"), e["who"]["name"])
               for e in self.entries()]
        self.assertEqual(log, [("logged in", 403, "ann", ""), ("logged in", 303, "ann", ""),
                               ("searched", 200, None, "ann")])
        said = self.run_sheaf("audit", "list", "--who", "ann").splitlines()
        self.assertEqual([line.partition("  ")[2].partition("  ")[2].rpartition("  ")[0]
                          .partition("(word")[0].strip() for line in said],
                         ["nobody at 127.0.0.1  logged in as ann 403",
                          "nobody at 127.0.0.1  logged in as ann 303",
                          "ann at 127.0.0.1  searched 200"])
        with Server(self.archive) as server:
            browser = Browser(server)
            browser.get("/login")
            browser.post("/login", {"name": "ann", "password": PASSWORD})
            page = browser.get("/audit?what=logged+in").body.decode()
        self.assertIn("<td>nobody</td><td>logged in (403)</td><td><bdi>ann</bdi></td>", page)
        self.assertNotIn("the owner", page)
        text = (self.archive / "audit" / "000001.log").read_text()
        self.assertNotIn(PASSWORD, text)
        self.assertNotIn("wrong", text)

    def test_forms(self):
        """What pages send goes by the same words, without the secret that made it ours."""
        one = self.run_sheaf("search", "--format", "ids", "word3").split()[0]
        user(self.archive, "add", "ann", "--role", "owner")
        asked = [("logged in", None)]
        with Server(self.archive) as server:
            ann = Browser(server)
            ann.login("ann")
            csrf = ann.csrf()
            for path, what, fields in (
                    ("/tags", "tagged", {"id": one, "tag": "t"}),
                    ("/tags/off", "untagged", {"id": one, "tag": "t"}),
                    ("/saved", "saved a search", {"name": "n", "q": "word3"}),
                    ("/saved/1/remove", "removed a saved search", {}),
                    ("/exports", "asked for an export",
                     {"which": "all", "q": "word3", "format": "mbox"}),
                    ("/exports/1/end", "cancelled an export", {})):
                answer = ann.post(path, dict(fields, csrf=csrf))
                self.assertEqual(answer.status, 303, answer.body)
                asked += [(what, fields), ("answered", None)]
            self.assertEqual(ann.get("/not-searchable").status, 200)
            asked.append(("searched", None))
        log = self.entries()
        self.assertEqual([e["what"] for e in log], [what for what, _ in asked])
        for entry, (_, fields) in zip(log, asked):
            if fields is not None:
                self.assertEqual(entry["body"],
                                 urllib.parse.urlencode(dict(fields, csrf="")))
        self.assertNotIn(csrf, (self.archive / "audit" / "000001.log").read_text())

    def test_docs(self):
        """The lines of docs/operate.md about it."""
        text = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
        lines = [line.split()[1:] for line in text.splitlines()
                 if line.startswith("    sheaf audit ")]
        self.assertEqual([line[1] for line in lines], ["list", "verify", "head"])
        with Server(self.archive) as server:
            server.search("budget")
        self.run_sheaf("seal")
        for line, status in zip(lines, (1, 0, 0)):
            self.run_sheaf(*line, status=status)

    def test_page_and_rest(self):
        with Server(self.archive) as server:
            for i in range(5):
                server.search("word%d <b>" % i)
            got = server.ask("/api/v1/audit?limit=2").json()
            self.assertEqual([e["n"] for e in got["entries"]], [5, 4])
            self.assertEqual((got["newest"], got["next"], got["total_relation"]),
                             (5, 4, "at_least"))
            got = server.ask("/api/v1/audit?what=searched&before=4").json()
            self.assertEqual([e["n"] for e in got["entries"]], [3, 2, 1])
            self.assertIsNone(got["next"])
            self.assertEqual(server.ask("/api/v1/audit?limit=0").status, 400)
            self.assertEqual(server.ask("/api/v1/audit?x=0").status, 400)
            page = server.ask("/audit?what=searched")
            self.assertIn(b"&lt;b&gt;", page.body)
            self.assertNotIn(b"<b>", page.body)

    def test_many_pages(self):
        """Old entries are found by the links of the page, also above a thousand."""
        (self.archive / "audit").mkdir(mode=0o700)
        line = b""
        with open(self.archive / "audit" / "000001.log", "wb") as log:
            for n in range(1, 1251):
                before = hashlib.sha256(line).hexdigest() if n > 1 else "0" * 64
                line = json.dumps({"n": n, "prev": before, "at": "2026-01-01T00:00:00.000Z",
                                   "who": {"name": "ann"}, "what": "changed"}).encode() + b"\n"
                log.write(line)
        self.assertEqual(self.check_alone()[0], "1250")
        seen, target = [], "/audit"
        with Server(self.archive) as server:
            while target:
                page = server.ask(target)
                self.assertEqual(page.status, 200, page.body)
                text = page.body.decode()
                rows = re.findall(r"<tr><td>(\d+)</td>(?:(?!</tr>).)*<td>changed</td>", text)
                seen += map(int, rows)
                link = re.search(r'href="(/audit\?before=[^"]*)"', text)
                target = link and link[1].replace("&amp;", "&")
        self.assertEqual(seen, list(range(1250, 0, -1)))

    def test_unwritable(self):
        """No entry, no answer; unless the configuration says otherwise."""
        log = self.archive / "audit"
        for conf, status in (("", 503), ("[audit]\nrequired = no\n", 200)):
            self.configure(conf)
            with Server(self.archive) as server:
                self.assertEqual(server.ask("/api/v1/search?q=budget").status, 200)
                # Somebody writes what is no entry: nothing is built upon that.
                whole = (log / "000001.log").read_bytes()
                (log / "000001.log").write_bytes(b"x" * 10 + b"\n")
                answer = server.ask("/api/v1/search?q=budget")
                self.assertEqual(answer.status, status)
                self.assertEqual(server.ask("/healthz").status, 200)
                if status == 503:
                    self.assertIn("audit log", answer.json()["detail"])
                    self.assertNotIn(b"messages", answer.body)
                (log / "000001.log").write_bytes(whole)
                self.assertEqual(server.ask("/api/v1/search?q=budget").status, 200)
        self.configure("[audit]\nlog = no\n")
        before = len(self.entries())
        with Server(self.archive) as server:
            server.search("budget")
        self.assertEqual(len(self.entries()), before)

    def test_disk_full(self):
        """A file that may not grow is a full disk."""
        with Server(self.archive) as server:
            server.search("budget")
            size = (self.archive / "audit" / "000001.log").stat().st_size
            limits = resource.prlimit(server.child.pid, resource.RLIMIT_FSIZE)
            resource.prlimit(server.child.pid, resource.RLIMIT_FSIZE, (size + 100, limits[1]))
            self.assertEqual(server.ask("/api/v1/search?q=budget").status, 503)
            resource.prlimit(server.child.pid, resource.RLIMIT_FSIZE, limits)
            self.assertEqual(server.ask("/api/v1/search?q=budget").status, 200)
        self.assertEqual(len(self.entries()), 2)
        self.check_alone()

    def test_command_line(self):
        self.run_sheaf("search", "budget")
        self.assertEqual(self.entries(), [])
        self.configure("[audit]\ncommand_line = yes\n")
        ids = self.run_sheaf("search", "--format", "ids", "word3").encode()
        self.run_sheaf("search", "nothinghere", status=1)
        log = self.entries()
        self.assertEqual([(e["what"], e.get("exit")) for e in log],
                         [("searched", None), ("answered", 0), ("searched", None),
                          ("answered", 1)])
        self.assertEqual(log[0]["words"], ["--format", "ids", "word3"])
        self.assertEqual(log[1]["digest"], hashlib.sha256(ids).hexdigest())
        sheaf(self.archive, "rebuild-catalog")
        self.assertEqual([e["what"] for e in self.entries()[4:]], ["repaired", "answered"])
        self.run_sheaf("not-searchable", "--attachments", "unknown-type", "word3", status=1)
        self.assertEqual([e["what"] for e in self.entries()[6:]], ["searched", "answered"])
        (self.archive / "audit" / "000001.log").write_bytes(b"no entry\n")
        done = sheaf(self.archive, "search", "word3")
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(done.stdout, b"")

    def test_head(self):
        with Server(self.archive) as server:
            for i in range(4):
                server.search("word%d" % i)
        self.run_sheaf("seal")
        head = self.top / "head"
        shutil.copy(self.archive / "audit" / "head", head)
        key = self.archive / "keys" / "seal.pub"
        done = subprocess.run([sys.executable, ROOT / "docs/formats/verify.py", key, "note", head],
                              capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        with Server(self.archive) as server:
            server.search("word4")
        self.assertIn("5 entries", self.run_sheaf("audit", "verify", "--head", head))
        log = self.archive / "audit" / "000001.log"
        whole = log.read_bytes()
        lines = whole.splitlines(keepends=True)
        log.write_bytes(b"".join(lines[:3]))
        self.check_alone()  # a chain alone does not know
        self.run_sheaf("audit", "verify", status=74)
        (self.archive / "audit" / "head").unlink()
        self.run_sheaf("audit", "verify")
        self.run_sheaf("audit", "verify", "--head", head, status=74)
        log.write_bytes(whole.replace(b"word1", b"word9", 1))
        self.run_sheaf("audit", "verify", status=74)
        self.check_alone(1)
        log.write_bytes(b"".join(lines[:1] + lines[2:]))
        self.run_sheaf("audit", "verify", status=74)
        self.check_alone(1)
        log.write_bytes(whole)
        head.write_bytes(head.read_bytes().replace(b"\n4\n", b"\n3\n"))
        self.run_sheaf("audit", "verify", "--head", head, status=65)


class Certificates(Base, unittest.TestCase):
    """Certificates of searches."""

    def search_certified(self, *words):
        """The file."""
        path = self.top / "certificate"
        self.run_sheaf("search", "--certificate", path, *words)
        return path

    def test_certificate(self):
        done = sheaf(self.archive, "search", "--certificate", self.top / "c", "word3")
        self.assertEqual(done.returncode, 65)
        self.assertIn(b"sheaf seal", done.stderr)
        self.run_sheaf("seal")
        path = self.search_certified("word3", "--limit", "1")
        said = json.loads(path.read_text().split("\n\n")[0])
        self.assertEqual((said["count"], said["query"], said["searched_to"]), (6, "word3", 30))
        ids = [m["id"] for m in json.loads(self.run_sheaf(
            "search", "--format", "json", "--sort", "date", "word3"))["messages"]]
        self.assertEqual(said["digest"],
                         hashlib.sha256("".join(i + "\n" for i in ids).encode()).hexdigest())
        for more in ((), ("--no-index",)):
            self.assertIn("the same", self.run_sheaf("certificate", "verify", path, *more))
        # New mail changes nothing.
        new = self.top / "new.eml"
        new.write_text("From: a@example.org\nSubject: more\n\nword3 again\n")
        self.run_sheaf("import", new)
        self.assertEqual(len(self.run_sheaf("search", "--format", "ids", "word3").split()), 7)
        now = json.loads(self.run_sheaf("certificate", "verify", "--json", path))
        self.assertEqual((now["same"], now["count"], now["count_now"]), (True, 6, 6))
        kept = path.read_bytes()
        for old, other in ((b'"count": 6', b'"count": 5'), (b"word3", b"word2"),
                           (said["digest"].encode(), b"0" * 64)):
            path.write_bytes(kept.replace(old, other, 1))
            self.run_sheaf("certificate", "verify", path, status=65)
        path.write_bytes(kept)
        key = self.archive / "keys" / "seal.pub"
        done = subprocess.run([sys.executable, ROOT / "docs/formats/verify.py", key, "note", path],
                              capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_over_http(self):
        path = self.top / "certificate"
        with Server(self.archive) as server:
            no_key = server.ask("/api/v1/search?q=word3&certificate=1")
            self.assertEqual(no_key.status, 400)
            self.assertIn("seal", no_key.json()["detail"])
            self.run_sheaf("seal")
            got = server.search("from:ann1", limit=1, certificate=1)
            self.assertEqual((got["total"], got["total_relation"]), (10, "exact"))
            path.write_text(got["certificate"], encoding="utf-8")
            self.assertEqual(server.ask("/api/v1/search?q=a&certificate=1&format=ndjson").status,
                             400)
            self.assertEqual(
                server.ask("/api/v1/search?q=RETURN%20()%20ALL&dialect=imap&certificate=1").status,
                400)
        self.assertIn("10 found", self.run_sheaf("certificate", "verify", path))

    def test_rights(self):
        """What somebody who reads one account found is found again with that account's mail."""
        extra = self.top / "extra.eml"
        extra.write_text("From: ann1@example.org\nSubject: elsewhere\n\nword3\n")
        self.run_sheaf("import", "--account", "other", extra)
        self.run_sheaf("seal")
        user(self.archive, "add", "bob", "--role", "reader", "--account", "other")
        path = self.top / "certificate"
        headers = bearer(token(self.archive, "bob"))
        with Server(self.archive) as server:
            got = server.ask("/api/v1/search?q=word3&certificate=1", headers=headers).json()
        self.assertEqual((got["total"], got["total_relation"]), (1, "exact"))
        path.write_text(got["certificate"], encoding="utf-8")
        self.assertEqual(json.loads(path.read_text().split("\n\n")[0])["readable_accounts"],
                         ["other"])
        self.assertIn("1 found", self.run_sheaf("certificate", "verify", path))
        last = self.entries()[-1]
        self.assertEqual((last["who"]["name"], last["who"]["accounts"], last["count"]),
                         ("bob", ["other"], 1))

    def test_other_archive(self):
        """A certificate does not fit an archive that was made anew with the same mail."""
        self.run_sheaf("seal")
        path = self.search_certified("word3")
        key = self.top / "seal.pub"
        shutil.copy(self.archive / "keys" / "seal.pub", key)
        shutil.rmtree(self.archive)
        self.run_sheaf("init")
        self.run_sheaf("import", self.top / "mails")
        self.run_sheaf("seal")
        self.run_sheaf("certificate", "verify", path, status=65)
        done = sheaf(self.archive, "certificate", "verify", path, "--key", key)
        self.assertEqual(done.returncode, 65)
        self.assertIn(b"the seal of segment 1", done.stderr)


if __name__ == "__main__":
    unittest.main()

"""docs/search.md: every example in it is asked, with the index and without."""

import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import tempfile
import unittest

from sheafserver import ROOT, SHEAF, Server

PAGE = (ROOT / "docs" / "search.md").read_text(encoding="utf-8")
# | `query` | 1 3 | because |
ROW = re.compile(r"^\| `(.+?)` \| ((?:\d+ ?)*) ?\|", re.M)


def rows(heading):
    """The (query, numbers) rows of the tables under a heading."""
    part = PAGE.split("\n%s\n" % heading, 1)[1]
    return [(q, n.split()) for q, n in ROW.findall(re.split(r"\n##+ ", part, maxsplit=1)[0])]


class Examples(unittest.TestCase):
    """Over the mail in docs/examples."""

    def setUp(self):
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="sheaf-searchdoc-"))
        self.addCleanup(shutil.rmtree, self.top, ignore_errors=True)
        self.env = dict(os.environ, SHEAF_ARCHIVE=str(self.top / "archive"),
                        PATH="%s:%s" % (self.top, os.environ["PATH"]))
        (self.top / "sheaf").symlink_to(pathlib.Path(SHEAF).resolve())
        (self.top / "docs").symlink_to(ROOT / "docs")
        self.shell("sheaf init archive")
        self.shell([line[4:] for line in PAGE.splitlines()
                    if line.startswith("    sheaf import")][0])
        self.ids = {}
        for n in "123456":
            self.ids[self.find('HEADER Message-ID "<%s@example.org>"' % n)[0]] = n

    def shell(self, line):
        """Run one line; its output. Nothing found is fine."""
        done = subprocess.run(["sh", "-c", line], cwd=self.top, env=self.env, timeout=60,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, check=False)
        self.assertIn(done.returncode, (0, 1), "%s: %s" % (line, done.stderr.decode()))
        return done.stdout.decode()

    def find(self, query, dialect="imap", *more):
        """The ids of what a query finds."""
        done = subprocess.run([SHEAF, "search", "--dialect", dialect, "--format", "ids", *more,
                               "--", query], env=self.env, timeout=60, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, check=False)
        self.assertIn(done.returncode, (0, 1), "%s: %s" % (query, done.stderr.decode()))
        return done.stdout.decode().split()

    def test_imap(self):
        table = rows("### Examples")
        self.assertGreaterEqual(len(table), 40, "docs/search.md has lost its examples")
        for query, want in table:
            for way in ((), ("--no-index",)):
                got = sorted(self.ids[i] for i in self.find(query, "imap", *way))
                self.assertEqual(got, want, "%s %s" % (query, way))

    def test_box(self):
        """The same for the search box; a query that finds nothing is no error either."""
        table = rows("### Searches to try")
        self.assertGreaterEqual(len(table), 35, "docs/search.md has lost its examples")
        for query, want in table:
            for way in ((), ("--no-index",)):
                got = sorted(self.ids[i] for i in self.find(query, "box", *way))
                self.assertEqual(got, want, "%s %s" % (query, way))
        # FUZZY keeps its English beside lang:.
        for way in ((), ("--no-index",)):
            self.assertEqual(self.find("lang:de xyzzy OR imap:(FUZZY BODY report)", "box", *way),
                             self.find("FUZZY BODY report"))

    def test_garbage(self):
        """Whatever is typed is searched: no error, index or not, and the same answer."""
        pieces = ["(", ")", "{", "}", '"', "-", "*", ":", "a", "re*", " ", " ", "OR ", "NOT ",
                  "NEAR/2 ", "from:", "date:", "imap:(", "header:", "x=", "link:", "ü", "会",
                  "\t", "size:", ".."]
        r = random.Random(4)
        for n in [5, 20, 80] * 8 + [40000]:
            query = "".join(r.choices(pieces, k=n))
            got = self.find(query, "box")
            if n < 100:
                self.assertEqual(self.find(query, "box", "--no-index"), got, query)

    def test_fields(self):
        """Every field of the help page stands in a table here, and the other way round."""
        with Server(self.top / "archive") as server:
            page = server.ask("/help").body.decode()
        fields = re.findall(r"<dt><code>([a-z-]+):</code></dt>",
                            page.split('id="fields"', 1)[1].split("</dl>", 1)[0])
        part = PAGE.split("\n### Fields\n", 1)[1].split("Other spellings", 1)[0]
        told = {f for line in part.splitlines() if line.startswith("| `")
                for f in re.findall(r"`([a-z]+):", line.split(" | ")[0])}
        self.assertEqual(told, set(fields))
        others = part = PAGE.split("Other spellings", 1)[1].split("\n\nAn unknown", 1)[0]
        told = set(re.findall(r"`([a-z0-9_-]+):", "".join(
            line.split(" | ")[0] for line in others.splitlines())))
        also = re.findall(r"<dt><code>([a-z0-9_-]+):</code></dt>",
                          page.split('id="others"', 1)[1].split("</dl>", 1)[0])
        self.assertEqual(told, set(also))

    def test_meant(self):
        """A word that is nowhere: the nearest, on the command line, in JSON, on the page."""
        def said(query, *more):
            return subprocess.run([SHEAF, "search", *more, "--", query], env=self.env, timeout=60,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        done = said('anual "repport ready" -xyzzy')
        self.assertEqual(done.returncode, 1)
        self.assertIn('did you mean: annual "report ready" -xyzzy\n', done.stderr.decode())
        # Words that stand for an operator or a field are not guessed at, nor is lang:.
        for query, mended in (("subject:(anual AND", "subject:(annual AND"),
                              ("NOT anual NOT", None), ("xyzzyx NEAR/5", None),
                              ("subject:(annual AND", None), ("size:x", None),
                              ("lang:en anual", "lang:en annual")):
            told = said(query).stderr.decode()
            self.assertEqual(f"did you mean: {mended}\n" in told, mended is not None, query)
            self.assertEqual("did you mean" in told, mended is not None, query)
        for query in ("xyzzyx", "annual minutes", "", "anual OR annual", "-anual", "from:anual"):
            self.assertNotIn("did you mean", said(query).stderr.decode(), query)
        for more in (("--dialect", "imap"), ("--no-index",)):
            self.assertNotIn("did you mean", said("TEXT anual", *more).stderr.decode())
        # The column is the word's, not that of its field or phrase.
        self.assertEqual([(w["word"], w["column"]) for w in json.loads(
            said('ü (subject:anual) OR "the repport"', "--json").stdout)["did_you_mean"]],
            [("anual", 12), ("repport", 27)])
        want = [{"word": "Agnda", "instead": "agenda", "query": "subject:x agenda", "column": 11}]
        self.assertEqual(json.loads(said("subject:x Agnda", "--json").stdout)["did_you_mean"][-1:],
                         want)
        with Server(self.top / "archive") as server:
            got = server.ask("/api/v1/search?q=subject:x%20Agnda").json()
            self.assertEqual(got["did_you_mean"][-1:], want)
            self.assertNotIn("did_you_mean", server.ask("/api/v1/search?q=agenda").json())
            page = server.ask("/?q=Agnda").body.decode()
            self.assertRegex(page, r'id="meant">Did you mean <a href="/\?q=agenda[^"]*">agenda</a>')
            words = server.ask("/api/v1/suggest?q=age").json()["suggestions"]
            self.assertIn({"kind": "word", "text": "agenda"}, words)

    def test_return(self):
        """The lines behind a command are what it prints."""
        lines = [line[4:] for line in PAGE.splitlines() if line.startswith("    ")]
        asked = 0
        for i, line in enumerate(lines):
            if not line.startswith("sheaf search"):
                continue
            said = self.shell(line).splitlines()
            if "RETURN" in line:
                self.assertEqual(said, lines[i + 1:i + 1 + len(said)], line)
                self.assertFalse(lines[i + 1 + len(said):i + 2 + len(said)][0:1]
                                 and lines[i + 1 + len(said)].startswith("*"), line)
                slow = line.replace("sheaf search", "sheaf search --no-index")
                self.assertEqual(self.shell(slow).splitlines(), said)
                asked += 1
        self.assertEqual(asked, 4)

    def test_beside(self):
        """What IN says can be said by --mailbox."""
        for query, way in (("subtree Lists", "subtree:Lists"), ("inboxes", "INBOX"),
                           ("subtree-one Lists", "subtree-one:Lists"), ("mailboxes I*", "I*")):
            one = self.find("IN (%s) ALL" % query.replace("I*", '"I*"'))
            self.assertTrue(one)
            self.assertEqual(one, self.find("ALL", "imap", "--mailbox", way))

    def test_api(self):
        """RETURN over HTTP, and what does not go with it."""
        with Server(self.top / "archive") as server:
            path = "/api/v1/search?dialect=imap&q=RETURN%20(MIN%20COUNT%20PARTIAL%201:2)%20SEEN"
            answer = server.ask(path)
            self.assertEqual(answer.status, 200)
            got = answer.json()
            self.assertNotIn("messages", got)
            self.assertEqual(got["esearch"], [
                {"account": "ann", "mailbox": "INBOX", "uidvalidity": 1, "min": 1, "count": 3,
                 "partial": {"range": "1:2", "uids": "1:2"}},
                {"account": "ann", "mailbox": "Lists/tools", "uidvalidity": 1, "min": 1, "count": 1,
                 "partial": {"range": "1:2", "uids": "1"}}])
            self.assertEqual(got["searched_to"], got["stored_to"])
            self.assertEqual(got["indexed_to"], got["stored_to"])
            self.assertEqual((got["not_judged"], got["not_fully_searchable"]), (0, 0))
            bad = server.ask(path + "&limit=5")
            self.assertEqual(bad.status, 400)
            self.assertIn("'limit' does not go with RETURN", bad.json()["detail"])
            raw = server.ask("/api/v1/search?dialect=imap&q=X-GM-RAW%20%22zz:b%22").json()
            self.assertEqual([w["column"] for w in raw["warnings"]], [11])
            page = server.ask("/?dialect=imap&q=RETURN%20(COUNT)%20SEEN")
            self.assertEqual(page.status, 400)


if __name__ == "__main__":
    unittest.main()

"""Failures of real servers, each a small file in failures/: the first line says what went wrong
and with whom. Then, one a line:

    caps WORDS          what CAPABILITY says
    on KEY [once]       an answer of the scripted server (keys: see fakeserver.py; "message 2",
                        "examine INBOX"); the lines after it are sent, with CRLF. In them TAG is
                        the tag of the command and \\x00 an octet. A line that starts with ! is
                        done: !close, !hang, !default (the correct answer follows), !unless WORD
                        (the same if a command with that word came before), and for the key
                        "fetch" !refuse UID STATUS (this if the UID is asked for)
    conf LINE           a line of the account's section
    tls WORD            how to connect, instead of none
    exit N              how the harvest ends; 0 if it is not said
    stored UIDS         what is there then; 1 2 3, all there are, if it is not said
    says WORDS          what the harvest tells, as an error or the outcome of a message
    final               what is not there is not asked for again: it is too large, or gone

Whatever else went wrong: afterwards the server is well again, and one more visit has everything.
"""

import pathlib
import unittest

from fakeserver import DEFAULT, Hangup
from harvesting import OK
from test_fake import FakeCase

FOLDER = pathlib.Path(__file__).resolve().parent / "failures"


class Script:
    """One file, read."""

    def __init__(self, text):
        lines = text.splitlines()
        self.about = lines[0].lstrip("# ")
        self.caps, self.exit, self.stored, self.says = "", OK, None, []
        self.conf, self.tls = [], "none"
        self.final = False
        self.answers = []  # (key, once, lines)
        for line in lines[1:]:
            word, _, rest = line.partition(" ")
            if line.startswith("    "):
                self.answers[-1][2].append(line[4:])
            elif word == "on":
                once = rest.endswith(" once")
                key = tuple(rest.removesuffix(" once").split(" "))
                self.answers.append((key[0] if len(key) == 1 else
                                     (key[0], int(key[1]) if key[1].isdigit() else key[1]),
                                     once, []))
            elif word == "stored":
                self.stored = {int(u) for u in rest.split()}
            elif word == "says":
                self.says.append(rest)
            elif word == "conf":
                self.conf.append(rest)
            elif word == "tls":
                self.tls = rest
            elif word == "exit":
                self.exit = int(rest)
            elif word == "final":
                self.final = True
            elif word == "caps":
                self.caps = rest
            elif line:
                raise ValueError(line)


def answer(once, lines):
    """The function that the scripted server calls."""
    done = []

    def refuse(uids, line):
        _, uid, status = line.split(" ", 2)
        if int(uid) in uids:
            return status.encode()
        return DEFAULT

    def tell(conn, *args):
        if once and done:
            return DEFAULT
        done.append(1)
        for line in lines:
            if line == "!close":
                raise Hangup
            if line == "!hang":
                conn.hang()
            if line == "!default" or (line.startswith("!unless") and any(
                    line.split()[1] in c.split() for c in conn.server.commands)):
                return DEFAULT
            if line.startswith("!unless"):
                continue
            if line.startswith("!refuse"):
                return refuse(args[0], line)
            data = line.replace("TAG", conn.tag).encode().decode("unicode_escape")
            conn.send(data.encode("latin-1") + b"\r\n")
        return None
    return tell


class Failures(FakeCase):
    """All of them."""

    def play(self, path):
        """One file, with a new archive and server."""
        script = Script(path.read_text())
        if script.caps:
            self.server.caps = script.caps
        self.account(*script.conf, tls=script.tls)
        for key, once, lines in script.answers:
            self.server.answer[key] = answer(once, lines)
        self.harvest(want=script.exit, seconds=60)
        told = self.stderr + " ".join(r or "" for _, r in self.outcomes().values())
        for words in script.says:
            self.assertIn(words, told)
        self.want(*(self.mails if script.stored is None else script.stored))
        if self.server.commands:
            self.lint(self.server.commands)
        self.account()
        if not script.final:
            self.heal()

    def test_all_were_read(self):
        self.assertGreaterEqual(len(list(FOLDER.glob("*.txt"))), 60)


def add(path):
    """One test for each file."""
    def test(self):
        self.play(path)
    test.__doc__ = path.read_text().split("\n")[0].lstrip("# ")
    setattr(Failures, "test_" + path.stem.replace("-", "_"), test)


for one in sorted(FOLDER.glob("*.txt")):
    add(one)

if __name__ == "__main__":
    unittest.main()

"""Mails for the oracle: a sample of $SHEAF_CORPORA, or made-up ones where there is none.

The folder holds Maildirs, folders of mbox files, and `torture`, of which everything is taken: it
has one message a file, or an mbox. Nothing of them is kept or printed but what a failure needs.
"""

import datetime
import email
import email.header
import os
import pathlib
import re

import generate
from mailer import Mailer

MOST_BYTES = 200_000
FLAGS = ["", "", "\\Seen", "\\Seen \\Answered", "\\Flagged", "\\Draft \\Seen", "\\Deleted"]


class RealMail:
    """A message as the server stores it."""

    def __init__(self, data, flags, date, kind="real"):
        # Dovecot stores a NUL octet as 0x80 when it is given one by APPEND.
        self.data = data.replace(b"\0", b"\x80")
        self.flags, self.date, self.kind = flags, date, kind
        self.lines = None

    def texts(self):
        """Lines of it, as they stand and decoded, for needles."""
        if self.lines is None:
            self.lines = [s for s in self.find_texts() if s.strip()] or ["the"]
        return self.lines

    def find_texts(self):
        """The same, blank ones too."""
        yield from self.data[:20000].decode("utf-8", "ignore").splitlines()
        parsed = email.message_from_bytes(self.data)
        for value in list(parsed.values())[:60]:
            yield decoded(str(value))
        for part in list(parsed.walk())[:20]:
            if part.get_content_maintype() == "text":
                raw = part.get_payload(decode=True) or b""
                for charset in (str(part.get_content_charset() or "utf-8"), "utf-8", "cp1252"):
                    try:
                        yield from raw[:20000].decode(charset).splitlines()
                        break
                    except (LookupError, UnicodeError, ValueError):
                        continue


def decoded(value):
    """A field's value as people see it, if Python can read it."""
    try:
        pieces = email.header.decode_header(re.sub(r"\r?\n", "", value))
        return "".join(p if isinstance(p, str) else p.decode(c or "ascii", "ignore")
                       for p, c in pieces)
    except (LookupError, ValueError, email.errors.HeaderParseError):
        return value


def split_mbox(raw):
    """The messages of an mbox, or the one message."""
    if not raw.startswith(b"From "):
        return [raw]
    out = re.split(rb"(?m)^From [^\n]*\n", raw)[1:]
    return [m for m in out if m.strip()]


def files(top):
    """Mail files below a folder, in order."""
    return sorted(p for p in pathlib.Path(top).rglob("*") if p.is_file())


def sampled(rnd, folder, count):
    """About `count` messages of the sets that are sampled, as many of each."""
    sets = [p for p in sorted(pathlib.Path(folder).iterdir()) if p.is_dir() and p.name != "torture"]
    out = []
    for one in sets:
        paths, mine = files(one), []
        rnd.shuffle(paths)
        for path in paths:
            raw = path.read_bytes()
            found = split_mbox(raw) if path.suffix == ".mbox" else [raw]
            found = [m for m in found if len(m) <= MOST_BYTES]
            mine += rnd.sample(found, min(len(found), 4))
            if len(mine) >= count // len(sets):
                break
        out += mine[:count // len(sets)]
    return out


def real(rnd, folder, count):
    """`count` messages: the torture set first (half of `count` at most is taken of it at random
    when it has more), the rest a sample."""
    raws = []
    for path in files(pathlib.Path(folder) / "torture"):
        raws += split_mbox(path.read_bytes())
    raws = [m for m in raws if len(m) <= 4 * MOST_BYTES]
    rnd.shuffle(raws)
    raws = raws[:max(count // 2, count - 900)]
    raws += sampled(rnd, folder, count - len(raws))
    return [RealMail(raw, rnd.choice(FLAGS), arrival(rnd)) for raw in raws]


def arrival(rnd):
    """INTERNALDATE: some second of twenty years."""
    return datetime.datetime(2001, 1, 1, tzinfo=datetime.timezone.utc) + datetime.timedelta(
        seconds=rnd.randrange(20 * 365 * 86400))


def odd(rnd, count):
    """Messages of the grammar of the property test. Dovecot 2.3 takes the state of some charsets
    over from one message to the next, so these are left out."""
    m, out = Mailer(rnd), []
    while len(out) < count:
        raw = m.message()
        if raw.strip() and not re.search(rb"(?i)iso-2022-kr|\bhz\b", raw):
            out.append(RealMail(raw, rnd.choice(FLAGS), arrival(rnd), "odd"))
            out[-1].lines = [s for s in m.said[-40:] if s.strip()]
    return out


def mails(rnd, real_count, made_count):
    """(mails, what they are)"""
    folder = os.environ.get("SHEAF_CORPORA")
    made = odd(rnd, made_count // 4)
    if folder and os.path.isdir(folder):
        got = real(rnd, folder, real_count)
        return got + made, "%d real mails of %s and %d odd ones" % (len(got), folder, len(made))
    made += [RealMail(m.data, m.flags, m.date, m.kind) for m in generate.messages(made_count)]
    return made, "%d MADE-UP mails: $SHEAF_CORPORA names no folder, so no real mail was tried" % (
        len(made))

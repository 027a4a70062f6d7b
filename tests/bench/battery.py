"""200 IMAP queries made from the mail itself: the same for the same mail, none written here.

Mails are drawn with a fixed seed; from each come words of the body and pieces of them, words of
Subject, addresses and other header fields, days, sizes. Twenty kinds of query, ten of each:

    kinds 0-4    one address field, Subject, a word of the body, a piece of one, TEXT
    kinds 5-9    a run of words, a header field, its presence, days sent and received, sizes
    kinds 10-14  flags, and two criteria side by side
    kinds 15-19  NOT, OR, and trees of three to five criteria

A needle is what stands in some mail, so most queries find something; every tenth needle is
turned round, and finds mostly nothing.
"""

import datetime
import email
import email.policy
import mailbox
import random
import re

EACH, KINDS, DRAWN = 10, 20, 600
WORD = re.compile(r"[A-Za-z]{3,18}")
PLAIN = re.compile(r"[\x20\x21\x23-\x5b\x5d-\x7e]+$")
FIELDS = ("Message-ID", "References", "In-Reply-To", "X-Mailer", "User-Agent", "Received",
          "List-Id", "Content-Type", "X-Folder", "Sender")


def mails(paths, count, rnd):
    """So many messages, as email.message objects, from Maildirs and folders of mbox files."""
    files = sorted(f for path in paths for f in path.rglob("*") if f.is_file())
    found = []
    while len(found) < count:
        path = rnd.choice(files)
        if path.suffix == ".mbox":
            box = mailbox.mbox(path, create=False)
            data = box.get_bytes(rnd.choice(box.keys())) if len(box) else b""
            box.close()
        else:
            data = path.read_bytes()
        if data:
            found.append(email.message_from_bytes(data, policy=email.policy.compat32))
    return found


def quoted(text):
    return '"%s"' % text


class Battery:
    """What is drawn."""

    def __init__(self, paths, seed=5):
        self.rnd = random.Random(seed)
        self.mails = mails(paths, DRAWN, self.rnd)
        self.drawn = 0

    def mail(self):
        return self.rnd.choice(self.mails)

    def value(self, names):
        """A plain value of one of the fields, of some mail that has it."""
        while True:
            mail = self.mail()
            name = self.rnd.choice(names)
            value = str(mail.get(name, "")).split("\n")[0].strip()
            if value and PLAIN.match(value) and "=?" not in value:
                return name, value

    def body(self):
        """Some lines of text."""
        while True:
            mail = self.mail()
            parts = [p for p in mail.walk() if p.get_content_type() == "text/plain"]
            text = parts[0].get_payload() if parts else ""
            lines = [line for line in text.splitlines() if len(WORD.findall(line)) > 2
                     and PLAIN.match(line)] if isinstance(text, str) else []
            if lines:
                return lines

    def needle(self, text):
        """Every tenth is turned round."""
        self.drawn += 1
        return quoted(text[::-1] if self.drawn % 10 == 0 else text)

    def word(self):
        return self.rnd.choice(WORD.findall(self.rnd.choice(self.body())))

    def piece(self, text, least=3, most=8):
        """A run of characters out of it, without blanks at its ends."""
        n = min(len(text), self.rnd.randint(least, most))
        at = self.rnd.randint(0, len(text) - n)
        return text[at:at + n].strip() or text

    def phrase(self):
        words = self.rnd.choice(self.body()).split()
        n = min(len(words), self.rnd.randint(2, 4))
        at = self.rnd.randint(0, len(words) - n)
        return " ".join(words[at:at + n])

    def address(self):
        name, value = self.value(("From", "To", "Cc"))
        words = re.findall(r"[A-Za-z0-9.@-]{3,30}", value) or ["example"]
        return "%s %s" % (name.upper(), self.needle(self.rnd.choice(words)))

    def subject(self):
        _, value = self.value(("Subject",))
        return "SUBJECT %s" % self.needle(self.piece(value, 4, 14))

    def field(self):
        name, value = self.value(FIELDS)
        return "HEADER %s %s" % (name, self.needle(self.piece(value, 4, 20)))

    def day(self, key):
        _, value = self.value(("Date",))
        found = email.utils.parsedate_tz(value)
        day = datetime.date(*found[:3]) if found and found[0] > 1970 else datetime.date(2001, 5, 1)
        return "%s %s" % (key, day.strftime("%-d-%b-%Y"))

    def one(self, kind):
        """A query of a kind."""
        rnd = self.rnd
        if kind == 0:
            return self.address()
        if kind == 1:
            return self.subject()
        if kind == 2:
            return "BODY " + self.needle(self.word())
        if kind == 3:
            return "BODY " + self.needle(self.piece(self.word()))
        if kind == 4:
            return "TEXT " + self.needle(rnd.choice((self.word(), self.piece(self.word()))))
        if kind == 5:
            return rnd.choice(("BODY ", "TEXT ")) + self.needle(self.phrase())
        if kind == 6:
            return self.field()
        if kind == 7:
            return 'HEADER %s ""' % rnd.choice(FIELDS)
        if kind == 8:
            return self.day(rnd.choice(("SENTSINCE", "SENTON", "SENTBEFORE", "SINCE", "BEFORE")))
        if kind == 9:
            return "%s %d" % (rnd.choice(("LARGER", "SMALLER")), rnd.randint(500, 100000))
        if kind == 10:
            return rnd.choice(("UNSEEN", "SEEN", "FLAGGED", "ANSWERED", "UNKEYWORD work",
                               "KEYWORD $Junk", "DELETED", "RECENT"))
        if kind == 11:
            return self.one(0) + " " + self.one(2)
        if kind == 12:
            return self.one(1) + " " + self.one(8)
        if kind == 13:
            return self.one(rnd.randint(2, 5)) + " " + self.one(rnd.randint(8, 10))
        if kind == 14:
            return self.one(6) + " " + self.one(rnd.choice((0, 1, 2)))
        if kind == 15:
            return "NOT %s %s" % (self.one(rnd.randint(0, 3)), self.one(rnd.randint(0, 3)))
        if kind == 16:
            return "OR %s %s" % (self.one(rnd.randint(0, 6)), self.one(rnd.randint(0, 6)))
        if kind == 17:
            return "OR (%s) %s" % (self.one(11), self.one(rnd.randint(0, 4)))
        if kind == 18:
            return "%s NOT (%s)" % (self.one(13), self.one(16))
        return "OR OR %s %s (%s)" % (self.one(1), self.one(3), self.one(12))


def queries(paths, each=EACH):
    """The battery over these Maildirs and folders."""
    made = Battery(paths)
    return [made.one(kind) for _ in range(each) for kind in range(KINDS)]

"""Dovecot's answers, one key at a time, and where docs/search.md allows ours to differ.

Dovecot 2.3's own booleans are wrong, so tests compute NOT, OR and AND themselves.
"""

import base64
import codecs
import datetime
import email
import email.headerregistry
import quopri
import re
import unicodedata

ADDRESS = ("FROM", "TO", "CC", "BCC")
SENT = ("SENTBEFORE", "SENTON", "SENTSINCE")
MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()

# The table of deviations in docs/search.md ("Dovecot"), a row each.
NO_DATE = "no usable Date, or one outside 1970 to 2106"
QUOTES = "needle at a quote or escape, or a malformed address"
EIGHT_BIT = "8-bit octets without a usable charset"
BAD_PART = "a Content-Type that does not parse, or an unknown transfer encoding"
CONTROL = "needle with CR, LF or NUL"
BAD_WORD = "encoded word that Dovecot decodes otherwise"
DEEP_FOLD = "a decomposition that decomposes again, or beyond U+FFFF"

# Characters of ASCII that a needle can find in those that windows-1252 has above it: a in ä.
LATIN = set(unicodedata.normalize("NFKD", bytes(range(128, 256)).decode(
    "cp1252", "ignore").upper())) & set(map(chr, range(128)))


class Oracle:
    """One SELECTed mailbox; keys asked with non-synchronising literals, answers kept."""

    def __init__(self, box, mailbox="INBOX"):
        self.box = box
        self.tag = 0
        self.known = {}
        box.select(mailbox, readonly=True)

    def uids(self, query, charset=b"UTF-8"):
        """UID SEARCH of one key."""
        if query not in self.known:
            done, found = self.answer(b"UID SEARCH CHARSET %s %s" % (charset, query))
            if not done.startswith(b"OK"):
                raise AssertionError("%r: %r" % (query, done))
            self.known[query] = found
        return self.known[query]

    def answer(self, command):
        """(what the tagged answer says, UIDs or None)"""
        self.tag += 1
        tag = b"Q%d " % self.tag
        self.box.send(tag + command.replace(b"}\r\n", b"+}\r\n") + b"\r\n")
        found = None
        while True:
            got = self.box.readline()
            if got.startswith(b"* SEARCH"):
                found = {int(x) for x in got.split(b"(")[0].split()[2:]}
            elif got.startswith(tag):
                return got[len(tag):].strip(), found
            elif not got:
                raise AssertionError("the server hung up after %r" % command)


# A needle may begin or end where a quote stood, or have one of " \\ ' in it.
AT_QUOTE = re.compile(r"[\"\\']|^ | $|\S <|[,:;] \S|\S[;:]")


def malformed(value):
    """Does an address list have faults?"""
    text = re.sub(rb"\s+", b" ", value).decode("latin-1").strip()
    try:
        header = email.headerregistry.HeaderRegistry()("To", text)
    except Exception:  # it has been seen to raise nearly anything
        return True
    if any("missing" in str(d).lower() or "invalid" in type(d).__name__.lower()
           for d in header.defects):
        return True
    return not header.addresses or any(not a.domain or not a.username for a in header.addresses)


TOKEN = rb"[^\s()<>@,;:\\\"/\[\]?=*\x80-\xff]+"
CONTENT_TYPE = re.compile(rb"\s*%s/%s\s*(;\s*%s\s*=\s*(%s|\"(?:[^\"\\]|\\.)*\")\s*)*;?\s*" % (
    (TOKEN,) * 4), re.S)
ENCODING = re.compile(rb"(?i)\s*(7bit|8bit|binary|base64|quoted-printable)\s*")


def is_utf8(raw):
    """Are these octets UTF-8?"""
    try:
        raw.decode("utf-8")
    except UnicodeError:
        return False
    return True


def odd_octets(part):
    """Does this part hold octets that are not UTF-8, or an encoding that is broken?"""
    if part.is_multipart():
        return False
    try:
        raw = part.get_payload(decode=True) or b""
    except Exception:  # it has been seen to raise nearly anything
        return True
    encoded = str(part.get("Content-Transfer-Encoding", "")).lower()
    source = part.get_payload()
    broken = "base64" in encoded and isinstance(source, str) and re.search(
        r"[^A-Za-z0-9+/=\s]|=\s*[A-Za-z0-9]", source)
    if "base64" in encoded and isinstance(source, str) and len("".join(source.split())) % 4:
        return True  # Python would give it as it stands
    return bool(broken) or not is_utf8(raw)


# ---- what a message is like, read by other code than ours ----

class Looked:
    """Facts about one message that the rules ask for, from its octets and decoded lines of it."""

    def __init__(self, raw, texts=lambda: ()):
        self.texts = texts
        self.raw = raw = raw.replace(b"\r\n", b"\n")
        self.faults, self.octets = {}, None
        self.header = b"" if raw.startswith(b"\n") else raw.split(b"\n\n", 1)[0] + b"\n"

    def fields(self, name):
        """Raw values of the top header's fields of that name."""
        pattern = rb"(?im)^" + re.escape(name.encode()) + rb"[ \t]*:((?:.*\n)(?:[ \t].*\n)*)"
        return re.findall(pattern, self.header)

    def date_in_range(self):
        """Is the first Date usable, for Dovecot too, which wants a blank behind the time, and
        inside what its 32 bits can hold?"""
        values = self.fields("Date")
        if not values:
            return False
        text = re.sub(rb"\([^()]*\)", b" ", values[0]).decode("latin-1")
        m = re.match(r"\s*(?:[A-Za-z]+\.?\s*,)?\s*(\d{1,2})\s+([A-Za-z]{3})\w*\s+(\d+)\s+"
                     r"(\d{1,2})\s*[:.]\s*(\d\d)\b(?:\s*[:.]\s*(\d+))?(?=\s|$)", text)
        if not m or m[2].lower() not in MONTHS or len(m[3]) not in (2, 4):
            return False
        year = int(m[3]) + (0 if len(m[3]) == 4 else 2000 if int(m[3]) < 70 else 1900)
        try:
            datetime.datetime(year, MONTHS.index(m[2].lower()) + 1, int(m[1]), int(m[4]), int(m[5]))
        except ValueError:
            return False
        return 1971 <= year <= 2105 and int(m[6] or 0) <= 60

    def malformed_addresses(self, name):
        """Does Python see a fault in any of these fields?"""
        if name not in self.faults:
            self.faults[name] = any(map(malformed, self.fields(name)))
        return self.faults[name]

    def quoted_addresses(self, name):
        """May a name, group or local part stand in quotes when written out, or have escapes?"""
        plain = rb"[\w!#$%&*+\-/=?^`{|}~\x80-\xff]+"
        address = rb"%s(\.%s)*@%s(\.%s)*" % ((plain,) * 4)
        one = rb"\s*((%s\s+)?<%s>|%s)\s*" % (plain, address, address)
        return any(not re.fullmatch(rb"%s(,%s)*" % (one, one), v) for v in self.fields(name))

    def raw_octets(self, key):
        """Octets that are not UTF-8 and have no charset, as they stand or below an encoding?"""
        if self.octets is None:
            self.octets = not self.usable_charsets() and (not is_utf8(self.raw) or any(
                map(odd_octets, email.message_from_bytes(self.raw).walk())))
        return self.octets or key != "BODY" and not is_utf8(self.header)

    def usable_charsets(self):
        """Does every text part name a charset that is neither empty, ASCII, UTF-8 nor unknown?"""
        names = re.findall(rb"(?i)charset\s*=\s*\"?([\w.:-]*)", self.raw)
        types = len(re.findall(rb"(?im)^content-type\s*:", self.raw))
        return bool(names) and len(names) >= types and all(known(n) for n in names)

    def odd_part(self):
        """A Content-Type that does not parse, or a transfer encoding nobody knows."""
        pattern = rb"(?im)^content-%s[ \t]*:(.*(?:\n[ \t].*)*)"
        return not all(CONTENT_TYPE.fullmatch(v) for v in re.findall(pattern % b"type", self.raw)) \
            or not all(ENCODING.fullmatch(v) for v in re.findall(
                pattern % b"transfer-encoding", self.raw))

    def deep(self):
        """Characters that Dovecot folds otherwise, where they can be seen?"""
        return deep(self.raw.decode("utf-8", "ignore")) or any(map(deep, self.texts()))

    def odd_words(self):
        """Encoded words with a suffix, in a charset iconv lacks, in a row, or broken."""
        for m in re.finditer(rb"=\?([^?\s]*)\?([^?\s]*)\?([^?]*)\?=", self.raw):
            if b"*" in m[1] or not known(m[1], False) or m[2].lower() not in (b"b", b"q"):
                return True
            if m[2].lower() == b"b" and (len(m[3]) % 4 or re.search(rb"[^\w+/=]", m[3])):
                return True
            try:
                octets = base64.b64decode(m[3]) if m[2].lower() == b"b" else \
                    quopri.decodestring(m[3].replace(b"_", b" "))
                octets.decode(m[1].decode())
            except (LookupError, UnicodeError, ValueError):
                return True
        return False


def known(charset, usable=True):
    """Does iconv have the charset? usable: and does it say what 8-bit octets are?"""
    name = charset.decode("ascii", "replace").lower()
    try:
        codecs.lookup(name)
    except LookupError:
        return False
    return not usable or name not in ("", "us-ascii", "utf-8", "utf8", "ascii")


def deep(needle):
    """Does the needle have a character that Dovecot folds otherwise?"""
    for c in needle:
        if ord(c) > 0xFFFF:
            return True
        once = unicodedata.decomposition(c).split()
        once = [x for x in once if not x.startswith("<")]
        if any(unicodedata.decomposition(chr(int(x, 16))) for x in once):
            return True
    return False


def allowed(key, needle, looked, ours_only, field=""):
    """The row of the table that may explain a difference, or None."""
    if key in SENT:
        return None if looked.date_in_range() else NO_DATE
    if set("\r\n\0") & set(needle):
        return CONTROL
    if key in ADDRESS and (looked.malformed_addresses(key) or (
            AT_QUOTE.search(needle) and looked.quoted_addresses(key))):
        return QUOTES
    # What we read as windows-1252 may decompose into characters of ASCII.
    if looked.raw_octets(key) and (not needle.isascii() or
                                   ours_only and LATIN & set(needle.upper())):
        return EIGHT_BIT
    if key in ("BODY", "TEXT") and looked.odd_part():
        return BAD_PART
    if looked.odd_words() and key != "BODY":
        return BAD_WORD
    if deep(needle) or deep(unicodedata.normalize("NFC", needle)) or ours_only and looked.deep():
        return DEEP_FOLD
    return None

"""What may be said to a mail server: nothing that changes it, nothing whose meaning depends on what
it counts, nothing that lets it parse mail for us. Acceptance tests 6 and 7.

Every transcript of the live tests goes through here, and every command that reaches the scripted
server or the proxy.
"""

import re

VERBS = set("CAPABILITY NOOP LOGOUT STARTTLS AUTHENTICATE LOGIN ENABLE ID NAMESPACE LIST STATUS "
            "EXAMINE UNSELECT IDLE NOTIFY COMPRESS".split())
SECRET = ("AUTHENTICATE", "LOGIN")
MOST = 1000  # octets that every server takes (RFC 2683 3.2.1.5)
MARKS_SEEN = re.compile(r"\b(BODY\[|BINARY\[|RFC822(?!\.(SIZE|PEEK|HEADER)\b)|BODY(?![.\[\w]))")
PARSES = re.compile(r"\b(ENVELOPE|BODYSTRUCTURE|ALL|FAST|FULL)\b")
TAGGED = re.compile(r"a\d+ ")


def fetch(rest):
    """What is wrong with the arguments of UID FETCH."""
    numbers, _, items = rest.partition(" ")
    if not re.fullmatch(r"\d+(:\d+)?(,\d+(:\d+)?)*", numbers):
        return "a set that is not made of numbers"
    if MARKS_SEEN.search(items):
        return "it sets \\Seen"
    if PARSES.search(items):
        return "it lets the server parse"
    return None


def search(rest):
    """What is wrong with the arguments of UID SEARCH."""
    return "'*' in it" if "*" in rest else None


def wrong(line):
    """Why this command must not be sent, or None."""
    if not TAGGED.match(line):
        return "a tag of its own kind"
    verb, _, rest = line.partition(" ")[2].upper().partition(" ")
    if verb == "UID":
        verb, _, rest = rest.partition(" ")
        if len(line) > MOST:
            return "%d octets" % len(line)
        kinds = {"FETCH": fetch, "SEARCH": search}
        return kinds[verb](rest) if verb in kinds else "UID " + verb
    return None if verb in VERBS else verb


def commands(transcript):
    """The commands in a transcript: not what went in literals, nor what was cut out."""
    said = re.findall(r"^\d+ C: (.*)$", transcript, re.M)
    return [line for line in said if TAGGED.match(line)]


def check(lines):
    """An AssertionError that shows the first line which must not be sent."""
    for line in lines:
        reason = wrong(line)
        if reason:
            raise AssertionError("sent to the server: %s: %s" % (line[:200], reason))


def check_said(lines):
    """The same for what a scripted server heard, POP3 or IMAP."""
    check([line for line in lines if TAGGED.match(line)])
    for line in lines:
        if re.match(r"(DELE|RSET)\b", line, re.I):
            raise AssertionError("sent to the server: " + line)


def check_transcript(text):
    """The same for a transcript (`--trace`). POP3 has no tags; there DELE is what deletes."""
    check(commands(text))
    if re.search(r"^\d+ C: (DELE|RSET)\b", text, re.M | re.I):
        raise AssertionError("DELE was sent")

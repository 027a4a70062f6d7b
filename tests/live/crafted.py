"""Two hundred messages that are hard to carry: what stands in them must come out of the archive
octet for octet, or as the server altered it when they were put there."""

import random

HEAD = b"From: ann@example.org\r\nSubject: %s\r\n"
MEGABYTE = 1 << 20


def with_body(name, body):
    """A mail of a name and a body."""
    return HEAD % name.encode() + b"\r\n" + body


def shapes():
    """(name, octets) of those that are odd as a whole."""
    yield "one octet", b"x"
    yield "only CRLF", b"\r\n"
    yield "no header", b"\r\nonly a body\r\n"
    yield "no body", HEAD % b"no body"
    yield "no body, no end of the header line", b"Subject: no end"
    yield "empty body", with_body("empty body", b"")
    yield "no final newline", with_body("no final newline", b"the end")
    yield "ends with CR", with_body("ends with CR", b"the end\r")
    yield "ends with CRCRLF", with_body("ends with CRCRLF", b"the end\r\r\n")
    yield "many newlines at the end", with_body("newlines", b"\r\n" * 500)
    yield "spaces only", b" " * 3000
    yield "a header that is none", b"this is no header\r\n\r\nbody\r\n"
    yield "an mbox From line in front", b"From ann@example.org Thu Mar  6 07:30:00 2025\r\n" + \
        with_body("mbox", b"body\r\n")
    yield "a folded field without a name", b" folded\r\n\tmore\r\n\r\nbody\r\n"
    yield "a BOM in front", b"\xef\xbb\xbf" + with_body("BOM", b"body\r\n")
    yield "very long header line", b"X-Long: " + b"y" * 200000 + b"\r\n" + with_body("h", b"b\r\n")
    yield "very many header lines", b"".join(b"X-%d: %d\r\n" % (n, n) for n in range(5000)) + \
        with_body("many", b"body\r\n")
    yield "NUL in the header", HEAD % b"a\0b" + b"\r\nbody\r\n"
    yield "8 bit in the header", HEAD % bytes(range(128, 256)) + b"\r\nbody\r\n"


def bodies():
    """(name, body) of those that are odd inside."""
    yield "NUL", b"a\0b\0\0c\r\n"
    yield "only NUL", b"\0" * 1000
    yield "bare CR", b"one\rtwo\r\rthree\r\n"
    yield "bare LF", b"one\ntwo\n\nthree\r\n"
    yield "LF CR", b"one\n\rtwo\n\r\n\r"
    yield "CR NUL LF", b"one\r\0\ntwo\r\n"
    yield "every octet but NUL, CR, LF", bytes(set(range(1, 256)) - {10, 13}) * 20 + b"\r\n"
    yield "UTF-8 cut apart", "\u65e5\u672c".encode()[:-1] + b"\r\n"
    yield "UTF-16", "\u65e5\u672c\r\n".encode("utf-16-le") * 50
    yield "control characters", bytes(range(1, 9)) + b"\x7f\x1b[31m\x0c\r\n"
    yield "a line of 200 kB", b"z" * 200000 + b"\r\n"
    yield "a line of 200 kB, 8 bit, no end", b"\xe9" * 200000
    yield "leading dots", b".\r\n..\r\n.x\r\n...\r\n.\r\n"
    yield "From lines", b"From me\r\n>From you\r\n>>From them\r\nFrom: no\r\n"
    yield "what reads like IMAP", b"* 1 FETCH (UID 1 BODY[] {3}\r\nabc)\r\na1 OK done\r\n* BYE\r\n"
    yield "a literal's mark at the end", b"{100}\r\n"
    yield "parentheses", b")\r\n)))\r\n"
    yield "trailing blanks", b"a  \r\nb\t\r\n   \r\n\t\r\n"
    yield "open multipart", b"--x\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n"
    yield "binary in base64's place", random.Random(1).randbytes(4000).replace(b"\n", b"\r\n")


def sized():
    """(name, octets) of sizes at which buffers end."""
    for size in (998, 999, 1000, 4095, 4096, 4097, 8191, 8192, 16383, 16384, 65535, 65536, 65537,
                 262143, 262144, 262145, MEGABYTE - 1, MEGABYTE, MEGABYTE + 1, 2 * MEGABYTE):
        head = HEAD % b"%d octets" % size + b"\r\n"
        body = (b"0123456789abcdef" * 4 + b"\r\n") * (size // 66 + 1)
        yield "%d octets" % size, head + body[:size - len(head) - 2].rstrip(b"\r") + \
            b"." * (body[:size - len(head) - 2].endswith(b"\r")) + b"\r\n"


def messages(count=200, large=50 * MEGABYTE):
    """(name, octets), `count` of them, all different; the last one is `large`."""
    found = list(shapes()) + [(name, with_body(name, body)) for name, body in bodies()]
    found += sized()
    luck = random.Random(11)
    while len(found) < count - 1:
        number = len(found)
        data = luck.randbytes(luck.randrange(1, 4000)).replace(b"\0", b"0")
        data = data.replace(b"\r", b"-").replace(b"\n", b"\r\n")
        found.append(("noise %d" % number, with_body("noise %d" % number, data)))
    line = b"fifty million of these letters make a large message, and nothing else\r\n"
    found.append(("large", with_body("large", line * (large // len(line)))))
    return found

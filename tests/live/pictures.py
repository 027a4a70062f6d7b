"""Pictures of words, made at test time by Ghostscript and by hand, and hostile ones."""

import random
import struct
import tempfile
import zlib

from documents import pdf_by_hand, run

# A line of type on a page of its own.
LINE = "/Helvetica findfont 16 scalefont setfont 12 14 moveto (%s) show showpage\n"


def drawn(device, *lines, dots=150, width=300, height=40):
    """A page for each line, of so many points, as a device of Ghostscript has it."""
    size = "-g%dx%d" % (width * dots // 72, height * dots // 72)
    with tempfile.NamedTemporaryFile() as out:  # TIFF is not written straight on
        run("gs", "-q", "-dNOPAUSE", "-dBATCH", "-dTextAlphaBits=4", "-sDEVICE=" + device,
            "-r%d" % dots, size, "-sOutputFile=" + out.name, "-",
            data=("%!PS\n" + "".join(LINE % s for s in lines)).encode())
        return out.read()


def rows_of(pgm):
    """(width, rows of a byte a pixel) of a raw PGM as Ghostscript writes it."""
    head, pos = [], 0
    while len(head) < 4:
        end = pgm.index(b"\n", pos)
        line, pos = pgm[pos:end], end + 1
        head += [] if line.startswith(b"#") else line.split()
    width, height = int(head[1]), int(head[2])
    return width, [pgm[pos + y * width:pos + (y + 1) * width] for y in range(height)]


def chunk(kind, data):
    """A chunk of PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, rows, size=None):
    """Grey; its head may claim another size."""
    head = struct.pack(">IIBBBBB", *(size or (width, len(rows))), 8, 0, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) +
            chunk(b"IDAT", zlib.compress(b"".join(b"\0" + r for r in rows))) +
            chunk(b"IEND", b""))


def frame(width, rows):
    """A frame of a GIF, not packed: its codes are all of eight bits."""
    data = bytearray()
    flat = b"".join(rows)
    for i in range(0, len(flat), 120):
        data += b"\x80" + bytes(v >> 1 for v in flat[i:i + 120])
    data += b"\x81"
    blocks = b"".join(bytes([len(data[i:i + 255])]) + data[i:i + 255]
                      for i in range(0, len(data), 255))
    return b",\0\0\0\0" + struct.pack("<HH", width, len(rows)) + b"\0\7" + blocks + b"\0"


def gif(width, rows, size=None, more=b""):
    """Grey in 128 steps, with a comment before the first frame, and more behind it."""
    return (b"GIF89a" + struct.pack("<HH", *(size or (width, len(rows)))) + b"\xf6\0\0" +
            bytes(c for v in range(128) for c in (2 * v,) * 3) + b"!\xfe\5hello\0" +
            frame(width, rows) + more + b";")


def bmp(width, rows, size=None):
    """Grey in 24 bits, from the last row to the first."""
    body = b"".join(bytes(v for v in r for _ in "bgr") + b"\0" * (-3 * width % 4)
                    for r in reversed(rows))
    return (b"BM" + struct.pack("<IIIIii", 54 + len(body), 0, 54, 40,
                                *(size or (width, len(rows)))) +
            struct.pack("<HHIIiiII", 1, 24, 0, len(body), 2835, 2835, 0, 0) + body)


def webp(width, rows, size=None):
    """Black and white in lossless WebP: codes of one bit for each colour."""
    word, n = 0, 0

    def put(value, bits):
        nonlocal word, n
        word |= value << n
        n += bits
    w, h = size or (width, len(rows))
    for value, bits in ((0x2f, 8), (w - 1, 14), (h - 1, 14), (0, 1), (0, 3),
                        (0, 1), (0, 1), (0, 1)):  # no transforms, no cache, one set of codes
        put(value, bits)
    for _ in "grb":
        for value, bits in ((1, 1), (1, 1), (0, 1), (0, 1), (255, 8)):  # two symbols, 0 and 255
            put(value, bits)
    for symbol in (255, 0):  # alpha, distance: one symbol each
        for value, bits in ((1, 1), (0, 1), (1, 1), (symbol, 8)):
            put(value, bits)
    out = bytearray()
    for row in rows:
        for v in row:
            put(7 if v > 127 else 0, 3)
        while n >= 8:
            out.append(word & 255)
            word, n = word >> 8, n - 8
    out += bytes([word & 255, 0, 0])
    body = b"VP8L" + struct.pack("<I", len(out)) + bytes(out) + b"\0" * (len(out) % 2)
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


def scan(*lines):
    """A PDF whose pages are pictures."""
    return drawn("pdfimage8", *lines)


def mixed(width, rows):
    """A PDF with a page of text, an empty one and a scanned one."""
    data = zlib.compress(b"".join(rows))
    objects = [
        b"<</Type /Catalog /Pages 2 0 R>>",
        b"<</Type /Pages /Kids [3 0 R 4 0 R 5 0 R] /Count 3>>",
        b"<</Type /Page /Parent 2 0 R /MediaBox [0 0 300 40] /Contents 6 0 R /Resources <</Font "
        b"<</F <</Type /Font /Subtype /Type1 /BaseFont /Helvetica>> >> >> >>",
        b"<</Type /Page /Parent 2 0 R /MediaBox [0 0 300 40]>>",
        b"<</Type /Page /Parent 2 0 R /MediaBox [0 0 300 40] /Contents 7 0 R /Resources "
        b"<</XObject <</I 8 0 R>> >> >>",
        b"<</Length 36>> stream\nBT /F 12 Tf 9 9 Td (typed) Tj ET    \nendstream",
        b"<</Length 24>> stream\n300 0 0 40 0 0 cm /I Do \nendstream",
        b"<</Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceGray "
        b"/BitsPerComponent 8 /Filter /FlateDecode /Length %d>> stream\n%s\nendstream"
        % (width, len(rows), len(data), data)]
    return b"%PDF-1.4\n" + b"".join(b"%d 0 obj %s endobj\n" % (n + 1, o) for n, o in
                                    enumerate(objects)) + b"trailer <</Root 1 0 R>>\n%%EOF\n"


def all_kinds(line):
    """(name, bytes, type) of one line in each format."""
    grey = drawn("pgmraw", line)
    width, rows = rows_of(grey)
    sharp = [bytes(255 if v > 127 else 0 for v in r) for r in rows]
    return [
        ("a.png", png(width, rows), "image/png"),
        ("a.jpg", drawn("jpeg", line), "image/jpeg"),
        ("a.gif", gif(width, rows), "image/gif"),
        ("a.tif", drawn("tiffgray", line), "image/tiff"),
        ("a.bmp", bmp(width, rows), "image/bmp"),
        ("a.webp", webp(width, sharp), "image/webp"),
        ("a.pgm", grey, "image/x-portable-greymap"),
    ]


def bombs():
    """Small files that claim to be large, or are endless."""
    row, big = [b"\0" * 64] * 64, (30000, 30000)
    tiff = bytearray(b"II*\0\x08\0\0\0\x02\0")  # a directory that is its own next one
    for tag, value in ((256, 64), (257, 64)):
        tiff += struct.pack("<HHII", tag, 3, 1, value)
    tiff += struct.pack("<I", 8)
    wall = pdf_by_hand(b"10000 0 0 10000 0 0 cm BI /W 1 /H 1 /CS /G /BPC 8 ID \0 EI",
                       "0 0 14400 14400")
    return [
        ("huge.png", png(64, row, big)), ("huge.gif", gif(64, row, (60000, 60000))),
        ("huge.bmp", bmp(64, row, big)), ("most.bmp", bmp(64, row, (-1, -(1 << 31)))),
        ("huge.webp", webp(64, row, (16000, 16000))),
        ("huge.pgm", b"P5\n30000 30000\n255\n" + b"\xff" * 100),
        ("most.pgm", b"P5\n2147483647 2147483647\n255\n" + b"\xff" * 100),
        ("long.png", png(64, row, (200000, 70))),
        ("loop.tif", bytes(tiff)),
        ("frames.gif", gif(64, row, (5000, 5000), frame(64, row) * 3000)),
        ("real.png", png(5000, [b"\xff" * 5000] * 5000)),
        ("wall.pdf", wall),
        ("large.pdf", mixed(8000, [b"\0" * 8000] * 8000)),
    ]


def damaged(count, seed=11):
    """Pictures that were cut or changed: (name, bytes) pairs."""
    dice = random.Random(seed)
    bases = [(n, d) for n, d, _ in all_kinds("Damaged words")] + [("a.pdf", scan("Damaged"))]
    out = []
    while len(out) < count:
        name, data = bases[len(out) % len(bases)]
        broken = bytearray(data)
        if dice.random() < 0.4:
            del broken[dice.randrange(8, len(broken)):]
        else:
            for _ in range(dice.choice((1, 3, 30))):
                at = dice.randrange(8, min(len(broken), dice.choice((60, 600, 1 << 20))))
                broken[at] = dice.choice((0, 255, dice.randrange(256)))
        out.append(("%03d-%s" % (len(out), name), bytes(broken)))
    return out

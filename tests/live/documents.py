"""Documents of every format that sheaf extract reads, made at test time, and hostile ones.

Real producers make what they can (Ghostscript, openssl, gpg, Python); LibreOffice wrote those in
the folder documents; the rest is written here by hand, after the formats' descriptions.
"""

import bz2
import functools
import gzip
import io
import lzma
import os
import pathlib
import random
import shutil
import struct
import subprocess
import tarfile
import tempfile
import zipfile
import zlib
from email.message import EmailMessage

HERE = pathlib.Path(__file__).resolve().parent / "documents"
OOXML = "application/vnd.openxmlformats-officedocument."
ODF = "application/vnd.oasis.opendocument."


def run(*argv, data=None, env=None):
    """A program's output."""
    return subprocess.run(argv, input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=60, check=True, env=env).stdout


def zipped(members, method=zipfile.ZIP_DEFLATED):
    """A zip of (name, bytes) pairs."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as z:
        for name, data in members:
            z.writestr(name, data)
    return out.getvalue()


# ---- PDF --------------------------------------------------------------------

PAGE = """%!PS
/Times-Roman findfont 14 scalefont setfont
72 700 moveto (Annual report of the company) show
72 680 moveto (Second line with numbers 4711) show
showpage
/Helvetica findfont 14 scalefont setfont
72 700 moveto (Second page) show
showpage
"""


def pdf():
    """By Ghostscript."""
    return run("gs", "-q", "-dNOPAUSE", "-dBATCH", "-sDEVICE=pdfwrite", "-sOutputFile=-", "-",
               data=PAGE.encode())


def pdf_locked():
    """By Ghostscript, with a password."""
    return run("gs", "-q", "-dNOPAUSE", "-dBATCH", "-sDEVICE=pdfwrite", "-sOwnerPassword=a",
               "-sUserPassword=b", "-dEncryptionR=3", "-dKeyLength=128", "-sOutputFile=-", "-",
               data=PAGE.encode())


def pdf_by_hand(content, box="0 0 612 792", packed=False, kids="[3 0 R]"):
    """A PDF of one page without a table of its objects: readers look for them."""
    data = zlib.compress(content, 9) if packed else content
    kind = b"/Filter /FlateDecode " if packed else b""
    return b"".join((
        b"%PDF-1.4\n1 0 obj <</Type /Catalog /Pages 2 0 R>> endobj\n",
        b"2 0 obj <</Type /Pages /Kids ", kids.encode(), b" /Count 1>> endobj\n",
        b"3 0 obj <</Type /Page /Parent 2 0 R /MediaBox [", box.encode(),
        b"] /Contents 4 0 R /Resources <</Font <</F <</Type /Font /Subtype /Type1 "
        b"/BaseFont /Helvetica>> >> >> >> endobj\n",
        b"4 0 obj <<", kind, b"/Length %d>> stream\n" % len(data), data,
        b"\nendstream endobj\ntrailer <</Root 1 0 R>>\n%%EOF\n"))


# ---- office -----------------------------------------------------------------

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
TYPES = ("[Content_Types].xml", '<Types xmlns="x"/>')
CORE = ("docProps/core.xml", '<cp:p xmlns:cp="c" xmlns:dc="d"><dc:title>Given title</dc:title>'
        '</cp:p>')
BODY = ("<w:document %s><w:body><w:p><w:pPr><w:tabs><w:tab/></w:tabs></w:pPr><w:r><w:t>Contract "
        "with M\u00fcller &amp; Co</w:t></w:r></w:p><w:tbl><w:tr><w:tc><w:p><w:r><w:t>cell one"
        "</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>cell two</w:t></w:r></w:p></w:tc></w:tr>"
        "</w:tbl><w:p><w:r><w:t>split</w:t></w:r><w:r><w:t>word</w:t></w:r></w:p></w:body>"
        "</w:document>" % W)


def docx(body=BODY, more=()):
    """WordprocessingML."""
    return zipped([TYPES, CORE, ("word/document.xml", body),
                   ("word/footnotes.xml", "<w:f %s><w:p><w:r><w:t>a footnote</w:t></w:r></w:p>"
                    "</w:f>" % W)] + list(more))


def xlsx():
    """SpreadsheetML: shared, inline and formula strings, a date."""
    sheet = ('<worksheet><sheetData><row><c t="s"><v>1</v></c><c><v>12.5</v></c><c s="1"><v>45356'
             '</v></c></row><row><c t="inlineStr"><is><t>inline text</t></is></c><c t="str"><f>A1'
             '</f><v>of a formula</v></c><c t="b"><v>1</v></c></row></sheetData></worksheet>')
    return zipped([TYPES, ("xl/workbook.xml", '<workbook><sheets><sheet name="Budget 2024"/>'
                           '</sheets></workbook>'),
                   ("xl/worksheets/sheet1.xml", sheet),
                   ("xl/sharedStrings.xml", "<sst><si><t>zero</t></si><si><r><t>sha</t></r><r><t>"
                    "red</t></r></si></sst>"),
                   ("xl/styles.xml", '<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/>'
                    '</cellXfs></styleSheet>')])


def pptx():
    """PresentationML."""
    text = '<p:sld xmlns:p="p" xmlns:a="a"><a:p><a:r><a:t>%s</a:t></a:r></a:p></p:sld>'
    return zipped([TYPES, ("ppt/slides/slide1.xml", text % "Strategy slide"),
                   ("ppt/notesSlides/notesSlide1.xml", text % "spoken notes")])


def opened(kind, body, manifest=""):
    """OpenDocument."""
    return zipped([("mimetype", ODF + kind), ("content.xml", '<o xmlns:text="t" xmlns:table="b">%s'
                                              '</o>' % body),
                   ("META-INF/manifest.xml", "<m>%s</m>" % manifest)])


def odt():
    """A text with a table."""
    return opened("text", "<text:h>Minutes</text:h><text:p>of the<text:s/>board</text:p>"
                  "<table:table-row><table:table-cell><text:p>left</text:p></table:table-cell>"
                  "<table:table-cell><text:p>right</text:p></table:table-cell></table:table-row>")


# ---- compound files ---------------------------------------------------------

FREE, END, FATSECT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def compound(tree):
    """A compound file of {name: bytes, or such a dictionary}, small streams among the large."""
    entries, data = [], []

    def put(name, node):
        at = len(entries)
        entries.append(None)
        if isinstance(node, bytes):
            start, padded = len(data), node + b"\0" * (-len(node) % 512)
            for i in range(0, len(padded), 512):
                data.append(padded[i:i + 512])
            entries[at] = (name, 2, FREE, FREE, start, len(node), len(padded) // 512)
            return at
        kids = [put(n, k) for n, k in node.items()]
        entries[at] = (name, 5 if at == 0 else 1, kids[0] if kids else FREE, FREE, END, 0, 0)
        for one, after in zip(kids, kids[1:]):
            e = entries[one]
            entries[one] = e[:3] + (after,) + e[4:]
        return at

    put("Root Entry", tree)
    directory = b""
    for name, kind, child, right, start, size, _ in entries:
        wide = name.encode("utf-16-le") + b"\0\0"
        directory += struct.pack("<64sHBBIII36xIII", wide, len(wide), kind, 1, FREE, right, child,
                                 start, size, 0)
    directory += b"\0" * (-len(directory) % 512)
    fat = [FREE] * len(data)
    for _, _, _, _, start, _, n in entries:
        for i in range(n):
            fat[start + i] = start + i + 1 if i + 1 < n else END
    first = len(data)
    for i in range(len(directory) // 512):
        data.append(directory[512 * i:512 * (i + 1)])
        fat.append(first + i + 1 if 512 * (i + 1) < len(directory) else END)
    tables = 1
    while tables * 128 < len(fat) + tables:
        tables += 1
    where = list(range(len(data), len(data) + tables))
    fat += [FATSECT] * tables
    fat += [FREE] * (tables * 128 - len(fat))
    head = struct.pack("<8s16xHHHHH6xIIIIIIIII", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 0x3E, 3,
                       0xFFFE, 9, 6, 0, tables, first, 0, 0, END, 0, END, 0)
    head += struct.pack("<109I", *(where + [FREE] * (109 - tables)))
    return head + b"".join(data) + struct.pack("<%dI" % len(fat), *fat)


def ppt():
    """Two texts of a slide, as PowerPoint keeps them."""
    def record(version, kind, data):
        return struct.pack("<HHI", version, kind, len(data)) + data
    texts = record(0, 0x0FA0, "Slide w\u00f6rds one\rsecond para".encode("utf-16-le"))
    texts += record(0, 0x0FA8, b"narrow text")
    return compound({"PowerPoint Document": record(15, 0x03E8, record(15, 0x0FF0, texts)),
                     "Current User": b"\0" * 20})


def msg():
    """A mail as Outlook saves it, with an attachment and a mail in it."""
    def wide(text):
        return text.encode("utf-16-le")
    inner = {"__substg1.0_0037001F": wide("Inner subject"),
             "__substg1.0_1000001F": wide("inner body")}
    return compound({
        "__properties_version1.0": b"\0" * 32,
        "__substg1.0_0037001F": wide("Outlook subject"),
        "__substg1.0_0C1A001F": wide("Ann M\u00fcller"),
        "__substg1.0_1000001F": wide("Body of the mail"),
        "__attach_version1.0_#00000000": {
            "__substg1.0_3707001F": wide("note.txt"),
            "__substg1.0_37010102": b"text of the note\n"},
        "__attach_version1.0_#00000001": {"__substg1.0_3701000D": inner}})


def tnef():
    """winmail.dat: subject, body, one attachment."""
    def attribute(level, kind, data):
        return struct.pack("<BII", level, kind, len(data)) + data + struct.pack(
            "<H", sum(data) & 0xFFFF)
    return (struct.pack("<IH", 0x223E9F78, 1) +
            attribute(1, 0x00089006, struct.pack("<I", 0x10000)) +
            attribute(1, 0x00018004, b"Hidden subject\0") +
            attribute(1, 0x0002800C, b"Body in winmail\0") +
            attribute(2, 0x00069002, b"\1\0" + b"\xFF" * 4 + b"\0" * 8) +
            attribute(2, 0x00018010, b"plan.txt\0") +
            attribute(2, 0x0006800F, b"the secret plan\n"))


# What LibreOffice makes presentations of.
SLIDE = """<?xml version="1.0" encoding="UTF-8"?>
<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0" office:version="1.2"
 office:mimetype="application/vnd.oasis.opendocument.presentation"><office:body>
<office:presentation><draw:page draw:name="p1"><draw:frame svg:width="10cm" svg:height="3cm"
 svg:x="1cm" svg:y="1cm"><draw:text-box><text:p>Heading</text:p><text:p>w\u00f6rds here</text:p>
</draw:text-box></draw:frame></draw:page></office:presentation></office:body></office:document>
"""


# ---- others -----------------------------------------------------------------

RTF = (rb"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}{\f1\fcharset204 Cyr;}}{\*\generator x;}"
       rb"{\info{\title Rich title}}{\stylesheet{\s0 Normal;}}\f0 caf\'e9 \u8364?uro\par "
       rb"{\f1 \'ef\'f0\'e8}\par a\cell b\cell\row {\pict 010203}last\par}")
VCARD = (b"BEGIN:VCARD\r\nVERSION:2.1\r\nN:Miller;Ann\r\nNOTE;CHARSET=UTF-8;ENCODING=QUOTED-"
         b"PRINTABLE:caf=C3=A9 and=\r\n more\r\nPHOTO;ENCODING=b:QUFB\r\n QkJC\r\n"
         b"item1.EMAIL:ann@example.org\r\nEND:VCARD\r\n")
ICAL = (b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Board\\, meet\r\n ing\r\nDESCRIPTION:one\\n"
        b"two\r\nATTENDEE;CN=\"Doe: J\":mailto:j@example.org\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n")


def mail(*attachments):
    """A mail with text, HTML and (name, bytes) attachments."""
    m = EmailMessage()
    m["From"], m["To"], m["Subject"] = "Ann <ann@example.org>", "bob@example.org", "the m\u00e4il"
    m.set_content("body of the mail\n")
    for name, data in attachments:
        m.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return m.as_bytes()


def tarred(members, mode="w:gz"):
    """A tar of (name, bytes) pairs."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as t:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            t.addfile(info, io.BytesIO(data))
    return out.getvalue()


class Keys:
    """An OpenPGP key and an S/MIME certificate, thrown away at the end."""

    def __init__(self):
        self.top = tempfile.mkdtemp(prefix="sheaf-keys-", dir="/tmp")
        self.env = dict(os.environ, GNUPGHOME=self.top)
        self.gpg("--passphrase", "", "--quick-gen-key", "t@example.org", "future-default",
                 "default", "never")
        self.key, self.cert = self.top + "/key.pem", self.top + "/cert.pem"
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=t",
            "-keyout", self.key, "-out", self.cert, "-days", "2")

    def gpg(self, *argv, data=b""):
        """gpg with this key ring."""
        return run("gpg", "-q", "--batch", "--yes", "--pinentry-mode", "loopback",
                   "--trust-model", "always", *argv, data=data, env=self.env)

    def smime(self, *argv, data):
        """openssl smime."""
        return run("openssl", "smime", *argv, data=data)

    def close(self):
        """Ends the agent that gpg started."""
        subprocess.run(["gpgconf", "--kill", "all"], env=self.env, check=False)
        shutil.rmtree(self.top, ignore_errors=True)


def signed():
    """(name, bytes, type, outcome, words) of what gpg and openssl make."""
    k = Keys()
    try:
        text, part = b"signed w\xc3\xb6rds\n- dash\n", b"Content-Type: text/plain\n\nsmime text\n"
        sign = ("-sign", "-nodetach", "-signer", k.cert, "-inkey", k.key)
        pgp, p7 = "application/pgp-encrypted", "application/pkcs7-mime"
        return [
            ("clear.asc", k.gpg("--clearsign", data=text), "text/x-pgp-signed", "searched",
             ["signed w\u00f6rds\n- dash"]),
            ("footer.asc", k.gpg("--clearsign", data=text) + b"below it\n", "text/x-pgp-signed",
             "searched", ["signed w\u00f6rds\n- dash\nbelow it\n"]),
            ("packed.asc", k.gpg("-a", "--sign", data=text), pgp, "searched", ["signed"]),
            ("packed.gpg", k.gpg("--sign", data=text), pgp, "searched", ["signed"]),
            ("locked.asc", k.gpg("-a", "-e", "-r", "t@example.org", data=text), pgp, "encrypted",
             []),
            ("locked.gpg", k.gpg("-e", "-r", "t@example.org", data=text), pgp, "encrypted", []),
            ("alone.sig", k.gpg("-a", "--detach-sign", data=text), "application/pgp-signature",
             "empty", []),
            ("key.asc", k.gpg("-a", "--export"), "application/pgp-keys", "empty", []),
            ("signed.p7m", k.smime(*sign, "-outform", "DER", data=part), p7, "searched",
             ["smime text"]),
            ("signed.pem", k.smime(*sign, "-outform", "PEM", data=part), p7, "searched",
             ["smime text"]),
            ("locked.p7m", k.smime("-encrypt", "-outform", "DER", k.cert, data=part), p7,
             "encrypted", []),
        ]
    finally:
        k.close()


@functools.lru_cache(maxsize=None)
def good():
    """(name, bytes, type, outcome, words that must stand in its text)."""
    small = [("a.docx", docx()), ("note.txt", b"plain note\n")]
    both = ["a.docx", "Contract with M\u00fcller & Co", "note.txt", "plain note"]
    return [
        ("gs.pdf", pdf(), "application/pdf", "searched",
         ["Annual report of the company", "numbers 4711", "Second page"]),
        ("locked.pdf", pdf_locked(), "application/pdf", "encrypted", []),
        ("scan.pdf", pdf_by_hand(b"0 0 100 100 re f"), "application/pdf", "empty", []),
        ("a.docx", docx(), OOXML + "wordprocessingml.document", "searched",
         ["Given title", "Contract with M\u00fcller & Co\n", "cell one\tcell two\n", "splitword",
          "a footnote"]),
        ("a.xlsx", xlsx(), OOXML + "spreadsheetml.sheet", "searched",
         ["Budget 2024\n", "shared\t12.5\t2024-03-05\n", "inline text\tof a formula\tTRUE"]),
        ("a.pptx", pptx(), OOXML + "presentationml.presentation", "searched",
         ["Strategy slide\n", "spoken notes"]),
        ("a.odt", odt(), ODF + "text", "searched", ["Minutes\nof the board\nleft\tright\n"]),
        ("locked.odt", opened("text", "", "<encryption-data/>"), ODF + "text", "encrypted", []),
        ("w.doc", (HERE / "w.doc").read_bytes(), "application/msword", "searched",
         ["Quarterly heading\n", "w\u00f6rds and \u0395\u03bb\u03bb\u03b7\u03bd\u03b9\u03ba\u03ac",
          "cell one\tcell two\ncell three\tcell four\n"]),
        ("t.xls", (HERE / "t.xls").read_bytes(), "application/vnd.ms-excel", "searched",
         ["Budget\n", "M\u00fcller\t12.5\t2024-03-05\n", "travel cost\t1234567"]),
        ("slide.ppt", ppt(), "application/vnd.ms-powerpoint", "searched",
         ["Slide w\u00f6rds one\nsecond para\nnarrow text"]),
        ("locked.docx", compound({"EncryptedPackage": b"x" * 5000, "EncryptionInfo": b"y"}),
         "application/vnd.ms-office", "encrypted", []),
        ("mail.msg", msg(), "application/vnd.ms-outlook", "searched",
         ["Outlook subject", "Ann M\u00fcller", "Body of the mail", "note.txt\ntext of the note",
          "Inner subject", "inner body"]),
        ("winmail.dat", tnef(), "application/vnd.ms-tnef", "searched",
         ["Hidden subject", "Body in winmail", "plan.txt\nthe secret plan"]),
        ("a.rtf", RTF, "text/rtf", "searched",
         ["Rich title", "caf\u00e9 \u20acuro\n\u043f\u0440\u0438\na\tb", "last"]),
        ("a.html", b"<title>T</title><p>one<p>t&auml;o<td>x", "text/html", "searched",
         ["one\nt\u00e4o x"]),
        ("koi8.html", b"<html><head><meta charset=koi8-r></head><body>\xc1\xc2\xc3", "text/html",
         "searched", ["\u0430\u0431\u0446"]),
        ("latin.txt", b"caf\xe9\r\ntwo\r\n", "text/plain", "searched", ["caf\u00e9\ntwo\n"]),
        ("wide.txt", "wide \u20ac".encode("utf-16"), "text/plain", "searched", ["wide \u20ac"]),
        ("a.csv", b"name,sum\nann,12\nbob,13\n", "text/csv", "searched", ["ann,12"]),
        ("a.vcf", VCARD, "text/vcard", "searched",
         ["Miller\tAnn\n", "caf\u00e9 and more", "ann@example.org"]),
        ("a.ics", ICAL, "text/calendar", "searched",
         ["Board, meeting\none\ntwo\nDoe: J\tj@example.org"]),
        ("a.eml", mail(("a.docx", docx()), ("note.txt", b"plain note\n")), "message/rfc822",
         "searched", ["Ann <ann@example.org>", "the m\u00e4il", "body of the mail"] + both),
        ("a.zip", zipped(small), "application/zip", "searched", both),
        ("deep.zip", zipped([("in.zip", zipped([("in.tgz", tarred(small))]))]), "application/zip",
         "searched", both),
        ("a.tgz", tarred(small), "application/gzip", "searched", both),
        ("a.tar", tarred(small, "w"), "application/x-tar", "searched", both),
        ("b.txt.gz", gzip.compress(b"gz text\n"), "application/gzip", "searched", ["gz text"]),
        ("b.txt.bz2", bz2.compress(b"bz text\n"), "application/x-bzip2", "searched", ["bz text"]),
        ("b.txt.xz", lzma.compress(b"xz text\n"), "application/x-xz", "searched", ["xz text"]),
        ("small.7z", (HERE / "small.7z").read_bytes(), "application/x-7z-compressed", "searched",
         ["inner.txt\nseven zipped, caf\u00e9"]),
        ("nothing", b"", "application/x-empty", "empty", []),
        ("picture.png", b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sIIBBBBB", 13, b"IHDR", 1, 1, 8,
                                                           0, 0, 0, 0), "image/png",
         "unknown type", []),
    ] + signed()


# ---- hostile ----------------------------------------------------------------

LAUGHS = ('<!DOCTYPE l [<!ENTITY a "ha">' + "".join(
    '<!ENTITY %s "%s">' % (n, ("&%s;" % p) * 10) for p, n in zip("abcdefgh", "bcdefghi")) +
          ']><w:document %s><w:p><w:r><w:t>&i;</w:t></w:r></w:p></w:document>' % W)


def towers():
    """Bombs and mazes: small, and made to be large or endless."""
    zeros, packed = zlib.compressobj(9, zlib.DEFLATED, 31), zlib.compressobj(9, zlib.DEFLATED, -15)
    flood = b"".join(zeros.compress(b"spam" * (1 << 18)) for _ in range(200)) + zeros.flush()
    tower = zipped([("x.txt", b"core")])
    for _ in range(40):
        tower = zipped([("in.zip", tower)])
    literal = b"\xcb\xff" + struct.pack(">I", 70 << 20) + b"t" + b"\0" * (70 << 20)
    literal = b"\x01" + packed.compress(literal) + packed.flush()
    wide = zipped([("%d.txt" % i, b"") for i in range(12000)])
    nest = "<a>" * 200000
    deep = "<w:p>" * 1900 + "</w:p>" * 1900
    looped = bytearray(compound({"WordDocument": b"\xEC\xA5" + b"\0" * 9000}))
    for i in range(512, len(looped) - 512, 4):
        if looped[i:i + 4] == b"\xFF\xFF\xFF\xFE"[::-1]:
            looped[i:i + 4] = b"\0\0\0\0"
    return [
        ("flood.gz", flood),
        ("flood.zip", zipped([("f.txt", b"\0" * (100 << 20))])),
        ("flood.docx", docx("<w:document %s><w:p><w:r><w:t>%s</w:t></w:r></w:p></w:document>"
                            % (W, "spam " * (16 << 20)))),
        ("blank.docx", docx("<w:document %s>%s</w:document>" % (W, " " * (150 << 20)))),
        ("flood.pgp", struct.pack(">BBI", 0xc8, 0xff, len(literal)) + literal),
        ("nested.pgp", functools.reduce(lambda s, _: struct.pack(">BBIB", 0xc8, 0xff, len(s) + 1, 0)
                                        + s, range(5), b"\xcb\x0at\0\0\0\0\0core")),
        ("tower.zip", tower), ("wide.zip", wide),
        ("laughs.docx", docx(LAUGHS)), ("laughs.odt", zipped([
            ("mimetype", ODF + "text"), ("content.xml", LAUGHS)])),
        ("nest.docx", docx(nest)), ("deep.docx", docx("<w:d %s>%s</w:d>" % (W, deep))),
        ("external.docx", docx('<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><w:p %s><w:t>'
                               '&e;</w:t></w:p>' % W)),
        ("huge.pdf", pdf_by_hand(b"BT /F 12 Tf (far away) Tj ET", "0 0 1e9 1e9")),
        ("loop.pdf", pdf_by_hand(b"", kids="[2 0 R 2 0 R 3 0 R]")),
        ("flood.pdf", pdf_by_hand(b"q " * (30 << 20), packed=True)),
        ("words.pdf", pdf_by_hand(b"BT /F 1 Tf " + b"(word) Tj " * 400000 + b"ET", packed=True)),
        ("deep.rtf", b"{\\rtf1" + b"{" * 500000), ("unicode.rtf", b"{\\rtf1" + b"\\u-1?" * 300000),
        ("bin.rtf", b"{\\rtf1 \\bin999999999 x}"),
        ("loop.doc", bytes(looped)), ("parts.eml", b"From: a@b.c\nSubject: x\nMIME-Version: 1.0\n"
                                      b"Content-Type: multipart/mixed; boundary=b\n\n" +
                                      b"--b\n\n" * 100000),
        ("lines.vcf", b"BEGIN:VCARD\n" + b"N:" + b";" * 1000000 + b"\n"),
        ("folds.vcf", b"BEGIN:VCARD\nN:x\n" + b" y\n" * 400000),
        ("tags.html", b"<html>" + b"<div>" * 400000),
        ("quine.gz", flood[:2000] * 3), ("stars.txt", b"*" * (20 << 20)),
    ]


def hostile(count=300, seed=7):
    """At least `count` broken documents: bombs, cut ones, damaged ones. (name, bytes) pairs."""
    dice = random.Random(seed)
    out = towers()
    bases = [(n, d) for n, d, _, _, _ in good() if len(d) > 60]
    while len(out) < count:
        name, data = bases[len(out) % len(bases)]
        damaged = bytearray(data)
        if dice.random() < 0.4:
            del damaged[dice.randrange(8, len(damaged)):]
        else:
            for _ in range(dice.choice((1, 3, 30))):
                at = dice.randrange(8, len(damaged))
                damaged[at] = dice.choice((0, 255, dice.randrange(256)))
        out.append(("%03d-%s" % (len(out), name), bytes(damaged)))
    return out

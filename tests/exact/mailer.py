"""Random messages, made by a grammar: charsets, encodings, nesting, folding, HTML, oddities.

    m = Mailer(random.Random(1))
    m.message()  ->  bytes
    m.said       ->  texts that went into the messages so far, for needles
"""

import base64
import io
import quopri
import unicodedata
import zipfile

WORDS = """alpha beta gamma budget forecast 71450 x86_64 naïve Straße ÜBER über Größe émigré
    Ærø Łódź Привет мир отчёт Καλημέρα ΣΊΣΥΦΟΣ 会议 合同 مرحبا שלום ﬁne ｆｕｌｌ Å ́acute ß ẞ SHARP
    İstanbul ı ǆ ǅ ﷺ ㎏ ½ Ⅷ ǰ ΐ ŉ e-mail foo.bar@example.org <b>bold</b> &amp; a_b C++ 3.14
    from to subject cc bcc re fwd the a I don't "quoted" back\\slash semi;colon 😀 😀😀 𝔘𝔫𝔦
    zwj‍x soft­hyphen nbsp\u00a0here ｶﾞ ガ é e\u0301 a\u0323\u0307 a\u0307\u0323 ṩ \u0344
    \u2126 각 ᄀ\u1161\u11a8 क्षि ไทย content type text plain header received by with esmtp id
    received-spf""".split()
# Scripts without spaces: one token as long as the sentence.
UNSPACED = ["吾輩は猫である名前はまだ無いどこで生れたか頓と見当がつかぬ", "今天的会议改到下午三点请各位准时参加",
            "ประเทศไทยมีเมืองหลวงคือกรุงเทพมหานคร", "សូមស្វាគមន៍មកកាន់ប្រទេសកម្ពុជា",
            "ｼｽﾃﾑﾉｺｳｼﾝｦｵｺﾅｲﾏｽ", "東京都千代田区霞が関一丁目"]
PUNCTUATION = ["!", "--", "...", "=", "@", "<", ">", "\"", "(", "::", "§", "—", "、", "。", "\\",
               "_", "%", "*", "?", "{5}", "'", "~", "´", "\u00a8", "„“", "*/", "//", "$1"]
CHARSETS = ["utf-8", "utf-8", "iso-8859-1", "iso-8859-15", "windows-1252", "koi8-r", "windows-1251",
            "gb2312", "gb18030", "gbk", "big5", "euc-kr", "euc-jp", "shift_jis", "iso-2022-jp",
            "iso-2022-kr", "hz", "utf-16", "utf-16le", "utf-7", "us-ascii", "iso-8859-8",
            "x-unknown", "", "iso-8859-6"]
FIELDS = ["Subject", "From", "To", "Cc", "Bcc", "X-Foo", "X-Empty", "Received", "List-Id",
          "subject", "FROM", "Message-ID", "References", "X-" + "L" * 210, "Reply-To",
          "Ｓubject", "X-Ünder", "Content-Description", "Comments", "X-A", ""]
# What the lines of a header can be told by, and what spoils that.
ODD_NAMES = ["X-A\r", "X\0A", "X-A \t", "X\x1bA", "\u0301", "X\u00a0", "X-A\u00a0", "\u2116",
             "NO", "From x", "\r", "X-ǰ", "Ｘ-A", "\ufeffSubject", "X-A="]
ODD_PIECES = ["\r", "\0", "\u0301", "\u00a0", "\ufdfa", "\x0b", "\x85", "\u2028", ":", " ",
              "\t", "", "=?utf-8?q?=0D?=", "=?utf-8?q?=0D=0A?=", "=?utf-8?q?=0A?=",
              "=?utf-8?q?=00?=", "=?utf-8?q?_?=", "=?utf-8?q?=09?=", "=?utf-8?q?=3A_?=",
              "=?utf-8?q?=CC=81?=", "=?utf-7?q?+AGE-?=", "=?utf-16le?b?YQAKAA==?=",
              "=?utf-8?q?=C2=A0?=", "=?x?q?=80?=", "=?iso-2022-jp?b?GyRCIUEbKEI=?=",
              "=?utf-8?q?", "?=", "\r\n ", "\r\n\t", "\n ", "\r\r\n ", "\x1b$B!A\x1b(B"]
BOUNDARIES = ["B", "B", "BB", "x y", "=_1", "B--", "a" * 70, "a" * 81, "é"]
MULTIPARTS = ["mixed", "mixed", "alternative", "digest", "signed", "report", "related", "x-own"]
TYPES = ["text/plain", "text/plain", "text/html", "text/html", "text/calendar",
         "application/octet-stream", "image/png", "message/delivery-status", "message/partial",
         "message/global", "message/external-body", "", "garbage", "text", "text/", "TEXT/HTML",
         "text/plain (a comment)", "text/enriched"]
ENTITIES = ["&amp;", "&eacute;", "&#233;", "&#xE9;", "&nbsp;", "&lt;", "&bogus;", "&amp", "&#0;",
            "&#x1F600;", "&#55296;", "&szlig;", "&shy;", "&", "&;", "&copy"]
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


class Mailer:
    """Makes messages from one random generator."""

    def __init__(self, rng):
        self.r = rng
        self.said = ["the"]
        self.days = ["1-Jan-2000"]

    def say(self, s):
        """Keeps a text for needles."""
        if s:
            if len(self.said) < 300:
                self.said.append(s)
            else:
                self.said[self.r.randrange(300)] = s
        return s

    # ---- texts ----

    def word(self):
        r = self.r
        x = r.random()
        if x < .06:
            return r.choice(UNSPACED)
        if x < .12:
            return r.choice(PUNCTUATION)
        w = r.choice(WORDS)
        if x < .15:
            w = w * r.randint(2, 60)
        elif x < .16:
            w = r.choice(["y", "ü", "猫", "e\u0301"]) * r.choice([199, 200, 201, 245, 246, 300])
        if r.random() < .1:
            w = r.choice([w.upper, w.lower, w.title, w.swapcase])()
        if r.random() < .1:
            w = unicodedata.normalize(r.choice(["NFC", "NFD", "NFKC", "NFKD"]), w)
        return w

    def text(self, most=12, ends=None):
        r = self.r
        ends = ends or [" ", " ", " ", "  ", "\r\n", ", ", "-", "", "\t", ".", "\r\n> ", "\r\n\r\n"]
        out = []
        for _ in range(r.randint(0, most)):
            out += [self.word(), r.choice(ends)]
        return self.say("".join(out))

    def html(self):
        r = self.r
        out = [r.choice(["<html><head><title>%s</title></head><body>", "<!DOCTYPE %s>", "%s"])
               % self.word()]
        for _ in range(r.randint(0, 8)):
            w = self.word()
            out.append(r.choice([
                w, w, w[:2] + "<b>" + w[2:] + "</b>", "<p>" + w, "<br>", " ", "\r\n",
                r.choice(ENTITIES), w + r.choice(ENTITIES) + self.word(),
                "<script>%s</script>" % w, "<style>%s</style>" % w, "<!-- %s -->" % w,
                '<a href="http://x.example/%s" title=\'%s\'>' % (w, w), "<img alt=%s>" % w,
                "<td>%s<td>%s" % (w, self.word()), "<" + w, "</" + w,
                "<pre>%s\r\n%s</pre>" % (w, w)]))
        return self.say("".join(out))

    # ---- header ----

    def octets(self, s):
        """(charset, octets) that may or may not fit together."""
        r = self.r
        label = r.choice(CHARSETS)
        real = label if r.random() < .8 else r.choice(CHARSETS)
        try:
            raw = s.encode(real or "utf-8", r.choice(["replace", "strict"]))
        except (LookupError, UnicodeError):
            raw = s.encode("utf-8" if r.random() < .6 else "iso-8859-1", "replace")
        if r.random() < .05 and raw:
            at = r.randrange(len(raw))
            raw = raw[:at] + bytes([r.randrange(256)]) + raw[at + r.randint(0, 2):]
        return label, raw

    def encoded_word(self, charset, raw):
        r = self.r
        if r.random() < .05:
            charset += r.choice(["*en", "*", "*de-DE"])
        if r.random() < .5:
            body = base64.b64encode(raw).decode()
            body = body[:-1] if r.random() < .1 else body
            body = body + r.choice(["!", "=", "A", " "]) if r.random() < .05 else body
            return "=?%s?%s?%s?=" % (charset, r.choice("Bb"), body)
        body = "".join("=%02X" % b if b > 126 or b < 48 or b in b"=?_" else chr(b) for b in raw)
        if r.random() < .1:
            body = body.replace("=20", "_").lower() + r.choice(["=", "=X", "=4", ""])
        return "=?%s?%s?%s?=" % (charset, r.choice("Qq"), body)

    def encoded(self, s):
        """One or more encoded words, perhaps cut in the middle of a character."""
        r = self.r
        charset, raw = self.octets(s)
        out, gap = [], r.choice([" ", "\r\n ", "", "\r\n\t", "  ", " x "])
        while True:
            cut = r.randint(1, max(1, len(raw))) if r.random() < .4 else len(raw)
            out.append(self.encoded_word(charset, raw[:cut]))
            raw = raw[cut:]
            if not raw:
                return gap.join(out)

    def value(self):
        r = self.r
        out = []
        for _ in range(r.randint(0, 5)):
            w = self.word()
            out.append(self.encoded(w) if r.random() < .3 else w)
            out.append(r.choice([" ", " ", "  ", "\r\n ", "\r\n\t", "\n ", "\r\n \r\n ", "", "\t",
                                 " =?utf-8?q?=0A?= ", "\r\n \t"]))
        s = "".join(out)
        self.say(s.replace("\r", "").replace("\n", "").replace("\t", " "))
        return s

    def address(self):
        r = self.r
        w = self.word()
        name = r.choice(["", w, '"%s"' % w.replace('"', ""), '"%s"' % w.replace('"', '\\"'),
                         self.encoded(w), '"%s"' % self.encoded(w), "Ann (c) Lee", "Ann  B.\tLee",
                         "=?utf-8?q?J=C3=B6rg?= x", "O'Brien", "(only a comment)"])
        addr = r.choice(["ann@example.org", "bob.lee@x.example", "<ann@example.org>", "<broken",
                         "@", "a b@c", "<@route:u@h>", "<lee@forecast.example>", "<>",
                         "u@h (Real N)",
                         "\"a b\"@h.example", "<u@[1.2.3.4]>", "<ann @ example . org>", "lee",
                         "<%s@x.example>" % w.replace(" ", ""), "<a@b>>", "a@b,"])
        s = r.choice(["%s %s" % (name, addr), addr, "%s: %s, %s;" % (name, addr, addr),
                      "%s:;" % name, "%s\r\n %s" % (name, addr), "%s%s" % (name, addr)])
        return self.say(s)

    def field(self):
        r = self.r
        name = r.choice(FIELDS)
        if name.lower() in ("from", "to", "cc", "bcc") and r.random() < .8:
            value = r.choice([", ", ",", ",\r\n ", ";"]).join(
                self.address() for _ in range(r.randint(0, 3)))
        elif name.lower() == "message-id" and r.random() < .7:
            value = "<%s@x.example>" % r.randint(1, 20)
        else:
            value = self.value()
        if r.random() < .1:
            self.say("%s: %s" % (name, value))
        return "%s%s%s%s" % (name, r.choice([":", ":", ": ", ": ", " : ", ":\t", ":  "]), value,
                             "\r\n")

    def odd_field(self):
        """One whose line may not tell what the field is, or that comes again and again."""
        r = self.r
        if r.random() < .3:
            return r.choice(["X-A: b%s\r\n", "Precedence: list%s\r\n", "X-Foo: a: b%s\r\n",
                             "X-A : b%s\r\n", "List-Id:\tA b%s\r\n"]) % r.choice(
                                 ["", "", "", "", "\r", " ", ": ", "\0"])
        name = r.choice(ODD_NAMES + FIELDS[:12])
        value = "".join(r.choice([r.choice(ODD_PIECES), r.choice(ODD_PIECES), "a", "X-A: b",
                                  self.word()]) for _ in range(r.randint(0, 4)))
        if r.random() < .0005:
            value += (self.word() or "x") * r.choice([70000, 300000])
        self.say(value[:200])
        return name + r.choice([":", ":", ": ", ": ", ": ", " :", ":\t", ""]) + value + "\r\n"

    def date(self):
        r = self.r
        day, month, year = r.randint(1, 31), r.choice(MONTHS), r.randint(1995, 2025)
        if 1 < day < 28:
            self.days = self.days[-60:] + ["%d-%s-%d" % (d, month, year)
                                           for d in (day - 1, day, day + 1)]
        return "Date: " + r.choice([
            "Thu, %d %s %d %02d:%02d:00 %s" % (day, month, year, r.randint(0, 24),
                                               r.randint(0, 60),
                                               r.choice(["+0000", "-0800", "GMT", "", "+9999"])),
            "%d %s %02d 1:2" % (day, month.upper(), year % 100), "yesterday", "",
            "31 Feb 2020 10:00", "1 Jan 1900 00:00", "31 Dec 9999 23:59 +0000",
            "(c) Mon, %d (x) %sober %d 7.05.60 junk" % (day, month, year)]) + "\r\n"

    # ---- parts ----

    def transfer(self, raw):
        """(field value, octets as they travel), whole or broken."""
        r = self.r
        name = r.choice(["7bit", "8bit", "base64", "base64", "quoted-printable", "quoted-printable",
                         "x-odd", "", "binary", "BASE64 ", "x-uuencode", "base64 (c)", "base 64"])
        if name.strip().lower() == "base64" or (name == "base64 (c)"):
            out = base64.encodebytes(raw).replace(b"\n", b"\r\n")
            x = r.random()
            if x < .1:
                at = r.randint(0, len(out))
                out = out[:at] + r.choice([b"*junk", b"==", b"-", b"\0", b"\r\n\r\n"]) + out[at:]
            elif x < .15:
                out = out.rstrip(b"\r\n=")[:-1]
            elif x < .2:
                out = out.replace(b"\r\n", b" ")
            return name, out
        if name == "quoted-printable":
            out = quopri.encodestring(raw).replace(b"\n", b"\r\n")
            if r.random() < .2:
                out = out.replace(b"=", r.choice([b"=\r\n=", b"= \r\n=", b"==", b"=G"]), 1)
            return name, out.lower() if r.random() < .1 else out
        return name, raw

    def packed(self):
        """An archive with texts in it, which only the search box looks into."""
        r = self.r
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
            for n in range(r.randint(1, 2)):
                text = self.text(r.choice([4, 40]))
                if r.random() < .1:  # a word that is cut, more words than there are terms for
                    text = self.say(self.word() * 200) + text
                z.writestr(zipfile.ZipInfo("%d.txt" % n), text.encode("utf-8", "replace"))
        raw = base64.encodebytes(out.getvalue()).replace(b"\n", b"\r\n")
        if r.random() < .1:
            raw = raw[:r.randrange(len(raw))]
        return ("Content-Type: %s; name=\"%s.zip\"\r\nContent-Transfer-Encoding: base64\r\n" % (
            r.choice(["application/zip", "application/octet-stream"]),
            self.word().replace('"', ""))), raw

    def leaf(self):
        r = self.r
        if r.random() < .05:
            return self.packed()
        kind = r.choice(TYPES)
        text = self.html() if "html" in kind.lower() else self.text(r.choice([0, 4, 40]))
        if r.random() < .02:
            text = self.say(text + self.word() * 2000)
        charset, raw = self.octets(text)
        encoding, raw = self.transfer(raw)
        head = ""
        if kind:
            head += "Content-Type: %s%s%s\r\n" % (kind, "; charset=" + r.choice(["%s", '"%s"'])
                    % charset if charset else "", r.choice(["", "", "; name=\"%s.txt\""
                    % self.word().replace('"', ""), ";", "; charset=utf-8"]))
        if encoding:
            head += "Content-Transfer-Encoding: %s\r\n" % encoding
        if r.random() < .2:
            head += 'Content-Disposition: attachment; filename="%s.txt"\r\n' % self.word()
        if r.random() < .05:
            head += "Content-Type: text/html\r\n"
        return head, raw

    def multipart(self, depth):
        r = self.r
        b = r.choice(BOUNDARIES) + str(r.choice([depth, depth, ""]))
        head = 'Content-Type: multipart/%s; boundary="%s"\r\n' % (
            r.choice(MULTIPARTS), b if r.random() < .95 else "other")
        raw = b"preamble " + self.word().encode() + b"\r\n"
        b = b.encode()
        for _ in range(r.randint(0, 3)):
            h, t = self.entity(depth - 1)
            h = h if r.random() < .9 else h + self.field()
            h = h if r.random() < .9 else self.odd_field() + h
            raw += b"--" + b + r.choice([b"", b"", b"", b" ", b"x"]) + b"\r\n" + \
                h.encode("utf-8", "replace") + r.choice([b"\r\n"] * 9 + [b""]) + t + \
                r.choice([b"\r\n"] * 9 + [b""])
        if r.random() < .8:
            raw += b"--" + b + b"--\r\nepilogue\r\n"
        return head, raw

    def entity(self, depth):
        """(header lines, body octets)"""
        r = self.r
        if depth > 0 and r.random() < .4:
            return self.multipart(depth)
        if depth > 0 and r.random() < .2:
            head = "Content-Type: message/rfc822\r\n"
            if r.random() < .2:
                head += "Content-Transfer-Encoding: base64\r\n"
            return head, self.message(depth - 1)
        return self.leaf()

    def header(self, head):
        r = self.r
        fields = [self.field() for _ in range(r.randint(0, 9))]
        fields += [self.odd_field() for _ in range(r.randint(0, 3))] if r.random() < .4 else []
        fields += [self.date()] if r.random() < .8 else []
        fields += [head] if head else []
        if r.random() < .05:
            fields.append("no colon %s\r\n" % self.word())
        if r.random() < .05 and fields:
            fields.append(r.choice(fields))
        r.shuffle(fields)
        if r.random() < .03:
            fields.insert(0, "From x@y.example Thu Mar  5 10:00:00 2020\r\n")
        return "".join(fields)

    def spoiled(self, out):
        """What happens to mail on its way."""
        r = self.r
        x = r.random()
        at = r.randrange(len(out) + 1)
        if x < .1:
            return out[:at] + bytes(r.choices(range(256), k=r.randint(1, 5))) + out[at:]
        if x < .13:
            return out[:at] + r.choice([b"\0", b"\r", b"\0\0\r\r", b"\x1b$B", b"\xff"]) + out[at:]
        if x < .16:
            return out.replace(b"\r\n", r.choice([b"\n", b"\r", b"\r\r\n"]))
        if x < .18:
            return out[:at]
        if x < .20:
            return b"\r\n" + out
        if x < .21:
            return r.choice([b"", b"\r\n", b"\n\n", b"x", b":", b"Subject:", b"\0"])
        return out

    def message(self, depth=3):
        r = self.r
        head, raw = self.entity(depth)
        top = self.header(head).encode("utf-8", "replace")
        if r.random() < .05:  # 8-bit octets of no charset that is told
            top = top.decode("utf-8").encode("iso-8859-1", "replace")
        out = top + b"\r\n" + raw
        return self.spoiled(out)

"""Varied mail, made up: the same messages for the same number and seed, on every machine.

    messages(300)                       -> [Mail(data, flags, date, kind), …]
    python3 tests/live/generate.py DIR 300     writes them as the Maildir DIR

Names, addresses and texts are invented. data has CRLF line ends and no NUL, so that APPEND takes
it. The kinds (one function each, named in KINDS) follow one another in turn; what varies within
a kind is drawn from a generator seeded by the message's number.
"""

import argparse
import base64
import datetime
import quopri
import random
import sys
from collections import namedtuple

import servers

Mail = namedtuple("Mail", "data flags date kind")

KINDS = []

PEOPLE = [
    ("Ann Weaver", "ann.weaver@example.org"), ("Bob Fuller", "bob@example.net"),
    ("Carla Díaz", "carla.diaz@correo.example"), ("Dörte Müßig", "doerte@post.example"),
    ("Иван Лебедев", "ivan@pochta.example"), ("Юлия Сорокина", "yulia.s@pochta.example"),
    ("山田 花子", "hanako@yubin.example"), ("王小明", "xiaoming.wang@youjian.example"),
    ("Łukasz Żak", "lukasz@poczta.example"), ("Σοφία Μάρκου", "sofia@tachydromeio.example"),
    ("O'Neill, Pat", "pat_oneill@example.com"), ("Quentin \"Q\" Ash", "q@example.org"),
    ("Dr. Eva M. Stern", "e.m.stern@institut.example"), ("", "no-reply@shop.example"),
    ("İsmail Çağlar", "ismail@posta.example"), ("Zoë van der Berg", "zoe+lists@example.nl"),
]

TEXTS = {
    "en": """The quarterly budget was agreed on Tuesday and nobody objected to the second table.
Please find the revised contract attached; page four still needs a signature from Smith & Sons.
Our train leaves at 07:45, so we should meet under the clock at half past seven.
The penguin colony moved north again, which surprised the two observers very much.
Could you forward the invoice number 71450 to the accounts department before noon?
I have tried the new kernel on three laptops and the sound card is silent on one of them.
Reminder: the library closes early on Friday because of the stocktaking.
Thanks for the honey, it arrived unbroken and tastes of heather and smoke.""",
    "de": """Die Straße war gesperrt, deshalb kam der Bus erst um Viertel nach acht.
Über den Größenvergleich müssen wir noch einmal sprechen, bevor der Bericht erscheint.
Viele Grüße aus Köln, das Wetter ist trüb, aber die Brötchen sind hervorragend.""",
    "fr": """Le rapport d'activité sera prêt après-demain, si l'imprimerie ne ferme pas.
Ça m'étonne que le garçon n'ait rien reçu : j'ai déjà payé l'été dernier.""",
    "es": """El año pasado llovió más en la montaña que en la costa, según el señor Peña.
¿Podrías enviarme el número de la factura mañana por la mañana?""",
    "pl": """Zażółć gęślą jaźń, a potem przyślij mi proszę ostatnią wersję umowy.
Późną jesienią źrebię śpi pod płotem.""",
    "ru": """Отчёт за третий квартал будет готов к пятнице, бухгалтерия проверила все счета.
Поезд опаздывает на сорок минут, встретимся у северного входа.
Съешь ещё этих мягких французских булок и ответь на письмо.""",
    "el": """Η συνάντηση μεταφέρθηκε για την Πέμπτη στις έξι το απόγευμα.
Καλημέρα σας, σας στέλνω τα τιμολόγια του Μαΐου.""",
    "zh": """会议改到星期四下午三点,请大家带上合同的复印件。
新的图书馆下个月开放,邮件列表会通知所有人。""",
    "tw": """請於星期五之前回覆這封電子郵件,謝謝您的合作。
圖書館明天休息,請改日再來。""",
    "ja": """来週の会議は木曜日の午後三時に変更になりました。
お手数ですが、添付の見積書をご確認ください。よろしくお願いします。""",
    "ko": """회의는 목요일 오후 세 시로 변경되었습니다.
첨부한 계약서를 확인해 주시기 바랍니다.""",
    "tr": """Toplantı perşembe günü saat üçte, İstanbul ofisinde yapılacak.
Iğdır'dan gelen ışık çok güçlüydü.""",
}

SUBJECTS = ["Budget for the third quarter", "Re: contract draft", "Minutes of the meeting",
            "Invoice 71450", "sound card silent after suspend", "Holiday photographs",
            "[list] patch for the parser", "Fwd: train times", "Your order has been shipped",
            "Weekly report", "question about the penguin survey", "Re: Re: Fw: lunch?"]

# charset -> (language of TEXTS, Python's name)
CHARSETS = {"utf-8": "el", "iso-8859-1": "de", "iso-8859-15": "fr", "windows-1252": "es",
            "iso-8859-2": "pl", "koi8-r": "ru", "windows-1251": "ru", "gb2312": "zh",
            "gb18030": "zh", "big5": "tw", "iso-2022-jp": "ja", "shift_jis": "ja", "euc-jp": "ja",
            "euc-kr": "ko", "iso-8859-9": "tr", "us-ascii": "en"}


def kind(function):
    """Marks a function (gen) -> bytes as one kind of message."""
    KINDS.append(function)
    return function


class Gen:
    """What a kind draws from: a generator seeded by the message's number."""

    def __init__(self, number, seed):
        self.number = number
        self.rnd = random.Random("%d/%d" % (seed, number))
        self.when = self.date()

    def date(self):
        """When it was sent: 1994 to 2025, odd zones included."""
        zone = self.rnd.choice([0, 0, 60, 120, -300, -480, 330, 345, 765, -720, 840])
        start = datetime.datetime(1994, 1, 1, tzinfo=datetime.timezone(datetime.timedelta(
            minutes=zone)))
        return start + datetime.timedelta(seconds=self.rnd.randrange(1, 31 * 365 * 86400))

    def text(self, lang="en", count=3):
        """A few sentences, CRLF between them."""
        lines = TEXTS[lang].split("\n")
        return "\r\n".join(self.rnd.choice(lines) for _ in range(count)) + "\r\n"

    def person(self):
        """(name, address)"""
        return self.rnd.choice(PEOPLE)

    def msgid(self):
        """A Message-ID of its own."""
        return "<%d.%08x@mail.example>" % (self.number, self.rnd.getrandbits(32))

    def lines(self, body, width=76):
        """base64 in lines."""
        text = base64.b64encode(body).decode()
        return "\r\n".join(text[i:i + width] for i in range(0, len(text), width)) + "\r\n"


def rfc_date(when):
    """A Date field's value."""
    return when.strftime("%a, %d %b %Y %H:%M:%S %z")


def word(text, charset="utf-8", how="b"):
    """One encoded word."""
    data = text.encode(charset, "replace")
    if how == "b":
        return "=?%s?B?%s?=" % (charset, base64.b64encode(data).decode())
    safe = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    return "=?%s?Q?%s?=" % (charset, "".join(
        "_" if c == 32 else chr(c) if c in safe else "=%02X" % c for c in data))


def words(text, charset="utf-8", how="b", step=12):
    """Encoded words of at most `step` characters, one after the other, folded."""
    return "\r\n ".join(word(text[i:i + step], charset, how) for i in range(0, len(text), step))


def address(person, rnd):
    """Name and address as a header needs them: bare, quoted or encoded."""
    name, mail = person
    if not name:
        return mail
    if not name.isascii():
        return "%s <%s>" % (word(name, "utf-8", rnd.choice("bq")), mail)
    if any(c in name for c in ",.\"'"):
        name = '"%s"' % name.replace("\\", "\\\\").replace('"', '\\"')
    return "%s <%s>" % (name, mail)


def head(gen, subject=None, extra=(), skip=()):
    """The usual header lines, ended by CRLF each. extra: ready lines, added at the end."""
    rnd = gen.rnd
    fields = [("Received", "from mx%d.example (mx%d.example [192.0.2.%d])\r\n\tby in.example with "
               "ESMTPS id %x;\r\n\t%s" % (rnd.randrange(9), rnd.randrange(9), rnd.randrange(256),
                                         rnd.getrandbits(40), rfc_date(gen.when))),
              ("Date", rfc_date(gen.when)), ("From", address(gen.person(), rnd)),
              ("To", ", ".join(address(gen.person(), rnd) for _ in range(rnd.randrange(1, 4)))),
              ("Subject", subject if subject is not None else rnd.choice(SUBJECTS)),
              ("Message-ID", gen.msgid())]
    if rnd.random() < 0.3:
        fields.append(("Cc", address(gen.person(), rnd)))
    if rnd.random() < 0.1:
        fields.append(("Bcc", address(gen.person(), rnd)))
    if rnd.random() < 0.3:
        fields.append(("X-Mailer", rnd.choice(["Heron 2.1", "pigeon/0.9 (unix)", "WebPost 11"])))
    return "".join("%s: %s\r\n" % f for f in fields if f[0] not in skip) + "".join(
        line + "\r\n" for line in extra)


def mail(header, body):
    """Header lines and body to bytes; strings are UTF-8."""
    out = header.encode() if isinstance(header, str) else header
    return out + b"\r\n" + (body.encode() if isinstance(body, str) else body)


def part(kind_, body, *extra):
    """One part of a multipart: its header and body, as bytes."""
    lines = ["Content-Type: " + kind_] + list(extra)
    return mail("".join(line + "\r\n" for line in lines), body)


def multi(gen, parts, sub="mixed", subject=None, extra=(), boundary=None, more=""):
    """A whole multipart message."""
    mark = boundary or "=_%08x" % gen.rnd.getrandbits(32)
    lines = ["MIME-Version: 1.0",
             'Content-Type: multipart/%s; boundary="%s"%s' % (sub, mark, more)]
    return mail(head(gen, subject, lines + list(extra)), joined(parts, mark))


def joined(parts, mark, preamble=b"This is a message in several parts.\r\n"):
    """The body of a multipart."""
    edge = b"\r\n--" + mark.encode()
    return preamble + b"".join(edge + b"\r\n" + p for p in parts) + edge + b"--\r\n"


def html(gen, lang="en"):
    """A small page, with things a text search must cope with."""
    rows = gen.text(lang).replace("&", "&amp;").split("\r\n")
    return ("<!DOCTYPE html>\r\n<html><head><style>p { color: #333 }</style>"
            "<title>%s</title></head>\r\n<body>%s<p>caf&eacute; &#8364;&nbsp;12 <b>con</b>tract"
            "</p><script>var hidden = 1;</script></body></html>\r\n"
            % (gen.rnd.choice(SUBJECTS), "".join("<p>%s</p>\r\n" % r for r in rows if r)))


def blob(gen, size=600):
    """Bytes that look like a picture."""
    return b"\x89PNG\r\n\x1a\n" + bytes(gen.rnd.getrandbits(8) for _ in range(size))


# ---- plain messages and charsets --------------------------------------------

@kind
def plain(gen):
    return mail(head(gen), gen.text(count=6))


@kind
def plain_format_flowed(gen):
    return mail(head(gen, extra=["MIME-Version: 1.0",
                                 "Content-Type: text/plain; charset=us-ascii; format=flowed"]),
                "> quoted line \r\n" + gen.text().replace("\r\n", " \r\n") + "-- \r\nsignature\r\n")


def charset_kind(charset, encoding):
    """A kind: one text in one charset and one transfer encoding, encoded words in the Subject."""
    lang = CHARSETS[charset]

    def make(gen):
        text = gen.text(lang, 4)
        data = text.encode(charset, "replace")
        if encoding == "base64":
            data = gen.lines(data).encode()
        elif encoding == "quoted-printable":
            data = quopri.encodestring(data.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")
        subject = text.split("\r\n")[0][:24]
        how = "q" if encoding == "quoted-printable" else "b"
        subject = subject if charset == "us-ascii" else words(subject, charset, how)
        return mail(head(gen, subject, ["MIME-Version: 1.0",
                                        'Content-Type: text/plain; charset="%s"' % charset,
                                        "Content-Transfer-Encoding: " + encoding]), data)

    make.__name__ = "charset_%s_%s" % (charset, encoding)
    return kind(make)


for _charset, _encoding in (("utf-8", "8bit"), ("utf-8", "base64"), ("utf-8", "quoted-printable"),
                            ("iso-8859-1", "8bit"), ("iso-8859-1", "quoted-printable"),
                            ("iso-8859-15", "quoted-printable"), ("windows-1252", "8bit"),
                            ("iso-8859-2", "base64"), ("koi8-r", "8bit"), ("koi8-r", "base64"),
                            ("windows-1251", "8bit"), ("windows-1251", "quoted-printable"),
                            ("gb2312", "8bit"), ("gb2312", "base64"), ("gb18030", "base64"),
                            ("big5", "8bit"), ("big5", "base64"), ("iso-2022-jp", "7bit"),
                            ("shift_jis", "8bit"), ("shift_jis", "base64"), ("euc-jp", "base64"),
                            ("euc-kr", "base64"), ("iso-8859-9", "quoted-printable"),
                            ("us-ascii", "7bit")):
    charset_kind(_charset, _encoding)


@kind
def charset_unknown(gen):
    return mail(head(gen, extra=["Content-Type: text/plain; charset=x-unheard-of"]),
                gen.text("de").encode("latin-1"))


@kind
def charset_missing_8bit(gen):
    return mail(head(gen), gen.text("fr").encode("windows-1252"))


@kind
def charset_wrong(gen):
    return mail(head(gen, extra=["Content-Type: text/plain; charset=utf-8"]),
                gen.text("de").encode("latin-1") + gen.text("en").encode())


@kind
def encoding_unknown(gen):
    return mail(head(gen, extra=["Content-Type: text/plain", "Content-Transfer-Encoding: x-rot"]),
                gen.text())


@kind
def base64_with_junk(gen):
    text = gen.lines(gen.text(count=5).encode())
    return mail(head(gen, extra=["Content-Type: text/plain; charset=utf-8",
                                 "Content-Transfer-Encoding: base64"]),
                text + "-- \r\nadded by a list: plain footer\r\n")


@kind
def quoted_printable_bad(gen):
    return mail(head(gen, extra=["Content-Type: text/plain; charset=iso-8859-1",
                                 "Content-Transfer-Encoding: quoted-printable"]),
                "a bad =ZZ escape, =e4 lower case, soft=\r\nbreak, blanks   \r\nend=\r\n"
                + gen.text())


# ---- HTML and alternatives --------------------------------------------------

@kind
def html_only(gen):
    return mail(head(gen, extra=["MIME-Version: 1.0", "Content-Type: text/html; charset=utf-8"]),
                html(gen))


@kind
def html_latin1_qp(gen):
    data = quopri.encodestring(html(gen, "de").encode("latin-1").replace(b"\r\n", b"\n"))
    return mail(head(gen, extra=["Content-Type: text/html; charset=iso-8859-1",
                                 "Content-Transfer-Encoding: quoted-printable"]),
                data.replace(b"\n", b"\r\n"))


@kind
def alternative(gen):
    return multi(gen, [part("text/plain; charset=utf-8", gen.text("el"),
                            "Content-Transfer-Encoding: 8bit"),
                       part("text/html; charset=utf-8", gen.lines(html(gen, "el").encode()),
                            "Content-Transfer-Encoding: base64")], "alternative")


@kind
def related(gen):
    inner = joined([part("text/plain", gen.text()), part("text/html", html(gen))], "inner-alt", b"")
    return multi(gen, [mail('Content-Type: multipart/alternative; boundary="inner-alt"\r\n', inner),
                       part("image/png", gen.lines(blob(gen)), "Content-Transfer-Encoding: base64",
                            "Content-ID: <logo@example>")], "related",
                 more='; type="multipart/alternative"')


@kind
def newsletter(gen):
    return multi(gen, [part("text/plain; charset=utf-8", gen.text() + "Unsubscribe: see below\r\n"),
                       part("text/html; charset=utf-8", html(gen))], "alternative",
                 "Your weekly newsletter",
                 ["List-Unsubscribe: <https://shop.example/u?id=%d>" % gen.number,
                  "List-Id: Offers <offers.shop.example>", "Precedence: bulk"])


# ---- threads and lists ------------------------------------------------------

@kind
def thread(gen):
    """Neighbours in a thread: the messages of one kind answer the one before."""
    step = len(KINDS)
    own = "<thread.%d@lists.example>"
    chain = [own % n for n in range(gen.number % step or step, gen.number, step)]
    topic = "the parser drops the last line"
    extra = ["Message-ID: " + own % gen.number, "List-Id: <devel.lists.example>",
             "List-Post: <mailto:devel@lists.example>"]
    if chain:
        extra += ["In-Reply-To: " + chain[-1], "References: " + "\r\n ".join(chain[-8:])]
    return mail(head(gen, ("Re: " if chain else "") + topic, extra, skip=("Message-ID",)),
                "On Monday somebody wrote:\r\n> " + gen.text(count=1) + "\r\n" + gen.text())


@kind
def thread_broken(gen):
    return mail(head(gen, "AW: Terminabstimmung", ["References: <a@b> garbage <unfinished",
                                                   "In-Reply-To: your message of Friday"]),
                gen.text("de"))


@kind
def patch(gen):
    return mail(head(gen, "[PATCH v%d] parser: keep the last line" % gen.rnd.randrange(1, 5)),
                gen.text() + "---\r\n a/parse.c | 2 +-\r\n\r\n--- a/parse.c\r\n+++ b/parse.c\r\n"
                "@@ -%d,3 +10,3 @@\r\n-\tif (n < len)\r\n+\tif (n <= len)\r\n" % gen.number)


# ---- attachments ------------------------------------------------------------

def attachment(gen, disposition, kind_="application/pdf", lang="en"):
    """A text and one attachment with this Content-Disposition."""
    return multi(gen, [part("text/plain; charset=utf-8", gen.text(lang)),
                       part(kind_, gen.lines(blob(gen)), "Content-Transfer-Encoding: base64",
                            disposition)])


@kind
def attachment_plain_name(gen):
    return attachment(gen, 'Content-Disposition: attachment; filename="report-%d.pdf"' % gen.number)


@kind
def attachment_rfc2231(gen):
    return attachment(gen, "Content-Disposition: attachment;\r\n"
                      " filename*=utf-8''Gr%C3%B6%C3%9Fenvergleich%20%E2%82%AC.pdf", lang="de")


@kind
def attachment_rfc2231_split(gen):
    return attachment(gen, "Content-Disposition: attachment;\r\n filename*0*=iso-8859-1'de'Stra"
                      "%DFen;\r\n filename*1=\"verzeichnis \";\r\n filename*2*=%FCber.pdf")


@kind
def attachment_rfc2047_name(gen):
    return attachment(gen, 'Content-Disposition: attachment;\r\n filename="%s"'
                      % word("отчёт за квартал.pdf", "koi8-r"), lang="ru")


@kind
def attachment_raw_name(gen):
    return attachment(gen, 'Content-Disposition: attachment; filename="résumé.doc"',
                      'application/msword; name="résumé.doc"', "fr")


@kind
def attachment_text(gen):
    return multi(gen, [part("text/plain", gen.text()),
                       part("text/csv; charset=windows-1252",
                            "name;städte\r\nMüller;Köln\r\n".encode("windows-1252"),
                            "Content-Transfer-Encoding: 8bit",
                            'Content-Disposition: attachment; filename="list.csv"'),
                       part("text/x-patch; name=fix.diff",
                            "--- old\r\n+++ new\r\n-bad\r\n+good\r\n",
                            "Content-Disposition: inline")])


@kind
def attachment_calendar(gen):
    return multi(gen, [part("text/plain", gen.text()),
                       part("text/calendar; method=REQUEST; charset=utf-8",
                            "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Jour fixe\r\n"
                            "LOCATION:Zimmer %d\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n" % gen.number)])


@kind
def attachment_only(gen):
    return mail(head(gen, "scan", ["MIME-Version: 1.0", "Content-Type: image/jpeg; name=scan.jpg",
                                   "Content-Transfer-Encoding: base64"]), gen.lines(blob(gen)))


@kind
def uuencoded(gen):
    return mail(head(gen), gen.text() + "begin 644 note.txt\r\n#0V%T\r\n`\r\nend\r\n")


# ---- nesting ----------------------------------------------------------------

def inner_message(gen, subject="an inner subject"):
    """A message to put inside another."""
    return mail(head(gen, subject, ["X-Inner: treasure-%d" % gen.number]),
                "inner words: marmalade\r\n" + gen.text())


@kind
def nested(gen):
    return multi(gen, [part("text/plain", "see the forwarded mail\r\n"),
                       part("message/rfc822", inner_message(gen))], subject="Fwd: inner")


@kind
def nested_deep(gen):
    data = inner_message(gen, "seven levels down")
    for level in range(gen.rnd.randrange(3, 8)):
        data = mail(head(gen, "level %d" % level,
                         ["MIME-Version: 1.0", "Content-Type: message/rfc822"]), data)
    return data


@kind
def nested_with_attachment(gen):
    mark = "in-%d" % gen.number
    inside = mail(head(gen, words("Größenvergleich", "iso-8859-1", "q"), [
        "Content-Type: multipart/mixed; boundary=" + mark]), joined([
            part("text/plain; charset=iso-8859-1", gen.text("de").encode("latin-1")),
            part("application/zip", gen.lines(blob(gen)), "Content-Transfer-Encoding: base64",
                 "Content-Disposition: attachment; filename=inside.zip")], mark, b""))
    return multi(gen, [part("text/html", html(gen)),
                       part("message/rfc822", inside, "Content-Disposition: attachment")])


@kind
def digest(gen):
    parts = [mail("", inner_message(gen, "digest entry %d" % n)) for n in range(3)]
    return multi(gen, [part("text/plain", "Topics of today:\r\n 1. marmalade\r\n")] + [
        mail('Content-Type: multipart/digest; boundary="dig"\r\n', joined(parts, "dig", b""))],
                 subject="devel Digest, Vol %d" % gen.number)


@kind
def delivery_status(gen):
    return multi(gen, [
        part("text/plain", "I am sorry, your message could not be delivered.\r\n"),
        part("message/delivery-status", "Reporting-MTA: dns; mx.example\r\n\r\nFinal-Recipient: "
             "rfc822; gone@example.net\r\nAction: failed\r\nStatus: 5.1.1\r\n"),
        part("text/rfc822-headers", head(gen, "the one that bounced"))],
                 "report", "Undelivered Mail Returned to Sender", ["Auto-Submitted: auto-replied"],
                 more="; report-type=delivery-status")


@kind
def disposition_notification(gen):
    return multi(gen, [part("text/plain", "The message was displayed.\r\n"),
                       part("message/disposition-notification", "Reporting-UA: Heron 2.1\r\n"
                            "Disposition: manual-action/MDN-sent-manually; displayed\r\n")],
                 "report", "Read: contract", more="; report-type=disposition-notification")


@kind
def external_body(gen):
    return multi(gen, [part('message/external-body; access-type=anon-ftp; site="ftp.example"',
                            "Content-Type: image/gif\r\nContent-ID: <x@example>\r\n\r\n")])


@kind
def signed(gen):
    return multi(gen, [part("text/plain", gen.text()),
                       part("application/pgp-signature; name=signature.asc",
                            "-----BEGIN PGP SIGNATURE-----\r\n\r\n" + gen.lines(blob(gen, 90))
                            + "-----END PGP SIGNATURE-----\r\n")], "signed",
                 more='; micalg=pgp-sha256; protocol="application/pgp-signature"')


# ---- multiparts that are not quite right ------------------------------------

@kind
def boundary_missing_end(gen):
    return mail(head(gen, extra=["Content-Type: multipart/mixed; boundary=cut"]),
                "--cut\r\n\r\n" + gen.text() + "--cut\r\nContent-Type: text/html\r\n\r\n"
                + html(gen))


@kind
def boundary_none(gen):
    return mail(head(gen, extra=["Content-Type: multipart/mixed"]), gen.text())


@kind
def boundary_never_seen(gen):
    return mail(head(gen, extra=["Content-Type: multipart/mixed; boundary=nowhere"]), gen.text())


@kind
def boundary_odd(gen):
    return multi(gen, [part("text/plain", gen.text()), part("text/plain", "second\r\n")],
                 boundary="a' +_,-./:=? b")


@kind
def boundary_prefix(gen):
    inner = joined([part("text/plain", "inner " + gen.text())], "bound-2", b"")
    return multi(gen, [mail("Content-Type: multipart/mixed; boundary=bound-2\r\n", inner),
                       part("text/plain", "outer\r\n")], boundary="bound")


@kind
def preamble_and_epilogue(gen):
    return multi(gen, [part("text/plain", gen.text())]) + b"words of the epilogue\r\n"


@kind
def part_without_header(gen):
    return multi(gen, [b"\r\n" + gen.text().encode(), part("text/plain", "")])


@kind
def multipart_empty(gen):
    return multi(gen, [])


# ---- headers ----------------------------------------------------------------

@kind
def folded_long(gen):
    tokens = " ".join("token%05d" % gen.rnd.randrange(99999) for _ in range(60))
    lines = "\r\n\t".join(tokens[i:i + 70] for i in range(0, len(tokens), 70))
    return mail(head(gen, "a subject\r\n that is folded\r\n\tseveral \r\n  times",
                     ["X-Long: " + lines]), gen.text())


@kind
def words_split_character(gen):
    data = "äöü€ über".encode()
    a, b = base64.b64encode(data[:3]).decode(), base64.b64encode(data[3:]).decode()
    return mail(head(gen, "=?utf-8?B?%s?=\r\n =?utf-8?B?%s?=" % (a, b)), gen.text())


@kind
def words_mixed(gen):
    return mail(head(gen, "Re: %s and %s plain %s" % (
        word("Grüße", "iso-8859-1", "q"), word("привет", "koi8-r"), word("日本語", "iso-2022-jp"))),
                gen.text())


@kind
def words_bad(gen):
    return mail(head(gen, "=?utf-8?B?####?= =?utf-8?Q?open =?x-none?Q?abc?= =?utf-8?Q?=ZZ?= end"),
                gen.text())


@kind
def words_inside(gen):
    return mail(head(gen, 'pre%spost "%s"' % (word("fix", how="q"), word("quoted")),
                     ["X-Language: =?iso-8859-1*de?Q?=FCbrig?="]), gen.text())


@kind
def raw_utf8_header(gen):
    return mail(head(gen, "Grüße aus Köln — ohne Kodierung", ["Comments: ½ straße naïve"]),
                gen.text("de"))


@kind
def raw_latin1_header(gen):
    header = head(gen, "Größe über alles").encode("latin-1", "replace")
    return mail(header, gen.text())


@kind
def raw_koi8_header(gen):
    return mail(b"Subject: " + "счёт за июль".encode("koi8-r") + b"\r\n"
                + head(gen, skip=("Subject",)).encode(), gen.text("ru").encode("koi8-r"))


@kind
def addresses_group(gen):
    return mail(head(gen, extra=["To: Team: ann.weaver@example.org, Bob Fuller <bob@example.net>;",
                                 "Cc: undisclosed-recipients:;"], skip=("To", "Cc")), gen.text())


@kind
def addresses_malformed(gen):
    bad = ["<broken@example", "two words@example.org", "@nobody", "a@b@c.example", "name <>",
           "Anna Blank anna@example.org", '"open quote <x@example.org>', "x@[192.0.2.1]"]
    return mail(head(gen, extra=["From: " + gen.rnd.choice(bad), "To: " + ", ".join(
        gen.rnd.sample(bad, 3))], skip=("From", "To")), gen.text())


@kind
def addresses_comments(gen):
    return mail(head(gen, extra=["From: ann.weaver@example.org (Ann Weaver)",
                                 "To: (a comment) bob @ example . net (Bob (the) Fuller), "
                                 "<@relay.example,@hop.example:carla@example.org>"],
                     skip=("From", "To")), gen.text())


@kind
def addresses_quoted(gen):
    return mail(head(gen, extra=['From: "Weaver, Ann \\"the pen\\"" <"ann w"@example.org>',
                                 'To: "a\\\\b" <slash@example.org>, J.R. Dot <jr@example.org>'],
                     skip=("From", "To")), gen.text())


@kind
def addresses_encoded(gen):
    return mail(head(gen, extra=["From: %s <sofia@example.org>" % words("Σοφία Μάρκου του Νίκου"),
                                 'To: "%s" <pat@example.com>' % word("O’Neill, Pat"),
                                 "Cc: %s" % word("x@example.org")],
                     skip=("From", "To", "Cc")), gen.text())


@kind
def addresses_many(gen):
    return mail(head(gen, extra=["To: " + ",\r\n ".join(
        "Member %d <m%d@club.example>" % (n, n) for n in range(120))], skip=("To",)), gen.text())


@kind
def headers_duplicated(gen):
    return mail(head(gen, "the first subject", ["Subject: the second subject",
                                                "From: other@example.org", "To: third@example.org",
                                                "To: fourth@example.org", "X-Twice: one",
                                                "x-twice: two"]), gen.text())


@kind
def headers_odd_names(gen):
    return mail(head(gen, extra=["X-Empty:", "X-Blank:   ", "X-Space : before the colon",
                                 "x-UPPER-lower: Mixed", "X.dots_and-dashes: yes",
                                 "a line without a colon", "X-Tab:\tafter a tab"]), gen.text())


@kind
def headers_none(gen):
    return ("\r\nonly a body, no header at all %d\r\n" % gen.number).encode()


@kind
def headers_only(gen):
    return head(gen, "headers only").encode()


@kind
def from_line_first(gen):
    return b"From ann@example.org Mon Jan  1 00:00:00 2001\r\n" + mail(head(gen), gen.text())


@kind
def subject_missing(gen):
    return mail(head(gen, skip=("Subject",)), gen.text())


@kind
def subject_empty(gen):
    return mail(head(gen, ""), gen.text())


@kind
def subject_blanks(gen):
    return mail(head(gen, "  many   blanks \t and\ttabs  "), gen.text())


@kind
def messageid_shared(gen):
    return mail(head(gen, extra=["Message-ID: <same@everywhere.example>"], skip=("Message-ID",)),
                gen.text())


# ---- dates ------------------------------------------------------------------

DATES = ["Mon, 29 Feb 2016 23:59:60 +0000", "1 Jan 70 00:00 GMT", "Fri, 31 Dec 99 23:59:59 EST",
         "5 Mar 2020", "Thu, 05 Mar 2020 23:30:00 -0800 (PST)", "Tue, 31 Feb 2015 10:00:00 +0100",
         "yesterday", "Wed, 1 Apr 2009 7.15.00 +0200", "12 (a comment) May 2001 08:09:10 UT",
         "Mon, 7 Jan 2002 03:04:05 +1400", "Sat, 01 Jan 2050 00:00:00 +0000",
         "Sun, 4 Jul 103 12:00:00 -0400", "2004-05-06T07:08:09Z", "Thu, 9 Dez 2010 11:12:13 +0100",
         "Wed Oct  6 14:03:21 2004", "Fri, 13 December 2013 13:13:13 -0000"]


@kind
def date_odd(gen):
    return mail(head(gen, extra=["Date: " + DATES[gen.rnd.randrange(len(DATES))]], skip=("Date",)),
                gen.text())


@kind
def date_odd_again(gen):
    return mail(head(gen, extra=["Date: " + DATES[gen.number % len(DATES)]], skip=("Date",)),
                gen.text())


@kind
def date_missing(gen):
    return mail(head(gen, skip=("Date",)), gen.text())


@kind
def date_twice(gen):
    return mail(head(gen, extra=["Date: Tue, 2 Jan 2001 00:00:00 +0000"]), gen.text())


# ---- bodies -----------------------------------------------------------------

@kind
def body_empty(gen):
    return mail(head(gen), "")


@kind
def body_one_byte(gen):
    return mail(head(gen), "x")


@kind
def body_long_line(gen):
    return mail(head(gen), " ".join("w%d" % gen.rnd.randrange(10 ** 6) for _ in range(4000))
                + "\r\n")


@kind
def body_no_final_newline(gen):
    return mail(head(gen), gen.text().rstrip())


@kind
def body_control_bytes(gen):
    return mail(head(gen), b"bell \x07 escape \x1b[1m delete \x7f form\x0cfeed\r\n"
                + gen.text().encode())


@kind
def body_unicode(gen):
    return mail(head(gen, extra=["Content-Type: text/plain; charset=utf-8"]),
                "e\u0301clair éclair ﬁne ｆｕｌｌ ΜΆΪΟΣ Straße STRASSE ǆ \u00a0nbsp 𝒳 👩\u200d🔬 "
                "\u202eright\u202c שלום مرحبا\r\n")


@kind
def body_big(gen):
    return mail(head(gen), gen.text(count=700))


@kind
def body_dots(gen):
    return mail(head(gen), ".\r\n..\r\n.leading dot\r\n"
                "From the start of a line\r\n>From quoted\r\n")


FLAGS = ["", "\\Seen", "\\Seen \\Answered", "\\Flagged", "\\Seen \\Flagged Work", "\\Draft",
         "\\Deleted \\Seen", "$Forwarded", "Work later", "\\Seen \\Answered \\Flagged $Label1"]


def message(number, seed=1):
    """The message of that number, 1 or more."""
    make = KINDS[number % len(KINDS)]
    gen = Gen(number, seed)
    data = make(gen)
    date = gen.when + datetime.timedelta(seconds=gen.rnd.randrange(-3600, 86400 * 3))
    return Mail(data, gen.rnd.choice(FLAGS), max(date, datetime.datetime(
        1990, 1, 1, tzinfo=datetime.timezone.utc)), make.__name__)


def messages(count, seed=1):
    """The first `count` messages."""
    return [message(number, seed) for number in range(1, count + 1)]


def main():
    """Write a Maildir."""
    opts = argparse.ArgumentParser(description="Write made-up messages as a Maildir.")
    opts.add_argument("folder")
    opts.add_argument("count", type=int)
    opts.add_argument("--seed", type=int, default=1)
    args = opts.parse_args()
    servers.write_maildir(args.folder, [m[:3] for m in messages(args.count, args.seed)])
    return 0


if __name__ == "__main__":
    sys.exit(main())

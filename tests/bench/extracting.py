"""Text from 2,000 documents: sheaf beside the same libraries in a bare loop (bare.c)."""

import pathlib
import random
import statistics
import subprocess

import documents
from measure import Run, mib, rate, table, verdict

COUNT, KINDS = 2000, 25  # documents, different ones of each kind
ASKED, ASKED_MEMORY = 0.60, 256 << 20
LIBRARIES = ("poppler-glib", "libarchive", "expat")


def prose(dice, count):
    """So many made-up words."""
    return ["".join(dice.choice("etaoinshrdlu") for _ in range(dice.randrange(2, 11)))
            for _ in range(count)]


def pdf(dice, pages):
    """By Ghostscript, 45 lines a page."""
    out = ["%!PS\n/Times-Roman findfont 11 scalefont setfont"]
    for _ in range(pages):
        for line in range(45):
            out.append("60 %d moveto (%s) show" % (740 - 15 * line, " ".join(prose(dice, 12))))
        out.append("showpage")
    return documents.run("gs", "-q", "-dNOPAUSE", "-dBATCH", "-sDEVICE=pdfwrite",
                         "-sOutputFile=-", "-", data="\n".join(out).encode())


def docx(dice, pages):
    """WordprocessingML with as much markup as Word writes, and a picture's bytes."""
    run = ('<w:r w:rsidR="00A77B3E"><w:rPr><w:rFonts w:ascii="Calibri"/><w:sz w:val="22"/></w:rPr>'
           '<w:t xml:space="preserve">%s </w:t></w:r>')
    body = "".join("<w:p>%s</w:p>" % "".join(run % " ".join(prose(dice, 6)) for _ in range(10))
                   for _ in range(8 * pages))
    return documents.docx("<w:document %s><w:body>%s</w:body></w:document>" % (
        documents.W, body), [("word/media/image1.png", dice.randbytes(30000))])


def ods(dice, pages):
    """OpenDocument with a table of 50 rows a page."""
    row = "<table:table-row>%s</table:table-row>"
    cell = ('<table:table-cell table:style-name="ce1" office:value-type="string">'
            "<text:p>%s</text:p></table:table-cell>")
    body = "".join(row % "".join(cell % w for w in prose(dice, 8)) for _ in range(50 * pages))
    return documents.zipped([
        ("mimetype", documents.ODF + "spreadsheet"),
        ("content.xml", '<o xmlns:text="t" xmlns:table="b" xmlns:office="f">%s</o>' % body)])


def make(folder):
    """Writes them; their paths."""
    dice, different = random.Random(11), []
    for number in range(KINDS):
        pages = (1, 2, 3, 5, 8, 13, 30)[number % 7]
        different += [(b".pdf", pdf(dice, pages)), (b".docx", docx(dice, pages)),
                      (b".ods", ods(dice, pages))]
    paths = []
    for number in range(COUNT):
        ending, data = different[number % len(different)]
        paths.append(folder / ("%04d%s" % (number, ending.decode())))
        paths[-1].write_bytes(data)
    return paths


def build(folder):
    """Compiles the bare loop."""
    flags = documents.run("pkg-config", "--cflags", "--libs", *LIBRARIES).decode().split()
    source = pathlib.Path(__file__).resolve().parent / "bare.c"
    subprocess.run(["cc", "-O2", "-o", str(folder / "bare"), str(source), *flags], check=True)
    return folder / "bare"


def measure(bench):
    """The tables."""
    folder = bench.fresh("documents")
    paths, bare = make(folder), build(folder)
    size = sum(p.stat().st_size for p in paths)
    runs = {"sheaf extract": [], "bare loop": []}
    for _ in range(bench.args.runs):
        runs["sheaf extract"].append(Run([bench.sheaf, "extract", *paths]))
        runs["bare loop"].append(Run([bare, *paths]))
    seconds = {name: statistics.median(r.seconds for r in all_) for name, all_ in runs.items()}
    bench.say("### Text from documents\n")
    bench.say("%s documents made by the benchmark (a third each PDF, OOXML, OpenDocument; %d "
              "different), %s bytes.\n" % (format(COUNT, ","), 3 * KINDS, format(size, ",")))
    bench.say(table(("", "time", "documents/s", "", "largest process"), [
        (name, "%.1f s" % seconds[name], "%.0f" % (COUNT / seconds[name]),
         rate(size, seconds[name]), mib(max(r.peak for r in runs[name]))) for name in runs]))
    share = seconds["bare loop"] / seconds["sheaf extract"]
    peak = max(r.peak for r in runs["sheaf extract"])
    bench.say(table(("", "measured", "asked", ""), [
        ("speed of the bare loop", "%.0f %%" % (100 * share), "≥ %.0f %%" % (100 * ASKED),
         verdict(share >= ASKED)),
        ("largest process", mib(peak), "≤ %s" % mib(ASKED_MEMORY),
         verdict(peak <= ASKED_MEMORY))]))

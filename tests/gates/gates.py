#!/usr/bin/env python3
"""The gates: rules of the house that a program can check. No exceptions.

    tests/gates/gates.py [--build DIR]

Prints each breach as file:line: what, and last "N passed, N failed", a gate being one thing that
passes or fails. DIR (default build) holds the objects, for the names of external symbols.
First each gate is shown a small tree with one breach in it, and must find it (SAMPLES).
"""

import argparse
import functools
import glob
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

# (file, gate) pairs that may break a gate. Empty, and meant to stay so.
EXCEPTIONS = ()

ROOMS = ("lib/base", "lib/confine", "lib/mail", "lib/archive", "lib/thread", "lib/unpack",
         "lib/xapian", "lib/index", "extract", "lib/inside", "imap", "import", "export", "indexer",
         "query", "people", "web", "sheaf")
FRONT_DOORS = ("lib/mail/mail.h", "lib/archive/archive.h", "lib/xapian/xapian-c.h",
               "imap/harvest.h", "import/import.h", "export/export.h", "indexer/indexer.h",
               "query/query.h", "extract/extract.h", "lib/inside/inside.h", "web/web.h")
C_TESTS = ("tests/unit", "tests/fuzz", "tests/crash")
MOST_LINES, MOST_PATHS, MOST_PARAMETERS = 100, 25, 6
MOST_C, MOST_H, MOST_WIDTH, TAB = 800, 200, 100, 8
BANNED = ("strcpy strcat strncat strncpy stpcpy sprintf vsprintf gets strtok atoi atol atoll "
          "alloca mktemp tmpnam tempnam pthread_create thrd_create").split()
LATER = ("TO" + "DO", "FIX" + "ME", "XX" + "X")
# How a function begins whose parameters a library dictates: libmicrohttpd's callbacks.
LIBRARY_CALLS = ("static enum MHD_Result",)
TEXT = (".c", ".h", ".cc", ".py", ".sh", ".md", ".yaml", ".yml", ".html", ".css", ".js", ".txt")
COMMON_PLACES = ("/", "/tmp", "/home", "/root", "/srv", "/opt", "/mnt", "/var/tmp", "/usr/src")


class Tree:
    """A source tree: its files, read once."""

    def __init__(self, root, build):
        self.root, self.build = pathlib.Path(root), pathlib.Path(build)
        self.texts = {}
        self.code = self.find(ROOMS + C_TESTS, (".c", ".h", ".cc"))
        self.rooms = [p for p in self.code if not p.startswith("tests/")]
        self.headers = [p for p in self.rooms if p.endswith(".h")]

    def find(self, folders, suffixes):
        """Files of these folders, not of folders in them."""
        return sorted(str((pathlib.Path(d) / e.name)) for d in folders
                      if (self.root / d).is_dir()
                      for e in os.scandir(self.root / d)
                      if e.is_file() and e.name.endswith(suffixes))

    def everything(self):
        """Every text file of the project."""
        out = []
        for folder, folders, files in os.walk(self.root):
            folders[:] = [d for d in folders if (d == ".ci" or not d.startswith("."))
                          and not d.startswith("build") and d not in ("__pycache__", "corpus")]
            for name in files:
                if name.endswith(TEXT) or name in ("Makefile", "run"):
                    out.append(os.path.relpath(os.path.join(folder, name), self.root))
        return sorted(out)

    def read(self, path):
        """A file's text."""
        if path not in self.texts:
            self.texts[path] = (self.root / path).read_text(errors="replace")
        return self.texts[path]

    def lines(self, path):
        """(number, line) pairs."""
        return enumerate(self.read(path).split("\n"), 1)


def blank(match):
    """What a comment or string leaves: its line ends."""
    return " " + "\n" * match[0].count("\n")


@functools.cache
def bare(text):
    """C without comments, strings and characters; line numbers stay."""
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text,
                  flags=re.S)


# ---- gates: each yields (file, line, what) ----------------------------------

def functions(tree):
    """functions: at most 100 lines, complexity 25, 6 parameters"""
    paths = [p for p in tree.code if not p.endswith(".h")]
    if not paths:
        return
    out = subprocess.run(["pmccabe"] + paths, cwd=tree.root, stdout=subprocess.PIPE, check=True)
    for row in out.stdout.decode().splitlines():
        _, paths_through, _, start, lines, where = row.split("\t")
        path, line, name = re.match(r"(.*)\((\d+)\): (.*)", where).groups()
        if int(lines) > MOST_LINES:
            yield path, line, "%s has %s lines, at most %d" % (name, lines, MOST_LINES)
        if int(paths_through) > MOST_PATHS:
            yield path, line, "%s has complexity %s, at most %d" % (name, paths_through, MOST_PATHS)
        text = "\n".join(bare(tree.read(path)).split("\n")[int(start) - 1:])
        count = parameters(text, name)
        if count > MOST_PARAMETERS and not text.lstrip().startswith(LIBRARY_CALLS):
            yield path, line, "%s has %d parameters, at most %d" % (name, count, MOST_PARAMETERS)


def parameters(text, name):
    """How many parameters the function that begins here has."""
    match = re.search(r"\b%s\s*\(" % re.escape(name.split("::")[-1]), text)
    if not match:
        return 0
    depth, count = 1, 1
    for char in text[match.end():]:
        depth += (char in "([{") - (char in ")]}")
        if depth == 0:
            return count
        count += char == "," and depth == 1
    return count


def files(tree):
    """files: .c at most 800 lines, .h 200"""
    for path in tree.code:
        most = MOST_H if path.endswith(".h") else MOST_C
        count = tree.read(path).count("\n")
        if count > most:
            yield path, count, "%d lines, at most %d" % (count, most)


def width(tree):
    """lines: at most 100 columns, a tab being 8"""
    scripts = [p for p in tree.everything() if p.endswith((".py", ".sh"))]
    for path in tree.code + scripts:
        for number, line in tree.lines(path):
            if len(line.expandtabs(TAB)) > MOST_WIDTH:
                yield path, number, "%d columns, at most %d" % (
                    len(line.expandtabs(TAB)), MOST_WIDTH)


def documented(tree):
    """headers: every exported prototype has a comment above it"""
    for path in tree.headers:
        raw = tree.read(path).split("\n")
        for start, text in declarations(bare(tree.read(path))):
            if "(" in text and not text.startswith(("typedef", "static", "_Static_assert")) \
                    and not commented(raw, start):
                yield path, start, "no comment above: " + re.sub(r"\s+", " ", text)[:60]


def declarations(text):
    """(line, text) of what ends with ';' outside braces; the C side of extern "C" is outside."""
    text = re.sub(r"^[ \t]*#(?:\\\n|[^\n])*", blank, text, flags=re.M)
    text = re.sub(r"extern\s*\{", ";", text)
    depth, start, out = 0, 0, []
    for place, char in enumerate(text):
        if char == "{":
            depth += 1
        elif char == "}":
            depth = max(0, depth - 1)
            if depth == 0 and re.match(r"\s*(?!.*\bstruct\b[^()]*;)[^;]*\)\s*\{",
                                       text[start:place]):
                start = place + 1
        elif char == ";" and depth == 0:
            piece = text[start:place]
            line = text.count("\n", 0, start + len(piece) - len(piece.lstrip())) + 1
            if "{" not in piece and piece.strip():
                out.append((line, piece.strip()))
            start = place + 1
    return out


def commented(raw, start):
    """Whether a comment stands above this line or its neighbours, nothing blank between."""
    for line in reversed(raw[:start - 1]):
        if re.match(r"(/\*| \*).*\*/\s*$|//", line):
            return True
        if not line.strip() or line.startswith("#"):
            return False
    return False


def symbols(tree):
    """objects: external symbols start with their stem, or a declared prefix"""
    sources = [p for p in tree.rooms if not p.endswith(".h")]
    objects = {str(tree.build / "obj" / (path + ".o")): path for path in sources}
    for target, path in objects.items():
        if not os.path.exists(target):
            yield path, 1, "not built: no %s" % os.path.relpath(target, tree.root)
    built = [target for target in objects if os.path.exists(target)]
    out = subprocess.run(["nm", "-A", "-g", "--defined-only"] + built, stdout=subprocess.PIPE,
                         check=True).stdout.decode() if built else ""
    allowed = {path: prefixes(tree, path) + [pathlib.Path(path).stem.replace("-", "_") + "_"]
               for path in sources}
    for row in out.splitlines():
        path, (kind, name) = objects[row[:row.rindex(":")]], row.split()[-2:]
        stem = pathlib.Path(path).stem
        if kind in "uVW" and name.startswith(("_Z", "DW.ref.")):
            continue
        fine = name == stem or any(name.startswith(p) for p in allowed[path])
        if not fine and not (stem == "main" and name == "main"):
            yield path, 1, "external symbol %s, not of %s" % (name, " ".join(allowed[path]))


def prefixes(tree, path):
    """What "Prefix: a_, b_" in the module's header allows."""
    header = str(pathlib.Path(path).with_suffix(".h"))
    if header not in tree.headers:
        return []
    found = re.findall(r"Prefix:\s*([\w, ]+)", tree.read(header))
    return [p for line in found for p in re.findall(r"\w+_(?=\W|$)", line)]


def stems(tree):
    """files: stems are unique in the tree"""
    seen = {}
    for path in tree.rooms:
        stem, folder = pathlib.Path(path).stem, os.path.dirname(path)
        if seen.setdefault(stem, folder) != folder:
            yield path, 1, "the stem %s stands in %s too" % (stem, seen[stem])


def banned(tree):
    """functions that no code calls"""
    pattern = re.compile(r"\b(%s)\s*\(" % "|".join(BANNED))
    for path in tree.code:
        for number, line in enumerate(bare(tree.read(path)).split("\n"), 1):
            match = pattern.search(line)
            if match:
                yield path, number, "banned: " + match[1]


def includes(tree):
    """includes: by bare name, so that only the -I list decides"""
    for path in tree.code:
        for number, line in tree.lines(path):
            match = re.match(r'\s*#\s*include\s*"([^"]*)"', line)
            if match and "/" in match[1]:
                yield path, number, "include by bare name, not \"%s\"" % match[1]


def later(tree):
    """no notes of work left for another day"""
    pattern = re.compile(r"\b(%s)\b" % "|".join(LATER))
    for path in tree.everything():
        for number, line in tree.lines(path):
            match = pattern.search(line)
            if match:
                yield path, number, match[1]


def doors(tree):
    """headers: each begins with a comment, a front door with What"""
    for path in tree.headers:
        text = tree.read(path)
        first = re.match(r"\s*/\*.*?\*/", text, re.S)
        if not first:
            yield path, 1, "does not begin with a comment"
        elif path in FRONT_DOORS and "What:" not in first[0]:
            yield path, 1, "a front door without What:"


def places(tree):
    """no paths of this machine, no hosts its packages come from"""
    words = [str(ROOT) + "/"]
    if str(ROOT.parent) not in COMMON_PLACES:
        words.append(str(ROOT.parent) + "/")
    for name in glob.glob("/etc/apt/sources.list") + glob.glob("/etc/apt/sources.list.d/*"):
        with open(name, errors="replace") as source:
            words += re.findall(r"https?://([^/\s]+)", source.read())
    pattern = re.compile("|".join(re.escape(w) for w in sorted(set(words + SAMPLE_PLACES))))
    for path in tree.everything():
        for number, line in tree.lines(path):
            match = pattern.search(line)
            if match and match[0] not in ("localhost",):
                yield path, number, "a place of this machine: " + match[0]


SAMPLE_PLACES = ["/sample-" + "machine/"]

GATES = (functions, files, width, documented, symbols, stems, banned, includes, later, doors,
         places)

# gate -> files of a tree with one breach that this gate must find.
SAMPLES = (
    (functions, {"imap/a.c": "int a_f(void)\n{\n" + "\t;\n" * 120 + "\treturn 0;\n}\n"}),
    (functions, {"imap/a.c": "int a_f(int x)\n{\n" + "\tif (x)\n\t\tx++;\n" * 30
                 + "\treturn x;\n}\n"}),
    (functions, {"imap/a.c": "int a_f(int a, int b, int c, int d, int e, int f, int g)\n"
                 "{\n\treturn 0;\n}\n"}),
    (files, {"imap/a.c": "\n" * 801}),
    (files, {"imap/a.h": "\n" * 201}),
    (width, {"imap/a.c": "\t/* " + "x" * 90 + " */\n"}),
    (documented, {"imap/a.h": "/* a. */\n\n/* Said. */\nint a_f(void);\n\nint a_g(void);\n"}),
    (documented, {"imap/a.h": "/* a. */\n\nstruct a {\n\t/* Said. */\n\tint x;\n};\n"
                  "int a_g(int x,\n\t int y);\n"}),
    (documented, {"imap/a.h": '/* a. */\n#ifdef __cplusplus\nextern "C" {\n#endif\n\n'
                  "int a_g(int x);\n#ifdef __cplusplus\n}\n#endif\n"}),
    (symbols, {"imap/a.c": "int b_f(void)\n{\n\treturn 0;\n}\n"}),
    (symbols, {"imap/a.c": "int a_f(void)\n{\n\treturn 0;\n}\n", "imap/unbuilt.c": ""}),
    (stems, {"imap/a.c": "", "web/a.c": ""}),
    (banned, {"imap/a.c": "void a_f(char *x)\n{\n\tstrcpy (x, \"\");\n}\n"}),
    (includes, {"imap/a.c": '#include "../web/web.h"\n'}),
    (later, {"imap/a.c": "/* %s: do it */\n" % LATER[0]}),
    (doors, {"imap/a.h": "#ifndef A_H\n#endif\n"}),
    (doors, {"web/web.h": "/* web: no more than that. */\n"}),
    (places, {"docs/a.md": "see %snotes\n" % SAMPLE_PLACES[0]}),
)
# A tree in which no gate may find anything.
CLEAN = {
    "web/web.h": "/* web: a door.\n *\n * What: nothing.\n * Prefix: door_\n */\n#ifndef WEB_H\n"
                 "#define WEB_H\n\nstruct web {\n\tint (*call)(int a, int b);\n};\n\n"
                 "/* One and two. */\nint web_one(int a);\nint door_two(int a,\n\t     int b);\n\n"
                 "static inline int web_in(int a)\n{\n\treturn a;\n}\n\n"
                 "/* Three. */\nint web_three(void);\n#endif\n",
    "web/web.c": '#include "web.h"\n\n/* not strcpy(a) nor sprintf(b) */\nint web_one(int a)\n{\n'
                 '\treturn a;\n}\nint door_two(int a, int b)\n{\n\treturn a + b;\n}\n'
                 'int web_three(void)\n{\n\treturn (int)sizeof "strcat(";\n}\n',
}


def sample(contents, gates, root):
    """What the gates find in a tree of these files; unbuilt.c gets no object."""
    for name, text in contents.items():
        path = pathlib.Path(root) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        if symbols in gates and name.endswith(".c") and not name.endswith("/unbuilt.c"):
            target = pathlib.Path(root) / "build" / "obj" / (name + ".o")
            target.parent.mkdir(parents=True, exist_ok=True)
            subprocess.run(["cc", "-c", str(path), "-o", str(target)], check=True)
    tree = Tree(root, pathlib.Path(root) / "build")
    return [found for gate in gates for found in gate(tree)]


def self_test():
    """Whether each gate finds its samples and lets the clean tree pass; yields complaints."""
    for number, (gate, contents) in enumerate(SAMPLES, 1):
        with tempfile.TemporaryDirectory(prefix="sheaf-gates-") as root:
            if len(sample(contents, (gate,), root)) != 1:
                yield "sample %d of %s: not found exactly once" % (number, gate.__name__)
    for gate in set(GATES) - {gate for gate, _ in SAMPLES}:
        yield "%s has no sample" % gate.__name__
    with tempfile.TemporaryDirectory(prefix="sheaf-gates-") as root:
        for path, line, what in sample(CLEAN, GATES, root):
            yield "clean tree: %s:%s: %s" % (path, line, what)


def main():
    """Try the gates, then the tree."""
    opts = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    opts.add_argument("--build", default=str(ROOT / "build"))
    args = opts.parse_args()
    passed = failed = 0
    complaints = list(self_test())
    for complaint in complaints:
        print("gates.py: " + complaint)
    passed, failed = (0, 1) if complaints else (1, 0)
    tree = Tree(ROOT, pathlib.Path(args.build).resolve())
    for gate in GATES:
        found = [f for f in gate(tree) if (f[0], gate.__name__) not in EXCEPTIONS]
        for path, line, what in found:
            print("%s:%s: %s" % (path, line, what))
        if found:
            print("  gate failed: " + gate.__doc__)
        passed, failed = (passed, failed + 1) if found else (passed + 1, failed)
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

"""Writes the scripted failures of tests/live/failures as seeds for fuzz_imapparse: one file for
each answer, as a client would read it.

    seeds.py FOLDER
"""

import pathlib
import sys

FAILURES = pathlib.Path(__file__).resolve().parent.parent / "live" / "failures"


def answers(text):
    """The answers in one file, as octets. The lines that are sent stand behind four spaces."""
    found = [[]]
    for line in text.splitlines():
        if line.startswith("on "):
            found.append([])
        elif line.startswith("    ") and not line.startswith("    !"):
            data = line[4:].replace("TAG", "a1").encode().decode("unicode_escape")
            found[-1].append(data.encode("latin-1") + b"\r\n")
    return [b"".join(lines) for lines in found if lines]


def write(folder):
    """Write them all; how many."""
    count = 0
    for path in sorted(FAILURES.glob("*.txt")):
        for number, data in enumerate(answers(path.read_text(encoding="utf-8"))):
            (pathlib.Path(folder) / ("%s-%d" % (path.stem, number))).write_bytes(data)
            count += 1
    return count


if __name__ == "__main__":
    print("%d seeds" % write(sys.argv[1]))

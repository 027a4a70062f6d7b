"""The hot loops must not get slower: callgrind counts their instructions.

tests/guard/guard.c cuts 200 made-up messages into terms, and judges them by queries. The counts of
each compiler and machine stand in tests/guard/counts; more than a tenth above is a failure. After a
change that is worth its price, or to add a compiler:

    make BUILD=build/gcc guard && python3 tests/guard/test_guard.py --renew build/gcc
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
COUNTS = ROOT / "tests" / "guard" / "counts"
PARTS = ("match", "terms")
MESSAGES = 200
SLACK = 1.10

sys.path.insert(0, str(ROOT / "tests" / "live"))
import generate  # noqa: E402


def program(build):
    """The program of a build folder."""
    return pathlib.Path(build) / "tests" / "guard"


def corpus():
    """What the program reads."""
    mails = [m.data for m in generate.messages(MESSAGES)]
    return b"".join(b"%d\n%s" % (len(data), data) for data in mails)


def recorded(compiler):
    """{part: (instructions, sum of the answers)} of a compiler and machine."""
    rows = [line.split() for line in COUNTS.read_text().split("\n")
            if line and not line.startswith("#")]
    return {r[2]: (int(r[3]), int(r[4])) for r in rows if " ".join(r[:2]) == compiler}


def compiler_of(guard):
    """What made the program, and for which machine."""
    return subprocess.run([guard, "compiler"], capture_output=True, text=True, timeout=60,
                          check=True).stdout.strip()


def counted(guard, part, data):
    """(instructions in the counted function, sum of the answers)"""
    # The C library chooses its loops by the processor; without these they are the same on each.
    env = dict(os.environ, GLIBC_TUNABLES="glibc.cpu.hwcaps=-AVX2,-BMI2,-ERMS")
    with tempfile.TemporaryDirectory(prefix="sheaf-guard-") as folder:
        out = pathlib.Path(folder) / "out"
        done = subprocess.run(
            ["valgrind", "--tool=callgrind", "--callgrind-out-file=%s" % out,
             "--toggle-collect=guard_" + part, "--", str(guard), part],
            input=data, capture_output=True, timeout=300, env=env, check=False)
        if done.returncode:
            raise AssertionError(done.stderr.decode(errors="replace")[-2000:])
        total = re.search(r"^(?:totals|summary): (\d+)", out.read_text(), re.M)
        return int(total[1]), int(done.stdout)


def renew(build):
    """Write the counts of this compiler and machine; those of others stay."""
    guard = program(build)
    compiler = compiler_of(guard)
    lines = [line for line in COUNTS.read_text().split("\n")
             if line and " ".join(line.split()[:2]) != compiler]
    for part in PARTS:
        row = "%s %s %d %d" % ((compiler, part) + counted(guard, part, corpus()))
        print(row)
        lines.append(row)
    COUNTS.write_text("\n".join(lines) + "\n")


class Guard(unittest.TestCase):
    """Instructions of the matcher and of the tokenizer."""

    def test_counts(self):
        guard = program(os.environ.get("BUILD", ROOT / "build" / "gcc"))
        compiler = compiler_of(guard)
        if not shutil.which("valgrind"):
            self.skipTest("valgrind is not installed: nothing guards the speed")
        want = recorded(compiler)
        if not want:
            self.skipTest("no counts of %s are recorded: see tests/guard/test_guard.py" % compiler)
        data = corpus()
        for part in PARTS:
            with self.subTest(part):
                count, answers = counted(guard, part, data)
                self.assertEqual(answers, want[part][1], "other answers than when it was recorded: "
                                 "after a change of these, renew (tests/guard/test_guard.py)")
                self.assertLessEqual(
                    count, want[part][0] * SLACK,
                    "%s: %.1f %% more instructions than recorded (%d, now %d); if that is meant, "
                    "renew (tests/guard/test_guard.py)" % (
                        part, 100 * (count / want[part][0] - 1), want[part][0], count))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--renew"] and len(sys.argv) == 3:
        renew(sys.argv[2])
    else:
        sys.exit(__doc__)

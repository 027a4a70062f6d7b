#!/usr/bin/env python3
"""Everything that must hold; `make check` runs it.

    tests/run.py                  all stages
    tests/run.py STAGE [NAME…]    one stage; NAMEs choose programs: "unit str", "live harvest"
    tests/run.py --list           the stages
    --long                        full counts (SHEAF_LONG=1, fuzzers run longer)
    --jobs N                      programs and compilers at the same time

A program is a unit test in C, whose last line is "N passed, N failed", or a Python unittest
module. Both find the binary in $SHEAF and the build folder in $BUILD. The live tests run the
build with ASan and UBSan; $SHEAF_PLAIN is the plain one, for what is measured.
A skipped test is shown, and counts as failed where the environment says CI=true, but for those
that `make deps-live` could not prepare there, or does not. What a program prints behind "NOTE: "
is shown also when it passes.
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
TESTS = ROOT / "tests"
BUILD = ROOT / "build"
SANITIZE = "-fsanitize=address,undefined -fno-sanitize-recover=undefined"
FUZZ = "-fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=undefined"
LINES = "-gline-tables-only"  # what a report of a sanitizer shows; less to write and to link
# The response parser meets every octet a server sends: so many executions, in parts. With ASan and
# the tracing of comparisons they take twenty times as long, so that is for the few seconds that
# every fuzzer gets, and for --long. UBSan without its messages costs nothing.
SWIFT = "-fsanitize=fuzzer-no-link,undefined -fsanitize-trap=undefined " \
        "-fno-sanitize-coverage=trace-cmp,indirect-calls"
MANY, PARTS = {"fuzz_imapparse": 10000000}, 2
IN_CI = os.environ.get("CI", "") not in ("", "0", "false")


class Result:
    """What one program did."""

    def __init__(self, name, passed, failed, seconds, text="", skipped=()):
        self.name, self.passed, self.failed = name, passed, failed
        self.seconds, self.text, self.skipped = seconds, text, list(skipped)


class Runner:
    """Runs stages, prints as it goes, keeps the totals."""

    def __init__(self, args):
        self.args = args
        self.results = []
        self.plain = BUILD / "gcc" / "sheaf"
        self.asan = BUILD / "asan" / "sheaf"

    def env(self, sheaf, build):
        """The environment of a program."""
        env = dict(os.environ)
        env.update(SHEAF=str(sheaf), SHEAF_PLAIN=str(self.plain), BUILD=str(build),
                   ASAN_OPTIONS="detect_leaks=1:allocator_may_return_null=1:handle_abort=1",
                   UBSAN_OPTIONS="print_stacktrace=1:halt_on_error=1",
                   PYTHONPATH=os.pathsep.join(str(TESTS / d) for d in
                                              ("live", "exact", "crash", "browser")),
                   PYTHONDONTWRITEBYTECODE="1")
        if self.args.long:
            env["SHEAF_LONG"] = "1"
        env.pop("MAKEFLAGS", None)
        env.pop("MAKELEVEL", None)
        return env

    def make(self, build, goals, **variables):
        """(ok, output) of a build."""
        argv = ["make", "-k", "-j%d" % self.args.jobs, "BUILD=" + os.path.relpath(build, ROOT)]
        argv += ["%s=%s" % v for v in variables.items()]
        return command(argv + list(goals), 1800, self.env(self.plain, build))

    def report(self, result):
        """Print one program's line, and what failed in it."""
        self.results.append(result)
        line = "  %-32s %6d passed" % (result.name, result.passed)
        line += ", %d failed" % result.failed if result.failed else ""
        line += ", %d SKIPPED" % len(result.skipped) if result.skipped else ""
        print("%-64s %7.1f s" % (line, result.seconds), flush=True)
        for skip in result.skipped:
            print("    SKIPPED: " + skip)
        for note in re.findall(r"NOTE: .*", "" if result.failed else result.text):
            print("    " + note)
        if result.failed and result.text:
            print("    | " + "\n    | ".join(shown(result.text).split("\n")), flush=True)

    def programs(self, jobs, width):
        """Run functions that return a Result, `width` at a time; report in order."""
        with concurrent.futures.ThreadPoolExecutor(width) as pool:
            for future in [pool.submit(job) for job in jobs]:
                self.report(future.result())

    def chosen(self, paths, prefix):
        """The paths whose stem was asked for, by name with or without the prefix."""
        names = self.args.names
        return [p for p in sorted(paths) if not names or p.stem in names
                or p.stem[len(prefix):] in names]

    # ---- stages --------------------------------------------------------------

    def build(self):
        """gcc and clang build without a warning"""
        # Not build/ itself: what was built there before would keep its warnings to itself.
        kinds = {"gcc": (BUILD / "gcc", {"CC": "gcc", "CXX": "g++", "OPT": "-O2 -g -Werror"}),
                 # What clang says it says of the fuzzers' build, too: it is not built twice.
                 "clang": (BUILD / "fuzz", {"CC": "clang", "CXX": "clang++",
                                            "OPT": "-O1 -Werror " + LINES, "SAN": FUZZ}),
                 "asan": (BUILD / "asan", {"CC": "gcc", "CXX": "g++", "OPT": "-O1 -g1",
                                           "SAN": SANITIZE})}
        for name, (build, variables) in kinds.items():
            if self.args.names and name not in self.args.names:
                continue
            start = time.monotonic()
            goals = ["all", "units"] if name == "asan" else ["all"]
            code, text = self.make(build, goals, **variables)
            warnings = [line for line in text.split("\n") if "warning:" in line]
            bad = code != 0 or bool(warnings)
            self.report(Result(name, int(not bad), int(bad), time.monotonic() - start, text))

    def gates(self):
        """the rules of the house"""
        script = TESTS / "gates" / "gates.py"
        self.report(counted("gates", [sys.executable, str(script), "--build",
                                      str(BUILD / "gcc")], 300, self.env(self.plain, BUILD)))

    def unit(self):
        """unit tests, with ASan and UBSan"""
        build = BUILD / "asan"
        jobs = []
        for path in self.chosen((TESTS / "unit").glob("test_*.c"), "test_"):
            program = build / "tests" / path.stem
            jobs.append(lambda p=program: counted(p.name, [str(p)], 300,
                                                  self.env(self.asan, build)))
        self.programs(jobs, self.args.jobs)

    def fuzz(self):
        """each fuzzer for a few seconds, over its corpus; the response parser ten million times"""
        paths = self.chosen((TESTS / "fuzz").glob("fuzz_*.c"), "fuzz_")
        many = [p for p in paths if p.stem in MANY]
        self.fuzz_build(BUILD / "fuzz", paths, "-O1 -Werror " + LINES, FUZZ)
        self.fuzz_build(BUILD / "swift", many, "-O2 -g", SWIFT)
        jobs = []
        for path in paths:
            runs = MANY.get(path.stem, 0) // PARTS if self.args.long else 0
            jobs += [lambda p=path, r=runs: self.fuzz_one("fuzz", p.stem, r)] * (
                PARTS if runs else 1)
        jobs += [lambda p=p: self.fuzz_one("swift", p.stem, MANY[p.stem] // PARTS)
                 for p in many for _ in range(PARTS)]
        self.programs(jobs, self.args.jobs)

    def fuzz_build(self, build, paths, optimize, sanitize):
        """Make fuzzers in a folder of their own."""
        start = time.monotonic()
        goals = [os.path.relpath(build / "tests" / p.stem, ROOT) for p in paths]
        code, text = self.make(build, goals, CC="clang", CXX="clang++", OPT=optimize,
                               SAN=sanitize) if goals else (0, "")
        self.report(Result("build " + build.name, int(not code), int(bool(code)),
                           time.monotonic() - start, text))

    def fuzz_one(self, build, name, runs):
        """One fuzzer, for some seconds or so many runs: what it finds stays in build/fuzz/found."""
        program = BUILD / build / "tests" / name
        corpus = TESTS / "fuzz" / "corpus" / name[len("fuzz_"):]
        found = BUILD / "fuzz" / "found"
        found.mkdir(parents=True, exist_ok=True)
        seconds = 3000 if runs else 60 if self.args.long else 5
        with tempfile.TemporaryDirectory(prefix="sheaf-fuzz-") as fresh:
            if name == "fuzz_imapparse":
                command([sys.executable, str(TESTS / "fuzz" / "seeds.py"), fresh], 60, os.environ)
            argv = [str(program), "-runs=%d" % (runs or -1), "-max_total_time=%d" % seconds,
                    "-timeout=20", "-verbosity=0", "-rss_limit_mb=2048", "-print_final_stats=1",
                    "-artifact_prefix=%s/%s-" % (found, name), fresh]
            argv += [str(corpus)] if corpus.is_dir() else []
            start = time.monotonic()
            code, text = command(argv, seconds + 300, self.env(self.plain, BUILD / build))
        done = re.search(r"number_of_executed_units: (\d+)", text)
        if runs and not code and int(done[1] if done else 0) < runs:
            code, text = 1, text + "\nonly %s of %d runs" % (done[1] if done else 0, runs)
        title = "%s, %s runs" % (name, format(runs, ",")) if runs else name
        return Result(title, int(not code), int(bool(code)), time.monotonic() - start, text)

    def live(self):
        """against real servers, with ASan and UBSan"""
        self.modules("live", self.asan, BUILD / "asan", self.args.jobs)

    def exact(self):
        """answers with the index, without it, and of the oracle"""
        self.make(BUILD / "gcc", ["exact"])
        self.modules("exact", self.plain, BUILD / "gcc", self.args.jobs)

    def guard(self):
        """the hot loops take no more instructions than before"""
        self.make(BUILD / "gcc", ["guard"])
        self.modules("guard", self.plain, BUILD / "gcc", 1)

    def crash(self):
        """stopped anywhere, nothing is lost"""
        self.make(BUILD / "gcc", ["exact"])
        self.modules("crash", self.plain, BUILD / "gcc", 1)
        if self.args.long:
            # With ASan the injector works too, but three times as long: a spread of the steps.
            self.modules("crash", self.asan, BUILD / "gcc", 1, SHEAF_LONG="")

    def browser(self):
        """a real browser on the real server"""
        self.modules("browser", self.plain, BUILD / "gcc", 1)

    def demo(self):
        """make demo ONCE=1"""
        script = TESTS / "demo.py"
        start = time.monotonic()
        code, text = command([sys.executable, str(script), "--sheaf", str(self.plain), "--once"],
                             180, self.env(self.plain, BUILD))
        self.report(Result("demo", int(not code), int(bool(code)), time.monotonic() - start, text))

    def modules(self, folder, sheaf, build, width, **more):
        """The unittest modules of a folder; `more` is for their environment."""
        jobs = [lambda p=p: module(p, dict(self.env(sheaf, build), **more))
                for p in self.chosen((TESTS / folder).glob("test_*.py"), "test_")]
        self.programs(jobs, width)


STAGES = ("build", "gates", "unit", "fuzz", "live", "exact", "guard", "crash", "browser",
          "demo")


def command(argv, seconds, env):
    """(exit code, output) of a command in a process group of its own, with a temporary folder of
    its own; both end with it."""
    with tempfile.TemporaryDirectory(prefix="sheaf-test-", ignore_cleanup_errors=True) as folder:
        os.chmod(folder, 0o755)  # servers that dropped root must get through
        return grouped(argv, seconds, dict(env, TMPDIR=folder))


def grouped(argv, seconds, env):
    """What command does, without the folder."""
    try:
        child = subprocess.Popen(argv, cwd=ROOT, env=env, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                 start_new_session=True)
    except OSError as error:
        return 127, "%s: %s" % (argv[0], error.strerror)
    late = ""
    try:
        text = child.communicate(timeout=seconds)[0]
    except BaseException as error:
        kill_group(child)
        text = child.communicate()[0]
        if not isinstance(error, subprocess.TimeoutExpired):
            raise
        late = "\nstopped after %d s: it hangs" % seconds
    kill_group(child)
    return (child.returncode or (1 if late else 0)), text.decode(errors="replace") + late


def kill_group(child):
    """End what a program left behind."""
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


def counted(name, argv, seconds, env):
    """A program whose last line is "N passed, N failed"."""
    start = time.monotonic()
    code, text = command(argv, seconds, env)
    lines = text.rstrip().split("\n")
    match = re.match(r"(?:\S+: )?(\d+) passed, (\d+) failed$", lines[-1].strip())
    if not match:
        return Result(name, 0, 1, time.monotonic() - start, text + "\n(exit %d, no count)" % code)
    passed, failed = int(match[1]), int(match[2])
    if code and not failed:
        failed, text = 1, text + "\n(exit %d)" % code
    if not passed and not failed:
        failed, text = 1, text + "\n(it tested nothing)"
    skipped = re.findall(r"^SKIPPED: (.*)$", text, re.M)
    if IN_CI:
        failed += len(skipped)
    return Result(name, passed, failed, time.monotonic() - start, text, skipped)


def module(path, env):
    """A unittest module."""
    start = time.monotonic()
    limit = 10800 if env.get("SHEAF_LONG") else 900
    env = dict(env)
    env["PYTHONPATH"] = str(path.parent) + os.pathsep + env["PYTHONPATH"]
    code, text = command([sys.executable, "-m", "unittest", "-v", path.stem], limit, env)
    ran = re.search(r"^Ran (\d+) tests?", text, re.M)
    counts = dict(re.findall(r"(failures|errors|skipped|expected failures|unexpected successes)"
                             r"=(\d+)", text[ran.end():] if ran else ""))
    bad = sum(int(counts.get(k, 0)) for k in ("failures", "errors", "unexpected successes"))
    skipped = ["%s: %s" % s for s in re.findall(r"^(.*?) \.\.\. skipped (.*)$", text, re.M)]
    gone = int(counts.get("skipped", 0))
    skipped += ["(%d more)" % (gone - len(skipped))] if gone > len(skipped) else []
    passed = max(0, int(ran[1]) - bad - gone) if ran else 0
    if code and not bad:
        bad, text = 1, text + "\n(exit %d)" % code
    if not passed and not bad and not skipped:
        bad, text = 1, text + "\n(it tested nothing)"
    if IN_CI:
        bad += len([s for s in skipped if "make deps-live" not in s])
    return Result(path.stem, passed, bad, time.monotonic() - start, text, skipped)


def shown(text, most=200):
    """The part of an output that tells what failed."""
    lines = text.rstrip().split("\n")
    first = [n for n, line in enumerate(lines)
             if re.search(r"warning:|error:|Error|FAIL|ERROR|Sanitizer", line)]
    start = max(0, first[0] - 5) if first else max(0, len(lines) - most)
    if len(lines) - start <= most:
        return "\n".join(lines[start:])
    half = most // 2
    return "\n".join(lines[start:start + half] + ["… %d lines left out …" % (
        len(lines) - start - most)] + lines[-half:])


def main():
    """Run what was asked for; 0 when nothing failed."""
    opts = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    opts.add_argument("--long", action="store_true")
    opts.add_argument("--list", action="store_true")
    opts.add_argument("-k", action="store_true", help="go on after a failed stage (the default)")
    opts.add_argument("-x", action="store_true", help="stop after the first stage that fails")
    opts.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    opts.add_argument("stage", nargs="?", choices=STAGES)
    opts.add_argument("names", nargs="*")
    args = opts.parse_args()
    if args.list:
        for name in STAGES:
            print("%-8s %s" % (name, getattr(Runner, name).__doc__))
        return 0
    runner = Runner(args)
    start = time.monotonic()
    for name in [args.stage] if args.stage else STAGES:
        print("%s: %s" % (name, getattr(Runner, name).__doc__), flush=True)
        getattr(runner, name)()
        if args.x and any(r.failed for r in runner.results):
            break
    passed = sum(r.passed for r in runner.results)
    failed = sum(r.failed for r in runner.results)
    skipped = sum(len(r.skipped) for r in runner.results)
    bad = [r.name for r in runner.results if r.failed]
    seconds = time.monotonic() - start
    print("\ntotal %d:%02d" % (seconds // 60, seconds % 60))
    if skipped:
        print("%d SKIPPED" % skipped)
    if bad:
        print("failed: " + ", ".join(bad))
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())

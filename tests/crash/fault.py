"""Runs sheaf with faults (libfault.c), and takes the state of an archive for comparing."""

import atexit
import concurrent.futures
import functools
import hashlib
import io
import json
import os
import pathlib
import re
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import tarfile
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(ROOT / "tests" / "live"), str(ROOT / "tests" / "exact")]
from archive_driver import Driver  # noqa: E402

SHEAF = pathlib.Path(os.environ.get("SHEAF", ROOT / "build" / "sheaf")).resolve()
LONG = bool(os.environ.get("SHEAF_LONG"))
JOBS = len(os.sched_getaffinity(0)) + 1  # one waits for the disk

# Questions whose answers belong to the state: (dialect, query).
QUESTIONS = (("imap", "ALL"), ("imap", 'BODY "penguin"'), ("imap", 'NOT TEXT "marmalade"'),
             ("imap", 'HEADER X-Mailer "pigeon"'), ("imap", 'SUBJECT "ß"'), ("imap", "SEEN"),
             ("imap", "SENTSINCE 1-Jan-2010"), ("box", "contract"), ("box", "from:weaver"))


@functools.cache
def libfault():
    """The shared object, compiled once."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="sheaf-fault-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    target = folder / "libfault.so"
    subprocess.run(["cc", "-std=c17", "-Wall", "-Wextra", "-Werror", "-O2", "-shared", "-fPIC",
                    "-o", str(target), str(HERE / "libfault.c")], check=True)
    return target


@functools.cache
def preload():
    """libfault; with a program that AddressSanitizer watches, its library must come first."""
    linked = subprocess.run(["ldd", str(SHEAF)], stdout=subprocess.PIPE, check=True).stdout
    asan = re.search(r"libasan\S* => (\S+)", linked.decode())
    return " ".join(([asan[1]] if asan else []) + [str(libfault())])


class Done:
    """How a run ended: code (negative: the signal), text (both outputs), count of steps, and
    what was synced: inode -> length, place: the path where a call was made to fail."""

    def __init__(self, code, text, count=0, synced=None, place=""):
        self.code, self.text, self.count, self.synced = code, text, count, synced or {}
        self.place = place


def sheaf(archive, *argv, **kw):
    """Run it to the end, without faults."""
    done = subprocess.run([str(SHEAF), "-C", str(archive), *argv], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120, **kw)
    return Done(done.returncode, done.stdout.decode(errors="replace"))


def good(archive, *argv, okay=(0,)):
    """Run it; an AssertionError unless it ends well. Its standard output."""
    done = subprocess.run([str(SHEAF), "-C", str(archive), *argv], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
    if done.returncode not in okay:
        raise AssertionError("sheaf %s: exit %d\n%s" % (
            " ".join(argv), done.returncode, done.stderr.decode(errors="replace")))
    return done.stdout.decode(errors="replace")


def faulty(archive, argv, on, at=0, act="stop", env=None):
    """Run it with a fault at step `at` (0: none, only count) among the steps of kinds `on`."""
    with tempfile.NamedTemporaryFile(prefix="sheaf-count-") as counter:
        full = dict(os.environ, LD_PRELOAD=preload(), FAULT_COUNT=counter.name,
                    FAULT_UNDER=str(archive), FAULT_ON=on, FAULT_AT=str(at), FAULT_DO=act)
        full.update(env or {})
        child = subprocess.Popen([str(SHEAF), "-C", str(archive), *argv], env=full,
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, start_new_session=True)
        try:
            text = child.communicate(timeout=120)[0]
        finally:
            end_group(child)
        with open(counter.name, "rb") as again:
            count, syncs, place = struct.unpack("=QQ256s", again.read(272))
            synced = dict(struct.iter_unpack("=QQ", again.read(16 * syncs)))
    return Done(child.returncode, text.decode(errors="replace"), count, synced,
                place.split(b"\0")[0].decode(errors="replace"))


def together(job, steps):
    """Run job(step) for all steps, some at the same time; what they return, in order."""
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        return [future.result() for future in [pool.submit(job, step) for step in steps]]


def lengths(archive):
    """inode -> length of each file: what was on the disk before a run."""
    found = [p.stat() for p in pathlib.Path(archive).rglob("*") if p.is_file()]
    return {st.st_ino: st.st_size for st in found}


def lose(archive, before, synced):
    """What a power cut does to files that only grow: what was not synced is gone. (Bytes written
    over others, and names, are left as they are.) How many files lost something."""
    count = 0
    for path in sorted(pathlib.Path(archive).rglob("*")):
        if not path.is_file():
            continue
        if path.name.endswith("-shm"):
            path.unlink()  # SQLite's shared memory, which no disk keeps
            continue
        st = path.stat()
        kept = synced.get(st.st_ino, before.get(st.st_ino, 0))
        if kept < st.st_size:
            os.truncate(path, kept)
            count += 1
    return count


def killed(archive, argv, seconds, whole):
    """Run it and kill it after that time: the whole process group, or only the parent, whose
    children must then end by themselves."""
    child = subprocess.Popen([str(SHEAF), "-C", str(archive), *argv], stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                             start_new_session=True)
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        if not whole:
            child.kill()
            child.wait()
            wait_group(child.pid)
    finally:
        end_group(child)
    return child.wait()


def end_group(child):
    """Kill what is left of a process group that we started."""
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    child.wait()


def wait_group(pgid, seconds=10):
    """Until no process of the group is left; an AssertionError after that time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            os.killpg(pgid, 0)
        except ProcessLookupError:
            return
        if not any(group == pgid and state != "Z" for group, state in groups()):
            return
        time.sleep(0.02)
    raise AssertionError("children live on without their parent")


def groups():
    """(process group, state) of every process."""
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open("/proc/%s/stat" % name) as stat:
                    fields = stat.read().rsplit(")", 1)[1].split()
            except OSError:
                continue
            yield int(fields[2]), fields[0]


def state(archive):
    """What must be equal whatever happened: messages, copies, answers, bytes."""
    out = {}
    listed = json.loads(good(archive, "search", "--dialect", "imap", "--format", "json",
                             "--limit", "100000", "ALL", okay=(0, 1)))
    out["copies"] = sorted(
        (m["id"], c["account"], c["mailbox"], c["uidvalidity"], c["uid"], c["internaldate"],
         tuple(sorted(c["flags"])), c["vanished"])
        for m in listed["messages"] for c in m["copies"])
    ids = {m["number"]: m["id"] for m in listed["messages"]}
    with Driver(str(archive)) as driver:  # one process for all of them
        for dialect, query in QUESTIONS:
            for how in ("index", "scan"):
                found = driver.ask(query, dialect, how)
                out[dialect, query, how] = sorted(ids.get(n, "unlisted %d" % n) for n, _ in found)
            if out[dialect, query, "index"] != out[dialect, query, "scan"]:
                raise AssertionError("with and without the index differ: " + query)
    out["bytes"] = members(archive)
    out["seals"] = {p.name: p.read_bytes()
                    for p in (pathlib.Path(archive) / "segments").glob("*.seal")}
    found = out["imap", "ALL", "index"]
    masked = json.loads(good(archive, "status", "--json"))["disposed"]
    if not set(found) <= set(out["bytes"]) or len(out["bytes"]) != len(found) + masked:
        raise AssertionError("the segments hold %d messages, the catalog %d and %d masked" % (
            len(out["bytes"]), len(found), masked))
    return out


def catalog(path):
    """All that a catalog says, or None where SQLite cannot read it."""
    try:
        with sqlite3.connect("file:%s?immutable=1" % path, uri=True) as db:
            db.text_factory = bytes
            names = [row[0].decode() for row in db.execute(
                "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")]
            out = {"schema": sorted(db.execute("SELECT type, name, tbl_name, sql"
                                               " FROM sqlite_schema").fetchall())}
            for name in names:
                rows = db.execute('SELECT * FROM "%s"' % name)
                columns = [c[0] for c in rows.description]
                # a copy may have been seen later than the segments tell
                skip = columns.index("last_seen") if name == "copies" else len(columns)
                out[name] = sorted((row[:skip] + row[skip + 1:] for row in rows), key=repr)
            return out
    except (sqlite3.Error, ValueError):
        return None


def members(archive):
    """The messages in the segments, as GNU zstd and tar see them: sorted hashes, none twice."""
    out = []
    for path in sorted((pathlib.Path(archive) / "segments").glob("*.tar.zst")):
        data = subprocess.run(["zstd", "-dcq", str(path)], stdout=subprocess.PIPE,
                              check=True).stdout
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            for member in tar:
                name = re.search(r"([0-9a-f]{64})\.eml$", member.name)
                if name and member.isfile():
                    digest = hashlib.sha256(tar.extractfile(member).read()).hexdigest()
                    if digest != name[1]:
                        raise AssertionError("%s holds other bytes" % member.name)
                    out.append(digest)
    if len(set(out)) != len(out):
        raise AssertionError("stored twice: %d members, %d messages" % (len(out), len(set(out))))
    return sorted(out)

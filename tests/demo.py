#!/usr/bin/env python3
"""See sheaf work: `make demo`.

Starts a throw-away Dovecot on loopback as an ordinary user, fills it with made-up mail, harvests
it over TLS, serves it, asks three questions on the command line and over HTTP, and stays until
Ctrl-C (--once: ends after the answers). Everything lives in one temporary folder and goes with it.
"""

import argparse
import contextlib
import json
import pathlib
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "live"))

import generate  # noqa: E402
import servers   # noqa: E402

BOXES = (("INBOX", 300), ("Archive", 80), ("Entwürfe & Ideen", 40))

# (what it shows, dialect, query)
QUESTIONS = (
    ("words, a field and a date, as people type them", "box",
     'penguin subject:"third quarter" after:2000-01-01'),
    ("IMAP SEARCH to the letter: in the middle of a word, in koi8-r and base64, whatever the case",
     "imap", 'BODY "ОТЧЁТ ЗА ТРЕТ" NOT SUBJECT "invoice"'),
    ("inside forwarded mails, and any header field", "imap",
     'OR TEXT "treasure-14" HEADER List-Id "devel.lists"'),
)
SHOWN = 3


class Failed(Exception):
    """The demonstration cannot go on."""


def say(text=""):
    print(text, flush=True)


def sheaf(binary, *argv, okay=(0,)):
    """Run sheaf; its standard output. What it says on standard error is shown when it fails."""
    done = subprocess.run([str(binary), *argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)
    if done.returncode not in okay:
        raise Failed("%s: exit %d\n%s%s" % (
            shlex.join(["sheaf", *argv]), done.returncode, done.stdout.decode(errors="replace"),
            done.stderr.decode(errors="replace")))
    return done.stdout.decode(errors="replace")


def fill(server):
    """The mail of the account alice; how many messages."""
    messages = generate.messages(sum(count for _, count in BOXES))
    start = 0
    for mailbox, count in BOXES:
        server.append_all("alice", mailbox, [m[:3] for m in messages[start:start + count]])
        start += count
    return len(messages)


def serve(binary, archive, stack):
    """Start `sheaf serve` on a port the system chooses; the process and its address."""
    child = subprocess.Popen([str(binary), "-C", str(archive), "serve", "--listen",
                              "127.0.0.1:0"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    stack.callback(stop, child)
    line = child.stdout.readline().decode()
    if not line.startswith("listening on "):
        raise Failed("sheaf serve does not start (%r)" % line)
    return child, line.split()[-1].rstrip("/")


def ask_http(url, dialect, query):
    """(url asked, answer) of the REST interface."""
    asked = "%s/api/v1/search?%s" % (url, urllib.parse.urlencode(
        {"dialect": dialect, "q": query, "limit": SHOWN, "total": "exact"}))
    try:
        with urllib.request.urlopen(asked, timeout=30) as reply:
            return asked, json.load(reply)
    except urllib.error.HTTPError as error:
        raise Failed("%s\n%s" % (asked, error.read().decode(errors="replace"))) from error


def ask(binary, archive, url, question):
    """One question both ways; the answers must agree."""
    what, dialect, query = question
    say("\n— %s" % what)
    argv = ["search", "--dialect", dialect, query]
    say("\n  $ sheaf %s" % shlex.join(argv))
    base = ["-C", str(archive), "search", "--dialect", dialect]
    rows = sheaf(binary, *base, "--limit", str(SHOWN), query).rstrip().split("\n")
    say("\n".join("    " + row for row in rows))
    ids = sheaf(binary, *base, "--format", "ids", "--limit", "100000", query).split()
    asked, answer = ask_http(url, dialect, query)
    say("\n  $ curl '%s'" % asked)
    say("    total %d (%s), %.1f ms, tree %s" % (answer["total"], answer["total_relation"],
                                              answer["took_ms"], answer["query"]["tree"]))
    for found in answer["messages"]:
        sender = (found["from"] or [{"name": "", "email": ""}])[0]
        say("    %s  %-24.24s  %s" % ((found["date"] or "-")[:10],
                                     sender["name"] or sender["email"], found["subject"] or ""))
    if not ids or len(ids) != answer["total"]:
        raise Failed("the command line found %d messages, HTTP %d" % (len(ids), answer["total"]))
    if [m["id"][:12] for m in answer["messages"]] != [i[:12] for i in ids[:SHOWN]]:
        raise Failed("the command line and HTTP do not show the same messages")


def demonstrate(binary, folder, once):
    """All of it, in a folder that the caller removes."""
    archive = folder / "archive"
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(servers.Dovecot())
        say("Dovecot listens on 127.0.0.1:%d (TLS), as the user %s." % (
            server.tls_port, server.user))
        say("%d made-up messages are in it." % fill(server))
        sheaf(binary, "init", str(archive))
        conf = archive / "sheaf.conf"
        conf.write_text(server.account("alice"))
        say("\n%s:" % conf)
        say("  " + conf.read_text().strip().replace("\n", "\n  "))
        say("\n  $ sheaf -C %s harvest" % archive)
        start = time.monotonic()
        text = sheaf(binary, "-C", str(archive), "harvest").rstrip()
        say("    " + text.replace("\n", "\n    ") if text else "    (no output)")
        say("    %.2f s, stored and indexed" % (time.monotonic() - start))
        child, url = serve(binary, archive, stack)
        say("\n  $ sheaf -C %s serve\n    %s/" % (archive, url))
        for question in QUESTIONS:
            ask(binary, archive, url, question)
        say("\nIn a browser: %s/" % url)
        if not once:
            say("Ctrl-C ends it and removes everything.")
            if child.wait():
                raise Failed("sheaf serve ended with exit %d" % child.returncode)


def stop(child):
    """End the server by its process id."""
    if child.poll() is None:
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
    child.stdout.close()


def main():
    """0 when everything was as it should be."""
    opts = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    opts.add_argument("--sheaf", default=str(ROOT / "build" / "sheaf"))
    opts.add_argument("--once", action="store_true", help="end after the answers")
    args = opts.parse_args()
    if not servers.Dovecot.installed():
        say("Dovecot is not installed: make deps")
        return 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    folder = pathlib.Path(tempfile.mkdtemp(prefix="sheaf-demo-"))
    try:
        demonstrate(pathlib.Path(args.sheaf).resolve(), folder, args.once)
    except KeyboardInterrupt:
        say("\nGone, and everything with it.")
    except (Failed, OSError, KeyError) as error:
        say("\nThe demonstration failed: %s%s" % (
            "" if isinstance(error, Failed) else type(error).__name__ + " ", error))
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

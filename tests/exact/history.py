"""What happens to an archive, as a list of events, and a failing one made small.

An event is ("add", raw, facts), ("commit",), ("index", run), ("reindex", run) or ("dispose", n),
n counting the "add" events before it from 1. A case is a list of events and a Question.
"""

import time

import asker
from archive_driver import ANSWERED, DELETED, DRAFT, FLAGGED, SEEN, Bad, Driver

FLAGS = [SEEN, ANSWERED, FLAGGED, DELETED, DRAFT]


class Question:
    """A query tree with everything that goes with it."""

    def __init__(self, tree, sort="newest", account="", mailbox="", page=0):
        self.tree, self.sort, self.page = tree, sort, page
        self.account, self.mailbox = account, mailbox

    def ask(self, driver):
        """What Driver.check says."""
        return driver.check(asker.render(self.tree), "box" if self.tree[0] == "BOX" else "imap",
                            self.page, self.sort, self.account, self.mailbox)

    def simpler(self):
        """Questions that are a step simpler."""
        for name, plain in (("page", 0), ("account", ""), ("mailbox", ""), ("sort", "number")):
            if getattr(self, name) != plain:
                yield self.but(**{name: plain})
        for tree in asker.smaller(self.tree):
            yield self.but(tree=tree)

    def but(self, **change):
        """A copy with something else in it."""
        fields = dict(vars(self), **change)
        return Question(**fields)

    def __repr__(self):
        more = ["%s=%r" % (k, v) for k, v in vars(self).items() if k != "tree" and v
                and (k, v) != ("sort", "newest")]
        return "Question(%s)" % ", ".join([repr(self.tree)] + more)


def replay(driver, events):
    """Makes it so. Returns the most segments the index ever had, and whether any were merged."""
    numbers, masked, most, before, merged = [], set(), 0, 0, False
    for event in events:
        kind, args = event[0], event[1:]
        if kind == "add":
            numbers.append(driver.add(args[0], **args[1]))
        elif kind == "commit":
            driver.commit()
        elif kind == "dispose":
            number = numbers[args[0] - 1] if args[0] <= len(numbers) else 0
            if number and number not in masked:
                driver.commit()
                driver.dispose(number)
                masked.add(number)
        else:
            segments = getattr(driver, kind)(*args)[1]
            merged = merged or (kind == "index" and segments < before)
            most, before = max(most, segments), segments
    return most, merged


def history(mailer, most=60):
    """Random events: indexed in one piece, in many, merged, anew; disposals; a tail that is not
    indexed."""
    r, events, adds = mailer.r, [], 0
    count = r.choice([2, 8, 20, 30, most])
    step = r.choice([1, 2, count, count, count // 2 + 1])
    raws = []
    for i in range(1, count + 1):
        raw = mailer.message() if not raws or r.random() < .95 else r.choice(raws)
        raws.append(raw)
        events.append(("add", raw, facts(mailer)))
        adds += 1
        if r.random() < .4:
            events.append(("commit",))
        if i % step == 0 or i == count:
            events.append(("index", r.choice([0, 0, 1, 3, 10])))
    if r.random() < .1:
        events.append(("reindex", r.choice([0, 4])))
    for _ in range(r.choice([0, 0, 0, 1, 3])):
        events.append(("dispose", r.randint(1, adds)))
    if r.random() < .3:
        for _ in range(r.randint(1, 4)):
            events.append(("add", mailer.message(), facts(mailer)))
        events.append(("commit",))
    return events


def facts(mailer):
    """What a server says of a copy; the days round its arrival are asked for."""
    r = mailer.r
    at, zone = r.randint(8 * 10**8, 17 * 10**8), r.choice([0, 60, -480])
    for near in (-1, 0, 1):
        t = time.gmtime(at + zone * 60 + near * 86400)
        mailer.days.append(time.strftime("%d-%b-%Y", t).lstrip("0"))
    return {"date": at, "zone": zone, "account": r.choice("ab"),
            "mailbox": r.choice(["INBOX", "INBOX", "Sent/Old"]),
            "flags": sum(f for f in FLAGS if r.random() < .3),
            "keywords": r.choice(["", "", "$Junk", "$Junk x"])}


def differs(events, question):
    """What differs in this case, made anew; None when nothing does."""
    try:
        with Driver() as driver:
            replay(driver, events)
            got = question.ask(driver)
    except (AssertionError, BrokenPipeError, ValueError) as died:
        return "the driver died: %s" % died
    except Bad:
        return None
    return got if isinstance(got, str) else None


# ---- making a failing case small ----


class Shrinker:
    """Makes a case smaller while `fails` (a function of events and question) says it fails."""

    def __init__(self, fails, seconds=60):
        self.fails = fails
        self.end = time.monotonic() + seconds

    def late(self):
        """Out of time?"""
        return time.monotonic() > self.end

    def fewer(self, items, fails):
        """The items without any run that is not needed."""
        size = max(1, len(items) // 2)
        while size > 0 and not self.late():
            at = 0
            while at < len(items) and not self.late():
                rest = items[:at] + items[at + size:]
                if fails(rest):
                    items = rest
                else:
                    at += size
            size //= 2
        return items

    def question(self, events, question):
        """The simplest question that still fails."""
        again = True
        while again and not self.late():
            again = False
            for q in question.simpler():
                if self.late():
                    break
                if self.fails(events, q):
                    question, again = q, True
                    break
        return question

    def adds(self, events, question):
        """Messages cut down, by lines and then by octets, and facts left out."""
        for i, event in enumerate(events):
            if event[0] != "add":
                continue

            def with_raw(raw, i=i, event=event):
                return events[:i] + [("add", raw, event[2])] + events[i + 1:]

            lines = self.fewer(event[1].splitlines(True), lambda rest: self.fails(
                with_raw(b"".join(rest)), question))
            raw = self.fewer(b"".join(lines), lambda rest: self.fails(with_raw(rest), question))
            events = with_raw(raw)
            for name in list(events[i][2]):
                kept = {k: v for k, v in events[i][2].items() if k != name}
                plain = events[:i] + [("add", raw, kept)] + events[i + 1:]
                if not self.late() and self.fails(plain, question):
                    events = plain
        return events

    def run(self, events, question):
        """(events, question), as small as time allows."""
        while not self.late():
            size = len(repr((events, question)))
            question = self.question(events, question)
            events = self.fewer(events, lambda rest: self.fails(rest, question))
            events = self.adds(events, question)
            if len(repr((events, question))) == size:
                break
        return events, question


def as_test(events, question, why):
    """The case as a row of test_found.py."""
    lines = ["    (\"what it is about\", ["]
    lines += ["        %r," % (event,) for event in events]
    lines += ["    ], %r),  # %s" % (question, why[:200])]
    return "\n".join(lines)

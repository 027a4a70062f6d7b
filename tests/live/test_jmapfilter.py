"""JMAP's filters and sums against a model: random trees over messages with several copies."""

import datetime
import os
import random
import unittest

import servers
from sheafserver import Server
from test_jmap import Jmap
from test_threads import MAILS, Base, mail

BOXES = ("INBOX", "Work", "Sent", "Spam")
FLAGS = ("\\Seen", "\\Flagged", "\\Draft")
KEYWORDS = ("$seen", "$flagged", "$draft", "$forwarded", "$FORWARDED", "none")
DATES = ("2019-03-01T00:00:00Z", "2019-03-04T12:00:00Z", "2019-03-05T00:00:00Z",
         "2019-03-09T00:00:01Z")
TREES = 2000 if os.environ.get("SHEAF_LONG") else 150


class Model:
    """What Email/get says of all messages, and what follows from it."""

    def __init__(self, j):
        self.mails = j.one("Email/get", ids=j.one("Email/query")["ids"], properties=[
            "mailboxIds", "keywords", "threadId", "receivedAt", "size", "subject"])["list"]
        self.threads = {}
        for m in self.mails:
            self.threads.setdefault(m["threadId"], []).append(m)

    def has(self, mail, name, value):
        """Does one condition hold?"""
        thread = [value.lower() in m["keywords"] for m in self.threads[mail["threadId"]]] \
            if "InThread" in name else None
        return {
            "inMailbox": lambda: value in mail["mailboxIds"],
            "inMailboxOtherThan": lambda: bool(set(mail["mailboxIds"]) - set(value)),
            "before": lambda: mail["receivedAt"] < value,
            "after": lambda: mail["receivedAt"] >= value,
            "minSize": lambda: mail["size"] >= value,
            "maxSize": lambda: mail["size"] < value,
            "hasKeyword": lambda: value.lower() in mail["keywords"],
            "notKeyword": lambda: value.lower() not in mail["keywords"],
            "subject": lambda: value.lower() in mail["subject"].lower(),
            "allInThreadHaveKeyword": lambda: all(thread),
            "someInThreadHaveKeyword": lambda: any(thread),
            "noneInThreadHaveKeyword": lambda: not any(thread),
        }[name]()

    def fits(self, mail, tree):
        """Does a filter?"""
        if "operator" not in tree:
            return all(self.has(mail, n, v) for n, v in tree.items() if v is not None)
        each = [self.fits(mail, t) for t in tree["conditions"]]
        return {"AND": all(each), "OR": any(each), "NOT": not any(each)}[tree["operator"]]

    def order(self, ids, sort):
        """The keys of messages in this order; they should ascend."""
        by_id = {m["id"]: m for m in self.mails}
        keys = []
        for m in (by_id[i] for i in ids):
            key = []
            for s in sort:
                value = m.get(s["property"])
                if s["property"] == "hasKeyword":
                    value = s["keyword"].lower() in m["keywords"]
                if s["property"] == "receivedAt":
                    value = datetime.datetime.fromisoformat(value.replace("Z", "")).timestamp()
                key.append(value if s["isAscending"] else -value)
            keys.append(key)
        return keys

    def sums(self, box):
        """What Mailbox/get should say of a mailbox."""
        def unread(mail):
            return not {"$seen", "$draft"} & set(mail["keywords"])
        here = [m for m in self.mails if box in m["mailboxIds"]]
        threads = {m["threadId"] for m in here}
        return {"totalEmails": len(here), "unreadEmails": sum(map(unread, here)),
                "totalThreads": len(threads),
                "unreadThreads": sum(any(map(unread, self.threads[t])) for t in threads)}


class TestFilters(Base):
    """One archive in which most messages have copies in several mailboxes."""

    def setUp(self):
        super().setUp()
        self.seed = int(os.environ.get("SHEAF_SEED") or 0) or random.randrange(1 << 30)
        self.rng = random.Random(self.seed)
        self.path = self.top / "a"
        self.run_ok(self.path, "init")
        for box in BOXES:
            some = self.rng.sample(sorted(MAILS), 6)
            folder = self.top / box
            servers.write_maildir(folder, [
                (MAILS[n], " ".join(f for f in FLAGS if self.rng.random() < .4), self.date())
                for n in some])
            for path in sorted((folder / "cur").iterdir()):
                if self.rng.random() < .3: # passed: $Forwarded
                    path.rename(str(path).replace(":2,", ":2,P"))
            self.run_ok(self.path, "import", "--mailbox", box, folder)

        others = self.top / "others" # so many that dates are not read of all at once
        others.mkdir()
        for n in range(200):
            (others / ("%d.eml" % n)).write_bytes(mail("x%d" % n, "Another account %d" % n))
        self.run_ok(self.path, "import", "--account", "other", others)

    def date(self):
        """A time between those that are asked for."""
        return datetime.datetime(2019, 3, 1 + self.rng.randrange(9), 12 * self.rng.randrange(2),
                                 tzinfo=datetime.timezone.utc)

    def leaf(self, boxes):
        """A random condition."""
        rng = self.rng
        name = rng.choice((
            "inMailbox", "inMailboxOtherThan", "before", "after", "minSize", "maxSize",
            "hasKeyword", "notKeyword", "subject") + 2 * (
                "allInThreadHaveKeyword", "someInThreadHaveKeyword", "noneInThreadHaveKeyword"))
        value = rng.choice(KEYWORDS)
        if name == "inMailbox":
            value = rng.choice(boxes)
        elif name == "inMailboxOtherThan":
            value = rng.sample(boxes, rng.randrange(len(boxes) + 1))
        elif name in ("before", "after"):
            value = rng.choice(DATES)
        elif name in ("minSize", "maxSize"):
            value = rng.choice((0, 100, 125, 150, 200))
        elif name == "subject":
            value = rng.choice(("plan", "round", "re:", ""))
        return {name: value}

    def tree(self, boxes, depth):
        """A random filter."""
        if depth == 0 or self.rng.random() < .3:
            out = self.leaf(boxes)
            return dict(out, **self.leaf(boxes)) if self.rng.random() < .3 else out
        return {"operator": self.rng.choice(("AND", "OR", "NOT")),
                "conditions": [self.tree(boxes, depth - 1)
                               for _ in range(self.rng.randrange(4))]}

    def sorts(self, j, model):
        """Orders of all, and of some."""
        for _ in range(10):
            sort = [{"property": p, "isAscending": self.rng.random() < .5, "keyword": "$seen"}
                    for p in self.rng.sample(("receivedAt", "size", "hasKeyword"), 2)]
            for some in (None, {"hasKeyword": "$flagged"}):
                got = model.order(j.one("Email/query", filter=some, sort=sort)["ids"], sort)
                self.assertEqual(got, sorted(got), (self.seed, sort))

    def test_model(self):
        """Trees of any shape, before and after something was hidden."""
        with Server(self.path) as server:
            for hidden in (False, True):
                if hidden:
                    self.run_ok(self.path, "dispose", "--reason", "x", "--yes", "from:bob")
                j = Jmap(server)
                model = Model(j)
                boxes = j.one("Mailbox/get")["list"]
                for box in boxes:
                    want = model.sums(box["id"])
                    self.assertEqual({k: box[k] for k in want}, want, (self.seed, box["name"]))
                self.sorts(j, model)
                ids = [b["id"] for b in boxes]
                trees = [self.tree(ids, 4) for _ in range(TREES)]
                for at in range(0, TREES, 25):
                    got = j.calls(*[("Email/query", {"filter": t}) for t in trees[at:at + 25]])
                    for t, (name, answer) in zip(trees[at:at + 25], got):
                        self.assertEqual(name, "Email/query", (self.seed, t, answer))
                        want = {m["id"] for m in model.mails if model.fits(m, t)}
                        self.assertEqual(set(answer["ids"]), want, (self.seed, t))


if __name__ == "__main__":
    unittest.main()

"""Rights: a question of somebody who may read one account = the same question restricted to it.

Random archives and questions, as in test_property.py. SHEAF_SEED runs one seed.
"""

import os
import random
import unittest

from archive_driver import Bad, Driver
from asker import Asker, render
from history import history, replay
from mailer import Mailer

LONG = bool(os.environ.get("SHEAF_LONG"))
SEEDS, QUERIES = (400 if LONG else 12), 100


class OwnMail(unittest.TestCase):
    """One archive for each seed."""

    def answer(self, driver, tree, account, **more):
        """Hits and count, or how it was refused."""
        kind = "box" if tree[0] == "BOX" else "imap"
        try:
            hits = driver.ask(render(tree), kind, account=account, **more)
            return hits, driver.count(render(tree), kind, account=account, **more)
        except Bad as bad:
            return str(bad)

    def test_same(self):
        """With index and without, every order."""
        first = int(os.environ.get("SHEAF_SEED", 1))
        asked = some = narrowed = 0
        for seed in range(first, first + (1 if "SHEAF_SEED" in os.environ else SEEDS)):
            m = Mailer(random.Random(seed))
            asker, events = Asker(m, []), history(m)
            with Driver() as d:
                replay(d, events)
                for _ in range(QUERIES):
                    tree = asker.box() if m.r.random() < .3 else asker.imap()
                    more = {"sort": m.r.choice(["newest", "oldest", "number"]),
                            "how": m.r.choice(["index", "scan"]),
                            "mailbox": m.r.choice(["", "", "INBOX", "*Old"])}
                    account = m.r.choice("ab")
                    own = self.answer(d, tree, "rights:" + account, **more)
                    hand = self.answer(d, tree, account, **more)
                    self.assertEqual(own, hand, "seed %d: %r %r" % (seed, render(tree), more))
                    nothing = self.answer(d, tree, "rights:", **more)
                    if not isinstance(nothing, str):
                        self.assertEqual(nothing, ([], 0))
                    asked += 1
                    if not isinstance(own, str) and own[1]:
                        some += 1
                        narrowed += own != self.answer(d, tree, "", **more)
        print("NOTE: %d questions, %d with hits, %d with fewer than all have" % (
            asked, some, narrowed))
        if "SHEAF_SEED" not in os.environ:
            self.assertGreater(narrowed, asked // 10)


if __name__ == "__main__":
    unittest.main()

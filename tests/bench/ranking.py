"""Known items: does a search for a mail that somebody remembers some words of bring that mail?

Mails are drawn with a fixed seed. Of each, the words of its Subject and of what its writer wrote
himself (no quotations, no signature) are sorted by tf-idf, document frequencies being those of
DF_OF other mails drawn. Two, three or four of the best WORDS make the query, at least one of them
from the Subject where it has such, in lower case, in random order; one becomes a plural, or a
singular. Mails of fewer than four such words, in which fewer than 20 words stand, or whose word's
other number is not plain are passed over.
What has the same Subject and text as the mail counts as the mail: it is found by whichever copy.

The rank is the place of the mail in the answer, of MOST at most; the reciprocal rank is 0 beyond.
"""

import collections
import hashlib
import math
import pathlib
import random
import re
import shutil
import statistics
import subprocess
import sys

import battery
from measure import Run, index_version, served, table, verdict
from searching import ask, ms, percentile

SEARCHES, DF_OF, WORDS, MOST, TOP = 60, 3000, 12, 50, 10
ASKED_TOP, ASKED_MEDIAN, ASKED_RARE = 0.9, 0.005, 0.060
WORD = re.compile(r"(?<![\w.@/:=+-])[A-Za-z]{4,14}(?![\w@/:=+-])")
QUOTE = re.compile(r"^\s*(>|\|)|wrote:\s*$|^-+ ?(Original|Forwarded)")
BATTERY = 200


def text_of(mail):
    """The plain text of a mail; '' when there is none."""
    for part in mail.walk():
        if part.get_content_type() == "text/plain" and not part.is_multipart():
            data = part.get_payload(decode=True) or b""
            return data.decode(errors="replace").replace("\r\n", "\n")
    return ""


def key_of(mail):
    """What makes two mails the same one."""
    text = " ".join(text_of(mail).split()) + "\n" + " ".join(str(mail["Subject"]).split())
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()


def own_words(mail):
    """The words its writer wrote, in lower case, and those of the Subject."""
    lines = []
    for line in text_of(mail).split("\n"):
        if line.rstrip() == "--" or re.match(r"^-+ ?(Original|Forwarded)", line.strip()):
            break
        if not QUOTE.search(line):
            lines.append(line)
    subject = re.sub(r"=\?.*?\?=", " ", str(mail.get("Subject", "")))
    return (WORD.findall(" ".join(lines).lower()),
            set(WORD.findall(re.sub(r"\[.*?\]", " ", subject).lower())))


def inflected(word):
    """The plural of a singular, or the other way round; None: that cannot be told."""
    if re.search(r"(us|is|as|os|ies)$", word):
        return None
    if re.search(r"(ch|sh|x|ss)es$", word):
        return word[:-2]
    if re.search(r"(ch|sh|x|ss|z)$", word):
        return word + "es"
    if word.endswith("y") and not re.search(r"[aeiou]y$", word):
        return word[:-1] + "ies"
    return word[:-1] if word.endswith("s") else word + "s"


class Known:
    """The searches: (query words, what the mail is, the words as they stand in it)."""

    def __init__(self, sets, seed=11):
        self.rnd, self.sets = random.Random(seed), sets
        self.df = collections.Counter()
        for mail in battery.mails(sets, DF_OF, self.rnd):
            words, subject = own_words(mail)
            self.df.update(set(words) | subject)
        self.searches = []
        while len(self.searches) < SEARCHES:
            mail, = battery.mails([sets[len(self.searches) % len(sets)]], 1, self.rnd)
            words = self.choose(mail, 2 + len(self.searches) % 3)
            if words:
                self.searches.append((words[0], key_of(mail), words[1]))

    def choose(self, mail, count):
        """Words somebody may remember of it, and the same before one was inflected; or None."""
        words, subject = own_words(mail)
        tf = collections.Counter(words)
        tf.update(subject)
        worth = {w: n * math.log(DF_OF / (1 + self.df[w])) for w, n in tf.items()}
        best = sorted(worth, key=lambda w: (-worth[w], w))[:WORDS]
        if len(best) < 4 or len(words) < 20:
            return None
        titled = [w for w in best if w in subject]
        chosen = [self.rnd.choice(titled)] if titled else []
        rest = [w for w in best if w not in chosen]
        chosen += self.rnd.sample(rest, count - len(chosen))
        self.rnd.shuffle(chosen)
        at = self.rnd.randrange(count)
        other = inflected(chosen[at])
        if not other or not re.search("[aeiou]", other[:-2]):
            return None
        return chosen[:at] + [other] + chosen[at + 1:], chosen


def get(connection, path):
    connection.request("GET", path)
    reply = connection.getresponse()
    data = reply.read()
    if reply.status != 200:
        raise SystemExit("%s: %d" % (path, reply.status))
    return data


def parsed(data):
    return battery.email.message_from_bytes(data, policy=battery.email.policy.compat32)


def ours(connection, words, sort):
    """The keys of what sheaf finds, in its order."""
    _, answer = ask(connection, "lang:en " + " ".join(words), "none", "box", sort)
    for hit in answer["messages"][:MOST]:
        yield key_of(parsed(get(connection, "/api/v1/messages/%s/raw" % hit["id"])))


def theirs(argv, words):
    """The keys of what a peer finds: it prints paths."""
    done = subprocess.run(argv + [" ".join(words)], stdout=subprocess.PIPE, check=False)
    for line in done.stdout.decode(errors="replace").splitlines()[:MOST]:
        yield key_of(parsed(pathlib.Path(line).read_bytes()))


def rank(keys, wanted):
    """Its place, counted from 1; 0: not among them."""
    for at, key in enumerate(keys):
        if key == wanted:
            return at + 1
    return 0


def row(name, ranks):
    found = sum(0 < r <= TOP for r in ranks)
    return (name, "%d of %d" % (sum(r == 1 for r in ranks), len(ranks)),
            "%d of %d" % (found, len(ranks)), "%d" % sum(r > 0 for r in ranks),
            "%.2f" % (sum(1 / r for r in ranks if r) / len(ranks)))


HEAD = ("", "first", "in the first %d" % TOP, "in the first %d" % MOST, "mean reciprocal rank")
SORTS = (("sheaf, by relevance", "relevance"), ("sheaf, relevance and age", "relevance,recent"),
         ("sheaf, newest first", "-date"))


def box_queries(sets):
    """BATTERY queries as people type them, from the mail itself."""
    made = battery.Battery(sets, 9)
    rnd, out = made.rnd, []
    while len(out) < BATTERY:
        words = [made.word().lower() for _ in range(4)]
        kind = len(out) % 10
        _, sender = made.value(("From",))
        who = re.findall(r"[A-Za-z]{3,20}", sender) or ["ann"]
        out.append((words[0], " ".join(words[:2]), " ".join(words[:3]), '"%s"' % made.phrase(),
                    "from:%s %s" % (rnd.choice(who).lower(), words[0]), "subject:" + words[0],
                    "%s -%s" % tuple(words[:2]), "%s OR %s" % tuple(words[:2]),
                    "%s after:%d" % (words[0], rnd.randint(1997, 2010)), " ".join(words))[kind])
    return out


class Ranking:
    """An archive of the sets, and what is asked of it."""

    def __init__(self, bench, sets):
        self.bench, self.sets, self.rows = bench, sets, []
        self.home = bench.fresh("ranking")
        self.place = self.home / "archive"

    def build(self):
        Run([self.bench.sheaf, "-C", self.place, "init"])
        for path in self.sets:
            Run([self.bench.sheaf, "-C", self.place, "import", "--no-index", "--account",
                 path.name, path])
        Run([self.bench.sheaf, "-C", self.place, "index"])

    def quiet(self):
        """No audit log: it costs an fsync for each search."""
        with open(self.place / "sheaf.conf", "a", encoding="utf-8") as conf:
            conf.write("[audit]\nlog = no\n")

    def known(self, sets, peers=()):
        """A table: the searches for mails of these sets."""
        searches, rows = Known(sets).searches, []
        with served(self.bench.sheaf, self.place) as (connection, _):
            for name, sort in SORTS:
                ranks = [rank(ours(connection, words, sort), key) for words, key, _ in searches]
                rows.append(row(name, ranks))
                if sort == "relevance":
                    top = sum(0 < r <= TOP for r in ranks) / len(ranks)
                    for (words, _, _), at in zip(searches, ranks):
                        if not 0 < at <= TOP:
                            print("  (%d: %s)" % (at, " ".join(words)), file=sys.stderr)
        for name, stems, argv in peers:
            rows.append(row(name, [rank(theirs(argv, words if stems else stand), key)
                                   for words, key, stand in searches]))
        self.bench.say(table((", ".join(s.name for s in sets), *HEAD[1:]), rows))
        return top

    def times(self):
        """The search box by relevance: first page."""
        queries = box_queries(self.sets)
        rows = []
        with served(self.bench.sheaf, self.place) as (connection, _):
            for name, sort in SORTS:
                for query in queries:
                    ask(connection, query, "none", "box", sort)
                took = {q: statistics.median(ask(connection, q, "none", "box", sort)[0]
                                             for _ in range(3)) for q in queries}
                middle = statistics.median(took.values())
                rare = percentile(took.values(), 0.99)
                rows.append((name, ms(middle), verdict(middle <= ASKED_MEDIAN), ms(rare),
                             verdict(rare <= ASKED_RARE), ms(max(took.values()))))
                for query, seconds in sorted(took.items(), key=lambda x: -x[1])[:4]:
                    print("  (%s %s: %s)" % (sort, ms(seconds), query), file=sys.stderr)
        self.bench.say(table(("%d queries, first page of 50" % len(queries), "median",
                              "≤ 5 ms", "99th percentile", "≤ 60 ms", "slowest"), rows))

    def peers(self):
        """Command lines that print paths; indexes are made when none are there."""
        found = []
        if shutil.which("notmuch"):
            conf = self.bench.folder / "notmuch" / "config"
            if not conf.exists():
                self.bench.one_notmuch()
            found.append(("notmuch search (newest first)", True, [
                "notmuch", "--config=%s" % conf, "search", "--output=files",
                "--limit=%d" % MOST]))
        if shutil.which("mu"):
            home = self.bench.folder / "mu"
            if not home.exists():
                self.bench.one_mu()
            found.append(("mu find (newest first)", False, [
                "mu", "find", "--muhome=%s" % home, "--maxnum=%d" % MOST, "--fields=l",
                "--sortfield=date", "--reverse"]))
        return found


def measure(bench, sets):
    """All of it."""
    bench.say("### Ranking\n")
    bench.say("%s %d known-item searches: two to four words of a mail that was drawn, one of them"
              " inflected; `tests/bench/ranking.py` says how. sheaf is asked with `lang:en`, the"
              " peers as they are: notmuch stems English; mu does not, so it is asked for"
              " the words before one was inflected. Neither ranks on its command line."
              "\n" % (index_version(), SEARCHES))
    one = Ranking(bench, [bench.corpus])
    one.build()
    one.quiet()
    one.known([bench.corpus], one.peers())
    shutil.rmtree(one.home)
    part = Ranking(bench, sets)
    part.build()
    part.quiet()
    top = part.known(sets)
    bench.say("Asked: in the first %d for ≥ %.0f %%: %s.\n" % (TOP, 100 * ASKED_TOP,
                                                          verdict(top >= ASKED_TOP)))
    part.times()
    shutil.rmtree(part.home)

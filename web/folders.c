#define _GNU_SOURCE
#include "folders.h"

#include <stdlib.h>

#include "db.h"
#include "scope.h"
#include "words.h"

/* A mailbox of the account that is open, all its UIDVALIDITYs together. */
struct box {
	struct str name;
	uint64_t n;
	char delimiter;
};

struct tree {
	struct markup *m;
	const struct state *s;
	struct str account, below; /* what is open: the mailbox, without "subtree:" */
	struct box *boxes;
	size_t n, rows, left;
};

/* ---- the mailboxes ---- */

/* In the order of a tree: the delimiter comes before all else. */
static int by_path(const void *x, const void *y)
{
	const struct box *a = x, *b = y;
	size_t n = a->name.n < b->name.n ? a->name.n : b->name.n;
	for (size_t i = 0; i < n; i++) {
		unsigned char p = (unsigned char)a->name.p[i], q = (unsigned char)b->name.p[i];
		if (p != q)
			return (p == (unsigned char)a->delimiter ? 0 : p + 1) -
			       (q == (unsigned char)a->delimiter ? 0 : q + 1);
	}
	return (a->name.n > b->name.n) - (a->name.n < b->name.n);
}

struct counted {
	int64_t epoch;
	size_t place; /* in the list of epochs */
};

static int by_epoch(const void *x, const void *y)
{
	const struct counted *a = x, *b = y;
	return a->epoch < b->epoch ? -1 : a->epoch > b->epoch;
}

/* How many copies each of an account's epochs has. */
static int count(struct call *c, const struct archive_epoch *e, size_t n, uint64_t *counts,
		 struct err *err)
{
	struct db *db = archive_db(c->boxes.ar);
	struct counted *list = arena_alloc(c->arena, n * sizeof *list + 1), *found;
	sqlite3_stmt *st;
	for (size_t i = 0; i < n; i++)
		list[i] = (struct counted){e[i].id, i};
	qsort(list, n, sizeof *list, by_epoch);
	int r = db_one(db, err, &st,
		       "SELECT epoch, count(*) FROM copies WHERE epoch IN"
		       " (SELECT epoch FROM epochs WHERE account = ?1) GROUP BY epoch", "s",
		       e[0].account);
	for (; r > 0; r = db_step(db, st, err)) {
		struct counted key = {.epoch = sqlite3_column_int64(st, 0)};
		found = bsearch(&key, list, n, sizeof key, by_epoch);
		if (found)
			counts[found->place] = (uint64_t)sqlite3_column_int64(st, 1);
	}
	return r;
}

/* All epochs of one account stand side by side, and those of one mailbox in it too. */
static int read_boxes(struct tree *t, struct call *c, const struct archive_epoch *e, size_t n,
		      struct err *err)
{
	struct arena *a = c->arena;
	uint64_t *counts = arena_alloc(a, (n + 1) * sizeof *counts);
	char delimiter = '.';
	if (count(c, e, n, counts, err) < 0)
		return -1;
	t->boxes = arena_alloc(a, (n + 1) * sizeof *t->boxes);
	for (size_t i = 0; i < n; i++) {
		if (str_chr(e[i].mailbox, '/') >= 0)
			delimiter = '/';
		if (t->n == 0 || !str_eq(t->boxes[t->n - 1].name, e[i].mailbox))
			t->boxes[t->n++] = (struct box){.name = e[i].mailbox};
		t->boxes[t->n - 1].n += counts[i];
	}
	for (size_t i = 0; i < t->n; i++)
		t->boxes[i].delimiter = delimiter;
	if (t->n > 1)
		qsort(t->boxes, t->n, sizeof *t->boxes, by_path);
	return 1;
}

/* ---- markup ---- */

static void depth(struct markup *m, unsigned deep)
{
	static const char *const classes[] = {"d0", "d1", "d2", "d3", "d4"};
	MARKUP(m, "<li class=\"");
	markup_text(m, str_of(classes[deep < 4 ? deep : 4]));
	MARKUP(m, "\">");
}

static void entry(struct tree *t, struct str mailbox, struct str label, uint64_t n)
{
	struct state to = {.account = t->account, .mailbox = mailbox};
	struct markup *m = t->m;
	to.limit = t->s->limit;
	MARKUP(m, "<a href=\"");
	state_href(m, &to);
	MARKUP(m, "\"");
	if (str_eq(t->s->mailbox, mailbox))
		MARKUP(m, " aria-current=\"true\"");
	MARKUP(m, "><bdi>");
	markup_text(m, label.n ? label : mailbox);
	MARKUP(m, "</bdi>");
	if (n) {
		MARKUP(m, " <small>");
		markup_number(m, n);
		MARKUP(m, "</small>");
	}
	MARKUP(m, "</a></li>\n");
}

static bool inside(struct str name, struct str parent, char delimiter)
{
	return name.n > parent.n && str_starts(name, parent) && name.p[parent.n] == delimiter;
}

/* The way to a mailbox leads through `parent`, or is it open itself? */
static bool is_open(const struct tree *t, struct str parent)
{
	return t->n <= FOLDERS_FEW || str_eq(t->below, parent) ||
	       inside(t->below, parent, t->boxes[0].delimiter);
}

/* The boxes [at, end) all lie in `parent` or are it; writes them, from level `deep` on. */
static void level(struct tree *t, size_t at, size_t end, struct str parent, unsigned deep)
{
	while (at < end) {
		struct str name = t->boxes[at].name;
		size_t from = parent.n + (parent.n > 0), cut = from, next = at;
		uint64_t sum = 0;
		while (cut < name.n && (cut == from || name.p[cut] != t->boxes[at].delimiter))
			cut++;
		struct str node = str_cut(name, 0, cut);
		bool real = cut == name.n;
		for (; next < end && (str_eq(t->boxes[next].name, node) ||
				      inside(t->boxes[next].name, node, t->boxes[at].delimiter));
		     next++)
			sum += t->boxes[next].n;
		bool leaf = real && next == at + 1;
		if (t->rows++ < FOLDERS_MAX) {
			depth(t->m, deep);
			entry(t, leaf ? name : arena_fmt(t->m->arena, SCOPE_SUBTREE "%.*s",
							 STR_ARG(node)),
			      str_cut(node, from < node.n ? from : 0, node.n), sum);
		} else {
			t->left++;
		}
		if (!leaf && deep < 20 && is_open(t, node)) {
			if (real && t->rows++ < FOLDERS_MAX) {
				depth(t->m, deep + 1);
				entry(t, name, STR(WORDS_ITSELF), t->boxes[at].n);
			}
			level(t, at + real, next, node, deep + 1);
		}
		at = next > at ? next : at + 1;
	}
}

static int account(struct tree *t, struct call *c, const struct archive_epoch *e, size_t n,
		   struct err *err)
{
	struct markup *m = t->m;
	struct state to = {.account = e->account, .limit = t->s->limit};
	bool open = str_eq(t->account, e->account);
	MARKUP(m, "<li class=\"account\"><a href=\"");
	state_href(m, &to);
	MARKUP(m, "\"");
	if (open && t->s->mailbox.n == 0)
		MARKUP(m, " aria-current=\"true\"");
	MARKUP(m, "><bdi>");
	markup_text(m, e->account);
	MARKUP(m, "</bdi></a></li>\n");
	if (!open)
		return 1;
	if (read_boxes(t, c, e, n, err) < 0)
		return -1;
	level(t, 0, t->n, STR(""), 1);
	return 1;
}

/* The account that is open: the one asked for, or the only one there is. */
static void choose(struct tree *t, const struct archive_epoch *e, size_t n)
{
	t->account = t->s->account;
	if (t->account.n == 0 && n && str_eq(e[0].account, e[n - 1].account))
		t->account = e[0].account;
	t->below = t->s->mailbox;
	if (str_starts(t->below, STR(SCOPE_SUBTREE)))
		t->below = str_cut(t->below, sizeof SCOPE_SUBTREE - 1, t->below.n);
}

static void top(struct tree *t)
{
	struct state all = {.limit = t->s->limit};
	struct markup *m = t->m;
	MARKUP(m, "<nav class=\"tree\" id=\"folders\" aria-label=\"" WORDS_FOLDERS "\"><ul>"
		  "<li><a href=\"");
	state_href(m, &all);
	MARKUP(m, "\"");
	if (t->s->account.n + t->s->mailbox.n + t->s->q.n == 0)
		MARKUP(m, " aria-current=\"true\"");
	MARKUP(m, ">" WORDS_ALL_MAIL "</a></li>\n");
}

int folders_write(struct markup *m, struct call *c, const struct state *s, struct err *err)
{
	struct tree t = {.m = m, .s = s};
	const struct archive_epoch *e;
	size_t n, next;
	if (archive_epochs(c->boxes.ar, c->arena, &e, &n, err) < 0)
		return -1;
	choose(&t, e, n);
	top(&t);
	for (size_t i = 0; i < n; i = next) {
		for (next = i + 1; next < n && str_eq(e[i].account, e[next].account);)
			next++;
		if (!call_may_read(c, e[i].account))
			continue;
		if (t.rows++ >= FOLDERS_MAX && !str_eq(t.account, e[i].account))
			t.left++;
		else if (account(&t, c, e + i, next - i, err) < 0)
			return -1;
	}
	if (t.left) {
		MARKUP(m, "<li><a href=\"/accounts\">");
		markup_number(m, t.left);
		MARKUP(m, WORDS_MORE_FOLDERS "</a></li>");
	}
	MARKUP(m, "</ul></nav>\n");
	return 1;
}

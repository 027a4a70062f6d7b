#define _GNU_SOURCE
#include "facet.h"

#include "bits.h"
#include "brief.h"
#include "iseg.h"
#include "partkind.h"
#include "scope.h"

#include <stdio.h>
#include <stdlib.h>

const char *const facet_names[FACET_KINDS] = {
	[FACET_SENDERS] = "senders",     [FACET_RECIPIENTS] = "recipients",
	[FACET_DOMAINS] = "domains",     [FACET_TYPES] = "types",
	[FACET_ACCOUNTS] = "accounts",   [FACET_MAILBOXES] = "mailboxes",
	[FACET_FLAGS] = "flags",         [FACET_ATTACHMENTS] = "attachments",
	[FACET_YEARS] = "years",
	[FACET_MONTHS] = "months",       [FACET_SIZES] = "sizes",
};

enum { BY_NAME = FACET_TYPES + 1, YEARS = 10000, SIZES = 6 };

static const uint64_t sizes[SIZES] = {0, 10 << 10, 100 << 10, 1 << 20, 10 << 20, 100 << 20};

/* Those of partkind.h. */
const char *const facet_has[FACET_HAS] = {
	"attachment", "pdf", "document", "spreadsheet", "presentation", "image", "audio", "video",
	"archive", "calendar", "contact", "message",
};

/* A value by its name, in a hash table. */
struct entry {
	struct str name;
	uint64_t count[BY_NAME];
};

/* A mailbox, over its epochs; an account. */
struct box {
	uint64_t count, last; /* last: the message counted last */
};

struct counting {
	struct query *q;
	struct arena names;           /* of the entries */
	struct entry *table;
	size_t n, cap;                /* cap: a power of two */
	struct iseg *seg;             /* whose names are counted in by_id */
	uint32_t *by_id[BY_NAME];     /* by place of the name */
	struct bits has[FACET_HAS];       /* documents of the segment with such an attachment */
	uint64_t kinds[FACET_HAS];
	uint64_t *months;             /* by year * 12 + month - 1 */
	uint64_t sizes[SIZES], hits;
	uint64_t *bits, n_bits;       /* hits by number, for the copies */
	const struct scope *scope;
	size_t *box_of, *account_of;  /* by place of the epoch */
	uint32_t *place_of;           /* place + 1 by id of the epoch, below n_places */
	size_t n_places;
	struct box *boxes, *accounts;
	uint64_t flags[6], flags_last[6];
};

/* The last is the lack of the first. */
static const struct {
	const char *name;
	unsigned flag;
} flags[6] = {
	{"\\Seen", ARCHIVE_SEEN}, {"\\Answered", ARCHIVE_ANSWERED},
	{"\\Flagged", ARCHIVE_FLAGGED}, {"\\Deleted", ARCHIVE_DELETED},
	{"\\Draft", ARCHIVE_DRAFT}, {"unseen", 0},
};

/* ---- names ---- */

static uint64_t hash(struct str s)
{
	uint64_t h = UINT64_C(0xCBF29CE484222325);
	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (unsigned char)s.p[i]) * UINT64_C(0x100000001B3);
	return h ^ h >> 32;
}

static struct entry *place(struct counting *c, struct str name)
{
	size_t i = hash(name) & (c->cap - 1);
	while (c->table[i].name.p && !str_eq(c->table[i].name, name))
		i = (i + 1) & (c->cap - 1);
	return &c->table[i];
}

static void grow(struct counting *c)
{
	struct entry *old = c->table;
	size_t n = c->cap;
	c->cap = n ? 2 * n : 1024;
	c->table = err_alloc(c->cap * sizeof *c->table);
	for (size_t i = 0; i < n; i++)
		if (old[i].name.p)
			*place(c, old[i].name) = old[i];
	free(old);
}

static void add_name(struct counting *c, struct str name, enum facet_kind kind, uint64_t n)
{
	if (n == 0)
		return;
	if (c->n * 2 >= c->cap)
		grow(c);
	struct entry *e = place(c, name);
	if (e->name.p == NULL) {
		e->name = arena_str(&c->names, name);
		c->n++;
	}
	e->count[kind] += n;
}

static struct str domain(struct str name)
{
	const char *at = name.n ? memrchr(name.p, '@', name.n) : NULL;
	return at ? str_cut(name, (size_t)(at - name.p) + 1, name.n) : STR("");
}

/* Is that sender's domain new among the senders before it? */
static bool new_domain(const struct str *from, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (str_eq(domain(from[k]), domain(from[i])))
			return false;
	return domain(from[i]).n > 0;
}

/* The counts by place become counts by name. */
static void leave_segment(struct counting *c)
{
	uint32_t docs, n = c->seg ? column_names(c->seg->columns) : 0;
	for (uint32_t i = 0; i < n; i++) {
		struct str name = column_name(c->seg->columns, i, &docs);
		struct str text = str_cut(name, 1, name.n);
		for (int k = 0; k < BY_NAME; k++)
			add_name(c, k == FACET_DOMAINS ? domain(text) : text, (enum facet_kind)k,
				 c->by_id[k][i]);
	}
	for (int k = 0; k < BY_NAME; k++) {
		free(c->by_id[k]);
		c->by_id[k] = NULL;
	}
	for (int k = 0; k < FACET_HAS; k++) {
		bits_free(&c->has[k]);
		c->has[k] = (struct bits){0};
	}
	c->seg = NULL;
}

/* The index has a term for each kind: 'P' and its name. */
static int enter_segment(struct counting *c, struct iseg *seg, struct err *err)
{
	char term[32];
	if (c->seg == seg)
		return 1;
	leave_segment(c);
	c->seg = seg;
	for (int k = 0; k < BY_NAME; k++)
		c->by_id[k] = err_alloc((column_names(seg->columns) + 1) * sizeof(uint32_t));
	for (int k = 0; k < FACET_HAS; k++) {
		c->has[k] = bits_new((size_t)(seg->last - seg->first + 1));
		snprintf(term, sizeof term, "P%s", facet_has[k]);
		struct str t = str_of(term);
		if (xap_mark(seg->db, &t, 1, c->has[k].w, c->has[k].n, err) < 0)
			return -1;
	}
	return 1;
}

/* ---- a hit ---- */

static void add_day(struct counting *c, int32_t day)
{
	unsigned year, month;
	if (qnode_month_of(day, &year, &month))
		c->months[year * 12 + month - 1]++;
}

static void add_size(struct counting *c, uint64_t size)
{
	size_t i = SIZES - 1;
	while (i > 0 && size < sizes[i])
		i--;
	c->sizes[i]++;
}

static int from_columns(struct counting *c, struct iseg *seg, uint64_t number, struct err *err)
{
	struct column_row row;
	struct str from[8];
	uint32_t docs;
	if (enter_segment(c, seg, err) < 0 ||
	    column_row(seg->columns, (uint32_t)(number - seg->first + 1), &row, err) < 0)
		return -1;
	add_day(c, row.day);
	add_size(c, row.size);
	for (size_t i = 0; i < row.n_from; i++) {
		c->by_id[FACET_SENDERS][row.from[i]]++;
		if (i >= 8) /* domains of the first eight */
			continue;
		from[i] = column_name(seg->columns, row.from[i], &docs);
		c->by_id[FACET_DOMAINS][row.from[i]] += new_domain(from, i);
	}
	for (size_t i = 0; i < row.n_to; i++)
		c->by_id[FACET_RECIPIENTS][row.to[i]]++;
	for (size_t i = 0; i < row.n_types; i++)
		c->by_id[FACET_TYPES][row.types[i]]++;
	for (int k = 0; k < FACET_HAS; k++)
		c->kinds[k] += bits_has(&c->has[k], (size_t)(number - seg->first));
	return 1;
}

/* As the index has it. */
static void add_kinds(struct counting *c, const struct record *r)
{
	bool has[FACET_HAS] = {false};
	for (size_t i = 0; i < r->n_parts; i++) {
		const struct record_part *p = &r->parts[i];
		const char *own = i > 0 || p->attachment ? partkind_of(p) : NULL;
		has[0] |= p->attachment;
		for (int k = 1; own && k < FACET_HAS; k++)
			has[k] |= strcmp(own, facet_has[k]) == 0;
	}
	for (int k = 0; k < FACET_HAS; k++)
		c->kinds[k] += has[k];
}

/* A message without columns: its record says the same. */
static int from_record(struct counting *c, struct arena *a, struct err *err)
{
	struct column_doc d;
	struct record record;
	uint64_t size;
	arena_reset(a);
	if (query_here(c->q, a, &record, &size, err) < 0)
		return -1;
	column_of(a, &record, size, &d);
	add_day(c, d.day);
	add_size(c, d.size);
	for (size_t i = 0; i < d.n_from; i++) {
		struct str name = str_cut(d.from[i], 1, d.from[i].n);
		add_name(c, name, FACET_SENDERS, 1);
		if (i < 8 && new_domain(d.from, i))
			add_name(c, domain(name), FACET_DOMAINS, 1);
	}
	for (size_t i = 0; i < d.n_to; i++)
		add_name(c, str_cut(d.to[i], 1, d.to[i].n), FACET_RECIPIENTS, 1);
	for (size_t i = 0; i < d.n_types; i++)
		add_name(c, str_cut(d.types[i], 1, d.types[i].n), FACET_TYPES, 1);
	add_kinds(c, &record);
	return 1;
}

/* ---- copies ---- */

/* Counts a message once for each value. */
static void once(struct box *b, uint64_t message)
{
	b->count += b->last != message;
	b->last = message;
}

/* The place of an epoch, or -1. There may be thousands, and this is asked for each copy. */
static ptrdiff_t epoch_place(const struct counting *c, int64_t id)
{
	if (id > 0 && (uint64_t)id < c->n_places && c->place_of[id])
		return (ptrdiff_t)c->place_of[id] - 1;
	return scope_find(c->scope, id);
}

static void add_copy(struct counting *c, uint64_t message, int64_t epoch, unsigned bits)
{
	ptrdiff_t at = epoch_place(c, epoch);
	if (at < 0)
		return;
	once(&c->boxes[c->box_of[at]], message);
	once(&c->accounts[c->account_of[at]], message);
	for (int i = 0; i < 6; i++) {
		bool has = flags[i].flag ? bits & flags[i].flag : !(bits & ARCHIVE_SEEN);
		if (!has || c->flags_last[i] == message)
			continue;
		c->flags[i]++;
		c->flags_last[i] = message;
	}
}

/* Epochs stand in the order of accounts and mailboxes. */
static void prepare_boxes(struct counting *c)
{
	const struct scope *s = c->scope;
	size_t n = s->n_epochs + 1, box = 0, account = 0;
	c->n_places = 2 * n + 1024;
	c->place_of = err_alloc(c->n_places * sizeof *c->place_of);
	c->box_of = err_alloc(n * sizeof *c->box_of);
	c->account_of = err_alloc(n * sizeof *c->account_of);
	c->boxes = err_alloc(n * sizeof *c->boxes);
	c->accounts = err_alloc(n * sizeof *c->accounts);
	for (size_t i = 0; i < s->n_epochs; i++) {
		const struct archive_epoch *e = &s->epochs[i], *before = e - 1;
		bool other = i > 0 && !str_eq(e->account, before->account);
		account += other;
		box += i > 0 && (other || !str_eq(e->mailbox, before->mailbox));
		c->box_of[i] = box;
		c->account_of[i] = account;
		if (e->id > 0 && (uint64_t)e->id < c->n_places)
			c->place_of[e->id] = (uint32_t)i + 1;
	}
}

/* The copies of all hits that a query which judges no copy would give. */
static int scan_copies(struct counting *c, struct archive *ar, struct err *err)
{
	struct brief *b;
	struct brief_copy copy;
	int r;
	if (brief_open(&b, ar, err) < 0)
		return -1;
	while ((r = brief_next(b, &copy, err)) == 1) {
		uint64_t m = copy.message;
		if (m >= c->n_bits * 64 || !(c->bits[m / 64] >> (m % 64) & 1) ||
		    (c->scope->present && copy.vanished))
			continue;
		ptrdiff_t at = epoch_place(c, copy.epoch);
		if (at >= 0 && c->scope->in[at])
			add_copy(c, m, copy.epoch, copy.flags);
	}
	brief_close(&b);
	return r < 0 ? -1 : 1;
}

static void mark(struct counting *c, uint64_t number)
{
	if (number / 64 >= c->n_bits) {
		uint64_t n = 2 * (number / 64 + 1024);
		c->bits = err_realloc(c->bits, n * sizeof *c->bits);
		memset(c->bits + c->n_bits, 0, (n - c->n_bits) * sizeof *c->bits);
		c->n_bits = n;
	}
	c->bits[number / 64] |= UINT64_C(1) << (number % 64);
}

/* ---- all hits ---- */

static int add_hit(struct counting *c, struct arena *a, const struct query_place *at,
		   struct err *err)
{
	c->hits++;
	for (size_t i = 0; i < at->n_copies; i++)
		add_copy(c, at->number, at->copies[i].epoch, at->copies[i].flags);
	if (at->copies == NULL)
		mark(c, at->number);
	if (at->seg && at->seg->columns)
		return from_columns(c, at->seg, at->number, err);
	return from_record(c, a, err);
}

static int all_hits(struct counting *c, bool *whole, struct err *err)
{
	struct query_place at;
	struct query_progress p;
	struct arena a = {0};
	int r, added = 1;
	while (added > 0 && (r = query_walk(c->q, &at, err)) == 1)
		added = add_hit(c, &a, &at, err);
	leave_segment(c);
	arena_free(&a);
	query_progress(c->q, &p);
	*whole = added > 0 && r == 0;
	return *whole || p.time_up ? 1 : -1;
}

/* ---- the answer ---- */

struct list {
	struct arena *a;
	struct facet_value *v;
	size_t n;
};

static void add_value(struct list *l, struct facet_value v)
{
	if (v.count == 0)
		return;
	l->v = arena_grow(l->a, l->v, l->n, sizeof *l->v);
	l->v[l->n++] = v;
}

static int by_count(const void *va, const void *vb)
{
	const struct facet_value *a = va, *b = vb;
	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	int r = str_cmp(a->account, b->account);
	return r ? r : str_cmp(a->name, b->name);
}

static void put(struct facets *out, enum facet_kind kind, struct list *l, size_t top)
{
	if (top && l->n)
		qsort(l->v, l->n, sizeof *l->v, by_count);
	out->distinct[kind] = l->n;
	out->n[kind] = top && l->n > top ? top : l->n;
	out->values[kind] = l->v;
	*l = (struct list){.a = l->a};
}

static void put_names(const struct counting *c, struct list *l, size_t top, struct facets *out)
{
	for (int k = 0; k < BY_NAME; k++) {
		for (size_t i = 0; i < c->cap; i++)
			if (c->table[i].name.p)
				add_value(l, (struct facet_value){.name = c->table[i].name,
								  .count = c->table[i].count[k]});
		put(out, (enum facet_kind)k, l, top);
		struct facet_value *v = (struct facet_value *)out->values[k];
		for (size_t i = 0; i < out->n[k]; i++)
			v[i].name = arena_str(l->a, v[i].name);
	}
}

static void put_boxes(const struct counting *c, struct list *l, size_t top, struct facets *out)
{
	const struct scope *s = c->scope;
	for (size_t i = 0; i < s->n_epochs; i++)
		if (i == 0 || c->box_of[i] != c->box_of[i - 1])
			add_value(l, (struct facet_value){.name = s->epochs[i].mailbox,
				.account = s->epochs[i].account,
				.count = c->boxes[c->box_of[i]].count});
	put(out, FACET_MAILBOXES, l, top);
	for (size_t i = 0; i < s->n_epochs; i++)
		if (i == 0 || c->account_of[i] != c->account_of[i - 1])
			add_value(l, (struct facet_value){.name = s->epochs[i].account,
				.count = c->accounts[c->account_of[i]].count});
	put(out, FACET_ACCOUNTS, l, top);
	for (int i = 0; i < 6; i++)
		add_value(l, (struct facet_value){.name = str_of(flags[i].name),
						  .count = c->flags[i]});
	put(out, FACET_FLAGS, l, 6);
}

static void put_kinds(const struct counting *c, struct list *l, struct facets *out)
{
	for (int k = 0; k < FACET_HAS; k++)
		add_value(l, (struct facet_value){.name = str_of(facet_has[k]),
						  .count = c->kinds[k]});
	put(out, FACET_ATTACHMENTS, l, FACET_HAS);
}

static void put_times(const struct counting *c, struct list *l, struct facets *out)
{
	for (size_t y = 0; y < YEARS; y++) {
		uint64_t sum = 0;
		for (size_t m = 0; m < 12; m++)
			sum += c->months[y * 12 + m];
		if (sum)
			add_value(l, (struct facet_value){.name = arena_fmt(l->a, "%04zu", y),
							  .count = sum});
	}
	put(out, FACET_YEARS, l, 0);
	for (size_t i = 0; i < YEARS * 12; i++)
		if (c->months[i])
			add_value(l, (struct facet_value){
				.name = arena_fmt(l->a, "%04zu-%02zu", i / 12, i % 12 + 1),
				.count = c->months[i]});
	put(out, FACET_MONTHS, l, 0);
	for (int i = 0; i < SIZES; i++)
		add_value(l, (struct facet_value){.count = c->sizes[i], .least = sizes[i],
			.below = i + 1 < SIZES ? sizes[i + 1] : 0});
	put(out, FACET_SIZES, l, 0);
}

static void release(struct counting *c)
{
	arena_free(&c->names);
	free(c->table);
	free(c->months);
	free(c->bits);
	free(c->place_of);
	free(c->box_of);
	free(c->account_of);
	free(c->boxes);
	free(c->accounts);
}

int facet_count(struct query *q, struct arena *a, size_t top, struct facets *out, struct err *err)
{
	struct counting c = {.q = q, .scope = query_scope(q)};
	struct list l = {.a = a};
	*out = (struct facets){0};
	c.months = err_alloc((size_t)YEARS * 12 * sizeof *c.months);
	prepare_boxes(&c);
	int r = all_hits(&c, &out->whole, err);
	if (r > 0)
		r = scan_copies(&c, c.scope->ar, err);
	out->hits = c.hits;
	if (r > 0) {
		put_names(&c, &l, top, out);
		put_boxes(&c, &l, top, out);
		put_kinds(&c, &l, out);
		put_times(&c, &l, out);
	}
	release(&c);
	return r;
}

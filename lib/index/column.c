#define _GNU_SOURCE
#include "column.h"

#include "file.h"
#include "ifile.h"
#include "pack.h"

#include <stdlib.h>

#define MAGIC "sheaf-columns 1\n"
#define HEADER (sizeof MAGIC - 1 + 4 + 4 + 8 + 8)
/* Rows are found by their block, and from there on one by one. */
#define BLOCK 64
#define MAX_ROWS ((size_t)1 << 32)

/* ---- what a record says ---- */

static bool has(const struct str *list, size_t n, struct str name)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(list[i], name))
			return true;
	return false;
}

/* Adds a name in lower case, unless it is there, or beyond the limits. */
static void add_name(struct arena *a, struct str *list, size_t *n, char kind, struct str text)
{
	if (text.n == 0 || text.n >= COLUMN_MAX_NAME || *n == COLUMN_MAX_NAMES ||
	    str_chr(text, '\n') >= 0)
		return;
	char *p = arena_alloc(a, text.n + 1);
	p[0] = kind;
	for (size_t i = 0; i < text.n; i++)
		p[i + 1] = (char)(text.p[i] >= 'A' && text.p[i] <= 'Z' ? text.p[i] | 0x20
								       : text.p[i]);
	struct str name = {p, text.n + 1};
	if (!has(list, *n, name))
		list[(*n)++] = name;
}

static struct str *room(struct arena *a, size_t n)
{
	n = n < COLUMN_MAX_NAMES ? n : COLUMN_MAX_NAMES;
	return arena_alloc(a, (n + 1) * sizeof(struct str));
}

static int32_t day_of(int64_t seconds)
{
	int64_t day = seconds >= 0 ? seconds / 86400 : -((86399 - seconds) / 86400);
	return day > INT32_MAX ? INT32_MAX : day < INT32_MIN ? INT32_MIN : (int32_t)day;
}

void column_of(struct arena *a, const struct record *r, uint64_t size, struct column_doc *out)
{
	struct str *from = room(a, r->n_from), *to = room(a, r->n_to + r->n_cc);
	struct str *types = room(a, r->n_parts);
	*out = (struct column_doc){.size = size, .from = from, .to = to, .types = types};
	out->day = r->date.usable ? r->date.day : day_of(r->sort_date);
	for (size_t i = 0; i < r->n_from; i++)
		add_name(a, from, &out->n_from, COLUMN_ADDRESS, r->from[i].email);
	for (size_t i = 0; i < r->n_to; i++)
		add_name(a, to, &out->n_to, COLUMN_ADDRESS, r->to[i].email);
	for (size_t i = 0; i < r->n_cc; i++)
		add_name(a, to, &out->n_to, COLUMN_ADDRESS, r->cc[i].email);
	for (size_t i = 0; i < r->n_parts; i++)
		if (r->parts[i].attachment)
			add_name(a, types, &out->n_types, COLUMN_TYPE, r->parts[i].type);
}

/* ---- making ---- */

struct name {
	uint32_t at, n;      /* in text */
	uint32_t docs, last; /* last: the document counted last, + 1 */
	uint32_t place;      /* when sorted */
};

struct column_maker {
	struct buf text, rows; /* rows: with names in order of their first coming */
	struct name *names;
	size_t n_names, cap_names;
	uint32_t *slots; /* hash table of name + 1, 0: free */
	size_t n_slots;
	uint32_t docs;
};

struct column_maker *column_maker_new(void)
{
	struct column_maker *mk = err_alloc(sizeof *mk);
	buf_init(&mk->text, MAX_ROWS);
	buf_init(&mk->rows, MAX_ROWS);
	mk->n_slots = 1024;
	mk->slots = err_alloc(mk->n_slots * sizeof *mk->slots);
	return mk;
}

void column_maker_free(struct column_maker **mk)
{
	if (*mk == NULL)
		return;
	buf_free(&(*mk)->text);
	buf_free(&(*mk)->rows);
	free((*mk)->names);
	free((*mk)->slots);
	free(*mk);
	*mk = NULL;
}

static struct str text_of(const struct column_maker *mk, const struct name *n)
{
	return (struct str){mk->text.p + n->at, n->n};
}

/* FNV-1a */
static uint64_t hash(struct str s)
{
	uint64_t h = UINT64_C(0xCBF29CE484222325);
	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (unsigned char)s.p[i]) * UINT64_C(0x100000001B3);
	return h ^ h >> 32;
}

/* The slot of a name, or the free one where it belongs. */
static uint32_t *slot_of(const struct column_maker *mk, struct str s)
{
	size_t i = hash(s) & (mk->n_slots - 1);
	while (mk->slots[i] && !str_eq(text_of(mk, &mk->names[mk->slots[i] - 1]), s))
		i = (i + 1) & (mk->n_slots - 1);
	return &mk->slots[i];
}

static void grow(struct column_maker *mk)
{
	free(mk->slots);
	mk->n_slots *= 2;
	mk->slots = err_alloc(mk->n_slots * sizeof *mk->slots);
	for (size_t i = 0; i < mk->n_names; i++)
		*slot_of(mk, text_of(mk, &mk->names[i])) = (uint32_t)i + 1;
}

static uint32_t intern(struct column_maker *mk, struct str s)
{
	uint32_t *slot = slot_of(mk, s);
	if (*slot)
		return *slot - 1;
	if (mk->n_names == mk->cap_names) {
		mk->cap_names = mk->cap_names ? 2 * mk->cap_names : 256;
		mk->names = err_realloc(mk->names, mk->cap_names * sizeof *mk->names);
	}
	mk->names[mk->n_names] = (struct name){.at = (uint32_t)mk->text.n, .n = (uint32_t)s.n};
	*slot = (uint32_t)++mk->n_names;
	buf_str(&mk->text, s);
	if (mk->n_names * 2 > mk->n_slots)
		grow(mk);
	return (uint32_t)mk->n_names - 1;
}

static void add_list(struct column_maker *mk, const struct str *list, size_t n)
{
	pack_u64(&mk->rows, n);
	for (size_t i = 0; i < n; i++) {
		uint32_t id = intern(mk, list[i]);
		struct name *name = &mk->names[id];
		name->docs += name->last != mk->docs + 1;
		name->last = mk->docs + 1;
		pack_u64(&mk->rows, id);
	}
}

void column_add(struct column_maker *mk, const struct column_doc *d)
{
	pack_u64(&mk->rows, d->size);
	pack_i64(&mk->rows, d->day);
	add_list(mk, d->from, d->n_from);
	add_list(mk, d->to, d->n_to);
	add_list(mk, d->types, d->n_types);
	mk->docs++;
}

static int by_text(const void *va, const void *vb, void *arg)
{
	const struct column_maker *mk = arg;
	const uint32_t *a = va, *b = vb;
	return str_cmp(text_of(mk, &mk->names[*a]), text_of(mk, &mk->names[*b]));
}

/* The names' numbers in the order of their texts; each learns its place. */
static uint32_t *sort_names(struct column_maker *mk)
{
	uint32_t *order = err_alloc((mk->n_names + 1) * sizeof *order);
	for (size_t i = 0; i < mk->n_names; i++)
		order[i] = (uint32_t)i;
	qsort_r(order, mk->n_names, sizeof *order, by_text, mk);
	for (size_t i = 0; i < mk->n_names; i++)
		mk->names[order[i]].place = (uint32_t)i;
	return order;
}

/* Rewrites one list with places. */
static void place_list(const struct column_maker *mk, struct str *in, struct buf *out)
{
	uint64_t n, id;
	pack_get_u64(in, &n);
	pack_u64(out, n);
	for (; n > 0; n--) {
		pack_get_u64(in, &id);
		pack_u64(out, mk->names[id].place);
	}
}

static void place_rows(const struct column_maker *mk, struct buf *rows, uint64_t *blocks)
{
	struct str in = buf_all(&mk->rows);
	for (uint32_t i = 0; i < mk->docs; i++) {
		uint64_t size;
		int64_t day;
		if (i % BLOCK == 0)
			blocks[i / BLOCK] = rows->n;
		pack_get_u64(&in, &size);
		pack_get_i64(&in, &day);
		pack_u64(rows, size);
		pack_i64(rows, day);
		for (int k = 0; k < 3; k++)
			place_list(mk, &in, rows);
	}
}

static void write_all(const struct column_maker *mk, const uint32_t *order, struct ifile *w)
{
	size_t n_blocks = (mk->docs + BLOCK - 1) / BLOCK;
	uint64_t *blocks = err_alloc((n_blocks + 1) * sizeof *blocks);
	struct buf rows;
	buf_init(&rows, MAX_ROWS);
	place_rows(mk, &rows, blocks);
	ifile_add(w, MAGIC, sizeof MAGIC - 1);
	ifile_u32(w, mk->docs);
	ifile_u32(w, (uint32_t)mk->n_names);
	ifile_u64(w, mk->text.n + mk->n_names);
	ifile_u64(w, rows.n);
	uint32_t at = 0;
	for (size_t i = 0; i < mk->n_names; i++) {
		ifile_u32(w, at);
		ifile_u32(w, mk->names[order[i]].docs);
		at += mk->names[order[i]].n + 1;
	}
	for (size_t i = 0; i < n_blocks; i++)
		ifile_u64(w, blocks[i]);
	for (size_t i = 0; i < mk->n_names; i++) {
		struct str s = text_of(mk, &mk->names[order[i]]);
		ifile_add(w, s.p, s.n);
		ifile_add(w, "\n", 1);
	}
	ifile_add(w, rows.p, rows.n);
	buf_free(&rows);
	free(blocks);
}

int column_write(struct column_maker *mk, const char *path, struct err *err)
{
	struct ifile w;
	if (mk->text.full || mk->rows.full || mk->text.n + mk->n_names > UINT32_MAX)
		return err_set(err, ERR_BROKEN, "too many names for '%s'", path);
	if (ifile_begin(&w, path, err) < 0)
		return -1;
	uint32_t *order = sort_names(mk);
	write_all(mk, order, &w);
	free(order);
	return ifile_end(&w, path, err);
}

/* ---- reading ---- */

struct column {
	struct str map, text, rows;
	const char *names, *blocks; /* tables of 8-byte entries */
	uint32_t docs, n_names;
	bool wanted; /* its bytes were asked of the disk */
	struct str rest; /* of rows: where docid `next` begins */
	uint32_t next;
	uint32_t *ids;
	size_t n_ids, cap_ids;
};

static bool take_sections(struct column *c)
{
	struct str m = c->map;
	if (m.n < HEADER || !str_starts(m, STR(MAGIC)))
		return false;
	const char *p = m.p + sizeof MAGIC - 1;
	uint64_t text = ifile_get64(p + 8), rows = ifile_get64(p + 16);
	c->docs = ifile_get32(p);
	c->n_names = ifile_get32(p + 4);
	uint64_t n_blocks = ((uint64_t)c->docs + BLOCK - 1) / BLOCK;
	uint64_t tables = HEADER + 8 * (uint64_t)c->n_names + 8 * n_blocks;
	if (tables > m.n || text > m.n - tables || rows != m.n - tables - text)
		return false;
	c->names = m.p + HEADER;
	c->blocks = c->names + 8 * (size_t)c->n_names;
	c->text = str_cut(m, (size_t)tables, (size_t)(tables + text));
	c->rows = str_cut(m, (size_t)(tables + text), m.n);
	return true;
}

int column_open(struct column **out, const char *path, struct err *err)
{
	struct column *c = err_alloc(sizeof *c);
	*out = NULL;
	int r = file_map(path, &c->map, err);
	file_scattered(c->map, 0, HEADER);
	if (r == 1 && !take_sections(c))
		r = err_set(err, ERR_BROKEN, "'%s' is damaged", path);
	if (r <= 0) {
		column_close(&c);
		return r;
	}
	*out = c;
	return 1;
}

void column_close(struct column **c)
{
	if (*c == NULL)
		return;
	file_unmap(&(*c)->map);
	free((*c)->ids);
	free(*c);
	*c = NULL;
}

uint32_t column_docs(const struct column *c)
{
	return c->docs;
}

uint32_t column_names(struct column *c)
{
	if (!c->wanted)
		file_scattered(c->map, 0, c->map.n);
	c->wanted = true;
	return c->n_names;
}

struct str column_name(const struct column *c, uint32_t i, uint32_t *docs)
{
	const char *entry = c->names + 8 * (size_t)i;
	size_t at = ifile_get32(entry);
	size_t end = i + 1 < c->n_names ? ifile_get32(entry + 8) : c->text.n;
	*docs = ifile_get32(entry + 4);
	/* Looked at here, not when it is opened: most queries need no name. */
	return at + 1 < end && end <= c->text.n ? str_cut(c->text, at, end - 1) : STR("");
}

uint32_t column_lower(const struct column *c, struct str key)
{
	uint32_t lo = 0, hi = c->n_names, docs;
	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		if (str_cmp(column_name(c, mid, &docs), key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

struct str column_text(const struct column *c)
{
	return c->text;
}

uint32_t column_at(const struct column *c, size_t at)
{
	uint32_t lo = 0, hi = c->n_names;
	while (hi - lo > 1) {
		uint32_t mid = lo + (hi - lo) / 2;
		if (ifile_get32(c->names + 8 * (size_t)mid) <= at)
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}

/* Reads a list of places behind those read before. 1; 0: malformed. */
static int take_list(struct column *c, size_t *n_out)
{
	uint64_t n, id;
	if (!pack_get_u64(&c->rest, &n) || n > COLUMN_MAX_NAMES)
		return 0;
	if (c->n_ids + n > c->cap_ids) {
		c->cap_ids = 2 * (c->n_ids + (size_t)n);
		c->ids = err_realloc(c->ids, c->cap_ids * sizeof *c->ids);
	}
	for (uint64_t i = 0; i < n; i++) {
		if (!pack_get_u64(&c->rest, &id) || id >= c->n_names)
			return 0;
		c->ids[c->n_ids++] = (uint32_t)id;
	}
	*n_out = (size_t)n;
	return 1;
}

static int take_row(struct column *c, struct column_row *out)
{
	int64_t day;
	c->n_ids = 0;
	if (!pack_get_u64(&c->rest, &out->size) || !pack_get_i64(&c->rest, &day) ||
	    day < INT32_MIN || day > INT32_MAX || !take_list(c, &out->n_from) ||
	    !take_list(c, &out->n_to) || !take_list(c, &out->n_types))
		return 0;
	out->day = (int32_t)day;
	out->from = c->ids;
	out->to = c->ids + out->n_from;
	out->types = out->to + out->n_to;
	c->next++;
	return 1;
}

/* Goes to a docid's block, unless it lies ahead in the one at hand. */
static bool seek(struct column *c, uint32_t docid)
{
	if (c->next && docid >= c->next && docid - c->next < BLOCK)
		return true;
	uint32_t block = (docid - 1) / BLOCK;
	uint64_t at = ifile_get64(c->blocks + 8 * (size_t)block);
	c->next = block * BLOCK + 1;
	c->rest = str_cut(c->rows, (size_t)at, c->rows.n);
	return at <= c->rows.n;
}

int column_row(struct column *c, uint32_t docid, struct column_row *out, struct err *err)
{
	bool good = docid > 0 && docid <= c->docs && seek(c, docid);
	uint32_t skip = good ? docid - c->next : 0;
	for (uint32_t i = 0; i <= skip && good; i++)
		good = take_row(c, out);
	if (good)
		return 1;
	c->next = 0;
	return err_set(err, ERR_BROKEN, "a row of the index's columns is damaged");
}

/* ---- merging ---- */

static const struct str *names_of(const struct column *c, struct arena *a, const uint32_t *ids,
				  size_t n)
{
	struct str *list = arena_alloc(a, (n + 1) * sizeof *list);
	uint32_t docs;
	for (size_t i = 0; i < n; i++)
		list[i] = column_name(c, ids[i], &docs);
	return list;
}

static int add_all(struct column_maker *mk, struct column *c, struct err *err)
{
	struct arena a = {0};
	struct column_row row;
	int r = 1;
	for (uint32_t i = 1; i <= c->docs && r > 0; i++) {
		r = column_row(c, i, &row, err);
		if (r < 0)
			break;
		arena_reset(&a);
		const struct column_doc d = {
			row.size, row.day, names_of(c, &a, row.from, row.n_from),
			names_of(c, &a, row.to, row.n_to), names_of(c, &a, row.types, row.n_types),
			row.n_from, row.n_to, row.n_types};
		column_add(mk, &d);
	}
	arena_free(&a);
	return r;
}

int column_merge(const char *const *from, size_t n, const char *to, struct err *err)
{
	struct column_maker *mk = column_maker_new();
	int r = 1;
	for (size_t i = 0; i < n && r > 0; i++) {
		struct column *c;
		r = column_open(&c, from[i], err);
		if (r > 0)
			r = add_all(mk, c, err);
		column_close(&c);
	}
	if (r > 0)
		r = column_write(mk, to, err);
	column_maker_free(&mk);
	return r;
}

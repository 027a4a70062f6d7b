#include "filter.h"

#include "file.h"
#include "gramrow.h"
#include "ifile.h"

#include <stdlib.h>

#define MAGIC "sheaf-filter 3\n\n"
#define HEADER 40 /* magic, u64 number of blocks, u64 form, u64 size of the file */
#define SIZE_AT 32
#define FILTER_TEXT ((size_t)40 << 10) /* a block that has it is full */
#define ENTRY 24  /* u64 frame offset, u32 segment, u32 first docid, u32 last docid, u32 zero */
#define GRAM 4
#define MAP_BITS 15
#define MAP_BYTES FILTER_MAP_BYTES /* 2^MAP_BITS bits */
#define ROWS ((size_t)1 << MAP_BITS)
/* With more blocks the bitmaps are turned: a row for each bit, so and so many in a group. */
#define FEW_BLOCKS 40
#define GROUP 32
#define GROUPS (ROWS / GROUP)

/* Bitmaps lie so that a column of them would meet in few places of the processor's caches. */
#define TILE 64

enum form { BITMAPS, TURNED };

struct frame {
	uint64_t offset;
	uint32_t segment, first, last;
};

struct filter_maker {
	struct frame *frames;
	unsigned char **maps;
	size_t n;
	size_t text; /* bytes of it in the block at hand */
};

struct filter {
	struct str map;
	size_t n;
	enum form form;
};

/* What is written: blocks, and where their bits are from. */
struct writing {
	const struct frame *blocks;
	size_t n;
	const struct filter_maker *maker;
	unsigned char *tile; /* TILE bytes of each of its maps, side by side; or, when merging: */
	struct filter **sources;
	size_t n_sources;
	uint32_t **place; /* source, its block -> the block written */
	struct str *rest; /* source: the rows that were not read yet */
	uint64_t *bits;   /* a row of a source */
	uint32_t *row;    /* the row to write */
};

static uint32_t bit_of(uint32_t gram)
{
	return (uint32_t)(gram * UINT32_C(2654435769)) >> (32 - MAP_BITS);
}

static uint32_t first_gram(const char *p)
{
	const unsigned char *b = (const unsigned char *)p;
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

/* ---- making ---- */

struct filter_maker *filter_maker_new(void)
{
	return err_alloc(sizeof(struct filter_maker));
}

static unsigned char *start_frame(struct filter_maker *mk, struct frame f)
{
	if ((mk->n & (mk->n - 1)) == 0) { /* grow at every power of two */
		size_t cap = mk->n ? 2 * mk->n : 1;
		mk->frames = err_realloc(mk->frames, cap * sizeof *mk->frames);
		mk->maps = err_realloc(mk->maps, cap * sizeof *mk->maps);
	}
	mk->frames[mk->n] = f;
	mk->maps[mk->n] = err_alloc(MAP_BYTES);
	return mk->maps[mk->n++];
}

static bool same_frame(const struct frame *a, uint32_t segment, uint64_t offset)
{
	return a->segment == segment && a->offset == offset;
}

/* Does the message belong to the block at hand? */
static bool goes_on(const struct filter_maker *mk, uint32_t docid, uint32_t segment,
		    uint64_t frame)
{
	if (mk->n == 0)
		return false;
	const struct frame *f = &mk->frames[mk->n - 1];
	return f->last == docid || (same_frame(f, segment, frame) && mk->text < FILTER_TEXT);
}

void filter_add(struct filter_maker *mk, uint32_t docid, uint32_t segment, uint64_t frame,
		struct str mapped)
{
	unsigned char *map;
	if (goes_on(mk, docid, segment, frame)) {
		mk->frames[mk->n - 1].last = docid;
		map = mk->maps[mk->n - 1];
	} else {
		map = start_frame(mk, (struct frame){frame, segment, docid, docid});
		mk->text = 0;
	}
	mk->text += mapped.n;
	if (mapped.n < GRAM)
		return;
	uint32_t gram = first_gram(mapped.p);
	for (size_t i = GRAM;; i++) {
		uint32_t bit = bit_of(gram);
		map[bit / 8] |= (unsigned char)(1u << (bit % 8));
		if (i == mapped.n)
			break;
		gram = gram << 8 | (unsigned char)mapped.p[i];
	}
}

static void write_entry(struct ifile *w, const struct frame *f)
{
	ifile_u64(w, f->offset);
	ifile_u32(w, f->segment);
	ifile_u32(w, f->first);
	ifile_u32(w, f->last);
	ifile_u32(w, 0);
}

void filter_maker_free(struct filter_maker **mk)
{
	if (*mk == NULL)
		return;
	for (size_t i = 0; i < (*mk)->n; i++)
		free((*mk)->maps[i]);
	free((*mk)->maps);
	free((*mk)->frames);
	free(*mk);
	*mk = NULL;
}

/* ---- reading ---- */

static struct frame frame_at(const struct filter *f, size_t i)
{
	const char *p = f->map.p + HEADER + ENTRY * i;
	return (struct frame){ifile_get64(p), ifile_get32(p + 8), ifile_get32(p + 12),
			      ifile_get32(p + 16)};
}

static const unsigned char *map_at(const struct filter *f, size_t i)
{
	return (const unsigned char *)f->map.p + HEADER + ENTRY * f->n + MAP_BYTES * i;
}

/* All rows, behind the table of groups. */
static struct str rows_of(const struct filter *f)
{
	return str_cut(f->map, HEADER + ENTRY * f->n + 8 * GROUPS, f->map.n);
}

/* Docids ascend from block to block. */
static bool blocks_ascend(const struct filter *f)
{
	uint32_t before = 0;
	for (size_t i = 0; i < f->n; i++) {
		struct frame fr = frame_at(f, i);
		if (fr.first <= before || fr.last < fr.first)
			return false;
		before = fr.last;
	}
	return true;
}

static bool well_formed(struct filter *f)
{
	if (f->map.n < HEADER || !str_starts(f->map, STR(MAGIC)) ||
	    ifile_get64(f->map.p + SIZE_AT) != f->map.n)
		return false;
	uint64_t n = ifile_get64(f->map.p + 16), form = ifile_get64(f->map.p + 24);
	if (form > TURNED || n > f->map.n / ENTRY)
		return false;
	f->n = (size_t)n;
	f->form = (enum form)form;
	file_scattered(f->map, 0, HEADER + f->n * ENTRY + (form == TURNED ? 8 * GROUPS : 0));
	size_t least = HEADER + f->n * ENTRY;
	if (form == BITMAPS && (n > FEW_BLOCKS || f->map.n != least + f->n * MAP_BYTES))
		return false;
	if (form == TURNED && f->map.n < least + 8 * GROUPS)
		return false;
	return blocks_ascend(f);
}

int filter_open(struct filter **out, const char *path, struct err *err)
{
	struct filter *f = err_alloc(sizeof *f);
	int r = file_map(path, &f->map, err);
	file_scattered(f->map, 0, HEADER);
	if (r == 1 && well_formed(f)) {
		*out = f;
		return 1;
	}
	filter_close(&f);
	if (r < 0)
		return -1;
	return err_set(err, ERR_BROKEN, "'%s' is %s", path, r == 0 ? "missing" : "damaged");
}

void filter_close(struct filter **f)
{
	if (*f == NULL)
		return;
	file_unmap(&(*f)->map);
	free(*f);
	*f = NULL;
}

static bool may_hold(const unsigned char *map, struct str needle)
{
	uint32_t gram = first_gram(needle.p);
	for (size_t i = GRAM;; i++) {
		uint32_t bit = bit_of(gram);
		if (!(map[bit / 8] >> (bit % 8) & 1))
			return false;
		if (i == needle.n)
			return true;
		gram = gram << 8 | (unsigned char)needle.p[i];
	}
}

static bool row_of(const struct filter *f, uint32_t bit, uint64_t *bits)
{
	struct str rows = rows_of(f);
	const char *table = f->map.p + HEADER + ENTRY * f->n;
	uint64_t at = ifile_get64(table + 8 * (size_t)(bit / GROUP));
	if (at > rows.n)
		return false;
	rows = str_cut(rows, (size_t)at, rows.n);
	for (uint32_t i = 0; i < bit % GROUP; i++)
		if (!gramrow_take(&rows, NULL, f->n))
			return false;
	return gramrow_take(&rows, bits, f->n) == 1;
}

/* Keeps of the blocks in `all` those that have the bit. Does any remain? A row that cannot be
 * read excludes nothing. */
static bool keep(const struct filter *f, uint32_t bit, uint64_t *all, uint64_t *row)
{
	uint64_t any = 0;
	bool known = row_of(f, bit, row);
	for (size_t i = 0; i < (f->n + 63) / 64; i++) {
		if (known)
			all[i] &= row[i];
		any |= all[i];
	}
	return any != 0;
}

static void mark_run(uint32_t first, uint32_t last, uint64_t *bits, size_t n_bits)
{
	for (size_t i = first - 1; i < last && i < n_bits; i++)
		bits[i / 64] |= UINT64_C(1) << (i % 64);
}

static void mark_turned(const struct filter *f, struct str needle, uint64_t *bits, size_t n_bits)
{
	size_t words = (f->n + 63) / 64;
	uint64_t *all = err_alloc(2 * words * sizeof *all + 1);
	uint32_t gram = first_gram(needle.p);
	bool any = true;
	memset(all, 0xFF, words * sizeof *all);
	for (size_t i = GRAM; any; i++) {
		any = keep(f, bit_of(gram), all, all + words);
		if (i == needle.n)
			break;
		gram = gram << 8 | (unsigned char)needle.p[i];
	}
	for (size_t i = 0; any && i < f->n; i++)
		if (all[i / 64] >> (i % 64) & 1)
			mark_run(frame_at(f, i).first, frame_at(f, i).last, bits, n_bits);
	free(all);
}

int filter_mark(const struct filter *f, struct str needle, uint64_t *bits, size_t n_bits)
{
	if (needle.n < GRAM)
		return 0;
	if (f->form == TURNED)
		mark_turned(f, needle, bits, n_bits);
	for (size_t i = 0; f->form == BITMAPS && i < f->n; i++)
		if (may_hold(map_at(f, i), needle))
			mark_run(frame_at(f, i).first, frame_at(f, i).last, bits, n_bits);
	return 1;
}

/* ---- checking ---- */

bool filter_map_has(const unsigned char *map, struct str line)
{
	return line.n < GRAM || may_hold(map, line);
}

/* The number of the block of a docid, or f->n. */
static size_t block_of(const struct filter *f, uint32_t docid)
{
	size_t i = 0;
	while (i < f->n && frame_at(f, i).last < docid)
		i++;
	return i < f->n && frame_at(f, i).first <= docid ? i : f->n;
}

static bool fill_maps(const struct filter *f, const size_t *blocks, size_t n, unsigned char *maps)
{
	uint64_t *row = err_alloc((f->n / 64 + 1) * sizeof *row);
	struct str rest = f->form == TURNED ? rows_of(f) : STR("");
	bool good = true;
	for (size_t i = 0; f->form == BITMAPS && i < n; i++)
		memcpy(maps + i * MAP_BYTES, map_at(f, blocks[i]), MAP_BYTES);
	for (uint32_t bit = 0; f->form == TURNED && good && bit < ROWS; bit++) {
		good = gramrow_take(&rest, row, f->n) == 1;
		for (size_t i = 0; good && i < n; i++)
			if (row[blocks[i] / 64] >> (blocks[i] % 64) & 1)
				maps[i * MAP_BYTES + bit / 8] |= (unsigned char)(1u << (bit % 8));
	}
	free(row);
	return good;
}

int filter_maps(const struct filter *f, const uint32_t *docids, size_t n, unsigned char **maps,
		struct err *err)
{
	size_t *blocks = err_alloc((n + 1) * sizeof *blocks);
	bool good = true;
	*maps = err_alloc(n * MAP_BYTES + 1);
	for (size_t i = 0; i < n && good; i++) {
		blocks[i] = block_of(f, docids[i]);
		good = blocks[i] < f->n;
	}
	good = good && fill_maps(f, blocks, n, *maps);
	free(blocks);
	return good ? 1 : err_set(err, ERR_BROKEN, "the filter is damaged");
}

/* ---- writing ---- */

/* The next row of all sources, in ascending order of bits. Blocks that become one follow on each
 * other. 1 or -1. */
static int merged_row(struct writing *w, uint32_t bit, size_t *m, struct err *err)
{
	*m = 0;
	for (size_t s = 0; s < w->n_sources; s++) {
		const struct filter *f = w->sources[s];
		if (f->form == TURNED && gramrow_take(&w->rest[s], w->bits, f->n) != 1)
			return err_set(err, ERR_BROKEN, "a filter is damaged");
		for (size_t i = 0; i < f->n; i++) {
			bool yes = f->form == TURNED ? w->bits[i / 64] >> (i % 64) & 1
						     : map_at(f, i)[bit / 8] >> (bit % 8) & 1;
			if (yes && (*m == 0 || w->row[*m - 1] != w->place[s][i]))
				w->row[(*m)++] = w->place[s][i];
		}
	}
	return 1;
}

static int next_row(struct writing *w, uint32_t bit, size_t *m, struct err *err)
{
	if (w->maker == NULL)
		return merged_row(w, bit, m, err);
	*m = 0;
	for (size_t i = 0; bit % (8 * TILE) == 0 && i < w->n; i++)
		memcpy(w->tile + i * TILE, w->maker->maps[i] + bit / 8, TILE);
	for (size_t i = 0; i < w->n; i++) {
		w->row[*m] = (uint32_t)i;
		*m += w->tile[i * TILE + bit / 8 % TILE] >> (bit % 8) & 1;
	}
	return 1;
}

static int write_bitmaps(struct writing *w, struct ifile *out, struct err *err)
{
	unsigned char *maps = err_alloc(w->n * MAP_BYTES + 1);
	size_t m;
	int r = 1;
	for (uint32_t bit = 0; bit < ROWS && r == 1; bit++) {
		r = next_row(w, bit, &m, err);
		for (size_t i = 0; r == 1 && i < m; i++)
			maps[w->row[i] * MAP_BYTES + bit / 8] |= (unsigned char)(1u << (bit % 8));
	}
	if (r == 1)
		ifile_add(out, maps, w->n * MAP_BYTES);
	free(maps);
	return r;
}

static int write_turned(struct writing *w, struct ifile *out, struct err *err)
{
	uint64_t table = out->size, start = table + 8 * GROUPS;
	unsigned char zero[8 * GROUP] = {0}, *offsets = err_alloc(8 * GROUPS);
	struct buf b;
	size_t m;
	int r = 1;
	buf_init(&b, (size_t)GROUP * (w->n + 64));
	for (size_t i = 0; i < GROUPS / GROUP; i++)
		ifile_add(out, zero, sizeof zero);
	for (uint32_t bit = 0; bit < ROWS && r == 1; bit++) {
		for (size_t i = 0; bit % GROUP == 0 && i < 8; i++)
			offsets[bit / GROUP * 8 + i] =
				(unsigned char)((out->size - start) >> (8 * i));
		r = next_row(w, bit, &m, err);
		buf_clear(&b);
		if (r == 1)
			gramrow_add(&b, w->row, m, w->n);
		ifile_add(out, b.p, b.n);
	}
	ifile_patch(out, table, offsets, 8 * GROUPS);
	free(offsets);
	buf_free(&b);
	return r;
}

static int write_filter(struct writing *w, const char *path, struct err *err)
{
	struct ifile out;
	unsigned char size[8];
	bool turned = w->n > FEW_BLOCKS;
	if (ifile_begin(&out, path, err) < 0)
		return -1;
	w->row = err_alloc((w->n + 1) * sizeof *w->row);
	w->tile = err_alloc((w->n + 1) * TILE);
	ifile_add(&out, MAGIC, sizeof MAGIC - 1);
	ifile_u64(&out, w->n);
	ifile_u64(&out, turned ? TURNED : BITMAPS);
	ifile_u64(&out, 0);
	for (size_t i = 0; i < w->n; i++)
		write_entry(&out, &w->blocks[i]);
	int r = turned ? write_turned(w, &out, err) : write_bitmaps(w, &out, err);
	free(w->row);
	free(w->tile);
	for (size_t i = 0; i < sizeof size; i++)
		size[i] = (unsigned char)(out.size >> (8 * i));
	ifile_patch(&out, SIZE_AT, size, sizeof size);
	if (r == 1)
		return ifile_end(&out, path, err);
	ifile_abandon(&out);
	return -1;
}

int filter_maker_write(struct filter_maker *mk, const char *path, struct err *err)
{
	struct writing w = {.blocks = mk->frames, .n = mk->n, .maker = mk};
	return write_filter(&w, path, err);
}

/* ---- merging ---- */

/* The blocks of all sources as they are written: of a frame that neighbouring segments share, the
 * last block of one and the first of the next become one again. */
static void place_blocks(struct writing *w, struct frame *blocks, const uint32_t *counts)
{
	uint32_t shift = 0;
	for (size_t s = 0; s < w->n_sources; s++) {
		const struct filter *f = w->sources[s];
		w->place[s] = err_alloc((f->n + 1) * sizeof *w->place[s]);
		for (size_t i = 0; i < f->n; i++) {
			struct frame fr = frame_at(f, i);
			fr.first += shift;
			fr.last += shift;
			if (i == 0 && w->n > 0 &&
			    same_frame(&blocks[w->n - 1], fr.segment, fr.offset))
				blocks[w->n - 1].last = fr.last;
			else
				blocks[w->n++] = fr;
			w->place[s][i] = (uint32_t)(w->n - 1);
		}
		shift += counts[s];
	}
}

static int merge_open(struct writing *w, const char *const *from, size_t *blocks, size_t *most,
		      struct err *err)
{
	for (size_t i = 0; i < w->n_sources; i++) {
		if (filter_open(&w->sources[i], from[i], err) < 0)
			return -1;
		file_sequential(w->sources[i]->map);
		size_t n = w->sources[i]->n;
		*blocks += n;
		*most = n > *most ? n : *most;
		if (w->sources[i]->form == TURNED)
			w->rest[i] = rows_of(w->sources[i]);
	}
	return 1;
}

/* The sources stay mapped and are read row by row, so memory does not grow with the archive. */
int filter_merge(const char *const *from, const uint32_t *counts, size_t n, const char *to,
		 struct err *err)
{
	struct writing w = {.n_sources = n};
	struct frame *blocks = NULL;
	size_t total = 0, most = 0;
	w.sources = err_alloc((n + 1) * sizeof *w.sources);
	w.place = err_alloc((n + 1) * sizeof *w.place);
	w.rest = err_alloc((n + 1) * sizeof *w.rest);
	int r = merge_open(&w, from, &total, &most, err);
	if (r == 1) {
		w.blocks = blocks = err_alloc((total + 1) * sizeof *blocks);
		w.bits = err_alloc((most / 64 + 1) * sizeof *w.bits);
		place_blocks(&w, blocks, counts);
		r = write_filter(&w, to, err);
	}
	for (size_t i = 0; i < n; i++) {
		filter_close(&w.sources[i]);
		free(w.place[i]);
	}
	free(w.sources);
	free(w.place);
	free(w.rest);
	free(w.bits);
	free(blocks);
	return r;
}

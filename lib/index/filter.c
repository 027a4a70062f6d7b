#include "filter.h"

#include "file.h"
#include "ifile.h"

#include <stdlib.h>

#define MAGIC "sheaf-filter 1\n\n"
#define HEADER 32 /* magic, u64 number of frames, u64 zero */
#define FILTER_TEXT ((size_t)64 << 10) /* a block that has it is full */
#define ENTRY 24  /* u64 frame offset, u32 segment, u32 first docid, u32 last docid, u32 zero */
#define GRAM 4
#define MAP_BITS 17
#define MAP_BYTES ((size_t)1 << (MAP_BITS - 3))

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

static void write_header(struct ifile *w, size_t n)
{
	ifile_add(w, MAGIC, sizeof MAGIC - 1);
	ifile_u64(w, n);
	ifile_u64(w, 0);
}

static void write_entry(struct ifile *w, const struct frame *f)
{
	ifile_u64(w, f->offset);
	ifile_u32(w, f->segment);
	ifile_u32(w, f->first);
	ifile_u32(w, f->last);
	ifile_u32(w, 0);
}

int filter_maker_write(struct filter_maker *mk, const char *path, struct err *err)
{
	struct ifile w;
	if (ifile_begin(&w, path, err) < 0)
		return -1;
	write_header(&w, mk->n);
	for (size_t i = 0; i < mk->n; i++)
		write_entry(&w, &mk->frames[i]);
	for (size_t i = 0; i < mk->n; i++)
		ifile_add(&w, mk->maps[i], MAP_BYTES);
	return ifile_end(&w, path, err);
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

/* Frames must lie in ascending order of documents. */
static bool well_formed(struct filter *f)
{
	if (f->map.n < HEADER || !str_starts(f->map, STR(MAGIC)))
		return false;
	uint64_t n = ifile_get64(f->map.p + 16);
	if (n > f->map.n / MAP_BYTES || f->map.n != HEADER + n * (ENTRY + MAP_BYTES))
		return false;
	f->n = (size_t)n;
	uint32_t before = 0;
	for (size_t i = 0; i < f->n; i++) {
		struct frame fr = frame_at(f, i);
		if (fr.first <= before || fr.last < fr.first)
			return false;
		before = fr.last;
	}
	return true;
}

int filter_open(struct filter **out, const char *path, struct err *err)
{
	struct filter *f = err_alloc(sizeof *f);
	int r = file_map(path, &f->map, err);
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

static void mark_run(uint32_t first, uint32_t last, uint64_t *bits, size_t n_bits)
{
	for (size_t i = first - 1; i < last && i < n_bits; i++)
		bits[i / 64] |= UINT64_C(1) << (i % 64);
}

int filter_mark(const struct filter *f, struct str needle, uint64_t *bits, size_t n_bits)
{
	if (needle.n < GRAM)
		return 0;
	for (size_t i = 0; i < f->n; i++) {
		struct frame fr = frame_at(f, i);
		if (may_hold(map_at(f, i), needle))
			mark_run(fr.first, fr.last, bits, n_bits);
	}
	return 1;
}

/* ---- merging ---- */

/* The sources stay mapped and are written through, so memory does not grow with the archive. */
struct merge {
	struct filter **sources;
	const uint32_t *counts;
	size_t n;
};

/* Walks over all frames of all sources: a place is a source and a frame in it. */
struct place {
	size_t source, frame;
	uint32_t shift; /* of docids */
};

static bool valid(const struct merge *m, struct place *p)
{
	while (p->source < m->n && p->frame == m->sources[p->source]->n) {
		p->shift += m->counts[p->source];
		p->source++;
		p->frame = 0;
	}
	return p->source < m->n;
}

/* Cuts the next run of places that belong together off at *p: of a frame that neighbouring segments
 * share, the last block of one and the first of the next become one again. 1: *out is that block
 * and, unless map is NULL, its bitmap. */
static int next_joined(const struct merge *m, struct place *p, struct frame *out,
		       unsigned char *map)
{
	bool started = false;
	size_t source = 0;
	for (; valid(m, p); p->frame++) {
		const struct filter *f = m->sources[p->source];
		struct frame fr = frame_at(f, p->frame);
		if (started &&
		    (p->source == source || !same_frame(out, fr.segment, fr.offset)))
			break;
		source = p->source;
		if (!started)
			*out = (struct frame){fr.offset, fr.segment, fr.first + p->shift, 0};
		if (!started && map)
			memset(map, 0, MAP_BYTES);
		out->last = fr.last + p->shift;
		for (size_t i = 0; map && i < MAP_BYTES; i++)
			map[i] |= map_at(f, p->frame)[i];
		started = true;
	}
	return started;
}

static int write_merged(const struct merge *m, const char *to, struct err *err)
{
	unsigned char map[MAP_BYTES];
	struct place p = {0};
	struct frame f;
	struct ifile w;
	size_t n = 0;
	if (ifile_begin(&w, to, err) < 0)
		return -1;
	while (next_joined(m, &p, &f, NULL))
		n++;
	write_header(&w, n);
	p = (struct place){0};
	while (next_joined(m, &p, &f, NULL))
		write_entry(&w, &f);
	p = (struct place){0};
	while (next_joined(m, &p, &f, map))
		ifile_add(&w, map, sizeof map);
	return ifile_end(&w, to, err);
}

int filter_merge(const char *const *from, const uint32_t *counts, size_t n, const char *to,
		 struct err *err)
{
	struct merge m = {err_alloc((n ? n : 1) * sizeof *m.sources), counts, n};
	int r = 1;
	for (size_t i = 0; i < n && r == 1; i++)
		r = filter_open(&m.sources[i], from[i], err);
	if (r == 1)
		r = write_merged(&m, to, err);
	for (size_t i = 0; i < n; i++)
		filter_close(&m.sources[i]);
	free(m.sources);
	return r;
}

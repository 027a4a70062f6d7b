#include "filter.h"

#include "file.h"
#include "ifile.h"

#include <stdlib.h>

#define MAGIC "sheaf-filter 1\n\n"
#define HEADER 32 /* magic, u64 number of frames, u64 zero */
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

void filter_add(struct filter_maker *mk, uint32_t docid, uint32_t segment, uint64_t frame,
		struct str mapped)
{
	unsigned char *map;
	if (mk->n && same_frame(&mk->frames[mk->n - 1], segment, frame)) {
		mk->frames[mk->n - 1].last = docid;
		map = mk->maps[mk->n - 1];
	} else {
		map = start_frame(mk, (struct frame){frame, segment, docid, docid});
	}
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

static int write_frames(const char *path, const struct frame *frames, unsigned char *const *maps,
			size_t n, struct err *err)
{
	struct ifile w;
	if (ifile_begin(&w, path, err) < 0)
		return -1;
	ifile_add(&w, MAGIC, sizeof MAGIC - 1);
	ifile_u64(&w, n);
	ifile_u64(&w, 0);
	for (size_t i = 0; i < n; i++) {
		ifile_u64(&w, frames[i].offset);
		ifile_u32(&w, frames[i].segment);
		ifile_u32(&w, frames[i].first);
		ifile_u32(&w, frames[i].last);
		ifile_u32(&w, 0);
	}
	for (size_t i = 0; i < n; i++)
		ifile_add(&w, maps[i], MAP_BYTES);
	return ifile_end(&w, path, err);
}

int filter_maker_write(struct filter_maker *mk, const char *path, struct err *err)
{
	return write_frames(path, mk->frames, mk->maps, mk->n, err);
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

/* Appends one filter's frames, its docids moved up by `shift`. A frame that two segments share
 * becomes one again. */
static void take_frames(struct filter_maker *mk, const struct filter *f, uint32_t shift)
{
	for (size_t i = 0; i < f->n; i++) {
		struct frame fr = frame_at(f, i);
		unsigned char *map;
		if (mk->n && same_frame(&mk->frames[mk->n - 1], fr.segment, fr.offset)) {
			map = mk->maps[mk->n - 1];
		} else {
			map = start_frame(mk, fr);
			mk->frames[mk->n - 1].first += shift;
		}
		mk->frames[mk->n - 1].last = fr.last + shift;
		for (size_t b = 0; b < MAP_BYTES; b++)
			map[b] |= map_at(f, i)[b];
	}
}

int filter_merge(const char *const *from, const uint32_t *counts, size_t n, const char *to,
		 struct err *err)
{
	struct filter_maker *mk = filter_maker_new();
	uint32_t shift = 0;
	int r = 1;
	for (size_t i = 0; i < n && r == 1; i++) {
		struct filter *f = NULL;
		r = filter_open(&f, from[i], err);
		if (r == 1)
			take_frames(mk, f, shift);
		filter_close(&f);
		shift += counts[i];
	}
	if (r == 1)
		r = filter_maker_write(mk, to, err);
	filter_maker_free(&mk);
	return r;
}

#include "records.h"

#include "file.h"
#include "ifile.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <threads.h>
#include <zstd.h>

#define MAGIC "sheaf-records 1\n"
#define HEAD 40  /* magic, documents, groups, where the table is */
#define ENTRY 12 /* first docid, offset */
/* What a group may hold: one that is nearly full, and then one large record. */
#define MAX_GROUP (RECORDS_HEADERS + RECORD_MAX_PACKED + 64)
/* A group that is larger is not kept in memory. */
#define MAX_KEPT ((size_t)1 << 20)
/* So many groups that are not larger than that are kept for each thread, one in each place that
 * their numbers lead to: the newest messages are on many pages. */
#define SLOTS 1024
#define MAX_SLOT ((size_t)16 << 10)
/* So many groups that come in turn, none farther than that from the one before, are a run. */
#define NEAR 16
#define AHEAD ((size_t)1 << 20)

/* ---- decompressing: each thread has a context, as making one costs more than a group ---- */

static once_flag once = ONCE_FLAG_INIT;
static tss_t key;
static atomic_uint_least64_t opened;

/* A group at hand. */
struct kept {
	uint64_t file;  /* struct records' number */
	uint32_t group; /* its number plus 1; 0: none */
	struct buf text;
};

struct desk {
	ZSTD_DCtx *z;
	struct kept slots[SLOTS];
};

static void free_desk(void *p)
{
	struct desk *d = p;
	ZSTD_freeDCtx(d->z);
	for (size_t i = 0; i < SLOTS; i++)
		buf_free(&d->slots[i].text);
	free(d);
}

static void make_key(void)
{
	if (tss_create(&key, free_desk) != thrd_success)
		err_die("no thread storage left");
}

static struct desk *desk(void)
{
	call_once(&once, make_key);
	struct desk *d = tss_get(key);
	if (d)
		return d;
	d = err_alloc(sizeof *d);
	for (size_t i = 0; i < SLOTS; i++)
		buf_init(&d->slots[i].text, MAX_SLOT);
	d->z = ZSTD_createDCtx();
	if (d->z == NULL || tss_set(key, d) != thrd_success)
		err_die("out of memory");
	return d;
}

/* ---- reading ---- */

struct records {
	uint64_t number; /* no other of this process has or had it */
	struct str map;
	const char *path; /* for errors */
	const char *table;
	uint32_t documents, groups;
	const struct dict *dict;
	struct kept large; /* the one used last that fits no slot */
	uint32_t last, run; /* group decompressed last; how many came near behind each other */
	uint64_t ahead;     /* up to there the system was told to read */
};

static int damaged(const struct records *r, struct err *err)
{
	return err_set(err, ERR_BROKEN, "'%s' is damaged", r->path);
}

uint32_t records_count(const struct records *r)
{
	return r->documents;
}

/* The first document of group i, and where the group begins; behind the last: of its end. */
static uint32_t first_of(const struct records *r, uint32_t i)
{
	return i < r->groups ? ifile_get32(r->table + (size_t)ENTRY * i) : r->documents + 1;
}

static uint64_t offset_of(const struct records *r, uint32_t i)
{
	return i < r->groups ? ifile_get64(r->table + (size_t)ENTRY * i + 4)
			     : (uint64_t)(r->table - r->map.p);
}

static bool is_sound(struct records *r)
{
	if (r->map.n < HEAD || memcmp(r->map.p, MAGIC, sizeof MAGIC - 1) != 0)
		return false;
	uint64_t documents = ifile_get64(r->map.p + 16), groups = ifile_get64(r->map.p + 24);
	uint64_t table = ifile_get64(r->map.p + 32);
	if (documents >= UINT32_MAX || groups > documents || (groups == 0) != (documents == 0) ||
	    table < HEAD || table > r->map.n || r->map.n - table != ENTRY * groups)
		return false;
	r->documents = (uint32_t)documents;
	r->groups = (uint32_t)groups;
	r->table = r->map.p + table;
	file_scattered(r->map, (size_t)table, (size_t)ENTRY * r->groups);
	if (groups > 0 && (first_of(r, 0) != 1 || offset_of(r, 0) != HEAD))
		return false;
	for (uint32_t i = 0; i < r->groups; i++)
		if (first_of(r, i) >= first_of(r, i + 1) || offset_of(r, i) > offset_of(r, i + 1))
			return false;
	return true;
}

int records_open(struct records **out, const char *path, const struct dict *dict,
		 struct err *err)
{
	struct records *r = *out = err_alloc(sizeof *r);
	r->dict = dict;
	char *copy = err_alloc(strlen(path) + 1);
	memcpy(copy, path, strlen(path));
	r->path = copy;
	buf_init(&r->large.text, MAX_KEPT);
	r->number = atomic_fetch_add(&opened, 1) + 1;
	int got = file_map(path, &r->map, err);
	file_scattered(r->map, 0, HEAD);
	if (got == 0)
		got = err_set(err, ERR_BROKEN, "'%s' is missing", path);
	else if (got > 0 && !is_sound(r))
		got = damaged(r, err);
	if (got < 0)
		records_close(out);
	return got;
}

void records_close(struct records **rp)
{
	struct records *r = *rp;
	if (r == NULL)
		return;
	file_unmap(&r->map);
	buf_free(&r->large.text);
	free((char *)r->path);
	free(r);
	*rp = NULL;
}

/* The compressed group, and its size when it is not. 1 or -1. */
static int frame_of(const struct records *r, uint32_t i, struct str *frame, size_t *size,
		    struct err *err)
{
	uint64_t from = offset_of(r, i);
	*frame = str_cut(r->map, (size_t)from, (size_t)offset_of(r, i + 1));
	unsigned long long n = ZSTD_getFrameContentSize(frame->p, frame->n);
	if (n > MAX_GROUP) /* also "unknown" and "not zstd" */
		return damaged(r, err);
	*size = (size_t)n;
	return 1;
}

static int expand(const struct records *r, struct str frame, char *to, size_t size,
		  struct err *err)
{
	unsigned id = ZSTD_getDictID_fromFrame(frame.p, frame.n);
	if (id != 0 && (r->dict == NULL || dict_id(r->dict) != id))
		return err_set(err, ERR_BROKEN, "the dictionary of '%s' is missing", r->path);
	size_t got = ZSTD_decompress_usingDDict(desk()->z, to, size, frame.p, frame.n,
						id ? dict_for_reading(r->dict) : NULL);
	return ZSTD_isError(got) || got != size ? damaged(r, err) : 1;
}

/* Whoever reads group after group waits less when the system reads ahead. */
static void read_ahead(struct records *r, uint32_t i)
{
	uint64_t at = offset_of(r, i);
	r->run = i > r->last && i - r->last <= NEAR ? r->run + 1 : 0;
	r->last = i;
	if (r->run == 0)
		r->ahead = 0;
	if (r->run < NEAR || at + AHEAD / 2 < r->ahead)
		return;
	file_scattered(r->map, (size_t)at, AHEAD);
	r->ahead = at + AHEAD;
}

/* The group, uncompressed: kept until the next call at least, or when it is large in the arena. */
static int group_of(struct records *r, struct arena *a, uint32_t i, struct str *out,
		    struct err *err)
{
	struct str frame;
	size_t size;
	struct kept *k = &desk()->slots[(r->number * 619 + i) % SLOTS];
	if (r->large.group == i + 1)
		k = &r->large;
	if (k->group == i + 1 && k->file == r->number) {
		*out = buf_all(&k->text);
		return 1;
	}
	read_ahead(r, i);
	if (frame_of(r, i, &frame, &size, err) < 0)
		return -1;
	if (size > MAX_KEPT) {
		char *p = arena_alloc(a, size);
		*out = (struct str){p, size};
		return expand(r, frame, p, size, err);
	}
	k = size > MAX_SLOT ? &r->large : k;
	k->group = 0;
	buf_clear(&k->text);
	char *p = buf_room(&k->text, size);
	if (p == NULL || expand(r, frame, p, size, err) < 0)
		return p ? -1 : damaged(r, err);
	buf_take(&k->text, size);
	k->group = i + 1;
	k->file = r->number;
	*out = buf_all(&k->text);
	return 1;
}

static uint32_t group_with(const struct records *r, uint32_t docid)
{
	uint32_t lo = 0, hi = r->groups;
	while (hi - lo > 1) {
		uint32_t mid = lo + (hi - lo) / 2;
		if (first_of(r, mid) <= docid)
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}

/* Cuts the next record off a group. */
static bool cut(struct str *group, struct str *out)
{
	if (group->n < 4)
		return false;
	size_t n = ifile_get32(group->p);
	if (n > group->n - 4)
		return false;
	*out = str_cut(*group, 4, 4 + n);
	*group = str_cut(*group, 4 + n, group->n);
	return true;
}

int records_get(struct records *r, struct arena *a, uint32_t docid, struct str *out,
		struct err *err)
{
	struct str group;
	if (docid < 1 || docid > r->documents)
		return err_set(err, ERR_BROKEN, "'%s' has no document %u", r->path, docid);
	uint32_t i = group_with(r, docid);
	if (group_of(r, a, i, &group, err) < 0)
		return -1;
	for (uint32_t at = first_of(r, i); at <= docid; at++)
		if (!cut(&group, out))
			return damaged(r, err);
	*out = arena_str(a, *out);
	return 1;
}

/* ---- writing ---- */

struct records_maker {
	struct ifile w;
	char *path;
	ZSTD_CCtx *c;
	struct dict *dict;
	size_t least; /* bytes of a group */
	struct buf group, frame, table;
	uint32_t documents, in_group;
	uint64_t groups;
};

int records_begin(struct records_maker **out, const char *path, size_t group, struct dict *dict,
		  struct err *err)
{
	static const char blank[HEAD];
	struct records_maker *m = *out = err_alloc(sizeof *m);
	m->dict = dict;
	m->least = group;
	m->path = err_alloc(strlen(path) + 1);
	memcpy(m->path, path, strlen(path));
	m->c = ZSTD_createCCtx();
	if (m->c == NULL)
		err_die("out of memory");
	ZSTD_CCtx_setParameter(m->c, ZSTD_c_compressionLevel, DICT_LEVEL);
	ZSTD_CCtx_refCDict(m->c, dict ? dict_for_writing(dict) : NULL);
	buf_init(&m->group, MAX_GROUP);
	buf_init(&m->frame, ZSTD_compressBound(MAX_GROUP));
	buf_init(&m->table, (size_t)ENTRY * UINT32_MAX);
	if (ifile_begin(&m->w, path, err) < 0)
		return -1;
	ifile_add(&m->w, blank, sizeof blank);
	return 1;
}

static void put32(struct buf *b, uint32_t v)
{
	const char p[] = {(char)v, (char)(v >> 8), (char)(v >> 16), (char)(v >> 24)};
	buf_add(b, p, sizeof p);
}

/* Enters a group that begins where the file now ends. */
static void enter(struct records_maker *m, uint32_t documents)
{
	put32(&m->table, m->documents + 1);
	put32(&m->table, (uint32_t)m->w.size);
	put32(&m->table, (uint32_t)(m->w.size >> 32));
	m->documents += documents;
	m->groups++;
}

static void flush(struct records_maker *m)
{
	if (m->in_group == 0)
		return;
	size_t room = ZSTD_compressBound(m->group.n);
	char *to = buf_room(&m->frame, room);
	size_t n = to ? ZSTD_compress2(m->c, to, room, m->group.p, m->group.n) : 0;
	if (to == NULL || ZSTD_isError(n))
		err_die("cannot compress records");
	enter(m, m->in_group);
	ifile_add(&m->w, to, n);
	m->in_group = 0;
	buf_clear(&m->group);
}

void records_add(struct records_maker *m, struct str packed)
{
	put32(&m->group, (uint32_t)packed.n);
	buf_str(&m->group, packed);
	if (m->group.full)
		err_die("a record is too large");
	m->in_group++;
	if (m->group.n >= m->least)
		flush(m);
}

int records_end(struct records_maker *m, struct err *err)
{
	flush(m);
	struct buf head;
	uint64_t table = m->w.size;
	const uint64_t numbers[] = {m->documents, m->groups, table};
	buf_init(&head, HEAD);
	buf_add(&head, MAGIC, sizeof MAGIC - 1);
	for (size_t i = 0; i < 3; i++) {
		put32(&head, (uint32_t)numbers[i]);
		put32(&head, (uint32_t)(numbers[i] >> 32));
	}
	ifile_add(&m->w, m->table.p, m->table.n);
	ifile_patch(&m->w, 0, head.p, head.n);
	buf_free(&head);
	return ifile_end(&m->w, m->path, err);
}

void records_abandon(struct records_maker **mp)
{
	struct records_maker *m = *mp;
	if (m == NULL)
		return;
	ifile_abandon(&m->w);
	ZSTD_freeCCtx(m->c);
	buf_free(&m->group);
	buf_free(&m->frame);
	buf_free(&m->table);
	free(m->path);
	free(m);
	*mp = NULL;
}

/* ---- joining ---- */

/* Copies a group of some size as it is; one that is small goes into larger ones. */
static int take_group(struct records_maker *m, struct records *r, uint32_t i, struct err *err)
{
	struct arena a = {0};
	struct str frame, group, record;
	size_t size;
	if (frame_of(r, i, &frame, &size, err) < 0)
		return -1;
	if (size >= m->least / 2) {
		flush(m);
		enter(m, first_of(r, i + 1) - first_of(r, i));
		ifile_add(&m->w, frame.p, frame.n);
		return 1;
	}
	int ok = group_of(r, &a, i, &group, err);
	for (uint32_t at = first_of(r, i); ok > 0 && at < first_of(r, i + 1); at++) {
		if (cut(&group, &record))
			records_add(m, record);
		else
			ok = damaged(r, err);
	}
	arena_free(&a);
	return ok;
}

int records_merge(struct records_maker *m, const char *const *from, size_t n, struct err *err)
{
	int ok = 1;
	for (size_t i = 0; ok > 0 && i < n; i++) {
		struct records *r = NULL;
		ok = records_open(&r, from[i], m->dict, err);
		if (ok > 0)
			file_sequential(r->map);
		for (uint32_t g = 0; ok > 0 && g < r->groups; g++)
			ok = take_group(m, r, g, err);
		records_close(&r);
	}
	return ok;
}

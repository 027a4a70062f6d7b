#define _GNU_SOURCE
#include "segcheck.h"

#include "file.h"
#include "framescan.h"
#include "leaf.h"
#include "pack.h"
#include "proc.h"
#include "scrub.h"
#include "segment.h"
#include "segwalk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define CHUNK ((uint64_t)512 << 10) /* bytes of a segment's file: one turn */
#define FLUSH ((size_t)64 << 10)
#define FACTS_MOST ((size_t)16 << 20)
#define EVENT_MOST (FACTS_MOST + ((size_t)1 << 20))
#define WORKERS_MOST 64

struct source {
	struct proc p;
	struct buf in;
	size_t used; /* bytes of it that are done with */
};

struct segcheck {
	const char *dir;
	const struct segcheck_range *ranges;
	size_t n;
	unsigned workers, now; /* whose turn it is */
	struct source source[WORKERS_MOST];
};

/* ---- the child ---- */

struct worker {
	const struct segcheck *all;
	unsigned index;
	int to, fd; /* the parent; the segment's file */
	uint32_t segment;
	uint64_t turn, bytes; /* bytes of this turn so far */
	struct buf out, event, facts;
	struct segwalk *walk;
	struct hash_ctx *hash;
};

static bool mine(const struct worker *w)
{
	return w->turn % w->all->workers == w->index;
}

/* A parent that does not listen has gone. */
static void flush(struct worker *w)
{
	struct err ignored;
	if (file_write(w->to, w->out.p, w->out.n, &ignored) < 0)
		_exit(1);
	buf_clear(&w->out);
}

static void put(struct worker *w, const struct segcheck_event *e)
{
	struct buf *b = &w->event;
	buf_clear(b);
	pack_u64(b, e->kind);
	pack_u64(b, w->segment);
	pack_u64(b, e->frame);
	pack_u64(b, e->end);
	pack_u64(b, e->raw);
	pack_u64(b, e->offset);
	pack_u64(b, e->size);
	buf_add(b, e->hash, HASH_BYTES);
	buf_add(b, e->leaf, HASH_BYTES);
	pack_str(b, e->name);
	pack_str(b, e->data);
	uint64_t n = b->n;
	buf_add(&w->out, &n, sizeof n);
	buf_str(&w->out, buf_all(b));
	if (w->out.full)
		_exit(1);
	if (w->out.n > FLUSH)
		flush(w);
}

static void put_damage(struct worker *w, struct segcheck_event e, const char *text)
{
	e.kind = SEGCHECK_DAMAGE;
	e.data = str_of(text);
	put(w, &e);
}

static void next_turn(struct worker *w)
{
	struct segcheck_event e = {.kind = SEGCHECK_TURN};
	if (mine(w)) {
		put(w, &e);
		flush(w);
	}
	w->turn++;
	w->bytes = 0;
}

static bool is_message(struct str name, unsigned char hash[HASH_BYTES])
{
	size_t n;
	return name.n == HASH_HEX + 4 && str_ends(name, STR(".eml")) &&
	       hash_unhex(str_cut(name, 0, HASH_HEX), hash, HASH_BYTES, &n);
}

/* A message, if its leaf could be found. */
static void put_leaf(struct worker *w, struct segcheck_event *e, int found, const struct err *err)
{
	if (found == 1)
		put(w, e);
	else
		put_damage(w, *e, found < 0 ? err->text : "a message without a salt or leaf");
}

/* 1 or -1; wrong bytes are told. */
static int message(struct worker *w, struct segcheck_event *e, struct err *err)
{
	struct str piece;
	unsigned char got[HASH_BYTES];
	int r;
	while ((r = segwalk_read(w->walk, &piece, err)) == 1)
		hash_add(w->hash, piece.p, piece.n);
	hash_end(w->hash, got);
	if (r < 0)
		return -1;
	e->kind = SEGCHECK_MESSAGE;
	if (memcmp(got, e->hash, HASH_BYTES) == 0)
		put_leaf(w, e, leaf_of(e->data, e->hash, e->leaf, err), err);
	else
		put_damage(w, *e, "the message's bytes have another SHA-256 than its name");
	return 1;
}

/* What is left of a message: as many zeros as it had bytes. */
static int destroyed(struct worker *w, struct segcheck_event *e, struct err *err)
{
	struct str piece;
	bool zeros = true;
	int r;
	while ((r = segwalk_read(w->walk, &piece, err)) == 1)
		for (size_t i = 0; i < piece.n; i++)
			zeros = zeros && piece.p[i] == 0;
	if (r < 0)
		return -1;
	e->kind = SEGCHECK_DESTROYED;
	if (zeros)
		put_leaf(w, e, leaf_left(e->data, e->leaf, err), err);
	else
		put_damage(w, *e, "a destroyed message has bytes");
	return 1;
}

static int facts(struct worker *w, struct segcheck_event *e, struct err *err)
{
	struct str piece;
	int r;
	buf_clear(&w->facts);
	while ((r = segwalk_read(w->walk, &piece, err)) == 1)
		buf_str(&w->facts, piece);
	if (r < 0)
		return -1;
	e->kind = SEGCHECK_FACTS;
	e->data = buf_all(&w->facts);
	if (w->facts.full)
		put_damage(w, *e, "facts of more than 16 MiB");
	else
		put(w, e);
	return 1;
}

static int member(struct worker *w, const struct segwalk_member *m, struct segcheck_event *e,
		  struct err *err)
{
	e->offset = m->offset;
	e->size = m->size;
	e->name = m->name;
	e->data = m->records;
	if (is_message(m->name, e->hash))
		return message(w, e, err);
	if (str_starts(m->name, STR(SCRUB_NAME)))
		return destroyed(w, e, err);
	return str_starts(m->name, STR("facts/")) ? facts(w, e, err) : 1;
}

/* All members of a frame. */
static void content(struct worker *w, const struct framescan_frame *f)
{
	struct segwalk_member m;
	struct err err = {0};
	struct segcheck_event e = {.frame = f->start, .end = f->end, .raw = f->raw};
	int r;
	bool members = false;
	segwalk_start(w->walk, w->fd, f->start, f->end);
	while ((r = segwalk_next(w->walk, &m, &err)) == 1) {
		members = true;
		e.frame = f->start;
		if ((r = member(w, &m, &e, &err)) < 0)
			break;
	}
	if (r < 0) {
		put_damage(w, e, err.text);
		return;
	}
	e = (struct segcheck_event){.kind = members ? SEGCHECK_FRAME : SEGCHECK_CLOSE,
				    .frame = f->start, .end = f->end, .raw = f->raw};
	put(w, &e);
}

static void frame(struct worker *w, const struct framescan_frame *f)
{
	struct segcheck_event e = {.kind = SEGCHECK_CUT, .frame = f->start, .end = f->end};
	switch (f->state) {
	case FRAMESCAN_SOUND:
		content(w, f);
		break;
	case FRAMESCAN_SKIP:
		break;
	case FRAMESCAN_DAMAGED:
		put_damage(w, e, "here is no sound zstd frame");
		break;
	case FRAMESCAN_CUT:
		put(w, &e);
	}
}

static void head(struct worker *w)
{
	unsigned char want[SEGMENT_HEAD + 1], got[SEGMENT_HEAD];
	struct err err;
	segment_head(want, w->segment);
	if (file_pread(w->fd, got, sizeof got, 0, &err) != 1 ||
	    memcmp(got, want, sizeof got) != 0)
		put_damage(w, (struct segcheck_event){.end = SEGMENT_HEAD},
			   "the first 32 bytes are not those of this segment");
}

static void segment(struct worker *w, const struct segcheck_range *range)
{
	char path[4096];
	struct framescan_frame f;
	struct err err = {0};
	int r;
	next_turn(w);
	w->segment = range->segment;
	segment_path(path, sizeof path, w->all->dir, range->segment);
	w->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (w->fd < 0) {
		err_errno(&err, ERR_BROKEN, "cannot open '%s'", path);
		if (mine(w))
			put_damage(w, (struct segcheck_event){0}, err.text);
		return;
	}
	if (mine(w))
		head(w);
	struct framescan s = {w->fd, SEGMENT_HEAD, range->to};
	while ((r = framescan_next(&s, &f, &err)) == 1) {
		if (w->bytes >= CHUNK)
			next_turn(w);
		w->bytes += f.end - f.start;
		if (mine(w))
			frame(w, &f);
	}
	if (r < 0 && mine(w))
		put_damage(w, (struct segcheck_event){.frame = s.at}, err.text);
	close(w->fd);
}

struct job {
	const struct segcheck *all;
	unsigned index;
};

static int run(void *arg, int fd)
{
	const struct job *job = arg;
	struct worker w = {.all = job->all, .index = job->index, .to = fd};
	struct segcheck_event end = {.kind = SEGCHECK_END};
	buf_init(&w.out, EVENT_MOST + 2 * FLUSH);
	buf_init(&w.event, EVENT_MOST);
	buf_init(&w.facts, FACTS_MOST);
	w.walk = segwalk_new(-1, 0, 0);
	w.hash = hash_new();
	for (size_t i = 0; i < job->all->n; i++)
		segment(&w, &job->all->ranges[i]);
	next_turn(&w);
	put(&w, &end);
	flush(&w);
	return 0;
}

/* ---- the parent ---- */

int segcheck_start(struct segcheck **out, const char *dir, const struct segcheck_range *ranges,
		   size_t n, unsigned workers, struct err *err)
{
	struct segcheck *s = err_alloc(sizeof *s);
	s->dir = dir;
	s->ranges = ranges;
	s->n = n;
	s->workers = workers ? workers : proc_cores();
	if (s->workers > WORKERS_MOST)
		s->workers = WORKERS_MOST;
	for (unsigned i = 0; i < s->workers; i++) {
		struct job job = {s, i};
		buf_init(&s->source[i].in, EVENT_MOST + 2 * FLUSH);
		if (proc_start(&s->source[i].p, run, &job, err) < 0) {
			segcheck_free(&s);
			return -1;
		}
	}
	*out = s;
	return 1;
}

void segcheck_free(struct segcheck **out)
{
	struct segcheck *s = *out;
	if (s == NULL)
		return;
	for (unsigned i = 0; i < s->workers; i++) {
		proc_kill(&s->source[i].p);
		buf_free(&s->source[i].in);
	}
	free(s);
	*out = NULL;
}

/* Until n bytes are at hand. 1 or -1. */
static int ensure(struct source *src, size_t n, struct err *err)
{
	while (src->in.n - src->used < n) {
		buf_drop(&src->in, src->used);
		src->used = 0;
		char *to = buf_room(&src->in, FLUSH);
		if (to == NULL)
			return err_set(err, ERR_BROKEN, "a checking process says too much");
		ssize_t r = read(src->p.fd, to, FLUSH);
		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return err_set(err, ERR_BROKEN, "a checking process died");
		buf_take(&src->in, (size_t)r);
	}
	return 1;
}

static bool unpack(struct str in, struct segcheck_event *e)
{
	uint64_t kind, number;
	*e = (struct segcheck_event){0};
	if (!pack_get_u64(&in, &kind) || !pack_get_u64(&in, &number) ||
	    !pack_get_u64(&in, &e->frame) || !pack_get_u64(&in, &e->end) ||
	    !pack_get_u64(&in, &e->raw) || !pack_get_u64(&in, &e->offset) ||
	    !pack_get_u64(&in, &e->size) || in.n < 2 * HASH_BYTES)
		return false;
	e->kind = (enum segcheck_kind)kind;
	e->segment = (uint32_t)number;
	memcpy(e->hash, in.p, HASH_BYTES);
	memcpy(e->leaf, in.p + HASH_BYTES, HASH_BYTES);
	in = str_cut(in, 2 * HASH_BYTES, in.n);
	return pack_get_str(&in, &e->name) && pack_get_str(&in, &e->data);
}

int segcheck_next(struct segcheck *s, struct segcheck_event *out, struct err *err)
{
	for (;;) {
		struct source *src = &s->source[s->now];
		uint64_t n;
		if (ensure(src, sizeof n, err) < 0)
			return -1;
		memcpy(&n, src->in.p + src->used, sizeof n);
		if (n > EVENT_MOST || ensure(src, sizeof n + (size_t)n, err) < 0)
			return err->kind ? -1 : err_set(err, ERR_BROKEN,
							"a checking process errs");
		struct str in = {src->in.p + src->used + sizeof n, (size_t)n};
		src->used += sizeof n + (size_t)n;
		if (!unpack(in, out))
			return err_set(err, ERR_BROKEN, "a checking process errs");
		if (out->kind == SEGCHECK_END)
			return 0;
		if (out->kind != SEGCHECK_TURN)
			return 1;
		s->now = (s->now + 1) % s->workers;
	}
}

#define _GNU_SOURCE
#define ZSTD_STATIC_LINKING_ONLY /* ZSTD_d_stableOutBuffer, ZSTD_FRAMEHEADERSIZE_MAX */
#include "frames.h"

#include "buf.h"
#include "file.h"

#include <pthread.h>
#include <stdlib.h>
#include <zstd.h>

/* Of a frame that somebody has, others look at `place` and `used` only. */
struct frame {
	struct frames_place place; /* ino 0: holds nothing */
	uint64_t used;             /* when it was taken last, by the clock of the set */
	bool taken, old;
	ZSTD_DCtx *z;
	struct buf packed; /* a block as in the file */
	struct buf text;   /* decompressed so far */
	size_t raw;        /* bytes of the whole content */
	uint64_t next;     /* in the file: what was not looked at yet */
	size_t want;       /* bytes that the decompressor asks for, 0: none */
};

struct frames {
	pthread_mutex_t lock;
	pthread_cond_t given;
	uint64_t clock;
	size_t n;
	struct frame *list;
};

/* The common ones, as long as somebody has a share. */
static pthread_mutex_t sharing = PTHREAD_MUTEX_INITIALIZER;
static struct frames *common;
static size_t shares;

static struct frames *make(size_t n)
{
	struct frames *s = err_alloc(sizeof *s);
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->given, NULL);
	s->n = n;
	s->list = err_alloc(n * sizeof *s->list);
	for (size_t i = 0; i < n; i++) {
		buf_init(&s->list[i].packed, ZSTD_DStreamInSize());
		buf_init(&s->list[i].text, FRAMES_MOST);
	}
	return s;
}

static void drop(struct frames *s)
{
	for (size_t i = 0; i < s->n; i++) {
		ZSTD_freeDCtx(s->list[i].z);
		buf_free(&s->list[i].packed);
		buf_free(&s->list[i].text);
	}
	free(s->list);
	pthread_cond_destroy(&s->given);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

struct frames *frames_new(bool shared)
{
	if (!shared)
		return make(1);
	pthread_mutex_lock(&sharing);
	if (shares++ == 0)
		common = make(FRAMES_SHARED);
	struct frames *s = common;
	pthread_mutex_unlock(&sharing);
	return s;
}

void frames_free(struct frames **sp)
{
	struct frames *s = *sp;
	*sp = NULL;
	if (s == NULL)
		return;
	pthread_mutex_lock(&sharing);
	bool last = s != common || --shares == 0;
	if (s == common && last)
		common = NULL;
	pthread_mutex_unlock(&sharing);
	if (last)
		drop(s);
}

/* ---- the content ---- */

static int damaged(const struct frame *f, struct err *err)
{
	return err_set(err, ERR_BROKEN, "damaged at byte %llu", (unsigned long long)f->place.at);
}

/* The next n bytes of the frame in the file. 1 or -1. */
static int fetch(struct frame *f, size_t n, struct str *out, struct err *err)
{
	buf_clear(&f->packed);
	char *p = n <= f->place.end - f->next ? buf_room(&f->packed, n) : NULL;
	int got = p ? file_pread(f->place.fd, p, n, (off_t)f->next, err) : 0;
	*out = (struct str){p, n};
	return got == 0 ? damaged(f, err) : got;
}

/* Its memory is where the content goes: without a window of its own it copies nothing, and takes
 * a tenth of the memory. A library that does not know the parameter does without. */
static void start(struct frame *f)
{
	if (f->z == NULL && (f->z = ZSTD_createDCtx()) == NULL)
		err_die("out of memory");
	ZSTD_DCtx_reset(f->z, ZSTD_reset_session_only);
	ZSTD_DCtx_setParameter(f->z, ZSTD_d_stableOutBuffer, 1);
	f->want = ZSTD_FRAMEHEADERSIZE_MIN(ZSTD_f_zstd1);
}

/* Looks at its header. 1; 0 it is not to be kept; -1. */
static int begin(struct frame *f, struct err *err)
{
	uint64_t n = f->place.end - f->place.at;
	struct str head;
	f->next = f->place.at;
	buf_clear(&f->text);
	if (fetch(f, n < ZSTD_FRAMEHEADERSIZE_MAX ? (size_t)n : ZSTD_FRAMEHEADERSIZE_MAX, &head,
		  err) < 0)
		return -1;
	unsigned long long raw = ZSTD_getFrameContentSize(head.p, head.n);
	if (raw == ZSTD_CONTENTSIZE_ERROR)
		return damaged(f, err);
	if (raw == ZSTD_CONTENTSIZE_UNKNOWN || raw > FRAMES_MOST)
		return 0;
	f->raw = (size_t)raw;
	buf_room(&f->text, f->raw);
	start(f);
	return 1;
}

/* Decompresses what was asked for, at most a block. 1 or -1. */
static int step(struct frame *f, struct err *err)
{
	struct str packed;
	if (fetch(f, f->want, &packed, err) < 0)
		return -1;
	ZSTD_inBuffer in = {packed.p, packed.n, 0};
	ZSTD_outBuffer out = {f->text.p, f->raw, f->text.n};
	f->want = ZSTD_decompressStream(f->z, &out, &in);
	if (ZSTD_isError(f->want) || in.pos == 0)
		return damaged(f, err);
	f->next += in.pos;
	buf_take(&f->text, out.pos - f->text.n);
	return 1;
}

int frames_text(struct frame *f, uint64_t to, struct str *out, struct err *err)
{
	int r = to > f->raw ? damaged(f, err) : 1;
	/* The checksum stands behind the last byte. */
	while (r > 0 && f->want && (f->text.n < to || to == f->raw))
		r = step(f, err);
	if (r > 0 && f->text.n < to)
		r = damaged(f, err);
	*out = str_cut(buf_all(&f->text), 0, r > 0 ? (size_t)to : 0);
	return r;
}

uint64_t frames_size(const struct frame *f)
{
	return f->raw;
}

bool frames_old(const struct frame *f)
{
	return f->old;
}

/* ---- taking and giving ---- */

static bool is_at(const struct frame *f, const struct frames_place *p)
{
	return f->place.ino == p->ino && f->place.dev == p->dev && f->place.at == p->at;
}

/* The frame, if it is kept, else that which was used longest ago. NULL: wait. */
static struct frame *choose(struct frames *s, const struct frames_place *p)
{
	struct frame *best = NULL;
	for (size_t i = 0; i < s->n; i++) {
		struct frame *f = &s->list[i];
		if (is_at(f, p))
			return f->taken ? NULL : f;
		if (!f->taken && (best == NULL || f->used < best->used))
			best = f;
	}
	return best;
}

int frames_take(struct frames *s, const struct frames_place *p, struct frame **out,
		struct err *err)
{
	struct frame *f;
	pthread_mutex_lock(&s->lock);
	while ((f = choose(s, p)) == NULL)
		pthread_cond_wait(&s->given, &s->lock);
	f->taken = true;
	f->used = ++s->clock;
	f->old = is_at(f, p);
	f->place = *p; /* its descriptor may be another */
	pthread_mutex_unlock(&s->lock);
	*out = f;
	int r = f->old ? 1 : begin(f, err);
	if (r <= 0)
		frames_give(s, out, false);
	return r;
}

void frames_give(struct frames *s, struct frame **fp, bool sound)
{
	struct frame *f = *fp;
	*fp = NULL;
	if (f == NULL)
		return;
	pthread_mutex_lock(&s->lock);
	f->taken = false;
	if (!sound) {
		f->place.ino = 0;
		f->used = 0;
	}
	pthread_cond_broadcast(&s->given);
	pthread_mutex_unlock(&s->lock);
}

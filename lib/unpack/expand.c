#include "expand.h"

#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

enum { PIECE = 128 * 1024 };

struct expand {
	struct source from;
	uint64_t ratio, slack;
	uint64_t taken, given;
	char *in;
	size_t at, n; /* what is in `in` and not used yet */
	bool gzip;
	bool middle;  /* in a member or frame */
	bool at_end, more; /* more: the output was full */
	z_stream z;
	ZSTD_DCtx *zstd;
	struct err failed; /* what comes next */
};

static uint32_t le32(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;
	return u[0] | (uint32_t)u[1] << 8 | (uint32_t)u[2] << 16 | (uint32_t)u[3] << 24;
}

static bool is_gzip(struct str head)
{
	return str_starts(head, STR("\x1f\x8b\x08"));
}

bool expand_packed(struct str head)
{
	if (is_gzip(head))
		return true;
	return head.n >= 4 &&
	       (le32(head.p) == 0xfd2fb528 || (le32(head.p) & 0xfffffff0) == 0x184d2a50);
}

struct expand *expand_open(struct source from, struct str head, uint64_t ratio, uint64_t slack)
{
	struct expand *e = err_alloc(sizeof *e);
	e->from = from;
	e->ratio = ratio;
	e->slack = slack;
	e->in = err_alloc(PIECE);
	e->gzip = is_gzip(head);
	if (e->gzip) {
		if (inflateInit2(&e->z, 15 + 16) != Z_OK) /* 15: window; 16: gzip */
			err_die("expand: out of memory");
		return e;
	}
	e->zstd = ZSTD_createDCtx();
	if (e->zstd == NULL)
		err_die("expand: out of memory");
	ZSTD_DCtx_setParameter(e->zstd, ZSTD_d_windowLogMax, 27);
	return e;
}

void expand_close(struct expand **e)
{
	if (*e == NULL)
		return;
	if ((*e)->gzip)
		inflateEnd(&(*e)->z);
	ZSTD_freeDCtx((*e)->zstd);
	free((*e)->in);
	free(*e);
	*e = NULL;
}

uint64_t expand_taken(const struct expand *e)
{
	return e->taken - (e->n - e->at);
}

/* Returns -1. */
static int damaged(struct expand *e, const char *why)
{
	return err_set(&e->failed, ERR_INPUT,
		       "damaged or cut off near byte %llu of the packed file: %s",
		       (unsigned long long)expand_taken(e), why);
}

/* Some bytes of a gzip member. Between two of them, and behind the last, zeros may stand. 1; -1. */
static int inflate_some(struct expand *e, char *out, size_t room, size_t *got)
{
	if (!e->middle) {
		while (e->at < e->n && e->in[e->at] == '\0' && e->given)
			e->at++;
		if (e->at == e->n)
			return 1;
		inflateReset(&e->z);
	}
	e->z.next_in = (Bytef *)e->in + e->at;
	e->z.avail_in = (uInt)(e->n - e->at);
	e->z.next_out = (Bytef *)out;
	e->z.avail_out = room < PIECE ? (uInt)room : PIECE;
	uInt most = e->z.avail_out;
	int r = inflate(&e->z, Z_NO_FLUSH);
	e->at = e->n - e->z.avail_in;
	*got = most - e->z.avail_out;
	e->more = e->z.avail_out == 0;
	e->middle = r != Z_STREAM_END;
	if (r == Z_OK || r == Z_STREAM_END || r == Z_BUF_ERROR)
		return 1;
	return damaged(e, e->z.msg ? e->z.msg : "not gzip");
}

static int unzstd_some(struct expand *e, char *out, size_t room, size_t *got)
{
	ZSTD_inBuffer i = {e->in, e->n, e->at};
	ZSTD_outBuffer o = {out, room, 0};
	size_t r = ZSTD_decompressStream(e->zstd, &o, &i);
	e->at = i.pos;
	*got = o.pos;
	e->more = o.pos == o.size;
	e->middle = r != 0;
	return ZSTD_isError(r) ? damaged(e, ZSTD_getErrorName(r)) : 1;
}

/* Makes sure that there is input, unless output is waiting. 1; 0 the end; -1. */
static int feed(struct expand *e)
{
	if (e->at < e->n || e->more)
		return 1;
	size_t got = 0;
	int r = e->from.read(e->from.arg, e->in, PIECE, &got, &e->failed);
	e->at = 0;
	e->n = r > 0 ? got : 0;
	e->taken += e->n;
	if (r == 0 && e->middle)
		return damaged(e, "the end is missing");
	return r;
}

/* Has too much come out? 1 no; -1. */
static int within(struct expand *e)
{
	if (e->given <= e->slack + e->ratio * e->taken)
		return 1;
	return err_set(&e->failed, ERR_INPUT,
		       "unpacks to over %llu times its size; refused at byte %llu of the "
		       "packed file",
		       (unsigned long long)e->ratio, (unsigned long long)expand_taken(e));
}

static int read_expanded(void *arg, void *p, size_t n, size_t *got, struct err *err)
{
	struct expand *e = arg;
	*got = 0;
	while (*got == 0 && e->failed.kind == ERR_NONE && !e->at_end) {
		int r = feed(e);
		e->at_end = r == 0;
		if (r <= 0)
			break;
		r = e->gzip ? inflate_some(e, p, n, got) : unzstd_some(e, p, n, got);
		e->given += *got;
		if (r > 0)
			within(e);
	}
	if (*got)
		return 1;
	*err = e->failed;
	return e->failed.kind == ERR_NONE ? 0 : -1;
}

struct source expand_source(struct expand *e)
{
	return (struct source){read_expanded, e};
}

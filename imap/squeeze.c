#include "squeeze.h"

#include <stdlib.h>
#include <zlib.h>

struct squeeze {
	z_stream in, out;
	uint64_t taken, given; /* bytes in and out of `in` */
	size_t from, to;       /* the input is buf[from..to) */
	unsigned char buf[SQUEEZE_WINDOW];
};

struct squeeze *squeeze_new(void)
{
	struct squeeze *z = err_alloc(sizeof *z);
	/* Without the header of zlib: that is what negative window bits say. */
	if (inflateInit2(&z->in, -MAX_WBITS) != Z_OK ||
	    deflateInit2(&z->out, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8,
			 Z_DEFAULT_STRATEGY) != Z_OK)
		err_die("squeeze: no memory");
	return z;
}

void squeeze_free(struct squeeze **z)
{
	if (*z == NULL)
		return;
	inflateEnd(&(*z)->in);
	deflateEnd(&(*z)->out);
	free(*z);
	*z = NULL;
}

void squeeze_pack(struct squeeze *z, struct str bytes, struct buf *out)
{
	unsigned char piece[4096];
	z->out.next_in = (unsigned char *)(uintptr_t)bytes.p;
	z->out.avail_in = (uInt)bytes.n;
	do {
		z->out.next_out = piece;
		z->out.avail_out = sizeof piece;
		if (deflate(&z->out, Z_SYNC_FLUSH) == Z_STREAM_ERROR)
			err_die("squeeze: deflate");
		buf_add(out, piece, sizeof piece - z->out.avail_out);
	} while (z->out.avail_out == 0);
}

int squeeze_fill(struct squeeze *z, struct str *in, struct err *err)
{
	if (z->from < z->to)
		return 1;
	z->in.next_in = (unsigned char *)(uintptr_t)in->p;
	z->in.avail_in = (uInt)in->n;
	z->in.next_out = z->buf;
	z->in.avail_out = sizeof z->buf;
	int r = inflate(&z->in, Z_SYNC_FLUSH);
	z->from = 0;
	z->to = sizeof z->buf - z->in.avail_out;
	z->taken += in->n - z->in.avail_in;
	z->given += z->to;
	*in = str_cut(*in, in->n - z->in.avail_in, in->n);
	if (r != Z_OK && r != Z_BUF_ERROR && !(r == Z_STREAM_END && z->to))
		return err_set(err, ERR_INPUT, "the server's compressed data is damaged, or ends");
	if (z->given > SQUEEZE_FREE && z->given / SQUEEZE_RATIO > z->taken)
		return err_set(err, ERR_INPUT, "the server's compressed data grows too much");
	return z->to > 0;
}

struct str squeeze_input(const struct squeeze *z)
{
	return (struct str){(const char *)z->buf + z->from, z->to - z->from};
}

void squeeze_eat(struct squeeze *z, size_t n)
{
	z->from += n;
}

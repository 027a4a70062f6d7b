#include "pack.h"

void pack_u64(struct buf *b, uint64_t v)
{
	char out[10];
	size_t n = 0;
	while (v >= 0x80) {
		out[n++] = (char)(v | 0x80);
		v >>= 7;
	}
	out[n++] = (char)v;
	buf_add(b, out, n);
}

void pack_i64(struct buf *b, int64_t v)
{
	pack_u64(b, ((uint64_t)v << 1) ^ (uint64_t)(v >> 63));
}

void pack_str(struct buf *b, struct str s)
{
	pack_u64(b, s.n);
	buf_str(b, s);
}

int pack_get_u64(struct str *in, uint64_t *out)
{
	uint64_t v = 0;
	for (size_t i = 0; i < in->n && i < 10; i++) {
		unsigned char c = (unsigned char)in->p[i];
		if (i == 9 && c > 1)
			return 0;
		v |= (uint64_t)(c & 0x7F) << (7 * i);
		if (c < 0x80) {
			*in = str_cut(*in, i + 1, in->n);
			*out = v;
			return 1;
		}
	}
	return 0;
}

int pack_get_i64(struct str *in, int64_t *out)
{
	uint64_t v;
	if (!pack_get_u64(in, &v))
		return 0;
	*out = (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
	return 1;
}

int pack_get_str(struct str *in, struct str *out)
{
	struct str rest = *in;
	uint64_t n;
	if (!pack_get_u64(&rest, &n) || n > rest.n)
		return 0;
	*out = str_cut(rest, 0, (size_t)n);
	*in = str_cut(rest, (size_t)n, rest.n);
	return 1;
}

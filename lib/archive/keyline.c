#include "keyline.h"

void keyline_number(struct buf *out, const char *key, uint64_t v)
{
	buf_fmt(out, "%s %llu\n", key, (unsigned long long)v);
}

void keyline_hash(struct buf *out, const char *key, const unsigned char hash[HASH_BYTES])
{
	char hex[HASH_HEX + 1];
	hash_hex(hash, HASH_BYTES, hex);
	buf_fmt(out, "%s %s\n", key, hex);
}

void keyline_segment(struct buf *out, uint32_t segment)
{
	buf_fmt(out, "segment %06u.tar.zst\n", segment);
}

struct str keyline_take(struct str *rest, const char *key)
{
	struct str line, name;
	if (str_split(rest, '\n', &line) == 0 || str_split(&line, ' ', &name) == 0 ||
	    !str_eq(name, str_of(key)))
		return (struct str){"", 0};
	return line;
}

uint64_t keyline_take_number(struct str *rest, const char *key)
{
	uint64_t v;
	return str_u64(keyline_take(rest, key), &v) ? v : 0;
}

void keyline_take_hash(struct str *rest, const char *key, unsigned char out[HASH_BYTES])
{
	size_t n;
	hash_unhex(keyline_take(rest, key), out, HASH_BYTES, &n);
}

uint32_t keyline_take_segment(struct str *rest)
{
	uint32_t v;
	struct str file = keyline_take(rest, "segment");
	ptrdiff_t dot = str_chr(file, '.');
	return dot > 0 && str_u32(str_cut(file, 0, (size_t)dot), &v) ? v : 0;
}

#define _GNU_SOURCE
#include "sealtext.h"

static void hex_line(struct buf *out, const char *key, const unsigned char *hash)
{
	char hex[HASH_HEX + 1];
	hash_hex(hash, HASH_BYTES, hex);
	buf_fmt(out, "%s %s\n", key, hex);
}

static void number_line(struct buf *out, const char *key, uint64_t v)
{
	buf_fmt(out, "%s %llu\n", key, (unsigned long long)v);
}

void sealtext_write(const struct sealtext *s, struct buf *out)
{
	buf_str(out, s->at.origin);
	buf_fmt(out, "\n%llu\n", (unsigned long long)s->at.head.size);
	note_base64(out, s->at.head.root, HASH_BYTES);
	buf_fmt(out, "\nseal 1\nsegment %06u.tar.zst\n", s->segment);
	number_line(out, "size", s->size);
	hex_line(out, "sha256", s->sha256);
	number_line(out, "messages", s->messages);
	number_line(out, "bytes", s->bytes);
	number_line(out, "first", s->first);
	number_line(out, "last", s->last);
	number_line(out, "change", s->change);
	hex_line(out, "previous", s->previous);
}

/* The value of the next line, which begins with the key. */
static struct str value(struct str *rest, const char *key)
{
	struct str line, name;
	if (str_split(rest, '\n', &line) == 0 || str_split(&line, ' ', &name) == 0 ||
	    !str_eq(name, str_of(key)))
		return (struct str){"", 0};
	return line;
}

static uint64_t number(struct str *rest, const char *key)
{
	uint64_t v;
	return str_u64(value(rest, key), &v) ? v : 0;
}

static void hash(struct str *rest, const char *key, unsigned char out[HASH_BYTES])
{
	size_t n;
	hash_unhex(value(rest, key), out, HASH_BYTES, &n);
}

/* Takes what it can; the text written from that is the same only if all was as it must be. */
int sealtext_read(struct str text, struct sealtext *out, struct err *err)
{
	struct buf again;
	*out = (struct sealtext){0};
	if (note_checkpoint(text, &out->at, err) < 0)
		return -1;
	struct str rest = out->at.rest, file;
	value(&rest, "seal");
	file = value(&rest, "segment");
	ptrdiff_t dot = str_chr(file, '.');
	if (dot < 1 || !str_u32(str_cut(file, 0, (size_t)dot), &out->segment))
		return err_set(err, ERR_INPUT, "a checkpoint, but not a seal");
	out->size = number(&rest, "size");
	hash(&rest, "sha256", out->sha256);
	out->messages = number(&rest, "messages");
	out->bytes = number(&rest, "bytes");
	out->first = number(&rest, "first");
	out->last = number(&rest, "last");
	out->change = number(&rest, "change");
	hash(&rest, "previous", out->previous);
	buf_init(&again, NOTE_MOST);
	sealtext_write(out, &again);
	bool same = str_eq(buf_all(&again), text);
	buf_free(&again);
	return same ? 1 : err_set(err, ERR_INPUT, "a checkpoint, but not a seal");
}

#define _GNU_SOURCE
#include "sealtext.h"

#include "keyline.h"

void sealtext_write(const struct sealtext *s, struct buf *out)
{
	buf_str(out, s->at.origin);
	buf_fmt(out, "\n%llu\n", (unsigned long long)s->at.head.size);
	note_base64(out, s->at.head.root, HASH_BYTES);
	buf_str(out, STR("\nseal 1\n"));
	keyline_segment(out, s->segment);
	keyline_number(out, "size", s->size);
	keyline_hash(out, "sha256", s->sha256);
	keyline_number(out, "messages", s->messages);
	keyline_number(out, "bytes", s->bytes);
	keyline_number(out, "first", s->first);
	keyline_number(out, "last", s->last);
	keyline_number(out, "change", s->change);
	keyline_hash(out, "previous", s->previous);
}

int sealtext_read(struct str text, struct sealtext *out, struct err *err)
{
	struct buf again;
	*out = (struct sealtext){0};
	if (note_checkpoint(text, &out->at, err) < 0)
		return -1;
	struct str rest = out->at.rest;
	keyline_take(&rest, "seal");
	out->segment = keyline_take_segment(&rest);
	out->size = keyline_take_number(&rest, "size");
	keyline_take_hash(&rest, "sha256", out->sha256);
	out->messages = keyline_take_number(&rest, "messages");
	out->bytes = keyline_take_number(&rest, "bytes");
	out->first = keyline_take_number(&rest, "first");
	out->last = keyline_take_number(&rest, "last");
	out->change = keyline_take_number(&rest, "change");
	keyline_take_hash(&rest, "previous", out->previous);
	buf_init(&again, NOTE_MOST);
	sealtext_write(out, &again);
	bool same = str_eq(buf_all(&again), text);
	buf_free(&again);
	return same ? 1 : err_set(err, ERR_INPUT, "a checkpoint, but not a seal");
}

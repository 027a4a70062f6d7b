#include "rewrite.h"

#include "file.h"
#include "keyline.h"
#include "sealkey.h"

#include <stdio.h>

void rewrite_path(char *path, size_t n, const char *dir, uint32_t segment)
{
	snprintf(path, n, "%s/segments/%06u.rewrite", dir, segment);
}

void rewrite_write(const struct rewrite *w, struct buf *out)
{
	buf_str(out, w->origin);
	buf_str(out, STR("\nrewrite 1\n"));
	keyline_segment(out, w->segment);
	keyline_number(out, "size", w->size);
	keyline_hash(out, "sha256", w->sha256);
	keyline_hash(out, "replaces", w->replaces);
	keyline_number(out, "destroyed", w->destroyed);
	keyline_hash(out, "seal", w->seal);
}

int rewrite_read(struct str text, struct rewrite *out, struct err *err)
{
	struct buf again;
	struct str rest = text;
	*out = (struct rewrite){0};
	str_split(&rest, '\n', &out->origin);
	keyline_take(&rest, "rewrite");
	out->segment = keyline_take_segment(&rest);
	out->size = keyline_take_number(&rest, "size");
	keyline_take_hash(&rest, "sha256", out->sha256);
	keyline_take_hash(&rest, "replaces", out->replaces);
	out->destroyed = keyline_take_number(&rest, "destroyed");
	keyline_take_hash(&rest, "seal", out->seal);
	buf_init(&again, NOTE_MOST);
	rewrite_write(out, &again);
	bool same = str_eq(buf_all(&again), text);
	buf_free(&again);
	return same ? 1 : err_set(err, ERR_INPUT, "not a rewrite note");
}

int rewrite_put(const char *dir, struct rewrite *w, struct err *err)
{
	struct note_signer *signer = NULL;
	struct note_key key;
	struct buf text, note;
	char path[4096];
	if (sealkey_open(dir, false, &signer, &key, err) < 0)
		return -1;
	buf_init(&text, NOTE_MOST);
	buf_init(&note, NOTE_MOST);
	w->origin = str_of(key.name);
	rewrite_write(w, &text);
	int r = note_sign(signer, &key, buf_all(&text), &note, err);
	rewrite_path(path, sizeof path, dir, w->segment);
	if (r == 1)
		r = file_replace(path, buf_all(&note), err);
	buf_free(&text);
	buf_free(&note);
	note_free(&signer);
	return r < 0 ? -1 : 1;
}

int rewrite_get(const char *dir, uint32_t segment, const struct note_key *key, struct buf *text,
		struct rewrite *out, struct err *err)
{
	char path[4096];
	struct str signed_text;
	rewrite_path(path, sizeof path, dir, segment);
	int r = file_load(path, text, err);
	if (r < 1)
		return r;
	if (note_verify(buf_all(text), key, &signed_text, err) < 0 ||
	    rewrite_read(signed_text, out, err) < 0)
		return -1;
	if (out->segment != segment || !str_eq(out->origin, str_of(key->name)))
		return err_set(err, ERR_INPUT, "a rewrite note of another segment or archive");
	return 1;
}

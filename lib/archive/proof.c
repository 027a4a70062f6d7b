#define _GNU_SOURCE
#include "proof.h"

#include "leaf.h"
#include "seal.h"
#include "sealdb.h"
#include "sealkey.h"
#include "segment.h"
#include "segwalk.h"
#include "txn.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

#define FACTS_MOST ((size_t)1 << 20)

/* Two notes, and the proof between what they stand for. */
struct proof {
	struct arena a;
	struct note_key key;
	struct str note; /* the newest seal */
	struct note_checkpoint now;
	struct merkle_proof path;
};

/* Verifies a note of this archive and reads its checkpoint. */
static int read_note(const struct proof *p, struct str note, struct note_checkpoint *out,
		     struct err *err)
{
	struct str text;
	if (note_verify(note, &p->key, &text, err) < 0 || note_checkpoint(text, out, err) < 0)
		return -1;
	if (!str_eq(out->origin, str_of(p->key.name)))
		return err_set(err, ERR_INPUT, "the checkpoint is of another archive");
	return 1;
}

/* The newest seal. ERR_INPUT when there is none. */
static int start(struct proof *p, struct archive *ar, struct err *err)
{
	*p = (struct proof){0};
	int r = seal_newest(ar, &p->a, &p->note, err);
	if (r == 1)
		r = sealkey_public(archive_dir(ar), &p->key, err);
	if (r == 0)
		return err_set(err, ERR_INPUT, "nothing is sealed yet (sheaf seal does it)");
	if (r == 1 && read_note(p, p->note, &p->now, err) < 0) {
		err->kind = ERR_BROKEN;
		r = err_wrap(err, "the newest seal");
	}
	return r;
}

static int disagrees(struct err *err)
{
	return err_set(err, ERR_BROKEN, "the catalog does not agree with the newest seal");
}

static json_t *hex(const unsigned char *p, size_t n)
{
	char text[2 * HASH_BYTES + 1];
	hash_hex(p, n, text);
	return json_string(text);
}

static json_t *path(const struct merkle_proof *p)
{
	json_t *list = json_array();
	for (size_t i = 0; i < p->n; i++)
		json_array_append_new(list, hex(p->hash[i], HASH_BYTES));
	return list;
}

/* Writes the object and lets go of it. */
static int emit(struct buf *out, json_t *o, struct err *err)
{
	char *text = json_dumps(o, JSON_INDENT(1));
	if (text == NULL)
		err_die("proof: out of memory");
	buf_str(out, str_of(text));
	buf_chr(out, '\n');
	free(text);
	json_decref(o);
	return out->full ? err_set(err, ERR_INPUT, "the proof is too long") : 1;
}

/* Salt and facts of the message, from its member. */
static int member(struct archive *ar, const struct archive_msg *m,
		  unsigned char salt[LEAF_SALT], struct buf *facts, struct err *err)
{
	char file[4096], name[HASH_HEX + 1];
	struct segwalk_member at;
	segment_path(file, sizeof file, archive_dir(ar), m->segment);
	hash_hex(m->hash, HASH_BYTES, name);
	int fd = open(file, O_RDONLY | O_CLOEXEC), r;
	if (fd < 0)
		return err_errno(err, ERR_BROKEN, "cannot open segment '%s'", file);
	struct segwalk *w = segwalk_new(fd, m->frame, m->frame_end);
	while ((r = segwalk_next(w, &at, err)) == 1)
		if (at.offset == m->offset && str_starts(at.name, str_of(name)))
			break;
	if (r == 1)
		r = leaf_records(at.records, salt, facts, err);
	segwalk_free(&w);
	close(fd);
	if (r == 0)
		return err_set(err, ERR_BROKEN, "message %llu has no salt in segment '%s'",
			       (unsigned long long)m->number, file);
	return r;
}

/* The bytes are read whole, so what is proved is there. */
static int read_whole(struct archive *ar, const struct archive_msg *m, struct err *err)
{
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return err_errno(err, ERR_BROKEN, "cannot open '/dev/null'");
	int r = archive_copy_out(ar, m, fd, err);
	close(fd);
	return r;
}

static int include(struct proof *p, struct archive *ar, const struct archive_msg *m,
		   struct buf *out, struct err *err)
{
	struct merkle_range ranges[MERKLE_MOST];
	struct db *db = archive_txn(ar)->db;
	unsigned char salt[LEAF_SALT], leaf[HASH_BYTES];
	struct buf facts, text;
	uint64_t index = m->number - 1;
	buf_init(&facts, FACTS_MOST);
	buf_init(&text, 2 * FACTS_MOST);
	int r = member(ar, m, salt, &facts, err);
	if (r == 1)
		r = sealdb_proof(db, ranges, merkle_inclusion(index, p->now.head.size, ranges),
				 &p->path, err);
	if (r == 1) {
		leaf_hash(salt, m->hash, buf_all(&facts), leaf);
		if (!merkle_included(leaf, index, &p->path, &p->now.head))
			r = disagrees(err);
	}
	note_base64(&text, facts.p ? facts.p : "", facts.n);
	if (r == 1)
		r = emit(out, json_pack("{s:s, s:o, s:o, s:s, s:I, s:I, s:o, s:s}", "proof",
					 "inclusion 1", "message", hex(m->hash, HASH_BYTES), "salt",
					 hex(salt, LEAF_SALT), "facts", buf_cstr(&text), "index",
					 (json_int_t)index, "size", (json_int_t)p->now.head.size,
					 "path", path(&p->path), "checkpoint", p->note.p), err);
	buf_free(&facts);
	buf_free(&text);
	return r;
}

int proof_message(struct archive *ar, const struct archive_msg *m, struct buf *out,
		  struct err *err)
{
	struct proof p;
	int r = start(&p, ar, err);
	if (r == 1 && m->number > p.now.head.size)
		r = err_set(err, ERR_INPUT, "the message came after the newest seal (sheaf seal "
					    "makes another)");
	if (r == 1)
		r = read_whole(ar, m, err);
	if (r == 1)
		r = include(&p, ar, m, out, err);
	arena_free(&p.a);
	return r;
}

static int grows(struct proof *p, struct archive *ar, struct str old, struct buf *out,
		 struct err *err)
{
	struct merkle_range ranges[MERKLE_MOST];
	struct note_checkpoint before;
	if (read_note(p, old, &before, err) < 0)
		return err_wrap(err, "the older checkpoint");
	size_t n = merkle_consistency(before.head.size, p->now.head.size, ranges);
	if (sealdb_proof(archive_txn(ar)->db, ranges, n, &p->path, err) < 0)
		return -1;
	if (!merkle_consistent(&before.head, &p->path, &p->now.head))
		return err_set(err, ERR_BROKEN, "the log of the older checkpoint is not the "
						"beginning of the archive's");
	old = arena_str(&p->a, old);
	return emit(out, json_pack("{s:s, s:s, s:s, s:o}", "proof", "consistency 1", "old", old.p,
				    "checkpoint", p->note.p, "path", path(&p->path)), err);
}

int proof_since(struct archive *ar, struct str old, struct buf *out, struct err *err)
{
	struct proof p;
	int r = start(&p, ar, err);
	if (r == 1)
		r = grows(&p, ar, old, out, err);
	arena_free(&p.a);
	return r;
}

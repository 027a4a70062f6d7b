#define _GNU_SOURCE
#include "seal.h"

#include "file.h"
#include "sealdb.h"
#include "sealkey.h"
#include "txn.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PIECE ((size_t)256 << 10)

void seal_path(char *path, size_t n, const char *dir, uint32_t segment)
{
	snprintf(path, n, "%s/segments/%06u.seal", dir, segment);
}

/* What stands before the signature. */
static struct str unsigned_text(struct str note)
{
	ptrdiff_t end = str_find(note, STR("\n\n"));
	return end < 0 ? (struct str){"", 0} : str_cut(note, 0, (size_t)end + 1);
}

int seal_read(struct str note, struct sealtext *out)
{
	struct err ignored;
	return sealtext_read(unsigned_text(note), out, &ignored) == 1;
}

static int hash_fd(int fd, uint64_t *size, unsigned char out[HASH_BYTES])
{
	struct hash_ctx *h = hash_new();
	char *piece = err_alloc(PIECE);
	ssize_t r;
	*size = 0;
	for (;;) {
		r = read(fd, piece, PIECE);
		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			break;
		hash_add(h, piece, (size_t)r);
		*size += (uint64_t)r;
	}
	hash_end(h, out);
	hash_free(&h);
	free(piece);
	return r < 0 ? -1 : 1;
}

int seal_hash_file(const char *path, uint64_t *size, unsigned char out[HASH_BYTES],
		   struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : err_errno(err, ERR_BROKEN, "cannot open '%s'", path);
	int r = hash_fd(fd, size, out);
	if (r < 0)
		err_errno(err, ERR_BROKEN, "cannot read '%s'", path);
	close(fd);
	return r;
}

/* What the seal before this one says: where its tree ended, and its hash. */
struct before {
	uint64_t last; /* messages it covers */
	unsigned char hash[HASH_BYTES];
	struct merkle tree;
};

static int look_back(struct txn *t, struct arena *a, struct before *b, struct err *err)
{
	struct sealdb_row row;
	struct sealtext s;
	*b = (struct before){0};
	int r = sealdb_get(t->db, a, 0, &row, err);
	if (r < 1)
		return r < 0 ? -1 : 1;
	if (!seal_read(row.seal, &s))
		return err_set(err, ERR_BROKEN, "catalog holds a bad seal of segment %u",
			       row.segment);
	hash_of(row.seal, b->hash);
	b->last = s.at.head.size;
	if (!merkle_load(&b->tree, b->last, row.tree))
		b->tree = (struct merkle){0}; /* a rebuilt catalog: count anew */
	return 1;
}

/* Ends the file and takes its hash. */
static int finish_file(struct txn *t, struct sealtext *s, struct err *err)
{
	char path[4096];
	segment_path(path, sizeof path, t->dir, t->committed.segment);
	if (segment_end(t->seg, err) < 0 || segment_sync(t->seg, err) < 0)
		return -1;
	int r = seal_hash_file(path, &s->size, s->sha256, err);
	if (r == 1 && s->size == segment_size(t->seg))
		return 1;
	return r < 0 ? -1 : err_set(err, ERR_BROKEN, "segment '%s' changed while it was sealed",
				    path);
}

/* The signed text of the seal, and the tree as it stands then. */
static int make(struct txn *t, struct arena *a, struct sealdb_row *row, struct err *err)
{
	struct before b;
	struct sealdb_sums sums;
	struct sealtext s = {.segment = t->committed.segment,
			     .change = (uint64_t)t->committed.change};
	struct note_signer *signer = NULL;
	struct note_key key;
	unsigned char tree[64 * HASH_BYTES];
	struct buf text, note;
	uint64_t last = (uint64_t)t->committed.last;
	if (look_back(t, a, &b, err) < 0 ||
	    sealkey_open(t->dir, t->committed.segment == 1, &signer, &key, err) < 0)
		return -1;
	buf_init(&text, NOTE_MOST);
	buf_init(&note, NOTE_MOST);
	int r = sealdb_sum(t->db, b.last, 0, &sums, err);
	if (r == 1)
		r = sealdb_grow(t->db, &b.tree, last, err);
	if (r == 1)
		r = finish_file(t, &s, err);
	if (r == 1) {
		s.at.origin = str_of(key.name);
		s.at.head.size = last;
		merkle_root(&b.tree, s.at.head.root);
		s.messages = sums.messages;
		s.bytes = sums.bytes;
		s.first = sums.first;
		s.last = sums.last;
		memcpy(s.previous, b.hash, HASH_BYTES);
		sealtext_write(&s, &text);
		r = note_sign(signer, &key, buf_all(&text), &note, err);
	}
	*row = (struct sealdb_row){.segment = s.segment, .size = s.size};
	row->seal = arena_str(a, buf_all(&note));
	row->tree = arena_str(a, (struct str){(char *)tree, merkle_save(&b.tree, tree)});
	buf_free(&text);
	buf_free(&note);
	note_free(&signer);
	return r;
}

/* From here on the segment is sealed. */
static int record(struct txn *t, const struct sealdb_row *row, struct err *err)
{
	if (db_exec(t->db, "BEGIN IMMEDIATE", err) < 0)
		return -1;
	t->changing = true;
	if (sealdb_put(t->db, row, err) < 0)
		return -1;
	t->committing = true;
	if (db_exec(t->db, "COMMIT", err) < 0)
		return -1;
	t->changing = t->committing = false;
	t->committed.size = row->size;
	t->committed.sealed = true;
	t->now = t->committed;
	segment_close(&t->seg);
	return 1;
}

static int write_file(struct txn *t, const struct sealdb_row *row, struct err *err)
{
	char path[4096];
	seal_path(path, sizeof path, t->dir, row->segment);
	return file_replace(path, row->seal, err);
}

int seal_segment(struct txn *t, struct err *err)
{
	struct arena a = {0};
	struct sealdb_row row;
	int r = make(t, &a, &row, err);
	if (r == 1)
		r = record(t, &row, err);
	if (r == 1)
		r = write_file(t, &row, err);
	arena_free(&a);
	if (r < 0) {
		err_wrap(err, "cannot seal segment %u", t->committed.segment);
		return txn_give_up(t, err);
	}
	return 1;
}

int seal_recover(struct txn *t, struct err *err)
{
	struct arena a = {0};
	struct sealdb_row row;
	char path[4096];
	int r = 1;
	if (!t->committed.sealed)
		return 1;
	seal_path(path, sizeof path, t->dir, t->committed.segment);
	if (access(path, F_OK) < 0) {
		r = sealdb_get(t->db, &a, t->committed.segment, &row, err);
		r = r == 1 ? write_file(t, &row, err) : r;
	}
	arena_free(&a);
	return r < 0 ? -1 : 1;
}

int seal_now(struct archive *ar, struct err *err)
{
	struct txn *t = archive_txn(ar);
	if (archive_commit(ar, err) < 0)
		return -1;
	if (t->seg == NULL || t->committed.size <= SEGMENT_HEAD)
		return 0;
	return seal_segment(t, err);
}

int seal_newest(struct archive *ar, struct arena *a, struct str *out, struct err *err)
{
	struct sealdb_row row;
	int r = sealdb_get(archive_txn(ar)->db, a, 0, &row, err);
	if (r == 1)
		*out = row.seal;
	return r;
}

#define _GNU_SOURCE
#include "sealcheck.h"

#include "catalog.h"
#include "file.h"
#include "rewrite.h"
#include "seal.h"
#include "sealdb.h"
#include "sealkey.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

struct check {
	struct db *db;
	const char *dir;
	struct arena a;
	bool files;
	struct note_key key;
	bool have_key;
	struct merkle tree; /* of the leaves so far */
	bool tree_lost;     /* a leaf is missing: no head can be computed any more */
	unsigned char previous[HASH_BYTES];
	struct findings *f;
	struct sealcheck_result *out;
};

static void found(struct check *c, uint32_t segment, const char *what)
{
	struct findings_item at = {.segment = segment};
	findings_add(c->f, &at, "%s", what);
}

/* Is it the file that the rewrite note names, or the one that note replaces? */
static int rewritten(const char *dir, const struct sealtext *s, struct str seal,
		     const struct note_key *key, const unsigned char hash[HASH_BYTES],
		     struct err *err)
{
	struct rewrite w;
	struct buf text;
	unsigned char of[HASH_BYTES];
	buf_init(&text, NOTE_MOST);
	int r = rewrite_get(dir, s->segment, key, &text, &w, err);
	hash_of(seal, of);
	if (r == 0 || (r == 1 && (w.size != s->size || memcmp(w.seal, of, HASH_BYTES) != 0 ||
				  (memcmp(w.sha256, hash, HASH_BYTES) != 0 &&
				   memcmp(w.replaces, hash, HASH_BYTES) != 0)))) {
		err_set(err, ERR_BROKEN, "the segment's SHA-256 is not the one of its seal");
		r = 0;
	} else if (r < 0 && err->kind == ERR_INPUT) {
		err_wrap(err, "its rewrite note");
		r = 0;
	}
	buf_free(&text);
	return r;
}

int sealcheck_file(const char *dir, const struct sealtext *s, struct str seal,
		   const struct note_key *key, struct err *err)
{
	char path[4096];
	unsigned char hash[HASH_BYTES];
	uint64_t size;
	segment_path(path, sizeof path, dir, s->segment);
	int r = seal_hash_file(path, &size, hash, err);
	if (r == 0) {
		err_set(err, ERR_BROKEN, "the segment is missing");
		return 0;
	}
	if (r < 0)
		return 0; /* what cannot be read is not sound */
	if (memcmp(hash, s->sha256, HASH_BYTES) == 0)
		return 1;
	return rewritten(dir, s, seal, key, hash, err);
}

int sealcheck_wanted(const char *dir, const struct sealtext *s, struct str seal,
		     const struct note_key *key, unsigned char out[HASH_BYTES], struct err *err)
{
	struct rewrite w;
	struct buf text;
	unsigned char of[HASH_BYTES];
	buf_init(&text, NOTE_MOST);
	hash_of(seal, of);
	int r = rewrite_get(dir, s->segment, key, &text, &w, err);
	if (r == 1 && memcmp(w.seal, of, HASH_BYTES) != 0)
		r = err_set(err, ERR_INPUT, "the rewrite note is of another seal");
	if (r >= 0)
		memcpy(out, r == 1 ? w.sha256 : s->sha256, HASH_BYTES);
	buf_free(&text);
	return r < 0 ? -1 : 1;
}

/* The file of the segment against its seal. */
static int check_file(struct check *c, const struct sealtext *s, struct str seal, struct err *err)
{
	char path[4096];
	struct stat st;
	segment_path(path, sizeof path, c->dir, s->segment);
	if (stat(path, &st) < 0) {
		found(c, s->segment, "the segment is missing or not readable");
		return 1;
	}
	if ((uint64_t)st.st_size != s->size) {
		struct findings_item at = {.segment = s->segment};
		findings_add(c->f, &at, "the segment has %lld bytes, its seal says %llu",
			     (long long)st.st_size, (unsigned long long)s->size);
		return 1;
	}
	if (!c->files)
		return 1;
	int r = sealcheck_file(c->dir, s, seal, &c->key, err);
	if (r == 0)
		found(c, s->segment, err->text);
	return r < 0 ? -1 : 1;
}

/* The catalog's messages and leaves against the seal. */
static int check_log(struct check *c, const struct sealtext *s, struct err *err)
{
	struct sealdb_sums sums;
	unsigned char root[HASH_BYTES];
	uint64_t before = c->tree.size, size = s->at.head.size;
	if (size < before || c->tree_lost) {
		found(c, s->segment, c->tree_lost ?
			"the log's head cannot be computed" :
			"the log is shorter than in the seal before");
		return 1;
	}
	sums = (struct sealdb_sums){0};
	if (size > before && sealdb_sum(c->db, before, size, &sums, err) < 0)
		return -1;
	if (sums.messages != s->messages || sums.bytes != s->bytes || sums.first != s->first ||
	    sums.last != s->last)
		found(c, s->segment, "the catalog's messages are not those of the seal");
	if (sealdb_grow(c->db, &c->tree, size, err) < 0) {
		if (err->kind == ERR_LATER)
			return -1;
		found(c, s->segment, err->text);
		c->tree_lost = true;
		return 1;
	}
	merkle_root(&c->tree, root);
	if (memcmp(root, s->at.head.root, HASH_BYTES) != 0)
		found(c, s->segment, "the leaves of the catalog do not give the tree head of "
					 "the seal");
	else
		c->out->messages = size;
	return 1;
}

/* The seal itself; then what it speaks of. */
static int check_seal(struct check *c, uint32_t number, struct str note, struct err *err)
{
	struct sealtext s;
	struct str text;
	if (!c->have_key)
		return 1; /* found already, once */
	if (note_verify(note, &c->key, &text, err) < 0 || sealtext_read(text, &s, err) < 0) {
		struct findings_item at = {.segment = number};
		findings_add(c->f, &at, "its seal: %s", err->text);
		return 1;
	}
	if (s.segment != number || !str_eq(s.at.origin, str_of(c->key.name)))
		found(c, number, "its seal is of another segment or archive");
	if (memcmp(s.previous, c->previous, HASH_BYTES) != 0)
		found(c, number, "its seal does not follow the seal before");
	s.segment = number;
	if (check_file(c, &s, note, err) < 0)
		return -1;
	return check_log(c, &s, err);
}

/* A segment of the catalog; all but the newest are sealed. */
static int check_segment(struct check *c, uint32_t number, uint32_t newest, struct err *err)
{
	struct sealdb_row row;
	struct buf file;
	char path[4096];
	int r = sealdb_get(c->db, &c->a, number, &row, err);
	if (r < 0)
		return -1;
	if (r == 0 || row.seal.n == 0) {
		if (r == 0 || number < newest)
			found(c, number, "the catalog knows no seal of it");
		return 1;
	}
	c->out->segments++;
	seal_path(path, sizeof path, c->dir, number);
	buf_init(&file, NOTE_MOST);
	r = file_load(path, &file, err);
	if (r == 0)
		found(c, number, "its seal is missing");
	else if (r < 0 || !str_eq(buf_all(&file), row.seal))
		found(c, number, "its seal is not the one the catalog has");
	r = check_seal(c, number, r == 1 ? buf_all(&file) : row.seal, err);
	hash_of(row.seal, c->previous);
	buf_free(&file);
	return r;
}

static int check_all(struct check *c, struct err *err)
{
	struct catalog_state s;
	if (catalog_load(c->db, &s, err) < 0)
		return -1;
	int r = sealkey_public(c->dir, &c->key, err);
	c->have_key = r == 1;
	if (r != 1 && (s.segment > 1 || s.sealed))
		found(c, 0, r == 0 ? "the key of the seals, keys/seal.pub, is missing" : err->text);
	for (uint32_t n = 1; n <= s.segment; n++)
		if (check_segment(c, n, s.segment, err) < 0)
			return -1;
	return 1;
}

int sealcheck_run(const struct sealcheck_of *of, struct findings *f, struct sealcheck_result *out,
		  struct err *err)
{
	struct check c = {.db = of->db, .dir = of->dir, .files = of->files, .f = f, .out = out};
	*out = (struct sealcheck_result){0};
	int r = check_all(&c, err);
	arena_free(&c.a);
	return r;
}

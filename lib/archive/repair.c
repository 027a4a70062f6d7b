#define _GNU_SOURCE
#include "repair.h"

#include "catalog.h"
#include "file.h"
#include "mend.h"
#include "rebuild.h"
#include "seal.h"
#include "sealcheck.h"
#include "sealdb.h"
#include "sealkey.h"
#include "seglist.h"
#include "verify.h"

#include <limits.h>
#include <stdio.h>
#include <unistd.h>

struct job {
	const struct repair_of *of;
	struct repair_plan *p;
	struct db *db; /* NULL: it cannot be read */
	struct catalog_state state;
	struct note_key key;
	bool have_key;
	bool elsewhere; /* something is wrong that is not in the catalog */
	uint32_t most;  /* the highest segment there is or was */
	bool *fine;     /* by number: its seal and its file are what they should be */
};

/* ---- small things ---- */

static struct repair_step *step(struct job *j, enum repair_kind kind, uint32_t segment)
{
	struct repair_plan *p = j->p;
	p->steps = arena_grow(&p->a, p->steps, p->n, sizeof *p->steps);
	struct repair_step *s = &p->steps[p->n++];
	*s = (struct repair_step){.kind = kind, .segment = segment};
	return s;
}

/* A small file, in the plan's arena; empty when it cannot be had. */
static struct str small(struct job *j, const char *path)
{
	struct err ignored;
	struct buf b;
	buf_init(&b, NOTE_MOST);
	struct str out = {"", 0};
	if (file_load(path, &b, &ignored) == 1)
		out = arena_str(&j->p->a, buf_all(&b));
	buf_free(&b);
	return out;
}

static struct str seal_file(struct job *j, const char *dir, uint32_t n)
{
	char path[PATH_MAX];
	seal_path(path, sizeof path, dir, n);
	return small(j, path);
}

static struct str seal_row(struct job *j, uint32_t n)
{
	struct sealdb_row row = {.seal = {"", 0}};
	struct err ignored;
	if (j->db && sealdb_get(j->db, &j->p->a, n, &row, &ignored) == 1)
		return row.seal;
	return (struct str){"", 0};
}

static bool sound(struct str note, const struct note_key *key, uint32_t n, struct sealtext *s)
{
	struct err ignored;
	struct str text;
	return note.n && note_verify(note, key, &text, &ignored) == 1 &&
	       sealtext_read(text, s, &ignored) == 1 && s->segment == n &&
	       str_eq(s->at.origin, str_of(key->name));
}

static bool has_findings(const struct findings *f, uint32_t segment)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->items[i].segment == segment)
			return true;
	return f->count > f->n;
}

/* ---- the key ---- */

/* A key is the archive's when it verifies one of its seals. Where `derive` is, it is made from the
 * private key, under the name that the seal has. */
static bool try_key(struct job *j, bool derive, struct note_key *key)
{
	struct sealtext s;
	struct err ignored;
	if (!derive && (j->of->from == NULL || sealkey_public(j->of->from, key, &ignored) < 1))
		return false;
	for (uint32_t n = 1; n <= j->most; n++) {
		struct str notes[] = {seal_row(j, n), seal_file(j, j->of->dir, n)}, name;
		for (int i = 0; i < 2; i++) {
			struct str rest = notes[i];
			if (!str_line(&rest, &name))
				continue;
			if ((!derive || sealkey_derive(j->of->dir, name, key, &ignored) == 1) &&
			    sound(notes[i], key, n, &s))
				return true;
		}
	}
	return false;
}

static void plan_key(struct job *j)
{
	struct err ignored;
	struct note_key key;
	struct buf line;
	const char *where = "from the private key";
	if (sealkey_public(j->of->dir, &j->key, &ignored) == 1) {
		j->have_key = true;
		return;
	}
	bool found = try_key(j, true, &key);
	if (!found) {
		where = "as the other copy has it";
		found = try_key(j, false, &key);
	}
	if (!found)
		return;
	j->key = key;
	j->have_key = true;
	buf_init(&line, NOTE_MOST);
	note_key_write(&key, &line);
	buf_chr(&line, '\n');
	struct repair_step *add = step(j, REPAIR_KEY, 0);
	add->bytes = arena_str(&j->p->a, buf_all(&line));
	add->text = arena_fmt(&j->p->a, "keys/seal.pub: write it again, %s", where);
	buf_free(&line);
}

/* ---- seals and segments ---- */

/* Does a seal from elsewhere belong to this course of the log? The seal behind it, or the segment
 * itself, must say so. */
static bool belongs(struct job *j, struct str note, const struct sealtext *s)
{
	struct sealtext next;
	unsigned char hash[HASH_BYTES];
	struct err ignored;
	struct str after = seal_row(j, s->segment + 1);
	if (after.n == 0)
		after = seal_file(j, j->of->dir, s->segment + 1);
	hash_of(note, hash);
	if (sound(after, &j->key, s->segment + 1, &next))
		return memcmp(next.previous, hash, HASH_BYTES) == 0;
	return sealcheck_file(j->of->dir, s, note, &j->key, &ignored) == 1;
}

/* Finds the sound seal of a segment, and plans to write its file when that is not it. */
static bool plan_seal(struct job *j, uint32_t n, struct str *note, struct sealtext *s)
{
	struct str row = seal_row(j, n), file = seal_file(j, j->of->dir, n);
	const char *where = "as the catalog has it";
	*note = row;
	bool good = sound(row, &j->key, n, s);
	if (!good) {
		*note = file;
		good = sound(file, &j->key, n, s) && (j->db == NULL || belongs(j, file, s));
	}
	if (!good && j->of->from) {
		where = "as the other copy has it";
		*note = seal_file(j, j->of->from, n);
		good = sound(*note, &j->key, n, s) && belongs(j, *note, s);
	}
	if (good && !str_eq(*note, file)) {
		struct repair_step *add = step(j, REPAIR_SEAL, n);
		add->bytes = *note;
		add->text = arena_fmt(&j->p->a, "segments/%06u.seal: write it again, %s", n, where);
	}
	return good;
}

static bool hash_is(const char *dir, uint32_t n, const unsigned char want[HASH_BYTES])
{
	char path[PATH_MAX];
	unsigned char hash[HASH_BYTES];
	struct err ignored;
	uint64_t size;
	segment_path(path, sizeof path, dir, n);
	return seal_hash_file(path, &size, hash, &ignored) == 1 &&
	       memcmp(hash, want, HASH_BYTES) == 0;
}

/* What becomes of the file that is there, if one is. */
static struct str goes(struct job *j, uint32_t n)
{
	char path[PATH_MAX], hex[HASH_HEX + 1];
	unsigned char hash[HASH_BYTES];
	struct err ignored;
	uint64_t size;
	segment_path(path, sizeof path, j->of->dir, n);
	if (access(path, F_OK) < 0)
		return (struct str){"", 0};
	if (seal_hash_file(path, &size, hash, &ignored) < 1)
		return STR("move the unreadable file to lost+found, ");
	hash_hex(hash, HASH_BYTES, hex);
	return arena_fmt(&j->p->a, "move the bad file (SHA-256 %s) to lost+found, ", hex);
}

/* Plans to copy the segment's file when it is not what its seal says. False: no good one is
 * known. */
static bool plan_segment(struct job *j, const struct sealtext *s, struct str note)
{
	unsigned char want[HASH_BYTES];
	char hex[HASH_HEX + 1];
	struct err ignored;
	if (sealcheck_file(j->of->dir, s, note, &j->key, &ignored) == 1)
		return true;
	if (j->of->from == NULL ||
	    sealcheck_wanted(j->of->dir, s, note, &j->key, want, &ignored) < 0 ||
	    !hash_is(j->of->from, s->segment, want))
		return false;
	struct repair_step *add = step(j, REPAIR_SEGMENT, s->segment);
	memcpy(add->sha256, want, HASH_BYTES);
	hash_hex(want, HASH_BYTES, hex);
	add->text = arena_fmt(&j->p->a, "segments/%06u.tar.zst: %.*scopy the good one of the other "
			      "copy (SHA-256 %s)", s->segment,
			      STR_ARG(goes(j, s->segment)), hex);
	return true;
}

/* Findings that may be what follows from damage elsewhere. */
static bool follows(const struct job *j, const struct findings_item *i)
{
	return i->segment == 0 || (i->segment <= j->most && j->fine[i->segment]) ||
	       str_find(i->text, STR(" are missing before this one")) >= 0;
}

/* Is something wrong with a segment that no seal tells of? */
static bool wrong_itself(const struct job *j, uint32_t n)
{
	for (size_t i = 0; i < j->p->all.n; i++)
		if (j->p->all.items[i].segment == n && !follows(j, &j->p->all.items[i]))
			return true;
	return j->p->all.count > j->p->all.n;
}

/* One segment that something was found of, or that nobody has looked at. */
static void plan_number(struct job *j, uint32_t n)
{
	struct str note;
	struct sealtext s;
	bool open = n == j->most && seal_row(j, n).n == 0 &&
		    seal_file(j, j->of->dir, n).n == 0;
	size_t before = j->p->n;
	if (open || !j->have_key) {
		j->elsewhere |= wrong_itself(j, n);
		return;
	}
	bool good = plan_seal(j, n, &note, &s);
	if (good)
		good = plan_segment(j, &s, note);
	j->fine[n] = good && j->p->n == before;
	j->elsewhere |= !j->fine[n];
}

/* ---- what is left ---- */

static bool has_step(const struct repair_plan *p, enum repair_kind kind, uint32_t segment)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->steps[i].kind == kind && p->steps[i].segment == segment)
			return true;
	return false;
}

static bool of_stamp(const struct findings_item *i)
{
	return str_starts(i->text, STR("the timestamp of its seal"));
}

/* What may follow from other damage counts when that is mended. */
static bool mended(const struct job *j, const struct findings_item *i)
{
	const struct repair_plan *p = j->p;
	if (of_stamp(i))
		return false;
	if (has_step(p, REPAIR_CATALOG, 0) || has_step(p, REPAIR_SEGMENT, i->segment))
		return true;
	if (follows(j, i))
		return p->n > 0;
	return has_step(p, REPAIR_SEAL, i->segment) && str_starts(i->text, STR("its seal"));
}

static void plan_catalog(struct job *j)
{
	bool wrong = false;
	for (size_t i = 0; i < j->p->all.n; i++)
		wrong |= !of_stamp(&j->p->all.items[i]);
	if (!wrong || j->p->n || j->elsewhere)
		return;
	/* A key that is missing and cannot be had is not the catalog's fault. */
	if (!j->have_key && j->db && (j->state.segment > 1 || j->state.sealed))
		return;
	step(j, REPAIR_CATALOG, 0)->text =
		STR("catalog.db: make it anew from the segments; the old one stays beside it");
}

/* The id covers what is to be done, what was found, and how far the archive has come. */
static void finish(struct job *j)
{
	struct repair_plan *p = j->p;
	unsigned char hash[HASH_BYTES];
	struct hash_ctx *h = hash_new();
	struct str at = arena_fmt(&p->a, "%lld %lld\n", (long long)j->state.commits,
				  (long long)j->state.change);
	hash_add(h, at.p, at.n);
	for (size_t i = 0; i < p->n; i++) {
		hash_add(h, p->steps[i].text.p, p->steps[i].text.n + 1);
		hash_add(h, p->steps[i].bytes.p, p->steps[i].bytes.n);
	}
	for (size_t i = 0; i < p->all.n; i++) {
		const struct findings_item *f = &p->all.items[i];
		struct str line = arena_fmt(&p->a, "%u %llu %.*s\n", f->segment,
					    (unsigned long long)f->frame, STR_ARG(f->text));
		hash_add(h, line.p, line.n);
		if (!mended(j, f))
			findings_add(&p->left, f, "%.*s", STR_ARG(f->text));
	}
	if (p->all.count > p->all.n)
		p->left.count += p->all.count - p->all.n;
	hash_end(h, hash);
	hash_free(&h);
	hash_hex(hash, HASH_BYTES, p->id);
}

/* How many segments there are, by the catalog, the files, and the seals. */
static int count(struct job *j, struct err *err)
{
	const struct seglist_file *list;
	size_t n;
	if (seglist_read(j->of->dir, &j->p->a, &list, &n, err) < 0)
		return -1;
	j->most = n ? list[n - 1].number : 0;
	if (j->state.segment > j->most)
		j->most = j->state.segment;
	while (seal_file(j, j->of->dir, j->most + 1).n)
		j->most++;
	j->fine = arena_alloc(&j->p->a, j->most + 1);
	return 1;
}

static int plan(struct job *j, struct err *err)
{
	struct err why = {0};
	int r = catalog_open(&j->db, j->of->dir, DB_READ, &why);
	if (r < 0 && why.kind == ERR_LATER) {
		*err = why;
		return -1;
	}
	if (r == 1 && catalog_load(j->db, &j->state, &why) < 0)
		db_close(&j->db);
	if (count(j, err) < 0)
		return -1;
	plan_key(j);
	for (uint32_t n = 1; n <= j->most; n++)
		if (j->db == NULL || has_findings(&j->p->all, n))
			plan_number(j, n);
	plan_catalog(j);
	finish(j);
	return 1;
}

int repair_look(const struct repair_of *of, struct repair_plan *out, struct err *err)
{
	struct job j = {.of = of, .p = out};
	struct verify_options o = {.deep = true, .progress = of->progress};
	struct verify_result seen;
	*out = (struct repair_plan){0};
	int r = verify_archive(of->dir, &o, &seen, &out->all, err);
	if (r != 0)
		return r;
	r = plan(&j, err);
	db_close(&j.db);
	return r < 0 ? -1 : 0;
}

/* ---- doing it ---- */

static int act(const struct repair_of *of, const struct repair_step *s, struct err *err)
{
	char name[64], from[PATH_MAX];
	switch (s->kind) {
	case REPAIR_KEY:
		return mend_write(of->dir, "keys/seal.pub", s->bytes, err);
	case REPAIR_SEAL:
		snprintf(name, sizeof name, "segments/%06u.seal", s->segment);
		return mend_write(of->dir, name, s->bytes, err);
	case REPAIR_SEGMENT:
		snprintf(name, sizeof name, "segments/%06u.tar.zst", s->segment);
		segment_path(from, sizeof from, of->from, s->segment);
		return mend_copy(of->dir, name, from, s->sha256, err);
	case REPAIR_CATALOG:
		break;
	}
	return 1;
}

/* Takes the lock itself, so ours is gone by now. */
static int rebuild(const struct repair_of *of, struct err *err)
{
	struct rebuild_options o = {.force = true, .progress = of->progress};
	struct rebuild_result r;
	struct findings f = {0};
	int done = rebuild_catalog(of->dir, &o, &r, &f, err);
	findings_free(&f);
	return done;
}

static int locked(const struct repair_of *of, const char *id, struct repair_plan *out,
		  struct err *err)
{
	int r = repair_look(of, out, err);
	if (r < 0)
		return -1;
	if (r == 1 || strcmp(out->id, id) != 0)
		return err_set(err, ERR_INPUT, "that is not the plan for the archive as it is "
			       "now; make another (sheaf repair)");
	for (size_t i = 0; i < out->n; i++)
		if (act(of, &out->steps[i], err) < 0)
			return -1;
	return 1;
}

int repair_run(const struct repair_of *of, const char *id, struct repair_plan *out,
	       struct err *err)
{
	char path[PATH_MAX];
	int lock = -1;
	*out = (struct repair_plan){0};
	snprintf(path, sizeof path, "%s/lock", of->dir);
	if (file_lock(path, &lock, err) < 0)
		return -1;
	int r = locked(of, id, out, err);
	close(lock);
	if (r == 1 && has_step(out, REPAIR_CATALOG, 0))
		r = rebuild(of, err);
	return r;
}

void repair_free(struct repair_plan *p)
{
	findings_free(&p->all);
	findings_free(&p->left);
	arena_free(&p->a);
	*p = (struct repair_plan){0};
}

#define _GNU_SOURCE
#include "destroy.h"

#include "disposaldb.h"
#include "file.h"
#include "log.h"
#include "proc.h"
#include "reseg.h"
#include "rewrite.h"
#include "seal.h"
#include "sealcheck.h"
#include "sealdb.h"
#include "sealkey.h"
#include "txn.h"

#include <stdio.h>
#include <unistd.h>

struct job {
	struct archive *ar;
	struct txn *t;
	const struct destroy_options *o;
	struct destroy_result *out;
	struct arena a;
	const struct disposal *list; /* those to destroy, and those to finish */
	size_t n;
	struct scrub_set set;
	uint32_t first, last; /* segments, 0: none */
	struct note_key key;
};

/* ---- what is to be done ---- */

static int choose(struct job *j, struct err *err)
{
	const struct disposal *all;
	struct disposal *list;
	size_t n;
	if (disposal_list(j->ar, &j->a, &all, &n, err) < 0)
		return -1;
	j->list = list = arena_alloc(&j->a, (n + 1) * sizeof *list);
	for (size_t i = 0; i < n; i++) {
		bool asked = j->o->disposal == 0 || j->o->disposal == all[i].id;
		if (asked && (all[i].state == DISPOSAL_MASKED ||
			      all[i].state == DISPOSAL_DESTROYED)) {
			list[j->n++] = all[i];
			j->out->unfinished += all[i].state == DISPOSAL_DESTROYED;
			j->out->messages += all[i].messages;
		}
	}
	j->out->disposals = j->n;
	if (j->o->disposal && j->n == 0)
		return err_set(err, ERR_INPUT, "there is no disposal %lld that could be destroyed",
			       (long long)j->o->disposal);
	return 1;
}

/* Numbers and copies of one disposal. */
static int add_messages(struct job *j, int64_t id, struct err *err)
{
	uint32_t *numbers = j->set.numbers;
	sqlite3_stmt *st;
	int r = db_one(j->t->db, err, &st, "SELECT number, segment, size FROM messages"
		       " WHERE disposal = ?1 ORDER BY number", "i", id);
	for (; r == 1; r = db_step(j->t->db, st, err)) {
		uint32_t segment = (uint32_t)sqlite3_column_int64(st, 1);
		numbers = arena_grow(&j->a, numbers, j->set.n, sizeof *numbers);
		numbers[j->set.n++] = (uint32_t)sqlite3_column_int64(st, 0);
		j->out->bytes += (uint64_t)sqlite3_column_int64(st, 2);
		if (j->first == 0 || segment < j->first)
			j->first = segment;
	}
	j->set.numbers = numbers;
	return r;
}

static int add_copies(struct job *j, int64_t id, struct err *err)
{
	struct scrub_copy *copies = j->set.copies;
	sqlite3_stmt *st;
	int r = db_one(j->t->db, err, &st, "SELECT epoch, uid FROM copies WHERE message IN"
		       " (SELECT number FROM messages WHERE disposal = ?1)", "i", id);
	for (; r == 1; r = db_step(j->t->db, st, err)) {
		copies = arena_grow(&j->a, copies, j->set.n_copies, sizeof *copies);
		copies[j->set.n_copies++] = (struct scrub_copy){
			sqlite3_column_int64(st, 0), (uint32_t)sqlite3_column_int64(st, 1)};
	}
	j->set.copies = copies;
	return r;
}

static int gather(struct job *j, struct err *err)
{
	struct catalog_state s;
	for (size_t i = 0; i < j->n; i++)
		if (add_messages(j, j->list[i].id, err) < 0 ||
		    add_copies(j, j->list[i].id, err) < 0)
			return -1;
	scrub_sort(&j->set);
	if (catalog_load(j->t->db, &s, err) < 0)
		return -1;
	/* a segment without a commit holds nothing yet, and has no seal */
	j->last = s.size > SEGMENT_HEAD ? s.segment : s.segment - 1;
	j->out->segments = j->first ? j->last - j->first + 1 : 0;
	return 1;
}

/* ---- checks before anything is changed ---- */

static int check_segment(struct job *j, uint32_t number, struct err *err)
{
	struct sealdb_row row;
	struct sealtext s;
	int r = sealdb_get(j->t->db, &j->a, number, &row, err);
	if (r < 0)
		return -1;
	if (r == 0 || !seal_read(row.seal, &s))
		return err_set(err, ERR_BROKEN, "segment %u has no seal; nothing was destroyed",
			       number);
	r = sealcheck_file(archive_dir(j->ar), &s, row.seal, &j->key, err);
	if (r == 0) {
		err->kind = ERR_BROKEN;
		return err_wrap(err, "nothing was destroyed (sheaf verify --deep says more): "
				"segment %u", number);
	}
	return r;
}

/* Every message must be where the catalog says: what is not known exactly is not destroyed. */
static int check_messages(struct job *j, struct err *err)
{
	struct archive_msg m;
	for (size_t i = 0; i < j->set.n; i++) {
		int r = archive_find(j->ar, j->set.numbers[i], &m, err);
		if (r == 0)
			return err_set(err, ERR_BROKEN, "message %u is not where the catalog says;"
				       " nothing was destroyed", j->set.numbers[i]);
		if (r < 0)
			return -1;
	}
	return 1;
}

static int check(struct job *j, struct err *err)
{
	int r = sealkey_public(archive_dir(j->ar), &j->key, err);
	if (r < 1)
		return r < 0 ? -1 : err_set(err, ERR_DENIED, "keys/seal.pub is missing");
	for (uint32_t n = j->first; n <= j->last; n++)
		if (check_segment(j, n, err) < 0)
			return -1;
	return check_messages(j, err);
}

/* ---- doing it ---- */

/* From here on the messages count as destroyed. */
static int mark(struct job *j, enum disposal_state from, enum disposal_state to, struct err *err)
{
	for (size_t i = 0; i < j->n; i++) {
		struct disposal d = j->list[i];
		if (from == DISPOSAL_MASKED && d.state != from)
			continue;
		d.ended_by = j->o->who;
		d.state = to;
		if (disposal_end(j->ar, &d, err) < 0)
			return -1;
	}
	return 1;
}

/* Note, then file: in between the note says of the old file that it is replaced. */
static int put_in_place(struct job *j, uint32_t number, const char *path,
			const struct scrub_counts *counts, struct err *err)
{
	struct rewrite w = {.segment = number, .destroyed = counts->left};
	struct sealdb_row row;
	char fresh[4200];
	uint64_t size;
	snprintf(fresh, sizeof fresh, "%s.new", path);
	int r = seal_hash_file(path, &size, w.replaces, err);
	if (r == 1)
		r = seal_hash_file(fresh, &w.size, w.sha256, err);
	if (r == 1 && size != w.size)
		r = err_set(err, ERR_BROKEN, "'%s' has another size than what it replaces", fresh);
	if (r == 1)
		r = sealdb_get(j->t->db, &j->a, number, &row, err);
	if (r < 1)
		return r < 0 ? -1 : err_set(err, ERR_BROKEN, "segment %u is gone", number);
	hash_of(row.seal, w.seal);
	if (rewrite_put(archive_dir(j->ar), &w, err) < 0)
		return -1;
	if (rename(fresh, path) < 0)
		return err_errno(err, ERR_BROKEN, "cannot rename '%s'", fresh);
	snprintf(fresh, sizeof fresh, "%s/segments", archive_dir(j->ar));
	return file_sync_dir(fresh, err);
}

static int rewrite_all(struct job *j, struct err *err)
{
	struct log_progress p;
	char path[4096];
	int r = 1;
	uint64_t written = 0;
	log_begin(&p, "destroy (segments)", j->out->segments);
	for (uint32_t n = j->first; r >= 0 && n && n <= j->last; n++) {
		struct scrub_counts counts = {0};
		segment_path(path, sizeof path, archive_dir(j->ar), n);
		r = proc_stopped() ? err_set(err, ERR_LATER, "stopped; run it again to go on") :
				     reseg_write(path, &j->set, &counts, err);
		if (r == 1) {
			r = put_in_place(j, n, path, &counts, err);
			written++;
		}
		if (j->o->progress)
			log_step(&p, n - j->first + 1);
	}
	log_end(&p);
	j->out->segments = written;
	return r < 0 ? -1 : 1;
}

/* What SQLite's log keeps of the rows as they were. */
static int wipe(struct job *j, struct err *err)
{
	sqlite3_stmt *st;
	int r = db_one(j->t->db, err, &st, "PRAGMA wal_checkpoint(TRUNCATE)", "");
	if (r == 1) {
		j->out->log_busy = sqlite3_column_int(st, 0) != 0;
		db_done(st);
	}
	return r;
}

static int run(struct job *j, struct err *err)
{
	if (choose(j, err) < 0)
		return -1;
	if (j->n == 0)
		return 0;
	if (seal_now(j->ar, err) < 0 || gather(j, err) < 0 || (j->first && check(j, err) < 0) ||
	    db_exec(j->t->db, "PRAGMA secure_delete=ON", err) < 0 ||
	    mark(j, DISPOSAL_MASKED, DISPOSAL_DESTROYED, err) < 0 || rewrite_all(j, err) < 0 ||
	    (j->o->derived && j->o->derived(j->o->arg, err) < 0) ||
	    mark(j, DISPOSAL_DESTROYED, DISPOSAL_ERASED, err) < 0)
		return -1;
	return wipe(j, err);
}

int destroy_plan(struct archive *ar, const struct destroy_options *o, struct destroy_result *out,
		 struct err *err)
{
	struct job j = {.ar = ar, .t = archive_txn(ar), .o = o, .out = out};
	*out = (struct destroy_result){0};
	int r = choose(&j, err);
	if (r == 1)
		r = gather(&j, err);
	arena_free(&j.a);
	return r < 0 ? -1 : 1;
}

int destroy_run(struct archive *ar, const struct destroy_options *o, struct destroy_result *out,
		struct err *err)
{
	struct job j = {.ar = ar, .t = archive_txn(ar), .o = o, .out = out};
	*out = (struct destroy_result){0};
	int r = run(&j, err);
	arena_free(&j.a);
	return r;
}

#define _GNU_SOURCE
#include "rebuild.h"

#include "file.h"
#include "log.h"
#include "note.h"
#include "seal.h"
#include "sealdb.h"
#include "seglist.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

struct job {
	const char *dir;
	const struct rebuild_options *o;
	struct rebuild_result *out;
	struct findings *f;
	struct arena a;
	struct segcheck_range *ranges;
	size_t n;
	char path[4096], fresh[4096], wal[4096], shm[4096];
};

/* ---- what is to be replayed ---- */

static int find_segments(struct job *j, struct err *err)
{
	const struct seglist_file *list;
	size_t n;
	if (seglist_read(j->dir, &j->a, &list, &n, err) < 0)
		return -1;
	j->ranges = arena_alloc(&j->a, (n + 1) * sizeof *j->ranges);
	uint32_t next = 1;
	for (size_t i = 0; i < n; i++) {
		struct findings_item at = {.segment = next};
		/* begun, but it has no bytes yet: the next writer begins it again */
		if (i + 1 == n && list[i].size < SEGMENT_HEAD)
			break;
		if (list[i].number != next)
			findings_add(j->f, &at, "segments are missing: %u to %u", next,
				     list[i].number - 1);
		next = list[i].number + 1;
		j->ranges[j->n++] = (struct segcheck_range){
			list[i].number, list[i].size, list[i].sealed};
	}
	j->out->segments = j->n;
	return 1;
}

/* ---- the new catalog ---- */

static int replay_all(struct job *j, struct segcheck *s, struct replay *r, struct err *err)
{
	struct segcheck_event e;
	struct log_progress p;
	uint64_t done = 0;
	int got;
	if (j->o->progress)
		log_begin(&p, "rebuild", 0);
	while ((got = segcheck_next(s, &e, err)) == 1) {
		done += e.kind == SEGCHECK_MESSAGE;
		if (j->o->progress)
			log_step(&p, done);
		if (replay_take(r, &e, err) < 0) {
			got = -1;
			break;
		}
	}
	if (j->o->progress)
		log_end(&p);
	return got < 0 ? -1 : replay_end(r, true, &j->out->counts, err);
}

/* Puts a segment's seal into the catalog, with the log's tree at that point: `tree` is brought up
 * to it. With leaves that are lost there is none. */
static int put_seal(struct job *j, struct db *db, struct merkle *tree, struct str note,
		    struct err *err)
{
	struct sealtext s;
	struct sealdb_row row;
	unsigned char saved[64 * HASH_BYTES];
	struct err lost;
	size_t n = 0;
	seal_read(note, &s);
	int r = sealdb_get(db, &j->a, s.segment, &row, err);
	if (r < 1)
		return r;
	if (s.at.head.size >= tree->size && sealdb_grow(db, tree, s.at.head.size, &lost) == 1)
		n = merkle_save(tree, saved);
	row.seal = note;
	row.tree = (struct str){(char *)saved, n};
	return sealdb_put(db, &row, err);
}

/* What is wrong with the file of a seal is a finding here, and again for verify. */
static int take_seal(struct job *j, struct db *db, uint32_t number, struct merkle *tree,
		     struct err *err)
{
	char path[4096];
	struct findings_item at = {.segment = number};
	struct sealtext s;
	struct err why;
	struct buf note;
	int done = 1;
	seal_path(path, sizeof path, j->dir, number);
	buf_init(&note, NOTE_MOST);
	int r = file_load(path, &note, &why);
	if (r == 1 && seal_read(buf_all(&note), &s) && s.segment == number)
		done = put_seal(j, db, tree, buf_all(&note), err);
	else
		findings_add(j->f, &at, "%s", r < 0 ? why.text : r == 0 ?
			     "its seal is missing" : "its seal is not one of this segment");
	buf_free(&note);
	return done;
}

static int take_seals(struct job *j, struct db *db, struct err *err)
{
	struct merkle tree = {0};
	for (size_t i = 0; i < j->n; i++)
		if (j->ranges[i].sealed &&
		    take_seal(j, db, j->ranges[i].segment, &tree, err) < 1)
			return -1;
	return 1;
}

static int fill(struct job *j, struct db *db, struct err *err)
{
	struct segcheck *s = NULL;
	struct replay *r = NULL;
	int done = db_exec(db, "BEGIN", err);
	if (done == 1)
		done = replay_start(&r, db, j->f, j->ranges, j->n, err);
	if (done == 1)
		done = segcheck_start(&s, j->dir, j->ranges, j->n, 0, err);
	if (done == 1)
		done = replay_all(j, s, r, err);
	if (done == 1)
		done = take_seals(j, db, err);
	segcheck_free(&s);
	replay_free(&r);
	return done == 1 ? db_exec(db, "COMMIT; PRAGMA synchronous=FULL;"
				       "PRAGMA journal_mode=WAL;", err) : -1;
}

static int make(struct job *j, struct err *err)
{
	struct db *db = NULL;
	if (unlink(j->fresh) < 0 && errno != ENOENT)
		return err_errno(err, ERR_BROKEN, "cannot remove '%s'", j->fresh);
	if (catalog_build(&db, j->fresh, err) < 0)
		return -1;
	int r = db_exec(db, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;", err);
	if (r == 1)
		r = fill(j, db, err);
	db_close(&db);
	if (r < 0)
		return -1;
	if (chmod(j->fresh, 0600) < 0)
		return err_errno(err, ERR_BROKEN, "cannot change '%s'", j->fresh);
	return file_sync_path(j->fresh, err);
}

/* ---- the old one ---- */

/* Brings the log of the old catalog into it. 1; 0 it is too damaged; -1 somebody reads it. */
static int checkpoint(struct job *j, struct err *err)
{
	struct db *db = NULL;
	sqlite3_stmt *st;
	struct err why = {0};
	int64_t busy = 0;
	int r = db_open(&db, j->path, DB_WRITE, &why);
	if (r == 1)
		r = db_one(db, &why, &st, "PRAGMA wal_checkpoint(TRUNCATE)", "");
	if (r == 1) {
		busy = sqlite3_column_int64(st, 0);
		db_done(st);
	}
	db_close(&db);
	if (busy || why.kind == ERR_LATER)
		return err_set(err, ERR_LATER, "somebody reads '%s'", j->path);
	return r == 1;
}

/* A catalog that is too damaged keeps its log, under the new name too: a log must never stand
 * beside a catalog it does not belong to. */
static int settle(struct job *j, const char *old, struct err *err)
{
	char name[4200];
	if (checkpoint(j, err) < 0)
		return -1;
	snprintf(name, sizeof name, "%s-wal", old);
	if (rename(j->wal, name) < 0 && errno != ENOENT)
		return err_errno(err, ERR_BROKEN, "cannot rename '%s'", j->wal);
	if (unlink(j->shm) < 0 && errno != ENOENT)
		return err_errno(err, ERR_BROKEN, "cannot remove '%s'", j->shm);
	return 1;
}

/* A second name for the old catalog, so that it is never without one. */
static int keep_old(struct job *j, bool there, struct err *err)
{
	char old[4160], log[4200];
	for (unsigned i = 1;; i++) {
		struct stat st;
		snprintf(j->out->old, sizeof j->out->old, "catalog.db.old-%u", i);
		snprintf(old, sizeof old, "%s/%s", j->dir, j->out->old);
		snprintf(log, sizeof log, "%s-wal", old);
		if (lstat(old, &st) == 0 || lstat(log, &st) == 0)
			continue;
		if (!there || link(j->path, old) == 0)
			break;
		if (errno != EEXIST)
			return err_errno(err, ERR_BROKEN, "cannot make '%s'", old);
	}
	if (!there)
		j->out->old[0] = '\0';
	return settle(j, old, err);
}

static int run(struct job *j, struct err *err)
{
	struct stat st;
	bool there = lstat(j->path, &st) == 0;
	if (there && !j->o->force)
		return err_set(err, ERR_INPUT, "'%s' is there; --force makes a new one and keeps "
					       "this one beside it", j->path);
	if (find_segments(j, err) < 0 || make(j, err) < 0)
		return -1;
	bool log = access(j->wal, F_OK) == 0;
	if ((there || log) && keep_old(j, there, err) < 0)
		return -1;
	if (file_sync_dir(j->dir, err) < 0)
		return -1;
	if (rename(j->fresh, j->path) < 0)
		return err_errno(err, ERR_BROKEN, "cannot rename '%s'", j->fresh);
	return file_sync_dir(j->dir, err);
}

int rebuild_catalog(const char *dir, const struct rebuild_options *o, struct rebuild_result *out,
		    struct findings *f, struct err *err)
{
	struct job j = {.dir = dir, .o = o, .out = out, .f = f};
	char lock_path[4096];
	int lock = -1;
	*out = (struct rebuild_result){0};
	if (strlen(dir) > 3000)
		return err_set(err, ERR_INPUT, "name of the archive's directory is too long");
	snprintf(j.path, sizeof j.path, "%s/catalog.db", dir);
	snprintf(j.fresh, sizeof j.fresh, "%s/catalog.db.new", dir);
	snprintf(j.wal, sizeof j.wal, "%s/catalog.db-wal", dir);
	snprintf(j.shm, sizeof j.shm, "%s/catalog.db-shm", dir);
	snprintf(lock_path, sizeof lock_path, "%s/lock", dir);
	if (file_lock(lock_path, &lock, err) < 0)
		return -1;
	int r = run(&j, err);
	if (r < 0)
		unlink(j.fresh);
	arena_free(&j.a);
	close(lock);
	return r;
}

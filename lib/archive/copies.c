#include "copies.h"

#include <stdlib.h>

#define NUMBERS "epoch, uidnext, highestmodseq, run, messages, listed"

static void read_epoch(sqlite3_stmt *st, struct archive_epoch *e)
{
	e->id = sqlite3_column_int64(st, 0);
	e->uidnext = (uint32_t)sqlite3_column_int64(st, 1);
	e->highestmodseq = (uint64_t)sqlite3_column_int64(st, 2);
	e->run = sqlite3_column_int64(st, 3);
	e->messages = (uint64_t)sqlite3_column_int64(st, 4);
	e->listed = sqlite3_column_int64(st, 5);
}

int copies_epoch(struct db *db, struct archive_epoch *e, struct err *err)
{
	static const char find[] = "SELECT " NUMBERS " FROM epochs WHERE"
				   " account = ?1 AND mailbox = ?2 AND uidvalidity = ?3";
	sqlite3_stmt *st;
	int64_t uidvalidity = e->uidvalidity;
	int r = db_one(db, err, &st, find, "ssi", e->account, e->mailbox, uidvalidity);
	if (r == 0) {
		if (db_do(db, err,
			  "INSERT INTO epochs(account, mailbox, uidvalidity) VALUES(?1, ?2, ?3)",
			  "ssi", e->account, e->mailbox, uidvalidity) < 0)
			return -1;
		r = db_one(db, err, &st, find, "ssi", e->account, e->mailbox, uidvalidity);
		if (r < 1)
			return r < 0 ? -1 : err_set(err, ERR_BROKEN, "catalog lost an epoch");
		read_epoch(st, e);
		db_done(st);
		return 1;
	}
	if (r == 1) {
		read_epoch(st, e);
		db_done(st);
		return 0;
	}
	return -1;
}

int copies_epoch_seen(struct db *db, const struct archive_epoch *e, struct err *err)
{
	if (db_do(db, err,
		  "UPDATE epochs SET uidnext = ?2, highestmodseq = ?3, messages = ?4, listed = ?5,"
		  " mailboxid = ?6 WHERE epoch = ?1 AND (uidnext, highestmodseq, messages, listed,"
		  " mailboxid) <> (?2, ?3, ?4, ?5, ?6)", "iiiiis", e->id, (int64_t)e->uidnext,
		  (int64_t)e->highestmodseq, (int64_t)e->messages, e->listed, e->mailboxid) < 0)
		return -1;
	return db_changes(db) > 0;
}

static void read_names(sqlite3_stmt *st, struct arena *a, struct archive_epoch *e)
{
	read_epoch(st, e);
	e->account = arena_str(a, db_str(st, 6));
	e->mailbox = arena_str(a, db_str(st, 7));
	e->uidvalidity = (uint32_t)sqlite3_column_int64(st, 8);
	e->mailboxid = arena_str(a, db_str(st, 9));
}

#define EPOCH "SELECT " NUMBERS ", account, mailbox, uidvalidity, mailboxid FROM epochs"

int copies_epoch_find(struct db *db, struct arena *a, int64_t id, struct archive_epoch *out,
		      struct err *err)
{
	sqlite3_stmt *st;
	int r = db_one(db, err, &st, EPOCH " WHERE epoch = ?1", "i", id);
	if (r == 1) {
		read_names(st, a, out);
		db_done(st);
	}
	return r;
}

int copies_epochs(struct db *db, struct arena *a, const struct archive_epoch **out, size_t *n_out,
		  struct err *err)
{
	sqlite3_stmt *st;
	struct archive_epoch *list = NULL;
	size_t n = 0;
	int r = db_one(db, err, &st, EPOCH " ORDER BY account, mailbox, uidvalidity", "");
	for (; r == 1; r = db_step(db, st, err)) {
		list = arena_grow(a, list, n, sizeof *list);
		read_names(st, a, &list[n++]);
	}
	*out = list;
	*n_out = n;
	return r < 0 ? -1 : 1;
}

int copies_epoch_run(struct db *db, int64_t epoch, int64_t run, struct err *err)
{
	return db_do(db, err, "UPDATE epochs SET run = ?2 WHERE epoch = ?1 AND run < ?2", "ii",
		     epoch, run);
}

int copies_run(struct db *db, int64_t now, int64_t *run_out, struct err *err)
{
	sqlite3_stmt *st;
	if (db_do(db, err, "INSERT INTO runs(started) VALUES(?1)", "i", now) < 0)
		return -1;
	if (db_one(db, err, &st, "SELECT max(run) FROM runs", "") < 1)
		return -1;
	*run_out = sqlite3_column_int64(st, 0);
	db_done(st);
	return 1;
}

static int next_uid(struct db *db, int64_t epoch, uint32_t *out, struct err *err)
{
	sqlite3_stmt *st;
	if (db_one(db, err, &st, "SELECT max(uid) FROM copies WHERE epoch = ?1", "i", epoch) < 1)
		return -1;
	int64_t last = sqlite3_column_int64(st, 0);
	db_done(st);
	if (last >= UINT32_MAX)
		return err_set(err, ERR_INPUT, "no UIDs left in epoch %lld", (long long)epoch);
	*out = (uint32_t)(last + 1);
	return 1;
}

/* The day of a date as its zone's calendar has it, counted from 1970-01-01; rounds down. */
static int64_t day_of(int64_t internaldate, int zone)
{
	int64_t s = internaldate + 60 * (int64_t)zone;
	return s >= 0 ? s / 86400 : -((-s + 86399) / 86400);
}

/* A UID that was there already: with this message (take its new flags) or with another (a
 * server that breaks the rules: the other one counts as vanished, both stay). */
static int known_uid(struct db *db, struct archive_copy *c, int64_t now, struct err *err)
{
	sqlite3_stmt *st;
	bool same = false, other = false, stale = false;
	int r = db_one(db, err, &st,
		       "SELECT message, vanished, flags, keywords FROM copies"
		       " WHERE epoch = ?1 AND uid = ?2", "ii", c->epoch, (int64_t)c->uid);
	if (r == 0)
		return 0;
	for (; r == 1; r = db_step(db, st, err)) {
		bool gone = sqlite3_column_int64(st, 1) != 0;
		if ((uint64_t)sqlite3_column_int64(st, 0) != c->message) {
			other |= !gone;
			continue;
		}
		same = true;
		stale = gone || (unsigned)sqlite3_column_int64(st, 2) != c->flags ||
			!str_eq(db_str(st, 3), c->keywords);
	}
	if (r < 0)
		return -1;
	if (other && db_do(db, err,
			   "UPDATE copies SET vanished = ?4 WHERE epoch = ?1 AND uid = ?2 AND"
			   " message <> ?3 AND vanished = 0", "iiii", c->epoch, (int64_t)c->uid,
			   (int64_t)c->message, now) < 0)
		return -1;
	if (stale && db_do(db, err,
			   "UPDATE copies SET vanished = 0, flags = ?4, keywords = ?5,"
			   " modseq = ?6, last_seen = ?7 WHERE epoch = ?1 AND uid = ?2 AND"
			   " message = ?3", "iiiisii", c->epoch, (int64_t)c->uid,
			   (int64_t)c->message, (int64_t)c->flags, c->keywords,
			   (int64_t)c->modseq, now) < 0)
		return -1;
	return same ? 1 + (stale || other) : 0;
}

int copies_add(struct db *db, struct archive_copy *c, uint32_t *last, int64_t now,
	       struct err *err)
{
	uint32_t given = 0;
	if (c->uid == 0 && last && *last && *last < UINT32_MAX) {
		given = c->uid = *last + 1;
	} else if (c->uid == 0) {
		if (next_uid(db, c->epoch, &c->uid, err) < 0)
			return -1;
		given = c->uid;
	} else {
		int known = known_uid(db, c, now, err);
		if (known)
			return known < 0 ? -1 : known - 1;
	}
	if (last)
		*last = given;
	c->first_seen = c->last_seen = now;
	c->vanished = 0;
	return db_do(db, err,
		     "INSERT INTO copies VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11,"
		     " 0, ?12, ?13, ?14, ?15, ?16, ?17, ?18)", "iiiiiiisiiissssiis", c->epoch,
		     (int64_t)c->uid,
		     (int64_t)c->message, c->internaldate, (int64_t)c->zone,
		     day_of(c->internaldate, c->zone), (int64_t)c->flags, c->keywords,
		     (int64_t)c->modseq, c->run, now, c->source, c->found, c->emailid,
		     c->threadid, c->savedate, (int64_t)(c->savedate ? c->savezone : 0),
		     c->basis);
}

#define SEEN_AGAIN 3600 /* seconds: last_seen is not renewed more often */

int copies_flags(struct db *db, const struct archive_copy *c, int64_t now, bool *modseq_out,
		 struct err *err)
{
	sqlite3_stmt *st;
	*modseq_out = false;
	int r = db_one(db, err, &st,
		       "SELECT flags, keywords, modseq, last_seen FROM copies"
		       " WHERE epoch = ?1 AND uid = ?2 AND vanished = 0",
		       "ii", c->epoch, (int64_t)c->uid);
	if (r < 1)
		return r;
	bool changed = (unsigned)sqlite3_column_int64(st, 0) != c->flags ||
		       !str_eq(db_str(st, 1), c->keywords);
	*modseq_out = (uint64_t)sqlite3_column_int64(st, 2) != c->modseq;
	bool old = sqlite3_column_int64(st, 3) + SEEN_AGAIN <= now;
	db_done(st);
	if (!changed && !*modseq_out && !old)
		return 0;
	if (db_do(db, err,
		  "UPDATE copies SET flags = ?3, keywords = ?4, modseq = ?5, last_seen = ?6"
		  " WHERE epoch = ?1 AND uid = ?2 AND vanished = 0", "iiisii", c->epoch,
		  (int64_t)c->uid, (int64_t)c->flags, c->keywords, (int64_t)c->modseq, now) < 0)
		return -1;
	return changed;
}

int copies_vanished(struct db *db, int64_t epoch, uint32_t uid, int64_t now, struct err *err)
{
	if (db_do(db, err,
		  "UPDATE copies SET vanished = ?3 WHERE epoch = ?1 AND uid = ?2 AND vanished = 0",
		  "iii", epoch, (int64_t)uid, now) < 0)
		return -1;
	return db_changes(db) > 0;
}

int copies_outcome(struct db *db, const struct archive_copy *where, enum archive_outcome outcome,
		   struct str reason, int64_t now, struct err *err)
{
	return db_do(db, err,
		     "INSERT INTO outcomes VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?6) ON CONFLICT DO UPDATE"
		     " SET outcome = ?3, reason = ?4, tries = tries + ?5, last_seen = ?6",
		     "iiisii", where->epoch, (int64_t)where->uid, (int64_t)outcome, reason,
		     (int64_t)(outcome == ARCHIVE_FAILED), now);
}

int copies_settled(struct db *db, int64_t epoch, uint32_t uid, struct err *err)
{
	if (db_do(db, err, "DELETE FROM outcomes WHERE epoch = ?1 AND uid = ?2", "ii", epoch,
		  (int64_t)uid) < 0)
		return -1;
	return db_changes(db) > 0;
}

int copies_of(struct db *db, struct arena *a, uint64_t number, const struct archive_copy **out,
	      size_t *n_out, struct err *err)
{
	sqlite3_stmt *st;
	struct archive_copy *list = NULL;
	size_t n = 0;
	int r = db_one(db, err, &st,
		       "SELECT epoch, uid, message, internaldate, zone, flags, keywords, modseq,"
		       " run, first_seen, last_seen, vanished, source, found, emailid, threadid,"
		       " savedate, savezone, basis FROM copies"
		       " WHERE message = ?1 ORDER BY epoch, uid", "i", (int64_t)number);
	for (; r == 1; r = db_step(db, st, err)) {
		list = arena_grow(a, list, n, sizeof *list);
		list[n++] = (struct archive_copy){
			.epoch = sqlite3_column_int64(st, 0),
			.uid = (uint32_t)sqlite3_column_int64(st, 1),
			.message = (uint64_t)sqlite3_column_int64(st, 2),
			.internaldate = sqlite3_column_int64(st, 3),
			.zone = (int16_t)sqlite3_column_int(st, 4),
			.flags = (unsigned)sqlite3_column_int64(st, 5),
			.keywords = arena_str(a, db_str(st, 6)),
			.modseq = (uint64_t)sqlite3_column_int64(st, 7),
			.run = sqlite3_column_int64(st, 8),
			.first_seen = sqlite3_column_int64(st, 9),
			.last_seen = sqlite3_column_int64(st, 10),
			.vanished = sqlite3_column_int64(st, 11),
			.source = arena_str(a, db_str(st, 12)),
			.found = arena_str(a, db_str(st, 13)),
			.emailid = arena_str(a, db_str(st, 14)),
			.threadid = arena_str(a, db_str(st, 15)),
			.savedate = sqlite3_column_int64(st, 16),
			.savezone = (int16_t)sqlite3_column_int(st, 17),
			.basis = arena_str(a, db_str(st, 18)),
		};
	}
	*out = list;
	*n_out = n;
	return r < 0 ? -1 : 1;
}

/* A growing list of 32-bit numbers in an arena. */
struct numbers {
	struct arena *a;
	uint32_t *p;
	size_t n;
	bool sorted;
};

/* Takes the first column of the rows, of which the first has been stepped to when r is 1. */
static int collect(struct db *db, sqlite3_stmt *st, int r, struct numbers *list, struct err *err)
{
	list->sorted = true;
	for (; r == 1; r = db_step(db, st, err)) {
		uint32_t v = (uint32_t)sqlite3_column_int64(st, 0);
		if (list->n && v <= list->p[list->n - 1])
			list->sorted = false;
		list->p = arena_grow(list->a, list->p, list->n, sizeof *list->p);
		list->p[list->n++] = v;
	}
	return r;
}

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return x < y ? -1 : x > y;
}

/* Ascending, each once. */
static void finish(struct numbers *list, const uint32_t **out, size_t *n_out)
{
	size_t n = 0;
	if (!list->sorted) {
		qsort(list->p, list->n, sizeof *list->p, by_value);
		for (size_t i = 0; i < list->n; i++)
			if (n == 0 || list->p[i] != list->p[n - 1])
				list->p[n++] = list->p[i];
		list->n = n;
	}
	*out = list->p;
	*n_out = list->n;
}

int copies_uids(struct db *db, struct arena *a, int64_t epoch, const uint32_t **out,
		size_t *n_out, struct err *err)
{
	sqlite3_stmt *st;
	struct numbers list = {.a = a};
	int r = db_one(db, err, &st,
		       "SELECT uid FROM copies WHERE epoch = ?1 AND vanished = 0 ORDER BY uid", "i",
		       epoch);
	if (collect(db, st, r, &list, err) < 0)
		return -1;
	bool sorted = list.sorted;
	size_t stored = list.n;
	r = db_one(db, err, &st,
		   "SELECT uid FROM outcomes WHERE epoch = ?1 AND outcome <> 0 ORDER BY uid", "i",
		   epoch);
	if (collect(db, st, r, &list, err) < 0)
		return -1;
	list.sorted &= sorted && (stored == 0 || list.n == stored ||
				  list.p[stored] > list.p[stored - 1]);
	finish(&list, out, n_out);
	return 1;
}

int copies_present(struct db *db, struct arena *a, int64_t epoch, const uint32_t **out,
		   size_t *n_out, struct err *err)
{
	sqlite3_stmt *st;
	struct numbers list = {.a = a};
	int r = db_one(db, err, &st,
		       "SELECT uid FROM copies WHERE epoch = ?1 AND vanished = 0 ORDER BY uid", "i",
		       epoch);
	if (collect(db, st, r, &list, err) < 0)
		return -1;
	finish(&list, out, n_out);
	return 1;
}

int copies_has_source(struct db *db, int64_t epoch, struct str source, struct err *err)
{
	sqlite3_stmt *st;
	int r = db_one(db, err, &st,
		       "SELECT 1 FROM copies WHERE epoch = ?1 AND source = ?2 AND source <> ''",
		       "is", epoch, source);
	if (r == 1)
		db_done(st);
	return r;
}

int copies_select(struct db *db, struct arena *a, const struct archive_select *s,
		  const uint32_t **out, size_t *n_out, struct err *err)
{
	struct arena text = {0};
	struct numbers list = {.a = a};
	struct str sql = arena_fmt(&text, "SELECT message FROM copies WHERE (%s)", s->where);
	sqlite3_stmt *st = db_prepare(db, sql.p, err);
	arena_free(&text);
	if (st == NULL)
		return -1;
	for (int i = 0; i < 4; i++)
		sqlite3_bind_int64(st, i + 1, s->arg[i]);
	if (s->text)
		sqlite3_bind_text(st, 5, s->text, -1, SQLITE_STATIC);
	int r = collect(db, st, db_step(db, st, err), &list, err);
	sqlite3_finalize(st);
	if (r < 0)
		return -1;
	finish(&list, out, n_out);
	return 1;
}

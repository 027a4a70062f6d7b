#define _GNU_SOURCE
#include "archive.h"

#include "catalog.h"
#include "copies.h"
#include "disposaldb.h"
#include "file.h"
#include "leaf.h"
#include "log.h"
#include "memo.h"
#include "reader.h"
#include "seal.h"
#include "segment.h"
#include "tarball.h"
#include "txn.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define TICK_BYTES ((uint64_t)32 << 20)
#define GATHERED_MOST ((uint64_t)64 << 20) /* without a tick */
#define NAME_MOST 4000
#define KEYWORDS_MOST 16000
#define REASON_MOST 1000
#define ID_MOST 255
#define RECORDS_MOST ((size_t)256 << 10)

struct archive {
	char *dir, *segments;
	enum archive_mode mode;
	pid_t pid; /* the process that opened it; a forked child must leave it alone */
	int lock;
	struct db *db;
	struct reader *reader;
	struct memo memo; /* of a handle that only reads */

	struct txn t;
	struct spool *spool;
	bool in_message;
	struct buf records; /* of the member being made */
	struct leaf_salts salts;
	struct arena names;
	struct archive_epoch epoch; /* the last one looked up, its names in `names` */
	uint32_t last_uid; /* of that, where it was given by us; 0: not known */
};

/* ---- making, opening, closing ---- */

static char *join(const char *dir, const char *name)
{
	size_t n = strlen(dir) + strlen(name) + 2;
	char *p = err_alloc(n);
	snprintf(p, n, "%s/%s", dir, name);
	return p;
}

static int take_lock(const char *dir, int *fd, struct err *err)
{
	char *path = join(dir, "lock");
	int r = file_lock(path, fd, err);
	free(path);
	return r;
}

/* flock belongs to the open file, which a forked child shares: closing alone would not do. */
static void give_lock(int *fd)
{
	if (*fd >= 0) {
		flock(*fd, LOCK_UN);
		close(*fd);
	}
	*fd = -1;
}

static int there_is_one(const char *dir, struct err *err)
{
	struct db *db = NULL;
	int r = catalog_open(&db, dir, DB_READ, err);
	db_close(&db);
	return r;
}

/* Segments with data but no catalog are an archive that lost it, not a place for a new one. */
static int create_in(const char *dir, const char *segments, struct err *err)
{
	char first[4096];
	struct stat st;
	int r = there_is_one(dir, err);
	if (r)
		return r < 0 ? -1 : 0;
	segment_path(first, sizeof first, dir, 1);
	if (stat(first, &st) == 0 && st.st_size > SEGMENT_HEAD)
		return err_set(err, ERR_BROKEN, "'%s' has segments but no catalog", dir);
	if (file_mkdirs(segments, err) < 0 || file_sync_dir(dir, err) < 0)
		return -1;
	return catalog_create(dir, err);
}

int archive_create(const char *dir, struct err *err)
{
	int lock = -1;
	if (file_mkdirs(dir, err) < 0 || take_lock(dir, &lock, err) < 0)
		return -1;
	char *segments = join(dir, "segments");
	int r = create_in(dir, segments, err);
	free(segments);
	give_lock(&lock);
	return r;
}

static int open_writer(struct archive *ar, struct err *err)
{
	if (txn_open(&ar->t, ar->dir, ar->db, err) < 0 || seal_recover(&ar->t, err) < 0)
		return -1;
	ar->segments = join(ar->dir, "segments");
	ar->spool = spool_new(ar->segments);
	buf_init(&ar->records, RECORDS_MOST);
	return 1;
}

static int open_in(struct archive *ar, struct err *err)
{
	bool writer = ar->mode == ARCHIVE_WRITE;
	struct stat st;
	char first[4096];
	if (writer && stat(ar->dir, &st) == 0 && take_lock(ar->dir, &ar->lock, err) < 0)
		return -1;
	int r = catalog_open(&ar->db, ar->dir, writer ? DB_WRITE : DB_READ, err);
	if (r < 0)
		return -1;
	if (r == 0) {
		segment_path(first, sizeof first, ar->dir, 1);
		if (stat(first, &st) == 0)
			return err_set(err, ERR_BROKEN, "the catalog of '%s' is lost", ar->dir);
		return err_set(err, ERR_INPUT, "no archive in '%s'", ar->dir);
	}
	ar->reader = reader_new(ar->dir, false);
	ar->memo.db = ar->db;
	ar->t = (struct txn){.dir = ar->dir, .db = ar->db};
	return writer ? open_writer(ar, err) : 1;
}

int archive_open(struct archive **out, const char *dir, enum archive_mode mode, struct err *err)
{
	if (strlen(dir) > 3000)
		return err_set(err, ERR_INPUT, "name of the archive's directory is too long");
	struct archive *ar = err_alloc(sizeof *ar);
	ar->dir = err_alloc(strlen(dir) + 1);
	memcpy(ar->dir, dir, strlen(dir));
	ar->mode = mode;
	ar->pid = getpid();
	ar->lock = -1;
	if (open_in(ar, err) < 0) {
		archive_close(&ar);
		return -1;
	}
	*out = ar;
	return 1;
}

void archive_close(struct archive **out)
{
	struct archive *ar = *out;
	if (ar == NULL)
		return;
	*out = NULL;
	if (ar->pid != getpid()) /* the parent's: SQLite must not notice, nor the lock */
		return;
	txn_close(&ar->t);
	db_close(&ar->db); /* rolls back */
	memo_clear(&ar->memo);
	reader_free(&ar->reader);
	spool_free(&ar->spool);
	buf_free(&ar->records);
	arena_free(&ar->names);
	give_lock(&ar->lock);
	free(ar->segments);
	free(ar->dir);
	free(ar);
}

void archive_scattered(struct archive *ar)
{
	reader_free(&ar->reader);
	ar->reader = reader_new(ar->dir, true);
}

const char *archive_dir(const struct archive *ar)
{
	return ar->dir;
}

struct db *archive_db(struct archive *ar)
{
	return ar->db;
}

/* ---- the transaction ---- */

struct txn *archive_txn(struct archive *ar)
{
	return &ar->t;
}

int archive_change(struct archive *ar, struct err *err)
{
	if (ar->mode != ARCHIVE_WRITE)
		err_die("archive: write to an archive opened for reading");
	if (ar->pid != getpid())
		err_die("archive: write through a parent's handle");
	if (txn_full(&ar->t) && seal_segment(&ar->t, err) < 0) /* a crash came between */
		return -1;
	return txn_begin(&ar->t, err);
}

int archive_commit(struct archive *ar, struct err *err)
{
	if (txn_commit(&ar->t, err) < 0)
		return -1;
	return txn_full(&ar->t) ? seal_segment(&ar->t, err) : 1;
}

int archive_tick(struct archive *ar, unsigned ms, struct err *err)
{
	const struct txn *t = &ar->t;
	if (t->changing && t->gathered < TICK_BYTES && log_now_ms() - t->since_ms < ms)
		return 1;
	return archive_commit(ar, err);
}

/* ---- where ---- */

int archive_epoch(struct archive *ar, struct arena *a, struct archive_epoch *e, struct err *err)
{
	if (e->account.n > NAME_MOST || e->mailbox.n > NAME_MOST)
		return err_set(err, ERR_INPUT, "a mailbox name is longer than %d bytes", NAME_MOST);
	e->account = arena_str(a, e->account);
	e->mailbox = arena_str(a, e->mailbox);
	if (archive_change(ar, err) < 0)
		return -1;
	int r = copies_epoch(ar->db, e, err);
	if (r < 0)
		return txn_give_up(&ar->t, err);
	if (r == 0)
		return 1;
	txn_change(&ar->t);
	facts_epoch(&ar->t.facts, e);
	return txn_changed(&ar->t, err);
}

int archive_epoch_seen(struct archive *ar, const struct archive_epoch *e, struct err *err)
{
	if (archive_change(ar, err) < 0)
		return -1;
	int r = copies_epoch_seen(ar->db, e, err);
	if (r < 0)
		return txn_give_up(&ar->t, err);
	if (r == 0)
		return 1;
	txn_change(&ar->t);
	facts_seen(&ar->t.facts, e);
	return txn_changed(&ar->t, err);
}

int archive_run(struct archive *ar, int64_t *run_out, struct err *err)
{
	if (archive_change(ar, err) < 0)
		return -1;
	if (copies_run(ar->db, ar->t.facts.at, run_out, err) < 0)
		return txn_give_up(&ar->t, err);
	txn_change(&ar->t);
	facts_run(&ar->t.facts, *run_out);
	return txn_changed(&ar->t, err);
}

/* Looks the epoch up, unless it was the last one. ERR_INPUT when there is none. */
static int know_epoch(struct archive *ar, int64_t id, struct err *err)
{
	if (ar->epoch.id == id && id)
		return 1;
	arena_reset(&ar->names);
	ar->epoch.id = 0;
	ar->last_uid = 0;
	int r = copies_epoch_find(ar->db, &ar->names, id, &ar->epoch, err);
	return r ? r : err_set(err, ERR_INPUT, "no mailbox epoch %lld", (long long)id);
}

/* ---- messages ---- */

int archive_begin(struct archive *ar, struct err *err)
{
	if (ar->t.broken.kind) {
		*err = ar->t.broken;
		return -1;
	}
	if (ar->in_message)
		err_die("archive: a message is open already");
	if (ar->t.changing && ar->t.gathered > GATHERED_MOST && archive_commit(ar, err) < 0)
		return -1;
	spool_start(ar->spool);
	ar->in_message = true;
	return 1;
}

int archive_write(struct archive *ar, const void *p, size_t n, struct err *err)
{
	return spool_write(ar->spool, p, n, err);
}

void archive_abandon(struct archive *ar)
{
	if (ar->in_message)
		spool_start(ar->spool);
	ar->in_message = false;
}

static void record_text(struct buf *records, const char *key, struct str s)
{
	if (s.n)
		tarball_record(records, key, s);
}

/* The pax records of a new message and its first copy. */
static void make_records(struct archive *ar, const struct archive_copy *c,
			 const struct archive_msg *m)
{
	struct buf *r = &ar->records, flags;
	char date[FACTS_DATE];
	buf_clear(r);
	tarball_number(r, "number", m->number);
	tarball_number(r, "change", (uint64_t)ar->t.facts.change);
	tarball_number(r, "at", (uint64_t)ar->t.facts.at);
	tarball_number(r, "epoch", (uint64_t)c->epoch);
	record_text(r, "account", ar->epoch.account);
	record_text(r, "mailbox", ar->epoch.mailbox);
	tarball_number(r, "uidvalidity", ar->epoch.uidvalidity);
	tarball_number(r, "uid", c->uid);
	if (facts_date(date, c->internaldate, c->zone))
		tarball_record(r, "internaldate", str_of(date));
	buf_init(&flags, 128);
	facts_flag_names(&flags, c->flags);
	record_text(r, "flags", buf_all(&flags));
	buf_free(&flags);
	record_text(r, "keywords", c->keywords);
	tarball_number(r, "modseq", c->modseq);
	tarball_number(r, "run", (uint64_t)c->run);
	tarball_number(r, "bare-lf", m->rfc822_size - m->size);
	record_text(r, "source", c->source);
	record_text(r, "found", c->found);
	record_text(r, "emailid", c->emailid);
	record_text(r, "threadid", c->threadid);
	if (c->savedate > 0) {
		facts_zone(date, c->savezone);
		tarball_number(r, "savedate", (uint64_t)c->savedate);
		record_text(r, "savezone", str_of(date));
	}
	record_text(r, "basis", c->basis);
}

/* The last record; *leaf is the hash that the log holds of the message. */
static void add_salt(struct archive *ar, const unsigned char hash[HASH_BYTES],
		     unsigned char leaf[HASH_BYTES])
{
	unsigned char salt[LEAF_SALT];
	char hex[2 * LEAF_SALT + 1];
	leaf_salt(&ar->salts, salt);
	leaf_hash(salt, hash, buf_all(&ar->records), leaf);
	hash_hex(salt, LEAF_SALT, hex);
	tarball_record(&ar->records, "salt", str_of(hex));
}

/* Appends the message to the segment, and to the catalog when its frame is written. */
static int store(struct archive *ar, const struct archive_copy *c, const struct spool_body *body,
		 struct err *err)
{
	char name[HASH_HEX + 5];
	unsigned char leaf[HASH_BYTES];
	struct archive_msg m = {
		.number = c->message,
		.size = body->size,
		.rfc822_size = body->size + body->bare_lf,
		.segment = ar->t.now.segment,
	};
	memcpy(m.hash, body->hash, HASH_BYTES);
	hash_hex(m.hash, HASH_BYTES, name);
	memcpy(name + HASH_HEX, ".eml", 5);
	make_records(ar, c, &m);
	add_salt(ar, m.hash, leaf);
	buf_clear(&ar->t.head);
	tarball_member(&ar->t.head, str_of(name), body->size, c->internaldate,
		       buf_all(&ar->records));
	return txn_message(&ar->t, body, &m, leaf, err);
}

static int check_copy(const struct archive_copy *c, struct err *err)
{
	char date[FACTS_DATE];
	if (!facts_date(date, c->internaldate, c->zone))
		return err_set(err, ERR_INPUT, "internal date is out of range");
	if (c->keywords.n > KEYWORDS_MOST || c->source.n > NAME_MOST || c->found.n > HASH_HEX ||
	    c->emailid.n > ID_MOST || c->threadid.n > ID_MOST || c->basis.n > ID_MOST)
		return err_set(err, ERR_INPUT, "keywords or path are too long");
	return 1;
}

/* The newest run of the epoch, written only when it is a new one. */
static int note_run(struct archive *ar, const struct archive_copy *c, struct err *err)
{
	if (c->run <= ar->epoch.run)
		return 1;
	ar->epoch.run = c->run;
	return copies_epoch_run(ar->db, c->epoch, c->run, err);
}

static int end(struct archive *ar, struct archive_copy *c, const struct spool_body *body,
	       struct err *err)
{
	int known = pending_find(&ar->t.pending, body->hash, &c->message);
	if (known == 0)
		known = catalog_number(ar->db, body->hash, &c->message, err);
	if (known < 0)
		return -1;
	if (!known)
		c->message = (uint64_t)ar->t.now.last + 1;
	int r = copies_add(ar->db, c, &ar->last_uid, ar->t.facts.at, err), settled = 0;
	if (r < 0)
		return -1;
	if (ar->t.now.outcomes)
		settled = copies_settled(ar->db, c->epoch, c->uid, err);
	if (settled < 0)
		return -1;
	if (known && r == 0 && settled == 0)
		return 0;
	if (note_run(ar, c, err) < 0)
		return -1;
	txn_change(&ar->t);
	if (known) {
		facts_copy(&ar->t.facts, c, body->hash);
		return 0;
	}
	ar->t.now.last++;
	return store(ar, c, body, err) < 0 ? -1 : 1;
}

int archive_end(struct archive *ar, struct archive_copy *c, struct err *err)
{
	struct spool_body body;
	if (!ar->in_message)
		err_die("archive: no message is open");
	ar->in_message = false;
	if (spool_end(ar->spool, &body, err) < 0 || check_copy(c, err) < 0 ||
	    archive_change(ar, err) < 0 || know_epoch(ar, c->epoch, err) < 0)
		return -1;
	ar->t.gathered += body.size;
	int r = end(ar, c, &body, err);
	if (r < 0 && err->kind != ERR_INPUT)
		return txn_give_up(&ar->t, err);
	if (r < 0 || txn_changed(&ar->t, err) < 0)
		return -1;
	return r;
}

static int link_copy(struct archive *ar, struct archive_copy *c, struct err *err)
{
	struct archive_msg m;
	int r = catalog_find(ar->db, c->message, &m, err);
	if (r == 0 || (r == 1 && m.destroyed))
		return err_set(err, ERR_INPUT, "no message %llu", (unsigned long long)c->message);
	if (r < 0 || (r = copies_add(ar->db, c, NULL, ar->t.facts.at, err)) < 1)
		return r;
	if ((ar->t.now.outcomes && copies_settled(ar->db, c->epoch, c->uid, err) < 0) ||
	    note_run(ar, c, err) < 0)
		return -1;
	txn_change(&ar->t);
	facts_copy(&ar->t.facts, c, m.hash);
	return 1;
}

int archive_link(struct archive *ar, struct archive_copy *c, struct err *err)
{
	if (c->basis.n == 0)
		return err_set(err, ERR_INPUT, "a copy without bytes and without a basis");
	if (check_copy(c, err) < 0 || archive_change(ar, err) < 0 ||
	    know_epoch(ar, c->epoch, err) < 0)
		return -1;
	int r = link_copy(ar, c, err);
	if (r < 0 && err->kind != ERR_INPUT)
		return txn_give_up(&ar->t, err);
	if (r < 0 || txn_changed(&ar->t, err) < 0)
		return -1;
	return r;
}

/* ---- later facts ---- */

int archive_flags(struct archive *ar, const struct archive_copy *c, struct err *err)
{
	bool modseq;
	if (c->keywords.n > KEYWORDS_MOST)
		return err_set(err, ERR_INPUT, "keywords are too long");
	if (archive_change(ar, err) < 0)
		return -1;
	int r = disposaldb_copy_destroyed(ar->db, c->epoch, c->uid, err);
	if (r == 1)
		return 0;
	if (r == 0)
		r = copies_flags(ar->db, c, ar->t.facts.at, &modseq, err);
	if (r < 0)
		return txn_give_up(&ar->t, err);
	if (r || modseq) {
		txn_change(&ar->t);
		facts_flags(&ar->t.facts, c);
	}
	return txn_changed(&ar->t, err) < 0 ? -1 : r;
}

int archive_vanished(struct archive *ar, int64_t epoch, const uint32_t *uids, size_t n,
		     struct err *err)
{
	uint32_t told[1024];
	size_t n_told = 0;
	if (archive_change(ar, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		int r = copies_vanished(ar->db, epoch, uids[i], ar->t.facts.at, err);
		if (r < 0)
			return txn_give_up(&ar->t, err);
		if (r == 1)
			told[n_told++] = uids[i];
		if (n_told && (n_told == sizeof told / sizeof *told || i + 1 == n)) {
			txn_change(&ar->t);
			facts_vanished(&ar->t.facts, epoch, told, n_told);
			n_told = 0;
			if (txn_changed(&ar->t, err) < 0)
				return -1;
		}
	}
	return 1;
}

int archive_outcome(struct archive *ar, int64_t epoch, uint32_t uid, enum archive_outcome outcome,
		    struct str reason, struct err *err)
{
	struct archive_copy where = {.epoch = epoch, .uid = uid};
	reason = str_cut(reason, 0, REASON_MOST);
	if (archive_change(ar, err) < 0)
		return -1;
	if (copies_outcome(ar->db, &where, outcome, reason, ar->t.facts.at, err) < 0)
		return txn_give_up(&ar->t, err);
	ar->t.now.outcomes = true;
	txn_change(&ar->t);
	facts_outcome(&ar->t.facts, &where, outcome, reason);
	return txn_changed(&ar->t, err);
}

/* ---- reading ---- */

int archive_last(struct archive *ar, uint64_t *out, struct err *err)
{
	struct catalog_state s = ar->t.committed;
	if (ar->mode == ARCHIVE_READ && catalog_load(ar->db, &s, err) < 0)
		return -1;
	*out = (uint64_t)s.last;
	return 1;
}

int archive_find(struct archive *ar, uint64_t number, struct archive_msg *out, struct err *err)
{
	return catalog_find(ar->db, number, out, err);
}

static int gone(const struct archive_msg *m, struct err *err)
{
	return err_set(err, ERR_GONE, "this message was disposed of (disposal %lld)",
		       (long long)m->disposal);
}

int archive_find_id(struct archive *ar, struct str hex, struct archive_msg *out, struct err *err)
{
	int r = catalog_find_id(ar->db, hex, out, err);
	return r == 1 && out->disposal ? gone(out, err) : r;
}

int archive_read(struct archive *ar, const struct archive_msg *m, size_t max, struct buf *out,
		 struct err *err)
{
	if (m->destroyed)
		return gone(m, err);
	return reader_read(ar->reader, m, max, out, err);
}

int archive_copy_out(struct archive *ar, const struct archive_msg *m, int fd, struct err *err)
{
	if (m->destroyed)
		return gone(m, err);
	return reader_copy_out(ar->reader, m, fd, err);
}

int archive_copies(struct archive *ar, struct arena *a, uint64_t number,
		   const struct archive_copy **out, size_t *n_out, struct err *err)
{
	return copies_of(ar->db, a, number, out, n_out, err);
}

int archive_epoch_find(struct archive *ar, struct arena *a, int64_t id,
		       struct archive_epoch *out, struct err *err)
{
	return copies_epoch_find(ar->db, a, id, out, err);
}

int archive_epochs(struct archive *ar, struct arena *a, const struct archive_epoch **out,
		   size_t *n_out, struct err *err)
{
	if (ar->mode == ARCHIVE_READ)
		return memo_epochs(&ar->memo, a, out, n_out, err);
	return copies_epochs(ar->db, a, out, n_out, err);
}

int archive_uids(struct archive *ar, struct arena *a, int64_t epoch, const uint32_t **out,
		 size_t *n_out, struct err *err)
{
	return copies_uids(ar->db, a, epoch, out, n_out, err);
}

int archive_present(struct archive *ar, struct arena *a, int64_t epoch, const uint32_t **out,
		    size_t *n_out, struct err *err)
{
	return copies_present(ar->db, a, epoch, out, n_out, err);
}

int archive_has_source(struct archive *ar, int64_t epoch, struct str source, struct err *err)
{
	return copies_has_source(ar->db, epoch, source, err);
}

int archive_select(struct archive *ar, struct arena *a, const struct archive_select *s,
		   const uint32_t **out, size_t *n_out, struct err *err)
{
	if (ar->mode == ARCHIVE_READ)
		return memo_select(&ar->memo, a, s, out, n_out, err);
	return copies_select(ar->db, a, s, out, n_out, err);
}

struct memo *archive_memo(struct archive *ar)
{
	return &ar->memo;
}

int archive_totals(struct archive *ar, int64_t epoch, struct archive_totals *out, struct err *err)
{
	return catalog_totals(ar->db, epoch, out, err);
}

#define _GNU_SOURCE
#include "txn.h"

#include "log.h"
#include "segwalk.h"
#include "tarball.h"

#include <stdio.h>
#include <time.h>

#define SEGMENT_FULL ((uint64_t)256 << 20)
#define RECORDS_MOST ((size_t)256 << 10)

/* Behind the committed bytes there may stand at most what one commit wrote before its catalog
 * transaction. If there is more, the catalog is an old one, and cutting would lose mail. */
static int check_tail(const struct txn *t, struct err *err)
{
	char path[4096];
	int64_t commits = 0;
	segment_path(path, sizeof path, t->dir, t->committed.segment);
	if (segwalk_commits(path, t->committed.size, UINT64_MAX, &commits, err) < 0)
		return -1;
	if (commits > 1)
		return err_set(err, ERR_BROKEN,
			       "segment '%s' holds %lld commits the catalog does not know: the "
			       "catalog is older than the segments; nothing was changed",
			       path, (long long)commits);
	return 1;
}

int txn_open(struct txn *t, const char *dir, struct db *db, struct err *err)
{
	*t = (struct txn){.dir = dir, .db = db, .open = true, .full = SEGMENT_FULL};
	facts_init(&t->facts);
	buf_init(&t->head, RECORDS_MOST + 16384);
	if (catalog_load(db, &t->committed, err) < 0 || catalog_check(db, dir, err) < 0)
		return -1;
	t->now = t->committed;
	if (t->committed.segment == 0 || t->committed.sealed)
		return 1;
	if (check_tail(t, err) < 0)
		return -1;
	return segment_open(&t->seg, dir, t->committed.segment, t->committed.size, err);
}

void txn_close(struct txn *t)
{
	if (!t->open)
		return;
	if (t->seg && t->changing)
		segment_cut(t->seg, t->committed.size);
	segment_close(&t->seg);
	pending_free(&t->pending);
	facts_free(&t->facts);
	buf_free(&t->head);
	t->open = false;
}

/* When it was COMMIT that failed, the segment keeps its bytes: SQLite's log may hold the whole
 * transaction all the same, and then the next opening finds it committed; if not, it cuts them
 * off. */
int txn_give_up(struct txn *t, struct err *err)
{
	struct err ignored;
	t->broken = *err;
	t->broken.kind = ERR_BROKEN;
	if (t->changing)
		db_exec(t->db, "ROLLBACK", &ignored);
	t->changing = false;
	if (t->seg && !t->committing)
		segment_cut(t->seg, t->committed.size);
	pending_free(&t->pending);
	t->now = t->committed;
	return -1;
}

/* The next segment: its file and its row are durable before it gets a byte, so that a file
 * with data that the catalog does not know can only mean a lost catalog. */
static int next_segment(struct txn *t, struct err *err)
{
	uint32_t number = t->committed.segment + 1;
	segment_close(&t->seg);
	if (segment_create(t->dir, number, err) < 0 || catalog_segment(t->db, number, err) < 0 ||
	    segment_open(&t->seg, t->dir, number, SEGMENT_HEAD, err) < 0)
		return -1;
	t->committed.segment = t->now.segment = number;
	t->committed.size = t->now.size = SEGMENT_HEAD;
	t->committed.sealed = t->now.sealed = false;
	return 1;
}

bool txn_full(const struct txn *t)
{
	return !t->changing && t->broken.kind == ERR_NONE && t->seg &&
	       t->committed.size >= t->full;
}

int txn_begin(struct txn *t, struct err *err)
{
	if (t->broken.kind) {
		*err = t->broken;
		return -1;
	}
	t->facts.at = (int64_t)time(NULL); /* the same in the segment and in the catalog */
	if (t->changing)
		return 1;
	if ((t->seg == NULL && next_segment(t, err) < 0) ||
	    db_exec(t->db, "BEGIN IMMEDIATE", err) < 0)
		return err->kind == ERR_LATER ? -1 : txn_give_up(t, err);
	t->changing = true;
	t->since_ms = log_now_ms();
	t->gathered = 0;
	return 1;
}

void txn_change(struct txn *t)
{
	t->facts.change = ++t->now.change;
}

/* Notes the frames that the segment has written meanwhile, and what is in them. */
static int note_frames(struct txn *t, struct err *err)
{
	struct segment_frame f;
	uint64_t nth;
	while (segment_frame(t->seg, &nth, &f))
		if (catalog_frame(t->db, t->now.segment, &f, err) < 0 ||
		    pending_placed(&t->pending, t->db, nth, f.start, err) < 0)
			return -1;
	return 1;
}

int txn_message(struct txn *t, const struct spool_body *body, struct archive_msg *m,
		const unsigned char leaf[HASH_BYTES], struct err *err)
{
	struct segment_place place;
	if (segment_add(t->seg, buf_all(&t->head), body, &place, err) < 0)
		return -1;
	m->frame = place.nth;
	m->offset = place.offset;
	pending_add(&t->pending, m, leaf);
	return note_frames(t, err);
}

/* The gathered facts become a member. */
static int write_facts(struct txn *t, struct err *err)
{
	char name[64];
	struct segment_place place;
	struct str lines = buf_all(&t->facts.lines);
	struct spool_body body = {.size = lines.n, .mem = lines, .fd = -1};
	snprintf(name, sizeof name, "facts/%012lld.ndjson", (long long)t->now.change);
	buf_clear(&t->head);
	tarball_member(&t->head, str_of(name), lines.n, t->facts.at, (struct str){"", 0});
	if (segment_add(t->seg, buf_all(&t->head), &body, &place, err) < 0 ||
	    note_frames(t, err) < 0)
		return -1;
	buf_clear(&t->facts.lines);
	return 1;
}

int txn_changed(struct txn *t, struct err *err)
{
	if (t->facts.lines.n < FACTS_FULL)
		return 1;
	t->gathered += t->facts.lines.n;
	return write_facts(t, err) < 0 ? txn_give_up(t, err) : 1;
}

static int commit(struct txn *t, struct err *err)
{
	txn_change(t);
	t->now.commits++;
	facts_commit(&t->facts, t->now.commits, t->now.last);
	if (write_facts(t, err) < 0 || segment_flush(t->seg, err) < 0 ||
	    note_frames(t, err) < 0 || segment_sync(t->seg, err) < 0)
		return -1;
	t->now.size = segment_size(t->seg);
	if (catalog_save(t->db, &t->now, err) < 0)
		return -1;
	t->committing = true;
	if (db_exec(t->db, "COMMIT", err) < 0)
		return -1;
	t->committing = false;
	return 1;
}

int txn_commit(struct txn *t, struct err *err)
{
	if (!t->changing) {
		if (t->broken.kind == ERR_NONE)
			return 1;
		*err = t->broken;
		return -1;
	}
	if (commit(t, err) < 0)
		return txn_give_up(t, err);
	t->changing = false;
	t->committed = t->now;
	return 1;
}

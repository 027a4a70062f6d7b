#include "replay.h"

#include "change.h"
#include "copies.h"
#include "disposaldb.h"
#include "uses.h"

#include <stdlib.h>

struct pending {
	struct change c;
	size_t order;          /* in which it was found */
	struct segcheck_event place; /* without its data */
};

struct replay {
	struct db *db;
	struct findings *f;
	const struct segcheck_range *ranges;
	size_t n_ranges;
	struct arena a;            /* what belongs to the commit at hand: */
	struct pending **list;
	size_t n;
	struct segment_frame *frames;
	size_t n_frames;
	bool ended;                /* its last line has been seen */
	bool damaged, cut;         /* since the last commit: damage; an unfinished frame */
	uint64_t cut_at;           /* where that begins */
	uint64_t end;              /* behind the last frame seen, sound or not */
	uint64_t closed;           /* behind the end of the tar archive, 0: not yet seen */
	struct catalog_state done;
	struct replay_counts counts;
	int64_t epoch;             /* the last one known to be there */
};

int replay_start(struct replay **out, struct db *db, struct findings *f,
		 const struct segcheck_range *ranges, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++)
		if (catalog_segment(db, ranges[i].segment, err) < 0)
			return -1;
	struct replay *r = err_alloc(sizeof *r);
	r->db = db;
	r->f = f;
	r->ranges = ranges;
	r->n_ranges = n;
	r->done.size = SEGMENT_HEAD;
	*out = r;
	return 1;
}

void replay_free(struct replay **r)
{
	if (*r == NULL)
		return;
	arena_free(&(*r)->a);
	free(*r);
	*r = NULL;
}

static struct findings_item where(const struct segcheck_event *e)
{
	return (struct findings_item){.segment = e->segment, .frame = e->frame,
				      .offset = e->offset, .member = e->name};
}

static void wrong(struct replay *r, const struct pending *p, const char *text, int64_t number)
{
	struct findings_item at = where(&p->place);
	at.number = p->c.msg.number;
	findings_add(r->f, &at, "%s %lld", text, (long long)number);
}

/* ---- applying ---- */

static int message_there(struct replay *r, const struct pending *p, struct err *err)
{
	uint64_t number;
	if (p->c.msg.destroyed)
		return disposaldb_destroyed(r->db, p->c.msg.number, err);
	int got = catalog_number(r->db, p->c.msg.hash, &number, err);
	return got < 1 ? got : number == p->c.msg.number;
}

/* Messages bring the names of their epoch, so that a lost fact does not matter. */
static int need_epoch(struct replay *r, const struct archive_epoch *e, struct err *err)
{
	if (e->id == r->epoch)
		return 1;
	r->epoch = e->id;
	return db_do(r->db, err,
		     "INSERT OR IGNORE INTO epochs(epoch, account, mailbox, uidvalidity)"
		     " VALUES(?1, ?2, ?3, ?4)", "issi", e->id, e->account, e->mailbox,
		     (int64_t)e->uidvalidity);
}

static int copy(struct replay *r, struct pending *p, struct err *err)
{
	struct archive_copy *c = &p->c.copy;
	if (copies_add(r->db, c, NULL, p->c.at, err) < 0)
		return -1;
	if (r->done.outcomes && copies_settled(r->db, c->epoch, c->uid, err) < 0)
		return -1;
	return c->run ? copies_epoch_run(r->db, c->epoch, c->run, err) : 1;
}

static int message(struct replay *r, struct pending *p, struct err *err)
{
	struct change *c = &p->c;
	uint64_t other;
	int64_t next = r->done.last + 1, number = (int64_t)c->msg.number;
	if (number < next) {
		wrong(r, p, "the number of this message belongs to another one:", number);
		return 1;
	}
	int known = c->msg.destroyed ? 0 : catalog_number(r->db, c->msg.hash, &other, err);
	if (known < 0)
		return -1;
	if (known) {
		wrong(r, p, "this message is stored already, as number", (int64_t)other);
		return 1;
	}
	if (number > next)
		wrong(r, p, "messages are missing before this one, from number", next);
	r->done.last = number;
	r->counts.messages++;
	c->msg.segment = p->place.segment;
	c->msg.frame = p->place.frame;
	c->msg.offset = p->place.offset;
	if (catalog_add(r->db, &c->msg, c->leaf, err) < 0 || need_epoch(r, &c->epoch, err) < 0)
		return -1;
	return copy(r, p, err);
}

static int later_copy(struct replay *r, struct pending *p, struct err *err)
{
	int there = message_there(r, p, err);
	if (there < 0)
		return -1;
	if (there)
		return copy(r, p, err);
	wrong(r, p, "a copy of a message that is not there:", (int64_t)p->c.msg.number);
	return 1;
}

static int epoch(struct replay *r, struct pending *p, struct err *err)
{
	r->epoch = 0;
	if (need_epoch(r, &p->c.epoch, err) < 0)
		return -1;
	if (db_changes(r->db) == 0)
		wrong(r, p, "a mailbox epoch is told twice:", p->c.epoch.id);
	return 1;
}

static int run(struct replay *r, struct pending *p, struct err *err)
{
	if (db_do(r->db, err, "INSERT OR IGNORE INTO runs VALUES(?1, ?2)", "ii", p->c.copy.run,
		  p->c.at) < 0)
		return -1;
	if (db_changes(r->db) == 0)
		wrong(r, p, "a run is told twice:", p->c.copy.run);
	return 1;
}

static int vanished(struct replay *r, struct pending *p, struct err *err)
{
	for (size_t i = 0; i < p->c.n_uids; i++)
		if (copies_vanished(r->db, p->c.copy.epoch, p->c.uids[i], p->c.at, err) < 0)
			return -1;
	return 1;
}

static int outcome(struct replay *r, struct pending *p, struct err *err)
{
	r->done.outcomes = true;
	return copies_outcome(r->db, &p->c.copy, p->c.outcome, p->c.reason, p->c.at, err);
}

static int disposed(struct replay *r, struct pending *p, struct err *err)
{
	p->c.disposal.at = p->c.at;
	return disposaldb_add(r->db, &p->c.disposal, p->c.uids, p->c.n_uids, err);
}

static int apply(struct replay *r, struct pending *p, struct err *err)
{
	bool ignored;
	switch (p->c.kind) {
	case CHANGE_MESSAGE:
		return message(r, p, err);
	case CHANGE_COPY:
		return later_copy(r, p, err);
	case CHANGE_RUN:
		return run(r, p, err);
	case CHANGE_EPOCH:
		return epoch(r, p, err);
	case CHANGE_SEEN:
		return copies_epoch_seen(r->db, &p->c.epoch, err);
	case CHANGE_FLAGS:
		return copies_flags(r->db, &p->c.copy, p->c.at, &ignored, err);
	case CHANGE_VANISHED:
		return vanished(r, p, err);
	case CHANGE_OUTCOME:
		return outcome(r, p, err);
	case CHANGE_DISPOSED:
		return disposed(r, p, err);
	case CHANGE_ENDED:
		p->c.disposal.ended = p->c.at;
		return disposaldb_end(r->db, &p->c.disposal, err);
	case CHANGE_USES:
		return uses_write(r->db, p->c.epoch.account, p->c.reason, err);
	case CHANGE_COMMIT:
		r->counts.commits++;
		if (p->c.commit != r->done.commits + 1)
			wrong(r, p, "commits are missing before this one, from number",
			      r->done.commits + 1);
		if (p->c.last != r->done.last)
			wrong(r, p, "the last message before this commit should be number",
			      p->c.last);
		r->done.commits = p->c.commit;
		return 1;
	case CHANGE_OTHER:
		break;
	}
	return 1;
}

static int by_change(const void *x, const void *y)
{
	const struct pending *a = *(struct pending *const *)x, *b = *(struct pending *const *)y;
	if (a->c.number != b->c.number)
		return a->c.number < b->c.number ? -1 : 1;
	return a->order < b->order ? -1 : 1;
}

/* Numbers of changes are told without gaps, each once; only long lists have several lines. */
static bool in_order(struct replay *r, const struct pending *p)
{
	int64_t last = r->done.change, number = p->c.number;
	if (number > last + 1)
		wrong(r, p, "changes are missing before this one, from number", last + 1);
	bool again = number < last || (number == last && p->c.kind != CHANGE_VANISHED &&
				       p->c.kind != CHANGE_DISPOSED);
	if (again)
		wrong(r, p, "this change comes too late or twice: number", number);
	else
		r->done.change = number;
	return !again;
}

/* Applies the commit at hand, of which `end` is the first byte behind. 1 or -1. */
static int finish(struct replay *r, uint32_t segment, uint64_t end, struct err *err)
{
	if (r->n)
		qsort(r->list, r->n, sizeof *r->list, by_change);
	for (size_t i = 0; i < r->n; i++)
		if (in_order(r, r->list[i]) && apply(r, r->list[i], err) < 0)
			return -1;
	for (size_t i = 0; i < r->n_frames; i++)
		if (catalog_frame(r->db, segment, &r->frames[i], err) < 0)
			return -1;
	r->done.segment = segment;
	r->done.size = end;
	arena_reset(&r->a);
	r->list = NULL;
	r->frames = NULL;
	r->n = r->n_frames = 0;
	r->ended = r->damaged = r->cut = false;
	return catalog_save(r->db, &r->done, err);
}

/* ---- gathering ---- */

static struct pending *add(struct replay *r, const struct segcheck_event *e)
{
	struct pending *p = arena_alloc(&r->a, sizeof *p);
	r->list = arena_grow(&r->a, r->list, r->n, sizeof(struct pending *));
	r->list[r->n++] = p;
	p->order = r->n;
	p->place = *e;
	p->place.name = arena_str(&r->a, e->name);
	p->place.data = (struct str){"", 0};
	return p;
}

static void malformed(struct replay *r, const struct segcheck_event *e, const struct err *err)
{
	struct findings_item at = where(e);
	findings_add(r->f, &at, "%s", err->text);
	r->damaged = true;
}

static void take_message(struct replay *r, const struct segcheck_event *e)
{
	struct err err;
	struct pending *p = add(r, e);
	p->c.msg.destroyed = e->kind == SEGCHECK_DESTROYED;
	memcpy(p->c.msg.hash, e->hash, HASH_BYTES);
	p->c.msg.size = e->size;
	memcpy(p->c.leaf, e->leaf, HASH_BYTES);
	if (change_message(&r->a, e->data, &p->c, &err) < 0) {
		malformed(r, e, &err);
		r->n--;
	}
}

static void take_facts(struct replay *r, const struct segcheck_event *e)
{
	struct str all = e->data, line;
	struct err err;
	while (str_line(&all, &line)) {
		struct pending *p = add(r, e);
		r->counts.facts++;
		r->ended = false;
		if (change_line(&r->a, line, &p->c, &err) < 0) {
			malformed(r, e, &err);
			r->n--;
		} else {
			r->ended = p->c.kind == CHANGE_COMMIT;
		}
	}
}

/* Is there anything behind the last commit? */
static bool open_work(const struct replay *r)
{
	return r->n || r->n_frames || r->damaged || r->cut;
}

/* The end of a segment that should have had a commit there. */
static int force(struct replay *r, struct err *err)
{
	struct findings_item at = {.segment = r->done.segment, .frame = r->cut_at};
	if (r->cut)
		findings_add(r->f, &at, "here is no whole zstd frame, nor behind it");
	at.frame = r->end;
	if (r->n || r->n_frames)
		findings_add(r->f, &at, "the segment does not end with a commit");
	return finish(r, r->done.segment, r->end, err);
}

static bool sealed(const struct replay *r)
{
	for (size_t i = 0; i < r->n_ranges; i++)
		if (r->ranges[i].segment == r->done.segment)
			return r->ranges[i].sealed;
	return false;
}

/* A sealed segment goes as far as the end of its tar archive. */
static int close_segment(struct replay *r, struct err *err)
{
	struct findings_item at = {.segment = r->done.segment, .frame = r->end};
	if (!sealed(r))
		return 1;
	if (r->closed != r->end)
		findings_add(r->f, &at, "a sealed segment does not end with the end of a tar "
					"archive");
	r->done.size = r->end;
	return catalog_save(r->db, &r->done, err);
}

static int next_segment(struct replay *r, uint32_t segment, struct err *err)
{
	if (open_work(r) && force(r, err) < 0)
		return -1;
	if (close_segment(r, err) < 0)
		return -1;
	r->done.segment = segment;
	r->done.size = r->end = SEGMENT_HEAD;
	r->closed = 0;
	return 1;
}

int replay_take(struct replay *r, const struct segcheck_event *e, struct err *err)
{
	struct findings_item at = where(e);
	if (e->segment != r->done.segment && next_segment(r, e->segment, err) < 0)
		return -1;
	if (e->end > r->end)
		r->end = e->end;
	switch (e->kind) {
	case SEGCHECK_MESSAGE:
	case SEGCHECK_DESTROYED:
		take_message(r, e);
		break;
	case SEGCHECK_FACTS:
		take_facts(r, e);
		break;
	case SEGCHECK_DAMAGE:
		findings_add(r->f, &at, "%.*s", STR_ARG(e->data));
		r->damaged = true;
		break;
	case SEGCHECK_CUT:
		r->cut = true;
		r->cut_at = e->frame;
		break;
	case SEGCHECK_FRAME:
		r->counts.frames++;
		r->counts.raw += e->raw;
		r->frames = arena_grow(&r->a, r->frames, r->n_frames, sizeof *r->frames);
		r->frames[r->n_frames++] = (struct segment_frame){e->frame, e->end, e->raw};
		return r->ended ? finish(r, e->segment, e->end, err) : 1;
	case SEGCHECK_CLOSE:
		r->closed = e->end;
		break;
	case SEGCHECK_TURN:
	case SEGCHECK_END:
		break;
	}
	return 1;
}

int replay_end(struct replay *r, bool open_end, struct replay_counts *out, struct err *err)
{
	int done = 1;
	bool unfinished = open_work(r) || r->closed == r->end;
	if (unfinished && open_end && !r->damaged && !sealed(r))
		r->counts.unfinished = r->end - r->done.size;
	else if (open_work(r))
		done = force(r, err);
	if (done == 1)
		done = close_segment(r, err);
	*out = r->counts;
	return done;
}

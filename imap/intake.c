#include "intake.h"

#include "db.h"
#include "ids.h"
#include "known.h"
#include "ledger.h"
#include "log.h"
#include "pack.h"
#include "uidname.h"
#include "uses.h"

#include <stdio.h>
#include <time.h>

#define MAX_NAME 4000
#define TURN_MS 50
#define NAMES_BATCH ((size_t)1 << 20)

static int nonsense(const char *what, struct err *err)
{
	return err_set(err, ERR_BROKEN, "the harvesting process sent nonsense: %s", what);
}

/* The archive said no: everything stops. */
static int archive_bad(struct intake *in)
{
	in->archive_failed = true;
	return -1;
}

/* What failed before: the child tells when it is gone, and leaves it alone until it is due. */
static int add_failed(struct intake *in, struct arena *a, struct uidset *done,
		      struct uidset *watched, struct err *err)
{
	const struct ledger_retry *list;
	size_t n;
	int64_t now = (int64_t)time(NULL);
	uidset_free(&in->failed);
	in->waiting = 0;
	if (ledger_failed(in->ar, a, in->epoch.id, &list, &n, err) < 0)
		return archive_bad(in);
	for (size_t i = 0; i < n; i++) {
		uidset_add(&in->failed, list[i].uid);
		uidset_add(watched, list[i].uid);
		if (in->ac->retry || ledger_due(&list[i], now))
			continue;
		uidset_add(done, list[i].uid);
		in->waiting++;
	}
	return 1;
}

/* The UIDs that need no fetch now, and those whose end the child must tell. */
static int gather(struct intake *in, struct uidset *done, struct uidset *watched, struct err *err)
{
	struct arena a = {0};
	const uint32_t *uids;
	size_t n;
	int r = archive_uids(in->ar, &a, in->epoch.id, &uids, &n, err);
	for (size_t i = 0; r == 1 && i < n; i++)
		uidset_add(done, uids[i]);
	arena_reset(&a); /* there may be a million of them */
	if (r == 1)
		r = archive_present(in->ar, &a, in->epoch.id, &uids, &n, err);
	for (size_t i = 0; r == 1 && i < n; i++)
		uidset_add(watched, uids[i]);
	arena_reset(&a);
	uidset_free(&in->refused);
	if (r == 1)
		r = ledger_refused(in->ar, &a, in->epoch.id, &uids, &n, err);
	for (size_t i = 0; r == 1 && i < n; i++) {
		uidset_add(&in->refused, uids[i]);
		uidset_add(watched, uids[i]);
	}
	r = r == 1 ? add_failed(in, &a, done, watched, err) : archive_bad(in);
	uidset_sort(done);
	uidset_sort(watched);
	arena_free(&a);
	return r;
}

/* Those of the done that were gone, packed. */
static int put_gone(struct intake *in, struct buf *out, struct err *err)
{
	struct arena a = {0};
	const uint32_t *uids;
	size_t n;
	int r = ledger_gone(in->ar, &a, in->epoch.id, &uids, &n, err);
	if (r == 1)
		uidset_pack(uids, n, out);
	arena_free(&a);
	return r < 0 ? archive_bad(in) : 1;
}

static int send_known(struct intake *in, struct err *err)
{
	struct uidset done = {0}, watched = {0};
	struct buf list, more, gone;
	buf_init(&list, FEED_MAX / 3);
	buf_init(&more, FEED_MAX / 3);
	buf_init(&gone, FEED_MAX / 3);
	int r = gather(in, &done, &watched, err);
	if (r == 1)
		r = put_gone(in, &gone, err);
	uidset_pack(done.p, done.n, &list);
	uidset_free(&done);
	uidset_pack(watched.p, watched.n, &more);
	uidset_free(&watched);
	struct feed_record rec = {.type = FEED_KNOWN, .list = buf_all(&list),
				  .more = buf_all(&more), .text = buf_all(&gone)};
	if (r == 1)
		r = feed_put(&in->feed, &rec, err);
	if (r == 1)
		r = feed_flush(&in->feed, err);
	buf_free(&list);
	buf_free(&more);
	buf_free(&gone);
	return r;
}

/* Finds the epoch without making it: id 0, there is none. */
static int find_epoch(struct intake *in, struct err *err)
{
	const struct archive_epoch *list;
	struct arena a = {0};
	size_t n;
	int r = archive_epochs(in->ar, &a, &list, &n, err);
	for (size_t i = 0; r == 1 && i < n; i++)
		if (str_eq(list[i].account, in->epoch.account) &&
		    str_eq(list[i].mailbox, in->epoch.mailbox) &&
		    list[i].uidvalidity == in->epoch.uidvalidity)
			in->epoch.id = list[i].id;
	arena_free(&a);
	return r;
}

static int on_epoch(struct intake *in, const struct feed_record *r, struct err *err)
{
	if (r->text.n == 0 || r->text.n > MAX_NAME || r->uid == 0)
		return nonsense("a mailbox", err);
	/* After a broken connection a mailbox is opened again: what came before must count. */
	if (in->epoch.id && !in->ac->dry && archive_commit(in->ar, err) < 0)
		return archive_bad(in);
	rebind_close(&in->rebind);
	arena_reset(&in->arena);
	in->epoch = (struct archive_epoch){
		.account = in->ac->name,
		.mailbox = arena_str(&in->arena, r->text),
		.uidvalidity = r->uid,
	};
	if ((in->ac->dry ? find_epoch(in, err)
			 : archive_epoch(in->ar, &in->arena, &in->epoch, err)) < 0)
		return archive_bad(in);
	return send_known(in, err);
}

/* How many failed messages of the epoch wait, and is one due? */
static int count_failed(struct intake *in, struct known_epoch *k, struct err *err)
{
	struct arena a = {0};
	const struct ledger_retry *list;
	int64_t now = (int64_t)time(NULL);
	size_t n;
	int r = ledger_failed(in->ar, &a, k->e.id, &list, &n, err);
	for (size_t i = 0; r == 1 && i < n; i++) {
		bool due = in->ac->retry || ledger_due(&list[i], now);
		k->due |= due;
		k->waiting += !due;
	}
	arena_free(&a);
	return r;
}

static int send_state(struct intake *in, const struct archive_epoch *e, struct err *err)
{
	int64_t age = (int64_t)time(NULL) - e->listed;
	struct known_epoch k = {.e = *e, .stale = age < 0 || age >= KNOWN_FULL};
	struct feed_record rec = {.type = FEED_STATE, .text = e->mailbox};
	struct buf list;
	if (count_failed(in, &k, err) < 0)
		return archive_bad(in);
	buf_init(&list, FEED_MAX);
	known_put(&list, &k);
	rec.list = buf_all(&list);
	int r = feed_put(&in->feed, &rec, err);
	buf_free(&list);
	return r;
}

static int on_account(struct intake *in, const struct feed_record *r, struct err *err)
{
	struct feed_record end = {.type = FEED_STATE};
	const struct archive_epoch *list;
	struct arena a = {0};
	size_t n;
	(void)r;
	int ok = archive_epochs(in->ar, &a, &list, &n, err);
	if (ok < 0)
		archive_bad(in);
	for (size_t i = 0; ok == 1 && i < n; i++)
		if (str_eq(list[i].account, in->ac->name) && list[i].mailbox.n)
			ok = send_state(in, &list[i], err);
	arena_free(&a);
	if (ok == 1)
		ok = feed_put(&in->feed, &end, err);
	return ok == 1 ? feed_flush(&in->feed, err) : -1;
}

static int on_same(struct intake *in, const struct feed_record *r, struct err *err)
{
	(void)err;
	in->result->mailboxes += r->uid;
	in->result->waiting += r->size;
	return 1;
}

static int on_uses(struct intake *in, const struct feed_record *r, struct err *err)
{
	struct str rest = r->text, line, use;
	while (str_split(&rest, '\n', &line))
		if (line.n && (!str_split(&line, ' ', &use) || !uses_is(use) || line.n == 0))
			return nonsense("the use of a mailbox", err);
	if (r->text.n > USES_MOST || in->ac->dry)
		return nonsense("uses of mailboxes", err);
	return uses_put(in->ar, in->ac->name, r->text, err) < 0 ? archive_bad(in) : 1;
}

static int message_bytes(struct intake *in, uint64_t left, struct err *err)
{
	while (left > 0) {
		struct str piece = feed_take(&in->feed, left);
		if (piece.n && archive_write(in->ar, piece.p, piece.n, err) < 0)
			return archive_bad(in);
		left -= piece.n;
		int r = left && piece.n == 0 ? feed_fill(&in->feed, err) : 1;
		if (r < 1)
			return r < 0 ? -1 : nonsense("half a message", err);
	}
	return 1;
}

/* Records an outcome, with the message's name where there is one. */
static int put_outcome(struct intake *in, const struct feed_record *r, struct err *err)
{
	struct buf reason;
	buf_init(&reason, MAX_NAME);
	if (r->list.n)
		uidname_reason(&reason, r->list, r->text);
	else
		buf_str(&reason, r->text);
	int ok = archive_outcome(in->ar, in->epoch.id, r->uid, (enum archive_outcome)r->kind,
				 buf_all(&reason), err);
	buf_free(&reason);
	return ok < 0 ? archive_bad(in) : 1;
}

/* The archive will not have this one; the others go on. */
static int not_stored(struct intake *in, const struct archive_copy *c, struct err *err)
{
	struct err why = *err;
	struct feed_record r = {.uid = c->uid, .kind = ARCHIVE_FAILED, .text = str_of(why.text)};
	if (in->ac->protocol == HARVEST_POP3)
		r.list = c->emailid;
	in->result->failed++;
	return put_outcome(in, &r, err);
}

static int store(struct intake *in, struct archive_copy *c, uint64_t size, struct err *err)
{
	if (archive_begin(in->ar, err) < 0)
		return archive_bad(in);
	if (message_bytes(in, size, err) < 0) {
		archive_abandon(in->ar);
		return -1;
	}
	int r = archive_end(in->ar, c, err);
	if (r < 0 && err->kind == ERR_INPUT)
		return not_stored(in, c, err);
	if (r < 0)
		return archive_bad(in);
	rebind_fetched(&in->rebind, c->uid, c->message);
	in->result->stored += r == 1;
	in->result->fetched++;
	in->result->copies++;
	in->result->bytes += size;
	return 1;
}

static int start_run(struct intake *in, struct err *err)
{
	if (*in->run == 0 && archive_run(in->ar, in->run, err) < 0)
		return archive_bad(in);
	return 1;
}

/* A short name whose bytes must outlive the record they came in. */
static struct str kept(char *room, struct str s)
{
	memcpy(room, s.n ? s.p : "", s.n);
	return (struct str){room, s.n};
}

static int on_message(struct intake *in, const struct feed_record *r, struct err *err)
{
	char keywords[MAX_NAME + 1], email[256], thread[256], how[64];
	struct str ids = r->list, basis;
	struct archive_copy c = {0};
	if (!ids_unpack(&ids, &c) || !pack_get_str(&ids, &basis) || basis.n >= sizeof how)
		return nonsense("ids of a message", err);
	if (r->uid == 0 || r->text.n > MAX_NAME || r->size > in->ac->max_message)
		return nonsense("a message", err);
	if (start_run(in, err) < 0)
		return -1;
	memcpy(keywords, r->text.n ? r->text.p : "", r->text.n);
	c.emailid = kept(email, c.emailid);
	c.threadid = kept(thread, c.threadid);
	c.epoch = in->epoch.id;
	c.uid = r->uid;
	c.internaldate = r->date;
	c.zone = r->zone;
	c.flags = r->flags;
	c.keywords = (struct str){keywords, r->text.n};
	c.modseq = r->modseq;
	c.run = *in->run;
	c.basis = kept(how, basis);
	uint64_t size = r->size; /* r's slices end with the next feed_fill */
	if (store(in, &c, size, err) < 0)
		return -1;
	in->planned -= in->planned > 0;
	return 1;
}

/* What older epochs are read for must be on disk. */
static int on_seek(struct intake *in, const struct feed_record *r, struct err *err)
{
	rebind_close(&in->rebind);
	if (r->kind < REBIND_HEADERS || r->kind > REBIND_NAMES || r->text.n == 0)
		return nonsense("a mailbox to match", err);
	if (archive_commit(in->ar, err) < 0 ||
	    rebind_open(&in->rebind, in->ar, &in->epoch, r, err) < 0)
		return archive_bad(in);
	return 1;
}

static int on_offer(struct intake *in, const struct feed_record *r, struct err *err)
{
	if (in->rebind.twins == NULL)
		return 1;
	int ok = rebind_offer(&in->rebind, r, err);
	return ok < 0 ? archive_bad(in) : ok ? 1 : nonsense("an offer", err);
}

/* UIDs to the child. */
static int send_uids(struct intake *in, enum feed_type type, struct uidset *s, struct err *err)
{
	struct feed_record rec = {.type = type};
	struct buf list;
	buf_init(&list, FEED_MAX / 4);
	uidset_pack(s->p, s->n, &list);
	rec.list = buf_all(&list);
	int r = feed_put(&in->feed, &rec, err);
	buf_free(&list);
	uidset_free(s);
	return r == 1 ? feed_flush(&in->feed, err) : -1;
}

static int on_match(struct intake *in, const struct feed_record *r, struct err *err)
{
	struct uidset s = {0};
	(void)r;
	rebind_proposed(&in->rebind, &s);
	return send_uids(in, FEED_MATCHED, &s, err);
}

static int on_bind(struct intake *in, const struct feed_record *r, struct err *err)
{
	struct uidset sample = {0}, bound = {0};
	int ok = uidset_unpack(r->list, &sample) ? 1 : nonsense("UIDs", err);
	if (ok == 1)
		ok = start_run(in, err);
	if (ok == 1 && rebind_bind(&in->rebind, &in->epoch, *in->run, &sample, &bound, err) < 0)
		ok = archive_bad(in);
	uidset_free(&sample);
	in->result->linked += bound.n;
	in->result->copies += bound.n;
	if (ok == 1)
		return send_uids(in, FEED_BOUND, &bound, err);
	uidset_free(&bound);
	return -1;
}

static int on_flags(struct intake *in, const struct feed_record *r, struct err *err)
{
	struct str list = r->list;
	struct feed_flag e;
	while (list.n) {
		if (!feed_flag_get(&list, &e) || e.uid == 0 || e.keywords.n > MAX_NAME)
			return nonsense("flags", err);
		struct archive_copy c = {.epoch = in->epoch.id, .uid = e.uid, .flags = e.flags,
					 .keywords = e.keywords, .modseq = e.modseq};
		int changed = archive_flags(in->ar, &c, err);
		if (changed < 0)
			return archive_bad(in);
		in->result->flags += changed == 1;
	}
	return 1;
}

/* A UID that failed, or was refused, and is no longer there will never be fetched. */
static int note_gone(struct intake *in, const struct uidset *s, struct err *err)
{
	size_t failed = 0, refused = 0;
	for (size_t i = 0; i < s->n; i++) {
		bool too_large = uidset_find(&in->refused, s->p[i]) >= 0;
		if (!too_large && uidset_find(&in->failed, s->p[i]) < 0)
			continue;
		refused += too_large;
		failed += !too_large;
		if (archive_outcome(in->ar, in->epoch.id, s->p[i], ARCHIVE_GONE,
				    too_large ? STR("was refused, then vanished")
					      : STR("vanished before it could be fetched"),
				    err) < 0)
			return archive_bad(in);
	}
	in->waiting -= failed < in->waiting ? failed : in->waiting;
	in->result->vanished += s->n - failed - refused;
	return 1;
}

static int on_vanished(struct intake *in, const struct feed_record *r, struct err *err)
{
	struct uidset s = {0};
	int ok = uidset_unpack(r->list, &s) ? 1 : nonsense("UIDs", err);
	if (ok == 1 && archive_vanished(in->ar, in->epoch.id, s.p, s.n, err) < 0)
		ok = archive_bad(in);
	if (ok == 1)
		ok = note_gone(in, &s, err);
	uidset_free(&s);
	return ok;
}

static int on_outcome(struct intake *in, const struct feed_record *r, struct err *err)
{
	if (r->uid == 0 || r->kind > ARCHIVE_GONE || r->text.n > 1000 || r->list.n > 255)
		return nonsense("an outcome", err);
	if (put_outcome(in, r, err) < 0)
		return -1;
	in->result->failed += r->kind == ARCHIVE_FAILED;
	in->result->refused += r->kind == ARCHIVE_REFUSED;
	in->planned -= in->planned > 0;
	return 1;
}

static int on_seen(struct intake *in, const struct feed_record *r, struct err *err)
{
	in->epoch.uidnext = r->uid;
	in->epoch.highestmodseq = r->modseq;
	in->epoch.messages = r->size;
	if (r->kind)
		in->epoch.listed = (int64_t)time(NULL);
	in->epoch.mailboxid = r->text;
	if (!str_utf8(r->text) || r->text.n > 255)
		return nonsense("a mailbox id", err);
	if (archive_epoch_seen(in->ar, &in->epoch, err) < 0)
		return archive_bad(in);
	in->epoch.id = 0;
	in->result->mailboxes++;
	in->result->waiting += in->waiting;
	return 1;
}

static int on_failed(struct intake *in, const struct feed_record *r, struct err *err)
{
	(void)r;
	(void)err;
	in->epoch.id = 0;
	in->planned = 0;
	in->result->mailboxes++;
	in->result->mailboxes_failed++;
	return 1;
}

static int on_plan(struct intake *in, const struct feed_record *r, struct err *err)
{
	(void)err;
	in->planned = r->size;
	return 1;
}

static int on_would(struct intake *in, const struct feed_record *r, struct err *err)
{
	(void)err;
	in->result->would += r->size;
	in->result->would_bytes += r->modseq;
	in->result->mailboxes++;
	in->result->waiting += in->waiting;
	return 1;
}

static int on_done(struct intake *in, const struct feed_record *r, struct err *err)
{
	if (r->kind > ERR_BROKEN || r->modseq > INT64_MAX)
		return nonsense("its end", err);
	in->done = true;
	in->result->until = (int64_t)r->modseq;
	if (r->kind != ERR_NONE)
		err_set(&in->result->err, (enum err_kind)r->kind, "%.*s", STR_ARG(r->text));
	else
		snprintf(in->result->rest, sizeof in->result->rest, "%.*s", STR_ARG(r->text));
	return 1;
}

static int on_round(struct intake *in, const struct feed_record *r, struct err *err)
{
	(void)err;
	in->round = true;
	in->whole |= r->kind == 1;
	return 1;
}

static int send_names(struct intake *in, const struct uidname_list *l, struct err *err)
{
	struct feed_record rec = {.type = FEED_NAMED};
	struct buf some;
	int r = 1;
	buf_init(&some, NAMES_BATCH + 1000);
	for (size_t i = 0; r == 1 && i < l->n; i++) {
		pack_u64(&some, l->p[i].uid);
		pack_str(&some, str_cut(l->p[i].name, 0, 255));
		if (some.n < NAMES_BATCH && i + 1 < l->n)
			continue;
		rec.list = buf_all(&some);
		r = feed_put(&in->feed, &rec, err);
		buf_clear(&some);
	}
	buf_free(&some);
	return r;
}

static int on_names(struct intake *in, const struct feed_record *r, struct err *err)
{
	struct arena a = {0};
	struct uidname_list list = {.next = 1};
	struct feed_record end = {.type = FEED_NAMED};
	(void)r;
	int ok = in->epoch.id ? uidname_list(in->ar, &a, in->epoch.id, &list, err) : 1;
	if (ok < 0)
		archive_bad(in);
	end.uid = list.next;
	if (ok == 1)
		ok = send_names(in, &list, err);
	arena_free(&a);
	if (ok == 1)
		ok = feed_put(&in->feed, &end, err);
	return ok == 1 ? feed_flush(&in->feed, err) : -1;
}

static const struct {
	int (*take)(struct intake *in, const struct feed_record *r, struct err *err);
	bool needs_epoch;
} handlers[FEED_TYPES] = {
	[FEED_EPOCH] = {on_epoch, false},     [FEED_PLAN] = {on_plan, true},
	[FEED_MESSAGE] = {on_message, true},  [FEED_FLAGS] = {on_flags, true},
	[FEED_VANISHED] = {on_vanished, true}, [FEED_OUTCOME] = {on_outcome, true},
	[FEED_SEEN] = {on_seen, true},	      [FEED_FAILED] = {on_failed, false},
	[FEED_DONE] = {on_done, false},	      [FEED_ACCOUNT] = {on_account, false},
	[FEED_SEEK] = {on_seek, true},	      [FEED_OFFER] = {on_offer, true},
	[FEED_MATCH] = {on_match, true},      [FEED_BIND] = {on_bind, true},
	[FEED_ROUND] = {on_round, false},     [FEED_NAMES] = {on_names, false},
	[FEED_SAME] = {on_same, false},	      [FEED_WOULD] = {on_would, false},
	[FEED_USES] = {on_uses, false},
};

int intake_modest(struct archive *ar, struct err *err)
{
	return db_exec(archive_db(ar), "PRAGMA cache_size=-16384;", err);
}

int intake_read(struct intake *in, struct err *err)
{
	struct feed_record r;
	uint64_t until = log_now_ms() + TURN_MS;
	int got = 0, n = in->more ? 1 : feed_fill(&in->feed, err);
	in->more = false;
	if (n < 1)
		return n;
	while (!in->more && (got = feed_next(&in->feed, &r, err)) == 1) {
		if (handlers[r.type].take == NULL || in->done)
			return nonsense("a record out of place", err);
		if (handlers[r.type].needs_epoch && (in->epoch.id == 0 || in->ac->dry))
			return nonsense("mail without a mailbox", err);
		if (handlers[r.type].take(in, &r, err) < 0)
			return -1;
		in->more = log_now_ms() >= until;
	}
	return in->more || got == 0 ? 1 : -1;
}

void intake_free(struct intake *in)
{
	feed_free(&in->feed);
	rebind_close(&in->rebind);
	uidset_free(&in->failed);
	uidset_free(&in->refused);
	arena_free(&in->arena);
}

#include "fetch.h"

#include "archive.h"
#include "idle.h"
#include "ids.h"
#include "log.h"
#include "pack.h"
#include "pieces.h"
#include "proc.h"
#include "throttle.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define FIRST_GUESS 100000    /* bytes of a message, before any came */
#define LINE_ROOM 200         /* of a command's bytes, for all but its UIDs */
#define MAX_SICK 50           /* messages that are tried in halves, in one run */
#define PART_BREAKS 2         /* then a large message is fetched as a whole again */
#define PROGRESS (64u << 10)  /* bytes of a broken message that are worth another try */
#define MAX_PAUSES 20         /* that a server may ask for */
#define MAX_REFUSALS 100      /* commands refused in a row, nothing delivered */
#define ITEMS "UID FLAGS INTERNALDATE"

/* What is known of a wanted UID. */
enum { PENDING = 0, DECIDED = 1, EMPTY = 2 /* a flag: answered without a message */ };

/* A message that is to be tried in halves before it counts as failed. */
struct sick {
	size_t i;
	char why[250];
};

/* A piece of work: UIDs want[from..to), those that are still pending. */
struct item {
	size_t from, to;
	bool again; /* asked for before, not answered */
};

struct command {
	unsigned tag;
	struct item item;
	size_t asked;  /* UIDs in it */
	bool nameless; /* messages without UID came while it ran */
};

struct fetch {
	struct fetch_ctx *c;
	const struct uidset *want, *avoid;
	unsigned char *state;
	size_t next;               /* want[next..] was not asked for yet */
	struct item *todo;         /* work that came back, last in first out */
	size_t n_todo, cap_todo;
	struct command flight[FETCH_DEPTH];
	size_t n_flight;
	size_t hint;               /* where the next UID is probably found */
	unsigned refusals;
	unsigned pauses;
	uint64_t pause_ms;         /* to wait when all commands under way have ended */
	bool spent;                /* the budget is */
	bool rev1;
	uint64_t had;              /* bytes of a broken message, when we began */
	struct str basis;          /* of what is delivered: fetched in halves */
	struct sick *sick;
	size_t n_sick;
	uint64_t letters, bytes;   /* that came */
	const struct profile *profile;
	size_t window;             /* UIDs a command */
	size_t line;               /* bytes of UIDs a command */
	char items[160];
	size_t meta;               /* bytes of them before the message's own item */
	bool body;                 /* a literal came with the response being read */
	struct arena arena;        /* of one response */
};

static size_t depth(const struct fetch *f)
{
	return f->c->alone ? 1 : f->profile->depth;
}

static void push(struct fetch *f, struct item it)
{
	if (it.from == it.to)
		return;
	if (f->n_todo == f->cap_todo) {
		f->cap_todo = f->cap_todo ? f->cap_todo * 2 : 16;
		f->todo = err_realloc(f->todo, f->cap_todo * sizeof *f->todo);
	}
	f->todo[f->n_todo++] = it;
}

static bool is_pending(const struct fetch *f, size_t i)
{
	return (f->state[i] & DECIDED) == 0;
}

static size_t count_pending(const struct fetch *f, struct item it)
{
	size_t n = 0;
	for (size_t i = it.from; i < it.to; i++)
		n += is_pending(f, i);
	return n;
}

/* ---- outcomes ---- */

static int decide(struct fetch *f, size_t i, enum archive_outcome outcome, const char *reason,
		  struct err *err)
{
	struct feed_record r = {.type = FEED_OUTCOME, .uid = f->want->p[i], .kind = outcome,
				.text = str_of(reason)};
	f->state[i] |= DECIDED;
	f->c->progress = true;
	return feed_put(f->c->feed, &r, err);
}

/* It cannot be had; but perhaps its halves can. */
static int give_up(struct fetch *f, size_t i, const char *reason, struct err *err)
{
	if (!f->rev1 || f->n_sick == MAX_SICK)
		return decide(f, i, ARCHIVE_FAILED, reason, err);
	if (f->sick == NULL)
		f->sick = err_alloc(MAX_SICK * sizeof *f->sick);
	f->state[i] |= DECIDED;
	f->sick[f->n_sick].i = i;
	snprintf(f->sick[f->n_sick].why, sizeof f->sick->why, "%s", reason);
	f->n_sick++;
	return 1;
}

static int refuse_large(struct fetch *f, size_t i, uint64_t size, struct err *err)
{
	char reason[100];
	snprintf(reason, sizeof reason, "%llu bytes, more than max_message allows",
		 (unsigned long long)size);
	return decide(f, i, ARCHIVE_REFUSED, reason, err);
}

/* ---- sending ---- */

/* How many messages may be asked for at once, as far as the budget goes. 0: it is spent. */
static size_t affordable(struct fetch *f)
{
	uint64_t left = budget_left(f->c->budget, (int64_t)time(NULL));
	uint64_t one = (f->bytes + FIRST_GUESS) / (f->letters + 1);
	size_t window = f->c->alone ? 1 : f->window;
	f->spent = left == 0;
	if (f->spent || left == BUDGET_NONE)
		return f->spent ? 0 : window;
	uint64_t most = left / (one + 1) / f->profile->depth;
	return most < 1 ? 1 : most < window ? (size_t)most : window;
}

/* The next work: what came back first, then the next window. 1; 0: nothing left. */
static int next_item(struct fetch *f, struct item *it)
{
	size_t window = affordable(f);
	if (window == 0)
		return 0;
	while (f->n_todo) {
		*it = f->todo[--f->n_todo];
		while (it->from < it->to && !is_pending(f, it->from))
			it->from++;
		if (it->from < it->to)
			return 1;
	}
	if (f->next == f->want->n)
		return 0;
	size_t left = f->want->n - f->next;
	*it = (struct item){f->next, f->next + (left < window ? left : window), false};
	f->next = it->to;
	return 1;
}

/* What is asked of each message: the bytes as they are, never a structure of them, and the ids
 * and dates this server has. A server of RFC 1730 knows no BODY.PEEK[]. */
static void choose_items(struct fetch *f)
{
	struct session *s = f->c->s;
	f->rev1 = session_can(s, "IMAP4rev1") || session_can(s, "IMAP4rev2");
	struct ids_asks asks = {session_can(s, "X-GM-EXT-1"), session_can(s, "OBJECTID"),
				session_can(s, "SAVEDATE")};
	uint32_t most = session_most(s);
	snprintf(f->items, sizeof f->items, ITEMS "%s%s %s",
		 f->profile->no_size ? "" : " RFC822.SIZE", ids_items(&asks),
		 f->rev1 ? "BODY.PEEK[]" : "RFC822.PEEK");
	f->meta = strlen(f->items) - strlen(f->rev1 ? " BODY.PEEK[]" : " RFC822.PEEK");
	f->window = most && most < f->profile->window ? most : f->profile->window;
	f->line = f->profile->line - LINE_ROOM;
}

/* Sends one command for as much of the item as fits; the rest of it comes back. */
static void send_item(struct fetch *f, struct item it)
{
	struct buf set;
	size_t i = it.from;
	buf_init(&set, f->line + 100);
	while (i < it.to) {
		size_t end = i, took;
		while (end < it.to && is_pending(f, end))
			end++;
		if (end == i && is_pending(f, i))
			break;
		if (end > i && set.n)
			buf_chr(&set, ',');
		took = uidset_ranges(f->want->p + i, end - i, f->avoid, f->line, &set);
		i += took;
		if (i < end)
			break;
		while (i < it.to && !is_pending(f, i))
			i++;
	}
	while (set.n && set.p[set.n - 1] == ',')
		set.n--;
	push(f, (struct item){i, it.to, it.again});
	it.to = i;
	unsigned tag = session_send(f->c->s, "UID FETCH %s (%s)", buf_cstr(&set), f->items);
	f->flight[f->n_flight++] = (struct command){.tag = tag, .item = it,
							 .asked = count_pending(f, it)};
	buf_free(&set);
}

/* ---- answers ---- */

/* Place of a UID in want, or -1. Answers mostly come in order. */
static ptrdiff_t place(struct fetch *f, uint32_t uid)
{
	ptrdiff_t i;
	if (uid == 0)
		return -1;
	if (f->hint < f->want->n && f->want->p[f->hint] == uid)
		i = (ptrdiff_t)f->hint;
	else
		i = uidset_find(f->want, uid);
	if (i >= 0)
		f->hint = (size_t)i + 1;
	return i;
}

static int send_letter(struct fetch *f, size_t i, const struct imapparse_fetch *got,
		       struct feed_record *r, struct err *err)
{
	struct letter *l = f->c->letter;
	if (got->body == IMAPPARSE_QUOTED) {
		letter_begin(l, got->quoted.n, f->c->max_message);
		if (letter_add(l, got->quoted, err) < 0)
			return -1;
	}
	if (l->too_large)
		return refuse_large(f, i, l->size, err);
	f->state[i] |= DECIDED;
	f->refusals = 0;
	f->letters++;
	f->bytes += l->size;
	f->c->progress = true;
	return letter_send(l, f->c->feed, r, err);
}

static int deliver(struct fetch *f, size_t i, const struct imapparse_fetch *got, struct err *err)
{
	struct feed_record r = {
		.type = FEED_MESSAGE, .uid = f->want->p[i], .flags = got->flags, .date = got->date,
		.zone = got->zone, .modseq = got->modseq, .text = got->keywords,
	};
	struct buf ids;
	buf_init(&ids, 1024);
	ids_pack(&ids, got);
	pack_str(&ids, f->basis);
	r.list = buf_all(&ids);
	int ok = send_letter(f, i, got, &r, err);
	buf_free(&ids);
	return ok;
}

static int on_fetch(struct fetch *f, const struct imapparse_resp *resp, struct err *err)
{
	struct imapparse_fetch got;
	arena_reset(&f->arena);
	int r = imapparse_message(&f->arena, resp, &got, err);
	if (r < 1)
		return r < 0 ? -1 : 1;
	ptrdiff_t i = place(f, got.uid);
	if (got.body == IMAPPARSE_ABSENT || got.body == IMAPPARSE_NIL) {
		if (i >= 0)
			f->state[i] |= EMPTY;
		return 1;
	}
	if (got.body == IMAPPARSE_LITERAL && !f->body)
		err_die("fetch: a literal that was not read");
	if (got.uid == 0)
		for (size_t k = 0; k < f->n_flight; k++)
			f->flight[k].nameless = true;
	return i >= 0 && is_pending(f, (size_t)i) ? deliver(f, (size_t)i, &got, err) : 1;
}

/* The UID in the part of a FETCH response that stands before the literal, 0: none yet. */
static uint32_t uid_before(struct str line)
{
	uint32_t uid = 0;
	ptrdiff_t open = str_chr(line, '('), at;
	struct str rest = str_cut(line, open < 0 ? line.n : (size_t)open + 1, line.n), word;
	if ((at = str_find(rest, STR("UID "))) != 0)
		at = str_find(rest, STR(" UID "));
	if (at < 0)
		return 0;
	rest = str_trim(str_cut(rest, (size_t)at, rest.n));
	str_split(&rest, ' ', &word);
	return str_split(&rest, ' ', &word) && str_u32(word, &uid) ? uid : 0;
}

/* A message begins. One that is too large is decided at once if it can be told by name: the
 * server may never send it to its end. */
static int on_body(struct fetch *f, const struct session_event *ev, struct err *err)
{
	letter_begin(f->c->letter, ev->size, f->c->max_message);
	f->body = true;
	uint32_t uid = uid_before(ev->data);
	f->c->letter->uid = uid;
	f->c->letter->uidvalidity = f->c->uidvalidity;
	f->had = 0;
	if (!f->c->letter->too_large)
		return 1;
	ptrdiff_t i = place(f, uid);
	return i >= 0 && is_pending(f, (size_t)i) ? refuse_large(f, (size_t)i, ev->size, err) : 1;
}

/* Halves what is still pending of a command that was refused. */
static void halve(struct fetch *f, struct item it, size_t pending)
{
	size_t mid = it.from, seen = 0;
	while (seen < pending / 2)
		seen += is_pending(f, mid++);
	push(f, (struct item){mid, it.to, it.again});
	push(f, (struct item){it.from, mid, it.again});
}

static size_t first_pending(const struct fetch *f, struct item it)
{
	while (it.from < it.to && !is_pending(f, it.from))
		it.from++;
	return it.from;
}

/* The server asks us to wait: for a short time here, else the account's visit ends. */
static int on_throttled(struct fetch *f, struct item it, uint64_t ms, const struct err *why,
			struct err *err)
{
	push(f, it);
	f->pause_ms = ms > f->pause_ms ? ms : f->pause_ms;
	if (ms <= THROTTLE_SHORT_MS && ++f->pauses <= MAX_PAUSES)
		return 1;
	return err_set(err, ERR_LATER, "%s", why->text);
}

static int on_refused(struct fetch *f, struct item it, size_t pending,
		      const struct imapparse_resp *resp, struct err *err)
{
	struct err why;
	if (pending == 0)
		return 1;
	session_refused(resp, ERR_NET, "UID FETCH refused", &why);
	uint64_t ms = throttle_wait(str_of(why.text));
	if (ms)
		return on_throttled(f, it, ms, &why, err);
	if (++f->refusals > MAX_REFUSALS) {
		*err = why;
		return 0;
	}
	if (pending == 1)
		return give_up(f, first_pending(f, it), why.text, err);
	halve(f, it, pending);
	return 1;
}

/* OK, but some were not answered: once more, then it is final. Where the server says that it
 * answers a part at a time, and did, that is no answer for the rest. */
static int on_missing(struct fetch *f, const struct command *cmd, bool partly, struct err *err)
{
	struct item it = cmd->item;
	if (!it.again || partly) {
		/* What was said of them before may have been said before they went. */
		for (size_t i = it.from; i < it.to; i++)
			f->state[i] &= (unsigned char)~EMPTY;
		push(f, (struct item){it.from, it.to, !partly});
		return 1;
	}
	for (size_t i = it.from; i < it.to; i++) {
		enum archive_outcome outcome = ARCHIVE_FAILED;
		const char *reason = "the server sent no message for it";
		if (!is_pending(f, i))
			continue;
		if (!(f->state[i] & EMPTY) && cmd->nameless) {
			reason = "the server sent messages without UID";
		} else if (!(f->state[i] & EMPTY) && f->c->back &&
			   uidset_find(f->c->back, f->want->p[i]) >= 0) {
			reason = "the server lists it and does not send it";
		} else if (!(f->state[i] & EMPTY)) {
			outcome = ARCHIVE_GONE;
			reason = "the server no longer has it";
		}
		bool halves = outcome == ARCHIVE_FAILED && (f->state[i] & EMPTY);
		if ((halves ? give_up(f, i, reason, err)
			    : decide(f, i, outcome, reason, err)) < 0)
			return -1;
	}
	return 1;
}

static int on_tagged(struct fetch *f, const struct session_event *ev, struct err *err)
{
	size_t k = 0;
	while (k < f->n_flight && f->flight[k].tag != ev->tag)
		k++;
	if (k == f->n_flight)
		return err_set(err, ERR_INPUT, "an answer to no command");
	struct command cmd = f->flight[k];
	f->n_flight--;
	memmove(f->flight + k, f->flight + k + 1, (f->n_flight - k) * sizeof *f->flight);
	size_t pending = count_pending(f, cmd.item);
	if (ev->resp.status != IMAPPARSE_OK)
		return on_refused(f, cmd.item, pending, &ev->resp, err);
	bool partly = str_ieq(ev->resp.code, STR("MESSAGELIMIT")) && pending < cmd.asked;
	return pending ? on_missing(f, &cmd, partly, err) : 1;
}

static int on_event(struct fetch *f, const struct session_event *ev, struct err *err)
{
	int r = 1;
	if (ev->kind == SESSION_BODY)
		return on_body(f, ev, err);
	if (ev->kind == SESSION_DATA)
		return letter_add(f->c->letter, ev->data, err);
	if (ev->resp.kind == IMAPPARSE_TAGGED)
		r = on_tagged(f, ev, err);
	else
		r = on_fetch(f, &ev->resp, err);
	f->body = false;
	return r;
}

/* Some of a large message came, and can be gone on with. */
static bool can_resume(const struct fetch *f)
{
	const struct letter *l = f->c->letter;
	bool asked = f->rev1 && !f->profile->no_parts && !f->c->no_parts;
	return asked && l->uid && f->c->part_breaks < PART_BREAKS && l->filed && !l->too_large &&
	       l->uidvalidity == f->c->uidvalidity && l->have < l->size;
}

/* The connection broke. When it did so before at the same place, and one UID alone was asked
 * for, that one is to blame. */
static int on_broken(struct fetch *f, struct err *err)
{
	struct err why = *err, failed;
	if (can_resume(f) && f->c->letter->have >= f->had + PROGRESS)
		f->c->progress = true;
	if (why.kind == ERR_BROKEN || why.kind == ERR_LATER || f->c->progress)
		return -1;
	if (!f->c->alone || f->n_flight != 1 || count_pending(f, f->flight[0].item) != 1) {
		f->c->alone = true;
		return -1;
	}
	size_t i = first_pending(f, f->flight[0].item);
	if (decide(f, i, ARCHIVE_FAILED, why.text, &failed) < 0)
		*err = failed;
	uidset_add(&f->c->spoilt, f->want->p[i]);
	f->c->alone = false;
	return -1;
}

/* Waits as long as the server wants, when nothing is under way. */
static void take_pause(struct fetch *f)
{
	if (session_throttled(f->c->s)) {
		f->pause_ms = 1000ull << (f->pauses < 6 ? f->pauses : 6);
		f->pauses++;
	}
	if (f->pause_ms == 0 || f->n_flight)
		return;
	log_line(LOG_INFO, "the server is short of breath: waiting %llu ms",
		 (unsigned long long)f->pause_ms);
	idle_sleep(log_now_ms() + f->pause_ms);
	f->pause_ms = 0;
}

/* Sends what may be sent. 1; 0 all is done; -1 there is more, but not now. */
static int send_more(struct fetch *f, struct err *err)
{
	struct item it;
	take_pause(f);
	while (!proc_stopped() && f->pause_ms == 0 && f->n_flight < depth(f) && next_item(f, &it))
		send_item(f, it);
	if (f->n_flight)
		return 1;
	if (proc_stopped())
		return err_set(err, ERR_LATER, "interrupted");
	if (!f->spent)
		return 0;
	budget_spent(f->c->budget, (int64_t)time(NULL));
	return err_set(err, ERR_LATER, "%s", f->c->budget->why);
}

static int drive(struct fetch *f, struct err *err)
{
	struct session_event ev;
	int r;
	while ((r = send_more(f, err)) == 1) {
		r = session_next(f->c->s, &ev, err);
		if (r == 1)
			r = on_event(f, &ev, err);
		budget_note(f->c->budget, session_received(f->c->s), (int64_t)time(NULL));
		if (r < 1)
			return r < 0 ? on_broken(f, err) : 0;
	}
	return r == 0 ? 1 : -1;
}

/* The halves and the rest of a message need what is asked beside it. */
static struct pieces pieces_of(struct fetch *f, uint32_t uid)
{
	f->items[f->meta] = '\0';
	return (struct pieces){.c = f->c, .uid = uid, .items = f->items, .arena = &f->arena};
}

static void whole_again(struct fetch *f)
{
	f->items[f->meta] = ' ';
}

/* Goes on with a large message that broke off. 1 (also if not) or -1. */
static int resume(struct fetch *f, struct err *err)
{
	struct letter *l = f->c->letter;
	ptrdiff_t i = can_resume(f) ? place(f, l->uid) : -1;
	if (i < 0)
		return 1;
	struct pieces p = pieces_of(f, l->uid);
	f->had = l->have;
	log_line(LOG_INFO, "UID %u broke off: going on at %llu of %llu bytes", (unsigned)p.uid,
		 (unsigned long long)l->have, (unsigned long long)l->size);
	int r = pieces_resume(&p, err);
	whole_again(f);
	if (r < 0) {
		f->c->part_breaks += l->have < f->had + PROGRESS;
		return on_broken(f, err);
	}
	if (r == 1) {
		p.got.body = IMAPPARSE_LITERAL;
		return deliver(f, (size_t)i, &p.got, err);
	}
	log_line(LOG_INFO, "the server does not send parts of a message right: the whole again");
	l->uid = 0;
	f->c->no_parts = true;
	return 1;
}

/* Tries one message in halves. 1 or -1. */
static int heal(struct fetch *f, const struct sick *x, struct err *err)
{
	struct pieces p = pieces_of(f, f->want->p[x->i]);
	int r = pieces_halves(&p, err);
	whole_again(f);
	f->state[x->i] &= (unsigned char)~DECIDED;
	if (r == 1) {
		p.got.body = IMAPPARSE_LITERAL;
		f->basis = STR("header+text");
		r = deliver(f, x->i, &p.got, err);
		f->basis = STR("");
		return r;
	}
	if (r == 0)
		return decide(f, x->i, ARCHIVE_FAILED, x->why, err);
	if (err->kind != ERR_BROKEN)
		uidset_add(&f->c->spoilt, p.uid);
	return -1;
}

/* What is left of the sick ones has failed; with `try`, unless their halves can be had. */
static int treat(struct fetch *f, bool try, struct err *err)
{
	struct err why;
	int r = 1;
	for (size_t k = 0; k < f->n_sick; k++) {
		const struct sick *x = &f->sick[k];
		if (try && r == 1 && !proc_stopped())
			r = heal(f, x, err);
		if (r == 1 && (f->state[x->i] & DECIDED) && try)
			continue;
		if (decide(f, x->i, ARCHIVE_FAILED, x->why, &why) < 0) {
			*err = why;
			return -1;
		}
	}
	return r;
}

int fetch_run(struct fetch_ctx *c, const struct uidset *want, const struct uidset *avoid,
	      struct err *err)
{
	struct fetch f = {.c = c, .want = want, .avoid = avoid,
			  .profile = session_profile(c->s)};
	f.state = err_alloc(want->n + 1);
	choose_items(&f);
	int r = resume(&f, err);
	if (r == 1)
		r = drive(&f, err);
	if (f.n_sick && (r >= 0 || (err->kind != ERR_BROKEN && err->kind != ERR_LATER))) {
		struct err why;
		int done = treat(&f, r == 1, &why);
		if (done < 0)
			*err = why;
		r = done < 0 ? -1 : r;
	}
	arena_free(&f.arena);
	free(f.todo);
	free(f.sick);
	free(f.state);
	return r;
}

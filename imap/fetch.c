#include "fetch.h"

#include "archive.h"
#include "ids.h"
#include "proc.h"

#include <stdio.h>
#include <stdlib.h>

#define MAX_LINE 900          /* bytes of UID set in a command */
#define MAX_REFUSALS 100      /* commands refused in a row, nothing delivered */
#define ITEMS "UID FLAGS INTERNALDATE RFC822.SIZE"

/* What is known of a wanted UID. */
enum { PENDING = 0, DECIDED = 1, EMPTY = 2 /* a flag: answered without a message */ };

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
	size_t window;             /* UIDs a command */
	char items[160];
	bool body;                 /* a literal came with the response being read */
	struct arena arena;        /* of one response */
};

static size_t depth(const struct fetch *f)
{
	return f->c->alone ? 1 : FETCH_DEPTH;
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

static int refuse_large(struct fetch *f, size_t i, uint64_t size, struct err *err)
{
	char reason[100];
	snprintf(reason, sizeof reason, "%llu bytes, more than max_message allows",
		 (unsigned long long)size);
	return decide(f, i, ARCHIVE_REFUSED, reason, err);
}

/* ---- sending ---- */

/* The next work: what came back first, then the next window. 1; 0: nothing left. */
static int next_item(struct fetch *f, struct item *it)
{
	size_t window = f->c->alone ? 1 : f->window;
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
	bool rev1 = session_can(s, "IMAP4rev1") || session_can(s, "IMAP4rev2");
	struct ids_asks asks = {session_can(s, "X-GM-EXT-1"), session_can(s, "OBJECTID"),
				session_can(s, "SAVEDATE")};
	uint32_t most = session_most(s);
	snprintf(f->items, sizeof f->items, ITEMS "%s %s", ids_items(&asks),
		 rev1 ? "BODY.PEEK[]" : "RFC822.PEEK");
	f->window = most && most < FETCH_WINDOW ? most : FETCH_WINDOW;
}

/* Sends one command for as much of the item as fits; the rest of it comes back. */
static void send_item(struct fetch *f, struct item it)
{
	struct buf set;
	size_t i = it.from;
	buf_init(&set, MAX_LINE + 100);
	while (i < it.to) {
		size_t end = i, took;
		while (end < it.to && is_pending(f, end))
			end++;
		if (end == i && is_pending(f, i))
			break;
		if (end > i && set.n)
			buf_chr(&set, ',');
		took = uidset_ranges(f->want->p + i, end - i, f->avoid, MAX_LINE, &set);
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
	if (!f->c->letter->too_large)
		return 1;
	ptrdiff_t i = place(f, uid_before(ev->data));
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

static int on_refused(struct fetch *f, struct item it, size_t pending,
		      const struct imapparse_resp *resp, struct err *err)
{
	struct err why;
	if (pending == 0)
		return 1;
	session_refused(resp, ERR_NET, "UID FETCH refused", &why);
	if (++f->refusals > MAX_REFUSALS) {
		*err = why;
		return 0;
	}
	if (pending == 1)
		return decide(f, first_pending(f, it), ARCHIVE_FAILED, why.text, err);
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
		} else if (!(f->state[i] & EMPTY)) {
			outcome = ARCHIVE_GONE;
			reason = "the server no longer has it";
		}
		if (decide(f, i, outcome, reason, err) < 0)
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

/* The connection broke. When it did so before at the same place, and one UID alone was asked
 * for, that one is to blame. */
static int on_broken(struct fetch *f, struct err *err)
{
	struct err why = *err, failed;
	if (why.kind == ERR_BROKEN || f->c->progress)
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

static int drive(struct fetch *f, struct err *err)
{
	struct session_event ev;
	struct item it;
	int r = 1;
	for (;;) {
		while (!proc_stopped() && f->n_flight < depth(f) && next_item(f, &it))
			send_item(f, it);
		if (f->n_flight == 0)
			return proc_stopped() ? err_set(err, ERR_LATER, "interrupted") : 1;
		r = session_next(f->c->s, &ev, err);
		if (r == 1)
			r = on_event(f, &ev, err);
		if (r < 1)
			return r < 0 ? on_broken(f, err) : 0;
	}
}

int fetch_run(struct fetch_ctx *c, const struct uidset *want, const struct uidset *avoid,
	      struct err *err)
{
	struct fetch f = {.c = c, .want = want, .avoid = avoid};
	f.state = err_alloc(want->n + 1);
	choose_items(&f);
	int r = drive(&f, err);
	arena_free(&f.arena);
	free(f.todo);
	free(f.state);
	return r;
}

#define _GNU_SOURCE
#include "extract.h"

#include "arena.h"
#include "buf.h"
#include "document.h"
#include "log.h"
#include "unseal.h"
#include "utf8.h"
#include "zygote.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

const struct extract_limits extract_usual = {
	.bytes = ZYGOTE_BYTES,
	.text = ZYGOTE_TEXT,
	.memory = (size_t)160 << 20,
	.seconds = 20,
};

struct extract {
	struct zygote z;
	struct zygote opener; /* has the keys */
	char *keys;           /* or NULL: there is no such process */
	struct zygote eye; /* reads pictures; without memory until the first */
	struct nursery nursery; /* what starts them, once it is there */
	char languages[EXTRACT_LANGUAGES]; /* of it */
};

/* Its keys can be read, or else nothing is. */
static int open_keys(struct extract *x, const char *keys, const struct extract_limits *limits,
		     struct err *err)
{
	struct extract_document nothing = {.bytes = STR("")};
	struct zygote_end end;
	size_t n = strlen(keys) + 1;
	x->keys = memcpy(err_alloc(n), keys, n);
	struct zygote_duty duty = {.name = "sheaf-unseal", .load = unseal_load,
				   .from = str_of(x->keys), .work = unseal_work,
				   .limits = *limits};
	if (zygote_init(&x->opener, &duty, err) < 0)
		return -1;
	int r = zygote_run(&x->opener, &nothing, &end, err);
	return r ? r : err_set(err, ERR_DENIED, "the keys for S/MIME: %.*s", BOARD_WHY,
			       zygote_board(&x->opener)->why);
}

int extract_open(struct extract **out, const struct extract_limits *limits, const char *keys,
		 struct err *err)
{
	struct extract *x = err_alloc(sizeof *x);
	struct zygote_duty duty = {.load = document_load, .work = document_work,
				   .limits = limits ? *limits : extract_usual,
				   .seals = keys != NULL};
	if (duty.limits.bytes > ZYGOTE_BYTES)
		duty.limits.bytes = ZYGOTE_BYTES;
	if (duty.limits.text > ZYGOTE_TEXT)
		duty.limits.text = ZYGOTE_TEXT;
	if (zygote_init(&x->z, &duty, err) < 0 || zygote_start(&x->z, err) < 0 ||
	    (keys && open_keys(x, keys, &duty.limits, err) < 0)) {
		extract_close(&x);
		return -1;
	}
	*out = x;
	return 1;
}

void extract_close(struct extract **x)
{
	if (*x == NULL)
		return;
	zygote_free(&(*x)->z);
	zygote_free(&(*x)->opener);
	free((*x)->keys);
	zygote_free(&(*x)->eye);
	nursery_end(&(*x)->nursery);
	free(*x);
	*x = NULL;
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

bool extract_languages(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_letter(s.p[i]) && (s.p[i] != '+' || i == 0 || s.p[i - 1] == '+'))
			return false;
	return s.n < EXTRACT_LANGUAGES && (s.n == 0 || s.p[s.n - 1] != '+');
}

const char *extract_outcome_name(enum extract_outcome o)
{
	static const char *const names[] = {
		[EXTRACT_SEARCHED] = "searched",   [EXTRACT_EMPTY] = "empty",
		[EXTRACT_ENCRYPTED] = "encrypted", [EXTRACT_TRUNCATED] = "truncated",
		[EXTRACT_TOO_BIG] = "too big",	   [EXTRACT_FAILED] = "failed",
		[EXTRACT_UNKNOWN] = "unknown type"};
	return names[o];
}

/* ---- what a child left is as hostile as its document ---- */

/* UTF-8 without control characters but LF and TAB. */
static struct str clean(struct arena *a, struct str s)
{
	char *out = arena_alloc(a, s.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < s.n;) {
		uint32_t cp;
		size_t len = utf8_get(s.p + i, s.n - i, &cp);
		if (len == 0 || (cp >= 0x7f && cp < 0xa0) ||
		    (cp < ' ' && cp != '\n' && cp != '\t')) {
			out[n++] = len ? ' ' : '?';
			i += len ? len : 1;
			continue;
		}
		memcpy(out + n, s.p + i, len);
		n += len;
		i += len;
	}
	return (struct str){out, n};
}

static struct str label(struct arena *a, const char *z, size_t most)
{
	struct str s = clean(a, (struct str){z, strnlen(z, most)});
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '\n' || s.p[i] == '\t')
			((char *)s.p)[i] = ' ';
	return s;
}

static void take(struct arena *a, const struct zygote *z, struct extract_result *out)
{
	const struct board *b = zygote_board(z);
	size_t n = b->n < z->duty.limits.text ? (size_t)b->n : z->duty.limits.text;
	out->outcome = b->outcome <= EXTRACT_LAST ? b->outcome : EXTRACT_FAILED;
	out->type = label(a, b->type, sizeof b->type);
	out->why = label(a, b->why, sizeof b->why);
	out->text = clean(a, (struct str){b->text, n});
	out->pictures = b->pictures != 0;
	if (out->outcome == EXTRACT_EMPTY && str_trim(out->text).n)
		out->outcome = EXTRACT_SEARCHED;
	else if (out->outcome == EXTRACT_SEARCHED && str_trim(out->text).n == 0)
		out->outcome = EXTRACT_EMPTY;
}

/* A child that did not come to its end: what it read stands, and the reason. */
static void died(struct arena *a, const struct zygote *z, const struct zygote_end *end,
		 struct extract_result *out)
{
	size_t mib = z->duty.limits.memory >> 20;
	bool some = str_trim(out->text).n > 0;
	out->outcome = some ? EXTRACT_TRUNCATED : EXTRACT_FAILED;
	if (end->late)
		out->why = arena_fmt(a, "reading it took longer than %u s", z->duty.limits.seconds);
	else if (end->no_memory)
		out->why = arena_fmt(a, "reading it took more than %zu MiB of memory", mib);
	else if (end->report[0])
		out->why = arena_fmt(a, "its reader has a fault: %s", end->report);
	else if (end->signal)
		out->why = arena_fmt(a, "its reader crashed (signal %d)", end->signal);
	else
		out->why = STR("its reader gave up");
}

/* In a child of that zygote. 1; 0 none can be had; -1. */
static int read_in(struct zygote *z, struct arena *a, const struct extract_document *d,
		   struct zygote_end *end, struct extract_result *out, struct err *err)
{
	int r = zygote_run(z, d, end, err);
	if (r == 0) /* perhaps it died long before, for reasons of its own */
		r = zygote_run(z, d, end, err);
	if (r <= 0)
		return r;
	take(a, z, out);
	out->memory = (size_t)end->peak_kb * 1024;
	return 1;
}

/* The same, and it came to its end or else died. 1 or -1. */
static int read_whole(struct zygote *z, struct arena *a, const struct extract_document *d,
		      struct extract_result *out, struct err *err)
{
	struct zygote_end end;
	int r = read_in(z, a, d, &end, out, err);
	if (r == 0) {
		struct str why = label(a, zygote_board(z)->why, BOARD_WHY);
		return err_set(err, ERR_BROKEN, "cannot start readers of documents: %.*s",
			       STR_ARG(why));
	}
	if (r > 0 && !zygote_board(z)->done)
		died(a, z, &end, out);
	return r;
}

/* ---- pictures ---- */

static int init_eye(struct extract *x, struct err *err)
{
	struct zygote_duty duty = x->z.duty;
	duty.pictures = true;
	return zygote_init(&x->eye, &duty, err);
}

/* Makes the zygote for these languages ready. 1 or -1. */
static int open_eye(struct extract *x, struct str languages, struct err *err)
{
	if (x->eye.sheet && str_eq(str_of(x->languages), languages))
		return 1;
	if (x->eye.sheet == NULL && init_eye(x, err) < 0)
		return -1;
	snprintf(x->languages, sizeof x->languages, "%.*s", STR_ARG(languages));
	zygote_anew(&x->eye, str_of(x->languages));
	return 1;
}

int extract_keep(struct extract *x, struct err *err)
{
	if (x->nursery.p.pid)
		return 1;
	if ((x->eye.sheet == NULL && init_eye(x, err) < 0) || nursery_start(&x->nursery, err) < 0)
		return -1;
	x->z.nursery = x->eye.nursery = &x->nursery;
	x->opener.nursery = x->keys ? &x->nursery : NULL;
	return 1;
}

bool extract_sound(const struct extract *x)
{
	return x->nursery.p.pid == 0 || proc_lives(x->nursery.p.pid);
}

/* What the words of pictures add to what was read before. Not so much that it is too long. */
static void join(struct arena *a, const struct extract *x, struct extract_result *out,
		 const struct extract_result *seen)
{
	bool good = out->outcome == EXTRACT_SEARCHED || out->outcome == EXTRACT_EMPTY;
	struct str before = str_trim(out->text).n ? out->text : STR("");
	struct str added = utf8_cut(seen->text, x->z.duty.limits.text - before.n);
	const char *mark = before.n ? "in part by optical character recognition"
				    : "by optical character recognition";
	if (good) {
		out->outcome = seen->outcome;
		out->why = seen->why;
	}
	if (seen->memory > out->memory)
		out->memory = seen->memory;
	if (str_trim(added).n) {
		out->text = arena_fmt(a, "%.*s%.*s", STR_ARG(before), STR_ARG(added));
		out->why = arena_fmt(a, "%.*s%s%s", STR_ARG(out->why), out->why.n ? "; " : "",
				     mark);
	}
	if (good && added.n < seen->text.n)
		out->outcome = EXTRACT_TRUNCATED;
	else if (out->outcome == EXTRACT_EMPTY && before.n)
		out->outcome = EXTRACT_SEARCHED;
	else if (out->outcome == EXTRACT_FAILED && good && before.n)
		out->outcome = EXTRACT_TRUNCATED;
}

/* Reads the pictures in a document that was read before. 1 or -1. */
static int see(struct extract *x, struct arena *a, const struct extract_document *d,
	       struct extract_result *out, struct err *err)
{
	struct zygote_end end;
	struct extract_result seen = {0};
	int r = read_in(&x->eye, a, d, &end, &seen, err);
	if (r < 0)
		return -1;
	if (r == 0) {
		struct str why = label(a, zygote_board(&x->eye)->why, BOARD_WHY);
		seen.outcome = EXTRACT_FAILED;
		seen.why = why.n ? why : STR("tesseract ended while it was loaded");
	} else if (!zygote_board(&x->eye)->done) {
		died(a, &x->eye, &end, &seen);
	}
	join(a, x, out, &seen);
	return 1;
}

/* Reads what is not encrypted of a document, and its pictures if so is asked. 1 or -1. */
static int read_plain(struct extract *x, struct arena *a, const struct extract_document *d,
		      struct extract_result *out, struct err *err)
{
	int r = read_whole(&x->z, a, d, out, err);
	if (r > 0 && zygote_board(&x->z)->done && out->pictures && d->ocr.n)
		return see(x, a, d, out, err);
	return r;
}

/* ---- what is encrypted, and a key may be there for ---- */

struct opening {
	struct extract *x;
	struct arena *a;
	struct str ocr;
	struct extract_result *out; /* of all, but for the text */
	struct buf text;
	struct str sealed[EXTRACT_OPENED];
	size_t n, kept; /* kept: bytes of them that are copies */
};

static void worse(struct opening *o, enum extract_outcome outcome, struct str why)
{
	if (!board_worse(o->out->outcome, outcome))
		return;
	o->out->outcome = outcome;
	o->out->why = why;
}

static void add_text(struct opening *o, struct str text)
{
	struct str cut = utf8_cut(text, o->text.max - o->text.n);
	buf_str(&o->text, cut);
	if (cut.n < text.n)
		worse(o, EXTRACT_TRUNCATED, arena_fmt(o->a, "only the first %zu bytes of its text",
						      o->text.max));
}

static void add_sealed(struct opening *o, struct str s, bool copy)
{
	if (o->n == EXTRACT_OPENED || (copy && s.n > EXTRACT_BYTES - o->kept)) {
		worse(o, EXTRACT_TOO_BIG, STR("S/MIME, encrypted: too much of it"));
		return;
	}
	o->kept += copy ? s.n : 0;
	o->sealed[o->n++] = copy ? arena_str(o->a, s) : s;
}

/* What a child that read `whole` laid aside, which is as hostile as all that it left. */
static void note_sealed(struct opening *o, struct str whole, bool copy)
{
	const struct board *b = zygote_board(&o->x->z);
	struct str room = {b->text, EXTRACT_TEXT};
	uint32_t n = b->n_sealed < BOARD_SEALED ? b->n_sealed : BOARD_SEALED;
	for (uint32_t i = 0; i < n; i++) {
		uint64_t from = b->sealed[i].from, size = b->sealed[i].n;
		if (size == 0)
			add_sealed(o, whole, copy);
		else if (from < room.n && size <= room.n - from)
			add_sealed(o, str_cut(room, from, from + size), true);
	}
}

/* One that was laid aside: made plain, and read. 1 or -1. */
static int open_one(struct opening *o, struct str sealed, struct err *err)
{
	struct extract_result got = {0};
	struct extract_document d = {.bytes = sealed};
	if (read_whole(&o->x->opener, o->a, &d, &got, err) < 0)
		return -1;
	worse(o, got.outcome, got.why);
	d = (struct extract_document){.bytes = zygote_opened(&o->x->opener),
				      .type = STR("message/rfc822"), .ocr = o->ocr};
	if (got.outcome != EXTRACT_EMPTY || d.bytes.n == 0)
		return 1;
	size_t before = got.memory;
	if (read_plain(o->x, o->a, &d, &got, err) < 0)
		return -1;
	got.memory = before > got.memory ? before : got.memory;
	o->out->memory = got.memory > o->out->memory ? got.memory : o->out->memory;
	o->out->pictures |= got.pictures;
	note_sealed(o, d.bytes, true);
	add_text(o, got.text);
	worse(o, got.outcome, got.why);
	return 1;
}

/* Opens all that was laid aside in a document that was read, and in that, and so on. 1 or -1. */
static int open_all(struct opening *o, const struct extract_document *d, struct err *err)
{
	unsigned seconds = o->x->z.duty.limits.seconds;
	uint64_t until = log_now_ms() + (uint64_t)seconds * 1000;
	int r = 1;
	add_text(o, o->out->text);
	note_sealed(o, d->bytes, false);
	for (size_t i = 0; i < o->n && r > 0; i++) {
		if (log_now_ms() > until) {
			worse(o, o->text.n ? EXTRACT_TRUNCATED : EXTRACT_FAILED,
			      arena_fmt(o->a, "opening it took longer than %u s", seconds));
			break;
		}
		r = open_one(o, o->sealed[i], err);
	}
	o->out->text = arena_str(o->a, buf_all(&o->text));
	return r;
}

int extract_text(struct extract *x, struct arena *a, const struct extract_document *d,
		 struct extract_result *out, struct err *err)
{
	*out = (struct extract_result){.outcome = EXTRACT_TOO_BIG};
	if (d->bytes.n > x->z.duty.limits.bytes) {
		out->why = arena_fmt(a, "larger than %zu bytes", x->z.duty.limits.bytes);
		return 1;
	}
	/* Early, for it is a copy of this process as it is now. */
	if (d->ocr.n && (open_eye(x, d->ocr, err) < 0 || zygote_start(&x->eye, err) < 0))
		return -1;
	int r = read_plain(x, a, d, out, err);
	if (r < 0 || zygote_board(&x->z)->n_sealed == 0 || x->keys == NULL)
		return r;
	struct opening o = {.x = x, .a = a, .ocr = d->ocr, .out = out};
	buf_init(&o.text, x->z.duty.limits.text);
	r = open_all(&o, d, err);
	buf_free(&o.text);
	return r;
}

int extract_ready(struct extract *x, struct str ocr, struct err *err)
{
	/* As small as a picture can be. */
	static const char dot[] = "GIF89a\1\0\1\0\200\0\0\0\0\0\377\377\377,\0\0\0\0\1\0\1\0\0"
				  "\2\2D\1\0;";
	const struct extract_document d = {.bytes = {dot, sizeof dot - 1}, .ocr = ocr};
	struct extract_result got;
	struct arena a = {0};
	int r = ocr.n ? extract_text(x, &a, &d, &got, err) : 1;
	if (r > 0 && ocr.n && got.outcome != EXTRACT_EMPTY)
		r = err_set(err, ERR_DENIED, "ocr = %.*s: %.*s", STR_ARG(ocr), STR_ARG(got.why));
	arena_free(&a);
	return r;
}

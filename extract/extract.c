#define _GNU_SOURCE
#include "extract.h"

#include "document.h"
#include "utf8.h"
#include "zygote.h"

#include <signal.h>
#include <stdlib.h>

const struct extract_limits extract_usual = {
	.bytes = ZYGOTE_BYTES,
	.text = ZYGOTE_TEXT,
	.memory = (size_t)160 << 20,
	.seconds = 20,
};

struct extract {
	struct zygote z;
};

int extract_open(struct extract **out, const struct extract_limits *limits, struct err *err)
{
	struct extract *x = err_alloc(sizeof *x);
	struct zygote_duty duty = {.load = document_load, .work = document_work,
				   .limits = limits ? *limits : extract_usual};
	if (duty.limits.bytes > ZYGOTE_BYTES)
		duty.limits.bytes = ZYGOTE_BYTES;
	if (duty.limits.text > ZYGOTE_TEXT)
		duty.limits.text = ZYGOTE_TEXT;
	if (zygote_init(&x->z, &duty, err) < 0 || zygote_start(&x->z, err) < 0) {
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
	free(*x);
	*x = NULL;
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

int extract_text(struct extract *x, struct arena *a, const struct extract_document *d,
		 struct extract_result *out, struct err *err)
{
	struct zygote_end end;
	*out = (struct extract_result){.outcome = EXTRACT_TOO_BIG};
	if (d->bytes.n > x->z.duty.limits.bytes) {
		out->why = arena_fmt(a, "larger than %zu bytes", x->z.duty.limits.bytes);
		return 1;
	}
	int r = zygote_run(&x->z, d, &end, err);
	if (r == 0) /* perhaps it died long before, for reasons of its own */
		r = zygote_run(&x->z, d, &end, err);
	if (r == 0) {
		struct str why = label(a, zygote_board(&x->z)->why, BOARD_WHY);
		return err_set(err, ERR_BROKEN, "cannot start readers of documents: %.*s",
			       STR_ARG(why));
	}
	if (r < 0)
		return -1;
	take(a, &x->z, out);
	out->memory = (size_t)end.peak_kb * 1024;
	if (!zygote_board(&x->z)->done)
		died(a, &x->z, &end, out);
	return 1;
}

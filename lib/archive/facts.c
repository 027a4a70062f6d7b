#define _GNU_SOURCE
#include "facts.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define LINE_MOST ((size_t)1 << 20)
#define UIDS_A_LINE 4096

void facts_init(struct facts *f)
{
	*f = (struct facts){0};
	buf_init(&f->lines, FACTS_FULL + LINE_MOST);
}

void facts_free(struct facts *f)
{
	buf_free(&f->lines);
}

static json_t *line(const struct facts *f, const char *what)
{
	json_t *o = json_object();
	json_object_set_new(o, "fact", json_string(what));
	json_object_set_new(o, "change", json_integer(f->change));
	json_object_set_new(o, "at", json_integer(f->at));
	return o;
}

static void number(json_t *o, const char *key, int64_t v)
{
	json_object_set_new(o, key, json_integer(v));
}

/* Text; what is not UTF-8 goes in hexadecimal under "<key>.hex". Empty text is left out. */
static void text(json_t *o, const char *key, struct str s)
{
	char name[64];
	if (s.n == 0)
		return;
	if (str_utf8(s)) {
		json_object_set_new(o, key, json_stringn(s.p, s.n));
		return;
	}
	char *hex = err_alloc(2 * s.n + 1);
	hash_hex((const unsigned char *)s.p, s.n, hex);
	snprintf(name, sizeof name, "%s.hex", key);
	json_object_set_new(o, name, json_string(hex));
	free(hex);
}

static int add(const char *p, size_t n, void *arg)
{
	struct facts *f = arg;
	buf_add(&f->lines, p, n);
	return 0;
}

/* Consumes the object. */
static void put(struct facts *f, json_t *o)
{
	json_dump_callback(o, add, f, JSON_COMPACT);
	buf_chr(&f->lines, '\n');
	if (f->lines.full)
		err_die("facts: a line is too long");
	json_decref(o);
}

void facts_run(struct facts *f, int64_t run)
{
	json_t *o = line(f, "run");
	number(o, "run", run);
	put(f, o);
}

void facts_epoch(struct facts *f, const struct archive_epoch *e)
{
	json_t *o = line(f, "epoch");
	number(o, "epoch", e->id);
	text(o, "account", e->account);
	text(o, "mailbox", e->mailbox);
	number(o, "uidvalidity", e->uidvalidity);
	put(f, o);
}

void facts_seen(struct facts *f, const struct archive_epoch *e)
{
	json_t *o = line(f, "epoch_seen");
	number(o, "epoch", e->id);
	number(o, "uidnext", e->uidnext);
	number(o, "highestmodseq", (int64_t)e->highestmodseq);
	number(o, "messages", (int64_t)e->messages);
	number(o, "listed", e->listed);
	text(o, "mailboxid", e->mailboxid);
	put(f, o);
}

void facts_uses(struct facts *f, struct str account, struct str uses)
{
	json_t *o = line(f, "uses");
	text(o, "account", account);
	text(o, "uses", uses);
	put(f, o);
}

static void where(json_t *o, const struct archive_copy *c)
{
	number(o, "epoch", c->epoch);
	number(o, "uid", c->uid);
}

static void flags(json_t *o, const struct archive_copy *c)
{
	struct buf names;
	buf_init(&names, 128);
	facts_flag_names(&names, c->flags);
	text(o, "flags", buf_all(&names));
	buf_free(&names);
	text(o, "keywords", c->keywords);
	number(o, "modseq", (int64_t)c->modseq);
}

void facts_copy(struct facts *f, const struct archive_copy *c,
		const unsigned char hash[HASH_BYTES])
{
	char hex[HASH_HEX + 1], date[FACTS_DATE], zone[FACTS_DATE];
	json_t *o = line(f, "copy");
	where(o, c);
	number(o, "number", (int64_t)c->message);
	hash_hex(hash, HASH_BYTES, hex);
	json_object_set_new(o, "sha256", json_string(hex));
	if (facts_date(date, c->internaldate, c->zone))
		json_object_set_new(o, "internaldate", json_string(date));
	flags(o, c);
	number(o, "run", c->run);
	text(o, "source", c->source);
	text(o, "found", c->found);
	text(o, "emailid", c->emailid);
	text(o, "threadid", c->threadid);
	if (c->savedate) {
		number(o, "savedate", c->savedate);
		facts_zone(zone, c->savezone);
		text(o, "savezone", str_of(zone));
	}
	text(o, "basis", c->basis);
	put(f, o);
}

void facts_flags(struct facts *f, const struct archive_copy *c)
{
	json_t *o = line(f, "flags");
	where(o, c);
	flags(o, c);
	put(f, o);
}

/* As many numbers as fit in a line are taken off the list. */
static void some_of(json_t *o, const char *key, const uint32_t **list, size_t *n)
{
	size_t some = *n < UIDS_A_LINE ? *n : UIDS_A_LINE;
	json_t *array = json_array();
	for (size_t i = 0; i < some; i++)
		json_array_append_new(array, json_integer((*list)[i]));
	json_object_set_new(o, key, array);
	*list += some;
	*n -= some;
}

void facts_vanished(struct facts *f, int64_t epoch, const uint32_t *uids, size_t n)
{
	while (n) {
		json_t *o = line(f, "vanished");
		number(o, "epoch", epoch);
		some_of(o, "uids", &uids, &n);
		put(f, o);
	}
}

void facts_disposed(struct facts *f, const struct disposal *d, const uint32_t *numbers, size_t n)
{
	while (n) {
		json_t *o = line(f, "disposed");
		number(o, "disposal", d->id);
		text(o, "who", d->who);
		text(o, "reason", d->reason);
		text(o, "query", d->query);
		some_of(o, "numbers", &numbers, &n);
		put(f, o);
	}
}

void facts_disposal_end(struct facts *f, const struct disposal *d)
{
	static const char *const name[] = {
		[DISPOSAL_RESTORED] = "restored", [DISPOSAL_DESTROYED] = "destroyed",
		[DISPOSAL_ERASED] = "erased",
	};
	json_t *o = line(f, name[d->state]);
	number(o, "disposal", d->id);
	text(o, "who", d->ended_by);
	put(f, o);
}

void facts_outcome(struct facts *f, const struct archive_copy *c, enum archive_outcome outcome,
		   struct str reason)
{
	static const char *const name[] = {"failed", "refused", "gone"};
	json_t *o = line(f, "outcome");
	where(o, c);
	json_object_set_new(o, "outcome", json_string(name[outcome]));
	text(o, "reason", reason);
	put(f, o);
}

void facts_commit(struct facts *f, int64_t commit, int64_t last)
{
	json_t *o = line(f, "commit");
	number(o, "commit", commit);
	number(o, "last", last);
	put(f, o);
}

void facts_flag_names(struct buf *out, unsigned bits)
{
	static const char *const name[] = {"\\Seen", "\\Answered", "\\Flagged", "\\Deleted",
					   "\\Draft"};
	for (unsigned i = 0; i < sizeof name / sizeof *name; i++)
		if (bits & 1u << i)
			buf_fmt(out, "%s%s", out->n ? " " : "", name[i]);
}

static char *digits(char *to, unsigned v, unsigned n)
{
	for (unsigned i = n; i-- > 0; v /= 10)
		to[i] = (char)('0' + v % 10);
	return to + n;
}

/* Two digits, and what stands before them. */
static char *behind(char *to, char c, int v)
{
	*to = c;
	return digits(to + 1, (unsigned)v, 2);
}

/* For every message: no printf. */
void facts_zone(char out[FACTS_DATE], int zone)
{
	int east = zone < 0 ? -zone : zone;
	out[0] = '\0';
	if (zone)
		snprintf(out, FACTS_DATE, "%c%02d:%02d", zone < 0 ? '-' : '+', east / 60,
			 east % 60);
}

int facts_date(char out[FACTS_DATE], int64_t internaldate, int zone)
{
	struct tm tm;
	time_t local = (time_t)(internaldate + 60 * (int64_t)zone);
	int z = zone < 0 ? -zone : zone;
	if (z > 99 * 60 + 59 || gmtime_r(&local, &tm) == NULL || tm.tm_year < -1900 ||
	    tm.tm_year > 9999 - 1900)
		return 0;
	char *to = digits(out, (unsigned)(tm.tm_year + 1900), 4);
	to = behind(to, '-', tm.tm_mon + 1);
	to = behind(to, '-', tm.tm_mday);
	to = behind(to, 'T', tm.tm_hour);
	to = behind(to, ':', tm.tm_min);
	to = behind(to, ':', tm.tm_sec);
	to = behind(to, zone < 0 ? '-' : '+', z / 60);
	*behind(to, ':', z % 60) = '\0';
	return 1;
}

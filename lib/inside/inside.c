#define _GNU_SOURCE
#include "inside.h"

#include "extract.h"
#include "insidedb.h"
#include "log.h"
#include "mime.h"
#include "utf8.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct inside {
	char *dir, *older_dir; /* or NULL */
	char ocr[EXTRACT_LANGUAGES];
	bool write, retry, opened;
	struct insidedb *db, *older;
	struct record_part *parts; /* of the record at hand */
	size_t at;           /* the next part of the record at hand */
	unsigned documents;  /* of it, so far */
	size_t text;
	uint64_t since_ms;
};

/* ---- the process that reads ---- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct extract *reader;
static char *keys; /* where they are, or NULL */
static pid_t owner; /* who started it: a forked child has one of its own */

static char *copy(const char *z)
{
	size_t n = z ? strlen(z) + 1 : 0;
	return z ? memcpy(err_alloc(n), z, n) : NULL;
}

void inside_keys(const char *path)
{
	free(keys);
	keys = copy(path);
}

static int started(struct err *err)
{
	if (reader != NULL && owner == getpid())
		return 1;
	reader = NULL;
	owner = getpid();
	struct extract_limits l = extract_usual;
	l.text = INSIDE_TEXT;
	return extract_open(&reader, &l, keys, err);
}

static int read_document(struct arena *a, const struct extract_document *d,
			 struct extract_result *out, struct err *err)
{
	pthread_mutex_lock(&lock);
	int r = started(err);
	if (r > 0)
		r = extract_text(reader, a, d, out, err);
	pthread_mutex_unlock(&lock);
	return r;
}

int inside_start(const char *ocr, struct err *err)
{
	struct arena a = {0};
	struct extract_document d = {.bytes = STR("text\n")};
	struct extract_result got;
	int r = read_document(&a, &d, &got, err);
	arena_free(&a);
	pthread_mutex_lock(&lock);
	if (r > 0)
		r = extract_keep(reader, err);
	if (r > 0)
		r = extract_ready(reader, str_of(ocr), err);
	pthread_mutex_unlock(&lock);
	return r;
}

bool inside_sound(void)
{
	if (pthread_mutex_trylock(&lock) != 0)
		return true;
	bool sound = reader == NULL || extract_sound(reader);
	pthread_mutex_unlock(&lock);
	return sound;
}

void inside_stop(void)
{
	pthread_mutex_lock(&lock);
	if (owner == getpid())
		extract_close(&reader);
	reader = NULL;
	pthread_mutex_unlock(&lock);
}

/* ---- one part ---- */

/* The numbers of outcomes are on disk; those of extract.h may change. */
static const enum record_outcome outcomes[EXTRACT_LAST + 1] = {
	[EXTRACT_SEARCHED] = RECORD_SEARCHED, [EXTRACT_EMPTY] = RECORD_EMPTY,
	[EXTRACT_ENCRYPTED] = RECORD_ENCRYPTED, [EXTRACT_TRUNCATED] = RECORD_TRUNCATED,
	[EXTRACT_TOO_BIG] = RECORD_TOO_BIG, [EXTRACT_FAILED] = RECORD_FAILED,
	[EXTRACT_UNKNOWN] = RECORD_UNKNOWN,
};

/* The type and the name help to tell what a document is, so they belong to its key. */
static void key_of(const struct extract_document *d, unsigned char out[HASH_BYTES])
{
	struct hash_ctx *h = hash_new();
	hash_add(h, d->type.p, d->type.n);
	hash_add(h, "", 1);
	hash_add(h, d->name.p, d->name.n);
	hash_add(h, "", 1);
	hash_add(h, d->bytes.p, d->bytes.n);
	hash_end(h, out);
	hash_free(&h);
}

static bool may_keep(const struct inside *x, const struct record_part *p)
{
	return p->version == EXTRACT_VERSION && !(x->retry && record_is_short(p->outcome));
}

/* Most queries never come here. */
static void open_files(struct inside *x)
{
	if (!x->opened && x->dir)
		x->db = insidedb_open(x->dir, x->write);
	if (!x->opened && x->older_dir)
		x->older = insidedb_open(x->older_dir, false);
	x->opened = true;
}

/* Was it read before? */
static bool remembered(struct inside *x, struct arena *a, const unsigned char key[HASH_BYTES],
		       struct record_part *p)
{
	struct record_part old = *p;
	struct str ocr = str_of(x->ocr);
	if (insidedb_get(x->db, a, key, &ocr, p) == 1 && p->version == EXTRACT_VERSION)
		return true;
	ocr = str_of(x->ocr);
	if (insidedb_get(x->older, a, key, &ocr, &old) == 1 && may_keep(x, &old)) {
		*p = old;
		insidedb_put(x->db, key, ocr, p);
		return true;
	}
	return false;
}

static void set(struct record_part *p, enum record_outcome outcome, const char *why)
{
	p->outcome = outcome;
	p->version = EXTRACT_VERSION;
	p->why = str_of(why);
	p->inside = STR("");
}

/* 1 or -1. */
static int look_into(struct inside *x, struct arena *a, const struct mail_part *from,
		     struct record_part *p, struct err *err)
{
	unsigned char key[HASH_BYTES];
	struct extract_result got = {0};
	struct extract_document d = {mail_part_bytes(a, from), p->type, p->filename,
				     str_of(x->ocr)};
	if (d.bytes.n == 0) {
		set(p, RECORD_EMPTY, "");
		return 1;
	}
	key_of(&d, key);
	open_files(x);
	if (remembered(x, a, key, p))
		return 1;
	if (log_now_ms() - x->since_ms > INSIDE_SECONDS * 1000) {
		set(p, RECORD_FAILED, "its message took too long before");
		got.pictures = true; /* perhaps */
	} else {
		if (read_document(a, &d, &got, err) < 0)
			return -1;
		set(p, outcomes[got.outcome], "");
		p->why = got.why;
		p->inside = got.outcome == EXTRACT_EMPTY ? STR("") : got.text;
	}
	insidedb_put(x->db, key, got.pictures ? d.ocr : (struct str){0}, p);
	return 1;
}

static bool is_asked(const struct mail_part *p)
{
	return !p->searched && !mime_is_multipart(p) && !mime_is_message(p);
}

/* ---- the front door ---- */

void inside_open(struct inside **out, const struct inside_options *o)
{
	struct inside *x = err_alloc(sizeof *x);
	x->retry = o->retry;
	x->write = o->write;
	x->dir = copy(o->dir);
	x->older_dir = copy(o->older);
	snprintf(x->ocr, sizeof x->ocr, "%.*s", STR_ARG(o->ocr));
	*out = x;
}

void inside_close(struct inside **x)
{
	if (*x == NULL)
		return;
	insidedb_close(&(*x)->db);
	insidedb_close(&(*x)->older);
	free((*x)->dir);
	free((*x)->older_dir);
	free(*x);
	*x = NULL;
}

void inside_begin(struct inside *x, struct arena *a, struct record *r)
{
	x->parts = arena_alloc(a, r->n_parts * sizeof *x->parts + 1);
	if (r->n_parts)
		memcpy(x->parts, r->parts, r->n_parts * sizeof *x->parts);
	r->parts = x->parts;
	x->at = 0;
	x->documents = 0;
	x->text = 0;
	x->since_ms = log_now_ms();
}

int inside_next(struct inside *x, struct arena *a, const struct mail *m, struct record *r,
		struct err *err)
{
	while (x->at < r->n_parts && !is_asked(&m->parts[r->parts[x->at].at]))
		x->at++;
	if (x->at == r->n_parts) {
		record_weigh(r);
		return 0;
	}
	struct record_part *p = &x->parts[x->at++];
	if (x->documents++ >= INSIDE_PARTS) {
		set(p, RECORD_FAILED, "behind the first 1,000 attachments of its message");
		return 1;
	}
	if (look_into(x, a, &m->parts[p->at], p, err) < 0)
		return -1;
	if (p->inside.n > INSIDE_TEXT - x->text) {
		p->inside = utf8_cut(p->inside, INSIDE_TEXT - x->text);
		p->outcome = RECORD_TRUNCATED;
		p->why = STR("the attachments of its message hold more text than is kept");
	}
	x->text += p->inside.n;
	return 1;
}

int inside_fill(struct inside *x, struct arena *a, const struct mail *m, struct record *r,
		struct err *err)
{
	int more;
	inside_begin(x, a, r);
	while ((more = inside_next(x, a, m, r, err)) == 1)
		;
	return more < 0 ? -1 : 1;
}

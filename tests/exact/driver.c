/* driver: an archive on standard input, for tests that ask many questions.
 *
 * One command a line, one line of answer to each; "-" stands for the empty string, texts are hex.
 *   open DIR                                      makes DIR when it is missing
 *   add ACCOUNT MAILBOX INTERNALDATE ZONE FLAGS KEYWORDS RAW    "ok NUMBER"
 *   commit                                        so that a frame of the archive ends
 *   dispose NUMBER                                masks a message
 *   index [RUN]                                   commits and indexes, at most RUN messages in a
 *                            segment (0: as usual): "ok LAST SEGMENTS"
 *   reindex                                       the same, everything anew
 *   ask imap|box index|scan newest|oldest|number ACCOUNT MAILBOX CURSOR QUERY
 *                            "ok NUMBER:UID,UID …" or "bad COLUMN TEXT"
 *                            ACCOUNT "rights:NAME" is no restriction asked for, but of the asker
 *   count (as ask)                                "ok N"
 *   explain (as ask)                              runs to the end, "ok HEX"
 *   check imap|box PAGE (as ask from here)        asks with the index, without it, with the index
 *                            in two pages of which the first has PAGE hits (0: not so), and
 *                            counts: "ok HITS STORED", "same COLUMN TEXT" when both refuse alike,
 *                            or "differ TEXT". What the index does not reach is left out.
 */
#define _GNU_SOURCE
#include "archive.h"
#include "buf.h"
#include "current.h"
#include "disposal.h"
#include "indexer.h"
#include "query.h"

#include <stdio.h>
#include <stdlib.h>

#define MAX_LINE ((size_t)64 << 20)
#define MAX_WORDS 9

struct driver {
	struct str dir;
	struct archive *ar;
	struct qdb *db;
	struct arena names, a, hits;
};

static int fail(const struct err *err)
{
	printf("bad %d %s\n", err->column, err->text);
	return 0;
}

static struct str unhex(struct arena *a, struct str s)
{
	unsigned char *p = arena_alloc(a, s.n / 2 + 1);
	size_t n = 0;
	if (!str_eq(s, STR("-")) && !hash_unhex(s, p, s.n / 2, &n))
		err_die("not hex");
	return (struct str){(char *)p, n};
}

static int64_t number(struct str s)
{
	char z[32];
	snprintf(z, sizeof z, "%.*s", STR_ARG(s));
	return strtoll(z, NULL, 10);
}

static int do_open(struct driver *d, const struct str *w, struct err *err)
{
	d->dir = arena_str(&d->names, w[1]);
	if (archive_create(d->dir.p, err) < 0)
		return -1;
	puts("ok");
	return 1;
}

static int do_add(struct driver *d, const struct str *w, struct err *err)
{
	struct archive_epoch e = {.account = unhex(&d->a, w[1]), .mailbox = unhex(&d->a, w[2]),
				  .uidvalidity = 1};
	struct str raw = unhex(&d->a, w[7]);
	if (d->ar == NULL && archive_open(&d->ar, d->dir.p, ARCHIVE_WRITE, err) < 0)
		return -1;
	if (archive_epoch(d->ar, &d->a, &e, err) < 0)
		return -1;
	struct archive_copy c = {.epoch = e.id, .internaldate = number(w[3]),
				 .zone = (int16_t)number(w[4]), .flags = (unsigned)number(w[5]),
				 .keywords = unhex(&d->a, w[6])};
	if (archive_begin(d->ar, err) < 0 || archive_write(d->ar, raw.p, raw.n, err) < 0 ||
	    archive_end(d->ar, &c, err) < 0 || archive_tick(d->ar, 200, err) < 0)
		return -1;
	printf("ok %llu\n", (unsigned long long)c.message);
	return 1;
}

static int do_dispose(struct driver *d, const struct str *w, struct err *err)
{
	uint32_t one = (uint32_t)number(w[1]);
	struct disposal dis = {.who = STR("driver"), .reason = STR("test")};
	if (d->ar == NULL && archive_open(&d->ar, d->dir.p, ARCHIVE_WRITE, err) < 0)
		return -1;
	if (disposal_make(d->ar, &dis, &one, 1, err) < 0)
		return -1;
	puts("ok");
	return 1;
}

static int do_index(struct driver *d, const struct str *w, struct err *err)
{
	struct indexer_options o = {.workers = 1, .run = (uint32_t)number(w[1])};
	struct indexer_result r = {0};
	struct current c = {0};
	bool anew = str_eq(w[0], STR("reindex"));
	if (d->ar != NULL && archive_commit(d->ar, err) < 0)
		return -1;
	archive_close(&d->ar);
	if ((anew ? indexer_rebuild : indexer_update)(d->dir.p, &o, &r, err) < 0)
		return -1;
	if (d->db != NULL && query_db_refresh(d->db, err) < 0)
		return -1;
	if (current_load(&d->a, d->dir.p, &c, err) < 0)
		return -1;
	printf("ok %llu %zu\n", (unsigned long long)r.last, c.n);
	return 1;
}

static int print_hits(struct driver *d, struct query *q, struct err *err)
{
	struct query_hit hit;
	int r;
	printf("ok");
	while ((r = query_next(q, &d->hits, &hit, err)) > 0) {
		printf(" %llu:", (unsigned long long)hit.number);
		for (size_t i = 0; i < hit.n_copies; i++)
			printf("%s%u", i ? "," : "", (unsigned)hit.copies[i].uid);
		arena_reset(&d->hits);
	}
	if (r < 0)
		printf(" broken: %s", err->text);
	putchar('\n');
	return 1;
}

static int explain(struct driver *d, struct query *q, struct err *err)
{
	uint64_t n;
	if (query_count(q, &n, err) < 0)
		return -1;
	struct str s = query_explain(q, &d->a);
	printf("ok ");
	for (size_t i = 0; i < s.n; i++)
		printf("%02x", (unsigned char)s.p[i]);
	putchar('\n');
	return 1;
}

static int open_reader(struct driver *d, struct err *err)
{
	return d->db == NULL ? query_db_open(&d->db, d->dir.p, err) : query_db_refresh(d->db, err);
}

/* The words behind ask, but for how. */
static struct query_options options(struct driver *d, const struct str *w)
{
	struct query_options o = {
		.dialect = str_eq(w[1], STR("imap")) ? QUERY_IMAP : QUERY_BOX,
		.sort = str_eq(w[3], STR("newest"))   ? QUERY_NEWEST
			: str_eq(w[3], STR("oldest")) ? QUERY_OLDEST
						      : QUERY_UNSORTED,
		.account = unhex(&d->a, w[4]), .mailbox = unhex(&d->a, w[5]),
		.cursor = unhex(&d->a, w[6])};
	if (str_starts(o.account, STR("rights:"))) {
		struct str *only = arena_alloc(&d->a, sizeof *only);
		*only = str_cut(o.account, 7, o.account.n);
		o.rights = (struct rights){true, only, only->n > 0};
		o.account = STR("");
	}
	return o;
}

static int do_ask(struct driver *d, const struct str *w, struct err *err)
{
	struct query_options o = options(d, w);
	struct query *q;
	uint64_t n;
	o.no_index = str_eq(w[2], STR("scan"));
	if (open_reader(d, err) < 0 ||
	    query_open(&q, d->db, &d->a, unhex(&d->a, w[7]), &o, err) < 0)
		return -1;
	int r;
	if (str_eq(w[0], STR("ask"))) {
		r = print_hits(d, q, err);
	} else if (str_eq(w[0], STR("explain"))) {
		r = explain(d, q, err);
	} else {
		r = query_count(q, &n, err);
		if (r > 0)
			printf("ok %llu\n", (unsigned long long)n);
	}
	query_close(&q);
	return r;
}

/* ---- check ---- */

/* What one way of asking gave. */
struct way {
	struct buf text;  /* " NUMBER:UID,UID" for each hit, or "bad COLUMN TEXT" */
	uint64_t hits;
	bool bad;
};

static void way_bad(struct way *w, const struct err *err)
{
	buf_fmt(&w->text, "bad %d %s", err->column, err->text);
	w->bad = true;
}

static void way_add(struct way *w, const struct query_hit *hit)
{
	buf_fmt(&w->text, " %llu:", (unsigned long long)hit->number);
	for (size_t i = 0; i < hit->n_copies; i++)
		buf_fmt(&w->text, "%s%u", i ? "," : "", (unsigned)hit->copies[i].uid);
	w->hits++;
}

/* Appends at most `most` hits up to number `reach`; *cursor: where to go on. */
static void way_ask(struct driver *d, struct way *w, struct str text,
		    const struct query_options *o, uint64_t most, uint64_t reach,
		    struct str *cursor)
{
	struct err err = {0};
	struct query *q;
	struct query_hit hit;
	int r = 0;
	if (query_open(&q, d->db, &d->a, text, o, &err) < 0) {
		way_bad(w, &err);
		return;
	}
	for (uint64_t n = 0; n < most && (r = query_next(q, &d->hits, &hit, &err)) > 0; n++) {
		if (hit.number <= reach)
			way_add(w, &hit);
		arena_reset(&d->hits);
	}
	if (r < 0)
		way_bad(w, &err);
	*cursor = query_cursor(q, &d->a);
	query_close(&q);
}

static void way_count(struct driver *d, struct way *w, struct str text,
		      const struct query_options *o)
{
	struct err err = {0};
	struct query *q;
	if (query_open(&q, d->db, &d->a, text, o, &err) < 0) {
		way_bad(w, &err);
		return;
	}
	if (query_count(q, &w->hits, &err) < 0)
		way_bad(w, &err);
	query_close(&q);
}

static int check_print(const struct way *w, uint64_t stored, bool paged)
{
	const struct way *index = &w[0], *scan = &w[1], *pages = &w[2], *count = &w[3];
	if (!str_eq(buf_all(&index->text), buf_all(&scan->text)) || index->bad != scan->bad)
		printf("differ index:%.*s scan:%.*s\n", STR_ARG(buf_all(&index->text)),
		       STR_ARG(buf_all(&scan->text)));
	else if (index->bad)
		printf("same %.*s\n", STR_ARG(str_cut(buf_all(&index->text), 4, SIZE_MAX)));
	else if (paged && !str_eq(buf_all(&index->text), buf_all(&pages->text)))
		printf("differ whole:%.*s paged:%.*s\n", STR_ARG(buf_all(&index->text)),
		       STR_ARG(buf_all(&pages->text)));
	else if (count->bad || count->hits != index->hits)
		printf("differ listed: %llu counted: %llu %.*s\n", (unsigned long long)index->hits,
		       (unsigned long long)count->hits, STR_ARG(buf_all(&count->text)));
	else
		printf("ok %llu %llu\n", (unsigned long long)index->hits,
		       (unsigned long long)stored);
	return 1;
}

static int do_check(struct driver *d, const struct str *words, struct err *err)
{
	struct query_options o = options(d, words);
	struct str text = unhex(&d->a, words[7]), cursor;
	uint64_t page = (uint64_t)number(words[2]), indexed, reach;
	struct way w[4] = {0};
	if (open_reader(d, err) < 0 || query_db_reach(d->db, &indexed, &reach, err) < 0)
		return -1;
	for (int i = 0; i < 4; i++)
		buf_init(&w[i].text, MAX_LINE);
	way_ask(d, &w[0], text, &o, UINT64_MAX, reach, &cursor);
	if (page > 0 && page < w[0].hits) {
		way_ask(d, &w[2], text, &o, page, reach, &o.cursor);
		way_ask(d, &w[2], text, &o, UINT64_MAX, reach, &cursor);
		o.cursor = STR("");
	}
	way_count(d, &w[3], text, &o);
	o.no_index = true;
	way_ask(d, &w[1], text, &o, UINT64_MAX, reach, &cursor);
	int r = check_print(w, reach, page > 0 && page < w[0].hits);
	for (int i = 0; i < 4; i++)
		buf_free(&w[i].text);
	return r;
}

static int command(struct driver *d, struct str line, struct err *err)
{
	struct str w[MAX_WORDS] = {0};
	size_t n = 0;
	while (n < MAX_WORDS && str_split(&line, ' ', &w[n]))
		n++;
	if (str_eq(w[0], STR("open")) && n == 2)
		return do_open(d, w, err);
	if (str_eq(w[0], STR("add")) && n == 8)
		return do_add(d, w, err);
	if (str_eq(w[0], STR("commit"))) {
		if (d->ar != NULL && archive_commit(d->ar, err) < 0)
			return -1;
		puts("ok");
		return 1;
	}
	if (str_eq(w[0], STR("dispose")) && n == 2)
		return do_dispose(d, w, err);
	if (str_eq(w[0], STR("index")) || str_eq(w[0], STR("reindex")))
		return do_index(d, w, err);
	if (str_eq(w[0], STR("check")) && n == 8)
		return do_check(d, w, err);
	if (n == 8)
		return do_ask(d, w, err);
	return err_set(err, ERR_INPUT, "unknown command");
}

int main(void)
{
	struct driver d = {0};
	struct err err = {0};
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;
	while ((n = getline(&line, &cap, stdin)) > 0) {
		if (command(&d, str_trim((struct str){line, (size_t)n}), &err) < 0)
			fail(&err);
		fflush(stdout);
		arena_reset(&d.a);
	}
	free(line);
	query_db_close(&d.db);
	archive_close(&d.ar);
	arena_free(&d.names);
	arena_free(&d.a);
	arena_free(&d.hits);
	return 0;
}

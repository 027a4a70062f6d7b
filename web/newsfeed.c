#include "newsfeed.h"

#include <stdlib.h>

#include "frame.h"
#include "log.h"
#include "markup.h"
#include "present.h"
#include "range.h"
#include "saving.h"

/* The newest part of the archive is searched first, and so many times as much each time. */
enum { WINDOW = 2000, GROWTH = 16 };

struct entry {
	struct str id, urn, title, author, summary;
	int64_t arrived;
};

struct feed {
	struct call *call;
	struct saved saved;
	struct qdb *db;
	struct query_options o;
	struct entry entries[NEWSFEED_ENTRIES]; /* the newest first */
	size_t n;
};

/* ---- the hits ---- */

/* The numbers of the last hits behind `after`, ascending in a ring; *seen: how many there were. */
static int last_numbers(struct feed *f, uint64_t after, uint64_t ring[NEWSFEED_ENTRIES],
			uint64_t *seen, struct err *err)
{
	struct arena a = {0}, hit = {0};
	struct query_options o = f->o;
	struct query *q = NULL;
	struct query_hit h;
	o.bare = true;
	o.cursor = arena_fmt(&a, "u0.%llu", (unsigned long long)after);
	*seen = 0;
	int r = query_open(&q, f->db, &a, f->saved.query, &o, err);
	while (r > 0 && (r = query_next(q, &hit, &h, err)) > 0) {
		ring[(*seen)++ % NEWSFEED_ENTRIES] = h.number;
		arena_reset(&hit);
	}
	query_close(&q);
	arena_free(&hit);
	arena_free(&a);
	return r < 0 ? -1 : 1;
}

/* Behind which message the feed begins. */
static int find_start(struct feed *f, uint64_t *out, struct err *err)
{
	uint64_t indexed, stored, ring[NEWSFEED_ENTRIES], seen = 0;
	if (query_db_reach(f->db, &indexed, &stored, err) < 0)
		return -1;
	for (uint64_t width = WINDOW; seen < NEWSFEED_ENTRIES; width *= GROWTH) {
		uint64_t after = width < stored ? stored - width : 0;
		if (last_numbers(f, after, ring, &seen, err) < 0)
			return -1;
		*out = after;
		if (after == 0)
			break;
	}
	if (seen >= NEWSFEED_ENTRIES)
		*out = ring[seen % NEWSFEED_ENTRIES] - 1;
	return 1;
}

static struct str name_of(struct arena *a, const struct record *r)
{
	if (r->n_from == 0)
		return STR("unknown");
	struct str s = present_address(a, &r->from[0]);
	return s.n ? s : STR("unknown");
}

/* When the first of the copies came into the archive. */
static int64_t arrival(const struct query_hit *h)
{
	int64_t first = 0;
	for (size_t i = 0; i < h->n_copies; i++)
		if (first == 0 || h->copies[i].first_seen < first)
			first = h->copies[i].first_seen;
	return first;
}

static struct entry make_entry(struct arena *a, const struct query_hit *h)
{
	char hex[HASH_HEX + 1];
	hash_hex(h->msg.hash, HASH_BYTES, hex);
	struct str subject = str_trim(present_utf8(a, h->record.subject));
	return (struct entry){
		.id = arena_str(a, str_of(hex)),
		/* RFC 9562: version 8, of our own making */
		.urn = arena_fmt(a, "urn:uuid:%.8s-%.4s-8%.3s-a%.3s-%.12s", hex, hex + 8, hex + 13,
				 hex + 17, hex + 20),
		.title = arena_str(a, subject.n ? subject : STR("(no subject)")),
		.author = arena_str(a, present_utf8(a, name_of(a, &h->record))),
		.summary = arena_str(a, present_utf8(a, h->snippet)), .arrived = arrival(h)};
}

static int gather(struct feed *f, uint64_t after, struct err *err)
{
	struct arena *a = f->call->arena, hit = {0};
	struct query_options o = f->o;
	struct query *q = NULL;
	struct query_hit h;
	o.cursor = arena_fmt(a, "u0.%llu", (unsigned long long)after);
	int r = query_open(&q, f->db, a, f->saved.query, &o, err);
	while (r > 0 && (r = query_next(q, &hit, &h, err)) > 0) {
		size_t keep = f->n < NEWSFEED_ENTRIES ? f->n : NEWSFEED_ENTRIES - 1;
		memmove(f->entries + 1, f->entries, keep * sizeof *f->entries);
		f->entries[0] = make_entry(a, &h);
		f->n = keep + 1;
		arena_reset(&hit);
	}
	query_close(&q);
	arena_free(&hit);
	return r < 0 ? -1 : 1;
}

static int load(struct feed *f, struct call *c, struct err *err)
{
	uint64_t after;
	*f = (struct feed){.call = c};
	int r = saving_find(c, &f->saved, err);
	if (r <= 0)
		return r;
	f->o = saving_options(c, &f->saved);
	f->o.sort = QUERY_UNSORTED;
	f->o.deadline_ms = log_now_ms() + NEWSFEED_MS;
	if (call_db(c, &f->db, err) < 0 || find_start(f, &after, err) < 0)
		return -1;
	return gather(f, after, err);
}

/* ---- the text ---- */

/* The body is there: its tag, and nothing more where the reader has it already. */
static void finish(struct call *c, struct http_response *resp)
{
	unsigned char hash[HASH_BYTES];
	char hex[HASH_HEX + 1];
	hash_of(buf_all(&resp->body), hash);
	hash_hex(hash, HASH_BYTES, hex);
	struct str etag = arena_fmt(c->arena, "\"%.32s\"", hex);
	if (range_known(c->req, etag)) {
		http_reset(resp);
		resp->status = 304;
	}
	http_header(resp, "ETag", etag.p);
	resp->cache = "private, no-cache";
}

static void member(struct markup *m, const char *name, struct str text)
{
	buf_fmt(m->out, "<%s>", name);
	markup_text(m, text);
	buf_fmt(m->out, "</%s>", name);
}

static void atom_entry(struct markup *m, const struct entry *e)
{
	MARKUP(m, "<entry>");
	member(m, "id", e->urn);
	member(m, "title", e->title);
	MARKUP(m, "<author>");
	member(m, "name", e->author);
	MARKUP(m, "</author>");
	member(m, "updated", present_time(m->arena, e->arrived, 0));
	MARKUP(m, "<link href=\"/message/");
	markup_url(m, e->id);
	MARKUP(m, "\"/>");
	if (e->summary.n)
		member(m, "summary", e->summary);
	MARKUP(m, "</entry>\n");
}

int newsfeed_atom(struct call *c, struct http_response *resp, struct err *err)
{
	struct feed f;
	struct markup m = {&resp->body, c->arena};
	int r = load(&f, c, err);
	if (r <= 0)
		return r;
	int64_t updated = f.n ? f.entries[0].arrived : f.saved.changed;
	if (updated < f.saved.changed)
		updated = f.saved.changed;
	MARKUP(&m, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
		   "<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:base=\"");
	markup_text(&m, call_base(c));
	MARKUP(&m, "/\">\n<id>");
	markup_text(&m, call_base(c));
	buf_fmt(m.out, "/api/v1/saved-searches/%lld</id>\n", (long long)f.saved.id);
	member(&m, "title", f.saved.name);
	member(&m, "updated", present_time(c->arena, updated, 0));
	buf_fmt(m.out, "\n<link rel=\"self\" href=\"/api/v1/saved-searches/%lld/feed.atom\"/>\n",
		(long long)f.saved.id);
	for (size_t i = 0; i < f.n; i++)
		atom_entry(&m, &f.entries[i]);
	MARKUP(&m, "</feed>\n");
	resp->type = "application/atom+xml; charset=utf-8";
	finish(c, resp);
	return 1;
}

static json_t *json_entry(struct call *c, const struct entry *e)
{
	struct arena *a = c->arena;
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:[{s:o}]}", "id", shape_text(a, e->urn),
			 "url", shape_text(a, arena_fmt(a, "%.*s/message/%.*s",
							STR_ARG(call_base(c)), STR_ARG(e->id))),
			 "title", shape_text(a, e->title), "content_text",
			 shape_text(a, e->summary.n ? e->summary : e->title), "date_published",
			 shape_text(a, present_time(a, e->arrived, 0)), "authors", "name",
			 shape_text(a, e->author));
}

int newsfeed_json(struct call *c, struct http_response *resp, struct err *err)
{
	struct feed f;
	int r = load(&f, c, err);
	if (r <= 0)
		return r;
	json_t *items = json_array();
	for (size_t i = 0; i < f.n; i++)
		json_array_append_new(items, json_entry(c, &f.entries[i]));
	struct str url = arena_fmt(c->arena, "%.*s/api/v1/saved-searches/%lld/feed.json",
				   STR_ARG(call_base(c)), (long long)f.saved.id);
	frame_json(resp, json_pack("{s:s, s:o, s:o, s:o}", "version",
				   "https://jsonfeed.org/version/1.1", "title",
				   shape_text(c->arena, f.saved.name), "feed_url",
				   shape_text(c->arena, url), "items", items));
	resp->type = "application/feed+json";
	finish(c, resp);
	return 1;
}

#include "unread.h"

#include "frame.h"
#include "listing.h"
#include "notes.h"
#include "outcomes.h"
#include "params.h"
#include "present.h"
#include "wordsharvest.h"
#include "words.h"

static json_t *number(uint64_t n)
{
	return json_integer((json_int_t)n);
}

/* May who asks know of the message? */
static int is_theirs(struct call *c, struct archive *ar, uint64_t message, struct err *err)
{
	const struct archive_copy *copies;
	const struct archive_epoch *e;
	size_t n;
	if (c->who->all_accounts)
		return 1;
	if (archive_copies(ar, c->arena, message, &copies, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		int r = shape_epoch(&c->boxes, copies[i].epoch, &e, err);
		if (r < 0 || (r > 0 && call_may_read(c, e->account)))
			return r;
	}
	return 0;
}

/* 1: *m is one that who asks may know of; 0; -1. */
static int find(struct call *c, struct archive *ar, uint64_t message, struct archive_msg *m,
		struct err *err)
{
	int r = archive_find(ar, message, m, err);
	if (r <= 0 || m->disposal || m->destroyed)
		return r < 0 ? -1 : 0;
	return is_theirs(c, ar, message, err);
}

static int add(struct call *c, struct qdb *db, const struct archive_msg *m, json_t *list,
	       struct err *err)
{
	struct record record;
	char hex[HASH_HEX + 1];
	if (query_record(db, c->arena, m->number, &record, err) < 0)
		return -1;
	hash_hex(m->hash, HASH_BYTES, hex);
	json_array_append_new(
		list, json_pack("{s:s,s:o,s:o,s:o,s:b,s:o,s:o}", "id", hex, "number",
				number(m->number), "size", number(m->size), "subject",
				shape_text(c->arena, record.subject), "quarantined",
				record.quarantined, "marks", shape_marks(record.marks), "parts",
				shape_outcomes(c->arena, &record)));
	return 1;
}

/* All that were not searched fully, or those with an attachment of one outcome. */
static int all(struct call *c, const uint64_t **out, size_t *n, struct err *err)
{
	enum record_outcome outcome;
	struct qdb *db;
	struct str name = url_get(c->url, "attachments", STR(""));
	if (call_db(c, &db, err) < 0)
		return -1;
	if (name.n == 0)
		return query_unread(db, c->arena, out, n, err);
	if (!outcomes_find(name, &outcome))
		return err_set(err, ERR_INPUT, "attachments takes searched, empty, encrypted,"
			       " truncated, too-big, failed or unknown-type");
	return outcomes_list(db, c->arena, outcome, out, n, err);
}

/* Fills the list with at most `limit` of them, from behind message number `from`. The others are
 * only counted. */
static int gather(struct call *c, uint64_t limit, uint64_t from, json_t *list,
		  struct listing_sums *s, struct err *err)
{
	const uint64_t *numbers = NULL;
	struct archive_msg m;
	struct qdb *db;
	uint64_t last = 0;
	size_t n = 0;
	int r = call_db(c, &db, err) < 0 || all(c, &numbers, &n, err) < 0 ? -1 : 1;
	for (size_t i = 0; i < n && r >= 0; i++) {
		r = find(c, query_db_archive(db), numbers[i], &m, err);
		if (r <= 0)
			continue;
		s->total++;
		if (m.number <= from)
			continue;
		if (json_array_size(list) < limit) {
			r = add(c, db, &m, list, err);
			last = m.number;
		} else if (s->next.n == 0) {
			s->next = arena_fmt(c->arena, "%llu", (unsigned long long)last);
		}
	}
	return r < 0 ? -1 : 1;
}

/* What the address asks for. */
static int read(struct call *c, uint64_t *limit, uint64_t *from, struct err *err)
{
	static const char *const names[] = {"limit", "cursor", "attachments", NULL};
	const struct params_bounds limits = {LISTING_LIMIT, 1, LISTING_MAX},
				   after = {0, 0, INT64_MAX};
	return params_only(c, names, err) < 0 ||
	       params_number(c, "limit", limits, limit, err) < 0 ||
	       params_number(c, "cursor", after, from, err) < 0 ? -1 : 1;
}

int unread_api(struct call *c, struct http_response *resp, struct err *err)
{
	struct listing_sums s = {.relation = "exact"};
	uint64_t limit, from;
	json_t *o = json_object(), *list = json_array();
	json_object_set_new(o, "messages", list);
	int r = read(c, &limit, &from, err);
	if (r > 0)
		r = gather(c, limit, from, list, &s, err);
	if (r > 0)
		r = listing_close(c, o, &s, err);
	return frame_answer(resp, o, r);
}

/* ---- the page ---- */

static struct str text(const json_t *o, const char *key)
{
	return str_of(json_string_value(json_object_get(o, key)));
}

/* "budget.xlsx: encrypted" of each attachment that was not searched whole. */
static void attachments(struct markup *m, const json_t *parts)
{
	for (size_t i = 0; i < json_array_size(parts); i++) {
		const json_t *o = json_array_get(parts, i);
		struct str name = text(o, "filename"), outcome = text(o, "outcome");
		struct str why = text(o, "why");
		if (str_eq(outcome, STR("searched")) || str_eq(outcome, STR("empty")))
			continue;
		MARKUP(m, "<div><bdi>");
		markup_text(m, name.n ? name : text(o, "type"));
		MARKUP(m, "</bdi>: ");
		markup_text(m, why.n ? arena_fmt(m->arena, "%.*s (%.*s)", STR_ARG(outcome),
						 STR_ARG(why))
				     : outcome);
		MARKUP(m, "</div>");
	}
}

static void row(struct markup *m, const json_t *o)
{
	struct str subject = text(o, "subject");
	const json_t *marks = json_object_get(o, "marks");
	MARKUP(m, "<tr><td><a href=\"/message/");
	markup_url(m, text(o, "id"));
	MARKUP(m, "\"><bdi>");
	markup_text(m, subject.n ? subject : STR(WORDS_NO_SUBJECT));
	MARKUP(m, "</bdi></a></td><td class=\"number\">");
	markup_text(m, present_size(m->arena, (uint64_t)json_integer_value(
						      json_object_get(o, "size"))));
	MARKUP(m, "</td><td>");
	if (json_is_true(json_object_get(o, "quarantined")))
		MARKUP(m, WORDS_QUARANTINED " ");
	for (size_t i = 0; i < json_array_size(marks); i++) {
		markup_text(m, i ? STR(", ") : STR(""));
		markup_text(m, notes_mark(str_of(json_string_value(json_array_get(marks, i)))));
	}
	attachments(m, json_object_get(o, "parts"));
	MARKUP(m, "</td></tr>");
}

/* The list of all, and one for each outcome that left something out. */
static void kinds(struct markup *m, struct str chosen)
{
	static const char *const words[RECORD_OUTCOMES] = WORDS_OUTCOMES;
	MARKUP(m, "<p class=\"sizes\">");
	for (int i = 0; i < RECORD_OUTCOMES; i++) {
		bool all = i == RECORD_NOT_ASKED;
		struct str name = all ? STR("") : str_of(record_outcome_name(i));
		if (i == RECORD_SEARCHED || i == RECORD_EMPTY)
			continue;
		MARKUP(m, "<a href=\"/not-searchable");
		markup_text(m, all ? STR("") : STR("?attachments="));
		markup_url(m, name);
		MARKUP(m, "\"");
		if (str_eq(chosen, name))
			MARKUP(m, " aria-current=\"true\"");
		MARKUP(m, ">");
		markup_text(m, all ? STR(WORDS_UNREAD_ALL) : str_of(words[i]));
		MARKUP(m, "</a> ");
	}
	MARKUP(m, "</p>");
}

static void table(struct markup *m, const json_t *list, struct str chosen,
		  const struct listing_sums *s)
{
	MARKUP(m, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\""
		  WORDS_UNREAD "\"><table><thead><tr><th scope=\"col\">" WORDS_MESSAGE
		  "</th><th scope=\"col\" class=\"number\">" WORDS_SIZE
		  "</th><th scope=\"col\">" WORDS_REASON "</th></tr></thead><tbody>");
	for (size_t i = 0; i < json_array_size(list); i++)
		row(m, json_array_get(list, i));
	MARKUP(m, "</tbody></table></div>");
	if (s->next.n == 0)
		return;
	MARKUP(m, "<p><a href=\"/not-searchable?cursor=");
	markup_url(m, s->next);
	if (chosen.n) {
		MARKUP(m, "&amp;attachments=");
		markup_url(m, chosen);
	}
	MARKUP(m, "\">" WORDS_NEXT_PAGE "</a></p>");
}

int unread_page(struct call *c, struct http_response *resp, struct err *err)
{
	struct markup m = {&resp->body, c->arena};
	struct listing_sums s = {.relation = "exact"};
	struct str chosen = url_get(c->url, "attachments", STR(""));
	uint64_t limit, from;
	json_t *list = json_array();
	int r = read(c, &limit, &from, err);
	if (r > 0)
		r = gather(c, limit, from, list, &s, err);
	if (r > 0) {
		frame_open(&m, c, resp, STR(WORDS_UNREAD), NULL);
		MARKUP(&m, "<main id=\"main\" class=\"narrow\"><h1>" WORDS_UNREAD "</h1><p>"
			   WORDS_UNREAD_HINT "</p>");
		r = notes_view(&m, c, err);
		kinds(&m, chosen);
		if (s.total)
			table(&m, list, chosen, &s);
		else
			MARKUP(&m, "<p>" WORDS_UNREAD_NONE "</p>");
		MARKUP(&m, "</main>");
		frame_close(&m);
	}
	json_decref(list);
	return r;
}

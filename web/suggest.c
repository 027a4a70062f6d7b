#include "suggest.h"

#include "boxq.h"
#include "caret.h"
#include "facet.h"
#include "frame.h"
#include "listing.h"
#include "meant.h"
#include "names.h"
#include "params.h"
#include "tagging.h"

#include <stdlib.h>

/* ---- what there is ---- */

struct suggestions {
	struct call *call;
	struct qdb *db;
	struct caret_word word;
	struct str piece; /* in lower case */
	json_t *list;
	uint64_t limit;
};

static bool is_full(const struct suggestions *s)
{
	return json_array_size(s->list) >= s->limit;
}

static void add(struct suggestions *s, const char *kind, struct str text, const uint64_t *messages)
{
	json_t *o = json_pack("{s:s,s:o}", "kind", kind, "text",
			      shape_text(s->call->arena, text));
	if (messages)
		json_object_set_new(o, "messages", json_integer((json_int_t)*messages));
	json_array_append_new(s->list, o);
}

static void add_words(struct suggestions *s, const char *kind, const char *(*word)(size_t i),
		      const char *behind)
{
	const char *name;
	for (size_t i = 0; (name = word(i)) != NULL && !is_full(s); i++)
		if (str_istarts(str_of(name), s->piece))
			add(s, kind, arena_fmt(s->call->arena, "%s%s", name, behind), NULL);
}

/* A name with blanks stands in quotes. */
static struct str quoted(struct arena *a, struct str name)
{
	for (size_t i = 0; i < name.n; i++)
		if (caret_ends(name.p[i]))
			return arena_fmt(a, "\"%.*s\"", STR_ARG(name));
	return name;
}

static bool known_before(const struct suggestions *s, struct str text)
{
	for (size_t i = 0; i < json_array_size(s->list); i++) {
		json_t *t = json_object_get(json_array_get(s->list, i), "text");
		if (str_eq((struct str){json_string_value(t), json_string_length(t)}, text))
			return true;
	}
	return false;
}

static int add_boxes(struct suggestions *s, bool accounts, struct err *err)
{
	const struct archive_epoch *e;
	struct arena *a = s->call->arena;
	size_t n;
	if (archive_epochs(query_db_archive(s->db), a, &e, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n && !is_full(s); i++) {
		struct str name = accounts ? e[i].account : e[i].mailbox;
		if (!call_may_read(s->call, e[i].account) ||
		    str_find(arena_lower(a, name), s->piece) < 0 ||
		    known_before(s, quoted(a, name)))
			continue;
		add(s, accounts ? "account" : "mailbox", quoted(a, name), NULL);
	}
	return 1;
}

/* ---- addresses ---- */

static int add_addresses(struct suggestions *s, struct err *err)
{
	struct rights rights = call_rights(s->call);
	struct names_ask ask = {s->piece, (size_t)s->limit, &rights};
	const struct names_hit *hits;
	size_t n;
	if (s->piece.n == 0 || is_full(s))
		return 1;
	if (names_like(s->db, s->call->arena, &ask, &hits, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n && !is_full(s); i++)
		add(s, "address", hits[i].name, &hits[i].messages);
	return 1;
}

/* ---- kinds of attachments, tags ---- */

static void add_kinds(struct suggestions *s)
{
	for (int k = 0; k < FACET_HAS && !is_full(s); k++)
		if (str_istarts(str_of(facet_has[k]), s->piece))
			add(s, "attachment", str_of(facet_has[k]), NULL);
}

/* Of tags that begin so, those with messages that who asks may read. */
static int add_tags(struct suggestions *s, struct err *err)
{
	struct arena *a = s->call->arena;
	const struct tag *list;
	struct people *p;
	uint64_t *counts;
	size_t n = 0, fit = 0;
	if (!call_people_there())
		return 1;
	if (call_people(&p, err) < 0 || tag_list(p, a, &list, &n, err) < 0)
		return -1;
	struct tag *some = arena_alloc(a, n * sizeof *some + 1);
	for (size_t i = 0; i < n; i++)
		if (str_istarts(list[i].name, s->piece))
			some[fit++] = list[i];
	if (tagging_counts(s->call, some, fit, &counts, err) < 0)
		return -1;
	for (size_t i = 0; i < fit && !is_full(s); i++)
		if (counts[i])
			add(s, "tag", quoted(a, some[i].name), &counts[i]);
	return 1;
}

/* ---- words ---- */

static int add_vocabulary(struct suggestions *s, struct err *err)
{
	struct query_options o = {.rights = call_rights(s->call)};
	struct meant_words words = {.max = (size_t)s->limit};
	if (is_full(s))
		return 1;
	if (meant_begin(s->db, s->call->arena, s->piece, &o, &words, err) < 0)
		return -1;
	for (size_t i = 0; i < words.n && !is_full(s); i++)
		if (!known_before(s, words.v[i]))
			add(s, "word", words.v[i], NULL);
	return 1;
}

static bool is_text_field(struct str field)
{
	return field.n == 0 || str_ieq(field, STR("subject")) || str_ieq(field, STR("body"));
}

/* ---- the answer ---- */

static bool is_address_field(struct str field)
{
	return str_ieq(field, STR("from")) || str_ieq(field, STR("to")) ||
	       str_ieq(field, STR("cc")) || str_ieq(field, STR("bcc"));
}

static int fill(struct suggestions *s, struct err *err)
{
	struct str field = s->word.field;
	if (is_address_field(field))
		return add_addresses(s, err);
	if (str_ieq(field, STR("mailbox")) || str_ieq(field, STR("account")))
		return add_boxes(s, str_ieq(field, STR("account")), err);
	if (str_ieq(field, STR("tag")))
		return add_tags(s, err);
	if (str_ieq(field, STR("is")))
		add_words(s, "state", boxq_state, "");
	else if (str_ieq(field, STR("has")))
		add_kinds(s);
	if (!is_text_field(field) || s->word.piece.n == 0)
		return 1;
	if (field.n == 0) {
		add_words(s, "field", boxq_field, ":");
		if (add_addresses(s, err) < 0)
			return -1;
	}
	return add_vocabulary(s, err);
}

/* Characters up to a byte, and the byte of a character. */
static size_t characters(struct str s, size_t at)
{
	size_t n = 0;
	for (size_t i = 0; i < at; i++)
		n += (s.p[i] & 0xC0) != 0x80;
	return n;
}

static size_t byte_of(struct str s, uint64_t characters_before)
{
	size_t i = 0;
	for (; i < s.n; i++)
		if ((s.p[i] & 0xC0) != 0x80 && characters_before-- == 0)
			break;
	return i;
}

int suggest_get(struct call *c, struct http_response *resp, struct err *err)
{
	static const char *const names[] = {"q", "cursor_at", "limit", NULL};
	const struct params_bounds limits = {SUGGEST_LIMIT, 1, SUGGEST_MAX},
				   places = {QNODE_MAX_TEXT, 0, QNODE_MAX_TEXT};
	struct suggestions s = {.call = c};
	struct str q = url_get(c->url, "q", (struct str){NULL, 0});
	uint64_t at;
	if (params_only(c, names, err) < 0 ||
	    params_number(c, "limit", limits, &s.limit, err) < 0 ||
	    params_number(c, "cursor_at", places, &at, err) < 0 || call_db(c, &s.db, err) < 0)
		return -1;
	if (q.p == NULL)
		return err_set(err, ERR_INPUT, "parameter 'q' is missing");
	s.word = caret_word(q, byte_of(q, at));
	s.piece = arena_lower(c->arena, s.word.piece);
	s.list = json_array();
	if (fill(&s, err) < 0) {
		json_decref(s.list);
		return -1;
	}
	struct listing_sums sums = {json_array_size(s.list), is_full(&s) ? "at_least" : "exact",
				    STR("")};
	json_t *o = json_pack("{s:o,s:I,s:I}", "suggestions", s.list, "from",
			      (json_int_t)characters(q, s.word.from), "to",
			      (json_int_t)characters(q, s.word.to));
	return frame_answer(resp, o, listing_close(c, o, &sums, err));
}

#include "shape.h"

#include "present.h"
#include "thread.h"
#include "utf8.h"

void shape_mailboxes(struct shape_mailboxes *boxes, struct archive *ar, struct arena *a)
{
	*boxes = (struct shape_mailboxes){.ar = ar, .arena = a};
}

/* Where it is among those found, or has its place. */
static size_t place(const struct shape_mailboxes *boxes, int64_t id)
{
	size_t lo = 0, hi = boxes->n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (boxes->found[mid]->id < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* One of thousands is asked for: that costs less than to read them all. */
int shape_epoch(struct shape_mailboxes *boxes, int64_t id, const struct archive_epoch **out,
		struct err *err)
{
	struct archive_epoch e;
	size_t at = place(boxes, id);
	if (at < boxes->n && boxes->found[at]->id == id) {
		*out = boxes->found[at];
		return 1;
	}
	int r = archive_epoch_find(boxes->ar, boxes->arena, id, &e, err);
	if (r < 1)
		return r;
	boxes->found = arena_grow(boxes->arena, boxes->found, boxes->n, sizeof *boxes->found);
	memmove(boxes->found + at + 1, boxes->found + at,
		(boxes->n++ - at) * sizeof *boxes->found);
	boxes->found[at] = arena_alloc(boxes->arena, sizeof e);
	*boxes->found[at] = e;
	*out = boxes->found[at];
	return 1;
}

json_t *shape_text(struct arena *a, struct str s)
{
	s = present_utf8(a, s);
	return json_stringn_nocheck(s.n ? s.p : "", s.n);
}

/* A time, or null. */
static json_t *when(struct arena *a, bool known, int64_t epoch, int zone)
{
	struct str s = known ? present_time(a, epoch, zone) : STR("");
	return s.n ? shape_text(a, s) : json_null();
}

static json_t *addresses(struct arena *a, const struct mail_address *list, size_t n)
{
	json_t *out = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(out, json_pack("{s:o,s:o}", "name",
						     shape_text(a, list[i].name), "email",
						     shape_text(a, list[i].email)));
	return out;
}

static json_t *flags(struct arena *a, const struct archive_copy *c)
{
	const struct str *names;
	json_t *out = json_array();
	size_t n = present_flags(a, c, &names);
	for (size_t i = 0; i < n; i++)
		json_array_append_new(out, shape_text(a, names[i]));
	return out;
}

static json_t *copy(struct arena *a, const struct archive_copy *copy,
		    const struct archive_epoch *e)
{
	json_t *o = json_object();
	json_object_set_new(o, "account", shape_text(a, e->account));
	json_object_set_new(o, "mailbox", shape_text(a, e->mailbox));
	json_object_set_new(o, "uidvalidity", json_integer(e->uidvalidity));
	json_object_set_new(o, "uid", json_integer(copy->uid));
	json_object_set_new(o, "internaldate", when(a, true, copy->internaldate, copy->zone));
	if (copy->savedate)
		json_object_set_new(o, "savedate", when(a, true, copy->savedate, copy->savezone));
	if (copy->emailid.n)
		json_object_set_new(o, "emailid", shape_text(a, copy->emailid));
	if (copy->threadid.n)
		json_object_set_new(o, "threadid", shape_text(a, copy->threadid));
	json_object_set_new(o, "flags", flags(a, copy));
	json_object_set_new(o, "vanished", when(a, copy->vanished != 0, copy->vanished, 0));
	return o;
}

json_t *shape_copies(struct arena *a, struct shape_mailboxes *boxes,
		     const struct archive_copy *list, size_t n, struct err *err)
{
	json_t *out = json_array();
	for (size_t i = 0; i < n; i++) {
		const struct archive_epoch *e;
		int r = shape_epoch(boxes, list[i].epoch, &e, err);
		if (r == 0)
			err_set(err, ERR_BROKEN, "copy in an unknown mailbox");
		if (r <= 0) {
			json_decref(out);
			return NULL;
		}
		json_array_append_new(out, copy(a, &list[i], e));
	}
	return out;
}

/* What search results and messages have in common, without copies. */
static json_t *summary(struct arena *a, const struct archive_msg *m, const struct record *r)
{
	char id[HASH_HEX + 1];
	json_t *o = json_object();
	hash_hex(m->hash, HASH_BYTES, id);
	json_object_set_new(o, "id", json_string(id));
	json_object_set_new(o, "number", json_integer((json_int_t)m->number));
	json_object_set_new(o, "date", when(a, r->date.usable, r->date.epoch, r->date.zone));
	json_object_set_new(o, "from", addresses(a, r->from, r->n_from));
	json_object_set_new(o, "to", addresses(a, r->to, r->n_to));
	json_object_set_new(o, "cc", addresses(a, r->cc, r->n_cc));
	json_object_set_new(o, "subject", shape_text(a, r->subject));
	json_object_set_new(o, "size", json_integer((json_int_t)m->size));
	return o;
}

/* Adds the name of the message's thread. */
static int add_thread(struct arena *a, struct shape_mailboxes *boxes, json_t *o,
		      const struct archive_msg *m, struct err *err)
{
	struct str id;
	if (boxes->db == NULL)
		return 1;
	/* A damaged table is made anew by the next run of the indexer; no search fails by it. */
	bool named = thread_name(boxes->db, a, &boxes->rights, m, &id, err) > 0;
	json_object_set_new(o, "threadid", named ? shape_text(a, id) : json_null());
	return 1;
}

/* The attachment a snippet is from, or null. */
static json_t *snippet_part(struct arena *a, const struct query_hit *h)
{
	const struct snippet_source *s = &h->snippet_from;
	return s->attached ? shape_text(a, h->record.parts[s->part].number) : json_null();
}

/* In which texts the words were found. */
static json_t *places(struct arena *a, const struct query_hit *h)
{
	json_t *out = json_array();
	for (size_t i = 0; i < h->where.n; i++) {
		const struct where_place *w = &h->where.list[i];
		const struct record_part *p = where_part(&h->record, w);
		json_t *o = json_pack("{s:s}", "in", where_name(w->text));
		if (p != NULL) {
			json_object_set_new(o, "part", shape_text(a, p->number));
			json_object_set_new(o, "filename", shape_text(a, p->filename));
		}
		if (w->hidden)
			json_object_set_new(o, "hidden", json_true());
		json_array_append_new(out, o);
	}
	return out;
}

json_t *shape_hit(struct arena *a, struct shape_mailboxes *boxes, const struct query_hit *h,
		  struct err *err)
{
	json_t *list = shape_copies(a, boxes, h->copies, h->n_copies, err);
	if (list == NULL)
		return NULL;
	json_t *o = summary(a, &h->msg, &h->record);
	json_object_set_new(o, "snippet", shape_text(a, h->snippet));
	json_object_set_new(o, "snippet_part", snippet_part(a, h));
	json_object_set_new(o, "snippet_hidden", json_boolean(h->snippet_from.hidden));
	json_object_set_new(o, "where", places(a, h));
	json_object_set_new(o, "not_fully_searchable",
			    json_boolean(record_is_partial(&h->record)));
	json_object_set_new(o, "copies", list);
	if (add_thread(a, boxes, o, &h->msg, err) < 0) {
		json_decref(o);
		return NULL;
	}
	return o;
}

json_t *shape_warnings(struct arena *a, const struct query *q)
{
	const struct query_warning *w;
	json_t *out = json_array();
	size_t n = query_warnings(q, &w);
	for (size_t i = 0; i < n; i++)
		json_array_append_new(out, json_pack("{s:i,s:o}", "column", w[i].column, "text",
						     shape_text(a, w[i].text)));
	return out;
}

static json_t *count(uint64_t n)
{
	return json_integer((json_int_t)n);
}

json_t *shape_stopped(struct arena *a, const struct query *q)
{
	struct query_progress p;
	query_progress(q, &p);
	if (!p.time_up && !p.given_up)
		return json_null();
	return json_pack("{s:s,s:o,s:o,s:b,s:o,s:o}", "reason", p.time_up ? "time" : "given_up",
			 "looked_at", count(p.passed), "candidates", count(p.candidates),
			 "more_candidates", p.unplanned > 0, "searched_back_to",
			 when(a, p.has_back, p.back, 0), "hits", count(p.hits));
}

json_t *shape_explain(struct arena *a, const struct query *q)
{
	struct query_account x;
	query_account(q, a, &x);
	json_t *leaves = json_array();
	for (size_t i = 0; i < x.n_leaves; i++) {
		const struct query_step *l = &x.leaves[i];
		json_array_append_new(leaves, json_pack("{s:o,s:o,s:o,s:o,s:f}", "leaf",
							shape_text(a, l->leaf), "documents",
							count(l->docs), "candidates",
							count(l->maybe), "proved", count(l->sure),
							"ms", l->ms));
	}
	return json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,"
			 "s:{s:f,s:f,s:f,s:f,s:f,s:f}}",
			 "tree", shape_text(a, x.tree), "leaves", leaves, "segments",
			 count(x.segments), "segments_left", count(x.segments_left), "by_scope",
			 count(x.by_scope), "documents", count(x.docs), "candidates",
			 count(x.candidates), "proved", count(x.sure), "looked_at",
			 count(x.passed), "judged", count(x.judged), "parsed", count(x.parsed),
			 "without_index", count(x.scanned), "hits", count(x.hits), "ms", "open",
			 x.ms_open, "plan", x.ms_plan, "without_index", x.ms_scan, "judge",
			 x.ms_judge, "fetch", x.ms_fetch, "snippets", x.ms_snippets);
}

json_t *shape_marks(unsigned bits)
{
	json_t *out = json_array();
	for (unsigned bit = 1; bit && bit <= bits; bit <<= 1) {
		const char *name = mail_mark_name((enum mail_mark)bit);
		if (bits & bit)
			json_array_append_new(out, json_string(name));
	}
	return out;
}

json_t *shape_headers(struct arena *a, const struct mail_part *p)
{
	json_t *out = json_array();
	for (size_t i = 0; i < p->n_fields; i++)
		json_array_append_new(out, json_pack("{s:o,s:o}", "name",
						     shape_text(a, p->fields[i].name),
						     "value",
						     shape_text(a, p->fields[i].value)));
	return out;
}

/* What came of looking into a part; null where nobody looked. */
static void add_outcome(struct arena *a, json_t *o, const struct record_part *p)
{
	bool asked = p != NULL && p->outcome != RECORD_NOT_ASKED;
	json_object_set_new(o, "outcome", asked ? json_string(record_outcome_name(p->outcome))
						: json_null());
	json_object_set_new(o, "why", asked ? shape_text(a, p->why) : json_string(""));
}

json_t *shape_outcomes(struct arena *a, const struct record *r)
{
	json_t *out = json_array();
	for (size_t i = 0; i < r->n_parts; i++) {
		const struct record_part *p = &r->parts[i];
		if (p->outcome == RECORD_NOT_ASKED)
			continue;
		json_t *o = json_pack("{s:o,s:o,s:o}", "number", shape_text(a, p->number), "type",
				      shape_text(a, p->type), "filename",
				      shape_text(a, p->filename));
		add_outcome(a, o, p);
		json_array_append_new(out, o);
	}
	return out;
}

json_t *shape_parts(struct arena *a, const struct query_message *qm)
{
	const struct mail *m = &qm->mail;
	json_t *out = json_array();
	size_t at = 0;
	for (size_t i = 0; i < m->n_parts; i++) {
		const struct mail_part *p = &m->parts[i];
		const struct record_part *found = record_beside(&qm->record, p, &at);
		json_t *o = json_object();
		json_object_set_new(o, "number", shape_text(a, p->number));
		json_object_set_new(o, "parent", json_integer(p->parent));
		json_object_set_new(o, "type", shape_text(a, p->type));
		json_object_set_new(o, "charset", shape_text(a, p->charset));
		json_object_set_new(o, "filename", shape_text(a, p->filename));
		json_object_set_new(o, "attachment", json_boolean(p->attachment));
		json_object_set_new(o, "searched", json_boolean(p->searched));
		json_object_set_new(o, "encoded_size", json_integer((json_int_t)p->body.n));
		json_object_set_new(o, "marks", shape_marks(p->marks));
		add_outcome(a, o, found);
		json_array_append_new(out, o);
	}
	return out;
}

/* As JSON counts them. */
static size_t characters(struct str s)
{
	return (size_t)utf8_column(s, s.n) - 1;
}

/* What of the text is hidden, as far as it is shown. HTML as text is always UTF-8. */
static json_t *hidden(const struct html_seen *s, size_t max_text)
{
	json_t *out = json_array();
	size_t at = 0, passed = 0;
	for (size_t i = 0; i < s->n_hidden && s->hidden[i].at < max_text; i++) {
		const struct html_piece *p = &s->hidden[i];
		struct str piece = str_cut(s->text, p->at, p->at + p->n);
		piece = utf8_cut(piece, max_text - p->at);
		size_t n = characters(piece);
		passed += characters(str_cut(s->text, at, p->at));
		json_array_append_new(out, json_pack("{s:o,s:o}", "start", count(passed), "length",
						     count(n)));
		passed += n;
		at = p->at + piece.n;
	}
	return out;
}

json_t *shape_message(struct arena *a, struct shape_mailboxes *boxes,
		      const struct query_message *m, size_t max_text, struct err *err)
{
	struct html_seen seen = query_reading(a, m);
	struct str text = seen.text;
	json_t *list = shape_copies(a, boxes, m->copies, m->n_copies, err);
	if (list == NULL)
		return NULL;
	json_t *o = summary(a, &m->msg, &m->record);
	json_object_set_new(o, "message_id", shape_text(a, m->record.message_id));
	if (add_thread(a, boxes, o, &m->msg, err) < 0) {
		json_decref(list);
		json_decref(o);
		return NULL;
	}
	if (m->mail.n_parts)
		json_object_set_new(o, "headers", shape_headers(a, &m->mail.parts[0]));
	json_object_set_new(o, "parts", shape_parts(a, m));
	json_object_set_new(o, "copies", list);
	json_object_set_new(o, "text", shape_text(a, utf8_cut(text, max_text)));
	json_object_set_new(o, "text_cut", json_boolean(text.n > max_text));
	json_object_set_new(o, "hidden", hidden(&seen, max_text));
	json_object_set_new(o, "hidden_cut", json_boolean(seen.more));
	json_object_set_new(o, "marks", shape_marks(m->mail.marks));
	json_object_set_new(o, "cut", json_boolean(m->raw.n < m->msg.size));
	return o;
}

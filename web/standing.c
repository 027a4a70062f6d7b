#include "standing.h"

#include "present.h"
#include "sameid.h"
#include "shape.h"

static json_t *number(uint64_t n)
{
	return json_integer((json_int_t)n);
}

static json_t *sums(const struct archive_totals *t)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "messages",
			 number(t->messages), "bytes", number(t->bytes), "stored_bytes",
			 number(t->stored_bytes), "copies", number(t->copies), "present",
			 number(t->present), "failed", number(t->failed), "refused",
			 number(t->refused), "gone", number(t->gone));
}

/* Adds what the ledger says. */
static void add_ledger(struct arena *a, json_t *o, const struct ledger_sums *l)
{
	json_object_set_new(o, "stored", number(l->stored));
	json_object_set_new(o, "duplicates", number(l->duplicates));
	json_object_set_new(o, "vanished", number(l->vanished));
	json_object_set_new(o, "next_try",
			    l->next_try ? shape_text(a, present_time(a, l->next_try, 0))
					: json_null());
}

/* What only the index tells. */
static int read_index(struct archive *ar, struct qdb *db, struct standing *out, struct err *err)
{
	struct sameid *s;
	if (query_db_reach(db, &out->indexed, &out->stored, err) < 0 ||
	    query_not_fully(db, &out->not_fully, err) < 0 ||
	    outcomes_count(db, &out->attachments, err) < 0 || sameid_open(&s, ar, err) < 0)
		return -1;
	int r = sameid_count(s, &out->same_ids, &out->same_messages, err);
	sameid_close(&s);
	return r;
}

int standing_read(struct archive *ar, struct qdb *db, struct standing *out, struct err *err)
{
	*out = (struct standing){.blind = db == NULL};
	struct err why;
	if (archive_totals(ar, 0, &out->totals, &why) < 0 ||
	    archive_last(ar, &out->stored, &why) < 0) {
		*err = why;
		return -1;
	}
	if (db && read_index(ar, db, out, err) < 0)
		out->blind = true;
	return out->blind ? 0 : 1;
}

json_t *standing_mailbox(const struct archive_epoch *e, const struct archive_totals *t,
			 const struct ledger_sums *l)
{
	struct arena a = {0};
	json_t *o = sums(t);
	json_object_del(o, "stored_bytes");
	add_ledger(&a, o, l);
	json_object_set_new(o, "account", shape_text(&a, e->account));
	json_object_set_new(o, "mailbox", shape_text(&a, e->mailbox));
	json_object_set_new(o, "uidvalidity", json_integer(e->uidvalidity));
	arena_free(&a);
	return o;
}

void standing_add(struct ledger_sums *all, const struct ledger_sums *l)
{
	all->stored += l->stored;
	all->duplicates += l->duplicates;
	all->vanished += l->vanished;
	all->refused += l->refused;
	all->failed += l->failed;
	all->gone += l->gone;
	if (l->next_try && (all->next_try == 0 || l->next_try < all->next_try))
		all->next_try = l->next_try;
}

static json_t *attachments(const struct outcomes *x)
{
	json_t *o = json_pack("{s:b}", "looked_into", !x->closed);
	for (int i = 1; i < RECORD_OUTCOMES; i++)
		json_object_set_new(o, record_outcome_name((enum record_outcome)i),
				    number(x->messages[i]));
	return o;
}

static void add_index(json_t *o, const struct standing *s)
{
	json_object_set_new(o, "indexed_to", number(s->indexed));
	json_object_set_new(o, "index_behind", number(s->stored - s->indexed));
	json_object_set_new(o, "not_fully_searchable", number(s->not_fully));
	json_object_set_new(o, "attachments", attachments(&s->attachments));
	json_object_set_new(o, "same_message_ids", number(s->same_ids));
	json_object_set_new(o, "same_message_id_messages", number(s->same_messages));
	json_object_set_new(o, "index_error", json_null());
}

/* null: nobody knows. */
static void add_no_index(struct arena *a, json_t *o, struct str why)
{
	static const char *const names[] = {"indexed_to", "index_behind", "not_fully_searchable",
					    "attachments", "same_message_ids",
					    "same_message_id_messages"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		json_object_set_new(o, names[i], json_null());
	json_object_set_new(o, "index_error", shape_text(a, why));
}

json_t *standing_json(const struct standing *s, const struct ledger_sums *all, struct str why)
{
	struct arena a = {0};
	const struct archive_totals *t = &s->totals;
	json_t *o = sums(t);
	add_ledger(&a, o, all);
	json_object_set_new(o, "segments", number(t->segments));
	json_object_set_new(o, "disposed", number(t->disposed));
	json_object_set_new(o, "destroyed", number(t->destroyed));
	json_object_set_new(o, "destroying", number(t->destroying));
	json_object_set_new(o, "stored_to", number(s->stored));
	if (s->blind)
		add_no_index(&a, o, why);
	else
		add_index(o, s);
	arena_free(&a);
	return o;
}

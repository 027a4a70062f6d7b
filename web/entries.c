#include "entries.h"

#include "present.h"
#include "shape.h"

static const char *const names[LEDGER_OUTCOMES] = {
	[LEDGER_STORED] = "stored",   [LEDGER_DUPLICATE] = "duplicate",
	[LEDGER_REFUSED] = "refused", [LEDGER_FAILED] = "failed",
	[LEDGER_GONE] = "gone",
};

const char *entries_word(enum ledger_outcome outcome)
{
	return names[outcome];
}

bool entries_is_copy(const struct ledger_entry *e)
{
	return e->outcome == LEDGER_STORED || e->outcome == LEDGER_DUPLICATE;
}

int entries_filter(struct str word, struct ledger_filter *f)
{
	f->vanished = str_eq(word, STR("vanished"));
	for (int i = 0; i < LEDGER_OUTCOMES; i++)
		if (str_eq(word, str_of(names[i])))
			f->outcomes = 1u << i;
	return f->vanished || f->outcomes;
}

/* A time, or null. */
static json_t *time_json(struct arena *a, int64_t t)
{
	return t ? shape_text(a, present_time(a, t, 0)) : json_null();
}

json_t *entries_json(struct arena *a, const struct ledger_entry *e)
{
	char hex[HASH_HEX + 1];
	json_t *o = json_pack("{s:o, s:o, s:I, s:I, s:s}", "account",
			      shape_text(a, e->epoch->account), "mailbox",
			      shape_text(a, e->epoch->mailbox), "uidvalidity",
			      (json_int_t)e->epoch->uidvalidity, "uid", (json_int_t)e->uid,
			      "outcome", names[e->outcome]);
	if (entries_is_copy(e)) {
		hash_hex(e->hash, HASH_BYTES, hex);
		json_object_set_new(o, "id", e->destroyed ? json_null() : json_string(hex));
		json_object_set_new(o, "disposal", e->disposal ?
				    json_integer((json_int_t)e->disposal) : json_null());
		json_object_set_new(o, "number", json_integer((json_int_t)e->message));
		json_object_set_new(o, "vanished", time_json(a, e->vanished));
		json_object_set_new(o, "basis",
				    e->basis.n ? shape_text(a, e->basis) : json_string("bytes"));
	} else {
		json_object_set_new(o, "reason", shape_text(a, e->reason));
		json_object_set_new(o, "tries", json_integer((json_int_t)e->tries));
		json_object_set_new(o, "next_try", time_json(a, e->next_try));
	}
	json_object_set_new(o, "first_seen", time_json(a, e->first_seen));
	json_object_set_new(o, "last_seen", time_json(a, e->last_seen));
	return o;
}

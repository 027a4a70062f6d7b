#include "jmapbase.h"

#include "db.h"
#include "disposal.h"
#include "memo.h"

#include <stdlib.h>

const struct jmapbase_flag jmapbase_flags[] = {
	{"$seen", ARCHIVE_SEEN}, {"$answered", ARCHIVE_ANSWERED}, {"$flagged", ARCHIVE_FLAGGED},
	{"$draft", ARCHIVE_DRAFT}, {NULL, 0},
};

unsigned jmapbase_flag(struct str keyword)
{
	const struct jmapbase_flag *f = jmapbase_flags;
	while (f->keyword && !str_ieq(keyword, str_of(f->keyword)))
		f++;
	return f->flag;
}

json_t *jmapbase_fail(struct jmap *j, const char *type, const char *hint)
{
	j->error = type;
	j->hint = hint;
	return NULL;
}

json_t *jmapbase_broken(struct jmap *j)
{
	bool input = j->err.kind == ERR_INPUT;
	j->hint = input ? arena_str(j->a, str_of(j->err.text)).p : NULL;
	j->error = input ? "invalidArguments" : j->err.kind == ERR_LATER ? "serverUnavailable"
									 : "serverFail";
	return NULL;
}

int jmapbase_open(struct jmap *j, struct call *c, struct err *err)
{
	const struct archive_epoch *all;
	size_t n;
	*j = (struct jmap){.call = c, .a = c->arena, .rights = call_rights(c)};
	if (call_db(c, &j->db, err) < 0)
		return -1;
	j->ar = query_db_archive(j->db);
	if (archive_epochs(j->ar, j->a, &all, &n, err) < 0)
		return -1;
	struct archive_epoch *own = arena_alloc(j->a, (n + 1) * sizeof *own);
	for (size_t i = 0; i < n; i++)
		if (rights_account(&j->rights, all[i].account))
			own[j->n_epochs++] = all[i];
	j->epochs = own;
	return 1;
}

/* ---- ids ---- */

static void id_of(char letter, struct str s, char out[JMAPBASE_ID])
{
	unsigned char hash[HASH_BYTES];
	hash_of(s, hash);
	out[0] = letter;
	hash_hex(hash, 10, out + 1);
}

void jmapbase_account_id(struct jmap *j, struct str account, char out[JMAPBASE_ID])
{
	id_of('a', arena_fmt(j->a, "account\n%.*s", STR_ARG(account)), out);
}

void jmapbase_mailbox_id(struct jmap *j, struct str account, struct str mailbox,
			 char out[JMAPBASE_ID])
{
	id_of('f', arena_fmt(j->a, "mailbox\n%.*s\n%.*s", STR_ARG(account), STR_ARG(mailbox)),
	      out);
}

struct str jmapbase_text(json_t *v)
{
	const char *s = json_string_value(v);
	return s ? (struct str){s, json_string_length(v)} : STR("");
}

int jmapbase_account(struct jmap *j, json_t *args, struct str *name)
{
	struct str want = jmapbase_text(json_object_get(args, "accountId"));
	char id[JMAPBASE_ID];
	for (size_t i = 0; i < j->n_epochs; i++) {
		*name = j->epochs[i].account;
		if (i > 0 && str_eq(*name, j->epochs[i - 1].account))
			continue;
		jmapbase_account_id(j, *name, id);
		if (str_eq(want, str_of(id)))
			return 1;
	}
	jmapbase_fail(j, want.n ? "accountNotFound" : "invalidArguments",
		      want.n ? NULL : "accountId is missing");
	return 0;
}

json_t *jmapbase_message_id(struct jmap *j, const struct archive_msg *m)
{
	char hex[HASH_HEX + 1];
	hash_hex(m->hash, HASH_BYTES, hex);
	return json_string(arena_fmt(j->a, "m%s", hex).p);
}

const struct archive_epoch *jmapbase_mailbox(struct jmap *j, struct str account, struct str id)
{
	struct arena *whole = j->a;
	if (j->ids == NULL) { /* filters ask again and again */
		j->a = j->call->arena;
		j->ids = arena_alloc(j->a, (j->n_epochs + 1) * sizeof *j->ids);
		for (size_t i = 0; i < j->n_epochs; i++)
			jmapbase_mailbox_id(j, j->epochs[i].account, j->epochs[i].mailbox,
					    j->ids[i]);
		j->a = whole;
	}
	for (size_t i = 0; i < j->n_epochs; i++)
		if (str_eq(id, str_of(j->ids[i])) && str_eq(j->epochs[i].account, account))
			return &j->epochs[i];
	return NULL;
}

const struct archive_epoch *jmapbase_epoch(const struct jmap *j, int64_t id)
{
	for (size_t i = 0; i < j->n_epochs; i++)
		if (j->epochs[i].id == id)
			return &j->epochs[i];
	return NULL;
}

int jmapbase_message(struct jmap *j, struct str account, struct str id, struct query_hit *out)
{
	struct archive_msg m;
	if (id.n != 1 + HASH_HEX || id.p[0] != 'm')
		return 0;
	int r = rights_find(&j->rights, j->ar, str_cut(id, 1, id.n), &m, &j->err);
	if (r < 0 && (j->err.kind == ERR_GONE || j->err.kind == ERR_INPUT))
		return 0;
	if (r == 1)
		r = query_glance(j->db, j->a, &j->rights, m.number, out, &j->err);
	for (size_t i = 0; r == 1 && i < out->n_copies; i++) {
		const struct archive_epoch *e = jmapbase_epoch(j, out->copies[i].epoch);
		if (e && str_eq(e->account, account))
			return 1;
	}
	return r < 0 ? -1 : 0;
}

/* ---- states ---- */

/* No small number: mix makes 0 of two that are the same. */
#define BEGIN UINT64_C(0x2545F4914F6CDD1D)

static uint64_t mix(uint64_t sum, uint64_t x)
{
	sum = (sum ^ x) * UINT64_C(0x9E3779B97F4A7C15);
	return sum ^ sum >> 29;
}

/* What is known of a copy, as one number. */
static uint64_t sum_of_copy(sqlite3_stmt *st)
{
	struct str keywords = db_str(st, 6);
	uint64_t sum = BEGIN;
	for (int i = 0; i < 6; i++)
		sum = mix(sum, (uint64_t)sqlite3_column_int64(st, i));
	for (size_t i = 0; i < keywords.n; i++)
		sum = mix(sum, (unsigned char)keywords.p[i]);
	return sum;
}

/* The masked messages up to `upto`, as one number: threads are named by what is not masked, in
 * whatever account. Of those that may not be read nothing is told. */
static int sum_masked(struct jmap *j, uint64_t upto, uint64_t *out)
{
	const uint32_t *list, *own = NULL;
	size_t n, n_own = 0, k = 0;
	*out = BEGIN;
	if (disposal_masked(j->ar, j->a, &list, &n, &j->err) < 0 ||
	    (j->rights.some &&
	     rights_numbers(&j->rights, j->ar, j->a, &own, &n_own, &j->err) < 0))
		return -1;
	for (size_t i = 0; i < n && list[i] <= upto; i++) {
		while (k < n_own && own[k] < list[i])
			k++;
		if (!j->rights.some || (k < n_own && own[k] == list[i]))
			*out = mix(*out, list[i]);
	}
	return 1;
}

/* "LAST SUM", made by looking at every copy of the account. */
static int make_sum(struct jmap *j, struct str account, uint64_t upto, struct str *out)
{
	sqlite3_stmt *st;
	struct db *db = archive_db(j->ar);
	uint64_t last = 0, sum = 0, masked;
	if (sum_masked(j, upto, &masked) < 0)
		return -1;
	int r = db_one(db, &j->err, &st,
		"SELECT c.message, c.epoch, c.uid, c.flags, c.vanished <> 0, c.modseq, c.keywords"
		" FROM epochs e CROSS JOIN copies c ON c.epoch = e.epoch"
		" WHERE e.account = ?1 AND c.message <= ?2",
		"si", account, upto > INT64_MAX ? INT64_MAX : (int64_t)upto);
	for (; r == 1; r = db_step(db, st, &j->err)) {
		uint64_t number = (uint64_t)sqlite3_column_int64(st, 0);
		last = number > last ? number : last;
		sum += sum_of_copy(st); /* whatever their order */
	}
	if (r < 0)
		return -1;
	*out = arena_fmt(j->a, "%llu %016llx", (unsigned long long)last,
			 (unsigned long long)mix(sum, masked));
	return 1;
}

/* Every method asks for it: kept until the catalog changes. */
static struct str sum_of(struct jmap *j, struct str account, uint64_t upto, uint64_t *last)
{
	struct memo *kept = archive_memo(j->ar);
	struct str key = arena_fmt(j->a, "jmap %d %llu %.*s", j->rights.some,
				   (unsigned long long)upto, STR_ARG(account));
	struct str value, number;
	for (size_t i = 0; j->rights.some && i < j->rights.n; i++)
		key = arena_fmt(j->a, "%.*s\n%.*s", STR_ARG(key), STR_ARG(j->rights.accounts[i]));
	int r = memo_kept(kept, j->a, key, &value, &j->err);
	if (r == 0) {
		r = make_sum(j, account, upto, &value);
		if (r == 1)
			memo_keep(kept, key, value);
	}
	if (r < 0)
		return STR("");
	str_split(&value, ' ', &number);
	str_u64(number, last);
	return value;
}

struct str jmapbase_state(struct jmap *j, struct str account, uint64_t upto, uint64_t *last)
{
	uint64_t number = 0;
	if (upto == UINT64_MAX && j->state.n && str_eq(j->state_of, account)) {
		if (last)
			*last = j->state_last;
		return j->state;
	}
	struct str sum = sum_of(j, account, upto, &number);
	if (sum.n == 0) {
		jmapbase_broken(j);
		return sum;
	}
	if (upto != UINT64_MAX)
		number = upto;
	if (last)
		*last = number;
	struct str state = arena_fmt(j->a, "%llu-%.*s", (unsigned long long)number, STR_ARG(sum));
	if (upto == UINT64_MAX) {
		j->state = state;
		j->state_of = account;
		j->state_last = number;
	}
	return state;
}

int jmapbase_since(struct jmap *j, struct str account, json_t *args, uint64_t *since)
{
	struct str state = jmapbase_text(json_object_get(args, "sinceState")), number;
	struct str rest = state;
	if (!str_split(&rest, '-', &number) || str_u64(number, since) != 1 || *since > INT64_MAX) {
		jmapbase_fail(j, state.n ? "cannotCalculateChanges" : "invalidArguments",
			      "sinceState is not a state of this server");
		return 0;
	}
	struct str then = jmapbase_state(j, account, *since, NULL);
	if (then.n && !str_eq(then, state))
		jmapbase_fail(j, "cannotCalculateChanges", NULL);
	return then.n && str_eq(then, state);
}

int jmapbase_added(struct jmap *j, struct str account, uint64_t since, uint64_t most,
		   const uint64_t **out, size_t *n)
{
	sqlite3_stmt *st;
	struct db *db = archive_db(j->ar);
	uint64_t *list = NULL;
	size_t count = 0;
	int r = db_one(db, &j->err, &st,
		"SELECT DISTINCT c.message FROM messages m JOIN copies c ON c.message = m.number"
		" JOIN epochs e ON e.epoch = c.epoch WHERE m.number > ?1 AND e.account = ?2"
		" AND m.disposal = 0 ORDER BY m.number LIMIT ?3", "isi", (int64_t)since, account,
		(int64_t)most);
	for (; r == 1; r = db_step(db, st, &j->err)) {
		list = arena_grow(j->a, list, count, sizeof *list);
		list[count++] = (uint64_t)sqlite3_column_int64(st, 0);
	}
	*out = list;
	*n = count;
	if (r < 0)
		jmapbase_broken(j);
	return r >= 0;
}

/* ---- arguments and answers ---- */

int jmapbase_number(struct jmap *j, json_t *args, const char *name, int64_t usual, int64_t *out)
{
	json_t *v = json_object_get(args, name);
	*out = usual;
	if (v == NULL || json_is_null(v))
		return 1;
	if (!json_is_integer(v)) {
		jmapbase_fail(j, "invalidArguments", name);
		return 0;
	}
	*out = json_integer_value(v);
	return 1;
}

int jmapbase_list(struct jmap *j, json_t *args, const char *name, size_t most, json_t **out)
{
	json_t *given = json_object_get(args, name), *list = json_array(), *id;
	json_t *seen = json_object();
	bool good = json_is_array(given), fits = json_array_size(given) <= most;
	size_t i;
	json_array_foreach(given, i, id) {
		const char *key = json_string_value(id);
		good = good && key;
		if (good && fits && !json_object_get(seen, key)) {
			json_object_set_new(seen, key, json_true());
			json_array_append(list, id);
		}
	}
	json_decref(seen);
	json_object_set_new(args, name, list); /* the call's own copy */
	*out = list;
	if (!good || !fits)
		jmapbase_fail(j, good ? "requestTooLarge" : "invalidArguments", name);
	return good && fits;
}

int jmapbase_ids(struct jmap *j, json_t *args, json_t **out)
{
	json_t *ids = json_object_get(args, "ids");
	*out = NULL;
	if (ids == NULL || json_is_null(ids))
		return 1;
	return jmapbase_list(j, args, "ids", JMAPBASE_MOST, out);
}

int jmapbase_properties(struct jmap *j, json_t *args, bool (*is)(json_t *name))
{
	json_t *list = json_object_get(args, "properties"), *one;
	bool good = true;
	size_t i;
	if (list == NULL || json_is_null(list))
		return 1;
	if (!jmapbase_list(j, args, "properties", JMAPBASE_PROPERTIES, &list))
		return 0;
	json_array_foreach(list, i, one)
		good = good && is(one);
	if (!good)
		jmapbase_fail(j, "invalidArguments", "properties");
	return good;
}

void jmapbase_select(json_t *o, json_t *args)
{
	json_t *list = json_object_get(args, "properties"), *v, *p;
	const char *key;
	void *next;
	size_t i;
	json_object_foreach_safe(o, next, key, v) {
		bool wanted = !json_is_array(list) || strcmp(key, "id") == 0;
		json_array_foreach(list, i, p)
			wanted |= str_eq(jmapbase_text(p), str_of(key));
		if (!wanted)
			json_object_del(o, key);
	}
}

static json_t *account_of(struct jmap *j, struct str account)
{
	char id[JMAPBASE_ID];
	jmapbase_account_id(j, account, id);
	return json_string(id);
}

json_t *jmapbase_got(struct jmap *j, struct str account, struct str state, json_t *list,
		     json_t *missing)
{
	return json_pack("{s:o,s:o,s:o,s:o}", "accountId", account_of(j, account), "state",
			 shape_text(j->a, state), "list", list, "notFound", missing);
}

int jmapbase_get(struct jmap *j, json_t *args, const char *hint, struct jmapbase_get *out)
{
	*out = (struct jmapbase_get){0};
	if (!jmapbase_account(j, args, &out->account) || !jmapbase_ids(j, args, &out->ids))
		return 0;
	if (out->ids == NULL) {
		jmapbase_fail(j, "requestTooLarge", hint);
		return 0;
	}
	out->state = jmapbase_state(j, out->account, UINT64_MAX, NULL);
	if (out->state.n == 0)
		return 0;
	out->list = json_array();
	out->missing = json_array();
	return 1;
}

void jmapbase_add(struct jmapbase_get *g, json_t *id, json_t *o)
{
	if (o)
		json_array_append_new(g->list, o);
	else
		json_array_append(g->missing, id);
}

json_t *jmapbase_end(struct jmap *j, struct jmapbase_get *g)
{
	if (j->error == NULL)
		return jmapbase_got(j, g->account, g->state, g->list, g->missing);
	json_decref(g->list);
	json_decref(g->missing);
	return NULL;
}

json_t *jmapbase_changes(struct jmap *j, struct str account, json_t *args, struct str state)
{
	return json_pack("{s:o,s:O,s:o,s:b,s:[],s:[],s:[]}", "accountId", account_of(j, account),
			 "oldState", json_object_get(args, "sinceState"), "newState",
			 shape_text(j->a, state), "hasMoreChanges", 0, "created", "updated",
			 "destroyed");
}

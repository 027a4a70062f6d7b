#include "memo.h"

#include "copies.h"

#include <stdlib.h>

static void drop(struct memo *m, struct memo_entry *e)
{
	m->bytes -= e->key.n + e->value.n;
	free((char *)e->key.p);
	*e = (struct memo_entry){0};
}

void memo_clear(struct memo *m)
{
	for (size_t i = 0; i < MEMO_ENTRIES; i++)
		if (m->entry[i].key.p)
			drop(m, &m->entry[i]);
}

/* Forgets everything when the catalog has changed since the last call. 1 or -1. */
static int check(struct memo *m, struct err *err)
{
	sqlite3_stmt *st;
	if (db_one(m->db, err, &st, "PRAGMA data_version", "") < 1)
		return -1;
	int64_t version = sqlite3_column_int64(st, 0);
	db_done(st);
	if (version != m->version)
		memo_clear(m);
	m->version = version;
	return 1;
}

static bool get(struct memo *m, struct str key, struct str *value)
{
	for (size_t i = 0; i < MEMO_ENTRIES; i++)
		if (m->entry[i].key.p && str_eq(m->entry[i].key, key)) {
			m->entry[i].used = ++m->clock;
			*value = m->entry[i].value;
			return true;
		}
	return false;
}

static struct memo_entry *vacant(struct memo *m)
{
	for (size_t i = 0; i < MEMO_ENTRIES; i++)
		if (m->entry[i].key.p == NULL)
			return &m->entry[i];
	return NULL;
}

/* That which was used longest ago. */
static struct memo_entry *oldest(struct memo *m)
{
	struct memo_entry *best = NULL;
	for (size_t i = 0; i < MEMO_ENTRIES; i++) {
		struct memo_entry *e = &m->entry[i];
		if (e->key.p && (best == NULL || e->used < best->used))
			best = e;
	}
	return best;
}

static void put(struct memo *m, struct str key, struct str value)
{
	struct memo_entry *e;
	size_t n = key.n + value.n;
	if (n > MEMO_BYTES / 4)
		return;
	while ((e = vacant(m)) == NULL || m->bytes + n > MEMO_BYTES)
		drop(m, oldest(m));
	char *p = err_alloc(n + 1);
	memcpy(p, key.p, key.n);
	if (value.n)
		memcpy(p + key.n, value.p, value.n);
	*e = (struct memo_entry){{p, key.n}, {p + key.n, value.n}, ++m->clock};
	m->bytes += n;
}

/* ---- epochs ---- */

/* There may be thousands, and every query wants them. They are kept as they stand in memory: their
 * number, the structs, in which a string's p is where it begins in the text, and the text. */
static void pack_text(struct buf *text, struct str *s)
{
	uintptr_t at = text->n;
	buf_str(text, *s);
	s->p = (const char *)at;
}

static void pack_epochs(struct buf *b, const struct archive_epoch *list, size_t n)
{
	struct buf text;
	buf_init(&text, MEMO_BYTES / 4);
	buf_add(b, &n, sizeof n);
	for (size_t i = 0; i < n; i++) {
		struct archive_epoch e = list[i];
		pack_text(&text, &e.account);
		pack_text(&text, &e.mailbox);
		pack_text(&text, &e.mailboxid);
		buf_add(b, &e, sizeof e);
	}
	buf_str(b, buf_all(&text));
	b->full |= text.full;
	buf_free(&text);
}

static void unpack_epochs(struct str packed, struct arena *a, const struct archive_epoch **out,
			  size_t *n_out)
{
	size_t n;
	memcpy(&n, packed.p, sizeof n);
	struct archive_epoch *list = arena_alloc(a, n * sizeof *list + 1);
	if (n)
		memcpy(list, packed.p + sizeof n, n * sizeof *list);
	struct str text = arena_str(a, str_cut(packed, sizeof n + n * sizeof *list, packed.n));
	for (size_t i = 0; i < n; i++) {
		struct archive_epoch *e = &list[i];
		e->account.p = text.p + (uintptr_t)e->account.p;
		e->mailbox.p = text.p + (uintptr_t)e->mailbox.p;
		e->mailboxid.p = text.p + (uintptr_t)e->mailboxid.p;
	}
	*out = list;
	*n_out = n;
}

int memo_epochs(struct memo *m, struct arena *a, const struct archive_epoch **out,
		size_t *n_out, struct err *err)
{
	struct str packed;
	struct buf b;
	if (check(m, err) < 0)
		return -1;
	if (get(m, STR("epochs"), &packed)) {
		unpack_epochs(packed, a, out, n_out);
		return 1;
	}
	if (copies_epochs(m->db, a, out, n_out, err) < 0)
		return -1;
	buf_init(&b, MEMO_BYTES / 4);
	pack_epochs(&b, *out, *n_out);
	if (!b.full)
		put(m, STR("epochs"), buf_all(&b));
	buf_free(&b);
	return 1;
}

/* ---- numbers ---- */

int memo_select(struct memo *m, struct arena *a, const struct archive_select *s,
		const uint32_t **out, size_t *n_out, struct err *err)
{
	struct str value, key = arena_fmt(a, "select %s|%lld|%lld|%lld|%lld|%s", s->where,
					  (long long)s->arg[0], (long long)s->arg[1],
					  (long long)s->arg[2], (long long)s->arg[3],
					  s->text ? s->text : "");
	if (check(m, err) < 0)
		return -1;
	if (get(m, key, &value)) {
		uint32_t *list = arena_alloc(a, value.n + 1);
		memcpy(list, value.p, value.n);
		*out = list;
		*n_out = value.n / sizeof *list;
		return 1;
	}
	if (copies_select(m->db, a, s, out, n_out, err) < 0)
		return -1;
	put(m, key, (struct str){(const char *)*out, *n_out * sizeof **out});
	return 1;
}

/* ---- answers of others ---- */

int memo_kept(struct memo *m, struct arena *a, struct str key, struct str *value, struct err *err)
{
	if (check(m, err) < 0)
		return -1;
	if (!get(m, key, value))
		return 0;
	*value = arena_str(a, *value);
	return 1;
}

void memo_keep(struct memo *m, struct str key, struct str value)
{
	put(m, key, value);
}

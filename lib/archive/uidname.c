#include "uidname.h"

#include "db.h"

#define WORD STR("UIDL ")

static void add(struct uidname_list *l, struct arena *a, uint32_t uid, struct str name)
{
	if (uid >= l->next)
		l->next = uid + 1;
	if (name.n == 0)
		return;
	l->p = arena_grow(a, l->p, l->n, sizeof *l->p);
	l->p[l->n++] = (struct uidname){uid, arena_str(a, name)};
}

void uidname_reason(struct buf *out, struct str name, struct str reason)
{
	buf_str(out, WORD);
	buf_str(out, name);
	buf_str(out, STR(": "));
	buf_str(out, reason);
}

int uidname_in(struct str reason, struct str *name)
{
	struct str rest = str_cut(reason, WORD.n, reason.n);
	ptrdiff_t end = str_find(rest, STR(": "));
	if (!str_starts(reason, WORD) || end < 1)
		return 0;
	*name = str_cut(rest, 0, (size_t)end);
	return str_chr(*name, ' ') < 0;
}

int uidname_list(struct archive *ar, struct arena *a, int64_t epoch, struct uidname_list *out,
		 struct err *err)
{
	struct db *db = archive_db(ar);
	struct str name;
	sqlite3_stmt *st;
	*out = (struct uidname_list){.next = 1};
	int r = db_one(db, err, &st, "SELECT uid, emailid FROM copies WHERE epoch = ?1", "i",
		       epoch);
	for (; r == 1; r = db_step(db, st, err))
		add(out, a, (uint32_t)sqlite3_column_int64(st, 0), db_str(st, 1));
	if (r == 0)
		r = db_one(db, err, &st, "SELECT uid, reason FROM outcomes WHERE epoch = ?1", "i",
			   epoch);
	for (; r == 1; r = db_step(db, st, err)) {
		if (!uidname_in(db_str(st, 1), &name))
			name = (struct str){0};
		add(out, a, (uint32_t)sqlite3_column_int64(st, 0), name);
	}
	return r < 0 ? -1 : 1;
}

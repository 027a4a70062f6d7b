#include "t.h"

#include "memo.h"

/* What is remembered is what is asked for, and is asked for anew once another handle wrote. */
static void numbers(const char *path)
{
	struct err err = {0};
	struct db *writer, *reader;
	struct arena a = {0};
	const uint32_t *list;
	struct str value;
	size_t n;
	T(db_open(&writer, path, DB_CREATE, &err) == 1);
	T(db_exec(writer, "CREATE TABLE copies(message INTEGER, uid INTEGER, flags INTEGER);"
		  "INSERT INTO copies VALUES(3, 1, 1), (1, 2, 1), (2, 3, 0)", &err) == 1);
	T(db_open(&reader, path, DB_READ, &err) == 1);
	struct memo m = {.db = reader};
	struct archive_select s = {.where = "flags & ?1", .arg = {1}};
	for (int round = 0; round < 2; round++) {
		T(memo_select(&m, &a, &s, &list, &n, &err) == 1);
		T(n == 2 && list[0] == 1 && list[1] == 3);
	}
	T(m.entry[0].key.n > 0 && m.entry[1].key.n == 0);
	s.where = "NOT flags & ?1";
	T(memo_select(&m, &a, &s, &list, &n, &err) == 1 && n == 1 && list[0] == 2);
	T(db_exec(writer, "UPDATE copies SET flags = 1", &err) == 1);
	T(memo_select(&m, &a, &s, &list, &n, &err) == 1 && n == 0);
	s.where = "flags & ?1";
	T(memo_select(&m, &a, &s, &list, &n, &err) == 1 && n == 3);
	/* more questions than are remembered */
	for (int64_t i = 0; i < 3 * MEMO_ENTRIES; i++) {
		s = (struct archive_select){.where = "uid = ?1", .arg = {i}};
		T(memo_select(&m, &a, &s, &list, &n, &err) == 1 && n == (i >= 1 && i <= 3));
	}
	T(m.bytes < MEMO_BYTES);
	/* answers of others */
	T(memo_kept(&m, &a, STR("mine"), &value, &err) == 0);
	memo_keep(&m, STR("mine"), STR("7"));
	T(memo_kept(&m, &a, STR("mine"), &value, &err) == 1);
	T_STR(value, STR("7"));
	T(db_exec(writer, "UPDATE copies SET flags = 2", &err) == 1);
	T(memo_kept(&m, &a, STR("mine"), &value, &err) == 0);
	s.where = "nonsense";
	T(memo_select(&m, &a, &s, &list, &n, &err) < 0 && err.kind == ERR_BROKEN);
	memo_clear(&m);
	T(m.bytes == 0);
	db_close(&reader);
	db_close(&writer);
	arena_free(&a);
}

int main(void)
{
	char path[4200];
	snprintf(path, sizeof path, "%s/db", t_dir());
	numbers(path);
	return t_done();
}

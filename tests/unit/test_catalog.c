#include "t.h"

#include "catalog.h"
#include "copies.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static struct err err;
static char dir[4096];

static struct db *opened(void)
{
	struct db *db = NULL;
	T(catalog_open(&db, dir, DB_WRITE, &err) == 1);
	if (db == NULL)
		exit(1);
	return db;
}

static void versions(void)
{
	static const char good[] = "PRAGMA user_version=4; PRAGMA application_id=1397244230";
	static const struct {
		const char *sql, *want;
	} row[] = {
		{"PRAGMA user_version=1", "has version 1"},
		{"PRAGMA user_version=5", "has version 5"},
		{"PRAGMA user_version=4; PRAGMA application_id=7", "is not a catalog"},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct db *db = opened(), *again = NULL;
		T(db_exec(db, row[i].sql, &err) == 1);
		T(catalog_open(&again, dir, DB_READ, &err) == -1 && err.kind == ERR_BROKEN);
		T(strstr(err.text, row[i].want) != NULL);
		T(db_exec(db, good, &err) == 1);
		db_close(&db);
	}
}

static void counters(void)
{
	struct db *db = opened();
	struct catalog_state s, t;
	T(catalog_load(db, &s, &err) == 1);
	T(s.commits == 0 && s.change == 0 && s.last == 0 && s.segment == 0 && !s.outcomes);
	T(catalog_segment(db, 1, &err) == 1);
	s = (struct catalog_state){.commits = 3, .change = 4, .segment = 1, .size = 5000};
	T(catalog_save(db, &s, &err) == 1);
	T(catalog_load(db, &t, &err) == 1);
	T(t.commits == 3 && t.change == 4 && t.segment == 1 && t.size == 5000 && t.last == 0);
	db_close(&db);
}

static void put_file(const char *name, off_t size)
{
	char path[8300];
	snprintf(path, sizeof path, "%s/segments/%s", dir, name);
	int fd = open(path, O_RDWR | O_CREAT, 0600);
	T(fd >= 0 && ftruncate(fd, size) == 0);
	close(fd);
}

/* Which files beside the catalog are acceptable to a writer. */
static void files(void)
{
	struct db *db = opened();
	put_file("000001.tar.zst", 6000); /* 5,000 committed: the rest is a tail */
	put_file("notes.txt", 100);
	put_file("000002.tar.zst.tmp", 100);
	T(catalog_check(db, dir, &err) == 1);
	put_file("000002.tar.zst", SEGMENT_HEAD);
	T(catalog_check(db, dir, &err) == 1);
	put_file("000002.tar.zst", SEGMENT_HEAD + 1);
	T(catalog_check(db, dir, &err) == -1 && err.kind == ERR_BROKEN);
	T(strstr(err.text, "000002.tar.zst") != NULL);
	T(catalog_segment(db, 2, &err) == 1);
	T(catalog_check(db, dir, &err) == -1); /* now 1 is finished and has another size */
	T(strstr(err.text, "000001.tar.zst") != NULL);
	put_file("000001.tar.zst", 5000);
	T(catalog_check(db, dir, &err) == 1);
	T(catalog_segment(db, 3, &err) == 1 && catalog_segment(db, 4, &err) == 1);
	put_file("000002.tar.zst", SEGMENT_HEAD);
	T(catalog_check(db, dir, &err) == -1); /* 3 is not there */
	T(strstr(err.text, "000003.tar.zst") != NULL);
	db_close(&db);
}

/* The same first digits in two messages. */
static void prefixes(void)
{
	struct db *db = opened();
	struct segment_frame f = {32, 100, 512};
	struct archive_msg m = {.number = 1, .segment = 1, .frame = 32, .offset = 512}, got;
	uint64_t number;
	T(catalog_frame(db, 1, &f, &err) == 1);
	memset(m.hash, 0xAB, sizeof m.hash);
	T(catalog_add(db, &m, m.hash, &err) == 1);
	m.number = 2;
	m.hash[4] = 0xAC;
	T(catalog_add(db, &m, m.hash, &err) == 1);
	T(catalog_find_id(db, STR("abababab"), &got, &err) == -1 && err.kind == ERR_INPUT);
	T(catalog_find_id(db, STR("ababababa"), &got, &err) == -1 && err.kind == ERR_INPUT);
	T(catalog_find_id(db, STR("ababababab"), &got, &err) == 1 && got.number == 1);
	T(catalog_find_id(db, STR("ABABABABAC"), &got, &err) == 1 && got.number == 2);
	T(catalog_find_id(db, STR("abababac"), &got, &err) == 0);
	T(catalog_number(db, m.hash, &number, &err) == 1 && number == 2);
	m.number = 3;
	/* the hash is unique */
	T(catalog_add(db, &m, m.hash, &err) == -1 && err.kind == ERR_BROKEN);
	T(catalog_find(db, 2, &got, &err) == 1 && got.frame_end == 100);
	db_close(&db);
}

int main(void)
{
	char sub[4200];
	struct db *db = NULL;
	snprintf(dir, sizeof dir, "%s", t_dir());
	snprintf(sub, sizeof sub, "%s/segments", dir);
	T(mkdir(sub, 0700) == 0);
	T(catalog_open(&db, dir, DB_READ, &err) == 0);
	T(catalog_create(dir, &err) == 1);
	versions();
	counters();
	prefixes();
	files();
	return t_done();
}

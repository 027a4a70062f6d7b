#include "t.h"

#include "catalog.h"
#include "copies.h"

static struct err err;
static struct db *db;
static struct arena mem;

static struct archive_copy copy(uint32_t uid, uint64_t message, int64_t date, int16_t zone)
{
	return (struct archive_copy){.epoch = 1, .uid = uid, .message = message,
				     .internaldate = date, .zone = zone};
}

/* The day is the calendar's of the zone, before 1970 too. */
static void days(void)
{
	static const struct {
		int64_t at;
		int16_t zone;
		int64_t want;
	} row[] = {
		{0, 0, 0},	 {86399, 0, 0},	  {86400, 0, 1},     {-1, 0, -1},
		{-86400, 0, -1}, {-86401, 0, -2}, {86399, 1, 1},     {0, -1, -1},
		{82800, 60, 1},	 {82799, 60, 0},  {-172800, -1, -3},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct archive_copy c = copy((uint32_t)i + 1, i + 1, row[i].at, row[i].zone);
		const uint32_t *u;
		size_t n;
		T(copies_add(db, &c, NULL, 5, &err) == 1);
		struct archive_select s = {.where = "uid = ?1 AND day = ?2",
					   .arg = {(int64_t)i + 1, row[i].want}};
		T(copies_select(db, &mem, &s, &u, &n, &err) == 1 && n == 1);
	}
}

static void adding(void)
{
	struct archive_copy c = copy(100, 1, 0, 0);
	T(copies_add(db, &c, NULL, 10, &err) == 1);
	T(copies_add(db, &c, NULL, 11, &err) == 0);
	c.flags = ARCHIVE_SEEN;
	T(copies_add(db, &c, NULL, 12, &err) == 1); /* known, with new flags */
	T(copies_add(db, &c, NULL, 13, &err) == 0);
	c.keywords = STR("k");
	T(copies_add(db, &c, NULL, 13, &err) == 1);
	T(copies_vanished(db, 1, 100, 14, &err) == 1);
	T(copies_vanished(db, 1, 100, 15, &err) == 0);
	T(copies_add(db, &c, NULL, 16, &err) == 1); /* is back */
	c.message = 2;
	T(copies_add(db, &c, NULL, 17, &err) == 1); /* the UID means another message */
	T(copies_add(db, &c, NULL, 18, &err) == 0);
	c.message = 1;
	T(copies_add(db, &c, NULL, 19, &err) == 1); /* and the old one again */
	const struct archive_copy *list;
	size_t n;
	T(copies_of(db, &mem, 2, &list, &n, &err) == 1 && n == 2);
	T(list[0].uid == 2 && list[1].uid == 100 && list[1].vanished == 19 &&
	  list[1].first_seen == 17);
	c = copy(0, 3, 0, 0);
	T(copies_add(db, &c, NULL, 20, &err) == 1 && c.uid == 101);
	c = copy(UINT32_MAX, 3, 0, 0);
	T(copies_add(db, &c, NULL, 20, &err) == 1);
	c.uid = 0;
	T(copies_add(db, &c, NULL, 20, &err) == -1 && err.kind == ERR_INPUT);
}

static void flags(void)
{
	struct archive_copy c = copy(100, 0, 0, 0);
	bool modseq;
	c.flags = ARCHIVE_SEEN;
	c.keywords = STR("k");
	T(copies_flags(db, &c, 30, &modseq, &err) == 0 && !modseq);
	c.modseq = 7;
	T(copies_flags(db, &c, 30, &modseq, &err) == 0 && modseq);
	T(copies_flags(db, &c, 31, &modseq, &err) == 0 && !modseq);
	c.keywords = STR("");
	T(copies_flags(db, &c, 32, &modseq, &err) == 1);
	T(copies_flags(db, &c, 32 + 3600, &modseq, &err) == 0); /* seen again */
	const struct archive_copy *list;
	size_t n;
	T(copies_of(db, &mem, 1, &list, &n, &err) == 1 && n == 2);
	T(list[1].uid == 100 && list[1].last_seen == 3632 && list[1].modseq == 7);
	c.uid = 50;
	T(copies_flags(db, &c, 33, &modseq, &err) == 0);
}

static void outcomes(void)
{
	struct archive_copy w = copy(7000, 0, 0, 0);
	const uint32_t *u;
	size_t n, before;
	T(copies_uids(db, &mem, 1, &u, &before, &err) == 1);
	T(copies_outcome(db, &w, ARCHIVE_FAILED, STR("timeout"), 1, &err) == 1);
	T(copies_uids(db, &mem, 1, &u, &n, &err) == 1 && n == before);
	T(copies_outcome(db, &w, ARCHIVE_REFUSED, STR("large"), 2, &err) == 1);
	T(copies_uids(db, &mem, 1, &u, &n, &err) == 1 && n == before + 1);
	for (size_t i = 1; i < n; i++)
		T(u[i] > u[i - 1]);
	w.uid = 1; /* a UID that is stored as well counts once */
	T(copies_outcome(db, &w, ARCHIVE_GONE, STR(""), 2, &err) == 1);
	T(copies_uids(db, &mem, 1, &u, &n, &err) == 1 && n == before + 1);
	T(copies_settled(db, 1, 7000, &err) == 1 && copies_settled(db, 1, 7000, &err) == 0);
	T(copies_uids(db, &mem, 1, &u, &n, &err) == 1 && n == before);
}

static void epochs(void)
{
	struct archive_epoch e = {.account = STR("a"), .mailbox = STR("m"), .uidvalidity = 1}, f;
	T(copies_epoch(db, &e, &err) == 1 && e.id == 1);
	T(copies_epoch(db, &e, &err) == 0 && e.id == 1);
	e.uidnext = 5;
	T(copies_epoch_seen(db, &e, &err) == 1 && copies_epoch_seen(db, &e, &err) == 0);
	T(copies_epoch_run(db, 1, 3, &err) == 1 && copies_epoch_run(db, 1, 2, &err) == 1);
	T(copies_epoch_find(db, &mem, 1, &f, &err) == 1 && f.uidnext == 5 && f.run == 3);
	T(copies_epoch_find(db, &mem, 2, &f, &err) == 0);
	e.mailbox = STR("m\xFF");
	T(copies_epoch(db, &e, &err) == 1 && e.id == 2);
	T(copies_epoch(db, &e, &err) == 0 && e.uidnext == 0);
	T(copies_epoch_find(db, &mem, 2, &f, &err) == 1);
	T_STR(f.mailbox, STR("m\xFF"));
}

int main(void)
{
	const char *dir = t_dir();
	T(catalog_create(dir, &err) == 1);
	T(catalog_open(&db, dir, DB_WRITE, &err) == 1);
	epochs();
	days();
	adding();
	flags();
	outcomes();
	db_close(&db);
	arena_free(&mem);
	return t_done();
}

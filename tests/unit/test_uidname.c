#include "t.h"

#include "uidname.h"

static struct archive *ar;
static struct arena mem;
static struct err err;

static int64_t epoch(const char *mailbox)
{
	struct archive_epoch e = {.account = STR("ann"), .mailbox = str_of(mailbox),
				  .uidvalidity = 9};
	T(archive_epoch(ar, &mem, &e, &err) == 1);
	return e.id;
}

static void put(int64_t e, uint32_t uid, const char *text, const char *name)
{
	struct archive_copy c = {.epoch = e, .uid = uid, .emailid = str_of(name)};
	T(archive_begin(ar, &err) == 1);
	T(archive_write(ar, text, strlen(text), &err) == 1);
	T(archive_end(ar, &c, &err) >= 0);
}

static void fail(int64_t e, uint32_t uid, const char *name, enum archive_outcome outcome)
{
	struct buf b;
	buf_init(&b, 1000);
	uidname_reason(&b, str_of(name), STR("RETR refused: the server said 'no'"));
	T(archive_outcome(ar, e, uid, outcome, buf_all(&b), &err) == 1);
	buf_free(&b);
}

static void reasons(void)
{
	static const struct {
		const char *reason, *name; /* NULL: none */
	} row[] = {
		{"UIDL abc: RETR refused", "abc"}, {"UIDL a:b:: x: y", "a:b:"},
		{"UIDL :: x", ":"},		   {"UIDL abc:", NULL},
		{"UIDL : x", NULL},		   {"UIDL two words: x", NULL},
		{"RETR refused: no", NULL},	   {"", NULL},
	};
	struct str name;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		int r = uidname_in(str_of(row[i].reason), &name);
		T(r == (row[i].name != NULL));
		if (r)
			T_STR(name, str_of(row[i].name));
	}
}

/* "1=a 2=b next 3" */
static void check(int64_t e, const char *want)
{
	struct uidname_list l;
	struct buf b;
	buf_init(&b, 1000);
	T(uidname_list(ar, &mem, e, &l, &err) == 1);
	for (size_t i = 0; i < l.n; i++)
		buf_fmt(&b, "%u=%.*s ", l.p[i].uid, STR_ARG(l.p[i].name));
	buf_fmt(&b, "next %u", l.next);
	T_STR(buf_all(&b), str_of(want));
	buf_free(&b);
}

int main(void)
{
	static const uint32_t gone[] = {1};
	const char *dir = t_dir();
	T(archive_create(dir, &err) == 1 && archive_open(&ar, dir, ARCHIVE_WRITE, &err) == 1);
	int64_t e = epoch("INBOX"), other = epoch("Other");
	reasons();
	check(e, "next 1");
	put(e, 1, "one\r\n", "n-one");
	put(e, 2, "two\r\n", "n-two");
	fail(e, 4, "n-four", ARCHIVE_FAILED);
	fail(e, 5, "n-five", ARCHIVE_REFUSED);
	fail(other, 8, "n-eight", ARCHIVE_FAILED);
	check(e, "1=n-one 2=n-two 4=n-four 5=n-five next 6");
	T(archive_vanished(ar, e, gone, 1, &err) == 1);
	T(archive_outcome(ar, e, 5, ARCHIVE_GONE, STR("was refused, then vanished"), &err) == 1);
	put(e, 4, "four\r\n", "n-four");
	check(e, "1=n-one 2=n-two 4=n-four next 6"); /* 5 is not given again */
	T(archive_commit(ar, &err) == 1);
	archive_close(&ar);
	arena_free(&mem);
	return t_done();
}

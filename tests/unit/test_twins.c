#include "t.h"

#include "headsum.h"
#include "twins.h"

#include <stdio.h>
#include <stdlib.h>

static struct err err;
static struct arena mem;
static struct archive *ar;

static int64_t epoch(const char *mailbox, uint32_t uidvalidity)
{
	struct archive_epoch e = {.account = STR("ann"), .mailbox = str_of(mailbox),
				  .uidvalidity = uidvalidity};
	T(archive_epoch(ar, &mem, &e, &err) == 1);
	return e.id;
}

static void put(int64_t e, uint32_t uid, const char *text, const char *emailid)
{
	struct archive_copy c = {.epoch = e, .uid = uid, .internaldate = 1000,
				 .emailid = str_of(emailid)};
	T(archive_begin(ar, &err) == 1 && archive_write(ar, text, strlen(text), &err) == 1 &&
	  archive_end(ar, &c, &err) >= 0);
}

static struct twins_clue clue(const char *text, const char *emailid)
{
	struct twins_clue c = {.internaldate = 1000, .size = strlen(text),
			       .emailid = str_of(emailid)};
	c.has_sum = headsum_of(str_of(text), &c.sum);
	return c;
}

static const char one[] = "Subject: 1\r\n\r\none", two[] = "Subject: 2\r\n\r\ntwo",
		  double_a[] = "Subject: d\r\n\r\n_a", double_b[] = "Subject: d\r\n\r\n_b",
		  bare[] = "To: x\r\n\r\nbare", foreign[] = "Subject: f\r\n\r\nfor";

static void finding(int64_t fresh)
{
	struct twins *t;
	uint64_t number;
	bool by_id;
	T(twins_open(&t, ar, STR("ann"), STR("INBOX"), fresh, &err) == 1);
	struct twins_clue c = clue(one, "");
	T(twins_find(t, &c, &number, &by_id, &err) == 1 && number == 1 && !by_id);
	c.size++;
	T(twins_find(t, &c, &number, &by_id, &err) == 0);
	c = clue(one, "");
	c.internaldate++;
	T(twins_find(t, &c, &number, &by_id, &err) == 0);
	c = clue(one, "");
	c.has_sum = false;
	T(twins_find(t, &c, &number, &by_id, &err) == 0);
	c = clue(double_a, ""); /* two messages may be meant */
	T(twins_find(t, &c, &number, &by_id, &err) == 0);
	c = clue(bare, "");
	T(twins_find(t, &c, &number, &by_id, &err) == 0);
	c = clue(foreign, ""); /* of another mailbox */
	T(twins_find(t, &c, &number, &by_id, &err) == 0);
	c = clue(foreign, "M2");
	T(twins_find(t, &c, &number, &by_id, &err) == 1 && number == 2 && by_id);
	c = clue(one, "M-unknown");
	T(twins_find(t, &c, &number, &by_id, &err) == 1 && number == 1 && !by_id);
	c = clue(foreign, "twice"); /* an id of two messages is none */
	T(twins_find(t, &c, &number, &by_id, &err) == 0);
	c = clue(one, ""); /* of no known size: the date and the header must do */
	c.size = 0;
	T(twins_find(t, &c, &number, &by_id, &err) == 0);
	c.any_size = true;
	T(twins_find(t, &c, &number, &by_id, &err) == 1 && number == 1 && !by_id);
	c.internaldate++;
	T(twins_find(t, &c, &number, &by_id, &err) == 0);
	c = (struct twins_clue){.size = UINT64_MAX, .has_sum = true};
	T(twins_find(t, &c, &number, &by_id, &err) == 0);
	twins_close(&t);
	twins_close(&t);
}

static void places(int64_t old, int64_t fresh)
{
	static const uint32_t gone[] = {1};
	struct twins *t;
	uint64_t number;
	T(twins_open(&t, ar, STR("ann"), STR("INBOX"), fresh, &err) == 1);
	struct twins_clue c = clue(two, "M2");
	T(twins_at(t, old, 2, &c, &number, &err) == 1 && number == 2);
	T(twins_at(t, old, 1, &c, &number, &err) == 0);
	T(twins_at(t, old, 99, &c, &number, &err) == 0);
	c.emailid = STR("M3");
	T(twins_at(t, old, 2, &c, &number, &err) == 0);
	c = clue(one, "");
	T(twins_at(t, old, 1, &c, &number, &err) == 1);
	T(archive_vanished(ar, old, gone, 1, &err) == 1);
	T(twins_at(t, old, 1, &c, &number, &err) == 0);
	twins_close(&t);
}

int main(void)
{
	char dir[] = "/tmp/sheaf-twins-XXXXXX", command[100];
	T(mkdtemp(dir) != NULL);
	T(archive_create(dir, &err) == 1 && archive_open(&ar, dir, ARCHIVE_WRITE, &err) == 1);
	int64_t old = epoch("INBOX", 1), other = epoch("Other", 1), fresh = epoch("INBOX", 2);
	put(old, 1, one, "");
	put(old, 2, two, "M2");
	put(old, 3, double_a, "twice");
	put(old, 4, double_b, "twice");
	put(old, 5, bare, "");
	put(other, 1, foreign, "");
	put(fresh, 1, foreign, "");
	T(archive_commit(ar, &err) == 1);
	finding(fresh);
	places(old, fresh);
	archive_close(&ar);
	arena_free(&mem);
	snprintf(command, sizeof command, "rm -r %s", dir);
	T(system(command) == 0);
	return t_done();
}

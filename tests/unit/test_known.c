#include "t.h"

#include "known.h"

static struct known_epoch epochs[] = {
	{.e = {.id = 1, .mailbox = STR("A"), .uidvalidity = 5, .uidnext = 10, .highestmodseq = 7,
	       .messages = 3, .listed = 99, .mailboxid = STR("F1")}},
	{.e = {.id = 2, .mailbox = STR("INBOX"), .uidvalidity = 5, .uidnext = 10,
	       .highestmodseq = 7, .messages = 3}},
	{.e = {.id = 3, .mailbox = STR("INBOX"), .uidvalidity = 6, .uidnext = 10,
	       .highestmodseq = 7, .messages = 3}},
};
static struct known all = {.list = epochs, .n = 3};

static struct boxes_item status(const char *name, uint32_t uidvalidity)
{
	return (struct boxes_item){
		.name = str_of(name), .has_status = true,
		.status = {.has_messages = true, .has_modseq = true, .messages = 3, .uidnext = 10,
			   .uidvalidity = uidvalidity, .modseq = 7},
	};
}

static void packed(void)
{
	struct known_epoch e = epochs[0], back;
	struct buf b;
	buf_init(&b, 1000);
	e.due = true;
	e.waiting = 1u << 20;
	known_put(&b, &e);
	T(known_get(buf_all(&b), &back) == 1);
	T(back.e.id == 1 && back.e.uidvalidity == 5 && back.e.uidnext == 10 && back.due &&
	  !back.stale && back.waiting == 1u << 20 && back.e.messages == 3 && back.e.listed == 99);
	T_STR(back.e.mailboxid, STR("F1"));
	for (size_t i = 0; i < b.n; i++)
		T(known_get(str_cut(buf_all(&b), 0, i), &back) == 0);
	buf_chr(&b, 'x');
	T(known_get(buf_all(&b), &back) == 0);
	buf_free(&b);
}

/* Only when every number is as it was, and nothing is to be done, is a mailbox the same. */
static void same(void)
{
	struct boxes_item b = status("INBOX", 6);
	T(known_same(&all, &b) == &epochs[2]);
	b = status("INBOX", 7);
	T(known_same(&all, &b) == NULL);
	b = status("B", 5);
	T(known_same(&all, &b) == NULL);
	b = status("A", 5);
	T(known_same(&all, &b) == &epochs[0]);
	b.ambiguous = true;
	T(known_same(&all, &b) == NULL);
	for (int i = 0; i < 6; i++) {
		b = status("A", 5);
		b.status.messages += i == 0;
		b.status.uidnext += i == 1;
		b.status.modseq += i == 2;
		b.has_status = i != 3;
		b.status.has_modseq = i != 4;
		if (i == 5)
			b.status.modseq = epochs[0].e.highestmodseq = 0;
		T(known_same(&all, &b) == NULL);
	}
	epochs[0].e.highestmodseq = 7;
	b = status("A", 5);
	epochs[0].due = true;
	T(known_same(&all, &b) == NULL);
	epochs[0].due = false;
	epochs[0].stale = true;
	T(known_same(&all, &b) == NULL);
}

int main(void)
{
	packed();
	same();
	T(known_find(&all, STR("INBOX"), 5) == &epochs[1]);
	T(known_find(&all, STR("Z"), 5) == NULL);
	return t_done();
}

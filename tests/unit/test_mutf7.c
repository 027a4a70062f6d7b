#include "t.h"

#include "mutf7.h"

static void both_ways(struct arena *a)
{
	static const struct {
		struct str raw, name;
	} row[] = {
		{STR("INBOX"), STR("INBOX")},
		{STR("&-"), STR("&")},
		{STR("Q&-A"), STR("Q&A")},
		{STR("&AOk-t&AOk-"), STR("\xC3\xA9t\xC3\xA9")},
		{STR("&ZeVnLIqe-"), STR("\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E")},
		{STR("~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
		 STR("~peter/mail/\xE5\x8F\xB0\xE5\x8C\x97/\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E")},
		{STR("&2D3eAA-"), STR("\xF0\x9F\x98\x80")},
		{STR("a&2D3eAA-b"), STR("a\xF0\x9F\x98\x80" "b")},
		{STR("&AAEAAgAD-"), STR("\x01\x02\x03")},
		{STR(""), STR("")},
	};
	struct str out;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		T(mutf7_decode(a, row[i].raw, &out) == 1);
		T_STR(out, row[i].name);
		T(mutf7_encode(a, row[i].name, &out) == 1);
		T_STR(out, row[i].raw);
	}
}

/* As Maildir++ has it; and what is read though nobody should write it. */
static void maildir(struct arena *a)
{
	struct str out;
	T(mutf7_write(a, STR("a.b/\\"), ".\\", &out) == 1);
	T_STR(out, STR("a&AC4-b/&AFw-"));
	T(mutf7_decode(a, out, &out) == 0);
	T(mutf7_read(a, STR("a&AC4-b/&AFw-"), &out) == 1);
	T_STR(out, STR("a.b/\\"));
	T(mutf7_read(a, STR("&AOk-&AOk-"), &out) == 1);
	T_STR(out, STR("\xC3\xA9\xC3\xA9"));
	T(mutf7_read(a, STR("&AAA-"), &out) == 0);
	T_STR(out, STR("&AAA-"));
	T(mutf7_read(a, STR("\xFF"), &out) == 0);
	T(mutf7_write(a, STR("\xFF"), "", &out) == 0);
}

/* What cannot be read stays as it came: the octets are the mailbox's name. */
static void kept(struct arena *a)
{
	static const struct str row[] = {
		STR("Q&A"),	       /* no end */
		STR("&AOk"),	       /* no end */
		STR("&AO-"),	       /* half a unit */
		STR("&AOk-&AOk-"),     /* two runs where one would do */
		STR("&AGE-"),	       /* a letter that needs no coding */
		STR("&2D0-"),	       /* half a pair */
		STR("&3gDYPQ-"),       /* a pair the wrong way round */
		STR("&A!k-"),	       /* no base64 */
		STR("&AOl-"),	       /* bits left over */
		STR("&AO/-"),	       /* '/' is ',' here */
		STR("caf\xC3\xA9"),    /* raw UTF-8 */
		STR("\xFF\xFE"),       /* nothing at all */
	};
	struct str out;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		T(mutf7_decode(a, row[i], &out) == 0);
		T_STR(out, row[i]);
	}
	T(mutf7_encode(a, STR("\xFF"), &out) == 0);
	T_STR(out, STR("\xFF"));
}

/* Different octets never become one name unless one of them was kept. */
static void every_character(struct arena *a)
{
	struct str raw, back;
	char c[4];
	for (unsigned v = 1; v < 0x800; v++) {
		size_t n = 0;
		if (v < 0x80) {
			c[n++] = (char)v;
		} else {
			c[n++] = (char)(0xC0 | v >> 6);
			c[n++] = (char)(0x80 | (v & 63));
		}
		mutf7_encode(a, (struct str){c, n}, &raw);
		if (mutf7_decode(a, raw, &back) != 1 || !str_eq(back, (struct str){c, n}))
			T(!"a character comes back as it went");
	}
	T(true);
}

int main(void)
{
	struct arena a = {0};
	both_ways(&a);
	maildir(&a);
	kept(&a);
	every_character(&a);
	arena_free(&a);
	return t_done();
}

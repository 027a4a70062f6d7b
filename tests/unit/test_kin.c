#include "t.h"

#include "buf.h"
#include "kin.h"

static struct arena a;

static struct kin kin(const char *text)
{
	static const unsigned char hash[32] = {1, 2, 3, 4, 5, 6, 7, 8};
	struct mail m;
	struct kin k;
	mail_parse(&a, str_of(text), &mail_default_limits, &m);
	kin_make(&a, &m, hash, &k);
	return k;
}

static uint64_t id(const char *s)
{
	return kin_id(str_of(s));
}

static void references(void)
{
	struct kin k = kin("Message-ID: <me@x.org>\nReferences: <one@x.org>\n"
			   " <two@x.org> <three@x.org> <me@x.org>\nIn-Reply-To: <four@x.org>\n\n");
	T(k.hash == UINT64_C(0x0102030405060708));
	T(k.id == id("<me@x.org>"));
	T(k.n_refs == 3 && k.refs[0] == id("<one@x.org>") && k.refs[2] == id("<three@x.org>"));
	T(k.n_firm == 4 && k.firm[0] == k.id);
	T(k.reply && !k.asks && k.n_loose == 0 && k.date == KIN_UNDATED);
}

static void in_reply_to(void)
{
	static const struct {
		const char *value, *id;
	} table[] = {
		{"<four@x.org>", "<four@x.org>"},
		{"<9305031.AA1@x.org>; from \"Joe <joe@x.org>\" at May 3", "<9305031.AA1@x.org>"},
		{"Your message of Mon, 3 May <9305031200.AA01@x.org>", "<9305031200.AA01@x.org>"},
		{"Your message of Mon <joe@x.org>", NULL},
		{"<broken <four@x.org>", "<four@x.org>"},
		{"<no>", NULL},
		{"<a b@x.org>", NULL},
		{"<", NULL},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		char text[300];
		snprintf(text, sizeof text, "In-Reply-To: %s\n\n", table[i].value);
		struct kin k = kin(text);
		T(k.n_refs == (table[i].id != NULL));
		T(!table[i].id || k.refs[0] == id(table[i].id));
	}
}

/* A forged list of thousands joins three threads at most, and keeps its ends. */
static void long_list(void)
{
	struct buf b;
	char last[40];
	buf_init(&b, 1 << 20);
	buf_str(&b, STR("References:"));
	for (int i = 0; i < 5000; i++)
		buf_fmt(&b, "\n <ref%d@x.org>", i);
	buf_str(&b, STR("\n\n"));
	struct kin k = kin(buf_cstr(&b));
	snprintf(last, sizeof last, "<ref%d@x.org>", 4999);
	T(k.n_refs == KIN_REFS && k.n_firm == 3);
	T(k.refs[0] == id("<ref0@x.org>") && k.refs[KIN_REFS - 1] == id(last));
	buf_free(&b);
}

static bool share(const struct kin *x, const struct kin *y)
{
	for (unsigned i = 0; i < x->n_loose; i++)
		for (unsigned j = 0; j < y->n_loose; j++)
			if (x->loose[i] == y->loose[j] && (x->asks || y->asks))
				return true;
	return false;
}

static void subjects(void)
{
	static const struct {
		const char *from, *to, *date, *subject;
		bool same;
	} table[] = {
		{"bob@x.org", "ann@x.org", "4 May 1993", "Re: the plan", true},
		{"bob@x.org", "ANN@X.org", "14 May 1993", "AW: The Plan", true},
		{"bob@x.org", "ann@x.org", "4 May 1994", "Re: the plan", false},
		{"bob@x.org", "ann@x.org", "4 May 1993", "the plan", false},
		{"dan@x.org", "eve@x.org", "4 May 1993", "Re: the plan", false},
		{"bob@x.org", "ann@x.org", "4 May 1993", "Re: the plans", false},
		{"ann@x.org", "zoe@x.org", "4 May 1993", "Re: the plan", true},
		{"bob@x.org", "ann@x.org", "nonsense", "Re: the plan", false},
	};
	struct kin first = kin("From: Ann <ann@x.org>\nTo: bob@x.org\nSubject: the plan\n"
			       "Date: 3 May 1993 10:00 +0000\n\n");
	T(first.n_loose == 2 && !first.asks);
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		char text[500];
		snprintf(text, sizeof text, "From: %s\nTo: %s\nDate: %s 10:00 +0000\n"
			 "Subject: %s\n\n", table[i].from, table[i].to,
			 table[i].date, table[i].subject);
		struct kin k = kin(text);
		T(share(&first, &k) == table[i].same);
	}
}

/* A message that kills its worker is not read. */
static void unread(void)
{
	static const unsigned char hash[32];
	static const struct mail none;
	struct kin k;
	kin_make(&a, &none, hash, &k);
	T(k.id == 0 && k.n_firm == 0 && k.n_loose == 0 && k.date == KIN_UNDATED);
}

int main(void)
{
	mail_init();
	unread();
	references();
	in_reply_to();
	long_list();
	subjects();
	arena_free(&a);
	return t_done();
}

#include "t.h"

#include "arena.h"
#include "quote.h"

/* The text with what is quoted in brackets. */
static struct str marked(struct arena *a, const char *text)
{
	struct quote q = quote_begin(str_of(text));
	struct str piece, out = STR("");
	bool quoted, last = false, first = true;
	size_t sum = 0;
	while (quote_next(&q, &piece, &quoted)) {
		T(piece.n > 0 && (first || quoted != last));
		first = false;
		last = quoted;
		sum += piece.n;
		out = arena_fmt(a, quoted ? "%.*s[%.*s]" : "%.*s%.*s", STR_ARG(out),
				STR_ARG(piece));
	}
	T(sum == strlen(text));
	return out;
}

static const char *const row[][2] = {
	{"", ""},
	{"own\n", "own\n"},
	{"> a\nown\n", "[> a\n]own\n"},
	{"own\n\n> a\n>> b\n\nown", "own\n\n[> a\n>> b\n\n]own"},
	{"own\r\n > a\r\n", "own\r\n[ > a\r\n]"},
	{"On 3 May 2020, Ann wrote:\n> a\nown\n", "[On 3 May 2020, Ann wrote:\n> a\n]own\n"},
	{"own\nOn Mon, 3 May 2020 at 10:00, Ann Smith\n<ann@example.org> wrote:\n\n> a\nb\n",
	 "own\n[On Mon, 3 May 2020 at 10:00, Ann Smith\n<ann@example.org> wrote:\n\n> a\n]b\n"},
	{"own\non 3 May 2020 Ann Wrote:\n\nall this\nand this\n",
	 "own\n[on 3 May 2020 Ann Wrote:\n\nall this\nand this\n]"},
	{"On the whole\nnobody wrote:\nmuch\n", "On the whole\nnobody wrote:\nmuch\n"},
	{"On 3 May\n\nAnn wrote:\n", "On 3 May\n\nAnn wrote:\n"},
	{"On 3 May a\nb\nc\nd\nwrote:\n", "On 3 May a\nb\nc\nd\nwrote:\n"},
	{"own\n-----Original Message-----\nFrom: a\nb\n",
	 "own\n[-----Original Message-----\nFrom: a\nb\n]"},
	{"own\n---------- Forwarded message ---------\nb\n> c\nd\n",
	 "own\n[---------- Forwarded message ---------\nb\n> c\nd\n]"},
	{"-- Ursprüngliche Nachricht --\nb\n", "[-- Ursprüngliche Nachricht --\nb\n]"},
	{"-- \nAnn\n", "-- \nAnn\n"},
	{"the original message\n", "the original message\n"},
	{"own\n\nFrom: Ann\nSent: Monday\nTo: Bob\nSubject: x\n\nb\n",
	 "own\n\n[From: Ann\nSent: Monday\nTo: Bob\nSubject: x\n\nb\n]"},
	{"*From:* Ann\n*Date:* Monday\n*Subject:* x\nb\n",
	 "[*From:* Ann\n*Date:* Monday\n*Subject:* x\nb\n]"},
	{"From: Ann\nb\nc\nd\ne\nf\nSubject: x\nSent: y\n",
	 "From: Ann\nb\nc\nd\ne\nf\nSubject: x\nSent: y\n"},
	{"\n\n", "\n\n"},
	{">", "[>]"},
};

int main(void)
{
	struct arena a = {0};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		T_STR(marked(&a, row[i][0]), str_of(row[i][1]));
	/* NULs, and a text that is nothing but beginnings. */
	struct quote q = quote_begin((struct str){"On 1\0 wrote:\n>", 14});
	struct str piece;
	bool quoted;
	T(quote_next(&q, &piece, &quoted) == 1 && quoted && piece.n == 14);
	T(quote_next(&q, &piece, &quoted) == 0);
	arena_free(&a);
	return t_done();
}

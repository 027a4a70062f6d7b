#include "t.h"

#include "header.h"

/* One field alone: name, decoded value, and its line in the block. */
static void one_field(void)
{
	static const struct {
		struct str in, name, value, text;
	} row[] = {
		{STR("A: b\n"), STR("A"), STR("b"), STR("A: b\n")},
		{STR("A: b\r\n"), STR("A"), STR("b"), STR("A: b\n")},
		{STR("A: b"), STR("A"), STR("b"), STR("A: b\n")},
		{STR("A:b\n"), STR("A"), STR("b"), STR("A:b\n")},
		{STR("A:\tb\n"), STR("A"), STR("b"), STR("A:\tb\n")},
		{STR("A:  b \n"), STR("A"), STR(" b "), STR("A:  b \n")},
		{STR("A \t: b\n"), STR("A"), STR("b"), STR("A \t: b\n")},
		{STR("A:\n"), STR("A"), STR(""), STR("A:\n")},
		{STR("A: b: c\n"), STR("A"), STR("b: c"), STR("A: b: c\n")},
		{STR("A: b\n c\n"), STR("A"), STR("b c"), STR("A: b c\n")},
		{STR("A: b\r\n\tc\r\n"), STR("A"), STR("b c"), STR("A: b c\n")},
		{STR("A: b\n\t\tc\n"), STR("A"), STR("b \tc"), STR("A: b \tc\n")},
		{STR("A: b \n  c\n"), STR("A"), STR("b   c"), STR("A: b   c\n")},
		{STR("A:\n b\n"), STR("A"), STR(" b"), STR("A: b\n")},
		{STR("A: b\rc\n"), STR("A"), STR("b\rc"), STR("A: b\rc\n")},
		{STR("A: b\0c\n"), STR("A"), STR("b\0c"), STR("A: b\0c\n")},
		{STR("A: =?utf-8?q?b?=\n =?utf-8?q?c?=\n"), STR("A"), STR("bc"), STR("A: bc\n")},
		{STR("A: caf\xE9\n"), STR("A"), STR("caf\xC3\xA9"), STR("A: caf\xC3\xA9\n")},
		{STR("\xE9: b\n"), STR("\xE9"), STR("b"), STR("\xC3\xA9: b\n")},
		{STR("no colon\n"), STR(""), STR("no colon"), STR("no colon\n")},
		{STR("no colon\n : x\n"), STR(""), STR("no colon : x"), STR("no colon : x\n")},
		{STR(":b\n"), STR(""), STR("b"), STR(":b\n")},
		{STR(" A: b\n"), STR(" A"), STR("b"), STR(" A: b\n")},
		{STR("From a@b 10:00\n"), STR(""), STR("From a@b 10:00"), STR("From a@b 10:00\n")},
		{STR(">From a:b\n"), STR(""), STR(">From a:b"), STR(">From a:b\n")},
		{STR("--x\n"), STR(""), STR("--x"), STR("--x\n")},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct arena a = {0};
		struct header h;
		header_parse(&a, row[i].in, &h);
		T(h.n == 1);
		T_STR(h.fields[0].name, row[i].name);
		T_STR(h.fields[0].value, row[i].value);
		T_STR(h.text, row[i].text);
		arena_free(&a);
	}
}

static void block(void)
{
	struct arena a = {0};
	struct header h;
	header_parse(&a, STR("From x\nA: 1\nstray\nb: 2\n 3\nFrom y:z\nA: 4\n"), &h);
	T(h.n == 6);
	T_STR(h.text, STR("From x\nA: 1\nstray\nb: 2 3\nFrom y:z\nA: 4\n"));
	T_STR(header_find(h.fields, h.n, STR("a"))->value, STR("1"));
	T_STR(header_find(h.fields, h.n, STR("B"))->value, STR("2 3"));
	T_STR(header_find(h.fields, h.n, STR("B"))->raw, STR(" 2\n 3"));
	T(header_find(h.fields, h.n, STR("c")) == NULL);
	T_STR(h.fields[4].name, STR("From y")); /* only the first line is mbox's */
	header_parse(&a, STR(""), &h);
	T(h.n == 0 && h.text.n == 0);
	T_STR(header_unfold(&a, STR(" a\r\n\tb")), STR("a b"));
	T_STR(header_unfold(&a, STR("\t\ta")), STR("\ta"));
	T_STR(header_unfold(&a, STR("")), STR(""));
	arena_free(&a);
}

int main(void)
{
	one_field();
	block();
	return t_done();
}

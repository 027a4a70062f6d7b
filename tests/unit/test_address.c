#include "t.h"

#include "address.h"

static void well_formed(void)
{
	static const struct {
		const char *in, *quoted, *bare; /* bare NULL: as quoted */
	} row[] = {
		{"", "", NULL},
		{"(only a comment)", "", NULL},
		{"u@h", "<u@h>", NULL},
		{"<u@h>", "<u@h>", NULL},
		{"John <u@h>", "John <u@h>", NULL},
		{"\"J. Random\" <jr@x.org>", "\"J. Random\" <jr@x.org>", "J. Random <jr@x.org>"},
		{"John Q. Public <u@h>", "\"John Q. Public\" <u@h>", "John Q. Public <u@h>"},
		{"John \t Q.  \"Pub  lic\" <u@h>", "\"John Q. Pub  lic\" <u@h>",
		 "John Q. Pub  lic <u@h>"},
		{"\"plain\" <u@h>", "plain <u@h>", NULL},
		{"\"O'Brien\" <u@h>", "O'Brien <u@h>", NULL},
		{"\"O'Brien x\" <u@h>", "\"O\\'Brien x\" <u@h>", "O'Brien x <u@h>"},
		{"\"a\\\"b\\\\c\" <u@h>", "\"a\\\"b\\\\c\" <u@h>", "a\"b\\c <u@h>"},
		{"J\xC3\xBC <u@h>", "J\xC3\xBC <u@h>", NULL},
		{"\"a\"b <u@h>", "\"a b\" <u@h>", "a b <u@h>"},
		/* comments */
		{"u@h (Real Name)", "\"Real Name\" <u@h>", "Real Name <u@h>"},
		{"(first) u@h", "<u@h>", NULL},
		{"(c1) u@h (c2) (c3)", "c3 <u@h>", NULL},
		{"u@h ()", "<u@h>", NULL},
		{"u@h (a (b) c)", "\"a (b) c\" <u@h>", "a (b) c <u@h>"},
		{"u@h (a \\) b)", "\"a ) b\" <u@h>", "a ) b <u@h>"},
		{"u (x) @ (y) h . z", "y <u@h.z>", NULL},
		{"a (com) d <b@c> (after)", "\"a d\" <b@c>", "a d <b@c>"},
		/* local parts, domains, routes */
		{"u . v @ h . i", "<u.v@h.i>", NULL},
		{"u..v@h, .u@h, u.@h", "<u..v@h>, <.u@h>, <u.@h>", NULL},
		{"\"a.b\"@c", "<a.b@c>", NULL},
		{"\"a b\"@c", "<\"a b\"@c>", "<a b@c>"},
		{"\"\"@c", "<\"\"@c>", "<@c>"},
		{"a@[1.2.3.4]", "<a@[1.2.3.4]>", NULL},
		{"<@r:u@h>", "<@r:u@h>", NULL},
		{"N <@r , @s : u@h>", "N <@r,@s:u@h>", NULL},
		/* lists and groups */
		{"a@b, c@d,", "<a@b>, <c@d>", NULL},
		{"undisclosed-recipients:;", "undisclosed-recipients:;", NULL},
		{"g: a@b, \"q d\"@c;", "g: <a@b>, <\"q d\"@c>;", "g: <a@b>, <q d@c>;"},
		{"my group: N <x@y>;, z@w", "\"my group\": N <x@y>;, <z@w>",
		 "my group: N <x@y>;, <z@w>"},
		{"g : ; (c)", "g:;", NULL},
		/* encoded words are never quoted */
		{"=?utf-8?q?J=2C?= x <u@h>", "=?utf-8?q?J=2C?= x <u@h>", NULL},
		{"\"=?utf-8?q?J=2C?= x\" <u@h>", "=?utf-8?q?J=2C?= x <u@h>", NULL},
		{"u@h (=?utf-8?q?x y?=)", "=?utf-8?q?x y?= <u@h>", NULL},
		{"=?utf-8?q?g_h?=: a@b;", "=?utf-8?q?g_h?=: <a@b>;", NULL},
	};
	struct arena a = {0};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct address_forms f;
		address_write(&a, str_of(row[i].in), &f);
		T_STR(f.quoted, str_of(row[i].quoted));
		T_STR(f.bare, str_of(row[i].bare ? row[i].bare : row[i].quoted));
		T(!f.malformed);
	}
	arena_free(&a);
}

static void malformed(void)
{
	static const struct {
		const char *in, *bare;
	} row[] = {
		{"bare", ""},
		{"bare, x@y", "<x@y>"},
		{"x@y, bare", "<x@y>"},
		{"a@b,, c@d", "<a@b>, <c@d>"},
		{"x@y z", "<x@y>"},
		{"\"x\" <y@z> junk, c@d", "x <y@z>, <c@d>"},
		{"<>", ""},
		{"<u>", ""},
		{"<u@>", ""},
		{"@h", ""},
		{"N <>", ""},
		{"<u@h", ""},
		{"u@h>", "<u@h>"},
		{"\"open <u@h>", ""},
		{"u@h (open", "<u@h>"},
		{"X [y] <u@h>, c@d", "<c@d>"},
		{"a@[1.2", ""},
		{"<@r u@h>", ""},
		{"u(c)v@h", ""},
		{"a@b; c@d, e@f", "<a@b>, <e@f>"},
		{"g: a@b", "g: <a@b>;"},
		{"g: h: a@b;, c@d", "g:;, <c@d>"},
		{"g: a@b, c;", "g: <a@b>;"},
		{"g: bare, a@b;", "g: <a@b>;"},
		{"g: a@b,;", "g: <a@b>;"},
		{"g: a@b; x, c@d", "g: <a@b>;, <c@d>"},
		{": a@b;, c@d", "<c@d>"},
		{"a\x01" "b <u@h>", ""},
		{";", ""},
		{">", ""},
		{")", ""},
		{"\\", ""},
	};
	struct arena a = {0};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct address_forms f;
		address_write(&a, str_of(row[i].in), &f);
		T_STR(f.bare, str_of(row[i].bare));
		T(f.malformed);
	}
	arena_free(&a);
}

/* Long input in linear time, and NUL octets. */
static void hostile(void)
{
	struct arena a = {0};
	struct address_forms f;
	size_t n = 2000000;
	static const char *const units[] = {"<", "(", "\"", "a:", "a@b,", ",", ";", "@", "a.", "\\",
					    "a@[,", "a\",", "a(,"};
	for (size_t u = 0; u < sizeof units / sizeof *units; u++) {
		size_t len = strlen(units[u]);
		char *p = malloc(n);
		for (size_t i = 0; i < n; i++)
			p[i] = units[u][i % len];
		address_write(&a, (struct str){p, n}, &f);
		T(f.quoted.n <= 4 * n);
		free(p);
		arena_reset(&a);
	}
	address_write(&a, STR("a\0b@c, d@e"), &f);
	T_STR(f.quoted, STR("<d@e>"));
	T(f.malformed);
	arena_free(&a);
}

int main(void)
{
	well_formed();
	malformed();
	hostile();
	return t_done();
}

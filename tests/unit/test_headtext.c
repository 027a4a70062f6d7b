#include "t.h"

#include "casemap.h"
#include "headtext.h"

static struct arena a;

/* Of a message, packed and unpacked. */
static struct headtext of(const char *raw, size_t n)
{
	struct headtext h;
	struct mail m;
	struct buf b;
	buf_init(&b, (size_t)4 << 20);
	mail_parse(&a, (struct str){raw, n}, &mail_default_limits, &m);
	headtext_pack(&m, &b);
	T(headtext_unpack(arena_str(&a, buf_all(&b)), &h));
	for (size_t i = 0; h.whole && i < m.parts[0].n_fields; i++) {
		const struct mail_field *f = &m.parts[0].fields[i];
		if (f->name.n > 0)
			T(headtext_has_field(&h, casemap_str(&a, f->name),
					     casemap_str(&a, f->value)));
	}
	for (size_t i = 0; h.whole && i < m.n_parts; i++)
		T(m.parts[i].n_fields == 0 ||
		  casemap_has(i ? h.rest : h.top, casemap_str(&a, m.parts[i].header)));
	struct headtext other;
	T(!headtext_unpack(str_cut(buf_all(&b), 0, b.n - 1), &other));
	buf_chr(&b, 'x');
	T(!headtext_unpack(buf_all(&b), &other));
	buf_free(&b);
	return h;
}

static struct headtext of_text(const char *raw)
{
	return of(raw, strlen(raw));
}

static void test_fields(void)
{
	struct headtext h = of_text("Subject: Hello  World\nX-A:b\nX-B :  c\n"
				    "X-Empty:\n"
				    "X-Fold: one\n\ttwo\nX-Q: =?utf-8?q?=C3=BCber?=\n\n"
				    "body text\n");
	T(h.whole);
	T(headtext_has(&h, STR("HELLO  WORLD\n")) && headtext_has(&h, STR("X-A:B")));
	T(!headtext_has(&h, STR("BODY")));
	T(headtext_has_field(&h, STR("SUBJECT"), STR("LO  W")));
	T(!headtext_has_field(&h, STR("SUBJECT"), STR("SUBJECT")));
	T(headtext_has_field(&h, STR("X-A"), STR("B")));
	T(!headtext_has_field(&h, STR("X"), STR("")));
	T(headtext_has_field(&h, STR("X-B"), STR(" C")));
	T(!headtext_has_field(&h, STR("X-B"), STR("  C")));
	T(headtext_has_field(&h, STR("X-EMPTY"), STR("")));
	T(!headtext_has_field(&h, STR("X-EMPTY"), STR("X")));
	T(headtext_has_field(&h, STR("X-FOLD"), STR("ONE TWO")));
	T(headtext_has_field(&h, STR("X-Q"), STR("U\xCC\x88" "BER")));
}

static void test_parts(void)
{
	struct headtext h = of_text("Subject: s\nContent-Type: multipart/mixed; boundary=b\n\n"
				    "--b\nX-Inner: deep\n\ntext\n--b--\n");
	T(h.whole && headtext_has(&h, STR("X-INNER: DEEP")));
	T(str_find(h.top, STR("DEEP")) < 0 && !headtext_has_field(&h, STR("X-INNER"), STR("")));
}

/* What its lines do not tell is asked of the message. */
static void test_not_whole(void)
{
	static const char *const odd[] = {
		/* a colon, and no name */
		"From alice Mon Jan  1 10:00:00 2024\nSubject: s\n\n",
		"A\xEF\xB9\x95" "B: c\n\n",    /* a small colon in a name: mapped, a colon */
		"\xEF\xBC\xB3ubject: c\n\n", /* a wide S: not one of the five fields */
		"X-A:=?utf-8?q?_b?=\n\n",      /* no separator, and a value with a blank */
		"X-A: b\r\r\n\n",              /* a CR, and then a line end */
		"X-A: a=?utf-8?q?=0A?=b\n\n",  /* a line end in an encoded word */
	};
	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
		struct headtext h = of_text(odd[i]);
		T(!h.whole && h.top.n == 0 && h.rest.n == 0);
	}
	T(of_text("just a line\nX-A: b\n\n").whole);
	T(of_text("").whole);
	size_t n = HEADTEXT_MAX + 100;
	char *large = arena_alloc(&a, n);
	memset(large, 'x', n);
	memcpy(large, "X-A: ", 5);
	T(!of(large, n).whole);
	T(of(large, HEADTEXT_MAX / 2).whole);
	struct headtext none;
	struct buf b;
	buf_init(&b, 100);
	headtext_pack(NULL, &b);
	T(headtext_unpack(buf_all(&b), &none) && !none.whole);
	buf_free(&b);
}

int main(void)
{
	mail_init();
	test_fields();
	test_parts();
	test_not_whole();
	arena_free(&a);
	return t_done();
}

#include "t.h"

#include "codec.h"

struct row {
	struct str in, want;
	bool broken;
};

static void check(enum codec_kind kind, const struct row *row, size_t n)
{
	struct arena a = {0};
	for (size_t i = 0; i < n; i++) {
		bool broken = false;
		T_STR(codec_decode(&a, kind, row[i].in, &broken), row[i].want);
		T(broken == row[i].broken);
		if (broken != row[i].broken)
			printf("  in row %zu\n", i);
	}
	arena_free(&a);
}

static void base64(void)
{
	static const struct row row[] = {
		{STR(""), STR(""), false},
		{STR("YWJj"), STR("abc"), false},
		{STR("YWJj\r\n"), STR("abc"), false},
		{STR("Y W\tJ\r\nj"), STR("abc"), false},
		{STR("YWJjZA=="), STR("abcd"), false},
		{STR("YWJjZGU="), STR("abcde"), false},
		{STR("YWJjZA==\r\n \r\n"), STR("abcd"), false},
		{STR("YWJjZA=\r\n="), STR("abcd"), false},
		{STR("YWJjZA"), STR("abcd"), false}, /* padding forgotten, nothing lost */
		{STR("YWJjZGU"), STR("abcde"), false},
		{STR("YWJjZ"), STR("abc"), true},    /* six bits left over */
		{STR("YWJjZA==ZGVm"), STR("abcd"), true},
		{STR("YWJj!ZGVm"), STR("abc"), true},
		{STR("YWJjZ!GVm"), STR("abc"), true},
		{STR("YWJjZG-Vm"), STR("abcd"), true},
		{STR("=YWJj"), STR(""), true},
		{STR("Y==="), STR(""), true},
		{STR("YWJjZA="), STR("abcd"), true},
		{STR("YWJj\0ZGVm"), STR("abc"), true},
		{STR("YWJj\xE9"), STR("abc"), true},
		{STR("+/+/"), STR("\xFB\xFF\xBF"), false},
	};
	check(CODEC_BASE64, row, sizeof row / sizeof *row);
}

static void qp(void)
{
	static const struct row row[] = {
		{STR(""), STR(""), false},
		{STR("soft=\r\nbreak"), STR("softbreak"), false},
		{STR("soft=\nbreak"), STR("softbreak"), false},
		{STR("soft= \t\r\nbreak"), STR("softbreak"), false},
		{STR("trail \t\r\nnext"), STR("trail\r\nnext"), false},
		{STR("trail  "), STR("trail"), false},
		{STR("=C3=A9=c3=a9"), STR("\xC3\xA9\xC3\xA9"), false},
		{STR("bad=ZZ=4G=G4"), STR("bad=ZZ=4G=G4"), false},
		{STR("end="), STR("end"), false},
		{STR("end=4"), STR("end=4"), false},
		{STR("a=20\r\nb"), STR("a \r\nb"), false},
		{STR("a=\r\n\r\nb"), STR("a\r\nb"), false},
		{STR("==41"), STR("=A"), false},
		{STR("=3D41"), STR("=41"), false},
		{STR("=00x\0y"), STR("\0x\0y"), false},
		{STR("\n\n"), STR("\n\n"), false},
		{STR("a\rb\r"), STR("a\rb\r"), false},
	};
	check(CODEC_QP, row, sizeof row / sizeof *row);
}

/* Every way to cut a text in two gives what the pieces give, as long as groups are whole. */
static void long_base64(void)
{
	static const char digits[] = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo=";
	struct arena a = {0};
	for (size_t i = 0; i < sizeof digits - 1; i++) {
		char in[64];
		bool broken = false;
		snprintf(in, sizeof in, "%.*s\r\n%s", (int)i, digits, digits + i);
		T_STR(codec_decode(&a, CODEC_BASE64, str_of(in), &broken),
		      STR("ABCDEFGHIJKLMNOPQRSTUVWXYZ"));
		T(!broken);
	}
	arena_free(&a);
}

static void names(void)
{
	T(codec_of(STR("7bit")) == CODEC_NONE && codec_of(STR("8BIT")) == CODEC_NONE);
	T(codec_of(STR("Binary")) == CODEC_NONE && codec_of(STR("BASE64")) == CODEC_BASE64);
	T(codec_of(STR("Quoted-Printable")) == CODEC_QP);
	T(codec_of(STR("")) == CODEC_UNKNOWN && codec_of(STR("x-uuencode")) == CODEC_UNKNOWN);
	T(codec_of(STR("base64x")) == CODEC_UNKNOWN);
}

int main(void)
{
	struct arena a = {0};
	bool broken = false;
	base64();
	qp();
	long_base64();
	names();
	T_STR(codec_decode(&a, CODEC_UNKNOWN, STR("as it is"), &broken), STR("as it is"));
	T(broken);
	T_STR(codec_q(&a, STR("a_b=20=5F=zz=4")), STR("a b _=zz=4"));
	arena_free(&a);
	return t_done();
}

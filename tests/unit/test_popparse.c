#include "t.h"

#include "popparse.h"

static void status(void)
{
	static const struct {
		const char *line;
		int r;
		enum popparse_kind kind;
		const char *code, *text;
		enum err_kind failure;
	} row[] = {
		{"+OK", 1, POPPARSE_OK, "", "", ERR_NET},
		{"+ok  3 messages", 1, POPPARSE_OK, "", "3 messages", ERR_NET},
		{"-ERR", 1, POPPARSE_ERR, "", "", ERR_NET},
		{"-ERR [IN-USE] busy", 1, POPPARSE_ERR, "IN-USE", "busy", ERR_LATER},
		{"-ERR [login-delay] wait", 1, POPPARSE_ERR, "login-delay", "wait", ERR_LATER},
		{"-ERR [SYS/TEMP]", 1, POPPARSE_ERR, "SYS/TEMP", "", ERR_LATER},
		{"-ERR [SYS/PERM] x", 1, POPPARSE_ERR, "SYS/PERM", "x", ERR_DENIED},
		{"-ERR [AUTH] bad password", 1, POPPARSE_ERR, "AUTH", "bad password", ERR_DENIED},
		{"-ERR [OTHER] x", 1, POPPARSE_ERR, "OTHER", "x", ERR_NET},
		{"-ERR [IN-USE x", 1, POPPARSE_ERR, "", "[IN-USE x", ERR_NET},
		{"+ cj1yZXN0", 1, POPPARSE_ASKS, "", "cj1yZXN0", ERR_NET},
		{"+ ", 1, POPPARSE_ASKS, "", "", ERR_NET},
		{"+", 1, POPPARSE_ASKS, "", "", ERR_NET},
		{"+OKAY", 0, POPPARSE_OK, "", "", ERR_NET},
		{"OK", 0, POPPARSE_OK, "", "", ERR_NET},
		{"* OK IMAP4rev1", 0, POPPARSE_OK, "", "", ERR_NET},
		{"", 0, POPPARSE_OK, "", "", ERR_NET},
	};
	struct popparse_status st;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		int r = popparse_status(str_of(row[i].line), &st);
		T(r == row[i].r);
		if (r == 0)
			continue;
		T(st.kind == row[i].kind);
		T_STR(st.code, str_of(row[i].code));
		T_STR(st.text, str_of(row[i].text));
		T(popparse_failure(&st, ERR_NET) == row[i].failure);
	}
}

static void uidl(void)
{
	static const struct {
		struct str line;
		int r;
		uint32_t number;
		struct str name;
	} row[] = {
		{STR("1 000000016b00c7a9"), 1, 1, STR("000000016b00c7a9")},
		{STR("2  UID1-1795215595 "), 1, 2, STR("UID1-1795215595")},
		{STR("3 a"), 1, 3, STR("a")},
		{STR("4 two words"), 1, 4, STR("")},
		{STR("5 caf\xC3\xA9"), 1, 5, STR("")},
		{STR("6"), 1, 6, STR("")},
		{STR("7 0123456789012345678901234567890123456789012345678901234567890123456789"), 1,
		 7, STR("0123456789012345678901234567890123456789012345678901234567890123456789")},
		{STR("8 0123456789012345678901234567890123456789012345678901234567890123456789x"),
		 1, 8, STR("")},
		{STR("9 \0x"), 1, 9, STR("")},
		{STR("0 x"), 0, 0, STR("")},
		{STR("4294967296 x"), 0, 0, STR("")},
		{STR("-1 x"), 0, 0, STR("")},
		{STR("x 1"), 0, 0, STR("")},
		{STR(""), 0, 0, STR("")},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		uint32_t number = 0;
		struct str name = {0};
		T(popparse_uidl(row[i].line, &number, &name) == row[i].r);
		if (row[i].r)
			T(number == row[i].number);
		if (row[i].r)
			T_STR(name, row[i].name);
	}
}

static void list(void)
{
	uint32_t number;
	uint64_t size;
	T(popparse_list(STR("1 120"), &number, &size) && number == 1 && size == 120);
	T(popparse_list(STR(" 2  5000000000 more"), &number, &size) && size == 5000000000);
	T(popparse_list(STR("3 many"), &number, &size) && number == 3 && size == 0);
	T(popparse_list(STR("3"), &number, &size) && size == 0);
	T(!popparse_list(STR("x 3"), &number, &size));
	T(!popparse_list(STR(""), &number, &size));
}

static void capa(void)
{
	struct str args;
	T(popparse_capa(STR("SASL PLAIN LOGIN"), STR("SASL"), &args));
	T_STR(args, STR("PLAIN LOGIN"));
	T(popparse_capa(STR("uidl"), STR("UIDL"), &args) && args.n == 0);
	T(popparse_capa(STR("LOGIN-DELAY  10 USER "), STR("LOGIN-DELAY"), &args));
	T_STR(args, STR("10 USER"));
	T(!popparse_capa(STR("UIDLS"), STR("UIDL"), &args));
	T(!popparse_capa(STR(""), STR("UIDL"), &args));
}

int main(void)
{
	status();
	uidl();
	list();
	capa();
	return t_done();
}

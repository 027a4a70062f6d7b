#include "t.h"

#include "imapparse.h"

static void responses(void)
{
	static const struct {
		struct str line;
		enum imapparse_kind kind;
		enum imapparse_status status;
		struct str tag, code, code_args, text, name, args;
		uint32_t number;
	} row[] = {
		{STR("* OK hello there"), IMAPPARSE_STATUS, IMAPPARSE_OK,
		 .text = STR("hello there")},
		{STR("* OK"), IMAPPARSE_STATUS, IMAPPARSE_OK, .text = STR("")},
		{STR("* ok [CAPABILITY IMAP4rev1 ID] x"), IMAPPARSE_STATUS, IMAPPARSE_OK,
		 .code = STR("CAPABILITY"), .code_args = STR("IMAP4rev1 ID"), .text = STR("x")},
		{STR("* BYE"), IMAPPARSE_STATUS, IMAPPARSE_BYE, .text = STR("")},
		{STR("* PREAUTH x"), IMAPPARSE_STATUS, IMAPPARSE_PREAUTH, .text = STR("x")},
		{STR("a7 NO [UNAVAILABLE] later"), IMAPPARSE_TAGGED, IMAPPARSE_NO, .tag = STR("a7"),
		 .code = STR("UNAVAILABLE"), .text = STR("later")},
		{STR("a7 BAD"), IMAPPARSE_TAGGED, IMAPPARSE_BAD, .tag = STR("a7")},
		{STR("a7 OK [UIDVALIDITY 5"), IMAPPARSE_TAGGED, IMAPPARSE_OK, .tag = STR("a7"),
		 .text = STR("[UIDVALIDITY 5")},
		{STR("+"), IMAPPARSE_CONTINUE, .text = STR("")},
		{STR("+ go on"), IMAPPARSE_CONTINUE, .text = STR("go on")},
		{STR("* 23 EXISTS"), IMAPPARSE_DATA, .name = STR("EXISTS"), .number = 23},
		{STR("* 9.37e+06 EXISTS"), IMAPPARSE_DATA, .name = STR("EXISTS"),
		 .number = UINT32_MAX},
		{STR("* 4294967296 RECENT"), IMAPPARSE_DATA, .name = STR("RECENT")},
		{STR("* FLAGS (\\Seen)"), IMAPPARSE_DATA, .name = STR("FLAGS"),
		 .args = STR("(\\Seen)")},
		{STR("* SEARCH"), IMAPPARSE_DATA, .name = STR("SEARCH")},
		{STR("* STATUS \"x\" ()"), IMAPPARSE_DATA, .name = STR("STATUS"),
		 .args = STR("\"x\" ()")},
		{STR("* SEARCH "), IMAPPARSE_DATA, .name = STR("SEARCH")},
		{STR(""), IMAPPARSE_EMPTY, .text = STR("")},
	};
	static const struct str refused[] = {STR("garbage"), STR("a1"), STR("a1 FETCH 3"), STR(" "),
					     STR("*"), STR("* "), STR("* 5"), STR(")"),
					 STR("X-Spam: YES")};
	struct imapparse_resp r;
	struct err err;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		T(imapparse_resp(row[i].line, &r, &err) == 1);
		T(r.kind == row[i].kind && r.status == row[i].status && r.number == row[i].number);
		T_STR(r.kind == IMAPPARSE_TAGGED ? r.tag : STR(""), row[i].tag);
		T_STR(r.code, row[i].code);
		T_STR(r.code_args, row[i].code_args);
		T_STR(r.text, row[i].text);
		T_STR(r.name, row[i].name);
		T_STR(r.args, row[i].args);
	}
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		T(imapparse_resp(refused[i], &r, &err) == -1 && err.kind == ERR_INPUT);
}

/* A FETCH response as one line of text. */
static const char *describe(const struct imapparse_fetch *f)
{
	static char text[400];
	int n = snprintf(text, sizeof text, "%u", (unsigned)f->uid);
	if (f->has_flags)
		n += snprintf(text + n, sizeof text - (size_t)n, " flags %u '%.*s'", f->flags,
			      STR_ARG(f->keywords));
	if (f->has_date)
		n += snprintf(text + n, sizeof text - (size_t)n, " date %lld %d",
		 (long long)f->date,
			      f->zone);
	if (f->modseq)
		n += snprintf(text + n, sizeof text - (size_t)n, " modseq %llu",
			      (unsigned long long)f->modseq);
	static const char *const body[] = {"", " nil", " quoted", " literal"};
	n += snprintf(text + n, sizeof text - (size_t)n, "%s", body[f->body]);
	if (f->body == IMAPPARSE_QUOTED)
		snprintf(text + n, sizeof text - (size_t)n, " '%.*s'", STR_ARG(f->quoted));
	return text;
}

static void fetches(struct arena *a)
{
	static const struct {
		struct str args;
		const char *want; /* NULL: refused */
	} row[] = {
		{STR("(UID 5 FLAGS (\\Seen \\Recent work \\Flagged) BODY[] \0B)"),
		 "5 flags 5 'work' literal"},
		{STR("(BODY[] \0B FLAGS () UID 5)"), "5 flags 0 '' literal"},
		{STR("(uid 5 flags (b a b A))"), "5 flags 0 'A a b'"},
		{STR("(UID 5 UID 5)"), "5"},
		{STR("(UID 0)"), "0"},
		{STR("(UID 4294967296)"), "0"},
		{STR("(UID 9.37e+06 MODSEQ (-1))"), "0"},
		{STR("(FLAGS (\\Answered))"), "0 flags 2 ''"},
		{STR("(UID 5 MODSEQ (18446744073709551615))"), "5 modseq 18446744073709551615"},
		{STR("(UID 5 INTERNALDATE \"06-Mar-2025 07:30:00 +0000\")"), "5 date 1741246200 0"},
		{STR("(UID 5 INTERNALDATE \" 6-Mar-2025 07:30:00 +0130\")"),
		 "5 date 1741240800 90"},
		{STR("(UID 5 INTERNALDATE \"6-Mar-2025 07:30:00 -0800\")"),
		 "5 date 1741275000 -480"},
		{STR("(UID 5 INTERNALDATE \"31-Dec-1899 00:00:00 +0000\")"),
		 "5 date -2209075200 0"},
		{STR("(UID 5 INTERNALDATE \"yesterday\" RFC822.SIZE 12)"), "5"},
		{STR("(UID 5 INTERNALDATE NIL)"), "5"},
		{STR("(UID 5 BODY[] NIL)"), "5 nil"},
		{STR("(UID 5 BODY[] \"\")"), "5 quoted ''"},
		{STR("(UID 5 BODY[] \"a \\\"b\\\\ (\")"), "5 quoted 'a \"b\\ ('"},
		{STR("(UID 5 BODY[] {3}\r\na)b)"), "5 quoted 'a)b'"},
		{STR("(UID 5 BODY[]<0> \0B)"), "5"}, /* a part of it, perhaps */
		{STR("(UID 5 RFC822 \0B)"), "5 literal"},
		{STR("(UID 5 BODY[TEXT] \"no\")"), "5"},
		{STR("(BODY[HEADER.FIELDS (\"SUBJECT\")] {3}\r\n) ( UID 5)"), "5"},
		{STR("(X-NEW (a (b \"c)\" {2}\r\n)) d)) X-OTHER NIL X-JUNK \0D UID 5)"), "5"},
		{STR("( UID 5 )"), "5"},
		{STR("()"), "0"},
		{STR("(X (BODY[] \0B) UID 5)"), "5"},
		{STR("(UID 5 FLAGS (a) X-GM-LABELS (\\Inbox \"b c\" a {2}\r\n) ))"),
		 "5 flags 0 'a label:%29%20 label:^Inbox label:a label:b%20c'"},
		{STR("(X-GM-LABELS () UID 5)"), "5"},
		{STR("(UID 5 RFC822.SIZE 7 EMAILID (M1) SAVEDATE NIL"
		     " BODY[HEADER.FIELDS (A)] \"b\")"),
		 "5"},
		{STR("(UID 5"), NULL},
		{STR("UID 5"), NULL},
		{STR("(UID 5) junk"), NULL},
		{STR("(UID)"), NULL},
		{STR("(UID 5 BODY[] \0B rest of a mail)"), NULL},
		{STR("(UID 5 BODY[] \0B rest)"), NULL},
		{STR("(UID 5 BODY[] \0B X-NEW 1 BODY[TEXT] NIL FLAGS ())"), "5 flags 0 '' literal"},
		{STR("(UID 5 BODY[] {9}\r\na)"), NULL},
		{STR("(UID 5 BODY[] \"open)"), NULL},
		{STR("(UID 5 BODY[)"), NULL},
		{STR(""), NULL},
	};
	struct imapparse_fetch f;
	struct err err;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		int r = imapparse_fetch(a, row[i].args, &f, &err);
		T(r == (row[i].want ? 1 : -1));
		if (r == 1 && row[i].want)
			T_STR(str_of(describe(&f)), str_of(row[i].want));
		else
			T(err.kind == ERR_INPUT);
	}
}

static void nesting(struct arena *a)
{
	static char deep[400];
	struct imapparse_fetch f;
	struct err err;
	for (int levels = 60; levels <= 64; levels += 4) {
		int n = snprintf(deep, sizeof deep, "(X ");
		for (int i = 0; i < levels; i++)
			deep[n++] = '(';
		for (int i = 0; i < levels; i++)
			deep[n++] = ')';
		n += snprintf(deep + n, sizeof deep - (size_t)n, " UID 5)");
		int r = imapparse_fetch(a, (struct str){deep, (size_t)n}, &f, &err);
		T(levels < 64 ? r == 1 && f.uid == 5 : r == -1);
	}
}

static void lists(struct arena *a)
{
	static const struct {
		struct str args, name;
		bool ok, selectable;
		char delimiter;
	} row[] = {
		{STR("(\\HasNoChildren) \"/\" INBOX"), STR("INBOX"), true, true, '/'},
		{STR("() \"\\\\\" \"a \\\"b\\\"\""), STR("a \"b\""), true, true, '\\'},
		{STR("(\\noselect) NIL x"), STR("x"), true, false, 0},
		{STR("(\\NonExistent \\Subscribed) \".\" x"), STR("x"), true, false, '.'},
		{STR("() \"/\" {5}\r\na\r\nb("), STR("a\r\nb("), true, true, '/'},
		{STR("() \"/\" NIL"), STR("NIL"), true, true, '/'},
		{STR("() \"/\" x (\"CHILDINFO\" (\"SUBSCRIBED\"))"), STR("x"), true, true, '/'},
		{STR("() \"/\" caf\xE9"), STR("caf\xE9"), true, true, '/'},
		{STR("() \"/\""), STR(""), false, false, 0},
		{STR("x \"/\" y"), STR(""), false, false, 0},
		{STR(""), STR(""), false, false, 0},
	};
	struct imapparse_list l;
	struct err err;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		T((imapparse_list(a, row[i].args, &l, &err) == 1) == row[i].ok);
		if (!row[i].ok)
			continue;
		T_STR(l.name, row[i].name);
		T(l.selectable == row[i].selectable && l.delimiter == row[i].delimiter);
	}
}

/* What else a FETCH response says; the names of those that sequence numbers do without. */
static void ids(struct arena *a)
{
	struct imapparse_fetch f;
	struct imapparse_resp r;
	struct err err;
	T(imapparse_fetch(a, STR("(UID 5 RFC822.SIZE 7 EMAILID (M1) SAVEDATE"
				 " \"06-Mar-2025 07:30:00 +0000\""
				 " BODY[HEADER.FIELDS (\"A\" B)] {3}\r\na\r\n)"), &f, &err) == 1);
	T(f.has_size && f.size == 7 && f.savedate == 1741246200 && f.has_header);
	T_STR(f.emailid, STR("M1"));
	T_STR(f.header, STR("a\r\n"));
	T(imapparse_fetch(a, STR("(UID 5 RFC822.SIZE 9.3e+06 EMAILID NIL SAVEDATE NIL"
				 " BODY[HEADER.FIELDS (A)] NIL)"), &f, &err) == 1);
	T(!f.has_size && f.emailid.n == 0 && f.savedate == 0 && !f.has_header);
	T(imapparse_resp(STR("* 77 UIDFETCH (FLAGS ())"), &r, &err) == 1);
	T(imapparse_message(a, &r, &f, &err) == 1 && f.uid == 77);
	T(imapparse_resp(STR("* 77 EXISTS"), &r, &err) == 1);
	T(imapparse_message(a, &r, &f, &err) == 0);
	T(imapparse_resp(STR("* OK FETCH (UID 5)"), &r, &err) == 1);
	T(imapparse_message(a, &r, &f, &err) == 0);
	T(imapparse_resp(STR("* 7 FETCH (UID"), &r, &err) == 1);
	T(imapparse_message(a, &r, &f, &err) == -1);
}

static void mailboxes(struct arena *a)
{
	struct imapparse_mailbox m;
	struct err err;
	T(imapparse_mailbox(a, STR("\"a \\\"b\" (MESSAGES 3 UIDNEXT 4 UIDVALIDITY 5 HIGHESTMODSEQ"
				   " 6 MAILBOXID (F1) UNSEEN 0)"), &m, &err) == 1);
	T_STR(m.name, STR("a \"b"));
	T(m.has_messages && m.messages == 3 && m.uidnext == 4 && m.uidvalidity == 5 &&
	  m.has_modseq && m.modseq == 6);
	T(imapparse_mailbox(a, STR("x ()"), &m, &err) == 1 && !m.has_messages && !m.has_modseq);
	T(imapparse_mailbox(a, STR("x (MESSAGES -1 HIGHESTMODSEQ 9.3e+06 UIDNEXT)"), &m,
			    &err) == 1);
	T(!m.has_messages && !m.has_modseq && m.uidnext == 0);
	T(imapparse_mailbox(a, STR("x"), &m, &err) == -1);
	T(imapparse_mailbox(a, STR("x (MESSAGES 1"), &m, &err) == -1);
}

static void foreign(struct arena *a)
{
	struct buf out;
	struct err err;
	buf_init(&out, 100);
	T(imapparse_foreign(a, STR("((\"\" \"/\")) ((\"~\" \"/\")(\"o.\" \".\" \"X\""
				   " (\"y\"))) ((\"#s/\" \"/\"))"), &out, &err) == 1);
	T_STR(buf_all(&out), STR("~\no.\n#s/\n"));
	buf_clear(&out);
	T(imapparse_foreign(a, STR("NIL NIL NIL"), &out, &err) == 1 && out.n == 0);
	T(imapparse_foreign(a, STR("NIL"), &out, &err) == -1);
	buf_free(&out);
}

int main(void)
{
	struct arena a = {0};
	responses();
	fetches(&a);
	nesting(&a);
	lists(&a);
	ids(&a);
	mailboxes(&a);
	foreign(&a);
	T(imapparse_word(STR("IMAP4rev1 ID idle"), STR("IDLE")));
	T(!imapparse_word(STR("IMAP4rev1 IDLES"), STR("IDLE")));
	arena_free(&a);
	return t_done();
}

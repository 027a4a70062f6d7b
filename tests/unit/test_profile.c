#include "t.h"

#include "file.h"
#include "profile.h"

/* Who is recognised by what. */
static void find(void)
{
	static const struct {
		const char *host, *about, *caps, *want;
	} row[] = {
		{"imap.gmail.com", "", "", "gmail"},
		{"IMAP.GMAIL.COM", "", "", "gmail"},
		{"mail.example.org", "Gimap ready", "IMAP4rev1 X-GM-EXT-1", "gmail"},
		{"outlook.office365.com", "", "", "microsoft"},
		{"exchange.example.org", "The Microsoft Exchange IMAP4 service is ready.", "",
		 "microsoft"},
		{"imap.mail.yahoo.com", "", "", "yahoo"},
		{"yahoo.com.example.org", "", "", "unknown"},
		{"imap.163.com", "Coremail System IMap Server Ready(163com[1])", "", "netease"},
		{"mail.example.org", "Dovecot (Debian) ready.", "IMAP4rev1", "dovecot"},
		{"mail.example.org", "ready (\"name\" \"Cyrus IMAPD\")", "", "cyrus"},
		{"mail.example.org", "IMAP4rev1 DavMail 6.0.1 server ready", "", "davmail"},
		{"imap.exmail.qq.com", "", "", "tencent"},
		{"p01-imap.mail.me.com", "", "", "icloud"},
		{"mail.example.org", "hello", "IMAP4rev1 XAPPLELITERAL", "icloud"},
		{"mail.example.org", "hello", "IMAP4rev1 X-GM-EXT-10", "unknown"},
		{"", "", "", "unknown"},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		T_STR(str_of(profile_find(str_of(row[i].host), str_of(row[i].about),
					  str_of(row[i].caps))->name), str_of(row[i].want));
}

/* An unknown server gets nothing that any other is denied; what we send fits our buffers. */
static void careful(void)
{
	static const char *const name[] = {"gmail", "microsoft", "yahoo", "icloud", "netease",
					   "tencent", "rambler", "davmail", "hmailserver",
					   "dovecot", "cyrus", "courier", "unknown"};
	const struct profile *unknown = profile_named(STR("unknown"));
	T(unknown->line <= 1000 && unknown->idle <= 180);
	T(profile_named(STR("nobody")) == NULL);
	for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
		const struct profile *p = profile_named(str_of(name[i]));
		T(p != NULL);
		if (p)
			T(p->line >= 1000 && p->line <= 8000 && p->window && p->depth &&
			  p->depth <= 8 && p->idle >= 55 && p->idle <= 1700);
	}
}

/* The table stands in the documentation as it is here. */
static void documented(void)
{
	struct buf table, doc;
	struct err err;
	buf_init(&table, 64 << 10);
	buf_init(&doc, 1 << 20);
	profile_table(&table);
	T(file_load("docs/harvest.md", &doc, &err) == 1);
	if (str_find(buf_all(&doc), buf_all(&table)) < 0)
		printf("docs/harvest.md needs this table:\n%s", buf_cstr(&table));
	T(str_find(buf_all(&doc), buf_all(&table)) >= 0);
	buf_free(&table);
	buf_free(&doc);
}

int main(void)
{
	find();
	careful();
	documented();
	return t_done();
}

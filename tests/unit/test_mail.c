#include "t.h"

#include "mail.h"

static struct mail parse(struct arena *a, struct str raw)
{
	struct mail m;
	mail_parse(a, raw, &mail_default_limits, &m);
	return m;
}

/* The text of a message's only part. */
static void texts_of_parts(void)
{
	static const struct {
		const char *fields;
		struct str body, want;
		unsigned marks;
	} row[] = {
		{"", STR("a\r\nb\rc\n"), STR("a\nb\rc\n"), 0},
		{"", STR("a\0b"), STR("a\0b"), 0},
		{"", STR(""), STR(""), 0},
		{"", STR("\xC3\xA9 \xE9"), STR("\xC3\xA9 \xC3\xA9"), 0},
		{"Content-Type: text/html; charset=iso-8859-1\n", STR("<b>\xE9</b>"),
		 STR("<b>\xC3\xA9</b>"), 0},
		{"Content-Type: text/plain; charset=windows-1251\n", STR("\xCF\xF0\r\n"),
		 STR("\xD0\x9F\xD1\x80\n"), 0},
		{"Content-Type: text/plain; charset=utf-16le\n", STR("a\0\r\0\n\0b\0"),
		 STR("a\nb"), 0},
		{"Content-Type: text/plain; charset=gb2312\nContent-Transfer-Encoding: base64\n",
		 STR("1tDOxA==\r\n"), STR("\xE4\xB8\xAD\xE6\x96\x87"), 0},
		{"Content-Type: text/plain; charset=gb2312\n", STR("\xD6\xD0\x80x"),
		 STR("\xE4\xB8\xAD\xEF\xBF\xBDx"), MAIL_MARK_CHARSET},
		{"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: "
		 "Quoted-Printable\n",
		 STR("caf=C3=A9=\r\n ol=E9 \r\nx"), STR("caf\xC3\xA9 ol\xC3\xA9\nx"), 0},
		{"Content-Transfer-Encoding: base64\n", STR("YQ0KYg==\r\n-- \r\nads"), STR("a\nb"),
		 MAIL_MARK_ENCODING},
		{"Content-Transfer-Encoding: x-uuencode\n", STR("begin 644 x"), STR("begin 644 x"),
		 MAIL_MARK_ENCODING},
		{"Content-Transfer-Encoding: base64\nContent-Transfer-Encoding: 7bit\n",
		 STR("YQ=="), STR("YQ=="), 0},
		{"Content-Type: text/plain charset=broken\n", STR("x"), STR("x"), 0},
		{"Content-Type: message/delivery-status\n", STR("A: b\n\nC: d\n"),
		 STR("A: b\n\nC: d\n"), 0},
		{"Content-Type: message/external-body\n", STR("x"), STR("x"), 0},
		{"Content-Type: image/png\n", STR("x"), STR(""), 0},
		{"Content-Type: multipart/mixed\n", STR("x"), STR(""), MAIL_MARK_NO_BODY},
		{"Content-Type: image/png\nContent-Type: text/plain\n", STR("x"), STR("x"), 0},
		{"Content-Type: text/plain\nContent-Type: image/png\n", STR("x"), STR(""), 0},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct arena a = {0};
		char raw[500];
		int n = snprintf(raw, sizeof raw, "%s\n", row[i].fields);
		memcpy(raw + n, row[i].body.p, row[i].body.n);
		struct mail m = parse(&a, (struct str){raw, (size_t)n + row[i].body.n});
		T(m.n_parts == 1);
		T_STR(m.parts[0].text, row[i].want);
		T(m.marks == row[i].marks && m.parts[0].marks == row[i].marks);
		T(m.parts[0].searched || row[i].want.n == 0);
		arena_free(&a);
	}
}

static void numbers(void)
{
	static const struct {
		const char *type, *number, *filename;
		bool attachment, searched;
	} want[] = {
		{"multipart/mixed", "", "", false, false},
		{"text/plain", "1", "", false, true},
		{"message/rfc822", "2", "", false, false},
		{"multipart/alternative", "2.TEXT", "", false, false},
		{"text/plain", "2.1", "", false, true},
		{"multipart/related", "2.2", "", false, false},
		{"text/html", "2.2.1", "", false, true},
		{"image/png", "2.2.2", "x y.png", true, false},
		{"message/rfc822", "3", "m.eml", true, false},
		{"text/plain", "3.1", "", false, true},
		{"text/plain", "4", "a.txt", true, true},
		{"text/plain", "5", "b.txt", false, true},
	};
	struct str raw = STR("Content-Type: multipart/mixed; boundary=A\n\n"
			     "--A\n\none\n"
			     "--A\nContent-Type: message/rfc822\n\n"
			     "Subject: in\nContent-Type: multipart/alternative; boundary=B\n\n"
			     "--B\n\ntwo\n"
			     "--B\nContent-Type: multipart/related; boundary=C\n\n"
			     "--C\nContent-Type: text/html\n\nthree\n"
			     "--C\nContent-Type: image/png; name=\"x y.png\"\n\nfour\n"
			     "--C--\n--B--\n"
			     "--A\nContent-Type: message/rfc822\n"
			     "Content-Disposition: attachment; filename=m.eml\n\n"
			     "Subject: s\n\nfive\n"
			     "--A\nContent-Disposition: attachment; filename=a.txt\n\nsix\n"
			     "--A\nContent-Type: text/plain; name=b.txt\n\nseven\n--A--\n");
	struct arena a = {0};
	struct mail m = parse(&a, raw);
	T(m.n_parts == sizeof want / sizeof *want);
	for (size_t i = 0; i < m.n_parts && i < sizeof want / sizeof *want; i++) {
		const struct mail_part *p = &m.parts[i];
		T_STR(p->type, str_of(want[i].type));
		T_STR(p->number, str_of(want[i].number));
		T_STR(p->filename, str_of(want[i].filename));
		T(p->attachment == want[i].attachment && p->searched == want[i].searched);
		T((p->text.n > 0) == p->searched);
	}
	T_STR(m.parts[3].header, STR("Subject: in\n"
				     "Content-Type: multipart/alternative; boundary=B\n"));
	T(m.parts[3].parent == 2 && m.parts[4].parent == 3 && m.parts[9].parent == 8);
	arena_free(&a);
	m = parse(&a, STR("Content-Type: message/rfc822\n\n"
			  "Content-Type: message/rfc822\n\nA: b\n\nx"));
	T(m.n_parts == 3);
	T_STR(m.parts[1].number, STR("1.1"));
	T_STR(m.parts[2].number, STR("1.1.1"));
	arena_free(&a);
}

static void keys(void)
{
	static const struct {
		enum mail_key key;
		const char *text;
	} want[] = {
		{MAIL_FROM, "\"J. R\" <j@x>"},
		{MAIL_FROM, "J. R <j@x>"},
		{MAIL_SUBJECT, "one two  =three"},
		{MAIL_TO, "Ann M\xC3\xBCller <a@x>, <b@x>"},
		{MAIL_CC, ""},
		{MAIL_CC, "not an address \xC3\xA9"},
		{MAIL_BCC, ""},
		{MAIL_SUBJECT, "second "},
		{MAIL_TO, "<c@x>"},
		{MAIL_SUBJECT, ""},
	};
	struct str raw = STR("From: \"J. R\" <j@x>\n"
			     "SUBJECT: \t one\n\t  two  =?utf-8?q?_=3Dthree?=\n"
			     "To: =?utf-8?q?Ann_M=C3=BCller?= <a@x>,\n b@x\n"
			     "Cc: not an address =?utf-8?q?=C3=A9?=\n"
			     "Bcc:\n"
			     "Subject: second  \t\n"
			     "to: c@x\n"
			     "X-From: d@x\nSubject:\n\nFrom: e@x\n");
	struct arena a = {0};
	struct mail m = parse(&a, raw);
	const struct mail_text *t;
	size_t n = mail_texts(&a, &m, &t);
	T(n == sizeof want / sizeof *want);
	for (size_t i = 0; i < n && i < sizeof want / sizeof *want; i++) {
		T(t[i].key == want[i].key);
		T_STR(t[i].text, str_of(want[i].text));
	}
	m = parse(&a, STR("\nFrom: a@b\n"));
	T(mail_texts(&a, &m, &t) == 0);
	arena_free(&a);
}

static void people(void)
{
	struct arena a = {0};
	const struct mail_address *p;
	struct mail m = parse(&a, STR("To: =?utf-8?q?=C3=89?= <e@x>, g: f@x, \"G H\" <g@x>;\n"
				      "to: bare\nCc:\nDate: Wed, 5 Mar 2025 23:30:00 -0800\n"
				      "Date: 6 Mar 2025 10:00\n\n"));
	T(mail_addresses(&a, &m, "TO", &p) == 4);
	T_STR(p[0].name, STR("\xC3\x89"));
	T_STR(p[0].email, STR("e@x"));
	T_STR(p[2].name, STR("G H"));
	T_STR(p[2].email, STR("g@x"));
	T_STR(p[3].email, STR("bare"));
	T(mail_addresses(&a, &m, "cc", &p) == 0);
	T(mail_addresses(&a, &m, "from", &p) == 0);
	T(mail_date(&m).usable && mail_date(&m).day == 20152);
	T(mail_find(&m, "date") && !mail_find(&m, "from"));
	m = parse(&a, STR("Date: bad\nDate: 6 Mar 2025 10:00\n\n"));
	T(!mail_date(&m).usable);
	m = parse(&a, (struct str){NULL, 0});
	T(!mail_date(&m).usable && m.n_parts == 1);
	arena_free(&a);
}

/* Text stops at max_text, in the whole message, never inside a character. */
static void limits(void)
{
	static const size_t want[][2] = {{0, 0}, {1, 0}, {1, 0}, {3, 0}, {3, 1}, {3, 2}, {3, 3}};
	struct str raw = STR("Content-Type: multipart/mixed; boundary=A\n\n"
			     "--A\n\nx\xC3\xA9\n--A\n\nabc\n--A--\n");
	struct arena a = {0};
	for (size_t max = 0; max < sizeof want / sizeof *want; max++) {
		struct mail_limits lim = mail_default_limits;
		struct mail m;
		lim.max_text = max;
		mail_parse(&a, raw, &lim, &m);
		T(m.parts[1].text.n == want[max][0]);
		T(m.parts[2].text.n == want[max][1] || max == 2);
		T(m.marks == (max < 6 ? MAIL_MARK_TRUNCATED : 0));
	}
	arena_free(&a);
}

int main(void)
{
	struct arena a = {0};
	mail_init();
	texts_of_parts();
	numbers();
	keys();
	people();
	limits();
	struct mail m = parse(&a, STR("Content-Transfer-Encoding: base64\n\nAAEC/w=="));
	T_STR(mail_part_bytes(&a, &m.parts[0]), STR("\0\1\2\xFF"));
	for (unsigned bit = 1; bit <= MAIL_MARK_NO_BODY; bit *= 2)
		T(strcmp(mail_mark_name((enum mail_mark)bit), "unknown") != 0);
	arena_free(&a);
	return t_done();
}

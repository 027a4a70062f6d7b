#include "t.h"

#include "record.h"

static void same_addresses(const struct mail_address *x, size_t nx, const struct mail_address *y,
			   size_t ny)
{
	T(nx == ny);
	for (size_t i = 0; i < nx && i < ny; i++) {
		T_STR(x[i].name, y[i].name);
		T_STR(x[i].email, y[i].email);
	}
}

static void same_parts(const struct record *x, const struct record *y)
{
	T(x->n_parts == y->n_parts);
	for (size_t i = 0; i < x->n_parts && i < y->n_parts; i++) {
		const struct record_part *p = &x->parts[i], *q = &y->parts[i];
		T_STR(p->number, q->number);
		T_STR(p->type, q->type);
		T_STR(p->filename, q->filename);
		T_STR(p->text, q->text);
		T(p->attachment == q->attachment && p->searched == q->searched);
		T(p->size == q->size && p->marks == q->marks);
		T(p->outcome == q->outcome && p->version == q->version);
		T_STR(p->why, q->why);
		T_STR(p->inside, q->inside);
	}
}

static void same(const struct record *x, const struct record *y)
{
	T(x->marks == y->marks && x->big == y->big && x->quarantined == y->quarantined);
	T(x->date.usable == y->date.usable && x->date.day == y->date.day);
	T(x->date.epoch == y->date.epoch && x->date.zone == y->date.zone);
	T(x->sort_date == y->sort_date);
	T_STR(x->subject, y->subject);
	T_STR(x->message_id, y->message_id);
	same_addresses(x->from, x->n_from, y->from, y->n_from);
	same_addresses(x->to, x->n_to, y->to, y->n_to);
	same_addresses(x->cc, x->n_cc, y->cc, y->n_cc);
	T(x->n_texts == y->n_texts);
	for (size_t i = 0; i < x->n_texts && i < y->n_texts; i++) {
		T(x->texts[i].key == y->texts[i].key);
		T_STR(x->texts[i].text, y->texts[i].text);
	}
	same_parts(x, y);
}

static void there_and_back(struct arena *a, const struct record *r, struct record *back)
{
	struct err err;
	struct buf b;
	buf_init(&b, (size_t)16 << 20);
	record_pack(r, &b);
	T(!b.full && record_unpack(a, arena_str(a, buf_all(&b)), back, &err) == 1);
	buf_free(&b);
}

static const char sample[] =
	"From: \"Doe, Jane\" <jane@example.org>\r\n"
	"To: list@example.org, =?utf-8?q?J=C3=BCrgen?= <j@example.org>\r\n"
	"Cc: third@example.org\r\n"
	"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n"
	"Date: Tue, 5 Mar 2019 14:05:06 +0200\r\n"
	"Message-ID: < abc@ example.org >\r\n"
	"MIME-Version: 1.0\r\n"
	"Content-Type: multipart/mixed; boundary=b\r\n"
	"\r\n"
	"--b\r\nContent-Type: text/plain\r\n\r\nplain words\r\n"
	"--b\r\nContent-Type: application/x-y; name=file.bin\r\n"
	"Content-Disposition: attachment; filename=file.bin\r\n\r\n123456\r\n"
	"--b--\r\n";

static void from_a_message(void)
{
	struct arena a = {0};
	struct mail m;
	struct record r, back;
	mail_parse(&a, STR(sample), &mail_default_limits, &m);
	record_make(&a, &m, 1, &r);
	T(!r.big && !r.quarantined && r.date.usable);
	T(r.sort_date == 1551787506);
	T_STR(r.subject, STR("Gr\xC3\xBC\xC3\x9F" "e"));
	T_STR(r.message_id, STR("<abc@example.org>"));
	T(r.n_from == 1 && r.n_to == 2 && r.n_cc == 1);
	T_STR(r.from[0].name, STR("Doe, Jane"));
	T(r.n_parts == 3 && r.parts[2].attachment && r.parts[1].searched);
	T_STR(r.parts[2].filename, STR("file.bin"));
	T_STR(str_trim(r.parts[1].text), STR("plain words"));
	there_and_back(&a, &r, &back);
	same(&r, &back);
	arena_free(&a);
}

static size_t packed_size(const struct record *r)
{
	struct buf b;
	buf_init(&b, (size_t)16 << 20);
	record_pack(r, &b);
	size_t n = b.n;
	buf_free(&b);
	return n;
}

/* What stands inside a part costs only the records that have it, and makes a record big. */
static void looked_into(void)
{
	struct arena a = {0};
	struct mail m;
	struct record r, back;
	mail_parse(&a, STR(sample), &mail_default_limits, &m);
	record_make(&a, &m, 1, &r);
	T(r.parts[2].at == 2 && r.parts[2].outcome == RECORD_NOT_ASKED);
	size_t before = packed_size(&r);
	struct record_part parts[3] = {r.parts[0], r.parts[1], r.parts[2]};
	parts[2].outcome = RECORD_TRUNCATED;
	parts[2].version = 300;
	parts[2].why = STR("too much");
	parts[2].inside = STR("words inside");
	r.parts = parts;
	T(packed_size(&r) == before + 1 + 2 + 1 + 8 + 1 + 12);
	record_weigh(&r);
	T(!r.big);
	there_and_back(&a, &r, &back);
	same(&r, &back);
	parts[2].inside.p = arena_alloc(&a, RECORD_MAX_TEXT);
	parts[2].inside.n = RECORD_MAX_TEXT;
	record_weigh(&r);
	T(r.big);
	there_and_back(&a, &r, &back);
	T(back.big && back.parts[2].outcome == RECORD_TRUNCATED && back.parts[2].inside.n == 0);
	T_STR(back.parts[2].why, STR("too much"));
	for (int i = 1; i < RECORD_OUTCOMES; i++)
		T(record_outcome_name((enum record_outcome)i)[0] != '\0');
	T(record_is_short(RECORD_FAILED) && !record_is_short(RECORD_UNKNOWN));
	arena_free(&a);
}

static void message_ids(void)
{
	static const struct {
		const char *field;
		struct str want;
	} row[] = {
		{"Message-ID: <a@b>\r\n", STR("<a@b>")},
		{"Message-Id:   <a @b> (x)\r\n", STR("<a@b>")},
		{"Message-ID: a@b\r\n", STR("<a@b>")},
		{"Message-ID:\r\n", STR("")},
		{"Message-ID: >x<\r\n", STR("<>x<>")},
		{"X: y\r\n", STR("")},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct arena a = {0};
		struct mail m;
		struct record r;
		mail_parse(&a, str_of(row[i].field), &mail_default_limits, &m);
		record_make(&a, &m, 77, &r);
		T_STR(r.message_id, row[i].want);
		T(!r.date.usable && r.sort_date == 77);
		arena_free(&a);
	}
}

static void quarantined(void)
{
	struct arena a = {0};
	struct record r, back;
	record_quarantined(-5, &r);
	there_and_back(&a, &r, &back);
	same(&r, &back);
	T(back.quarantined && back.sort_date == -5 && back.n_parts == 0);
	arena_free(&a);
}

/* Texts over the limit are left out, and the record says so; lists keep what they show. */
static void big(void)
{
	struct arena a = {0};
	struct buf raw;
	struct mail m;
	struct record r, back;
	buf_init(&raw, 2 * RECORD_MAX_TEXT);
	buf_str(&raw, STR("From: a@example.org\r\nSubject: "));
	for (int i = 0; i < 100; i++)
		buf_str(&raw, STR("\xE2\x82\xAC"));
	buf_str(&raw, STR("\r\n\r\n"));
	while (raw.n < RECORD_MAX_TEXT + RECORD_MAX_TEXT / 4)
		buf_str(&raw, STR("all work and no play\r\n"));
	mail_parse(&a, buf_all(&raw), &mail_default_limits, &m);
	record_make(&a, &m, 1, &r);
	T(r.big && r.parts[0].text.n > 0);
	there_and_back(&a, &r, &back);
	T(back.big && back.n_texts == 0 && back.n_parts == 1 && back.parts[0].text.n == 0);
	T(back.n_from == 1 && back.subject.n > 150 && str_utf8(back.subject));
	buf_free(&raw);
	arena_free(&a);
}

/* Whatever the bytes, decoding says yes or no and reads nothing beyond them. */
static void damaged(void)
{
	struct arena a = {0};
	struct mail m;
	struct record r;
	struct err err;
	struct buf b;
	buf_init(&b, 100000);
	mail_parse(&a, STR(sample), &mail_default_limits, &m);
	record_make(&a, &m, 1, &r);
	record_pack(&r, &b);
	for (size_t i = 0; i < b.n; i++) {
		struct arena t = {0};
		char *exact = malloc(i ? i : 1);
		memcpy(exact, b.p, i);
		err.kind = ERR_NONE;
		T(record_unpack(&t, (struct str){exact, i}, &r, &err) == -1);
		T(err.kind == ERR_BROKEN && r.n_parts == 0);
		free(exact);
		b.p[i] ^= 0x41;
		record_unpack(&t, buf_all(&b), &r, &err);
		b.p[i] ^= 0x41;
		arena_free(&t);
	}
	buf_free(&b);
	arena_free(&a);
}

int main(void)
{
	mail_init();
	from_a_message();
	looked_into();
	message_ids();
	quarantined();
	big();
	damaged();
	return t_done();
}

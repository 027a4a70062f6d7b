#include "mail.h"

#include "address.h"
#include "charset.h"
#include "codec.h"
#include "ctype.h"
#include "header.h"
#include "maildate.h"
#include "mime.h"
#include "rfc2047.h"
#include "utf8.h"

#include <gmime/gmime.h>

#define ADDRESS_MAX ((size_t)256 << 10) /* longest field GMime is shown */

const struct mail_limits mail_default_limits = {
	.max_text = (size_t)64 << 20, .max_depth = 100, .max_parts = 10000};

void mail_init(void)
{
	static bool done;
	if (!done)
		g_mime_init();
	done = true;
}

const char *mail_mark_name(enum mail_mark mark)
{
	switch (mark) {
	case MAIL_MARK_CHARSET:
		return "charset";
	case MAIL_MARK_ENCODING:
		return "encoding";
	case MAIL_MARK_DEPTH:
		return "depth";
	case MAIL_MARK_PARTS:
		return "parts";
	case MAIL_MARK_TRUNCATED:
		return "truncated";
	case MAIL_MARK_NO_BODY:
		return "no-body";
	}
	return "unknown";
}

/* CRLF becomes LF. s itself when there is none. */
static struct str to_lf(struct arena *a, struct str s)
{
	if (str_find(s, STR("\r\n")) < 0)
		return s;
	char *out = arena_alloc(a, s.n);
	size_t n = 0;
	while (s.n) {
		const char *cr = memchr(s.p, '\r', s.n);
		size_t len = cr ? (size_t)(cr - s.p) : s.n;
		memcpy(out + n, s.p, len);
		n += len;
		if (cr && !(len + 1 < s.n && s.p[len + 1] == '\n'))
			out[n++] = '\r';
		s = str_cut(s, len + 1, s.n);
	}
	return (struct str){out, n};
}

/* Fills in the text of one part; at most *left bytes, which is then less. */
static void read_text(struct arena *a, struct mail_part *p, size_t *left)
{
	bool broken = false, bad = false;
	p->text = STR("");
	if (!p->searched)
		return;
	struct str s = codec_decode(a, (enum codec_kind)p->encoding, p->body, &broken);
	if (s.n > *left)
		p->marks |= MAIL_MARK_TRUNCATED;
	s = to_lf(a, charset_decode(a, p->charset, str_cut(s, 0, *left), &bad));
	if (s.n > *left)
		p->marks |= MAIL_MARK_TRUNCATED;
	p->text = utf8_cut(s, *left);
	*left -= p->text.n;
	if (broken)
		p->marks |= MAIL_MARK_ENCODING;
	if (bad)
		p->marks |= MAIL_MARK_CHARSET;
}

static void read_name(struct arena *a, struct mail_part *p)
{
	const struct mail_field *f = p->fields;
	const struct mail_field *d = header_find(f, p->n_fields, STR("content-disposition"));
	const struct mail_field *t = header_find(f, p->n_fields, STR("content-type"));
	bool text = str_starts(p->type, STR("text/"));
	p->filename = STR("");
	if (d || (t && str_find(t->raw, STR(";")) >= 0 && !mime_is_multipart(p)))
		p->filename = ctype_filename(a, d ? d->raw : STR(""), t ? t->raw : STR(""));
	p->attachment = (d && ctype_attachment(d->raw)) ||
			(p->filename.n && !text && !mime_is_multipart(p));
}

/* The section number of part i, whose parents have theirs already; kids[i] counts. */
static struct str number(struct arena *a, const struct mail_part *parts, size_t i, unsigned *kids)
{
	if (i == 0) /* what is not taken apart is part 1 of itself */
		return mime_is_multipart(&parts[0]) ? STR("") : STR("1");
	const struct mail_part *up = &parts[parts[i].parent];
	unsigned k = ++kids[parts[i].parent];
	if (mime_is_message(up)) {
		struct str base = up->number;
		const char *tail = mime_is_multipart(&parts[i]) ? "TEXT" : "1";
		return arena_fmt(a, "%.*s.%s", STR_ARG(base), tail);
	}
	struct str base = up->number;
	if (str_ends(base, STR(".TEXT"))) /* the multipart is a message itself */
		base.n -= 5;
	return base.n ? arena_fmt(a, "%.*s.%u", STR_ARG(base), k) : arena_fmt(a, "%u", k);
}

void mail_parse(struct arena *a, struct str raw, const struct mail_limits *lim, struct mail *out)
{
	struct mime m;
	size_t left = lim->max_text;
	if (raw.p == NULL)
		raw = STR("");
	mime_split(a, raw, lim, &m);
	unsigned *kids = arena_alloc(a, m.n * sizeof *kids);
	*out = (struct mail){.parts = m.parts, .n_parts = m.n};
	for (size_t i = 0; i < m.n; i++) {
		m.parts[i].number = number(a, m.parts, i, kids);
		read_name(a, &m.parts[i]);
		read_text(a, &m.parts[i], &left);
		out->marks |= m.parts[i].marks;
	}
}

struct str mail_part_bytes(struct arena *a, const struct mail_part *p)
{
	bool broken;
	return codec_decode(a, (enum codec_kind)p->encoding, p->body, &broken);
}

const struct mail_field *mail_find(const struct mail *m, const char *name)
{
	return header_find(m->parts[0].fields, m->parts[0].n_fields, str_of(name));
}

/* Leading blanks are dropped and each run of them becomes one space, then words are decoded. */
static struct str subject_text(struct arena *a, struct str raw)
{
	struct str s = header_unfold(a, raw);
	char *out = arena_alloc(a, s.n);
	size_t n = 0;
	bool blank = true;
	for (size_t i = 0; i < s.n; i++) {
		bool was = blank;
		blank = s.p[i] == ' ' || s.p[i] == '\t';
		if (!blank)
			out[n++] = s.p[i];
		else if (!was)
			out[n++] = ' ';
	}
	return rfc2047_decode(a, (struct str){out, n});
}

struct texts {
	struct arena *a;
	struct mail_text *p;
	size_t n;
};

static void add_text(struct texts *t, enum mail_key key, struct str text)
{
	t->p = arena_grow(t->a, t->p, t->n, sizeof *t->p);
	t->p[t->n++] = (struct mail_text){key, text};
}

static void add_addresses(struct texts *t, enum mail_key key, const struct mail_field *f)
{
	struct address_forms forms;
	address_write(t->a, header_unfold(t->a, f->raw), &forms);
	struct str quoted = rfc2047_decode(t->a, forms.quoted);
	struct str bare = rfc2047_decode(t->a, forms.bare);
	add_text(t, key, quoted);
	if (!str_eq(bare, quoted))
		add_text(t, key, bare);
	if (forms.malformed)
		add_text(t, key, f->value);
}

const char *const mail_key_names[MAIL_KEYS] = {
	[MAIL_FROM] = "from", [MAIL_TO] = "to", [MAIL_CC] = "cc", [MAIL_BCC] = "bcc",
	[MAIL_SUBJECT] = "subject",
};

size_t mail_texts(struct arena *a, const struct mail *m, const struct mail_text **out)
{
	const struct mail_part *top = &m->parts[0];
	struct texts t = {.a = a};
	for (size_t i = 0; i < top->n_fields; i++) {
		const struct mail_field *f = &top->fields[i];
		for (int k = 0; k < MAIL_KEYS; k++) {
			if (!str_ieq(f->name, str_of(mail_key_names[k])))
				continue;
			if (k == MAIL_SUBJECT)
				add_text(&t, MAIL_SUBJECT, subject_text(a, f->raw));
			else
				add_addresses(&t, (enum mail_key)k, f);
		}
	}
	*out = t.p;
	return t.n;
}

struct mail_date mail_date(const struct mail *m)
{
	const struct mail_field *f = mail_find(m, "date");
	return f ? maildate_parse(f->raw) : (struct mail_date){.usable = false};
}

struct addresses {
	struct arena *a;
	struct mail_address *p;
	size_t n;
};

static void collect(struct addresses *to, InternetAddressList *list)
{
	int n = internet_address_list_length(list);
	for (int i = 0; i < n; i++) {
		InternetAddress *ia = internet_address_list_get_address(list, i);
		if (INTERNET_ADDRESS_IS_GROUP(ia)) {
			collect(to, internet_address_group_get_members(INTERNET_ADDRESS_GROUP(ia)));
			continue;
		}
		struct mail_address one = {
			arena_str(to->a, str_of(internet_address_get_name(ia))),
			arena_str(to->a, str_of(internet_address_mailbox_get_addr(
						 INTERNET_ADDRESS_MAILBOX(ia))))};
		to->p = arena_grow(to->a, to->p, to->n, sizeof *to->p);
		to->p[to->n++] = one;
	}
}

size_t mail_addresses(struct arena *a, const struct mail *m, const char *field,
		      const struct mail_address **out)
{
	const struct mail_part *top = &m->parts[0];
	struct addresses to = {.a = a};
	for (size_t i = 0; i < top->n_fields; i++) {
		const struct mail_field *f = &top->fields[i];
		if (!str_ieq(f->name, str_of(field)))
			continue;
		struct str one_line = header_unfold(a, f->raw);
		struct str text = arena_str(a, charset_guess(a, str_cut(one_line, 0, ADDRESS_MAX)));
		InternetAddressList *list = internet_address_list_parse(NULL, text.p);
		if (list == NULL)
			continue;
		collect(&to, list);
		g_object_unref(list);
	}
	*out = to.p;
	return to.n;
}

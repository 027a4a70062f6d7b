#include "jmapbody.h"

#include "jmapdate.h"

enum { DEEPEST = 50 };

static bool is_multipart(const struct mail_part *p)
{
	return str_starts(p->type, STR("multipart/"));
}

const struct mail_part *jmapbody_part(const struct mail *m, struct str number)
{
	for (size_t i = 0; i < m->n_parts; i++) {
		struct str own = m->parts[i].number;
		bool same = own.n == number.n && !is_multipart(&m->parts[i]);
		for (size_t k = 0; same && k < own.n; k++)
			same = number.p[k] == (own.p[k] == '.' ? '_' : own.p[k]);
		if (same)
			return &m->parts[i];
	}
	return NULL;
}

static json_t *text_or_null(const struct jmapbody *b, struct str s)
{
	return s.n ? shape_text(b->j->a, s) : json_null();
}

static struct str field(const struct mail_part *p, const char *name)
{
	for (size_t i = 0; i < p->n_fields; i++)
		if (str_ieq(p->fields[i].name, str_of(name)))
			return str_trim(p->fields[i].value);
	return STR("");
}

static struct str disposition(const struct jmapbody *b, const struct mail_part *p)
{
	struct str s = field(p, "Content-Disposition"), first = STR("");
	str_split(&s, ';', &first);
	return arena_lower(b->j->a, str_trim(first));
}

static struct str cid(const struct mail_part *p)
{
	struct str s = field(p, "Content-Id");
	return str_starts(s, STR("<")) && str_ends(s, STR(">")) ? str_cut(s, 1, s.n - 1) : s;
}

json_t *jmapbody_fields(const struct jmapbody *b, const struct mail_part *p)
{
	json_t *out = json_array();
	for (size_t i = 0; i < p->n_fields; i++)
		if (p->fields[i].name.n)
			json_array_append_new(out, json_pack("{s:o,s:o}", "name",
				shape_text(b->j->a, p->fields[i].name), "value",
				shape_text(b->j->a, p->fields[i].raw)));
	return out;
}

static json_t *blob_id(const struct jmapbody *b, const struct mail_part *p)
{
	char hex[HASH_HEX + 1];
	hash_hex(b->m->msg.hash, HASH_BYTES, hex);
	struct str id = arena_fmt(b->j->a, "b%s-%.*s", hex, STR_ARG(p->number));
	for (size_t i = 0; i < id.n; i++)
		if (id.p[i] == '.')
			((char *)id.p)[i] = '_';
	return json_string(id.p);
}

/* One EmailBodyPart without its parts. */
static json_t *part(const struct jmapbody *b, const struct mail_part *p)
{
	bool multi = is_multipart(p);
	struct arena *a = b->j->a;
	json_t *asked = json_object_get(b->args, "bodyProperties"), *one;
	size_t i;
	json_t *o = json_pack("{s:o,s:o,s:I,s:o,s:o,s:o,s:o,s:o,s:n,s:o}",
		"partId", multi ? json_null() : shape_text(a, p->number),
		"blobId", multi ? json_null() : blob_id(b, p),
		"size", multi ? (json_int_t)0 : (json_int_t)mail_part_bytes(a, p).n,
		"name", text_or_null(b, p->filename), "type", shape_text(a, p->type),
		"charset", str_starts(p->type, STR("text/"))
			? shape_text(a, p->charset.n ? p->charset : STR("us-ascii")) : json_null(),
		"disposition", text_or_null(b, disposition(b, p)), "cid", text_or_null(b, cid(p)),
		"language", "location", text_or_null(b, field(p, "Content-Location")));
	json_array_foreach(asked, i, one)
		if (str_eq(jmapbase_text(one), STR("headers")))
			json_object_set_new(o, "headers", jmapbody_fields(b, p));
	return o;
}

/* Does the part lie in a message that is a part? Then it is that one's business. */
static bool is_nested(const struct mail *m, size_t i)
{
	for (int up = m->parts[i].parent; up >= 0; up = m->parts[up].parent)
		if (str_starts(m->parts[up].type, STR("message/")))
			return true;
	return false;
}

static json_t *structure(const struct jmapbody *b, size_t i, int depth)
{
	const struct mail *m = &b->m->mail;
	json_t *o = part(b, &m->parts[i]);
	if (!is_multipart(&m->parts[i]) || depth > DEEPEST)
		return o;
	json_t *subs = json_array();
	for (size_t k = i + 1; k < m->n_parts; k++)
		if (m->parts[k].parent == (int)i)
			json_array_append_new(subs, structure(b, k, depth + 1));
	json_object_set_new(o, "subParts", subs);
	return o;
}

json_t *jmapbody_structure(const struct jmapbody *b)
{
	return b->m->mail.n_parts ? structure(b, 0, 0) : json_null();
}

/* ---- which parts are read, which are attached ---- */

struct lists {
	const struct jmapbody *b;
	json_t *text, *html, *attached;
};

static bool is_inline_media(struct str type)
{
	return str_starts(type, STR("image/")) || str_starts(type, STR("audio/")) ||
	       str_starts(type, STR("video/"));
}

static void leaf(struct lists *l, const struct mail_part *p, struct str within, bool first)
{
	struct jmapbody b = *l->b;
	bool plain = str_eq(p->type, STR("text/plain")), html = str_eq(p->type, STR("text/html"));
	bool shown = !str_eq(disposition(&b, p), STR("attachment")) &&
		     (plain || html || is_inline_media(p->type)) &&
		     (first || (!str_eq(within, STR("multipart/related")) &&
				(is_inline_media(p->type) || p->filename.n == 0)));
	bool choice = str_eq(within, STR("multipart/alternative"));
	if (!shown) {
		json_array_append_new(l->attached, part(&b, p));
		return;
	}
	if (choice && !plain && !html) {
		json_array_append_new(l->attached, part(&b, p));
		return;
	}
	if (!(choice && html))
		json_array_append_new(l->text, part(&b, p));
	if (!(choice && plain))
		json_array_append_new(l->html, part(&b, p));
	if (is_inline_media(p->type))
		json_array_append_new(l->attached, part(&b, p));
}

static void walk(struct lists *l, size_t i, struct str within, int depth)
{
	const struct mail *m = &l->b->m->mail;
	const struct mail_part *p = &m->parts[i];
	size_t text = json_array_size(l->text), html = json_array_size(l->html);
	bool first = true;
	if (!is_multipart(p) || depth > DEEPEST) {
		leaf(l, p, within, true);
		return;
	}
	for (size_t k = i + 1; k < m->n_parts; k++) {
		if (m->parts[k].parent != (int)i)
			continue;
		if (is_multipart(&m->parts[k]))
			walk(l, k, p->type, depth + 1);
		else
			leaf(l, &m->parts[k], p->type, first);
		first = false;
	}
	if (!str_eq(p->type, STR("multipart/alternative")))
		return;
	/* One of the two is missing: the other serves for both. */
	bool no_text = json_array_size(l->text) == text, no_html = json_array_size(l->html) == html;
	json_t *from = no_text ? l->html : l->text, *to = no_text ? l->text : l->html;
	if (no_text != no_html)
		for (size_t k = no_text ? html : text; k < json_array_size(from); k++)
			json_array_append(to, json_array_get(from, k));
}

void jmapbody_lists(const struct jmapbody *b, json_t *o)
{
	struct lists l = {b, json_array(), json_array(), json_array()};
	if (b->m->mail.n_parts)
		walk(&l, 0, STR("multipart/mixed"), 0);
	json_object_set_new(o, "textBody", l.text);
	json_object_set_new(o, "htmlBody", l.html);
	json_object_set_new(o, "attachments", l.attached);
}

/* ---- values ---- */

static bool listed(json_t *list, struct str number)
{
	json_t *p;
	size_t i;
	json_array_foreach(list, i, p)
		if (str_eq(jmapbase_text(json_object_get(p, "partId")), number))
			return true;
	return false;
}

static json_t *body_value(const struct jmapbody *b, const struct mail_part *p)
{
	json_int_t most = json_integer_value(json_object_get(b->args, "maxBodyValueBytes"));
	struct str s = p->text;
	bool cut = most > 0 && s.n > (size_t)most;
	if (cut) {
		size_t n = (size_t)most;
		while (n > 0 && (s.p[n] & 0xC0) == 0x80)
			n--;
		s = str_cut(s, 0, n);
	}
	return json_pack("{s:o,s:b,s:b}", "value", shape_text(b->j->a, s), "isEncodingProblem",
			 (p->marks & (MAIL_MARK_CHARSET | MAIL_MARK_ENCODING)) != 0, "isTruncated",
			 cut || (p->marks & MAIL_MARK_TRUNCATED));
}

json_t *jmapbody_values(const struct jmapbody *b, json_t *o)
{
	const struct mail *m = &b->m->mail;
	bool all = json_is_true(json_object_get(b->args, "fetchAllBodyValues"));
	bool text = json_is_true(json_object_get(b->args, "fetchTextBodyValues"));
	bool html = json_is_true(json_object_get(b->args, "fetchHTMLBodyValues"));
	json_t *out = json_object();
	for (size_t i = 0; i < m->n_parts; i++) {
		const struct mail_part *p = &m->parts[i];
		struct str number = p->number;
		if (!str_starts(p->type, STR("text/")) || is_nested(m, i))
			continue;
		if (all || (text && listed(json_object_get(o, "textBody"), number)) ||
		    (html && listed(json_object_get(o, "htmlBody"), number)))
			json_object_set_new(out, arena_str(b->j->a, number).p, body_value(b, p));
	}
	return out;
}

/* ---- header fields in a form ---- */

static json_t *addresses(const struct jmapbody *b, const struct mail_field *f)
{
	/* Of this field alone: a message that has no other. */
	struct mail_part one = {.fields = f, .n_fields = 1};
	struct mail m = {&one, 1, 0};
	const struct mail_address *list;
	json_t *out = json_array();
	size_t n = mail_addresses(b->j->a, &m, arena_str(b->j->a, f->name).p, &list);
	for (size_t i = 0; i < n; i++)
		json_array_append_new(out, json_pack("{s:o,s:o}", "name",
			text_or_null(b, list[i].name), "email",
			shape_text(b->j->a, list[i].email)));
	return out;
}

/* What stands between < and >, blanks left out. */
static json_t *in_angles(const struct jmapbody *b, struct str s)
{
	json_t *out = json_array();
	ptrdiff_t open, end;
	while ((open = str_chr(s, '<')) >= 0) {
		s = str_cut(s, (size_t)open + 1, s.n);
		if ((end = str_chr(s, '>')) < 0)
			break;
		json_array_append_new(out, shape_text(b->j->a, str_trim(str_cut(s, 0,
								       (size_t)end))));
		s = str_cut(s, (size_t)end + 1, s.n);
	}
	if (json_array_size(out))
		return out;
	json_decref(out);
	return json_null();
}

static json_t *date(const struct jmapbody *b, const struct mail_field *f)
{
	struct mail_field as = *f;
	as.name = STR("Date");
	struct mail_part one = {.fields = &as, .n_fields = 1};
	struct mail m = {&one, 1, 0};
	struct mail_date d = mail_date(&m);
	return d.usable ? text_or_null(b, jmapdate_zoned(b->j->a, d.epoch, d.zone)) : json_null();
}

static json_t *in_form(const struct jmapbody *b, const struct mail_field *f, struct str form)
{
	if (form.n == 0 || str_eq(form, STR("asRaw")))
		return shape_text(b->j->a, f->raw);
	if (str_eq(form, STR("asText")))
		return shape_text(b->j->a, str_trim(f->value));
	if (str_eq(form, STR("asAddresses")))
		return addresses(b, f);
	if (str_eq(form, STR("asGroupedAddresses")))
		return json_pack("[{s:n,s:o}]", "name", "addresses", addresses(b, f));
	if (str_eq(form, STR("asMessageIds")) || str_eq(form, STR("asURLs")))
		return in_angles(b, f->value);
	return str_eq(form, STR("asDate")) ? date(b, f) : NULL;
}

json_t *jmapbody_header(const struct jmapbody *b, struct str property)
{
	static const struct mail_part none;
	const struct mail_part *top = b->m->mail.n_parts ? b->m->mail.parts : &none;
	struct str name, form = STR(""), piece;
	bool all = false;
	json_t *list = json_array();
	property = str_cut(property, 7, property.n);
	str_split(&property, ':', &name);
	while (str_split(&property, ':', &piece)) {
		if (str_eq(piece, STR("all")))
			all = true;
		else
			form = piece;
	}
	for (size_t i = 0; i < top->n_fields; i++) {
		if (!str_ieq(top->fields[i].name, name))
			continue;
		json_t *v = in_form(b, &top->fields[i], form);
		if (v == NULL) {
			json_decref(list);
			return NULL;
		}
		json_array_append_new(list, v);
	}
	if (all)
		return list;
	size_t n = json_array_size(list); /* the last one counts */
	json_t *last = n ? json_incref(json_array_get(list, n - 1)) : json_null();
	json_decref(list);
	return last;
}

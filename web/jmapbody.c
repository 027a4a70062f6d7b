#include "jmapbody.h"

#include "jmapheader.h"

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

static json_t *blob_id(const struct jmapbody *b, const struct mail_part *p)
{
	char hex[HASH_HEX + 1];
	hash_hex(b->m->msg.hash, HASH_BYTES, hex);
	struct str id = arena_fmt(b->j->a, "b%s-%.*s%s%.*s", hex, STR_ARG(b->within),
				  b->within.n ? "_" : "", STR_ARG(p->number));
	for (size_t i = 0; i < id.n; i++)
		if (id.p[i] == '.')
			((char *)id.p)[i] = '_';
	return json_string(id.p);
}

/* "de, en" */
static json_t *language(const struct jmapbody *b, const struct mail_part *p)
{
	struct str s = field(p, "Content-Language"), one;
	json_t *out = json_array();
	while (s.n && str_split(&s, ',', &one))
		if (str_trim(one).n)
			json_array_append_new(out, shape_text(b->j->a, str_trim(one)));
	if (json_array_size(out))
		return out;
	json_decref(out);
	return json_null();
}

static json_t *charset(const struct jmapbody *b, const struct mail_part *p)
{
	if (!str_starts(p->type, STR("text/")))
		return json_null();
	return shape_text(b->j->a, p->charset.n ? p->charset : STR("us-ascii"));
}

static const char *const usual[] = {"partId", "blobId", "size", "name", "type", "charset",
				    "disposition", "cid", "language", "location"};
enum { USUAL = sizeof usual / sizeof *usual };

/* The i-th of the usual properties. */
static json_t *usual_value(const struct jmapbody *b, const struct mail_part *p, size_t i)
{
	struct arena *a = b->j->a;
	bool multi = is_multipart(p);
	switch (i) {
	case 0:
		return multi ? json_null() : shape_text(a, p->number);
	case 1:
		return multi ? json_null() : blob_id(b, p);
	case 2:
		return json_integer(multi ? 0 : (json_int_t)mail_part_bytes(a, p).n);
	case 3:
		return text_or_null(b, p->filename);
	case 4:
		return shape_text(a, p->type);
	case 5:
		return charset(b, p);
	case 6:
		return text_or_null(b, disposition(b, p));
	case 7:
		return text_or_null(b, cid(p));
	case 8:
		return language(b, p);
	default:
		return text_or_null(b, field(p, "Content-Location"));
	}
}

static size_t usual_place(struct str name)
{
	size_t i = 0;
	while (i < USUAL && !str_eq(name, str_of(usual[i])))
		i++;
	return i;
}

static bool is_property(struct str name)
{
	struct jmapheader h;
	return usual_place(name) < USUAL || str_eq(name, STR("headers")) ||
	       str_eq(name, STR("subParts")) || jmapheader_parse(name, &h);
}

static bool is_flag(json_t *v)
{
	return v == NULL || json_is_null(v) || json_is_boolean(v);
}

int jmapbody_check(struct jmap *j, json_t *args)
{
	json_t *list = json_object_get(args, "bodyProperties"), *one;
	const char *wrong = NULL;
	int64_t most;
	size_t i;
	if (!jmapbase_number(j, args, "maxBodyValueBytes", 0, &most))
		return 0;
	if (most < 0)
		wrong = "maxBodyValueBytes";
	if (!is_flag(json_object_get(args, "fetchTextBodyValues")) ||
	    !is_flag(json_object_get(args, "fetchHTMLBodyValues")) ||
	    !is_flag(json_object_get(args, "fetchAllBodyValues")))
		wrong = "fetch…BodyValues";
	if (list && !json_is_null(list) &&
	    !jmapbase_list(j, args, "bodyProperties", JMAPBASE_PROPERTIES, &list))
		return 0;
	json_array_foreach(list, i, one)
		if (!is_property(jmapbase_text(one)))
			wrong = "bodyProperties";
	if (wrong)
		jmapbase_fail(j, "invalidArguments", wrong);
	return wrong == NULL;
}

/* One EmailBodyPart without its parts. */
static json_t *part(const struct jmapbody *b, const struct mail_part *p)
{
	json_t *asked = json_object_get(b->args, "bodyProperties"), *one, *o = json_object();
	size_t i;
	for (i = 0; !json_is_array(asked) && i < USUAL; i++)
		json_object_set_new(o, usual[i], usual_value(b, p, i));
	json_array_foreach(asked, i, one) {
		struct str name = jmapbase_text(one);
		struct jmapheader h;
		size_t k = usual_place(name);
		if (k < USUAL)
			json_object_set_new(o, usual[k], usual_value(b, p, k));
		else if (str_eq(name, STR("headers")))
			json_object_set_new(o, "headers", jmapheader_all(b->j, p));
		else if (jmapheader_parse(name, &h))
			json_object_set_new(o, json_string_value(one),
					    jmapheader_value(b->j, p, &h));
	}
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

static void add(const struct jmapbody *b, struct jmapbody_list *l, size_t i)
{
	l->parts = arena_grow(b->j->a, l->parts, l->n, sizeof *l->parts);
	l->parts[l->n++] = i;
}

static bool is_media(struct str type)
{
	return str_starts(type, STR("image/")) || str_starts(type, STR("audio/")) ||
	       str_starts(type, STR("video/"));
}

/* The lists a level adds to: text or html is NULL where only the other is meant. */
struct walk {
	const struct jmapbody *b;
	struct jmapbody_list *text, *html, *attached;
	struct str type;     /* of the multipart */
	bool in_alternative; /* or one around it is one */
};

static bool is_inline(const struct walk *w, const struct mail_part *p, bool first)
{
	bool text = str_eq(p->type, STR("text/plain")) || str_eq(p->type, STR("text/html"));
	if ((!text && !is_media(p->type)) ||
	    str_eq(disposition(w->b, p), STR("attachment")))
		return false;
	return first || (!str_eq(w->type, STR("multipart/related")) &&
			 (is_media(p->type) || p->filename.n == 0));
}

static void leaf(struct walk *w, size_t i, bool first)
{
	const struct mail_part *p = &w->b->m->mail.parts[i];
	bool plain = str_eq(p->type, STR("text/plain")), html = str_eq(p->type, STR("text/html"));
	struct jmapbody_list *only = plain ? w->text : html ? w->html : w->attached;
	bool shown = is_inline(w, p, first);
	if (!shown || str_eq(w->type, STR("multipart/alternative"))) {
		if (!shown || only)
			add(w->b, shown ? only : w->attached, i);
		return;
	}
	if (w->in_alternative && plain)
		w->html = NULL;
	if (w->in_alternative && html)
		w->text = NULL;
	if (w->text)
		add(w->b, w->text, i);
	if (w->html)
		add(w->b, w->html, i);
	if ((!w->text || !w->html) && is_media(p->type))
		add(w->b, w->attached, i);
}

static void walk(struct walk *w, size_t at, int depth)
{
	const struct mail *m = &w->b->m->mail;
	size_t text = w->text ? w->text->n : 0, html = w->html ? w->html->n : 0;
	bool first = true;
	for (size_t k = at + 1; k < m->n_parts; k++) {
		const struct mail_part *p = &m->parts[k];
		if (p->parent != (int)at)
			continue;
		if (is_multipart(p) && depth < DEEPEST) {
			struct walk in = *w;
			in.type = p->type;
			in.in_alternative |= str_eq(p->type, STR("multipart/alternative"));
			walk(&in, k, depth + 1);
		} else {
			leaf(w, k, first);
		}
		first = false;
	}
	if (!str_eq(w->type, STR("multipart/alternative")) || !w->text || !w->html)
		return;
	/* One of the two is missing: the other serves for both. */
	bool no_text = w->text->n == text, no_html = w->html->n == html;
	for (size_t k = html; no_text && k < w->html->n; k++)
		add(w->b, w->text, w->html->parts[k]);
	for (size_t k = text; no_html && k < w->text->n && !no_text; k++)
		add(w->b, w->html, w->text->parts[k]);
}

void jmapbody_lists(const struct jmapbody *b, struct jmapbody_lists *out)
{
	const struct mail *m = &b->m->mail;
	*out = (struct jmapbody_lists){0};
	struct walk w = {b, &out->text, &out->html, &out->attached, STR("multipart/mixed"), false};
	if (m->n_parts && is_multipart(m->parts)) {
		w.type = m->parts->type;
		w.in_alternative = str_eq(w.type, STR("multipart/alternative"));
		walk(&w, 0, 0);
	} else if (m->n_parts) {
		leaf(&w, 0, true);
	}
}

json_t *jmapbody_show(const struct jmapbody *b, const struct jmapbody_list *l)
{
	json_t *out = json_array();
	for (size_t i = 0; i < l->n; i++)
		json_array_append_new(out, part(b, &b->m->mail.parts[l->parts[i]]));
	return out;
}

bool jmapbody_attaches(const struct jmapbody *b)
{
	for (size_t i = 0; i < b->m->mail.n_parts; i++)
		if (b->m->mail.parts[i].attachment)
			return true;
	return false;
}

/* ---- values ---- */

static bool listed(const struct jmapbody_list *l, size_t part)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->parts[i] == part)
			return true;
	return false;
}

/* Line ends as LF. */
static struct str plain_lines(struct arena *a, struct str s)
{
	if (str_chr(s, '\r') < 0)
		return s;
	char *out = arena_alloc(a, s.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != '\r' || i + 1 == s.n || s.p[i + 1] != '\n')
			out[n++] = s.p[i];
	return (struct str){out, n};
}

/* At most so many octets: whole characters, and no half a tag. */
static struct str cut_value(struct str s, size_t most, bool html)
{
	if (s.n <= most)
		return s;
	while (most > 0 && (s.p[most] & 0xC0) == 0x80)
		most--;
	for (size_t i = most; html && i > 0 && s.p[i - 1] != '>'; i--)
		if (s.p[i - 1] == '<') {
			most = i - 1;
			break;
		}
	return str_cut(s, 0, most);
}

static json_t *body_value(const struct jmapbody *b, const struct mail_part *p)
{
	json_int_t most = json_integer_value(json_object_get(b->args, "maxBodyValueBytes"));
	struct str whole = plain_lines(b->j->a, p->text), s = whole;
	if (most > 0)
		s = cut_value(s, (size_t)most, str_eq(p->type, STR("text/html")));
	b->j->shown += s.n;
	if (b->j->shown > HTTP_MAX_ANSWER) { /* of all calls together; else it is not made */
		s = STR("");
		jmapbase_fail(b->j, "requestTooLarge", "the bodies are too large together");
	}
	return json_pack("{s:o,s:b,s:b}", "value", shape_text(b->j->a, s), "isEncodingProblem",
			 (p->marks & (MAIL_MARK_CHARSET | MAIL_MARK_ENCODING)) != 0, "isTruncated",
			 s.n < whole.n || (p->marks & MAIL_MARK_TRUNCATED));
}

json_t *jmapbody_values(const struct jmapbody *b, const struct jmapbody_lists *l)
{
	const struct mail *m = &b->m->mail;
	bool all = json_is_true(json_object_get(b->args, "fetchAllBodyValues"));
	bool text = json_is_true(json_object_get(b->args, "fetchTextBodyValues"));
	bool html = json_is_true(json_object_get(b->args, "fetchHTMLBodyValues"));
	json_t *out = json_object();
	for (size_t i = 0; i < m->n_parts; i++) {
		const struct mail_part *p = &m->parts[i];
		if (!str_starts(p->type, STR("text/")) || is_nested(m, i))
			continue;
		if (all || (text && listed(&l->text, i)) || (html && listed(&l->html, i)))
			json_object_set_new(out, arena_str(b->j->a, p->number).p,
					    body_value(b, p));
	}
	return out;
}

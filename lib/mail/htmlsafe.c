#include "htmlsafe.h"

#include "entity.h"
#include "htmlstyle.h"
#include "htmltok.h"
#include "utf8.h"

/* How an element is treated. */
enum trait {
	EMPTY = 1,   /* has no content and no end tag */
	ALONE = 2,   /* a second one ends the first: <p>, <li> */
	TABLE = 4,   /* belongs to the build of a table */
	CELL = 8,    /* an end tag in it ends nothing outside of it */
	DEAD = 16,   /* not written, and told */
	ANEW = 32    /* written by a function of its own */
};

struct element {
	const char *name;
	unsigned traits;
};

static const struct element elements[] = {
	{"a", 0}, {"abbr", 0}, {"acronym", 0}, {"address", 0}, {"applet", DEAD}, {"article", 0},
	{"aside", 0}, {"audio", DEAD}, {"b", 0}, {"base", DEAD}, {"bdi", 0}, {"bdo", 0},
	{"big", 0}, {"blockquote", 0}, {"body", ANEW}, {"br", EMPTY}, {"button", DEAD},
	{"canvas", DEAD}, {"caption", CELL | TABLE}, {"center", 0}, {"cite", 0}, {"code", 0},
	{"col", EMPTY}, {"colgroup", TABLE}, {"dd", ALONE}, {"del", 0}, {"dfn", 0}, {"dir", 0},
	{"div", 0}, {"dl", 0}, {"dt", ALONE}, {"em", 0}, {"embed", DEAD}, {"figcaption", 0},
	{"figure", 0}, {"font", 0}, {"footer", 0}, {"form", DEAD}, {"frame", DEAD}, {"h1", 0},
	{"h2", 0}, {"h3", 0}, {"h4", 0}, {"h5", 0}, {"h6", 0}, {"header", 0}, {"hr", EMPTY},
	{"i", 0}, {"iframe", DEAD}, {"img", EMPTY | ANEW}, {"input", DEAD}, {"ins", 0},
	{"kbd", 0}, {"li", ALONE}, {"link", DEAD}, {"main", 0}, {"mark", 0}, {"math", DEAD},
	{"menu", 0}, {"nav", 0}, {"object", DEAD}, {"ol", 0}, {"p", ALONE}, {"pre", 0}, {"q", 0},
	{"s", 0}, {"samp", 0}, {"script", DEAD}, {"section", 0}, {"select", DEAD}, {"small", 0},
	{"span", 0}, {"strike", 0}, {"strong", 0}, {"sub", 0}, {"sup", 0}, {"svg", DEAD},
	{"table", TABLE}, {"tbody", TABLE}, {"td", ALONE | CELL | TABLE}, {"textarea", DEAD},
	{"tfoot", TABLE}, {"th", ALONE | CELL | TABLE}, {"thead", TABLE}, {"time", 0},
	{"tr", ALONE | TABLE}, {"tt", 0}, {"u", 0}, {"ul", 0}, {"var", 0}, {"video", DEAD},
	{"wbr", EMPTY}};

/* What may stand in an attribute. */
enum content { WORD, LENGTH, COLOUR, WORDS };

static const struct {
	const char *name;
	enum content content;
} attributes[] = {
	{"align", WORD}, {"alt", WORDS}, {"bgcolor", COLOUR}, {"border", LENGTH},
	{"cellpadding", LENGTH}, {"cellspacing", LENGTH}, {"color", COLOUR}, {"cols", LENGTH},
	{"colspan", LENGTH}, {"datetime", WORDS}, {"dir", WORD}, {"face", WORDS},
	{"height", LENGTH}, {"hspace", LENGTH}, {"lang", WORD}, {"nowrap", WORD},
	{"rowspan", LENGTH}, {"scope", WORD}, {"size", LENGTH}, {"start", LENGTH},
	{"summary", WORDS}, {"title", WORDS}, {"type", WORD}, {"valign", WORD},
	{"value", LENGTH}, {"vspace", LENGTH}, {"width", LENGTH}};

struct writer {
	struct arena *a;
	struct buf *out;
	htmlsafe_image *image;
	void *arg;
	struct htmlsafe_report *report;
	const struct element *open[HTMLSAFE_MAX_DEPTH];
	size_t n_open;
};

static const struct element *find(struct str name)
{
	for (size_t i = 0; i < sizeof elements / sizeof *elements; i++)
		if (str_ieq(name, str_of(elements[i].name)))
			return &elements[i];
	return NULL;
}

/* ---- text ---- */

/* Character references decoded, in the arena. */
static struct str decoded(struct arena *a, struct str s)
{
	char *out = arena_alloc(a, s.n + 1);
	size_t n = 0, at = 0;
	while (at < s.n) {
		uint32_t cp;
		size_t len = s.p[at] == '&' ? entity_read(str_cut(s, at, s.n), &cp) : 0;
		if (len)
			n += utf8_put(out + n, cp);
		else
			out[n++] = s.p[at];
		at += len ? len : 1;
	}
	return (struct str){out, n};
}

static void escaped(struct buf *out, struct str s)
{
	size_t start = 0;
	for (size_t i = 0; i < s.n; i++) {
		const char *to = s.p[i] == '<' ? "&lt;" : s.p[i] == '>' ? "&gt;" :
				 s.p[i] == '&' ? "&amp;" : s.p[i] == '"' ? "&quot;" :
				 s.p[i] == 0 ? "\xEF\xBF\xBD" : NULL;
		if (to == NULL)
			continue;
		buf_str(out, str_cut(s, start, i));
		buf_str(out, str_of(to));
		start = i + 1;
	}
	buf_str(out, str_cut(s, start, s.n));
}

/* ---- attributes ---- */

static bool is_letter_or_digit(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool only(struct str s, const char *more, size_t most)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_letter_or_digit(s.p[i]) && (s.p[i] == 0 || !strchr(more, s.p[i])))
			return false;
	return s.n <= most;
}

static bool fits(enum content content, struct str v)
{
	switch (content) {
	case WORD:
		return only(v, "-", 32);
	case LENGTH:
		return only(v, "%.+-", 16);
	case COLOUR:
		return only(v, "#", 32);
	case WORDS:
		break;
	}
	return v.n <= HTMLSAFE_MAX_ATTR;
}

static void attribute(struct buf *out, struct str name, struct str value)
{
	buf_chr(out, ' ');
	buf_str(out, name);
	buf_str(out, STR("=\""));
	escaped(out, value);
	buf_chr(out, '"');
}

static void style(struct writer *w, struct str value)
{
	struct buf kept;
	buf_init(&kept, value.n + 1);
	w->report->remote += htmlstyle_write(value, &kept);
	if (kept.n)
		attribute(w->out, STR("style"), buf_all(&kept));
	buf_free(&kept);
}

/* Where a link leads, without what browsers leave out of it; "" when it may not. */
static struct str target(struct arena *a, struct str v)
{
	char *out = arena_alloc(a, v.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < v.n; i++)
		if ((unsigned char)v.p[i] > ' ' && v.p[i] != 0x7F)
			out[n++] = v.p[i];
	struct str s = {out, n};
	bool good = str_istarts(s, STR("http://")) || str_istarts(s, STR("https://")) ||
		    str_istarts(s, STR("mailto:"));
	return good ? s : STR("");
}

static void link_attributes(struct writer *w, struct str value)
{
	struct str to = target(w->a, value);
	if (to.n == 0)
		return;
	attribute(w->out, STR("href"), to);
	attribute(w->out, STR("title"), to); /* a reader should see where it leads */
	buf_str(w->out, STR(" target=\"_blank\" rel=\"noopener noreferrer nofollow\""));
}

/* One attribute of any element but an image's own. */
static void common(struct writer *w, struct str name, struct str value)
{
	if (str_ieq(name, STR("style")))
		style(w, value);
	else if (str_ieq(name, STR("background")) && value.n)
		w->report->remote++;
	for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++)
		if (str_ieq(name, str_of(attributes[i].name)) &&
		    fits(attributes[i].content, value))
			attribute(w->out, str_of(attributes[i].name), value);
}

static void all_attributes(struct writer *w, const struct element *e, struct str attrs)
{
	struct str name, value;
	bool link = strcmp(e->name, "a") == 0;
	while (htmltok_attr(&attrs, &name, &value)) {
		if (value.n > HTMLSAFE_MAX_ATTR)
			continue;
		value = decoded(w->a, value);
		if (link && str_ieq(name, STR("href")))
			link_attributes(w, value);
		else if (!link || !str_ieq(name, STR("title")))
			common(w, name, value);
	}
}

/* ---- images ---- */

struct str htmlsafe_raster(struct str b)
{
	if (str_starts(b, STR("\x89PNG\r\n\x1A\n")))
		return STR("image/png");
	if (str_starts(b, STR("\xFF\xD8\xFF")))
		return STR("image/jpeg");
	if (str_starts(b, STR("GIF87a")) || str_starts(b, STR("GIF89a")))
		return STR("image/gif");
	if (str_starts(b, STR("RIFF")) && str_eq(str_cut(b, 8, 12), STR("WEBP")))
		return STR("image/webp");
	return STR("");
}

/* A "data:" URL of a raster image, as it stands in the message. */
static bool is_data(struct str v)
{
	static const char *const kinds[] = {"data:image/png;base64,", "data:image/jpeg;base64,",
					    "data:image/gif;base64,", "data:image/webp;base64,"};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (str_istarts(v, str_of(kinds[i])))
			return only(str_cut(v, strlen(kinds[i]), v.n), "+/= \r\n", SIZE_MAX);
	return false;
}

static void image(struct writer *w, struct str attrs)
{
	struct str rest = attrs, name, value, src = STR(""), alt = STR("");
	while (htmltok_attr(&rest, &name, &value)) {
		if (str_ieq(name, STR("src")))
			src = value;
		else if (str_ieq(name, STR("alt")) && value.n <= HTMLSAFE_MAX_ATTR)
			alt = decoded(w->a, value);
	}
	if (src.n <= HTMLSAFE_MAX_ATTR)
		src = decoded(w->a, src);
	src = str_trim(src);
	struct str shown = is_data(src) ? src : STR("");
	if (str_istarts(src, STR("cid:")) && w->image)
		shown = w->image(w->arg, w->a, str_cut(src, 4, src.n));
	else if (shown.n == 0 && src.n)
		w->report->remote++;
	if (shown.n) {
		static const struct element img = {"img", EMPTY};
		buf_str(w->out, STR("<img"));
		attribute(w->out, STR("src"), shown);
		all_attributes(w, &img, attrs);
		buf_chr(w->out, '>');
	} else if (alt.n) {
		buf_str(w->out, STR("<span>["));
		escaped(w->out, alt);
		buf_str(w->out, STR("]</span>"));
	}
}

/* ---- elements ---- */

static void end_last(struct writer *w)
{
	const struct element *e = w->open[--w->n_open];
	buf_str(w->out, STR("</"));
	buf_str(w->out, e->traits & ANEW ? STR("div") : str_of(e->name));
	buf_chr(w->out, '>');
}

static void start(struct writer *w, const struct element *e, struct str attrs)
{
	if (e->traits & DEAD) {
		w->report->active++;
		return;
	}
	if ((e->traits & (ANEW | EMPTY)) == (ANEW | EMPTY)) {
		image(w, attrs);
		return;
	}
	if (w->n_open && e->traits & ALONE && w->open[w->n_open - 1] == e)
		end_last(w);
	if (!(e->traits & EMPTY)) {
		if (w->n_open == HTMLSAFE_MAX_DEPTH)
			return;
		w->open[w->n_open++] = e;
	}
	buf_chr(w->out, '<');
	buf_str(w->out, e->traits & ANEW ? STR("div") : str_of(e->name));
	all_attributes(w, e, attrs);
	buf_chr(w->out, '>');
}

static void end(struct writer *w, const struct element *e)
{
	size_t i = w->n_open;
	while (i > 0 && w->open[i - 1] != e) {
		if (w->open[i - 1]->traits & CELL && !(e->traits & TABLE))
			return;
		if (strcmp(w->open[i - 1]->name, "table") == 0)
			return;
		i--;
	}
	while (i > 0 && w->n_open >= i)
		end_last(w);
}

/* <meta http-equiv="refresh">: the only one that does something. */
static bool redirects(struct str attrs)
{
	struct str name, value;
	while (htmltok_attr(&attrs, &name, &value))
		if (str_ieq(name, STR("http-equiv")) && str_ieq(value, STR("refresh")))
			return true;
	return false;
}

static void tag(struct writer *w, const struct htmltok *t)
{
	const struct element *e = find(t->name);
	if (e == NULL)
		w->report->active += t->kind == HTMLTOK_OPEN &&
				     str_ieq(t->name, STR("meta")) && redirects(t->attrs);
	else if (t->kind == HTMLTOK_OPEN)
		start(w, e, t->attrs);
	else if (!(e->traits & (DEAD | EMPTY)))
		end(w, e);
}

void htmlsafe_write(struct arena *a, struct str html, htmlsafe_image *image_of, void *arg,
		    struct buf *out, struct htmlsafe_report *report)
{
	struct writer w = {.a = a, .out = out, .image = image_of, .arg = arg, .report = report};
	struct htmltok_reader r = {.s = html};
	struct htmltok t;
	bool titles = true; /* until one has no end */
	size_t from = out->n;
	*report = (struct htmlsafe_report){0};
	while (htmltok_next(&r, &t)) {
		if (out->n - from > HTMLSAFE_MAX_OUT) {
			report->cut = true;
			break;
		}
		if (t.kind == HTMLTOK_TEXT)
			escaped(out, decoded(a, t.text));
		else if (t.kind == HTMLTOK_OPEN && str_ieq(t.name, STR("title")))
			titles = titles && htmltok_skip(&r, t.name);
		else if (t.kind == HTMLTOK_OPEN || t.kind == HTMLTOK_CLOSE)
			tag(&w, &t);
	}
	while (w.n_open)
		end_last(&w);
}

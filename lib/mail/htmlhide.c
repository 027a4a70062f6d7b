#include "htmlhide.h"

#include "csssheet.h"
#include "entity.h"
#include "utf8.h"

#define PIXEL 1.01f
#define USUAL_SIZE 16

/* How an element is treated; above these bits the level of a part of a table: 1 the table, 2 what
 * stands in it, 3 rows, 4 cells. */
enum trait {
	EMPTY = 1,  /* has no content and no end tag */
	FORMAT = 2, /* goes on behind the end of a block it was opened in: <b>, <font> */
	BLOCK = 4,  /* ends a <p>; has a height */
	CELL = 8,   /* an end tag in it ends nothing outside of it */
	TITLE = 16, /* its text is never shown */
	PAGE = 32,  /* <html>, <head>, <body>: never ended */
	ITEM = 64,  /* ends another of the same list: <li> */
	LIST = 128,
	CONTROL = 256, /* of a form: has colours and letters of its own */
	LEVEL = 9      /* bits to shift */
};

#define TABLE(level) ((level) << LEVEL)

struct element {
	const char *name;
	unsigned traits;
};

static const struct element elements[] = {
	{"a", FORMAT}, {"address", BLOCK}, {"area", EMPTY}, {"article", BLOCK}, {"aside", BLOCK},
	{"b", FORMAT}, {"base", EMPTY}, {"big", FORMAT}, {"blockquote", BLOCK}, {"body", PAGE},
	{"br", EMPTY}, {"button", CONTROL}, {"caption", BLOCK | CELL | TABLE(2)},
	{"center", BLOCK}, {"code", FORMAT}, {"col", EMPTY}, {"colgroup", TABLE(2)},
	{"dd", BLOCK | ITEM}, {"details", BLOCK}, {"dir", BLOCK | LIST}, {"div", BLOCK},
	{"dl", BLOCK | LIST}, {"dt", BLOCK | ITEM}, {"em", FORMAT}, {"embed", EMPTY},
	{"fieldset", BLOCK}, {"figcaption", BLOCK}, {"figure", BLOCK}, {"font", FORMAT},
	{"footer", BLOCK}, {"form", BLOCK}, {"frame", EMPTY}, {"h1", BLOCK}, {"h2", BLOCK},
	{"h3", BLOCK}, {"h4", BLOCK}, {"h5", BLOCK}, {"h6", BLOCK}, {"head", PAGE},
	{"header", BLOCK}, {"hr", BLOCK | EMPTY}, {"html", PAGE}, {"i", FORMAT}, {"img", EMPTY},
	{"input", EMPTY}, {"li", BLOCK | ITEM}, {"link", EMPTY}, {"main", BLOCK},
	{"menu", BLOCK | LIST}, {"meta", EMPTY}, {"nav", BLOCK}, {"nobr", FORMAT},
	{"ol", BLOCK | LIST}, {"p", BLOCK}, {"param", EMPTY}, {"pre", BLOCK}, {"s", FORMAT},
	{"section", BLOCK}, {"select", CONTROL}, {"small", FORMAT}, {"source", EMPTY},
	{"strike", FORMAT}, {"strong", FORMAT}, {"summary", BLOCK}, {"table", BLOCK | TABLE(1)},
	{"tbody", TABLE(2)}, {"td", BLOCK | CELL | TABLE(4)}, {"textarea", CONTROL},
	{"tfoot", TABLE(2)}, {"th", BLOCK | CELL | TABLE(4)}, {"thead", TABLE(2)},
	{"title", TITLE}, {"tr", TABLE(3)}, {"track", EMPTY}, {"tt", FORMAT}, {"u", FORMAT},
	{"ul", BLOCK | LIST}, {"wbr", EMPTY}};

/* How text of an element looks. */
struct state {
	bool gone;      /* with all that is in the element */
	bool invisible; /* but what is in it may be seen again */
	bool flat;      /* lines have no height */
	bool clipped;   /* in a box that is as high as its lines, and shows nothing beyond */
	float size;
	struct csscolour text, ground;
};

struct frame {
	uint32_t tag;
	unsigned traits;
	bool leads; /* a link */
	struct csslook look;
	struct state state;
};

struct htmlhide {
	struct csssheet *sheet;
	struct arena *a;
	struct frame *open; /* [0] is the page */
	size_t n, room_for, lost; /* lost: those open beyond the deepest */
	uint32_t tag_p, tag_a;
	struct csscolour link;
	bool hidden, has_body;
	char room[HTMLHIDE_MAX_ATTR];
};

/* ---- elements ---- */

static const struct element *find(struct str name)
{
	char first = name.n > 0 ? (char)(name.p[0] | 0x20) : 0;
	for (size_t i = 0; i < sizeof elements / sizeof *elements; i++)
		if (elements[i].name[0] == first && str_ieq(name, str_of(elements[i].name)))
			return &elements[i];
	return NULL;
}

/* A number for each name. */
static uint32_t tag_of(struct str name, const struct element *e)
{
	uint32_t h = 0x811c9dc5u;
	if (e != NULL)
		return (uint32_t)(e - elements);
	for (size_t i = 0; i < name.n; i++) {
		unsigned char c = (unsigned char)name.p[i];
		h = (h ^ (c >= 'A' && c <= 'Z' ? c + 32u : c)) * 0x01000193u;
	}
	return h | (uint32_t)1 << 31;
}

static bool is(const struct frame *f, const char *name)
{
	return !(f->tag >> 31) && strcmp(elements[f->tag].name, name) == 0;
}

/* ---- how it looks ---- */

/* A box of its own, whose height counts. */
static bool is_box(const struct frame *f)
{
	const struct csslook_value *display = &f->look.of[CSSLOOK_DISPLAY];
	if (display->rank)
		return display->kind == CSSLOOK_BOX;
	return f->traits & BLOCK && !(f->traits >> LEVEL);
}

static bool none(const struct csslook *look, enum csslook_property p)
{
	return look->of[p].kind == CSSLOOK_NONE;
}

/* Has it no height or width, and shows nothing beyond? */
static bool is_shut(const struct csslook *look)
{
	bool low = (none(look, CSSLOOK_HEIGHT) || none(look, CSSLOOK_MAX_HEIGHT)) &&
		   look->of[CSSLOOK_MIN_HEIGHT].kind != CSSLOOK_OTHER;
	bool narrow = (none(look, CSSLOOK_WIDTH) || none(look, CSSLOOK_MAX_WIDTH)) &&
		      look->of[CSSLOOK_MIN_WIDTH].kind != CSSLOOK_OTHER;
	return (low || narrow) && look->of[CSSLOOK_PADDING].kind != CSSLOOK_OTHER;
}

static void apply_box(struct state *s, const struct frame *f)
{
	if (!is_box(f) || !none(&f->look, CSSLOOK_OVERFLOW))
		return;
	s->gone = s->gone || is_shut(&f->look);
	s->clipped = s->clipped || (s->flat && f->look.of[CSSLOOK_HEIGHT].kind != CSSLOOK_OTHER);
}

static void apply_letters(struct state *s, const struct csslook *look)
{
	const struct csslook_value *v = &look->of[CSSLOOK_SIZE];
	if (v->kind == CSSLOOK_PIXELS)
		s->size = v->number;
	else if (v->kind == CSSLOOK_TIMES)
		s->size = s->size * v->number < 1e6f ? s->size * v->number : 1e6f;
	else if (v->kind == CSSLOOK_OTHER)
		s->size = USUAL_SIZE;
	v = &look->of[CSSLOOK_LINE];
	if (v->kind == CSSLOOK_NONE || v->kind == CSSLOOK_OTHER)
		s->flat = v->kind == CSSLOOK_NONE;
	v = &look->of[CSSLOOK_VISIBILITY];
	if (v->kind == CSSLOOK_NONE || v->kind == CSSLOOK_OTHER)
		s->invisible = v->kind == CSSLOOK_NONE;
}

static void apply_colours(struct state *s, const struct htmlhide *h, const struct frame *f)
{
	const struct csslook_value *text = &f->look.of[CSSLOOK_COLOUR];
	const struct csslook_value *ground = &f->look.of[CSSLOOK_GROUND];
	if (text->kind == CSSLOOK_PAINT)
		s->text = text->colour;
	else if (text->kind == CSSLOOK_OTHER)
		s->text.known = false;
	else if (text->kind == CSSLOOK_UNSET && f->leads)
		s->text = h->link;
	if (ground->kind == CSSLOOK_PAINT)
		s->ground = csscolour_over(ground->colour, s->ground);
	if (ground->kind == CSSLOOK_OTHER || f->look.of[CSSLOOK_IMAGE].kind == CSSLOOK_OTHER)
		s->ground.known = false;
}

/* The state of frame i from that of the one it stands in. */
static void settle(struct htmlhide *h, size_t i)
{
	struct frame *f = &h->open[i];
	struct state s = {.size = USUAL_SIZE, .text = {0, 0, 0, 255, true},
			  .ground = {255, 255, 255, 255, true}};
	if (i > 0)
		s = h->open[i - 1].state;
	if (f->traits & CONTROL) {
		s.text.known = false;
		s.size = USUAL_SIZE;
	}
	s.gone = s.gone || f->traits & TITLE || none(&f->look, CSSLOOK_DISPLAY) ||
		 none(&f->look, CSSLOOK_OPACITY);
	apply_letters(&s, &f->look);
	apply_colours(&s, h, f);
	apply_box(&s, f);
	f->state = s;
}

static void settle_from(struct htmlhide *h, size_t i)
{
	for (; i < h->n; i++)
		settle(h, i);
	const struct state *s = &h->open[h->n - 1].state;
	h->hidden = s->gone || s->invisible || s->size <= PIXEL || (s->clipped && s->flat) ||
		    csscolour_lost(s->text, s->ground);
}

/* ---- attributes ---- */

/* A value with its character references decoded, in *room; "" when it is too long. */
static struct str decoded(char *room, struct str s)
{
	size_t n = 0, at = 0;
	if (s.n > HTMLHIDE_MAX_ATTR)
		return STR("");
	while (at < s.n) {
		uint32_t cp;
		size_t len = s.p[at] == '&' ? entity_read(str_cut(s, at, s.n), &cp) : 0;
		if (len)
			n += utf8_put(room + n, cp); /* never longer than the reference */
		else
			room[n++] = s.p[at];
		at += len ? len : 1;
	}
	return (struct str){room, n};
}

/* Without its comments, in place. */
static struct str without_comments(char *room, struct str s)
{
	size_t n = 0, at = 0;
	while (at < s.n) {
		struct str rest = str_cut(s, at, s.n);
		ptrdiff_t end = str_starts(rest, STR("/*"))
					? str_find(str_cut(rest, 2, rest.n), STR("*/")) : -1;
		if (end >= 0)
			at += (size_t)end + 4;
		else
			room[n++] = s.p[at++];
	}
	return (struct str){room, n};
}

/* What is no style, but has the effect of one. */
static void read_old(struct htmlhide *h, struct frame *f, struct str name, struct str value)
{
	const uint32_t rank = CSSLOOK_BY_ATTRIBUTE << CSSLOOK_LATER;
	struct csslook *look = &f->look;
	bool body = is(f, "body");
	if (str_ieq(name, STR("hidden")))
		csslook_set(look, CSSLOOK_DISPLAY, CSSLOOK_NONE, rank);
	else if (str_ieq(name, STR("bgcolor")))
		csslook_paint(look, CSSLOOK_GROUND, decoded(h->room, value), rank);
	else if (str_ieq(name, STR("background")) && value.n > 0)
		csslook_set(look, CSSLOOK_IMAGE, CSSLOOK_OTHER, rank);
	else if (body ? str_ieq(name, STR("text")) : str_ieq(name, STR("color")) && is(f, "font"))
		csslook_paint(look, CSSLOOK_COLOUR, decoded(h->room, value), rank);
	else if (body && str_ieq(name, STR("link")))
		csscolour_legacy(decoded(h->room, value), &h->link);
	else if (str_ieq(name, STR("href")) && is(f, "a"))
		f->leads = true;
}

static void read_attributes(struct htmlhide *h, struct frame *f, struct str tag, struct str attrs)
{
	struct str name, value, id = STR(""), classes = STR("");
	bool styled = false; /* a second style does not count */
	while (htmltok_attr(&attrs, &name, &value)) {
		if (str_ieq(name, STR("class"))) {
			classes = str_cut(value, 0, HTMLHIDE_MAX_ATTR);
		} else if (str_ieq(name, STR("id"))) {
			id = str_cut(value, 0, HTMLHIDE_MAX_ATTR);
		} else if (!str_ieq(name, STR("style"))) {
			read_old(h, f, name, value);
		} else if (!styled) {
			value = without_comments(h->room, decoded(h->room, value));
			csslook_read(&f->look, value, CSSLOOK_BY_STYLE << CSSLOOK_LATER);
			styled = true;
		}
	}
	csssheet_find(h->sheet, tag, id, classes, &f->look);
}

/* ---- which elements are open ---- */

/* Ends frame i: those in it go too, but not what goes on behind it. */
static void end_one(struct htmlhide *h, size_t i, bool all_stay)
{
	size_t to = i;
	for (size_t k = i + 1; k < h->n; k++)
		if (all_stay || h->open[k].traits & FORMAT)
			h->open[to++] = h->open[k];
	h->n = to;
	settle_from(h, i);
}

/* The nearest open element of that tag, or 0. It is not looked for outside of one with a trait
 * of `walls`, or of a table. */
static size_t nearest(const struct htmlhide *h, uint32_t tag, unsigned walls)
{
	for (size_t i = h->n - 1; i > 0; i--) {
		const struct frame *f = &h->open[i];
		if (f->tag == tag)
			return i;
		if (f->traits & walls || f->traits >> LEVEL == 1)
			return 0;
	}
	return 0;
}

/* The nearest open item of the innermost list, or 0. */
static size_t nearest_item(const struct htmlhide *h)
{
	for (size_t i = h->n - 1; i > 0; i--) {
		if (h->open[i].traits & ITEM)
			return i;
		if (h->open[i].traits & (CELL | LIST))
			return 0;
	}
	return 0;
}

/* Ends what a part of a table that begins now leaves. */
static void end_parts(struct htmlhide *h, unsigned level)
{
	for (size_t i = h->n - 1; i > 0; i--) {
		unsigned other = h->open[i].traits >> LEVEL;
		if (other > 0 && other < level) {
			h->n = i + 1;
			return;
		}
	}
}

/* Ends what a start tag ends. */
static void end_before(struct htmlhide *h, uint32_t tag, unsigned traits)
{
	size_t i = 0;
	if (traits & (BLOCK | PAGE) && h->open[h->n - 1].traits & TITLE)
		h->n--; /* it was forgotten to be ended */
	if (traits >> LEVEL > 1) {
		end_parts(h, traits >> LEVEL);
		return;
	}
	if (traits & BLOCK && (i = nearest(h, h->tag_p, CELL)) > 0)
		end_one(h, i, false);
	if (traits & ITEM && (i = nearest_item(h)) > 0)
		end_one(h, i, false);
	if (tag == h->tag_a && (i = nearest(h, tag, CELL)) > 0)
		end_one(h, i, true);
}

/* <html> and the first <body> are one with the page. */
static void start_page(struct htmlhide *h, const struct element *e, const struct htmltok *t)
{
	struct frame f = {.tag = tag_of(t->name, e), .traits = e->traits};
	bool body = is(&f, "body");
	if (is(&f, "head") || (body && h->has_body))
		return;
	h->has_body = h->has_body || body;
	read_attributes(h, &f, t->name, t->attrs);
	csslook_merge(&h->open[0].look, &f.look);
}

/* For one more. */
static void make_room(struct htmlhide *h)
{
	if (h->n < h->room_for)
		return;
	struct frame *old = h->open;
	h->room_for = h->room_for ? 2 * h->room_for : 16;
	h->open = arena_alloc(h->a, h->room_for * sizeof *h->open);
	if (h->n > 0)
		memcpy(h->open, old, h->n * sizeof *h->open);
}

static void start(struct htmlhide *h, const struct element *e, const struct htmltok *t)
{
	unsigned traits = e ? e->traits : 0;
	uint32_t tag = tag_of(t->name, e);
	end_before(h, tag, traits);
	if (traits & PAGE) {
		start_page(h, e, t);
		settle_from(h, 0);
		return;
	}
	if (!(traits & EMPTY) && h->n == HTMLHIDE_MAX_DEPTH) {
		h->lost++;
	} else if (!(traits & EMPTY)) {
		make_room(h);
		h->open[h->n] = (struct frame){.tag = tag, .traits = traits};
		read_attributes(h, &h->open[h->n++], t->name, t->attrs);
	}
	settle_from(h, h->n - 1);
}

static void end(struct htmlhide *h, const struct element *e, const struct htmltok *t)
{
	unsigned traits = e ? e->traits : 0;
	uint32_t tag = tag_of(t->name, e);
	if (traits & (PAGE | EMPTY)) {
		end_before(h, tag, traits & PAGE);
		settle_from(h, h->n - 1);
		return;
	}
	if (h->lost > 0) {
		h->lost--;
		return;
	}
	unsigned walls = traits >> LEVEL ? 0 : traits & (BLOCK | FORMAT) ? CELL : BLOCK;
	size_t i = nearest(h, tag, walls);
	if (i == 0)
		return;
	if (traits >> LEVEL) {
		h->n = i;
		settle_from(h, h->n - 1);
	} else {
		end_one(h, i, traits & FORMAT);
	}
}

/* Most mail has none. */
static bool mentions_style(struct str html)
{
	for (size_t at = 0; at < html.n; at++) {
		ptrdiff_t n = str_chr(str_cut(html, at, html.n), '<');
		if (n < 0)
			return false;
		at += (size_t)n;
		if (str_istarts(str_cut(html, at, html.n), STR("<style")))
			return true;
	}
	return false;
}

static void read_sheets(struct csssheet *sheet, struct str html)
{
	struct htmltok_reader r = {.s = html};
	struct htmltok t;
	bool style = false;
	while (htmltok_next(&r, &t)) {
		if (t.kind == HTMLTOK_RAW && style)
			csssheet_add(sheet, t.text);
		style = t.kind == HTMLTOK_OPEN && str_ieq(t.name, STR("style"));
	}
}

struct htmlhide *htmlhide_new(struct arena *a, struct str html)
{
	struct htmlhide *h = arena_alloc(a, sizeof *h);
	h->sheet = csssheet_new(a);
	if (mentions_style(html))
		read_sheets(h->sheet, html);
	h->link = (struct csscolour){0, 0, 0xEE, 255, true};
	h->a = a;
	h->tag_p = tag_of(STR("p"), find(STR("p")));
	h->tag_a = tag_of(STR("a"), find(STR("a")));
	make_room(h);
	h->n = 1;
	settle_from(h, 0);
	return h;
}

void htmlhide_pass(struct htmlhide *h, const struct htmltok *t)
{
	if (t->kind == HTMLTOK_OPEN)
		start(h, find(t->name), t);
	else if (t->kind == HTMLTOK_CLOSE)
		end(h, find(t->name), t);
}

bool htmlhide_here(const struct htmlhide *h)
{
	return h->hidden;
}

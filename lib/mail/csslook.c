#include "csslook.h"

#include "htmltok.h"

/* At most that is as good as nothing: 0.75pt, 1px. */
#define PIXEL 1.01f
#define FAINT 0.05f
#define USUAL_SIZE 16

static void put(struct csslook *look, enum csslook_property p, struct csslook_value v)
{
	if (v.rank < look->of[p].rank)
		return;
	look->of[p] = v;
	look->any = true;
}

void csslook_set(struct csslook *look, enum csslook_property p, enum csslook_kind kind,
		 uint32_t rank)
{
	put(look, p, (struct csslook_value){.rank = rank, .kind = kind});
}

void csslook_paint(struct csslook *look, enum csslook_property p, struct str colour,
		   uint32_t rank)
{
	struct csslook_value x = {.rank = rank, .kind = CSSLOOK_PAINT};
	if (csscolour_legacy(colour, &x.colour))
		put(look, p, x);
}

void csslook_merge(struct csslook *look, const struct csslook *from)
{
	for (int p = 0; from->any && p < CSSLOOK_PROPERTIES; p++)
		if (from->of[p].rank)
			put(look, (enum csslook_property)p, from->of[p]);
}

/* ---- values ---- */

/* Cuts the next word off; what stands in parentheses is one with what is before them. */
static bool next_word(struct str *rest, struct str *word)
{
	size_t from = 0, at, depth = 0;
	while (from < rest->n && htmltok_space(rest->p[from]))
		from++;
	for (at = from; at < rest->n && (depth > 0 || !htmltok_space(rest->p[at])); at++) {
		depth += rest->p[at] == '(';
		depth -= rest->p[at] == ')' && depth > 0;
	}
	*word = str_cut(*rest, from, at);
	*rest = str_cut(*rest, at, rest->n);
	return word->n > 0;
}

static bool inherits(struct str v)
{
	return str_ieq(v, STR("inherit")) || str_ieq(v, STR("unset")) ||
	       str_ieq(v, STR("currentcolor"));
}

/* The number that v begins with, and what is behind it. */
static bool read_number(struct str v, float *out, struct str *unit)
{
	float value = 0, place = 1;
	size_t i = 0, digits = 0;
	bool point = false;
	for (; i < v.n; i++) {
		char c = v.p[i];
		if (c == '.' && !point) {
			point = true;
		} else if (c >= '0' && c <= '9') {
			digits++;
			place *= point ? 0.1f : 1;
			value = point ? value + place * (float)(c - '0')
				      : 10 * value + (float)(c - '0');
		} else {
			break;
		}
		value = value > 1e6f ? 1e6f : value;
	}
	*out = value;
	*unit = str_cut(v, i, v.n);
	return digits > 0;
}

/* A length: pixels, or so many times the size of letters. CSSLOOK_UNSET: it is none. */
static enum csslook_kind read_length(struct str v, float *out)
{
	static const struct {
		const char *unit;
		float n;
		enum csslook_kind kind;
	} units[] = {
		{"px", 1, CSSLOOK_PIXELS}, {"", 1, CSSLOOK_PIXELS},
		{"pt", 4 / 3.0f, CSSLOOK_PIXELS},
		{"em", 1, CSSLOOK_TIMES}, {"%", 0.01f, CSSLOOK_TIMES},
		{"rem", USUAL_SIZE, CSSLOOK_PIXELS}, {"pc", 16, CSSLOOK_PIXELS},
		{"in", 96, CSSLOOK_PIXELS}, {"cm", 37.8f, CSSLOOK_PIXELS},
		{"mm", 3.78f, CSSLOOK_PIXELS}, {"ex", 0.5f, CSSLOOK_TIMES},
		{"ch", 0.5f, CSSLOOK_TIMES}};
	struct str unit;
	if (!read_number(v, out, &unit))
		return CSSLOOK_UNSET;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (str_ieq(unit, str_of(units[i].unit))) {
			*out *= units[i].n;
			return units[i].kind;
		}
	if (*out > 0)
		return CSSLOOK_UNSET;
	return CSSLOOK_PIXELS; /* nothing, of whatever */
}

static bool is_tiny(struct str v)
{
	float n;
	enum csslook_kind kind = read_length(v, &n);
	return kind == CSSLOOK_PIXELS ? n <= PIXEL : kind == CSSLOOK_TIMES && n <= 0;
}

/* ---- properties ---- */

typedef void reader(struct csslook *look, enum csslook_property p, struct str v, uint32_t rank);

static void read_display(struct csslook *look, enum csslook_property p, struct str v,
			 uint32_t rank)
{
	static const char *const boxes[] = {"block", "inline-block", "flex", "grid", "list-item",
					    "flow-root", "inline-flex", "inline-grid"};
	enum csslook_kind kind = str_ieq(v, STR("none")) ? CSSLOOK_NONE : CSSLOOK_OTHER;
	for (size_t i = 0; i < sizeof boxes / sizeof *boxes; i++)
		if (str_ieq(v, str_of(boxes[i])))
			kind = CSSLOOK_BOX;
	csslook_set(look, p, kind, rank);
}

static void read_visibility(struct csslook *look, enum csslook_property p, struct str v,
			    uint32_t rank)
{
	bool none = str_ieq(v, STR("hidden")) || str_ieq(v, STR("collapse"));
	csslook_set(look, p, none ? CSSLOOK_NONE : inherits(v) ? CSSLOOK_INHERIT : CSSLOOK_OTHER,
		    rank);
}

static void read_opacity(struct csslook *look, enum csslook_property p, struct str v,
			 uint32_t rank)
{
	struct str unit;
	float n;
	bool none = read_number(v, &n, &unit) &&
		    n < (str_eq(unit, STR("%")) ? 100 * FAINT : FAINT);
	csslook_set(look, p, none ? CSSLOOK_NONE : CSSLOOK_OTHER, rank);
}

static void read_overflow(struct csslook *look, enum csslook_property p, struct str v,
			  uint32_t rank)
{
	bool none = str_istarts(v, STR("hidden")) || str_istarts(v, STR("clip"));
	csslook_set(look, p, none ? CSSLOOK_NONE : CSSLOOK_OTHER, rank);
}

/* A height, a width, paddings: is any of them more than a pixel? */
static void read_box(struct csslook *look, enum csslook_property p, struct str v, uint32_t rank)
{
	struct str word;
	bool none = v.n > 0;
	while (next_word(&v, &word))
		none = none && is_tiny(word);
	csslook_set(look, p, none ? CSSLOOK_NONE : CSSLOOK_OTHER, rank);
}

/* Once there is room, another side's nothing takes it not away. */
static void read_padding(struct csslook *look, enum csslook_property p, struct str v,
			 uint32_t rank)
{
	struct csslook one = {0};
	read_box(&one, p, v, rank);
	if (one.of[p].kind == CSSLOOK_OTHER)
		csslook_merge(look, &one);
}

static void read_size(struct csslook *look, enum csslook_property p, struct str v, uint32_t rank)
{
	struct csslook_value x = {.rank = rank, .kind = CSSLOOK_OTHER};
	enum csslook_kind kind = read_length(v, &x.number);
	if (kind != CSSLOOK_UNSET)
		x.kind = kind;
	else if (inherits(v))
		x.kind = CSSLOOK_INHERIT;
	put(look, p, x);
}

/* Without a unit it is so many times the size of the letters. */
static void read_line(struct csslook *look, enum csslook_property p, struct str v, uint32_t rank)
{
	struct str unit;
	float n;
	bool none = read_number(v, &n, &unit) && unit.n == 0 ? n <= 0 : is_tiny(v);
	csslook_set(look, p, none ? CSSLOOK_NONE : inherits(v) ? CSSLOOK_INHERIT : CSSLOOK_OTHER,
		    rank);
}

/* font: bold 12px/1.5 Arial */
static void read_font(struct csslook *look, enum csslook_property p, struct str v, uint32_t rank)
{
	struct str word, unit;
	float n;
	if (inherits(v))
		csslook_set(look, p, CSSLOOK_INHERIT, rank);
	while (next_word(&v, &word)) {
		ptrdiff_t slash = str_chr(word, '/');
		struct str size = str_cut(word, 0, slash < 0 ? word.n : (size_t)slash);
		if (!read_number(size, &n, &unit) || (unit.n == 0 && n > 0)) /* a weight */
			continue;
		read_size(look, p, size, rank);
		read_line(look, CSSLOOK_LINE, slash < 0 ? STR("normal")
							: str_cut(word, (size_t)slash + 1, word.n),
			  rank);
		return;
	}
}

static void read_paint(struct csslook *look, enum csslook_property p, struct str v, uint32_t rank)
{
	struct csslook_value x = {.rank = rank, .kind = CSSLOOK_OTHER};
	if (csscolour_read(v, &x.colour))
		x.kind = CSSLOOK_PAINT;
	else if (inherits(v))
		x.kind = CSSLOOK_INHERIT;
	put(look, p, x);
}

static void read_image(struct csslook *look, enum csslook_property p, struct str v, uint32_t rank)
{
	csslook_set(look, p, str_ieq(v, STR("none")) ? CSSLOOK_NONE : CSSLOOK_OTHER, rank);
}

/* background: #fff url(x.png) no-repeat. What has parentheses and is no colour is an image. */
static void read_background(struct csslook *look, enum csslook_property p, struct str v,
			    uint32_t rank)
{
	struct csscolour colour;
	struct str word, paint = STR("transparent");
	bool image = false;
	while (next_word(&v, &word)) {
		if (csscolour_read(word, &colour) || inherits(word))
			paint = word;
		else
			image = image || str_chr(word, '(') >= 0;
	}
	read_paint(look, p, paint, rank);
	csslook_set(look, CSSLOOK_IMAGE, image ? CSSLOOK_OTHER : CSSLOOK_NONE, rank);
}

static const struct {
	const char *name;
	enum csslook_property p;
	reader *read;
} properties[] = {
	{"color", CSSLOOK_COLOUR, read_paint}, {"font-size", CSSLOOK_SIZE, read_size},
	{"line-height", CSSLOOK_LINE, read_line}, {"display", CSSLOOK_DISPLAY, read_display},
	{"background-color", CSSLOOK_GROUND, read_paint},
	{"background", CSSLOOK_GROUND, read_background},
	{"background-image", CSSLOOK_IMAGE, read_image}, {"font", CSSLOOK_SIZE, read_font},
	{"visibility", CSSLOOK_VISIBILITY, read_visibility},
	{"opacity", CSSLOOK_OPACITY, read_opacity}, {"overflow", CSSLOOK_OVERFLOW, read_overflow},
	{"overflow-x", CSSLOOK_OVERFLOW, read_overflow},
	{"overflow-y", CSSLOOK_OVERFLOW, read_overflow},
	{"height", CSSLOOK_HEIGHT, read_box}, {"max-height", CSSLOOK_MAX_HEIGHT, read_box},
	{"min-height", CSSLOOK_MIN_HEIGHT, read_box}, {"width", CSSLOOK_WIDTH, read_box},
	{"max-width", CSSLOOK_MAX_WIDTH, read_box}, {"min-width", CSSLOOK_MIN_WIDTH, read_box},
	{"padding", CSSLOOK_PADDING, read_padding}, {"padding-top", CSSLOOK_PADDING, read_padding},
	{"padding-bottom", CSSLOOK_PADDING, read_padding},
	{"padding-left", CSSLOOK_PADDING, read_padding},
	{"padding-right", CSSLOOK_PADDING, read_padding}};

/* "red ! important" -> "red" */
static struct str cut_important(struct str v, uint32_t *rank)
{
	size_t n = v.n;
	if (n < 10 || !str_ieq(str_cut(v, n - 9, n), STR("important")))
		return v;
	struct str before = str_trim(str_cut(v, 0, n - 9));
	if (before.n == 0 || before.p[before.n - 1] != '!')
		return v;
	*rank |= CSSLOOK_IMPORTANT;
	return str_trim(str_cut(before, 0, before.n - 1));
}

void csslook_read(struct csslook *look, struct str declarations, uint32_t rank)
{
	struct str one;
	while (str_split(&declarations, ';', &one)) {
		ptrdiff_t colon = str_chr(one, ':');
		if (colon < 0)
			continue;
		struct str name = str_trim(str_cut(one, 0, (size_t)colon));
		char first = name.n > 0 ? (char)(name.p[0] | 0x20) : 0;
		uint32_t here = rank;
		struct str value = str_trim(str_cut(one, (size_t)colon + 1, one.n));
		value = cut_important(value, &here);
		for (size_t i = 0; i < sizeof properties / sizeof *properties; i++)
			if (value.n > 0 && properties[i].name[0] == first &&
			    str_ieq(name, str_of(properties[i].name)))
				properties[i].read(look, properties[i].p, value, here);
	}
}

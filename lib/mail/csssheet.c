#include "csssheet.h"

#include "htmltok.h"

enum { SLOTS = 2048, MAX_CLASSES = 32 };

struct rule {
	uint64_t key;
	struct csslook look;
};

struct csssheet {
	struct arena *a;
	struct rule *rules;
	size_t n, read; /* rules; bytes of text */
	uint32_t later;
	uint16_t slots[SLOTS]; /* a rule's place and one; 0: free */
};

/* ---- rules by what they select ---- */

struct csssheet *csssheet_new(struct arena *a)
{
	struct csssheet *sheet = arena_alloc(a, sizeof *sheet);
	sheet->a = a;
	return sheet;
}

/* FNV-1a over the tag, what kind the name is of ('.', '#', or 0 for none), and the name. */
static uint64_t key_of(struct str tag, char kind, struct str name)
{
	uint64_t h = 0xcbf29ce484222325u;
	const struct str pieces[] = {tag, {&kind, 1}, name};
	for (size_t k = 0; k < sizeof pieces / sizeof *pieces; k++)
		for (size_t i = 0; i < pieces[k].n; i++) {
			unsigned char c = (unsigned char)pieces[k].p[i];
			h = (h ^ (c >= 'A' && c <= 'Z' ? c + 32u : c)) * 0x100000001b3u;
		}
	return h;
}

/* The slot of that rule, or the free one in its place. There is always a free one. */
static size_t slot_of(const struct csssheet *sheet, uint64_t key)
{
	size_t at = (size_t)(key ^ key >> 32) % SLOTS;
	while (sheet->slots[at] && sheet->rules[sheet->slots[at] - 1].key != key)
		at = (at + 1) % SLOTS;
	return at;
}

static void add_rule(struct csssheet *sheet, uint64_t key, const struct csslook *look)
{
	size_t at = slot_of(sheet, key);
	if (sheet->slots[at] == 0) {
		if (sheet->n == CSSSHEET_MAX_RULES)
			return;
		sheet->rules = arena_grow(sheet->a, sheet->rules, sheet->n, sizeof *sheet->rules);
		sheet->rules[sheet->n++] = (struct rule){.key = key};
		sheet->slots[at] = (uint16_t)sheet->n;
	}
	csslook_merge(&sheet->rules[sheet->slots[at] - 1].look, look);
}

static void find_rule(const struct csssheet *sheet, uint64_t key, struct csslook *look)
{
	size_t at = slot_of(sheet, key);
	if (sheet->slots[at])
		csslook_merge(look, &sheet->rules[sheet->slots[at] - 1].look);
}

/* ---- selectors ---- */

struct selector {
	struct str tag, name;
	char kind;
	bool simple; /* that is all of it */
};

static bool is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_' || (unsigned char)c >= 0x80;
}

static struct str name_at(struct str s, size_t at)
{
	size_t end = at;
	while (end < s.n && is_name(s.p[end]))
		end++;
	return str_cut(s, at, end);
}

/* The last part of a selector: a tag, or a class or id, or both. false: it has neither. */
static bool read_selector(struct str s, struct selector *out)
{
	size_t from = s.n, at;
	*out = (struct selector){0};
	while (from > 0 && !htmltok_space(s.p[from - 1]) && strchr(">+~", s.p[from - 1]) == NULL)
		from--;
	s = str_cut(s, from, s.n);
	out->tag = name_at(s, 0);
	at = out->tag.n;
	if (at < s.n && (s.p[at] == '.' || s.p[at] == '#')) {
		out->kind = s.p[at];
		out->name = name_at(s, at + 1);
		at += 1 + out->name.n;
	}
	out->simple = from == 0 && at == s.n;
	return out->tag.n + out->name.n > 0;
}

/* ---- rules as text ---- */

static uint32_t rank_of(const struct selector *s)
{
	uint32_t by = CSSLOOK_BY_TAG;
	if (s->kind)
		by = s->kind == '#' ? CSSLOOK_BY_ID : s->tag.n ? CSSLOOK_BY_TAG_AND_CLASS
							       : CSSLOOK_BY_CLASS;
	return by << CSSLOOK_LATER;
}

/* A colour, or an image: not the lack of them. */
static bool paints(const struct csslook_value *v)
{
	bool bare = v->kind == CSSLOOK_PAINT && v->colour.alpha == 0;
	return v->rank && v->kind != CSSLOOK_NONE && !bare;
}

/* What is left of a rule that may be meant for others. */
static void keep_doubt(struct csslook *look)
{
	struct csslook all = *look;
	*look = (struct csslook){0};
	static const enum csslook_property colours[] = {CSSLOOK_COLOUR, CSSLOOK_GROUND,
							CSSLOOK_IMAGE};
	for (size_t i = 0; i < sizeof colours / sizeof *colours; i++)
		if (paints(&all.of[colours[i]]))
			csslook_set(look, colours[i], CSSLOOK_OTHER, all.of[colours[i]].rank);
}

static void read_rule(struct csssheet *sheet, struct str selectors, struct str declarations)
{
	struct csslook all = {0};
	struct str one;
	csslook_read(&all, declarations, 1);
	if (sheet->later + 1 < (uint32_t)1 << CSSLOOK_LATER)
		sheet->later++;
	while (all.any && str_split(&selectors, ',', &one)) {
		struct selector s;
		struct csslook look = all;
		if (!read_selector(str_trim(one), &s))
			continue;
		for (int p = 0; p < CSSLOOK_PROPERTIES; p++)
			if (look.of[p].rank)
				look.of[p].rank = (look.of[p].rank & CSSLOOK_IMPORTANT) |
						  (rank_of(&s) + sheet->later);
		if (!s.simple)
			keep_doubt(&look);
		if (look.any)
			add_rule(sheet, key_of(s.tag, s.kind, s.name), &look);
	}
}

/* Without comments, and without the marks that hid style from old browsers. */
static struct str plain(struct arena *a, struct str s)
{
	char *out = arena_alloc(a, s.n + 1);
	size_t n = 0;
	for (size_t at = 0; at < s.n;) {
		struct str rest = str_cut(s, at, s.n);
		if (str_starts(rest, STR("/*"))) {
			ptrdiff_t end = str_find(str_cut(rest, 2, rest.n), STR("*/"));
			at += end < 0 ? rest.n : (size_t)end + 4;
		} else if (str_starts(rest, STR("<!--"))) {
			at += 4;
		} else if (str_starts(rest, STR("-->"))) {
			at += 3;
		} else {
			out[n++] = s.p[at++];
		}
	}
	return (struct str){out, n};
}

/* Behind an at-rule: behind its ';', or its block with all that is in it. */
static size_t behind(struct str s, size_t at)
{
	size_t depth = 0;
	for (; at < s.n; at++) {
		char c = s.p[at];
		if (c == ';' && depth == 0)
			return at + 1;
		if (c == '}' && depth <= 1)
			return at + 1;
		depth += c == '{';
		depth -= c == '}';
	}
	return s.n;
}

/* Where that character comes next, or the end. */
static size_t next_of(struct str s, size_t at, char c)
{
	ptrdiff_t n = str_chr(str_cut(s, at, s.n), c);
	return n < 0 ? s.n : at + (size_t)n;
}

void csssheet_add(struct csssheet *sheet, struct str text)
{
	text = str_cut(text, 0, CSSSHEET_MAX_TEXT - sheet->read);
	sheet->read += text.n;
	struct str s = plain(sheet->a, text);
	for (size_t at = 0; at < s.n;) {
		if (htmltok_space(s.p[at]) || s.p[at] == '}') {
			at++;
		} else if (s.p[at] == '@') {
			at = behind(s, at);
		} else {
			size_t open = next_of(s, at, '{'), shut = next_of(s, open, '}');
			if (shut < s.n)
				read_rule(sheet, str_cut(s, at, open), str_cut(s, open + 1, shut));
			at = shut + 1;
		}
	}
}

void csssheet_find(const struct csssheet *sheet, struct str tag, struct str id,
		   struct str classes, struct csslook *look)
{
	if (sheet->n == 0)
		return;
	find_rule(sheet, key_of(tag, 0, STR("")), look);
	for (size_t at = 0, n = 0; at < classes.n && n < MAX_CLASSES; n++) {
		size_t from = at;
		while (at < classes.n && !htmltok_space(classes.p[at]))
			at++;
		struct str one = str_cut(classes, from, at);
		while (at < classes.n && htmltok_space(classes.p[at]))
			at++;
		if (one.n == 0)
			continue;
		find_rule(sheet, key_of(STR(""), '.', one), look);
		find_rule(sheet, key_of(tag, '.', one), look);
	}
	if (id.n > 0) {
		find_rule(sheet, key_of(STR(""), '#', id), look);
		find_rule(sheet, key_of(tag, '#', id), look);
	}
}

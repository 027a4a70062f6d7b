#include "htmlstyle.h"

static const char *const properties[] = {
	"background-color", "background", "border", "border-bottom", "border-bottom-color",
	"border-bottom-style", "border-bottom-width", "border-collapse", "border-color",
	"border-left", "border-left-color", "border-left-style", "border-left-width",
	"border-radius", "border-right", "border-right-color", "border-right-style",
	"border-right-width", "border-spacing", "border-style", "border-top", "border-top-color",
	"border-top-style", "border-top-width", "border-width", "clear", "color", "direction",
	"display", "float", "font", "font-family", "font-size", "font-style", "font-variant",
	"font-weight", "height", "letter-spacing", "line-height", "list-style-type", "margin",
	"margin-bottom", "margin-left", "margin-right", "margin-top", "max-height", "max-width",
	"min-height", "min-width", "overflow-wrap", "padding", "padding-bottom", "padding-left",
	"padding-right", "padding-top", "table-layout", "text-align", "text-decoration",
	"text-indent", "text-transform", "vertical-align", "white-space", "width", "word-break",
	"word-spacing", "word-wrap"};

static bool is_allowed(struct str property)
{
	for (size_t i = 0; i < sizeof properties / sizeof *properties; i++)
		if (str_ieq(property, str_of(properties[i])))
			return true;
	return false;
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_' || (unsigned char)c >= 0x80;
}

/* The word that ends before `at` names a function that only makes a colour. */
static bool is_colour(struct str value, size_t at)
{
	size_t start = at;
	while (start > 0 && is_word(value.p[start - 1]))
		start--;
	struct str name = str_cut(value, start, at);
	return str_ieq(name, STR("rgb")) || str_ieq(name, STR("rgba")) ||
	       str_ieq(name, STR("hsl")) || str_ieq(name, STR("hsla"));
}

static bool is_harmless(struct str value)
{
	bool open = false;
	char quote = 0;
	for (size_t i = 0; i < value.n; i++) {
		char c = value.p[i];
		if (quote && c == quote)
			quote = 0;
		else if (!quote && c == '\'')
			quote = c;
		else if (!quote && c == '(' && !open && is_colour(value, i))
			open = true;
		else if (!quote && c == ')' && open)
			open = false;
		else if (!is_word(c) && (c == 0 || strchr(" \t\n\r#%.,!+", c) == NULL))
			return false;
	}
	return !quote && !open && value.n > 0;
}

static bool loads(struct str value)
{
	for (size_t i = 0; i + 4 <= value.n; i++)
		if (str_ieq(str_cut(value, i, i + 4), STR("url(")))
			return true;
	return false;
}

/* A double quote would end the attribute; in CSS a single one says the same. */
static struct str single_quotes(char *room, struct str value)
{
	for (size_t i = 0; i < value.n; i++)
		room[i] = value.p[i] == '"' ? '\'' : value.p[i];
	return (struct str){room, value.n};
}

size_t htmlstyle_write(struct str style, struct buf *out)
{
	char room[512];
	size_t remote = 0;
	struct str declaration;
	while (str_split(&style, ';', &declaration)) {
		ptrdiff_t colon = str_chr(declaration, ':');
		if (colon < 0)
			continue;
		struct str property = str_trim(str_cut(declaration, 0, (size_t)colon));
		struct str value = str_trim(str_cut(declaration, (size_t)colon + 1, SIZE_MAX));
		remote += loads(value);
		if (value.n > sizeof room || !is_allowed(property))
			continue;
		value = single_quotes(room, value);
		if (!is_harmless(value))
			continue;
		buf_str(out, property);
		buf_chr(out, ':');
		buf_str(out, value);
		buf_chr(out, ';');
	}
	return remote;
}

#include "csscolour.h"

static const struct {
	const char *name;
	uint32_t rgb;
} names[] = {
	{"aliceblue", 0xF0F8FF}, {"antiquewhite", 0xFAEBD7}, {"aqua", 0x00FFFF},
	{"aquamarine", 0x7FFFD4}, {"azure", 0xF0FFFF}, {"beige", 0xF5F5DC}, {"bisque", 0xFFE4C4},
	{"black", 0x000000}, {"blanchedalmond", 0xFFEBCD}, {"blue", 0x0000FF},
	{"blueviolet", 0x8A2BE2}, {"brown", 0xA52A2A}, {"burlywood", 0xDEB887},
	{"cadetblue", 0x5F9EA0}, {"chartreuse", 0x7FFF00}, {"chocolate", 0xD2691E},
	{"coral", 0xFF7F50}, {"cornflowerblue", 0x6495ED}, {"cornsilk", 0xFFF8DC},
	{"crimson", 0xDC143C}, {"cyan", 0x00FFFF}, {"darkblue", 0x00008B}, {"darkcyan", 0x008B8B},
	{"darkgoldenrod", 0xB8860B}, {"darkgray", 0xA9A9A9}, {"darkgreen", 0x006400},
	{"darkgrey", 0xA9A9A9}, {"darkkhaki", 0xBDB76B}, {"darkmagenta", 0x8B008B},
	{"darkolivegreen", 0x556B2F}, {"darkorange", 0xFF8C00}, {"darkorchid", 0x9932CC},
	{"darkred", 0x8B0000}, {"darksalmon", 0xE9967A}, {"darkseagreen", 0x8FBC8F},
	{"darkslateblue", 0x483D8B}, {"darkslategray", 0x2F4F4F}, {"darkslategrey", 0x2F4F4F},
	{"darkturquoise", 0x00CED1}, {"darkviolet", 0x9400D3}, {"deeppink", 0xFF1493},
	{"deepskyblue", 0x00BFFF}, {"dimgray", 0x696969}, {"dimgrey", 0x696969},
	{"dodgerblue", 0x1E90FF}, {"firebrick", 0xB22222}, {"floralwhite", 0xFFFAF0},
	{"forestgreen", 0x228B22}, {"fuchsia", 0xFF00FF}, {"gainsboro", 0xDCDCDC},
	{"ghostwhite", 0xF8F8FF}, {"gold", 0xFFD700}, {"goldenrod", 0xDAA520}, {"gray", 0x808080},
	{"green", 0x008000}, {"greenyellow", 0xADFF2F}, {"grey", 0x808080},
	{"honeydew", 0xF0FFF0}, {"hotpink", 0xFF69B4}, {"indianred", 0xCD5C5C},
	{"indigo", 0x4B0082}, {"ivory", 0xFFFFF0}, {"khaki", 0xF0E68C}, {"lavender", 0xE6E6FA},
	{"lavenderblush", 0xFFF0F5}, {"lawngreen", 0x7CFC00}, {"lemonchiffon", 0xFFFACD},
	{"lightblue", 0xADD8E6}, {"lightcoral", 0xF08080}, {"lightcyan", 0xE0FFFF},
	{"lightgoldenrodyellow", 0xFAFAD2}, {"lightgray", 0xD3D3D3}, {"lightgreen", 0x90EE90},
	{"lightgrey", 0xD3D3D3}, {"lightpink", 0xFFB6C1}, {"lightsalmon", 0xFFA07A},
	{"lightseagreen", 0x20B2AA}, {"lightskyblue", 0x87CEFA}, {"lightslategray", 0x778899},
	{"lightslategrey", 0x778899}, {"lightsteelblue", 0xB0C4DE}, {"lightyellow", 0xFFFFE0},
	{"lime", 0x00FF00}, {"limegreen", 0x32CD32}, {"linen", 0xFAF0E6}, {"magenta", 0xFF00FF},
	{"maroon", 0x800000}, {"mediumaquamarine", 0x66CDAA}, {"mediumblue", 0x0000CD},
	{"mediumorchid", 0xBA55D3}, {"mediumpurple", 0x9370DB}, {"mediumseagreen", 0x3CB371},
	{"mediumslateblue", 0x7B68EE}, {"mediumspringgreen", 0x00FA9A},
	{"mediumturquoise", 0x48D1CC}, {"mediumvioletred", 0xC71585}, {"midnightblue", 0x191970},
	{"mintcream", 0xF5FFFA}, {"mistyrose", 0xFFE4E1}, {"moccasin", 0xFFE4B5},
	{"navajowhite", 0xFFDEAD}, {"navy", 0x000080}, {"oldlace", 0xFDF5E6}, {"olive", 0x808000},
	{"olivedrab", 0x6B8E23}, {"orange", 0xFFA500}, {"orangered", 0xFF4500},
	{"orchid", 0xDA70D6}, {"palegoldenrod", 0xEEE8AA}, {"palegreen", 0x98FB98},
	{"paleturquoise", 0xAFEEEE}, {"palevioletred", 0xDB7093}, {"papayawhip", 0xFFEFD5},
	{"peachpuff", 0xFFDAB9}, {"peru", 0xCD853F}, {"pink", 0xFFC0CB}, {"plum", 0xDDA0DD},
	{"powderblue", 0xB0E0E6}, {"purple", 0x800080}, {"rebeccapurple", 0x663399},
	{"red", 0xFF0000}, {"rosybrown", 0xBC8F8F}, {"royalblue", 0x4169E1},
	{"saddlebrown", 0x8B4513}, {"salmon", 0xFA8072}, {"sandybrown", 0xF4A460},
	{"seagreen", 0x2E8B57}, {"seashell", 0xFFF5EE}, {"sienna", 0xA0522D},
	{"silver", 0xC0C0C0}, {"skyblue", 0x87CEEB}, {"slateblue", 0x6A5ACD},
	{"slategray", 0x708090}, {"slategrey", 0x708090}, {"snow", 0xFFFAFA},
	{"springgreen", 0x00FF7F}, {"steelblue", 0x4682B4}, {"tan", 0xD2B48C}, {"teal", 0x008080},
	{"thistle", 0xD8BFD8}, {"tomato", 0xFF6347}, {"turquoise", 0x40E0D0},
	{"violet", 0xEE82EE}, {"wheat", 0xF5DEB3}, {"white", 0xFFFFFF}, {"whitesmoke", 0xF5F5F5},
	{"yellow", 0xFFFF00}, {"yellowgreen", 0x9ACD32}};

static struct csscolour of_rgb(uint32_t rgb, unsigned alpha)
{
	return (struct csscolour){(unsigned char)(rgb >> 16), (unsigned char)(rgb >> 8),
				  (unsigned char)rgb, (unsigned char)alpha, true};
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Three, four, six or eight digits. */
static bool read_hex(struct str s, bool alpha, struct csscolour *out)
{
	unsigned char v[4] = {0, 0, 0, 255};
	bool brief = s.n == 3 || (alpha && s.n == 4);
	if (!brief && s.n != 6 && !(alpha && s.n == 8))
		return false;
	for (size_t i = 0; i < s.n; i++) {
		int d = hex_digit(s.p[i]);
		if (d < 0)
			return false;
		if (brief)
			v[i] = (unsigned char)(17 * d);
		else
			v[i / 2] = (unsigned char)(i % 2 ? v[i / 2] + d : 16 * d);
	}
	*out = (struct csscolour){v[0], v[1], v[2], v[3], true};
	return true;
}

/* "12", "12.5", ".5": cut off *s; with a '%' it is that part of `most`. */
static bool read_number(struct str *s, double most, double *out)
{
	double value = 0, place = 1;
	size_t i = 0, digits = 0;
	bool point = false;
	for (; i < s->n; i++) {
		char c = s->p[i];
		if (c == '.' && !point) {
			point = true;
		} else if (c >= '0' && c <= '9') {
			digits++;
			place *= point ? 0.1 : 1;
			value = point ? value + place * (c - '0') : 10 * value + (c - '0');
		} else {
			break;
		}
		value = value > 1000 ? 1000 : value;
	}
	bool part = i < s->n && s->p[i] == '%';
	value = part ? value * most / 100 : value;
	*out = value > most ? most : value;
	*s = str_cut(*s, i + part, s->n);
	return digits > 0;
}

static bool between(char c)
{
	return c == ' ' || c == ',' || c == '/' || c == '\t' || c == '\n' || c == '\r';
}

/* rgb(1, 2, 3), rgba(1, 2, 3, .5), rgb(1 2 3 / 50%) */
static bool read_function(struct str s, struct csscolour *out)
{
	double v[4] = {0, 0, 0, 1};
	size_t n = 0;
	bool good = str_istarts(s, STR("rgb(")) || str_istarts(s, STR("rgba("));
	if (!good || s.p[s.n - 1] != ')')
		return false;
	s = str_cut(s, (size_t)str_chr(s, '(') + 1, s.n - 1);
	while (s.n > 0) {
		if (between(s.p[0]))
			s = str_cut(s, 1, s.n);
		else if (n == 4 || !read_number(&s, n < 3 ? 255 : 1, &v[n]))
			return false;
		else
			n++;
	}
	*out = (struct csscolour){(unsigned char)v[0], (unsigned char)v[1], (unsigned char)v[2],
				  (unsigned char)(255 * v[3]), true};
	return n >= 3;
}

static bool read_name(struct str s, struct csscolour *out)
{
	char first = s.n > 0 ? (char)(s.p[0] | 0x20) : 0;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i].name[0] == first && str_ieq(s, str_of(names[i].name))) {
			*out = of_rgb(names[i].rgb, 255);
			return true;
		}
	return false;
}

bool csscolour_read(struct str s, struct csscolour *out)
{
	s = str_trim(s);
	if (s.n == 0)
		return false;
	if (s.p[0] == '#')
		return read_hex(str_cut(s, 1, s.n), true, out);
	if (str_ieq(s, STR("transparent"))) {
		*out = of_rgb(0, 0);
		return true;
	}
	return read_name(s, out) || read_hex(s, false, out) || read_function(s, out);
}

/* The k-th of three equal pieces of the digits, of which two count. What is no digit is a 0, and
 * so is what is missing. */
static unsigned char third(struct str s, size_t size, size_t skip, size_t k)
{
	unsigned value = 0;
	for (size_t i = skip; i < size && i < skip + 2; i++) {
		size_t at = k * size + i;
		int d = at < s.n ? hex_digit(s.p[at]) : 0;
		value = 16 * value + (unsigned)(d < 0 ? 0 : d);
	}
	return (unsigned char)value;
}

static bool all_zero(struct str s, size_t size, size_t at)
{
	for (size_t k = 0; k < 3; k++)
		if (k * size + at < s.n && hex_digit(s.p[k * size + at]) > 0)
			return false;
	return true;
}

bool csscolour_legacy(struct str s, struct csscolour *out)
{
	s = str_trim(s);
	if (s.n == 0 || str_ieq(s, STR("transparent")))
		return false;
	if (read_name(s, out) || (s.n == 4 && s.p[0] == '#' && csscolour_read(s, out)))
		return true;
	s = str_cut(s, s.p[0] == '#', 128);
	size_t size = (s.n + 2) / 3, skip = size > 8 ? size - 8 : 0;
	while (size - skip > 2 && all_zero(s, size, skip))
		skip++;
	*out = (struct csscolour){third(s, size, skip, 0), third(s, size, skip, 1),
				  third(s, size, skip, 2), 255, true};
	return true;
}

static unsigned char mix(unsigned char top, unsigned char under, unsigned alpha)
{
	return (unsigned char)((top * alpha + under * (255 - alpha) + 127) / 255);
}

struct csscolour csscolour_over(struct csscolour top, struct csscolour under)
{
	if (!top.known || top.alpha == 255)
		return top;
	if (!under.known || top.alpha == 0)
		return under;
	return (struct csscolour){mix(top.r, under.r, top.alpha), mix(top.g, under.g, top.alpha),
				  mix(top.b, under.b, top.alpha), under.alpha, true};
}

static bool close(unsigned char a, unsigned char b)
{
	return (a > b ? a - b : b - a) <= CSSCOLOUR_CLOSE;
}

bool csscolour_lost(struct csscolour text, struct csscolour ground)
{
	if (text.known && text.alpha <= CSSCOLOUR_CLOSE)
		return true;
	text = csscolour_over(text, ground);
	return text.known && ground.known && close(text.r, ground.r) &&
	       close(text.g, ground.g) && close(text.b, ground.b);
}

#include "t.h"

#include "entity.h"

int main(void)
{
	static const struct {
		const char *in;
		size_t len;
		uint32_t cp;
	} row[] = {
		{"&amp;", 5, '&'},     {"&amp", 4, '&'},	   {"&apos;x", 6, '\''},
		{"&AElig;", 7, 0xC6},  {"&zwnj;", 6, 0x200C},	   {"&thetasym;", 10, 0x3D1},
		{"&alpha;", 7, 0x3B1}, {"&Alpha;", 7, 0x391},	   {"&there4;", 8, 0x2234},
		{"&#65;", 5, 'A'},     {"&#65", 4, 'A'},	   {"&#x41;", 6, 'A'},
		{"&#X4a", 5, 'J'},     {"&#x0;", 5, 0xFFFD},	   {"&#1114112;", 10, 0xFFFD},
		{"&#4294967361;", 13, 0xFFFD}, {"&#150;", 6, 0x2013},
		{"&", 0, 0},	       {"&;", 0, 0},		   {"&#", 0, 0},
		{"&#;", 0, 0},	       {"&#x;", 0, 0},		   {"&nosuch;", 0, 0},
		{"& amp;", 0, 0},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		uint32_t cp = 0;
		T(entity_read(str_of(row[i].in), &cp) == row[i].len);
		T(row[i].len == 0 || cp == row[i].cp);
	}
	return t_done();
}

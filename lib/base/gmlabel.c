#include "gmlabel.h"

struct str gmlabel_keyword(struct arena *a, struct str label)
{
	static const char hex[] = "0123456789ABCDEF", odd[] = "(){%*\"\\] ";
	char *p = arena_alloc(a, 3 * label.n + 8);
	size_t n = 6;
	memcpy(p, "label:", n);
	for (size_t i = 0; i < label.n; i++) {
		unsigned char c = (unsigned char)label.p[i];
		if (c == '\\' && i == 0) {
			p[n++] = '^';
		} else if (c <= ' ' || c >= 0x7F || strchr(odd, c)) {
			p[n++] = '%';
			p[n++] = hex[c >> 4];
			p[n++] = hex[c & 15];
		} else {
			p[n++] = (char)c;
		}
	}
	return (struct str){p, n};
}

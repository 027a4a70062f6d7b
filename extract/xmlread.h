/* xmlread: XML as elements and text, from a member of a packed document.
 *
 * What: names without their namespace prefix. A document with declarations of its own is refused:
 *   nobody's office writes such, and entities can grow without end.
 * Source: expat.
 * Limits: XMLREAD_DEPTH elements in one another.
 */
#ifndef XMLREAD_H
#define XMLREAD_H

#include "members.h"

enum { XMLREAD_DEPTH = 2000 };

struct xmlread {
	void (*start)(void *arg, struct str name, const char **attributes);
	void (*end)(void *arg, struct str name);
	void (*text)(void *arg, struct str s);
	void *arg;
};

/* Reads the member that m stands at. What is broken or cut off is said on the board. */
void xmlread_member(struct members *m, struct document *d, const struct xmlread *x);
/* The value of an attribute by its name without prefix, or "". */
struct str xmlread_attribute(const char **attributes, const char *name);

/* XML whose elements say by their names alone what becomes of their text. */
enum xmlread_what {
	XMLREAD_TEXT, /* the text in it counts */
	XMLREAD_LINE, /* so it does, and it is a line, unless it stands in a cell */
	XMLREAD_END,  /* a line ends behind it, unless it stands in a cell */
	XMLREAD_CELL,
	XMLREAD_ROW,
	XMLREAD_TAB,
	XMLREAD_BREAK,
	XMLREAD_SPACE,
	XMLREAD_SKIP  /* nothing in it counts */
};
struct xmlread_rule {
	const char *name;
	enum xmlread_what what;
};
struct xmlread_rules {
	const struct xmlread_rule *rule;
	size_t n;
};
/* Writes the text of the member to the board after these rules. */
void xmlread_text(struct members *m, struct document *d, const struct xmlread_rules *rules);

#endif

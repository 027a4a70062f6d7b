/* csssheet: the simple rules of a message's <style> elements.
 *
 * Source: CSS 2.2 sections 4 and 5.
 * What: rules whose selector is an element, a class, an id, or an element with a class or id
 *   ("p", ".a", "#b", "p.a"), in any case of letters. Of other selectors ("div p", "a:hover") only
 *   this is kept: what the last part names may have any colour, where the rule sets one. At-rules
 *   (@media …) are passed over: a sheet is read as for a wide screen that is not dark.
 * Limits: CSSSHEET_MAX_TEXT bytes, CSSSHEET_MAX_RULES selectors; what is beyond is not read.
 * Memory: the arena.
 */
#ifndef CSSSHEET_H
#define CSSSHEET_H

#include "arena.h"
#include "csslook.h"

enum { CSSSHEET_MAX_TEXT = 1 << 20, CSSSHEET_MAX_RULES = 1000 };

struct csssheet;

/* Without rules. */
struct csssheet *csssheet_new(struct arena *a);
/* Adds the content of one <style>. */
void csssheet_add(struct csssheet *sheet, struct str text);
/* Adds what the rules say of an element to *look. `classes` is the value of its attribute. */
void csssheet_find(const struct csssheet *sheet, struct str tag, struct str id,
		   struct str classes, struct csslook *look);

#endif

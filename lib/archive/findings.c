#include "findings.h"

#include <stdarg.h>
#include <stdio.h>

#define TEXT_MOST 1000

static void keep(struct findings *f, const struct findings_item *where, const char *text)
{
	f->count++;
	if (f->n == FINDINGS_KEPT)
		return;
	f->items = arena_grow(&f->a, f->items, f->n, sizeof *f->items);
	struct findings_item *item = &f->items[f->n++];
	*item = *where;
	item->member = arena_str(&f->a, where->member);
	item->text = arena_str(&f->a, str_of(text));
}

void findings_add(struct findings *f, const struct findings_item *where, const char *fmt, ...)
{
	char text[TEXT_MOST];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	keep(f, where, text);
}

void findings_catalog(struct findings *f, uint64_t number, const char *fmt, ...)
{
	char text[TEXT_MOST];
	struct findings_item where = {.number = number};
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	keep(f, &where, text);
}

void findings_free(struct findings *f)
{
	arena_free(&f->a);
	*f = (struct findings){0};
}

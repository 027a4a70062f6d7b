#include "damage.h"

#include "cmd.h"
#include "term.h"

static void print(struct arena *a, const struct findings_item *i)
{
	struct str text = term_clean(a, i->text, false);
	if (i->segment)
		printf("  segment %06u byte %llu: ", i->segment, (unsigned long long)i->frame);
	else
		fputs("  ", stdout);
	printf("%.*s", STR_ARG(text));
	if (i->member.n) {
		struct str name = term_clean(a, i->member, false);
		printf(" (member %.*s, at %llu of the frame's content)", STR_ARG(name),
		       (unsigned long long)i->offset);
	}
	if (i->number)
		printf(" (message %llu)", (unsigned long long)i->number);
	putchar('\n');
}

void damage_print(const struct findings *f)
{
	struct arena a = {0};
	for (size_t i = 0; i < f->n; i++) {
		print(&a, &f->items[i]);
		arena_reset(&a);
	}
	if (f->count > f->n)
		printf("  and %llu more\n", (unsigned long long)(f->count - f->n));
	arena_free(&a);
}

void damage_json(const struct findings *f, json_t *o)
{
	json_t *list = json_array();
	for (size_t i = 0; i < f->n; i++) {
		const struct findings_item *item = &f->items[i];
		json_t *x = json_object();
		if (item->segment) {
			json_object_set_new(x, "segment", json_integer(item->segment));
			json_object_set_new(x, "byte", json_integer((json_int_t)item->frame));
		}
		if (item->member.n) {
			json_object_set_new(x, "member", cmd_string(item->member));
			json_object_set_new(x, "offset", json_integer((json_int_t)item->offset));
		}
		if (item->number)
			json_object_set_new(x, "message", json_integer((json_int_t)item->number));
		json_object_set_new(x, "text", cmd_string(item->text));
		json_array_append_new(list, x);
	}
	json_object_set_new(o, "findings", list);
	json_object_set_new(o, "found", json_integer((json_int_t)f->count));
}

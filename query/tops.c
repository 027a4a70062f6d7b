#include "tops.h"

#include <stdlib.h>
#include <string.h>

struct place {
	unsigned char hash[HASH_BYTES];
	char *text; /* NULL: none */
	size_t n;
	bool alone;
	unsigned used;
};

struct tops {
	struct place places[TOPS_PLACES];
};

struct tops *tops_new(void)
{
	return err_alloc(sizeof(struct tops));
}

void tops_clear(struct tops *t)
{
	for (size_t i = 0; i < TOPS_PLACES; i++)
		free(t->places[i].text);
	*t = (struct tops){0};
}

void tops_free(struct tops **t)
{
	if (*t == NULL)
		return;
	tops_clear(*t);
	free(*t);
	*t = NULL;
}

static struct place *place_of(struct tops *t, const struct archive_msg *m)
{
	return &t->places[m->number % TOPS_PLACES];
}

bool tops_get(struct tops *t, const struct archive_msg *m, struct str *out, bool *alone)
{
	struct place *p = place_of(t, m);
	if (p->text == NULL || memcmp(p->hash, m->hash, HASH_BYTES) != 0)
		return false;
	p->used++;
	*out = (struct str){p->text, p->n};
	*alone = p->alone;
	return true;
}

void tops_put(struct tops *t, const struct archive_msg *m, struct str top, bool alone)
{
	struct place *p = place_of(t, m);
	if (top.n == 0 || top.n > TOPS_BYTES)
		return;
	if (p->text && p->used > 0) {
		p->used--;
		return;
	}
	free(p->text);
	*p = (struct place){.text = err_alloc(top.n), .n = top.n, .alone = alone};
	memcpy(p->text, top.p, top.n);
	memcpy(p->hash, m->hash, HASH_BYTES);
}

#include "pending.h"

#include <stdlib.h>

struct pending_row {
	struct archive_msg m;
	unsigned char leaf[HASH_BYTES];
};

static uint64_t key_of(const unsigned char hash[HASH_BYTES])
{
	uint64_t key;
	memcpy(&key, hash, sizeof key);
	return key;
}

void pending_add(struct pending *p, const struct archive_msg *m,
		 const unsigned char leaf[HASH_BYTES])
{
	if (p->n == p->cap) {
		p->cap = p->cap ? 2 * p->cap : 256;
		p->rows = err_realloc(p->rows, p->cap * sizeof *p->rows);
		p->keys = err_realloc(p->keys, p->cap * sizeof *p->keys);
	}
	p->rows[p->n].m = *m;
	memcpy(p->rows[p->n].leaf, leaf, HASH_BYTES);
	p->keys[p->n++] = key_of(m->hash);
}

int pending_find(const struct pending *p, const unsigned char hash[HASH_BYTES],
		 uint64_t *number_out)
{
	uint64_t key = key_of(hash);
	for (size_t i = p->first; i < p->n; i++)
		if (p->keys[i] == key && memcmp(p->rows[i].m.hash, hash, HASH_BYTES) == 0) {
			*number_out = p->rows[i].m.number;
			return 1;
		}
	return 0;
}

/* Closes the gap in front when it is the larger part. */
static void tidy(struct pending *p)
{
	size_t left = p->n - p->first;
	if (p->first < left)
		return;
	if (left) {
		memcpy(p->rows, p->rows + p->first, left * sizeof *p->rows);
		memcpy(p->keys, p->keys + p->first, left * sizeof *p->keys);
	}
	p->n = left;
	p->first = 0;
}

int pending_placed(struct pending *p, struct db *db, uint64_t nth, uint64_t start,
		   struct err *err)
{
	for (; p->first < p->n && p->rows[p->first].m.frame == nth; p->first++) {
		struct pending_row *row = &p->rows[p->first];
		row->m.frame = start;
		if (catalog_add(db, &row->m, row->leaf, err) < 0)
			return -1;
	}
	tidy(p);
	return 1;
}

void pending_free(struct pending *p)
{
	free(p->rows);
	free(p->keys);
	*p = (struct pending){0};
}

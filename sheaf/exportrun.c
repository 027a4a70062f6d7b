#include "exportrun.h"

#include "log.h"

static int one(struct exportrun *r, const struct query_hit *h, struct err *err)
{
	struct err damage = {0};
	if (r->x == NULL && export_begin(&r->x, r->ar, r->o, err) < 0)
		return -1;
	int got = export_add(r->x, &h->msg, h->copies, h->n_copies, &damage);
	if (got == 0)
		log_line(LOG_ERROR, "message %llu was not exported: %s",
			 (unsigned long long)h->number, damage.text);
	if (got < 0)
		*err = damage;
	return got < 0 ? -1 : 1;
}

int exportrun_hits(struct exportrun *r, struct err *err)
{
	struct arena hit = {0};
	struct query_hit h;
	uint64_t messages = 0, bytes = 0;
	int got;
	while ((got = query_next(r->query, &hit, &h, err)) > 0) {
		bytes += h.msg.size;
		if (one(r, &h, err) < 0 || r->step(r->arg, ++messages, bytes, err) < 0)
			break;
		arena_reset(&hit);
	}
	arena_free(&hit);
	return got == 0 ? 0 : -1;
}

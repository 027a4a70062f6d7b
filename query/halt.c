#include "halt.h"

#include "log.h"

/* A socket is looked at no more often. */
#define ASK_EVERY_MS 50
/* Longer than anybody waits, and far from overflow. */
#define MAX_MS ((uint64_t)366 * 86400 * 1000)

static void look(struct halt *h)
{
	uint64_t now = log_now_ms();
	h->work = 0;
	if (h->deadline_ms && now >= h->deadline_ms)
		h->why = HALT_TIME;
	if (h->pause_ms && now >= h->pause_ms)
		h->pause = true;
	if (h->why != HALT_NOT || h->gone == NULL || now < h->asked_ms + ASK_EVERY_MS)
		return;
	h->asked_ms = now;
	if (h->gone(h->arg))
		h->why = HALT_GONE;
}

bool halt_step(struct halt *h, unsigned weight)
{
	if (h == NULL)
		return false;
	h->work += weight;
	if (h->work >= HALT_LOOK && h->why == HALT_NOT)
		look(h);
	return h->why != HALT_NOT;
}

bool halt_is(const struct halt *h)
{
	return h != NULL && h->why != HALT_NOT;
}

bool halt_pauses(struct halt *h)
{
	bool yes = h != NULL && h->pause;
	if (yes)
		h->pause = false;
	return yes;
}

int halt_error(const struct halt *h, struct err *err)
{
	return err_set(err, ERR_LATER, h->why == HALT_TIME ? "the time for this search is up"
							   : "the search was given up");
}

bool halt_parse(struct str s, uint64_t *ms)
{
	static const struct {
		const char *name;
		uint64_t ms;
	} unit[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"", 1000}};
	for (size_t i = 0; i < sizeof unit / sizeof *unit; i++) {
		struct str name = str_of(unit[i].name);
		uint64_t n;
		if (!str_ends(s, name))
			continue;
		if (!str_u64(str_cut(s, 0, s.n - name.n), &n) || n > MAX_MS / unit[i].ms)
			return false;
		*ms = n * unit[i].ms;
		return true;
	}
	return false;
}

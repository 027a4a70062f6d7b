#include "t.h"

#include "halt.h"
#include "log.h"

static unsigned asked;

static bool never(void *arg)
{
	(void)arg;
	asked++;
	return false;
}

static bool always(void *arg)
{
	(void)arg;
	return true;
}

static void deadlines(void)
{
	struct halt h = {.deadline_ms = 1};
	struct err err;
	T(!halt_step(NULL, 1000) && !halt_is(NULL));
	T(!halt_step(&h, HALT_LOOK - 1) && !halt_is(&h)); /* the clock was not read yet */
	T(halt_step(&h, 1) && halt_is(&h) && h.why == HALT_TIME);
	T(halt_step(&h, 0)); /* it stays */
	T(halt_error(&h, &err) == -1 && err.kind == ERR_LATER);
	h = (struct halt){.deadline_ms = log_now_ms() + 1000000};
	T(!halt_step(&h, HALT_LOOK));
	h = (struct halt){.pause_ms = 1};
	T(!halt_step(&h, HALT_LOOK) && h.pause);
}

static void askers(void)
{
	struct halt h = {.gone = never};
	for (int i = 0; i < 1000; i++)
		T(!halt_step(&h, HALT_LOOK));
	T(asked >= 1 && asked < 1000);
	h = (struct halt){.gone = always};
	T(halt_step(&h, HALT_LOOK) && h.why == HALT_GONE);
}

static void times(void)
{
	static const struct {
		const char *text;
		uint64_t ms;
	} good[] = {{"5s", 5000}, {"500ms", 500}, {"2m", 120000}, {"1h", 3600000}, {"30", 30000},
		    {"0", 0}};
	static const char *const bad[] = {"", "s", "-1", "1.5s", "5 s", "99999999999h",
					  "18446744073709551615", "5x"};
	uint64_t ms;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		T(halt_parse(str_of(good[i].text), &ms) && ms == good[i].ms);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		T(!halt_parse(str_of(bad[i]), &ms));
}

int main(void)
{
	deadlines();
	askers();
	times();
	return t_done();
}

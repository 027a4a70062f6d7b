#include "t.h"

#include "log.h"
#include "mail.h"
#include "trial.h"

static bool always(void *arg)
{
	(void)arg;
	return true;
}

int main(void)
{
	struct err err;
	struct arena a = {0};
	size_t n = (size_t)32 << 20;
	char *p = arena_alloc(&a, n);
	struct str large = {p, n};
	struct trial_limits tight = {(size_t)4 << 20, 10}, no_time = {(size_t)512 << 20, 0};
	struct halt halt = {.gone = always};
	mail_init();
	memset(p, 'x', n);
	memcpy(p, "Subject: large\r\n\r\n", 18);
	for (size_t i = 1000; i < n; i += 70)
		p[i] = '\n';
	T(trial_parse(STR("Subject: small\r\n\r\nbody\r\n"), NULL, NULL, &err) == 1);
	T(trial_parse(STR(""), NULL, NULL, &err) == 1);
	T(trial_parse(large, NULL, NULL, &err) == 1);
	T(trial_parse(large, &tight, NULL, &err) == 0);
	uint64_t start = log_now_ms();
	T(trial_parse(large, &no_time, NULL, &err) == 0);
	T(trial_parse(large, NULL, &halt, &err) == -1 && err.kind == ERR_LATER);
	T(log_now_ms() - start < 5000);
	arena_free(&a);
	return t_done();
}

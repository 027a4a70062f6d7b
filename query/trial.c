#define _GNU_SOURCE
#include "trial.h"

#include "casemap.h"
#include "log.h"
#include "mail.h"
#include "proc.h"
#include "record.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

enum { LOOK_MS = 50 };

struct work {
	struct str raw;
	struct trial_limits limits;
};

static void map(struct str s)
{
	struct arena a = {0};
	casemap_str(&a, s);
	arena_free(&a);
}

/* In the child. It ends without the library's cleaning up: other threads may have held locks. */
static int attempt(void *arg, int fd)
{
	const struct work *w = arg;
	struct arena a = {0};
	struct mail m;
	struct record r;
	struct err err;
	struct rlimit cpu = {w->limits.seconds, w->limits.seconds}, none = {0, 0};
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	(void)fd;
	dup2(null, STDERR_FILENO);
	if (setrlimit(RLIMIT_CPU, &cpu) < 0 || setrlimit(RLIMIT_CORE, &none) < 0 ||
	    proc_limit_memory(w->limits.memory, &err) < 0)
		_exit(1);
	mail_parse(&a, w->raw, &mail_default_limits, &m);
	record_make(&a, &m, 0, &r);
	for (size_t i = 0; i < m.n_parts; i++) {
		map(m.parts[i].header);
		map(m.parts[i].text);
	}
	_exit(0);
}

int trial_parse(struct str raw, const struct trial_limits *limits, struct halt *halt,
		struct err *err)
{
	static const struct trial_limits usual = {TRIAL_MEMORY, TRIAL_SECONDS};
	struct work w = {raw, limits ? *limits : usual};
	struct proc p;
	/* Twice the time by the clock: the machine may be busy. */
	uint64_t end = log_now_ms() + (uint64_t)w.limits.seconds * 2000;
	if (proc_start(&p, attempt, &w, err) < 0)
		return -1;
	for (;;) {
		struct pollfd pf = {p.fd, POLLIN, 0};
		if (poll(&pf, 1, LOOK_MS) > 0)
			return proc_wait(&p) == 0;
		bool stop = halt_step(halt, HALT_LOOK);
		if (!stop && log_now_ms() < end)
			continue;
		proc_kill(&p);
		return stop ? halt_error(halt, err) : 0;
	}
}

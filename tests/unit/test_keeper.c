#define _GNU_SOURCE
#include "keeper.h"
#include "log.h"
#include "proc.h"
#include "t.h"

#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *dir;

/* Waits until it is so, for ten seconds at most. */
static bool until(bool (*so)(const struct keeper_state *k))
{
	struct keeper_state k;
	uint64_t end = log_now_ms() + 10000;
	do {
		keeper_state(KEEPER_HARVEST, &k);
		if (so(&k))
			return true;
		nanosleep(&(struct timespec){0, 10 * 1000 * 1000}, NULL);
	} while (log_now_ms() < end);
	return false;
}

static bool runs(const struct keeper_state *k)
{
	return k->running;
}

static bool ended_twice(const struct keeper_state *k)
{
	return k->failures == 2 && !k->running;
}

static bool is_elsewhere(const struct keeper_state *k)
{
	return k->elsewhere;
}

/* What is kept: this program again, told how to behave. */
static int kept(const char *how)
{
	if (strcmp(how, "stay") != 0)
		return strcmp(how, "75") == 0 ? 75 : 3;
	proc_catch_stop();
	while (!proc_stopped())
		nanosleep(&(struct timespec){0, 10 * 1000 * 1000}, NULL);
	return 0;
}

/* Stands in for the exports. */
static int stay(void *arg)
{
	(void)arg;
	return kept("stay");
}

static int start(char *const *argv)
{
	struct err err = {0};
	const struct keeper_work work = {dir, argv, stay, NULL};
	return keeper_start(&work, &err);
}

static void test_ends(void)
{
	char *argv[] = {"keeper", "kept", "3", "what ends", NULL};
	struct keeper_state k;
	T(start(argv) == 1);
	T(until(ended_twice));
	keeper_state(KEEPER_HARVEST, &k);
	T(k.on && k.starts == 2 && k.status == 3 && !k.elsewhere);
	/* What is kept beside it is not disturbed. */
	keeper_state(KEEPER_EXPORTS, &k);
	T(k.on && k.running && k.starts == 1 && k.failures == 0);
	T(!keeper_ails(KEEPER_EXPORTS) && !keeper_ails(KEEPER_HARVEST));
	keeper_stop();
	keeper_state(KEEPER_HARVEST, &k);
	T(!k.on && k.starts == 0);
}

static void test_elsewhere(void)
{
	char *argv[] = {"keeper", "kept", "75", "what is done elsewhere", NULL};
	T(start(argv) == 1);
	T(until(is_elsewhere));
	keeper_stop();
}

static void test_stays(void)
{
	char *argv[] = {"keeper", "kept", "stay", "what stays", NULL};
	struct keeper_state k;
	T(start(argv) == 1);
	T(until(runs));
	uint64_t start = log_now_ms();
	keeper_stop();
	T(log_now_ms() - start < 5000);
	keeper_state(KEEPER_HARVEST, &k);
	T(!k.on);
	/* Nothing of it is left. */
	T(waitpid(-1, NULL, WNOHANG) == -1);
}

int main(int argc, char **argv)
{
	if (argc > 2 && strcmp(argv[1], "kept") == 0)
		return kept(argv[2]);
	char path[200];
	dir = t_dir();
	test_stays();
	test_elsewhere();
	test_ends();
	snprintf(path, sizeof path, "%s/serve.json", dir);
	T(unlink(path) == 0 && rmdir(dir) == 0);
	return t_done();
}

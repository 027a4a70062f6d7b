#define _GNU_SOURCE
#include "keeper.h"
#include "log.h"
#include "proc.h"
#include "t.h"

#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Waits until it is so, for ten seconds at most. */
static bool until(bool (*so)(const struct keeper_state *k))
{
	struct keeper_state k;
	uint64_t end = log_now_ms() + 10000;
	do {
		keeper_state(&k);
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

static void test_ends(void)
{
	char *argv[] = {"keeper", "kept", "3", "what ends", NULL};
	struct err err = {0};
	struct keeper_state k;
	T(keeper_start(argv, &err) == 1);
	T(until(ended_twice));
	keeper_state(&k);
	T(k.on && k.starts == 2 && k.status == 3 && !k.elsewhere);
	keeper_stop();
	keeper_state(&k);
	T(!k.on && k.starts == 0);
}

static void test_elsewhere(void)
{
	char *argv[] = {"keeper", "kept", "75", "what is done elsewhere", NULL};
	struct err err = {0};
	T(keeper_start(argv, &err) == 1);
	T(until(is_elsewhere));
	keeper_stop();
}

static void test_stays(void)
{
	char *argv[] = {"keeper", "kept", "stay", "what stays", NULL};
	struct err err = {0};
	struct keeper_state k;
	T(keeper_start(argv, &err) == 1);
	T(until(runs));
	uint64_t start = log_now_ms();
	keeper_stop();
	T(log_now_ms() - start < 5000);
	keeper_state(&k);
	T(!k.on);
	/* Nothing of it is left. */
	T(waitpid(-1, NULL, WNOHANG) == -1);
}

int main(int argc, char **argv)
{
	if (argc > 2 && strcmp(argv[1], "kept") == 0)
		return kept(argv[2]);
	test_stays();
	test_elsewhere();
	test_ends();
	return t_done();
}

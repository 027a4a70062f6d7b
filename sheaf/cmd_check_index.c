#include "cmd.h"
#include "inspect.h"
#include "present.h"

#include <inttypes.h>
#include <time.h>

static uint64_t sample = 100, seed;

static const struct opts_spec options[] = {
	{"sample", 0, OPTS_NUMBER, &sample, "N", "messages to derive anew (default 100)"},
	{"seed", 0, OPTS_NUMBER, &seed, "S",
	 "choose the messages by this number (default: the time)"},
	OPTS_END,
};

static void print(const struct inspect_result *r)
{
	struct arena a = {0};
	printf("generation %.*s  %s messages in %" PRIu64 " segments", STR_ARG(r->generation),
	       arena_str(&a, present_number(&a, r->messages)).p, r->segments);
	if (r->messages < r->archived)
		printf("; %s are not indexed yet (sheaf index)",
		       arena_str(&a, present_number(&a, r->archived - r->messages)).p);
	printf("\nsample (--seed %" PRIu64 ")  %" PRIu64 " messages, %s terms compared", seed,
	       r->sampled, arena_str(&a, present_number(&a, r->terms)).p);
	if (r->quarantined)
		printf("; %" PRIu64 " quarantined", r->quarantined);
	if (r->destroyed)
		printf("; %" PRIu64 " destroyed", r->destroyed);
	putchar('\n');
	for (uint64_t i = 0; i < r->faults && i < INSPECT_FAULTS; i++)
		printf("  %.*s\n", STR_ARG(r->fault[i]));
	if (r->faults)
		printf("DAMAGED: %" PRIu64 " faults (sheaf reindex makes the index anew)\n",
		       r->faults);
	else
		puts("sound");
	arena_free(&a);
}

static void json(const struct inspect_result *r)
{
	json_t *list = json_array();
	for (uint64_t i = 0; i < r->faults && i < INSPECT_FAULTS; i++)
		json_array_append_new(list, cmd_string(r->fault[i]));
	cmd_json(json_pack("{s:b, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "sound",
			   r->faults == 0, "generation", cmd_string(r->generation), "segments",
			   (json_int_t)r->segments, "messages", (json_int_t)r->messages,
			   "archived", (json_int_t)r->archived, "seed", (json_int_t)seed,
			   "sampled", (json_int_t)r->sampled, "terms", (json_int_t)r->terms,
			   "quarantined", (json_int_t)r->quarantined, "destroyed",
			   (json_int_t)r->destroyed, "faults", (json_int_t)r->faults, "findings",
			   list));
}

static int run(struct cmd_env *env, struct opts_args *args, struct err *err)
{
	struct inspect_result r;
	struct arena a = {0};
	if (args->n)
		return err_set(err, ERR_USAGE, "check-index takes no arguments");
	if (cmd_exists(env, err) < 0)
		return -1;
	if (seed == 0)
		seed = (uint64_t)time(NULL);
	const struct inspect_options o = {sample, seed};
	int got = inspect_index(&a, cmd_dir(env), &o, &r, err);
	if (got >= 0 && env->json)
		json(&r);
	else if (got >= 0)
		print(&r);
	arena_free(&a);
	return got < 0 ? -1 : got == 1 ? 0 : err_exit(ERR_BROKEN);
}

const struct cmd cmd_check_index = {
	.name = "check-index",
	.run = run,
	.line = "compare the index with the stored mail",
	.usage = "[--sample N] [--seed S] [--json]",
	.options = options,
	.about = "Reads every file of the index and compares it with its sum, counts what is in\n"
		 "it, and makes record and terms of a random sample of messages anew from the\n"
		 "stored mail: each must be in the index, and no other.\n"
		 "\n"
		 "Nothing is written. Exit status 0: sound; 74: damaged, what is listed; `sheaf\n"
		 "reindex` makes another one. --seed chooses the same sample again.\n"
		 "\n"
		 "  sheaf check-index\n"
		 "  sheaf check-index --sample 5000 --json | jq .findings\n",
};

#include "against.h"
#include "cmd.h"
#include "damage.h"
#include "peoplecheck.h"
#include "present.h"
#include "verify.h"

static struct {
	bool deep;
	const char *account, *roots;
} opt;

static const struct opts_spec options[] = {
	{"deep", 0, OPTS_FLAG, &opt.deep, NULL, "read, decompress and hash every message"},
	{"against-server", 0, OPTS_TEXT, &opt.account, "ACCOUNT",
	 "compare with what the account's server has now"},
	{"tsa-ca", 0, OPTS_TEXT, &opt.roots, "FILE",
	 "certificates (PEM) that timestamps of seals must lead to"},
	OPTS_END,
};

/* For printf. */
static const char *number(struct arena *a, uint64_t n)
{
	return arena_str(a, present_number(a, n)).p;
}

static const char *size(struct arena *a, uint64_t n)
{
	return arena_str(a, present_size(a, n)).p;
}

static void print_stamps(struct arena *a, const struct stamps_result *s)
{
	if (s->sound == 0)
		return;
	printf("       %s seals with a timestamp, the newest (%06u.seal) of %s\n",
	       number(a, s->sound), s->segment,
	       arena_str(a, present_time(a, s->newest.at, 0)).p);
	if (opt.roots == NULL)
		puts("       who made the timestamps is not known (--tsa-ca FILE checks that)");
}

static void print(const struct verify_result *r, const struct findings *f)
{
	struct arena a = {0};
	printf("%s  %s messages, %s copies, ", opt.deep ? "deep " : "quick",
	       number(&a, r->messages), number(&a, r->copies));
	printf("%s frames in %s segments, ", number(&a, r->frames), number(&a, r->segments));
	printf("%s", size(&a, r->stored));
	if (opt.deep)
		printf(" (%s decompressed)", size(&a, r->raw));
	putchar('\n');
	if (r->sealed)
		printf("       %s segments sealed; the newest sound seal covers %s messages\n",
		       number(&a, r->sealed), number(&a, r->proved));
	print_stamps(&a, &r->stamps);
	if (r->unfinished)
		printf("       %s behind the last commit: unfinished work, no fault\n",
		       size(&a, r->unfinished));
	if (r->destroying)
		printf("       %s disposals are not destroyed to the end (sheaf destroy --yes)\n",
		       number(&a, r->destroying));
	if (f->count)
		printf("DAMAGED: %s findings\n", number(&a, f->count));
	else
		puts(opt.deep ? "whole: every message has its bytes, and the catalog says what "
				"the segments say" :
				"whole, as far as a quick look can tell (--deep reads everything)");
	damage_print(f);
	arena_free(&a);
}

static void json(const struct verify_result *r, const struct findings *f)
{
	json_t *o = json_pack("{s:b, s:b}", "deep", opt.deep, "whole", f->count == 0);
	const struct {
		const char *key;
		uint64_t n;
	} counts[] = {
		{"messages", r->messages}, {"copies", r->copies}, {"frames", r->frames},
		{"segments", r->segments}, {"sealed_segments", r->sealed},
		{"proved_messages", r->proved}, {"stored_bytes", r->stored},
		{"raw_bytes", r->raw}, {"unfinished_bytes", r->unfinished},
		{"destroying", r->destroying},
	};
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
		json_object_set_new(o, counts[i].key, json_integer((json_int_t)counts[i].n));
	json_object_set_new(o, "timestamps", json_integer((json_int_t)r->stamps.sound));
	if (r->stamps.sound)
		json_object_set_new(o, "newest_timestamp",
				    json_pack("{s:i, s:I, s:s, s:b}", "segment",
					      (int)r->stamps.segment, "at",
					      (json_int_t)r->stamps.newest.at, "signer",
					      r->stamps.newest.signer, "anchored",
					      opt.roots != NULL));
	damage_json(f, o);
	cmd_json(o);
}

static int run(struct cmd_env *env, struct opts_args *args, struct err *err)
{
	struct verify_options o = {.deep = opt.deep, .progress = env->progress,
				   .tsa_roots = opt.roots};
	struct verify_result r;
	struct findings f = {0};
	if (args->n)
		return err_set(err, ERR_USAGE, "verify takes no arguments");
	if (opt.account && opt.deep)
		return err_set(err, ERR_USAGE, "--deep and --against-server are two questions");
	if (opt.account)
		return against_server(env, opt.account, err);
	if (cmd_exists(env, err) < 0)
		return -1;
	int got = verify_archive(cmd_dir(env), &o, &r, &f, err);
	if (got >= 0) {
		int people = peoplecheck(cmd_dir(env), opt.deep, &f, err);
		got = people == 1 ? got : people;
	}
	if (got >= 0 && env->json)
		json(&r, &f);
	else if (got >= 0)
		print(&r, &f);
	findings_free(&f);
	return got < 0 ? -1 : got == 1 ? 0 : err_exit(ERR_BROKEN);
}

const struct cmd cmd_verify = {
	.name = "verify",
	.run = run,
	.line = "prove that nothing is damaged or lost",
	.usage = "[--deep | --against-server ACCOUNT] [--tsa-ca FILE] [--json]",
	.options = options,
	.about = "Compares the catalog with the segments' files and frames, and checks the seals:\n"
		 "signatures, their chain, and the log's head over all leaves. With --deep every\n"
		 "message is decompressed and hashed, everything the segments tell is replayed\n"
		 "and compared with the catalog, row by row, and sealed files are hashed.\n"
		 "\n"
		 "Timestamps of seals are checked with the certificates in them, which shows that\n"
		 "they are whole; only with --tsa-ca FILE, who made them.\n"
		 "\n"
		 "Nothing is written; it may run beside a harvest, or on read-only media. Exit\n"
		 "status 0: all holds; 74: damage, which is listed with its place. What is intact\n"
		 "stays readable. `sheaf rebuild-catalog` makes a damaged catalog anew.\n"
		 "\n"
		 "With --against-server the server is asked for the UIDs of every mailbox, and\n"
		 "each is looked up in the ledger: all must have an outcome, and the counts must\n"
		 "agree. Exit status 1: there are differences (as diff says it: the archive is\n"
		 "behind, not damaged); 69: the server cannot be reached.\n"
		 "\n"
		 "  sheaf verify\n"
		 "  sheaf verify --deep --json | jq .findings\n"
		 "  sheaf verify --against-server alice\n",
};

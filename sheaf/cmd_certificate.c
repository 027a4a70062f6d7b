#include "certificate.h"
#include "cmd.h"
#include "file.h"
#include "log.h"
#include "sealkey.h"

static struct {
	const char *key;
	bool no_index;
} opt;

static const struct opts_spec options[] = {
	{"key", 0, OPTS_TEXT, &opt.key, "FILE", "a copy of keys/seal.pub that was kept elsewhere"},
	{"no-index", 0, OPTS_FLAG, &opt.no_index, NULL,
	 "look at every message; the answer is the same"},
	OPTS_END,
};

static int load_key(const char *dir, struct note_key *key, struct err *err)
{
	struct buf b;
	if (opt.key == NULL) {
		int r = sealkey_public(dir, key, err);
		return r == 0 ? err_set(err, ERR_DENIED, "the archive has no key") : r;
	}
	buf_init(&b, 4096);
	int r = file_load(opt.key, &b, err);
	if (r == 0)
		r = err_set(err, ERR_INPUT, "no file '%s'", opt.key);
	if (r > 0)
		r = note_key_read(str_trim(buf_all(&b)), key, err);
	buf_free(&b);
	return r;
}

static int load(struct arena *a, const char *dir, const char *file, struct certificate *c,
		struct err *err)
{
	struct note_key key;
	struct buf b;
	if (load_key(dir, &key, err) < 0)
		return -1;
	buf_init(&b, NOTE_MOST);
	int r = file_load(file, &b, err);
	if (r == 0)
		r = err_set(err, ERR_INPUT, "no file '%s'", file);
	if (r > 0)
		r = certificate_read(a, arena_str(a, buf_all(&b)), &key, c, err);
	buf_free(&b);
	return r;
}

static void say(const struct cmd_env *env, const struct certificate *c,
		const struct certificate_again *x)
{
	if (env->json) {
		cmd_json(json_pack("{s:b, s:o, s:I, s:I, s:I, s:b, s:b}", "same", x->same, "at",
				   cmd_string(c->at), "count", (json_int_t)c->count, "count_now",
				   (json_int_t)x->count, "searched_to", (json_int_t)c->number,
				   "tree_same", x->tree_same, "seal_there", x->seal_there));
		return;
	}
	printf("signed by %.*s, %.*s\n", STR_ARG(c->archive), STR_ARG(c->at));
	printf("%llu found up to message %llu; now %llu: %s\n", (unsigned long long)c->count,
	       (unsigned long long)c->number, (unsigned long long)x->count,
	       x->same ? "the same" : "not the same");
}

/* What else somebody should know. */
static void warn(const struct certificate *c, const struct certificate_again *x)
{
	if (!x->tree_same)
		log_line(LOG_WARN, "this sheaf understands the query otherwise than the one that "
			 "made the certificate");
	if (!x->seal_there)
		log_line(LOG_WARN, "the seal of segment %u that it names is not in the archive",
			 c->segment);
	if (c->segment == 0)
		log_line(LOG_WARN, "nothing was sealed when it was made");
}

static int verify(const struct cmd_env *env, struct arena *a, struct qdb *db, const char *file,
		  struct err *err)
{
	struct certificate c;
	struct certificate_again x;
	if (load(a, cmd_dir(env), file, &c, err) < 0)
		return -1;
	c.options.no_index = opt.no_index;
	if (certificate_check(a, db, &c, &x, err) < 0)
		return -1;
	say(env, &c, &x);
	warn(&c, &x);
	if (x.same && x.seal_there)
		return 0;
	return err_set(err, ERR_INPUT, "the archive does not give the certificate's answer (mail "
		       "that was disposed of since, and flags that changed, change it too)");
}

static int run(struct cmd_env *env, struct opts_args *args, struct err *err)
{
	struct arena a = {0};
	struct qdb *db = NULL;
	if (args->n != 2 || strcmp(args->v[0], "verify") != 0)
		return err_set(err, ERR_USAGE, "say verify FILE");
	if (cmd_exists(env, err) < 0 || query_db_open(&db, cmd_dir(env), err) < 0)
		return -1;
	int r = verify(env, &a, db, args->v[1], err);
	query_db_close(&db);
	arena_free(&a);
	return r;
}

const struct cmd cmd_certificate = {
	.name = "certificate",
	.run = run,
	.line = "does the archive still give a certified answer?",
	.usage = "verify FILE [--key FILE] [--no-index]",
	.options = options,
	.about = "Checks the signature of a certificate (sheaf search --certificate FILE, or\n"
		 "certificate=1 over HTTP), runs its search again over the messages there were\n"
		 "then, and compares. Exit status 0: the same; 65: not the same, or not sound.\n"
		 "\n"
		 "  sheaf search --certificate found.txt from:ann budget\n"
		 "  sheaf certificate verify found.txt\n"
		 "  sheaf certificate verify found.txt --key ~/elsewhere/seal.pub\n",
};

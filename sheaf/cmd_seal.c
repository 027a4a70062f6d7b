#define _GNU_SOURCE
#include "audithead.h"
#include "cmd.h"
#include "log.h"
#include "present.h"
#include "seal.h"
#include "stamps.h"
#include "tsa.h"

#include <limits.h>

static struct {
	const char *url, *roots;
	uint64_t wait;
} opt = {.wait = 30};

static const struct opts_spec options[] = {
	{"timestamp", 0, OPTS_TEXT, &opt.url, "URL",
	 "have the newest seal timestamped by this authority (RFC 3161)"},
	{"tsa-ca", 0, OPTS_TEXT, &opt.roots, "FILE",
	 "certificates (PEM) that the timestamp must lead to"},
	{"wait", 0, OPTS_NUMBER, &opt.wait, "SECONDS", "for the authority's answer (30)"},
	OPTS_END,
};

/* The newest seal, and what became of its timestamp. */
struct job {
	bool made;       /* the seal is new */
	bool there;      /* there is one at all */
	struct str text;
	struct sealtext seal;
	char path[PATH_MAX];
	int stamped;     /* 1 now, 0 before, -1 no */
	struct timestamp stamp;
};

/* Asks for a timestamp of the seal, checks and keeps it. */
static int ask(const char *dir, struct job *j, struct err *err)
{
	unsigned char imprint[HASH_BYTES], nonce[TIMESTAMP_NONCE];
	struct timestamp_want want = {imprint, nonce, opt.roots};
	struct buf request, answer;
	buf_init(&request, TIMESTAMP_MOST);
	buf_init(&answer, TIMESTAMP_MOST);
	hash_of(j->text, imprint);
	timestamp_request(imprint, nonce, &request);
	int r = tsa_ask(opt.url, opt.wait, buf_all(&request), &answer, err);
	if (r == 1 && timestamp_check(buf_all(&answer), &want, &j->stamp, err) < 0)
		r = err_wrap(err, "the time authority's answer");
	if (r == 1)
		r = stamps_put(dir, j->seal.segment, buf_all(&answer), err);
	buf_free(&request);
	buf_free(&answer);
	return r;
}

/* The newest seal has a timestamp then. What went wrong is told with what to do. */
static int stamp(const char *dir, struct job *j, struct err *err)
{
	j->stamped = -1;
	int r = stamps_get(dir, j->seal.segment, j->text, opt.roots, &j->stamp, err);
	if (r < 0)
		return err_wrap(err, "segments/%06u.tsr, which is there", j->seal.segment);
	j->stamped = r == 0;
	if (r == 1 || ask(dir, j, err) == 1)
		return 1;
	j->stamped = -1;
	return err_wrap(err, "no timestamp; the seal stays, run this again to get one");
}

static void json(const struct job *j)
{
	json_t *o = json_pack("{s:b, s:o, s:o}", "made", j->made, "seal",
			      j->there ? cmd_string(str_of(j->path)) : json_null(),
			      "checkpoint", j->there ? cmd_string(j->text) : json_null());
	if (opt.url && j->stamped >= 0 && j->there)
		json_object_set_new(o, "timestamp",
				    json_pack("{s:b, s:I, s:s, s:b}", "made", j->stamped,
					      "at", (json_int_t)j->stamp.at, "signer",
					      j->stamp.signer, "anchored", opt.roots != NULL));
	cmd_json(o);
}

static void print(const struct job *j)
{
	struct arena a = {0};
	if (j->there)
		printf("%s %s\n", j->made ? "sealed:" : "nothing new; the newest seal is",
		       j->path);
	else
		puts("nothing to seal");
	if (opt.url && j->there && j->stamped >= 0) {
		struct str at = present_time(&a, j->stamp.at, 0);
		printf("%s %.*s, signed by %s%s\n",
		       j->stamped ? "timestamp:" : "it has a timestamp:", STR_ARG(at),
		       j->stamp.signer, opt.roots ? "" : " (not checked: no --tsa-ca)");
	}
	arena_free(&a);
}

static int seal(const struct cmd_env *env, struct archive *ar, struct err *err)
{
	struct arena a = {0};
	struct job j = {0};
	int r = seal_now(ar, err);
	j.made = r == 1;
	if (r >= 0)
		r = seal_newest(ar, &a, &j.text, err);
	j.there = r == 1 && seal_read(j.text, &j.seal);
	if (j.there)
		seal_path(j.path, sizeof j.path, archive_dir(ar), j.seal.segment);
	int told = r;
	if (j.there && opt.url)
		r = stamp(archive_dir(ar), &j, err);
	if (told >= 0 && env->json)
		json(&j);
	else if (told >= 0)
		print(&j);
	struct err unsigned_head = {0};
	if (r >= 0 && j.there && audithead_write(archive_dir(ar), &unsigned_head) < 0)
		log_line(LOG_WARN, "audit/head is not renewed: %s", unsigned_head.text);
	arena_free(&a);
	return r < 0 ? -1 : 0;
}

static int run(struct cmd_env *env, struct opts_args *args, struct err *err)
{
	struct archive *ar = NULL;
	if (args->n)
		return err_set(err, ERR_USAGE, "no arguments are expected, not '%s'", args->v[0]);
	if (opt.roots && opt.url == NULL)
		return err_set(err, ERR_USAGE, "--tsa-ca goes with --timestamp");
	if (opt.wait == 0 || opt.wait > 3600)
		return err_set(err, ERR_USAGE, "--wait takes 1 to 3600 seconds");
	if (cmd_open(env, ARCHIVE_WRITE, &ar, err) < 0)
		return -1;
	int r = seal(env, ar, err);
	archive_close(&ar);
	return r;
}

const struct cmd cmd_seal = {
	.name = "seal",
	.run = run,
	.line = "finish the segment at hand, and sign what is in the archive",
	.usage = "[--timestamp URL [--tsa-ca FILE] [--wait SECONDS]] [--json]",
	.options = options,
	.about = "A segment is sealed by itself when it has 256 MiB; this does it now. The seal\n"
		 "is a small text file, signed with the archive's own key (made at the first\n"
		 "seal, in ARCHIVE/keys). Keep copies of seals, and of keys/seal.pub, where\n"
		 "nobody who can write to the archive can change them: only against such a copy\n"
		 "can it be shown that the archive's end was not cut off and that it was not\n"
		 "rewritten as a whole.\n"
		 "\n"
		 "With --timestamp a time authority signs the SHA-256 of the newest seal together\n"
		 "with the time; it learns nothing else. The answer is kept beside the seal, as\n"
		 "segments/<n>.tsr. When that fails the seal stays; run it again (exit status 69:\n"
		 "the authority was not reached or refused; 65: its answer is not sound).\n"
		 "\n"
		 "  sheaf seal\n"
		 "  sheaf seal --json\n"
		 "  sheaf seal --timestamp https://tsa.example.org/tsr --tsa-ca tsa.pem\n",
};

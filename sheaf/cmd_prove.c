#include "cmd.h"
#include "file.h"
#include "proof.h"

#define NOTE_FILE_MOST ((size_t)64 << 10)
#define PROOF_MOST ((size_t)8 << 20)

static const char *since;

static const struct opts_spec options[] = {
	{"since", 0, OPTS_TEXT, &since, "FILE",
	 "an older seal: prove that the archive has only grown since"},
	OPTS_END,
};

static int prove_message(struct archive *ar, const char *id, struct buf *out, struct err *err)
{
	struct archive_msg m;
	int r = archive_find_id(ar, str_of(id), &m, err);
	if (r == 0)
		return err_set(err, ERR_INPUT, "no message '%s'", id);
	return r < 0 ? -1 : proof_message(ar, &m, out, err);
}

static int prove_since(struct archive *ar, struct buf *out, struct err *err)
{
	struct buf old;
	buf_init(&old, NOTE_FILE_MOST);
	int r = file_load(since, &old, err);
	if (r == 0)
		r = err_set(err, ERR_INPUT, "no file '%s'", since);
	else if (r == 1)
		r = proof_since(ar, buf_all(&old), out, err);
	buf_free(&old);
	return r;
}

static int run(struct cmd_env *env, struct opts_args *args, struct err *err)
{
	struct archive *ar = NULL;
	struct buf out;
	if (args->n != (since == NULL))
		return err_set(err, ERR_USAGE, "prove one message, or --since an older seal");
	if (cmd_open(env, ARCHIVE_READ, &ar, err) < 0)
		return -1;
	buf_init(&out, PROOF_MOST);
	int r = since ? prove_since(ar, &out, err) : prove_message(ar, args->v[0], &out, err);
	if (r == 1)
		fwrite(out.p, 1, out.n, stdout);
	buf_free(&out);
	archive_close(&ar);
	return r < 0 ? -1 : 0;
}

const struct cmd cmd_prove = {
	.name = "prove",
	.run = run,
	.line = "prove that a message is in the archive, or that the archive only grew",
	.usage = "ID | --since FILE",
	.options = options,
	.about = "Writes a proof, as JSON, to standard output. It goes by the newest seal: what\n"
		 "came after that wants another `sheaf seal` first. Whoever gets it checks it\n"
		 "with docs/formats/verify.py and a copy of the archive's keys/seal.pub, and\n"
		 "needs nothing else of the archive; docs/formats/archive.md says how.\n"
		 "\n"
		 "  sheaf prove 4be91c66a3d2 > proof.json\n"
		 "  sheaf prove --since copies/000001.seal > grown.json\n",
};

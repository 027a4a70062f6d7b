#include "cmd.h"
#include "extract.h"
#include "file.h"
#include "term.h"

#include <unistd.h>

static json_t *shape(const char *path, size_t bytes, const struct extract_result *r)
{
	return json_pack("{s:o, s:I, s:o, s:s, s:o, s:i, s:I, s:o}", "file",
			 cmd_string(str_of(path)), "bytes", (json_int_t)bytes, "type",
			 cmd_string(r->type), "outcome", extract_outcome_name(r->outcome), "why",
			 cmd_string(r->why), "version", EXTRACT_VERSION, "memory",
			 (json_int_t)r->memory, "text", cmd_string(r->text));
}

static const char *ocr = "", *keys;

static const struct opts_spec options[] = {
	{"ocr", 0, OPTS_TEXT, &ocr, "LANGUAGES",
	 "recognise the words in pictures and scans by tesseract, as eng+deu"},
	{"smime-keys", 0, OPTS_TEXT, &keys, "PATH",
	 "private keys and certificates: a PEM file, or a folder of *.pem"},
	OPTS_END,
};

/* As it is into a file or a pipe, made harmless for a terminal. */
static void put(struct arena *a, struct str s)
{
	if (isatty(STDOUT_FILENO) == 1)
		s = term_clean(a, s, true);
	fwrite(s.p, 1, s.n, stdout);
	if (s.n && s.p[s.n - 1] != '\n')
		putchar('\n');
}

/* 1, or -1 when the file or the readers cannot be had. *whole: it could be read to its end. */
static int one(struct cmd_env *env, struct extract *x, const char *path, bool *whole,
	       struct err *err)
{
	struct arena a = {0};
	struct extract_result result;
	struct str bytes;
	int r = file_map(path, &bytes, err);
	if (r == 0)
		r = err_set(err, ERR_INPUT, "no file '%s'", path);
	if (r < 0)
		return -1;
	const char *slash = strrchr(path, '/');
	struct extract_document d = {.bytes = bytes, .name = str_of(slash ? slash + 1 : path),
				     .ocr = str_of(ocr)};
	r = extract_text(x, &a, &d, &result, err);
	if (r > 0 && env->json)
		cmd_json(shape(path, bytes.n, &result));
	else if (r > 0)
		put(&a, result.text);
	*whole = r > 0 && (result.outcome == EXTRACT_SEARCHED || result.outcome == EXTRACT_EMPTY);
	if (r > 0 && !*whole && !env->json)
		fprintf(stderr, "sheaf: '%s': %s: %.*s\n", path,
			extract_outcome_name(result.outcome), STR_ARG(result.why));
	file_unmap(&bytes);
	arena_free(&a);
	return r;
}

static int run(struct cmd_env *env, struct opts_args *args, struct err *err)
{
	struct extract *x = NULL;
	int status = 0;
	if (args->n < 1)
		return err_set(err, ERR_USAGE, "extract the text of which file?");
	if (!extract_languages(str_of(ocr)))
		return err_set(err, ERR_USAGE, "not languages of tesseract: '%s'", ocr);
	if (extract_open(&x, NULL, keys, err) < 0)
		return -1;
	if (extract_ready(x, str_of(ocr), err) < 0)
		status = -1;
	for (int i = 0; i < args->n && status >= 0; i++) {
		bool whole;
		if (one(env, x, args->v[i], &whole, err) < 0)
			status = -1;
		else if (!whole)
			status = CMD_NOTHING;
	}
	extract_close(&x);
	return status;
}

const struct cmd cmd_extract = {
	.name = "extract",
	.run = run,
	.line = "print the text of documents, as the index reads attachments",
	.usage = "[--ocr LANGUAGES] [--smime-keys PATH] FILE... [--json]",
	.options = options,
	.about = "Prints the text of each document: PDF, Office and OpenDocument files, RTF,\n"
		 "HTML, mails, archives and others. Each is read in a confined process of its\n"
		 "own. The exit status is 1 when one could not be read whole; standard error says\n"
		 "why. --json gives type, outcome, reason and text. Pictures and scans are read\n"
		 "with --ocr only, and by guessing.\n"
		 "\n"
		 "  sheaf extract report.pdf\n"
		 "  sheaf extract --json *.docx\n"
		 "  sheaf extract --smime-keys ann.pem smime.p7m\n"
		 "  sheaf extract --ocr eng+deu scan.pdf\n",
};

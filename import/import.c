#define _GNU_SOURCE
#include "import.h"

#include "importwalk.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { PIECE = 256 * 1024 };

static int import_named(struct importjob *j, const char *path, struct str mailbox, struct err *err)
{
	char full[PATH_MAX];
	struct stat st;
	struct importjob_box box = {.mailbox = mailbox.n ? mailbox : STR("INBOX")};
	struct importjob_item it = {.path = "-",
				    .single = &box,
				    .mbox = &box,
				    .folder = mailbox,
				    .named = true};
	if (strcmp(path, "-") == 0) {
		struct timespec now;
		clock_gettime(CLOCK_REALTIME, &now);
		it.copy.internaldate = now.tv_sec;
		return importjob_fd(j, &it, STDIN_FILENO, err);
	}
	if (realpath(path, full) == NULL || stat(full, &st) < 0)
		return err_errno(err, ERR_INPUT, "cannot import '%s'", path);
	if (S_ISDIR(st.st_mode))
		return importwalk(j, full, mailbox, err);
	it.path = full;
	j->total = (uint64_t)st.st_size;
	if (st.st_size == 0 && !str_ends(str_of(path), STR(".eml")))
		it.kind = IMPORTFILE_LIKELY;
	return importjob_file(j, &it, err);
}

int import_path(struct archive *ar, const struct import_options *o, const char *path,
		struct import_result *r, struct err *err)
{
	struct import_result before = *r;
	struct importjob j = {.ar = ar, .account = o->account, .r = r, .show = o->progress};
	struct err late;
	if (archive_run(ar, &j.run, err) < 0)
		return -1;
	j.file = importfile_open(PIECE);
	importfile_format(j.file, o->format);
	log_begin(&j.progress, "import: MiB", 0);
	int got = import_named(&j, path, o->mailbox, err);
	log_end(&j.progress);
	importfile_close(&j.file);
	if (got < 0 && err->kind != ERR_LATER && err->kind != ERR_INPUT)
		return -1;
	if (archive_commit(ar, got < 0 ? &late : err) < 0)
		return -1;
	if (got > 0 && r->failed > before.failed && r->messages == before.messages)
		return err_set(err, ERR_INPUT, "nothing of '%s' could be read", path);
	return got < 0 ? -1 : 1;
}

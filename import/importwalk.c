#define _GNU_SOURCE
#include "importwalk.h"

#include "file.h"
#include "importname.h"
#include "maildir.h"
#include "mh.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEPTH = 64 };
#define NAMES ((size_t)1 << 30)

/* The sorted names of a directory. */
struct names {
	struct buf text; /* NUL behind each */
	const char **at;
	size_t n;
};

/* A path built and unbuilt while walking down. */
struct path {
	char z[PATH_MAX];
	size_t n;
};

static bool path_push(struct path *p, const char *name)
{
	size_t n = strlen(name);
	if (p->n + n + 2 > sizeof p->z)
		return false;
	p->z[p->n] = '/';
	memcpy(p->z + p->n + 1, name, n + 1);
	p->n += n + 1;
	return true;
}

static void path_cut(struct path *p, size_t n)
{
	p->n = n;
	p->z[n] = '\0';
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void names_free(struct names *ns)
{
	buf_free(&ns->text);
	free(ns->at);
}

/* The names in a directory, sorted, so that numbers do not depend on the file system.
 * 1; 0 it could not be read, which is recorded; -1. */
static int names_list(struct importjob *j, const char *path, struct names *ns)
{
	struct err err;
	struct dirent *d;
	DIR *dir = opendir(path);
	*ns = (struct names){0};
	buf_init(&ns->text, NAMES);
	errno = 0;
	while (dir && (d = readdir(dir)) != NULL)
		if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0) {
			buf_add(&ns->text, d->d_name, strlen(d->d_name) + 1);
			ns->n++;
		}
	int failed = errno;
	if (dir)
		closedir(dir);
	errno = failed;
	if (dir == NULL || failed || ns->text.full) {
		err_errno(&err, ERR_INPUT, "cannot list");
		importjob_lost(j, path, &err);
		return 0;
	}
	ns->at = err_alloc((ns->n + 1) * sizeof *ns->at);
	const char *p = buf_cstr(&ns->text);
	for (size_t i = 0; i < ns->n; i++, p += strlen(p) + 1)
		ns->at[i] = p;
	qsort(ns->at, ns->n, sizeof *ns->at, by_name);
	return 1;
}

/* Adds the sizes of the files of a directory to what the progress line counts to. */
static void count_bytes(struct importjob *j, const char *path, const struct names *ns)
{
	struct stat st;
	int dir = j->show ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	for (size_t i = 0; dir >= 0 && i < ns->n; i++)
		if (fstatat(dir, ns->at[i], &st, 0) == 0 && S_ISREG(st.st_mode))
			j->total += (uint64_t)st.st_size;
	if (dir >= 0)
		close(dir);
}

/* A file that is known counts as read. */
static void count_known(struct importjob *j, const char *path)
{
	struct stat st;
	if (j->show && stat(path, &st) == 0)
		j->done += (uint64_t)st.st_size;
}

/* Was this file of a Maildir imported before, here or while it was in `new`? 1, 0 or -1. */
static int known(struct importjob *j, int64_t epoch, const char *path, const char *sub,
		 struct err *err)
{
	char other[PATH_MAX];
	const char *slash = strrchr(path, '/');
	int r = archive_has_source(j->ar, epoch, str_of(path), err);
	if (r != 0)
		return r;
	snprintf(other, sizeof other, "%.*s%s%s", (int)(slash - path) - 3, path,
		 strcmp(sub, "cur") == 0 ? "new" : "cur", slash);
	return archive_has_source(j->ar, epoch, str_of(other), err);
}

/* One file of cur or new. Its source is the path without the flags, which may change. */
static int maildir_file(struct importjob *j, struct path *p, const char *sub,
			struct importjob_box *box, struct err *err)
{
	char source[PATH_MAX];
	const char *name = strrchr(p->z, '/') + 1;
	struct str base = maildir_base(str_of(name));
	bool forwarded;
	unsigned flags = maildir_flags(str_of(name), &forwarded);
	snprintf(source, sizeof source, "%.*s", (int)((size_t)(name - p->z) + base.n), p->z);
	if (importjob_epoch(j, box, err) < 0)
		return -1;
	int r = known(j, box->epoch, source, sub, err);
	if (r != 0) {
		j->r->skipped += r > 0;
		count_known(j, p->z);
		return r > 0 ? importjob_step(j, err) : -1;
	}
	struct importjob_item it = {.path = p->z,
				    .kind = IMPORTFILE_SINGLE,
				    .single = box,
				    .mbox = box,
				    .folder = box->mailbox,
				    .fixed = true,
				    .copy = {.flags = flags,
					     .source = str_of(source),
					     .keywords = forwarded ? STR("$Forwarded") : STR("")}};
	return importjob_file(j, &it, err);
}

/* cur or new of a Maildir. */
static int maildir_sub(struct importjob *j, struct path *p, const char *sub,
		       struct importjob_box *box, struct err *err)
{
	struct names ns;
	size_t top = p->n;
	int r = 1;
	if (!path_push(p, sub))
		return 1;
	if (names_list(j, p->z, &ns) == 1) {
		size_t dir = p->n;
		count_bytes(j, p->z, &ns);
		for (size_t i = 0; i < ns.n && r > 0; i++) {
			if (ns.at[i][0] == '.' || !path_push(p, ns.at[i]))
				continue;
			r = maildir_file(j, p, sub, box, err);
			path_cut(p, dir);
		}
	}
	names_free(&ns);
	path_cut(p, top);
	return r;
}

static bool is_dir(struct path *p, const char *name)
{
	struct stat st;
	size_t n = p->n;
	bool yes = path_push(p, name) && stat(p->z, &st) == 0 && S_ISDIR(st.st_mode);
	path_cut(p, n);
	return yes;
}

static bool is_maildir(struct path *p)
{
	return is_dir(p, "cur") && is_dir(p, "new");
}

static struct str or_inbox(struct str mailbox)
{
	return mailbox.n ? mailbox : STR("INBOX");
}

/* A directory being walked, and the mailbox it stands for ("": the top). */
struct place {
	struct path *path;
	struct str mailbox;
	struct importjob_box box;
	bool maildir;
	struct mh *mh; /* NULL: not an MH folder */
	unsigned depth;
};

static int walk(struct importjob *j, struct path *p, struct str mailbox, unsigned depth,
		struct err *err);

/* A file in a directory that is not a Maildir. */
static int walk_file(struct importjob *j, struct place *at, struct arena *a, const char *name,
		     struct err *err)
{
	struct importjob_box mbox = {
		.mailbox = importname_join(a, at->mailbox, importname_stem(str_of(name)))};
	struct importjob_item it = {.path = at->path->z,
				    .kind = str_ends(str_of(name), STR(".eml")) ? IMPORTFILE_AUTO
										: IMPORTFILE_LIKELY,
				    .single = &at->box,
				    .mbox = &mbox,
				    .folder = mbox.mailbox};
	uint32_t number;
	if (at->mh) {
		if (!mh_number(str_of(name), &number))
			return importjob_skip(j, at->path->z, "not a message of an MH folder");
		it.kind = IMPORTFILE_SINGLE;
		it.copy.flags = mh_flags(at->mh, number);
	}
	return importjob_file(j, &it, err);
}

/* An MH folder is one that has sequences. */
static struct mh *open_mh(struct path *p)
{
	struct buf text;
	struct err err;
	struct mh *mh = NULL;
	size_t n = p->n;
	buf_init(&text, (size_t)1 << 20);
	if (path_push(p, ".mh_sequences")) {
		struct stat st;
		if (stat(p->z, &st) == 0 && S_ISREG(st.st_mode) &&
		    file_load(p->z, &text, &err) >= 0)
			mh = mh_open(buf_all(&text));
		path_cut(p, n);
	}
	buf_free(&text);
	return mh;
}

/* Whatever a name in a directory stands for; the path is already that of the name. */
static int walk_name(struct importjob *j, struct place *at, struct arena *a, const char *name,
		     struct err *err)
{
	struct stat st = {0};
	bool hidden = name[0] == '.';
	bool dir = lstat(at->path->z, &st) == 0 && S_ISDIR(st.st_mode);
	if (dir && (!hidden || (at->maildir && is_maildir(at->path)))) {
		struct str box = importname_folder(a, str_of(name));
		return walk(j, at->path, importname_join(a, at->mailbox, box), at->depth + 1, err);
	}
	if (dir || hidden || at->maildir)
		return 1;
	if (S_ISLNK(st.st_mode) && stat(at->path->z, &st) == 0 && S_ISDIR(st.st_mode)) {
		log_line(LOG_WARN, "linked directory not followed: '%s'", at->path->z);
		return 1;
	}
	return walk_file(j, at, a, name, err);
}

static bool maildir_own(const char *name)
{
	return strcmp(name, "cur") == 0 || strcmp(name, "new") == 0 || strcmp(name, "tmp") == 0;
}

/* Everything that stands in a directory by its name. */
static int walk_names(struct importjob *j, struct place *at, struct err *err)
{
	struct arena a = {0};
	struct names ns = {0};
	size_t top = at->path->n;
	int r = 1;
	if (names_list(j, at->path->z, &ns) == 1) {
		if (!at->maildir)
			count_bytes(j, at->path->z, &ns);
		for (size_t i = 0; i < ns.n && r > 0; i++) {
			if ((at->maildir && maildir_own(ns.at[i])) ||
			    !path_push(at->path, ns.at[i]))
				continue;
			arena_reset(&a);
			r = walk_name(j, at, &a, ns.at[i], err);
			path_cut(at->path, top);
		}
	}
	names_free(&ns);
	arena_free(&a);
	return r;
}

/* A directory and everything below it. */
static int walk(struct importjob *j, struct path *p, struct str mailbox, unsigned depth,
		struct err *err)
{
	struct place at = {.path = p,
			   .mailbox = mailbox,
			   .box = {.mailbox = or_inbox(mailbox)},
			   .maildir = is_maildir(p),
			   .depth = depth};
	int r = 1;
	if (depth > DEPTH) {
		err_set(err, ERR_INPUT, "directories nested deeper than %d", DEPTH);
		return importjob_lost(j, p->z, err);
	}
	if (at.maildir) {
		r = maildir_sub(j, p, "cur", &at.box, err);
		r = r < 0 ? -1 : maildir_sub(j, p, "new", &at.box, err);
	} else {
		at.mh = open_mh(p);
	}
	if (r > 0)
		r = walk_names(j, &at, err);
	mh_close(&at.mh);
	return r;
}

int importwalk(struct importjob *j, const char *path, struct str mailbox, struct err *err)
{
	struct path p = {.n = strlen(path)};
	if (p.n >= sizeof p.z)
		return err_set(err, ERR_INPUT, "path too long");
	memcpy(p.z, path, p.n + 1);
	return walk(j, &p, mailbox, 0, err);
}

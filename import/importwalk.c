#define _GNU_SOURCE
#include "importwalk.h"

#include "maildir.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

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
		return r > 0 ? importjob_step(j, err) : -1;
	}
	struct importjob_item it = {.path = p->z,
				    .kind = IMPORTFILE_SINGLE,
				    .single = box,
				    .mbox = box,
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
		j->total += ns.n;
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

static struct str join(struct arena *a, struct str mailbox, struct str name)
{
	return mailbox.n ? arena_fmt(a, "%.*s/%.*s", STR_ARG(mailbox), STR_ARG(name))
			 : arena_str(a, name);
}

static struct str without(struct str name, struct str end)
{
	return name.n > end.n && str_ends(name, end) ? str_cut(name, 0, name.n - end.n) : name;
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
	unsigned depth;
};

static int walk(struct importjob *j, struct path *p, struct str mailbox, unsigned depth,
		struct err *err);

/* A file in a directory that is not a Maildir. */
static int walk_file(struct importjob *j, struct place *at, struct arena *a, const char *name,
		     struct err *err)
{
	struct str stem = without(without(str_of(name), STR(".mbox")), STR(".mbx"));
	struct importjob_box mbox = {.mailbox = join(a, at->mailbox, stem)};
	struct importjob_item it = {.path = at->path->z,
				    .kind = str_ends(str_of(name), STR(".eml")) ? IMPORTFILE_AUTO
										: IMPORTFILE_LIKELY,
				    .single = &at->box,
				    .mbox = &mbox};
	return importjob_file(j, &it, err);
}

/* Whatever a name in a directory stands for; the path is already that of the name. */
static int walk_name(struct importjob *j, struct place *at, struct arena *a, const char *name,
		     struct err *err)
{
	struct stat st;
	bool hidden = name[0] == '.';
	if (lstat(at->path->z, &st) == 0 && S_ISDIR(st.st_mode)) {
		struct str box = hidden ? maildir_folder(a, str_of(name))
					: without(str_of(name), STR(".sbd"));
		if (!hidden || (at->maildir && is_maildir(at->path)))
			return walk(j, at->path, join(a, at->mailbox, box), at->depth + 1, err);
		return 1;
	}
	if (hidden || at->maildir)
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

/* A directory and everything below it. */
static int walk(struct importjob *j, struct path *p, struct str mailbox, unsigned depth,
		struct err *err)
{
	struct place at = {p, mailbox, {.mailbox = or_inbox(mailbox)}, is_maildir(p), depth};
	struct arena a = {0};
	struct names ns = {0};
	size_t top = p->n;
	int r = 1;
	if (depth > DEPTH) {
		err_set(err, ERR_INPUT, "directories nested deeper than %d", DEPTH);
		return importjob_lost(j, p->z, err);
	}
	if (at.maildir) {
		r = maildir_sub(j, p, "cur", &at.box, err);
		r = r < 0 ? -1 : maildir_sub(j, p, "new", &at.box, err);
	}
	if (r > 0 && names_list(j, p->z, &ns) == 1) {
		for (size_t i = 0; i < ns.n && r > 0; i++) {
			if ((at.maildir && maildir_own(ns.at[i])) || !path_push(p, ns.at[i]))
				continue;
			arena_reset(&a);
			r = walk_name(j, &at, &a, ns.at[i], err);
			path_cut(p, top);
		}
	}
	names_free(&ns);
	arena_free(&a);
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

#define _GNU_SOURCE
#include "import.h"

#include "importfile.h"
#include "log.h"
#include "maildir.h"
#include "proc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { PIECE = 256 * 1024, DEPTH = 64 };
#define NAMES ((size_t)1 << 30)
#define LARGEST 4294967295u

/* One run of the importer. */
struct job {
	struct archive *ar;
	struct str account;
	struct import_result *r;
	struct importfile *file;
	struct log_progress progress;
	bool show;
	int64_t run;
	uint64_t total; /* names listed so far, for the progress line */
};

/* Where messages go, made when the first one comes. */
struct box {
	struct str mailbox;
	int64_t epoch; /* 0: not asked for yet */
};

/* One file to import, and what its name and place say. */
struct item {
	const char *path;
	enum importfile_kind kind;
	struct box *single, *mbox;   /* for a message, for the messages of an mbox */
	struct archive_copy copy;    /* flags */
	bool fixed;                  /* its source is the path alone, and was not known yet */
	bool named;                  /* by the user, not found in a directory */
};

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

/* ---- one message ---- */

/* An item that could not be imported: counted and said, and the rest goes on. */
static int lost(struct job *j, const char *path, const struct err *err)
{
	j->r->failed++;
	log_line(LOG_WARN, "not imported: '%s': %s", path, err->text);
	return 1;
}

static int find_epoch(struct job *j, struct box *box, struct err *err)
{
	struct arena a = {0};
	struct archive_epoch e = {.account = j->account,
				  .mailbox = box->mailbox,
				  .uidvalidity = 1};
	if (box->epoch)
		return 1;
	int r = archive_epoch(j->ar, &a, &e, err);
	box->epoch = e.id;
	arena_free(&a);
	return r < 0 ? -1 : 1;
}

/* Streams one message into the archive, up to its end. 1; 0 this message failed (*err says
 * why); -1 the archive failed. */
static int stream(struct job *j, struct err *err)
{
	struct str piece;
	uint64_t size = 0;
	int r;
	if (archive_begin(j->ar, err) < 0)
		return -1;
	while ((r = importfile_read(j->file, &piece, err)) == 1) {
		size += piece.n;
		if (size > LARGEST) {
			err_set(err, ERR_INPUT, "message larger than 4 GiB - 1");
			return 0;
		}
		if (archive_write(j->ar, piece.p, piece.n, err) < 0)
			return err->kind == ERR_INPUT ? 0 : -1;
	}
	j->r->bytes += size;
	return r < 0 ? 0 : 1;
}

/* Sets the source of a copy that has none yet. The contents of its file may change, so the source
 * is the path with the place and the hash: only the same bytes at the same place are skipped. */
static void name_source(struct arena *a, struct archive_copy *c, const char *path,
			const struct importfile_msg *m, const char *found, bool fixed)
{
	if (fixed)
		return;
	if (m->mbox)
		c->source = arena_fmt(a, "%s#%llu:%.32s", path, (unsigned long long)m->offset,
				      found);
	else
		c->source = arena_fmt(a, "%s#%.32s", path, found);
}

/* Stores the message that importfile_next has begun. 1 or -1. */
static int store(struct job *j, struct arena *a, const struct item *it, struct archive_copy *c,
		 const struct importfile_msg *m, struct err *err)
{
	unsigned char hash[HASH_BYTES];
	char hex[HASH_HEX + 1];
	int r = stream(j, err);
	if (r <= 0) {
		archive_abandon(j->ar);
		return r < 0 ? -1 : lost(j, it->path, err);
	}
	bool differs = importfile_found(j->file, hash);
	hash_hex(hash, HASH_BYTES, hex);
	name_source(a, c, it->path, m, hex, it->fixed);
	c->found = differs ? (struct str){hex, HASH_HEX} : STR("");
	r = it->fixed ? 0 : archive_has_source(j->ar, c->epoch, c->source, err);
	if (r != 0) {
		archive_abandon(j->ar);
		j->r->skipped += r > 0;
		return r;
	}
	r = archive_end(j->ar, c, err);
	if (r < 0 && err->kind == ERR_INPUT) {
		archive_abandon(j->ar);
		return lost(j, it->path, err);
	}
	if (r < 0)
		return -1;
	j->r->copies++;
	j->r->stored += r == 1;
	return archive_tick(j->ar, err) < 0 ? -1 : 1;
}

static int step(struct job *j, struct err *err)
{
	j->r->messages++;
	if (j->show) {
		j->progress.total = j->total;
		log_step(&j->progress, j->r->messages);
	}
	return proc_stopped() ? err_set(err, ERR_LATER, "stopped; run it again to go on") : 1;
}

/* One message of an open file, which importfile_next has begun. 1 or -1. */
static int import_message(struct job *j, struct arena *a, const struct item *it,
			  const struct importfile_msg *m, struct err *err)
{
	struct archive_copy c = it->copy;
	struct box *box = m->mbox ? it->mbox : it->single;
	if (step(j, err) < 0 || find_epoch(j, box, err) < 0)
		return -1;
	c.epoch = box->epoch;
	c.run = j->run;
	if (m->dated) {
		c.internaldate = m->date.epoch;
		c.zone = m->date.zone;
	}
	return store(j, a, it, &c, m, err);
}

/* All messages of an open file. 1 or -1. */
static int import_fd(struct job *j, const struct item *it, int fd, struct err *err)
{
	struct arena a = {0};
	struct importfile_msg m;
	bool any = false, unread = false;
	int r = 1;
	importfile_start(j->file, fd, it->kind);
	while (r == 1) {
		arena_reset(&a);
		r = importfile_next(j->file, &m, err);
		unread = r < 0;
		any |= r == 1;
		if (r == 1)
			r = import_message(j, &a, it, &m, err);
	}
	arena_free(&a);
	if (unread)
		return lost(j, it->path, err);
	if (r == 0 && !any) {
		j->r->skipped++;
		log_line(it->named ? LOG_WARN : LOG_INFO, "no mail in '%s'", it->path);
	}
	return r < 0 ? -1 : 1;
}

/* Opens a file and imports it. 1 or -1. */
static int import_file(struct job *j, struct item *it, struct err *err)
{
	struct stat st;
	int fd = open(it->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0) {
		err_errno(err, ERR_INPUT, "cannot open");
		return lost(j, it->path, err);
	}
	int r;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		err_set(err, ERR_INPUT, "not a regular file");
		r = lost(j, it->path, err);
	} else {
		it->copy.internaldate = st.st_mtime;
		r = import_fd(j, it, fd, err);
	}
	close(fd);
	return r;
}

/* ---- directories ---- */

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
static int names_list(struct job *j, const char *path, struct names *ns)
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
		lost(j, path, &err);
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
static int known(struct job *j, int64_t epoch, const char *path, const char *sub, struct err *err)
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
static int maildir_file(struct job *j, struct path *p, const char *sub, struct box *box,
			struct err *err)
{
	char source[PATH_MAX];
	const char *name = strrchr(p->z, '/') + 1;
	struct str base = maildir_base(str_of(name));
	bool forwarded;
	unsigned flags = maildir_flags(str_of(name), &forwarded);
	snprintf(source, sizeof source, "%.*s", (int)((size_t)(name - p->z) + base.n), p->z);
	if (find_epoch(j, box, err) < 0)
		return -1;
	int r = known(j, box->epoch, source, sub, err);
	if (r != 0) {
		j->r->skipped += r > 0;
		return r > 0 ? step(j, err) : -1;
	}
	struct item it = {.path = p->z,
			  .kind = IMPORTFILE_SINGLE,
			  .single = box,
			  .mbox = box,
			  .fixed = true,
			  .copy = {.flags = flags,
				   .source = str_of(source),
				   .keywords = forwarded ? STR("$Forwarded") : STR("")}};
	return import_file(j, &it, err);
}

/* cur or new of a Maildir. */
static int maildir_sub(struct job *j, struct path *p, const char *sub, struct box *box,
		       struct err *err)
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
	struct box box;
	bool maildir;
	unsigned depth;
};

static int walk(struct job *j, struct path *p, struct str mailbox, unsigned depth,
		struct err *err);

/* A file in a directory that is not a Maildir. */
static int walk_file(struct job *j, struct place *at, struct arena *a, const char *name,
		     struct err *err)
{
	struct str stem = without(without(str_of(name), STR(".mbox")), STR(".mbx"));
	struct box mbox = {.mailbox = join(a, at->mailbox, stem)};
	struct item it = {.path = at->path->z,
			  .kind = str_ends(str_of(name), STR(".eml")) ? IMPORTFILE_AUTO
								      : IMPORTFILE_LIKELY,
			  .single = &at->box,
			  .mbox = &mbox};
	return import_file(j, &it, err);
}

/* Whatever a name in a directory stands for; the path is already that of the name. */
static int walk_name(struct job *j, struct place *at, struct arena *a, const char *name,
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
static int walk(struct job *j, struct path *p, struct str mailbox, unsigned depth,
		struct err *err)
{
	struct place at = {p, mailbox, {.mailbox = or_inbox(mailbox)}, is_maildir(p), depth};
	struct arena a = {0};
	struct names ns = {0};
	size_t top = p->n;
	int r = 1;
	if (depth > DEPTH) {
		err_set(err, ERR_INPUT, "directories nested deeper than %d", DEPTH);
		return lost(j, p->z, err);
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

/* ---- the front door ---- */

static int import_named(struct job *j, const char *path, struct str mailbox, struct err *err)
{
	struct path p = {.n = 0};
	struct stat st;
	struct box box = {.mailbox = or_inbox(mailbox)};
	struct item it = {.path = "-", .single = &box, .mbox = &box, .named = true};
	if (strcmp(path, "-") == 0) {
		struct timespec now;
		clock_gettime(CLOCK_REALTIME, &now);
		it.copy.internaldate = now.tv_sec;
		return import_fd(j, &it, STDIN_FILENO, err);
	}
	if (realpath(path, p.z) == NULL || stat(p.z, &st) < 0)
		return err_errno(err, ERR_INPUT, "cannot import '%s'", path);
	p.n = strlen(p.z);
	if (S_ISDIR(st.st_mode))
		return walk(j, &p, mailbox, 0, err);
	it.path = p.z;
	if (st.st_size == 0 && !str_ends(str_of(path), STR(".eml")))
		it.kind = IMPORTFILE_LIKELY;
	return import_file(j, &it, err);
}

int import_path(struct archive *ar, struct str account, struct str mailbox, const char *path,
		struct import_result *r, bool progress, struct err *err)
{
	struct import_result before = *r;
	struct job j = {.ar = ar, .account = account, .r = r, .show = progress};
	struct err late;
	if (archive_run(ar, &j.run, err) < 0)
		return -1;
	j.file = importfile_open(PIECE);
	log_begin(&j.progress, "import", 0);
	int got = import_named(&j, path, mailbox, err);
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

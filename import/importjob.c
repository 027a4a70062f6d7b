#define _GNU_SOURCE
#include "importjob.h"

#include "importown.h"
#include "importpack.h"
#include "proc.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define LARGEST 4294967295u
#define DEPTH 3
#define COMMIT_MS 1000 /* nobody waits for it, and an import can be run again */

int importjob_lost(struct importjob *j, const char *path, const struct err *err)
{
	j->r->failed++;
	log_line(LOG_WARN, "not imported: '%s': %s", path, err->text);
	return 1;
}

int importjob_skip(struct importjob *j, const char *path, const char *why)
{
	j->r->skipped++;
	log_line(LOG_INFO, "passed over: '%s': %s", path, why);
	return 1;
}

int importjob_epoch(struct importjob *j, struct importjob_box *box, struct err *err)
{
	struct arena a = {0};
	struct archive_epoch e = {.account = j->account, .mailbox = box->mailbox, .uidvalidity = 1};
	if (box->epoch)
		return 1;
	int r = archive_epoch(j->ar, &a, &e, err);
	box->epoch = e.id;
	box->fresh = e.run == 0;
	arena_free(&a);
	return r < 0 ? -1 : 1;
}

/* Streams one message into the archive, up to its end. 1; 0 this message failed (*err says
 * why); -1 the archive failed. */
static int stream(struct importjob *j, struct err *err)
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
		c->source =
			arena_fmt(a, "%s#%llu:%.32s", path, (unsigned long long)m->offset, found);
	else
		c->source = arena_fmt(a, "%s#%.32s", path, found);
}

/* Was it imported from this place before? Within a run no place comes twice, but in packed files,
 * where two members may have one name. 1, 0 or -1. */
static int known(struct importjob *j, const struct importjob_box *box,
		 const struct archive_copy *c, struct err *err)
{
	if (box->fresh && j->depth == 0)
		return 0;
	return archive_has_source(j->ar, c->epoch, c->source, err);
}

/* Stores the message that importfile_next has begun. 1 or -1. */
static int store(struct importjob *j, struct arena *a, const struct importjob_item *it,
		 struct archive_copy *c, const struct importfile_msg *m, struct err *err)
{
	unsigned char hash[HASH_BYTES];
	char hex[HASH_HEX + 1];
	int r = stream(j, err);
	if (r <= 0) {
		archive_abandon(j->ar);
		return r < 0 ? -1 : importjob_lost(j, it->path, err);
	}
	bool differs = importfile_found(j->file, hash);
	hash_hex(hash, HASH_BYTES, hex);
	name_source(a, c, it->path, m, hex, it->fixed);
	c->found = differs ? (struct str){hex, HASH_HEX} : STR("");
	r = it->fixed ? 0 : known(j, m->mbox ? it->mbox : it->single, c, err);
	if (r != 0) {
		archive_abandon(j->ar);
		j->r->skipped += r > 0;
		return r;
	}
	r = archive_end(j->ar, c, err);
	if (r < 0 && err->kind == ERR_INPUT) {
		archive_abandon(j->ar);
		return importjob_lost(j, it->path, err);
	}
	if (r < 0)
		return -1;
	j->r->copies++;
	j->r->stored += r == 1;
	return archive_tick(j->ar, COMMIT_MS, err) < 0 ? -1 : 1;
}

int importjob_step(struct importjob *j, struct err *err)
{
	j->r->messages++;
	if (j->show) {
		j->progress.total = j->total >> 20;
		log_step(&j->progress, (j->done + j->in.taken) >> 20);
	}
	return proc_stopped() ? err_set(err, ERR_LATER, "stopped; run it again to go on") : 1;
}

/* One message of an open file, which importfile_next has begun. 1 or -1. */
static int import_message(struct importjob *j, struct arena *a, const struct importjob_item *it,
			  const struct importfile_msg *m, struct err *err)
{
	struct archive_copy c = it->copy;
	struct importjob_box *box = m->mbox ? it->mbox : it->single;
	if (importjob_step(j, err) < 0 || importjob_epoch(j, box, err) < 0)
		return -1;
	c.epoch = box->epoch;
	c.run = j->run;
	if (m->mbox) {
		c.flags |= m->flags;
		c.keywords = m->keywords;
	}
	if (m->dated) {
		c.internaldate = m->date.epoch;
		c.zone = m->date.zone;
	}
	return store(j, a, it, &c, m, err);
}

/* All messages of a source that is not packed. 1 or -1. */
static int import_plain(struct importjob *j, const struct importjob_item *it, struct source from,
			int look, struct err *err)
{
	struct arena a = {0};
	struct importfile_msg m;
	bool any = false, unread = false;
	int r = 1;
	importfile_begin(j->file, from, look, it->kind);
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
		return importjob_lost(j, it->path, err);
	if (r == 0 && !any) {
		j->r->skipped++;
		log_line(it->named ? LOG_WARN : LOG_INFO, "no mail in '%s'", it->path);
	}
	return r < 0 ? -1 : 1;
}

int importjob_source(struct importjob *j, const struct importjob_item *it, struct source from,
		     int look, struct err *err)
{
	struct source_headed h;
	if (source_head(&h, from, err) < 0)
		return importjob_lost(j, it->path, err);
	if (!unpack_packed((struct str){h.head, h.n}))
		return import_plain(j, it, source_headed(&h), look, err);
	if (j->depth >= DEPTH) {
		err_set(err, ERR_INPUT, "packed more than %d times over", DEPTH);
		return importjob_lost(j, it->path, err);
	}
	j->depth++;
	int r = importpack(j, it, source_headed(&h), err);
	j->depth--;
	return r;
}

int importjob_fd(struct importjob *j, const struct importjob_item *it, int fd, struct err *err)
{
	struct stat st;
	bool plain = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && lseek(fd, 0, SEEK_CUR) == 0;
	j->in = (struct source_fd){fd, 0};
	int r = importjob_source(j, it, source_fd(&j->in), plain ? fd : -1, err);
	j->done += j->in.taken;
	j->in.taken = 0;
	return r;
}

int importjob_file(struct importjob *j, struct importjob_item *it, struct err *err)
{
	struct stat st;
	int fd = open(it->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0) {
		err_errno(err, ERR_INPUT, "cannot open");
		return importjob_lost(j, it->path, err);
	}
	int r;
	if (!it->named && fstat(fd, &st) == 0 && !S_ISREG(st.st_mode)) {
		r = importjob_skip(j, it->path, "not a regular file");
	} else if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		err_set(err, ERR_INPUT, "not a regular file");
		r = importjob_lost(j, it->path, err);
	} else {
		it->copy.internaldate = st.st_mtime;
		if (importown(it->path, fd))
			it->kind = IMPORTFILE_AS_IS;
		r = importjob_fd(j, it, fd, err);
	}
	close(fd);
	return r;
}

#define _GNU_SOURCE
#include "export.h"

#include "exportlist.h"
#include "exportname.h"
#include "exportout.h"
#include "file.h"
#include "mboxrd.h"
#include "tarball.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LOADED ((size_t)8 << 20) /* larger messages are not held in memory */
#define PIECE ((size_t)256 << 10)
#define SCHEMA 1

struct export {
	struct archive *ar;
	struct export_options o;
	struct export_result r;
	struct exportout out;
	struct exportlist sums, manifest;
	struct buf boxes; /* paths of the mboxes, a line each */
	struct arena where, work; /* the epochs; of the message at hand */
	const struct archive_epoch *epochs;
	size_t n_epochs;
	struct buf body, piece;
	bool loaded, fits; /* body holds the message; an mbox can carry it */
	bool ended;        /* its last line has an end */
	int null;
};

const char *const export_formats[] = {"mboxrd", "maildir", "eml", "tar", "eml.tar.zst",
				      "maildir.tar", "mbox", NULL};

static bool is_tar(const struct export *x)
{
	return x->o.format == EXPORT_TAR || x->o.format == EXPORT_TAR_ZST ||
	       x->o.format == EXPORT_MAILDIR_TAR;
}

static bool is_maildir(const struct export *x)
{
	return x->o.format == EXPORT_MAILDIR || x->o.format == EXPORT_MAILDIR_TAR;
}

int export_begin(struct export **out, struct archive *ar, const struct export_options *o,
		 struct err *err)
{
	struct export *x = err_alloc(sizeof *x);
	x->ar = ar;
	x->o = *o;
	buf_init(&x->boxes, (size_t)64 << 20);
	buf_init(&x->body, LOADED);
	buf_init(&x->piece, 2 * PIECE + 4096);
	x->null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (exportout_open(&x->out, o->to, !is_tar(x) && o->format != EXPORT_MBOX, err) < 0 ||
	    (o->format == EXPORT_TAR_ZST && exportout_pack(&x->out, err) < 0) ||
	    exportlist_open(&x->sums, exportout_temp(&x->out), err) < 0 ||
	    exportlist_open(&x->manifest, exportout_temp(&x->out), err) < 0) {
		export_close(&x);
		return -1;
	}
	*out = x;
	return 1;
}

void export_close(struct export **x)
{
	if (*x == NULL)
		return;
	exportlist_close(&(*x)->sums);
	exportlist_close(&(*x)->manifest);
	exportout_close(&(*x)->out);
	buf_free(&(*x)->boxes);
	buf_free(&(*x)->body);
	buf_free(&(*x)->piece);
	arena_free(&(*x)->where);
	arena_free(&(*x)->work);
	if ((*x)->null >= 0)
		close((*x)->null);
	free(*x);
	*x = NULL;
}

/* ---- the copies of a message ---- */

static const struct archive_epoch *known(const struct export *x, int64_t id)
{
	for (size_t i = 0; i < x->n_epochs; i++)
		if (x->epochs[i].id == id)
			return &x->epochs[i];
	return NULL;
}

/* The mailbox of a copy; epochs may be made while we export. 1 or -1. */
static int epoch_of(struct export *x, int64_t id, const struct archive_epoch **out,
		    struct err *err)
{
	*out = known(x, id);
	if (*out == NULL) {
		if (archive_epochs(x->ar, &x->where, &x->epochs, &x->n_epochs, err) < 0)
			return -1;
		*out = known(x, id);
	}
	return *out ? 1 : err_set(err, ERR_BROKEN, "copy in an unknown mailbox");
}

/* A copy, where it stands, and the file that was made of it. */
struct place {
	const struct archive_copy *c;
	const struct archive_epoch *e;
	bool wanted;
	struct str path;
	int64_t offset; /* in an mbox, -1: a file of its own */
};

static bool same_mailbox(const struct archive_epoch *a, const struct archive_epoch *b)
{
	return str_eq(a->mailbox, b->mailbox) && str_eq(a->account, b->account);
}

/* Is there a copy in the same mailbox under a newer UIDVALIDITY? */
static bool outdated(const struct place *ps, size_t n, size_t i)
{
	const struct archive_epoch *last = NULL;
	for (size_t j = i + 1; j < n; j++) {
		if (ps[j].e == last || ps[j].e == ps[i].e || !ps[j].wanted)
			continue;
		last = ps[j].e;
		if (same_mailbox(last, ps[i].e))
			return true;
	}
	return false;
}

/* Which copies become files: those that the server still has, or all when it has none; of one
 * mailbox only those under the newest UIDVALIDITY; in folders of .eml the first alone. */
static int choose(struct export *x, struct place *ps, const struct archive_copy *copies, size_t n,
		  struct err *err)
{
	static const struct archive_epoch nowhere;
	static const struct archive_copy none;
	bool any = false, once = x->o.format == EXPORT_EML || x->o.format == EXPORT_MBOX ||
				 (is_tar(x) && !is_maildir(x));
	for (size_t i = 0; i < n; i++) {
		ps[i] = (struct place){.c = &copies[i], .offset = -1};
		if (epoch_of(x, copies[i].epoch, &ps[i].e, err) < 0)
			return -1;
		any |= copies[i].vanished == 0;
	}
	for (size_t i = n; i-- > 0;)
		ps[i].wanted = !any || copies[i].vanished == 0;
	bool first = true, old = false;
	for (size_t i = n; i-- > 0;) { /* ordered by epoch */
		if (i + 1 == n || ps[i].e != ps[i + 1].e)
			old = outdated(ps, n, i);
		ps[i].wanted = ps[i].wanted && !old;
	}
	for (size_t i = 0; once && i < n; i++) {
		ps[i].wanted = ps[i].wanted && first;
		first &= !ps[i].wanted;
	}
	if (n == 0)
		ps[0] = (struct place){.c = &none, .e = &nowhere, .wanted = true, .offset = -1};
	return 1;
}

/* ---- the bytes of a message ---- */

/* Reads the message and checks it. 1; 0 it is damaged. */
static int load(struct export *x, const struct archive_msg *m, struct err *err)
{
	buf_clear(&x->body);
	x->loaded = m->size <= LOADED;
	if (x->loaded)
		return archive_read(x->ar, m, SIZE_MAX, &x->body, err) > 0;
	return archive_copy_out(x->ar, m, x->null, err) > 0;
}

/* Into the one file there is, which may be compressed: then a large one waits in an unlinked
 * file. */
static int put_out(struct export *x, const struct archive_msg *m, struct err *err)
{
	struct exportlist temp = {0};
	uint64_t at = 0;
	if (x->loaded)
		return exportout_write(&x->out, x->body.p, x->body.n, err);
	if (x->out.pack == NULL)
		return archive_copy_out(x->ar, m, x->out.fd, err);
	int r = exportlist_open(&temp, exportout_temp(&x->out), err);
	if (r > 0)
		r = archive_copy_out(x->ar, m, temp.fd, err);
	while (r > 0 && at < m->size) {
		size_t n = m->size - at < PIECE ? (size_t)(m->size - at) : PIECE;
		buf_clear(&x->piece);
		r = file_pread(temp.fd, buf_room(&x->piece, n), n, (off_t)at, err);
		if (r == 0)
			r = err_set(err, ERR_BROKEN, "a temporary file is too short");
		if (r > 0)
			r = exportout_write(&x->out, x->piece.p, n, err);
		at += n;
	}
	exportlist_close(&temp);
	return r;
}

static int put(struct export *x, const struct archive_msg *m, int fd, struct err *err)
{
	if (x->loaded)
		return file_write(fd, x->body.p, x->body.n, err);
	return archive_copy_out(x->ar, m, fd, err);
}

/* The file's time is the message's: importers take it for INTERNALDATE. */
static void set_time(int fd, int64_t internaldate)
{
	struct timespec at = {.tv_sec = (time_t)internaldate}, both[2] = {at, at};
	(void)!futimens(fd, both);
}

static int close_new(int fd, int r, struct err *err)
{
	if (close(fd) < 0 && r == 1)
		return err_errno(err, ERR_BROKEN, "cannot close");
	return r;
}

/* A file of its own, byte for byte the message. */
static int put_file(struct export *x, const struct archive_msg *m, struct place *p,
		    struct err *err)
{
	int fd;
	if (exportout_create(&x->out, p->path, &fd, err) < 0)
		return -1;
	int r = put(x, m, fd, err);
	if (r == 1)
		set_time(fd, p->c->internaldate);
	if (close_new(fd, r, err) < 0)
		return err_wrap(err, "'%.*s'", STR_ARG(p->path));
	return exportlist_sum(&x->sums, m->hash, p->path, err);
}

static int put_member(struct export *x, const struct archive_msg *m, struct place *p,
		      struct err *err)
{
	static const char zeros[TARBALL_BLOCK];
	buf_clear(&x->piece);
	tarball_member(&x->piece, p->path, m->size, p->c->internaldate, STR(""));
	if (exportout_write(&x->out, x->piece.p, x->piece.n, err) < 0 || put_out(x, m, err) < 0 ||
	    exportout_write(&x->out, zeros, tarball_padding(m->size), err) < 0)
		return -1;
	return exportlist_sum(&x->sums, m->hash, p->path, err);
}

/* ---- mbox ---- */

/* Calls for each piece of the message: check, or quote and write to fd. A message that is not in
 * memory is read from `from`. */
static int each_piece(struct export *x, int from, int fd, struct mboxrd *state, struct err *err)
{
	static char held[PIECE];
	mboxrd_start(state);
	for (size_t at = 0;;) {
		struct str s = str_cut(buf_all(&x->body), at, at + PIECE);
		if (!x->loaded) {
			ssize_t n = pread(from, held, sizeof held, (off_t)at);
			if (n < 0)
				return err_errno(err, ERR_BROKEN, "cannot read a temporary file");
			s = (struct str){held, (size_t)n};
		}
		if (s.n == 0)
			return 1;
		at += s.n;
		if (fd < 0) {
			mboxrd_check(state, s);
			continue;
		}
		buf_clear(&x->piece);
		mboxrd_write(state, s, &x->piece);
		if (file_write(fd, x->piece.p, x->piece.n, err) < 0)
			return -1;
	}
}

/* A line that has no end gets one: nothing may run into the next record. */
static int write_record(struct export *x, const struct place *p, int from, int fd,
			struct err *err)
{
	struct mboxrd state;
	buf_clear(&x->piece);
	mboxrd_from(&x->piece, p->c->internaldate);
	if (file_write(fd, x->piece.p, x->piece.n, err) < 0 ||
	    each_piece(x, from, fd, &state, err) < 0)
		return -1;
	buf_clear(&x->piece);
	if (!x->ended)
		mboxrd_write(&state, STR("\r\n"), &x->piece);
	mboxrd_end(&x->piece);
	return file_write(fd, x->piece.p, x->piece.n, err);
}

/* Appends a record to the one mbox of all. */
static int put_single(struct export *x, struct place *p, int from, struct err *err)
{
	x->r.inexact += !x->fits;
	p->offset = lseek(x->out.fd, 0, SEEK_CUR);
	return write_record(x, p, from, x->out.fd, err);
}

/* Appends a record to the mbox of a copy. */
static int put_record(struct export *x, struct place *p, int from, struct err *err)
{
	struct stat st;
	int fd;
	if (exportout_append(&x->out, p->path, &fd, err) < 0)
		return -1;
	int r = fstat(fd, &st) < 0 ? err_errno(err, ERR_BROKEN, "cannot stat") : 1;
	if (r == 1 && st.st_size == 0) {
		buf_str(&x->boxes, p->path);
		buf_chr(&x->boxes, '\n');
	}
	p->offset = r == 1 ? st.st_size : -1;
	if (r == 1)
		r = write_record(x, p, from, fd, err);
	return close_new(fd, r, err) < 0 ? err_wrap(err, "'%.*s'", STR_ARG(p->path)) : 1;
}

/* A message that is not held in memory becomes an unlinked file, because it is read twice. */
static int prepare_mbox(struct export *x, const struct archive_msg *m, struct exportlist *temp,
			struct err *err)
{
	struct mboxrd state;
	if (!x->loaded && (exportlist_open(temp, exportout_temp(&x->out), err) < 0 ||
			   archive_copy_out(x->ar, m, temp->fd, err) < 0))
		return -1;
	if (each_piece(x, temp->fd, -1, &state, err) < 0)
		return -1;
	x->fits = mboxrd_fits(&state);
	x->ended = state.ended;
	return 1;
}

/* ---- a message ---- */

static void set_path(struct export *x, const struct archive_msg *m, struct place *p)
{
	struct buf b;
	buf_init(&b, 16384);
	if (x->o.format == EXPORT_MBOX) {
		p->path = STR("");
	} else if (is_maildir(x)) {
		exportname_maildir(&b, p->e->account, p->e->mailbox);
		buf_str(&b, STR("/cur/"));
		exportname_copy(&b, m, p->c);
	} else {
		exportname_folder(&b, p->e->account, p->e->mailbox);
		if (x->o.format == EXPORT_MBOXRD && x->fits) {
			buf_str(&b, STR(".mbox"));
		} else {
			buf_chr(&b, '/');
			exportname_eml(&b, m);
		}
	}
	if (b.n)
		p->path = arena_str(&x->work, buf_all(&b));
	buf_free(&b);
}

/* In a tar, each once. Its time is a message's: some readers take a folder of 1970 for empty. */
static int put_folder(struct export *x, struct str path, int64_t time, struct err *err)
{
	struct str rest = buf_all(&x->boxes), line;
	while (str_line(&rest, &line))
		if (str_eq(line, path))
			return 1;
	buf_str(&x->boxes, path);
	buf_chr(&x->boxes, '\n');
	buf_clear(&x->piece);
	tarball_folder(&x->piece, arena_fmt(&x->work, "%.*s/", STR_ARG(path)),
		       time > 1 ? time : 1);
	return exportout_write(&x->out, x->piece.p, x->piece.n, err);
}

/* What makes a folder a Maildir; the account's own too, or its subfolders would not be found. */
static int make_maildir(struct export *x, const struct place *p, struct err *err)
{
	static const char *const subs[] = {"cur", "new", "tmp"};
	struct buf b;
	int r = 1;
	buf_init(&b, 16384);
	for (int i = 0; i < 6 && r == 1; i++) {
		buf_clear(&b);
		exportname_maildir(&b, p->e->account, i < 3 ? STR("INBOX") : p->e->mailbox);
		buf_fmt(&b, "/%s", subs[i % 3]);
		r = is_tar(x) ? put_folder(x, buf_all(&b), p->c->internaldate, err)
			      : exportout_folder(&x->out, buf_all(&b), err);
	}
	buf_free(&b);
	return r;
}

static int put_place(struct export *x, const struct archive_msg *m, struct place *p, int from,
		     struct err *err)
{
	set_path(x, m, p);
	x->r.files++;
	switch (x->o.format) {
	case EXPORT_MBOXRD:
		x->r.as_eml += !x->fits;
		return x->fits ? put_record(x, p, from, err) : put_file(x, m, p, err);
	case EXPORT_MBOX:
		return put_single(x, p, from, err);
	case EXPORT_TAR: case EXPORT_TAR_ZST:
		return put_member(x, m, p, err);
	case EXPORT_MAILDIR_TAR:
		return make_maildir(x, p, err) < 0 ? -1 : put_member(x, m, p, err);
	case EXPORT_MAILDIR:
		if (make_maildir(x, p, err) < 0)
			return -1;
		return put_file(x, m, p, err);
	default:
		return put_file(x, m, p, err);
	}
}

static int put_all(struct export *x, const struct archive_msg *m, struct place *ps, size_t n,
		   struct err *err)
{
	struct exportlist temp = {0};
	const struct archive_epoch *last = NULL;
	bool mbox = x->o.format == EXPORT_MBOXRD;
	int r = mbox || x->o.format == EXPORT_MBOX ? prepare_mbox(x, m, &temp, err) : 1;
	for (size_t i = 0; i < n && r == 1; i++) {
		/* An .eml beside an mbox stands there once, however often the mailbox has it. */
		if (mbox && !x->fits && ps[i].e == last)
			ps[i].wanted = false;
		if (!ps[i].wanted)
			continue;
		last = ps[i].e;
		r = put_place(x, m, &ps[i], temp.fd, err);
	}
	exportlist_close(&temp);
	return r;
}

static json_t *describe(const struct archive_msg *m)
{
	char hex[HASH_HEX + 1];
	hash_hex(m->hash, HASH_BYTES, hex);
	return json_pack("{s:I, s:s, s:s, s:I}", "number", (json_int_t)m->number, "id", hex,
			 "sha256", hex, "size", (json_int_t)m->size);
}

static int list(struct export *x, const struct archive_msg *m, const struct place *ps, size_t n,
		struct err *err)
{
	json_t *o = describe(m), *copies = json_array();
	for (size_t i = 0; i < n; i++) {
		json_t *c = ps[i].c->epoch ? exportlist_where(ps[i].e, ps[i].c) : json_object();
		if (ps[i].wanted) {
			exportlist_text(c, "path", ps[i].path);
			if (json_object_get(o, "path") == NULL)
				exportlist_text(o, "path", ps[i].path);
		}
		if (ps[i].offset >= 0)
			json_object_set_new(c, "offset", json_integer(ps[i].offset));
		json_array_append_new(copies, c);
	}
	if (x->o.format == EXPORT_MBOX && !x->fits)
		json_object_set_new(o, "note", json_string("its line ends are not exact"));
	if (x->o.format == EXPORT_MBOXRD && !x->fits)
		json_object_set_new(o, "note", json_string("no mbox can carry it exactly"));
	json_object_set_new(o, "copies", copies);
	return exportlist_json(&x->manifest, o, err);
}

/* The message is damaged: the manifest says so in its place. */
static int list_damaged(struct export *x, const struct archive_msg *m)
{
	struct err late;
	json_t *o = describe(m);
	x->r.failed++;
	json_object_set_new(o, "error", json_string("damaged in the archive"));
	return exportlist_json(&x->manifest, o, &late) < 0 ? -1 : 0;
}

int export_add(struct export *x, const struct archive_msg *m, const struct archive_copy *copies,
	       size_t n, struct err *err)
{
	arena_reset(&x->work);
	struct place *ps = arena_alloc(&x->work, (n + 1) * sizeof *ps);
	if (choose(x, ps, copies, n, err) < 0)
		return -1;
	if (load(x, m, err) == 0)
		return list_damaged(x, m);
	n = n ? n : 1;
	if (put_all(x, m, ps, n, err) < 0)
		return -1;
	x->r.messages++;
	x->r.bytes += m->size;
	return list(x, m, ps, n, err);
}

/* ---- the end ---- */

/* The sums of the mboxes, which grew one record after the other. */
static int sum_boxes(struct export *x, struct err *err)
{
	static char piece[PIECE];
	struct str rest = is_tar(x) ? STR("") : buf_all(&x->boxes), path;
	unsigned char hash[HASH_BYTES];
	struct hash_ctx *h = hash_new();
	int r = x->boxes.full ? err_set(err, ERR_BROKEN, "too many mailboxes") : 1;
	while (r == 1 && str_line(&rest, &path)) {
		int fd;
		ssize_t n = 0;
		r = exportout_read(&x->out, path, &fd, err);
		while (r == 1 && (n = read(fd, piece, sizeof piece)) > 0)
			hash_add(h, piece, (size_t)n);
		if (r == 1)
			close(fd);
		if (n < 0)
			r = err_errno(err, ERR_BROKEN, "cannot read '%.*s'", STR_ARG(path));
		hash_end(h, hash);
		if (r == 1)
			r = exportlist_sum(&x->sums, hash, path, err);
	}
	hash_free(&h);
	return r;
}

static struct str header(struct export *x, struct arena *a)
{
	const struct export_options *o = &x->o;
	json_t *query = json_object(), *j;
	exportlist_text(query, "dialect", o->dialect);
	exportlist_text(query, "text", o->query);
	exportlist_text(query, "tree", o->tree);
	exportlist_text(query, "account", o->account);
	exportlist_text(query, "mailbox", o->mailbox);
	j = json_pack("{s:i, s:s, s:s, s:o, s:{s:I, s:I}, s:I, s:I, s:I, s:I, s:I}",
		      "schema_version", SCHEMA, "kind", "sheaf export", "format",
		      export_formats[o->format], "query", query, "archive", "stored_to",
		      (json_int_t)o->stored_to, "indexed_to", (json_int_t)o->indexed_to, "messages",
		      (json_int_t)x->r.messages, "files", (json_int_t)x->r.files, "bytes",
		      (json_int_t)x->r.bytes, "as_eml", (json_int_t)x->r.as_eml, "failed",
		      (json_int_t)x->r.failed);
	if (o->format == EXPORT_MBOX)
		json_object_set_new(j, "inexact", json_integer((json_int_t)x->r.inexact));
	exportlist_text(j, "who", o->who);
	exportlist_text(j, "asked_at", o->at);
	exportlist_text(j, "seal", o->seal);
	char *text = json_dumps(j, JSON_COMPACT);
	struct str s = arena_fmt(a, "%s\n", text ? text : "{}");
	free(text);
	json_decref(j);
	return s;
}

/* A list into the tar, compressed or not. */
static int copy_packed(struct export *x, const struct exportlist *l, struct err *err)
{
	int r = 1;
	for (uint64_t at = 0; r == 1 && at < l->size;) {
		size_t n = l->size - at < PIECE ? (size_t)(l->size - at) : PIECE;
		buf_clear(&x->piece);
		r = file_pread(l->fd, buf_room(&x->piece, n), n, (off_t)at, err);
		if (r == 1)
			r = exportout_write(&x->out, x->piece.p, n, err);
		at += n;
	}
	return r == 0 ? err_set(err, ERR_BROKEN, "a temporary file is too short") : r;
}

/* A list as a file of the export, or a member of the tar. */
static int put_list(struct export *x, struct exportlist *l, struct str head, struct str name,
		    struct err *err)
{
	static const char zeros[TARBALL_BLOCK];
	uint64_t size;
	int fd = -1;
	if (exportlist_flush(l, &size, err) < 0)
		return -1;
	size += head.n;
	buf_clear(&x->piece);
	if (x->out.folder && exportout_create(&x->out, name, &fd, err) < 0)
		return -1;
	if (!x->out.folder)
		tarball_member(&x->piece, name, size, 0, STR(""));
	if (!x->out.folder) {
		if (exportout_write(&x->out, x->piece.p, x->piece.n, err) < 0 ||
		    exportout_write(&x->out, head.p, head.n, err) < 0 ||
		    copy_packed(x, l, err) < 0)
			return -1;
		return exportout_write(&x->out, zeros, tarball_padding(size), err);
	}
	int r = file_write(fd, head.p, head.n, err);
	if (r == 1)
		r = exportlist_copy(l, fd, err);
	return close_new(fd, r, err);
}

/* The manifest as a file of its own, whole or not there. */
static int put_manifest(struct export *x, const char *path, struct str head, struct err *err)
{
	char fresh[4096 + 40];
	uint64_t size;
	snprintf(fresh, sizeof fresh, "%s.partial", path);
	int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_errno(err, ERR_BROKEN, "cannot make '%s'", fresh);
	int r = exportlist_flush(&x->manifest, &size, err);
	if (r == 1)
		r = file_write(fd, head.p, head.n, err);
	if (r == 1)
		r = exportlist_copy(&x->manifest, fd, err);
	if (r == 1)
		r = file_sync(fd, err);
	r = close_new(fd, r, err);
	if (r == 1 && rename(fresh, path) < 0)
		r = err_errno(err, ERR_BROKEN, "cannot rename '%s'", fresh);
	if (r < 0)
		unlink(fresh);
	return r;
}

static int finish(struct export *x, struct arena *a, struct err *err)
{
	static const char zeros[2 * TARBALL_BLOCK];
	bool folder = x->out.folder;
	struct str head = header(x, a);
	if (x->o.manifest && put_manifest(x, x->o.manifest, head, err) < 0)
		return -1;
	if (x->o.format == EXPORT_MBOX)
		return exportout_end(&x->out, err);
	if (sum_boxes(x, err) < 0 ||
	    put_list(x, &x->sums, STR(""), STR("SHA256SUMS"), err) < 0)
		return -1;
	if (folder && exportout_sync(&x->out, err) < 0)
		return -1;
	if (put_list(x, &x->manifest, head,
		     folder ? STR("manifest.ndjson.partial") : STR("manifest.ndjson"), err) < 0)
		return -1;
	if (!folder && exportout_write(&x->out, zeros, sizeof zeros, err) < 0)
		return -1;
	if (folder && (exportout_sync(&x->out, err) < 0 ||
		       exportout_rename(&x->out, STR("manifest.ndjson.partial"),
					STR("manifest.ndjson"), err) < 0))
		return -1;
	return exportout_end(&x->out, err);
}

int export_end(struct export *x, struct export_result *r, struct err *err)
{
	struct arena a = {0};
	int done = finish(x, &a, err);
	arena_free(&a);
	*r = x->r;
	return done;
}

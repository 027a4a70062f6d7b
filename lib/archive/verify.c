#define _GNU_SOURCE
#include "verify.h"

#include "catalog.h"
#include "file.h"
#include "framescan.h"
#include "log.h"
#include "proc.h"
#include "replay.h"
#include "sealcheck.h"
#include "segcheck.h"
#include "seglist.h"
#include "segwalk.h"
#include "tablediff.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

struct job {
	const char *dir;
	const struct verify_options *o;
	struct verify_result *out;
	struct findings *f;
	struct arena a;
	struct db *db; /* NULL: the catalog is lost or no catalog */
	const struct seglist_file *files;
	size_t n_files;
	struct segcheck_range *ranges; /* the committed bytes */
	size_t n;
};

/* ---- the catalog in itself ---- */

/* Runs a query whose rows are findings: a number that belongs to the text. */
static void rows(struct job *j, const char *sql, const char *text)
{
	struct err err;
	sqlite3_stmt *st = db_prepare(j->db, sql, &err);
	int r = st ? 1 : -1;
	while (r == 1 && (r = db_step(j->db, st, &err)) == 1)
		findings_catalog(j->f, 0, "catalog: %s %lld", text,
				 (long long)sqlite3_column_int64(st, 0));
	if (r < 0)
		findings_catalog(j->f, 0, "%s", err.text);
	sqlite3_finalize(st);
}

/* SQLite's own check. Each row but "ok" says what is wrong. */
static void structure(struct job *j)
{
	struct err err;
	sqlite3_stmt *st = db_prepare(j->db, j->o->deep ? "PRAGMA integrity_check" :
				      "PRAGMA quick_check", &err);
	int r = st ? 1 : -1;
	while (r == 1 && (r = db_step(j->db, st, &err)) == 1)
		if (!str_eq(db_str(st, 0), STR("ok")))
			findings_catalog(j->f, 0, "catalog: %.*s", STR_ARG(db_str(st, 0)));
	if (r < 0)
		findings_catalog(j->f, 0, "%s", err.text);
	sqlite3_finalize(st);
}

static void references(struct job *j)
{
	static const struct {
		const char *text, *sql;
	} check[] = {
		{"there is no message",
		 "SELECT number - 1 FROM messages m WHERE number <> 1 AND NOT EXISTS"
		 " (SELECT 1 FROM messages WHERE number = m.number - 1)"},
		{"no frame holds message",
		 "SELECT number FROM messages m WHERE (hash IS NOT NULL AND (typeof(hash)"
		 " <> 'blob' OR length(hash) <> 32)) OR (hash IS NULL AND disposal = 0)"
		 " OR size < 0 OR NOT EXISTS (SELECT 1 FROM frames f WHERE f.segment = m.segment"
		 " AND f.start = m.frame AND m.offset >= 512 AND m.offset + m.size <= f.raw)"},
		{"there is a copy, but no message",
		 "SELECT DISTINCT message FROM copies c WHERE NOT EXISTS"
		 " (SELECT 1 FROM messages WHERE number = c.message)"},
		{"there are copies, but no mailbox epoch",
		 "SELECT DISTINCT epoch FROM copies c WHERE NOT EXISTS"
		 " (SELECT 1 FROM epochs WHERE epoch = c.epoch)"},
		{"there are outcomes, but no mailbox epoch",
		 "SELECT DISTINCT epoch FROM outcomes o WHERE NOT EXISTS"
		 " (SELECT 1 FROM epochs WHERE epoch = o.epoch)"},
		{"there are frames, but no segment",
		 "SELECT DISTINCT segment FROM frames f WHERE NOT EXISTS"
		 " (SELECT 1 FROM segments WHERE segment = f.segment)"},
	};
	for (size_t i = 0; i < sizeof check / sizeof *check; i++)
		rows(j, check[i].sql, check[i].text);
}

/* ---- SQLite's check in a process of its own, beside the replay ---- */

/* The child: each finding as its number and text, which has no line end. */
static int own_look(void *arg, int fd)
{
	struct job j = *(const struct job *)arg;
	struct findings f = {0};
	struct buf out;
	struct err err;
	j.f = &f;
	j.db = NULL;
	if (catalog_open(&j.db, j.dir, DB_READ, &err) < 1)
		return 1;
	structure(&j);
	buf_init(&out, (size_t)8 << 20);
	for (size_t i = 0; i < f.n; i++)
		buf_fmt(&out, "%llu %.*s\n", (unsigned long long)f.items[i].number,
			STR_ARG(f.items[i].text));
	int r = file_write(fd, out.p, out.n, &err);
	db_close(&j.db);
	return r < 0 ? 1 : 0;
}

/* Takes what it found. 1 or -1. */
static int hear(struct job *j, struct proc *p, struct err *err)
{
	struct buf in;
	struct str rest, line, number;
	uint64_t n;
	ssize_t got = 1;
	char *to;
	int r = 1;
	buf_init(&in, (size_t)8 << 20);
	while (got > 0 && (to = buf_room(&in, 4096)) != NULL)
		if ((got = read(p->fd, to, 4096)) > 0)
			buf_take(&in, (size_t)got);
	if (proc_wait(p) != 0)
		r = err_set(err, ERR_BROKEN, "the process that checks the catalog died");
	rest = buf_all(&in);
	while (r == 1 && str_line(&rest, &line))
		if (str_split(&line, ' ', &number) && str_u64(number, &n))
			findings_catalog(j->f, n, "%.*s", STR_ARG(line));
	buf_free(&in);
	return r;
}

static void totals(struct job *j)
{
	struct archive_totals t;
	struct err err;
	if (catalog_totals(j->db, 0, &t, &err) < 0) {
		findings_catalog(j->f, 0, "%s", err.text);
		return;
	}
	j->out->messages = t.messages;
	j->out->copies = t.copies;
	j->out->destroying = t.destroying;
}

/* ---- the files ---- */

static void segment_row(struct job *j, uint32_t number, uint64_t size, bool open_end)
{
	struct findings_item at = {.segment = number, .frame = size};
	const struct seglist_file *file = seglist_find(j->files, j->n_files, number);
	if (file == NULL) {
		at.frame = 0;
		findings_add(j->f, &at, "the segment's file is missing");
		return;
	}
	if (file->size < size) {
		at.frame = file->size;
		findings_add(j->f, &at, "the file ends here, but should have %llu bytes",
			     (unsigned long long)size);
	}
	if (!open_end && file->size > size)
		findings_add(j->f, &at, "a finished segment's file has %llu bytes too many",
			     (unsigned long long)(file->size - size));
	if (open_end && file->size > size)
		j->out->unfinished = file->size - size;
	j->ranges = arena_grow(&j->a, j->ranges, j->n, sizeof *j->ranges);
	if (size > file->size)
		size = file->size;
	j->ranges[j->n++] = (struct segcheck_range){number, size, !open_end};
	j->out->stored += size;
}

/* Behind the last commit the catalog knows there may be the work on one more, no more. */
static void tail(struct job *j)
{
	char path[4096];
	int64_t commits = 0;
	struct err err;
	if (j->n == 0 || j->out->unfinished == 0)
		return;
	const struct segcheck_range *last = &j->ranges[j->n - 1];
	const struct seglist_file *file = seglist_find(j->files, j->n_files, last->segment);
	struct findings_item at = {.segment = last->segment, .frame = last->to};
	segment_path(path, sizeof path, j->dir, last->segment);
	if (segwalk_commits(path, last->to, file->size, &commits, &err) < 0)
		findings_add(j->f, &at, "%s", err.text);
	else if (commits > 1)
		findings_add(j->f, &at, "%lld commits the catalog does not know: it is older than "
					"the segments", (long long)commits);
}

static void unknown_files(struct job *j)
{
	for (size_t i = 0; i < j->n_files; i++) {
		struct findings_item at = {.segment = j->files[i].number};
		bool known = false;
		for (size_t k = 0; k < j->n && !known; k++)
			known = j->ranges[k].segment == at.segment;
		if (!known && j->files[i].size > SEGMENT_HEAD)
			findings_add(j->f, &at, "a segment the catalog does not know: the "
						"catalog is older than the segments");
	}
}

static void segments(struct job *j)
{
	struct err err;
	sqlite3_stmt *st = db_prepare(j->db, "SELECT segment, size, seal IS NULL AND segment ="
				      " (SELECT max(segment) FROM segments) FROM segments"
				      " ORDER BY segment", &err);
	int r = st ? 1 : -1;
	while (r == 1 && (r = db_step(j->db, st, &err)) == 1)
		segment_row(j, (uint32_t)sqlite3_column_int64(st, 0),
			    (uint64_t)sqlite3_column_int64(st, 1), sqlite3_column_int(st, 2));
	if (r < 0)
		findings_catalog(j->f, 0, "%s", err.text);
	sqlite3_finalize(st);
	j->out->segments = j->n;
	unknown_files(j);
	tail(j);
}

static int seals(struct job *j, struct err *err)
{
	struct sealcheck_of of = {j->dir, j->db, j->o->deep};
	struct sealcheck_result r;
	if (sealcheck_run(&of, j->f, &r, err) < 0)
		return -1;
	j->out->sealed = r.segments;
	j->out->proved = r.messages;
	struct stamps_of stamps = {j->dir, j->db, j->o->tsa_roots};
	return stamps_check(&stamps, j->f, &j->out->stamps, err);
}

/* ---- quick: the frames' headers against the catalog ---- */

struct frames {
	sqlite3_stmt *st;
	bool row; /* st stands on one */
};

static void next_row(struct job *j, struct frames *rows_of)
{
	struct err err;
	int r = db_step(j->db, rows_of->st, &err);
	rows_of->row = r == 1;
	if (r < 0)
		findings_catalog(j->f, 0, "%s", err.text);
}

static void frame(struct job *j, struct frames *rows_of, const struct segcheck_range *range,
		  const struct framescan_frame *f)
{
	uint32_t segment = range->segment;
	struct findings_item at = {.segment = segment, .frame = f->start};
	if (f->state == FRAMESCAN_SKIP)
		return;
	if (range->sealed && f->end == range->to && f->raw == SEGMENT_END && !rows_of->row)
		return; /* the end of the tar archive: no member is in it */
	if (f->state != FRAMESCAN_SOUND)
		findings_add(j->f, &at, "here is no sound zstd frame");
	while (rows_of->row && (uint64_t)sqlite3_column_int64(rows_of->st, 0) < f->start) {
		findings_catalog(j->f, 0, "catalog: segment %u has no frame at byte %lld", segment,
				 (long long)sqlite3_column_int64(rows_of->st, 0));
		next_row(j, rows_of);
	}
	bool here = rows_of->row && (uint64_t)sqlite3_column_int64(rows_of->st, 0) == f->start;
	if (!here && f->state == FRAMESCAN_SOUND)
		findings_add(j->f, &at, "the catalog does not know this frame");
	if (here && f->state == FRAMESCAN_SOUND &&
	    ((uint64_t)sqlite3_column_int64(rows_of->st, 1) != f->end ||
	     (uint64_t)sqlite3_column_int64(rows_of->st, 2) != f->raw))
		findings_add(j->f, &at, "the frame has another size than the catalog says");
	if (here)
		next_row(j, rows_of);
	j->out->frames++;
}

static void scan(struct job *j, int fd, const struct segcheck_range *range)
{
	struct framescan s = {fd, SEGMENT_HEAD, range->to};
	struct framescan_frame f;
	struct err err;
	unsigned char want[SEGMENT_HEAD + 1], got[SEGMENT_HEAD];
	struct findings_item at = {.segment = range->segment};
	struct frames rows_of = {db_prepare(j->db, "SELECT start, end, raw FROM frames WHERE"
					    " segment = ?1 ORDER BY start", &err), false};
	if (rows_of.st == NULL) {
		findings_catalog(j->f, 0, "%s", err.text);
		return;
	}
	segment_head(want, range->segment);
	if (file_pread(fd, got, sizeof got, 0, &err) != 1 || memcmp(got, want, sizeof got) != 0)
		findings_add(j->f, &at, "the first 32 bytes are not those of this segment");
	sqlite3_bind_int64(rows_of.st, 1, range->segment);
	next_row(j, &rows_of);
	int r;
	while ((r = framescan_next(&s, &f, &err)) == 1)
		frame(j, &rows_of, range, &f);
	if (r < 0)
		findings_add(j->f, &at, "%s", err.text);
	while (rows_of.row) {
		findings_catalog(j->f, 0, "catalog: segment %u has no frame at byte %lld",
				 range->segment,
				 (long long)sqlite3_column_int64(rows_of.st, 0));
		next_row(j, &rows_of);
	}
	sqlite3_finalize(rows_of.st);
}

static void quick(struct job *j)
{
	char path[4096];
	struct err err;
	for (size_t i = 0; i < j->n; i++) {
		struct findings_item at = {.segment = j->ranges[i].segment};
		segment_path(path, sizeof path, j->dir, j->ranges[i].segment);
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0) {
			err_errno(&err, ERR_BROKEN, "cannot open '%s'", path);
			findings_add(j->f, &at, "%s", err.text);
			continue;
		}
		scan(j, fd, &j->ranges[i]);
		close(fd);
	}
}

/* ---- deep: everything told is replayed, and the catalogs compared ---- */

static int replay_all(struct job *j, struct segcheck *s, struct replay *r, struct err *err)
{
	struct segcheck_event e;
	struct replay_counts counts = {0};
	struct log_progress p;
	uint64_t done = 0;
	int got;
	if (j->o->progress)
		log_begin(&p, "verify", j->out->messages);
	while ((got = segcheck_next(s, &e, err)) == 1) {
		done += e.kind == SEGCHECK_MESSAGE;
		if (j->o->progress)
			log_step(&p, done);
		if (replay_take(r, &e, err) < 0) {
			got = -1;
			break;
		}
	}
	if (j->o->progress)
		log_end(&p);
	if (got < 0 || replay_end(r, j->db == NULL, &counts, err) < 0)
		return -1;
	j->out->frames = counts.frames;
	j->out->raw = counts.raw;
	if (j->db == NULL) {
		j->out->messages = counts.messages;
		j->out->unfinished = counts.unfinished;
	}
	return 1;
}

/* Nobody else sees it and it is thrown away: no journal, no index that a replay does not use. */
static int own_catalog(struct db **out, struct err *err)
{
	if (catalog_build(out, "", err) < 0)
		return -1;
	return db_exec(*out, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;"
		       "DROP INDEX copies_day; DROP INDEX copies_keywords;"
		       "DROP INDEX copies_source; BEGIN;", err);
}

static int deep(struct job *j, struct err *err)
{
	struct db *own = NULL;
	struct segcheck *s = NULL;
	struct replay *r = NULL;
	struct proc beside = {0, -1};
	if (j->db && proc_start(&beside, own_look, j, err) < 0)
		return -1;
	int done = segcheck_start(&s, j->dir, j->ranges, j->n, 0, err);
	if (done == 1)
		done = own_catalog(&own, err);
	if (done == 1)
		done = replay_start(&r, own, j->f, j->ranges, j->n, err);
	if (done == 1)
		done = replay_all(j, s, r, err);
	if (done == 1 && j->db)
		done = hear(j, &beside, err);
	if (done == 1 && j->db)
		done = tablediff_run(j->db, own, j->f, err);
	proc_kill(&beside);
	segcheck_free(&s);
	replay_free(&r);
	db_close(&own);
	return done;
}

/* ---- all of it ---- */

/* Without a catalog the segments can still be read: all there is of them. */
static void all_files(struct job *j)
{
	j->ranges = arena_alloc(&j->a, (j->n_files + 1) * sizeof *j->ranges);
	for (size_t i = 0; i < j->n_files; i++) {
		j->ranges[j->n++] = (struct segcheck_range){
			j->files[i].number, j->files[i].size, j->files[i].sealed};
		j->out->stored += j->files[i].size;
	}
	j->out->segments = j->n;
}

static int look(struct job *j, struct err *err)
{
	struct err why = {0};
	/* The files first, then the catalog: what stands in them was committed before, or is the
	 * work on one commit. */
	if (seglist_read(j->dir, &j->a, &j->files, &j->n_files, err) < 0)
		return -1;
	int r = catalog_open(&j->db, j->dir, DB_READ, &why);
	if (r < 0 && why.kind == ERR_LATER) {
		*err = why;
		return -1;
	}
	if (r == 1) {
		if (db_exec(j->db, "BEGIN", err) < 0)
			return -1;
		if (!j->o->deep)
			structure(j);
		segments(j);
		if (!j->o->deep) /* deep compares every row with what it must be */
			references(j);
		totals(j);
	} else {
		findings_catalog(j->f, 0, "%s", r ? why.text : "the catalog is lost");
		all_files(j);
	}
	if (j->o->deep && deep(j, err) < 0)
		return -1;
	if (!j->o->deep && j->db)
		quick(j);
	return j->db ? seals(j, err) : 1;
}

int verify_archive(const char *dir, const struct verify_options *o, struct verify_result *out,
		   struct findings *f, struct err *err)
{
	struct job j = {.dir = dir, .o = o, .out = out, .f = f};
	*out = (struct verify_result){0};
	if (strlen(dir) > 3000)
		return err_set(err, ERR_INPUT, "name of the archive's directory is too long");
	int r = look(&j, err);
	db_close(&j.db);
	arena_free(&j.a);
	return r < 0 ? -1 : f->count == 0;
}

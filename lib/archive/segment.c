#define _GNU_SOURCE
#include "segment.h"

#include "file.h"
#include "press.h"
#include "tarball.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#define PIECE ((size_t)128 << 10)
#define BEGIN ((uint64_t)1 << 20)

struct segment {
	int fd;
	char path[4096];
	uint64_t size;  /* bytes in the file */
	uint64_t begun; /* of these: the disk was asked to write them */
	struct press *press; /* the frame at hand, and those being compressed */
	ZSTD_CCtx *z;        /* for large members */
	char *out;           /* a piece of one */
	size_t out_cap;
	uint64_t ended;      /* frames, written or not */
	uint64_t taken;      /* by segment_frame */
	struct segment_frame done[PRESS_SLOTS + 1]; /* written, not yet taken */
	unsigned n_done;
};

void segment_path(char *path, size_t n, const char *dir, uint32_t number)
{
	snprintf(path, n, "%s/segments/%06u.tar.zst", dir, number);
}

uint32_t segment_number(const char *name)
{
	uint32_t n;
	ptrdiff_t dot = str_chr(str_of(name), '.');
	if (dot < 6 || strcmp(name + dot, ".tar.zst") != 0)
		return 0;
	return str_u32(str_cut(str_of(name), 0, (size_t)dot), &n) ? n : 0;
}

/* A skippable frame (RFC 8878, 3.1.2): magic, length, text. Tools that unpack pass over it, and
 * a segment without members is still a sound zstd file. */
void segment_head(unsigned char head[SEGMENT_HEAD + 1], uint32_t number)
{
	static const unsigned char skippable[] = {
		0x53, 0x2A, 0x4D, 0x18, SEGMENT_HEAD - 8, 0, 0, 0,
	};
	memcpy(head, skippable, sizeof skippable);
	snprintf((char *)head + 8, SEGMENT_HEAD - 8 + 1, "sheaf segment 1 %07u\n",
		 number % 10000000);
}

static int write_head(int fd, const char *path, uint32_t number, struct err *err)
{
	unsigned char head[SEGMENT_HEAD + 1];
	struct stat st;
	segment_head(head, number);
	if (fstat(fd, &st) < 0)
		return err_errno(err, ERR_BROKEN, "cannot stat segment '%s'", path);
	if (st.st_size > SEGMENT_HEAD)
		return err_set(err, ERR_BROKEN, "segment '%s' holds data the catalog does not know",
			       path);
	if (file_pwrite(fd, head, SEGMENT_HEAD, 0, err) < 0 || file_sync(fd, err) < 0)
		return err_wrap(err, "segment '%s'", path);
	return 1;
}

int segment_create(const char *dir, uint32_t number, struct err *err)
{
	char path[4096], parent[4096];
	segment_path(path, sizeof path, dir, number);
	snprintf(parent, sizeof parent, "%s/segments", dir);
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_errno(err, ERR_BROKEN, "cannot make segment '%s'", path);
	int r = write_head(fd, path, number, err);
	close(fd);
	return r == 1 ? file_sync_dir(parent, err) : r;
}

/* Opens the file and brings it to the size that was committed. */
static int open_at(struct segment *s, uint64_t size, struct err *err)
{
	struct stat st;
	s->fd = open(s->path, O_RDWR | O_CLOEXEC);
	if (s->fd < 0)
		return err_errno(err, ERR_BROKEN, "cannot open segment '%s'", s->path);
	if (fstat(s->fd, &st) < 0)
		return err_errno(err, ERR_BROKEN, "cannot stat segment '%s'", s->path);
	if ((uint64_t)st.st_size < size)
		return err_set(err, ERR_BROKEN, "segment '%s' is shorter than the catalog says",
			       s->path);
	s->size = s->begun = size;
	if ((uint64_t)st.st_size == size)
		return 1;
	if (ftruncate(s->fd, (off_t)size) < 0 || fsync(s->fd) < 0)
		return err_errno(err, ERR_BROKEN, "cannot cut off the end of '%s'", s->path);
	return 1;
}

int segment_open(struct segment **out, const char *dir, uint32_t number, uint64_t size,
		 struct err *err)
{
	struct segment *s = err_alloc(sizeof *s);
	segment_path(s->path, sizeof s->path, dir, number);
	if (open_at(s, size, err) < 0) {
		if (s->fd >= 0)
			close(s->fd);
		free(s);
		return -1;
	}
	s->press = press_new();
	s->out_cap = ZSTD_CStreamOutSize();
	s->out = err_alloc(s->out_cap);
	s->z = ZSTD_createCCtx();
	if (s->z == NULL)
		err_die("out of memory");
	ZSTD_CCtx_setParameter(s->z, ZSTD_c_compressionLevel, PRESS_LEVEL);
	ZSTD_CCtx_setParameter(s->z, ZSTD_c_checksumFlag, 1);
	*out = s;
	return 1;
}

void segment_close(struct segment **s)
{
	if (*s == NULL)
		return;
	close((*s)->fd);
	ZSTD_freeCCtx((*s)->z);
	press_free(&(*s)->press);
	free((*s)->out);
	free(*s);
	*s = NULL;
}

static int append(struct segment *s, struct str bytes, struct err *err)
{
	if (file_pwrite(s->fd, bytes.p, bytes.n, (off_t)s->size, err) < 0)
		return err_wrap(err, "segment '%s'", s->path);
	s->size += bytes.n;
	if (s->size - s->begun < BEGIN)
		return 1;
	/* the disk may begin, so that fdatasync has less to wait for; only a hint */
	(void)sync_file_range(s->fd, (off_t)s->begun, (off_t)(s->size - s->begun),
			      SYNC_FILE_RANGE_WRITE);
	s->begun = s->size;
	return 1;
}

static void note_frame(struct segment *s, uint64_t start, uint64_t raw)
{
	if (s->n_done == sizeof s->done / sizeof *s->done)
		err_die("segment: frames were not taken");
	s->done[s->n_done++] = (struct segment_frame){start, s->size, raw};
}

/* Writes the frames that are compressed; `all`: all that were ended. */
static int write_frames(struct segment *s, bool all, struct err *err)
{
	struct press_frame f;
	int r;
	while ((r = press_take(s->press, all, &f, err)) == 1) {
		uint64_t start = s->size;
		if (append(s, f.bytes, err) < 0)
			return -1;
		note_frame(s, start, f.raw);
	}
	return r < 0 ? -1 : 1;
}

static int end_frame(struct segment *s, bool more, struct err *err)
{
	if (press_held(s->press)) {
		s->ended++;
		if (press_end(s->press, more, err) < 0)
			return -1;
	}
	return write_frames(s, !more, err);
}

int segment_flush(struct segment *s, struct err *err)
{
	return end_frame(s, false, err);
}

int segment_end(struct segment *s, struct err *err)
{
	static const char zeros[2 * TARBALL_BLOCK];
	if (press_held(s->press))
		err_die("segment: ended before it was flushed");
	size_t n = ZSTD_compress2(s->z, s->out, s->out_cap, zeros, sizeof zeros);
	if (ZSTD_isError(n))
		err_die("zstd: %s", ZSTD_getErrorName(n));
	return append(s, (struct str){s->out, n}, err);
}

/* Feeds bytes to the frame that is streaming; how = ZSTD_e_end ends it. */
static int feed(struct segment *s, struct str bytes, ZSTD_EndDirective how, struct err *err)
{
	ZSTD_inBuffer in = {bytes.p, bytes.n, 0};
	size_t left;
	do {
		ZSTD_outBuffer o = {s->out, s->out_cap, 0};
		left = ZSTD_compressStream2(s->z, &o, &in, how);
		if (ZSTD_isError(left))
			err_die("zstd: %s", ZSTD_getErrorName(left));
		if (o.pos && append(s, (struct str){s->out, o.pos}, err) < 0)
			return -1;
	} while (how == ZSTD_e_end ? left != 0 : in.pos < in.size);
	return 1;
}

static int feed_file(struct segment *s, const struct spool_body *body, struct err *err)
{
	char *piece = err_alloc(PIECE);
	int r = 1;
	for (uint64_t at = 0; r == 1 && at < body->size; at += PIECE) {
		size_t n = body->size - at < PIECE ? (size_t)(body->size - at) : PIECE;
		r = file_pread(body->fd, piece, n, (off_t)at, err);
		if (r == 1)
			r = feed(s, (struct str){piece, n}, ZSTD_e_continue, err);
		else if (r == 0)
			r = err_set(err, ERR_BROKEN, "temporary file is cut short");
	}
	free(piece);
	return r;
}

/* A member with a frame of its own. */
static int add_large(struct segment *s, struct str head, const struct spool_body *body,
		     struct err *err)
{
	static const char zeros[TARBALL_BLOCK];
	size_t padding = tarball_padding(body->size);
	uint64_t start = s->size, raw = head.n + body->size + padding;
	ZSTD_CCtx_setPledgedSrcSize(s->z, raw);
	if (feed(s, head, ZSTD_e_continue, err) < 0)
		return -1;
	if ((body->fd < 0 ? feed(s, body->mem, ZSTD_e_continue, err) :
			    feed_file(s, body, err)) < 0)
		return -1;
	if (feed(s, (struct str){zeros, padding}, ZSTD_e_end, err) < 0)
		return -1;
	s->ended++;
	note_frame(s, start, raw);
	return 1;
}

int segment_add(struct segment *s, struct str head, const struct spool_body *body,
		struct segment_place *out, struct err *err)
{
	static const char zeros[TARBALL_BLOCK];
	uint64_t n = head.n + body->size + tarball_padding(body->size);
	bool large = n > SEGMENT_FRAME || body->fd >= 0;
	if ((large || press_held(s->press) + n > SEGMENT_FRAME) && end_frame(s, !large, err) < 0)
		return -1;
	*out = (struct segment_place){s->ended, press_held(s->press) + head.n};
	if (large)
		return add_large(s, head, body, err);
	press_add(s->press, head);
	press_add(s->press, body->mem);
	press_add(s->press, (struct str){zeros, tarball_padding(body->size)});
	return 1;
}

int segment_sync(struct segment *s, struct err *err)
{
	return file_sync(s->fd, err) < 0 ? err_wrap(err, "segment '%s'", s->path) : 1;
}

int segment_frame(struct segment *s, uint64_t *nth_out, struct segment_frame *out)
{
	if (s->n_done == 0)
		return 0;
	*nth_out = s->taken++;
	*out = s->done[0];
	memmove(s->done, s->done + 1, --s->n_done * sizeof *s->done);
	return 1;
}

uint64_t segment_size(const struct segment *s)
{
	return s->size;
}

void segment_cut(struct segment *s, uint64_t size)
{
	press_drop(s->press);
	s->n_done = 0;
	ZSTD_CCtx_reset(s->z, ZSTD_reset_session_only);
	if (s->size > size && ftruncate(s->fd, (off_t)size) == 0)
		s->size = s->begun = size;
}

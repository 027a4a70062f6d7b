#include "unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>

enum { PIECE = 128 * 1024 };

const struct unpack_limits unpack_usual = {
	.ratio = 250,
	.slack = (uint64_t)64 << 20,
	.member = (uint64_t)1 << 40,
	.members = 1000000000,
};

struct unpack {
	struct archive *a;
	struct source from;
	const struct unpack_limits *limits;
	struct err failed; /* of the source */
	char *in;
	size_t n;          /* bytes in `in` that libarchive has not seen */
	uint64_t taken;    /* bytes of the packed file */
	uint64_t given, member, members;
	bool begun, single, at_end, over;
};

/* ---- what is packed ---- */

static uint32_t le32(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;
	return u[0] | (uint32_t)u[1] << 8 | (uint32_t)u[2] << 16 | (uint32_t)u[3] << 24;
}

static bool skippable(const char *p)
{
	return (le32(p) & 0xfffffff0) == 0x184d2a50;
}

/* The checksum of a tar header: octal digits at 148, the field itself counted as blanks. */
static bool is_tar(struct str s)
{
	unsigned long sum = 0, want = 0;
	size_t i = 148;
	if (s.n < 512)
		return false;
	while (i < 156 && s.p[i] == ' ')
		i++;
	if (i == 156 || s.p[i] < '0' || s.p[i] > '7')
		return false;
	for (; i < 156 && s.p[i] >= '0' && s.p[i] <= '7'; i++)
		want = want * 8 + (unsigned long)(s.p[i] - '0');
	for (i = 0; i < 512; i++)
		sum += i >= 148 && i < 156 ? ' ' : (unsigned char)s.p[i];
	return sum == want;
}

bool unpack_packed(struct str head)
{
	if (str_starts(head, STR("\x1f\x8b\x08")) || str_starts(head, STR("PK\x03\x04")) ||
	    str_starts(head, STR("PK\x05\x06")))
		return true;
	if (head.n >= 4 && (le32(head.p) == 0xfd2fb528 || skippable(head.p)))
		return true;
	return is_tar(head);
}

/* ---- the bytes that libarchive asks for ---- */

/* Reads more behind what is in `in`. 1, 0 end or full, -1. */
static int more(struct unpack *u)
{
	size_t got = 0;
	if (u->n == PIECE)
		return 0;
	int r = u->from.read(u->from.arg, u->in + u->n, PIECE - u->n, &got, &u->failed);
	u->n += r > 0 ? got : 0;
	u->taken += r > 0 ? got : 0;
	return r;
}

/* Passes over skippable frames at the start, which libarchive does not know. 1 or -1. */
static int begin(struct unpack *u)
{
	uint64_t skip = 0;
	for (;;) {
		int r = 1;
		while (r == 1 && u->n < 8)
			r = more(u);
		if (r < 0)
			return -1;
		if (skip == 0 && (u->n < 8 || !skippable(u->in)))
			return 1;
		if (skip == 0)
			skip = 8 + (uint64_t)le32(u->in + 4);
		size_t n = skip < u->n ? (size_t)skip : u->n;
		memmove(u->in, u->in + n, u->n - n);
		u->n -= n;
		skip -= n;
		if (r == 0 && u->n == 0)
			return 1;
	}
}

static la_ssize_t on_read(struct archive *a, void *arg, const void **out)
{
	struct unpack *u = arg;
	int r = 1;
	if (!u->begun)
		r = begin(u);
	u->begun = true;
	if (r > 0 && u->n == 0)
		r = more(u);
	if (r < 0) {
		archive_set_error(a, EIO, "%s", u->failed.text);
		return -1;
	}
	la_ssize_t n = (la_ssize_t)u->n;
	*out = u->in;
	u->n = 0;
	return n;
}

/* ---- members ---- */

/* Says what libarchive says, and where. Returns -1. */
static int damaged(struct unpack *u, struct err *err)
{
	const char *why = archive_error_string(u->a);
	if (u->failed.kind) {
		*err = u->failed;
		return -1;
	}
	return err_set(err, ERR_INPUT, "damaged or cut off near byte %llu of the packed file: %s",
		       (unsigned long long)u->taken, why ? why : "no reason given");
}

int unpack_open(struct unpack **out, struct source from, const struct unpack_limits *limits,
		struct err *err)
{
	struct unpack *u = err_alloc(sizeof *u);
	u->from = from;
	u->limits = limits;
	u->in = err_alloc(PIECE);
	u->a = archive_read_new();
	if (u->a == NULL)
		err_die("unpack: out of memory");
	archive_read_support_filter_gzip(u->a);
	archive_read_support_filter_zstd(u->a);
	archive_read_support_format_tar(u->a);
	archive_read_support_format_zip_streamable(u->a);
	archive_read_support_format_raw(u->a);
	archive_read_support_format_empty(u->a);
	if (archive_read_open(u->a, u, NULL, on_read, NULL) != ARCHIVE_OK) {
		damaged(u, err);
		unpack_close(&u);
		return -1;
	}
	*out = u;
	return 1;
}

void unpack_close(struct unpack **u)
{
	if (*u == NULL)
		return;
	archive_read_free((*u)->a);
	free((*u)->in);
	free(*u);
	*u = NULL;
}

/* Has too much come out? 1 no; -1. */
static int within(struct unpack *u, struct err *err)
{
	la_int64_t stream = archive_filter_bytes(u->a, 0);
	uint64_t out = stream > 0 && (uint64_t)stream > u->given ? (uint64_t)stream : u->given;
	if (out > u->limits->slack + u->limits->ratio * u->taken) {
		u->over = u->at_end = true;
		return err_set(err, ERR_INPUT,
			       "unpacks to over %llu times its size; refused at byte %llu of the "
			       "packed file",
			       (unsigned long long)u->limits->ratio, (unsigned long long)u->taken);
	}
	if (u->member > u->limits->member || u->members > u->limits->members) {
		u->over = u->at_end = true;
		return err_set(err, ERR_INPUT, "a member is too large, or there are too many");
	}
	return 1;
}

static int read_member(void *arg, void *p, size_t n, size_t *got, struct err *err)
{
	struct unpack *u = arg;
	*got = 0;
	if (u->over)
		return err_set(err, ERR_INPUT, "the packed file was refused");
	la_ssize_t r = archive_read_data(u->a, p, n);
	if (r < 0) {
		u->at_end |= r == ARCHIVE_FATAL || u->single;
		return damaged(u, err);
	}
	u->given += (uint64_t)r;
	u->member += (uint64_t)r;
	if (within(u, err) < 0)
		return -1;
	*got = (size_t)r;
	return r > 0;
}

struct source unpack_source(struct unpack *u)
{
	return (struct source){read_member, u};
}

static enum unpack_type type_of(const struct unpack *u, struct archive_entry *e)
{
	if (u->single)
		return UNPACK_SINGLE;
	if (archive_entry_hardlink(e) || archive_entry_hardlink_utf8(e))
		return UNPACK_LINK;
	if (archive_entry_filetype(e) == AE_IFDIR)
		return UNPACK_DIR;
	return archive_entry_filetype(e) == AE_IFREG ? UNPACK_FILE : UNPACK_OTHER;
}

/* What was not read of a member is read here, so that the limits hold for it too. */
static int pass_over(struct unpack *u, struct err *err)
{
	char drop[16384];
	size_t got;
	int r = u->members ? 1 : 0;
	while (r == 1)
		r = read_member(u, drop, sizeof drop, &got, err);
	return r < 0 && u->at_end ? -1 : 1;
}

int unpack_next(struct unpack *u, struct unpack_member *out, struct err *err)
{
	struct archive_entry *e;
	if (u->at_end)
		return 0;
	if (pass_over(u, err) < 0)
		return -1;
	int r = archive_read_next_header(u->a, &e);
	if (r == ARCHIVE_EOF) {
		u->at_end = true;
		return 0;
	}
	if (r < ARCHIVE_WARN) {
		u->at_end = true;
		return damaged(u, err);
	}
	u->single = archive_format(u->a) == ARCHIVE_FORMAT_RAW;
	u->member = 0;
	u->members++;
	if (within(u, err) < 0)
		return -1;
	const char *name = archive_entry_pathname(e);
	if (name == NULL)
		name = archive_entry_pathname_utf8(e);
	out->type = type_of(u, e);
	out->name = u->single ? STR("") : str_of(name);
	out->mtime = archive_entry_mtime_is_set(e) ? archive_entry_mtime(e) : 0;
	return 1;
}

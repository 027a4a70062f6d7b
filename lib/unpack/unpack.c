#define _GNU_SOURCE
#include "unpack.h"

#include "expand.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <locale.h>
#include <stdio.h>
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
	struct source_headed head;
	struct expand *expand; /* NULL: the file is a tar or zip as it stands */
	const struct unpack_limits *limits;
	struct err failed; /* of the source */
	char *in;
	uint64_t taken;    /* bytes given to libarchive */
	uint64_t given, member, members;
	char name[40];
	locale_t utf8; /* (locale_t)0 where the system has none: names are bytes then */
	bool single, at_end, over;
};

/* ---- what is packed ---- */

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
	return expand_packed(head) || is_tar(head) || str_starts(head, STR("PK\x03\x04")) ||
	       str_starts(head, STR("PK\x05\x06"));
}

/* ---- the bytes that libarchive asks for ---- */

static la_ssize_t on_read(struct archive *a, void *arg, const void **out)
{
	struct unpack *u = arg;
	size_t got = 0;
	if (u->from.read(u->from.arg, u->in, PIECE, &got, &u->failed) < 0) {
		archive_set_error(a, EIO, "%s", u->failed.text);
		return -1;
	}
	u->taken += got;
	*out = u->in;
	return (la_ssize_t)got;
}

/* Where in the packed file we are. */
static unsigned long long place(const struct unpack *u)
{
	return u->expand ? expand_taken(u->expand) : u->taken;
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
		       place(u), why ? why : "no reason given");
}

/* Looks at the first bytes and puts an expander before them if need be. 1 or -1. */
static int begin(struct unpack *u, struct source from, struct err *err)
{
	if (source_head(&u->head, from, err) < 0)
		return -1;
	struct str head = {u->head.head, u->head.n};
	u->from = source_headed(&u->head);
	if (!expand_packed(head))
		return 1;
	u->expand = expand_open(u->from, head, u->limits->ratio, u->limits->slack);
	u->from = expand_source(u->expand);
	return 1;
}

int unpack_open(struct unpack **out, struct source from, const struct unpack_limits *limits,
		struct err *err)
{
	struct unpack *u = err_alloc(sizeof *u);
	u->limits = limits;
	u->utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	u->in = err_alloc(PIECE);
	u->a = archive_read_new();
	if (u->a == NULL)
		err_die("unpack: out of memory");
	archive_read_support_format_tar(u->a);
	archive_read_support_format_zip_streamable(u->a);
	archive_read_support_format_raw(u->a);
	archive_read_support_format_empty(u->a);
	if (begin(u, from, err) < 0) {
		unpack_close(&u);
		return -1;
	}
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
	if ((*u)->utf8)
		freelocale((*u)->utf8);
	expand_close(&(*u)->expand);
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
			       (unsigned long long)u->limits->ratio, place(u));
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

/* Behind the last member: what follows it in a compressed file is read, for its checksum stands
 * at its end. libarchive takes a file that fails at once for an empty one. 0 or -1. */
static int finish(struct unpack *u, struct err *err)
{
	size_t got;
	int r = u->failed.kind ? -1 : 1;
	u->at_end = true;
	while (u->expand && r == 1)
		r = u->from.read(u->from.arg, u->in, PIECE, &got, &u->failed);
	if (r >= 0 || u->failed.kind == ERR_NONE)
		return 0;
	*err = u->failed;
	return -1;
}

/* The next header and its name. libarchive converts names by the locale, which is why ours is set
 * around this. What libarchive says. */
static int read_header(struct unpack *u, struct archive_entry **e, const char **name)
{
	int r = archive_read_next_header(u->a, e);
	if (r == ARCHIVE_EOF || r < ARCHIVE_WARN)
		return r;
	*name = archive_entry_pathname_utf8(*e);
	if (*name == NULL)
		*name = archive_entry_pathname(*e);
	if (*name == NULL) { /* no charset has it */
		snprintf(u->name, sizeof u->name, "unnamed-%llu",
			 (unsigned long long)u->members + 1);
		*name = u->name;
	}
	return r;
}

int unpack_next(struct unpack *u, struct unpack_member *out, struct err *err)
{
	struct archive_entry *e;
	const char *name = "";
	if (u->at_end)
		return 0;
	if (pass_over(u, err) < 0)
		return -1;
	locale_t ours = uselocale(u->utf8);
	int r = read_header(u, &e, &name);
	uselocale(ours);
	if (r == ARCHIVE_EOF)
		return finish(u, err);
	if (r < ARCHIVE_WARN) {
		u->at_end = true;
		return damaged(u, err);
	}
	u->single = archive_format(u->a) == ARCHIVE_FORMAT_RAW;
	u->member = 0;
	u->members++;
	if (within(u, err) < 0)
		return -1;
	out->type = type_of(u, e);
	out->name = u->single ? STR("") : str_of(name);
	out->mtime = archive_entry_mtime_is_set(e) ? archive_entry_mtime(e) : 0;
	return 1;
}

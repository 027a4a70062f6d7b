#include "t.h"

#include "buf.h"
#include "unpack.h"

#include <archive.h>
#include <archive_entry.h>

/* Bytes in memory as a source, in pieces of a size. */
struct memory {
	struct str bytes;
	size_t at, piece;
};

static int read_memory(void *arg, void *p, size_t n, size_t *got, struct err *err)
{
	struct memory *m = arg;
	(void)err;
	*got = m->bytes.n - m->at;
	*got = *got < n ? *got : n;
	*got = *got < m->piece ? *got : m->piece;
	memcpy(p, m->bytes.p + m->at, *got);
	m->at += *got;
	return *got > 0;
}

enum { TAR = 1, ZIP = 2, GZIP = 4, ZSTD = 8, SINGLE = 16, SKIP = 32, LINKS = 64 };

static void add(struct archive *a, const char *name, unsigned type, const char *link, size_t n)
{
	struct archive_entry *e = archive_entry_new();
	static char body[200000];
	archive_entry_set_pathname(e, name);
	archive_entry_set_filetype(e, type);
	archive_entry_set_perm(e, 0644);
	archive_entry_set_mtime(e, 86400, 0);
	archive_entry_set_size(e, (la_int64_t)n);
	if (link && type == AE_IFLNK)
		archive_entry_set_symlink(e, link);
	else if (link)
		archive_entry_set_hardlink(e, link);
	int wrote = archive_write_header(a, e);
	if (wrote < ARCHIVE_WARN)
		printf("cannot pack '%s': %s\n", name, archive_error_string(a));
	T(wrote >= ARCHIVE_WARN); /* it says that it cannot translate names */
	for (size_t i = 0; i < n; i++)
		body[i] = (char)('a' + i % 26);
	T(archive_write_data(a, body, n) == (la_ssize_t)n);
	archive_entry_free(e);
}

/* Packs three files (or one), of 0, 5 and `size` bytes. */
static void pack(struct buf *out, unsigned how, size_t size)
{
	static char mem[300000];
	size_t used = 0;
	struct archive *a = archive_write_new();
	buf_clear(out);
	if (how & SKIP) /* as sheaf's segments begin, twice */
		for (int i = 0; i < 2; i++)
			buf_str(out, STR("\x53\x2a\x4d\x18\x05\0\0\0sheaf"));
	if (how & GZIP)
		archive_write_add_filter_gzip(a);
	if (how & ZSTD)
		archive_write_add_filter_zstd(a);
	archive_write_set_bytes_in_last_block(a, 1);
	if (how & SINGLE)
		archive_write_set_format_raw(a);
	else if (how & ZIP)
		archive_write_set_format_zip(a);
	else
		archive_write_set_format_pax_restricted(a);
	T(archive_write_open_memory(a, mem, sizeof mem, &used) == ARCHIVE_OK);
	if (!(how & SINGLE)) {
		add(a, "d/", AE_IFDIR, NULL, 0);
		add(a, "d/empty", AE_IFREG, NULL, 0);
		add(a, "d/caf\xc3\xa9", AE_IFREG, NULL, 5);
	}
	add(a, "big", AE_IFREG, NULL, size);
	if (how & LINKS) {
		add(a, "hard", AE_IFREG, "big", 0);
		add(a, "soft", AE_IFLNK, "/etc/passwd", 0);
		add(a, "pipe", AE_IFIFO, NULL, 0);
	}
	archive_write_close(a);
	archive_write_free(a);
	buf_add(out, mem, used);
}

/* Lists "type name size;" of each member; '!' for an error. */
static void list(struct buf *out, struct str bytes, size_t piece,
		 const struct unpack_limits *limits, bool read)
{
	struct memory m = {bytes, 0, piece};
	struct unpack *u;
	struct unpack_member member;
	struct err err = {0};
	char drop[777];
	size_t got;
	buf_clear(out);
	int r = unpack_open(&u, (struct source){read_memory, &m}, limits, &err);
	if (r < 0) {
		buf_chr(out, '!');
		T(err.kind == ERR_INPUT && err.text[0]);
		return;
	}
	while ((r = unpack_next(u, &member, &err)) == 1) {
		struct source s = unpack_source(u);
		uint64_t n = 0;
		buf_fmt(out, "%d %.*s", (int)member.type, STR_ARG(member.name));
		int more = read ? 1 : 0;
		while (more == 1 && (more = s.read(s.arg, drop, sizeof drop, &got, &err)) == 1)
			n += got;
		if (read)
			buf_fmt(out, " %llu", (unsigned long long)n);
		buf_str(out, more < 0 ? STR("!") : STR(";"));
		T(more >= 0 || (err.kind == ERR_INPUT && err.text[0]));
	}
	if (r < 0)
		buf_chr(out, '!');
	T(r == 0 || (err.kind == ERR_INPUT && err.text[0]));
	T(unpack_next(u, &member, &err) == 0);
	unpack_close(&u);
	T(u == NULL);
}

static const struct {
	unsigned how;
	const char *want;
} cases[] = {
	{TAR, "3 d/;0 d/empty 0;0 d/caf\xc3\xa9 5;0 big 70000;"},
	{TAR | GZIP, "3 d/;0 d/empty 0;0 d/caf\xc3\xa9 5;0 big 70000;"},
	{TAR | ZSTD, "3 d/;0 d/empty 0;0 d/caf\xc3\xa9 5;0 big 70000;"},
	{TAR | ZSTD | SKIP, "3 d/;0 d/empty 0;0 d/caf\xc3\xa9 5;0 big 70000;"},
	{ZIP, "3 d/;0 d/empty 0;0 d/caf\xc3\xa9 5;0 big 70000;"},
	{SINGLE | GZIP, "1  70000;"},
	{SINGLE | ZSTD, "1  70000;"},
	{SINGLE | ZSTD | SKIP, "1  70000;"},
	{TAR | LINKS, "3 d/;0 d/empty 0;0 d/caf\xc3\xa9 5;0 big 70000;2 hard 0;4 soft 0;4 pipe 0;"},
};

static void table(struct buf *in, struct buf *out)
{
	static const size_t pieces[] = {1, 7, 512, 1000000};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		pack(in, cases[i].how, 70000);
		T(unpack_packed(str_cut(buf_all(in), 0, SOURCE_HEAD)));
		for (size_t k = 0; k < 4; k++) {
			list(out, buf_all(in), pieces[k], &unpack_usual, true);
			struct str got = buf_all(out), want = str_of(cases[i].want);
			/* A directory has no bytes to count. */
			char text[400];
			size_t n = 0;
			for (size_t c = 0; c < got.n && n < sizeof text; c++)
				if (!(c + 1 < got.n && str_starts(str_cut(got, c, got.n),
								  STR("/ 0;"))))
					text[n++] = got.p[c];
				else {
					text[n++] = '/';
					c += 2;
				}
			T_STR(((struct str){text, n}), want);
		}
	}
}

/* Cut off anywhere: what comes is the beginning, and then an error or a plain end. */
static void cut(struct buf *in, struct buf *out, struct buf *whole)
{
	static const unsigned hows[] = {TAR, TAR | GZIP, TAR | ZSTD, ZIP, SINGLE | GZIP,
					SINGLE | ZSTD};
	for (size_t h = 0; h < 6; h++) {
		pack(in, hows[h], 3000);
		list(whole, buf_all(in), 4096, &unpack_usual, false);
		for (size_t n = 1; n < in->n; n += hows[h] == TAR ? 97 : 1) {
			list(out, str_cut(buf_all(in), 0, n), 4096, &unpack_usual, false);
			struct str got = buf_all(out);
			while (got.n && got.p[got.n - 1] == '!')
				got.n--;
			/* With less than a header of it, a tar is one file like any other. */
			if (!str_eq(got, STR("1 ;")) && !str_starts(buf_all(whole), got))
				T_STR(got, buf_all(whole));
		}
		list(out, str_cut(buf_all(in), 0, in->n / 2), 4096, &unpack_usual, true);
		T(str_chr(buf_all(out), '!') >= 0);
	}
}

static void limits(struct buf *in, struct buf *out)
{
	struct unpack_limits l = unpack_usual;
	pack(in, SINGLE | GZIP, 200000);
	l.slack = 1000;
	l.ratio = 2;
	list(out, buf_all(in), 4096, &l, true);
	T(str_chr(buf_all(out), '!') >= 0);
	/* Also what nobody reads. */
	pack(in, TAR | GZIP | LINKS, 200000);
	list(out, buf_all(in), 4096, &l, false);
	T(str_chr(buf_all(out), '!') >= 0);
	l = unpack_usual;
	l.member = 199999;
	list(out, buf_all(in), 4096, &l, true);
	T(str_find(buf_all(out), STR("big")) >= 0 && str_chr(buf_all(out), '!') >= 0);
	l = unpack_usual;
	l.members = 2;
	list(out, buf_all(in), 4096, &l, false);
	T(str_find(buf_all(out), STR("big")) < 0 && str_chr(buf_all(out), '!') >= 0);
	list(out, buf_all(in), 4096, &unpack_usual, true);
	T(str_chr(buf_all(out), '!') < 0);
}

static void magic(void)
{
	char zeros[512] = {0};
	T(!unpack_packed(STR("")));
	T(!unpack_packed(STR("From: a@b\n")));
	T(!unpack_packed(STR("PK")));
	T(!unpack_packed(STR("\x1f\x8b")));
	T(!unpack_packed((struct str){zeros, 512}));
	T(unpack_packed(STR("\x28\xb5\x2f\xfd")));
	T(unpack_packed(STR("\x5f\x2a\x4d\x18")));
	T(unpack_packed(STR("PK\x03\x04")));
}

int main(void)
{
	struct buf in, out, whole;
	buf_init(&in, 1 << 20);
	buf_init(&out, 1 << 20);
	buf_init(&whole, 1 << 20);
	magic();
	table(&in, &out);
	cut(&in, &out, &whole);
	limits(&in, &out);
	buf_free(&in);
	buf_free(&out);
	buf_free(&whole);
	return t_done();
}

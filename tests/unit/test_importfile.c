#include "t.h"

#include "buf.h"
#include "importfile.h"

#include <unistd.h>

#define SEP "From a@b Mon Jan  2 15:04:05 2006\n"
#define SEPCR "From a@b Mon Jan  2 15:04:05 2006\r\n"

/* What comes out: messages ended by '|'. A found-hash that differs is shown as '*' before it. */
static const struct {
	enum importfile_kind kind;
	const char *in, *want;
} cases[] = {
	/* single messages: line ends */
	{IMPORTFILE_AUTO, "", "|"},
	{IMPORTFILE_AUTO, "\n", "\r\n*|"},
	{IMPORTFILE_AUTO, "\r\n", "\r\n|"},
	{IMPORTFILE_AUTO, "a", "a|"},
	{IMPORTFILE_AUTO, "A: b\n\nc\n", "A: b\r\n\r\nc\r\n*|"},
	{IMPORTFILE_AUTO, "A: b\r\n\r\nc\r\n", "A: b\r\n\r\nc\r\n|"},
	{IMPORTFILE_AUTO, "A: b\r\n\nc\r\n", "A: b\r\n\r\nc\r\n*|"},
	{IMPORTFILE_AUTO, "a\rb\r\r\nc\r", "a\rb\r\r\nc\r|"},
	{IMPORTFILE_AUTO, "a\r", "a\r|"},
	{IMPORTFILE_AUTO, "a\n\n\n", "a\r\n\r\n\r\n*|"},
	/* single messages: the envelope line goes, "From " inside stays */
	{IMPORTFILE_SINGLE, SEP "A: b\n\nc\n\n" SEP "d\n", "A: b\r\n\r\nc\r\n\r\nFrom a@b Mon "
							   "Jan  2 15:04:05 2006\r\nd\r\n*|"},
	{IMPORTFILE_SINGLE, SEPCR "A: b\r\n", "A: b\r\n*|"},
	{IMPORTFILE_SINGLE, "From nobody\nA: b\n\n>From x\n", "A: b\r\n\r\n>From x\r\n*|"},
	{IMPORTFILE_SINGLE, SEP, "*|"},
	{IMPORTFILE_SINGLE, "From here", "From here|"},
	{IMPORTFILE_SINGLE, "", "|"},
	/* mbox */
	{IMPORTFILE_AUTO, SEP "A: b\n\nc\n\n" SEP "D: e\n\nf\n", "A: b\r\n\r\nc\r\n*|D: e\r\n\r\nf"
								 "\r\n*|"},
	{IMPORTFILE_AUTO, SEP "A: b\n\nc\n\n", "A: b\r\n\r\nc\r\n*|"},
	{IMPORTFILE_AUTO, SEP "A: b\n\nc", "A: b\r\n\r\nc*|"},
	{IMPORTFILE_AUTO, SEP "A: b\n\nc\n\n\n\n", "A: b\r\n\r\nc\r\n\r\n\r\n*|"},
	{IMPORTFILE_AUTO, SEPCR "A: b\r\n\r\nc\r\n\r\n" SEPCR "d\r\n\r\n",
	 "A: b\r\n\r\nc\r\n*|d\r\n*|"},
	{IMPORTFILE_AUTO, SEP "\n" SEP "\n" SEP, "*|*|*|"},
	{IMPORTFILE_AUTO, SEP "a\n" SEP "b\n", "a\r\nFrom a@b Mon Jan  2 15:04:05 2006\r\nb\r\n*|"},
	{IMPORTFILE_AUTO, SEP "a\n\nFrom here on\n\nFrom \n",
	 "a\r\n\r\nFrom here on\r\n\r\nFrom \r\n*|"},
	{IMPORTFILE_AUTO, SEP "a\n\n>From b\n>>From c\n> From\n>From\n>x\n",
	 "a\r\n\r\nFrom b\r\n>From c\r\n> From\r\n>From\r\n>x\r\n*|"},
	{IMPORTFILE_AUTO, SEP "a\n\nFrom a@b Mon Jan  2 15:04:05 2006", "a\r\n\r\nFrom a@b Mon "
									"Jan  2 15:04:05 2006*|"},
	{IMPORTFILE_AUTO, "From nobody\na\n\n" SEP "b\n", "a\r\n*|b\r\n*|"},
	{IMPORTFILE_AUTO, SEP "a\n\r" SEP, "a\r\n\rFrom a@b Mon Jan  2 15:04:05 2006\r\n*|"},
	{IMPORTFILE_AUTO, SEP "a\n\r", "a\r\n\r*|"},
	{IMPORTFILE_AUTO, SEP "\r\r\n" SEP, "\r\r\nFrom a@b Mon Jan  2 15:04:05 2006\r\n*|"},
	/* what is found in directories */
	{IMPORTFILE_LIKELY, "", ""},
	{IMPORTFILE_LIKELY, "// no mail\n", ""},
	{IMPORTFILE_LIKELY, "http://x\n", ""},
	{IMPORTFILE_LIKELY, "A b: c\n", ""},
	{IMPORTFILE_LIKELY, "A: b\n", "A: b\r\n*|"},
	{IMPORTFILE_LIKELY, "A:\r\n", "A:\r\n|"},
	{IMPORTFILE_LIKELY, SEP "a\n", "a\r\n*|"},
};

/* The kinds of mbox, forced or found out. */
#define CL(n) SEP "Content-Length: " #n "\n\n"
#define CLOUT(n) "Content-Length: " #n "\r\n\r\n"
#define SEPOUT "From a@b Mon Jan  2 15:04:05 2006\r\n"
static const struct {
	enum mbox_format format;
	const char *in, *want;
} kinds[] = {
	/* what is unquoted */
	{MBOX_AUTO, SEP "A: b\n\n>From x\n>>From y\n", "A: b\r\n\r\nFrom x\r\n>From y\r\n*|"},
	{MBOX_RD, SEP "A: b\n\n>From x\n>>From y\n", "A: b\r\n\r\nFrom x\r\n>From y\r\n*|"},
	{MBOX_O, SEP "A: b\n\n>From x\n>>From y\n", "A: b\r\n\r\nFrom x\r\n>>From y\r\n*|"},
	{MBOX_CL, SEP "A: b\n\n>From x\n>>From y\n", "A: b\r\n\r\nFrom x\r\n>>From y\r\n*|"},
	{MBOX_CL2, SEP "A: b\n\n>From x\n>>From y\n", "A: b\r\n\r\n>From x\r\n>>From y\r\n*|"},
	/* a separator within the length: with and without an empty line before the next */
	{MBOX_AUTO, CL(37) "x\n\n" SEP "\n" SEP "b\n",
	 CLOUT(37) "x\r\n\r\n" SEPOUT "*|b\r\n*|"},
	{MBOX_AUTO, CL(37) "x\n\n" SEP SEP "b\n", CLOUT(37) "x\r\n\r\n" SEPOUT "*|b\r\n*|"},
	{MBOX_AUTO, CL(37) "x\n\n" SEP, CLOUT(37) "x\r\n\r\n" SEPOUT "*|"},
	{MBOX_AUTO, CL(37) "x\n\n" SEP "\n", CLOUT(37) "x\r\n\r\n" SEPOUT "*|"},
	{MBOX_CL2, CL(38) "x\n\n" SEP "\n\n" SEP "b\n",
	 CLOUT(38) "x\r\n\r\n" SEPOUT "\r\n*|b\r\n*|"},
	{MBOX_CL2, CL(0) "\n" SEP "b\n", CLOUT(0) "*|b\r\n*|"},
	{MBOX_CL2, CL(3) "abc\n" SEP "b\n", CLOUT(3) "abc*|b\r\n*|"},
	/* lengths that lie: too long, too short, absurd */
	{MBOX_CL2, CL(99) "x\n\n" SEP "b\n", CLOUT(99) "x\r\n*|b\r\n*|"},
	{MBOX_CL2, CL(1) "xyz\n\n" SEP "b\n", CLOUT(1) "xyz\r\n*|b\r\n*|"},
	{MBOX_CL2, CL(18446744073709551615) "x\n\n" SEP "b\n",
	 CLOUT(18446744073709551615) "x\r\n*|b\r\n*|"},
	{MBOX_CL2, CL(2) "x\n\n" CL(9) "y\n\n" CL(2) "z\n",
	 CLOUT(2) "x\r\n*|" CLOUT(9) "y\r\n*|" CLOUT(2) "z\r\n*|"},
	/* true, but of another kind */
	{MBOX_RD, CL(37) "x\n\n" SEP "\n" SEP "b\n", CLOUT(37) "x\r\n*|*|b\r\n*|"},
	{MBOX_AUTO, SEP "A: b\n\na\n\n" CL(37) "x\n\n" SEP "\n" SEP "b\n",
	 "A: b\r\n\r\na\r\n*|" CLOUT(37) "x\r\n*|*|b\r\n*|"},
	/* quoted, and counted */
	{MBOX_AUTO, CL(16) ">From x\n>>From \n\n" SEP "b\n",
	 CLOUT(16) "From x\r\n>>From \r\n*|b\r\n*|"},
	{MBOX_AUTO, CL(16) ">From x\nFrom yz\n\n" SEP "b\n",
	 CLOUT(16) ">From x\r\nFrom yz\r\n*|b\r\n*|"},
	/* CRLF */
	{MBOX_AUTO, SEPCR "Content-Length: 37\r\n\r\n\r\n" SEPCR "\r\n" SEPCR "b\r\n",
	 CLOUT(37) "\r\n" SEPOUT "*|b\r\n*|"},
};

static int file_of(struct str s)
{
	char name[] = "/tmp/sheaf-importfile-XXXXXX";
	int fd = mkstemp(name);
	unlink(name);
	T(fd >= 0 && write(fd, s.p, s.n) == (ssize_t)s.n);
	return fd;
}

static void drain(struct importfile *f, struct buf *out)
{
	struct importfile_msg m;
	struct str piece;
	struct err err;
	unsigned char hash[HASH_BYTES];
	while (importfile_next(f, &m, &err) == 1) {
		while (importfile_read(f, &piece, &err) == 1)
			buf_str(out, piece);
		if (importfile_found(f, hash))
			buf_chr(out, '*');
		buf_chr(out, '|');
	}
}

static void table(void)
{
	static const size_t pieces[] = {1, 2, 3, 5, 7, 16, 64, 4096, 262144};
	struct buf out;
	buf_init(&out, 1 << 20);
	for (size_t p = 0; p < sizeof pieces / sizeof pieces[0]; p++) {
		struct importfile *f = importfile_open(pieces[p]);
		for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
			int fd = file_of(str_of(cases[i].in));
			lseek(fd, 0, SEEK_SET);
			importfile_start(f, fd, cases[i].kind);
			buf_clear(&out);
			drain(f, &out);
			T_STR(buf_all(&out), str_of(cases[i].want));
			close(fd);
		}
		importfile_close(&f);
		T(f == NULL);
	}
	buf_free(&out);
}

/* `look`: the file is there to look ahead in; else only what one piece holds is seen. */
static void by_kind(bool look)
{
	static const size_t pieces[] = {1, 2, 3, 5, 7, 16, 64, 4096, 262144};
	struct buf out;
	buf_init(&out, 1 << 20);
	for (size_t p = 0; p < sizeof pieces / sizeof pieces[0]; p++) {
		struct importfile *f = importfile_open(pieces[p]);
		for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
			int fd = file_of(str_of(kinds[i].in));
			struct source_fd from = {fd, 0};
			lseek(fd, 0, SEEK_SET);
			importfile_format(f, kinds[i].format);
			importfile_begin(f, source_fd(&from), look ? fd : -1, IMPORTFILE_AUTO);
			buf_clear(&out);
			drain(f, &out);
			T_STR(buf_all(&out), str_of(kinds[i].want));
			close(fd);
		}
		importfile_close(&f);
	}
	buf_free(&out);
}

/* A body larger than the buffer, with a separator in it: believed only where one can look. */
static void far_end(bool look)
{
	struct importfile *f = importfile_open(1000);
	struct buf in, out;
	buf_init(&in, 1 << 20);
	buf_init(&out, 1 << 20);
	buf_str(&in, STR(CL(40037) "\n" SEP));
	for (int i = 0; i < 40000; i++)
		buf_chr(&in, i % 80 == 79 ? '\n' : 'x');
	buf_str(&in, STR("\n\n" SEP "b\n"));
	int fd = file_of(buf_all(&in));
	struct source_fd from = {fd, 0};
	lseek(fd, 0, SEEK_SET);
	importfile_format(f, MBOX_CL2);
	importfile_begin(f, source_fd(&from), look ? fd : -1, IMPORTFILE_AUTO);
	drain(f, &out);
	size_t n = 0;
	for (size_t i = 0; i < out.n; i++)
		n += out.p[i] == '|';
	T(n == (look ? 2u : 3u));
	close(fd);
	importfile_close(&f);
	buf_free(&in);
	buf_free(&out);
}

/* What a record's header says; a message that is alone says nothing. */
static void flags(void)
{
	static const char text[] = SEP "Status: RO\nX-Status: A\nX-Keywords: b a\n\nc\n\n" SEP
				       "A: b\n\nc\n";
	struct importfile *f = importfile_open(5);
	struct importfile_msg m;
	struct err err;
	int fd = file_of(str_of(text));
	lseek(fd, 0, SEEK_SET);
	importfile_start(f, fd, IMPORTFILE_AUTO);
	T(importfile_next(f, &m, &err) == 1 && m.flags == 3);
	T_STR(m.keywords, STR("a b"));
	T(importfile_next(f, &m, &err) == 1 && m.flags == 0 && m.keywords.n == 0);
	lseek(fd, 0, SEEK_SET);
	importfile_start(f, fd, IMPORTFILE_SINGLE);
	T(importfile_next(f, &m, &err) == 1 && m.flags == 0 && m.keywords.n == 0);
	close(fd);
	importfile_close(&f);
}

/* The hash of each record is that of the slice [offset, end) of the file. */
static void found(void)
{
	static const char one[] = SEP "A: b\n\nc\n", two[] = SEP ">From\n>From x\n";
	struct importfile *f = importfile_open(11);
	struct importfile_msg m;
	struct err err;
	unsigned char got[HASH_BYTES], want[HASH_BYTES];
	int fd = file_of(STR(SEP "A: b\n\nc\n"
				 "\n" SEP ">From\n>From x\n\n"));
	lseek(fd, 0, SEEK_SET);
	importfile_start(f, fd, IMPORTFILE_AUTO);
	T(importfile_next(f, &m, &err) == 1);
	T(m.offset == 0 && m.mbox && m.dated && m.date.epoch == 1136214245);
	struct str piece;
	while (importfile_read(f, &piece, &err) == 1)
		;
	T(importfile_found(f, got));
	hash_of(STR(one), want);
	T(memcmp(got, want, HASH_BYTES) == 0);
	T(importfile_next(f, &m, &err) == 1);
	T(m.offset == sizeof one);
	while (importfile_read(f, &piece, &err) == 1)
		;
	T(importfile_found(f, got));
	hash_of(STR(two), want);
	T(memcmp(got, want, HASH_BYTES) == 0);
	T(importfile_next(f, &m, &err) == 0);
	close(fd);
	importfile_close(&f);
}

/* A message that nobody read is skipped whole; a directory is a read error. */
static void skipped(void)
{
	struct importfile *f = importfile_open(4);
	struct importfile_msg m;
	struct str piece;
	struct err err;
	int fd = file_of(STR(SEP "a\n\n" SEP "b\n\n" SEP "c\n"));
	lseek(fd, 0, SEEK_SET);
	importfile_start(f, fd, IMPORTFILE_AUTO);
	T(importfile_next(f, &m, &err) == 1);
	T(importfile_next(f, &m, &err) == 1);
	T(importfile_read(f, &piece, &err) == 1);
	T(importfile_next(f, &m, &err) == 1);
	T(importfile_read(f, &piece, &err) == 1);
	T_STR(str_cut(piece, 0, 1), STR("c"));
	/* Another file may begin in the middle of one. */
	lseek(fd, 0, SEEK_SET);
	importfile_start(f, fd, IMPORTFILE_AUTO);
	T(importfile_next(f, &m, &err) == 1 && m.offset == 0);
	importfile_start(f, -1, IMPORTFILE_AUTO);
	T(importfile_next(f, &m, &err) == -1 && err.kind == ERR_INPUT);
	close(fd);
	importfile_close(&f);
}

/* Lines and runs longer than any buffer. */
static void long_text(void)
{
	struct importfile *f = importfile_open(100);
	struct buf in, out;
	buf_init(&in, 1 << 20);
	buf_init(&out, 1 << 20);
	buf_str(&in, STR(SEP));
	for (int i = 0; i < 10000; i++)
		buf_chr(&in, '>');
	buf_str(&in, STR("From x\n"));
	for (int i = 0; i < 10000; i++)
		buf_chr(&in, '\n');
	int fd = file_of(buf_all(&in));
	lseek(fd, 0, SEEK_SET);
	importfile_start(f, fd, IMPORTFILE_AUTO);
	drain(f, &out);
	/* The quoted line is too long to be one; one of the empty lines was a separator. */
	T(out.n == 10000 + 8 + 2 * 9999 + 2);
	close(fd);
	importfile_close(&f);
	buf_free(&in);
	buf_free(&out);
}

int main(void)
{
	table();
	by_kind(true);
	by_kind(false);
	far_end(true);
	far_end(false);
	flags();
	found();
	skipped();
	long_text();
	return t_done();
}

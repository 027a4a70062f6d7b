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
	found();
	skipped();
	long_text();
	return t_done();
}

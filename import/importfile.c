#define _GNU_SOURCE
#include "importfile.h"

#include <stdlib.h>
#include <unistd.h>

struct importfile {
	struct source from;
	struct source_fd own; /* what importfile_start reads */
	int look;	      /* a regular file to look ahead in, or -1 */
	enum importfile_kind kind;
	enum mbox_format forced, format;
	char *in, *out;
	size_t at, end; /* what is in `in` and not used yet */
	size_t piece, cap;
	size_t n_out;
	uint64_t base; /* file offset of in[0] */
	bool eof, first, mbox, open;
	bool bol;	/* at the beginning of a line */
	bool cr;	/* the byte before was CR */
	bool changed;	/* the message differs from the bytes in the file */
	uint64_t stop;	/* offset at which the record ends by its Content-Length; 0: not known */
	unsigned blank; /* bytes of an empty line held back: it may belong to a separator */
	struct hash_ctx *hash;
	struct mboxhead head;
};

struct importfile *importfile_open(size_t piece)
{
	struct importfile *f = err_alloc(sizeof *f);
	f->piece = piece;
	f->cap = piece + 2 * MBOX_LINE;
	f->in = err_alloc(f->cap);
	/* A piece of lone LFs doubles; one more line may follow a refill. */
	f->out = err_alloc(3 * f->cap + 16);
	f->hash = hash_new();
	return f;
}

void importfile_close(struct importfile **f)
{
	if (*f == NULL)
		return;
	free((*f)->in);
	free((*f)->out);
	hash_free(&(*f)->hash);
	free(*f);
	*f = NULL;
}

void importfile_format(struct importfile *f, enum mbox_format format)
{
	f->forced = format;
}

void importfile_begin(struct importfile *f, struct source from, int fd, enum importfile_kind kind)
{
	unsigned char drop[HASH_BYTES];
	if (f->open)
		hash_end(f->hash, drop);
	f->from = from;
	f->look = fd;
	f->kind = kind;
	f->at = f->end = 0;
	f->base = f->stop = 0;
	f->eof = f->mbox = f->open = false;
	f->first = true;
}

void importfile_start(struct importfile *f, int fd, enum importfile_kind kind)
{
	f->own = (struct source_fd){fd, 0};
	importfile_begin(f, source_fd(&f->own), -1, kind);
}

/* Reads one more piece behind what is there. 1; 0 end of file or no room; -1, and nothing comes
 * of the file any more. */
static int fill(struct importfile *f, struct err *err)
{
	size_t got = 0;
	if (f->eof)
		return 0;
	if (f->at) {
		memmove(f->in, f->in + f->at, f->end - f->at);
		f->base += f->at;
		f->end -= f->at;
		f->at = 0;
	}
	size_t room = f->cap - f->end;
	if (room == 0)
		return 0;
	int r = f->from.read(f->from.arg, f->in + f->end, room < f->piece ? room : f->piece, &got,
			     err);
	f->eof = r <= 0;
	f->end = r < 0 ? f->at : f->end + got;
	f->first &= r >= 0;
	f->open &= r >= 0;
	return r;
}

/* The line that begins here, with its LF if that is among its first MBOX_LINE bytes; what is
 * longer is cut there. 1 or -1. */
static int peek_line(struct importfile *f, struct str *line, struct err *err)
{
	for (;;) {
		size_t n = f->end - f->at;
		if (n > MBOX_LINE)
			n = MBOX_LINE;
		const char *lf = n ? memchr(f->in + f->at, '\n', n) : NULL;
		*line = (struct str){f->in + f->at, lf ? (size_t)(lf - f->in) + 1 - f->at : n};
		if (lf || n == MBOX_LINE || f->eof)
			return 1;
		if (fill(f, err) < 0)
			return -1;
	}
}

static bool whole_line(struct str line)
{
	return line.n && line.p[line.n - 1] == '\n';
}

/* Counts n bytes as used, and as part of the message as found. */
static void use(struct importfile *f, size_t n)
{
	hash_add(f->hash, f->in + f->at, n);
	f->at += n;
}

/* "Name: value", or a From line: what every mail begins with. */
static bool mail_like(struct str line)
{
	size_t i = 0;
	if (str_starts(line, STR("From ")))
		return true;
	while (i < line.n && line.p[i] > 32 && line.p[i] < 127 && line.p[i] != ':')
		i++;
	return i > 0 && i < line.n && line.p[i] == ':' && i + 1 < line.n &&
	       (line.p[i + 1] == ' ' || line.p[i + 1] == '\t' || line.p[i + 1] == '\r' ||
		line.p[i + 1] == '\n');
}

static bool is_empty(struct str line)
{
	return str_eq(line, STR("\n")) || str_eq(line, STR("\r\n"));
}

/* Fills the buffer. 1 or -1. */
static int fill_all(struct importfile *f, struct err *err)
{
	int r = 1;
	while (r == 1)
		r = fill(f, err);
	return r < 0 ? -1 : 1;
}

static struct str ahead(const struct importfile *f)
{
	return (struct str){f->in + f->at, f->end - f->at};
}

/* Which kind of mbox begins here. 1 or -1. */
static int learn_format(struct importfile *f, struct err *err)
{
	f->format = f->forced;
	if (f->format != MBOX_AUTO)
		return 1;
	if (fill_all(f, err) < 0)
		return -1;
	f->format = mboxhead_guess(ahead(f), f->eof);
	return 1;
}

/* Does the record end `n` bytes from here, as its Content-Length says? 1, 0 or -1. */
static int ends_at(struct importfile *f, uint64_t n, struct err *err)
{
	char text[2 * MBOX_LINE];
	int r = mboxhead_ends(ahead(f), n, f->eof);
	if (r >= 0)
		return r;
	if (f->look >= 0 && n < INT64_MAX / 2) {
		uint64_t from = f->base + f->at + n - 1;
		ssize_t got = pread(f->look, text, sizeof text, (off_t)from);
		if (got < 1)
			return 0;
		return mboxhead_ends((struct str){text, (size_t)got}, 1,
				     (size_t)got < sizeof text) == 1;
	}
	if (fill_all(f, err) < 0)
		return -1;
	return mboxhead_ends(ahead(f), n, f->eof) == 1;
}

/* Looks at the header of a record of an mbox, up to what the buffer holds. 1 or -1. */
static int read_head(struct importfile *f, struct importfile_msg *out, struct err *err)
{
	int r = 1;
	mboxhead_read(ahead(f), &f->head);
	while (f->head.body == 0 && r == 1) {
		r = fill(f, err);
		mboxhead_read(ahead(f), &f->head);
	}
	out->flags = f->head.flags;
	out->keywords = (struct str){f->head.keywords, f->head.n_keywords};
	if (r < 0)
		return -1;
	if (f->head.body == 0 || !f->head.counted || f->format < MBOX_CL ||
	    f->head.length > UINT32_MAX)
		return 1;
	uint64_t n = f->head.body + f->head.length;
	r = ends_at(f, n, err);
	if (r > 0)
		f->stop = f->base + f->at + n;
	return r < 0 ? -1 : 1;
}

/* Begins a message with its From line, if it has one. 1 or -1. */
static int begin_message(struct importfile *f, struct str line, bool from,
			 struct importfile_msg *out, struct err *err)
{
	out->dated = from && mbox_from(line, &out->date);
	f->changed = from;
	f->stop = 0;
	if (from)
		use(f, line.n);
	return f->mbox ? read_head(f, out, err) : 1;
}

/* Looks at the beginning of the file. 1 there is a message; 0 none; -1. */
static int begin_file(struct importfile *f, struct importfile_msg *out, struct err *err)
{
	struct str line;
	if (peek_line(f, &line, err) < 0)
		return -1;
	f->first = false;
	if (f->kind == IMPORTFILE_LIKELY && !mail_like(line))
		return 0;
	bool from = f->kind != IMPORTFILE_AS_IS && str_starts(line, STR("From ")) &&
		    whole_line(line);
	f->mbox = from && f->kind != IMPORTFILE_SINGLE;
	if (f->mbox && learn_format(f, err) < 0)
		return -1;
	if (peek_line(f, &line, err) < 0) /* it may have moved */
		return -1;
	return begin_message(f, line, from, out, err);
}

/* The separator before the next record of an mbox. 1; 0 end of file; -1. */
static int begin_record(struct importfile *f, struct importfile_msg *out, struct err *err)
{
	struct str line;
	if (!f->mbox)
		return 0;
	if (peek_line(f, &line, err) < 0)
		return -1;
	if (f->stop && is_empty(line)) {
		f->at += line.n;
		out->offset += line.n;
		if (peek_line(f, &line, err) < 0)
			return -1;
	}
	if (line.n == 0)
		return 0;
	return begin_message(f, line, true, out, err);
}

int importfile_next(struct importfile *f, struct importfile_msg *out, struct err *err)
{
	unsigned char drop[HASH_BYTES];
	struct str piece;
	int r = 1;
	while (r == 1 && f->open)
		r = importfile_read(f, &piece, err);
	if (r < 0)
		return -1;
	hash_end(f->hash, drop);
	*out = (struct importfile_msg){.offset = f->base + f->at};
	r = f->first ? begin_file(f, out, err) : begin_record(f, out, err);
	out->mbox = f->mbox;
	f->open = r == 1;
	f->bol = true;
	f->cr = false;
	f->blank = 0;
	return r;
}

static void put(struct importfile *f, const char *p, size_t n)
{
	memcpy(f->out + f->n_out, p, n);
	f->n_out += n;
}

/* The empty line that was held back is text after all. */
static void release_blank(struct importfile *f)
{
	if (f->blank == 0)
		return;
	hash_add(f->hash, f->blank == 2 ? "\r\n" : "\n", f->blank);
	put(f, "\r\n", 2);
	f->changed |= f->blank == 1;
	f->blank = 0;
}

/* Takes one '>' off a line where the kind of mbox has put one. */
static void unquote(struct importfile *f, struct str line)
{
	size_t run = f->format == MBOX_CL2 ? 0 : mbox_quoted(line);
	if (run == 0 || (run > 1 && f->format != MBOX_RD))
		return;
	f->changed = true;
	use(f, 1);
}

/* Decides at the beginning of a line of an mbox: 1 it goes on as text, 0 the message ends here,
 * 2 the line was used up (an empty one, held back), -1. */
static int line_start(struct importfile *f, struct err *err)
{
	struct str line;
	struct mbox_date date;
	char c = f->in[f->at];
	if (c != '\n' && c != '\r' && c != 'F' && c != '>') {
		release_blank(f);
		return 1;
	}
	if (peek_line(f, &line, err) < 0)
		return -1;
	if (is_empty(line) && !f->stop) {
		release_blank(f);
		f->blank = (unsigned)line.n;
		f->at += line.n;
		return 2;
	}
	if (f->blank && whole_line(line) && mbox_from(line, &date))
		return 0;
	release_blank(f);
	unquote(f, line);
	return 1;
}

/* Takes over text up to the end of a line, or of what is there. */
static void take_line(struct importfile *f)
{
	size_t have = f->end - f->at;
	if (f->stop && have > f->stop - f->base - f->at)
		have = (size_t)(f->stop - f->base - f->at);
	const char *p = f->in + f->at, *lf = memchr(p, '\n', have);
	size_t n = lf ? (size_t)(lf - p) : have;
	put(f, p, n);
	if (n)
		f->cr = p[n - 1] == '\r';
	f->bol = lf != NULL;
	if (lf && f->cr) {
		put(f, "\n", 1);
	} else if (lf) {
		put(f, "\r\n", 2);
		f->changed = true;
	}
	if (lf)
		f->cr = false;
	f->at += n + (lf != NULL);
}

/* Everything that is there, byte for byte. */
static void take_as_is(struct importfile *f)
{
	put(f, f->in + f->at, f->end - f->at);
	use(f, f->end - f->at);
}

/* Everything of a single message that is there, without a look at its lines. */
static void take_all(struct importfile *f)
{
	size_t from = f->at;
	while (f->at < f->end)
		take_line(f);
	hash_add(f->hash, f->in + from, f->at - from);
}

/* Must something be decided before this line is taken? Few lines begin so. */
static bool line_matters(const struct importfile *f)
{
	char c = f->in[f->at];
	return f->bol && (f->blank || c == '\n' || c == '\r' || c == 'F' || c == '>');
}

/* The same for an mbox. 1 more may come; 0 the message ends; -1. */
static int take_record(struct importfile *f, struct err *err)
{
	int r = 1;
	/* A peek may move and refill `in`; then this piece is full enough. */
	uint64_t base = f->base;
	size_t from = f->at; /* taken and not hashed yet: a run of lines at once */
	while (f->at < f->end && f->base == base) {
		if (f->stop && f->base + f->at >= f->stop) {
			r = 0;
			break;
		}
		if (line_matters(f)) {
			hash_add(f->hash, f->in + from, f->at - from);
			r = line_start(f, err);
			from = f->at;
			if (r <= 0)
				return r;
			if (r == 2)
				continue;
		}
		take_line(f);
	}
	hash_add(f->hash, f->in + from, f->at - from);
	return r != 0;
}

int importfile_read(struct importfile *f, struct str *piece, struct err *err)
{
	f->n_out = 0;
	while (f->open && f->n_out == 0) {
		int r = 1;
		if (f->at == f->end && fill(f, err) < 0)
			return -1;
		if (f->at == f->end)
			r = 0;
		else if (f->mbox)
			r = take_record(f, err);
		else if (f->kind == IMPORTFILE_AS_IS)
			take_as_is(f);
		else
			take_all(f);
		if (r < 0)
			return -1;
		f->open = r == 1;
	}
	*piece = (struct str){f->out, f->n_out};
	return f->n_out > 0;
}

bool importfile_found(struct importfile *f, unsigned char out[HASH_BYTES])
{
	hash_end(f->hash, out);
	return f->changed;
}

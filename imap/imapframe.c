#include "imapframe.h"

enum { LINE, KEEP, DROP, BODY, DONE };

void imapframe_init(struct imapframe *f)
{
	*f = (struct imapframe){.state = LINE};
	buf_init(&f->line, IMAPFRAME_LINE);
}

void imapframe_free(struct imapframe *f)
{
	buf_free(&f->line);
}

/* Status responses, tagged ones and continuations end in free text: no literals there. */
static bool has_literals(struct str line)
{
	static const struct str plain[] = {STR("* OK "), STR("* NO "), STR("* BAD "), STR("* BYE "),
					   STR("* PREAUTH ")};
	for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
		if (str_istarts(line, plain[i]))
			return false;
	return str_starts(line, STR("* "));
}

/* Does the line (without CRLF), of which line.p[from..] is not a literal's content, end in a
 * literal's size? 1: *size_out, and *before_out is what stands in front of it; 0 no; -1 a size
 * no one could mean. */
static int literal_at_end(struct str line, size_t from, struct str *before_out, uint64_t *size_out)
{
	size_t i = line.n;
	if (i < from + 3 || line.p[--i] != '}')
		return 0;
	while (i > from && line.p[i - 1] >= '0' && line.p[i - 1] <= '9')
		i--;
	if (i == from || i == line.n - 1 || line.p[i - 1] != '{')
		return 0;
	size_t open = i - 1;
	if (open > from && line.p[open - 1] == '~')
		open--;
	if (open == from || (line.p[open - 1] != ' ' && line.p[open - 1] != '('))
		return 0;
	if (str_u64(str_cut(line, i, line.n - 1), size_out) == 0 || *size_out > INT64_MAX)
		return -1;
	*before_out = str_cut(line, 0, open);
	return has_literals(line);
}

/* Is what stands before the literal the name of a whole message in a FETCH response? */
static bool is_body(struct str before)
{
	static const struct str whole[] = {STR("BODY[]"), STR("RFC822"), STR("BODY[HEADER]"),
					   STR("BODY[TEXT]")};
	struct str rest = str_cut(before, 2, before.n), number;
	if (!str_split(&rest, ' ', &number) ||
	    (!str_istarts(rest, STR("FETCH ")) && !str_istarts(rest, STR("UIDFETCH "))))
		return false;
	size_t end = before.n - 1; /* the SP */
	size_t i = end;
	while (i > 0 && before.p[i - 1] != ' ' && before.p[i - 1] != '(')
		i--;
	struct str name = str_cut(before, i, end);
	if (str_istarts(name, STR("BODY[]<")))
		return str_ends(name, STR(">"));
	for (size_t k = 0; k < sizeof whole / sizeof *whole; k++)
		if (str_ieq(name, whole[k]))
			return true;
	return false;
}

static int bad(struct err *err, const char *what)
{
	return err_set(err, ERR_INPUT, "the server does not speak IMAP: %s", what);
}

static void mark(struct imapframe *f, size_t keep, char which)
{
	f->line.n = keep;
	buf_chr(&f->line, '\0');
	buf_chr(&f->line, which);
}

/* The line in f->line is at its end. */
static int end_of_line(struct imapframe *f, struct imapframe_out *out, struct err *err)
{
	struct str line = buf_all(&f->line), before;
	if (line.n < 2 || line.p[line.n - 2] != '\r')
		return bad(err, "a line without CR");
	line.n -= 2;
	int r = literal_at_end(line, f->text, &before, &f->left);
	if (r < 0)
		return bad(err, "a literal of impossible size");
	if (r == 0) {
		f->state = DONE;
		*out = (struct imapframe_out){IMAPFRAME_DONE, line, 0};
		return 1;
	}
	if (is_body(before)) {
		if (f->bodies++)
			return bad(err, "two messages in one response");
		mark(f, before.n, IMAPFRAME_BODY_MARK);
		f->state = BODY;
		*out = (struct imapframe_out){IMAPFRAME_BODY, buf_all(&f->line), f->left};
	} else if (f->left > IMAPFRAME_LITERAL) {
		mark(f, before.n, IMAPFRAME_DROP_MARK);
		f->state = DROP;
	} else {
		f->state = KEEP;
	}
	return 1;
}

static int take_line(struct imapframe *f, struct str *in, struct imapframe_out *out,
		     struct err *err)
{
	const char *lf = memchr(in->p, '\n', in->n);
	size_t n = lf ? (size_t)(lf - in->p) + 1 : in->n;
	if (memchr(in->p, '\0', n))
		return bad(err, "a NUL outside a literal");
	buf_add(&f->line, in->p, n);
	*in = str_cut(*in, n, in->n);
	if (f->line.full)
		return bad(err, "a line of more than a million bytes");
	return lf ? end_of_line(f, out, err) : 1;
}

static int take_literal(struct imapframe *f, struct str *in, struct imapframe_out *out,
			struct err *err)
{
	size_t n = f->left < in->n ? (size_t)f->left : in->n;
	if (f->state == KEEP)
		buf_add(&f->line, in->p, n);
	else if (f->state == BODY)
		*out = (struct imapframe_out){IMAPFRAME_DATA, str_cut(*in, 0, n), 0};
	*in = str_cut(*in, n, in->n);
	f->left -= n;
	return f->line.full ? bad(err, "a line of more than a million bytes") : 1;
}

int imapframe_step(struct imapframe *f, struct str *in, struct imapframe_out *out, struct err *err)
{
	*out = (struct imapframe_out){.event = IMAPFRAME_MORE};
	if (f->state == DONE) {
		buf_clear(&f->line);
		f->bodies = 0;
		f->text = 0;
		f->state = LINE;
	}
	while (out->event == IMAPFRAME_MORE && in->n > 0) {
		if (f->state != LINE && f->left == 0) {
			f->state = LINE;
			f->text = f->line.n;
		}
		int r = f->state == LINE ? take_line(f, in, out, err)
					 : take_literal(f, in, out, err);
		if (r < 0)
			return -1;
	}
	return 1;
}

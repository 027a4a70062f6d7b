#include "popframe.h"

enum state {
	IN_LINE,
	LINE_DONE, /* the line was handed out; drop it at the next step */
	AT_START,  /* of a line of a stream */
	AFTER_DOT, /* that began a line */
	DOT_CR,    /* ".\r" began it */
	IN_TEXT,
	AFTER_CR   /* in a line of a stream */
};

void popframe_init(struct popframe *f)
{
	*f = (struct popframe){.state = IN_LINE};
	buf_init(&f->line, POPFRAME_LINE);
}

void popframe_body(struct popframe *f)
{
	f->state = AT_START;
	buf_clear(&f->line);
}

void popframe_free(struct popframe *f)
{
	buf_free(&f->line);
}

static void take(struct str *in, size_t n)
{
	in->p += n;
	in->n -= n;
}

static int line(struct popframe *f, struct str *in, struct popframe_out *out, struct err *err)
{
	ptrdiff_t lf = str_chr(*in, '\n');
	size_t n = lf < 0 ? in->n : (size_t)lf + 1;
	buf_add(&f->line, in->p, n);
	take(in, n);
	if (f->line.full)
		return err_set(err, ERR_INPUT, "the server's line is too long");
	if (lf < 0)
		return 1;
	struct str text = buf_all(&f->line);
	if (!str_ends(text, STR("\r\n")) || str_chr(text, '\0') >= 0)
		return err_set(err, ERR_INPUT, "the server's line has no proper end, or a NUL");
	f->state = LINE_DONE;
	*out = (struct popframe_out){POPFRAME_ONE, str_cut(text, 0, text.n - 2)};
	return 1;
}

/* The text up to a line that begins with a dot, or as much of it as there is. */
static void text(struct popframe *f, struct str *in, struct popframe_out *out)
{
	ptrdiff_t at = str_find(*in, STR("\r\n."));
	size_t n = at < 0 ? in->n : (size_t)at + 2;
	*out = (struct popframe_out){POPFRAME_DATA, str_cut(*in, 0, n)};
	if (str_ends(out->data, STR("\r\n")))
		f->state = AT_START;
	else
		f->state = in->p[n - 1] == '\r' ? AFTER_CR : IN_TEXT;
	take(in, n);
}

/* One byte where a dot or a line's end may be. The event stays MORE when it tells nothing. */
static void edge(struct popframe *f, struct str *in, struct popframe_out *out)
{
	char c = in->p[0];
	if (f->state == AT_START && c == '.') {
		f->state = AFTER_DOT;
		take(in, 1);
	} else if (f->state == AFTER_DOT && c == '\r') {
		f->state = DOT_CR;
		take(in, 1);
	} else if (f->state == DOT_CR && c == '\n') {
		f->state = IN_LINE;
		buf_clear(&f->line);
		take(in, 1);
		out->event = POPFRAME_END;
	} else if (f->state == DOT_CR) {
		f->state = AFTER_CR; /* the line began with a CR, and has no end yet */
		*out = (struct popframe_out){POPFRAME_DATA, STR("\r")};
	} else if (f->state == AFTER_CR && c == '\n') {
		f->state = AT_START;
		*out = (struct popframe_out){POPFRAME_DATA, str_cut(*in, 0, 1)};
		take(in, 1);
	} else {
		f->state = IN_TEXT;
	}
}

int popframe_step(struct popframe *f, struct str *in, struct popframe_out *out, struct err *err)
{
	*out = (struct popframe_out){.event = POPFRAME_MORE};
	if (f->state == LINE_DONE) {
		buf_clear(&f->line);
		f->state = IN_LINE;
	}
	while (in->n && out->event == POPFRAME_MORE) {
		if (f->state == IN_TEXT)
			text(f, in, out);
		else if (f->state != IN_LINE)
			edge(f, in, out);
		else if (line(f, in, out, err) < 0)
			return -1;
	}
	return 1;
}

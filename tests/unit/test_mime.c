#include "t.h"

#include "buf.h"
#include "mime.h"

#define H(b) "Content-Type: multipart/mixed; boundary=" b "\n\n"

/* The tree as text: each part "(type 'body' kids)", with marks. */
static void show(const struct mime *m, int parent, char *out, size_t max)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct mail_part *p = &m->parts[i];
		if (p->parent != parent)
			continue;
		bool leaf = !mime_is_multipart(p) && !mime_is_message(p);
		size_t n = strlen(out);
		snprintf(out + n, max - n, "(%.*s", STR_ARG(p->type));
		n = strlen(out);
		if (leaf && p->body.n)
			snprintf(out + n, max - n, " '%.*s'", STR_ARG(p->body));
		n = strlen(out);
		if (p->marks)
			snprintf(out + n, max - n, " !%u", p->marks);
		show(m, (int)i, out, max);
		n = strlen(out);
		snprintf(out + n, max - n, ")");
	}
}

static void trees(void)
{
	static const struct {
		struct str in;
		const char *want;
	} row[] = {
		{STR(""), "(text/plain)"},
		{STR("\n"), "(text/plain)"},
		{STR("\nbody"), "(text/plain 'body')"},
		{STR("A: b"), "(text/plain)"},
		{STR("A: b\n\n"), "(text/plain)"},
		{STR("A: b\r\n\r\nx\r\n"), "(text/plain 'x\r\n')"},
		{STR("Content-Type: image/png\n\nx"), "(image/png 'x')"},
		{STR(H("B") "pre\n--B\n\none\n--B\n\ntwo\n--B--\nepi\n"),
		 "(multipart/mixed(text/plain 'one')(text/plain 'two'))"},
		{STR(H("B") "--B\r\n\r\none\r\n\r\n--B--\r\n"),
		 "(multipart/mixed(text/plain 'one\r\n'))"},
		{STR(H("B") "--B\n\none"), "(multipart/mixed(text/plain 'one'))"},
		{STR(H("B") "--B"), "(multipart/mixed(text/plain))"},
		{STR(H("B") "--B\n\n--B\n\n\n--B--"),
		 "(multipart/mixed(text/plain)(text/plain))"},
		{STR(H("B") "--Bx\n\none\n--B--y\nepi"), "(multipart/mixed(text/plain 'one'))"},
		{STR(H("B") "--B\n\none\n--B--\nepi\n--B\n\ntwo"),
		 "(multipart/mixed(text/plain 'one'))"},
		{STR(H("B") " --B\n\none"), "(multipart/mixed !32)"},
		{STR(H("B") "--b\n\none"), "(multipart/mixed !32)"},
		{STR(H("B") "x--B\n\none"), "(multipart/mixed !32)"},
		{STR(H("B") "--B--\n\none"), "(multipart/mixed !32)"},
		{STR("Content-Type: multipart/mixed\n\n--B\n\none"), "(multipart/mixed !32)"},
		{STR("Content-Type: multipart/mixed; boundary=\"\"\n\n--\n\none"),
		 "(multipart/mixed !32)"},
		/* boundaries that begin each other: the longest match, the innermost on ties */
		{STR(H("B") "--B\n" H("BB") "--BB\n\none\n--BB--\nepi\n--B\n\ntwo\n--B--"),
		 "(multipart/mixed(multipart/mixed(text/plain 'one'))(text/plain 'two'))"},
		{STR(H("BB") "--BB\n" H("B") "--B\n\none\n--BB\n\ntwo\n--BB--"),
		 "(multipart/mixed(multipart/mixed(text/plain 'one'))(text/plain 'two'))"},
		{STR(H("B") "--B\n" H("B") "--B\n\none\n--B--\nepi\n--B\n\ntwo\n--B--"),
		 "(multipart/mixed(multipart/mixed(text/plain 'one'))(text/plain 'two'))"},
		{STR(H("B") "--B\n" H("C") "--C\n\none\n--B\n\ntwo"),
		 "(multipart/mixed(multipart/mixed(text/plain 'one'))(text/plain 'two'))"},
		{STR(H("B") "--B\n" H("C") "pre\n--B\n\ntwo"),
		 "(multipart/mixed(multipart/mixed !32)(text/plain 'two'))"},
		/* an enclosing delimiter ends a header; the own one does not yet exist there */
		{STR(H("B") "--B\nX: one\n--B\n\ntwo"),
		 "(multipart/mixed(text/plain)(text/plain 'two'))"},
		{STR(H("B") "--B\nContent-Type: image/png\n--B--\n\ntwo"),
		 "(multipart/mixed(image/png))"},
		{STR("Content-Type: multipart/mixed; boundary=B\n--B\n\none\n"),
		 "(multipart/mixed !32)"},
		/* nested messages */
		{STR("Content-Type: message/rfc822\n\nSubject: in\n\none\n"),
		 "(message/rfc822(text/plain 'one\n'))"},
		{STR("Content-Type: message/rfc822"), "(message/rfc822(text/plain))"},
		{STR(H("B") "--B\nContent-Type: message/rfc822\n\n" H("C")
		     "--C\n\none\n--C--\n--B\n\ntwo\n--B--"),
		 "(multipart/mixed(message/rfc822(multipart/mixed(text/plain 'one')))"
		 "(text/plain 'two'))"},
		{STR(H("B") "--B\nContent-Type: message/rfc822\n\nX: y\n--B\n\ntwo"),
		 "(multipart/mixed(message/rfc822(text/plain))(text/plain 'two'))"},
		{STR(H("B") "--B\nContent-Type: message/rfc822\n--B\n\ntwo"),
		 "(multipart/mixed(message/rfc822)(text/plain 'two'))"},
		{STR("Content-Type: multipart/digest; boundary=B\n\n--B\n\nX: y\n\none\n--B\n"
		     "Content-Type: text/html\n\ntwo\n--B\nContent-Type: bad\n\nthree"),
		 "(multipart/digest(message/rfc822(text/plain 'one'))(text/html 'two')"
		 "(text/plain 'three'))"},
		{STR("Content-Type: multipart/report; boundary=B\n\n--B\n"
		     "Content-Type: message/delivery-status\n\nA: b\n\nC: d\n--B--"),
		 "(multipart/report(message/delivery-status 'A: b\n\nC: d'))"},
		/* two fields of one name */
		{STR("Content-Type: text/html\nContent-Type: text/plain\n\nx"), "(text/html 'x')"},
		{STR("Content-Type: bad\nContent-Type: text/html\n\nx"), "(text/plain 'x')"},
		{STR("A: b\n\0\n\nx"), "(text/plain 'x')"},
	};
	struct arena a = {0};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct mime m;
		char got[2000] = "";
		mime_split(&a, row[i].in, &mail_default_limits, &m);
		show(&m, -1, got, sizeof got);
		T_STR(str_of(got), str_of(row[i].want));
	}
	arena_free(&a);
}

/* Of a longer boundary than the limit the beginning counts. */
static void boundary_length(void)
{
	struct arena a = {0};
	for (size_t len = MIME_BOUNDARY_MAX - 1; len <= MIME_BOUNDARY_MAX + 1; len++) {
		char b[100], text[400];
		struct mime m;
		memset(b, 'x', len);
		b[len] = '\0';
		snprintf(text, sizeof text,
			 "Content-Type: multipart/mixed; boundary=%sz\n\n--%sy\n\none\n", b, b);
		mime_split(&a, str_of(text), &mail_default_limits, &m);
		T(m.n == (len >= MIME_BOUNDARY_MAX ? 2 : 1));
		T(m.parts[0].marks ==
		  (len >= MIME_BOUNDARY_MAX ? MAIL_MARK_DEPTH : MAIL_MARK_NO_BODY));
	}
	arena_free(&a);
}

static void depth(bool messages, int levels)
{
	struct arena a = {0};
	struct buf b;
	struct mime m;
	buf_init(&b, 1 << 20);
	for (int i = 0; i < levels; i++) {
		if (messages)
			buf_fmt(&b, "Content-Type: message/rfc822\n\n");
		else
			buf_fmt(&b, H("b%dz") "--b%dz\n", i, i);
	}
	buf_fmt(&b, "\ndeep\n");
	mime_split(&a, buf_all(&b), &mail_default_limits, &m);
	int most = (int)mail_default_limits.max_depth;
	bool deeper = levels >= most;
	T(m.n == (size_t)(deeper ? most : levels + 1));
	const struct mail_part *last = &m.parts[m.n - 1];
	T(last->marks == (deeper ? MAIL_MARK_DEPTH : 0));
	T(deeper || str_starts(last->body, STR("deep")));
	T(str_ends(last->body, STR("deep\n")));
	buf_free(&b);
	arena_free(&a);
}

static void many_parts(void)
{
	static const int counts[] = {9998, 9999, 10000, 20000};
	for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
		struct arena a = {0};
		struct buf b;
		struct mime m;
		buf_init(&b, 1 << 20);
		buf_fmt(&b, H("B"));
		for (int i = 0; i < counts[c]; i++)
			buf_fmt(&b, "--B\n\np%d\n", i);
		mime_split(&a, buf_all(&b), &mail_default_limits, &m);
		bool over = counts[c] >= 10000;
		T(m.n == (over ? 10000 : (size_t)counts[c] + 1));
		const struct mail_part *last = &m.parts[m.n - 1];
		T(last->marks == (over ? MAIL_MARK_PARTS : 0));
		T_STR(str_cut(last->body, 0, 5), counts[c] == 9998 ? STR("p9997") : STR("p9998"));
		buf_free(&b);
		arena_free(&a);
	}
}

int main(void)
{
	mail_init();
	trees();
	boundary_length();
	for (int i = 97; i < 104; i++) {
		depth(false, i);
		depth(true, i);
	}
	depth(false, 500);
	depth(true, 500);
	many_parts();
	return t_done();
}

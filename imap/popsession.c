#define _GNU_SOURCE
#include "popsession.h"

#include "buf.h"
#include "popframe.h"
#include "poplogin.h"
#include "trace.h"

#include <openssl/crypto.h>
#include <stdlib.h>

#define MAX_CAPABILITIES 8192
#define MAX_QUEUED (64 << 10)
#define LINE_SHOWN 1000 /* of a line of an answer */
#define QUIT_MS 2000
#define MAX_DELAY 86400

struct popsession {
	struct conn *conn;
	struct popframe frame;
	struct buf out, caps, line;
	struct str piece; /* of an answer, not cut into lines yet */
	struct trace trace;
	bool broken; /* nothing can be said any more */
	bool body;   /* an answer was not read to its end */
	bool told;   /* there was an answer to CAPA */
};

/* ---- sending ---- */

void popsession_send(struct popsession *s, const char *fmt, ...)
{
	char text[2048];
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof text)
		err_die("popsession: a command of %d bytes", n);
	buf_add(&s->out, text, (size_t)n);
	OPENSSL_cleanse(text, (size_t)n);
	buf_str(&s->out, STR("\r\n"));
}

void popsession_send_raw(struct popsession *s, struct str bytes)
{
	buf_str(&s->out, bytes);
}

static int flush(struct popsession *s, struct err *err)
{
	if (s->out.full)
		err_die("popsession: too many commands queued");
	if (s->out.n == 0)
		return 1;
	trace_client(&s->trace, buf_all(&s->out));
	int r = conn_write(s->conn, s->out.p, s->out.n, err);
	OPENSSL_cleanse(s->out.p, s->out.n); /* a password may have been in it */
	buf_clear(&s->out);
	s->broken = s->broken || r < 0;
	return r;
}

/* ---- receiving ---- */

static int next(struct popsession *s, struct popframe_out *ev, struct err *err)
{
	for (;;) {
		struct str in = conn_input(s->conn), rest = in;
		int r = popframe_step(&s->frame, &rest, ev, err);
		conn_eat(s->conn, in.n - rest.n);
		if (r == 1 && ev->event != POPFRAME_MORE)
			return 1;
		if (r == 1)
			r = flush(s, err);
		if (r == 1)
			r = conn_fill(s->conn, err);
		if (r == 0)
			err_set(err, ERR_NET, "the server closed the connection");
		if (r < 1) {
			s->broken = true;
			return -1;
		}
	}
}

int popsession_status(struct popsession *s, struct popparse_status *out, struct err *err)
{
	struct popframe_out ev;
	if (s->body)
		err_die("popsession: an answer was not read to its end");
	if (flush(s, err) < 0 || next(s, &ev, err) < 0)
		return -1;
	trace_server(&s->trace, ev.data);
	if (popparse_status(ev.data, out))
		return 1;
	s->broken = true;
	return err_set(err, ERR_INPUT, "the server does not speak POP3");
}

int popsession_refused(const struct popparse_status *st, enum err_kind otherwise, const char *what,
		       struct err *err)
{
	char text[200];
	size_t n = 0;
	for (size_t i = 0; i < st->text.n && n < sizeof text - 1; i++) {
		unsigned char c = (unsigned char)st->text.p[i];
		text[n++] = c < ' ' || c > '~' ? '?' : (char)c;
	}
	text[n] = '\0';
	bool known = popparse_failure(st, ERR_NONE) != ERR_NONE; /* other codes may be anything */
	return err_set(err, popparse_failure(st, otherwise), "%s: the server said '%s%.*s%s%s'",
		       what, known ? "[" : "", known ? (int)st->code.n : 0, st->code.p,
		       known ? "] " : "", text);
}

int popsession_finish(struct popsession *s, const char *what, struct err *err)
{
	struct popparse_status st;
	if (popsession_status(s, &st, err) < 0)
		return -1;
	if (st.kind == POPPARSE_OK)
		return 1;
	popsession_refused(&st, ERR_NET, what, err);
	return 0;
}

void popsession_body(struct popsession *s)
{
	popframe_body(&s->frame);
	s->body = true;
	s->piece = (struct str){0};
}

int popsession_piece(struct popsession *s, struct str *piece, struct err *err)
{
	struct popframe_out ev;
	if (next(s, &ev, err) < 0)
		return -1;
	*piece = ev.data;
	s->body = ev.event == POPFRAME_DATA;
	return s->body;
}

int popsession_line(struct popsession *s, struct str *line, struct err *err)
{
	buf_clear(&s->line);
	for (;;) {
		ptrdiff_t lf = str_chr(s->piece, '\n');
		size_t n = lf < 0 ? s->piece.n : (size_t)lf + 1;
		size_t room = s->line.n < LINE_SHOWN ? LINE_SHOWN - s->line.n : 0;
		buf_str(&s->line, str_cut(s->piece, 0, n < room ? n : room));
		s->piece = str_cut(s->piece, n, s->piece.n);
		if (lf >= 0) {
			*line = str_trim(buf_all(&s->line));
			trace_server(&s->trace, *line);
			return 1;
		}
		int r = popsession_piece(s, &s->piece, err);
		if (r < 1)
			return r;
	}
}

bool popsession_fits(const struct popsession *s)
{
	static const struct str answer[] = {STR("+OK"), STR("-ERR")};
	struct str in = conn_input(s->conn);
	for (size_t i = 0; i < sizeof answer / sizeof *answer; i++) {
		size_t n = in.n < answer[i].n ? in.n : answer[i].n;
		if (str_ieq(str_cut(in, 0, n), str_cut(answer[i], 0, n)))
			return true;
	}
	return false;
}

void popsession_note(struct popsession *s, uint64_t bytes)
{
	trace_note(&s->trace, "bytes of a message", bytes);
}

/* ---- beginning and end ---- */

bool popsession_can(const struct popsession *s, const char *capability, struct str *args)
{
	struct str lines = buf_all(&s->caps), line, ignored;
	while (str_line(&lines, &line))
		if (popparse_capa(line, str_of(capability), args ? args : &ignored))
			return true;
	return false;
}

bool popsession_told(const struct popsession *s)
{
	return s->told;
}

/* Learns the capabilities anew. 1 or -1. */
static int capabilities(struct popsession *s, struct err *err)
{
	struct str line;
	buf_clear(&s->caps);
	popsession_send(s, "CAPA");
	int r = popsession_finish(s, "CAPA refused", err);
	s->told = r == 1;
	if (r < 1)
		return r < 0 ? -1 : 1;
	popsession_body(s);
	while ((r = popsession_line(s, &line, err)) == 1) {
		buf_str(&s->caps, line);
		buf_chr(&s->caps, '\n');
	}
	return r < 0 ? -1 : 1;
}

static unsigned login_delay(const struct popsession *s)
{
	struct str args, word;
	uint32_t n;
	if (!popsession_can(s, "LOGIN-DELAY", &args) || !str_split(&args, ' ', &word) ||
	    !str_u32(word, &n))
		return 0;
	return n < MAX_DELAY ? n : MAX_DELAY;
}

/* RFC 2595 4: whatever was said before TLS is worth nothing. */
static int starttls(struct popsession *s, const struct conn_target *t, struct err *err)
{
	if (conn_input(s->conn).n)
		return err_set(err, ERR_DENIED, "'%s' sent more than a greeting in clear: "
			       "somebody may be in between", t->host);
	popsession_send(s, "STLS");
	int r = popsession_finish(s, "STLS refused", err);
	if (r == 0)
		err->kind = ERR_DENIED;
	if (r < 1 || conn_starttls(s->conn, t, err) < 0)
		return -1;
	popframe_free(&s->frame);
	popframe_init(&s->frame);
	return 1;
}

/* RFC 6856: without it Courier wraps each mail with UTF-8 in its header into one of its own making,
 * another one each time. 1, also where it is refused, or -1. */
static int utf8(struct popsession *s, struct err *err)
{
	if (!popsession_can(s, "UTF8", NULL))
		return 1;
	popsession_send(s, "UTF8");
	return popsession_finish(s, "UTF8 refused", err) < 0 ? -1 : 1;
}

static int begin(struct popsession *s, const struct harvest_account *ac,
		 const struct conn_target *t, struct credential *cred, unsigned *delay,
		 struct err *err)
{
	int r = popsession_finish(s, "not welcome", err);
	if (r < 1)
		return -1;
	if (ac->tls == HARVEST_TLS_STARTTLS && starttls(s, t, err) < 0)
		return -1;
	if (capabilities(s, err) < 0)
		return -1;
	*delay = login_delay(s);
	if (utf8(s, err) < 0 || poplogin_run(s, ac, cred, err) < 0 || capabilities(s, err) < 0)
		return -1;
	if (login_delay(s))
		*delay = login_delay(s);
	return 1;
}

int popsession_open(struct popsession **out, const struct harvest_account *ac,
		    struct credential *cred, unsigned *delay, struct err *err)
{
	struct arena a = {0};
	struct popsession *s = err_alloc(sizeof *s);
	struct conn_target t;
	harvest_target(&a, ac, &t);
	popframe_init(&s->frame);
	buf_init(&s->out, MAX_QUEUED);
	buf_init(&s->caps, MAX_CAPABILITIES);
	buf_init(&s->line, 2 * LINE_SHOWN);
	s->trace = (struct trace){.fd = ac->trace, .pop3 = true};
	int r = conn_open(&s->conn, &t, err);
	if (r == 1)
		r = begin(s, ac, &t, cred, delay, err);
	arena_free(&a);
	s->broken = s->broken || r < 0; /* then not even QUIT is said */
	if (r == 1)
		*out = s;
	else
		popsession_close(&s);
	return r;
}

const struct conn *popsession_conn(const struct popsession *s)
{
	return s->conn;
}

static void quit(struct popsession *s)
{
	struct err ignored;
	struct popparse_status st;
	popsession_send(s, "QUIT");
	if (flush(s, &ignored) == 1 && conn_wait(s->conn, QUIT_MS, &ignored) == 1)
		popsession_status(s, &st, &ignored);
}

void popsession_close(struct popsession **sp)
{
	struct popsession *s = *sp;
	if (s == NULL)
		return;
	if (s->conn && !s->broken && !s->body)
		quit(s);
	conn_close(&s->conn);
	popframe_free(&s->frame);
	buf_free(&s->out);
	buf_free(&s->caps);
	buf_free(&s->line);
	free(s);
	*sp = NULL;
}

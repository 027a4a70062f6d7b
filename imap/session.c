#define _GNU_SOURCE
#include "session.h"

#include "imapframe.h"
#include "imaplogin.h"
#include "log.h"
#include "squeeze.h"
#include "trace.h"

#include <openssl/crypto.h>
#include <stdlib.h>

#define MAX_CAPABILITIES 8192
#define MAX_QUEUED (64 << 10)

struct session {
	struct conn *conn;
	struct squeeze *squeeze; /* NULL: nothing is compressed */
	struct buf packed;
	struct imapframe frame;
	struct buf out, caps, enabled, foreign;
	struct trace trace;
	unsigned last_tag;
	bool broken; /* nothing can be said any more */
	bool stale;  /* the capabilities may have changed */
};

/* ---- sending ---- */

unsigned session_send(struct session *s, const char *fmt, ...)
{
	char line[2048];
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof line)
		err_die("session: a command of %d bytes", n);
	buf_fmt(&s->out, "a%u ", ++s->last_tag);
	buf_add(&s->out, line, (size_t)n);
	OPENSSL_cleanse(line, (size_t)n);
	buf_str(&s->out, STR("\r\n"));
	return s->last_tag;
}

void session_send_raw(struct session *s, struct str bytes)
{
	buf_str(&s->out, bytes);
}

static int put(struct session *s, struct str bytes, struct err *err)
{
	if (s->squeeze == NULL)
		return conn_write(s->conn, bytes.p, bytes.n, err);
	buf_clear(&s->packed);
	squeeze_pack(s->squeeze, bytes, &s->packed);
	return conn_write(s->conn, s->packed.p, s->packed.n, err);
}

static int flush(struct session *s, struct err *err)
{
	if (s->out.n)
		trace_client(&s->trace, buf_all(&s->out));
	int r = s->out.n ? put(s, buf_all(&s->out), err) : 1;
	if (s->out.full)
		err_die("session: too many commands queued");
	if (s->out.n)
		OPENSSL_cleanse(s->out.p, s->out.n); /* a password may have been in it */
	buf_clear(&s->out);
	s->broken = s->broken || r < 0;
	return r;
}

static bool quotable(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < ' ' || s.p[i] > '~')
			return false;
	return s.n < 1000;
}

static void put_quoted(struct session *s, struct str arg)
{
	buf_chr(&s->out, '"');
	for (size_t i = 0; i < arg.n; i++) {
		if (arg.p[i] == '"' || arg.p[i] == '\\')
			buf_chr(&s->out, '\\');
		buf_chr(&s->out, arg.p[i]);
	}
	buf_chr(&s->out, '"');
}

/* Waits for the leave to send a literal. 1; 0 the command was refused; -1. */
static int wait_leave(struct session *s, struct err *err)
{
	struct session_event ev;
	for (;;) {
		if (session_next(s, &ev, err) < 0)
			return -1;
		if (ev.kind != SESSION_RESP)
			continue;
		if (ev.resp.kind == IMAPPARSE_CONTINUE)
			return 1;
		if (ev.resp.kind == IMAPPARSE_TAGGED) {
			session_refused(&ev.resp, ERR_INPUT, "a name was refused", err);
			return 0;
		}
	}
}

static int put_literal(struct session *s, struct str arg, struct err *err)
{
	bool small = session_can(s, "LITERAL-") || session_enabled(s, "IMAP4rev2");
	bool now = session_can(s, "LITERAL+") || (small && arg.n <= 4096);
	buf_fmt(&s->out, now ? "{%zu+}\r\n" : "{%zu}\r\n", arg.n);
	int r = now ? 1 : wait_leave(s, err);
	if (r == 1)
		buf_str(&s->out, arg);
	return r;
}

int session_send_strings(struct session *s, const char *verb, const struct str *args, size_t n,
			 unsigned *tag_out, struct err *err)
{
	for (size_t i = 0; i < n; i++)
		if (str_chr(args[i], '\0') >= 0 || args[i].n > 10000) {
			err_set(err, ERR_INPUT, "a name with a NUL, or too long");
			return 0;
		}
	*tag_out = ++s->last_tag;
	buf_fmt(&s->out, "a%u %s", *tag_out, verb);
	for (size_t i = 0; i < n; i++) {
		int r = 1;
		buf_chr(&s->out, ' ');
		if (quotable(args[i]))
			put_quoted(s, args[i]);
		else
			r = put_literal(s, args[i], err);
		if (r < 1)
			return r;
	}
	buf_str(&s->out, STR("\r\n"));
	return 1;
}

/* ---- receiving ---- */

static void keep_capabilities(struct session *s, struct str words)
{
	buf_clear(&s->caps);
	buf_str(&s->caps, words);
	s->stale = false;
}

/* What ENABLE brought adds up; NAMESPACE is asked for once. */
static void keep_data(struct session *s, const struct imapparse_resp *r)
{
	struct arena a = {0};
	struct err ignored;
	if (str_ieq(r->name, STR("ENABLED"))) {
		buf_str(&s->enabled, r->args);
		buf_chr(&s->enabled, ' ');
	} else if (str_ieq(r->name, STR("NAMESPACE"))) {
		buf_clear(&s->foreign);
		imapparse_foreign(&a, r->args, &s->foreign, &ignored);
	}
	arena_free(&a);
}

static int bad(struct session *s, const char *what, struct err *err)
{
	s->broken = true;
	return err_set(err, ERR_INPUT, "the server does not speak IMAP: %s", what);
}

/* Reads a response. 1 the caller's; 0 nothing in it for anybody; -1. */
static int take_response(struct session *s, struct str line, struct session_event *ev,
			 struct err *err)
{
	struct imapparse_resp *r = &ev->resp;
	uint32_t tag;
	trace_server(&s->trace, line);
	if (imapparse_resp(line, r, err) < 0)
		return s->broken = true, -1;
	if (r->kind == IMAPPARSE_DATA && str_ieq(r->name, STR("CAPABILITY")))
		keep_capabilities(s, r->args);
	else if (str_ieq(r->code, STR("CAPABILITY")))
		keep_capabilities(s, r->code_args);
	else if (r->kind == IMAPPARSE_DATA)
		keep_data(s, r);
	if (str_ieq(r->code, STR("ALERT"))) {
		struct str alert = str_cut(r->text, 0, 300);
		log_line(LOG_WARN, "the server says: %.*s", STR_ARG(alert));
	}
	if (r->kind == IMAPPARSE_STATUS && r->status == IMAPPARSE_BYE) {
		s->broken = true;
		return session_refused(r, ERR_NET, "connection ended", err);
	}
	if (r->kind == IMAPPARSE_TAGGED) {
		struct str number = str_cut(r->tag, 1, r->tag.n);
		if (!str_starts(r->tag, STR("a")) || !str_u32(number, &tag) || tag == 0 ||
		    tag > s->last_tag)
			return bad(s, "an answer to no command", err);
		ev->tag = tag;
	}
	ev->kind = SESSION_RESP;
	return r->kind == IMAPPARSE_EMPTY ? 0 : 1;
}

static int take_body(struct session *s, struct session_event *ev)
{
	trace_note(&s->trace, "bytes of a message", ev->size);
	ev->kind = SESSION_BODY;
	return 1;
}

static struct str input(const struct session *s)
{
	return s->squeeze ? squeeze_input(s->squeeze) : conn_input(s->conn);
}

static void eat(struct session *s, size_t n)
{
	if (s->squeeze)
		squeeze_eat(s->squeeze, n);
	else
		conn_eat(s->conn, n);
}

/* Gets and unpacks until there is input. As conn_fill. */
static int fill_unpacked(struct session *s, struct err *err)
{
	for (;;) {
		struct str in = conn_input(s->conn), rest = in;
		int r = squeeze_fill(s->squeeze, &rest, err);
		conn_eat(s->conn, in.n - rest.n);
		if (r)
			return r;
		if (rest.n == 0 && (r = conn_fill(s->conn, err)) < 1)
			return r;
	}
}

static int fill(struct session *s, struct err *err)
{
	if (flush(s, err) < 0)
		return -1;
	int r = s->squeeze ? fill_unpacked(s, err) : conn_fill(s->conn, err);
	if (r == 0)
		err_set(err, ERR_NET, "the server closed the connection");
	s->broken = s->broken || r < 1;
	return r < 1 ? -1 : 1;
}

int session_wait(struct session *s, unsigned ms, struct err *err)
{
	if (flush(s, err) < 0)
		return -1;
	int r = input(s).n ? 1 : conn_wait(s->conn, ms, err);
	s->broken = s->broken || r < 0;
	return r;
}

int session_next(struct session *s, struct session_event *ev, struct err *err)
{
	struct imapframe_out out;
	for (;;) {
		struct str in = input(s), rest = in;
		int r = imapframe_step(&s->frame, &rest, &out, err);
		eat(s, in.n - rest.n);
		*ev = (struct session_event){.size = out.size, .data = out.data};
		if (r < 0)
			s->broken = true;
		else if (out.event == IMAPFRAME_MORE)
			r = fill(s, err) < 0 ? -1 : 0;
		else if (out.event == IMAPFRAME_DONE)
			r = take_response(s, out.data, ev, err);
		else if (out.event == IMAPFRAME_BODY)
			r = take_body(s, ev);
		else
			ev->kind = SESSION_DATA;
		if (r != 0)
			return r;
	}
}

int session_refused(const struct imapparse_resp *resp, enum err_kind kind, const char *what,
		    struct err *err)
{
	char text[200];
	size_t n = 0;
	for (size_t i = 0; i < resp->text.n && n < sizeof text - 1; i++) {
		unsigned char c = (unsigned char)resp->text.p[i];
		text[n++] = c < ' ' || c > '~' ? '?' : (char)c;
	}
	text[n] = '\0';
	return err_set(err, kind, "%s: the server said '%s%.*s%s%s'", what,
		       resp->code.n ? "[" : "", (int)(resp->code.n < 40 ? resp->code.n : 40),
		       resp->code.n ? resp->code.p : "", resp->code.n ? "] " : "", text);
}

int session_finish(struct session *s, unsigned tag, struct err *err)
{
	struct session_event ev;
	do {
		if (session_next(s, &ev, err) < 0)
			return -1;
	} while (ev.kind != SESSION_RESP || ev.tag != tag);
	if (ev.resp.status == IMAPPARSE_OK)
		return 1;
	session_refused(&ev.resp, ERR_INPUT, "command refused", err);
	return 0;
}

/* ---- beginning and end ---- */

bool session_can(const struct session *s, const char *capability)
{
	return imapparse_word(buf_all(&s->caps), str_of(capability));
}

bool session_enabled(const struct session *s, const char *extension)
{
	struct str words = buf_all(&s->enabled), qresync = STR("QRESYNC");
	if (imapparse_word(words, str_of(extension)))
		return true;
	return str_ieq(str_of(extension), STR("CONDSTORE")) && imapparse_word(words, qresync);
}

bool session_utf8(const struct session *s)
{
	return session_enabled(s, "UTF8=ACCEPT") || session_enabled(s, "IMAP4rev2");
}

struct str session_foreign(const struct session *s)
{
	return buf_all(&s->foreign);
}

uint32_t session_most(const struct session *s)
{
	static const struct str name = STR("MESSAGELIMIT=");
	struct str words = buf_all(&s->caps), word;
	uint32_t n = 0;
	while (str_split(&words, ' ', &word))
		if (str_istarts(word, name) && !str_u32(str_cut(word, name.n, word.n), &n))
			n = 0;
	return n;
}

void session_stale(struct session *s)
{
	s->stale = true;
}

int session_capability(struct session *s, struct err *err)
{
	if (s->caps.n && !s->stale)
		return 1;
	int r = session_finish(s, session_send(s, "CAPABILITY"), err);
	return r < 0 ? -1 : 1;
}

/* The greeting. 1: logged in already (PREAUTH); 0: not; -1. */
static int greeting(struct session *s, struct err *err)
{
	struct session_event ev;
	do {
		if (session_next(s, &ev, err) < 0)
			return -1;
	} while (ev.kind != SESSION_RESP);
	if (ev.resp.kind == IMAPPARSE_STATUS && ev.resp.status == IMAPPARSE_PREAUTH)
		return 1;
	if (ev.resp.kind == IMAPPARSE_STATUS && ev.resp.status == IMAPPARSE_OK)
		return 0;
	if (ev.resp.kind == IMAPPARSE_STATUS)
		return session_refused(&ev.resp, ERR_NET, "not welcome", err);
	return bad(s, "no greeting", err);
}

/* RFC 9051 6.2.1: whatever was said before TLS is worth nothing. */
static int starttls(struct session *s, const struct conn_target *t, struct err *err)
{
	if (conn_input(s->conn).n)
		return err_set(err, ERR_DENIED, "'%s' sent more than a greeting in clear: "
			       "somebody may be in between", t->host);
	int r = session_finish(s, session_send(s, "STARTTLS"), err);
	if (r == 0)
		err->kind = ERR_DENIED;
	if (r < 1 || conn_starttls(s->conn, t, err) < 0)
		return -1;
	buf_clear(&s->caps);
	imapframe_free(&s->frame);
	imapframe_init(&s->frame);
	return 1;
}

/* Compression costs more than a wire on this machine saves. */
static bool wants_squeeze(const struct session *s, const struct harvest_account *ac)
{
	if (!session_can(s, "COMPRESS=DEFLATE") || ac->compress == HARVEST_COMPRESS_NO)
		return false;
	return ac->compress == HARVEST_COMPRESS_YES || !conn_local(s->conn);
}

/* Says who we are and what we understand, in one packet. A server that knows less says NO. */
static int prepare(struct session *s, const struct harvest_account *ac, struct err *err)
{
	static const char *const wanted[] = {"CONDSTORE", "QRESYNC", "IMAP4rev2", "UTF8=ACCEPT",
					     "UIDONLY"};
	struct buf words;
	unsigned tag = 0;
	buf_init(&words, 200);
	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
		if (session_can(s, wanted[i]) || (i == 3 && session_can(s, "UTF8=ONLY")))
			buf_fmt(&words, " %s", wanted[i]);
	if (session_can(s, "ID"))
		tag = session_send(s, "ID (\"name\" \"sheaf\")");
	if (session_can(s, "NAMESPACE"))
		tag = session_send(s, "NAMESPACE");
	if (words.n && (session_can(s, "ENABLE") || session_can(s, "IMAP4rev2")))
		tag = session_send(s, "ENABLE%s", buf_cstr(&words));
	buf_free(&words);
	bool squeeze = wants_squeeze(s, ac);
	if (squeeze)
		tag = session_send(s, "COMPRESS DEFLATE");
	int r = tag ? session_finish(s, tag, err) : 1;
	if (r == 1 && squeeze)
		s->squeeze = squeeze_new(); /* from the next byte on, both ways */
	return r < 0 ? -1 : 1;
}

static int begin(struct session *s, const struct harvest_account *ac, const struct conn_target *t,
		 struct credential *cred, struct err *err)
{
	int known = greeting(s, err);
	if (known < 0)
		return -1;
	if (known && ac->tls == HARVEST_TLS_STARTTLS)
		return err_set(err, ERR_DENIED, "'%s' takes us as logged in before TLS: somebody "
			       "may be in between", t->host);
	if (ac->tls == HARVEST_TLS_STARTTLS && starttls(s, t, err) < 0)
		return -1;
	if (session_capability(s, err) < 0 || (!known && imaplogin_run(s, ac, cred, err) < 0) ||
	    session_capability(s, err) < 0)
		return -1;
	if (!session_can(s, "IMAP4rev1") && !session_can(s, "IMAP4rev2") &&
	    !session_can(s, "IMAP4"))
		return err_set(err, ERR_NET, "'%s' is not an IMAP4 server", t->host);
	return prepare(s, ac, err);
}

int session_open(struct session **out, const struct harvest_account *ac,
		 struct credential *cred, struct err *err)
{
	struct arena a = {0};
	struct session *s = err_alloc(sizeof *s);
	struct conn_target t;
	harvest_target(&a, ac, &t);
	imapframe_init(&s->frame);
	buf_init(&s->out, MAX_QUEUED);
	buf_init(&s->caps, MAX_CAPABILITIES);
	buf_init(&s->enabled, MAX_CAPABILITIES);
	buf_init(&s->foreign, MAX_CAPABILITIES);
	buf_init(&s->packed, 2 * MAX_QUEUED);
	s->trace.fd = ac->trace;
	int r = conn_open(&s->conn, &t, err);
	if (r == 1)
		r = begin(s, ac, &t, cred, err);
	arena_free(&a);
	s->broken = s->broken || r < 0; /* then not even LOGOUT is said */
	if (r == 1)
		*out = s;
	else
		session_close(&s);
	return r;
}

const struct conn *session_conn(const struct session *s)
{
	return s->conn;
}

void session_close(struct session **sp)
{
	struct session *s = *sp;
	struct err ignored;
	if (s == NULL)
		return;
	if (s->conn && !s->broken) {
		session_send(s, "LOGOUT");
		flush(s, &ignored);
	}
	conn_close(&s->conn);
	imapframe_free(&s->frame);
	buf_free(&s->out);
	buf_free(&s->caps);
	buf_free(&s->enabled);
	buf_free(&s->foreign);
	buf_free(&s->packed);
	squeeze_free(&s->squeeze);
	free(s);
	*sp = NULL;
}

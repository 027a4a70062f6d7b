#define _GNU_SOURCE
#include "login.h"

#include "file.h"
#include "log.h"
#include "proc.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <sys/stat.h>

#define MAX_SECRET 4000

/* Waits for the end of a login. A continuation request is answered with `next`, once. */
static int answer(struct session *s, unsigned tag, struct str next, struct err *err)
{
	static const struct str later[] = {STR("UNAVAILABLE"), STR("INUSE"), STR("LIMIT"),
					   STR("SERVERBUG")};
	struct session_event ev;
	do {
		if (session_next(s, &ev, err) < 0)
			return -1;
		if (ev.kind == SESSION_RESP && ev.resp.kind == IMAPPARSE_CONTINUE) {
			session_send_raw(s, next);
			session_send_raw(s, STR("\r\n"));
			next = STR("*"); /* cancels: one question was expected */
		}
	} while (ev.kind != SESSION_RESP || ev.tag != tag);
	if (ev.resp.status == IMAPPARSE_OK)
		return 1;
	enum err_kind kind = ERR_DENIED;
	for (size_t i = 0; i < sizeof later / sizeof *later; i++)
		if (str_ieq(ev.resp.code, later[i]))
			kind = ERR_LATER;
	return session_refused(&ev.resp, kind, "login refused", err);
}

static int plain(struct session *s, struct str user, struct str password, struct err *err)
{
	unsigned char raw[2 * MAX_SECRET + 2], text[sizeof raw / 3 * 4 + 8];
	size_t n = 1;
	raw[0] = '\0';
	memcpy(raw + n, user.p, user.n);
	n += user.n;
	raw[n++] = '\0';
	memcpy(raw + n, password.p, password.n);
	n += password.n;
	int len = EVP_EncodeBlock(text, raw, (int)n);
	struct str b64 = {(const char *)text, (size_t)len};
	int r;
	if (session_can(s, "SASL-IR") && len < 1900)
		r = answer(s, session_send(s, "AUTHENTICATE PLAIN %.*s", STR_ARG(b64)), STR("*"),
			   err);
	else
		r = answer(s, session_send(s, "AUTHENTICATE PLAIN"), b64, err);
	OPENSSL_cleanse(raw, sizeof raw);
	OPENSSL_cleanse(text, sizeof text);
	return r;
}

static int login(struct session *s, struct str user, struct str password, struct err *err)
{
	struct str args[] = {user, password};
	unsigned tag;
	if (session_can(s, "LOGINDISABLED"))
		return err_set(err, ERR_DENIED, "the server allows no login here%s",
			       session_can(s, "STARTTLS") ? ": it wants tls = starttls" : "");
	int r = session_send_strings(s, "LOGIN", args, 2, &tag, err);
	if (r == 0)
		err->kind = ERR_DENIED;
	return r < 1 ? -1 : answer(s, tag, STR("*"), err);
}

static const struct {
	const char *capability; /* NULL: always */
	int (*run)(struct session *s, struct str user, struct str password, struct err *err);
} mechanisms[] = {
	{"AUTH=PLAIN", plain},
	{NULL, login},
};

int login_run(struct session *s, const struct harvest_account *ac, struct str password,
	      struct err *err)
{
	size_t i = 0;
	if (ac->user.n > MAX_SECRET || password.n > MAX_SECRET || str_chr(ac->user, '\0') >= 0)
		return err_set(err, ERR_DENIED, "user name or password too long");
	while (mechanisms[i].capability && !session_can(s, mechanisms[i].capability))
		i++;
	session_stale(s); /* the server may offer other things to whom it knows */
	return mechanisms[i].run(s, ac->user, password, err);
}

static int from_file(struct str path, char *out, size_t n, struct err *err)
{
	struct arena a = {0};
	struct buf text;
	struct stat st;
	struct str rest, line = STR("");
	const char *name = arena_str(&a, path).p;
	buf_init(&text, 64 << 10);
	int r = file_load(name, &text, err);
	if (r == 0)
		err_set(err, ERR_DENIED, "no password file '%s'", name);
	if (r == 1 && stat(name, &st) == 0 && (st.st_mode & (S_IRGRP | S_IROTH)))
		log_line(LOG_WARN, "others can read the password file '%s'", name);
	rest = buf_all(&text);
	if (r == 1 && (!str_line(&rest, &line) || line.n == 0 || line.n >= n))
		r = err_set(err, ERR_DENIED, "no password in '%s'", name);
	if (r == 1) {
		memcpy(out, line.p, line.n);
		out[line.n] = '\0';
	}
	if (text.n)
		OPENSSL_cleanse(text.p, text.n);
	buf_free(&text);
	arena_free(&a);
	return r == 1 ? 1 : -1;
}

int login_password(const struct harvest_account *ac, char *out, size_t n, struct err *err)
{
	struct arena a = {0};
	int r;
	if (ac->password_file.n)
		r = from_file(ac->password_file, out, n, err);
	else
		r = proc_output(arena_str(&a, ac->password_command).p, out, n, err);
	if (r < 0) {
		err->kind = ERR_DENIED;
		err_wrap(err, "password");
	}
	arena_free(&a);
	return r;
}

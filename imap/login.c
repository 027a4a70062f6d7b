#define _GNU_SOURCE
#include "login.h"

#include "log.h"
#include "mech.h"
#include "sasl.h"
#include "secret.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_LINE 1900   /* of an initial response in the command */
#define MAX_WORDS 10    /* of a conversation */
#define MAX_ANSWER ((size_t)32 << 10)
#define SHORT_SECRET 4  /* shorter ones would be found in any text */

/* One login, perhaps in several attempts. */
struct login {
	struct session *s;
	const struct harvest_account *ac;
	struct credential *cred;
	const struct authstate *history;
	struct mech_wish wish;
	char server[300];
	unsigned bindings; /* bit 1 << enum tls_binding: not tried yet */
	enum tls_binding binding;
	bool renewed;
	unsigned attempts;
};

/* ---- one attempt ---- */

/* The tagged answer. 1; 0 refused: *err says how; -1 the server has no time now. */
static int judge(const struct imapparse_resp *r, struct err *err)
{
	static const struct str later[] = {STR("UNAVAILABLE"), STR("INUSE"), STR("LIMIT"),
					   STR("SERVERBUG")};
	if (r->status == IMAPPARSE_OK)
		return 1;
	for (size_t i = 0; i < sizeof later / sizeof *later; i++)
		if (str_ieq(r->code, later[i]))
			return session_refused(r, ERR_LATER, "login refused", err);
	session_refused(r, ERR_DENIED, "login refused", err);
	return 0;
}

/* A conversation under way. */
struct talk {
	struct session *s;
	struct sasl *sasl;
	struct buf answer; /* raw */
	bool waiting;      /* `answer` waits for the server's first word */
	bool cancelled;
	unsigned words;
	struct err err;    /* why we cancelled */
};

static void say(struct talk *t)
{
	unsigned char *text = err_alloc(t->answer.n / 3 * 4 + 8);
	int n = EVP_EncodeBlock(text, (const void *)t->answer.p, (int)t->answer.n);
	session_send_raw(t->s, (struct str){(const char *)text, (size_t)n});
	session_send_raw(t->s, STR("\r\n"));
	secret_wipe(text, (size_t)n);
	free(text);
	secret_wipe(t->answer.p, t->answer.n);
	buf_clear(&t->answer);
}

static void cancel(struct talk *t)
{
	t->cancelled = true;
	session_send_raw(t->s, STR("*\r\n"));
}

/* Base64 of a challenge. 1 or 0. */
static int decode(struct str text, struct buf *out)
{
	text = str_trim(text);
	char *to = buf_room(out, text.n + 4);
	if (text.n == 0 || text.n % 4 || to == NULL)
		return text.n == 0;
	int n = EVP_DecodeBlock((void *)to, (const void *)text.p, (int)text.n);
	size_t pad = (text.p[text.n - 1] == '=') + (text.n > 1 && text.p[text.n - 2] == '=');
	if (n < 0 || (size_t)n < pad)
		return 0;
	buf_take(out, (size_t)n - pad);
	return 1;
}

/* A continuation request. */
static void on_word(struct talk *t, struct str text)
{
	struct buf challenge;
	if (t->cancelled)
		return;
	if (t->waiting) {
		t->waiting = false;
		say(t);
		return;
	}
	buf_init(&challenge, MAX_ANSWER);
	if (++t->words > MAX_WORDS || !decode(text, &challenge)) {
		err_set(&t->err, ERR_DENIED, "the server's login makes no sense");
		cancel(t);
	} else if (sasl_step(t->sasl, buf_all(&challenge), &t->answer, &t->err) < 0) {
		cancel(t);
	} else {
		say(t);
	}
	buf_free(&challenge);
}

/* Until the command has ended. 1; 0 refused; -1. */
static int converse(struct talk *t, unsigned tag, struct err *err)
{
	struct session_event ev;
	do {
		if (session_next(t->s, &ev, err) < 0)
			return -1;
		if (ev.kind == SESSION_RESP && ev.resp.kind == IMAPPARSE_CONTINUE)
			on_word(t, ev.resp.text);
	} while (ev.kind != SESSION_RESP || ev.tag != tag);
	int r = judge(&ev.resp, err);
	if (t->cancelled) {
		*err = t->err;
		return -1;
	}
	if (r == 1 && !sasl_done(t->sasl))
		return err_set(err, ERR_DENIED, "the server took the login without showing that it "
						"knows the password: somebody may be in between");
	return r;
}

static unsigned send_command(struct talk *t, const struct mech *m)
{
	unsigned tag;
	if (t->waiting && session_can(t->s, "SASL-IR") && t->answer.n < MAX_LINE / 4 * 3) {
		unsigned char text[MAX_LINE + 8];
		int n = EVP_EncodeBlock(text, (const void *)t->answer.p, (int)t->answer.n);
		tag = session_send(t->s, "AUTHENTICATE %s %.*s", m->name, n ? n : 1,
				   n ? (const char *)text : "=");
		secret_wipe(text, sizeof text);
		secret_wipe(t->answer.p, t->answer.n);
		buf_clear(&t->answer);
		t->waiting = false;
	} else {
		tag = session_send(t->s, "AUTHENTICATE %s", m->name);
	}
	return tag;
}

static int authenticate(struct login *l, enum mech_id id, const struct sasl_id *who,
			struct err *err)
{
	struct talk t = {.s = l->s, .waiting = mech_table[id].first};
	int r = sasl_new(&t.sasl, id, who, err);
	if (r < 0)
		return -1;
	buf_init(&t.answer, MAX_ANSWER);
	buf_room(&t.answer, MAX_ANSWER); /* at once: growing would leave copies behind */
	if (t.waiting)
		r = sasl_step(t.sasl, STR(""), &t.answer, err);
	if (r == 1)
		r = converse(&t, send_command(&t, &mech_table[id]), err);
	secret_wipe(t.answer.p, t.answer.cap);
	buf_free(&t.answer);
	sasl_free(&t.sasl);
	return r;
}

static int command(struct login *l, const struct sasl_id *who, struct err *err)
{
	struct str args[] = {who->user, who->secret};
	struct talk t = {.s = l->s, .cancelled = true};
	struct session_event ev;
	unsigned tag;
	int r = session_send_strings(t.s, "LOGIN", args, 2, &tag, err);
	if (r < 1) {
		err->kind = r == 0 ? ERR_DENIED : err->kind;
		return -1;
	}
	do {
		if (session_next(l->s, &ev, err) < 0)
			return -1;
		if (ev.kind == SESSION_RESP && ev.resp.kind == IMAPPARSE_CONTINUE)
			cancel(&t); /* LOGIN asks nothing */
	} while (ev.kind != SESSION_RESP || ev.tag != tag);
	return judge(&ev.resp, err);
}

/* Is a piece of the secret in the text, as it is or (in steps of three bytes) in base64? */
static bool spilt(struct str secret, struct str text)
{
	unsigned char b64[16];
	size_t whole = secret.n < 9 ? secret.n : 9, coded = secret.n < 8 ? 3 : 6;
	for (size_t i = 0; i + coded <= secret.n; i++) {
		struct str piece = str_cut(secret, i, i + whole);
		EVP_EncodeBlock(b64, (const void *)(secret.p + i), (int)coded);
		if (str_find(text, str_of((const char *)b64)) >= 0 ||
		    (piece.n == whole && str_find(text, piece) >= 0))
			return true;
	}
	return false;
}

/* Some servers quote the line they did not like. */
static void hush(struct str secret, struct err *err)
{
	if (secret.n >= SHORT_SECRET && spilt(secret, str_of(err->text)))
		err_set(err, err->kind, "login refused (the server's words held the secret)");
}

/* 1; 0 refused; -1. */
static int attempt(struct login *l, enum mech_id id, struct err *err)
{
	unsigned char bytes[TLS_BINDING_MAX];
	const struct mech *m = &mech_table[id];
	struct sasl_id who = {.user = l->ac->user, .host = l->ac->host, .port = l->ac->port};
	if (m->need == MECH_PASSWORD)
		who.secret = credential_password(l->cred);
	else if (m->need == MECH_TOKEN &&
		 credential_token(l->cred, l->renewed, &who.secret, err) < 0)
		return -1;
	if (m->plus)
		who.binding = (struct str){(const char *)bytes,
					   conn_bind(session_conn(l->s), l->binding, bytes)};
	who.unique = l->binding == TLS_UNIQUE;
	log_line(LOG_DEBUG, "account '%.*s': logging in with %s%s%s", STR_ARG(l->ac->name),
		 m->name, m->plus ? ", " : "", m->plus ? tls_binding_name(l->binding) : "");
	session_stale(l->s); /* the server may offer other things to whom it knows */
	int r = id == MECH_COMMAND ? command(l, &who, err) : authenticate(l, id, &who, err);
	if (r < 1)
		hush(who.secret, err);
	return r;
}

/* ---- which one ---- */

/* The best binding left. 1 or 0. */
static int next_binding(struct login *l)
{
	bool exporter_first = conn_tls13(session_conn(l->s));
	if (strcmp(l->history->binding, tls_binding_name(TLS_UNIQUE)) == 0)
		exporter_first = false;
	else if (l->history->binding[0])
		exporter_first = true;
	enum tls_binding best = exporter_first ? TLS_EXPORTER : TLS_UNIQUE;
	if (!(l->bindings & 1u << best))
		best = exporter_first ? TLS_UNIQUE : TLS_EXPORTER;
	if (!(l->bindings & 1u << best))
		return 0;
	l->binding = best;
	l->bindings &= ~(1u << best);
	return 1;
}

static void look(struct login *l)
{
	unsigned char bytes[TLS_BINDING_MAX];
	const struct conn *c = session_conn(l->s);
	unsigned mechanisms = 0;
	for (unsigned id = 0; id < MECH_COUNT; id++)
		if (mech_table[id].capability && session_can(l->s, mech_table[id].capability))
			mechanisms |= MECH_BIT(id);
	for (unsigned kind = 0; kind < TLS_BINDINGS; kind++)
		if (conn_bind(c, (enum tls_binding)kind, bytes))
			l->bindings |= 1u << kind;
	if (!next_binding(l))
		mechanisms &= ~(MECH_BIT(MECH_SCRAM_256_PLUS) | MECH_BIT(MECH_SCRAM_1_PLUS));
	if (!session_can(l->s, "LOGINDISABLED"))
		mechanisms |= MECH_BIT(MECH_COMMAND);
	l->wish = (struct mech_wish){
		.offered = mechanisms, .have = l->ac->auth.have, .order = l->ac->auth.order,
		.n_order = l->ac->auth.n_order, .secure = conn_secure(c),
		.had_scram = l->history->scram,
	};
}

static int choose(struct login *l, enum mech_id *id, struct err *err)
{
	if (mech_choose(&l->wish, id, err) == 1)
		return 1;
	if (session_can(l->s, "LOGINDISABLED") && session_can(l->s, "STARTTLS"))
		return err_set(err, ERR_DENIED, "the server allows no login here: it wants "
						"tls = starttls");
	return -1;
}

/* A refusal that may have another reason than a wrong secret. 1: try again; 0: it is final. */
static int other_way(struct login *l, enum mech_id id)
{
	unsigned plain_scram = MECH_BIT(MECH_SCRAM_256) | MECH_BIT(MECH_SCRAM_1);
	if (mech_table[id].need == MECH_TOKEN && !l->renewed)
		return l->renewed = true, 1;
	if (!mech_table[id].plus || l->history->binding[0])
		return 0;
	if (next_binding(l))
		return 1;
	l->wish.offered &= plain_scram;
	return l->wish.offered != 0;
}

int login_run(struct session *s, const struct harvest_account *ac, struct credential *cred,
	      struct err *err)
{
	struct login l = {.s = s, .ac = ac, .cred = cred};
	enum mech_id id;
	struct err why;
	int r = 0;
	snprintf(l.server, sizeof l.server, "%.*s:%u", STR_ARG(ac->host), ac->port);
	l.history = credential_history(cred, l.server);
	if (ac->tls != HARVEST_TLS_NONE && !conn_secure(session_conn(s)))
		return err_set(err, ERR_DENIED, "this connection has no TLS");
	look(&l);
	bool scram = l.wish.offered & MECH_SCRAM;
	while (r == 0) {
		if (choose(&l, &id, &why) < 0) {
			if (l.attempts == 0) /* later: the refusal is the better news */
				*err = why;
			return -1;
		}
		l.attempts++;
		r = attempt(&l, id, err);
		if (r == 0 && !other_way(&l, id))
			return -1;
	}
	if (r == 1)
		credential_learn(cred, l.server, scram,
				 mech_table[id].plus ? tls_binding_name(l.binding) : NULL);
	return r;
}

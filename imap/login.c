#define _GNU_SOURCE
#include "login.h"

#include "log.h"
#include "mech.h"
#include "sasl.h"
#include "secret.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_WORDS 10    /* of a conversation */
#define MAX_ANSWER ((size_t)32 << 10)
#define SHORT_SECRET 4  /* shorter ones would be found in any text */

/* One login, perhaps in several attempts. */
struct login {
	const struct login_wire *wire;
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

/* A conversation under way. */
struct talk {
	const struct login_wire *wire;
	struct sasl *sasl;
	struct buf answer; /* raw */
	bool waiting;      /* `answer` waits for the server's first word */
	bool cancelled;
	unsigned words;
	struct err err;    /* why we cancelled */
};

/* Base64, which the caller wipes and frees. */
static struct str coded(struct str raw)
{
	unsigned char *text = err_alloc(raw.n / 3 * 4 + 8);
	int n = EVP_EncodeBlock(text, (const void *)raw.p, (int)raw.n);
	return (struct str){(const char *)text, (size_t)n};
}

static void forget(struct str text)
{
	secret_wipe((void *)(uintptr_t)text.p, text.n);
	free((void *)(uintptr_t)text.p);
}

static void say(struct talk *t)
{
	struct str text = coded(buf_all(&t->answer));
	t->wire->say(t->wire->arg, text);
	forget(text);
	secret_wipe(t->answer.p, t->answer.n);
	buf_clear(&t->answer);
}

static void cancel(struct talk *t)
{
	t->cancelled = true;
	t->wire->say(t->wire->arg, STR("*"));
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
static int converse(struct talk *t, struct err *err)
{
	enum login_answer what;
	struct str text;
	do {
		if (t->wire->next(t->wire->arg, &what, &text, err) < 0)
			return -1;
		if (what == LOGIN_ASKED)
			on_word(t, text);
	} while (what == LOGIN_ASKED);
	if (t->cancelled) {
		*err = t->err;
		return -1;
	}
	if (what == LOGIN_TAKEN && !sasl_done(t->sasl))
		return err_set(err, ERR_DENIED, "the server took the login without showing that it "
						"knows the password: somebody may be in between");
	return what == LOGIN_TAKEN;
}

/* The command, with the first word where that may go along. */
static void begin(struct talk *t, const struct mech *m)
{
	struct str first = coded(buf_all(&t->answer));
	struct str shown = first.n ? first : STR("=");
	if (t->wire->begin(t->wire->arg, m, t->waiting ? shown : (struct str){0})) {
		t->waiting = false;
		secret_wipe(t->answer.p, t->answer.n);
		buf_clear(&t->answer);
	}
	forget(first);
}

static int authenticate(struct login *l, enum mech_id id, const struct sasl_id *who,
			struct err *err)
{
	struct talk t = {.wire = l->wire, .waiting = mech_table[id].first};
	int r = sasl_new(&t.sasl, id, who, err);
	if (r < 0)
		return -1;
	buf_init(&t.answer, MAX_ANSWER);
	buf_room(&t.answer, MAX_ANSWER); /* at once: growing would leave copies behind */
	if (t.waiting)
		r = sasl_step(t.sasl, STR(""), &t.answer, err);
	if (r == 1) {
		begin(&t, &mech_table[id]);
		r = converse(&t, err);
	}
	secret_wipe(t.answer.p, t.answer.cap);
	buf_free(&t.answer);
	sasl_free(&t.sasl);
	return r;
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
					   conn_bind(l->wire->conn, l->binding, bytes)};
	who.unique = l->binding == TLS_UNIQUE;
	log_line(LOG_DEBUG, "account '%.*s': logging in with %s%s%s", STR_ARG(l->ac->name),
		 m->name, m->plus ? ", " : "", m->plus ? tls_binding_name(l->binding) : "");
	int r = id == MECH_COMMAND ? l->wire->command(l->wire->arg, who.user, who.secret, err)
				   : authenticate(l, id, &who, err);
	if (r < 1)
		hush(who.secret, err);
	return r;
}

/* ---- which one ---- */

/* The best binding left. 1 or 0. */
static int next_binding(struct login *l)
{
	bool exporter_first = conn_tls13(l->wire->conn);
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
	const struct conn *c = l->wire->conn;
	unsigned mechanisms = 0;
	for (unsigned id = 0; id < MECH_COUNT; id++)
		if (l->wire->offers(l->wire->arg, (enum mech_id)id))
			mechanisms |= MECH_BIT(id);
	for (unsigned kind = 0; kind < TLS_BINDINGS; kind++)
		if (conn_bind(c, (enum tls_binding)kind, bytes))
			l->bindings |= 1u << kind;
	if (!next_binding(l))
		mechanisms &= ~(MECH_BIT(MECH_SCRAM_256_PLUS) | MECH_BIT(MECH_SCRAM_1_PLUS));
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
	if (l->wire->wants_tls)
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

int login_run(const struct login_wire *wire, const struct harvest_account *ac,
	      struct credential *cred, struct err *err)
{
	struct login l = {.wire = wire, .ac = ac, .cred = cred};
	enum mech_id id;
	struct err why;
	int r = 0;
	snprintf(l.server, sizeof l.server, "%.*s:%u", STR_ARG(ac->host), ac->port);
	l.history = credential_history(cred, l.server);
	if (ac->tls != HARVEST_TLS_NONE && !conn_secure(wire->conn))
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

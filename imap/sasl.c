#include "sasl.h"

#include "secret.h"

#include <gsasl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#define MIN_ROUNDS 4096
#define MAX_ROUNDS 1000000
#define MAX_TEXT (64 << 10)
#define MAX_SALT 1024 /* in base64 */

struct sasl {
	enum mech_id mech;
	unsigned steps;
	bool done;
	Gsasl *lib;
	Gsasl_session *run;
	struct buf bearer; /* the first word of OAUTHBEARER and XOAUTH2 */
};

static int lib_failed(const char *what, int code, struct err *err)
{
	return err_set(err, ERR_DENIED, "%s: %s", what, gsasl_strerror(code));
}

/* ---- the library's mechanisms ---- */

static int set_text(struct sasl *s, Gsasl_property p, struct str text, struct err *err)
{
	if (str_chr(text, '\0') >= 0)
		return err_set(err, ERR_INPUT, "a user name or secret with a NUL");
	char *copy = err_alloc(text.n + 1);
	memcpy(copy, text.p, text.n);
	int r = gsasl_property_set(s->run, p, copy);
	secret_wipe(copy, text.n);
	free(copy);
	return r == GSASL_OK ? 1 : lib_failed("cannot log in", r, err);
}

static int set_binding(struct sasl *s, const struct sasl_id *id, struct err *err)
{
	unsigned char text[200];
	if (id->binding.n == 0 || id->binding.n > 100)
		return err_set(err, ERR_INPUT, "no channel binding");
	EVP_EncodeBlock(text, (const void *)id->binding.p, (int)id->binding.n);
	return set_text(s, id->unique ? GSASL_CB_TLS_UNIQUE : GSASL_CB_TLS_EXPORTER,
			str_of((const char *)text), err);
}

/* The library asks for the salted password. It would do the rounds itself, but slowly. */
static int salted(Gsasl *lib, Gsasl_session *run, Gsasl_property p)
{
	const struct sasl *s = gsasl_callback_hook_get(lib);
	bool sha1 = s->mech == MECH_SCRAM_1 || s->mech == MECH_SCRAM_1_PLUS;
	const char *salt = gsasl_property_fast(run, GSASL_SCRAM_SALT);
	const char *rounds = gsasl_property_fast(run, GSASL_SCRAM_ITER);
	const char *password = gsasl_property_fast(run, GSASL_PASSWORD);
	unsigned char raw[32], bytes[MAX_SALT];
	char hex[2 * sizeof raw + 1], *prepared = NULL;
	size_t n = salt ? strlen(salt) : 0, size = sha1 ? 20 : sizeof raw;
	uint32_t count;
	if (p != GSASL_SCRAM_SALTED_PASSWORD || n == 0 || n > MAX_SALT || rounds == NULL ||
	    !str_u32(str_of(rounds), &count) || password == NULL)
		return GSASL_NO_CALLBACK; /* then it does so */
	int r = EVP_DecodeBlock(bytes, (const void *)salt, (int)n);
	r -= (salt[n - 1] == '=') + (n > 1 && salt[n - 2] == '=');
	if (r <= 0 || gsasl_saslprep(password, 0, &prepared, NULL) != GSASL_OK)
		return GSASL_NO_CALLBACK;
	r = PKCS5_PBKDF2_HMAC(prepared, -1, bytes, r, (int)count, sha1 ? EVP_sha1() : EVP_sha256(),
			      (int)size, raw);
	secret_wipe(prepared, strlen(prepared));
	gsasl_free(prepared);
	for (size_t i = 0; i < size; i++)
		snprintf(hex + 2 * i, 3, "%02x", raw[i]);
	if (r == 1)
		r = gsasl_property_set(run, p, hex) == GSASL_OK;
	secret_wipe(raw, sizeof raw);
	secret_wipe(hex, sizeof hex);
	return r == 1 ? GSASL_OK : GSASL_NO_CALLBACK;
}

static int begin_lib(struct sasl *s, const struct sasl_id *id, struct err *err)
{
	int r = gsasl_init(&s->lib);
	if (r == GSASL_OK)
		r = gsasl_client_start(s->lib, mech_table[s->mech].name, &s->run);
	if (r != GSASL_OK)
		return lib_failed("cannot log in", r, err);
	gsasl_callback_hook_set(s->lib, s);
	gsasl_callback_set(s->lib, salted);
	if (s->mech == MECH_EXTERNAL)
		return set_text(s, GSASL_AUTHZID, id->user, err);
	if (set_text(s, GSASL_AUTHID, id->user, err) < 0 ||
	    set_text(s, GSASL_PASSWORD, id->secret, err) < 0)
		return -1;
	return mech_table[s->mech].plus ? set_binding(s, id, err) : 1;
}

/* The server's first word: "r=…,s=…,i=4096". The library would count as far as it is told. */
static int check_rounds(struct str words, struct err *err)
{
	struct str word;
	uint32_t n;
	while (str_split(&words, ',', &word)) {
		if (!str_starts(word, STR("i=")))
			continue;
		if (!str_u32(str_cut(word, 2, word.n), &n) || n < MIN_ROUNDS || n > MAX_ROUNDS)
			return err_set(err, ERR_DENIED, "the server wants a number of SCRAM "
				       "rounds that is not between %d and %d", MIN_ROUNDS,
				       MAX_ROUNDS);
	}
	return 1;
}

static int step_lib(struct sasl *s, struct str challenge, struct buf *out, struct err *err)
{
	char *text = NULL;
	size_t n = 0;
	if (mech_table[s->mech].scram && s->steps == 1 && check_rounds(challenge, err) < 0)
		return -1;
	if (mech_table[s->mech].scram && s->steps == 2 && str_starts(challenge, STR("e=")))
		return 1; /* refused, as the tagged answer will say */
	if (mech_table[s->mech].scram && str_chr(challenge, '\0') >= 0)
		return err_set(err, ERR_DENIED, "the server's answer holds a NUL");
	int r = gsasl_step(s->run, challenge.n ? challenge.p : "", challenge.n, &text, &n);
	if (r == GSASL_AUTHENTICATION_ERROR && s->steps == 2)
		return err_set(err, ERR_DENIED, "the server does not know the password itself: "
						"somebody may be in between");
	if (r != GSASL_OK && r != GSASL_NEEDS_MORE)
		return lib_failed("login broken off", r, err);
	s->done = r == GSASL_OK;
	buf_add(out, text, n);
	secret_wipe(text, n);
	gsasl_free(text);
	return 1;
}

/* ---- bearer tokens ---- */

/* \1 ends a field, and nobody's name or token has others of its kind. */
static bool plain_text(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < ' ')
			return false;
	return s.n > 0;
}

/* A name in a GS2 header (RFC 5802 5.1, "saslname"). */
static void add_name(struct buf *b, struct str name)
{
	for (size_t i = 0; i < name.n; i++) {
		if (name.p[i] == ',' || name.p[i] == '=')
			buf_str(b, name.p[i] == ',' ? STR("=2C") : STR("=3D"));
		else
			buf_chr(b, name.p[i]);
	}
}

static int begin_bearer(struct sasl *s, const struct sasl_id *id, struct err *err)
{
	struct buf *b = &s->bearer;
	if (!plain_text(id->secret) || !plain_text(id->user))
		return err_set(err, ERR_INPUT, "a user name or token with impossible characters");
	/* At once: growing would leave copies behind. */
	buf_room(b, id->secret.n + 3 * id->user.n + id->host.n + 100);
	buf_str(b, s->mech == MECH_XOAUTH2 ? STR("user=") : STR("n,a="));
	if (s->mech == MECH_XOAUTH2)
		buf_fmt(b, "%.*s\1", STR_ARG(id->user));
	else
		add_name(b, id->user);
	if (s->mech == MECH_OAUTHBEARER)
		buf_fmt(b, ",\1host=%.*s\1port=%u\1", STR_ARG(id->host), id->port);
	buf_str(b, STR("auth=Bearer "));
	buf_str(b, id->secret);
	buf_str(b, STR("\1\1"));
	return b->full ? err_set(err, ERR_INPUT, "token too long") : 1;
}

/* A challenge behind the first word says that the token was refused, and wants an empty answer
 * before it says NO. */
static int step_bearer(struct sasl *s, struct buf *out)
{
	s->done = s->steps == 0;
	if (s->steps == 0)
		buf_str(out, buf_all(&s->bearer));
	else if (s->mech == MECH_OAUTHBEARER)
		buf_chr(out, '\1');
	return 1;
}

/* ---- both ---- */

static bool bearer(const struct sasl *s)
{
	return s->mech == MECH_OAUTHBEARER || s->mech == MECH_XOAUTH2;
}

int sasl_new(struct sasl **out, enum mech_id mech, const struct sasl_id *id, struct err *err)
{
	struct sasl *s = err_alloc(sizeof *s);
	s->mech = mech;
	buf_init(&s->bearer, MAX_TEXT);
	int r = bearer(s) ? begin_bearer(s, id, err) : begin_lib(s, id, err);
	if (r == 1)
		*out = s;
	else
		sasl_free(&s);
	return r;
}

int sasl_step(struct sasl *s, struct str challenge, struct buf *out, struct err *err)
{
	int r = bearer(s) ? step_bearer(s, out) : step_lib(s, challenge, out, err);
	s->steps++;
	return r;
}

bool sasl_done(const struct sasl *s)
{
	return s->done || !mech_table[s->mech].scram;
}

void sasl_free(struct sasl **sp)
{
	struct sasl *s = *sp;
	if (s == NULL)
		return;
	if (s->run)
		gsasl_finish(s->run);
	if (s->lib)
		gsasl_done(s->lib);
	secret_wipe(s->bearer.p, s->bearer.cap);
	buf_free(&s->bearer);
	free(s);
	*sp = NULL;
}

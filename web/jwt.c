#include "jwt.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

static const char digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* ---- base64url ---- */

int jwt_bytes(struct arena *a, struct str text, struct str *out)
{
	char *p = arena_alloc(a, text.n + 1);
	size_t n = 0;
	unsigned bits = 0, have = 0;
	for (size_t i = 0; i < text.n; i++) {
		const char *at = text.p[i] ? strchr(digits, text.p[i]) : NULL;
		if (at == NULL)
			return 0;
		bits = (bits << 6 | (unsigned)(at - digits)) & 0xFFFFFF;
		have += 6;
		if (have >= 8) {
			have -= 8;
			p[n++] = (char)(bits >> have & 0xFF);
		}
	}
	*out = (struct str){p, n};
	return text.n % 4 != 1;
}

struct str jwt_text(struct arena *a, struct str bytes)
{
	char *p = arena_alloc(a, bytes.n * 4 / 3 + 3);
	size_t n = 0;
	unsigned bits = 0, have = 0;
	for (size_t i = 0; i < bytes.n; i++) {
		bits = (bits << 8 | (unsigned char)bytes.p[i]) & 0xFFFFFF;
		have += 8;
		for (; have >= 6; have -= 6)
			p[n++] = digits[bits >> (have - 6) & 63];
	}
	if (have)
		p[n++] = digits[bits << (6 - have) & 63];
	return (struct str){p, n};
}

/* ---- keys ---- */

static struct str member(const json_t *o, const char *name)
{
	const json_t *v = json_object_get(o, name);
	return json_is_string(v) ? (struct str){json_string_value(v), json_string_length(v)}
				 : STR("");
}

static bool is(const json_t *o, const char *name, const char *value)
{
	return str_eq(member(o, name), str_of(value));
}

static EVP_PKEY *build(const char *type, OSSL_PARAM_BLD *b)
{
	EVP_PKEY *key = NULL;
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(b);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	if (params == NULL || ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(params);
	return key;
}

static EVP_PKEY *rsa_key(struct arena *a, const json_t *k)
{
	struct str n, e;
	if (!jwt_bytes(a, member(k, "n"), &n) || !jwt_bytes(a, member(k, "e"), &e) ||
	    n.n < 256 || n.n > 1024 || e.n == 0 || e.n > 8)
		return NULL;
	OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	BIGNUM *bn = BN_bin2bn((const unsigned char *)n.p, (int)n.n, NULL);
	BIGNUM *be = BN_bin2bn((const unsigned char *)e.p, (int)e.n, NULL);
	EVP_PKEY *key = NULL;
	if (b && bn && be && OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_N, bn) == 1 &&
	    OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_E, be) == 1)
		key = build("RSA", b);
	OSSL_PARAM_BLD_free(b);
	BN_free(bn);
	BN_free(be);
	return key;
}

static EVP_PKEY *ec_key(struct arena *a, const json_t *k)
{
	unsigned char point[65] = {4};
	struct str x, y;
	if (!is(k, "crv", "P-256") || !jwt_bytes(a, member(k, "x"), &x) ||
	    !jwt_bytes(a, member(k, "y"), &y) || x.n != 32 || y.n != 32)
		return NULL;
	memcpy(point + 1, x.p, 32);
	memcpy(point + 33, y.p, 32);
	OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	EVP_PKEY *key = NULL;
	if (b && OSSL_PARAM_BLD_push_utf8_string(b, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) == 1 &&
	    OSSL_PARAM_BLD_push_octet_string(b, OSSL_PKEY_PARAM_PUB_KEY, point, 65) == 1)
		key = build("EC", b);
	OSSL_PARAM_BLD_free(b);
	return key;
}

/* ECDSA's two numbers as OpenSSL wants them. */
static struct str to_der(struct arena *a, struct str raw)
{
	unsigned char *der = NULL;
	struct str out = STR("");
	if (raw.n != 64)
		return out;
	ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn((const unsigned char *)raw.p, 32, NULL);
	BIGNUM *s = BN_bin2bn((const unsigned char *)raw.p + 32, 32, NULL);
	if (sig && r && s && ECDSA_SIG_set0(sig, r, s) == 1) {
		int n = i2d_ECDSA_SIG(sig, &der);
		if (n > 0)
			out = arena_str(a, (struct str){(char *)der, (size_t)n});
	} else {
		BN_free(r);
		BN_free(s);
	}
	OPENSSL_free(der);
	ECDSA_SIG_free(sig);
	return out;
}

static bool signed_by(EVP_PKEY *key, struct str text, struct str signature)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good = key && ctx && signature.n > 0 &&
		    EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
		    EVP_DigestVerify(ctx, (const unsigned char *)signature.p, signature.n,
				     (const unsigned char *)text.p, text.n) == 1;
	EVP_MD_CTX_free(ctx);
	return good;
}

/* The key of a name; without a name the only one of its type. */
static const json_t *find_key(const json_t *keys, const char *type, struct str kid)
{
	const json_t *list = json_object_get(keys, "keys"), *found = NULL;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *k = json_array_get(list, i);
		struct str use = member(k, "use");
		if (!is(k, "kty", type) || (use.n && !str_eq(use, STR("sig"))) ||
		    (kid.n && !str_eq(member(k, "kid"), kid)))
			continue;
		if (found)
			return NULL;
		found = k;
	}
	return found;
}

/* ---- tokens ---- */

static json_t *object(struct arena *a, struct str text)
{
	struct str bytes;
	if (!jwt_bytes(a, text, &bytes))
		return NULL;
	json_t *o = json_loadb(bytes.p, bytes.n, JSON_REJECT_DUPLICATES, NULL);
	if (json_is_object(o))
		return o;
	json_decref(o);
	return NULL;
}

/* 1: signed; 0: no such key; -1. */
static int check_signature(struct arena *a, const json_t *head, const json_t *keys,
			   struct str text, struct str signature, struct err *err)
{
	bool rsa = is(head, "alg", "RS256"), ec = is(head, "alg", "ES256");
	if ((!rsa && !ec) || json_object_get(head, "crit"))
		return err_set(err, ERR_DENIED, "the ID token is not signed by RS256 or ES256");
	const json_t *k = find_key(keys, rsa ? "RSA" : "EC", member(head, "kid"));
	if (k == NULL)
		return 0;
	EVP_PKEY *key = rsa ? rsa_key(a, k) : ec_key(a, k);
	bool good = signed_by(key, text, rsa ? signature : to_der(a, signature));
	EVP_PKEY_free(key);
	return good ? 1 : err_set(err, ERR_DENIED, "the ID token's signature is wrong");
}

int jwt_verify(struct arena *a, struct str token, const json_t *keys, json_t **claims,
	       struct err *err)
{
	struct str rest = token, head, body, sig, signature;
	*claims = NULL;
	if (token.n > JWT_MAX || !str_split(&rest, '.', &head) || !str_split(&rest, '.', &body) ||
	    !str_split(&rest, '.', &sig) || head.n + body.n + sig.n + 2 != token.n ||
	    !jwt_bytes(a, sig, &signature))
		return err_set(err, ERR_DENIED, "the ID token is malformed");
	json_t *h = object(a, head);
	int r = h ? check_signature(a, h, keys, str_cut(token, 0, head.n + 1 + body.n), signature,
				    err)
		  : err_set(err, ERR_DENIED, "the ID token is malformed");
	json_decref(h);
	if (r <= 0)
		return r;
	*claims = object(a, body);
	return *claims ? 1 : err_set(err, ERR_DENIED, "the ID token is malformed");
}

/* "aud" is one text or a list; with several "azp" says whom it is for. */
static bool for_us(const json_t *claims, struct str us)
{
	const json_t *aud = json_object_get(claims, "aud");
	struct str azp = member(claims, "azp");
	bool found = str_eq(member(claims, "aud"), us);
	for (size_t i = 0; i < json_array_size(aud); i++) {
		const json_t *one = json_array_get(aud, i);
		found |= json_is_string(one) && str_eq(str_of(json_string_value(one)), us);
	}
	return found && (azp.n ? str_eq(azp, us) : json_array_size(aud) <= 1);
}

int jwt_check(const json_t *claims, const struct jwt_want *want, struct err *err)
{
	const json_t *exp = json_object_get(claims, "exp"), *iat = json_object_get(claims, "iat");
	if (!str_eq(member(claims, "iss"), want->issuer))
		return err_set(err, ERR_DENIED, "the ID token is of another issuer");
	if (!for_us(claims, want->audience))
		return err_set(err, ERR_DENIED, "the ID token is for somebody else");
	if (!json_is_integer(exp) || json_integer_value(exp) <= want->now - JWT_LEEWAY)
		return err_set(err, ERR_DENIED, "the ID token has expired");
	if (!json_is_integer(iat) || json_integer_value(iat) > want->now + JWT_LEEWAY)
		return err_set(err, ERR_DENIED, "the ID token is from the future");
	if (want->nonce.n == 0 || !str_eq(member(claims, "nonce"), want->nonce))
		return err_set(err, ERR_DENIED, "the ID token belongs to another login");
	if (member(claims, "sub").n == 0)
		return err_set(err, ERR_DENIED, "the ID token names nobody");
	return 1;
}

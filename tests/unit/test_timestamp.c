#include "t.h"

#include "timestamp.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ts.h>
#include <openssl/x509v3.h>

/* An authority of our own, so that its certificate may be one that is not for timestamps. */
struct authority {
	EVP_PKEY *key;
	X509 *cert;
	TS_RESP_CTX *ctx;
};

static struct err err;

static ASN1_INTEGER *serial(TS_RESP_CTX *ctx, void *data)
{
	ASN1_INTEGER *n = ASN1_INTEGER_new();
	(void)ctx;
	(void)data;
	ASN1_INTEGER_set(n, 7);
	return n;
}

static void extend(X509 *cert, int nid, const char *value)
{
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
	X509_add_ext(cert, e, -1);
	X509_EXTENSION_free(e);
}

/* days: how long its certificate is good, behind or before now. */
static void authority_make(struct authority *a, const char *usage, long days)
{
	a->key = EVP_EC_gen("P-256");
	a->cert = X509_new();
	X509_set_version(a->cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(a->cert), 1);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(a->cert), "CN", MBSTRING_ASC,
				   (const unsigned char *)"unit", -1, -1, 0);
	X509_set_issuer_name(a->cert, X509_get_subject_name(a->cert));
	X509_gmtime_adj(X509_getm_notBefore(a->cert), days < 0 ? days * 86400 : -60);
	X509_gmtime_adj(X509_getm_notAfter(a->cert), days < 0 ? -60 : days * 86400);
	X509_set_pubkey(a->cert, a->key);
	if (usage)
		extend(a->cert, NID_ext_key_usage, usage);
	X509_sign(a->cert, a->key, EVP_sha256());
	a->ctx = TS_RESP_CTX_new();
	TS_RESP_CTX_set_serial_cb(a->ctx, serial, NULL);
	TS_RESP_CTX_set_signer_key(a->ctx, a->key);
	ASN1_OBJECT *policy = OBJ_txt2obj("1.2.3.4", 1);
	TS_RESP_CTX_set_def_policy(a->ctx, policy);
	ASN1_OBJECT_free(policy);
	TS_RESP_CTX_add_md(a->ctx, EVP_sha256());
	TS_RESP_CTX_set_signer_digest(a->ctx, EVP_sha256());
}

static void authority_free(struct authority *a)
{
	TS_RESP_CTX_free(a->ctx);
	X509_free(a->cert);
	EVP_PKEY_free(a->key);
}

/* Its answer; empty when it makes none. */
static void answer(struct authority *a, struct str request, struct buf *out)
{
	unsigned char *der = NULL;
	BIO *in = BIO_new_mem_buf(request.p, (int)request.n);
	buf_clear(out);
	if (TS_RESP_CTX_set_signer_cert(a->ctx, a->cert) == 1) {
		TS_RESP *resp = TS_RESP_create_response(a->ctx, in);
		int n = resp ? i2d_TS_RESP(resp, &der) : -1;
		if (n > 0)
			buf_add(out, der, (size_t)n);
		OPENSSL_free(der);
		TS_RESP_free(resp);
	}
	BIO_free(in);
}

static void roots(const struct authority *a, const char *path)
{
	FILE *f = fopen(path, "w");
	PEM_write_X509(f, a->cert);
	fclose(f);
}

/* Every flipped bit: refused, or it says the same. */
static void flips(struct buf *b, const struct timestamp_want *want, const struct timestamp *good)
{
	struct timestamp t;
	int passed = 0, wrong = 0;
	for (size_t i = 0; i < b->n; i++) {
		b->p[i] = (char)(b->p[i] ^ (1 << i % 8));
		if (timestamp_check(buf_all(b), want, &t, &err) == 1) {
			passed++;
			wrong += t.at != good->at || strcmp(t.signer, good->signer) != 0;
		} else {
			wrong += err.kind != ERR_INPUT || err.text[0] == '\0';
		}
		b->p[i] = (char)(b->p[i] ^ (1 << i % 8));
	}
	T(wrong == 0);
	T(passed < (int)b->n / 5);
	for (size_t i = 0; i < b->n; i++)
		wrong += timestamp_check(str_cut(buf_all(b), 0, i), want, &t, &err) == 1;
	T(wrong == 0);
}

int main(void)
{
	struct authority good, other, expired;
	unsigned char imprint[HASH_BYTES], nonce[TIMESTAMP_NONCE], no[HASH_BYTES] = {1};
	struct timestamp t = {0}, u;
	struct buf request, b;
	char mine[4200], theirs[4200];
	const char *dir = t_dir();
	snprintf(mine, sizeof mine, "%s/mine", dir);
	snprintf(theirs, sizeof theirs, "%s/theirs", dir);
	hash_of(STR("a seal"), imprint);
	buf_init(&request, TIMESTAMP_MOST);
	buf_init(&b, 2 * TIMESTAMP_MOST);
	timestamp_request(imprint, nonce, &request);
	authority_make(&good, "critical,timeStamping", 30);
	authority_make(&other, "critical,timeStamping", 30);
	authority_make(&expired, "critical,timeStamping", -30);
	roots(&good, mine);
	roots(&other, theirs);

	struct timestamp_want any = {imprint, NULL, NULL}, want = {imprint, nonce, NULL},
			      rooted = {imprint, nonce, mine}, wrong = {imprint, nonce, theirs},
			      gone = {imprint, nonce, "/nowhere"}, mark = {no, nonce, NULL},
			      number = {imprint, no, NULL};
	answer(&good, buf_all(&request), &b);
	T(b.n > 300);
	T(timestamp_check(buf_all(&b), &want, &t, &err) == 1);
	T(t.at > 1700000000);
	T_STR(str_of(t.signer), STR("/CN=unit"));
	T(timestamp_check(buf_all(&b), &any, &u, &err) == 1);
	T(timestamp_check(buf_all(&b), &rooted, &u, &err) == 1 && u.at == t.at);
	T(timestamp_check(buf_all(&b), &wrong, &u, &err) == -1 && err.kind == ERR_INPUT);
	T(timestamp_check(buf_all(&b), &gone, &u, &err) == -1 && err.kind == ERR_DENIED);
	T(timestamp_check(buf_all(&b), &mark, &u, &err) == -1 && err.kind == ERR_INPUT);
	T(timestamp_check(buf_all(&b), &number, &u, &err) == -1 && err.kind == ERR_INPUT);
	flips(&b, &want, &t);
	while (b.n <= TIMESTAMP_MOST)
		buf_chr(&b, '\0');
	T(timestamp_check(buf_all(&b), &want, &u, &err) == -1);
	T(timestamp_check(STR(""), &want, &u, &err) == -1 && err.kind == ERR_INPUT);
	/* signed at a time at which the certificate was no longer good */
	answer(&expired, buf_all(&request), &b);
	T(b.n > 300);
	T(timestamp_check(buf_all(&b), &want, &u, &err) == -1 && err.kind == ERR_INPUT);

	authority_free(&good);
	authority_free(&other);
	authority_free(&expired);
	buf_free(&request);
	buf_free(&b);
	return t_done();
}

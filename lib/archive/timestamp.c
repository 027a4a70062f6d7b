#define _GNU_SOURCE
#include "timestamp.h"

#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/ts.h>
#include <stdio.h>
#include <time.h>

/* ---- the request ---- */

static int fill(TS_REQ *req, TS_MSG_IMPRINT *mark, X509_ALGOR *sha, ASN1_INTEGER *number,
		const unsigned char imprint[HASH_BYTES], const unsigned char *nonce)
{
	unsigned char copy[HASH_BYTES];
	BIGNUM *n = BN_bin2bn(nonce, TIMESTAMP_NONCE, NULL);
	memcpy(copy, imprint, HASH_BYTES);
	int good = n && BN_to_ASN1_INTEGER(n, number) &&
		   X509_ALGOR_set0(sha, OBJ_nid2obj(NID_sha256), V_ASN1_NULL, NULL) &&
		   TS_MSG_IMPRINT_set_algo(mark, sha) &&
		   TS_MSG_IMPRINT_set_msg(mark, copy, HASH_BYTES) && TS_REQ_set_version(req, 1) &&
		   TS_REQ_set_msg_imprint(req, mark) && TS_REQ_set_nonce(req, number) &&
		   TS_REQ_set_cert_req(req, 1);
	BN_free(n);
	return good;
}

void timestamp_request(const unsigned char imprint[HASH_BYTES],
		       unsigned char nonce[TIMESTAMP_NONCE], struct buf *out)
{
	TS_REQ *req = TS_REQ_new();
	TS_MSG_IMPRINT *mark = TS_MSG_IMPRINT_new();
	X509_ALGOR *sha = X509_ALGOR_new();
	ASN1_INTEGER *number = ASN1_INTEGER_new();
	unsigned char *der = NULL;
	if (RAND_bytes(nonce, TIMESTAMP_NONCE) != 1)
		err_die("timestamp: no random bytes");
	if (!req || !mark || !sha || !number || !fill(req, mark, sha, number, imprint, nonce))
		err_die("timestamp: cannot make a request");
	int n = i2d_TS_REQ(req, &der);
	if (n < 0)
		err_die("timestamp: cannot make a request");
	buf_add(out, der, (size_t)n);
	OPENSSL_free(der);
	TS_REQ_free(req);
	TS_MSG_IMPRINT_free(mark);
	X509_ALGOR_free(sha);
	ASN1_INTEGER_free(number);
}

/* ---- the answer ---- */

/* Text of somebody else's, cut to what can be printed. */
static void printable(struct str in, char *out, size_t room)
{
	size_t n = 0;
	for (size_t i = 0; i < in.n && n + 1 < room; i++)
		out[n++] = in.p[i] >= ' ' && in.p[i] <= '~' ? in.p[i] : '?';
	out[n] = '\0';
}

static int granted(TS_RESP *resp, struct err *err)
{
	TS_STATUS_INFO *info = TS_RESP_get_status_info(resp);
	long status = ASN1_INTEGER_get(TS_STATUS_INFO_get0_status(info));
	const STACK_OF(ASN1_UTF8STRING) *said = TS_STATUS_INFO_get0_text(info);
	char text[200] = "no reason given";
	if (status == TS_STATUS_GRANTED || status == TS_STATUS_GRANTED_WITH_MODS)
		return 1;
	if (said && sk_ASN1_UTF8STRING_num(said) > 0) {
		ASN1_UTF8STRING *first = sk_ASN1_UTF8STRING_value(said, 0);
		printable((struct str){(const char *)ASN1_STRING_get0_data(first),
				       (size_t)ASN1_STRING_length(first)}, text, sizeof text);
	}
	return err_set(err, ERR_INPUT, "not granted (status %ld: %s)", status, text);
}

static bool same_nonce(const TS_TST_INFO *info, const unsigned char *nonce)
{
	const ASN1_INTEGER *got = TS_TST_INFO_get_nonce(info);
	BIGNUM *want = BN_bin2bn(nonce, TIMESTAMP_NONCE, NULL);
	BIGNUM *is = got ? ASN1_INTEGER_to_BN(got, NULL) : NULL;
	bool same = want && is && BN_cmp(want, is) == 0;
	BN_free(want);
	BN_free(is);
	return same;
}

static int fits(TS_TST_INFO *info, const struct timestamp_want *want, struct err *err)
{
	TS_MSG_IMPRINT *mark = TS_TST_INFO_get_msg_imprint(info);
	const ASN1_OBJECT *algorithm;
	X509_ALGOR_get0(&algorithm, NULL, NULL, TS_MSG_IMPRINT_get_algo(mark));
	const ASN1_OCTET_STRING *msg = TS_MSG_IMPRINT_get_msg(mark);
	if (TS_TST_INFO_get_version(info) != 1)
		return err_set(err, ERR_INPUT, "not a token of version 1");
	if (OBJ_obj2nid(algorithm) != NID_sha256 || ASN1_STRING_length(msg) != HASH_BYTES ||
	    memcmp(ASN1_STRING_get0_data(msg), want->imprint, HASH_BYTES) != 0)
		return err_set(err, ERR_INPUT, "it is a timestamp of something else");
	if (want->nonce && !same_nonce(info, want->nonce))
		return err_set(err, ERR_INPUT, "it does not answer this request: another nonce");
	return 1;
}

/* Seconds UTC of the time in the token. 1 or 0. */
static int when(const TS_TST_INFO *info, int64_t *out)
{
	struct tm tm = {0};
	const ASN1_GENERALIZEDTIME *at = TS_TST_INFO_get_time(info);
	if (at == NULL || ASN1_TIME_to_tm(at, &tm) != 1)
		return 0;
	*out = (int64_t)timegm(&tm);
	return 1;
}

/* Trusted: the roots, or for want of them the certificates in the token themselves. */
static X509_STORE *trusted(PKCS7 *token, const char *roots, struct err *err)
{
	X509_STORE *store = X509_STORE_new();
	if (store == NULL)
		err_die("timestamp: out of memory");
	if (roots && X509_STORE_load_file(store, roots) != 1) {
		err_set(err, ERR_DENIED, "cannot read certificates from '%s'", roots);
		X509_STORE_free(store);
		return NULL;
	}
	STACK_OF(X509) *own = PKCS7_type_is_signed(token) && token->d.sign ?
		token->d.sign->cert : NULL;
	for (int i = 0; roots == NULL && own && i < sk_X509_num(own); i++)
		X509_STORE_add_cert(store, sk_X509_value(own, i));
	if (roots == NULL)
		X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
	return store;
}

static int check_signature(PKCS7 *token, const char *roots, struct timestamp *out, struct err *err)
{
	X509 *signer = NULL;
	char name[200];
	X509_STORE *store = trusted(token, roots, err);
	if (store == NULL)
		return -1;
	X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store), (time_t)out->at);
	int good = TS_RESP_verify_signature(token, NULL, store, &signer) == 1;
	if (good && signer) {
		X509_NAME_oneline(X509_get_subject_name(signer), name, sizeof name);
		printable(str_of(name), out->signer, sizeof out->signer);
	}
	/* What the chain fails by stands in the data, the wrong step in the reason. */
	unsigned long code = ERR_peek_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;
	if (!good)
		err_set(err, ERR_INPUT, "the signature is not sound%s: %s",
			roots ? ", or not by whom the given roots vouch for" : "",
			reason ? reason : "unknown");
	X509_free(signer);
	X509_STORE_free(store);
	return good ? 1 : -1;
}

static int check(TS_RESP *resp, const struct timestamp_want *want, struct timestamp *out,
		 struct err *err)
{
	if (granted(resp, err) < 0)
		return -1;
	TS_TST_INFO *info = TS_RESP_get_tst_info(resp);
	PKCS7 *token = TS_RESP_get_token(resp);
	if (info == NULL || token == NULL)
		return err_set(err, ERR_INPUT, "granted, but there is no token");
	if (fits(info, want, err) < 0)
		return -1;
	if (!when(info, &out->at))
		return err_set(err, ERR_INPUT, "the token has no time");
	return check_signature(token, want->roots, out, err);
}

int timestamp_check(struct str answer, const struct timestamp_want *want, struct timestamp *out,
		    struct err *err)
{
	const unsigned char *p = (const unsigned char *)answer.p;
	*out = (struct timestamp){0};
	TS_RESP *resp = answer.n <= TIMESTAMP_MOST ?
		d2i_TS_RESP(NULL, &p, (long)answer.n) : NULL;
	int r;
	if (resp == NULL || (const char *)p != answer.p + answer.n)
		r = err_set(err, ERR_INPUT, "not an answer of a time authority (RFC 3161)");
	else
		r = check(resp, want, out, err);
	TS_RESP_free(resp);
	ERR_clear_error();
	return r;
}

#include "smime.h"

/* In this order: the second one looks for the first. */
#include <openssl/pem.h>

#include <openssl/cms.h>

void smime_load(void)
{
	/* No configuration: it is a file, and nothing of it matters here. */
	OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_ADD_ALL_DIGESTS |
				    OPENSSL_INIT_ADD_ALL_CIPHERS |
				    OPENSSL_INIT_LOAD_CRYPTO_STRINGS,
			    NULL);
}

CMS_ContentInfo *smime_parse(struct str s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	if (s.n == 0 || s.p[0] != '-') /* from where it is: it may be large */
		return d2i_CMS_ContentInfo(NULL, &p, (long)s.n);
	BIO *in = BIO_new_mem_buf(s.p, (int)s.n);
	if (in == NULL)
		return NULL;
	CMS_ContentInfo *c = PEM_read_bio_CMS(in, NULL, NULL, NULL);
	BIO_free(in);
	return c;
}

static void put_content(struct document *d, CMS_ContentInfo *c)
{
	ASN1_OCTET_STRING **content = CMS_get0_content(c);
	if (content == NULL || *content == NULL) /* it stands elsewhere */
		return;
	struct extract_document in = {.type = STR("message/rfc822")};
	in.bytes = (struct str){(const char *)ASN1_STRING_get0_data(*content),
				(size_t)ASN1_STRING_length(*content)};
	if (document_may_open(d))
		document_nested(d, &in);
}

/* It is opened by a process that has keys, if there are any. */
static void put_sealed(struct document *d)
{
	int r = board_seal(d->board, d->depth ? d->doc.bytes : STR(""));
	if (r == 0)
		board_fault(d->board, EXTRACT_ENCRYPTED, "S/MIME, encrypted");
	else if (r < 0)
		board_fault(d->board, EXTRACT_TOO_BIG, "S/MIME, encrypted: too much of it");
}

void smime_read(struct document *d)
{
	CMS_ContentInfo *c = smime_parse(d->doc.bytes);
	int type = c ? OBJ_obj2nid(CMS_get0_type(c)) : NID_undef;
	if (c == NULL)
		board_fault(d->board, EXTRACT_FAILED, "S/MIME: damaged");
	else if (type == NID_pkcs7_signed || type == NID_pkcs7_data)
		put_content(d, c);
	else if (type == NID_pkcs7_enveloped || type == NID_id_smime_ct_authEnvelopedData)
		put_sealed(d);
	else if (type == NID_pkcs7_encrypted)
		board_fault(d->board, EXTRACT_ENCRYPTED, "S/MIME, encrypted");
	else
		board_fault(d->board, EXTRACT_UNKNOWN, "S/MIME of an unknown kind");
	CMS_ContentInfo_free(c);
}

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

static CMS_ContentInfo *parse(struct str s)
{
	BIO *in = BIO_new_mem_buf(s.p, (int)s.n);
	if (in == NULL)
		return NULL;
	CMS_ContentInfo *c = s.n && s.p[0] == '-' ? PEM_read_bio_CMS(in, NULL, NULL, NULL)
						  : d2i_CMS_bio(in, NULL);
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

void smime_read(struct document *d)
{
	CMS_ContentInfo *c = parse(d->doc.bytes);
	int type = c ? OBJ_obj2nid(CMS_get0_type(c)) : NID_undef;
	if (c == NULL)
		board_fault(d->board, EXTRACT_FAILED, "S/MIME: damaged");
	else if (type == NID_pkcs7_signed || type == NID_pkcs7_data)
		put_content(d, c);
	else if (type == NID_pkcs7_enveloped || type == NID_pkcs7_encrypted ||
		 type == NID_id_smime_ct_authEnvelopedData)
		board_fault(d->board, EXTRACT_ENCRYPTED, "S/MIME, encrypted");
	else
		board_fault(d->board, EXTRACT_UNKNOWN, "S/MIME of an unknown kind");
	CMS_ContentInfo_free(c);
}

#include "unseal.h"

#include "keyring.h"
#include "smime.h"

#include <limits.h>
#include <openssl/cms.h>
#include <openssl/provider.h>
#include <sys/prctl.h>

enum { PIECE = 64 * 1024 };

int unseal_load(struct str keys, struct err *err)
{
	if (prctl(PR_SET_DUMPABLE, 0) < 0)
		return err_errno(err, ERR_BROKEN, "cannot keep keys out of core dumps");
	smime_load();
	/* Old mail has RC2. Without the second one that stays encrypted. */
	if (OSSL_PROVIDER_load(NULL, "default") == NULL)
		return err_set(err, ERR_BROKEN, "OpenSSL has no ciphers");
	OSSL_PROVIDER_load(NULL, "legacy");
	return keyring_load(keys.p, err);
}

static bool is_agreed(CMS_RecipientInfo *ri, X509 *cert)
{
	STACK_OF(CMS_RecipientEncryptedKey) *all = CMS_RecipientInfo_kari_get0_reks(ri);
	for (int i = 0; i < sk_CMS_RecipientEncryptedKey_num(all); i++)
		if (CMS_RecipientEncryptedKey_cert_cmp(
			    sk_CMS_RecipientEncryptedKey_value(all, i), cert) == 0)
			return true;
	return false;
}

/* Is it for the owner of this certificate, among others? */
static bool is_for(CMS_ContentInfo *c, X509 *cert)
{
	STACK_OF(CMS_RecipientInfo) *all = CMS_get0_RecipientInfos(c);
	for (int i = 0; i < sk_CMS_RecipientInfo_num(all); i++) {
		CMS_RecipientInfo *ri = sk_CMS_RecipientInfo_value(all, i);
		int type = CMS_RecipientInfo_type(ri);
		if (type == CMS_RECIPINFO_TRANS && CMS_RecipientInfo_ktri_cert_cmp(ri, cert) == 0)
			return true;
		if (type == CMS_RECIPINFO_AGREE && is_agreed(ri, cert))
			return true;
	}
	return false;
}

/* Up to n bytes of plain text, which are fewer than were encrypted. How many, or -1: damaged. What
 * is authenticated, and is not as it was, shows at the end only. */
static ptrdiff_t put(BIO *in, char *out, size_t n)
{
	size_t at = 0;
	int got;
	do {
		size_t left = n - at < PIECE ? n - at : PIECE;
		char more;
		got = BIO_read(in, left ? out + at : &more, left ? (int)left : 1);
		if (got > 0 && left == 0)
			return -1;
		at += got > 0 ? (size_t)got : 0;
	} while (got > 0);
	if (got < 0 || BIO_get_cipher_status(in) <= 0)
		return -1;
	return (ptrdiff_t)at;
}

static void open_with(struct board *b, CMS_ContentInfo *c, struct str over)
{
	BIO *in = CMS_dataInit(c, NULL);
	if (in == NULL) {
		board_fault(b, EXTRACT_ENCRYPTED, "S/MIME, encrypted by a cipher not known here");
		return;
	}
	ptrdiff_t n = put(in, (char *)(uintptr_t)over.p, over.n);
	if (n < 0)
		board_fault(b, EXTRACT_FAILED, "S/MIME, encrypted: damaged");
	else
		b->opened = (uint64_t)n;
	BIO_free_all(in);
}

void unseal_work(struct board *b, const struct extract_document *d)
{
	X509 *cert;
	EVP_PKEY *key;
	bool fits = false, named = false;
	if (d->bytes.n == 0 || d->bytes.n > INT_MAX)
		return;
	CMS_ContentInfo *c = smime_parse(d->bytes);
	for (size_t i = 0; c && !fits && keyring_get(i, &cert, &key) == 1; i++) {
		if (!is_for(c, cert))
			continue;
		named = true;
		fits = CMS_decrypt_set1_pkey(c, key, cert) > 0;
	}
	if (fits)
		open_with(b, c, d->bytes);
	else if (named)
		board_fault(b, EXTRACT_FAILED, "S/MIME, encrypted: its key is damaged");
	else if (c)
		board_fault(b, EXTRACT_ENCRYPTED, "S/MIME, encrypted, and no key for it");
	else
		board_fault(b, EXTRACT_FAILED, "S/MIME: damaged");
	CMS_ContentInfo_free(c);
}

#define _GNU_SOURCE
#include "keyring.h"

#include "buf.h"
#include "file.h"

#include <dirent.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static struct {
	EVP_PKEY *keys[KEYRING_MOST];
	char *paths[KEYRING_MOST]; /* of the files that they come from */
	X509 *certs[KEYRING_MOST];
	EVP_PKEY *of[KEYRING_MOST]; /* the key of each certificate, borrowed, or NULL */
	size_t n_keys, n_certs;
} ring;

/* One block of a PEM file. */
struct block {
	char *name, *head;
	unsigned char *data;
	long n;
};

static void block_free(struct block *b)
{
	OPENSSL_free(b->name);
	OPENSSL_free(b->head);
	OPENSSL_clear_free(b->data, (size_t)b->n);
}

static int refuse(struct err *err, const char *path, const char *why)
{
	ERR_clear_error();
	return err_set(err, ERR_DENIED, "'%s': %s", path, why);
}

static int add_key(const struct block *b, const char *path, struct err *err)
{
	const unsigned char *p = b->data;
	struct stat st;
	if (strstr(b->name, "ENCRYPTED") || (b->head && strstr(b->head, "ENCRYPTED")))
		return refuse(err, path, "its key has a passphrase; store it without one "
					 "(openssl pkey), readable by its owner only");
	if (stat(path, &st) < 0 || (st.st_mode & (S_IRWXG | S_IRWXO)))
		return refuse(err, path, "others than its owner can read this key (chmod 600)");
	if (ring.n_keys == KEYRING_MOST)
		return refuse(err, path, "too many keys");
	EVP_PKEY *key = d2i_AutoPrivateKey(NULL, &p, b->n);
	if (key == NULL)
		return refuse(err, path, "its key is damaged, or of an unknown kind");
	ring.paths[ring.n_keys] = strdup(path);
	ring.keys[ring.n_keys++] = key;
	return 1;
}

static int add_cert(const struct block *b, const char *path, struct err *err)
{
	const unsigned char *p = b->data;
	if (ring.n_certs == KEYRING_MOST)
		return refuse(err, path, "too many certificates");
	X509 *cert = d2i_X509_AUX(NULL, &p, b->n);
	if (cert == NULL)
		return refuse(err, path, "its certificate is damaged");
	ring.certs[ring.n_certs++] = cert;
	return 1;
}

static int add_block(const struct block *b, const char *path, struct err *err)
{
	if (str_ends(str_of(b->name), STR("PRIVATE KEY")))
		return add_key(b, path, err);
	if (str_ends(str_of(b->name), STR("CERTIFICATE")))
		return add_cert(b, path, err);
	return 1;
}

static int add_text(struct str text, const char *path, struct err *err)
{
	BIO *in = BIO_new_mem_buf(text.p, (int)text.n);
	struct block b = {0};
	int r = in ? 1 : refuse(err, path, "no memory");
	while (r > 0 && PEM_read_bio(in, &b.name, &b.head, &b.data, &b.n) == 1) {
		r = add_block(&b, path, err);
		block_free(&b);
	}
	/* The end shows as that nothing begins any more. */
	if (r > 0 && ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		r = refuse(err, path, "damaged");
	ERR_clear_error();
	BIO_free(in);
	return r;
}

/* Every key needs a certificate, which says what is for it. */
static int pair_up(struct err *err)
{
	for (size_t k = 0; k < ring.n_keys; k++) {
		bool used = false;
		for (size_t c = 0; c < ring.n_certs; c++)
			if (X509_check_private_key(ring.certs[c], ring.keys[k]) == 1) {
				ring.of[c] = ring.keys[k];
				used = true;
			}
		if (!used)
			return refuse(err, ring.paths[k], "there is no certificate of this key");
	}
	ERR_clear_error();
	return 1;
}

static int add_file(const char *path, struct err *err)
{
	struct buf b;
	buf_init(&b, KEYRING_FILE);
	int r = file_load(path, &b, err);
	if (r == 0)
		r = refuse(err, path, "there is no such file");
	err->kind = ERR_DENIED;
	if (r > 0)
		r = add_text(buf_all(&b), path, err);
	if (b.p)
		OPENSSL_cleanse(b.p, b.cap);
	buf_free(&b);
	return r;
}

static int add_folder(DIR *dir, const char *path, struct err *err)
{
	const struct dirent *e;
	int r = 1;
	while (r > 0 && (e = readdir(dir))) {
		char *name;
		if (e->d_name[0] == '.' || !str_ends(str_of(e->d_name), STR(".pem")))
			continue;
		if (asprintf(&name, "%s/%s", path, e->d_name) < 0)
			return refuse(err, path, "no memory");
		r = add_file(name, err);
		free(name);
	}
	return r;
}

int keyring_load(const char *path, struct err *err)
{
	DIR *dir = opendir(path);
	if (dir == NULL && errno != ENOTDIR)
		return err_errno(err, ERR_DENIED, "cannot read '%s'", path);
	int r = dir ? add_folder(dir, path, err) : add_file(path, err);
	if (dir)
		closedir(dir);
	if (r > 0 && ring.n_keys == 0)
		r = refuse(err, path, dir ? "no file *.pem in it holds a key" : "it holds no key");
	return r > 0 ? pair_up(err) : r;
}

int keyring_get(size_t i, X509 **cert, EVP_PKEY **key)
{
	for (size_t c = 0; c < ring.n_certs; c++)
		if (ring.of[c] && i-- == 0) {
			*cert = ring.certs[c];
			*key = ring.of[c];
			return 1;
		}
	return 0;
}

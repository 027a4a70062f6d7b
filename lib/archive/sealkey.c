#define _GNU_SOURCE
#include "sealkey.h"

#include "file.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdio.h>

#define KEY_MOST 4096

static void place(char path[4096], const char *dir, const char *name)
{
	snprintf(path, 4096, "%s/keys/%s", dir, name);
}

int sealkey_public(const char *dir, struct note_key *out, struct err *err)
{
	char path[4096];
	struct buf b;
	place(path, dir, "seal.pub");
	buf_init(&b, KEY_MOST);
	int r = file_load(path, &b, err);
	if (r == 1 && note_key_read(buf_all(&b), out, err) < 0) {
		err->kind = ERR_BROKEN;
		r = err_wrap(err, "'%s'", path);
	}
	buf_free(&b);
	return r;
}

int sealkey_derive(const char *dir, struct str name, struct note_key *out, struct err *err)
{
	char path[4096];
	struct note_signer *s = NULL;
	struct buf b;
	place(path, dir, "seal.key");
	buf_init(&b, KEY_MOST);
	int r = file_load(path, &b, err);
	if (r == 1)
		r = note_load(&s, buf_all(&b), err);
	if (r == 1)
		r = note_public(s, name, out, err);
	if (b.n)
		OPENSSL_cleanse(b.p, b.n);
	buf_free(&b);
	note_free(&s);
	return r;
}

/* Appends the text to a new file that only its owner may read. */
static int store(const char *dir, const char *name, struct buf *text, struct err *err)
{
	char path[4096];
	place(path, dir, name);
	int r = file_replace(path, buf_all(text), err);
	OPENSSL_cleanse(text->p, text->n);
	buf_clear(text);
	return r;
}

/* The origin holds a random name of the archive. */
static int make(const char *dir, struct note_signer *s, struct note_key *key, struct err *err)
{
	unsigned char id[8];
	char hex[2 * sizeof id + 1], name[40], path[4096];
	struct buf b;
	if (RAND_bytes(id, sizeof id) != 1)
		err_die("sealkey: no random bytes");
	hash_hex(id, sizeof id, hex);
	snprintf(name, sizeof name, "sheaf/%s", hex);
	place(path, dir, "");
	if (note_public(s, str_of(name), key, err) < 0 || file_mkdirs(path, err) < 0 ||
	    file_sync_dir(dir, err) < 0)
		return -1;
	buf_init(&b, KEY_MOST);
	note_pem(s, &b);
	int r = store(dir, "seal.key", &b, err);
	if (r == 1) {
		note_key_write(key, &b);
		buf_chr(&b, '\n');
		r = store(dir, "seal.pub", &b, err);
	}
	buf_free(&b);
	return r;
}

static int load(const char *dir, struct note_signer **out, struct note_key *key, struct err *err)
{
	char path[4096];
	struct note_key own;
	struct buf b;
	place(path, dir, "seal.key");
	buf_init(&b, KEY_MOST);
	int r = file_load(path, &b, err);
	if (r == 0)
		r = err_set(err, ERR_DENIED, "the key to seal with, '%s', is missing", path);
	else if (r == 1)
		r = note_load(out, buf_all(&b), err);
	if (b.n)
		OPENSSL_cleanse(b.p, b.n);
	buf_free(&b);
	if (r < 0)
		return -1;
	if (note_public(*out, str_of(key->name), &own, err) < 0 ||
	    memcmp(own.public, key->public, NOTE_PUBLIC) == 0)
		return 1;
	note_free(out);
	return err_set(err, ERR_DENIED, "'%s' is not the key of seal.pub", path);
}

int sealkey_open(const char *dir, bool may_make, struct note_signer **out, struct note_key *key,
		 struct err *err)
{
	*out = NULL;
	int r = sealkey_public(dir, key, err);
	if (r < 0)
		return -1;
	if (r == 1)
		return load(dir, out, key, err);
	if (!may_make)
		return err_set(err, ERR_DENIED, "the key of the seals, '%s/keys/seal.pub', is "
						"missing", dir);
	*out = note_make();
	r = make(dir, *out, key, err);
	if (r < 0)
		note_free(out);
	return r;
}

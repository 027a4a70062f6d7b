#define _GNU_SOURCE
#include "note.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>

#define ED25519 1 /* the kind of key, in key ids and verifier keys */
#define SIGNATURE 64
#define DASH "\xE2\x80\x94 " /* an em dash and a space begin a signature */

struct note_signer {
	EVP_PKEY *key;
};

/* ---- base64 ---- */

void note_base64(struct buf *out, const void *p, size_t n)
{
	size_t size = (n + 2) / 3 * 4;
	char *to = buf_room(out, size + 1); /* OpenSSL adds a NUL */
	if (to == NULL)
		return;
	EVP_EncodeBlock((unsigned char *)to, p, (int)n);
	buf_take(out, size);
}

static int digit(char c)
{
	static const char all[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				  "0123456789+/";
	const char *at = c ? strchr(all, c) : NULL;
	return at ? (int)(at - all) : -1;
}

int note_unbase64(struct str s, unsigned char *out, size_t max, size_t *n_out)
{
	size_t n = 0, pad = 0;
	uint32_t bits = 0;
	if (s.n % 4)
		return 0;
	while (pad < 2 && pad < s.n && s.p[s.n - 1 - pad] == '=')
		pad++;
	if (s.n / 4 * 3 - pad > max)
		return 0;
	for (size_t i = 0; i < s.n - pad; i++) {
		int d = digit(s.p[i]);
		if (d < 0)
			return 0;
		bits = bits << 6 | (uint32_t)d;
		if (i % 4)
			out[n++] = (unsigned char)(bits >> (6 - 2 * (i % 4)));
	}
	/* the bits of the last digit that mean nothing are zero */
	if (pad && (bits & ((1u << 2 * pad) - 1)))
		return 0;
	*n_out = n;
	return 1;
}

/* ---- keys ---- */

struct note_signer *note_make(void)
{
	struct note_signer *s = err_alloc(sizeof *s);
	s->key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	if (s->key == NULL)
		err_die("note: cannot make an Ed25519 key");
	return s;
}

int note_load(struct note_signer **out, struct str pem, struct err *err)
{
	BIO *in = BIO_new_mem_buf(pem.p, (int)pem.n);
	EVP_PKEY *key = in ? PEM_read_bio_PrivateKey(in, NULL, NULL, NULL) : NULL;
	BIO_free(in);
	if (key == NULL || EVP_PKEY_get_base_id(key) != EVP_PKEY_ED25519) {
		EVP_PKEY_free(key);
		return err_set(err, ERR_INPUT, "not an Ed25519 private key");
	}
	*out = err_alloc(sizeof **out);
	(*out)->key = key;
	return 1;
}

void note_free(struct note_signer **s)
{
	if (*s == NULL)
		return;
	EVP_PKEY_free((*s)->key);
	free(*s);
	*s = NULL;
}

void note_pem(const struct note_signer *s, struct buf *out)
{
	char *text;
	BIO *to = BIO_new(BIO_s_mem());
	if (to == NULL || PEM_write_bio_PrivateKey(to, s->key, NULL, NULL, 0, NULL, NULL) != 1)
		err_die("note: cannot write the key");
	long n = BIO_get_mem_data(to, &text);
	buf_add(out, text, (size_t)n);
	BIO_free(to);
}

static void key_id(struct note_key *k)
{
	unsigned char all[HASH_BYTES];
	static const unsigned char kind = ED25519;
	struct hash_ctx *h = hash_new();
	hash_add(h, k->name, strlen(k->name));
	hash_add(h, "\n", 1);
	hash_add(h, &kind, 1);
	hash_add(h, k->public, NOTE_PUBLIC);
	hash_end(h, all);
	hash_free(&h);
	memcpy(k->id, all, sizeof k->id);
}

static int set_name(struct note_key *k, struct str name, struct err *err)
{
	bool sound = name.n > 0 && name.n <= NOTE_NAME && str_utf8(name);
	for (size_t i = 0; sound && i < name.n; i++)
		sound = (unsigned char)name.p[i] > ' ' && name.p[i] != '+';
	if (!sound)
		return err_set(err, ERR_INPUT, "bad name of a key");
	memcpy(k->name, name.p, name.n);
	return 1;
}

int note_public(const struct note_signer *s, struct str name, struct note_key *out,
		struct err *err)
{
	size_t n = NOTE_PUBLIC;
	*out = (struct note_key){0};
	if (set_name(out, name, err) < 0)
		return -1;
	if (EVP_PKEY_get_raw_public_key(s->key, out->public, &n) != 1 || n != NOTE_PUBLIC)
		err_die("note: key without a public half");
	key_id(out);
	return 1;
}

void note_key_write(const struct note_key *k, struct buf *out)
{
	unsigned char key[1 + NOTE_PUBLIC] = {ED25519};
	char hex[2 * sizeof k->id + 1];
	memcpy(key + 1, k->public, NOTE_PUBLIC);
	hash_hex(k->id, sizeof k->id, hex);
	buf_fmt(out, "%s+%s+", k->name, hex);
	note_base64(out, key, sizeof key);
}

int note_key_read(struct str s, struct note_key *out, struct err *err)
{
	struct str name, id;
	unsigned char want[4], key[1 + NOTE_PUBLIC];
	size_t n;
	*out = (struct note_key){0};
	s = str_trim(s);
	if (str_split(&s, '+', &name) == 0 || str_split(&s, '+', &id) == 0 ||
	    !hash_unhex(id, want, sizeof want, &n) || n != sizeof want ||
	    !note_unbase64(s, key, sizeof key, &n) || n != sizeof key || key[0] != ED25519)
		return err_set(err, ERR_INPUT, "not an Ed25519 verifier key");
	if (set_name(out, name, err) < 0)
		return -1;
	memcpy(out->public, key + 1, NOTE_PUBLIC);
	key_id(out);
	if (memcmp(out->id, want, sizeof want) != 0)
		return err_set(err, ERR_INPUT, "a verifier key whose id is not its own");
	return 1;
}

/* ---- notes ---- */

int note_sign(const struct note_signer *s, const struct note_key *k, struct str text,
	      struct buf *out, struct err *err)
{
	unsigned char sig[4 + SIGNATURE];
	size_t n = SIGNATURE;
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	memcpy(sig, k->id, 4);
	bool done = md && EVP_DigestSignInit(md, NULL, NULL, NULL, s->key) == 1 &&
		    EVP_DigestSign(md, sig + 4, &n, (const unsigned char *)text.p, text.n) == 1 &&
		    n == SIGNATURE;
	EVP_MD_CTX_free(md);
	if (!done)
		return err_set(err, ERR_BROKEN, "cannot sign");
	buf_str(out, text);
	buf_fmt(out, "\n" DASH "%s ", k->name);
	note_base64(out, sig, sizeof sig);
	buf_chr(out, '\n');
	return 1;
}

static bool good(const struct note_key *k, struct str text, const unsigned char *sig)
{
	EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, k->public, NOTE_PUBLIC);
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool r = key && md && EVP_DigestVerifyInit(md, NULL, NULL, NULL, key) == 1 &&
		 EVP_DigestVerify(md, sig, SIGNATURE, (const unsigned char *)text.p, text.n) == 1;
	EVP_MD_CTX_free(md);
	EVP_PKEY_free(key);
	return r;
}

/* The text ends before the last empty line; one line of signature follows. */
static bool take_apart(struct str note, const struct note_key *k, struct str *text,
		       unsigned char sig[4 + SIGNATURE])
{
	struct str line, name;
	size_t n, at = note.n;
	while (at >= 2 && (note.p[at - 1] != '\n' || note.p[at - 2] != '\n'))
		at--;
	if (at < 2 || note.p[note.n - 1] != '\n')
		return false;
	*text = str_cut(note, 0, at - 1);
	line = str_cut(note, at, note.n - 1);
	if (!str_starts(line, STR(DASH)))
		return false;
	line = str_cut(line, sizeof DASH - 1, line.n);
	return str_split(&line, ' ', &name) == 1 && str_eq(name, str_of(k->name)) &&
	       note_unbase64(line, sig, 4 + SIGNATURE, &n) && n == 4 + SIGNATURE;
}

int note_verify(struct str note, const struct note_key *k, struct str *text, struct err *err)
{
	unsigned char sig[4 + SIGNATURE];
	if (note.n > NOTE_MOST || !str_utf8(note) || !take_apart(note, k, text, sig))
		return err_set(err, ERR_INPUT, "not a note signed by '%s'", k->name);
	if (memcmp(sig, k->id, 4) != 0 || !good(k, *text, sig + 4))
		return err_set(err, ERR_INPUT, "the signature of '%s' is wrong", k->name);
	return 1;
}

/* A line that ends with LF, and only LF. */
static bool next_line(struct str *rest, struct str *line)
{
	ptrdiff_t lf = str_chr(*rest, '\n');
	if (lf < 1)
		return false;
	*line = str_cut(*rest, 0, (size_t)lf);
	*rest = str_cut(*rest, (size_t)lf + 1, rest->n);
	return true;
}

int note_checkpoint(struct str text, struct note_checkpoint *out, struct err *err)
{
	struct str size, root;
	size_t n;
	*out = (struct note_checkpoint){.rest = text};
	if (!next_line(&out->rest, &out->origin) || !next_line(&out->rest, &size) ||
	    !next_line(&out->rest, &root) || !str_u64(size, &out->head.size) ||
	    (size.n > 1 && size.p[0] == '0') ||
	    !note_unbase64(root, out->head.root, HASH_BYTES, &n) || n != HASH_BYTES)
		return err_set(err, ERR_INPUT, "not a checkpoint");
	return 1;
}

/* note: signed notes, and checkpoints in them.
 *
 * What: C2SP signed-note with one Ed25519 signature (RFC 8032, OpenSSL), C2SP tlog-checkpoint,
 *   base64 (RFC 4648). Bytes to bytes, no I/O.
 * Shape: a note is its text, an empty line, and "— <name> <base64 of key id and signature>".
 * Limits: notes to NOTE_MOST bytes, names to NOTE_NAME.
 * Errors: ERR_INPUT for every note or key that is not sound.
 */
#ifndef NOTE_H
#define NOTE_H

#include "buf.h"
#include "err.h"
#include "merkle.h"

#define NOTE_MOST ((size_t)16 << 10)
#define NOTE_NAME 100
#define NOTE_PUBLIC 32

/* Who may have signed: a verifier key. */
struct note_key {
	char name[NOTE_NAME + 1];
	unsigned char id[4]; /* first bytes of SHA-256(name || LF || 0x01 || public) */
	unsigned char public[NOTE_PUBLIC];
};
/* The first three lines of a checkpoint; strings borrow from its text. */
struct note_checkpoint {
	struct str origin;
	struct merkle_head head;
	struct str rest; /* extension lines */
};
struct note_signer;

/* A new key pair. Free with note_free (accepts NULL). */
struct note_signer *note_make(void);
/* The one of a PEM text (PKCS #8). 1 or -1. */
int note_load(struct note_signer **out, struct str pem, struct err *err);
void note_free(struct note_signer **s);
/* Its private key as PEM, appended. */
void note_pem(const struct note_signer *s, struct buf *out);
/* Its verifier key under that name. ERR_INPUT: the name is empty, too long, or has a space or a
 * plus in it. */
int note_public(const struct note_signer *s, struct str name, struct note_key *out,
		struct err *err);
/* "<name>+<id in hex>+<base64(0x01 || public)>", written and read. */
void note_key_write(const struct note_key *k, struct buf *out);
int note_key_read(struct str s, struct note_key *out, struct err *err);

/* Appends the text, which ends with LF, and its signature by the key of that name. */
int note_sign(const struct note_signer *s, const struct note_key *k, struct str text,
	      struct buf *out, struct err *err);
/* Is the note signed by k? 1: *text is what was signed, borrowed; -1. */
int note_verify(struct str note, const struct note_key *k, struct str *text, struct err *err);
/* Reads the text of a checkpoint. 1 or -1. */
int note_checkpoint(struct str text, struct note_checkpoint *out, struct err *err);

/* Appends base64 with padding. */
void note_base64(struct buf *out, const void *p, size_t n);
/* 1: *n_out bytes; 0: not base64 (only the one canonical form is taken), or more than max. */
int note_unbase64(struct str s, unsigned char *out, size_t max, size_t *n_out);

#endif

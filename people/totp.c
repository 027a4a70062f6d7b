#define _GNU_SOURCE
#include "totp.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "nonce.h"

enum { STEP = 30, RECOVERY_BYTES = 10 };

const char totp_schema[] =
	"CREATE TABLE IF NOT EXISTS recovery(user NOT NULL REFERENCES users(name)"
	" ON DELETE CASCADE, hash BLOB NOT NULL, PRIMARY KEY(user, hash)) WITHOUT ROWID;";

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

unsigned totp_code(const unsigned char *key, size_t n, uint64_t step)
{
	unsigned char text[8], mac[EVP_MAX_MD_SIZE];
	unsigned size = 0;
	for (int i = 0; i < 8; i++)
		text[i] = (unsigned char)(step >> (56 - 8 * i));
	if (HMAC(EVP_sha1(), key, (int)n, text, sizeof text, mac, &size) == NULL)
		err_die("totp: no HMAC");
	const unsigned char *at = mac + (mac[size - 1] & 0xF);
	return (((unsigned)at[0] & 0x7F) << 24 | (unsigned)at[1] << 16 | (unsigned)at[2] << 8 |
		at[3]) % 1000000;
}

struct str totp_base32(struct arena *a, const unsigned char *p, size_t n)
{
	char *out = arena_alloc(a, n * 8 / 5 + 2);
	size_t len = 0;
	unsigned bits = 0, have = 0;
	for (size_t i = 0; i < n; i++) {
		bits = (bits << 8 | p[i]) & 0xFFFF;
		have += 8;
		for (; have >= 5; have -= 5)
			out[len++] = digits[bits >> (have - 5) & 31];
	}
	if (have)
		out[len++] = digits[bits << (5 - have) & 31];
	return (struct str){out, len};
}

int totp_unbase32(struct str s, unsigned char *out, size_t max, size_t *n_out)
{
	unsigned bits = 0, have = 0;
	*n_out = 0;
	for (size_t i = 0; i < s.n; i++) {
		const char *at = s.p[i] ? strchr(digits, s.p[i]) : NULL;
		if (at == NULL)
			return 0;
		bits = (bits << 5 | (unsigned)(at - digits)) & 0xFFFF;
		have += 5;
		if (have < 8)
			continue;
		have -= 8;
		if (*n_out == max)
			return 0;
		out[(*n_out)++] = (unsigned char)(bits >> have);
	}
	return 1;
}

/* ---- switching on and off ---- */

static int new_codes(struct people *p, struct arena *a, struct str user,
		     struct str codes[TOTP_RECOVERY], struct err *err)
{
	for (int i = 0; i < TOTP_RECOVERY; i++) {
		unsigned char bytes[RECOVERY_BYTES], hash[HASH_BYTES];
		if (nonce_bytes(bytes, sizeof bytes, err) < 0)
			return -1;
		codes[i] = totp_base32(a, bytes, sizeof bytes);
		hash_of(codes[i], hash);
		if (db_do(people_db(p), err, "INSERT INTO recovery VALUES(?1,?2)", "sb", user,
			  (struct str){(char *)hash, HASH_BYTES}) < 0)
			return -1;
	}
	return 1;
}

static int set_key(struct people *p, struct str user, struct str key, struct err *err)
{
	if (db_do(people_db(p), err, "DELETE FROM recovery WHERE user=?1", "s", user) < 0 ||
	    db_do(people_db(p), err, "UPDATE users SET totp=?2, totp_step=0 WHERE name=?1", "ss",
		  user, key) < 0)
		return -1;
	return db_changes(people_db(p)) > 0;
}

/* What an address may hold as it is; the rest of a user's name is escaped. */
static struct str label(struct arena *a, struct str user)
{
	struct str out = STR("");
	for (size_t i = 0; i < user.n; i++) {
		unsigned char c = (unsigned char)user.p[i];
		bool plain = c < 0x80 && c != '+' && c != '@';
		out = plain ? arena_fmt(a, "%.*s%c", STR_ARG(out), c)
			    : arena_fmt(a, "%.*s%%%02X", STR_ARG(out), c);
	}
	return out;
}

int totp_enable(struct people *p, struct arena *a, struct str user, struct str *url,
		struct str codes[TOTP_RECOVERY], struct err *err)
{
	unsigned char key[TOTP_KEY];
	if (nonce_bytes(key, sizeof key, err) < 0 || people_begin(p, err) < 0)
		return -1;
	struct str text = totp_base32(a, key, sizeof key);
	int r = set_key(p, user, text, err);
	if (r > 0)
		r = new_codes(p, a, user, codes, err);
	*url = arena_fmt(a, "otpauth://totp/sheaf:%.*s?secret=%.*s&issuer=sheaf",
			 STR_ARG(label(a, user)), STR_ARG(text));
	return people_end(p, r, err);
}

int totp_disable(struct people *p, struct str user, struct err *err)
{
	if (people_begin(p, err) < 0)
		return -1;
	return people_end(p, set_key(p, user, STR(""), err), err);
}

/* ---- asking ---- */

/* Takes the step, unless it or a later one was taken before. 1; 0; -1. */
static int take_step(struct people *p, struct str user, int64_t step, struct err *err)
{
	if (db_do(people_db(p), err, "UPDATE users SET totp_step=?2 WHERE name=?1 AND"
		  " totp_step<?2", "si", user, step) < 0)
		return -1;
	return db_changes(people_db(p)) > 0;
}

static int take_recovery(struct people *p, struct str user, struct str code, struct err *err)
{
	unsigned char hash[HASH_BYTES];
	hash_of(code, hash);
	if (db_do(people_db(p), err, "DELETE FROM recovery WHERE user=?1 AND hash=?2", "sb", user,
		  (struct str){(char *)hash, HASH_BYTES}) < 0)
		return -1;
	return db_changes(people_db(p)) > 0;
}

int totp_check(struct people *p, struct str user, struct str key, struct str code, int64_t now,
	       struct err *err)
{
	unsigned char bytes[64];
	size_t n;
	uint32_t given;
	code = str_trim(code);
	if (!totp_unbase32(key, bytes, sizeof bytes, &n))
		return err_set(err, ERR_BROKEN, "the key of a second factor is malformed");
	if (code.n == 16)
		return take_recovery(p, user, code, err);
	if (code.n != 6 || !str_u32(code, &given))
		return 0;
	for (int64_t step = now / STEP - 1; step <= now / STEP + 1; step++)
		if (totp_code(bytes, n, (uint64_t)step) == given)
			return take_step(p, user, step, err);
	return 0;
}

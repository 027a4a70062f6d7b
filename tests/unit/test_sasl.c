#include "t.h"

#include "sasl.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

/* The library's source of nonces, replaced: RFC 5802's example wants its own. */
static const char *nonce = "fyko+d2lbbFgONRv9qkxdawL";
int gsasl_nonce(char *data, size_t n);
int gsasl_nonce(char *data, size_t n)
{
	unsigned char raw[64];
	EVP_DecodeBlock(raw, (const unsigned char *)nonce, (int)strlen(nonce));
	memcpy(data, raw, n < sizeof raw ? n : sizeof raw);
	return 0;
}

static char said[4096];

/* One step; what the client said is in `said`. */
static int step(struct sasl *s, const char *challenge)
{
	struct buf out;
	struct err err = {0};
	buf_init(&out, sizeof said - 1);
	int r = sasl_step(s, str_of(challenge), &out, &err);
	snprintf(said, sizeof said, "%.*s", STR_ARG(buf_all(&out)));
	T(r == 1 || (err.kind != ERR_NONE && strstr(err.text, "pencil") == NULL));
	buf_free(&out);
	return r;
}

static struct sasl *begin(enum mech_id mech, struct str binding, bool unique)
{
	struct sasl_id id = {.user = STR("user"), .secret = STR("pencil"), .host = STR("h.example"),
			     .port = 143, .binding = binding, .unique = unique};
	struct sasl *s = NULL;
	struct err err = {0};
	T(sasl_new(&s, mech, &id, &err) == 1);
	return s;
}

/* RFC 5802 5, as it stands there. */
static void rfc5802(void)
{
	struct sasl *s = begin(MECH_SCRAM_1, STR(""), false);
	T(step(s, "") == 1);
	T_STR(str_of(said), STR("n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL"));
	T(!sasl_done(s));
	T(step(s, "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096") == 1);
	T_STR(str_of(said), STR("c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,"
				"p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts="));
	T(!sasl_done(s)); /* an OK now would prove nothing */
	T(step(s, "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=") == 1);
	T(sasl_done(s) && said[0] == '\0');
	sasl_free(&s);
}

/* RFC 4013: a soft hyphen counts for nothing, so the proof is that of the example. */
static void prepared_password(void)
{
	struct sasl_id id = {.user = STR("user"), .secret = STR("pen\xc2\xad" "cil")};
	struct sasl *s = NULL;
	struct err err = {0};
	T(sasl_new(&s, MECH_SCRAM_1, &id, &err) == 1 && step(s, "") == 1);
	T(step(s, "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096") == 1);
	T(strstr(said, "p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=") != NULL);
	sasl_free(&s);
}

/* The other side's arithmetic, written from RFC 5802 3: proof and server signature in base64. */
static void arithmetic(const char *hash, const char *salt64, const char *auth, char *proof,
		       char *signature)
{
	const EVP_MD *md = EVP_get_digestbyname(hash);
	unsigned char salt[64], salted[64], key[64], stored[64], sig[64];
	unsigned len = (unsigned)EVP_MD_get_size(md), n;
	size_t pad = strlen(salt64) && salt64[strlen(salt64) - 1] == '=';
	pad += strlen(salt64) > 1 && salt64[strlen(salt64) - 2] == '=';
	int sn = EVP_DecodeBlock(salt, (const unsigned char *)salt64, (int)strlen(salt64));
	PKCS5_PBKDF2_HMAC("pencil", 6, salt, sn - (int)pad, 4096, md, (int)len, salted);
	HMAC(md, salted, (int)len, (const unsigned char *)"Client Key", 10, key, &n);
	EVP_Digest(key, len, stored, &n, md, NULL);
	HMAC(md, stored, (int)len, (const unsigned char *)auth, strlen(auth), sig, &n);
	for (unsigned i = 0; i < len; i++)
		key[i] ^= sig[i];
	EVP_EncodeBlock((unsigned char *)proof, key, (int)len);
	HMAC(md, salted, (int)len, (const unsigned char *)"Server Key", 10, key, &n);
	HMAC(md, key, (int)len, (const unsigned char *)auth, strlen(auth), sig, &n);
	EVP_EncodeBlock((unsigned char *)signature, sig, (int)len);
}

/* RFC 7677 3: our arithmetic gives its numbers, so it may judge the client below. Its nonce has a
 * length that the library does not use. */
static void rfc7677(void)
{
	char proof[100], signature[100];
	arithmetic("SHA256", "W22ZaJ0SNY7soEsUEjb6gQ==",
		   "n=user,r=rOprNGfwEbeRWgbNEkqO,"
		   "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
		   "s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,"
		   "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
		   proof, signature);
	T_STR(str_of(proof), STR("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="));
	T_STR(str_of(signature), STR("6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
}

/* A whole conversation, judged by that arithmetic. `lie` changes the server's signature. */
static void conversation(enum mech_id mech, bool unique, bool lie)
{
	bool long_hash = mech == MECH_SCRAM_256 || mech == MECH_SCRAM_256_PLUS;
	const char *hash = long_hash ? "SHA256" : "SHA1";
	const char *gs2 = !mech_table[mech].plus ? "n,," :
			  unique ? "p=tls-unique,," : "p=tls-exporter,,";
	struct str binding = mech_table[mech].plus ? STR("\1\2\3 bound\377") : STR("");
	char first[500], server[500], without[500], auth[2000], proof[100], sig[100], want[1000];
	unsigned char c[200], raw[100];
	struct sasl *s = begin(mech, binding, unique);
	T(step(s, "") == 1);
	T(str_starts(str_of(said), str_of(gs2)));
	snprintf(first, sizeof first, "%s", said + strlen(gs2));
	const char *r = strstr(first, "r=");
	snprintf(server, sizeof server, "%sSERVER,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", r ? r : "");
	T(step(s, server) == 1);
	size_t n = (size_t)snprintf((char *)raw, sizeof raw, "%s", gs2);
	memcpy(raw + n, binding.p, binding.n);
	EVP_EncodeBlock(c, raw, (int)(n + binding.n));
	snprintf(without, sizeof without, "c=%s,%sSERVER", (char *)c, r ? r : "");
	snprintf(auth, sizeof auth, "%s,%s,%s", first, server, without);
	arithmetic(hash, "W22ZaJ0SNY7soEsUEjb6gQ==", auth, proof, sig);
	snprintf(want, sizeof want, "%s,p=%s", without, proof);
	T_STR(str_of(said), str_of(want));
	sig[0] = lie ? (sig[0] == 'A' ? 'B' : 'A') : sig[0];
	snprintf(server, sizeof server, "v=%s", sig);
	T(step(s, server) == (lie ? -1 : 1));
	T(sasl_done(s) == !lie);
	sasl_free(&s);
}

static void hostile_servers(void)
{
	static const char *const bad[] = {
		"", "x", "r=,s=,i=", "r=other,s=QSXCR+Q6sek8bf92,i=4096",
		"r=fyko+d2lbbFgONRv9qkxdawL,s=QSXCR+Q6sek8bf92,i=1",
		"r=fyko+d2lbbFgONRv9qkxdawL,s=QSXCR+Q6sek8bf92,i=4095",
		"r=fyko+d2lbbFgONRv9qkxdawL,s=QSXCR+Q6sek8bf92,i=1000001",
		"r=fyko+d2lbbFgONRv9qkxdawL,s=QSXCR+Q6sek8bf92,i=4294967295999",
		"r=fyko+d2lbbFgONRv9qkxdawL,s=QSXCR+Q6sek8bf92,i=-1",
		"m=must,r=fyko+d2lbbFgONRv9qkxdawL3,s=QSXCR+Q6sek8bf92,i=4096",
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct sasl *s = begin(MECH_SCRAM_1, STR(""), false);
		T(step(s, "") == 1);
		T(step(s, bad[i]) == -1);
		T(!sasl_done(s));
		sasl_free(&s);
	}
	struct sasl *s = begin(MECH_SCRAM_1, STR(""), false);
	step(s, "");
	step(s, "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096");
	T(step(s, "e=invalid-proof") == 1 && !sasl_done(s)); /* the tagged answer says NO */
	sasl_free(&s);
}

static void others(void)
{
	struct sasl *s = begin(MECH_OAUTHBEARER, STR(""), false);
	T(step(s, "") == 1); /* RFC 7628 3.1 */
	T_STR(str_of(said), STR("n,a=user,\1host=h.example\1port=143\1auth=Bearer pencil\1\1"));
	T(step(s, "{\"status\":\"401\"}") == 1);
	T_STR(str_of(said), STR("\1"));
	sasl_free(&s);
	s = begin(MECH_XOAUTH2, STR(""), false);
	T(step(s, "") == 1);
	T_STR(str_of(said), STR("user=user\1auth=Bearer pencil\1\1"));
	T(step(s, "{\"status\":\"401\"}") == 1 && said[0] == '\0');
	sasl_free(&s);
	s = begin(MECH_EXTERNAL, STR(""), false);
	T(step(s, "") == 1);
	T_STR(str_of(said), STR("user"));
	sasl_free(&s);
	s = begin(MECH_LOGIN, STR(""), false);
	T(step(s, "User Name") == 1);
	T_STR(str_of(said), STR("user"));
	T(step(s, "Password") == 1);
	T_STR(str_of(said), STR("pencil"));
	T(step(s, "Shoe size") == -1);
	sasl_free(&s);
	s = begin(MECH_CRAM_MD5, STR(""), false);
	T(step(s, "<1896.697170952@postoffice.reston.mci.net>") == 1);
	T(str_starts(str_of(said), STR("user ")) && strlen(said) == 5 + 32);
	sasl_free(&s);
}

static void odd_names(void)
{
	struct sasl_id id = {.user = STR("a,b=c@h"), .secret = STR("t"), .host = STR("h")};
	struct sasl *s = NULL;
	struct err err = {0};
	T(sasl_new(&s, MECH_OAUTHBEARER, &id, &err) == 1 && step(s, "") == 1);
	T_STR(str_of(said), STR("n,a=a=2Cb=3Dc@h,\1host=h\1port=0\1auth=Bearer t\1\1"));
	sasl_free(&s);
	T(sasl_new(&s, MECH_XOAUTH2, &id, &err) == 1 && step(s, "") == 1);
	T_STR(str_of(said), STR("user=a,b=c@h\1auth=Bearer t\1\1"));
	sasl_free(&s);
	T(sasl_new(&s, MECH_SCRAM_256, &id, &err) == 1 && step(s, "") == 1);
	T(str_starts(str_of(said), STR("n,,n=a=2Cb=3Dc@h,r=")));
	sasl_free(&s);
}

static void refused(void)
{
	struct sasl_id id = {.user = STR("a\1b"), .secret = STR("t"), .host = STR("h")};
	struct sasl *s = NULL;
	struct err err = {0};
	T(sasl_new(&s, MECH_XOAUTH2, &id, &err) == -1 && err.kind == ERR_INPUT);
	T(sasl_new(&s, MECH_OAUTHBEARER, &id, &err) == -1 && err.kind == ERR_INPUT);
	id.user = STR("a\0b");
	T(sasl_new(&s, MECH_PLAIN, &id, &err) == -1 && err.kind == ERR_INPUT);
	id.user = STR("user");
	T(sasl_new(&s, MECH_SCRAM_256_PLUS, &id, &err) == -1); /* no binding */
	T(s == NULL);
	sasl_free(&s);
}

int main(void)
{
	rfc5802();
	prepared_password();
	rfc7677();
	for (int unique = 0; unique < 2; unique++)
		for (int lie = 0; lie < 2; lie++) {
			conversation(MECH_SCRAM_1, unique, lie);
			conversation(MECH_SCRAM_256, unique, lie);
			conversation(MECH_SCRAM_1_PLUS, unique, lie);
			conversation(MECH_SCRAM_256_PLUS, unique, lie);
		}
	hostile_servers();
	others();
	odd_names();
	refused();
	return t_done();
}

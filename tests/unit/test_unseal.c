/* What openssl encrypted for two keys of a folder, and for a third; the same, cut and altered. */
#define _GNU_SOURCE
#include "unseal.h"

#include "buf.h"
#include "file.h"
#include "keyring.h"
#include "t.h"

#include <openssl/provider.h>
#include <sys/wait.h>

#define PLAIN "Content-Type: text/plain\n\nwords under seal\n"

static char dir[4000];

static void sh(const char *command)
{
	char line[9000];
	snprintf(line, sizeof line, "cd '%s' && umask 077 && (%s) 2>/dev/null", dir, command);
	T(system(line) == 0);
}

/* The key and its certificate stand in files of their own, or in one. */
static void make_keys(void)
{
	sh("new() { openssl req -x509 -nodes -subj /CN=$1 -days 2 -out $1.pem -keyout $1-key.pem"
	   " -newkey $2 $3 $4; };"
	   "mkdir keys && new other rsa:2048 && mv other-key.pem away && cd keys &&"
	   "new rsa rsa:2048 && new ec ec -pkeyopt ec_paramgen_curve:P-256 &&"
	   "cat ec-key.pem >>ec.pem && rm ec-key.pem && echo 'no PEM' >notes.txt");
}

static void load(const char *name, struct buf *b)
{
	char path[4200];
	struct err err;
	snprintf(path, sizeof path, "%s/%s", dir, name);
	buf_init(b, 1 << 20);
	T(file_load(path, b, &err) == 1);
}

/* Works on a copy: the plain text comes into its place. */
static struct str opened(struct board *b, struct str bytes, struct buf *copy)
{
	buf_clear(copy);
	buf_str(copy, bytes);
	struct extract_document d = {.bytes = buf_all(copy)};
	board_begin(b, 0);
	unseal_work(b, &d);
	T(b->opened <= bytes.n && b->n == 0);
	return str_cut(d.bytes, 0, b->opened);
}

static const struct row {
	const char *how; /* options and recipients of openssl cms -encrypt */
	enum extract_outcome outcome;
	const char *why;
} rows[] = {
	{"-aes128 keys/rsa.pem", EXTRACT_EMPTY, ""},
	{"-aes256 keys/ec.pem", EXTRACT_EMPTY, ""},
	{"-aes-256-gcm keys/rsa.pem", EXTRACT_EMPTY, ""},
	{"-aes-256-gcm keys/ec.pem", EXTRACT_EMPTY, ""},
	{"-des3 keys/rsa.pem", EXTRACT_EMPTY, ""},
	{"-provider legacy -provider default -rc2-40 keys/rsa.pem", EXTRACT_EMPTY, ""},
	{"-aes256 -keyid keys/rsa.pem", EXTRACT_EMPTY, ""},
	{"-aes256 -recip keys/rsa.pem -keyopt rsa_padding_mode:oaep", EXTRACT_EMPTY, ""},
	{"-aes256 -stream -indef keys/rsa.pem", EXTRACT_EMPTY, ""},
	{"-aes256 -outform PEM keys/rsa.pem", EXTRACT_EMPTY, ""},
	{"-aes256 other.pem keys/ec.pem keys/rsa.pem", EXTRACT_EMPTY, ""},
	{"-aes256 other.pem", EXTRACT_ENCRYPTED, "S/MIME, encrypted, and no key for it"},
	{"-aes256 -pwri_password secret", EXTRACT_ENCRYPTED,
	 "S/MIME, encrypted, and no key for it"},
};

static void each(void)
{
	struct board *b = calloc(1, sizeof *b);
	struct buf copy, made;
	buf_init(&copy, 1 << 20);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char line[500];
		snprintf(line, sizeof line, "openssl cms -encrypt -binary -in plain -outform DER"
			 " -out sealed %s", rows[i].how);
		sh(line);
		load("sealed", &made);
		struct str got = opened(b, buf_all(&made), &copy);
		T(b->outcome == rows[i].outcome);
		T_STR(str_of(b->why), str_of(rows[i].why));
		T_STR(got, rows[i].outcome == EXTRACT_EMPTY ? STR(PLAIN) : STR(""));
		buf_free(&made);
	}
	buf_free(&copy);
	free(b);
}

/* What is cut off is damaged; what is authenticated and was altered never comes out changed. */
static void harmed(void)
{
	struct board *b = calloc(1, sizeof *b);
	struct buf copy, made;
	buf_init(&copy, 1 << 20);
	sh("openssl cms -encrypt -binary -in plain -outform DER -out sealed -aes-256-gcm"
	   " keys/ec.pem");
	load("sealed", &made);
	struct str all = buf_all(&made);
	for (size_t n = 0; n < all.n; n++) {
		T(opened(b, str_cut(all, 0, n), &copy).n == 0);
		T(b->outcome == (n ? EXTRACT_FAILED : EXTRACT_EMPTY));
	}
	size_t refused = 0;
	for (size_t i = 0; i < all.n; i++) {
		made.p[i] ^= 4;
		struct str got = opened(b, all, &copy);
		T(got.n == 0 || str_eq(got, STR(PLAIN)));
		refused += b->outcome == EXTRACT_FAILED || b->outcome == EXTRACT_ENCRYPTED;
		made.p[i] ^= 4;
	}
	T(refused > all.n / 2);
	buf_free(&made);
	buf_free(&copy);
	free(b);
}

/* Keys belong to a process, so each attempt has one of its own. */
static void refused(const char *prepare, const char *name, const char *why)
{
	char path[4200];
	struct err err = {0};
	sh(prepare);
	snprintf(path, sizeof path, "%s/%s", dir, name);
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		int r = keyring_load(path, &err);
		bool same = *why ? r < 0 && err.kind == ERR_DENIED && strstr(err.text, why) : r > 0;
		if (!same)
			printf("%s: %d '%s'\n", path, r, err.text);
		fflush(stdout);
		_exit(!same);
	}
	int status;
	T(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void refusals(void)
{
	static const char *const row[][3] = {
		{":", "keys/ec.pem", ""},
		{":", "nothing", "No such file"},
		{":", "plain", "holds no key"},
		{"mkdir empty && cp plain empty", "empty", "no file *.pem in it holds a key"},
		{":", "other.pem", "holds no key"},
		{":", "away", "no certificate of this key"},
		{"cat away keys/rsa.pem >w.pem", "w.pem", "no certificate of this key"},
		{"cp keys/ec.pem o.pem && chmod 640 o.pem", "o.pem", "(chmod 600)"},
		{"chmod 604 o.pem", "o.pem", "(chmod 600)"},
		{"chmod 400 o.pem", "o.pem", ""},
		{"head -c 60 o.pem >cut.pem", "cut.pem", "damaged"},
		{"(echo -----BEGIN PRIVATE KEY-----; echo AAAA; echo -----END PRIVATE KEY-----)"
		 " >bad.pem", "bad.pem", "its key is damaged"},
		{"openssl pkey -aes256 -passout pass:x -in away -out p.pem", "p.pem",
		 "has a passphrase"},
		{"openssl pkey -traditional -aes256 -passout pass:x -in away -out t.pem", "t.pem",
		 "has a passphrase"},
		{"(openssl pkey -traditional -in away; cat other.pem) >trad.pem", "trad.pem", ""},
		{"head -c 1100000 /dev/zero >big.pem", "big.pem", "larger than"},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		refused(row[i][0], row[i][1], row[i][2]);
}

/* The process that has it never ends in order; here it would count as a leak. */
static void unload(const char *name)
{
	OSSL_PROVIDER *p = OSSL_PROVIDER_load(NULL, name);
	for (int i = 0; p && i < 2; i++)
		OSSL_PROVIDER_unload(p);
}

int main(void)
{
	char path[4200];
	struct err err = {0};
	snprintf(dir, sizeof dir, "%s", t_dir());
	make_keys();
	snprintf(path, sizeof path, "%s/plain", dir);
	T(file_replace(path, STR(PLAIN), &err) == 1);
	refusals();
	snprintf(path, sizeof path, "%s/keys", dir);
	T(unseal_load(str_of(path), &err) == 1);
	each();
	harmed();
	unload("legacy");
	unload("default");
	T(file_remove_tree(dir, &err) == 1);
	return t_done();
}

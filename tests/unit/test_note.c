#include "t.h"

#include "note.h"

static struct err err;

/* RFC 4648, section 10, and forms that are not canonical. */
static void base64(void)
{
	static const struct {
		struct str plain, coded;
	} row[] = {
		{STR(""), STR("")},		{STR("f"), STR("Zg==")},
		{STR("fo"), STR("Zm8=")},	{STR("foo"), STR("Zm9v")},
		{STR("foob"), STR("Zm9vYg==")}, {STR("fooba"), STR("Zm9vYmE=")},
		{STR("foobar"), STR("Zm9vYmFy")}, {STR("\xfb\xff\xfe"), STR("+//+")},
	};
	static const struct str bad[] = {
		STR("Z"), STR("Zg="), STR("Zg"), STR("Zh=="), STR("Zm9="), STR("===="),
		STR("Zg==Zg=="),
		STR("Zm9v\n"), STR("Zm 9"), STR("Zm9-"), STR("=Zm9"), STR("Zm9vYmFyZm9v"),
	};
	unsigned char out[8];
	size_t n;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct buf b;
		buf_init(&b, 100);
		note_base64(&b, row[i].plain.p, row[i].plain.n);
		T_STR(buf_all(&b), row[i].coded);
		T(note_unbase64(row[i].coded, out, sizeof out, &n) == 1);
		T_STR(((struct str){(char *)out, n}), row[i].plain);
		buf_free(&b);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		T(note_unbase64(bad[i], out, sizeof out, &n) == 0);
}

/* The example key of the signed-note documents: its id is computed there. */
static void foreign_key(void)
{
	static const char vkey[] = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy"
				   "10TW";
	static const char note[] =
		"If you think cryptography is the answer to your problem,\n"
		"then you don't know what your problem is.\n\n"
		"\xE2\x80\x94 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1F"
		"FYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
	struct note_key k;
	struct str text;
	struct buf b;
	T(note_key_read(str_of(vkey), &k, &err) == 1);
	T_STR(str_of(k.name), STR("PeterNeumann"));
	T(note_verify(str_of(note), &k, &text, &err) == 1);
	T(str_ends(text, STR("problem is.\n")));
	buf_init(&b, 1000);
	note_key_write(&k, &b);
	T_STR(buf_all(&b), str_of(vkey));
	buf_free(&b);
	for (size_t i = 0; i < sizeof vkey - 1; i++) {
		char bad[sizeof vkey];
		memcpy(bad, vkey, sizeof bad);
		bad[i] ^= 1;
		T(note_key_read(str_of(bad), &k, &err) == -1);
	}
}

static void signing(void)
{
	struct note_signer *s = note_make(), *again = NULL;
	struct note_key k, other;
	struct buf pem, note;
	struct str text;
	buf_init(&pem, 4096);
	buf_init(&note, NOTE_MOST);
	T(note_public(s, STR("sheaf/0123"), &k, &err) == 1);
	note_pem(s, &pem);
	T(note_load(&again, buf_all(&pem), &err) == 1);
	T(note_public(again, STR("sheaf/0124"), &other, &err) == 1);
	T(memcmp(k.public, other.public, NOTE_PUBLIC) == 0 && memcmp(k.id, other.id, 4) != 0);
	T(note_sign(again, &k, STR("one\n\ntwo\n"), &note, &err) == 1);
	T(note_verify(buf_all(&note), &k, &text, &err) == 1);
	T_STR(text, STR("one\n\ntwo\n"));
	T(note_verify(buf_all(&note), &other, &text, &err) == -1);
	int fooled = 0;
	for (size_t i = 0; i < note.n; i++)
		for (int bit = 1; bit < 256; bit *= 2) {
			note.p[i] = (char)(note.p[i] ^ bit);
			fooled += note_verify(buf_all(&note), &k, &text, &err) == 1;
			note.p[i] = (char)(note.p[i] ^ bit);
		}
	for (size_t i = 0; i < note.n; i++)
		fooled += note_verify(str_cut(buf_all(&note), 0, i), &k, &text, &err) == 1;
	buf_chr(&note, '\n');
	fooled += note_verify(buf_all(&note), &k, &text, &err) == 1;
	T(fooled == 0);
	T(note_public(s, STR("a b"), &k, &err) == -1);
	T(note_public(s, STR("a+b"), &k, &err) == -1);
	T(note_public(s, STR(""), &k, &err) == -1);
	T(note_load(&again, STR("-----BEGIN"), &err) == -1);
	note_free(&s);
	note_free(&again);
	buf_free(&pem);
	buf_free(&note);
}

static void checkpoints(void)
{
	static const char root[] = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
	static const struct {
		const char *before, *after;
		int want;
	} row[] = {
		{"a\n7\n", "\n", 1},   {"a\n0\n", "\nmore\n", 1}, {"a\n07\n", "\n", -1},
		{"a\n-7\n", "\n", -1}, {"a\n\n", "\n", -1},	  {"\n7\n", "\n", -1},
		{"a\n7\n", "", -1},    {"a\n7\nA", "\n", -1},	  {"a\n7 \n", "\n", -1},
		{"a\n18446744073709551616\n", "\n", -1},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		char text[300];
		struct note_checkpoint c;
		snprintf(text, sizeof text, "%s%s%s", row[i].before, root, row[i].after);
		T(note_checkpoint(str_of(text), &c, &err) == row[i].want);
		if (row[i].want == 1)
			T(c.head.size == (i ? 0 : 7) && c.head.root[31] == 31);
	}
}

int main(void)
{
	base64();
	foreign_key();
	signing();
	checkpoints();
	return t_done();
}

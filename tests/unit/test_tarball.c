#include "t.h"

#include "tarball.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static struct err err;

static void round_trip(const char *key, struct str value)
{
	struct buf b;
	struct str all, k, v;
	buf_init(&b, 1 << 20);
	tarball_record(&b, key, value);
	tarball_number(&b, "after", 18446744073709551615ull);
	all = buf_all(&b);
	T(tarball_next(&all, &k, &v, &err) == 1);
	T(str_starts(k, STR(TARBALL_OURS)));
	T(str_ends(k, str_of(key)));
	T_STR(v, value);
	T(tarball_next(&all, &k, &v, &err) == 1);
	T_STR(k, STR(TARBALL_OURS "after"));
	T_STR(v, STR("18446744073709551615"));
	T(tarball_next(&all, &k, &v, &err) == 0);
	buf_free(&b);
}

static void records(void)
{
	static char long_one[2000];
	struct buf b;
	struct str all, k, v;
	memset(long_one, 'x', sizeof long_one);
	/* the length counts its own digits: every length around 10, 100 and 1,000 */
	for (size_t n = 0; n < 1100; n++)
		round_trip("k", (struct str){long_one, n});
	round_trip("mailbox", STR("Entw\xC3\xBCrfe = a b"));
	buf_init(&b, 1000);
	tarball_record(&b, "mailbox", STR("raw \xFF"));
	tarball_record(&b, "mailbox", STR("a\nb"));
	all = buf_all(&b);
	T(tarball_next(&all, &k, &v, &err) == 1);
	T_STR(k, STR(TARBALL_OURS "mailbox.hex"));
	T_STR(v, STR("726177" "20ff"));
	T(tarball_next(&all, &k, &v, &err) == 1);
	T_STR(v, STR("610a62"));
	buf_free(&b);
}

static void malformed(void)
{
	static const struct {
		struct str in;
		int want;
	} row[] = {
		{STR("6 a=b\n"), 1},  {STR("6 a=bx"), -1},	 {STR("7 a=b\n"), -1},
		{STR("5 a=b\n"), -1}, {STR("6a=b\n"), -1},	 {STR(" 6 a=b\n"), -1},
		{STR("5 =b\n"), -1},  {STR("5 ab\n"), -1},
		{STR("99999999999999999999 a=b\n"), -1},
		{STR("0 a=b\n"), -1}, {STR("-6 a=b\n"), -1},	 {STR("2 \n"), -1},
		{STR("5 a=\n"), 1},   {STR("12345678901 a=b\n"), -1}, {STR(""), 0},
		{STR("\n"), -1},      {STR("4294967302 a=b\n"), -1},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct str in = row[i].in, k, v;
		T(tarball_next(&in, &k, &v, &err) == row[i].want);
	}
}

static void heads(void)
{
	struct tarball_head h;
	struct buf b;
	unsigned char block[TARBALL_BLOCK];
	buf_init(&b, 1 << 16);
	tarball_member(&b, STR("plain.eml"), 8589934591, 1234567890, (struct str){"", 0});
	T(b.n == TARBALL_BLOCK);
	memcpy(block, b.p, sizeof block);
	T(tarball_head(block, &h, &err) == 1);
	T(h.size == 8589934591 && h.mtime == 1234567890 && h.type == '0');
	T_STR(str_of(h.name), STR("plain.eml"));
	int found = 0;
	for (size_t i = 0; i < sizeof block; i++) {
		block[i] ^= 1;
		found += tarball_head(block, &h, &err) < 0;
		block[i] ^= 1;
	}
	T(found == TARBALL_BLOCK - 1); /* all but the space behind the checksum */
	memset(block, 0, sizeof block);
	T(tarball_head(block, &h, &err) == 0);
	T(tarball_padding(0) == 0 && tarball_padding(1) == 511 && tarball_padding(512) == 0 &&
	  tarball_padding(4294967295) == 1);
	buf_free(&b);
}

/* GNU tar takes every kind of name and keeps silent. */
static void with_tar(void)
{
	static char long_name[300];
	static const char *const say[] = {"x", "body\n"};
	char path[4200], command[9000];
	struct buf b;
	const char *dir = t_dir();
	memset(long_name, 'n', 180);
	const char *name[] = {"short.eml", long_name, "Entw\xC3\xBCrfe.eml", "d/e/f.ndjson"};
	buf_init(&b, 1 << 20);
	for (size_t i = 0; i < 4; i++) {
		struct buf r;
		struct str body = str_of(say[i % 2]);
		buf_init(&r, 1 << 16);
		tarball_record(&r, "mailbox", STR("INBOX"));
		tarball_record(&r, "mailbox", STR("\xFF\xFE"));
		tarball_member(&b, str_of(name[i]), body.n, -5, buf_all(&r));
		buf_str(&b, body);
		memset(buf_room(&b, 512), 0, 512);
		buf_take(&b, tarball_padding(body.n));
		buf_free(&r);
	}
	snprintf(path, sizeof path, "%s/a.tar", dir);
	FILE *f = fopen(path, "w");
	T(f && fwrite(b.p, 1, b.n, f) == b.n && fclose(f) == 0);
	snprintf(command, sizeof command,
		 "cd '%s' && tar -xf a.tar 2> errors && test ! -s errors && cat short.eml '%s'"
		 " Entw\xC3\xBCrfe.eml d/e/f.ndjson | tr -d '\\n' | grep -qx xbodyxbody",
		 dir, long_name);
	T(system(command) == 0);
	buf_free(&b);
}

int main(void)
{
	records();
	malformed();
	heads();
	with_tar();
	return t_done();
}

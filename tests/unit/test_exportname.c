#include "t.h"

#include "exportname.h"

static const struct {
	struct str account, mailbox;
	const char *folder, *maildir;
} rows[] = {
	{STR("ann"), STR("INBOX"), "ann/INBOX", "ann"},
	{STR("ann"), STR("inbox"), "ann/inbox", "ann/.inbox"},
	{STR("ann"), STR("A/B/C"), "ann/A/B/C", "ann/.A.B.C"},
	{STR("ann"), STR("Sent Mail"), "ann/Sent Mail", "ann/.Sent Mail"},
	{STR("ann"), STR("a.b"), "ann/a.b", "ann/.a&AC4-b"},
	{STR("ann"), STR("Q&A"), "ann/Q&A", "ann/.Q&-A"},
	{STR("ann"), STR("Entw\xc3\xbcrfe"), "ann/Entw\xc3\xbcrfe", "ann/.Entw&APw-rfe"},
	{STR("ann"), STR("\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e"),
	 "ann/\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", "ann/.&ZeVnLIqe-"},
	{STR("ann"), STR("\xf0\x9f\x98\x80"), "ann/\xf0\x9f\x98\x80", "ann/.&2D3eAA-"},
	{STR(".."), STR(".."), "%2E./%2E.", "%2E./.&AC4ALg-"},
	{STR("."), STR("../../x"), "%2E/%2E./%2E./x", "%2E/.&AC4ALg-.&AC4ALg-.x"},
	{STR(""), STR(""), "%/%", "%/.%"},
	{STR("a"), STR("/"), "a/%/%", "a/.%2F"},
	{STR("a"), STR("x//y/"), "a/x/%/y/%", "a/.x..y."},
	{STR("a"), STR("x.mbox"), "a/x%2Embox", "a/.x&AC4-mbox"},
	{STR("a"), STR("x\ny\\z%"), "a/x%0Ay%5Cz%25", "a/.x&AAo-y&AFw-z%"},
	{STR("a"), STR("caf\xe9"), "a/caf%E9", "a/.caf%E9"},
	{STR("SHA256SUMS"), STR("x"), "%53HA256SUMS/x", "%53HA256SUMS/.x"},
	{STR("manifest.ndjson"), STR("x"), "%6Danifest.ndjson/x", "%6Danifest.ndjson/.x"},
	{STR("a"), STR("n\0l"), "a/n%00l", "a/.n&AAA-l"},
};

static void long_names(void)
{
	char name[4000];
	struct buf one, two;
	buf_init(&one, 16384);
	buf_init(&two, 16384);
	for (size_t n = 190; n < 4000; n += 7) {
		for (int slashes = 0; slashes < 2; slashes++) {
			memset(name, 'x', sizeof name);
			for (size_t i = 5; slashes && i < n; i += 6)
				name[i] = '/';
			buf_clear(&one);
			exportname_folder(&one, STR("a"), (struct str){name, n});
			buf_clear(&two);
			name[n - 1] = 'y';
			exportname_folder(&two, STR("a"), (struct str){name, n});
			T(one.n <= 1002 && !str_eq(buf_all(&one), buf_all(&two)));
			struct str rest = buf_all(&one), level;
			while (str_split(&rest, '/', &level))
				T(level.n > 0 && level.n <= 200);
			buf_clear(&one);
			exportname_maildir(&one, STR("a"), (struct str){name, n});
			T(one.n <= 203);
		}
	}
	buf_free(&one);
	buf_free(&two);
}

static void files(void)
{
	struct buf b;
	struct archive_msg m = {.number = 12, .hash = {0x4b, 0xe9, 0x1c, 0x66, 0xa3, 0xd2, 0x99}};
	struct archive_copy c = {.uid = 7, .internaldate = 1049191200,
				 .keywords = STR("$Forwarded")};
	buf_init(&b, 1000);
	exportname_eml(&b, &m);
	T_STR(buf_all(&b), STR("00000012-4be91c66a3d2.eml"));
	buf_clear(&b);
	exportname_copy(&b, &m, &c);
	T_STR(buf_all(&b), STR("1049191200.12-4be91c66a3d2-7.sheaf:2,P"));
	buf_clear(&b);
	c.flags = 31;
	c.internaldate = -5;
	exportname_copy(&b, &m, &c);
	T_STR(buf_all(&b), STR("-5.12-4be91c66a3d2-7.sheaf:2,DFPRST"));
	buf_clear(&b);
	c.keywords = STR("$Forwardedx junk");
	c.flags = ARCHIVE_SEEN;
	exportname_copy(&b, &m, &c);
	T_STR(buf_all(&b), STR("-5.12-4be91c66a3d2-7.sheaf:2,S"));
	buf_free(&b);
}

int main(void)
{
	struct buf b;
	buf_init(&b, 16384);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		buf_clear(&b);
		exportname_folder(&b, rows[i].account, rows[i].mailbox);
		T_STR(buf_all(&b), str_of(rows[i].folder));
		buf_clear(&b);
		exportname_maildir(&b, rows[i].account, rows[i].mailbox);
		T_STR(buf_all(&b), str_of(rows[i].maildir));
	}
	buf_free(&b);
	long_names();
	files();
	return t_done();
}

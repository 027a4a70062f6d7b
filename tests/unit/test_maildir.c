#include "t.h"

#include "archive.h"
#include "maildir.h"

static const struct {
	const char *name, *base;
	unsigned flags;
	bool forwarded;
} names[] = {
	{"1.a.b", "1.a.b", 0, false},
	{"1.a.b:2,", "1.a.b", 0, false},
	{"1.a.b:2,S", "1.a.b", ARCHIVE_SEEN, false},
	{"1.a.b:2,DFPRST", "1.a.b", 31, true},
	{"1.a.b,S=12:2,Rab", "1.a.b,S=12", ARCHIVE_ANSWERED, false},
	{"1.a.b;2,S", "1.a.b", ARCHIVE_SEEN, false},
	{"1.a.b!2,T", "1.a.b", ARCHIVE_DELETED, false},
	{"1.a.b:1,S", "1.a.b:1,S", 0, false},
	{"a:2,S:2,F", "a:2,S", ARCHIVE_FLAGGED, false},
	{"", "", 0, false},
};

static const struct {
	const char *name, *mailbox;
} folders[] = {
	{".Sent", "Sent"},
	{".A.B.C", "A/B/C"},
	{".Entw&APw-rfe", "Entw\xc3\xbcrfe"},
	{".&ZeVnLIqe-", "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e"},
	{".&2D3eAA-", "\xf0\x9f\x98\x80"},
	{".Q&-A", "Q&A"},
	{".a&", "a&"},
	{".a&APw", "a&APw"},
	{".a&2D0-", "a&2D0-"},
	{".a&!!-", "a&!!-"},
	{".caf\xe9", "caf\xe9"},
};

int main(void)
{
	struct arena a = {0};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		bool forwarded;
		T(maildir_flags(str_of(names[i].name), &forwarded) == names[i].flags);
		T(forwarded == names[i].forwarded);
		T_STR(maildir_base(str_of(names[i].name)), str_of(names[i].base));
	}
	for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
		T_STR(maildir_folder(&a, str_of(folders[i].name)), str_of(folders[i].mailbox));
	arena_free(&a);
	return t_done();
}

#include "t.h"

#include "archive.h"
#include "importname.h"

/* want: "mailbox|stem|name|flags", with M before a Maildir's and P behind a forwarded one's. */
static const struct {
	const char *folder, *path, *want;
} cases[] = {
	{"", "1.eml", "|1.eml|1.eml|0"},
	{"", "./a/b/1.eml", "a/b|a/b/1.eml|1.eml|0"},
	{"", "/a//../b/1.eml", "a/b|a/b/1.eml|1.eml|0"},
	{"Old", "a/x.mbox", "Old/a|Old/a/x|x.mbox|0"},
	{"Old", "x.mbox.gz", "Old|Old/x|x.mbox.gz|0"},
	{"", "Mail/Inbox.sbd/Work", "Mail/Inbox|Mail/Inbox/Work|Work|0"},
	{"", "cur/1.a:2,S", "M|1.a:2,S|1.a:2,S|1"},
	{"", "./new/1.a", "M|1.a|1.a|0"},
	{"Old", "M/cur/1.a:2,RFP", "MOld/M|Old/M/1.a:2,RFP|1.a:2,RFP|6P"},
	{"", "M/.Sent.2020/cur/1", "MM/Sent/2020|M/Sent/2020/1|1|0"},
	{"", "cur", "|cur|cur|0"},
	{"", "cur/a/b", "cur/a|cur/a/b|b|0"},
	{"", "facts/000000000001.ndjson", ""},
	{"", "facts/a.eml", "facts|facts/a.eml|a.eml|0"},
	{"", "a/.hidden", ""},
	{"", "cur/.hidden", ""},
	{"", ".git/a", ""},
	{"", ".git/objects/a", ""},
	{"", "a/", ""},
	{"", "", ""},
	{"", "..", ""},
	{"", "./", ""},
};

int main(void)
{
	struct arena a = {0};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct importname n;
		struct str got = STR("");
		if (importname_member(&a, str_of(cases[i].folder), str_of(cases[i].path), &n))
			got = arena_fmt(&a, "%s%.*s|%.*s|%.*s|%u%s", n.maildir ? "M" : "",
					STR_ARG(n.mailbox), STR_ARG(n.stem), STR_ARG(n.name),
					n.flags, n.forwarded ? "P" : "");
		T_STR(got, str_of(cases[i].want));
	}
	T_STR(importname_stem(STR("a.mbox.zst")), STR("a"));
	T_STR(importname_stem(STR("a.tar.gz")), STR("a"));
	T_STR(importname_stem(STR(".mbox")), STR(".mbox"));
	T_STR(importname_join(&a, STR(""), STR("x")), STR("x"));
	T_STR(importname_join(&a, STR("x"), STR("")), STR("x"));
	arena_free(&a);
	return t_done();
}

#define _GNU_SOURCE
#include "jmaprole.h"
#include "t.h"

static const struct {
	const char *names[6], *roles[6];
} cases[] = {
	{{"INBOX", "Sent", "Work"}, {"inbox", "sent", NULL}},
	{{"inbox", "INBOX.Sent Items", "INBOX/spam"}, {"inbox", "sent", "junk"}},
	/* Each role once: the better name, or else the first. */
	{{"Sent Items", "Sent", "INBOX.Sent"}, {NULL, "sent", NULL}},
	{{"Trash/Sent", "Work/Trash", "xTrash"}, {NULL, NULL, NULL}},
	{{"[Gmail]/All Mail", "[Gmail]/Starred", "[Google Mail]/Bin"}, {"all", "flagged", "trash"}},
	{{"Entw\303\274rfe", "Archiv", ""}, {"drafts", "archive", NULL}},
};

int main(void)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct str names[6];
		const char *roles[6];
		size_t n = 0;
		for (; n < 6 && cases[i].names[n]; n++)
			names[n] = str_of(cases[i].names[n]);
		jmaprole_of(names, n, roles);
		for (size_t k = 0; k < n; k++)
			T_STR(str_of(roles[k]), str_of(cases[i].roles[k]));
	}
	jmaprole_of(NULL, 0, NULL);
	return t_done();
}

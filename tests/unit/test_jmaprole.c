#define _GNU_SOURCE
#include "jmaprole.h"
#include "t.h"

static const struct {
	const char *names[6], *roles[6];
	const char *uses;
} cases[] = {
	{{"INBOX", "Sent", "Work"}, {"inbox", "sent", NULL}, NULL},
	{{"inbox", "INBOX.Sent Items", "INBOX/spam"}, {"inbox", "sent", "junk"}, NULL},
	/* Each role once: the better name, or else the first. */
	{{"Sent Items", "Sent", "INBOX.Sent"}, {NULL, "sent", NULL}, NULL},
	{{"Trash/Sent", "Work/Trash", "xTrash"}, {NULL, NULL, NULL}, NULL},
	{{"[Gmail]/All Mail", "[Gmail]/Starred", "[Google Mail]/Bin"}, {"all", "flagged", "trash"},
	 NULL},
	{{"Entw\303\274rfe", "Archiv", ""}, {"drafts", "archive", NULL}, NULL},
	/* What the server says goes before names; the rest goes by names. */
	{{"INBOX", "Sent", "Out", "Spam"}, {"inbox", NULL, "sent", "junk"}, "\\Sent Out\n"},
	{{"Sent", "Trash", "x y"}, {"trash", NULL, "sent"}, "\\SENT x y\n\\Trash Sent\n"},
	/* Several for one role, several roles for one, others, mailboxes that are not there. */
	{{"a", "b", "Junk"}, {"sent", "junk", NULL},
	 "\\Sent a\n\\Sent b\n\\Drafts a\n\\Junk b\n\\Inbox b\n\\Frob c\n\\All d\nx\n \n"},
	{{"INBOX", "Sent"}, {"inbox", "sent"}, "\\Trash INBOX\n\\Sent INBOX\n"},
};

int main(void)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct str names[6];
		const char *roles[6];
		size_t n = 0;
		for (; n < 6 && cases[i].names[n]; n++)
			names[n] = str_of(cases[i].names[n]);
		jmaprole_of(names, n, str_of(cases[i].uses), roles);
		for (size_t k = 0; k < n; k++)
			T_STR(str_of(roles[k]), str_of(cases[i].roles[k]));
	}
	jmaprole_of(NULL, 0, STR(""), NULL);
	return t_done();
}

#include "jmaprole.h"

#include <stdbool.h>

static const struct {
	const char *role;
	const char *names[8]; /* the first of them that is there */
} known[] = {
	{"inbox", {"INBOX"}},
	{"sent", {"Sent", "Sent Items", "Sent Messages", "Sent Mail", "Sent-Mail", "Gesendet",
		  "Gesendete Elemente", "Gesendete Objekte"}},
	{"drafts", {"Drafts", "Draft", "Entw\303\274rfe"}},
	{"trash", {"Trash", "Deleted Items", "Deleted Messages", "Deleted", "Bin", "Papierkorb",
		   "Gel\303\266schte Elemente"}},
	{"junk", {"Junk", "Junk Email", "Junk E-mail", "Junk-E-Mail", "Spam", "Bulk Mail"}},
	{"archive", {"Archive", "Archives", "Archiv"}},
	{"all", {"All Mail", "Alle Nachrichten"}},
	{"flagged", {"Starred"}},
	{"important", {"Important"}},
};

/* At the top, or where servers put all mailboxes. */
static bool is(struct str mailbox, struct str name)
{
	static const char *const above[] = {"", "INBOX.", "INBOX/", "[Gmail]/", "[Google Mail]/"};
	for (size_t i = 0; i < sizeof above / sizeof *above; i++) {
		struct str a = str_of(above[i]);
		if (str_istarts(mailbox, a) && str_ieq(str_cut(mailbox, a.n, mailbox.n), name))
			return true;
	}
	return false;
}

static void give(const struct str *names, size_t n, const char **roles, size_t k)
{
	for (size_t w = 0; w < 8 && known[k].names[w]; w++)
		for (size_t i = 0; i < n; i++)
			if (roles[i] == NULL && is(names[i], str_of(known[k].names[w]))) {
				roles[i] = known[k].role;
				return;
			}
}

static bool is_given(const char *const *roles, size_t n, const char *role)
{
	for (size_t i = 0; i < n; i++)
		if (roles[i] == role)
			return true;
	return false;
}

/* "\Sent" is "sent". INBOX is told by its name alone. */
static const char *role_of_use(struct str use)
{
	for (size_t k = 1; k < sizeof known / sizeof *known; k++)
		if (use.n && str_ieq(str_cut(use, 1, use.n), str_of(known[k].role)))
			return known[k].role;
	return NULL;
}

/* A line "\Sent Gesendet". */
static void give_use(const struct str *names, size_t n, struct str line, const char **roles)
{
	struct str use;
	if (!str_split(&line, ' ', &use))
		return;
	const char *role = role_of_use(use);
	for (size_t i = 0; role && i < n; i++)
		if (str_eq(names[i], line) && roles[i] == NULL && !is_given(roles, n, role))
			roles[i] = role;
}

void jmaprole_of(const struct str *names, size_t n, struct str uses, const char **roles)
{
	struct str line;
	for (size_t i = 0; i < n; i++)
		roles[i] = NULL;
	give(names, n, roles, 0);
	while (str_split(&uses, '\n', &line))
		give_use(names, n, line, roles);
	for (size_t k = 1; k < sizeof known / sizeof *known; k++)
		if (!is_given(roles, n, known[k].role))
			give(names, n, roles, k);
}

#include "profile.h"

/* The values of a server of which nothing is known. */
#define CAREFUL .line = 1000, .window = 100, .depth = 2, .idle = 170
/* Those of software that was measured. */
#define MEASURED .line = 8000, .window = 200, .depth = 4, .idle = 540

static const struct profile rows[] = {
	{.name = "gmail", .hosts = "imap.gmail.com imap.googlemail.com pop.gmail.com",
	 .capability = "X-GM-EXT-1", .line = 8000, .window = 50, .depth = 2, .idle = 540,
	 .budget = 2000, .only_retr = true},
	{.name = "microsoft", .hosts = "outlook.office365.com outlook.office.com *.outlook.com",
	 .words = "Microsoft Exchange", .line = 1000, .window = 50, .depth = 2, .idle = 540,
	 .rest = 50},
	{.name = "yahoo", .hosts = "*.mail.yahoo.com *.aol.com", .capability = "XYMHIGHESTMODSEQ",
	 CAREFUL, .rest = 50},
	{.name = "icloud", .hosts = "*.mail.me.com", .capability = "XAPPLELITERAL", CAREFUL},
	{.name = "netease", .hosts = "imap.163.com imap.126.com imap.188.com imap.yeah.net",
	 .words = "Coremail", .line = 1000, .window = 50, .depth = 1, .idle = 55, .rest = 50,
	 .needs_id = true},
	{.name = "tencent", .hosts = "imap.qq.com *.exmail.qq.com imap.exmail.qq.com",
	 .line = 1000, .window = 50, .depth = 1, .idle = 170, .rest = 50, .no_parts = true},
	{.name = "rambler", .hosts = "imap.rambler.ru", .line = 1000, .window = 100, .depth = 2,
	 .idle = 55},
	{.name = "davmail", .words = "DavMail", .line = 1000, .window = 50, .depth = 1,
	 .idle = 170, .no_size = true, .no_parts = true},
	{.name = "hmailserver", .words = "hMailServer", CAREFUL, .no_parts = true},
	{.name = "dovecot", .words = "Dovecot", MEASURED},
	{.name = "cyrus", .words = "Cyrus", MEASURED},
	{.name = "courier", .words = "Courier", MEASURED},
	{.name = "unknown", CAREFUL},
};

#define N (sizeof rows / sizeof *rows)

/* Cuts the next piece of a list off its front. */
static bool next(struct str *list, char sep, struct str *one)
{
	return list->n && str_split(list, sep, one);
}

static bool has_host(const struct profile *p, struct str host)
{
	struct str list = str_of(p->hosts ? p->hosts : ""), one;
	char low[256];
	if (host.n >= sizeof low)
		return false;
	for (size_t i = 0; i < host.n; i++) {
		char c = host.p[i];
		low[i] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
	}
	while (next(&list, ' ', &one))
		if (str_glob(one, (struct str){low, host.n}))
			return true;
	return false;
}

static bool has_word(const struct profile *p, struct str about)
{
	struct str list = str_of(p->words ? p->words : ""), one;
	while (next(&list, '|', &one))
		if (str_find(about, one) >= 0)
			return true;
	return false;
}

static bool has_capability(const struct profile *p, struct str list)
{
	struct str one;
	while (p->capability && str_split(&list, ' ', &one))
		if (str_ieq(one, str_of(p->capability)))
			return true;
	return false;
}

const struct profile *profile_find(struct str host, struct str about, struct str capabilities)
{
	for (size_t i = 0; i < N; i++)
		if (has_host(&rows[i], host))
			return &rows[i];
	for (size_t i = 0; i < N; i++)
		if (has_word(&rows[i], about))
			return &rows[i];
	for (size_t i = 0; i < N; i++)
		if (has_capability(&rows[i], capabilities))
			return &rows[i];
	return &rows[N - 1];
}

const struct profile *profile_named(struct str name)
{
	for (size_t i = 0; i < N; i++)
		if (str_eq(name, str_of(rows[i].name)))
			return &rows[i];
	return NULL;
}

/* What a row is known by, in words. */
static void put_marks(struct buf *out, const struct profile *p)
{
	const char *sep = "";
	struct str list = str_of(p->hosts ? p->hosts : ""), one;
	while (next(&list, ' ', &one)) {
		buf_fmt(out, "%s`%.*s`", sep, STR_ARG(one));
		sep = ", ";
	}
	list = str_of(p->words ? p->words : "");
	while (next(&list, '|', &one)) {
		buf_fmt(out, "%s\"%.*s\"", sep, STR_ARG(one));
		sep = ", ";
	}
	if (p->capability)
		buf_fmt(out, "%s%s", sep, p->capability);
	else if (*sep == '\0')
		buf_str(out, STR("all others"));
}

void profile_table(struct buf *out)
{
	buf_str(out, STR("| profile | known by | command | UIDs | in flight | IDLE | rest | budget "
			 "| else |\n|---|---|---|---|---|---|---|---|---|\n"));
	for (size_t i = 0; i < N; i++) {
		const struct profile *p = &rows[i];
		buf_fmt(out, "| `%s` | ", p->name);
		put_marks(out, p);
		buf_fmt(out, " | %u | %u | %u | %u s |", p->line, p->window, p->depth, p->idle);
		if (p->rest)
			buf_fmt(out, " %u ms |", p->rest);
		else
			buf_str(out, STR(" |"));
		if (p->budget)
			buf_fmt(out, " %u MB |", p->budget);
		else
			buf_str(out, STR(" |"));
		buf_fmt(out, "%s%s%s%s |\n", p->needs_id ? " ID always" : "",
			p->no_size ? " no SIZE," : "", p->no_parts ? " no parts" : "",
			p->only_retr ? " RETR" : "");
	}
}

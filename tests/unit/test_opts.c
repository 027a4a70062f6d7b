#include "t.h"

#include "opts.h"

static bool flag;
static unsigned count;
static const char *text, *choice;
static uint64_t number;

static const struct opts_spec own[] = {
	{"flag", 'f', OPTS_FLAG, &flag, NULL, "a flag"},
	{"text", 't', OPTS_TEXT, &text, "TEXT", "a text"},
	{"choice", 0, OPTS_CHOICE, &choice, "one|two", "a choice"},
	{"number", 'n', OPTS_NUMBER, &number, "N", "a number"},
	OPTS_END,
};
static const struct opts_spec more[] = {
	{"verbose", 'v', OPTS_COUNT, &count, NULL, "say more"},
	OPTS_END,
};

/* What the arguments set: "flag count text choice number: operands"; or the error. */
static const struct {
	enum opts_mode mode;
	const char *in, *want;
} cases[] = {
	{OPTS_ANYWHERE, "", "0 0 - - 0:"},
	{OPTS_ANYWHERE, "a b", "0 0 - - 0: a b"},
	{OPTS_ANYWHERE, "-f a --verbose b -vv", "1 3 - - 0: a b"},
	{OPTS_ANYWHERE, "-fv a", "1 1 - - 0: a"},
	{OPTS_ANYWHERE, "-t x -ty --text z a", "0 0 z - 0: a"},
	{OPTS_ANYWHERE, "--text=x", "0 0 x - 0:"},
	{OPTS_ANYWHERE, "--text=", "0 0  - 0:"},
	{OPTS_ANYWHERE, "--text --flag", "0 0 --flag - 0:"},
	{OPTS_ANYWHERE, "-fn7", "1 0 - - 7:"},
	{OPTS_ANYWHERE, "--choice two --number=18446744073709551615",
	 "0 0 - two 18446744073709551615:"},
	{OPTS_ANYWHERE, "a - -- -f --text", "0 0 - - 0: a - -f --text"},
	{OPTS_FIRST, "-v a -f --nonsense", "0 1 - - 0: a -f --nonsense"},
	{OPTS_FIRST, "-v -- -x", "0 1 - - 0: -x"},
	{OPTS_QUERY, "a -b -f --flag", "1 0 - - 0: a -b -f"},
	{OPTS_QUERY, "-f a -- --b", "1 0 - - 0: a --b"},
	{OPTS_ANYWHERE, "--nonsense", "unknown option '--nonsense'"},
	{OPTS_ANYWHERE, "--nonsense=3", "unknown option '--nonsense'"},
	{OPTS_ANYWHERE, "--fla", "unknown option '--fla'"},
	{OPTS_ANYWHERE, "-x", "unknown option '-x' (put -- before words that begin with -)"},
	{OPTS_QUERY, "-x", "unknown option '-x' (put -- before words that begin with -)"},
	{OPTS_QUERY, "a --x", "unknown option '--x'"},
	{OPTS_ANYWHERE, "--text", "--text needs a value (TEXT)"},
	{OPTS_ANYWHERE, "-t", "--text needs a value (TEXT)"},
	{OPTS_ANYWHERE, "--flag=1", "--flag takes no value"},
	{OPTS_ANYWHERE, "--number x", "--number takes a number, not 'x'"},
	{OPTS_ANYWHERE, "--number -1", "--number takes a number, not '-1'"},
	{OPTS_ANYWHERE, "--number 18446744073709551616",
	 "--number takes a number, not '18446744073709551616'"},
	{OPTS_ANYWHERE, "--choice on", "--choice takes one|two, not 'on'"},
	{OPTS_ANYWHERE, "--choice=", "--choice takes one|two, not ''"},
};

static void try(enum opts_mode mode, const char *in, const char *want)
{
	static char words[200], got[600];
	char *argv[20];
	int argc = 0;
	struct err err = {0};
	snprintf(words, sizeof words, "%s", in);
	for (char *w = words, *end; *w; w = end) {
		end = w + strcspn(w, " ");
		if (*end)
			*end++ = '\0';
		argv[argc++] = w;
	}
	flag = false;
	count = 0;
	text = choice = "-";
	number = 0;
	struct opts_args args = {argc, argv};
	if (opts_parse(own, more, mode, &args, &err) < 0) {
		T(err.kind == ERR_USAGE);
		T_STR(str_of(err.text), str_of(want));
		return;
	}
	int n = snprintf(got, sizeof got, "%d %u %s %s %llu:", flag, count, text, choice,
			 (unsigned long long)number);
	for (int i = 0; i < args.n; i++)
		n += snprintf(got + n, sizeof got - (size_t)n, " %s", args.v[i]);
	T_STR(str_of(got), str_of(want));
}

int main(void)
{
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		try(cases[i].mode, cases[i].in, cases[i].want);
	return t_done();
}

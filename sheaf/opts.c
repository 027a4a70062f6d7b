#include "opts.h"

#include "str.h"

/* What is being parsed. */
struct parse {
	const struct opts_spec *tables[2];
	struct opts_args *args;
	int at;
};

static const struct opts_spec *find(const struct parse *p, struct str name, char letter)
{
	for (int t = 0; t < 2; t++)
		for (const struct opts_spec *s = p->tables[t]; s && s->name; s++)
			if (letter ? s->letter == letter : str_eq(name, str_of(s->name)))
				return s;
	return NULL;
}

static bool takes_value(const struct opts_spec *s)
{
	return s->kind != OPTS_FLAG && s->kind != OPTS_COUNT;
}

static int choose(const struct opts_spec *s, const char *value, struct err *err)
{
	struct str words = str_of(s->arg), word;
	while (str_split(&words, '|', &word))
		if (str_eq(word, str_of(value))) {
			*(const char **)s->to = value;
			return 1;
		}
	return err_set(err, ERR_USAGE, "--%s takes %s, not '%s'", s->name, s->arg, value);
}

static int set(const struct opts_spec *s, const char *value, struct err *err)
{
	switch (s->kind) {
	case OPTS_FLAG:
		*(bool *)s->to = true;
		return 1;
	case OPTS_COUNT:
		++*(unsigned *)s->to;
		return 1;
	case OPTS_TEXT:
		*(const char **)s->to = value;
		return 1;
	case OPTS_NUMBER:
		if (str_u64(str_of(value), s->to))
			return 1;
		return err_set(err, ERR_USAGE, "--%s takes a number, not '%s'", s->name, value);
	case OPTS_CHOICE:
		return choose(s, value, err);
	}
	return 1;
}

/* The value of an option that stands in the next argument. */
static int set_next(struct parse *p, const struct opts_spec *s, struct err *err)
{
	if (p->at >= p->args->n)
		return err_set(err, ERR_USAGE, "--%s needs a value (%s)", s->name, s->arg);
	return set(s, p->args->v[p->at++], err);
}

/* "--name", "--name=value" */
static int parse_long(struct parse *p, const char *arg, struct err *err)
{
	struct str name = str_of(arg + 2);
	ptrdiff_t eq = str_chr(name, '=');
	if (eq >= 0)
		name.n = (size_t)eq;
	const struct opts_spec *s = find(p, name, 0);
	if (s == NULL)
		return err_set(err, ERR_USAGE, "unknown option '--%.*s'", STR_ARG(name));
	if (eq >= 0 && !takes_value(s))
		return err_set(err, ERR_USAGE, "--%s takes no value", s->name);
	if (eq >= 0)
		return set(s, arg + 2 + eq + 1, err);
	return takes_value(s) ? set_next(p, s, err) : set(s, NULL, err);
}

/* "-v", "-vv", "-C value", "-Cvalue" */
static int parse_short(struct parse *p, const char *arg, struct err *err)
{
	for (const char *c = arg + 1; *c; c++) {
		const struct opts_spec *s = find(p, STR(""), *c);
		if (s == NULL)
			return err_set(
				err, ERR_USAGE,
				"unknown option '%s' (put -- before words that begin with -)", arg);
		if (takes_value(s))
			return c[1] ? set(s, c + 1, err) : set_next(p, s, err);
		if (set(s, NULL, err) < 0)
			return -1;
	}
	return 1;
}

static bool is_operand(const char *arg, enum opts_mode mode, int n)
{
	if (arg[0] != '-' || arg[1] == '\0')
		return true;
	if (mode == OPTS_SIGNS)
		return arg[1] != '-' || arg[2] == '\0';
	return mode == OPTS_QUERY && n > 0 && arg[1] != '-';
}

int opts_parse(const struct opts_spec *specs, const struct opts_spec *more, enum opts_mode mode,
	       struct opts_args *args, struct err *err)
{
	struct parse p = {{specs, more}, args, 0};
	int n = 0;
	bool ended = false;
	while (p.at < args->n) {
		char *arg = args->v[p.at];
		if (ended || is_operand(arg, mode, n)) {
			ended |= mode == OPTS_FIRST ||
				 (mode == OPTS_SIGNS && strcmp(arg, "--") == 0);
			args->v[n++] = arg;
			p.at++;
			continue;
		}
		p.at++;
		ended = strcmp(arg, "--") == 0;
		if (!ended &&
		    (arg[1] == '-' ? parse_long(&p, arg, err) : parse_short(&p, arg, err)) < 0)
			return -1;
	}
	args->n = n;
	return 1;
}

void opts_help(const struct opts_spec *specs, FILE *to)
{
	for (const struct opts_spec *s = specs; s && s->name; s++) {
		char left[80];
		char letter[8] = "    ";
		if (s->letter)
			snprintf(letter, sizeof letter, "-%c, ", s->letter);
		snprintf(left, sizeof left, "%s--%s%s%s", letter, s->name, s->arg ? " " : "",
			 s->arg ? s->arg : "");
		fprintf(to, "  %-38s %s\n", left, s->help);
	}
}

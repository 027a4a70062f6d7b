#include "imapret.h"

#define OPTIONS "MIN, MAX, COUNT, ALL, PARTIAL or RELEVANCY"

static const struct {
	const char *name, *why;
} refused[] = {
	{"SAVE", "keeps a result for '$' in an IMAP session; each query here is by itself"},
	{"UPDATE", "tells changes in an IMAP session; each query here is by itself"},
	{"CONTEXT", "announces further searches of an IMAP session; each query here is by itself"},
	{"ADDTO", "is what a server answers, not what it is asked for"},
	{"REMOVEFROM", "is what a server answers, not what it is asked for"},
};

/* "-1" or "50". 1 or -1. */
static int partial_end(struct imaplex *lx, int64_t *out, struct err *err)
{
	size_t start = lx->at;
	bool minus = start < lx->in.n && lx->in.p[start] == '-';
	uint32_t n;
	lx->at += minus;
	size_t digits = lx->at;
	while (lx->at < lx->in.n && lx->in.p[lx->at] >= '0' && lx->in.p[lx->at] <= '9')
		lx->at++;
	if (!str_u32(str_cut(lx->in, digits, lx->at), &n) || n == 0)
		return imaplex_bad(lx, start, err, "expected a range such as 1:50 or -1:-50 for "
				   "PARTIAL");
	*out = minus ? -(int64_t)n : (int64_t)n;
	return 1;
}

static int parse_partial(struct imaplex *lx, struct imapret *out, struct err *err)
{
	if (imaplex_space(lx, "a range such as 1:50", err) < 0)
		return -1;
	size_t start = lx->at;
	if (partial_end(lx, &out->from, err) < 0)
		return -1;
	if (lx->at >= lx->in.n || lx->in.p[lx->at] != ':')
		return imaplex_bad(lx, lx->at, err, "expected ':' and the end of the range");
	lx->at++;
	if (partial_end(lx, &out->to, err) < 0)
		return -1;
	if ((out->from < 0) != (out->to < 0))
		return imaplex_bad(lx, start, err, "expected a range whose ends count from the "
				   "same side: 1:50 or -1:-50");
	if (out->from < 0 ? out->from < out->to : out->from > out->to) {
		int64_t swap = out->from;
		out->from = out->to;
		out->to = swap;
	}
	return 1;
}

static int parse_option(struct imaplex *lx, struct imapret *out, struct err *err)
{
	const struct {
		const char *name;
		bool *is;
	} options[] = {{"MIN", &out->min}, {"MAX", &out->max}, {"COUNT", &out->count},
		       {"ALL", &out->all}, {"PARTIAL", &out->partial},
		       {"RELEVANCY", &out->relevancy}};
	size_t at = lx->at;
	struct str name = imaplex_atom(lx);
	if (name.n == 0)
		return imaplex_bad(lx, at, err, "expected ')' or a RETURN option: " OPTIONS);
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		if (str_ieq(name, str_of(refused[i].name)))
			return imaplex_bad(lx, at, err, "the RETURN option %s %s", refused[i].name,
					   refused[i].why);
	for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
		if (!str_ieq(name, str_of(options[i].name)))
			continue;
		bool again = *options[i].is;
		*options[i].is = true;
		if (out->partial && (out->all || (again && options[i].is == &out->partial)))
			return imaplex_bad(lx, at, err, "expected one of ALL and PARTIAL, and that "
					   "once");
		if (options[i].is == &out->relevancy)
			out->column = imaplex_column(lx, at);
		return options[i].is == &out->partial ? parse_partial(lx, out, err) : 1;
	}
	return imaplex_bad(lx, at, err, "unknown RETURN option '%.40s': expected " OPTIONS,
			   arena_str(lx->a, name).p);
}

int imapret_parse(struct imaplex *lx, struct imapret *out, struct err *err)
{
	*out = (struct imapret){.asked = true};
	if (imaplex_peek(lx) != '(')
		return imaplex_bad(lx, lx->at, err, "expected '(' after RETURN");
	lx->at++;
	while (imaplex_peek(lx) != ')') {
		if (parse_option(lx, out, err) < 0)
			return -1;
		if (lx->at < lx->in.n && lx->in.p[lx->at] != ' ' && lx->in.p[lx->at] != ')')
			return imaplex_bad(lx, lx->at, err, "expected a space or ')'");
	}
	lx->at++;
	out->all |= !out->min && !out->max && !out->count && !out->partial;
	return imaplex_space(lx, "a search key", err);
}

struct str imapret_range(struct arena *a, const struct imapret *r)
{
	return arena_fmt(a, "%lld:%lld", (long long)r->from, (long long)r->to);
}

#define _GNU_SOURCE
#include "popdrop.h"

#include "hash.h"
#include "log.h"

#include <stdlib.h>

#define MADE STR("TOP-")
#define DIGITS 40

struct lister {
	struct popdrop *d;
	struct popfetch_ctx *c;
	const struct popmail **nameless;
	size_t n_nameless;
};

bool popdrop_made(struct str name)
{
	return str_starts(name, MADE);
}

static int by_number(const void *a, const void *b)
{
	const struct popmail *x = a, *y = b;
	return x->number < y->number ? -1 : x->number > y->number;
}

static int by_name(const void *a, const void *b)
{
	const struct popmail *x = *(const struct popmail *const *)a;
	const struct popmail *y = *(const struct popmail *const *)b;
	int order = str_cmp(x->name, y->name);
	return order ? order : by_number(x, y);
}

/* The message of that number, made if need be; NULL: too many. Mostly they come in order. */
static struct popmail *at(struct popdrop *d, uint32_t number)
{
	struct popmail key = {.number = number}, *found = NULL;
	if (d->n && number <= d->mails[d->n - 1].number)
		found = bsearch(&key, d->mails, d->n, sizeof key, by_number);
	if (found)
		return found;
	if (d->n == POPDROP_MOST)
		return NULL;
	d->mails = arena_grow(&d->arena, d->mails, d->n, sizeof *d->mails);
	d->mails[d->n++] = key;
	if (d->n > 1 && number < d->mails[d->n - 2].number) {
		qsort(d->mails, d->n, sizeof *d->mails, by_number);
		return bsearch(&key, d->mails, d->n, sizeof key, by_number);
	}
	return &d->mails[d->n - 1];
}

static int too_many(struct err *err)
{
	return err_set(err, ERR_NET, "more than %zu messages", POPDROP_MOST);
}

/* ---- what the server says ---- */

static int take_sizes(struct popdrop *d, struct popsession *s, struct err *err)
{
	struct str line;
	uint32_t number;
	uint64_t size;
	int r;
	popsession_body(s);
	while ((r = popsession_line(s, &line, err)) == 1) {
		struct popmail *m = NULL;
		if (!popparse_list(line, &number, &size))
			continue;
		if ((m = at(d, number)) == NULL)
			return too_many(err);
		m->size = size;
	}
	return r < 0 ? -1 : 1;
}

static int take_names(struct popdrop *d, struct popsession *s, struct err *err)
{
	struct str line, name;
	uint32_t number;
	int r;
	popsession_body(s);
	while ((r = popsession_line(s, &line, err)) == 1) {
		struct popmail *m = NULL;
		if (!popparse_uidl(line, &number, &name))
			continue;
		if ((m = at(d, number)) == NULL)
			return too_many(err);
		m->name = popdrop_made(name) ? (struct str){0} : arena_str(&d->arena, name);
	}
	return r < 0 ? -1 : 1;
}

/* Sends a command alone, or behind others. */
static int ask(struct popsession *s, const char *verb, struct popparse_status *st, struct err *err)
{
	if (!popsession_can(s, "PIPELINING", NULL))
		popsession_send(s, "%s", verb);
	return popsession_status(s, st, err);
}

static int look(struct popdrop *d, struct popsession *s, bool named, struct err *err)
{
	struct popparse_status st;
	struct str word;
	uint64_t count = UINT64_MAX;
	if (popsession_can(s, "PIPELINING", NULL))
		popsession_send_raw(s, STR("STAT\r\nLIST\r\nUIDL\r\n"));
	if (ask(s, "STAT", &st, err) < 0)
		return -1;
	if (st.kind == POPPARSE_OK && str_split(&st.text, ' ', &word) && !str_u64(word, &count))
		count = UINT64_MAX;
	if (ask(s, "LIST", &st, err) < 0 ||
	    (st.kind == POPPARSE_OK && take_sizes(d, s, err) < 0) ||
	    ask(s, "UIDL", &st, err) < 0)
		return -1;
	d->unnamed = st.kind != POPPARSE_OK;
	if (!d->unnamed && take_names(d, s, err) < 0)
		return -1;
	d->whole = d->n == count;
	d->counted = count == UINT64_MAX ? d->n : count;
	if (d->unnamed && (named || popsession_can(s, "UIDL", NULL))) {
		popsession_refused(&st, ERR_NET, "UIDL refused", err);
		return 0;
	}
	if (!d->whole)
		log_line(LOG_WARN, "the server counts other messages than it lists (%zu)", d->n);
	return 1;
}

/* ---- names of our own ---- */

/* Pointers to all messages, by name. The caller frees. */
static struct popmail **sorted(const struct popdrop *d)
{
	struct popmail **p = err_alloc((d->n + 1) * sizeof *p);
	for (size_t i = 0; i < d->n; i++)
		p[i] = &d->mails[i];
	qsort(p, d->n, sizeof *p, by_name);
	return p;
}

/* Where the row of messages with the name of p[i] ends. */
static size_t same(struct popmail **p, size_t i, size_t n)
{
	size_t end = i + 1;
	while (end < n && str_eq(p[end]->name, p[i]->name))
		end++;
	return end;
}

/* A name that several messages have is none. */
static void forget_doubles(struct popdrop *d)
{
	struct popmail **p = sorted(d);
	for (size_t i = 0, end; i < d->n; i = end) {
		end = same(p, i, d->n);
		if (end == i + 1 || p[i]->name.n == 0)
			continue;
		log_line(LOG_WARN, "the server gives %zu messages the same unique-id", end - i);
		for (size_t k = i; k < end; k++)
			p[k]->name.n = 0;
	}
	free(p);
}

static void number_doubles(struct popdrop *d)
{
	struct popmail **p = sorted(d);
	for (size_t i = 0, end; i < d->n; i = end) {
		end = same(p, i, d->n);
		for (size_t k = i; end > i + 1 && k < end; k++) {
			p[k]->doubtful = true;
			if (k > i)
				p[k]->name = arena_fmt(&d->arena, "%.*s.%zu", STR_ARG(p[k]->name),
						       k - i + 1);
		}
	}
	free(p);
}

static int take_header(void *arg, size_t i, struct str header, struct err *err)
{
	const struct lister *x = arg;
	struct popmail *m = at(x->d, x->nameless[i]->number);
	unsigned char sum[HASH_BYTES];
	char hex[HASH_HEX + 1];
	(void)err;
	hash_of(header, sum);
	hash_hex(sum, HASH_BYTES, hex);
	m->name = arena_fmt(&x->d->arena, "TOP-%.*s", DIGITS, hex);
	m->doubtful = header.n == 0;
	return 1;
}

/* Names those that have none. */
static int name_rest(struct lister *x, struct err *err)
{
	const struct popfetch_headers to = {x, take_header};
	for (size_t i = 0; i < x->d->n; i++)
		if (x->d->mails[i].name.n == 0)
			x->nameless[x->n_nameless++] = &x->d->mails[i];
	if (x->n_nameless == 0)
		return 1;
	log_line(LOG_INFO, "%zu messages have no unique-id: their headers are read",
		 x->n_nameless);
	int r = popfetch_headers(x->c, x->nameless, x->n_nameless, &to, err);
	if (r == 0)
		err_wrap(err, "the server has neither unique-ids nor headers to tell messages "
			      "apart");
	return r;
}

int popdrop_list(struct popdrop *d, struct popfetch_ctx *c, bool named, struct err *err)
{
	struct lister x = {.d = d, .c = c};
	*d = (struct popdrop){0};
	int r = look(d, c->s, named, err);
	if (r < 1)
		return r;
	forget_doubles(d);
	x.nameless = err_alloc((d->n + 1) * sizeof *x.nameless);
	r = name_rest(&x, err);
	free(x.nameless);
	if (r == 1)
		number_doubles(d);
	return r;
}

void popdrop_free(struct popdrop *d)
{
	arena_free(&d->arena);
	*d = (struct popdrop){0};
}

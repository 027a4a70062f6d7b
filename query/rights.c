#include "rights.h"

#include "disposal.h"
#include "scope.h"

bool rights_account(const struct rights *r, struct str account)
{
	if (!r->some)
		return true;
	for (size_t i = 0; i < r->n; i++)
		if (scope_fits(r->accounts[i], account))
			return true;
	return false;
}

static bool epoch_is(const struct rights *r, const struct archive_epoch *list, size_t n,
		     int64_t epoch)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].id == epoch)
			return rights_account(r, list[i].account);
	return false;
}

int rights_copies(const struct rights *r, struct archive *ar, struct arena *a,
		  const struct archive_copy **copies, size_t *n, struct err *err)
{
	const struct archive_epoch *epochs;
	size_t n_epochs, kept = 0;
	if (!r->some)
		return 1;
	if (archive_epochs(ar, a, &epochs, &n_epochs, err) < 0)
		return -1;
	struct archive_copy *own = arena_alloc(a, *n * sizeof *own + 1);
	for (size_t i = 0; i < *n; i++)
		if (epoch_is(r, epochs, n_epochs, (*copies)[i].epoch))
			own[kept++] = (*copies)[i];
	*copies = own;
	*n = kept;
	return 1;
}

/* How long this takes must not tell whether there is such a message: where there is none, the
 * copies of another one are looked through. */
static int find_own(const struct rights *r, struct archive *ar, struct str id,
		    struct archive_msg *out, struct err *err)
{
	struct arena a = {0};
	const struct archive_copy *copies;
	size_t n;
	int found = id.n == HASH_HEX ? archive_find_id(ar, id, out, err) : 0;
	if (found < 0 && err->kind != ERR_GONE && err->kind != ERR_INPUT)
		return -1;
	uint64_t number = found > 0 ? out->number : 1;
	int x = archive_copies(ar, &a, number, &copies, &n, err);
	if (x >= 0)
		x = rights_copies(r, ar, &a, &copies, &n, err);
	arena_free(&a);
	return x < 0 ? -1 : found > 0 && n > 0;
}

int rights_find(const struct rights *r, struct archive *ar, struct str id,
		struct archive_msg *out, struct err *err)
{
	return r->some ? find_own(r, ar, id, out, err) : archive_find_id(ar, id, out, err);
}

struct str rights_condition(struct arena *a, const struct archive_epoch *epochs, size_t n,
			    const bool *in)
{
	struct buf b;
	bool first = true;
	buf_init(&b, (size_t)64 << 20);
	buf_str(&b, STR("epoch IN ("));
	for (size_t i = 0; i < n; i++) {
		if (!in[i])
			continue;
		buf_fmt(&b, "%s%lld", first ? "" : ",", (long long)epochs[i].id);
		first = false;
	}
	buf_chr(&b, ')');
	struct str text = arena_str(a, buf_all(&b));
	buf_free(&b);
	return text;
}

int rights_numbers(const struct rights *r, struct archive *ar, struct arena *a,
		   const uint32_t **out, size_t *n_out, struct err *err)
{
	const struct archive_epoch *epochs;
	size_t n;
	if (archive_epochs(ar, a, &epochs, &n, err) < 0)
		return -1;
	bool *in = arena_alloc(a, n + 1);
	for (size_t i = 0; i < n; i++)
		in[i] = rights_account(r, epochs[i].account);
	struct archive_select s = {.where = rights_condition(a, epochs, n, in).p};
	return archive_select(ar, a, &s, out, n_out, err);
}

/* Marks those with these numbers, or takes their marks away. */
static void mark(struct bits *b, const uint32_t *list, size_t n, bool on)
{
	for (size_t i = 0; i < n; i++) {
		if (list[i] >= b->n)
			continue;
		if (on)
			bits_set(b, list[i]);
		else
			bits_unset(b, list[i]);
	}
}

int rights_visible(const struct rights *r, struct archive *ar, struct bits *out, struct err *err)
{
	struct arena a = {0};
	const uint32_t *own = NULL, *masked = NULL;
	size_t n_own = 0, n_masked = 0;
	uint64_t last;
	*out = (struct bits){0};
	int x = archive_last(ar, &last, err);
	if (x >= 0 && r->some)
		x = rights_numbers(r, ar, &a, &own, &n_own, err);
	if (x >= 0)
		x = disposal_masked(ar, &a, &masked, &n_masked, err);
	if (x >= 0) {
		*out = bits_new(last + 1);
		if (!r->some)
			bits_fill(out);
		mark(out, own, n_own, true);
		mark(out, masked, n_masked, false);
	}
	arena_free(&a);
	return x < 0 ? -1 : 1;
}

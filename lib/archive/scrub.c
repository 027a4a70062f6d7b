#define _GNU_SOURCE
#include "scrub.h"

#include "change.h"
#include "hash.h"
#include "leaf.h"
#include "tarball.h"

#include <stdio.h>
#include <stdlib.h>

static int broken(struct err *err)
{
	return err_set(err, ERR_BROKEN, "a member is cut short or malformed");
}

static int by_number(const void *x, const void *y)
{
	uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;
	return a < b ? -1 : a > b;
}

static int by_copy(const void *x, const void *y)
{
	const struct scrub_copy *a = x, *b = y;
	if (a->epoch != b->epoch)
		return a->epoch < b->epoch ? -1 : 1;
	return a->uid < b->uid ? -1 : a->uid > b->uid;
}

void scrub_sort(struct scrub_set *set)
{
	if (set->n)
		qsort(set->numbers, set->n, sizeof *set->numbers, by_number);
	if (set->n_copies)
		qsort(set->copies, set->n_copies, sizeof *set->copies, by_copy);
}

static bool has_number(const struct scrub_set *set, uint64_t number)
{
	uint32_t key = (uint32_t)number;
	return set->n && number <= UINT32_MAX &&
	       bsearch(&key, set->numbers, set->n, sizeof key, by_number);
}

static bool has_copy(const struct scrub_set *set, int64_t epoch, uint32_t uid)
{
	struct scrub_copy key = {epoch, uid};
	return set->n_copies && bsearch(&key, set->copies, set->n_copies, sizeof key, by_copy);
}

/* ---- messages ---- */

/* The name "<sha256>.eml". */
static bool message_name(const char *name, unsigned char hash[HASH_BYTES])
{
	size_t n;
	struct str s = str_of(name);
	return s.n == HASH_HEX + 4 && str_ends(s, STR(".eml")) &&
	       hash_unhex(str_cut(s, 0, HASH_HEX), hash, HASH_BYTES, &n);
}

static bool stays(struct str key)
{
	static const char *const kept[] = {"number", "change", "at", "epoch", "account", "mailbox",
					   "uidvalidity", "uid", "modseq", "run", "bare-lf",
					   "basis"};
	if (!str_starts(key, STR(TARBALL_OURS)))
		return false;
	key = str_cut(key, sizeof TARBALL_OURS - 1, key.n);
	if (str_ends(key, STR(".hex")))
		key = str_cut(key, 0, key.n - 4);
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
		if (str_eq(key, str_of(kept[i])))
			return true;
	return false;
}

/* A record becomes a comment of spaces, with the same digits and length. */
static int blank_record(char *p, size_t n, struct err *err)
{
	static const char comment[] = "comment=";
	char *text = memchr(p, ' ', n);
	if (text == NULL || (size_t)(p + n - ++text) < sizeof comment)
		return broken(err);
	memset(text, ' ', (size_t)(p + n - text));
	memcpy(text, comment, sizeof comment - 1);
	p[n - 1] = '\n';
	return 1;
}

static int edit_records(char *p, size_t n, const unsigned char leaf[HASH_BYTES], struct err *err)
{
	struct str rest = {p, n}, key, value;
	char hex[HASH_HEX + 1];
	int r;
	for (;;) {
		char *begin = p + (n - rest.n);
		if ((r = tarball_next(&rest, &key, &value, err)) < 1)
			return r < 0 ? -1 : 1;
		if (str_eq(key, STR(TARBALL_OURS "salt")) && value.n == HASH_HEX) {
			hash_hex(leaf, HASH_BYTES, hex);
			memcpy(begin + (key.p + key.n - 4 - begin), "leaf", 4);
			memcpy(begin + (value.p - begin), hex, HASH_HEX);
		} else if (!stays(key) &&
			   blank_record(begin, (size_t)(p + (n - rest.n) - begin), err) < 0) {
			return -1;
		}
	}
}

/* ---- members ---- */

/* A member at p: where its parts are. */
struct member {
	struct tarball_head head;
	size_t records_at, records_n; /* 0: none */
	size_t head_at, body_at;
};

/* 1; 0 the end of the archive; -1. */
static int look(const char *p, size_t n, struct member *m, struct err *err)
{
	*m = (struct member){0};
	if (n < TARBALL_BLOCK)
		return broken(err);
	int r = tarball_head(p, &m->head, err);
	if (r == 1 && m->head.type == 'x') {
		uint64_t size = m->head.size + tarball_padding(m->head.size);
		if (size > n || n - size < 2 * TARBALL_BLOCK)
			return broken(err);
		m->records_at = TARBALL_BLOCK;
		m->records_n = (size_t)m->head.size;
		m->head_at = TARBALL_BLOCK + (size_t)size;
		r = tarball_head(p + m->head_at, &m->head, err);
		if (r == 0)
			return broken(err);
	}
	m->body_at = m->head_at + TARBALL_BLOCK;
	return r;
}

/* Its number, when it is a message that is to go. 1; 0; -1. */
static int wanted(const char *p, const struct member *m, const struct scrub_set *set,
		  uint64_t *number, unsigned char leaf[HASH_BYTES], struct err *err)
{
	unsigned char hash[HASH_BYTES];
	struct arena a = {0};
	struct change c = {0};
	struct str records = {p + m->records_at, m->records_n};
	if (!message_name(m->head.name, hash) || records.n == 0)
		return 0;
	int r = change_message(&a, records, &c, err);
	arena_free(&a);
	*number = c.msg.number;
	if (r < 0 || !has_number(set, *number))
		return r < 0 ? -1 : 0;
	r = leaf_of(records, hash, leaf, err);
	return r == 0 ? err_set(err, ERR_BROKEN, "a message without a salt") : r;
}

/* Headers and records of a message that goes. */
static int edit_headers(char *p, const struct member *m, uint64_t number,
			const unsigned char leaf[HASH_BYTES], struct err *err)
{
	char name[40];
	struct buf fresh;
	buf_init(&fresh, TARBALL_BLOCK);
	snprintf(name, sizeof name, SCRUB_NAME "%012llu", (unsigned long long)number);
	tarball_member(&fresh, str_of(name), m->head.size, 0, (struct str){"", 0});
	memcpy(p + m->head_at, fresh.p, TARBALL_BLOCK);
	buf_clear(&fresh);
	/* the header of the records has a time too */
	tarball_records_head(&fresh, m->records_n, 0);
	memcpy(p, fresh.p, TARBALL_BLOCK);
	buf_free(&fresh);
	return edit_records(p + m->records_at, m->records_n, leaf, err);
}

int scrub_first(const struct scrub_part *part, const struct scrub_set *set,
		struct scrub_counts *c, size_t *head, struct err *err)
{
	struct member m;
	uint64_t number;
	unsigned char leaf[HASH_BYTES];
	int r = look(part->p, part->n, &m, err);
	if (r == 1)
		r = wanted(part->p, &m, set, &number, leaf, err);
	if (r == 1 && m.body_at + m.head.size + tarball_padding(m.head.size) != part->whole)
		r = err_set(err, ERR_BROKEN, "a large message is not alone in its frame");
	c->left += r == 1 || (r == 0 && str_starts(str_of(m.head.name), STR(SCRUB_NAME)));
	c->messages += r == 1;
	*head = m.body_at;
	return r < 1 ? r : edit_headers(part->p, &m, number, leaf, err);
}

/* ---- facts ---- */

/* Behind a JSON value that begins at i of a line that the parser has taken. */
static size_t behind_value(struct str s, size_t i)
{
	size_t depth = 0;
	bool text = false;
	for (; i < s.n; i++) {
		char c = s.p[i];
		if (text && c == '\\')
			i++;
		else if (c == '"')
			text = !text;
		else if (!text && (c == '[' || c == '{'))
			depth++;
		else if (!text && (c == ']' || c == '}') && depth-- == 0)
			return i;
		else if (!text && c == ',' && depth == 0)
			return i;
	}
	return i;
}

static bool goes(struct str key)
{
	static const char *const gone[] = {"sha256", "internaldate", "flags", "keywords", "source",
					   "found", "emailid", "threadid", "savedate", "savezone"};
	if (str_ends(key, STR(".hex")))
		key = str_cut(key, 0, key.n - 4);
	for (size_t i = 0; i < sizeof gone / sizeof *gone; i++)
		if (str_eq(key, str_of(gone[i])))
			return true;
	return false;
}

/* Blanks the members of the object that go, each with the comma before it. The first one, "fact",
 * stays. True when anything changed. */
static bool blank_members(char *line, size_t n)
{
	struct str s = {line, n};
	bool changed = false;
	size_t at = behind_value(s, 1);
	while (at < n && line[at] == ',') {
		size_t key = at + 1;
		while (key < n && line[key] == ' ')
			key++;
		size_t end = behind_value(s, key);
		ptrdiff_t quote = key < n ? str_chr(str_cut(s, key + 1, end), '"') : -1;
		if (quote >= 0 && goes(str_cut(s, key + 1, key + 1 + (size_t)quote))) {
			memset(line + at, ' ', end - at);
			changed = true;
		}
		at = end;
	}
	return changed;
}

static int edit_facts(char *p, size_t n, const struct scrub_set *set, struct scrub_counts *c,
		      struct err *err)
{
	struct str rest = {p, n}, line;
	struct arena a = {0};
	struct change change;
	int r = 1;
	while (r == 1 && str_line(&rest, &line)) {
		r = change_line(&a, line, &change, err);
		bool hit = r == 1 && ((change.kind == CHANGE_COPY &&
				       has_number(set, change.msg.number)) ||
				      (change.kind == CHANGE_FLAGS &&
				       has_copy(set, change.copy.epoch, change.copy.uid)));
		if (hit)
			c->facts += blank_members(p + (line.p - p), line.n);
		arena_reset(&a);
	}
	arena_free(&a);
	return r;
}

/* ---- a frame ---- */

static int edit_member(char *p, const struct member *m, const struct scrub_set *set,
		       struct scrub_counts *c, struct err *err)
{
	uint64_t number;
	unsigned char leaf[HASH_BYTES];
	struct str name = str_of(m->head.name);
	if (str_starts(name, STR(SCRUB_NAME)))
		c->left++;
	if (str_starts(name, STR("facts/")))
		return edit_facts(p + m->body_at, (size_t)m->head.size, set, c, err);
	int r = wanted(p, m, set, &number, leaf, err);
	if (r < 1)
		return r < 0 ? -1 : 1;
	c->messages++;
	c->left++;
	memset(p + m->body_at, 0, (size_t)m->head.size);
	return edit_headers(p, m, number, leaf, err);
}

int scrub_content(char *p, size_t n, const struct scrub_set *set, struct scrub_counts *c,
		  struct err *err)
{
	struct member m;
	while (n) {
		int r = look(p, n, &m, err);
		if (r < 1)
			return r < 0 ? -1 : 1;
		uint64_t size = m.head.size + tarball_padding(m.head.size);
		if (size > n - m.body_at)
			return broken(err);
		if (edit_member(p, &m, set, c, err) < 0)
			return -1;
		p += m.body_at + size;
		n -= m.body_at + (size_t)size;
	}
	return 1;
}

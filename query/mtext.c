#include "mtext.h"

#include "casemap.h"
#include "html.h"
#include "large.h"
#include "links.h"
#include "mime.h"
#include "partkind.h"
#include "token.h"
#include "trial.h"
#include "utf8.h"
#include "wild.h"

void mtext_init(struct mtext *t, struct archive *ar)
{
	*t = (struct mtext){.ar = ar};
	buf_init(&t->raw_buf, RECORD_MAX_MESSAGE);
}

void mtext_free(struct mtext *t)
{
	arena_free(&t->a);
	buf_free(&t->raw_buf);
	large_leave(&t->large);
}

void mtext_begin(struct mtext *t, uint64_t number, struct iseg *seg)
{
	struct mtext fresh = {.ar = t->ar, .halt = t->halt, .seg = seg, .inside = t->inside,
			      .number = number};
	if (t->large)
		mtext_free(t);
	arena_reset(&t->a);
	buf_clear(&t->raw_buf);
	fresh.a = t->a;
	fresh.raw_buf = t->raw_buf;
	*t = fresh;
}

void mtext_begin_raw(struct mtext *t, const struct archive_msg *msg, struct str raw)
{
	mtext_begin(t, msg->number, NULL);
	t->msg = *msg;
	t->has_msg = true;
	t->raw = raw;
}

int mtext_find(struct mtext *t, struct err *err)
{
	if (t->has_msg)
		return 1;
	int r = archive_find(t->ar, t->number, &t->msg, err);
	if (r == 0)
		return err_set(err, ERR_BROKEN, "message %llu is not in the catalog",
			       (unsigned long long)t->number);
	t->has_msg = r > 0;
	return r;
}

static void cache_record(struct mtext *t)
{
	t->has_record = true;
	t->texts = arena_alloc(&t->a, (t->record.n_texts + 1) * sizeof *t->texts);
	t->bodies = arena_alloc(&t->a, (t->record.n_parts + 1) * sizeof *t->bodies);
	t->seen = arena_alloc(&t->a, (t->record.n_parts + 1) * sizeof *t->seen);
	t->names = arena_alloc(&t->a, (t->record.n_parts + 1) * sizeof *t->names);
	t->insides = arena_alloc(&t->a, (t->record.n_parts + 1) * sizeof *t->insides);
}

int mtext_load(struct mtext *t, struct err *err)
{
	if (t->has_record || t->tried)
		return t->has_record;
	t->tried = true;
	if (t->seg == NULL)
		return 0;
	if (iseg_record(t->seg, &t->a, t->number, &t->record, err) < 0)
		return -1;
	if (!t->record.big && !t->record.quarantined)
		cache_record(t);
	t->has_inside = t->has_record;
	return t->has_record;
}

int mtext_load_lines(struct mtext *t, struct err *err)
{
	if (t->seg == NULL || t->has_lines)
		return t->has_lines;
	if (iseg_headers(t->seg, &t->a, t->number, &t->lines, err) < 0)
		return -1;
	t->has_lines = t->lines.whole;
	return t->has_lines;
}

/* The parts with their headers. The record has the texts, decoded: that is most of the work. */
static void split(struct mtext *t)
{
	struct mime m;
	mime_split(&t->a, t->raw.p ? t->raw : STR(""), &mail_default_limits, &m);
	t->mail = (struct mail){.parts = m.parts, .n_parts = m.n};
}

/* Headers and texts in one, after all. */
static void parse_fully(struct mtext *t)
{
	mail_parse(&t->a, t->raw, &mail_default_limits, &t->mail);
	t->headers_only = false;
	t->wholes = arena_alloc(&t->a, (t->mail.n_parts + 1) * sizeof *t->wholes);
}

static int read_raw(struct mtext *t, struct err *err)
{
	if (mtext_find(t, err) < 0)
		return -1;
	t->large = t->large || large_enter(t->msg.size);
	int r = archive_read(t->ar, &t->msg, RECORD_MAX_MESSAGE, &t->raw_buf, err);
	t->raw = buf_all(&t->raw_buf);
	return r;
}

int mtext_parse(struct mtext *t, struct err *err)
{
	if (t->has_mail || t->unreadable)
		return t->has_mail;
	if (t->seg != NULL && !t->bare && mtext_load(t, err) < 0)
		return -1;
	t->headers_only = t->has_record || t->bare;
	if (t->ar != NULL && read_raw(t, err) < 0)
		return -1;
	int r = t->record.quarantined ? trial_parse(t->raw, NULL, t->halt, err) : 1;
	t->unreadable = r == 0;
	if (r <= 0)
		return r;
	t->has_mail = true;
	if (t->headers_only)
		split(t);
	else
		mail_parse(&t->a, t->raw, &mail_default_limits, &t->mail);
	t->wholes = arena_alloc(&t->a, (t->mail.n_parts + 1) * sizeof *t->wholes);
	if (!t->headers_only) {
		record_make(&t->a, &t->mail, 0, &t->record);
		cache_record(t);
	}
	return 1;
}

/* A halt leaves it undone: then a "no" means nothing. */
int mtext_look_inside(struct mtext *t, struct err *err)
{
	int more = 1;
	if (t->has_inside || t->inside == NULL)
		return 1;
	inside_begin(t->inside, &t->a, &t->record);
	while (more == 1 && !halt_step(t->halt, HALT_LOOK))
		more = inside_next(t->inside, &t->a, &t->mail, &t->record, err);
	t->has_inside = more == 0;
	return more < 0 ? -1 : 1;
}

/* The next piece of a text to map: at most 256 KiB, not inside a character. */
static struct str chunk(struct str *rest)
{
	size_t n = rest->n < ((size_t)256 << 10) ? rest->n : (size_t)256 << 10;
	while (n < rest->n && n > 1 && ((unsigned char)rest->p[n] & 0xC0) == 0x80)
		n--;
	if (n < rest->n && n > 1 && rest->p[n - 1] == '\r')
		n--;
	struct str piece = str_cut(*rest, 0, n);
	*rest = str_cut(*rest, n, rest->n);
	return piece;
}

/* Looks for the needle in the pieces as one text, window by window. */
static bool stream_has(struct halt *halt, const struct str *pieces, size_t n, struct str needle)
{
	struct buf w;
	bool found = false;
	buf_init(&w, ((size_t)256 << 10) * 18 + needle.n);
	for (size_t i = 0; i < n && !found; i++) {
		struct str rest = pieces[i];
		while (rest.n > 0 && !found && !halt_step(halt, HALT_LOOK)) {
			if (w.n >= needle.n)
				buf_drop(&w, w.n - (needle.n - 1));
			casemap_add(&w, chunk(&rest));
			found = casemap_has(buf_all(&w), needle);
		}
	}
	buf_free(&w);
	return found;
}

/* The pieces as one text, mapped and kept in *cache when that is not too large. */
static bool has(struct mtext *t, const struct str *pieces, size_t n, struct str *cache,
		struct str needle)
{
	size_t sum = 0;
	if (needle.n == 0)
		return true;
	if (cache->p != NULL)
		return casemap_has(*cache, needle);
	for (size_t i = 0; i < n; i++)
		sum += pieces[i].n;
	if (sum > MTEXT_MAX_CACHED)
		return stream_has(t->halt, pieces, n, needle);
	struct str all = pieces[0];
	if (n > 1) {
		char *p = arena_alloc(&t->a, sum + 1);
		all = (struct str){p, 0};
		for (size_t i = 0; i < n; i++) {
			if (pieces[i].n > 0)
				memcpy(p + all.n, pieces[i].p, pieces[i].n);
			all.n += pieces[i].n;
		}
	}
	*cache = casemap_str(&t->a, all);
	if (cache->p == NULL)
		*cache = STR("");
	return casemap_has(*cache, needle);
}

bool mtext_in_key(struct mtext *t, enum mail_key key, struct str needle)
{
	for (size_t i = 0; i < t->record.n_texts; i++)
		if (t->record.texts[i].key == key &&
		    has(t, &t->record.texts[i].text, 1, &t->texts[i], needle))
			return true;
	return false;
}

bool mtext_in_body(struct mtext *t, struct str needle)
{
	for (size_t i = 0; i < t->record.n_parts; i++)
		if (t->record.parts[i].searched &&
		    has(t, &t->record.parts[i].text, 1, &t->bodies[i], needle))
			return true;
	return false;
}

bool mtext_in_whole(struct mtext *t, struct str needle)
{
	/* Between header and text there is a line end: only a needle with one can lie across. */
	if (t->headers_only && str_chr(needle, '\n') >= 0)
		parse_fully(t);
	if (t->headers_only && mtext_in_body(t, needle))
		return true;
	for (size_t i = 0; i < t->mail.n_parts; i++) {
		const struct mail_part *p = &t->mail.parts[i];
		if (t->headers_only) {
			if (has(t, &p->header, 1, &t->wholes[i], needle))
				return true;
			continue;
		}
		const struct str pieces[] = {p->header, STR("\n"), p->text};
		if (has(t, pieces, 3, &t->wholes[i], needle))
			return true;
	}
	return false;
}

static bool is_ascii(struct str s)
{
	return utf8_ascii(s) == s.n;
}

int mtext_key_of(struct str name)
{
	for (int i = 0; i < MAIL_KEYS; i++)
		if (str_ieq(name, str_of(mail_key_names[i])))
			return i;
	return -1;
}

/* Names with 8-bit octets (there should be none) compare like texts, as the index has them; but
 * the index treats as one of the five fields only what is so named in ASCII. */
static bool same_name(struct mtext *t, struct str field, struct str wanted)
{
	if (str_ieq(field, wanted))
		return true;
	if ((is_ascii(field) && is_ascii(wanted)) || mtext_key_of(wanted) >= 0)
		return false;
	return str_eq(casemap_str(&t->a, field), casemap_str(&t->a, wanted));
}

bool mtext_in_header(struct mtext *t, struct str name, struct str needle)
{
	const struct mail_part *top = &t->mail.parts[0];
	for (size_t i = 0; name.n > 0 && i < top->n_fields; i++) {
		const struct mail_field *f = &top->fields[i];
		struct str mapped = {0};
		if (f->name.n > 0 && same_name(t, f->name, name) &&
		    has(t, &f->value, 1, &mapped, needle))
			return true;
	}
	return false;
}

static bool same_word(struct arena *a, struct str token, struct str word, bool plain)
{
	if (str_eq(token, word))
		return true;
	if (!plain || is_ascii(token))
		return false;
	return str_eq(casemap_bare(a, token), word);
}

/* How many tokens have the stem, `most` at most. */
static size_t count_stem(struct str mapped, const struct mtext_words *w, size_t most)
{
	struct arena a = {0};
	struct str rest = mapped, token;
	bool gap;
	size_t n = 0;
	while (n < most && token_next(&rest, &token, &gap)) {
		/* One with marks begins otherwise than without. */
		if (is_ascii(token) && !str_starts(token, w->prefix))
			continue;
		arena_reset(&a);
		n += str_eq(stem_of(w->stemmer, &a, token), w->words[0]);
	}
	arena_free(&a);
	return n;
}

/* Do the words stand in it as they are, without a look at marks? They are looked for as bytes, and
 * tokens are made only where they are found. */
static bool plainly_in(struct str mapped, const struct mtext_words *w)
{
	struct str rest, token;
	ptrdiff_t found;
	bool gap;
	for (size_t at = 0; (found = str_find(str_cut(mapped, at, mapped.n), w->words[0])) >= 0;) {
		size_t start = at + (size_t)found, i = 0;
		at = start + 1;
		if (start > 0 && token_goes_on(mapped, start))
			continue;
		rest = str_cut(mapped, start, mapped.n);
		while (i < w->n && token_next(&rest, &token, &gap) &&
		       str_eq(token, w->words[i]))
			i++;
		if (i == w->n)
			return true;
	}
	return false;
}

/* Words without marks in a text that has some. */
static bool barely_in(struct str mapped, const struct mtext_words *w)
{
	struct arena a = {0};
	struct str rest = mapped, token;
	bool gap, yes = false;
	while (!yes && token_next(&rest, &token, &gap)) {
		struct str probe = rest;
		size_t i = 0;
		arena_reset(&a);
		while (i < w->n && same_word(&a, token, w->words[i], w->plain[i]) && ++i < w->n)
			if (!token_next(&probe, &token, &gap))
				break;
		yes = i == w->n;
	}
	arena_free(&a);
	return yes;
}

static bool words_in(struct str mapped, const struct mtext_words *w)
{
	if (w->stemmer != NULL)
		return count_stem(mapped, w, 1) > 0;
	if (w->wild != NULL)
		return wild_holds(mapped, w->wild);
	if (w->n > 0 && plainly_in(mapped, w))
		return true;
	return !is_ascii(mapped) && barely_in(mapped, w);
}

struct str mtext_visible(struct arena *a, const struct record_part *p)
{
	return str_eq(p->type, STR("text/html")) ? html_text(a, p->text) : p->text;
}

struct str mtext_text(struct mtext *t, size_t i)
{
	if (t->texts[i].p == NULL)
		t->texts[i] = casemap_str(&t->a, t->record.texts[i].text);
	return t->texts[i];
}

struct str mtext_seen(struct mtext *t, size_t i)
{
	if (t->seen[i].p == NULL)
		t->seen[i] = casemap_str(&t->a, mtext_visible(&t->a, &t->record.parts[i]));
	return t->seen[i];
}

static struct str name_at(struct mtext *t, size_t i)
{
	if (t->names[i].p == NULL)
		t->names[i] = casemap_str(&t->a, t->record.parts[i].filename);
	return t->names[i];
}

static struct str inside_at(struct mtext *t, size_t i)
{
	if (t->insides[i].p == NULL)
		t->insides[i] = casemap_str(&t->a, t->record.parts[i].inside);
	return t->insides[i];
}

/* Everything, attachments aside? */
static bool is_text(struct str field)
{
	return field.n == 0 || str_eq(field, STR("text"));
}

static bool is_field(const struct mail_text *x, struct str field)
{
	return is_text(field) || str_eq(field, str_of(mail_key_names[x->key]));
}

static bool is_body(struct str field)
{
	return is_text(field) || str_eq(field, STR("body"));
}

static bool is_name(struct str field)
{
	return field.n == 0 || str_eq(field, STR("attachment")) || str_eq(field, STR("filename"));
}

bool mtext_wants_inside(struct str field)
{
	return field.n == 0 || str_eq(field, STR("attachment"));
}

bool mtext_words_at(struct mtext *t, enum mtext_place place, size_t i, struct str field,
		    const struct mtext_words *w)
{
	const struct record_part *p = &t->record.parts[i];
	switch (place) {
	case MTEXT_FIELD:
		return is_field(&t->record.texts[i], field) && words_in(mtext_text(t, i), w);
	case MTEXT_SEEN: /* text that is attached belongs to the body and to the attachments */
		return p->searched && (is_body(field) ||
				       (p->attachment && mtext_wants_inside(field))) &&
		       words_in(mtext_seen(t, i), w);
	case MTEXT_NAME:
		return p->filename.n > 0 && is_name(field) && words_in(name_at(t, i), w);
	default:
		return p->inside.n > 0 && mtext_wants_inside(field) &&
		       words_in(inside_at(t, i), w);
	}
}

bool mtext_words_in(struct str mapped, const struct mtext_words *w)
{
	return words_in(mapped, w);
}

/* The targets of links. They are not kept: few leaves ask for them. */
static bool in_links(const struct mtext *t, const struct mtext_words *w)
{
	struct arena a = {0};
	bool yes = false;
	for (size_t i = 0; i < t->record.n_parts && !yes; i++) {
		const struct record_part *p = &t->record.parts[i];
		if (!p->searched || !str_eq(p->type, STR("text/html")))
			continue;
		arena_reset(&a);
		yes = words_in(casemap_str(&a, links_text(&a, p->text)), w);
	}
	arena_free(&a);
	return yes;
}

bool mtext_has_words(struct mtext *t, struct str field, const struct mtext_words *w)
{
	for (size_t i = 0; i < t->record.n_texts; i++)
		if (mtext_words_at(t, MTEXT_FIELD, i, field, w))
			return true;
	for (size_t i = 0; i < t->record.n_parts; i++)
		if (mtext_words_at(t, MTEXT_SEEN, i, field, w) ||
		    mtext_words_at(t, MTEXT_NAME, i, field, w) ||
		    mtext_words_at(t, MTEXT_INSIDE, i, field, w))
			return true;
	return str_eq(field, STR("link")) && in_links(t, w);
}

bool mtext_has_kind(const struct mtext *t, struct str kind)
{
	bool any = str_eq(kind, STR("attachment"));
	for (size_t i = 0; i < t->record.n_parts; i++) {
		const struct record_part *p = &t->record.parts[i];
		const char *own = i > 0 || p->attachment ? partkind_of(p) : NULL;
		if ((any && p->attachment) || (own != NULL && str_eq(kind, str_of(own))))
			return true;
	}
	return false;
}

size_t mtext_count_stem(struct mtext *t, struct str field, const struct mtext_words *w)
{
	size_t n = 0;
	for (size_t i = 0; i < t->record.n_texts; i++)
		if (is_field(&t->record.texts[i], field))
			n += count_stem(mtext_text(t, i), w, SIZE_MAX);
	for (size_t i = 0; is_body(field) && i < t->record.n_parts; i++)
		if (t->record.parts[i].searched)
			n += count_stem(mtext_seen(t, i), w, SIZE_MAX);
	return n;
}

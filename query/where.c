#include "where.h"

#include "casemap.h"

const char *where_name(enum where_text text)
{
	static const char *const names[] = {
		[WHERE_SUBJECT] = "subject", [WHERE_FROM] = "from", [WHERE_TO] = "to",
		[WHERE_CC] = "cc", [WHERE_BCC] = "bcc", [WHERE_BODY] = "body",
		[WHERE_ATTACHMENT] = "attachment", [WHERE_FILENAME] = "filename",
	};
	return names[text];
}

const struct record_part *where_part(const struct record *r, const struct where_place *w)
{
	bool attached = w->text == WHERE_ATTACHMENT || w->text == WHERE_FILENAME;
	return attached && w->part < r->n_parts ? &r->parts[w->part] : NULL;
}

/* What the reader of an HTML part sees. */
struct view {
	bool read, hides; /* hides: not all of it */
	struct str shown; /* mapped */
};

struct finding {
	struct mtext *t;
	struct arena *a;
	struct view *views; /* by part; NULL: none was asked for */
	struct where_place *list;
	size_t n;
};

static void add_place(struct finding *f, struct where_place p)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->list[i].text == p.text && f->list[i].part == p.part &&
		    f->list[i].hidden == p.hidden)
			return;
	f->list = arena_grow(f->a, f->list, f->n, sizeof *f->list);
	f->list[f->n++] = p;
}

static void add(struct finding *f, enum where_text text, size_t part)
{
	add_place(f, (struct where_place){text, part, false});
}

/* The words stand in that part: nowhere but in what it hides? */
static bool is_hidden(struct finding *f, size_t i, const struct mtext_words *w)
{
	const struct record *r = &f->t->record;
	struct arena *a = &f->t->a;
	if (!str_eq(r->parts[i].type, STR("text/html")))
		return false;
	if (f->views == NULL)
		f->views = arena_alloc(a, r->n_parts * sizeof *f->views);
	struct view *v = &f->views[i];
	if (!v->read) {
		struct html_seen seen = html_read(a, r->parts[i].text);
		v->read = true;
		v->hides = seen.n_hidden > 0;
		if (v->hides)
			v->shown = casemap_str(a, html_visible(a, &seen));
	}
	return v->hides && !mtext_words_in(v->shown, w);
}

/* One field is one place, however many forms its text has. */
static void add_field(struct finding *f, enum mail_key key)
{
	static const enum where_text texts[MAIL_KEYS] = {
		[MAIL_FROM] = WHERE_FROM, [MAIL_TO] = WHERE_TO, [MAIL_CC] = WHERE_CC,
		[MAIL_BCC] = WHERE_BCC, [MAIL_SUBJECT] = WHERE_SUBJECT,
	};
	add(f, texts[key], 0);
}

/* A body is where the words are to be seen; failing that, where they are hidden. */
static void find_words(struct finding *f, struct str field, const struct mtext_words *w)
{
	const struct record *r = &f->t->record;
	bool in_body = false, hidden_in_body = false;
	for (size_t i = 0; i < r->n_texts; i++)
		if (mtext_words_at(f->t, MTEXT_FIELD, i, field, w))
			add_field(f, r->texts[i].key);
	for (size_t i = 0; i < r->n_parts; i++) {
		if (mtext_words_at(f->t, MTEXT_SEEN, i, field, w)) {
			bool hidden = is_hidden(f, i, w);
			if (r->parts[i].attachment)
				add_place(f, (struct where_place){WHERE_ATTACHMENT, i, hidden});
			else if (!hidden)
				add(f, WHERE_BODY, 0);
			in_body = in_body || !(r->parts[i].attachment || hidden);
			hidden_in_body = hidden_in_body || (!r->parts[i].attachment && hidden);
		}
		if (mtext_words_at(f->t, MTEXT_INSIDE, i, field, w))
			add(f, WHERE_ATTACHMENT, i);
		if (mtext_words_at(f->t, MTEXT_NAME, i, field, w))
			add(f, WHERE_FILENAME, i);
	}
	if (hidden_in_body && !in_body)
		add_place(f, (struct where_place){WHERE_BODY, 0, true});
}

static void find_leaf(struct finding *f, const struct match *m, const struct qnode *q)
{
	static const enum mail_key keys[] = {
		[QNODE_FROM] = MAIL_FROM, [QNODE_TO] = MAIL_TO, [QNODE_CC] = MAIL_CC,
		[QNODE_BCC] = MAIL_BCC, [QNODE_SUBJECT] = MAIL_SUBJECT,
	};
	struct mtext_words w;
	switch (q->kind) {
	case QNODE_FROM: case QNODE_TO: case QNODE_CC: case QNODE_BCC: case QNODE_SUBJECT:
		if (mtext_in_key(f->t, keys[q->kind], q->mapped))
			add_field(f, keys[q->kind]);
		break;
	case QNODE_BODY: case QNODE_TEXT:
		if (mtext_in_body(f->t, q->mapped))
			add(f, WHERE_BODY, 0);
		break;
	case QNODE_WORD: case QNODE_WILD: case QNODE_NEAR:
		w = match_words(m, q);
		find_words(f, q->name, &w);
		break;
	default:
		break;
	}
}

int where_find(struct match *m, const struct match_tree *tree, struct arena *a, struct where *out,
	       struct err *err)
{
	struct finding f = {.t = match_texts(m), .a = a};
	*out = (struct where){0};
	int r = mtext_load(f.t, err);
	if (r <= 0)
		return r < 0 ? -1 : 1;
	for (size_t i = 0; i < tree->n; i++)
		if (!tree->leaves[i].negated)
			find_leaf(&f, m, tree->leaves[i].q);
	out->list = f.list;
	out->n = f.n;
	return 1;
}

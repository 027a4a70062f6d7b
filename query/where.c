#include "where.h"

const char *where_name(enum where_text text)
{
	static const char *const names[] = {
		[WHERE_SUBJECT] = "subject", [WHERE_FROM] = "from", [WHERE_TO] = "to",
		[WHERE_CC] = "cc", [WHERE_BCC] = "bcc", [WHERE_BODY] = "body",
		[WHERE_ATTACHMENT] = "attachment", [WHERE_FILENAME] = "filename",
	};
	return names[text];
}

struct finding {
	struct mtext *t;
	struct arena *a;
	struct where_place *list;
	size_t n;
};

static void add(struct finding *f, enum where_text text, size_t part)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->list[i].text == text && f->list[i].part == part)
			return;
	f->list = arena_grow(f->a, f->list, f->n, sizeof *f->list);
	f->list[f->n++] = (struct where_place){text, part};
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

static void find_words(struct finding *f, struct str field, const struct mtext_words *w)
{
	const struct record *r = &f->t->record;
	for (size_t i = 0; i < r->n_texts; i++)
		if (mtext_words_at(f->t, MTEXT_FIELD, i, field, w))
			add_field(f, r->texts[i].key);
	for (size_t i = 0; i < r->n_parts; i++) {
		if (mtext_words_at(f->t, MTEXT_SEEN, i, field, w))
			add(f, r->parts[i].attachment ? WHERE_ATTACHMENT : WHERE_BODY,
			    r->parts[i].attachment ? i : 0);
		if (mtext_words_at(f->t, MTEXT_INSIDE, i, field, w))
			add(f, WHERE_ATTACHMENT, i);
		if (mtext_words_at(f->t, MTEXT_NAME, i, field, w))
			add(f, WHERE_FILENAME, i);
	}
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

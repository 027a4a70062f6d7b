/* mtext: the texts of one message as the matcher reads them, mapped once each.
 *
 * What: loads the record and the header lines from the index, or reads and parses the message
 *   itself, only when asked; keeps the mapped texts, so that several leaves map a text once.
 * Source: docs/search.md, "Text".
 * Shape: one mtext for a query, begun anew for each message.
 * Limits: texts above MTEXT_MAX_CACHED bytes are not kept mapped but mapped in windows.
 * Memory: everything lives until the next mtext_begin. Of messages above LARGE_BYTES only one is
 *   parsed at a time in the whole process (large.h).
 */
#ifndef MTEXT_H
#define MTEXT_H

#include "archive.h"
#include "halt.h"
#include "inside.h"
#include "iseg.h"
#include "mail.h"
#include "record.h"
#include "stem.h"

#define MTEXT_MAX_CACHED ((size_t)1 << 20)

struct mtext {
	struct archive *ar; /* NULL: the caller gives msg and raw itself */
	struct halt *halt;  /* NULL: never. When it is set, a "no" means nothing */
	struct iseg *seg;   /* NULL: no index */
	struct inside *inside; /* NULL: attachments are not looked into */
	uint64_t number;
	struct arena a;
	struct buf raw_buf;
	struct str raw;
	struct archive_msg msg;
	struct record record;
	struct headtext lines;
	struct mail mail;
	bool has_msg, has_record, has_lines, has_mail, tried;
	bool has_inside; /* the record says what stands in attachments */
	bool unreadable; /* killed its index worker, and a child again (trial.h) */
	bool headers_only; /* mail has headers; the texts are in the record, or not needed */
	bool bare; /* for the caller to set: only headers are needed, no texts */
	bool large; /* holds the place of the one large message */
	/* Mapped, by place in the record; p NULL: not yet. */
	struct str *texts, *bodies, *seen, *names, *insides;
	struct str *wholes;                /* by place in the mail */
};

/* Empty, over an archive (borrowed; NULL: only mtext_begin_raw may be used). */
void mtext_init(struct mtext *t, struct archive *ar);
/* Gives its memory back. */
void mtext_free(struct mtext *t);
/* The next message. seg is the index segment that holds it, or NULL. */
void mtext_begin(struct mtext *t, uint64_t number, struct iseg *seg);
/* The same for bytes at hand: `raw` is borrowed until the next begin. For tests and tools. */
void mtext_begin_raw(struct mtext *t, const struct archive_msg *msg, struct str raw);
/* Finds the message in the archive (t->msg). 1 or -1. */
int mtext_find(struct mtext *t, struct err *err);
/* Loads the record of the index (t->record). 1; 0: there is none that holds the texts. */
int mtext_load(struct mtext *t, struct err *err);
/* Loads the header lines of the index (t->lines). 1; 0: there are none that tell all. */
int mtext_load_lines(struct mtext *t, struct err *err);
/* Reads and parses the message (t->mail), and makes t->record when there is none; else t->mail has
 * no texts. 1; 0: it must not be parsed (t->unreadable); -1. */
int mtext_parse(struct mtext *t, struct err *err);

/* Looks into the attachments, unless the record tells of them (t->has_inside). 1 or -1. */
int mtext_look_inside(struct mtext *t, struct err *err);

/* With a record: does the mapped needle stand in a text of that key, in a body? */
bool mtext_in_key(struct mtext *t, enum mail_key key, struct str needle);
bool mtext_in_body(struct mtext *t, struct str needle);
/* With a record: do the words stand one after the other, with nothing but other characters
 * between, in that field (see QNODE_WORD)? Attachments count as far as the record tells of them.
 * plain[i]: word i has no marks, and marks
 * in the text do not count. */
struct mtext_words {
	const struct str *words;
	const bool *plain;
	size_t n;
	struct stem *stemmer; /* NULL: words as they are; else one stem, and */
	struct str prefix;    /* what tokens of that stem begin with (stem.h) */
	const struct qnode *wild; /* a leaf that is not told by words alone (wild.h), or NULL */
};
bool mtext_has_words(struct mtext *t, struct str field, const struct mtext_words *w);
/* The same of one text alone, where it belongs to the field: of the record's i-th text, or of its
 * i-th part what a reader sees, its file name, what stands inside it. */
enum mtext_place { MTEXT_FIELD, MTEXT_SEEN, MTEXT_NAME, MTEXT_INSIDE };
bool mtext_words_at(struct mtext *t, enum mtext_place place, size_t i, struct str field,
		    const struct mtext_words *w);
/* The same of a mapped text at hand. */
bool mtext_words_in(struct str mapped, const struct mtext_words *w);
/* May attachments hold what is looked for in that field? */
bool mtext_wants_inside(struct str field);
/* With a record: is there such an attachment (partkind.h)? */
bool mtext_has_kind(const struct mtext *t, struct str kind);
/* How often the stem stands there. */
size_t mtext_count_stem(struct mtext *t, struct str field, const struct mtext_words *w);
/* Which of the five fields that have texts of their own a field name is (in any case of ASCII
 * letters), or -1. */
int mtext_key_of(struct str name);
/* With a mail: does it stand in the header and body of any part, in a field of that name? */
bool mtext_in_whole(struct mtext *t, struct str needle);
bool mtext_in_header(struct mtext *t, struct str name, struct str needle);
/* With a record: its i-th text, and what a reader sees of its i-th part, mapped when first asked
 * for. */
struct str mtext_text(struct mtext *t, size_t i);
struct str mtext_seen(struct mtext *t, size_t i);
/* A part's text as a reader sees it (HTML as text), not mapped. */
struct str mtext_visible(struct arena *a, const struct record_part *p);

#endif

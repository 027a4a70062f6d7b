#include "hitlist.h"

#include "present.h"
#include "tagging.h"
#include "term.h"

#include <stdio.h>

enum { ID = 12, FROM = 20, BOX = 16, DATE = 16, LEAST = 20 };

void hitlist_begin(struct hitlist *l, enum hitlist_format format, struct qdb *db)
{
	*l = (struct hitlist){.format = format, .db = db, .columns = term_columns()};
	shape_mailboxes(&l->boxes, query_db_archive(db), &l->arena);
	l->boxes.db = db;
	if (format == HITLIST_JSON)
		l->messages = json_array();
}

void hitlist_end(struct hitlist *l)
{
	json_decref(l->messages);
	l->messages = NULL;
	arena_free(&l->arena);
}

/* "2020-03-05 23:30", as the sender wrote it, else the day it arrived. */
static struct str date(struct arena *a, const struct record *r)
{
	struct str s = r->date.usable ? present_time(a, r->date.epoch, r->date.zone)
				      : present_time(a, r->sort_date, 0);
	if (s.n < DATE)
		return STR("");
	struct str day = str_cut(s, 0, 10), clock = str_cut(s, 11, DATE);
	return arena_fmt(a, "%.*s %.*s", STR_ARG(day), STR_ARG(clock));
}

static struct str sender(const struct record *r)
{
	if (r->n_from == 0)
		return STR("");
	return str_trim(r->from[0].name).n ? r->from[0].name : r->from[0].email;
}

/* "account/mailbox" of the first copy, "+2" when there are more. */
static int place(struct hitlist *l, struct arena *a, const struct query_hit *h, struct str *out,
		 struct err *err)
{
	const struct archive_epoch *e;
	*out = STR("");
	if (h->n_copies == 0)
		return 1;
	int r = shape_epoch(&l->boxes, h->copies[0].epoch, &e, err);
	if (r <= 0)
		return r < 0 ? -1 : err_set(err, ERR_BROKEN, "copy in an unknown mailbox");
	*out = arena_fmt(a, "%.*s/%.*s", STR_ARG(e->account), STR_ARG(e->mailbox));
	if (h->n_copies > 1)
		*out = arena_fmt(a, "%.*s +%zu", STR_ARG(*out), h->n_copies - 1);
	return 1;
}

static int text(struct hitlist *l, struct arena *a, const struct query_hit *h, const char *id,
		struct err *err)
{
	struct str box;
	unsigned fixed = DATE + 2 + FROM + 2 + 2 + ID + 2 + BOX;
	unsigned room = l->columns > fixed + LEAST ? l->columns - fixed : LEAST;
	if (place(l, a, h, &box, err) < 0)
		return -1;
	struct str when = term_fit(a, date(a, &h->record), DATE);
	struct str from = term_fit(a, sender(&h->record), FROM);
	/* Without a terminal nobody is helped by cutting; the columns stay aligned up to here. */
	struct str subject = term_fit(a, h->record.subject, l->columns ? room : 0);
	struct str mailbox = str_trim(term_fit(a, box, l->columns ? BOX : 0));
	if (l->columns)
		printf("%.*s  %.*s  %.*s  %.*s  %.*s\n", STR_ARG(when), STR_ARG(from),
		       STR_ARG(subject), ID, id, STR_ARG(mailbox));
	else
		printf("%.*s  %.*s  %.*s  %.*s  %.*s\n", STR_ARG(when), STR_ARG(from), ID, id,
		       STR_ARG(mailbox), STR_ARG(subject));
	return 1;
}

static int json(struct hitlist *l, struct arena *a, const struct query_hit *h, struct err *err)
{
	json_t *o = shape_hit(a, &l->boxes, h, err);
	if (o == NULL)
		return -1;
	tagging_add(a, o, l->db, h->msg.hash);
	if (l->format == HITLIST_JSON) {
		json_array_append_new(l->messages, o);
		return 1;
	}
	json_dumpf(o, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(o);
	return 1;
}

int hitlist_add(struct hitlist *l, struct arena *a, const struct query_hit *h, struct err *err)
{
	char id[HASH_HEX + 1];
	int r = 1;
	hash_hex(h->msg.hash, HASH_BYTES, id);
	if (l->format == HITLIST_IDS)
		puts(id);
	else if (l->format == HITLIST_TEXT)
		r = text(l, a, h, id, err);
	else
		r = json(l, a, h, err);
	return r < 0 ? -1 : !ferror(stdout);
}

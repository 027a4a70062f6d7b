#define _GNU_SOURCE
#include "service.h"

#include "faring.h"
#include "frame.h"
#include "keeper.h"
#include "listing.h"
#include "log.h"
#include "notes.h"
#include "params.h"
#include "present.h"
#include "readiness.h"
#include "standing.h"
#include "words.h"
#include "wordsharvest.h"

static int read_standing(struct call *c, struct standing *out, struct err *err)
{
	struct archive *ar;
	struct qdb *db;
	int r = call_archive(c, &ar, &db, err);
	r = r < 0 ? -1 : standing_read(ar, db, out, err);
	if (r == 0)
		log_line(LOG_ERROR, "%s", err->text);
	return r < 0 ? -1 : 1;
}

/* The accounts are whoever's who manages them, their mailboxes are not. */
static void add_accounts(json_t *o)
{
	json_t *fared = listing_fared(), *list = json_object_get(fared, "accounts");
	for (size_t i = 0; i < json_array_size(list); i++)
		json_object_del(json_array_get(list, i), "mailbox");
	json_object_update(o, fared);
	json_decref(fared);
}

int service_api(struct call *c, struct http_response *resp, struct err *err)
{
	static const char *const names[] = {NULL};
	/* What is known by looking into each mailbox's ledger. */
	static const char *const left_out[] = {"stored", "duplicates", "vanished", "next_try"};
	const struct ledger_sums none = {0};
	struct standing st;
	json_t *reasons = json_array();
	if (params_only(c, names, err) < 0 || read_standing(c, &st, err) < 0) {
		json_decref(reasons);
		return -1;
	}
	json_t *o = standing_json(&st, &none, STR(STANDING_ERROR));
	for (size_t i = 0; i < sizeof left_out / sizeof *left_out; i++)
		json_object_del(o, left_out[i]);
	add_accounts(o);
	readiness_look(c, reasons);
	json_object_set_new(o, "ready", json_boolean(json_array_size(reasons) == 0));
	json_object_set_new(o, "reasons", reasons);
	json_object_set_new(o, "harvest", listing_kept(KEEPER_HARVEST));
	json_object_set_new(o, "exports", listing_kept(KEEPER_EXPORTS));
	json_object_set_new(o, "keeper", listing_kept(KEEPER_ITSELF));
	json_object_set_new(o, "request_id", shape_text(c->arena, c->req->id));
	frame_json(resp, o);
	return 1;
}

/* ---- the page ---- */

static void readiness(struct markup *m, struct call *c)
{
	json_t *reasons = json_array();
	readiness_look(c, reasons);
	for (size_t i = 0; i < json_array_size(reasons); i++) {
		MARKUP(m, "<div class=\"note\" role=\"status\"><p>");
		markup_text(m, str_of(json_string_value(json_array_get(reasons, i))));
		MARKUP(m, "</p></div>");
	}
	if (json_array_size(reasons) == 0)
		MARKUP(m, "<p>" WORDS_READY "</p>");
	json_decref(reasons);
}

static void amounts(struct markup *m, const struct standing *st)
{
	MARKUP(m, "<p>");
	notes_count(m, st->totals.messages, WORDS_ONE_MESSAGE, WORDS_MANY_MESSAGES);
	MARKUP(m, ", ");
	markup_text(m, present_size(m->arena, st->totals.bytes));
	MARKUP(m, "</p>");
	if (!st->blind && st->indexed == st->stored)
		MARKUP(m, "<p>" WORDS_INDEXED_ALL "</p>");
	if (st->blind || st->indexed >= st->stored)
		return;
	MARKUP(m, "<div class=\"note\" role=\"status\"><p>" WORDS_BEHIND);
	notes_count(m, st->stored - st->indexed, WORDS_BEHIND_ONE, WORDS_BEHIND_MANY);
	MARKUP(m, "</p></div>");
}

int service_page(struct call *c, struct http_response *resp, struct err *err)
{
	struct markup m = {&resp->body, c->arena};
	struct standing st;
	if (read_standing(c, &st, err) < 0)
		return -1;
	frame_open(&m, c, resp, STR(WORDS_SERVICE), NULL);
	MARKUP(&m, "<main id=\"main\" class=\"narrow\"><h1>" WORDS_SERVICE "</h1>");
	readiness(&m, c);
	amounts(&m, &st);
	faring_write(&m, c, true);
	MARKUP(&m, "</main>");
	frame_close(&m);
	return 1;
}

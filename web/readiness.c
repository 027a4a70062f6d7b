#include "readiness.h"

#include "auditing.h"
#include "frame.h"
#include "inside.h"
#include "keeper.h"
#include "log.h"
#include "noindex.h"
#include "standing.h"

static void add(json_t *list, const char *reason)
{
	json_array_append_new(list, json_string(reason));
}

/* The index. 1; 0 it cannot be read, and *err says why; -1. */
static int look_into_index(struct qdb *db, json_t *o, json_t *reasons, struct err *err)
{
	uint64_t indexed, stored, not_fully;
	if (query_db_reach(db, &indexed, &stored, err) < 0)
		return -1;
	if (query_not_fully(db, &not_fully, err) < 0)
		return 0;
	if (noindex_is())
		; /* by the operator's wish: all is found, only slowly */
	else if (stored > indexed && indexed == 0 && stored > QUERY_MAX_TAIL)
		add(reasons, "there is no index (sheaf index)");
	else if (stored - indexed > QUERY_MAX_TAIL)
		add(reasons, "the index is so far behind that searches leave out the newest mail");
	json_object_set_new(o, "indexed_to", json_integer((json_int_t)indexed));
	json_object_set_new(o, "stored_to", json_integer((json_int_t)stored));
	json_object_set_new(o, "not_fully_searchable", json_integer((json_int_t)not_fully));
	return 1;
}

/* The archive and its index; numbers only for who may read. */
static void look(struct call *c, json_t *o, json_t *reasons)
{
	struct archive *ar;
	struct qdb *db;
	struct people *people;
	struct err err = {0};
	int r = call_archive(c, &ar, &db, &err);
	bool by_archive = r == 0;
	if (r > 0)
		r = look_into_index(db, o, reasons, &err);
	if (r < 0)
		add(reasons, "the archive cannot be read: the server's log says why");
	else if (r == 0)
		add(reasons, STANDING_ERROR);
	if (r < 0 || (r == 0 && !by_archive))
		log_line(LOG_ERROR, "not ready: %s", err.text);
	if (r <= 0 || !person_may(c->who, PERSON_READ) || !c->who->all_accounts)
		json_object_clear(o);
	if (r > 0 && call_people(&people, &err) < 0) {
		log_line(LOG_ERROR, "not ready: %s", err.text);
		add(reasons, "people.db cannot be read");
	}
	if (r <= 0)
		call_drop_db();
}

/* What this server keeps running. */
static void keepers(json_t *reasons)
{
	if (keeper_lost()) {
		add(reasons, "nobody keeps the exports and the harvest running: start the server"
			     " anew");
		return;
	}
	if (keeper_ails(KEEPER_ITSELF))
		add(reasons, "what keeps the exports and the harvest running ends again and again");
	if (keeper_ails(KEEPER_HARVEST))
		add(reasons, "the harvest ends again and again");
	if (keeper_ails(KEEPER_EXPORTS))
		add(reasons, "what makes the exports ends again and again");
}

static void all_reasons(struct call *c, json_t *o, json_t *reasons)
{
	look(c, o, reasons);
	auditing_try();
	if (!auditing_works())
		add(reasons, "the audit log cannot be written");
	keepers(reasons);
	if (!inside_sound())
		add(reasons, "what starts readers of documents was killed: start the server anew");
}

void readiness_look(struct call *c, json_t *reasons)
{
	json_t *o = json_object();
	all_reasons(c, o, reasons);
	json_decref(o);
}

int readiness_get(struct call *c, struct http_response *resp, struct err *err)
{
	json_t *o = json_object(), *reasons = json_array();
	(void)err;
	all_reasons(c, o, reasons);
	bool ready = json_array_size(reasons) == 0;
	json_object_set_new(o, "status", json_string(ready ? "ready" : "not ready"));
	json_object_set_new(o, "reasons", reasons);
	resp->status = ready ? 200 : 503;
	frame_json(resp, o);
	return 1;
}

#include "readiness.h"

#include "auditing.h"
#include "frame.h"
#include "inside.h"
#include "keeper.h"
#include "log.h"
#include "noindex.h"

static void add(json_t *list, const char *reason)
{
	json_array_append_new(list, json_string(reason));
}

/* The archive and its index; numbers only for who may read. */
static int look(struct call *c, json_t *o, json_t *reasons, struct err *err)
{
	struct qdb *db;
	uint64_t indexed, stored, not_fully;
	if (call_db(c, &db, err) < 0 || query_db_reach(db, &indexed, &stored, err) < 0 ||
	    query_not_fully(db, &not_fully, err) < 0)
		return -1;
	if (noindex_is())
		; /* by the operator's wish: all is found, only slowly */
	else if (stored > indexed && indexed == 0 && stored > QUERY_MAX_TAIL)
		add(reasons, "there is no index (sheaf index)");
	else if (stored - indexed > QUERY_MAX_TAIL)
		add(reasons, "the index is so far behind that searches leave out the newest mail");
	if (!person_may(c->who, PERSON_READ) || !c->who->all_accounts)
		return 1;
	json_object_set_new(o, "indexed_to", json_integer((json_int_t)indexed));
	json_object_set_new(o, "stored_to", json_integer((json_int_t)stored));
	json_object_set_new(o, "not_fully_searchable", json_integer((json_int_t)not_fully));
	return 1;
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

int readiness_get(struct call *c, struct http_response *resp, struct err *err)
{
	struct people *people;
	json_t *o = json_object(), *reasons = json_array();
	if (look(c, o, reasons, err) < 0) {
		log_line(LOG_ERROR, "not ready: %s", err->text);
		add(reasons, "the archive or its index cannot be read: the server's log says why");
		call_drop_db();
	} else if (call_people(&people, err) < 0) {
		log_line(LOG_ERROR, "not ready: %s", err->text);
		add(reasons, "people.db cannot be read");
	}
	auditing_try();
	if (!auditing_works())
		add(reasons, "the audit log cannot be written");
	keepers(reasons);
	if (!inside_sound())
		add(reasons, "what starts readers of documents was killed: start the server anew");
	bool ready = json_array_size(reasons) == 0;
	json_object_set_new(o, "status", json_string(ready ? "ready" : "not ready"));
	json_object_set_new(o, "reasons", reasons);
	resp->status = ready ? 200 : 503;
	frame_json(resp, o);
	return 1;
}

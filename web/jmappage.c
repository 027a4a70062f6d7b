#include "jmappage.h"

int jmappage_flag(struct jmap *j, json_t *args, const char *name, bool *out)
{
	json_t *v = json_object_get(args, name);
	*out = json_is_true(v);
	if (v == NULL || json_is_null(v) || json_is_boolean(v))
		return 1;
	jmapbase_fail(j, "invalidArguments", name);
	return 0;
}

int jmappage_read(struct jmap *j, json_t *args, uint64_t most, struct jmappage *out)
{
	json_t *anchor = json_object_get(args, "anchor");
	int64_t limit;
	*out = (struct jmappage){.anchor = jmapbase_text(anchor)};
	if (!jmapbase_number(j, args, "position", 0, &out->position) ||
	    !jmapbase_number(j, args, "anchorOffset", 0, &out->offset) ||
	    !jmapbase_number(j, args, "limit", INT64_MAX, &limit) ||
	    !jmappage_flag(j, args, "calculateTotal", &out->total))
		return 0;
	if (limit < 0 || (anchor && !json_is_null(anchor) && !json_is_string(anchor))) {
		jmapbase_fail(j, "invalidArguments", limit < 0 ? "limit" : "anchor");
		return 0;
	}
	if (json_is_string(anchor) && out->anchor.n == 0) {
		jmapbase_fail(j, "anchorNotFound", NULL);
		return 0;
	}
	out->capped = (uint64_t)limit > most;
	out->most = out->capped ? most : (uint64_t)limit;
	return 1;
}

int jmappage_start(struct jmap *j, struct jmappage *p, uint64_t at, uint64_t n)
{
	const int64_t far = INT64_MAX / 4;
	if (p->anchor.n && at >= n) {
		jmapbase_fail(j, "anchorNotFound", NULL);
		return 0;
	}
	int64_t by = p->anchor.n ? p->offset : p->position;
	by = by < -far ? -far : by > far ? far : by;
	int64_t from = p->anchor.n ? (int64_t)at : by < 0 ? (int64_t)n : 0;
	p->position = from + by > 0 ? from + by : 0;
	return 1;
}

json_t *jmappage_answer(struct jmap *j, const struct jmappage *p, struct str account,
			struct str state, json_t *ids, uint64_t n)
{
	char id[JMAPBASE_ID];
	jmapbase_account_id(j, account, id);
	json_t *o = json_pack("{s:s,s:o,s:b,s:I,s:o}", "accountId", id, "queryState",
			      shape_text(j->a, state), "canCalculateChanges", 0, "position",
			      (json_int_t)p->position, "ids", ids);
	if (p->total)
		json_object_set_new(o, "total", json_integer((json_int_t)n));
	if (p->capped)
		json_object_set_new(o, "limit", json_integer((json_int_t)p->most));
	return o;
}

/* What the session says there is. */
static bool is_collation(struct str s)
{
	return str_eq(s, STR("i;ascii-casemap")) || str_eq(s, STR("i;unicode-casemap"));
}

int jmappage_comparator(struct jmap *j, json_t *o, bool *down)
{
	json_t *up = json_object_get(o, "isAscending"), *by = json_object_get(o, "collation");
	*down = json_is_false(up);
	if (!json_is_object(o) || (up && !json_is_null(up) && !json_is_boolean(up)) ||
	    (by && !json_is_null(by) && !json_is_string(by)))
		jmapbase_fail(j, "invalidArguments", "sort");
	else if (json_is_string(by) && !is_collation(jmapbase_text(by)))
		jmapbase_fail(j, "unsupportedSort", "collation");
	else
		return 1;
	return 0;
}

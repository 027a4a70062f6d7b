#include "selected.h"

/* "(F2212ea87-6097-4256-9d51-71338625)"; a server was seen to send bytes of anything. */
static void keep_id(struct selected *m, struct str id)
{
	if (id.n > 2 && id.n <= sizeof m->mailboxid && id.p[0] == '(' && id.p[id.n - 1] == ')' &&
	    str_utf8(id)) {
		memcpy(m->mailboxid, id.p + 1, id.n - 2);
		m->mailboxid[id.n - 2] = '\0';
	}
}

static void on_response(struct selected *m, const struct imapparse_resp *r)
{
	uint64_t modseq;
	if (r->kind == IMAPPARSE_DATA && r->numbered && str_ieq(r->name, STR("EXISTS")))
		m->exists = r->number;
	else if (str_ieq(r->code, STR("UIDVALIDITY")))
		str_u32(r->code_args, &m->uidvalidity);
	else if (str_ieq(r->code, STR("UIDNEXT")))
		str_u32(r->code_args, &m->uidnext);
	else if (str_ieq(r->code, STR("HIGHESTMODSEQ")) && str_u64(r->code_args, &modseq))
		m->modseq = modseq;
	else if (str_ieq(r->code, STR("NOMODSEQ")))
		m->modseq = 0;
	else if (str_ieq(r->code, STR("MAILBOXID")))
		keep_id(m, r->code_args);
}

int selected_examine(struct session *s, struct str raw, struct selected *out, struct err *err)
{
	struct session_event ev;
	unsigned tag;
	*out = (struct selected){0};
	int r = session_send_strings(s, "EXAMINE", &raw, 1, &tag, err);
	if (r < 1)
		return r;
	do {
		if (session_next(s, &ev, err) < 0)
			return -1;
		if (ev.kind == SESSION_RESP)
			on_response(out, &ev.resp);
	} while (ev.kind != SESSION_RESP || ev.tag != tag);
	if (ev.resp.status != IMAPPARSE_OK) {
		session_refused(&ev.resp, ERR_NET, "EXAMINE refused", err);
		return 0;
	}
	if (out->uidvalidity == 0) {
		err_set(err, ERR_NET, "the server gives no UIDVALIDITY");
		return 0;
	}
	return 1;
}

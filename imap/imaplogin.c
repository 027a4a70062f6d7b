#include "imaplogin.h"

#include "login.h"

#define MAX_LINE 1900 /* of an initial response in the command */

struct imaplogin {
	struct session *s;
	unsigned tag;
	struct session_event ev;
};

static bool offers(void *arg, enum mech_id id)
{
	const struct imaplogin *x = arg;
	if (id == MECH_COMMAND)
		return !session_can(x->s, "LOGINDISABLED");
	return session_can(x->s, mech_table[id].capability);
}

static bool begin(void *arg, const struct mech *m, struct str first)
{
	struct imaplogin *x = arg;
	bool along = first.n && first.n < MAX_LINE && session_can(x->s, "SASL-IR");
	session_stale(x->s); /* the server may offer other things to whom it knows */
	if (along)
		x->tag = session_send(x->s, "AUTHENTICATE %s %.*s", m->name, STR_ARG(first));
	else
		x->tag = session_send(x->s, "AUTHENTICATE %s", m->name);
	return along;
}

static void say(void *arg, struct str text)
{
	struct imaplogin *x = arg;
	session_send_raw(x->s, text);
	session_send_raw(x->s, STR("\r\n"));
}

/* The tagged answer. */
static int judge(const struct imapparse_resp *r, enum login_answer *what, struct err *err)
{
	static const struct str later[] = {STR("UNAVAILABLE"), STR("INUSE"), STR("LIMIT"),
					   STR("SERVERBUG")};
	*what = r->status == IMAPPARSE_OK ? LOGIN_TAKEN : LOGIN_REFUSED;
	if (r->status == IMAPPARSE_OK)
		return 1;
	for (size_t i = 0; i < sizeof later / sizeof *later; i++)
		if (str_ieq(r->code, later[i]))
			return session_refused(r, ERR_LATER, "login refused", err);
	session_refused(r, ERR_DENIED, "login refused", err);
	return 1;
}

static int next(void *arg, enum login_answer *what, struct str *text, struct err *err)
{
	struct imaplogin *x = arg;
	for (;;) {
		if (session_next(x->s, &x->ev, err) < 0)
			return -1;
		if (x->ev.kind != SESSION_RESP)
			continue;
		if (x->ev.tag == x->tag)
			return judge(&x->ev.resp, what, err);
		if (x->ev.resp.kind == IMAPPARSE_CONTINUE) {
			*what = LOGIN_ASKED;
			*text = x->ev.resp.text;
			return 1;
		}
	}
}

static int command(void *arg, struct str user, struct str password, struct err *err)
{
	struct imaplogin *x = arg;
	struct str args[] = {user, password}, text;
	enum login_answer what;
	session_stale(x->s);
	int r = session_send_strings(x->s, "LOGIN", args, 2, &x->tag, err);
	if (r < 1) {
		err->kind = r == 0 ? ERR_DENIED : err->kind;
		return -1;
	}
	do {
		if (next(x, &what, &text, err) < 0)
			return -1;
		if (what == LOGIN_ASKED)
			say(x, STR("*")); /* LOGIN asks nothing */
	} while (what == LOGIN_ASKED);
	return what == LOGIN_TAKEN;
}

int imaplogin_run(struct session *s, const struct harvest_account *ac, struct credential *cred,
		  struct err *err)
{
	struct imaplogin x = {.s = s};
	const struct login_wire wire = {
		.arg = &x, .conn = session_conn(s), .offers = offers, .begin = begin, .say = say,
		.next = next, .command = command,
		.wants_tls = session_can(s, "LOGINDISABLED") && session_can(s, "STARTTLS"),
	};
	return login_run(&wire, ac, cred, err);
}

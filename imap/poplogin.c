#include "poplogin.h"

#include "login.h"

#define MAX_LINE 255 /* RFC 2449 4: of a command */

static bool offers(void *arg, enum mech_id id)
{
	const struct popsession *s = arg;
	struct str names, name;
	if (id == MECH_COMMAND)
		return !popsession_told(s) || popsession_can(s, "USER", NULL);
	if (!popsession_can(s, "SASL", &names))
		return false;
	while (str_split(&names, ' ', &name))
		if (str_ieq(name, str_of(mech_table[id].name)))
			return true;
	return false;
}

static bool begin(void *arg, const struct mech *m, struct str first)
{
	struct popsession *s = arg;
	bool along = first.n && 5 + strlen(m->name) + 1 + first.n + 2 <= MAX_LINE;
	if (along)
		popsession_send(s, "AUTH %s %.*s", m->name, STR_ARG(first));
	else
		popsession_send(s, "AUTH %s", m->name);
	return along;
}

static void say(void *arg, struct str text)
{
	struct popsession *s = arg;
	popsession_send_raw(s, text);
	popsession_send_raw(s, STR("\r\n"));
}

static int next(void *arg, enum login_answer *what, struct str *text, struct err *err)
{
	struct popparse_status st;
	if (popsession_status(arg, &st, err) < 0)
		return -1;
	*what = st.kind == POPPARSE_OK ? LOGIN_TAKEN : LOGIN_REFUSED;
	if (st.kind == POPPARSE_ASKS) {
		*what = LOGIN_ASKED;
		*text = st.text;
	} else if (st.kind == POPPARSE_ERR) {
		popsession_refused(&st, ERR_DENIED, "login refused", err);
		return err->kind == ERR_LATER ? -1 : 1;
	}
	return 1;
}

/* A word of USER or PASS. 1; 0 refused; -1. */
static int word(struct popsession *s, const char *verb, struct str text, struct err *err)
{
	enum login_answer what;
	struct str ignored;
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] == '\r' || text.p[i] == '\n' || text.p[i] == '\0')
			return err_set(err, ERR_DENIED, "a user name or password with a line end "
							"or NUL");
	if (text.n > 1000)
		return err_set(err, ERR_DENIED, "a user name or password is too long");
	popsession_send(s, "%s %.*s", verb, STR_ARG(text));
	if (next(s, &what, &ignored, err) < 0)
		return -1;
	if (what == LOGIN_ASKED)
		return err_set(err, ERR_INPUT, "the server's login makes no sense");
	return what == LOGIN_TAKEN;
}

static int command(void *arg, struct str user, struct str password, struct err *err)
{
	int r = word(arg, "USER", user, err);
	return r == 1 ? word(arg, "PASS", password, err) : r;
}

int poplogin_run(struct popsession *s, const struct harvest_account *ac, struct credential *cred,
		 struct err *err)
{
	const struct login_wire wire = {
		.arg = s, .conn = popsession_conn(s), .offers = offers, .begin = begin,
		.say = say, .next = next, .command = command,
		.wants_tls = !popsession_can(s, "USER", NULL) && popsession_can(s, "STLS", NULL),
	};
	return login_run(&wire, ac, cred, err);
}

#include "idle.h"

#include "log.h"
#include "proc.h"

#include <poll.h>

#define SLICE_MS 500

static bool over(uint64_t until)
{
	return proc_stopped() || log_now_ms() >= until;
}

/* How long to wait before the stop flag is looked at again. */
static unsigned slice(uint64_t until)
{
	uint64_t now = log_now_ms();
	uint64_t left = until > now ? until - now : 0;
	return left < SLICE_MS ? (unsigned)left : SLICE_MS;
}

void idle_sleep(uint64_t until)
{
	while (!over(until))
		poll(NULL, 0, (int)slice(until));
}

int idle_notify(struct session *s, struct err *err)
{
	if (!session_can(s, "NOTIFY"))
		return 1;
	unsigned tag = session_send(s, "NOTIFY SET (selected-delayed (MessageNew MessageExpunge "
				       "FlagChange)) (personal (MessageNew MessageExpunge))");
	return session_finish(s, tag, err) < 0 ? -1 : 1;
}

/* "* OK Still here" and the like tell nothing. */
static int tells(const struct imapparse_resp *r)
{
	static const struct str word[] = {STR("EXISTS"), STR("EXPUNGE"), STR("VANISHED"),
					  STR("FETCH"), STR("UIDFETCH")};
	for (size_t i = 0; r->kind == IMAPPARSE_DATA && i < sizeof word / sizeof *word; i++)
		if (str_ieq(r->name, word[i]))
			return IDLE_HERE;
	bool status = r->kind == IMAPPARSE_DATA && str_ieq(r->name, STR("STATUS"));
	return status ? IDLE_ELSEWHERE : 0;
}

/* One IDLE, from its beginning to its end. As idle_wait. */
static int once(struct session *s, uint64_t until, bool *refused, struct err *err)
{
	struct session_event ev;
	bool begun = false, done = false;
	int told = 0;
	unsigned tag = session_send(s, "IDLE");
	for (;;) {
		if (begun && !done && (told || over(until))) {
			session_send_raw(s, STR("DONE\r\n"));
			done = true;
		}
		int r = begun && !done ? session_wait(s, slice(until), err) : 1;
		if (r == 1)
			r = session_next(s, &ev, err) < 0 ? -1 : 1;
		if (r < 0)
			return -1;
		if (r == 0 || ev.kind != SESSION_RESP)
			continue;
		if (ev.tag == tag)
			break;
		begun |= ev.resp.kind == IMAPPARSE_CONTINUE;
		told |= tells(&ev.resp);
	}
	*refused = ev.resp.status != IMAPPARSE_OK;
	return told;
}

int idle_wait(struct session *s, uint64_t until, bool *refused, struct err *err)
{
	int r = 0;
	*refused = false;
	while (r == 0 && !*refused && !over(until)) {
		uint64_t most = log_now_ms() + session_profile(s)->idle * 1000ull;
		r = once(s, most < until ? most : until, refused, err);
	}
	return r;
}

#include "t.h"

#include "accountstate.h"
#include "file.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static char dir[] = "/tmp/sheaf-accountstate-XXXXXX";

static void there_and_back(void)
{
	struct accountstate s = {.watcher = getpid()}, back;
	struct err err;
	char long_text[600];
	memset(long_text, 'x', sizeof long_text - 1);
	long_text[sizeof long_text - 1] = '\0';
	accountstate_good(accountstate_at(&s, STR("alice")), "");
	accountstate_at(&s, STR("alice"))->phase = ACCOUNTSTATE_WATCHING;
	accountstate_bad(accountstate_at(&s, STR("b\xff")), long_text, 60);
	accountstate_bad(accountstate_at(&s, STR("b\xff")), "bad \xfe", 60);
	accountstate_progress(accountstate_at(&s, STR("alice")), 7, 12, STR("Work/\xff"));
	T(s.n == 2);
	T(accountstate_save(dir, &s, &err) == 1);
	T(accountstate_load(dir, &back, &err) == 1);
	T(back.n == 2);
	T(accountstate_watched(&back) == 1);
	T(back.list[0].phase == ACCOUNTSTATE_WATCHING);
	T(back.list[0].last_success == s.list[0].last_success);
	T(back.list[0].fetched == 7 && back.list[0].left == 12);
	T_STR(str_of(back.list[0].mailbox), STR("Work/?"));
	T(back.list[1].failures == 2);
	T(back.list[1].next_try == s.list[1].next_try);
	T_STR(str_of(back.list[1].error), STR("bad ?"));
	T_STR(back.list[1].name, STR("b?"));
	accountstate_good(accountstate_at(&back, STR("b?")), "1 mailboxes failed");
	T(back.list[1].failures == 0);
	T(back.list[1].next_try == 0);
	accountstate_free(&s);
	accountstate_free(&back);
}

static void nonsense(void)
{
	static const char *const texts[] = {
		"", "{", "[]", "{\"accounts\": 3}", "{\"accounts\": [3, {}, {\"account\": 4}]}",
	};
	struct accountstate s;
	struct err err;
	char path[200];
	snprintf(path, sizeof path, "%s/accounts.json", dir);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		T(file_replace(path, str_of(texts[i]), &err) == 1);
		T(accountstate_load(dir, &s, &err) >= 0);
		T(s.n == 0);
		T(accountstate_watched(&s) == 0);
		accountstate_free(&s);
	}
	unlink(path);
	T(accountstate_load(dir, &s, &err) == 0);
	accountstate_free(&s);
}

int main(void)
{
	if (mkdtemp(dir) == NULL)
		return 1;
	there_and_back();
	nonsense();
	rmdir(dir);
	return t_done();
}

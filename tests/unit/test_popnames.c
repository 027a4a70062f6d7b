#include "t.h"

#include "popdrop.h"
#include "popnames.h"

static struct popmail mails[] = {
	{.number = 1, .name = STR("new")},     {.number = 2, .name = STR("b")},
	{.number = 3, .name = STR("twice")},   {.number = 4, .name = STR("a")},
	{.number = 5, .name = STR("TOP-12")},  {.number = 6, .name = STR("newer")},
};
#define N (sizeof mails / sizeof *mails)

int main(void)
{
	static const uint32_t want[N] = {2, 3, 9, 10, 20, 21}, number[N] = {2, 4, 3, 5, 1, 6};
	struct popnames p = {.next = 20};
	struct uidset seen = {0}, fresh = {0};
	T(!popdrop_made(STR("UID1-1795215595")) && popdrop_made(STR("TOP-12")));
	popnames_sort(&p);
	popnames_add(&p, 10, STR("TOP-12"));
	T(!p.uidl);
	popnames_add(&p, 3, STR("a"));
	popnames_add(&p, 9, STR("twice"));
	popnames_add(&p, 2, STR("b"));
	popnames_add(&p, 4, STR("twice"));
	popnames_add(&p, 1, STR("gone"));
	T(p.uidl);
	popnames_sort(&p);
	T(popnames_number(&p, mails, N, &seen, &fresh) == 1);
	T(p.next == 22 && seen.n == N && fresh.n == 2);
	for (size_t i = 0; i < N; i++)
		T(mails[i].uid == want[i] && mails[i].number == number[i] && seen.p[i] == want[i]);
	T(fresh.p[0] == 20 && fresh.p[1] == 21);
	p.next = UINT32_MAX;
	T(popnames_number(&p, mails, N, &seen, &fresh) == 0);
	uidset_free(&seen);
	uidset_free(&fresh);
	popnames_free(&p);
	return t_done();
}

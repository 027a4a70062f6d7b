#include "t.h"

#include "basesubject.h"

static const struct {
	const char *subject, *base;
	bool reply;
} table[] = {
	{"budget", "budget", false},
	{"Re: budget", "budget", true},
	{"RE:budget", "budget", true},
	{"Re: Fwd: re : budget", "budget", true},
	{"[list] Re: [list] budget  plan", "budget plan", true},
	{"[list] budget", "budget", false},
	{"Re[2]: budget", "budget", true},
	{"budget (fwd)", "budget", true},
	{"[Fwd: budget]", "budget", true},
	{"[PATCH 1/2]", "[PATCH 1/2]", false},
	{"AW: Antw: budget", "budget", true},
	{"Reason: budget", "Reason: budget", false},
	{"re", "re", false},
	{"Re:", "", true},
	{"", "", false},
	{"[[[[", "[[[[", false},
};

int main(void)
{
	struct arena a = {0};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		bool reply;
		T_STR(basesubject_of(&a, str_of(table[i].subject), &reply),
		      str_of(table[i].base));
		T(reply == table[i].reply);
	}
	arena_free(&a);
	return t_done();
}

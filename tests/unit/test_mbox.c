#include "t.h"

#include "mbox.h"

/* Seconds of 2006-01-02 15:04:05 UTC. */
#define REF 1136214245

static const struct {
	const char *line;
	int64_t epoch; /* -1: not a separator */
	int zone;
} from[] = {
	{"From ann@example.org Mon Jan  2 15:04:05 2006", REF, 0},
	{"From ann@example.org Mon Jan  2 15:04:05 2006\n", REF, 0},
	{"From ann@example.org Mon Jan  2 15:04:05 2006\r\n", REF, 0},
	{"From ann@example.org  Mon Jan 02 15:04:05 2006", REF, 0},
	{"From - Mon Jan 02 15:04:05 2006", REF, 0},
	{"From ann Mon Jan  2 15:04 2006", REF - 5, 0},
	{"From ann Mon Jan  2 15:04:05 06", REF, 0},
	{"From ann Mon Jan  2 15:04:05 99", 915289445, 0},
	{"From ann Mon Jan  2 15:04:05 2006 +0000", REF, 0},
	{"From ann Mon Jan  2 15:04:05 2006 -0800", REF + 8 * 3600, -480},
	{"From ann Mon Jan  2 15:04:05 +0530 2006", REF - 19800, 330},
	{"From ann Mon Jan  2 15:04:05 PST 2006", REF + 8 * 3600, -480},
	{"From ann Mon Jan  2 15:04:05 CEST 2006", REF, 0},
	{"From ann Mon Jan  2 15:04:05 2006 remote from uunet", REF, 0},
	{"From ann Mon, 2 Jan 2006 15:04:05 +0100", REF - 3600, 60},
	{"From ann Mon, 02 Jan 2006 15:04:05 GMT", REF, 0},
	{"From ann at example.org  Mon Jan  2 15:04:05 2006", REF, 0},
	{"From \"Ann Mon Example\"@example.org Mon Jan  2 15:04:05 2006", REF, 0},
	{"From Sun Mon Mon Jan  2 15:04:05 2006", REF, 0},
	{"From ann mon jan  2 15:04:05 2006", REF, 0},
	{"From ann Tue Feb 29 00:00:00 2000", 951782400, 0},
	{"From ann Thu Jan  1 00:00:00 1970", 0, 0},
	{"From ann Sat Dec 31 23:59:60 2016", 1483228800, 0},
	{"From ann\tMon Jan  2 15:04:05 2006", REF, 0},
	/* text */
	{"From ann@example.org", -1, 0},
	{"From the beginning, Mon to Fri, we met", -1, 0},
	{"From what I know Mon Jan is 2 old", -1, 0},
	{"From ann Mon Jan  2 25:04:05 2006", -1, 0},
	{"From ann Mon Jan  2 15:60:05 2006", -1, 0},
	{"From ann Mon Jan 32 15:04:05 2006", -1, 0},
	{"From ann Mon Jan  0 15:04:05 2006", -1, 0},
	{"From ann Mon Foo  2 15:04:05 2006", -1, 0},
	{"From ann Mon Jan  2 15:04:05", -1, 0},
	{"From ann Mon Jan  2 15:04:05 1969", -1, 0},
	{"From ann Mon Jan  2 2006", -1, 0},
	{"From ann Jan  2 15:04:05 2006", -1, 0},
	{"From: ann Mon Jan  2 15:04:05 2006", -1, 0},
	{"from ann Mon Jan  2 15:04:05 2006", -1, 0},
	{" From ann Mon Jan  2 15:04:05 2006", -1, 0},
	{">From ann Mon Jan  2 15:04:05 2006", -1, 0},
	{"From", -1, 0},
	{"From ", -1, 0},
	{"", -1, 0},
};

static const struct {
	const char *line;
	size_t n;
} quoted[] = {
	{">From here", 1}, {">>From here", 2}, {">>>From ", 3},  {"From here", 0},
	{"> From", 0},     {">From", 0},       {">from here", 0}, {">", 0},
	{"", 0},           {">>x", 0},
};

static void long_lines(void)
{
	struct mbox_date d;
	static char line[2000];
	const char *date = " Mon Jan  2 15:04:05 2006";
	for (size_t n = MBOX_LINE - 1; n <= MBOX_LINE + 1; n++) {
		memset(line, 'a', sizeof line);
		memcpy(line, "From ", 5);
		memcpy(line + n - strlen(date), date, strlen(date));
		T(mbox_from((struct str){line, n}, &d) == (n <= MBOX_LINE));
	}
}

int main(void)
{
	for (size_t i = 0; i < sizeof from / sizeof from[0]; i++) {
		struct mbox_date d = {-1, 0};
		int got = mbox_from(str_of(from[i].line), &d);
		bool well = got ? d.epoch == from[i].epoch && d.zone == from[i].zone
				: from[i].epoch == -1;
		T(well);
		if (!well)
			printf("  line '%s': %d %lld %d\n", from[i].line, got, (long long)d.epoch,
			       d.zone);
	}
	for (size_t i = 0; i < sizeof quoted / sizeof quoted[0]; i++)
		T(mbox_quoted(str_of(quoted[i].line)) == quoted[i].n);
	long_lines();
	return t_done();
}

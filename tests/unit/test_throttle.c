#include "t.h"

#include "throttle.h"

int main(void)
{
	static const struct {
		const char *text;
		uint64_t ms;
	} row[] = {
		{"", 0},
		{"UID FETCH refused: the server said 'no such message'", 0},
		{"Request is throttled. Suggested Backoff Time: 89117 milliseconds", 89117},
		{"Suggested Backoff Time: 12 milliseconds", 1000},
		{"Suggested Backoff Time: 999999999999999999999 milliseconds", 3600000},
		{"Suggested Backoff Time: -5", 1000},
		{"Suggested Backoff Time: ", 1000},
		{"Request is throttled.", 300000},
		{"'[OVERQUOTA] Account exceeded command or bandwidth limits. (Failure)'", 3600000},
		{"'[overquota] x'", 3600000},
		{"OVERQUOTA", 0},
		{"[THROTTLED] Success", 300000},
		{"[ALERT] Too many simultaneous connections. (Failure)", 60000},
		{"[UNAVAILABLE] Maximum number of connections from user+IP exceeded", 60000},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		T(throttle_wait(str_of(row[i].text)) == row[i].ms);
	return t_done();
}

#include "t.h"

#include "mech.h"

#define B(id) MECH_BIT(MECH_##id)
#define ALL_SCRAM (B(SCRAM_256_PLUS) | B(SCRAM_256) | B(SCRAM_1_PLUS) | B(SCRAM_1))

static void choices(void)
{
	static const struct {
		unsigned offered, have;
		const char *order; /* NULL: the default */
		bool secure, had_scram;
		int want; /* -1: refused */
	} row[] = {
		/* the strongest first */
		{~0u, MECH_PASSWORD, NULL, true, false, MECH_SCRAM_256_PLUS},
		{B(PLAIN) | B(SCRAM_1) | B(SCRAM_256), MECH_PASSWORD, NULL, true, false,
		 MECH_SCRAM_256},
		{B(SCRAM_1_PLUS) | B(SCRAM_256), MECH_PASSWORD, NULL, true, false, MECH_SCRAM_256},
		{B(PLAIN) | B(LOGIN) | B(COMMAND), MECH_PASSWORD, NULL, true, false, MECH_PLAIN},
		{B(LOGIN) | B(COMMAND), MECH_PASSWORD, NULL, true, false, MECH_LOGIN},
		{B(COMMAND), MECH_PASSWORD, NULL, true, false, MECH_COMMAND},
		{~0u, MECH_TOKEN, NULL, true, false, MECH_OAUTHBEARER},
		{B(XOAUTH2) | B(PLAIN), MECH_TOKEN, NULL, true, false, MECH_XOAUTH2},
		{~0u, MECH_CERT | MECH_PASSWORD, NULL, true, false, MECH_EXTERNAL},
		{~B(EXTERNAL), MECH_CERT | MECH_PASSWORD, NULL, true, false, MECH_SCRAM_256_PLUS},
		/* a token is no password, and a password no token */
		{B(PLAIN) | B(COMMAND), MECH_TOKEN, NULL, true, false, -1},
		{B(XOAUTH2), MECH_PASSWORD, NULL, true, false, -1},
		{0, MECH_PASSWORD, NULL, true, false, -1},
		/* sheaf.conf decides */
		{~0u, MECH_PASSWORD, "plain scram-sha-256", true, false, MECH_PLAIN},
		{B(SCRAM_256) | B(PLAIN), MECH_PASSWORD, "SCRAM-SHA-256-PLUS", true, false, -1},
		{B(COMMAND), MECH_PASSWORD, "scram-sha-1 login", true, false, MECH_COMMAND},
		{B(CRAM_MD5), MECH_PASSWORD, NULL, true, false, -1},
		{B(CRAM_MD5), MECH_PASSWORD, "cram-md5", true, false, MECH_CRAM_MD5},
		/* no step down without TLS */
		{B(PLAIN) | B(COMMAND), MECH_PASSWORD, NULL, false, false, MECH_PLAIN},
		{B(PLAIN) | B(COMMAND), MECH_PASSWORD, NULL, false, true, -1},
		{B(COMMAND), MECH_PASSWORD, NULL, false, true, -1},
		{B(PLAIN), MECH_PASSWORD, NULL, true, true, MECH_PLAIN},
		{B(PLAIN), MECH_PASSWORD, "plain", false, true, MECH_PLAIN},
		{B(PLAIN) | B(SCRAM_1), MECH_PASSWORD, NULL, false, true, MECH_SCRAM_1},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		uint8_t order[MECH_COUNT];
		struct mech_wish w = {.offered = row[i].offered, .have = row[i].have,
				      .secure = row[i].secure, .had_scram = row[i].had_scram};
		enum mech_id id = MECH_COUNT;
		struct err err = {0};
		if (row[i].order) {
			T(mech_order(str_of(row[i].order), order, &w.n_order) == 1);
			w.order = order;
		}
		int got = mech_choose(&w, &id, &err) == 1 ? (int)id : -1;
		T(got == row[i].want);
		if (got != row[i].want)
			printf("  row %zu: got %d\n", i, got);
		T(got >= 0 || err.kind == ERR_DENIED);
	}
}

static void orders(void)
{
	uint8_t order[MECH_COUNT];
	size_t n;
	T(mech_order(STR("Scram-Sha-256  plain"), order, &n) == 1);
	T(n == 2 && order[0] == MECH_SCRAM_256 && order[1] == MECH_PLAIN);
	T(mech_order(STR("login"), order, &n) == 1 && n == 2); /* mechanism and command */
	T(mech_order(STR("external oauthbearer xoauth2 scram-sha-256-plus scram-sha-256 "
			 "scram-sha-1-plus scram-sha-1 plain login cram-md5"), order, &n) == 1);
	T(n == MECH_COUNT);
	T(mech_order(STR("plain plain"), order, &n) == 0);
	T(mech_order(STR("scram"), order, &n) == 0);
	T(mech_order(STR(""), order, &n) == 0);
	T(MECH_SCRAM == ALL_SCRAM);
}

int main(void)
{
	choices();
	orders();
	return t_done();
}

#include "mech.h"

const struct mech mech_table[MECH_COUNT] = {
	[MECH_EXTERNAL] = {.name = "EXTERNAL", .capability = "AUTH=EXTERNAL", .need = MECH_CERT,
			   .first = true},
	[MECH_OAUTHBEARER] = {.name = "OAUTHBEARER", .capability = "AUTH=OAUTHBEARER",
			      .need = MECH_TOKEN, .first = true, .clear = true},
	[MECH_XOAUTH2] = {.name = "XOAUTH2", .capability = "AUTH=XOAUTH2", .need = MECH_TOKEN,
			  .first = true, .clear = true},
	[MECH_SCRAM_256_PLUS] = {.name = "SCRAM-SHA-256-PLUS",
				 .capability = "AUTH=SCRAM-SHA-256-PLUS", .need = MECH_PASSWORD,
				 .first = true, .scram = true, .plus = true},
	[MECH_SCRAM_256] = {.name = "SCRAM-SHA-256", .capability = "AUTH=SCRAM-SHA-256",
			    .need = MECH_PASSWORD, .first = true, .scram = true},
	[MECH_SCRAM_1_PLUS] = {.name = "SCRAM-SHA-1-PLUS", .capability = "AUTH=SCRAM-SHA-1-PLUS",
			       .need = MECH_PASSWORD, .first = true, .scram = true, .plus = true},
	[MECH_SCRAM_1] = {.name = "SCRAM-SHA-1", .capability = "AUTH=SCRAM-SHA-1",
			  .need = MECH_PASSWORD, .first = true, .scram = true},
	[MECH_PLAIN] = {.name = "PLAIN", .capability = "AUTH=PLAIN", .need = MECH_PASSWORD,
			.first = true, .clear = true},
	[MECH_LOGIN] = {.name = "LOGIN", .capability = "AUTH=LOGIN", .need = MECH_PASSWORD,
			.clear = true},
	[MECH_COMMAND] = {.name = "LOGIN", .need = MECH_PASSWORD, .clear = true},
	[MECH_CRAM_MD5] = {.name = "CRAM-MD5", .capability = "AUTH=CRAM-MD5",
			   .need = MECH_PASSWORD, .named = true},
};

static bool fits(const struct mech_wish *w, enum mech_id id)
{
	return (w->offered & MECH_BIT(id)) && (w->have & mech_table[id].need);
}

/* 1: *out; 0: none. */
static int first_that_fits(const struct mech_wish *w, enum mech_id *out)
{
	size_t n = w->order ? w->n_order : MECH_COUNT;
	for (size_t i = 0; i < n; i++) {
		enum mech_id id = w->order ? (enum mech_id)w->order[i] : (enum mech_id)i;
		if (fits(w, id) && (w->order || !mech_table[id].named)) {
			*out = id;
			return 1;
		}
	}
	return 0;
}

int mech_choose(const struct mech_wish *w, enum mech_id *out, struct err *err)
{
	if (first_that_fits(w, out) == 0)
		return err_set(err, ERR_DENIED, "the server offers no way to log in that this "
						"account has a secret for and allows");
	if (mech_table[*out].clear && mech_table[*out].need == MECH_PASSWORD && !w->secure &&
	    w->had_scram && !(w->offered & MECH_SCRAM) && w->order == NULL)
		return err_set(err, ERR_DENIED, "the server offered SCRAM before and now only %s "
			       "without TLS: somebody may be in between", mech_table[*out].name);
	return 1;
}

int mech_order(struct str names, uint8_t *order, size_t *n)
{
	struct str word;
	unsigned seen = 0;
	*n = 0;
	while (str_split(&names, ' ', &word)) {
		unsigned found = 0;
		if (word.n == 0)
			continue;
		for (unsigned id = 0; id < MECH_COUNT; id++) {
			if (!str_ieq(word, str_of(mech_table[id].name)))
				continue;
			if (seen & MECH_BIT(id))
				return 0;
			found |= MECH_BIT(id);
			order[(*n)++] = (uint8_t)id;
		}
		if (found == 0)
			return 0;
		seen |= found;
	}
	return *n > 0;
}

#include "boxhas.h"

#include "partkind.h"

const char *boxhas_part(struct str name)
{
	return partkind_find(name);
}

const char *boxhas_header(struct str name)
{
	static const struct {
		const char *name, *field;
	} rows[] = {
		{"subject", "Subject"}, {"from", "From"}, {"to", "To"}, {"cc", "Cc"},
		{"bcc", "Bcc"}, {"list", "List-Id"}, {"reply-to", "Reply-To"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (str_ieq(name, str_of(rows[i].name)))
			return rows[i].field;
	return NULL;
}

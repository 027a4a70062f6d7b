#include "packed.h"

#include "members.h"
#include "office.h"

#include <stdio.h>

void packed_zip(struct document *d)
{
	int office = office_is(d);
	document_type(d);
	if (office > 0)
		office_read(d);
	else if (office == 0)
		packed_read(d);
}

/* The name of what a compressed file holds: its own without the last ending. */
static struct str inner(struct str name)
{
	for (size_t i = name.n; i > 1; i--)
		if (name.p[i - 1] == '.')
			return str_cut(name, 0, i - 1);
	return name;
}

void packed_read(struct document *d)
{
	struct members *m = members_open(d);
	struct str name;
	while (m && members_next(m, &name) && document_may_open(d)) {
		struct buf bytes;
		buf_init(&bytes, EXTRACT_BYTES);
		struct extract_document in = {.name = name.n ? arena_str(d->a, name)
							     : inner(d->doc.name)};
		if (members_all(m, &bytes)) {
			in.bytes = buf_all(&bytes);
			document_nested(d, &in);
		}
		buf_free(&bytes);
	}
	members_close(&m);
}

#include "t.h"

#include "schema.h"

/* sha256("<a@example.org>") begins so, says sha256sum. */
static void message_ids(void)
{
	char term[SCHEMA_ID_TERM], other[SCHEMA_ID_TERM];
	schema_message_id(STR("<a@example.org>"), term);
	T_STR(str_of(term), STR("I48ca6375ef052663"));
	schema_message_id(STR("<A@example.org>"), other);
	T(!str_eq(str_of(term), str_of(other)) && str_of(other).n == 17);
	schema_message_id(STR("<>"), other);
	T(str_of(other).n == 17 && other[0] == 'I');
}

static void costs(void)
{
	T(schema_cost(STR("")) == 0);
	T(schema_cost(STR("abc")) == 3);
	T(schema_cost(STR("a\0b\0")) == 6);
}

int main(void)
{
	costs();
	message_ids();
	return t_done();
}

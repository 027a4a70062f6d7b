#include "arrival.h"
#include "popframe.h"
#include "popparse.h"

static void look(struct popframe *f, struct str s)
{
	struct popparse_status st;
	uint64_t size;
	uint32_t number;
	int64_t date;
	int16_t zone;
	if (popparse_status(s, &st) && st.kind == POPPARSE_OK)
		popframe_body(f);
	popparse_failure(&st, ERR_NET);
	popparse_uidl(s, &number, &st.text);
	popparse_list(s, &number, &size);
	popparse_capa(s, STR("SASL"), &st.text);
	arrival_of(s, &date, &zone);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = {(const char *)data, size};
	struct popframe f;
	struct popframe_out ev = {.event = POPFRAME_END};
	struct err err;
	popframe_init(&f);
	while (popframe_step(&f, &in, &ev, &err) == 1 && ev.event != POPFRAME_MORE)
		look(&f, ev.data);
	popframe_free(&f);
	return 0;
}

#include "imapframe.h"
#include "imapparse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = {(const char *)data, size};
	struct imapframe f;
	struct imapframe_out ev = {.event = IMAPFRAME_DONE};
	struct imapparse_resp r;
	struct imapparse_fetch fetch;
	struct imapparse_list list;
	struct imapparse_mailbox box;
	struct arena a = {0};
	struct err err;
	imapframe_init(&f);
	while (imapframe_step(&f, &in, &ev, &err) == 1 && ev.event != IMAPFRAME_MORE)
		if (ev.event == IMAPFRAME_DONE && imapparse_resp(ev.data, &r, &err) == 1) {
			imapparse_fetch(&a, r.args, &fetch, &err);
			imapparse_list(&a, r.args, &list, &err);
			imapparse_mailbox(&a, r.args, &box, &err);
			imapparse_message(&a, &r, &fetch, &err);
		}
	imapframe_free(&f);
	arena_free(&a);
	return 0;
}

#include "htmlsafe.h"
#include "htmltok.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was written anew comes out the same when it is written anew again, with nothing left out. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct buf once, twice;
	struct htmlsafe_report r;
	buf_init(&once, HTMLSAFE_MAX_OUT);
	buf_init(&twice, HTMLSAFE_MAX_OUT);
	htmlsafe_write(&a, (struct str){(const char *)data, size}, NULL, NULL, &once, &r);
	htmlsafe_write(&a, buf_all(&once), NULL, NULL, &twice, &r);
	if (!once.full && !str_eq(buf_all(&once), buf_all(&twice)))
		__builtin_trap();
	if (r.remote || r.active)
		__builtin_trap();
	buf_free(&once);
	buf_free(&twice);
	arena_free(&a);
	return 0;
}

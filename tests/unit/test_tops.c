#include "t.h"

#include "tops.h"

static struct archive_msg message(uint64_t number)
{
	struct archive_msg m = {.number = number};
	memcpy(m.hash, &number, sizeof number);
	return m;
}

int main(void)
{
	struct tops *t = tops_new();
	struct archive_msg one = message(1), other = message(1 + TOPS_PLACES);
	struct str got;
	bool alone;
	static char large[TOPS_BYTES + 1];
	T(!tops_get(t, &one, &got, &alone));
	tops_put(t, &one, STR("A: b\n\n"), true);
	T(tops_get(t, &one, &got, &alone) && alone);
	T_STR(got, STR("A: b\n\n"));
	T(!tops_get(t, &other, &got, &alone));
	/* used once: the first that wants its place does not get it */
	tops_put(t, &other, STR("C: d\n\n"), false);
	T(!tops_get(t, &other, &got, &alone) && tops_get(t, &one, &got, &alone));
	tops_put(t, &other, STR("C: d\n\n"), false);
	tops_put(t, &other, STR("C: d\n\n"), false);
	T(tops_get(t, &other, &got, &alone) && !alone && !tops_get(t, &one, &got, &alone));
	one.number = 2;
	tops_put(t, &one, (struct str){large, sizeof large}, true);
	T(!tops_get(t, &one, &got, &alone));
	tops_clear(t);
	T(!tops_get(t, &other, &got, &alone));
	tops_free(&t);
	T(t == NULL);
	tops_free(&t);
	return t_done();
}

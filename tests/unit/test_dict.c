#include "t.h"

#include "dict.h"
#include "file.h"
#include "record.h"

#include <unistd.h>
#include <zstd.h>

#define SAMPLES 300

static char path[4200];

static struct record made_up(struct arena *a, unsigned i)
{
	static const char *const word[] = {"report", "budget", "meeting", "thanks", "attached"};
	struct record r = {.sort_date = i};
	r.message_id = arena_fmt(a, "<%u@example.org>", i * 7919);
	r.subject = arena_fmt(a, "Re: the %s of the %s (%u)", word[i % 5], word[i / 5 % 5], i);
	return r;
}

static void train(void)
{
	struct arena a = {0};
	struct err err = {0};
	struct buf all;
	size_t sizes[SAMPLES];
	buf_init(&all, (size_t)1 << 20);
	T(dict_train("", sizes, 0, path, &err) == 0 && access(path, F_OK) < 0);
	for (unsigned i = 0; i < SAMPLES; i++) {
		struct record r = made_up(&a, i);
		size_t before = all.n;
		record_pack(&r, &all);
		sizes[i] = all.n - before;
	}
	T(dict_train(all.p, sizes, SAMPLES, path, &err) == 1);
	buf_free(&all);
	arena_free(&a);
}

static void smaller(struct dict *d)
{
	struct arena a = {0};
	struct buf plain;
	char out[4096];
	struct record r = made_up(&a, 4321);
	buf_init(&plain, (size_t)1 << 20);
	record_pack(&r, &plain);
	ZSTD_CCtx *c = ZSTD_createCCtx();
	size_t with = ZSTD_compress_usingCDict(c, out, sizeof out, plain.p, plain.n,
					       dict_for_writing(d));
	size_t without = ZSTD_compressCCtx(c, out, sizeof out, plain.p, plain.n, DICT_LEVEL);
	T(!ZSTD_isError(with) && !ZSTD_isError(without) && with < without);
	ZSTD_freeCCtx(c);
	buf_free(&plain);
	arena_free(&a);
}

int main(void)
{
	struct err err = {0};
	struct dict *d = NULL;
	snprintf(path, sizeof path, "%s/dictionary", t_dir());
	T(dict_open(&d, path, &err) == 0 && d == NULL);
	train();
	T(dict_open(&d, path, &err) == 1 && dict_id(d) != 0);
	smaller(d);
	struct dict *again = NULL;
	T(dict_open(&again, path, &err) == 1 && again == d); /* shared */
	dict_close(&d);
	T(dict_id(again) != 0);
	d = again;
	dict_close(&d);
	dict_close(&d);
	T(file_replace(path, STR("nothing of the kind"), &err) == 1);
	T(dict_open(&d, path, &err) == -1 && err.kind == ERR_BROKEN && d == NULL);
	return t_done();
}

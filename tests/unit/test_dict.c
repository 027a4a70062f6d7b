#include "t.h"

#include "dict.h"
#include "file.h"
#include "record.h"

#include <unistd.h>

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

static void smaller_and_back(struct dict *d)
{
	struct arena a = {0};
	struct err err = {0};
	struct buf with, without;
	struct record r = made_up(&a, 4321), back;
	buf_init(&with, (size_t)1 << 20);
	buf_init(&without, (size_t)1 << 20);
	record_encode(&r, d, &with);
	record_encode(&r, NULL, &without);
	T(with.n < without.n);
	T(record_decode(&a, buf_all(&with), d, &back, &err) == 1);
	T_STR(back.subject, r.subject);
	T(record_decode(&a, buf_all(&without), d, &back, &err) == 1);
	T_STR(back.message_id, r.message_id);
	T(record_decode(&a, buf_all(&without), NULL, &back, &err) == 1);
	T(record_decode(&a, buf_all(&with), NULL, &back, &err) == -1 && err.kind == ERR_BROKEN);
	buf_free(&with);
	buf_free(&without);
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
	smaller_and_back(d);
	dict_close(&d);
	dict_close(&d);
	T(file_replace(path, STR("nothing of the kind"), &err) == 1);
	T(dict_open(&d, path, &err) == -1 && err.kind == ERR_BROKEN && d == NULL);
	return t_done();
}

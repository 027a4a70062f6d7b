#include "trainer.h"

#include "archive.h"
#include "dict.h"
#include "record.h"

#include <stdlib.h>

/* Enough of a message for a sample. */
#define MAX_READ ((size_t)1 << 20)

struct trainer {
	struct archive *ar;
	struct arena a;
	struct buf raw, packed;
	struct buf samples;
	size_t sizes[DICT_SAMPLES];
	unsigned n;
};

static int sample(struct trainer *t, uint64_t number, struct err *err)
{
	struct archive_msg msg;
	struct record rec;
	struct mail m;
	buf_clear(&t->raw);
	buf_clear(&t->packed);
	arena_reset(&t->a);
	int r = archive_find(t->ar, number, &msg, err);
	if (r == 1 && msg.disposal)
		return 1; /* nothing of it may get into the dictionary */
	if (r == 1)
		r = archive_read(t->ar, &msg, MAX_READ, &t->raw, err);
	if (r < 1)
		return r;
	mail_parse(&t->a, buf_all(&t->raw), &mail_default_limits, &m);
	record_make(&t->a, &m, 0, &rec);
	record_pack(&rec, &t->packed);
	struct str s = str_cut(buf_all(&t->packed), 0, DICT_SAMPLE_BYTES);
	buf_str(&t->samples, s);
	t->sizes[t->n++] = s.n;
	return 1;
}

int trainer_run(const char *archive_dir, struct current_run run, const char *path,
		struct err *err)
{
	struct trainer *t = err_alloc(sizeof *t);
	uint64_t n = run.last - run.first + 1;
	mail_init();
	int r = archive_open(&t->ar, archive_dir, ARCHIVE_READ, err);
	buf_init(&t->raw, MAX_READ);
	buf_init(&t->packed, RECORD_MAX_PACKED);
	buf_init(&t->samples, (size_t)DICT_SAMPLES * DICT_SAMPLE_BYTES);
	for (uint64_t i = 0; r >= 0 && i < DICT_SAMPLES; i++)
		r = sample(t, run.first + i * n / DICT_SAMPLES, err);
	if (r >= 0)
		r = dict_train(t->samples.p, t->sizes, t->n, path, err);
	archive_close(&t->ar);
	arena_free(&t->a);
	buf_free(&t->raw);
	buf_free(&t->packed);
	buf_free(&t->samples);
	free(t);
	return r;
}

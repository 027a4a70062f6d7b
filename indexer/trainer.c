#include "trainer.h"

#include "archive.h"
#include "dict.h"
#include "headtext.h"
#include "record.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Enough of a message for a sample. */
#define MAX_READ ((size_t)1 << 20)

/* For one dictionary. */
struct samples {
	struct buf bytes;
	size_t sizes[DICT_SAMPLES];
	unsigned n;
};

struct trainer {
	struct archive *ar;
	struct arena a;
	struct buf raw, packed;
	struct samples records, headers;
};

/* Takes what is packed. */
static void take(struct trainer *t, struct samples *to)
{
	struct str s = str_cut(buf_all(&t->packed), 0, DICT_SAMPLE_BYTES);
	buf_str(&to->bytes, s);
	to->sizes[to->n++] = s.n;
	buf_clear(&t->packed);
}

static int sample(struct trainer *t, uint64_t number, struct err *err)
{
	struct archive_msg msg;
	struct record rec;
	struct mail m;
	buf_clear(&t->raw);
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
	take(t, &t->records);
	headtext_pack(&m, &t->packed);
	take(t, &t->headers);
	return 1;
}

static int learn(const struct samples *s, const char *dir, const char *name, struct err *err)
{
	char path[4096];
	int n = snprintf(path, sizeof path, "%s/%s", dir, name);
	if (n < 0 || (size_t)n >= sizeof path)
		return err_set(err, ERR_INPUT, "path too long");
	if (access(path, F_OK) == 0) /* segments may need it */
		return 1;
	return dict_train(s->bytes.p, s->sizes, s->n, path, err);
}

int trainer_run(const char *archive_dir, struct current_run run, const char *dir,
		struct err *err)
{
	struct trainer *t = err_alloc(sizeof *t);
	uint64_t n = run.last - run.first + 1;
	mail_init();
	int r = archive_open(&t->ar, archive_dir, ARCHIVE_READ, err);
	buf_init(&t->raw, MAX_READ);
	buf_init(&t->packed, RECORD_MAX_PACKED);
	buf_init(&t->records.bytes, (size_t)DICT_SAMPLES * DICT_SAMPLE_BYTES);
	buf_init(&t->headers.bytes, (size_t)DICT_SAMPLES * DICT_SAMPLE_BYTES);
	for (uint64_t i = 0; r >= 0 && i < DICT_SAMPLES; i++)
		r = sample(t, run.first + i * n / DICT_SAMPLES, err);
	if (r >= 0)
		r = learn(&t->headers, dir, TRAINER_HEADERS, err);
	if (r >= 0)
		r = learn(&t->records, dir, TRAINER_RECORDS, err);
	archive_close(&t->ar);
	arena_free(&t->a);
	buf_free(&t->raw);
	buf_free(&t->packed);
	buf_free(&t->records.bytes);
	buf_free(&t->headers.bytes);
	free(t);
	return r < 0 ? -1 : 1;
}

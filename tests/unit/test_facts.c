#include "t.h"

#include "facts.h"

#include <jansson.h>

/* Every line is a JSON object of its own, and says what it was told. */
static void lines(void)
{
	static const char *const want[] = {
		"{\"fact\":\"run\",\"change\":1,\"at\":99,\"run\":3}",
		"{\"fact\":\"epoch\",\"change\":2,\"at\":99,\"epoch\":4,\"account\":\"ann\","
		"\"mailbox.hex\":\"7aff\",\"uidvalidity\":5}",
		"{\"fact\":\"epoch_seen\",\"change\":3,\"at\":99,\"epoch\":4,\"uidnext\":6,"
		"\"highestmodseq\":7,\"messages\":10,\"listed\":12,\"mailboxid\":\"F1\"}",
		"{\"fact\":\"flags\",\"change\":4,\"at\":99,\"epoch\":4,\"uid\":8,"
		"\"flags\":\"\\\\Seen \\\\Draft\",\"keywords\":\"a b\",\"modseq\":9}",
		"{\"fact\":\"vanished\",\"change\":5,\"at\":99,\"epoch\":4,"
		"\"uids\":[1,2,4294967295]}",
		"{\"fact\":\"outcome\",\"change\":6,\"at\":99,\"epoch\":4,\"uid\":8,"
		"\"outcome\":\"refused\",\"reason\":\"a\\nb \\\"c\\\"\"}",
		"{\"fact\":\"commit\",\"change\":7,\"at\":99,\"commit\":2,\"last\":11}",
	};
	static const uint32_t uids[] = {1, 2, UINT32_MAX};
	struct archive_epoch e = {.id = 4, .account = STR("ann"), .mailbox = STR("z\xFF"),
				  .uidvalidity = 5, .uidnext = 6, .highestmodseq = 7,
				  .messages = 10, .listed = 12, .mailboxid = STR("F1")};
	struct archive_copy c = {.epoch = 4, .uid = 8, .flags = ARCHIVE_SEEN | ARCHIVE_DRAFT,
				 .keywords = STR("a b"), .modseq = 9};
	struct facts f;
	facts_init(&f);
	f.at = 99;
	f.change = 1;
	facts_run(&f, 3);
	f.change = 2;
	facts_epoch(&f, &e);
	f.change = 3;
	facts_seen(&f, &e);
	f.change = 4;
	facts_flags(&f, &c);
	f.change = 5;
	facts_vanished(&f, 4, uids, 3);
	f.change = 6;
	facts_outcome(&f, &c, ARCHIVE_REFUSED, STR("a\nb \"c\""));
	f.change = 7;
	facts_commit(&f, 2, 11);
	struct str rest = buf_all(&f.lines), line;
	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		T(str_line(&rest, &line) == 1);
		T_STR(line, str_of(want[i]));
	}
	T(str_line(&rest, &line) == 0);
	facts_free(&f);
}

static void copies(void)
{
	struct facts f;
	unsigned char hash[HASH_BYTES] = {0xAB};
	struct archive_copy c = {.epoch = 1, .uid = 2, .message = 3, .internaldate = -1,
				 .zone = -90, .source = STR("box/1"), .found = STR("00")};
	facts_init(&f);
	facts_copy(&f, &c, hash);
	json_t *o = json_loadb(f.lines.p, f.lines.n, 0, NULL);
	T(o != NULL && json_integer_value(json_object_get(o, "number")) == 3);
	T_STR(str_of(json_string_value(json_object_get(o, "internaldate"))),
	      STR("1969-12-31T22:29:59-01:30"));
	T_STR(str_cut(str_of(json_string_value(json_object_get(o, "sha256"))), 0, 4), STR("ab00"));
	T_STR(str_of(json_string_value(json_object_get(o, "source"))), STR("box/1"));
	T(json_object_get(o, "keywords") == NULL);
	json_decref(o);
	facts_free(&f);
}

static void dates(void)
{
	static const struct {
		int64_t at;
		int zone;
		const char *want;
	} row[] = {
		{0, 0, "1970-01-01T00:00:00+00:00"},
		{0, 120, "1970-01-01T02:00:00+02:00"},
		{0, -570, "1969-12-31T14:30:00-09:30"},
		{951782400, 0, "2000-02-29T00:00:00+00:00"},
		{253402300799, 0, "9999-12-31T23:59:59+00:00"},
		{253402300800, 0, NULL},
		{0, 5999, "1970-01-05T03:59:00+99:59"},
		{0, 6000, NULL},
		{INT64_MAX / 2, 0, NULL},
		{INT64_MIN / 2, 0, NULL},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		char out[FACTS_DATE];
		T(facts_date(out, row[i].at, row[i].zone) == (row[i].want != NULL));
		if (row[i].want)
			T_STR(str_of(out), str_of(row[i].want));
	}
}

int main(void)
{
	lines();
	copies();
	dates();
	return t_done();
}

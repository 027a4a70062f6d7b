#include "t.h"

#include "boxq.h"
#include "imapq.h"
#include "lang.h"
#include "mail.h"
#include "weigh.h"

static struct arena a, scratch;

static const struct qnode *parse(const char *query)
{
	const struct qnode *q;
	const struct boxq_warning *w;
	size_t n;
	struct err err;
	struct str text = str_of(query);
	const char *language = lang_take(&a, &text);
	T(boxq_parse(&a, text, &q, &w, &n, &err) > 0);
	return language ? lang_apply(&a, q, text, language) : q;
}

/* The words a query is weighed by: "WORD field:WORD". */
static struct str words(const struct qnode *q)
{
	struct weigh w;
	struct str out = STR("");
	weigh_open(&w, &a, q, false);
	for (size_t i = 0; i < w.n; i++)
		out = arena_fmt(&a, "%.*s%s%.*s%s%.*s%s%.*s", STR_ARG(out), i ? " " : "",
				STR_ARG(w.words[i].field), w.words[i].field.n ? ":" : "",
				STR_ARG(w.words[i].token), w.words[i].stem.n ? "~" : "",
				STR_ARG(w.words[i].stem));
	weigh_close(&w);
	return out;
}

/* The full score of a record. */
static int64_t weighed(const struct weigh *w, const struct record *r, int64_t date)
{
	struct str texts[2] = {0}, seen[1] = {0};
	struct mtext t;
	mtext_init(&t, NULL);
	t.record = *r;
	t.texts = texts;
	t.seen = seen;
	int64_t full = weigh_record(w, &t, 1000, date, &scratch).full;
	mtext_free(&t);
	return full;
}

/* The same of a message. */
static int64_t score(const char *query, const char *subject, const char *from, const char *text,
		     bool attachment)
{
	const struct mail_text texts[] = {{MAIL_SUBJECT, str_of(subject)},
					  {MAIL_FROM, str_of(from)}};
	const struct record_part part = {.type = STR("text/plain"), .searched = true,
					 .attachment = attachment, .text = str_of(text)};
	const struct record r = {.texts = texts, .n_texts = 2, .parts = &part, .n_parts = 1};
	struct weigh w;
	weigh_open(&w, &a, parse(query), false);
	w.docs = 100;
	for (size_t i = 0; i < w.n; i++)
		w.words[i].df = 5;
	weigh_settle(&w);
	int64_t full = weighed(&w, &r, 0);
	weigh_close(&w);
	return full;
}

static void orders(void)
{
	const int64_t none = score("moa", "a", "b", "c", false);
	const int64_t once = score("moa", "a", "b", "the moa", false);
	const int64_t twice = score("moa", "a", "b", "the moa moa", false);
	T(none == 0 && once > 0 && twice > once && twice < 2 * once);
	T(score("moa", "moa", "b", "c", false) > twice);
	T(score("moa", "a", "Moa <x@y>", "c", false) > 0);
	T(score("moa", "a", "Moa <x@y>", "c", false) < score("moa", "moa", "b", "c", false));
	T(score("moa", "a", "b", "> the moa", false) < once);
	T(score("moa", "a", "b", "> the moa", false) > 0);
	T(score("moa", "a", "b", "the moa", true) < once);
	T(score("moa", "a", "b", "moas and samoa and amoak", false) == 0);
	T(score("moa kiwi", "a", "b", "the moa", false) == once);
	T(score("moa kiwi", "a", "b", "moa kiwi", false) > once);
	/* only in its field */
	T(score("subject:moa", "a", "moa", "moa", false) == 0);
	T(score("subject:moa", "moa", "a", "b", false) > 0);
	T(score("body:moa", "moa", "moa", "b", false) == 0);
	/* marks count when they are typed */
	T(score("moa", "a", "b", "the mo\xc3\xa4", false) > 0);
	T(score("mo\xc3\xa4", "a", "b", "the moa", false) == 0);
	/* as it was typed before another form */
	T(score("lang:en reports", "a", "b", "he reports", false) >
	  score("lang:en reports", "a", "b", "a report 1", false));
	T(score("lang:en reports", "a", "b", "a report 1", false) > 0);
	/* NULs and bad UTF-8 */
	T(score("moa", "a", "b", "\xff\xfe moa \xc3", false) > 0);
}

static void age(void)
{
	const struct record_part part = {.type = STR("text/plain"), .searched = true,
					 .text = STR("the moa")};
	const struct record r = {.parts = &part, .n_parts = 1};
	struct weigh w;
	const int64_t year = 365 * 86400;
	weigh_open(&w, &a, parse("moa"), true);
	w.docs = 10;
	weigh_settle(&w);
	int64_t x = weighed(&w, &r, 20 * year);
	T(x > weighed(&w, &r, 19 * year));
	/* Two years are a factor of two, however long ago. */
	T(x - weighed(&w, &r, 18 * year) == 1000000);
	T(weighed(&w, &r, INT64_MAX / 4) > x);
	weigh_close(&w);
}

int main(void)
{
	struct imapq parsed;
	struct err err;
	mail_init();
	T_STR(words(parse("moa -kiwi (emu OR moa) from:ann \"two words\"")),
	      STR("MOA EMU from:ANN TWO WORDS"));
	T_STR(words(parse("lang:en reports subject:plans")),
	      STR("REPORTS~report subject:PLANS~plan"));
	T_STR(words(parse("after:2020 larger:1k is:unread")), STR(""));
	T(imapq_parse(&a, STR("SUBJECT \"a plan\" NOT BODY moa OR TEXT x-ray SEEN"), &parsed,
		      &err) > 0);
	T_STR(words(parsed.root), STR("subject:A subject:PLAN X RAY"));
	T(imapq_parse(&a, STR("FUZZY TEXT reports FUZZY SUBJECT plans"), &parsed, &err) > 0);
	T_STR(words(parsed.root), STR("REPORT~report subject:PLAN~plan"));
	struct str many = STR("");
	for (int i = 0; i < 100; i++)
		many = arena_fmt(&a, "%.*s w%d", STR_ARG(many), i);
	struct weigh w;
	weigh_open(&w, &a, parse(many.p), false);
	T(w.n == WEIGH_WORDS);
	weigh_close(&w);
	orders();
	age();
	arena_free(&a);
	arena_free(&scratch);
	return t_done();
}

#include "t.h"

#include "jsonq.h"

#include "buf.h"

static struct arena a;

static void queries(void)
{
	static const struct {
		const char *query, *want;
	} row[] = {
		{"{\"all\":true}", "(all)"},
		{"{\"from\":\"Ann\"}", "(from \"Ann\")"},
		{"{\"and\":[{\"to\":\"b\"},{\"cc\":\"c\"}]}", "(and (to \"b\") (cc \"c\"))"},
		{"{\"or\":[{\"bcc\":\"b\"},{\"not\":{\"subject\":\"\"}}]}",
		 "(or (bcc \"b\") (not (subject \"\")))"},
		{"{\"not\":{\"not\":{\"body\":\"x\"}}}", "(body \"x\")"},
		{"{\"and\":[{\"text\":\"x\"}]}", "(text \"x\")"},
		{"{\"header\":{\"name\":\"X-A\",\"value\":\"b\"}}", "(header \"X-A\" \"b\")"},
		{"{\"sentsince\":\"2020-03-05\"}", "(sentsince 2020-03-05)"},
		{"{\"before\":\"2020-02-29\"}", "(before 2020-02-29)"},
		{"{\"larger\":5120}", "(larger 5120)"},
		{"{\"flag\":\"seen\"}", "(seen)"},
		{"{\"tag\":\"case 17\"}", "(tag \"case 17\")"},
		{"{\"thread\":\"t0123456789abcdef\"}", "(thread \"t0123456789abcdef\")"},
		{"{\"thread\":\"00ABCd\"}", "(thread \"00ABCd\")"},
		{"{\"mailbox\":\"Sent*\"}", "(mailbox \"Sent*\")"},
		{"{\"words\":\"two words\"}", "(word \"two words\")"},
		{"{\"words\":{\"in\":\"subject\",\"text\":\"x y\"}}", "(word subject \"x y\")"},
		{"{\"words\":\"a\\\"b\"}", "(word \"a b\")"},
		{"{\"words\":{\"in\":\"link\",\"text\":\"x*\"}}", "(word link \"x*\")"},
		{"{\"wild\":\"bud*\"}", "(word \"bud*\")"},
		{"{\"wild\":{\"in\":\"subject\",\"text\":\"*u*d*\"}}", "(word subject \"*u*d*\")"},
		{"{\"near\":{\"a\":\"x y\",\"b\":\"z\",\"within\":5}}", "(near 5 \"x y\" \"z\")"},
		{"{\"near\":{\"a\":\"x\",\"b\":\"z\",\"within\":1,\"in\":\"body\"}}",
		 "(near 1 body \"x\" \"z\")"},
		{"{\"has\":\"attachment\"}", "(has \"attachment\")"},
		{"{\"id\":\"00ABCd\"}", "(id \"00ABCd\")"},
		{"{\"box\":\"a OR b\"}", "(or (word \"a\") (word \"b\"))"},
		{"{\"imap\":\"FROM x UNSEEN\"}", "(and (from \"x\") (not (seen)))"},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct jsonq q;
		struct err err = {0};
		int r = jsonq_parse(&a, str_of(row[i].query), &q, &err);
		T(r == 1);
		T_STR(r == 1 ? qnode_text(&a, q.root) : str_of(err.text), str_of(row[i].want));
	}
}

static void mistakes(void)
{
	static const struct {
		const char *query, *place;
	} row[] = {
		{"", ""}, {"[]x", ""}, {"{\"from\":\"a\",\"from\":\"b\"}", ""},
		{"[]", "/"}, {"{}", "/"}, {"{\"from\":\"a\",\"to\":\"b\"}", "/"},
		{"{\"frm\":\"a\"}", "/frm"}, {"{\"from\":3}", "/from"},
		{"{\"and\":[]}", "/and"}, {"{\"and\":{}}", "/and"},
		{"{\"and\":[{\"from\":\"a\"},{\"or\":[{\"on\":\"x\"}]}]}", "/and/1/or/0/on"},
		{"{\"not\":[]}", "/not"}, {"{\"a/b~\":1}", "/a~1b~0"},
		{"{\"since\":\"2021-02-29\"}", "/since"}, {"{\"since\":\"2021-2-29\"}", "/since"},
		{"{\"larger\":-1}", "/larger"}, {"{\"larger\":1.5}", "/larger"},
		{"{\"younger\":0}", "/younger"}, {"{\"flag\":\"red\"}", "/flag"},
		{"{\"all\":false}", "/all"}, {"{\"keyword\":\"\"}", "/keyword"},
		{"{\"header\":{\"name\":\"a:b\",\"value\":\"\"}}", "/header"},
		{"{\"header\":{\"name\":\"a\",\"value\":\"\",\"x\":1}}", "/header"},
		{"{\"words\":{\"in\":\"x\",\"text\":\"y\"}}", "/words"},
		{"{\"words\":{\"text\":\"y\",\"z\":\"\"}}", "/words"},
		{"{\"wild\":\"a b\"}", "/wild"}, {"{\"wild\":\"\"}", "/wild"},
		{"{\"wild\":\"-a*\"}", "/wild"}, {"{\"wild\":\"from:a*\"}", "/wild"},
		{"{\"wild\":\"OR\"}", "/wild"}, {"{\"wild\":\"NEAR/2\"}", "/wild"},
		{"{\"near\":{\"a\":\"x\",\"b\":\"z\"}}", "/near"},
		{"{\"near\":{\"a\":\"x\",\"b\":\"z\",\"within\":0}}", "/near"},
		{"{\"near\":{\"a\":\"x\",\"b\":\"z\",\"within\":2,\"in\":\"q\"}}", "/near"},
		{"{\"has\":\"wings\"}", "/has"}, {"{\"id\":\"xyz\"}", "/id"},
		{"{\"tag\":\"\"}", "/tag"}, {"{\"tag\":[]}", "/tag"},
		{"{\"thread\":\"t12345\"}", "/thread"}, {"{\"thread\":\"12345g\"}", "/thread"},
		{"{\"thread\":\"\"}", "/thread"}, {"{\"thread\":7}", "/thread"},
		{"{\"imap\":\"FRM x\"}", "/imap"}, {"{\"imap\":\"RETURN (MIN) ALL\"}", "/imap"},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct jsonq q;
		struct err err = {0};
		T(jsonq_parse(&a, str_of(row[i].query), &q, &err) < 0);
		T(err.kind == ERR_INPUT);
		T_STR(str_of(err.place), str_of(row[i].place));
	}
}

static void limits(void)
{
	struct buf b;
	struct jsonq q;
	struct err err = {0};
	buf_init(&b, QNODE_MAX_TEXT * 2);
	for (int i = 0; i < QNODE_MAX_DEPTH + 1; i++)
		buf_str(&b, STR("{\"not\":"));
	buf_str(&b, STR("{\"all\":true}"));
	for (int i = 0; i < QNODE_MAX_DEPTH + 1; i++)
		buf_chr(&b, '}');
	T(jsonq_parse(&a, buf_all(&b), &q, &err) < 0);
	T_STR(str_of(err.text), STR("expected fewer levels"));
	buf_clear(&b);
	while (b.n <= QNODE_MAX_TEXT)
		buf_chr(&b, ' ');
	T(jsonq_parse(&a, buf_all(&b), &q, &err) < 0);
	buf_free(&b);
}

static void warnings(void)
{
	struct jsonq q;
	struct err err = {0};
	T(jsonq_parse(&a, STR("{\"or\":[{\"all\":true},{\"box\":\"x foo:bar\"}]}"), &q, &err) == 1);
	T(q.n_warnings == 1);
	T(q.warnings[0].column == 3);
	T_STR(str_cut(q.warnings[0].text, 0, 11), STR("/or/1/box: "));
}

int main(void)
{
	queries();
	mistakes();
	limits();
	warnings();
	arena_free(&a);
	return t_done();
}

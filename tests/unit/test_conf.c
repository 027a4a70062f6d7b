#include "t.h"

#include "conf.h"
#include "file.h"

static const char *const top_keys[] = {"color", NULL};
static const char *const account_keys[] = {"host", "port", "mailboxes", NULL};
static const struct conf_rule rules[] = {{"", top_keys}, {"account", account_keys}, {NULL, NULL}};

static char path[4200];

static int load(struct arena *a, struct str text, struct conf *c, struct err *err)
{
	T(file_replace(path, text, err) == 1);
	return conf_load(a, path, rules, c, err);
}

static void good(struct arena *a)
{
	struct conf c;
	struct err err = {0};
	struct str text =
		STR("# first\ncolor = red # why\r\n\n[account  alice ]\nhost = h#1\nport=993\n"
		    "mailboxes = * -Trash\n[account bob]\n");
	T(load(a, text, &c, &err) == 1);
	T(c.n == 3);
	T_STR(conf_get(&c.sections[0], "color", STR("none")), STR("red"));
	const struct conf_section *s = conf_find(&c, "account", STR("alice"));
	T(s && s->line == 4);
	T_STR(conf_get(s, "host", STR("")), STR("h#1"));
	T_STR(conf_get(s, "mailboxes", STR("")), STR("* -Trash"));
	T_STR(conf_get(s, "nothing", STR("other")), STR("other"));
	T(conf_find(&c, "account", STR("carol")) == NULL);
	conf_bad(&c, s, "port", "not a port", &err);
	T(err.kind == ERR_DENIED && strstr(err.text, ":6: port: not a port"));
}

static void malformed(struct arena *a)
{
	static const struct {
		struct str text;
		const char *says;
	} row[] = {
		{STR("colour = red\n"), ":1: unknown key 'colour'"},
		{STR("\n[user x]\n"), ":2: unknown section 'user'"},
		{STR("color = a\ncolor = b\n"), ":2: key given twice"},
		{STR("[account a]\n[account a]\n"), ":2: section given twice"},
		{STR("[account a\n"), ":1: expected ']'"},
		{STR("just words\n"), ":1: expected 'key = value'"},
		{STR("color = a\0b\n"), ":1: bad line"},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct conf c;
		struct err err = {0};
		T(load(a, row[i].text, &c, &err) == -1);
		T(err.kind == ERR_DENIED && strstr(err.text, row[i].says));
	}
}

int main(void)
{
	struct arena a = {0};
	struct conf c;
	struct err err = {0};
	snprintf(path, sizeof path, "%s/sheaf.conf", t_dir());
	T(conf_load(&a, path, rules, &c, &err) == 0);
	good(&a);
	malformed(&a);
	arena_free(&a);
	return t_done();
}

#include "ocrconf.h"

#include "inside.h"

#include <stdio.h>

int ocrconf_read(const struct conf *c, char out[EXTRACT_LANGUAGES], struct err *err)
{
	const struct conf_section *s = conf_find(c, "index", STR(""));
	struct str v = s ? conf_get(s, "ocr", STR("")) : STR("");
	if (!extract_languages(v))
		return conf_bad(c, s, "ocr", "takes languages of tesseract, as eng+deu", err);
	snprintf(out, EXTRACT_LANGUAGES, "%.*s", STR_ARG(v));
	return 1;
}

int ocrconf_check(const struct cmd_env *env, struct err *err)
{
	char languages[EXTRACT_LANGUAGES] = "";
	struct arena a = {0};
	struct conf c;
	int r = cmd_conf(env, &a, &c, err);
	if (r > 0)
		r = ocrconf_read(&c, languages, err);
	if (r > 0 && languages[0]) {
		r = inside_start(languages, err);
		inside_stop();
	}
	arena_free(&a);
	return r;
}

#include "t.h"

#include "oauthjson.h"

static struct oauthjson o;

static void good(void)
{
	struct err err = {0};
	T(oauthjson_parse(STR("{\"access_token\":\"2YotnFZFEjr1zCsicMWpAA\",\"token_type\":\"x\","
			      "\"expires_in\":3600,\"refresh_token\":\"tGzv3JOkF0XG5Qx2TlKWIA\","
			      "\"other\":[1,{}]}"), &o, &err) == 1);
	T_STR(str_of(o.access), STR("2YotnFZFEjr1zCsicMWpAA"));
	T_STR(str_of(o.refresh), STR("tGzv3JOkF0XG5Qx2TlKWIA"));
	T(o.expires_in == 3600 && o.error[0] == '\0' && o.interval == 0);
	T(oauthjson_parse(STR("{\"device_code\":\"Gm\",\"user_code\":\"WDJB MJHT\","
			      "\"verification_uri\":\"https://e.example/device\","
			      "\"verification_uri_complete\":\"https://e.example/device?u=W\","
			      "\"expires_in\":\"1800\",\"interval\":5}"), &o, &err) == 1);
	T_STR(str_of(o.user_code), STR("WDJB MJHT"));
	T_STR(str_of(o.url), STR("https://e.example/device"));
	T(o.expires_in == 1800 && o.interval == 5 && o.access[0] == '\0');
	T(oauthjson_parse(STR("{\"verification_url\":\"https://g.example/d\"}"), &o, &err) == 1);
	T_STR(str_of(o.url), STR("https://g.example/d"));
	T(oauthjson_parse(STR("{\"error\":\"invalid_grant\",\"error_description\":"
			      "\"gone\\u001b[31m \\u00e4\"}"), &o, &err) == 1);
	T_STR(str_of(o.error), STR("invalid_grant"));
	T_STR(str_of(o.description), STR("gone?[31m ??"));
	T(oauthjson_parse(STR("{\"status\":\"401\",\"schemes\":\"bearer\"}"), &o, &err) == 1);
	T_STR(str_of(o.error), STR("401"));
	T(oauthjson_parse(STR("{\"expires_in\":-5,\"interval\":99999999999999}"), &o, &err) == 1);
	T(o.expires_in == 0 && o.interval > 0 && o.interval < (int64_t)4000 * 86400);
}

static void bad(void)
{
	static const struct str row[] = {
		STR(""), STR("[]"), STR("\"x\""), STR("{"), STR("<html>"), STR("{}x"),
		STR("{\"access_token\":\"a b\"}"), STR("{\"access_token\":\"a\\r\\nA1 LOGOUT\"}"),
		STR("{\"access_token\":\"a\\u0001\"}"), STR("{\"access_token\":7}"),
		STR("{\"access_token\":\"\\u0000\"}"), STR("{\"user_code\":\"\\u001b[2J\"}"),
		STR("{\"verification_uri\":\"https://e.example/\\n\"}"),
	};
	static char big[20000];
	struct err err;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		err = (struct err){0};
		T(oauthjson_parse(row[i], &o, &err) == -1 && err.kind == ERR_NET);
	}
	int n = snprintf(big, sizeof big, "{\"access_token\":\"%0*d\"}", OAUTHJSON_TOKEN - 1, 0);
	T(oauthjson_parse((struct str){big, (size_t)n}, &o, &err) == 1);
	n = snprintf(big, sizeof big, "{\"access_token\":\"%0*d\"}", OAUTHJSON_TOKEN, 0);
	T(oauthjson_parse((struct str){big, (size_t)n}, &o, &err) == -1);
}

int main(void)
{
	good();
	bad();
	return t_done();
}

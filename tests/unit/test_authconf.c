#include "t.h"

#include "authconf.h"
#include "mech.h"

#define PIN "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="

static const char *const keys[] = {AUTHCONF_KEYS, "ca_file", "protocol", NULL};

/* 1 and *out, or -1 and *err. */
static int read(struct arena *a, struct str text, struct authconf *out, struct err *err)
{
	const struct conf_rule rules[] = {{"", keys}, {"account", keys}, {NULL, NULL}};
	struct conf c;
	*err = (struct err){0};
	T(conf_text(a, STR("f"), rules, arena_fmt(a, "[account x]\n%.*s", STR_ARG(text)), &c,
		    err) == 1);
	return authconf_read(a, &c, &c.sections[1], out, err);
}

static void good(struct arena *a)
{
	struct authconf o;
	struct err err;
	T(read(a, STR("password_file = /p\n"), &o, &err) == 1);
	T(o.have == MECH_PASSWORD && o.order == NULL && o.n_pins == 0 && !o.oauth.on);
	T(read(a, STR("password_command = pass x\nauth = scram-sha-256 plain\npin = " PIN ", " PIN
		      "\nca_file = none\n"), &o, &err) == 1);
	T(o.n_order == 2 && o.order[1] == MECH_PLAIN && o.n_pins == 2 && o.only_pins);
	T(o.pins[1][0] == 0xe3 && o.pins[1][31] == 0x55);
	T(read(a, STR("cert_file = /c\n"), &o, &err) == 1 && o.have == MECH_CERT);
	T(read(a, STR("cert_file = /c\nkey_file = /k\npassword_file = /p\n"), &o, &err) == 1);
	T(o.have == (MECH_CERT | MECH_PASSWORD));
	T(read(a, STR("token_command = t\n"), &o, &err) == 1 && o.have == MECH_TOKEN);
	T(read(a, STR("oauth = microsoft\noauth_client_id = id\n"), &o, &err) == 1);
	T(o.oauth.on && o.have == MECH_TOKEN && o.oauth.device_url.n && o.oauth.scope.n);
	T(str_find(o.oauth.scope, STR("/IMAP.")) > 0);
	T(read(a, STR("protocol = pop3\noauth = microsoft\noauth_client_id = id\n"), &o,
	       &err) == 1);
	T(str_find(o.oauth.scope, STR("/POP.")) > 0);
	T(read(a, STR("oauth = google\noauth_client_id = id\noauth_client_secret_file = /s\n"), &o,
	       &err) == 1);
	T(o.oauth.device_url.n == 0 && o.oauth.auth_url.n && o.oauth.secret_file.n);
	T(read(a, STR("oauth = own\noauth_client_id = id\n"
		      "oauth_token_url = http://127.0.0.1:81/t\n"), &o, &err) == 1);
}

static void bad(struct arena *a)
{
	static const struct {
		struct str text;
		const char *says;
	} row[] = {
		{STR(""), "password_file: give one"},
		{STR("password_file = /p\ntoken_command = t\n"), "password_file: give one"},
		{STR("password_file = /p\noauth = google\noauth_client_id = i\n"), "give one"},
		{STR("password = hunter2\n"), ":2: password: secrets do not stand"},
		{STR("oauth = google\noauth_client_id = i\noauth_client_secret = hunter2\n"),
		 ":4: oauth_client_secret: secrets do not stand"},
		{STR("key_file = /k\npassword_file = /p\n"), ":1: cert_file: missing"},
		{STR("password_file = /p\nauth = kerberos\n"), ":3: auth:"},
		{STR("password_file = /p\npin = sha256//AA==\n"), ":3: pin:"},
		{STR("password_file = /p\npin = " PIN "x\n"), ":3: pin:"},
		{STR("password_file = /p\npin = " PIN ",\n"), ":3: pin:"},
		{STR("password_file = /p\nca_file = none\n"), "ca_file: none is for"},
		{STR("oauth = apple\n"), "oauth: must be"},
		{STR("oauth = google\n"), "oauth_client_id: missing"},
		{STR("oauth = own\noauth_client_id = i\n"), "oauth_token_url: must be"},
		{STR("oauth = own\noauth_client_id = i\noauth_token_url = http://e.example/\n"),
		 "oauth_token_url: must be an https"},
		{STR("oauth = own\noauth_client_id = i\noauth_token_url = file:///etc/passwd\n"),
		 "oauth_token_url: must be an https"},
		{STR("oauth = google\noauth_client_id = i\noauth_device_url = ftp://x/\n"),
		 "oauth_device_url"},
		{STR("oauth = google\noauth_client_id = i\noauth_auth_url = http://x/\n"),
		 "oauth_auth_url"},
		{STR("oauth = google\noauth_client_id = i\noauth_client_secret_file = a\n"
		     "oauth_client_secret_command = b\n"), "not both"},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct authconf o;
		struct err err;
		T(read(a, row[i].text, &o, &err) == -1);
		T(err.kind == ERR_DENIED && strstr(err.text, row[i].says));
		T(strstr(err.text, "hunter2") == NULL);
		if (!strstr(err.text, row[i].says))
			printf("  row %zu: %s\n", i, err.text);
	}
}

int main(void)
{
	struct arena a = {0};
	good(&a);
	bad(&a);
	arena_free(&a);
	return t_done();
}

#include "t.h"

#include "jwt.h"

/* RFC 7515 A.2 and A.3. */
#define BODY \
	"eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290" \
	"Ijp0cnVlfQ"
#define RS_HEAD "eyJhbGciOiJSUzI1NiJ9"
#define RS_SIG \
	"cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt" \
	"_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArL" \
	"IARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7no" \
	"OPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQ" \
	"Ge77Rw"
#define ES_HEAD "eyJhbGciOiJFUzI1NiJ9"
#define ES_SIG \
	"DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
#define RSA_N \
	"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEz" \
	"P1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf6" \
	"3kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5Zw" \
	"Kh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRW" \
	"yuXpoQ"
#define RSA "{\"kty\":\"RSA\",\"n\":\"" RSA_N "\",\"e\":\"AQAB\"}"
#define EC \
	"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\"," \
	"\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}"

static void signatures(void)
{
	static const struct {
		const char *keys, *token;
		int want;
	} row[] = {
		{"{\"keys\":[" RSA "," EC "]}", RS_HEAD "." BODY "." RS_SIG, 1},
		{"{\"keys\":[" RSA "," EC "]}", ES_HEAD "." BODY "." ES_SIG, 1},
		{"{\"keys\":[" EC "]}", RS_HEAD "." BODY "." RS_SIG, 0},
		{"{\"keys\":[" RSA "," RSA "]}", RS_HEAD "." BODY "." RS_SIG, 0},
		{"{\"keys\":[]}", ES_HEAD "." BODY "." ES_SIG, 0},
		{"{}", ES_HEAD "." BODY "." ES_SIG, 0},
		{"{\"keys\":[" RSA "]}", RS_HEAD "." BODY "A." RS_SIG, -1},
		{"{\"keys\":[" RSA "]}", RS_HEAD "." BODY ".", -1},
		{"{\"keys\":[" RSA "]}", RS_HEAD "." BODY, -1},
		{"{\"keys\":[" RSA "]}", RS_HEAD "." BODY "." RS_SIG ".", -1},
		{"{\"keys\":[" EC "]}", ES_HEAD "." BODY "." RS_SIG, -1},
		{"{\"keys\":[" RSA "]}", "eyJhbGciOiJub25lIn0." BODY ".", -1},
		{"{\"keys\":[" RSA "]}", "x.y.z", -1},
		{"{\"keys\":[" RSA "]}", "", -1},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct arena a = {0};
		struct err err = {0};
		json_t *claims, *keys = json_loads(row[i].keys, 0, NULL);
		int r = jwt_verify(&a, str_of(row[i].token), keys, &claims, &err);
		T(r == row[i].want);
		if (r > 0)
			T(strcmp(json_string_value(json_object_get(claims, "iss")), "joe") == 0);
		json_decref(claims);
		json_decref(keys);
		arena_free(&a);
	}
}

static void claims(void)
{
	static const struct jwt_want want = {STR("i"), STR("us"), STR("n"), 1000000};
	static const struct {
		const char *text;
		int want;
	} row[] = {
		{"'iss':'i','aud':'us','exp':1000001,'iat':999999,'nonce':'n','sub':'s'", 1},
		{"'iss':'i','aud':['us'],'exp':999950,'iat':1000050,'nonce':'n','sub':'s'", 1},
		{"'iss':'i','aud':['x','us'],'azp':'us','exp':1000001,'iat':1,'nonce':'n',"
		 "'sub':'s'", 1},
		{"'iss':'i','aud':['x','us'],'exp':1000001,'iat':1,'nonce':'n','sub':'s'", -1},
		{"'iss':'j','aud':'us','exp':1000001,'iat':1,'nonce':'n','sub':'s'", -1},
		{"'iss':'i','aud':'them','exp':1000001,'iat':1,'nonce':'n','sub':'s'", -1},
		{"'iss':'i','aud':'us','exp':999940,'iat':1,'nonce':'n','sub':'s'", -1},
		{"'iss':'i','aud':'us','exp':1000001,'iat':1000061,'nonce':'n','sub':'s'", -1},
		{"'iss':'i','aud':'us','exp':1000001,'iat':1,'nonce':'m','sub':'s'", -1},
		{"'iss':'i','aud':'us','exp':1000001,'iat':1,'nonce':'n'", -1},
		{"'iss':'i','aud':'us','iat':1,'nonce':'n','sub':'s'", -1},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		char text[300];
		struct err err = {0};
		snprintf(text, sizeof text, "{%s}", row[i].text);
		for (char *p = text; *p; p++)
			*p = *p == '\'' ? '"' : *p;
		json_t *o = json_loads(text, 0, NULL);
		T(o != NULL && jwt_check(o, &want, &err) == row[i].want);
		json_decref(o);
	}
}

static void base64url(void)
{
	struct arena a = {0};
	struct str out;
	T_STR(jwt_text(&a, STR("\xFB\xFF")), STR("-_8"));
	T(jwt_bytes(&a, STR("-_8"), &out) == 1);
	T_STR(out, STR("\xFB\xFF"));
	T(jwt_bytes(&a, STR("+/8"), &out) == 0);
	T(jwt_bytes(&a, STR("A"), &out) == 0);
	T(jwt_bytes(&a, STR("AA=="), &out) == 0);
	arena_free(&a);
}

int main(void)
{
	signatures();
	claims();
	base64url();
	return t_done();
}

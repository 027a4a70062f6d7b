/* oauthjson: what a token endpoint or a device endpoint answers.
 *
 * What: one JSON object, read into one struct; what is not there is empty or 0.
 * Source: RFC 6749 5.1 and 5.2, RFC 8628 3.2 and 3.5, RFC 7628 3.2.2.
 * Limits: 64 KiB (the caller's); each field its array. Tokens are printable ASCII without space,
 *   so they can go into any protocol; text for people is printable ASCII.
 */
#ifndef OAUTHJSON_H
#define OAUTHJSON_H

#include "err.h"
#include "str.h"

#define OAUTHJSON_TOKEN 16384

struct oauthjson {
	char access[OAUTHJSON_TOKEN], refresh[OAUTHJSON_TOKEN];
	char device_code[4096];
	char user_code[64], url[512], full_url[1024]; /* for people */
	char error[64], description[200];
	int64_t expires_in, interval; /* seconds; 0: not said */
};

/* 1; -1 (ERR_NET): not a JSON object, or a field no client could use. Secrets inside: the
 * caller wipes *out. */
int oauthjson_parse(struct str body, struct oauthjson *out, struct err *err);

#endif

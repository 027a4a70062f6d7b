/* encode: answers made smaller.
 *
 * What: zstd or gzip, as Accept-Encoding says, for text of more than ENCODE_LEAST bytes. Not for
 *   streams, for pieces, and for what has an ETag, which names bytes.
 * Source: RFC 9110 8.4 and 12.5.3, RFC 8878, RFC 1952.
 * BREACH: who can make a browser ask us with words of his choice, and sees how long the answer is,
 *   learns what else stands in it when it is compressed. So nothing is compressed that another
 *   site's page asks for, or a browser that brings a cookie and does not say which page does.
 */
#ifndef ENCODE_H
#define ENCODE_H

#include "http.h"

enum { ENCODE_LEAST = 1024 };
enum encode_kind { ENCODE_NOT, ENCODE_GZIP, ENCODE_ZSTD };

/* What an Accept-Encoding asks for; of several zstd. */
enum encode_kind encode_choose(struct str accept);
/* Compresses the answer where that is allowed, and says so. */
void encode_answer(const struct http_request *req, struct http_response *resp);

#endif

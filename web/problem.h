/* problem: what went wrong, as an answer.
 *
 * Source: RFC 9457 (application/problem+json).
 * Shape: struct err -> status, JSON body or a small page. ERR_BROKEN's text goes to the log
 *   only. Every "type" is an address of this server that explains it.
 */
#ifndef PROBLEM_H
#define PROBLEM_H

#include "call.h"

enum problem_kind {
	PROBLEM_INPUT, PROBLEM_TOKEN, PROBLEM_DENIED, PROBLEM_RIGHT,
	PROBLEM_FOREIGN, PROBLEM_NOT_FOUND, PROBLEM_GONE,
	PROBLEM_METHOD,
	PROBLEM_TOO_LARGE, PROBLEM_TOO_LONG, PROBLEM_LATER, PROBLEM_BROKEN
};

/* The kind of answer an error is. */
enum problem_kind problem_of(const struct err *err);
/* Fills in status, headers and body anew. detail, column: of the error. page: as HTML. */
void problem_answer(enum problem_kind kind, const struct err *err, bool page, struct arena *a,
		    struct http_response *resp);
/* GET /problems/{}: what a type means. */
route_handler problem_explain;

#endif

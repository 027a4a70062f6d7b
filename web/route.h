/* route: which handler answers a path.
 *
 * Shape: one table of {method, pattern, handler}. A pattern's segment "{}" matches any one
 *   segment that is not empty, and gives it to the handler.
 * Memory: plain structs; arguments borrow from the url.
 */
#ifndef ROUTE_H
#define ROUTE_H

#include "http.h"
#include "person.h"
#include "url.h"

enum { ROUTE_MAX_ARGS = 3 };

struct call; /* call.h */
/* Fills in the response: 1; 0 no such thing (404); -1 with *err. */
typedef int route_handler(struct call *call, struct http_response *resp, struct err *err);

enum route_flag {
	ROUTE_PAGE = 2, /* HTML for people: errors are pages too */
	ROUTE_FIRST = 4, /* its form is for those who have no session yet, and needs none */
	ROUTE_LIMIT = 8 /* it says itself that a body is too large */
};

/* What one must be allowed to do; NEED_NOTHING needs not even a name. */
enum route_need {
	NEED_NOTHING = 0,
	NEED_READ = PERSON_READ,
	NEED_TAG = PERSON_TAG,
	NEED_EXPORT = PERSON_EXPORT,
	NEED_AUDIT = PERSON_AUDIT,
	NEED_ADMIN = PERSON_ADMIN
};

struct route {
	const char *method;
	const char *pattern; /* "/api/v1/messages/{}" */
	route_handler *run;
	enum route_need need;
	unsigned flags;      /* enum route_flag */
};

struct route_match {
	const struct route *route;
	struct str args[ROUTE_MAX_ARGS];
	size_t n_args;
	char allow[60]; /* the path's methods, for "Allow" */
};

/* 1: *out is filled; 0: no such path; -1: path found, but not with that method (out->route is
 * then one with the path). HEAD counts as GET. */
int route_find(const struct route *table, size_t n, struct str method, const struct url *u,
	       struct route_match *out);

#endif

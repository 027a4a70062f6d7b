/* userpages: the users, and one of them, as pages for administrators.
 *
 * Shape: plain forms that work without scripts; what they send is done in userwork.c.
 */
#ifndef USERPAGES_H
#define USERPAGES_H

#include "call.h"
#include "route.h"
#include "user.h"

/* What a page says besides: all of it may be empty. */
struct userpages_news {
	struct str trouble;      /* why something was not done */
	struct str token;        /* a new one: it is shown this once */
	struct str url;          /* a new second factor's address, with its codes */
	const struct str *codes;
	size_t n_codes;
};

route_handler userpages_list, userpages_one;
/* May whoever asks change that user at all? Owners are changed by owners only. */
bool userpages_may(const struct call *c, const struct user *u);
/* The page of all users. 1 or -1. */
int userpages_write_list(struct call *c, struct http_response *resp,
			 const struct userpages_news *news, struct err *err);
/* The page of one. 1; 0 no such user; -1. */
int userpages_write_one(struct call *c, struct http_response *resp, struct str name,
			const struct userpages_news *news, struct err *err);

#endif

/* advanced: a form of fields that writes a query, and the page that explains queries.
 *
 * Shape: the form leads to the search page, whose box then holds the query: what was typed into
 *   fields can be read, learnt and changed there. The help is made of the parsers' own tables.
 */
#ifndef ADVANCED_H
#define ADVANCED_H

#include "call.h"

/* GET /fields; with go=1 it leads on to the search */
route_handler advanced_fields;
/* GET /help */
route_handler advanced_help;

#endif

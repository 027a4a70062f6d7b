/* auditlist: the audit log, for those who may read it.
 *
 * What: newest first, by who, what, since, until; in pages of `limit` behind `before`.
 * Limits: AUDITLIST_MOST entries a page; AUDITLIST_LOOK lines are looked at for one.
 */
#ifndef AUDITLIST_H
#define AUDITLIST_H

#include "call.h"

enum { AUDITLIST_USUAL = 100, AUDITLIST_MOST = 1000, AUDITLIST_LOOK = 100000 };

/* GET /api/v1/audit and GET /audit. */
route_handler auditlist_api, auditlist_page;

#endif

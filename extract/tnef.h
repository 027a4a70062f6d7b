/* tnef: winmail.dat, the container in which Outlook hides a mail's text and attachments.
 *
 * Source: [MS-OXTNEF]; libytnef.
 */
#ifndef TNEF_H
#define TNEF_H

#include "document.h"

/* Reads it onto the board. */
void tnef_read(struct document *d);

#endif

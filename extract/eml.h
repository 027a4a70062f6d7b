/* eml: a mail inside another document, with what is in it.
 *
 * What: who, to whom, when, subject; the text of its parts; attachments as members of a container.
 *   What is encrypted is found by its content.
 * Source: lib/mail.
 */
#ifndef EML_H
#define EML_H

#include "document.h"

/* Reads it onto the board. */
void eml_read(struct document *d);

#endif

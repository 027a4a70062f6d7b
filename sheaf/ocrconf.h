/* ocrconf: `ocr` in the section [index] of sheaf.conf, the languages of the words in pictures.
 *
 * Source: docs/attachments.md.
 */
#ifndef OCRCONF_H
#define OCRCONF_H

#include "cmd.h"
#include "extract.h"

/* "eng+deu"; "" where it is not set: pictures are not read. 1 or -1 (ERR_DENIED). */
int ocrconf_read(const struct conf *c, char out[EXTRACT_LANGUAGES], struct err *err);
/* Where pictures shall be read: can they be? 1, or -1 (ERR_DENIED, with what to install). */
int ocrconf_check(const struct cmd_env *env, struct err *err);

#endif

/* peoplecheck: is people.db whole?
 *
 * Errors: ERR_LATER somebody writes; what is wrong with the file itself is a finding.
 */
#ifndef PEOPLECHECK_H
#define PEOPLECHECK_H

#include "err.h"
#include "findings.h"

/* Looks at the file in an archive's directory, deep: at every index too. 1 it is whole, or not
 * there; 0 it is damaged, see *f; -1. */
int peoplecheck(const char *archive_dir, bool deep, struct findings *f, struct err *err);

#endif

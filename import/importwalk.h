/* importwalk: directories of mail.
 *
 * What: Maildirs with their subfolders (Maildir++ and nested), MH folders, and directories of
 *   messages, mbox files and packed files; folders become mailboxes.
 * Shape: names in byte order, so that message numbers do not depend on the file system. Linked
 *   directories are not followed; names that begin with '.' are left out, except the subfolders
 *   of a Maildir.
 * Limits: 64 levels; 1 GiB of names in one directory.
 */
#ifndef IMPORTWALK_H
#define IMPORTWALK_H

#include "importjob.h"

/* Imports a directory, given by its absolute path, and everything below it. `mailbox` is what
 * the directory itself stands for ("": INBOX, and the folders in it get no prefix). 1 or -1. */
int importwalk(struct importjob *j, const char *path, struct str mailbox, struct err *err);

#endif

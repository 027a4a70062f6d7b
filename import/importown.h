/* importown: files that are named by the SHA-256 of their bytes.
 *
 * What: sheaf names what it writes by the hash: "<64 digits>.eml" in segments, and 12 digits in
 *   what sheaf export writes. When the name and the bytes agree, the file is the message itself,
 *   and is taken byte for byte: line ends stay, and a first line "From …" is no envelope.
 */
#ifndef IMPORTOWN_H
#define IMPORTOWN_H

#include <stdbool.h>

/* Does a run of 12 or 64 lower-case hexadecimal digits in the name of the open regular file tell
 * the hash of its bytes? Does not move the file position. False when it cannot be read. */
bool importown(const char *path, int fd);

#endif

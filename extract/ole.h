/* ole: the streams of a compound file, the container of .doc, .xls, .ppt and .msg.
 *
 * Source: [MS-CFB].
 * Limits: chains that run in circles or out of the file end where they do; OLE_ENTRIES entries.
 * Memory: the tables and the streams are copied into the arena.
 */
#ifndef OLE_H
#define OLE_H

#include "arena.h"

enum { OLE_ENTRIES = 65536, OLE_ROOT = 0 };

struct ole_entry {
	struct str name; /* UTF-8 */
	bool stream;     /* false: a folder, or nothing */
	uint32_t parent; /* index of the folder it stands in; UINT32_MAX: in none */
	uint32_t left, right, child, start;
	uint64_t size;
};

struct ole {
	struct arena *a;
	struct str file, mini; /* mini: the stream that holds the small ones */
	size_t sector, mini_sector, cutoff;
	uint32_t *fat, *mini_fat;
	size_t n_fat, n_mini_fat;
	struct ole_entry *entries;
	size_t n;
};

/* Reads the tables. 1; 0 it is no compound file, or not enough of one. */
int ole_open(struct ole *o, struct arena *a, struct str file);
/* The entry of that name in a folder, without ASCII case; UINT32_MAX when there is none. */
uint32_t ole_find(const struct ole *o, uint32_t folder, const char *name);
/* The bytes of a stream, as many of them as there are. Empty for UINT32_MAX. */
struct str ole_stream(const struct ole *o, uint32_t entry);
/* UTF-16LE, an odd byte at the end left out, as UTF-8; and numbers, 0 where there is nothing. */
struct str ole_utf16(struct arena *a, struct str s);
uint32_t ole_u16(struct str s, size_t at);
uint32_t ole_u32(struct str s, size_t at);

#endif

/* large: at most one large message is whole in memory, in the whole process.
 *
 * What: a gate around reading and parsing messages above LARGE_BYTES, so that the memory of a
 *   service does not grow with its threads.
 * Threads: any; the one that holds the place may enter again (a page and its count).
 */
#ifndef LARGE_H
#define LARGE_H

#include <stdbool.h>
#include <stdint.h>

enum { LARGE_BYTES = 4 << 20 };

/* Waits for the place when a message of that size needs it. True: held; give it to large_leave. */
bool large_enter(uint64_t size);
/* Gives the place up, if held, and notes so. */
void large_leave(bool *held);

#endif

#define _GNU_SOURCE
#include "importfile.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* All messages of the file, read in pieces of that size, as one hash. */
static void read_all(int fd, size_t piece, enum mbox_format format,
		     unsigned char out[HASH_BYTES])
{
	struct importfile *f = importfile_open(piece);
	struct hash_ctx *h = hash_new();
	struct importfile_msg m;
	struct str s;
	struct err err;
	lseek(fd, 0, SEEK_SET);
	importfile_format(f, format);
	struct source_fd from = {fd, 0};
	importfile_begin(f, source_fd(&from), fd, IMPORTFILE_AUTO);
	for (; importfile_next(f, &m, &err) == 1; hash_add(h, out, HASH_BYTES)) {
		while (importfile_read(f, &s, &err) == 1)
			hash_add(h, s.p, s.n);
		importfile_found(f, out);
	}
	hash_end(h, out);
	hash_free(&h);
	importfile_close(&f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	unsigned char a[HASH_BYTES], b[HASH_BYTES];
	int fd = memfd_create("fuzz", 0);
	if (fd < 0 || write(fd, data, n) != (ssize_t)n)
		abort();
	enum mbox_format format = MBOX_O + n % 4; /* guessing needs to see as much */
	read_all(fd, 1 + n % 7, format, a);
	read_all(fd, 65536, format, b);
	close(fd);
	return memcmp(a, b, HASH_BYTES) == 0 ? 0 : (abort(), 0);
}

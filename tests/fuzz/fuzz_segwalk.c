#define _GNU_SOURCE
#include "segwalk.h"
#include "tarball.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zstd.h>

int LLVMFuzzerTestOneInput(const unsigned char *p, size_t n);

/* A first byte of 0: zstd frames as they are; else a tar, which is compressed here. */
int LLVMFuzzerTestOneInput(const unsigned char *p, size_t n)
{
	struct segwalk_member m;
	struct str s, k, v;
	struct err err;
	static char z[1 << 20];
	bool raw = n && p[0] == 0;
	size_t zn = raw ? n - 1 : ZSTD_compress(z, sizeof z, p, n & ~(size_t)511, 1);
	int fd = memfd_create("segment", 0);
	if (fd < 0 || zn > sizeof z || write(fd, raw ? (const char *)p + 1 : z, zn) != (ssize_t)zn)
		abort();
	struct segwalk *w = segwalk_new(fd, 0, UINT64_MAX);
	while (segwalk_next(w, &m, &err) == 1)
		while (segwalk_read(w, &s, &err) == 1 ||
		       tarball_next(&m.records, &k, &v, &err) == 1)
			;
	segwalk_free(&w);
	close(fd);
	return 0;
}

#include "t.h"

#include "source.h"

#include <unistd.h>

static struct source_fd file_of(size_t n)
{
	char name[] = "/tmp/sheaf-source-XXXXXX";
	int fd = mkstemp(name);
	unlink(name);
	for (size_t i = 0; i < n; i++) {
		char c = (char)(i * 7 % 251);
		T(write(fd, &c, 1) == 1);
	}
	lseek(fd, 0, SEEK_SET);
	return (struct source_fd){fd, 0};
}

/* All bytes come through the head and behind it, in any pieces. */
static void headed(size_t size, size_t piece)
{
	struct source_fd f = file_of(size);
	struct source_headed h;
	struct err err;
	char all[2000];
	size_t n = 0, got;
	int r;
	T(source_head(&h, source_fd(&f), &err) == 1);
	T(h.n == (size < SOURCE_HEAD ? size : SOURCE_HEAD));
	struct source s = source_headed(&h);
	while ((r = s.read(s.arg, all + n, piece, &got, &err)) == 1) {
		T(got > 0 && got <= piece);
		n += got;
	}
	T(r == 0 && n == size && f.taken == size);
	for (size_t i = 0; i < n; i++)
		if (all[i] != (char)(i * 7 % 251))
			T(!"the same bytes");
	close(f.fd);
}

int main(void)
{
	static const size_t sizes[] = {0, 1, 511, 512, 513, 1100};
	static const size_t pieces[] = {1, 3, 511, 512, 513, 600};
	for (size_t i = 0; i < 6; i++)
		for (size_t k = 0; k < 6; k++)
			headed(sizes[i], pieces[k]);
	struct source_fd bad = {-1, 0};
	struct source_headed h;
	struct err err;
	T(source_head(&h, source_fd(&bad), &err) == -1 && err.kind == ERR_INPUT);
	return t_done();
}

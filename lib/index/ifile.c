#define _GNU_SOURCE
#include "ifile.h"

#include "file.h"

int ifile_begin(struct ifile *w, const char *path, struct err *err)
{
	w->size = 0;
	w->f = fopen(path, "we");
	if (w->f == NULL)
		return err_errno(err, ERR_BROKEN, "cannot create '%s'", path);
	return 1;
}

void ifile_add(struct ifile *w, const void *p, size_t n)
{
	/* A short write sets the stream's error flag, which ifile_end looks at. */
	if (n > 0)
		w->size += fwrite(p, 1, n, w->f);
}

static void put(unsigned char *out, uint64_t v, int n)
{
	for (int i = 0; i < n; i++)
		out[i] = (unsigned char)(v >> (8 * i));
}

void ifile_u32(struct ifile *w, uint32_t v)
{
	unsigned char b[4];
	put(b, v, 4);
	ifile_add(w, b, sizeof b);
}

void ifile_u64(struct ifile *w, uint64_t v)
{
	unsigned char b[8];
	put(b, v, 8);
	ifile_add(w, b, sizeof b);
}

void ifile_patch(struct ifile *w, uint64_t at, const void *p, size_t n)
{
	uint64_t size = w->size;
	if (fseeko(w->f, (off_t)at, SEEK_SET) == 0)
		ifile_add(w, p, n);
	w->size = size;
	/* A failed seek leaves the file short of what its reader checks; say so now. */
	if (fseeko(w->f, 0, SEEK_END) < 0)
		w->size = UINT64_MAX;
}

int ifile_end(struct ifile *w, const char *path, struct err *err)
{
	int r = 1;
	if (w->size == UINT64_MAX || ferror(w->f) || fflush(w->f) != 0)
		r = err_errno(err, ERR_BROKEN, "cannot write '%s'", path);
	if (r == 1)
		r = file_sync(fileno(w->f), err);
	if (fclose(w->f) != 0 && r == 1)
		r = err_errno(err, ERR_BROKEN, "cannot close '%s'", path);
	w->f = NULL;
	return r;
}

void ifile_abandon(struct ifile *w)
{
	if (w->f)
		fclose(w->f);
	w->f = NULL;
}

uint32_t ifile_get32(const char *p)
{
	const unsigned char *b = (const unsigned char *)p;
	return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

uint64_t ifile_get64(const char *p)
{
	return (uint64_t)ifile_get32(p) | (uint64_t)ifile_get32(p + 4) << 32;
}

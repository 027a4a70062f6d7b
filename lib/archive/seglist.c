#include "seglist.h"

#include "seal.h"
#include "segment.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int by_number(const void *x, const void *y)
{
	const struct seglist_file *a = x, *b = y;
	return a->number < b->number ? -1 : a->number > b->number;
}

int seglist_read(const char *dir, struct arena *a, const struct seglist_file **out, size_t *n_out,
		 struct err *err)
{
	char path[4096];
	struct dirent *e;
	struct stat st;
	struct seglist_file *list = NULL;
	size_t n = 0;
	snprintf(path, sizeof path, "%s/segments", dir);
	DIR *d = opendir(path);
	if (d == NULL)
		return err_errno(err, ERR_BROKEN, "cannot read '%s'", path);
	while ((e = readdir(d)) != NULL) {
		uint32_t number = segment_number(e->d_name);
		if (number == 0)
			continue;
		segment_path(path, sizeof path, dir, number);
		if (stat(path, &st) < 0)
			continue;
		list = arena_grow(a, list, n, sizeof *list);
		seal_path(path, sizeof path, dir, number);
		list[n++] = (struct seglist_file){number, (uint64_t)st.st_size,
						  access(path, F_OK) == 0};
	}
	closedir(d);
	if (n)
		qsort(list, n, sizeof *list, by_number);
	for (size_t i = 0; i + 1 < n; i++)
		list[i].sealed = true;
	*out = list;
	*n_out = n;
	return 1;
}

const struct seglist_file *seglist_find(const struct seglist_file *list, size_t n, uint32_t number)
{
	struct seglist_file key = {.number = number};
	return n ? bsearch(&key, list, n, sizeof *list, by_number) : NULL;
}

#include "t.h"

#include "importown.h"

#include <fcntl.h>
#include <unistd.h>

/* SHA-256 of "abc" (FIPS 180-4). */
#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static const struct {
	const char *name;
	bool own;
} rows[] = {
	{ABC ".eml", true},
	{"/x/" ABC, true},
	{"00000012-ba7816bf8f01.eml", true},
	{"1049191200.12-ba7816bf8f01-7.sheaf:2,FS", true},
	{"0123456789ab-ba7816bf8f01", true},
	{"ba7816bf8f01cf.eml", false},
	{"ba7816bf8f0.eml", false},
	{"BA7816BF8F01.eml", false},
	{"ba7816bf8f02.eml", false},
	{"/ba7816bf8f01/x.eml", false},
	{"", false},
};

int main(void)
{
	char path[5000];
	snprintf(path, sizeof path, "%s/abc", t_dir());
	int fd = open(path, O_RDWR | O_CREAT, 0600);
	T(write(fd, "abc", 3) == 3);
	T(lseek(fd, 0, SEEK_SET) == 0);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		T(importown(rows[i].name, fd) == rows[i].own);
		T(lseek(fd, 0, SEEK_CUR) == 0);
	}
	close(fd);
	T(!importown(ABC, fd));
	return t_done();
}

#include "t.h"

#include "file.h"
#include "proc.h"

#include <fcntl.h>
#include <unistd.h>

static char dir[4000], path[4096];

static void replace_and_load(void)
{
	struct buf b;
	struct err err = {0};
	buf_init(&b, 100);
	T(file_load(path, &b, &err) == 0);
	T(file_replace(path, STR("one"), &err) == 1);
	T(file_replace(path, STR("two two"), &err) == 1);
	T(file_load(path, &b, &err) == 1);
	T_STR(buf_all(&b), STR("two two"));
	buf_free(&b);
	buf_init(&b, 3);
	T(file_load(path, &b, &err) == -1 && err.kind == ERR_INPUT);
	buf_free(&b);
	struct str map;
	T(file_map(path, &map, &err) == 1);
	T_STR(map, STR("two two"));
	file_unmap(&map);
	T(file_replace("/proc/nothing/here", STR("x"), &err) == -1 && err.kind == ERR_BROKEN);
}

static int take(void *arg, int fd)
{
	struct err err;
	int lock;
	(void)arg;
	(void)fd;
	if (file_lock(path, &lock, &err) == 1)
		return 1;
	char want[64];
	snprintf(want, sizeof want, "process %ld", (long)getppid());
	return err.kind == ERR_LATER && strstr(err.text, want) ? 0 : 2;
}

static void locks(void)
{
	struct err err = {0};
	struct proc p;
	int lock = -1;
	T(file_lock(path, &lock, &err) == 1);
	T(proc_start(&p, take, NULL, &err) == 1);
	T(proc_wait(&p) == 0);
	close(lock);
	T(proc_start(&p, take, NULL, &err) == 1);
	T(proc_wait(&p) == 1);
}

static void pieces(void)
{
	struct err err = {0};
	char got[6];
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	T(file_write(fd, "hello", 5, &err) == 1);
	T(file_pwrite(fd, "J", 1, 0, &err) == 1);
	T(file_pread(fd, got, 5, 0, &err) == 1 && memcmp(got, "Jello", 5) == 0);
	T(file_pread(fd, got, 6, 0, &err) == 0);
	T(file_sync(fd, &err) == 1);
	close(fd);
	T(file_write(fd, "x", 1, &err) == -1 && err.kind == ERR_BROKEN);
}

int main(void)
{
	struct err err = {0};
	snprintf(dir, sizeof dir, "%s/a/b/c", t_dir());
	T(file_mkdirs(dir, &err) == 1);
	T(file_mkdirs(dir, &err) == 1);
	snprintf(path, sizeof path, "%s/f", dir);
	replace_and_load();
	locks();
	pieces();
	T(file_mkdirs(path, &err) == 1 || err.kind == ERR_BROKEN);
	T(file_remove_tree(dir, &err) == 1 && access(dir, F_OK) < 0);
	T(file_remove_tree(dir, &err) == 1);
	return t_done();
}

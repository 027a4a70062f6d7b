#define _GNU_SOURCE
#include "audit.h"
#include "auditread.h"
#include "file.h"
#include "proc.h"
#include "t.h"

#include <sys/stat.h>
#include <unistd.h>

static const char *dir;

static int put(struct audit *a, int i, uint64_t *number)
{
	struct err err = {0};
	json_t *o = json_pack("{s:s, s:i}", "what", "searched", "i", i);
	int r = audit_append(a, o, number, &err);
	json_decref(o);
	return r;
}

/* Entries that follow, of all that there are. */
static uint64_t sound(uint64_t *all, uint64_t *torn)
{
	struct auditread *r;
	struct auditread_entry e;
	struct err err = {0};
	uint64_t n = 0;
	*all = 0;
	T(auditread_open(&r, dir, false, &err) == 1);
	while (auditread_next(r, &e, &err) == 1) {
		++*all;
		n += e.wrong == NULL;
	}
	*torn = auditread_torn(r);
	auditread_close(&r);
	return n;
}

static void holds(uint64_t want)
{
	uint64_t all, torn, n = sound(&all, &torn);
	T(n == want);
	T(all == want);
	T(torn == 0);
}

static void path_of(char path[4096], const char *name)
{
	struct err err = {0};
	T(audit_path(path, 4096, dir, name, &err) == 1);
}

static void anew(void)
{
	struct err err = {0};
	char path[4096];
	path_of(path, "");
	T(file_remove_tree(path, &err) == 1);
}

static void test_rotation(void)
{
	struct audit *a;
	struct err err = {0};
	uint64_t n = 0;
	unsigned *files;
	size_t n_files;
	anew();
	holds(0);
	T(audit_open(&a, dir, 1000, &err) == 1);
	for (int i = 1; i <= 30; i++) {
		T(put(a, i, &n) == 1);
		T(n == (uint64_t)i);
	}
	audit_close(&a);
	T(audit_files(dir, &files, &n_files, &err) == 1);
	T(n_files > 3 && files[0] == 1 && files[n_files - 1] == n_files);
	free(files);
	holds(30);
	/* The next file was made, and the process died. */
	char path[4096], name[16];
	snprintf(name, sizeof name, "%06zu.log", n_files + 1);
	path_of(path, name);
	T(file_replace(path, STR(""), &err) == 1);
	T(audit_open(&a, dir, 1000, &err) == 1);
	T(put(a, 31, &n) == 1 && n == 31);
	audit_close(&a);
	holds(31);
	/* The oldest file is taken away: the rest still follows. */
	path_of(path, "000001.log");
	T(unlink(path) == 0);
	uint64_t all, torn, left = sound(&all, &torn);
	T(left == all && all < 31 && all > 20);
}

static void append_raw(const char *path, struct str s)
{
	FILE *f = fopen(path, "ae");
	T(f && fwrite(s.p, 1, s.n, f) == s.n);
	T(f && fclose(f) == 0);
}

static void test_torn(void)
{
	struct audit *a;
	struct err err = {0};
	char path[4096];
	uint64_t n, all, torn;
	anew();
	T(audit_open(&a, dir, 1 << 20, &err) == 1);
	T(put(a, 1, &n) == 1 && put(a, 2, &n) == 1);
	path_of(path, "000001.log");
	append_raw(path, STR("{\"n\":3,\"prev\":\"12"));
	T(sound(&all, &torn) == 2 && torn == 17);
	/* The same process finds it, and one that starts. */
	T(put(a, 3, &n) == 1 && n == 3);
	append_raw(path, STR("{\"n\""));
	audit_close(&a);
	T(audit_open(&a, dir, 1 << 20, &err) == 1);
	T(put(a, 4, &n) == 1 && n == 4);
	audit_close(&a);
	holds(4);
	/* A last line that is no entry is not built upon. */
	append_raw(path, STR("rubbish\n"));
	T(audit_open(&a, dir, 1 << 20, &err) == 1);
	T(put(a, 5, &n) == -1);
	audit_close(&a);
}

/* Every byte counts. */
static void test_flips(void)
{
	struct audit *a;
	struct err err = {0};
	struct buf text;
	char path[4096];
	uint64_t n, all, torn;
	anew();
	T(audit_open(&a, dir, 1 << 20, &err) == 1);
	for (int i = 1; i <= 3; i++)
		T(put(a, i, &n) == 1);
	audit_close(&a);
	path_of(path, "000001.log");
	buf_init(&text, 1 << 20);
	T(file_load(path, &text, &err) == 1);
	size_t second = (size_t)str_chr(buf_all(&text), '\n') + 1;
	ptrdiff_t third = str_chr(str_cut(buf_all(&text), second, text.n), '\n');
	for (size_t i = 0; i < second + (size_t)third + 1; i++) {
		text.p[i] ^= 1;
		T(file_replace(path, buf_all(&text), &err) == 1);
		T(sound(&all, &torn) < 3);
		text.p[i] ^= 1;
	}
	/* A line taken out. */
	struct str all_of_it = buf_all(&text);
	T(file_replace(path, str_cut(all_of_it, second, all_of_it.n), &err) == 1);
	T(sound(&all, &torn) < all);
	buf_free(&text);
}

enum { WRITERS = 5, EACH = 25 };

static int in_child(void *arg, int fd)
{
	struct audit *a;
	struct err err = {0};
	(void)arg;
	(void)fd;
	if (audit_open(&a, dir, 4000, &err) < 0)
		return 1;
	for (int i = 0; i < EACH; i++)
		if (put(a, i, NULL) < 0)
			return 2;
	audit_close(&a);
	return 0;
}

static void test_many(void)
{
	struct err err = {0};
	struct proc p[WRITERS];
	anew();
	for (int i = 0; i < WRITERS; i++)
		T(proc_start(&p[i], in_child, NULL, &err) == 1);
	for (int i = 0; i < WRITERS; i++)
		T(proc_wait(&p[i]) == 0);
	holds(WRITERS * EACH);
}

static void test_unwritable(void)
{
	struct audit *a;
	struct err err = {0};
	uint64_t n;
	anew();
	T(audit_open(&a, dir, 1 << 20, &err) == 1);
	json_t *o = json_object();
	char *big = malloc(AUDIT_MOST + 1);
	memset(big, 'x', AUDIT_MOST);
	json_object_set_new(o, "big", json_stringn(big, AUDIT_MOST));
	T(audit_append(a, o, &n, &err) == -1 && err.kind == ERR_INPUT);
	json_decref(o);
	free(big);
	T(put(a, 1, &n) == 1 && n == 1);
	audit_close(&a);
	holds(1);
	char path[4096];
	path_of(path, "");
	T(file_remove_tree(path, &err) == 1);
	T(file_replace(path, STR("a file, no directory"), &err) == 1);
	T(audit_open(&a, dir, 1 << 20, &err) == -1);
	T(unlink(path) == 0);
}

int main(void)
{
	struct err err = {0};
	dir = t_dir();
	test_rotation();
	test_torn();
	test_flips();
	test_many();
	test_unwritable();
	T(file_remove_tree(dir, &err) == 1);
	return t_done();
}

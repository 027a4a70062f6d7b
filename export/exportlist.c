#define _GNU_SOURCE
#include "exportlist.h"

#include "facts.h"
#include "file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define GATHERED ((size_t)64 << 10)
#define LINES_MOST ((size_t)64 << 20) /* a message with 100,000 copies */

/* Not every file system knows O_TMPFILE. */
int exportlist_open(struct exportlist *l, const char *dir, struct err *err)
{
	char path[4200];
	*l = (struct exportlist){.fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)};
	buf_init(&l->lines, LINES_MOST);
	if (l->fd >= 0)
		return 1;
	snprintf(path, sizeof path, "%s/.list-XXXXXX", dir);
	l->fd = mkostemp(path, O_CLOEXEC);
	if (l->fd < 0)
		return err_errno(err, ERR_BROKEN, "cannot make a temporary file in '%s'", dir);
	unlink(path);
	return 1;
}

void exportlist_close(struct exportlist *l)
{
	if (l->lines.max && l->fd >= 0)
		close(l->fd);
	buf_free(&l->lines);
	*l = (struct exportlist){0};
}

static int drain(struct exportlist *l, size_t least, struct err *err)
{
	if (l->lines.full)
		return err_set(err, ERR_BROKEN, "a line of the manifest is too long");
	if (l->lines.n < least)
		return 1;
	if (l->lines.n && file_write(l->fd, l->lines.p, l->lines.n, err) < 0)
		return -1;
	l->size += l->lines.n;
	buf_clear(&l->lines);
	return 1;
}

int exportlist_sum(struct exportlist *l, const unsigned char hash[HASH_BYTES], struct str path,
		   struct err *err)
{
	char hex[HASH_HEX + 1];
	hash_hex(hash, HASH_BYTES, hex);
	buf_fmt(&l->lines, "%s  %.*s\n", hex, STR_ARG(path));
	return drain(l, GATHERED, err);
}

static int gather(const char *p, size_t n, void *to)
{
	buf_add(to, p, n);
	return 0;
}

int exportlist_json(struct exportlist *l, json_t *o, struct err *err)
{
	json_dump_callback(o, gather, &l->lines, JSON_COMPACT);
	buf_chr(&l->lines, '\n');
	json_decref(o);
	return drain(l, GATHERED, err);
}

int exportlist_flush(struct exportlist *l, uint64_t *size_out, struct err *err)
{
	int r = drain(l, 0, err);
	*size_out = l->size;
	return r;
}

int exportlist_copy(const struct exportlist *l, int fd, struct err *err)
{
	static char piece[65536];
	for (uint64_t at = 0; at < l->size;) {
		size_t n = l->size - at < sizeof piece ? (size_t)(l->size - at) : sizeof piece;
		int r = file_pread(l->fd, piece, n, (off_t)at, err);
		if (r == 0)
			err_set(err, ERR_BROKEN, "a temporary file is shorter than it was");
		if (r < 1 || file_write(fd, piece, n, err) < 0)
			return -1;
		at += n;
	}
	return 1;
}

void exportlist_text(json_t *o, const char *key, struct str s)
{
	if (s.n == 0)
		return;
	if (str_utf8(s)) {
		json_object_set_new(o, key, json_stringn(s.p, s.n));
		return;
	}
	struct buf hex;
	char name[64];
	snprintf(name, sizeof name, "%s.hex", key);
	buf_init(&hex, 2 * s.n + 1);
	char *to = buf_room(&hex, 2 * s.n + 1);
	hash_hex((const unsigned char *)s.p, s.n, to);
	json_object_set_new(o, name, json_stringn(to, 2 * s.n));
	buf_free(&hex);
}

json_t *exportlist_where(const struct archive_epoch *e, const struct archive_copy *c)
{
	char date[FACTS_DATE];
	struct buf flags;
	json_t *o = json_object();
	exportlist_text(o, "account", e->account);
	exportlist_text(o, "mailbox", e->mailbox);
	json_object_set_new(o, "uidvalidity", json_integer(e->uidvalidity));
	json_object_set_new(o, "uid", json_integer(c->uid));
	if (facts_date(date, c->internaldate, c->zone))
		json_object_set_new(o, "internaldate", json_string(date));
	buf_init(&flags, 128);
	facts_flag_names(&flags, c->flags);
	exportlist_text(o, "flags", buf_all(&flags));
	buf_free(&flags);
	exportlist_text(o, "keywords", c->keywords);
	exportlist_text(o, "source", c->source);
	if (c->vanished)
		json_object_set_new(o, "vanished", json_integer(c->vanished));
	return o;
}

#define _GNU_SOURCE
#include "tarball.h"

#include "hash.h"

#include <stdio.h>

/* The ustar header. Every field is text; numbers are octal. */
struct ustar {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], chksum[8], type;
	char linkname[100], magic[6], version[2], uname[32], gname[32], devmajor[8], devminor[8];
	char prefix[155], unused[12];
};
_Static_assert(sizeof(struct ustar) == TARBALL_BLOCK, "ustar header is one block");

#define SIZE_MOST (((uint64_t)1 << 33) - 1)

static void octal(char *to, size_t n, uint64_t v)
{
	to[--n] = '\0';
	while (n) {
		to[--n] = (char)('0' + (v & 7));
		v >>= 3;
	}
}

/* The sum of all bytes, the checksum field itself counted as spaces. */
static unsigned checksum(const struct ustar *h)
{
	const unsigned char *p = (const unsigned char *)h;
	unsigned sum = 0;
	for (size_t i = 0; i < sizeof *h; i++)
		sum += p[i];
	for (size_t i = 0; i < sizeof h->chksum; i++)
		sum += ' ' - (unsigned char)h->chksum[i];
	return sum;
}

static void header(struct buf *out, struct str name, char type, uint64_t size, int64_t mtime)
{
	struct ustar h = {.type = type};
	if (name.n)
		memcpy(h.name, name.p, name.n < sizeof h.name ? name.n : sizeof h.name);
	octal(h.mode, sizeof h.mode, type == '5' ? 0755 : 0644);
	octal(h.uid, sizeof h.uid, 0);
	octal(h.gid, sizeof h.gid, 0);
	octal(h.size, sizeof h.size, size);
	octal(h.mtime, sizeof h.mtime, mtime > 0 ? (uint64_t)mtime & SIZE_MOST : 0);
	octal(h.devmajor, sizeof h.devmajor, 0);
	octal(h.devminor, sizeof h.devminor, 0);
	memcpy(h.magic, "ustar", 6);
	memcpy(h.version, "00", 2);
	octal(h.chksum, 7, checksum(&h));
	h.chksum[7] = ' ';
	buf_add(out, &h, sizeof h);
}

static void pad(struct buf *out, uint64_t size)
{
	static const char zeros[TARBALL_BLOCK];
	buf_add(out, zeros, tarball_padding(size));
}

/* Decimal digits at the end of to[20]. These headers are made for every message: no printf. */
static struct str decimal(char to[20], uint64_t v)
{
	size_t at = 20;
	do
		to[--at] = (char)('0' + v % 10);
	while (v /= 10);
	return (struct str){to + at, 20 - at};
}

/* "<n> key=value" and LF, where n counts the whole record, its own digits included. */
static void record(struct buf *out, const char *prefix, const char *key, struct str value)
{
	char digits[20];
	size_t rest = 1 + strlen(prefix) + strlen(key) + 1 + value.n + 1, n = rest + 1;
	while (n != rest + decimal(digits, n).n)
		n++;
	buf_str(out, decimal(digits, n));
	buf_chr(out, ' ');
	buf_str(out, str_of(prefix));
	buf_str(out, str_of(key));
	buf_chr(out, '=');
	buf_str(out, value);
	buf_chr(out, '\n');
}

static bool ascii(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

void tarball_records_head(struct buf *out, uint64_t n, int64_t mtime)
{
	header(out, STR("PaxHeaders/member"), 'x', n, mtime);
}

static void member(struct buf *out, struct str name, uint64_t size, int64_t mtime,
		   struct str records, char type)
{
	struct buf path;
	buf_init(&path, 8192);
	if (name.n > 100 || !ascii(name))
		record(&path, "", "path", name);
	uint64_t n = path.n + records.n;
	if (n) {
		tarball_records_head(out, n, mtime);
		buf_str(out, buf_all(&path));
		buf_str(out, records);
		pad(out, n);
	}
	header(out, name, type, size, mtime);
	buf_free(&path);
}

void tarball_member(struct buf *out, struct str name, uint64_t size, int64_t mtime,
		    struct str records)
{
	member(out, name, size, mtime, records, '0');
}

void tarball_folder(struct buf *out, struct str name, int64_t mtime)
{
	member(out, name, 0, mtime, STR(""), '5');
}

void tarball_record(struct buf *records, const char *key, struct str value)
{
	static const char digit[] = "0123456789abcdef";
	if (str_utf8(value) && str_chr(value, '\0') < 0 && str_chr(value, '\n') < 0) {
		record(records, TARBALL_OURS, key, value);
		return;
	}
	struct buf hex, name;
	buf_init(&hex, 2 * value.n);
	buf_init(&name, 256);
	for (size_t i = 0; i < value.n; i++) {
		buf_chr(&hex, digit[(unsigned char)value.p[i] >> 4]);
		buf_chr(&hex, digit[(unsigned char)value.p[i] & 15]);
	}
	buf_fmt(&name, "%s.hex", key);
	record(records, TARBALL_OURS, buf_cstr(&name), buf_all(&hex));
	buf_free(&hex);
	buf_free(&name);
}

void tarball_number(struct buf *records, const char *key, uint64_t value)
{
	char digits[20];
	record(records, TARBALL_OURS, key, decimal(digits, value));
}

size_t tarball_padding(uint64_t size)
{
	return (size_t)(-size & (TARBALL_BLOCK - 1));
}

/* Octal digits up to a NUL or space. */
static bool number(const char *p, size_t n, uint64_t *out)
{
	uint64_t v = 0;
	size_t i = 0;
	while (i < n && p[i] == ' ')
		i++;
	size_t first = i;
	for (; i < n && p[i] >= '0' && p[i] <= '7'; i++)
		v = v << 3 | (uint64_t)(p[i] - '0');
	*out = v;
	return i > first && (i == n || p[i] == '\0' || p[i] == ' ');
}

int tarball_head(const void *block, struct tarball_head *out, struct err *err)
{
	static const char zeros[TARBALL_BLOCK];
	struct ustar h;
	uint64_t sum, mtime;
	if (memcmp(block, zeros, sizeof zeros) == 0)
		return 0;
	memcpy(&h, block, sizeof h);
	if (memcmp(h.magic, "ustar", 5) != 0 || !number(h.chksum, sizeof h.chksum, &sum) ||
	    sum != checksum(&h))
		return err_set(err, ERR_BROKEN, "tar header is damaged");
	if (!number(h.size, sizeof h.size, &out->size) || out->size > SIZE_MOST ||
	    !number(h.mtime, sizeof h.mtime, &mtime))
		return err_set(err, ERR_BROKEN, "tar header holds a bad number");
	size_t p = strnlen(h.prefix, sizeof h.prefix), n = strnlen(h.name, sizeof h.name);
	snprintf(out->name, sizeof out->name, "%.*s%s%.*s", (int)p, h.prefix, p ? "/" : "", (int)n,
		 h.name);
	out->type = h.type ? h.type : '0';
	out->mtime = (int64_t)mtime;
	return 1;
}

int tarball_next(struct str *records, struct str *key, struct str *value, struct err *err)
{
	uint64_t n;
	if (records->n == 0)
		return 0;
	ptrdiff_t sp = str_chr(*records, ' ');
	if (sp < 1 || sp > 10 || !str_u64(str_cut(*records, 0, (size_t)sp), &n) ||
	    n > records->n || n < (size_t)sp + 3 || records->p[n - 1] != '\n')
		return err_set(err, ERR_BROKEN, "pax record is malformed");
	struct str body = str_cut(*records, (size_t)sp + 1, n - 1);
	ptrdiff_t eq = str_chr(body, '=');
	if (eq < 1)
		return err_set(err, ERR_BROKEN, "pax record is malformed");
	*key = str_cut(body, 0, (size_t)eq);
	*value = str_cut(body, (size_t)eq + 1, body.n);
	*records = str_cut(*records, n, records->n);
	return 1;
}

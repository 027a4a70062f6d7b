#include "ole.h"

#include "utf8.h"

enum {
	FREE = 0xFFFFFFFA, /* this and above end a chain */
	ENTRY = 128,
	MAX_SHIFT = 12,
	HEADER = 512,
	IN_HEADER = 109 /* sectors of the FAT that the header names */
};

uint32_t ole_u16(struct str s, size_t at)
{
	const unsigned char *p = (const unsigned char *)s.p + at;
	return s.n < 2 || at > s.n - 2 ? 0 : (uint32_t)(p[0] | p[1] << 8);
}

uint32_t ole_u32(struct str s, size_t at)
{
	return s.n < 4 || at > s.n - 4 ? 0 : ole_u16(s, at) | ole_u16(s, at + 2) << 16;
}

struct str ole_utf16(struct arena *a, struct str s)
{
	size_t n = 0;
	char *out = arena_alloc(a, s.n / 2 * 3 + 1);
	for (size_t i = 0; i + 1 < s.n; i += 2) {
		uint32_t cp = ole_u16(s, i), low = ole_u16(s, i + 2);
		if (cp >= 0xD800 && cp < 0xDC00 && low >= 0xDC00 && low < 0xE000) {
			cp = 0x10000 + ((cp - 0xD800) << 10) + (low - 0xDC00);
			i += 2;
		}
		n += utf8_put(out + n, cp);
	}
	return (struct str){out, n};
}

/* Sector i of the file, as much of it as there is. */
static struct str sector(const struct ole *o, uint32_t i)
{
	size_t at = ((size_t)i + 1) * o->sector;
	return str_cut(o->file, at, at + o->sector);
}

/* All sectors of a chain, one behind the other. A chain has no more of them than the file. */
static struct str chain(const struct ole *o, uint32_t start, uint64_t most)
{
	size_t room = most < o->file.n ? (size_t)most : o->file.n, n = 0, steps = 0;
	char *out = arena_alloc(o->a, room + 1);
	while (start < o->n_fat && n < room && steps++ <= o->n_fat) {
		struct str s = str_cut(sector(o, start), 0, room - n);
		if (s.n)
			memcpy(out + n, s.p, s.n);
		n += s.n;
		start = o->fat[start];
	}
	return (struct str){out, n};
}

static struct str small_chain(const struct ole *o, uint32_t start, uint64_t most)
{
	size_t room = most < o->mini.n ? (size_t)most : o->mini.n, n = 0, steps = 0;
	char *out = arena_alloc(o->a, room + 1);
	while (start < o->n_mini_fat && n < room && steps++ <= o->n_mini_fat) {
		size_t at = (size_t)start * o->mini_sector;
		struct str s = str_cut(o->mini, at, at + o->mini_sector);
		s = str_cut(s, 0, room - n);
		if (s.n)
			memcpy(out + n, s.p, s.n);
		n += s.n;
		start = o->mini_fat[start];
	}
	return (struct str){out, n};
}

static void add_fat(struct ole *o, uint32_t number, size_t most)
{
	struct str s = sector(o, number);
	for (size_t i = 0; i + 4 <= s.n && o->n_fat < most; i += 4)
		o->fat[o->n_fat++] = ole_u32(s, i);
}

/* The table of sectors is itself in sectors, whose numbers are in the header and in a chain. */
static void read_fat(struct ole *o)
{
	size_t most = o->file.n / o->sector + 1, steps = 0;
	uint32_t next = ole_u32(o->file, 68);
	o->fat = arena_alloc(o->a, most * sizeof *o->fat);
	for (size_t i = 0; i < IN_HEADER; i++) {
		uint32_t number = ole_u32(o->file, 76 + 4 * i);
		if (number < FREE)
			add_fat(o, number, most);
	}
	while (next < FREE && next < most && steps++ < most) {
		struct str s = sector(o, next);
		for (size_t i = 0; i + 8 <= s.n; i += 4)
			if (ole_u32(s, i) < FREE)
				add_fat(o, ole_u32(s, i), most);
		next = s.n >= 4 ? ole_u32(s, s.n - 4) : FREE;
	}
}

static void read_entry(struct ole *o, struct str dir, size_t i)
{
	struct str s = str_cut(dir, i * ENTRY, (i + 1) * ENTRY);
	struct ole_entry *e = &o->entries[i];
	size_t n = ole_u16(s, 64);
	e->name = ole_utf16(o->a, str_cut(s, 0, n >= 2 && n <= 64 ? n - 2 : 0));
	e->stream = s.p[66] == 2;
	e->left = ole_u32(s, 68);
	e->right = ole_u32(s, 72);
	e->child = ole_u32(s, 76);
	e->start = ole_u32(s, 116);
	e->size = ole_u32(s, 120);
	e->parent = UINT32_MAX;
}

/* Writes down for each entry which folder it stands in. Each is visited once. */
static void set_parents(struct ole *o)
{
	uint32_t *stack = arena_alloc(o->a, o->n * sizeof *stack);
	bool *seen = arena_alloc(o->a, o->n);
	size_t n = 1;
	seen[OLE_ROOT] = true; /* stack[0] is the root */
	while (n) {
		uint32_t at = stack[--n];
		const struct ole_entry *e = &o->entries[at];
		const uint32_t next[] = {e->left, e->right, e->child};
		for (size_t i = 0; i < 3; i++) {
			if (next[i] >= o->n || seen[next[i]] || (at == OLE_ROOT && i < 2))
				continue;
			seen[next[i]] = true;
			o->entries[next[i]].parent = i == 2 ? at : e->parent;
			stack[n++] = next[i];
		}
	}
}

int ole_open(struct ole *o, struct arena *a, struct str file)
{
	*o = (struct ole){.a = a, .file = file};
	uint32_t shift = ole_u16(file, 30), mini_shift = ole_u16(file, 32);
	if (file.n < HEADER || !str_starts(file, STR("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")) ||
	    shift < 7 || shift > MAX_SHIFT || mini_shift < 4 || mini_shift > shift)
		return 0;
	o->sector = (size_t)1 << shift;
	o->mini_sector = (size_t)1 << mini_shift;
	o->cutoff = ole_u32(file, 56);
	read_fat(o);
	struct str dir = chain(o, ole_u32(file, 48), UINT64_MAX);
	o->n = dir.n / ENTRY < OLE_ENTRIES ? dir.n / ENTRY : OLE_ENTRIES;
	if (o->n == 0)
		return 0;
	o->entries = arena_alloc(a, o->n * sizeof *o->entries);
	for (size_t i = 0; i < o->n; i++)
		read_entry(o, dir, i);
	set_parents(o);
	struct str table = chain(o, ole_u32(file, 60), UINT64_MAX);
	o->n_mini_fat = table.n / 4;
	o->mini_fat = arena_alloc(a, table.n + 4);
	for (size_t i = 0; i < o->n_mini_fat; i++)
		o->mini_fat[i] = ole_u32(table, 4 * i);
	o->mini = chain(o, o->entries[OLE_ROOT].start, o->entries[OLE_ROOT].size);
	return 1;
}

uint32_t ole_find(const struct ole *o, uint32_t folder, const char *name)
{
	for (size_t i = 1; i < o->n; i++)
		if (o->entries[i].parent == folder && str_ieq(o->entries[i].name, str_of(name)))
			return (uint32_t)i;
	return UINT32_MAX;
}

struct str ole_stream(const struct ole *o, uint32_t entry)
{
	if (entry >= o->n || !o->entries[entry].stream)
		return STR("");
	const struct ole_entry *e = &o->entries[entry];
	return e->size < o->cutoff ? small_chain(o, e->start, e->size)
				   : chain(o, e->start, e->size);
}

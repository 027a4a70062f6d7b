#include "t.h"

#include "change.h"
#include "leaf.h"
#include "reseg.h"
#include "scrub.h"
#include "segment.h"
#include "tarball.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static struct err err;

#define OK(call, want) ok((call), (want), #call, __LINE__)
static void ok(int r, int want, const char *what, int line)
{
	t_check(r == want, what, __FILE__, line);
	if (r != want)
		printf("  returned %d, error '%s'\n", r, r < 0 ? err.text : "");
}

static uint32_t numbers[] = {2, 4};
static struct scrub_copy copies[] = {{1, 12}, {3, 7}};
static struct scrub_set set = {numbers, 2, copies, 2};

/* A message's member. *leaf_out is its leaf. */
static void put_message(struct buf *out, uint64_t number, struct str body,
			unsigned char leaf_out[HASH_BYTES])
{
	unsigned char hash[HASH_BYTES], salt[LEAF_SALT];
	bool goes = number % 2 == 0;
	static struct leaf_salts salts;
	char name[HASH_HEX + 5], hex[2 * LEAF_SALT + 1];
	struct buf r;
	hash_of(body, hash);
	leaf_salt(&salts, salt);
	hash_hex(hash, HASH_BYTES, name);
	memcpy(name + HASH_HEX, ".eml", 5);
	buf_init(&r, 1 << 20);
	tarball_number(&r, "number", number);
	tarball_number(&r, "change", number);
	tarball_number(&r, "at", 1000);
	tarball_number(&r, "epoch", 1);
	tarball_record(&r, "account", STR("ann"));
	tarball_record(&r, "mailbox", STR("na\xefve"));
	tarball_number(&r, "uidvalidity", 7);
	tarball_number(&r, "uid", 10 + number);
	tarball_record(&r, "internaldate", STR("2003-04-01T12:00:00+02:00"));
	tarball_record(&r, "flags", STR("\\Seen"));
	tarball_record(&r, "keywords", goes ? STR("secretword") : STR("kept"));
	tarball_record(&r, "source", goes ? STR("/secret\nplace") : STR("/a"));
	tarball_record(&r, "later", goes ? STR("secret") : STR("kept"));
	leaf_hash(salt, hash, buf_all(&r), leaf_out);
	hash_hex(salt, LEAF_SALT, hex);
	tarball_record(&r, "salt", str_of(hex));
	tarball_member(out, str_of(name), body.n, 1049191200, buf_all(&r));
	buf_str(out, body);
	static const char zeros[TARBALL_BLOCK];
	buf_add(out, zeros, tarball_padding(body.n));
	buf_free(&r);
}

static void put_file(struct buf *out, const char *name, struct str body)
{
	static const char zeros[TARBALL_BLOCK];
	tarball_member(out, str_of(name), body.n, 5, (struct str){"", 0});
	buf_str(out, body);
	buf_add(out, zeros, tarball_padding(body.n));
}

#define HEX64 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static const char facts[] =
	"{\"fact\":\"copy\",\"change\":5,\"at\":9,\"epoch\":3,\"uid\":7,\"number\":2,"
	"\"sha256\":\"" HEX64 "\",\"internaldate\":\"2003-04-01T12:00:00+02:00\","
	"\"keywords\":\"secretkey \\\"},{\",\"modseq\":0,\"run\":1,\"source\":\"a,\\\\\"}\n"
	"{\"fact\":\"copy\",\"change\":6,\"at\":9,\"epoch\":3,\"uid\":8,\"number\":3,"
	"\"sha256\":\"" HEX64 "\",\"internaldate\":\"2003-04-01T12:00:00+02:00\","
	"\"keywords\":\"kept\",\"modseq\":0,\"run\":1}\n"
	"{\"fact\":\"flags\",\"change\":7,\"at\":9,\"epoch\":1,\"uid\":12,"
	"\"flags\":\"\\\\Seen\",\"keywords.hex\":\"ff\",\"modseq\":3}\n"
	"{\"fact\":\"flags\",\"change\":8,\"at\":9,\"epoch\":1,\"uid\":13,"
	"\"flags\":\"\\\\Seen\",\"modseq\":3}\n"
	"{\"fact\":\"tomorrow\",\"change\":9,\"at\":9,\"list\":[1,{\"a\":\"}\"}]}\n";

static bool has(struct str s, const char *text)
{
	return str_find(s, str_of(text)) >= 0;
}

static void content(void)
{
	struct buf b, was;
	struct scrub_counts c = {0};
	unsigned char leaf[5][HASH_BYTES], got[HASH_BYTES];
	buf_init(&b, 1 << 20);
	buf_init(&was, 1 << 20);
	put_message(&b, 1, STR("Subject: one\r\n\r\nkept\r\n"), leaf[1]);
	put_message(&b, 2, STR("Subject: two\r\n\r\nsecretbody\r\n"), leaf[2]);
	put_file(&b, "facts/000000000009.ndjson", str_of(facts));
	put_message(&b, 4, STR(""), leaf[4]);
	size_t before = b.n;
	buf_str(&was, buf_all(&b));
	OK(scrub_content(b.p, b.n, &set, &c, &err), 1);
	T(b.n == before && c.messages == 2 && c.facts == 2 && c.left == 2);
	struct str s = buf_all(&b);
	T(!has(s, "secret") && !has(s, "Subject: two") && has(s, "Subject: one"));
	T(has(s, "destroyed/000000000002") && has(s, "destroyed/000000000004"));
	T(has(s, "kept") && has(s, HEX64));
	/* every line of facts is still sound, and tells what is left */
	struct arena a = {0};
	struct change line;
	struct str rest = str_cut(s, (size_t)str_find(s, STR("{\"fact\"")), s.n), one;
	int lines = 0;
	while (lines < 5 && str_line(&rest, &one) && change_line(&a, one, &line, &err) == 1)
		if (++lines == 1)
			T(line.kind == CHANGE_COPY && line.msg.destroyed && line.copy.uid == 7 &&
			  line.copy.message == 2 && line.copy.keywords.n == 0);
	T(lines == 5);
	/* the leaf stays in the records, and they are sound */
	for (size_t at = 0; at < b.n;) {
		struct tarball_head h;
		struct change left = {.msg.destroyed = true};
		OK(tarball_head(b.p + at, &h, &err), 1);
		if (h.type != 'x') {
			at += 512 + h.size + tarball_padding(h.size);
			continue;
		}
		struct str records = str_cut(s, at + 512, at + 512 + h.size);
		OK(change_message(&a, records, &left, &err), 1);
		if (left.msg.number % 2 == 0) {
			OK(leaf_left(records, got, &err), 1);
			T(memcmp(got, leaf[left.msg.number], HASH_BYTES) == 0);
			T(h.mtime == 0 && left.copy.internaldate == 0 && left.copy.source.n == 0);
			T(str_eq(left.epoch.mailbox, STR("na\xefve")));
		}
		at += 512 + h.size + tarball_padding(h.size);
	}
	/* again: nothing more is to do */
	buf_clear(&was);
	buf_str(&was, buf_all(&b));
	c = (struct scrub_counts){0};
	OK(scrub_content(b.p, b.n, &set, &c, &err), 1);
	T(c.messages == 0 && c.facts == 0 && c.left == 2 && str_eq(buf_all(&was), buf_all(&b)));
	arena_free(&a);
	buf_free(&b);
	buf_free(&was);
}

static void nothing(void)
{
	struct buf b;
	struct scrub_counts c = {0};
	unsigned char leaf[HASH_BYTES];
	buf_init(&b, 1 << 20);
	put_message(&b, 3, STR("x"), leaf);
	OK(scrub_content(b.p, b.n, &set, &c, &err), 1);
	T(c.messages == 0 && c.left == 0);
	OK(scrub_content(b.p, b.n - 512, &set, &c, &err), -1);
	OK(scrub_content(b.p, 600, &set, &c, &err), -1);
	b.p[512] = 'x'; /* in the records */
	OK(scrub_content(b.p, b.n, &set, &c, &err), -1);
	buf_free(&b);
}

/* ---- a whole segment ---- */

static const char *dir;

static void add(struct segment *s, uint64_t number, struct str body, unsigned char *leaf)
{
	struct buf m;
	struct segment_place place;
	buf_init(&m, (size_t)64 << 20);
	put_message(&m, number, body, leaf);
	struct spool_body none = {.size = body.n, .mem = body, .fd = -1};
	struct str head = {m.p, m.n - body.n - tarball_padding(body.n)};
	struct segment_frame frame;
	uint64_t nth;
	OK(segment_add(s, head, &none, &place, &err), 1);
	while (segment_frame(s, &nth, &frame))
		;
	buf_free(&m);
}

static int shell(const char *command)
{
	char line[9000];
	snprintf(line, sizeof line, "cd '%s' && %s", dir, command);
	return system(line);
}

/* Small ones, one over the memory limit of a frame, and small ones again. */
static void segment(void)
{
	struct segment *s;
	struct scrub_counts c = {0};
	struct stat was, is;
	char path[4096], fresh[4200];
	unsigned char leaf[HASH_BYTES];
	size_t n = RESEG_FRAME_MOST + 1000;
	char *big = err_alloc(n);
	struct arena a = {0};
	dir = arena_str(&a, str_of(t_dir())).p;
	for (size_t i = 0, x = 1; i < n; i++)
		big[i] = (char)((x = x * 1103515245 + 12345) >> 16);
	T(shell("mkdir -p segments") == 0);
	OK(segment_create(dir, 1, &err), 1);
	OK(segment_open(&s, dir, 1, SEGMENT_HEAD, &err), 1);
	add(s, 1, STR("Subject: one\r\n\r\nfirst\r\n"), leaf);
	add(s, 2, STR("Subject: two\r\n\r\nsecretbody\r\n"), leaf);
	add(s, 4, (struct str){big, n}, leaf);
	add(s, 5, STR("Subject: five\r\n\r\nlast\r\n"), leaf);
	OK(segment_flush(s, &err), 1);
	OK(segment_end(s, &err), 1);
	OK(segment_sync(s, &err), 1);
	segment_close(&s);
	segment_path(path, sizeof path, dir, 1);
	snprintf(fresh, sizeof fresh, "%s.new", path);
	OK(reseg_write(path, &set, &c, &err), 1);
	T(c.messages == 2 && c.left == 2);
	T(stat(path, &was) == 0 && stat(fresh, &is) == 0 && was.st_size == is.st_size);
	T(is.st_blocks < was.st_blocks / 2); /* the room is given back */
	T(shell("zstd -dcq <segments/000001.tar.zst.new >new.tar; "
		"zstd -dcq <segments/000001.tar.zst >old.tar; "
		"test $(wc -c <new.tar) = $(wc -c <old.tar) && ! grep -q secret new.tar && "
		"tar -tf new.tar >names 2>complaints && test ! -s complaints && "
		"grep -c destroyed names | grep -qx 2 && tar -xOf new.tar --wildcards '*.eml' | "
		"grep -c Subject | grep -qx 2") == 0);
	T(rename(fresh, path) == 0);
	c = (struct scrub_counts){0};
	OK(reseg_write(path, &set, &c, &err), 0);
	T(c.messages == 0 && c.left == 2 && access(fresh, F_OK) < 0);
	/* once more: the frame has a skippable one behind it already */
	uint32_t more[] = {1, 2, 4};
	struct scrub_set third = {more, 3, NULL, 0};
	OK(reseg_write(path, &third, &c, &err), 1);
	T(shell("zstd -dcq <segments/000001.tar.zst.new | tar -t | grep -c destroyed |"
		" grep -qx 3") == 0);
	/* damage: nothing is left behind */
	T(unlink(fresh) == 0);
	int fd = open(path, O_WRONLY);
	T(pwrite(fd, "\xff\xff\xff", 3, 60) == 3);
	close(fd);
	OK(reseg_write(path, &third, &c, &err), -1);
	T(access(fresh, F_OK) < 0);
	free(big);
	arena_free(&a);
}

int main(void)
{
	content();
	nothing();
	segment();
	return t_done();
}

#include "t.h"

#include "framescan.h"

#include <sys/mman.h>
#include <unistd.h>
#include <zstd.h>

static struct err err;
static char file[1 << 20];
static size_t start[8], size; /* of the frames and the end; of the file */

/* Frames of 0, 1, 300 and 400,000 bytes, a skippable one that belongs to the last of them, and one
 * that does not say its size. */
static void make(void)
{
	static char raw[400000];
	static const size_t n[] = {0, 1, 300, sizeof raw};
	for (size_t i = 0, x = 7; i < sizeof raw; i++)
		raw[i] = (char)('a' + ((x = x * 1103515245 + 12345) >> 20) % 20);
	ZSTD_CCtx *z = ZSTD_createCCtx();
	ZSTD_CCtx_setParameter(z, ZSTD_c_checksumFlag, 1);
	size = 0;
	for (int i = 0; i < 4; i++) {
		start[i] = size;
		size += ZSTD_compress2(z, file + size, sizeof file - size, raw, n[i]);
	}
	memcpy(file + size, "\x5f\x2a\x4d\x18\x05\0\0\0hello", 13);
	size += 13;
	start[4] = size;
	ZSTD_CCtx_reset(z, ZSTD_reset_session_and_parameters);
	ZSTD_CCtx_setParameter(z, ZSTD_c_contentSizeFlag, 0);
	size += ZSTD_compress2(z, file + size, sizeof file - size, raw, 300);
	start[5] = size;
	ZSTD_freeCCtx(z);
}

/* Scans n bytes; the pieces in out. */
static int scan(size_t n, struct framescan_frame *out, int most)
{
	int fd = memfd_create("frames", 0), count = 0, r;
	T(write(fd, file, n) == (ssize_t)n);
	struct framescan s = {fd, 0, n};
	uint64_t end = 0;
	while (count < most && (r = framescan_next(&s, &out[count], &err)) == 1) {
		T(out[count].start == end && out[count].end > end && out[count].end <= n);
		end = out[count++].end;
	}
	T(count < most && end == n);
	close(fd);
	return count;
}

static void sound(void)
{
	static const uint64_t raw[] = {0, 1, 300, 400000, UINT64_MAX};
	struct framescan_frame f[20];
	make();
	T(scan(size, f, 20) == 5);
	for (int i = 0; i < 5; i++) {
		T(f[i].start == start[i] && f[i].raw == raw[i]);
		T(f[i].end == start[i + 1] && f[i].state == FRAMESCAN_SOUND);
	}
	T(scan(0, f, 20) == 0);
}

/* Damage of the magic number costs one frame, and no other. */
static void damaged(void)
{
	struct framescan_frame f[20];
	for (int i = 0; i < 5; i++) {
		make();
		file[start[i] + 2] ^= 16;
		int n = scan(size, f, 20);
		T(n == 5);
		for (int k = 0; k < n; k++)
			T((f[k].state >= FRAMESCAN_DAMAGED) == (k == i));
	}
}

/* Any byte of the headers: the pieces still cover the file, and the other frames are found. */
static void anywhere(void)
{
	struct framescan_frame f[20];
	make();
	for (size_t at = 0; at < size; at += at < 400 || at > start[4] ? 1 : 997) {
		int sane = 0;
		file[at] ^= 0x41;
		int n = scan(size, f, 20);
		for (int k = 0; k < n; k++)
			for (int i = 0; i < 5; i++)
				sane += f[k].state <= FRAMESCAN_SKIP && f[k].start == start[i] &&
					f[k].end == start[i + 1];
		T(sane >= 3);
		file[at] ^= 0x41;
	}
}

static void cut(void)
{
	struct framescan_frame f[20];
	make();
	for (size_t n = start[4] + 1; n < size; n++) {
		T(scan(n, f, 20) == 5);
		T(f[4].state == FRAMESCAN_CUT && f[3].state == FRAMESCAN_SOUND);
	}
}

int main(void)
{
	sound();
	damaged();
	anywhere();
	cut();
	return t_done();
}

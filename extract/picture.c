#include "picture.h"

#include "dynlib.h"
#include "ocr.h"

#include <leptonica/allheaders.h>

/* The functions of the library that are used. */
static struct {
	__typeof__(setMsgSeverity) *silence;
	__typeof__(readHeaderMemPng) *size_png;
	__typeof__(readHeaderMemJpeg) *size_jpeg;
	__typeof__(readHeaderMemTiff) *size_tiff;
	__typeof__(readHeaderMemWebP) *size_webp;
	__typeof__(readHeaderMemPnm) *size_pnm;
	__typeof__(pixReadMemPng) *png;
	__typeof__(pixReadMemJpeg) *jpeg;
	__typeof__(pixReadMemGif) *gif;
	__typeof__(pixReadMemTiff) *tiff;
	__typeof__(pixReadMemBmp) *bmp;
	__typeof__(pixReadMemWebP) *webp;
	__typeof__(pixReadMemPnm) *pnm;
	__typeof__(pixGetWidth) *width;
	__typeof__(pixGetHeight) *height;
	__typeof__(pixGetSpp) *samples;
	__typeof__(pixGetData) *words;
	__typeof__(pixGetWpl) *words_a_row;
	__typeof__(pixSetSpp) *set_samples;
	__typeof__(pixConvertTo8) *grey;
	__typeof__(pixScaleAreaMap2) *half;
	__typeof__(pixDestroy) *free;
} lib;

static const struct dynlib_function functions[] = {
	{"setMsgSeverity", &lib.silence},
	{"readHeaderMemPng", &lib.size_png},
	{"readHeaderMemJpeg", &lib.size_jpeg},
	{"readHeaderMemTiff", &lib.size_tiff},
	{"readHeaderMemWebP", &lib.size_webp},
	{"readHeaderMemPnm", &lib.size_pnm},
	{"pixReadMemPng", &lib.png},
	{"pixReadMemJpeg", &lib.jpeg},
	{"pixReadMemGif", &lib.gif},
	{"pixReadMemTiff", &lib.tiff},
	{"pixReadMemBmp", &lib.bmp},
	{"pixReadMemWebP", &lib.webp},
	{"pixReadMemPnm", &lib.pnm},
	{"pixGetWidth", &lib.width},
	{"pixGetHeight", &lib.height},
	{"pixGetSpp", &lib.samples},
	{"pixGetData", &lib.words},
	{"pixGetWpl", &lib.words_a_row},
	{"pixSetSpp", &lib.set_samples},
	{"pixConvertTo8", &lib.grey},
	{"pixScaleAreaMap2", &lib.half},
	{"pixDestroy", &lib.free},
};

int picture_load(struct str languages, struct err *err)
{
	if (ocr_load(languages, err) < 0)
		return -1;
	if (!dynlib_take(ocr_library(), functions, sizeof functions / sizeof *functions))
		return err_set(err, ERR_DENIED, "leptonica lacks functions of version 1.78");
	lib.silence(L_SEVERITY_NONE);
	return 1;
}

/* ---- how large it will be ---- */

/* What the beginning of a picture says, which need not be true: a library that unpacks it goes by
 * the same numbers. */
struct size {
	int width, height, bits; /* of a pixel as leptonica has it */
};

static const l_uint8 *bytes_of(struct str s)
{
	return (const l_uint8 *)s.p;
}

static uint32_t little(struct str s, size_t at, size_t n)
{
	uint32_t x = 0;
	for (size_t i = n; i-- > 0;)
		x = x << 8 | (at + i < s.n ? (unsigned char)s.p[at + i] : 0);
	return x;
}

static int bits_of(int bits, int samples)
{
	return samples > 1 ? 32 : bits;
}

static bool size_png(struct str s, int page, struct size *z)
{
	int bits = 0, samples = 0;
	if (page || lib.size_png(bytes_of(s), s.n, &z->width, &z->height, &bits, &samples, NULL))
		return false;
	z->bits = bits_of(bits, samples);
	return true;
}

static bool size_jpeg(struct str s, int page, struct size *z)
{
	int samples = 0;
	if (page || lib.size_jpeg(bytes_of(s), s.n, &z->width, &z->height, &samples, NULL, NULL))
		return false;
	z->bits = bits_of(8, samples);
	return true;
}

static bool size_tiff(struct str s, int page, struct size *z)
{
	int bits = 0, samples = 0;
	if (lib.size_tiff(bytes_of(s), s.n, page, &z->width, &z->height, &bits, &samples, NULL,
			  NULL, NULL))
		return false;
	z->bits = bits_of(bits, samples);
	return true;
}

static bool size_webp(struct str s, int page, struct size *z)
{
	int samples = 0;
	z->bits = 32;
	return !page && !lib.size_webp(bytes_of(s), s.n, &z->width, &z->height, &samples);
}

static bool size_pnm(struct str s, int page, struct size *z)
{
	int kind, bits = 0, samples = 0;
	if (page || lib.size_pnm(bytes_of(s), s.n, &z->width, &z->height, &z->bits, &kind, &bits,
				 &samples))
		return false;
	return true;
}

/* leptonica would unpack it to tell. */
static bool size_bmp(struct str s, int page, struct size *z)
{
	int bits = (int)little(s, 28, 2);
	int64_t height = (int32_t)little(s, 22, 4);
	if (page || s.n < 54)
		return false;
	z->width = (int32_t)little(s, 18, 4);
	z->height = (int)(height < 0 && height > INT32_MIN ? -height : height);
	z->bits = bits > 8 ? 32 : bits;
	return true;
}

/* Where the blocks that begin at `at`, each behind its length, have their end. */
static size_t behind_blocks(struct str s, size_t at)
{
	while (at < s.n && s.p[at])
		at += 1 + (unsigned char)s.p[at];
	return at + 1;
}

static size_t colours(struct str s, size_t at)
{
	unsigned flags = little(s, at, 1);
	return flags & 0x80 ? 3 * ((size_t)2 << (flags & 7)) : 0;
}

/* Where the first frame begins. 0: there is none. */
static size_t first_frame(struct str s)
{
	size_t at = 13 + colours(s, 10);
	while (at < s.n && s.p[at] == '!')
		at = behind_blocks(s, at + 2);
	return at + 10 < s.n && s.p[at] == ',' ? at : 0;
}

/* Of the first frame; giflib would take all of them. */
static bool size_gif(struct str s, int page, struct size *z)
{
	size_t at = first_frame(s);
	if (page || at == 0)
		return false;
	/* The page it stands on is made too. */
	z->width = (int)little(s, 6, 2);
	z->height = (int)little(s, 8, 2);
	if (z->width < (int)little(s, at + 5, 2))
		z->width = (int)little(s, at + 5, 2);
	if (z->height < (int)little(s, at + 7, 2))
		z->height = (int)little(s, at + 7, 2);
	z->bits = 8;
	return true;
}

/* ---- unpacking ---- */

static PIX *take_png(struct document *d, int page)
{
	(void)page;
	return lib.png(bytes_of(d->doc.bytes), d->doc.bytes.n);
}

/* A large one is unpacked to a half, a quarter or an eighth of its size. */
static PIX *take_jpeg(struct document *d, int page)
{
	struct size z = {0};
	int by = 1;
	(void)page;
	size_jpeg(d->doc.bytes, 0, &z);
	while (by < 8 && (uint64_t)z.width * (uint64_t)z.height * (uint64_t)z.bits / 8 >
				 PICTURE_BYTES * (uint64_t)(by * by))
		by *= 2;
	return lib.jpeg(bytes_of(d->doc.bytes), d->doc.bytes.n, 0, by, NULL, 0);
}

static PIX *take_gif(struct document *d, int page)
{
	struct str s = d->doc.bytes;
	size_t at = first_frame(s), end = behind_blocks(s, at + 10 + colours(s, at + 9) + 1);
	(void)page;
	if (end >= s.n)
		return lib.gif(bytes_of(s), s.n);
	char *first = arena_alloc(d->a, end + 1);
	memcpy(first, s.p, end);
	first[end] = ';';
	return lib.gif((const l_uint8 *)first, end + 1);
}

static PIX *take_tiff(struct document *d, int page)
{
	return lib.tiff(bytes_of(d->doc.bytes), d->doc.bytes.n, page);
}

static PIX *take_bmp(struct document *d, int page)
{
	(void)page;
	return lib.bmp(bytes_of(d->doc.bytes), d->doc.bytes.n);
}

static PIX *take_webp(struct document *d, int page)
{
	(void)page;
	return lib.webp(bytes_of(d->doc.bytes), d->doc.bytes.n);
}

static PIX *take_pnm(struct document *d, int page)
{
	(void)page;
	return lib.pnm(bytes_of(d->doc.bytes), d->doc.bytes.n);
}

/* ---- reading ---- */

static const struct kind {
	const char *type;
	bool (*size)(struct str s, int page, struct size *z); /* false: there is no such page */
	PIX *(*take)(struct document *d, int page);
} kinds[] = {
	{"image/png", size_png, take_png},
	{"image/jpeg", size_jpeg, take_jpeg},
	{"image/gif", size_gif, take_gif},
	{"image/tiff", size_tiff, take_tiff},
	{"image/bmp", size_bmp, take_bmp},
	{"image/x-ms-bmp", size_bmp, take_bmp},
	{"image/webp", size_webp, take_webp},
	{"image/x-portable-*", size_pnm, take_pnm},
};

/* Puts another in its place; a NULL stays one. */
static void become(PIX **pix, PIX *other)
{
	lib.free(pix);
	*pix = other;
}

/* One colour as it looks on white. */
static uint32_t on_white(uint32_t colour, uint32_t alpha)
{
	return 255 - (255 - colour) * alpha / 255;
}

/* Puts it on white, in its place: leptonica would take four times its memory. */
static void make_opaque(PIX *pix)
{
	size_t n = (size_t)lib.words_a_row(pix) * (size_t)lib.height(pix);
	l_uint32 *p = lib.words(pix);
	for (size_t i = 0; i < n; i++) {
		uint32_t a = p[i] & 255;
		p[i] = on_white(p[i] >> 24, a) << 24 | on_white(p[i] >> 16 & 255, a) << 16 |
		       on_white(p[i] >> 8 & 255, a) << 8;
	}
	lib.set_samples(pix, 3);
}

/* Grey, and not too large. */
static void prepare(PIX **pix)
{
	if (*pix && lib.samples(*pix) == 4)
		make_opaque(*pix);
	if (*pix)
		become(pix, lib.grey(*pix, 0));
	if (*pix && (uint64_t)lib.width(*pix) * (uint64_t)lib.height(*pix) > PICTURE_LARGE)
		become(pix, lib.half(*pix));
}

/* May it be unpacked? */
static bool is_good(struct document *d, const struct kind *k, const struct size *z)
{
	uint64_t pixels = (uint64_t)z->width * (uint64_t)z->height;
	bool smaller = k->take == take_jpeg;
	if (z->width > OCR_SIDE || z->height > OCR_SIDE || pixels > PICTURE_PIXELS ||
	    (!smaller && pixels * (uint64_t)z->bits / 8 > PICTURE_BYTES)) {
		board_fault(d->board, EXTRACT_TOO_BIG, "a picture of %d x %d pixels", z->width,
			    z->height);
		return false;
	}
	return pixels >= PICTURE_SMALL && z->width >= PICTURE_NARROW &&
	       z->height >= PICTURE_NARROW;
}

/* One page. False: the time is up. */
static bool read_page(struct document *d, const struct kind *k, int page)
{
	PIX *pix = k->take(d, page);
	prepare(&pix);
	if (pix == NULL) {
		board_fault(d->board, EXTRACT_FAILED, "a picture that cannot be read");
		return true;
	}
	bool more = ocr_pix(d->board, pix);
	lib.free(&pix);
	return more;
}

static void read_pages(struct document *d, const struct kind *k)
{
	struct size z = {0};
	int page = 0;
	bool more = true;
	while (more && k->size(d->doc.bytes, page, &z)) {
		if (z.width <= 0 || z.height <= 0 || z.bits <= 0)
			board_fault(d->board, EXTRACT_FAILED, "a picture that cannot be read");
		else if (is_good(d, k, &z))
			more = read_page(d, k, page);
		page++;
	}
	if (page == 0)
		board_fault(d->board, EXTRACT_FAILED, "a picture that cannot be read");
}

bool picture_wanted(struct document *d)
{
	d->board->pictures = 1;
	return ocr_is_loaded();
}

static const struct kind *kind_of_type(struct str type)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (str_glob(str_of(kinds[i].type), type))
			return &kinds[i];
	return NULL;
}

void picture_read(struct document *d)
{
	const struct kind *k = kind_of_type(d->type);
	if (k != NULL && picture_wanted(d))
		read_pages(d, k);
	else if (k == NULL || !d->sum->pictures)
		document_unknown(d);
}

#include "compound.h"

#include "doc97.h"
#include "outlook.h"
#include "ppt97.h"
#include "xls97.h"

static void locked(struct document *d, const struct ole *o)
{
	(void)o;
	board_fault(d->board, EXTRACT_ENCRYPTED, "it has a password");
}

static void object(struct document *d, const struct ole *o)
{
	struct extract_document in = {.bytes = ole_stream(o, ole_find(o, OLE_ROOT, "Package"))};
	if (document_may_open(d))
		document_nested(d, &in);
}

/* Whose stream a file has tells whose file it is. */
static const struct owner {
	const char *stream, *type;
	void (*read)(struct document *d, const struct ole *o);
} owners[] = {
	{"EncryptedPackage", "application/vnd.ms-office", locked},
	{"WordDocument", "application/msword", doc97_read},
	{"Workbook", "application/vnd.ms-excel", xls97_read},
	{"Book", "application/vnd.ms-excel", xls97_read},
	{"PowerPoint Document", "application/vnd.ms-powerpoint", ppt97_read},
	{"__properties_version1.0", "application/vnd.ms-outlook", outlook_read},
	{"Package", "application/x-ole-storage", object},
};

void compound_read(struct document *d)
{
	struct ole o;
	if (!ole_open(&o, d->a, d->doc.bytes)) {
		board_fault(d->board, EXTRACT_FAILED, "a compound file that is cut off or damaged");
		return;
	}
	for (size_t i = 0; i < sizeof owners / sizeof *owners; i++) {
		if (ole_find(&o, OLE_ROOT, owners[i].stream) == UINT32_MAX)
			continue;
		d->type = str_of(owners[i].type);
		document_type(d);
		owners[i].read(d, &o);
		return;
	}
	board_fault(d->board, EXTRACT_UNKNOWN, "a compound file of a program not known here");
}

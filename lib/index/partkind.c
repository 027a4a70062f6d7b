#include "partkind.h"

static const struct {
	const char *kind, *type; /* a type that ends with '/' stands for all below it */
} types[] = {
	{"pdf", "application/pdf"}, {"pdf", "application/x-pdf"},
	{"document", "application/msword"}, {"document", "application/rtf"},
	{"document", "text/rtf"},
	{"document", "application/vnd.openxmlformats-officedocument.wordprocessingml."},
	{"document", "application/vnd.oasis.opendocument.text"},
	{"spreadsheet", "application/vnd.ms-excel"}, {"spreadsheet", "text/csv"},
	{"spreadsheet", "application/vnd.openxmlformats-officedocument.spreadsheetml."},
	{"spreadsheet", "application/vnd.oasis.opendocument.spreadsheet"},
	{"presentation", "application/vnd.ms-powerpoint"},
	{"presentation", "application/vnd.openxmlformats-officedocument.presentationml."},
	{"presentation", "application/vnd.oasis.opendocument.presentation"},
	{"image", "image/"}, {"audio", "audio/"}, {"video", "video/"},
	{"archive", "application/zip"}, {"archive", "application/x-zip"},
	{"archive", "application/gzip"}, {"archive", "application/x-gzip"},
	{"archive", "application/x-tar"}, {"archive", "application/x-7z-compressed"},
	{"archive", "application/x-rar"}, {"archive", "application/x-bzip2"},
	{"calendar", "text/calendar"}, {"contact", "text/vcard"}, {"contact", "text/x-vcard"},
	{"message", "message/rfc822"}, {"message", "application/vnd.ms-outlook"},
};

static const struct {
	const char *kind, *end;
} ends[] = {
	{"pdf", ".pdf"}, {"document", ".doc"}, {"document", ".docx"}, {"document", ".odt"},
	{"document", ".rtf"}, {"spreadsheet", ".xls"}, {"spreadsheet", ".xlsx"},
	{"spreadsheet", ".ods"}, {"spreadsheet", ".csv"}, {"presentation", ".ppt"},
	{"presentation", ".pptx"}, {"presentation", ".odp"}, {"image", ".jpg"},
	{"image", ".jpeg"}, {"image", ".png"}, {"image", ".gif"}, {"image", ".tif"},
	{"image", ".tiff"}, {"image", ".heic"}, {"audio", ".mp3"}, {"audio", ".wav"},
	{"audio", ".m4a"}, {"video", ".mp4"}, {"video", ".mov"}, {"video", ".avi"},
	{"archive", ".zip"}, {"archive", ".gz"}, {"archive", ".tgz"}, {"archive", ".tar"},
	{"archive", ".7z"}, {"archive", ".rar"}, {"archive", ".bz2"}, {"archive", ".xz"},
	{"calendar", ".ics"}, {"contact", ".vcf"}, {"message", ".eml"}, {"message", ".msg"},
};

/* The first is what the index has, the others are other words for it. */
static const struct {
	const char *name, *kind;
} names[] = {
	{"attachment", "attachment"}, {"pdf", "pdf"}, {"document", "document"},
	{"spreadsheet", "spreadsheet"}, {"presentation", "presentation"}, {"image", "image"},
	{"audio", "audio"}, {"video", "video"}, {"archive", "archive"},
	{"calendar", "calendar"}, {"contact", "contact"}, {"message", "message"},
	{"attachments", "attachment"}, {"doc", "document"}, {"word", "document"},
	{"excel", "spreadsheet"}, {"powerpoint", "presentation"}, {"slides", "presentation"},
	{"picture", "image"}, {"photo", "image"}, {"zip", "archive"}, {"invite", "calendar"},
};

static bool is_below(struct str type, struct str of)
{
	char last = of.p[of.n - 1];
	return last == '/' || last == '.' ? str_starts(type, of) : str_eq(type, of);
}

static bool ends_with(struct str name, struct str end)
{
	return name.n >= end.n && str_ieq(str_cut(name, name.n - end.n, name.n), end);
}

const char *partkind_of(const struct record_part *p)
{
	if (p->searched && !p->attachment)
		return NULL;
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (is_below(p->type, str_of(types[i].type)))
			return types[i].kind;
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		if (ends_with(p->filename, str_of(ends[i].end)))
			return ends[i].kind;
	return NULL;
}

const char *partkind_find(struct str name)
{
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (str_ieq(name, str_of(names[i].name)))
			return names[i].kind;
	return NULL;
}

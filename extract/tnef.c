#define _GNU_SOURCE
#include "tnef.h"

#include "charset.h"
#include "outlook.h"

#include <stdio.h>
#include <ytnef.h>

static struct str bytes(const variableLength *v)
{
	if (v == NULL || v == MAPI_UNDEFINED || v->data == NULL || v->size <= 0)
		return STR("");
	return (struct str){(const char *)v->data, (size_t)v->size};
}

/* The library ends texts with a NUL and counts it. */
static struct str text(struct document *d, const variableLength *v)
{
	struct str s = bytes(v);
	bool bad;
	if (s.n)
		s = str_cut(s, 0, strnlen(s.p, s.n));
	return charset_decode(d->a, STR(""), s, &bad);
}

static void put(struct document *d, struct str s)
{
	board_text(d->board, s);
	board_line(d->board);
}

static struct str property(MAPIProps *p, unsigned type, unsigned id)
{
	return bytes(MAPIFindProperty(p, PROP_TAG(type, id)));
}

static void nested(struct document *d, struct str name, struct str s)
{
	struct extract_document in = {.name = name, .bytes = s};
	if (s.n && document_may_open(d))
		document_nested(d, &in);
}

static void read_body(struct document *d, TNEFStruct *t)
{
	MAPIProps *p = &t->MapiProperties;
	struct str body = text(d, MAPIFindProperty(p, PROP_TAG(PT_UNICODE, PR_BODY)));
	if (body.n == 0)
		body = text(d, MAPIFindProperty(p, PROP_TAG(PT_STRING8, PR_BODY)));
	if (body.n == 0)
		body = text(d, &t->body);
	if (body.n)
		put(d, body);
	else if (property(p, PT_BINARY, PR_BODY_HTML).n)
		nested(d, STR(""), property(p, PT_BINARY, PR_BODY_HTML));
	else
		nested(d, STR(""), outlook_rtf(d->a, property(p, PT_BINARY, PR_RTF_COMPRESSED)));
}

static void read_attachment(struct document *d, Attachment *at)
{
	struct str name = text(d, MAPIFindProperty(&at->MAPI, PROP_TAG(PT_UNICODE,
								       PR_ATTACH_LONG_FILENAME)));
	if (name.n == 0)
		name = text(d, MAPIFindProperty(&at->MAPI, PROP_TAG(PT_STRING8,
								    PR_ATTACH_LONG_FILENAME)));
	if (name.n == 0)
		name = text(d, &at->Title);
	struct str data = bytes(&at->FileData);
	if (data.n == 0)
		data = property(&at->MAPI, PT_BINARY, PR_ATTACH_DATA_OBJ);
	if (data.n == 0) {
		/* A mail in it is TNEF again, behind 16 bytes that name its kind. */
		data = property(&at->MAPI, PT_OBJECT, PR_ATTACH_DATA_OBJ);
		data = str_cut(data, 16, data.n);
	}
	nested(d, name, data);
}

void tnef_read(struct document *d)
{
	TNEFStruct t;
	TNEFInitialize(&t);
	int r = TNEFParseMemory((BYTE *)(uintptr_t)d->doc.bytes.p, (long)d->doc.bytes.n, &t);
	put(d, text(d, &t.subject));
	read_body(d, &t);
	for (Attachment *at = t.starting_attach.next; at; at = at->next)
		read_attachment(d, at);
	if (r < 0)
		board_fault(d->board, EXTRACT_FAILED, "TNEF: damaged or cut off");
	TNEFFree(&t);
}

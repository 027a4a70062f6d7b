#include "boxstate.h"

#include "archive.h"

static const struct boxstate states[] = {
	{"read", ARCHIVE_SEEN, true, NULL}, {"seen", ARCHIVE_SEEN, true, NULL},
	{"unread", ARCHIVE_SEEN, false, NULL}, {"unseen", ARCHIVE_SEEN, false, NULL},
	{"flagged", ARCHIVE_FLAGGED, true, NULL}, {"starred", ARCHIVE_FLAGGED, true, NULL},
	{"unflagged", ARCHIVE_FLAGGED, false, NULL},
	{"answered", ARCHIVE_ANSWERED, true, NULL}, {"replied", ARCHIVE_ANSWERED, true, NULL},
	{"unanswered", ARCHIVE_ANSWERED, false, NULL},
	{"draft", ARCHIVE_DRAFT, true, NULL}, {"deleted", ARCHIVE_DELETED, true, NULL},
	{"forwarded", 0, true, "$Forwarded"}, {"junk", 0, true, "$Junk"},
	{"recent", 0, true, NULL},
};

const struct boxstate *boxstate_find(struct str name)
{
	for (size_t i = 0; i < sizeof states / sizeof *states; i++)
		if (str_ieq(name, str_of(states[i].name)))
			return &states[i];
	return NULL;
}

const char *boxstate_name(size_t i)
{
	return i < sizeof states / sizeof *states ? states[i].name : NULL;
}

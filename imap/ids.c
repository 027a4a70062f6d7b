#include "ids.h"

#include "pack.h"

#define MOST 255

const char *ids_items(const struct ids_asks *can)
{
	static const char *const items[2][3] = {
		{"", " EMAILID THREADID", " X-GM-MSGID X-GM-THRID X-GM-LABELS"},
		{" SAVEDATE", " EMAILID THREADID SAVEDATE",
		 " X-GM-MSGID X-GM-THRID X-GM-LABELS SAVEDATE"},
	};
	return items[can->savedate][can->gmail ? 2 : can->objectid];
}

void ids_pack(struct buf *out, const struct imapparse_fetch *got)
{
	pack_str(out, got->emailid);
	pack_str(out, got->threadid);
	pack_i64(out, got->savedate);
	pack_i64(out, got->savezone);
}

int ids_unpack(struct str *list, struct archive_copy *c)
{
	int64_t zone;
	if (!pack_get_str(list, &c->emailid) || !pack_get_str(list, &c->threadid) ||
	    !pack_get_i64(list, &c->savedate) || !pack_get_i64(list, &zone))
		return 0;
	c->savezone = (int16_t)zone;
	return c->emailid.n <= MOST && c->threadid.n <= MOST && c->savedate >= 0 &&
	       zone > -6000 && zone < 6000;
}

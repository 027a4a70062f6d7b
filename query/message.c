#include "message.h"

#include "html.h"
#include "mtext.h"

static int read_raw(struct archive *ar, struct arena *a, const struct archive_msg *msg,
		    struct str *out, struct err *err)
{
	struct buf b;
	buf_init(&b, RECORD_MAX_MESSAGE);
	int r = archive_read(ar, msg, RECORD_MAX_MESSAGE, &b, err);
	if (r > 0)
		*out = arena_str(a, buf_all(&b));
	buf_free(&b);
	return r;
}

int message_load(struct archive *ar, struct segments *segs, struct arena *a,
		 const struct archive_msg *msg, struct query_message *out, struct err *err)
{
	struct iseg *seg = segs ? segments_find(segs, msg->number) : NULL;
	struct inside *inside = segs ? segments_inside(segs) : NULL;
	*out = (struct query_message){.msg = *msg};
	if (read_raw(ar, a, msg, &out->raw, err) < 0 ||
	    archive_copies(ar, a, msg->number, &out->copies, &out->n_copies, err) < 0)
		return -1;
	mail_parse(a, out->raw, &mail_default_limits, &out->mail);
	if (seg != NULL && iseg_record(seg, a, msg->number, &out->record, err) < 0)
		return -1;
	if (seg != NULL && !out->record.big && !out->record.quarantined)
		return 1;
	/* As run_arrival has it. */
	int64_t arrival = out->n_copies ? out->copies[0].internaldate : 0;
	record_make(a, &out->mail, arrival, &out->record);
	return inside ? inside_fill(inside, a, &out->mail, &out->record, err) : 1;
}

static bool fits(const struct mail_part *p, const char *type, bool attached)
{
	return p->searched && p->attachment == attached && str_starts(p->type, str_of(type)) &&
	       str_trim(p->text).n > 0;
}

struct html_seen message_reading(struct arena *a, const struct mail *m)
{
	static const struct {
		const char *type;
		bool attached;
	} best[] = {{"text/plain", false}, {"text/html", false}, {"text/", false},
		    {"text/", true}, {"message/", false}};
	for (size_t k = 0; k < sizeof best / sizeof *best; k++)
		for (size_t i = 0; i < m->n_parts; i++) {
			const struct mail_part *p = &m->parts[i];
			if (!fits(p, best[k].type, best[k].attached))
				continue;
			if (str_eq(p->type, STR("text/html")))
				return html_read(a, p->text);
			return (struct html_seen){.text = p->text};
		}
	return (struct html_seen){.text = STR("")};
}

#include "reading.h"

#include <openssl/evp.h>

#include "htmlsafe.h"
#include "markup.h"
#include "utf8.h"

/* Where images are looked for. */
struct images {
	const struct mail *mail;
	struct arena *heavy;
	size_t left; /* bytes that may still be shown */
};

const struct mail_part *reading_part(const struct mail *m)
{
	for (size_t i = 0; i < m->n_parts; i++)
		if (str_eq(m->parts[i].type, STR("text/html")) && !m->parts[i].attachment &&
		    str_trim(m->parts[i].text).n > 0)
			return &m->parts[i];
	return NULL;
}

static bool has_id(const struct mail_part *p, struct str id)
{
	for (size_t i = 0; i < p->n_fields; i++) {
		struct str v = str_trim(p->fields[i].value);
		if (str_ieq(p->fields[i].name, STR("Content-ID")) && v.n > 2 && v.p[0] == '<' &&
		    v.p[v.n - 1] == '>' && str_eq(str_cut(v, 1, v.n - 1), id))
			return true;
	}
	return false;
}

static const struct mail_part *find(const struct mail *m, struct str id)
{
	for (size_t i = 0; i < m->n_parts; i++)
		if (has_id(&m->parts[i], id))
			return &m->parts[i];
	return NULL;
}

/* htmlsafe_image */
static struct str image(void *arg, struct arena *a, struct str id)
{
	struct images *all = arg;
	const struct mail_part *p = find(all->mail, url_unescape(a, id));
	if (p == NULL || p->body.n > 2 * READING_MAX_IMAGE)
		return STR("");
	struct str bytes = mail_part_bytes(all->heavy, p);
	struct str type = htmlsafe_raster(bytes);
	if (type.n == 0 || bytes.n > READING_MAX_IMAGE || bytes.n > all->left)
		return STR("");
	all->left -= bytes.n;
	struct str head = arena_fmt(a, "data:%.*s;base64,", STR_ARG(type));
	char *out = arena_alloc(a, head.n + 4 * (bytes.n / 3 + 1) + 1);
	memcpy(out, head.p, head.n);
	int n = EVP_EncodeBlock((unsigned char *)out + head.n, (const void *)bytes.p,
				(int)bytes.n);
	return (struct str){out, head.n + (size_t)n};
}

static void counted(struct markup *m, size_t n, const char *what)
{
	if (n == 0)
		return;
	MARKUP(m, "<p>");
	markup_number(m, n);
	MARKUP(m, " ");
	markup_text(m, str_of(what));
	MARKUP(m, "</p>");
}

/* What the sender's HTML hides, for who wants to read it. */
static void hidden_text(struct markup *m, const struct html_seen *seen)
{
	size_t n = seen->n_hidden;
	if (n == 0)
		return;
	MARKUP(m, "<details><summary>");
	markup_number(m, n);
	markup_text(m, n == 1 ? STR(" piece of text is hidden by the sender.")
			      : STR(" pieces of text are hidden by the sender."));
	MARKUP(m, "</summary>");
	for (size_t i = 0; i < n && i < READING_MAX_HIDDEN; i++) {
		const struct html_piece *p = &seen->hidden[i];
		struct str piece = str_cut(seen->text, p->at, p->at + p->n);
		struct str start = utf8_cut(piece, READING_MAX_PIECE);
		MARKUP(m, "<p>");
		markup_text(m, start);
		if (start.n < piece.n)
			MARKUP(m, "…");
		MARKUP(m, "</p>");
	}
	if (n > READING_MAX_HIDDEN)
		MARKUP(m, "<p>…</p>");
	MARKUP(m, "</details>");
}

/* What a reader should know, before the sender speaks. */
static void notes(struct markup *m, const struct htmlsafe_report *r, const struct html_seen *seen)
{
	if (r->remote == 0 && r->active == 0 && !r->cut && seen->n_hidden == 0)
		return;
	MARKUP(m, "<div class=\"sheaf-note\">");
	counted(m, r->remote, r->remote == 1 ? "image or style that lies elsewhere was not loaded."
					     : "images or styles that lie elsewhere were not"
					       " loaded.");
	counted(m, r->active, r->active == 1 ? "script, form or frame was left out."
					     : "scripts, forms or frames were left out.");
	hidden_text(m, seen);
	if (r->cut)
		MARKUP(m, "<p>The message goes on; only its beginning is shown.</p>");
	MARKUP(m, "</div>");
}

int reading_html(struct call *c, struct http_response *resp, struct err *err)
{
	struct query_message msg;
	struct htmlsafe_report report;
	struct buf body;
	int r = call_message(c, &msg, c->args[0], err);
	if (r <= 0)
		return r;
	const struct mail_part *p = reading_part(&msg.mail);
	if (p == NULL)
		return 0;
	struct images images = {&msg.mail, &c->heavy, READING_MAX_IMAGES};
	buf_init(&body, HTTP_MAX_ANSWER);
	htmlsafe_write(&c->heavy, p->text, image, &images, &body, &report);
	struct markup m = {&resp->body, c->arena};
	resp->type = "text/html; charset=utf-8";
	resp->policy = READING_POLICY;
	MARKUP(&m, "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"><title>Message</title>"
		   "<style>html{color-scheme:light;background:#fff;color:#111}"
		   "body{margin:12px;font:15px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}"
		   "img{max-width:100%;height:auto}"
		   ".sheaf-note{background:#fff6dc;border:1px solid #e8cf86;border-radius:6px;"
		   "padding:2px 12px;margin:0 0 12px}.sheaf-note p{margin:4px 0}</style></head>"
		   "<body>");
	struct html_seen seen = html_read(&c->heavy, p->text);
	notes(&m, &report, &seen);
	buf_str(&resp->body, buf_all(&body));
	MARKUP(&m, "</body></html>\n");
	if (body.full)
		resp->body.full = true;
	buf_free(&body);
	return 1;
}

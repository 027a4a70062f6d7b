#include "frame.h"

static int add(const char *p, size_t n, void *arg)
{
	buf_add(arg, p, n);
	return 0;
}

void frame_json(struct http_response *resp, json_t *o)
{
	resp->type = "application/json";
	json_dump_callback(o, add, &resp->body, JSON_COMPACT | JSON_REAL_PRECISION(6));
	buf_chr(&resp->body, '\n');
	json_decref(o);
}

static void option(struct markup *m, const char *value, const char *chosen, const char *label)
{
	MARKUP(m, "<option value=\"");
	markup_text(m, str_of(value));
	MARKUP(m, "\"");
	if (strcmp(value, chosen) == 0)
		MARKUP(m, " selected");
	MARKUP(m, ">");
	markup_text(m, str_of(label));
	MARKUP(m, "</option>");
}

static void field(struct markup *m, const char *name, const char *label, struct str value)
{
	MARKUP(m, "<label>");
	markup_text(m, str_of(label));
	MARKUP(m, "<input name=\"");
	markup_text(m, str_of(name));
	MARKUP(m, "\" value=\"");
	markup_text(m, value);
	MARKUP(m, "\" placeholder=\"any\"></label>");
}

/* Closed while nothing in it differs from what is usual. */
static void choices(struct markup *m, const struct frame_box *b)
{
	bool usual = !b->account.n && !b->mailbox.n && strcmp(b->dialect, "box") == 0 &&
		     strcmp(b->sort, "-date") == 0;
	MARKUP(m, "<details class=\"choices\"");
	if (!usual)
		MARKUP(m, " open");
	MARKUP(m, "><summary>Options</summary><div><label>Language"
		  "<select name=\"dialect\">");
	option(m, "box", b->dialect, "Search box");
	option(m, "imap", b->dialect, "IMAP SEARCH");
	MARKUP(m, "</select></label><label>Order<select name=\"sort\">");
	option(m, "-date", b->sort, "Newest first");
	option(m, "date", b->sort, "Oldest first");
	MARKUP(m, "</select></label>");
	field(m, "account", "Account", b->account);
	field(m, "mailbox", "Mailbox", b->mailbox);
	MARKUP(m, "</div></details>");
}

static void head(struct markup *m, struct http_response *resp, struct str title)
{
	resp->type = "text/html; charset=utf-8";
	resp->page = true;
	MARKUP(m, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
		  "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
		  "<meta name=\"color-scheme\" content=\"light dark\">"
		  "<link rel=\"stylesheet\" href=\"/style.css\">"
		  "<link rel=\"icon\" href=\"/icon.svg\"><title>");
	markup_text(m, title);
	MARKUP(m, "</title></head><body><a class=\"skip\" href=\"#main\">To the content</a>"
		  "<header><a class=\"brand\" href=\"/\">sheaf</a>");
}

void frame_plain(struct markup *m, struct http_response *resp, struct str title)
{
	head(m, resp, title);
	MARKUP(m, "</header>\n");
}

void frame_open(struct markup *m, struct http_response *resp, struct str title,
		const struct frame_box *box)
{
	static const struct frame_box empty = {.dialect = "box", .sort = "-date"};
	const struct frame_box *b = box ? box : &empty;
	head(m, resp, title);
	MARKUP(m, "<form role=\"search\" action=\"/\" method=\"get\"><div class=\"box\">"
		  "<input type=\"search\" name=\"q\" aria-label=\"Search mail\""
		  " placeholder=\"Search mail\" autocomplete=\"off\" spellcheck=\"false\"");
	if (b->q.n == 0)
		MARKUP(m, " autofocus");
	MARKUP(m, " value=\"");
	markup_text(m, b->q);
	MARKUP(m, "\"><button>Search</button></div>");
	choices(m, b);
	MARKUP(m, "</form></header>\n");
}

void frame_close(struct markup *m)
{
	MARKUP(m, "</body></html>\n");
}

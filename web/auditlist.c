#include "auditlist.h"

#include "auditread.h"
#include "frame.h"
#include "params.h"
#include "present.h"

/* A page of the log. */
struct page {
	struct auditread_filter filter;
	uint64_t limit, before; /* before: entries above it are not wanted; 0: all are */
	json_t *list;           /* newest first */
	uint64_t newest, next;  /* next: the `before` of the next page; 0: there is none */
	bool whole;             /* the list holds all there are */
};

static int read_page(struct page *p, const struct call *c, struct err *err)
{
	static const char *const names[] = {"who", "what", "since", "until", "limit", "before",
					    NULL};
	const struct params_bounds limits = {AUDITLIST_USUAL, 1, AUDITLIST_MOST},
				   before = {0, 1, INT64_MAX};
	const struct url *u = c->url;
	p->filter.who = url_get(u, "who", STR(""));
	p->filter.what = url_get(u, "what", STR(""));
	p->filter.since = url_get(u, "since", STR(""));
	p->filter.until = url_get(u, "until", STR(""));
	return params_only(c, names, err) < 0 ||
	       params_number(c, "limit", limits, &p->limit, err) < 0 ||
	       params_number(c, "before", before, &p->before, err) < 0 ? -1 : 1;
}

/* 1 go on; 0 the page is full. */
static int take(struct page *p, const struct auditread_entry *e)
{
	if (p->newest == 0)
		p->newest = e->number;
	if (e->json == NULL || (p->before && e->number >= p->before) ||
	    !auditread_fits(&p->filter, e->json))
		return 1;
	if (json_array_size(p->list) == p->limit)
		return 0;
	json_array_append_new(p->list, json_deep_copy(e->json));
	p->next = e->number;
	return 1;
}

static int fill(struct page *p, struct err *err)
{
	struct auditread *r;
	struct auditread_entry e;
	int got, more = 1;
	p->list = json_array();
	if (auditread_open(&r, call_dir(), true, err) < 0)
		return -1;
	for (uint64_t looked = 0; more && (got = auditread_next(r, &e, err)) > 0; looked++) {
		more = looked < AUDITLIST_LOOK ? take(p, &e) : 0;
		if (looked == AUDITLIST_LOOK && e.number)
			p->next = e.number + 1;
	}
	auditread_close(&r);
	if (more)
		p->next = 0;
	p->whole = more && p->before == 0;
	return more && got < 0 ? -1 : 1;
}

int auditlist_api(struct call *c, struct http_response *resp, struct err *err)
{
	struct page p = {0};
	if (read_page(&p, c, err) < 0 || fill(&p, err) < 0) {
		json_decref(p.list);
		return -1;
	}
	json_t *o = json_pack("{s:O, s:I, s:s, s:I, s:o}", "entries", p.list, "total",
			      (json_int_t)json_array_size(p.list), "total_relation",
			      p.whole ? "exact" : "at_least", "newest", (json_int_t)p.newest,
			      "next", p.next ? json_integer((json_int_t)p.next) : json_null());
	json_decref(p.list);
	frame_json(resp, o);
	return 1;
}

/* ---- the page ---- */

static struct str text(const json_t *o, const char *key)
{
	return str_of(json_string_value(json_object_get(o, key)));
}

static void field(struct markup *m, const char *name, const char *label, struct str value)
{
	MARKUP(m, "<label>");
	markup_text(m, str_of(label));
	MARKUP(m, " <input name=\"");
	markup_text(m, str_of(name));
	MARKUP(m, "\" value=\"");
	markup_text(m, value);
	MARKUP(m, "\"></label> ");
}

static void form(struct markup *m, const struct page *p)
{
	MARKUP(m, "<form action=\"/audit\" method=\"get\"><p>");
	field(m, "who", "Who", p->filter.who);
	field(m, "what", "What", p->filter.what);
	field(m, "since", "From", p->filter.since);
	field(m, "until", "Up to", p->filter.until);
	MARKUP(m, "<button>Show</button></p></form>");
}

/* A number, or a cell left empty. */
static void count(struct markup *m, const json_t *e)
{
	const json_t *n = json_object_get(e, "count");
	n = n ? n : json_object_get(e, "shown");
	if (n)
		markup_number(m, (uint64_t)json_integer_value(n));
}

static void row(struct markup *m, const json_t *e)
{
	struct str id = text(e, "id"), login = text(e, "login");
	json_int_t status = json_integer_value(json_object_get(e, "status"));
	struct str tree = text(e, "tree"), request = text(e, "request");
	MARKUP(m, "<tr><td>");
	markup_digits(m, (uint64_t)json_integer_value(json_object_get(e, "n")));
	MARKUP(m, "</td><td>");
	markup_text(m, text(e, "at"));
	MARKUP(m, "</td><td>");
	if (json_object_get(e, "who"))
		markup_text(m, auditread_name(e));
	MARKUP(m, "</td><td>");
	markup_text(m, text(e, "what"));
	if (status >= 400) /* it did not come about */
		markup_text(m, arena_fmt(m->arena, " (%d)", (int)status));
	MARKUP(m, "</td><td><bdi>");
	markup_text(m, login.n ? login : tree.n ? tree : id.n ? id : request);
	MARKUP(m, "</bdi></td><td>");
	count(m, e);
	MARKUP(m, "</td></tr>");
}

static void older(struct markup *m, const struct page *p)
{
	MARKUP(m, "<p><a href=\"/audit?before=");
	markup_digits(m, p->next);
	MARKUP(m, "&amp;who=");
	markup_url(m, p->filter.who);
	MARKUP(m, "&amp;what=");
	markup_url(m, p->filter.what);
	MARKUP(m, "&amp;since=");
	markup_url(m, p->filter.since);
	MARKUP(m, "&amp;until=");
	markup_url(m, p->filter.until);
	MARKUP(m, "\" rel=\"next\">Older entries</a></p>");
}

int auditlist_page(struct call *c, struct http_response *resp, struct err *err)
{
	struct page p = {0};
	struct markup m = {&resp->body, c->arena};
	if (read_page(&p, c, err) < 0 || fill(&p, err) < 0) {
		json_decref(p.list);
		return -1;
	}
	frame_open(&m, c, resp, STR("Audit log"), NULL);
	MARKUP(&m, "<main id=\"main\"><h1>Audit log</h1>");
	form(&m, &p);
	if (json_array_size(p.list) == 0)
		MARKUP(&m, "<p>There is no such entry.</p>");
	MARKUP(&m, "<table><thead><tr>"
		   "<th scope=\"col\">No.</th><th scope=\"col\">When (UTC)</th>"
		   "<th scope=\"col\">Who</th><th scope=\"col\">What</th>"
		   "<th scope=\"col\">Of what</th><th scope=\"col\">Found</th>"
		   "</tr></thead><tbody>");
	for (size_t i = 0; i < json_array_size(p.list); i++)
		row(&m, json_array_get(p.list, i));
	MARKUP(&m, "</tbody></table>");
	if (p.next)
		older(&m, &p);
	MARKUP(&m, "</main>");
	frame_close(&m);
	json_decref(p.list);
	return 1;
}

#define _GNU_SOURCE
#include "auditread.h"

#include "audit.h"
#include "file.h"

#include <stdio.h>
#include <stdlib.h>

struct auditread {
	char dir[4096];
	unsigned *files;
	size_t n, i;       /* i: files begun */
	bool backward, begun;
	struct str map, rest; /* rest: what is not read yet */
	uint64_t number;   /* of the line before */
	unsigned char hash[HASH_BYTES];
	uint64_t torn;
	json_t *json;
};

int auditread_open(struct auditread **out, const char *archive_dir, bool backward,
		   struct err *err)
{
	struct auditread *r = err_alloc(sizeof *r);
	*out = NULL;
	r->backward = backward;
	if (snprintf(r->dir, sizeof r->dir, "%s", archive_dir) >= (int)sizeof r->dir ||
	    audit_files(r->dir, &r->files, &r->n, err) < 0) {
		auditread_close(&r);
		return err->kind ? -1 : err_set(err, ERR_INPUT, "the archive's name is too long");
	}
	*out = r;
	return 1;
}

void auditread_close(struct auditread **rp)
{
	struct auditread *r = *rp;
	if (r == NULL)
		return;
	file_unmap(&r->map);
	json_decref(r->json);
	free(r->files);
	free(r);
	*rp = NULL;
}

static unsigned file_at_hand(const struct auditread *r)
{
	return r->files[r->backward ? r->n - r->i : r->i - 1];
}

/* Begins the next file. 1; 0 there is none; -1. */
static int next_file(struct auditread *r, struct err *err)
{
	char path[4096], name[16];
	file_unmap(&r->map);
	r->rest = (struct str){0};
	if (r->i == r->n)
		return 0;
	r->i++;
	snprintf(name, sizeof name, "%06u.log", file_at_hand(r));
	if (audit_path(path, sizeof path, r->dir, name, err) < 0)
		return -1;
	int got = file_map(path, &r->map, err);
	if (got < 0)
		return -1;
	if (got == 0)
		return err_set(err, ERR_BROKEN, "'%s' is gone", path);
	const char *lf = r->map.n ? memrchr(r->map.p, '\n', r->map.n) : NULL;
	r->rest = str_cut(r->map, 0, lf ? (size_t)(lf + 1 - r->map.p) : 0);
	r->torn = r->map.n - r->rest.n;
	return 1;
}

static struct str first_line(struct str *rest)
{
	const char *lf = memchr(rest->p, '\n', rest->n);
	size_t n = (size_t)(lf + 1 - rest->p);
	struct str line = str_cut(*rest, 0, n);
	*rest = str_cut(*rest, n, rest->n);
	return line;
}

static struct str last_line(struct str *rest)
{
	const char *lf = memrchr(rest->p, '\n', rest->n - 1);
	size_t from = lf ? (size_t)(lf + 1 - rest->p) : 0;
	struct str line = str_cut(*rest, from, rest->n);
	*rest = str_cut(*rest, 0, from);
	return line;
}

/* Does the line follow the one before? */
static const char *compare(const struct auditread *r, const struct auditread_entry *e)
{
	unsigned char prev[HASH_BYTES];
	size_t n = 0;
	const char *hex = json_string_value(json_object_get(e->json, "prev"));
	if (e->number == 0)
		return "is no entry";
	if (hex == NULL || !hash_unhex(str_of(hex), prev, sizeof prev, &n) || n != HASH_BYTES)
		return "does not name the line before";
	/* The oldest files may have been taken away: then the chain begins where it begins. */
	if (!r->begun && e->file > 1)
		return NULL;
	if (e->number != r->number + 1)
		return "has a wrong number";
	return memcmp(prev, r->hash, HASH_BYTES) == 0 ? NULL
		: "does not follow from the line before";
}

int auditread_next(struct auditread *r, struct auditread_entry *out, struct err *err)
{
	*out = (struct auditread_entry){0};
	while (r->rest.n == 0) {
		int got = next_file(r, err);
		if (got <= 0)
			return got;
	}
	out->line = r->backward ? last_line(&r->rest) : first_line(&r->rest);
	out->file = file_at_hand(r);
	json_decref(r->json);
	r->json = json_loadb(out->line.p, out->line.n, JSON_REJECT_DUPLICATES, NULL);
	json_int_t n = json_integer_value(json_object_get(r->json, "n"));
	out->number = n > 0 ? (uint64_t)n : 0;
	out->json = out->number ? r->json : NULL;
	if (r->backward)
		return 1;
	out->wrong = compare(r, out);
	r->begun = true;
	r->number = out->number ? out->number : r->number + 1;
	hash_of(out->line, r->hash);
	return 1;
}

uint64_t auditread_torn(const struct auditread *r)
{
	return r->torn;
}

void auditread_hash(const struct auditread *r, unsigned char out[HASH_BYTES])
{
	memcpy(out, r->hash, HASH_BYTES);
}

static struct str text(const json_t *o, const char *key)
{
	return str_of(json_string_value(json_object_get(o, key)));
}

struct str auditread_name(const json_t *entry)
{
	const json_t *who = json_object_get(entry, "who");
	struct str name = text(who, "name");
	if (name.n)
		return name;
	return json_object_get(who, "uid") ? STR("the owner") : STR("nobody");
}

bool auditread_fits(const struct auditread_filter *f, const json_t *entry)
{
	struct str at = text(entry, "at");
	if (f->what.n && !str_eq(f->what, text(entry, "what")))
		return false;
	if (f->who.n && !str_eq(f->who, text(json_object_get(entry, "who"), "name")) &&
	    !str_eq(f->who, text(entry, "login")))
		return false;
	if (f->since.n && str_cmp(at, f->since) < 0)
		return false;
	return f->until.n == 0 || str_cmp(str_cut(at, 0, f->until.n), f->until) <= 0;
}

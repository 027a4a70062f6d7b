#include "certificate.h"

#include <jansson.h>
#include <time.h>

#include "current.h"
#include "file.h"
#include "present.h"
#include "seal.h"
#include "sealkey.h"
#include "shape.h"

enum { VERSION = 1 };
static const char kind[] = "sheaf search certificate";

/* ---- running ---- */

/* By number, so that mail that came later stands behind all else. */
static int walk(struct query *q, uint64_t most, uint64_t *count, unsigned char *digest,
		struct err *err)
{
	struct hash_ctx *h = hash_new();
	struct arena a = {0};
	struct query_hit hit;
	int r;
	*count = 0;
	while ((r = query_next(q, &a, &hit, err)) == 1 && (most == 0 || hit.number <= most)) {
		hash_add_line(h, hit.msg.hash);
		++*count;
		arena_reset(&a);
	}
	hash_end(h, digest);
	hash_free(&h);
	arena_free(&a);
	return r < 0 ? -1 : 1;
}

/* Runs c's query up to message `most` (0: all there are) and fills in what it finds. */
static int run(struct arena *a, struct qdb *db, struct certificate *c, uint64_t most,
	       struct err *err)
{
	struct query *q = NULL;
	struct query_progress p;
	c->options.sort = QUERY_UNSORTED;
	c->options.bare = true;
	c->options.cursor = STR("");
	if (query_open(&q, db, a, c->text, &c->options, err) < 0)
		return -1;
	int r = query_return(q) ? err_set(err, ERR_INPUT, "a query with RETURN has no certificate")
				: walk(q, most, &c->count, c->digest, err);
	query_progress(q, &p);
	c->number = p.searched_to;
	c->unjudged = p.unjudged;
	c->tree = arena_str(a, query_tree(q));
	query_close(&q);
	return r;
}

/* ---- as JSON ---- */

/* NULL: one that cannot be certified. */
static const char *dialect_name(enum query_dialect d)
{
	return d == QUERY_IMAP ? "imap" : d == QUERY_BOX ? "box" : NULL;
}

static json_t *hex(const unsigned char *hash)
{
	char z[HASH_HEX + 1];
	hash_hex(hash, HASH_BYTES, z);
	return json_string(z);
}

static json_t *number(uint64_t n)
{
	return json_integer((json_int_t)n);
}

static json_t *write_json(struct arena *a, const struct certificate *c)
{
	const struct query_options *o = &c->options;
	json_t *all = json_pack("{s:s, s:i, s:o, s:o}", "what", kind, "version", VERSION,
				"archive", shape_text(a, c->archive), "at", shape_text(a, c->at));
	json_object_set_new(all, "query", shape_text(a, c->text));
	json_object_set_new(all, "dialect",
			    json_string(dialect_name(o->dialect)));
	json_object_set_new(all, "tree", shape_text(a, c->tree));
	json_object_set_new(all, "account", shape_text(a, o->account));
	json_object_set_new(all, "mailbox", shape_text(a, o->mailbox));
	json_object_set_new(all, "present", json_boolean(o->present));
	json_t *accounts = o->rights.some ? json_array() : json_null();
	for (size_t i = 0; o->rights.some && i < o->rights.n; i++)
		json_array_append_new(accounts, shape_text(a, o->rights.accounts[i]));
	json_object_set_new(all, "readable_accounts", accounts);
	json_object_set_new(all, "generation", shape_text(a, c->generation));
	json_object_set_new(all, "searched_to", number(c->number));
	json_object_set_new(all, "not_judged", number(c->unjudged));
	json_object_set_new(all, "count", number(c->count));
	json_object_set_new(all, "digest", hex(c->digest));
	json_object_set_new(all, "seal", c->segment ? json_pack("{s:i, s:o}", "segment",
					(int)c->segment, "sha256", hex(c->seal)) : json_null());
	return all;
}

static struct str text_of(struct arena *a, const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);
	return json_is_string(v) ? arena_str(a, (struct str){json_string_value(v),
							     json_string_length(v)})
				 : STR("");
}

static bool read_hash(const json_t *o, const char *key, unsigned char *out)
{
	size_t n = 0;
	const char *z = json_string_value(json_object_get(o, key));
	return z && hash_unhex(str_of(z), out, HASH_BYTES, &n) && n == HASH_BYTES;
}

static void read_rights(struct arena *a, const json_t *list, struct rights *out)
{
	size_t n = json_array_size(list);
	struct str *accounts = arena_alloc(a, (n + 1) * sizeof *accounts);
	for (size_t i = 0; i < n; i++)
		accounts[i] = arena_str(a, str_of(json_string_value(json_array_get(list, i))));
	*out = (struct rights){json_is_array(list), accounts, n};
}

static bool read_json(struct arena *a, const json_t *o, struct certificate *c)
{
	struct str what = text_of(a, o, "what"), dialect = text_of(a, o, "dialect");
	const json_t *seal = json_object_get(o, "seal");
	json_int_t to = json_integer_value(json_object_get(o, "searched_to"));
	json_int_t count = json_integer_value(json_object_get(o, "count"));
	json_int_t segment = json_integer_value(json_object_get(seal, "segment"));
	if (!str_eq(what, str_of(kind)) ||
	    (!str_eq(dialect, STR("imap")) && !str_eq(dialect, STR("box"))) ||
	    to < 0 || count < 0 || segment < 0 || segment > UINT32_MAX ||
	    json_integer_value(json_object_get(o, "version")) != VERSION ||
	    !read_hash(o, "digest", c->digest) || (segment && !read_hash(seal, "sha256", c->seal)))
		return false;
	c->archive = text_of(a, o, "archive");
	c->text = text_of(a, o, "query");
	c->tree = text_of(a, o, "tree");
	c->at = text_of(a, o, "at");
	c->generation = text_of(a, o, "generation");
	c->options.dialect = str_eq(dialect, STR("imap")) ? QUERY_IMAP : QUERY_BOX;
	c->options.account = text_of(a, o, "account");
	c->options.mailbox = text_of(a, o, "mailbox");
	c->options.present = json_is_true(json_object_get(o, "present"));
	read_rights(a, json_object_get(o, "readable_accounts"), &c->options.rights);
	c->number = (uint64_t)to;
	c->count = (uint64_t)count;
	c->segment = (uint32_t)segment;
	return true;
}

/* ---- making ---- */

static int add(const char *p, size_t n, void *to)
{
	buf_add(to, p, n);
	return 0;
}

static int find_seal(struct arena *a, struct qdb *db, struct certificate *c, struct err *err)
{
	struct str note;
	struct sealtext s;
	int r = seal_newest(query_db_archive(db), a, &note, err);
	if (r <= 0)
		return r < 0 ? -1 : 1;
	if (!seal_read(note, &s))
		return err_set(err, ERR_BROKEN, "the newest seal is damaged");
	c->segment = s.segment;
	hash_of(note, c->seal);
	return 1;
}

static int sign(struct arena *a, const char *dir, struct certificate *c, struct str *out,
		struct err *err)
{
	struct note_signer *signer = NULL;
	struct note_key key;
	struct buf text, note;
	int r = sealkey_public(dir, &key, err);
	if (r == 0)
		return err_set(err, ERR_INPUT, "there is no key to sign with yet: sheaf seal makes "
			       "one");
	if (r < 0 || sealkey_open(dir, false, &signer, &key, err) < 0)
		return -1;
	c->archive = str_of(key.name);
	buf_init(&text, NOTE_MOST - 1024);
	buf_init(&note, NOTE_MOST);
	json_t *o = write_json(a, c);
	json_dump_callback(o, add, &text, JSON_INDENT(1));
	json_decref(o);
	buf_chr(&text, '\n');
	r = text.full ? err_set(err, ERR_INPUT, "the query is too long for a certificate")
		      : note_sign(signer, &key, buf_all(&text), &note, err);
	*out = arena_str(a, buf_all(&note));
	buf_free(&text);
	buf_free(&note);
	note_free(&signer);
	return r;
}

int certificate_make(struct arena *a, struct qdb *db, struct str text,
		     const struct query_options *o, struct str *note, struct err *err)
{
	const char *dir = archive_dir(query_db_archive(db));
	struct certificate c = {.text = text, .options = *o};
	struct current current = {0};
	if (dialect_name(o->dialect) == NULL)
		return err_set(err, ERR_INPUT, "a query in this dialect has no certificate");
	if (!str_utf8(text))
		return err_set(err, ERR_INPUT, "the query is not UTF-8");
	if (run(a, db, &c, 0, err) < 0 || current_load(a, dir, &current, err) < 0 ||
	    find_seal(a, db, &c, err) < 0)
		return -1;
	c.generation = current.generation;
	c.at = present_time(a, (int64_t)time(NULL), 0);
	return sign(a, dir, &c, note, err);
}

/* ---- checking ---- */

int certificate_read(struct arena *a, struct str note, const struct note_key *key,
		     struct certificate *out, struct err *err)
{
	struct str text;
	*out = (struct certificate){0};
	if (note_verify(note, key, &text, err) < 0)
		return -1;
	json_t *o = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
	bool good = o && read_json(a, o, out);
	json_decref(o);
	return good ? 1 : err_set(err, ERR_INPUT, "this is no certificate of a search");
}

static int find_again(const char *dir, const struct certificate *c, bool *there, struct err *err)
{
	char path[4096];
	unsigned char hash[HASH_BYTES];
	uint64_t size;
	*there = c->segment == 0;
	if (*there)
		return 1;
	seal_path(path, sizeof path, dir, c->segment);
	int r = seal_hash_file(path, &size, hash, err);
	*there = r > 0 && memcmp(hash, c->seal, HASH_BYTES) == 0;
	return r < 0 ? -1 : 1;
}

int certificate_check(struct arena *a, struct qdb *db, const struct certificate *c,
		      struct certificate_again *out, struct err *err)
{
	struct certificate now = *c;
	*out = (struct certificate_again){0};
	if (run(a, db, &now, c->number ? c->number : 1, err) < 0)
		return -1;
	out->count = now.count;
	memcpy(out->digest, now.digest, HASH_BYTES);
	out->same = now.count == c->count && memcmp(now.digest, c->digest, HASH_BYTES) == 0;
	out->tree_same = str_eq(now.tree, c->tree);
	return find_again(archive_dir(query_db_archive(db)), c, &out->seal_there, err);
}

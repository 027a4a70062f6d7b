#include "audithead.h"

#include "audit.h"
#include "auditread.h"
#include "file.h"
#include "sealkey.h"

/* To the end of the chain. 1; 0 there is none; -1. */
static int walk(const char *dir, struct audithead *h, struct err *err)
{
	struct auditread *r;
	struct auditread_entry e;
	*h = (struct audithead){0};
	if (auditread_open(&r, dir, false, err) < 0)
		return -1;
	int got;
	while ((got = auditread_next(r, &e, err)) > 0 && e.wrong == NULL)
		h->entries = e.number;
	if (got > 0)
		got = err_set(err, ERR_BROKEN, "audit/%06u.log: entry behind %llu %s", e.file,
			      (unsigned long long)h->entries, e.wrong);
	auditread_hash(r, h->hash);
	auditread_close(&r);
	return got < 0 ? -1 : h->entries > 0;
}

static int sign(const char *dir, const struct audithead *h, struct buf *note, struct err *err)
{
	struct note_signer *signer;
	struct note_key key;
	struct buf text;
	if (sealkey_open(dir, false, &signer, &key, err) < 0)
		return -1;
	buf_init(&text, NOTE_MOST);
	buf_fmt(&text, "%s/audit\n%llu\n", key.name, (unsigned long long)h->entries);
	note_base64(&text, h->hash, HASH_BYTES);
	buf_chr(&text, '\n');
	int r = note_sign(signer, &key, buf_all(&text), note, err);
	buf_free(&text);
	note_free(&signer);
	return r;
}

int audithead_write(const char *archive_dir, struct err *err)
{
	char path[4096];
	struct audithead h;
	struct buf note;
	int r = walk(archive_dir, &h, err);
	if (r <= 0)
		return r;
	buf_init(&note, NOTE_MOST);
	r = sign(archive_dir, &h, &note, err);
	if (r > 0)
		r = audit_path(path, sizeof path, archive_dir, "head", err);
	if (r > 0)
		r = file_replace(path, buf_all(&note), err);
	buf_free(&note);
	return r;
}

int audithead_read(struct str note, const struct note_key *key, struct audithead *out,
		   struct err *err)
{
	struct str text, origin, entries, hash;
	size_t n;
	if (note_verify(note, key, &text, err) < 0)
		return -1;
	struct str name = str_of(key->name);
	if (!str_line(&text, &origin) || !str_line(&text, &entries) || !str_line(&text, &hash) ||
	    text.n > 0 || !str_starts(origin, name) ||
	    !str_eq(str_cut(origin, name.n, origin.n), STR("/audit")) ||
	    !str_u64(entries, &out->entries) ||
	    !note_unbase64(hash, out->hash, HASH_BYTES, &n) || n != HASH_BYTES)
		return err_set(err, ERR_INPUT, "this is no head of an audit log");
	return 1;
}

int audithead_load(const char *archive_dir, struct audithead *out, struct err *err)
{
	char path[4096];
	struct note_key key;
	struct buf note;
	if (audit_path(path, sizeof path, archive_dir, "head", err) < 0)
		return -1;
	buf_init(&note, NOTE_MOST);
	int r = file_load(path, &note, err);
	if (r > 0)
		r = sealkey_public(archive_dir, &key, err);
	if (r > 0)
		r = audithead_read(buf_all(&note), &key, out, err);
	buf_free(&note);
	return r;
}

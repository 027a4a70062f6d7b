#define _GNU_SOURCE
#include "catalog.h"

#include "file.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define APPLICATION 0x53484146 /* "SHAF" */
#define VERSION 4
#define TEXT_OF(x) #x
#define VALUE_OF(x) TEXT_OF(x)

/* docs/formats/archive.md says what each column means. */
static const char schema[] =
	"PRAGMA application_id=" VALUE_OF(APPLICATION) ";"
	"PRAGMA user_version=" VALUE_OF(VERSION) ";"
	"BEGIN;"
	"CREATE TABLE state(id INTEGER PRIMARY KEY CHECK(id = 1), commits INTEGER NOT NULL,"
	" change INTEGER NOT NULL);"
	"INSERT INTO state VALUES(1, 0, 0);"
	"CREATE TABLE runs(run INTEGER PRIMARY KEY, started INTEGER NOT NULL);"
	"CREATE TABLE segments(segment INTEGER PRIMARY KEY, size INTEGER NOT NULL,"
	" seal TEXT, tree BLOB);"
	"CREATE TABLE frames(segment INTEGER NOT NULL, start INTEGER NOT NULL,"
	" end INTEGER NOT NULL, raw INTEGER NOT NULL, PRIMARY KEY(segment, start)) WITHOUT ROWID;"
	"CREATE TABLE messages(number INTEGER PRIMARY KEY, hash BLOB UNIQUE,"
	" size INTEGER NOT NULL, rfc822_size INTEGER NOT NULL, segment INTEGER NOT NULL,"
	" frame INTEGER NOT NULL, offset INTEGER NOT NULL, leaf BLOB NOT NULL,"
	" disposal INTEGER NOT NULL DEFAULT 0);"
	"CREATE INDEX messages_disposal ON messages(disposal, number) WHERE disposal <> 0;"
	"CREATE TABLE disposals(disposal INTEGER PRIMARY KEY, at INTEGER NOT NULL,"
	" who NOT NULL, reason NOT NULL, query NOT NULL, messages INTEGER NOT NULL,"
	" state INTEGER NOT NULL DEFAULT 0, ended INTEGER NOT NULL DEFAULT 0,"
	" ended_by NOT NULL DEFAULT '');"
	"CREATE TABLE epochs(epoch INTEGER PRIMARY KEY, account NOT NULL, mailbox NOT NULL,"
	" uidvalidity INTEGER NOT NULL, uidnext INTEGER NOT NULL DEFAULT 0,"
	" highestmodseq INTEGER NOT NULL DEFAULT 0, run INTEGER NOT NULL DEFAULT 0,"
	" messages INTEGER NOT NULL DEFAULT 0, listed INTEGER NOT NULL DEFAULT 0,"
	" mailboxid NOT NULL DEFAULT '',"
	" UNIQUE(account, mailbox, uidvalidity));"
	"CREATE TABLE copies(epoch INTEGER NOT NULL, uid INTEGER NOT NULL,"
	" message INTEGER NOT NULL, internaldate INTEGER NOT NULL, zone INTEGER NOT NULL,"
	" day INTEGER NOT NULL, flags INTEGER NOT NULL, keywords NOT NULL,"
	" modseq INTEGER NOT NULL, run INTEGER NOT NULL, first_seen INTEGER NOT NULL,"
	" last_seen INTEGER NOT NULL, vanished INTEGER NOT NULL, source NOT NULL,"
	" found NOT NULL, emailid NOT NULL, threadid NOT NULL, savedate INTEGER NOT NULL,"
	" savezone INTEGER NOT NULL, basis NOT NULL,"
	" PRIMARY KEY(epoch, uid, message)) WITHOUT ROWID;"
	"CREATE INDEX copies_message ON copies(message, vanished, flags, day);"
	"CREATE INDEX copies_day ON copies(day, message);"
	"CREATE INDEX copies_keywords ON copies(keywords, message) WHERE keywords <> '';"
	"CREATE INDEX copies_source ON copies(epoch, source) WHERE source <> '';"
	"CREATE TABLE outcomes(epoch INTEGER NOT NULL, uid INTEGER NOT NULL,"
	" outcome INTEGER NOT NULL, reason NOT NULL, tries INTEGER NOT NULL,"
	" first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL,"
	" PRIMARY KEY(epoch, uid)) WITHOUT ROWID;"
	"COMMIT;";

static void path_in(char *path, size_t n, const char *dir, const char *name)
{
	snprintf(path, n, "%s/%s", dir, name);
}

int catalog_build(struct db **out, const char *path, struct err *err)
{
	if (db_open(out, path, DB_CREATE, err) < 0)
		return -1;
	if (db_exec(*out, schema, err) == 1)
		return 1;
	db_close(out);
	return -1;
}

static int make(const char *path, struct err *err)
{
	struct db *db;
	if (catalog_build(&db, path, err) < 0)
		return -1;
	int r = db_exec(db, "PRAGMA journal_mode=WAL;", err);
	db_close(&db);
	return r;
}

int catalog_create(const char *dir, struct err *err)
{
	char fresh[4096], path[4096];
	path_in(fresh, sizeof fresh, dir, "catalog.db.new");
	path_in(path, sizeof path, dir, "catalog.db");
	if (unlink(fresh) < 0 && errno != ENOENT)
		return err_errno(err, ERR_BROKEN, "cannot remove '%s'", fresh);
	if (make(fresh, err) < 0)
		return -1;
	if (chmod(fresh, 0600) < 0 || rename(fresh, path) < 0)
		return err_errno(err, ERR_BROKEN, "cannot rename '%s'", fresh);
	return file_sync_dir(dir, err);
}

static int pragma(struct db *db, const char *sql, int64_t *out, struct err *err)
{
	sqlite3_stmt *st;
	int r = db_one(db, err, &st, sql, "");
	if (r == 1) {
		*out = sqlite3_column_int64(st, 0);
		db_done(st);
	}
	return r;
}

static int check_version(struct db *db, const char *dir, struct err *err)
{
	int64_t application = 0, version = 0;
	if (pragma(db, "PRAGMA application_id", &application, err) < 0 ||
	    pragma(db, "PRAGMA user_version", &version, err) < 0)
		return -1;
	if (application != APPLICATION)
		return err_set(err, ERR_BROKEN, "'%s/catalog.db' is not a catalog", dir);
	if (version != VERSION)
		return err_set(err, ERR_BROKEN, "'%s/catalog.db' has version %lld; this "
			       "program reads and writes version %d only%s", dir,
			       (long long)version, VERSION, version < VERSION
			       ? " (sheaf rebuild-catalog --force makes a new one)" : "");
	return 1;
}

int catalog_open(struct db **out, const char *dir, enum db_mode mode, struct err *err)
{
	char path[4096];
	struct stat st;
	path_in(path, sizeof path, dir, "catalog.db");
	if (stat(path, &st) < 0)
		return errno == ENOENT || errno == ENOTDIR ?
			       0 : err_errno(err, ERR_BROKEN, "cannot read '%s'", path);
	struct db *db;
	if (db_open(&db, path, mode, err) < 0)
		return -1;
	if (check_version(db, dir, err) < 0) {
		db_close(&db);
		return -1;
	}
	*out = db;
	return 1;
}

int catalog_load(struct db *db, struct catalog_state *out, struct err *err)
{
	sqlite3_stmt *st;
	*out = (struct catalog_state){0};
	int r = db_one(db, err, &st,
		       "SELECT commits, change, (SELECT max(number) FROM messages),"
		       " (SELECT max(segment) FROM segments),"
		       " (SELECT size FROM segments ORDER BY segment DESC LIMIT 1),"
		       " EXISTS(SELECT 1 FROM outcomes),"
		       " (SELECT seal IS NOT NULL FROM segments ORDER BY segment DESC LIMIT 1)"
		       " FROM state", "");
	if (r == 0)
		return err_set(err, ERR_BROKEN, "catalog has lost its state");
	if (r < 0)
		return -1;
	*out = (struct catalog_state){
		.commits = sqlite3_column_int64(st, 0),
		.change = sqlite3_column_int64(st, 1),
		.last = sqlite3_column_int64(st, 2),
		.segment = (uint32_t)sqlite3_column_int64(st, 3),
		.size = (uint64_t)sqlite3_column_int64(st, 4),
		.outcomes = sqlite3_column_int(st, 5),
		.sealed = sqlite3_column_int(st, 6),
	};
	db_done(st);
	return 1;
}

int catalog_save(struct db *db, const struct catalog_state *s, struct err *err)
{
	if (db_do(db, err, "UPDATE state SET commits = ?1, change = ?2", "ii", s->commits,
		  s->change) < 0)
		return -1;
	return db_do(db, err, "UPDATE segments SET size = ?2 WHERE segment = ?1", "ii",
		     (int64_t)s->segment, (int64_t)s->size);
}

/* The size the catalog knows for a segment. 1; 0 not known; -1. */
static int known_size(struct db *db, uint32_t number, int64_t *size, struct err *err)
{
	sqlite3_stmt *st;
	int r = db_one(db, err, &st, "SELECT size FROM segments WHERE segment = ?1", "i",
		       (int64_t)number);
	if (r == 1) {
		*size = sqlite3_column_int64(st, 0);
		db_done(st);
	}
	return r;
}

static int check_file(struct db *db, const char *path, uint32_t number, struct err *err)
{
	struct stat st;
	int64_t size;
	if (stat(path, &st) < 0)
		return err_errno(err, ERR_BROKEN, "cannot read segment '%s'", path);
	int r = known_size(db, number, &size, err);
	if (r < 0)
		return -1;
	if (r == 0 && st.st_size > SEGMENT_HEAD)
		return err_set(err, ERR_BROKEN,
			       "segment '%s' holds data the catalog does not know: the catalog is "
			       "lost or older than the segments; nothing was changed", path);
	return 1;
}

static int check_files(struct db *db, const char *dir, DIR *d, struct err *err)
{
	struct dirent *e;
	char path[4096];
	while ((e = readdir(d)) != NULL) {
		uint32_t number = segment_number(e->d_name);
		if (number == 0)
			continue;
		segment_path(path, sizeof path, dir, number);
		if (check_file(db, path, number, err) < 0)
			return -1;
	}
	return 1;
}

/* All segments but the last are finished, and that too when it is sealed: their files have
 * exactly the size known. */
static int check_finished(struct db *db, const char *dir, struct err *err)
{
	sqlite3_stmt *st;
	struct stat at;
	char path[4096];
	int r = db_one(db, err, &st,
		       "SELECT segment, size FROM segments WHERE segment <"
		       " (SELECT max(segment) FROM segments) OR seal IS NOT NULL", "");
	for (; r == 1; r = db_step(db, st, err)) {
		segment_path(path, sizeof path, dir, (uint32_t)sqlite3_column_int64(st, 0));
		if (stat(path, &at) == 0 && at.st_size == sqlite3_column_int64(st, 1))
			continue;
		db_done(st);
		return err_set(err, ERR_BROKEN, "segment '%s' is missing or has another size than "
						"the catalog says", path);
	}
	return r < 0 ? -1 : 1;
}

int catalog_check(struct db *db, const char *dir, struct err *err)
{
	char path[4096];
	path_in(path, sizeof path, dir, "segments");
	DIR *d = opendir(path);
	if (d == NULL)
		return err_errno(err, ERR_BROKEN, "cannot read '%s'", path);
	int r = check_files(db, dir, d, err);
	closedir(d);
	return r < 0 ? -1 : check_finished(db, dir, err);
}

int catalog_segment(struct db *db, uint32_t number, struct err *err)
{
	return db_do(db, err, "INSERT INTO segments VALUES(?1, ?2, NULL, NULL)", "ii",
		     (int64_t)number, (int64_t)SEGMENT_HEAD);
}

int catalog_frame(struct db *db, uint32_t segment, const struct segment_frame *f, struct err *err)
{
	return db_do(db, err, "INSERT INTO frames VALUES(?1, ?2, ?3, ?4)", "iiii",
		     (int64_t)segment, (int64_t)f->start, (int64_t)f->end, (int64_t)f->raw);
}

int catalog_add(struct db *db, const struct archive_msg *m, const unsigned char leaf[HASH_BYTES],
		struct err *err)
{
	struct str hash = {(const char *)m->hash, m->destroyed ? 0 : HASH_BYTES};
	return db_do(db, err, "INSERT INTO messages(number, hash, size, rfc822_size, segment,"
		     " frame, offset, leaf) VALUES(?1, nullif(?2, x''), ?3, ?4, ?5, ?6, ?7, ?8)",
		     "ibiiiiib", (int64_t)m->number, hash, (int64_t)m->size,
		     (int64_t)m->rfc822_size, (int64_t)m->segment, (int64_t)m->frame,
		     (int64_t)m->offset, (struct str){(const char *)leaf, HASH_BYTES});
}

int catalog_number(struct db *db, const unsigned char hash[HASH_BYTES], uint64_t *out,
		   struct err *err)
{
	sqlite3_stmt *st;
	struct str key = {(const char *)hash, HASH_BYTES};
	int r = db_one(db, err, &st, "SELECT number FROM messages WHERE hash = ?1", "b", key);
	if (r == 1) {
		*out = (uint64_t)sqlite3_column_int64(st, 0);
		db_done(st);
	}
	return r;
}

static int read_message(sqlite3_stmt *st, struct archive_msg *out, struct err *err)
{
	struct str hash = db_str(st, 1);
	bool destroyed = sqlite3_column_type(st, 1) == SQLITE_NULL;
	if (hash.n != HASH_BYTES && !destroyed)
		return err_set(err, ERR_BROKEN, "catalog holds a bad hash");
	*out = (struct archive_msg){
		.number = (uint64_t)sqlite3_column_int64(st, 0),
		.size = (uint64_t)sqlite3_column_int64(st, 2),
		.rfc822_size = (uint64_t)sqlite3_column_int64(st, 3),
		.segment = (uint32_t)sqlite3_column_int64(st, 4),
		.frame = (uint64_t)sqlite3_column_int64(st, 5),
		.offset = (uint64_t)sqlite3_column_int64(st, 6),
		.frame_end = (uint64_t)sqlite3_column_int64(st, 7),
		.disposal = sqlite3_column_int64(st, 8),
		.destroyed = destroyed,
	};
	if (!destroyed)
		memcpy(out->hash, hash.p, HASH_BYTES);
	return 1;
}

#define MESSAGE \
	"SELECT m.number, m.hash, m.size, m.rfc822_size, m.segment, m.frame, m.offset, f.end," \
	" m.disposal" \
	" FROM messages m JOIN frames f ON f.segment = m.segment AND f.start = m.frame "

int catalog_find(struct db *db, uint64_t number, struct archive_msg *out, struct err *err)
{
	sqlite3_stmt *st;
	int r = db_one(db, err, &st, MESSAGE "WHERE m.number = ?1", "i", (int64_t)number);
	if (r == 1) {
		r = read_message(st, out, err);
		db_done(st);
	}
	return r;
}

int catalog_find_id(struct db *db, struct str hex, struct archive_msg *out, struct err *err)
{
	char digits[HASH_HEX];
	unsigned char low[HASH_BYTES], high[HASH_BYTES];
	size_t n;
	sqlite3_stmt *st;
	if (hex.n < 6 || hex.n > HASH_HEX)
		return 0;
	memset(digits, '0', sizeof digits);
	memcpy(digits, hex.p, hex.n);
	if (!hash_unhex((struct str){digits, HASH_HEX}, low, HASH_BYTES, &n))
		return 0;
	memset(digits + hex.n, 'f', sizeof digits - hex.n);
	hash_unhex((struct str){digits, HASH_HEX}, high, HASH_BYTES, &n);
	int r = db_one(db, err, &st, MESSAGE "WHERE m.hash BETWEEN ?1 AND ?2 LIMIT 2", "bb",
		       (struct str){(char *)low, HASH_BYTES},
		       (struct str){(char *)high, HASH_BYTES});
	if (r < 1)
		return r;
	if (read_message(st, out, err) < 0) {
		db_done(st);
		return -1;
	}
	r = db_step(db, st, err);
	db_done(st);
	if (r == 1)
		return err_set(err, ERR_INPUT, "several messages begin with '%.*s'", STR_ARG(hex));
	return r < 0 ? -1 : 1;
}

static int sums(struct db *db, struct err *err, sqlite3_stmt **st, int64_t epoch)
{
	if (epoch == 0)
		return db_one(db, err, st, "SELECT count(*), total(size),"
			      " count(*) FILTER (WHERE disposal <> 0 AND hash IS NOT NULL),"
			      " count(*) FILTER (WHERE hash IS NULL) FROM messages", "");
	return db_one(db, err, st,
		      "SELECT count(*), total(size),"
		      " count(*) FILTER (WHERE disposal <> 0 AND hash IS NOT NULL),"
		      " count(*) FILTER (WHERE hash IS NULL) FROM messages WHERE number IN"
		      " (SELECT message FROM copies WHERE epoch = ?1)", "i", epoch);
}

int catalog_totals(struct db *db, int64_t epoch, struct archive_totals *out, struct err *err)
{
	sqlite3_stmt *st;
	int64_t to = epoch ? epoch : INT64_MAX; /* a range, so that only its rows are read */
	*out = (struct archive_totals){0};
	if (sums(db, err, &st, epoch) < 1)
		return -1;
	out->messages = (uint64_t)sqlite3_column_int64(st, 0);
	out->bytes = (uint64_t)sqlite3_column_double(st, 1);
	out->disposed = (uint64_t)sqlite3_column_int64(st, 2);
	out->destroyed = (uint64_t)sqlite3_column_int64(st, 3);
	db_done(st);
	if (db_one(db, err, &st, "SELECT count(*), total(size) FROM segments", "") < 1)
		return -1;
	out->segments = (uint64_t)sqlite3_column_int64(st, 0);
	out->stored_bytes = (uint64_t)sqlite3_column_double(st, 1);
	db_done(st);
	if (db_one(db, err, &st, "SELECT count(*) FROM disposals WHERE state = 2", "") < 1)
		return -1;
	out->destroying = (uint64_t)sqlite3_column_int64(st, 0);
	db_done(st);
	if (db_one(db, err, &st,
		   "SELECT count(*), count(*) FILTER (WHERE vanished = 0) FROM copies"
		   " WHERE epoch BETWEEN ?1 AND ?2", "ii", epoch, to) < 1)
		return -1;
	out->copies = (uint64_t)sqlite3_column_int64(st, 0);
	out->present = (uint64_t)sqlite3_column_int64(st, 1);
	db_done(st);
	if (db_one(db, err, &st,
		   "SELECT count(*) FILTER (WHERE outcome = 0),"
		   " count(*) FILTER (WHERE outcome = 1), count(*) FILTER (WHERE outcome = 2)"
		   " FROM outcomes WHERE epoch BETWEEN ?1 AND ?2", "ii", epoch, to) < 1)
		return -1;
	out->failed = (uint64_t)sqlite3_column_int64(st, 0);
	out->refused = (uint64_t)sqlite3_column_int64(st, 1);
	out->gone = (uint64_t)sqlite3_column_int64(st, 2);
	db_done(st);
	return 1;
}

#define _GNU_SOURCE
#include "sealdb.h"

#define ROW "SELECT segment, size, seal, tree FROM segments "

int sealdb_get(struct db *db, struct arena *a, uint32_t segment, struct sealdb_row *out,
	       struct err *err)
{
	sqlite3_stmt *st;
	int r = segment ? db_one(db, err, &st, ROW "WHERE segment = ?1", "i", (int64_t)segment) :
			  db_one(db, err, &st, ROW "WHERE seal IS NOT NULL"
				 " ORDER BY segment DESC LIMIT 1", "");
	if (r < 1)
		return r;
	*out = (struct sealdb_row){
		.segment = (uint32_t)sqlite3_column_int64(st, 0),
		.size = (uint64_t)sqlite3_column_int64(st, 1),
		.seal = arena_str(a, db_str(st, 2)),
		.tree = arena_str(a, db_str(st, 3)),
	};
	db_done(st);
	return 1;
}

int sealdb_put(struct db *db, const struct sealdb_row *row, struct err *err)
{
	return db_do(db, err,
		     "UPDATE segments SET size = ?2, seal = ?3, tree = ?4 WHERE segment = ?1",
		     "iisb", (int64_t)row->segment, (int64_t)row->size, row->seal, row->tree);
}

int sealdb_sum(struct db *db, uint64_t after, uint64_t to, struct sealdb_sums *out,
	       struct err *err)
{
	sqlite3_stmt *st;
	if (db_one(db, err, &st,
		   "SELECT count(*), sum(size), min(number), max(number) FROM messages"
		   " WHERE number > ?1 AND (?2 = 0 OR number <= ?2)",
		   "ii", (int64_t)after, (int64_t)to) < 1)
		return -1;
	*out = (struct sealdb_sums){
		.messages = (uint64_t)sqlite3_column_int64(st, 0),
		.bytes = (uint64_t)sqlite3_column_int64(st, 1),
		.first = (uint64_t)sqlite3_column_int64(st, 2),
		.last = (uint64_t)sqlite3_column_int64(st, 3),
	};
	db_done(st);
	return 1;
}

static int bad_leaf(uint64_t number, struct err *err)
{
	return err_set(err, ERR_BROKEN, "catalog has no sound leaf of message %llu",
		       (unsigned long long)number);
}

int sealdb_leaf(struct db *db, uint64_t number, unsigned char out[HASH_BYTES], struct err *err)
{
	sqlite3_stmt *st;
	int r = db_one(db, err, &st, "SELECT leaf FROM messages WHERE number = ?1", "i",
		       (int64_t)number);
	if (r < 1)
		return r;
	struct str leaf = db_str(st, 0);
	bool sound = leaf.n == HASH_BYTES;
	if (sound)
		memcpy(out, leaf.p, HASH_BYTES);
	db_done(st);
	return sound ? 1 : bad_leaf(number, err);
}

/* Leaves from..to-1 of the log are those of the messages from+1..to. */
static int add_leaves(struct db *db, uint64_t from, uint64_t to, struct merkle *m,
		      struct err *err)
{
	sqlite3_stmt *st;
	uint64_t next = from + 1;
	int r = db_one(db, err, &st,
		       "SELECT number, leaf FROM messages WHERE number > ?1 AND number <= ?2"
		       " ORDER BY number", "ii", (int64_t)from, (int64_t)to);
	for (; r == 1; r = db_step(db, st, err)) {
		struct str leaf = db_str(st, 1);
		if ((uint64_t)sqlite3_column_int64(st, 0) != next || leaf.n != HASH_BYTES) {
			db_done(st);
			return bad_leaf(next, err);
		}
		merkle_add(m, (const unsigned char *)leaf.p);
		next++;
	}
	if (r == 0 && next != to + 1)
		return bad_leaf(next, err);
	return r < 0 ? -1 : 1;
}

int sealdb_grow(struct db *db, struct merkle *m, uint64_t to, struct err *err)
{
	return add_leaves(db, m->size, to, m, err);
}

int sealdb_proof(struct db *db, const struct merkle_range *ranges, size_t n,
		 struct merkle_proof *out, struct err *err)
{
	out->n = 0;
	for (size_t i = 0; i < n; i++) {
		struct merkle m = {0};
		if (add_leaves(db, ranges[i].from, ranges[i].to, &m, err) < 0)
			return -1;
		merkle_root(&m, out->hash[out->n++]);
	}
	return 1;
}

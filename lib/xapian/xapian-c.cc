/* The only C++ of the project. Each exported function is one call of guard() or shield(), so no
 * exception ever passes into C. */
#include <xapian.h>

#include <cstdarg>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>
#include <vector>

/* The headers are C: _Noreturn is spelt otherwise in C++, and a function may bear the name of a
 * struct. */
#define _Noreturn [[noreturn]]
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
extern "C" {
#include "xapian-c.h"
}
#pragma GCC diagnostic pop

/* Bytes of a block of a compacted database. Postings of 142,000 mails: 90.8 MB in blocks of 8 KiB,
 * 89.2 in these, 87.8 in 64 KiB. */
static const int COMPACT_BLOCK = 16384;

struct xap_db {
	Xapian::Database db;
};

struct xap_writer {
	Xapian::WritableDatabase db;
};

struct xap_query {
	Xapian::Query q;
};

struct xap_results {
	Xapian::MSet set;
	Xapian::MSetIterator at;
};

struct xap_stemmer {
	Xapian::Stem english;
};

struct xap_terms {
	Xapian::Database db; /* keeps the database alive under the iterators */
	Xapian::TermIterator at, end;
	std::string prefix, term;
	bool of_document, started;
};

/* ---- the exception barrier ---- */

/* Xapian's errors have no virtual functions: the kind is told by catching again. */
static enum err_kind kind_of_current(void)
{
	try {
		throw;
	} catch (const Xapian::NetworkError &) {
		return ERR_NET;
	} catch (const Xapian::DatabaseLockError &) {
		return ERR_LATER;
	} catch (const Xapian::DatabaseModifiedError &) {
		return ERR_LATER;
	} catch (const Xapian::InvalidOperationError &) {
		/* After a failed write Xapian cancels, which XAP_NO_SYNC rules out: this hides
		 * the error of the disk. */
		return ERR_BROKEN;
	} catch (const Xapian::LogicError &) {
		return ERR_INPUT;
	} catch (const Xapian::FeatureUnavailableError &) {
		return ERR_INPUT;
	} catch (const Xapian::RangeError &) {
		return ERR_INPUT;
	} catch (const Xapian::Error &) {
		return ERR_BROKEN;
	}
}

/* Runs fn, which returns 1, 0 or -1 with *err set, and turns exceptions into *err. */
template <typename F> static int guard(struct err *err, F fn)
{
	try {
		return fn();
	} catch (const Xapian::Error &e) {
		return err_set(err, kind_of_current(), "xapian: %s", e.get_msg().c_str());
	} catch (const std::bad_alloc &) {
		err_die("out of memory");
	} catch (const std::exception &e) {
		return err_set(err, ERR_BROKEN, "xapian: %s", e.what());
	}
}

/* The same for functions that cannot fail: an exception is a programming mistake. */
template <typename F> static auto shield(F fn) -> decltype(fn())
{
	try {
		return fn();
	} catch (const Xapian::Error &e) {
		err_die("xapian: %s", e.get_msg().c_str());
	} catch (const std::exception &e) {
		err_die("xapian: %s", e.what());
	}
}

/* Closing must not fail and has nobody to tell. */
template <typename T> static void drop(T **p)
{
	try {
		delete *p;
	} catch (...) {
	}
	*p = nullptr;
}

static std::string string_of(struct str s)
{
	return std::string(s.p, s.n);
}

/* ---- writing ---- */

/* Zero bytes take two in Xapian's keys. It would notice only when it flushes, and then the whole
 * batch is lost. */
static size_t length_inside(struct str term)
{
	size_t n = term.n;
	for (size_t i = 0; i < term.n; i++)
		n += term.p[i] == 0;
	return n;
}

static int check_terms(const struct xap_doc *doc, struct err *err)
{
	for (size_t i = 0; i < doc->n_terms; i++) {
		struct str term = doc->terms[i].term;
		if (term.n == 0 || length_inside(term) > XAP_MAX_TERM)
			return err_set(err, ERR_INPUT, "term of %zu bytes (1 to %d are allowed)",
				       term.n, XAP_MAX_TERM);
	}
	return 1;
}

static Xapian::Document document_of(const struct xap_doc *doc)
{
	Xapian::Document d;
	std::string term;
	for (size_t i = 0; i < doc->n_terms; i++) {
		term.assign(doc->terms[i].term.p, doc->terms[i].term.n);
		d.add_term(term, doc->terms[i].wdf);
	}
	return d;
}

/* Xapian 1.4 takes the number of documents between flushes from the environment only. */
class flush_setting {
	bool set;

      public:
	explicit flush_setting(uint32_t flush) : set(flush != 0)
	{
		if (set)
			setenv("XAPIAN_FLUSH_THRESHOLD", std::to_string(flush).c_str(), 1);
	}
	~flush_setting()
	{
		if (set)
			unsetenv("XAPIAN_FLUSH_THRESHOLD");
	}
};

int xap_create(struct xap_writer **out, const char *path, int flags, uint32_t flush,
	       struct err *err)
{
	return guard(err, [&] {
		flush_setting setting(flush);
		int how = Xapian::DB_CREATE | Xapian::DB_BACKEND_GLASS;
		if (flags & XAP_NO_TERMLIST)
			how |= Xapian::DB_NO_TERMLIST;
		if (flags & XAP_NO_SYNC)
			how |= Xapian::DB_NO_SYNC | Xapian::DB_DANGEROUS;
		*out = new xap_writer{Xapian::WritableDatabase(path, how)};
		return 1;
	});
}

int xap_open_writer(struct xap_writer **out, const char *path, struct err *err)
{
	return guard(err, [&] {
		*out = new xap_writer{Xapian::WritableDatabase(path, Xapian::DB_OPEN)};
		return 1;
	});
}

int xap_add(struct xap_writer *w, const struct xap_doc *doc, uint32_t *docid_out, struct err *err)
{
	if (check_terms(doc, err) < 0)
		return -1;
	return guard(err, [&] {
		Xapian::docid id = w->db.add_document(document_of(doc));
		if (docid_out)
			*docid_out = id;
		return 1;
	});
}

int xap_replace(struct xap_writer *w, uint32_t docid, const struct xap_doc *doc, struct err *err)
{
	if (check_terms(doc, err) < 0)
		return -1;
	return guard(err, [&] {
		w->db.replace_document(docid, document_of(doc));
		return 1;
	});
}

int xap_delete(struct xap_writer *w, uint32_t docid, struct err *err)
{
	return guard(err, [&] {
		try {
			w->db.delete_document(docid);
			return 1;
		} catch (const Xapian::DocNotFoundError &) {
			return 0;
		}
	});
}

int xap_set_metadata(struct xap_writer *w, struct str key, struct str value, struct err *err)
{
	return guard(err, [&] {
		w->db.set_metadata(string_of(key), string_of(value));
		return 1;
	});
}

int xap_commit(struct xap_writer *w, struct err *err)
{
	return guard(err, [&] {
		w->db.commit();
		return 1;
	});
}

void xap_close_writer(struct xap_writer **w)
{
	if (*w == nullptr)
		return;
	try {
		/* The destructor would commit; cancelling a transaction drops what is pending. */
		(*w)->db.begin_transaction(false);
		(*w)->db.cancel_transaction();
		(*w)->db.close();
	} catch (...) {
	}
	drop(w);
}

int xap_compact(const char *const *from, size_t n, const char *to, struct err *err)
{
	return guard(err, [&] {
		Xapian::Database all;
		for (size_t i = 0; i < n; i++)
			all.add_database(Xapian::Database(from[i]));
		all.compact(std::string(to), static_cast<unsigned>(Xapian::Compactor::FULL),
			    COMPACT_BLOCK);
		return 1;
	});
}

/* ---- reading ---- */

int xap_open(struct xap_db **out, const char *path, struct err *err)
{
	return guard(err, [&] {
		*out = new xap_db{Xapian::Database(path)};
		return 1;
	});
}

int xap_add_db(struct xap_db *db, const char *path, struct err *err)
{
	return guard(err, [&] {
		db->db.add_database(Xapian::Database(path));
		return 1;
	});
}

int xap_open_remote(struct xap_db **out, const char *host, unsigned port, unsigned timeout,
		    struct err *err)
{
	return guard(err, [&] {
		*out = new xap_db{Xapian::Remote::open(host, port, timeout, timeout)};
		return 1;
	});
}

int xap_add_remote(struct xap_db *db, const char *host, unsigned port, unsigned timeout,
		   struct err *err)
{
	return guard(err, [&] {
		db->db.add_database(Xapian::Remote::open(host, port, timeout, timeout));
		return 1;
	});
}

void xap_close(struct xap_db **db)
{
	drop(db);
}

int xap_counts(struct xap_db *db, uint32_t *docs_out, uint32_t *last_out, struct err *err)
{
	return guard(err, [&] {
		if (docs_out)
			*docs_out = db->db.get_doccount();
		if (last_out)
			*last_out = db->db.get_lastdocid();
		return 1;
	});
}

static int append(struct buf *out, const std::string &s, struct err *err)
{
	size_t before = out->n;
	buf_add(out, s.data(), s.size());
	if (out->n - before != s.size())
		return err_set(err, ERR_INPUT, "%zu bytes do not fit into the buffer", s.size());
	return 1;
}

int xap_metadata(struct xap_db *db, struct str key, struct buf *out, struct err *err)
{
	return guard(err, [&] {
		std::string s = db->db.get_metadata(string_of(key));
		return s.empty() ? 0 : append(out, s, err);
	});
}

int xap_freq(struct xap_db *db, struct str term, uint32_t *out, struct err *err)
{
	*out = 0;
	return guard(err, [&] {
		if (term.n > 0 && term.n <= XAP_MAX_TERM)
			*out = db->db.get_termfreq(string_of(term));
		return 1;
	});
}

static inline void set_bit(uint64_t *bits, size_t n_bits, size_t i)
{
	if (i < n_bits)
		bits[i / 64] |= UINT64_C(1) << (i % 64);
}

int xap_mark(struct xap_db *db, const struct str *terms, size_t n, uint64_t *bits, size_t n_bits,
	     struct err *err)
{
	return guard(err, [&] {
		std::string term;
		for (size_t i = 0; i < n; i++) {
			/* The empty term would stand for every document, a long one for none. */
			if (terms[i].n == 0 || terms[i].n > XAP_MAX_TERM)
				continue;
			term.assign(terms[i].p, terms[i].n);
			Xapian::PostingIterator p = db->db.postlist_begin(term);
			for (; p != db->db.postlist_end(term); ++p)
				set_bit(bits, n_bits, *p - 1);
		}
		return 1;
	});
}

int xap_has(struct xap_db *db, struct str term, const uint32_t *docids, size_t n, bool *has,
	    struct err *err)
{
	return guard(err, [&] {
		std::string name = string_of(term);
		Xapian::PostingIterator p = db->db.postlist_begin(name);
		Xapian::PostingIterator end = db->db.postlist_end(name);
		for (size_t i = 0; i < n; i++) {
			if (p != end)
				p.skip_to(docids[i]);
			has[i] = p != end && *p == docids[i];
		}
		return 1;
	});
}

int xap_terms_open(struct xap_terms **out, struct xap_db *db, uint32_t docid, struct str prefix,
		   struct err *err)
{
	return guard(err, [&] {
		struct xap_terms t = {};
		t.db = db->db;
		t.prefix = string_of(prefix);
		t.of_document = docid > 0;
		if (docid > 0) {
			t.at = t.db.termlist_begin(docid);
			t.end = t.db.termlist_end(docid);
			if (t.at != t.end)
				t.at.skip_to(t.prefix);
		} else {
			t.at = t.db.allterms_begin(t.prefix);
			t.end = t.db.allterms_end(t.prefix);
		}
		*out = new xap_terms(t);
		return 1;
	});
}

int xap_terms_next(struct xap_terms *t, struct str *term, uint32_t *freq, struct err *err)
{
	return guard(err, [&] {
		if (t->started && t->at != t->end)
			++t->at;
		t->started = true;
		if (t->at == t->end)
			return 0;
		t->term = *t->at;
		if (t->term.compare(0, t->prefix.size(), t->prefix) != 0) {
			t->at = t->end;
			return 0;
		}
		*term = (struct str){t->term.data(), t->term.size()};
		if (freq)
			*freq = t->of_document ? t->at.get_wdf() : t->at.get_termfreq();
		return 1;
	});
}

void xap_terms_close(struct xap_terms **t)
{
	drop(t);
}

/* ---- queries ---- */

struct xap_query *xap_q_term(struct str term, uint32_t wqf)
{
	return shield([&] {
		/* To Xapian the empty term is every document. */
		if (term.n == 0)
			return new xap_query{Xapian::Query::MatchNothing};
		return new xap_query{Xapian::Query(string_of(term), wqf)};
	});
}

struct xap_query *xap_q_all(void)
{
	return shield([] { return new xap_query{Xapian::Query(std::string())}; });
}

struct xap_query *xap_q_none(void)
{
	return shield([] { return new xap_query{Xapian::Query::MatchNothing}; });
}

struct xap_query *xap_q_join(enum xap_op op, struct xap_query **qs, size_t n)
{
	static const Xapian::Query::op ops[] = {
		Xapian::Query::OP_AND,	 Xapian::Query::OP_OR,	    Xapian::Query::OP_AND_NOT,
		Xapian::Query::OP_XOR,	 Xapian::Query::OP_FILTER,  Xapian::Query::OP_SYNONYM,
		Xapian::Query::OP_MAX,
	};
	return shield([&] {
		std::vector<Xapian::Query> list;
		for (size_t i = 0; i < n; i++) {
			list.push_back(qs[i]->q);
			xap_q_free(&qs[i]);
		}
		return new xap_query{Xapian::Query(ops[op], list.begin(), list.end())};
	});
}

struct xap_query *xap_q_scale(struct xap_query *q, double factor)
{
	return shield([&] {
		q->q = Xapian::Query(Xapian::Query::OP_SCALE_WEIGHT, q->q, factor < 0 ? 0 : factor);
		return q;
	});
}

struct str xap_q_text(struct arena *a, const struct xap_query *q)
{
	return shield([&] {
		std::string s = q->q.get_description();
		return arena_str(a, (struct str){s.data(), s.size()});
	});
}

void xap_q_free(struct xap_query **q)
{
	drop(q);
}

int xap_search(struct xap_results **out, struct xap_db *db, const struct xap_query *q,
	       const struct xap_search *s, struct err *err)
{
	return guard(err, [&] {
		Xapian::Enquire enquire(db->db);
		enquire.set_query(q->q);
		if (!s->weighted)
			enquire.set_weighting_scheme(Xapian::BoolWeight());
		enquire.set_docid_order(s->ascending || s->weighted ? Xapian::Enquire::ASCENDING
								    : Xapian::Enquire::DESCENDING);
		xap_results *r = new xap_results{enquire.get_mset(s->first, s->most), {}};
		r->at = r->set.begin();
		*out = r;
		return 1;
	});
}

int xap_results_next(struct xap_results *r, uint32_t *docid, double *weight, struct err *err)
{
	return guard(err, [&] {
		if (r->at == r->set.end())
			return 0;
		*docid = *r->at;
		if (weight)
			*weight = r->at.get_weight();
		++r->at;
		return 1;
	});
}

uint32_t xap_results_estimate(const struct xap_results *r)
{
	return shield([&] { return r->set.get_matches_estimated(); });
}

void xap_results_close(struct xap_results **r)
{
	drop(r);
}

void xap_stem_open(struct xap_stemmer **out)
{
	*out = shield([] { return new xap_stemmer{Xapian::Stem("english")}; });
}

void xap_stem_close(struct xap_stemmer **s)
{
	drop(s);
}

size_t xap_stem(struct xap_stemmer *s, struct str word, char *out, size_t max)
{
	return shield([&] {
		std::string stem = s->english(string_of(word));
		size_t n = stem.size() < max ? stem.size() : max;
		memcpy(out, stem.data(), n);
		return n;
	});
}

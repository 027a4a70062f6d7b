#include "metrics.h"

#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "keeper.h"

enum { ROUTES = 200, STATUSES = 16, BUCKETS = 10 };

static const int statuses[STATUSES] = {200, 201, 202, 204, 206, 301, 302, 303, 304,
				       400, 401, 403, 404, 429, 500, 503};
static const unsigned bounds_ms[BUCKETS] = {1, 5, 10, 25, 50, 100, 250, 500, 1000, 10000};

static const struct route *table;
static size_t rows;
static metrics_fares *ask_fares;
static time_t began;
/* The last row is for what has no route, the last status for all others. */
static atomic_uint_fast64_t requests[ROUTES + 1][STATUSES + 1];
static atomic_uint_fast64_t buckets[BUCKETS + 1], sum_us;

void metrics_begin(const struct route *routes, size_t n, metrics_fares *fares)
{
	table = routes;
	rows = n < ROUTES ? n : ROUTES;
	ask_fares = fares;
	began = time(NULL);
}

void metrics_count(const struct route *route, int status, uint64_t us)
{
	size_t row = route && (size_t)(route - table) < rows ? (size_t)(route - table) : ROUTES;
	size_t s = 0, b = 0;
	while (s < STATUSES && statuses[s] != status)
		s++;
	while (b < BUCKETS && us > 1000 * (uint64_t)bounds_ms[b])
		b++;
	atomic_fetch_add(&requests[row][s], 1);
	atomic_fetch_add(&buckets[b], 1);
	atomic_fetch_add(&sum_us, us);
}

/* ---- the text ---- */

static void head(struct buf *b, const char *name, const char *type, const char *help)
{
	buf_fmt(b, "# HELP sheaf_%s %s\n# TYPE sheaf_%s %s\n", name, help, name, type);
}

static void gauge(struct buf *b, const char *name, const char *help, uint64_t value)
{
	head(b, name, "gauge", help);
	buf_fmt(b, "sheaf_%s %llu\n", name, (unsigned long long)value);
}

static void label(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			buf_chr(b, '\\');
		buf_chr(b, s.p[i] == '\n' ? ' ' : s.p[i]);
	}
}

static void count_row(struct buf *b, size_t row)
{
	const char *method = row < rows ? table[row].method : "";
	const char *route = row < rows ? table[row].pattern : "";
	for (size_t s = 0; s <= STATUSES; s++) {
		unsigned long long n = atomic_load(&requests[row][s]);
		if (n == 0)
			continue;
		buf_fmt(b, "sheaf_http_requests_total{method=\"%s\",route=\"%s\",status=\"",
			method, route);
		if (s < STATUSES)
			buf_fmt(b, "%d\"} %llu\n", statuses[s], n);
		else
			buf_fmt(b, "other\"} %llu\n", n);
	}
}

static void times(struct buf *b)
{
	uint64_t n = 0;
	head(b, "http_request_seconds", "histogram", "Time until an answer began to leave.");
	for (size_t i = 0; i < BUCKETS; i++) {
		n += atomic_load(&buckets[i]);
		buf_fmt(b, "sheaf_http_request_seconds_bucket{le=\"%g\"} %llu\n",
			bounds_ms[i] / 1000.0, (unsigned long long)n);
	}
	n += atomic_load(&buckets[BUCKETS]);
	buf_fmt(b, "sheaf_http_request_seconds_bucket{le=\"+Inf\"} %llu\n"
		   "sheaf_http_request_seconds_sum %.6f\nsheaf_http_request_seconds_count %llu\n",
		(unsigned long long)n, (double)atomic_load(&sum_us) / 1e6, (unsigned long long)n);
}

static void process(struct buf *b)
{
	unsigned long size = 0, resident = 0;
	FILE *f = fopen("/proc/self/statm", "re");
	if (f && fscanf(f, "%lu %lu", &size, &resident) != 2)
		resident = 0;
	if (f)
		fclose(f);
	buf_fmt(b, "# TYPE process_resident_memory_bytes gauge\n"
		   "process_resident_memory_bytes %llu\n"
		   "# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds %lld\n",
		(unsigned long long)resident * (unsigned long long)sysconf(_SC_PAGESIZE),
		(long long)began);
}

static int archive(struct buf *b, struct call *c, struct err *err)
{
	struct archive_totals t;
	struct qdb *db;
	uint64_t indexed, stored, not_fully;
	if (call_db(c, &db, err) < 0 || archive_totals(query_db_archive(db), 0, &t, err) < 0 ||
	    query_db_reach(db, &indexed, &stored, err) < 0 ||
	    query_not_fully(db, &not_fully, err) < 0)
		return -1;
	gauge(b, "messages", "Messages stored.", t.messages);
	gauge(b, "message_bytes", "Their bytes.", t.bytes);
	gauge(b, "stored_bytes", "What they take on the disk.", t.stored_bytes);
	gauge(b, "messages_failed", "Messages that could not be fetched.", t.failed);
	gauge(b, "messages_refused", "Messages that were too large.", t.refused);
	gauge(b, "index_behind_messages", "Stored messages that are not indexed.",
	      stored - indexed);
	gauge(b, "not_fully_searchable_messages", "Messages that could not be searched fully.",
	      not_fully);
	return 1;
}

static void accounts(struct buf *b)
{
	json_t *o = json_object();
	if (ask_fares)
		ask_fares(call_dir(), o);
	const json_t *list = json_object_get(o, "accounts");
	if (json_array_size(list))
		head(b, "account_state", "gauge", "1 for the state that an account is in.");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);
		buf_str(b, STR("sheaf_account_state{account=\""));
		label(b, str_of(json_string_value(json_object_get(one, "account"))));
		buf_str(b, STR("\",state=\""));
		label(b, str_of(json_string_value(json_object_get(one, "state"))));
		buf_str(b, STR("\"} 1\n"));
	}
	json_decref(o);
}

static void starts(struct buf *b, const char *name, const struct keeper_state *k)
{
	head(b, name, "counter", "How often it was started.");
	buf_fmt(b, "sheaf_%s %u\n", name, k->starts);
}

static void kept(struct buf *b)
{
	struct keeper_state k, e, all;
	keeper_state(KEEPER_HARVEST, &k);
	keeper_state(KEEPER_EXPORTS, &e);
	keeper_state(KEEPER_ITSELF, &all);
	gauge(b, "harvest_kept", "Is there a harvest that this server keeps alive?", k.on);
	gauge(b, "harvest_running", "Does it run?", k.running);
	starts(b, "harvest_starts_total", &k);
	gauge(b, "exports_running", "Does what makes exports run?", e.running);
	starts(b, "exports_starts_total", &e);
	gauge(b, "keeper_running", "Does what keeps both of them running run?", all.running);
	starts(b, "keeper_starts_total", &all);
}

int metrics_get(struct call *c, struct http_response *resp, struct err *err)
{
	struct buf *b = &resp->body;
	resp->type = "text/plain; version=0.0.4; charset=utf-8";
	head(b, "http_requests_total", "counter", "Requests by route and status.");
	for (size_t row = 0; row < rows; row++)
		count_row(b, row);
	count_row(b, ROUTES);
	times(b);
	process(b);
	kept(b);
	accounts(b);
	return archive(b, c, err);
}

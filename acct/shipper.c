/* shipper.c - batch by batch, each journal from where the store says it is */
#include "acct/shipper.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "acct/batch.h"
#include "acct/batch_store.h"
#include "base/alloc.h"
#include "base/err.h"

#define DEFAULT_BATCH 5000
#define PRUNE_INTERVAL_US (60 * US_PER_S)

/* One journal. */
struct source {
	struct journal_source id;
	bool is_known;      /* committed was told by the store, or written */
	bool is_sure;       /* and nothing has failed since */
	bool is_unreadable; /* and that was logged */
	struct journal_position committed;
	struct journal_position at;    /* of the reader */
	struct journal_reader *reader; /* NULL = not open */
	size_t limit;                  /* events of the next batch */
	int64_t pruned_before;         /* segments */
};

struct shipper {
	struct shipper_settings settings;
	struct log *log;
	struct clock clock;
	struct source *sources;
	size_t n_sources, cap_sources;
	struct batch batch;
	time_us pruned_at;
	struct shipper_counters counters;
};

int
shipper_new(const struct shipper_settings *settings, struct log *log,
	    struct shipper **out)
{
	struct shipper *shipper = mem_zalloc(1, sizeof(*shipper));
	int err;

	if (shipper == NULL)
		return ERR_NOMEM;
	shipper->settings = *settings;
	if (shipper->settings.batch_events == 0)
		shipper->settings.batch_events = DEFAULT_BATCH;
	shipper->log = log;
	clock_init_system(&shipper->clock);
	err = batch_init(&shipper->batch);
	if (err != 0) {
		shipper_free(shipper);
		return err;
	}
	*out = shipper;
	return 0;
}

static void
close_reader(struct source *source)
{
	journal_reader_close(source->reader);
	source->reader = NULL;
}

void
shipper_free(struct shipper *shipper)
{
	if (shipper == NULL)
		return;
	for (size_t i = 0; i < shipper->n_sources; i++)
		close_reader(&shipper->sources[i]);
	batch_fini(&shipper->batch);
	mem_free(shipper->sources);
	mem_free(shipper);
}

/* --- sources --- */

static struct source *
find_source(const struct shipper *shipper, const struct journal_source *id)
{
	for (size_t i = 0; i < shipper->n_sources; i++) {
		struct source *source = &shipper->sources[i];

		if (source->id.worker == id->worker &&
		    strcmp(source->id.node, id->node) == 0)
			return source;
	}
	return NULL;
}

static int
add_source(struct shipper *shipper, const struct journal_source *id)
{
	struct source *source = find_source(shipper, id);

	if (source != NULL) {
		source->id = *id;
		return 0;
	}
	if (mem_grow((void **)&shipper->sources, &shipper->cap_sources,
		     shipper->n_sources, sizeof(*source)) != 0)
		return ERR_NOMEM;
	source = &shipper->sources[shipper->n_sources++];
	*source = (struct source){ .id = *id,
				   .limit = shipper->settings.batch_events };
	return 0;
}

static int
find_sources(struct shipper *shipper)
{
	const char *node = shipper->settings.node;
	struct journal_source *ids;
	size_t n;
	int err = journal_list(shipper->settings.directory, &ids, &n);

	if (err != 0)
		return err;
	for (size_t i = 0; i < n && err == 0; i++) {
		if (node == NULL || strcmp(ids[i].node, node) == 0)
			err = add_source(shipper, &ids[i]);
	}
	mem_free(ids);
	return err;
}

static int
ask_position(const struct source *source, struct store *store,
	     struct journal_position *out)
{
	static const char sql[] = "SELECT segment, \"offset\", seq"
				  " FROM journal_position"
				  " WHERE node = ? AND worker = ?";
	const struct store_value params[] = { store_text(source->id.node),
					      store_int(source->id.worker) };
	struct store_stmt *stmt;
	int err = store_prepare(store, sql, &stmt);

	*out = (struct journal_position){ 0 };
	if (err == 0)
		err = store_start(stmt, params, 2);
	if (err == 0)
		err = store_next(stmt);
	if (err == 0) {
		out->segment = store_col_int(stmt, 0);
		out->offset = store_col_int(stmt, 1);
		out->seq = store_col_int(stmt, 2);
	}
	store_finish(stmt);
	return err == ERR_END ? 0 : err;
}

static int
open_source(struct shipper *shipper, struct source *source, struct store *store)
{
	int err;

	if (!source->is_sure) {
		close_reader(source);
		err = ask_position(source, store, &source->committed);
		if (err != 0)
			return err;
		source->is_known = source->is_sure = true;
	}
	if (source->reader != NULL)
		return 0;
	source->at = source->committed;
	return journal_reader_open(shipper->settings.directory, &source->id,
				   &source->at, &source->reader);
}

/* --- filling a batch --- */

/* A stretch of the journal is lost; before it the reader was at *before. */
static int
note_corrupt(struct shipper *shipper, const struct source *source,
	     const struct journal_position *before, size_t len)
{
	char error[200];
	size_t n;

	n = (size_t)snprintf(error, sizeof(error),
			     "%zu bytes are corrupt or missing, the next "
			     "record is number %lld",
			     len, (long long)source->at.seq);
	if (before->seq > 0)
		snprintf(error + n, sizeof(error) - n, ", expected %lld",
			 (long long)before->seq);
	return batch_note_bad(&shipper->batch, &source->at, NULL, len, error);
}

/* One record: 0, ERR_END when there is none, or an error. */
static int
take_record(struct shipper *shipper, struct source *source)
{
	struct journal_position before = source->at;
	const void *data;
	size_t len;
	int err = journal_reader_next(source->reader, &data, &len, &source->at);

	if (err == ERR_CORRUPT)
		return note_corrupt(shipper, source, &before, len);
	if (err != 0)
		return err;
	err = batch_take(&shipper->batch, data, len);
	if (err == 0 || err == ERR_NOMEM)
		return err;
	return batch_note_bad(&shipper->batch, &source->at, data, len,
			      err_text(err));
}

static size_t
count_records(const struct batch *batch)
{
	return batch->n_events + batch->n_bad;
}

/* 0 also when there was nothing. */
static int
fill_batch(struct shipper *shipper, struct source *source)
{
	struct batch *batch = &shipper->batch;
	int err = batch_reset(batch);

	while (err == 0 && count_records(batch) < source->limit &&
	       !batch_is_large(batch))
		err = take_record(shipper, source);
	/* What cannot be read does not hold back what could. */
	if (err == ERR_END || (err == ERR_IO && count_records(batch) > 0))
		return 0;
	return err;
}

/* --- shipping one --- */

static void
count_batch(struct shipper *shipper, const struct source *source)
{
	const struct batch *batch = &shipper->batch;
	struct shipper_counters *counters = &shipper->counters;

	counters->batches++;
	counters->events += batch->n_events;
	counters->rows += batch->n_calls + batch->n_attempts;
	counters->corrupt_bytes += batch->corrupt_bytes;
	counters->last_success = clock_wall(&shipper->clock);
	for (size_t i = 0; i < batch->n_bad; i++) {
		const struct batch_bad *bad = &batch->bad[i];

		if (bad->event != NULL)
			counters->bad_events++;
		log_error(shipper->log,
			  "journal %s.%d: %s before segment %lld offset %lld "
			  "is in bad_events: %s",
			  source->id.node, source->id.worker,
			  bad->event != NULL ? "the event" : "what was",
			  (long long)bad->at.segment, (long long)bad->at.offset,
			  bad->error);
	}
}

static int
store_batch(struct shipper *shipper, struct source *source, struct store *store)
{
	const struct batch_origin origin = { source->id.node, source->id.worker,
					     source->at };
	int err = batch_store(&shipper->batch, store, &origin, shipper->log);

	if (err != 0) {
		/* Ask again: the commit may have come through after all. */
		source->is_sure = false;
		return err;
	}
	source->committed = source->at;
	count_batch(shipper, source);
	source->limit *= 2;
	if (source->limit > shipper->settings.batch_events)
		source->limit = shipper->settings.batch_events;
	return 0;
}

/* The record that begins at source->committed, once more. */
static int
read_again(struct shipper *shipper, struct source *source, struct store *store,
	   const void **data, size_t *len)
{
	int err;

	source->is_sure = false;
	err = open_source(shipper, source, store);
	return err != 0 ? err
			: journal_reader_next(source->reader, data, len,
					      &source->at);
}

/* The store refused a batch of one event: if that is the event's fault, put it
 * aside. */
static int
put_aside(struct shipper *shipper, struct source *source, struct store *store)
{
	char error[STORE_ERROR_MAX];
	const void *data;
	size_t len;
	int err;

	snprintf(error, sizeof(error), "%s", store_error(store));
	err = batch_store_probe(store);
	if (err == 0)
		err = read_again(shipper, source, store, &data, &len);
	if (err == 0)
		err = batch_reset(&shipper->batch);
	if (err == 0)
		err = batch_note_bad(&shipper->batch, &source->at, data, len,
				     error);
	return err != 0 ? err : store_batch(shipper, source, store);
}

/* Whether the store said no to what was in the batch, and not to everything. */
static bool
is_refusal(const struct store *store, int err)
{
	return (err == ERR_DB || err == ERR_EXISTS) && !store_is_lost(store);
}

/*
 * Ship one batch; when the store refuses it, half of it, and so on down to one
 * event, which is put aside. *n_out is how many events were shipped.
 */
static int
ship_source(struct shipper *shipper, struct source *source, struct store *store,
	    size_t *n_out)
{
	struct batch *batch = &shipper->batch;
	int err;

	*n_out = 0;
	for (;;) {
		err = open_source(shipper, source, store);
		if (err == 0)
			err = fill_batch(shipper, source);
		if (err != 0)
			break;
		if (count_records(batch) == 0 &&
		    source->at.segment == source->committed.segment)
			return 0;
		err = store_batch(shipper, source, store);
		if (err == 0 || !is_refusal(store, err))
			break;
		if (count_records(batch) > 1) {
			source->limit = count_records(batch) / 2;
			continue;
		}
		if (batch->n_events == 1)
			err = put_aside(shipper, source, store);
		break;
	}
	if (err == 0)
		*n_out = count_records(batch);
	else
		source->is_sure = false;
	if (err == ERR_NOMEM && source->limit > 1)
		source->limit /= 2;
	return err;
}

/* --- all of them --- */

static void
prune(struct shipper *shipper)
{
	time_us now = clock_wall(&shipper->clock);
	bool is_due = now - shipper->pruned_at >= PRUNE_INTERVAL_US ||
		      now < shipper->pruned_at;

	if (is_due)
		shipper->pruned_at = now;
	for (size_t i = 0; i < shipper->n_sources; i++) {
		struct source *source = &shipper->sources[i];
		int64_t keep = source->committed.segment;

		if (!source->is_sure ||
		    (keep == source->pruned_before && !is_due))
			continue;
		journal_prune(shipper->settings.directory, &source->id, keep,
			      shipper->settings.retain_s);
		source->pruned_before = keep;
	}
}

static int
ship_all(struct shipper *shipper, struct store *store, size_t *n_out)
{
	int io_err = 0;

	for (size_t i = 0; i < shipper->n_sources; i++) {
		struct source *source = &shipper->sources[i];
		size_t n;
		int err = ship_source(shipper, source, store, &n);

		*n_out += n;
		if (err != 0 && err != ERR_IO)
			return err;
		if (err == ERR_IO && !source->is_unreadable)
			log_error(shipper->log,
				  "journal %s.%d: cannot be read: %s",
				  source->id.node, source->id.worker,
				  strerror(errno));
		source->is_unreadable = err == ERR_IO;
		if (err == ERR_IO)
			io_err = err;
	}
	return io_err;
}

int
shipper_run(struct shipper *shipper, struct store *store, size_t *n_out)
{
	int err = find_sources(shipper);

	*n_out = 0;
	if (err == 0)
		err = ship_all(shipper, store, n_out);
	if (err != 0)
		shipper->counters.failures++;
	prune(shipper);
	return err;
}

const struct shipper_counters *
shipper_counters(const struct shipper *shipper)
{
	return &shipper->counters;
}

int64_t
shipper_backlog(struct shipper *shipper, bool *is_exact)
{
	static const struct journal_position beginning = { 0 };
	const char *directory = shipper->settings.directory;
	int64_t bytes = 0;

	*is_exact = find_sources(shipper) == 0;
	for (size_t i = 0; i < shipper->n_sources; i++) {
		const struct source *source = &shipper->sources[i];

		if (source->is_known) {
			bytes += journal_bytes_from(directory, &source->id,
						    &source->committed, 0);
			continue;
		}
		*is_exact = false;
		bytes += journal_bytes_from(directory, &source->id, &beginning,
					    shipper->settings.retain_s);
	}
	return bytes;
}

/* source.c - batch by batch, from where the store says it is */
#include "acct/source.h"

#include <stdio.h>
#include <string.h>

#include "acct/batch_store.h"
#include "base/err.h"

#define ASK_AGAIN_MS 60000

void
source_close(struct source *source)
{
	journal_reader_close(source->reader);
	source->reader = NULL;
}

/* A position that is not of this journal would have all of it passed over, and
 * pruned: everything that is there is shipped again, which adds nothing to what
 * is in the store. */
static int
check_position(const struct shipping *shipping, struct source *source)
{
	bool holds;
	int err;

	if (position_is_same(&source->held, &source->told))
		return 0;
	err = position_is_held(&source->told, shipping->directory, &source->id,
			       &holds);
	if (err != 0)
		return err;
	if (holds) {
		source->held = source->told;
		return 0;
	}
	log_error(shipping->log,
		  "journal %s.%d: the store's position, segment %lld, is not of "
		  "this journal; all of it is shipped. Has another node the "
		  "same name, or was the clock set back?",
		  source->id.node, source->id.worker,
		  (long long)source->committed.segment);
	source->committed = (struct journal_position){ 0 };
	return 0;
}

/* What the store has now, and had not, or the other way round, after a COMMIT
 * whose answer never came is no news; what it has no longer is. */
static void
note_moved(const struct shipping *shipping, const struct source *source,
	   const struct position *now)
{
	const struct journal_position *was = &source->told.at;

	if (source->is_known && now->at.seq < was->seq)
		log_warning(shipping->log,
			    "journal %s.%d: the store is back at record %lld, "
			    "it has had all before %lld: it was restored, or "
			    "is another server now; shipped again from there",
			    source->id.node, source->id.worker,
			    (long long)now->at.seq, (long long)was->seq);
}

/* Ask the store where it is, and begin there unless we are. */
static int
take_position(struct shipping *shipping, struct source *source,
	      struct store *store)
{
	struct position told;
	int err = position_ask(store, source->id.node, source->id.worker,
			       &told);

	if (err != 0)
		return err;
	if (!source->is_sure || !position_is_same(&told, &source->told)) {
		note_moved(shipping, source, &told);
		source_close(source);
		source->told = told;
		source->committed = told.at;
		source->is_sure = false;
		err = check_position(shipping, source);
	}
	if (err != 0)
		return err;
	source->told_ms = clock_mono_ms(&shipping->clock);
	source->is_known = source->is_sure = true;
	return 0;
}

/* A journal without events would not find out by itself that the store has lost
 * its last ones. */
static int
open_source(struct shipping *shipping, struct source *source,
	    struct store *store)
{
	int64_t now_ms = clock_mono_ms(&shipping->clock);
	int err = 0;

	if (!source->is_sure || now_ms - source->told_ms >= ASK_AGAIN_MS)
		err = take_position(shipping, source, store);
	if (err != 0)
		return err;
	if (source->reader != NULL)
		return 0;
	source->at = source->committed;
	source->record_crc = source->told.record_crc;
	err = journal_reader_open(shipping->directory, &source->id,
				  &source->at, &source->reader);
	if (err == 0 && shipping->reads_fronts)
		err = journal_reader_add_front(source->reader);
	if (err != 0)
		source_close(source);
	return err;
}

/* --- filling a batch --- */

/* A stretch of the journal is lost; before it the reader was at *before. */
static int
note_corrupt(struct shipping *shipping, const struct source *source,
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
	return batch_note_bad(&shipping->batch, &source->at, NULL, len, error);
}

static int
next_record(struct source *source, const void **data, size_t *len)
{
	int err = journal_reader_next(source->reader, data, len, &source->at);

	if (err == 0)
		source->record_crc = position_record_crc(*data);
	else if (err == ERR_CORRUPT)
		source->record_crc = 0;
	return err;
}

/* One record: 0, ERR_END when there is none, or an error. */
static int
take_record(struct shipping *shipping, struct source *source)
{
	struct journal_position before = source->at;
	const void *data;
	size_t len;
	int err = next_record(source, &data, &len);

	if (err == ERR_CORRUPT)
		return note_corrupt(shipping, source, &before, len);
	if (err != 0)
		return err;
	err = batch_take(&shipping->batch, data, len);
	if (err == 0 || err == ERR_NOMEM)
		return err;
	return batch_note_bad(&shipping->batch, &source->at, data, len,
			      err_text(err));
}

static size_t
count_records(const struct batch *batch)
{
	return batch->n_events + batch->n_bad;
}

/* 0 also when there was nothing. */
static int
fill_batch(struct shipping *shipping, struct source *source)
{
	struct batch *batch = &shipping->batch;
	int err = batch_reset(batch);

	while (err == 0 && count_records(batch) < source->limit &&
	       !batch_is_large(batch))
		err = take_record(shipping, source);
	/* What cannot be read does not hold back what could. */
	if (err == ERR_END || (err == ERR_IO && count_records(batch) > 0))
		return 0;
	return err;
}

/* --- shipping one --- */

static void
count_batch(struct shipping *shipping, const struct source *source)
{
	const struct batch *batch = &shipping->batch;
	struct shipper_counters *counters = &shipping->counters;

	counters->batches++;
	counters->events += batch->n_events;
	counters->rows += batch->n_calls + batch->n_attempts;
	counters->corrupt_bytes += batch->corrupt_bytes;
	counters->last_success = clock_wall(&shipping->clock);
	for (size_t i = 0; i < batch->n_bad; i++) {
		const struct batch_bad *bad = &batch->bad[i];

		if (bad->event != NULL)
			counters->bad_events++;
		log_error(shipping->log,
			  "journal %s.%d: %s before segment %lld offset %lld "
			  "is in bad_events: %s",
			  source->id.node, source->id.worker,
			  bad->event != NULL ? "the event" : "what was",
			  (long long)bad->at.segment, (long long)bad->at.offset,
			  bad->error);
	}
}

static int
store_batch(struct shipping *shipping, struct source *source,
	    struct store *store)
{
	const struct position next = { true, source->at, source->record_crc };
	const struct batch_origin origin = { source->id.node, source->id.worker,
					     source->told, next };
	int err = batch_store(&shipping->batch, store, &origin, shipping->log);

	if (err != 0) {
		/* Ask again: the commit may have come through after all. */
		source->is_sure = false;
		return err;
	}
	source->told = source->held = next;
	source->told_ms = clock_mono_ms(&shipping->clock);
	source->committed = source->at;
	count_batch(shipping, source);
	source->limit *= 2;
	if (source->limit > shipping->batch_events)
		source->limit = shipping->batch_events;
	return 0;
}

/* The record that begins at source->committed, once more: ERR_CONFLICT when that
 * is not there any more. */
static int
read_again(struct shipping *shipping, struct source *source,
	   struct store *store, const void **data, size_t *len)
{
	const struct position before = source->told;
	int err;

	source->is_sure = false;
	err = open_source(shipping, source, store);
	if (err == 0 && !position_is_same(&before, &source->told))
		err = ERR_CONFLICT;
	return err != 0 ? err
			: next_record(source, data, len);
}

/* The store refused a batch of one event: if that is the event's fault, put it
 * aside. */
static int
put_aside(struct shipping *shipping, struct source *source, struct store *store)
{
	char error[STORE_ERROR_MAX];
	const void *data;
	size_t len;
	int err;

	snprintf(error, sizeof(error), "%s", store_error(store));
	err = batch_store_probe(store);
	if (err == 0)
		err = read_again(shipping, source, store, &data, &len);
	if (err == 0)
		err = batch_reset(&shipping->batch);
	if (err == 0)
		err = batch_note_bad(&shipping->batch, &source->at, data, len,
				     error);
	return err != 0 ? err : store_batch(shipping, source, store);
}

/* Whether the store said no to what was in the batch. Whatever else went wrong
 * (doc/records.md has a table) is no fault of an event, however often. */
static bool
is_refusal(const struct store *store, int err)
{
	return (err == ERR_DB || err == ERR_EXISTS) && !store_is_lost(store) &&
	       store_blames_values(store);
}

/* Take back half of a refused batch, or put its only event aside. *n_out is how
 * many events that has shipped. */
static int
narrow(struct shipping *shipping, struct source *source, struct store *store,
       int refusal, size_t *n_out)
{
	size_t n = count_records(&shipping->batch);
	int err;

	if (n > 1) {
		source->limit = n / 2;
		return 0;
	}
	if (shipping->batch.n_events == 0)
		return refusal;
	err = put_aside(shipping, source, store);
	*n_out = err == 0;
	return err;
}

/* One batch; *again says that the next one should follow at once: while a bad
 * event is looked for, and until batches are whole after that. */
static int
ship_batch(struct shipping *shipping, struct source *source,
	   struct store *store, size_t *n_out, bool *again)
{
	struct batch *batch = &shipping->batch;
	size_t limit;
	int err = open_source(shipping, source, store);

	*n_out = 0;
	*again = false;
	limit = source->limit;
	if (err == 0)
		err = fill_batch(shipping, source);
	if (err != 0 || (count_records(batch) == 0 &&
			 source->at.segment == source->committed.segment))
		return err;
	err = store_batch(shipping, source, store);
	if (err == 0) {
		*n_out = count_records(batch);
		*again = *n_out >= limit && limit < shipping->batch_events;
		return 0;
	}
	if (!is_refusal(store, err))
		return err;
	*again = true;
	return narrow(shipping, source, store, err, n_out);
}

int
source_ship(struct shipping *shipping, struct source *source,
	    struct store *store, size_t *n_out)
{
	bool again;
	size_t n;
	int err;

	*n_out = 0;
	do {
		err = ship_batch(shipping, source, store, &n, &again);
		*n_out += n;
	} while (err == 0 && again);
	if (err != 0)
		source->is_sure = false;
	/* Less may pass, be it memory or a time limit of the server's that is in
	 * the way; after each success it is twice as much again. */
	if (err != 0 && err != ERR_IO && source->limit > 1)
		source->limit /= 2;
	return err;
}

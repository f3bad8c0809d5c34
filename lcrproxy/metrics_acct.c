/* metrics_acct.c - journal, shipping, sweeps and clocks, as metrics */
#include "lcrproxy/metrics.h"

static void
put_labelled(struct exposition *out, const char *label, const char *value,
	     int64_t number)
{
	const struct metric_label one = { label, value };

	exposition_add(out, "", &one, 1, number);
}

static void
put_journal(struct exposition *out, const struct acct_status *acct)
{
	const struct journal_figures *journals = &acct->journals;

	metrics_one(out, "journal_events", METRIC_COUNTER,
		    "Events written into the journals",
		    (int64_t)journals->events);
	metrics_one(out, "journal_bytes", METRIC_COUNTER,
		    "Bytes written into the journals",
		    (int64_t)acct->written_bytes);
	exposition_family(out, "journal_sync_seconds", METRIC_SUMMARY,
			  "Waiting for the disk to have all (fdatasync)");
	exposition_add_us(out, "_sum", NULL, 0, (int64_t)journals->sync_us);
	exposition_add(out, "_count", NULL, 0, (int64_t)journals->syncs);
	metrics_one(out, "journal_sync_failures", METRIC_COUNTER,
		    "Of those that failed", (int64_t)journals->sync_failures);
	metrics_one(out, "journal_unwritten_bytes", METRIC_GAUGE,
		    "In memory, or in doubt: a crash loses them",
		    (int64_t)acct->unwritten_bytes);
	metrics_one(out, "journal_failing", METRIC_GAUGE,
		    "1 while a journal cannot be written or synced",
		    acct->is_failing);
	metrics_one(out, "journal_low", METRIC_GAUGE,
		    "1 while the disk is full and the reserve is used",
		    acct->is_low);
	metrics_one(out, "journal_full", METRIC_GAUGE,
		    "1 while new calls cannot be put on record safely: "
		    "failing, low, or over max_size_mb",
		    acct->is_full);
}

/* Where the store has never had all, what waits may be older than the process. */
static int64_t
backlog_age(const struct harvest *harvest)
{
	int64_t us = acct_backlog_age_us(&harvest->acct);

	return us >= 0 ? us : harvest->now - harvest->started;
}

static void
put_backlog(struct exposition *out, const struct harvest *harvest)
{
	const struct acct_status *acct = &harvest->acct;

	metrics_one(out, "accounting_backlog_bytes", METRIC_GAUGE,
		    "In the journals and not in the store yet",
		    acct->backlog_bytes);
	if (acct->backlog_events >= 0)
		metrics_one(out, "accounting_backlog_events", METRIC_GAUGE,
			    "The same, events of this run; missing until the "
			    "store has told what it has",
			    acct->backlog_events);
	metrics_one_us(out, "accounting_backlog_age_seconds", METRIC_GAUGE,
		       "How old the oldest of them can be; 0 = none waits",
		       backlog_age(harvest));
}

static void
put_shipping(struct exposition *out, const struct acct_status *acct)
{
	const struct shipper_counters *shipper = &acct->shipper;

	metrics_one(out, "accounting_shipped_events", METRIC_COUNTER,
		    "Events that went into the store", (int64_t)shipper->events);
	metrics_one(out, "accounting_stored_rows", METRIC_COUNTER,
		    "Rows of calls and attempts that they were merged into",
		    (int64_t)shipper->rows);
	metrics_one(out, "accounting_batches", METRIC_COUNTER,
		    "Transactions with them", (int64_t)shipper->batches);
	metrics_one(out, "accounting_set_aside_events", METRIC_COUNTER,
		    "Events that were no good: in the table bad_events",
		    (int64_t)shipper->bad_events);
	metrics_one(out, "accounting_corrupt_bytes", METRIC_COUNTER,
		    "Bytes of the journals that could not be read",
		    (int64_t)shipper->corrupt_bytes);
	metrics_one(out, "accounting_packed_segments", METRIC_COUNTER,
		    "Shipped segments that were compressed",
		    (int64_t)shipper->packed);
	exposition_family(out, "accounting_runs", METRIC_COUNTER,
			  "Looks for events to ship");
	put_labelled(out, "result", "good",
		     (int64_t)(acct->tries - acct->tries_failed));
	put_labelled(out, "result", "failed", (int64_t)acct->tries_failed);
	metrics_one_us(out, "accounting_back_off_seconds", METRIC_GAUGE,
		       "Pause after a failure; 0 = the last run was good",
		       acct->retry_ms * US_PER_MS);
	metrics_one_us(out, "accounting_last_success_seconds", METRIC_GAUGE,
		       "When events went into the store last, since 1970; 0 = "
		       "never since the start",
		       shipper->last_success);
	metrics_one(out, "accounting_store_up", METRIC_GAUGE,
		    "0 while the store is lost", acct->store_lost_at == 0);
}

static void
put_sweeps(struct exposition *out, const struct sweep_result *swept)
{
	exposition_family(out, "accounting_swept_calls", METRIC_COUNTER,
			  "Calls closed because their end never came");
	put_labelled(out, "by", "session", (int64_t)swept->by_session);
	put_labelled(out, "by", "limit",
		     (int64_t)(swept->swept - swept->by_session));
	metrics_one(out, "accounting_reopened_calls", METRIC_COUNTER,
		    "Swept calls that have shown life since",
		    (int64_t)swept->reopened);
}

void
metrics_acct(struct exposition *out, const struct harvest *harvest)
{
	const struct acct_status *acct = &harvest->acct;

	put_journal(out, acct);
	put_backlog(out, harvest);
	put_shipping(out, acct);
	put_sweeps(out, &acct->swept);
	metrics_one(out, "clock_steps", METRIC_COUNTER,
		    "Times that the clock was set while, or before, this "
		    "process ran",
		    (int64_t)acct->clock_steps);
	metrics_one_us(out, "clock_skew_seconds", METRIC_GAUGE,
		       "Largest difference to another node's clock",
		       acct->skew_us);
}

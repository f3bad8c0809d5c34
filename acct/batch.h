/*
 * batch.h - events on their way into the store, as rows; private to acct/
 *
 * The events of one dialog become one row in memory, by the rules the store
 * merges with afterwards, so that it touches each row once per batch. The rules
 * give the same row in any order of events:
 *
 *	key	setup_time, call_key, to_tag ("" for a failed call)
 *	fact	stays as it came first; whoever knows it says the same
 *	common	a fact that a STOP and a REFRESH know, too, by the names of the
 *		node that serves them, whose tables may be other ones: what
 *		START and FAIL say counts, and the least until they have come
 *	home	a fact that only START and FAIL say: a BYE may be served by
 *		another node
 *	end	belongs to the earliest end (then the lesser end_source), all of
 *		it; only STOP and FAIL say it
 *	result	that of the end; until then, or when it has none, START's
 *	most	the greatest
 */
#ifndef ACCT_BATCH_H
#define ACCT_BATCH_H

#include "acct/event.h"
#include "acct/journal.h"
#include "base/hash.h"
#include "base/map.h"

enum batch_use {
	BATCH_KEY,
	BATCH_FACT,
	BATCH_COMMON,
	BATCH_HOME,
	BATCH_END,
	BATCH_RESULT,
	BATCH_MOST
};

/* A column of cdr that comes from events. */
struct batch_column {
	const char *name;
	enum batch_use use;
	enum cdr_type type;
	size_t offset; /* in struct cdr */
};

extern const struct batch_column batch_columns[];
extern const size_t n_batch_columns;

/* What is to become of the end in a row; see batch_store.c. */
enum batch_fate {
	BATCH_NO_END,	/* or the one in the store stays */
	BATCH_NEW_END,	/* merge it */
	BATCH_REPLACES, /* it is earlier than the one in the store */
};

struct batch_call {
	struct map_node node;
	struct cdr cdr;
	enum batch_fate fate;
	bool knows_more; /* than common facts */
	bool is_home;	 /* a START or FAIL is among its events */
	time_us replaced_end; /* BATCH_REPLACES: the end_time in the store */
	bool was_swept;	      /* BATCH_REPLACES: a sweep's end, not a fact */
	bool was_rated;	      /* likewise: a price rests on it */
};

/* What goes to bad_events: an event, or a stretch of the journal. */
struct batch_bad {
	struct journal_position at; /* behind it */
	const char *error;
	const char *event; /* hex, or NULL */
};

struct batch {
	struct arena arena; /* the texts of all below, and the rows */
	void *first;	    /* its first block: stays from batch to batch */
	struct event_keys *keys;
	struct hash_key key;
	struct map by_key;
	struct batch_call **calls; /* in the order of their first events */
	struct cdr_attempt **attempts;
	struct batch_bad *bad;
	size_t n_calls, n_attempts, n_bad;
	size_t cap_calls, cap_attempts, cap_bad;
	size_t n_events;
	uint64_t corrupt_bytes;
	bool may_load;
	bool is_loaded; /* calls that know more, and attempts, are in the store
			 * by this transaction (batch_load.h) */
};

/* 0, ERR_IO (no randomness) or ERR_NOMEM. */
int batch_init(struct batch *batch);
void batch_fini(struct batch *batch);
/* Empty again: 0 or ERR_NOMEM. */
int batch_reset(struct batch *batch);
/* Take an encoded event: 0, or what event_decode returns; nothing was taken
 * then. */
int batch_take(struct batch *batch, const void *data, size_t len);
/* Note that the event before `at` (data NULL: a stretch of len bytes) is bad;
 * error is copied. 0 or ERR_NOMEM. */
int batch_note_bad(struct batch *batch, const struct journal_position *at,
		   const void *data, size_t len, const char *error);
/* Whether end a is the one that counts, of two of one dialog. */
bool batch_ends_before(time_us a, const char *a_source, time_us b,
		       const char *b_source);
/* Whether the row is in the store by the open transaction. */
static inline bool
batch_is_loaded(const struct batch *batch, const struct batch_call *call)
{
	return batch->is_loaded && call->knows_more;
}
/* Whether memory is a reason to ship what there is. */
bool batch_is_large(const struct batch *batch);

#endif

/* batch_merge.c - from what a column is for to the rule of its merge */
#include "acct/batch_merge.h"

#include <assert.h>
#include <string.h>

#include "acct/batch_load.h"
#include "db/bulk.h"

enum store_type
batch_store_type(enum cdr_type type)
{
	static const enum store_type types[] = {
		[CDR_TEXT] = STORE_TEXT,
		[CDR_INT] = STORE_INT,
		[CDR_TIME] = STORE_TIME,
		[CDR_MONEY] = STORE_MONEY,
	};

	return types[type];
}

/* Of an end: what says which one it is. */
static bool
is_time_or_source(const struct batch_column *column)
{
	return strcmp(column->name, "end_time") == 0 ||
	       strcmp(column->name, "end_source") == 0;
}

/*
 * A row that is there has no end, or the merge is taken back (batch_store.c).
 * So the end's time and source may be FIRST, which shows whether it had one;
 * the rest is LAST, for the status is 'open' before, and the result START's.
 */
static enum bulk_rule
rule_of(const struct batch_column *column, bool ended)
{
	switch (column->use) {
	case BATCH_KEY:
		return BULK_KEY;
	case BATCH_END:
		return is_time_or_source(column) ? BULK_FIRST : BULK_LAST;
	case BATCH_RESULT:
		return ended ? BULK_LAST : BULK_FIRST;
	case BATCH_MOST:
		return BULK_MOST;
	case BATCH_COMMON:
		return BULK_BY;
	case BATCH_FACT:
	case BATCH_HOME:
		break;
	}
	return BULK_FIRST;
}

/* A merge of some of the batch's rows. */
struct selection {
	bool (*has)(const struct batch_call *call);
	struct bulk_column columns[BULK_MAX_COLUMNS];
	size_t n;
};

static bool
is_open(const struct batch_call *call)
{
	return call->fate != BATCH_NEW_END;
}

static bool
is_ended(const struct batch_call *call)
{
	return call->fate == BATCH_NEW_END;
}

static void
choose(struct selection *selection, const struct batch_column *column,
       enum bulk_rule rule)
{
	assert(selection->n < BULK_MAX_COLUMNS);
	selection->columns[selection->n++] = (struct bulk_column){
		.name = column->name,
		.type = batch_store_type(column->type),
		.rule = rule,
		/* which START and FAIL alone say */
		.by = column->use == BATCH_COMMON ? "node" : NULL,
		.offset = column->offset,
	};
}

static size_t
next_of(const struct selection *selection, const struct batch *batch, size_t i)
{
	while (i < batch->n_calls &&
	       (batch_is_loaded(batch, batch->calls[i]) ||
		!selection->has(batch->calls[i])))
		i++;
	return i;
}

static int
merge_selection(struct store *store, const struct batch *batch,
		const struct selection *selection, int64_t *n_left)
{
	size_t i = next_of(selection, batch, 0);
	struct bulk *bulk;
	int err;

	*n_left = 0;
	if (i == batch->n_calls)
		return 0;
	err = bulk_merge_begin(store, "cdr", selection->columns, selection->n,
			       &bulk);
	if (err != 0)
		return err;
	while (i < batch->n_calls && err == 0) {
		err = bulk_record(bulk, &batch->calls[i]->cdr);
		i = next_of(selection, batch, i + 1);
	}
	return bulk_end_merge(bulk, n_left);
}

int
batch_merge_calls(struct store *store, const struct batch *batch, bool ended)
{
	struct selection selection = { .has = ended ? is_ended : is_open };
	int64_t n_left;

	for (size_t i = 0; i < n_batch_columns; i++) {
		const struct batch_column *column = &batch_columns[i];

		if (column->use != BATCH_END || ended)
			choose(&selection, column, rule_of(column, ended));
	}
	return merge_selection(store, batch, &selection, &n_left);
}

/* --- ends, nearly always --- */

static bool
is_fact(const struct batch_column *column)
{
	return column->use == BATCH_FACT || column->use == BATCH_COMMON ||
	       column->use == BATCH_HOME;
}

static bool
is_whole(const struct batch_call *call)
{
	return is_ended(call) && call->knows_more;
}

static bool
is_stop_alone(const struct batch_call *call)
{
	return is_ended(call) && !call->knows_more;
}

/*
 * The facts of a row that is there are not written again: what would change
 * nothing still costs each index over it two walks. An end that is there shows
 * as a row that was left.
 */
static enum bulk_rule
rule_of_end(const struct batch_column *column)
{
	if (is_fact(column))
		return BULK_THERE;
	if (is_time_or_source(column))
		return BULK_UNSET;
	return rule_of(column, true);
}

static int
merge_ends(struct store *store, const struct batch *batch,
	   bool (*has)(const struct batch_call *call), int64_t *n_left)
{
	struct selection selection = { .has = has };
	bool whole = has != is_stop_alone;

	for (size_t i = 0; i < n_batch_columns; i++) {
		const struct batch_column *column = &batch_columns[i];

		if (whole || !is_fact(column) || column->use == BATCH_COMMON)
			choose(&selection, column, rule_of_end(column));
	}
	return merge_selection(store, batch, &selection, n_left);
}

int
batch_merge_ends(struct store *store, const struct batch *batch,
		 int64_t *n_left)
{
	int64_t n_whole = 0;
	int err;

	/* There each merge is half a dozen statements, however few the rows
	 * and columns are. */
	if (batch->is_loaded)
		return batch_load_ends(store, batch, n_left);
	if (store_dialect(store) == STORE_POSTGRESQL)
		return merge_ends(store, batch, is_ended, n_left);
	*n_left = 0;
	err = merge_ends(store, batch, is_whole, &n_whole);
	if (err == 0)
		err = merge_ends(store, batch, is_stop_alone, n_left);
	*n_left += n_whole;
	return err;
}

/* --- attempts --- */

/* An attempt that was given up may be answered after all: its second event
 * says how it ended, the facts are the same. */
static enum bulk_rule
attempt_rule_of(const char *name)
{
	static const struct {
		const char *name;
		enum bulk_rule rule;
	} rules[] = {
		{ "setup_time", BULK_KEY }, { "call_key", BULK_KEY },
		{ "hop", BULK_KEY },        { "end_us", BULK_LAST },
		{ "sip_code", BULK_LAST },  { "q850_cause", BULK_LAST },
		{ "outcome", BULK_LAST },   { "reason", BULK_LAST },
	};

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (strcmp(rules[i].name, name) == 0)
			return rules[i].rule;
	}
	return BULK_FIRST;
}

int
batch_merge_attempts(struct store *store, const struct batch *batch)
{
	struct bulk_column columns[BULK_MAX_COLUMNS];
	struct bulk *bulk;
	int err;

	if (batch->n_attempts == 0 || batch->is_loaded)
		return 0;
	assert(n_cdr_attempt_fields <= BULK_MAX_COLUMNS);
	for (size_t i = 0; i < n_cdr_attempt_fields; i++) {
		columns[i] = (struct bulk_column){
			.name = cdr_attempt_fields[i].name,
			.type = batch_store_type(cdr_attempt_fields[i].type),
			.rule = attempt_rule_of(cdr_attempt_fields[i].name),
			.offset = cdr_attempt_fields[i].offset,
		};
	}
	err = bulk_merge_begin(store, "cdr_attempt", columns,
			       n_cdr_attempt_fields, &bulk);
	if (err != 0)
		return err;
	for (size_t i = 0; i < batch->n_attempts && err == 0; i++)
		err = bulk_record(bulk, batch->attempts[i]);
	return bulk_end(bulk);
}

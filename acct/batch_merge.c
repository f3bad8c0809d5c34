/* batch_merge.c - from what a column is for to the rule of its merge */
#include "acct/batch_merge.h"

#include <assert.h>
#include <string.h>

#include "db/bulk.h"

static enum store_type
store_type_of(enum cdr_type type)
{
	static const enum store_type types[] = {
		[CDR_TEXT] = STORE_TEXT,
		[CDR_INT] = STORE_INT,
		[CDR_TIME] = STORE_TIME,
		[CDR_MONEY] = STORE_MONEY,
	};

	return types[type];
}

static struct store_value
value_at(const void *record, enum cdr_type type, size_t offset)
{
	const struct cdr_field field = { NULL, type, offset };
	struct store_value value = { .type = store_type_of(type) };

	if (type == CDR_TEXT)
		return store_text(cdr_text(record, &field));
	value.number = cdr_number(record, &field);
	value.is_null = value.number == CDR_NONE;
	return value;
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
		if (strcmp(column->name, "end_time") == 0 ||
		    strcmp(column->name, "end_source") == 0)
			return BULK_FIRST;
		return BULK_LAST;
	case BATCH_RESULT:
		return ended ? BULK_LAST : BULK_FIRST;
	case BATCH_FACT:
	case BATCH_HOME:
		break;
	}
	return BULK_FIRST;
}

size_t
batch_count_calls(const struct batch *batch, bool ended)
{
	size_t n = 0;

	for (size_t i = 0; i < batch->n_calls; i++)
		n += (batch->calls[i]->fate == BATCH_NEW_END) == ended;
	return n;
}

/* Which columns there are, and how they are merged; returns their number. */
static size_t
choose(bool ended, struct bulk_column columns[BULK_MAX_COLUMNS],
       const struct batch_column *chosen[BULK_MAX_COLUMNS])
{
	size_t n = 0;

	for (size_t i = 0; i < n_batch_columns; i++) {
		const struct batch_column *column = &batch_columns[i];

		if (column->use == BATCH_END && !ended)
			continue;
		assert(n < BULK_MAX_COLUMNS);
		chosen[n] = column;
		columns[n++] = (struct bulk_column){
			.name = column->name,
			.type = store_type_of(column->type),
			.rule = rule_of(column, ended),
		};
	}
	return n;
}

static int
put_call(struct bulk *bulk, const struct cdr *cdr,
	 const struct batch_column *const *chosen, size_t n)
{
	struct store_value values[BULK_MAX_COLUMNS];

	for (size_t i = 0; i < n; i++)
		values[i] = value_at(cdr, chosen[i]->type, chosen[i]->offset);
	return bulk_row(bulk, values);
}

int
batch_merge_calls(struct store *store, const struct batch *batch, bool ended)
{
	struct bulk_column columns[BULK_MAX_COLUMNS];
	const struct batch_column *chosen[BULK_MAX_COLUMNS];
	size_t n = choose(ended, columns, chosen);
	struct bulk *bulk;
	int err;

	if (batch_count_calls(batch, ended) == 0)
		return 0;
	err = bulk_merge_begin(store, "cdr", columns, n, &bulk);
	if (err != 0)
		return err;
	for (size_t i = 0; i < batch->n_calls && err == 0; i++) {
		const struct batch_call *call = batch->calls[i];

		if ((call->fate == BATCH_NEW_END) == ended)
			err = put_call(bulk, &call->cdr, chosen, n);
	}
	return bulk_end(bulk);
}

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

static int
put_attempt(struct bulk *bulk, const struct cdr_attempt *attempt)
{
	struct store_value values[BULK_MAX_COLUMNS];

	for (size_t i = 0; i < n_cdr_attempt_fields; i++)
		values[i] = value_at(attempt, cdr_attempt_fields[i].type,
				     cdr_attempt_fields[i].offset);
	return bulk_row(bulk, values);
}

int
batch_merge_attempts(struct store *store, const struct batch *batch)
{
	struct bulk_column columns[BULK_MAX_COLUMNS];
	struct bulk *bulk;
	int err;

	if (batch->n_attempts == 0)
		return 0;
	assert(n_cdr_attempt_fields <= BULK_MAX_COLUMNS);
	for (size_t i = 0; i < n_cdr_attempt_fields; i++) {
		columns[i] = (struct bulk_column){
			.name = cdr_attempt_fields[i].name,
			.type = store_type_of(cdr_attempt_fields[i].type),
			.rule = attempt_rule_of(cdr_attempt_fields[i].name),
		};
	}
	err = bulk_merge_begin(store, "cdr_attempt", columns,
			       n_cdr_attempt_fields, &bulk);
	if (err != 0)
		return err;
	for (size_t i = 0; i < batch->n_attempts && err == 0; i++)
		err = put_attempt(bulk, batch->attempts[i]);
	return bulk_end(bulk);
}

/* batch.c - the merge of events into rows */
#include "acct/batch.h"

#include <string.h>

#include "base/alloc.h"
#include "base/crypto.h"
#include "base/err.h"

#define LARGE ((size_t)32 << 20)
#define FIRST_BLOCK ((size_t)16 << 20) /* not touched before it is needed */
#define FIRST_CALLS 1024

#define COLUMN(use, type, member)                                \
	{                                                        \
#member, use, type, offsetof(struct cdr, member) \
	}

const struct batch_column batch_columns[] = {
	COLUMN(BATCH_KEY, CDR_TIME, setup_time),
	COLUMN(BATCH_KEY, CDR_TEXT, call_key),
	COLUMN(BATCH_KEY, CDR_TEXT, to_tag),
	COLUMN(BATCH_COMMON, CDR_TEXT, call_id),
	COLUMN(BATCH_COMMON, CDR_TEXT, from_tag),
	COLUMN(BATCH_HOME, CDR_TEXT, node),
	COLUMN(BATCH_COMMON, CDR_INT, generation),
	COLUMN(BATCH_COMMON, CDR_TEXT, account),
	COLUMN(BATCH_FACT, CDR_TEXT, source),
	COLUMN(BATCH_FACT, CDR_TEXT, caller),
	COLUMN(BATCH_FACT, CDR_TEXT, caller_asserted),
	COLUMN(BATCH_FACT, CDR_TEXT, dialled),
	COLUMN(BATCH_FACT, CDR_TEXT, number),
	COLUMN(BATCH_FACT, CDR_TEXT, ported_to),
	COLUMN(BATCH_FACT, CDR_TEXT, destination_class),
	COLUMN(BATCH_COMMON, CDR_TEXT, carrier),
	COLUMN(BATCH_COMMON, CDR_TEXT, gateway),
	COLUMN(BATCH_COMMON, CDR_INT, hop),
	COLUMN(BATCH_FACT, CDR_TEXT, route_source),
	COLUMN(BATCH_FACT, CDR_TEXT, matched_prefix),
	COLUMN(BATCH_FACT, CDR_TIME, ring_time),
	COLUMN(BATCH_COMMON, CDR_TIME, answer_time),
	COLUMN(BATCH_FACT, CDR_INT, pdd_us),
	COLUMN(BATCH_MOST, CDR_TIME, last_seen),
	COLUMN(BATCH_MOST, CDR_INT, session_s),
	COLUMN(BATCH_END, CDR_TIME, end_time),
	COLUMN(BATCH_END, CDR_TEXT, end_source),
	COLUMN(BATCH_END, CDR_TEXT, status),
	COLUMN(BATCH_END, CDR_INT, q850_cause),
	COLUMN(BATCH_END, CDR_TEXT, reason),
	COLUMN(BATCH_END, CDR_INT, clock_us),
	COLUMN(BATCH_RESULT, CDR_INT, sip_code),
	COLUMN(BATCH_RESULT, CDR_TEXT, token),
};
const size_t n_batch_columns = sizeof(batch_columns) / sizeof(batch_columns[0]);

int
batch_init(struct batch *batch)
{
	int err;

	*batch = (struct batch){ 0 };
	batch->first = mem_alloc(FIRST_BLOCK);
	if (batch->first == NULL)
		return ERR_NOMEM;
	arena_init(&batch->arena, batch->first, FIRST_BLOCK, 0);
	err = event_keys_new(&batch->keys);
	if (err != 0)
		return err;
	if (hash_key_random(&batch->key) != 0)
		return ERR_IO;
	return map_init(&batch->by_key, FIRST_CALLS);
}

void
batch_fini(struct batch *batch)
{
	map_fini(&batch->by_key);
	arena_fini(&batch->arena);
	mem_free(batch->first);
	event_keys_free(batch->keys);
	mem_free(batch->calls);
	mem_free(batch->attempts);
	mem_free(batch->bad);
	*batch = (struct batch){ 0 };
}

int
batch_reset(struct batch *batch)
{
	size_t n = batch->n_calls > FIRST_CALLS ? batch->n_calls : FIRST_CALLS;

	map_fini(&batch->by_key);
	arena_reset(&batch->arena);
	batch->n_calls = batch->n_attempts = batch->n_bad = 0;
	batch->n_events = 0;
	batch->corrupt_bytes = 0;
	batch->is_loaded = false;
	return map_init(&batch->by_key, n);
}

bool
batch_is_large(const struct batch *batch)
{
	return batch->arena.used > LARGE;
}

/* --- one value --- */

static bool
is_known(const void *place, enum cdr_type type)
{
	const char *text;
	int64_t number;

	if (type == CDR_TEXT) {
		memcpy(&text, place, sizeof(text));
		return text != NULL;
	}
	memcpy(&number, place, sizeof(number));
	return number != CDR_NONE;
}

static void
copy_value(struct cdr *to, const struct cdr *from,
	   const struct batch_column *column)
{
	size_t size =
	    column->type == CDR_TEXT ? sizeof(const char *) : sizeof(int64_t);

	memcpy((char *)to + column->offset, (const char *)from + column->offset,
	       size);
}

/* Whether it is known afterwards. */
static bool
copy_if_new(struct cdr *to, const struct cdr *from,
	    const struct batch_column *column)
{
	const char *place = (const char *)to + column->offset;

	if (is_known(place, column->type))
		return true;
	copy_value(to, from, column);
	return is_known(place, column->type);
}

static void
copy_if_known(struct cdr *to, const struct cdr *from,
	      const struct batch_column *column)
{
	if (is_known((const char *)from + column->offset, column->type))
		copy_value(to, from, column);
}

/* Texts by their octets, as in the store. */
static bool
is_less(const struct cdr *a, const struct cdr *b,
	const struct batch_column *column)
{
	const char *a_place = (const char *)a + column->offset;
	const char *b_place = (const char *)b + column->offset;
	const char *a_text, *b_text;
	int64_t x, y;

	if (column->type == CDR_TEXT) {
		memcpy(&a_text, a_place, sizeof(a_text));
		memcpy(&b_text, b_place, sizeof(b_text));
		return strcmp(a_text, b_text) < 0;
	}
	memcpy(&x, a_place, sizeof(x));
	memcpy(&y, b_place, sizeof(y));
	return x < y;
}

/* What was_home and is_home say: whether a START had been merged into the row, and
 * whether this is one. */
static void
copy_common(struct cdr *to, const struct cdr *from,
	    const struct batch_column *column, bool was_home, bool is_home)
{
	if (!is_known((const char *)from + column->offset, column->type))
		return;
	if (!is_known((const char *)to + column->offset, column->type) ||
	    (!was_home && (is_home || is_less(from, to, column))))
		copy_value(to, from, column);
}

/* CDR_NONE is less than all. */
static void
copy_if_more(struct cdr *to, const struct cdr *from,
	     const struct batch_column *column)
{
	int64_t a, b;

	memcpy(&a, (const char *)to + column->offset, sizeof(a));
	memcpy(&b, (const char *)from + column->offset, sizeof(b));
	if (b > a)
		copy_value(to, from, column);
}

/* --- one event --- */

static bool
has_end(const struct event *event)
{
	return event->type == EVENT_STOP || event->type == EVENT_FAIL;
}

bool
batch_ends_before(time_us a, const char *a_source, time_us b,
		  const char *b_source)
{
	if (a != b)
		return a < b;
	return strcmp(a_source != NULL ? a_source : "",
		      b_source != NULL ? b_source : "") < 0;
}

/* Fill in what the rules need to be there. */
static void
complete(struct event *event)
{
	struct cdr *cdr = &event->cdr;

	if (cdr->to_tag == NULL)
		cdr->to_tag = "";
	if (event->type == EVENT_STOP)
		cdr->status = cdr_status_text(CDR_ANSWERED);
	if (event->type == EVENT_FAIL && cdr->status == NULL)
		cdr->status = cdr_status_text(CDR_FAILED);
}

static bool
is_home(const struct event *event)
{
	return event->type == EVENT_START || event->type == EVENT_FAIL;
}

/* Whether the first event of a row is believed what it says of such a column. */
static bool
is_taken(const struct event *event, enum batch_use use)
{
	switch (use) {
	case BATCH_HOME:
		return is_home(event);
	case BATCH_END:
		return has_end(event);
	case BATCH_RESULT:
		return has_end(event) || event->type == EVENT_START;
	case BATCH_KEY:
	case BATCH_COMMON:
	case BATCH_FACT:
	case BATCH_MOST:
		break;
	}
	return true;
}

/* The row of a dialog that has none: what merge would make of it, but in one
 * copy. */
static void
begin_row(struct batch_call *call, const struct event *event)
{
	bool taken[BATCH_MOST + 1], tells_more[BATCH_MOST + 1] = { false };
	struct cdr unknown;

	for (size_t use = 0; use <= BATCH_MOST; use++)
		taken[use] = is_taken(event, (enum batch_use)use);
	tells_more[BATCH_FACT] = true;
	tells_more[BATCH_HOME] = is_home(event);
	cdr_init(&unknown);
	*call = (struct batch_call){
		.cdr = event->cdr,
		.fate = has_end(event) ? BATCH_NEW_END : BATCH_NO_END,
		.is_home = is_home(event),
	};
	for (size_t i = 0; i < n_batch_columns; i++) {
		const struct batch_column *column = &batch_columns[i];

		if (!taken[column->use])
			copy_value(&call->cdr, &unknown, column);
		else if (tells_more[column->use] && !call->knows_more)
			call->knows_more =
			    is_known((const char *)&event->cdr + column->offset,
				     column->type);
	}
}

static void
merge(struct batch_call *call, const struct event *event)
{
	const struct cdr *from = &event->cdr;
	struct cdr *to = &call->cdr;
	bool is_end = has_end(event) &&
		      (call->fate == BATCH_NO_END ||
		       batch_ends_before(from->end_time, from->end_source,
					 to->end_time, to->end_source));

	for (size_t i = 0; i < n_batch_columns; i++) {
		const struct batch_column *column = &batch_columns[i];

		switch (column->use) {
		case BATCH_KEY:
			break;
		case BATCH_COMMON:
			copy_common(to, from, column, call->is_home,
				    is_home(event));
			break;
		case BATCH_FACT:
		case BATCH_HOME:
			if ((column->use == BATCH_FACT || is_home(event)) &&
			    copy_if_new(to, from, column))
				call->knows_more = true;
			break;
		case BATCH_END:
			if (is_end)
				copy_value(to, from, column);
			break;
		case BATCH_RESULT:
			if (is_end)
				copy_if_known(to, from, column);
			else if (event->type == EVENT_START)
				copy_if_new(to, from, column);
			break;
		case BATCH_MOST:
			copy_if_more(to, from, column);
			break;
		}
	}
	if (is_end)
		call->fate = BATCH_NEW_END;
	call->is_home |= is_home(event);
}

/* What call_key is made of is compared, so that it is made once per row. */
static bool
is_call(const struct map_node *node, const void *key)
{
	const struct cdr *a =
	    &MAP_ENTRY(node, const struct batch_call, node)->cdr;
	const struct cdr *b = key;

	return a->setup_time == b->setup_time &&
	       strcmp(a->to_tag, b->to_tag) == 0 &&
	       strcmp(a->call_id, b->call_id) == 0 &&
	       strcmp(a->from_tag, b->from_tag) == 0;
}

static uint64_t
hash_of(const struct batch *batch, const struct cdr *cdr)
{
	const uint64_t odd = UINT64_C(0x9e3779b97f4a7c15);

	return hash_bytes(&batch->key, cdr->call_id, strlen(cdr->call_id)) ^
	       hash_bytes(&batch->key, cdr->to_tag, strlen(cdr->to_tag)) ^
	       (uint64_t)cdr->setup_time * odd;
}

/* A row for a dialog that has none yet: 0 or ERR_NOMEM. */
static int
add_row(struct batch *batch, struct event *event, uint64_t hash)
{
	struct batch_call *call = arena_alloc(&batch->arena, sizeof(*call));

	if (call == NULL ||
	    event_identify(&batch->arena, batch->keys, event) != 0 ||
	    mem_grow((void **)&batch->calls, &batch->cap_calls, batch->n_calls,
		     sizeof(batch->calls[0])) != 0)
		return ERR_NOMEM;
	begin_row(call, event);
	batch->calls[batch->n_calls++] = call;
	map_add(&batch->by_key, &call->node, hash);
	return 0;
}

static int
add_call(struct batch *batch, struct event *event)
{
	struct map_node *node;
	uint64_t hash;

	complete(event);
	hash = hash_of(batch, &event->cdr);
	node = map_find(&batch->by_key, hash, is_call, &event->cdr);
	if (node == NULL)
		return add_row(batch, event, hash);
	merge(MAP_ENTRY(node, struct batch_call, node), event);
	return 0;
}

/* Two events of one attempt, timed out and then answered after all, follow
 * each other in one journal: the store merges them in order. */
static int
add_attempt(struct batch *batch, struct event *event)
{
	struct cdr_attempt *attempt =
	    arena_alloc(&batch->arena, sizeof(*attempt));

	/* that of a START may have its key */
	if (attempt == NULL ||
	    (event->attempt.call_key == NULL &&
	     event_identify(&batch->arena, batch->keys, event) != 0) ||
	    mem_grow((void **)&batch->attempts, &batch->cap_attempts,
		     batch->n_attempts, sizeof(batch->attempts[0])) != 0)
		return ERR_NOMEM;
	*attempt = event->attempt;
	batch->attempts[batch->n_attempts++] = attempt;
	return 0;
}

int
batch_take(struct batch *batch, const void *data, size_t len)
{
	struct event event;
	int err = event_decode(&batch->arena, data, len, &event);

	if (err != 0)
		return err;
	err = event.type == EVENT_ATTEMPT ? add_attempt(batch, &event)
					  : add_call(batch, &event);
	if (err == 0 && event.has_attempt)
		err = add_attempt(batch, &event);
	if (err == 0)
		batch->n_events++;
	return err;
}

int
batch_note_bad(struct batch *batch, const struct journal_position *at,
	       const void *data, size_t len, const char *error)
{
	struct batch_bad bad = { .at = *at };
	char *hex = NULL;

	bad.error = arena_strndup(&batch->arena, error, strlen(error));
	if (data != NULL)
		hex = arena_alloc(&batch->arena, 2 * len + 1);
	if (bad.error == NULL || (data != NULL && hex == NULL) ||
	    mem_grow((void **)&batch->bad, &batch->cap_bad, batch->n_bad,
		     sizeof(batch->bad[0])) != 0)
		return ERR_NOMEM;
	if (data != NULL)
		hex_encode(data, len, hex);
	else
		batch->corrupt_bytes += len;
	bad.event = hex;
	batch->bad[batch->n_bad++] = bad;
	return 0;
}

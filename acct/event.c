/* event.c - events as bytes: a table of field ids drives both directions */
#include "acct/event.h"

#include <endian.h>
#include <stdbool.h>
#include <string.h>

#include "base/alloc.h"
#include "base/crypto.h"
#include "base/err.h"

#define FORMAT 1
#define EVENT_HEAD 2 /* type and format */
#define FIELD_HEAD 3 /* id and length */
#define MAX_TEXT 2048 /* bytes of a text that may be cut */
#define KEY_INPUT 512 /* Call-ID and tag of most calls */

/* Where the value of a field id is in the records; 0 = not in that one. Texts
 * that identify the call are whole, others may be cut. */
struct place {
	uint8_t type; /* enum cdr_type */
	bool whole;
	uint16_t in_cdr, in_attempt;
};

/* The call keys are at offset 0 and are never stored. */
_Static_assert(offsetof(struct cdr, call_key) == 0 &&
		   offsetof(struct cdr_attempt, call_key) == 0,
	       "0 can stand for no place");
_Static_assert(sizeof(struct cdr) <= UINT16_MAX &&
		   sizeof(struct cdr_attempt) <= UINT16_MAX,
	       "offsets fit");

#define IN_CDR(m) offsetof(struct cdr, m)
#define IN_ATTEMPT(m) offsetof(struct cdr_attempt, m)
#define BOTH(type, m)                                 \
	{                                             \
		type, false, IN_CDR(m), IN_ATTEMPT(m) \
	}
#define CALL(type, m)                     \
	{                                 \
		type, false, IN_CDR(m), 0 \
	}
#define ATTEMPT(type, m)                      \
	{                                     \
		type, false, 0, IN_ATTEMPT(m) \
	}

/* Index = id. Append only: journals of older versions lie on disks. */
static const struct place event_ids[] = {
	[1] = { CDR_TEXT, true, IN_CDR(call_id), IN_ATTEMPT(call_id) },
	[2] = { CDR_TEXT, true, IN_CDR(from_tag), IN_ATTEMPT(from_tag) },
	[3] = { CDR_TEXT, true, IN_CDR(to_tag), 0 },
	[4] = BOTH(CDR_TIME, setup_time),
	[5] = BOTH(CDR_TEXT, node),
	[6] = CALL(CDR_INT, generation),
	[7] = CALL(CDR_TEXT, account),
	[8] = CALL(CDR_TEXT, source),
	[9] = CALL(CDR_TEXT, caller),
	[10] = CALL(CDR_TEXT, caller_asserted),
	[11] = CALL(CDR_TEXT, dialled),
	[12] = CALL(CDR_TEXT, number),
	[13] = CALL(CDR_TEXT, destination_class),
	[14] = BOTH(CDR_TEXT, carrier),
	[15] = BOTH(CDR_TEXT, gateway),
	[16] = BOTH(CDR_INT, hop),
	[17] = BOTH(CDR_TEXT, route_source),
	[18] = CALL(CDR_TEXT, matched_prefix),
	[19] = CALL(CDR_TIME, ring_time),
	[20] = CALL(CDR_TIME, answer_time),
	[21] = CALL(CDR_TIME, end_time),
	[22] = CALL(CDR_INT, pdd_us),
	[23] = CALL(CDR_TEXT, end_source),
	[24] = CALL(CDR_TEXT, status),
	[25] = BOTH(CDR_INT, sip_code),
	[26] = BOTH(CDR_INT, q850_cause),
	[27] = BOTH(CDR_TEXT, reason),
	[28] = CALL(CDR_TEXT, token),
	[29] = ATTEMPT(CDR_TEXT, target),
	[30] = ATTEMPT(CDR_TIME, start_time),
	[31] = ATTEMPT(CDR_INT, first_response_us),
	[32] = ATTEMPT(CDR_INT, end_us),
	[33] = ATTEMPT(CDR_TEXT, outcome),
	[34] = ATTEMPT(CDR_MONEY, expected_cost),
	[35] = ATTEMPT(CDR_TEXT, rate_row),
	[36] = CALL(CDR_TIME, last_seen),
	[37] = CALL(CDR_INT, session_s),
	[38] = CALL(CDR_TEXT, ported_to),
	[39] = CALL(CDR_INT, clock_us),
	[40] = ATTEMPT(CDR_TEXT, uri),
};

#define N_IDS (sizeof(event_ids) / sizeof(event_ids[0]))

struct event_keys {
	struct sha256 *sha256;
	uint8_t input[KEY_INPUT]; /* of the last key; len 0 = none */
	size_t len;
	char key[CALL_KEY_LEN + 1];
};

static const char *const type_names[] = {
	[EVENT_ATTEMPT] = "attempt", [EVENT_START] = "start",
	[EVENT_REFRESH] = "refresh", [EVENT_STOP] = "stop",
	[EVENT_FAIL] = "fail",
};

static bool
is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

void
event_init(struct event *event, enum event_type type)
{
	event->type = type;
	if (type == EVENT_ATTEMPT)
		cdr_attempt_init(&event->attempt);
	else
		cdr_init(&event->cdr);
}

int
event_keys_new(struct event_keys **out)
{
	struct event_keys *keys = mem_zalloc(1, sizeof(*keys));
	int err;

	if (keys == NULL)
		return ERR_NOMEM;
	err = sha256_new(&keys->sha256);
	if (err != 0) {
		mem_free(keys);
		return err;
	}
	*out = keys;
	return 0;
}

void
event_keys_free(struct event_keys *keys)
{
	if (keys == NULL)
		return;
	sha256_free(keys->sha256);
	mem_free(keys);
}

/* At most MAX_TEXT bytes, without a part of an UTF-8 character at the end. */
static size_t
cut(const char *text)
{
	size_t len = MAX_TEXT;

	while (len > MAX_TEXT - 3 && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--;
	return len;
}

/* Room for a field of len bytes, with its head; NULL when there is none. */
static inline uint8_t *
begin_field(struct wbuf *w, size_t id, size_t len)
{
	uint8_t *to = w->start + w->len;

	if (w->err != 0 || len > UINT16_MAX ||
	    FIELD_HEAD + len > w->cap - w->len) {
		w->err = ERR_SPACE;
		return NULL;
	}
	w->len += FIELD_HEAD + len;
	to[0] = (uint8_t)id;
	to[1] = (uint8_t)(len >> 8);
	to[2] = (uint8_t)len;
	return to + FIELD_HEAD;
}

/* What the decoder would refuse becomes '?': an odd octet in a header must not
 * cost the record of the call. */
static void
put_text(struct wbuf *w, size_t id, const char *text)
{
	size_t len = strlen(text);
	uint8_t *to;

	if (len > MAX_TEXT && !event_ids[id].whole)
		len = cut(text);
	to = begin_field(w, id, len);
	if (to == NULL)
		return;
	memcpy(to, text, len);
	if (str_is_plain(str_make(text, len)))
		return;
	for (size_t i = 0; i < len; i++) {
		if (is_control(text[i]))
			to[i] = '?';
	}
}

static void
put_number(struct wbuf *w, size_t id, uint64_t number)
{
	uint8_t *to = begin_field(w, id, sizeof(number));

	number = htobe64(number);
	if (to != NULL)
		memcpy(to, &number, sizeof(number));
}

void
event_encode(struct wbuf *w, const struct event *event)
{
	bool is_attempt = event->type == EVENT_ATTEMPT;
	const char *record = is_attempt ? (const char *)&event->attempt
					: (const char *)&event->cdr;
	const char *text;
	int64_t number;

	wbuf_u8(w, (uint8_t)event->type);
	wbuf_u8(w, FORMAT);
	for (size_t id = 1; id < N_IDS; id++) {
		const struct place *place = &event_ids[id];
		size_t offset = is_attempt ? place->in_attempt : place->in_cdr;

		if (offset == 0)
			continue;
		if (place->type == CDR_TEXT) {
			memcpy(&text, record + offset, sizeof(text));
			if (text != NULL)
				put_text(w, id, text);
		} else {
			memcpy(&number, record + offset, sizeof(number));
			if (number != CDR_NONE)
				put_number(w, id, (uint64_t)number);
		}
	}
}

/* An event that is being decoded: its bytes are read where they lie, and its
 * texts end up in a copy of all of them, where there is room for a NUL behind
 * each, for what is there has been read by then. */
struct decoder {
	const uint8_t *start;
	char *copy;   /* one byte longer */
	char *record; /* struct cdr_attempt or struct cdr */
	bool is_attempt;
};

static int
take_text(const struct decoder *d, const uint8_t *value, size_t len,
	  char *place)
{
	char *text;

	memcpy(&text, place, sizeof(text));
	if (text != NULL || !str_is_plain(str_make((const char *)value, len)))
		return ERR_SYNTAX;
	text = d->copy + (value - d->start);
	text[len] = '\0';
	memcpy(place, &text, sizeof(text));
	return 0;
}

static int
take_number(const uint8_t *value, size_t len, char *place)
{
	int64_t number;
	uint64_t bytes;

	memcpy(&number, place, sizeof(number));
	if (number != CDR_NONE || len != sizeof(number))
		return ERR_SYNTAX;
	memcpy(&bytes, value, sizeof(bytes));
	number = (int64_t)be64toh(bytes);
	if (number == CDR_NONE)
		return ERR_SYNTAX;
	memcpy(place, &number, sizeof(number));
	return 0;
}

static inline int
take_field(const struct decoder *d, size_t id, const uint8_t *value,
	   size_t len)
{
	const struct place *place = &event_ids[id < N_IDS ? id : 0];
	size_t offset = d->is_attempt ? place->in_attempt : place->in_cdr;

	if (offset == 0)
		return 0;
	return place->type == CDR_TEXT
		   ? take_text(d, value, len, d->record + offset)
		   : take_number(value, len, d->record + offset);
}

/* Field after field: an id, a length of 16 bits, the value. */
static int
take_fields(const struct decoder *d, const uint8_t *at, const uint8_t *end)
{
	int err = 0;

	while (err == 0 && at < end) {
		size_t left = (size_t)(end - at), len;

		if (left < FIELD_HEAD)
			return ERR_TRUNCATED;
		len = (size_t)at[1] << 8 | at[2];
		if (left - FIELD_HEAD < len)
			return ERR_TRUNCATED;
		err = take_field(d, at[0], at + FIELD_HEAD, len);
		at += FIELD_HEAD + len;
	}
	return err;
}

/* What event_call_key makes the key of. */
static void
put_key_input(struct wbuf *w, struct str call_id, struct str from_tag,
	      time_us setup)
{
	wbuf_str(w, call_id);
	wbuf_u8(w, 0);
	wbuf_str(w, from_tag);
	wbuf_u8(w, 0);
	wbuf_u64(w, (uint64_t)setup);
}

static int
make_key(struct event_keys *keys, struct str call_id, struct str from_tag,
	 time_us setup, char out[CALL_KEY_LEN + 1])
{
	uint8_t input[KEY_INPUT], sum[SHA256_LEN];
	struct wbuf w;
	int err;

	wbuf_init(&w, input, sizeof(input));
	put_key_input(&w, call_id, from_tag, setup);
	if (w.err != 0)
		return event_call_key(call_id, from_tag, setup, out);
	if (w.len != keys->len || memcmp(input, keys->input, w.len) != 0) {
		keys->len = 0;
		err = sha256_sum(keys->sha256, input, w.len, sum);
		if (err != 0)
			return err;
		hex_encode(sum, CALL_KEY_LEN / 2, keys->key);
		memcpy(keys->input, input, w.len);
		keys->len = w.len;
	}
	memcpy(out, keys->key, sizeof(keys->key));
	return 0;
}

/* Whether all is there that names a record. */
static bool
is_named(const char *call_id, const char *from_tag, time_us setup)
{
	return call_id != NULL && from_tag != NULL && setup != CDR_NONE;
}

static bool
is_complete(const struct event *event)
{
	const struct cdr_attempt *attempt = &event->attempt;
	const struct cdr *cdr = &event->cdr;

	if (event->type == EVENT_ATTEMPT)
		return attempt->hop != CDR_NONE &&
		       is_named(attempt->call_id, attempt->from_tag,
				attempt->setup_time);
	if ((event->type == EVENT_STOP || event->type == EVENT_FAIL) &&
	    cdr->end_time == CDR_NONE)
		return false;
	return is_named(cdr->call_id, cdr->from_tag, cdr->setup_time);
}

int
event_decode(struct arena *arena, const void *data, size_t len,
	     struct event *out)
{
	struct decoder d = { .start = data };
	int err;

	if (len < EVENT_HEAD)
		return ERR_TRUNCATED;
	if (d.start[0] < EVENT_ATTEMPT || d.start[0] > EVENT_FAIL ||
	    d.start[1] != FORMAT)
		return ERR_UNSUPPORTED;
	event_init(out, (enum event_type)d.start[0]);
	d.copy = arena_alloc(arena, len + 1);
	if (d.copy == NULL)
		return ERR_NOMEM;
	memcpy(d.copy, data, len);
	d.is_attempt = out->type == EVENT_ATTEMPT;
	d.record = d.is_attempt ? (char *)&out->attempt : (char *)&out->cdr;
	err = take_fields(&d, d.start + EVENT_HEAD, d.start + len);
	if (err == 0 && !is_complete(out))
		err = ERR_SYNTAX;
	return err;
}

int
event_identify(struct arena *arena, struct event_keys *keys,
	       struct event *event)
{
	struct cdr_attempt *attempt = &event->attempt;
	struct cdr *cdr = &event->cdr;
	char *key = arena_alloc(arena, CALL_KEY_LEN + 1);

	if (key == NULL)
		return ERR_NOMEM;
	if (event->type == EVENT_ATTEMPT) {
		attempt->call_key = key;
		return make_key(keys, str_of(attempt->call_id),
				str_of(attempt->from_tag), attempt->setup_time,
				key);
	}
	cdr->call_key = key;
	return make_key(keys, str_of(cdr->call_id), str_of(cdr->from_tag),
			cdr->setup_time, key);
}

const char *
event_type_text(enum event_type type)
{
	return type_names[type];
}

int
event_call_key(struct str call_id, struct str from_tag, time_us setup,
	       char out[CALL_KEY_LEN + 1])
{
	uint8_t sum[SHA256_LEN], usual[KEY_INPUT], *input = usual;
	size_t len = call_id.len + from_tag.len + 2 + sizeof(uint64_t);
	struct wbuf w;
	int err;

	if (len > sizeof(usual))
		input = mem_alloc(len);
	if (input == NULL)
		return ERR_NOMEM;
	wbuf_init(&w, input, len);
	put_key_input(&w, call_id, from_tag, setup);
	err = sha256(input, w.len, sum);
	if (err == 0)
		hex_encode(sum, CALL_KEY_LEN / 2, out);
	if (input != usual)
		mem_free(input);
	return err;
}

/* event.c - events as bytes: a table of field ids drives both directions */
#include "acct/event.h"

#include <endian.h>
#include <stdbool.h>
#include <string.h>

#include "base/err.h"

#define FORMAT 1
#define EVENT_HEAD 2 /* type and format */
#define FIELD_HEAD 3 /* id and length */
#define MAX_TEXT 2048 /* bytes of a text that may be cut */

/* What an event holds decides where a field's value is. */
enum form { OF_ATTEMPT, OF_CALL, OF_BOTH, N_FORMS };

/* Where the value of a field id is in an event of each form; 0 = it has no such
 * field. Texts that identify the call are whole, others may be cut. */
struct place {
	uint8_t type; /* enum cdr_type */
	bool whole;
	uint16_t at[N_FORMS];
};

_Static_assert(offsetof(struct event, cdr) > 0, "0 can stand for no place");
_Static_assert(sizeof(struct event) <= UINT16_MAX, "offsets fit");

#define IN_CDR(m) offsetof(struct event, cdr.m)
#define IN_ATTEMPT(m) offsetof(struct event, attempt.m)
#define PLACE(type, whole, attempt, call, both) \
	{                                       \
		type, whole,                    \
		{                               \
			attempt, call, both     \
		}                               \
	}
#define NAME(m) PLACE(CDR_TEXT, true, IN_ATTEMPT(m), IN_CDR(m), IN_CDR(m))
#define BOTH(type, m) PLACE(type, false, IN_ATTEMPT(m), IN_CDR(m), IN_CDR(m))
#define CALL(type, m) PLACE(type, false, 0, IN_CDR(m), IN_CDR(m))
#define ATTEMPT(type, m) PLACE(type, false, IN_ATTEMPT(m), 0, IN_ATTEMPT(m))
/* What a START says of its attempt, and may say of the call in another way. */
#define IN_START(type, m) PLACE(type, false, 0, 0, IN_ATTEMPT(m))

/* Index = id. Append only: journals of older versions lie on disks. */
static const struct place event_ids[] = {
	[1] = NAME(call_id),
	[2] = NAME(from_tag),
	[3] = PLACE(CDR_TEXT, true, 0, IN_CDR(to_tag), IN_CDR(to_tag)),
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
	[41] = IN_START(CDR_INT, q850_cause),
	[42] = IN_START(CDR_TEXT, reason),
	[43] = IN_START(CDR_INT, sip_code),
};

#define N_IDS (sizeof(event_ids) / sizeof(event_ids[0]))

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
	event->has_attempt = false;
	if (type == EVENT_ATTEMPT)
		cdr_attempt_init(&event->attempt);
	else
		cdr_init(&event->cdr);
}

void
event_add_attempt(struct event *event)
{
	cdr_attempt_init(&event->attempt);
	event->has_attempt = true;
}

static enum form
form_of(const struct event *event)
{
	if (event->type == EVENT_ATTEMPT)
		return OF_ATTEMPT;
	return event->has_attempt ? OF_BOTH : OF_CALL;
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
	enum form form = form_of(event);
	const char *text;
	int64_t number;

	wbuf_u8(w, (uint8_t)event->type);
	wbuf_u8(w, FORMAT);
	for (size_t id = 1; id < N_IDS; id++) {
		const struct place *place = &event_ids[id];
		const char *value = (const char *)event + place->at[form];

		if (place->at[form] == 0)
			continue;
		if (place->type == CDR_TEXT) {
			memcpy(&text, value, sizeof(text));
			if (text != NULL)
				put_text(w, id, text);
		} else {
			memcpy(&number, value, sizeof(number));
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
	char *copy; /* one byte longer */
	struct event *event;
	enum form form;
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
	char *to = (char *)d->event + place->at[d->form];

	if (place->at[d->form] == 0)
		return 0;
	return place->type == CDR_TEXT ? take_text(d, value, len, to)
				       : take_number(value, len, to);
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
	if (event->has_attempt && cdr->hop == CDR_NONE)
		return false;
	return is_named(cdr->call_id, cdr->from_tag, cdr->setup_time);
}

/* What the attempt has in common with its call. */
static void
share(struct event *event)
{
	struct cdr_attempt *attempt = &event->attempt;
	const struct cdr *cdr = &event->cdr;

	attempt->call_key = cdr->call_key;
	attempt->call_id = cdr->call_id;
	attempt->from_tag = cdr->from_tag;
	attempt->setup_time = cdr->setup_time;
	attempt->node = cdr->node;
	attempt->hop = cdr->hop;
	attempt->carrier = cdr->carrier;
	attempt->gateway = cdr->gateway;
	attempt->route_source = cdr->route_source;
	if (attempt->sip_code == CDR_NONE)
		attempt->sip_code = cdr->sip_code;
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
	if (out->type == EVENT_START)
		event_add_attempt(out);
	d.event = out;
	d.form = form_of(out);
	d.copy = arena_alloc(arena, len + 1);
	if (d.copy == NULL)
		return ERR_NOMEM;
	memcpy(d.copy, data, len);
	err = take_fields(&d, d.start + EVENT_HEAD, d.start + len);
	if (err != 0)
		return err;
	out->has_attempt = out->has_attempt && out->attempt.outcome != NULL;
	if (!is_complete(out))
		return ERR_SYNTAX;
	if (out->has_attempt)
		share(out);
	return 0;
}

const char *
event_type_text(enum event_type type)
{
	return type_names[type];
}

/*
 * event.h - what happened to a call, as it goes into the journal
 *
 * An event is a type and a partial record: the fields that are known at that
 * moment. attempt fills a struct cdr_attempt, all others a struct cdr; the START of
 * an attempt that was answered in time is both events in one, and says what both
 * have in common once. Encoded
 * as one type octet, one format octet, and per known field an id, a length and
 * the value; ids are given once and never used again for something else
 * (event_ids in event.c).
 */
#ifndef ACCT_EVENT_H
#define ACCT_EVENT_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "tel/cdr.h"

enum event_type {
	EVENT_ATTEMPT = 1, /* one INVITE sent out has come to its end */
	EVENT_START = 2,   /* a dialog was answered */
	EVENT_REFRESH = 3, /* a sign of life inside it */
	EVENT_STOP = 4,	   /* its BYE was answered */
	EVENT_FAIL = 5,	   /* the call came to nothing */
};

struct event {
	enum event_type type;
	bool has_attempt;	    /* START: it ends its attempt, too */
	struct cdr cdr;		    /* START, REFRESH, STOP, FAIL */
	struct cdr_attempt attempt; /* ATTEMPT, and what has_attempt */
};

#define EVENT_MAX 32768 /* bytes encoded */

/* All fields of the record that type fills unknown. */
void event_init(struct event *event, enum event_type type);
/* Of a START: it has an attempt, all of whose fields are unknown. What it has in
 * common with the call (hop, carrier, gateway ...) is taken from there, and so is
 * sip_code while it is unknown. */
void event_add_attempt(struct event *event);
/*
 * Encode into w. call_key and what is derived later (duration, rating) are not
 * stored. A text of more than 2,048 bytes is cut (Call-ID and tags are stored
 * whole), and control characters become '?'. Errors show in w.
 */
void event_encode(struct wbuf *w, const struct event *event);
/* Makes the call keys of many events; keeps the last one, for the events of a
 * call follow each other. Not shared between threads. */
struct event_keys;

/* 0 or ERR_NOMEM; yours to free. */
int event_keys_new(struct event_keys **out);
void event_keys_free(struct event_keys *keys);
/*
 * Decode; only the record of the event's type is filled; texts are in arena,
 * and call_key is not known yet (event_identify). Returns 0, ERR_TRUNCATED,
 * ERR_SYNTAX (a field with a wrong length or given twice, a text with NUL or
 * control characters, no call_id, from_tag or setup_time, an attempt, or a start
 * that has one, without hop, a stop or fail without end_time), ERR_UNSUPPORTED (type or format not
 * known here) or ERR_NOMEM. Unknown field ids are skipped.
 */
int event_decode(struct arena *arena, const void *data, size_t len,
		 struct event *out);
/* Makes the call_key of a decoded event, in arena: 0 or ERR_NOMEM. */
int event_identify(struct arena *arena, struct event_keys *keys,
		   struct event *event);
const char *event_type_text(enum event_type type);

/* 32 hex digits that name a call: SHA-256 of Call-ID, NUL, From tag, NUL and
 * the INVITE's time (64 bits, big-endian), cut to 128 bits. 0 or ERR_NOMEM. */
#define CALL_KEY_LEN 32
int event_call_key(struct str call_id, struct str from_tag, time_us setup,
		   char out[CALL_KEY_LEN + 1]);

#endif

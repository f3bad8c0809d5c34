/*
 * cdr.h - the call record and the attempt record
 *
 * One struct cdr per answered dialog or failed call, one struct cdr_attempt per
 * INVITE sent out. Each comes with a table of its fields, which drives the
 * store's columns and the exports: name, type, place. A text is NULL and a
 * number CDR_NONE when it is not known. Texts are borrowed from whoever filled
 * the record.
 */
#ifndef TEL_CDR_H
#define TEL_CDR_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/str.h"
#include "tel/money.h"

#define CDR_NONE INT64_MIN

enum cdr_type {
	CDR_TEXT,  /* const char * */
	CDR_INT,   /* int64_t */
	CDR_TIME,  /* time_us as int64_t */
	CDR_MONEY, /* money_e8 as int64_t */
};

struct cdr_field {
	const char *name;
	enum cdr_type type;
	size_t offset;
};

struct cdr {
	/* identity: setup_time, call_key and to_tag ("" for a failed call) */
	const char *call_key;	/* 32 hex digits from Call-ID, From tag, time */
	int64_t setup_time;
	const char *to_tag;
	const char *call_id, *from_tag;
	const char *node;
	int64_t generation;	/* of the snapshot that planned the call */
	/* who and where to */
	const char *account;
	const char *source;	/* address:port the INVITE came from */
	const char *caller, *caller_asserted, *dialled;
	const char *number;	/* E.164, without '+' */
	const char *ported_to;	/* likewise: the number it was ported to */
	const char *destination_class;
	const char *carrier, *gateway;
	int64_t hop;		/* 1 = first choice */
	const char *route_source, *matched_prefix;
	/* when */
	int64_t ring_time, answer_time, end_time;
	int64_t duration_us;	/* derived: end - answer */
	int64_t pdd_us;
	int64_t last_seen;	/* the last sign of life after the answer */
	int64_t session_s;	/* the longest session interval (RFC 4028) */
	int64_t clock_us;	/* how far the end's clock was off the answer's */
	/* how it ended */
	const char *end_source, *status;
	int64_t sip_code, q850_cause;
	const char *reason, *token;
	const char *anomaly;	/* derived: what is odd; see doc/records.md */
	/* rated by cdr-rate */
	const char *sell_tariff, *sell_prefix;
	int64_t sell_rate, sell_seconds, sell_amount;
	const char *sell_currency;
	const char *buy_tariff, *buy_prefix;
	int64_t buy_rate, buy_seconds, buy_amount;
	const char *buy_currency;
	int64_t margin;
	const char *destination;
	int64_t rating_run;
	const char *rating_note;
};

struct cdr_attempt {
	const char *call_key;
	int64_t setup_time;	/* of the call; part of the identity */
	int64_t hop;		/* likewise */
	const char *call_id, *from_tag, *node;
	const char *carrier, *gateway, *target;
	int64_t start_time, first_response_us, end_us;
	int64_t sip_code, q850_cause;
	const char *outcome, *reason;
	int64_t expected_cost;
	const char *rate_row;	/* "tariff/prefix" */
	const char *route_source; /* who found the way: as of the call */
	const char *uri;	/* of one that is no gateway's */
};

extern const struct cdr_field cdr_fields[];
extern const size_t n_cdr_fields;
extern const struct cdr_field cdr_attempt_fields[];
extern const size_t n_cdr_attempt_fields;

/* All unknown. */
void cdr_init(struct cdr *cdr);
void cdr_attempt_init(struct cdr_attempt *attempt);

static inline const char *
cdr_text(const void *record, const struct cdr_field *field)
{
	return *(const char *const *)(const void *)((const char *)record +
						    field->offset);
}

static inline int64_t
cdr_number(const void *record, const struct cdr_field *field)
{
	return *(const int64_t *)(const void *)((const char *)record +
						field->offset);
}

/*
 * Names that records, reports and metrics share; index = enum value.
 */
enum cdr_status { CDR_OPEN, CDR_ANSWERED, CDR_FAILED, CDR_CANCELLED,
		  CDR_SWEPT };
enum cdr_end { CDR_END_CALLER, CDR_END_CALLEE, CDR_END_TIMEOUT,
	       CDR_END_SESSION_TIMER, CDR_END_PROXY, CDR_END_SWEEP };
enum cdr_source { CDR_STATIC, CDR_TRIP, CDR_ENUM, CDR_LOCAL, CDR_FOREIGN };
enum cdr_outcome { CDR_ATTEMPT_ANSWERED, CDR_ATTEMPT_REJECTED,
		   CDR_ATTEMPT_TIMEOUT, CDR_ATTEMPT_UNREACHABLE,
		   CDR_ATTEMPT_CANCELLED, CDR_ATTEMPT_REDIRECTED,
		   CDR_ATTEMPT_LATE_ANSWER };
enum cdr_token { CDR_TOKEN_VALID, CDR_TOKEN_MISSING, CDR_TOKEN_FORGED,
		 CDR_TOKEN_EXPIRED };

const char *cdr_status_text(enum cdr_status status);
const char *cdr_end_text(enum cdr_end end);
const char *cdr_source_text(enum cdr_source source);
const char *cdr_outcome_text(enum cdr_outcome outcome);
const char *cdr_token_text(enum cdr_token token);

/* The Q.850 cause of a final SIP response code (RFC 3398, 8.2.6.1), or 0
 * where there is no mapping; and back (7.2.4.1), 0 likewise. */
int q850_from_sip(int code);
int sip_from_q850(int cause);

#endif

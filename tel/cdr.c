/* cdr.c - the fields of the records, and the names they share */
#include "tel/cdr.h"

#include <assert.h>

#define IN_CDR(member) offsetof(struct cdr, member)
#define IN_ATTEMPT(member) offsetof(struct cdr_attempt, member)

const struct cdr_field cdr_fields[] = {
	{ "call_key", CDR_TEXT, IN_CDR(call_key) },
	{ "node", CDR_TEXT, IN_CDR(node) },
	{ "generation", CDR_INT, IN_CDR(generation) },
	{ "call_id", CDR_TEXT, IN_CDR(call_id) },
	{ "from_tag", CDR_TEXT, IN_CDR(from_tag) },
	{ "to_tag", CDR_TEXT, IN_CDR(to_tag) },
	{ "account", CDR_TEXT, IN_CDR(account) },
	{ "source", CDR_TEXT, IN_CDR(source) },
	{ "caller", CDR_TEXT, IN_CDR(caller) },
	{ "caller_asserted", CDR_TEXT, IN_CDR(caller_asserted) },
	{ "dialled", CDR_TEXT, IN_CDR(dialled) },
	{ "number", CDR_TEXT, IN_CDR(number) },
	{ "ported_to", CDR_TEXT, IN_CDR(ported_to) },
	{ "destination_class", CDR_TEXT, IN_CDR(destination_class) },
	{ "carrier", CDR_TEXT, IN_CDR(carrier) },
	{ "gateway", CDR_TEXT, IN_CDR(gateway) },
	{ "hop", CDR_INT, IN_CDR(hop) },
	{ "route_source", CDR_TEXT, IN_CDR(route_source) },
	{ "matched_prefix", CDR_TEXT, IN_CDR(matched_prefix) },
	{ "setup_time", CDR_TIME, IN_CDR(setup_time) },
	{ "ring_time", CDR_TIME, IN_CDR(ring_time) },
	{ "answer_time", CDR_TIME, IN_CDR(answer_time) },
	{ "end_time", CDR_TIME, IN_CDR(end_time) },
	{ "duration_us", CDR_INT, IN_CDR(duration_us) },
	{ "pdd_us", CDR_INT, IN_CDR(pdd_us) },
	{ "last_seen", CDR_TIME, IN_CDR(last_seen) },
	{ "session_s", CDR_INT, IN_CDR(session_s) },
	{ "clock_us", CDR_INT, IN_CDR(clock_us) },
	{ "end_source", CDR_TEXT, IN_CDR(end_source) },
	{ "status", CDR_TEXT, IN_CDR(status) },
	{ "sip_code", CDR_INT, IN_CDR(sip_code) },
	{ "q850_cause", CDR_INT, IN_CDR(q850_cause) },
	{ "reason", CDR_TEXT, IN_CDR(reason) },
	{ "token", CDR_TEXT, IN_CDR(token) },
	{ "anomaly", CDR_TEXT, IN_CDR(anomaly) },
	{ "sell_tariff", CDR_TEXT, IN_CDR(sell_tariff) },
	{ "sell_prefix", CDR_TEXT, IN_CDR(sell_prefix) },
	{ "sell_rate", CDR_MONEY, IN_CDR(sell_rate) },
	{ "sell_seconds", CDR_INT, IN_CDR(sell_seconds) },
	{ "sell_amount", CDR_MONEY, IN_CDR(sell_amount) },
	{ "sell_currency", CDR_TEXT, IN_CDR(sell_currency) },
	{ "buy_tariff", CDR_TEXT, IN_CDR(buy_tariff) },
	{ "buy_prefix", CDR_TEXT, IN_CDR(buy_prefix) },
	{ "buy_rate", CDR_MONEY, IN_CDR(buy_rate) },
	{ "buy_seconds", CDR_INT, IN_CDR(buy_seconds) },
	{ "buy_amount", CDR_MONEY, IN_CDR(buy_amount) },
	{ "buy_currency", CDR_TEXT, IN_CDR(buy_currency) },
	{ "margin", CDR_MONEY, IN_CDR(margin) },
	{ "destination", CDR_TEXT, IN_CDR(destination) },
	{ "rating_run", CDR_INT, IN_CDR(rating_run) },
	{ "rating_note", CDR_TEXT, IN_CDR(rating_note) },
};
const size_t n_cdr_fields = sizeof(cdr_fields) / sizeof(cdr_fields[0]);

const struct cdr_field cdr_attempt_fields[] = {
	{ "call_key", CDR_TEXT, IN_ATTEMPT(call_key) },
	{ "setup_time", CDR_TIME, IN_ATTEMPT(setup_time) },
	{ "call_id", CDR_TEXT, IN_ATTEMPT(call_id) },
	{ "from_tag", CDR_TEXT, IN_ATTEMPT(from_tag) },
	{ "node", CDR_TEXT, IN_ATTEMPT(node) },
	{ "hop", CDR_INT, IN_ATTEMPT(hop) },
	{ "carrier", CDR_TEXT, IN_ATTEMPT(carrier) },
	{ "gateway", CDR_TEXT, IN_ATTEMPT(gateway) },
	{ "target", CDR_TEXT, IN_ATTEMPT(target) },
	{ "start_time", CDR_TIME, IN_ATTEMPT(start_time) },
	{ "first_response_us", CDR_INT, IN_ATTEMPT(first_response_us) },
	{ "end_us", CDR_INT, IN_ATTEMPT(end_us) },
	{ "sip_code", CDR_INT, IN_ATTEMPT(sip_code) },
	{ "q850_cause", CDR_INT, IN_ATTEMPT(q850_cause) },
	{ "outcome", CDR_TEXT, IN_ATTEMPT(outcome) },
	{ "reason", CDR_TEXT, IN_ATTEMPT(reason) },
	{ "expected_cost", CDR_MONEY, IN_ATTEMPT(expected_cost) },
	{ "rate_row", CDR_TEXT, IN_ATTEMPT(rate_row) },
	{ "route_source", CDR_TEXT, IN_ATTEMPT(route_source) },
	{ "uri", CDR_TEXT, IN_ATTEMPT(uri) },
};
const size_t n_cdr_attempt_fields =
    sizeof(cdr_attempt_fields) / sizeof(cdr_attempt_fields[0]);

/* SIP status code to Q.850 cause, RFC 3398, 8.2.6.1; ascending. */
static const struct code_pair {
	int from, to;
} cause_of[] = {
	{ 400, 41 },  { 401, 21 },  { 402, 21 }, { 403, 21 },  { 404, 1 },
	{ 405, 63 },  { 406, 79 },  { 407, 21 }, { 408, 102 }, { 410, 22 },
	{ 413, 127 }, { 414, 127 }, { 415, 79 }, { 416, 127 }, { 420, 127 },
	{ 421, 127 }, { 423, 127 }, { 480, 18 }, { 481, 41 },  { 482, 25 },
	{ 483, 25 },  { 484, 28 },  { 485, 1 },  { 486, 17 },  { 487, 0 },
	{ 500, 41 },  { 501, 79 },  { 502, 38 }, { 503, 41 },  { 504, 102 },
	{ 505, 127 }, { 513, 127 }, { 600, 17 }, { 603, 21 },  { 604, 1 },
};

/* Q.850 cause to SIP status code, RFC 3398, 7.2.4.1; ascending. 22 is taken
 * as without diagnostic and 21 as from the network: a Reason header (RFC 3326)
 * carries neither. */
static const struct code_pair code_of[] = {
	{ 1, 404 },   { 2, 404 },   { 3, 404 },   { 16, 0 },   { 17, 486 },
	{ 18, 408 },  { 19, 480 },  { 20, 480 },  { 21, 403 }, { 22, 410 },
	{ 23, 410 },  { 26, 404 },  { 27, 502 },  { 28, 484 }, { 29, 501 },
	{ 31, 480 },  { 34, 503 },  { 38, 503 },  { 41, 503 }, { 42, 503 },
	{ 44, 0 },    { 47, 503 },  { 55, 403 },  { 57, 403 }, { 58, 503 },
	{ 65, 488 },  { 70, 488 },  { 79, 501 },  { 87, 403 }, { 88, 503 },
	{ 102, 504 }, { 111, 500 }, { 127, 500 },
};

static const char *const status_names[] = { "open", "answered", "failed",
					    "cancelled", "swept" };
static const char *const end_names[] = { "caller",        "callee", "timeout",
					 "session_timer", "proxy",  "sweep" };
static const char *const source_names[] = { "static", "trip", "enum", "local",
					    "foreign" };
static const char *const outcome_names[] = { "answered",   "rejected",
					     "timeout",    "unreachable",
					     "cancelled",  "redirected",
					     "late_answer" };
static const char *const token_names[] = { "valid", "missing", "forged",
					   "expired" };

#define NAME_AT(names, i) \
	name_at((names), sizeof(names) / sizeof((names)[0]), (unsigned)(i))

static const char *
name_at(const char *const *names, size_t n, unsigned i)
{
	assert(i < n);
	return names[i];
}

/* A copy is cheaper than a walk through the fields. */
static const struct cdr unknown_cdr = {
	.generation = CDR_NONE,
	.hop = CDR_NONE,
	.setup_time = CDR_NONE,
	.ring_time = CDR_NONE,
	.answer_time = CDR_NONE,
	.end_time = CDR_NONE,
	.duration_us = CDR_NONE,
	.pdd_us = CDR_NONE,
	.last_seen = CDR_NONE,
	.session_s = CDR_NONE,
	.clock_us = CDR_NONE,
	.sip_code = CDR_NONE,
	.q850_cause = CDR_NONE,
	.sell_rate = CDR_NONE,
	.sell_seconds = CDR_NONE,
	.sell_amount = CDR_NONE,
	.buy_rate = CDR_NONE,
	.buy_seconds = CDR_NONE,
	.buy_amount = CDR_NONE,
	.margin = CDR_NONE,
	.rating_run = CDR_NONE,
};
static const struct cdr_attempt unknown_attempt = {
	.setup_time = CDR_NONE,
	.hop = CDR_NONE,
	.start_time = CDR_NONE,
	.first_response_us = CDR_NONE,
	.end_us = CDR_NONE,
	.sip_code = CDR_NONE,
	.q850_cause = CDR_NONE,
	.expected_cost = CDR_NONE,
};

static int
look_up(const struct code_pair *pairs, size_t n, int from, int otherwise)
{
	for (size_t i = 0; i < n && pairs[i].from <= from; i++) {
		if (pairs[i].from == from)
			return pairs[i].to;
	}
	return otherwise;
}

void
cdr_init(struct cdr *cdr)
{
	*cdr = unknown_cdr;
}

void
cdr_attempt_init(struct cdr_attempt *attempt)
{
	*attempt = unknown_attempt;
}

const char *
cdr_status_text(enum cdr_status status)
{
	return NAME_AT(status_names, status);
}

const char *
cdr_end_text(enum cdr_end end)
{
	return NAME_AT(end_names, end);
}

const char *
cdr_source_text(enum cdr_source source)
{
	return NAME_AT(source_names, source);
}

const char *
cdr_outcome_text(enum cdr_outcome outcome)
{
	return NAME_AT(outcome_names, outcome);
}

const char *
cdr_token_text(enum cdr_token token)
{
	return NAME_AT(token_names, token);
}

int
q850_from_sip(int code)
{
	if (code < 400 || code > 699)
		return 0;
	return look_up(cause_of, sizeof(cause_of) / sizeof(cause_of[0]), code,
		       31);
}

int
sip_from_q850(int cause)
{
	if (cause < 1 || cause > 127)
		return 0;
	return look_up(code_of, sizeof(code_of) / sizeof(code_of[0]), cause,
		       500);
}

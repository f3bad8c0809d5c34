/* test_cdr.c - record fields, shared names, Q.850 */
#include "tel/cdr.h"

#include <stdbool.h>
#include <string.h>

#include "tests/unit/harness.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))

/* Whether the fields cover a record of size bytes, each place once. */
static bool
covers(const struct cdr_field *fields, size_t n, size_t size)
{
	bool seen[64] = { false };

	if (n * 8 != size || n > N(seen))
		return false;
	for (size_t i = 0; i < n; i++) {
		size_t place = fields[i].offset / 8;

		if (fields[i].offset % 8 != 0 || place >= n || seen[place])
			return false;
		seen[place] = true;
	}
	return true;
}

static bool
names_differ(const struct cdr_field *fields, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < i; k++) {
			if (strcmp(fields[i].name, fields[k].name) == 0)
				return false;
		}
	}
	return true;
}

static void
every_member_is_a_field(void)
{
	CHECK(covers(cdr_fields, n_cdr_fields, sizeof(struct cdr)));
	CHECK(covers(cdr_attempt_fields, n_cdr_attempt_fields,
		     sizeof(struct cdr_attempt)));
	CHECK(names_differ(cdr_fields, n_cdr_fields));
	CHECK(names_differ(cdr_attempt_fields, n_cdr_attempt_fields));
}

static bool
is_unknown(const void *record, const struct cdr_field *fields, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (fields[i].type == CDR_TEXT
			? cdr_text(record, &fields[i]) != NULL
			: cdr_number(record, &fields[i]) != CDR_NONE)
			return false;
	}
	return true;
}

static void
a_new_record_knows_nothing(void)
{
	struct cdr cdr;
	struct cdr_attempt attempt;

	memset(&cdr, 0x55, sizeof(cdr));
	memset(&attempt, 0x55, sizeof(attempt));
	cdr_init(&cdr);
	cdr_attempt_init(&attempt);
	CHECK(is_unknown(&cdr, cdr_fields, n_cdr_fields));
	CHECK(is_unknown(&attempt, cdr_attempt_fields, n_cdr_attempt_fields));
}

static const struct cdr_field *
field_of(const struct cdr_field *fields, size_t n, const char *name)
{
	size_t i = 0;

	while (i < n && strcmp(fields[i].name, name) != 0)
		i++;
	test_row(name);
	return CHECK(i < n) ? &fields[i] : &fields[0];
}

#define CDR_FIELD(name) field_of(cdr_fields, n_cdr_fields, name)
#define ATTEMPT_FIELD(name) \
	field_of(cdr_attempt_fields, n_cdr_attempt_fields, name)

static void
names_lead_to_members(void)
{
	struct cdr cdr;
	struct cdr_attempt attempt;

	cdr_init(&cdr);
	cdr_attempt_init(&attempt);
	cdr.to_tag = "tag";
	cdr.answer_time = 17;
	cdr.duration_us = 18;
	cdr.margin = -19;
	attempt.outcome = "timeout";
	attempt.expected_cost = 20;
	CHECK(strcmp(cdr_text(&cdr, CDR_FIELD("to_tag")), "tag") == 0);
	CHECK(cdr_number(&cdr, CDR_FIELD("answer_time")) == 17);
	CHECK(cdr_number(&cdr, CDR_FIELD("duration_us")) == 18);
	CHECK(cdr_number(&cdr, CDR_FIELD("margin")) == -19);
	CHECK(strcmp(cdr_text(&attempt, ATTEMPT_FIELD("outcome")), "timeout") ==
	      0);
	CHECK(cdr_number(&attempt, ATTEMPT_FIELD("expected_cost")) == 20);
}

static void
fields_have_their_types(void)
{
	static const struct {
		const char *name;
		enum cdr_type type;
	} rows[] = {
		{ "call_key", CDR_TEXT },     { "generation", CDR_INT },
		{ "setup_time", CDR_TIME },   { "ring_time", CDR_TIME },
		{ "answer_time", CDR_TIME },  { "end_time", CDR_TIME },
		{ "duration_us", CDR_INT },   { "pdd_us", CDR_INT },
		{ "sell_rate", CDR_MONEY },   { "sell_seconds", CDR_INT },
		{ "sell_amount", CDR_MONEY }, { "buy_rate", CDR_MONEY },
		{ "buy_seconds", CDR_INT },   { "buy_amount", CDR_MONEY },
		{ "margin", CDR_MONEY },      { "rating_run", CDR_INT },
		{ "rating_note", CDR_TEXT },
	};

	for (size_t i = 0; i < N(rows); i++) {
		test_row(rows[i].name);
		CHECK(CDR_FIELD(rows[i].name)->type == rows[i].type);
	}
	CHECK(ATTEMPT_FIELD("start_time")->type == CDR_TIME);
	CHECK(ATTEMPT_FIELD("first_response_us")->type == CDR_INT);
	CHECK(ATTEMPT_FIELD("end_us")->type == CDR_INT);
	CHECK(ATTEMPT_FIELD("expected_cost")->type == CDR_MONEY);
}

/* The order that exports show. */
static const char *const order[] = {
	"call_key",
	"node",
	"generation",
	"call_id",
	"from_tag",
	"to_tag",
	"account",
	"source",
	"caller",
	"caller_asserted",
	"dialled",
	"number",
	"ported_to",
	"destination_class",
	"carrier",
	"gateway",
	"hop",
	"route_source",
	"matched_prefix",
	"setup_time",
	"ring_time",
	"answer_time",
	"end_time",
	"duration_us",
	"pdd_us",
	"last_seen",
	"session_s",
	"end_source",
	"status",
	"sip_code",
	"q850_cause",
	"reason",
	"token",
	"anomaly",
	"sell_tariff",
	"sell_prefix",
	"sell_rate",
	"sell_seconds",
	"sell_amount",
	"sell_currency",
	"buy_tariff",
	"buy_prefix",
	"buy_rate",
	"buy_seconds",
	"buy_amount",
	"buy_currency",
	"margin",
	"destination",
	"rating_run",
	"rating_note",
};

static void
fields_come_in_the_order_of_the_record(void)
{
	CHECK(n_cdr_fields == N(order));
	for (size_t i = 0; i < N(order) && i < n_cdr_fields; i++) {
		test_row(order[i]);
		CHECK(strcmp(cdr_fields[i].name, order[i]) == 0);
	}
}

struct name {
	const char *got, *expected;
};

static void
check_names(const struct name *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		test_row(names[i].expected);
		CHECK(strcmp(names[i].got, names[i].expected) == 0);
	}
}

static void
the_ends_of_calls_have_names(void)
{
	const struct name names[] = {
		{ cdr_status_text(CDR_OPEN), "open" },
		{ cdr_status_text(CDR_ANSWERED), "answered" },
		{ cdr_status_text(CDR_FAILED), "failed" },
		{ cdr_status_text(CDR_CANCELLED), "cancelled" },
		{ cdr_status_text(CDR_SWEPT), "swept" },
		{ cdr_end_text(CDR_END_CALLER), "caller" },
		{ cdr_end_text(CDR_END_CALLEE), "callee" },
		{ cdr_end_text(CDR_END_TIMEOUT), "timeout" },
		{ cdr_end_text(CDR_END_SESSION_TIMER), "session_timer" },
		{ cdr_end_text(CDR_END_PROXY), "proxy" },
		{ cdr_end_text(CDR_END_SWEEP), "sweep" },
	};

	check_names(names, N(names));
}

static void
sources_outcomes_and_tokens_have_names(void)
{
	const struct name names[] = {
		{ cdr_source_text(CDR_STATIC), "static" },
		{ cdr_source_text(CDR_TRIP), "trip" },
		{ cdr_source_text(CDR_ENUM), "enum" },
		{ cdr_source_text(CDR_LOCAL), "local" },
		{ cdr_source_text(CDR_FOREIGN), "foreign" },
		{ cdr_outcome_text(CDR_ATTEMPT_ANSWERED), "answered" },
		{ cdr_outcome_text(CDR_ATTEMPT_REJECTED), "rejected" },
		{ cdr_outcome_text(CDR_ATTEMPT_TIMEOUT), "timeout" },
		{ cdr_outcome_text(CDR_ATTEMPT_UNREACHABLE), "unreachable" },
		{ cdr_outcome_text(CDR_ATTEMPT_CANCELLED), "cancelled" },
		{ cdr_outcome_text(CDR_ATTEMPT_REDIRECTED), "redirected" },
		{ cdr_outcome_text(CDR_ATTEMPT_LATE_ANSWER), "late_answer" },
		{ cdr_token_text(CDR_TOKEN_VALID), "valid" },
		{ cdr_token_text(CDR_TOKEN_MISSING), "missing" },
		{ cdr_token_text(CDR_TOKEN_FORGED), "forged" },
		{ cdr_token_text(CDR_TOKEN_EXPIRED), "expired" },
	};

	check_names(names, N(names));
}

struct pair {
	int from, to;
};

/* Every number of low..high is mapped as listed, all others to otherwise. */
static void
check_map(int (*map)(int), const struct pair *pairs, size_t n, int low,
	  int high, int otherwise)
{
	for (int from = low; from <= high; from++) {
		int expected = otherwise;

		for (size_t i = 0; i < n; i++) {
			if (pairs[i].from == from)
				expected = pairs[i].to;
		}
		if (!CHECK(map(from) == expected))
			return;
	}
}

static void
responses_have_causes(void)
{
	/* RFC 3398, 8.2.6.1, in its order */
	static const struct pair pairs[] = {
		{ 400, 41 },  { 401, 21 },  { 402, 21 },  { 403, 21 },
		{ 404, 1 },   { 405, 63 },  { 406, 79 },  { 407, 21 },
		{ 408, 102 }, { 410, 22 },  { 413, 127 }, { 414, 127 },
		{ 415, 79 },  { 416, 127 }, { 420, 127 }, { 421, 127 },
		{ 423, 127 }, { 480, 18 },  { 481, 41 },  { 482, 25 },
		{ 483, 25 },  { 484, 28 },  { 485, 1 },   { 486, 17 },
		{ 487, 0 },   { 500, 41 },  { 501, 79 },  { 502, 38 },
		{ 503, 41 },  { 504, 102 }, { 505, 127 }, { 513, 127 },
		{ 600, 17 },  { 603, 21 },  { 604, 1 },
	};

	check_map(q850_from_sip, pairs, N(pairs), 400, 699, 31);
	check_map(q850_from_sip, NULL, 0, -1, 399, 0);
	check_map(q850_from_sip, NULL, 0, 700, 1000, 0);
}

static void
causes_have_responses(void)
{
	/* RFC 3398, 7.2.4.1, in its order */
	static const struct pair pairs[] = {
		{ 1, 404 },  { 2, 404 },   { 3, 404 },   { 16, 0 },
		{ 17, 486 }, { 18, 408 },  { 19, 480 },  { 20, 480 },
		{ 21, 403 }, { 22, 410 },  { 23, 410 },  { 26, 404 },
		{ 27, 502 }, { 28, 484 },  { 29, 501 },  { 31, 480 },
		{ 34, 503 }, { 38, 503 },  { 41, 503 },  { 42, 503 },
		{ 47, 503 }, { 55, 403 },  { 57, 403 },  { 58, 503 },
		{ 65, 488 }, { 70, 488 },  { 79, 501 },  { 87, 403 },
		{ 88, 503 }, { 102, 504 }, { 111, 500 }, { 127, 500 },
		{ 44, 0 },
	};

	check_map(sip_from_q850, pairs, N(pairs), 1, 127, 500);
	check_map(sip_from_q850, NULL, 0, -10, 0, 0);
	check_map(sip_from_q850, NULL, 0, 128, 300, 0);
}

static const struct test tests[] = {
	{ "every member is a field", every_member_is_a_field, true },
	{ "a new record knows nothing", a_new_record_knows_nothing, true },
	{ "names lead to members", names_lead_to_members, true },
	{ "fields have their types", fields_have_their_types, true },
	{ "fields come in the order of the record",
	  fields_come_in_the_order_of_the_record, true },
	{ "the ends of calls have names", the_ends_of_calls_have_names, true },
	{ "sources, outcomes and tokens have names",
	  sources_outcomes_and_tokens_have_names, true },
	{ "responses have causes", responses_have_causes, true },
	{ "causes have responses", causes_have_responses, true },
};

const struct test_suite suite_cdr = TEST_SUITE("cdr", tests);

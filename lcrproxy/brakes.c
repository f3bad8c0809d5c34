/* brakes.c - asking limits, and what their answers mean for a call */
#include "lcrproxy/brakes.h"

#include <stdio.h>

/* What each limit says to a caller. */
static const struct {
	int status, q850;
	const char *reason;
	size_t counter;
	const char *headers;
} refusals[LIMIT_N_KINDS] = {
#define COUNTER(name) offsetof(struct counters, name)
	[LIMIT_CPS] = { 503, 42, "too many calls per second",
			COUNTER(refused_cps), "Retry-After: 1\r\n" },
	[LIMIT_CHANNELS] = { 480, 34, "all channels are in use",
			     COUNTER(refused_channels), NULL },
	[LIMIT_CALLS] = { 403, 21, "too many calls in a while",
			  COUNTER(refused_calls), NULL },
	[LIMIT_MINUTES_HOUR] = { 403, 21, "minutes of the hour are used up",
				 COUNTER(refused_minutes), NULL },
	[LIMIT_MINUTES_DAY] = { 403, 21, "minutes of the day are used up",
				COUNTER(refused_minutes), NULL },
	[LIMIT_SPEND_HOUR] = { 403, 21, "money of the hour is used up",
			       COUNTER(refused_spend), NULL },
	[LIMIT_SPEND_DAY] = { 403, 21, "money of the day is used up",
			      COUNTER(refused_spend), NULL },
	[LIMIT_HOURS] = { 403, 21, "outside of working hours",
			  COUNTER(refused_hours), NULL },
	[LIMIT_PREFIX] = { 403, 21, "number is blocked",
			   COUNTER(refused_prefix), NULL },
#undef COUNTER
};

static void
fill_refusal(struct worker *worker, enum limit_kind kind, struct refusal *why)
{
	*why = (struct refusal){
		.status = refusals[kind].status,
		.q850 = refusals[kind].q850,
		.reason = refusals[kind].reason,
		.counter = (uint64_t *)(void *)((char *)&worker->counters +
						refusals[kind].counter),
		.headers = refusals[kind].headers,
	};
}

/* The limits a call of this intake meets: without a number those of all
 * calls. */
static int
limits_of_call(struct worker *worker, const struct call_intake *intake,
	       const struct limit *out[LIMIT_USE_MAX])
{
	enum limit_class reach = intake->national ? LIMIT_NATIONAL
						  : LIMIT_INTERNATIONAL;
	enum number_class number = NUMBER_UNKNOWN;
	bool has_number = intake->number.len > 0;
	size_t n_all;
	const struct limit *all = snapshot_account_limits(
	    worker->snapshot, intake->account, &n_all);
	int n = 0;

	if (n_all > 0 && has_number)
		number = number_classify(&intake->number);
	for (size_t i = 0; i < n_all && n < LIMIT_USE_MAX; i++) {
		if ((has_number || all[i].class == LIMIT_ALL) &&
		    limit_counts(&all[i], reach, number,
				 intake->trunk != NULL ? intake->trunk : ""))
			out[n++] = &all[i];
	}
	return n;
}

/* Money is logged as a number. */
static void
log_reached(struct worker *worker, const struct call_intake *intake,
	    const struct limit *limit, enum limit_kind kind, int64_t used,
	    const char *what)
{
	const char *class = limit_class_text(limit->class);
	char text[MONEY_TEXT_MAX];
	bool is_money = kind == LIMIT_SPEND_HOUR || kind == LIMIT_SPEND_DAY;

	if (is_money)
		money_format(used, 2, text);
	else
		snprintf(text, sizeof(text), "%lld", (long long)used);
	log_warning(worker->log, "account %s: limit %s, kind=%s class=%s "
		    "trunk=%s used=%s",
		    intake->account->name, what, limit_kind_text(kind),
		    class[0] != '\0' ? class : "all",
		    limit->trunk[0] != '\0' ? limit->trunk : "all", text);
}

/* Whether the call may go on; answer is a state's. */
static bool
heed(struct worker *worker, const struct call_intake *intake,
     const struct limit *limit, const struct limit_answer *answer,
     struct refusal *why)
{
	if (answer->kind == LIMIT_NONE && answer->warn != LIMIT_NONE) {
		worker->counters.limits_warned++;
		log_reached(worker, intake, limit, answer->warn, answer->used,
			    "nearly reached");
	}
	if (answer->kind == LIMIT_NONE)
		return true;
	if (answer->is_news)
		log_reached(worker, intake, limit, answer->kind, answer->used,
			    limit->observe ? "reached, only observed"
					   : "reached, calls are refused");
	if (limit->observe) {
		worker->counters.limits_observed++;
		return true;
	}
	fill_refusal(worker, answer->kind, why);
	return false;
}

static bool
is_barred(struct worker *worker, const struct call_intake *intake,
	  struct refusal *why)
{
	const struct snapshot *snapshot = worker->snapshot;
	const struct blocks *blocks = snapshot_blocks(snapshot);
	const struct block_query query = {
		.account = snapshot_account_index(snapshot, intake->account),
		.number = &intake->number,
		.class = blocks->n > 0 ? number_classify(&intake->number)
				       : NUMBER_UNKNOWN,
		.at = intake->setup,
	};
	const struct block *block =
	    blocks_find(blocks, &query, BLOCKS_NO_CARRIER);
	char prefix[PREFIX_MAX + 1];

	if (block == NULL || block->is_allowed)
		return false;
	fill_refusal(worker, LIMIT_PREFIX, why);
	prefix_format(block->prefix, prefix);
	why->detail = arena_printf(&worker->arena,
				   "number is blocked, prefix \"%s\" source "
				   "\"%s\" reason \"%s\"",
				   prefix, block->source, block->reason);
	return true;
}

static bool
enter_one(struct worker *worker, const struct call_intake *intake,
	  const struct limit *limit, struct limit_use *use,
	  struct refusal *why)
{
	struct limit_answer answer = { .kind = LIMIT_NONE };

	if (limit->hours.kind != BAND_ALWAYS)
		answer = limit_hours(limit->state,
				     band_has(&limit->hours, limit->zone, NULL,
					      intake->setup));
	if (!heed(worker, intake, limit, &answer, why))
		return false;
	answer = limit_enter(use, limit->state, &limit->bounds, limit->observe);
	return heed(worker, intake, limit, &answer, why);
}

bool
brakes_enter(struct worker *worker, const struct call_intake *intake,
	     struct limit_use *use, struct refusal *why)
{
	const struct limit *limits[LIMIT_USE_MAX];
	int n = limits_of_call(worker, intake, limits);

	if (intake->number.len > 0 && is_barred(worker, intake, why))
		return false;
	for (int i = 0; i < n; i++) {
		if (!enter_one(worker, intake, limits[i], use, why))
			return false;
	}
	return true;
}

bool
brakes_price(struct worker *worker, const struct call_intake *intake,
	     const struct plan *plan, struct limit_use *use,
	     struct refusal *why)
{
	const struct limit *limits[LIMIT_USE_MAX];
	int n = limits_of_call(worker, intake, limits);
	int64_t expected_us = plan->duration_s * US_PER_S;
	money_e8 price = plan->has_sell	 ? plan->sell
			 : plan->n_hops > 0 ? plan->candidates[0].cost
					    : 0; /* a URI costs nothing */

	for (int i = 0; i < n; i++) {
		struct limit_answer answer =
		    limit_price(use, &limits[i]->bounds, limits[i]->observe,
				price, expected_us);

		if (!heed(worker, intake, limits[i], &answer, why))
			return false;
	}
	return true;
}

void
brakes_resume(struct worker *worker, const struct call_intake *intake,
	      struct limit_use *use)
{
	static const struct limit_bounds unbounded = {
		.channels = -1,
		.cps = -1,
		.calls = -1,
		.minutes_hour = -1,
		.minutes_day = -1,
		.spend_hour = -1,
		.spend_day = -1,
	};
	const struct limit *limits[LIMIT_USE_MAX];
	int n = limits_of_call(worker, intake, limits);

	for (int i = 0; i < n; i++)
		(void)limit_enter(use, limits[i]->state, &unbounded, true);
	for (int i = 0; i < n; i++)
		(void)limit_price(use, &unbounded, true, 0, US_PER_S);
	limit_talk(use);
}

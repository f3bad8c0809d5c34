/* test_gateway_state.c - one state per gateway, whoever asks */
#include "route/gateway_state.h"

#include <pthread.h>

#include "base/clock.h"
#include "base/err.h"
#include "tests/unit/harness.h"

static void
same_id_same_state(void)
{
	struct gateway_states *states;
	struct gateway_state *first, *second, *again;

	if (!OK(gateway_states_new(&states)))
		return;
	if (OK(gateway_states_get(states, 7, &first)) &&
	    OK(gateway_states_get(states, UINT32_MAX, &second))) {
		CHECK(first != second);
		CHECK(first->id == 7 && second->id == UINT32_MAX);
		CHECK(!first->disabled && first->pending == 0 &&
		      first->answered == 0 && first->attempts == 0);
		first->pending++;
		first->disabled = true;
		if (OK(gateway_states_get(states, 7, &again)))
			CHECK(again == first && again->pending == 1);
	}
	gateway_states_free(states);
	gateway_states_free(NULL);
}

/* Pointers stay good while the table grows around them. */
static void
many_states(void)
{
	struct gateway_states *states;
	struct gateway_state *first, *state;
	bool good = true;

	if (!OK(gateway_states_new(&states)))
		return;
	if (!OK(gateway_states_get(states, 0, &first)))
		goto out;
	first->attempts = 42;
	for (uint32_t i = 0; i < 500 && good; i++)
		good = OK(gateway_states_get(states, i, &state)) &&
		       CHECK(state->id == i);
	CHECK(first->id == 0 && first->attempts == 42);
out:
	gateway_states_free(states);
}

enum { N_THREADS = 4, N_IDS = 64, N_ROUNDS = 200 };

static void *
count(void *arg)
{
	struct gateway_states *states = arg;

	for (uint32_t i = 0; i < N_IDS * N_ROUNDS; i++) {
		struct gateway_state *state;

		if (gateway_states_get(states, i % N_IDS, &state) == 0)
			state->attempts++;
	}
	return NULL;
}

static void
from_threads(void)
{
	struct gateway_states *states;
	pthread_t threads[N_THREADS];
	struct gateway_state *state;

	if (!OK(gateway_states_new(&states)))
		return;
	for (size_t i = 0; i < N_THREADS; i++)
		CHECK(pthread_create(&threads[i], NULL, count, states) == 0);
	for (size_t i = 0; i < N_THREADS; i++)
		pthread_join(threads[i], NULL);
	for (uint32_t i = 0; i < N_IDS; i++) {
		if (OK(gateway_states_get(states, i, &state)))
			CHECK(state->attempts == N_THREADS * N_ROUNDS);
	}
	gateway_states_free(states);
}

/* One second's worth at once, then an even flow. */
static void
rates(void)
{
	struct gateway_state state = { 0 };
	time_us now = INT64_C(1790000000) * US_PER_S;

	CHECK(gateway_state_has_rate(&state, -1, now));
	CHECK(!gateway_state_has_rate(&state, 0, now));
	for (int i = 0; i < 4; i++) {
		CHECK(gateway_state_has_rate(&state, 4, now));
		gateway_state_take_rate(&state, 4, now);
	}
	CHECK(!gateway_state_has_rate(&state, 4, now));
	CHECK(!gateway_state_has_rate(&state, 4, now + 249999));
	CHECK(gateway_state_has_rate(&state, 4, now + 250000));
	gateway_state_take_rate(&state, 4, now + 250000);
	CHECK(!gateway_state_has_rate(&state, 4, now + 250000));
	/* the clock was set back by an hour */
	CHECK(gateway_state_has_rate(&state, 4, now - 3600 * US_PER_S));
	gateway_state_take_rate(&state, 4, now - 3600 * US_PER_S);
	CHECK(gateway_state_has_rate(&state, 4, now - 3600 * US_PER_S));
	gateway_state_take_rate(&state, -1, now);
	gateway_state_take_rate(&state, 0, now);
}

/* All outcomes, each with another status. */
static void
count_ends(struct gateway_state *gateway, struct carrier_state *carrier)
{
	static const int statuses[GATEWAY_OUTCOMES] = {
		[CDR_ATTEMPT_ANSWERED] = 200,	 [CDR_ATTEMPT_REJECTED] = 486,
		[CDR_ATTEMPT_TIMEOUT] = 0,	 [CDR_ATTEMPT_UNREACHABLE] = 0,
		[CDR_ATTEMPT_CANCELLED] = 487,	 [CDR_ATTEMPT_REDIRECTED] = 302,
		[CDR_ATTEMPT_LATE_ANSWER] = 200,
	};
	uint64_t sum = 0;

	for (int i = 0; i < GATEWAY_OUTCOMES; i++)
		gateway_state_note_end(gateway, 5 + i, (enum cdr_outcome)i,
				       statuses[i]);
	CHECK(gateway_state_answers(gateway) == 2);
	CHECK(gateway_state_failures(gateway) == 4);
	CHECK(gateway_state_timeouts(gateway) == 1);
	CHECK(gateway->last_answer_us == 5 + CDR_ATTEMPT_LATE_ANSWER);
	CHECK(gateway->last_failure_us == 5 + CDR_ATTEMPT_REDIRECTED);
	for (size_t slot = 0; slot < TALLY_SLOTS; slot++) {
		CHECK(tally_get(&gateway->codes, slot) ==
		      tally_get(&carrier->codes, slot));
		sum += tally_get(&gateway->codes, slot);
	}
	CHECK(sum == GATEWAY_OUTCOMES);
}

static void
kinds_apart(void)
{
	struct gateway_states *states;
	struct gateway_state *gateway;
	struct carrier_state *carrier, *again;
	struct account_state *account;

	if (!OK(gateway_states_new(&states)))
		return;
	if (OK(gateway_states_get(states, 7, &gateway)) &&
	    OK(carrier_states_get(states, 7, &carrier)) &&
	    OK(account_states_get(states, 7, &account)) &&
	    OK(carrier_states_get(states, 7, &again))) {
		CHECK(carrier == again);
		CHECK((void *)carrier != (void *)gateway);
		CHECK((void *)carrier != (void *)account);
		CHECK(gateway->id == 7 && carrier->id == 7 && account->id == 7);
		/* a gateway without a carrier counts nowhere */
		gateway_state_note_attempt(gateway, 0, true, 1);
		gateway_state_note_call(gateway, 0, 1);
		gateway->carrier = carrier;
		gateway_state_note_attempt(gateway, 0, true, 1);
		gateway_state_note_call(gateway, 0, 1);
		CHECK(carrier->quality.buckets[0].answers == 1);
		CHECK(carrier->quality.buckets[0].calls == 1);
		CHECK(account_states_find(states, 7) == account);
		CHECK(account_states_find(states, 8) == NULL);
		CHECK(gateway->calls == 2 && gateway->talk_s == 2);
		CHECK(gateway->delays.by_slot[0] == 2);
		count_ends(gateway, carrier);
	}
	gateway_states_free(states);
}

static const struct test tests[] = {
	{ "calls per second flow evenly", rates, true },
	{ "gateways, carriers and accounts are kept apart", kinds_apart,
	  false },
	{ "the same id gives the same state", same_id_same_state, false },
	{ "states do not move when others are added", many_states, false },
	{ "threads that ask for one id get one state", from_threads, true },
};

const struct test_suite suite_gateway_state =
    TEST_SUITE("gateway_state", tests);

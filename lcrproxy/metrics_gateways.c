/* metrics_gateways.c - gateways and carriers, as metrics */
#include "lcrproxy/metrics.h"

/* The same numbers of all gateways, one family after the other. */
struct walk {
	struct exposition *out;
	const struct snapshot *snapshot;
	time_us now;
};

static const char *
carrier_of(const struct walk *walk, const struct gateway *gateway)
{
	return snapshot_carrier(walk->snapshot, gateway->carrier)->name;
}

static void
fill_labels(const struct walk *walk, const struct gateway *gateway,
	    struct metric_label labels[2])
{
	labels[0] = (struct metric_label){ "carrier",
					   carrier_of(walk, gateway) };
	labels[1] = (struct metric_label){ "gateway", gateway->name };
}

typedef int64_t gateway_value(const struct walk *walk,
			      const struct gateway *gateway);

static int64_t
get_enabled(const struct walk *walk, const struct gateway *gateway)
{
	(void)walk;
	return gateway->enabled && !atomic_load(&gateway->state->disabled);
}

static int64_t
get_pending(const struct walk *walk, const struct gateway *gateway)
{
	(void)walk;
	return atomic_load(&gateway->state->pending);
}

static int64_t
get_answered(const struct walk *walk, const struct gateway *gateway)
{
	(void)walk;
	return atomic_load(&gateway->state->answered);
}

static int64_t
get_capacity(const struct walk *walk, const struct gateway *gateway)
{
	(void)walk;
	return gateway->capacity;
}

static int64_t
get_paused(const struct walk *walk, const struct gateway *gateway)
{
	return atomic_load(&gateway->state->pause_until_us) > walk->now;
}

static int64_t
get_attempts(const struct walk *walk, const struct gateway *gateway)
{
	(void)walk;
	return (int64_t)atomic_load(&gateway->state->attempts);
}

static int64_t
get_calls(const struct walk *walk, const struct gateway *gateway)
{
	(void)walk;
	return (int64_t)atomic_load(&gateway->state->calls);
}

static int64_t
get_talk(const struct walk *walk, const struct gateway *gateway)
{
	(void)walk;
	return (int64_t)atomic_load(&gateway->state->talk_s);
}

static const struct gateway_row {
	const char *family;
	enum metric_type type;
	const char *help;
	gateway_value *get;
} gateway_rows[] = {
	{ "gateway_enabled", METRIC_GAUGE,
	  "1 unless switched off, in the table or by an operator",
	  get_enabled },
	{ "gateway_paused", METRIC_GAUGE, "1 while its Retry-After runs",
	  get_paused },
	{ "gateway_calls_pending", METRIC_GAUGE,
	  "Attempts there without a final response yet", get_pending },
	{ "gateway_calls_answered_open", METRIC_GAUGE,
	  "Answered calls there that have not ended", get_answered },
	{ "gateway_capacity", METRIC_GAUGE,
	  "How many calls it may have; -1 = any number", get_capacity },
	{ "gateway_attempts_begun", METRIC_COUNTER, "INVITEs sent there",
	  get_attempts },
	{ "gateway_calls_ended", METRIC_COUNTER,
	  "Answered calls there that have ended", get_calls },
	{ "gateway_talk_seconds", METRIC_COUNTER, "How long those were",
	  get_talk },
};

static const struct gateway *
gateway_at(const struct walk *walk, size_t i)
{
	return snapshot_gateway(walk->snapshot, (uint32_t)i);
}

static void
put_values(const struct walk *walk, const struct gateway_row *row)
{
	size_t n = snapshot_n_gateways(walk->snapshot);

	exposition_family(walk->out, row->family, row->type, row->help);
	for (size_t i = 0; i < n; i++) {
		const struct gateway *gateway = gateway_at(walk, i);
		struct metric_label labels[2];

		fill_labels(walk, gateway, labels);
		exposition_add(walk->out, "", labels, 2,
			       row->get(walk, gateway));
	}
}

/* A gateway is in one of them; so each is 0 or 1. */
static void
put_health(const struct walk *walk)
{
	static const enum health_state states[] = { HEALTH_UP, HEALTH_PROBING,
						    HEALTH_DOWN };
	size_t n = snapshot_n_gateways(walk->snapshot);

	exposition_family(walk->out, "gateway_health", METRIC_GAUGE,
			  "1 for the state that it is in");
	for (size_t i = 0; i < n; i++) {
		const struct gateway *gateway = gateway_at(walk, i);
		int is = atomic_load(&gateway->state->health.state);
		struct metric_label labels[3];

		fill_labels(walk, gateway, labels);
		for (size_t k = 0; k < sizeof(states) / sizeof(states[0]);
		     k++) {
			labels[2] = (struct metric_label){
				"state", health_state_text(states[k])
			};
			exposition_add(walk->out, "", labels, 3,
				       is == (int)states[k]);
		}
	}
}

static void
put_registered(const struct walk *walk)
{
	size_t n = snapshot_n_gateways(walk->snapshot);

	exposition_family(walk->out, "gateway_registered", METRIC_GAUGE,
			  "1 while this node is registered there; missing "
			  "where nobody registers");
	for (size_t i = 0; i < n; i++) {
		const struct gateway *gateway = gateway_at(walk, i);
		struct metric_label labels[2];

		if (gateway->enrolment.registers == REGISTERS_NOT)
			continue;
		fill_labels(walk, gateway, labels);
		exposition_add(walk->out, "", labels, 2,
			       atomic_load(&gateway->state->registration) ==
				   REGISTRATION_GOOD);
	}
}

static void
put_outcomes(const struct walk *walk)
{
	size_t n = snapshot_n_gateways(walk->snapshot);

	exposition_family(walk->out, "gateway_attempts", METRIC_COUNTER,
			  "Attempts that have ended, by outcome");
	for (size_t i = 0; i < n; i++) {
		const struct gateway *gateway = gateway_at(walk, i);
		struct metric_label labels[3];

		fill_labels(walk, gateway, labels);
		for (size_t k = 0; k < GATEWAY_OUTCOMES; k++) {
			labels[2] = (struct metric_label){
				"outcome",
				cdr_outcome_text((enum cdr_outcome)k)
			};
			exposition_add(
			    walk->out, "", labels, 3,
			    (int64_t)atomic_load(
				&gateway->state->outcomes[k]));
		}
	}
}

/* Codes that have come: n_labels are there, one more is the code. */
static void
put_tally(struct exposition *out, const struct tally *tally,
	  struct metric_label *labels, size_t n_labels)
{
	for (size_t slot = 0; slot < TALLY_SLOTS; slot++) {
		uint64_t n = tally_get(tally, slot);

		labels[n_labels] =
		    (struct metric_label){ "code", tally_text(slot) };
		if (n > 0)
			exposition_add(out, "", labels, n_labels + 1,
				       (int64_t)n);
	}
}

static void
put_codes(const struct walk *walk)
{
	size_t n = snapshot_n_gateways(walk->snapshot);

	exposition_family(walk->out, "gateway_responses", METRIC_COUNTER,
			  "Attempts that have ended, by final status; none = "
			  "there was no final response");
	for (size_t i = 0; i < n; i++) {
		const struct gateway *gateway = gateway_at(walk, i);
		struct metric_label labels[3];

		fill_labels(walk, gateway, labels);
		put_tally(walk->out, &gateway->state->codes, labels, 2);
	}
}

static void
put_carriers(const struct walk *walk)
{
	size_t n = snapshot_n_carriers(walk->snapshot);

	exposition_family(walk->out, "carrier_responses", METRIC_COUNTER,
			  "The same of all gateways of a carrier, also those "
			  "learnt by TRIP");
	for (size_t i = 0; i < n; i++) {
		const struct carrier *carrier =
		    snapshot_carrier(walk->snapshot, (uint32_t)i);
		struct metric_label labels[2] = { { "carrier",
						    carrier->name } };

		put_tally(walk->out, &carrier->state->codes, labels, 1);
	}
}

/* What a histogram counts is everything up to its bound. */
static void
put_delay(const struct walk *walk, const struct gateway *gateway)
{
	static const char *const bounds[DELAYS_SLOTS] = {
		"0.125", "0.25", "0.5", "1.0", "2.0",
		"4.0",	 "8.0",	 "16.0", "32.0", "+Inf"
	};
	const struct delays *delays = &gateway->state->delays;
	struct metric_label labels[3];
	uint64_t sum = 0;

	fill_labels(walk, gateway, labels);
	for (size_t k = 0; k < DELAYS_SLOTS; k++) {
		sum += atomic_load(&delays->by_slot[k]);
		labels[2] = (struct metric_label){ "le", bounds[k] };
		exposition_add(walk->out, "_bucket", labels, 3, (int64_t)sum);
	}
	exposition_add_us(walk->out, "_sum", labels, 2,
			  (int64_t)atomic_load(&delays->sum_ms) * US_PER_MS);
	exposition_add(walk->out, "_count", labels, 2, (int64_t)sum);
}

static void
put_delays(const struct walk *walk)
{
	size_t n = snapshot_n_gateways(walk->snapshot);

	exposition_family(walk->out, "gateway_post_dial_delay_seconds",
			  METRIC_HISTOGRAM,
			  "From the INVITE until it rang or was answered");
	for (size_t i = 0; i < n; i++)
		put_delay(walk, gateway_at(walk, i));
}

void
metrics_gateways(struct exposition *out, const struct snapshot *snapshot,
		 time_us now)
{
	const struct walk walk = { out, snapshot, now };

	for (size_t i = 0; i < sizeof(gateway_rows) / sizeof(gateway_rows[0]);
	     i++)
		put_values(&walk, &gateway_rows[i]);
	put_health(&walk);
	put_registered(&walk);
	put_outcomes(&walk);
	put_codes(&walk);
	put_delays(&walk);
	put_carriers(&walk);
}

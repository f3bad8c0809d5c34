/* hop.c - the places of the gateway a call is at (RFC 3263) */
#include "lcrproxy/hop.h"

#include "base/alloc.h"
#include "base/err.h"
#include "lcrproxy/place.h"
#include "route/plan.h"

const struct sip_place *
hop_place(const struct call *call)
{
	return call->places != NULL ? &call->places->at[call->place]
				    : &call->single;
}

bool
hop_has_more(const struct call *call)
{
	return call->places != NULL && call->place + 1U < call->places->n;
}

/* Kept as the single one when it is: a call has no room for all. */
void
hop_drop_places(struct call *call)
{
	if (call->places == NULL)
		return;
	call->single = *hop_place(call);
	mem_free(call->places);
	call->places = NULL;
	call->place = 0;
}

int
hop_keep_places(struct call *call, const struct sip_places *places)
{
	if (places->n == 1) {
		call->single = places->at[0];
		return 0;
	}
	call->places = mem_alloc(sizeof(*places));
	if (call->places == NULL)
		return ERR_NOMEM;
	*call->places = *places;
	call->place = 0;
	return 0;
}

void
hop_cancel(struct call *call)
{
	sip_look_up_cancel(call->look_up);
	call->look_up = NULL;
}

int
hop_locate_next(struct call *call, sip_location_done *done)
{
	const struct gateway *gateway = call->hops[call->hop++].gateway;
	struct sip_places places;
	struct sip_target target;
	int err = place_of_gateway(gateway, &target);

	hop_drop_places(call);
	call->was_split = false;
	if (gateway->addr.family != 0) {
		place_of_gateway_address(gateway, &call->single);
		return err;
	}
	if (err == 0)
		err = place_find(call->worker, &target, &places, done, call,
				 &call->look_up);
	if (err != ERR_BUSY)
		call->look_up = NULL;
	return err == 0 ? hop_keep_places(call, &places) : err;
}

int
hop_put_tcp_first(struct call *call)
{
	struct sip_places *places = mem_zalloc(1, sizeof(*places));
	size_t i;

	if (places == NULL)
		return ERR_NOMEM;
	places->at[0] = places->at[1] = *hop_place(call);
	places->at[0].transport = SIP_TCP;
	places->n = 2;
	for (i = call->place + 1U; call->places != NULL &&
				   i < call->places->n &&
				   places->n < SIP_PLACES_MAX;
	     i++)
		places->at[places->n++] = call->places->at[i];
	mem_free(call->places);
	call->places = places;
	call->place = 0;
	call->was_split = true;
	return 0;
}

bool
hop_next_is_good(const struct call *call)
{
	const struct call_hop *hop = &call->hops[call->hop];
	const struct plan_hop again = {
		.account = call->account,
		.number = &call->number,
		.carrier = hop->carrier,
		.gateway = hop->gateway,
		.is_learnt = hop->source == CDR_TRIP,
		.is_unpriced = hop->is_unpriced,
		.learnt = call->worker->learnt,
		.prefix = hop->prefix,
		.class = call->class,
		.duration_s = call->duration_s,
		.has_sell = call->has_sell,
		.sell = call->sell,
		.now = clock_wall(&call->worker->clock),
	};
	enum plan_exclusion excluded = plan_check_hop(call->snapshot, &again);

	if (excluded == PLAN_NOT_EXCLUDED)
		return true;
	call->worker->counters.skipped_hops++;
	log_info(call->worker->log, "call %s: gateway %s passed over, "
		 "reason=\"%s\"",
		 call->call_id, hop->gateway->name,
		 plan_exclusion_text(excluded));
	return false;
}

/* hop.c - what a call is offered to, and its places (RFC 3263) */
#include "lcrproxy/hop.h"

#include "base/alloc.h"
#include "base/err.h"
#include "lcrproxy/enum_call.h"
#include "lcrproxy/place.h"
#include "lcrproxy/uri_hop.h"
#include "route/plan.h"

static const struct codes none;

const struct call_hop *
hop_of(const struct attempt *attempt)
{
	return &attempt->call->hops[attempt->hop - 1];
}

const char *
hop_text(const struct call_hop *hop)
{
	return hop->gateway != NULL ? hop->gateway->name : hop->uri->ruri;
}

struct gateway_state *
hop_state(const struct call_hop *hop)
{
	return hop->gateway != NULL ? hop->gateway->state : NULL;
}

uint32_t
hop_gateway_id(const struct call_hop *hop)
{
	return hop->gateway != NULL ? hop->gateway->id : 0;
}

const char *
hop_carrier_name(const struct call_hop *hop)
{
	return hop->carrier != NULL ? hop->carrier->name : NULL;
}

const char *
hop_gateway_name(const struct call_hop *hop)
{
	return hop->gateway != NULL ? hop->gateway->name : NULL;
}

const struct codes *
hop_reroute(const struct call_hop *hop)
{
	return hop->gateway != NULL ? &hop->gateway->reroute : &none;
}

const struct codes *
hop_stop(const struct call_hop *hop)
{
	return hop->gateway != NULL ? &hop->gateway->stop : &none;
}

bool
hop_takes_any_transport(const struct call_hop *hop)
{
	if (hop->gateway != NULL)
		return hop->gateway->transport == GATEWAY_ANY;
	return !hop->uri->target.has_transport;
}

bool
hop_has_logins(const struct call_hop *hop)
{
	return hop->gateway != NULL && hop->gateway->logins.n > 0;
}

bool
hop_is_secure(const struct call_hop *hop)
{
	return hop->gateway != NULL ? hop->gateway->is_sips
				    : hop->uri->target.is_sips;
}

struct str
hop_tls_name(const struct call_hop *hop)
{
	if (hop->gateway != NULL)
		return place_gateway_name(hop->gateway);
	return hop->uri->addr.family == 0 ? hop->uri->name : str_make(NULL, 0);
}

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

void
hop_next_place(struct call *call)
{
	if (place_next(call->places, &call->place))
		call->was_split = false;
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
hop_keep_places(struct call *call, const struct sip_places *all)
{
	struct sip_places places = *all;
	int err = uri_hop_sift(call, &call->hops[call->hop - 1], &places);

	if (err != 0)
		return err;
	if (places.n == 1) {
		call->single = places.at[0];
		return 0;
	}
	call->places = mem_alloc(sizeof(places));
	if (call->places == NULL)
		return ERR_NOMEM;
	*call->places = places;
	place_order(call->worker, call->places);
	call->place = 0;
	return 0;
}

void
hop_cancel(struct call *call)
{
	sip_look_up_cancel(call->look_up);
	call->look_up = NULL;
	enum_call_cancel(call);
}

int
hop_locate_next(struct call *call, sip_location_done *done)
{
	const struct call_hop *hop = &call->hops[call->hop++];
	struct sip_places places;
	int err;

	hop_drop_places(call);
	call->was_split = false;
	if (hop->gateway != NULL)
		err = place_find_gateway(call->worker, hop->gateway, &places,
					 done, call, &call->look_up);
	else
		err = uri_hop_locate(call, hop->uri, &places, done);
	if (err != ERR_BUSY)
		call->look_up = NULL;
	return err == 0 ? hop_keep_places(call, &places) : err;
}

int
hop_put_tcp_first(struct call *call)
{
	call->was_split = true;
	return place_split(&call->places, &call->single, &call->place);
}

bool
hop_next_is_good(const struct call *call)
{
	const struct call_hop *hop = &call->hops[call->hop];
	const struct plan_hop again = {
		.account = call->account,
		.number = &call->number,
		.routing = &call->porting.routing,
		.media = call->media,
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
	enum plan_exclusion excluded = PLAN_NOT_EXCLUDED;

	if (hop->gateway != NULL)
		excluded = plan_check_hop(call->snapshot, &again);
	if (excluded == PLAN_NOT_EXCLUDED)
		return true;
	call->worker->counters.skipped_hops++;
	log_info(call->worker->log, "call %s: gateway %s passed over, "
		 "reason=\"%s\"",
		 call->call_id, hop_text(hop),
		 plan_exclusion_text(excluded));
	return false;
}

/* admit.c - guesses, scanners and floods are not answered */
#include "lcrproxy/admit.h"

#include "lcrproxy/forger.h"
#include "lcrproxy/identity.h"
#include "lcrproxy/meter.h"
#include "sip/value.h"

/* Each worker sees its share of a source. */
static bool
is_in_rate(struct worker *worker, const struct sip_flow *flow)
{
	const struct settings_sip *sip = &worker->node->settings->sip;
	const struct addr *from = &flow->addr;
	bool is_trunk;
	int64_t rate;
	char text[ADDR_TEXT_MAX];

	is_trunk = worker->snapshot != NULL &&
		   snapshot_account_by_addr(
		       worker->snapshot, from, flow->proof,
		       sip_transport_param(
			   (enum sip_transport)flow->transport),
		       NULL) != NULL;
	rate = is_trunk ? sip->trunk_rate : sip->source_rate;
	if (rate == 0)
		return true;
	rate = (rate + worker->node->n_workers - 1) / worker->node->n_workers;
	switch (meter_take(worker->meter, from, (uint32_t)rate,
			   clock_mono_ms(&worker->clock))) {
	case METER_PASS:
		return true;
	case METER_SILENCED:
		worker->counters.sources_silenced++;
		log_warning(worker->log,
			    "peer %s: over %lld new requests a second, not "
			    "answered for a while",
			    addr_format(from, text), (long long)rate);
		break;
	case METER_DROP:
		break;
	}
	worker->counters.source_dropped++;
	return false;
}

bool
admit_request(struct worker *worker, const struct sip_msg *msg,
	      const struct sip_flow *from)
{
	if (!identity_admits(worker, msg, from))
		return false;
	/* Calls that are there are not made to suffer: only what begins
	 * something counts. Requests in a dialog pay no look-up as long as
	 * nobody forges them. */
	return msg->to_tag.p != NULL ? forger_is_heard(worker, msg, from)
				     : is_in_rate(worker, from);
}

bool
admit_answer(struct worker *worker, const struct sip_flow *from)
{
	return !identity_is_blocked(worker, from) && is_in_rate(worker, from);
}

/* forger.c - requests of no call of ours, counted by their source */
#include "lcrproxy/forger.h"

#include "lcrproxy/claim.h"
#include "lcrproxy/meter.h"
#include "lcrproxy/taboo.h"
#include "sip/value.h"

#define KNOWN_TIMES 10 /* what trunks and gateways may send more */

/* Who sends us calls, or gets them, may have lost tokens without ill will. */
static bool
is_known(const struct worker *worker, const struct sip_flow *from)
{
	const char *transport =
	    sip_transport_param((enum sip_transport)from->transport);

	return worker->snapshot != NULL &&
	       (snapshot_account_by_addr(worker->snapshot, &from->addr,
					 from->proof, transport,
					 NULL) != NULL ||
		taboo_is_gateway(worker, worker->snapshot, &from->addr));
}

void
forger_note(struct worker *worker, const struct sip_flow *from)
{
	const struct node *node = worker->node;
	int64_t rate = node->settings->sip.forged_rate;
	char text[ADDR_TEXT_MAX];

	if (rate == 0)
		return;
	if (is_known(worker, from))
		rate *= KNOWN_TIMES;
	rate = (rate + node->n_workers - 1) / node->n_workers;
	if (meter_take(worker->forgers, &from->addr, (uint32_t)rate,
		       clock_mono_ms(&worker->clock)) != METER_SILENCED)
		return;
	worker->counters.forgers_silenced++;
	log_warning(worker->log,
		    "peer %s: over %lld requests a second of no call of ours, "
		    "heard with valid tokens only for a while",
		    addr_format(&from->addr, text), (long long)rate);
}

/* By its topmost Route. */
static bool
has_token(struct worker *worker, const struct sip_msg *msg)
{
	struct str value = sip_value(msg, SIP_HDR_ROUTE);
	struct sip_name_addr route;

	return value.p != NULL &&
	       sip_name_addr_parse(&worker->arena, value, &route, NULL) == 0 &&
	       claim_is_ours(worker, msg, &route.uri);
}

bool
forger_is_heard(struct worker *worker, const struct sip_msg *msg,
		const struct sip_flow *from)
{
	int64_t now;

	if (worker->counters.forgers_silenced == 0)
		return true;
	now = clock_mono_ms(&worker->clock);
	if (!meter_has_silent(worker->forgers, now) ||
	    !meter_is_silent(worker->forgers, &from->addr, now) ||
	    has_token(worker, msg))
		return true;
	worker->counters.forged_dropped++;
	return false;
}

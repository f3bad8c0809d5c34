/* taboo.c - addresses of our own, and of those who send bills */
#include "lcrproxy/taboo.h"

#include "base/err.h"
#include "lcrproxy/place.h"

static void
on_nothing(void *arg, int err, const struct sip_places *places)
{
	(void)arg;
	(void)err;
	(void)places;
}

/* Whether DNS, as far as it has told by now, has a named gateway there. */
static bool
is_named_gateway(struct worker *worker, const struct gateway *gateway,
		 const struct addr *addr)
{
	struct sip_look_up *look_up = NULL;
	struct sip_places places;
	struct sip_target target;
	int err = place_of_gateway(gateway, &target);

	if (err == 0)
		err = place_find(worker, &target, &places, on_nothing, NULL,
				 &look_up);
	if (err == ERR_BUSY)
		sip_look_up_cancel(look_up);
	for (size_t i = 0; err == 0 && i < places.n; i++) {
		if (addr_eq_ip(&places.at[i].addr, addr))
			return true;
	}
	return false;
}

bool
taboo_is_us(const struct listeners *listeners, const struct addr *addr)
{
	for (size_t i = 0; i < listeners->n; i++) {
		const struct listener *listener = &listeners->at[i];

		if (addr_eq(&listener->addr, addr) ||
		    addr_eq(&listener->advertised, addr))
			return true;
	}
	return false;
}

bool
taboo_is_gateway(struct worker *worker, const struct snapshot *snapshot,
		 const struct addr *addr)
{
	size_t left = snapshot_n_named_gateways(snapshot);

	if (snapshot_gateway_by_ip(snapshot, addr) != NULL)
		return true;
	for (uint32_t i = 0; left > 0; i++) {
		const struct gateway *gateway = snapshot_gateway(snapshot, i);

		if (gateway->addr.family != 0)
			continue;
		if (is_named_gateway(worker, gateway, addr))
			return true;
		left--;
	}
	return false;
}

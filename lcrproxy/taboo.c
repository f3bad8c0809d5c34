/* taboo.c - addresses of our own, and of those who send bills */
#include "lcrproxy/taboo.h"

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
taboo_is_known_gateway(const struct taboo_gateways *gateways,
		       const struct addr *addr)
{
	return snapshot_gateway_by_ip(gateways->snapshot, addr) != NULL ||
	       addr_set_has(gateways->named, addr) ||
	       learnt_has_addr(gateways->learnt, addr);
}

bool
taboo_is_gateway(const struct worker *worker, const struct snapshot *snapshot,
		 const struct addr *addr)
{
	const struct taboo_gateways gateways = { snapshot,
						 worker->gateway_addrs,
						 worker->learnt };

	return taboo_is_known_gateway(&gateways, addr);
}

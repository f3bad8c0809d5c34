/* dns_breaker.c - when a server is held for dead */
#include "base/dns_breaker.h"

void
dns_breaker_good(struct dns_breaker *breaker)
{
	breaker->n_failures = 0;
	breaker->is_open = false;
	breaker->is_probing = false;
	breaker->hold_ms = 0;
}

static void
open_for_longer(struct dns_breaker *breaker,
		const struct dns_breaker_rule *rule, int64_t now_ms)
{
	if (breaker->hold_ms == 0)
		breaker->hold_ms = rule->hold_ms;
	else if (breaker->hold_ms > rule->hold_max_ms / 2)
		breaker->hold_ms = rule->hold_max_ms;
	else
		breaker->hold_ms *= 2;
	breaker->until_ms = now_ms + breaker->hold_ms;
}

void
dns_breaker_bad(struct dns_breaker *breaker,
		const struct dns_breaker_rule *rule, int64_t now_ms)
{
	if (breaker->is_open)
		return;
	if (breaker->n_failures < rule->dead_after)
		breaker->n_failures++;
	if (breaker->n_failures < rule->dead_after)
		return;
	breaker->is_open = true;
	breaker->n_opened++;
	open_for_longer(breaker, rule, now_ms);
}

bool
dns_breaker_take_probe(struct dns_breaker *breaker, int64_t now_ms)
{
	if (!breaker->is_open || breaker->is_probing ||
	    now_ms < breaker->until_ms)
		return false;
	breaker->is_probing = true;
	return true;
}

void
dns_breaker_probe_failed(struct dns_breaker *breaker,
			 const struct dns_breaker_rule *rule, int64_t now_ms)
{
	if (!breaker->is_probing)
		return; /* it has closed meanwhile */
	breaker->is_probing = false;
	open_for_longer(breaker, rule, now_ms);
}

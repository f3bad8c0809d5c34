/* metrics.c - what a harvest says, as metrics */
#include "lcrproxy/metrics.h"

void
metrics_one(struct exposition *out, const char *family, enum metric_type type,
	    const char *help, int64_t value)
{
	exposition_family(out, family, type, help);
	exposition_add(out, "", NULL, 0, value);
}

void
metrics_one_us(struct exposition *out, const char *family,
	       enum metric_type type, const char *help, int64_t us)
{
	exposition_family(out, family, type, help);
	exposition_add_us(out, "", NULL, 0, us);
}

void
metrics_write(struct exposition *out, const struct harvest *harvest,
	      size_t max_accounts)
{
	metrics_node(out, harvest);
	metrics_process(out);
	metrics_requests(out, &harvest->sum);
	metrics_counters(out, &harvest->sum);
	metrics_acct(out, harvest);
	metrics_trip(out, harvest);
	metrics_gateways(out, harvest->snapshot, harvest->now);
	metrics_accounts(out, harvest->snapshot, max_accounts);
	exposition_end(out);
}

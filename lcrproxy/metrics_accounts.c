/* metrics_accounts.c - calls by account and final status, as metrics */
#include "lcrproxy/metrics.h"

#define OTHERS "/others" /* names have no slash */

static void
put_codes(struct exposition *out, const char *account,
	  const uint64_t counts[TALLY_SLOTS])
{
	for (size_t slot = 0; slot < TALLY_SLOTS; slot++) {
		const struct metric_label labels[] = {
			{ "account", account }, { "code", tally_text(slot) }
		};

		if (counts[slot] > 0)
			exposition_add(out, "", labels, 2,
				       (int64_t)counts[slot]);
	}
}

static void
add_codes(uint64_t counts[TALLY_SLOTS], const struct tally *tally)
{
	for (size_t slot = 0; slot < TALLY_SLOTS; slot++)
		counts[slot] += tally_get(tally, slot);
}

/* Who has no account has an empty label. */
void
metrics_accounts(struct exposition *out, const struct snapshot *snapshot,
		 size_t max_accounts)
{
	size_t n = snapshot_n_accounts(snapshot), n_listed = 0;
	uint64_t others[TALLY_SLOTS] = { 0 };

	exposition_family(out, "account_calls", METRIC_COUNTER,
			  "Calls by account and final status; answered ones "
			  "count dialogs");
	for (size_t i = 0; i <= n; i++) {
		const struct account_state *state =
		    snapshot_account_state_at(snapshot, i);
		uint64_t counts[TALLY_SLOTS] = { 0 };

		if (state == NULL)
			continue;
		if (i < n && n_listed >= max_accounts) {
			add_codes(others, &state->codes);
			continue;
		}
		add_codes(counts, &state->codes);
		put_codes(out,
			  i < n ? snapshot_account_at(snapshot, i)->name : "",
			  counts);
		n_listed += i < n;
	}
	put_codes(out, OTHERS, others);
}

/* counters.c - the names of the counters */
#include "lcrproxy/counters.h"

#define ROW(member) { #member, offsetof(struct counters, member) }

const struct counter_field counter_fields[] = {
	ROW(calls),
	ROW(answered),
	ROW(failed),
	ROW(cancelled),
	ROW(attempts),
	ROW(failovers),
	ROW(skipped_hops),
	ROW(late_answers),
	ROW(refused_unknown),
	ROW(refused_disabled),
	ROW(refused_class),
	ROW(refused_target),
	ROW(refused_no_route),
	ROW(refused_no_price),
	ROW(refused_full),
	ROW(refused_stopping),
	ROW(refused_session),
	ROW(dialog_requests),
	ROW(token_valid),
	ROW(token_missing),
	ROW(token_forged),
	ROW(token_expired),
	ROW(astray),
	ROW(auth_challenged),
	ROW(auth_good),
	ROW(auth_failed),
	ROW(auth_replayed),
	ROW(auth_broken),
	ROW(auth_blocked),
	ROW(auth_scanners),
	ROW(sources_silenced),
	ROW(source_dropped),
	ROW(starts),
	ROW(refreshes),
	ROW(stops),
	ROW(handed_over),
	ROW(handed_over_dropped),
	ROW(too_large),
	ROW(out_of_memory),
};
const size_t n_counter_fields =
    sizeof(counter_fields) / sizeof(counter_fields[0]);

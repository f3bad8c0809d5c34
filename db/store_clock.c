/* store_clock.c - what time it is, by the store */
#include "db/store.h"

static const char now_sql[] =
    "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint";

int
store_now(struct store *store, time_us *out)
{
	struct clock clock;

	if (store_dialect(store) == STORE_POSTGRESQL)
		return store_get_int(store, now_sql, NULL, 0, out);
	clock_init_system(&clock);
	*out = clock_wall(&clock);
	return 0;
}

int
store_sure_now(struct store *store, time_us *out)
{
	struct clock clock;
	time_us ours;
	int err = store_now(store, out);

	clock_init_system(&clock);
	ours = clock_wall(&clock);
	if (err == 0 && ours < *out)
		*out = ours;
	return err;
}

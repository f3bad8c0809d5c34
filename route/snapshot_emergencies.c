/* snapshot_emergencies.c - the table of emergency numbers into a snapshot */
#include <string.h>

#include "base/err.h"
#include "route/snapshot_private.h"

static const char emergencies_sql[] =
    "SELECT number, gateway, country_code, priority FROM emergencies";

static int
read_emergency(void *arg, struct row *row)
{
	struct snapshot_loader *loader = arg;
	struct snapshot *snapshot = loader->snapshot;
	struct str country = store_col_text(row->stmt, 2);
	int64_t id = store_col_int(row->stmt, 1);
	struct emergency emergency = { .priority = 0 };
	size_t gateway = snapshot_gateway_place(snapshot, id);

	row->key = store_col_text(row->stmt, 0);
	if (row->key.len == 0 ||
	    str_copy(row->key, emergency.digits, sizeof(emergency.digits)) != 0)
		row_fail(row, "number is too long or empty, expected 1 to %d "
			      "digits", EMERGENCY_DIGITS_MAX);
	if (country.p != NULL && str_copy(country, emergency.country_code,
					  sizeof(emergency.country_code)) != 0)
		row_fail(row, "country_code is \"%.*s\", expected at most 3 "
			      "digits", STR_ARG(country));
	emergency.priority =
	    (int32_t)row_int(row, 3, "priority", 0, INT32_MAX, 100);
	if (row->err != 0)
		return row->err;
	if (gateway == snapshot->n_gateways) {
		snapshot_warn(loader,
			      "emergency number %.*s: left out, its gateway "
			      "does not exist, gateway_id=%lld",
			      STR_ARG(row->key), (long long)id);
		return 0;
	}
	emergency.gateway = (uint32_t)gateway;
	return emergencies_add(&snapshot->emergencies, &emergency);
}

int
snapshot_load_emergencies(struct snapshot_loader *loader)
{
	int err = rows_read(loader->store, "emergencies", emergencies_sql,
			    read_emergency, loader, loader->error);

	if (err == 0)
		emergencies_finish(&loader->snapshot->emergencies);
	return err;
}

const struct emergency *
snapshot_emergencies(const struct snapshot *snapshot, struct str digits,
		     size_t *n)
{
	return emergencies_find(&snapshot->emergencies, digits, n);
}

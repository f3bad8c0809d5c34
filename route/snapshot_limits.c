/* snapshot_limits.c - the table of limits into a snapshot */
#include <string.h>

#include "base/err.h"
#include "route/snapshot_private.h"

#define TEXT_MAX 255
#define COUNT_MAX 1000000000

static const char limits_sql[] =
    "SELECT account, class, channels, cps, calls, window_s, minutes_hour,"
    " minutes_day, spend_hour, spend_day, warn_percent, hours, mode, trunk"
    " FROM limits ORDER BY CASE WHEN account IS NULL THEN 1 ELSE 0 END,"
    " account, class";

static money_e8
read_money(struct row *row, int column)
{
	return store_col_is_null(row->stmt, column)
		   ? -1
		   : store_col_money(row->stmt, column);
}

static void
read_bounds(struct row *row, struct limit_bounds *out)
{
	out->channels = (int32_t)row_int(row, 2, "channels", 0, INT32_MAX, -1);
	out->cps = (int32_t)row_int(row, 3, "cps", 0, INT32_MAX, -1);
	out->calls = row_int(row, 4, "calls", 0, COUNT_MAX, -1);
	out->window_s = row_int(row, 5, "window_s", 8, 604800, 3600);
	out->minutes_hour = row_int(row, 6, "minutes_hour", 0, COUNT_MAX, -1);
	out->minutes_day = row_int(row, 7, "minutes_day", 0, COUNT_MAX, -1);
	out->spend_hour = read_money(row, 8);
	out->spend_day = read_money(row, 9);
	out->warn_percent =
	    (int32_t)row_int(row, 10, "warn_percent", 0, 100, 0);
}

/* A limit of one account; the clock of its hours is the account's. */
static int
add_limit(struct snapshot_loader *loader, const struct limit *limit)
{
	struct snapshot *snapshot = loader->snapshot;
	const struct account *account = &snapshot->accounts[limit->account];
	struct limit copy = *limit;
	int err = 0;

	if (copy.hours.kind != BAND_ALWAYS)
		err = limits_zone(&snapshot->limits, account->zone_name,
				  &copy.zone);
	if (err == ERR_NOTFOUND) {
		snapshot_warn(loader,
			      "account %s: its time zone is not known on this "
			      "system, the hours of its limits are in UTC, "
			      "timezone=%s",
			      account->name, account->zone_name);
		err = 0;
	}
	if (err == 0 && loader->settings->limits != NULL)
		err = limit_states_get(loader->settings->limits, account->id,
				       copy.class, copy.trunk, &copy.state);
	return err == 0 ? limits_add(&snapshot->limits, &copy) : err;
}

/* A row for everybody is for those without one of their own, which have come
 * before. */
static int
add_for_everybody(struct snapshot_loader *loader, struct limit *limit)
{
	struct snapshot *snapshot = loader->snapshot;
	size_t next = 0, n_own = snapshot->limits.n;
	int err = 0;

	limits_finish(&snapshot->limits);
	for (size_t i = 0; i < snapshot->n_accounts && err == 0; i++) {
		const struct limit *own = snapshot->limits.list;

		while (next < n_own && (own[next].account < i ||
					(own[next].account == i &&
					 own[next].class < limit->class)))
			next++;
		if (next < n_own && own[next].account == i &&
		    own[next].class == limit->class &&
		    own[next].trunk[0] == '\0')
			continue;
		limit->account = (uint32_t)i;
		err = add_limit(loader, limit);
	}
	return err;
}

static int
read_limit(void *arg, struct row *row)
{
	struct snapshot_loader *loader = arg;
	struct str name = row_text(row, 1, "class", TEXT_MAX);
	struct str hours = row_text(row, 11, "hours", TEXT_MAX);
	struct str mode = store_col_text(row->stmt, 12);
	struct str trunk = row_text(row, 13, "trunk", TEXT_MAX);
	enum limit_class class;
	struct limit limit;
	uint32_t owner;

	row->key = name.len > 0 ? name : str_of("all calls");
	if (!snapshot_read_owner(loader, row, 0, &owner))
		return 0;
	if (limit_class_parse(name, &class) != 0)
		return row_fail(row, "class is not known, expected national, "
				     "international, mobile ... or nothing");
	limit_init(&limit, owner, class);
	if (owner == LIMITS_EVERYBODY && trunk.len > 0)
		row_fail(row, "trunk is \"%.*s\" without an account",
			 STR_ARG(trunk));
	if (snapshot_keep(loader->snapshot, trunk, &limit.trunk) != 0)
		return ERR_NOMEM;
	read_bounds(row, &limit.bounds);
	if (band_parse(hours, &limit.hours) != 0 ||
	    limit.hours.kind == BAND_HOLIDAYS)
		row_fail(row, "hours is \"%.*s\", expected e.g. mon-fri "
			      "08:00-18:00", STR_ARG(hours));
	limit.observe = str_eq_text(mode, "observe");
	if (!limit.observe && !str_eq_text(mode, "block"))
		row_fail(row, "mode is \"%.*s\", expected block or observe",
			 STR_ARG(mode));
	if (row->err != 0)
		return row->err;
	return owner == LIMITS_EVERYBODY ? add_for_everybody(loader, &limit)
					 : add_limit(loader, &limit);
}

static int32_t
lower(int32_t a, int32_t b)
{
	return a < 0 || (b >= 0 && b < a) ? b : a;
}

/* channels and cps of the account itself are limits of all its calls, in the
 * mode of its row for them. */
static int
add_own_columns(struct snapshot_loader *loader)
{
	struct limits *limits = &loader->snapshot->limits;
	size_t n_rows = limits->n, next = 0;
	int err = 0;

	limits_finish(limits);
	for (size_t i = 0; i < loader->snapshot->n_accounts && err == 0; i++) {
		const struct account *account = &loader->snapshot->accounts[i];
		struct limit limit;

		if (account->channels < 0 && account->cps < 0)
			continue;
		while (next < n_rows && limits->list[next].account < i)
			next++;
		if (next < n_rows && limits->list[next].account == i &&
		    limits->list[next].class == LIMIT_ALL &&
		    limits->list[next].trunk[0] == '\0') {
			struct limit_bounds *bounds = &limits->list[next].bounds;

			bounds->channels =
			    lower(bounds->channels, account->channels);
			bounds->cps = lower(bounds->cps, account->cps);
			continue;
		}
		limit_init(&limit, (uint32_t)i, LIMIT_ALL);
		limit.bounds.channels = account->channels;
		limit.bounds.cps = account->cps;
		err = add_limit(loader, &limit);
	}
	return err;
}

static void
give_to_accounts(struct snapshot *snapshot)
{
	limits_finish(&snapshot->limits);
	for (size_t i = 0; i < snapshot->limits.n; i++) {
		const struct limit *limit = &snapshot->limits.list[i];

		struct account *account = &snapshot->accounts[limit->account];

		if (account->n_limits++ == 0)
			account->first_limit = (uint32_t)i;
	}
}

int
snapshot_load_limits(struct snapshot_loader *loader)
{
	int err = rows_read(loader->store, "limits", limits_sql, read_limit,
			    loader, loader->error);

	if (err != 0)
		return err;
	err = add_own_columns(loader);
	if (err != 0)
		return rows_fail(loader->error, err, "limits: %s",
				 err_text(err));
	give_to_accounts(loader->snapshot);
	return 0;
}

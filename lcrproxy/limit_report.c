/* limit_report.c - limits and their use, one row each */
#include "lcrproxy/limit_report.h"

#include <stdio.h>

#define ROWS_MAX 10000

const char *const limit_report_keys[] = {
	"account",	     "class",	     "trunk",	     "mode",
	"cps",		     "channels_used", "channels",
	"calls_used",	     "calls",	     "minutes_hour_used",
	"minutes_hour",	     "minutes_day_used", "minutes_day",
	"spend_hour_used",   "spend_hour",   "spend_day_used",
	"spend_day",	     NULL
};

static json_t *
amount(enum limit_kind kind, int64_t value)
{
	char text[MONEY_TEXT_MAX];

	if (value < 0)
		return json_null();
	if (kind != LIMIT_SPEND_HOUR && kind != LIMIT_SPEND_DAY)
		return json_integer(value);
	return json_string(money_format(value, 2, text));
}

static void
put(json_t *row, enum limit_kind kind, int64_t bound, int64_t used)
{
	char key[32];

	json_object_set_new(row, limit_kind_text(kind), amount(kind, bound));
	if (kind == LIMIT_CPS)
		return;
	snprintf(key, sizeof(key), "%s_used", limit_kind_text(kind));
	json_object_set_new(row, key, amount(kind, used));
}

static json_t *
row_of(const struct snapshot *snapshot, const struct limit *limit,
       const struct limit_usage *usage)
{
	const struct limit_bounds *bounds = &limit->bounds;
	const int64_t limits[LIMIT_N_KINDS] = {
		[LIMIT_CPS] = bounds->cps,
		[LIMIT_CHANNELS] = bounds->channels,
		[LIMIT_CALLS] = bounds->calls,
		[LIMIT_MINUTES_HOUR] = bounds->minutes_hour,
		[LIMIT_MINUTES_DAY] = bounds->minutes_day,
		[LIMIT_SPEND_HOUR] = bounds->spend_hour,
		[LIMIT_SPEND_DAY] = bounds->spend_day,
	};
	json_t *row = json_pack(
	    "{s:s s:s s:s? s:s}", "account",
	    snapshot_limit_account(snapshot, limit)->name, "class",
	    limit->class == LIMIT_ALL ? "all" : limit_class_text(limit->class),
	    "trunk", limit->trunk[0] != '\0' ? limit->trunk : NULL, "mode",
	    limit->observe ? "observe" : "block");

	for (int kind = LIMIT_CPS; kind <= LIMIT_SPEND_DAY; kind++)
		put(row, (enum limit_kind)kind, limits[kind],
		    usage->used[kind]);
	return row;
}

static bool
is_used(const struct limit_usage *usage)
{
	for (int kind = 0; kind < LIMIT_N_KINDS; kind++) {
		if (usage->used[kind] != 0)
			return true;
	}
	return false;
}

json_t *
limit_report(const struct snapshot *snapshot, const struct account *account)
{
	json_t *rows = json_array();
	size_t n;
	const struct limit *limits = snapshot_limits(snapshot, &n);

	for (size_t i = 0; i < n && json_array_size(rows) < ROWS_MAX; i++) {
		const struct limit *limit = &limits[i];
		struct limit_usage usage = { { 0 } };

		if (account != NULL &&
		    snapshot_limit_account(snapshot, limit) != account)
			continue;
		if (limit->state != NULL)
			limit_state_usage(limit->state, &limit->bounds, &usage);
		if (account != NULL || is_used(&usage))
			json_array_append_new(rows,
					      row_of(snapshot, limit, &usage));
	}
	return rows;
}

/* route_fixture.c - a snapshot from CSV texts */
#include "tests/unit/route_fixture.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/timefmt.h"
#include "tests/unit/harness.h"

int
route_fixture_reload(struct route_fixture *f, uint32_t reach)
{
	const struct snapshot_settings settings = {
		.numbering = { "49", "00", "0" },
		.states = f->states,
		.reach = reach,
	};
	char error[STORE_ERROR_MAX] = "";
	int err;

	snapshot_unref(f->snapshot);
	f->snapshot = NULL;
	err = snapshot_load(f->store, &settings, 7, NULL, &f->snapshot, error);
	if (err != 0 && err != ERR_NOMEM)
		fprintf(stderr, "snapshot: %s\n", error);
	return err;
}

int
route_fixture_open(struct route_fixture *f, const char *name,
		   const struct route_csv *tables)
{
	int err;

	*f = (struct route_fixture){ 0 };
	arena_init(&f->arena, NULL, 0, 0);
	err = route_store_open(name, tables, NULL, &f->store);
	if (err == 0)
		err = gateway_states_new(&f->states);
	return err == 0 ? route_fixture_reload(f, 0) : err;
}

void
route_fixture_close(struct route_fixture *f)
{
	arena_fini(&f->arena);
	snapshot_unref(f->snapshot);
	gateway_states_free(f->states);
	store_close(f->store);
}

struct plan_query
route_fixture_query(const struct route_fixture *f, const char *account,
		    const char *number, const char *at, int64_t duration_s)
{
	struct plan_query query = { .duration_s = duration_s, .max_hops = 8 };

	CHECK(number_parse(str_of(number), &query.number) == 0);
	CHECK(time_parse(str_of(at != NULL ? at : "2026-03-27T12:00:00Z"),
			 &query.at) == 0);
	if (account != NULL)
		query.account =
		    snapshot_account_by_name(f->snapshot, str_of(account));
	CHECK((account != NULL) == (query.account != NULL));
	return query;
}

int
route_fixture_plan(struct route_fixture *f, const struct plan_query *query)
{
	arena_reset(&f->arena);
	return plan_make(f->snapshot, query, &f->arena, &f->plan);
}

struct gateway_state *
route_fixture_state(const struct route_fixture *f, const char *gateway)
{
	return snapshot_gateway_by_name(f->snapshot, str_of(gateway))->state;
}

const struct plan_candidate *
route_fixture_find(const struct route_fixture *f, const char *gateway)
{
	for (size_t i = 0; i < f->plan.n_candidates; i++) {
		if (strcmp(f->plan.candidates[i].gateway->name, gateway) == 0)
			return &f->plan.candidates[i];
	}
	return NULL;
}

const char *
route_fixture_hops(struct route_fixture *f)
{
	const char *text = "";

	for (size_t i = 0; i < f->plan.n_hops && text != NULL; i++)
		text = arena_printf(&f->arena, "%s%s%s", text, i > 0 ? " " : "",
				    f->plan.candidates[i].gateway->name);
	return text != NULL ? text : "out of memory";
}

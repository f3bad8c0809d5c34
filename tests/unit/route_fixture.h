/*
 * route_fixture.h - a snapshot from CSV texts, and plans made with it
 */
#ifndef TESTS_UNIT_ROUTE_FIXTURE_H
#define TESTS_UNIT_ROUTE_FIXTURE_H

#include "route/plan.h"
#include "tests/unit/route_store.h"

struct route_fixture {
	struct store *store;
	struct gateway_states *states;
	struct snapshot *snapshot;
	struct arena arena;
	struct plan plan; /* the last one, in arena */
};

/* German numbering, generation 7. 0 or an error; close in any case. */
int route_fixture_open(struct route_fixture *f, const char *name,
		       const struct route_csv *tables);
/* Load again, for a node that can send so (snapshot.h). */
int route_fixture_reload(struct route_fixture *f, uint32_t reach);
void route_fixture_close(struct route_fixture *f);
/* A query for a number without '+'; account NULL = nobody, at as RFC 3339 or
 * NULL = 2026-03-27T12:00:00Z, a Friday. */
struct plan_query route_fixture_query(const struct route_fixture *f,
				      const char *account, const char *number,
				      const char *at, int64_t duration_s);
/* plan_make into f->plan. */
int route_fixture_plan(struct route_fixture *f, const struct plan_query *query);
/* The state of a gateway that is there. */
struct gateway_state *route_fixture_state(const struct route_fixture *f,
					  const char *gateway);
/* The candidate of a gateway in f->plan; NULL when it is none. */
const struct plan_candidate *route_fixture_find(const struct route_fixture *f,
						const char *gateway);
/* The gateways of the plan in order, "a b c", "" for none. */
const char *route_fixture_hops(struct route_fixture *f);

#endif

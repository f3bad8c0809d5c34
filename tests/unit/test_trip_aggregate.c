/* test_trip_aggregate.c - one prefix for all that are a digit longer */
#include "trip/rib.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/harness.h"
#include "tests/unit/tel_random.h"
#include "tests/unit/trip_world.h"
#include "trip/line.h"

enum { US, THEM };

static struct world world;

static bool
open_world(int64_t hold_ms)
{
	const struct trip_rib_peer_settings peer = { .aggregate = true };
	struct trip_rib_settings settings = world_settings(301, 1);

	settings.min_origination_ms = hold_ms;
	world_init(&world);
	if (world_add(&world, &settings) < 0)
		return false;
	settings = world_settings(302, 2);
	return world_add(&world, &settings) >= 0 &&
	       world_connect(&world, US, THEM, &peer);
}

/* All that are one digit longer, to this server, but for one digit. */
static bool
set_all(const char *digits, const char *server, char except)
{
	char longer[16];

	for (char digit = '0'; digit <= '9'; digit++) {
		snprintf(longer, sizeof(longer), "%s%c", digits, digit);
		if (digit != except && !world_set(&world, US, longer, server))
			return false;
	}
	return true;
}

struct list {
	char text[512];
	size_t len;
};

static bool
add(void *arg, const struct trip_view *view)
{
	struct list *list = arg;

	list->len += (size_t)snprintf(
	    list->text + list->len, sizeof(list->text) - list->len, "%s%.*s%s",
	    list->len > 0 ? " " : "", STR_ARG(view->prefix.address),
	    trip_attrs_have(view->attrs, TRIP_ATOMIC_AGGREGATE) ? "*" : "");
	return list->len < sizeof(list->text) - 32;
}

/* What the peer has, "*" with AtomicAggregate. */
static bool
they_have(const char *expected)
{
	struct list list = { "", 0 };

	if (!world_run(&world) && !test_starved())
		return CHECK(false);
	(void)trip_rib_walk(world.rib[THEM], NULL, add, &list);
	if (CHECK(strcmp(list.text, expected) == 0))
		return true;
	if (!test_starved())
		fprintf(stderr, "they have: %s, expected %s\n", list.text,
			expected);
	return false;
}

static void
aggregated(void)
{
	if (!open_world(0) || !set_all("49", "gw", '7'))
		goto out;
	they_have("490 491 492 493 494 495 496 498 499");
	if (!world_set(&world, US, "497", "gw"))
		goto out;
	they_have("49*");
	/* another server for one of them: all come back */
	if (!world_set(&world, US, "497", "other"))
		goto out;
	they_have("490 491 492 493 494 495 496 497 498 499");
	/* before it is withdrawn */
	if (!test_starved())
		CHECK(world.last[4] == TRIP_WITHDRAWN);
	if (!world_set(&world, US, "497", "gw"))
		goto out;
	they_have("49*");
	world_unset(&world, US, "490");
	they_have("491 492 493 494 495 496 497 498 499");
	/* what is longer stays beside the aggregate */
	if (!world_set(&world, US, "490", "gw") ||
	    !world_set(&world, US, "4930", "special"))
		goto out;
	they_have("49* 4930");
out:
	world_fini(&world);
}

static void
own_route(void)
{
	if (!open_world(0) || !set_all("49", "gw", ' ') ||
	    !world_set(&world, US, "49", "own"))
		goto out;
	they_have("49 490 491 492 493 494 495 496 497 498 499");
	world_unset(&world, US, "49");
	they_have("49*");
	if (!world_set(&world, US, "49", "own"))
		goto out;
	they_have("49 490 491 492 493 494 495 496 497 498 499");
out:
	world_fini(&world);
}

/* From leaf to root and back. */
static void
in_steps(void)
{
	char digits[16];

	if (!open_world(0))
		goto out;
	for (int i = 0; i < 10; i++) {
		snprintf(digits, sizeof(digits), "4%d", i);
		if (!set_all(digits, "gw", ' '))
			goto out;
	}
	they_have("4*");
	world_unset(&world, US, "455");
	they_have("40* 41* 42* 43* 44* 450 451 452 453 454 456 457 458 459 "
		  "46* 47* 48* 49*");
	if (!world_set(&world, US, "455", "gw"))
		goto out;
	they_have("4*");
	for (int i = 400; i < 500; i++) {
		snprintf(digits, sizeof(digits), "%d", i);
		world_unset(&world, US, digits);
	}
	they_have("");
out:
	world_fini(&world);
}

/* MinRouteAdvertisement: what an aggregate hid is told at once again. */
static void
without_a_gap(void)
{
	if (!open_world(30000) || !set_all("49", "gw", ' '))
		goto out;
	they_have("49*");
	if (!world_set(&world, US, "493", "other"))
		goto out;
	they_have("490 491 492 493 494 495 496 497 498 499");
out:
	world_fini(&world);
}

static void
circuits(void)
{
	static struct trip_draft draft;
	const struct trip_line_defaults defaults = { 301, NULL };
	char line[64];
	struct trip_prefix prefix = world_prefix("49");
	struct trip_view view;
	struct str bad;

	if (!open_world(0))
		goto out;
	for (int i = 0; i < 10; i++) {
		snprintf(line, sizeof(line),
			 "49%d next_hop=gw total_circuits=30", i);
		trip_draft_init(&draft);
		if (!CHECK(trip_line_parse(str_of(line), &defaults, &prefix,
					   &draft, &bad) == 0) ||
		    !OK(trip_rib_set(world.rib[US], &prefix, &draft)))
			goto out;
	}
	prefix = world_prefix("49");
	if (they_have("49*") &&
	    trip_rib_lookup(world.rib[THEM], &prefix, &view) == 0)
		CHECK(trip_attrs_u32(view.attrs, TRIP_TOTAL_CAPACITY, 0) ==
		      300);
out:
	world_fini(&world);
}


/* Random changes below 4: every number is reached by the same server with and
 * without aggregation, and a session that begins anew has the same. */
static void
random_changes(void)
{
	uint64_t seed = 11;
	char digits[16], ours[128], theirs[128];

	if (!open_world(0))
		goto out;
	for (int step = 0; step < 3000; step++) {
		int number = (int)random_below(&seed, 111), len = 3;

		if (number >= 100)
			len = number >= 110 ? 1 : 2;
		snprintf(digits, sizeof(digits), len == 1   ? "4"
						 : len == 2 ? "4%d"
							    : "4%02d",
			 len == 2 ? number - 100 : number);
		if (random_below(&seed, 20) == 0)
			world_unset(&world, US, digits);
		else if (!world_set(&world, US, digits,
				    random_below(&seed, 40) == 0 ? "b" : "a"))
			goto out;
		if (step % 50 != 0 || !world_run(&world))
			continue;
		for (int i = 0; i < 100; i++) {
			struct trip_prefix prefix;
			struct trip_view view;
			struct str host = str_of("-");

			snprintf(digits, sizeof(digits), "4%02d", i);
			prefix = world_prefix(digits);
			if (trip_rib_lookup(world.rib[US], &prefix, &view) == 0)
				(void)trip_attrs_next_hop(view.attrs, &host);
			snprintf(ours, sizeof(ours), "%.*s", STR_ARG(host));
			host = str_of("-");
			if (trip_rib_lookup(world.rib[THEM], &prefix, &view) ==
			    0)
				(void)trip_attrs_next_hop(view.attrs, &host);
			snprintf(theirs, sizeof(theirs), "%.*s", STR_ARG(host));
			if (!CHECK(strcmp(ours, theirs) == 0))
				goto out;
		}
	}
	world_down(&world, US, THEM);
out:
	world_fini(&world);
}

static const struct test tests[] = {
	{ "ten prefixes that are alike become one, and ten again", aggregated,
	  false },
	{ "a route of its own goes before an aggregate", own_route, false },
	{ "aggregates are aggregated", in_steps, true },
	{ "nothing is out of reach between aggregate and parts", without_a_gap,
	  true },
	{ "circuits add up", circuits, false },
	{ "every number is reached as without aggregation", random_changes,
	  true },
};

const struct test_suite suite_trip_aggregate =
    TEST_SUITE("trip_aggregate", tests);

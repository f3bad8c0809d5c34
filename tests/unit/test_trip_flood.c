/* test_trip_flood.c - LSs of one ITAD, and whole networks */
#include <stdio.h>

#include "base/err.h"
#include "tests/unit/trip_help.h"
#include "tests/unit/trip_world.h"
#include "trip/rib.h"

static struct world w;
static char dumps[WORLD_MAX][WORLD_LOG];

static bool
is_best(int i, const char *digits, const char *what)
{
	const char *best = world_best(&w, i, digits);
	bool same = strcmp(best, what) == 0;

	if (!same && !test_starved())
		printf("\n  rib %d %s is \"%s\", expected \"%s\"\n", i, digits,
		       best, what);
	return same;
}

/* n LSs of ITAD 301, identifiers 10, 11 ... in a line. */
static bool
line(int n)
{
	world_init(&w);
	for (uint32_t i = 0; i < (uint32_t)n; i++) {
		struct trip_rib_settings set = world_settings(301, 10 + i);

		if (world_add(&w, &set) < 0)
			return false;
	}
	for (int i = 0; i + 1 < n; i++) {
		if (!world_connect(&w, i, i + 1, NULL))
			return false;
	}
	return world_run(&w);
}

static bool
all_equal(int first, int last)
{
	bool same = true;

	for (int i = first; i <= last; i++) {
		world_dump(&w, i, dumps[i], WORLD_LOG);
		same &= strcmp(dumps[i], dumps[first]) == 0;
	}
	if (!same && !test_starved()) {
		for (int i = first; i <= last; i++)
			printf("\n  rib %d:\n%s", i, dumps[i]);
	}
	return same;
}

static int
send(int to, int from, const char *hex)
{
	static uint8_t msg[TRIP_MESSAGE_MAX];
	struct trip_error error;
	size_t len = trip_bytes(hex, msg);

	msg[0] = (uint8_t)(len >> 8);
	msg[1] = (uint8_t)len;
	return trip_rib_update(w.link[to][from].peer, msg, len, &error);
}

static void
test_line(void)
{
	struct trip_rib_counters counters;

	if (!line(4) || !world_set(&w, 0, "49", "a") ||
	    !world_set(&w, 3, "44", "d") || !world_run(&w))
		goto out;
	CHECK(is_best(3, "49", "a@301 path="));
	CHECK(is_best(0, "44", "d@301 path="));
	CHECK(all_equal(0, 3));
	/* ties inside: the lowest originator, everywhere */
	if (!world_set(&w, 3, "49", "d") || !world_run(&w))
		goto out;
	CHECK(is_best(3, "49", "a@301 path=") && all_equal(0, 3));
	world_unset(&w, 0, "49");
	if (!world_run(&w))
		goto out;
	CHECK(is_best(0, "49", "d@301 path=") && all_equal(0, 3));
	world_unset(&w, 3, "49");
	world_unset(&w, 3, "44");
	/* tombstones go after MaxPurgeTime */
	if (!world_run(&w))
		goto out;
	trip_rib_counters(w.rib[1], &counters);
	CHECK(counters.n_selected == 0 && counters.n_destinations == 2);
	if (!world_pass(&w, 10500))
		goto out;
	trip_rib_counters(w.rib[1], &counters);
	CHECK(counters.n_destinations == 0);
out:
	world_fini(&w);
}

static void
test_bytes(void)
{
	struct trip_prefix prefix = world_prefix("44");
	static struct trip_draft draft;

	if (!line(2))
		goto out;
	trip_draft_init(&draft);
	CHECK(trip_draft_set(&draft, 0, TRIP_NEXT_HOP,
			     str_make("\0\0\1\55\0\5a.net", 11)));
	CHECK(trip_draft_set_u32(&draft, TRIP_LOCAL_PREFERENCE, 200));
	if (!OK(trip_rib_set(w.rib[0], &prefix, &draft)) || !world_run(&w))
		goto out;
	CHECK(trip_is_bytes(w.last, w.last_len,
			    "0036 02 08 02 0008 0000000A 00000001"
			    "0003 0001 0002 '44'"
			    "00 03 000B 0000012D 0005 'a.net'"
			    "00 04 0000 00 05 0000 00 07 0004 000000C8"));
	world_unset(&w, 0, "44");
	if (!world_run(&w))
		goto out;
	CHECK(trip_is_bytes(w.last, w.last_len,
			    "002A 02 08 01 0008 0000000A 00000002"
			    "0003 0001 0002 '44'"
			    "00 03 000B 0000012D 0005 'a.net' 00 04 0000"));
out:
	world_fini(&w);
}

#define OTHERS_HEX                                                            \
	"00 03 000B 0000012D 0005 'a.net' 00 04 0000 00 05 0000"              \
	"00 07 0004 00000064"

static void
test_newness(void)
{
	if (!line(2))
		goto out;
	if (!OK(send(0, 1, "0000 02 08 02 0007 00000063 00000005"
			   "0003 0001 0001 '4'" OTHERS_HEX)))
		goto out;
	CHECK(is_best(0, "4", "a.net@301 path="));
	/* the same and older ones change nothing, and are not flooded */
	w.n_messages = 0;
	OK(send(0, 1, "0000 02 08 01 0007 00000063 00000005"
		      "0003 0001 0001 '4'"));
	OK(send(0, 1, "0000 02 08 01 0007 00000063 00000001"
		      "0003 0001 0001 '4'"));
	CHECK(is_best(0, "4", "a.net@301 path="));
	CHECK(world_run(&w) && w.n_messages == 0);
	OK(send(0, 1, "0000 02 08 01 0007 00000063 00000006"
		      "0003 0001 0001 '4'"));
	CHECK(is_best(0, "4", "-"));
	/* a tombstone is newer than what it buried */
	OK(send(0, 1, "0000 02 08 02 0007 00000063 00000005"
		      "0003 0001 0001 '4'" OTHERS_HEX));
	CHECK(is_best(0, "4", "-"));
out:
	world_fini(&w);
}

/* 10.1.6: someone remembers what we told before we restarted. */
static void
test_self_originated(void)
{
	if (!line(2) || !world_set(&w, 0, "4", "a") || !world_run(&w))
		goto out;
	/* still wanted: again with a number above */
	OK(send(0, 1, "0000 02 08 02 0007 0000000A 00000009"
		      "0003 0001 0001 '4'" OTHERS_HEX));
	if (!world_run(&w))
		goto out;
	CHECK(trip_is_bytes(w.last + 3, 12, "08 02 0007 0000000A 0000000A"));
	CHECK(is_best(1, "4", "a@301 path="));
	/* not wanted: purged with a number above */
	OK(send(0, 1, "0000 02 08 02 0007 0000000A 00000009"
		      "0003 0001 0001 '5'" OTHERS_HEX));
	if (!world_run(&w))
		goto out;
	CHECK(trip_is_bytes(w.last, w.last_len,
			    "0016 02 08 01 0007 0000000A 0000000A"
			    "0003 0001 0001 '5'"));
	/* our topology, too */
	OK(send(0, 1, "0000 02 08 0A 0004 0000000A 00000020 00000077"));
	if (!world_run(&w))
		goto out;
	CHECK(trip_is_bytes(w.last, w.last_len,
			    "0013 02 08 0A 0004 0000000A 00000021 0000000B"));
out:
	world_fini(&w);
}

static unsigned n_exhausted;

static void
on_exhausted(void *arg)
{
	(void)arg;
	n_exhausted++;
}

static void
test_exhaustion(void)
{
	struct trip_rib_settings set = world_settings(301, 10),
				 other = world_settings(301, 11);
	struct trip_rib_events events = { .on_exhausted = on_exhausted };

	n_exhausted = 0;
	world_init(&w);
	if (world_add(&w, &set) < 0 || world_add(&w, &other) < 0)
		goto out;
	trip_rib_free(w.rib[0]);
	w.rib[0] = NULL;
	if (!OK(trip_rib_new(&set, &w.clock, &events, &w.rib[0])) ||
	    !world_connect(&w, 0, 1, NULL) || !world_set(&w, 0, "4", "a") ||
	    !world_run(&w))
		goto out;
	OK(send(0, 1, "0000 02 08 02 0007 0000000A 7FFFFFFE"
		      "0003 0001 0001 '4'" OTHERS_HEX));
	CHECK(n_exhausted == 1);
	world_down(&w, 0, 1);
	trip_rib_renumber(w.rib[0]);
	if (!world_up(&w, 0, 1) || !world_run(&w))
		goto out;
	CHECK(is_best(1, "4", "a@301 path="));
out:
	world_fini(&w);
}

/* The middle of a line dies: both ends forget what lay behind it. */
static void
test_partition(void)
{
	struct trip_rib_counters counters;

	if (!line(4) || !world_set(&w, 0, "49", "a") ||
	    !world_set(&w, 3, "44", "d") || !world_run(&w))
		goto out;
	world_down(&w, 1, 2);
	w.n_messages = 0;
	if (!world_run(&w))
		goto out;
	CHECK(is_best(0, "44", "-") && is_best(1, "44", "-"));
	CHECK(is_best(2, "49", "-") && is_best(3, "49", "-"));
	CHECK(is_best(1, "49", "a@301 path=") && is_best(2, "44", "d@301 path="));
	/* one topology each way: purges are not flooded (5.10.3) */
	CHECK(w.n_messages == 2);
	world_unset(&w, 0, "49");
	if (!world_set(&w, 0, "491", "a") || !world_pass(&w, 1000) ||
	    !world_up(&w, 1, 2) || !world_run(&w))
		goto out;
	CHECK(is_best(3, "491", "a@301 path=") && is_best(3, "49", "-"));
	CHECK(is_best(0, "44", "d@301 path=") && all_equal(0, 3));
	trip_rib_counters(w.rib[0], &counters);
	CHECK(counters.n_originators == 3);
out:
	world_fini(&w);
}

static void
test_restart(void)
{
	struct trip_rib_settings set = world_settings(301, 10);

	/* A ring, so that the others keep a way to each other. */
	if (!line(3) || !world_connect(&w, 2, 0, NULL) ||
	    !world_set(&w, 0, "49", "a") || !world_run(&w))
		goto out;
	for (int i = 0; i < 4; i++) { /* numbers grow */
		if (!world_set(&w, 0, "49", i & 1 ? "a" : "b") ||
		    !world_run(&w))
			goto out;
	}
	if (!world_restart(&w, 0, &set) || !world_set(&w, 0, "491", "c") ||
	    !world_run(&w))
		goto out;
	CHECK(is_best(1, "49", "-"));
	if (!world_up(&w, 0, 1) || !world_up(&w, 0, 2) || !world_run(&w))
		goto out;
	CHECK(is_best(1, "49", "-") && is_best(2, "491", "c@301 path="));
	CHECK(all_equal(0, 2));
out:
	world_fini(&w);
}

/* Routes that were under way while their LS was given up. */
static void
test_stale(void)
{
	struct trip_rib_counters counters;

	if (!line(2))
		goto out;
	OK(send(0, 1, "0000 02 08 02 0007 00000063 00000005"
		      "0003 0001 0001 '4'" OTHERS_HEX));
	CHECK(is_best(0, "4", "a.net@301 path="));
	if (!world_pass(&w, 10500))
		goto out;
	CHECK(is_best(0, "4", "-"));
	trip_rib_counters(w.rib[0], &counters);
	CHECK(counters.n_originators == 1);
	/* one that its neighbour lists, and that does not list it */
	OK(send(0, 1, "0000 02 08 0A 0008 0000000B 00000050 0000000A 00000063"));
	OK(send(0, 1, "0000 02 08 02 0007 00000063 00000005"
		      "0003 0001 0001 '4'" OTHERS_HEX));
	CHECK(is_best(0, "4", "a.net@301 path="));
	OK(send(0, 1, "0000 02 08 0A 0004 00000063 00000001 00000077"));
	CHECK(is_best(0, "4", "-"));
out:
	world_fini(&w);
}

/* A peer that is configured when there are routes already. */
static void
test_late_peer(void)
{
	struct trip_rib_settings a = world_settings(301, 10),
				 b = world_settings(301, 11);

	world_init(&w);
	if (world_add(&w, &a) < 0 || world_add(&w, &b) < 0 ||
	    !world_set(&w, 0, "4", "a") || !world_connect(&w, 0, 1, NULL) ||
	    !world_run(&w))
		goto out;
	CHECK(is_best(1, "4", "a@301 path="));
out:
	world_fini(&w);
}

static void
test_limit(void)
{
	struct trip_rib_settings a = world_settings(301, 10),
				 b = world_settings(301, 11);
	struct trip_rib_peer_settings set = { .max_prefixes = 1 };

	world_init(&w);
	if (world_add(&w, &a) < 0 || world_add(&w, &b) < 0 ||
	    !world_connect(&w, 0, 1, &set) || !world_run(&w))
		goto out;
	OK(send(0, 1, "0000 02 08 02 0007 0000000B 00000005"
		      "0003 0001 0001 '4'" OTHERS_HEX));
	if (!test_starved())
		CHECK(send(0, 1, "0000 02 08 02 0007 0000000B 00000005"
				 "0003 0001 0001 '5'" OTHERS_HEX) ==
		      ERR_LIMIT);
out:
	world_fini(&w);
}

/* --- gateways (RFC 5140) --- */

#define GATEWAY_HEX(server, carrier)                                          \
	"0000 02 00 02 0008 0003 0001 0002 '49'"                              \
	"00 03 000B 0000012D 0005 '" server "'"                               \
	"80 0D 0004 00000010 80 0E 0004 00000003"                             \
	"80 0F 0008 00000001 00000002 80 14 0003 02 '" carrier "'"

static struct trip_rib_settings
ls_settings(uint32_t id)
{
	struct trip_rib_settings set = world_settings(301, id);

	set.next_hop = "ls.net";
	return set;
}

static void
test_gateways(void)
{
	struct trip_rib_peer_settings gateway = { .is_tgrep = true };
	struct trip_rib_settings ls = ls_settings(10),
				 other = world_settings(301, 11),
				 g1 = world_settings(301, 21),
				 g2 = world_settings(301, 22);
	struct trip_prefix prefix = world_prefix("49");
	const struct trip_attrs *attrs;
	struct trip_view view;
	struct str carriers;

	world_init(&w);
	if (world_add(&w, &ls) < 0 || world_add(&w, &other) < 0 ||
	    world_add(&w, &g1) < 0 || world_add(&w, &g2) < 0 ||
	    !world_connect(&w, 0, 1, NULL) ||
	    !world_connect(&w, 0, 2, &gateway) ||
	    !world_connect(&w, 0, 3, &gateway) || !world_run(&w) ||
	    !OK(send(0, 2, GATEWAY_HEX("a.net", "+1"))) || !world_run(&w))
		goto out;
	CHECK(is_best(1, "49", "a.net@301 path="));
	attrs = trip_rib_selected(w.rib[1], &prefix);
	CHECK(attrs != NULL && !trip_attrs_have(attrs, TRIP_AVAILABLE_CIRCUITS));
	CHECK(attrs != NULL && !trip_attrs_have(attrs, TRIP_CALL_SUCCESS));
	if (OK(trip_rib_lookup(w.rib[0], &prefix, &view)))
		CHECK(trip_attrs_u32(view.attrs, TRIP_AVAILABLE_CIRCUITS, 0) ==
		      3);
	/* two gateways: one route, our server, both carriers, the sum */
	if (!OK(send(0, 3, GATEWAY_HEX("b.net", "+2"))) || !world_run(&w))
		goto out;
	CHECK(is_best(1, "49", "ls.net@301 path="));
	attrs = trip_rib_selected(w.rib[1], &prefix);
	if (attrs != NULL) {
		carriers = trip_attrs_find(attrs, TRIP_CARRIER);
		CHECK(trip_is_bytes(carriers.p, carriers.len,
				    "02 '+2' 02 '+1'"));
		CHECK(trip_attrs_u32(attrs, TRIP_TOTAL_CAPACITY, 0) == 32);
	}
	/* figures that only we may know: told here, not flooded */
	w.log[0] = '\0';
	w.n_messages = 0;
	if (!OK(send(0, 3,
		     "0000 02 00 02 0008 0003 0001 0002 '49'"
		     "00 03 000B 0000012D 0005 'b.net'"
		     "80 0D 0004 00000010 80 0E 0004 00000002"
		     "80 14 0003 02 '+2'")) ||
	    !world_run(&w))
		goto out;
	CHECK(strcmp(w.log, "~49 ") == 0 && w.n_messages == 0);
	/* the second goes: the first as it was */
	world_down(&w, 0, 3);
	if (!world_run(&w))
		goto out;
	CHECK(is_best(1, "49", "a.net@301 path="));
out:
	world_fini(&w);
}

/* --- networks --- */

/* Three ITADs of two LSs each, in a ring of ITADs. */
static bool
six(bool compare_med)
{
	world_init(&w);
	for (uint32_t i = 0; i < 6; i++) {
		struct trip_rib_settings set =
		    world_settings(301 + i / 2, 10 + i);

		set.compare_med = compare_med;
		if (world_add(&w, &set) < 0)
			return false;
	}
	return world_connect(&w, 0, 1, NULL) && world_connect(&w, 2, 3, NULL) &&
	       world_connect(&w, 4, 5, NULL) && world_connect(&w, 1, 2, NULL) &&
	       world_connect(&w, 3, 4, NULL) && world_connect(&w, 5, 0, NULL) &&
	       world_run(&w);
}

static void
test_six(void)
{
	if (!six(false) || !world_set(&w, 0, "49", "a") || !world_run(&w))
		goto out;
	CHECK(is_best(2, "49", "a@301 path=301,"));
	CHECK(is_best(3, "49", "a@301 path=301,"));
	/* both ways are as good: the lowest originator, not the short path */
	CHECK(is_best(4, "49", "a@301 path=302,301,"));
	CHECK(is_best(5, "49", "a@301 path=302,301,"));
	world_down(&w, 3, 4);
	if (!world_run(&w))
		goto out;
	CHECK(is_best(4, "49", "a@301 path=301,"));
	world_down(&w, 5, 0);
	if (!world_up(&w, 3, 4))
		goto out;
	if (!world_run(&w))
		goto out;
	CHECK(is_best(5, "49", "a@301 path=302,301,"));
	CHECK(all_equal(0, 1) && all_equal(2, 3) && all_equal(4, 5));
out:
	world_fini(&w);
}

static const int pairs[][2] = { { 0, 1 }, { 2, 3 }, { 4, 5 },
				{ 1, 2 }, { 3, 4 }, { 5, 0 } };

static unsigned
next_random(unsigned *seed)
{
	*seed = *seed * 1103515245 + 12345;
	return *seed >> 16 & 0x7FFF;
}

static bool
random_step(unsigned *seed)
{
	static const char *const digits[] = { "", "4", "49", "491", "7" };
	static const char *const servers[] = { "a", "b", "c" };
	int ls = (int)(next_random(seed) % 6);
	const char *number = digits[next_random(seed) % 5];
	const int *pair = pairs[next_random(seed) % 6];

	switch (next_random(seed) % 6) {
	case 0:
	case 1:
		w.med = next_random(seed) % 4;
		return world_set(&w, ls, number,
				 servers[next_random(seed) % 3]);
	case 2:
		world_unset(&w, ls, number);
		return true;
	case 3:
		world_down(&w, pair[0], pair[1]);
		return true;
	case 4:
		return w.link[pair[0]][pair[1]].is_up ||
		       world_up(&w, pair[0], pair[1]);
	default:
		return world_pass(&w, 1000 * (next_random(seed) % 8));
	}
}

/* Whatever happened: when all are connected again and have talked, the LSs of
 * an ITAD have the same Loc-TRIB, and nothing that nobody has is left. */
static void
test_random(void)
{
	for (unsigned run = 1; run <= 60; run++) {
		unsigned seed = run;
		bool good = six(run % 2 == 0);

		for (int i = 0; good && i < 60; i++)
			good = random_step(&seed) &&
			       (next_random(&seed) % 2 || world_run(&w));
		for (int i = 0; good && i < 6; i++)
			good = w.link[pairs[i][0]][pairs[i][1]].is_up ||
			       world_up(&w, pairs[i][0], pairs[i][1]);
		good = good && world_run(&w) && world_pass(&w, 25000);
		CHECK(good);
		CHECK(all_equal(0, 1) && all_equal(2, 3) && all_equal(4, 5));
		for (int i = 0; i < 6; i++)
			trip_rib_unset_all(w.rib[i]);
		CHECK(world_pass(&w, 25000));
		for (int i = 0; i < 6; i++) {
			struct trip_rib_counters counters;

			trip_rib_counters(w.rib[i], &counters);
			CHECK(counters.n_destinations == 0);
			CHECK(counters.n_attribute_sets == 0);
		}
		world_fini(&w);
	}
}

static const struct test tests[] = {
	{ "a line of LSs comes to the same routes", test_line, false },
	{ "flooded messages have the RFC's bytes", test_bytes, false },
	{ "only newer versions count", test_newness, false },
	{ "our own routes come back newer", test_self_originated, false },
	{ "sequence numbers end and begin anew", test_exhaustion, false },
	{ "a partition is noticed and heals", test_partition, false },
	{ "an LS restarts with old numbers around", test_restart, false },
	{ "routes of an LS that is gone do not stay", test_stale, false },
	{ "prefixes inside have a limit, too", test_limit, false },
	{ "a peer comes later than routes", test_late_peer, false },
	{ "gateways become one route", test_gateways, false },
	{ "six LSs in three ITADs converge", test_six, false },
	{ "random networks converge and empty", test_random, true },
};

const struct test_suite suite_trip_flood = TEST_SUITE("trip_flood", tests);

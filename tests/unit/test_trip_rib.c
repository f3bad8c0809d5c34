/* test_trip_rib.c - external peers: tables in and out, and the decision */
#include "trip/rib.h"

#include <stdio.h>

#include "base/err.h"
#include "tests/unit/trip_help.h"
#include "tests/unit/trip_world.h"

static struct world w;

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

/* Chain of three ITADs 301 - 302 - 303. */
static bool
chain(void)
{
	world_init(&w);
	for (uint32_t i = 0; i < 3; i++) {
		struct trip_rib_settings set = world_settings(301 + i, 10 + i);

		if (world_add(&w, &set) < 0)
			return false;
	}
	return world_connect(&w, 0, 1, NULL) && world_connect(&w, 1, 2, NULL);
}

static void
test_propagation(void)
{
	struct trip_rib_counters counters;
	struct trip_peer_counters peer;

	if (!chain() || !world_set(&w, 0, "49", "gw") || !world_run(&w))
		goto out;
	CHECK(is_best(0, "49", "gw@301 path="));
	CHECK(is_best(1, "49", "gw@301 path=301,"));
	CHECK(is_best(2, "49", "gw@301 path=302,301,"));
	trip_rib_counters(w.rib[1], &counters);
	CHECK(counters.n_selected == 1 && counters.n_destinations == 1);
	trip_rib_peer_counters(w.link[1][2].peer, &peer);
	CHECK(peer.n_advertised == 1 && peer.n_routes == 0);
	world_unset(&w, 0, "49");
	if (!world_run(&w))
		goto out;
	CHECK(is_best(2, "49", "-"));
	CHECK(strcmp(w.log, "+49 -49 ") == 0);
	trip_rib_counters(w.rib[2], &counters);
	CHECK(counters.n_selected == 0);
	/* nobody inside has to be told: nothing is remembered */
	trip_rib_counters(w.rib[0], &counters);
	CHECK(counters.n_destinations == 0 && counters.n_attribute_sets == 0);
out:
	world_fini(&w);
}

static void
test_session_end(void)
{
	if (!chain() || !world_set(&w, 0, "49", "gw") ||
	    !world_set(&w, 0, "", "gw") || !world_run(&w))
		goto out;
	world_down(&w, 0, 1);
	if (!world_run(&w))
		goto out;
	CHECK(is_best(1, "49", "-"));
	CHECK(is_best(2, "", "-"));
	if (!world_up(&w, 0, 1) || !world_run(&w))
		goto out;
	CHECK(is_best(2, "49", "gw@301 path=302,301,"));
	CHECK(is_best(2, "", "gw@301 path=302,301,"));
out:
	world_fini(&w);
}

static int
send(int to, int from, const char *hex, struct trip_error *error)
{
	static uint8_t msg[TRIP_MESSAGE_MAX];
	size_t len = trip_bytes(hex, msg);

	msg[0] = (uint8_t)(len >> 8);
	msg[1] = (uint8_t)len;
	return trip_rib_update(w.link[to][from].peer, msg, len, error);
}

/* A triangle: what comes round is stored, and never selected. */
static void
test_loop(void)
{
	struct trip_peer_counters peer, before;
	struct trip_error error;

	if (!chain() || !world_connect(&w, 2, 0, NULL) ||
	    !world_set(&w, 0, "49", "gw") || !world_run(&w))
		goto out;
	CHECK(is_best(1, "49", "gw@301 path=301,"));
	CHECK(is_best(2, "49", "gw@301 path=301,"));
	world_unset(&w, 0, "49");
	if (!world_run(&w))
		goto out;
	CHECK(is_best(0, "49", "-"));
	CHECK(is_best(1, "49", "-"));
	CHECK(is_best(2, "49", "-"));
	/* one that has been here */
	trip_rib_peer_counters(w.link[0][1].peer, &before);
	if (!OK(send(0, 1,
		     "0000 02 00 02 0008 0003 0001 0002 '49'"
		     "00 03 000B 0000012E 0005 'a.net'"
		     "00 04 000A 02 02 0000012E 0000012D 00 05 0000",
		     &error)))
		goto out;
	trip_rib_peer_counters(w.link[0][1].peer, &peer);
	CHECK(peer.loops == before.loops + 1 && peer.n_routes == 1);
	CHECK(is_best(0, "49", "-"));
out:
	world_fini(&w);
}

static char p49[] = "49", p4930[] = "4930", c1[] = "302:7",
	    no_export[] = "NO_EXPORT", proxy[] = "proxy.net";

#define LIST(...)                                                             \
	{ (char *[]){ __VA_ARGS__ },                                          \
	  sizeof((char *[]){ __VA_ARGS__ }) / sizeof(char *) }
#define UNSET .local_preference = -1, .med = -1

static void
test_next_hop(void)
{
	const struct trip_rule rule = { .next_hop = proxy, .local_preference = -1,
					 .med = 5 };
	struct trip_rib_peer_settings set = { .export = { &rule, 1 } };
	struct trip_prefix prefix = world_prefix("49");
	const struct trip_attrs *attrs;
	struct str routed;

	world_init(&w);
	for (uint32_t i = 0; i < 3; i++) {
		struct trip_rib_settings s = world_settings(301 + i, 10 + i);

		if (world_add(&w, &s) < 0)
			goto out;
	}
	if (!world_connect(&w, 0, 1, NULL) || !world_connect(&w, 1, 2, &set) ||
	    !world_set(&w, 0, "49", "gw") || !world_run(&w))
		goto out;
	CHECK(is_best(2, "49", "proxy.net@302 path=302,301,"));
	attrs = trip_rib_selected(w.rib[2], &prefix);
	if (attrs == NULL)
		goto out;
	routed = trip_attrs_find(attrs, TRIP_ROUTED_PATH);
	CHECK(trip_is_bytes(routed.p, routed.len, "02 02 0000012E 0000012D"));
	CHECK(trip_attrs_u32(attrs, TRIP_MULTI_EXIT_DISC, 0) == 5);
	/* one ITAD further the preference of a link has no meaning */
	attrs = trip_rib_selected(w.rib[1], &prefix);
	CHECK(attrs != NULL && !trip_attrs_have(attrs, TRIP_MULTI_EXIT_DISC));
out:
	world_fini(&w);
}

static void
test_policy(void)
{
	const struct trip_rule import[] = {
		{ .prefixes = LIST(p4930), .action = TRIP_DENY, UNSET },
		{ .prefixes = LIST(p49), .local_preference = 7, .med = -1,
		  .add_communities = LIST(c1) },
		{ .add_communities = LIST(no_export), UNSET },
	};
	struct trip_rib_peer_settings set = { .import = { import, 3 } };
	struct trip_prefix prefix = world_prefix("49");
	const struct trip_attrs *attrs;
	struct trip_peer_counters peer;

	world_init(&w);
	for (uint32_t i = 0; i < 3; i++) {
		struct trip_rib_settings s = world_settings(301 + i, 10 + i);

		if (world_add(&w, &s) < 0)
			goto out;
	}
	if (!world_connect(&w, 1, 0, &set) || !world_connect(&w, 1, 2, NULL) ||
	    !world_set(&w, 0, "49", "gw") || !world_set(&w, 0, "4930", "gw") ||
	    !world_set(&w, 0, "1", "gw") || !world_run(&w))
		goto out;
	CHECK(is_best(1, "4930", "-"));
	/* 10.2.4: the less specific one alone is an atomic aggregate */
	CHECK(is_best(1, "49", "gw@301 path=301, atomic"));
	CHECK(is_best(2, "49", "gw@301 path=302,301, atomic"));
	attrs = trip_rib_selected(w.rib[1], &prefix);
	CHECK(attrs == NULL ||
	      trip_attrs_u32(attrs, TRIP_LOCAL_PREFERENCE, 0) == 7);
	CHECK(is_best(1, "1", "gw@301 path=301,"));
	CHECK(is_best(2, "1", "-"));
	trip_rib_peer_counters(w.link[1][0].peer, &peer);
	CHECK(peer.n_routes == 3 && peer.n_rejected == 1);
	/* gone with its cause, and back with it */
	world_unset(&w, 0, "4930");
	if (!world_run(&w))
		goto out;
	CHECK(is_best(2, "49", "gw@301 path=302,301,"));
	if (!world_set(&w, 0, "4930", "gw") || !world_run(&w))
		goto out;
	CHECK(is_best(2, "49", "gw@301 path=302,301, atomic"));
	/* and when the less specific one comes last */
	world_unset(&w, 0, "49");
	if (!world_set(&w, 0, "493", "gw") || !world_run(&w))
		goto out;
	CHECK(is_best(2, "493", "gw@301 path=302,301, atomic"));
out:
	world_fini(&w);
}

/* 5.8.2: to neighbours, and never inside. */
static void
test_own_med(void)
{
	struct trip_rib_settings s[3] = { world_settings(301, 10),
					  world_settings(301, 11),
					  world_settings(302, 12) };
	static struct trip_draft draft;
	struct trip_prefix prefix = world_prefix("49");
	const struct trip_attrs *attrs;

	world_init(&w);
	for (int i = 0; i < 3; i++) {
		if (world_add(&w, &s[i]) < 0)
			goto out;
	}
	if (!world_connect(&w, 0, 1, NULL) || !world_connect(&w, 0, 2, NULL))
		goto out;
	for (uint32_t med = 8; med < 10; med++) {
		trip_draft_init(&draft);
		CHECK(trip_draft_set(&draft, 0, TRIP_NEXT_HOP,
				     str_make("\0\0\1\55\0\5a.net", 11)));
		CHECK(trip_draft_set_u32(&draft, TRIP_MULTI_EXIT_DISC, med));
		if (!OK(trip_rib_set(w.rib[0], &prefix, &draft)) ||
		    !world_run(&w))
			goto out;
		attrs = trip_rib_selected(w.rib[1], &prefix);
		CHECK(attrs != NULL &&
		      !trip_attrs_have(attrs, TRIP_MULTI_EXIT_DISC));
		attrs = trip_rib_selected(w.rib[2], &prefix);
		CHECK(attrs != NULL &&
		      trip_attrs_u32(attrs, TRIP_MULTI_EXIT_DISC, 0) == med);
	}
out:
	world_fini(&w);
}

/* --- the decision, rows numbered as in rib_decide.c --- */

struct candidate {
	uint32_t itad, id; /* of the peer; 0: a local route */
	const char *preference, *med;
};

static int
send_candidate(int from, const struct candidate *candidate)
{
	uint8_t msg[256], others[128];
	char text[400];
	struct trip_error error;
	size_t len;

	snprintf(text, sizeof(text),
		 "00 03 000B 0000012C 0005 'a.net' 00 04 0006 02 01 %08X"
		 "00 05 0006 02 01 %08X %s",
		 candidate->itad, candidate->itad, candidate->med);
	len = trip_bytes(text, others);
	snprintf(text, sizeof(text), "00%02X 02 00 02 0008 0003 0001 0002 '49'",
		 (unsigned)(15 + len));
	CHECK(trip_bytes(text, msg) == 15);
	memcpy(msg + 15, others, len);
	return trip_rib_update(w.link[0][from].peer, msg, 15 + len, &error);
}

static void
decide(const char *what, bool compare_med, bool lower_med,
       const struct candidate c[2], uint32_t winner)
{
	struct trip_rib_settings set = world_settings(300, 50);
	struct trip_rule rules[2] = { { UNSET }, { UNSET } };
	struct trip_view view;
	struct trip_prefix prefix = world_prefix("49");

	test_row(what);
	for (int order = 0; order < 2; order++) {
		world_init(&w);
		set.compare_med = compare_med;
		set.lower_med_wins = lower_med;
		if (world_add(&w, &set) < 0)
			goto out;
		for (int i = 0; i < 2; i++) {
			const struct candidate *one = &c[order ? 1 - i : i];
			struct trip_rib_settings peer =
			    world_settings(one->itad, one->id);
			struct trip_rib_peer_settings ps = {
				.import = { &rules[i], 1 }
			};

			if (one->itad == 0) {
				if (!world_set(&w, 0, "49", "gw"))
					goto out;
				continue;
			}
			if (one->preference[0] != '\0')
				rules[i].local_preference =
				    one->preference[0] - '0' + 100;
			if (world_add(&w, &peer) < 0 ||
			    !world_connect(&w, 0, (int)w.n - 1, &ps) ||
			    !OK(send_candidate((int)w.n - 1, one)))
				goto out;
		}
		if (OK(trip_rib_lookup(w.rib[0], &prefix, &view))) {
			uint32_t got = 0;

			for (int i = 1; i < (int)w.n; i++) {
				if (view.peer == w.link[0][i].peer)
					got = w.id[i];
			}
			CHECK(got == winner);
		}
	out:
		world_fini(&w);
	}
	test_row(NULL);
}

#define MED(n) "00 08 0004 0000000" #n

static void
test_decision(void)
{
	static const struct {
		const char *what;
		bool compare_med, lower_med;
		struct candidate c[2];
		uint32_t winner; /* TRIP Identifier; 0: the local one */
	} rows[] = {
		{ "1. the higher preference", false, false,
		  { { 301, 1, "1", "" }, { 302, 2, "2", "" } }, 2 },
		{ "1. preference before the rest", true, false,
		  { { 301, 1, "1", MED(9) }, { 301, 2, "2", MED(1) } }, 2 },
		{ "2. the higher MultiExitDisc (5.8)", true, false,
		  { { 301, 1, "", MED(1) }, { 301, 2, "", MED(2) } }, 2 },
		{ "2. none counts as 0", true, false,
		  { { 301, 1, "", "" }, { 301, 2, "", MED(2) } }, 2 },
		{ "2. the lower one with the knob (trap 4)", true, true,
		  { { 301, 2, "", MED(1) }, { 301, 1, "", MED(2) } }, 2 },
		{ "2. not of different neighbours", true, false,
		  { { 301, 2, "", MED(1) }, { 302, 1, "", MED(2) } }, 2 },
		{ "2. not unless configured", false, false,
		  { { 301, 1, "", MED(1) }, { 301, 2, "", MED(2) } }, 1 },
		{ "4. our own before a neighbour's", false, false,
		  { { 301, 1, "", "" }, { 0, 0, "", "" } }, 0 },
		{ "4. but preference first", false, false,
		  { { 301, 1, "1", "" }, { 0, 0, "", "" } }, 1 },
		{ "5. the lowest ITAD", false, false,
		  { { 302, 1, "", "" }, { 301, 2, "", "" } }, 2 },
		{ "6. the lowest TRIP Identifier", false, false,
		  { { 301, 2, "", "" }, { 301, 1, "", "" } }, 1 },
		{ "6. compared as unsigned", false, false,
		  { { 301, 0x80000000, "", "" }, { 301, 0x7FFFFFFF, "", "" } },
		  0x7FFFFFFF },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		decide(rows[i].what, rows[i].compare_med, rows[i].lower_med,
		       rows[i].c, rows[i].winner);
}

/* --- intervals, attributes, limits --- */

static void
test_intervals(void)
{
	struct trip_rib_settings set = world_settings(301, 10);
	struct trip_rib_settings other = world_settings(302, 11);

	world_init(&w);
	set.min_origination_ms = 30000;
	if (world_add(&w, &set) < 0 || world_add(&w, &other) < 0 ||
	    !world_connect(&w, 0, 1, NULL) || !world_set(&w, 0, "49", "a") ||
	    !world_run(&w))
		goto out;
	CHECK(is_best(1, "49", "a@301 path=301,"));
	/* the last of several changes, when it is time */
	if (!world_set(&w, 0, "49", "b") || !world_pass(&w, 10000) ||
	    !world_set(&w, 0, "49", "c") || !world_pass(&w, 10000))
		goto out;
	CHECK(is_best(1, "49", "a@301 path=301,"));
	w.n_messages = 0;
	if (!world_pass(&w, 10500))
		goto out;
	CHECK(is_best(1, "49", "c@301 path=301,") && w.n_messages == 1);
	/* a withdrawal at once, but not what follows it */
	world_unset(&w, 0, "49");
	if (!world_run(&w))
		goto out;
	CHECK(is_best(1, "49", "-"));
	if (!world_set(&w, 0, "49", "d") || !world_pass(&w, 20000))
		goto out;
	CHECK(is_best(1, "49", "-"));
	if (!world_pass(&w, 11000))
		goto out;
	CHECK(is_best(1, "49", "d@301 path=301,"));
	/* a change and back is no change */
	if (!world_pass(&w, 31000) || !world_set(&w, 0, "49", "e") ||
	    !world_run(&w) || !world_set(&w, 0, "49", "f") ||
	    !world_set(&w, 0, "49", "e"))
		goto out;
	w.n_messages = 0;
	if (!world_pass(&w, 31000))
		goto out;
	CHECK(w.n_messages == 0);
out:
	world_fini(&w);
}

#define ROUTE_HEX                                                             \
	"0000 02 00 02 0008 0003 0001 0002 '49'"                              \
	"00 03 000B 0000012D 0005 'a.net'"                                    \
	"00 04 0006 02 01 0000012D 00 05 0006 02 01 0000012D"

static void
test_unknown_attributes(void)
{
	struct trip_prefix prefix = world_prefix("49");
	const struct trip_attrs *attrs;
	struct trip_error error;
	struct trip_attr attr;
	size_t at = 0;
	char seen[64] = "";

	if (!chain())
		goto out;
	/* 99 dependent, 100 independent, 101 not transitive; 7, 14: ignored */
	if (!OK(send(1, 0, ROUTE_HEX "00 07 0004 00000009 80 0E 0004 00000001"
			   "E0 63 0001 AA C0 64 0001 BB 80 65 0001 CC",
		     &error)) ||
	    !world_run(&w))
		goto out;
	attrs = trip_rib_selected(w.rib[2], &prefix);
	while (attrs != NULL && trip_attrs_next(attrs, &at, &attr)) {
		size_t len = strlen(seen);

		snprintf(seen + len, sizeof(seen) - len, "%02x:%u ",
			 attr.flags, attr.type);
	}
	CHECK(attrs == NULL || strcmp(seen, "00:3 00:4 00:5 00:7 f0:99 "
					    "d0:100 ") == 0);
out:
	world_fini(&w);
}

static void
test_dependent_ends(void)
{
	const struct trip_rule rule = { .next_hop = proxy, UNSET };
	struct trip_rib_peer_settings set = { .export = { &rule, 1 } };
	struct trip_prefix prefix = world_prefix("49");
	const struct trip_attrs *attrs;
	struct trip_error error;
	struct trip_attr attr = { 0 };
	size_t at = 0;

	world_init(&w);
	for (uint32_t i = 0; i < 3; i++) {
		struct trip_rib_settings s = world_settings(301 + i, 10 + i);

		if (world_add(&w, &s) < 0)
			goto out;
	}
	if (!world_connect(&w, 0, 1, NULL) || !world_connect(&w, 1, 2, &set) ||
	    !OK(send(1, 0, ROUTE_HEX "E0 63 0001 AA C0 64 0001 BB", &error)) ||
	    !world_run(&w))
		goto out;
	attrs = trip_rib_selected(w.rib[2], &prefix);
	while (attrs != NULL && trip_attrs_next(attrs, &at, &attr))
		CHECK(attr.type != 99);
	CHECK(attr.type == 100);
out:
	world_fini(&w);
}

static void
test_limits(void)
{
	struct trip_rib_peer_settings set = { .max_prefixes = 1 };
	struct trip_rib_settings a = world_settings(301, 10),
				 b = world_settings(302, 11);
	struct trip_error error = { 0 };

	world_init(&w);
	if (world_add(&w, &a) < 0 || world_add(&w, &b) < 0 ||
	    !world_connect(&w, 1, 0, &set) ||
	    !OK(send(1, 0, ROUTE_HEX, &error)))
		goto out;
	OK(send(1, 0, ROUTE_HEX, &error));
	if (!test_starved())
		CHECK(send(1, 0,
			   "0000 02 00 02 0007 0003 0001 0001 '1'"
			   "00 03 000B 0000012D 0005 'a.net'"
			   "00 04 0006 02 01 0000012D 00 05 0000",
			   &error) == ERR_LIMIT);
	CHECK(send(1, 0, "0000 02 00 06 0001 00", &error) == ERR_SYNTAX);
out:
	world_fini(&w);
}

/* Messages of a peer that lists one type carry only that. */
static void
test_route_types(void)
{
	struct trip_open open = { .itad = 302, .id = 11,
				  .mode = TRIP_SEND_RECEIVE,
				  .has_route_types = true,
				  .n_route_types = 1,
				  .route_types = { { TRIP_AF_DECIMAL, 1 } } };

	if (!chain())
		goto out;
	world_down(&w, 0, 1);
	if (!OK(trip_rib_peer_up(w.link[0][1].peer, &open,
				 TRIP_SEND_RECEIVE)) ||
	    !world_set(&w, 0, "49", "gw"))
		goto out;
	{
		uint8_t bytes[2 * TRIP_MESSAGE_MAX];
		struct wbuf out;

		wbuf_init(&out, bytes, sizeof(bytes));
		CHECK(!trip_rib_fill(w.link[0][1].peer, &out));
		CHECK(out.len == 0);
	}
	trip_rib_peer_down(w.link[0][1].peer);
out:
	world_fini(&w);
}

static bool
count(void *arg, const struct trip_view *view)
{
	(void)view;
	return ++*(int *)arg < 2;
}

static void
test_questions(void)
{
	struct trip_prefix number = world_prefix("4930123"),
			   below = world_prefix("49"), none = world_prefix("5");
	struct trip_view view;
	int n = 0;

	if (!chain() || !world_set(&w, 0, "4930", "gw") ||
	    !world_set(&w, 0, "49", "gw") || !world_set(&w, 0, "491", "gw") ||
	    !world_run(&w))
		goto out;
	if (OK(trip_rib_lookup(w.rib[1], &number, &view))) {
		CHECK(view.prefix.address.len == 4 && view.itad == 301);
		CHECK(view.peer == w.link[1][0].peer && view.is_best);
		CHECK(view.originator == 11 && !view.is_local);
	}
	CHECK(trip_rib_lookup(w.rib[1], &none, &view) == ERR_NOTFOUND);
	CHECK(!trip_rib_walk(w.rib[1], &below, count, &n) && n == 2);
	n = 0;
	trip_rib_candidates(w.rib[1], &below, count, &n);
	CHECK(n == 1);
	CHECK(trip_rib_unset(w.rib[1], &below) == ERR_NOTFOUND);
	trip_rib_unset_all(w.rib[0]);
	CHECK(world_run(&w) && is_best(1, "49", "-"));
out:
	world_fini(&w);
}

static const struct test tests[] = {
	{ "a route goes through three ITADs and back", test_propagation, false },
	{ "an external session's routes go with it", test_session_end, false },
	{ "a route that comes round is not selected", test_loop, false },
	{ "a new next hop is in the RoutedPath", test_next_hop, false },
	{ "our own MultiExitDisc is for neighbours", test_own_med, false },
	{ "policy refuses, marks and keeps", test_policy, false },
	{ "ties are broken in the RFC's order", test_decision, false },
	{ "routes are not told too often", test_intervals, false },
	{ "unknown attributes go on by their flags", test_unknown_attributes,
	  false },
	{ "dependent ones end with the next hop", test_dependent_ends, false },
	{ "prefixes have a limit", test_limits, false },
	{ "only types that a peer lists are sent", test_route_types, false },
	{ "questions are answered", test_questions, false },
};

const struct test_suite suite_trip_rib = TEST_SUITE("trip_rib", tests);

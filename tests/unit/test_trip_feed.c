/* test_trip_feed.c - which offers routes of TRIP become */
#include "lcrproxy/trip_feed.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "tests/unit/harness.h"
#include "tests/unit/trip_world.h"
#include "trip/line.h"
#include "trip/session.h"

enum { US, BLUE, GATEWAY_A, GATEWAY_B, OTHER };

struct fixture {
	struct world world;
	struct trip_settings set;
	struct trip_peer_settings peers[3];
	struct trip_peer owners[3];
	struct trip_carrier_settings carriers[2];
	struct listeners listeners;
	struct learnt_book *book;
	struct trip_feed *feed;
	struct log log;
	char text[512];
};

static bool
add_rib(struct fixture *f, uint32_t itad, uint32_t id, bool is_gateway)
{
	struct trip_rib_settings settings = world_settings(itad, id);

	settings.is_gateway = is_gateway;
	settings.is_receiver = !is_gateway;
	settings.tells_all = true;
	return world_add(&f->world, &settings) >= 0;
}

static bool
connect_to(struct fixture *f, int i, int peer)
{
	struct trip_rib_peer_settings settings = { 0 };

	if (peer >= 0) {
		f->owners[peer].set = &f->peers[peer];
		settings.owner = &f->owners[peer];
		settings.is_tgrep = f->peers[peer].tgrep;
	}
	return world_connect(&f->world, US, i, &settings);
}

static bool
open_fixture(struct fixture *f)
{
	static char blue[] = "blue", green[] = "green", red[] = "red",
		    free_of_charge[] = "free";

	memset(f, 0, sizeof(*f));
	log_init(&f->log, -1, LOG_LEVEL_ERROR);
	f->peers[0] = (struct trip_peer_settings){ .carrier = blue };
	f->peers[1] = (struct trip_peer_settings){
		.carrier = green, .tgrep = true, .priority = 7
	};
	f->peers[2] = f->peers[1];
	f->carriers[0] = (struct trip_carrier_settings){
		.itad = 400, .carrier = red
	};
	f->carriers[1] = (struct trip_carrier_settings){
		.itad = 303, .carrier = free_of_charge,
		.unpriced = TRIP_UNPRICED_ALLOW
	};
	f->set.peers = (struct conf_list){ f->peers, 3 };
	f->set.carriers = (struct conf_list){ f->carriers, 2 };
	world_init(&f->world);
	return add_rib(f, 301, 1, false) && add_rib(f, 302, 2, false) &&
	       add_rib(f, 301, 3, true) && add_rib(f, 301, 4, true) &&
	       add_rib(f, 303, 5, false) &&
	       OK(learnt_book_new(&f->world.clock, &f->book)) &&
	       OK(trip_feed_new(&f->set, f->book, &f->listeners, &f->log,
			       &f->feed)) &&
	       connect_to(f, BLUE, 0) && connect_to(f, GATEWAY_A, 1) &&
	       connect_to(f, GATEWAY_B, 2) && connect_to(f, OTHER, -1);
}

static void
close_fixture(struct fixture *f)
{
	world_fini(&f->world);
	learnt_book_free(f->book);
	trip_feed_free(f->feed);
}

/* Speaker i announces a route, as a line of tripspeak. */
static bool
announce(struct fixture *f, int i, const char *line)
{
	static struct trip_draft draft;
	const struct trip_line_defaults defaults = { f->world.itad[i], NULL };
	struct trip_prefix prefix;
	struct str bad;

	trip_draft_init(&draft);
	if (!CHECK(trip_line_parse(str_of(line), &defaults, &prefix, &draft,
				   &bad) == 0))
		return false;
	return OK(trip_rib_set(f->world.rib[i], &prefix, &draft)) &&
	       world_run(&f->world);
}

/* "server carrier preference circuits success" of each offer, in order. */
static const char *
offers(struct fixture *f, const char *digits)
{
	const struct trip_prefix prefix = world_prefix(digits);
	struct trip_view view = { .prefix = prefix };
	struct learnt_match matches[PREFIX_MAX + 1];
	struct number number = { 0 };
	struct learnt *learnt;
	size_t len = 0;

	f->text[0] = '\0';
	(void)trip_rib_lookup(f->world.rib[US], &prefix, &view);
	trip_feed_change(f->feed, f->world.rib[US], &view);
	learnt = learnt_book_publish(f->book);
	CHECK(number_parse(str_of(digits), &number) == 0);
	if (!OK(learnt != NULL ? 0 : ERR_NOMEM) ||
	    learnt_find(learnt, &number, matches) == 0)
		return f->text;
	for (size_t i = 0; i < learnt_set_n(matches[0].set); i++) {
		const struct learnt_offer *o = learnt_set_at(matches[0].set, i);

		len += (size_t)snprintf(
		    f->text + len, sizeof(f->text) - len, "%s%s %s %u %d %d",
		    i > 0 ? ", " : "", o->gateway->name, o->source->carrier,
		    o->preference, o->circuits, o->success_percent);
	}
	return f->text;
}

static bool
offers_are(struct fixture *f, const char *digits, const char *expected)
{
	const char *text = offers(f, digits);

	if (CHECK(strcmp(text, expected) == 0))
		return true;
	if (!test_starved())
		fprintf(stderr, "%s: \"%s\", expected \"%s\"\n", digits, text,
			expected);
	return false;
}

static void
whose(void)
{
	static struct fixture f;

	if (!open_fixture(&f) || !announce(&f, BLUE, "49 next_hop=a:5060") ||
	    !announce(&f, BLUE, "44 next_hop=b next_hop_itad=400") ||
	    !announce(&f, OTHER, "33 next_hop=c") ||
	    !announce(&f, OTHER, "34 next_hop=[2001:db8::1]:5070"))
		goto out;
	offers_are(&f, "49", "a:5060 blue 100 -1 -1");
	offers_are(&f, "44", "b red 100 -1 -1");
	offers_are(&f, "33", "c free 100 -1 -1");
	offers_are(&f, "34", "[2001:db8::1]:5070 free 100 -1 -1");
	/* gone */
	world_unset(&f.world, BLUE, "49");
	if (world_run(&f.world))
		offers_are(&f, "49", "");
	/* what we announce ourselves is no offer */
	if (announce(&f, US, "49 next_hop=us"))
		offers_are(&f, "49", "");
out:
	close_fixture(&f);
}

static void
unmapped(void)
{
	static struct fixture f;
	struct trip_feed_counters counters;

	if (!open_fixture(&f))
		goto out;
	f.carriers[1].itad = 999;
	if (announce(&f, OTHER, "33 next_hop=c")) {
		offers_are(&f, "33", "");
		trip_feed_counters(f.feed, &counters);
		CHECK(counters.unmapped == 1 && counters.unusable == 0);
	}
	/* a next hop that is this proxy */
	f.listeners.n = 1;
	CHECK(addr_parse(str_of("192.0.2.1:5060"), 0,
			 &f.listeners.at[0].addr) == 0);
	if (announce(&f, BLUE, "49 next_hop=192.0.2.1:5061")) {
		offers_are(&f, "49", "192.0.2.1:5061 blue 100 -1 -1");
		if (announce(&f, BLUE, "49 next_hop=192.0.2.1"))
			offers_are(&f, "49", "");
		trip_feed_counters(f.feed, &counters);
		CHECK(counters.unusable == 1);
	}
out:
	close_fixture(&f);
}

static void
selected_or_all(void)
{
	static struct fixture f;

	if (!open_fixture(&f) || !announce(&f, BLUE, "49 next_hop=a") ||
	    !announce(&f, OTHER, "49 next_hop=c"))
		goto out;
	/* the lower ITAD of a neighbour wins (10.2.2.1) */
	offers_are(&f, "49", "a blue 100 -1 -1");
	f.set.offer = TRIP_OFFER_ALL;
	offers_are(&f, "49", "a blue 100 -1 -1, c free 100 -1 -1");
out:
	close_fixture(&f);
}

static void
figures(void)
{
	static struct fixture f;
	const struct gateway *gateway;

	if (!open_fixture(&f) ||
	    !announce(&f, GATEWAY_A,
		      "49 next_hop=a total_circuits=30 available_circuits=4 "
		      "calls=19/20") ||
	    !announce(&f, GATEWAY_B,
		      "49 next_hop=b available_circuits=40 calls=18/19"))
		goto out;
	/* too few calls say nothing; who has more success comes first */
	offers_are(&f, "49", "a green 100 4 95, b green 100 40 -1");
	if (!OK(learnt_book_gateway(f.book, str_of("a"), "green", &gateway)))
		goto out;
	/* free ones are those beside the calls it has */
	gateway->state->answered = 20;
	offers_are(&f, "49", "a green 100 24 95, b green 100 40 -1");
	gateway->state->answered = 28;
	offers_are(&f, "49", "a green 100 30 95, b green 100 40 -1");
	/* alike: the one with more room */
	if (announce(&f, GATEWAY_A, "49 next_hop=a total_circuits=9"))
		offers_are(&f, "49", "b green 100 40 -1, a green 100 9 -1");
	/* a neighbour's that was not selected is not among them */
	if (announce(&f, BLUE, "49 next_hop=n"))
		offers_are(&f, "49", "b green 100 40 -1, a green 100 9 -1");
out:
	close_fixture(&f);
}

static const struct test tests[] = {
	{ "a route's carrier is by next hop, peer, neighbour", whose, false },
	{ "what is mapped nowhere is offered to nobody", unmapped, false },
	{ "the selected route is offered, or all of them", selected_or_all,
	  false },
	{ "gateways' figures, and their order", figures, false },
};

const struct test_suite suite_trip_feed = TEST_SUITE("trip_feed", tests);

/* test_trip_export.c - what is announced of our own gateways, and when */
#include "lcrproxy/trip_export.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "tests/unit/harness.h"
#include "tests/unit/route_fixture.h"
#include "tests/unit/trip_world.h"
#include "trip/speaker.h"

static const struct route_csv tables[] = {
	{ "carriers", "carrier\nblue\nred\n" },
	{ "gateways", "gateway,carrier,uri,capacity\n"
		      "b1,blue,sip:192.0.2.1,10\n"
		      "b2,blue,sip:192.0.2.2,20\n"
		      "r1,red,sip:192.0.2.3,\n" },
	{ NULL, NULL },
};

struct fixture {
	struct route_fixture route;
	struct world world;
	struct trip_settings set;
	struct trip_export_settings rows[3];
	struct trip_export *export;
	struct log log;
};

static char *prefixes_0[] = { (char[]){ "4930" }, (char[]){ "4989" } };
static char *prefixes_1[] = { (char[]){ "44" } };
static char *prefixes_2[] = { (char[]){ "" } };
static char *carriers[] = { (char[]){ "blue" } };
static char *gateways[] = { (char[]){ "r1" } };
static char *nobody[] = { (char[]){ "nobody" } };
static char *communities[] = { (char[]){ "301:9" }, (char[]){ "NO_EXPORT" } };
static char server[] = "us:5060", other[] = "gw.example.net";

static bool
open_fixture(struct fixture *f, bool is_gateway)
{
	struct trip_rib_settings settings = world_settings(301, 1);

	memset(f, 0, sizeof(*f));
	log_init(&f->log, -1, LOG_LEVEL_ERROR);
	f->rows[0] = (struct trip_export_settings){
		.prefixes = { prefixes_0, 2 }, .carriers = { carriers, 1 },
		.med = 7, .communities = { communities, 2 }
	};
	f->rows[1] = (struct trip_export_settings){
		.prefixes = { prefixes_1, 1 }, .gateways = { gateways, 1 },
		.next_hop = other, .med = -1
	};
	f->rows[2] = (struct trip_export_settings){
		.prefixes = { prefixes_2, 1 }, .med = -1
	};
	f->set = (struct trip_settings){ .itad = 301, .next_hop = server,
					 .gateway = is_gateway };
	f->set.exports = (struct conf_list){ f->rows, 3 };
	world_init(&f->world);
	return OK(route_fixture_open(&f->route, "export", tables)) &&
	       world_add(&f->world, &settings) == 0 &&
	       OK(trip_export_new(&f->set, f->world.rib[0], &f->log,
				  &f->export));
}

static void
close_fixture(struct fixture *f)
{
	world_fini(&f->world);
	trip_export_free(f->export);
	route_fixture_close(&f->route);
}

/* Attributes of what is announced of a prefix; NULL: nothing is. */
static const struct trip_attrs *
told(struct fixture *f, const char *digits)
{
	const struct trip_prefix prefix = world_prefix(digits);
	struct trip_view view;

	if (trip_rib_lookup(f->world.rib[0], &prefix, &view) != 0 ||
	    view.prefix.address.len != strlen(digits))
		return NULL;
	return view.attrs;
}

static void
look(struct fixture *f)
{
	trip_export_look(f->export, f->route.snapshot);
}

static void
announced(void)
{
	static struct fixture f;
	const struct trip_attrs *attrs;
	struct str host;

	if (!open_fixture(&f, false))
		goto out;
	look(&f);
	attrs = told(&f, "4930");
	if (test_starved() || !CHECK(attrs != NULL))
		goto out;
	CHECK(trip_attrs_next_hop(attrs, &host) == 301 &&
	      str_eq_text(host, "us:5060"));
	CHECK(trip_attrs_u32(attrs, TRIP_MULTI_EXIT_DISC, 0) == 7);
	CHECK(trip_communities_have(trip_attrs_find(attrs, TRIP_COMMUNITIES),
				    301, 9));
	CHECK(trip_communities_have(trip_attrs_find(attrs, TRIP_COMMUNITIES),
				    0, TRIP_COMMUNITY_NO_EXPORT));
	CHECK(trip_attrs_u32(attrs, TRIP_TOTAL_CAPACITY, 0) == 30);
	/* RFC 5140 4.2.5: for a gateway's LS only */
	CHECK(!trip_attrs_have(attrs, TRIP_AVAILABLE_CIRCUITS));
	CHECK(told(&f, "4989") == attrs && told(&f, "") != NULL);
	attrs = told(&f, "44");
	if (CHECK(attrs != NULL)) {
		(void)trip_attrs_next_hop(attrs, &host);
		CHECK(str_eq_text(host, "gw.example.net"));
		CHECK(!trip_attrs_have(attrs, TRIP_TOTAL_CAPACITY));
	}
out:
	close_fixture(&f);
}

static void
withdrawn(void)
{
	static struct fixture f;

	if (!open_fixture(&f, false))
		goto out;
	look(&f);
	route_fixture_state(&f.route, "b1")->disabled = true;
	look(&f);
	if (test_starved())
		goto out;
	if (CHECK(told(&f, "4930") != NULL))
		CHECK(trip_attrs_u32(told(&f, "4930"), TRIP_TOTAL_CAPACITY,
				     0) == 20);
	route_fixture_state(&f.route, "b2")->health.state = HEALTH_DOWN;
	look(&f);
	if (test_starved())
		goto out;
	CHECK(told(&f, "4930") == NULL && told(&f, "4989") == NULL);
	CHECK(told(&f, "44") != NULL && told(&f, "") != NULL);
	route_fixture_state(&f.route, "b2")->health.state = HEALTH_UP;
	look(&f);
	if (!test_starved())
		CHECK(told(&f, "4930") != NULL);
out:
	close_fixture(&f);
}

/* A gateway tells its LS of free circuits and success, as they change. */
static void
of_a_gateway(void)
{
	static struct fixture f;
	struct gateway_state *state;
	const struct trip_attrs *attrs;

	if (!open_fixture(&f, true))
		goto out;
	look(&f);
	state = route_fixture_state(&f.route, "b1");
	state->answered = 3;
	state->pending = 1;
	state->attempts = 9;
	state->outcomes[CDR_ATTEMPT_ANSWERED] = 6;
	route_fixture_state(&f.route, "b2")->answered = 25; /* of 20 */
	look(&f);
	attrs = told(&f, "4930");
	if (test_starved() || !CHECK(attrs != NULL))
		goto out;
	CHECK(trip_attrs_u32(attrs, TRIP_AVAILABLE_CIRCUITS, 99) == 6);
	CHECK(str_eq(trip_attrs_find(attrs, TRIP_CALL_SUCCESS),
		     str_make("\0\0\0\6\0\0\0\11", 8)));
out:
	close_fixture(&f);
}

/* Rows go, come and change; what is in both stays. */
static void
other_rows(void)
{
	static struct fixture f;
	struct trip_export_settings rows[2];
	struct trip_settings next;

	if (!open_fixture(&f, false))
		goto out;
	look(&f);
	if (test_starved() || !CHECK(told(&f, "4930") != NULL))
		goto out;
	rows[0] = (struct trip_export_settings){
		.prefixes = { prefixes_0, 1 }, .gateways = { gateways, 1 },
		.med = -1
	};
	rows[1] = (struct trip_export_settings){
		.prefixes = { prefixes_2, 1 }, .gateways = { nobody, 1 },
		.med = -1
	};
	next = f.set;
	next.exports = (struct conf_list){ rows, 2 };
	if (!OK(trip_export_set(f.export, &f.set, &next, f.route.snapshot))) {
		CHECK(told(&f, "4930") == NULL && told(&f, "") == NULL);
		goto out;
	}
	if (test_starved())
		goto out;
	CHECK(told(&f, "4930") != NULL &&
	      !trip_attrs_have(told(&f, "4930"), TRIP_MULTI_EXIT_DISC));
	CHECK(told(&f, "4989") == NULL && told(&f, "44") == NULL);
	/* still there, and its gateway is nowhere */
	CHECK(told(&f, "") == NULL);
out:
	close_fixture(&f);
}

static const struct test tests[] = {
	{ "other rows replace those of before", other_rows, true },
	{ "prefixes are announced with what is set", announced, false },
	{ "and withdrawn when no gateway can take calls", withdrawn, false },
	{ "a gateway tells of its circuits and success", of_a_gateway, false },
};

const struct test_suite suite_trip_export = TEST_SUITE("trip_export", tests);

/* test_trip_settings.c - the group trip of a configuration */
#include "trip/settings.h"

#include <stdio.h>

#include "base/err.h"
#include "tests/unit/trip_help.h"

#define HEAD "itad = 300; id = \"192.0.2.1\"; "

static void
test_presets(void)
{
	struct trip_settings set;
	struct conf_errors errors;
	struct trip_open open;
	int err = conf_read_text("t", HEAD "peers = ( { address = \"::1\"; "
					   "itad = 301; } );",
				 &trip_settings_table, &set, &errors);

	if (!OK(err)) {
		conf_errors_fini(&errors);
		return;
	}
	CHECK(set.timers.hold_s == 90 && set.timers.connect_retry_s == 120);
	CHECK(set.timers.idle_hold_s == 60 && set.timers.max_purge_s == 10);
	CHECK(set.timers.disable_s == 180 && set.default_preference == 100);
	CHECK(set.timers.min_route_advertisement_s == 30);
	CHECK(trip_settings_mode(&set) == TRIP_SEND_RECEIVE);
	trip_settings_open(&set, &open);
	CHECK(open.id == 0xC0000201 && open.itad == 300 && open.hold_s == 90);
	CHECK(open.n_route_types == 5 && open.route_types[0].family == 3);
	if (set.peers.n == 1) {
		const struct trip_peer_settings *peer = set.peers.items;
		struct addr addr = trip_peer_settings_addr(peer);

		CHECK(addr.family == 6 && addr.port == TRIP_PORT);
		CHECK(peer->max_prefixes == 2000000 && !peer->tgrep);
	}
	conf_free(&trip_settings_table, &set);
	conf_errors_fini(&errors);
}

static void
test_gateway(void)
{
	struct trip_settings set;
	struct conf_errors errors;
	struct trip_open open;
	int err = conf_read_text("t", HEAD "gateway = true;",
				 &trip_settings_table, &set, &errors);

	if (OK(err)) {
		trip_settings_open(&set, &open);
		CHECK(open.mode == TRIP_SEND_ONLY && open.n_route_types == 3);
		conf_free(&trip_settings_table, &set);
	}
	conf_errors_fini(&errors);
}

static void
test_errors(void)
{
	static const struct {
		const char *text, *say;
	} rows[] = {
		{ "id = \"192.0.2.1\";", "itad" },
		{ "itad = 0; id = \"1\";", "itad" },
		{ "itad = 1; id = \"x\";", "trip.id is \"x\"" },
		{ HEAD "listen = \"nowhere\";", "trip.listen" },
		{ HEAD "mode = \"both\";", "mode" },
		{ HEAD "next_hop = \"a b\";", "next_hop" },
		{ HEAD "peers = ( { address = \"::1\"; itad = 1; tls = true; } "
		  ");", "trip.tls.certificate is missing" },
		{ HEAD "peers = ( { address = \"::1\"; itad = 1; "
		  "unpriced = \"yes\"; } );", "unpriced" },
		{ HEAD "carriers = ( { itad = 9; } );", "carrier" },
		{ HEAD "exports = ( { prefixes = [ \"49\" ]; } );",
		  "trip.exports[0] has no next_hop" },
		{ HEAD "exports = ( { prefixes = [ \"+49\" ]; next_hop = "
		  "\"gw\"; } );", "a rule has +49" },
		{ HEAD "exports = ( { prefixes = [ \"4A\" ]; next_hop = "
		  "\"gw\"; } );", "prefix is \"4A\"" },
		{ HEAD "exports = ( { prefixes = [ \"49\" ]; next_hop = \"a "
		  "b\"; } );", "a rule has a b" },
		{ HEAD "exports = ( { prefixes = []; next_hop = \"gw\"; } );",
		  "prefixes" },
		{ HEAD "route_types = [ \"e165\" ];", "e165" },
		{ HEAD "timers = { hold_s = 2; };", "expected 0 or 3..65535" },
		{ HEAD "timers = { keepalive_s = 2; };", "keepalive_s" },
		{ HEAD "peers = ( { itad = 1; } );", "address" },
		{ HEAD "peers = ( { address = \"a.b\"; itad = 1; } );",
		  "address is \"a.b\"" },
		{ HEAD "peers = ( { address = \"::1\"; itad = 1; "
		       "password = \"\"; } );", "RFC 2385" },
		{ HEAD "peers = ( { address = \"::1\"; itad = 1; import = ( { "
		       "communities = [ \"x\" ]; } ); } );", "a rule has x" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct trip_settings set;
		struct conf_errors errors;

		test_row(rows[i].text);
		CHECK(conf_read_text("t", rows[i].text, &trip_settings_table,
				     &set, &errors) == ERR_SYNTAX);
		CHECK(errors.n > 0 &&
		      strstr(errors.lines[0], rows[i].say) != NULL);
		if (errors.n > 0 && !test_starved() &&
		    strstr(errors.lines[0], rows[i].say) == NULL)
			printf("\n  %s\n", errors.lines[0]);
		conf_errors_fini(&errors);
	}
}

static void
test_names(void)
{
	struct trip_route_type type;
	char text[16];
	uint32_t id;

	CHECK(trip_route_type_parse(str_of("carrier"), &type) == 0 &&
	      type.family == 5 && type.protocol == 1);
	CHECK(trip_route_type_parse(str_of("40000/4"), &type) == 0 &&
	      type.family == 40000 && type.protocol == 4);
	CHECK(trip_route_type_parse(str_of("0/1"), &type) == ERR_SYNTAX);
	CHECK(strcmp(trip_family_text(2, text), "pentadecimal") == 0);
	CHECK(strcmp(trip_protocol_text(9, text), "9") == 0);
	CHECK(trip_id_parse(str_of("10"), &id) == 0 && id == 10);
	CHECK(trip_id_parse(str_of("::1"), &id) == ERR_SYNTAX);
	CHECK(strcmp(trip_id_format(0xC0000201, text), "192.0.2.1") == 0);
}

static bool
read_text(const char *text, struct trip_settings *out)
{
	struct conf_errors errors;
	int err =
	    conf_read_text("t", text, &trip_settings_table, out, &errors);

	conf_errors_fini(&errors);
	return OK(err);
}

#define PEER(more)                                                            \
	HEAD "peers = ( { address = \"::1\"; itad = 301; " more " } );"

static void
test_changes(void)
{
	static const struct {
		const char *what, *text;
		enum trip_peer_change change;
	} rows[] = {
		{ "nothing", PEER("max_prefixes = 9;"), TRIP_PEER_SAME },
		{ "what the daemon makes of it",
		  PEER("carrier = \"a\"; unpriced = \"allow\"; priority = 1; "
		       "passive = true; max_prefixes = 9;"), TRIP_PEER_LIVE },
		{ "the limit", PEER(""), TRIP_PEER_LIVE },
		{ "a key", PEER("max_prefixes = 9; password = \"x\";"),
		  TRIP_PEER_RESET },
		{ "a rule, and a carrier",
		  PEER("max_prefixes = 9; carrier = \"a\"; export = ( { action "
		       "= \"deny\"; } );"), TRIP_PEER_RESET },
	};
	struct trip_settings before, after;

	if (!read_text(PEER("max_prefixes = 9;"), &before))
		return;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row(rows[i].what);
		if (!read_text(rows[i].text, &after))
			break;
		CHECK(trip_peer_settings_compare(before.peers.items,
						 after.peers.items) ==
		      rows[i].change);
		conf_free(&trip_settings_table, &after);
	}
	conf_free(&trip_settings_table, &before);
}

static void
test_fixed(void)
{
	struct trip_settings before, after;

	if (!read_text(HEAD "listen = \"192.0.2.1\";", &before))
		return;
	if (read_text("itad = 9; id = \"9\"; mode = \"send-only\"; "
		      "default_preference = 7; route_types = [ \"e164\" ];",
		      &after)) {
		trip_settings_keep_fixed(&after, &before);
		CHECK(after.itad == 300 && strcmp(after.id, "192.0.2.1") == 0);
		CHECK(strcmp(after.listen, "192.0.2.1") == 0);
		CHECK(after.route_types.n == 0 && after.mode == 0);
		CHECK(after.default_preference == 7);
		CHECK(before.itad == 9 && before.listen == NULL);
		conf_free(&trip_settings_table, &after);
	}
	conf_free(&trip_settings_table, &before);
}

static const struct test tests[] = {
	{ "changes of a peer that need a new session", test_changes, true },
	{ "who we are stays", test_fixed, true },
	{ "presets are the RFC's", test_presets, true },
	{ "a gateway only sends, and one kind", test_gateway, true },
	{ "wrong settings are named", test_errors, true },
	{ "names are read and written", test_names, true },
};

const struct test_suite suite_trip_settings =
    TEST_SUITE("trip_settings", tests);

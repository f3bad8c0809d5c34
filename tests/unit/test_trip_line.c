/* test_trip_line.c - routes as lines of text */
#include "trip/line.h"

#include "base/err.h"
#include "tests/unit/trip_help.h"

static struct trip_draft draft;

static void
test_good(void)
{
	const struct trip_line_defaults defaults = { 300, NULL };
	struct trip_prefix prefix;
	struct str bad, value;

	OK(trip_line_parse(
	    str_of("+12345  type=carrier next_hop=gw.net:5060 preference=7 "
		   "med=5 communities=NO_EXPORT,300:42 total_circuits=480 "
		   "available_circuits=17 calls=95/100 prefixes_e164=49,43 "
		   "prefixes_decimal=* resource_priority=ets"),
	    &defaults, &prefix, &draft, &bad));
	CHECK(prefix.family == TRIP_AF_CARRIER && prefix.protocol == 1);
	CHECK(str_eq_text(prefix.address, "+12345"));
	value = trip_draft_get(&draft, TRIP_NEXT_HOP);
	CHECK(trip_is_bytes(value.p, value.len, "0000012C 000B 'gw.net:5060'"));
	value = trip_draft_get(&draft, TRIP_COMMUNITIES);
	CHECK(trip_is_bytes(value.p, value.len,
			    "00000000 FFFFFF01 0000012C 0000002A"));
	value = trip_draft_get(&draft, TRIP_CALL_SUCCESS);
	CHECK(trip_is_bytes(value.p, value.len, "0000005F 00000064"));
	value = trip_draft_get(&draft, TRIP_PREFIX_E164);
	CHECK(trip_is_bytes(value.p, value.len, "0002 '49' 0002 '43'"));
	value = trip_draft_get(&draft, TRIP_PREFIX_DECIMAL);
	CHECK(value.p != NULL && value.len == 0);
	CHECK(draft.n == 10);
}

static void
test_defaults(void)
{
	const struct trip_line_defaults defaults = { 300, "gw.net" };
	struct trip_prefix prefix;
	struct str bad, value;

	OK(trip_line_parse(str_of("-"), &defaults, &prefix, &draft, &bad));
	CHECK(prefix.address.len == 0 && prefix.family == TRIP_AF_E164);
	OK(trip_line_parse(str_of("4A type=pentadecimal/h323-ras "
				  "next_hop_itad=9 trunk_groups=tg;a,tg;b"),
			   &defaults, &prefix, &draft, &bad));
	CHECK(prefix.family == TRIP_AF_PENTADECIMAL && prefix.protocol == 3);
	value = trip_draft_get(&draft, TRIP_NEXT_HOP);
	CHECK(trip_is_bytes(value.p, value.len, "00000009 0006 'gw.net'"));
	value = trip_draft_get(&draft, TRIP_TRUNK_GROUP);
	CHECK(trip_is_bytes(value.p, value.len, "04 'tg;a' 04 'tg;b'"));
}

static void
test_bad(void)
{
	static const struct {
		const char *line, *bad;
	} rows[] = {
		{ "+49", "+49" },
		{ "49 nonsense", "nonsense" },
		{ "49 color=red", "color=red" },
		{ "49 med=4294967296", "med=4294967296" },
		{ "49 med=x", "med=x" },
		{ "49 next_hop=a..b", "next_hop=a..b" },
		{ "49 next_hop_itad=0", "next_hop_itad=0" },
		{ "49 calls=5/4", "calls=5/4" },
		{ "49 calls=5", "calls=5" },
		{ "49 communities=1", "communities=1" },
		{ "49 carriers=x", "carriers=x" },
		{ "49 prefixes_e164=4,+4", "prefixes_e164=4,+4" },
		{ "49 type=e165", "type=e165" },
		{ "49 type=e164/ftp", "type=e164/ftp" },
		{ "49 med=1", "next_hop is missing" },
	};
	const struct trip_line_defaults none = { 300, NULL };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct trip_prefix prefix;
		struct str bad = { 0 };

		test_row(rows[i].line);
		CHECK(trip_line_parse(str_of(rows[i].line), &none, &prefix,
				      &draft, &bad) == ERR_SYNTAX);
		CHECK(str_eq_text(bad, rows[i].bad));
	}
}

static const struct test tests[] = {
	{ "all keys are read", test_good, true },
	{ "what is left out has defaults", test_defaults, true },
	{ "what is wrong is named", test_bad, true },
};

const struct test_suite suite_trip_line = TEST_SUITE("trip_line", tests);

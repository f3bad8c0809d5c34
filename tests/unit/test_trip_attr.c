/* test_trip_attr.c - the table of attributes */
#include "trip/attr.h"

#include "base/err.h"
#include "tests/unit/trip_help.h"

static void
test_table(void)
{
	CHECK(strcmp(trip_attr_name(3), "NextHopServer") == 0);
	CHECK(trip_attr_name(0) == NULL && trip_attr_name(21) == NULL);
	CHECK(trip_attr_flags(9) == 0xC0 && trip_attr_flags(13) == 0x80);
	CHECK(trip_attr_flags(3) == 0 && trip_attr_flags(200) == 0);
}

static void
test_values(void)
{
	static const struct {
		const char *what;
		unsigned type;
		const char *value;
		int err;
	} rows[] = {
		{ "a preference", 7, "00000001", 0 },
		{ "a preference of 5 octets", 7, "0000000100", ERR_RANGE },
		{ "half a community", 9, "00000001", ERR_RANGE },
		{ "name spaces", 12, "0003 'ets' 0003 'wps'", 0 },
		{ "an empty name space", 12, "0000 0001 'a'", ERR_SYNTAX },
		{ "a name space with a space", 12, "0003 'e s'", ERR_SYNTAX },
		{ "prefixes", 16, "0002 '49' 0000", 0 },
		{ "pentadecimal prefixes", 17, "0002 '4A'", 0 },
		{ "a letter in decimal ones", 18, "0002 '4A'", ERR_SYNTAX },
		{ "trunk groups", 19, "04 'tg;a' 04 'tg;b'", 0 },
		{ "a trunk group without context", 19, "02 'tg'",
		  ERR_SYNTAX },
		{ "carriers", 20, "02 '+1' 05 '02b;a'", 0 },
		{ "a carrier cut off", 20, "03 '+1'", ERR_SYNTAX },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t value[64];
		size_t len = trip_bytes(rows[i].value, value);

		test_row(rows[i].what);
		CHECK(trip_attr_check(rows[i].type,
				      str_make((char *)value, len)) ==
		      rows[i].err);
	}
}

static const struct test tests[] = {
	{ "the table knows names and flags", test_table, true },
	{ "values are judged by their type", test_values, true },
};

const struct test_suite suite_trip_attr = TEST_SUITE("trip_attr", tests);

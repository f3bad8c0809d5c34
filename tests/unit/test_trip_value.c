/* test_trip_value.c - routes, servers, paths, lists */
#include "trip/value.h"

#include "base/err.h"
#include "tests/unit/trip_help.h"

static void
test_addresses(void)
{
	static const struct {
		const char *what;
		uint16_t family;
		const char *address;
		bool is_valid;
	} rows[] = {
		{ "the default route", 3, "", true },
		{ "digits", 3, "4930", true },
		{ "a plus", 3, "+49", false },
		{ "a letter in E.164", 3, "49A", false },
		{ "decimal digits", 1, "0800", true },
		{ "a letter in decimal", 1, "A", false },
		{ "pentadecimal", 2, "49ABCDE", true },
		{ "F in pentadecimal", 2, "F", false },
		{ "a lower-case letter", 2, "49a", false },
		{ "a trunk group", 4, "tg-1;example.com", true },
		{ "a trunk group behind its length", 4, "\4tg;a", true },
		{ "a trunk group with a global context", 4, "tg1;+1-630", true },
		{ "a trunk group without context", 4, "tg-1", false },
		{ "a trunk group with an empty context", 4, "tg-1;", false },
		{ "an empty trunk group", 4, "", false },
		{ "a global carrier", 5, "+12345", true },
		{ "a local carrier", 5, "02b4;+1", true },
		{ "letters in a global carrier", 5, "+1abc", false },
		{ "an empty carrier", 5, "", false },
		{ "a vendor's family", 40000, "\1\2", true },
		{ "an undefined family", 6, "1", false },
		{ "the reserved family", 0, "1", false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row(rows[i].what);
		CHECK(trip_address_is_valid(rows[i].family,
					    str_of(rows[i].address)) ==
		      rows[i].is_valid);
	}
}

static void
test_servers(void)
{
	static const struct {
		const char *server;
		bool is_valid;
	} rows[] = {
		{ "gw.example.net", true },  { "gw.example.net:5060", true },
		{ "gw.example.net:", true }, { "192.0.2.1:5060", true },
		{ "[2001:db8::1]", true },   { "[2001:db8::1]:5060", true },
		{ "localhost", true },	     { "gw.example.net.", true },
		{ "", false },		     { ":5060", false },
		{ "2001:db8::1", false },    { "gw..net", false },
		{ "gw.example.net:70000", false }, { "gw:50x", false },
		{ "256.1.1.1", false },	     { "[2001:db8::1", false },
		{ "[2001:db8::1]5060", false }, { "-gw.net", false },
		{ "gw example", false },     { "[gw.example.net]", false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row(rows[i].server);
		CHECK(trip_server_is_valid(str_of(rows[i].server)) ==
		      rows[i].is_valid);
	}
}

static struct str
path_of(const char *hex, uint8_t *out)
{
	return str_make((const char *)out, trip_bytes(hex, out));
}

static void
test_paths(void)
{
	uint8_t in[2048], out[2048];
	struct str path = path_of("02 02 0000012C 0000012D "
				  "01 02 00000001 00000002", in);
	struct wbuf w;

	CHECK(trip_path_is_valid(path));
	CHECK(trip_path_first(path) == 300);
	CHECK(trip_path_has(path, 301) && trip_path_has(path, 2));
	CHECK(!trip_path_has(path, 3));
	CHECK(trip_path_is_valid(str_of("")) && trip_path_first(str_of("")) == 0);
	CHECK(!trip_path_is_valid(path_of("03 01 00000001", in)));
	CHECK(!trip_path_is_valid(path_of("02 00", in)));
	CHECK(!trip_path_is_valid(path_of("02 02 00000001", in)));
	CHECK(!trip_path_is_valid(path_of("02", in)));
	CHECK(!trip_path_is_valid(path_of("02 01 00000000", in)));

	/* 5.4.5: the first sequence grows on its left */
	wbuf_init(&w, out, sizeof(out));
	trip_path_prepend(&w, path_of("02 01 0000012C", in), 9);
	CHECK(trip_is_bytes(out, w.len, "02 02 00000009 0000012C"));
	/* a set in front, or nothing at all: a new sequence */
	wbuf_init(&w, out, sizeof(out));
	trip_path_prepend(&w, path_of("01 01 0000012C", in), 9);
	CHECK(trip_is_bytes(out, w.len, "02 01 00000009 01 01 0000012C"));
	wbuf_init(&w, out, sizeof(out));
	trip_path_prepend(&w, str_of(""), 9);
	CHECK(trip_is_bytes(out, w.len, "02 01 00000009"));
	/* a full sequence: a new one */
	memset(in, 1, sizeof(in));
	in[0] = 2;
	in[1] = 255;
	wbuf_init(&w, out, sizeof(out));
	trip_path_prepend(&w, str_make((char *)in, 2 + 255 * 4), 9);
	CHECK(w.len == 6 + 2 + 255 * 4 && out[1] == 1 && out[7] == 255);
}

static void
test_lists(void)
{
	uint8_t in[64];
	struct rbuf r;
	struct str entry;
	struct trip_prefix prefix;

	rbuf_init(&r, in, trip_bytes("02 'ab' 00", in));
	CHECK(trip_entry_next(&r, 1, &entry) == 0 && str_eq_text(entry, "ab"));
	CHECK(trip_entry_next(&r, 1, &entry) == 0 && entry.len == 0);
	CHECK(trip_entry_next(&r, 1, &entry) == ERR_END);
	rbuf_init(&r, in, trip_bytes("0003 'ab'", in));
	CHECK(trip_entry_next(&r, 2, &entry) == ERR_SYNTAX);

	rbuf_init(&r, in, trip_bytes("0003 0001 0001 '4' 0003 0001", in));
	CHECK(trip_prefix_next(&r, &prefix) == 0);
	CHECK(str_eq_text(prefix.address, "4") && trip_prefix_len(&prefix) == 7);
	CHECK(trip_prefix_next(&r, &prefix) == ERR_SYNTAX);
	rbuf_init(&r, in, trip_bytes("0003 0005 0001 '4'", in));
	CHECK(trip_prefix_next(&r, &prefix) == ERR_SYNTAX);
	/* one form of trunk groups, whatever the peer thinks of trap 9 */
	rbuf_init(&r, in, trip_bytes("0004 0001 0005 04 'tg;a'", in));
	CHECK(trip_prefix_next(&r, &prefix) == 0);
	CHECK(str_eq_text(prefix.address, "tg;a"));

	CHECK(trip_communities_have(
	    str_make("\0\0\0\0\377\377\377\1\0\0\0\1\0\0\0\2", 16), 1, 2));
	CHECK(!trip_communities_have(str_make("\0\0\0\1\0\0\0\2", 8), 1, 3));
}

static const struct test tests[] = {
	{ "addresses follow their family", test_addresses, true },
	{ "servers are hosts with or without port", test_servers, true },
	{ "paths are read and grow on their left", test_paths, true },
	{ "lists end where they say", test_lists, true },
};

const struct test_suite suite_trip_value = TEST_SUITE("trip_value", tests);

/* test_trip_update.c - UPDATE messages both ways, and each error of 6.3 */
#include "trip/update.h"

#include "base/err.h"
#include "tests/unit/trip_help.h"

#define NEXT_HOP_HEX "00 03 0019 0000012C 0013 'gw.example.net:5060'"
#define PATHS_HEX "00 04 0006 02 01 0000012C 00 05 0006 02 01 0000012C"
#define EXTERNAL_HEX                                                          \
	"0068 02 00 02 0014 0003 0001 0004 '1212' 0003 0001 0004 '1718'"      \
	NEXT_HOP_HEX PATHS_HEX "00 08 0004 00000064"                          \
	"C0 09 0010 00000000 FFFFFF01 0000012C 0000002A"
#define INTERNAL_HEX                                                          \
	"0058 02 08 02 0008 C0000201 00000001 0003 0001 0002 '44'"            \
	NEXT_HOP_HEX "00 04 0000 00 05 0000 00 07 0004 000000C8"              \
	"08 0A 0008 C0000201 00000001 C0000202 C0000203"

static const struct trip_update_context external = { 0 };
static const struct trip_update_context internal = { .is_internal = true };
static const struct trip_update_context tgrep = { .is_tgrep = true };
static const struct trip_update_context strict = { .strict_withdraw = true };
static const struct trip_update_context legacy = { .legacy_converted = true };

static int
decode(const char *hex, const struct trip_update_context *context,
       struct trip_update *out, struct trip_error *error)
{
	/* data of errors points into the message */
	static uint8_t msg[TRIP_MESSAGE_MAX];
	size_t len = trip_bytes(hex, msg);

	memset(error, 0, sizeof(*error));
	return trip_update_decode(msg, len, context, out, error);
}

static void
test_external(void)
{
	struct trip_update u;
	struct trip_error error;

	if (!OK(decode(EXTERNAL_HEX, &external, &u, &error)))
		return;
	CHECK(u.reachable.is_there && u.reachable.value.len == 20);
	CHECK(!u.withdrawn.is_there && !u.topology.is_there);
	CHECK(u.n_attrs == 5 && u.attrs[0].type == TRIP_NEXT_HOP);
	CHECK(u.attrs[4].type == TRIP_COMMUNITIES && u.attrs[4].flags == 0xC0);
}

static void
test_internal(void)
{
	struct trip_update u;
	struct trip_error error;

	if (!OK(decode(INTERNAL_HEX, &internal, &u, &error)))
		return;
	CHECK(u.reachable.originator == 0xC0000201 && u.reachable.seq == 1);
	CHECK(u.topology.is_there && u.topology.value.len == 8);
	CHECK(u.topology.originator == 0xC0000201 && u.topology.seq == 1);
	CHECK(u.n_attrs == 4 && u.attrs[3].type == TRIP_LOCAL_PREFERENCE);
}

static void
test_writing(void)
{
	uint8_t others[256], out[TRIP_MESSAGE_MAX];
	size_t n = trip_bytes(NEXT_HOP_HEX PATHS_HEX "00 08 0004 00000064"
			      "C0 09 0010 00000000 FFFFFF01 0000012C 0000002A",
			      others);
	struct trip_prefix a = { 3, 1, str_of("1212") },
			   b = { 3, 1, str_of("1718") };
	struct trip_writer writer;
	struct wbuf w;

	OK(trip_writer_init(&writer, TRIP_REACHABLE,
			    str_make((char *)others, n)));
	CHECK(trip_writer_add(&writer, &a) && trip_writer_add(&writer, &b));
	wbuf_init(&w, out, sizeof(out));
	trip_writer_finish(&writer, &w);
	CHECK(trip_is_bytes(out, w.len, EXTERNAL_HEX));

	/* trap 3: the length leaves originator and sequence out */
	OK(trip_writer_init(&writer, TRIP_TOPOLOGY, str_of("")));
	OK(trip_writer_link_state(&writer, 0xC0000201, 1));
	CHECK(trip_writer_add_u32(&writer, 0xC0000202));
	CHECK(trip_writer_add_u32(&writer, 0xC0000203));
	wbuf_init(&w, out, sizeof(out));
	trip_writer_finish(&writer, &w);
	CHECK(trip_is_bytes(out, w.len, "0017 02 08 0A 0008 C0000201 00000001 "
					"C0000202 C0000203"));
}

/* Both encapsulations, with attributes that leave little or no room. */
static void
test_splitting(void)
{
	static uint8_t others[TRIP_MESSAGE_MAX];
	static const struct {
		const char *what;
		size_t others_len;
		bool is_link_state;
		int n_routes; /* of 8 octets each that fit; -1: no list fits */
	} rows[] = {
		{ "nothing else", 0, false, 511 },
		{ "nothing else, encapsulated", 0, true, 510 },
		{ "2,000 octets more", 2000, true, 260 },
		{ "one route fits", 4096 - 7 - 8, false, 1 },
		{ "none fits", 4096 - 7 - 7, false, 0 },
		{ "an empty list fits", 4096 - 7, false, 0 },
		{ "no list fits", 4096 - 6, false, -1 },
		{ "no encapsulated list fits", 4096 - 14, true, -1 },
	};
	struct trip_prefix prefix = { 3, 1, str_of("49") };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t out[TRIP_MESSAGE_MAX];
		struct trip_writer writer;
		struct wbuf w;
		int n = 0, err;

		test_row(rows[i].what);
		err = trip_writer_init(&writer, TRIP_REACHABLE,
				       str_make((char *)others,
						rows[i].others_len));
		if (err == 0 && rows[i].is_link_state)
			err = trip_writer_link_state(&writer, 1, 1);
		CHECK((err == ERR_SPACE) == (rows[i].n_routes < 0));
		if (err != 0)
			continue;
		while (trip_writer_add(&writer, &prefix))
			n++;
		CHECK(n == rows[i].n_routes);
		wbuf_init(&w, out, sizeof(out));
		trip_writer_finish(&writer, &w);
		CHECK(w.err == 0 && w.len == (size_t)(out[0] << 8 | out[1]));
	}
}

static void
test_accepted(void)
{
	static const struct {
		const char *what, *msg;
		const struct trip_update_context *context;
	} rows[] = {
		{ "an empty UPDATE", "0003 02", &external },
		{ "withdrawals alone (trap 6)",
		  "000E 02 00 01 0007 0003 0001 0001 '4'", &external },
		{ "empty WithdrawnRoutes", "0007 02 00 01 0000", &external },
		{ "unknown, not well-known", "0007 02 C0 63 0000", &external },
		{ "T, D, P of well-known ones are ignored",
		  "0007 02 70 06 0000", &external },
		{ "the unused bits are ignored", "0007 02 07 06 0000",
		  &external },
		{ "the link-state bit of others is ignored (no 8 octets)",
		  "0007 02 08 06 0000", &external },
		{ "Communities with the Partial bit", "0007 02 D0 09 0000",
		  &external },
		{ "a topology from outside", "0007 02 00 0A 0000", &external },
		{ "an encapsulated one from outside",
		  "000F 02 08 0A 0000 00000001 00000000", &external },
		{ "a gateway without paths (trap 8)",
		  "001D 02 00 02 0007 0003 0001 0001 '4'"
		  "00 03 000B 0000012C 0005 'a.net'", &tgrep },
		{ "old ConvertedRoute (trap 1)", "0007 02 00 0C 0000",
		  &legacy },
		{ "ConvertedRoute", "0007 02 00 0B 0000", &external },
		{ "all prefixes (RFC 5140 4.4.1)",
		  "002F 02 00 02 000C 0005 0001 0006 '+12345'"
		  "00 03 000B 0000012C 0005 'a.net' 80 0D 0004 00000010"
		  "80 10 0000", &tgrep },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct trip_update u;
		struct trip_error error;

		test_row(rows[i].what);
		OK(decode(rows[i].msg, rows[i].context, &u, &error));
	}
}

static void
test_errors(void)
{
	static const struct {
		const char *what, *msg;
		const struct trip_update_context *context;
		int subcode;
		const char *data;
	} rows[] = {
		{ "a type twice", "000B 02 00 06 0000 00 06 0000", &external, 1,
		  "" },
		{ "descending types (trap 10)",
		  "000B 02 00 0B 0000 00 06 0000", &external, 1, "" },
		{ "an attribute over the end", "0008 02 00 04 0009 02",
		  &external, 1, "" },
		{ "half a head", "0005 02 00 04", &external, 1, "" },
		{ "trap 3: skipping by the length alone",
		  "000B 02 08 02 0000 C0000201", &internal, 1, "" },
		{ "an unknown well-known one", "0008 02 00 63 0001 AA",
		  &external, 2, "00 63 0001 AA" },
		{ "all mandatory ones missing",
		  "000E 02 00 02 0007 0003 0001 0001 '4'", &external, 3,
		  "03 04 05" },
		{ "one missing",
		  "0027 02 00 02 0007 0003 0001 0001 '4'"
		  "00 03 000B 0000012C 0005 'a.net' 00 04 0006 02 01 0000012C",
		  &external, 3, "05" },
		{ "a gateway without NextHopServer",
		  "000E 02 00 02 0007 0003 0001 0001 '4'", &tgrep, 3, "03" },
		{ "withdrawals alone, strictly",
		  "000E 02 00 01 0007 0003 0001 0001 '4'", &strict, 3,
		  "03 04" },
		{ "NextHopServer not well-known (trap 2)",
		  "0012 02 80 03 000B 0000012C 0005 'a.net'", &external, 4,
		  "80 03 000B 0000012C 0005 'a.net'" },
		{ "Communities well-known", "0007 02 00 09 0000", &external, 4,
		  "00 09 0000" },
		{ "Communities dependent", "0007 02 E0 09 0000", &external, 4,
		  "E0 09 0000" },
		{ "TotalCircuitCapacity transitive",
		  "000B 02 C0 0D 0004 00000001", &external, 4,
		  "C0 0D 0004 00000001" },
		{ "type 12 without flags", "0007 02 00 0C 0000", &external, 4,
		  "00 0C 0000" },
		{ "LocalPreference of 3 octets", "000A 02 00 07 0003 000001",
		  &external, 5, "00 07 0003 000001" },
		{ "AtomicAggregate of 1 octet", "0008 02 00 06 0001 00",
		  &external, 5, "00 06 0001 00" },
		{ "Communities of 4 octets", "000B 02 C0 09 0004 00000000",
		  &external, 5, "C0 09 0004 00000000" },
		{ "CallSuccess of 4 octets", "000B 02 80 0F 0004 00000000",
		  &tgrep, 5, "80 0F 0004 00000000" },
		{ "NextHopServer of 4 octets", "000B 02 00 03 0004 0000012C",
		  &external, 5, "00 03 0004 0000012C" },
		{ "a server that is no host",
		  "0010 02 00 03 0009 0000012C 0003 'a b'", &external, 6,
		  "00 03 0009 0000012C 0003 'a b'" },
		{ "a server in ITAD 0",
		  "0010 02 00 03 0009 00000000 0003 'a.b'", &external, 6,
		  "00 03 0009 00000000 0003 'a.b'" },
		{ "a server longer than it says",
		  "0010 02 00 03 0009 0000012C 0002 'a.b'", &external, 6,
		  "00 03 0009 0000012C 0002 'a.b'" },
		{ "an unknown segment type",
		  "000D 02 00 04 0006 03 01 0000012C", &external, 6,
		  "00 04 0006 03 01 0000012C" },
		{ "a route with a plus (trap 13)",
		  "000E 02 00 01 0007 0003 0001 0001 '+'", &external, 6,
		  "00 01 0007 0003 0001 0001 '+'" },
		{ "a route cut off", "000C 02 00 01 0005 0003 0001 00",
		  &external, 6, "00 01 0005 0003 0001 00" },
		{ "encapsulated from outside",
		  "000F 02 08 01 0000 C0000201 00000001", &external, 6,
		  "08 01 0000 C0000201 00000001" },
		{ "not encapsulated inside", "0007 02 00 01 0000", &internal, 6,
		  "00 01 0000" },
		{ "a topology without encapsulation", "0007 02 00 0A 0000",
		  &internal, 6, "00 0A 0000" },
		{ "sequence number 0", "000F 02 08 01 0000 C0000201 00000000",
		  &internal, 6, "08 01 0000 C0000201 00000000" },
		{ "sequence number 2^31",
		  "000F 02 08 01 0000 C0000201 80000000", &internal, 6,
		  "08 01 0000 C0000201 80000000" },
		{ "Carrier with routes of carriers",
		  "0027 02 00 02 000C 0005 0001 0006 '+12345'"
		  "00 03 000B 0000012C 0005 'a.net' 80 14 0000",
		  &tgrep, 6, "80 14 0000" },
		{ "prefixes with routes of prefixes",
		  "0022 02 00 02 0007 0003 0001 0001 '4'"
		  "00 03 000B 0000012C 0005 'a.net' 80 10 0000",
		  &tgrep, 6, "80 10 0000" },
		{ "an empty name space", "0009 02 C0 0C 0002 0000", &external,
		  5, "C0 0C 0002 0000" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct trip_update u;
		struct trip_error error;

		test_row(rows[i].what);
		CHECK(decode(rows[i].msg, rows[i].context, &u, &error) ==
		      ERR_SYNTAX);
		CHECK(error.code == TRIP_ERR_UPDATE);
		CHECK(error.subcode == rows[i].subcode);
		CHECK(trip_is_bytes(trip_error_data(&error), error.data_len,
				    rows[i].data));
	}
}

static const struct test tests[] = {
	{ "an UPDATE from outside is read", test_external, true },
	{ "an encapsulated UPDATE is read", test_internal, true },
	{ "UPDATEs have the RFC's bytes", test_writing, true },
	{ "no message is longer than 4,096 octets", test_splitting, true },
	{ "what looks odd and is good", test_accepted, true },
	{ "each error of section 6.3 gets its NOTIFICATION", test_errors,
	  true },
};

const struct test_suite suite_trip_update = TEST_SUITE("trip_update", tests);

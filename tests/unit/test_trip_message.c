/* test_trip_message.c - header, OPEN, KEEPALIVE, NOTIFICATION */
#include "trip/message.h"

#include "base/err.h"
#include "tests/unit/trip_help.h"

/* ITAD 300, id 192.0.2.1, hold 90, E.164 over SIP, send-receive. */
#define OPEN_HEX                                                              \
	"0025 01 01 00 005A 0000012C C0000201 0014 0001 0010"                 \
	"0001 0004 0003 0001 0002 0004 00000001"

static void
test_header(void)
{
	static const struct {
		const char *what, *header;
		int code, subcode;
		const char *data;
	} rows[] = {
		{ "an OPEN of 17 octets", "0011 01", 0, 0, "" },
		{ "an empty UPDATE", "0003 02", 0, 0, "" },
		{ "a NOTIFICATION of 5", "0005 03", 0, 0, "" },
		{ "a KEEPALIVE", "0003 04", 0, 0, "" },
		{ "4,096 octets", "1000 02", 0, 0, "" },
		{ "length 2", "0002 02", 1, 1, "0002" },
		{ "length 0", "0000 04", 1, 1, "0000" },
		{ "length 4,097", "1001 02", 1, 1, "1001" },
		{ "an OPEN of 16", "0010 01", 1, 1, "0010" },
		{ "a NOTIFICATION of 4", "0004 03", 1, 1, "0004" },
		{ "a KEEPALIVE of 4", "0004 04", 1, 1, "0004" },
		{ "type 0", "0003 00", 1, 2, "00" },
		{ "type 5", "0013 05", 1, 2, "05" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct trip_error error = { 0 };
		enum trip_message_type type;
		uint8_t header[3];
		size_t len;
		int err;

		test_row(rows[i].what);
		trip_bytes(rows[i].header, header);
		err = trip_header_decode(header, &len, &type, &error);
		CHECK((err == 0) == (rows[i].code == 0));
		CHECK(error.code == rows[i].code);
		CHECK(error.subcode == rows[i].subcode);
		CHECK(trip_is_bytes(trip_error_data(&error), error.data_len,
				    rows[i].data));
	}
}

static void
test_open_bytes(void)
{
	struct trip_open open = {
		.version = 1, .hold_s = 90, .itad = 300, .id = 0xC0000201,
		.mode = TRIP_SEND_RECEIVE, .has_route_types = true,
		.n_route_types = 1,
		.route_types = { { TRIP_AF_E164, TRIP_APP_SIP } },
	};
	struct trip_open back;
	struct trip_error error;
	uint8_t out[128];
	struct wbuf w;

	wbuf_init(&w, out, sizeof(out));
	trip_open_encode(&w, &open);
	CHECK(trip_is_bytes(out, w.len, OPEN_HEX));
	if (!OK(trip_open_decode(out, w.len, &back, &error)))
		return;
	CHECK(back.version == 1 && back.hold_s == 90 && back.itad == 300);
	CHECK(back.id == 0xC0000201 && back.mode == TRIP_SEND_RECEIVE);
	CHECK(back.has_route_types && back.n_route_types == 1);
	CHECK(trip_open_has_type(&back, TRIP_AF_E164, TRIP_APP_SIP));
	CHECK(!trip_open_has_type(&back, TRIP_AF_DECIMAL, TRIP_APP_SIP));
	CHECK(trip_is_bytes(back.mode_tlv.p, back.mode_tlv.len,
			    "0002 0004 00000001"));
}

static void
test_open_without_parameters(void)
{
	uint8_t msg[32];
	size_t len = trip_bytes("0011 01 01 00 0000 0000012C C0000201 0000",
				msg);
	struct trip_open open;
	struct trip_error error;

	if (!OK(trip_open_decode(msg, len, &open, &error)))
		return;
	CHECK(open.hold_s == 0 && open.mode == TRIP_SEND_RECEIVE);
	CHECK(!open.has_route_types);
	CHECK(trip_open_has_type(&open, TRIP_AF_CARRIER, TRIP_APP_SIP));
}

static void
test_open_errors(void)
{
	static const struct {
		const char *what, *msg;
		int subcode;
		const char *data;
	} rows[] = {
		{ "version 2", "0011 01 02 00 005A 0000012C C0000201 0000", 1,
		  "01" },
		{ "version 0", "0011 01 00 00 005A 0000012C C0000201 0000", 1,
		  "01" },
		{ "ITAD 0", "0011 01 01 00 005A 00000000 C0000201 0000", 2,
		  "" },
		{ "hold time 1", "0011 01 01 00 0001 0000012C C0000201 0000", 5,
		  "" },
		{ "hold time 2", "0011 01 01 00 0002 0000012C C0000201 0000", 5,
		  "" },
		{ "parameters cut off",
		  "0011 01 01 00 005A 0000012C C0000201 0004", 4, "" },
		{ "octets behind the parameters",
		  "0012 01 01 00 005A 0000012C C0000201 0000 00", 4, "" },
		{ "parameter 2",
		  "0015 01 01 00 005A 0000012C C0000201 0004 0002 0000", 4,
		  "" },
		{ "parameter longer than the list",
		  "0015 01 01 00 005A 0000012C C0000201 0004 0001 0005", 4,
		  "" },
		{ "capability 3",
		  "0019 01 01 00 005A 0000012C C0000201 0008 0001 0004 "
		  "0003 0000", 6, "0003 0000" },
		{ "two unknown around a known one",
		  "0025 01 01 00 005A 0000012C C0000201 0014 0001 0010 "
		  "0003 0000 0002 0004 00000001 8000 0000", 6,
		  "0003 0000 8000 0000" },
		{ "route types of 3 octets",
		  "001C 01 01 00 005A 0000012C C0000201 000B 0001 0007 "
		  "0001 0003 000300", 6, "0001 0003 000300" },
		{ "reserved family 0",
		  "001D 01 01 00 005A 0000012C C0000201 000C 0001 0008 "
		  "0001 0004 00000001", 6, "0001 0004 00000001" },
		{ "mode 4",
		  "001D 01 01 00 005A 0000012C C0000201 000C 0001 0008 "
		  "0002 0004 00000004", 6, "0002 0004 00000004" },
		{ "mode of 2 octets",
		  "001B 01 01 00 005A 0000012C C0000201 000A 0001 0006 "
		  "0002 0002 0001", 6, "0002 0002 0001" },
		{ "capability cut off",
		  "001B 01 01 00 005A 0000012C C0000201 000A 0001 0006 "
		  "0001 0004 0003", 6, "0001 0004 0003" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct trip_error error = { 0 };
		struct trip_open open;
		uint8_t msg[128];
		size_t len = trip_bytes(rows[i].msg, msg);

		test_row(rows[i].what);
		CHECK(len == msg[1]);
		CHECK(trip_open_decode(msg, len, &open, &error) == ERR_SYNTAX);
		CHECK(error.code == TRIP_ERR_OPEN);
		CHECK(error.subcode == rows[i].subcode);
		CHECK(trip_is_bytes(trip_error_data(&error), error.data_len,
				    rows[i].data));
	}
}

static void
test_keepalive_and_notification(void)
{
	struct trip_error error, back;
	uint8_t out[TRIP_MESSAGE_MAX], data[TRIP_MESSAGE_MAX] = { 7 };
	struct wbuf w;

	wbuf_init(&w, out, sizeof(out));
	trip_keepalive_encode(&w);
	CHECK(trip_is_bytes(out, w.len, "0003 04"));

	wbuf_init(&w, out, sizeof(out));
	trip_error_set(&error, TRIP_ERR_CEASE, 0, NULL, 0);
	trip_notification_encode(&w, &error);
	CHECK(trip_is_bytes(out, w.len, "0005 03 06 00"));

	wbuf_init(&w, out, sizeof(out));
	trip_error_set_small(&error, TRIP_ERR_HEADER, TRIP_BAD_LENGTH,
			     "\0\2", 2);
	trip_notification_encode(&w, &error);
	CHECK(trip_is_bytes(out, w.len, "0007 03 01 01 0002"));
	trip_notification_decode(out, w.len, &back);
	CHECK(back.code == 1 && back.subcode == 1 && back.data_len == 2);

	/* data is cut to what a message holds */
	wbuf_init(&w, out, sizeof(out));
	trip_error_set(&error, TRIP_ERR_UPDATE, 6, data, sizeof(data));
	trip_notification_encode(&w, &error);
	CHECK(w.err == 0 && w.len == TRIP_MESSAGE_MAX);
}

static void
test_error_texts(void)
{
	CHECK(strcmp(trip_error_code_text(3), "UPDATE Message Error") == 0);
	CHECK(strcmp(trip_error_code_text(7), "unknown error code") == 0);
	CHECK(strcmp(trip_error_code_text(0), "unknown error code") == 0);
	CHECK(strcmp(trip_error_subcode_text(2, 7), "Capability Mismatch") ==
	      0);
	CHECK(strcmp(trip_error_subcode_text(6, 0), "") == 0);
	CHECK(strcmp(trip_error_subcode_text(9, 1), "") == 0);
	CHECK(strcmp(trip_error_subcode_text(2, 200), "") == 0);
}

static const struct test tests[] = {
	{ "each header length and type is judged", test_header, true },
	{ "an OPEN has the RFC's bytes", test_open_bytes, true },
	{ "an OPEN may have no parameters", test_open_without_parameters,
	  true },
	{ "each bad OPEN gets its NOTIFICATION", test_open_errors, true },
	{ "KEEPALIVE and NOTIFICATION", test_keepalive_and_notification,
	  true },
	{ "errors have names", test_error_texts, true },
};

const struct test_suite suite_trip_message =
    TEST_SUITE("trip_message", tests);
